#!/bin/bash
# Adds three members to a listener, reads them back, lists the listener, and removes them.
#
#   examples/quickstart.sh
#       against a simulator, which it builds and starts
#   RP_CONFIG=cloud.json examples/quickstart.sh records.json
#       against a real cloud: the plugin's configuration, and the records to add (a JSON array)
#
# Installs what is missing of Debian's packages (as root, or through sudo). Leaves nothing behind but its build folder.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf '\n== %s\n' "$*"; }

records=${1:-}
if [[ -n ${RP_CONFIG:-} && -z $records ]]; then
    echo "quickstart: RP_CONFIG is set, so the records are needed too: examples/quickstart.sh records.json" >&2
    exit 64
fi

say "Building (the first time takes a minute)"
.ci/packages run
build=build/release
mkdir -p build
{ cmake --preset release && cmake --build --preset release; } >build/quickstart.log 2>&1 ||
    { cat build/quickstart.log >&2; exit 1; }
rp=$build/src/cli/rp
export RP_PLUGIN_PATH=$build/plugins

scratch=$(mktemp -d)
simulator=
cleanup() {
    [[ -z $simulator ]] || kill "$simulator" 2>/dev/null || true
    rm -rf "$scratch"
}
trap cleanup EXIT

# What the simulator was asked since the last time, one line a request.
show_requests() {
    [[ -n $simulator ]] || return 0
    local address=${url#http://}
    exec 3<>"/dev/tcp/${address%:*}/${address#*:}"
    printf 'GET /sim/requests HTTP/1.0\r\n\r\n' >&3
    echo "requests the server saw:"
    tr -d '\r' <&3 | sed 's/{"seq":/\n&/g' | sed -E '$s/\]\}$//; s/,$//' |
        sed -nE 's|^.*"method":"([A-Z]+)","path":"/v1.0/[^/]*([^"]*)".*"status":([0-9]+).*"body":(.*)\}$|  \1 …\2 -> \3  \4|p' |
        sed 's/  null$//'
    echo
    exec 3<&-
    exec 3<>"/dev/tcp/${address%:*}/${address#*:}"
    printf 'POST /sim/reset HTTP/1.0\r\nContent-Type: application/json\r\nContent-Length: 14\r\n\r\n{"what":"log"}' >&3
    cat <&3 >/dev/null
    exec 3<&-
}

if [[ -z ${RP_CONFIG:-} ]]; then
    say "Starting the simulator"
    coproc SIM { exec "$build/src/sim/elb-sim" --job-ms 500; }
    simulator=$SIM_PID
    read -r url <&"${SIM[0]}"
    echo "elb-sim listens at $url"
    listener=e1b0000000000000000000000000000a
    records=$scratch/records.json
    cat >"$records" <<JSON
[
  {"listener_id": "$listener", "server_id": "dbecb618-2259-405f-ab17-9b68c4f541b0", "address": "172.16.0.31"},
  {"listener_id": "$listener", "server_id": "97444148-7afb-47cc-b4a3-6e1c94d1ade4", "address": "172.16.0.32"},
  {"listener_id": "$listener", "server_id": "05b731db-d457-41dc-a824-862daba91a59", "address": "172.16.0.33"}
]
JSON
    cat >"$scratch/config.json" <<JSON
{"endpoint": "$url", "project_id": "55300f3c8f764c06b1a32e2302edc305", "token": "sim-token"}
JSON
    export RP_CONFIG=$scratch/config.json
fi

status=0

say "rp call elb_member create records.json"
$rp call elb_member create "$records" || status=$?
show_requests

if ((status)); then
    echo "quickstart: create did not end well: exit code $status, see $rp help. Nothing is removed, since not all may be new." >&2
    exit "$status"
fi

say "rp call elb_member read records.json"
$rp call elb_member read "$records" || status=$?
show_requests

say "rp call elb_member delete records.json"
$rp call elb_member delete "$records" || status=$?
show_requests

((status)) || say "Done"
exit "$status"
