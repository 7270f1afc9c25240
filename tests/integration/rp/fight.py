"""fight.py RP ELB_SIM PLUGINS [ROUNDS [SEED]]: two rp fight over one state, each by another name of it, and one is killed at a
random moment. Nothing is lost, nothing is there twice. ctest runs a few rounds; 200 by hand:
tests/integration/rp/fight.py build/dev/src/cli/rp build/dev/src/sim/elb-sim build/dev/plugins 200"""

import os
import random
import signal
import sys
import time

from bed import Bed, Simulator, check, members

SERVERS = [f"server-{number:02d}" for number in range(12)]
NAMES = ("resources.db", "soft.db", "hard.db", "elsewhere/far.db")


def make_names(bed):
    bed.write(members_of(bed, []))
    bed.run("plan", code=None)
    os.symlink("resources.db", bed.path("soft.db"))
    os.link(bed.path("resources.db"), bed.path("hard.db"))
    os.mkdir(bed.path("elsewhere"))
    os.link(bed.path("resources.db"), bed.path("elsewhere/far.db"))


def members_of(bed, servers):
    return members(bed.simulator, servers, settle_ms=1500)


def one_round(bed, chance):
    """Each wants something else; a is killed, perhaps, and then b's wish is what counts."""
    wishes = [sorted(chance.sample(SERVERS, chance.randint(1, len(SERVERS)))) for _ in range(2)]
    names = chance.sample(NAMES, 2)
    fighters = []
    for number in range(2):
        bed.write(members_of(bed, wishes[number]), f"wish{number}.yaml")
        fighters.append(bed.start("apply", "-auto-approve", f"-file=wish{number}.yaml", f"-state={names[number]}",
                                  *(["-lock-timeout=20s"] if chance.random() < 0.5 else [])))
        time.sleep(chance.uniform(0, 0.1))
    time.sleep(chance.uniform(0, 0.5))
    chance.choice(fighters).send_signal(signal.SIGKILL)
    said = [one.communicate(timeout=120) for one in fighters]
    last = bed.run("apply", "-auto-approve", "-file=wish1.yaml", f"-state={chance.choice(NAMES)}", code=None)
    return wishes[1], last, said


def check_round(bed, wanted, last, said):
    check(last.code == 0, f"the apply after it: {last}\n{said}")
    while bed.simulator.busy():
        time.sleep(0.05)
    there = bed.simulator.members()
    check(there == wanted, f"wanted {wanted}, but there are {there}: {last}\n{said}")
    for name in NAMES:
        bed.run("plan", "-detailed-exitcode", "-file=wish1.yaml", f"-state={name}", says="No changes.")


def main(rp, elb_sim, plugins, rounds="12", seed="1"):
    simulator = Simulator(elb_sim, "--job-ms", "150", "--latency-ms", "10", "--listed", "at-end", "--log-size", "100")
    bed = Bed(rp, plugins)
    bed.simulator = simulator
    make_names(bed)
    locked = recovered = 0
    for number in range(int(rounds)):
        chance = random.Random(int(seed) * 1000000 + number)
        try:
            wanted, last, said = one_round(bed, chance)
            check_round(bed, wanted, last, said)
        except SystemExit as failure:
            sys.exit(f"round {number}, seed {seed}: {failure}")
        whole = "".join(out + err for out, err in said)
        locked += "is locked" in whole
        recovered += "ended without the outcome" in last.out + whole
    simulator.stop()
    bed.remove()
    check(locked, "no two ever met")
    print(f"{rounds} fights, {locked} of them at the lock, {recovered} with open intents: state and server agree each time")


main(*sys.argv[1:])
