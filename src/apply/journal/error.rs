//! Why a journal cannot be used.
//!
//! In: trouble with the file, or a file that is not the one expected. Out: a message that says which
//! file, what was found, and what to do. Whether the run ends is the caller's to say.

use std::io;
use std::path::PathBuf;

use rusqlite::ErrorCode;

use crate::apply::journal::VERSION;
use crate::model::Seq;

/// The journal cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The file cannot be made.
    #[error("{}: cannot make the journal; see that the plan folder can be written to and its disk has room, then run again", path.display())]
    Create {
        /// The journal.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// SQLite cannot read or write it.
    #[error("{}: cannot read or write the journal; what is in it is kept: see that the plan folder can be written to and its disk has room, then run again", path.display())]
    Database {
        /// The journal.
        path: PathBuf,
        /// Why.
        source: rusqlite::Error,
    },
    /// Some other SQLite file, or another version of this product.
    #[error("{}: found a file of kind {application_id:#x} version {version} where a journal of version {VERSION} was expected; use the version of `cutover` that began this run", path.display())]
    OtherVersion {
        /// The journal.
        path: PathBuf,
        /// `application_id`.
        application_id: i32,
        /// `user_version`.
        version: i32,
    },
    /// The journal of another plan.
    #[error("{}: the journal belongs to the plan `{found}`, not to `{expected}`; put the plan folder back together", path.display())]
    OtherPlan {
        /// The journal.
        path: PathBuf,
        /// Its seal.
        found: String,
        /// The plan's.
        expected: String,
    },
    /// An entry that this version could not have written.
    #[error("{}: the entry of change {} cannot be so: {what}", path.display(), seq.0)]
    Entry {
        /// The journal.
        path: PathBuf,
        /// Which.
        seq: Seq,
        /// What is wrong.
        what: &'static str,
    },
}

impl JournalError {
    /// Whether another program holds the file.
    pub fn is_locked(&self) -> bool {
        let Self::Database { source, .. } = self else {
            return false;
        };
        matches!(
            source.sqlite_error_code(),
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_who_is_busy_is_locked() {
        let check = |code, expected| {
            let error = rusqlite::ffi::Error::new(code);
            let error = JournalError::Database {
                path: PathBuf::from("journal.sqlite"),
                source: rusqlite::Error::SqliteFailure(error, None),
            };
            assert_eq!(error.is_locked(), expected, "{error}");
        };
        check(rusqlite::ffi::SQLITE_BUSY, true);
        check(rusqlite::ffi::SQLITE_LOCKED, true);
        check(rusqlite::ffi::SQLITE_FULL, false);
    }
}
