//! Rules about changes of existing users: ACC009, and ROL003 and ROL004 for roles that a move strips.
//!
//! In: users to be moved or changed. Out: which of them fall. All of one user is one unit of work, so one fault
//! stops all that the row wishes. Whether somebody is left who can administer is asked of all rows together, in
//! `administrators.rs`; roles that a roles file gives to the same user are judged in `roles.rs`.

use std::collections::BTreeSet;

use crate::check::caller::{self, Caller};
use crate::check::labels::listed;
use crate::check::{
    Fall, Trial, access, administrators, gifts, modes, placeholders, profile, row_of,
};
use crate::model::{Code, Loadable, Principal, RoleId, UnitId, quoted, setting, setting_on};
use crate::plan::{Cause, DraftUser};

/// Judges every user to be changed.
///
/// A row may have several faults, all of them are told; its fate is the lowest code's.
pub(super) fn check(trial: &mut Trial<'_>, caller: &Caller, users: &mut [DraftUser]) {
    let own: Vec<Vec<Cause>> = users
        .iter()
        .map(|user| faults(trial, caller, user))
        .collect();
    let last = administrators::check(trial, users, &own);
    for ((user, mut own), last) in users.iter_mut().zip(own).zip(last) {
        own.extend(last);
        for cause in &own {
            trial.findings.place(cause.finding, row_of(user));
        }
        user.fallen = trial.fell(own.into_iter().map(Fall::Own));
    }
}

/// What is wrong with a row, whatever the others are.
fn faults(trial: &mut Trial<'_>, caller: &Caller, user: &DraftUser) -> Vec<Cause> {
    roles_unknown(trial, user);
    let own = [
        protected(trial, user),
        roles_of_disabled(trial, user),
        no_copy(trial, user),
        gifts::again_to_support(trial, user),
        placeholders::to_sign_in(trial, user),
        modes::of_application_user(trial, user),
        modes::without_licence(trial, user),
        profile::kept_in_directory(trial, user),
        profile::too_long(trial, user),
        caller::changes(trial, caller),
        caller::changes_mode(trial, caller, user),
    ];
    let mut own: Vec<Cause> = own.into_iter().flatten().collect();
    own.extend(caller::gives_again(trial, caller, user));
    own
}

/// Rows that ask for a role which a change would have given or taken fall with it.
pub(super) fn block_role_rows(trial: &mut Trial<'_>, users: &[DraftUser]) {
    for user in users {
        if let Some(cause) = user.fallen {
            let rows = user.role_rows.len() as u64;
            trial.findings.blocks(cause.finding, rows);
        }
    }
}

/// A move strips roles; where it is not known which, nobody can say whether they can be given again.
fn roles_unknown(trial: &mut Trial<'_>, user: &DraftUser) {
    if user.strips && !trial.facts.loaded(Loadable::UserRoles) {
        let needs = BTreeSet::from([Loadable::UserRoles]);
        for code in [Code::Rol003, Code::Rol004] {
            trial.unasked(code, &needs, 1);
        }
    }
}

/// ACC009: the caller and the service's own users are left as they are.
fn protected(trial: &mut Trial<'_>, user: &DraftUser) -> Option<Cause> {
    let asked = match (&user.business_unit, &user.access_mode) {
        (Some(_), _) => "a row moves them to another business unit",
        (None, Some(_)) => "a row changes the access mode",
        (None, None) => return None,
    };
    access::protected(trial, user.user, asked)
}

/// ROL003: what a move strips from a disabled user is not given again while the setting is off.
fn roles_of_disabled(trial: &mut Trial<'_>, user: &DraftUser) -> Option<Cause> {
    let known = trial.facts.users().get(&user.user)?;
    let name = setting::ROLES_ON_DISABLED;
    let on = setting_on(trial.facts.setting(name), false);
    if !known.disabled || on || user.roles_given_again().next().is_none() {
        return None;
    }
    let subject = trial.labels.principal(Principal::User(user.user));
    let roles = trial.labels.roles(user.roles_given_again());
    let message = || {
        format!(
            "{subject} is disabled, and the move strips {roles}, which {name}, being off, keeps from \
             being given again; expected an enabled user, or the setting on",
            name = quoted(&name)
        )
    };
    let cure = || Code::Rol003.rule().cure.to_owned();
    Some(trial.cause(Code::Rol003, &subject, message, cure))
}

/// ROL004: what the move strips has no copy in the new unit that could be given again.
fn no_copy(trial: &mut Trial<'_>, user: &DraftUser) -> Option<Cause> {
    let unit = user.business_unit.as_ref()?.after;
    let across = setting_on(trial.facts.setting(setting::OWNERSHIP_ACROSS_UNITS), false);
    if across {
        return None;
    }
    let elsewhere = |role: &RoleId| unit_of(trial, *role).is_some_and(|found| found != unit);
    let lost: Vec<RoleId> = user.roles_given_again().filter(elsewhere).collect();
    if lost.is_empty() {
        return None;
    }
    let who = trial.labels.principal(Principal::User(user.user));
    let to = trial.labels.unit(Some(unit));
    let names: BTreeSet<String> = lost.iter().map(|role| trial.labels.role(*role)).collect();
    let message = || {
        let names = listed(names);
        format!(
            "moving {who} to business unit {to} strips {names}, of which that unit has no copy to give \
             again; expected a copy there"
        )
    };
    let cure = || {
        "make the role in a unit above both, take it from the user first, or take the business unit out of \
         the row"
            .to_owned()
    };
    let subject = format!("move of {who}");
    Some(trial.cause(Code::Rol004, &subject, message, cure))
}

fn unit_of(trial: &Trial<'_>, role: RoleId) -> Option<UnitId> {
    Some(trial.facts.roles().get(&role)?.business_unit)
}
