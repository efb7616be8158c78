# Shared by the operator scripts. Where this node is, unless it is where the original was:
BFT2_API=${BFT2_API:-http://127.0.0.1:8191}
BFT2_DCP=${BFT2_DCP:-/data/dcp}
BFT2_SENDER=${BFT2_SENDER:-/data/sender}

# A text as a JSON string. Names have no control characters; backslash and quote are escaped.
json() {
  local text=${1//\\/\\\\}
  printf '"%s"' "${text//\"/\\\"}"
}

# call PATH METHOD KEY VALUE [KEY VALUE ...]: one request; prints the answer. Fails when the node cannot be reached or says "false".
call() {
  local path=$1 method=$2 params='' answer
  shift 2
  while [ $# -gt 1 ]; do
    params="$params${params:+,}$(json "$1"):$(json "$2")"
    shift 2
  done
  answer=$(curl -sS -X POST -H 'Content-Type: application/json' ${BFT2_TOKEN:+-H "Authorization: Bearer $BFT2_TOKEN"} \
    --data-binary "{\"message_id\":\"$$\",\"message_type\":\"request\",\"message_source\":\"shell\",\"method_name\":\"$method\",\"method_params\":{$params}}" \
    "$BFT2_API$path") || return 4
  printf '%s\n' "$answer"
  case $answer in *'"return_status":"true"'*) return 0 ;; *) return 1 ;; esac
}

# usage NUMBER TEXT: ends the script when it was given fewer arguments than that.
usage() {
  [ "$given" -ge "$1" ] && return
  printf 'usage: %s %s\n' "$(basename "$0")" "$2" >&2
  exit 2
}
given=$#
