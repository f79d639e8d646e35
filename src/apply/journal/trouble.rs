//! What the journal knows of changes that did not come out.
//!
//! In: an open journal. Out: the first failures, refusals by code, causes, and what went wrong in a range of changes.

use std::collections::BTreeMap;

use rusqlite::Row;

use crate::apply::causes::{Cause, Gathered};
use crate::apply::entry::{self, State};
use crate::apply::journal::{Journal, JournalError, number, outcome_of, seq_of};
use crate::model::{ChangeKind, Outcome, Seq, ServiceCode};

/// A row as it is stored: number, kind, state, detail.
type Stored = (i64, i64, i64, Option<String>);

impl Journal {
    /// The first changes that failed or drifted, by number.
    pub(in crate::apply) fn failures(
        &self,
        limit: usize,
    ) -> Result<Vec<(Seq, ChangeKind, Outcome)>, JournalError> {
        let query = format!(
            "SELECT seq, kind, state, detail FROM change
             WHERE state IN (3, 4) ORDER BY seq LIMIT {limit}"
        );
        let found: Vec<Stored> = self.rows(&query, stored)?;
        let ended = found
            .iter()
            .map(|stored| ended(stored).ok_or_else(|| self.unreadable(seq_of(stored.0))));
        ended.collect()
    }

    /// How many changes were refused, by the service's code.
    pub(in crate::apply) fn refusals(&self) -> Result<BTreeMap<ServiceCode, u64>, JournalError> {
        let mut codes = BTreeMap::new();
        let mut unreadable = None;
        self.each("SELECT seq, detail FROM change WHERE state = 3", |row| {
            let detail: Option<String> = row.get(1)?;
            match entry::outcome_of(State::Failed, detail.as_deref().unwrap_or_default()) {
                Some(Outcome::Failed(refusal)) => *codes.entry(refusal.code).or_default() += 1,
                _ => unreadable = Some(seq_of(row.get(0)?)),
            }
            Ok(())
        })?;
        match unreadable {
            None => Ok(codes),
            Some(seq) => Err(self.unreadable(seq)),
        }
    }

    /// Why changes failed, drifted or were skipped.
    pub(in crate::apply) fn causes(&self) -> Result<Vec<Cause>, JournalError> {
        let mut gathered = Gathered::default();
        let mut unreadable = None;
        let query =
            "SELECT seq, kind, state, detail FROM change WHERE state IN (3, 4, 5) ORDER BY seq";
        self.each(query, |row| {
            let stored = stored(row)?;
            match ended(&stored) {
                Some((seq, kind, outcome)) => gathered.add(seq, kind, outcome),
                None => unreadable = Some(seq_of(stored.0)),
            }
            Ok(())
        })?;
        match unreadable {
            None => Ok(gathered.causes()),
            Some(seq) => Err(self.unreadable(seq)),
        }
    }

    /// How the changes from `first` to `last` ended that did not come out.
    pub(in crate::apply) fn unsuccessful(
        &self,
        first: Seq,
        last: Seq,
    ) -> Result<BTreeMap<Seq, (ChangeKind, Outcome)>, JournalError> {
        let (first, last) = (number(first.0), number(last.0));
        let query = format!(
            "SELECT seq, kind, state, detail FROM change
             WHERE seq BETWEEN {first} AND {last} AND state IN (3, 4, 5)"
        );
        let found: Vec<Stored> = self.rows(&query, stored)?;
        let ended = found.iter().map(|stored| {
            let ended = ended(stored).map(|(seq, kind, outcome)| (seq, (kind, outcome)));
            ended.ok_or_else(|| self.unreadable(seq_of(stored.0)))
        });
        ended.collect()
    }

    fn unreadable(&self, seq: Seq) -> JournalError {
        JournalError::Entry {
            path: self.path.clone(),
            seq,
            what: "its outcome cannot be read",
        }
    }
}

fn stored(row: &Row<'_>) -> rusqlite::Result<Stored> {
    Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
}

fn ended((seq, kind, state, detail): &Stored) -> Option<(Seq, ChangeKind, Outcome)> {
    let outcome = outcome_of(*state, detail.as_deref())?;
    Some((seq_of(*seq), entry::kind_of(*kind)?, outcome))
}
