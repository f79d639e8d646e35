//! The rules' functions over a draft and the state that it leads to: what the service would refuse.
//!
//! In: a [`Draft`], the facts of the environment, what the manifest accepts. Out: findings with every
//! place, falls marked in the draft, rules that could not be asked, and, of a sealed plan, the
//! approval that `apply/` wants to see.
//! This room foretells and `service/` does: neither names the other, and no look-up code is shared.
//! A change that fails only because another one fell is *blocked by* that finding and gets none of
//! its own. Rules that are met where a file is read or a reference resolved are listed in `table.rs`.

mod access;
mod approve;
mod day_one;
mod labels;
mod owners;
#[cfg_attr(not(test), expect(dead_code, reason = "the rules that ask come next"))]
mod people;
mod privileges;
mod records;
mod roles;
mod state;
mod stubs;
mod table;
mod users;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use crate::check::labels::Labels;
use crate::check::state::State;
use crate::environment::Facts;
use crate::model::{Accept, Code, Findings, Loadable};
use crate::plan::{Cause, Draft, Unchecked};

pub use approve::{ApprovedPlan, NotApproved, approvable, approve};
pub use day_one::{DayOne, people_report};
pub use table::{HOMES, Home};

/// Judges a draft: marks in it what falls, says why in `findings`, and returns the rules that could
/// not be asked for at least one change, by code.
///
/// What is not loaded is unknown: it makes nothing fall, and leaves the rule unchecked.
pub fn check(
    draft: &mut Draft,
    facts: &Facts,
    accept: &Accept,
    findings: &mut Findings,
) -> Vec<Unchecked> {
    let mut trial = Trial {
        facts,
        labels: Labels::of(facts, &draft.stubs),
        findings,
        unasked: BTreeMap::new(),
    };
    stubs::check(&mut trial, &mut draft.stubs, &draft.default_role_names);
    users::check(&mut trial, &mut draft.users);
    roles::check_given(&mut trial, &draft.stubs, &draft.users, &mut draft.roles);
    let state = State::of(facts, &draft.stubs, &draft.users, &draft.roles);
    roles::check_removed(&mut trial, &state, &mut draft.roles);
    for table in &mut draft.tables {
        records::check(&mut trial, table);
        owners::check(&mut trial, &state, &draft.principals, table);
    }
    trial.unchecked(accept)
}

/// What every rule works with.
struct Trial<'a> {
    facts: &'a Facts,
    labels: Labels<'a>,
    findings: &'a mut Findings,
    unasked: BTreeMap<Code, (BTreeSet<Loadable>, u64)>,
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

    /// A rule could not be asked for so many changes, for want of these.
    fn unasked(&mut self, code: Code, needs: &BTreeSet<Loadable>, changes: u64) {
        let (known, count) = self.unasked.entry(code).or_default();
        known.extend(needs);
        *count += changes;
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

    fn unchecked(self, accept: &Accept) -> Vec<Unchecked> {
        let unasked = self.unasked.into_iter();
        unasked
            .map(|(code, (needs, changes))| Unchecked {
                code,
                needs,
                changes,
                accepted: accept.unchecked.contains(&code),
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
