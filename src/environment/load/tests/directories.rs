//! Exports of directories, one small one of each kind, as their tools write them.
//!
//! In: the good folder of `tests.rs` with other files of the directory. Out: people, each as one line,
//! groups, and remarks. What is wrong in such files is in `clashes.rs`.

use std::collections::BTreeSet;

use crate::environment::Facts;
use crate::environment::load::tests::{loaded, with_ids};
use crate::model::DirectoryPerson;

/// A person as one line: only what is known of them.
fn line(person: &DirectoryPerson) -> String {
    let mut parts = vec![person.upn.clone()];
    parts.extend(person.id.map(|id| format!("id {id}")));
    parts.extend(person.display_name.as_ref().map(|name| format!("({name})")));
    let enabled = |enabled| if enabled { "enabled" } else { "blocked" };
    parts.extend(person.enabled.map(|is| enabled(is).to_owned()));
    parts.extend(person.deleted.then(|| "deleted".to_owned()));
    parts.extend(person.guest.then(|| "guest".to_owned()));
    let field =
        |(field, text): (&crate::model::ProfileField, &String)| format!("{}={text}", field.key());
    parts.extend(person.profile.iter().map(field));
    let set = |name, set: &Option<BTreeSet<String>>| {
        let list = set.as_ref()?.iter().cloned().collect::<Vec<_>>();
        Some(format!("{name}[{}]", list.join("|")))
    };
    parts.extend(set("licences", &person.licences));
    parts.extend(set("roles", &person.roles));
    parts.join(" ")
}

/// Loads the good folder with these files as its directory; compares everybody in it, and looks for a
/// part of each remark.
#[track_caller]
fn check(case: &str, files: &[(&str, &str)], expected: &[&str], remarks: &[&str]) {
    let mut changes = vec![("directory.csv", "")];
    changes.extend(files);
    let (_place, file, summary) = loaded(&changes);
    let facts = Facts::of(&file).unwrap();
    let found: Vec<String> = facts.people().values().map(line).collect();
    let expected: Vec<String> = expected.iter().map(|line| with_ids(line)).collect();
    assert_eq!(found, expected, "case: {case}");
    for part in remarks {
        let told = summary.remarks.iter().any(|remark| remark.contains(part));
        assert!(told, "case: {case}: no `{part}` in {:#?}", summary.remarks);
    }
}

#[test]
fn the_admin_centre() {
    let header = "Block credential,City,Country/Region,Department,DirSyncEnabled,Display name,Fax,\
                  First name,Last dirsync time,Last name,Licenses,Mobile Phone,Oath token meta data,\
                  Object Id,Office,Phone number,Proxy addresses,Soft deletion time stamp,State,\
                  Street address,Title,User principal name,When created\n";
    let rows = "FALSE,Porto,Portugal,Sales,True,Ana Costa,+351 2,Ana,2026-11-20 08:00:00Z,Costa,\
                Dynamics 365 Sales Enterprise+Enterprise Mobility + Security E3,+351 9,,@u9,2/11,\
                +351 1,smtp:a@old.example+SMTP:ana+crm@contoso.com+sip:ana@contoso.com,,Norte,\
                \"Rua 1, 2\",Buyer,ana@contoso.com,2020-05-23 19:59:00Z\n\
                TRUE,,,,False,Rui,,,,,Unlicensed,,,@u8,,,SMTP:rui@contoso.com,\
                2026-11-01 10:00:00Z,,,,rui@contoso.com,2020-05-23 19:59:00Z\n\
                FALSE,,,,,Bo,,,,,,,,@u7,,,,,,,,bo_fabrikam.com#EXT#@contoso.com,2020-05-23 19:59:00Z\n";
    let ana = "ana@contoso.com id @u9 (Ana Costa) enabled first_name=Ana last_name=Costa \
               mail=ana+crm@contoso.com title=Buyer main_phone=+351 1 mobile_phone=+351 9 fax=+351 2 \
               street=Rua 1, 2 city=Porto state=Norte country=Portugal \
               licences[Dynamics 365 Sales Enterprise|Enterprise Mobility + Security E3]";
    check(
        "Export users, as it is now",
        &[("directory.csv", &format!("{header}{rows}"))],
        &[
            ana,
            "bo_fabrikam.com#EXT#@contoso.com id @u7 (Bo) enabled guest licences[]",
            "rui@contoso.com id @u8 (Rui) blocked deleted mail=rui@contoso.com licences[]",
        ],
        &["not read: columns `Department`, `DirSyncEnabled`"],
    );
    check(
        "an older one, where Excel wants `;`",
        &[(
            "directory.csv",
            "Display name;User principal name;Title;CountryOrRegion;StateOrProvince;Block credential;\
             Licenses;License assignment details\n\
             Ana;ana@contoso.com;Buyer;Portugal;Norte;True;;Dynamics 365 Sales Enterprise\n",
        )],
        &["ana@contoso.com (Ana) blocked title=Buyer state=Norte country=Portugal"],
        &["1 people have details of licences and no licences"],
    );
}

#[test]
fn entra() {
    check(
        "Download users, today's generation",
        &[(
            "directory-entra.csv",
            "userPrincipalName,displayName,surname,mail,givenName,id,userType,jobTitle,department,\
             accountEnabled,usageLocation,streetAddress,state,country,officeLocation,city,postalCode,\
             telephoneNumber,mobilePhone,alternateEmailAddress,companyName,creationType,\
             directorySynced,invitationState,createdDateTime\n\
             ana@contoso.com,=3+1,Costa,ana.costa@contoso.com,Ana,@u9,Member,Buyer,Sales,True,PT,\
             Rua 1,Norte,Portugal,2/11,Porto,4000,+351 1,+351 9,,Contoso,,True,,\n\
             bo@fabrikam.com,Bo,,bo@fabrikam.com,,@u8,Guest,,,False,,,,,,,,,,,,Invitation,,Accepted,\n",
        )],
        &[
            "ana@contoso.com id @u9 (=3+1) enabled first_name=Ana last_name=Costa \
             mail=ana.costa@contoso.com title=Buyer main_phone=+351 1 mobile_phone=+351 9 \
             street=Rua 1 city=Porto state=Norte country=Portugal",
            "bo@fabrikam.com id @u8 (Bo) blocked guest mail=bo@fabrikam.com",
        ],
        &[],
    );
    check(
        "and the one before",
        &[(
            "directory.csv",
            "userPrincipalName,displayName,surname,mail,givenName,objectId,userType,jobTitle,\
             accountEnabled,physicalDeliveryOfficeName,telephoneNumber,mobile,\
             authenticationPhoneNumber,authenticationEmail\n\
             ana@contoso.com,Ana,Costa,,Ana,@u9,,,True,2/11,+351 1,+351 9,+1,a@b.example\n",
        )],
        &[
            "ana@contoso.com id @u9 (Ana) enabled first_name=Ana last_name=Costa main_phone=+351 1 \
             mobile_phone=+351 9",
        ],
        &[],
    );
}

#[test]
fn directory_roles() {
    check(
        "directory roles, one assignment a row, and whoever is in no row has none",
        &[
            (
                "directory-admins.csv",
                "roleDisplayName,displayName,userPrincipalName,id,objectType\n\
                 Global Administrator,Ana,ANA@contoso.com,,user\n\
                 Dynamics 365 Administrator,Ana,,@u9,user\n\
                 Global Reader,Zoe,zoe@contoso.com,@u5,user\n\
                 Directory Readers,Sync,,@u4,servicePrincipal\n",
            ),
            (
                "directory.csv",
                "userPrincipalName,id\nana@contoso.com,@u9\nrui@contoso.com,@u8\n",
            ),
        ],
        &[
            "ana@contoso.com id @u9 roles[Dynamics 365 Administrator|Global Administrator]",
            "rui@contoso.com id @u8 roles[]",
            "zoe@contoso.com id @u5 (Zoe) roles[Global Reader]",
        ],
        &["1 row is no person (`serviceprincipal`)"],
    );
    check(
        "directory roles as a column",
        &[(
            "directory.csv",
            "upn,Directory roles\nana@contoso.com,Global Administrator; User Administrator\n\
             rui@contoso.com,\n",
        )],
        &[
            "ana@contoso.com roles[Global Administrator|User Administrator]",
            "rui@contoso.com roles[]",
        ],
        &[],
    );
}

#[test]
fn active_directory() {
    check(
        "Get-ADUser in Windows PowerShell, whose first line is no header",
        &[(
            "directory.csv",
            "#TYPE Microsoft.ActiveDirectory.Management.ADUser\r\n\
             \"DistinguishedName\",\"EmailAddress\",\"Enabled\",\"GivenName\",\"HomePhone\",\"Name\",\
             \"ObjectClass\",\"ObjectGUID\",\"OfficePhone\",\"SamAccountName\",\"SID\",\"State\",\
             \"Surname\",\"Title\",\"UserPrincipalName\"\r\n\
             \"CN=Ana Costa,OU=Sales,DC=contoso,DC=local\",\"ana@contoso.com\",\"True\",\"Ana\",\"+351 5\",\
             \"Ana Costa\",\"user\",\"@u6\",\"+351 1\",\"ana\",\"S-1-5-21-1\",\"Norte\",\"Costa\",\
             \"Buyer\",\"ana@contoso.local\"\r\n\
             \"CN=Scan,DC=contoso,DC=local\",,\"False\",,,\"Scan\",\"user\",\"@u5\",,\"scan\",\
             \"S-1-5-21-2\",,,,\r\n",
        )],
        &[
            "ana@contoso.local id @u6 (Ana Costa) enabled first_name=Ana last_name=Costa \
             mail=ana@contoso.com title=Buyer main_phone=+351 1 home_phone=+351 5 state=Norte",
            "scan id @u5 (Scan) blocked",
        ],
        &["not read: columns `DistinguishedName`, `SID`"],
    );
    check(
        "what a script selected",
        &[(
            "directory.csv",
            "#TYPE Selected.Microsoft.ActiveDirectory.Management.ADUser\n\
             \"Name\",\"SamAccountName\",\"EmailAddress\",\"Enabled\"\n\"Ana\",\"ana\",\"\",\"True\"\n",
        )],
        &["ana (Ana) enabled"],
        &[],
    );
    check(
        "csvde, with its computers and groups",
        &[(
            "directory.csv",
            "DN,objectClass,cn,sn,telephoneNumber,givenName,displayName,memberOf,objectGUID,\
             userAccountControl,sAMAccountName,userPrincipalName,mail,homePhone,l,st,co,proxyAddresses\n\
             \"CN=J M,DC=contoso,DC=local\",user,J M,X'4dc3bc6c6c6572',+49 1,J\u{f6}rg,J M,\
             \"CN=A,DC=contoso;CN=B,DC=contoso\",X'0b818fd05ca3a849a4cdc6923dfc031e',514,jm,\
             jm@contoso.local,,+49 5,Bonn,NRW,Germany,smtp:j@x.example;SMTP:jm@contoso.com\n\
             \"CN=Ana,DC=contoso,DC=local\",top;person;organizationalPerson;user,Ana,,,,,,,66048,ana,\
             ,,,,,,\n\
             \"CN=PC1,DC=contoso,DC=local\",computer,PC1,,,,,,,4096,PC1$,,,,,,,\n\
             \"CN=Sales,DC=contoso,DC=local\",group,Sales,,,,,,,,Sales,,,,,,,\n",
        )],
        &[
            "ana enabled",
            "jm@contoso.local id d08f810b-a35c-49a8-a4cd-c6923dfc031e (J M) blocked first_name=J\u{f6}rg \
             last_name=M\u{fc}ller mail=jm@contoso.com main_phone=+49 1 home_phone=+49 5 city=Bonn \
             state=NRW country=Germany",
        ],
        &["2 rows are no people (`computer`, `group`)"],
    );
}

#[test]
fn several_files_tell_of_one_person() {
    let admin = "User principal name,Object Id,Licenses,Phone number\n\
                 ana@contoso.com,@u9,Dynamics 365 Sales,+351 1\nrui@contoso.com,@u8,Unlicensed,\n";
    let entra = "userPrincipalName,id,userType,jobTitle,telephoneNumber,accountEnabled\n\
                 ANA@contoso.com,@u9,Member,Buyer,+351 7,True\nzoe@contoso.com,@u7,Guest,,,\n";
    let local = "SamAccountName,UserPrincipalName,ObjectGUID,HomePhone,Title\n\
                 ana,ana@contoso.com,@u6,+351 5,Purchaser\nscan,,@u9,,\n";
    check(
        "each fills what is blank; the first by name wins where phones and titles differ",
        &[
            ("directory.csv", admin),
            ("directory-entra.csv", entra),
            ("directory-local.csv", local),
        ],
        &[
            "ana@contoso.com id @u9 enabled title=Buyer main_phone=+351 1 home_phone=+351 5 \
             licences[Dynamics 365 Sales]",
            "rui@contoso.com id @u8 licences[]",
            "scan",
            "zoe@contoso.com id @u7 guest",
        ],
        &[
            "`environment/directory-entra.csv`: 1 cells (main phone) differ",
            "`environment/directory-local.csv`: 1 cells (title) differ",
        ],
    );
}

#[test]
fn groups_of_the_design_and_of_entra() {
    let (_place, file, summary) = loaded(&[
        (
            "groups.csv",
            "group,member,via\nCRM,zoe@contoso.com,Sales\n",
        ),
        (
            "groups-CRM Users.csv",
            "id,userPrincipalName,displayName,objectType\n@u9,ana@contoso.com,Ana,user\n\
             @u8,,Rui,\n@t9,,Sales,group\n",
        ),
        ("groups-More.csv", "group,member\nCRM,rui@contoso.com\n"),
    ]);
    let facts = Facts::of(&file).unwrap();
    let members: Vec<String> = facts
        .groups()
        .values()
        .flatten()
        .map(|one| format!("{}: {} {:?}", one.group, one.member, one.via))
        .collect();
    let expected = [
        "CRM: rui@contoso.com None".to_owned(),
        "CRM: zoe@contoso.com Some(\"Sales\")".to_owned(),
        with_ids("CRM Users: @u8 None"),
        "CRM Users: ana@contoso.com None".to_owned(),
    ];
    assert_eq!(members, expected);
    assert!(summary.remarks.iter().any(|remark| {
        remark.starts_with("`environment/groups-CRM Users.csv`: 1 row is no person")
    }));
    assert!(facts.loaded(crate::model::Loadable::Groups));
}
