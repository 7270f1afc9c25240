"""What the tests of hosts have in common: the servers, the records, and the words for what fails."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request

LISTENER = "e1b0000000000000000000000000000a"
TEXT = "žluťoučký kůň \U0001f40e \u202e\"'\\"
LARGE = 2**53 - 1


class Missing(Exception):
    """What a host needs and this machine has not."""


class Wrong(Exception):
    """What a host did wrong."""


def expect(holds, words):
    if not holds:
        raise Wrong(words)


def check(holds, words):
    if not holds:
        sys.exit(f"FAILED: {words}")


def needs(program, package=None):
    found = shutil.which(program)
    if not found:
        raise Missing(f"no {program}" + (f", package {package}" if package else ""))
    return found


def wait_for(holds, words, seconds=30):
    until = time.monotonic() + seconds
    while not holds():
        expect(time.monotonic() < until, words)
        time.sleep(0.02)


def member(number):
    return {
        "listener_id": LISTENER,
        "server_id": f"dbecb618-2259-405f-ab17-{number:012x}",
        "address": f"172.16.{number // 250}.{number % 250 + 1}",
    }


class Simulator:
    def __init__(self, build, *options):
        self.process = subprocess.Popen(
            [f"{build}/src/sim/elb-sim", "--exit-with-stdin", *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.url = self.process.stdout.readline().strip()
        self.config = {
            "endpoint": self.url,
            "project_id": "55300f3c8f764c06b1a32e2302edc305",
            "token": "sim-token",
            "poll_min_ms": 20,
        }

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        self.stop()

    def get(self, what):
        return json.load(urllib.request.urlopen(f"{self.url}/sim/{what}"))

    def post(self, what, body):
        request = urllib.request.Request(
            f"{self.url}/sim/{what}", json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        urllib.request.urlopen(request).read()

    def members(self):
        listener = next(one for one in self.get("state")["listeners"] if one["id"] == LISTENER)
        return sorted(one["server_id"] for one in listener["members"])

    def remove_all(self):
        """Somebody else removes the members."""
        self.post("members", {"listener_id": LISTENER, "clear": True})

    def refuse_next(self):
        """The next add is refused: too many members."""
        self.post("faults", {"on": "add", "kind": "status", "status": 403, "code": "ELB.2001"})

    def requests(self, method):
        """How many requests of a method it has seen since its log was last reset."""
        return sum(one["method"] == method for one in self.get("requests")["requests"])

    def forget_requests(self):
        self.post("reset", {"what": "log"})

    def stop(self):
        self.process.stdin.close()
        self.process.wait()


class Redis:
    """A redis-server of our own. `missing` says why there is none."""

    def __init__(self, build, scratch):
        self.missing = None
        if not shutil.which("redis-server"):
            self.missing = "no redis-server"
        elif not os.path.exists(f"{build}/plugins/redis.so"):
            self.missing = "redis-plugin is not built: no libhiredis-dev"
        if self.missing:
            return
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        command = ["redis-server", "--bind", "127.0.0.1", "--port", str(self.port), "--save", "", "--dir", scratch]
        # It ends with the test, however that ends.
        self.process = subprocess.Popen(["setpriv", "--pdeathsig", "TERM", *command], stdout=subprocess.DEVNULL)
        self.config = {"port": self.port}
        wait_for(self._answers, "redis-server does not start")

    def _answers(self):
        try:
            return self.ask("PING") == "PONG"
        except OSError:
            return False

    def ask(self, *words):
        """The answer to a command, if it is a text or nothing."""
        with socket.create_connection(("127.0.0.1", self.port)) as connection:
            parts = [one.encode() for one in words]
            connection.sendall(b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(one), one) for one in parts))
            with connection.makefile("rb") as answer:
                head = answer.readline().strip()
                if head[:1] != b"$":
                    return head[1:].decode()
                return None if head == b"$-1" else answer.read(int(head[1:])).decode()

    def stop(self):
        if not self.missing:
            self.process.terminate()
            self.process.wait()
