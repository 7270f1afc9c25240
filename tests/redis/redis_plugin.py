"""redis_plugin.py LIBRPHOST RP PLUGINS: the example plugin for Redis, against a real server and against one that
misbehaves, through librphost and through rp."""

import ctypes
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

PASSWORD = "swordfish"


def check(holds, words):
    if not holds:
        sys.exit(f"FAILED: {words}")


# --- librphost --------------------------------------------------------------------------


class Host:
    def __init__(self, library, **config):
        self.library, config = library, json.dumps(config).encode()
        self.handle = library.rphost_open(b"redis", config, len(config))

    def call(self, hook, timeout_ms=5000, **request):
        request = json.dumps({"resource": "redis_entry", **request}).encode()
        answer = self.library.rphost_call(self.handle, hook.encode(), request, len(request), timeout_ms, None, None)
        document = json.loads(self.library.rphost_json(answer))
        document["status"] = self.library.rphost_status(answer)
        self.library.rphost_release(answer)
        check("host.contract" not in json.dumps(document), f"{hook} breaks a rule: {document}")
        return document

    def one(self, hook, record, timeout_ms=5000, **options):
        document = self.call(hook, timeout_ms, records=[record], options=options)
        check(len(document["results"]) == 1, f"{hook} {record}: {document}")
        return document["results"][0]

    def close(self):
        self.library.rphost_close(self.handle)


def load(path):
    library = ctypes.CDLL(path)
    library.rphost_open.restype = library.rphost_call.restype = ctypes.c_void_p
    library.rphost_json.restype = ctypes.c_char_p
    library.rphost_open.argtypes = [ctypes.c_char_p, ctypes.c_char_p, ctypes.c_size_t]
    library.rphost_call.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_size_t,
                                    ctypes.c_uint32, ctypes.c_void_p, ctypes.c_void_p]
    for name in ("json", "status", "release", "close"):
        getattr(library, "rphost_" + name).argtypes = [ctypes.c_void_p]
    library.rphost_cancel.argtypes = [ctypes.c_void_p, ctypes.c_uint32]
    return library


def is_(result, status, outcome=None, code=None):
    found = (result["status"], result.get("outcome"))
    check(found[0] == status and outcome in (None, found[1]), f"not {status}/{outcome}: {result}")
    check(not code or code in [one["code"] for one in result["diagnostics"]], f"no {code}: {result}")
    return result


# --- servers ------------------------------------------------------------------------------


class Redis:
    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="redis-plugin-")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.start()

    def start(self):
        self.process = subprocess.Popen(
            ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--requirepass", PASSWORD, "--save", "",
             "--appendonly", "no", "--dir", self.folder], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(100):
            try:
                socket.create_connection(("127.0.0.1", self.port)).close()
                return
            except OSError:
                time.sleep(0.05)
        sys.exit("FAILED: redis-server does not start")

    def do(self, *words):
        """One command, past the plugin; the reply as it came."""
        with socket.create_connection(("127.0.0.1", self.port)) as link:
            for command in (("AUTH", PASSWORD), words):
                line = b"*%d\r\n" % len(command)
                for word in command:
                    word = word if isinstance(word, bytes) else str(word).encode()
                    line += b"$%d\r\n%s\r\n" % (len(word), word)
                link.sendall(line)
                reply = link.recv(65536)
            return reply

    def stop(self):
        self.process.kill()
        self.process.wait()


class Script(threading.Thread):
    """A server that answers the n-th command of each connection with the n-th reply, then hangs up; None: never."""

    def __init__(self, *replies):
        super().__init__(daemon=True)
        self.replies, self.socket = replies, socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.start()

    def run(self):
        while True:
            link = self.socket.accept()[0]
            for reply in self.replies:
                link.recv(65536)
                if reply is None:
                    time.sleep(30)
                try:
                    link.sendall(reply)
                except OSError:
                    break
            link.close()


# --- tests -----------------------------------------------------------------------------------


def an_entry_lives(library, redis):
    host = Host(library, port=redis.port, password=PASSWORD)
    entry = {"key": "a", "value": "eins ä"}
    made = is_(host.one("create", entry), "ok", "done")
    check(made["state"] == {"id": "a", "ttl_seconds": None, **entry}, f"{made}")
    check(is_(host.one("create", entry), "already_exists", "none")["matches"], "the same does not match")
    check(not host.one("create", {"key": "a", "value": "zwei"})["matches"], "another value matches")
    is_(host.one("create", entry, adopt=True), "ok", "none")
    is_(host.one("create", {"key": "a", "value": "zwei"}, adopt=True), "already_exists", "none")
    check(is_(host.one("read", {"id": "a"}), "ok")["state"]["value"] == "eins ä", "another value was read")
    is_(host.one("read", {"key": "b"}), "not_found")
    change = {"state": made["state"], "record": {"key": "a", "value": "zwei", "ttl_seconds": 100}}
    check(is_(host.one("update", change), "ok", "done")["state"]["ttl_seconds"] == 100, "no lifetime")
    check(redis.do("TTL", "a") in (b":100\r\n", b":99\r\n"), "the server has another lifetime")
    change["state"] = host.one("read", {"key": "a", "ttl_seconds": 100})["state"]
    check(change["state"]["ttl_seconds"] == 100, "time that passes is shown as a change")
    is_(host.one("update", change), "ok", "none")
    redis.do("PERSIST", "a")
    check(host.one("read", change["state"])["state"]["ttl_seconds"] is None, "a change of the lifetime is not seen")
    is_(host.one("update", {"state": {"id": "a"}, "record": {"key": "b", "value": "x"}}), "invalid_argument", "none")
    is_(host.one("update", {"state": {"id": "c"}, "record": {"key": "c", "value": "x"}}), "not_found", "none")
    check(redis.do("EXISTS", "c") == b":0\r\n", "update made an entry")
    check(is_(host.one("delete", {"id": "a"}), "ok", "done")["existed"], "it did not exist")
    check(not is_(host.one("delete", {"id": "a"}), "ok", "done")["existed"], "it still exists")
    twins = host.call("create", records=[entry, entry, {"key": "", "value": "x"}, {"key": "k", "valeu": "x"}])
    check([one["status"] for one in twins["results"]] ==
          ["ok", "already_exists", "invalid_argument", "invalid_argument"], f"{twins}")
    check("did you mean \"value\"" in json.dumps(twins).replace("\\", ""), f"{twins}")
    redis.do("FLUSHALL")
    host.close()


def a_list_is_whole_and_passes_over_what_is_no_text(library, redis):
    host = Host(library, port=redis.port, password=PASSWORD)
    redis.do("MSET", *(word for i in range(1000) for word in (f"key-{i}", i)))
    redis.do("SET", b"\xff\xfe", "binary key")
    redis.do("SET", "binary value", b"\xc3(")
    redis.do("SET", "nul", b"a\0b")
    redis.do("SET", "long", "x" * 70000)
    redis.do("LPUSH", "a list", "x")
    found, page, passed_over, pages = {}, {}, 0, 0
    while page is not None:
        document = host.call("list", **page)
        check(document["status"] == 0, f"{document}")
        found.update((one["state"]["id"], one["state"]["value"]) for one in document["results"])
        passed_over += sum(int(one["summary"].split()[0]) for one in document["diagnostics"])
        page = {"page": document["next"]} if "next" in document else None
        pages += 1
    check(found == {f"key-{i}": str(i) for i in range(1000)}, f"{len(found)} entries")
    check(passed_over == 4 and pages > 5, f"{passed_over} passed over, {pages} pages")
    is_(host.one("read", {"id": "binary value"}), "unsupported")
    is_(host.one("read", {"id": "a list"}), "conflict", code="redis.wrong_type")
    is_(host.one("create", {"key": "a list", "value": "x"}), "conflict", "none", "redis.wrong_type")
    is_(host.one("update", {"state": {"id": "a list"}, "record": {"key": "a list", "value": "x"}}), "conflict", "none")
    is_(host.one("delete", {"id": "a list"}), "conflict", "none", "redis.wrong_type")
    check(redis.do("TYPE", "a list") == b"+list\r\n", "the list is gone")
    redis.do("FLUSHALL")
    host.close()


def faults_are_told(library, redis):
    entry = {"key": "a", "value": "x"}
    host = Host(library, port=redis.port, password="mackerel")
    result = is_(host.one("create", entry), "unauthenticated", "none")
    check("mackerel" not in json.dumps(result), "the password is told")
    host.close()
    host = Host(library, port=redis.port)
    is_(host.one("create", entry), "unauthenticated", "none")
    host.close()
    host = Host(library, port=redis.port, password=PASSWORD)
    is_(host.one("read", entry), "not_found")
    redis.process.send_signal(signal.SIGSTOP)
    start = time.monotonic()
    is_(host.one("create", entry, 300), "deadline_exceeded", "unknown")
    check(time.monotonic() - start < 0.8, "late")
    cancel = threading.Timer(0.2, library.rphost_cancel, (host.handle, 1))
    cancel.start()
    is_(host.one("read", entry, 30000), "cancelled")
    check(time.monotonic() - start < 2, "a cancellation was not seen")
    library.rphost_cancel(host.handle, 0)
    redis.process.send_signal(signal.SIGCONT)
    time.sleep(0.2)
    is_(host.one("create", entry), "already_exists", "none")  # what was sent came true, and was not sent again
    redis.stop()
    result = is_(host.one("create", {"key": "b", "value": "x"}), "unavailable", "none", "redis.unreachable")
    check(result["retryable"], "not retryable")
    check(host.call("list")["status"] == 400, "a list without a server")
    redis.start()
    is_(host.one("create", {"key": "b", "value": "x"}), "ok", "done")
    redis.do("FLUSHALL")
    host.close()


def broken_replies_lose_nothing(library):
    entry, ok, nil = {"key": "a", "value": "x"}, b"+OK\r\n", b"$-1\r\n"
    rows = [("create", [ok, b"garbage\r\n"], "unavailable", "unknown", "redis.unreadable"),
            ("create", [ok, b""], "unavailable", "unknown", "redis.lost"),
            ("create", [ok, b"$5\r\nab"], "unavailable", "unknown", "redis.lost"),
            ("create", [ok, b":5\r\n"], "unavailable", "unknown", "redis.unreadable"),
            ("create", [ok, None], "deadline_exceeded", "unknown", "redis.timeout"),
            ("create", [b"-LOADING data\r\n"], "unavailable", "none", "redis.busy"),
            ("create", [ok, b"-OOM full\r\n"], "quota_exceeded", "none", "redis.out_of_memory"),
            ("create", [ok, nil, nil, b":-2\r\n"], "conflict", "none", "redis.changed"),
            ("read", [ok, b"*0\r\n"], "unavailable", None, "redis.unreadable"),
            ("read", [ok, b"*1000000000\r\n"], "unavailable", None, "redis.unreadable"),
            ("read", [ok, b"$2000000\r\n" + b"x" * 2000000], "unavailable", None, "redis.unreadable"),
            ("read", [ok, nil, b":-2\r\n"], "not_found", None, "object.not_found"),
            ("delete", [ok, b"+string\r\n", b""], "unavailable", "unknown", "redis.lost"),
            ("delete", [ok, b"+string\r\n", b":0\r\n"], "ok", "done", None),
            ("delete", [ok, b":1\r\n"], "unavailable", "none", "redis.unreadable")]
    for hook, replies, status, outcome, code in rows:
        host = Host(library, port=Script(*replies).port)
        is_(host.one(hook, entry, 400), status, outcome, code)
        host.close()
    for reply in (b"*1\r\n:1\r\n", b"*2\r\n:1\r\n*0\r\n", b"*2\r\n$1\r\n0\r\n$1\r\n0\r\n", b"+OK\r\n"):
        host = Host(library, port=Script(ok, reply).port)
        document = host.call("list")
        check(document["status"] == 400 and document["results"] == [], f"{reply}: {document}")
        host.close()


def rp_manages_entries(rp, redis):
    folder = tempfile.mkdtemp(prefix="redis-plugin-")

    def run(*words, code=0, says=()):
        ran = subprocess.run([rp, *words], cwd=folder, capture_output=True, text=True, check=False)
        said = ran.stdout + ran.stderr
        check(ran.returncode == code, f"rp {words}: exit code {ran.returncode}\n{said}")
        for one in says:
            check(one in said, f"rp {words} does not say {one}:\n{said}")
        check(PASSWORD not in said, f"rp {words} tells the password")

    def configure(*entries):
        with open(os.path.join(folder, "resources.yaml"), "w", encoding="utf-8") as file:
            json.dump({"plugin": "redis", "config": {"port": redis.port, "password": PASSWORD},
                       "resources": {key: {"record": {"key": key, **values}} for key, values in entries}}, file)

    configure(("a", {"value": "one"}), ("b", {"value": "two", "ttl_seconds": 1000}))
    run("plan", says=["Plan: 2 to add"])
    run("apply", "-auto-approve", says=["2 added"])
    run("plan", "-detailed-exitcode", says=["No changes"])
    configure(("a", {"value": "three"}), ("b", {"value": "two", "ttl_seconds": 1000}))
    run("apply", "-auto-approve", says=["0 added, 1 changed, 0 destroyed"])
    check(redis.do("GET", "a") == b"$5\r\nthree\r\n", "not updated")
    redis.do("SET", "a", "by another client")
    run("plan", "-detailed-exitcode", code=2, says=["1 to change"])
    redis.do("DEL", "b")
    run("apply", "-auto-approve", says=["1 added, 1 changed, 0 destroyed"])
    redis.do("SET", "c", "was there")
    configure(("a", {"value": "three"}), ("b", {"value": "two", "ttl_seconds": 1000}), ("c", {"value": "was there"}))
    run("import", "c", "c")
    run("plan", "-detailed-exitcode", says=["No changes"])
    run("destroy", "-auto-approve", says=["3 destroyed"])
    check(redis.do("DBSIZE") == b":0\r\n", "something is left")
    for name in os.listdir(folder):
        with open(os.path.join(folder, name), "rb") as file:
            check(name == "resources.yaml" or PASSWORD.encode() not in file.read(), f"{name} has the password")
    shutil.rmtree(folder)


def main(library, rp, plugins):
    if not shutil.which("redis-server"):
        print("SKIPPED: there is no redis-server")
        sys.exit(77)
    os.environ["RP_PLUGIN_PATH"] = plugins
    redis = Redis()
    try:
        if library != "-":
            library = load(library)
            an_entry_lives(library, redis)
            a_list_is_whole_and_passes_over_what_is_no_text(library, redis)
            faults_are_told(library, redis)
            broken_replies_lose_nothing(library)
        rp_manages_entries(rp, redis)
    finally:
        redis.stop()
        shutil.rmtree(redis.folder)


main(*sys.argv[1:])
