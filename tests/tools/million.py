"""Makes the project of a million records from the files of the record generator.

Usage: million.py GEN_DIR OUT [--records records-1m.csv] [--truth truth-1m.json]

GEN_DIR holds what the generator wrote: users.csv (`users --users 20000`), the records (`records --rows 1000000`) and the
truth (`truth`, its standard output kept in a file). OUT becomes a project folder with expected.toml. Rows are streamed.
"""

import argparse
import csv
import json
import os
import shutil
from pathlib import Path

from sample_lib import USER_COLUMNS, guid, write_csv, write_text

UNIT = guid("unit", "million")
IMPORTER = guid("user", "million", "importer")
MANIFEST = """\
[environment]
file = "environment.sqlite"
from = "environment/"
as_of = "2026-11-28"

[owners]
missing = "leave"          # people whom the target never had keep nothing and stop nothing
by_name = "accept"         # full names are unique enough here; where two bear one, it is an error all the same

[[records]]
file = "exports/records.csv"
table = "account"
"""


def write_users(source, folder):
    """The generator's users as users of the target: UPN is mail, one business unit, the role Reader for everybody."""
    role = guid("role", "reader")
    with (source.open(newline="", encoding="utf-8") as old,
          (folder / "users.csv").open("w", newline="", encoding="utf-8") as users,
          (folder / "user_roles.csv").open("w", newline="", encoding="utf-8") as roles):
        users, roles = csv.writer(users, lineterminator="\n"), csv.writer(roles, lineterminator="\n")
        users.writerow(USER_COLUMNS)
        roles.writerow(["user", "role"])
        blank = dict.fromkeys(USER_COLUMNS, "") | {"business_unit": UNIT, "access_mode": "read-write", "stub": "false"}
        importer = blank | {"id": IMPORTER, "upn": "importer@corp.example.com", "mail": "importer@corp.example.com",
                            "full_name": "Importing User", "disabled": "false"}
        users.writerow(importer.values())
        roles.writerow([IMPORTER, role])
        for row in csv.DictReader(old):
            mail = row["internalemailaddress"]
            users.writerow((blank | {"id": row["systemuserid"], "upn": mail, "mail": mail, "full_name": row["fullname"],
                                     "disabled": row["isdisabled"]}).values())
            roles.writerow([row["systemuserid"], role])


def write_records(source, folder):
    """Every record is in the target, owned by who imported it."""
    with (source.open(newline="", encoding="utf-8") as old,
          (folder / "records-account.csv").open("w", newline="", encoding="utf-8") as records):
        records.write("id,owner\n")
        rows = csv.reader(old)
        column = next(rows).index("accountid")
        records.writelines(f"{row[column]},{IMPORTER}\n" for row in rows)


def write_rest(folder):
    write_csv(folder / "business_units.csv", ["id", "name", "parent"], [[UNIT, "Contoso", ""]])
    write_csv(folder / "roles.csv", ["id", "name", "business_unit", "template"],
              [[guid("role", "reader"), "Reader", UNIT, ""], [guid("role", "sales"), "Salesperson", UNIT, ""]])
    write_csv(folder / "role_privileges.csv", ["role", "privilege", "depth"],
              [[guid("role", "reader"), "prvReadAccount", "organisation"], [guid("role", "sales"), "prvReadAccount", "user"]])
    team = guid("team", "million")     # the unit's own team, as everywhere
    write_csv(folder / "teams.csv", ["id", "name", "business_unit", "type"], [[team, "Contoso", UNIT, "owner"]])
    write_csv(folder / "team_members.csv", ["team", "user"], [[team, IMPORTER]])
    write_csv(folder / "team_roles.csv", ["team", "role", "inheritance"], [[team, guid("role", "reader"), "direct-user"]])
    write_csv(folder / "cascades.csv", ["parent", "child", "assign"], [["account", "task", "none"]])
    write_csv(folder / "entities.csv", ["name", "ownership"], [["account", "user"], ["task", "user"]])
    write_csv(folder / "settings.csv", ["name", "value"], [["organisation_id", guid("organisation", "million")]])


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("generated", type=Path)
    arguments.add_argument("out", type=Path)
    arguments.add_argument("--records", default="records-1m.csv")
    arguments.add_argument("--truth", default="truth-1m.json")
    chosen = arguments.parse_args()
    folder = chosen.out / "environment"
    folder.mkdir(parents=True, exist_ok=True)
    write_users(chosen.generated / "users.csv", folder)
    write_records(chosen.generated / chosen.records, folder)
    write_rest(folder)
    export = chosen.out / "exports" / "records.csv"
    export.parent.mkdir(exist_ok=True)
    export.unlink(missing_ok=True)
    try:
        os.link(chosen.generated / chosen.records, export)
    except OSError:
        shutil.copyfile(chosen.generated / chosen.records, export)
    write_text(chosen.out / "cutover.toml", MANIFEST)
    truth = json.loads((chosen.generated / chosen.truth).read_text())
    stopped = f'{{ "OWN002" = {truth["ambiguous"]} }}' if truth["ambiguous"] else "{}"
    write_text(chosen.out / "expected.toml",
               "# From the generator's truth: it knows every owner that it wrote.\n"
               f'exit_code = {1 if truth["ambiguous"] else 0}\n\n[changes]\n"assign record" = {truth["resolved"]}\n\n'
               f'[references]\nunique_missing = {truth["unique_missing"]}\n\n[files."exports/records.csv"]\n'
               f'rows = {truth["rows"]}\nchanges = {truth["resolved"]}\nno_change = 0\nrepeated = 0\n'
               f'left = {truth["missing"]}\nkept_out = {{}}\nstopped = {stopped}\n')


if __name__ == "__main__":
    main()
