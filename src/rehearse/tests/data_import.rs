//! The data import as its clients see it: rows made, jobs looked at until they end, users and the log.
//!
//! In: requests in the order in which a client sends them. Out: as in the parent's tables.

use http::Method;
use serde_json::json;

use super::{ANA, Sent, check_with, facts, get, id, role, sent};
use crate::model::Fact;
use crate::rehearse::switches::{DataImport, Switches};

const SALESPERSON: u128 = 0x1000_0000_0000_4000_8000_0000_0000_0022;
const MAP: &str = "20000000-0000-4000-8000-000000000001";
const IMPORT: &str = "20000000-0000-4000-8000-000000000002";
const FILE: &str = "20000000-0000-4000-8000-000000000003";

/// The environment with the default role.
fn with_role(name: &str) -> Vec<Fact> {
    let mut facts = facts();
    facts.push(role(SALESPERSON, name, None));
    facts
}

fn served(data_import: DataImport) -> Switches {
    Switches {
        data_import,
        ..Switches::default()
    }
}

fn post<'a>(url: &'a str, body: &'a str, status: u16, holds: &'a str) -> Sent<'a> {
    sent(Method::POST, url, body, status, holds)
}

/// The bodies of an import: its map, a mapping for each column, itself, and its file.
struct Bodies {
    map: String,
    mappings: Vec<String>,
    import: String,
    file: String,
    by_id: String,
}

fn bodies(content: &str, columns: &[(&str, &str)]) -> Bodies {
    let mapping = |(source, target): &(&str, &str)| {
        json!({
            "sourceattributename": source, "sourceentityname": "users", "targetattributename": target,
            "targetentityname": "systemuser", "importmapid@odata.bind": format!("/importmaps({MAP})"),
        })
        .to_string()
    };
    let file = json!({
        "importfileid": FILE, "name": "users", "content": content, "isfirstrowheader": true,
        "sourceentityname": "users", "targetentityname": "systemuser", "fielddelimitercode": 2,
        "usesystemmap": columns.is_empty(), "importid@odata.bind": format!("/imports({IMPORT})"),
        "importmapid@odata.bind": format!("/importmaps({MAP})"),
    });
    Bodies {
        map: json!({ "importmapid": MAP, "name": "users" }).to_string(),
        mappings: columns.iter().map(mapping).collect(),
        import: json!({ "importid": IMPORT, "name": "users", "modecode": 0 }).to_string(),
        file: file.to_string(),
        by_id: json!({ "ImportId": IMPORT }).to_string(),
    }
}

impl Bodies {
    /// Makes them all.
    fn made(&self) -> Vec<Sent<'_>> {
        let mut requests = vec![post("importmaps", &self.map, 204, "importmaps(2000")];
        let mappings = self.mappings.iter();
        requests.extend(mappings.map(|body| post("columnmappings", body, 204, "columnmappings(")));
        requests.push(post("imports", &self.import, 204, IMPORT));
        requests.push(post("importfiles", &self.file, 204, FILE));
        requests
    }
}

const PARSE: &str =
    "imports(20000000-0000-4000-8000-000000000002)/Microsoft.Dynamics.CRM.ParseImport";
const RUN: &str =
    "imports(20000000-0000-4000-8000-000000000002)/Microsoft.Dynamics.CRM.ImportRecordsImport";
const JOBS: &str = "asyncoperations?$select=statecode,statuscode,message&$filter=_regardingobjectid_value eq \
                    20000000-0000-4000-8000-000000000002 and operationtype eq";
const STATUS: &str = "imports(20000000-0000-4000-8000-000000000002)?$select=statuscode,sequence";
const COUNTS: &str = "importfiles(20000000-0000-4000-8000-000000000003)?$select=totalcount,successcount,failurecount";
const LOG: &str = "importlogs?$filter=_importfileid_value eq 20000000-0000-4000-8000-000000000003";
const MADE: &str = "systemusers?$filter=importsequencenumber eq 1&$select=domainname,isdisabled";

const ALL: [(&str, &str); 5] = [
    ("First Name", "firstname"),
    ("Last Name", "lastname"),
    ("Primary Email", "internalemailaddress"),
    ("User Name", "domainname"),
    ("Employee", "employeeid"),
];

const TWO: &str = "First Name,Last Name,Primary Email,User Name,Employee\r\n\
                   Kit,Doe,kit@old.com,kit@old.com,7\r\n\
                   Ana,Twin,ana@contoso.com,ana@contoso.com,\r\n\
                   \"Lee, L.\",O'Neil,lee@old.com,lee@old.com,\r\n";

#[test]
#[rustfmt::skip] // keeps a request to a line
fn users_are_made_by_three_jobs() {
    let bodies = bodies(TWO, &ALL);
    let job = |kind: &str| format!("{JOBS} {kind}");
    let (parsing, transforming, importing) = (job("3"), job("4"), job("5"));
    let roles = "systemusers?$filter=domainname eq 'kit@old.com'&$expand=systemuserroles_association($select=name)";
    let ana = id(ANA).to_string();
    let refused = format!("\"linenumber\":3 & \"errornumber\":-2147214036 & domainname of {ana} & \"columnvalue\":\"ana@contoso.com\" & \"sequencenumber\":1");
    let mut requests = bodies.made();
    requests.extend([
        post("imports", &bodies.import, 412, "0x80040237"),
        post(RUN, "{}", 400, "TransformImport has not succeeded"),
        post(PARSE, "{}", 200, "asyncoperations/$entity & asyncoperationid"),
        post("TransformImport", &bodies.by_id, 400, "ParseImport has not succeeded"),
        post(PARSE, "{}", 200, "\"statecode\":0"),
        get(&parsing, 200, "\"statecode\":2"),
        get(STATUS, 200, "\"statuscode\":1 & \"sequence\":1"),
        get(&parsing, 200, "\"statecode\":3 & \"statuscode\":30"),
        get(COUNTS, 200, "\"totalcount\":3"),
        post("TransformImport", &bodies.by_id, 200, "asyncoperationid"),
        get(&transforming, 200, "\"statuscode\":20"),
        get(&transforming, 200, "\"statuscode\":30"),
        post(RUN, "{}", 200, "asyncoperationid"),
        get(MADE, 200, "\"value\":[]"),
        get(&importing, 200, "\"statuscode\":20"),
        get(MADE, 200, "\"value\":[]"),
        get(&importing, 200, "\"statuscode\":30"),
        get(MADE, 200, "kit@old.com & lee@old.com & not ana & \"isdisabled\":true"),
        get(roles, 200, "\"name\":\"Salesperson\" & \"employeeid\":\"7\" & \"fullname\":\"Kit Doe\""),
        get(LOG, 200, &refused),
        get(COUNTS, 200, "\"successcount\":2 & \"failurecount\":1"),
        get(STATUS, 200, "\"statuscode\":4"),
        post(RUN, "{}", 400, "ImportRecordsImport was asked for already"),
        post(PARSE, "{}", 400, "ImportRecordsImport was asked for already"),
        get(&importing, 200, "\"statuscode\":30"),
        get("systemusers/$count?$filter=importsequencenumber eq 1", 200, " 2"),
    ]);
    check_with(&with_role("Salesperson"), Switches::default(), &requests);
}

#[test]
#[rustfmt::skip] // keeps a request to a line
fn without_the_default_role_no_row_is_imported() {
    let bodies = bodies(TWO, &[]);
    let job = |kind: &str| format!("{JOBS} {kind}");
    let (parsing, transforming, importing) = (job("3"), job("4"), job("5"));
    let mut requests = bodies.made();
    requests.extend([
        post(PARSE, "{}", 200, ""), get(&parsing, 200, ""), get(&parsing, 200, "30"),
        post("TransformImport", &bodies.by_id, 200, ""), get(&transforming, 200, ""), get(&transforming, 200, "30"),
        post(RUN, "{}", 200, ""), get(&importing, 200, ""), get(&importing, 200, "30"),
        get(LOG, 200, "system_user_roles & \"errornumber\":-2147220937 & \"linenumber\":4"),
        get(COUNTS, 200, "\"successcount\":0 & \"failurecount\":3"),
        get(MADE, 200, "\"value\":[]"),
    ]);
    check_with(&with_role("Salespeople"), Switches::default(), &requests);
    let last = requests.len() - 3;
    requests.truncate(last);
    requests.push(get(MADE, 200, "kit@old.com & lee@old.com"));
    check_with(&with_role("common data service user"), Switches::default(), &requests);
}

#[test]
#[rustfmt::skip] // keeps a request to a line
fn what_cannot_be_imported_says_why() {
    let parsing = format!("{JOBS} 3");
    let transforming = format!("{JOBS} 4");
    let cases = [
        ("Name,Mail\r\na,b,c\r\n", &ALL[..], 3, "found record with 3 fields"),
        ("", &ALL[..], 3, "importfile"),
        ("Name,Mail\r\na,b\r\n", &ALL[..], 4, "No column of the import file is mapped"),
        ("Name,Mail\r\na,b\r\n", &[("Name", "shoesize")][..], 4, "'shoesize' of 'systemuser' is not valid for import"),
    ];
    for (content, columns, phase, words) in cases {
        let bodies = bodies(content, columns);
        let mut requests = bodies.made();
        if content.is_empty() {
            requests.pop();
            requests.push(post("importfiles", &bodies.file, 400, "content is required"));
            check_with(&facts(), Switches::default(), &requests);
            continue;
        }
        requests.extend([post(PARSE, "{}", 200, ""), get(&parsing, 200, "")]);
        if phase == 4 {
            requests.extend([get(&parsing, 200, "30"), post("TransformImport", &bodies.by_id, 200, "")]);
            requests.push(get(&transforming, 200, ""));
        }
        let job = if phase == 3 { &parsing } else { &transforming };
        let failed = format!("\"statuscode\":31 & {words}");
        requests.extend([get(job, 200, &failed), get(STATUS, 200, "\"statuscode\":5"), get(LOG, 200, words)]);
        requests.push(post(RUN, "{}", 400, "has not succeeded"));
        check_with(&facts(), Switches::default(), &requests);
    }
}

#[test]
#[rustfmt::skip] // keeps a request to a line
fn actions_are_offered_as_the_switch_says() {
    let bodies = bodies(TWO, &ALL);
    let with = |served_as: DataImport, more: &[(&str, &str, u16, &str)]| {
        let mut requests = bodies.made();
        requests.extend(more.iter().map(|(url, body, status, holds)| post(url, body, *status, holds)));
        check_with(&facts(), served(served_as), &requests);
    };
    let by_id = bodies.by_id.as_str();
    let nothing = "Resource not found for the segment & 0x8006088a";
    with(DataImport::Documented, &[
        ("ParseImport", by_id, 404, nothing),
        ("imports(30000000-0000-4000-8000-000000000002)/Microsoft.Dynamics.CRM.ParseImport", "{}", 404, "0x80040217"),
        ("TransformImport", "{}", 400, "ImportId"),
        ("imports/Microsoft.Dynamics.CRM.ParseImport", "{}", 400, "does not support"),
    ]);
    with(DataImport::Unbound, &[(PARSE, "{}", 404, nothing), ("ParseImport", by_id, 200, "{\"AsyncOperationId\":")]);
    with(DataImport::Refused, &[
        (PARSE, "{}", 404, nothing), ("ParseImport", by_id, 404, nothing),
        ("TransformImport", by_id, 404, nothing), (RUN, "{}", 404, nothing),
    ]);
}
