"""The data and the project folders that are measured."""

import csv
import re
import shutil
import subprocess
import sys
from pathlib import Path

USERS = 20_000
UNIT, READER, SALES, IMPORTER = (f"{kind}1111111-0000-4000-8000-00000000000{kind}" for kind in (1, 2, 3, 4))
MANIFEST = """\
[environment]
file = "environment.sqlite"
from = "environment/"
kind = "dynamics365"
as_of = "2026-11-28"

[owners]
missing = "leave"          # people who left keep nothing and stop nothing
by_name = "accept"

[[users]]
file = "exports/users.csv"

[[records]]
file = "exports/{file}"
table = "account"

[accept]
OWN002 = "keep out"        # two people bear the name
"""
# The generator's largest file; more rows are several of them.
ROWS_OF_A_FILE = 10_000_000


class Projects:
    """Makes data and projects in the folder of work, each once."""

    def __init__(self, work, program, generator, data):
        self.work, self.program, self.generator = work, program, generator
        self.data = data.resolve() if data else work / "data"
        self.data.mkdir(parents=True, exist_ok=True)

    def generated(self, name, *what):
        """A file of the generator, made where it is not there."""
        path = self.data / name
        if not path.exists():
            if not self.generator:
                sys.exit(f"`{path}` is not there; name the generator with --generator")
            target = self.work / "target"
            manifest = self.generator / "Cargo.toml"
            subprocess.run(["cargo", "build", "--release", "--quiet", "--manifest-path", manifest, "--target-dir", target],
                           check=True)
            made = path.with_name(f"{name}.part")
            subprocess.run([target / "release" / "crmgen", *what, "--users", str(USERS), "--out", made], check=True)
            made.rename(path)
        return path

    def users(self):
        return self.generated("users.csv", "users")

    def records(self, rows):
        name = {1_000_000: "1m", 10_000_000: "10m"}.get(rows, str(rows))
        return self.generated(f"records-{name}.csv", "records", "--rows", str(rows))

    def without_records(self, rows):
        """A project whose environment knows of no records."""
        return self.project(f"without-{rows}", rows, loaded=False)

    def with_records(self, rows):
        """A project whose environment holds every record, all owned by whoever imported them."""
        return self.project(f"with-{rows}", rows, loaded=True)

    def project(self, name, rows, loaded):
        folder = self.work / name
        if (folder / "environment.sqlite").exists():
            return folder
        shutil.rmtree(folder, ignore_errors=True)
        (folder / "exports").mkdir(parents=True)
        files = max(1, rows // ROWS_OF_A_FILE)
        records = self.records(min(rows, ROWS_OF_A_FILE))
        if files == 1:
            (folder / "exports" / "accounts.csv").symlink_to(records)
        for number in range(files if files > 1 else 0):
            write_varied(records, folder / "exports" / f"accounts-{number}.csv", number)
        shutil.copyfile(self.users(), folder / "exports" / "users.csv")
        manifest = MANIFEST.format(file="accounts.csv" if files == 1 else "accounts-*.csv")
        (folder / "cutover.toml").write_text(manifest, encoding="utf-8")
        self.write_environment(folder / "environment", records if loaded else None)
        subprocess.run([self.program, "load", folder, "--quiet"], check=True)
        return folder

    def write_environment(self, folder, records):
        folder.mkdir()
        tables = {
            "business_units": ["id,name,parent", f"{UNIT},Contoso,"],
            "entities": ["name,ownership", "account,user"],
            "roles": ["id,name,business_unit", f"{READER},Reader,{UNIT}", f"{SALES},Salesperson,{UNIT}"],
            "role_privileges": ["role,privilege,depth", f"{READER},prvReadaccount,organisation",
                                f"{SALES},prvReadaccount,organisation"],
            "cascades": ["parent,child,assign"],
            "settings": ["name,value"],
        }
        for name, lines in tables.items():
            (folder / f"{name}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
        with (self.users().open(newline="", encoding="utf-8") as old,
              (folder / "users.csv").open("w", newline="", encoding="utf-8") as users,
              (folder / "user_roles.csv").open("w", newline="", encoding="utf-8") as roles):
            users, roles = csv.writer(users, lineterminator="\n"), csv.writer(roles, lineterminator="\n")
            users.writerow(["id", "upn", "mail", "full_name", "business_unit", "disabled"])
            roles.writerow(["user", "role"])
            # Whoever imported the records owns them all, and no reference means that user.
            mail = "importer@corp.example.com"
            users.writerow([IMPORTER, mail, mail, "Importing User", UNIT, "false"])
            roles.writerow([IMPORTER, READER])
            for row in csv.DictReader(old):
                mail = row["internalemailaddress"]
                users.writerow([row["systemuserid"], mail, mail, row["fullname"], UNIT, row["isdisabled"]])
                roles.writerow([row["systemuserid"], READER])
        if records:
            write_records(records, folder / "records-account.csv")

    def workbook(self, rows):
        """A project whose export is a workbook with inline strings; no records are loaded."""
        folder = self.work / f"workbook-{rows}"
        if not (folder / "environment.sqlite").exists():
            shutil.rmtree(folder, ignore_errors=True)
            shutil.copytree(self.without_records(rows), folder)
            (folder / "exports" / "accounts.csv").unlink()
            shutil.rmtree(folder / "plan", ignore_errors=True)
            made = self.generated(f"records-{rows}.xlsx", "xlsx", "--rows", str(rows), "--strings", "inline")
            (folder / "exports" / "accounts.xlsx").symlink_to(made)
            (folder / "cutover.toml").write_text(MANIFEST.format(file="accounts.xlsx"), encoding="utf-8")
        return folder

    def cell_reader(self):
        """A program that passes over the cells of a workbook with calamine's cell reader."""
        target = self.work / "target"
        manifest = Path(__file__).parent / "cells" / "Cargo.toml"
        subprocess.run(["cargo", "build", "--release", "--quiet", "--locked", "--manifest-path", manifest, "--target-dir",
                        target], check=True)
        return target / "release" / "cells"


def write_varied(source, target, number):
    """The file, its ids others for each number; files that a glob finds may be no links."""
    # The digit that says how the id was made; names may hold line breaks, but no ids begin a line of theirs.
    ids = re.compile(rb"^([0-9a-f]{8}-[0-9a-f]{4}-)4", re.MULTILINE)
    with source.open("rb") as old, target.open("wb") as new:
        while block := old.read(1 << 26):
            new.write(ids.sub(rb"\g<1>%x" % ((number + 4) % 16), block + old.readline()))


def write_records(source, target):
    with source.open(newline="", encoding="utf-8") as old, target.open("w", encoding="utf-8") as new:
        rows = csv.reader(old)
        column = next(rows).index("accountid")
        new.write("id,owner\n")
        new.writelines(f"{row[column]},{IMPORTER}\n" for row in rows)
