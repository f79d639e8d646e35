"""Counts the instructions that `plan` takes for a row, and is red where they became more.

Usage: instructions.py PROGRAM [--accept REASON]

PROGRAM is a release build of `cutover`. Two projects are planned under valgrind, one with more rows than the other; what
the larger took more, by the rows that it has more, is compared with the last number of instructions.csv beside this file.
Each row's id and owner are read and looked up, and nearly every row becomes a change. Valgrind shows a program no newer
instructions than AVX2, and one thread works, so that the count is the same on every machine that has these; on others
nothing is measured. `--accept` takes the number as found from now on, for the reason given; commit the file then.
"""

import argparse
import csv
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ACCEPTED = Path(__file__).with_name("instructions.csv")
# Both beyond what the reports of a plan hold, and beyond the row by which every owner was met: neither is work of a row.
ROWS = (100_000, 140_000)
PEOPLE = 200
TOLERANCE = 0.05

MANIFEST = """\
[environment]
from = "environment/"
as_of = "2026-11-28"

[owners]
missing = "leave"
by_name = "accept"

[[records]]
file = "exports/accounts.csv"
table = "account"
"""


def guid(kind, number):
    return f"{kind:08x}-0000-4000-8000-{number:012x}"


def owner(row):
    """Mostly mails, some of them written oddly, full names, and people who left."""
    person = row * 31 % PEOPLE
    if row % 97 == 0:
        return f"left{row % 1000}@contoso.com"
    if row % 3 == 0:
        return f"Person {person} of Contoso"
    return f" Person{person}@CONTOSO.com" if row % 10 == 1 else f"person{person}@contoso.com"


def make(folder, rows):
    """A project of so many records, whose ids are in no order."""
    ids = [guid(9, row * 7919 % 1_000_003) for row in range(rows)]
    people = range(PEOPLE)
    unit, role = guid(1, 1), guid(2, 1)
    tables = {
        "environment/business_units.csv": ["id,name,parent", f"{unit},Contoso,"],
        "environment/entities.csv": ["name,ownership", "account,user"],
        "environment/roles.csv": ["id,name,business_unit", f"{role},Salesperson,{unit}"],
        "environment/role_privileges.csv": ["role,privilege,depth", f"{role},prvReadaccount,organisation"],
        "environment/users.csv": ["id,upn,mail,full_name,business_unit,disabled"] + [
            f"{guid(3, one)},person{one}@contoso.com,,Person {one} of Contoso,{unit},false" for one in people],
        "environment/user_roles.csv": ["user,role"] + [f"{guid(3, one)},{role}" for one in people],
        "environment/records-account.csv": ["id,owner"] + [f"{id_},{guid(3, 0)}" for id_ in ids],
        "exports/accounts.csv": ["accountid,name,ownerid,city"] + [
            f'{id_},"Company, {row}",{owner(row)},Göteborg' for row, id_ in enumerate(ids)],
        "cutover.toml": [MANIFEST],
    }
    for name, lines in tables.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def count(program, folder):
    """Instructions of one plan; the environment file is there before."""
    environment = {"PATH": os.environ["PATH"], "RAYON_NUM_THREADS": "1"}
    subprocess.run([program, "load", folder, "--quiet"], check=True, env=environment, stdout=subprocess.DEVNULL)
    ended = subprocess.run(
        ["valgrind", "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null",
         program, "plan", folder, "--quiet"],
        check=False, env=environment, capture_output=True, text=True)
    found = re.search(r"I\s+refs:\s+([\d,]+)", ended.stderr)
    if ended.returncode != 0 or not found:
        sys.exit(f"`plan` under valgrind ended with {ended.returncode}:\n{ended.stdout}{ended.stderr}")
    return int(found[1].replace(",", ""))


def per_row(program):
    counts = []
    with tempfile.TemporaryDirectory() as room:
        for rows in ROWS:
            folder = Path(room) / str(rows)
            make(folder, rows)
            counts.append(count(program, folder))
    return (counts[1] - counts[0]) / (ROWS[1] - ROWS[0])


def accepted():
    with ACCEPTED.open(newline="", encoding="utf-8") as file:
        return [int(row["instructions per row"]) for row in csv.DictReader(file)][-1]


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("program", type=Path)
    arguments.add_argument("--accept", metavar="REASON")
    chosen = arguments.parse_args()
    if shutil.which("valgrind") is None:
        sys.exit("valgrind is not there; install it (`apt-get install valgrind`)")
    cpu = Path("/proc/cpuinfo")
    if not cpu.exists() or " avx2 " not in cpu.read_text(encoding="utf-8"):
        print("skipped: the count is of programs that use AVX2, which this machine has not")
        return
    found = round(per_row(chosen.program.resolve()))
    if chosen.accept:
        with ACCEPTED.open("a", newline="", encoding="utf-8") as file:
            csv.writer(file, lineterminator="\n").writerow([found, chosen.accept])
        print(f"{found} instructions for a row are accepted: {chosen.accept}")
        return
    before = accepted()
    print(f"{found} instructions for a row, accepted are {before} ({found / before - 1:+.1%}, red above {TOLERANCE:+.0%})")
    cure = f'python3 tests/bench/instructions.py {chosen.program} --accept "why"'
    if found > before * (1 + TOLERANCE):
        sys.exit(f"planning takes more instructions than before: find out why, or, with a reason, accept them: {cure}")
    if found < before * (1 - TOLERANCE):
        print(f"that is less than before; keep what was gained: {cure}")


if __name__ == "__main__":
    main()
