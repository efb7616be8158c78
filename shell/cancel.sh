#!/usr/bin/env bash
# Stops a task on this node and removes its partial data (BK-07).
. "$(dirname "$(readlink -f "$0")")/functions.sh"
usage 1 'NAME [BASESUBDIR]'
call cancel taskfile "${2:-cfec-001}-$1.task.json"
