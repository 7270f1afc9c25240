#!/bin/bash
# read_by_cffi.sh ABI: cffi takes resource_plugin.h as its head says, and finds each member where C does.
set -euo pipefail
python3 -c 'import cffi' 2>/dev/null || { echo "SKIPPED: no python3 with cffi"; exit 77; }

python3 - "$1/resource_plugin.h" <<'END'
import sys, cffi
ffi = cffi.FFI()
ffi.cdef("".join(line for line in open(sys.argv[1]) if not line.startswith("#")))
assert ffi.offsetof("rp_plugin", "list") == 16 + 11 * ffi.sizeof("void *")
assert ffi.offsetof("rp_response", "instance") == 8 + 2 * ffi.sizeof("void *")
assert dict(ffi.typeof("rp_plugin").fields)["delete_"].type is ffi.typeof("rp_hook *")
END
