//! Approved plan to outcomes: what was signed off is written, stage after stage, and nothing else.
//!
//! In: an [`ApprovedPlan`], a target, the journal. Out: the journal, what became of every change,
//! and later what differs ([`verify`]) or the way back ([`undo`]). Killed anywhere, the next run
//! ends where an undisturbed one ends. Inputs and rulings are compared in `run/`, which also asks
//! for leave; refusals and retries are the target's.

mod applied;
mod causes;
mod dependents;
mod earlier;
mod effects;
mod entry;
mod journal;
mod judge;
mod pass;
mod source;
mod stage;
mod told;
mod translate;
mod undo;
mod verify;

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use jiff::Timestamp;

pub use applied::{Account, Applied, FAILURES_MAX, Failure, Tally};
pub use causes::Cause;
pub use effects::{Effects, effects};
pub use journal::{JournalError, Pass as PassTime};
pub use told::{Direction, Told, each_failure, told};
pub use undo::{WayBack, undo, way_back};
pub use verify::{Compared, DIFFERENCES_MAX, Difference, Verified, verify, verify_undone};

use crate::apply::applied::{by_kind, sum_up};
use crate::apply::dependents::Way;
use crate::apply::entry::State;
use crate::apply::journal::{Journal, Run};
use crate::apply::pass::Pass;
use crate::apply::source::{Sealed, total};
use crate::check::ApprovedPlan;
use crate::model::{ChangeKind, Identity, OrganisationId, Present, Progress, StopSignal, Subject};
use crate::plan::{Moved, PlanError};
use crate::target::{Target, TargetError};

/// Name of the journal in its plan folder.
pub const JOURNAL: &str = "journal.sqlite";

/// Name of the journal of the way back, beside it.
pub const UNDO_JOURNAL: &str = "undo.sqlite";

/// Changes in a batch that do a target on this machine good. Each batch costs two syncs and every page
/// that it touches, and records come in no order of pages: of a million records a batch touches nearly
/// all pages from here on, so that a smaller one costs as much. A larger one costs more memory, and a
/// wish to stop waits for those under way, a fraction of a second each.
pub const BATCH: usize = 50_000;

/// Changes in a batch that do a live environment good: it answers to some hundred a second, so that a wish to stop
/// waits for seconds, and the journal of a batch is a small part of the time that it takes.
pub const LIVE_BATCH: usize = 2_000;

/// How to run.
#[derive(Clone, Copy)]
pub struct Options<'a> {
    /// The journal of the plan, see [`JOURNAL`]; the way back has its own beside it.
    pub journal: &'a Path,
    /// Looked at before each batch: batches that were handed over end and are journaled.
    pub stop: &'a StopSignal,
    /// Told of every stage.
    pub progress: &'a dyn Progress,
    /// Changes in a batch, see [`BATCH`].
    pub batch: usize,
    /// What time it is, for the journal alone.
    pub now: &'a dyn Fn() -> Timestamp,
    /// The seal of the project's current plan: the journal notes after which plan an older one was undone.
    pub current: &'a str,
}

/// The run cannot begin or go on. What is in the journal stays; run again to go on.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// The target is not the environment that the plan was made for. Nothing was written.
    #[error(
        "{host}: the plan was made for organisation `{expected}`, this is `{found}`; plan anew for this environment, or name the right one"
    )]
    OtherEnvironment {
        /// Host or file name of the target.
        host: String,
        /// The plan's.
        expected: OrganisationId,
        /// The target's.
        found: OrganisationId,
    },
    /// Fields that planning used have moved since. Nothing was written.
    #[error("the plan is stale: {} moved in the environment since it was made; plan anew", fields(.0.len()))]
    Stale(Vec<Moved>),
    /// The plan was undone.
    #[error("the plan was undone and is not applied again; plan anew with `cutover plan`")]
    Undone,
    /// Its undo has begun.
    #[error(
        "the undo of this plan has begun; end it with `cutover undo`, then plan anew with `cutover plan`"
    )]
    UndoBegun,
    /// There is nothing to take back.
    #[error("the plan was never applied, so there is nothing to undo")]
    NeverApplied,
    /// What was shown of the way back is no longer so.
    #[error("the journal has moved since the way back was shown; look at it again")]
    WayBackMoved,
    /// The plan names an organisation that is no id.
    #[error("plan.json: organisation `{found}` is not a GUID; plan anew")]
    Organisation {
        /// What it says.
        found: String,
    },
    /// The target broke its promise to answer to each change once.
    #[error("the target left {count} changes unanswered; run again, and they are read back first")]
    Unanswered {
        /// How many.
        count: u64,
    },
    /// Plan, journal and target do not add up (promise 6).
    #[error(
        "{}: {planned} planned, {counted} accounted for; this must not be: keep the plan folder as it \
         is for whoever looks into it, and see with `cutover verify` what the target holds",
        kind.words()
    )]
    Unaccounted {
        /// The kind that does not add up.
        kind: ChangeKind,
        /// Changes of this kind in the plan.
        planned: u64,
        /// Those of which it is known what became of them.
        counted: u64,
    },
    /// The journal cannot be used.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The plan folder cannot be used.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// The target cannot be used.
    #[error(transparent)]
    Target(#[from] TargetError),
}

fn fields(count: usize) -> String {
    match count {
        1 => "one field".to_owned(),
        _ => format!("{count} fields"),
    }
}

/// Writes what an approved plan says, or goes on where the last run ended.
///
/// Before anything was ever written, a stale plan is refused; from then on each subject is looked at
/// by itself, and one that holds neither the planned before nor after has drifted and is left alone.
/// Changes that failed, drifted or were skipped in an earlier run are tried again.
pub fn apply(
    plan: &ApprovedPlan,
    target: &dyn Target,
    options: &Options<'_>,
) -> Result<Applied, ApplyError> {
    plan.plan().intact()?;
    carry_out(plan.plan(), target, options)
}

fn carry_out(
    plan: &dyn Sealed,
    target: &dyn Target,
    options: &Options<'_>,
) -> Result<Applied, ApplyError> {
    refuse_undone(options.journal, plan.seal())?;
    let identity = same_environment(plan, target)?;
    let changes = total(plan)?;
    let journal = Journal::open(options.journal, Some(plan.seal()))?;
    if !journal.as_ref().is_some_and(Journal::begun) {
        let moved = plan.moved(target)?;
        if !moved.is_empty() {
            return Err(ApplyError::Stale(moved));
        }
    }
    let run = Run {
        seal: plan.seal(),
        identity: &identity,
        changes,
    };
    let mut journal = match journal {
        Some(journal) => journal,
        None => Journal::create(options.journal, &run)?,
    };
    if journal.succeeded()? == changes {
        return sum_up(&journal, plan, &plan.planned());
    }
    let ended = Pass::new(plan, target, &mut journal, Way::Out, options).run()?;
    sum_up(&journal, plan, &plan.planned())?.of_run(ended)
}

/// Where a plan folder is between made and undone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JournalState {
    /// Nothing was applied.
    None,
    /// Applied in part.
    Begun {
        /// Changes that came to a good end.
        done: u64,
        /// Changes that have not ended.
        open: u64,
        /// Changes that failed, drifted or were skipped.
        failed: u64,
    },
    /// Every change came to a good end.
    Complete,
    /// The way back has begun.
    Undoing,
    /// The way back was gone to its end.
    Undone,
}

/// Looks where a plan folder is, without its plan.
pub fn journal_state(plan_folder: &Path) -> Result<JournalState, ApplyError> {
    if let Some(way_back) = Journal::open(&plan_folder.join(UNDO_JOURNAL), None)? {
        return Ok(if way_back.ended()? {
            JournalState::Undone
        } else {
            JournalState::Undoing
        });
    }
    // One that a stop left before the first intent says nothing of the target.
    let begun = Journal::open(&plan_folder.join(JOURNAL), None)?.filter(Journal::begun);
    let Some(journal) = begun else {
        return Ok(JournalState::None);
    };
    let tallies = by_kind(&journal.counts()?);
    let done = tallies.values().map(|tally| tally.succeeded()).sum();
    let failed = tallies.values().map(|tally| tally.unsuccessful()).sum();
    match journal.changes()?.saturating_sub(done + failed) {
        0 if failed == 0 => Ok(JournalState::Complete),
        // Nothing was ever about to be written: the run broke off, or all that it met had drifted.
        _ if !journal.begun() => Ok(JournalState::None),
        open => Ok(JournalState::Begun { done, open, failed }),
    }
}

/// The seal of the plan that was the project's current one when a plan was last taken back; `None` where that was
/// never tried.
pub fn undone_under(plan_folder: &Path) -> Result<Option<String>, ApplyError> {
    match Journal::open(&plan_folder.join(UNDO_JOURNAL), None)? {
        Some(way_back) => Ok(way_back.current()?),
        None => Ok(None),
    }
}

/// What of a plan stands in its target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// What it wrote, or may have written.
    Written,
    /// What its undo could not take back.
    Left,
    /// Nothing: it wrote nothing, or everything was taken back that was still as it wrote it.
    Nothing,
}

/// Looks what of a plan stands, without its plan.
pub fn standing(plan_folder: &Path) -> Result<Standing, ApplyError> {
    let Some(journal) = Journal::open(&plan_folder.join(JOURNAL), None)? else {
        return Ok(Standing::Nothing);
    };
    if !journal.holds(&[State::Intended, State::Done])? {
        return Ok(Standing::Nothing);
    }
    match Journal::open(&plan_folder.join(UNDO_JOURNAL), None)? {
        Some(way_back) if way_back.ended()? => {
            let left = way_back.holds(&[State::Failed, State::Skipped])?;
            Ok(if left {
                Standing::Left
            } else {
                Standing::Nothing
            })
        }
        _ => Ok(Standing::Written),
    }
}

/// The journal of the way back, beside a plan's journal.
fn undo_journal(journal: &Path) -> PathBuf {
    journal.with_file_name(UNDO_JOURNAL)
}

fn refuse_undone(journal: &Path, seal: &str) -> Result<(), ApplyError> {
    match Journal::open(&undo_journal(journal), Some(seal))? {
        None => Ok(()),
        Some(way_back) if way_back.ended()? => Err(ApplyError::Undone),
        Some(_) => Err(ApplyError::UndoBegun),
    }
}

fn same_environment(plan: &dyn Sealed, target: &dyn Target) -> Result<Identity, ApplyError> {
    let identity = target.identity()?;
    let expected = plan.organisation()?;
    if identity.organisation == expected {
        return Ok(identity);
    }
    Err(ApplyError::OtherEnvironment {
        host: identity.host,
        expected,
        found: identity.organisation,
    })
}

/// What the target holds of each subject, in their order.
fn present(target: &dyn Target, subjects: &[Subject]) -> Result<Vec<Present>, ApplyError> {
    if subjects.is_empty() {
        return Ok(Vec::new());
    }
    let found = target.present(subjects)?;
    match subjects.len().abs_diff(found.len()) {
        0 => Ok(found),
        missing => Err(ApplyError::Unanswered {
            count: missing as u64,
        }),
    }
}
