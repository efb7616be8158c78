#!/usr/bin/env bash
# Queues a task whose file lies in the receiver's tmp; ends nothing, fetches nothing (BK-05).
. "$(dirname "$(readlink -f "$0")")/functions.sh"
usage 1 'NAME [BASESUBDIR] [REACTIVE]'
call recv taskfile "$BFT2_RECEIVER/tmp/${2:-cfec-001}-$1.task.json" reactive "${3:-false}"
