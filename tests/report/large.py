"""Makes a project whose plan has a hundred thousand findings' places, of many kinds and with awkward names.

Usage: large.py SAMPLE OUT [--rows 100000]

SAMPLE is samples/clean. OUT becomes a copy of it with another export of accounts: half of its rows name a record that is
nowhere, most of the others an owner whom nobody knows, each another one; a few bear what a browser could take for markup.
"""

import argparse
import csv
import shutil
import uuid
from pathlib import Path

SPACE = uuid.UUID("5f0c1f0e-3a53-5d38-9d19-5d6c4f4a6f10")
AWKWARD = ["</script><img src=x onerror=alert(1)>", "<!--", "=1+1", "O'Brien & \"Söhne\"", "Åsa\u2028Lindqvist", "#findings?code=X"]


def rows(known, wanted):
    """The given rows first, so that the plan has changes too."""
    header, *records = known
    id_at, owner_at = header.index("accountid"), header.index("ownerid")
    yield header
    yield from records
    for number in range(wanted):
        row = list(records[number % len(records)])
        row[id_at] = str(uuid.uuid5(SPACE, f"record {number}"))
        if number < 6 * len(AWKWARD):
            row[owner_at] = AWKWARD[number % len(AWKWARD)]
        elif number % 2:
            row[owner_at] = str(uuid.uuid5(SPACE, f"owner {number}"))
        yield row


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sample", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--rows", type=int, default=99_900)
    asked = parser.parse_args()
    for name in ["environment", "exports"]:
        shutil.copytree(asked.sample / name, asked.out / name)
    shutil.copy(asked.sample / "cutover.toml", asked.out)
    path = asked.out / "exports" / "accounts.csv"
    with path.open(newline="", encoding="utf-8") as file:
        known = list(csv.reader(file))
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows(rows(known, asked.rows))


if __name__ == "__main__":
    main()
