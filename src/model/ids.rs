//! Identifiers of what an environment holds, one type per kind, so that none can stand in for another.
//!
//! In: GUIDs as exports and services write them. Out: 16-byte values that sort and compare.
//! Whether an id exists anywhere is not known here.

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! id_types {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(formatter)
            }
        }
    )+};
}

id_types! {
    /// `systemuserid`.
    UserId,
    /// `teamid`.
    TeamId,
    /// `roleid` of one copy of a role: every business unit has its own.
    RoleId,
    /// `businessunitid`.
    UnitId,
    /// The primary id of a record, whatever its table.
    RecordId,
    /// `organizationid`: says which environment this is.
    OrganisationId,
}

/// What can own a record or hold a role: a user or a team.
///
/// An access team can be named here too (files name them); that it can own nothing is a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Principal {
    /// A user, stub users included.
    User(UserId),
    /// A team.
    Team(TeamId),
}

impl Principal {
    /// The bare GUID.
    pub fn uuid(self) -> Uuid {
        match self {
            Self::User(UserId(id)) | Self::Team(TeamId(id)) => id,
        }
    }

    /// The type code that the service uses for it: 8 a user, 9 a team.
    pub fn type_code(self) -> u8 {
        match self {
            Self::User(_) => 8,
            Self::Team(_) => 9,
        }
    }

    /// The principal of a stored pair of type code and id; `None` for any other type code.
    pub fn from_parts(type_code: u8, id: Uuid) -> Option<Self> {
        match type_code {
            8 => Some(Self::User(UserId(id))),
            9 => Some(Self::Team(TeamId(id))),
            _ => None,
        }
    }
}

impl fmt::Display for Principal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(id) => write!(formatter, "user {id}"),
            Self::Team(id) => write!(formatter, "team {id}"),
        }
    }
}

/// Reads a GUID as people and programs write it: hyphenated, in braces, or 32 digits; any case.
pub fn parse_guid(text: &str) -> Option<Uuid> {
    let text = text.trim();
    let inner = text
        .strip_prefix('{')
        .and_then(|rest| rest.strip_suffix('}'))
        .unwrap_or(text);
    matches!(inner.len(), 32 | 36)
        .then(|| Uuid::try_parse(inner).ok())
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::parse_guid;

    #[test]
    fn guids_as_written() {
        check("hyphenated", "274589c3-2dbf-465b-938a-4992a24fea5b", true);
        check(
            "upper case in braces",
            " {274589C3-2DBF-465B-938A-4992A24FEA5B} ",
            true,
        );
        check("32 digits", "274589c32dbf465b938a4992a24fea5b", true);
        check("a Salesforce id", "005bm00000NCJmQAAX", false);
        check(
            "urn form is not what exports hold",
            "urn:uuid:274589c3-2dbf-465b-938a-4992a24fea5b",
            false,
        );
        check("nothing", "", false);
    }

    #[track_caller]
    fn check(case: &str, text: &str, expected: bool) {
        assert_eq!(parse_guid(text).is_some(), expected, "case: {case}");
    }
}
