"""terraform_redis.py RP PLUGINS: the example plugin for Redis under the real Terraform or what TOFU names, on a real redis-server.
Skipped without them."""

import os
import shutil
import socket
import subprocess
import sys
import time

from bed import SKIPPED, Bed, check

PASSWORD = "swordfish-and-chips"


class Redis:
    def __init__(self):
        program = shutil.which("redis-server")
        if not program:
            print("SKIPPED: redis-server is not installed (Debian: redis-server)")
            sys.exit(SKIPPED)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.process = subprocess.Popen([program, "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--requirepass",
                                         PASSWORD], stdout=subprocess.DEVNULL)
        until = time.monotonic() + 20
        while socket.socket().connect_ex(("127.0.0.1", self.port)):
            check(time.monotonic() < until, "redis-server does not start")
            time.sleep(0.05)

    def ask(self, *words):
        with socket.create_connection(("127.0.0.1", self.port)) as connection:
            answers = connection.makefile("rb")
            for command in (("AUTH", PASSWORD), words):
                parts = [f"${len(word)}\r\n{word}\r\n" for word in command]
                connection.sendall(f"*{len(parts)}\r\n{''.join(parts)}".encode())
                answer = answers.readline().decode().strip()
            return answers.readline().decode().strip() if answer.startswith("$") and answer != "$-1" else answer

    def stop(self):
        self.process.terminate()
        self.process.wait()


def entries(value, count=12, more=""):
    return f"""resource "redis_entry" "all" {{
  count = {count}
  key   = "key-${{count.index}}"
  value = "{value}"
{more}}}
"""


def main(rp, plugins):
    if not os.path.exists(os.path.join(plugins, "redis.so")):
        print("SKIPPED: the example plugin for Redis was not built (Debian: libhiredis-dev)")
        sys.exit(SKIPPED)
    bed = Bed(rp, plugins, "redis")
    server = Redis()
    try:
        bed.write(bed.block, "versions.tf")
        bed.init()
        provider = f'provider "redis" {{\n  port     = {server.port}\n  password = "{PASSWORD}"\n}}\n'
        bed.write(provider + entries("one"))
        bed.apply(says="12 added", never=PASSWORD)
        check(server.ask("GET", "key-7") == "one", "not made")
        bed.no_changes()
        bed.write(provider + entries("two"))
        bed.plan(code=2, says=["will be updated in-place", "Plan: 0 to add, 12 to change, 0 to destroy."])
        seen = bed.apply(says="0 added, 12 changed, 0 destroyed.", TF_LOG="DEBUG")
        check(PASSWORD not in seen.out, "the password is in the log")
        check(server.ask("GET", "key-7") == "two", "not updated")
        server.ask("SET", "key-3", "other")
        server.ask("DEL", "key-4")
        bed.plan(code=2, says="Plan: 1 to add, 1 to change, 0 to destroy.")
        bed.apply()
        bed.run("state", "rm", "redis_entry.all[3]")
        bed.run("import", "-no-color", "redis_entry.all[3]", "key=key-3", says="Import successful!")
        bed.no_changes()
        bed.write(provider.replace(PASSWORD, "wrong-password-1234") + entries("two"))
        bed.plan(code=1, never="wrong-password-1234")
        bed.write(provider + entries("two"))
        bed.destroy(says="12 destroyed")
        check(server.ask("GET", "key-3") == "$-1", "not destroyed")
    finally:
        server.stop()
    bed.remove()


if __name__ == "__main__":
    main(*sys.argv[1:])
