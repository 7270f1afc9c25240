# MIT licensed, see LICENSE of resource-plugin.
"""The options that all modules of this collection have."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type


class ModuleDocFragment(object):
    DOCUMENTATION = r"""
options:
  plugin:
    description:
      - The plugin, by its name on the search path of the managed host (C(RP_PLUGIN_PATH), then the system's
        plugin folder) or by the path of its shared object.
    type: str
    required: true
  resource:
    description:
      - The kind of resource.
      - It may be left out where the plugin has a single kind.
    type: str
  config:
    description:
      - Configuration of the plugin. C(rp describe PLUGIN) prints its schema.
      - It is never logged. Of its values, those that the schema marks as sensitive are masked in all output.
    type: dict
    default: {}
  options:
    description:
      - Options of the call, such as C(wait).
    type: dict
  timeout:
    description:
      - Seconds for the whole task. Without it the plugin's own default holds.
    type: float
requirements:
  - the Python package resource_plugin on the managed host
notes:
  - One task takes many records and passes them to the plugin in one call. Plugins that can combine them into one
    request do so. Prefer C(records) with a hundred entries to a loop with a hundred tasks.
"""
