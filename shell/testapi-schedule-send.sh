#!/usr/bin/env bash
# Sends five small packages and a large one with policy priortime and a window that opens in MINUTES (3) and is LENGTH (2) minutes long (BF-26).
# -n says what it would do. BFT2_CONFIG is the sender's configuration; BFT2_BIG the megabytes of the large package (20000).
. "$(dirname "$(readlink -f "$0")")/functions-schedule.sh"
if [ "${1:-}" = -n ]; then
  shift
  dry=1
fi
# package NAME MEGABYTES: a package of three files, unless there is one.
package() {
  local path="$BFT2_DCP/$sub/dcps/$1" part
  [ ! -e "$path" ] || return 0
  mkdir -p "$path"
  for part in 1 2 3; do
    head -c $(($2 * 1000000 / 3)) /dev/urandom >"$path/$part.mxf"
  done
}

deliver() {
  step "$1: $2 priortime, $3 MB"
  [ -n "${dry:-}" ] || "$shell/autosend.sh" "$1" "$2" priortime $sub
}

big=${BFT2_BIG:-20000}
if [ -z "${dry:-}" ]; then
  step 'the packages'
  for index in "${!ratios[@]}"; do
    package "schedule$((index + 1))" 3
  done
  package schedulebig "$big"
fi
# Only now: it takes its time to write them.
plan "${1:-3}" "${2:-2}"
[ -n "${dry:-}" ] || set_window "$window"
for index in "${!ratios[@]}"; do
  deliver "schedule$((index + 1))" "${ratios[index]}" 3
done
deliver schedulebig 1:1:1 "$big"
step 'testapi-schedule-send: all sent'
