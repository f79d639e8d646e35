//! Rules about accounts: ACC001, ACC002, ACC003, ACC006, ACC007, ACC008, ACC011.
//!
//! In: people, and the state that the plan leads to. Out: who cannot sign in and why, who is to be a user
//! and is none yet, who administers. All of it is the administrators' to mend; nothing falls by it.

use std::collections::{BTreeMap, BTreeSet};

use crate::check::labels::person_label;
use crate::check::outcome::Outcome;
use crate::check::people::{
    DisabledBy, GLOBAL_ADMINISTRATOR, InDirectory, Kind, Licensed, Membership, Outsider, PersonView,
};
use crate::check::{Trial, needs};
use crate::model::{
    AccessMode, Code, DirectoryPerson, Loadable, Principal, comparison_key, quoted,
};
use crate::plan::DraftStub;

/// Judges the accounts of everybody.
pub(super) fn check(trial: &mut Trial<'_>, outcome: &Outcome<'_>, stubs: &[DraftStub]) {
    disabled(trial);
    if trial.policy.on_premises {
        return;
    }
    membership(trial);
    administrators(trial);
    not_synchronised(trial, stubs);
    enabled_without_licence(trial, outcome);
    one_global_administrator(trial);
}

fn humans<'t>(trial: &Trial<'t>) -> impl Iterator<Item = &'t PersonView<'t>> + use<'t> {
    let people = trial.people;
    let users = people.users().values();
    users.filter(|view| view.kind == Kind::Human)
}

fn labelled(trial: &Trial<'_>, view: &PersonView<'_>) -> String {
    trial.labels.principal(Principal::User(view.user.id))
}

/// ACC001: everybody who is disabled, by reason.
fn disabled(trial: &mut Trial<'_>) {
    let mut by_reason: BTreeMap<DisabledBy, Vec<String>> = BTreeMap::new();
    for view in humans(trial) {
        match view.disabled_by {
            None => {}
            Some(DisabledBy::Unknown(missing)) => {
                trial.unasked(Code::Acc001, &needs(missing), 1);
            }
            Some(reason) => by_reason
                .entry(reason)
                .or_default()
                .push(labelled(trial, view)),
        }
    }
    for (reason, names) in by_reason {
        let reason = reason.words();
        let text = format!("disabled: {reason}");
        trial.many(Code::Acc001, reason, &names, &text);
    }
}

/// ACC002 and ACC003: who has a licence, and is not in the group, or only by way of another group.
fn membership(trial: &mut Trial<'_>) {
    let (mut outside, mut nested) = (Vec::new(), Vec::new());
    for view in humans(trial) {
        let mode = view.user.access_mode;
        let licensed = matches!(view.licensed, Licensed::Yes | Licensed::OnDemand);
        if view.deleted || !licensed || !PersonView::mode_needs_licence(mode) {
            continue;
        }
        match view.membership {
            Membership::NoGroup | Membership::Direct => {}
            Membership::Outside if view.user.disabled => {}
            Membership::Outside => outside.push(labelled(trial, view)),
            Membership::Nested(via) => nested.push(by_way_of(&labelled(trial, view), via)),
            Membership::Unknown(missing) => {
                trial.unasked(Code::Acc002, &needs(missing), 1);
                trial.unasked(Code::Acc003, &needs(missing), 1);
            }
        }
    }
    for outsider in trial.people.outsiders() {
        if let (Licensed::Yes, Membership::Nested(via)) = (outsider.licensed, &outsider.membership)
        {
            nested.push(by_way_of(&person_label(outsider.person), via));
        }
    }
    let text = "enabled and licensed, and not in the security group of the environment";
    trial.many(Code::Acc002, "not in the security group", &outside, text);
    let text = "in the security group only by way of a group inside it";
    trial.many(Code::Acc003, "nested groups", &nested, text);
}

fn by_way_of(name: &str, via: &str) -> String {
    format!("{name} (by way of {via})", via = quoted(&via))
}

/// ACC006: directory administrators are System Administrators here.
fn administrators(trial: &mut Trial<'_>) {
    let (mut licensed, mut unlicensed) = (Vec::new(), Vec::new());
    for view in humans(trial) {
        let Some(roles) = view.administrator_roles() else {
            if view.directory != InDirectory::Absent {
                trial.unasked(Code::Acc006, &needs(&[Loadable::Directory]), 1);
            }
            continue;
        };
        if roles.is_empty() {
            continue;
        }
        let label = format!("{} ({})", labelled(trial, view), roles.join(", "));
        if view.licensed == Licensed::No {
            unlicensed.push(label);
        } else {
            licensed.push(label);
        }
    }
    let text =
        "administrators of the directory, who get the role System Administrator by themselves";
    trial.many(Code::Acc006, "with a licence", &licensed, text);
    let text = "administrators of the directory without a licence, who get the role System \
                Administrator and the access mode Administrative by themselves";
    trial.many(Code::Acc006, "without a licence", &unlicensed, text);
}

/// ACC007: people who ought to be users by now. Where the directory was not loaded, this would have been
/// asked of those for whom stub users are planned.
fn not_synchronised(trial: &mut Trial<'_>, stubs: &[DraftStub]) {
    let people = trial.people;
    for outsider in people.outsiders() {
        let missing = open_questions(outsider);
        if !missing.is_empty() {
            trial.unasked(Code::Acc007, &missing, 1);
        }
    }
    if !trial.facts.loaded(Loadable::Directory) && !stubs.is_empty() {
        let planned = stubs.len() as u64;
        trial.unasked(Code::Acc007, &needs(&[Loadable::Directory]), planned);
    }
    let due = people
        .outsiders()
        .iter()
        .filter(|outsider| outsider.is_due());
    let names: Vec<String> = due.map(|outsider| person_label(outsider.person)).collect();
    let text = "licensed and let in by the directory, and no users of the environment yet";
    trial.many(Code::Acc007, "not yet synchronised", &names, text);
}

/// What is missing to tell whether somebody ought to be a user; nothing where that is known.
fn open_questions(outsider: &Outsider<'_>) -> BTreeSet<Loadable> {
    let mut missing = BTreeSet::new();
    let blocked = outsider.person.enabled == Some(false);
    match outsider.licensed {
        _ if blocked => return missing,
        Licensed::Yes => {}
        Licensed::Unknown(needed) => missing.extend(needed),
        Licensed::OnDemand | Licensed::No | Licensed::NotAsked => return missing,
    }
    match outsider.membership {
        Membership::Outside | Membership::Nested(_) => BTreeSet::new(),
        Membership::NoGroup | Membership::Direct => missing,
        Membership::Unknown(needed) => {
            missing.extend(needed);
            missing
        }
    }
}

/// ACC008: enabled to read and write without a licence, those apart of whom LIC001 speaks.
fn enabled_without_licence(trial: &mut Trial<'_>, outcome: &Outcome<'_>) {
    let mut names = Vec::new();
    for view in humans(trial) {
        let user = view.user;
        let mode = outcome.mode(user);
        let told = mode == AccessMode::ReadWrite && outcome.concerns(user.id);
        if user.disabled || told || !PersonView::mode_needs_licence(mode) {
            continue;
        }
        match view.licensed {
            Licensed::No => names.push(labelled(trial, view)),
            Licensed::Unknown(missing) => trial.unasked(Code::Acc008, &needs(missing), 1),
            _ => {}
        }
    }
    let text = "enabled with an access mode that needs a licence, and without one";
    trial.many(Code::Acc008, "without a licence", &names, text);
}

/// ACC011: a subscription with one global administrator.
fn one_global_administrator(trial: &mut Trial<'_>) {
    let people = trial.facts.people().values();
    let people: Vec<&DirectoryPerson> = people.filter(|person| !person.deleted).collect();
    let loaded = trial.facts.loaded(Loadable::Directory);
    if !loaded || people.iter().any(|person| person.roles.is_none()) {
        trial.unasked(Code::Acc011, &needs(&[Loadable::Directory]), 1);
        return;
    }
    let is_global = |person: &&&DirectoryPerson| {
        let mut roles = person.roles.iter().flatten();
        roles.any(|role| GLOBAL_ADMINISTRATOR.contains(&comparison_key(role).as_str()))
    };
    let mut global = people.iter().filter(is_global);
    let (Some(only), None) = (global.next(), global.next()) else {
        return;
    };
    let text = "the only global administrator of the directory";
    trial.many(
        Code::Acc011,
        "global administrators",
        &[person_label(only)],
        text,
    );
}
