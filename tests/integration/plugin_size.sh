#!/bin/bash
# plugin_size.sh PLUGIN.so: what the plugin needs besides, and how big it is without its debug information.
set -euo pipefail
command -v readelf >/dev/null && command -v strip >/dev/null || { echo "SKIPPED: no binutils"; exit 77; }

failed=0
while read -r library; do
    case $library in
    libcurl.so.* | libjson-c.so.* | libcrypto.so.* | libyaml-0.so.* | libc.so.*) ;;
    *) echo "FAILED: it needs $library"; failed=1 ;;
    esac
done < <(readelf -dW "$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p')

stripped=$(mktemp)
trap 'rm -f "$stripped"' EXIT
strip -o "$stripped" "$1"
bytes=$(stat -c %s "$stripped")
[ "$bytes" -lt 262144 ] || { echo "FAILED: it has $bytes bytes"; failed=1; }
exit "$failed"
