#!/usr/bin/env bash
# Says how far a receiver is with a package (BK-06).
. "$(dirname "$(readlink -f "$0")")/functions.sh"
usage 1 'NAME [BASESUBDIR]'
call progress taskfile "${2:-cfec-001}-$1.task.json"
