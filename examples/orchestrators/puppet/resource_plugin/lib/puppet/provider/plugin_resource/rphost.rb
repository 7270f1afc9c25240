# ResourcePlugin is the module of examples/hosts/ruby, installed beside this provider or on Ruby's path.
Puppet::Type.type(:plugin_resource).provide(:rphost) do
  desc "Calls the plugin through librphost, with Fiddle."

  # One open plugin for all resources of a run that have the same configuration.
  def self.plugin(name, config)
    require "resource_plugin"
    @plugins ||= {}
    @plugins[[name, config]] ||= ResourcePlugin.open(name, config)
  rescue LoadError, RuntimeError => error
    raise Puppet::Error, error.message
  end

  def exists?
    result = call("read", resource[:record])
    @state = result["state"]
    return true if done?(result)
    return false if result["status"] == "not_found"
    raise Puppet::Error, reason(result)
  end

  def create
    result = call("create", resource[:record])
    raise Puppet::Error, reason(result) unless done?(result) || result["matches"]
  end

  def destroy
    result = call("delete", resource[:record])
    raise Puppet::Error, reason(result) unless done?(result)
  end

  def record
    @state
  end

  def record=(record)
    result = call("update", { state: @state, record: record })
    raise Puppet::Error, reason(result) unless done?(result)
  end

  private

  def done?(result)
    ["ok", "in_progress"].include?(result["status"])
  end

  def call(hook, record)
    plugin = self.class.plugin(resource[:plugin], resource[:config])
    request = { resource: resource[:resource], records: [record] }
    _status, answer = plugin.call(hook, request, timeout_ms: resource[:timeout_ms].to_i)
    answer["results"].first || raise(Puppet::Error, reason(answer))
  end

  def reason(answer)
    diagnostic = (answer["diagnostics"] || []).find { |one| one["severity"] == "error" }
    return answer["status"] if diagnostic.nil?
    [diagnostic["summary"], diagnostic["path"].to_s.empty? ? nil : "(at #{diagnostic['path']})"].compact.join(" ")
  end
end
