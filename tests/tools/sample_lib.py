"""What the sample makers share: ids, comparison keys, file writers, and the ledger of what was meant.

In: rows that a maker built knowing who was meant. Out: exports, environment folders, expected.toml.
Nothing here runs or asks the product: expectations come from the maker's own knowledge.
Everything is deterministic: fixed seeds, fixed document dates, no clock.
"""

import csv
import datetime
import hashlib
import io
import unicodedata
import uuid
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

NAMESPACE = uuid.UUID("5a1c0de0-0000-4000-8000-c0a7050c0a70")
SAVED = datetime.datetime(2026, 11, 20, 9, 0, 0)


def guid(*parts):
    """A stable id that looks like any other GUID (version 4 bits), from a name."""
    raw = uuid.uuid5(NAMESPACE, "/".join(str(part) for part in parts)).bytes
    return str(uuid.UUID(bytes=raw, version=4))


def role_copy(root, root_unit, unit):
    """The id of a role's copy in a unit: the root copy keeps its id."""
    if unit == root_unit:
        return root
    return str(uuid.UUID(bytes=_v5_bytes(uuid.UUID(root), uuid.UUID(unit).bytes)))


def _v5_bytes(namespace, name):
    digest = bytearray(hashlib.sha1(namespace.bytes + name).digest()[:16])
    digest[6] = digest[6] & 0x0F | 0x50
    digest[8] = digest[8] & 0x3F | 0x80
    return bytes(digest)


def key(text):
    """Two references with equal keys are the same reference."""
    folded = unicodedata.normalize("NFKC", text.strip()).casefold()
    return " ".join(unicodedata.normalize("NFKC", folded).split())


# --- files -------------------------------------------------------------------------------------


def write_csv(path, header, rows, delimiter=",", encoding="utf-8", newline="\n", quoting=csv.QUOTE_MINIMAL):
    """Writes a CSV; a row given as a `str` is written as it is (for broken lines)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator=newline, quoting=quoting)
    writer.writerow(header)
    for row in rows:
        if isinstance(row, str):
            out.write(row + newline)
        else:
            writer.writerow(row)
    path.write_bytes(out.getvalue().encode(encoding))


def workbook(path):
    """A workbook whose bytes depend on its contents alone."""
    import xlsxwriter  # here, so that makers of CSV alone need nothing beyond Python

    path.parent.mkdir(parents=True, exist_ok=True)
    book = xlsxwriter.Workbook(str(path), {"strings_to_numbers": False, "strings_to_formulas": False,
                                           "strings_to_urls": False})
    book.set_properties({"author": "Contoso", "created": SAVED})
    return book


def write_sheet(book, name, header, rows, hidden_columns=0, widths=22):
    """One sheet of texts; a cell `("formula", text, value)` is a formula with its last value."""
    sheet = book.add_worksheet(name)
    bold = book.add_format({"bold": True})
    date = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
    sheet.set_column(0, len(header) - 1, widths)
    if hidden_columns:
        sheet.set_column(0, hidden_columns - 1, 0, None, {"hidden": True})
    sheet.write_row(0, 0, header, bold)
    for number, row in enumerate(rows, start=1):
        for column, cell in enumerate(row):
            if cell is None or cell == "":
                continue
            if isinstance(cell, tuple):
                sheet.write_formula(number, column, cell[1], None, cell[2])
            elif isinstance(cell, datetime.datetime):
                sheet.write_datetime(number, column, cell, date)
            elif isinstance(cell, (int, float)):
                sheet.write_number(number, column, cell)
            else:
                sheet.write_string(number, column, cell)
    return sheet


# --- what was meant ----------------------------------------------------------------------------


@dataclass
class Meant:
    """What a reference must come to: `match` (principal, rung), `stub`, `left`, or `stop` (code)."""

    kind: str
    who: str = ""
    rung: str = ""
    code: str = ""


@dataclass
class Ledger:
    """Fates of the rows of one file, as they must be."""

    rows: int = 0
    changes: int = 0
    no_change: int = 0
    repeated: int = 0
    left: int = 0
    kept_out: Counter = field(default_factory=Counter)
    stopped: Counter = field(default_factory=Counter)

    def balance(self):
        known = self.changes + self.no_change + self.repeated + self.left
        assert self.rows == known + sum(self.kept_out.values()) + sum(self.stopped.values()), self


class Book:
    """The references of one project, and what each was meant to say."""

    def __init__(self):
        self.meant = {}
        self.shown = {}
        self.rows = Counter()

    def say(self, text, meant):
        """Declares a reference; one key cannot mean two things."""
        known = self.meant.setdefault(key(text), meant)
        assert known == meant, f"{text}: {known} is not {meant}"
        self.shown.setdefault(key(text), text.strip())
        return text

    def of(self, text):
        return self.meant[key(text)]

    def use(self, text):
        self.rows[key(text)] += 1
        return self.meant[key(text)]

    def by_rung(self):
        used = [self.meant[name] for name in self.rows]
        return Counter(meant.rung for meant in used if meant.kind == "match")

    def by_kind(self):
        return Counter(self.meant[name].kind for name in self.rows)


# --- expected.toml -----------------------------------------------------------------------------


def toml_text(text):
    out = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{out}"'


def toml_counts(counts):
    return "{ " + ", ".join(f'"{name}" = {counts[name]}' for name in sorted(counts)) + " }" if counts else "{}"


def write_expected(path, exit_code, ledgers, book, stubs, kinds, speaks, script="make_samples.py", day_one=None):
    """Writes what the maker knows; `speaks` are (code, subject, file, row), row 0 any place.

    `day_one` is who can work by moment (yes, no, reasons), and the rows of each list for administrators.
    """
    lines = [
        f"# What `plan` must say about this project. Written by tests/tools/{script} from who was",
        "# meant by each reference, never by running the product.",
        f"exit_code = {exit_code}",
        "",
        "# Changes by kind.",
        "[changes]",
    ]
    lines += [f"{toml_text(kind)} = {count}" for kind, count in kinds.items()]
    lines += ["", "# Distinct references of the records files, by verdict; matches by the rung that decided."]
    lines += ["[references]", f"distinct = {len(book.rows)}"]
    lines += [f"{kind} = {count}" for kind, count in sorted(book.by_kind().items())]
    lines += ["", "[matches]"]
    lines += [f"{toml_text(rung)} = {count}" for rung, count in sorted(book.by_rung().items())]
    for name, ledger in ledgers.items():
        ledger.balance()
        lines += ["", f"[files.{toml_text(name)}]", f"rows = {ledger.rows}", f"changes = {ledger.changes}"]
        lines += [f"no_change = {ledger.no_change}", f"repeated = {ledger.repeated}", f"left = {ledger.left}"]
        lines += [f"kept_out = {toml_counts(ledger.kept_out)}", f"stopped = {toml_counts(ledger.stopped)}"]
    if day_one:
        lines += day_one_lines(*day_one)
    lines += ["", "# Stub users, and findings that must speak: row 0 is any place in the file, file \"\" anywhere.",
              "# Errors are listed with every row; warnings and notes with the rows that are sure. Compare code,",
              "# file and row; the subject says to people what the row was about."]
    for upn, mail, name in sorted(stubs):
        lines += ["", "[[stub]]", f"upn = {toml_text(upn)}", f"mail = {toml_text(mail)}", f"name = {toml_text(name)}"]
    for code, subject, file, row in sorted(speaks, key=lambda s: (s[0], s[2], s[3], s[1])):
        lines += ["", "[[speak]]", f"code = {toml_text(code)}", f"subject = {toml_text(subject)}"]
        lines += [f"file = {toml_text(file)}", f"row = {row}"]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def day_one_lines(moments, lists):
    lines = ["", "# Who can work, and why others cannot; one person may have several reasons."]
    for moment, (yes, no, reasons) in moments.items():
        lines += ["", f"[readiness.{moment}]", f"yes = {yes}", f"no = {no}", f"reasons = {toml_counts(reasons)}"]
    lines += ["", "# Rows of each list for administrators; what is not here has none.", "[hand_over]"]
    return lines + [f"{toml_text(name)} = {rows}" for name, rows in lists.items() if rows]


# --- environment folder ------------------------------------------------------------------------

USER_COLUMNS = ("id upn mail mail2 mobile_alert_mail first_name last_name full_name employee_id "
                "business_unit access_mode disabled licensed application_id directory_id stub").split()
PROFILE_COLUMNS = ["title", "main_phone", "city", "country"]


@dataclass
class Person:
    """Somebody, in the environment (unit set), in the users export (old_id set), or both."""

    first: str
    last: str
    upn: str = ""
    unit: str = ""
    roles: tuple = ()
    mail: str = None
    mail2: str = ""
    mobile: str = ""
    employee: str = ""
    mode: str = "read-write"
    disabled: bool = False
    licensed: str = "true"
    application: str = ""
    stub: bool = False
    full: str = None
    id: str = ""
    profile: dict = field(default_factory=dict)     # what the user form has, by column
    # What the directory says: see sample_directory.py.
    known: bool = True              # there is an account
    products: tuple = ()            # licences
    group: str = "direct"           # how in the security group: itself, the group by way of which, or not ("")
    blocked: bool = False
    deleted: bool = False
    there: dict = field(default_factory=dict)       # what the directory has otherwise, by its header

    def __post_init__(self):
        self.mail = self.upn if self.mail is None else self.mail
        self.full = f"{self.first} {self.last}".strip() if self.full is None else self.full
        self.id = self.id or guid("user", self.upn or self.full)

    def row(self, units, further=()):
        yes = {True: "true", False: "false"}
        directory = "" if self.stub or self.application or not self.upn else guid("directory", self.upn)
        return [self.id, self.upn, self.mail, self.mail2, self.mobile, self.first, self.last, self.full,
                self.employee, units[self.unit], self.mode, yes[self.disabled], self.licensed,
                self.application, directory, yes[self.stub], *(self.profile.get(column, "") for column in further)]


@dataclass
class Environment:
    """What an environment folder holds; units, roles and teams by name."""

    units: dict
    parents: dict
    users: list
    roles: list          # (name, unit, template, key)
    privileges: dict     # role key -> [(privilege, depth)]
    teams: list          # (name, unit, type)
    members: list        # (team, user id)
    team_roles: list     # (team, role key, inheritance)
    entities: list
    cascades: list
    settings: list
    team_ids: dict = field(default_factory=dict)   # where an id is given from outside

    def role_id(self, role):
        return guid("role", role)

    def team_id(self, team):
        return self.team_ids.get(team) or guid("team", team)

    def role_unit(self, role):
        return next(unit for name, unit, template, code in self.roles if code == role)

    def write(self, folder, records, keys=None):
        """`records`: table -> [(id, owner id, ...)]; `keys`: table -> names of the further columns."""
        unit = self.units
        write_csv(folder / "business_units.csv", ["id", "name", "parent"],
                  [[unit[name], name, unit.get(self.parents[name], "")] for name in unit])
        further = PROFILE_COLUMNS if any(user.profile for user in self.users) else []
        write_csv(folder / "users.csv", USER_COLUMNS + further, [user.row(unit, further) for user in self.users])
        write_csv(folder / "roles.csv", ["id", "name", "business_unit", "template"],
                  [[self.role_id(code), name, unit[where], template] for name, where, template, code in self.roles])
        write_csv(folder / "role_privileges.csv", ["role", "privilege", "depth"],
                  [[self.role_id(code), privilege, depth]
                   for code in self.privileges for privilege, depth in self.privileges[code]])
        write_csv(folder / "user_roles.csv", ["user", "role"],
                  [[user.id, role_copy(self.role_id(role), unit[self.role_unit(role)], unit[user.unit])]
                   for user in self.users for role in user.roles])
        write_csv(folder / "teams.csv", ["id", "name", "business_unit", "type"],
                  [[self.team_id(name), name, unit[where], kind] for name, where, kind in self.teams])
        write_csv(folder / "team_members.csv", ["team", "user"],
                  [[self.team_id(team), user] for team, user in self.members])
        team_unit = {name: where for name, where, _ in self.teams}
        write_csv(folder / "team_roles.csv", ["team", "role", "inheritance"],
                  [[self.team_id(team), role_copy(self.role_id(role), unit[self.role_unit(role)], unit[team_unit[team]]),
                    inheritance] for team, role, inheritance in self.team_roles])
        write_csv(folder / "entities.csv", ["name", "ownership"], self.entities)
        write_csv(folder / "cascades.csv", ["parent", "child", "assign"], self.cascades)
        write_csv(folder / "settings.csv", ["name", "value"], self.settings)
        for table in records:
            header = ["id", "owner"] + (keys or {}).get(table, [])
            write_csv(folder / f"records-{table}.csv", header, records[table])


def small_environment(name, table, users, teams=()):
    """One business unit, and roles by which everybody can own rows of `table` (its schema name).

    Persons name the roles `admin`, `reader` (reads all rows) and `sales` (the default role). As everywhere, the unit's own
    team holds all its users; no file is left empty, for an empty one says that none is there.
    """
    rights = ["Create", "Read", "Write", "Append", "AppendTo", "Assign", "Share"]
    return Environment(
        units={name: guid("unit", name)}, parents={name: ""}, users=users,
        roles=[("System Administrator", name, "627090ff-40a3-4053-8790-584edc5be201", "admin"),
               ("Salesperson", name, "", "sales"), ("Reader", name, "", "reader")],
        privileges={"admin": privileges([table, "User", "Role", "Team"], ALL_RIGHTS, "organisation"),
                    "sales": privileges([table], rights, "user"), "reader": privileges([table], ["Read"], "organisation")},
        teams=[(team, name, "owner") for team in [name, *teams]], members=[(name, user.id) for user in users],
        team_roles=[(team, "reader", "direct-user") for team in [name, *teams]],
        entities=[[table.lower(), "user"], ["task", "user"]], cascades=[[table.lower(), "task", "none"]],
        settings=[["organisation_id", guid("organisation", name)], ["AllowRoleAssignmentOnDisabledUsers", "false"],
                  ["EnableOwnershipAcrossBusinessUnits", "false"]])


def privileges(tables, rights, depth):
    """`prvReadAccount` and the like, for tables by their schema names."""
    return [(f"prv{right}{table}", depth) for table in tables for right in rights]


ALL_RIGHTS = "Create Read Write Delete Append AppendTo Assign Share".split()


def write_text(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def project(root, name):
    return Path(root) / "samples" / name, Path(root) / "tests" / "cases" / name
