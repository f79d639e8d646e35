//! A world: an environment, the old system's people, and what the exports ask for.
//!
//! Nothing of the product is asked here. Who was meant by each cell is kept beside the cell, so that
//! a plan can be held against it. A world is data: it can be kept as JSON, and tried again.

use std::collections::{BTreeMap, BTreeSet};

use cutover::model::{
    AmbiguousPolicy, BlankPolicy, ByNamePolicy, Depth, EnvironmentKind, Inheritance, MissingPolicy,
    ProfileField, StubWay, comparison_key,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::worlds::wish::UserWant;

/// A business unit; the first of a world is the root.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Unit {
    pub(super) id: Uuid,
    pub(super) name: String,
    pub(super) parent: Option<usize>,
}

/// A role, made in a unit and copied into all below it.
#[derive(Clone, Debug, Serialize, Deserialize)]
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
#[derive(Clone, Debug, Serialize, Deserialize)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is so of somebody or not, whatever the others are"
)]
pub(super) struct Person {
    /// `systemuserid` of one who is there.
    pub(super) id: Uuid,
    pub(super) is_there: bool,
    pub(super) in_export: bool,
    pub(super) local: String,
    pub(super) mail: String,
    /// What the users export has for a mail, where it is not this person's.
    pub(super) exported_mail: Option<String>,
    pub(super) first: String,
    pub(super) last: String,
    pub(super) employee: String,
    pub(super) old_id: String,
    pub(super) unit: usize,
    pub(super) access_mode: String,
    pub(super) disabled: bool,
    pub(super) roles: BTreeSet<RoleCopy>,
    /// A stub user whom an earlier migration made.
    #[serde(default)]
    pub(super) stub: bool,
    /// Of an application, not of a person.
    #[serde(default)]
    pub(super) application: Option<Uuid>,
    /// Known to have no licence.
    #[serde(default)]
    pub(super) unlicensed: bool,
    /// What the environment holds of the profile, names and mail apart.
    #[serde(default)]
    pub(super) profile: BTreeMap<ProfileField, String>,
}

impl Person {
    pub(super) fn upn(&self) -> String {
        format!("{}@contoso.com", self.local)
    }

    pub(super) fn name(&self) -> String {
        format!("{} {}", self.first, self.last)
    }

    /// The name as some systems write it.
    pub(super) fn name_turned(&self) -> String {
        format!("{}, {}", self.last, self.first)
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Team {
    pub(super) id: Uuid,
    pub(super) name: String,
    pub(super) unit: usize,
    pub(super) kind: String,
    pub(super) members: BTreeSet<usize>,
    pub(super) roles: BTreeSet<RoleCopy>,
}

/// Somebody who can be meant, by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) enum Who {
    Person(usize),
    Team(usize),
    /// An id that is nobody's, neither in the old system nor in the environment.
    Ghost(Uuid),
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Record {
    pub(super) id: Uuid,
    pub(super) owner: Who,
    /// Whether the environment still holds it.
    pub(super) is_there: bool,
    /// What the old system called it, as the environment knows it.
    pub(super) old_id: String,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Table {
    pub(super) name: String,
    pub(super) ownership: String,
    pub(super) records: Vec<Record>,
    /// Whether its export names records by the old system's ids.
    pub(super) keyed: bool,
    pub(super) loaded: bool,
}

/// What a row may lead to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Leads {
    /// To a change about whom it means, or to none where that is so already.
    ToChange,
    /// To nothing, because ruling or policy leave the record where it is.
    Left,
    /// To an error: nobody can say what it means.
    ToError,
}

/// A row of a records export.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct RecordWant {
    pub(super) table: usize,
    pub(super) record: usize,
    /// What the id cell says, where it is no id of the record.
    pub(super) id_text: Option<String>,
    /// The owner cell.
    pub(super) text: String,
    pub(super) meant: Who,
    pub(super) leads: Leads,
}

/// A row of a roles export.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct RoleWant {
    pub(super) text: String,
    pub(super) who: Who,
    pub(super) role: usize,
    /// What the role cell says, where it is no role's name.
    pub(super) role_text: Option<String>,
    /// The unit that the row names.
    pub(super) unit: Option<usize>,
    /// Whether the role is to be given, or else to be taken away.
    pub(super) give: bool,
    pub(super) leads: Leads,
}

/// What the manifest says of owners.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Policy {
    pub(super) missing: MissingPolicy,
    pub(super) ambiguous: AmbiguousPolicy,
    pub(super) by_name: ByNamePolicy,
    pub(super) blank: BlankPolicy,
}

/// A user whom nobody means: under its id, UPN and mail.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Stranger {
    pub(super) id: Uuid,
    pub(super) upn: String,
    pub(super) mail: String,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "lines of a manifest, and files that are there or not"
)]
pub(super) struct World {
    pub(super) units: Vec<Unit>,
    pub(super) roles: Vec<Role>,
    pub(super) people: Vec<Person>,
    pub(super) teams: Vec<Team>,
    pub(super) tables: Vec<Table>,
    /// Parent and child.
    pub(super) cascades: Vec<(String, String)>,
    pub(super) settings: BTreeMap<String, String>,
    pub(super) kind: EnvironmentKind,
    pub(super) way: StubWay,
    pub(super) policy: Policy,
    pub(super) record_wants: Vec<RecordWant>,
    pub(super) role_wants: Vec<RoleWant>,
    #[serde(default)]
    pub(super) user_wants: Vec<UserWant>,
    /// Whether profiles are kept in the environment itself, and not in a directory.
    #[serde(default)]
    pub(super) on_premises: bool,
    /// Whether the directory was loaded: with everybody who can sign in, each with a licence.
    #[serde(default)]
    pub(super) has_directory: bool,
    /// Administrators of the directory.
    #[serde(default)]
    pub(super) directory_administrators: BTreeSet<usize>,
    /// Whether the manifest does not say who may be given the administrator's role.
    #[serde(default)]
    pub(super) names_nobody: bool,
    /// Reference and ruling.
    pub(super) rulings: Vec<(String, String)>,
    pub(super) strangers: Vec<Stranger>,
    /// Whether the manifest keeps out every row that may be kept out.
    pub(super) keep_out: bool,
    /// Files that the environment folder has not.
    pub(super) not_loaded: BTreeSet<String>,
    /// What was disturbed, by name.
    pub(super) disturbed: Vec<String>,
    /// Seeds what others write between plan and apply, and during apply.
    pub(super) moves: u64,
}

/// The organisation of every world.
pub(super) const ORGANISATION: Uuid = Uuid::from_u128(0x0c0d_e000_0000_4000_8000_0000_0000_0001);
/// The default role is the first role of a world, the one that everybody works with the second.
pub(super) const DEFAULT_ROLE: usize = 0;
pub(super) const WORKER: usize = 1;
pub(super) const VISITOR: usize = 2;
pub(super) const OVERSEER: usize = 3;
pub(super) const ADMINISTRATOR: usize = 4;
/// The administrator of every world is the first person, enabled and able to work, and the fallback owner too.
pub(super) const FIRST_PERSON: usize = 0;
pub(super) const ROLES_ON_DISABLED: &str = "AllowRoleAssignmentOnDisabledUsers";
pub(super) const ACROSS_UNITS: &str = "EnableOwnershipAcrossBusinessUnits";
pub(super) const KEEP_ROLES: &str = "DoNotRemoveRolesOnChangeBusinessUnit";
pub(super) const NON_INTERACTIVE: &str = "MaxNumberOfNonInteractiveUsers";
/// The setting that names the user who applies the plan.
pub(super) const CALLER: &str = "caller";

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

    /// The unit of somebody once the plan has moved them; a stub user's is the root.
    pub(super) fn unit_of(&self, who: Who) -> usize {
        match who {
            Who::Person(person) if self.people[person].is_there => {
                let moved = self.moved_to(person);
                moved.unwrap_or(self.people[person].unit)
            }
            Who::Person(_) | Who::Ghost(_) => 0,
            Who::Team(team) => self.teams[team].unit,
        }
    }

    /// The id of somebody in the environment; of one who is not there, the planned one.
    pub(super) fn id_of(&self, who: Who) -> Uuid {
        match who {
            Who::Person(person) if self.people[person].is_there => self.people[person].id,
            Who::Person(person) => planned_id(&self.people[person].upn()),
            Who::Team(team) => self.teams[team].id,
            Who::Ghost(id) => id,
        }
    }

    /// How a row names a unit: by name, or by id where two have that name.
    pub(super) fn unit_cell(&self, unit: usize) -> String {
        let named = &self.units[unit];
        let namesakes = self.units.iter().filter(|unit| unit.name == named.name);
        match namesakes.count() {
            1 => named.name.clone(),
            _ => named.id.to_string(),
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

    pub(super) fn is_administrator(&self, role: Uuid) -> bool {
        let mut units = 0..self.units.len();
        units.any(|unit| self.copy_id((ADMINISTRATOR, unit)) == role)
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

    /// The id of the role that a row means; of a role that is not there, one that nothing has.
    pub(super) fn role_id_meant(&self, want: &RoleWant) -> Uuid {
        match &want.role_text {
            Some(text) => Uuid::new_v5(&ORGANISATION, text.as_bytes()),
            None => self.copy_id(self.copy_meant(want)),
        }
    }

    pub(super) fn roles_of(&self, who: Who) -> &BTreeSet<RoleCopy> {
        static NONE: BTreeSet<RoleCopy> = BTreeSet::new();
        match who {
            Who::Person(person) => &self.people[person].roles,
            Who::Team(team) => &self.teams[team].roles,
            Who::Ghost(_) => &NONE,
        }
    }

    /// Who becomes a stub user: they are not there and own a record afterwards.
    pub(super) fn stubs(&self) -> BTreeSet<usize> {
        let wants = self.record_wants.iter();
        wants
            .filter(|want| want.leads == Leads::ToChange)
            .filter_map(|want| match want.meant {
                Who::Person(person) if !self.people[person].is_there => Some(person),
                _ => None,
            })
            .collect()
    }

    /// What is ruled about an owner cell, if anything.
    pub(super) fn ruling_on(&self, text: &str) -> Option<&str> {
        let key = comparison_key(text);
        let mut rulings = self.rulings.iter();
        let (_, ruling) = rulings.find(|(ruled, _)| comparison_key(ruled) == key)?;
        Some(ruling)
    }

    /// Whether a user is the one who applies the plan, or one of the service's own.
    pub(super) fn is_protected(&self, who: Who) -> bool {
        let Who::Person(person) = who else {
            return false;
        };
        self.caller() == Some(person) || self.people[person].access_mode == "support"
    }

    /// The user who applies the plan, where one is named.
    pub(super) fn caller(&self) -> Option<usize> {
        let id = self.settings.get(CALLER)?;
        let mut people = self.people.iter();
        let place = people.position(|person| person.id.to_string() == *id);
        place.filter(|_| !self.not_loaded.contains("settings"))
    }
}

pub(super) fn planned_id(upn: &str) -> Uuid {
    Uuid::new_v5(&ORGANISATION, comparison_key(upn).as_bytes())
}
