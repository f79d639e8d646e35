"""The sample `contoso`: a consultant's first dry run, with everything wrong that may meet in one project.

In: nothing but the tables below. Out: samples/contoso and tests/cases/contoso/expected.toml.
Every faulty row has exactly one fault, and every reference declares who was meant by it.
"""

import base64
import datetime
import hashlib
import random

from contoso_day_one import day_one, people_speak
from contoso_people import (AINO, ANNA, BASICS, BEATRIZ, BUILT_IN, CARMEN, CHANGES, CUSTOMIZER, ELENA, FERRARI, GERHARD, HENRIK,
                            HUB, JONAS, KAISA, KARL_SALES, KARL_SERVICE, LEAVERS, MANAGER, MARKETING, MIGRATION, MOREAU,
                            MOVED, NINA, NUNO, PAOLO, REBECCA, SALES, SERVICE, SOFIA, STAFF, TECHNICIAN, TERESA,
                            ascii_only, directory, environment, export_people, old_id, wish_rows)
from contoso_texts import MANIFEST, README, RULINGS
from names import CITIES, NOTES, companies
from names import contacts as people_names
from sample_lib import (Book, Ledger, Meant, guid, key, project, workbook, write_csv, write_expected, write_sheet,
                        write_text)

ACCOUNTS, CONTACTS, ROLES, USERS = "exports/accounts.csv", "exports/contacts.xlsx", "exports/roles.csv", "exports/users.xlsx"

# --- references --------------------------------------------------------------------------------


# Active in the old system, and without an account in the new one yet.
STARTER = ("Dieter", "Zorn", "dieter.zorn@contoso.local", "dieter.zorn@contoso.com", "E09105")


class References:
    """Every owner reference of the sample, and who was meant."""

    def __init__(self, env, people):
        self.book = Book()
        self.env = env
        self.people = {row["systemuserid"]: row for row in people}
        self.shapes = {}
        for person in STAFF + [HENRIK, GERHARD, JONAS, KAISA, ELENA, NUNO, TERESA]:
            self.by_export(person, "UPN")
        for person, rung in ((CARMEN, "e-mail 2"), (AINO, "mobile alert mail"), (BEATRIZ, "employee id"), (MOREAU, "mail")):
            self.by_export(person, rung)
        self.faults()

    def match(self, text, principal, rung):
        return self.book.say(text, Meant("match", principal, rung))

    def by_export(self, person, rung):
        """All shapes by which the users export knows a person; the rung is the environment's."""
        row = self.people[old_id(person.upn)]
        full = row["fullname"]
        shapes = {"upn": row["domainname"], "mail": row["internalemailaddress"], "full": full, "old id": row["systemuserid"]}
        if row["employeeid"]:
            shapes["employee"] = row["employeeid"]
        for text in shapes.values():
            self.match(text, person.id, rung)
        self.shapes[person.id] = shapes

    def stub(self, leaver):
        first, last, upn, mail, employee = leaver
        name = f"{first} {last}"
        shapes = {"full": name, "old id": old_id(name), "employee": employee}
        if upn:
            shapes["upn"] = upn
        if mail:
            shapes["mail"] = mail
        for text in shapes.values():
            self.book.say(text, Meant("stub", name))
        self.shapes[name] = shapes
        return shapes

    def faults(self):
        say, team = self.book.say, self.env.team_id
        for leaver in LEAVERS + [STARTER]:
            self.stub(leaver)
        # A stub user by what the exports know; the directory has her, and she will come by herself.
        say("Rebecca Stone", Meant("stub", "Rebecca Stone", code="STB006"))
        self.match("Nordic Key Accounts", team("Nordic Key Accounts"), "team name")
        self.match("Iberia Sales", team("Iberia Sales"), "team name")
        self.match(team("Iberia Sales"), team("Iberia Sales"), "id")
        self.match(SOFIA.upn, SOFIA.id, "UPN")
        self.match(NINA.upn, NINA.id, "UPN")
        self.match(SOFIA.id, SOFIA.id, "id")
        self.match("Sofia Rossi", SOFIA.id, "ruling")
        self.match(HUB.id, HUB.id, "id")
        self.match("Deal Room", team("Deal Room"), "team name")
        self.match("Marketing Campaigns", team("Marketing Campaigns"), "team name")
        self.match("CONTOSO\\lucia.ferrari", FERRARI.id, "mail")
        for person in (KARL_SALES, KARL_SERVICE, ANNA):
            self.match(person.upn, person.id, "UPN")
        say("SYSTEM", Meant("left", "ruling"))
        for text, code in FAULTY.items():
            say(text, Meant("stop", code=code))

    def principal(self, text):
        meant = self.book.of(text)
        return meant.who if meant.kind == "match" else None


FAULTY = {
    "Meier, Karl": "OWN002", "Karl Meier": "OWN002", "Anna Schmidt": "OWN002",
    "Pavel Novák": "OWN003", "Service Desk": "OWN003", "Nina Kowalczyk": "OWN004",
    "{6F9619FF-8B86-4011-B42D-00CF4FC964FF}": "OWN005", "Kundenservice": "OWN006",
    "Ingrid Bjork": "STB002", "joao.periera@contoso.com": "STB002", "?ukasz D?browski": "STB002",
    "#N/A": "STB002", "Walter Simon": "STB002",
    "ernesto.vega@contoso.com": "ROL005",
}


# --- exports -----------------------------------------------------------------------------------


class Records:
    """One records file being built: cells beside what must become of each row."""

    def __init__(self, name, table, references, unreadable):
        self.name, self.table, self.references = name, table, references
        self.unreadable = unreadable     # principal -> code, for this table
        self.rows = []                   # dicts: id, owner, fate, code, note
        self.present = []                # (id, owner id) in the environment

    def good(self, number, owner, now=MIGRATION.id):
        """A sound row: its fate follows from who was meant and who owns the record now."""
        meant = self.references.book.of(owner)
        fate, code = "changes", ""
        if meant.code:
            fate, code = "stopped", meant.code
        elif meant.kind == "left":
            fate = "left"
        elif meant.kind == "match" and meant.who == now:
            fate = "no_change"
        elif meant.kind == "match" and meant.who in self.unreadable:
            fate, code = "stopped", self.unreadable[meant.who]
        record = guid(self.table, number)
        self.present.append((record, now))
        return self.add(record, owner, fate, code)

    def add(self, record, owner, fate, code="", note=""):
        row = {"id": record, "owner": owner, "fate": fate, "code": code, "note": note}
        self.rows.append(row)
        return row

    def arrange(self, chooser, last=()):
        """Shuffles, keeps repeats behind what they repeat, and numbers the rows; row 1 is the header."""
        tail = [row for row in self.rows if row["note"] in last]
        body = [row for row in self.rows if row["note"] not in last]
        chooser.shuffle(body)
        repeats = [row for row in body if row["fate"] == "repeated"]
        self.rows = [row for row in body if row["fate"] != "repeated"] + repeats + tail
        for number, row in enumerate(self.rows, start=2):
            row["row"] = number

    def ledger(self):
        ledger = Ledger(rows=len(self.rows))
        for row in self.rows:
            if row["fate"] in ("kept_out", "stopped"):
                getattr(ledger, row["fate"])[row["code"]] += 1
            else:
                setattr(ledger, row["fate"], getattr(ledger, row["fate"]) + 1)
            if row["owner"]:
                self.references.book.use(row["owner"])
        return ledger


def spelled(chooser, text):
    """Now and then in another case or padded: still the same reference."""
    roll = chooser.random()
    if "@" in text and roll < 0.12:
        return text.upper()
    if roll > 0.94:
        return f" {text} "
    return text


def in_windows_1252(text):
    try:
        text.encode("cp1252")
    except UnicodeEncodeError:
        return False
    return True


def accounts(references, chooser):
    env = references.env
    file = Records(ACCOUNTS, "account", references, {
        env.team_id("Deal Room"): "OWN008", env.team_id("Marketing Campaigns"): "OWN010",
        TERESA.id: "OWN010", NUNO.id: "OWN009"})
    number = iter(range(10000))
    owners = STAFF + [CARMEN, AINO, BEATRIZ, MOREAU, JONAS, KAISA, ELENA]
    for place in range(300):
        person = owners[place % len(owners)]
        shapes = [text for text in references.shapes[person.id].values() if in_windows_1252(text)]
        now = person.id if place % 9 == 4 else MIGRATION.id
        file.good(next(number), spelled(chooser, chooser.choice(shapes)), now)
    for leaver in LEAVERS:
        shapes = references.shapes[f"{leaver[0]} {leaver[1]}"]
        for text in shapes.values():
            file.good(next(number), spelled(chooser, text))
    few = {"Nordic Key Accounts": 9, "Iberia Sales": 7, env.team_id("Iberia Sales"): 2, SOFIA.upn: 5, NINA.upn: 3,
           SOFIA.id: 1, "Sofia Rossi": 6, HUB.id: 2, "CONTOSO\\lucia.ferrari": 4, KARL_SALES.upn: 3,
           KARL_SERVICE.upn: 2, ANNA.upn: 2, references.shapes[HENRIK.id]["upn"]: 3, references.shapes[GERHARD.id]["full"]: 3,
           "SYSTEM": 4, "Deal Room": 1, "Marketing Campaigns": 2, references.shapes[TERESA.id]["upn"]: 2,
           "Meier, Karl": 3, "Anna Schmidt": 2, "Pavel Novák": 2, "Service Desk": 1, "Nina Kowalczyk": 3,
           "{6F9619FF-8B86-4011-B42D-00CF4FC964FF}": 1, "Kundenservice": 2, "Ingrid Bjork": 1,
           "?ukasz D?browski": 2, "Walter Simon": 1, "Rebecca Stone": 2, "Dieter Zorn": 2}
    for text, count in few.items():
        for _ in range(count):
            file.good(next(number), text)
    lima, weiss = references.shapes[STAFF[0].id], references.shapes[STAFF[1].id]
    for _ in range(2):                                                        # no owner named
        record = guid("account", next(number))
        file.present.append((record, MIGRATION.id))
        file.add(record, "", "stopped", "OWN001")
    for _ in range(2):                                                        # deleted in the new system
        file.add(guid("account", "gone", next(number)), weiss["mail"], "stopped", "REC002")
    file.add(guid("account", next(number))[:-1], lima["upn"], "stopped", "REC001")     # a digit is missing
    broken = guid("account", next(number))                                    # a semicolon that nobody quoted
    file.present.append((broken, MIGRATION.id))
    file.add(broken, lima["mail"], "stopped", "FIL003", "ragged")
    twice = guid("account", next(number))                                     # two people claim it
    file.present.append((twice, MIGRATION.id))
    file.add(twice, lima["full"], "stopped", "REC003")
    file.add(twice, weiss["full"], "stopped", "REC003")
    for first, again in ((lima["upn"], lima["upn"]), (weiss["full"], weiss["upn"])):
        row = file.good(next(number), first)
        file.add(row["id"], again, "repeated", "REC004")
    file.add("", "", "kept_out", "FIL006", "total")
    for _ in range(2):                                                        # a workflow made these
        file.good(next(number), lima["mail"], BUILT_IN[0].id)
    for extra in range(25):                                                   # nobody exported these
        file.present.append((guid("account", "extra", extra), MIGRATION.id))
    file.arrange(chooser, last=("total",))
    return file


def contacts(references, chooser):
    file = Records(CONTACTS, "contact", references, {NUNO.id: "OWN009", JONAS.id: "OWN009", TERESA.id: "OWN010"})
    number = iter(range(10000))
    owners = STAFF + [CARMEN, AINO, BEATRIZ, MOREAU, KAISA, ELENA]
    for place in range(212):
        person = owners[(place * 5) % len(owners)]
        now = person.id if place % 8 == 3 else MIGRATION.id
        file.good(next(number), references.shapes[person.id]["full"], now)
    few = {"Gabriela Santos": 4, "Wolfgang Kraus": 3, "Anneli Saari": 2, "Eduardo Ruiz": 3, "Nordic Key Accounts": 3,
           "Iberia Sales": 3, "Sofia Rossi": 2, "Henrik Dahl": 2, "Gerhard Lang": 1, "SYSTEM": 2,
           "Jonas Bergström": 2, "Nuno Figueiredo": 1, "Karl Meier": 3, "Nina Kowalczyk": 1, "Ingrid Bjork": 1,
           "joao.periera@contoso.com": 1, "Rebecca Stone": 1}
    for text, count in few.items():
        for _ in range(count):
            file.good(next(number), text)
    row = file.good(next(number), "#N/A")
    row["note"] = "formula"
    for text in ("Ana Lima", "Giulia Conti"):                                 # typed in by hand, below the others
        file.add("", text, "kept_out", "FIL006", "by hand")
    for extra in range(15):
        file.present.append((guid("contact", "extra", extra), MIGRATION.id))
    file.arrange(chooser, last=("by hand",))
    return file


def write_accounts(file, folder, chooser):
    header = ["accountid", "name", "description", "address1_city", "telephone1", "emailaddress1", "telephone1",
              "revenue", "", "createdon", "Owner"]
    names = iter(companies(chooser, len(file.rows)))
    rows = []
    for place, row in enumerate(file.rows):
        if row["note"] == "total":
            rows.append(["", f"Total: {len(file.rows) - 1} accounts", "", "", "", "", "", "1.250.000,00", "", "", ""])
            continue
        name = next(names)
        note = chooser.choice(NOTES) if place % 4 == 0 else ""
        if place % 16 == 0:
            note = f"{note}\nsiehe auch \"{name}\"; Ablage 12"
        if row["note"] == "ragged":
            name = name.replace(" ", "; ", 1)
        digits = chooser.randrange(10 ** 6)
        cells = [row["id"], name, note, chooser.choice(CITIES), f"+49 89 {digits:06}", f"info{digits}@example.com",
                 "" if place % 3 else f"+49 170 {digits:06}", f"{chooser.randrange(1, 900)}.{chooser.randrange(1000):03},00", "",
                 f"{2014 + place % 11}-{1 + place % 12:02}-{1 + place % 28:02}", row["owner"]]
        rows.append(";".join(cells) if row["note"] == "ragged" else cells)
    write_csv(folder / ACCOUNTS, header, rows, delimiter=";", encoding="cp1252", newline="\r\n")


def write_contacts(file, folder, chooser):
    header = ["(Do Not Modify) Contact", "(Do Not Modify) Row Checksum", "(Do Not Modify) Modified On", "Full Name",
              "Email", "Company Name", "Business Phone", "Status", "Owner"]
    people = iter(people_names(chooser, len(file.rows)))
    firms = companies(chooser, 40)
    rows = []
    for place, row in enumerate(file.rows):
        first, last = next(people)
        checksum = base64.b64encode(hashlib.sha512(row["id"].encode()).digest()).decode() if row["id"] else ""
        moment = datetime.datetime(2026, 11, 1 + place % 18, 8 + place % 9, place % 60) if row["id"] else ""
        owner = ("formula", "=VLOOKUP(D%d,Owners!A:B,2,FALSE)" % row["row"], "#N/A") if row["note"] == "formula" else row["owner"]
        rows.append([row["id"], checksum, moment, f"{first} {last}", ascii_only(f"{key(first)}.{key(last)}@example.org"),
                     chooser.choice(firms), f"+34 91 {chooser.randrange(10 ** 6):06}",
                     "Inactive" if place % 17 == 0 else "Active", owner])
    book = workbook(folder / CONTACTS)
    write_sheet(book, "Contact", header, rows, hidden_columns=3)
    mapping = ("contact:" + base64.b64encode(hashlib.sha512(b"contact").digest()).decode()
               + ":contactid=%28Do%20Not%20Modify%29%20Contact&checksumLogicalName=%28Do%20Not%20Modify%29%20Row%20Checksum"
               + "&modifiedon=%28Do%20Not%20Modify%29%20Modified%20On&fullname=Full%20Name&emailaddress1=Email"
               + "&parentcustomerid=Company%20Name&telephone1=Business%20Phone&statecode=Status&ownerid=Owner")
    hidden = book.add_worksheet("hiddenSheet")
    hidden.write_string(0, 0, mapping)
    hidden.write_row(1, 0, ["Active", "Inactive"])
    hidden.very_hidden()
    book.close()


def write_users(rows, folder):
    header = list(rows[0])
    book = workbook(folder / USERS)
    write_sheet(book, "Users", header, [list(row.values()) for row in rows])
    write_sheet(book, "Legend", ["Column", "Meaning"], [
        ["systemuserid", "id in the old CRM"], ["domainname", "logon name in the old CRM (contoso.local)"],
        ["isdisabled", "true: has left, or the account was closed"],
        ["Business Unit", "where the person is to be in the new CRM; blank: stays"],
        ["Access Mode", "how the account is to be used in the new CRM; blank: stays"]], widths=40)
    book.close()


ROLE_NAMES = {SALES: "Salesperson", MANAGER: "Sales Manager", SERVICE: "Customer Service Representative",
              MARKETING: "Marketing Professional", TECHNICIAN: "Field Technician", BASICS: "Portal Basics",
              CUSTOMIZER: "System Customizer"}


def role_rows(references, chooser):
    """Rows of the roles export: (user, role, unit, action, fate, code)."""
    rows = []

    def add(person, role, action, fate, code="", user=None, unit=None):
        told = unit is None and len(rows) % 2 and person.upn not in MOVED
        unit = (person.unit if told else unit) or ""
        rows.append([user or person.upn, ROLE_NAMES.get(role, role), unit, action, fate, code])

    removed = {STAFF[14].upn: SALES, STAFF[16].upn: MARKETING, STAFF[18].upn: MARKETING, STAFF[11].upn: SALES}
    for place, person in enumerate(STAFF):
        lacking = [role for role in (MANAGER, SERVICE, MARKETING, SALES)
                   if role not in person.roles and role != removed.get(person.upn)][:2]
        for role in lacking:
            shapes = references.shapes[person.id]
            add(person, role, "give" if place % 2 else "", "changes", user=shapes["upn" if place % 3 else "mail"])
    for person in STAFF[:9]:
        add(person, [role for role in person.roles if role in ROLE_NAMES][0], "give", "no_change", "ROL006")
    for place in (0, 20, 33):
        again = rows[place]
        rows.append(again[:4] + ["repeated", "ROL007"])
    for person in (STAFF[14], STAFF[16], STAFF[18], STAFF[11]):
        add(person, removed[person.upn], "remove", "changes")
    rows.append(["Nordic Key Accounts", "Marketing Professional", "", "give", "changes", ""])
    add(SOFIA, SERVICE, "give", "changes")
    add(STAFF[1], "Sales Person", "give", "stopped", "ROL001")
    add(STAFF[0], "Global Administrator", "give", "stopped", "ROL001")
    add(STAFF[5], "Approver", "give", "stopped", "ROL002", unit="")
    add(HENRIK, SERVICE, "give", "stopped", "ROL003")
    add(STAFF[17], TECHNICIAN, "give", "stopped", "ROL004", unit="")
    rows.append(["ernesto.vega@contoso.com", "Salesperson", "", "give", "stopped", "ROL005"])
    add(NUNO, BASICS, "remove", "stopped", "ROL008")
    rows.append(["Deal Room", "Salesperson", "", "give", "stopped", "ROL012"])
    add(STAFF[7], "System Administrator", "give", "stopped", "ROL011", unit="")
    add(STAFF[9], "Sales app access", "give", "no_change", "ROL014", unit="")
    add(PAOLO, SALES, "give", "changes", unit="")
    return rows


def upn_of(row):
    return row[0].lower().replace("@contoso.local", "@contoso.com")


def plain_ledger(rows):
    """Of rows that end with their fate and code."""
    ledger = Ledger(rows=len(rows))
    for *_, fate, code in rows:
        if fate == "stopped":
            ledger.stopped[code] += 1
        else:
            setattr(ledger, fate, getattr(ledger, fate) + 1)
    return ledger


# --- what must speak ---------------------------------------------------------------------------


def speaks(files, roles, wishes, references, stubs):
    out = [("FIL002", ACCOUNTS, ACCOUNTS, 0), ("FIL005", ACCOUNTS, ACCOUNTS, 0), ("FIL008", USERS, USERS, 0),
           ("OWN006", "Kundenservice", "owners.csv", 0), ("OWN014", "Thomas Keller", "owners.csv", 0)]
    stopped_stubs = set()     # told at the first row that needs the stub user; the others fall with it
    for file in files:
        for row in file.rows:
            if row["code"] == "STB006":
                if row["owner"].strip() in stopped_stubs:
                    continue
                stopped_stubs.add(row["owner"].strip())
            if row["code"]:
                out.append((row["code"], row["owner"].strip() or row["id"], file.name, row["row"]))
            if row["note"] == "formula":
                out.append(("FIL007", "#N/A", file.name, row["row"]))
            if row["owner"] in ("Ingrid Bjork", "joao.periera@contoso.com"):
                out.append(("OWN012", row["owner"], file.name, row["row"]))
            if row["fate"] == "changes" and references.book.of(row["owner"]).who in (HENRIK.id, GERHARD.id):
                out.append(("OWN013", row["owner"].strip(), file.name, row["row"]))
            if row["fate"] == "changes" and references.book.of(row["owner"]).who == HUB.id:
                out.append(("OWN011", row["owner"].strip(), file.name, row["row"]))
    out += [(code, user, ROLES, place) for place, (user, _, _, _, _, code) in enumerate(roles, start=2) if code]
    out += [(code, f"{row['firstname']} {row['lastname']}", USERS, place)
            for place, (row, _, code) in enumerate(wishes, start=2) if code]
    out += [("STB001", upn, "", 0) for upn, mail, name in stubs]
    return out + people_speak()


def stub_facts(files, references):
    """(UPN, mail, name) of every stub user that the rows need."""
    needed = {references.book.of(row["owner"]).who for file in files for row in file.rows
              if row["fate"] == "changes" and references.book.of(row["owner"]).kind == "stub"}
    out = []
    for first, last, upn, mail, _ in LEAVERS + [STARTER]:
        if f"{first} {last}" in needed:
            new = upn.replace("@contoso.local", "@contoso.com")
            out.append((new or mail, mail or new, f"{first} {last}"))
    return out


def make(root):
    chooser = random.Random(20261128)
    folder, cases = project(root, "contoso")
    people = export_people()
    assert len(people) == 63
    env = environment()
    references = References(env, people)
    files = [accounts(references, chooser), contacts(references, chooser)]
    roles = role_rows(references, chooser)
    assert len(roles) == 73, len(roles)
    wishes = wish_rows(people)
    write_accounts(files[0], folder, chooser)
    write_contacts(files[1], folder, chooser)
    write_users([row for row, _, _ in wishes], folder)
    write_csv(folder / ROLES, ["User", "Role", "Business Unit", "Action"], [row[:4] for row in roles])
    env.write(folder / "environment", {file.table: sorted(file.present) for file in files})
    directory().write(folder / "environment")
    # Once made, the sheet is kept up to date by `plan`, as a consultant's is; the rulings stay.
    if not (folder / "owners.csv").exists():
        write_csv(folder / "owners.csv", ["reference", "rows", "match", "candidates", "near misses", "ruling", "note"],
                  [[text, "", "", "", "", ruling, note] for text, ruling, note in RULINGS])
    write_text(folder / "cutover.toml", MANIFEST)
    write_text(folder / "README.md", README)
    ledgers = {file.name: file.ledger() for file in files}
    ledgers[USERS], ledgers[ROLES] = plain_ledger(wishes), plain_ledger(roles)
    stubs = stub_facts(files, references)
    changed = [row for row in roles if row[4] == "changes"]
    kinds = {"create stub user": len(stubs), "change user": ledgers[USERS].changes, 
             # What is given to somebody who is changed is part of that change, and counts there.
             "give role": sum(row[3] != "remove" and upn_of(row) not in CHANGES for row in changed),
             "assign record": ledgers[ACCOUNTS].changes + ledgers[CONTACTS].changes,
             "remove role": sum(row[3] == "remove" for row in changed)}
    write_expected(cases / "expected.toml", 1, ledgers, references.book, stubs, kinds,
                   speaks(files, roles, wishes, references, stubs), day_one=day_one(env, changed, len(stubs)))
