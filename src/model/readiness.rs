//! Readiness: can this person work on day one, and if not, why.
//!
//! In: what `check/` found out about people. Out: one row per person with all reasons at three moments: today,
//! after the plan, and after what only an administrator may do is done. What makes somebody ready is `check/`'s.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::model::{AccessMode, Loadable, UserId};

/// Why a user of the environment is disabled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DisabledReason {
    /// No licence, and the access mode needs one.
    NoLicence,
    /// Not a member of the environment's security group.
    NotInGroup,
    /// The directory does not let them sign in.
    Blocked,
    /// The directory has deleted the person.
    Deleted,
    /// The directory does not hold the person.
    NotInDirectory,
    /// Licensed and in the group: somebody disabled them in the environment.
    ByHand,
    /// Licences or groups were not loaded.
    NotKnown,
}

impl DisabledReason {
    /// What people read, after `disabled: `.
    pub fn words(self) -> &'static str {
        match self {
            Self::NoLicence => "no licence",
            Self::NotInGroup => "not in the security group",
            Self::Blocked => "sign-in is blocked in the directory",
            Self::Deleted => "deleted in the directory",
            Self::NotInDirectory => "not in the directory",
            Self::ByHand => "by hand in the environment",
            Self::NotKnown => "why is not known",
        }
    }
}

/// One reason for which somebody cannot work. The order is that of telling.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Obstacle {
    /// A stub user: never.
    Stub,
    /// Not in the directory, so there is no account to sign in with.
    NotInDirectory,
    /// In the directory, entitled, and not in the environment yet.
    NotSynchronised,
    /// Disabled.
    Disabled(DisabledReason),
    /// No licence.
    NoLicence,
    /// Not in the environment's security group.
    NotInGroup,
    /// In the security group only by way of a group inside it.
    OnlyNestedGroup,
    /// No role at all.
    NoRole,
    /// Roles only through a team.
    OnlyTeamRoles,
    /// Only roles that come with the licence, or that read no data.
    NoDataRole,
    /// An access mode in which nobody works in the application.
    AccessMode(AccessMode),
}

impl Obstacle {
    /// What people read.
    pub fn words(self) -> String {
        match self {
            Self::Stub => "stub user: can never sign in".to_owned(),
            Self::NotInDirectory => "not in the directory".to_owned(),
            Self::NotSynchronised => "not yet synchronised".to_owned(),
            Self::Disabled(reason) => format!("disabled: {}", reason.words()),
            Self::NoLicence => "no licence".to_owned(),
            Self::NotInGroup => "not in the security group".to_owned(),
            Self::OnlyNestedGroup => "in the security group only through a nested group".to_owned(),
            Self::NoRole => "no role".to_owned(),
            Self::OnlyTeamRoles => "roles only through a team".to_owned(),
            Self::NoDataRole => "only roles that read no data".to_owned(),
            Self::AccessMode(mode) => format!("access mode {mode}"),
        }
    }
}

/// Whether somebody can work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// Yes.
    Yes,
    /// No, for at least one reason.
    No,
    /// No reason against it was found, but not everything that could be one was loaded.
    NotKnown,
}

impl Answer {
    /// What people read.
    pub fn word(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::No => "no",
            Self::NotKnown => "not known",
        }
    }
}

/// How somebody stands at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// All reasons against.
    pub obstacles: BTreeSet<Obstacle>,
    /// What would have to be loaded to know of more.
    pub unknown: BTreeSet<Loadable>,
}

impl Standing {
    /// Whether they can work.
    pub fn answer(&self) -> Answer {
        match (self.obstacles.is_empty(), self.unknown.is_empty()) {
            (false, _) => Answer::No,
            (true, true) => Answer::Yes,
            (true, false) => Answer::NotKnown,
        }
    }

    /// Whether the reason for which somebody is disabled says it already.
    fn is_told_by_disabled(&self, obstacle: Obstacle) -> bool {
        let by = match obstacle {
            Obstacle::NoLicence => DisabledReason::NoLicence,
            Obstacle::NotInGroup | Obstacle::OnlyNestedGroup => DisabledReason::NotInGroup,
            Obstacle::NotInDirectory => DisabledReason::NotInDirectory,
            _ => return false,
        };
        self.obstacles.contains(&Obstacle::Disabled(by))
    }

    /// The reasons in words, or what was not loaded.
    pub fn words(&self) -> String {
        let told = |obstacle: &&Obstacle| !self.is_told_by_disabled(**obstacle);
        let reasons = self.obstacles.iter().filter(told).map(|it| it.words());
        let mut words: Vec<String> = reasons.collect();
        if !self.unknown.is_empty() {
            let names: Vec<&str> = self.unknown.iter().map(|what| what.name()).collect();
            words.push(format!("not loaded: {}", names.join(", ")));
        }
        words.join("; ")
    }
}

/// One person in scope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Readiness {
    /// The user; a planned stub user's planned id; `None` for somebody who is not in the environment.
    pub user: Option<UserId>,
    /// UPN.
    pub upn: String,
    /// Full name, else UPN.
    pub name: String,
    /// Now.
    pub today: Standing,
    /// Once the plan is applied.
    pub after_plan: Standing,
    /// Once the hand-over files are done too.
    pub after_hand_over: Standing,
}
