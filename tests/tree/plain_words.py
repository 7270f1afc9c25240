# plain_words.py SOURCE: fails if a word or phrase of words.txt is found in the documentation, the sources or a file name.
import pathlib, re, sys

source = pathlib.Path(sys.argv[1])
PAGES = "README.md", "CONTRIBUTING.md", "CHANGELOG.md", "abi", "src", "plugin", "examples"
SUFFIXES = {".c", ".h", ".md", ".scd", ".sh", ".py", ".cmake", ".in", ".txt"}
# What separates two words of a phrase: a line break may have the decoration of a comment or a string around it.
GAP = r"(?:\s|\\n|\\$|^\s*(?:\*|#|//|\"))+"


def read_words():
    lines = (pathlib.Path(__file__).parent / "words.txt").read_text().splitlines()
    for line in lines:
        if line and not line.startswith("#"):
            pattern, instead, *scope = line.split("\t")
            found = re.compile(r"(?<![A-Za-z])(?:" + pattern.replace(" ", GAP) + r")(?![A-Za-z])", re.I | re.M)
            yield found, instead, scope == ["docs"]


def files():
    for name in PAGES:
        path = source / name
        found = [path] if path.is_file() else sorted(path.rglob("*")) if path.is_dir() else sys.exit(f"no {path}")
        yield from (file for file in found if file.is_file() and file.suffix in SUFFIXES)


failures = checked = 0
words = list(read_words())
for file in files():
    checked += 1
    text = file.read_text()
    for pattern, instead, docs_only in words:
        if docs_only and file.suffix not in {".md", ".scd"}:
            continue
        if pattern.search(file.stem):
            failures += 1
            print(f"{file.relative_to(source)}: the name \"{file.stem}\" (write: {instead})")
        for match in pattern.finditer(text):
            failures += 1
            line = text.count("\n", 0, match.start()) + 1
            print(f"{file.relative_to(source)}:{line}: \"{' '.join(match.group().split())}\" (write: {instead})")
print(f"{checked} files, {len(words)} words, {failures} found")
sys.exit(failures > 0 or checked < 100)
