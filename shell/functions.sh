# Shared by the operator scripts (BK-10). Where this node is, unless it is where the original was:
BFT2_API=${BFT2_API:-http://127.0.0.1:8191}
BFT2_DCP=${BFT2_DCP:-/data/dcp}
BFT2_SENDER=${BFT2_SENDER:-/data/sender}
BFT2_RECEIVER=${BFT2_RECEIVER:-/data/receiver}
BFT2_HASHTABLE=${BFT2_HASHTABLE:-/etc/bft2/hashtable.txt}
BFT2_ENDPOINTS=${BFT2_ENDPOINTS:-/etc/bft2/endpoints}
# Seconds: between two looks, and until a wait is given up.
BFT2_POLL=${BFT2_POLL:-5}
BFT2_WAIT=${BFT2_WAIT:-172800}
# Seconds for which a node may be in trouble, or silent, until nobody waits for it any more.
BFT2_ERROR_WAIT=${BFT2_ERROR_WAIT:-1800}

given=$#
shell=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
node=$shell/../node_modules/.bin/node
[ -x "$node" ] || node=node

fail() {
  printf '%s\n' "$*" >&2
  return 1
}

# usage NUMBER TEXT: ends the script when it was given fewer arguments than that.
usage() {
  [ "$given" -ge "$1" ] && return
  printf 'usage: %s %s\n' "$(basename "$0")" "$2" >&2
  exit 2
}

# A text as a JSON string. Names have no control characters; backslash and quote are escaped.
json() {
  local text=${1//\\/\\\\}
  printf '"%s"' "${text//\"/\\\"}"
}

# field KEY: the text of a key in the answer on standard input.
field() {
  sed -n 's/.*"'"$1"'": *"\(\([^"\\]\|\\.\)*\)".*/\1/p' | sed 's/\\\(["\\\/]\)/\1/g'
}

bft() {
  "$shell/../bin/bft" "$@"
}

# call METHOD KEY VALUE [KEY VALUE ...]: one request; prints the answer. Fails when the node cannot be reached or says "false".
# Keys go through a pipe, the token through the environment: the list of processes is open to everybody.
call() {
  local method=$1 params='' answer status=0
  shift
  while [ $# -gt 1 ]; do
    params="$params${params:+,}$(json "$1"):$(json "$2")"
    shift 2
  done
  answer=$(printf '{%s}' "$params" | BFT2_TOKEN=${BFT2_TOKEN:-} bft ask "$method" --params - --raw --node "$BFT2_API") || status=$?
  [ $status -ne 4 ] || return 4
  printf '%s\n' "$answer"
  case $answer in *'"return_status":"true"'*) return 0 ;; *) return 1 ;; esac
}

# tool PATH: one of the plain GETs.
tool() {
  curl -sS --max-time 120 ${BFT2_TOKEN:+-H @<(printf 'Authorization: Bearer %s\n' "$BFT2_TOKEN")} "$BFT2_API$1" || return 4
}

# bucket BASESUBDIR: sets the array `bucket` to the parameters of the sub-directory's own bucket, if the table has one (BK-12).
bucket() {
  local sub ak sk endpoint
  bucket=()
  [ -e "$BFT2_ENDPOINTS" ] || return 0
  [ -z "$(find -L "$BFT2_ENDPOINTS" -perm /077)" ] || fail "$BFT2_ENDPOINTS holds keys: only its owner may read it (chmod 600)" || return
  while read -r sub ak sk endpoint; do
    [ "$sub" = "$1" ] && bucket=(ak "$ak" sk "$sk" endpoint "$endpoint")
  done <"$BFT2_ENDPOINTS"
  return 0
}

# waitfor TEXT PROBE...: until the probe succeeds. Gives up, with the probe's last words, when the probe ended with 9 three times in a row (it cannot
# come any more), with 8 for BFT2_ERROR_WAIT seconds (nobody may be mending it), or when the time is over.
waitfor() {
  local what=$1 end=$((SECONDS + BFT2_WAIT)) finals=0 trouble='' status said why
  shift
  while :; do
    said=$("$@" 2>&1) && return
    status=$?
    if [ $status -eq 9 ]; then finals=$((finals + 1)); else finals=0; fi
    if [ $status -eq 8 ]; then trouble=${trouble:-$SECONDS}; else trouble=''; fi
    why='it cannot come any more' && [ $finals -lt 3 ] || break
    why="in trouble for more than $BFT2_ERROR_WAIT s" && [ $((SECONDS - ${trouble:-$SECONDS})) -le "$BFT2_ERROR_WAIT" ] || break
    why="$BFT2_WAIT s are over" && [ $SECONDS -lt "$end" ] || break
    sleep "$BFT2_POLL"
  done
  fail "waited in vain for: $what: $why: $said"
}

# answers WORDS FINAL TROUBLE SCRIPT ARGUMENTS: the script's answer has one of these |-separated states. Else ends with 9 when FINAL matches it, with
# 8 when TROUBLE does or the node is silent.
answers() {
  local words=$1 final=$2 trouble=$3 answer status=0
  answer=$("$shell/$4.sh" "${@:5}" 2>&1) || status=$?
  printf '%s\n' "$answer"
  case "|$words|" in *"|$(field status <<<"$answer")|"*) return 0 ;; esac
  [[ ! $answer =~ $final ]] || return 9
  [[ $status -ne 4 && ! $answer =~ $trouble ]] || return 8
  return 1
}

# The functions below take NAME [BASESUBDIR].

# Until the task is made; gives up when nobody makes it.
waitfinished() {
  waitfor "the task of $1" answers finished 'no make seed process|" please wait until |"status":"error"' '^$' query "$1" "${2:-cfec-001}"
}

# The same by what lies on the disk, for tasks that another call has begun.
waitfinished2() {
  waitfor "the task file of $1" test -s "$BFT2_SENDER/tmp/${2:-cfec-001}-$1.task.json"
}

# Until everything that was sent may be fetched.
waitready() {
  waitfor "$1 ready" answers ready 'unknown task|"status":"finished"' '"status":"error"' uprogress "$1" "${2:-cfec-001}"
}

# Until a task has left the queue.
waitstarted() {
  waitfor "$1 started" answers 'downloading|downloaderror|downloaded|history' 'unknown task' '^$' progress "$1" "${2:-cfec-001}"
}

waitdownloaded() {
  waitfor "$1 downloaded" answers 'downloaded|history' 'unknown task' '"status":"downloaderror"' progress "$1" "${2:-cfec-001}"
}

# Stops the receiving of a task that waits or runs. Nothing else: on a sender the same name may be one that it serves.
cancelrecv() {
  case $("$shell/progress.sh" "$1" "${2:-cfec-001}" | field status) in
    queues | downloading | downloaderror) "$shell/cancel.sh" "$1" "${2:-cfec-001}" ;;
  esac
}

# cpsendertask TASK SENDER [BASESUBDIR]: brings <basesubdir>-<name>'s task file from the sender to where recv takes it. SENDER is a host or
# the address of its web server (decision 19), or scp://[user@]host; with BFT2_SCP=1 every host is asked through scp.
cpsendertask() {
  local sender=$2 sub=${3:-$(cut -d- -f1,2 <<<"$1")} to="$BFT2_RECEIVER/tmp/$1.task.json"
  [ "${BFT2_SCP:-}" = 1 ] && sender=scp://${sender#scp://}
  case $sender in
    scp://*) scp -q "${sender#scp://}:$BFT2_SENDER/uploaded/$1.task.json" "$to.part" ;;
    *)
      case $sender in http://* | https://*) ;; *) sender=http://$sender ;; esac
      curl -fsS --retry 3 --max-time 120 -o "$to.part" "$sender/dcp/$sub/dcps-tmp/$(percent "$1.task.json")"
      ;;
  esac && mv "$to.part" "$to" || fail "could not fetch the task $1 from $2"
}

# A text for use in an address, every byte of it as %xx.
percent() {
  printf '%s' "$1" | od -An -v -tx1 | tr -d '\n' | tr ' ' '%'
}

# Whether a package is all there and right (BF-22): a received one where progress says it is, else the sender's own.
checkdcp() {
  local sub=${2:-cfec-001} answer path torrent status=0 brought=''
  answer=$("$shell/progress.sh" "$1" "$sub" 2>/dev/null) || answer=''
  path=$(field dcppath <<<"$answer")
  [ -z "$path" ] || [ -e "$path.finished" ] || fail "$path.finished is not there" || return
  path=${path:-$BFT2_DCP/$sub/dcps/$1}
  torrent=$path.torrent
  if [ ! -e "$torrent" ]; then
    torrent=$(mktemp) && brought=$torrent
    curl -fsS --max-time 120 -o "$torrent" "$(torrenturl "$(field taskfullpath <<<"$answer")")"
  fi
  bft check "$torrent" "$path" || status=$?
  [ -z "$brought" ] || rm -f "$brought"
  return $status
}

# Where a task file says that the full torrent is: the first address in it.
torrenturl() {
  sed -n '/"bt" *:/,$p' "$1" | tr -d '\n' | sed 's/^[^{]*{[^}]*"url" *: *"\([^"]*\)".*/\1/'
}

# Removes what was received of a package: task, files, rows of the hash table. Only at a receiver, and only in a test root (BK-14): the storage
# has a file .bft2-testroot, or lies below BFT2_TESTROOT.
cleanstore() {
  local sub=${2:-cfec-001} path
  testroot || return
  for path in "$1" "$sub"; do
    case $path in '' | . | .. | */*) fail "no name of a package or sub-directory: $path" || return ;; esac
  done
  case $(tool /api/v1/status) in *'"servertype":"receiver"'*) ;; *) fail 'only a receiver is cleaned' || return ;; esac
  cancelrecv "$1" "$sub"
  for path in "$BFT2_DCP/$1" "$BFT2_DCP/$sub/dcps/$1"; do
    rm -rf "$path" "$path.finished" "$path.torrent"
    "$shell/addhashtable.sh" "$path" || return
  done
}

testroot() {
  [ -e "$BFT2_DCP/.bft2-testroot" ] && return
  case $(realpath -m "$BFT2_DCP")/ in "$(realpath -m "${BFT2_TESTROOT:-/nowhere}")"/*) return ;; esac
  fail "$BFT2_DCP is no test root: it has no .bft2-testroot and is not below BFT2_TESTROOT; nothing was removed"
}
