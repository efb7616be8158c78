# Shared by the schedule tests: a window of some minutes that opens soon, for all three methods (BF-26, BF-27).
. "$(dirname "${BASH_SOURCE[0]}")/functions-test.sh"
BFT2_CONFIG=${BFT2_CONFIG:-/etc/bft2/config.json}
sub=cfec-001
ratios=(1:0:0 1:1:1 1:0:1 0:1:1 0:0:1)

# plan MINUTES LENGTH: sets `opens` and `closes` (seconds since 1970) and `window`; the window begins with a whole minute.
plan() {
  opens=$((($(date +%s) / 60 + $1) * 60))
  closes=$((opens + $2 * 60))
  window=$(date -d "@$opens" +%H:%M)-$(date -d "@$closes" +%H:%M)
  step "window $window"
}

# set_window WINDOW: makes it the one of all methods, until the script ends.
set_window() {
  local key
  cp -p "$BFT2_CONFIG" "$BFT2_CONFIG.before"
  trap 'status=$?; mv "$BFT2_CONFIG.before" "$BFT2_CONFIG"; tool /reloadconf; [ $status -eq 0 ] || echo "failed in: $step" >&2' EXIT
  for key in bttime obstime cdntime; do
    if grep -q "\"$key\"" "$BFT2_CONFIG"; then
      sed -i "s/\"$key\" *: *\"[^\"]*\"/\"$key\": \"$1\"/" "$BFT2_CONFIG"
    else
      sed -i "0,/{/s//{\"$key\": \"$1\", /" "$BFT2_CONFIG"
    fi
  done
  # Timetables come before them.
  for key in btwindows obswindows cdnwindows; do
    sed -i "s/\"$key\" *: *\"[^\"]*\"/\"$key\": \"\"/" "$BFT2_CONFIG"
  done
  [ "$(tool /reloadconf)" = '"reload config.json ok."' ]
}
