"""Whole processes: Ctrl-C, and memory over many calls."""

import json
import os
import resource
import signal
import subprocess
import sys
import threading
import time

import resource_plugin
from conftest import SOURCE, member

CREATE = """
import json, sys, resource_plugin
config, record = map(json.loads, sys.argv[1:])
with resource_plugin.open("elb_member", config) as elb:
    try:
        elb.create("elb_member", [record], on_event=lambda event: print(event["kind"], flush=True))
    except KeyboardInterrupt as interrupted:
        print(json.dumps(resource_plugin.response_of(interrupted)[0].state), flush=True)
        raise
"""


def test_ctrl_c_in_a_long_job_is_back_with_the_state(slow_simulator):
    environment = {**os.environ, "PYTHONPATH": str(SOURCE / "src/python")}
    process = subprocess.Popen(
        [sys.executable, "-c", CREATE, json.dumps(slow_simulator.config), json.dumps(member(0))],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
        text=True,
    )
    while process.stdout.readline().strip() != "state":
        assert process.poll() is None, process.stderr.read()
    start = time.monotonic()
    process.send_signal(signal.SIGINT)
    last = process.stdout.read().splitlines()[-1]
    process.wait()
    assert time.monotonic() - start < 1
    assert json.loads(last)["job_id"]
    assert process.returncode == -signal.SIGINT


def rounds(notes, count):
    for i in range(count):
        notes.create("note", [{"name": "a", "text": "x" * 100}])
        notes.delete("note", [{"name": "a"}])


def test_memory_stays_over_many_calls():
    with resource_plugin.open("minimal", {}) as notes:
        rounds(notes, 500)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        rounds(notes, int(os.environ.get("RP_CALLS", "4000")) // 2)
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 1024, f"{grown} KiB more"


def test_threads_at_work_for_a_while(simulator):
    """RP_SECONDS=60 for a real run. Each thread owns its members: what it is told is what is there."""
    until = time.monotonic() + float(os.environ.get("RP_SECONDS", "2"))
    wrong = []

    def work(number):
        while time.monotonic() < until:
            mine = [member(100 * number + i) for i in range(3)]
            steps = [("create", "ok"), ("read", "ok"), ("delete", "ok"), ("read", "not_found")]
            for hook, expected in steps:
                statuses = [one.status for one in getattr(elb, hook)("elb_member", mine, timeout=30)]
                if statuses != [expected] * 3:
                    wrong.append((number, hook, statuses))

    with resource_plugin.open("elb_member", simulator.config) as elb:
        threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
    assert wrong == []
    assert simulator.members() == []
