"""moves.py RP ELB_SIM PLUGINS: objects follow their keys: a renamed key, a swap and another spelling of an address send
nothing. What exists already is shown, adopted or imported. Guards hold."""

import json
import subprocess
import sys

from bed import LISTENER, Bed, Simulator, check, members


def changes_sent(simulator):
    counts = simulator.get("counts")
    return counts.get("add", 0) + counts.get("remove", 0)


def configure(bed, simulator, keys, block="", settings=""):
    """A member for each KEY: (server, address)."""
    each = ", ".join(f'{key}: {{s: {server}, a: "{address}"}}' for key, (server, address) in keys.items())
    text = members(simulator, [])
    head = text[:text.index("resources:")].replace("  settle_ms", settings + "  settle_ms")
    bed.write(head + f"""resources:
  web:
    for_each: {{{each}}}
{block}    record:
      listener_id: {LISTENER}
      server_id: ${{each.value.s}}
      address: ${{each.value.a}}
""")


def a_swap_sends_nothing(bed, simulator):
    one, two = ("s1", "10.0.0.1"), ("s2", "10.0.0.2")
    configure(bed, simulator, {"a": one, "b": two})
    bed.run("apply", "-auto-approve", says="2 added")
    sent = changes_sent(simulator)
    for block in ("", "    create_before_destroy: true\n"):
        configure(bed, simulator, {"a": two, "b": one}, block)
        bed.run("plan", "-detailed-exitcode", code=2,
                says=['web["b"] has moved to web["a"]', "0 to add, 0 to change, 0 to destroy, 2 to move."])
        before = simulator.get("counts")
        bed.run("apply", "-auto-approve", says="0 added, 0 changed, 0 destroyed, 2 moved.")
        after = simulator.get("counts")
        check(after["total"] - before["total"] <= 3 and changes_sent(simulator) == sent, f"{before} {after}")
        bed.run("plan", "-detailed-exitcode", says="No changes.")
        one, two = two, one
    configure(bed, simulator, {"new": one, "b": two})
    bed.run("apply", "-auto-approve", says=['web["a"] has moved to web["new"]', "1 moved."])
    check(changes_sent(simulator) == sent, "a renamed key was sent")
    bed.run("state", "list", says='web["b"]\nweb["new"]\n')
    configure(bed, simulator, {"b": one})  # new is gone, b is what new was: the old b goes
    bed.run("apply", "-auto-approve", says=["its address is that of another object now", "1 destroyed, 1 moved."])
    check(simulator.members() == [one[0]], f"{simulator.members()}")
    bed.run("plan", "-detailed-exitcode", says="No changes.")


def spellings_of_an_address_are_one_key(bed, simulator):
    configure(bed, simulator, {"v6": ("s6", "2001:db8::1")})
    bed.run("apply", "-auto-approve", says="1 added")
    sent = changes_sent(simulator)
    configure(bed, simulator, {"v6": ("s6", "2001:DB8:0:0::1")})
    bed.run("plan", says="No changes.")
    check(changes_sent(simulator) == sent, "another spelling was sent")
    configure(bed, simulator, {"v6": ("s6", "2001:db8::1"), "too": ("s6", "2001:db8:0::1")})
    bed.run("plan", code=1, says='is the same object as')


def nothing_is_destroyed_by_a_second_name(bed, simulator):
    configure(bed, simulator, {"a": ("s1", "10.0.0.1")})
    bed.run("apply", "-auto-approve")
    there = simulator.members()
    database = __import__("sqlite3").connect(bed.path("resources.db"))
    for address, deposed in (('web["a"]', "00000001"), ('web["other"]', "")):
        database.execute("INSERT INTO objects (address, deposed, type, id, status, record, state, changed)"
                         " SELECT ?, ?, type, id, status, record, state, changed FROM objects WHERE address = ? AND"
                         " deposed = ''", (address, deposed, 'web["a"]'))
    database.commit()
    database.close()
    bed.run("apply", "-auto-approve", says=["another address has the same object", "2 forgotten."])
    check(simulator.members() == there, "an object was destroyed that another address has")
    bed.run("plan", "-detailed-exitcode", says="No changes.")


def the_first_plan_looks(bed, simulator):
    configure(bed, simulator, {})
    bed.run("destroy", "-auto-approve")
    simulator.post("members", {"listener_id": LISTENER, "add": [{"server_id": "old", "address": "10.0.1.1"}]})
    keys = {"old": ("old", "10.0.1.1"), "fresh": ("fresh", "10.0.1.2")}
    configure(bed, simulator, keys)
    bed.run("plan", says=["an object with this key exists already", 'web["old"]', "rp apply -adopt", "Plan: 2 to add"])
    bed.run("plan", "-adopt", says=['web["old"] will be adopted', "Plan: 1 to add, 0 to change, 0 to destroy, 1 to adopt."])
    bed.run("apply", "-adopt", "-auto-approve", says="1 added, 0 changed, 0 destroyed, 1 adopted.")
    bed.run("plan", "-detailed-exitcode", says="No changes.")
    bed.run("state", "rm", "web[old]")
    bed.run("import", "web[old]", says='web["old"]: imported')
    bed.run("plan", "-detailed-exitcode", says="No changes.")
    text = members(simulator, ["x"], token="wrong")
    bed.write(text, "first.yaml")
    bed.run("plan", "-file=first.yaml", code=1, says="credentials were refused")
    bed.write(members(simulator, ["x"], listener="f" * 32), "first.yaml")
    bed.run("plan", "-file=first.yaml", code=1, says=["Check the ids in the configuration", 'web["x"]'])


def all_of_a_parent(bed, simulator):
    simulator.post("members", {"listener_id": LISTENER, "add": [{"server_id": "p1", "address": "10.0.2.1"},
                                                                {"server_id": "p2", "address": "10.0.2.2"}]})
    bed.run("list", code=1, says="rp list needs listener_id: rp list listener_id=<ID>")
    bed.run("list", "lisener_id=x", code=1, says='did you mean "listener_id"?')
    ran = bed.run("import", "-all", f"listener_id={LISTENER}", says="Imported 2 objects, 2 of them not configured.")
    sent = changes_sent(simulator)
    bed.run("apply", "-auto-approve", says=["imported, and not in the configuration", "No changes."])
    check(changes_sent(simulator) == sent, "what is not configured was touched")
    with open(bed.path("resources.yaml"), "a") as file:
        file.write(ran.out)
    bed.run("plan", "-detailed-exitcode", says="No changes.")
    bed.run("apply", "-auto-approve")
    configure(bed, simulator, {"old": ("old", "10.0.1.1"), "fresh": ("fresh", "10.0.1.2")})
    bed.run("apply", "-auto-approve", says="2 destroyed.")


def guards_hold(bed, simulator):
    keys = {"old": ("old", "10.0.1.1"), "fresh": ("fresh", "10.0.1.2")}
    there = simulator.members()
    configure(bed, simulator, {"old": keys["old"]}, "    prevent_destroy: true\n")
    for arguments in (("plan",), ("apply", "-auto-approve"), ("destroy", "-auto-approve")):
        bed.run(*arguments, code=1, says=["prevent_destroy is set", 'web["fresh"]'])
    configure(bed, simulator, {"other": ("new", "10.0.3.1")})
    bed.run("apply", "-auto-approve", "-max-destroy=1", code=1, says="the plan destroys 2 objects, and -max-destroy allows 1")
    configure(bed, simulator, {})
    bed.run("apply", "-auto-approve", code=1, says="run rp destroy")
    check(simulator.members() == there, "a guard did not hold")
    configure(bed, simulator, keys)


def another_endpoint_is_no_order_to_forget(bed, simulator, elb_sim):
    other = Simulator(elb_sim)
    with open(bed.path("resources.yaml")) as file:
        bed.write(file.read().replace(simulator.url, other.url), "elsewhere.yaml")
    bed.run("refresh", "-file=elsewhere.yaml", "-state=resources.db", code=1,
            says=["no object of the state exists (2)", "-auto-approve"])
    bed.run("state", "list", says='web["fresh"]\nweb["old"]\n')
    bed.run("refresh", "-file=elsewhere.yaml", "-state=resources.db", "-auto-approve")
    check(bed.run("state", "list").out == "", "not saved though it was told to")
    bed.run("state", "restore", says="Restored 2 objects")
    other.stop()


def every_change_is_shown(bed, simulator):
    keys = {f"k{number}": (f"s{number}", f"10.0.4.{number}") for number in range(1, 13)}
    configure(bed, simulator, keys)
    bed.run("plan", "-out=many.plan", says=[f'+ web["k{number}"]  ' for number in range(1, 13)] +
            ['server_id = "s12", address = "10.0.4.12"'])
    check("attribute" not in bed.run("show", "many.plan", says='+ web["k12"]').out, "computed attributes in lines")
    shown = json.loads(bed.run("show", "many.plan", "-json").out)
    check(len([one for one in shown["resource_changes"] if one["change"]["actions"] == ["create"]]) == 12, f"{shown}")
    bed.run("apply", "many.plan")
    keys = {key: (server, address.replace("10.0.4", "10.0.5")) for key, (server, address) in keys.items()}
    configure(bed, simulator, keys)
    bed.run("plan", says=[f'-/+ web["k{number}"]  address "10.0.4.{number}" -> "10.0.5.{number}"' for number in range(1, 13)])
    told = [json.loads(line) for line in bed.run("plan", "-json").out.splitlines()]
    changed = [line["change"] for line in told if line["type"] == "planned_change"]
    one = [change for change in changed if change["resource"]["resource_key"] == "k7"][0]
    check(one["before"]["address"] == "10.0.4.7" and one["after"]["address"] == "10.0.5.7" and
          one["attributes"] == [{"attribute": "address", "before": "10.0.4.7", "after": "10.0.5.7",
                                 "forces_replacement": True}], f"{one}")
    bed.run("plan", "-verbose", says=["(known after apply)", "member_id"])


def main(rp, elb_sim, plugins):
    simulator = Simulator(elb_sim, "--job-ms", "50")
    bed = Bed(rp, plugins)
    for part in (a_swap_sends_nothing, spellings_of_an_address_are_one_key, nothing_is_destroyed_by_a_second_name,
                 the_first_plan_looks, all_of_a_parent, guards_hold):
        part(bed, simulator)
    another_endpoint_is_no_order_to_forget(bed, simulator, elb_sim)
    every_change_is_shown(bed, simulator)
    simulator.stop()
    bed.remove()
    print("objects follow their keys")


main(*sys.argv[1:])
