//! Rules about access: ACC009, as far as roles are removed.
//!
//! In: roles to be removed, and the state before that. Out: which removals would leave the environment
//! without a System Administrator, or touch the caller or a user of the service itself.
//! Changes of access mode and business unit are judged in `users.rs`.

use std::collections::BTreeSet;

use crate::check::administrators::{WHO_CAN, can_administer};
use crate::check::roles::Removal;
use crate::check::state::{Seen, State};
use crate::check::{Fall, Trial};
use crate::model::{
    AccessMode, Code, Loadable, Principal, RoleId, User, UserId, comparison_key, parse_guid,
    quoted, setting,
};
use crate::plan::Cause;

/// Judges the removals, those that stand all together; what falls, by its place in the draft.
///
/// Whoever keeps what they have, because no role may be taken from them or because it is their last,
/// keeps System Administrator too: the others may lose it. `stopped` are the removals that have fallen
/// already, each judged as if it alone were written.
pub(super) fn check(
    trial: &mut Trial<'_>,
    state: &State<'_>,
    standing: &[Removal],
    stopped: &[Removal],
) -> Vec<(usize, Fall)> {
    let (mut falls, mut others, mut alone) = (Vec::new(), Vec::new(), Vec::new());
    let stand = standing.iter().map(|removal| (removal, true));
    for (removal, stands) in stand.chain(stopped.iter().map(|removal| (removal, false))) {
        match protected(trial, removal.user, "rows remove roles") {
            Some(cause) => falls.push((removal.index, Fall::Own(cause))),
            None if stands => others.push(*removal),
            None => alone.push(*removal),
        }
    }
    falls.extend(last_administrator(trial, state, &others));
    for removal in alone {
        falls.extend(last_administrator(trial, state, &[removal]));
    }
    falls
}

/// The role System Administrator would be left to nobody who can administer.
fn last_administrator(
    trial: &mut Trial<'_>,
    state: &State<'_>,
    removals: &[Removal],
) -> Vec<(usize, Fall)> {
    let removals: Vec<&Removal> = removals
        .iter()
        .filter(|removal| state.is_administrator(removal.role))
        .collect();
    let removed: BTreeSet<(UserId, RoleId)> = removals
        .iter()
        .map(|removal| (removal.user, removal.role))
        .collect();
    if removals.is_empty() || one_remains(state, &removed, Seen::Surviving) {
        return Vec::new();
    }
    if !trial.facts.loaded(Loadable::UserRoles) {
        let needs = BTreeSet::from([Loadable::UserRoles]);
        trial.unasked(Code::Acc009, &needs, removals.len() as u64);
        return Vec::new();
    }
    let fall = if one_remains(state, &removed, Seen::Intended) {
        replacement_fell(state, &removed).map(Fall::Blocked)
    } else {
        Some(Fall::Own(nobody_left(trial, &removals)))
    };
    // Who cannot administer keeps nobody in; theirs falls only where nobody else's does.
    let keeps = |removal: &&&Removal| {
        let users = state.facts().users();
        let user = users.get(&removal.user);
        user.is_some_and(|user| administers(state, user, &BTreeSet::new(), Seen::Surviving))
    };
    let any_keeps = removals.iter().any(|removal| keeps(&removal));
    fall.map_or_else(Vec::new, |fall| {
        let fallen = removals.iter();
        fallen
            .filter(|removal| !any_keeps || keeps(removal))
            .map(|removal| (removal.index, fall))
            .collect()
    })
}

/// Whether somebody who is there can administer with what is left to them.
fn administers(
    state: &State<'_>,
    user: &User,
    removed: &BTreeSet<(UserId, RoleId)>,
    seen: Seen,
) -> bool {
    can_administer(user, state.mode(user, seen))
        && state
            .roles(Principal::User(user.id), seen)
            .into_iter()
            .any(|role| state.is_administrator(role) && !removed.contains(&(user.id, role)))
}

fn one_remains(state: &State<'_>, removed: &BTreeSet<(UserId, RoleId)>, seen: Seen) -> bool {
    let mut users = state.facts().users().values();
    users.any(|user| administers(state, user, removed, seen))
}

/// Why nobody else can administer, though the plan meant to give them the role or the access mode.
fn replacement_fell(state: &State<'_>, removed: &BTreeSet<(UserId, RoleId)>) -> Option<Cause> {
    let users = state.facts().users().values();
    users
        .filter(|user| administers(state, user, removed, Seen::Intended))
        .flat_map(|user| {
            let given = state.fallen(Principal::User(user.id)).filter(|(role, _)| {
                state.is_administrator(*role) && !removed.contains(&(user.id, *role))
            });
            let now = state.mode(user, Seen::Surviving);
            let change = state.change_fell(user.id);
            let change = change.filter(|_| !can_administer(user, now));
            given.map(|(_, cause)| cause).chain(change)
        })
        .min()
}

fn nobody_left(trial: &mut Trial<'_>, removals: &[&Removal]) -> Cause {
    let subject = trial.labels.role(removals[0].role);
    let users: BTreeSet<UserId> = removals.iter().map(|removal| removal.user).collect();
    let users: Vec<String> = users
        .into_iter()
        .map(|user| trial.labels.principal(Principal::User(user)))
        .collect();
    let message = || {
        let users = users.join(", ");
        format!(
            "the rows take {subject} from {users}, and nobody is left who can administer the environment; \
             expected {WHO_CAN}",
            subject = quoted(&subject)
        )
    };
    let cure = || Code::Acc009.rule().cure.to_owned();
    trial.cause(Code::Acc009, &subject, message, cure)
}

/// The caller and the service's own users keep what they have; `asked` says what rows would do to them.
pub(super) fn protected(trial: &mut Trial<'_>, id: UserId, asked: &str) -> Option<Cause> {
    let user = trial.facts.users().get(&id)?;
    let what = if caller(trial) == Some(id) {
        "the user who applies the plan (the setting `caller`)"
    } else if is_built_in(user) {
        "a user of the service itself"
    } else {
        return None;
    };
    let subject = trial.labels.principal(Principal::User(id));
    let message = || format!("{subject} is {what}, and {asked}; expected none to");
    let cure = || {
        "take what the rows ask for this user out of the export; where it has to be, have another System \
         Administrator make the change by hand, after the run"
            .to_owned()
    };
    Some(trial.cause(Code::Acc009, &subject, message, cure))
}

fn caller(trial: &Trial<'_>) -> Option<UserId> {
    parse_guid(trial.facts.setting(setting::CALLER)?).map(UserId)
}

/// SYSTEM, INTEGRATION, and Microsoft's support and delegated administrator accounts.
pub(super) fn is_built_in(user: &User) -> bool {
    let by_mode = matches!(
        user.access_mode,
        AccessMode::Support | AccessMode::DelegatedAdministrator
    );
    let name = comparison_key(user.full_name.as_deref().unwrap_or_default());
    by_mode || user.upn.trim().is_empty() || name == "system" || name == "integration"
}
