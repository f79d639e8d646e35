//! Findings: what is wrong or worth knowing, with every place.
//!
//! In: what the rooms meet, in any order. Out: one finding per code and subject, with its exact count
//! and places, in one fixed order. Whether a finding stops anything is said by its rule.

use std::collections::BTreeMap;

use crate::model::{Accept, Code, Place, Places, Severity};

/// One finding: a rule spoke about one subject, at `count` places.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The rule's code.
    pub code: Code,
    /// Whom or what it is about: a reference, a user, a role, a file. Shown to people.
    pub subject: String,
    /// What was found and what was expected.
    pub message: String,
    /// What to do.
    pub cure: String,
    /// How many rows it concerns, or people where it speaks of people (1 where it concerns neither: a fault
    /// of the environment).
    pub count: u64,
    /// Changes that fell because this one did, and got no finding of their own.
    pub blocks: u64,
    /// All its places, in the order of files and rows once [`Findings::finish`] ran.
    pub places: Places,
    /// Whether the manifest accepts it, so that its rows are kept out rather than stopped.
    pub accepted: bool,
}

impl Finding {
    /// The rule's severity.
    pub fn severity(&self) -> Severity {
        self.code.rule().severity
    }

    /// Names the way out that the rule allows, where the cure does not.
    fn say_keep_out(&mut self) {
        if self.code.rule().keep_out && !self.cure.contains("keep out") {
            let cure = self.cure.trim_end_matches('.');
            self.cure = format!(
                "{cure}; or set `{} = \"keep out\"` under `[accept]`",
                self.code
            );
        }
    }

    /// Whether it forbids that the plan is applied.
    pub fn stops(&self) -> bool {
        self.severity() == Severity::Error && !self.accepted
    }
}

/// A finding's handle within one [`Findings`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FindingId(usize);

/// Findings being collected.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    list: Vec<Finding>,
    index: BTreeMap<(Code, String), FindingId>,
}

impl Findings {
    /// The finding of `code` about `subject`; made with this message and cure if it is new.
    ///
    /// It has no place yet: add each with [`Findings::place`].
    pub fn about(
        &mut self,
        code: Code,
        subject: &str,
        message: impl FnOnce() -> String,
        cure: impl FnOnce() -> String,
    ) -> FindingId {
        if let Some(id) = self.index.get(&(code, subject.to_owned())) {
            return *id;
        }
        let id = FindingId(self.list.len());
        self.list.push(Finding {
            code,
            subject: subject.to_owned(),
            message: message(),
            cure: cure(),
            count: 0,
            blocks: 0,
            places: Places::default(),
            accepted: false,
        });
        self.index.insert((code, subject.to_owned()), id);
        id
    }

    /// Adds one place.
    pub fn place(&mut self, id: FindingId, place: Place) {
        let finding = &mut self.list[id.0];
        finding.count += 1;
        finding.places.push(place);
    }

    /// Adds many places.
    pub fn places(&mut self, id: FindingId, places: Places) {
        let finding = &mut self.list[id.0];
        finding.count += places.len() as u64;
        finding.places.append(places);
    }

    /// Counts people, or whatever else it concerns that has no place in an export.
    pub fn people(&mut self, id: FindingId, count: u64) {
        self.list[id.0].count += count;
    }

    /// Counts changes that fell because of this finding.
    pub fn blocks(&mut self, id: FindingId, changes: u64) {
        self.list[id.0].blocks += changes;
    }

    /// The finding of `code` about `subject`, if it was met.
    pub fn find(&self, code: Code, subject: &str) -> Option<FindingId> {
        self.index.get(&(code, subject.to_owned())).copied()
    }

    /// Takes over all of `other`.
    pub fn merge(&mut self, other: Self) {
        for finding in other.list {
            let Finding {
                code,
                subject,
                message,
                cure,
                count,
                blocks,
                places,
                ..
            } = finding;
            let id = self.about(code, &subject, || message, || cure);
            let mine = &mut self.list[id.0];
            mine.count += count;
            mine.blocks += blocks;
            mine.places.append(places);
        }
    }

    /// Everything met so far, in the order met.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Finding> {
        self.list.iter()
    }

    /// Ends the collection: sorted by severity, code and subject, places in file order, accepted ones
    /// marked, and a count of at least 1 each.
    pub fn finish(self, accept: &Accept) -> Vec<Finding> {
        let mut list = self.list;
        for finding in &mut list {
            finding.places.sort();
            finding.count = finding.count.max(1);
            finding.accepted = accept.keep_out.contains(&finding.code);
            finding.say_keep_out();
        }
        list.sort_by(|left, right| {
            let key = |finding: &Finding| (finding.severity(), finding.code);
            key(left)
                .cmp(&key(right))
                .then_with(|| left.subject.cmp(&right.subject))
        });
        list
    }
}
