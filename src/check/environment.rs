//! Rules about the environment as a whole: ENV003, ENV004, ENV006, ENV007.
//!
//! In: how much is to be written, licences, settings. Out: warnings, and how long writing to a live environment takes. What
//! the caller may do is asked in `caller.rs`; what else concerns live environments alone in `live.rs`.

use crate::check::Trial;
use crate::check::caller::known_by;
use crate::check::people::is_honoured;
use crate::model::{
    AccessMode, Code, EnvironmentKind, Principal, User, UserId, parse_guid, quoted, setting,
    setting_on,
};
use crate::plan::{Draft, DraftTable};

/// Requests a day that identities without a licence of their own share (platform facts, 6.3).
const POOL: u64 = 500_000;
/// What each seat of Dynamics 365 adds to it.
const POOL_PER_SEAT: u64 = 5_000;
/// More it never is.
const POOL_MAX: u64 = 10_000_000;
/// The same where there are only Power Apps.
const POOL_POWER_APPS: u64 = 25_000;

/// What a person with a licence has a day for himself.
const OF_A_PERSON: u64 = 40_000;
/// Requests a second that one user may send to one server without end: 6,000 in five minutes (platform facts, 6.1).
const A_SECOND: u64 = 20;

/// Judges the plan as a whole.
pub(super) fn check(trial: &mut Trial<'_>, draft: &Draft) {
    let records: u64 = draft.tables.iter().map(DraftTable::changes).sum();
    let requests = people(draft) + records;
    if !trial.policy.on_premises {
        let (pool, by) = pool(trial);
        if requests > pool {
            too_many(trial, requests, pool, by);
        }
        if trial.policy.live.is_some() && requests > 0 {
            forecast(trial, requests, pool, by);
        }
    }
    left_on(trial);
    caller_sees_no_data(trial, records);
}

/// How many changes of users and roles stand.
pub(super) fn people(draft: &Draft) -> u64 {
    let stubs = draft.stubs.iter().filter(|stub| stub.fallen.is_none());
    let users = draft.users.iter().filter(|user| user.fallen.is_none());
    let roles = draft.roles.iter().filter(|role| role.fallen.is_none());
    (stubs.count() + users.count() + roles.count()) as u64
}

/// ENV003: more requests than the service grants in a day.
fn too_many(trial: &mut Trial<'_>, requests: u64, pool: u64, by: &str) {
    let days = requests.div_ceil(pool);
    let message = || {
        format!(
            "the plan is {requests} requests, and a day's share is {pool} {by}: it takes up {days} days' share"
        )
    };
    let cure = || Code::Env003.rule().cure.to_owned();
    let finding = trial
        .findings
        .about(Code::Env003, "requests a day", message, cure);
    trial.findings.people(finding, requests);
}

/// ENV004: how long it takes to write the plan to a live environment.
fn forecast(trial: &mut Trial<'_>, requests: u64, pool: u64, by: &str) {
    let time = duration(requests.div_ceil(A_SECOND));
    let percent = requests.saturating_mul(100).div_ceil(pool);
    let message = || {
        format!(
            "{requests} requests: about {time} at {A_SECOND} a second, which the service grants one user on one of its \
             servers (6,000 in five minutes); {percent} % of a day's {pool} requests {by}"
        )
    };
    let cure = || Code::Env004.rule().cure.to_owned();
    let finding = trial
        .findings
        .about(Code::Env004, "requests", message, cure);
    trial.findings.people(finding, requests);
}

/// So many seconds, by the units that matter, rounded up.
fn duration(seconds: u64) -> String {
    if seconds < 60 {
        return format!("{seconds} s");
    }
    let minutes = seconds.div_ceil(60);
    match (minutes / 60, minutes % 60) {
        (0, minutes) => format!("{minutes} min"),
        (hours, minutes) => format!("{hours} h {minutes} min"),
    }
}

/// How many requests a day there are for whoever applies the plan, and by what that is known.
fn pool(trial: &Trial<'_>) -> (u64, &'static str) {
    if let Some(said) = trial.policy.daily_requests {
        return (said.get(), "as `daily_requests` says");
    }
    if trial.policy.live.is_some() && caller(trial).is_some_and(is_person) {
        return (OF_A_PERSON, "of a person with a licence");
    }
    if trial.policy.kind == EnvironmentKind::PowerApps {
        return (POOL_POWER_APPS, "by what is loaded of licences");
    }
    let licences = trial.facts.licences().values();
    let honoured = licences.filter(|licence| is_honoured(trial.facts, &licence.product));
    let seats: u64 = honoured
        .filter_map(|licence| licence.seats)
        .map(u64::from)
        .sum();
    let pool = (POOL + seats * POOL_PER_SEAT).min(POOL_MAX);
    (pool, "by what is loaded of licences")
}

/// Whether it is a person with a licence of their own, and no program or administrator without.
fn is_person(user: &User) -> bool {
    let by_person = matches!(user.access_mode, AccessMode::ReadWrite | AccessMode::Read);
    user.application_id.is_none() && by_person && user.licensed != Some(false)
}

/// The user who applies the plan, where one is named and known.
fn caller<'a>(trial: &Trial<'a>) -> Option<&'a User> {
    let named = trial.facts.setting(setting::CALLER).and_then(parse_guid)?;
    trial.facts.users().get(&UserId(named))
}

/// ENV007: who applies the plan has no sight of what it assigns.
fn caller_sees_no_data(trial: &mut Trial<'_>, records: u64) {
    let is_apart = |user: &&User| user.access_mode == AccessMode::Administrative;
    let Some(caller) = caller(trial).filter(is_apart) else {
        return;
    };
    if records == 0 {
        return;
    }
    let who = trial.labels.principal(Principal::User(caller.id));
    let (live, named) = (trial.policy.live, known_by(trial));
    let message = || {
        format!(
            "{who} applies the plan ({named}), is of access mode administrative, and \
             {records} records are to be assigned; expected a user with sight of customer data"
        )
    };
    let cure = || match live {
        Some(live) => format!(
            "sign in to {} as an application user, a non-interactive or a read-write user, then pull and plan again",
            live.host
        ),
        None => Code::Env007.rule().cure.to_owned(),
    };
    trial.findings.about(Code::Env007, &who, message, cure);
}

/// ENV006: a setting that is meant for the time of a migration is on.
fn left_on(trial: &mut Trial<'_>) {
    let name = setting::ROLES_ON_DISABLED;
    if !setting_on(trial.facts.setting(name), false) {
        return;
    }
    let message = || {
        format!(
            "{name} is on; expected it to be so only while roles go to disabled users",
            name = quoted(&name)
        )
    };
    let cure = || Code::Env006.rule().cure.to_owned();
    trial.findings.about(Code::Env006, name, message, cure);
}
