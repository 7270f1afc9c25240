#!/bin/bash
# fuzz_idle.sh start SECONDS FOLDER FUZZER...: starts the fuzzers in the background, for so many seconds of the processor that
# nobody else wants. fuzz_idle.sh wait SECONDS FOLDER FUZZER...: waits for their end, and says what they found.
set -euo pipefail
step=$1 seconds=$2 folder=$3
shift 3

start() {
    rm -rf "$folder"
    mkdir -p "$folder"
    for fuzzer; do
        result=$folder/$(basename "$fuzzer")
        setsid nice -n 19 timeout 1500 bash -c '"$1" "$2" "$3" >"$4.log" 2>&1; echo $? >"$4.status"' \
            - "$fuzzer" "$seconds" "$RANDOM" "$result" </dev/null >/dev/null 2>&1 &
    done
}

await() {
    failed=0
    for fuzzer; do
        result=$folder/$(basename "$fuzzer")
        [ -e "$result.log" ] || { echo "$fuzzer was not started"; exit 1; }
        until [ -e "$result.status" ]; do sleep 0.2; done
        echo "$(basename "$fuzzer"): $(tail -n 40 "$result.log")"
        [ "$(cat "$result.status")" = 0 ] || failed=1
    done
    exit "$failed"
}

case $step in
start) start "$@" ;;
wait) await "$@" ;;
esac
