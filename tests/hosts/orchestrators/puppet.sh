#!/bin/bash
# The type of examples/orchestrators/puppet, with the real puppet.
. "$(dirname "$0")/lib.sh" "$1" "$2"
needs puppet puppet-agent
start_simulator
export HOME=$scratch FACTER_endpoint=$url FACTER_token=sim-token RUBYLIB=$source/examples/hosts/ruby
puppet=$source/examples/orchestrators/puppet

# apply EXPECTED OPTION…: the exit code of --detailed-exitcodes: 0 nothing to do, 2 changed, 4 failed, 6 both.
apply() {
    local expected=$1 code=0
    shift
    out=$(puppet apply --modulepath="$puppet" --detailed-exitcodes --confdir "$scratch/conf" --vardir "$scratch/var" \
        "$@" "$puppet/site.pp" 2>&1) || code=$?
    [[ $code == "$expected" ]] || fail "exit code $code instead of $expected ($*): $out"
}

apply 0 --noop
[[ $out == *"should be 'present' (noop)"* ]] || fail "noop: $out"
expect 0 noop
apply 2
expect 2 create
apply 0
remove_all
apply 2
expect 2 drift
FACTER_ensure=absent apply 2
expect 0 absent
FACTER_ensure=absent apply 0
control faults '{"on": "add", "kind": "status", "status": 403, "code": "ELB.2001"}'
apply 6
expect 1 "a refusal of one of two"
FACTER_token=secret-4711 apply 4
[[ $out != *secret-4711* ]] || fail "a secret is in the output: $out"
echo "puppet $(puppet --version): noop, create, second run, drift, absent, refusal, wrong token: ok"
