"""Works against the rehearsal server with PyPI `PowerPlatform-Dataverse-Client`, as its users would.

In: the address of the server and a file for the writes that were made. Out: exit 1 at the first answer that is not
what Dataverse would say. Only what the client has no call for goes through its own authenticated requests: links,
functions, preconditions and headers.
"""

import asyncio
import sys
import time
import uuid

from azure.core.credentials import AccessToken
from PowerPlatform.Dataverse.aio import AsyncDataverseClient
from PowerPlatform.Dataverse.client import DataverseClient
from PowerPlatform.Dataverse.core.errors import MetadataError
from PowerPlatform.Dataverse.models.filters import col

import expected
from expected import refused, same, true

# Of samples/clean.
ROOT = "f4bfd034-c252-4a4c-b1eb-5389ac85912b"
AUSTRIA = "ba336235-5cfb-40ff-a98a-294d3bff28e7"
GRETA = "4b7af695-852b-489f-a93b-984487ff09cf"
LUCA = "611cb0a5-f831-48ac-9cff-63058b8a1b6a"
OLIVER = "95e8aef6-64fd-4126-b33c-733480f58b02"
FRANZ = "2972c03c-bdb5-4e06-a840-716a11442f86"
MIGRATION = "6115c411-51ce-41d8-9ca5-a9d49efb9693"
KEY_RESORTS = "9232116e-bce4-402e-bc75-2c245d4e79ff"
MISSING = "00000000-0000-4000-8000-00000000dead"
USERS = 16
LOOKUP = "@Microsoft.Dynamics.CRM.lookuplogicalname"
FORMATTED = "@OData.Community.Display.V1.FormattedValue"


class Token:
    """A credential as the client asks for one."""

    def __init__(self, token):
        self._token = token

    def get_token(self, *_scopes, **_options):
        """A token that holds for an hour."""
        return AccessToken(self._token, int(time.time()) + 3600)


class AsyncToken(Token):
    """The same for the client without threads."""

    async def get_token(self, *_scopes, **_options):
        """A token that holds for an hour."""
        return super().get_token()

    async def close(self):
        """Nothing to close."""

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_met):
        """Nothing to close."""


class Scenario:
    """One run: the client, and what it wrote."""

    def __init__(self, client, address):
        self.client = client
        self.records = client.records
        self.address = address
        self.api = f"{address}/api/data/v9.2"
        self.wrote = expected.Writes()

    async def ask(self, method, url, expected_statuses=(200, 201, 204), **options):
        """A request that the client has no call for, with its headers and its token."""
        async with self.client._scoped_odata() as odata:
            return await odata._request(method, f"{self.api}/{url}", expected=expected_statuses, **options)

    def give(self, user, role):
        """Gives a role; to be awaited."""
        body = {"@odata.id": f"{self.api}/roles({role})"}
        return self.ask("post", f"systemusers({user})/systemuserroles_association/$ref", json=body)

    async def create(self, table, data):
        """Makes one row, or many at once."""
        made = await self.records.create(table, data)
        for row in made if isinstance(data, list) else [made]:
            self.wrote.row("create", table, row)
        return made

    async def update(self, table, rows, changes):
        """Changes one row, or many at once."""
        await self.records.update(table, rows, changes)
        for row in rows if isinstance(rows, list) else [rows]:
            self.wrote.row("update", table, row)

    async def named(self, table, name):
        """The ids of the rows of a name."""
        quoted = name.replace("'", "''")
        rows = await self.records.list(table, filter=f"name eq '{quoted}'", select=["name"])
        return [row[f"{table}id"] for row in rows]


async def metadata(run):
    """What the client asks for by itself, and its own questions about tables."""
    info = await run.client.tables.get("account")
    same("set of accounts", info["entity_set_name"], "accounts")
    same("key of accounts", info["primary_id_attribute"], "accountid")
    same("schema name", info["table_schema_name"], "Account")
    same("a table that is not there", await run.client.tables.get("no_such_table"), None)
    tables = await run.client.tables.list(select=["LogicalName", "EntitySetName"])
    sets = {table["LogicalName"]: table["EntitySetName"] for table in tables}
    same("set of users", sets.get("systemuser"), "systemusers")
    same("set of links", sets.get("systemuserroles"), "systemuserrolescollection")
    columns = await run.client.tables.list_columns(
        "systemuser", select=["LogicalName", "AttributeType"], filter="AttributeType eq 'Lookup'"
    )
    names = {column["LogicalName"] for column in columns}
    true("lookups of users", "businessunitid" in names and "domainname" not in names)
    answer = await run.ask(
        "get",
        "EntityDefinitions(LogicalName='team')/Attributes/Microsoft.Dynamics.CRM.PicklistAttributeMetadata"
        "?$select=LogicalName&$expand=OptionSet($select=Options)",
    )
    [kind] = answer.json()["value"]
    labels = {one["Value"]: one["Label"]["UserLocalizedLabel"]["Label"] for one in kind["OptionSet"]["Options"]}
    same("kinds of teams", (kind["LogicalName"], labels[0], labels[1]), ("teamtype", "Owner", "Access"))
    try:
        await run.records.list("no_such_table")
    except MetadataError:
        pass
    else:
        raise AssertionError("rows of a table that is not there: no MetadataError")


async def users_read(run):
    """Users listed, filtered, ordered, counted, and paged."""
    everyone = await run.records.list("systemuser", select=["domainname", "isdisabled"])
    same("users", len(everyone), USERS)
    sizes, paged = [], []
    async for page in run.records.list_pages("systemuser", select=["domainname"], page_size=3):
        sizes.append(len(page))
        paged.extend(row["systemuserid"] for row in page)
    same("page sizes", sizes, [3, 3, 3, 3, 3, 1])
    same("every user on one page", sorted(paged), sorted(row["systemuserid"] for row in everyone))
    names = []
    pages = run.records.list_pages("systemuser", select=["domainname"], orderby=["domainname desc"], page_size=3)
    async for page in pages:
        names.extend(row["domainname"] for row in page)
    same("order over pages", names, sorted((row["domainname"] for row in everyone), reverse=True))
    either = "isdisabled eq true or startswith(domainname, 'LUCA')"
    found = await run.records.list("systemuser", filter=either, orderby=["domainname asc"], count=True)
    same("filter", [row["systemuserid"] for row in found], [FRANZ, LUCA])
    first = await run.records.list("systemuser", select=["domainname"], orderby=["domainname desc"], top=2)
    same("top", [row["domainname"] for row in first], names[:2])
    answer = await run.ask("get", "systemusers?$select=domainname&$count=true&$top=1")
    same("count", (answer.json()["@odata.count"], len(answer.json()["value"])), (USERS, 1))
    await queries(run)
    unit = ["businessunitid($select=name)"]
    greta = await run.records.retrieve("systemuser", GRETA, select=["fullname"], expand=unit)
    same("a user", greta["fullname"], "Greta Aumann")
    same("her unit", greta["businessunitid"]["name"], "Alpine Ski House")
    true("version", greta.etag.startswith('W/"'))
    same("a user who is not there", await run.records.retrieve("systemuser", MISSING), None)


async def queries(run):
    """Conditions as the client's own builder writes them."""
    for condition, wanted in [
        (col("systemuserid").in_([GRETA, LUCA]), [GRETA, LUCA]),
        (col("isdisabled").not_in([False]), [FRANZ]),
        (col("domainname").like("greta%") | col("lastname").endswith("erri"), [GRETA, LUCA]),
        ((col("accessmode").between(4, 5)) & ~col("firstname").contains("Nobody"), [MIGRATION]),
        (col("azureactivedirectoryobjectid").is_null() & (col("_businessunitid_value") == ROOT), [FRANZ]),
        (col("systemuserid") == uuid.UUID(LUCA), [LUCA]),
    ]:
        query = run.client.query.builder("systemuser").select("fullname", "_businessunitid_value").where(condition)
        found = await query.order_by("domainname").include_formatted_values().execute()
        same(str(condition), [row["systemuserid"] for row in found], wanted)
        units = {row[f"_businessunitid_value{FORMATTED}"] for row in found}
        same(f"unit of {condition}", units, {"Alpine Ski House"})


async def users_written(run):
    """Users made, changed, refused, deleted."""
    data = {
        "domainname": "ada@alpineskihouse.com",
        "internalemailaddress": "ada@alpineskihouse.com",
        "firstname": "Ada",
        "lastname": "O'Neil é",
        "businessunitid@odata.bind": f"/businessunits({AUSTRIA})",
    }
    ada = await run.create("systemuser", data)
    await run.update("systemuser", ada, {"jobtitle": "Smith", "title": "Dr."})
    columns = ["fullname", "isdisabled", "jobtitle", "title", "_businessunitid_value"]
    read = await run.records.retrieve("systemuser", ada, select=columns)
    same("a new user", [read[name] for name in columns], ["Ada O'Neil é", True, "Smith", "Dr.", AUSTRIA])
    found = await run.records.list("systemuser", filter="lastname eq 'O''Neil é'", select=["lastname"])
    same("a quote in a filter", [row["systemuserid"] for row in found], [ada])
    # The client finds the number of a label among the choices of the table.
    await run.update("systemuser", ada, {"accessmode": "Non-interactive"})
    wish = {"select": ["accessmode"], "include_annotations": "*"}
    read = await run.records.retrieve("systemuser", ada, **wish)
    same("a label", (read["accessmode"], read[f"accessmode{FORMATTED}"]), (4, "Non-interactive"))
    bare = {"domainname": "bare@alpineskihouse.com", "lastname": "Bare"}
    await refused("a user without mail", run.records.create("systemuser", bare), 400, "0x80040203")
    twin = data | {"domainname": "Luca.Ferri@alpineskihouse.com"}
    await refused("a name that is taken", run.records.create("systemuser", twin), 412, "0x80041d2c")
    wish = {"jobtitle": "x"}
    await refused("a user who is not there", run.records.update("systemuser", MISSING, wish), 404, "0x80040217")
    await refused("an enabled user", run.records.delete("systemuser", LUCA), 405, "0x80040264")
    await run.records.delete("systemuser", ada)
    run.wrote.row("delete", "systemuser", ada)
    same("a deleted user", await run.records.retrieve("systemuser", ada), None)


async def roles(run):
    """Roles found, given, seen, taken, refused."""
    found = await run.records.list(
        "role", filter="_parentroleid_value eq null", select=["name", "_parentrootroleid_value"], orderby=["name"]
    )
    roots = {row["name"]: row["roleid"] for row in found}
    same("a root leads to itself", [row["_parentrootroleid_value"] for row in found], [row["roleid"] for row in found])
    role = roots["Customer Service Representative"]
    await run.give(LUCA, role)
    run.wrote.role("give", LUCA, role)
    luca = await run.records.retrieve(
        "systemuser", LUCA, select=["fullname"], expand=["systemuserroles_association($select=name)"]
    )
    held = sorted(one["name"] for one in luca["systemuserroles_association"])
    same("roles by $expand", held, ["Customer Service Representative", "Salesperson"])
    links = await run.records.list("systemuserroles", filter=f"systemuserid eq {LUCA}", select=["roleid"])
    true("roles by their links", role in [link["roleid"] for link in links])
    await refused("a role that is held", run.give(LUCA, role), 412, "0x80040237")
    await run.ask("delete", f"systemusers({LUCA})/systemuserroles_association({role})/$ref")
    run.wrote.role("take", LUCA, role)
    await run.give(LUCA, role)
    run.wrote.role("give", LUCA, role)
    await run.ask("delete", f"systemusers({LUCA})/systemuserroles_association/$ref?$id={run.api}/roles({role})")
    run.wrote.role("take", LUCA, role)
    answer = await run.ask("get", f"systemusers({LUCA})/systemuserroles_association?$select=name")
    same("roles after both", [one["name"] for one in answer.json()["value"]], ["Salesperson"])
    await refused("a role for a disabled user", run.give(FRANZ, role), 403, "0x80040225")
    await refused("a role that is not there", run.give(LUCA, MISSING), 400, "0x80060888")
    copies = await run.records.list(
        "role", filter=f"_parentrootroleid_value eq {role} and _businessunitid_value eq {AUSTRIA}", select=["name"]
    )
    same("copies in a unit", len(copies), 1)
    await refused("a role of another unit", run.give(LUCA, copies[0]["roleid"]), 400, "0x80041409")


async def owners(run):
    """Records handed to users and teams."""
    owned = await run.records.list("account", filter=f"_ownerid_value eq {LUCA}", select=["accountid"])
    account = (await run.create("account", {"name": "Owned"}))
    to = {"ownerid@odata.bind": f"/systemusers({LUCA})"}
    await run.records.update("account", account, to)
    run.wrote.owner("account", account, LUCA)
    wish = {"select": ["_ownerid_value", "_owninguser_value", "_owningteam_value"], "include_annotations": "*"}
    read = await run.records.retrieve("account", account, **wish)
    same("owner", (read["_ownerid_value"], read["_owninguser_value"], read["_owningteam_value"]), (LUCA, LUCA, None))
    same("table of the owner", read[f"_ownerid_value{LOOKUP}"], "systemuser")
    same("name of the owner", read[f"_ownerid_value{FORMATTED}"], "Luca Ferri")
    now = await run.records.list("account", filter=f"_ownerid_value eq {LUCA}", select=["accountid"])
    mine = sorted([row["accountid"] for row in owned] + [account])
    same("filter by owner", sorted(row["accountid"] for row in now), mine)
    await run.records.update("account", account, {"ownerid@odata.bind": f"/teams({KEY_RESORTS})"})
    run.wrote.owner("account", account, KEY_RESORTS)
    read = await run.records.retrieve("account", account, **wish)
    owner = (read["_ownerid_value"], read["_owningteam_value"], read["_owninguser_value"])
    same("team as owner", owner, (KEY_RESORTS, KEY_RESORTS, None))
    same("table of the team", read[f"_ownerid_value{LOOKUP}"], "team")
    same("name of the team", read[f"_ownerid_value{FORMATTED}"], "Key Resorts")
    data = {"domainname": "kim@alpineskihouse.com", "internalemailaddress": "kim@alpineskihouse.com"}
    kim = await run.create("systemuser", data)
    for user, code in [(kim, "0x80042f09"), (OLIVER, "0x80040299")]:
        to = {"ownerid@odata.bind": f"/systemusers({user})"}
        await refused(f"an owner who cannot read ({code})", run.records.update("account", account, to), 403, code)
    read = await run.records.retrieve("account", account, select=["_ownerid_value"])
    same("owner after refusals", read["_ownerid_value"], KEY_RESORTS)


async def batches(run):
    """Operations in one request, bound together and not."""
    batch = run.client.batch.new()
    batch.records.create("account", {"name": "Batch one"})
    batch.records.list("account", filter="name eq 'Batch one'", select=["name"])
    batch.records.retrieve("systemuser", GRETA, select=["fullname"])
    async with batch.changeset() as bound:
        account = bound.records.create("account", {"name": "Batch two"})
        bound.records.create("contact", {"lastname": "Batch", "parentcustomerid_account@odata.bind": account})
        bound.records.update("account", account, {"telephone1": "555"})
    result = await batch.execute()
    same("statuses", [one.status_code for one in result.responses], [204, 200, 200, 204, 204, 204])
    one, two, contact, _ = result.entity_ids
    for what, table, row in [("create", "account", one), ("create", "account", two), ("create", "contact", contact)]:
        run.wrote.row(what, table, row)
    run.wrote.row("update", "account", two)
    same("a list in a batch", [row["accountid"] for row in result.responses[1].data["value"]], [one])
    same("a row in a batch", result.responses[2].data["fullname"], "Greta Aumann")
    read = await run.records.retrieve("contact", contact, select=["_parentcustomerid_value"])
    same("a reference", read["_parentcustomerid_value"], two)
    same("an update by reference", (await run.records.retrieve("account", two))["telephone1"], "555")
    await broken_batches(run, two)


async def broken_batches(run, account):
    """Batches in which something is refused."""
    batch = run.client.batch.new()
    async with batch.changeset() as bound:
        bound.records.create("account", {"name": "Rolled back"})
        bound.records.update("account", MISSING, {"name": "x"})
    batch.records.create("account", {"name": "Never met"})
    # The whole has the status of the part that failed; of others than 400 the client reads no parts.
    await refused("a change set that fails", batch.execute(), 404, None)
    same("rolled back", await run.named("account", "Rolled back"), [])
    same("after the failure", await run.named("account", "Never met"), [])
    batch = run.client.batch.new()
    batch.records.list("account", filter="name eq 'Rolled back'", select=["name"])
    async with batch.changeset() as bound:
        bound.records.create("account", {"name": "Rolled back"})
        bound.records.create("systemuser", {"domainname": "bare@alpineskihouse.com"})
    batch.records.create("account", {"name": "Never met"})
    result = await batch.execute()
    met = [(one.status_code, one.error_code) for one in result.responses]
    same("a bad argument in a change set", met, [(200, None), (400, "0x80040203")])
    same("rolled back again", await run.named("account", "Rolled back"), [])
    same("after the bad argument", await run.named("account", "Never met"), [])
    batch = run.client.batch.new()
    batch.records.delete("account", MISSING)
    batch.records.create("account", {"name": "Met"})
    batch.records.delete("account", account)
    result = await batch.execute(continue_on_error=True)
    same("going on", [one.status_code for one in result.responses], [404, 204, 204])
    same("code in a part", result.failed[0].error_code, "0x80040217")
    met = await run.named("account", "Met")
    same("made after a failure", met, result.entity_ids)
    run.wrote.row("create", "account", met[0])
    run.wrote.row("delete", "account", account)


async def upserts(run):
    """Rows made or changed by key, with preconditions."""
    item = {"alternate_key": {"accountnumber": "PY-1"}, "record": {"name": "Keyed"}}
    await run.records.upsert("account", [item])
    [keyed] = await run.named("account", "Keyed")
    run.wrote.row("create", "account", keyed)
    await run.records.upsert("account", [item | {"record": {"name": "Keyed again"}}])
    same("the same row", await run.named("account", "Keyed again"), [keyed])
    run.wrote.row("update", "account", keyed)
    other = {"alternate_key": {"accountnumber": "PY-2"}, "record": {"name": "Keyed too"}}
    await run.records.upsert("account", [item | {"record": {"name": "Keyed thrice"}}, other])
    run.wrote.row("update", "account", keyed)
    [too] = await run.named("account", "Keyed too")
    run.wrote.row("create", "account", too)
    same("changed among many", (await run.records.retrieve("account", keyed))["name"], "Keyed thrice")
    url, body = f"accounts({keyed})", {"name": "Versioned"}
    etag = (await run.records.retrieve("account", keyed)).etag
    await run.ask("get", url, (304,), headers={"If-None-Match": etag})
    await run.ask("patch", url, (204,), headers={"If-Match": etag}, json=body)
    run.wrote.row("update", "account", keyed)
    await refused("an old version", run.ask("patch", url, headers={"If-Match": etag}, json=body), 412, "0x80060882")
    answer = await run.ask("get", url, (200,), headers={"If-None-Match": etag})
    true("a new version", answer.json()["@odata.etag"] != etag)
    never = run.ask("patch", url, headers={"If-None-Match": "*"}, json=body)
    await refused("a row that is there", never, 412, "0x80040237")
    fresh = "00000000-0000-4000-8000-0000000000f1"
    await run.ask("patch", f"accounts({fresh})", (204,), headers={"If-None-Match": "*"}, json={"name": "By id"})
    run.wrote.row("create", "account", fresh)
    same("made by id", await run.named("account", "By id"), [fresh])


async def bulk(run):
    """Many rows at once, all or none, and deleted again."""
    ids = await run.create("account", [{"name": f"Bulk {number}"} for number in range(4)])
    await run.update("account", ids[:2], {"description": "both"})
    await run.update("account", ids[2:], [{"description": "third"}, {"description": "fourth"}])
    read = [(await run.records.retrieve("account", row, select=["description"]))["description"] for row in ids]
    same("changed at once", read, ["both", "both", "third", "fourth"])
    half = run.records.update("account", [ids[0], MISSING], {"description": "half"})
    await refused("one of two is not there", half, 404, "0x80040217")
    same("nothing of it", (await run.records.retrieve("account", ids[0]))["description"], "both")
    await run.records.delete("account", ids[:1], use_bulk_delete=False)
    run.wrote.row("delete", "account", ids[0])
    job = await run.records.delete("account", ids[1:])
    true("a job", isinstance(job, str) and len(job) == 36)
    for row in ids[1:]:
        run.wrote.row("delete", "account", row)
    answer = await run.ask("get", f"asyncoperations({job})?$select=statecode,statuscode,name")
    same("the job has ended", (answer.json()["statecode"], answer.json()["statuscode"]), (3, 30))
    left = await run.records.list("account", filter="startswith(name, 'Bulk ')", select=["name"])
    same("deleted at once", len(left), 0)


async def callers(run):
    """Who asks, in whose name, and with which token."""
    who = (await run.ask("get", "WhoAmI")).json()
    true("somebody who asks", who["UserId"] and who["BusinessUnitId"] == ROOT and who["OrganizationId"])
    luca = {"MSCRMCallerID": LUCA}
    same("another caller", (await run.ask("get", "WhoAmI", headers=luca)).json()["UserId"], LUCA)
    body = {"domainname": "no@alpineskihouse.com", "internalemailaddress": "no@alpineskihouse.com"}
    await refused("what he may not", run.ask("post", "systemusers", headers=luca, json=body), 403, "0x80040220")
    nobody = run.ask("get", "WhoAmI", headers={"MSCRMCallerID": MISSING})
    await refused("a caller who is not there", nobody, 403, "0x80072560")
    async with AsyncDataverseClient(run.address, AsyncToken("wrong")) as stranger:
        await refused("a wrong token", stranger.records.list("account"), 401, None)


def with_threads(address, wrote):
    """The other half of the package, which insists on https: its address is set after it was checked."""
    client = DataverseClient("https://127.0.0.1", Token("rehearsal"))
    client._base_url = address
    account = client.records.create("account", {"name": "With threads"})
    wrote.row("create", "account", account)
    client.records.update("account", account, {"revenue": 12.5})
    wrote.row("update", "account", account)
    read = client.records.retrieve("account", account, select=["name", "revenue"])
    same("with threads", (read["name"], read["revenue"]), ("With threads", 12.5))
    same("users with threads", len(client.records.list("systemuser", page_size=5)), USERS + 1)


async def main(address, writes):
    async with AsyncDataverseClient(address, AsyncToken("rehearsal")) as client:
        run = Scenario(client, address)
        for part in [metadata, users_read, users_written, roles, owners, batches, upserts, bulk, callers]:
            try:
                await part(run)
            except Exception:
                print(f"PowerPlatform-Dataverse-Client, {part.__name__}:", file=sys.stderr)
                raise
    with_threads(address, run.wrote)
    run.wrote.keep(writes)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
