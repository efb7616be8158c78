#!/usr/bin/env bash
# The cases of a sender (BF-01 … BF-11). Its storage has xiaofang in cfec-002, and xiaofang2, xiaofang4 and zds_3d… in cfec-001.
. "$(dirname "$(readlink -f "$0")")/functions-test.sh"
sub=cfec-001
zds=zds_3d_ADV_F_CMN-CMN_CN-G_20-CMN_2K_20160827__i3D_OV

step 'A: tasks of xiaofang and zds'
"$shell/gentask.sh" xiaofang 1:1:1 fulltime cfec-002
"$shell/gentask.sh" $zds 1:1:1 fulltime $sub
step 'B: are they made?'
"$shell/query.sh" xiaofang cfec-002
step 'C: the other tasks, and what must be refused'
case_file case0-1
waitfinished2 xiaofang2 $sub
waitfinished2 xiaofang4 $sub
waitfinished xiaofang cfec-002
waitfinished $zds $sub
case_file case0-2
step 'D: xiaofang is uploaded'
waitready xiaofang cfec-002
"$shell/uprogress.sh" xiaofang cfec-002
test -e "$BFT2_SENDER/uploaded/cfec-002-xiaofang.task.json"
step 'E: the others are sent by script'
for name in xiaofang2 xiaofang4 $zds; do
  waitfinished $name $sub
  "$shell/send.sh" $name $sub true
  waitready $name $sub
done
step 'testapi: all passed'
