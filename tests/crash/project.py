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

MANIFEST = """[environment]
from = "environment/"
as_of = "2026-11-28"

[[users]]
file = "exports/users.csv"

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


UNIT, TEAM = made("unit"), made("team")
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
    sheet(folder / "business_units.csv", "id,name,parent", [f"{UNIT},Contoso,"])
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
    return {"create stub user": STUBS, "give role": GIVEN + 1, "assign record": count,
            "remove role": len(REMOVED)}


def wanted(count):
    """What must stand in the environment file after apply: owners by record, roles, stub users."""
    names = {upn(number): user.bytes for number, user in enumerate(USER)}
    owners = {record.bytes: owner(number) for _, number, record in records(count)}
    roles = {(user.bytes, SELLER.bytes) for user in USER}
    roles |= {(USER[number].bytes, MANAGER.bytes) for number in range(GIVEN)}
    team_roles = {(TEAM.bytes, SELLER.bytes), (TEAM.bytes, MANAGER.bytes)}
    stubs = {leaver(number) for number in range(STUBS)}
    return names, owners, roles, team_roles, stubs
