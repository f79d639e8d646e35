//! Rules about the environment as a whole: ENV003, ENV006, ENV007.
//!
//! In: how much is to be written, licences, settings. Out: warnings. What the caller may do is asked in
//! `caller.rs`; how old a copy is, and how long writing takes, concerns live environments alone.

use crate::check::Trial;
use crate::check::people::is_honoured;
use crate::model::{
    AccessMode, Code, EnvironmentKind, Principal, UserId, parse_guid, setting, setting_on,
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

/// Judges the plan as a whole.
pub(super) fn check(trial: &mut Trial<'_>, draft: &Draft) {
    if !trial.policy.on_premises {
        requests(trial, draft);
    }
    left_on(trial);
    caller_sees_no_data(trial, draft);
}

/// ENV003: more requests than the service grants in a day.
fn requests(trial: &mut Trial<'_>, draft: &Draft) {
    let stubs = draft.stubs.iter().filter(|stub| stub.fallen.is_none());
    let users = draft.users.iter().filter(|user| user.fallen.is_none());
    let roles = draft.roles.iter().filter(|role| role.fallen.is_none());
    let people = stubs.count() + users.count() + roles.count();
    let records: u64 = draft.tables.iter().map(DraftTable::changes).sum();
    let requests = people as u64 + records;
    let pool = pool(trial);
    if requests <= pool {
        return;
    }
    let days = requests.div_ceil(pool);
    let message = || {
        format!(
            "the plan is {requests} requests, and a day's share is {pool} by what is loaded of \
             licences: it takes up {days} days' share"
        )
    };
    let cure = || Code::Env003.rule().cure.to_owned();
    let finding = trial
        .findings
        .about(Code::Env003, "requests a day", message, cure);
    trial.findings.people(finding, requests);
}

fn pool(trial: &Trial<'_>) -> u64 {
    if trial.policy.kind == EnvironmentKind::PowerApps {
        return POOL_POWER_APPS;
    }
    let licences = trial.facts.licences().values();
    let honoured = licences.filter(|licence| is_honoured(trial.facts, &licence.product));
    let seats: u64 = honoured
        .filter_map(|licence| licence.seats)
        .map(u64::from)
        .sum();
    (POOL + seats * POOL_PER_SEAT).min(POOL_MAX)
}

/// ENV007: who applies the plan has no sight of what it assigns.
fn caller_sees_no_data(trial: &mut Trial<'_>, draft: &Draft) {
    let records: u64 = draft.tables.iter().map(DraftTable::changes).sum();
    let named = trial.facts.setting(setting::CALLER).and_then(parse_guid);
    let caller = named.and_then(|id| trial.facts.users().get(&UserId(id)));
    let Some(caller) = caller.filter(|user| user.access_mode == AccessMode::Administrative) else {
        return;
    };
    if records == 0 {
        return;
    }
    let who = trial.labels.principal(Principal::User(caller.id));
    let message = || {
        format!(
            "{who} applies the plan (the setting `caller`), is of access mode administrative, and \
             {records} records are to be assigned; expected a user with sight of customer data"
        )
    };
    let cure = || Code::Env007.rule().cure.to_owned();
    trial.findings.about(Code::Env007, &who, message, cure);
}

/// ENV006: a setting that is meant for the time of a migration is on.
fn left_on(trial: &mut Trial<'_>) {
    let name = setting::ROLES_ON_DISABLED;
    if !setting_on(trial.facts.setting(name), false) {
        return;
    }
    let message =
        || format!("`{name}` is on; expected it to be so only while roles go to disabled users");
    let cure = || Code::Env006.rule().cure.to_owned();
    trial.findings.about(Code::Env006, name, message, cure);
}
