# Resource plugins for Ruby, on librphost and Fiddle. Other threads go on while a call runs.
#     plugin = ResourcePlugin.open("elb_member", {cloud: "otc"})
#     status, answer = plugin.call("create", {resource: "elb_member", records: [...]}, timeout_ms: 60_000)
require "fiddle"
require "json"

module ResourcePlugin
  LIBRARY = Fiddle.dlopen(ENV["RPHOST_LIBRARY"] || "librphost.so.0")
  POINTER, SIZE, UINT32, INT32 = Fiddle::TYPE_VOIDP, Fiddle::TYPE_SIZE_T, -Fiddle::TYPE_INT, Fiddle::TYPE_INT

  def self.function(name, arguments, result)
    Fiddle::Function.new(LIBRARY["rphost_#{name}"], arguments, result)
  end
  OPEN = function("open", [POINTER, POINTER, SIZE], POINTER)
  ERROR = function("error", [POINTER], POINTER)
  CALL = function("call", [POINTER, POINTER, POINTER, SIZE, UINT32, POINTER, POINTER], POINTER)
  STATUS = function("status", [POINTER], INT32)
  JSON_TEXT = function("json", [POINTER], POINTER)
  RELEASE = function("release", [POINTER], Fiddle::TYPE_VOID)
  CANCEL = function("cancel", [POINTER, UINT32], Fiddle::TYPE_VOID)
  CLOSE = function("close", [POINTER], Fiddle::TYPE_VOID)

  def self.open(name, config)
    text = config.to_json
    plugin = Plugin.new(OPEN.call(name, text, text.bytesize))
    wrong = ERROR.call(plugin.handle)
    raise wrong.to_s unless wrong.null?
    plugin
  end

  Plugin = Struct.new(:handle) do
    # The hook runs on a thread of its own, so that signals reach the one that waits. One that ends it cancels the call.
    def call(hook, request, timeout_ms: 0)
      text = request.to_json
      running = Thread.new { CALL.call(handle, hook, text, text.bytesize, timeout_ms, nil, nil) }
      answer = running.value
      [STATUS.call(answer), JSON.parse(JSON_TEXT.call(answer).to_s.force_encoding("UTF-8"))]
    ensure
      cancel unless answer
      RELEASE.call(running.value) if running
    end

    # Ends all calls that run, within a second. Any thread.
    def cancel = CANCEL.call(handle, 1)

    # Once no call runs.
    def close = CLOSE.call(handle)
  end
end
