# Shared by the scripts of the hash table (BK-11): thin callers of `bft hashtable`, which works beside a running daemon and without one.
# BFT2_CONFIG: the node's configuration. BFT2_DCP (storage) and BFT2_HASHTABLE (table) come before what it says.
shell=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

if [ -z "${BFT2_CONFIG:-}" ] && [ ! -e /etc/bft2/config.json ]; then
  BFT2_DCP=${BFT2_DCP:-/data/dcp}
  BFT2_HASHTABLE=${BFT2_HASHTABLE:-/etc/bft2/hashtable.txt}
fi
places=()
[ -z "${BFT2_DCP:-}" ] || places+=(--storage "$BFT2_DCP")
[ -z "${BFT2_HASHTABLE:-}" ] || places+=(--table "$BFT2_HASHTABLE")

# wrong TEXT...: the script was called wrongly.
wrong() {
  printf '%s\n' "$@" >&2
  exit 2
}

# hashtable COMMAND [PATH]: takes the place of the script.
hashtable() {
  exec "$shell/../bin/bft" hashtable "$1" "${places[@]}" -- "${@:2}"
}
