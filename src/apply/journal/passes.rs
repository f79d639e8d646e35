//! When the passes of a journal were, as whoever began them says: this room knows no clock.
//!
//! In: moments, the plan that was the project's current one. Out: each pass with its begin and, unless it broke off,
//! its end. Which changes a pass ended is in the entries; here is only how many.

use jiff::Timestamp;
use rusqlite::named_params;

use crate::apply::journal::{Journal, JournalError, count_of, number};

/// One run of `apply` or `undo` over a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pass {
    /// When it began.
    pub started: Timestamp,
    /// When it ended, and how many changes had ended in it; `None` where it broke off, or is under way.
    pub ended: Option<(Timestamp, u64)>,
}

impl Journal {
    /// Notes that a pass begins.
    pub(in crate::apply) fn pass_begins(
        &mut self,
        started: Timestamp,
        current: &str,
    ) -> Result<(), JournalError> {
        let sql = "INSERT INTO pass (current, started) VALUES (:current, :started)";
        let values = named_params! { ":current": current, ":started": started.as_millisecond() };
        let noted = self.connection.execute(sql, values);
        noted.map(drop).map_err(|error| self.trouble(error))
    }

    /// Notes that the pass that began last has ended, with so many changes.
    pub(in crate::apply) fn pass_ends(
        &mut self,
        ended: Timestamp,
        changes: u64,
    ) -> Result<(), JournalError> {
        let sql = "UPDATE pass SET ended = :ended, changes = :changes
                   WHERE number = (SELECT max(number) FROM pass)";
        let values = named_params! {
            ":ended": ended.as_millisecond(),
            ":changes": number(changes),
        };
        let noted = self.connection.execute(sql, values);
        noted.map(drop).map_err(|error| self.trouble(error))
    }

    /// The passes, in their order.
    pub(in crate::apply) fn passes(&self) -> Result<Vec<Pass>, JournalError> {
        type Stored = (i64, Option<i64>, Option<i64>);
        let sql = "SELECT started, ended, changes FROM pass ORDER BY number";
        let stored: Vec<Stored> =
            self.rows(sql, |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        let passes = stored.into_iter().map(|(started, ended, changes)| Pass {
            started: moment(started),
            ended: ended.map(moment).zip(changes.map(count_of)),
        });
        Ok(passes.collect())
    }

    /// The seal of the plan that was the project's current one when the last pass began.
    pub(in crate::apply) fn current(&self) -> Result<Option<String>, JournalError> {
        let sql = "SELECT (SELECT current FROM pass ORDER BY number DESC LIMIT 1)";
        self.ask(sql, |row| row.get(0))
    }
}

/// Only what was a moment is ever stored.
fn moment(milliseconds: i64) -> Timestamp {
    Timestamp::from_millisecond(milliseconds).unwrap_or(Timestamp::UNIX_EPOCH)
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;
    use uuid::Uuid;

    use super::*;
    use crate::apply::journal::Run;
    use crate::model::{Identity, OrganisationId};

    #[test]
    fn a_journal_that_had_no_passes_has_them_from_now_on() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.sqlite");
        let identity = Identity {
            organisation: OrganisationId(Uuid::nil()),
            host: "environment.sqlite".to_owned(),
            caller: None,
        };
        let run = Run {
            seal: "5ea1",
            identity: &identity,
            changes: 1,
        };
        drop(Journal::create(&path, &run).unwrap());
        let as_of_version = |version: i32, sql: &str| {
            let file = Connection::open(&path).unwrap();
            file.execute_batch(sql).unwrap();
            file.pragma_update(None, "user_version", version).unwrap();
        };
        as_of_version(1, "DROP TABLE pass");
        let mut journal = Journal::open(&path, Some("5ea1")).unwrap().unwrap();
        assert_eq!(journal.passes().unwrap(), []);
        assert_eq!(journal.current().unwrap(), None);
        journal.pass_begins(Timestamp::UNIX_EPOCH, "5ea1").unwrap();
        drop(journal);
        let journal = Journal::open(&path, Some("5ea1")).unwrap().unwrap();
        assert_eq!(journal.current().unwrap().as_deref(), Some("5ea1"));
        drop(journal);
        as_of_version(3, "");
        let later = Journal::open(&path, Some("5ea1"));
        assert!(matches!(later, Err(JournalError::OtherVersion { .. })));
    }
}
