#!/usr/bin/env bash
# Makes the task and the torrents of a package at the sender (BK-01, BK-12).
. "$(dirname "$(readlink -f "$0")")/functions.sh"
usage 1 'NAME [RATIO] [POLICY] [BASESUBDIR]'
sub=${4:-cfec-001}
bucket "$sub" || exit
call gentask dcppath "$BFT2_DCP/$sub/dcps/$1" taskfile "$BFT2_SENDER/tmp/$sub-$1.task.json" \
  basesubdir "$sub" btobscdn "${2:-1:1:1}" policy "${3:-fulltime}" "${bucket[@]}"
