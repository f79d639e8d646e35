//! The clean sample, planned, and what is asked of it by name.
//!
//! In: nothing. Out: a project in a folder of its own, its changes, and the statements that somebody
//! else writes. What must come of them is said in `during.rs` and `way_back.rs`.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use cutover::apply::{Applied, ApplyError, JOURNAL, Options, apply, undo, verify, way_back};
use cutover::check::approve;
use cutover::model::{Change, ChangeKind, Principal, Silent, StopSignal, Write};
use cutover::plan::SealedPlan;
use cutover::run::Exit;
use cutover::target::{Embedded, Target};
use tempfile::TempDir;

use super::{command, ends, fresh};
use crate::support::copy;

/// Small, so that the sample has many batches.
pub(super) const BATCH: usize = 9;

/// A planned sample in a folder of its own.
pub(super) struct Sample {
    pub(super) folder: TempDir,
}

impl Sample {
    pub(super) fn planned() -> Self {
        static PLANNED: OnceLock<TempDir> = OnceLock::new();
        let planned = PLANNED.get_or_init(|| {
            let folder = fresh("samples/clean");
            ends(&command("plan", folder.path()), Exit::Done);
            folder
        });
        let folder = tempfile::tempdir().unwrap();
        copy(planned.path(), folder.path());
        Self { folder }
    }

    pub(super) fn path(&self) -> &Path {
        self.folder.path()
    }

    fn plan(&self) -> SealedPlan {
        SealedPlan::open(&self.path().join("plan")).unwrap()
    }

    fn journal(&self) -> PathBuf {
        self.path().join("plan").join(JOURNAL)
    }

    pub(super) fn target(&self) -> Embedded {
        Embedded::open(&self.path().join("environment.sqlite")).unwrap()
    }

    pub(super) fn apply(&self, target: &dyn Target) -> Result<Applied, ApplyError> {
        let approved = approve(self.plan()).unwrap();
        let (journal, stop) = (self.journal(), StopSignal::default());
        apply(&approved, target, &options(&journal, &stop))
    }

    pub(super) fn undo(&self, target: &dyn Target) -> Result<Applied, ApplyError> {
        let (journal, stop) = (self.journal(), StopSignal::default());
        let back = way_back(&self.plan(), &journal)?;
        undo(&self.plan(), target, &back, &options(&journal, &stop))
    }

    pub(super) fn is_as_planned(&self) -> bool {
        let verified = verify(&self.plan(), &self.target(), &self.journal(), &Silent);
        verified.unwrap().is_as_planned()
    }

    /// Every change of the plan.
    pub(super) fn changes(&self) -> Vec<Change> {
        let (plan, mut found) = (self.plan(), Vec::new());
        for stage in plan.stages() {
            plan.changes(&stage, 1_000, &mut |batch| {
                found.extend(batch);
                std::ops::ControlFlow::Continue(())
            })
            .unwrap();
        }
        found
    }

    /// The `number`th change of a kind.
    pub(super) fn change(&self, kind: ChangeKind, number: usize) -> Change {
        let mut all = self.changes();
        all.retain(|change| change.write.kind() == kind);
        all.swap_remove(number)
    }
}

fn options<'a>(journal: &'a Path, stop: &'a StopSignal) -> Options<'a> {
    Options {
        journal,
        stop,
        progress: &Silent,
        batch: BATCH,
        now: &jiff::Timestamp::now,
        current: "",
    }
}

pub(super) fn id(id: uuid::Uuid) -> String {
    format!("x'{}'", id.simple())
}

pub(super) fn set_owner(change: &Change, owner: Principal) -> String {
    let Write::AssignRecord { record, .. } = &change.write else {
        panic!("no assignment: {change:?}");
    };
    format!(
        "UPDATE record SET owner_type = {}, owner = {} WHERE id = {}",
        owner.type_code(),
        id(owner.uuid()),
        id(record.0)
    )
}

pub(super) fn owners(change: &Change) -> (Principal, Principal) {
    let Write::AssignRecord { before, after, .. } = change.write else {
        panic!("no assignment: {change:?}");
    };
    (before, after)
}

/// Somebody who has nothing to do with a change.
pub(super) fn somebody_else(sample: &Sample, change: &Change) -> Principal {
    let (before, after) = owners(change);
    let mut all = sample.changes();
    all.retain(|other| other.write.kind() == ChangeKind::AssignRecord);
    let mut others = all.iter().map(|other| owners(other).1);
    others
        .find(|other| *other != before && *other != after)
        .expect("the sample has more than two owners")
}
