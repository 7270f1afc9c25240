# MIT licensed, see LICENSE of resource-plugin.
"""What the modules of this collection share: a plugin that is opened, its schema, its results as plain data."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import traceback

from ansible.module_utils.basic import missing_required_lib

try:
    import resource_plugin
except ImportError:
    resource_plugin = None
    IMPORT_ERROR = traceback.format_exc()
else:
    IMPORT_ERROR = None

ARGUMENTS = dict(
    plugin=dict(type="str", required=True),
    resource=dict(type="str"),
    config=dict(type="dict", default={}, no_log=True),
    options=dict(type="dict"),
    timeout=dict(type="float"),
)


class Session(object):
    """A plugin that is open for one task. Use it in a with statement."""

    def __init__(self, module):
        self.module = module
        if resource_plugin is None:
            module.fail_json(msg=missing_required_lib("resource_plugin"), exception=IMPORT_ERROR)
        self._mask_config(None)
        try:
            self.plugin = resource_plugin.open(module.params["plugin"], module.params["config"])
            self.description = self.plugin.describe()
        except (resource_plugin.Error, ValueError) as error:
            module.fail_json(msg=str(error))
        self._mask_config(self.description.get("config"))
        self.resource = self._resource(module.params["resource"])
        self.schema = self.description["resources"][self.resource]

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        self.plugin.close()

    def call(self, hook, records, **arguments):
        """The response; a refusal of the call as a whole fails the task."""
        try:
            return self.attempt(hook, records, **arguments)
        except (resource_plugin.Error, ValueError) as error:
            self.fail(error)

    def attempt(self, hook, records, **arguments):
        """The same, but a refusal is the caller's to handle."""
        if hook != "validate":
            arguments.setdefault("timeout", self.module.params["timeout"])
        return getattr(self.plugin, hook)(self.resource, records, **arguments)

    def fail(self, error, **facts):
        """Whatever was done before the refusal is part of the task's result."""
        done = resource_plugin.response_of(error)
        if done is not None:
            facts.setdefault("results", [plain(one) for one in done])
        self.module.fail_json(msg=str(error), **facts)

    def mask_states(self, results):
        """Values of states that the schema marks as sensitive are masked in all output."""
        names = _sensitive(self.schema.get("state"))
        for result in results:
            self._mask(result.state or {}, names)

    def _resource(self, wanted):
        known = sorted(self.description.get("resources", {}))
        if wanted is None and len(known) == 1:
            return known[0]
        if wanted not in known:
            self.module.fail_json(
                msg="resource %s: plugin %s has %s"
                % (wanted or "is missing", self.module.params["plugin"], ", ".join(known))
            )
        return wanted

    def _mask_config(self, schema):
        """Ansible masks each value of an argument that is not logged, also "eu-de" or "true" wherever they
        stand. Once the schema is known, only secrets are masked."""
        if schema is None:
            return
        for value in _texts(self.module.params["config"]):
            self.module.no_log_values.discard(value)
        self._mask(self.module.params["config"], _sensitive(schema))
        names = _sensitive(self.description["resources"].get(self.module.params["resource"] or "", {}).get("record"))
        for record in self.module.params.get("records") or []:
            self._mask(record, names)

    def _mask(self, values, names):
        for name in names:
            self.module.no_log_values.update(_texts(values.get(name)))


def _sensitive(schema):
    """The attributes that may not be shown."""
    return [
        name
        for name, one in (schema or {}).get("properties", {}).items()
        if one.get("x-rp-sensitive") or one.get("x-rp-write-only")
    ]


def _texts(value):
    """All texts within a value."""
    if isinstance(value, dict):
        return set(text for one in value.values() for text in _texts(one))
    if isinstance(value, list):
        return set(text for one in value for text in _texts(one))
    return set() if value is None or value == "" else set([str(value)])


def plain(result):
    """A result as plain data."""
    known = dict(
        status=result.status,
        outcome=result.outcome,
        state=result.state,
        existed=result.existed,
        matches=result.matches,
        retry_after=result.retry_after,
    )
    made = dict((name, value) for name, value in known.items() if value is not None)
    if result.diagnostics:
        made["message"] = result.message
        made["diagnostics"] = [
            dict((name, value) for name, value in vars(one).items() if value) for one in result.diagnostics
        ]
    return made


def warn_all(module, response):
    """Warnings of the plugin become warnings of the task."""
    for one in response.diagnostics:
        if one.severity == "warning":
            module.warn(str(one))
    for result in response:
        for one in result.diagnostics:
            if one.severity == "warning":
                module.warn(str(one))
