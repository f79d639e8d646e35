//! What became of a plan, from its journals alone: nothing is asked of the target, and nothing written.
//!
//! In: a sealed plan with its journals. Out: the sums of the way out, of the way back where one was begun, and each
//! change that did not come out.

use std::ops::ControlFlow;

use crate::apply::applied::{sum_up, words};
use crate::apply::journal::Journal;
use crate::apply::source::{Changes, Sealed, each_batch};
use crate::apply::undo::plan_back;
use crate::apply::{Applied, ApplyError, Failure, JOURNAL, PassTime, UNDO_JOURNAL};
use crate::plan::SealedPlan;

/// Changes looked at together.
const BATCH: usize = 10_000;

/// What became of a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// On what it was written, as the target calls itself.
    pub host: String,
    /// Of its changes.
    pub out: Applied,
    /// Of the changes that take them back, where that was begun.
    pub back: Option<Applied>,
    /// When apply ran.
    pub out_times: Vec<PassTime>,
    /// When undo ran.
    pub back_times: Vec<PassTime>,
}

/// Looks what became of a plan; `None` where it was never applied.
pub fn told(plan: &SealedPlan) -> Result<Option<Told>, ApplyError> {
    let path = plan.folder().join(JOURNAL);
    let Some(journal) = Journal::open(&path, Some(plan.seal()))? else {
        return Ok(None);
    };
    let planned = Sealed::planned(plan);
    let undo = Journal::open(&plan.folder().join(UNDO_JOURNAL), Some(plan.seal()))?;
    let (back, back_times) = match undo {
        Some(undo) => {
            let planned = plan_back(plan, &path)?.counts;
            (Some(sum_up(&undo, plan, &planned)?), undo.passes()?)
        }
        None => (None, Vec::new()),
    };
    Ok(Some(Told {
        host: journal.host()?,
        out: sum_up(&journal, plan, &planned)?,
        back,
        out_times: journal.passes()?,
        back_times,
    }))
}

/// In which direction a change did not come out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// It was to be written.
    Apply,
    /// It was to be taken back.
    Undo,
}

/// Hands out every change that was not written or not taken back, by direction and number, until nobody wants one.
pub fn each_failure(
    plan: &SealedPlan,
    take: &mut dyn FnMut(Direction, Failure) -> ControlFlow<()>,
) -> Result<(), ApplyError> {
    let journals = [(Direction::Apply, JOURNAL), (Direction::Undo, UNDO_JOURNAL)];
    for (direction, name) in journals {
        let path = plan.folder().join(name);
        if let Some(journal) = Journal::open(&path, Some(plan.seal()))? {
            failures_of(&journal, plan, &mut |failure| take(direction, failure))?;
        }
    }
    Ok(())
}

fn failures_of(
    journal: &Journal,
    plan: &SealedPlan,
    take: &mut dyn FnMut(Failure) -> ControlFlow<()>,
) -> Result<(), ApplyError> {
    let parts = Changes::parts(plan)?;
    each_batch(plan, &parts, BATCH, |changes| {
        let (Some(first), Some(last)) = (changes.first(), changes.last()) else {
            return Ok(ControlFlow::Continue(()));
        };
        let mut ended = journal.unsuccessful(first.seq, last.seq)?;
        for change in &changes {
            let Some((kind, outcome)) = ended.remove(&change.seq) else {
                continue;
            };
            let failure = Failure {
                seq: change.seq,
                kind,
                what: words(&change.write.subject()),
                outcome,
            };
            if take(failure).is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
    })
}
