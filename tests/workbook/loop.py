#!/usr/bin/env python3
"""The way of a plan's workbook to a client and back.

In: a folder with a copy of the sample, and the program. Out: one line, or what is wrong: the workbook opens in LibreOffice
without repair and holds what `plan.json` says it must; a damaged one does not pass; rulings that are written in it there,
saved as .xlsx and .ods, are obeyed by the next plan, and so are those in `owners.csv`, saved by LibreOffice.
"""

import csv
import io
import itertools
import json
import subprocess
import sys
import zipfile
from pathlib import Path

from office import Office

FALLBACK = "migration@contoso.com"
# Reference, ruling, and what the sheet says of it then.
RULINGS = [
    ("Karl Meier", "karl.meier2@contoso.com", "Karl Meier <karl.meier2@contoso.com> by ruling"),
    ("Anna Schmidt", "46c3ec7f-f904-405a-9f01-2941cb21f3e1", "Anna Schmidt <anna.schmidt@contoso.com> by ruling"),
    ("Nina Kowalczyk", "Iberia Sales", "team Iberia Sales by ruling"),
    ("Kundenservice", "giulia.conti@contoso.com", "Giulia Conti <giulia.conti@contoso.com> by ruling"),
    ("Pavel Novák", "fallback", "fallback owner Data Migration <migration@contoso.com>"),
    ("Ingrid Bjork", "leave", "left"),
    ("Gabriela Santos", "stub", "stub user Gabriela Santos <gabriela.santos@contoso.com>"),
]
STANDING = [    # what the sample has ruled already
    ("Sofia Rossi", "Sofia Rossi <sofia.rossi@contoso.com> by ruling"),
    ("SYSTEM", "left"),
]
AWKWARD = ['=HYPERLINK("http://x")', "+49", "-1", "@SUM(1)", "'quoted", "<b>x</b>", "a\tb", "007", "1E5"]


class Wrong(Exception):
    pass


def expect(what, found, expected):
    if found != expected:
        raise Wrong(f"{what}: found {found!r}, expected {expected!r}")


def plan(program, project):
    """The document of a fresh plan; the sample always has errors."""
    ended = subprocess.run([program, "plan", project, "--quiet"], capture_output=True, text=True)
    if ended.returncode != 1:
        raise Wrong(f"plan ended with {ended.returncode}: {ended.stderr}{ended.stdout}")
    return json.loads((project / "plan/plan.json").read_text("utf-8"))


def add_awkward_owners(project):
    path = project / "exports/accounts.csv"
    rows = io.StringIO()
    writer = csv.writer(rows, delimiter=";", lineterminator="\n")
    for number, name in enumerate(AWKWARD):
        writer.writerow([f"00000000-0000-4000-9000-{number:012}"] + [""] * 9 + [name])
    lines = path.read_bytes().splitlines(keepends=True)
    # Its last line is a total.
    path.write_bytes(b"".join(lines[:-1]) + rows.getvalue().encode("cp1252") + lines[-1])


def guarded(text):
    return "'" + text if text[0] in "=+-@\t'" else text


def check(office, path, document):
    """That a workbook opens as what the plan says it is."""
    changes = document["totals"]["changes"].get
    rows = {
        "Owners": document["owners_file"]["rows"],
        "Stub users": changes("create_stub_user", 0),
        "Users": changes("change_user", 0),
        "Roles": changes("give_role", 0) + changes("remove_role", 0),
        "Records": changes("assign_record", 0),
        "Findings": document["findings_file"]["rows"],
        "Readiness": document["readiness"]["file"]["rows"],
        "Reconciliation": document["holdings_file"]["rows"],
        "Inputs": len(document["inputs"]),
    }
    with office.open(path) as book:
        expect("sheets", book.names(), ["Summary", *rows])
        for name, count in rows.items():
            # What stands below a gap, such as the totals that are signed, is no row of the sheet.
            below = itertools.takewhile(lambda row: row[0] != "", book.rows(name)[1:])
            expect(f"rows of {name}", len(list(below)), count)
        reconciled = book.rows("Reconciliation")
        given = reconciled[0].index("Given away")
        totals = sum(row[given] for row in reconciled if row[0] == "total")
        expect("given away in the totals", totals, changes("assign_record", 0))
        for name in book.names():
            expect(f"formulas of {name}", book.formulas(name), "")
        summary = {row[0]: row[1:] for row in reversed(book.rows("Summary"))}
        expect("seal", summary["Seal"][0], document["seal"])
        expect("errors", summary["errors"][0], document["totals"]["errors"])
        expect("warnings", summary["warnings"][0], document["totals"]["warnings"])
        owners = book.rows("Owners")
        references = {row[0] for row in owners}
        expect("awkward names that are missing", {guarded(name) for name in AWKWARD} - references, set())
        at = next(number for number, row in enumerate(owners) if row[0] == "Karl Meier")
        offered = book.offers("Owners", owners[0].index("Ruling"), at)
        candidates = [one.split("<")[1].split(">")[0] for one in owners[at][6].split("; ") if one]
        expect("choices", offered, [*candidates, "stub", "fallback", "leave"])
        return candidates


def check_that_damage_is_seen(office, path, document, work):
    """A check that a damaged file passes is none."""
    whole = path.read_bytes()
    short = work / "cut.xlsx"
    short.write_bytes(whole[: len(whole) // 2])
    holed = work / "holed.xlsx"
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(holed, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            inner = old.read(name)
            if name == "xl/worksheets/sheet2.xml":
                inner = inner[: len(inner) // 2]
            new.writestr(name, inner)
    for damaged in (short, holed):
        try:
            check(office, damaged, document)
        except Exception:
            continue
        raise Wrong(f"{damaged.name} is damaged and passed for whole")


def rule(office, path, saved):
    """Writes the rulings where a client would, and lets LibreOffice save them."""
    with office.open(path) as book:
        name = "Owners" if "Owners" in book.names() else book.names()[0]
        rows = book.rows(name)
        keys = [str(cell).lower() for cell in rows[0]]
        reference = keys.index("owner reference" if "owner reference" in keys else "reference")
        column = keys.index("ruling")
        wanted = {text: ruling for text, ruling, _ in RULINGS} | {guarded(text): "leave" for text in AWKWARD}
        for number, row in enumerate(rows):
            ruling = wanted.pop(str(row[reference]), None)
            if ruling is not None:
                book.write(name, column, number, ruling)
        expect("references that are not in the sheet", wanted, {})
        book.save(saved)


def check_rulings(case, project, document):
    expect(f"{case}: rulings", document["rulings"]["used"], len(RULINGS) + len(STANDING) + len(AWKWARD))
    text = (project / "owners.csv").read_bytes()
    text = text.decode("utf-16" if text[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    delimiter = max(",;\t", key=text.splitlines()[0].count)
    said = {row["reference"]: row["match"] for row in csv.DictReader(io.StringIO(text), delimiter=delimiter)}
    for reference, *_, match in RULINGS + STANDING + [(guarded(name), "left") for name in AWKWARD]:
        expect(f"{case}: {reference}", said[reference], match)
    expect(f"{case}: matches by ruling", document["totals"]["matches"]["ruling"]["references"], 5)


def main():
    work, program = Path(sys.argv[1]), Path(sys.argv[2])
    project = work / "contoso"
    manifest = project / "cutover.toml"
    text = manifest.read_text("utf-8").replace("[owners]\n", f'[owners]\nfallback = "{FALLBACK}"\n')
    manifest.write_text(text, "utf-8")
    add_awkward_owners(project)
    document = plan(program, project)
    report = project / "plan/report.xlsx"
    sent = work / "sent.xlsx"
    sent.write_bytes(report.read_bytes())
    sheet = (project / "owners.csv").read_bytes()
    with Office(work) as office:
        candidates = check(office, sent, document)
        expect("candidates", candidates, ["karl.meier2@contoso.com", "karl.meier@contoso.com"])
        check_that_damage_is_seen(office, sent, document, work)
        for kind in ("xlsx", "ods"):
            rule(office, sent, project / f"owners.{kind}")
            named = text.replace("[owners]\n", f'[owners]\nrulings = "owners.{kind}"\n')
            manifest.write_text(named, "utf-8")
            ruled = plan(program, project)
            check_rulings(kind, project, ruled)
            check(office, report, ruled)
            # One ruling of the sheet was overruled in the workbook, and that is told.
            told = [one["subject"] for one in ruled["findings"] if one["code"] in ("OWN006", "OWN014")]
            # What the sample has ruled of somebody who is in no export stays in the workbook, and is told.
            expect(f"{kind}: findings about rulings", told, ["Thomas Keller", "owners.csv"])
        manifest.write_text(text, "utf-8")
        expect("owners.csv, apart from its columns", b"kundenservice@" in sheet, True)
        rule(office, project / "owners.csv", work / "owners.csv")
        (project / "owners.csv").write_bytes((work / "owners.csv").read_bytes())
        check_rulings("csv", project, plan(program, project))
    print(f"the workbook went out and came back: {len(RULINGS) + len(AWKWARD)} rulings hold by .xlsx, .ods and .csv")


if __name__ == "__main__":
    try:
        main()
    except Wrong as wrong:
        sys.exit(f"tests/workbook: {wrong}")
