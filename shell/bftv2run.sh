#!/usr/bin/env bash
# Watchdog (BK-11, BE-25): starts the daemon, and again after BFT2_PAUSE seconds when it ends unexpectedly; SIGTERM and Ctrl-C end both. The daemon's
# output goes to bftv2.log in BFT2_LOGS, the watchdog's own to bftv2run.log; `console` shows both on the terminal. The other arguments are the daemon's.
here=$(cd "$(dirname "$(readlink -f "$0")")/.." && pwd)
logs=${BFT2_LOGS:-/var/log/bft2}
node=$here/node_modules/.bin/node
[ -x "$node" ] || node=node
mkdir -p "$logs" || exit
if [ "${1:-}" = console ]; then
  shift
  say() { printf '%s %s\n' "$(date '+%F %T')" "$*" | tee -a "$logs/bftv2run.log"; }
else
  say() { printf '%s %s\n' "$(date '+%F %T')" "$*" >>"$logs/bftv2run.log"; }
  exec >>"$logs/bftv2.log" 2>&1 || exit 1
fi

stop() {
  stopping=1
  told=$child
  [ -z "$child" ] || kill -TERM "$child" 2>/dev/null
}
trap stop TERM INT HUP

while :; do
  # A second signal makes the daemon end at once: in a session of its own it hears only ours, not the terminal's.
  setsid "$node" "$here/src/main.ts" "$@" &
  child=$!
  # A signal that came while there was no child yet.
  [ -z "${stopping:-}" ] || [ "$told" = "$child" ] || kill -TERM "$child"
  say "bftv2 started, process $child"
  wait "$child"
  status=$?
  # A signal to the watchdog ends the first wait, not the daemon.
  [ -z "${stopping:-}" ] || { wait "$child"; status=$?; }
  child=''
  say "bftv2 ended with $status"
  # 0: it was asked to; 2: called wrongly, which no new start mends.
  [ -z "${stopping:-}" ] && [ $status -ne 0 ] && [ $status -ne 2 ] || exit $status
  sleep "${BFT2_PAUSE:-5}" &
  wait $!
  [ -z "${stopping:-}" ] || exit 0
done
