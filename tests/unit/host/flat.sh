#!/bin/bash
# flat.sh LIBRARY PLUGIN: librphost as a script uses it, with no struct described.
set -euo pipefail
command -v python3 >/dev/null || { echo "SKIPPED: no python3"; exit 77; }

python3 - "$@" <<'END'
import ctypes as c, json, sys

lib = c.CDLL(sys.argv[1])
lib.rphost_open.restype = lib.rphost_call.restype = c.c_void_p
lib.rphost_json.restype = lib.rphost_error.restype = lib.rphost_status_name.restype = c.c_char_p


def call(host, hook, request):
    answer = c.c_void_p(lib.rphost_call(host, hook, request, c.c_size_t(len(request)), c.c_uint32(9), None, None))
    told = lib.rphost_status_name(lib.rphost_status(answer)), json.loads(lib.rphost_json(answer))
    lib.rphost_release(answer)
    return told


host = c.c_void_p(lib.rphost_open(sys.argv[2].encode(), b'{"a":1}', c.c_size_t(7)))
assert lib.rphost_error(host) is None
status, shown = call(host, b"create", b'{"b":2}')
assert status == b"ok" and shown["timeout_ms"] == 9, (status, shown)
assert shown["request"] == {"b": 2} and shown["opened"] == {"config": {"a": 1}}, shown
lib.rphost_cancel(host, c.c_uint32(1))
assert call(host, b"create", b"{}")[0] == b"cancelled"
lib.rphost_close(host)

host = c.c_void_p(lib.rphost_open(b"/nowhere/x.so", None, c.c_size_t(0)))
assert lib.rphost_error(host) == b"/nowhere/x.so: no such file"
assert call(host, b"describe", b"{}")[0] == b"unsupported"
lib.rphost_close(host)
END
