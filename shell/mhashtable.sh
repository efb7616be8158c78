#!/usr/bin/env bash
# Keeps the hash table true to the storage until it is ended (BK-11). The daemon does so itself: this is for a node whose daemon does not run. `once` looks once and ends.
. "$(dirname "$(readlink -f "$0")")/functions-hashtable.sh"
case $#:${1:-} in
  0:) hashtable watch ;;
  1:once) hashtable update ;;
  *) wrong 'usage: mhashtable.sh [once]' ;;
esac
