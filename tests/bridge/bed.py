"""What the tests of the bridge share: a simulator, a mirror made by rp provider, and Terraform or OpenTofu run in a folder
of their own."""

import glob
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request

LISTENER = "e1b0000000000000000000000000000a"
OTHER = "e1b0000000000000000000000000000b"
PROJECT = "55300f3c8f764c06b1a32e2302edc305"
SKIPPED = 77


def fail(words):
    sys.exit(f"FAILED: {words}")


def check(holds, words):
    if not holds:
        fail(words)


def program():
    """Terraform, or what TOFU names; the test is skipped where there is none."""
    found = os.environ.get("TOFU") or shutil.which("terraform")
    if not found:
        print("SKIPPED: there is no terraform on PATH, and TOFU does not name a tofu")
        sys.exit(SKIPPED)
    return found


class Simulator:
    def __init__(self, path, *options):
        self.process = subprocess.Popen([path, "--exit-with-stdin", *options], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        self.url = self.process.stdout.readline().strip()

    def post(self, what, body):
        request = urllib.request.Request(f"{self.url}/sim/{what}", json.dumps(body).encode(),
                                         {"Content-Type": "application/json"})
        urllib.request.urlopen(request).read()

    def get(self, what):
        return json.load(urllib.request.urlopen(f"{self.url}/sim/{what}"))

    def members(self, listener=LISTENER):
        for one in self.get("state")["listeners"]:
            if one["id"] == listener:
                return sorted(member["server_id"] for member in one["members"])
        return []

    def busy(self):
        return any(job["status"] not in ("SUCCESS", "FAIL") for job in self.get("state")["jobs"])

    def remove(self, server, listener=LISTENER):
        """Somebody else removes a member."""
        for one in self.get("state")["listeners"]:
            if one["id"] == listener:
                ids = [{"id": member["id"]} for member in one["members"] if member["server_id"] == server]
                self.post("members", {"listener_id": listener, "remove": ids})

    def add(self, server, address, listener=LISTENER):
        self.post("members", {"listener_id": listener, "add": [{"server_id": server, "address": address}]})

    def counts(self):
        return self.get("counts")

    def requests(self):
        return self.get("requests")["requests"]

    def reset(self, what="all"):
        self.post("reset", {"what": what})

    def stop(self):
        self.process.stdin.close()
        self.process.wait()


class Run:
    def __init__(self, code, out):
        self.code, self.out = code, out

    def __str__(self):
        return f"exit code {self.code}\n{self.out}"


def make_mirror(rp, plugins, plugin, folder, *options):
    """rp provider, into a mirror of that folder; the block it prints."""
    environment = {**os.environ, "RP_PLUGIN_PATH": plugins}
    return subprocess.run([rp, "provider", plugin, "-out", folder, *options], env=environment, check=True, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE).stdout


class Bed:
    """A folder in which the engine is run, with a home and a mirror of its own."""

    def __init__(self, rp, plugins, plugin="elb_member", *options):
        self.program = program()
        self.home = tempfile.mkdtemp(prefix="bridge-")
        self.folder = os.path.join(self.home, "work")
        self.mirror = os.path.join(self.home, "mirror")
        os.mkdir(self.folder)
        self.block = make_mirror(rp, plugins, plugin, self.mirror, *options)
        with open(os.path.join(self.home, "rc"), "w") as file:
            file.write(f'provider_installation {{\n  filesystem_mirror {{\n    path = "{self.mirror}"\n  }}\n}}\n')
        self.environment = {name: value for name, value in os.environ.items()
                            if not name.startswith(("TF_", "OS_", "RP_", "PLUGIN_"))}
        self.environment.update(HOME=self.home, TF_CLI_CONFIG_FILE=os.path.join(self.home, "rc"), CHECKPOINT_DISABLE="1",
                                TF_IN_AUTOMATION="1", **self.sanitizer_options())

    def sanitizer_options(self):
        """Terraform keeps what a provider writes to itself: a sanitizer writes to files, which stay until remove."""
        options = {}
        for name in ("ASAN_OPTIONS", "LSAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS"):
            before = os.environ.get(name, "")
            options[name] = f"{before}{':' if before else ''}log_path={self.home}/sanitizer"
        return options

    def move(self, name):
        """Into a folder of that name, which has what init has made. The processes of the test share the mirror."""
        folder = os.path.join(self.home, name)
        shutil.copytree(self.folder, folder, symlinks=True)
        self.folder = folder

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, text, name="main.tf"):
        with open(self.path(name), "w") as file:
            file.write(text)

    def clean(self):
        for name in os.listdir(self.folder):
            if name.endswith((".tf", ".tfstate", ".backup")) and name != "versions.tf":
                os.remove(self.path(name))

    def start(self, *arguments, **environment):
        return subprocess.Popen([self.program, *arguments], cwd=self.folder, env={**self.environment, **environment},
                                text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                start_new_session=True)

    def run(self, *arguments, code=0, says=None, never=None, **environment):
        process = self.start(*arguments, **environment)
        try:
            out, _ = process.communicate(timeout=180)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            fail(f"{' '.join(arguments)} does not end")
        ran = Run(process.returncode, re.sub(r"\x1b\[[0-9;]*m", "", out))
        flat = " ".join(ran.out.replace("│", " ").split())
        check(code is None or ran.code == code, f"{' '.join(arguments)}: not {code} but {ran}")
        for words in [says] if isinstance(says, str) else says or []:
            check(words in flat, f"{' '.join(arguments)} does not say \"{words}\" but {ran}")
        for words in [never] if isinstance(never, str) else never or []:
            check(words not in flat, f"{' '.join(arguments)} says \"{words}\": {ran}")
        return ran

    def init(self):
        self.run("init", "-no-color", says="successfully initialized")

    def plan(self, *arguments, **how):
        """With -detailed-exitcode: 0 is no changes, 2 is changes."""
        return self.run("plan", "-no-color", "-input=false", "-detailed-exitcode", *arguments, **how)

    def apply(self, *arguments, **how):
        return self.run("apply", "-no-color", "-input=false", "-auto-approve", *arguments, **how)

    def destroy(self, *arguments, **how):
        return self.run("destroy", "-no-color", "-input=false", "-auto-approve", *arguments, **how)

    def no_changes(self, **how):
        self.plan(code=0, says="No changes.", **how)

    def state(self):
        return json.loads(self.run("show", "-json").out)

    def resources(self):
        """Of the state: attributes by address, and which are tainted."""
        found = self.state().get("values", {}).get("root_module", {}).get("resources", [])
        return {one["address"]: {**one["values"], "tainted": one.get("tainted", False)} for one in found}

    def remove(self):
        """The end of a test that went well, unless a sanitizer has found something."""
        for report in glob.glob(f"{self.home}/sanitizer.*"):
            with open(report) as file:
                fail(f"a sanitizer reports, in {report}:\n{file.read()[:8000]}")
        shutil.rmtree(self.home)


def provider(simulator, **settings):
    settings = {"endpoint": simulator.url, "project_id": PROJECT, "token": "sim-token", "poll_min_ms": 20,
                "settle_ms": 2000, **settings}
    lines = "".join(f"  {name} = {json.dumps(value)}\n" for name, value in settings.items())
    return f'provider "elb" {{\n{lines}}}\n'


def member(name="web", servers="a", listener=LISTENER, more="", type="elb_member"):
    each = ", ".join(f'"{server}" = "10.0.0.{index + 1}"' for index, server in enumerate(servers.split()))
    return f"""resource "{type}" "{name}" {{
  for_each    = {{ {each} }}
  listener_id = "{listener}"
  server_id   = each.key
  address     = each.value
{more}}}
"""


def member_set(servers, name="pool", listener=LISTENER, more="", prefix=""):
    each = ", ".join(f'"{prefix}{server}" = {{ server_id = "{server}", address = "10.0.0.{ord(server[0]) - 96}" }}'
                     for server in servers.split())
    return f"""resource "elb_member_set" "{name}" {{
  listener_id = "{listener}"
  records     = {{ {each} }}
{more}}}
"""
