//! The ladder: all identifiers known of somebody against the environment, strongest first.
//!
//! In: [`Identifiers`], the environment's [`Index`]. Out: one principal, or why it is not one.
//! The rungs and what they look up are the table [`STEPS`]. What follows from nobody, several or
//! disagreement is decided in `mod.rs`.

use crate::model::{Principal, Rung};
use crate::resolve::identifiers::Identifiers;
use crate::resolve::index::{Index, Lookup};

/// What the ladder came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// No identifier finds anybody.
    Nobody,
    /// All that find somebody find this one; `found.rung` decided.
    One(Principal, Found),
    /// One value on the deciding rung finds several.
    Several(Found),
    /// Two identifiers find different principals: what decided, and what contradicts it.
    Disagree(Found, Found),
}

/// One value of one identifier and everybody who has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) rung: Rung,
    /// What was looked up, as a comparison key.
    pub(super) value: String,
    pub(super) principals: Vec<Principal>,
}

/// Values that find somebody, each with everybody it finds.
type Hits = Vec<(String, Vec<Principal>)>;

type LookUp = fn(&Index<'_>, &Identifiers) -> Hits;

struct Step {
    rung: Rung,
    look_up: LookUp,
    /// Whether finding somebody else here contradicts a rung above.
    contradicts: bool,
    /// Not looked at when this rung found somebody.
    beaten_by: Option<Rung>,
}

/// The rungs, in order.
static STEPS: [Step; 10] = [
    step(Rung::Id, |index, known| {
        let found = known.ids.iter().map(|id| (id, index.ids.get(id)));
        owned(found)
    }),
    step(Rung::Upn, |index, known| texts(&index.upns, &[&known.upns])),
    step(Rung::Mail, |index, known| {
        texts(&index.mails, &[&known.mails])
    }),
    // The import wizard's order: a primary hit beats the later two (platform facts, 1.5).
    Step {
        beaten_by: Some(Rung::Mail),
        ..step(Rung::Mail2, |index, known| {
            texts(&index.mails2, &[&known.mails, &known.mails2])
        })
    },
    Step {
        beaten_by: Some(Rung::Mail),
        ..step(Rung::MobileAlertMail, |index, known| {
            let known = [&known.mails, &known.mobile_alert_mails];
            texts(&index.mobile_alert_mails, &known)
        })
    },
    // A mail that is somebody's UPN, and the other way round: enough to find a person who would
    // otherwise be made a second time, not enough to doubt what the rungs above say.
    Step {
        contradicts: false,
        ..step(Rung::Upn, |index, known| {
            texts(&index.upns, &[&known.mails])
        })
    },
    Step {
        contradicts: false,
        ..step(Rung::Mail, |index, known| {
            texts(&index.mails, &[&known.upns])
        })
    },
    step(Rung::EmployeeId, |index, known| {
        texts(&index.employee_ids, &[&known.employee_ids])
    }),
    step(Rung::TeamName, |index, known| {
        texts(&index.team_names, &[&known.team_names])
    }),
    step(Rung::FullName, |index, known| {
        texts(&index.full_names, &[&known.full_names])
    }),
];

const fn step(rung: Rung, look_up: LookUp) -> Step {
    Step {
        rung,
        look_up,
        contradicts: true,
        beaten_by: None,
    }
}

fn texts(lookup: &Lookup<String>, lists: &[&Vec<String>]) -> Hits {
    let values = lists.iter().copied().flatten();
    owned(values.map(|value| (value, lookup.get(value))))
}

/// Most values find nobody, so only those that find somebody are copied.
fn owned<'a>(found: impl Iterator<Item = (impl ToString, &'a [Principal])>) -> Hits {
    found
        .filter(|(_, principals)| !principals.is_empty())
        .map(|(value, principals)| (value.to_string(), principals.to_vec()))
        .collect()
}

/// Climbs down the ladder with everything known.
pub(super) fn climb(index: &Index<'_>, known: &Identifiers) -> Outcome {
    let mut landings = landings(index, known).into_iter();
    let Some((_, deciding)) = landings.next() else {
        return Outcome::Nobody;
    };
    if let Some(found) = deciding.iter().find(|found| found.principals.len() > 1) {
        return Outcome::Several(found.clone());
    }
    let first = deciding[0].clone();
    let chosen = first.principals[0];
    let others = |found: &&Found| !found.principals.contains(&chosen);
    if let Some(other) = deciding.iter().find(others) {
        return Outcome::Disagree(first, other.clone());
    }
    let contradiction = landings
        .filter(|(step, _)| step.contradicts)
        .find_map(|(step, found)| contradicting(step.rung, found, chosen));
    match contradiction {
        Some(other) => Outcome::Disagree(first, other),
        None => Outcome::One(chosen, first),
    }
}

/// The value of a lower rung that points at somebody else than the one chosen.
///
/// Each mail, UPN or employee id is an identifier of its own, so one that leads elsewhere is enough.
/// Full names are readings of one text (`Last, First` and as written): they contradict only together.
fn contradicting(rung: Rung, mut found: Vec<Found>, chosen: Principal) -> Option<Found> {
    let elsewhere = |found: &Found| !found.principals.contains(&chosen);
    if rung == Rung::FullName && !found.iter().all(elsewhere) {
        return None;
    }
    let index = found.iter().position(elsewhere)?;
    Some(found.swap_remove(index))
}

/// The steps that find somebody, in order, with what they find.
fn landings(index: &Index<'_>, known: &Identifiers) -> Vec<(&'static Step, Vec<Found>)> {
    let mut landings: Vec<(&'static Step, Vec<Found>)> = Vec::new();
    for step in &STEPS {
        let beaten = landings
            .iter()
            .any(|(earlier, _)| step.beaten_by == Some(earlier.rung));
        if beaten {
            continue;
        }
        let found: Vec<Found> = (step.look_up)(index, known)
            .into_iter()
            .map(|(value, principals)| Found {
                rung: step.rung,
                value,
                principals,
            })
            .collect();
        if !found.is_empty() {
            landings.push((step, found));
        }
    }
    landings
}
