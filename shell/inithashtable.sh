#!/usr/bin/env bash
# Builds the hash table anew from the storage; with a directory, only that one's rows: the others stay (BK-11).
. "$(dirname "$0")/functions-hashtable.sh"
root=$(absolute "${1:-$BFT2_DCP}")
[ -d "$root" ] || { printf '%s is not a directory\nusage: inithashtable.sh [DIR]\n' "$root" >&2; exit 2; }
[ $# -eq 0 ] || exec "$(dirname "$0")/addhashtable.sh" "$root"
lock || exit
# What changes from now on is the monitor's business.
touch "$BFT2_HASHTABLE.stamp"
files "$root" | rows >"$BFT2_HASHTABLE.rows"
status=$?
replace <"$BFT2_HASHTABLE.rows" && rm "$BFT2_HASHTABLE.rows" && exit $status
