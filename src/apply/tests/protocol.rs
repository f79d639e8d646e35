//! The protocol, case by case.
//!
//! In: the small plan and one thing that is out of order. Out: what is written, what is reported,
//! and what the next run does.

use crate::apply::tests::world::{
    Crash, Folder, Fragile, Listed, assign, change_user, other_id, remove, role, user,
};
use crate::apply::verify::compare;
use crate::apply::{Applied, ApplyError, Difference, JournalState, carry_out, journal_state};
use crate::model::{
    ChangeKind, Outcome, Present, Principal, Refusal, RoleId, Seq, ServiceCode, Silent, Stage,
    Subject, UserId, Write,
};
use crate::plan::Moved;
use crate::target::Target;
use crate::target::memory::Memory;

/// Numbers of the small plan.
const STUB: u64 = 0;
const ROLE_OF_STUB: u64 = 1;
const ROLE: u64 = 2;
const RECORD_OF_STUB: u64 = 3;
const RECORD: u64 = 4;

fn refusal() -> Refusal {
    Refusal {
        code: ServiceCode(0x8004_1409),
        message: "the owner has no role".to_owned(),
    }
}

fn owner(id: UserId) -> Present {
    Present::Owner(Principal::User(id))
}

fn run(plan: &Listed, target: &dyn Target, folder: &Folder) -> Applied {
    carry_out(plan, target, &folder.options()).unwrap()
}

#[test]
fn what_becomes_of_changes() {
    //     done, no change, failed, drifted, skipped
    check("all is as planned", |_, _| {}, [7, 0, 0, 0, 0], &[]);
    check(
        "a record is there already",
        |plan, target| target.put(plan.subject(RECORD), owner(user(1))),
        [6, 1, 0, 0, 0],
        &[],
    );
    check(
        "a record has gone to somebody else",
        |plan, target| target.put(plan.subject(RECORD), owner(user(9))),
        [6, 0, 0, 1, 0],
        &[(RECORD, Outcome::Drifted(owner(user(9))))],
    );
    check(
        "a record is gone",
        |plan, target| target.put(plan.subject(RECORD), Present::Absent),
        [6, 0, 0, 1, 0],
        &[(RECORD, Outcome::Drifted(Present::Absent))],
    );
    check(
        "a role is refused; the record of the same user is tried all the same",
        |_, target| target.refuse(Seq(ROLE), refusal()),
        [6, 0, 1, 0, 0],
        &[(ROLE, Outcome::Failed(refusal()))],
    );
    check(
        "a stub user is refused; what goes to it is not tried",
        |_, target| target.refuse(Seq(STUB), refusal()),
        [4, 0, 1, 0, 2],
        &[(STUB, Outcome::Failed(refusal()))],
    );
    let somebody = Present::User {
        id: user(10),
        upn: "else@contoso.example".to_owned(),
        mail: String::new(),
        full_name: String::new(),
        stub: false,
        roles: Vec::<RoleId>::new(),
    };
    check(
        "somebody else has the stub user's id; what goes to it is not tried",
        |plan, target| target.put(plan.subject(STUB), somebody.clone()),
        [4, 0, 0, 1, 2],
        &[(STUB, Outcome::Drifted(somebody.clone()))],
    );
}

/// The order is: done, no change, failed, drifted, skipped.
#[track_caller]
fn check(
    case: &str,
    disturb: impl Fn(&Listed, &Memory),
    expected: [u64; 5],
    failures: &[(u64, Outcome)],
) {
    let (plan, folder) = (Listed::small(), Folder::new(2));
    let target = plan.target();
    disturb(&plan, &target);
    let applied = run(&plan, &target, &folder);
    let total = applied.total();
    let found = [
        total.done,
        total.no_change,
        total.failed,
        total.drifted,
        total.skipped,
    ];
    assert_eq!(found, expected, "case: {case}");
    let found: Vec<(u64, Outcome)> = applied
        .failures
        .iter()
        .map(|failure| (failure.seq.0, failure.outcome.clone()))
        .collect();
    assert_eq!(found, failures, "case: {case}");
    assert_eq!(applied.open, 0, "case: {case}");
    assert_eq!(target.written().len() as u64, total.done, "case: {case}");
}

#[test]
fn what_failed_is_tried_again_and_the_rest_is_not() {
    let (plan, folder) = (Listed::small(), Folder::new(3));
    let target = plan.target();
    target.put(plan.subject(RECORD), owner(user(9)));
    let applied = run(&plan, &target, &folder);
    assert_eq!(
        applied.failures[0].what,
        "account 00000000-0000-0000-0000-000000001001"
    );
    let state = journal_state(folder.directory.path()).unwrap();
    assert_eq!(
        state,
        JournalState::Begun {
            done: 6,
            open: 0,
            failed: 1
        }
    );

    target.put(plan.subject(RECORD), owner(user(0)));
    let again = run(&plan, &target, &folder);
    assert!(again.is_complete() && !again.nothing_written);
    assert_eq!(again.this_run[&ChangeKind::AssignRecord].done, 1);
    assert_eq!(again.this_run.len(), 1, "nothing else was touched");
    assert_eq!(target.written().len(), 7);
    assert_eq!(
        journal_state(folder.directory.path()).unwrap(),
        JournalState::Complete
    );
}

#[test]
fn a_finished_plan_applied_again_touches_nothing() {
    let (plan, folder) = (Listed::small(), Folder::new(2));
    let target = plan.target();
    let first = run(&plan, &target, &folder);
    let journal = std::fs::read(&folder.journal).unwrap();
    let again = run(&plan, &target, &folder);
    assert!(again.nothing_written && !first.nothing_written);
    assert_eq!(again.counts, first.counts);
    assert_eq!(std::fs::read(&folder.journal).unwrap(), journal);
    assert_eq!(target.written().len(), 7);
}

#[test]
fn stages_begin_when_the_one_before_has_ended() {
    let (plan, folder) = (Listed::small(), Folder::new(1));
    let target = plan.target();
    run(&plan, &target, &folder);
    let order: Vec<u64> = target.written().iter().map(|seq| seq.0).collect();
    assert_eq!(order, [0, 1, 2, 3, 4, 5, 6]);
}

#[test]
fn a_stub_user_with_another_id_is_named_by_it() {
    let (plan, folder) = (Listed::small(), Folder::new(2));
    let memory = plan.target();
    let target = Fragile::new(&memory, &folder.journal, true);
    assert!(run(&plan, &target, &folder).is_complete());
    let found = memory.present(&[plan.subject(RECORD_OF_STUB)]).unwrap();
    assert_eq!(found, [owner(other_id(user(10)))]);
    let verified = compare(&plan, &target, &folder.journal, &Silent).unwrap();
    assert!(verified.is_as_planned(), "{verified:?}");
}

#[test]
fn a_stale_plan_is_refused_before_the_first_write_only() {
    let (mut plan, folder) = (Listed::small(), Folder::new(2));
    let target = plan.target();
    plan.moved = vec![Moved {
        what: "user Ana Costa".to_owned(),
        field: "disabled".to_owned(),
        before: Some("no".to_owned()),
        after: Some("yes".to_owned()),
    }];
    let refused = carry_out(&plan, &target, &folder.options());
    assert!(matches!(refused, Err(ApplyError::Stale(moved)) if moved == plan.moved));
    assert!(!folder.journal.exists(), "not even a journal");
    assert!(target.written().is_empty());
    assert_eq!(
        journal_state(folder.directory.path()).unwrap(),
        JournalState::None
    );

    let calm = Listed::small();
    let crash = Crash {
        batches: 0,
        written: 0,
        told: 0,
        half: false,
    };
    let broken = Fragile::new(&target, &folder.journal, false).crash(crash);
    assert!(carry_out(&calm, &broken, &folder.options()).is_err());
    assert!(
        run(&plan, &target, &folder).is_complete(),
        "writing had begun"
    );
}

#[test]
fn another_environment_or_plan_is_refused() {
    let (mut plan, folder) = (Listed::small(), Folder::new(2));
    let target = plan.target();
    run(&plan, &target, &folder);
    plan.organisation = 2;
    let refused = carry_out(&plan, &target, &folder.options());
    assert!(matches!(refused, Err(ApplyError::OtherEnvironment { .. })));
    let journal = crate::apply::journal::Journal::open(&folder.journal, Some("another seal"));
    assert!(journal.is_err());
}

#[test]
fn a_wish_to_stop_ends_what_is_in_flight() {
    let (plan, folder) = (Listed::small(), Folder::new(1));
    let memory = plan.target();
    let target = Fragile::new(&memory, &folder.journal, false).ask_to_stop(2, &folder.stop);
    let applied = run(&plan, &target, &folder);
    assert!(applied.interrupted);
    assert_eq!(applied.total().done, memory.written().len() as u64);
    assert_eq!(applied.open, 7 - applied.total().done);
    assert!(applied.open >= 4, "no stage begins after the wish");

    let calm = Folder {
        stop: crate::model::StopSignal::default(),
        ..folder
    };
    let resumed = run(&plan, &memory, &calm);
    assert!(resumed.is_complete() && !resumed.interrupted);
    assert_eq!(memory.written().len(), 7, "nothing twice");
}

#[test]
fn what_a_crash_left_open_is_ours_when_it_is_there() {
    let (plan, folder) = (Listed::small(), Folder::new(7));
    let memory = plan.target();
    let crash = Crash {
        batches: 1,
        written: 1,
        told: 0,
        half: false,
    };
    let broken = Fragile::new(&memory, &folder.journal, false).crash(crash);
    assert!(matches!(
        carry_out(&plan, &broken, &folder.options()),
        Err(ApplyError::Target(_))
    ));
    assert_eq!(memory.written(), [Seq(STUB), Seq(ROLE_OF_STUB)]);
    let resumed = run(&plan, &memory, &folder);
    assert_eq!(
        resumed.total().done,
        7,
        "counted as ours, not as no change needed"
    );
    assert_eq!(memory.written().len(), 7);
}

#[test]
fn verify_tells_what_differs() {
    let (plan, folder) = (Listed::small(), Folder::new(2));
    let target = plan.target();
    let verified = compare(&plan, &target, &folder.journal, &Silent).unwrap();
    assert_eq!(verified.total().not_applied, 7);
    assert!(verified.differences.is_empty(), "nothing was tried");

    target.refuse(Seq(ROLE), refusal());
    run(&plan, &target, &folder);
    target.put(plan.subject(RECORD), owner(user(0)));
    let verified = compare(&plan, &target, &folder.journal, &Silent).unwrap();
    let total = verified.total();
    assert_eq!(
        (total.as_planned, total.not_applied, total.different),
        (5, 1, 1)
    );
    let Difference {
        seq,
        expected,
        found,
        outcome,
        ..
    } = verified.differences[1].clone();
    assert_eq!(seq, Seq(RECORD));
    assert_eq!((expected, found), (owner(user(1)), owner(user(0))));
    assert_eq!(outcome, Some(Outcome::Done { actual: None }));
    assert_eq!(
        verified.differences[0].outcome,
        Some(Outcome::Failed(refusal()))
    );
}

#[cfg(unix)]
#[test]
fn the_journal_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let (plan, folder) = (Listed::small(), Folder::new(2));
    run(&plan, &plan.target(), &folder);
    let mode = std::fs::metadata(&folder.journal)
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn a_role_of_a_stub_user_is_compared_by_itself() {
    let (plan, folder) = (Listed::small(), Folder::new(2));
    let target = plan.target();
    run(&plan, &target, &folder);
    let Subject::Stub { id, upn } = plan.subject(STUB) else {
        panic!("the first change makes the stub user");
    };
    let mut stub = target
        .present(&[Subject::Stub { id, upn }])
        .unwrap()
        .remove(0);
    for (number, as_planned) in [(1, true), (3, false)] {
        if let Present::User { roles, .. } = &mut stub {
            *roles = vec![
                crate::apply::tests::world::role(0),
                crate::apply::tests::world::role(number),
            ];
        }
        target.put(plan.subject(STUB), stub.clone());
        let verified = compare(&plan, &target, &folder.journal, &Silent).unwrap();
        assert_eq!(verified.is_as_planned(), as_planned, "role {number}");
    }
}

/// A user changed, a record given to him, and two roles taken: one that the change gives, and one of
/// somebody else.
fn with_a_user() -> Listed {
    Listed::new(vec![
        (Stage::ExistingUsers, "systemuser", vec![change_user(1)]),
        (
            Stage::Records { order: 0 },
            "account",
            vec![assign("account", 0, user(1))],
        ),
        (
            Stage::RolesRemoved,
            "systemuserroles",
            vec![remove(user(1), 6), remove(user(2), 2)],
        ),
    ])
}

#[test]
fn roles_are_taken_only_from_users_who_were_given_theirs() {
    // Tried by itself: a record needs no more than a right to read, which may be there already.
    let skipped = [2, 0, 1, 0, 1];
    let drifted = [2, 0, 0, 1, 1];
    check_user("all is as planned", |_, _| {}, [4, 0, 0, 0, 0]);
    check_user(
        "the change is refused",
        |_, target| target.refuse(Seq(0), refusal()),
        skipped,
    );
    check_user(
        "somebody else has changed the user",
        |plan, target| target.put(plan.subject(0), Present::Absent),
        drifted,
    );
}

#[track_caller]
fn check_user(case: &str, disturb: impl Fn(&Listed, &Memory), expected: [u64; 5]) {
    let (plan, folder) = (with_a_user(), Folder::new(2));
    let target = plan.target();
    disturb(&plan, &target);
    let total = run(&plan, &target, &folder).total();
    let found = [
        total.done,
        total.no_change,
        total.failed,
        total.drifted,
        total.skipped,
    ];
    assert_eq!(found, expected, "case: {case}");
}

#[test]
fn a_role_taken_from_a_changed_user_is_compared_by_itself() {
    let (plan, folder) = (with_a_user(), Folder::new(2));
    let target = plan.target();
    run(&plan, &target, &folder);
    let held = |roles: &[u128]| {
        let Write::ChangeUser(change) = change_user(1) else {
            panic!("a change of a user");
        };
        let mut values = change.after();
        values.roles = Some(roles.iter().map(|number| role(*number)).collect());
        Present::Values(Box::new(values))
    };
    // In memory a role and the user who holds it are apart; elsewhere they are not.
    for (case, roles, different) in [
        ("the role is gone", [7].as_slice(), 0),
        ("it is there again", &[6, 7], 0),
        ("another is gone", &[6], 1),
        ("one too many", &[6, 7, 8], 1),
    ] {
        target.put(plan.subject(0), held(roles));
        let verified = compare(&plan, &target, &folder.journal, &Silent).unwrap();
        assert_eq!(verified.total().different, different, "case: {case}");
    }
}
