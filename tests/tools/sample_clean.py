"""The sample `clean`: a small project without an error or a warning, to show plan, apply, verify and undo.

In: nothing but the tables below. Out: samples/clean and tests/cases/clean/expected.toml.
It holds every kind of change: stub users, users changed, roles given and removed, records assigned; and rows that need
none. The directory behind it is whole: after the plan everybody can work but stub users and the account that migrates.
"""

import random

from names import CITIES, companies
from names import contacts as people_names
from sample_directory import SALES_PRODUCT, DayOne, Directory
from sample_lib import (
    ALL_RIGHTS,
    Book,
    Environment,
    Ledger,
    Meant,
    Person,
    guid,
    privileges,
    project,
    workbook,
    write_csv,
    write_expected,
    write_sheet,
    write_text,
)

ROOT, AUSTRIA = "Alpine Ski House", "Alpine Ski House Austria"
ACCOUNTS, CONTACTS, ROLES, USERS = "exports/accounts.csv", "exports/contacts.xlsx", "exports/roles.csv", "exports/users.csv"
NAMES = {"admin": "System Administrator", "sales": "Salesperson", "service": "Customer Service Representative",
         "basics": "Portal Basics", "resort": "Resort Manager"}


def person(first, last, upn, unit, *roles, **more):
    return Person(first, last, f"{upn}@alpineskihouse.com", unit, roles, **more)


MIGRATION = person("Data", "Migration", "migration", ROOT, "admin", mode="non-interactive", licensed="false")
STAFF = [
    person("Greta", "Aumann", "greta.aumann", ROOT, "admin", "sales"),
    person("Luca", "Ferri", "luca.ferri", ROOT, "sales"),
    person("Amélie", "Bonnet", "amelie.bonnet", ROOT, "sales", "service"),
    person("Tomáš", "Dvořák", "tomas.dvorak", ROOT, "sales"),
    person("Noor", "de Wit", "noor.dewit", ROOT, "service"),
    person("Katarzyna", "Zielińska", "katarzyna.zielinska", ROOT, "sales", "service"),
    person("Oliver", "Reed", "oliver.reed", ROOT, "basics"),
    person("Johanna", "Gruber", "johanna.gruber", AUSTRIA, "resort"),
    person("Matthias", "Höller", "matthias.hoeller", AUSTRIA, "sales"),
    person("Eva", "Steindl", "eva.steindl", AUSTRIA, "sales", mode="read"),
    person("Ádám", "Szabó", "adam.szabo", AUSTRIA, "sales", "service"),
    person("Sanne", "Kuipers", "sanne.kuipers", AUSTRIA, "basics"),
    person("Yuki", "Tanaka", "yuki.tanaka", AUSTRIA, "sales"),
    person("Ivana", "Horvat", "ivana.horvat", AUSTRIA, "service"),
]
FRANZ = person("Franz", "Egger", "franz.egger", ROOT, "sales", disabled=True, licensed="false", stub=True)
# By user: business unit, access mode and main phone that the users export wishes.
WISHES = {STAFF[12].upn: (ROOT, "", ""), STAFF[2].upn: (AUSTRIA, "", ""), STAFF[4].upn: (AUSTRIA, "", ""),
          STAFF[9].upn: ("", "Read-Write", ""), FRANZ.upn: ("", "", "+43 512 5550 100"), STAFF[0].upn: (ROOT, "", "")}
NO_CHANGE = {STAFF[0].upn}      # is there already
LEAVERS = [("Renate", "Pichler"), ("Hugo", "Lacroix"), ("Marta", "Sousa")]
ROLE_ROWS = [  # user, role, unit, action, fate, code
    (6, "sales", "", "give", "changes", ""), (11, "sales", AUSTRIA, "give", "changes", ""),
    (1, "service", "", "", "changes", ""), (3, "service", "", "", "changes", ""),
    (8, "resort", AUSTRIA, "give", "changes", ""), (9, "service", "", "give", "changes", ""),
    (12, "service", "", "give", "changes", ""), (4, "sales", "", "give", "changes", ""),
    (2, "service", "", "remove", "changes", ""), (8, "sales", AUSTRIA, "remove", "changes", ""),
    (13, "service", "", "give", "no_change", "ROL006"), (1, "service", "", "", "repeated", "ROL007"),
]


def furnish():
    """Licences and profiles."""
    for number, user in enumerate(STAFF):
        user.products = (SALES_PRODUCT,)
        user.profile = {"title": "Resort Sales", "main_phone": f"+43 512 5550 {101 + number}",
                        "city": "Innsbruck" if user.unit == AUSTRIA else "Zürich",
                        "country": "Austria" if user.unit == AUSTRIA else "Switzerland"}


furnish()


def directory():
    return Directory("CRM Users", STAFF + [MIGRATION], roles=[
        ("Global Administrator", STAFF[0].upn), ("Global Administrator", STAFF[1].upn), ("License Administrator", STAFF[4].upn)],
        seats=[(SALES_PRODUCT, 4)])


def day_one(stubs):
    """Two people hold a role that reads nothing until the plan gives them another."""
    def worth(user, moment):
        return "only roles that read no data" if user.roles == ("basics",) and moment == "today" else ""

    people = directory()
    people.users.append(FRANZ)
    return DayOne(people, stubs, worth, set(), {STAFF[9].upn: "read-write"}, due=0).all(), {}


def environment():
    rights = ["Create", "Read", "Write", "Append", "AppendTo", "Assign", "Share"]
    tables = ["Account", "Contact", "Opportunity", "Activity"]
    everybody = STAFF + [FRANZ, MIGRATION]
    return Environment(
        units={ROOT: guid("unit", ROOT), AUSTRIA: guid("unit", AUSTRIA)}, parents={ROOT: "", AUSTRIA: ROOT},
        users=everybody,
        roles=[(NAMES["admin"], ROOT, "627090ff-40a3-4053-8790-584edc5be201", "admin"),
               (NAMES["sales"], ROOT, "a4be89ff-7c35-4d69-9900-999c3f6603e6", "sales"), (NAMES["service"], ROOT, "", "service"),
               (NAMES["basics"], ROOT, "", "basics"), (NAMES["resort"], AUSTRIA, "", "resort")],
        privileges={"admin": privileges(tables + ["Role", "User", "Team"], ALL_RIGHTS, "organisation"),
                    "sales": privileges(tables, rights, "user"),
                    "service": privileges(["Account", "Contact", "Activity", "Incident"], rights, "unit"),
                    "basics": [("prvReadUser", "organisation"), ("prvReadUserSettings", "user")],
                    "resort": privileges(tables, rights, "unit-and-below")},
        teams=[(ROOT, ROOT, "owner"), (AUSTRIA, AUSTRIA, "owner"), ("Key Resorts", ROOT, "owner")],
        members=[(user.unit, user.id) for user in everybody] + [("Key Resorts", STAFF[1].id), ("Key Resorts", STAFF[5].id)],
        team_roles=[("Key Resorts", "sales", "direct-user")],
        entities=[["account", "user"], ["contact", "user"], ["opportunity", "user"], ["task", "user"],
                  ["systemuser", "business"], ["usersettings", "business"]],
        cascades=[["account", "contact", "none"]],
        settings=[["organisation_id", guid("organisation", "clean")], ["AllowRoleAssignmentOnDisabledUsers", "false"],
                  ["EnableOwnershipAcrossBusinessUnits", "false"], ["sharetopreviousowneronassign", "false"],
                  ["security_group", "CRM Users"], ["caller", MIGRATION.upn]])


def old_mail(first, last):
    return f"{first}.{last}@skihaus.example".lower()


def references(env):
    """What may stand in an owner cell, by person; and who was meant."""
    book, shapes = Book(), {}
    for user in STAFF:
        old = user.upn.replace("@alpineskihouse.com", "@skihaus.example")
        shapes[user.id] = [book.say(text, Meant("match", user.id, "UPN"))
                           for text in (user.full, old, user.upn, guid("old user", user.upn))]
    for first, last in LEAVERS:
        name = f"{first} {last}"
        shapes[name] = [book.say(text, Meant("stub", name)) for text in (name, old_mail(first, last), guid("old user", name))]
    team = env.team_id("Key Resorts")
    shapes["team"] = [book.say("Key Resorts", Meant("match", team, "team name"))]
    return book, shapes


def export_people():
    rows = []
    for user in STAFF + [FRANZ]:
        rows.append([guid("old user", user.upn), user.upn.replace("@alpineskihouse.com", "@skihaus.example"), user.first,
                     user.last, user.full, user.upn, "true" if user.stub else "false", *WISHES.get(user.upn, ("", "", ""))])
    for first, last in LEAVERS:
        mail = old_mail(first, last)
        rows.append([guid("old user", f"{first} {last}"), mail, first, last, f"{first} {last}",
                     mail.replace("@skihaus.example", "@alpineskihouse.com"), "true", "", "", ""])
    return rows


def records(table, count, shapes, book, every):
    """(id, owner cell, fate, owner now) of `count` records; one in `every` is owned rightly already."""
    owners = [user.id for user in STAFF] + ["team"] + [f"{first} {last}" for first, last in LEAVERS]
    rows = []
    for number in range(count):
        who = owners[(number * 7) % len(owners)]
        text = shapes[who][number % len(shapes[who])] if table == "account" else shapes[who][0]
        meant = book.of(text)
        kept = meant.kind == "match" and number % every == 2
        rows.append((guid("clean", table, number), text, "no_change" if kept else "changes", meant.who if kept else MIGRATION.id))
    return rows


def ledger(fates):
    book = Ledger(rows=len(fates))
    for fate in fates:
        setattr(book, fate, getattr(book, fate) + 1)
    return book


def write_exports(folder, files, chooser):
    firms = companies(chooser, 60)
    write_csv(folder / ACCOUNTS, ["accountid", "name", "address1_city", "telephone1", "ownerid"],
              [[row[0], firm, chooser.choice(CITIES), f"+43 512 {chooser.randrange(10 ** 6):06}", row[1]]
               for row, firm in zip(files["account"], firms, strict=True)])
    book = workbook(folder / CONTACTS)
    people = people_names(chooser, 40)
    write_sheet(book, "Contacts", ["contactid", "Full Name", "Company Name", "Owner"],
                [[row[0], " ".join(name), chooser.choice(firms), row[1]]
                 for row, name in zip(files["contact"], people, strict=True)])
    book.close()
    write_csv(folder / USERS, ["systemuserid", "domainname", "firstname", "lastname", "fullname", "internalemailaddress",
                               "isdisabled", "Business Unit", "Access Mode", "Main Phone"], export_people())
    write_csv(folder / ROLES, ["user", "role", "business unit", "action"],
              [[STAFF[user].upn, NAMES[role], unit, action] for user, role, unit, action, _, _ in ROLE_ROWS])


def make(root):
    chooser = random.Random(20261129)
    folder, cases = project(root, "clean")
    env = environment()
    book, shapes = references(env)
    files = {"account": records("account", 60, shapes, book, 6), "contact": records("contact", 40, shapes, book, 5)}
    write_exports(folder, files, chooser)
    extra = {table: [(guid("clean", table, "extra", number), MIGRATION.id) for number in range(5)] for table in files}
    env.write(folder / "environment", {table: sorted([(row[0], row[3]) for row in rows] + extra[table])
                                       for table, rows in files.items()})
    directory().write(folder / "environment")
    write_text(folder / "cutover.toml", MANIFEST)
    write_text(folder / "README.md", README)
    for rows in files.values():
        for row in rows:
            book.use(row[1])
    ledgers = {ACCOUNTS: ledger([row[2] for row in files["account"]]), CONTACTS: ledger([row[2] for row in files["contact"]]),
               USERS: ledger(["changes" if row[5] in WISHES and row[5] not in NO_CHANGE else "no_change"
                              for row in export_people()]),
               ROLES: ledger([row[4] for row in ROLE_ROWS])}
    stubs = [(mail, mail, f"{first} {last}") for first, last in LEAVERS
             for mail in [old_mail(first, last).replace("@skihaus.example", "@alpineskihouse.com")]]
    changed = [row for row in ROLE_ROWS if row[4] == "changes"]
    kinds = {"create stub user": len(stubs), "change user": ledgers[USERS].changes, 
             # What is given to somebody who is changed is part of that change, and counts there.
             "give role": sum(row[3] != "remove" and STAFF[row[0]].upn not in WISHES for row in changed),
             "assign record": ledgers[ACCOUNTS].changes + ledgers[CONTACTS].changes,
             "remove role": sum(row[3] == "remove" for row in changed)}
    speaks = [(code, STAFF[user].upn, ROLES, place)
              for place, (user, _, _, _, _, code) in enumerate(ROLE_ROWS, start=2) if code]
    speaks += [("STB001", upn, "", 0) for upn, _, _ in stubs]
    speaks += [("ACC006", user.full, "", 0) for user in STAFF[:2]]
    write_expected(cases / "expected.toml", 0, ledgers, book, stubs, kinds, speaks, day_one=day_one(len(stubs)))


MANIFEST = """\
# Alpine Ski House: a small project that plans without an error, to walk through plan, apply, verify and undo.

[environment]
file = "environment.sqlite"
from = "environment/"
kind = "dynamics365"
as_of = "2026-11-28"
stubs = "import"

[owners]
missing = "stub"
ambiguous = "error"
by_name = "confirm"
blank = "error"
domains = { "skihaus.example" = "alpineskihouse.com" }

[[users]]
file = "exports/users.csv"
change = ["business_unit", "access_mode", "main_phone"]    # what its last columns wish for users who exist

[[records]]
file = "exports/accounts.csv"
table = "account"

[[records]]
file = "exports/contacts.xlsx"
table = "contact"

[[roles]]
file = "exports/roles.csv"

[accept]
administrators = ["greta.aumann@alpineskihouse.com"]
"""

README = """\
# Clean

A small project without an error: 60 accounts, 40 contacts and 12 role rows of Alpine Ski House. Three owners have left and
become stub users, two people may own records only after the plan gave them a role, some records have the right owner already.
Three people are moved to another business unit and keep their roles (one gets a role too, one gives one back), one may write from
now on, and the stub user of somebody who left long ago gets another phone number. The directory, the security group and the
licences in `environment/` are whole: after the plan everybody can work but the stub users and the account that migrates.

```
cutover plan samples/clean
cutover apply samples/clean
cutover verify samples/clean
cutover undo samples/clean
```

Work on a copy of the folder to keep it as it is: `plan` makes `environment.sqlite`, `plan/` and `owners.csv` in it, and `apply`
writes to `environment.sqlite`.
"""
