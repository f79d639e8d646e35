//! What can be wrong with an environment file as a whole, and what to do about it.
//!
//! In: errors of `SQLite` and of the file system. Out: one error that names the file and the cure.
//! What is wrong in the folder that a file is loaded from is `load/problems.rs`.

use std::io;
use std::path::Path;
use std::path::PathBuf;

use rusqlite::ErrorCode;

/// An environment file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum EnvironmentError {
    /// There is no such file.
    #[error(
        "`{}`: no environment file here; make one with `cutover load`, or \
         correct `[environment] file`",
        path.display()
    )]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// It is something else.
    #[error(
        "`{}`: {found}, expected an environment file; correct `[environment] file`, or move that \
         file away and make one with `cutover load`",
        path.display()
    )]
    Foreign {
        /// The file.
        path: PathBuf,
        /// What it is instead.
        found: String,
    },
    /// A later release wrote it.
    #[error(
        "`{}`: an environment file of version {found}, this program knows versions up to {known}; \
         use the newer cutover that wrote it, or make the file again with `cutover load`",
        path.display()
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: i32,
        /// The newest version that this program knows.
        known: i32,
    },
    /// Somebody else holds it.
    #[error(
        "`{}`: locked by another program; end the other cutover, or close whatever has it open",
        path.display()
    )]
    Locked {
        /// The file.
        path: PathBuf,
    },
    /// It holds what cannot be there.
    #[error(
        "`{}`: damaged: {what}; make the file again with `cutover load`",
        path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What was found where.
        what: String,
    },
    /// The file system says no.
    #[error(
        "`{}`: cannot {action} it; see that the folder can be written to and has room",
        path.display()
    )]
    File {
        /// The file.
        path: PathBuf,
        /// What was tried.
        action: &'static str,
        /// Why not.
        source: io::Error,
    },
    /// Anything else that `SQLite` says.
    #[error(
        "`{}`: the environment file cannot be used; see that its folder can be written to and \
         has room",
        path.display()
    )]
    Database {
        /// The file.
        path: PathBuf,
        /// What `SQLite` said.
        source: rusqlite::Error,
    },
}

impl EnvironmentError {
    /// What an error of `SQLite` means for the file at `path`.
    pub(super) fn of(path: &Path, source: rusqlite::Error) -> Self {
        let path = path.to_path_buf();
        match source.sqlite_error_code() {
            Some(ErrorCode::NotADatabase) => Self::Foreign {
                path,
                found: "not a SQLite file".to_owned(),
            },
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Locked { path },
            Some(ErrorCode::DatabaseCorrupt) => Self::Damaged {
                path,
                what: source.to_string(),
            },
            _ if is_wrong_value(&source) => Self::Damaged {
                path,
                what: source.to_string(),
            },
            _ => Self::Database { path, source },
        }
    }
}

fn is_wrong_value(error: &rusqlite::Error) -> bool {
    matches!(
        error,
        rusqlite::Error::FromSqlConversionFailure(..)
            | rusqlite::Error::IntegralValueOutOfRange(..)
            | rusqlite::Error::InvalidColumnType(..)
    )
}
