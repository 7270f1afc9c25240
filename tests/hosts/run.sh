#!/bin/bash
# Runs every host of examples/hosts and every orchestrator of examples/orchestrators, and prints what works.
#
#   tests/hosts/run.sh [--install] [BUILD]
#
# --install first installs the interpreters and tools that are missing: Debian's packages, koffi from npm, purego for Go.
# BUILD is build/dev unless given; build it before.
set -euo pipefail
source=$(cd "$(dirname "$0")/../.." && pwd)

if [[ ${1:-} == --install ]]; then
    shift
    "$source/.ci/packages" hosts
    if command -v npm >/dev/null && [[ ! -d $source/examples/hosts/node/node_modules/koffi ]]; then
        (cd "$source/examples/hosts/node" && npm install --no-package-lock --silent)
    fi
    if command -v go >/dev/null; then
        (cd "$source/examples/hosts/go" && go mod download)
    fi
fi
build=$(realpath "${1:-$source/build/dev}")

status=0
python3 "$source/tests/hosts/matrix.py" "$source" "$build" || status=1
for test in "$source"/tests/hosts/orchestrators/*.sh "$source/tests/hosts/ansible.sh"; do
    [[ -e $test ]] || continue
    echo "== $(basename "$test" .sh)"
    bash "$test" "$source" "$build" || (($? == 77)) || status=1
done
exit "$status"
