#!/bin/bash
# Runs every host of examples/hosts, examples/engine and every orchestrator against elb-sim and redis-plugin, and prints a
# table of what works.
#
#   tests/hosts/run.sh [--install] [BUILD]
#
# --install first installs the interpreters and tools that are missing: Debian's packages, koffi from npm, purego for Go.
# BUILD is a folder that is built already; without it, build/dev is built. A row whose tool is missing says so.
set -euo pipefail
source=$(cd "$(dirname "$0")/../.." && pwd)
cd "$source"

if [[ ${1:-} == --install ]]; then
    shift
    .ci/packages hosts
    [[ -d examples/hosts/node/node_modules/koffi ]] ||
        (cd examples/hosts/node && npm install --no-package-lock --no-audit --no-fund --loglevel=error) ||
        echo "run.sh: koffi was not installed: Node.js will be skipped" >&2
    (cd examples/hosts/go && go mod download) || echo "run.sh: purego was not downloaded: Go will be skipped" >&2
fi
if (($# == 0)); then
    cmake --preset dev >/dev/null
    cmake --build --preset dev -- --quiet
fi
exec python3 -B tests/hosts/table.py "$source" "${1:-build/dev}"
