#!/bin/bash
# Shows the life of a configuration with three members: plan, apply, plan; somebody else removes a member; plan, apply,
# destroy.
#
#   examples/quickstart.sh
#       uses the simulator, which it builds and starts
#   RP_CONFIG=cloud.json examples/quickstart.sh members.json
#       uses a real cloud: cloud.json is the plugin's configuration, members.json the members to add, under names of your
#       choice:
#       {"a": {"listener_id": "…", "server_id": "…", "address": "…"}, …}
#
# Installs missing Debian packages (as root or with sudo). Leaves only its build folder behind.
set -euo pipefail
given=${1:+$(realpath "$1")}
cloud=${RP_CONFIG:+$(realpath "$RP_CONFIG")}
unset RP_CONFIG
cd "$(dirname "$0")/.."

bold= off=
[[ ! -t 1 || -n ${NO_COLOR:-} ]] || bold=$'\e[1;34m' off=$'\e[0m'
say() { printf '\n%s== %s%s\n' "$bold" "$*" "$off"; }

if [[ -n $cloud && -z $given ]]; then
    echo "quickstart: RP_CONFIG is set, but no file of members is given: run examples/quickstart.sh members.json" >&2
    exit 64
fi

say "Building (the first time takes a minute)"
.ci/packages run
build=build/release
mkdir -p build
{ cmake --preset release && cmake --build --preset release; } >build/quickstart.log 2>&1 ||
    { cat build/quickstart.log >&2; exit 1; }
export RP_PLUGIN_PATH=$PWD/$build/plugins

scratch=$(mktemp -d)
simulator=
cleanup() {
    [[ -z $simulator ]] || kill "$simulator" 2>/dev/null || true
    rm -rf "$scratch"
}
trap cleanup EXIT

# control WHAT JSON: sends a control request to the simulator.
control() {
    local address=${url#http://}
    exec 3<>"/dev/tcp/${address%:*}/${address#*:}"
    printf 'POST /sim/%s HTTP/1.0\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s' "$1" "${#2}" "$2" >&3
    cat <&3 >/dev/null
    exec 3<&-
}

# Prints the requests that the simulator received since the last call, one per line.
show_requests() {
    [[ -n $simulator ]] || return 0
    local address=${url#http://}
    exec 3<>"/dev/tcp/${address%:*}/${address#*:}"
    printf 'GET /sim/requests HTTP/1.0\r\n\r\n' >&3
    echo "requests that the server received:"
    tr -d '\r' <&3 | sed 's/{"seq":/\n&/g' | sed -E '$s/\]\}$//; s/,$//' |
        sed -nE 's|^.*"method":"([A-Z]+)","path":"/v1.0/[^/]*([^"]*)".*"status":([0-9]+).*"body":(.*)\}$|  \1 …\2 -> \3  \4|p' |
        sed 's/  null$//'
    echo
    exec 3<&-
    control reset '{"what":"log"}'
}

# rp ARGUMENT…: prints the command and runs it in the folder of the configuration.
rp() {
    say "rp $*"
    (cd "$scratch" && exec "$program" "$@")
}
program=$PWD/$build/src/cli/rp

if [[ -z $cloud ]]; then
    say "Starting the simulator"
    coproc SIM { exec "$build/src/sim/elb-sim" --job-ms 1500; }
    simulator=$SIM_PID
    read -r url <&"${SIM[0]}"
    echo "elb-sim listens at $url"
    listener=e1b0000000000000000000000000000a
    export OS_TOKEN=sim-token
    cat >"$scratch/resources.yaml" <<YAML
plugin: elb_member
config:
  endpoint: $url
  project_id: 55300f3c8f764c06b1a32e2302edc305
  token: \${env:OS_TOKEN}
resources:
  web:
    for_each:
      a: {server: dbecb618-2259-405f-ab17-9b68c4f541b0, address: 172.16.0.31}
      b: {server: 97444148-7afb-47cc-b4a3-6e1c94d1ade4, address: 172.16.0.32}
      c: {server: 05b731db-d457-41dc-a824-862daba91a59, address: 172.16.0.33}
    record:
      listener_id: $listener
      server_id: \${each.value.server}
      address: \${each.value.address}
YAML
    say "resources.yaml"
    cat "$scratch/resources.yaml"
else
    cat >"$scratch/resources.yaml" <<YAML
plugin: elb_member
config:
  $(cat "$cloud")
resources:
  web:
    for_each:
      $(cat "$given")
    record:
      listener_id: \${each.value.listener_id}
      server_id: \${each.value.server_id}
      address: \${each.value.address}
YAML
fi

rp plan -out=first.plan
rp apply first.plan
show_requests
rp plan

if [[ -n $simulator ]]; then
    say "Somebody else removes web[\"b\"]"
    control members '{"listener_id":"'$listener'","remove":[{"server_id":"97444148-7afb-47cc-b4a3-6e1c94d1ade4","address":"172.16.0.32"}]}'
    rp plan -out=second.plan
    rp apply second.plan
fi

rp destroy -auto-approve
say "Done"
