"""The unit template of examples/orchestrators/systemd, as commands, and in a system of its own that boots and shuts down."""

import os
import shutil
import signal
import subprocess

from servers import expect, member, needs, wait_for
from tool import Tool, elb

# A system that has this unit and nothing else. It runs in namespaces: its /run, processes and cgroups are its own.
TARGETS = ["sysinit", "basic", "network", "network-online", "shutdown", "multi-user", "poweroff"]
UNSHARE = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--cgroup", "--uts", "--ipc"]
BOOT = """
set -e
mount --make-rprivate /
mount -t proc proc /proc
mount -t tmpfs tmpfs /run
cp -r {folder} /run/system
exec env -i container=test PATH="$PATH" SYSTEMD_UNIT_PATH=/run/system/units SYSTEMD_GENERATOR_PATH=/run/none \
    /lib/systemd/systemd --unit=multi-user.target --log-target=null --show-status=no
"""


class Systemd(Tool):
    only_elb = True

    def __init__(self, world):
        super().__init__(world)
        needs("systemd-analyze", "systemd")
        self.version = self.output("systemctl", "--version").split()[1]
        self.rp = f"{world.build}/src/cli/rp"
        with open(f"{world.source}/examples/orchestrators/systemd/resource-plugin-member@.service") as file:
            self.unit = file.read()

    def setting(self, name):
        return next(line for line in self.unit.splitlines() if line.startswith(f"{name}=")).split("=", 1)[1]

    def command(self, objects, absent=False, dry=False, timeout=None):
        """What ExecStart and ExecStopPost run, and the exit codes that the unit takes as success."""
        script = ["failed=0"]
        for i, one in enumerate(objects):
            folder = f"{self.scratch}/etc{i}"
            os.makedirs(folder, exist_ok=True)
            self.write(f"etc{i}/config.json", one.config)
            self.write(f"etc{i}/web.json", one.record)
            line = self.setting("ExecStopPost" if absent else "ExecStart").replace("/etc/resource-plugin", folder)
            line = line.replace("/usr/bin/rp", self.rp).replace("%i", "web").replace("elb_member", one.plugin)
            codes = "|".join(["0", *self.setting("SuccessExitStatus").split()])
            script.append(line.replace("--timeout 5m", f"--timeout {timeout}") if timeout else line)
            script.append(f"case $? in {codes}) ;; *) failed=1 ;; esac")
        return ["bash", "-c", "\n".join(script + ["exit $failed"])]

    # --- what only systemd has -----------------------------------------------------------------

    def extras(self, sim, row):
        for column in ("read", "update"):
            row.without(column, "a unit creates at its start and deletes at its stop")
        row.without("list", "the tool has no list of what exists")
        for column in ("unicode", "2^53"):
            row.without(column, "the unit is for elb_member only, which has no such attribute")
        row.attempt(self.verify)
        row.attempt(self.metadata, sim)
        row.attempt(self.boot, sim, row)

    def keys_of_the_server(self, sim):
        """A configuration without a secret: temporary keys come from the metadata service."""
        return {
            "endpoint": sim.url,
            "project_id": sim.config["project_id"],
            "metadata": True,
            "metadata_url": f"{sim.url}/openstack/latest/securitykey",
            "auth_url": f"{sim.url}/v3",
            "poll_min_ms": 20,
        }

    def metadata(self, sim):
        """No agency, no keys: the reason is told."""
        sim.post("settings", {"metadata": "no"})
        one = elb(sim, 9)._replace(config=self.keys_of_the_server(sim))
        ran = self.run_command(self.command([one], timeout="2s"))
        sim.post("settings", {"metadata": "yes"})
        expect(ran.code != 0 and "temporary keys" in ran.output, f"a server without an agency: {ran.output}")

    def installed_unit(self, rp, folder):
        text = self.unit.replace("/usr/bin/rp", rp).replace("/etc/resource-plugin", folder)
        return "".join(line for line in text.splitlines(True) if not line.startswith("Documentation"))

    def verify(self):
        os.makedirs(f"{self.scratch}/units")
        path = self.write("units/resource-plugin-member@web.service", self.installed_unit(self.rp, "/etc/resource-plugin"))
        os.chmod(path, 0o644)
        ran = self.run_command(["systemd-analyze", "verify", "--man=no", path])
        expect(ran.code == 0 and not ran.output.strip(), f"systemd-analyze verify: {ran.output}")

    # --- a boot and a shutdown -----------------------------------------------------------------

    def system(self, sim):
        """The folder that becomes /run/system of the system: units, rp, the plugin, and what /etc/resource-plugin has."""
        folder = f"{self.scratch}/system"
        for name in ("units/multi-user.target.wants", "plugins", "etc"):
            os.makedirs(f"{folder}/{name}")
        for name in TARGETS:
            own = "Requires=shutdown.target\n" if name == "poweroff" else ""
            self.write(f"system/units/{name}.target", f"[Unit]\nDefaultDependencies=no\n{own}")
        unit = self.installed_unit("/run/system/rp", "/run/system/etc")
        unit = unit.replace("[Service]", "[Service]\nEnvironment=RP_PLUGIN_PATH=/run/system/plugins")
        self.write("system/units/resource-plugin-member@.service", unit)
        wants = f"{folder}/units/multi-user.target.wants/resource-plugin-member@web.service"
        os.symlink("../resource-plugin-member@.service", wants)
        shutil.copy(self.rp, f"{folder}/rp")
        shutil.copy(f"{self.world.build}/plugins/elb_member.so", f"{folder}/plugins")
        for name, document in (("config", self.keys_of_the_server(sim)), ("web", member(9))):
            os.chmod(self.write(f"system/etc/{name}.json", document), 0o644)
        return folder

    def boot(self, sim, row):
        """The server registers itself at boot with temporary keys, and leaves before it shuts down."""
        if subprocess.run([*UNSHARE, "true"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode:
            row.without("create", "by the unit's commands: to boot a system of its own, the test needs root, and no chroot", "ok")
            return
        folder = self.system(sim)
        sim.forget_requests()
        self.with_system(folder, lambda power_off: self.registers_and_leaves(sim, power_off))
        sim.forget_requests()
        sim.post("settings", {"job_ms": 1500})
        self.with_system(folder, lambda power_off: self.leaves_while_it_registers(sim, power_off))

    def with_system(self, folder, use):
        process = subprocess.Popen(
            [*UNSHARE, "bash", "-c", BOOT.format(folder=folder)], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
        )

        def power_off():
            with open(f"/proc/{process.pid}/task/{process.pid}/children") as file:
                os.kill(int(file.read()), signal.SIGRTMIN + 4)  # systemd(1): starts poweroff.target

        try:
            use(power_off)
        finally:
            process.kill()
            process.wait()

    def registers_and_leaves(self, sim, power_off):
        wait_for(lambda: sim.members() == [member(9)["server_id"]], "boot: the server does not register itself")
        paths = [request["path"] for request in sim.get("requests")["requests"]]
        expect(sum("securitykey" in path for path in paths) == 1, f"boot: temporary keys: {paths}")
        expect(not any("tokens" in path for path in paths), f"boot: a login: {paths}")
        power_off()
        wait_for(lambda: sim.members() == [], "shutdown: the server does not leave")

    def leaves_while_it_registers(self, sim, power_off):
        wait_for(lambda: sim.requests("POST") == 1, "boot: no add is sent")
        power_off()
        wait_for(lambda: sim.requests("POST") == 2, "shutdown in the middle of the boot: no remove is sent")
        wait_for(lambda: sim.members() == [], "shutdown in the middle of the boot: the server does not leave")
