# A host on the bare ABI, by ctypes: creates, reads and deletes the records, prints each status and state.
#     python3 host.py ./minimal.so '{}' note '[{"name": "a", "text": "first"}]'
import ctypes as c, json, sys
class Response(c.Structure):
    _fields_ = [("struct_size", c.c_uint32), ("status", c.c_int32), ("json", c.c_void_p), ("json_len", c.c_size_t),
                ("instance", c.c_void_p)]
HOOK = c.CFUNCTYPE(c.POINTER(Response), c.c_void_p, c.c_void_p, c.c_char_p, c.c_size_t)
class Plugin(c.Structure):
    _fields_ = [(name, c.c_uint32) for name in ("struct_size", "abi_major", "abi_minor", "reserved")] + [
        ("name", c.c_char_p), ("version", c.c_char_p), ("release", c.CFUNCTYPE(None, c.POINTER(Response))),
        ("describe", HOOK), ("open", HOOK), ("close", c.CFUNCTYPE(None, c.c_void_p))] + [
        (name, HOOK) for name in ("validate", "create", "read", "update", "delete", "list")]

path, config, resource, records = sys.argv[1:]
entry = c.CDLL(path).resource_plugin_entry
entry.restype = c.POINTER(Plugin)
plugin = entry(c.c_uint32(1)).contents
assert plugin.abi_major == 1, f"{path} speaks ABI {plugin.abi_major}, this host ABI 1"
def call(hook, instance, request):
    text = json.dumps(request).encode()
    response = getattr(plugin, hook)(instance, None, text, len(text))
    r = response.contents
    answer = r.status, r.instance, json.loads(c.string_at(r.json, r.json_len))
    plugin.release(response)
    return answer
status, instance, document = call("open", None, {"config": json.loads(config)})
if status:
    sys.exit(f"open {status} {document}")
for hook in "create", "read", "delete":
    answer, _, document = call(hook, instance, {"resource": resource, "records": json.loads(records)})
    status = status or answer
    for result in document["results"] or document["diagnostics"]:
        print(hook, result.get("status"), json.dumps(result.get("state")))
plugin.close(instance)
sys.exit(status != 0)
