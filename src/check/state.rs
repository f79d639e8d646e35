//! The state that the stages before a change lead to: which roles and access mode each has by then.
//!
//! In: facts, planned stub users, users to be changed, roles to be given. Out: the roles of a principal once stages 1 to 3
//! ended, as intended (everything planned goes through) and as it survives (what fell stays away).
//! Roles that the plan removes go in stage 5, after the records, and still count here.

use std::collections::BTreeMap;

use crate::environment::Facts;
use crate::model::{
    AccessMode, Principal, Role, RoleAction, RoleId, SYSTEM_ADMINISTRATOR_TEMPLATE, Team, TeamId,
    TeamType, UnitId, User, UserId,
};
use crate::plan::{Cause, DraftRole, DraftStub, DraftUser};

/// Which of two states is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Seen {
    /// As if nothing fell: what fails even here has a fault of its own.
    Intended,
    /// Without what fell: what fails only here is blocked.
    Surviving,
}

/// A role that the plan gives.
#[derive(Clone, Copy, Debug)]
struct Given {
    role: RoleId,
    fallen: Option<Cause>,
}

/// A stub user that the plan makes.
#[derive(Clone, Copy, Debug)]
struct Stub {
    default_role: Option<RoleId>,
    unit: Option<UnitId>,
    fallen: Option<Cause>,
}

/// An existing user whom the plan changes.
#[derive(Clone, Debug)]
struct Change {
    unit: Option<UnitId>,
    mode: Option<AccessMode>,
    roles: Vec<RoleId>,
    fallen: Option<Cause>,
}

/// The environment, and what stages 1 to 3 add to it.
#[derive(Debug)]
pub(super) struct State<'a> {
    facts: &'a Facts,
    stubs: BTreeMap<UserId, Stub>,
    changes: BTreeMap<UserId, Change>,
    given: BTreeMap<Principal, Vec<Given>>,
}

impl<'a> State<'a> {
    /// The state that these lead to, each marked already where it fell.
    pub(super) fn of(
        facts: &'a Facts,
        stubs: &[DraftStub],
        users: &[DraftUser],
        roles: &[DraftRole],
    ) -> Self {
        let mut given: BTreeMap<Principal, Vec<Given>> = BTreeMap::new();
        for role in roles.iter().filter(|role| role.action == RoleAction::Give) {
            given.entry(role.principal).or_default().push(Given {
                role: role.role,
                fallen: role.fallen,
            });
        }
        let stubs = stubs.iter().map(|stub| {
            let known = Stub {
                default_role: stub.default_role,
                unit: stub.business_unit,
                fallen: stub.fallen,
            };
            (stub.person.id, known)
        });
        let changes = users.iter().map(|user| {
            let change = Change {
                unit: user.business_unit.as_ref().map(|unit| unit.after),
                mode: user.access_mode.as_ref().map(|mode| mode.after),
                roles: user.roles_kept().collect(),
                fallen: user.fallen,
            };
            (user.user, change)
        });
        Self {
            facts,
            stubs: stubs.collect(),
            changes: changes.collect(),
            given,
        }
    }

    /// The environment as it is.
    pub(super) fn facts(&self) -> &'a Facts {
        self.facts
    }

    /// Whether the plan makes this user.
    pub(super) fn is_planned_stub(&self, principal: Principal) -> bool {
        self.stub(principal).is_some()
    }

    /// Why this stub user is not made; `None` for one that is, and for everybody else.
    pub(super) fn stub_fell(&self, principal: Principal) -> Option<Cause> {
        self.stub(principal)?.fallen
    }

    /// Why this user is not moved to another unit; `None` for who is, and for everybody else.
    pub(super) fn move_fell(&self, principal: Principal) -> Option<Cause> {
        let change = self.change(principal)?;
        change.unit.and(change.fallen)
    }

    /// Why this user is not changed; `None` for who is, and for everybody else.
    pub(super) fn change_fell(&self, user: UserId) -> Option<Cause> {
        self.changes.get(&user)?.fallen
    }

    /// The access mode of somebody who is there.
    pub(super) fn mode(&self, user: &User, seen: Seen) -> AccessMode {
        let change = self.changes.get(&user.id);
        let changed = change.filter(|it| seen == Seen::Intended || it.fallen.is_none());
        let mode = changed.and_then(|change| change.mode);
        mode.unwrap_or(user.access_mode)
    }

    /// Whether the principal is a stub user for whom there is no default role.
    pub(super) fn lacks_default_role(&self, principal: Principal) -> bool {
        self.stub(principal)
            .is_some_and(|stub| stub.default_role.is_none())
    }

    /// The roles that a principal holds itself, each once.
    pub(super) fn roles(&self, principal: Principal, seen: Seen) -> Vec<RoleId> {
        let stub = self.stub(principal);
        if seen == Seen::Surviving && stub.is_some_and(|stub| stub.fallen.is_some()) {
            return Vec::new();
        }
        let change = self.change(principal);
        let changed = change.filter(|it| seen == Seen::Intended || it.fallen.is_none());
        let present = match (changed, principal) {
            (Some(change), _) => &change.roles,
            (None, Principal::User(user)) => self.facts.user_roles(user),
            (None, Principal::Team(team)) => self.facts.team_roles(team),
        };
        let given = self.given(principal).iter();
        let given = given.filter(|given| seen == Seen::Intended || given.fallen.is_none());
        let mut roles: Vec<RoleId> = present
            .iter()
            .copied()
            .chain(stub.and_then(|stub| stub.default_role))
            .chain(given.map(|given| given.role))
            .collect();
        roles.sort_unstable();
        roles.dedup();
        roles
    }

    /// The planned roles of a principal that fell, and why.
    pub(super) fn fallen(&self, principal: Principal) -> impl Iterator<Item = (RoleId, Cause)> {
        let given = self.given(principal).iter();
        given.filter_map(|given| Some((given.role, given.fallen?)))
    }

    /// The teams through which roles can reach a user: access teams hold none.
    pub(super) fn teams_of(&self, user: UserId) -> impl Iterator<Item = &'a Team> {
        let teams = self.facts.teams_of(user).iter();
        teams
            .filter_map(|team| self.facts.teams().get(team))
            .filter(|team| team.kind != TeamType::Access)
    }

    /// A team; `None` where it was not loaded.
    pub(super) fn team(&self, team: TeamId) -> Option<&'a Team> {
        self.facts.teams().get(&team)
    }

    /// The unit of a principal as intended; `None` where it is not known.
    pub(super) fn unit(&self, principal: Principal) -> Option<UnitId> {
        if let Some(unit) = self.change(principal).and_then(|change| change.unit) {
            return Some(unit);
        }
        match principal {
            Principal::Team(team) => Some(self.team(team)?.business_unit),
            Principal::User(user) => match self.stubs.get(&user) {
                Some(stub) => stub.unit,
                None => Some(self.facts.users().get(&user)?.business_unit),
            },
        }
    }

    /// One copy of a role.
    pub(super) fn role(&self, role: RoleId) -> Option<&'a Role> {
        self.facts.roles().get(&role)
    }

    /// Whether a role is System Administrator, whichever copy: the template may be kept with the root.
    pub(super) fn is_administrator(&self, role: RoleId) -> bool {
        let is = |role: &Role| role.template == Some(SYSTEM_ADMINISTRATOR_TEMPLATE);
        self.role(role)
            .is_some_and(|role| is(role) || self.role(role.root).is_some_and(is))
    }

    fn change(&self, principal: Principal) -> Option<&Change> {
        match principal {
            Principal::User(user) => self.changes.get(&user),
            Principal::Team(_) => None,
        }
    }

    fn stub(&self, principal: Principal) -> Option<&Stub> {
        match principal {
            Principal::User(user) => self.stubs.get(&user),
            Principal::Team(_) => None,
        }
    }

    fn given(&self, principal: Principal) -> &[Given] {
        self.given.get(&principal).map_or(&[], Vec::as_slice)
    }
}
