"""Each host of examples/hosts against elb-sim, redis-plugin and a plugin that echoes: one row a host.

    matrix.py SOURCE BUILD

A cell is "ok", "-" where the host has no such thing, or what went wrong. A host whose interpreter is missing has a row
that says so; it fails nothing, but the last line counts it as skipped.
"""

import concurrent.futures
import glob
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time

from simulator import LISTENER, Simulator, member

source, build = sys.argv[1:]
hosts = f"{source}/examples/hosts"
scratch = tempfile.mkdtemp()
COLUMNS = ["create", "read", "update", "delete", "list", "cancel", "unicode", "2^53", "error"]
TEXT = "žluťoučký kůň \U0001f40e \u202e\u0000"[:-1]
LARGE = 2**53 - 1

os.environ["RP_PLUGIN_PATH"] = f"{build}/plugins:{build}/tests/hosts"
os.environ.setdefault("RPHOST_LIBRARY", f"{build}/src/host/librphost.so.0")
os.environ["PYTHONPATH"] = f"{source}/src/python"
os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
os.environ["LC_ALL"] = "C.UTF-8"


class Missing(Exception):
    """What a host needs and this machine has not."""


class Wrong(Exception):
    """What a host did wrong."""


def needs(program):
    found = shutil.which(program)
    if not found:
        raise Missing(f"no {program}")
    return found


def output(*command, **more):
    ran = subprocess.run(command, capture_output=True, text=True, **more)
    if ran.returncode:
        raise Missing((ran.stderr or ran.stdout).strip().splitlines()[-1])
    return ran.stdout.strip() or ran.stderr.strip()


# --- how each host is started: its version, and its command line ---------------------------------------------------------


def host_c():
    return output("cc", "-dumpfullversion"), [f"{build}/examples/hosts/call"]


def host_python():
    return output(needs("python3"), "-c", "import platform; print(platform.python_version())"), [
        "python3",
        f"{hosts}/python/host.py",
    ]


def host_luajit():
    return output(needs("luajit"), "-e", "print(jit.version:match('%S+$'))"), ["luajit", f"{hosts}/luajit/host.lua"]


def host_node():
    node = needs("node")
    modules = os.environ.get("NODE_PATH", f"{hosts}/node/node_modules")
    if not os.path.isdir(f"{modules}/koffi"):
        raise Missing("no koffi (npm)")
    os.environ["NODE_PATH"] = modules
    return output(node, "--version").lstrip("v"), [node, f"{hosts}/node/host.js"]


def host_ruby():
    return output(needs("ruby"), "-rfiddle", "-e", "print RUBY_VERSION"), ["ruby", f"{hosts}/ruby/host.rb"]


def host_perl():
    perl = "/usr/bin/perl" if os.path.exists("/usr/bin/perl") else needs("perl")
    return output(perl, "-MFFI::Platypus 2", "-e", "printf '%vd', $^V"), [perl, f"{hosts}/perl/host.pl"]


def host_php():
    php = needs("php")
    return output(php, "-r", "FFI::cdef('int abs(int x);'); echo PHP_VERSION;"), [php, f"{hosts}/php/host.php"]


def host_guile():
    guile = needs("guile")
    return output(guile, "-c", "(display (version))"), [
        guile,
        "--no-auto-compile",
        "-L",
        f"{hosts}/guile",
        f"{hosts}/guile/host.scm",
    ]


def host_go():
    go = needs("go")
    environment = {**os.environ, "GOFLAGS": "-mod=readonly", "CGO_ENABLED": "0"}
    output(go, "build", "-o", f"{scratch}/go-host", ".", cwd=f"{hosts}/go", env=environment)
    return output(go, "env", "GOVERSION", cwd="/").removeprefix("go"), [f"{scratch}/go-host"]


def host_java():
    """The first Java that has the final interface to foreign functions: 22 or later."""
    homes = sorted({os.path.dirname(os.path.dirname(one)) for one in glob.glob("/usr/lib/jvm/*/bin/javac")}, reverse=True)
    for home in homes:
        version = output(f"{home}/bin/javac", "-version").split()[-1]
        if int(version.split(".")[0]) >= 22:
            output(f"{home}/bin/javac", "-d", f"{scratch}/java", *glob.glob(f"{hosts}/java/*.java"))
            options = ["-XX:TieredStopAtLevel=1", "-Xshare:auto", "--enable-native-access=ALL-UNNAMED"]
            return version, [f"{home}/bin/java", *options, "-cp", f"{scratch}/java", "Host"]
    raise Missing("no Java 22 or later")


HOSTS = {
    "C": host_c,
    "Python": host_python,
    "LuaJIT": host_luajit,
    "Node.js": host_node,
    "Ruby": host_ruby,
    "Perl": host_perl,
    "PHP": host_php,
    "Guile": host_guile,
    "Go": host_go,
    "Java": host_java,
}
WITHOUT_CANCEL = {"LuaJIT", "Perl", "PHP"}  # no thread or signal can reach a call: they rely on its timeout


# --- servers ---------------------------------------------------------------------------------------------------------------


class Redis:
    """A redis-server of our own, or why there is none."""

    def __init__(self):
        self.missing = None
        if not shutil.which("redis-server"):
            self.missing = "no redis-server"
        elif not os.path.exists(f"{build}/plugins/redis.so"):
            self.missing = "redis-plugin is not built"
        if self.missing:
            return
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        command = ["redis-server", "--bind", "127.0.0.1", "--port", str(self.port), "--save", "", "--dir", scratch]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        until = time.monotonic() + 10
        while time.monotonic() < until:
            try:
                socket.create_connection(("127.0.0.1", self.port)).close()
                break
            except OSError:
                time.sleep(0.02)

    def stop(self):
        if not self.missing:
            self.process.terminate()
            self.process.wait()


# --- one host ---------------------------------------------------------------------------------------------------------------


class Host:
    def __init__(self, name, command):
        self.name = name
        self.command = command

    def run(self, plugin, config, hook, request, *times):
        """Exit code, status as the host prints it, answer, and what it wrote to standard error."""
        arguments = [plugin, json.dumps(config), hook, json.dumps(request), *map(str, times)]
        ran = subprocess.run(self.command + arguments, capture_output=True, timeout=60)
        words = ran.stderr.decode()
        line = ran.stdout.decode().strip()
        if "\t" not in line:
            return ran.returncode, None, None, words + line
        status, _, answer = line.partition("\t")
        return ran.returncode, status, json.loads(answer), words

    def act(self, plugin, config, resource, hook, records, expected="ok"):
        code, _, answer, words = self.run(plugin, config, hook, {"resource": resource, "records": records}, 20000)
        if answer is None:
            raise Wrong(f"{hook}: {words or code}")
        statuses = [one["status"] for one in answer["results"]]
        if statuses != [expected] * len(records):
            raise Wrong(f"{hook}: {statuses or answer['diagnostics']}")
        return answer["results"]

    def list(self, plugin, config, resource, parent):
        request = {"resource": resource, **({"parent": parent} if parent else {})}
        code, _, answer, words = self.run(plugin, config, "list", request, 20000)
        if answer is None:
            raise Wrong(f"list: {words or code}")
        return answer["results"]


def expect(holds, words):
    if not holds:
        raise Wrong(words)


def life_at_elb(host, sim, row):
    records = [member(1), member(2)]
    made = host.act("elb_member", sim.config, "elb_member", "create", records)
    expect(len(sim.members()) == 2, "create: the server has not both members")
    row["create"] = "ok"
    read = host.act("elb_member", sim.config, "elb_member", "read", [one["state"] for one in made])
    expect([one["state"]["address"] for one in read] == [one["address"] for one in records], "read: other addresses")
    row["read"] = "ok"
    listed = host.list("elb_member", sim.config, "elb_member", {"listener_id": LISTENER})
    expect(len(listed) == 2, f"list: {len(listed)} objects instead of 2")
    row["list"] = "ok"
    host.act("elb_member", sim.config, "elb_member", "delete", records)
    expect(sim.members() == [], "delete: the server still has members")
    row["delete"] = "ok"


def life_at_redis(host, redis, row):
    if redis.missing:
        row["update"] = redis.missing
        return
    key = f"matrix-{host.name}"
    config = {"port": redis.port}
    record = {"key": key, "value": TEXT, "ttl_seconds": 1000}
    made = host.act("redis", config, "redis_entry", "create", [record])
    expect(made[0]["state"]["value"] == TEXT, "redis create: another text")
    change = {"state": made[0]["state"], "record": {**record, "value": "new"}}
    host.act("redis", config, "redis_entry", "update", [change])
    read = host.act("redis", config, "redis_entry", "read", [{"key": key}])
    expect(read[0]["state"]["value"] == "new", "update: the old value is still there")
    row["update"] = "ok"
    expect(any(one["state"]["key"] == key for one in host.list("redis", config, "redis_entry", None)), "redis list")
    host.act("redis", config, "redis_entry", "delete", [made[0]["state"]])
    host.act("redis", config, "redis_entry", "read", [{"key": key}], "not_found")


def cancel(host, slow, row):
    times = (700,) if host.name in WITHOUT_CANCEL else (30000, 700)
    wanted = "deadline_exceeded" if host.name in WITHOUT_CANCEL else "cancelled"
    start = time.monotonic()
    request = {"resource": "elb_member", "records": [member(3)]}
    code, _, answer, words = host.run("elb_member", slow.config, "create", request, *times)
    took = time.monotonic() - start
    expect(answer and answer["results"], f"cancel: {words or code}")
    expect(answer["results"][0]["status"] == wanted, f"cancel: {answer['results'][0]['status']}")
    expect(answer["results"][0]["state"]["job_id"], "cancel: no state of what was begun")
    expect(took < 5, f"cancel: back after {took:.1f} s")
    expect(code != 0, "cancel: the exit code is 0")
    row["cancel"] = "timeout" if host.name in WITHOUT_CANCEL else "ok"


def values(host, row):
    record = {"name": TEXT, "number": LARGE}
    state = host.act("echo", {}, "echo", "create", [record])[0]["state"]
    expect(state["name"] == TEXT, f"unicode: {state['name']!r}")
    row["unicode"] = "ok"
    expect(state["number"] == LARGE and isinstance(state["number"], int), f"2^53: {state['number']}")
    row["2^53"] = "ok"


def errors(host, sim, row):
    code, _, answer, words = host.run("elb_membr", {}, "create", {"resource": "elb_member", "records": []})
    expect(code != 0 and "elb_membr" in words, f"a missing plugin: exit code {code}, {words!r}")
    code, _, answer, words = host.run("elb_member", {"tokn": "x"}, "create", {"resource": "elb_member", "records": []})
    expect(code != 0 and "tokn" in words, f"a refused configuration: exit code {code}, {words!r}")
    wrong = {"resource": "elb_member", "records": [member(4), {**member(5), "adress": "x"}]}
    code, _, answer, words = host.run("elb_member", sim.config, "create", wrong, 20000)
    statuses = [one["status"] for one in answer["results"]]
    expect(statuses == ["ok", "invalid_argument"] and code != 0, f"a bad record: {statuses}, exit code {code}")
    row["error"] = "ok"


def try_host(name):
    row = dict.fromkeys(COLUMNS, "")
    try:
        version, command = HOSTS[name]()
    except Missing as missing:
        return name, str(missing), None, []
    host = Host(name, command)
    sim = Simulator(build, "--job-ms", "20")
    slow = Simulator(build, "--job-ms", "60000")
    faults = []
    steps = [
        lambda: life_at_elb(host, sim, row),
        lambda: life_at_redis(host, redis, row),
        lambda: cancel(host, slow, row),
        lambda: values(host, row),
        lambda: errors(host, sim, row),
    ]
    for step in steps:
        try:
            step()
        except (Wrong, KeyError, TypeError, ValueError, subprocess.TimeoutExpired) as wrong:
            faults.append(f"{name}: {wrong if isinstance(wrong, Wrong) else repr(wrong)}")
    for one in (sim, slow):
        one.stop()
    return name, version, row, faults


redis = Redis()
faults, skipped = [], []
try:
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        rows = list(pool.map(try_host, HOSTS))
finally:
    redis.stop()
    shutil.rmtree(scratch)

print(f"{'host':<9}{'version':<12}" + "".join(f"{column:<9}" for column in COLUMNS).rstrip())
for name, version, row, wrong in rows:
    if row is None:
        skipped.append(f"{name} ({version})")
        continue
    cells = [row[column] if len(row[column]) < 9 else "-" for column in COLUMNS]
    print(f"{name:<9}{version[:11]:<12}" + "".join(f"{cell or 'FAILED':<9}" for cell in cells).rstrip())
    faults += wrong
for one in faults:
    print(f"FAILED: {one}")
if redis.missing:
    skipped.append(f"update everywhere ({redis.missing})")
if skipped:
    print(f"SKIPPED: {', '.join(skipped)}")
sys.exit(1 if faults else 0)
