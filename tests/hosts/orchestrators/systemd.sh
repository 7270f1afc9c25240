#!/bin/bash
# The unit of examples/orchestrators/systemd: systemd-analyze verifies it; its commands are run as systemd would.
. "$(dirname "$0")/lib.sh" "$1" "$2"
needs systemd-analyze systemd
start_simulator
unit=$source/examples/orchestrators/systemd/resource-plugin-member@.service
cat >"$scratch/web.json" <<'END'
{"listener_id": "e1b0000000000000000000000000000a", "server_id": "dbecb618-2259-405f-ab17-9b68c4f541b0",
 "address": "172.16.0.31"}
END

# The unit as it would be installed here.
mkdir "$scratch/units"
sed -e "s|/usr/bin/rp|$build/src/cli/rp|g; s|/etc/resource-plugin|$scratch|g" -e '/^Documentation/d' "$unit" \
    >"$scratch/units/resource-plugin-member@web.service"
out=$(systemd-analyze verify --man=no "$scratch/units/resource-plugin-member@web.service" 2>&1) || fail "verify: $out"
[[ -z $out ]] || fail "verify: $out"

# run CODES KEY: the command of ExecStart or ExecStop, with a code that the unit takes as success.
run() {
    local code=0 command
    command=$(sed -n "s/^$2=//p" "$scratch/units/resource-plugin-member@web.service")
    out=$(bash -c "${command//%i/web}" 2>&1) || code=$?
    [[ " $1 " == *" $code "* ]] || fail "$2: exit code $code: $out"
}
success="0 $(sed -n 's/^SuccessExitStatus=//p' "$unit")"
run "$success" ExecStart
expect 1 ExecStart
run "$success" ExecStart
run "$success" ExecStop
run "$success" ExecStop
expect 0 ExecStop
control faults '{"on": "add", "kind": "status", "status": 403, "code": "ELB.2001"}'
run 32 ExecStart
echo "systemd $(systemctl --version | sed -n '1s/systemd \([0-9]*\).*/\1/p'): verify, start, second start, stop, refusal: ok"
