//! Why changes did not come out as planned, each cause once.
//!
//! In: refusals, drift and what was left for want of another, change by change. Out: causes with how many changes each
//! has and the first of them. Refusals have one cause where code and words are the same but for ids, addresses and
//! numbers. What can be done about a cause is `report/`'s to say.

use std::collections::BTreeMap;

use crate::apply::entry::State;
use crate::model::{ChangeKind, Outcome, Present, Seq, ServiceCode};

/// Changes named of a cause; all are counted.
const NAMED: usize = 3;

/// Causes kept apart: where the service words each refusal in its own way, the rest goes by code alone.
const CAUSES_MAX: usize = 200;

/// What some changes have in common that did not come out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    /// What was to be done.
    pub kind: ChangeKind,
    /// How many changes.
    pub count: u64,
    /// How the first of them ended.
    pub outcome: Outcome,
    /// The first of them, by number.
    pub first: Vec<Seq>,
    /// To whom or what, in the same order.
    pub about: Vec<String>,
}

/// What makes two outcomes one cause.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    kind: ChangeKind,
    state: State,
    code: Option<ServiceCode>,
    shape: String,
}

/// Causes being gathered.
#[derive(Debug, Default)]
pub(super) struct Gathered(BTreeMap<Key, Cause>);

impl Gathered {
    /// Takes in a change that did not come out.
    pub(super) fn add(&mut self, seq: Seq, kind: ChangeKind, outcome: Outcome) {
        let mut key = Key::of(kind, &outcome);
        if self.0.len() >= CAUSES_MAX && !self.0.contains_key(&key) {
            key.shape.clear();
        }
        let cause = self.0.entry(key).or_insert_with(|| Cause {
            kind,
            count: 0,
            outcome,
            first: Vec::new(),
            about: Vec::new(),
        });
        cause.count += 1;
        if cause.first.len() < NAMED {
            cause.first.push(seq);
        }
    }

    /// All causes, the most frequent first.
    pub(super) fn causes(self) -> Vec<Cause> {
        let mut causes: Vec<Cause> = self.0.into_values().collect();
        causes.sort_by_key(|cause| std::cmp::Reverse(cause.count));
        causes
    }
}

impl Key {
    fn of(kind: ChangeKind, outcome: &Outcome) -> Self {
        let (code, shape) = match outcome {
            Outcome::Failed(refusal) => (Some(refusal.code), shape(&refusal.message)),
            Outcome::Drifted(Present::Absent) => (None, "gone".to_owned()),
            _ => (None, String::new()),
        };
        Self {
            kind,
            state: State::of(outcome),
            code,
            shape,
        }
    }
}

/// Words without what is each change's own: ids, addresses, numbers.
fn shape(message: &str) -> String {
    let is_part = |letter: char| letter.is_alphanumeric() || "@-_.".contains(letter);
    let mut shape = String::with_capacity(message.len());
    let mut rest = message;
    while !rest.is_empty() {
        let end = rest.find(|letter| !is_part(letter)).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        let is_own = word.contains('@') || word.chars().any(|letter| letter.is_ascii_digit());
        shape.push_str(if is_own { "*" } else { word });
        let next = after.find(is_part).unwrap_or(after.len());
        shape.push_str(&after[..next]);
        rest = &after[next..];
    }
    shape
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Refusal;

    #[test]
    #[rustfmt::skip] // keeps the columns of the table
    fn words_have_a_shape() {
        check("",                                     "");
        check("no role",                              "no role");
        check("user (Id=0d5f-11, type=8) is out",     "user (Id=*, type=*) is out");
        check("ana@contoso.com is there already.",    "* is there already.");
        check("the user 'Ana' of 3 units",            "the user 'Ana' of * units");
        check("nach 5 Sekunden – Ünïcode",            "nach * Sekunden – Ünïcode");
    }

    #[track_caller]
    fn check(message: &str, expected: &str) {
        assert_eq!(shape(message), expected, "{message}");
    }

    fn refused(code: u32, message: &str) -> Outcome {
        Outcome::Failed(Refusal {
            code: ServiceCode(code),
            message: message.to_owned(),
        })
    }

    #[test]
    fn one_cause_has_one_entry() {
        let mut gathered = Gathered::default();
        for seq in 0..5 {
            let words = format!("user {seq} has no role");
            gathered.add(Seq(seq), ChangeKind::AssignRecord, refused(1, &words));
        }
        gathered.add(
            Seq(5),
            ChangeKind::AssignRecord,
            refused(2, "user 5 has no role"),
        );
        gathered.add(Seq(6), ChangeKind::AssignRecord, Outcome::Skipped);
        gathered.add(Seq(7), ChangeKind::GiveRole, Outcome::Skipped);
        let causes = gathered.causes();
        let counts: Vec<u64> = causes.iter().map(|cause| cause.count).collect();
        assert_eq!(counts, [5, 1, 1, 1]);
        assert_eq!(causes[0].first, [Seq(0), Seq(1), Seq(2)]);
    }

    #[test]
    fn causes_are_few_however_the_service_words_them() {
        let mut gathered = Gathered::default();
        let mut word = String::new();
        for seq in 0..1_000 {
            word.push('a');
            gathered.add(Seq(seq), ChangeKind::AssignRecord, refused(1, &word));
        }
        let causes = gathered.causes();
        assert!(causes.len() <= CAUSES_MAX + 1, "{}", causes.len());
        assert_eq!(causes.iter().map(|cause| cause.count).sum::<u64>(), 1_000);
    }
}
