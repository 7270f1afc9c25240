"""A simulator for the tests of hosts, and a way to say what failed."""

import json
import subprocess
import sys
import urllib.request

LISTENER = "e1b0000000000000000000000000000a"


def check(holds, words):
    if not holds:
        sys.exit(f"FAILED: {words}")


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

    def requests(self, method):
        """How many requests of a method it has seen since its log was last reset."""
        return sum(one["method"] == method for one in self.get("requests")["requests"])

    def forget_requests(self):
        self.post("reset", {"what": "log"})

    def stop(self):
        self.process.stdin.close()
        self.process.wait()
