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
trap 'kill "${simulator:-}" 2>/dev/null || true; rm -rf "$dir"' EXIT
"$source/tests/packages/build.sh" "$source" "$dir/debs"
apt-get -qq install -y --no-install-recommends "$dir"/debs/*.deb >/dev/null
cd "$dir"
unset RP_PLUGIN_PATH

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
rp plan | grep -q 'No changes' || fail "rp plan after rp apply"
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

echo "== a host and a plugin of one's own"
examples=/usr/share/doc/librphost-dev/examples
[[ -d $examples ]] || examples=/usr/share/doc/resource-plugin/examples
cc -o host "$examples/hosts/c/host.c" $(pkg-config --cflags --libs librphost)
./host elb_member "$config" create "{\"resource\": \"elb_member\", \"records\": [$member]}" >/dev/null
cmake -S "$examples/minimal-plugin" -B minimal -G Ninja >/dev/null
cmake --build minimal >/dev/null
./host "$(find "$PWD/minimal" -name minimal.so)" '{}' create \
    '{"resource": "note", "records": [{"name": "a", "text": "b"}]}' >/dev/null

echo "== man pages"
for page in 1/rp 1/elb-sim 3/librphost 5/rp-resources 7/elb_member 7/resource_plugin; do
    [[ -f /usr/share/man/man${page%/*}/${page#*/}.${page%/*}.gz ]] || fail "no man page ${page#*/}"
done
echo "everything works from the installed packages"
