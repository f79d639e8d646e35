//! What became of a plan, for people.
//!
//! In: a journal, and what this run did. Out: counts over the whole journal, so that a resumed run
//! tells the whole, and the first failures with what they are about. How it is shown is `report/`'s.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use crate::apply::ApplyError;
use crate::apply::entry::{Counts, State};
use crate::apply::journal::Journal;
use crate::apply::source::{Changes, Part, each_batch};
use crate::model::{Change, ChangeKind, Outcome, Seq, Subject};

/// Failures that are listed; all are counted.
pub const FAILURES_MAX: usize = 100;

/// Changes read at once when looking one up.
const LOOK_UP_BATCH: usize = 10_000;

/// Changes by what became of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Written.
    pub done: u64,
    /// Already so; a success.
    pub no_change: u64,
    /// Refused by the service.
    pub failed: u64,
    /// Neither the planned before nor after was found; nothing was written.
    pub drifted: u64,
    /// Not tried, because what they need has failed or drifted.
    pub skipped: u64,
}

impl Tally {
    /// Changes whose target now holds what was planned.
    pub fn succeeded(self) -> u64 {
        self.done + self.no_change
    }

    /// Changes whose target does not.
    pub fn unsuccessful(self) -> u64 {
        self.failed + self.drifted + self.skipped
    }

    pub(super) fn count(&mut self, outcome: &Outcome) {
        self.add(State::of(outcome), 1);
    }

    fn add(&mut self, state: State, count: u64) {
        match state {
            // About to be written is not yet an end.
            State::Intended => {}
            State::Done => self.done += count,
            State::NoChange => self.no_change += count,
            State::Failed => self.failed += count,
            State::Drifted => self.drifted += count,
            State::Skipped => self.skipped += count,
        }
    }
}

/// A change that failed or drifted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Its number.
    pub seq: Seq,
    /// What was to be done.
    pub kind: ChangeKind,
    /// To whom or what, such as `account 0d5f...`.
    pub what: String,
    /// The refusal, or what was found.
    pub outcome: Outcome,
}

/// What became of a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applied {
    /// Over all runs of this plan.
    pub counts: BTreeMap<ChangeKind, Tally>,
    /// Of this run alone.
    pub this_run: BTreeMap<ChangeKind, Tally>,
    /// Changes that have not ended, because the run was interrupted.
    pub open: u64,
    /// The first [`FAILURES_MAX`] that failed or drifted, by number.
    pub failures: Vec<Failure>,
    /// Whether it was asked to stop before its end; run again, it goes on.
    pub interrupted: bool,
    /// Whether this run wrote nothing to the target.
    pub nothing_written: bool,
}

impl Applied {
    /// All kinds together, over all runs.
    pub fn total(&self) -> Tally {
        self.counts
            .values()
            .fold(Tally::default(), |sum, tally| Tally {
                done: sum.done + tally.done,
                no_change: sum.no_change + tally.no_change,
                failed: sum.failed + tally.failed,
                drifted: sum.drifted + tally.drifted,
                skipped: sum.skipped + tally.skipped,
            })
    }

    /// Whether every change has come to a good end.
    pub fn is_complete(&self) -> bool {
        self.open == 0 && self.total().unsuccessful() == 0
    }
}

/// Sums up a journal; `plan` says what its failures are about.
pub(super) fn sum_up(journal: &Journal, plan: &dyn Changes) -> Result<Applied, ApplyError> {
    let counts = by_kind(&journal.counts()?);
    let failures = journal.failures(FAILURES_MAX)?;
    let mut subjects = subjects(plan, failures.iter().map(|(seq, ..)| *seq).collect())?;
    let mut applied = Applied {
        counts,
        this_run: BTreeMap::new(),
        open: 0,
        failures: failures
            .into_iter()
            .map(|(seq, kind, outcome)| Failure {
                seq,
                kind,
                what: subjects.remove(&seq).unwrap_or_default(),
                outcome,
            })
            .collect(),
        interrupted: false,
        nothing_written: true,
    };
    let total = applied.total();
    applied.open = journal
        .changes()?
        .saturating_sub(total.succeeded() + total.unsuccessful());
    Ok(applied)
}

/// Counts by kind, in words that go outside.
pub(super) fn by_kind(counts: &Counts) -> BTreeMap<ChangeKind, Tally> {
    let mut tallies: BTreeMap<ChangeKind, Tally> = BTreeMap::new();
    for ((kind, state), count) in counts {
        tallies.entry(*kind).or_default().add(*state, *count);
    }
    tallies
}

/// What the changes of these numbers are about.
fn subjects(
    plan: &dyn Changes,
    mut wanted: BTreeSet<Seq>,
) -> Result<BTreeMap<Seq, String>, ApplyError> {
    let mut found = BTreeMap::new();
    let parts = plan.parts()?;
    let concerned: Vec<Part> = parts
        .into_iter()
        .filter(|part| wanted.range(part.first..=part.last).next().is_some())
        .collect();
    for part in &concerned {
        each_batch(plan, [part], LOOK_UP_BATCH, |changes| {
            for Change { seq, write, .. } in &changes {
                if wanted.remove(seq) {
                    found.insert(*seq, words(&write.subject()));
                }
            }
            Ok(match wanted.range(part.first..=part.last).next() {
                Some(_) => ControlFlow::Continue(()),
                None => ControlFlow::Break(()),
            })
        })?;
    }
    Ok(found)
}

/// A subject as people read it.
pub(super) fn words(subject: &Subject) -> String {
    match subject {
        Subject::Stub { upn, .. } => format!("stub user {upn}"),
        Subject::Role { principal, role } => format!("role {role} of {principal}"),
        Subject::Record { entity, record } => format!("{entity} {record}"),
    }
}
