#!/bin/bash
# Builds the packages, installs them with apt, and runs what README.md shows from what is installed, without this tree.
# It changes the machine it runs on: for a container or a chroot.
#
#     tests/packages/installed.sh --yes-change-this-machine
set -euo pipefail
[[ ${1:-} == --yes-change-this-machine ]] || { sed -n '2,5s/^# \{0,1\}//p' "$0" >&2; exit 64; }
source=$(cd "$(dirname "$0")/../.." && pwd)
fail() { echo "FAILED: $*"; exit 1; }

"$source/.ci/packages" packages
dir=$(mktemp -d)
finish() {
    kill "${simulator:-}" 2>/dev/null || true
    [[ ! -d $source.away ]] || mv "$source.away" "$source"
    rm -rf "$dir"
}
trap finish EXIT
"$source/tests/packages/build.sh" "$source" "$dir/debs"
apt-get -qq install -y --no-install-recommends "$dir"/debs/*.deb >/dev/null
cd "$dir"
unset RP_PLUGIN_PATH
mv "$source" "$source.away" # nothing below may need it

coproc SIMULATOR { exec elb-sim --job-ms 50; }
simulator=$SIMULATOR_PID
read -r url <&"${SIMULATOR[0]}"
config="{\"endpoint\": \"$url\", \"project_id\": \"55300f3c8f764c06b1a32e2302edc305\", \"token\": \"sim-token\"}"
member='{"listener_id": "e1b0000000000000000000000000000a", "server_id": "dbecb618-2259-405f-ab17-9b68c4f541b0", "address": "172.16.0.31"}'
cat >resources.yaml <<END
plugin: elb_member
config: $config
resources:
  web:
    record: $member
END

echo "== rp"
rp validate
rp apply -auto-approve
rp plan | grep >/dev/null 'No changes' || fail "rp plan after rp apply"
rp list listener_id=e1b0000000000000000000000000000a
rp destroy -auto-approve
rp describe elb_member >/dev/null

echo "== Python"
python3 - "$config" "$member" <<'END'
import json, sys
import resource_plugin
config, member = map(json.loads, sys.argv[1:])
with resource_plugin.open("elb_member", config) as elb:
    assert elb.create("elb_member", [member]).ok
    assert elb.delete("elb_member", [member]).ok
END

echo "== hosts"
examples=/usr/share/doc/resource-plugin/examples
create="{\"resource\": \"elb_member\", \"records\": [$member]}"
cc -o host "$examples/hosts/c/host.c" $(pkg-config --cflags --libs librphost)
./host elb_member "$config" create "$create" | grep >/dev/null '"status":"ok"' || fail "a host in C"
./host elb_member "$config" delete "$create" | grep >/dev/null '"existed":true' || fail "a host in C: delete"
python3 "$examples/hosts/python/host.py" elb_member "$config" create "$create" | grep >/dev/null '"status": "ok"' ||
    fail "a host in Python"
elb_member=$(pkg-config --variable=plugindir resource-plugin)/elb_member.so
cc -o bare "$examples/hosts/host.c" $(pkg-config --cflags resource-plugin)
./host elb_member "$config" delete "$create" | grep >/dev/null '"existed":true' || fail "a host in C: delete"
./bare "$elb_member" "$config" elb_member "[$member]" | grep >/dev/null '"status":"ok"' || fail "a host on the bare ABI in C"
python3 "$examples/hosts/host.py" "$elb_member" "$config" elb_member "[$member]" | grep >/dev/null ok ||
    fail "a host on the bare ABI in Python"

echo "== an engine, with CMake and with pkg-config"
cmake -S "$examples/engine" -B engine -G Ninja >/dev/null && cmake --build engine >/dev/null
cc -std=c11 -o engine/by-hand "$examples/engine/engine.c" $(pkg-config --cflags --libs librphost json-c) -pthread
cat >deployment.json <<END
{"plugins": {"balancer": {"plugin": "elb_member", "config": $config}},
 "objects": {"web-a": {"plugin": "balancer", "resource": "elb_member", "record": $member}}}
END
engine/engine apply deployment.json state.jsonl | grep >/dev/null 'web-a: created' || fail "engine apply"
engine/by-hand destroy deployment.json state.jsonl | grep >/dev/null 'web-a: deleted' || fail "engine destroy"

echo "== a plugin of one's own, with CMake and with pkg-config"
note='{"resource": "note", "records": [{"name": "a", "text": "b"}]}'
rp new-plugin mine >/dev/null
(cd mine && cmake -B build >/dev/null && cmake --build build >/dev/null && ctest --test-dir build --output-on-failure >/dev/null) ||
    fail "rp new-plugin"
cmake -S "$examples/minimal-plugin" -B minimal -G Ninja >/dev/null && cmake --build minimal >/dev/null
./host "$(find "$PWD/minimal" -name minimal.so)" '{}' create "$note" | grep >/dev/null '"status":"ok"' || fail "the minimal plugin"
cc -shared -fPIC -fvisibility=hidden -o by_hand.so "$examples/minimal-plugin/plugin.c" $(pkg-config --cflags --libs librpkit)
./host "$PWD/by_hand.so" '{}' create "$note" | grep >/dev/null '"status":"ok"' || fail "the minimal plugin with pkg-config"

echo "== Terraform provider"
provider=/usr/share/terraform/plugins/resource-plugin.local/plugins/elb-member
[[ -x $(find -L "$provider" -name 'terraform-provider-elb-member*' -type f | head -n 1) ]] || fail "no provider in $provider"
rp provider elb_member -out mirror >/dev/null || fail "rp provider"
[[ $(find mirror -name 'terraform-provider-*' -type f) ]] || fail "rp provider writes no provider"

echo "== completions"
bash -c '. /usr/share/bash-completion/completions/rp && complete -p rp' >/dev/null || fail "the completion of bash"
zsh -n /usr/share/zsh/vendor-completions/_rp || fail "the completion of zsh"
fish -n /usr/share/fish/vendor_completions.d/rp.fish || fail "the completion of fish"

echo "== man pages"
for page in 1/rp 1/elb-sim 3/librphost 3/librpkit 5/rp-resources 7/elb_member 7/resource_plugin; do
    mandoc -T utf8 "/usr/share/man/man${page%/*}/${page#*/}.${page%/*}.gz" |
        grep -F "${page#*/}(${page%/*})" >/dev/null || fail "man page ${page#*/}"
done
echo "everything works from the installed packages"
