//! The rules' functions over a draft and the state that it leads to: what the service would refuse.
//!
//! In: a [`Draft`], the facts of the environment, what the manifest accepts. Out: findings with every
//! place, falls marked in the draft, rules that could not be asked, and, of a sealed plan, the
//! approval that `apply/` wants to see.
//! This room foretells and `service/` does: neither names the other, and no look-up code is shared.
//! A change that fails only because another one fell is *blocked by* that finding and gets none of
//! its own. Rules that are met where a file is read or a reference resolved are listed in `table.rs`.

mod access;
mod accounts;
mod administrators;
mod approve;
mod caller;
mod day_one;
mod environment;
mod follow;
mod gifts;
mod holdings;
mod labels;
mod licences;
mod live;
mod modes;
mod outcome;
mod owners;
mod people;
mod placeholders;
mod policy;
mod privileges;
mod profile;
mod records;
mod roles;
mod state;
mod stubs;
mod table;
mod users;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use crate::check::caller::Caller;
use crate::check::gifts::Named;
use crate::check::labels::{Labels, names};
use crate::check::outcome::Outcome;
use crate::check::people::People;
use crate::check::placeholders::Arrivals;
use crate::check::state::State;
use crate::environment::Facts;
use crate::model::{Code, Findings, Loadable, Place};
use crate::plan::{Cause, Draft, DraftUser, Unchecked};

pub use approve::{ApprovedPlan, NotApproved, approvable, approve};
pub use day_one::{DayOne, people_report};
pub use policy::{CheckPolicy, Live};
pub use table::{HOMES, Home};

/// Judges a draft: marks in it what falls, says why in `findings`, and returns the rules that could
/// not be asked for at least one change or person, by code.
///
/// What is not loaded is unknown: it makes nothing fall, and leaves the rule unchecked.
pub fn check(
    draft: &mut Draft,
    facts: &Facts,
    policy: &CheckPolicy<'_>,
    findings: &mut Findings,
) -> Vec<Unchecked> {
    let people = People::of(facts, policy.on_premises);
    let mut trial = Trial {
        facts,
        policy,
        people: &people,
        labels: Labels::of(facts, &draft.stubs),
        findings,
        unasked: BTreeMap::new(),
    };
    mark_falls(&mut trial, draft);
    speak_of_people(&mut trial, draft);
    trial.unchecked()
}

/// Everything that falls, stage by stage, each in the state that the stages before it lead to.
fn mark_falls(trial: &mut Trial<'_>, draft: &mut Draft) {
    let caller = Caller::of(trial);
    let arrivals = Arrivals::of(trial);
    let named = Named::of(trial, &draft.stubs);
    gifts::automatic(trial, draft);
    stubs::check(
        trial,
        &caller,
        &arrivals,
        &named,
        &mut draft.stubs,
        &draft.default_role_names,
    );
    users::check(trial, &caller, &mut draft.users);
    modes::too_many(trial, &mut draft.users);
    users::block_role_rows(trial, &draft.users);
    let before = (&draft.stubs[..], &draft.users[..]);
    roles::check_given(trial, &caller, &named, before, &mut draft.roles);
    let state = State::of(trial.facts, &draft.stubs, &draft.users, &draft.roles);
    roles::check_removed(trial, &caller, &state, &mut draft.roles);
    for table in &mut draft.tables {
        caller::assigns(trial, &caller, table);
        records::check(trial, table);
        owners::check(trial, &state, &draft.principals, table);
    }
    follow::check_cascades(trial, &mut draft.tables);
}

/// What is to be said of people and of the plan as a whole, once it is known what stands.
fn speak_of_people(trial: &mut Trial<'_>, draft: &Draft) {
    let outcome = Outcome::of(trial.facts, draft);
    licences::check(trial, &outcome, &draft.stubs);
    accounts::check(trial, &outcome, &draft.stubs);
    modes::check(trial, &outcome, draft);
    holdings::check(trial, &outcome);
    profile::check(trial);
    placeholders::arrived(trial);
    follow::check(trial, &outcome);
    environment::check(trial, draft);
    live::check(trial, draft);
}

/// What every rule works with.
struct Trial<'a> {
    facts: &'a Facts,
    policy: &'a CheckPolicy<'a>,
    people: &'a People<'a>,
    labels: Labels<'a>,
    findings: &'a mut Findings,
    unasked: BTreeMap<Code, (BTreeSet<Loadable>, u64)>,
}

/// What has to be loaded, as a set.
fn needs(missing: &[Loadable]) -> BTreeSet<Loadable> {
    missing.iter().copied().collect()
}

/// The place of the row that changes a user.
fn row_of(user: &DraftUser) -> Place {
    Place::row(user.file, user.row, user.line)
}

impl Trial<'_> {
    /// The finding of a rule about a subject, as the cause of what falls by it.
    fn cause(
        &mut self,
        code: Code,
        subject: &str,
        message: impl FnOnce() -> String,
        cure: impl FnOnce() -> String,
    ) -> Cause {
        let finding = self.findings.about(code, subject, message, cure);
        Cause { code, finding }
    }

    /// One finding about many people, who have one thing in common; none about nobody.
    fn many(&mut self, code: Code, subject: &str, people: &[String], text: &str) {
        if people.is_empty() {
            return;
        }
        let count = people.len() as u64;
        let message = || format!("{text}: {}", names(people));
        let cure = || code.rule().cure.to_owned();
        let finding = self.findings.about(code, subject, message, cure);
        self.findings.people(finding, count);
    }

    /// A rule could not be asked for so many changes or people, for want of these.
    fn unasked(&mut self, code: Code, needs: &BTreeSet<Loadable>, count: u64) {
        let (known, all) = self.unasked.entry(code).or_default();
        known.extend(needs);
        *all += count;
    }

    /// Takes the gravest of several falls as a change's own; one that is blocked is counted with the
    /// finding that blocks it.
    fn fell(&mut self, falls: impl IntoIterator<Item = Fall>) -> Option<Cause> {
        let fall = falls.into_iter().min()?;
        if let Fall::Blocked(cause) = fall {
            self.findings.blocks(cause.finding, 1);
        }
        Some(fall.cause())
    }

    fn unchecked(self) -> Vec<Unchecked> {
        let unasked = self.unasked.into_iter();
        unasked
            .map(|(code, (needs, changes))| Unchecked {
                code,
                needs,
                changes,
                accepted: self.policy.accept.unchecked.contains(&code),
            })
            .collect()
    }
}

/// Why a change falls. A fault of its own goes before being blocked, a lower code before a higher.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Fall {
    /// It would be refused even if everything else went through.
    Own(Cause),
    /// It needs a change that fell by this.
    Blocked(Cause),
}

impl Fall {
    fn cause(self) -> Cause {
        match self {
            Self::Own(cause) | Self::Blocked(cause) => cause,
        }
    }
}
