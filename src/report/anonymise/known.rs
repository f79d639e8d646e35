//! Whom a plan knows: every text that is a person's name, address or id, and which of them are one person's.
//!
//! In: the fields of the environment's users, stub users, owner references, readiness and holdings. Out: who a text
//! is, and where in a sentence such texts stand.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use aho_corasick::{AhoCorasick, MatchKind};

use crate::model::{Stage, Write, comparison_key, reference_key, unticked};
use crate::plan::{Fields, SealedPlan};
use crate::report::ReportError;
use crate::report::anonymise::allowed::Allowed;

/// Shorter texts are looked for as whole cells only: in a sentence they are anything.
const LETTERS_MIN: usize = 3;

/// Users of the service itself, who are in every environment and nobody.
const BUILT_IN: [&str; 2] = ["SYSTEM", "INTEGRATION"];

/// Fields of a user that say who it is.
const NAMES: [(&str, Sort); 6] = [
    ("upn", Sort::Name),
    ("mail", Sort::Name),
    ("mail2", Sort::Name),
    ("mobile_alert_mail", Sort::Name),
    ("full_name", Sort::Name),
    ("employee_id", Sort::Id),
];

/// What a text is to whom it is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sort {
    /// A name or an address; the sign in an address tells them apart.
    Name,
    /// An id of another system.
    Id,
}

/// The people of a plan.
#[derive(Debug)]
pub(super) struct Known {
    /// Who a text is, by its comparison key.
    identities: BTreeMap<String, (String, Sort)>,
    /// The texts as they are written, longest first where several begin at one place.
    finder: AhoCorasick,
}

/// Texts being gathered.
#[derive(Default)]
struct Gathered {
    identities: BTreeMap<String, (String, Sort)>,
    texts: Vec<String>,
}

impl Gathered {
    /// Notes that a text is somebody. Who is met twice by one name is known by that name alone from then on.
    fn note(&mut self, text: &str, sort: Sort, identity: &str) {
        let text = text.trim();
        if text.is_empty() || BUILT_IN.contains(&text) {
            return;
        }
        let key = comparison_key(text);
        match self.identities.get(&key) {
            Some((known, _)) if known == identity => return,
            Some(_) => self.identities.insert(key.clone(), (key, sort)),
            None => self.identities.insert(key, (identity.to_owned(), sort)),
        };
        if text.chars().count() >= LETTERS_MIN && text.chars().any(char::is_alphabetic) {
            self.texts.push(text.to_owned());
            // As messages write it, whose backticks are quotes and nothing else.
            self.texts.push(unticked(text).into_owned());
        }
    }

    /// Notes `Ana Costa <ana@contoso.com>`, or a name alone; teams are nobody.
    fn note_named(&mut self, text: &str) {
        match split_named(text) {
            Some((name, address)) => {
                let identity = comparison_key(address);
                self.note(address, Sort::Name, &identity);
                self.note(name, Sort::Name, &identity);
            }
            None if !text.starts_with("team ") => {
                self.note(text, Sort::Name, &comparison_key(text));
            }
            None => {}
        }
    }
}

impl Gathered {
    /// `allowed` are found too, so that a name within one of them is not taken for somebody.
    fn finish<'a>(mut self, allowed: impl Iterator<Item = &'a str>) -> Result<Known, ReportError> {
        let is_long = |text: &&str| text.chars().count() >= LETTERS_MIN;
        self.texts
            .extend(allowed.filter(is_long).map(str::to_owned));
        self.texts.sort_unstable();
        self.texts.dedup();
        let mut finder = AhoCorasick::builder();
        finder
            .match_kind(MatchKind::LeftmostLongest)
            .ascii_case_insensitive(true);
        // Without it somebody would be named where nobody may be.
        let finder = finder.build(&self.texts);
        Ok(Known {
            identities: self.identities,
            finder: finder.map_err(|_| ReportError::TooManyNames)?,
        })
    }
}

/// The name and the address of `Ana Costa <ana@contoso.com>`.
pub(super) fn split_named(text: &str) -> Option<(&str, &str)> {
    let (name, rest) = text.rsplit_once(" <")?;
    let address = rest.strip_suffix('>')?;
    (!name.is_empty() && !address.is_empty()).then_some((name, address))
}

/// The name of somebody who was near, without what was near: `Ana Costa <..> (UPN ..)`.
pub(super) fn split_near(text: &str) -> (&str, &str) {
    match text.find("> (") {
        Some(place) if text.ends_with(')') => text.split_at(place + 1),
        _ => (text, ""),
    }
}

impl Known {
    /// Nobody at all.
    pub(super) fn nobody() -> Result<Self, ReportError> {
        Gathered::default().finish(std::iter::empty())
    }

    /// Those of a list, as reports name them.
    #[cfg(test)]
    pub(super) fn listed(named: &[&str], allowed: &Allowed) -> Self {
        let mut gathered = Gathered::default();
        for one in named {
            gathered.note_named(one);
        }
        gathered.finish(allowed.texts()).expect("few names")
    }

    pub(super) fn of(
        plan: &SealedPlan,
        fields: &Fields,
        allowed: &Allowed,
    ) -> Result<Self, ReportError> {
        let mut gathered = Gathered::default();
        users(fields, &mut gathered);
        stub_users(plan, &mut gathered)?;
        plan.readiness(&mut |row| {
            let identity = comparison_key(if row.upn.is_empty() {
                &row.name
            } else {
                &row.upn
            });
            gathered.note(&row.upn, Sort::Name, &identity);
            gathered.note(&row.name, Sort::Name, &identity);
        })?;
        plan.owners(&mut |line| {
            gathered.note_named(&line.owner_name);
            for candidate in &line.candidates {
                gathered.note_named(candidate);
            }
            for near in &line.near_misses {
                gathered.note_named(split_near(near).0);
            }
            let key = comparison_key(&line.reference);
            // A reference is the person whom it names by name, address or id, or a team; else somebody of its own.
            if !gathered.identities.contains_key(&key) && !allowed.names(&line.reference) {
                let identity = reference_key(&line.reference);
                gathered.note(&line.reference, Sort::Name, &identity);
            }
            ControlFlow::Continue(())
        })?;
        plan.holdings(&mut |holding| {
            gathered.note_named(&holding.name);
            ControlFlow::Continue(())
        })?;
        gathered.finish(allowed.texts())
    }

    /// Who a text is, as a whole.
    pub(super) fn identity(&self, text: &str) -> Option<(&str, Sort)> {
        let known = self.identities.get(&comparison_key(text));
        known.map(|(identity, sort)| (identity.as_str(), *sort))
    }

    /// Where in a sentence somebody is named, first to last; places do not overlap, and end at the ends of words.
    pub(super) fn places(&self, text: &str) -> Vec<(usize, usize)> {
        let ends_word = |place: usize| {
            let (before, after) = text.split_at(place);
            let is_of_word = |letter: Option<char>| letter.is_some_and(char::is_alphanumeric);
            !(is_of_word(before.chars().next_back()) && is_of_word(after.chars().next()))
        };
        let found = self.finder.find_iter(text);
        found
            .map(|one| (one.start(), one.end()))
            .filter(|(start, end)| ends_word(*start) && ends_word(*end))
            .collect()
    }
}

fn users(fields: &Fields, gathered: &mut Gathered) {
    for subject in fields.subjects() {
        let rows: Vec<_> = subject.rows().collect();
        let Some(first) = rows.first().filter(|row| row.kind == "user") else {
            continue;
        };
        let upn = rows.iter().find(|row| row.field == "upn");
        let upn = upn.map(|row| row.value).filter(|upn| !upn.is_empty());
        let identity = comparison_key(upn.unwrap_or(first.id));
        gathered.note(first.label, Sort::Name, &identity);
        for row in &rows {
            if let Some((_, sort)) = NAMES.iter().find(|(field, _)| *field == row.field) {
                gathered.note(row.value, *sort, &identity);
            }
        }
    }
}

fn stub_users(plan: &SealedPlan, gathered: &mut Gathered) -> Result<(), ReportError> {
    let stages = plan.stages();
    for stage in stages
        .iter()
        .filter(|stage| stage.stage == Stage::StubUsers)
    {
        plan.changes(stage, 1_024, &mut |batch| {
            for change in batch {
                if let Write::CreateStub(stub) = change.write {
                    let identity = comparison_key(&stub.upn);
                    for text in [&stub.upn, &stub.mail, &stub.full_name] {
                        gathered.note(text, Sort::Name, &identity);
                    }
                    if let Some(id) = &stub.employee_id {
                        gathered.note(id, Sort::Id, &identity);
                    }
                }
            }
            ControlFlow::Continue(())
        })?;
    }
    Ok(())
}
