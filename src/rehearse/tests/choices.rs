//! Choice columns as clients ask for them: which there are, what they may hold, and what people read for it.
//!
//! In: requests. Out: as in the parent's tables.

use super::{ANA, check, get, id, sent, with};
use http::Method;

/// The choice columns of a table, as clients ask for all of them at once.
fn of(table: &str, rest: &str) -> String {
    let cast = "Attributes/Microsoft.Dynamics.CRM.PicklistAttributeMetadata";
    format!("EntityDefinitions(LogicalName='{table}')/{cast}{rest}")
}

/// One of them.
fn one(table: &str, column: &str, cast: &str, rest: &str) -> String {
    let cast = format!("Microsoft.Dynamics.CRM.{cast}AttributeMetadata");
    format!(
        "EntityDefinitions(LogicalName='{table}')/Attributes(LogicalName='{column}')/{cast}{rest}"
    )
}

#[test]
#[rustfmt::skip] // keeps a request to a line
fn option_sets_of_choice_columns() {
    let both = "?$select=LogicalName&$expand=OptionSet($select=Options),GlobalOptionSet($select=Name)";
    let options = "?$select=LogicalName&$expand=OptionSet($select=Options)";
    let of_users = of("systemuser", options);
    let (of_teams, of_roles, of_jobs) = (of("team", options), of("role", options), of("asyncoperation", options));
    let (of_accounts, whole, unknown) = (of("account", options), of("systemuser", ""), of("no_such", options));
    let nothing = of("systemuser", "?$expand=OptionSet($select=nothing)");
    let elsewhere = of("systemuser", "?$expand=Labels");
    let filtered = of("systemuser", "?$select=LogicalName&$filter=LogicalName eq 'caltype'");
    let mode = one("systemuser", "accessmode", "Picklist", both);
    let (kind, name) = (one("team", "teamtype", "Picklist", both), one("systemuser", "fullname", "Picklist", both));
    let import = one("import", "statuscode", "Status", options);
    let (text, no_type) = (one("systemuser", "fullname", "String", options), one("systemuser", "accessmode", "Picklist/x", ""));
    let states = "EntityDefinitions(LogicalName='asyncoperation')/Attributes/Microsoft.Dynamics.CRM.StateAttributeMetadata\
                  ?$select=LogicalName&$expand=OptionSet($select=Options)";
    let lookups = "EntityDefinitions(LogicalName='account')/Attributes/Microsoft.Dynamics.CRM.LookupAttributeMetadata?$select=LogicalName";
    let stranger = "EntityDefinitions(LogicalName='account')/Attributes/Microsoft.Dynamics.CRM.WhoAmIResponse";
    let types = "EntityDefinitions(LogicalName='systemuser')/Attributes?$select=LogicalName&$filter=AttributeType eq 'Picklist'";
    check(&[
        get(&of_users, 200, "\"LogicalName\":\"accessmode\" & \"Label\":\"Non-interactive\" & \"Value\":4 & invitestatuscode & Invitation Near Expired & Field Service & Soft deleted & UserLocalizedLabel & not fullname & not userlicensetype & not IsGlobal & not GlobalOptionSet"),
        get(&of_teams, 200, "\"LogicalName\":\"teamtype\" & \"Label\":\"Owner\" & \"Label\":\"Access\" & \"Label\":\"Office Group\""),
        get(&of_roles, 200, "isinherited & Team privileges only & Direct User (Basic) access level and Team privileges"),
        get(&of_jobs, 200, "operationtype & Import File Parse & not statuscode"),
        get(&of_accounts, 200, "\"value\":[]"),
        get(&whole, 200, "\"AttributeType\":\"Picklist\" & not OptionSet & not \"AttributeType\":\"String\""),
        get(&filtered, 200, "caltype & not accessmode"),
        get(&mode, 200, "\"LogicalName\":\"accessmode\" & \"Read-Write\" & \"GlobalOptionSet\":{ & systemuser_accessmode & PicklistAttributeMetadata/$entity & not \"value\""),
        get(&kind, 200, "\"Name\":\"team_type\""),
        get(&import, 200, "\"Label\":\"Submitted\" & \"Value\":5"),
        get(states, 200, "statecode & \"Label\":\"Locked\" & not statuscode & not \"LogicalName\":\"operationtype\""),
        get(lookups, 200, "primarycontactid & ownerid & not telephone1"),
        get(types, 200, "accessmode & invitestatuscode & not importsequencenumber"),
        get(&unknown, 404, "0x80040217"),
        get(&name, 404, "0x80040217"),
        get(&nothing, 400, "'nothing'"),
        get(&elsewhere, 400, "'Labels'"),
        get(&text, 400, "'OptionSet'"),
        get(&no_type, 400, ""),
        get(stranger, 404, "WhoAmIResponse"),
    ]);
}

#[test]
#[rustfmt::skip] // keeps a request to a line
fn labels_of_choices() {
    let ana = id(ANA);
    let labels: &[(&'static str, &str)] = &[("prefer", "odata.include-annotations=\"*\"")];
    let row = format!("systemusers({ana})");
    let read = format!("{row}?$select=accessmode,fullname");
    let unknown = format!("{row}?$select=importsequencenumber");
    check(&[
        with(get(&read, 200, "\"accessmode@OData.Community.Display.V1.FormattedValue\":\"Read-Write\" & not fullname@"), labels),
        sent(Method::PATCH, &row, "{\"accessmode\":4}", 204, ""),
        with(get(&read, 200, "FormattedValue\":\"Non-interactive\""), labels),
        get(&read, 200, "\"accessmode\":4 & not FormattedValue"),
        with(get(&unknown, 200, "not FormattedValue"), labels),
    ]);
}
