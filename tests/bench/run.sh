#!/bin/bash
# run.sh [full|claims|tiny] [OPTION…]: builds for release and measures. The full table takes hours, the claims some
# six minutes; what it prints is also in bench.json and bench.svg of the build folder. See workload.h for what is compared.
set -euo pipefail
cd "$(dirname "$0")/../.."
grid=${1:-full}
build=build/bench

.ci/packages test
cmake --preset release -B "$build" -DBUILD_TESTING=ON >/dev/null
cmake --build "$build" --target rp_bench -- --quiet
exec "$build/tests/bench/rp_bench" --grid "$grid" --instructions --out "$build" "${@:2}"
