"""What the tests of rp share: a simulator, a folder with a configuration, and rp run in it."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import urllib.request

LISTENER = "e1b0000000000000000000000000000a"


def fail(words):
    sys.exit(f"FAILED: {words}")


def check(holds, words):
    if not holds:
        fail(words)


class Simulator:
    def __init__(self, program, *options):
        self.process = subprocess.Popen([program, "--exit-with-stdin", *options], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        self.url = self.process.stdout.readline().strip()

    def post(self, what, body):
        request = urllib.request.Request(f"{self.url}/sim/{what}", json.dumps(body).encode(),
                                         {"Content-Type": "application/json"})
        urllib.request.urlopen(request).read()

    def get(self, what):
        return json.load(urllib.request.urlopen(f"{self.url}/sim/{what}"))

    def members(self, listener=LISTENER):
        """The servers of a listener, one entry a member."""
        for one in self.get("state")["listeners"]:
            if one["id"] == listener:
                return sorted(member["server_id"] for member in one["members"])
        return []

    def busy(self):
        return any(job["status"] not in ("SUCCESS", "FAIL") for job in self.get("state")["jobs"])

    def stop(self):
        self.process.stdin.close()
        self.process.wait()


class Run:
    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err

    def __str__(self):
        return f"exit code {self.code}\n{self.out}\n{self.err}"


class Bed:
    """A folder in which rp is run."""

    def __init__(self, rp, plugins, folder=None):
        self.rp = rp
        self.folder = folder or tempfile.mkdtemp()
        self.environment = {**os.environ, "RP_PLUGIN_PATH": plugins, "OS_TOKEN": "sim-token"}
        for name in ("RP_CONFIG", "NO_COLOR"):
            self.environment.pop(name, None)

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, text, name="resources.yaml"):
        with open(self.path(name), "w") as file:
            file.write(text)

    def start(self, *arguments):
        return subprocess.Popen([self.rp, *arguments], cwd=self.folder, env=self.environment, text=True,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def run(self, *arguments, code=0, says=None):
        process = self.start(*arguments)
        out, err = process.communicate(timeout=120)
        ran = Run(process.returncode, out, err)
        check(code is None or ran.code == code, f"rp {' '.join(arguments)}: not {code} but {ran}")
        for words in [says] if isinstance(says, str) else says or []:
            check(words in out + err, f"rp {' '.join(arguments)} does not say \"{words}\" but {ran}")
        return ran

    def state(self):
        return json.loads(self.run("show", "-json").out)

    def remove(self):
        shutil.rmtree(self.folder)


def members(simulator, servers, settle_ms=2000, token="${env:OS_TOKEN}", listener=LISTENER):
    """A configuration with a member for each server."""
    each = ", ".join(f"{name}: 10.0.{number // 250}.{number % 250 + 1}" for number, name in enumerate(servers))
    return f"""plugin: elb_member
config:
  endpoint: {simulator.url}
  project_id: 55300f3c8f764c06b1a32e2302edc305
  token: {token}
  settle_ms: {settle_ms}
  poll_min_ms: 20
resources:
  web:
    for_each: {{{each}}}
    record:
      listener_id: {listener}
      server_id: ${{each.key}}
      address: ${{each.value}}
"""
