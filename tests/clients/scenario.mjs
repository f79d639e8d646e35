// Works against the rehearsal server with npm `dynamics-web-api`, as its users would.
//
// In: the address of the server and a file for the writes that were made. Out: exit 1 at the first answer that is not
// what Dataverse would say. It begins with what the scenario in Python left, and leaves every row of the sample's own
// as it was, but for accounts.

import { DynamicsWebApi } from "dynamics-web-api";

import { Writes, refused, same } from "./expected.mjs";

// Of samples/clean.
const ROOT = "f4bfd034-c252-4a4c-b1eb-5389ac85912b";
const AUSTRIA = "ba336235-5cfb-40ff-a98a-294d3bff28e7";
const GRETA = "4b7af695-852b-489f-a93b-984487ff09cf";
const LUCA = "611cb0a5-f831-48ac-9cff-63058b8a1b6a";
const LUCA_IN_DIRECTORY = "29fa4b1d-c2ac-4fba-ace4-72ba273b633d";
const OLIVER = "95e8aef6-64fd-4126-b33c-733480f58b02";
const FRANZ = "2972c03c-bdb5-4e06-a840-716a11442f86";
const KEY_RESORTS = "9232116e-bce4-402e-bc75-2c245d4e79ff";
const MISSING = "00000000-0000-4000-8000-00000000dead";

const [address, writes] = process.argv.slice(2);
const wrote = new Writes();
const api = client("rehearsal");

function client(token, more = {}) {
    return new DynamicsWebApi({
        serverUrl: address,
        dataApi: { version: "9.2" },
        onTokenRefresh: async () => token,
        ...more,
    });
}

/** Makes a row; its id. */
async function create(collection, table, data) {
    const id = await api.create({ collection, data });
    wrote.row("create", table, id);
    return id;
}

/** The ids of the accounts of a name. */
async function named(name) {
    const found = await api.retrieveMultiple({ collection: "accounts", select: ["name"], filter: `name eq '${name}'` });
    return found.value.map((row) => row.accountid);
}

async function metadata() {
    const entity = await api.retrieveEntity({
        key: "LogicalName='systemuser'",
        select: ["EntitySetName", "PrimaryNameAttribute", "SchemaName"],
    });
    same(
        "definition of users",
        [entity.EntitySetName, entity.PrimaryNameAttribute, entity.SchemaName],
        ["systemusers", "fullname", "SystemUser"],
    );
    const owned = await api.retrieveEntities({ select: ["LogicalName"], filter: "OwnershipType eq 'UserOwned'" });
    const names = owned.value.map((one) => one.LogicalName);
    same("owned tables", [names.includes("account"), names.includes("systemuser")], [true, false]);
    const columns = await api.retrieveAttributes({
        entityKey: "LogicalName='account'",
        select: ["LogicalName", "AttributeType"],
        filter: "LogicalName eq 'ownerid'",
    });
    same("owner's column", columns.value.map((one) => one.AttributeType), ["Owner"]);
    const picklists = "Microsoft.Dynamics.CRM.PicklistAttributeMetadata";
    const mode = await api.retrieveAttribute({
        entityKey: "LogicalName='systemuser'",
        attributeKey: "LogicalName='accessmode'",
        castType: picklists,
        select: ["LogicalName"],
        expand: [{ property: "OptionSet", select: ["Options"] }, { property: "GlobalOptionSet", select: ["Name"] }],
    });
    const labels = mode.OptionSet.Options.map((one) => `${one.Value} ${one.Label.UserLocalizedLabel.Label}`);
    same("access modes", [labels[0], labels[4], mode.GlobalOptionSet.Name], [
        "0 Read-Write",
        "4 Non-interactive",
        "systemuser_accessmode",
    ]);
    await refused("a table that is not there", api.retrieveEntity({ key: "LogicalName='no_such'" }), 404);
    const byName = client("rehearsal", { useEntityNames: true });
    const one = await byName.retrieve({ collection: "systemuser", key: GRETA, select: ["fullname"] });
    same("a set by its table's name", one.fullname, "Greta Aumann");
}

async function usersRead() {
    const everyone = await api.retrieveMultiple({ collection: "systemusers", select: ["domainname"], count: true });
    same("count", everyone.oDataCount, everyone.value.length);
    same("counted alone", await api.count({ collection: "systemusers" }), everyone.value.length);
    const paged = await api.retrieveAll({ collection: "systemusers", select: ["domainname"], maxPageSize: 3 });
    const ids = (rows) => rows.map((row) => row.systemuserid).sort();
    same("every user on one page", ids(paged.value), ids(everyone.value));
    const sizes = [];
    let page = await api.retrieveMultiple({ collection: "systemusers", select: ["domainname"], maxPageSize: 3 });
    for (; page.oDataNextLink; page = await api.retrieveMultiple({ maxPageSize: 3 }, page.oDataNextLink)) {
        sizes.push(page.value.length);
    }
    same("page sizes", new Set(sizes), new Set([3]));
    const top = await api.retrieveMultiple({
        collection: "systemusers",
        select: ["domainname"],
        filter: "isdisabled eq false and contains(domainname,'@alpineskihouse.com')",
        orderBy: ["domainname desc"],
        top: 2,
    });
    const last = everyone.value.map((row) => row.domainname).sort().reverse().slice(0, 2);
    same("top", top.value.map((row) => row.domainname), last);
    const missing = api.retrieve({ collection: "systemusers", key: MISSING });
    await refused("a user who is not there", missing, 404, "0x80040217");
    const wrong = api.retrieveMultiple({ collection: "systemusers", select: ["nothing"] });
    await refused("a column that is not there", wrong, 400);
    await longUrl(everyone.value);
}

/** The client itself turns URLs of more than 2,000 characters into a batch. */
async function longUrl(everyone) {
    const wanted = everyone.map((row) => `domainname eq '${row.domainname}'`);
    const noise = Array.from({ length: 80 }, (_, number) => `domainname eq 'nobody-${number}@alpineskihouse.com'`);
    const filter = [...wanted, ...noise].join(" or ");
    const found = await api.retrieveMultiple({ collection: "systemusers", select: ["domainname"], filter });
    same("a long filter", found.value.length, everyone.length);
}

async function usersWritten() {
    const data = {
        domainname: "jo@alpineskihouse.com",
        internalemailaddress: "jo@alpineskihouse.com",
        firstname: "Jo",
        lastname: "漢字 é",
        "businessunitid@odata.bind": `businessunits(${AUSTRIA})`,
    };
    const made = await api.create({
        collection: "systemusers", data, returnRepresentation: true, select: ["fullname", "isdisabled"],
    });
    wrote.row("create", "systemuser", made.systemuserid);
    same("a new user", [made.fullname, made.isdisabled], ["Jo 漢字 é", true]);
    const key = made.systemuserid;
    await api.update({ collection: "systemusers", key, data: { jobtitle: "Guide" } });
    wrote.row("update", "systemuser", key);
    const read = await api.retrieve({ collection: "systemusers", key, select: ["jobtitle", "_businessunitid_value"] });
    same("changed", [read.jobtitle, read._businessunitid_value], ["Guide", AUSTRIA]);
    const mail = { domainname: "bare@alpineskihouse.com" };
    await refused("a user without mail", api.create({ collection: "systemusers", data: mail }), 400, "0x80040203");
    await refused("a name that is taken", api.create({ collection: "systemusers", data }), 412, "0x80041d2c");
    const missing = api.update({ collection: "systemusers", key: MISSING, data: { jobtitle: "x" } });
    await refused("a user who is not there", missing, 404, "0x80040217");
    await refused("an enabled user", api.deleteRecord({ collection: "systemusers", key: LUCA }), 405, "0x80040264");
    await api.deleteRecord({ collection: "systemusers", key });
    wrote.row("delete", "systemuser", key);
}

async function roles() {
    const link = (user, role) => ({
        collection: "systemusers", primaryKey: user, relationshipName: "systemuserroles_association",
        relatedCollection: "roles", relatedKey: role,
    });
    const found = await api.retrieveMultiple({
        collection: "roles", select: ["name"],
        filter: "_parentroleid_value eq null and name eq 'Customer Service Representative'",
    });
    const role = found.value[0].roleid;
    await api.associate(link(LUCA, role));
    wrote.role("give", LUCA, role);
    const luca = await api.retrieve({
        collection: "systemusers", key: LUCA, select: ["fullname"],
        expand: [{ property: "systemuserroles_association", select: ["name"], orderBy: ["name"] }],
    });
    const held = luca.systemuserroles_association.map((one) => one.name);
    same("roles by $expand", held, ["Customer Service Representative", "Salesperson"]);
    const links = await api.retrieveMultiple({
        collection: "systemuserrolescollection", filter: `systemuserid eq ${LUCA} and roleid eq ${role}`,
    });
    same("roles by their links", links.value.length, 1);
    const holders = await api.retrieveMultiple({
        collection: "systemusers", select: ["fullname"],
        filter: `systemuserroles_association/any(r:r/roleid eq ${role}) and systemuserid eq ${LUCA}`,
    });
    same("holders", holders.value.length, 1);
    await refused("a role that is held", api.associate(link(LUCA, role)), 412, "0x80040237");
    await api.disassociate(link(LUCA, role));
    wrote.role("take", LUCA, role);
    const left = await api.retrieve({
        collection: "systemusers", key: LUCA, navigationProperty: "systemuserroles_association", select: ["name"],
    });
    same("roles after", left.value.map((one) => one.name), ["Salesperson"]);
    await refused("a role for a disabled user", api.associate(link(FRANZ, role)), 403, "0x80040225");
    await refused("a role that is not there", api.associate(link(LUCA, MISSING)), 400, "0x80060888");
}

async function owners() {
    const key = await create("accounts", "account", { name: "Owned by turns" });
    const assign = (bind) => api.update({ collection: "accounts", key, data: { "ownerid@odata.bind": bind } });
    const read = () => api.retrieve({
        collection: "accounts", key, select: ["_ownerid_value", "_owningteam_value"], includeAnnotations: "*",
    });
    await assign(`/systemusers(${LUCA})`);
    wrote.owner("account", key, LUCA);
    let row = await read();
    same(
        "owner and annotations",
        [row._ownerid_value, row._ownerid_value_LogicalName, row._ownerid_value_Formatted],
        [LUCA, "systemuser", "Luca Ferri"],
    );
    same("navigation property", row._ownerid_value_NavigationProperty, "ownerid");
    await assign(`teams(${KEY_RESORTS})`);
    wrote.owner("account", key, KEY_RESORTS);
    row = await read();
    same("team", [row._owningteam_value, row._ownerid_value_LogicalName], [KEY_RESORTS, "team"]);
    const owned = await api.retrieveMultiple({ collection: "accounts", filter: `_ownerid_value eq ${KEY_RESORTS}` });
    same("filter by owner", owned.value.some((one) => one.accountid === key), true);
    await refused("an owner who cannot read", assign(`/systemusers(${OLIVER})`), 403, "0x80040299");
    const data = { domainname: "lee@alpineskihouse.com", internalemailaddress: "lee@alpineskihouse.com" };
    const lee = await create("systemusers", "systemuser", data);
    await refused("an owner without roles", assign(`/systemusers(${lee})`), 403, "0x80042f09");
    await refused("an owner who is not there", assign(`/systemusers(${MISSING})`), 404, "0x80040217");
    same("owner after refusals", (await read())._ownerid_value, KEY_RESORTS);
}

async function links() {
    const key = await create("accounts", "account", { name: "Led" });
    const contact = await create("contacts", "contact", { firstname: "Ana", lastname: "Lind" });
    const single = { collection: "accounts", primaryKey: key, navigationProperty: "primarycontactid" };
    await api.associateSingleValued({ ...single, relatedCollection: "contacts", relatedKey: contact });
    wrote.row("update", "account", key);
    const read = () => api.retrieve({
        collection: "accounts", key, select: ["telephone1"],
        expand: [{ property: "primarycontactid", select: ["fullname"] }],
    });
    same("single-valued", (await read()).primarycontactid.fullname, "Ana Lind");
    await api.disassociateSingleValued(single);
    wrote.row("update", "account", key);
    same("taken away", (await read()).primarycontactid, null);
    await api.updateSingleProperty({ collection: "accounts", key, fieldValuePair: { telephone1: "555" } });
    wrote.row("update", "account", key);
    same("one property", (await read()).telephone1, "555");
    await api.deleteRecord({ collection: "accounts", key, property: "telephone1" });
    wrote.row("update", "account", key);
    same("one property emptied", (await read()).telephone1, null);
}

async function batches() {
    api.startBatch();
    api.retrieveMultiple({ collection: "roles", select: ["name"], top: 1 });
    api.create({ collection: "accounts", data: { name: "Part one" }, contentId: "1" });
    api.create({ collection: "contacts", data: { lastname: "Part", "parentcustomerid_account@odata.bind": "$1" } });
    const [found, account, contact] = await api.executeBatch();
    same("a list in a batch", found.value.length, 1);
    wrote.row("create", "account", account);
    wrote.row("create", "contact", contact);
    const read = await api.retrieve({ collection: "contacts", key: contact, select: ["_parentcustomerid_value"] });
    same("a reference", read._parentcustomerid_value, account);
    api.startBatch();
    api.create({ collection: "accounts", data: { name: "Part undone" } });
    api.update({ collection: "accounts", key: MISSING, data: { name: "x" } });
    await refused("a change set that fails", api.executeBatch(), 404, "0x80040217");
    same("rolled back", await named("Part undone"), []);
    api.startBatch();
    api.deleteRecord({ collection: "accounts", key: MISSING, inChangeSet: false });
    api.create({ collection: "accounts", data: { name: "Part after" }, inChangeSet: false });
    const [failed, after] = await api.executeBatch({ continueOnError: true });
    same("going on", [failed.status, failed.error.code], [404, "0x80040217"]);
    same("made after a failure", await named("Part after"), [after]);
    wrote.row("create", "account", after);
}

async function upserts() {
    const collection = "accounts";
    const byKey = { collection, key: "accountnumber='JS-1'", data: { name: "By key" }, returnRepresentation: true };
    const made = await api.upsert(byKey);
    wrote.row("create", "account", made.accountid);
    same("the key is kept", made.accountnumber, "JS-1");
    const again = await api.upsert({ ...byKey, data: { name: "By key again" } });
    wrote.row("update", "account", again.accountid);
    same("the same row", [again.accountid, again.name], [made.accountid, "By key again"]);
    const key = "00000000-0000-4000-8000-0000000000f2";
    same("no creation", await api.upsert({ collection, key, data: { name: "x" }, ifmatch: "*" }), null);
    await api.upsert({ collection, key, data: { name: "By id" }, ifnonematch: "*" });
    wrote.row("create", "account", key);
    same("no change", await api.upsert({ collection, key, data: { name: "x" }, ifnonematch: "*" }), null);
    const row = await api.retrieve({ collection, key, select: ["name"] });
    same("made once", row.name, "By id");
    const etag = row["@odata.etag"];
    same("unchanged (304)", await api.retrieve({ collection, key, select: ["name"], ifnonematch: etag }), undefined);
    const change = { collection, key, ifmatch: etag, returnRepresentation: true, select: ["name"] };
    const changed = await api.update({ ...change, data: { name: "Version two" } });
    wrote.row("update", "account", key);
    same("by version", [changed.name, changed["@odata.etag"] === etag], ["Version two", false]);
    same("an old version (412)", await api.update({ ...change, data: { name: "x" } }), false);
    same("an old version is not deleted", await api.deleteRecord({ collection, key, ifmatch: etag }), false);
}

async function bulk() {
    const targets = (rows) => rows.map((row) => ({ "@odata.type": "Microsoft.Dynamics.CRM.account", ...row }));
    const act = (name, rows) =>
        api.callAction({
            collection: "accounts", actionName: `Microsoft.Dynamics.CRM.${name}`, action: { Targets: targets(rows) },
        });
    const { Ids: ids } = await act("CreateMultiple", [{ name: "Many one" }, { name: "Many two" }]);
    ids.forEach((id) => wrote.row("create", "account", id));
    await act("UpdateMultiple", ids.map((accountid) => ({ accountid, description: "many" })));
    ids.forEach((id) => wrote.row("update", "account", id));
    await act("UpsertMultiple", [
        { accountid: ids[0], description: "one" },
        { "@odata.id": "accounts(accountnumber='JS-2')", name: "Many three" },
    ]);
    const [three] = await named("Many three");
    wrote.row("update", "account", ids[0]);
    wrote.row("create", "account", three);
    const read = await api.retrieveMultiple({
        collection: "accounts", select: ["name", "description"], filter: "startswith(name,'Many ')", orderBy: ["name"],
    });
    const told = read.value.map((row) => [row.name, row.description]);
    same("many", told, [["Many one", "one"], ["Many three", null], ["Many two", "many"]]);
    const half = act("UpdateMultiple", [{ accountid: ids[1], description: "half" }, { accountid: MISSING, name: "x" }]);
    await refused("one of two is not there", half, 404, "0x80040217");
    const row = await api.retrieve({ collection: "accounts", key: ids[1], select: ["description"] });
    same("nothing of it", row.description, "many");
}

async function callers() {
    const who = await api.callFunction("WhoAmI");
    same("whoever asks", [who.BusinessUnitId, typeof who.OrganizationId], [ROOT, "string"]);
    const asLuca = client("rehearsal", { impersonate: LUCA });
    same("another caller", (await asLuca.callFunction("WhoAmI")).UserId, LUCA);
    const inDirectory = client("rehearsal", { impersonateAAD: LUCA_IN_DIRECTORY });
    same("another caller by the directory's id", (await inDirectory.callFunction("WhoAmI")).UserId, LUCA);
    const data = { domainname: "no@alpineskihouse.com", internalemailaddress: "no@alpineskihouse.com" };
    await refused("what he may not", asLuca.create({ collection: "systemusers", data }), 403, "0x80040220");
    await refused("a wrong token", client("wrong").callFunction("WhoAmI"), 401);
}

for (const part of [metadata, usersRead, usersWritten, roles, owners, links, batches, upserts, bulk, callers]) {
    try {
        await part();
    } catch (error) {
        console.error(`dynamics-web-api, ${part.name}: ${error.message ?? JSON.stringify(error)}`);
        if (process.env.ALL) continue;
        process.exit(1);
    }
}
wrote.keep(writes);
