"""terraform.py RP ELB_SIM PLUGINS [SCENARIO…]: the bridge under the real Terraform, or under what TOFU names, against the
simulator. Skipped where there is neither."""

import json
import multiprocessing
import os
import signal
import sys
import time

from bed import LISTENER, OTHER, Bed, Simulator, check, member, member_set, provider


def fresh(bed, simulator):
    simulator.post("settings", {"job_ms": 100, "latency_ms": 0, "bad_server": "", "bad_how": "request", "empty": "object",
                                "listed": "at-end", "max_members": 0})
    simulator.reset("all")
    for listener in (LISTENER, OTHER):
        simulator.post("members", {"listener_id": listener, "clear": True})
    bed.clean()


def a_life(bed, simulator):
    bed.write(provider(simulator) + member(servers="a b c"))
    bed.run("validate", "-no-color", says="The configuration is valid.")
    bed.plan(code=2, says=['# elb_member.web["a"] will be created', "+ member_id = (known after apply)",
                           "Plan: 3 to add, 0 to change, 0 to destroy."])
    check(simulator.members() == [], "a plan made something")
    bed.apply(says="Apply complete! Resources: 3 added, 0 changed, 0 destroyed.")
    check(simulator.members() == ["a", "b", "c"], "not all were made")
    bed.no_changes()
    state = bed.resources()['elb_member.web["b"]']
    check(state["id"] == f"{LISTENER}/b/10.0.0.2" and state["member_id"] and state["job_id"] and not state["tainted"],
          f"not the state of b: {state}")

    simulator.remove("b")
    bed.plan(code=2, says="Plan: 1 to add, 0 to change, 0 to destroy.")
    bed.apply(says="1 added, 0 changed, 0 destroyed.")
    bed.write(provider(simulator) + member(servers="b a d"))  # so addresses change as well
    bed.plan(code=2, says=["must be replaced", "# forces replacement", "Plan: 3 to add, 0 to change, 3 to destroy."])
    bed.apply("-target", 'elb_member.web["d"]', says="1 added, 0 changed, 0 destroyed.")
    bed.apply(says="2 added, 0 changed, 3 destroyed.")
    check(simulator.members() == ["a", "b", "d"], "replaced into something else")
    bed.run("taint", "-no-color", 'elb_member.web["a"]')
    bed.plan(code=2, says=["is tainted, so", "Plan: 1 to add, 0 to change, 1 to destroy."])
    bed.apply(says="1 added, 0 changed, 1 destroyed.")
    bed.no_changes()
    bed.write(provider(simulator) + member(name="front", servers="b a d") +
              'moved {\n  from = elb_member.web\n  to   = elb_member.front\n}\n')
    bed.apply(says=["has moved to", "0 added, 0 changed, 0 destroyed."])
    bed.destroy(says="Destroy complete! Resources: 3 destroyed.")
    check(simulator.members() == [], "not all were destroyed")


def imports(bed, simulator):
    simulator.add("a", "10.0.0.1")
    simulator.add("b", "10.0.0.2")
    bed.write(provider(simulator) + member(servers="a b"))
    bed.apply(code=1, says=["exists already", "import it by its id"])
    check(bed.resources() == {}, "what was there before was recorded")
    bed.run("import", "-no-color", 'elb_member.web["a"]', f"{LISTENER}/x/10.0.0.1", code=1,
            says="Cannot import non-existent remote object")
    bed.run("import", "-no-color", 'elb_member.web["a"]', f"{LISTENER}/a/10.0.0.1", says="Import successful!")
    bed.run("import", "-no-color", 'elb_member.web["b"]', f"listener_id={LISTENER},server_id=b,address=10.0.0.2",
            says="Import successful!")
    bed.no_changes()
    bed.run("state", "rm", 'elb_member.web["a"]')
    bed.write(provider(simulator) + member(servers="a b") +
              f'import {{\n  to = elb_member.web["a"]\n  id = "{LISTENER}/a/10.0.0.1"\n}}\n')
    bed.plan(code=2, says="Plan: 1 to import, 0 to add, 0 to change, 0 to destroy.")
    bed.apply(says="1 imported, 0 added, 0 changed, 0 destroyed.")
    bed.no_changes()

    bed.run("state", "rm", "elb_member.web")
    bed.write(provider(simulator) + member_set("a b"))
    bed.apply(code=1, says=[f"set adopt = true, or import the set by its id {LISTENER}"])
    bed.run("import", "-no-color", "elb_member_set.pool", LISTENER, says="Import successful!")
    simulator.reset("log")
    bed.apply(says="0 added, 1 changed, 0 destroyed.")  # its records get the configuration's names
    check(not [one for one in simulator.requests() if one["method"] == "POST"], "a record of another name was made anew")
    bed.no_changes()
    bed.run("state", "rm", "elb_member_set.pool")
    bed.run("import", "-no-color", "elb_member_set.pool", f"listener_id={LISTENER}", says="Import successful!")
    bed.write(provider(simulator) + member(servers="a b", more="  adopt = true\n"))
    bed.run("state", "rm", "elb_member_set.pool")
    bed.apply(says="2 added")
    check(simulator.members() == ["a", "b"], "adopted is not what was there")


def sets(bed, simulator):
    bed.write(provider(simulator) + member_set("a b c"))
    bed.run("validate", "-no-color", says="The configuration is valid.")
    simulator.reset("log")
    bed.apply(says="1 added, 0 changed, 0 destroyed.")
    adds = [one for one in simulator.requests() if one["method"] == "POST"]
    check(len(adds) == 1, f"three records were not added in one request but {len(adds)}")
    simulator.reset("log")
    bed.no_changes()
    check(len(simulator.requests()) == 1, f"a refresh takes {len(simulator.requests())} requests")
    bed.write(provider(simulator) + member_set("b c d", prefix="n_"))
    simulator.reset("log")
    bed.apply(says="0 added, 1 changed, 0 destroyed.")
    changes = [one for one in simulator.requests() if one["method"] == "POST"]
    check(len(changes) == 2, f"one record less and one more took {len(changes)} changes")
    check(simulator.members() == ["b", "c", "d"], "not what is configured")
    bed.no_changes()
    simulator.remove("c")
    bed.plan(code=2, says="Plan: 0 to add, 1 to change, 0 to destroy.")
    bed.apply(says="0 added, 1 changed")
    bed.write(provider(simulator) + member_set("b c d", prefix="n_", listener=OTHER))
    bed.plan(code=2, says=["# forces replacement", "Plan: 1 to add, 0 to change, 1 to destroy."])
    bed.apply(says="1 added, 0 changed, 1 destroyed.")
    check(simulator.members() == [] and simulator.members(OTHER) == ["b", "c", "d"], "not moved to the other listener")
    bed.write(provider(simulator) + member_set("b c", listener=OTHER) +
              f"""data "elb_member" "one" {{
  listener_id = "{OTHER}"
  server_id   = "b"
  address     = "10.0.0.2"
  depends_on  = [elb_member_set.pool]
}}
data "elb_member" "same" {{
  id = data.elb_member.one.id
}}
data "elb_member_set" "all" {{
  listener_id = "{OTHER}"
  depends_on  = [elb_member_set.pool]
}}
output "seen" {{
  value = [length(data.elb_member_set.all.records), data.elb_member.same.member_id == data.elb_member.one.member_id]
}}
""")
    bed.apply(says="seen = [ 2, true, ]")
    bed.write(provider(simulator) + f'data "elb_member" "none" {{\n  id = "{OTHER}/x/10.0.0.1"\n}}\n', "none.tf")
    os.remove(bed.path("main.tf"))
    bed.plan("-target", "data.elb_member.none", code=1, says="there is no such elb_member")
    os.rename(bed.path("none.tf"), bed.path("main.tf"))
    bed.write(provider(simulator) + f'data "elb_member" "none" {{\n  listener_id = "{OTHER}"\n}}\n')
    bed.plan("-target", "data.elb_member.none", code=1, says="found by its id, or by all of: listener_id, server_id, address")
    bed.write(provider(simulator))
    bed.apply(says="1 destroyed")
    check(simulator.members(OTHER) == [], "the set was not destroyed")


def partial_failure(bed, simulator):
    check_failed = """  lifecycle {
    postcondition {
      condition     = length(self.failed) == 0
      error_message = "not all members: ${jsonencode(self.failed)}"
    }
  }
"""
    simulator.post("settings", {"bad_server": "b"})
    bed.write(provider(simulator) + member_set("a b c"))
    bed.apply(says=["1 added", "Warning: b: HTTP 400", "tries them again"])
    check(simulator.members() == ["a", "c"], f"there is {simulator.members()}")
    state = bed.resources()["elb_member_set.pool"]
    check(sorted(state["records"]) == ["a", "c"] and list(state["failed"]) == ["b"] and not state["tainted"],
          f"not the state of a set of which b failed: {state}")
    bed.plan(code=2, says="Plan: 0 to add, 1 to change, 0 to destroy.")
    bed.apply(code=1, says="Error")
    state = bed.resources()["elb_member_set.pool"]
    check(sorted(state["records"]) == ["a", "c"] and list(state["failed"]) == ["b"] and not state["tainted"],
          f"not the state after a failed update: {state}")
    simulator.post("settings", {"bad_server": ""})
    bed.apply(says="0 added, 1 changed")
    check(simulator.members() == ["a", "b", "c"], "the next apply does not mend it")
    check(bed.resources()["elb_member_set.pool"]["failed"] == {}, "still failed")
    bed.no_changes()
    bed.destroy()

    simulator.post("settings", {"bad_server": "b"})
    bed.write(provider(simulator) + member_set("a b c", more=check_failed))
    bed.apply(code=1, says=["Resource postcondition failed", "not all members"])
    state = bed.resources()["elb_member_set.pool"]
    check(sorted(state["records"]) == ["a", "c"] and not state["tainted"], f"the postcondition tainted it: {state}")
    simulator.post("settings", {"bad_server": ""})
    simulator.reset("log")
    bed.apply(says="0 added, 1 changed, 0 destroyed.")
    check(simulator.members() == ["a", "b", "c"], "the next apply does not mend it")
    bed.destroy()

    simulator.post("settings", {"bad_server": "a,b"})
    bed.write(provider(simulator) + member_set("a b"))
    bed.apply(code=1, says="Error")
    check(bed.resources() == {}, "nothing was made, and something recorded")


def diagnostics(bed, simulator):
    bed.write(provider(simulator) + member(servers="a").replace("each.value", '"999.0.0.1"'))
    bed.run("validate", "-no-color", code=1, says=['address = "999.0.0.1"', "on main.tf line"])
    bed.write(provider(simulator) + member_set("a b").replace('"10.0.0.2"', '"nonsense"'))
    bed.run("validate", "-no-color", code=1, says=["nonsense", "on main.tf line"])
    bed.write(provider(simulator) + member_set("a b").replace('"b", address = "10.0.0.2"', '"a", address = "10.0.0.1"'))
    bed.run("validate", "-no-color", code=1, says="are one and the same")
    bed.write(provider(simulator, region="NO SUCH") + member())
    bed.run("validate", "-no-color", code=1, says='region = "NO SUCH"')
    bed.write(provider(simulator, no_such="x") + member())
    bed.run("validate", "-no-color", code=1, says="no_such")
    bed.write(provider(simulator) + member(more='  timeouts {\n    create = "soon"\n  }\n'))
    bed.run("validate", "-no-color", code=1, says=['create = "soon"', "is no duration"])
    bed.write(provider(simulator, token="wrong") + member())
    bed.apply(code=1, says="HTTP 401")
    check(bed.resources() == {}, "refused, and recorded")


def unknown_values(bed, simulator):
    bed.write(provider(simulator) + """resource "terraform_data" "late" {
  input = "10.0.0.7"
}
""" + f"""resource "elb_member" "one" {{
  listener_id = "{LISTENER}"
  server_id   = "a"
  address     = terraform_data.late.output
}}
resource "elb_member_set" "all" {{
  listener_id = "{OTHER}"
  records = {{
    x = {{ server_id = "x", address = terraform_data.late.output }}
    y = {{ server_id = "y", address = "10.0.0.9" }}
  }}
}}
""")
    bed.plan(code=2, says="Plan: 3 to add, 0 to change, 0 to destroy.")
    bed.apply(says="3 added")
    bed.no_changes()
    bed.destroy()
    # The provider's own configuration comes from a resource that is not there yet.
    bed.write("""resource "terraform_data" "token" {
  input = "sim-token"
}
""" + provider(simulator).replace('"sim-token"', "terraform_data.token.output") + member())
    bed.plan(code=2, says="Plan: 2 to add, 0 to change, 0 to destroy.")
    bed.apply(says="2 added")
    bed.no_changes()
    bed.write("""resource "terraform_data" "token" {
  input            = "sim-token"
  triggers_replace = ["again"]
}
""" + provider(simulator).replace('"sim-token"', "terraform_data.token.output") + member())
    bed.plan(code=2, says=["is not known yet", "Plan: 1 to add, 0 to change, 1 to destroy."])
    bed.apply()
    bed.destroy()


def secrets_and_logs(bed, simulator):
    token = "a-token-that-is-secret-and-long"
    bed.write(provider(simulator, token=token) + member())
    seen = bed.apply(code=1, TF_LOG="DEBUG")
    check(token not in seen.out, "the token is in the log")
    check("GET" in seen.out and "elbaas" in seen.out, "TF_LOG does not show what the plugin logs")
    bed.write(provider(simulator) + member())
    seen = bed.apply(TF_LOG_PROVIDER="DEBUG")
    check("sim-token" not in seen.out, "the token is in the log")
    check("[DEBUG]" in seen.out and "elb_member" in seen.out, "the plugin's lines have no level")
    with open(bed.path("terraform.tfstate")) as file:
        check("sim-token" not in file.read(), "the token is in the state")
    bed.destroy()


def tainted_and_timeouts(bed, simulator):
    bed.write(provider(simulator) + member(more='  timeouts {\n    create = "1500ms"\n  }\n'))
    simulator.post("settings", {"job_ms": 60000})
    bed.apply(code=1, says=["deadline_exceeded", "outcome of this create is unknown"])
    state = bed.resources()['elb_member.web["a"]']
    check(state["tainted"] and state["job_id"], f"what was accepted is lost: {state}")
    simulator.post("settings", {"job_ms": 100})
    simulator.post("time", {"advance_ms": 70000})
    bed.write(provider(simulator) + member())
    bed.apply(says="1 added, 0 changed, 1 destroyed.")
    check(simulator.members() == ["a"], "not once")
    bed.no_changes()
    bed.write(provider(simulator) + member(more='  timeouts {\n    create = "5m"\n  }\n'))
    simulator.reset("log")
    bed.apply(says="0 added, 1 changed, 0 destroyed.")
    check(not [one for one in simulator.requests() if one["method"] == "POST"], "a timeout is the server's business")
    bed.no_changes()
    bed.destroy()
    # wait: the provider's, and a resource's own.
    simulator.post("settings", {"job_ms": 60000})
    bed.write(provider(simulator, wait="none") + member())
    bed.apply(says="1 added")
    check(simulator.busy(), "wait = none waits for the job")
    simulator.post("settings", {"job_ms": 100})
    simulator.post("time", {"advance_ms": 70000})
    bed.plan("-refresh-only", code=2)
    bed.no_changes()
    bed.destroy()


def parallel(bed, simulator):
    simulator.post("settings", {"job_ms": 20, "latency_ms": 5})
    for parallelism, count, most in ((1, 10, 10), (10, 50, 25), (50, 50, 25)):
        bed.write(provider(simulator) + member(servers=" ".join(f"s{number}" for number in range(count))))
        simulator.reset("log")
        bed.apply(f"-parallelism={parallelism}", says=f"{count} added")
        check(len(simulator.members()) == count, "not all were made")
        adds = simulator.counts()["add"]
        check(adds <= most, f"{parallelism} at a time take {adds} requests for {count} members")
        bed.destroy(f"-parallelism={parallelism}", says=f"{count} destroyed")


def interrupted(bed, simulator):
    simulator.post("settings", {"job_ms": 20000})
    bed.write(provider(simulator) + member(servers="a b"))
    process = bed.start("apply", "-no-color", "-input=false", "-auto-approve")
    wait_for(lambda: [one for one in simulator.requests() if one["method"] == "POST"], "nothing was sent")
    time.sleep(0.3)
    began = time.monotonic()
    os.killpg(process.pid, signal.SIGINT)
    out, _ = process.communicate(timeout=30)
    check(time.monotonic() - began < 8, f"an interrupt takes {time.monotonic() - began} s")
    states = bed.resources()
    check(len(states) == 2 and all(one["tainted"] and one["job_id"] for one in states.values()),
          f"interrupted, and lost: {states} {out}")
    simulator.post("time", {"advance_ms": 30000})
    simulator.post("settings", {"job_ms": 100})
    bed.apply(says="2 added, 0 changed, 2 destroyed.")
    check(simulator.members() == ["a", "b"], "not once each")
    bed.no_changes()
    bed.destroy()

    bed.clean()
    simulator.post("settings", {"job_ms": 20000})
    bed.write(provider(simulator) + member(servers="a b"))
    simulator.reset("log")
    process = bed.start("apply", "-no-color", "-input=false", "-auto-approve")
    wait_for(lambda: [one for one in simulator.requests() if one["method"] == "POST"], "nothing was sent")
    os.killpg(process.pid, signal.SIGINT)
    os.killpg(process.pid, signal.SIGINT)
    process.communicate(timeout=30)
    simulator.post("settings", {"job_ms": 100})
    simulator.post("time", {"advance_ms": 30000})
    wait_for(lambda: no_provider(bed), "a provider stays after two interrupts")
    bed.write(provider(simulator) + member(servers="a b", more="  adopt = true\n"))
    bed.apply()
    check(simulator.members() == ["a", "b"], "not once each")
    bed.destroy()


def wait_for(holds, words, seconds=10):
    until = time.monotonic() + seconds
    while not holds():
        check(time.monotonic() < until, words)
        time.sleep(0.02)


def no_provider(bed):
    """No provider that was started in this folder runs any more."""
    for process in os.listdir("/proc"):
        try:
            if process.isdigit() and os.readlink(f"/proc/{process}/cwd") == bed.folder:
                return False
        except OSError:
            pass
    return True


def empty_lists(bed, simulator):
    """A set without records, and a data source of a parent without any."""
    for spelling in ("object", "array", "null"):
        fresh(bed, simulator)
        simulator.post("settings", {"empty": spelling})
        bed.write(provider(simulator) + member_set("", name="none") +
                  f'data "elb_member_set" "all" {{\n  listener_id = "{OTHER}"\n}}\n'
                  'output "count" {\n  value = length(data.elb_member_set.all.records)\n}\n')
        bed.apply(says=["1 added", "count = 0"])
        bed.no_changes()


def fault_table():
    with open(os.path.join(os.path.dirname(__file__), "faults.json")) as file:
        return json.load(file)["faults"]


def meet(bed, simulators, configuration, row):
    """A fault, for single ones at one simulator and for a set at the other; then once more."""
    for simulator in simulators:
        fresh(bed, simulator)
        if "fault" in row:
            simulator.post("faults", row["fault"])
        else:
            simulator.post("settings", {"empty": row["empty"]})
    bed.write(configuration)
    bed.apply(code=None)
    for simulator in simulators:
        if "fault" in row:
            check(simulator.get("config")["faults"][0]["fired"] == 1, f"{row['name']}: nothing met the fault")
        else:
            simulator.post("members", {"listener_id": LISTENER, "clear": True})
    bed.apply()
    for simulator, what in zip(simulators, ("single ones", "a set")):
        check(simulator.members() == ["a", "b"], f"{row['name']}, {what}: there is {simulator.members()}")
    bed.no_changes()


def faults(bed, simulator, rows):
    other = Simulator(bed.simulator, "--job-ms", "100")
    configuration = (provider(simulator, settle_ms=700) + provider(other, settle_ms=700, alias="other") +
                     member(servers="a b") + member_set("a b", more="  provider = elb.other\n"))
    try:
        for row in rows:
            meet(bed, [simulator, other], configuration, row)
    finally:
        other.stop()


def faults_of_adds(bed, simulator):
    faults(bed, simulator, fault_table()[:4])


def faults_of_lists(bed, simulator):
    faults(bed, simulator, fault_table()[4:])


# Lanes run side by side: most of their time they wait.
LANES = [[a_life, imports, sets, partial_failure, diagnostics], [unknown_values, secrets_and_logs, tainted_and_timeouts],
         [parallel, interrupted], [faults_of_adds, empty_lists], [faults_of_lists]]


def check_zip(rp, plugins, simulator):
    """The same package as a zip, twice the same, and unpacked by the engine."""
    bed, again = Bed(rp, plugins, "elb_member", "-zip"), Bed(rp, plugins, "elb_member", "-zip")
    found = [os.path.join(folder, name) for one in (bed, again) for folder, _, names in os.walk(one.mirror)
             for name in names]
    check(len(found) == 2 and all(name.endswith(".zip") for name in found), f"not zips: {found}")
    with open(found[0], "rb") as one, open(found[1], "rb") as other:
        check(one.read() == other.read(), "packed twice, and not the same")
    bed.write(bed.block, "versions.tf")
    bed.write(provider(simulator) + member())
    bed.init()
    bed.plan(code=2, says="1 to add")
    bed.remove()
    again.remove()


def run(bed, number, rp, plugins, scenarios):
    """These, one after the other, with a simulator and a folder of their own."""
    bed.move(f"lane-{number}")
    simulator = Simulator(bed.simulator, "--job-ms", "100")
    try:
        if a_life in scenarios:
            check_zip(rp, plugins, simulator)
        for scenario in scenarios:
            fresh(bed, simulator)
            began = time.monotonic()
            scenario(bed, simulator)
            print(f"{scenario.__name__}: {time.monotonic() - began:.1f} s", flush=True)
    finally:
        simulator.stop()


def main(rp, sim, plugins, *chosen):
    bed = Bed(rp, plugins)
    bed.simulator = sim
    bed.write(bed.block, "versions.tf")
    bed.init()
    lanes = [[one for one in lane if not chosen or one.__name__ in chosen] for lane in LANES]
    running = [multiprocessing.Process(target=run, args=(bed, number, rp, plugins, lane))
               for number, lane in enumerate(lanes) if lane]
    for process in running:
        process.start()
    for process in running:
        process.join()
    if any(process.exitcode for process in running):
        sys.exit(1)
    bed.remove()


if __name__ == "__main__":
    main(*sys.argv[1:])
