#!/usr/bin/env bash
# The cases of a receiver (BF-12 … BF-23), after testapi.sh at the sender. Removes what it received before: only in a test root.
. "$(dirname "$(readlink -f "$0")")/functions-test.sh"
usage 1 'SENDER'
sub=cfec-001
zds=zds_3d_ADV_F_CMN-CMN_CN-G_20-CMN_2K_20160827__i3D_OV

step 'A: nothing is there'
cleanstore xiaofang cfec-002
: >"$BFT2_HASHTABLE"
step 'B: the task from the sender'
cpsendertask cfec-002-xiaofang "$1"
case_file case2
waitstarted xiaofang cfec-002
case_file case3
step 'E: xiaofang arrives, its files are known'
waitdownloaded xiaofang cfec-002
waitfor 'the hash table' hashed "$("$shell/progress.sh" xiaofang cfec-002 | field dcppath)"
cpsendertask cfec-002-xiaofang "$1"
step 'F: again, from what is here'
case_file case4
waitdownloaded xiaofang cfec-002
cpsendertask cfec-002-xiaofang "$1"
case_file case5
waitdownloaded xiaofang cfec-002
case_file case6
step 'I: every piece is right'
checkdcp xiaofang cfec-002
step 'J: three at the same time, from nothing'
for name in xiaofang2 xiaofang4 $zds; do
  cleanstore $name $sub
  cpsendertask $sub-$name "$1"
done
: >"$BFT2_HASHTABLE"
case_file case7
for name in xiaofang2 xiaofang4 $zds; do
  waitdownloaded $name $sub
  checkdcp $name $sub
done
step 'testapi2: all passed'
