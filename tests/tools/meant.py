"""Makes a project of any size and keeps who was meant by every owner cell.

Usage: meant.py OUT --seed N --rows R [--people P]

OUT becomes a project folder (environment, exports/users.csv, exports/accounts.csv, cutover.toml) with meant.csv beside it:
record, meant, certain, shape, reference. `meant` is the UPN of the user or stub user, or `nobody`, or `ambiguous`; `certain` says
whether the export alone tells (else a ruling is due, so that leaving it alone is right as well). check_meant.py compares.
Deterministic by seed. Knows nothing of how the product resolves: people come first, what is written of them after.
"""

import argparse
import random
import unicodedata
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from sample_lib import Person, guid, key, small_environment, write_csv, write_text

UNIT = "Contoso"
OLD, NEW, LOGIN = "contoso.local", "contoso.com", "OLDCORP"
FIRST = ("Anna Björn Chloé David Elżbieta François Grzegorz Håkon Inês Jürgen Katarína Łukasz Müge Noël Óscar Pilar Quentin "
         "René Søren Tomáš Ulrike Věra Wanda Xavier Yağmur Zoë Miguel Aoife Ngọc Şebnem").split()
LAST = ("Andersson Bäcker Çelik Dąbrowski Esposito Fernández Groß Håkansson Ivanova Jørgensen Kowalski Lefèvre Müller Nováková "
        "O'Brien Peña Quist Rossi Šimek Tanaka Ünal Vañó Weiß Xu Yılmaz Żak Ørsted Nguyễn Thomas Martin").split()
MANIFEST = f"""\
[environment]
file = "environment.sqlite"
from = "environment/"
as_of = "2026-11-28"

[owners]
missing = "stub"
by_name = "confirm"
domains = {{ "{OLD}" = "{NEW}", "{LOGIN}" = "{NEW}" }}

[[users]]
file = "exports/users.csv"

[[records]]
file = "exports/accounts.csv"
table = "account"
"""
USERS = ["systemuserid", "domainname", "internalemailaddress", "firstname", "lastname", "fullname", "employeeid", "isdisabled"]


@dataclass(frozen=True)
class Cell:
    """An owner cell and who was meant by it."""

    text: str
    meant: str
    certain: bool
    shape: str


class World:
    """People, what the old system wrote of them, and the owner cells that may stand for them."""

    def __init__(self, chooser, people):
        self.chooser = chooser
        self.users, self.export, self.teams = [], [], []
        self.cells = defaultdict(list)      # shape -> cells
        self.taken, self.names, self.number = set(), set(), 0
        self.ordinary(people)
        for trap in (self.twins, self.sharp_s, self.joined_later, self.left_namesake, self.left_and_unknown, self.disagreeing,
                     self.colliding_ids, self.team_namesake, self.mail_is_upn, self.mail2_is_mail, self.turned_round,
                     self.application_namesake):
            for _ in range(max(2, people // 60)):
                trap()
        self.nobodies(max(6, people // 10))

    # People

    def name(self):
        while True:
            first, last = self.chooser.choice(FIRST), self.chooser.choice(LAST)
            if self.chooser.random() < 0.35:
                last = f"{last}-{self.chooser.choice(LAST)}"
            if self.chooser.random() < 0.5:
                first = f"{first} {self.chooser.choice('ABCDEFGHIJKLMNOPQRSTUVWXYZ')}."
            if self.unused(f"{first} {last}") and self.unused(f"{last} {first}"):
                return first, last

    def unused(self, name):
        return key(name) not in self.names

    def local(self, first, last):
        self.number += 1
        plain = unicodedata.normalize("NFKD", f"{first.split()[0]}.{last}").encode("ascii", "ignore").decode().lower()
        return f"{plain.replace(chr(39), '')}{self.number}"

    def user(self, name=None, **more):
        """Somebody of the target."""
        first, last = name or self.name()
        self.names |= {key(f"{first} {last}"), key(f"{last} {first}")}
        local = self.local(first, last)
        mail = f"{local}@{NEW}" if self.chooser.random() < 0.7 else f"mail.{local}@{NEW}"
        facts = {"mail": mail, "disabled": self.chooser.random() < 0.05} | more
        person = Person(first, last, f"{local}@{NEW}", UNIT, ("sales",), **facts)
        self.users.append(person)
        return person

    def row(self, first, last, upn, mail, employee="", left=False, old=None):
        """A row of the users export; its old id is a GUID or a number."""
        self.number += 1
        old = old or (guid("old", self.number) if self.number % 2 else str(700000 + self.number))
        written = {"systemuserid": old, "domainname": upn, "internalemailaddress": mail, "firstname": first, "lastname": last,
                   "fullname": f"{first} {last}", "employeeid": employee, "isdisabled": "true" if left else "false"}
        self.export.append(written)
        return written

    def say(self, text, meant, certain, shape):
        """Declares a cell, and its spellings: case, padding, decomposed accents, double blanks."""
        self.taken.add(key(text))
        self.cells[shape].append(Cell(text, meant, certain, shape))
        if key(text.upper()) == key(text):      # a dotless i has no way back
            self.cells["upper case"].append(Cell(text.upper(), meant, certain, "upper case"))
        self.cells["padded"].append(Cell(f"  {text} ", meant, certain, "padded"))
        if " " in text:
            spaced = unicodedata.normalize("NFD", text).replace(" ", "  ", 1)
            self.cells["decomposed"].append(Cell(spaced, meant, certain, "decomposed"))

    def say_row(self, written, meant, certain=True, names=True):
        """Everything by which a row of the export is known."""
        for column, shape in (("systemuserid", "old id"), ("domainname", "old UPN"), ("internalemailaddress", "mail"),
                              ("employeeid", "employee id")):
            if written[column]:
                shape = "DOMAIN\\user" if "\\" in written[column] else shape
                self.say(written[column], meant, certain, shape)
        if names:
            self.say_names(written["firstname"], written["lastname"], meant, certain)

    def say_names(self, first, last, meant, certain):
        self.say(f"{first} {last}", meant, certain, "full name")
        self.say(f"{last}, {first}", meant, certain, "last, first")

    def say_user(self, user, names=True):
        """What is known of somebody whom only the target has: the name alone needs a ruling."""
        self.say(user.upn, user.upn, True, "UPN")
        self.say(user.id, user.upn, True, "id")
        if user.mail != user.upn:
            self.say(user.mail, user.upn, True, "mail")
        if names:
            self.say_names(user.first, user.last, user.upn, False)

    # What is ordinary

    def ordinary(self, people):
        for place in range(people):
            roll = place % 20
            if roll < 3:
                self.say_user(self.user())
            elif roll < 5:
                self.leaver()
            else:
                self.known(roll)

    def known(self, roll):
        """In both systems; how the old one writes of him differs, but something always agrees."""
        employee = f"E{10000 + self.number}" if roll % 2 else ""
        local_mail = self.chooser.random()
        user = self.user(employee=employee)
        local = user.upn.split("@")[0]
        upn, mail = f"{local}@{OLD}", user.mail
        if roll == 6:
            upn = f"{LOGIN}\\{local}"
        elif roll == 7:
            upn = user.upn
        elif roll == 8:
            upn = ""
        elif roll == 9:                       # everything was renamed but the employee id
            upn, mail = f"x{local}@{OLD}", f"x{local}@fabrikam.example"
        elif roll == 10:
            user.mail2 = mail = f"private.{local}@fabrikam.example"
            upn = f"y{local}@{OLD}"
        elif roll == 12:
            user.mobile = mail = f"mobile.{local}@fabrikam.example"
            upn = ""
        elif local_mail < 0.3:
            mail = ""
        self.say_row(self.row(user.first, user.last, upn, mail, user.employee), user.upn)

    def leaver(self, name=None, alone=True):
        """Only the old system has him: a stub user, by UPN, else mail; not alone, a namesake asks for a ruling."""
        first, last = name or self.name()
        self.names |= {key(f"{first} {last}"), key(f"{last} {first}")}
        local = self.local(first, last)
        upn = f"{local}@{OLD}" if self.number % 3 else ""
        mail = f"{local}@{NEW}" if self.number % 2 or not upn else ""
        stub = f"{local}@{NEW}"
        self.say_row(self.row(first, last, upn, mail, f"E0{self.number}", left=True), stub, certain=alone, names=alone)

    # Traps: what a hasty reader gets wrong

    def ambiguous_names(self, first, last):
        self.say_names(first, last, "ambiguous", True)

    def twins(self):
        """Two of one name in both systems: the logon tells, the name does not."""
        one = self.user()
        two = self.user((one.first, one.last))
        for user in (one, two):
            self.say_row(self.row(user.first, user.last, user.upn.replace(NEW, OLD), user.mail), user.upn, names=False)
        self.ambiguous_names(one.first, one.last)

    def sharp_s(self):
        """`Weiß` and `Weiss` are one name to a reader that folds case."""
        first, last = self.name()
        one, two = self.user((first, f"{last} Weiß")), self.user((first, f"{last} Weiss"))
        for user in (one, two):
            self.say_user(user, names=False)
        self.say(f"{first} {last} Weiß", "ambiguous", True, "full name")
        self.say(f"{first} {last} WEISS", "ambiguous", True, "full name")

    def joined_later(self):
        """A namesake joined after the export was made: the old system can only have meant the other."""
        one = self.user()
        two = self.user((one.first, one.last))
        self.say_row(self.row(one.first, one.last, one.upn.replace(NEW, OLD), one.mail), one.upn)
        self.say_user(two, names=False)

    def left_namesake(self):
        """One is there, his namesake has left; the old system had both."""
        user = self.user()
        self.say_row(self.row(user.first, user.last, user.upn.replace(NEW, OLD), user.mail), user.upn, names=False)
        self.leaver((user.first, user.last), alone=False)
        self.ambiguous_names(user.first, user.last)

    def left_and_unknown(self):
        """He left, and somebody of his name is in the target whom the old system never knew: never him."""
        first, last = self.name()
        local = self.local(first, last)
        self.names |= {key(f"{first} {last}"), key(f"{last} {first}")}
        stub = f"{local}@{NEW}"
        self.say_row(self.row(first, last, f"{local}@{OLD}", "", left=True), stub, certain=False)
        self.say_user(self.user((first, last)), names=False)

    def disagreeing(self):
        """A row whose logon is one person's and whose mail another's."""
        one, two = self.user(), self.user()
        written = self.row(one.first, one.last, one.upn.replace(NEW, OLD), two.mail)
        self.say(written["systemuserid"], "ambiguous", True, "old id")
        self.say(written["domainname"], "ambiguous", True, "old UPN")
        self.ambiguous_names(one.first, one.last)

    def colliding_ids(self):
        """One's old id is another's employee id."""
        one, two = self.user(), self.user()
        number = str(800000 + self.number)
        self.row(one.first, one.last, one.upn.replace(NEW, OLD), one.mail, old=number)
        two.employee = number
        self.row(two.first, two.last, two.upn.replace(NEW, OLD), two.mail, number)
        self.say(number, "ambiguous", True, "old id")
        self.say(one.upn.replace(NEW, OLD), one.upn, True, "old UPN")
        self.say(f"{one.first} {one.last}", one.upn, True, "full name")

    def team_namesake(self):
        """A team bears a person's name."""
        user = self.user()
        self.teams.append(f"{user.first} {user.last}")
        self.say_user(user, names=False)
        self.say(f"{user.first} {user.last}", "ambiguous", True, "full name")

    def mail_is_upn(self):
        """One's mail is another's UPN."""
        two = self.user()
        two.mail = f"elsewhere.{two.upn}"
        one = self.user(mail=two.upn)
        self.say(two.upn, "ambiguous", True, "UPN")
        self.say(one.upn, one.upn, True, "UPN")
        self.say(two.id, two.upn, True, "id")

    def mail2_is_mail(self):
        """One's second mail is another's first: the first counts."""
        two = self.user()
        two.mail = f"shared.{two.upn}"
        one = self.user(mail2=two.mail)
        self.say(two.mail, two.upn, True, "mail")
        self.say(one.upn, one.upn, True, "UPN")

    def turned_round(self):
        """Martin Thomas and Thomas Martin: a comma tells which is the last name."""
        first, last = self.name()
        one, two = self.user((first, last)), self.user((last, first))
        for user in (one, two):
            self.say_row(self.row(user.first, user.last, user.upn.replace(NEW, OLD), user.mail), user.upn)

    def application_namesake(self):
        """An application user bears a person's name: programs are never found by name."""
        user = self.user()
        self.user((user.first, user.last), application=guid("application", user.upn), licensed="false", disabled=False)
        self.say_user(user)

    # What nobody is

    def typo(self, text):
        place = self.chooser.randrange(1, len(text) - 1)
        return self.chooser.choice([text[:place] + text[place + 1:], text[:place] + text[place] + text[place:],
                                    text[:place] + text[place + 1] + text[place] + text[place + 2:]])

    def nobodies(self, count):
        for number in range(count):
            user = self.users[self.chooser.randrange(len(self.users))]
            for text in (user.full, user.upn, user.mail):
                wrong = self.typo(text)
                known = self.taken | self.names | {key(known.mail) for known in self.users}
                known |= {key(known.upn) for known in self.users}
                known |= {key(row["domainname"].replace(OLD, NEW)) for row in self.export}
                if key(wrong) not in known:
                    self.cells["typo"].append(Cell(wrong, "nobody", True, "typo"))
            self.cells["unknown"].append(Cell(guid("unknown", number), "nobody", True, "unknown"))
            self.cells["unknown"].append(Cell(f"0057Q00000{number:05}", "nobody", True, "unknown"))
        self.cells["blank"].append(Cell("", "nobody", True, "blank"))

    def pools(self):
        """Cells by shape, and all cells of traps together; one text never means two people."""
        meanings = defaultdict(set)
        every = [cell for shape in sorted(self.cells) for cell in self.cells[shape]]
        for cell in every:
            meanings[key(cell.text)].add(cell.meant)
        double = {text: people for text, people in meanings.items() if len(people) > 1}
        assert not double, double
        traps = [cell for cell in every if cell.meant == "ambiguous" or not cell.certain]
        return [self.cells[shape] for shape in sorted(self.cells)], traps


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("out", type=Path)
    arguments.add_argument("--seed", type=int, required=True)
    arguments.add_argument("--rows", type=int, required=True)
    arguments.add_argument("--people", type=int, default=300)
    chosen = arguments.parse_args()
    chooser = random.Random(chosen.seed)
    world = World(chooser, chosen.people)
    importer = Person("Importing", "User", f"importer@{NEW}", UNIT, ("admin",))
    pools, traps = world.pools()
    ids = {user.upn: user.id for user in world.users}
    rows, meant, present = [], [], []
    for number in range(chosen.rows):
        cell = chooser.choice(traps if chooser.random() < 0.15 else pools[number % len(pools)])
        record = guid("meant", chosen.seed, number)
        now = ids.get(cell.meant, importer.id) if chooser.random() < 0.1 else importer.id
        rows.append([record, f"Account {number}", cell.text])
        meant.append([record, cell.meant, "yes" if cell.certain else "no", cell.shape, cell.text])
        present.append([record, now])
    env = small_environment(UNIT, "Account", world.users + [importer], world.teams)
    env.write(chosen.out / "environment", {"account": sorted(present)})
    chooser.shuffle(world.export)
    write_csv(chosen.out / "exports" / "users.csv", USERS, [list(row.values()) for row in world.export])
    write_csv(chosen.out / "exports" / "accounts.csv", ["accountid", "name", "ownerid"], rows)
    write_csv(chosen.out / "meant.csv", ["record", "meant", "certain", "shape", "reference"], meant)
    write_text(chosen.out / "cutover.toml", MANIFEST)


if __name__ == "__main__":
    main()
