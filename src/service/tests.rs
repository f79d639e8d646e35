//! What the anchoring cases do not hold: the way back, what is remembered between writes, and that
//! nothing is left of a write that was refused.

mod changes;

use std::collections::BTreeMap;
use std::sync::Arc;

use rusqlite::Connection;
use uuid::Uuid;

use crate::environment::{EnvironmentFile, testing};
use crate::model::{
    AccessMode, BusinessUnit, Changed, Depth, Entity, Fact, Inheritance, Loadable, Ownership,
    Principal, RecordId, Role, RoleId, RolePrivilege, StubUser, StubWay, Team, TeamId, TeamType,
    UnitId, User, UserChange, UserId, Write,
};
use crate::service::{Performed, Service};

const ROOT: UnitId = UnitId(Uuid::from_u128(0x10));
const BRANCH: UnitId = UnitId(Uuid::from_u128(0x11));
const READER: RoleId = RoleId(Uuid::from_u128(0x20));
const EMPTY: RoleId = RoleId(Uuid::from_u128(0x21));
const ASSIGNER: RoleId = RoleId(Uuid::from_u128(0x22));
const BRANCH_READER: RoleId = RoleId(Uuid::from_u128(0x0201));
const ANA: UserId = UserId(Uuid::from_u128(0x30));
const OLD: UserId = UserId(Uuid::from_u128(0x31));
const STUB: UserId = UserId(Uuid::from_u128(0x39));
const FIELD: TeamId = TeamId(Uuid::from_u128(0x40));
const RECORD: RecordId = RecordId(Uuid::from_u128(0x50));

struct World {
    file: EnvironmentFile,
    _folder: tempfile::TempDir,
}

impl World {
    fn connection(&self) -> &Connection {
        self.file.connection()
    }

    /// Everything that a write may touch, as text.
    fn dump(&self) -> String {
        let mut lines = Vec::new();
        for sql in [
            "SELECT 'user', hex(id), upn || access_mode || coalesce(title, '-') || coalesce(full_name, '-'),
             hex(business_unit) || disabled || stub || coalesce(first_name, '-') FROM user ORDER BY id",
            "SELECT 'user_role', hex(user), hex(role), '' FROM user_role ORDER BY user, role",
            "SELECT 'team_role', hex(team), hex(role), '' FROM team_role ORDER BY team, role",
            "SELECT 'record', hex(id), hex(owner), owner_type FROM record ORDER BY entity, id",
        ] {
            let mut statement = self.connection().prepare(sql).unwrap();
            let mut rows = statement.query([]).unwrap();
            while let Some(row) = rows.next().unwrap() {
                let cells: Vec<_> = (0..4)
                    .map(|index| format!("{:?}", row.get_ref(index).unwrap()))
                    .collect();
                lines.push(cells.join(" "));
            }
        }
        lines.join("\n")
    }
}

/// Ana reads accounts and owns one; Old is disabled and has no role; the team Field has none either.
fn world() -> World {
    let unit = |id, parent| {
        let name = format!("unit {id}");
        Fact::Unit(BusinessUnit { id, name, parent })
    };
    let mut facts = vec![
        unit(ROOT, None),
        unit(BRANCH, Some(ROOT)),
        role(READER),
        role(EMPTY),
        role(ASSIGNER),
        copy(BRANCH_READER, READER, BRANCH),
        Fact::RolePrivilege(RolePrivilege {
            role: ASSIGNER,
            privilege: "prvAssignRole".to_owned(),
            depth: Depth::Organisation,
        }),
        Fact::RolePrivilege(RolePrivilege {
            role: READER,
            privilege: "prvReadAccount".to_owned(),
            depth: Depth::User,
        }),
        user(ANA, "ana@contoso.com", false),
        user(OLD, "old@contoso.com", true),
        Fact::UserRole {
            user: ANA,
            role: READER,
        },
        Fact::Team(Team {
            id: FIELD,
            name: "Field".to_owned(),
            business_unit: ROOT,
            kind: TeamType::Owner,
        }),
        Fact::Entity(Entity {
            name: "account".to_owned(),
            ownership: Some(Ownership::User),
            records_loaded: true,
        }),
    ];
    facts.extend(Loadable::ALL.map(Fact::Loaded));
    let (folder, path) = testing::environment(&facts, &[("account", RECORD, Principal::User(ANA))]);
    World {
        file: EnvironmentFile::open_for_writing(&path).unwrap(),
        _folder: folder,
    }
}

fn role(id: RoleId) -> Fact {
    copy(id, id, ROOT)
}

fn copy(id: RoleId, root: RoleId, business_unit: UnitId) -> Fact {
    Fact::Role(Role {
        id,
        name: format!("role {root}"),
        business_unit,
        root,
        template: None,
        inheritance: Inheritance::DirectUser,
    })
}

fn user(id: UserId, upn: &str, disabled: bool) -> Fact {
    Fact::User(User {
        id,
        upn: upn.to_owned(),
        mail: Some(upn.to_owned()),
        mail2: None,
        mobile_alert_mail: None,
        first_name: None,
        last_name: None,
        full_name: Some(upn.to_owned()),
        employee_id: None,
        business_unit: ROOT,
        access_mode: AccessMode::ReadWrite,
        disabled,
        licensed: None,
        application_id: None,
        directory_id: None,
        stub: false,
        details: Box::default(),
    })
}

fn stub_user(id: UserId, upn: &str) -> Box<StubUser> {
    Box::new(StubUser {
        id,
        upn: upn.to_owned(),
        mail: upn.to_owned(),
        first_name: Some("Stu".to_owned()),
        last_name: None,
        full_name: "Stu".to_owned(),
        employee_id: None,
        business_unit: ROOT,
        default_role: READER,
        way: StubWay::Import,
    })
}

fn give(user: UserId, role: RoleId) -> Write {
    let principal = Principal::User(user);
    Write::GiveRole { principal, role }
}

fn remove(user: UserId, role: RoleId) -> Write {
    let principal = Principal::User(user);
    Write::RemoveRole { principal, role }
}

fn assign(before: Principal, after: Principal) -> Write {
    Write::AssignRecord {
        entity: Arc::from("account"),
        record: RECORD,
        before,
        after,
    }
}

/// Another business unit and nothing else: the roles are stripped and none is given.
fn move_to(user: UserId, after: UnitId) -> Write {
    let before = ROOT;
    Write::ChangeUser(Box::new(UserChange {
        user,
        business_unit: Some(Changed { before, after }),
        access_mode: None,
        profile: BTreeMap::new(),
        roles: None,
    }))
}

fn told(performed: &Performed) -> String {
    match performed {
        Performed::Done { actual: None } => "done".to_owned(),
        Performed::Done { actual: Some(id) } => format!("done as {id}"),
        Performed::NoChangeNeeded => "no change needed".to_owned(),
        Performed::Refused(refusal) => refusal.code.to_string(),
    }
}

/// Writes one after the other with one service, each told as `way kind -> answer`.
#[track_caller]
fn check(case: &str, writes: &[(&str, Write, &str)]) {
    let world = world();
    let mut service = Service::new(world.connection());
    for (number, (way, write, expected)) in writes.iter().enumerate() {
        let before = world.dump();
        let performed = match *way {
            "restore" => service.restore(write),
            _ => service.perform(write),
        };
        let performed = told(&performed.unwrap());
        assert_eq!(performed, *expected, "case: {case}, write {number}");
        let same = world.dump() == before;
        assert_eq!(
            same,
            performed != "done",
            "case: {case}, write {number}: rows"
        );
    }
}

const MISMATCH: &str = "0x80060882";

#[test]
fn the_way_back_goes_past_the_rules() {
    let (ana, old, field) = (
        Principal::User(ANA),
        Principal::User(OLD),
        Principal::Team(FIELD),
    );
    check(
        "a role to a disabled user",
        &[
            ("perform", give(OLD, READER), "0x80040225"),
            ("restore", give(OLD, READER), "done"),
        ],
    );
    check(
        "an owner without a role",
        &[
            ("perform", assign(ana, old), "0x80042f09"),
            ("restore", assign(ana, old), "done"),
        ],
    );
    check(
        "a team without a role",
        &[
            ("perform", assign(ana, field), "0x80042f0a"),
            ("restore", assign(ana, field), "done"),
            ("restore", assign(field, ana), "done"),
        ],
    );
    check(
        "a role taken back",
        &[("restore", remove(ANA, READER), "done")],
    );
}

#[test]
fn the_way_back_never_touches_what_has_moved_on() {
    let (ana, old) = (Principal::User(ANA), Principal::User(OLD));
    check(
        "a role that is held again",
        &[("restore", give(ANA, READER), MISMATCH)],
    );
    check(
        "a role that is gone",
        &[("restore", remove(ANA, EMPTY), MISMATCH)],
    );
    check(
        "another owner by now",
        &[("restore", assign(old, ana), MISMATCH)],
    );
    check(
        "a user who is gone",
        &[("restore", give(STUB, READER), "0x80040217")],
    );
    let unknown = RoleId(Uuid::from_u128(0x99));
    check(
        "a role that was deleted",
        &[("restore", give(ANA, unknown), "0x80060888")],
    );
}

#[test]
fn a_stub_user_is_taken_away_only_as_it_was_made() {
    let made = || stub_user(STUB, "stub@contoso.com");
    let create = || ("perform", Write::CreateStub(made()), "done");
    let delete = |expected| ("restore", Write::DeleteStub(made()), expected);
    let owner = Principal::User(STUB);
    check("as it was made", &[create(), delete("done"), create()]);
    check("never there", &[delete(MISMATCH)]);
    check(
        "with one role more",
        &[
            create(),
            ("restore", give(STUB, EMPTY), "done"),
            delete(MISMATCH),
        ],
    );
    check(
        "without its role",
        &[
            create(),
            ("perform", remove(STUB, READER), "done"),
            delete(MISMATCH),
        ],
    );
    check(
        "owning, then not any more",
        &[
            create(),
            ("perform", assign(Principal::User(ANA), owner), "done"),
            delete(MISMATCH),
            ("restore", assign(owner, Principal::User(ANA)), "done"),
            delete("done"),
        ],
    );
    let renamed = Write::DeleteStub(stub_user(STUB, "other@contoso.com"));
    check(
        "with another UPN",
        &[create(), ("restore", renamed, MISMATCH)],
    );
    let person = Write::DeleteStub(stub_user(ANA, "ana@contoso.com"));
    check("no stub user at all", &[("restore", person, MISMATCH)]);
}

#[test]
fn a_stub_user_in_a_team_or_with_a_licence_stays() {
    for sql in [
        "INSERT INTO team_member (team, user) VALUES (?1, ?2)",
        "INSERT INTO user_licence (product, user) VALUES (hex(?1), ?2)",
    ] {
        let world = world();
        let mut service = Service::new(world.connection());
        let stub = stub_user(STUB, "stub@contoso.com");
        service.perform(&Write::CreateStub(stub.clone())).unwrap();
        let values = (FIELD.0.as_bytes(), STUB.0.as_bytes());
        world.connection().execute(sql, values).unwrap();
        let performed = service.restore(&Write::DeleteStub(stub)).unwrap();
        assert_eq!(told(&performed), MISMATCH, "{sql}");
    }
}

#[test]
fn what_is_remembered_follows_the_writes() {
    let (ana, old) = (Principal::User(ANA), Principal::User(OLD));
    check(
        "rights gained and lost",
        &[
            ("perform", assign(ana, old), "0x80042f09"),
            ("restore", give(OLD, EMPTY), "done"),
            ("perform", assign(ana, old), "0x80040299"),
            ("restore", give(OLD, READER), "done"),
            ("perform", assign(ana, old), "done"),
            ("perform", remove(ANA, READER), "done"),
            ("perform", assign(old, ana), "0x80042f09"),
        ],
    );
    let create = |id, upn| Write::CreateStub(stub_user(UserId(Uuid::from_u128(id)), upn));
    check(
        "UPNs taken",
        &[
            ("perform", create(0x61, "one@contoso.com"), "done"),
            ("perform", create(0x62, "ONE@contoso.com "), "0x80041d2c"),
            ("perform", create(0x63, "two@contoso.com"), "done"),
        ],
    );
    let (one, two) = ("one@contoso.com", "two@contoso.com");
    let delete = |id, upn| Write::DeleteStub(stub_user(UserId(Uuid::from_u128(id)), upn));
    let owner = Principal::User(UserId(Uuid::from_u128(0x62)));
    check(
        "who owns records",
        &[
            ("perform", create(0x61, one), "done"),
            ("perform", create(0x62, two), "done"),
            ("restore", delete(0x61, one), "done"),
            ("perform", assign(ana, owner), "done"),
            ("restore", delete(0x62, two), MISMATCH),
        ],
    );
}

#[test]
fn a_moved_user_loses_the_right_to_own() {
    let world = world();
    let mut service = Service::new(world.connection());
    let (ana, field) = (Principal::User(ANA), Principal::Team(FIELD));
    service.restore(&assign(ana, field)).unwrap();
    let mut own = |expected: &str| {
        let performed = service.perform(&assign(field, ana)).unwrap();
        assert_eq!(told(&performed), expected);
    };
    own("done");
    own("no change needed");
    service.restore(&assign(ana, field)).unwrap();
    let moved = service.perform(&move_to(ANA, BRANCH)).unwrap();
    assert_eq!(told(&moved), "done");
    let performed = service.perform(&assign(field, ana)).unwrap();
    assert_eq!(told(&performed), "0x80042f09");
}

#[test]
fn forgetting_follows_a_rollback() {
    let world = world();
    let mut service = Service::new(world.connection());
    let create = Write::CreateStub(stub_user(STUB, "stub@contoso.com"));
    let transaction = world.connection().unchecked_transaction().unwrap();
    assert_eq!(told(&service.perform(&create).unwrap()), "done");
    transaction.rollback().unwrap();
    service.forget();
    assert_eq!(told(&service.perform(&create).unwrap()), "done");
}

#[test]
fn messages_name_who_and_what() {
    let world = world();
    let mut service = Service::new(world.connection());
    service.restore(&give(OLD, EMPTY)).unwrap();
    let write = assign(Principal::User(ANA), Principal::User(OLD));
    let Performed::Refused(refusal) = service.perform(&write).unwrap() else {
        panic!("Old cannot read accounts");
    };
    assert_eq!(
        refusal.message,
        format!(
            "Read Privilege Check For Owner failed with exception: Principal user (Id={OLD}, \
             type=8), is missing prvReadAccount privilege for entity 'account'. Consider adding \
             missed privilege to one of the principal (user/team) roles."
        )
    );
}

#[test]
fn a_setting_in_the_wrong_case_is_ignored() {
    let world = world();
    for (name, expected) in [
        ("allowroleassignmentondisabledusers", "0x80040225"),
        ("AllowRoleAssignmentOnDisabledUsers", "done"),
    ] {
        let sql = "INSERT INTO setting (name, value) VALUES (?1, 'true')";
        world.connection().execute(sql, [name]).unwrap();
        let performed = Service::new(world.connection()).perform(&give(OLD, READER));
        assert_eq!(told(&performed.unwrap()), expected, "{name}");
    }
}
