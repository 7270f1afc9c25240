#!/bin/bash
# installed.sh CMAKE BUILD BINDIR: an installation under any prefix finds its own plugins, also after it was moved.
set -euo pipefail
cmake=$1 build=$2 bindir=$3
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
unset RP_PLUGIN_PATH RP_CONFIG

fail() { echo "FAILED: $*"; exit 1; }

"$cmake" --install "$build" --prefix "$work/first" >"$work/log" || fail "it cannot be installed: $(tail -3 "$work/log")"
mv "$work/first" "$work/second"
cd /
for rp in "$work/second/$bindir/rp" "$work/link"; do
    [[ -e $rp ]] || ln -s "$work/second/$bindir/rp" "$rp"
    said=$("$rp" describe elb_member 2>&1) || fail "$rp does not find its plugin: $said"
    [[ $said == *'"name":"elb_member"'* ]] || fail "$rp described something else: $said"
done
said=$("$work/link" describe elb_membr 2>&1) && fail "a plugin that is not there was described"
[[ $said == *'did you mean "elb_member"?'* && $said == *"$work/second/"* ]] || fail "not told where it was searched: $said"
echo "an installation finds its own plugins"
