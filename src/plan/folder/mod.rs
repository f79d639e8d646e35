//! The plan folder: a judged draft on disk, sealed, and read back.
//!
//! In: a [`Draft`](crate::plan::Draft) with its findings. Out: `plan.json`, Parquet files of changes,
//! findings, principals and readiness, lists for administrators, and a [`SealedPlan`] over them. Same draft, same bytes: on any number of
//! threads, in any folder, on any day.
//! Where the folder lies, and what becomes of older plans, is `project/`'s affair; `journal.sqlite`
//! and the reports that join it are not part of the seal.

mod assignments;
mod changes;
mod disk;
mod findings;
mod holdings;
mod layout;
mod owners;
mod pages;
mod people;
mod principals;
mod read;
mod records;
mod scan;
mod seal;
mod table;
mod users;

#[cfg(test)]
mod tests;

pub use findings::PlaceRow;
pub use holdings::{Holding, PrincipalStanding};
pub use people::ReadinessRow;
pub use read::{SealedPlan, StageFile};
pub use seal::{ToSeal, schema, seal};

use std::io;
use std::path::PathBuf;

use parquet::errors::ParquetError;

/// Name of the document within a plan folder.
pub const DOCUMENT_FILE: &str = "plan.json";
/// Folder of the files of changes within a plan folder.
pub const CHANGES_FOLDER: &str = "changes";
/// Name of the file that holds every place of every finding.
pub const FINDINGS_FILE: &str = "findings.parquet";
/// Name of the file that holds the fields that planning used.
pub const PRINCIPALS_FILE: &str = "principals.parquet";
/// Name of the file that says what became of each owner reference.
pub const OWNERS_FILE: &str = "owners.parquet";
/// Name of the file that says who owns how many records before and after.
pub const HOLDINGS_FILE: &str = "holdings.parquet";
/// Name of the file that says who can work on day one.
pub const READINESS_FILE: &str = "readiness.parquet";
/// Folder of the lists for administrators within a plan folder.
pub const HAND_OVER_FOLDER: &str = "handover";

/// Why a plan folder cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// No plan is there.
    #[error("`{}` holds no plan; make one with `cutover plan`", .0.display())]
    NoPlan(PathBuf),
    /// The document is of another version of the format.
    #[error(
        "`{}` is a plan of format {found}, and this program reads format {expected}; \
         plan anew with `cutover plan`",
        path.display()
    )]
    OtherFormat {
        /// The document.
        path: PathBuf,
        /// What it says.
        found: u64,
        /// What this program reads.
        expected: u32,
    },
    /// The document is no plan at all.
    #[error("`{}` is not a plan; make one with `cutover plan`", path.display())]
    NotAPlan {
        /// The document.
        path: PathBuf,
        /// What its reader says.
        source: serde_json::Error,
    },
    /// A file is not what was sealed.
    #[error("`{}` was changed after the plan was sealed; plan anew with `cutover plan`", .0.display())]
    Changed(PathBuf),
    /// A sealed file says what no plan can say.
    #[error("`{}` is sealed, yet {what}; plan anew with `cutover plan`", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// A change that nothing stopped lacks a value without which it cannot be written.
    #[error(
        "the change of {subject} lacks {what}, and no finding says so: a fault of this program"
    )]
    Incomplete {
        /// Whom or what it is about.
        subject: String,
        /// What is missing.
        what: &'static str,
    },
    /// What was read of the exports cannot be read back.
    #[error(
        "the ids of the exports, put aside in the project folder, cannot be read back; plan again"
    )]
    Ids(#[source] io::Error),
    /// A file or folder cannot be written.
    #[error(
        "`{}` cannot be written; see that its folder can be written to and its disk has room, then \
         plan again",
        path.display()
    )]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A file cannot be read.
    #[error("`{}` cannot be read", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Parquet trouble: the disk while writing, a damaged file while reading.
    #[error("`{}` fails as a Parquet file", path.display())]
    Table {
        /// The file.
        path: PathBuf,
        /// What the Parquet library says.
        source: ParquetError,
    },
}
