"""golden.py RP PLUGINS [write]: what plan, apply, destroy, drift and errors look like on a terminal of 80 columns, with colors
on a dark ground and without: as in the files of the folder golden. With "write" these are written anew, to be reread."""

import fcntl
import json
import os
import pty
import re
import struct
import sys
import termios

from bed import Bed, check

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "golden")


def terminal(bed, arguments, color):
    """What rp writes on a terminal of 80 columns; the live line is left out, and the time that things take."""
    environment = {**bed.environment, "TERM": "xterm-256color"}
    if not color:
        environment["NO_COLOR"] = "1"
    child, at = pty.fork()
    if child == 0:
        os.chdir(bed.folder)
        os.execvpe(bed.rp, [bed.rp, *arguments], environment)
    fcntl.ioctl(at, termios.TIOCSWINSZ, struct.pack("HHHH", 25, 80, 0, 0))
    said = b""
    while True:
        try:
            part = os.read(at, 65536)
        except OSError:
            break
        if not part:
            break
        said += part
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    os.close(at)
    text = said.decode().replace("\r\n", "\n")
    text = re.sub(r"(\r\x1b\[K[^\n\r]*)*\r\x1b\[K", "", text)
    text = re.sub(r"after \d+s", "after 0s", text).replace(bed.folder, "FOLDER")
    text = re.sub(r"Searched: .*", "Searched: …", text)
    return f"$ rp {' '.join(arguments)}\n{text}[exit code {code}]\n\n"


def configure(bed, things, extra=""):
    text = f"plugin: stranger\nconfig:\n  folder: {bed.folder}\nresources:\n"
    for name, record in things.items():
        text += f"  {name}:\n    record: " + json.dumps({"name": record.pop("key", name), **record}) + "\n"
    bed.write(text + extra)


def scribble(bed, name, **values):
    with open(bed.path(f"{name}.thing")) as file:
        thing = json.load(file)
    with open(bed.path(f"{name}.thing"), "w") as file:
        json.dump({**thing, **values}, file)


def story(bed, color):
    """The same in each form: PART and what was written."""
    def run(*arguments):
        return terminal(bed, arguments, color)

    configure(bed, {"tea": {"text": "green", "size": 1}, "milk": {"text": "fresh", "password": "swordfish"}, "old": {}})
    yield "plan", run("plan")
    yield "apply", run("apply", "-auto-approve")
    yield "apply", run("apply", "-auto-approve")
    configure(bed, {"tea": {"text": "black", "size": 1}, "milk": {"text": "fresh", "size": 2, "password": "mackerel"},
                    "moved": {"key": "old"}, "new": {"text": "a\u009b1m\u202eb"}})
    yield "plan", run("plan")
    yield "apply", run("apply", "-auto-approve")
    scribble(bed, "tea", text="spilt")
    os.unlink(bed.path("milk.thing"))
    yield "drift", run("plan")
    yield "drift", run("plan", "-refresh-only")
    configure(bed, {"tea": {"text": "black", "size": 1}}, "".join(
        f"  cup{number}:\n    record: {{name: cup{number}, text: number {number}}}\n" for number in range(1, 9)))
    yield "many", run("plan")
    yield "destroy", run("destroy", "-auto-approve")
    yield "destroy", run("destroy", "-auto-approve")
    configure(bed, {"tea": {"does": "no_state"}})
    yield "errors", run("apply", "-auto-approve")
    configure(bed, {"tea": {"does": "no_state"}}, "  pot: {recrd: {}}\n  jug:\n    record: {name: \"${env:NOT_SET_HERE}\"}\n")
    yield "errors", run("validate")
    bed.write("plugin: strangr\n")
    yield "errors", run("plan")
    yield "errors", run("pln")
    yield "errors", run("apply", "-timeout=5")


def main(rp, plugins, write=None):
    for form in ("color", "plain"):
        bed = Bed(rp, plugins)
        parts = {}
        for part, text in story(bed, form == "color"):
            parts[part] = parts.get(part, "") + text
        bed.remove()
        for part, text in parts.items():
            name = os.path.join(HERE, f"{part}.{form}.txt")
            if write:
                with open(name, "w") as file:
                    file.write(text)
                continue
            with open(name) as file:
                golden = file.read()
            check(text == golden, f"{part}.{form}.txt: not as it was:\n{text}\nbut:\n{golden}")
            check(form == "color" or "\x1b" not in text, f"{part}: an escape without colors")
            check("swordfish" not in text and "mackerel" not in text, f"{part}: a secret")
    print("as in the golden files")


main(*sys.argv[1:])
