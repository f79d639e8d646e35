//! What the journal holds of one change, and how that is written down.
//!
//! In: intents, outcomes, values read. Out: the same as numbers and short bytes, and back. A plan of
//! ten million records has ten million entries, so a value is no longer than it must be.

use std::collections::BTreeMap;

use uuid::Uuid;

use crate::model::{ChangeKind, Outcome, Present, Principal, Seq, UserId};

/// Where a change is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum State {
    /// About to be written: whether it was, only the target knows.
    Intended,
    /// Written by us.
    Done,
    /// Already so.
    NoChange,
    /// Refused.
    Failed,
    /// Something else was found.
    Drifted,
    /// Not tried.
    Skipped,
}

impl State {
    const ALL: [Self; 6] = [
        Self::Intended,
        Self::Done,
        Self::NoChange,
        Self::Failed,
        Self::Drifted,
        Self::Skipped,
    ];

    /// Whether the target holds what was planned, and nothing is left to do.
    pub(super) fn is_success(self) -> bool {
        matches!(self, Self::Done | Self::NoChange)
    }

    /// The number it is stored under.
    pub(super) fn code(self) -> i64 {
        match self {
            Self::Intended => 0,
            Self::Done => 1,
            Self::NoChange => 2,
            Self::Failed => 3,
            Self::Drifted => 4,
            Self::Skipped => 5,
        }
    }

    /// The state of a stored number.
    pub(super) fn of_code(code: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.code() == code)
    }

    /// The state that an outcome leads to.
    pub(super) fn of(outcome: &Outcome) -> Self {
        match outcome {
            Outcome::Done { .. } => Self::Done,
            Outcome::NoChangeNeeded => Self::NoChange,
            Outcome::Failed(_) => Self::Failed,
            Outcome::Drifted(_) => Self::Drifted,
            Outcome::Skipped => Self::Skipped,
        }
    }
}

/// What the journal knows of one change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) state: State,
    /// What was read before it was written; `None` where it was never about to be.
    pub(super) value_read: Option<Present>,
    /// The id that a stub user really has, where it is not the planned one.
    pub(super) actual: Option<UserId>,
}

/// A change about to be written.
#[derive(Clone, Debug)]
pub(super) struct Intent {
    pub(super) seq: Seq,
    pub(super) kind: ChangeKind,
    pub(super) value_read: Present,
}

/// A change that ended without the target being asked to write it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Settled {
    pub(super) seq: Seq,
    pub(super) kind: ChangeKind,
    pub(super) outcome: Outcome,
    /// The id that a stub user really has, where it is not the planned one.
    pub(super) actual: Option<UserId>,
}

/// How many entries of a kind are in which state.
pub(super) type Counts = BTreeMap<(ChangeKind, State), u64>;

/// The number a kind is stored under; it never changes meaning.
pub(super) fn kind_code(kind: ChangeKind) -> i64 {
    match kind {
        ChangeKind::CreateStubUser => 1,
        ChangeKind::GiveRole => 2,
        ChangeKind::AssignRecord => 3,
        ChangeKind::RemoveRole => 4,
        ChangeKind::DeleteStubUser => 5,
        ChangeKind::ChangeUser => 6,
    }
}

/// The kind of a stored number.
pub(super) fn kind_of(code: i64) -> Option<ChangeKind> {
    ChangeKind::ALL
        .into_iter()
        .find(|kind| kind_code(*kind) == code)
}

/// What an outcome says beyond its state, as JSON.
pub(super) fn detail(outcome: &Outcome) -> Option<String> {
    match outcome {
        Outcome::Failed(refusal) => serde_json::to_string(refusal).ok(),
        Outcome::Drifted(found) => serde_json::to_string(found).ok(),
        Outcome::Done { .. } | Outcome::NoChangeNeeded | Outcome::Skipped => None,
    }
}

/// The outcome of a stored state that has a detail.
pub(super) fn outcome_of(state: State, detail: &str) -> Option<Outcome> {
    match state {
        State::Failed => serde_json::from_str(detail).ok().map(Outcome::Failed),
        State::Drifted => serde_json::from_str(detail).ok().map(Outcome::Drifted),
        State::Done => Some(Outcome::Done { actual: None }),
        State::NoChange => Some(Outcome::NoChangeNeeded),
        State::Skipped => Some(Outcome::Skipped),
        State::Intended => None,
    }
}

const ABSENT: u8 = 0;
const ROLE: u8 = 1;
const OWNER: u8 = 2;
const USER: u8 = 3;

/// A value read, as bytes: what it is, then a role's yes or no, an owner's type and id, or a user,
/// or values of one, as JSON.
pub(super) fn encode_value(value: &Present) -> Vec<u8> {
    match value {
        Present::Absent => vec![ABSENT],
        Present::Role(there) => vec![ROLE, u8::from(*there)],
        Present::Owner(principal) => {
            let mut bytes = vec![OWNER, principal.type_code()];
            bytes.extend_from_slice(principal.uuid().as_bytes());
            bytes
        }
        Present::User { .. } | Present::Values(_) => {
            let mut bytes = vec![USER];
            bytes.extend(serde_json::to_vec(value).unwrap_or_default());
            bytes
        }
    }
}

/// The value of stored bytes.
pub(super) fn decode_value(bytes: &[u8]) -> Option<Present> {
    match bytes {
        [ABSENT] => Some(Present::Absent),
        [ROLE, there @ (0 | 1)] => Some(Present::Role(*there == 1)),
        [OWNER, type_code, id @ ..] => {
            Principal::from_parts(*type_code, Uuid::from_slice(id).ok()?).map(Present::Owner)
        }
        [USER, json @ ..] => serde_json::from_slice(json).ok(),
        _ => None,
    }
}
