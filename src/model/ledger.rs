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

    /// Counts so many rows of one fate; an accepted code is kept out, any other stops.
    pub fn count(&mut self, fate: Fate, rows: u64, accept: &Accept) {
        *self.place(fate, accept) += rows;
    }

    fn place(&mut self, fate: Fate, accept: &Accept) -> &mut u64 {
        match fate {
            Fate::Change => &mut self.changes,
            Fate::NoChange => &mut self.no_change,
            Fate::Repeated => &mut self.repeated,
            Fate::Left => &mut self.left,
            Fate::Stopped(code) if accept.keep_out.contains(&code) => {
                self.kept_out.entry(code).or_default()
            }
            Fate::Stopped(code) => self.stopped.entry(code).or_default(),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_counted_by_their_fate() {
        // More rows than could be counted one by one.
        const MANY: u64 = 1 << 50;
        let accept = Accept {
            keep_out: [Code::Rec001].into(),
            ..Accept::default()
        };
        let mut ledger = Ledger::new(FileId(0), 3 * MANY + 2);
        ledger.count(Fate::NoChange, MANY, &accept);
        ledger.count(Fate::Stopped(Code::Rec001), MANY, &accept);
        ledger.count(Fate::Stopped(Code::Rec002), MANY, &accept);
        ledger.count(Fate::Change, 1, &accept);
        assert!(!ledger.balances());
        ledger.count(Fate::Change, 1, &accept);
        assert!(ledger.balances());
        assert_eq!(
            (ledger.kept_out_rows(), ledger.stopped_rows()),
            (MANY, MANY)
        );
    }
}
