//! The directory: the people of Microsoft 365, Entra or Active Directory, their licences and groups.
//!
//! In: exports of an administrator. Out: the same, typed. Nothing here is ever written by the product:
//! what only an administrator may do goes into hand-over files.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::model::{Profile, UserId};

/// A person of the directory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DirectoryPerson {
    /// UPN, as written. On-premises without one: the logon name.
    pub upn: String,
    /// Object id.
    pub id: Option<Uuid>,
    /// Display name.
    pub display_name: Option<String>,
    /// Whether sign-in is allowed, where the export said.
    pub enabled: Option<bool>,
    /// Whether the account was deleted.
    pub deleted: bool,
    /// Whether it is somebody of another organisation.
    pub guest: bool,
    /// Names, mail and the fields that flow into environments.
    pub profile: Profile,
    /// Licences by product, as written; `None` where no export of licences was loaded.
    pub licences: Option<BTreeSet<String>>,
    /// Directory roles, as written; `None` where no export of them was loaded.
    pub roles: Option<BTreeSet<String>>,
}

/// A product with its seats.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Licence {
    /// Product, as written.
    pub product: String,
    /// Seats bought.
    pub seats: Option<u32>,
    /// Seats in use, by the administrator's own count.
    pub used: Option<u32>,
    /// Whether it makes its holders users of the environment before they first sign in (platform facts, 1.4).
    pub provisions: Option<bool>,
}

/// Somebody in a group of the directory.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct GroupMember {
    /// The group's name.
    pub group: String,
    /// The member's UPN or object id, as written.
    pub member: String,
    /// The group inside it by way of which; `None` is a direct member.
    pub via: Option<String>,
}

/// A licence that the environment itself knows of.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct UserLicence {
    /// Who holds it.
    pub user: UserId,
    /// Product, as written.
    pub product: String,
}

/// `invitestatuscode` of a user, in environments that still invite (statement S27).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the words say it")]
pub enum Invitation {
    NotSent,
    Invited,
    NearExpired,
    Expired,
    Accepted,
    Rejected,
    Revoked,
}

impl Invitation {
    /// Every status, in the order of the service's codes, which begin at 0.
    pub const ALL: [Self; 7] = [
        Self::NotSent,
        Self::Invited,
        Self::NearExpired,
        Self::Expired,
        Self::Accepted,
        Self::Rejected,
        Self::Revoked,
    ];

    /// The service's code.
    pub fn code(self) -> u8 {
        self as u8
    }

    /// The status of the service's code.
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.get(usize::from(code)).copied()
    }

    /// The word used in files and messages.
    pub fn word(self) -> &'static str {
        match self {
            Self::NotSent => "not sent",
            Self::Invited => "invited",
            Self::NearExpired => "invitation near expired",
            Self::Expired => "invitation expired",
            Self::Accepted => "invitation accepted",
            Self::Rejected => "invitation rejected",
            Self::Revoked => "invitation revoked",
        }
    }
}
