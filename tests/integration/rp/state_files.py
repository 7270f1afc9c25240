"""state_files.py RP ELB_SIM PLUGINS NETWORK_DISK: no name leads past the lock of a state, no file is written over that is not rp's to
write over, and a state that is damaged can be restored."""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time

from bed import Bed, Simulator, check, members


def wait_for_request(simulator):
    while not simulator.busy():
        time.sleep(0.02)


def one_lock_for_all_names(bed, simulator):
    bed.write(members(simulator, ["a"]))
    bed.run("apply", "-auto-approve")
    os.symlink("resources.db", bed.path("soft.db"))
    os.link(bed.path("resources.db"), bed.path("hard.db"))
    os.mkdir(bed.path("elsewhere"))
    os.link(bed.path("resources.db"), bed.path("elsewhere/far.db"))
    simulator.post("settings", {"job_ms": 2500})
    bed.write(members(simulator, ["a", "b"]))
    first = bed.start("apply", "-auto-approve")
    wait_for_request(simulator)
    for name in ("soft.db", "hard.db", "elsewhere/far.db"):
        bed.run("apply", "-auto-approve", f"-state={name}", code=1, says="the state is locked: rp apply, by ")
    out, err = first.communicate()
    check(first.returncode == 0, f"the first apply: {out} {err}")
    simulator.post("settings", {"job_ms": 100})
    for name in ("soft.db", "hard.db", "elsewhere/far.db"):
        bed.run("plan", "-detailed-exitcode", f"-state={name}", says="No changes.")
    check(simulator.members() == ["a", "b"], f"{simulator.members()}")


def a_kill_is_recovered_through_any_name(bed, simulator):
    simulator.post("settings", {"job_ms": 1500})
    servers = ["a", "b"]
    for number, name in enumerate(("soft.db", "hard.db", "elsewhere/far.db")):
        servers = servers + [f"k{number}"]
        bed.write(members(simulator, servers))
        process = bed.start("apply", "-auto-approve")
        wait_for_request(simulator)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        bed.run("apply", "-auto-approve", f"-state={name}")
        check(simulator.members() == sorted(servers), f"{name}: {simulator.members()}")
        bed.run("plan", "-detailed-exitcode", says="No changes.")
    simulator.post("settings", {"job_ms": 100})


def a_copy_does_not_recover_what_a_living_process_does(bed, simulator):
    simulator.post("settings", {"job_ms": 2500})
    bed.write(members(simulator, ["a", "b", "k0", "k1", "k2", "l"]))
    first = bed.start("apply", "-auto-approve")
    wait_for_request(simulator)
    for ending in ("", "-wal"):
        shutil.copy(bed.path("resources.db" + ending), bed.path("copy.db" + ending))
    bed.run("destroy", "-auto-approve", "-state=copy.db", code=1, says=["still works on", "rp apply, by "])
    out, err = first.communicate()
    check(first.returncode == 0, f"the first apply: {out} {err}")
    simulator.post("settings", {"job_ms": 100})
    check("l" in simulator.members(), "the copy destroyed what the first one made")


def no_file_is_written_over(bed, simulator):
    def unchanged(name, *arguments, says):
        with open(bed.path(name), "rb") as file:
            before = file.read()
        bed.run(*arguments, code=1, says=says)
        with open(bed.path(name), "rb") as file:
            check(before == file.read(), f"rp {' '.join(arguments)} has written over {name}")

    bed.write("precious", "notes.txt")
    bed.write("plugin: elb_member\n", "other.yaml")
    bed.run("plan", "-file=other.yaml", "-state=other.db", code=None)
    bed.run("state", "backup", "b.db")
    shutil.copy(bed.path("resources.db"), bed.path("second.db"))
    unchanged("resources.yaml", "plan", "-out=resources.yaml", says="is the configuration")
    unchanged("resources.db", "plan", "-out=resources.db", says="belongs to the state")
    unchanged("resources.db", "plan", "-out=soft.db", says="belongs to the state")
    for name in ("notes.txt", "other.yaml", "b.db", "second.db"):
        unchanged(name, "plan", f"-out={name}", says="is no plan")
    for name in ("notes.txt", "other.yaml", "second.db", "resources.db", "hard.db"):
        unchanged(name, "state", "backup", name, says="is no backup")
    bed.run("state", "backup", "b.db")
    bed.run("plan", "-out=p.plan")
    bed.run("plan", "-out=p.plan")
    os.rename(bed.path("resources.db.backup"), bed.path("kept"))
    bed.write("precious", "resources.db.backup")
    bed.write(members(simulator, ["a"]))
    unchanged("resources.db.backup", "apply", "-auto-approve", says=["is no backup", "nothing was sent"])
    os.rename(bed.path("kept"), bed.path("resources.db.backup"))
    bed.write(members(simulator, ["a", "b", "k0", "k1", "k2", "l"]))


def damage(bed, name, at, length):
    with open(bed.path(name), "r+b") as file:
        file.seek(at)
        file.write(b"\xa5" * length)


def a_damaged_state_is_restored(bed, simulator):
    bed.run("state", "backup", "good.db")
    for name in ("hard.db", "elsewhere/far.db", "soft.db"):
        os.unlink(bed.path(name))
    bed.run("state", "list", says='web["a"]')
    damage(bed, "resources.db", 4096, 8 * 4096)
    bed.run("plan", code=1, says=["damaged", "rp state restore"])
    bed.run("state", "restore", "good.db", says=["Restored 6 objects", "resources.db is kept as resources.db.damaged"])
    bed.run("plan", "-detailed-exitcode", says="No changes.")
    for content in ("not a database at all\n" * 400, ""):
        bed.write(content)
        os.replace(bed.path("resources.yaml"), bed.path("resources.db"))
        bed.write(members(simulator, ["a", "b", "k0", "k1", "k2", "l"]))
        if content:
            bed.run("plan", code=1, says="no state of rp")
            bed.run("state", "restore", "good.db", code=1, says="-force")
            bed.run("state", "restore", "good.db", "-force", says="kept as resources.db.damaged-2")
        else:
            bed.run("state", "restore", "good.db", says="Restored 6 objects")
        bed.run("plan", "-detailed-exitcode", says="No changes.")
    database = sqlite3.connect(bed.path("foreign.db"))
    database.execute("CREATE TABLE t (x)")
    database.commit()
    database.close()
    bed.run("state", "restore", "good.db", "-state=foreign.db", code=1, says="-force")
    bed.run("state", "restore", "good.db", "-state=foreign.db", "-force", says="Restored 6 objects")
    bed.run("state", "restore", "foreign.db.damaged", code=1, says="no state of rp")


def a_network_disk_is_refused(bed, network_disk):
    if "libasan" in subprocess.run(["ldd", bed.rp], capture_output=True, text=True).stdout:
        print("SKIPPED: what a network disk does, as a sanitizer wants to be preloaded first")
        return
    bed.environment["LD_PRELOAD"] = network_disk
    bed.run("plan", "-state=far.db", code=1, says=["on a network file system (NFS)", "-force"])
    check(not os.path.exists(bed.path("far.db")), "made all the same")
    bed.run("plan", "-state=far.db", "-force", says="Plan: ")
    del bed.environment["LD_PRELOAD"]


def the_log_has_every_call(bed):
    bed.environment["RP_LOG"] = bed.path("rp.log")
    bed.run("plan", code=None)
    del bed.environment["RP_LOG"]
    with open(bed.path("rp.log")) as file:
        said = file.read()
    check("read elb_member" in said and "sim-token" not in said, f"the log says {said}")
    check("read elb_member" not in bed.run("plan", "-events", code=None).out, "events among the output")


def main(rp, elb_sim, plugins, network_disk):
    simulator = Simulator(elb_sim, "--job-ms", "100")
    bed = Bed(rp, plugins)
    for part in (one_lock_for_all_names, a_kill_is_recovered_through_any_name,
                 a_copy_does_not_recover_what_a_living_process_does, no_file_is_written_over,
                 a_damaged_state_is_restored):
        part(bed, simulator)
    a_network_disk_is_refused(bed, network_disk)
    the_log_has_every_call(bed)
    simulator.stop()
    bed.remove()
    print("no name leads past the lock, and no file is lost")


main(*sys.argv[1:])
