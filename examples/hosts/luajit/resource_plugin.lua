-- Resource plugins for LuaJIT, on librphost. Requests and answers are JSON text.
--     local plugin = require("resource_plugin").open("elb_member", '{"cloud": "otc"}')
--     local status, answer = plugin:call("create", '{"resource": "elb_member", "records": [...]}', 60000)
local ffi = require("ffi")
ffi.cdef [[
typedef struct rphost rphost;
typedef struct rphost_answer rphost_answer;
rphost *rphost_open(const char *plugin, const char *config, size_t config_len);
const char *rphost_error(const rphost *host);
rphost_answer *rphost_call(rphost *host, const char *hook, const char *request, size_t request_len,
                           uint32_t timeout_ms, void *on_event, void *context);
int32_t rphost_status(const rphost_answer *answer);
const char *rphost_json(const rphost_answer *answer);
void rphost_release(rphost_answer *answer);
void rphost_close(rphost *host);
]]
local lib = ffi.load(os.getenv("RPHOST_LIBRARY") or "librphost.so.0")
local Plugin = {}
Plugin.__index = Plugin

function Plugin:call(hook, request, timeout_ms)
    local answer = ffi.gc(lib.rphost_call(self.handle, hook, request, #request, timeout_ms or 0, nil, nil),
                          lib.rphost_release)
    return lib.rphost_status(answer), ffi.string(lib.rphost_json(answer))
end

return {
    open = function(name, config)
        local handle = ffi.gc(lib.rphost_open(name, config, #config), lib.rphost_close)
        local wrong = lib.rphost_error(handle)
        if wrong ~= nil then error(ffi.string(wrong), 2) end
        return setmetatable({handle = handle}, Plugin)
    end
}
