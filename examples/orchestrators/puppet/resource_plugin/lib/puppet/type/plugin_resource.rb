Puppet::Type.newtype(:plugin_resource) do
  @doc = "An object that a resource plugin manages, identified by the attributes of its record that are its key.

      plugin_resource { 'web-a':
        ensure   => present,
        plugin   => 'elb_member',
        resource => 'elb_member',
        config   => { 'cloud' => 'otc' },
        record   => { 'listener_id' => '0b07…', 'server_id' => 'dbec…', 'address' => '172.16.0.31' },
      }
  "

  ensurable

  newparam(:name, namevar: true) do
    desc "Any name."
  end

  newparam(:plugin) do
    desc "The plugin, by its name on the search path or by the path of its shared object."
  end

  newparam(:resource) do
    desc "The kind of resource."
  end

  newparam(:config) do
    desc "Configuration of the plugin. It is not logged."
    validate { |value| raise ArgumentError, "config must be a hash" unless value.is_a?(Hash) }
  end

  newproperty(:record) do
    desc "The record of the object. An attribute that the object has otherwise is changed in place, where the plugin can."
    validate { |value| raise ArgumentError, "record must be a hash" unless value.is_a?(Hash) }

    # What the state does not show (an attribute that is only written) is not compared.
    def different(state)
      should.reject { |name, value| value.nil? || !state.key?(name) || state[name] == value }.keys
    end

    def insync?(state)
      different(state).empty?
    end

    # Values may be secrets: messages have names only.
    def change_to_s(state, _record)
      "changed #{different(state).join(', ')}"
    end

    def is_to_s(_state)
      "the object"
    end

    def should_to_s(_record)
      "the record"
    end
  end

  newparam(:timeout_ms) do
    desc "Time for one call. Default: the plugin's."
    defaultto 0
  end

  validate do
    [:plugin, :resource, :config, :record].each do |name|
      raise Puppet::Error, "plugin_resource: #{name} is missing" if self[name].nil?
    end
  end
end
