#!/usr/bin/python
# MIT licensed, see LICENSE of resource-plugin.

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r"""
---
module: resource
short_description: Create, update and delete resources through a resource plugin
version_added: 0.1.0
author:
  - The resource-plugin authors (@resource-plugin)
description:
  - Makes sure that objects exist with the given attributes, or that they do not exist.
  - Objects are identified by their key, the attributes that C(rp describe PLUGIN) lists as C(key). No state is kept
    between runs.
options:
  records:
    description:
      - The objects. For I(state=absent) the attributes of the key, or C(id), suffice.
    type: list
    elements: dict
    required: true
  state:
    description:
      - Whether the objects shall exist.
    type: str
    choices: [present, absent]
    default: present
  adopt:
    description:
      - Whether an object that exists already and has the given attributes is fine. If false, it fails its record.
    type: bool
    default: true
extends_documentation_fragment:
  - resource_plugin.core.plugin
  - action_common_attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  platform:
    platforms: linux
seealso:
  - module: resource_plugin.core.resource_info
"""

EXAMPLES = r"""
- name: Two members of a listener
  resource_plugin.core.resource:
    plugin: elb_member
    config:
      cloud: otc
    records:
      - {listener_id: 0b074eebc8cf46bb8cd41d0ca41a7a5b, server_id: "{{ web_a.id }}", address: 172.16.0.31}
      - {listener_id: 0b074eebc8cf46bb8cd41d0ca41a7a5b, server_id: "{{ web_b.id }}", address: 172.16.0.32}

- name: No such member
  resource_plugin.core.resource:
    plugin: elb_member
    config:
      cloud: otc
    records:
      - {listener_id: 0b074eebc8cf46bb8cd41d0ca41a7a5b, server_id: "{{ web_b.id }}", address: 172.16.0.32}
    state: absent
"""

RETURN = r"""
results:
  description: One result a record, in order.
  returned: always
  type: list
  elements: dict
  contains:
    changed:
      description: Whether this record's object was changed, or would be in check mode.
      type: bool
    status:
      description: C(ok), C(in_progress), C(already_exists), or what failed.
      type: str
    outcome:
      description: C(none), C(done), or C(unknown); what a retry needs to know.
      type: str
    state:
      description: The object as it is.
      type: dict
    message:
      description: The reason, if there is one.
      type: str
    diagnostics:
      description: Errors and warnings, with code and path.
      type: list
      elements: dict
failures:
  description: The records that failed.
  returned: on failure
  type: list
  elements: dict
  contains:
    index:
      description: Place of the record in I(records), from 0.
      type: int
    record:
      description: The record.
      type: dict
    status:
      description: What failed.
      type: str
    message:
      description: The reason.
      type: str
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.resource_plugin.core.plugins.module_utils.calls import (
    ARGUMENTS,
    Session,
    plain,
    resource_plugin,
    warn_all,
)


class Entry(object):
    """One record: what was there before, what is there now, and why it failed if it did."""

    def __init__(self, record):
        self.record = record
        self.result = {}
        self.before = None
        self.after = None
        self.changed = False
        self.failure = None

    def take(self, result):
        self.result = plain(result)

    def fail(self, why):
        self.failure = why

    def as_result(self):
        return dict(self.result, changed=self.changed)


def different(session, record, state):
    """The attributes of a record that the state has otherwise. A write-only one is in no state."""
    properties = session.schema.get("record", {}).get("properties", {})
    return [
        name
        for name, value in sorted(record.items())
        if value is not None
        and not properties.get(name, {}).get("x-rp-write-only")
        and state.get(name) != value
    ]


def is_in_place(session, names):
    properties = session.schema.get("record", {}).get("properties", {})
    return not any(properties.get(name, {}).get("x-rp-force-new") for name in names)


def other_values(names):
    return "exists with another value of %s, which cannot be changed in place" % ", ".join(names)


def preview_present(session, entries, adopt):
    """Check mode: validates, reads, and changes nothing."""
    valid = []
    for entry, result in zip(entries, session.call("validate", [one.record for one in entries])):
        if result.ok:
            valid.append(entry)
        else:
            entry.take(result)
            entry.fail(result.message)
    for entry, result in zip(valid, session.call("read", [one.record for one in valid])):
        entry.take(result)
        if result.status == "not_found":
            entry.after, entry.changed = entry.record, True
        elif result.status in ("ok", "in_progress"):
            preview_existing(session, entry, result.state, adopt)
        else:
            entry.fail(result.message)


def preview_existing(session, entry, state, adopt):
    entry.before = entry.after = state
    names = different(session, entry.record, state)
    if names and not is_in_place(session, names):
        entry.fail(other_values(names))
    elif names:
        entry.after, entry.changed = dict(state, **entry.record), True
    elif not adopt:
        entry.fail("exists already, and adopt is false")


def make_present(session, entries, adopt):
    to_update = []
    response = session.call("create", [one.record for one in entries], options=session.module.params["options"])
    warn_all(session.module, response)
    session.mask_states(response)
    for entry, result in zip(entries, response):
        entry.take(result)
        entry.after = result.state
        if result.status in ("ok", "in_progress"):
            entry.changed = result.outcome != "none"
            entry.before = None if entry.changed else result.state
        elif result.status == "already_exists" and result.matches:
            entry.before = result.state
            if not adopt:
                entry.fail("exists already, and adopt is false")
        elif result.status == "already_exists":
            entry.before = result.state
            to_update.append(entry)
        else:
            entry.changed = result.outcome == "unknown"
            entry.fail(result.message)
    if to_update:
        update(session, to_update)


def update(session, entries):
    try:
        response = session.attempt(
            "update",
            [dict(state=one.before, record=one.record) for one in entries],
            options=session.module.params["options"],
        )
    except resource_plugin.Refused as error:
        for entry in entries:
            unsupported = error.status == "unsupported"
            names = different(session, entry.record, entry.before)
            entry.fail(other_values(names) if unsupported else str(error))
        return
    warn_all(session.module, response)
    session.mask_states(response)
    for entry, result in zip(entries, response):
        entry.take(result)
        entry.after = result.state or entry.before
        entry.changed = result.outcome != "none"
        if result.status not in ("ok", "in_progress"):
            entry.fail(result.message)


def preview_absent(session, entries):
    for entry, result in zip(entries, session.call("read", [one.record for one in entries])):
        entry.take(result)
        entry.before = result.state
        entry.changed = result.status in ("ok", "in_progress")
        if not entry.changed and result.status != "not_found":
            entry.fail(result.message)


def make_absent(session, entries):
    response = session.call("delete", [one.record for one in entries], options=session.module.params["options"])
    warn_all(session.module, response)
    for entry, result in zip(entries, response):
        entry.take(result)
        entry.changed = result.outcome == "unknown" or bool(result.ok and result.existed is not False)
        entry.before = entry.record if entry.changed else None
        if result.status not in ("ok", "in_progress"):
            entry.fail(result.message)


def run(session):
    module = session.module
    entries = [Entry(record) for record in module.params["records"]]
    if module.params["state"] == "present":
        (preview_present if module.check_mode else make_present)(session, entries, module.params["adopt"])
    else:
        (preview_absent if module.check_mode else make_absent)(session, entries)
    finish(module, entries)


def finish(module, entries):
    facts = dict(
        changed=any(one.changed for one in entries),
        results=[one.as_result() for one in entries],
        diff=dict(
            before=dict(objects=[one.before for one in entries if one.before]),
            after=dict(objects=[one.after for one in entries if one.after]),
        ),
    )
    failed = [(i, one) for i, one in enumerate(entries) if one.failure]
    if not failed:
        module.exit_json(**facts)
    module.fail_json(
        msg="%d of %d records failed: %s"
        % (len(failed), len(entries), "; ".join("records[%d]: %s" % (i, one.failure) for i, one in failed[:10])),
        failures=[
            dict(index=i, record=one.record, status=one.result.get("status"), message=one.failure)
            for i, one in failed
        ],
        **facts
    )


def main():
    module = AnsibleModule(
        argument_spec=dict(
            ARGUMENTS,
            records=dict(type="list", elements="dict", required=True),
            state=dict(type="str", choices=["present", "absent"], default="present"),
            adopt=dict(type="bool", default=True),
        ),
        supports_check_mode=True,
    )
    with Session(module) as session:
        run(session)


if __name__ == "__main__":
    main()
