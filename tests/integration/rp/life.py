"""life.py RP ELB_SIM PLUGINS: the life of a configuration against the simulator, and what rp says when something is
wrong. Each message says what, where, and what to do."""

import json
import os
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
import tempfile
import time

from bed import LISTENER, Bed, Simulator, check, members


def lines(ran):
    return [json.loads(line) for line in ran.out.splitlines()]


def remove_behind(simulator, bed, server):
    """Somebody else removes a member."""
    for one in simulator.get("state")["listeners"]:
        for member in one["members"]:
            if member["server_id"] == server:
                simulator.post("members", {"listener_id": one["id"], "remove": [{"id": member["id"]}]})


def a_life(bed, simulator):
    bed.write(members(simulator, ["a", "b", "c"]))
    bed.run("validate", says="resources.yaml is valid: 3 objects")
    bed.run("plan", "-detailed-exitcode", code=2, says=['# web["a"] will be created', "computed attributes known after apply",
                                                        "Plan: 3 to add, 0 to change, 0 to destroy."])
    check(simulator.members() == [], "a plan made something")
    bed.run("apply", code=1, says="-auto-approve")
    check(simulator.members() == [], "something was made without being asked")
    bed.run("apply", "-auto-approve", says="Apply complete! 3 added, 0 changed, 0 destroyed.")
    check(simulator.members() == ["a", "b", "c"], "not all were made")
    bed.run("plan", "-detailed-exitcode", says="No changes.")
    bed.run("list", f"listener_id={LISTENER}", says=[f"{LISTENER}/a/10.0.0.1  web[\"a\"]", "3 objects, 0 of them"])

    remove_behind(simulator, bed, "b")
    bed.run("plan", "-detailed-exitcode", code=2, says=['# web["b"] was removed', "it was removed outside of rp",
                                                        "Plan: 1 to add, 0 to change, 0 to destroy."])
    bed.run("apply", "-auto-approve", "-target", "web[c]", says="No changes.")
    bed.run("apply", "-auto-approve", says="1 added, 0 changed, 0 destroyed.")

    bed.write(members(simulator, ["b", "c", "d"]))  # so all addresses change as well
    bed.run("plan", says=['# web["b"] must be replaced', '"10.0.0.2" -> "10.0.0.1" # forces replacement',
                          "for_each has no such key", "Plan: 3 to add, 0 to change, 3 to destroy."])
    bed.run("apply", "-auto-approve", says="3 added, 0 changed, 3 destroyed.")
    check(simulator.members() == ["b", "c", "d"], "replaced into something else")


def its_state(bed, simulator):
    bed.run("state", "list", says='web["b"]\nweb["c"]\nweb["d"]\n')
    bed.run("state", "show", "web[b]", says='server_id        = "b"')
    bed.run("state", "show", "web[x]", code=1, says=['has no web["x"]', "rp state list"])
    bed.run("state", "backup", "copy.db", says="3 objects")
    bed.run("state", "rm", "web[b]", says="Removed 1 object from the state")
    bed.run("list", f"listener_id={LISTENER}", says="(not managed)\n")
    bed.run("apply", "-auto-approve", code=1, says=["rp import ADDRESS", 'web["b"]', "resources.yaml:10:"])
    bed.run("import", "web[b]", f"{LISTENER}/b/10.0.0.9", code=1, says="no object with the id")
    bed.run("import", "web[b]", f"{LISTENER}/b/10.0.0.1", says='web["b"]: imported')
    bed.run("import", "web[b]", f"{LISTENER}/b/10.0.0.1", code=1, says='the state already has web["b"]')
    bed.run("plan", "-detailed-exitcode", says="No changes.")
    bed.run("state", "mv", "web", "front", says="Moved 3 objects.")
    bed.run("plan", says=['front["b"] has moved to web["b"]', "0 to destroy, 3 to move."])
    bed.run("state", "restore", "copy.db", says="Restored 3 objects")
    bed.run("plan", "-detailed-exitcode", says="No changes.")
    check(stat.S_IMODE(os.stat(bed.path("resources.db")).st_mode) == 0o600, "others may read the state")
    for name in ("resources.db", "resources.db.backup", "copy.db"):
        with open(bed.path(name), "rb") as file:
            check(b"sim-token" not in file.read(), f"{name} holds the token")


def saved_plans(bed, simulator):
    bed.write(members(simulator, ["b", "c"]))
    bed.run("plan", "-out=p.plan", says="rp apply p.plan")
    bed.run("apply", "p.plan", says="Apply complete!")
    bed.run("apply", "p.plan", code=1, says=["the plan is stale: the state has changed", "rp plan"])
    bed.run("plan", "-out=p.plan")
    bed.write(members(simulator, ["b", "c", "e"]))
    bed.run("apply", "p.plan", code=1, says="the plan is stale: the configuration has changed")
    bed.run("apply", "resources.yaml", code=1, says="is no plan")


def for_programs(bed, simulator):
    ran = bed.run("apply", "-json", "-auto-approve")
    types = [line["type"] for line in lines(ran)]
    for wanted in ("version", "refresh_start", "refresh_complete", "planned_change", "apply_start", "apply_complete",
                   "change_summary", "outputs"):
        check(wanted in types, f"no {wanted} among {types}")
    summary = [line["changes"] for line in lines(ran) if line["type"] == "change_summary"][-1]
    check(summary["add"] == 3 and summary["remove"] == 0 or summary["operation"] == "apply", f"{summary}")
    remove_behind(simulator, bed, "b")
    drift = [line["change"] for line in lines(bed.run("plan", "-json")) if line["type"] == "resource_drift"]
    check(len(drift) == 1 and drift[0]["resource"]["addr"] == 'web["b"]' and drift[0]["action"] == "delete", f"{drift}")
    simulator.post("settings", {"token": "another"})
    told = [line for line in lines(bed.run("plan", "-json", code=1)) if line["type"] == "diagnostic"]
    check(told and told[0]["diagnostic"]["severity"] == "error", f"{told}")
    simulator.post("settings", {"token": "sim-token"})
    check("\x1b" not in bed.run("plan").out, "colours where there is no terminal")


def two_at_once(bed, simulator):
    simulator.post("settings", {"job_ms": 1500})
    bed.write(members(simulator, ["b", "c", "e", "f"]))
    first = bed.start("apply", "-auto-approve")
    while "f" not in simulator.members() and not simulator.busy():
        time.sleep(0.02)
    bed.run("apply", "-auto-approve", code=1, says=["the state is locked: rp apply, by ", "-lock-timeout="])
    bed.run("apply", "-auto-approve", "-lock-timeout=30s", says=["Waiting for the state", "No changes."])
    out, err = first.communicate()
    check(first.returncode == 0, f"the first apply: {out} {err}")
    simulator.post("settings", {"job_ms": 100})
    check(simulator.members() == ["b", "c", "e", "f"], "made twice")


FAULTS = [
    ("plugin: elb_member\nresurces: {}\n", ["resources.yaml:2:1", "unknown key \"resurces\" (did you mean \"resources\"?)"]),
    ("plugin: elb_member\nresources:\n\tweb: {}\n", ["resources.yaml:3:1", "a tab cannot indent: use spaces"]),
    ("plugin: elb_member\nconfig:\n  token: ${env:NOT_SET_HERE}\n",
     ["resources.yaml:3:10", "the environment variable NOT_SET_HERE is not set: export NOT_SET_HERE="]),
    ("plugin: elb_member\nconfig:\n  tokn: x\n", ["resources.yaml:3:3", "did you mean \"token\"?"]),
    ("plugin: elb_membr\n", ["resources.yaml:1:9", 'No plugin "elb_membr" (did you mean "elb_member"?). Searched: ']),
    ('plugin: elb_member\nconfig: {endpoint: "http://127.0.0.1:9", project_id: x, token: t}\n'
     "resources:\n  web: {type: elb_membr, record: {}}\n", ["resources.yaml:4:15", "did you mean \"elb_member\"?"]),
    ("plugin: a\nplugin: b\n", ["resources.yaml:2:1", "\"plugin\" is given twice, first in line 1"]),
    ('plugin: elb_member\nconfig: {endpoint: "http://127.0.0.1:9", project_id: x, token: t}\nresources:\n'
     "  a: {recrd: 1, record: {listener_id: l, server_id: s, adress: 10.0.0.1}}\n"
     "  b: {record: {listener_id: l, server_id: s, address: 10.0.0}}\n"
     '  c: {for_each: [x, y], record: {listener_id: l, server_id: "${each.kye}", address: 10.0.0.3}}\n'
     '  d: {for_each: {p: "1.2.3", q: "3.4.5"}, record: {listener_id: l, server_id: s, address: "${each.value}"}}\n',
     ["resources.yaml:4:7", "resources.yaml:4:56", "resources.yaml:5:55", "resources.yaml:6:61", "resources.yaml:7:21",
      "resources.yaml:7:33"]),
]


def mistakes(bed, simulator):
    for text, says in FAULTS:
        bed.write(text)
        bed.run("validate", code=1, says=says)
    bed.write(members(simulator, ["a"]).replace("address:", "adress:"))
    bed.run("validate", code=1, says=["adress", 'web["a"]', "resources.yaml:14:7", "Fix the configuration"])
    bed.write(members(simulator, ["a"]).replace("10.0.0.1", "10.0.0"))
    bed.run("validate", code=1, says=["resources.yaml:10:19", 'web["a"]'])
    total = simulator.get("counts")["total"]
    bed.run("apply", "-auto-approve", code=1, says=["resources.yaml:10:19", 'web["a"]'])
    check(simulator.get("counts")["total"] == total, "the server was asked for what cannot be")
    os.rename(bed.path("resources.yaml"), bed.path("away.yaml"))
    bed.run("plan", code=1, says=["resources.yaml", "-file"])
    bed.run("pln", code=64, says='did you mean "plan"?')
    bed.run("plan", "-detailed-exitcod", code=64, says="did you mean --detailed-exitcode?")
    bed.run("plan", "-lock-timeout=soon", code=64, says="takes a time such as")


def wrong_places(bed, simulator):
    bed.write(members(simulator, ["b"], token="wrong"))
    bed.run("plan", code=1, says="The credentials were refused")
    bed.write(members(simulator, ["b"]).replace("55300f3c8f764c06b1a32e2302edc305", "0" * 32))
    bed.run("plan", code=1, says=["resources.yaml:4:15", "put it in quotes"])
    bed.write(members(simulator, ["b"]).replace("55300f3c8f764c06b1a32e2302edc305", "a" * 32))
    bed.run("plan", code=1, says="check the project")
    bed.write(members(simulator, ["n"], listener="f" * 32) )
    bed.run("apply", "-auto-approve", "-target=web[n]", code=1, says=["Check the ids in the configuration", "resources.yaml:"])
    bed.write(members(simulator, ["b"]).replace(simulator.url, "http://127.0.0.1:9"))
    bed.run("plan", code=1, says="The server cannot be reached")


def one_message_for_many(bed, simulator):
    simulator.post("settings", {"max_members": 1})
    bed.write(members(simulator, ["b"] + [f"x{number}" for number in range(40)]))
    ran = bed.run("apply", "-auto-approve", code=1, says=["objects: ", "and ", "Free some of the quota"])
    check(ran.err.count("Error") == 1, f"not one error but {ran.err}")
    simulator.post("settings", {"max_members": 0})


def nowhere_to_write(bed, simulator):
    """In a folder that cannot be written nothing is sent, but what is there can be shown."""
    as_root = os.geteuid() == 0
    folder = tempfile.mkdtemp()
    if as_root and subprocess.run(["mount", "-t", "tmpfs", "none", folder], stderr=subprocess.DEVNULL).returncode:
        print("SKIPPED: a read-only folder, as root, needs the right to mount")
        os.rmdir(folder)
        return
    fixed = Bed(bed.rp, bed.environment["RP_PLUGIN_PATH"], folder)
    fixed.write(members(simulator, ["only"]))
    shutil.copy(bed.path("resources.db"), fixed.path("resources.db"))
    known = bed.run("state", "list").out
    subprocess.run(["mount", "-o", "remount,ro", folder] if as_root else ["chmod", "500", folder], check=True)
    fixed.run("apply", "-auto-approve", code=1, says=["nothing can be written in .", "-state FILE"])
    fixed.run("state", "list", says=known)
    check("only" not in simulator.members(), "something was sent without a state")
    subprocess.run(["umount", folder] if as_root else ["chmod", "700", folder], check=True)
    shutil.rmtree(folder)
    bed.run("plan", "-state=/nowhere/x.db", code=1, says=["nothing can be written in /nowhere", "-state FILE"])


def full_disk(bed, simulator, rp, plugins):
    """In a small file system, with less and less room: either nothing is sent, or all is saved or found again."""
    folder = tempfile.mkdtemp()
    if os.geteuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "none", folder],
                                           stderr=subprocess.DEVNULL).returncode:
        print("SKIPPED: a full disk needs root, and the right to mount")
        os.rmdir(folder)
        return
    try:
        tight = Bed(rp, plugins, folder)
        refused = 0
        for free_kib in range(0, 2400, 150):
            refused += tight_apply(tight, simulator, free_kib)
        check(refused, "there was always room")
    finally:
        subprocess.run(["umount", folder], check=True)
        os.rmdir(folder)


def tight_apply(bed, simulator, free_kib):
    simulator.post("reset", {"what": "all"})
    for name in os.listdir(bed.folder):
        os.unlink(bed.path(name))
    bed.write(members(simulator, [f"s{number}" for number in range(50)], settle_ms=300))
    used = os.statvfs(bed.folder)
    ballast = used.f_bavail * used.f_frsize - free_kib * 1024
    bed.write("x" * max(ballast, 0), "ballast")
    ran = bed.run("apply", "-auto-approve", code=None)
    sent = simulator.get("counts").get("add", 0)
    if ran.code:
        check("disk is full" in ran.err or "database" in ran.err or "No space" in ran.err, f"{free_kib} KiB: {ran}")
    check(ran.code == 0 or sent == 0 or "next command" in ran.err, f"{free_kib} KiB: {sent} adds, {ran}")
    os.unlink(bed.path("ballast"))
    bed.run("apply", "-auto-approve")
    there = simulator.members()
    check(len(there) == 50 and len(set(there)) == 50, f"{free_kib} KiB: {len(there)} members")
    bed.run("plan", "-detailed-exitcode")
    return ran.code != 0 and sent == 0


def fail_jobs(simulator, bed, kind="job-fail"):
    simulator.post("faults", [{"on": "add", "kind": kind, "from": 1}])


def not_waited_for(bed, simulator):
    """What is in progress is no success: the exit code says so, and the next apply follows the job."""
    simulator.post("settings", {"job_ms": 2500})
    bed.write(members(simulator, ["b", "late"]).replace("  settle_ms", "  wait: none\n  settle_ms"))
    bed.run("apply", "-auto-approve", code=1,
            says=['web["late"]: Accepted, not waited for',
                  "Apply incomplete: 1 accepted, outcome pending. Run rp apply to follow their jobs."])
    bed.run("show", says='# web["late"] (in progress)')
    bed.run("plan", says=['web["late"] is still in progress', "1 object still in progress; nothing else to do."])
    bed.run("plan", "-detailed-exitcode", code=2)
    told = lines(bed.run("plan", "-json"))
    check(any(line["type"] == "planned_change" and line["change"].get("reason") == "in_progress" for line in told), f"{told}")
    check([line for line in told if line["type"] == "change_summary"][0]["changes"]["in_progress"] == 1, f"{told}")
    bed.run("apply", "-auto-approve", says=['web["late"]: Creation complete', "Apply complete! 1 added"])
    check(not simulator.busy(), "the job was not followed")
    check("in progress" not in bed.run("show").out, "it arrived, and is still in progress")
    bed.run("destroy", "-auto-approve", "-target=web[late]", code=1, says="its removal was accepted and is not waited for")
    while simulator.busy():
        time.sleep(0.05)
    bed.run("refresh", says='web["late"]: is gone')
    check("late" not in bed.run("state", "list").out, "it is gone, and still in the state")
    simulator.post("settings", {"job_ms": 100})


def a_job_that_fails_later(bed, simulator):
    simulator.post("settings", {"job_ms": 500})
    bed.write(members(simulator, ["b", "doomed"]).replace("  settle_ms", "  wait: none\n  settle_ms"))
    fail_jobs(simulator, bed)
    bed.run("apply", "-auto-approve", code=1, says="outcome pending")
    simulator.post("reset", {"what": "faults"})
    bed.run("apply", "-auto-approve", code=1, says=['web["doomed"]: Creation errored', "Error: "])
    check("doomed" not in bed.run("state", "list").out, "the job failed, and the state still has the object")
    simulator.post("settings", {"job_ms": 100})


def what_is_late_is_well_again(bed, simulator):
    """An object that was not healthy in time is tainted until a read finds it well; or until one is told to keep it."""
    simulator.post("settings", {"health": "ABNORMAL"})
    bed.write(members(simulator, ["b", "sick"]).replace("  settle_ms", "  wait: healthy\n  settle_ms"))
    bed.run("apply", "-auto-approve", "-timeout=700ms", code=1, says="not healthy")
    bed.run("show", says='# web["sick"] (tainted)')
    bed.run("plan", says=["it is tainted", "Plan: 1 to add, 0 to change, 1 to destroy."])
    bed.run("state", "untaint", "web[sick]", says="1 object is no longer tainted.")
    bed.run("state", "untaint", "web[sick]", code=1, says="no tainted object")
    bed.run("plan", says="No changes.")
    bed.write(members(simulator, ["b", "sick", "sicker"]).replace("  settle_ms", "  wait: healthy\n  settle_ms"))
    bed.run("apply", "-auto-approve", "-timeout=700ms", code=1)
    simulator.post("settings", {"health": "NORMAL"})
    bed.run("plan", "-detailed-exitcode", says="No changes.")
    bed.run("refresh")
    check("tainted" not in bed.run("show").out, "it is well, and still tainted")
    bed.write(members(simulator, ["b"]))
    bed.run("apply", "-auto-approve")


def the_first_interrupt_waits_for_what_is_known(bed, simulator):
    simulator.post("settings", {"job_ms": 1500})
    bed.write(members(simulator, ["b", "late"]))
    process = bed.start("apply", "-auto-approve")
    while not simulator.busy():
        time.sleep(0.02)
    time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)
    check(process.returncode == 1 and "interrupted" in err and "Creation complete" in out, f"{process.returncode} {out} {err}")
    check(not simulator.busy(), "it did not wait")
    check("in progress" not in bed.run("show", says='# web["late"]:').out, "its outcome was not saved")
    bed.run("plan", "-detailed-exitcode", says="No changes.")
    simulator.post("settings", {"job_ms": 100})


def its_end(bed, simulator):
    bed.write(members(simulator, ["b"]))
    bed.run("destroy", "-auto-approve", says="Destroy complete!")
    check(simulator.members() == [], "something is left")
    bed.run("destroy", "-auto-approve", says="There is nothing to destroy.")
    bed.run("show", says="The state is empty.")
    database = sqlite3.connect(bed.path("resources.db"))
    database.execute("PRAGMA user_version = 99")
    database.commit()
    database.close()
    bed.run("plan", code=1, says="a newer rp wrote it")


def main(rp, elb_sim, plugins):
    simulator = Simulator(elb_sim, "--job-ms", "100")
    bed = Bed(rp, plugins)
    for part in (a_life, its_state, saved_plans, for_programs, two_at_once, mistakes, wrong_places,
                 one_message_for_many, nowhere_to_write, not_waited_for, a_job_that_fails_later, what_is_late_is_well_again,
                 the_first_interrupt_waits_for_what_is_known, its_end):
        part(bed, simulator)
    full_disk(bed, simulator, rp, plugins)
    simulator.stop()
    bed.remove()
    print("a life as it should be")


main(*sys.argv[1:])
