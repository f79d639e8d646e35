//! Rules about roles: ROL003, ROL004, ROL008, ROL012, ROL018; removals are also asked by `access.rs`.
//!
//! In: role changes, and the state they lead to. Out: which of them fall. Which copy of a role is
//! meant was chosen in `plan/`; a copy that the service would refuse is found here.

use std::collections::{BTreeMap, BTreeSet};

use crate::check::caller::{self, Caller};
use crate::check::gifts::{self, Named};
use crate::check::labels::listed;
use crate::check::state::{Seen, State};
use crate::check::{Fall, Trial, access};
use crate::model::{
    AccessMode, Code, Inheritance, Loadable, Place, Principal, RoleAction, RoleId, TeamType,
    UserId, quoted, setting, setting_on,
};
use crate::plan::{Cause, DraftRole, DraftStub, DraftUser};

/// Judges every role to be given.
///
/// A row may have several faults of its own, all of them are told; its fate is the lowest code's.
pub(super) fn check_given(
    trial: &mut Trial<'_>,
    caller: &Caller,
    named: &Named,
    (stubs, users): (&[DraftStub], &[DraftUser]),
    roles: &mut [DraftRole],
) {
    let state = State::of(trial.facts, stubs, users, roles);
    let modes = modes(users);
    for role in roles {
        if role.action != RoleAction::Give || role.fallen.is_some() {
            continue;
        }
        let own = [
            to_access_team(trial, &state, role),
            team_only(trial, &state, role),
            to_disabled(trial, &state, role),
            of_other_unit(trial, &state, role),
            gifts::of_power(trial, named, role),
            caller::may_change_role(trial, caller, role, state.unit(role.principal)),
            gifts::to_support(trial, role, &modes),
        ];
        let own: Vec<Cause> = own.into_iter().flatten().collect();
        for cause in &own {
            place(trial, cause, role);
        }
        let fell = state.stub_fell(role.principal);
        let blocked = fell.or(state.move_fell(role.principal)).map(Fall::Blocked);
        role.fallen = trial.fell(own.into_iter().map(Fall::Own).chain(blocked));
    }
}

/// The access modes by the time that roles are given, of those who have another by then.
fn modes(users: &[DraftUser]) -> BTreeMap<UserId, AccessMode> {
    let standing = users.iter().filter(|change| change.fallen.is_none());
    let changed = standing.filter_map(|change| {
        let mode = change.access_mode.as_ref()?;
        Some((change.user, mode.after))
    });
    changed.collect()
}

/// Judges every role to be removed, all removals together; those that the service refuses whatever else is
/// removed take nothing away, and the others are judged without them.
pub(super) fn check_removed(
    trial: &mut Trial<'_>,
    caller: &Caller,
    state: &State<'_>,
    roles: &mut [DraftRole],
) {
    let refused = refused(trial, caller, state, roles);
    let mut fallen: BTreeSet<usize> = refused.iter().map(|(index, _)| *index).collect();
    let removals: Vec<Removal> = removals(roles);
    let possible = removals
        .iter()
        .filter(|removal| !fallen.contains(&removal.index));
    let possible: Vec<Removal> = possible.copied().collect();
    let last = last_roles(trial, state, &possible);
    fallen.extend(last.iter().map(|(index, _)| *index));
    let (stopped, standing): (Vec<Removal>, Vec<Removal>) = removals
        .into_iter()
        .partition(|removal| fallen.contains(&removal.index));
    let mut falls: BTreeMap<usize, BTreeSet<Fall>> = BTreeMap::new();
    // The copies to be removed are those of a unit that the user never comes to.
    let unmoved = standing.iter().chain(&stopped).filter_map(|removal| {
        let cause = state.move_fell(Principal::User(removal.user))?;
        Some((removal.index, Fall::Blocked(cause)))
    });
    let unmoved: Vec<(usize, Fall)> = unmoved.collect();
    let judged = last
        .into_iter()
        .chain(refused)
        .chain(access::check(trial, state, &standing, &stopped))
        .chain(unmoved);
    for (index, fall) in judged {
        falls.entry(index).or_default().insert(fall);
    }
    for (index, falls) in falls {
        for fall in &falls {
            if let Fall::Own(cause) = fall {
                place(trial, cause, &roles[index]);
            }
        }
        roles[index].fallen = trial.fell(falls);
    }
}

/// ROL013 and ROL017, which speak of one removal each, of a team's role too.
fn refused(
    trial: &mut Trial<'_>,
    caller: &Caller,
    state: &State<'_>,
    roles: &[DraftRole],
) -> Vec<(usize, Fall)> {
    let mut falls = Vec::new();
    for (index, role) in roles.iter().enumerate() {
        if role.action != RoleAction::Remove || role.fallen.is_some() {
            continue;
        }
        let unit = state.unit(role.principal);
        let causes = [
            caller::may_change_role(trial, caller, role, unit),
            gifts::keeps_administrator(trial, role),
        ];
        let causes = causes.into_iter().flatten();
        falls.extend(causes.map(|cause| (index, Fall::Own(cause))));
    }
    falls
}

/// A role that a row takes from a user.
#[derive(Clone, Copy, Debug)]
pub(super) struct Removal {
    /// Where it stands in the draft.
    pub(super) index: usize,
    /// From whom.
    pub(super) user: UserId,
    /// Which copy.
    pub(super) role: RoleId,
}

fn removals(roles: &[DraftRole]) -> Vec<Removal> {
    let standing = roles.iter().enumerate();
    standing
        .filter(|(_, role)| role.action == RoleAction::Remove && role.fallen.is_none())
        .filter_map(|(index, role)| match role.principal {
            Principal::User(user) => Some(Removal {
                index,
                user,
                role: role.role,
            }),
            Principal::Team(_) => None,
        })
        .collect()
}

fn place(trial: &mut Trial<'_>, cause: &Cause, role: &DraftRole) {
    let place = Place::row(role.file, role.row, role.line);
    trial.findings.place(cause.finding, place);
}

/// ROL012: access teams hold no roles. Where teams were not loaded, neither kind nor unit is known.
fn to_access_team(trial: &mut Trial<'_>, state: &State<'_>, role: &DraftRole) -> Option<Cause> {
    let Principal::Team(id) = role.principal else {
        return None;
    };
    let Some(team) = state.team(id) else {
        if !trial.facts.loaded(Loadable::Teams) {
            let needs = BTreeSet::from([Loadable::Teams]);
            trial.unasked(Code::Rol012, &needs, 1);
            trial.unasked(Code::Rol004, &needs, 1);
        }
        return None;
    };
    if team.kind != TeamType::Access {
        return None;
    }
    let subject = trial.labels.principal(role.principal);
    let message = || format!("{subject} is an access team; expected one that can hold roles");
    let cure = || Code::Rol012.rule().cure.to_owned();
    Some(trial.cause(Code::Rol012, &subject, message, cure))
}

/// ROL018: a team that follows a group of the directory holds no role of team privileges only.
fn team_only(trial: &mut Trial<'_>, state: &State<'_>, role: &DraftRole) -> Option<Cause> {
    let Principal::Team(id) = role.principal else {
        return None;
    };
    let follows = matches!(
        state.team(id)?.kind,
        TeamType::SecurityGroup | TeamType::OfficeGroup
    );
    if !follows || state.role(role.role)?.inheritance != Inheritance::TeamOnly {
        return None;
    }
    let who = trial.labels.principal(role.principal);
    let name = &role.role_name;
    let message = || {
        format!(
            "{name} is a role of team privileges only, and {who} follows a group of the directory; \
             expected a role that reaches the members as their own",
            name = quoted(&name)
        )
    };
    let cure = || Code::Rol018.rule().cure.to_owned();
    let subject = format!("{name} for {who}");
    Some(trial.cause(Code::Rol018, &subject, message, cure))
}

/// ROL003: the user is disabled, as stub users always are, and the setting is off.
fn to_disabled(trial: &mut Trial<'_>, state: &State<'_>, role: &DraftRole) -> Option<Cause> {
    let Principal::User(user) = role.principal else {
        return None;
    };
    let stub = state.is_planned_stub(role.principal);
    let disabled = stub
        || trial
            .facts
            .users()
            .get(&user)
            .is_some_and(|user| user.disabled);
    let name = setting::ROLES_ON_DISABLED;
    if !disabled || setting_on(trial.facts.setting(name), false) {
        return None;
    }
    let subject = trial.labels.principal(role.principal);
    let message = || {
        let why = if stub {
            "will be a stub user, which is always disabled"
        } else {
            "is disabled"
        };
        format!(
            "{subject} {why}, and {name} is off; expected an enabled user, or the setting on",
            name = quoted(&name)
        )
    };
    let cure = || Code::Rol003.rule().cure.to_owned();
    Some(trial.cause(Code::Rol003, &subject, message, cure))
}

/// ROL004: the copy belongs to another business unit than the principal.
fn of_other_unit(trial: &mut Trial<'_>, state: &State<'_>, role: &DraftRole) -> Option<Cause> {
    if setting_on(trial.facts.setting(setting::OWNERSHIP_ACROSS_UNITS), false) {
        return None;
    }
    let unit = state.unit(role.principal)?;
    let copy = state.role(role.role)?;
    if copy.business_unit == unit {
        return None;
    }
    let who = trial.labels.principal(role.principal);
    let own = trial.labels.unit(Some(unit));
    let meant = trial.labels.unit(Some(copy.business_unit));
    let copies = trial.facts.role_copies(copy.root).iter();
    let units: BTreeSet<String> = copies
        .filter_map(|copy| state.role(*copy))
        .filter_map(|copy| trial.facts.units().get(&copy.business_unit))
        .map(|unit| unit.name.clone())
        .collect();
    let name = &role.role_name;
    let message = || {
        let units = listed(units);
        format!(
            "{who} is in business unit {own}, and the row means the copy of {name} in {meant}; \
             expected the copy in {own} (the role has copies in {units})",
            name = quoted(&name)
        )
    };
    let cure = || Code::Rol004.rule().cure.to_owned();
    let subject = format!("{name} for {who}");
    Some(trial.cause(Code::Rol004, &subject, message, cure))
}

/// ROL008: all removals from one user together would leave no role of his own.
fn last_roles(
    trial: &mut Trial<'_>,
    state: &State<'_>,
    removals: &[Removal],
) -> Vec<(usize, Fall)> {
    let mut by_user: BTreeMap<UserId, Vec<Removal>> = BTreeMap::new();
    for removal in removals {
        by_user.entry(removal.user).or_default().push(*removal);
    }
    let mut falls = Vec::new();
    for (user, removals) in by_user {
        let fall = last_role(trial, state, Principal::User(user), &removals);
        falls.extend(
            fall.into_iter()
                .flat_map(|fall| removals.iter().map(move |removal| (removal.index, fall))),
        );
    }
    falls
}

fn last_role(
    trial: &mut Trial<'_>,
    state: &State<'_>,
    user: Principal,
    removals: &[Removal],
) -> Option<Fall> {
    let removed: BTreeSet<_> = removals.iter().map(|removal| removal.role).collect();
    let keeps_one = |seen: Seen| {
        let roles = state.roles(user, seen);
        roles.iter().any(|role| !removed.contains(role))
    };
    if keeps_one(Seen::Surviving) {
        return None;
    }
    if let Some(cause) = state.stub_fell(user).filter(|_| keeps_one(Seen::Intended)) {
        return Some(Fall::Blocked(cause));
    }
    if !trial.facts.loaded(Loadable::UserRoles) && !state.is_planned_stub(user) {
        let needs = BTreeSet::from([Loadable::UserRoles]);
        trial.unasked(Code::Rol008, &needs, removals.len() as u64);
        return None;
    }
    if keeps_one(Seen::Intended) {
        let fallen = state
            .fallen(user)
            .filter(|(role, _)| !removed.contains(role));
        let cause = fallen.map(|(_, cause)| cause).min();
        return cause.map(Fall::Blocked);
    }
    let subject = trial.labels.principal(user);
    let roles = trial.labels.roles(removed.iter().copied());
    let message =
        || format!("the rows take {roles} from {subject}, who has no other role and is given none");
    let cure = || Code::Rol008.rule().cure.to_owned();
    Some(Fall::Own(trial.cause(
        Code::Rol008,
        &subject,
        message,
        cure,
    )))
}
