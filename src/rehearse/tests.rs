//! The served Web API as its clients see it, without HTTP: one request after another against a small environment.
//!
//! In: tables of requests, in the order in which they are sent. Out: the status of each, and what its answer holds.

use http::{HeaderMap, HeaderName, HeaderValue, Method};
use uuid::Uuid;

use crate::environment::testing;
use crate::model::{
    AccessMode, BusinessUnit, Depth, Entity, Fact, Inheritance, Loadable, Ownership, Principal,
    RecordId, Role, RoleId, RolePrivilege, SYSTEM_ADMINISTRATOR_TEMPLATE, Team, TeamId, TeamType,
    UnitId, User, UserId,
};
use crate::rehearse::api::Api;
use crate::rehearse::exchange::{Answer, Request};
use crate::rehearse::log::Log;
use crate::rehearse::schema::Schema;
use crate::rehearse::switches::Switches;
use crate::rehearse::worker;
use crate::service::Service;

mod choices;
mod data_import;

const ROOT: u128 = 0x1000_0000_0000_4000_8000_0000_0000_0010;
const ADMINISTRATOR: u128 = 0x1000_0000_0000_4000_8000_0000_0000_0020;
const SALES: u128 = 0x1000_0000_0000_4000_8000_0000_0000_0021;
const EVA: u128 = 0x1000_0000_0000_4000_8000_0000_0000_0030;
const ANA: u128 = 0x1000_0000_0000_4000_8000_0000_0000_0031;
const BEN: u128 = 0x1000_0000_0000_4000_8000_0000_0000_0032;
const TEAM: u128 = 0x1000_0000_0000_4000_8000_0000_0000_0040;
const ACCOUNTS: u128 = 0x1000_0000_0000_4000_8000_0000_0000_0100;

fn user(id: u128, name: &str) -> Fact {
    Fact::User(User {
        id: UserId(Uuid::from_u128(id)),
        upn: format!("{name}@contoso.com"),
        mail: Some(format!("{name}@contoso.com")),
        mail2: None,
        mobile_alert_mail: None,
        first_name: Some(name.to_owned()),
        last_name: None,
        full_name: Some(name.to_owned()),
        employee_id: None,
        business_unit: UnitId(Uuid::from_u128(ROOT)),
        access_mode: AccessMode::ReadWrite,
        disabled: false,
        licensed: None,
        application_id: None,
        directory_id: None,
        stub: false,
        details: Box::default(),
    })
}

fn role(id: u128, name: &str, template: Option<Uuid>) -> Fact {
    Fact::Role(Role {
        id: RoleId(Uuid::from_u128(id)),
        name: name.to_owned(),
        business_unit: UnitId(Uuid::from_u128(ROOT)),
        root: RoleId(Uuid::from_u128(id)),
        template,
        inheritance: Inheritance::DirectUser,
    })
}

fn facts() -> Vec<Fact> {
    let holds = |user: u128, role: u128| Fact::UserRole {
        user: UserId(Uuid::from_u128(user)),
        role: RoleId(Uuid::from_u128(role)),
    };
    let mut facts = vec![
        Fact::Unit(BusinessUnit {
            id: UnitId(Uuid::from_u128(ROOT)),
            name: "Contoso".to_owned(),
            parent: None,
        }),
        role(
            ADMINISTRATOR,
            "System Administrator",
            Some(SYSTEM_ADMINISTRATOR_TEMPLATE),
        ),
        role(SALES, "Sales", None),
        Fact::RolePrivilege(RolePrivilege {
            role: RoleId(Uuid::from_u128(SALES)),
            privilege: "prvReadAccount".to_owned(),
            depth: Depth::User,
        }),
        user(EVA, "eva"),
        user(ANA, "ana"),
        user(BEN, "ben"),
        holds(EVA, ADMINISTRATOR),
        holds(ANA, SALES),
        Fact::Team(Team {
            id: TeamId(Uuid::from_u128(TEAM)),
            name: "Sellers".to_owned(),
            business_unit: UnitId(Uuid::from_u128(ROOT)),
            kind: TeamType::Owner,
        }),
        Fact::Entity(Entity {
            name: "account".to_owned(),
            ownership: Some(Ownership::User),
            records_loaded: true,
        }),
    ];
    let loaded = [
        Loadable::UserRoles,
        Loadable::RolePrivileges,
        Loadable::Teams,
        Loadable::TeamMembers,
        Loadable::TeamRoles,
    ];
    facts.extend(loaded.map(Fact::Loaded));
    facts
}

/// A request of a table, and what of its answer matters.
struct Sent<'a> {
    method: Method,
    url: &'a str,
    headers: &'a [(&'static str, &'a str)],
    body: &'a str,
    status: u16,
    holds: &'a str,
}

fn get<'a>(url: &'a str, status: u16, holds: &'a str) -> Sent<'a> {
    sent(Method::GET, url, "", status, holds)
}

fn sent<'a>(method: Method, url: &'a str, body: &'a str, status: u16, holds: &'a str) -> Sent<'a> {
    Sent {
        method,
        url,
        headers: &[],
        body,
        status,
        holds,
    }
}

fn with<'a>(sent: Sent<'a>, headers: &'a [(&'static str, &'a str)]) -> Sent<'a> {
    Sent { headers, ..sent }
}

/// Sends requests one after another.
#[track_caller]
fn check(requests: &[Sent<'_>]) {
    check_with(&facts(), Switches::default(), requests);
}

/// The same against another environment, served otherwise.
#[track_caller]
fn check_with(facts: &[Fact], switches: Switches, requests: &[Sent<'_>]) {
    let record = |number: u128| RecordId(Uuid::from_u128(ACCOUNTS + number));
    let eva = Principal::User(UserId(Uuid::from_u128(EVA)));
    let records: Vec<_> = (0..5)
        .map(|number| ("account", record(number), eva))
        .collect();
    let (_folder, path) = testing::environment(facts, &records);
    let (file, caller, organisation) = worker::prepare(&path, true).expect("can be served");
    let mut api = Api {
        connection: file.connection(),
        service: Service::new(file.connection()),
        schema: Schema::of(file.connection()).expect("a schema"),
        switches,
        root: "http://host/api/data/v9.2/".to_owned(),
        caller,
        organisation,
        log: Log::new(None),
        made: 0,
        marks: Vec::new(),
        stale_checks: 0,
        is_strong: false,
        broken: None,
    };
    for sent in requests {
        let mut headers = HeaderMap::new();
        for (name, value) in sent.headers {
            let value = HeaderValue::from_str(value).expect("a header");
            headers.insert(HeaderName::from_static(name), value);
        }
        let request = Request {
            method: sent.method.clone(),
            url: format!("/api/data/v9.2/{}", sent.url),
            headers,
            body: sent.body.as_bytes().to_vec(),
        };
        let answer = api.answer_alone(&request);
        let words = told(&answer);
        let told = format!("{} {}: {words}", sent.method, sent.url);
        assert_eq!(answer.status.as_u16(), sent.status, "{told}");
        for part in sent.holds.split(" & ") {
            match part.strip_prefix("not ") {
                Some(part) => assert!(!words.contains(part), "{told} holds {part}"),
                None => assert!(words.contains(part), "{told} holds no {part}"),
            }
        }
        assert!(api.broken.is_none() && api.marks.is_empty(), "{told}");
    }
}

/// Headers and body of an answer.
fn told(answer: &Answer) -> String {
    let headers = answer.headers.iter();
    let headers = headers.map(|(name, value)| format!("{name}={}", value.to_str().unwrap_or("?")));
    let headers: Vec<String> = headers.collect();
    format!(
        "{} {}",
        headers.join(" "),
        String::from_utf8_lossy(&answer.body)
    )
}

fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

#[test]
#[rustfmt::skip] // keeps a request to a line
fn questions() {
    let (ana, account) = (id(ANA), id(ACCOUNTS));
    let one = format!("systemusers({ana})?$select=fullname&$expand=systemuserroles_association($select=name)");
    let owner = format!("accounts({account})?$select=_ownerid_value");
    let by_owner = format!("accounts?$filter=_ownerid_value eq {}&$count=true", id(EVA));
    let holds_sales = format!(
        "systemusers?$select=fullname&$filter=systemuserroles_association/any(r:r/roleid eq {})",
        id(SALES)
    );
    let unit = id(ROOT);
    let ordered = format!("businessunits({unit})?$expand=business_unit_system_users($select=fullname;$orderby=fullname)");
    let first = format!("businessunits({unit})/business_unit_system_users?$select=fullname&$orderby=fullname&$top=1&$count=true");
    let unordered = format!("businessunits({unit})/business_unit_system_users?$orderby=nothing");
    let offered = |message, table| format!("sdkmessagefilters?$select=sdkmessagefilterid&$filter=sdkmessageid/name eq @message and \
        primaryobjecttypecode eq @table&@message='{message}'&@table='{table}'");
    let page: &[(&'static str, &str)] = &[("prefer", "odata.maxpagesize=2")];
    let formatted: &[(&'static str, &str)] =
        &[("prefer", "odata.maxpagesize=9,odata.include-annotations=\"OData.Community.Display.V1.FormattedValue\"")];
    let prefixed: &[(&'static str, &str)] = &[("prefer", "odata.include-annotations=Microsoft.Dynamics.CRM.*;odata.maxpagesize=9")];
    let annotated: &[(&'static str, &str)] = &[("prefer", "odata.include-annotations=\"*\"")];
    check(&[
        get("WhoAmI", 200, "UserId"),
        get("WhoAmI()", 200, "OrganizationId"),
        get("systemusers?$select=fullname&$filter=domainname eq 'ANA@contoso.com'", 200, "\"ana\" & not ben"),
        get(&one, 200, "\"name\":\"Sales\" & $metadata#systemusers(fullname)/$entity"),
        get(&holds_sales, 200, "\"ana\" & not \"ben\""),
        with(get(&owner, 200, "lookuplogicalname\":\"systemuser\" & FormattedValue\":\"eva\" & associatednavigationproperty\":\"ownerid\""), annotated),
        with(get(&owner, 200, "FormattedValue\":\"eva\" & not lookuplogicalname"), formatted),
        with(get(&owner, 200, "lookuplogicalname & not FormattedValue"), prefixed),
        get(&owner, 200, "_ownerid_value & not Microsoft & not FormattedValue"),
        get(&by_owner, 200, "\"@odata.count\":5"),
        with(get("accounts?$select=accountid", 200, "preference-applied=odata.maxpagesize=2 & @odata.nextLink"), page),
        get("accounts?$top=2", 200, "not nextLink"),
        get("accounts/$count", 200, "content-type=text/plain 5"),
        get("systemusers/$count?$filter=startswith(fullname,'a')", 200, "text/plain 1"),
        get("accounts/$count?$filter=nothing eq 1", 400, "nothing"),
        get("accounts?$skip=2", 400, "Skip"),
        get(&ordered, 200, "\"business_unit_system_users\":[{\"@odata.etag\":\"W/\\\"1\\\"\",\"fullname\":\"ana\" & eva"),
        get(&first, 200, "\"@odata.count\":3 & ana & not eva"),
        get(&unordered, 400, "Could not find a property named 'nothing'"),
        get("systemuserrolescollection?$select=roleid,systemuserid", 200, &id(SALES).to_string()),
        get("roleprivilegescollection", 200, "\"privilegedepthmask\":1"),
        get("organizations?$select=orgdborgsettings", 200, "<OrgSettings>"),
        get("EntityDefinitions?$select=EntitySetName,OwnershipType&$filter=LogicalName eq 'account'", 200, "UserOwned"),
        get("EntityDefinitions?$filter=LogicalName eq 'no_such'", 200, "\"value\":[]"),
        get("EntityDefinitions?$select=SchemaName&$filter=IsPrivate eq false and LogicalName eq 'systemuser'", 200, "\"SystemUser\""),
        get("EntityDefinitions(LogicalName='account')?$select=SchemaName", 200, "\"Account\""),
        get("EntityDefinitions(LogicalName='account')/Attributes?$select=LogicalName&$filter=AttributeType eq 'Owner'", 200, "\"ownerid\" & not AttributeType & not name"),
        get("EntityDefinitions(LogicalName='account')/Attributes?$select=nothing", 400, "nothing"),
        get("EntityDefinitions(LogicalName='account')/Attributes(LogicalName='ownerid')", 200, "\"Owner\" & not \"value\""),
        get("EntityDefinitions(LogicalName='account')/Attributes(LogicalName='nothing')", 404, "0x80040217"),
        get("EntityDefinitions(LogicalName='systemuser')/Attributes?$select=LogicalName&$expand=OptionSet", 400, "OptionSet"),
        get(&offered("UpdateMultiple", "account"), 200, "\"value\":[{ & sdkmessagefilterid"),
        get(&offered("UpdateMultiple", "systemuser"), 200, "\"value\":[]"),
        get(&offered("DeleteMultiple", "account"), 200, "\"value\":[]"),
        get("RelationshipDefinitions", 404, "0x8006088a"),
        get("nothing", 404, "0x8006088a"),
        get("systemusers?$select=nothing", 400, "Could not find a property named 'nothing'"),
        get("systemusers?$filter=nothing eq 1", 400, "nothing"),
        get("accounts(00000000-0000-4000-8000-000000000000)", 404, "0x80040217"),
    ]);
}

#[test]
#[rustfmt::skip] // keeps a request to a line
fn writes() {
    let (ana, ben, account) = (id(ANA), id(BEN), id(ACCOUNTS));
    let row = format!("accounts({account})");
    let to = |who: Uuid| format!("{{\"ownerid@odata.bind\":\"/systemusers({who})\"}}");
    let (to_ana, to_ben) = (to(ana), to(ben));
    let roles = format!("systemusers({ben})/systemuserroles_association/$ref");
    let sales = format!("{{\"@odata.id\":\"http://host/api/data/v9.2/roles({})\"}}", id(SALES));
    let take = format!("systemusers({ben})/systemuserroles_association({})/$ref", id(SALES));
    let take_by_id = format!("{roles}?$id=http://host/api/data/v9.2/roles({})", id(SALES));
    let new = "{\"name\":\"New\",\"new_code\":\"7\"}";
    let any: &[(&'static str, &str)] = &[("if-match", "*")];
    let stale: &[(&'static str, &str)] = &[("if-match", "W/\"99\"")];
    let none: &[(&'static str, &str)] = &[("if-none-match", "*")];
    let whole: &[(&'static str, &str)] = &[("prefer", "return=representation")];
    let fresh = "accounts(10000000-0000-4000-8000-000000000999)";
    check(&[
        with(sent(Method::PATCH, &row, &to_ana, 204, "odata-entityid"), any),
        get(&row, 200, &ana.to_string()),
        with(sent(Method::PATCH, &row, &to_ben, 403, "0x80042f09"), any),
        get(&row, 200, &ana.to_string()),
        sent(Method::POST, &roles, &sales, 204, ""),
        sent(Method::POST, &roles, &sales, 412, "0x80040237"),
        with(sent(Method::PATCH, &row, &to_ben, 204, ""), any),
        sent(Method::DELETE, &take, "", 204, ""),
        sent(Method::POST, &roles, &sales, 204, ""),
        sent(Method::DELETE, &take_by_id, "", 204, ""),
        with(sent(Method::PATCH, &row, "{\"name\":\"A\"}", 412, "0x80060882"), stale),
        with(sent(Method::PATCH, &row, "{\"name\":\"A\"}", 412, ""), none),
        with(sent(Method::PATCH, &row, "{\"name\":\"A\"}", 200, "\"name\":\"A\""), whole),
        sent(Method::PATCH, &row, "{\"nothing\":1}", 400, "nothing"),
        with(sent(Method::PATCH, fresh, new, 404, "0x80040217"), any),
        sent(Method::PATCH, fresh, new, 204, "odata-entityid"),
        get("accounts?$filter=new_code eq '7'&$select=name", 200, "\"New\""),
        sent(Method::DELETE, fresh, "", 204, ""),
        sent(Method::DELETE, fresh, "", 404, "0x80040217"),
        sent(Method::PUT, &format!("{row}/telephone1"), "{\"value\":\"5\"}", 204, ""),
        get(&format!("{row}/telephone1"), 200, "\"value\":\"5\""),
    ]);
}

#[test]
#[rustfmt::skip] // keeps a request to a line
fn users() {
    let new = "{\"domainname\":\"kit@contoso.com\",\"internalemailaddress\":\"kit@contoso.com\",\"firstname\":\"Kit\"}";
    let twin = "{\"domainname\":\"ANA@contoso.com\",\"internalemailaddress\":\"x@contoso.com\"}";
    let same_id = "{\"systemuserid\":\"10000000-0000-4000-8000-000000000031\",\"domainname\":\"y\",\"internalemailaddress\":\"y\"}";
    let same_id_and_blank = "{\"systemuserid\":\"10000000-0000-4000-8000-000000000031\",\"domainname\":\"\"}";
    let nobody = "systemusers?$filter=domainname eq 'kit@contoso.com'&$select=fullname,isdisabled,employeeid";
    let ana = format!("systemusers({})", id(ANA));
    let as_ana: &[(&'static str, &str)] = &[("mscrmcallerid", "10000000-0000-4000-8000-000000000031")];
    let as_nobody: &[(&'static str, &str)] = &[("mscrmcallerid", "10000000-0000-4000-8000-000000000999")];
    let nowhere = "{\"businessunitid@odata.bind\":\"/businessunits(10000000-0000-4000-8000-000000000999)\"}";
    let to_nobody = "{\"ownerid@odata.bind\":\"/systemusers(10000000-0000-4000-8000-000000000999)\"}";
    let account = format!("accounts({})", id(ACCOUNTS));
    check(&[
        sent(Method::PATCH, &ana, nowhere, 404, "0x80040217 & businessunit With Id"),
        with(sent(Method::PATCH, &ana, nowhere, 403, "prvWriteUser"), as_ana),
        sent(Method::PATCH, &account, to_nobody, 404, "0x80040217 & systemuser With Id"),
        with(sent(Method::PATCH, &account, to_nobody, 403, "prvWrite"), as_ana),
        sent(Method::POST, "systemusers", "{\"domainname\":\"\"}", 400, "0x80040203"),
        sent(Method::POST, "systemusers", new, 204, "location=http://host/api/data/v9.2/systemusers("),
        get(nobody, 200, "\"isdisabled\":true & \"Kit\""),
        sent(Method::POST, "systemusers", twin, 412, "0x80041d2c"),
        sent(Method::POST, "systemusers", same_id, 412, "0x80040237"),
        sent(Method::POST, "systemusers", same_id_and_blank, 400, "0x80040203"),
        sent(Method::PATCH, &ana, "{\"title\":\"Head\",\"accessmode\":1,\"caltype\":3}", 204, ""),
        get(&ana, 200, "\"title\":\"Head\" & \"accessmode\":1 & \"caltype\":3"),
        sent(Method::PATCH, &ana, "{\"accessmode\":9}", 400, "accessmode"),
        sent(Method::PATCH, &ana, "{\"islicensed\":true}", 400, "0x80041d4d"),
        sent(Method::DELETE, &ana, "", 405, "0x80040264"),
        with(get("WhoAmI", 200, "\"UserId\":\"10000000-0000-4000-8000-000000000031\""), as_ana),
        with(sent(Method::POST, "systemusers", new, 403, "prvCreateUser"), as_ana),
        with(get("WhoAmI", 403, "0x80072560"), as_nobody),
        get("WhoAmI", 200, "\"UserId\":\"10000000-0000-4000-8000-000000000030\""),
    ]);
}

#[test]
fn who_asks_is_one_who_may_do_everything() {
    let mut facts = facts();
    for fact in &mut facts {
        if let Fact::User(user) = fact
            && user.id == UserId(id(EVA))
        {
            user.access_mode = AccessMode::Administrative;
        }
    }
    check_with(
        &facts,
        Switches::default(),
        &[get("WhoAmI", 200, &id(EVA).to_string())],
    );
    facts.push(Fact::UserRole {
        user: UserId(id(BEN)),
        role: RoleId(id(ADMINISTRATOR)),
    });
    check_with(
        &facts,
        Switches::default(),
        &[get("WhoAmI", 200, &id(BEN).to_string())],
    );
}

#[test]
fn records_have_owners_where_nobody_told_who_owns_their_table() {
    let mut facts = facts();
    for fact in &mut facts {
        if let Fact::Entity(entity) = fact {
            entity.ownership = None;
        }
    }
    let definition = "EntityDefinitions?$select=OwnershipType&$filter=LogicalName eq 'account'";
    let owner = id(EVA).to_string();
    let asked = [
        get(definition, 200, "UserOwned"),
        get("accounts?$select=_ownerid_value", 200, &owner),
    ];
    check_with(&facts, Switches::default(), &asked);
}

#[test]
#[rustfmt::skip] // keeps a request to a line
fn many_at_once() {
    let account = id(ACCOUNTS);
    let kind = "\"@odata.type\":\"Microsoft.Dynamics.CRM.account\"";
    let two = format!("{{\"Targets\":[{{\"name\":\"One\",{kind}}},{{\"name\":\"Two\",{kind}}}]}}");
    let typeless = "{\"Targets\":[{\"name\":\"One\"}]}";
    let half = format!(
        "{{\"Targets\":[{{\"accountid\":\"{account}\",\"name\":\"Changed\",{kind}}},
        {{\"accountid\":\"10000000-0000-4000-8000-000000000999\",\"name\":\"x\",{kind}}}]}}"
    );
    let key = format!("{{\"Targets\":[{{\"@odata.id\":\"accounts(accountnumber='K1')\",\"name\":\"Keyed\",{kind}}}]}}");
    let delete = format!(
        "{{\"JobName\":\"Many\",\"QuerySet\":[{{\"EntityName\":\"account\",\"Criteria\":{{\"FilterOperator\":\"And\",\"Conditions\":[
        {{\"AttributeName\":\"accountid\",\"Operator\":\"In\",\"Values\":[{{\"Value\":\"{}\",\"Type\":\"System.Guid\"}},
        {{\"Value\":\"{}\"}},{{\"Value\":\"10000000-0000-4000-8000-000000000999\"}}]}}]}}}}]}}",
        id(ACCOUNTS + 1),
        id(ACCOUNTS + 2)
    );
    let batch = format!(
        "--b\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n\
         --c\r\nContent-Type: application/http\r\nContent-ID: 1\r\n\r\nPATCH accounts({account}) HTTP/1.1\r\n\
         Content-Type: application/json\r\n\r\n{{\"name\":\"Rolled\"}}\r\n\
         --c\r\nContent-Type: application/http\r\nContent-ID: 2\r\n\r\nPOST accounts HTTP/1.1\r\n\
         Content-Type: application/json\r\n\r\n{{\"nothing\":1}}\r\n--c--\r\n--b--\r\n"
    );
    let mixed: &[(&'static str, &str)] = &[("content-type", "multipart/mixed; boundary=b")];
    check(&[
        sent(Method::POST, "accounts/Microsoft.Dynamics.CRM.CreateMultiple", &two, 200, "Ids"),
        sent(Method::POST, "accounts/Microsoft.Dynamics.CRM.CreateMultiple", typeless, 400, "odata.type"),
        sent(Method::POST, "accounts/Microsoft.Dynamics.CRM.UpdateMultiple", &half, 404, "0x80040217"),
        get("accounts?$filter=name eq 'Changed'", 200, "\"value\":[]"),
        sent(Method::POST, "accounts/Microsoft.Dynamics.CRM.UpsertMultiple", &key, 204, ""),
        get("accounts(accountnumber='K1')?$select=name", 200, "Keyed"),
        sent(Method::POST, "systemusers/Microsoft.Dynamics.CRM.CreateMultiple", &two, 400, "does not support"),
        sent(Method::POST, "BulkDelete", &delete, 200, "JobId"),
        get("accounts/$count", 200, " 6"),
        get("asyncoperations?$select=name,statecode,statuscode", 200, "\"Many\" & \"statecode\":3 & \"statuscode\":30"),
        sent(Method::POST, "BulkDelete", "{\"QuerySet\":[{\"EntityName\":\"account\"}]}", 400, "QuerySet"),
        with(sent(Method::POST, "$batch", &batch, 400, "nothing"), mixed),
        get("accounts?$filter=name eq 'Rolled'", 200, "\"value\":[]"),
    ]);
}
