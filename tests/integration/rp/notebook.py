"""notebook.py RP PLUGINS: rp with a plugin of which it knows nothing: replacing what is not part of the key, members
nobody may see, import, drift, failures of every outcome."""

import json
import os
import signal
import sys
import time

from bed import Bed, check

CONFIG = "plugin: notebook\nconfig:\n  folder: FOLDER\nresources:\n"


def note(name, more="", create_first=False, key=None, **record):
    values = "".join(f"      {member}: {value}\n" for member, value in record.items())
    first = "    create_before_destroy: true\n" if create_first else ""
    return f"  {name}:\n{first}    record:\n      name: {key or name}\n{values}{more}"


def configure(bed, *notes):
    bed.write(CONFIG.replace("FOLDER", bed.folder) + "".join(notes) if notes else
              CONFIG.replace("FOLDER", bed.folder).replace("resources:\n", ""))


def notes(bed):
    return sorted(name[:-5] for name in os.listdir(bed.folder) if name.endswith(".note"))


def made(bed, name):
    with open(bed.path(f"{name}.note")) as file:
        return json.load(file)


def what_differs_is_replaced(bed):
    configure(bed, note("a", text="one", size="007"), note("b", text="two"))
    bed.run("apply", "-auto-approve", says="2 added")
    check(made(bed, "a")["size"] == 7, "007 is seven")
    first = made(bed, "a")["made"]
    configure(bed, note("a", text="other", size="7"), note("b", text="two"))
    bed.run("plan", says=['~ text     = "one" -> "other" # forces replacement', "Plan: 1 to add, 0 to change, 1 to"])
    bed.run("apply", "-auto-approve", says="1 added, 0 changed, 1 destroyed")
    check(made(bed, "a")["made"] != first, "not replaced")
    configure(bed, note("a", size="7"), note("b", text="two"))
    bed.run("plan", says='~ text     = "other" -> null # forces replacement')
    bed.run("apply", "-auto-approve")
    check("text" not in made(bed, "a"), "the text is still there")
    bed.run("apply", "-auto-approve", "-replace=b", says=["requested with -replace", "1 added"])


def the_new_one_comes_first_where_it_can(bed):
    configure(bed, note("a", key="x", create_first=True), note("b", text="two"))
    bed.run("apply", "-auto-approve", says=["+/-", "1 added, 0 changed, 1 destroyed."])
    check(notes(bed) == ["b", "x"], f"{notes(bed)}")
    configure(bed, note("a", key="x", text="new", create_first=True), note("b", text="two"))
    ran = bed.run("apply", "-auto-approve", says="-/+")  # of one key there is but one
    check(ran.out.index("Destroying") < ran.out.index("Creating"), "the old one was still there")
    configure(bed, note("a", key="y", text="refuse", create_first=True), note("b", text="two"))
    bed.run("apply", "-auto-approve", code=1, says="quota_exceeded")
    check(notes(bed) == ["b", "x"], "the old one is gone without a new one")


def nobody_sees_what_is_secret(bed):
    configure(bed, note("a", key="x", password="swordfish"), note("b", text="two"))
    said = [bed.run("plan", says="(sensitive value)"), bed.run("apply", "-auto-approve"),
            bed.run("show", says="(sensitive value)"), bed.run("show", "-json"), bed.run("plan", "-out=p.plan")]
    bed.run("plan", "-detailed-exitcode", says="No changes.")
    configure(bed, note("a", key="x", password="mackerel"), note("b", text="two"))
    said.append(bed.run("plan", says=["(another value)", "forces replacement"]))
    said.append(bed.run("apply", "-auto-approve"))
    bed.run("plan", "-detailed-exitcode", says="No changes.")
    for ran in said:
        for secret in ("swordfish", "mackerel", "open-sesame"):
            check(secret not in ran.out + ran.err, f"\"{secret}\" was printed: {ran}")
    for name in ("resources.db", "resources.db.backup", "p.plan"):
        with open(bed.path(name), "rb") as file:
            kept = file.read()
        check(not any(secret in kept for secret in (b"swordfish", b"mackerel", b"open-sesame")), f"{name} has a secret")


def what_others_do_is_told(bed):
    changed = made(bed, "b")
    changed["text"] = "scribbled"
    changed["made"] = "elsewhere"
    with open(bed.path("b.note"), "w") as file:
        json.dump(changed, file)
    ran = bed.run("plan", says=["Changed outside of rp since the last refresh", '~ text     = "two" -> "scribbled"', "must be replaced"])
    check('"elsewhere"' not in ran.out.split("rp will perform")[0], "what the server sets is no drift")
    bed.run("refresh", says='"elsewhere"')
    bed.run("refresh", says="Nothing has changed.")
    bed.run("apply", "-auto-approve", says="1 added, 0 changed, 1 destroyed.")
    os.unlink(bed.path("b.note"))
    bed.run("refresh", says="# b was removed")
    bed.run("apply", "-auto-approve", says="1 added, 0 changed, 0 destroyed.")


def each_outcome_is_kept(bed):
    configure(bed, note("a", key="x", password="mackerel"), note("b", text="two"), note("c", text="spoil"),
              note("d", text="lose"), note("e", text="refuse"))
    bed.run("apply", "-auto-approve", code=1,
            says=["the outcome is unknown: it may have been created", "unavailable", "quota_exceeded", "Free some of the quota"])
    bed.run("state", "list", says="a\nb\nc\n")
    bed.run("show", says=["# c (tainted)", "ended without the outcome of 1 request"])
    bed.run("state", "mv", "a", "z", code=1, says="rp refresh")
    configure(bed, note("a", key="x", password="mackerel"), note("b", text="two"), note("c", text="fine"),
              note("d", text="lose"))
    bed.run("plan", says=["rp apply, by ", "d: was created", "# c must be replaced", "Plan: 1 to add"])
    bed.run("apply", "-auto-approve", says="1 added, 0 changed, 1 destroyed.")
    bed.run("plan", "-detailed-exitcode", says="No changes.")


def a_kill_before_anything_was_made_is_cleared(bed):
    configure(bed, note("s", text="slow"))
    process = bed.start("apply", "-auto-approve", "-target=s")
    while "Creating" not in process.stdout.readline():
        pass
    time.sleep(0.1)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    bed.run("plan", says=["is not certain yet", "s: was not created; nothing is left of it"])


def an_interrupt_saves_what_came_of_it(bed):
    process = bed.start("apply", "-auto-approve", "-target=s")
    while "Creating" not in process.stdout.readline():
        pass
    time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=10)
    check(process.returncode == 1 and "interrupted: not everything was done" in err, f"{process.returncode} {out} {err}")
    check("s" not in notes(bed), "made all the same")
    ran = bed.run("plan", "-target=s")
    check("ended without the outcome" not in ran.out, f"an intent was left open: {ran}")


def other_peoples_things_are_taken_over(bed):
    with open(bed.path("found.note"), "w") as file:
        json.dump({"id": "found", "name": "found", "text": "here", "made": "by hand"}, file)
    configure(bed, note("f", key="found", text="here"))
    bed.run("apply", "-auto-approve", "-target=f", code=1, says="rp import ADDRESS")
    bed.run("import", "g", "found", code=1, says="resources.yaml has no g")
    bed.run("import", "f", "found", says="f: imported")
    bed.run("plan", "-target=f", says="No changes.")


def all_goes_in_the_end(bed):
    configure(bed)
    bed.run("apply", "-auto-approve", code=1, says="describes no objects, and the state has")
    check(notes(bed) != [], "a file without objects has destroyed them")
    configure(bed, note("z"))
    bed.run("apply", "-auto-approve", says="it is not in the configuration")
    check(notes(bed) == ["z"], f"{notes(bed)}")
    configure(bed)
    bed.run("destroy", "-auto-approve")
    check(notes(bed) == [], f"{notes(bed)}")
    schema = json.loads(bed.run("schema", "notebook").out)
    check("password" in json.dumps(schema), "the schema has no password")
    configure(bed, note("n"))
    bed.run("apply", "-auto-approve")
    bed.write("plugin: probe\n")
    bed.run("plan", code=1, says='No plugin "probe"')


def main(rp, plugins):
    bed = Bed(rp, plugins)
    for part in (what_differs_is_replaced, the_new_one_comes_first_where_it_can, nobody_sees_what_is_secret,
                 what_others_do_is_told, each_outcome_is_kept, a_kill_before_anything_was_made_is_cleared,
                 an_interrupt_saves_what_came_of_it, other_peoples_things_are_taken_over, all_goes_in_the_end):
        part(bed)
    bed.remove()
    print("rp works with what it does not know")


main(*sys.argv[1:])
