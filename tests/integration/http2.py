#!/usr/bin/env python3
"""http2.py RP ELB-SIM PLUGINS: the plugin speaks HTTP/2 where the server does.

elb-sim speaks HTTP/1.1 only, so nghttpx stands before it, with TLS, and its log tells which version the plugin
spoke. Each way to log in goes through it: a signature holds through a proxy that adds headers of its own.
"""
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time

SKIPPED = 77
PROJECT = "55300f3c8f764c06b1a32e2302edc305"
RECORD = {"listener_id": "e1b0000000000000000000000000000a", "server_id": "server-1", "address": "10.0.0.1"}

LOGINS = {
    "a password": {"user_name": "sim-user", "password": "sim-password", "domain_name": "sim-domain"},
    "keys": {"access_key": "SIMACCESSKEY00000001", "secret_key": "sim-secret-key"},
    "keys, the older scheme": {
        "access_key": "SIMACCESSKEY00000001", "secret_key": "sim-secret-key", "signing": "credential"},
}


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def make_certificate(folder):
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", f"{folder}/key.pem",
         "-out", f"{folder}/cert.pem"], check=True, stderr=subprocess.DEVNULL)


def start_proxy(folder, back):
    """Another process may take a port that was free, so several are tried."""
    for _ in range(5):
        port = free_port()
        proxy = subprocess.Popen(
            ["nghttpx", f"--frontend=127.0.0.1,{port}", f"--backend=127.0.0.1,{back}", "--workers=1", "--no-ocsp",
             "--single-process", "--conf=/dev/null", f"--accesslog-file={folder}/log", "--accesslog-format=$request",
             f"{folder}/key.pem", f"{folder}/cert.pem"], stderr=subprocess.DEVNULL)
        for _ in range(100):
            if proxy.poll() is not None:
                break
            with socket.socket() as one:
                if one.connect_ex(("127.0.0.1", port)) == 0:
                    return proxy, port
            time.sleep(0.05)
        proxy.kill()
        proxy.wait()
    raise SystemExit("FAILED: nghttpx does not start")


def call(rp, plugins, folder, hook, config, record):
    path = f"{folder}/config.json"
    with open(path, "w", encoding="utf-8") as file:
        json.dump(config, file)
    done = subprocess.run([rp, "call", "elb_member", hook, json.dumps(record), "--config", path], check=False,
                          stdout=subprocess.PIPE, env={**os.environ, "RP_PLUGIN_PATH": plugins})
    if done.returncode != 0:
        raise SystemExit(f"FAILED: {hook}: {done.stdout.decode()}")
    return json.loads(done.stdout)


def try_login(rp, plugins, folder, port, login):
    base = f"https://127.0.0.1:{port}"
    config = {"endpoint": base, "auth_url": base, "project_id": PROJECT, "ca_file": f"{folder}/cert.pem", **login}
    call(rp, plugins, folder, "create", config, RECORD)
    call(rp, plugins, folder, "read", config, RECORD)
    call(rp, plugins, folder, "delete", config, RECORD)


def check_log(folder):
    with open(f"{folder}/log", encoding="utf-8") as file:
        lines = file.read().splitlines()
    older = [line for line in lines if not line.endswith(" HTTP/2")]
    if len(lines) < 20 or older:
        raise SystemExit(f"FAILED: {len(lines)} requests, of which these were no HTTP/2: {older}")


def main(rp, simulator, plugins):
    for program in ("nghttpx", "openssl"):
        if not shutil.which(program):
            print(f"SKIPPED: there is no {program}")
            return SKIPPED
    with tempfile.TemporaryDirectory() as folder:
        make_certificate(folder)
        sim = subprocess.Popen([simulator, "--job-ms", "50", "--exit-with-stdin"], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, text=True)
        proxy = None
        try:
            back = int(sim.stdout.readline().strip().rsplit(":", 1)[1])
            proxy, port = start_proxy(folder, back)
            for name, login in LOGINS.items():
                print(name, flush=True)
                try_login(rp, plugins, folder, port, login)
        finally:
            if proxy:
                proxy.terminate()
                proxy.wait()
            sim.stdin.close()
            sim.wait()
        check_log(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
