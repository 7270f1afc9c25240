"""terraform_postgres.py RP ELB_SIM PLUGINS EXAMPLE: the example for several machines on a real PostgreSQL: two runs at once, of which
one waits for the other's lock; the state is found from another folder. Skipped without Terraform or PostgreSQL."""

import glob
import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
import time

from bed import LISTENER, PROJECT, SKIPPED, Bed, Simulator, check


class PostgreSQL:
    """A server of our own, in a temporary folder, on loopback; it ends with this process."""

    def __init__(self):
        programs = sorted(glob.glob("/usr/lib/postgresql/*/bin"))
        if not programs:
            print("SKIPPED: PostgreSQL is not installed (Debian: postgresql)")
            sys.exit(SKIPPED)
        self.programs = programs[-1]
        self.folder = tempfile.mkdtemp(prefix="bridge-pg-")
        self.user = {}
        if os.geteuid() == 0:  # it does not run as root
            owner = pwd.getpwnam("postgres")
            os.chown(self.folder, owner.pw_uid, owner.pw_gid)
            self.user = {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.run("initdb", "-D", f"{self.folder}/data", "-U", "postgres", "-A", "trust", "--no-sync")
        self.process = subprocess.Popen(
            [f"{self.programs}/postgres", "-D", f"{self.folder}/data", "-p", str(self.port), "-c", "listen_addresses=127.0.0.1",
             "-c", f"unix_socket_directories={self.folder}", "-c", "fsync=off"], cwd=self.folder, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, **self.user)
        until = time.monotonic() + 30
        while self.run("pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port), check=False).returncode:
            check(time.monotonic() < until, "PostgreSQL does not start")
            time.sleep(0.1)
        self.url = f"postgres://postgres@127.0.0.1:{self.port}/postgres?sslmode=disable"

    def run(self, program, *arguments, check=True):
        return subprocess.run([f"{self.programs}/{program}", *arguments], check=check, cwd=self.folder,
                              stdout=subprocess.DEVNULL, **self.user)

    def stop(self):
        self.process.terminate()
        self.process.wait()
        shutil.rmtree(self.folder)


def use_example(bed, example, simulator, database):
    shutil.copy(example, bed.path("main.tf"))
    bed.environment.update(PG_CONN_STR=database.url, OS_TOKEN="sim-token", OS_PROJECT_ID=PROJECT,
                           TF_VAR_endpoint=simulator.url, TF_VAR_listener_id=LISTENER,
                           TF_VAR_servers='{ a = "10.0.0.1", b = "10.0.0.2" }')
    bed.init()


def main(rp, sim, plugins, example):
    first, second = Bed(rp, plugins), Bed(rp, plugins)
    database = PostgreSQL()
    simulator = Simulator(sim, "--job-ms", "2500")
    try:
        for bed in (first, second):
            use_example(bed, example, simulator, database)
        running = first.start("apply", "-no-color", "-input=false", "-auto-approve")
        until = time.monotonic() + 20
        while not simulator.counts()["add"]:
            check(time.monotonic() < until, "nothing is added")
            time.sleep(0.02)
        second.apply(code=1, says="Error acquiring the state lock")
        second.apply("-lock-timeout=60s", says="0 added, 0 changed, 0 destroyed.")
        out, _ = running.communicate(timeout=60)
        check(running.returncode == 0 and "1 added" in out, out)
        check(simulator.counts()["add"] == 1 and simulator.members() == ["a", "b"], "added twice")
        first.remove()
        first = Bed(rp, plugins)  # a machine that has nothing but the example
        use_example(first, example, simulator, database)
        first.no_changes()
        first.destroy(says="1 destroyed")
        second.plan(code=2, says="1 to add")
    finally:
        simulator.stop()
        database.stop()
    first.remove()
    second.remove()


if __name__ == "__main__":
    main(*sys.argv[1:])
