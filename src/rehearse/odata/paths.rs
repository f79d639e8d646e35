//! Paths as clients send them, and what they name, as tables.
//!
//! In: URLs. Out: nothing; a failure shows the URL.
//! The code is in `path.rs`; queries are tested in `options.rs`.

use crate::rehearse::odata::literal::Literal;
use crate::rehearse::odata::path::{Key, Resource};
use crate::rehearse::odata::read;

const ID: &str = "84450080-0af2-4bf1-96f4-43dd74a70b55";

#[test]
#[rustfmt::skip] // keeps the columns of the table
fn captured_paths() {
    check("/api/data/v9.2/",                 "service");
    check("/api/data/v9.1",                  "service");
    check("http://127.0.0.1:80/API/data/v9.0?$top=1", "service");
    check("/api/data/v9.2/$batch",           "batch");
    check("/api/data/v9.2/%24metadata",      "metadata");
    check("/api/data/v9.2/WhoAmI",           "function WhoAmI");
    check("/api/data/v9.2/WhoAmI()",         "function WhoAmI");
    check("/api/data/v9.2/BulkDelete",       "set BulkDelete");
    check("/api/data/v9.2/systemusers?x=/y", "set systemusers");
    check("accounts",                        "set accounts");
    check("accounts/$count?$filter=x eq 1",  "count accounts");
    check("/accounts({id})",                 "row accounts {id}");
    check("http://127.0.0.1:8098/api/data/v9.2/roles({id})", "row roles {id}");
    check("accounts(accountnumber='py-aaaaaa-AK')", "row accounts accountnumber=\"py-aaaaaa-AK\"");
    check("accounts(name=%27it%27%27s%2F%201%27,n=-2)", "row accounts name=\"it's/ 1\" n=-2");
    check("accounts(name='a/b')",            "row accounts name=\"a/b\"");
    check("accounts(name='a+b')",            "row accounts name=\"a+b\"");
    check("accounts(_parent_value={id},n=@n)?@n=null", "row accounts _parent_value=\"{id}\" n=null");
    check("EntityDefinitions(LogicalName='account')", "row EntityDefinitions LogicalName=\"account\"");
    check("RetrieveTotalRecordCount(EntityNames=['account','contact'])", "function RetrieveTotalRecordCount EntityNames=[\"account\",\"contact\"]");
    check("RetrieveTotalRecordCount(EntityNames=@p1)?@p1=%5B%22account%22%5D", "function RetrieveTotalRecordCount EntityNames=[\"account\"]");
    check("/systemusers({id})/Microsoft.Dynamics.CRM.RetrievePrincipalAccess(Target=@t)?@t={'@odata.id':'accounts({id})'}", "@t: found `{'@odata.id':'accounts({id}` at character 1, expected JSON");
    check("/systemusers({id})/Microsoft.Dynamics.CRM.RetrievePrincipalAccess(Target=@t)?@t={%22@odata.id%22:%22accounts({id})%22}", "operation systemusers {id} RetrievePrincipalAccess Target={\"@odata.id\":\"accounts({id})\"}");
    check("/systemusers/Microsoft.Dynamics.CRM.CreateMultiple", "operation systemusers CreateMultiple");
    check("systemusers({id})/systemuserroles_association/$ref?$id=http://x/roles({id})", "member systemusers {id} systemuserroles_association ref");
    check("systemusers({id})/systemuserroles_association({id})/$ref", "member systemusers {id} systemuserroles_association {id} ref");
    check("systemusers({id})/systemuserroles_association/", "member systemusers {id} systemuserroles_association");
    check("accounts({id})/telephone1/$value", "member accounts {id} telephone1 value");
    check("EntityDefinitions(LogicalName='x')/Attributes(LogicalName='y')/Microsoft.Dynamics.CRM.PicklistAttributeMetadata", "member EntityDefinitions LogicalName=\"x\" Attributes LogicalName=\"y\" as PicklistAttributeMetadata");
}

#[test]
#[rustfmt::skip] // keeps the columns of the table
fn refused_paths() {
    check("/api/data/v8.2/accounts",      "`/api/data/v8.2/accounts` is outside the Web API; expected `/api/data/` and v9.0, v9.1 or v9.2");
    check("/api/data/v9.20/accounts",     "`/api/data/v9.20/accounts` is outside the Web API; expected `/api/data/` and v9.0, v9.1 or v9.2");
    check("http://127.0.0.1",             "`http://127.0.0.1` is outside the Web API; expected `/api/data/` and v9.0, v9.1 or v9.2");
    check("https://x/accounts",           "`https://x/accounts` is outside the Web API; expected `/api/data/` and v9.0, v9.1 or v9.2");
    check("accounts(%FF)",                "the path: is not UTF-8 once percent-decoded");
    check("accounts('{id}')",             "the parentheses of `accounts`: found `'{id}'` at character 1, expected a GUID without quotes, or `name=value`");
    check("accounts({id}",                "the path: found `accounts({id}` at character 1, expected a set, a function, a column or an operation");
    check("accounts(name='it's')",        "the parentheses of `accounts`: found `s'` at character 10, expected a closing quote");
    check("accounts//name",               "the path: found `//` at character 1, expected a set, a function, a column or an operation");
    check("accounts/name",                "the path: found `name` at character 1, expected an operation such as `Microsoft.Dynamics.CRM.CreateMultiple`");
    check("accounts({id})/name/x",        "the path: found `x` at character 1, expected `$ref`, `$value` or the end of the path");
    check("accounts({id})/name/$ref/x",   "the path: found `x` at character 1, expected `$ref`, `$value` or the end of the path");
    check("accounts({id})/$ref",          "the path: found `$ref` at character 1, expected a column or a navigation");
    check("accounts({id})/roles()",       "the path: found `roles()` at character 1, expected a key");
    check("accounts/$count/x",            "the path: found `x` at character 1, expected the end of the path");
    check("WhoAmI/x",                     "the path: found `x` at character 1, expected the end of the path");
    check("$1/name",                      "the path: found `$1` at character 1, expected a set, a function, a column or an operation");
}

/// A resource in a line.
fn told(resource: &Resource) -> String {
    let of = |key: &Key| match key {
        Key::Id(id) => format!(" {id}"),
        Key::Alternate(named) => named_told(named),
    };
    let maybe = |key: &Option<Key>| key.as_ref().map(of).unwrap_or_default();
    match resource {
        Resource::Service => "service".to_owned(),
        Resource::Batch => "batch".to_owned(),
        Resource::Metadata => "metadata".to_owned(),
        Resource::Function { name, parameters } => {
            format!("function {name}{}", named_told(parameters))
        }
        Resource::Set { set } => format!("set {set}"),
        Resource::Count { set } => format!("count {set}"),
        Resource::Row { set, key } => format!("row {set}{}", of(key)),
        Resource::BoundOperation {
            set,
            key,
            name,
            parameters,
        } => {
            let parameters = named_told(parameters);
            format!("operation {set}{} {name}{parameters}", maybe(key))
        }
        Resource::Member {
            set,
            key,
            property,
            related,
            cast,
            is_reference,
            is_value,
        } => {
            let cast = cast.as_ref().map(|cast| format!(" as {cast}"));
            let ends = [(*is_reference, " ref"), (*is_value, " value")];
            let ends: String = ends.iter().filter(|end| end.0).map(|end| end.1).collect();
            let (key, related) = (of(key), maybe(related));
            format!(
                "member {set}{key} {property}{related}{}{ends}",
                cast.unwrap_or_default()
            )
        }
    }
}

/// Names with their values.
fn named_told(named: &[(String, Literal)]) -> String {
    let told = |(name, literal): &(String, Literal)| format!(" {name}={}", literal.to_value());
    named.iter().map(told).collect()
}

/// The only place in this file that calls the code under test.
#[track_caller]
fn check(url: &str, expected: &str) {
    let found = match read(&url.replace("{id}", ID)) {
        Ok(asked) => told(&asked.resource),
        Err(error) => error.to_string(),
    };
    let expected = expected.replace("{id}", ID);
    assert_eq!(found, expected, "url: {url}");
}
