//! What became of a plan, for people.
//!
//! In: a journal, what was planned, and what this run did. Out: counts over the whole journal, so that
//! a resumed run tells the whole; they add up to what was planned, or there are none. With them the
//! first failures and what they are about. How it is shown is `report/`'s.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use crate::apply::ApplyError;
use crate::apply::causes::Cause;
use crate::apply::entry::{Counts, State};
use crate::apply::journal::Journal;
use crate::apply::source::{Changes, Part, each_batch};
use crate::model::{Change, ChangeKind, Outcome, Seq, ServiceCode, Subject};

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

/// What became of the changes of one kind, so made that it adds up: planned = done + no change +
/// failed + drifted + skipped + open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Account {
    planned: u64,
    tally: Tally,
}

impl Account {
    /// The account of a kind; an error where more has ended than was planned.
    fn of(kind: ChangeKind, planned: u64, tally: Tally) -> Result<Self, ApplyError> {
        let ended = tally.succeeded() + tally.unsuccessful();
        if ended > planned {
            return Err(ApplyError::Unaccounted {
                kind,
                planned,
                counted: ended,
            });
        }
        Ok(Self { planned, tally })
    }

    /// Changes of this kind that the plan has.
    pub fn planned(self) -> u64 {
        self.planned
    }

    /// Those that have ended, by how.
    pub fn tally(self) -> Tally {
        self.tally
    }

    /// Those that have not ended.
    pub fn open(self) -> u64 {
        self.planned - self.tally.succeeded() - self.tally.unsuccessful()
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
    /// Over all runs of this plan, every kind that it has: what was planned and what became of it.
    pub accounts: BTreeMap<ChangeKind, Account>,
    /// Of these, the changes that have ended.
    pub counts: BTreeMap<ChangeKind, Tally>,
    /// Of this run alone.
    pub this_run: BTreeMap<ChangeKind, Tally>,
    /// Changes that have not ended, because the run was interrupted.
    pub open: u64,
    /// Those that failed, by the service's code. No finding foretold any of them, or the plan would
    /// not have been approved.
    pub refused: BTreeMap<ServiceCode, u64>,
    /// The first [`FAILURES_MAX`] that failed or drifted, by number.
    pub failures: Vec<Failure>,
    /// Why changes failed, drifted or were skipped; the most frequent cause first.
    pub causes: Vec<Cause>,
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

    /// Says what became of a run that may have been interrupted; one that was not must have ended
    /// every change.
    pub(super) fn of_run(self, pass: Ended) -> Result<Self, ApplyError> {
        let left = self.accounts.iter().find(|(_, account)| account.open() > 0);
        if let (false, Some((kind, account))) = (pass.interrupted, left) {
            return Err(ApplyError::Unaccounted {
                kind: *kind,
                planned: account.planned(),
                counted: account.planned() - account.open(),
            });
        }
        Ok(Self {
            this_run: pass.tally,
            interrupted: pass.interrupted,
            nothing_written: !pass.wrote,
            ..self
        })
    }
}

/// How a pass ended.
pub(super) struct Ended {
    /// What became of the changes that it has touched.
    pub(super) tally: BTreeMap<ChangeKind, Tally>,
    /// Whether anything went to the target.
    pub(super) wrote: bool,
    /// Whether it was asked to stop before its end.
    pub(super) interrupted: bool,
}

/// Sums up a journal against what was planned; `plan` says what its failures are about.
pub(super) fn sum_up(
    journal: &Journal,
    plan: &dyn Changes,
    planned: &BTreeMap<ChangeKind, u64>,
) -> Result<Applied, ApplyError> {
    let counts = by_kind(&journal.counts()?);
    let accounts = accounts(planned, &counts)?;
    let failures = journal.failures(FAILURES_MAX)?;
    let mut causes = journal.causes()?;
    let named = causes.iter().flat_map(|cause| &cause.first);
    let wanted = failures.iter().map(|(seq, ..)| seq).chain(named);
    let subjects = subjects(plan, wanted.copied().collect())?;
    let about = |seq: &Seq| subjects.get(seq).cloned().unwrap_or_default();
    for cause in &mut causes {
        cause.about = cause.first.iter().map(about).collect();
    }
    Ok(Applied {
        open: accounts.values().map(|account| account.open()).sum(),
        accounts,
        counts,
        this_run: BTreeMap::new(),
        refused: journal.refusals()?,
        failures: failures
            .into_iter()
            .map(|(seq, kind, outcome)| Failure {
                seq,
                kind,
                what: about(&seq),
                outcome,
            })
            .collect(),
        causes,
        interrupted: false,
        nothing_written: true,
    })
}

/// The account of every kind that was planned, or that has ended though it was not.
fn accounts(
    planned: &BTreeMap<ChangeKind, u64>,
    tallies: &BTreeMap<ChangeKind, Tally>,
) -> Result<BTreeMap<ChangeKind, Account>, ApplyError> {
    let kinds: BTreeSet<ChangeKind> = planned.keys().chain(tallies.keys()).copied().collect();
    kinds
        .into_iter()
        .map(|kind| {
            let planned = planned.get(&kind).copied().unwrap_or(0);
            let tally = tallies.get(&kind).copied().unwrap_or_default();
            Ok((kind, Account::of(kind, planned, tally)?))
        })
        .collect()
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
        Subject::User { id, .. } => format!("user {id}"),
        Subject::Role { principal, role } => format!("role {role} of {principal}"),
        Subject::Record { entity, record } => format!("{entity} {record}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_adds_up_or_there_is_none() {
        let tally = Tally {
            done: 5,
            no_change: 4,
            failed: 3,
            drifted: 2,
            skipped: 1,
        };
        let account = |planned| Account::of(ChangeKind::GiveRole, planned, tally);
        assert_eq!(account(15).unwrap().open(), 0);
        assert_eq!(account(17).unwrap().open(), 2);
        let error = account(14).unwrap_err().to_string();
        assert!(error.contains("14 planned, 15 accounted for"), "{error}");
    }

    #[test]
    fn what_was_not_planned_and_what_has_not_ended_is_told() {
        let one = Tally {
            done: 1,
            ..Tally::default()
        };
        let planned = BTreeMap::from([(ChangeKind::GiveRole, 2)]);
        let ended = BTreeMap::from([(ChangeKind::RemoveRole, one)]);
        assert!(accounts(&planned, &ended).is_err(), "not planned");
        let ended = BTreeMap::from([(ChangeKind::GiveRole, one)]);
        let applied = Applied {
            accounts: accounts(&planned, &ended).unwrap(),
            counts: ended,
            this_run: BTreeMap::new(),
            open: 1,
            refused: BTreeMap::new(),
            failures: Vec::new(),
            causes: Vec::new(),
            interrupted: false,
            nothing_written: true,
        };
        let run = |interrupted| Ended {
            tally: BTreeMap::new(),
            wrote: true,
            interrupted,
        };
        assert!(applied.clone().of_run(run(true)).is_ok(), "interrupted");
        let error = applied.of_run(run(false)).unwrap_err().to_string();
        assert!(error.contains("2 planned, 1 accounted for"), "{error}");
    }
}
