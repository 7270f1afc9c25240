# ruby host.rb PLUGIN CONFIG HOOK REQUEST [TIMEOUT_MS [CANCEL_MS]]: makes one call, prints its status and its answer.
require_relative "resource_plugin"

abort "usage: ruby host.rb PLUGIN CONFIG HOOK REQUEST [TIMEOUT_MS [CANCEL_MS]]" if ARGV.size < 4
name, config, hook, request, timeout_ms, cancel_ms = ARGV
begin
  plugin = ResourcePlugin.open(name, JSON.parse(config))
rescue RuntimeError => error
  abort error.message
end
trap("INT") { plugin.cancel }
Thread.new { sleep(cancel_ms.to_i / 1000.0); plugin.cancel } if cancel_ms
status, answer = plugin.call(hook, JSON.parse(request), timeout_ms: timeout_ms.to_i)
puts "#{status}\t#{answer.to_json}"
plugin.close
exit status < 100
