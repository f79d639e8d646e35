"""The texts of the sample `contoso`: the manifest, what is wrong in it for its reader, and the rulings made so far.

In: nothing. Out: constants.
"""

RULINGS = [
    ["Sofia Rossi", "sofia.rossi@contoso.com", "joined in October, confirmed by HR on 12 Nov"],
    ["SYSTEM", "leave", "created by workflows, nobody's"],
    ["Kundenservice", "kundenservice@contoso.com", "shared mailbox, takes over the old queue"],
    ["Thomas Keller", "stub", "left in 2019"],
]

MANIFEST = """\
# Contoso: the old on-premises CRM (contoso.local) goes into contoso.crm4.dynamics.com.
# First dry run: `cutover plan samples/contoso`. It finds errors, on purpose: see README.md.

[environment]
file = "environment.sqlite"        # made by the first `plan` or by `load`; delete it and it is made again
from = "environment/"              # what the target holds, and the directory behind it, as a folder of CSV files
kind = "dynamics365"               # so stub users get the role `Salesperson`
as_of = "2026-11-28"               # the Saturday of the go-live: rules about dates go by this day
stubs = "import"                   # stub users come by the service's data import, which gives the role itself

[owners]
missing = "stub"                   # who is not in the target any more becomes a stub user
ambiguous = "error"                # where two people fit, owners.csv decides, nobody else
by_name = "confirm"                # a match on the name alone needs a ruling in owners.csv
blank = "error"                    # an account without an owner is a question for Sales
domains = { "contoso.local" = "contoso.com" }

[[users]]
file = "exports/users.xlsx"        # 63 people of the old CRM: who was meant by a name, a logon or an id
change = ["business_unit", "access_mode"]    # what its last two columns wish for users who exist

[[records]]
file = "exports/accounts.csv"      # semicolons and Windows-1252 are recognised
table = "account"

[[records]]
file = "exports/contacts.xlsx"     # a static worksheet of Dynamics; the id is in its hidden first column
table = "contact"

[[roles]]
file = "exports/roles.csv"         # who gets or loses which role

[accept]
FIL006 = "keep out"                # lines without an id: the total of accounts.csv, rows added by hand to contacts.xlsx
administrators = ["ana.lima@contoso.com"]    # who may get roles that rule
"""

README = """\
# Contoso

A first dry run, as it goes in life: most rows are fine, some are not, and the plan is not approved (exit code 1).

```
cutover plan samples/contoso
```

Contoso (three business units: Contoso, Contoso Nordics, Contoso Iberia) leaves its on-premises CRM. In the folder:

| file | holds |
|---|---|
| `cutover.toml` | the manifest, with a comment on every line |
| `environment/` | the target: units, users, roles, privileges, teams, settings, accounts and contacts with their owners now |
| `environment/directory.csv` | "Export users" of the Microsoft 365 admin centre; `directory-roles.csv` has who administers |
| `environment/groups-CRM Users.csv` | Entra's "Download members" of the environment's security group; `groups.csv` has who is in it through another group |
| `environment/licences.csv` | the products bought, with seats and use |
| `exports/users.xlsx` | 63 people of the old CRM, some of whom have left; its last two columns wish another business unit or access mode |
| `exports/accounts.csv` | accounts, merged from three regions: owners as logons, mails, names, ids, employee numbers |
| `exports/contacts.xlsx` | a static worksheet of Dynamics: owners by display name |
| `exports/roles.csv` | roles to give and to remove |
| `owners.csv` | the rulings made so far |

What is wrong in it, on purpose:

- **Accounts**: a header twice and one blank; a line broken by a semicolon in a name; an id that lost its last digit; two
  accounts that were deleted in the target; one account claimed by two people, two listed twice; two without an owner; a total
  line at the end; a `?` where the old export could not write `Ł` and `ą`.
- **Owners**: two people called Karl Meier; one Anna Schmidt here and one who left; Pavel Novák's row holds the mail of Petr
  Novák; a team and a mailbox both called Service Desk; Nina Kowalczyk, known by name alone; an id that nobody knows; a ruling
  that names nobody; the access team Deal Room; people and a team that cannot read what they are to own (Teresa Molina, Nuno
  Figueiredo, Jonas Bergström, Marketing Campaigns); misspelt names; an owner `#N/A` out of a broken VLOOKUP; Walter Simon, of
  whom only the name is known; an integration user who owns accounts.
- **Roles**: `Sales Person` for Salesperson; a directory role; two roles called Approver; a role for Henrik Dahl, who is disabled;
  Field Technician outside the Nordics; somebody whom nobody knows; the last role of Nuno Figueiredo; a role for an access team;
  System Administrator for Petra Nováková, who is not named under `[accept]`.
- **Wishes**: `Contoso Ibera` for João Pereira; two rows for Lars Nygaard that differ; Mireille Faure, who is no user; Henrik Dahl,
  who is disabled and would lose his role by the move; Jonas Bergström, whose role Field Technician is of the Nordics alone;
  Viktor Hansen, whose access mode cannot be changed as long as he has no licence.
- **Licences**: Lucía Fernández and Sofia Rossi have none, and one seat is free; two leavers and a build agent hold one for nothing;
  Oskar Ek has Office alone.
- **The directory**: Rebecca Stone owns records and Ottilie Kern does not, and both are licensed and no users yet; Dieter Zorn, who
  owns records, has no account; Marco Bianchi is not in the security group, Kaisa Laine only through `Field Staff`; the only global
  administrator is Ana Lima; six people are disabled, each for another reason: Elsa Winter (deleted), Rolf Becker (no account),
  Henrik Dahl (sign-in blocked), Dorothea Engel (no licence), Ivo Santos (not in the group), Pia Lund (by hand); a title, a city,
  a name and a mail differ (Aoife O'Brien, Łukasz Dąbrowski, Åsa Lindqvist, Jean-Philippe Moreau).
- **What roles are worth**: Sven Holmberg has only the role that came with his licence; Elena Vidal and Nuno Figueiredo read data only
  through a team; Paolo Serra, who sees settings only, is given Salesperson; the application user `# Reporting` has no role; the
  mailbox user Service Desk is enabled without a licence.

Who can work on day one, and who has to do what for it: `cutover show samples/contoso readiness`, `hand-over` and `steps`.

What is right, and easily taken for wrong: records for the disabled Henrik Dahl and for Gerhard Lang, who is a stub user already;
Kaisa Laine and Elena Vidal, who can read only through a team; Carmen Ortiz, whose name is Delgado today; five people who are moved
and get their roles again in the new unit, among them Mikko Virtanen, who gets two more, and Freja Mortensen, who loses one; Inês
Carvalho, who is wished for twice; Fax Gateway and Klara Nilsson, who change their access mode and keep their licences until that is done.
"""
