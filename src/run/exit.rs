//! How a command ends: the exit codes, and which error gives which.
//!
//! In: the errors of all rooms. Out: a code and one chain of causes. Codes are part of the product's
//! interface: scripts on a go-live night act on them.

use std::path::Path;

use crate::apply::ApplyError;
use crate::apply::JournalError;
use crate::environment::EnvironmentError;
use crate::environment::LoadError;
use crate::plan::PlanError;
use crate::project::OwnersError;
use crate::project::ProjectError;
use crate::read::ReadError;
use crate::rehearse::RehearseError;
use crate::report::ReportError;
use crate::report::with_folder;
use crate::target::DataverseError;
use crate::target::TargetError;

/// The exit codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Exit {
    /// Done.
    Done = 0,
    /// Error findings: the plan is not approved.
    NotApproved = 1,
    /// Usage, manifest or input.
    Usage = 2,
    /// Applied in part, or found different.
    Partly = 3,
    /// Refused: stale, wrong target, over the limit, locked, or the answer was no.
    Refused = 4,
    /// Target unreachable or sign-in failed.
    Unreachable = 5,
    /// `plan --exit-code`: no errors, and changes pending.
    Pending = 6,
    /// Interrupted; can be resumed.
    Interrupted = 130,
}

impl Exit {
    /// Every code, in order.
    pub const ALL: [Self; 8] = [
        Self::Done,
        Self::NotApproved,
        Self::Usage,
        Self::Partly,
        Self::Refused,
        Self::Unreachable,
        Self::Pending,
        Self::Interrupted,
    ];

    /// The number.
    pub fn code(self) -> u8 {
        self as u8
    }

    /// What it means, for `--help`, the man page and the README.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::NotApproved => "error findings: the plan is not approved",
            Self::Usage => {
                "usage, no terminal to ask on, a manifest that is wrong, or an input that is missing, \
                 is not what it should be, or lacks a needed column; no plan is written"
            }
            Self::Partly => {
                "applied in part or found different: some changes failed, drifted, or verify differs"
            }
            Self::Refused => {
                "refused: stale plan, one changed after it was sealed, wrong target, over the limit, \
                 locked, or the answer was no"
            }
            Self::Unreachable => "target unreachable or sign-in failed",
            Self::Pending => "`plan --exit-code` only: no errors, and changes pending",
            Self::Interrupted => "interrupted; run the command again to resume",
        }
    }
}

/// A command that could not go on.
#[derive(Debug)]
pub struct Failure {
    /// How it ends.
    pub exit: Exit,
    /// Why, with causes.
    pub error: anyhow::Error,
}

impl Failure {
    /// Its message and its causes, each with the folder in the commands that it tells to run.
    pub fn words(&self, folder: &Path) -> (String, Vec<String>) {
        let folder = folder.display().to_string();
        let mut chain = self
            .error
            .chain()
            .map(|link| with_folder(&link.to_string(), &folder));
        let message = chain.next().unwrap_or_default();
        (message, chain.collect())
    }

    /// A failure with these words.
    pub fn new(exit: Exit, words: impl Into<String>) -> Self {
        Self {
            exit,
            error: anyhow::anyhow!(words.into()),
        }
    }
}

macro_rules! failure_from {
    ($($error:ty => $exit:expr),+ $(,)?) => {$(
        impl From<$error> for Failure {
            fn from(error: $error) -> Self {
                let exit: fn(&$error) -> Exit = $exit;
                Self { exit: exit(&error), error: error.into() }
            }
        }
    )+};
}

failure_from! {
    ProjectError => |error| match error {
        ProjectError::Locked { .. } | ProjectError::EnvironmentLocked { .. } => Exit::Refused,
        _ => Exit::Usage,
    },
    ReadError => |_| Exit::Usage,
    RehearseError => |error| match error {
        RehearseError::Environment(error) => environment(error),
        _ => Exit::Usage,
    },
    LoadError => |error| match error {
        LoadError::Environment(error) => environment(error),
        _ => Exit::Usage,
    },
    OwnersError => |_| Exit::Usage,
    std::io::Error => |_| Exit::Usage,
    EnvironmentError => environment,
    PlanError => plan,
    ReportError => |error| match error {
        ReportError::Plan(error) => plan(error),
        ReportError::Output(_) | ReportError::TooManyNames | ReportError::Workbook(_) => {
            Exit::Usage
        }
    },
    TargetError => target,
    DataverseError => live,
    ApplyError => |error| match error {
        ApplyError::Target(error) => target(error),
        ApplyError::Journal(error) => journal(error),
        ApplyError::Plan(error) => plan(error),
        _ => Exit::Refused,
    },
}

fn environment(error: &EnvironmentError) -> Exit {
    match error {
        EnvironmentError::Locked { .. } => Exit::Refused,
        _ => Exit::Usage,
    }
}

fn journal(error: &JournalError) -> Exit {
    match error {
        error if error.is_locked() => Exit::Refused,
        // A full disk ends a run as it does where the target itself lies on it.
        JournalError::Create { .. } | JournalError::Database { .. } => Exit::Unreachable,
        JournalError::OtherVersion { .. }
        | JournalError::OtherPlan { .. }
        | JournalError::Entry { .. } => Exit::Usage,
    }
}

/// A plan that is not the one that was sealed is refused like a stale one.
fn plan(error: &PlanError) -> Exit {
    match error {
        PlanError::OtherFormat { .. }
        | PlanError::NotAPlan { .. }
        | PlanError::Changed(_)
        | PlanError::Damaged { .. } => Exit::Refused,
        _ => Exit::Usage,
    }
}

/// What is wrong with an environment file is no line that is down; a disk that takes nothing more is
/// one, whether it shows when the file is opened or later.
fn target(error: &TargetError) -> Exit {
    match error {
        TargetError::Locked { .. } => Exit::Refused,
        TargetError::Environment(
            EnvironmentError::Database { .. } | EnvironmentError::File { .. },
        ) => Exit::Unreachable,
        TargetError::Environment(error) => environment(error),
        TargetError::Live(error) => live(error),
        _ => Exit::Unreachable,
    }
}

/// What is wrong with manifest or variables is no line that is down.
fn live(error: &DataverseError) -> Exit {
    match error {
        DataverseError::Url { .. }
        | DataverseError::NotEncrypted { .. }
        | DataverseError::NoVariable { .. }
        | DataverseError::NoSecret
        | DataverseError::BlankSecret { .. }
        | DataverseError::SecretFile { .. }
        | DataverseError::CertificateFile { .. }
        | DataverseError::Certificate { .. }
        | DataverseError::Authority { .. } => Exit::Usage,
        _ => Exit::Unreachable,
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    #[test]
    fn trouble_with_files() {
        let path = PathBuf::from("environment.sqlite");
        let locked = || EnvironmentError::Locked { path: path.clone() };
        let missing = || EnvironmentError::Missing { path: path.clone() };
        let held = || TargetError::Locked { path: path.clone() };
        let silent = TargetError::Unreachable {
            host: "contoso.crm4.dynamics.com".to_owned(),
            why: "no route".to_owned(),
        };
        let full = JournalError::Create {
            path: path.clone(),
            source: std::io::ErrorKind::StorageFull.into(),
        };
        let unwritable = || EnvironmentError::File {
            path: path.clone(),
            action: "write",
            source: std::io::ErrorKind::StorageFull.into(),
        };
        check(unwritable(), Exit::Usage);
        check(TargetError::Environment(unwritable()), Exit::Unreachable);
        check(locked(), Exit::Refused);
        check(LoadError::Environment(locked()), Exit::Refused);
        check(TargetError::Environment(locked()), Exit::Refused);
        check(held(), Exit::Refused);
        check(ApplyError::Target(held()), Exit::Refused);
        check(missing(), Exit::Usage);
        check(TargetError::Environment(missing()), Exit::Usage);
        check(ApplyError::Target(silent), Exit::Unreachable);
        check(ApplyError::Journal(full), Exit::Unreachable);
    }

    #[track_caller]
    fn check(error: impl Into<Failure>, expected: Exit) {
        let failure = error.into();
        assert_eq!(failure.exit, expected, "{:#}", failure.error);
    }
}
