"""The collection resource_plugin.core with the real ansible-playbook."""

import json
import os

from servers import LISTENER, TEXT, expect, member, needs
from tool import Tool


class Ansible(Tool):
    dry_words = '"changed": true'
    updates = True

    def __init__(self, world):
        super().__init__(world)
        needs("ansible-playbook", "ansible-core")
        self.environment.update(
            HOME=self.scratch,
            ANSIBLE_LOCAL_TEMP=f"{self.scratch}/local",
            ANSIBLE_REMOTE_TEMP=f"{self.scratch}/remote",
            ANSIBLE_NOCOWS="1",
            ANSIBLE_COLLECTIONS_PATH=f"{self.scratch}/collections",
            ANSIBLE_LOCALHOST_WARNING="False",
            ANSIBLE_INVENTORY_UNPARSED_WARNING="False",
            ANSIBLE_PYTHON_INTERPRETER="/usr/bin/python3",
        )
        self.version = self.output("ansible-playbook", "--version").split("core ")[1].split("]")[0]
        self.output("ansible-galaxy", "collection", "build", "--output-path", self.scratch, f"{world.source}/src/ansible")
        archive = next(one for one in os.listdir(self.scratch) if one.startswith("resource_plugin-core-"))
        self.output("ansible-galaxy", "collection", "install", "--offline", f"{self.scratch}/{archive}")
        self.results = []

    def command(self, objects, absent=False, dry=False):
        tasks = [
            {
                "plugin": some[0].plugin,
                "resource": some[0].resource,
                "config": some[0].config,
                "records": [one.record for one in some],
                "state": "absent" if absent else "present",
            }
            for some in self.together(objects).values()
        ]
        return self.playbook(tasks, dry)

    def playbook(self, tasks, dry=False):
        """Tasks are arguments of the modules: with a state of resource, else of resource_info."""
        steps = []
        for i, task in enumerate(tasks):
            module = "resource" if "state" in task else "resource_info"
            steps.append({f"resource_plugin.core.{module}": task, "register": f"r{i}", "ignore_errors": True})
        names = ", ".join(f"r{i}" for i in range(len(tasks)))
        path = f"{self.scratch}/results.json"
        steps.append({"copy": {"content": "{{ [%s] }}" % names, "dest": path}, "check_mode": False, "diff": False})
        if os.path.exists(path):
            os.remove(path)
        play = self.write(
            "play.json", [{"hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": steps}]
        )
        return ["ansible-playbook", "-vvv", "--diff", "-i", "localhost,", play] + ["--check"] * dry

    def judge(self, ran):
        """Failures are ignored, so that all tasks run: the results tell."""
        if not os.path.exists(f"{self.scratch}/results.json"):
            return True
        with open(f"{self.scratch}/results.json", encoding="utf-8") as file:
            self.results = json.load(file)
        return any(one["failed"] for one in self.results)

    def play(self, *tasks, dry=False):
        ran = self.run_command(self.playbook(tasks, dry))
        self.judge(ran)
        expect(len(self.results) == len(tasks), f"ansible-playbook: {ran.output}")
        return self.results, ran.output

    # --- what only Ansible has -----------------------------------------------------------------

    def extras(self, sim, row):
        row.attempt(self.hundred, sim)
        row.attempt(self.reads, sim, row)
        row.attempt(self.failures, sim)
        row.attempt(self.secrets, sim)
        row.attempt(self.example_and_docs, sim)

    def task(self, sim, **more):
        return {"plugin": "elb_member", "config": sim.config, **more}

    def present(self, sim, records, **more):
        return self.task(sim, records=records, state="present", **more)

    def hundred(self, sim):
        """A hundred members in one task: one add; a second run: nothing changed, one list."""
        task = self.present(sim, [member(i) for i in range(100)])
        (result,), _ = self.play(task, dry=True)
        expect(result["changed"] and sim.members() == [], f"check mode: {result}")
        expect(len(result["diff"]["after"]["objects"]) == 100, "check mode shows no difference")
        sim.forget_requests()
        (result,), _ = self.play(task)
        expect(result["changed"] and len(sim.members()) == 100, f"a hundred: {result.get('msg')}")
        expect(sim.requests("POST") == 1, f"{sim.requests('POST')} adds for 100 members")
        expect(all(one["changed"] and one["state"]["job_id"] for one in result["results"]), "a result has no state")
        sim.forget_requests()
        (result, other), _ = self.play(task, self.present(sim, [member(0)], adopt=False))
        expect(not result["failed"] and not result["changed"], f"second run: {result}")
        expect(sim.requests("POST") == 0, "the second run added members")
        lists = [one for one in sim.get("requests")["requests"] if "/members" in one["path"]]
        expect(len(lists) == 2, f"{len(lists)} lists of two tasks in the second run")
        expect(other["failed"] and "adopt" in other["msg"], f"adopt false: {other.get('msg')}")

    def reads(self, sim, row):
        redis = self.world.redis
        redis.ask("SET", "of-nobody", TEXT)
        (one, two, three), _ = self.play(
            self.task(sim, parent={"listener_id": LISTENER}),
            self.task(sim, records=[member(0), member(200)]),
            {"plugin": "redis", "config": redis.config},
        )
        expect(not one["failed"] and len(one["objects"]) == 100, f"list: {one.get('msg')}")
        expect([each["status"] for each in two["results"]] == ["ok", "not_found"], f"read: {two}")
        expect(any(each.get("value") == TEXT for each in three["objects"]), f"list of redis: {three}")
        row.ok("read", "list")

    def failures(self, sim):
        wrong = [member(200), {**member(201), "adress": "x"}]
        (result,), _ = self.play(self.present(sim, wrong), dry=True)
        expect(result["failed"] and "adress" in result["msg"], "check mode passes over a bad record")
        (result, absent), _ = self.play(
            self.present(sim, wrong), self.task(sim, records=[member(i) for i in range(99)], state="absent")
        )
        expect(result["failed"] and result["changed"], "a bad record fails the task and leaves the other alone")
        expect([one["index"] for one in result["failures"]] == [1], f"failures: {result['failures']}")
        expect("adress" in result["msg"] and "records[1]" in result["msg"], result["msg"])
        expect(absent["changed"] and len(sim.members()) == 2, f"absent: {absent}")
        sim.refuse_next()
        (result,), _ = self.play(self.present(sim, [member(300)]))
        expect(result["failed"] and result["failures"][0]["status"] == "quota_exceeded", f"quota: {result}")

    def secrets(self, sim):
        secret = "secret-of-the-test-4711"
        task = self.present(sim, [member(19)])
        task["config"] = {**sim.config, "token": secret}
        (result,), output = self.play(task)
        expect(result["failed"] and result["failures"][0]["status"] == "unauthenticated", f"wrong token: {result}")
        expect(secret not in output, "a secret is in the output")
        # poll_min_ms is 20: masked as a secret, it would be cut out of this address.
        expect(sim.config["poll_min_ms"] == 20 and member(19)["address"] == "172.16.0.20", "the test is off")
        expect("172.16.0.20" in output, "what is no secret is masked")

    def example_and_docs(self, sim):
        playbook = f"{self.world.source}/examples/orchestrators/ansible/playbook.yml"
        ran = self.run_command(["ansible-playbook", "-i", "localhost,", "-e", f"endpoint={sim.url}", playbook])
        expect(ran.code == 0 and "172.16.0.31" in ran.output, f"the example: {ran.output}")
        for module in ("resource", "resource_info"):
            ran = self.run_command(["ansible-doc", "-t", "module", f"resource_plugin.core.{module}"])
            expect(ran.code == 0 and "records" in ran.output, f"ansible-doc: {ran.output}")
