"""examples/engine: several plugins at once, requests that are shared, a kill."""

import os

from servers import Simulator, expect, member, wait_for
from tool import Tool, elb


class Engine(Tool):
    updates = True
    stops_at_mistakes = True

    def __init__(self, world):
        super().__init__(world)
        self.program = f"{world.build}/examples/engine/engine"
        self.version = "in C"
        self.state = f"{self.scratch}/state.jsonl"

    def command(self, objects, absent=False, dry=False):
        plugins, named = {}, {}
        for i, some in enumerate(self.together(objects).values()):
            plugins[f"plugin-{i}"] = {"plugin": some[0].plugin, "config": some[0].config}
            for one in some:
                named["-".join(map(str, one.record.values()))] = {
                    "plugin": f"plugin-{i}",
                    "resource": one.resource,
                    "record": one.record,
                }
        deployment = self.write("deployment.json", {"plugins": plugins, "objects": named})
        return [self.program, "destroy" if absent else "apply", deployment, self.state]

    def forget(self):
        if os.path.exists(self.state):
            os.remove(self.state)

    def extras(self, sim, row):
        row.without("list", "the tool has no list of what exists")
        row.attempt(self.together_in_few, row)
        row.attempt(self.kill)

    def together_in_few(self, row):
        """Forty calls of 32 threads become few requests."""
        self.forget()
        with Simulator(self.world.build, "--job-ms", "50", "--latency-ms", "100") as sim:
            objects = [elb(sim, i) for i in range(40)]
            ran = self.run(objects)
            expect(ran.code == 0 and len(sim.members()) == 40, f"apply: {ran.output}")
            expect(sim.requests("POST") <= 6, f"{sim.requests('POST')} adds for 40 objects of 32 threads")
            ran = self.run(objects)
            expect(ran.output.count("unchanged") == 40, f"nothing to do: {ran.output}")
            row.ok("read")
            self.run(objects, absent=True)
            expect(sim.members() == [], "destroy left members")

    def kill(self):
        """The journal has the jobs, and nothing is created twice."""
        self.forget()
        with Simulator(self.world.build, "--job-ms", "1500") as sim:
            objects = [elb(sim, i) for i in range(20)]
            process = self.start(objects)
            wait_for(lambda: self.has_begun(20), "no states in the journal while jobs run")
            adds = sim.requests("POST")
            process.kill()
            process.communicate()
            self.run(objects)
            wait_for(lambda: len(sim.members()) == 20, f"after a kill: {len(sim.members())} members")
            expect(sim.members() == [member(i)["server_id"] for i in range(20)], "after a kill: other members")
            expect(sim.requests("POST") == adds, f"after a kill: {sim.requests('POST') - adds} more adds")

    def has_begun(self, count):
        return os.path.exists(self.state) and open(self.state).read().count('"job_id"') >= count
