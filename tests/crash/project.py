"""The project that the crash harness works on: every kind of change, and of records as many as wanted.

In: a folder and the number of records. Out: environment folder, exports, manifest, all the same for
the same number; and what must stand in the environment file after apply, as the generator knows it,
whatever the product says (`wanted`).
"""
import functools, uuid

SPACE = uuid.UUID("6f1f6f3e-0000-4000-8000-000000000000")
TABLES = {"account": "accountid", "contact": "contactid"}
TEAM_NAME = "Key Accounts"
USERS, GIVEN, STUBS = 2000, 1500, 300
# Who loses a role: neither the last of them nor all that anybody has.
REMOVED = range(500, 1500)
# Who goes to another business unit, and so has to get every role again; who gets another access mode.
# Of both some are given a role besides, and some of the first lose one in the end.
MOVED = [*range(300, 700), *range(1400, 1600)]
MODE = [*range(400, 550), *range(1700, 1800)]
CHANGED = sorted({*MOVED, *MODE})

MANIFEST = """[environment]
from = "environment/"
as_of = "2026-11-28"

[[users]]
file = "exports/users.csv"

[[users]]
file = "exports/wishes.csv"
change = ["business_unit", "access_mode"]

[[records]]
file = "exports/accounts.csv"
table = "account"

[[records]]
file = "exports/contacts.csv"
table = "contact"

[[roles]]
file = "exports/roles.csv"
"""


def made(what):
    return uuid.uuid5(SPACE, what)


UNIT, FIELD, TEAM = made("unit"), made("field"), made("team")
SELLER, MANAGER, MARKETER = made("seller"), made("manager"), made("marketer")
USER = [made(f"user {number}") for number in range(USERS)]


def upn(number):
    return f"user{number}@contoso.com"


def leaver(number):
    return f"leaver{number}@contoso.com"


def owner(number):
    """The owner reference of a record: a stub user, the team, or a user."""
    if number % 7 == 0:
        return leaver(number // 7 % STUBS)
    if number % 11 == 0:
        return TEAM_NAME
    return upn(1 + number % (USERS - 1))


@functools.cache
def records(count):
    """Table, number within the whole, and id of every record, half of them in each table."""
    half = count // 2
    return [("account" if number < half else "contact", number, made(f"record {number}"))
            for number in range(count)]


def sheet(place, header, rows):
    with open(place, "w", encoding="utf-8", newline="\n") as file:
        file.write(header + "\n")
        file.writelines(row + "\n" for row in rows)


def write_environment(folder, count):
    folder.mkdir(parents=True)
    sheet(folder / "business_units.csv", "id,name,parent", [f"{UNIT},Contoso,", f"{FIELD},Field,{UNIT}"])
    sheet(folder / "users.csv", "id,upn,mail,first_name,last_name,business_unit",
          (f"{user},{upn(number)},{upn(number)},User,Number {number},Contoso"
           for number, user in enumerate(USER)))
    sheet(folder / "roles.csv", "id,name,business_unit",
          [f"{SELLER},Salesperson,Contoso", f"{MANAGER},Sales Manager,Contoso",
           f"{MARKETER},Marketing Professional,Contoso"])
    sheet(folder / "role_privileges.csv", "role,privilege,depth",
          [f"{role},prvRead{table},user" for role in ("Salesperson", "Sales Manager")
           for table in ("Account", "Contact")])
    sheet(folder / "user_roles.csv", "user,role",
          [f"{user},{SELLER}" for user in USER]
          + [f"{USER[number]},{MARKETER}" for number in REMOVED])
    sheet(folder / "teams.csv", "id,name,business_unit,type",
          [f"{TEAM},{TEAM_NAME},Contoso,owner"])
    sheet(folder / "team_members.csv", "team,user", [f"{TEAM},{USER[0]}"])
    sheet(folder / "team_roles.csv", "team,role,inheritance", [f"{TEAM},{SELLER},direct-user"])
    sheet(folder / "entities.csv", "name,ownership", [f"{table},user" for table in TABLES])
    sheet(folder / "cascades.csv", "parent,child,assign", ["account,contact,none"])
    for wanted in TABLES:
        sheet(folder / f"records-{wanted}.csv", "id,owner",
              (f"{record},{USER[0]}" for table, _, record in records(count) if table == wanted))


def write_exports(folder, count):
    folder.mkdir(parents=True)
    sheet(folder / "users.csv", "id,upn,mail,first_name,last_name",
          (f"{number},{leaver(number)},{leaver(number)},Leaver,Number {number}"
           for number in range(STUBS)))
    sheet(folder / "wishes.csv", "upn,business unit,access mode",
          (f"{upn(number)},{'Field' if number in MOVED else ''},"
           f"{'administrative' if number in MODE else ''}" for number in CHANGED))
    for wanted, column in TABLES.items():
        sheet(folder / f"{wanted}s.csv", f"{column},ownerid",
              (f"{record},{owner(number)}" for table, number, record in records(count)
               if table == wanted))
    sheet(folder / "roles.csv", "user,role,business unit,action",
          [f"{upn(number)},Sales Manager,,give" for number in range(GIVEN)]
          + [f"{TEAM_NAME},Sales Manager,,give"]
          + [f"{upn(number)},Marketing Professional,,remove" for number in REMOVED])


def write_project(folder, count):
    """Writes the whole project, `count` records in it."""
    write_environment(folder / "environment", count)
    write_exports(folder / "exports", count)
    (folder / "cutover.toml").write_text(MANIFEST)


def changes(count):
    """How many changes of each kind the plan must hold."""
    # What is given to somebody who changes goes with that change.
    alone = [number for number in range(GIVEN) if number not in CHANGED]
    return {"create stub user": STUBS, "change user": len(CHANGED), "give role": len(alone) + 1,
            "assign record": count, "remove role": len(REMOVED)}


def wanted(count, copies):
    """What must stand in the environment file after apply: owners by record, roles, stub users, and
    business unit and access mode of users. `copies` are those of the roles in the other unit."""
    names = {upn(number): user.bytes for number, user in enumerate(USER)}
    owners = {record.bytes: owner(number) for _, number, record in records(count)}
    def copy(number, role):
        return copies[role.bytes] if number in MOVED else role.bytes

    roles = {(user.bytes, copy(number, SELLER)) for number, user in enumerate(USER)}
    roles |= {(USER[number].bytes, copy(number, MANAGER)) for number in range(GIVEN)}
    users = {user.bytes: (FIELD.bytes if number in MOVED else UNIT.bytes, int(number in MODE))
             for number, user in enumerate(USER)}
    team_roles = {(TEAM.bytes, SELLER.bytes), (TEAM.bytes, MANAGER.bytes)}
    stubs = {leaver(number) for number in range(STUBS)}
    return names, owners, roles, team_roles, stubs, users
