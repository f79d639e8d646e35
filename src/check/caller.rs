//! Rules about who applies the plan: ENV002, ENV008, ROL013.
//!
//! In: the setting `caller`, his roles before the plan and their privileges. Out: changes that the service
//! would refuse him. Where nobody is named, or somebody whom the environment does not know, nothing is
//! refused; a System Administrator may do everything. Platform facts 3.6 and 4.2, statements S45 and S68.

use std::collections::{BTreeMap, BTreeSet};

use crate::check::privileges::Reading;
use crate::check::records::{Column, first_standing, mark};
use crate::check::{Fall, Trial, needs};
use crate::environment::Facts;
use crate::model::{
    AccessMode, Code, Depth, Inheritance, Loadable, Principal, RoleAction, RoleId, StubWay,
    TeamType, UnitId, User, UserId, parse_guid, quoted, setting,
};
use crate::plan::{Cause, DraftRole, DraftRow, DraftStub, DraftTable, DraftUser};

/// What the caller may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Caller {
    /// Everything: nobody is named, or a System Administrator is.
    Unbound,
    /// What these privileges allow.
    Bound(Rights),
    /// Somebody of whom too little was loaded.
    Unknown(&'static [Loadable]),
}

/// The privileges of a caller, each by its name in small letters with its greatest depth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Rights {
    user: UserId,
    unit: UnitId,
    privileges: BTreeMap<String, Depth>,
}

impl Caller {
    /// The caller as he is before the plan.
    pub(super) fn of(trial: &Trial<'_>) -> Self {
        let facts = trial.facts;
        let Some(user) = named(facts) else {
            return Self::Unbound;
        };
        let roles = held(trial, user.id);
        let people = trial.people.roles();
        if roles
            .iter()
            .any(|(role, _)| people.is_system_administrator(*role))
        {
            return Self::Unbound;
        }
        for what in [Loadable::UserRoles, Loadable::RolePrivileges] {
            if !facts.loaded(what) {
                return Self::Unknown(match what {
                    Loadable::UserRoles => &[Loadable::UserRoles],
                    _ => &[Loadable::RolePrivileges],
                });
            }
        }
        let mut privileges: BTreeMap<String, Depth> = BTreeMap::new();
        for (role, only_organisation) in roles {
            let Some(role) = facts.roles().get(&role) else {
                continue;
            };
            for held in facts.role_privileges(role.root) {
                if only_organisation && held.depth != Depth::Organisation {
                    continue;
                }
                let deepest = privileges
                    .entry(held.privilege.to_ascii_lowercase())
                    .or_insert(held.depth);
                *deepest = held.depth.max(*deepest);
            }
        }
        Self::Bound(Rights {
            user: user.id,
            unit: user.business_unit,
            privileges,
        })
    }
}

/// The user who applies the plan, where one is named and known.
fn named(facts: &Facts) -> Option<&User> {
    let id = facts.setting(setting::CALLER).and_then(parse_guid)?;
    facts.users().get(&UserId(id))
}

/// The roles that reach a user, and whether only what they hold for the whole organisation does.
fn held(trial: &Trial<'_>, user: UserId) -> Vec<(RoleId, bool)> {
    let facts = trial.facts;
    let own = facts.user_roles(user).iter().map(|role| (*role, false));
    let teams = facts.teams_of(user).iter();
    let teams = teams.filter_map(|team| facts.teams().get(team));
    let teams = teams.filter(|team| team.kind != TeamType::Access);
    let through = teams.flat_map(|team| facts.team_roles(team.id)).map(|id| {
        let role = facts.roles().get(id);
        let all = role.is_some_and(|role| role.inheritance == Inheritance::DirectUser);
        (*id, !all)
    });
    own.chain(through).collect()
}

impl Rights {
    fn depth(&self, privilege: &str) -> Option<Depth> {
        self.privileges
            .get(&privilege.to_ascii_lowercase())
            .copied()
    }

    fn lacks<'p>(&self, wanted: &[&'p str]) -> Option<&'p str> {
        let mut wanted = wanted.iter().copied();
        wanted.find(|privilege| self.depth(privilege).is_none())
    }

    /// Whether `prvAssignRole` reaches a principal of this unit.
    fn reaches(&self, trial: &Trial<'_>, principal: Principal, unit: Option<UnitId>) -> bool {
        match self.depth("prvAssignRole") {
            None => false,
            Some(Depth::User) => principal == Principal::User(self.user),
            Some(Depth::Unit) => unit == Some(self.unit),
            Some(Depth::UnitAndBelow) => unit.is_some_and(|unit| self.is_above(trial, unit)),
            Some(Depth::Organisation) => true,
        }
    }

    fn is_above(&self, trial: &Trial<'_>, unit: UnitId) -> bool {
        let mut seen = BTreeSet::new();
        let mut next = Some(unit);
        while let Some(unit) = next.filter(|unit| seen.insert(*unit)) {
            if unit == self.unit {
                return true;
            }
            next = trial.facts.units().get(&unit).and_then(|unit| unit.parent);
        }
        false
    }

    /// A privilege of the role that the caller has not, or not as deep.
    fn above_own(&self, trial: &Trial<'_>, role: RoleId) -> Option<String> {
        let root = trial.facts.roles().get(&role)?.root;
        let mut held = trial.facts.role_privileges(root).iter();
        let above = held.find(|held| {
            let own = self.depth(&held.privilege);
            own.is_none_or(|own| own < held.depth)
        })?;
        Some(above.privilege.clone())
    }
}

/// ENV002 of a stub user.
pub(super) fn makes(trial: &mut Trial<'_>, caller: &Caller) -> Option<Cause> {
    lacks(trial, caller, &["prvCreateUser"], 1)
}

/// ENV002 of passing over custom logic while so many changes are written.
pub(super) fn bypasses(trial: &mut Trial<'_>, caller: &Caller, changes: u64) {
    let cause = lacks(trial, caller, &["prvBypassCustomBusinessLogic"], changes);
    if let Some(cause) = cause {
        trial.findings.people(cause.finding, changes);
    }
}

/// ENV002: a privilege that the caller has not, as the cause of what falls for want of it.
fn lacks(trial: &mut Trial<'_>, caller: &Caller, wanted: &[&str], changes: u64) -> Option<Cause> {
    let rights = match caller {
        Caller::Unbound => return None,
        Caller::Unknown(missing) => {
            trial.unasked(Code::Env002, &needs(missing), changes);
            return None;
        }
        Caller::Bound(rights) => rights,
    };
    let privilege = rights.lacks(wanted)?;
    let who = trial.labels.principal(Principal::User(rights.user));
    let (live, named) = (trial.policy.live, known_by(trial));
    let message = || {
        format!(
            "{who} applies the plan ({named}) and has no role with {privilege}",
            privilege = quoted(&privilege)
        )
    };
    let cure = || match live {
        Some(live) => format!(
            "give {who} a role with {privilege} in {}, or sign in as somebody who has one; then pull and plan again",
            live.host,
            privilege = quoted(&privilege)
        ),
        None => format!(
            "give {who} a role with {privilege}. {}",
            Code::Env002.rule().cure,
            privilege = quoted(&privilege)
        ),
    };
    Some(trial.cause(Code::Env002, privilege, message, cure))
}

/// Whence it is known who applies the plan.
pub(super) fn known_by(trial: &Trial<'_>) -> &'static str {
    match trial.policy.live {
        Some(_) => "who signed in for the copy",
        None => "the setting `caller`",
    }
}

/// ENV002 of records: rows of records that are there fall where the caller may not assign them.
pub(super) fn assigns(trial: &mut Trial<'_>, caller: &Caller, table: &mut DraftTable) {
    let loaded = table.records_loaded;
    let is_there = |row: &DraftRow| loaded && row.before.is_some();
    if *caller == Caller::Unbound || first_standing(table, is_there).is_none() {
        return;
    }
    let wanted = privileges_of(trial, &table.entity);
    let wanted: Vec<&str> = wanted.iter().map(String::as_str).collect();
    let changes = table.changes();
    if let Some(cause) = lacks(trial, caller, &wanted, changes) {
        mark(trial, table, Column::Id, |row| {
            is_there(row).then_some(Fall::Own(cause))
        });
    }
}

/// What assigning a row of a table takes, spelt as the environment spells the table where some role reads it.
fn privileges_of(trial: &Trial<'_>, entity: &str) -> [String; 3] {
    let reads = Reading::of(entity, trial.facts).privilege;
    let table = &reads[READ.len()..];
    ["Assign", "Read", "Write"].map(|right| format!("prv{right}{table}"))
}

/// What privileges to read begin with, in whatever case.
const READ: &str = "prvRead";

/// ROL013 of a row that gives or takes a role.
pub(super) fn may_change_role(
    trial: &mut Trial<'_>,
    caller: &Caller,
    row: &DraftRole,
    unit: Option<UnitId>,
) -> Option<Cause> {
    let gives = row.action == RoleAction::Give;
    let why = refused(
        trial,
        caller,
        row.principal,
        unit,
        gives.then_some(row.role),
    )?;
    let who = trial.labels.principal(row.principal);
    Some(role_cause(trial, &row.role_name, &who, &why))
}

/// ROL013 of a stub user who is made by a plain create: its role is given as any other. Where the environment
/// has none to give (STB003), whether the caller reaches the stub user is asked all the same, as the service does.
pub(super) fn may_give_default_role(
    trial: &mut Trial<'_>,
    caller: &Caller,
    stub: &DraftStub,
) -> Option<Cause> {
    let unit = stub.business_unit.filter(|_| stub.way == StubWay::Api)?;
    let principal = Principal::User(stub.person.id);
    let why = refused(trial, caller, principal, Some(unit), stub.default_role)?;
    let role = match stub.default_role {
        Some(role) => trial.labels.role(role),
        None => "default role".to_owned(),
    };
    Some(role_cause(trial, &role, &stub.person.full_name, &why))
}

/// Why the caller may not change roles of a principal, or not give this one.
fn refused(
    trial: &mut Trial<'_>,
    caller: &Caller,
    principal: Principal,
    unit: Option<UnitId>,
    given: Option<RoleId>,
) -> Option<String> {
    let rights = match caller {
        Caller::Unbound => return None,
        Caller::Unknown(missing) => {
            trial.unasked(Code::Rol013, &needs(missing), 1);
            return None;
        }
        Caller::Bound(rights) => rights,
    };
    let who = trial.labels.principal(Principal::User(rights.user));
    if !rights.reaches(trial, principal, unit) {
        let unit = trial.labels.unit(unit);
        return Some(match rights.depth("prvAssignRole") {
            None => format!("{who}, who applies the plan, has no role with `prvAssignRole`"),
            Some(depth) => format!(
                "{who}, who applies the plan, has `prvAssignRole` at level {depth}, which does not \
                 reach business unit {unit}",
                depth = quoted(&depth)
            ),
        });
    }
    let above = rights.above_own(trial, given?)?;
    Some(format!(
        "the role is above that of {who}, who applies the plan: {above} is not his own, or not as deep",
        above = quoted(&above)
    ))
}

fn role_cause(trial: &mut Trial<'_>, role: &str, who: &str, why: &str) -> Cause {
    let subject = format!("{role} for {who}");
    let live = trial.policy.live;
    let cure = || match live {
        Some(live) => format!(
            "sign in as a System Administrator, or give who signs in the rights that the finding names, in {}; then \
             pull and plan again; or drop the row",
            live.host
        ),
        None => Code::Rol013.rule().cure.to_owned(),
    };
    trial.cause(Code::Rol013, &subject, || why.to_owned(), cure)
}

/// ENV002 of a user to be changed.
pub(super) fn changes(trial: &mut Trial<'_>, caller: &Caller) -> Option<Cause> {
    lacks(trial, caller, &["prvWriteUser"], 1)
}

/// ENV008: another access mode takes System Administrator, and full access; that a program's user needs another
/// mode no source says.
pub(super) fn changes_mode(
    trial: &mut Trial<'_>,
    caller: &Caller,
    change: &DraftUser,
) -> Option<Cause> {
    change.access_mode.as_ref()?;
    let user = named(trial.facts)?;
    let found = match caller {
        _ if !has_full_access(user.access_mode) => {
            format!("is of access mode {}", user.access_mode)
        }
        Caller::Unbound => return None,
        Caller::Unknown(missing) => {
            trial.unasked(Code::Env008, &needs(missing), 1);
            return None;
        }
        Caller::Bound(_) => "is no System Administrator".to_owned(),
    };
    let who = trial.labels.principal(Principal::User(user.id));
    let (live, named) = (trial.policy.live, known_by(trial));
    let message = || {
        format!(
            "{who} applies the plan ({named}) and {found}; expected a System Administrator \
             of full access (read-write or non-interactive), who alone changes access modes"
        )
    };
    let cure = || match live {
        Some(live) => format!(
            "sign in as a System Administrator of {} who is read-write or non-interactive, then pull and plan again; or \
             hand the access modes over to one",
            live.host
        ),
        None => Code::Env008.rule().cure.to_owned(),
    };
    Some(trial.cause(Code::Env008, &who, message, cure))
}

fn has_full_access(mode: AccessMode) -> bool {
    mode == AccessMode::ReadWrite || mode == AccessMode::NonInteractive
}

/// ROL013 of the roles that a move strips and that are given again.
pub(super) fn gives_again(
    trial: &mut Trial<'_>,
    caller: &Caller,
    change: &DraftUser,
) -> Vec<Cause> {
    let principal = Principal::User(change.user);
    let known = trial.facts.users().get(&change.user);
    // They are given where the user is by then.
    let moved = change.business_unit.as_ref().map(|unit| unit.after);
    let unit = moved.or(known.map(|known| known.business_unit));
    let mut causes = Vec::new();
    for role in change.roles_given_again() {
        if let Some(why) = refused(trial, caller, principal, unit, Some(role)) {
            let who = trial.labels.principal(principal);
            let role = trial.labels.role(role);
            causes.push(role_cause(trial, &role, &who, &why));
        }
    }
    causes
}
