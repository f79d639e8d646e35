//! Rules about access modes: ACC004, ACC005, ACC010, ACC012, ACC013, ACC018, ACC019, ACC020.
//!
//! In: users to be changed, people, and the state that the plan leads to. Out: changes of access mode that
//! the service refuses, and users whose access mode or readiness does not fit what the plan does.

use std::collections::BTreeSet;

use crate::check::outcome::Outcome;
use crate::check::people::{Holding, Kind, Licensed, PersonView};
use crate::check::{Fall, Trial, needs, row_of};
use crate::model::{AccessMode, Code, Invitation, Principal, User, UserId, quoted, setting};
use crate::plan::{Cause, Draft, DraftUser};

/// The limit of today's service (S74); older ones had 5 (S75).
const NON_INTERACTIVE_MAX: usize = 7;

/// ACC018: the mode of an application user is not changed.
pub(super) fn of_application_user(trial: &mut Trial<'_>, change: &DraftUser) -> Option<Cause> {
    let user = trial.facts.users().get(&change.user)?;
    let mode = change.access_mode.as_ref()?;
    user.application_id?;
    let subject = trial.labels.principal(Principal::User(user.id));
    let wanted = mode.after;
    let message = || {
        format!(
            "{subject} is an application user, and the row wishes the access mode {wanted}; expected none",
            wanted = quoted(&wanted)
        )
    };
    let cure = || Code::Acc018.rule().cure.to_owned();
    Some(trial.cause(Code::Acc018, &subject, message, cure))
}

/// ACC020: the mode of somebody without a licence is not changed.
pub(super) fn without_licence(trial: &mut Trial<'_>, change: &DraftUser) -> Option<Cause> {
    let user = trial.facts.users().get(&change.user)?;
    let mode = change.access_mode.as_ref()?;
    if user.application_id.is_some() || user.licensed != Some(false) {
        return None;
    }
    let subject = trial.labels.principal(Principal::User(user.id));
    let wanted = mode.after;
    let message = || {
        format!(
            "{subject} has no licence, and the row wishes the access mode {wanted}; expected a licence \
             for the time of the change",
            wanted = quoted(&wanted)
        )
    };
    let cure = || Code::Acc020.rule().cure.to_owned();
    Some(trial.cause(Code::Acc020, &subject, message, cure))
}

/// ACC004: more non-interactive users than the environment may have, in the order in which they are
/// written: who comes when all places are taken falls.
pub(super) fn too_many(trial: &mut Trial<'_>, users: &mut [DraftUser]) {
    let takes = |mode: AccessMode| mode == AccessMode::NonInteractive;
    let present = trial.facts.users().values();
    let counted = |user: &&User| takes(user.access_mode) && user.application_id.is_none();
    let mut holders: BTreeSet<UserId> = present.filter(counted).map(|user| user.id).collect();
    let said = trial.facts.setting(setting::NON_INTERACTIVE_MAX);
    let max = said.and_then(|text| text.trim().parse().ok());
    let max: usize = max.unwrap_or(NON_INTERACTIVE_MAX);
    // Who stays only because the change that would have made him leave fell.
    let mut stayed: Vec<(UserId, Cause)> = Vec::new();
    for change in users {
        let Some(mode) = &change.access_mode else {
            continue;
        };
        let is_application = (trial.facts.users().get(&change.user))
            .is_some_and(|user| user.application_id.is_some());
        match (takes(mode.before), takes(mode.after), change.fallen) {
            (true, false, None) => {
                holders.remove(&change.user);
            }
            (true, false, Some(cause)) => stayed.push((change.user, cause)),
            // All that is wrong with a row is told, though it has fallen: the service tells the limit first.
            (_, true, Some(_))
                if !is_application
                    && !holders.contains(&change.user)
                    && holders.len().saturating_sub(stayed.len()) >= max =>
            {
                limit(trial, change, holders.len(), max);
            }
            (_, true, None) if !is_application && !holders.contains(&change.user) => {
                if holders.len() < max {
                    holders.insert(change.user);
                    continue;
                }
                let would_leave = stayed.iter().filter(|(user, _)| holders.contains(user));
                let cause = would_leave.map(|(_, cause)| *cause).min();
                let as_intended = holders.len() - stayed.len().min(holders.len());
                let fall = match cause.filter(|_| as_intended < max) {
                    Some(cause) => Fall::Blocked(cause),
                    None => Fall::Own(limit(trial, change, holders.len(), max)),
                };
                change.fallen = trial.fell([fall]);
            }
            _ => {}
        }
    }
}

fn limit(trial: &mut Trial<'_>, change: &DraftUser, held: usize, max: usize) -> Cause {
    let subject = trial.labels.principal(Principal::User(change.user));
    let message = || {
        format!(
            "{subject} is to be non-interactive, and {held} users would be so already of the {max} \
             that the environment may have (application users do not count)"
        )
    };
    let cure = || Code::Acc004.rule().cure.to_owned();
    let cause = trial.cause(Code::Acc004, &subject, message, cure);
    trial.findings.place(cause.finding, row_of(change));
    cause
}

/// Judges what access modes and the plan make of people.
pub(super) fn check(trial: &mut Trial<'_>, outcome: &Outcome<'_>, draft: &Draft) {
    administrative(trial, outcome);
    application_without_role(trial, outcome);
    if !trial.policy.on_premises {
        order_of_licence(trial, draft);
        ready_too_early(trial, outcome);
        administrators_alone(trial, outcome);
    }
}

fn labelled(trial: &Trial<'_>, view: &PersonView<'_>) -> String {
    trial.labels.principal(Principal::User(view.user.id))
}

/// ACC005: somebody who sees settings only is to work with data.
fn administrative(trial: &mut Trial<'_>, outcome: &Outcome<'_>) {
    let roles = trial.people.roles();
    let mut names = Vec::new();
    for view in trial.people.users().values() {
        let principal = Principal::User(view.user.id);
        let is_meant =
            view.kind == Kind::Human && outcome.mode(view.user) == AccessMode::Administrative;
        let reads = |role| !roles.may_be_system_administrator(role) && roles.reads(role);
        let needs_data = outcome.records_of(principal) > 0 || outcome.given(principal).any(reads);
        if is_meant && needs_data {
            names.push(labelled(trial, view));
        }
    }
    let text = "have the access mode Administrative, which shows settings and no customer data, and get \
                records or a role for data by the plan";
    trial.many(Code::Acc005, "access mode Administrative", &names, text);
}

/// ACC019: who only manages the system need not see customer data.
fn administrators_alone(trial: &mut Trial<'_>, outcome: &Outcome<'_>) {
    let roles = trial.people.roles();
    let mut names = Vec::new();
    for view in trial.people.users().values() {
        let user = view.user;
        let own = outcome.roles(user.id);
        let alone = !own.is_empty() && own.iter().all(|role| roles.is_system_administrator(*role));
        let works = view.kind == Kind::Human && !user.disabled;
        let sees = outcome.mode(user) == AccessMode::ReadWrite;
        if alone && works && sees && outcome.records_of(Principal::User(user.id)) == 0 {
            names.push(labelled(trial, view));
        }
    }
    let text = "System Administrator and no other role, no records by this plan, and access mode read-write";
    trial.many(
        Code::Acc019,
        "administrators with sight of data",
        &names,
        text,
    );
}

/// ACC010: an application without a role can do nothing.
fn application_without_role(trial: &mut Trial<'_>, outcome: &Outcome<'_>) {
    let roles = trial.people.roles();
    let mut names = Vec::new();
    for view in trial.people.users().values() {
        let user = view.user;
        if view.kind != Kind::Application || user.disabled {
            continue;
        }
        let own = outcome.roles(user.id);
        match roles.holding(user.id, &own, |team| outcome.team_roles(team)) {
            Holding::Nothing => names.push(labelled(trial, view)),
            Holding::Unknown(missing) if own.is_empty() => {
                trial.unasked(Code::Acc010, &needs(missing), 1);
            }
            _ => {}
        }
    }
    let text = "application users without a role, own or through a team";
    trial.many(Code::Acc010, "application users", &names, text);
}

/// ACC012: where a licence has to be there while the mode is changed, and goes afterwards.
fn order_of_licence(trial: &mut Trial<'_>, draft: &Draft) {
    let (mut keep, mut give) = (Vec::new(), Vec::new());
    for change in draft.users.iter().filter(|user| user.fallen.is_none()) {
        let Some(view) = trial.people.users().get(&change.user) else {
            continue;
        };
        let after = change.access_mode.as_ref().map(|mode| mode.after);
        let frees = matches!(
            after,
            Some(AccessMode::Administrative | AccessMode::NonInteractive)
        );
        if !frees || view.kind != Kind::Human {
            continue;
        }
        match view.licensed {
            Licensed::No => give.push(labelled(trial, view)),
            Licensed::Unknown(missing) => trial.unasked(Code::Acc012, &needs(missing), 1),
            _ => keep.push(labelled(trial, view)),
        }
    }
    let text =
        "the access mode is to be changed and needs a licence for that time, and there is none";
    trial.many(
        Code::Acc012,
        "licence to be given for the change",
        &give,
        text,
    );
    let text =
        "the licence stays until the access mode was changed and read back, and is freed then";
    trial.many(Code::Acc012, "licence to be freed afterwards", &keep, text);
}

/// ACC013: invited people who can sign in today, while records are still to be assigned. Environments of
/// today invite nobody, and who may work there before the go-live is said by the order of go-live.
fn ready_too_early(trial: &mut Trial<'_>, outcome: &Outcome<'_>) {
    if outcome.records() == 0 {
        return;
    }
    let roles = trial.people.roles();
    let mut names = Vec::new();
    for view in trial.people.users().values() {
        let user = view.user;
        let invited = matches!(
            user.details.invitation,
            Some(Invitation::Invited | Invitation::NearExpired | Invitation::Accepted)
        );
        let lets_in = matches!(view.licensed, Licensed::Yes | Licensed::OnDemand);
        let can = view.kind == Kind::Human && !user.disabled && lets_in && view.membership.passes();
        if !invited || !can {
            continue;
        }
        let own = trial.facts.user_roles(user.id);
        let of_team = |team| trial.facts.team_roles(team).to_vec();
        if matches!(
            roles.holding(user.id, own, of_team),
            Holding::Works | Holding::TeamsOnly(_) | Holding::OpensOnly
        ) {
            names.push(labelled(trial, view));
        }
    }
    let text = "invited, and able to sign in before the records of the plan are assigned";
    trial.many(Code::Acc013, "invited people", &names, text);
}
