#!/usr/bin/env python3
"""readme.py SOURCE JUDGE RPHOST MINIMAL: every sentence of abi/README.md that a machine can check.

Each indented block that begins with { is JSON as the page says, and what librphost's own check (JUDGE) accepts where it
stands: a request is followed by its answers. The tables are compared with the header, with librphost and with each other.
"""
import ctypes, json, re, subprocess, sys
from pathlib import Path

source, judge_path, library, minimal = Path(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4]
text = (source / "abi/README.md").read_text()
header = (source / "abi/resource_plugin.h").read_text()
failures = []


def check(fine, *words):
    if not fine:
        failures.append(" ".join(str(word) for word in words))


judge_process = subprocess.Popen([judge_path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def judge(**exchange):
    judge_process.stdin.write(json.dumps(exchange) + "\n")
    judge_process.stdin.flush()
    return judge_process.stdout.readline().strip()


lib = ctypes.CDLL(library)
lib.rphost_status_name.restype = ctypes.c_char_p
lib.rphost_open.restype = lib.rphost_call.restype = ctypes.c_void_p
lib.rphost_json.restype = lib.rphost_error.restype = ctypes.c_char_p


def number_of(name):
    return lib.rphost_status_value(name.encode())


# --- the page in parts --------------------------------------------------------------------------------------------------


def sections():
    """The headings in order, each with its lines up to the next heading."""
    found, lines = [], None
    for line in text.splitlines():
        heading = re.match(r"#+ (.*)", line)
        if heading:
            lines = []
            found.append((heading.group(1), lines))
        elif lines is not None:
            lines.append(line)
    return found


def blocks(lines):
    """Indented blocks, each as one text."""
    block = []
    for line in lines + [""]:
        if line.startswith("    "):
            block.append(line[4:])
        elif block:
            yield "\n".join(block)
            block = []


def tables(lines):
    """Each table as a list of rows of cells; the first row is its head."""
    table = []
    for line in lines + [""]:
        if line.startswith("|"):
            if not re.fullmatch(r"[|:-]+", line):
                table.append([cell.strip() for cell in line.strip("|").split("|")])
        elif table:
            yield table
            table = []


def quoted(cell):
    return re.findall(r"`([^`]*)`", cell)


page = dict(sections())
check(len(page) == len(sections()), "two sections have the same heading")


def table(section, index=0):
    return list(tables(page[section]))[index]


# --- links and citations ------------------------------------------------------------------------------------------------


def anchor(heading):
    return re.sub(r"[^a-z0-9 _-]", "", heading.lower()).replace(" ", "-")


anchors = {anchor(heading) for heading in page}
for link in re.findall(r"\]\(#([^)]*)\)", text):
    check(link in anchors, "a link leads to no section:", link)
for file in sorted(source.glob("src/**/*.[ch]")):
    for section in re.findall(r"abi/README\.md, ([A-Za-z' ]+)[)\"]", file.read_text()):
        check(section in page, file.name, "cites a section that is not there:", section)
cited = re.search(r"rp_section_names\[RP_SECTIONS\] = \{(.*?)\};", (source / "src/host/fault.c").read_text(), re.S)
names = re.findall(r'= "([^"]*)"', cited.group(1))
check(len(names) > 10, "the sections that librphost cites are not found")
for name in names:
    check(name in page, "librphost cites a section that is not there:", name)

# --- examples -----------------------------------------------------------------------------------------------------------


def strict(block):
    """The block as I-JSON, or None and a failure."""

    def once(pairs):
        check(len(pairs) == len(dict(pairs)), "a name is twice in an object:", block)
        return dict(pairs)

    try:
        return json.loads(block, object_pairs_hook=once)
    except ValueError as error:
        failures.append(f"an example is no JSON: {error}: {block}")


description = next(strict(block) for block in blocks(page["describe"]) if block.startswith('{"name"'))
hooks = ["describe", "open", "validate", "create", "read", "update", "delete", "list"]
examples = 0


def sum_of(results):
    numbers = [number_of(result["status"]) for result in results]
    failed = [number for number in numbers if number >= 100]
    return failed[0] if failed else 10 if any(number >= 10 for number in numbers) else 0


def first_record(request):
    return dict(request, records=request["records"][:1])


def judged(section, hook, request, status, answer, block):
    wrong = judge(hook=hook, request=request, description=description, status=status, answer=answer)
    check(not wrong, f"an example in {section!r} breaks a rule: {wrong}: {block}")


def try_example(section, block, value, last):
    """Judges one example; returns the request that the next one answers."""
    hook = section if section in hooks else "create"
    first = next(iter(value), None)
    if first in ("resource", "config", None):
        return value
    if first == "kind":
        wrong = judge(event=value, records=1)
        check(not wrong, "an event breaks a rule:", wrong, block)
    elif first == "severity":
        answer = {"results": [{"status": value["status"], "outcome": "none", "diagnostics": [value]}]}
        judged(section, hook, last, number_of(value["status"]), answer, block)
    elif first == "status":
        judged(section, hook, first_record(last), sum_of([value]), {"results": [value]}, block)
    elif first == "name":
        judged(section, "describe", {}, 0, value, block)
    elif first == "results":
        problems = value.get("diagnostics") or [{}]
        status = sum_of(value["results"]) if value["results"] else number_of(problems[0].get("status", "ok"))
        judged(section, hook, last, status, value, block)
    else:
        failures.append(f"an example in {section!r} is of no kind that is known: {block}")
    return last


requests = []
for section, lines in sections():
    last = {"resource": "note", "records": [{"name": "a"}]}
    if section == "Documents":
        last = {"resource": "note", "records": [{"name": "a", "text": "first"}, {"name": "b", "txet": "second"}]}
    for block in blocks(lines):
        if not block.startswith("{"):
            continue
        value = strict(block)
        if value is None:
            continue
        examples += 1
        last = try_example(section, block, value, last)
        if last is value:
            requests.append((section, value))
check(examples >= 25, "only", examples, "examples were found")
check({section for section, _ in requests} == set(hooks), "a hook has no example of its request")

# --- the header's table of slots ----------------------------------------------------------------------------------------

struct = re.search(r"typedef struct rp_plugin \{(.*?)\} rp_plugin;", header, re.S).group(1)
slots = re.findall(r"^    (?:rp_hook \*|void \(\*)(\w+)", struct, re.M)
rows = table("Overview")[1:]
check([quoted(row[0])[0] for row in rows] == slots, "the slots are not those of the header, in its order:", slots)
for slot, hook, _, may_be_null, _ in rows:
    if quoted(hook):
        check(quoted(hook)[0] == quoted(slot)[0].rstrip("_"), "slot and hook:", slot, hook)
    check((may_be_null == "no") == (quoted(slot)[0] in ("release", "describe", "open", "close")), "may be NULL:", slot)
check([quoted(row[1])[0] for row in rows if quoted(row[1])] == hooks, "the hooks are not those of the sections")

# --- statuses -----------------------------------------------------------------------------------------------------------

constants = {name.lower(): int(value) for name, value in re.findall(r"RP_([A-Z_]+) = (\d+)", header)}
rows = table("Status")[1:]
check({quoted(row[1])[0]: int(row[0]) for row in rows} == constants, "the statuses are not those of the header")
for number, name, _ in rows:
    name = quoted(name)[0]
    check(lib.rphost_status_name(int(number)).decode() == name, "librphost names", number, "otherwise than", name)
    check(number_of(name) == int(number), "librphost numbers", name, "otherwise than", number)
example = re.search(r"\((\d+) for (\d+)\)", text)
check(lib.rphost_status_name(int(example.group(1))) == lib.rphost_status_name(int(example.group(2))), example.group(0))

# --- outcomes -----------------------------------------------------------------------------------------------------------

STATE = {"id": "a", "name": "a", "text": "first"}
outcomes = [quoted(row[0])[0] for row in table("Outcome")[1:]]
check(outcomes == ["none", "done", "unknown"], "the outcomes are", outcomes)


def try_outcome(hook, status, outcome, with_state):
    record = {"name": "a", "text": "first"}
    request = {"resource": "note", "records": [{"state": STATE, "record": record} if hook == "update" else record]}
    result = {"status": status}
    if outcome:
        result["outcome"] = outcome
    if with_state:
        result["state"] = STATE
    if status == "already_exists":
        result["matches"] = True
    return judge(hook=hook, request=request, description=description, status=number_of(status),
                 answer={"results": [result]})


ways = {"yes": [True], "no": [False], "as far as known": [True, False], "the one that was given": [True]}
rows, tried = table("Outcome", 1)[1:], 0
for what, row_hooks, statuses, row_outcomes, state in rows:
    for hook in row_hooks.split(", "):
        for status in quoted(statuses):
            for outcome in quoted(row_outcomes) or [None]:
                for with_state in ways[state]:
                    if hook == "list":
                        continue
                    wrong = try_outcome(hook, status, outcome, with_state)
                    tried += 1
                    check(not wrong, f"{what}: {hook} {status} {outcome}: {wrong}")
                    # Where the table says yes, a result without the state breaks a rule if it is ok; and no delete has one.
                    if state == "yes" and status in ("ok", "already_exists", "in_progress"):
                        check(try_outcome(hook, status, outcome, False), f"{what}: {hook} {status} without a state")
                    if hook == "delete":
                        check(try_outcome(hook, status, outcome, True), f"{what}: delete with a state")
                    if hook != "read":
                        check(try_outcome(hook, status, None, with_state), f"{what}: {hook} without an outcome")
check(tried > 60, "only", tried, "rows of the outcome table were tried")

# --- results, diagnostics, describe ---------------------------------------------------------------------------------------

WRONG = {"string": 7, "boolean": "yes", "integer": "7", "object": "x", "array": {}}
good = {"status": "ok", "outcome": "done", "state": STATE}
request = {"resource": "note", "records": [{"name": "a", "text": "first"}]}


def result_with(member, value):
    return judge(hook="create", request=request, description=description, status=0,
                 answer={"results": [dict(good, **{member: value})]})


for member, kind, _, _ in table("Results")[1:]:
    member = quoted(member)[0]
    check(member in result_with(member, WRONG[kind]), "a result's", member, "need not be of type", kind)
    if member in ("matches", "existed", "retryable", "retry_after_ms", "diagnostics"):
        check(not result_with(member, None), "null is not as good as absent:", member)

problem = {"severity": "error", "status": "conflict", "code": "a.b", "summary": "s", "detail": "d", "path": "/a", "data": {}}


def diagnostic(value):
    return judge(hook="create", request=request, description=description, status=200,
                 answer={"results": [{"status": "conflict", "outcome": "none", "diagnostics": [value]}]})


check(not diagnostic(problem), diagnostic(problem))
for member, kind, required, _ in table("Diagnostics")[1:]:
    member = quoted(member)[0]
    check(member in diagnostic(dict(problem, **{member: WRONG[kind]})), "a diagnostic's", member, "need not be", kind)
    left_out = {name: value for name, value in problem.items() if name != member}
    check(bool(diagnostic(left_out)) == (required == "yes"), "a diagnostic without", member)

for index, inside in ((0, lambda whole: whole), (1, lambda whole: whole["resources"]["note"])):
    for cell, required, _ in table("describe", index)[1:]:
        for member in quoted(cell):
            whole = json.loads(json.dumps(description))
            check(member in inside(whole), "the example of describe has no", member)
            del inside(whole)[member]
            wrong = judge(hook="describe", request={}, status=0, answer=whole)
            check(bool(wrong) == (required == "yes"), "describe without", member, wrong)

twins = table("Keys")[1:]
for hook, first, later in twins:
    for status in quoted(first):
        check(number_of(status) >= 0, "twins: no status", status)

# --- keywords and members that the plugins of the tree use --------------------------------------------------------------

keywords = {quoted(row[0])[0] for row in table("Schemas")[1:]}
used = set()
for file in list(source.glob("src/**/*.c")) + list(source.glob("plugin/**/*.c")) + list(source.glob("examples/**/*.c")):
    used |= set(re.findall(r"x-rp-[a-z-]+", file.read_text()))
check(used <= keywords, "keywords that the page does not have:", used - keywords)

# --- figures --------------------------------------------------------------------------------------------------------------

rules = (source / "src/host/rules.h").read_text()
scan = (source / "src/json/scan.h").read_text()
check("at most 16 MiB and 64 levels" in " ".join(text.split()) and "at most 1 MiB" in text, "the limits are not in the page")
check("RP_MAX_ANSWER_BYTES      (16u << 20)" in rules and "RP_MAX_DESCRIPTION_BYTES (1u << 20)" in rules, "librphost's limits")
check("RP_JSON_MAX_BYTES (16u << 20)" in scan and "RP_JSON_MAX_DEPTH 64u" in scan, "the limits of src/json")

cmake = (source / "abi/plugin.cmake").read_text()
for cell, _ in table("Building a plugin")[1:]:
    for flag in quoted(cell):
        if flag.startswith("-z "):
            check("-z," + flag[3:] in cmake, "rp_add_plugin has no", flag)
check("-Bsymbolic" in cmake and "--version-script" in cmake, "rp_add_plugin lacks -Bsymbolic or the version script")

# --- the examples against a real plugin: notes, as minimal-plugin has them -------------------------------------------------


def call(host, hook, document):
    body = json.dumps(document).encode()
    answer = ctypes.c_void_p(lib.rphost_call(host, hook.encode(), body, ctypes.c_size_t(len(body)), 0, None, None))
    told = lib.rphost_status(answer), json.loads(lib.rphost_json(answer))
    lib.rphost_release(answer)
    return told


host = ctypes.c_void_p(lib.rphost_open(minimal.encode(), b"{}", ctypes.c_size_t(2)))
check(lib.rphost_error(host) is None, "minimal-plugin:", lib.rphost_error(host))
for section, request in requests:
    if section not in ("create", "read", "delete"):
        continue
    request.pop("options", None)
    status, answer = call(host, section, request)
    documented = [strict(block) for block in blocks(page[section]) if block.startswith('{"results"')]
    check(status != 120, "minimal-plugin breaks a rule:", answer)
    if section == "create":
        check(status == 0 and [r["state"] for r in answer["results"]] == [r["state"] for r in documented[0]["results"]],
              "minimal-plugin creates other notes than the page:", answer)
        status, answer = call(host, section, first_record(request))
        existing = next(strict(block) for block in blocks(page[section]) if "already_exists" in block)
        check(status == constants["already_exists"], "create of what exists:", answer)
        check({key: answer["results"][0].get(key) for key in existing} == existing, "already_exists:", answer, existing)
        call(host, "delete", {"resource": "note", "records": [{"name": "b"}]})
    if section == "read":
        check([{k: r.get(k) for k in e} for r, e in zip(answer["results"], documented[0]["results"])] ==
              documented[0]["results"], "read of one that exists and one that does not:", answer)
    if section == "delete":
        check(answer["results"][0].get("existed") is True, "delete:", answer)
        status, answer = call(host, section, request)
        check(status == 0 and answer["results"][0].get("existed") is False, "delete of the absent:", answer)
lib.rphost_close(host)

for failure in failures:
    print("FAILED:", failure)
print(examples, "examples,", tried, "outcomes")
sys.exit(bool(failures))
