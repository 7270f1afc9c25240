"""measure.py RP ELB_SIM PLUGINS: what the bridge costs, against a floor in the same run. By hand, on a quiet machine. The
server takes 80 ms a request and 500 ms a job; the floor is one list, one add for all and a poll every 200 ms, written by
hand, and the same engine with as many resources that do nothing."""

import ctypes
import http.client
import json
import os
import statistics
import subprocess
import sys
import threading
import time

from bed import LISTENER, PROJECT, Bed, Simulator, provider

COUNT = 100
COOKIE = "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2"


def servers():
    return [(f"s{number}", f"10.0.{number // 250}.{number % 250 + 1}") for number in range(COUNT)]


def floor(simulator):
    """Seconds to add all by hand."""
    connection = http.client.HTTPConnection(simulator.url.removeprefix("http://"))
    headers = {"X-Auth-Token": "sim-token", "Content-Type": "application/json"}

    def ask(method, path, body=None):
        connection.request(method, f"/v1.0/{PROJECT}{path}", json.dumps(body) if body else None, headers)
        return json.loads(connection.getresponse().read())

    began = time.monotonic()
    members = f"/elbaas/listeners/{LISTENER}/members"
    ask("GET", members)
    job = ask("POST", members, [{"server_id": server, "address": address} for server, address in servers()])["job_id"]
    while ask("GET", f"/jobs/{job}")["status"] != "SUCCESS":
        time.sleep(0.2)
    return time.monotonic() - began


class PeakMemory(threading.Thread):
    """The most memory that a process of the mirror had, in MiB."""

    def __init__(self, bed):
        super().__init__(daemon=True)
        self.bed, self.peak, self.over = bed, 0, False

    def run(self):
        while not self.over:
            for process in filter(str.isdigit, os.listdir("/proc")):
                try:
                    if self.bed.home in os.readlink(f"/proc/{process}/exe"):
                        with open(f"/proc/{process}/status") as status:
                            line = next(line for line in status if line.startswith("VmHWM"))
                        self.peak = max(self.peak, int(line.split()[1]) / 1024)
                except (OSError, StopIteration):
                    pass
            time.sleep(0.01)

    def stop(self):
        self.over = True
        self.join()
        return self.peak


def timed(run, *arguments):
    began = time.monotonic()
    run(*arguments)
    return time.monotonic() - began


def counted(simulator):
    counts = {kind: number for kind, number in simulator.counts().items()
              if number and kind not in ("total", "connections", "faults")}
    return sum(counts.values()), counts


def clear(bed, simulator):
    simulator.post("members", {"listener_id": LISTENER, "clear": True})
    simulator.reset("log")
    for name in ("terraform.tfstate", "terraform.tfstate.backup"):
        if os.path.exists(bed.path(name)):
            os.remove(bed.path(name))


def report(what, seconds, simulator, more=""):
    total, counts = counted(simulator)
    print(f"{what}: {seconds:.2f} s, {total} requests {counts}{more}", flush=True)


def handshakes(bed):
    """Milliseconds from exec to the line, the median of twenty; and of loading and describing the plugin alone."""
    program = next(os.path.join(folder, name) for folder, _, names in os.walk(bed.mirror) for name in names
                   if name.startswith("terraform-provider-"))
    environment = {**os.environ, "TF_PLUGIN_MAGIC_COOKIE": COOKIE, "PLUGIN_PROTOCOL_VERSIONS": "5,6",
                   "PLUGIN_CLIENT_CERT": subprocess.run(
                       ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-521", "-nodes", "-subj",
                        "/O=measure", "-keyout", "/dev/null"], check=True, capture_output=True, text=True).stdout}
    line, alone = [], []
    for _ in range(20):
        began = time.monotonic()
        with subprocess.Popen([program], env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL) as process:
            process.stdout.readline()
            line.append(1000 * (time.monotonic() - began))
            process.kill()
    load = """
import ctypes, sys, time
began = time.monotonic()
class Plugin(ctypes.Structure):
    _fields_ = [("head", ctypes.c_uint32 * 4), ("name", ctypes.c_char_p), ("version", ctypes.c_char_p),
                ("release", ctypes.c_void_p), ("describe", ctypes.CFUNCTYPE(ctypes.c_void_p, *[ctypes.c_void_p] * 3,
                                                                            ctypes.c_size_t))]
library = ctypes.CDLL(sys.argv[1])
library.resource_plugin_entry.restype = ctypes.POINTER(Plugin)
library.resource_plugin_entry(1).contents.describe(None, None, None, 0)
print(1000 * (time.monotonic() - began))
"""
    plugin = next(os.path.join(folder, name) for folder, _, names in os.walk(bed.mirror) for name in names
                  if name.endswith(".so"))
    for _ in range(20):
        alone.append(float(subprocess.run([sys.executable, "-c", load, plugin], check=True, capture_output=True).stdout))
    return statistics.median(line), statistics.median(alone)


def main(rp, sim, plugins):
    bed = Bed(rp, plugins)
    simulator = Simulator(sim, "--latency-ms", "80", "--job-ms", "500")
    settings = provider(simulator).replace("  poll_min_ms = 20\n", "")
    bed.write(bed.block, "versions.tf")
    bed.init()
    line, alone = handshakes(bed)
    print(f"exec to handshake {line:.1f} ms, of which the plugin's load and describe {alone:.1f} ms")

    seconds = floor(simulator)
    report("floor, by hand", seconds, simulator)
    bed.write(f'resource "terraform_data" "x" {{\n  count = {COUNT}\n}}\n')
    print(f"{COUNT} resources that do nothing: {timed(bed.apply):.2f} s")
    bed.write('resource "terraform_data" "x" {\n}\n')
    clear(bed, simulator)
    idle = timed(bed.apply)
    print(f"one resource that does nothing: {idle:.2f} s")

    each = ", ".join(f'{server} = "{address}"' for server, address in servers())
    bed.write(settings + f"""resource "elb_member_set" "pool" {{
  listener_id = "{LISTENER}"
  records     = {{ for server, address in {{ {each} }} : server => {{ server_id = server, address = address }} }}
}}
""")
    clear(bed, simulator)
    memory = PeakMemory(bed)
    memory.start()
    took = timed(bed.apply)
    report(f"{COUNT} as a set, create", took, simulator, f", {took / seconds:.2f} x the floor")
    simulator.reset("log")
    report("  refresh", timed(bed.no_changes), simulator)
    simulator.reset("log")
    report("  destroy", timed(bed.destroy), simulator)
    print(f"  peak memory {memory.stop():.1f} MiB")

    bed.write(settings + f"""resource "elb_member" "web" {{
  for_each    = {{ {each} }}
  listener_id = "{LISTENER}"
  server_id   = each.key
  address     = each.value
}}
""")
    for parallelism in (10, 50, 100):
        clear(bed, simulator)
        memory = PeakMemory(bed)
        memory.start()
        report(f"{COUNT} single ones, -parallelism={parallelism}, create",
               timed(bed.apply, f"-parallelism={parallelism}"), simulator)
        simulator.reset("log")
        report("  refresh", timed(bed.plan, f"-parallelism={parallelism}"), simulator)
        simulator.reset("log")
        report("  destroy", timed(bed.destroy, f"-parallelism={parallelism}"), simulator)
        print(f"  peak memory {memory.stop():.1f} MiB")
    simulator.stop()
    bed.remove()


if __name__ == "__main__":
    main(*sys.argv[1:])
