"""big.py RP ELB_SIM PLUGINS: 10,000 members on 20 listeners: what a plan costs, and that a swap of all names sends nothing but
lists. By hand: tests/integration/rp/big.py build/dev/src/cli/rp build/dev/src/sim/elb-sim build/dev/plugins"""

import os
import resource
import subprocess
import sys

from bed import Bed, Simulator, check

LISTENERS = [f"e1b000000000000000000000000{number:05d}" for number in range(20)]


def write(bed, simulator, swapped=False):
    with open(bed.path("members.csv"), "w") as file:
        file.write("key,listener,server,address\n")
        count = 10000
        for number in range(count):
            of = number ^ 1 if swapped else number
            file.write(f"m{number},\"{LISTENERS[of % 20]}\",s{of},10.{of // 60000}.{of // 250}.{of % 250 + 1}\n")
    bed.write(f"""plugin: elb_member
config:
  endpoint: {simulator.url}
  project_id: 55300f3c8f764c06b1a32e2302edc305
  token: ${{env:OS_TOKEN}}
  poll_min_ms: 20
resources:
  web:
    for_each: ${{file:members.csv}}
    record:
      listener_id: ${{each.value.listener}}
      server_id: ${{each.value.server}}
      address: ${{each.value.address}}
""")


def measured(bed, *arguments):
    """Seconds of user time, and MB at most, of one run."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    out = subprocess.run(["/usr/bin/env", "python3", "-c", """
import os, resource, subprocess, sys
code = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL).returncode
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(code, used.ru_utime, used.ru_stime, used.ru_maxrss)
""", bed.rp, *arguments], cwd=bed.folder, env=bed.environment, capture_output=True, text=True)
    code, user, system, kib = out.stdout.split()
    return int(code), float(user), float(system), int(kib) / 1024


def main(rp, elb_sim, plugins):
    options = [word for listener in LISTENERS for word in ("--listener", listener)]
    simulator = Simulator(elb_sim, "--job-ms", "50", *options)
    bed = Bed(rp, plugins)
    write(bed, simulator)
    bed.run("apply", "-auto-approve", says="10000 added")
    for _ in range(3):
        code, user, system, mib = measured(bed, "plan", "-detailed-exitcode")
        print(f"plan of 10,000 members: exit code {code}, {user:.2f} s user, {system:.2f} s system, {mib:.1f} MiB")
    write(bed, simulator, swapped=True)
    before = simulator.get("counts")
    bed.run("apply", "-auto-approve", says="0 added, 0 changed, 0 destroyed, 10000 moved.")
    after = simulator.get("counts")
    sent = {name: after[name] - before.get(name, 0) for name in after if after[name] != before.get(name, 0)}
    print(f"swapping all names: {sent}")
    check(not sent.get("add") and not sent.get("remove"), f"{sent}")
    simulator.stop()
    bed.remove()


main(*sys.argv[1:])
