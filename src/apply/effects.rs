//! What a plan has done to its target so far, so that two looks at it can be held against each other.
//!
//! In: a plan folder with its journals. Out: counts by seal; whether they mean that a copy of the target is outdated is
//! for those who keep the copy.

use std::path::Path;

use crate::apply::entry::State;
use crate::apply::journal::Journal;
use crate::apply::{ApplyError, JOURNAL, UNDO_JOURNAL};

/// What a plan has done, and its undo after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Effects {
    /// The plan's seal.
    pub seal: String,
    /// On what it was written, as the target calls itself.
    pub host: String,
    /// Changes written, and changes of which that is not known yet.
    pub out: (u64, u64),
    /// The same of the way back.
    pub back: (u64, u64),
}

/// Looks what a plan has done; `None` where it has written nothing, and nothing that was about to be.
pub fn effects(plan_folder: &Path) -> Result<Option<Effects>, ApplyError> {
    let Some(journal) = Journal::open(&plan_folder.join(JOURNAL), None)? else {
        return Ok(None);
    };
    let out = written(&journal)?;
    if out == (0, 0) {
        return Ok(None);
    }
    let back = match Journal::open(&plan_folder.join(UNDO_JOURNAL), None)? {
        Some(way_back) => written(&way_back)?,
        None => (0, 0),
    };
    Ok(Some(Effects {
        seal: journal.seal()?,
        host: journal.host()?,
        out,
        back,
    }))
}

fn written(journal: &Journal) -> Result<(u64, u64), ApplyError> {
    let counts = (
        journal.in_state(State::Done)?,
        journal.in_state(State::Intended)?,
    );
    Ok(counts)
}
