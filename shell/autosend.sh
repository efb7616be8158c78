#!/usr/bin/env bash
# Makes and sends a package, and waits until it may be received (BK-08).
. "$(dirname "$(readlink -f "$0")")/functions.sh"
usage 1 'NAME [RATIO] [POLICY] [BASESUBDIR]'
sub=${4:-cfec-001}
"$shell/gentask.sh" "$1" "${2:-1:1:1}" "${3:-fulltime}" "$sub" || exit
waitfinished "$1" "$sub" || exit
"$shell/send.sh" "$1" "$sub" true || exit
waitready "$1" "$sub" || exit
"$shell/uprogress.sh" "$1" "$sub"
