"""kill.py RP ELB_SIM PLUGINS [ROUNDS [SEED]]: rp apply is killed at a random moment, again and again. After each time
one more apply leaves exactly the members that are configured, none twice, and a state that agrees."""

import random
import signal
import sys
import time

from bed import Bed, Simulator, check, members

SERVERS = [f"server-{number:02d}" for number in range(20)]


def one_round(bed, simulator, chance):
    wanted = chance.sample(SERVERS, chance.randint(1, len(SERVERS)))
    bed.write(members(simulator, sorted(wanted), settle_ms=1500))
    if chance.random() < 0.5:
        simulator.post("faults", [{"on": chance.choice(["add", "remove", "any"]),
                                   "kind": chance.choice(["reset-before", "reset-after"]),
                                   "from": chance.randint(1, 3)}])
    process = bed.start("apply", "-auto-approve")
    time.sleep(chance.uniform(0, 0.7))
    process.send_signal(signal.SIGKILL)
    process.communicate()
    simulator.post("reset", {"what": "faults"})
    ran = bed.run("apply", "-auto-approve", code=None)
    return wanted, ran


def check_round(bed, simulator, wanted, ran):
    check(ran.code == 0, f"the apply after it: {ran}")
    while simulator.busy():
        time.sleep(0.05)
    there = simulator.members()
    check(there == sorted(wanted), f"wanted {sorted(wanted)}, but there are {there}: {ran}")
    state = bed.state()
    known = sorted(one["values"]["server_id"] for one in state["values"]["root_module"]["resources"])
    check(known == sorted(wanted), f"wanted {sorted(wanted)}, but the state has {known}: {ran}")
    check(state["open_intents"] == 0, f"{state['open_intents']} intents are open")
    bed.run("plan", "-detailed-exitcode", says="No changes.")


def main(rp, elb_sim, plugins, rounds="50", seed="1"):
    simulator = Simulator(elb_sim, "--job-ms", "200", "--latency-ms", "10", "--listed", "at-end", "--log-size", "100")
    bed = Bed(rp, plugins)
    recovered = 0
    for number in range(int(rounds)):
        chance = random.Random(int(seed) * 1000000 + number)
        try:
            wanted, ran = one_round(bed, simulator, chance)
            check_round(bed, simulator, wanted, ran)
        except SystemExit as failure:
            sys.exit(f"round {number}, seed {seed}: {failure}")
        recovered += "ended without the outcome" in ran.out
    simulator.stop()
    bed.remove()
    check(recovered or int(rounds) < 20, "no round was killed while a request was under way")
    print(f"{rounds} kills, {recovered} of them with open intents: state and server agree each time")


main(*sys.argv[1:])
