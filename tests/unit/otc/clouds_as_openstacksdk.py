#!/usr/bin/env python3
"""clouds_as_openstacksdk.py PRINT_CLOUD: entries of clouds.yaml mean here what they mean to openstacksdk."""

import json
import os
import subprocess
import sys
import tempfile
import warnings

WHO = "auth: {auth_url: 'https://iam.example/v3', username: u, password: p, user_domain_name: d, project_name: eu-de}"
BASE = "{auth_url: 'https://iam.example/v3', username: u, password: p"

# name: files, wanted region
CASES = {
    "plain": ({"clouds.yaml": f"clouds: {{c: {{{WHO}, region_name: eu-de}}}}"}, None),
    "keys beside auth": (
        {"clouds.yaml": "clouds: {c: {auth: {auth_url: 'https://iam.example/v3'}, username: u, password: p,"
                        " user_domain_name: d, project_name: eu-de, project_domain_name: e, region_name: r}}"}, None),
    "one domain for both": ({"clouds.yaml": f"clouds: {{c: {{auth: {BASE}, domain_name: d, project_name: x}}}}}}"}, None),
    "domains apart": (
        {"clouds.yaml": f"clouds: {{c: {{auth: {BASE}, domain_name: d, user_domain_name: u, project_name: x}}}}}}"}, None),
    "domains by id": (
        {"clouds.yaml": f"clouds: {{c: {{auth: {BASE}, user_domain_id: a, project_domain_id: b, project_id: i}}}}}}"}, None),
    "dashes and tenants": (
        {"clouds.yaml": f"clouds: {{c: {{auth: {BASE}, user-domain-name: d, tenant-name: t}}}}}}"}, None),
    "secure file": (
        {"clouds.yaml": f"clouds: {{c: {{{WHO}, region_name: eu-de}}}}",
         "secure.yaml": "clouds: {c: {auth: {password: other}, region_name: r}}"}, None),
    "secure file alone": ({"clouds.yaml": "clouds: {}", "secure.yaml": f"clouds: {{c: {{{WHO}}}}}"}, None),
    "regions": ({"clouds.yaml": f"clouds: {{c: {{{WHO}, regions: [eu-de, eu-nl]}}}}"}, None),
    "values of a region": (
        {"clouds.yaml": f"clouds: {{c: {{{WHO}, interface: public, regions: [a, {{name: b, values:"
                        " {interface: internal, auth: {project_name: x}}}]}}"}, "b"),
    "values of the first region": (
        {"clouds.yaml": f"clouds: {{c: {{{WHO}, regions: [{{name: b, values: {{auth: {{username: w}}}}}}, a]}}}}"}, None),
    "no such region": ({"clouds.yaml": f"clouds: {{c: {{{WHO}, regions: [a, b]}}}}"}, "x"),
    "region in the url": (
        {"clouds.yaml": "clouds: {c: {auth: {auth_url: 'https://iam.{region_name}.example/v3', username: u, password: p,"
                        " user_domain_name: d, project_name: x}, region_name: eu-de}}"}, None),
    "profile": (
        {"clouds.yaml": "clouds: {c: {profile: v, auth: {username: u, password: p, user_domain_name: d,"
                        " project_name: x}}}",
         "clouds-public.yaml": "public-clouds: {v: {auth: {auth_url: 'https://v.{region_name}.example/v3'},"
                               " regions: [one, two]}}"}, None),
    "built-in profile": (
        {"clouds.yaml": "clouds: {c: {profile: otc, auth: {username: u, password: p, user_domain_name: d,"
                        " project_name: x}}}"}, None),
    "certificates": (
        {"clouds.yaml": f"clouds: {{c: {{{WHO}, cacert: ~/ca.pem, cert: ~/c.pem, key: ~/k.pem}}}}"}, None),
    "verify false": ({"clouds.yaml": f"clouds: {{c: {{{WHO}, verify: false}}}}"}, None),
    "verify with a path": ({"clouds.yaml": f"clouds: {{c: {{{WHO}, verify: /etc/ca.pem}}}}"}, None),
    "insecure": ({"clouds.yaml": f"clouds: {{c: {{{WHO}, insecure: true, verify: true}}}}"}, None),
    "json": ({"clouds.json": json.dumps({"clouds": {"c": {"auth": {
        "auth_url": "https://iam.example:5000/v3", "username": "u", "password": "p", "user_domain_name": "d",
        "project_name": "x"}}}})}, None),
}

AUTH = {"username": "user_name", "user_id": "user_id", "password": "password", "user_domain_name": "domain_name",
        "user_domain_id": "domain_id", "project_name": "project_name", "project_id": "project_id",
        "project_domain_name": "project_domain_name", "project_domain_id": "project_domain_id", "token": "token"}


def with_port(url):
    scheme, rest = url.split("://")
    host, slash, path = rest.partition("/")
    return f"{scheme}://{host}{'' if ':' in host else ':443'}{slash}{path}"


def read_with_sdk(region):
    import openstack.config
    warnings.simplefilter("ignore")
    try:
        one = openstack.config.OpenStackConfig(load_envvars=False).get_one("c", region_name=region)
    except openstack.exceptions.ConfigException:
        return {"error": True}
    told = {AUTH[key]: value for key, value in one.config["auth"].items() if key in AUTH and value}
    told["auth_url"] = with_port(one.config["auth"]["auth_url"])
    if one.config.get("region_name"):
        told["region"] = one.config["region_name"]
    told["interface"] = one.config.get("interface") or "public"
    verify, cert = one.get_requests_verify_args()
    told["insecure"] = "false" if verify else "true"
    if isinstance(verify, str):
        told["ca_file"] = verify
    if cert:
        told["client_cert_file"], told["client_key_file"] = cert
    return told


def read_here(program, region, env):
    out = subprocess.run([program, "c"] + ([region] if region else []), env=env, capture_output=True, text=True)
    told = dict(line.split(" ", 1) for line in out.stdout.splitlines())
    if "error" in told:
        return {"error": True}
    told.setdefault("interface", "public")
    return told


def check(program, name, files, region, place):
    with tempfile.TemporaryDirectory() as home:
        directory = os.path.join(home, place)
        os.makedirs(directory)
        for path, text in files.items():
            with open(os.path.join(directory, path), "w", opener=lambda p, f: os.open(p, f, 0o600)) as file:
                file.write(text)
        env = {"HOME": home, "PATH": os.environ["PATH"]}
        if "PYTHONPATH" in os.environ:
            env["PYTHONPATH"] = os.environ["PYTHONPATH"]
        if place == "xdg/openstack":
            env["XDG_CONFIG_HOME"] = os.path.join(home, "xdg")
        out = subprocess.run([sys.executable, __file__, "--sdk", region or ""], env=env, cwd=home, capture_output=True,
                             text=True)
        if out.returncode:
            return f"{name}: openstacksdk failed: {out.stderr}"
        theirs, ours = json.loads(out.stdout), read_here(program, region, dict(env, PWD=home))
        different = sorted(key for key in theirs.keys() | ours.keys() if theirs.get(key) != ours.get(key))
        return "; ".join(f"{name}: {key} is {ours.get(key)!r} here and {theirs.get(key)!r} there" for key in different)


def main():
    if sys.argv[1] == "--sdk":
        print(json.dumps(read_with_sdk(sys.argv[2] or None)))
        return 0
    try:
        import openstack.config  # noqa: F401
        from openstack.version import __version__ as version
    except ImportError:
        print("SKIPPED: no openstacksdk (pip install openstacksdk, or the package python3-openstacksdk)")
        return 77
    faults = [check(sys.argv[1], name, files, region, ".config/openstack") for name, (files, region) in CASES.items()]
    faults.append(check(sys.argv[1], "XDG_CONFIG_HOME", *CASES["plain"], "xdg/openstack"))
    faults = [fault for fault in faults if fault]
    print(f"{len(CASES) + 1} entries compared with openstacksdk {version}")
    for fault in faults:
        print("FAILED:", fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
