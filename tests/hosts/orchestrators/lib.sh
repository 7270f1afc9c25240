# Shared by the tests of orchestrators: a simulator, a scratch folder, and what is expected. Sourced with SOURCE BUILD.
set -euo pipefail
source=$1 build=$2
export RP_PLUGIN_PATH=$build/plugins RPHOST_LIBRARY=$build/src/host/librphost.so.0
scratch=$(mktemp -d)
simulator=

cleanup() {
    [[ -z $simulator ]] || kill "$simulator" 2>/dev/null || true
    rm -rf "$scratch"
}
trap cleanup EXIT

fail() { echo "FAILED: $*"; exit 1; }
needs() { command -v "$1" >/dev/null || { echo "SKIPPED: no $1 ($2)"; exit 77; }; }

# start_simulator OPTION…: $url is its address; $scratch/config.json configures elb_member for it.
start_simulator() {
    coproc SIMULATOR { exec "$build/src/sim/elb-sim" --job-ms 50 "$@"; }
    simulator=$SIMULATOR_PID
    read -r url <&"${SIMULATOR[0]}"
    cat >"$scratch/config.json" <<END
{"endpoint": "$url", "project_id": "55300f3c8f764c06b1a32e2302edc305", "token": "sim-token", "poll_min_ms": 20}
END
}

# control WHAT JSON: has the simulator do something.
control() { python3 -c 'import sys, urllib.request as u
u.urlopen(u.Request(sys.argv[1], sys.argv[2].encode(), {"Content-Type": "application/json"})).read()' "$url/sim/$1" "$2"; }

# The number of members of all listeners.
count() { python3 -c 'import json, sys, urllib.request as u
print(sum(len(one["members"]) for one in json.load(u.urlopen(sys.argv[1]))["listeners"]))' "$url/sim/state"; }

# expect NUMBER WORDS: so many members are there now.
expect() { [[ $(count) == "$1" ]] || fail "$2: $(count) members instead of $1"; }

remove_all() { control members '{"listener_id": "e1b0000000000000000000000000000a", "clear": true}'; }
