//! Two plans against each other: whatever they hold, one against itself is still, and swapped, new is gone.

use proptest::collection::btree_map;
use proptest::prelude::*;

use crate::report::compare::digest::{Digest, Export, Found, Owner, Ready, Side};
use crate::report::compare::{
    CodeMoved, Comparison, Counted, ExportMoved, FindingMoved, Moved, ReadyMoved, compare,
};

prop_compose! {
    fn side()(seal in "[0-9a-f]{8}", approved: bool, errors in 0u64..9, warnings in 0u64..9, changes in 0u64..9)
        -> Side {
        Side { seal, approved, errors, warnings, changes, ..Side::default() }
    }
}

fn found() -> impl Strategy<Value = Found> {
    let standing = prop_oneof![Just("error"), Just("warning"), Just("accepted")];
    (standing, "[ab]").prop_map(|(standing, message)| Found {
        standing: standing.to_owned(),
        message,
    })
}

fn owner() -> impl Strategy<Value = Owner> {
    ("[a-c]", 0u64..4, "[xyz]", "[rs]?").prop_map(|(reference, rows, fate, ruling)| Owner {
        reference,
        rows,
        fate,
        ruling,
    })
}

fn digest() -> impl Strategy<Value = Digest> {
    let findings = btree_map(("OWN00[1-3]", "[a-d]"), found(), 0..8);
    let owners = btree_map("[a-d]", owner(), 0..5);
    let names = || btree_map("[a-d]", "[A-D]", 0..5);
    let counts = || btree_map("[a-d]", 0u64..5, 0..5);
    let export = (0u64..3, "[0-9]").prop_map(|(rows, blake3)| Export { rows, blake3 });
    let inputs = btree_map("[a-d]", export, 0..4);
    let ready = (0u64..3, 0u64..3).prop_map(|(yes, no)| Ready {
        yes,
        no,
        not_known: 0,
    });
    let parts = (side(), findings, owners, names(), counts(), counts());
    (parts, ready, inputs, names()).prop_map(
        |((side, findings, owners, stub_users, changes, records), ready, inputs, settings)| {
            Digest {
                side,
                findings,
                owners,
                stub_users,
                changes,
                records,
                readiness: [ready, Ready::default(), ready],
                inputs,
                settings,
            }
        },
    )
}

proptest! {
    #[test]
    fn a_plan_against_itself_has_not_moved(plan in digest()) {
        let comparison = compare(&plan, &plan);
        prop_assert!(comparison.is_still(), "{comparison:?}");
        for code in &comparison.findings_by_code {
            prop_assert_eq!((code.gone, code.new), (0, 0));
            prop_assert_eq!(code.same, code.now);
        }
    }

    #[test]
    fn swapped_new_is_gone(one in digest(), other in digest()) {
        let (there, mut back) = (compare(&one, &other), compare(&other, &one));
        let mut swapped = swapped(there);
        // The words of a finding that both have are those of now.
        for comparison in [&mut swapped, &mut back] {
            for finding in &mut comparison.findings_judged_otherwise {
                finding.message.clear();
            }
        }
        prop_assert_eq!(swapped, back);
    }

    #[test]
    fn counts_by_code_add_up(one in digest(), other in digest()) {
        let comparison = compare(&one, &other);
        let sum = |of: fn(&CodeMoved) -> u64| comparison.findings_by_code.iter().map(of).sum::<u64>();
        prop_assert_eq!(sum(|code| code.new), comparison.findings_new.len() as u64);
        prop_assert_eq!(sum(|code| code.gone), comparison.findings_gone.len() as u64);
        prop_assert_eq!(sum(|code| code.then), one.findings.len() as u64);
        prop_assert_eq!(sum(|code| code.gone + code.same), one.findings.len() as u64);
        prop_assert_eq!(sum(|code| code.new + code.same), other.findings.len() as u64);
        prop_assert_eq!(comparison.is_still(), one_is_other(&one, &other));
    }
}

/// Whether two plans are the same, as far as they are compared: rows of an owner and words of a finding may differ.
fn one_is_other(one: &Digest, other: &Digest) -> bool {
    let bare = |digest: &Digest| {
        let mut digest = digest.clone();
        for found in digest.findings.values_mut() {
            found.message.clear();
        }
        for owner in digest.owners.values_mut() {
            (owner.rows, owner.reference) = (0, String::new());
        }
        for name in digest.stub_users.values_mut() {
            name.clear();
        }
        digest.changes.retain(|_, count| *count > 0);
        digest.records.retain(|_, count| *count > 0);
        digest
    };
    bare(one) == bare(other)
}

/// The same with then and now in each other's place.
fn swapped(comparison: Comparison) -> Comparison {
    let findings = |list: Vec<FindingMoved>| -> Vec<FindingMoved> {
        let swap = |one: FindingMoved| FindingMoved {
            then: one.now,
            now: one.then,
            ..one
        };
        list.into_iter().map(swap).collect()
    };
    let moved = |list: Vec<Moved>| -> Vec<Moved> {
        let swap = |one: Moved| Moved {
            then: one.now,
            now: one.then,
            ..one
        };
        list.into_iter().map(swap).collect()
    };
    let counts = |list: Vec<Counted>| -> Vec<Counted> {
        let swap = |one: Counted| Counted {
            then: one.now,
            now: one.then,
            ..one
        };
        list.into_iter().map(swap).collect()
    };
    let codes = comparison
        .findings_by_code
        .into_iter()
        .map(|code| CodeMoved {
            then: code.now,
            now: code.then,
            gone: code.new,
            new: code.gone,
            ..code
        });
    let ready = comparison.readiness.into_iter().map(|one| ReadyMoved {
        then: one.now,
        now: one.then,
        ..one
    });
    let inputs = comparison.inputs.into_iter().map(|one| ExportMoved {
        then: one.now,
        now: one.then,
        ..one
    });
    Comparison {
        then: comparison.now,
        now: comparison.then,
        findings_by_code: codes.collect(),
        findings_new: findings(comparison.findings_gone),
        findings_gone: findings(comparison.findings_new),
        findings_judged_otherwise: findings(comparison.findings_judged_otherwise),
        owners: moved(comparison.owners),
        rulings: moved(comparison.rulings),
        stub_users_more: comparison.stub_users_fewer,
        stub_users_fewer: comparison.stub_users_more,
        changes: counts(comparison.changes),
        records: counts(comparison.records),
        readiness: ready.collect(),
        inputs: inputs.collect(),
        settings: moved(comparison.settings),
    }
}
