"""Who and what there is in the sample `contoso`: the target, and the people of the old system.

In: nothing but the tables below. Out: the environment, and the rows of the users export.
What is particular about a person stands beside the person; who owns what is sample_contoso.py's.
"""

import unicodedata

from sample_lib import ALL_RIGHTS, Environment, Person, guid, key, privileges

ROOT, NORDICS, IBERIA = "Contoso", "Contoso Nordics", "Contoso Iberia"
SALES, MANAGER, SERVICE, MARKETING = "salesperson", "manager", "service", "marketing"
ADMIN, CUSTOMIZER, TECHNICIAN, BASICS = "admin", "customizer", "technician", "basics"

MIGRATION = Person("Data", "Migration", "migration@contoso.com", ROOT, (ADMIN,), mode="non-interactive", licensed="false")
# Everybody of `STAFF` is in the users export too, with the same local part at contoso.local.
STAFF = [
    Person("Ana", "Lima", "ana.lima@contoso.com", ROOT, (ADMIN, SALES), employee="E10001"),
    Person("Jürgen", "Weiß", "juergen.weiss@contoso.com", ROOT, (SALES,), employee="E10002"),
    Person("Françoise", "Lefèvre", "francoise.lefevre@contoso.com", ROOT, (SALES, MARKETING), employee="E10003"),
    Person("Łukasz", "Dąbrowski", "lukasz.dabrowski@contoso.com", ROOT, (SALES,), employee="E10004"),
    Person("Zoë", "van den Berg", "zoe.vandenberg@contoso.com", ROOT, (SALES, SERVICE), employee="E10005"),
    Person("Giulia", "Conti", "giulia.conti@contoso.com", ROOT, (MANAGER,), employee="E10006"),
    Person("Marco", "Bianchi", "marco.bianchi@contoso.com", ROOT, (SALES,), employee="E10007"),
    Person("Petra", "Nováková", "petra.novakova@contoso.com", ROOT, (SALES, CUSTOMIZER), employee="E10008"),
    Person("Aoife", "O'Brien", "aoife.obrien@contoso.com", ROOT, (MANAGER,), employee="E10009"),
    Person("Sabine", "Groß", "sabine.gross@contoso.com", ROOT, (SERVICE,), employee="E10010"),
    Person("Ingrid", "Björk", "ingrid.bjork@contoso.com", NORDICS, (SALES,), employee="E10011"),
    Person("Søren", "Østergaard", "soren.ostergaard@contoso.com", NORDICS, (SALES, MANAGER), employee="E10012"),
    Person("Åsa", "Lindqvist", "asa.lindqvist@contoso.com", NORDICS, (SALES,), employee="E10013"),
    Person("Mikko", "Virtanen", "mikko.virtanen@contoso.com", NORDICS, (SALES,), employee="E10014"),
    Person("Elin", "Håkansson", "elin.hakansson@contoso.com", NORDICS, (SALES,), employee="E10015"),
    Person("Lars", "Nygaard", "lars.nygaard@contoso.com", NORDICS, (MANAGER,), employee="E10016"),
    Person("Freja", "Mortensen", "freja.mortensen@contoso.com", NORDICS, (SERVICE, MARKETING), employee="E10017"),
    Person("Inês", "Carvalho", "ines.carvalho@contoso.com", IBERIA, (SALES,), employee="E10018"),
    Person("João", "Pereira", "joao.pereira@contoso.com", IBERIA, (SALES, MARKETING), employee="E10019"),
    Person("Miguel Ángel", "Torres", "miguel.torres@contoso.com", IBERIA, (MANAGER,), employee="E10020"),
    Person("Lucía", "Fernández", "lucia.fernandez@contoso.com", IBERIA, (SALES,), employee="E10021"),
    Person("Rui", "Tavares", "rui.tavares@contoso.com", IBERIA, (SERVICE,), employee="E10022"),
]
# In the users export as well, each with something particular about it.
HENRIK = Person("Henrik", "Dahl", "henrik.dahl@contoso.com", NORDICS, (SALES,), employee="E10023", disabled=True,
                licensed="false")
GERHARD = Person("Gerhard", "Lang", "gerhard.lang@contoso.com", ROOT, (SALES,), disabled=True, licensed="false", stub=True)
JONAS = Person("Jonas", "Bergström", "jonas.bergstrom@contoso.com", NORDICS, (TECHNICIAN,), employee="E10024")
KAISA = Person("Kaisa", "Laine", "kaisa.laine@contoso.com", NORDICS, (TECHNICIAN,), employee="E10025")
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
SOFIA = Person("Sofia", "Rossi", "sofia.rossi@contoso.com", ROOT, (SALES,))
NINA = Person("Nina", "Kowalczyk", "nina.kowalczyk@contoso.com", ROOT, (SALES,))
DESK = Person("Service", "Desk", "servicedesk@contoso.com", ROOT, (SERVICE,))
HUB = Person("# Integration", "Hub", "integration-hub@contoso.onmicrosoft.com", ROOT, (SALES,), mode="non-interactive",
             licensed="false", application=guid("application", "hub"))
BUILT_IN = [
    Person("", "SYSTEM", "", ROOT, (), mode="support", disabled=True, licensed="false"),
    Person("", "INTEGRATION", "", ROOT, (), mode="support", disabled=True, licensed="false"),
    Person("Support", "User", "crmoln@microsoft.com", ROOT, (), mode="support", licensed="false"),
    Person("Delegated", "Admin", "crmoln2@microsoft.com", ROOT, (), mode="delegated-administrator", licensed="false"),
]
PARTICULAR = [HENRIK, GERHARD, JONAS, KAISA, ELENA, NUNO, TERESA, CARMEN, AINO, BEATRIZ, MOREAU,
              KARL_SALES, KARL_SERVICE, PAVEL, PETR, ANNA]
NEW = [SOFIA, NINA, DESK, HUB]

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

    for person in STAFF + PARTICULAR:
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


FERRARI = Person("Lucia", "Ferrari", "lucia.ferrari@contoso.com", ROOT, (SALES,), employee="E10036")


def environment():
    everybody = STAFF + PARTICULAR + [FERRARI] + NEW + [MIGRATION]
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
             ("Portal Basics", ROOT, "", BASICS), ("Field Service Member", ROOT, "", "field member"),
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
                  ["product", "organisation"], ["businessunit", "business"]],
        cascades=[["account", "contact", "all"]],
        settings=[["organisation_id", guid("organisation", "contoso")], ["AllowRoleAssignmentOnDisabledUsers", "false"],
                  ["EnableOwnershipAcrossBusinessUnits", "false"], ["sharetopreviousowneronassign", "false"]])
