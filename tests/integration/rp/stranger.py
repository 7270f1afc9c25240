"""stranger.py RP PLUGINS: rp with a plugin that changes things in place, takes few records at once, and answers what it
should not. Whatever it answers, nothing it has made is forgotten, and wrong answers are no success."""

import json
import os
import sqlite3
import sys

from bed import Bed, check


def configure(bed, things, folder=None):
    text = f"plugin: stranger\nconfig:\n  folder: {folder or bed.folder}\n"
    if things:
        text += "resources:\n"
    for name, record in things.items():
        text += f"  {name}:\n    record: " + json.dumps({"name": name, **record}) + "\n"
    bed.write(text)


def things(bed, folder=None):
    return sorted(name[:-6] for name in os.listdir(folder or bed.folder) if name.endswith(".thing"))


def thing(bed, name):
    with open(bed.path(f"{name}.thing")) as file:
        return json.load(file)


def rows(bed, address):
    """What the state has of an address: objects, and intents whose outcome is not known."""
    state = sqlite3.connect(bed.path("resources.db"))
    found = [row for table in ("objects", "intents")
             for row in state.execute(f"SELECT * FROM {table} WHERE address = ?", (address,))]
    state.close()
    return found


def what_can_be_changed_is_changed(bed):
    configure(bed, {"a": {"text": "one", "size": 1}, "b": {"text": "two"}})
    bed.run("apply", "-auto-approve", says="2 added")
    configure(bed, {"a": {"text": "other", "size": 1}, "b": {"text": "two"}})
    bed.run("plan", says=["~ update in-place", "# a will be updated in-place", '~ text     = "one" -> "other"',
                          "Plan: 0 to add, 1 to change, 0 to destroy."])
    bed.run("apply", "-auto-approve", says=["a: Modifying...", "a: Modifications complete", "0 added, 1 changed, 0 destroyed."])
    check(thing(bed, "a")["version"] == 2 and thing(bed, "a")["text"] == "other", f"{thing(bed, 'a')}")
    bed.run("plan", "-detailed-exitcode", says="No changes.")
    configure(bed, {"a": {"text": "again", "size": 2}, "b": {"text": "two"}})
    bed.run("plan", says=["# a must be replaced", "~ size     = 1 -> 2 # forces replacement"])
    configure(bed, {"a": {"text": "again", "size": 1}, "b": {}})
    bed.run("apply", "-auto-approve", says=['"two" -> null', "2 changed"])
    check("text" not in thing(bed, "b"), "the text is still there")


def an_update_whose_answer_is_lost_is_found_out(bed):
    configure(bed, {"a": {"text": "lost", "size": 1, "does": "lose"}, "b": {}})
    bed.run("apply", "-auto-approve", code=1, says="the outcome is unknown: it may have been updated")
    bed.run("plan", "-detailed-exitcode", says=["a: was updated", "No changes."])
    configure(bed, {"a": {"text": "x", "size": 1}, "b": {}})
    bed.run("apply", "-auto-approve", says="1 changed")


def no_request_has_more_than_the_plugin_takes(bed):
    many = {f"m{number}": {} for number in range(11)}
    configure(bed, {"a": {"text": "x", "size": 1}, "b": {}, **many})
    bed.run("apply", "-auto-approve", says="11 added")
    bed.run("plan", "-detailed-exitcode", says="No changes.")
    bed.run("state", "rm", "m1")
    bed.run("import", "m1", "m1", says="m1: imported")
    records = json.dumps([{"name": f"m{number}"} for number in range(11)])
    answer = json.loads(bed.run("call", "stranger", "read", records, "-config", json.dumps({"folder": bed.folder})).out)
    check([one["state"]["name"] for one in answer["results"]] == [f"m{number}" for number in range(11)], f"{answer}")
    configure(bed, {"a": {"text": "x", "size": 1}, "b": {}})
    bed.run("apply", "-auto-approve", says="11 destroyed")


def what_is_wrong_is_no_success_and_nothing_is_lost(bed):
    for does, says in (("no_state", "state"), ("too_many", "2 results"), ("number_id", "id")):
        configure(bed, {"a": {"text": "x", "size": 1}, "b": {}, "w": {"does": does}})
        bed.run("apply", "-auto-approve", code=1, says=says)
        check("w" in things(bed), f"{does}: not made at all")
        configure(bed, {"a": {"text": "x", "size": 1}, "b": {}, "w": {"does": does}})
        bed.run("plan", code=None)
        listed = bed.run("state", "list").out
        check("w\n" in listed or does == "number_id", f"{does}: forgotten: {listed}")
        os.unlink(bed.path("w.thing"))
        known = rows(bed, "w")
        bed.run("state", "rm", "w", "-force", code=0 if known else 1, says="Removed" if known else "has no w")
        check(not rows(bed, "w"), f"{does}: still in the state: {rows(bed, 'w')}")


def drift_to_null_is_repaired(bed):
    configure(bed, {"a": {"text": "x", "size": 1}, "b": {}, "f": {"text": "faded", "does": "fade"}})
    bed.run("apply", "-auto-approve", says="1 added")
    bed.run("plan", says=["Changed outside of rp", '~ text     = "faded" -> null', "# f will be updated in-place",
                          '+ text     = "faded"'])
    configure(bed, {"a": {"text": "x", "size": 1}, "b": {}})
    bed.run("apply", "-auto-approve")


def a_list_without_end_is_stopped(bed):
    bed.run("list", code=1, says="rp list needs folder: rp list folder=<FOLDER>")
    bed.run("list", "folder=same", code=1, says=["a  a\n", "the list would not end"])
    bed.run("list", "folder=other", code=1, says=["the list does not end", "1 object"])
    bed.run("list", "folder=twice", says="1 object, 0 of them not managed")


def a_password_that_nobody_has_seen_is_taken_as_given(bed):
    configure(bed, {"a": {"text": "x", "size": 1}, "b": {}, "p": {}})
    bed.run("apply", "-auto-approve")
    bed.run("state", "rm", "p")
    configure(bed, {"a": {"text": "x", "size": 1}, "b": {}, "p": {"password": "swordfish"}})
    bed.run("import", "p", "p")
    bed.run("plan", "-detailed-exitcode", says="No changes.")
    configure(bed, {"a": {"text": "x", "size": 1}, "b": {}, "p": {"password": "mackerel"}})
    bed.run("plan", "-detailed-exitcode", code=2, says=["# p will be updated in-place", "(another value)"])


def many_and_long_ones(bed):
    """9,000 records of 1,800 bytes are more than one request can hold."""
    folder = bed.path("many")
    os.mkdir(folder)
    configure(bed, {}, folder)
    names = ", ".join(f"n{number}" for number in range(9000))
    with open(bed.path("resources.yaml"), "a") as file:
        file.write(f"resources:\n  l:\n    for_each: [{names}]\n    record: {{name: \"${{each.key}}\", text: {'x' * 1750}}}\n")
    bed.run("apply", "-auto-approve", "-state=many.db", says="9000 added, 0 changed, 0 destroyed.")
    check(len(things(bed, folder)) == 9000, f"{len(things(bed, folder))} things")
    bed.run("plan", "-detailed-exitcode", "-state=many.db", says="No changes.")


def main(rp, plugins):
    bed = Bed(rp, plugins)
    for part in (what_can_be_changed_is_changed, an_update_whose_answer_is_lost_is_found_out,
                 no_request_has_more_than_the_plugin_takes, what_is_wrong_is_no_success_and_nothing_is_lost,
                 drift_to_null_is_repaired, a_list_without_end_is_stopped,
                 a_password_that_nobody_has_seen_is_taken_as_given, many_and_long_ones):
        part(bed)
    bed.remove()
    print("a strange plugin is no match for rp")


main(*sys.argv[1:])
