# circles.py LIBRARY...: fails if files of a room depend on each other in a circle. A file depends on another if its object
# uses a symbol that the other's defines.
import re, subprocess, sys


def symbols(library):
    """The symbols that each object of the library defines and those it uses."""
    defines, uses = {}, {}
    listing = subprocess.run(["nm", "--print-file-name", "--extern-only", library], check=True, capture_output=True,
                             text=True)
    for line in listing.stdout.splitlines():
        file, kind, symbol = re.fullmatch(r".*:(.*?)(?:\.c)?\.o:\s*[0-9a-f]* +(\w) (\S+)", line).groups()
        if kind == "U":
            uses.setdefault(file, set()).add(symbol)
        elif kind not in "wv":
            defines[symbol] = file
    return defines, uses


def dependencies(library):
    defines, uses = symbols(library)
    files = set(defines.values())
    return {file: {defines[s]: s for s in sorted(uses.get(file, ())) if defines.get(s, file) != file} for file in files}


def circle(graph):
    """The files of one circle, in order; None if there is none."""
    done = set()

    def visit(file, path):
        if file in path:
            return path[path.index(file):]
        if file in done:
            return None
        for other in sorted(graph[file]):
            found = visit(other, path + [file])
            if found:
                return found
        done.add(file)
        return None

    for file in sorted(graph):
        found = visit(file, [])
        if found:
            return found
    return None


failures = files = 0
for library in sys.argv[1:]:
    graph = dependencies(library)
    files += len(graph)
    found = circle(graph)
    if found:
        failures += 1
        print(f"{library}: these files depend on each other in a circle:")
        for file, other in zip(found, found[1:] + found[:1]):
            print(f"    {file}.c uses {graph[file][other]}() of {other}.c")
print(f"{len(sys.argv) - 1} rooms, {files} files, {failures} circles")
sys.exit(failures > 0 or files < 50)
