"""Tasks of the collection against elb-sim: create, second run, drift, check mode, absent, faults, secrets."""

import json
import os
import subprocess
import sys

from simulator import LISTENER, Simulator, check, member

source, scratch, build = sys.argv[1:]
sim = Simulator(build, "--job-ms", "50")
runs = 0


def play(*tasks, check_mode=False, config=sim.config):
    """Runs the tasks and returns the result of each, and all output."""
    global runs
    runs += 1
    path, results = f"{scratch}/play{runs}.json", f"{scratch}/results{runs}.json"
    steps = []
    for i, task in enumerate(tasks):
        module = "resource" if "state" in task else "resource_info"
        arguments = {"plugin": "elb_member", "config": config, **task}
        steps.append(
            {f"resource_plugin.core.{module}": arguments, "register": f"result{i}", "ignore_errors": True}
        )
    names = ", ".join(f"result{i}" for i in range(len(tasks)))
    steps.append({"copy": {"content": "{{ [%s] }}" % names, "dest": results}, "check_mode": False, "diff": False})
    with open(path, "w") as file:
        json.dump([{"hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": steps}], file)
    command = ["ansible-playbook", "-vvv", "--diff", "-i", "localhost,", path] + ["--check"] * check_mode
    environment = {**os.environ, "ANSIBLE_PYTHON_INTERPRETER": "/usr/bin/python3"}
    ran = subprocess.run(command, env=environment, capture_output=True, text=True)
    check(os.path.exists(results), f"ansible-playbook wrote no results: {ran.stdout}{ran.stderr}")
    with open(results) as file:
        return json.load(file), ran.stdout + ran.stderr


def present(records, **more):
    return {"state": "present", "records": records, **more}


def absent(records):
    return {"state": "absent", "records": records}


hundred = [member(i) for i in range(100)]

(result,), _ = play(present(hundred), check_mode=True)
check(not result["failed"] and result["changed"], f"check mode of a create: {result}")
check(sim.members() == [] and sim.requests("POST") == 0, "check mode changed something")
check(len(result["diff"]["after"]["objects"]) == 100, "check mode shows no difference")

sim.forget_requests()
(result,), _ = play(present(hundred))
check(not result["failed"] and result["changed"] and len(sim.members()) == 100, f"create: {result.get('msg')}")
check(sim.requests("POST") == 1, f"{sim.requests('POST')} adds for 100 members")
check(all(one["changed"] and one["state"]["job_id"] for one in result["results"]), "a result has no state")

sim.forget_requests()
(result,), _ = play(present(hundred))
check(not result["failed"] and not result["changed"], f"second run: {result}")
check(sim.requests("POST") == 0, "the second run added members")
listed = [one for one in sim.get("requests")["requests"] if "/members" in one["path"]]
check(len(listed) == 1, f"{len(listed)} lists in the second run")

sim.post("members", {"listener_id": LISTENER, "clear": True})
(result,), _ = play(present(hundred[:3]))
check(not result["failed"] and result["changed"] and len(sim.members()) == 3, f"drift: {result.get('msg')}")

(result,), _ = play(present(hundred[:1], adopt=False))
check(result["failed"] and "adopt" in result["msg"], f"adopt false: {result.get('msg')}")

(result,), _ = play({"parent": {"listener_id": LISTENER}})
check(not result["failed"] and len(result["objects"]) == 3, f"list: {result.get('msg')}")
(result,), _ = play({"records": [hundred[0], hundred[50]]})
check([one["status"] for one in result["results"]] == ["ok", "not_found"], f"read: {result}")

(result,), _ = play(absent(hundred[:2]), check_mode=True)
check(not result["failed"] and result["changed"] and len(sim.members()) == 3, "check mode of absent")
(one, two), _ = play(absent(hundred[:2]), absent(hundred[:2]))
check(one["changed"] and not two["changed"] and len(sim.members()) == 1, f"absent: {one} {two}")

wrong = [member(200), {**member(201), "adress": "x"}]
(result,), _ = play(present(wrong))
check(result["failed"] and result["changed"], "a bad record is to fail the task and leave the other alone")
check([one["index"] for one in result["failures"]] == [1], f"failures: {result['failures']}")
check("adress" in result["msg"] and "records[1]" in result["msg"], result["msg"])
(result,), _ = play(present(wrong), check_mode=True)
check(result["failed"] and "adress" in result["msg"], "check mode passes over a bad record")

sim.post("faults", {"on": "add", "kind": "status", "status": 403, "code": "ELB.2001"})
(result,), _ = play(present([member(300)]))
check(result["failed"] and result["failures"][0]["status"] == "quota_exceeded", f"quota: {result}")

(result,), _ = play(present([member(1)]), config={**sim.config, "tokn": "x"})
check(result["failed"] and "token" in result["msg"], f"bad config: {result['msg']}")

secret = "secret-of-the-test-4711"
(result,), output = play(present([member(19)]), config={**sim.config, "token": secret})
check(result["failed"] and result["failures"][0]["status"] == "unauthenticated", f"wrong token: {result}")
check(secret not in output, "a secret is in the output")
# poll_min_ms is 20: masked as a secret, it would be cut out of this address.
check(sim.config["poll_min_ms"] == 20 and member(19)["address"] == "172.16.0.20", "the test is off")
check("172.16.0.20" in output, "what is no secret is masked")

example = subprocess.run(
    ["ansible-playbook", "-i", "localhost,", "-e", f"endpoint={sim.url}"]
    + ["-e", "ansible_python_interpreter=/usr/bin/python3", f"{source}/examples/orchestrators/ansible/playbook.yml"],
    capture_output=True,
    text=True,
)
check(example.returncode == 0 and "172.16.0.31" in example.stdout, f"the example: {example.stdout}{example.stderr}")

doc = subprocess.run(
    ["ansible-doc", "-t", "module", "resource_plugin.core.resource", "resource_plugin.core.resource_info"],
    capture_output=True,
    text=True,
)
check(doc.returncode == 0 and "records" in doc.stdout, f"ansible-doc: {doc.stderr}")
print("ansible: create, second run, drift, check mode, diff, absent, list, read, faults, secrets: ok")
