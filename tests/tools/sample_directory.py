"""The directory behind a sample's users: who has an account, a licence, the security group, a directory role.

In: the people of a sample, each with what the directory says of them. Out: the exports of an administrator
(the admin centre's "Export users", Entra's "Download members", a list of role assignments, seats), and who can
work on day one, worked out from what each person was made to be. Nothing here asks the product.
"""

from collections import Counter

from sample_lib import guid, write_csv

SALES_PRODUCT, SERVICE_PRODUCT = "Dynamics 365 Sales Enterprise", "Dynamics 365 Customer Service Enterprise"
OFFICE = "Office 365 E3"
PROFILE = {"title": "Title", "main_phone": "Phone number", "city": "City", "country": "Country/Region"}
# A part of what the admin centre exports, in its order.
EXPORT_COLUMNS = ["Block credential", "City", "Country/Region", "Department", "Display name", "First name", "Last name",
                  "Licenses", "Object Id", "Phone number", "Proxy addresses", "Soft deletion time stamp", "Title",
                  "Usage location", "User principal name", "When created"]
MEMBER_COLUMNS = ["id", "userPrincipalName", "displayName", "objectType", "userType"]
NEEDS_LICENCE = ("read-write", "read")


def object_id(person):
    return guid("directory", person.upn)


def export_row(person):
    """A person as the admin centre writes one; `there` is what it has otherwise than the environment."""
    row = {
        "Block credential": "True" if person.blocked else "False", "Department": "",
        "Display name": person.full, "First name": person.first, "Last name": person.last,
        "Licenses": "+".join(person.products) or "Unlicensed", "Object Id": object_id(person),
        "Proxy addresses": f"SMTP:{person.upn}",
        "Soft deletion time stamp": "2026-10-30 07:12:44Z" if person.deleted else "",
        "Usage location": "", "User principal name": person.upn, "When created": "2024-03-04 08:00:00Z",
    }
    row |= {header: person.profile.get(field, "") for field, header in PROFILE.items()}
    row |= person.there
    return [row[column] for column in EXPORT_COLUMNS]


class Directory:
    """Everybody with an account: users of the environment, and people who are no users."""

    def __init__(self, group, users, others=(), roles=(), seats=()):
        self.group = group
        self.users, self.others = list(users), list(others)
        self.roles = roles          # (directory role, UPN)
        self.seats = dict(seats)    # product -> how many more, or fewer, than are in use

    def everybody(self):
        return [person for person in self.users + self.others if person.known]

    def in_use(self):
        return Counter(product for person in self.everybody() if not person.deleted for product in person.products)

    def free(self):
        return sum(self.seats.values())

    def write(self, folder):
        everybody = sorted(self.everybody(), key=lambda person: person.upn)
        write_csv(folder / "directory.csv", EXPORT_COLUMNS, [export_row(person) for person in everybody])
        write_csv(folder / "directory-roles.csv", ["roleDisplayName", "userPrincipalName"], self.roles)
        members = [[object_id(person), person.upn, person.full, "User", "Member"]
                   for person in everybody if person.group == "direct"]
        inner = sorted({person.group for person in everybody} - {"direct", ""})
        members += [[guid("group", name), "", name, "Group", ""] for name in inner]
        write_csv(folder / f"groups-{self.group}.csv", MEMBER_COLUMNS, members)
        if inner:
            write_csv(folder / "groups.csv", ["group", "member", "via"],
                      [[self.group, person.upn, person.group] for person in everybody if person.group in inner])
        used = self.in_use()
        write_csv(folder / "licences.csv", ["product", "seats", "used"],
                  [[product, used[product] + more, used[product]] for product, more in self.seats.items()])


class DayOne:
    """Who can work, by moment, as meant: yes or no, and the reasons against."""

    def __init__(self, directory, stubs, worth, to_work, modes, due):
        """`worth(person, moment)` says what the roles are worth (`""`: they read data); `to_work` are those whom the
        plan gives something; `modes` the access modes that it changes; `due` who is only not synchronised yet."""
        self.people = [person for person in directory.users if person.upn and not person.application]
        self.stubs, self.worth, self.to_work, self.modes, self.due = stubs, worth, to_work, modes, due

    def disabled(self, person):
        if not person.disabled:
            return []
        if person.deleted:
            why = "deleted in the directory"
        elif not person.known:
            why = "not in the directory"
        elif person.blocked:
            why = "sign-in is blocked in the directory"
        elif not person.products:
            why = "no licence"
        elif person.group != "direct":
            why = "not in the security group"
        else:
            why = "by hand in the environment"
        return [f"disabled: {why}"]

    def reasons(self, person, moment):
        if person.stub:
            return ["stub user: can never sign in"]
        mode = person.mode if moment == "today" else self.modes.get(person.upn, person.mode)
        given = moment == "after_hand_over" and (not person.disabled or person.upn in self.to_work)
        found = self.disabled(person)
        if not given:
            found += ["not in the directory"] * (not person.known)
            found += ["no licence"] * (mode in NEEDS_LICENCE and not person.products)
            if person.group != "direct" or not person.known:
                nested = person.group and person.known
                found.append("in the security group only through a nested group" if nested else "not in the security group")
        found += [f"access mode {mode}"] * (mode not in NEEDS_LICENCE)
        return found + [word for word in [self.worth(person, moment)] if word]

    def counts(self, moment):
        """(yes, no, reasons) at a moment."""
        reasons, yes, no = Counter(), 0, 0
        for person in self.people:
            found = self.reasons(person, moment)
            yes, no = yes + (not found), no + bool(found)
            reasons.update(found)
        no += self.stubs + self.due
        reasons["stub user: can never sign in"] += self.stubs
        reasons["no role"] += self.due
        reasons["not yet synchronised"] += self.due * (moment != "after_hand_over")
        return yes, no, +reasons

    def all(self):
        return {moment: self.counts(moment) for moment in ("today", "after_plan", "after_hand_over")}
