//! What became of a change.
//!
//! In: a target's answer. Out: data for the journal and the reports.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::model::{Present, UserId};

/// What the service answers to a write that it does not allow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// The service's code.
    pub code: ServiceCode,
    /// The service's words, with the values filled in.
    pub message: String,
}

/// An error code of the service, such as `0x80041409`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ServiceCode(pub u32);

impl fmt::Display for ServiceCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "0x{:08x}", self.0)
    }
}

/// What became of one change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Written.
    Done {
        /// The id that a stub user really got, where it is not the planned one.
        actual: Option<UserId>,
    },
    /// Already so; a success.
    NoChangeNeeded,
    /// Refused by the service.
    Failed(Refusal),
    /// Neither the planned before nor after was found; nothing was written.
    Drifted(Present),
    /// Not tried, because a change that it needs has failed or drifted.
    Skipped,
}

impl Outcome {
    /// Whether the target now holds what was planned.
    pub fn is_success(&self) -> bool {
        matches!(self, Self::Done { .. } | Self::NoChangeNeeded)
    }
}
