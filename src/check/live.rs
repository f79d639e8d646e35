//! Rules that concern live environments: ENV001, ENV005, STB007, and what ENV002 asks for to pass over custom logic.
//!
//! In: how the copy stands to the environment, what of the customer's own runs there, planned stub users. Out: errors and
//! warnings about the plan as a whole; no change falls by them. How old a copy is when something is to be written
//! is asked then, in `run/`; requests and duration are in `environment.rs`.

use crate::check::caller::{self, Caller};
use crate::check::environment::people;
use crate::check::labels::listed;
use crate::check::{Live, Trial, needs};
use crate::model::{Code, Loadable, quoted, setting};
use crate::plan::{Draft, DraftTable};

/// The table of users.
const USERS: &str = "systemuser";

/// Judges the plan as one for a live environment.
pub(super) fn check(trial: &mut Trial<'_>, draft: &Draft) {
    let records = draft.tables.iter();
    let records = records.map(|table| (table.entity.as_str(), DraftTable::changes(table)));
    for (table, changes) in records.chain([(USERS, people(draft))]) {
        if changes > 0 {
            custom_logic(trial, table, changes);
        }
    }
    if let Some(live) = trial.policy.live {
        outdated(trial, live);
        nobody_known(trial, live, draft);
        bypasses(trial, live, draft);
    }
}

/// ENV001: the environment has changed by plans of this project since the copy was pulled.
fn outdated(trial: &mut Trial<'_>, live: Live<'_>) {
    if live.written_since.is_empty() {
        return;
    }
    let message = || {
        format!(
            "since the copy was pulled, these plans have written to the environment or were undone: {}; expected a copy \
             that holds what they did",
            live.written_since.join(", ")
        )
    };
    let cure = || Code::Env001.rule().cure.to_owned();
    trial.findings.about(Code::Env001, live.host, message, cure);
}

/// STB007: of stub users for a live environment it must be known that they are nobody who is on the way.
fn nobody_known(trial: &mut Trial<'_>, live: Live<'_>, draft: &Draft) {
    let stubs = draft.stubs.iter().filter(|stub| stub.fallen.is_none());
    let count = stubs.count() as u64;
    let is_accepted = trial.policy.accept.unchecked.contains(&Code::Stb006);
    if count == 0 || is_accepted || trial.facts.loaded(Loadable::Directory) {
        return;
    }
    let message = || {
        format!(
            "{count} stub users are to be made in a live environment, and nothing is loaded of the directory; \
             expected to know of each that it is nobody who is there and only not synchronised yet"
        )
    };
    let cure = || Code::Stb007.rule().cure.to_owned();
    let finding = trial.findings.about(Code::Stb007, live.host, message, cure);
    trial.findings.people(finding, count);
}

/// ENV002 of passing over custom logic, which the service lets few do.
fn bypasses(trial: &mut Trial<'_>, live: Live<'_>, draft: &Draft) {
    let records: u64 = draft.tables.iter().map(DraftTable::changes).sum();
    let changes = records + people(draft);
    if live.bypass_custom_logic && changes > 0 {
        let caller = Caller::of(trial);
        caller::bypasses(trial, &caller, changes);
    }
}

/// ENV005: what of the customer's own runs when so many rows of a table are written.
fn custom_logic(trial: &mut Trial<'_>, table: &str, changes: u64) {
    let name = format!("{}{table}", setting::CUSTOM_LOGIC);
    let Some(told) = trial.facts.setting(&name) else {
        if trial.policy.live.is_some() {
            trial.unasked(Code::Env005, &needs(&[Loadable::Settings]), changes);
        }
        return;
    };
    let all = told.split(';').map(str::trim).filter(|one| !one.is_empty());
    let (flows, others): (Vec<&str>, Vec<&str>) =
        all.partition(|one| one.starts_with(setting::FLOW));
    if flows.is_empty() && others.is_empty() {
        return;
    }
    let what = if table == USERS {
        format!("{changes} changes of users and their roles are written")
    } else {
        format!(
            "{changes} records of {table} are assigned",
            table = quoted(&table)
        )
    };
    let names = |list: &[&str]| listed(list.iter().copied().map(str::to_owned));
    let is_bypassed = trial
        .policy
        .live
        .is_some_and(|live| live.bypass_custom_logic);
    let message = || match (is_bypassed, flows.is_empty()) {
        (true, true) => format!(
            "{what}, and custom logic is passed over (`bypass_custom_logic`): {}",
            names(&others)
        ),
        (true, false) if others.is_empty() => format!(
            "{what}, and `bypass_custom_logic` does not hold for flows: {} run",
            names(&flows)
        ),
        (true, false) => format!(
            "{what}, and custom logic is passed over (`bypass_custom_logic`): {}; that does not hold for flows: {} run",
            names(&others),
            names(&flows)
        ),
        (false, _) => {
            let all: Vec<&str> = others.iter().chain(&flows).copied().collect();
            format!("{what}, and each time these run: {}", names(&all))
        }
    };
    let cure = || Code::Env005.rule().cure.to_owned();
    let finding = trial.findings.about(Code::Env005, table, message, cure);
    trial.findings.people(finding, changes);
}
