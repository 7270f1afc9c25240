"""terraform_foreign.py RP PLUGINS: a plugin that the bridge was not made for, with every kind of attribute, under the real Terraform
or what TOFU names: update in place, write-only and nested attributes, a set, and the end of a crash. Skipped where there is
neither."""

import json
import os
import sys

from bed import Bed, check


def item(color="plain", more="", name="one"):
    return f"""resource "drawer_item" "{name}" {{
  shelf = "s"
  name  = "{name}"
  color = "{color}"
{more}}}
"""


def items(bed):
    return sorted(name.removesuffix(".item") for name in os.listdir(bed.path("items")))


def content(bed, name):
    with open(bed.path(f"items/{name}.item")) as file:
        return json.load(file)


def a_life(bed, provider, write_only):
    more = """  size  = 3
  tags  = { a = "b" }
  parts = [{ label = "x" }, { label = "y" }]
""" + ('  secret = "hush"\n' if write_only else "")
    bed.write(provider + item(more=more) + 'output "weight" {\n  value = drawer_item.one.parts[1].weight\n}\n')
    bed.apply(says=["1 added", "weight = 0.5"])
    bed.no_changes()
    check(content(bed, "s+one")["pin"] == ("hush" if write_only else "none"), "the secret did not arrive")
    with open(bed.path("terraform.tfstate")) as file:
        state = json.load(file)
    attributes = state["resources"][0]["instances"][0]["attributes"]
    check(attributes["secret"] is None, "a write-only attribute is in the state")
    bed.write(provider + item("red", more.replace("3", "4")))
    bed.plan(code=2, says=["will be updated in-place", "Plan: 0 to add, 1 to change, 0 to destroy."])
    bed.apply(says="0 added, 1 changed, 0 destroyed.")
    check((content(bed, "s+one")["size"], content(bed, "s+one")["revision"]) == (4, 2), "not updated in place")
    bed.write(provider + item("red"))
    bed.apply(says="1 changed")
    check(content(bed, "s+one")["size"] is None, "what is configured no more was not removed")
    bed.no_changes()
    changed = content(bed, "s+one")
    with open(bed.path("items/s+one.item"), "w") as file:
        json.dump({**changed, "color": "blue"}, file)  # somebody else
    bed.plan(code=2, says='color = "blue" -> "red"')
    bed.apply(says="1 changed")
    bed.write(provider + item("red", '  material = "oak"\n'))
    bed.plan(code=2, says=["must be replaced", "# forces replacement"])
    bed.apply(says="1 added, 0 changed, 1 destroyed.")
    bed.write(provider + item("red", '  material = "oak"\n').replace('"red"', '"ugly"'))
    bed.run("validate", "-no-color", code=1, says=["no such colour", 'color = "ugly"'])
    bed.write(provider)
    bed.apply(says="1 destroyed")


def secrets(bed, provider):
    """A change of a write-only value is noticed, unless the configuration has a version of its own."""
    keep = '  secret = "hush-1"\n'
    bed.write(provider + item(more=keep))
    bed.apply(says="1 added")
    bed.no_changes()
    bed.write(provider + item(more=keep.replace("hush-1", "hush-two")))
    bed.plan(code=2, says=["~ write_only_version = 1 -> 2", "0 to add, 1 to change, 0 to destroy."], never="hush")
    bed.apply(says="1 changed")
    check(content(bed, "s+one")["pin"] == "hush-two", "another secret did not arrive")
    bed.no_changes()
    bed.write(provider + item(more=keep.replace("hush-1", "hush-three") + "  write_only_version = 2\n"))
    bed.no_changes()
    bed.write(provider + item(more=keep.replace("hush-1", "hush-three") + "  write_only_version = 3\n"))
    bed.apply(says="1 changed")
    check(content(bed, "s+one")["pin"] == "hush-three", "another version did not send the secret")
    bed.run("state", "rm", "drawer_item.one")
    bed.run("import", "-no-color", "drawer_item.one", "s+one")
    bed.write(provider + item(more=keep.replace("hush-1", "hush-four")))
    bed.apply(says="1 changed")
    check(content(bed, "s+one")["pin"] == "hush-four", "the secret of what was imported did not arrive")
    bed.no_changes()
    bed.destroy()


def a_set(bed, provider):
    each = 'resource "drawer_item_set" "all" {{\n  shelf   = "t"\n  records = {{ for n in range({}) : "r${{n}}" => {{ name = ' \
           'tostring(n), size = {} }} }}\n}}\n'
    bed.write(provider + each.format(12, 1))  # the plugin takes five at a time
    bed.apply(says="1 added")
    check(len([name for name in items(bed) if name.startswith("t+")]) == 12, "not all were made")
    bed.no_changes()
    bed.write(provider + each.format(11, 2))
    bed.apply(says="0 added, 1 changed, 0 destroyed.")
    check(content(bed, "t+3")["revision"] == 2 and "t+11" not in items(bed), "not updated in place")
    bed.no_changes()
    bed.destroy()
    check(items(bed) == [], "something is left")


def a_crash(bed, provider, environment):
    bed.write(provider + item("crash", name="bad") + item(name="good"))
    bed.apply("-parallelism=1", code=1, says="plugin drawer 1.0.0: segmentation fault in create", **environment)
    bed.write(provider + item(name="good") + item(name="bad"))
    bed.apply(code=None)
    bed.no_changes()
    check(items(bed) == ["s+bad", "s+good"], f"after a crash there is {items(bed)}")
    bed.destroy()


def main(rp, plugins):
    bed = Bed(rp, plugins, "drawer")
    os.mkdir(bed.path("items"))
    bed.write(bed.block, "versions.tf")
    bed.init()
    provider = f'provider "drawer" {{\n  folder = "{bed.path("items")}"\n}}\n'
    version = json.loads(bed.run("version", "-json").out.split("\n\n")[0])["terraform_version"].split(".")
    version = [int(part) for part in version[:2]]
    write_only = version >= [1, 11]
    # OpenTofu 1.12 has the last words in its log alone.
    in_log = {"TF_LOG": "DEBUG"} if os.environ.get("TOFU") and version >= [1, 12] else {}
    a_life(bed, provider, write_only)
    if write_only:
        secrets(bed, provider)
    a_set(bed, provider)
    a_crash(bed, provider, in_log)
    bed.remove()


if __name__ == "__main__":
    main(*sys.argv[1:])
