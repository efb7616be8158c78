#!/usr/bin/env bash
# Receives what testapi-schedule-send.sh sent (BF-27): nothing moves before the window, the small ones are complete in it, and the large one stops
# without an error when it closes, to go on the next day. Removes what it received before: only in a test root. -n says what it would do.
. "$(dirname "$(readlink -f "$0")")/functions-schedule.sh"
if [ "${1:-}" = -n ]; then
  step 'before the window: receive schedule1 … schedule5 and schedulebig, nothing moves'
  step 'in the window: the small ones arrive'
  step 'after the window: schedulebig stands still, without an error'
  exit
fi
usage 1 '[-n] SENDER'
small=(schedule1 schedule2 schedule3 schedule4 schedule5)

# until_time SECONDS: sleeps until then.
until_time() {
  local left=$(($1 - $(date +%s)))
  [ $left -le 0 ] || sleep $left
}

# The bytes of a package that are here. Of a task in the queue (downloadingnum) nothing is.
bytes() {
  "$shell/progress.sh" "$1" $sub | sed -n 's/.*"downloaded": *\([0-9]*\).*/\1/p' | grep . || echo 0
}

step 'before the window'
for name in "${small[@]}" schedulebig; do
  cleanstore $name $sub
  "$shell/recv.sh" $name $sub false "$1"
done
task="$BFT2_RECEIVER/tmp/$sub-schedulebig.task.json"
window=$(sed -n 's/.*"priortime": *"\([^"]*\)".*/\1/p' "$task" | head -n 1)
opens=$(date -d "${window%-*}" +%s)
closes=$(date -d "${window#*-}" +%s)
[ "$closes" -gt "$opens" ] || closes=$((closes + 86400))
[ "$(date +%s)" -lt "$opens" ] || fail "the window $window is open already: start testapi-schedule-send.sh with more minutes"
schedules=$(tool /showschedules)
printf '%s\n' "$schedules"
[[ $schedules == *"$sub-schedulebig"* ]] || fail 'schedulebig is not in the schedules'
for name in "${small[@]}" schedulebig; do
  [ "$(bytes $name)" -eq 0 ] || fail "$name moved before its window"
done
step "in the window $window"
until_time "$opens"
for name in "${small[@]}"; do
  waitdownloaded $name $sub
  checkdcp $name $sub
done
step 'after the window'
until_time $((closes + 10))
before=$(bytes schedulebig)
sleep 10
[ "$(bytes schedulebig)" -eq "$before" ] || fail 'schedulebig moves outside of its window'
answer=$("$shell/progress.sh" schedulebig $sub)
[[ $answer == *'"downerror":""'* ]] || fail 'schedulebig has an error'
[[ $answer == *'"status":"downloading"'* ]] || fail 'schedulebig was complete in its window: give testapi-schedule-send.sh a larger BFT2_BIG'
[ "$before" -gt 0 ] || fail 'nothing of schedulebig came in its window'
step 'testapi-schedule-recv: all passed; schedulebig goes on tomorrow'
