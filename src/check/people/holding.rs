//! What roles are worth to somebody who holds them: can this person work with them.
//!
//! In: the roles that somebody holds, today or after the plan, and those of the teams. Out: one
//! [`Holding`]. Whether the roles may be given, and what records need, is asked elsewhere.
//!
//! Which roles come by themselves with a licence the service knows (`isautoassigned`), and says so in no
//! export that people make; an environment folder names them in the setting `automatic_roles`, separated
//! by `;`. A list of names in the program would be no evidence. What such roles are known for, that they
//! read no data (S32), is also seen in their privileges.

use std::collections::BTreeSet;

use crate::check::people::Needs;
use crate::environment::Facts;
use crate::model::{
    Loadable, Ownership, READ_PRIVILEGES, Role, RoleId, SYSTEM_ADMINISTRATOR_TEMPLATE, TeamId,
    TeamType, UserId, comparison_key, setting,
};

/// What somebody's roles let them do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::check) enum Holding {
    /// No role, own or through a team: the apps stay closed (S35).
    Nothing,
    /// Roles through these teams, and of their own none, or none that reads data (S36).
    TeamsOnly(Vec<TeamId>),
    /// Only roles that come with a licence, or that read no data (S32).
    OpensOnly,
    /// Some role of their own that reads data.
    Works,
    /// Nobody can tell without these.
    Unknown(Needs),
}

/// The roles of an environment.
#[derive(Clone, Debug)]
pub(in crate::check) struct Roles<'a> {
    facts: &'a Facts,
    automatic: BTreeSet<RoleId>,
}

impl<'a> Roles<'a> {
    pub(super) fn of(facts: &'a Facts) -> Self {
        let said = facts.setting(setting::AUTOMATIC_ROLES).unwrap_or_default();
        let names: BTreeSet<String> = said.split(';').map(comparison_key).collect();
        let roles = facts.roles().values();
        let automatic = roles.filter(|role| names.contains(&comparison_key(&role.name)));
        Self {
            facts,
            automatic: automatic.map(|role| role.id).collect(),
        }
    }

    /// Whether a role is System Administrator, whichever copy, as the service knows it: by the template of
    /// the copy or of its root.
    pub(in crate::check) fn is_system_administrator(&self, role: RoleId) -> bool {
        let all = self.facts.roles();
        let is = |role: &Role| role.template == Some(SYSTEM_ADMINISTRATOR_TEMPLATE);
        let role = all.get(&role);
        role.is_some_and(|role| is(role) || all.get(&role.root).is_some_and(is))
    }

    /// The same, or a role of that name of which the environment folder told no template: enough to ask
    /// whether somebody is meant to rule, and not enough to foretell what the service refuses.
    pub(in crate::check) fn may_be_system_administrator(&self, role: RoleId) -> bool {
        let by_name = self.facts.roles().get(&role).is_some_and(|role| {
            role.template.is_none() && comparison_key(&role.name) == "system administrator"
        });
        by_name || self.is_system_administrator(role)
    }

    /// Whether the role, whichever copy, comes with a licence and is never planned (S33).
    pub(in crate::check) fn is_automatic(&self, role: RoleId) -> bool {
        self.automatic.contains(&role)
    }

    /// What these roles of a user's own are worth, and those of the teams that he is a member of, which
    /// `of_team` knows.
    pub(in crate::check) fn holding(
        &self,
        user: UserId,
        own: &[RoleId],
        of_team: impl Fn(TeamId) -> Vec<RoleId>,
    ) -> Holding {
        let works = |roles: &[RoleId]| roles.iter().any(|role| !self.opens_only(*role));
        if works(own) {
            return Holding::Works;
        }
        if !self.facts.loaded(Loadable::UserRoles) {
            return Holding::Unknown(&[Loadable::UserRoles]);
        }
        let teams = self.facts.teams_of(user).iter().copied();
        let teams: Vec<(TeamId, Vec<RoleId>)> = teams
            .filter(|team| self.can_hold(*team))
            .map(|team| (team, of_team(team)))
            .filter(|(_, roles)| !roles.is_empty())
            .collect();
        let through_teams = teams.iter().any(|(_, roles)| works(roles));
        if !own.is_empty() && !through_teams {
            return Holding::OpensOnly;
        }
        if !teams.is_empty() {
            return Holding::TeamsOnly(teams.into_iter().map(|(team, _)| team).collect());
        }
        self.teams_needed()
            .map_or(Holding::Nothing, Holding::Unknown)
    }

    /// Whether a role reads data, as far as is known.
    pub(in crate::check) fn reads(&self, role: RoleId) -> bool {
        !self.opens_only(role)
    }

    fn opens_only(&self, role: RoleId) -> bool {
        self.is_automatic(role) || self.reads_nothing(role)
    }

    fn can_hold(&self, team: TeamId) -> bool {
        let team = self.facts.teams().get(&team);
        team.is_some_and(|team| team.kind != TeamType::Access)
    }

    fn teams_needed(&self) -> Option<Needs> {
        let missing = |what| !self.facts.loaded(what);
        if missing(Loadable::Teams) {
            Some(&[Loadable::Teams])
        } else if missing(Loadable::TeamMembers) {
            Some(&[Loadable::TeamMembers])
        } else {
            missing(Loadable::TeamRoles).then_some(&[Loadable::TeamRoles])
        }
    }

    /// Whether what is loaded shows that a role reads no rows that people can own. A table that is not
    /// known may have owners, and a role whose privileges were not loaded may read everything.
    fn reads_nothing(&self, role: RoleId) -> bool {
        let Some(role) = self.facts.roles().get(&role) else {
            return false;
        };
        if !self.facts.loaded(Loadable::RolePrivileges) || self.may_be_system_administrator(role.id)
        {
            return false;
        }
        let held = self.facts.role_privileges(role.root).iter();
        let mut read = held.filter_map(|held| read_table(&held.privilege));
        read.all(|table| {
            let ownership = self
                .facts
                .entity(&table)
                .and_then(|entity| entity.ownership);
            ownership
                .is_some_and(|ownership| !matches!(ownership, Ownership::User | Ownership::Team))
        })
    }
}

/// The table that a privilege reads.
fn read_table(privilege: &str) -> Option<String> {
    let mut odd = READ_PRIVILEGES.iter();
    if let Some((table, _)) = odd.find(|(_, name)| name.eq_ignore_ascii_case(privilege)) {
        return Some((*table).to_owned());
    }
    let name = privilege.to_ascii_lowercase();
    name.strip_prefix("prvread").map(str::to_owned)
}
