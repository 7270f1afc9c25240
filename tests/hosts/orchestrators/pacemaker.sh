#!/bin/bash
# The agent of examples/orchestrators/pacemaker, with ocf-tester, and by hand.
. "$(dirname "$0")/lib.sh" "$1" "$2"
needs ocf-tester resource-agents
needs xmllint libxml2-utils
start_simulator
agent=$source/examples/orchestrators/pacemaker/resource-plugin
cat >"$scratch/record.json" <<'END'
{"listener_id": "e1b0000000000000000000000000000a", "server_id": "dbecb618-2259-405f-ab17-9b68c4f541b0",
 "address": "172.16.0.31"}
END

out=$(ocf-tester -n member -o plugin=elb_member -o "config=$scratch/config.json" -o "record=$scratch/record.json" \
    -o "rp=$build/src/cli/rp" "$agent" 2>&1) || fail "ocf-tester: $out"
expect 0 ocf-tester

export OCF_ROOT=/usr/lib/ocf OCF_RESOURCE_INSTANCE=member HA_LOGD=no HA_debug=0
export OCF_RESKEY_plugin=elb_member OCF_RESKEY_config=$scratch/config.json OCF_RESKEY_record=$scratch/record.json
export OCF_RESKEY_rp=$build/src/cli/rp

# act CODE ACTION
act() {
    local code=0
    out=$("$agent" "$2" 2>&1) || code=$?
    [[ $code == "$1" ]] || fail "$2: exit code $code instead of $1: $out"
}
act 7 monitor
act 0 start
expect 1 start
act 0 start
act 0 monitor
remove_all
act 7 monitor
act 0 start
expect 1 "drift"
act 0 stop
act 0 stop
expect 0 stop
control faults '{"on": "add", "kind": "status", "status": 403, "code": "ELB.2001"}'
act 1 start
sed -i 's/"address"/"adress"/' "$scratch/record.json"
act 6 start
[[ $out == *adress* ]] || fail "a misspelt attribute is not named: $out"
rm "$scratch/config.json"
act 6 validate-all
echo "pacemaker: ocf-tester, start, second start, monitor, drift, stop, refusal, bad record, no config: ok"
