//! Header lines of real exports find their columns.

use super::{Folder, accounts, id};
use crate::model::{Findings, References, Silent};
use crate::read::{RecordsSpec, open_records, open_roles, open_users};

#[test]
#[rustfmt::skip]
fn records_headers() {
    //           case                        table          header line                                                        id, owner
    check_records("static worksheet",        "account",     "(Do Not Modify) Account,(Do Not Modify) Row Checksum,(Do Not Modify) Modified On,Account Name,Owner", Some((1, 5)));
    check_records("the same in German",      "account",     "Firmenname,(Nicht \u{e4}ndern) Firma,Owner",                       Some((2, 3)));
    check_records("logical names",           "contact",     "contactid,firstname,lastname,ownerid,ownerid.LogicalName",        Some((1, 4)));
    check_records("owner's type is no owner", "contact",    "contactid,ownerid.LogicalName",                                   None);
    check_records("Web API names",           "account",     "@odata.etag,_ownerid_value,accountid",                            Some((3, 2)));
    check_records("activities",              "task",        "activityid,subject,owninguser",                                   Some((1, 3)));
    check_records("custom table",            "contoso_outcome", "contoso_outcomeid,Owner",                                     Some((1, 2)));
    check_records("Salesforce",              "lead",        "Id,IsDeleted,LastName,FirstName,Salutation,Name,OwnerId",         Some((1, 7)));
    check_records("Salesforce Data Loader",  "lead",        "\"ID\",\"LASTNAME\",\"OWNERID\"",                                 Some((1, 3)));
    check_records("HubSpot",                 "contact",     "Record ID - Contact,First Name,Last Name,Email,Phone Number,Contact owner,Last Activity Date", Some((1, 6)));
    check_records("Zoho",                    "opportunity", "Record Id,Deal Owner.id,Deal Owner",                              Some((1, 2)));
    check_records("Pipedrive",               "opportunity", "Deal - ID,Deal - Title,Deal - Creator,Deal - Owner,Deal - Value", Some((1, 4)));
    check_records("blank, mark and case",    "account",     "\u{feff} ACCOUNT_ID ,\u{a0}Owner",                                Some((1, 2)));
    check_records("table's id before Id",    "account",     "Id,accountid,Owner,OwnerId",                                      Some((2, 4)));
    check_records("two could be the owner",  "account",     "accountid,Deal owner,Contact owner",                              None);
    check_records("a former owner is no owner", "contact",  "contactid,Previous Owner",                                       None);
    check_records("an owner of another table", "contact",   "contactid,Account Owner",                                        None);
    check_records("two columns Owner",       "account",     "accountid,Owner,Name,owner",                                     None);
    check_records("two columns Name",        "account",     "accountid,Name,Name,Owner",                                      Some((1, 4)));
    check_records("no owner",                "account",     "src_name,src_parent,src_addresstype",                             None);
    check_records("no id",                   "opportunity", "Created On,Topic,Owner,Potential Customer,Status",                None);
}

#[track_caller]
fn check_records(case: &str, table: &str, header: &str, expected: Option<(u16, u16)>) {
    let folder = Folder::new();
    let bytes = format!(
        "{header}\n{}\n",
        vec![id(1); header.split(',').count()].join(",")
    );
    let spec = RecordsSpec {
        entity: table.to_owned(),
        ..accounts()
    };
    let mut findings = Findings::default();
    let found = open_records(&folder.file("r.csv", bytes), &spec, &mut findings)
        .and_then(|export| {
            let scratch = folder.0.path();
            export.read(&mut References::default(), &mut findings, scratch, &Silent)
        })
        .ok()
        .map(|rows| (rows.id_column, rows.owner_column));
    assert_eq!(found, expected, "case: {case}");
}

#[test]
fn only_the_column_that_holds_ids_is_the_id() {
    let folder = Folder::new();
    let header =
        "(Do Not Modify) Modified On,(Do Not Modify) Row Checksum,(Do Not Modify) Lead,Owner";
    let bytes = format!("{header}\n2026-01-02,aGVsbG8=,{},Ana\n", id(1));
    let mut findings = Findings::default();
    let export = open_records(&folder.file("r.csv", bytes), &accounts(), &mut findings).unwrap();
    let rows = export
        .read(
            &mut References::default(),
            &mut findings,
            folder.0.path(),
            &Silent,
        )
        .unwrap();
    assert_eq!(rows.id_column, 3);
}

#[test]
#[rustfmt::skip]
fn users_headers() {
    check_users("view of users", "Full Name,User Name,Primary Email,Title,Status", "Ana Costa,ana@c.com,a@c.com,Ms,Disabled",
        "- upn=ana@c.com mail=a@c.com name=Ana Costa inactive=true");
    check_users("static worksheet", "(Do Not Modify) User,(Do Not Modify) Row Checksum,First Name,Last Name,Email 2,Mobile Alert Email", "00000000-0000-0000-0000-000000000007,x,Ana,Costa,b@c.com,m@c.com",
        "00000000-0000-0000-0000-000000000007 mail2=b@c.com mobile=m@c.com first=Ana last=Costa");
    check_users("logical names", "systemuserid,domainname,internalemailaddress,employeeid,azureactivedirectoryobjectid,isdisabled", "u1,ana@c.com,a@c.com,E7,00000000-0000-0000-0000-000000000009,false",
        "u1 upn=ana@c.com mail=a@c.com employee=E7 directory=9 inactive=false");
    check_users("Entra", "userPrincipalName,displayName,surname,mail,givenName,id,userType,accountEnabled", "ana@c.com,Ana Costa,Costa,a@c.com,Ana,00000000-0000-0000-0000-000000000009,Member,False",
        "00000000-0000-0000-0000-000000000009 upn=ana@c.com mail=a@c.com first=Ana last=Costa name=Ana Costa directory=9 inactive=true");
    check_users("Entra, older", "userPrincipalName,displayName,objectId,accountEnabled", "ana@c.com,Ana,00000000-0000-0000-0000-000000000009,True",
        "00000000-0000-0000-0000-000000000009 upn=ana@c.com name=Ana directory=9 inactive=false");
    check_users("Microsoft 365", "Block credential,City,Display name,First name,Last name,Object Id,User principal name", "FALSE,Porto,Ana Costa,Ana,Costa,00000000-0000-0000-0000-000000000009,ana@c.com",
        "00000000-0000-0000-0000-000000000009 upn=ana@c.com first=Ana last=Costa name=Ana Costa directory=9 inactive=false");
    check_users("Salesforce", "Id,Username,FirstName,LastName,Email,IsActive", "005bm00000NCJmQAAX,ana@c.com.sb,Ana,Costa,a@c.com,false",
        "005bm00000NCJmQAAX upn=ana@c.com.sb mail=a@c.com first=Ana last=Costa inactive=true");
    check_users("Active Directory", "Name,SamAccountName,EmailAddress,Enabled", "Ana Costa,acosta,a@c.com,True",
        "- upn=acosta mail=a@c.com name=Ana Costa inactive=false");
    check_users("Entra's template below its version line", "version:v1.0,,\nName [displayName] Required,User name [userPrincipalName] Required,First name [givenName]", "Ana Costa,ana@c.com,Ana",
        "- upn=ana@c.com first=Ana name=Ana Costa");
    check_users("D365 contacts, a blank before the first", " Full Name,Middle Name,First Name,Email", "Ana Costa,,Ana,a@c.com",
        "- mail=a@c.com first=Ana name=Ana Costa");
}

#[track_caller]
fn check_users(case: &str, header: &str, row: &str, expected: &str) {
    let folder = Folder::new();
    let mut findings = Findings::default();
    let spec = folder.file("u.csv", format!("{header}\n{row}\n"));
    let export = open_users(&spec, &[], &mut findings).unwrap();
    let people = export.read(&mut findings, &Silent).unwrap().people;
    assert_eq!(people.len(), 1, "case: {case}");
    let person = &people[0];
    let mut shown = person.id.clone().unwrap_or_else(|| "-".to_owned());
    let directory = person.directory_id.map(|id| id.as_u128().to_string());
    let inactive = person.inactive.map(|inactive| inactive.to_string());
    for (name, value) in [
        ("upn", &person.upn),
        ("mail", &person.mail),
        ("mail2", &person.mail2),
        ("mobile", &person.mobile_alert_mail),
        ("first", &person.first_name),
        ("last", &person.last_name),
        ("name", &person.full_name),
        ("employee", &person.employee_id),
        ("directory", &directory),
        ("inactive", &inactive),
    ] {
        if let Some(value) = value {
            shown = format!("{shown} {name}={value}");
        }
    }
    assert_eq!(shown, expected, "case: {case}");
}

#[test]
#[rustfmt::skip]
fn roles_headers() {
    check_roles("plain",              "User,Role,Business unit,Action",                     Some([1, 2, 3, 4]));
    check_roles("display name",       "Full Name,Security Role",                            Some([1, 2, 0, 0]));
    check_roles("Capgemini's schema", "map.systemuserid.systemuser.domainname,map.roleid.role.name,map.roleid.role.businessunitid", Some([1, 2, 3, 0]));
    check_roles("logical name",       "Business Unit Name,domainname,Role Name",            Some([2, 3, 1, 0]));
    check_roles("no role",            "User,Business unit",                                 None);
}

#[track_caller]
fn check_roles(case: &str, header: &str, expected: Option<[u16; 4]>) {
    let folder = Folder::new();
    let mut findings = Findings::default();
    let spec = folder.file("r.csv", format!("{header}\na,b,c,d\n"));
    let found = open_roles(&spec, &mut findings)
        .and_then(|export| export.read(&mut References::default(), &mut findings, &Silent))
        .ok()
        .map(|rows| rows[0].columns)
        .map(|columns| {
            [
                columns.user,
                columns.role,
                columns.business_unit,
                columns.action,
            ]
        });
    assert_eq!(found, expected, "case: {case}");
}

#[test]
fn a_missing_column_says_what_was_looked_for_and_what_is_there() {
    let folder = Folder::new();
    let spec = folder.file("r.csv", format!("Account,Rep\n{},Ana\n", id(1)));
    let error = open_records(&spec, &accounts(), &mut Findings::default())
        .err()
        .unwrap();
    let message = error.to_string();
    for part in [
        "`r.csv`",
        "record id",
        "`accountid`",
        "`Account`, `Rep`",
        "`key =`",
        "[[records]]",
    ] {
        assert!(message.contains(part), "{part} in: {message}");
    }
    let named = RecordsSpec {
        id: Some("ACCOUNT".to_owned()),
        owner: Some("Sales rep".to_owned()),
        ..accounts()
    };
    let error = open_records(&spec, &named, &mut Findings::default())
        .err()
        .unwrap();
    assert!(
        error
            .to_string()
            .contains("looked for `Sales rep`; found `Account`, `Rep`"),
        "{error}"
    );
    let named = RecordsSpec {
        owner: Some("rep".to_owned()),
        ..named
    };
    assert!(open_records(&spec, &named, &mut Findings::default()).is_ok());
}

#[test]
fn repeated_and_blank_headers_are_warned_of() {
    let folder = Folder::new();
    let spec = folder.file(
        "r.csv",
        format!("accountid,Owner,,Phone,phone,\n{},Ana,,1,2,\n", id(1)),
    );
    let mut findings = Findings::default();
    open_records(&spec, &accounts(), &mut findings).unwrap();
    assert_eq!(
        super::show_findings(findings),
        ["FIL005 r.csv @ 1/1:3 1/1:4 1/1:5"]
    );
}
