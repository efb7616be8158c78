#!/usr/bin/env bash
# Hashes a directory again: its old rows go, new ones come (BK-11). One that is gone loses its rows.
. "$(dirname "$0")/functions-hashtable.sh"
[ $# -eq 1 ] || { echo 'usage: addhashtable.sh DIR' >&2; exit 2; }
path=$(absolute "$1")
lock || exit
without "$path" >"$BFT2_HASHTABLE.rows" || exit
status=0
[ ! -e "$path" ] || files "$path" | rows >>"$BFT2_HASHTABLE.rows" || status=$?
replace <"$BFT2_HASHTABLE.rows" && rm "$BFT2_HASHTABLE.rows" && exit $status
