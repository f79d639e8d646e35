"""Makes projects around real exports written by others, which stay outside the repository.

Usage: real_data.py DIR OUT

DIR holds the collection (folders such as `1-dynamics` and `3-othercrm`); each file of `RECIPES` that is found there gets a
folder under OUT: the file itself under exports/, an environment folder made to fit its ids, a manifest of a few lines, and
expected.toml with the exit code, the counts, and the words that a refusal must say. Needs requirements.txt of this folder.
"""

import csv
import shutil
import sys
import warnings
from pathlib import Path

import openpyxl

from sample_lib import Book, Ledger, Meant, Person, guid, small_environment, toml_text, write_csv, write_expected, write_text

UNIT = "Migration Target"
MIGRATION = Person("Data", "Migration", "migration@example.com", UNIT, ("admin",), mode="non-interactive", licensed="false")


def read_table(path):
    """Header and rows as texts, wherever the table begins in row 1."""
    if path.suffix == ".xlsx":
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            sheet = openpyxl.load_workbook(path, data_only=True).worksheets[0]
        rows = [["" if cell is None else str(cell) for cell in row] for row in sheet.iter_rows(values_only=True)]
    else:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = [row for row in csv.reader(file) if row]
    return rows[0], rows[1:]


def manifest(file, table, users="", records=""):
    return (f'[environment]\nfile = "environment.sqlite"\nfrom = "environment/"\nas_of = "2026-11-28"\n\n{users}'
            f'[[records]]\nfile = {toml_text("exports/" + file)}\ntable = "{table}"\n{records}')


def put(source, folder):
    target = folder / "exports" / source.name
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)


def assigned(folder, source, owners, book):
    """Every row becomes a change: nobody of the file owns anything yet."""
    for owner in owners:
        book.use(owner)
    name = f"exports/{source.name}"
    kinds = {"create stub user": 0, "give role": 0, "assign record": len(owners), "remove role": 0}
    write_expected(folder / "expected.toml", 0, {name: Ledger(rows=len(owners), changes=len(owners))}, book, [], kinds, [],
                   "real_data.py")


def capgemini_contacts(source, folder):
    """Logical names, owners by id, `ownerid.LogicalName` beside: users and a team."""
    header, rows = read_table(source)
    record, owner, kind = (header.index(name) for name in ("contactid", "ownerid", "ownerid.LogicalName"))
    book, users, teams = Book(), [MIGRATION], {}
    for number, row in enumerate(rows):
        book.say(row[owner], Meant("match", row[owner], "id"))
        if row[kind] == "team":
            teams["Support Team"] = row[owner]
        else:
            users.append(Person("Test", f"Owner {number}", f"owner{number}@example.com", UNIT, ("reader",), id=row[owner]))
    env = small_environment(UNIT, "Contact", users, list(teams))
    env.team_ids = teams
    env.write(folder / "environment", {"contact": [[row[record], MIGRATION.id] for row in rows]})
    write_text(folder / "cutover.toml", manifest(source.name, "contact"))
    assigned(folder, source, [row[owner] for row in rows], book)


def salesforce_leads(source, folder):
    """Found by the old id; the one owner is a Salesforce id that a users export translates."""
    header, rows = read_table(source)
    record, owner = header.index("Id"), header.index("OwnerId")
    book, users, people = Book(), [MIGRATION], []
    for number, old in enumerate(sorted({row[owner] for row in rows})):
        person = Person("Rep", f"Number {number}", f"rep{number}@example.com", UNIT, ("reader",))
        users.append(person)
        people.append([old, f"rep{number}@old.example", person.first, person.last, person.upn, "TRUE"])
        book.say(old, Meant("match", person.id, "UPN"))
    write_csv(folder / "exports" / "User.csv", ["Id", "Username", "FirstName", "LastName", "Email", "IsActive"], people)
    env = small_environment(UNIT, "Lead", users)
    env.write(folder / "environment", {"lead": [[guid("lead", row[record]), MIGRATION.id, row[record]] for row in rows]},
              {"lead": ["new_legacyid"]})
    write_text(folder / "cutover.toml", manifest(
        source.name, "lead", '[owners]\ndomains = { "old.example" = "example.com" }\n\n[[users]]\nfile = "exports/User.csv"\n\n',
        'key = { column = "Id", field = "new_legacyid" }\n'))
    assigned(folder, source, [row[owner] for row in rows], book)


def without_owner(table, key=""):
    """A file that cannot be used: the run ends at once and says which column it looked for."""

    def make(source, folder):
        header, rows = read_table(source)
        env = small_environment(UNIT, table, [MIGRATION])
        env.write(folder / "environment", {table.lower(): [[guid(table, number), MIGRATION.id] for number in range(len(rows))]})
        write_text(folder / "cutover.toml", manifest(source.name, table.lower(), records=key))
        shown = ", ".join(toml_text(name.strip()) for name in header[:3])
        write_text(folder / "expected.toml",
                   "# No plan is written: the file has no owner column. Standard error must name code, file and what was\n"
                   "# looked for, and show the headers that were found.\n"
                   f'exit_code = 2\ncode = "FIL004"\nfile = {toml_text("exports/" + source.name)}\n'
                   f'says = [{toml_text(source.name)}, "owner"]\nheaders_shown = [{shown}]\n')

    return make


RECIPES = {
    "1-dynamics/ValidFilePrefix_contact_1.csv": capgemini_contacts,
    "1-dynamics/Outcome data.xlsx": without_owner("contoso_Outcome"),
    "1-dynamics/ContosoCoffee_D365Contacts.csv": without_owner(
        "Contact", 'key = { column = "Email", field = "emailaddress1" }\n'),
    "1-dynamics/powerapps-import accounts.csv": without_owner("Account", 'key = { column = "src_name", field = "name" }\n'),
    "3-othercrm/powerbi-Lead.csv": salesforce_leads,
}


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    collection, out = Path(sys.argv[1]), Path(sys.argv[2])
    for name, recipe in RECIPES.items():
        source = collection / name
        if not source.is_file():
            print(f"not there, left out: {name}", file=sys.stderr)
            continue
        folder = out / source.stem.lower().replace(" ", "-").replace("_", "-")
        put(source, folder)
        recipe(source, folder)
        print(folder)


if __name__ == "__main__":
    main()
