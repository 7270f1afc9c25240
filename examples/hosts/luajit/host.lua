-- luajit host.lua PLUGIN CONFIG HOOK REQUEST [TIMEOUT_MS]: makes one call, prints its status and its answer.
-- Ctrl-C waits for the end of the call; a second one does not.
package.path = arg[0]:gsub("[^/]*$", "?.lua;") .. package.path
local name, config, hook, request, timeout_ms = unpack(arg)
if not request then
    io.stderr:write("usage: luajit host.lua PLUGIN CONFIG HOOK REQUEST [TIMEOUT_MS]\n")
    os.exit(64)
end
local opened, plugin = pcall(require("resource_plugin").open, name, config)
if not opened then
    io.stderr:write(plugin, "\n")
    os.exit(1)
end
local status, answer = plugin:call(hook, request, tonumber(timeout_ms))
print(status, answer)
os.exit(status < 100 and 0 or 1)
