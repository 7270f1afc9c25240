#!/usr/bin/python
# MIT licensed, see LICENSE of resource-plugin.

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r"""
---
module: resource_info
short_description: Read or list resources through a resource plugin
version_added: 0.1.0
author:
  - The resource-plugin authors (@resource-plugin)
description:
  - Reads the objects that I(records) name, or lists all objects. It changes nothing.
options:
  records:
    description:
      - The objects to read, each by C(id), by its key, or by any state that was once returned.
      - Without it all objects are listed.
    type: list
    elements: dict
  parent:
    description:
      - Whose objects to list, for plugins that list the objects of a parent, such as C(listener_id).
    type: dict
extends_documentation_fragment:
  - resource_plugin.core.plugin
  - action_common_attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
  platform:
    platforms: linux
seealso:
  - module: resource_plugin.core.resource
"""

EXAMPLES = r"""
- name: All members of a listener
  resource_plugin.core.resource_info:
    plugin: elb_member
    config:
      cloud: otc
    parent:
      listener_id: 0b074eebc8cf46bb8cd41d0ca41a7a5b
  register: members
"""

RETURN = r"""
objects:
  description: The states of the objects that exist.
  returned: always
  type: list
  elements: dict
results:
  description: One result a record, in order. C(not_found) is no failure of the task.
  returned: when I(records) is given
  type: list
  elements: dict
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.resource_plugin.core.plugins.module_utils.calls import (
    ARGUMENTS,
    Session,
    plain,
    resource_plugin,
    warn_all,
)


def read(session):
    module = session.module
    response = session.call("read", module.params["records"], options=module.params["options"])
    warn_all(module, response)
    session.mask_states(response)
    facts = dict(
        objects=[one.state for one in response if one.state is not None],
        results=[plain(one) for one in response],
    )
    failed = [
        "records[%d]: %s" % (i, one.message)
        for i, one in enumerate(response)
        if one.status not in ("ok", "in_progress", "not_found")
    ]
    if failed:
        module.fail_json(msg="%d of %d records failed: %s" % (len(failed), len(response), "; ".join(failed[:10])), **facts)
    module.exit_json(**facts)


def list_all(session):
    module = session.module
    objects = []
    try:
        for page in session.plugin.pages(
            session.resource,
            module.params["parent"],
            options=module.params["options"],
            timeout=module.params["timeout"],
        ):
            warn_all(module, page)
            session.mask_states(page)
            objects += [one.state for one in page if one.state is not None]
    except (resource_plugin.Error, ValueError) as error:
        module.fail_json(msg=str(error), objects=objects)
    module.exit_json(objects=objects)


def main():
    module = AnsibleModule(
        argument_spec=dict(
            ARGUMENTS,
            records=dict(type="list", elements="dict"),
            parent=dict(type="dict"),
        ),
        mutually_exclusive=[("records", "parent")],
        supports_check_mode=True,
    )
    with Session(module) as session:
        if module.params["records"] is None:
            list_all(session)
        else:
            read(session)


if __name__ == "__main__":
    main()
