//! Rulings of every kind, each fault at its cell, and the fallback owner.

use super::world::{OWNERS, RECORDS, World, guid, in_words, person, some, user};
use crate::model::{BlankPolicy, Code, MissingPolicy, Principal, TeamType, User, Verdict};

#[test]
fn rulings_are_obeyed() {
    let mut world = World::new();
    world.policy.fallback = some(&guid(20));
    let ruled = |ruling: &str| {
        World {
            rulings: Vec::new(),
            ..world.clone()
        }
        .rule(2, "Karl Meier", ruling)
    };
    ruled("KARL2@contoso.com").check("UPN", "karl meier", "user 4 by ruling");
    ruled("ana.costa@contoso.com").check("mail", "Karl Meier", "user 1 by ruling");
    ruled("ana@home.example").check("e-mail 2", "Karl Meier", "user 1 by ruling");
    ruled(&guid(3)).check("systemuserid", "Karl Meier", "user 3 by ruling");
    ruled(&guid(101)).check("Entra object id", "Karl Meier", "user 1 by ruling");
    ruled(&guid(20)).check("team id", "Karl Meier", "team 20 by ruling");
    ruled("sales").check("team name", "Karl Meier", "team 20 by ruling");
    ruled("Team Sales").check(
        "a team as reports say it",
        "Karl Meier",
        "team 20 by ruling",
    );
    let copied = "Ana Costa <ana@contoso.com>";
    ruled(copied).check("as the sheet says it", "Karl Meier", "user 1 by ruling");
    let copied = format!("team Sales <{}>", guid(20));
    ruled(&copied).check("a team so", "Karl Meier", "team 20 by ruling");
    let copied = r"Dora Lang <contoso\dora> (disabled)";
    ruled(copied).check("a disabled one so", "Karl Meier", "user 5 by ruling OWN013");
    ruled(" Leave ").check("leave", "Karl Meier", "left");
    ruled("FALLBACK").check("fallback", "Karl Meier", "fallback team 20");
    ruled(r"contoso\dora").check("disabled", "Karl Meier", "user 5 by ruling OWN013");
    ruled("app@contoso.com").check("application", "Karl Meier", "user 7 by ruling OWN011");
    ruled("leave").check("another reference", "Karl Maier", "STB002 near 3 4");
    ruled("stub").check("nothing known", "Karl Meier", "STB002");
}

#[test]
fn a_ruling_for_a_stub_is_obeyed_though_somebody_fits() {
    let row = person(2, "7", "ana@contoso.com", "", "Ana Costa");
    let world = World::new().with_people([row.clone()]);
    world.check("without it", "7", "user 1 by UPN");
    let world = world.rule(2, "7", "stub");
    world.check("with it", "7", "stub ana@contoso.com");
    let (resolved, ..) = world.ask(super::world::ROLES, "7");
    assert_eq!(resolved.verdict, Verdict::Stub(0), "even for roles alone");
    let namesake = person(3, "8", "ana2@contoso.com", "", "Ana Costa");
    let world = World::new()
        .with_people([row, namesake])
        .rule(2, "Ana Costa", "stub");
    world.check("of whom?", "Ana Costa", "OWN002 [1]");
}

#[test]
fn faults_stop_and_are_told_at_their_cells() {
    check_fault(
        "nobody",
        "gone@contoso.com",
        "names nobody in the environment",
    );
    check_fault(
        "a full name",
        "Eva Berg",
        "full name of Eva Berg <eva@contoso.com>",
    );
    check_fault(
        "several",
        "twice@contoso.com",
        "names several: Uma <twice@contoso.com>; V",
    );
    check_fault("built in", &guid(6), "a built-in user");
    check_fault(
        "another's name before a UPN",
        "Eva Berg <ana@contoso.com>",
        "names nobody in the environment",
    );
    check_fault("support", "crmoln@microsoft.com", "the support user");
    check_fault(
        "fallback without one",
        "fallback",
        "no fallback owner is named",
    );
}

#[track_caller]
fn check_fault(case: &str, ruling: &str, expected: &str) {
    let mut world = World::new().rule(5, "KARL MEIER", ruling);
    world.add(user(80, "twice@contoso.com", "", "Uma"));
    world.add(user(81, "v@contoso.com", "twice@contoso.com", "V"));
    let (resolved, resolution, findings) = world.ask(RECORDS, "Karl Meier");
    let words = in_words(&resolved, &resolution);
    assert_eq!(
        words, "OWN006 [3 4]",
        "who fits is still told; case: {case}"
    );
    let found: Vec<_> = findings.iter().collect();
    assert_eq!(found.len(), 1, "case: {case}");
    assert!(
        found[0].message.contains(expected),
        "case: {case}: {}",
        found[0].message
    );
    assert_eq!(
        (found[0].code, found[0].subject.as_str()),
        (Code::Own006, "Karl Meier")
    );
    let place = found[0].places.get(0);
    let cell = (place.file, place.row, place.column, place.cell.as_deref());
    assert_eq!(cell, (OWNERS, 5, Some(6), Some(ruling)), "case: {case}");
}

#[test]
fn contradictions_name_both_rows() {
    let world = World::new()
        .rule(9, "karl meier", "stub")
        .rule(4, "Karl Meier", "leave");
    world.check("stopped", "Karl Meier", "OWN006 [3 4]");
    let (_, _, findings) = world.ask(RECORDS, "Karl Meier");
    let finding = findings.iter().next().expect("one");
    assert!(
        finding
            .message
            .contains("row 4 says `leave`, row 9 says `stub`")
    );
    let rows: Vec<u64> = finding.places.iter().map(|place| place.row).collect();
    assert_eq!(rows, [4, 9]);
    let world = World::new()
        .rule(2, "Karl Meier", "ana@contoso.com")
        .rule(3, "karl meier", "ANA@CONTOSO.COM")
        .rule(4, "Karl Meier", &guid(1));
    world.check("the same one thrice", "Karl Meier", "user 1 by ruling");
}

#[test]
fn rulings_that_nothing_asks_for_are_told_at_their_cells_and_not_judged() {
    let world = World::new()
        .rule(8, "Gone", "nobody@x")
        .rule(3, "Lost", "leave")
        .rule(9, "", "stub");
    let (_, resolution, findings) = world.ask(RECORDS, "Karl Meier");
    assert_eq!(resolution.unused_rulings, [3, 8, 9]);
    let told: Vec<_> = findings.iter().collect();
    let subjects: Vec<&str> = told.iter().map(|one| one.subject.as_str()).collect();
    assert_eq!(subjects, ["Gone", "Lost", "blank reference"]);
    assert!(told.iter().all(|one| one.code == Code::Own014));
    let place = told[1].places.get(0);
    let cell = (place.file, place.row, place.column, place.cell.as_deref());
    assert_eq!(cell, (OWNERS, 3, Some(6), Some("leave")));
}

#[test]
fn the_fallback_owner() {
    check_fallback("a team", Some("Sales"), "fallback team 20", None);
    check_fallback(
        "disabled",
        Some("dora@contoso.com"),
        "fallback user 5 OWN013",
        None,
    );
    check_fallback(
        "nobody",
        Some("gone@x.y"),
        "OWN006",
        Some("`gone@x.y`, which names nobody"),
    );
    check_fallback("several", Some("Twins"), "OWN006", Some("names several"));
    check_fallback("none", None, "OWN006", Some("no fallback owner is named"));
}

#[track_caller]
fn check_fallback(case: &str, fallback: Option<&str>, expected: &str, fault: Option<&str>) {
    let mut world = World::new();
    world.policy.missing = MissingPolicy::Fallback;
    world.policy.fallback = fallback.map(str::to_owned);
    world.add_team(90, "Twins", TeamType::Owner);
    world.add_team(91, "Twins", TeamType::Owner);
    world.check(case, "Nobody There", expected);
    let (_, resolution, findings) = world.ask(RECORDS, "Nobody There");
    assert_eq!(
        resolution.fallback.is_some(),
        fault.is_none(),
        "case: {case}"
    );
    let told: Vec<_> = findings
        .iter()
        .map(|one| (one.subject.as_str(), &one.message))
        .collect();
    match fault {
        None => assert_eq!(told, [], "case: {case}"),
        Some(fault) => {
            assert_eq!((told.len(), told[0].0), (1, "fallback"), "case: {case}");
            assert!(told[0].1.contains(fault), "case: {case}: {}", told[0].1);
        }
    }
}

#[test]
fn rows_without_an_owner_need_a_fallback_too() {
    let mut world = World::new();
    let faults = |world: &World| world.ask(RECORDS, "ana@contoso.com").2.iter().len();
    assert_eq!(faults(&world), 0);
    world.policy.blank = BlankPolicy::Fallback;
    assert_eq!(faults(&world), 1);
    world.policy.fallback = some("ana@contoso.com");
    let (_, resolution, findings) = world.ask(RECORDS, "x");
    assert_eq!(findings.iter().len(), 0);
    let expected = world
        .facts
        .users()
        .values()
        .next()
        .map(|user: &User| user.id);
    assert_eq!(
        resolution.fallback.map(Principal::uuid),
        expected.map(|id| id.0)
    );
}
