"""The hosts of examples/hosts, each in a process a call, against elb-sim, redis-plugin and the plugin echo."""

import glob
import json
import os
import signal
import subprocess
import time

from servers import LARGE, LISTENER, TEXT, Missing, Simulator, Wrong, expect, member, needs, wait_for

CODE_LINES = 40  # of a module or a host, without comments, imports and empty lines
KINDS = {".c", ".py", ".lua", ".js", ".rb", ".pl", ".pm", ".php", ".scm", ".go", ".java"}
COMMENTS = {".lua": "--", ".scm": ";", ".js": "//", ".go": "//", ".java": "//"}


def output(*command, **more):
    ran = subprocess.run(command, capture_output=True, text=True, **more)
    if ran.returncode:
        raise Missing((ran.stderr or ran.stdout).strip().splitlines()[-1])
    return ran.stdout.strip() or ran.stderr.strip()


def compile_with(*command, **more):
    ran = subprocess.run(command, capture_output=True, text=True, **more)
    expect(ran.returncode == 0, f"it does not compile: {ran.stderr or ran.stdout}")


# --- how each host is started: its version, and its command line ---------------------------------------------------------


def host_c(world):
    return output("cc", "-dumpfullversion"), [f"{world.build}/examples/hosts/call"]


def host_python(world):
    return output(needs("python3"), "-c", "import platform; print(platform.python_version())"), [
        "python3",
        f"{world.hosts}/python/host.py",
    ]


def host_luajit(world):
    return output(needs("luajit"), "-e", "print(jit.version:match('%S+$'))"), ["luajit", f"{world.hosts}/luajit/host.lua"]


def host_node(world):
    node = needs("node")
    modules = os.environ.get("NODE_PATH", f"{world.hosts}/node/node_modules")
    if not os.path.isdir(f"{modules}/koffi"):
        raise Missing("no koffi (npm)")
    os.environ["NODE_PATH"] = modules
    return output(node, "--version").lstrip("v"), [node, f"{world.hosts}/node/host.js"]


def host_ruby(world):
    return output(needs("ruby"), "-rfiddle", "-e", "print RUBY_VERSION"), ["ruby", f"{world.hosts}/ruby/host.rb"]


def host_perl(world):
    perl = "/usr/bin/perl" if os.path.exists("/usr/bin/perl") else needs("perl")
    return output(perl, "-MFFI::Platypus 2", "-e", "printf '%vd', $^V"), [perl, f"{world.hosts}/perl/host.pl"]


def host_php(world):
    php = needs("php")
    return output(php, "-r", "FFI::cdef('int abs(int x);'); echo PHP_VERSION;"), [php, f"{world.hosts}/php/host.php"]


def host_guile(world):
    guile = needs("guile")
    return output(guile, "-c", "(display (version))"), [
        guile,
        "--no-auto-compile",
        "-L",
        f"{world.hosts}/guile",
        f"{world.hosts}/guile/host.scm",
    ]


def host_go(world):
    go = needs("go")
    environment = {**os.environ, "GOFLAGS": "-mod=readonly", "GOPROXY": "off", "CGO_ENABLED": "0"}
    if subprocess.run([go, "list", "-deps", "."], cwd=f"{world.hosts}/go", env=environment, capture_output=True).returncode:
        raise Missing("no purego: go mod download")
    compile_with(go, "build", "-o", f"{world.scratch}/go-host", ".", cwd=f"{world.hosts}/go", env=environment)
    return output(go, "env", "GOVERSION", cwd="/").removeprefix("go"), [f"{world.scratch}/go-host"]


def host_java(world):
    """The first Java that has the final interface to foreign functions: 22 or later."""
    homes = sorted({os.path.dirname(os.path.dirname(one)) for one in glob.glob("/usr/lib/jvm/*/bin/javac")}, reverse=True)
    for home in homes:
        version = output(f"{home}/bin/javac", "-version").split()[-1]
        if int(version.split(".")[0]) >= 22:
            compile_with(f"{home}/bin/javac", "-nowarn", "-d", f"{world.scratch}/java", *glob.glob(f"{world.hosts}/java/*.java"))
            options = ["-XX:TieredStopAtLevel=1", "-Xshare:auto", "--enable-native-access=ALL-UNNAMED"]
            return version, [f"{home}/bin/java", *options, "-cp", f"{world.scratch}/java", "Host"]
    raise Missing("no Java 22 or later")


HOSTS = {
    "C": (host_c, "c"),
    "Python": (host_python, "python"),
    "LuaJIT": (host_luajit, "luajit"),
    "Node.js": (host_node, "node"),
    "Ruby": (host_ruby, "ruby"),
    "Perl": (host_perl, "perl"),
    "PHP": (host_php, "php"),
    "Guile": (host_guile, "guile"),
    "Go": (host_go, "go"),
    "Java": (host_java, "java"),
}
WITHOUT_CANCEL = {"LuaJIT", "Perl", "PHP"}  # no thread or signal can reach a call: they rely on its timeout


# --- one host ---------------------------------------------------------------------------------------------------------------


class Host:
    def __init__(self, name, command):
        self.name = name
        self.command = command

    def arguments(self, plugin, config, hook, request, *times):
        return self.command + [plugin, json.dumps(config), hook, json.dumps(request), *map(str, times)]

    def start(self, *what):
        return subprocess.Popen(self.arguments(*what), stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def run(self, *what):
        """Exit code, status as the host prints it, answer, and what it wrote to standard error."""
        ran = subprocess.run(self.arguments(*what), capture_output=True, timeout=60)
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


def life_at_elb(host, sim, row):
    records = [member(1), member(2)]
    made = host.act("elb_member", sim.config, "elb_member", "create", records)
    expect(len(sim.members()) == 2, "create: the server has not both members")
    row.ok("create")
    read = host.act("elb_member", sim.config, "elb_member", "read", [one["state"] for one in made])
    expect([one["state"]["address"] for one in read] == [one["address"] for one in records], "read: other addresses")
    row.ok("read")
    listed = host.list("elb_member", sim.config, "elb_member", {"listener_id": LISTENER})
    expect(len(listed) == 2, f"list: {len(listed)} objects instead of 2")
    row.ok("list")
    host.act("elb_member", sim.config, "elb_member", "delete", records)
    expect(sim.members() == [], "delete: the server still has members")
    row.ok("delete")


def life_at_redis(host, redis, row):
    key = f"key-{host.name}"
    config = redis.config
    record = {"key": key, "value": TEXT, "ttl_seconds": 1000}
    made = host.act("redis", config, "redis_entry", "create", [record])
    expect(made[0]["state"]["value"] == TEXT, "redis create: another text")
    change = {"state": made[0]["state"], "record": {**record, "value": "new"}}
    host.act("redis", config, "redis_entry", "update", [change])
    read = host.act("redis", config, "redis_entry", "read", [{"key": key}])
    expect(read[0]["state"]["value"] == "new", "update: the old value is still there")
    row.ok("update")
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
    if host.name in WITHOUT_CANCEL:
        row.without("cancel", "nothing reaches a call while it runs: its timeout ends it", "timeout")
    else:
        ctrl_c(host, slow)
    row.ok("cancel")


def ctrl_c(host, slow):
    """The call ends within a second, and what it began is in its answer."""
    request = {"resource": "elb_member", "records": [member(6)]}
    slow.forget_requests()
    process = host.start("elb_member", slow.config, "create", request, 30000)
    wait_for(lambda: slow.requests("POST") == 1, "Ctrl-C: nothing is sent")
    time.sleep(0.1)
    start = time.monotonic()
    process.send_signal(signal.SIGINT)
    out, words = process.communicate(timeout=20)
    took = time.monotonic() - start
    expect(took < 1.5, f"Ctrl-C: back after {took:.1f} s")
    expect(b'"job_id"' in out, f"Ctrl-C: no state of what was begun: {words.decode()}")


def values(host, row):
    record = {"name": TEXT, "number": LARGE}
    state = host.act("echo", {}, "echo", "create", [record])[0]["state"]
    expect(state["name"] == TEXT, f"unicode: {state['name']!r}")
    row.ok("unicode")
    expect(state["number"] == LARGE and isinstance(state["number"], int), f"2^53: {state['number']}")
    row.ok("2^53")


def errors(host, sim, row):
    code, _, answer, words = host.run("elb_membr", {}, "create", {"resource": "elb_member", "records": []})
    expect(code != 0 and "elb_membr" in words, f"a missing plugin: exit code {code}, {words!r}")
    code, _, answer, words = host.run("elb_member", {"tokn": "x"}, "create", {"resource": "elb_member", "records": []})
    expect(code != 0 and "tokn" in words, f"a refused configuration: exit code {code}, {words!r}")
    wrong = {"resource": "elb_member", "records": [member(4), {**member(5), "adress": "x"}]}
    code, _, answer, words = host.run("elb_member", sim.config, "create", wrong, 20000)
    statuses = [one["status"] for one in answer["results"]]
    expect(statuses == ["ok", "invalid_argument"] and code != 0, f"a bad record: {statuses}, exit code {code}")
    row.ok("error")


def code_lines(path):
    """A file without its comments, its imports and empty lines."""
    kind = os.path.splitext(path)[1]
    mark = COMMENTS.get(kind, "#")
    in_comment = in_import = False
    count = 0
    for line in open(path, encoding="utf-8"):
        text = line.strip()
        in_comment = in_comment or (text.startswith("/*") and mark != "--")
        in_import = in_import or text.startswith("import (")
        is_import = in_import or text.startswith(("import ", "package ", "#include", "use "))
        if text and not in_comment and not is_import and not text.startswith(mark):
            count += 1
        in_comment = in_comment and "*/" not in text
        in_import = in_import and text != ")"
    return count


def is_short(folder):
    for path in sorted(glob.glob(f"{folder}/**/*", recursive=True)):
        if "node_modules" in path or os.path.splitext(path)[1] not in KINDS:
            continue
        count = code_lines(path)
        expect(count <= CODE_LINES, f"{os.path.basename(path)} has {count} lines of code, more than {CODE_LINES}")


def try_row(world, row):
    start, folder = HOSTS[row.name]
    try:
        row.version, command = start(world)
    except Wrong as wrong:
        row.faults.append(f"{row.name}: {wrong}")
        return
    host = Host(row.name, command)
    with Simulator(world.build, "--job-ms", "20") as sim, Simulator(world.build, "--job-ms", "60000") as slow:
        row.attempt(life_at_elb, host, sim, row)
        row.attempt(life_at_redis, host, world.redis, row)
        row.attempt(cancel, host, slow, row)
        row.attempt(values, host, row)
        row.attempt(errors, host, sim, row)
    row.attempt(is_short, f"{world.hosts}/{folder}")
