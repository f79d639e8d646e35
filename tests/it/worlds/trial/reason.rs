//! Which of the service's refusals an answer is, by its code and words.

use cutover::model::Refusal;
use cutover::service::{REFUSALS, Reason};

/// The reason of a refusal. Where several have its code and fit its words, the one that says more by
/// itself; a user or team that is not there speaks as a record does, and is told by its table.
pub(super) fn reason_of(refusal: &Refusal) -> Reason {
    known_reason_of(refusal).expect("a refusal of the table")
}

/// The same of a refusal that another may have made up.
pub(super) fn known_reason_of(refusal: &Refusal) -> Option<Reason> {
    let fitting = REFUSALS
        .iter()
        .filter(|rule| rule.code == refusal.code && fits(rule.template, &refusal.message));
    let best = fitting.max_by_key(|rule| literals(rule.template).concat().len());
    let reason = best?.reason;
    let principal = ["systemuser ", "team "]
        .iter()
        .any(|table| refusal.message.starts_with(table));
    Some(match reason {
        Reason::RecordMissing | Reason::PrincipalMissing if principal => Reason::PrincipalMissing,
        Reason::PrincipalMissing => Reason::RecordMissing,
        reason => reason,
    })
}

/// A template's own words, values apart.
fn literals(template: &str) -> Vec<&str> {
    template
        .split('{')
        .map(|part| part.split_once('}').map_or(part, |(_, rest)| rest))
        .collect()
}

fn fits(template: &str, message: &str) -> bool {
    let mut rest = message;
    literals(template).into_iter().all(|literal| {
        let found = rest.split_once(literal);
        rest = found.map_or("", |(_, after)| after);
        found.is_some()
    })
}
