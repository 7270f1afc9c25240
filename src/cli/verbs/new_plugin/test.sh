#!/bin/sh
# test.sh PLUGIN.so [RP]: creates, changes, imports, lists and destroys through rp.
set -eu
plugin=$(realpath "$1") rp=${2:-rp}
here=$(realpath "$(dirname "$0")")
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
cd "$work"

fail() { echo "FAILED: $*"; exit 1; }
is() { [ "$2" = "$3" ] || fail "$1: got '$2', not '$3'"; }

RP_PLUGIN_PATH=$(dirname "$plugin")
export RP_PLUGIN_PATH
cp "$here/resources.yaml" .
"$rp" describe "$plugin" >description.json

"$rp" apply -auto-approve
is "the note" "$(cat notes/first)" "This is the first note."
"$rp" plan -detailed-exitcode || fail "a plan right after apply changes something"

echo "changed by another" >notes/first
code=0
"$rp" plan -detailed-exitcode || code=$?
is "exit code of a plan after a change" "$code" 2
"$rp" apply -auto-approve
is "the note" "$(cat notes/first)" "This is the first note."

"$rp" call "$plugin" list --config '{"folder": "notes"}' '{}' >list.json
grep -q '"id":"second"' list.json || fail "the list has no second note"
code=0
"$rp" call "$plugin" create '{"name": "a/b", "text": ""}' --config '{"folder": "notes"}' 2>said || code=$?
is "exit code of a record that is wrong" "$code" 10
grep -q "at /name" said || fail "it is not told what is wrong"

"$rp" destroy -auto-approve
is "notes that are left" "$(ls notes)" ""
echo "passed"
