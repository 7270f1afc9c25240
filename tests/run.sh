#!/bin/bash
# Runs all tests in the presets dev and asan. Installs missing Debian packages first.
set -euo pipefail
cd "$(dirname "$0")/.."

.ci/packages test

status=0
for preset in dev asan; do
    echo "== $preset"
    cmake --preset "$preset" >/dev/null
    cmake --build --preset "$preset" -- --quiet
    ctest --preset "$preset" -j "$(($(nproc) + 1))" || status=1
done
exit "$status"
