"""terminal.py RP ELB_SIM PLUGINS: a session on a terminal: colours, a live line and a question are there, and nowhere
else."""

import os
import pty
import re
import select
import sys
import time

from bed import Bed, Simulator, check, members


def session(bed, *arguments, answer=None, **environment):
    """Runs rp on a terminal of its own; returns what it wrote and its exit code."""
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(bed.folder)
        os.execvpe(bed.rp, [bed.rp, *arguments], {**bed.environment, "TERM": "xterm", **environment})
    said, answered, end = b"", answer is None, time.monotonic() + 60
    while time.monotonic() < end:
        if not select.select([terminal], [], [], 1)[0]:
            continue
        try:
            part = os.read(terminal, 65536)
        except OSError:
            break
        if not part:
            break
        said += part
        if not answered and b"Enter a value:" in said:
            os.write(terminal, answer.encode() + b"\n")
            answered = True
    return said.decode(), os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def main(rp, elb_sim, plugins):
    simulator = Simulator(elb_sim, "--job-ms", "1500")
    bed = Bed(rp, plugins)
    bed.write(members(simulator, ["a", "b"]))

    said, code = session(bed, "apply", answer="no")
    check(code == 1 and "nothing was done" in said and simulator.members() == [], f"a no: {code} {said}")
    said, code = session(bed, "apply", answer="yes")
    check(code == 0 and simulator.members() == ["a", "b"], f"a yes: {code} {said}")
    check("\x1b[32m" in said, "no colours")
    check(re.search(r"\r\x1b\[K[|/\\-] Creating web\[\"a\"\] and web\[\"b\"\] \[\ds\]", said), f"no live line: {said!r}")
    check("Apply complete!" in said.split("\x1b[K")[-1], "the live line was not cleared")

    for arguments, environment in ((("plan", "-no-color"), {}), (("plan",), {"NO_COLOR": "1"}),
                                   (("plan",), {"TERM": "dumb"})):
        said, code = session(bed, *arguments, **environment)
        check(code == 0 and "\x1b[3" not in said, f"colours with {arguments} {environment}: {said!r}")
    said, code = session(bed, "plan", "-json")
    check("\x1b" not in said and all(line.startswith("{") for line in said.split("\r\n") if line), f"-json: {said!r}")
    said, code = session(bed, "destroy", "-auto-approve")
    check(code == 0 and "Enter a value" not in said, f"asked for nothing: {said}")
    simulator.stop()
    bed.remove()
    print("a terminal gets what a terminal can show")


main(*sys.argv[1:])
