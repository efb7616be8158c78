#!/usr/bin/env bash
# Receives a package anew: ends a waiting or running task of its name, fetches the task file from the sender, and queues it (BK-04). What is
# stored stays. SENDER as for cpsendertask; without one the task file must lie in the receiver's tmp already.
. "$(dirname "$(readlink -f "$0")")/functions.sh"
usage 1 'NAME [BASESUBDIR] [REACTIVE] [SENDER]'
sub=${2:-cfec-001}
cancelrecv "$1" "$sub"
[ -z "${4:-}" ] || cpsendertask "$sub-$1" "$4" "$sub" || exit
"$shell/recv2.sh" "$1" "$sub" "${3:-false}"
