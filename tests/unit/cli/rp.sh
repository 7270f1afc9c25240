#!/bin/bash
# rp.sh RP PLUGINS: rp as its users meet it, with the probe plugin in the folder PLUGINS.
set -euo pipefail
rp=$1
export RP_PLUGIN_PATH=$2
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
cd "$work"
unset RP_CONFIG

fail() { echo "FAILED: $*"; exit 1; }

# expect CODE ARGUMENT…: runs rp; what it said is in $out and $err then.
expect() {
    local wanted=$1 code=0
    shift
    "$rp" "$@" >"$work/out" 2>"$work/err" || code=$?
    out=$(<"$work/out") err=$(<"$work/err")
    [[ $code == "$wanted" ]] || fail "rp $*: exit code $code, not $wanted: $out $err"
}
says() { [[ $1 == *"$2"* ]] || fail "\"$1\" does not say \"$2\""; }

# The config is inline, a file, standard input, or the environment's; the option goes first.
record='{"resource":"x","records":[]}'
echo '{"from":"file"}' >config.json
expect 0 call probe create "$record" --config '{"from":"line"}'
says "$out" '"opened":{"config":{"from":"line"}}'
expect 0 call probe create "$record" --config config.json
says "$out" '"from":"file"'
expect 0 call probe create "$record" -config=- <config.json
says "$out" '"from":"file"'
export RP_CONFIG=config.json
expect 0 call probe create "$record" --timeout=55ms
expect 64 call probe create "$record" --timeout=55
says "$err" "such as 500ms, 90s, 10m or 1h, not \"55\""
expect 0 call probe create "$record" --timeout=55ms
says "$out" '"from":"file"'
says "$out" '"timeout_ms":55'
expect 0 call probe create "$record" --config '{"from":"line"}'
says "$out" '"from":"line"'

# The request is a file or standard input too, but not both it and the config.
echo "$record" >request.json
expect 0 call probe create - <request.json
says "$out" "\"request\":$record"
expect 0 call probe create request.json
says "$out" "\"request\":$record"
expect 64 call probe create - --config - <request.json
says "$err" "cannot both be standard input"
expect 0 call probe create '{"name":"a"}' --resource note
says "$out" '"request":{"resource":"note","records":[{"name":"a"}]}'
expect 64 call probe create '{"name":"a"}'
says "$err" "--resource"
expect 1 call probe create absent.json
expect 64 call probe create '{"name" "a"}'
says "$err" "request: line 1, column"
expect 64 call probe
expect 64 cal
says "$err" 'did you mean "call"?'

# A pipe gets one line, events go elsewhere.
expect 0 call probe create "$record" --events
[[ $(wc -l <out) == 1 && $err == '{"kind":"log","message":"shown"}' ]] || fail "output: $out / $err"
expect 0 call probe create "$record"
[[ -z $err ]] || fail "events without being asked: $err"

# What goes wrong is told by the exit code, a document and a sentence.
expect 11 call probe list '{"resource":"x"}'
says "$out" '"code":"host.hook_left_out"'
says "$err" "rp: error: probe has no list (host.hook_left_out)"
expect 11 call nowhere create "$record"
says "$err" "No plugin \"nowhere\" (a path has a '/'). Searched: $RP_PLUGIN_PATH, "
expect 10 call probe create "$record" --config '{"refuse":1}'
says "$err" "rp: error: not like this (at /config/refuse)"
expect 12 call probe read "$record"
says "$err" "read: the response is NULL (abi/README.md, Responses)"
unset RP_CONFIG
expect 12 call probe create "$record"
expect 0 describe probe
says "$out" '"opened":null'
expect 0 describe probe --config '{}'
says "$out" '"opened":{"config":{}}'

# A full disk is no success.
[[ -w /dev/full ]] && { code=0; "$rp" describe probe >/dev/full 2>err || code=$?; [[ $code == 1 ]] || fail "full: $code"; says "$(<err)" "cannot write"; }

# Help comes from the tables.
expect 0 help
for verb in describe call version help; do says "$out" "rp $verb"; done
says "$out" " 21  not_found"
expect 0 call --help
for option in --config --resource --timeout --events; do says "$out" "$option"; done
expect 0 --version

# An interrupt cancels and waits for the outcome; a second one does not wait.
begin() {
    mkfifo said
    "$rp" call probe validate "$1" --config '{}' --events >out 2>said &
    pid=$!
    exec 3<said
    read -r line <&3
    says "$line" waiting
    kill -INT "$pid"
    read -r line <&3
    says "$line" cancelled
}
end() {
    code=0
    wait "$pid" || code=$?
    exec 3<&-
    rm said
    [[ $code == "$1" ]] || fail "interrupted: exit code $code, not $1"
}
begin '{"config":{}}'
end 43
says "$(<out)" '"status":"cancelled"'
begin '{"config":{"stubborn":1}}'
kill -INT "$pid"
end 130
[[ ! -s out ]] || fail "the second interrupt waited"
echo "rp does as its help says"
