"""Orchestrators, each with its real tool, against elb-sim, redis-plugin and the plugin echo.

All go through the same life: create, a second run that sends nothing, a dry run, drift, an attribute that somebody
changed, removal, a refusal of the server, an interrupt, and mistakes. A tool says how it is run and what its output
means; what only one tool has is in its `extras`.
"""

import json
import os
import shutil
import signal
import subprocess

import ansible
import engine
import systemd
from servers import LARGE, TEXT, Simulator, expect, member, needs, wait_for
from tool import Tool, elb, redis_entry

SECONDS_TO_END = 6  # of a tool after Ctrl-C: a call ends within one


class CFEngine(Tool):
    dry_words = "should be created, but only a warning"
    updates = True

    def __init__(self, world):
        super().__init__(world)
        needs("cf-agent", "cfengine3")
        self.version = self.output("cf-agent", "--version").split()[-1]
        self.program = self.compile(
            "resource_promises", f"{world.source}/examples/orchestrators/cfengine/resource_promises.c", "json-c"
        )
        work = f"{self.scratch}/work"
        for folder in ("inputs", "bin", "outputs", "state", "ppkeys", "modules", "lastseen"):
            os.makedirs(f"{work}/{folder}", 0o700)
        os.symlink(shutil.which("cf-promises"), f"{work}/bin/cf-promises")
        self.environment.update(HOME=self.scratch, CFENGINE_TEST_OVERRIDE_WORKDIR=work)

    def path_of(self, plugin):
        """The promise type takes paths: it is a host on the bare ABI."""
        for folder in os.environ["RP_PLUGIN_PATH"].split(":"):
            if os.path.exists(f"{folder}/{plugin}.so"):
                return f"{folder}/{plugin}.so"
        return f"{self.world.build}/plugins/{plugin}.so"

    def command(self, objects, absent=False, dry=False):
        promises, data = [], []
        for i, some in enumerate(self.together(objects).values()):
            config = self.write(f"config{i}.json", some[0].config)
            records = self.write(f"records{i}.json", [one.record for one in some])
            # A container keeps no number above 2^31; a text is the plugin's alone to read.
            is_text = some[0].plugin == "echo"
            data.append(f'"config{i}" data => readjson("{config}");')
            data.append(f'"records{i}" ' + (f'string => readfile("{records}");' if is_text else f'data => readjson("{records}");'))
            promises.append(
                f'"promise {i}" plugin => "{self.path_of(some[0].plugin)}", resource => "{some[0].resource}",'
                f" config => @(config{i}), record => " + (f'"$(records{i})"' if is_text else f"@(records{i})")
                + (', state => "absent"' if absent else "") + ";"
            )
        policy = self.write(
            "policy.cf",
            f'promise agent resource {{ interpreter => "/usr/bin/env"; path => "{self.program}"; }}\n'
            f"bundle agent __main__ {{ vars: {' '.join(data)}\n resource: {' '.join(promises)} }}\n",
        )
        return ["cf-agent", "-K", "-I", "-f", policy] + ["--dry-run"] * dry

    def judge(self, ran):
        """cf-agent exits with 0 whatever happens; its output tells."""
        return "error:" in ran.output

    def extras(self, sim, row):
        """The example itself."""
        row.without("list", "the tool has no list of what exists")
        if "2^53" in row.cells:
            row.without("2^53", "in a record that is a text; CFEngine's data containers end at 2^31", "ok")
        folder = f"{self.scratch}/example"
        os.makedirs(folder)
        for path in (
            f"{self.world.source}/examples/orchestrators/cfengine/resources.cf",
            self.program,
            f"{self.world.build}/plugins/elb_member.so",
        ):
            shutil.copy(path, folder)
        with open(f"{folder}/config.json", "w") as file:
            json.dump(sim.config, file)
        os.chmod(f"{folder}/resources.cf", 0o600)
        command = ["cf-agent", "-K", "-I", "-f", f"{folder}/resources.cf"]
        self.run_command(command)
        expect(len(sim.members()) == 2, "the example creates no members")
        self.run_command(command + ["-D", "absent"])
        expect(sim.members() == [], "the example removes no members")
        with open(f"{folder}/resources.cf") as file:
            wrong = file.read().replace("record =>", "records =>")
        with open(f"{folder}/resources.cf", "w") as file:
            file.write(wrong)
        out = self.run_command(command).output
        expect("records: there is no such attribute" in out, f"a misspelt attribute of a promise: {out}")


class Puppet(Tool):
    dry_words = "should be 'present' (noop)"
    updates = True

    def __init__(self, world):
        super().__init__(world)
        needs("puppet", "puppet-agent")
        self.version = self.output("puppet", "--version")
        self.modules = f"{world.source}/examples/orchestrators/puppet"
        self.environment.update(HOME=self.scratch, RUBYLIB=f"{world.hosts}/ruby")

    def command(self, objects, absent=False, dry=False):
        manifest = []
        for i, one in enumerate(objects):
            manifest.append(
                f"plugin_resource {{ 'object {i}': ensure => '{'absent' if absent else 'present'}',"
                f" plugin => '{one.plugin}', resource => '{one.resource}',"
                f" config => {self.literal(one.config)}, record => {self.literal(one.record)} }}\n"
            )
        return self.apply(self.write("site.pp", "".join(manifest)), *["--noop"] * dry)

    def apply(self, *arguments):
        return ["puppet", "apply", f"--modulepath={self.modules}", "--detailed-exitcodes", "--color=false"] + [
            *("--confdir", f"{self.scratch}/conf", "--vardir", f"{self.scratch}/var"),
            *arguments,
        ]

    def literal(self, value):
        """A value in Puppet's language."""
        if isinstance(value, dict):
            return "{" + ", ".join(f"{self.literal(k)} => {self.literal(v)}" for k, v in value.items()) + "}"
        if isinstance(value, str):
            return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
        return json.dumps(value)

    def judge(self, ran):
        """0 nothing to do, 2 changed, 4 failed, 6 both, 1 no catalog."""
        return ran.code not in (0, 2)

    def extras(self, sim, row):
        """The example itself; a secret is in no output."""
        row.without("list", "the tool has no list of what exists")
        site = f"{self.modules}/site.pp"
        facts = {"FACTER_endpoint": sim.url, "FACTER_token": "sim-token"}
        ran = self.run_command(self.apply(site), facts)
        expect(ran.code == 2 and len(sim.members()) == 2, f"the example: {ran.output}")
        ran = self.run_command(self.apply(site), {**facts, "FACTER_token": "secret-4711", "FACTER_ensure": "absent"})
        expect(ran.code == 4 and "secret-4711" not in ran.output, f"a wrong token: {ran.code}: {ran.output}")


class Pacemaker(Tool):
    """The resource agent, called as Pacemaker would: start, stop, monitor."""


    def __init__(self, world):
        super().__init__(world)
        needs("ocf-tester", "resource-agents")
        needs("xmllint", "libxml2-utils")
        self.agent = f"{world.source}/examples/orchestrators/pacemaker/resource-plugin"
        self.version = self.output("dpkg-query", "-W", "-f", "${Version}", "resource-agents").split(":")[-1]
        self.environment.update(
            OCF_ROOT="/usr/lib/ocf",
            OCF_RESOURCE_INSTANCE="member",
            HA_LOGD="no",
            HA_debug="0",
            OCF_RESKEY_rp=f"{world.build}/src/cli/rp",
        )

    def command(self, objects, absent=False, dry=False, action=None):
        script = ["failed=0"]
        for i, one in enumerate(objects):
            config, record = self.write(f"config{i}.json", one.config), self.write(f"record{i}.json", one.record)
            script.append(
                f"OCF_RESKEY_plugin={one.plugin} OCF_RESKEY_config={config} OCF_RESKEY_record={record}"
                f" {self.agent} {action or ('stop' if absent else 'start')} || failed=$?"
            )
        return ["bash", "-c", "\n".join(script + ["exit $failed"])]

    def extras(self, sim, row):
        one = elb(sim, 7)
        for action, code in (("monitor", 7), ("start", 0), ("start", 0), ("monitor", 0), ("stop", 0), ("stop", 0)):
            ran = self.run_command(self.command([one], action=action))
            expect(ran.code == code, f"{action}: exit code {ran.code} instead of {code}: {ran.output}")
        row.ok("read")
        os.remove(f"{self.scratch}/config0.json")
        ran = self.run_command([self.agent, "validate-all"], {"OCF_RESKEY_plugin": "elb_member"})
        expect(ran.code == 6, f"no configuration: exit code {ran.code}")
        config, record = self.write("config.json", one.config), self.write("record.json", one.record)
        options = ["plugin=elb_member", f"config={config}", f"record={record}", f"rp={self.world.build}/src/cli/rp"]
        ran = self.run_command(
            ["ocf-tester", "-n", "member", *(word for option in options for word in ("-o", option)), self.agent]
        )
        expect(ran.code == 0 and sim.members() == [], f"ocf-tester: {ran.output}")
        redis = self.world.redis
        self.run([redis_entry(redis, "pacemaker", "old")])
        ran = self.run([redis_entry(redis, "pacemaker", "new")])
        expect(self.judge(ran) and redis.ask("GET", "pacemaker") == "old", "start of what differs is no failure")
        row.without("update", "an agent has no update: start fails if the object has other attributes")
        row.without("list", "the tool has no list of what exists")


TOOLS = {
    "engine": engine.Engine,
    "Ansible": ansible.Ansible,
    "CFEngine": CFEngine,
    "Puppet": Puppet,
    "Pacemaker": Pacemaker,
    "systemd": systemd.Systemd,
}


# --- the life of a few objects ---------------------------------------------------------------------------------------------


def same(sim, numbers):
    return sim.members() == [member(i)["server_id"] for i in numbers]


def create(tool, sim, redis, row):
    objects = tool.objects(sim, redis, TEXT)
    key = objects[-1].record.get("key")
    if tool.dry_words:
        ran = tool.run(objects, dry=True)
        expect(tool.dry_words in ran.output, f"dry run: {ran.output}")
        expect(sim.members() == [] and sim.requests("POST") == 0, "a dry run adds members")
        expect(tool.only_elb or redis.ask("GET", key) is None, "a dry run creates an entry")
        row.ok("read")
    ran = tool.run(objects)
    expect(not tool.judge(ran) and same(sim, (1, 2)), f"create: {ran.output}")
    if not tool.only_elb:
        expect(redis.ask("GET", key) == TEXT, f"unicode: {redis.ask('GET', key)!r}")
        row.ok("unicode")
    sent = sim.requests("POST")
    ran = tool.run(objects)
    expect(not tool.judge(ran) and sim.requests("POST") == sent, f"the second run sends something: {ran.output}")
    row.ok("create")


def drift(tool, sim, redis, row):
    """Somebody removes the members, and gives the entry another value."""
    objects = tool.objects(sim, redis, TEXT)
    sim.remove_all()
    if tool.updates:
        redis.ask("SET", objects[-1].record["key"], "other")
    ran = tool.run(objects)
    expect(not tool.judge(ran) and same(sim, (1, 2)), f"drift: {ran.output}")
    if tool.updates:
        expect(redis.ask("GET", objects[-1].record["key"]) == TEXT, f"update: {ran.output}")
        row.ok("update")


def delete(tool, sim, redis, row):
    objects = tool.objects(sim, redis, TEXT)
    ran = tool.run(objects, absent=True)
    expect(not tool.judge(ran) and sim.members() == [], f"absent: {ran.output}")
    expect(tool.only_elb or redis.ask("GET", objects[-1].record["key"]) is None, "absent: the entry is still there")
    sent = sim.requests("POST") + sim.requests("DELETE")
    ran = tool.run(objects, absent=True)
    expect(not tool.judge(ran), f"the second run of absent: {ran.output}")
    expect(sim.requests("POST") + sim.requests("DELETE") == sent, "the second run of absent sends something")
    row.ok("delete")


def refusal(tool, sim, row):
    """The server refuses the one member; where the tool goes on, the other is there."""
    sim.refuse_next()
    ran = tool.run([elb(sim, 3)])
    expect(tool.judge(ran) and sim.members() == [], f"a refusal is no failure: {ran.output}")
    expect("ELB.2001" in ran.output or "quota" in ran.output.lower(), f"a refusal is not told: {ran.output}")


def mistakes(tool, sim, row):
    good = elb(sim, 4)
    wrong = [
        ("elb_membr", good._replace(plugin="elb_membr")),
        ("tokn", good._replace(config={**good.config, "tokn": "x"})),
        ("adress", good._replace(record={**good.record, "adress": "x"})),
    ]
    for some in [[one] for one in wrong] if tool.stops_at_mistakes else [wrong]:
        ran = tool.run([one for _, one in some])
        expect(tool.judge(ran), f"a mistake is no failure: {ran.output}")
        for word, _ in some:
            expect(word in ran.output, f"{word} is not named: {ran.output}")
    expect(sim.members() == [], "a mistake adds a member")
    row.ok("error")


def large_numbers(tool, row):
    path = f"{tool.scratch}/echo"
    record = {"name": TEXT, "number": LARGE}
    ran = tool.run([tool.object("echo", "echo", {"file": path}, record)])
    expect(os.path.exists(path), f"echo was not called: {ran.output}")
    with open(path, encoding="utf-8") as file:
        (got,) = json.loads(file.readline())["records"]
    expect(got["name"] == TEXT, f"unicode: {got['name']!r}")
    expect(got["number"] == LARGE and isinstance(got["number"], int), f"2^53: {got['number']!r}")
    row.ok("2^53")


def interrupt(tool, row):
    """Ctrl-C while the server works: the tool ends, and the next run finds what was begun."""
    with Simulator(tool.world.build, "--job-ms", "60000") as sim:
        objects = [elb(sim, 5)]
        process = tool.start(objects)
        wait_for(lambda: sim.requests("POST") == 1, "interrupt: nothing is sent")
        os.killpg(process.pid, signal.SIGINT)
        try:
            out, _ = process.communicate(timeout=SECONDS_TO_END)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            expect(False, f"an interrupt does not end it in {SECONDS_TO_END} s")
        sim.post("time", {"advance_ms": 61000})
        ran = tool.run(objects)
        expect(not tool.judge(ran) and same(sim, (5,)), f"after an interrupt: {ran.output}")
        expect(sim.requests("POST") == 1, "after an interrupt a member is added twice")
    row.ok("cancel")


def try_row(world, row):
    tool = TOOLS[row.name](world)
    row.version = tool.version
    with Simulator(world.build, "--job-ms", "50") as sim:
        row.attempt(create, tool, sim, world.redis, row)
        row.attempt(drift, tool, sim, world.redis, row)
        row.attempt(delete, tool, sim, world.redis, row)
        row.attempt(refusal, tool, sim, row)
        row.attempt(mistakes, tool, sim, row)
        if not tool.only_elb:
            row.attempt(large_numbers, tool, row)
        row.attempt(interrupt, tool, row)
        row.attempt(tool.extras, sim, row)
