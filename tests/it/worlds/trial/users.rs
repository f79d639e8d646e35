//! The change that a row of a users export comes to: one unit of work, worked out here alone.
//!
//! In: the row, and which role rows went through. Out: what the plan must hold, what to ask of the
//! service behind an error, and which role rows have no change of their own because they go along.

use std::collections::{BTreeMap, BTreeSet};

use cutover::model::{
    Changed, Code, Principal, ProfileField, RoleId, UnitId, UserChange, UserId, Write,
};
use uuid::Uuid;

use crate::worlds::files::Asked;
use crate::worlds::trial::Trial;
use crate::worlds::trial::account::At;
use crate::worlds::wish::UserWant;
use crate::worlds::world::{Leads, ORGANISATION, RoleCopy, RoleWant, Who};

impl Trial<'_> {
    /// What a row wishes that is not so yet, roles given by other rows apart.
    pub(super) fn change_of(&self, want: &UserWant) -> UserChange {
        let who = Who::Person(want.person);
        let person = &self.world.people[want.person];
        let unit = self.unit_wished(want);
        let before = UnitId(self.world.units[person.unit].id);
        let unit = unit.filter(|after| *after != before);
        let mode = self.world.mode_of(want.person);
        let wished = want.mode.filter(|wished| *wished != mode);
        let ids = |roles: &BTreeSet<RoleCopy>| self.roles_known(roles);
        UserChange {
            user: UserId(self.world.id_of(who)),
            business_unit: unit.map(|after| Changed { before, after }),
            access_mode: wished.map(|after| Changed {
                before: mode,
                after,
            }),
            profile: self.profile_of(want),
            roles: unit.map(|_| Changed {
                before: ids(self.world.roles_of(who)),
                after: ids(&self.world.roles_kept(who)),
            }),
        }
    }

    /// The unit that a row wishes; of one that is not there, an id that nothing has.
    fn unit_wished(&self, want: &UserWant) -> Option<UnitId> {
        let nowhere = |text: &String| Uuid::new_v5(&ORGANISATION, text.as_bytes());
        let known = want.unit.map(|unit| self.world.units[unit].id);
        known.or(want.unit_text.as_ref().map(nowhere)).map(UnitId)
    }

    fn roles_known(&self, roles: &BTreeSet<RoleCopy>) -> BTreeSet<RoleId> {
        let known = !self.world.not_loaded.contains("user_roles");
        let roles = roles.iter().filter(|_| known);
        roles
            .map(|copy| RoleId(self.world.copy_id(*copy)))
            .collect()
    }

    fn profile_of(&self, want: &UserWant) -> BTreeMap<ProfileField, Changed<Option<String>>> {
        let person = &self.world.people[want.person];
        let present = |field: ProfileField| match field {
            ProfileField::FirstName => Some(person.first.clone()),
            ProfileField::LastName => Some(person.last.clone()),
            ProfileField::Mail => Some(person.mail.clone()),
            field => person.profile.get(&field).cloned(),
        };
        let mut profile = BTreeMap::new();
        for (field, wished) in &want.profile {
            let (before, after) = (present(*field), Some(wished.clone()));
            if before != after {
                profile.insert(*field, Changed { before, after });
            }
        }
        let name = |field| want.profile.get(&field).cloned().or_else(|| present(field));
        let names = [ProfileField::FirstName, ProfileField::LastName].map(name);
        let after = Some(names.map(Option::unwrap_or_default).join(" "));
        let before = Some(person.name());
        if before != after {
            profile.insert(ProfileField::FullName, Changed { before, after });
        }
        profile
    }

    /// The same, with the roles that go along.
    pub(super) fn change_planned(&self, want: &UserWant) -> UserChange {
        let mut change = self.change_of(want);
        let who = Who::Person(want.person);
        let given: BTreeSet<RoleId> = self
            .gifts_by_row(who)
            .into_values()
            .map(|gift| RoleId(self.world.role_id_meant(gift)))
            .collect();
        if !given.is_empty() {
            let held = self.roles_known(self.world.roles_of(who));
            let roles = change.roles.get_or_insert_with(|| Changed {
                before: held.clone(),
                after: held,
            });
            roles.after.extend(given);
        }
        change
    }

    /// Whether a row's role is given by the change of its user, who is changed anyway.
    pub(super) fn goes_along(&self, at: At, asked: Asked<'_>) -> bool {
        let Asked::Role(want) = asked else {
            return false;
        };
        self.is_changed(want.who) && self.gifts_by_row(want.who).contains_key(&at)
    }

    /// The rows that give something to somebody, of each gift the first one.
    fn gifts_by_row(&self, who: Who) -> BTreeMap<At, &RoleWant> {
        let mut seen = BTreeSet::new();
        let mut gifts = BTreeMap::new();
        for (at, asked) in &self.numbered {
            let Asked::Role(want) = *asked else { continue };
            let is_gift = want.who == who && want.give && !self.is_held(want);
            if !is_gift || !seen.insert(self.world.role_id_meant(want)) {
                continue;
            }
            if want.leads == Leads::ToChange && !self.errors.contains_key(at) {
                gifts.insert(*at, want);
            }
        }
        gifts
    }

    pub(super) fn is_changed(&self, who: Who) -> bool {
        let id = UserId(self.world.id_of(who));
        let mut writes = self.changes.iter().map(|change| &change.write);
        writes.any(|write| matches!(write, Write::ChangeUser(change) if change.user == id))
    }

    /// Whether somebody shall be moved and is not: roles of the new unit are nothing to ask for then.
    pub(super) fn is_left_behind(&self, principal: Principal) -> bool {
        let movers = self.world.movers().into_iter().map(Who::Person);
        let mut behind = movers.filter(|who| !self.is_changed(*who));
        behind.any(|who| self.principal(who) == principal)
    }

    /// Whether the service itself would refuse what a rule about wishes stops.
    pub(super) fn is_refused_wish(&self, code: Code, want: &UserWant) -> bool {
        match code {
            // Somebody may become a stub user, and that one could be changed; so could whoever has the id
            // that was planned for him.
            Code::Acc014 => {
                let person = want.person;
                let id = self.world.id_of(Who::Person(person));
                let mut strangers = self.world.strangers.iter();
                !self.world.people[person].is_there
                    && !self.world.stubs().contains(&person)
                    && strangers.all(|stranger| stranger.id != id)
            }
            Code::Acc015 => want.unit.is_none() && want.unit_text.is_some(),
            Code::Acc009 => !self.world.is_protected(Who::Person(want.person)),
            code => code.rule().guards,
        }
    }
}
