//! Loads of small folders: what comes out of good ones; the broken ones are in `tests/problems.rs`.
//!
//! In: a folder of CSV files, good but for what a test changes. Out: the environment file. In the
//! texts `@u1` stands for the GUID of user 1; so `@b` units, `@r` roles, `@t` teams, `@e` records.

mod clashes;
mod directories;
mod problems;

use std::collections::BTreeMap;
use std::path::Path;

use tempfile::TempDir;
use uuid::Uuid;

use super::*;
use crate::environment::EnvironmentFile;
use crate::environment::Facts;
use crate::model::{
    Depth, Inheritance, Invitation, Ownership, Principal, ProfileField, RecordId, RoleId, Silent,
    TeamId, TeamType, UnitId, UserDetails, UserId,
};

const GOOD: &[(&str, &str)] = &[
    (
        "business_units.csv",
        "id,name,parent\n@b3,Porto,Portugal\n@b1,Contoso,\n@b2,Portugal,@b1\n",
    ),
    (
        "users.csv",
        "systemuserid,domainname,internalemailaddress,First Name,Last Name,\
         Business Unit,accessmode,isdisabled\n\
         @u1,ana@contoso.com,ana.costa@contoso.com,Ana,Costa,Porto,0,no\n\
         @u2,rui@contoso.com,,Rui,,@b2,Read-Write,Enabled\n\
         @u3,old@contoso.com,,Old,Hand,contoso,read,TRUE\n\
         @u4,,,,SYSTEM,Contoso,3,no\n",
    ),
    (
        "roles.csv",
        "id,name,business unit\n@r1,Salesperson,Contoso\n@r2,Porto Clerk,Porto\n",
    ),
    (
        "role_privileges.csv",
        "role,privilege,depth\nsalesperson,prvReadAccount,Organization\n@r2,prvReadTask,1\n",
    ),
    (
        "user_roles.csv",
        "user,role\nANA@contoso.com,Salesperson\n@u1,@r2\n@u2,@r1\n",
    ),
    (
        "teams.csv",
        "id,name,business unit,type\n@t1,Sales,Porto,\n@t2,Watchers,Contoso,access\n",
    ),
    ("team_members.csv", "team,user\nsales,rui@contoso.com\n"),
    (
        "team_roles.csv",
        "team,role,inheritance\nSales,Salesperson,team-only\n",
    ),
    (
        "entities.csv",
        "name,ownership\nAccount,UserOwned\nterritory,organisation\n",
    ),
    ("cascades.csv", "parent,child,assign\naccount,contact,all\n"),
    (
        "settings.csv",
        "name,value\ncaller,ana@contoso.com\nEnableOwnershipAcrossBusinessUnits,true\n",
    ),
    (
        "records-account.csv",
        "accountid,ownerid,new_LegacyId,Name\n\
         @e2,ana@contoso.com,L 2,Fabrikam\n@e1,Sales,l1,\n@e3,@u3,L1,\n@e4,Old Hand,,\n",
    ),
    (
        "records-contact.csv",
        "id,owner\n@e1,ana.costa@contoso.com\n",
    ),
    (
        "directory.csv",
        "User principal name,Object Id,Block credential,Licenses\n\
         ana@contoso.com,@u9,FALSE,ENTERPRISEPACK+DYN365_SALES\nrui@contoso.com,,True,Unlicensed\n",
    ),
    (
        "groups.csv",
        "group,member,via\nCRM,ana@contoso.com,Sales\n",
    ),
    (
        "licences.csv",
        "product,seats,used,provisions\nDYN365_SALES,10,3,yes\n",
    ),
    ("user_licences.csv", "user,product\n@u1,DYN365_SALES\n"),
];

fn guid(kind: char, number: u32) -> Uuid {
    Uuid::from_u128((u128::from(u32::from(kind)) << 96) | 0x4000_8000 << 48 | u128::from(number))
}

/// Puts GUIDs where `@u1` and the like stand.
fn with_ids(text: &str) -> String {
    let mut parts = text.split('@');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let mut letters = part.chars();
        let kind = letters.next();
        let number = letters.next().and_then(|digit| digit.to_digit(10));
        if let (Some(kind), Some(number)) = (kind, number) {
            out.push_str(&guid(kind, number).to_string());
            out.push_str(letters.as_str());
        } else {
            out.push('@');
            out.push_str(part);
        }
    }
    out
}

/// The good folder with some files other than they were; an empty text takes the file away.
fn folder(changes: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let mut files: BTreeMap<&str, &str> = GOOD.iter().copied().collect();
    files.extend(changes.iter().copied());
    for (name, text) in files.into_iter().filter(|(_, text)| !text.is_empty()) {
        std::fs::write(folder.path().join(name), with_ids(text)).unwrap();
    }
    folder
}

fn load_into(folder: &Path, file: &Path) -> Result<LoadSummary, LoadError> {
    load(
        folder,
        "environment/",
        file,
        Given::on("2026-11-24"),
        &Silent,
    )
}

fn loaded(changes: &[(&str, &str)]) -> (TempDir, EnvironmentFile, LoadSummary) {
    let exports = folder(changes);
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("environment.sqlite");
    let summary = load_into(exports.path(), &path).unwrap_or_else(|error| panic!("{error}"));
    (place, EnvironmentFile::open(&path).unwrap(), summary)
}

fn user(number: u32) -> UserId {
    UserId(guid('u', number))
}

fn unit(number: u32) -> UnitId {
    UnitId(guid('b', number))
}

fn role(number: u32) -> RoleId {
    RoleId(guid('r', number))
}

fn copy(root: u32, in_unit: u32) -> RoleId {
    RoleId(Uuid::new_v5(&role(root).0, unit(in_unit).0.as_bytes()))
}

#[test]
fn people_and_units_of_a_good_folder() {
    let (_place, file, _) = loaded(&[]);
    let facts = Facts::of(&file).unwrap();
    assert_eq!(facts.root_unit().unwrap().id, unit(1));
    assert_eq!(facts.units()[&unit(3)].parent, Some(unit(2)));
    let ana = &facts.users()[&user(1)];
    assert_eq!(ana.full_name.as_deref(), Some("Ana Costa"));
    assert_eq!(ana.business_unit, unit(3));
    assert_eq!(ana.mail.as_deref(), Some("ana.costa@contoso.com"));
    assert_eq!((ana.disabled, ana.licensed, ana.stub), (false, None, false));
    assert!(facts.users()[&user(3)].disabled);
    assert_eq!(facts.users()[&user(4)].full_name.as_deref(), Some("SYSTEM"));
    let team = TeamId(guid('t', 1));
    assert_eq!(facts.team_members(team), [user(2)]);
    assert_eq!(facts.teams_of(user(2)), [team]);
    assert_eq!(facts.teams()[&team].kind, TeamType::Owner);
    assert_eq!(facts.setting("caller"), Some(user(1).to_string().as_str()));
    assert_eq!(file.identity().unwrap().caller, Some(user(1)));
    assert!(facts.loaded(Loadable::Groups));
}

#[test]
fn a_role_is_copied_into_its_unit_and_all_below() {
    let (_place, file, _) = loaded(&[]);
    let facts = Facts::of(&file).unwrap();
    let mut copies = vec![role(1), copy(1, 2), copy(1, 3)];
    copies.sort();
    assert_eq!(facts.role_copies(role(1)), copies);
    assert_eq!(facts.roles_named("SALESPERSON"), copies);
    assert_eq!(facts.role_copies(role(2)), [role(2)]);
    let porto = &facts.roles()[&copy(1, 3)];
    assert_eq!((porto.business_unit, porto.root), (unit(3), role(1)));
    assert_eq!(porto.inheritance, Inheritance::TeamOnly);
    let clerk = facts.roles()[&role(2)].inheritance;
    assert_eq!(clerk, Inheritance::DirectUser);
    let mut held = vec![copy(1, 3), role(2)];
    held.sort();
    assert_eq!(
        facts.user_roles(user(1)),
        held,
        "by name: the copy in the unit"
    );
    assert_eq!(
        facts.user_roles(user(2)),
        [role(1)],
        "by id: that very copy"
    );
    assert_eq!(facts.team_roles(TeamId(guid('t', 1))), [copy(1, 3)]);
    let privileges = facts.role_privileges(role(1));
    assert_eq!(privileges[0].privilege, "prvReadAccount");
    assert_eq!(privileges[0].depth, Depth::Organisation);
}

#[test]
fn copies_that_the_file_lists_keep_their_ids() {
    let roles = "roleid,name,businessunitid,parentrootroleid\n\
                 @r5,Salesperson,Porto,@r1\n@r1,Salesperson,@b1,@r1\n@r2,Porto Clerk,Porto,\n";
    let (_place, file, _) = loaded(&[
        ("roles.csv", roles),
        (
            "role_privileges.csv",
            "role,privilege,depth\n@r5,prvReadAccount,user\n",
        ),
    ]);
    let facts = Facts::of(&file).unwrap();
    let mut copies = vec![role(1), copy(1, 2), role(5)];
    copies.sort();
    assert_eq!(facts.role_copies(role(1)), copies);
    assert!(facts.user_roles(user(1)).contains(&role(5)));
    assert_eq!(
        facts.role_privileges(role(1)).len(),
        1,
        "kept with the root"
    );
}

#[test]
fn records_owners_and_keys() {
    let (_place, file, summary) = loaded(&[]);
    let record = |number| RecordId(guid('e', number));
    let owners = file.owners("Account", &Silent).unwrap().unwrap();
    let team = Principal::Team(TeamId(guid('t', 1)));
    assert_eq!(owners.len(), 4);
    assert_eq!(owners.owner(record(1)), Some(team));
    assert_eq!(owners.owner(record(2)), Some(Principal::User(user(1))));
    assert_eq!(owners.owner(record(4)), Some(Principal::User(user(3))));
    assert_eq!(owners.owner(record(5)), None);
    assert!(owners.iter().is_sorted());
    let keys = file.keys("account", "New_LegacyId", &Silent).unwrap();
    assert_eq!(keys.records(" L1 "), [record(1), record(3)]);
    assert_eq!(keys.records("l 2"), [record(2)]);
    assert!(keys.records("l3").is_empty());
    assert!(file.owners("territory", &Silent).unwrap().is_none());
    assert!(file.owners("lead", &Silent).unwrap().is_none());
    let facts = Facts::of(&file).unwrap();
    assert_eq!(
        facts.entity("account").unwrap().ownership,
        Some(Ownership::User)
    );
    let contact = facts.entity("contact").unwrap();
    assert_eq!((contact.ownership, contact.records_loaded), (None, true));
    assert!(!facts.entity("territory").unwrap().records_loaded);
    let counted = (
        "records-account".to_owned(),
        "records-account.csv".to_owned(),
        4,
    );
    assert!(summary.tables.contains(&counted));
    assert!(summary.not_loaded.is_empty());
}

#[test]
fn a_switch_is_kept_as_the_service_writes_it_and_keys_are_whose_they_are() {
    let (_folder, file, _) = loaded(&[
        (
            "settings.csv",
            "name,value\nAllowRoleAssignmentOnDisabledUsers,Yes\n",
        ),
        (
            "records-account.csv",
            "id,owner,legacy\n@e1,Sales,1.2E+17\n@e2,Sales,12\n@e3,Sales,0015g00000NCJmQAAX\n",
        ),
    ]);
    let facts = Facts::of(&file).unwrap();
    let name = "AllowRoleAssignmentOnDisabledUsers";
    assert_eq!(facts.setting(name), Some("true"));
    let keys = file.keys("account", "legacy", &Silent).unwrap();
    let found = |key: &str| keys.records(key).len();
    assert_eq!((keys.len(), found("12")), (2, 1));
    assert_eq!((found("0015g00000NCJmQ"), found("0015g00000NCJmq")), (1, 0));
}

#[test]
fn what_is_absent_is_not_loaded() {
    let absent: Vec<(&str, &str)> = GOOD[3..].iter().map(|(name, _)| (*name, "")).collect();
    let (_place, file, summary) = loaded(&absent);
    let facts = Facts::of(&file).unwrap();
    assert_eq!(summary.not_loaded, Loadable::ALL[3..]);
    for what in Loadable::ALL {
        assert_eq!(facts.loaded(what), !summary.not_loaded.contains(&what));
    }
    assert_eq!(file.as_of().unwrap(), "2026-11-24");
}

#[test]
fn what_the_service_says_of_people() {
    let users = "systemuserid,domainname,businessunitid,title,Job Title,Main Phone,mobilephone,\
                 address1_fax,homephone,address1_line1,City,address1_stateorprovince,\
                 Country/Region,issyncwithdirectory,azurestate,deletedstate,invitestatuscode,\
                 invited_on,Address 1: County\n\
                 @u1,ana@contoso.com,Porto,Buyer,Someone,+351 1,+351 9,+351 2,+351 5,Rua 1,Porto,\
                 Norte,Portugal,Yes,Exists,Not deleted,Invited,2026-11-20,Maia\n\
                 @u2,rui@contoso.com,Portugal,,,,,,,,,,,no,1,0,,,\n\
                 @u3,old@contoso.com,Contoso,,,,,,,,,,,,,Soft deleted,3,,\n\
                 @u4,sys@contoso.com,Contoso,,,,,,,,,,,,,,,,\n";
    let (_place, file, summary) = loaded(&[
        ("users.csv", users),
        ("records-account.csv", ""),
        ("records-contact.csv", ""),
    ]);
    let facts = Facts::of(&file).unwrap();
    let of = |number| &facts.users()[&user(number)].details;
    let ana: Vec<String> = of(1)
        .profile
        .iter()
        .map(|(field, text)| format!("{}={text}", field.key()))
        .collect();
    let expected = "title=Buyer main_phone=+351 1 mobile_phone=+351 9 fax=+351 2 home_phone=+351 5 \
                    street=Rua 1 city=Porto state=Norte country=Portugal";
    assert_eq!(ana.join(" "), expected, "`jobtitle` is another field");
    assert_eq!((of(1).synchronised, of(1).deleted), (Some(true), false));
    assert_eq!(of(1).invitation, Some(Invitation::Invited));
    assert_eq!(of(1).invited_on.as_deref(), Some("2026-11-20"));
    assert_eq!((of(2).synchronised, of(2).deleted), (Some(false), true));
    assert_eq!(
        (of(3).invitation, of(3).deleted),
        (Some(Invitation::Expired), true)
    );
    assert_eq!(**of(4), UserDetails::default());
    assert!(facts.loaded_field(ProfileField::Title) && facts.loaded_field(ProfileField::State));
    assert!(!facts.loaded_field(ProfileField::Mail) && !facts.loaded_field(ProfileField::FullName));
    let unread = "not read: columns `Job Title`, `Address 1: County`";
    assert!(
        summary
            .remarks
            .iter()
            .any(|remark| remark.ends_with(unread))
    );
}

#[test]
fn the_number_of_non_interactive_users_comes_from_the_manifest_where_the_settings_are_silent() {
    let name = setting::NON_INTERACTIVE_MAX;
    let load_with = |settings: &str, most| {
        let exports = folder(&[("settings.csv", settings)]);
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("environment.sqlite");
        let given = Given {
            non_interactive_max: most,
            ..Given::on("2026-11-24")
        };
        load(exports.path(), "environment/", &path, given, &Silent)?;
        Ok::<_, LoadError>(EnvironmentFile::open(&path)?.setting(name)?)
    };
    let said = |number: &str| format!("name,value\n{name},{number}\n");
    let five = || Some("5".to_owned());
    assert_eq!(load_with("", Some(5)).unwrap(), five());
    assert_eq!(load_with("name,value\n", Some(5)).unwrap(), five());
    assert_eq!(load_with(&said("05"), Some(5)).unwrap(), five());
    assert_eq!(load_with(&said("5"), None).unwrap(), five());
    assert_eq!(load_with("", None).unwrap(), None);
    let error = load_with(&said("7"), Some(5)).unwrap_err();
    let [problem] = error.problems() else {
        panic!("{error}");
    };
    assert_eq!((problem.row, problem.header.as_deref()), (2, Some("value")));
    assert!(
        problem
            .message
            .starts_with("`7`, and `non_interactive_max`"),
        "{error}"
    );
    assert!(
        problem
            .message
            .contains("is 5, expected the same; correct one"),
        "{error}"
    );
}

#[test]
fn the_day_and_the_organisation_come_from_the_settings_where_they_say() {
    let settings = "name,value\nas_of,2027-01-31\norganisation_id,{@o1}\n";
    let (_place, file, _) = loaded(&[("settings.csv", settings)]);
    assert_eq!(file.as_of().unwrap(), "2027-01-31");
    let identity = file.identity().unwrap();
    assert_eq!(identity.organisation.0, guid('o', 1));
    assert_eq!(identity.host, "environment.sqlite");
    assert_eq!(identity.caller, None);
}

#[test]
fn the_same_folder_gives_the_same_file_and_fingerprint() {
    let exports = folder(&[]);
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("environment.sqlite");
    load_into(exports.path(), &path).unwrap();
    let first = std::fs::read(&path).unwrap();
    load_into(exports.path(), &path).unwrap();
    assert!(first == std::fs::read(&path).unwrap(), "the files differ");
    let file = EnvironmentFile::open(&path).unwrap();
    let fingerprint = folder_fingerprint(exports.path()).unwrap();
    assert_eq!(file.loaded_from().unwrap(), Some(fingerprint.clone()));
    std::fs::write(exports.path().join("notes.txt"), "no export").unwrap();
    assert_eq!(folder_fingerprint(exports.path()).unwrap(), fingerprint);
    std::fs::write(exports.path().join("groups.csv"), "group,member\n").unwrap();
    assert_ne!(folder_fingerprint(exports.path()).unwrap(), fingerprint);
}

#[test]
fn a_load_that_fails_leaves_the_old_file_and_nothing_else() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("environment.sqlite");
    load_into(folder(&[]).path(), &path).unwrap();
    let before = std::fs::read(&path).unwrap();
    let broken = folder(&[("user_roles.csv", "user,role\nnobody,Salesperson\n")]);
    load_into(broken.path(), &path).unwrap_err();
    assert!(
        before == std::fs::read(&path).unwrap(),
        "the old file changed"
    );
    assert_eq!(std::fs::read_dir(place.path()).unwrap().count(), 1);
}

#[test]
fn what_a_killed_load_left_is_no_hindrance() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("environment.sqlite");
    std::fs::write(place.path().join(".environment.sqlite.making"), "half").unwrap();
    load_into(folder(&[]).path(), &path).unwrap();
    assert_eq!(std::fs::read_dir(place.path()).unwrap().count(), 1);
}

#[test]
fn workbooks_are_read_as_well_and_never_beside_a_csv() {
    let mut workbook = rust_xlsxwriter::Workbook::new();
    let sheet = workbook.add_worksheet();
    for (row, line) in with_ids("id,name,parent\n@b1,Contoso,\n")
        .lines()
        .enumerate()
    {
        for (column, text) in line.split(',').enumerate() {
            let (row, column) = (u32::try_from(row).unwrap(), u16::try_from(column).unwrap());
            sheet.write_string(row, column, text).unwrap();
        }
    }
    let mut changes: Vec<(&str, &str)> = GOOD.iter().map(|(name, _)| (*name, "")).collect();
    changes.push((
        "users.csv",
        "id,upn,business_unit\n@u1,ana@contoso.com,@b1\n",
    ));
    changes.push((
        "roles.csv",
        "id,name,business_unit\n@r1,Basic User,contoso\n",
    ));
    let exports = folder(&changes);
    workbook
        .save(exports.path().join("business_units.xlsx"))
        .unwrap();
    std::fs::write(exports.path().join("~$business_units.xlsx"), "Excel's own").unwrap();
    let path = exports.path().join("environment.sqlite");
    load_into(exports.path(), &path).unwrap();
    let facts = Facts::of(&EnvironmentFile::open(&path).unwrap()).unwrap();
    assert_eq!(facts.root_unit().unwrap().name, "Contoso");
    std::fs::write(exports.path().join("Business_Units.csv"), "id\n").unwrap();
    let error = load_into(exports.path(), &path).unwrap_err();
    let twice: Vec<_> = error
        .problems()
        .iter()
        .map(|problem| problem.file.as_str())
        .collect();
    let both = [
        "environment/Business_Units.csv",
        "environment/business_units.xlsx",
    ];
    assert!(both.iter().all(|file| twice.contains(file)), "{error}");
}

#[test]
fn a_folder_that_is_not_there_is_an_error() {
    let place = tempfile::tempdir().unwrap();
    let error = load_into(
        &place.path().join("exports"),
        &place.path().join("e.sqlite"),
    );
    let message = error.unwrap_err().to_string();
    assert!(message.contains("exports`: cannot be read"), "{message}");
}
