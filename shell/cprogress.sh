#!/usr/bin/env bash
# Says whether a cacher serves a package (BK-06).
. "$(dirname "$(readlink -f "$0")")/functions.sh"
usage 1 'NAME [BASESUBDIR]'
call cprogress taskfile "${2:-cfec-001}-$1.task.json"
