//! The way back, case by case.
//!
//! In: the small plan, applied, and what happened since. Out: what is put back, what is left, and
//! that the plan is not applied again.

use std::collections::BTreeMap;

use crate::apply::tests::world::{Crash, Folder, Fragile, Listed, change_user, remove, role, user};
use crate::apply::undo::{go_back, plan_back};
use crate::apply::verify::compare;
use crate::apply::{
    Applied, ApplyError, JournalState, WayBack, carry_out, journal_state, undo_journal,
};
use crate::model::{
    ChangeKind, Present, Principal, Refusal, Seq, ServiceCode, Silent, Stage, Write,
};
use crate::target::Target;
use crate::target::memory::Memory;

const RECORD_OF_STUB: u64 = 3;
const RECORD: u64 = 4;

fn applied(batch: usize) -> (Listed, Folder, Memory) {
    let (plan, folder) = (Listed::small(), Folder::new(batch));
    let target = plan.target();
    carry_out(&plan, &target, &folder.options()).unwrap();
    (plan, folder, target)
}

fn back(plan: &Listed, target: &dyn Target, folder: &Folder) -> Result<Applied, ApplyError> {
    let way_back = plan_back(plan, &folder.journal)?;
    go_back(plan, target, &way_back, &folder.options())
}

fn owner(number: u128) -> Present {
    Present::Owner(Principal::User(user(number)))
}

#[test]
fn what_happened_since_is_left() {
    //     done, no change, failed, drifted, skipped
    check("nothing happened", |_, _| {}, [7, 0, 0, 0, 0]);
    check(
        "a record has gone to somebody else",
        |plan, target| target.put(plan.subject(RECORD), owner(9)),
        [6, 0, 0, 1, 0],
    );
    check(
        "a record was put back by hand",
        |plan, target| target.put(plan.subject(RECORD), owner(0)),
        [6, 1, 0, 0, 0],
    );
    check(
        "a record of the stub user has gone to somebody else: the stub user can go",
        |plan, target| target.put(plan.subject(RECORD_OF_STUB), owner(9)),
        [6, 0, 0, 1, 0],
    );
    check(
        "a record of the stub user cannot be put back: the stub user stays",
        |_, target| {
            target.refuse(
                Seq(RECORD_OF_STUB),
                Refusal {
                    code: ServiceCode(1),
                    message: "no".to_owned(),
                },
            );
        },
        [5, 0, 1, 0, 1],
    );
}

/// The order is: done, no change, failed, drifted, skipped.
#[track_caller]
fn check(case: &str, disturb: impl Fn(&Listed, &Memory), expected: [u64; 5]) {
    let (plan, folder, target) = applied(2);
    disturb(&plan, &target);
    let total = back(&plan, &target, &folder).unwrap().total();
    let found = [
        total.done,
        total.no_change,
        total.failed,
        total.drifted,
        total.skipped,
    ];
    assert_eq!(found, expected, "case: {case}");
    let again = carry_out(&plan, &target, &folder.options());
    assert!(matches!(again, Err(ApplyError::Undone)), "case: {case}");
}

#[test]
fn stages_go_back_newest_first() {
    let (plan, folder, target) = applied(2);
    let before = target.written().len();
    back(&plan, &target, &folder).unwrap();
    let order: Vec<u64> = target.written()[before..].iter().map(|seq| seq.0).collect();
    assert_eq!(
        order,
        [6, 5, 3, 4, 1, 2, 0],
        "the order within a stage stays"
    );
    let verified = compare(&plan, &target, &folder.journal, &Silent).unwrap();
    assert!(verified.is_as_planned(), "{verified:?}");
}

#[test]
fn what_was_not_let_go_of_is_not_as_before() {
    let (plan, folder, target) = applied(2);
    let refusal = Refusal {
        code: ServiceCode(1),
        message: "no".to_owned(),
    };
    target.refuse(Seq(RECORD_OF_STUB), refusal);
    back(&plan, &target, &folder).unwrap();
    let verified = compare(&plan, &target, &folder.journal, &Silent).unwrap();
    let different: Vec<u64> = verified.differences.iter().map(|one| one.seq.0).collect();
    assert_eq!(
        different,
        [0, RECORD_OF_STUB],
        "the stub user and its record"
    );
    assert_eq!(verified.total().different, 2);
}

/// A change of a user that leaves him with a role of before, for another change to take.
fn keeping(number: u128) -> Write {
    let mut write = change_user(number);
    if let Write::ChangeUser(change) = &mut write
        && let Some(roles) = &mut change.roles
    {
        roles.before = [role(1), role(7)].into();
    }
    write
}

#[test]
fn a_user_goes_back_without_the_role_that_could_not_be_given_back() {
    let folder = Folder::new(2);
    let plan = Listed::new(vec![
        (
            Stage::ExistingUsers,
            "systemuser",
            vec![keeping(5), keeping(6)],
        ),
        (
            Stage::RolesRemoved,
            "systemuserroles",
            vec![remove(user(5), 7)],
        ),
    ]);
    let target = plan.target();
    carry_out(&plan, &target, &folder.options()).unwrap();
    // Either has lost a role since: the one by the plan, which is not let go of, the other by somebody else.
    for seq in [0, 1] {
        let found = target.present(&[plan.subject(seq)]).unwrap().remove(0);
        let Present::Values(mut values) = found else {
            panic!("values of a user")
        };
        values.roles = Some([role(6)].into());
        target.put(plan.subject(seq), Present::Values(values));
    }
    let message = "no".to_owned();
    let code = ServiceCode(1);
    target.refuse(Seq(2), Refusal { code, message });
    let total = back(&plan, &target, &folder).unwrap().total();
    assert_eq!((total.done, total.failed, total.drifted), (1, 1, 1));
    let Present::Values(values) = target.present(&[plan.subject(0)]).unwrap().remove(0) else {
        panic!("values of a user")
    };
    let roles = values.roles.unwrap();
    assert_eq!(
        roles,
        [role(1)].into(),
        "nobody asks again for what was refused"
    );
}

#[test]
fn it_is_told_beforehand() {
    let (plan, folder) = (Listed::small(), Folder::new(7));
    let memory = plan.target();
    memory.put(plan.subject(2), Present::Role(true));
    let crash = Crash {
        batches: 2,
        written: 1,
        told: 0,
        half: false,
    };
    let broken = Fragile::new(&memory, &folder.journal, false).crash(crash);
    assert!(carry_out(&plan, &broken, &folder.options()).is_err());
    let told = plan_back(&plan, &folder.journal).unwrap();
    let expected = WayBack {
        counts: BTreeMap::from([
            (ChangeKind::DeleteStubUser, 1),
            (ChangeKind::RemoveRole, 1),
            (ChangeKind::AssignRecord, 2),
        ]),
        uncertain: 2,
        nothing_to_undo: 1,
        settled: 0,
    };
    assert_eq!(told, expected);
    let undone = go_back(&plan, &memory, &told, &folder.options()).unwrap();
    assert_eq!((undone.total().done, undone.total().no_change), (3, 1));
    let moved = go_back(&plan, &memory, &told, &folder.options());
    assert!(matches!(moved, Err(ApplyError::WayBackMoved)));
}

#[test]
fn an_undo_that_was_broken_off_is_ended_first() {
    let (plan, folder, memory) = applied(1);
    let crash = Crash {
        batches: 0,
        written: 1,
        told: 0,
        half: false,
    };
    let journal = undo_journal(&folder.journal);
    let broken = Fragile::new(&memory, &journal, false).crash(crash);
    assert!(matches!(
        back(&plan, &broken, &folder),
        Err(ApplyError::Target(_))
    ));
    assert_eq!(
        journal_state(folder.directory.path()).unwrap(),
        JournalState::Undoing
    );
    let refused = carry_out(&plan, &memory, &folder.options());
    assert!(matches!(refused, Err(ApplyError::UndoBegun)));
    assert!(back(&plan, &memory, &folder).unwrap().is_complete());
    assert_eq!(
        journal_state(folder.directory.path()).unwrap(),
        JournalState::Undone
    );
    assert_eq!(memory.written().len(), 14, "nothing twice");
}

#[test]
fn a_stub_user_whose_id_was_never_heard_is_found_by_its_upn() {
    let (plan, folder) = (Listed::small(), Folder::new(2));
    let memory = plan.target();
    let crash = Crash {
        batches: 0,
        written: 1,
        told: 0,
        half: false,
    };
    let broken = Fragile::new(&memory, &folder.journal, true).crash(crash);
    assert!(carry_out(&plan, &broken, &folder.options()).is_err());
    let calm = Fragile::new(&memory, &folder.journal, true);
    assert_eq!(back(&plan, &calm, &folder).unwrap().total().done, 1);
    assert_eq!(
        plan.held(&calm),
        plan.held(&plan.target()),
        "the one with the other id is gone"
    );
}

#[test]
fn what_was_never_applied_has_no_way_back() {
    let (plan, folder) = (Listed::small(), Folder::new(1));
    let refused = plan_back(&plan, &folder.journal);
    assert!(matches!(refused, Err(ApplyError::NeverApplied)));
}

#[test]
fn what_never_came_about_is_as_before_once_the_rest_is_taken_back() {
    let (plan, folder) = (Listed::small(), Folder::new(2));
    let target = plan.target();
    target.refuse(
        Seq(RECORD),
        crate::model::Refusal {
            code: crate::model::ServiceCode(1),
            message: "no".to_owned(),
        },
    );
    let applied = carry_out(&plan, &target, &folder.options()).unwrap();
    assert_eq!(applied.total().failed, 1);
    let verified = compare(&plan, &target, &folder.journal, &Silent).unwrap();
    assert_eq!(verified.total().not_applied, 1, "{verified:?}");
    back(&plan, &target, &folder).unwrap();
    let verified = compare(&plan, &target, &folder.journal, &Silent).unwrap();
    assert!(verified.is_as_planned(), "{verified:?}");
}

#[test]
fn once_undone_every_change_is_held_against_what_was_there_before() {
    //    before apply, after it, after the undo         as before, different
    held_against_before("nothing happened", [None, None, None], [7, 0]);
    held_against_before("drifted since apply", [None, Some(9), None], [6, 1]);
    let case = "drifted since apply, then put where the plan wants it";
    held_against_before(case, [None, Some(9), Some(1)], [6, 1]);
    let case = "drifted since apply, then put back by hand";
    held_against_before(case, [None, Some(9), Some(0)], [7, 0]);
    let case = "drifted before apply, which left it";
    held_against_before(case, [Some(9), None, None], [6, 1]);
    let case = "drifted before apply, then put back by hand";
    held_against_before(case, [Some(9), None, Some(0)], [7, 0]);
    let case = "put where the plan wants it before apply, which had nothing to write";
    held_against_before(case, [Some(1), None, None], [6, 1]);
    let case = "moved after the undo";
    held_against_before(case, [None, None, Some(9)], [6, 1]);
}

/// Whom somebody else gives the record to at three moments; it was user 0's, and the plan gives it to user 1.
#[track_caller]
fn held_against_before(case: &str, owners: [Option<u128>; 3], expected: [u64; 2]) {
    let (plan, folder) = (Listed::small(), Folder::new(2));
    let target = plan.target();
    let given = |moment: usize| {
        if let Some(number) = owners[moment] {
            target.put(plan.subject(RECORD), owner(number));
        }
    };
    given(0);
    carry_out(&plan, &target, &folder.options()).unwrap();
    given(1);
    back(&plan, &target, &folder).unwrap();
    given(2);
    let verified = compare(&plan, &target, &folder.journal, &Silent).unwrap();
    let total = verified.total();
    assert_eq!(
        [total.as_planned, total.different],
        expected,
        "case: {case}"
    );
    for difference in verified.differences {
        assert_eq!(difference.seq, Seq(RECORD), "case: {case}");
        assert_eq!(difference.expected, owner(0), "case: {case}");
    }
}

#[test]
fn a_role_that_was_to_go_is_held_against_what_the_user_had_before_his_change() {
    let folder = Folder::new(2);
    let (users, removed) = (Stage::ExistingUsers, Stage::RolesRemoved);
    let plan = Listed::new(vec![
        (users, "systemuser", vec![change_user(5)]),
        (removed, "systemuserroles", vec![remove(user(5), 6)]),
    ]);
    let target = plan.target();
    // The change would have given the role that goes in the end; it is refused, so he never has it.
    let (code, message) = (ServiceCode(1), "no".to_owned());
    target.refuse(Seq(0), Refusal { code, message });
    target.put(plan.subject(1), Present::Role(false));
    let applied = carry_out(&plan, &target, &folder.options()).unwrap();
    assert_eq!((applied.total().failed, applied.total().skipped), (1, 1));
    back(&plan, &target, &folder).unwrap();
    let verified = compare(&plan, &target, &folder.journal, &Silent).unwrap();
    assert!(verified.is_as_planned(), "{verified:?}");
}
