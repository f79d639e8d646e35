//! What was there before several plans that were undone one after the other.
//!
//! In: the changes of these plans, the oldest plan first, each with what was there before its own plan. Out: what was
//! there before the oldest plan that speaks of the same. What a newer plan found is what an older one had written.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use crate::model::{Present, Principal, RecordId, RoleId, UserId, UserValues, Write};

/// What older plans found, as far as they were undone.
#[derive(Debug, Default)]
pub(super) struct Earlier {
    /// Whether a newer plan is compared after this one; else nothing needs to be remembered.
    pub(super) is_wanted: bool,
    /// Users whom they made, and who are gone with them.
    stubs: BTreeSet<UserId>,
    users: BTreeMap<UserId, UserValues>,
    roles: BTreeMap<(Principal, RoleId), bool>,
    records: HashMap<(Arc<str>, RecordId), Principal>,
}

impl Earlier {
    /// What was there before all of them, where this plan alone would say `before`.
    pub(super) fn before(&self, write: &Write, before: Present) -> Present {
        match (write, before) {
            (Write::ChangeUser(change), _) if self.stubs.contains(&change.user) => Present::Absent,
            (Write::ChangeUser(change), Present::Values(mut values)) => {
                self.values(change.user, &mut values);
                Present::Values(values)
            }
            (
                Write::GiveRole { principal, role } | Write::RemoveRole { principal, role },
                Present::Role(there),
            ) => Present::Role(self.has_role(*principal, *role).unwrap_or(there)),
            (Write::AssignRecord { entity, record, .. }, before) => {
                let owner = self.records.get(&(Arc::clone(entity), *record));
                owner.map_or(before, |owner| Present::Owner(*owner))
            }
            (_, before) => before,
        }
    }

    /// Takes in what was there before a change that was taken back, see [`Earlier::before`].
    pub(super) fn note(&mut self, write: &Write, before: &Present) {
        if !self.is_wanted {
            return;
        }
        match (write, before) {
            (Write::CreateStub(stub), _) => {
                self.stubs.insert(stub.id);
            }
            (Write::ChangeUser(change), Present::Values(values)) => {
                self.note_values(change.user, values);
            }
            (
                Write::GiveRole { principal, role } | Write::RemoveRole { principal, role },
                Present::Role(there),
            ) => {
                self.roles.entry((*principal, *role)).or_insert(*there);
            }
            (Write::AssignRecord { entity, record, .. }, Present::Owner(owner)) => {
                let key = (Arc::clone(entity), *record);
                self.records.entry(key).or_insert(*owner);
            }
            _ => {}
        }
    }

    fn has_role(&self, principal: Principal, role: RoleId) -> Option<bool> {
        let Principal::User(user) = principal else {
            return self.roles.get(&(principal, role)).copied();
        };
        if self.stubs.contains(&user) {
            return Some(false);
        }
        let roles = self.users.get(&user).and_then(|user| user.roles.as_ref());
        let of_user = || roles.map(|roles| roles.contains(&role));
        self.roles.get(&(principal, role)).copied().or_else(of_user)
    }

    fn values(&self, user: UserId, values: &mut UserValues) {
        let UserValues {
            business_unit,
            access_mode,
            profile,
            roles,
        } = values;
        if let Some(earlier) = self.users.get(&user) {
            // Only what this plan speaks of is compared.
            *business_unit = business_unit.and(earlier.business_unit.or(*business_unit));
            *access_mode = access_mode.and(earlier.access_mode.or(*access_mode));
            for (field, value) in profile {
                if let Some(earlier) = earlier.profile.get(field) {
                    value.clone_from(earlier);
                }
            }
            if let (Some(roles), Some(earlier)) = (&mut *roles, &earlier.roles) {
                roles.clone_from(earlier);
            }
        }
        let Some(roles) = roles else { return };
        let first = (Principal::User(user), RoleId(uuid::Uuid::nil()));
        let last = (Principal::User(user), RoleId(uuid::Uuid::max()));
        for ((_, role), there) in self.roles.range(first..=last) {
            if *there {
                roles.insert(*role);
            } else {
                roles.remove(role);
            }
        }
    }

    fn note_values(&mut self, user: UserId, values: &UserValues) {
        let known = self.users.entry(user).or_insert_with(|| UserValues {
            business_unit: None,
            access_mode: None,
            profile: BTreeMap::new(),
            roles: None,
        });
        known.business_unit = known.business_unit.or(values.business_unit);
        known.access_mode = known.access_mode.or(values.access_mode);
        for (field, value) in &values.profile {
            let known = known.profile.entry(*field);
            known.or_insert_with(|| value.clone());
        }
        if known.roles.is_none() {
            known.roles.clone_from(&values.roles);
        }
    }
}
