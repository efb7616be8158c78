#!/usr/bin/env bash
# Builds the hash table anew from the storage; with a directory, only that one's rows: the others stay (BK-11).
. "$(dirname "$(readlink -f "$0")")/functions-hashtable.sh"
usage='usage: inithashtable.sh [DIR]'
[ $# -le 1 ] || wrong "$usage"
[ $# -eq 0 ] || [ -d "$1" ] || wrong "$1 is not a directory" "$usage"
hashtable init "$@"
