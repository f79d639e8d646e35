//! What a users file wishes for one existing user, in a draft.
//!
//! In: a row's wishes that differ from what is there, and the roles that the user holds. Out: data that
//! `check/` marks where the service would refuse, and the one unit of work that it becomes. Roles that a
//! roles file gives to the same user stand in the draft as they do for everybody, and join it here.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{
    AccessMode, Changed, FileId, Principal, ProfileField, RoleAction, RoleId, UnitId, UserChange,
    UserId,
};
use crate::plan::{Cause, Draft, DraftRole};

/// An existing user to be changed: one row of a users file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DraftUser {
    /// Who.
    pub user: UserId,
    /// Another business unit.
    pub business_unit: Option<Changed<UnitId>>,
    /// Another access mode.
    pub access_mode: Option<Changed<AccessMode>>,
    /// Profile fields; `None` is blank.
    pub profile: BTreeMap<ProfileField, Changed<Option<String>>>,
    /// Whether the move strips the roles that are held, so that they have to be given again.
    pub strips: bool,
    /// Roles held now, and the copy of each that is held afterwards: the new unit's where a move strips it, and
    /// still the one held where that unit has none, which the service will refuse.
    pub roles: BTreeMap<RoleId, RoleId>,
    /// The file of each roles row that needs no change of its own because of what the move does to the roles.
    pub role_rows: Vec<FileId>,
    /// File of the row.
    pub file: FileId,
    /// Row, from 1.
    pub row: u64,
    /// Physical line.
    pub line: u64,
    /// Why it fell, once `check/` has spoken.
    pub fallen: Option<Cause>,
}

impl DraftUser {
    /// Roles held afterwards, gifts apart.
    pub fn roles_kept(&self) -> impl Iterator<Item = RoleId> {
        self.roles.values().copied()
    }

    /// Roles that the move strips and that are given again.
    pub fn roles_given_again(&self) -> impl Iterator<Item = RoleId> {
        self.roles_kept().filter(|_| self.strips)
    }

    /// The unit of work, with the roles that a roles file gives.
    pub fn change(&self, given: &[RoleId]) -> UserChange {
        let touches_roles = self.business_unit.is_some() || !given.is_empty();
        let after: BTreeSet<RoleId> = self.roles_kept().chain(given.iter().copied()).collect();
        UserChange {
            user: self.user,
            business_unit: self.business_unit.clone(),
            access_mode: self.access_mode.clone(),
            profile: self.profile.clone(),
            roles: touches_roles.then(|| Changed {
                before: self.roles.keys().copied().collect(),
                after,
            }),
        }
    }
}

impl Draft {
    /// The users whose change stands, with the roles that go along, in the order of the stage.
    pub fn users_to_change(&self) -> Vec<(&DraftUser, Vec<&DraftRole>)> {
        let mut given: BTreeMap<UserId, Vec<&DraftRole>> = BTreeMap::new();
        for role in self.roles.iter().filter(|role| role.fallen.is_none()) {
            if let (RoleAction::Give, Principal::User(user)) = (role.action, role.principal) {
                given.entry(user).or_default().push(role);
            }
        }
        let standing = self.users.iter().filter(|user| user.fallen.is_none());
        standing
            .map(|user| (user, given.remove(&user.user).unwrap_or_default()))
            .collect()
    }

    /// Changes of roles that stand and are written by themselves: no change of a user takes them along.
    pub fn roles_apart(&self) -> impl Iterator<Item = &DraftRole> {
        let changed = self.changed_users();
        let goes_along = move |role: &DraftRole| match (role.action, role.principal) {
            (RoleAction::Give, Principal::User(user)) => changed.contains(&user),
            _ => false,
        };
        let standing = self.roles.iter().filter(|role| role.fallen.is_none());
        standing.filter(move |role| !goes_along(role))
    }

    /// The users whose change stands: what is given to them is written with it.
    pub fn changed_users(&self) -> BTreeSet<UserId> {
        let standing = self.users.iter().filter(|user| user.fallen.is_none());
        standing.map(|user| user.user).collect()
    }
}
