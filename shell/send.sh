#!/usr/bin/env bash
# Sends a package whose task is made (BK-03).
. "$(dirname "$(readlink -f "$0")")/functions.sh"
usage 1 'NAME [BASESUBDIR] [REACTIVE]'
call send taskfile "$BFT2_SENDER/tmp/${2:-cfec-001}-$1.task.json" reactive "${3:-true}"
