//! Nobody fits: the policies, stub users and what they lack, near misses.

use uuid::Uuid;

use super::world::{RECORDS, ROLES, World, in_words, person, some, user};
use crate::model::{
    AmbiguousPolicy, FileId, MissingPerson, MissingPolicy, NearMiss, Person, UserId,
};

#[test]
fn the_policy_decides() {
    check_policy("stub", MissingPolicy::Stub, "stub gone@x.y", "ROL005");
    check_policy(
        "fallback",
        MissingPolicy::Fallback,
        "fallback team 20",
        "ROL005",
    );
    check_policy("error", MissingPolicy::Error, "OWN007", "OWN007");
    check_policy("leave", MissingPolicy::Leave, "left", "left");
}

#[track_caller]
fn check_policy(case: &str, policy: MissingPolicy, of_records: &str, of_roles: &str) {
    let row = person(2, "7", "gone@x.y", "", "Someone Gone");
    let mut world = World::new().with_people([row]);
    world.policy.missing = policy;
    world.policy.fallback = some("Sales");
    world.check(case, "7", of_records);
    let (resolved, resolution, _) = world.ask(ROLES, "7");
    assert_eq!(
        in_words(&resolved, &resolution),
        of_roles,
        "roles alone, case: {case}"
    );
    world.references.intern("7", ROLES, 5);
    world.check(case, "7", of_records);
}

/// Whoever becomes a stub user for the records is there for the roles, however they are written.
#[test]
fn roles_go_to_a_stub_user_whom_records_ask_for() {
    let rows = [
        person(2, "7", "gone@x.y", "g@x.y", "Someone Gone"),
        person(3, "8", "left@x.y", "", "Someone Left"),
    ];
    let mut world = World::new().with_people(rows);
    world.references.intern("7", RECORDS, 1);
    for (text, expected) in [
        ("gone@x.y", "stub gone@x.y"),
        ("Gone, Someone", "stub gone@x.y"),
        ("left@x.y", "ROL005"),
    ] {
        let (resolved, resolution, _) = world.ask(ROLES, text);
        assert_eq!(in_words(&resolved, &resolution), expected, "case: {text}");
    }
}

#[test]
fn a_stub_has_what_is_known() {
    let full = Person {
        first_name: some("Gina"),
        last_name: some("Gone"),
        employee_id: some("E7"),
        ..person(2, "7", "Gina@Old.local", "g.gone@x.y", "")
    };
    check_stub(
        "all",
        full,
        ["Gina@new.com", "g.gone@x.y", "Gina", "Gone", "Gina Gone"],
    );
    let row = person(2, "7", "", "g@old.local", "Gone, Gina");
    check_stub(
        "mail alone",
        row,
        ["g@new.com", "g@new.com", "Gina", "Gone", "Gina Gone"],
    );
    let row = person(2, "7", r"OLD\gina", "", "Gina Gone");
    check_stub(
        "a login mapped",
        row,
        ["gina@new.com", "gina@new.com", "", "Gina Gone", "Gina Gone"],
    );
    let row = person(2, "7", r"ELSE\gina", "g@x.y", "Gina Gone");
    check_stub(
        "a login that is no UPN",
        row,
        ["g@x.y", "g@x.y", "", "Gina Gone", "Gina Gone"],
    );
    let row = Person {
        first_name: some("Gina"),
        last_name: some("Gone"),
        ..person(2, "7", "g@x.y", "", "Dr Gina M. Gone")
    };
    check_stub(
        "a full name that the service would not compose",
        row,
        ["g@x.y", "g@x.y", "Gina", "Gone", "Gina Gone"],
    );
    let row = Person {
        last_name: some("Gone"),
        ..person(2, "7", "g@x.y", "", "")
    };
    check_stub(
        "a last name alone",
        row,
        ["g@x.y", "g@x.y", "", "Gone", "Gone"],
    );
}

#[track_caller]
fn check_stub(case: &str, row: Person, expected: [&str; 5]) {
    let [upn, mail, first, last, full_name] = expected;
    let world = World::new()
        .map_domain("old.local", "new.com")
        .map_domain("old", "new.com")
        .with_people([row.clone()]);
    let (_, resolution, _) = world.ask(RECORDS, "7");
    let id = Uuid::new_v5(&Uuid::from_u128(1), upn.to_lowercase().as_bytes());
    let stub = MissingPerson {
        id: UserId(id),
        upn: upn.to_owned(),
        mail: mail.to_owned(),
        first_name: some(first),
        last_name: some(last),
        full_name: full_name.to_owned(),
        employee_id: row.employee_id,
        inactive: row.inactive,
        source: Some((row.file, row.row)),
    };
    assert_eq!(resolution.stubs, [stub], "case: {case}");
}

#[test]
fn what_a_stub_lacks_is_said_by_column() {
    check_lack(
        "a mail has no name",
        "gone@x.y",
        "needs a name (column full name",
    );
    check_lack(
        "a name has no mail",
        "Someone Gone",
        "a UPN or a mail (columns UPN and mail)",
    );
    check_lack("a login is no UPN", r"OLD\gone", r"`OLD\gone` has no `@`");
    check_lack(
        "a row without a name",
        "7",
        "users export row 2 (n@x.y)): it needs a name",
    );
    check_lack(
        "a row without an address",
        "8",
        "a UPN or a mail (columns UPN and mail)",
    );
    check_lack("a row with a login", "9", "`jsmith` has no `@`");
}

#[track_caller]
fn check_lack(case: &str, text: &str, expected: &str) {
    let world = World::new().with_people([
        person(2, "7", "n@x.y", "", ""),
        person(3, "8", "", "", "Nomail Person"),
        person(4, "9", "jsmith", "", "John Smith"),
    ]);
    let (resolved, resolution, _) = world.ask(RECORDS, text);
    let words = in_words(&resolved, &resolution);
    assert!(words.starts_with("STB002"), "case: {case}: {words}");
    let message = &resolved.remarks[0].message;
    assert!(message.contains(expected), "case: {case}: {message}");
}

#[test]
fn one_missing_person_is_one_stub() {
    let mut world = World::new().with_people([
        person(2, "7", "Zoe@x.y", "z@x.y", "Zoe Gone"),
        person(3, "8", "abe@x.y", "", "Abe Gone"),
    ]);
    let texts = ["7", "zoe@X.Y", "Gone, Zoe", "8", "z@x.y"];
    let ids = texts.map(|text| world.references.intern(text, RECORDS, 1));
    let (resolution, _) = world.resolve();
    let upns: Vec<&str> = resolution
        .stubs
        .iter()
        .map(|stub| stub.upn.as_str())
        .collect();
    assert_eq!(upns, ["abe@x.y", "Zoe@x.y"], "sorted by key");
    let words = ids.map(|id| in_words(&resolution.resolved[id.0 as usize], &resolution));
    let zoe = "stub Zoe@x.y";
    assert_eq!(words, [zoe, zoe, zoe, "stub abe@x.y", zoe]);
}

#[test]
fn two_people_are_never_one_stub() {
    let rows = [
        person(2, "7", "gone@x.y", "", "Gina Gone"),
        person(3, "8", "gone@x.y", "", "Gus Gone"),
    ];
    let mut world = World::new().with_people(rows.clone());
    world.check("one file", "7", "OWN002");
    world.policy.ambiguous = AmbiguousPolicy::Fallback;
    world.policy.fallback = some("Sales");
    world.check("with a fallback", "7", "fallback team 20");
    world
        .rule(2, "7", "stub")
        .check("a ruling does not help", "7", "OWN002");
    let [first, second] = rows;
    let same = Person {
        file: FileId(9),
        full_name: first.full_name.clone(),
        ..second
    };
    let world = World::new().with_people([first, same]);
    world.check("two systems that agree", "8", "stub gone@x.y");
}

#[test]
fn near_misses_are_suggested_and_never_taken() {
    let mut world = World::new();
    world.policy.missing = MissingPolicy::Leave;
    world.check("a letter", "Anna Costa", "left near 1");
    world.check("order of words", "Berg Eva", "left near 9");
    world.check("another domain", "eva@elsewhere.org", "left near 9");
    world.check(
        "a name in the address",
        "ana_costa@elsewhere.org",
        "left near 1",
    );
    world.check("a team", "Salez", "left near 20");
    world.check("namesakes, in order", "Karl Maier", "left near 3 4");
    world.check("nobody alike", "Quentin Xu", "left");
    world.check("not built-in users", "Support Usr", "left");
    world.check("not applications", "Sync Apps", "left");
    for number in 100..120 {
        let name = format!("Maria Lopez {number}");
        world.add(user(number, &format!("m{number}@x.y"), "", &name));
    }
    world.check(
        "three at most, the likest",
        "Maria Lopez 113x",
        "left near 113 101 103",
    );
    let (resolved, ..) = world.ask(RECORDS, "Anna Costa");
    let NearMiss { named, identifier } = &resolved.near_misses[0];
    assert_eq!(named.label, "Ana Costa <ana@contoso.com>");
    assert_eq!(identifier, "full name `Ana Costa`");
    assert!(
        resolved.remarks[0]
            .message
            .contains("by full name `Ana Costa`")
    );
}
