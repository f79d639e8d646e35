"""Compares planned changes with who was meant, in a project made by meant.py.

Usage: check_meant.py PROJECT CHANGES.csv

CHANGES.csv is the output of `cutover show PROJECT changes --format csv`: seq, stage, kind, entity, subject, before, after,
file, row, where `subject` holds the record's id and `after` the id of the principal. Says how many rows are right, how many go
to a wrong person (there must be none), and how many are not assigned: of those, `missed` are certain and should have been.
Exit code 0: nobody wrong and nothing missed; 1: somebody wrong; 3: nobody wrong, something missed; 2: usage.
"""

import csv
import re
import sys
import uuid
from collections import Counter
from pathlib import Path

from sample_lib import key

GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
SHOWN_MAX = 20


def rows_of(path):
    with path.open(newline="", encoding="utf-8-sig") as file:
        yield from csv.DictReader(file)


def guid_in(text):
    found = GUID.search(text)
    return found.group(0).lower() if found else ""


class Project:
    """Who was meant, and by which ids the environment and the plan know them."""

    def __init__(self, folder):
        environment = folder / "environment"
        self.meant = {row["record"]: row for row in rows_of(folder / "meant.csv")}
        self.now = {row["id"]: row["owner"] for row in rows_of(environment / "records-account.csv")}
        self.users = {row["upn"]: row["id"] for row in rows_of(environment / "users.csv")}
        settings = {row["name"]: row["value"] for row in rows_of(environment / "settings.csv")}
        self.organisation = uuid.UUID(settings["organisation_id"])

    def id_of(self, upn):
        """A user's id; who is not in the environment becomes a stub user of a planned id."""
        return self.users.get(upn) or str(uuid.uuid5(self.organisation, key(upn)))


def judge(project, after):
    """Counts by verdict and shape, and the wrong ones."""
    counts, wrong = Counter(), []
    for record, row in project.meant.items():
        got = after.get(record, "")
        somebody = row["meant"] not in ("nobody", "ambiguous")
        wanted = project.id_of(row["meant"]) if somebody else ""
        if got and got != wanted:
            verdict = "wrong person"
            wrong.append((record, row["meant"], row["shape"], row["reference"], got))
        elif got or not somebody or project.now[record] == wanted:
            verdict = "right"
        else:
            verdict = "missed" if row["certain"] == "yes" else "left for a ruling"
        counts[verdict, row["shape"]] += 1
    return counts, wrong


def stubs_for_nobody(project, changes):
    """Stub users that the plan makes and that nobody meant."""
    meant = {project.id_of(row["meant"]) for row in project.meant.values() if row["meant"] not in ("nobody", "ambiguous")}
    made = {guid_in(change["subject"]) or guid_in(change["after"]) for change in changes if change["kind"].startswith("create")}
    return sorted(made - meant - {""})


def main():
    if len(sys.argv) != 3:
        print(__doc__, file=sys.stderr)
        sys.exit(2)
    project = Project(Path(sys.argv[1]))
    changes = list(rows_of(Path(sys.argv[2])))
    assigned = [change for change in changes if change["kind"].replace("_", " ") == "assign record"]
    after = {guid_in(change["subject"]): guid_in(change["after"]) for change in assigned}
    strangers = sorted(set(after) - set(project.meant))
    counts, wrong = judge(project, after)
    stubs = stubs_for_nobody(project, changes)
    shapes = sorted({shape for _, shape in counts})
    verdicts = ("right", "wrong person", "missed", "left for a ruling")
    print(f"{'shape':14}" + "".join(f"{verdict:>20}" for verdict in verdicts))
    for shape in shapes:
        print(f"{shape:14}" + "".join(f"{counts[verdict, shape]:>20}" for verdict in verdicts))
    total = {verdict: sum(counts[verdict, shape] for shape in shapes) for verdict in verdicts}
    print(f"{'all':14}" + "".join(f"{total[verdict]:>20}" for verdict in verdicts))
    for record, meant, shape, reference, got in wrong[:SHOWN_MAX]:
        print(f"wrong person: {record} `{reference}` ({shape}) meant {meant}, got {got}")
    for record in strangers[:SHOWN_MAX]:
        print(f"wrong person: {record} is no record of this project")
    for stub in stubs[:SHOWN_MAX]:
        print(f"wrong person: stub user {stub} is meant by nobody")
    if wrong or strangers or stubs:
        sys.exit(1)
    sys.exit(3 if total["missed"] else 0)


if __name__ == "__main__":
    main()
