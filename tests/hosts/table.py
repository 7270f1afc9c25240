"""Runs hosts against elb-sim and redis-plugin, and prints a table with one row a host.

    table.py SOURCE BUILD [ROW…]

Without rows it runs all of them: each language of examples/hosts, examples/engine, and each orchestrator. A row is
skipped where its interpreter or tool is missing; it says so, and the last line names all of them. Exit code: 0, 1 if a
host failed, 77 if all rows were skipped.
"""

import concurrent.futures
import os
import shutil
import sys
import tempfile

import languages
import orchestrators
from row import Row, text_of_table
from servers import Missing, Redis

ROWS = {**dict.fromkeys(languages.HOSTS, languages.try_row), **dict.fromkeys(orchestrators.TOOLS, orchestrators.try_row)}


class World:
    """Where everything is."""

    def __init__(self, source, build):
        self.source = os.path.realpath(source)
        self.build = os.path.realpath(build)
        self.hosts = f"{self.source}/examples/hosts"
        self.scratch = tempfile.mkdtemp(prefix="hosts.")
        self.redis = Redis(self.build, self.scratch)
        os.environ["RP_PLUGIN_PATH"] = f"{self.build}/plugins:{self.build}/tests/hosts"
        os.environ.setdefault("RPHOST_LIBRARY", f"{self.build}/src/host/librphost.so.0")
        os.environ["PYTHONPATH"] = f"{self.source}/src/python"
        os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
        os.environ["LC_ALL"] = "C.UTF-8"

    def close(self):
        self.redis.stop()
        shutil.rmtree(self.scratch, ignore_errors=True)


def run(world, name):
    row = Row(name)
    try:
        if world.redis.missing:
            raise Missing(world.redis.missing)
        ROWS[name](world, row)
    except Missing as missing:
        row.missing = str(missing)
    return row


def main(source, build, *names):
    for name in names:
        if name not in ROWS:
            sys.exit(f'table.py: there is no row "{name}"; rows: {", ".join(ROWS)}')
    world = World(source, build)
    try:
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            rows = list(pool.map(lambda name: run(world, name), names or ROWS))
    finally:
        world.close()
    print(text_of_table(rows))
    for fault in (fault for row in rows for fault in row.faults):
        print(f"FAILED: {fault}")
    skipped = [f"{row.name} ({row.missing})" for row in rows if row.missing]
    if skipped:
        print(f"SKIPPED: {', '.join(skipped)}")
    if len(skipped) == len(rows):
        return 77
    return 1 if any(row.faults for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
