"""examples/engine with two plugins at once: apply, apply again, drift, a kill, Ctrl-C, destroy."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time

from simulator import Simulator, check, member

engine, build = sys.argv[1:]
os.environ["RP_PLUGIN_PATH"] = f"{build}/plugins"
scratch = tempfile.TemporaryDirectory()
state = f"{scratch.name}/state.jsonl"
deployment = f"{scratch.name}/deployment.json"


def deploy(sim, count, notes=3):
    objects = {f"web-{i}": {"plugin": "elb", "resource": "elb_member", "record": member(i)} for i in range(count)}
    for i in range(notes):
        objects[f"note-{i}"] = {"plugin": "minimal", "resource": "note", "record": {"name": f"n{i}", "text": "x"}}
    plugins = {"elb": {"plugin": "elb_member", "config": sim.config}, "minimal": {"config": {}}}
    with open(deployment, "w") as file:
        json.dump({"plugins": plugins, "objects": objects}, file)


def start(verb):
    return subprocess.Popen([engine, verb, deployment, state], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def run(verb, code=0):
    process = start(verb)
    out, err = process.communicate()
    check(process.returncode == code, f"{verb}: exit code {process.returncode}: {out}{err}")
    return out + err


def servers(count):
    return [member(i)["server_id"] for i in range(count)]


def has_begun(count):
    """The journal, which began empty, has the states of so many objects."""
    return os.path.exists(state) and open(state).read().count('"job_id"') >= count


def wait_for(holds, words):
    until = time.monotonic() + 20
    while not holds():
        check(time.monotonic() < until, words)
        time.sleep(0.02)


sim = Simulator(build, "--job-ms", "50", "--latency-ms", "20")
deploy(sim, 40)
out = run("apply")
check(out.count("created") == 43 and sim.members() == servers(40), f"apply: {out}")
check(sim.requests("POST") <= 6, f"{sim.requests('POST')} adds for 40 objects of 32 threads")
sim.post("members", {"listener_id": member(0)["listener_id"], "clear": True})
deploy(sim, 40, notes=0)
out = run("apply")
check(out.count("created") == 40 and sim.members() == servers(40), f"drift: {out}")
out = run("apply")
check(out.count("unchanged") == 40, f"nothing to do: {out}")
run("destroy")
check(sim.members() == [], "destroy left members")
sim.stop()

# A kill while the jobs run: the journal has the jobs, and nothing is created twice.
sim = Simulator(build, "--job-ms", "1500")
os.unlink(state)
deploy(sim, 20, notes=0)
process = start("apply")
wait_for(lambda: has_begun(20), "no states in the journal while jobs run")
adds = sim.requests("POST")
process.kill()
process.wait()
run("apply")
wait_for(lambda: sim.members() == servers(20), f"after a kill: {len(sim.members())} members")
check(sim.requests("POST") == adds, f"after a kill: {sim.requests('POST') - adds} more adds")
run("destroy")
sim.stop()

# Ctrl-C: all calls end within a second, and what they began is in the journal.
sim = Simulator(build, "--job-ms", "60000")
os.unlink(state)
deploy(sim, 20, notes=0)
process = start("apply")
wait_for(lambda: has_begun(20), "no states in the journal")
begin = time.monotonic()
process.send_signal(signal.SIGINT)
process.communicate()
check(time.monotonic() - begin < 1.5, f"Ctrl-C took {time.monotonic() - begin:.1f} s")
check(process.returncode == 1, f"Ctrl-C: exit code {process.returncode}")
sim.stop()

with open(deployment, "w") as file:
    json.dump({"plugins": {}, "objects": {"a": {"plugin": "elb_membr", "resource": "x", "record": {}}}}, file)
check("elb_membr" in run("apply", 1), "a missing plugin is not named")
print("engine: two plugins, drift, unchanged, destroy, kill, Ctrl-C, missing plugin: ok")
