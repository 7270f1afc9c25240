"""What an orchestrator's test has to say: how to run the tool for some objects, and what its output means."""

import collections
import json
import os
import subprocess
import tempfile

from servers import Missing, expect, member

Object = collections.namedtuple("Object", "plugin resource config record")
Ran = collections.namedtuple("Ran", "code output")


def elb(sim, number):
    return Object("elb_member", "elb_member", sim.config, member(number))


def redis_entry(redis, key, value):
    return Object("redis", "redis_entry", redis.config, {"key": key, "value": value})


class Tool:
    dry_words = None  # what a dry run says of what it would create; None: the tool has no dry run
    only_elb = False
    updates = False
    stops_at_mistakes = False

    def __init__(self, world):
        self.world = world
        self.version = ""
        self.scratch = tempfile.mkdtemp(dir=world.scratch)
        self.environment = dict(os.environ)

    # --- each tool's own -----------------------------------------------------------------------

    def command(self, objects, absent=False, dry=False):
        """Writes what the tool reads, and returns its command line."""
        raise NotImplementedError

    def judge(self, ran):
        """Whether a run failed."""
        return ran.code != 0

    def extras(self, sim, row):
        """What only this tool has. The server has no members."""

    # --- common --------------------------------------------------------------------------------

    object = Object

    def objects(self, sim, redis, value):
        """Two members and an entry."""
        members = [elb(sim, 1), elb(sim, 2)]
        return members if self.only_elb else members + [redis_entry(redis, f"of-{type(self).__name__}", value)]

    def together(self, objects):
        """Objects of the same plugin, resource and config, which one call may have."""
        groups = collections.OrderedDict()
        for one in objects:
            groups.setdefault((one.plugin, one.resource, json.dumps(one.config)), []).append(one)
        return groups

    def run(self, objects, absent=False, dry=False):
        return self.run_command(self.command(objects, absent, dry))

    def run_command(self, command, more=None):
        ran = subprocess.run(
            command,
            env={**self.environment, **(more or {})},
            cwd=self.scratch,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=120,
        )
        return Ran(ran.returncode, ran.stdout.decode(errors="replace"))

    def start(self, objects):
        """In a process group of its own, as a terminal has it."""
        return subprocess.Popen(
            self.command(objects),
            env=self.environment,
            cwd=self.scratch,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def output(self, *command):
        ran = subprocess.run(command, env=self.environment, capture_output=True, text=True)
        if ran.returncode:
            raise Missing(f"{command[0]} does not run: {(ran.stderr or ran.stdout).strip().splitlines()[-1]}")
        return ran.stdout.strip()

    def write(self, name, content):
        path = f"{self.scratch}/{name}"
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            file.write(content if isinstance(content, str) else json.dumps(content, ensure_ascii=False))
        return path

    def compile(self, name, path, package):
        flags = self.output("pkg-config", "--cflags", "--libs", package).split()
        command = ["cc", "-std=c11", "-Wall", "-Wextra", "-Werror", "-I", f"{self.world.source}/abi"]
        ran = self.run_command([*command, "-o", f"{self.scratch}/{name}", path, *flags])
        expect(ran.code == 0, f"{path} does not compile: {ran.output}")
        return f"{self.scratch}/{name}"
