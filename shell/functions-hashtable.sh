# Shared by the scripts of the hash table (BK-11, decisions 28 and 29): one line per file, 40 hex digits, two blanks, the absolute path as it is.
# They work without the daemon. Names are bytes:
export LC_ALL=C
BFT2_DCP=${BFT2_DCP:-/data/dcp}
BFT2_HASHTABLE=${BFT2_HASHTABLE:-/etc/bft2/hashtable.txt}
set -o pipefail

# lock: only one script at a time changes the table.
lock() {
  exec 9>>"$BFT2_HASHTABLE.lock" && flock 9
}

# files PATH [FIND EXPRESSION]: what belongs into the table, NUL-separated: below the storage nothing in a -tmp directory. A line has no room for a newline: such names are left out.
files() {
  local path=$1 depth=1 inside
  shift
  inside=/${path#"$(absolute "$BFT2_DCP")"/}/
  [ "$inside" = "/$path/" ] || case $inside in *-tmp/*) return 0 ;; esac
  [ -d "$path" ] || depth=0
  find "$path" -mindepth $depth \( -name '.*' -o -type d -name '*-tmp' -o -path $'*\n*' \) -prune -o \
    -type f ! -name '*.torrent' ! -name '*.finished' "${@:--print0}"
}

# Reads NUL-separated paths, prints rows. sha1sum -z writes names plainly, without its escapes.
rows() {
  xargs -0r sha1sum -z -- | tr '\0' '\n'
}

# without PATH: the table's rows but those of the path and below it.
without() {
  [ ! -e "$BFT2_HASHTABLE" ] ||
    ROOT=$1 awk '{ path = substr($0, 43) } path != ENVIRON["ROOT"] && index(path, ENVIRON["ROOT"] "/") != 1' "$BFT2_HASHTABLE"
}

# Makes standard input the table, at once.
replace() {
  cat >"$BFT2_HASHTABLE.new" && sync "$BFT2_HASHTABLE.new" && mv "$BFT2_HASHTABLE.new" "$BFT2_HASHTABLE"
}

absolute() {
  realpath -ms -- "$1"
}
