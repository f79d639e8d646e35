//! Tests of the fields: what moved is said in words, and nothing else makes a plan stale.

use uuid::Uuid;

use super::{Fields, Moved};
use crate::environment::Facts;
use crate::model::{
    AccessMode, BusinessUnit, Cascade, CascadeAssign, Depth, Entity, Fact, Inheritance, Loadable,
    Ownership, Role, RoleId, RolePrivilege, Team, TeamId, TeamType, UnitId, User, UserId,
};

const UNIT: UnitId = UnitId(Uuid::from_u128(1));
const OTHER_UNIT: UnitId = UnitId(Uuid::from_u128(2));
const ROLE: RoleId = RoleId(Uuid::from_u128(3));
const USER: UserId = UserId(Uuid::from_u128(4));
const TEAM: TeamId = TeamId(Uuid::from_u128(5));

#[test]
fn fields_of_users_that_move() {
    let user = |change: fn(&mut User)| move |facts: &mut Vec<Fact>| change(user_of(facts));
    check("nothing", user(|_| {}), &[]);
    check(
        "disabled",
        user(|user| user.disabled = true),
        &["user Ana Costa: disabled: no -> yes"],
    );
    check(
        "UPN",
        user(|user| user.upn = "a@b".into()),
        &["user Ana Costa: UPN: ana@contoso.com -> a@b"],
    );
    check(
        "a mail that came, one that went",
        user(|user| (user.mail, user.mail2) = (None, Some("x@y".into()))),
        &[
            "user Ana Costa: mail: ana@contoso.com -> ()",
            "user Ana Costa: mail2: () -> x@y",
        ],
    );
    check(
        "another unit",
        user(|user| user.business_unit = OTHER_UNIT),
        &["user Ana Costa: business unit: Contoso -> North"],
    );
    check(
        "access mode",
        user(|user| user.access_mode = AccessMode::Read),
        &["user Ana Costa: access mode: read-write -> read"],
    );
    check(
        "the name itself",
        user(|user| user.full_name = Some("Ana Okoro".into())),
        &["user Ana Costa: full name: Ana Costa -> Ana Okoro"],
    );
    check(
        "a licence is not looked at",
        user(|user| user.licensed = Some(true)),
        &[],
    );
    check(
        "ids",
        user(|user| {
            (user.application_id, user.directory_id) = (Some(Uuid::nil()), Some(Uuid::nil()));
        }),
        &[
            "user Ana Costa: application id: () -> 00000000-0000-0000-0000-000000000000",
            "user Ana Costa: directory id: () -> 00000000-0000-0000-0000-000000000000",
        ],
    );
}

#[test]
fn links_that_move() {
    check(
        "a role that a user lost",
        without(|fact| matches!(fact, Fact::UserRole { .. })),
        &["user Ana Costa: role Salesperson: yes -> ()"],
    );
    check(
        "a member that a team got",
        with(|| Fact::TeamMember {
            team: TEAM,
            user: USER,
        }),
        &["team Sales: member Ana Costa: () -> yes"],
    );
    check(
        "a role that a team got",
        with(|| Fact::TeamRole {
            team: TEAM,
            role: ROLE,
        }),
        &["team Sales: role Salesperson: () -> yes"],
    );
    check(
        "a privilege",
        with(|| Fact::RolePrivilege(privilege(Depth::Organisation))),
        &["role Salesperson: privilege prvReadAccount: unit -> organisation"],
    );
}

#[test]
fn subjects_that_come_and_go() {
    check(
        "a team that is gone",
        without(|fact| matches!(fact, Fact::Team(_))),
        &["team Sales: exists: yes -> no"],
    );
    check(
        "a unit that is new",
        with(|| Fact::Unit(unit(UnitId(Uuid::from_u128(9)), "South"))),
        &["business unit South: exists: no -> yes"],
    );
    check(
        "a setting that is new",
        with(|| Fact::Setting {
            name: "b".into(),
            value: "true".into(),
        }),
        &["setting b: value: () -> true"],
    );
    check(
        "a setting that is gone",
        without(|fact| matches!(fact, Fact::Setting { .. })),
        &["setting a: value: false -> ()"],
    );
    check(
        "who owns a table",
        with(|| Fact::Entity(entity(Some(Ownership::Organisation)))),
        &["table account: ownership: user -> organisation"],
    );
    check(
        "a look without tables",
        without(|fact| matches!(fact, Fact::Entity(_))),
        &[],
    );
    check(
        "what assigning a table takes along",
        |facts| {
            let (parent, child) = ("account".to_owned(), "contact".to_owned());
            facts.push(Fact::Cascade(Cascade {
                parent,
                child,
                assign: CascadeAssign::All,
            }));
            facts.push(Fact::Loaded(Loadable::Licences));
        },
        &["table account: cascade contact: () -> all"],
    );
}

fn without(left_out: fn(&Fact) -> bool) -> impl Fn(&mut Vec<Fact>) {
    move |facts| facts.retain(|fact| !left_out(fact))
}

fn with(fact: fn() -> Fact) -> impl Fn(&mut Vec<Fact>) {
    move |facts| facts.push(fact())
}

#[track_caller]
fn check(case: &str, change: impl Fn(&mut Vec<Fact>), expected: &[&str]) {
    let mut now = facts();
    change(&mut now);
    let (before, after) = (fields(facts()), fields(now));
    let moved: Vec<String> = before.moved_to(&after).iter().map(words).collect();
    assert_eq!(moved, expected, "case: {case}");
}

fn words(moved: &Moved) -> String {
    let value = |value: &Option<String>| value.clone().unwrap_or_else(|| "()".to_owned());
    let (before, after) = (value(&moved.before), value(&moved.after));
    format!("{}: {}: {before} -> {after}", moved.what, moved.field)
}

#[test]
fn the_order_of_facts_does_not_matter() {
    let mut reversed = facts();
    reversed.reverse();
    let (straight, reversed) = (fields(facts()), fields(reversed));
    assert_eq!(straight, reversed);
    assert_eq!(straight.hash(), reversed.hash());
    assert!(straight.rows().is_sorted(), "rows are sorted as texts");
    let mut indexes = Facts::default();
    for fact in facts() {
        indexes.add(fact);
    }
    assert_eq!(Fields::of(&indexes), straight);
}

#[test]
fn rows_make_the_same_fields_again() {
    let fields = fields(facts());
    let mut again = Fields::default();
    assert!(fields.rows().all(|row| again.add_row(&row)));
    assert_eq!(again, fields);
    assert_eq!(again.hash(), fields.hash());
    let mut row = fields.rows().next().unwrap();
    row.kind = "surprise";
    assert!(!again.add_row(&row));
}

#[test]
fn the_hash_tells_fields_apart() {
    let mut moved = facts();
    user_of(&mut moved).stub = true;
    assert_ne!(fields(moved).hash(), fields(facts()).hash());
}

fn fields(facts: Vec<Fact>) -> Fields {
    let mut fields = Fields::default();
    for fact in facts {
        fields.add(fact);
    }
    fields
}

fn facts() -> Vec<Fact> {
    let (name, kind) = ("Sales".to_owned(), TeamType::Owner);
    vec![
        Fact::Unit(unit(UNIT, "Contoso")),
        Fact::Unit(unit(OTHER_UNIT, "North")),
        Fact::User(ana()),
        Fact::Role(Role {
            id: ROLE,
            name: "Salesperson".into(),
            business_unit: UNIT,
            root: ROLE,
            template: None,
            inheritance: Inheritance::DirectUser,
        }),
        Fact::RolePrivilege(privilege(Depth::Unit)),
        Fact::UserRole {
            user: USER,
            role: ROLE,
        },
        Fact::Team(Team {
            id: TEAM,
            name,
            business_unit: UNIT,
            kind,
        }),
        Fact::Entity(entity(Some(Ownership::User))),
        Fact::Setting {
            name: "a".into(),
            value: "false".into(),
        },
    ]
}

fn user_of(facts: &mut [Fact]) -> &mut User {
    facts
        .iter_mut()
        .find_map(|fact| match fact {
            Fact::User(user) => Some(user),
            _ => None,
        })
        .unwrap()
}

fn unit(id: UnitId, name: &str) -> BusinessUnit {
    let parent = (id != UNIT).then_some(UNIT);
    BusinessUnit {
        id,
        name: name.into(),
        parent,
    }
}

fn privilege(depth: Depth) -> RolePrivilege {
    RolePrivilege {
        role: ROLE,
        privilege: "prvReadAccount".into(),
        depth,
    }
}

fn entity(ownership: Option<Ownership>) -> Entity {
    Entity {
        name: "account".into(),
        ownership,
        records_loaded: false,
    }
}

fn ana() -> User {
    User {
        id: USER,
        upn: "ana@contoso.com".into(),
        mail: Some("ana@contoso.com".into()),
        mail2: None,
        mobile_alert_mail: None,
        first_name: None,
        last_name: None,
        full_name: Some("Ana Costa".into()),
        employee_id: None,
        business_unit: UNIT,
        access_mode: AccessMode::ReadWrite,
        disabled: false,
        licensed: None,
        application_id: None,
        directory_id: None,
        stub: false,
        details: Box::default(),
    }
}
