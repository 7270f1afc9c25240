#!/bin/bash
# The promise type of examples/orchestrators/cfengine, with the real cf-agent.
. "$(dirname "$0")/lib.sh" "$1" "$2"
needs cf-agent cfengine3
start_simulator
cd "$scratch"
cp "$source/examples/orchestrators/cfengine/resources.cf" "$build/plugins/elb_member.so" .
cc -std=c11 -Wall -Wextra -Werror -I "$source/abi" $(pkg-config --cflags json-c) -o resource_promises \
    "$source/examples/orchestrators/cfengine/resource_promises.c" $(pkg-config --libs json-c)
chmod 600 resources.cf
export HOME=$scratch CFENGINE_TEST_OVERRIDE_WORKDIR=$scratch/work
umask 077
mkdir -p work/{inputs,bin,outputs,state,ppkeys,modules,lastseen}
ln -s "$(command -v cf-promises)" work/bin/

# agent OPTION…: cf-agent exits with 0 whatever happens; its output tells.
agent() { cf-agent -K -I -f "$scratch/resources.cf" "$@" 2>&1; }

out=$(agent --dry-run)
[[ $out == *"should be created, but only a warning"* ]] || fail "dry run: $out"
expect 0 "dry run"
out=$(agent)
[[ $out == *"info: created"* ]] || fail "create: $out"
expect 2 create
out=$(agent)
[[ $out != *created* && $out != *error* ]] || fail "the second run: $out"
remove_all
agent >/dev/null
expect 2 "drift"
out=$(agent --dry-run -D absent)
[[ $out == *"should be deleted"* ]] || fail "dry run of absent: $out"
expect 2 "dry run of absent"
agent -D absent >/dev/null
expect 0 absent
out=$(agent -D absent)
[[ $out != *deleted* && $out != *error* ]] || fail "the second run of absent: $out"

control faults '{"on": "add", "kind": "status", "status": 403, "code": "ELB.2001"}'
out=$(agent)
[[ $out == *"error: records[0]: "* ]] || fail "a server's refusal: $out"
sed -i 's/"token"/"tokn"/' config.json
out=$(agent)
[[ $out == *"error: config: "*tokn* ]] || fail "a bad configuration: $out"
sed -i 's/record =>/records =>/' resources.cf
out=$(agent || true)
[[ $out == *"records: there is no such attribute"* ]] || fail "a misspelt attribute: $out"
echo "cfengine $(cf-agent --version | grep -o '[0-9.]*$'): dry run, create, second run, drift, absent, refusal, bad config: ok"
