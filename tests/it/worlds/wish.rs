//! What a users export wishes for people of the environment, and where a move leads to.
//!
//! A move strips roles unless two settings say otherwise: whoever is moved holds the new unit's copies
//! afterwards. Who is meant by a row is kept beside it, as in all exports of a world.

use std::collections::{BTreeMap, BTreeSet};

use cutover::model::{AccessMode, ProfileField};
use serde::{Deserialize, Serialize};

use crate::worlds::world::{ACROSS_UNITS, KEEP_ROLES, Leads, RoleCopy, Who, World};

/// A row of a users export that may wish something.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct UserWant {
    pub(super) person: usize,
    /// Whether the row names them by id alone, or else by UPN.
    pub(super) by_id: bool,
    pub(super) unit: Option<usize>,
    /// What the cell of the unit says, where it is not the unit's name.
    pub(super) unit_text: Option<String>,
    pub(super) mode: Option<AccessMode>,
    /// What the cell of the access mode says, where it is not the mode's word.
    pub(super) mode_text: Option<String>,
    pub(super) profile: BTreeMap<ProfileField, String>,
    /// Whether it can be said who is meant, and what.
    pub(super) is_clear: bool,
    pub(super) leads: Leads,
}

impl UserWant {
    /// A row without a wish.
    pub(super) fn blank(person: usize) -> Self {
        Self {
            person,
            by_id: false,
            unit: None,
            unit_text: None,
            mode: None,
            mode_text: None,
            profile: BTreeMap::new(),
            is_clear: true,
            leads: Leads::ToChange,
        }
    }

    pub(super) fn is_blank(&self) -> bool {
        let texts = [&self.unit_text, &self.mode_text];
        self.unit.is_none()
            && self.mode.is_none()
            && self.profile.is_empty()
            && texts.iter().all(|text| text.is_none())
    }

    fn wishes_as(&self, other: &Self) -> bool {
        (self.unit, self.mode, &self.profile) == (other.unit, other.mode, &other.profile)
    }
}

impl World {
    /// What is wished for somebody of the environment: the first row, unless another wishes otherwise.
    pub(super) fn wish_of(&self, person: usize) -> Option<&UserWant> {
        let rows = self.user_wants.iter();
        let mut rows = rows.filter(|row| row.person == person && row.is_clear && !row.is_blank());
        let first = rows.next()?;
        let one = self.people[person].is_there && rows.all(|row| row.wishes_as(first));
        one.then_some(first)
    }

    /// The unit that somebody is moved to, if they are.
    pub(super) fn moved_to(&self, person: usize) -> Option<usize> {
        let unit = self.wish_of(person)?.unit?;
        (unit != self.people[person].unit).then_some(unit)
    }

    /// The people who are moved.
    pub(super) fn movers(&self) -> Vec<usize> {
        let people = 0..self.people.len();
        people
            .filter(|person| self.moved_to(*person).is_some())
            .collect()
    }

    /// Whether who is moved keeps the roles.
    pub(super) fn keeps_roles(&self) -> bool {
        self.is_on(ACROSS_UNITS) && self.is_on(KEEP_ROLES)
    }

    /// What somebody holds once the plan has moved them, roles given and removed apart.
    pub(super) fn roles_kept(&self, who: Who) -> BTreeSet<RoleCopy> {
        let held = self.roles_of(who);
        let moved = match who {
            Who::Person(person) => self.moved_to(person),
            Who::Team(_) | Who::Ghost(_) => None,
        };
        let Some(new) = moved.filter(|_| !self.keeps_roles()) else {
            return held.clone();
        };
        let copies = held.iter().map(|(role, unit)| {
            let has_copy = self.is_below(new, self.roles[*role].unit);
            (*role, if has_copy { new } else { *unit })
        });
        copies.collect()
    }

    /// What is wished for the caller or a user of the service itself is an error.
    pub(super) fn protect(&mut self, person: usize) {
        let (unit, mode) = (self.people[person].unit, self.mode_of(person));
        for want in self
            .user_wants
            .iter_mut()
            .filter(|want| want.person == person)
        {
            let moves = want.unit.is_some_and(|wished| wished != unit);
            let switches = want.mode.is_some_and(|wished| wished != mode);
            if moves || switches {
                want.leads = Leads::ToError;
            }
        }
    }

    /// Who has the access mode of programs now, applications apart.
    pub(super) fn programs(&self) -> Vec<usize> {
        let people = (0..self.people.len()).filter(|person| self.people[*person].is_there);
        let programs = people.filter(|person| {
            let application = self.people[*person].application.is_some();
            !application && self.mode_of(*person) == AccessMode::NonInteractive
        });
        programs.collect()
    }

    pub(super) fn mode_of(&self, person: usize) -> AccessMode {
        AccessMode::from_word(&self.people[person].access_mode).expect("an access mode")
    }
}
