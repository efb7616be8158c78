#!/usr/bin/env bash
# Keeps the hash table true to the storage (BK-11): files that have been quiet for 2 s come in, those that are gone go, those that changed are
# hashed again. Says so in mhashtable.log. `once` looks once and ends. BFT2_INTERVAL: seconds between two looks where there is no inotifywait.
. "$(dirname "$0")/functions-hashtable.sh"
case ${1:-} in '' | once) ;; *) echo 'usage: mhashtable.sh [once]' >&2; exit 2 ;; esac
root=$(absolute "$BFT2_DCP")
table=$BFT2_HASHTABLE
logs=${BFT2_LOGS:-/var/log/bft2}
log=$logs/mhashtable.log
mkdir -p "$logs" || exit

say() {
  printf '%s %s\n' "$(date '+%F %T')" "$*" >>"$log"
}

# Rows of the storage stay when their file is there, quiet, and unchanged since the last look. What is left is hashed.
compare() {
  ROOT=$root TODO=$table.todo awk '
    FILENAME == ARGV[1] { change[substr($0, 2)] = substr($0, 1, 1); next }
    { path = substr($0, 43) }
    index(path, ENVIRON["ROOT"] "/") != 1 { print; next }
    path in change && change[path] == "=" { print; delete change[path] }
    END { for (path in change) print path >ENVIRON["TODO"] }
  ' "$table.present" "$table"
}

look() {
  lock && renew
  local status=$?
  rm -f "$table.present" "$table.todo" "$table.rows" "$table.added"
  exec 9>&-
  return $status
}

# What cannot be listed in full is not compared: a disk with errors would cost its rows.
renew() {
  local dropped added
  [ -d "$root" ] || { say "$root is not a directory"; return 1; }
  [ -e "$table" ] || : >"$table"
  [ -e "$table.stamp" ] || touch -r "$table" "$table.stamp"
  touch "$table.next"
  files "$root" ! -newermt '-2 seconds' \( -cnewer "$table.stamp" -printf '+%p\n' -o -printf '=%p\n' \) >"$table.present" 2>>"$log" || return
  : >"$table.todo"
  compare >"$table.rows" || return
  dropped=$(($(wc -l <"$table") - $(wc -l <"$table.rows")))
  tr '\n' '\0' <"$table.todo" | rows >"$table.added" 2>>"$log"
  added=$(wc -l <"$table.added")
  if [ "$dropped" -gt 0 ] || [ "$added" -gt 0 ]; then
    cat "$table.rows" "$table.added" | replace && say "$added added, $dropped dropped"
  fi && mv "$table.next" "$table.stamp"
}

pause() {
  if command -v inotifywait >/dev/null; then
    inotifywait -qq -r -t 60 -e close_write -e move -e delete "$root"
    sleep 3
  else
    sleep "${BFT2_INTERVAL:-10}"
  fi
}

look
status=$?
[ "${1:-}" != once ] || exit $status
while pause; do look; done
