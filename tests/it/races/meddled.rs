//! The clean sample, planned, and a target to which another program writes at one exact moment.
//!
//! In: a change, and what somebody else does just before its batch is written. Out: a [`Target`] for
//! `apply` and `undo`. What must come of it is said in `during.rs` and `way_back.rs`.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Mutex, OnceLock};
use std::thread;

use cutover::apply::{Applied, ApplyError, JOURNAL, Options, apply, undo, verify, way_back};
use cutover::check::approve;
use cutover::model::{
    Change, ChangeKind, Fact, Identity, Outcome, Present, Principal, Seq, Silent, StopSignal,
    Subject, Write,
};
use cutover::plan::SealedPlan;
use cutover::run::Exit;
use cutover::target::{Embedded, Feed, Scope, Target, TargetError, feed};
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
    }
}

/// An environment file to which another program writes once, just before the batch with a certain
/// change is passed on: its values have been read by then.
pub(super) struct Meddled<'a> {
    target: Embedded,
    before: Seq,
    meddle: Mutex<Option<Box<dyn FnOnce() + Send + 'a>>>,
}

impl<'a> Meddled<'a> {
    pub(super) fn new(sample: &Sample, before: Seq, meddle: impl FnOnce() + Send + 'a) -> Self {
        Self {
            target: sample.target(),
            before,
            meddle: Mutex::new(Some(Box::new(meddle))),
        }
    }

    /// Whether the moment has come.
    pub(super) fn has_meddled(&self) -> bool {
        self.meddle.lock().unwrap().is_none()
    }

    fn look(&self, batch: &[Change]) {
        if batch.iter().any(|change| change.seq == self.before) {
            let meddle = self.meddle.lock().unwrap().take();
            meddle.expect("a change is passed on once")();
        }
    }
}

impl Target for Meddled<'_> {
    fn identity(&self) -> Result<Identity, TargetError> {
        self.target.identity()
    }

    fn facts(&self, scope: &Scope, sink: &mut dyn FnMut(Fact)) -> Result<(), TargetError> {
        self.target.facts(scope, sink)
    }

    fn present(&self, subjects: &[Subject]) -> Result<Vec<Present>, TargetError> {
        self.target.present(subjects)
    }

    /// One stage is one call, as without this in between; but a batch at a time.
    fn write(
        &self,
        stage: &Feed<Change>,
        done: &Sender<(Seq, Outcome)>,
    ) -> Result<(), TargetError> {
        let ((sender, inside), (report, outcomes)) = (feed(1), channel());
        let target = &self.target;
        thread::scope(|scope| {
            let writing = scope.spawn(move || target.write(&inside, &report));
            'batches: while let Some(batch) = stage.next() {
                self.look(&batch);
                let count = batch.len();
                if sender.send(batch).is_err() {
                    break;
                }
                for _ in 0..count {
                    let Ok(outcome) = outcomes.recv() else {
                        break 'batches;
                    };
                    done.send(outcome).map_err(|_| TargetError::Unheard)?;
                }
            }
            drop(sender);
            writing.join().expect("the writer does not panic")
        })
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
