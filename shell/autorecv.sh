#!/usr/bin/env bash
# Receives a package, waits until it is there, and checks every piece of it (BK-09). SENDER as for cpsendertask in functions.sh.
. "$(dirname "$(readlink -f "$0")")/functions.sh"
usage 4 'NAME BASESUBDIR REACTIVE SENDER'
"$shell/recv.sh" "$1" "$2" "$3" "$4" || exit
waitdownloaded "$1" "$2" || exit
"$shell/progress.sh" "$1" "$2"
checkdcp "$1" "$2"
