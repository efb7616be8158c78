#!/usr/bin/env bash
# Hashes a directory again: its old rows go, new ones come (BK-11). One that is gone loses its rows.
. "$(dirname "$(readlink -f "$0")")/functions-hashtable.sh"
[ $# -eq 1 ] || wrong 'usage: addhashtable.sh DIR'
hashtable add "$1"
