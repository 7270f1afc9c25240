#!/usr/bin/env python3
"""behaviour.py SOURCE BUILD RPHOST: what abi/README.md says of hooks, tried with elb_member against elb-sim, and with
minimal-plugin. Every answer comes through librphost, which checks it against the page as well.
"""
import ctypes, json, sys, time
from pathlib import Path

source, build, library = sys.argv[1:]
sys.path.insert(0, str(Path(source) / "tests/hosts"))
from servers import LISTENER, Simulator, member  # noqa: E402

lib = ctypes.CDLL(library)
lib.rphost_open.restype = lib.rphost_call.restype = ctypes.c_void_p
lib.rphost_json.restype = lib.rphost_error.restype = lib.rphost_status_name.restype = ctypes.c_char_p
failures = 0


def check(fine, *words):
    global failures
    if not fine:
        failures += 1
        print("FAILED:", *words)


class Host:
    def __init__(self, plugin, resource, config):
        text = json.dumps(config).encode()
        self.handle = ctypes.c_void_p(lib.rphost_open(plugin.encode(), text, ctypes.c_size_t(len(text))))
        self.resource = resource
        check(lib.rphost_error(self.handle) is None, lib.rphost_error(self.handle))

    def ask(self, hook, request, timeout_ms=20000):
        body = request if isinstance(request, bytes) else json.dumps(request).encode()
        answer = ctypes.c_void_p(lib.rphost_call(self.handle, hook.encode(), body, ctypes.c_size_t(len(body)),
                                                 timeout_ms, None, None))
        status, document = lib.rphost_status(answer), json.loads(lib.rphost_json(answer))
        lib.rphost_release(answer)
        check(status != 120, hook, "breaks a rule:", json.dumps(document)[:500])
        return lib.rphost_status_name(status).decode(), document

    def call(self, hook, *records, **more):
        """The results."""
        timeout_ms = more.pop("timeout_ms", 20000)
        return self.ask(hook, dict({"resource": self.resource, "records": list(records)}, **more), timeout_ms)[1]["results"]

    def refuses(self, what, hook, request, status, path):
        told, document = self.ask(hook, request)
        check(told == status and document["results"] == [], what, "is", told, json.dumps(document)[:300])
        check(document["diagnostics"] and document["diagnostics"][0].get("path") == path, what, "has the path",
              json.dumps(document["diagnostics"])[:300])

    def close(self):
        lib.rphost_close(self.handle)


def documents(host, good, unknown_option):
    """Of any plugin with records like `good`."""
    name = {"resource": host.resource}
    request = lambda **more: dict(name, records=[], **more)
    for hook in "validate", "create", "read", "delete":
        check(host.ask(hook, request()) == ("ok", {"results": [], "diagnostics": []}), hook, "of no records")
        host.refuses("an unknown member of a request", hook, request(recrods=[]), "invalid_argument", "/recrods")
        host.refuses("an unknown option", hook, request(options={unknown_option: 1}), "invalid_argument",
                     "/options/" + unknown_option)
        host.refuses("another resource", hook, {"resource": "none_such", "records": []}, "unsupported", "/resource")
        host.refuses("a request without records", hook, name, "invalid_argument", "")
        host.refuses("what is not JSON", hook, b"{", "invalid_argument", "")
        host.refuses("a name twice", hook, b'{"resource":"x","resource":"x"}', "invalid_argument", "")
        host.refuses("65 levels", hook, b"[" * 65 + b"]" * 65, "invalid_argument", "")
        host.refuses("17 MiB", hook, b" " * (17 << 20), "invalid_argument", "")
    host.refuses("config and records", "validate", request(config={}), "invalid_argument", "/config")
    description = host.ask("describe", {})[1]
    most = description["resources"][host.resource]["max_records"]
    for hook in "create", "read", "delete":
        host.refuses("more than max_records", hook, dict(name, records=[good] * (most + 1)), "invalid_argument", "/records")
    for attribute in good:
        partial = {key: value for key, value in good.items() if key != attribute}
        result = host.call("validate", partial)[0]
        check(result["status"] == "invalid_argument" and result["diagnostics"][0]["path"] == "", "without", attribute, result)
        result = host.call("create", dict(partial, **{attribute: None}))[0]
        check(result["status"] == "invalid_argument" and result["diagnostics"][0]["path"] == "", "null is absent:", result)
        check(result["outcome"] == "none", "outcome of a refused record", result)
    check(host.call("validate", dict(good, **{attribute: None}))[0]["status"] == "ok", "null in validate is not known yet")
    result = host.call("create", dict(good, txet=1))[0]
    check(result["status"] == "invalid_argument" and result["diagnostics"][0]["path"] == "/txet", "unknown attribute", result)
    return description


def objects(host, one, other, key):
    """Creates, reads and deletes two objects, which do not exist before and after."""
    key_of = lambda record: {name: record[name] for name in key}
    made = host.call("create", one, {}, one)
    check([r["status"] for r in made] == ["ok", "invalid_argument", "already_exists"], "one, a bad one and a twin:", made)
    check([r["outcome"] for r in made] == ["done", "none", "none"], "outcomes of one, a bad one and a twin:", made)
    state = made[0]["state"]
    check(isinstance(state["id"], str) and state["id"], "id", state)
    check(made[2]["state"] == state and made[2]["matches"] is True, "a twin's state", made)
    for name in one:
        check(state[name] == one[name], "the user's spelling of", name, state)
    again = host.call("create", one)[0]
    check((again["status"], again["outcome"], again["matches"]) == ("already_exists", "none", True), "create again", again)
    reads = host.call("read", state, {"id": state["id"]}, key_of(one), dict(key_of(one), unknown=1), key_of(other))
    check([r["status"] for r in reads] == ["ok"] * 4 + ["not_found"], "reads", reads)
    check({r["state"]["id"] for r in reads[:4]} == {state["id"]}, "the id is the same however it is read", reads)
    host.call("create", other)
    mixed = host.call("read", dict(key_of(other), id=state["id"]))[0]
    check(mixed["status"] == "invalid_argument", "an id and a key of different objects", mixed)
    gone = host.call("delete", {"id": state["id"]}, state, key_of(other))
    check([(r["status"], r["outcome"], r["existed"]) for r in gone] ==
          [("ok", "done", True), ("ok", "done", False), ("ok", "done", True)], "delete of one, its twin, another", gone)
    check(not any("state" in r for r in gone), "delete has no state", gone)
    check(host.call("read", state)[0]["status"] == "not_found", "read of what was deleted")
    gone = host.call("delete", state)[0]
    check((gone["status"], gone["outcome"], gone["existed"]) == ("ok", "done", False), "delete again", gone)
    check(host.ask("update", {"resource": host.resource, "records": []})[0] == "unsupported", "no update")


minimal = Host(f"{build}/plugins/minimal.so", "note", {})
documents(minimal, {"name": "a", "text": "x"}, "adopt")
objects(minimal, {"name": "a", "text": "x"}, {"name": "b", "text": "y"}, ["name"])
minimal.close()

simulator = Simulator(build, "--job-ms", "20")
elb = Host(f"{build}/plugins/elb_member.so", "elb_member", simulator.config)
KEY = ["listener_id", "server_id", "address"]
description = documents(elb, member(1), "wiat")
check(simulator.get("requests")["requests"] == [], "what is refused sends nothing")
check(description["resources"]["elb_member"]["max_records"] == 10000, "max_records of elb_member")
objects(elb, member(1), member(2), KEY)

# Options are those of the resource, taken by every hook.
for hook in "create", "read", "delete":
    for options in {"wait": "job"}, {"adopt": True}, {"wait": None}:
        check(elb.ask(hook, {"resource": "elb_member", "records": [], "options": options})[0] == "ok", hook, options)
made = elb.call("create", member(3), member(3), options={"adopt": True})
check([(r["status"], r["outcome"]) for r in made] == [("ok", "done"), ("ok", "none")], "twins with adopt", made)
adopted = elb.call("create", member(3), options={"adopt": True})[0]
check((adopted["status"], adopted["outcome"]) == ("ok", "none"), "adopt", adopted)
pending = elb.call("create", member(4), member(4), options={"wait": "none"})
check([(r["status"], r["outcome"]) for r in pending] == [("in_progress", "unknown")] * 2, "twins in progress", pending)
check(pending[0]["state"]["job_id"], "the state of in_progress has what it takes to follow it", pending)

# The user's spelling, and the plugin's own.
spelled = dict(member(5), address="2001:DB8::0001")
made = elb.call("create", spelled)[0]
check(made["state"]["address"] == "2001:DB8::0001", "the user's spelling", made)
by_id = elb.call("read", {"id": made["state"]["id"]})[0]
check(by_id["state"]["address"] == "2001:db8::1" and by_id["state"]["id"] == made["state"]["id"], "read by id alone", by_id)

# list: all have an id; the page that is next is another.
status, page = elb.ask("list", {"resource": "elb_member", "parent": {"listener_id": LISTENER}})
check(status == "ok" and made["state"]["id"] in [r["state"]["id"] for r in page["results"]], "list", status, page)
elb.refuses("a list without its parent", "list", {"resource": "elb_member"}, "invalid_argument", "")

# A cancelled call sends nothing; afterwards all is as before.
simulator.forget_requests()
lib.rphost_cancel(elb.handle, 1)
result = elb.call("create", member(6))[0]
check((result["status"], result["outcome"]) == ("cancelled", "none"), "cancelled before anything was sent", result)
lib.rphost_cancel(elb.handle, 0)
check(simulator.requests("POST") == 0, "a cancelled create sends nothing")
check(elb.call("create", member(6))[0]["status"] == "ok", "after the cancellation")
elb.call("delete", *(member(number) for number in range(3, 6)), spelled, member(6))
elb.close()
config = dict(simulator.config)
simulator.stop()

# Never connected until time was up is unavailable, and nothing happened.
gone = Host(f"{build}/plugins/elb_member.so", "elb_member", config)
begun = time.monotonic()
result = gone.call("create", member(1), timeout_ms=400)[0]
check((result["status"], result["outcome"]) == ("unavailable", "none"), "never connected", result)
check(result["retryable"] is True, "never connected is retryable", result)
check(time.monotonic() - begun < 1.5, "the hook is back in time:", time.monotonic() - begun)
gone.close()

# describe needs no instance, no network and little time.
plain = ctypes.c_void_p(lib.rphost_open(f"{build}/plugins/elb_member.so".encode(), None, ctypes.c_size_t(0)))
begun = time.monotonic()
answer = ctypes.c_void_p(lib.rphost_call(plain, b"describe", None, ctypes.c_size_t(0), 0, None, None))
check(time.monotonic() - begun < 0.5 and lib.rphost_status(answer) == 0, "describe without an instance")
check(len(lib.rphost_json(answer)) < 1 << 20, "describe has more than 1 MiB")
lib.rphost_release(answer)
lib.rphost_close(plain)

print("FAILED" if failures else "as the page says")
sys.exit(failures != 0)
