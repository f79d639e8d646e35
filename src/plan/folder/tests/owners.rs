//! What became of references, and who owns how much, comes back as it was written.

use std::ops::ControlFlow;

use uuid::Uuid;

use super::sample::Sample;
use crate::model::{OwnerFate, OwnerLine, Principal, TeamId, UserId};

fn line(reference: &str, rows: u64, fate: OwnerFate) -> OwnerLine {
    OwnerLine {
        reference: reference.to_owned(),
        by_table: vec![("account".to_owned(), rows), ("roles".to_owned(), 1)],
        fate,
        by: String::new(),
        owner: None,
        owner_name: String::new(),
        candidates: Vec::new(),
        near_misses: Vec::new(),
        ruling: String::new(),
    }
}

/// A line of every fate, more than one group of rows.
pub(super) fn lines() -> Vec<OwnerLine> {
    let mut lines = vec![
        OwnerLine {
            by: "UPN".to_owned(),
            owner: Some(Principal::User(UserId(Uuid::from_u128(1)))),
            owner_name: "Ana Costa <ana@contoso.com>".to_owned(),
            ruling: "ana@contoso.com".to_owned(),
            ..line("Ana", 3, OwnerFate::Matched)
        },
        OwnerLine {
            owner: Some(Principal::Team(TeamId(Uuid::from_u128(2)))),
            ..line("Sales; East", 900, OwnerFate::Fallback)
        },
        OwnerLine {
            by: "OWN002".to_owned(),
            candidates: vec!["Karl \"K\" Meier".to_owned(), "Karl; Meier".to_owned()],
            near_misses: vec!["Carl (full name)".to_owned()],
            ..line("=Karl", 40, OwnerFate::Stopped)
        },
        line("left", 1, OwnerFate::Left),
    ];
    let stubs = (0..20).map(|number| line(&format!("stub {number}"), 2, OwnerFate::Stub));
    lines.extend(stubs);
    lines
}

#[test]
fn references_come_back_with_most_rows_first() {
    let folder = tempfile::tempdir().unwrap();
    let plan = Sample::full().seal_into(folder.path()).unwrap();
    let mut read = Vec::new();
    plan.owners(&mut |line| {
        read.push(line);
        ControlFlow::Continue(())
    })
    .unwrap();
    let mut written = lines();
    assert_eq!(read[0].reference, "Sales; East");
    assert!(read.is_sorted_by(|left, right| left.affected() >= right.affected()));
    let key = |line: &OwnerLine| line.reference.clone();
    read.sort_by_key(key);
    written.sort_by_key(key);
    assert_eq!(read, written);
}

#[test]
fn holdings_add_up_to_the_changes() {
    let folder = tempfile::tempdir().unwrap();
    let plan = Sample::full().seal_into(folder.path()).unwrap();
    let (mut gone, mut come, mut rows) = (0, 0, 0);
    plan.holdings(&mut |holding| {
        gone += holding.gone;
        come += holding.come;
        rows += 1;
        ControlFlow::Continue(())
    })
    .unwrap();
    let assigned = plan.document().totals.changes["assign_record"];
    assert_eq!((gone, come), (assigned, assigned));
    assert_eq!(rows, plan.document().holdings_file.rows);
    assert!(assigned > 0 && rows > 1);
}
