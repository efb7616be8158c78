#!/usr/bin/env bash
# What is here is not fetched again (BF-24, BF-25), after testapi.sh at the sender and testapi2.sh at this receiver. Only in a test root.
. "$(dirname "$(readlink -f "$0")")/functions-test.sh"
usage 1 'SENDER'
sub=cfec-001
zds=zds_3d_ADV_F_CMN-CMN_CN-G_20-CMN_2K_20160827__i3D_OV
testroot

again() {
  cpsendertask $sub-$zds "$1"
  case_file case-repeated1
  waitdownloaded $zds $sub
  checkdcp $zds $sub
  local task
  task=$("$shell/progress.sh" $zds $sub | field taskfullpath)
  if tr -d ' \n' <"$task" | grep -q '"localsamefiles":\[\]'; then fail "$task has no localsamefiles"; fi
}

step 'A: everything is here'
waitfor 'the hash table' hashed "$("$shell/progress.sh" $zds $sub | field dcppath)"
again "$1"
"$shell/progress.sh" $zds $sub | grep -q '"localsamepercent":"100.000%"'
step 'B: a part is not in the table any more'
awk -v zds="/$zds/" 'index($0, zds) == 0 || count++ % 2' "$BFT2_HASHTABLE" >"$BFT2_HASHTABLE.new"
mv "$BFT2_HASHTABLE.new" "$BFT2_HASHTABLE"
again "$1"
if "$shell/progress.sh" $zds $sub | grep -q '"localsamepercent":"100.000%"'; then fail 'nothing was fetched'; fi
step 'testapi-repeated: all passed'
