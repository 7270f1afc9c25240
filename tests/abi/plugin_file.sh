#!/bin/bash
# plugin_file.sh PLUGIN.so: the file is linked as a plugin must be.
set -euo pipefail
command -v nm >/dev/null && command -v readelf >/dev/null || { echo "SKIPPED: no binutils"; exit 77; }

failed=0
expect() { # WHAT ACTUAL WANTED-PATTERN
    # shellcheck disable=SC2053
    [[ $2 == $3 ]] || { echo "FAILED: $1: $2"; failed=1; }
}

dynamic=$(readelf -dW "$1")
expect "exported names" "$(nm -D --defined-only "$1" | awk '{ print $2, $3 }')" "T resource_plugin_entry"
expect "never unmapped" "$dynamic" "*FLAGS_1*NODELETE*"
expect "bound at load time" "$dynamic" "*BIND_NOW*"
expect "own definitions first" "$dynamic" "*SYMBOLIC*"
expect "read-only after relocation" "$(readelf -lW "$1")" "*GNU_RELRO*"
expect "search path of its own" "$(grep -E 'RPATH|RUNPATH' <<<"$dynamic" || true)" ""
exit "$failed"
