//! Promise 4: broken off anywhere and run again, it ends where an undisturbed run ends.
//!
//! In: random plans, drift, refusals, and random points at which the run breaks: before a batch is
//! written, in the midst of it, after it but before the answer, after the answer. Out: a difference
//! to the undisturbed run, a change written twice, or one that was written unannounced.

use proptest::collection::{btree_set, vec};
use proptest::prelude::*;

use crate::apply::tests::world::{
    Crash, Folder, Fragile, Listed, assign, change_user, give, remove, stub, user,
};
use crate::apply::undo::{go_back, plan_back};
use crate::apply::verify::compare;
use crate::apply::{Applied, ApplyError, JournalState, carry_out, journal_state};
use crate::model::{
    AccessMode, Present, Principal, Refusal, Seq, ServiceCode, Silent, Stage, Write,
};
use crate::target::Target;
use crate::target::memory::Memory;

#[derive(Clone, Debug)]
struct Case {
    plan: Listed,
    batch: usize,
    other_ids: bool,
    refused: Vec<u64>,
    drifted: Vec<u64>,
    already: Vec<u64>,
    crashes: Vec<Crash>,
    crashes_back: Vec<Crash>,
}

impl Case {
    fn target(&self) -> Memory {
        let target = self.plan.target();
        for seq in &self.refused {
            target.refuse(
                Seq(*seq),
                Refusal {
                    code: ServiceCode(0x8004_1409),
                    message: "no".to_owned(),
                },
            );
        }
        for change in self.plan.all() {
            if self.already.contains(&change.seq.0) {
                target.put(change.write.subject(), change.write.after());
            } else if self.drifted.contains(&change.seq.0)
                && let Some(other) = something_else(&change.write)
            {
                target.put(change.write.subject(), other);
            }
        }
        target
    }
}

/// What is neither before nor after.
fn something_else(write: &Write) -> Option<Present> {
    match write {
        Write::AssignRecord { .. } => Some(Present::Owner(Principal::User(user(9)))),
        Write::ChangeUser(change) => {
            let mut values = change.before();
            values.access_mode = Some(AccessMode::Read);
            Some(Present::Values(Box::new(values)))
        }
        _ => None,
    }
}

fn plans() -> impl Strategy<Value = Listed> {
    let owners = 1_u128..14;
    (
        0_u128..4,
        btree_set(1_u128..8, 0..6),
        btree_set((1_u128..14, 1_u128..4), 0..6),
        vec(owners.clone(), 0..25),
        vec(owners, 0..15),
        btree_set((1_u128..6, 4_u128..6), 0..4),
    )
        .prop_map(|(stubs, users, roles, accounts, contacts, removed)| {
            let records = |entity, from: u128, owners: &[u128]| {
                (from..)
                    .zip(owners)
                    // Owners beyond the stub users of this plan are users who exist.
                    .map(|(record, owner)| match *owner {
                        owner if owner >= 10 + stubs => assign(entity, record, user(1)),
                        owner => assign(entity, record, user(owner)),
                    })
                    .collect()
            };
            let roles = roles
                .into_iter()
                // What is given to a user who is changed goes with that change.
                .filter(|(to, _)| *to < 10 + stubs && !users.contains(to))
                .map(|(to, role)| give(user(to), role));
            let removed = removed
                .into_iter()
                .map(|(from, role)| remove(user(from), role));
            let stubs = (0..stubs).map(|number| Write::CreateStub(Box::new(stub(number))));
            Listed::new(vec![
                (Stage::StubUsers, "systemuser", stubs.collect()),
                (
                    Stage::ExistingUsers,
                    "systemuser",
                    users.iter().map(|number| change_user(*number)).collect(),
                ),
                (Stage::RolesGiven, "systemuserroles", roles.collect()),
                (
                    Stage::Records { order: 0 },
                    "account",
                    records("account", 0, &accounts),
                ),
                (
                    Stage::Records { order: 1 },
                    "contact",
                    records("contact", 100, &contacts),
                ),
                (Stage::RolesRemoved, "systemuserroles", removed.collect()),
            ])
        })
}

fn crashes() -> impl Strategy<Value = Vec<Crash>> {
    let crash = (0_usize..6, 0_usize..7, 0_usize..7, any::<bool>());
    let crash = crash.prop_map(|(batches, written, told, half)| Crash {
        batches,
        written,
        told,
        half,
    });
    vec(crash, 0..6)
}

prop_compose! {
    fn cases()(
        plan in plans(),
        batch in 1_usize..7,
        other_ids in any::<bool>(),
        refused in vec(0_u64..50, 0..3),
        drifted in vec(0_u64..50, 0..3),
        already in vec(0_u64..50, 0..3),
        crashes in crashes(),
        crashes_back in crashes(),
    ) -> Case {
        Case { plan, batch, other_ids, refused, drifted, already, crashes, crashes_back }
    }
}

/// Runs `once` with each crash in turn, then in peace.
fn through<T>(
    crashes: &[Crash],
    target: impl Fn(Option<Crash>) -> T,
    once: impl Fn(&T) -> Result<Applied, ApplyError>,
    seen: impl Fn(&T),
) -> Applied {
    for crash in crashes {
        let target = target(Some(*crash));
        match once(&target) {
            Ok(_) | Err(ApplyError::Target(_)) => {}
            Err(other) => panic!("broke off otherwise: {other}"),
        }
        seen(&target);
    }
    let target = target(None);
    let applied = once(&target).expect("a run in peace");
    seen(&target);
    applied
}

fn apply_through(case: &Case, crashes: &[Crash], folder: &Folder, memory: &Memory) -> Applied {
    through(
        crashes,
        |crash| fragile(case, memory, &folder.journal, crash),
        |target| carry_out(&case.plan, target, &folder.options()),
        nothing_unannounced,
    )
}

fn undo_through(case: &Case, crashes: &[Crash], folder: &Folder, memory: &Memory) -> Applied {
    let journal = crate::apply::undo_journal(&folder.journal);
    through(
        crashes,
        |crash| fragile(case, memory, &journal, crash),
        |target| {
            let way_back = plan_back(&case.plan, &folder.journal)?;
            go_back(&case.plan, target, &way_back, &folder.options())
        },
        nothing_unannounced,
    )
}

fn fragile<'a>(
    case: &Case,
    memory: &'a Memory,
    journal: &'a std::path::Path,
    crash: Option<Crash>,
) -> Fragile<'a> {
    let target = Fragile::new(memory, journal, case.other_ids);
    match crash {
        Some(crash) => target.crash(crash),
        None => target,
    }
}

fn nothing_unannounced(target: &Fragile<'_>) {
    let unannounced = target.unannounced.lock().unwrap();
    assert!(
        unannounced.is_empty(),
        "came to the target before the journal: {unannounced:?}"
    );
}

fn held(case: &Case, memory: &Memory) -> Vec<Present> {
    case.plan
        .held(&fragile(case, memory, std::path::Path::new(""), None))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_broken_run_ends_where_an_undisturbed_one_ends(case in cases()) {
        let (calm_folder, calm) = (Folder::new(case.batch), case.target());
        let expected = apply_through(&case, &[], &calm_folder, &calm);
        let (folder, memory) = (Folder::new(case.batch), case.target());
        let found = apply_through(&case, &case.crashes, &folder, &memory);

        prop_assert_eq!(held(&case, &memory), held(&case, &calm));
        prop_assert_eq!(&found.counts, &expected.counts);
        prop_assert_eq!(&found.failures, &expected.failures);
        prop_assert_eq!(found.open, 0);
        let (mut once, mut calm_once) = (memory.written(), calm.written());
        once.sort_unstable();
        calm_once.sort_unstable();
        prop_assert_eq!(&once, &calm_once, "the same changes are written");
        once.dedup();
        prop_assert_eq!(once, calm_once, "none is written twice");
        no_journal_entry_is_wrong(&case, &folder, &memory, &found)?;
    }

    #[test]
    fn the_way_back_leads_to_where_it_began(case in cases(), whole in any::<bool>()) {
        let (folder, memory) = (Folder::new(case.batch), case.target());
        let before = held(&case, &memory);
        let crashes = &case.crashes;
        let mut halves = 0;
        if whole || crashes.is_empty() {
            apply_through(&case, crashes, &folder, &memory);
        } else {
            // Undone from where a crash left it.
            let broken = fragile(&case, &memory, &folder.journal, crashes.first().copied());
            let _ = carry_out(&case.plan, &broken, &folder.options());
            halves = broken.halves.lock().unwrap().len();
        }
        let refusals_apart = Memory::new(Vec::new(), Vec::new());
        copy(&case, &memory, &refusals_apart);
        let written_before = memory.written().len() + halves;
        let undone = undo_through(&case, &case.crashes_back, &folder, &refusals_apart);
        prop_assert_eq!(held(&case, &refusals_apart), before);
        prop_assert_eq!(undone.total().unsuccessful(), 0);
        let mut back = refusals_apart.written();
        prop_assert_eq!(back.len(), written_before, "only what was written is taken back");
        back.sort_unstable();
        back.dedup();
        prop_assert_eq!(back.len(), written_before, "and once");
        let refused = carry_out(&case.plan, &refusals_apart, &folder.options());
        prop_assert!(matches!(refused, Err(ApplyError::Undone)));
        prop_assert_eq!(journal_state(folder.directory.path()).unwrap(), JournalState::Undone);
    }
}

/// The refusals of a test target are by number, and would hit the way back as well.
fn copy(case: &Case, from: &Memory, to: &Memory) {
    for change in case.plan.all() {
        let mut subjects = vec![change.write.subject()];
        subjects.extend(crate::apply::tests::world::elsewhere(&change.write));
        for subject in subjects {
            let found = from.present(std::slice::from_ref(&subject)).unwrap();
            for found in found {
                to.put(subject.clone(), found);
            }
        }
    }
}

fn no_journal_entry_is_wrong(
    case: &Case,
    folder: &Folder,
    memory: &Memory,
    applied: &Applied,
) -> Result<(), TestCaseError> {
    let target = fragile(case, memory, &folder.journal, None);
    let verified = compare(&case.plan, &target, &folder.journal, &Silent).unwrap();
    let total = applied.total();
    let compared = verified.total();
    prop_assert_eq!(
        compared.as_planned + compared.not_applied + compared.different,
        total.succeeded() + total.unsuccessful()
    );
    // What was skipped may be there already, since nobody looked.
    prop_assert!(compared.as_planned >= total.succeeded());
    prop_assert!(compared.as_planned <= total.succeeded() + total.skipped);
    Ok(())
}
