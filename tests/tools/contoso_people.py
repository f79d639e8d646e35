"""Who and what there is in the sample `contoso`: the target, and the people of the old system.

In: nothing but the tables below. Out: the environment, and the rows of the users export.
What is particular about a person stands beside the person; who owns what is sample_contoso.py's.
"""

import unicodedata

from sample_directory import OFFICE, SALES_PRODUCT, SERVICE_PRODUCT, Directory
from sample_lib import ALL_RIGHTS, Environment, Person, guid, key, privileges

ROOT, NORDICS, IBERIA = "Contoso", "Contoso Nordics", "Contoso Iberia"
SALES, MANAGER, SERVICE, MARKETING = "salesperson", "manager", "service", "marketing"
ADMIN, CUSTOMIZER, TECHNICIAN, BASICS, APP = "admin", "customizer", "technician", "basics", "app access"
GROUP, INNER_GROUP = "CRM Users", "Field Staff"

MIGRATION = Person("Data", "Migration", "migration@contoso.com", ROOT, (ADMIN,), mode="non-interactive", licensed="false")
# Everybody of `STAFF` is in the users export too, with the same local part at contoso.local.
STAFF = [
    Person("Ana", "Lima", "ana.lima@contoso.com", ROOT, (ADMIN, SALES), employee="E10001"),
    Person("Jürgen", "Weiß", "juergen.weiss@contoso.com", ROOT, (SALES,), employee="E10002"),
    Person("Françoise", "Lefèvre", "francoise.lefevre@contoso.com", ROOT, (SALES, MARKETING), employee="E10003"),
    Person("Łukasz", "Dąbrowski", "lukasz.dabrowski@contoso.com", ROOT, (SALES,), employee="E10004",
           there={"City": "Warszawa", "Country/Region": "Poland"}),
    Person("Zoë", "van den Berg", "zoe.vandenberg@contoso.com", ROOT, (SALES, SERVICE), employee="E10005"),
    Person("Giulia", "Conti", "giulia.conti@contoso.com", ROOT, (MANAGER,), employee="E10006"),
    Person("Marco", "Bianchi", "marco.bianchi@contoso.com", ROOT, (SALES,), employee="E10007", group=""),
    Person("Petra", "Nováková", "petra.novakova@contoso.com", ROOT, (SALES, CUSTOMIZER), employee="E10008"),
    Person("Aoife", "O'Brien", "aoife.obrien@contoso.com", ROOT, (MANAGER,), employee="E10009",
           there={"Title": "Head of Sales"}),
    Person("Sabine", "Groß", "sabine.gross@contoso.com", ROOT, (SERVICE,), employee="E10010"),
    Person("Ingrid", "Björk", "ingrid.bjork@contoso.com", NORDICS, (SALES,), employee="E10011"),
    Person("Søren", "Østergaard", "soren.ostergaard@contoso.com", NORDICS, (SALES, MANAGER), employee="E10012"),
    Person("Åsa", "Lindqvist", "asa.lindqvist@contoso.com", NORDICS, (SALES,), employee="E10013",
           there={"Last name": "Lindqvist-Berg", "Display name": "Åsa Lindqvist-Berg"}),
    Person("Mikko", "Virtanen", "mikko.virtanen@contoso.com", NORDICS, (SALES,), employee="E10014"),
    Person("Elin", "Håkansson", "elin.hakansson@contoso.com", NORDICS, (SALES,), employee="E10015"),
    Person("Lars", "Nygaard", "lars.nygaard@contoso.com", NORDICS, (MANAGER,), employee="E10016"),
    Person("Freja", "Mortensen", "freja.mortensen@contoso.com", NORDICS, (SERVICE, MARKETING), employee="E10017"),
    Person("Inês", "Carvalho", "ines.carvalho@contoso.com", IBERIA, (SALES,), employee="E10018"),
    Person("João", "Pereira", "joao.pereira@contoso.com", IBERIA, (SALES, MARKETING), employee="E10019"),
    Person("Miguel Ángel", "Torres", "miguel.torres@contoso.com", IBERIA, (MANAGER,), employee="E10020"),
    Person("Lucía", "Fernández", "lucia.fernandez@contoso.com", IBERIA, (SALES,), employee="E10021",
           licensed="false"),
    Person("Rui", "Tavares", "rui.tavares@contoso.com", IBERIA, (SERVICE,), employee="E10022"),
]
# In the users export as well, each with something particular about it.
HENRIK = Person("Henrik", "Dahl", "henrik.dahl@contoso.com", NORDICS, (SALES,), employee="E10023", disabled=True,
                blocked=True)
GERHARD = Person("Gerhard", "Lang", "gerhard.lang@contoso.com", ROOT, (SALES,), disabled=True, licensed="false", stub=True)
JONAS = Person("Jonas", "Bergström", "jonas.bergstrom@contoso.com", NORDICS, (TECHNICIAN,), employee="E10024")
KAISA = Person("Kaisa", "Laine", "kaisa.laine@contoso.com", NORDICS, (TECHNICIAN,), employee="E10025",
               group=INNER_GROUP)
ELENA = Person("Elena", "Vidal", "elena.vidal@contoso.com", IBERIA, (BASICS,), employee="E10026")
NUNO = Person("Nuno", "Figueiredo", "nuno.figueiredo@contoso.com", IBERIA, (BASICS,), employee="E10027")
TERESA = Person("Teresa", "Molina", "teresa.molina@contoso.com", IBERIA, (), employee="E10028")
CARMEN = Person("Carmen", "Delgado", "carmen.delgado@contoso.com", IBERIA, (SALES,), mail2="carmen.ortiz@contoso.com")
AINO = Person("Aino", "Korhonen", "aino.korhonen@contoso.com", NORDICS, (SALES,), mobile="aino.k@contoso.com")
BEATRIZ = Person("Beatriz", "Alonso", "beatriz.alonso@contoso.com", IBERIA, (SALES,), employee="E10029")
MOREAU = Person("Jean-Philippe", "Moreau", "jp.moreau@contoso.com", ROOT, (SALES,), mail="jean-philippe.moreau@contoso.com")
KARL_SALES = Person("Karl", "Meier", "karl.meier@contoso.com", ROOT, (SALES,), employee="E10031")
KARL_SERVICE = Person("Karl", "Meier", "karl.meier2@contoso.com", NORDICS, (SERVICE,), employee="E10032")
PAVEL = Person("Pavel", "Novák", "pavel.novak@contoso.com", ROOT, (SALES,), employee="E10033")
PETR = Person("Petr", "Novák", "petr.novak@contoso.com", ROOT, (SALES,), employee="E10034")
ANNA = Person("Anna", "Schmidt", "anna.schmidt@contoso.com", ROOT, (SALES,), employee="E10035")
# Only in the environment: hired after the export was made.
SOFIA = Person("Sofia", "Rossi", "sofia.rossi@contoso.com", ROOT, (SALES,), licensed="false")
NINA = Person("Nina", "Kowalczyk", "nina.kowalczyk@contoso.com", ROOT, (SALES,))
DESK = Person("Service", "Desk", "servicedesk@contoso.com", ROOT, (SERVICE,), licensed="false")
HUB = Person("# Integration", "Hub", "integration-hub@contoso.onmicrosoft.com", ROOT, (SALES,), mode="non-interactive",
             licensed="false", application=guid("application", "hub"))
REPORTING = Person("# Reporting", "", "reporting@contoso.onmicrosoft.com", ROOT, (), mode="non-interactive",
                   licensed="false", application=guid("application", "reporting"))
# Who signs in, or ought to, and cannot or should not. The first three are in the users export, which wishes another
# access mode for them.
FAX = Person("Fax", "Gateway", "fax.gateway@contoso.com", ROOT, (SERVICE,))
KLARA = Person("Klara", "Nilsson", "klara.nilsson@contoso.com", NORDICS, (CUSTOMIZER,))
VIKTOR = Person("Viktor", "Hansen", "viktor.hansen@contoso.com", NORDICS, (CUSTOMIZER, SALES), licensed="false")
PAOLO = Person("Paolo", "Serra", "paolo.serra@contoso.com", ROOT, (ADMIN,), mode="administrative", licensed="false")
BUILD = Person("Build", "Agent", "build.agent@contoso.com", ROOT, (CUSTOMIZER,), mode="non-interactive")
SVEN = Person("Sven", "Holmberg", "sven.holmberg@contoso.com", NORDICS, (APP,))
ELSA = Person("Elsa", "Winter", "elsa.winter@contoso.com", ROOT, (SALES,), disabled=True, licensed="false", deleted=True,
              group="")
ROLF = Person("Rolf", "Becker", "rolf.becker@contoso.com", ROOT, (SALES,), disabled=True, licensed="false", known=False,
              group="")
DOROTHEA = Person("Dorothea", "Engel", "dorothea.engel@contoso.com", ROOT, (SALES,), disabled=True, licensed="false")
IVO = Person("Ivo", "Santos", "ivo.santos@contoso.com", IBERIA, (SALES,), disabled=True, group="")
PIA = Person("Pia", "Lund", "pia.lund@contoso.com", NORDICS, (SALES,), disabled=True)
BUILT_IN = [
    Person("", "SYSTEM", "", ROOT, (), mode="support", disabled=True, licensed="false"),
    Person("", "INTEGRATION", "", ROOT, (), mode="support", disabled=True, licensed="false"),
    Person("Support", "User", "crmoln@microsoft.com", ROOT, (), mode="support", licensed="false"),
    Person("Delegated", "Admin", "crmoln2@microsoft.com", ROOT, (), mode="delegated-administrator", licensed="false"),
]
PARTICULAR = [HENRIK, GERHARD, JONAS, KAISA, ELENA, NUNO, TERESA, CARMEN, AINO, BEATRIZ, MOREAU,
              KARL_SALES, KARL_SERVICE, PAVEL, PETR, ANNA]
NEW = [SOFIA, NINA, DESK, HUB]
CHANGED = [FAX, KLARA, VIKTOR]
ODD = [PAOLO, BUILD, SVEN, ELSA, ROLF, DOROTHEA, IVO, PIA, REPORTING]
# In the directory, and no users of the environment: licensed and not there yet, licensed too little, and not at all.
REBECCA = Person("Rebecca", "Stone", "rebecca.stone@contoso.com", products=(SALES_PRODUCT, OFFICE))
OTTILIE = Person("Ottilie", "Kern", "ottilie.kern@contoso.com", products=(SALES_PRODUCT, OFFICE))
OSKAR = Person("Oskar", "Ek", "oskar.ek@contoso.com", products=(OFFICE,))
OUTSIDERS = [REBECCA, OTTILIE, OSKAR,
             Person("Magnus", "Holm", "magnus.holm@contoso.com", products=(OFFICE,), group=""),
             Person("Silvia", "Prieto", "silvia.prieto@contoso.com", products=(OFFICE,), group=""),
             Person("Wolfgang", "Kraus", "wolfgang.kraus@contoso.com", blocked=True, group="")]
DIRECTORY_ROLES = [("Global Administrator", STAFF[0].upn), ("Dynamics 365 Administrator", PAOLO.upn),
                   ("User Administrator", STAFF[5].upn), ("License Administrator", STAFF[9].upn)]
SEATS = [(SALES_PRODUCT, 1), (SERVICE_PRODUCT, 0), (OFFICE, 20)]    # more than are in use

TEAMS = [(ROOT, ROOT, "owner"), (NORDICS, NORDICS, "owner"), (IBERIA, IBERIA, "owner"),
         ("Nordic Key Accounts", NORDICS, "owner"), ("Iberia Sales", IBERIA, "owner"), ("Service Desk", ROOT, "owner"),
         ("Deal Room", ROOT, "access"), ("Field Service", NORDICS, "security-group"),
         ("Iberia Insights", IBERIA, "security-group"), ("Iberia Regional Reports", IBERIA, "security-group"),
         ("Marketing Campaigns", ROOT, "office-group")]

# People who left: in the users export, not in the environment, and owners of something.
LEAVERS = [  # first, last, UPN in the old system, mail, employee id
    ("Gabriela", "Santos", "gabriela.santos@contoso.local", "gabriela.santos@contoso.com", "E09001"),
    ("Wolfgang", "Kraus", "wolfgang.kraus@contoso.local", "wolfgang.kraus@contoso.com", "E09002"),
    ("Tuomas", "Nieminen", "tuomas.nieminen@contoso.local", "tuomas.nieminen@contoso.com", "E09003"),
    ("Marie-Claire", "Dubois", "marie-claire.dubois@contoso.local", "marie-claire.dubois@contoso.com", "E09004"),
    ("Stefano", "Greco", "stefano.greco@contoso.local", "", "E09005"),
    ("Anneli", "Saari", "", "anneli.saari@contoso.com", "E09006"),
    ("Eduardo", "Ruiz", "eduardo.ruiz@contoso.local", "eduardo.ruiz@contoso.com", "E09007"),
    ("Birgit", "Hoffmann", "birgit.hoffmann@contoso.local", "birgit.hoffmann@contoso.com", "E09008"),
]
UNUSED = [("Thorsten", "Brandt"), ("Mireille", "Faure"), ("Oskar", "Ek"), ("Paulo", "Macedo"), ("Rebecca", "Stone"),
          ("Dieter", "Zorn"), ("Hélène", "Roux"), ("Magnus", "Holm"), ("Silvia", "Prieto"), ("Kirsten", "Juhl"),
          ("Vicente", "Lozano"), ("Ottilie", "Kern")]
INACTIVE_STAFF = {GERHARD.upn, HENRIK.upn}


def ascii_only(text):
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()


def old_id(name):
    return guid("old user", name)


def export_people():
    """The users export: dicts by column, in the order of the sheet."""
    people = []

    def add(name, upn, mail, first, last, full, employee="", inactive=False):
        people.append({"systemuserid": old_id(name), "domainname": upn, "internalemailaddress": mail,
                       "firstname": first, "lastname": last, "fullname": full, "employeeid": employee,
                       "isdisabled": "true" if inactive else "false"})

    def local(upn):
        return upn.replace("@contoso.com", "@contoso.local")

    for person in STAFF + PARTICULAR + CHANGED:
        upn, mail, employee, full = local(person.upn), person.mail, person.employee, person.full
        first, last = person.first, person.last
        if person is CARMEN:    # married since: the new system knows the old mail as e-mail 2
            upn, mail, last, full = "carmen.ortiz@contoso.local", "carmen.ortiz@contoso.com", "Ortiz", "Carmen Ortiz"
        if person is AINO:
            upn, mail = "akorhonen@contoso.local", "aino.k@contoso.com"
        if person is BEATRIZ:
            upn, mail = "b.alonso@contoso.local", "b.alonso@contoso.com"
        if person is MOREAU:
            upn, mail = "moreauj@contoso.local", "jean-philippe.moreau@contoso.com"
        if person is PAVEL:     # his namesake's mail was typed into his row
            mail = PETR.mail
        if person is PETR:      # and his own row is gone
            continue
        add(person.upn, upn, mail, first, last, full, employee, person.upn in INACTIVE_STAFF)
    for first, last, upn, mail, employee in LEAVERS:
        add(f"{first} {last}", upn, mail, first, last, f"{first} {last}", employee, True)
    add("Anna Schmidt, left", "anna.schmidt.alt@contoso.local", "", "Anna", "Schmidt", "Anna Schmidt", "E09010", True)
    add("Walter Simon", "", "", "Walter", "Simon", "Walter Simon", "E09011", True)
    add("Lucia Ferrari", "CONTOSO\\lucia.ferrari", "lucia.ferrari@contoso.com", "Lucia", "Ferrari", "Lucia Ferrari", "E10036")
    for number, (first, last) in enumerate(UNUSED):
        mail = ascii_only(f"{key(first)}.{key(last)}@contoso.com")
        add(f"{first} {last}", local(mail), mail, first, last, f"{first} {last}", f"E0{9100 + number}", number % 3 == 0)
    return people


# What the users export wishes: by person the business unit, the access mode, what becomes of it, and the code.
WISHES = [
    (STAFF[13], ROOT, "", "changes", ""),            # gets two roles, too
    (STAFF[16], ROOT, "", "changes", ""),            # loses one, too
    (STAFF[21], ROOT, "", "changes", ""),
    (STAFF[14], IBERIA, "", "changes", ""),
    (STAFF[17], ROOT, "", "changes", ""),
    (STAFF[17], ROOT, "", "repeated", "ACC017"),     # twice
    (STAFF[9], ROOT, "", "no_change", ""),           # is there
    (FAX, "", "Non-interactive", "changes", ""),
    (KLARA, "", "Administrative", "changes", ""),
    (VIKTOR, "", "Administrative", "stopped", "ACC020"),     # has no licence, which the change needs
    (STAFF[18], "Contoso Ibera", "", "stopped", "ACC015"),
    (STAFF[15], ROOT, "", "stopped", "ACC016"),      # two rows, two units
    (STAFF[15], IBERIA, "", "stopped", "ACC016"),
    (HENRIK, ROOT, "", "stopped", "ROL003"),         # disabled, and would lose his role
    (JONAS, ROOT, "", "stopped", "ROL004"),          # his role is of the Nordics alone
]
NO_USER = ("Mireille", "Faure")                      # a wish for somebody who is not in the environment
# A row that gives one of these a role names no unit: it would be the one that the person is to leave.
MOVED = {person.upn for person, unit, _, fate, code in WISHES if unit and (fate == "changes" or code.startswith("ROL"))}
CHANGES = {person.upn for person, _, _, fate, _ in WISHES if fate == "changes"}


def wish_rows(people):
    """The rows of the users export, and those that were added below for a second wish: (row, fate, code) each."""
    by_id = {row["systemuserid"]: row for row in people}
    rows = [dict(row) | {"Business Unit": "", "Access Mode": ""} for row in people]
    place = {row["systemuserid"]: number for number, row in enumerate(rows)}
    fates = [("no_change", "")] * len(rows)
    seen = set()
    for person, unit, mode, fate, code in WISHES:
        name = old_id(person.upn)
        if name in seen:
            rows.append(dict(by_id[name]))
            fates.append(("", ""))
            place[name] = len(rows) - 1
        seen.add(name)
        rows[place[name]] |= {"Business Unit": unit, "Access Mode": mode}
        fates[place[name]] = (fate, code)
    nobody = place[old_id(" ".join(NO_USER))]
    rows[nobody]["Business Unit"] = ROOT
    fates[nobody] = ("stopped", "ACC014")
    return [(row, fate, code) for row, (fate, code) in zip(rows, fates, strict=True)]


FERRARI = Person("Lucia", "Ferrari", "lucia.ferrari@contoso.com", ROOT, (SALES,), employee="E10036")


USERS = STAFF + PARTICULAR + [FERRARI] + CHANGED + NEW + ODD + [MIGRATION]
CITIES = {ROOT: ("München", "Germany"), NORDICS: ("Göteborg", "Sweden"), IBERIA: ("Lisboa", "Portugal")}
TITLES = {ADMIN: "CRM Administrator", SALES: "Account Manager", MANAGER: "Sales Manager", SERVICE: "Service Agent",
          TECHNICIAN: "Field Technician"}


def furnish():
    """Licences and profiles, which follow from who somebody is."""
    for number, person in enumerate(USERS):
        if person.application or person.stub:
            continue
        if person.licensed == "true":
            service = person.roles[:1] == (SERVICE,)
            product = SERVICE_PRODUCT if service else SALES_PRODUCT
            person.products = (product,) if person in (FAX, KLARA, BUILD) else (product, OFFICE)
        city, country = CITIES[person.unit]
        person.profile = {"title": TITLES.get((person.roles or ("",))[0], "Clerk"), "city": city, "country": country,
                          "main_phone": f"+49 89 5550 {100 + number}"}
    MOREAU.there["Proxy addresses"] = "smtp:jean-philippe.moreau@contoso.com+SMTP:jp.moreau@contoso.com"


furnish()


def directory():
    people = [person for person in USERS if not person.application and not person.stub]
    return Directory(GROUP, people, OUTSIDERS, DIRECTORY_ROLES, SEATS)


def environment():
    everybody = USERS
    tables = ["Account", "Contact", "Opportunity", "Activity"]
    rights = ["Create", "Read", "Write", "Append", "AppendTo", "Assign", "Share"]
    held = {
        ADMIN: privileges(tables + ["Role", "User", "Team", "BusinessUnit"], ALL_RIGHTS, "organisation"),
        CUSTOMIZER: privileges(["Entity", "Attribute", "Form"], ["Create", "Read", "Write"], "organisation"),
        SALES: privileges(tables, rights, "user"),
        MANAGER: privileges(tables, rights, "unit-and-below"),
        SERVICE: privileges(["Account", "Contact", "Activity", "Incident"], rights, "unit"),
        MARKETING: privileges(["List", "Campaign"], rights, "unit") + privileges(["Contact"], ["Read"], "unit"),
        TECHNICIAN: privileges(["Account", "Activity"], ["Read"], "user"),
        BASICS: [("prvReadUser", "organisation"), ("prvReadUserSettings", "user")],
        APP: [("prvReadUser", "organisation")],
        "field member": privileges(["Account", "Contact"], ["Read"], "user"),
        "insights": privileges(["Account", "Contact"], ["Read"], "organisation"),
        "regional reports": privileges(["Account", "Contact"], ["Read"], "unit"),
        "approver": [("prvReadAccount", "user"), ("prvReadQuote", "unit")],
        "approver 2": [("prvReadAccount", "user"), ("prvReadInvoice", "unit")],
    }
    roles = [("System Administrator", ROOT, "627090ff-40a3-4053-8790-584edc5be201", ADMIN),
             ("System Customizer", ROOT, "119f245c-3cc8-4b62-b31c-d1a046ced15d", CUSTOMIZER),
             ("Salesperson", ROOT, "a4be89ff-7c35-4d69-9900-999c3f6603e6", SALES),
             ("Sales Manager", ROOT, "", MANAGER), ("Customer Service Representative", ROOT, "", SERVICE),
             ("Marketing Professional", ROOT, "", MARKETING), ("Field Technician", NORDICS, "", TECHNICIAN),
             ("Portal Basics", ROOT, "", BASICS), ("Sales app access", ROOT, "", APP), ("Field Service Member", ROOT, "", "field member"),
             ("Insights Reader", ROOT, "", "insights"), ("Regional Reports Reader", ROOT, "", "regional reports"),
             ("Approver", ROOT, "", "approver"), ("Approver", ROOT, "", "approver 2")]
    members = [(user.unit, user.id) for user in everybody + BUILT_IN]
    members += [("Nordic Key Accounts", person.id) for person in STAFF[10:14]]
    members += [("Iberia Sales", person.id) for person in STAFF[17:20]]
    members += [("Deal Room", STAFF[0].id), ("Deal Room", STAFF[5].id), ("Service Desk", DESK.id)]
    members += [("Field Service", KAISA.id), ("Iberia Insights", ELENA.id), ("Iberia Regional Reports", NUNO.id)]
    team_roles = [("Nordic Key Accounts", SALES, "direct-user"), ("Iberia Sales", MANAGER, "direct-user"),
                  ("Service Desk", SERVICE, "direct-user"), ("Field Service", "field member", "direct-user"),
                  ("Iberia Insights", "insights", "team-only"), ("Iberia Regional Reports", "regional reports", "team-only")]
    return Environment(
        units={name: guid("unit", name) for name in (ROOT, NORDICS, IBERIA)},
        parents={ROOT: "", NORDICS: ROOT, IBERIA: ROOT},
        users=everybody + BUILT_IN, roles=roles, privileges=held, teams=TEAMS, members=members, team_roles=team_roles,
        entities=[["account", "user"], ["contact", "user"], ["opportunity", "user"], ["task", "user"],
                  ["product", "organisation"], ["businessunit", "business"], ["systemuser", "business"],
                  ["usersettings", "business"]],
        cascades=[["account", "contact", "all"]],
        settings=[["organisation_id", guid("organisation", "contoso")], ["AllowRoleAssignmentOnDisabledUsers", "false"],
                  ["EnableOwnershipAcrossBusinessUnits", "false"], ["sharetopreviousowneronassign", "false"],
                  ["security_group", GROUP], ["automatic_roles", "Sales app access"], ["caller", MIGRATION.upn]])
