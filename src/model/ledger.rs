//! Every row is accounted for (promise 6).
//!
//! In: the fate of each row of a records or roles file. Out: counts that add up.

use std::collections::BTreeMap;

use crate::model::{Accept, Code, FileId};

/// What became of one row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fate {
    /// It became a change.
    Change,
    /// The target already holds it.
    NoChange,
    /// An earlier row says the same.
    Repeated,
    /// Left where it is, by ruling or policy.
    Left,
    /// Stopped by the finding with this code, or blocked because a change that it needs fell by it.
    Stopped(Code),
}

/// The counts of one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ledger {
    /// The file.
    pub file: FileId,
    /// Rows below the header, blank lines apart.
    pub rows: u64,
    /// Rows that became a change.
    pub changes: u64,
    /// Rows that the target already holds.
    pub no_change: u64,
    /// Rows that say what an earlier one said.
    pub repeated: u64,
    /// Rows left by ruling or policy.
    pub left: u64,
    /// Rows kept out because the manifest accepts the finding, by code.
    pub kept_out: BTreeMap<Code, u64>,
    /// Rows stopped by an error, blocked ones included, by code.
    pub stopped: BTreeMap<Code, u64>,
}

impl Ledger {
    /// An empty ledger of a file that has `rows` rows.
    pub fn new(file: FileId, rows: u64) -> Self {
        Self {
            file,
            rows,
            changes: 0,
            no_change: 0,
            repeated: 0,
            left: 0,
            kept_out: BTreeMap::new(),
            stopped: BTreeMap::new(),
        }
    }

    /// Counts one row's fate; an accepted code is kept out, any other stops.
    pub fn count(&mut self, fate: Fate, accept: &Accept) {
        match fate {
            Fate::Change => self.changes += 1,
            Fate::NoChange => self.no_change += 1,
            Fate::Repeated => self.repeated += 1,
            Fate::Left => self.left += 1,
            Fate::Stopped(code) if accept.keep_out.contains(&code) => {
                *self.kept_out.entry(code).or_default() += 1;
            }
            Fate::Stopped(code) => *self.stopped.entry(code).or_default() += 1,
        }
    }

    /// Rows kept out, all codes together.
    pub fn kept_out_rows(&self) -> u64 {
        self.kept_out.values().sum()
    }

    /// Rows stopped, all codes together.
    pub fn stopped_rows(&self) -> u64 {
        self.stopped.values().sum()
    }

    /// Whether every row is accounted for.
    pub fn balances(&self) -> bool {
        let known = self.changes + self.no_change + self.repeated + self.left;
        self.rows == known + self.kept_out_rows() + self.stopped_rows()
    }
}
