//! Rules about roles by what they are and who gets them: ROL011, ROL014, ROL016, ROL017.
//!
//! In: role rows. Out: those that ask for what the service gives by itself, what it refuses to a support
//! user or to take from an administrator of the directory, and roles that let somebody rule, unless the
//! manifest names who may.

use std::collections::{BTreeMap, BTreeSet};

use crate::check::people::InDirectory;
use crate::check::{Trial, needs};
use crate::model::{
    AccessMode, Code, Fate, Loadable, Place, Principal, RoleAction, RoleId, UserId, comparison_key,
    quoted, quoted_list,
};
use crate::plan::{Cause, Draft, DraftRole, DraftStub, DraftUser};

/// What lets somebody give roles.
const ASSIGN_ROLE: &str = "prvAssignRole";

/// What the manifest may name somebody by: UPN, mail, name.
const RUNGS: usize = 3;

/// ROL014: rows about roles that come with a licence never become changes. What comes by itself goes by
/// itself, and a row that gives or takes it is as good as obeyed.
pub(super) fn automatic(trial: &mut Trial<'_>, draft: &mut Draft) {
    let roles = trial.people.roles();
    let (apart, others): (Vec<DraftRole>, Vec<DraftRole>) = std::mem::take(&mut draft.roles)
        .into_iter()
        .partition(|row| row.fallen.is_none() && roles.is_automatic(row.role));
    draft.roles = others;
    for row in apart {
        let name = &row.role_name;
        let message = || {
            format!(
                "{name} comes by itself with a licence, and goes with it; the rows about it change nothing",
                name = quoted(&name)
            )
        };
        let cure = || Code::Rol014.rule().cure.to_owned();
        let finding = trial.findings.about(Code::Rol014, name, message, cure);
        let place = Place::row(row.file, row.row, row.line);
        trial.findings.place(finding, place);
        *draft.settled.entry((row.file, Fate::NoChange)).or_default() += 1;
    }
}

/// ROL016: Microsoft's support user is given no role.
pub(super) fn to_support(
    trial: &mut Trial<'_>,
    row: &DraftRole,
    modes: &BTreeMap<UserId, AccessMode>,
) -> Option<Cause> {
    let Principal::User(user) = row.principal else {
        return None;
    };
    let known = trial.facts.users().get(&user)?;
    let mode = modes.get(&user).copied().unwrap_or(known.access_mode);
    (mode == AccessMode::Support).then(|| support(trial, user))
}

/// ROL016 of the roles that a move strips: they are not given again either.
pub(super) fn again_to_support(trial: &mut Trial<'_>, change: &DraftUser) -> Option<Cause> {
    let known = trial.facts.users().get(&change.user)?;
    let wished = change.access_mode.as_ref().map(|mode| mode.after);
    let is_support = wished.unwrap_or(known.access_mode) == AccessMode::Support;
    let is_given = is_support && change.roles_given_again().next().is_some();
    is_given.then(|| support(trial, change.user))
}

fn support(trial: &mut Trial<'_>, user: UserId) -> Cause {
    let subject = trial.labels.principal(Principal::User(user));
    let message =
        || format!("{subject} is a support user; expected somebody who can be given roles");
    let cure = || Code::Rol016.rule().cure.to_owned();
    trial.cause(Code::Rol016, &subject, message, cure)
}

/// ROL011: the role rules, or lets its holder give roles, and the manifest does not name who gets it.
pub(super) fn of_power(trial: &mut Trial<'_>, named: &Named, row: &DraftRole) -> Option<Cause> {
    let power = power(trial, row.role)?;
    if named.who.contains(&row.principal) {
        return None;
    }
    let who = trial.labels.principal(row.principal);
    let name = &row.role_name;
    let subject = format!("{name} for {who}");
    let several = named.several.get(&row.principal);
    let message = || {
        let not_named = not_named(several);
        format!(
            "the row gives {name}, {power}, to {who}, whom {not_named}",
            name = quoted(name)
        )
    };
    let cure = || Code::Rol011.rule().cure.to_owned();
    Some(trial.cause(Code::Rol011, &subject, message, cure))
}

/// ROL011 of the role that every stub user comes with: one finding for all of them.
pub(super) fn default_role_of_power(
    trial: &mut Trial<'_>,
    named: &Named,
    stub: &DraftStub,
) -> Option<Cause> {
    let role = stub.default_role?;
    let power = power(trial, role)?;
    if named.who.contains(&Principal::User(stub.person.id)) {
        return None;
    }
    let name = trial.labels.role(role);
    let subject = format!("default role {name}");
    let message = || {
        format!(
            "stub users would come with the default role {name}, {power}, and `administrators` under \
             `[accept]` names them by no UPN or mail of their own",
            name = quoted(&name)
        )
    };
    let cure = || Code::Rol011.rule().cure.to_owned();
    Some(trial.cause(Code::Rol011, &subject, message, cure))
}

fn not_named(several: Option<&String>) -> String {
    match several {
        None => "`administrators` under `[accept]` does not name".to_owned(),
        Some(text) => format!(
            "`administrators` under `[accept]` names only as {text}, which several people bear; expected a UPN \
             that is one person's",
            text = quoted(text)
        ),
    }
}

/// What a role lets its holder do beyond working with data.
fn power(trial: &mut Trial<'_>, role: RoleId) -> Option<&'static str> {
    if trial.people.roles().may_be_system_administrator(role) {
        return Some("which may do everything");
    }
    let root = trial.facts.roles().get(&role)?.root;
    if !trial.facts.loaded(Loadable::RolePrivileges) {
        trial.unasked(Code::Rol011, &needs(&[Loadable::RolePrivileges]), 1);
        return None;
    }
    let mut held = trial.facts.role_privileges(root).iter();
    held.any(|held| held.privilege.eq_ignore_ascii_case(ASSIGN_ROLE))
        .then_some("which lets its holder give roles (`prvAssignRole`)")
}

/// Whom `[accept] administrators` names, whether they are there or the plan makes them.
///
/// A text means who has it for a UPN; where nobody has, for a mail; where nobody has that either, for a name.
/// What several have names nobody: that one of them is meant is no word for each of them.
#[derive(Debug, Default)]
pub(super) struct Named {
    who: BTreeSet<Principal>,
    /// Who has a text for theirs that others have, too.
    several: BTreeMap<Principal, String>,
}

impl Named {
    pub(super) fn of(trial: &Trial<'_>, stubs: &[DraftStub]) -> Self {
        let texts = &trial.policy.accept.administrators;
        let mut bearers: BTreeMap<&str, [BTreeSet<Principal>; RUNGS]> = texts
            .iter()
            .map(|text| (text.as_str(), Default::default()))
            .collect();
        let mut bears = |principal: Principal, by_rung: [Option<&str>; RUNGS]| {
            for (rung, text) in by_rung.into_iter().enumerate() {
                let found = text.and_then(|text| bearers.get_mut(comparison_key(text).as_str()));
                if let Some(found) = found {
                    found[rung].insert(principal);
                }
            }
        };
        if texts.is_empty() {
            return Self::default();
        }
        for user in trial.facts.users().values() {
            let texts = [Some(&user.upn), user.mail.as_ref(), user.full_name.as_ref()];
            bears(
                Principal::User(user.id),
                texts.map(|text| text.map(String::as_str)),
            );
        }
        for person in stubs.iter().map(|stub| &stub.person) {
            let texts = [&person.upn, &person.mail, &person.full_name];
            bears(
                Principal::User(person.id),
                texts.map(|text| Some(text.as_str())),
            );
        }
        for team in trial.facts.teams().values() {
            bears(Principal::Team(team.id), [None, None, Some(&team.name)]);
        }
        let mut named = Self::default();
        for (text, rungs) in bearers {
            let mut rungs = rungs.iter().filter(|found| !found.is_empty());
            match rungs.next() {
                Some(found) if found.len() == 1 => named.who.extend(found),
                Some(found) => {
                    let several = found.iter().map(|one| (*one, text.to_owned()));
                    named.several.extend(several);
                }
                None => {}
            }
        }
        named
    }
}

/// ROL017: an administrator of the directory keeps System Administrator.
pub(super) fn keeps_administrator(trial: &mut Trial<'_>, row: &DraftRole) -> Option<Cause> {
    let Principal::User(user) = row.principal else {
        return None;
    };
    if row.action != RoleAction::Remove || !trial.people.roles().is_system_administrator(row.role) {
        return None;
    }
    let view = trial.people.users().get(&user)?;
    let Some(roles) = view.administrator_roles() else {
        if view.directory != InDirectory::Absent {
            trial.unasked(Code::Rol017, &needs(&[Loadable::Directory]), 1);
        }
        return None;
    };
    if roles.is_empty() {
        return None;
    }
    let subject = trial.labels.principal(row.principal);
    let held = quoted_list(roles);
    let name = &row.role_name;
    let message = || {
        format!(
            "{subject} has {held} in the directory, and the row takes {name}",
            name = quoted(&name)
        )
    };
    let cure = || Code::Rol017.rule().cure.to_owned();
    Some(trial.cause(Code::Rol017, &subject, message, cure))
}
