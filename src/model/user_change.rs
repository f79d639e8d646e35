//! A change of one existing user: all of it is one unit of work.
//!
//! In: what a users file wishes for somebody, and the roles that go along. Out: data that a target writes as
//! a whole or not at all, because a new business unit strips the roles: business unit, then access mode and
//! profile, then every role that the user shall hold in the end.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::model::{AccessMode, ProfileField, RoleId, UnitId, UserId};

/// A value as it is, and as it shall be.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Changed<T> {
    /// As it is.
    pub before: T,
    /// As it shall be.
    pub after: T,
}

impl<T> Changed<T> {
    fn turned_round(self) -> Self {
        Self {
            before: self.after,
            after: self.before,
        }
    }
}

/// One user's unit of work. What is `None`, or not in the map, is no part of it and is not looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserChange {
    /// Whose.
    pub user: UserId,
    /// Business unit.
    pub business_unit: Option<Changed<UnitId>>,
    /// Access mode.
    pub access_mode: Option<Changed<AccessMode>>,
    /// Profile fields; `None` is blank.
    pub profile: BTreeMap<ProfileField, Changed<Option<String>>>,
    /// All roles that the user himself holds. Always there where the business unit changes.
    pub roles: Option<Changed<BTreeSet<RoleId>>>,
}

/// Which values of a user are spoken of.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Aspects {
    /// Business unit.
    pub business_unit: bool,
    /// Access mode.
    pub access_mode: bool,
    /// These fields.
    pub profile: Vec<ProfileField>,
    /// All roles held.
    pub roles: bool,
}

/// Values of a user, as far as they are spoken of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserValues {
    /// Business unit.
    pub business_unit: Option<UnitId>,
    /// Access mode.
    pub access_mode: Option<AccessMode>,
    /// Profile fields; `None` is blank.
    pub profile: BTreeMap<ProfileField, Option<String>>,
    /// Roles held.
    pub roles: Option<BTreeSet<RoleId>>,
}

impl UserChange {
    /// What it is about.
    pub fn aspects(&self) -> Aspects {
        Aspects {
            business_unit: self.business_unit.is_some(),
            access_mode: self.access_mode.is_some(),
            profile: self.profile.keys().copied().collect(),
            roles: self.roles.is_some(),
        }
    }

    /// The values that must be there before.
    pub fn before(&self) -> UserValues {
        let unit = self.business_unit.as_ref();
        let mode = self.access_mode.as_ref();
        let fields = self.profile.iter();
        UserValues {
            business_unit: unit.map(|unit| unit.before),
            access_mode: mode.map(|mode| mode.before),
            profile: fields
                .map(|(field, value)| (*field, value.before.clone()))
                .collect(),
            roles: self.roles.as_ref().map(|roles| roles.before.clone()),
        }
    }

    /// The values that must be there afterwards.
    pub fn after(&self) -> UserValues {
        self.clone().inverse().before()
    }

    /// Whether these values lie on the way: each is that of before or of after, and no role is there that is
    /// in neither.
    pub fn passes(&self, found: &UserValues) -> bool {
        let (before, after) = (self.before(), self.after());
        let is_either = |found: &Option<String>, field: &ProfileField| {
            [&before, &after]
                .map(|values| values.profile.get(field))
                .contains(&Some(found))
        };
        let roles = match (&found.roles, &before.roles, &after.roles) {
            (Some(found), Some(before), Some(after)) => found
                .iter()
                .all(|role| before.contains(role) || after.contains(role)),
            (found, ..) => found.is_none(),
        };
        [before.business_unit, after.business_unit].contains(&found.business_unit)
            && [before.access_mode, after.access_mode].contains(&found.access_mode)
            && found
                .profile
                .iter()
                .all(|(field, value)| is_either(value, field))
            && roles
    }

    /// The change that takes it back.
    #[must_use]
    pub fn inverse(self) -> Self {
        let fields = self.profile.into_iter();
        Self {
            user: self.user,
            business_unit: self.business_unit.map(Changed::turned_round),
            access_mode: self.access_mode.map(Changed::turned_round),
            profile: fields
                .map(|(field, value)| (field, value.turned_round()))
                .collect(),
            roles: self.roles.map(Changed::turned_round),
        }
    }
}
