#!/usr/bin/env bash
# Renames the centre in the cases and in the scripts that run them (BK-11): changetest.sh cfec-001 wuxi-001.
usage() { echo 'usage: changetest.sh OLD NEW, both <centre>-<organisation>' >&2; exit 2; }
[ $# -eq 2 ] || usage
for id; do
  case $id in '' | *[!A-Za-z0-9-]*) usage ;; esac
done
shell=${BFT2_SHELL:-$(cd "$(dirname "$(readlink -f "$0")")" && pwd)}
cases=${BFT2_CASES:-$shell/../test/frank/cases}
sed -i "s/$1/$2/g" "$cases"/case*.frank "$shell"/testapi*.sh "$shell"/functions-schedule.sh
