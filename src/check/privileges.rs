//! Effective rights: who can read a table, who has a role at all, and what is not known.
//!
//! In: the state that the stages before lead to. Out: what speaks against an owner, in three values:
//! shown, refuted, or unknown because something was not loaded. Platform facts 3.3, 3.6, 4.2, 4.3.

use std::collections::{BTreeMap, BTreeSet};

use crate::check::state::{Seen, State};
use crate::environment::Facts;
use crate::model::{
    ACTIVITY_TABLES, Depth, Inheritance, Loadable, Principal, READ_ACTIVITY, READ_PRIVILEGES, Role,
    RoleId, TeamType,
};
use crate::plan::Cause;

/// The roles that read one table.
#[derive(Debug)]
pub(super) struct Reading {
    /// The privilege, spelt as the environment spells it where some role has it.
    pub(super) privilege: String,
    depths: BTreeMap<RoleId, Depth>,
}

impl Reading {
    /// The roles that read the table of this logical name.
    pub(super) fn of(entity: &str, facts: &Facts) -> Self {
        let wanted = read_privilege(&entity.trim().to_lowercase());
        let mut reading = Self {
            privilege: wanted.clone(),
            depths: BTreeMap::new(),
        };
        let roots: BTreeSet<RoleId> = facts.roles().values().map(|role| role.root).collect();
        for root in roots {
            let held = facts.role_privileges(root).iter();
            for held in held.filter(|held| held.privilege.eq_ignore_ascii_case(&wanted)) {
                if reading.depths.is_empty() {
                    reading.privilege.clone_from(&held.privilege);
                }
                let deepest = reading.depths.entry(root).or_insert(held.depth);
                *deepest = held.depth.max(*deepest);
            }
        }
        reading
    }

    /// How far a role reads the table; `None` where it does not, or where privileges are not loaded.
    pub(super) fn depth(&self, role: &Role) -> Option<Depth> {
        self.depths.get(&role.root).copied()
    }
}

/// The privilege that reads a table; activities share one.
fn read_privilege(entity: &str) -> String {
    if ACTIVITY_TABLES.contains(&entity) {
        return READ_ACTIVITY.to_owned();
    }
    let odd = READ_PRIVILEGES.iter().find(|(table, _)| *table == entity);
    odd.map_or_else(
        || format!("prvRead{entity}"),
        |(_, privilege)| (*privilege).to_owned(),
    )
}

/// A right that roles carry.
#[derive(Clone, Copy)]
pub(super) enum Right<'r> {
    /// Reading a table.
    Read(&'r Reading),
    /// Having a role at all.
    AnyRole,
}

impl Right<'_> {
    /// Whether a role gives the right to whoever holds it, at whatever depth.
    fn to_holder(self, role: &Role) -> bool {
        match self {
            Self::Read(reading) => reading.depth(role).is_some(),
            Self::AnyRole => true,
        }
    }

    /// Whether a role of a team gives the right to the team's members: as their own where the role is
    /// inherited so, else only where it reaches everything.
    fn to_member(self, role: &Role) -> bool {
        match self {
            Self::Read(reading) => match role.inheritance {
                Inheritance::DirectUser => reading.depth(role).is_some(),
                Inheritance::TeamOnly => reading.depth(role) == Some(Depth::Organisation),
            },
            Self::AnyRole => true,
        }
    }

    /// What must be loaded to say that somebody has not this right.
    fn needs(self, principal: Principal) -> impl Iterator<Item = Loadable> {
        let holder: &[Loadable] = match principal {
            Principal::User(_) => &[
                Loadable::UserRoles,
                Loadable::Teams,
                Loadable::TeamMembers,
                Loadable::TeamRoles,
            ],
            Principal::Team(_) => &[Loadable::TeamRoles],
        };
        let privileges = matches!(self, Self::Read(_)).then_some(Loadable::RolePrivileges);
        holder.iter().copied().chain(privileges)
    }
}

/// Whether what is loaded shows that the principal has the right.
fn is_shown(state: &State<'_>, right: Right<'_>, principal: Principal, seen: Seen) -> bool {
    let role = |role: RoleId| state.role(role);
    let own = state.roles(principal, seen);
    if own
        .into_iter()
        .filter_map(role)
        .any(|role| right.to_holder(role))
    {
        return true;
    }
    let Principal::User(user) = principal else {
        return false;
    };
    state.teams_of(user).any(|team| {
        let roles = state.roles(Principal::Team(team.id), seen);
        let mut roles = roles.into_iter().filter_map(role);
        roles.any(|role| right.to_member(role))
    })
}

/// What was not loaded of all that is needed to say no.
fn not_loaded(facts: &Facts, right: Right<'_>, principal: Principal) -> BTreeSet<Loadable> {
    right
        .needs(principal)
        .filter(|what| !facts.loaded(*what))
        .collect()
}

/// What a principal is as an owner of rows of one table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// Reads the table.
    Reads,
    /// An access team.
    AccessTeam,
    /// Holds no role, nor a team of theirs.
    NoRole,
    /// Has roles, and none that reads the table.
    CannotRead,
    /// What is loaded shows nothing.
    Unknown {
        /// What was not loaded.
        needs: BTreeSet<Loadable>,
        /// Whether the kind of the team is not known.
        kind: bool,
        /// Whether it is not known if there is a role at all.
        role: bool,
    },
}

impl Standing {
    /// Whether the service would refuse the owner.
    pub(super) fn fails(&self) -> bool {
        matches!(self, Self::AccessTeam | Self::NoRole | Self::CannotRead)
    }
}

/// What the principal is as an owner, in the state that is meant.
pub(super) fn standing(
    state: &State<'_>,
    reading: &Reading,
    principal: Principal,
    seen: Seen,
) -> Standing {
    let facts = state.facts();
    if let Principal::Team(team) = principal {
        match state.team(team) {
            Some(team) if team.kind == TeamType::Access => return Standing::AccessTeam,
            None if !facts.loaded(Loadable::Teams) => {
                let mut needs = not_loaded(facts, Right::Read(reading), principal);
                needs.insert(Loadable::Teams);
                return Standing::Unknown {
                    needs,
                    kind: true,
                    role: true,
                };
            }
            _ => {}
        }
    }
    if is_shown(state, Right::Read(reading), principal, seen) {
        return Standing::Reads;
    }
    let has_role = is_shown(state, Right::AnyRole, principal, seen);
    if !has_role && not_loaded(facts, Right::AnyRole, principal).is_empty() {
        return Standing::NoRole;
    }
    let needs = not_loaded(facts, Right::Read(reading), principal);
    if needs.is_empty() {
        return Standing::CannotRead;
    }
    Standing::Unknown {
        needs,
        kind: false,
        role: !has_role,
    }
}

/// Why the principal lost a right that was planned: of the roles that fell and would have given it,
/// the cause of the lowest code.
pub(super) fn lost(state: &State<'_>, right: Right<'_>, principal: Principal) -> Option<Cause> {
    let role = |role: RoleId| state.role(role);
    let own = state
        .fallen(principal)
        .filter(|(fallen, _)| role(*fallen).is_some_and(|role| right.to_holder(role)))
        .map(|(_, cause)| cause)
        .min();
    let Principal::User(user) = principal else {
        return own;
    };
    let through_teams = state
        .teams_of(user)
        .flat_map(|team| state.fallen(Principal::Team(team.id)))
        .filter(|(fallen, _)| role(*fallen).is_some_and(|role| right.to_member(role)))
        .map(|(_, cause)| cause)
        .min();
    own.into_iter().chain(through_teams).min()
}
