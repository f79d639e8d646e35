//! What can be written to, behind one trait.
//!
//! In: changes in batches, and questions about what is there. Out: an outcome for each change, and
//! facts. A target owns how it writes: its workers, its transactions, its retries. Stages, journal,
//! drift and the wish to stop are `apply/`'s.

use std::path::PathBuf;
use std::sync::mpsc::Sender;
use std::time::Duration;

use crate::environment::EnvironmentError;
use crate::model::{Change, Fact, Identity, Outcome, Present, Seq, Subject};
use crate::service::ServiceError;

mod dataverse;
mod embedded;
mod feed;
mod subjects;

#[cfg(test)]
pub(crate) mod contract;
#[cfg(test)]
pub(crate) mod memory;
#[cfg(test)]
mod tests;

pub use dataverse::{
    Caller, Dataverse, DataverseError, Imported, Live, LiveProject, Variables, WizardFile,
    wizard_file,
};
pub use embedded::Embedded;
pub use feed::{AsOf, Feed, FeedClosed, FeedSender, feed};

/// What can be written to. Its methods block.
pub trait Target: Sync {
    /// Which environment this is, and who writes.
    fn identity(&self) -> Result<Identity, TargetError>;

    /// Streams facts into `sink`, in a fixed order.
    fn facts(&self, scope: &Scope, sink: &mut dyn FnMut(Fact)) -> Result<(), TargetError>;

    /// What is there of each subject, in the order of `subjects`.
    fn present(&self, subjects: &[Subject]) -> Result<Vec<Present>, TargetError>;

    /// Writes the changes of one stage as they come, and tells the outcome of each exactly once, when
    /// it holds (on an environment file: when it is committed). Ends when the feed ends.
    ///
    /// A refusal is an [`Outcome`]. After an error no outcome was told of the batch in flight, which
    /// may or may not be written: read it back. Drop the feed then, or its sender may wait for ever.
    fn write(&self, stage: &Feed<Change>, done: &Sender<(Seq, Outcome)>)
    -> Result<(), TargetError>;

    /// What went over the line so far; `None` where there is none.
    fn traffic(&self) -> Option<Traffic> {
        None
    }
}

/// What went over the line to a target.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Requests, questions among them; a batch is one.
    pub requests: u64,
    /// Writes that were in them, each time that one was sent: what the service counts against its limits.
    pub operations: u64,
    /// Answers, of requests or of writes in a batch, that said that there were too many.
    pub throttled: u64,
    /// How long nothing was sent because the service had asked for it.
    pub waited: Duration,
}

/// Which facts are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// Those by which a plan grows stale: units, users, teams, roles, what is held, and settings.
    Principals,
    /// All.
    All,
}

impl Scope {
    /// Whether a fact is asked for.
    pub fn holds(self, fact: &Fact) -> bool {
        match self {
            Self::All => true,
            Self::Principals => !matches!(
                fact,
                Fact::Entity(_)
                    | Fact::Cascade(_)
                    | Fact::Licence(_)
                    | Fact::UserLicence(_)
                    | Fact::Person(_)
                    | Fact::GroupMember(_)
            ),
        }
    }
}

/// The run cannot go on. A refusal is no such error, but an [`Outcome`].
#[derive(Debug, thiserror::Error)]
pub enum TargetError {
    /// The target does not answer.
    #[error("`{host}` does not answer: {why}; see that the line is up, then run again to resume")]
    Unreachable {
        /// Whom.
        host: String,
        /// What was met.
        why: String,
    },
    /// Somebody else holds the environment file.
    #[error(
        "`{}`: locked by another program; end the other cutover, or close whatever has the file \
         open, then run again to resume", path.display()
    )]
    Locked {
        /// The file.
        path: PathBuf,
    },
    /// The environment file cannot be opened or read as one.
    #[error(transparent)]
    Environment(EnvironmentError),
    /// The service cannot work on the environment file.
    #[error("`{}`: the service cannot work on this environment file", path.display())]
    Service {
        /// The file.
        path: PathBuf,
        /// Why.
        source: ServiceError,
    },
    /// The environment file fails in reading or committing.
    #[error(
        "`{}`: the environment file cannot be read or written; see that its folder can be written \
         to and its disk has room, then run again to resume", path.display()
    )]
    Database {
        /// The file.
        path: PathBuf,
        /// What the database said.
        source: rusqlite::Error,
    },
    /// The service lets no program import users.
    #[error(
        "`{host}` offers no data import to programs, by which stub users are made; import them with its wizard, or \
         write `stubs = \"api\"` under `[environment]` and plan anew"
    )]
    NoImport {
        /// Whom.
        host: String,
    },
    /// The live environment cannot be worked with.
    #[error(transparent)]
    Live(#[from] DataverseError),
    /// Whoever asked for the writes has gone, so nobody would journal the outcomes.
    #[error("nobody listens for the outcomes of the writes; run again to resume")]
    Unheard,
}
