"""What the sample `contoso` must say of people: who can work on day one, and every finding about somebody.

In: the people as contoso_people.py made them, and the roles that the plan gives and takes. Out: counts of who is
ready, rows of the lists for administrators, and findings. Whoever has no fault of their own is not named here.
"""

from contoso_people import (APP, BASICS, BUILD, CHANGES, DESK, DOROTHEA, ELENA, ELSA, FAX, GERHARD, HENRIK, IVO, KAISA, KLARA,
                            MOREAU, NUNO, OSKAR, OTTILIE, PAOLO, PIA, REBECCA, REPORTING, ROLF, SOFIA, STAFF, SVEN,
                            VIKTOR, directory)
from sample_directory import DayOne

ANA, MARCO, LUCIA = STAFF[0], STAFF[6], STAFF[20]
READ_NOTHING = {BASICS, APP}
ONLY_BY_TEAM = {ELENA.upn, NUNO.upn}     # members of a team whose role reads accounts


def people_speak():
    """(code, person, file, row) of the findings that have no row in an export."""
    found = {
        "LIC001": [LUCIA, SOFIA], "LIC002": [LUCIA], "LIC004": [BUILD, HENRIK, IVO],
        "LIC006": [OSKAR], "ACC001": [ELSA, ROLF, HENRIK, DOROTHEA, IVO, PIA], "ACC002": [MARCO], "ACC003": [KAISA],
        "ACC005": [PAOLO], "ACC006": [ANA, PAOLO], "ACC007": [REBECCA, OTTILIE], "ACC008": [DESK, VIKTOR],
        "ACC010": [REPORTING], "ACC011": [ANA], "ACC012": [FAX, KLARA], "ROL009": [SVEN], "ROL010": [ELENA, NUNO],
        "PRF001": [STAFF[8], STAFF[3], STAFF[12]], "PRF002": [MOREAU],
    }
    spoken = [(code, person.full, "", 0) for code, people in found.items() for person in people]
    return spoken + [("REC007", "contact", "", 0), ("REC009", "SYSTEM", "", 0)]


def day_one(env, role_changes, stubs):
    """Who is ready by moment, and how many rows each list for administrators has."""
    by_mail = {person.upn: person for person in env.users}
    given, taken = {}, {}
    names = {name: code for name, _, _, code in env.roles}
    for user, role, _, action, _, _ in role_changes:
        upn = user.lower().replace("@contoso.local", "@contoso.com")
        if upn in by_mail:
            (taken if action == "remove" else given).setdefault(upn, set()).add(names[role])

    def worth(person, moment):
        roles = set(person.roles)
        if moment != "today":
            roles = roles | given.get(person.upn, set()) - taken.get(person.upn, set())
        if roles - READ_NOTHING:
            return ""
        if person.upn in ONLY_BY_TEAM:
            return "roles only through a team"
        return "only roles that read no data" if roles else "no role"

    modes = {FAX.upn: "non-interactive", KLARA.upn: "administrative"}
    people = directory()
    people.users.append(GERHARD)
    moments = DayOne(people, stubs, worth, CHANGES | set(given), modes, due=2).all()
    unlicensed = [LUCIA, SOFIA, DESK, VIKTOR]
    lists = {
        "business-units-to-create": 1, "licences-to-buy": int(len(unlicensed) > 1), "people-to-create": 1,
        "licences-to-give": len(unlicensed), "group-members-to-add": len([MARCO, KAISA]),
        "people-to-synchronise": len([REBECCA, OTTILIE]), "settings-to-switch": 1,
        "licences-to-free": len([FAX, BUILD, KLARA]), "leavers": len([HENRIK, IVO]),
    }
    return moments, lists
