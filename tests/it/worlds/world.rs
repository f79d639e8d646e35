//! A world: an environment, the old system's people, and what the exports ask for.
//!
//! Nothing of the product is asked here. Who was meant by each cell is kept beside the cell, so that
//! a plan can be held against it.

use std::collections::{BTreeMap, BTreeSet};

use cutover::model::{Depth, Inheritance, RoleAction, comparison_key};
use uuid::Uuid;

/// A business unit; the first of a world is the root.
#[derive(Clone, Debug)]
pub(super) struct Unit {
    pub(super) id: Uuid,
    pub(super) name: String,
    pub(super) parent: Option<usize>,
}

/// A role, made in a unit and copied into all below it.
#[derive(Clone, Debug)]
pub(super) struct Role {
    pub(super) id: Uuid,
    pub(super) name: String,
    pub(super) unit: usize,
    pub(super) administrator: bool,
    pub(super) inheritance: Inheritance,
    pub(super) privileges: BTreeMap<String, Depth>,
}

/// One copy of a role: the role, and the unit whose copy it is.
pub(super) type RoleCopy = (usize, usize);

/// Somebody: a user of the environment, or one who is only in the old system.
#[derive(Clone, Debug)]
pub(super) struct Person {
    /// `systemuserid` of one who is there.
    pub(super) id: Uuid,
    pub(super) is_there: bool,
    pub(super) in_export: bool,
    pub(super) local: String,
    pub(super) mail: String,
    pub(super) first: String,
    pub(super) last: String,
    pub(super) employee: String,
    pub(super) old_id: String,
    pub(super) unit: usize,
    pub(super) access_mode: &'static str,
    pub(super) disabled: bool,
    pub(super) roles: BTreeSet<RoleCopy>,
}

impl Person {
    pub(super) fn upn(&self) -> String {
        format!("{}@contoso.com", self.local)
    }

    pub(super) fn name(&self) -> String {
        format!("{} {}", self.first, self.last)
    }
}

#[derive(Clone, Debug)]
pub(super) struct Team {
    pub(super) id: Uuid,
    pub(super) name: String,
    pub(super) unit: usize,
    pub(super) kind: &'static str,
    pub(super) members: BTreeSet<usize>,
    pub(super) roles: BTreeSet<RoleCopy>,
}

/// Somebody who can be meant, by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Who {
    Person(usize),
    Team(usize),
}

#[derive(Clone, Debug)]
pub(super) struct Table {
    pub(super) name: &'static str,
    pub(super) ownership: &'static str,
    /// Id, owner, and whether the environment still holds it.
    pub(super) records: Vec<(Uuid, Who, bool)>,
    /// Whether its export names records by the old system's ids.
    pub(super) keyed: bool,
    pub(super) loaded: bool,
}

/// A row of a records export.
#[derive(Clone, Debug)]
pub(super) struct RecordWant {
    pub(super) table: usize,
    pub(super) record: usize,
    /// The owner cell.
    pub(super) text: String,
    pub(super) meant: Who,
}

/// A row of a roles export.
#[derive(Clone, Debug)]
pub(super) struct RoleWant {
    pub(super) text: String,
    pub(super) who: Who,
    pub(super) role: usize,
    /// The unit that the row names.
    pub(super) unit: Option<usize>,
    pub(super) action: RoleAction,
}

#[derive(Clone, Debug)]
pub(super) struct World {
    pub(super) units: Vec<Unit>,
    pub(super) roles: Vec<Role>,
    pub(super) people: Vec<Person>,
    pub(super) teams: Vec<Team>,
    pub(super) tables: Vec<Table>,
    pub(super) cascades: Vec<(&'static str, &'static str)>,
    pub(super) settings: BTreeMap<&'static str, String>,
    pub(super) way: &'static str,
    pub(super) record_wants: Vec<RecordWant>,
    pub(super) role_wants: Vec<RoleWant>,
    /// Reference and ruling.
    pub(super) rulings: Vec<(String, String)>,
    /// A user in the way of a stub user: under its id, UPN or mail.
    pub(super) strangers: Vec<(Uuid, String, String)>,
    /// Files that the environment folder has not.
    pub(super) not_loaded: BTreeSet<&'static str>,
    /// What was disturbed, by name.
    pub(super) disturbed: Vec<&'static str>,
}

/// The organisation of every world.
pub(super) const ORGANISATION: Uuid = Uuid::from_u128(0x0c0d_e000_0000_4000_8000_0000_0000_0001);
/// The default role is the first role of a world, the one that everybody works with the second.
pub(super) const DEFAULT_ROLE: usize = 0;
pub(super) const WORKER: usize = 1;
pub(super) const VISITOR: usize = 2;
pub(super) const OVERSEER: usize = 3;
pub(super) const ADMINISTRATOR: usize = 4;
pub(super) const ROLES_ON_DISABLED: &str = "AllowRoleAssignmentOnDisabledUsers";
pub(super) const ACROSS_UNITS: &str = "EnableOwnershipAcrossBusinessUnits";

impl World {
    pub(super) fn is_on(&self, setting: &str) -> bool {
        let told = self
            .settings
            .get(setting)
            .filter(|_| !self.not_loaded.contains("settings"));
        told.is_some_and(|value| value == "true")
    }

    /// Whether a unit is `above` or below it.
    pub(super) fn is_below(&self, unit: usize, above: usize) -> bool {
        let mut at = Some(unit);
        while let Some(unit) = at {
            if unit == above {
                return true;
            }
            at = self.units[unit].parent;
        }
        false
    }

    /// The unit of somebody; a stub user's is the root.
    pub(super) fn unit_of(&self, who: Who) -> usize {
        match who {
            Who::Person(person) if self.people[person].is_there => self.people[person].unit,
            Who::Person(_) => 0,
            Who::Team(team) => self.teams[team].unit,
        }
    }

    /// The id of somebody in the environment; of one who is not there, the planned one.
    pub(super) fn id_of(&self, who: Who) -> Uuid {
        match who {
            Who::Person(person) if self.people[person].is_there => self.people[person].id,
            Who::Person(person) => planned_id(&self.people[person].upn()),
            Who::Team(team) => self.teams[team].id,
        }
    }

    /// The id of a copy.
    pub(super) fn copy_id(&self, (role, unit): RoleCopy) -> Uuid {
        let made = &self.roles[role];
        if made.unit == unit {
            return made.id;
        }
        Uuid::new_v5(&made.id, self.units[unit].id.as_bytes())
    }

    /// The copy that a row of a roles export means.
    pub(super) fn copy_meant(&self, want: &RoleWant) -> RoleCopy {
        let unit = want.unit.unwrap_or_else(|| self.unit_of(want.who));
        let made = self.roles[want.role].unit;
        (
            want.role,
            if self.is_below(unit, made) {
                unit
            } else {
                made
            },
        )
    }

    pub(super) fn roles_of(&self, who: Who) -> &BTreeSet<RoleCopy> {
        match who {
            Who::Person(person) => &self.people[person].roles,
            Who::Team(team) => &self.teams[team].roles,
        }
    }

    /// Who becomes a stub user: they are not there and own a record afterwards.
    pub(super) fn stubs(&self) -> BTreeSet<usize> {
        let wants = self.record_wants.iter();
        wants
            .filter_map(|want| match want.meant {
                Who::Person(person) if !self.people[person].is_there => Some(person),
                _ => None,
            })
            .collect()
    }
}

pub(super) fn planned_id(upn: &str) -> Uuid {
    Uuid::new_v5(&ORGANISATION, comparison_key(upn).as_bytes())
}
