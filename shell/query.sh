#!/usr/bin/env bash
# Says whether the task of a package is made (BK-02).
. "$(dirname "$(readlink -f "$0")")/functions.sh"
usage 1 'NAME [BASESUBDIR]'
sub=${2:-cfec-001}
call taskfilesquery dcppath "$BFT2_DCP/$sub/dcps/$1" taskfile "$BFT2_SENDER/tmp/$sub-$1.task.json"
