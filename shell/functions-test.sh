# Shared by the testapi scripts: they end at the first step that fails, and say which.
. "$(dirname "${BASH_SOURCE[0]}")/functions.sh"
cases=${BFT2_CASES:-$shell/../test/frank/cases}
set -e
step=start
trap '[ $? -eq 0 ] || printf "%s failed in: %s\n" "$(basename "$0")" "$step" >&2' EXIT

step() {
  step=$*
  printf '== %s\n' "$step"
}

# case_file NAME: runs the cases of a file at this node; with the original frank when BFT2_FRANK names it.
case_file() {
  step "$1.frank"
  if [ -n "${BFT2_FRANK:-}" ]; then
    "$BFT2_FRANK" -c "$cases/$1.frank"
  else
    "$node" "$shell/../test/frank/main.ts" -c "$cases/$1.frank" -u "$BFT2_API" \
      -v "dcproot=$BFT2_DCP" -v "senderroot=$BFT2_SENDER" -v "receiverroot=$BFT2_RECEIVER"
  fi
}

# Whether every file of a package has its row in the hash table.
hashed() {
  local file
  while IFS= read -r -d '' file; do
    grep -qxE "[0-9a-f]{40}  $(sed 's/[][\.*^$+?(){}|]/\\&/g' <<<"$file")" "$BFT2_HASHTABLE" || { echo "no row of $file"; return 1; }
  done < <(find "$1" -type f -print0)
}
