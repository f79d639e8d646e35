//! The environment file itself: what goes in comes out, what is none is refused, nothing is left
//! behind.

use std::collections::BTreeSet;
use std::path::Path;

use proptest::prelude::*;
use rusqlite::Connection;
use uuid::Uuid;

use crate::environment::EnvironmentError;
use crate::environment::EnvironmentFile;
use crate::environment::Facts;
use crate::environment::Writer;
use crate::environment::schema;
use crate::environment::testing::environment;
use crate::model::{
    AccessMode, BusinessUnit, Cascade, CascadeAssign, Depth, DirectoryPerson, Entity, Fact,
    GroupMember, Inheritance, Invitation, Licence, Loadable, Ownership, Principal, ProfileField,
    RecordId, Role, RoleId, RolePrivilege, Silent, Team, TeamId, TeamType, UnitId, User,
    UserDetails, UserId, UserLicence,
};

const ROOT: UnitId = UnitId(Uuid::from_u128(9));
const ANA: UserId = UserId(Uuid::from_u128(0x11));
const CLERK: RoleId = RoleId(Uuid::from_u128(0x21));
const SALES: TeamId = TeamId(Uuid::from_u128(0x31));

fn unit(id: UnitId, parent: Option<UnitId>) -> Fact {
    let name = format!("Unit {id}");
    Fact::Unit(BusinessUnit { id, name, parent })
}

fn ana() -> User {
    User {
        id: ANA,
        upn: "ana@contoso.com".to_owned(),
        mail: Some("ana.costa@contoso.com".to_owned()),
        mail2: None,
        mobile_alert_mail: Some("ana@phone.example".to_owned()),
        first_name: Some("Ana".to_owned()),
        last_name: None,
        full_name: Some("Ana".to_owned()),
        employee_id: Some("007".to_owned()),
        business_unit: ROOT,
        access_mode: AccessMode::NonInteractive,
        disabled: true,
        licensed: Some(false),
        application_id: None,
        directory_id: Some(Uuid::from_u128(77)),
        stub: true,
        details: Box::new(UserDetails {
            profile: [
                (ProfileField::Title, "Buyer".to_owned()),
                (ProfileField::Country, "Portugal".to_owned()),
            ]
            .into(),
            synchronised: Some(true),
            deleted: true,
            invitation: Some(Invitation::NearExpired),
            invited_on: Some("2026-11-20".to_owned()),
        }),
    }
}

/// One person of whom everything is known, and one of whom next to nothing is.
fn people() -> [DirectoryPerson; 2] {
    let texts = |texts: &[&str]| Some(texts.iter().map(|text| (*text).to_owned()).collect());
    let all = ProfileField::ALL.into_iter();
    let fields = all.filter(|field| *field != ProfileField::FullName);
    [
        DirectoryPerson {
            upn: "ana@contoso.com".to_owned(),
            id: Some(Uuid::from_u128(77)),
            display_name: Some("Costa, Ana".to_owned()),
            enabled: Some(false),
            deleted: true,
            guest: true,
            profile: fields
                .map(|field| (field, format!("\"{}\"", field.words())))
                .collect(),
            licences: texts(&["Dynamics 365 Sales, \"Premium\"", "Power BI"]),
            roles: texts(&[]),
        },
        DirectoryPerson {
            upn: "rui".to_owned(),
            ..DirectoryPerson::default()
        },
    ]
}

/// One fact of every kind, in the order in which a file tells them.
fn every_fact() -> Vec<Fact> {
    let mut facts = facts_of_the_service();
    facts.extend(facts_of_the_directory());
    facts.push(Fact::Loaded(Loadable::Teams));
    facts.push(Fact::LoadedField(ProfileField::Title));
    facts
}

fn facts_of_the_service() -> Vec<Fact> {
    vec![
        unit(UnitId(Uuid::from_u128(1)), Some(ROOT)),
        unit(ROOT, None),
        Fact::User(ana()),
        Fact::Role(Role {
            id: CLERK,
            name: "Clerk".to_owned(),
            business_unit: ROOT,
            root: CLERK,
            template: Some(Uuid::from_u128(5)),
            inheritance: Inheritance::TeamOnly,
        }),
        Fact::RolePrivilege(RolePrivilege {
            role: CLERK,
            privilege: "prvReadAccount".to_owned(),
            depth: Depth::UnitAndBelow,
        }),
        Fact::UserRole {
            user: ANA,
            role: CLERK,
        },
        Fact::Team(Team {
            id: SALES,
            name: "Sales".to_owned(),
            business_unit: ROOT,
            kind: TeamType::OfficeGroup,
        }),
        Fact::TeamMember {
            team: SALES,
            user: ANA,
        },
        Fact::TeamRole {
            team: SALES,
            role: CLERK,
        },
        Fact::Entity(Entity {
            name: "account".to_owned(),
            ownership: Some(Ownership::User),
            records_loaded: true,
        }),
        Fact::Entity(Entity {
            name: "lead".to_owned(),
            ownership: None,
            records_loaded: false,
        }),
        Fact::Cascade(Cascade {
            parent: "account".to_owned(),
            child: "lead".to_owned(),
            assign: CascadeAssign::UserOwned,
        }),
        Fact::Setting {
            name: "caller".to_owned(),
            value: ANA.to_string(),
        },
    ]
}

fn facts_of_the_directory() -> Vec<Fact> {
    vec![
        Fact::Licence(Licence {
            product: "Dynamics 365 Sales".to_owned(),
            seats: Some(12),
            used: None,
            provisions: Some(true),
        }),
        Fact::UserLicence(UserLicence {
            user: ANA,
            product: "Power BI".to_owned(),
        }),
        Fact::Person(Box::new(people()[0].clone())),
        Fact::Person(Box::new(people()[1].clone())),
        member(None),
        member(Some("Sales")),
    ]
}

fn member(via: Option<&str>) -> Fact {
    Fact::GroupMember(GroupMember {
        group: "CRM".to_owned(),
        member: "ana@contoso.com".to_owned(),
        via: via.map(str::to_owned),
    })
}

#[test]
fn facts_come_out_as_they_went_in() {
    let facts = every_fact();
    let mut reversed = facts.clone();
    reversed.reverse();
    for order in [&facts, &reversed] {
        let (_folder, path) = environment(order, &[]);
        let file = EnvironmentFile::open(&path).unwrap();
        let mut told = Vec::new();
        file.facts(&mut |fact| told.push(fact)).unwrap();
        assert_eq!(told, facts);
    }
}

#[test]
fn indexes_do_not_depend_on_the_order_of_facts() {
    let mut forward = Facts::default();
    let mut backward = Facts::default();
    for fact in every_fact() {
        forward.add(fact.clone());
        forward.add(fact);
    }
    for fact in every_fact().into_iter().rev() {
        backward.add(fact);
    }
    assert_eq!(forward, backward);
    assert_eq!(forward.root_unit().unwrap().id, ROOT);
    assert_eq!(forward.user_roles(ANA), [CLERK]);
    assert_eq!(forward.roles_named(" CLERK"), [CLERK]);
    assert_eq!(forward.entity("Account").unwrap().name, "account");
    assert!(forward.loaded(Loadable::Teams) && !forward.loaded(Loadable::Users));
    assert!(forward.loaded_field(ProfileField::Title) && !forward.loaded_field(ProfileField::Fax));
    let [ana, rui] = people();
    assert_eq!(forward.person_by_id(Uuid::from_u128(77)), Some(&ana));
    assert_eq!(forward.person("RUI"), Some(&rui));
    assert_eq!(forward.groups()["crm"].len(), 2);
    assert_eq!(forward.user_licences(ANA).len(), 1);
    assert_eq!(forward.licences()["dynamics 365 sales"].seats, Some(12));
}

#[test]
fn which_environment_it_is() {
    let (_folder, path) = environment(&every_fact(), &[]);
    let identity = EnvironmentFile::open(&path).unwrap().identity().unwrap();
    assert_eq!(identity.host, "environment.sqlite");
    assert_eq!(identity.caller, Some(ANA));
    let (_other, path) = environment(&every_fact()[..2], &[]);
    let same = EnvironmentFile::open(&path).unwrap().identity().unwrap();
    assert_eq!(same.organisation, identity.organisation, "by the root unit");
    let (_other, path) = environment(&[unit(UnitId(Uuid::from_u128(8)), None)], &[]);
    let another = EnvironmentFile::open(&path).unwrap().identity().unwrap();
    assert_ne!(another.organisation, identity.organisation);
}

#[test]
fn what_refers_to_nothing_is_not_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("environment.sqlite");
    let mut writer = Writer::create(&path).unwrap();
    writer.add(&Fact::User(ana())).unwrap();
    writer.finish().unwrap_err();
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_writer_leaves_one_file_and_a_second_sees_what_the_first_wrote() {
    let (folder, path) = environment(&every_fact(), &[]);
    let file = EnvironmentFile::open_for_writing(&path).unwrap();
    let another = file.another().unwrap();
    let add = "INSERT INTO setting (name, value) VALUES ('a', 'b')";
    file.connection().execute(add, []).unwrap();
    assert_eq!(Facts::of(&another).unwrap().setting("a"), Some("b"));
    let dangling = "INSERT INTO user_role (user, role) VALUES (randomblob(16), randomblob(16))";
    another.connection().execute(dangling, []).unwrap_err();
    drop(file);
    drop(another);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    let file = EnvironmentFile::open(&path).unwrap();
    file.connection().execute(add, []).unwrap_err();
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn the_log_of_a_replaced_file_is_not_taken_for_the_new_ones() {
    let (folder, path) = environment(&every_fact(), &[]);
    let file = EnvironmentFile::open_for_writing(&path).unwrap();
    let add = "INSERT INTO setting (name, value) VALUES ('old', '1')";
    file.connection().execute(add, []).unwrap();
    let mut writer = Writer::create(&path).unwrap();
    writer.add(&unit(ROOT, None)).unwrap();
    let error = writer.finish().unwrap_err();
    assert!(matches!(error, EnvironmentError::Locked { .. }), "{error}");
    // As a killed run leaves it: the log stays.
    let copy = folder.path().join("copy.sqlite");
    std::fs::copy(&path, &copy).unwrap();
    std::fs::copy(
        folder.path().join("environment.sqlite-wal"),
        folder.path().join("copy.sqlite-wal"),
    )
    .unwrap();
    assert_eq!(
        Facts::of(&EnvironmentFile::open(&copy).unwrap())
            .unwrap()
            .setting("old"),
        Some("1")
    );
    let mut writer = Writer::create(&copy).unwrap();
    writer.add(&unit(ROOT, None)).unwrap();
    writer.finish().unwrap();
    let facts = Facts::of(&EnvironmentFile::open(&copy).unwrap()).unwrap();
    assert_eq!((facts.setting("old"), facts.units().len()), (None, 1));
    assert!(!folder.path().join("copy.sqlite-wal").exists());
}

#[test]
fn files_that_are_none() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    std::fs::write(path("table.csv"), "id,owner\n".repeat(100)).unwrap();
    std::fs::write(path("empty"), "").unwrap();
    let other = Connection::open(path("other.sqlite")).unwrap();
    other.execute_batch("CREATE TABLE a (b)").unwrap();
    let newer = Connection::open(path("newer.sqlite")).unwrap();
    let marks = "PRAGMA application_id = 1129665622; PRAGMA user_version = 99";
    newer.execute_batch(marks).unwrap();
    check("missing", &path("nothing"), "make one with `cutover load`");
    check("a CSV file", &path("table.csv"), "not a SQLite file");
    check(
        "an empty file",
        &path("empty"),
        "another program's file, or an empty one",
    );
    check(
        "another database",
        &path("other.sqlite"),
        "another program's file",
    );
    check("a folder", folder.path(), "a folder");
    check(
        "of a later release",
        &path("newer.sqlite"),
        "version 99, this program knows versions up to 3",
    );
    Writer::create(&path("table.csv")).unwrap_err();
    Writer::create(&path("newer.sqlite")).unwrap();
}

#[track_caller]
fn check(case: &str, path: &Path, expected: &str) {
    for opened in [
        EnvironmentFile::open(path),
        EnvironmentFile::open_for_writing(path),
    ] {
        let message = opened.expect_err(case).to_string();
        assert!(message.contains(expected), "case: {case}: {message}");
        assert!(
            message.contains(&path.display().to_string()),
            "case: {case}: {message}"
        );
    }
}

#[test]
fn a_value_that_cannot_be_is_damage() {
    let (_folder, path) = environment(&every_fact(), &[]);
    let file = EnvironmentFile::open_for_writing(&path).unwrap();
    file.connection()
        .execute("UPDATE user SET access_mode = 44", [])
        .unwrap();
    let error = Facts::of(&file).unwrap_err();
    assert!(matches!(error, EnvironmentError::Damaged { .. }), "{error}");
}

/// A file as the first release made it.
#[test]
fn an_older_file_is_brought_up_to_date_and_says_what_it_does_not_know() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("environment.sqlite");
    let old = Connection::open(&path).unwrap();
    schema::make_old(&old, 1).unwrap();
    old.execute_batch(
        "INSERT INTO business_unit (id, name) VALUES (zeroblob(16), 'Contoso');
         INSERT INTO user (id, upn, business_unit, access_mode, disabled, stub)
             VALUES (zeroblob(16), 'ana@contoso.com', zeroblob(16), 0, 0, 0);
         INSERT INTO directory_person (upn, first_name, enabled) VALUES
             ('ana@contoso.com', 'Ana', 1), ('bo_fabrikam.com#ext#@contoso.com', NULL, NULL);
         INSERT INTO directory_licence (person, product) VALUES ('ana@contoso.com', 'Power BI');
         INSERT INTO directory_group (name, member, via) VALUES ('CRM', 'ana@contoso.com', '');
         INSERT INTO loaded (name) VALUES ('directory'), ('users');",
    )
    .unwrap();
    drop(old);
    let facts = Facts::of(&EnvironmentFile::open(&path).unwrap()).unwrap();
    let user = facts.users().values().next().unwrap();
    assert_eq!(*user.details, UserDetails::default());
    assert!(
        ProfileField::ALL
            .iter()
            .all(|field| !facts.loaded_field(*field))
    );
    let [ana, bo] = ["ana@contoso.com", "bo_fabrikam.com#EXT#@contoso.com"]
        .map(|upn| facts.person(upn).unwrap());
    assert_eq!(ana.licences.as_ref().map(BTreeSet::len), Some(1));
    assert_eq!(ana.profile[&ProfileField::FirstName], "Ana");
    assert_eq!((ana.guest, bo.guest, &bo.licences), (false, true, &None));
    assert_eq!((&ana.roles, ana.deleted), (&None, false));
    assert_eq!(facts.groups()["crm"].len(), 1);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn a_locked_file_is_told_as_such() {
    let (_folder, path) = environment(&every_fact(), &[]);
    let holder = Connection::open(&path).unwrap();
    holder
        .execute_batch("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE")
        .unwrap();
    let file = EnvironmentFile::open_for_writing(&path);
    assert!(
        matches!(file, Err(EnvironmentError::Locked { .. })),
        "{file:?}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn owners_are_found_and_nobody_else(
        records in prop::collection::btree_map(0u128..400, (0u128..5, any::<bool>()), 0..60),
    ) {
        let principal = |(id, is_team): (u128, bool)| {
            let id = Uuid::from_u128(id);
            if is_team { Principal::Team(TeamId(id)) } else { Principal::User(UserId(id)) }
        };
        let record = |id: u128| RecordId(Uuid::from_u128(id << 64));
        let mut rows: Vec<_> = records
            .iter()
            .map(|(id, owner)| ("lead", record(*id), principal(*owner)))
            .collect();
        rows.reverse();
        let entity = Fact::Entity(Entity {
            name: "lead".to_owned(),
            ownership: None,
            records_loaded: true,
        });
        let (_folder, path) = environment(&[entity], &rows);
        let file = EnvironmentFile::open(&path).unwrap();
        let owners = file.owners("lead", &Silent).unwrap().unwrap();
        prop_assert_eq!(owners.len(), records.len());
        prop_assert_eq!(owners.is_empty(), records.is_empty());
        for id in 0..400 {
            let expected = records.get(&id).copied().map(principal);
            prop_assert_eq!(owners.owner(record(id)), expected);
        }
    }
}
