"""A row of the table: its cells, its footnotes, and what went wrong."""

import subprocess

from servers import Wrong

COLUMNS = ["create", "read", "update", "delete", "list", "cancel", "unicode", "2^53", "error"]


class Row:
    def __init__(self, name):
        self.name = name
        self.version = ""
        self.missing = None
        self.cells = {}
        self.notes = {}
        self.faults = []

    def ok(self, *columns):
        for column in columns:
            self.cells.setdefault(column, "ok")

    def without(self, column, why, cell="n/a"):
        """The host has no such thing, or has it in another way: a footnote says so."""
        self.cells[column] = cell
        self.notes[column] = why

    def attempt(self, step, *arguments):
        """One step of a test. The others follow, whatever comes of it."""
        try:
            step(*arguments)
        except Wrong as wrong:
            self.faults.append(f"{self.name}: {wrong}")
        except (KeyError, IndexError, TypeError, ValueError, OSError, subprocess.TimeoutExpired) as error:
            self.faults.append(f"{self.name}: {step.__name__}: {error!r}")


def text_of_table(rows):
    """The table of those rows that are not skipped, and its footnotes."""
    notes, lines = [], []
    width = max([len(row.name) for row in rows] + [4]) + 2
    lines.append(f"{'host':<{width}}{'version':<12}" + "".join(f"{column:<10}" for column in COLUMNS).rstrip())
    for row in rows:
        if row.missing:
            lines.append(f"{row.name:<{width}}SKIPPED: {row.missing}")
            continue
        cells = []
        for column in COLUMNS:
            cell = row.cells.get(column, "FAILED")
            if column in row.notes:
                if row.notes[column] not in notes:
                    notes.append(row.notes[column])
                cell += f" {notes.index(row.notes[column]) + 1}"
            cells.append(f"{cell:<10}")
        lines.append(f"{row.name:<{width}}{row.version[:11]:<12}" + "".join(cells).rstrip())
    return "\n".join(lines + [f"  {i + 1}: {note}" for i, note in enumerate(notes)])
