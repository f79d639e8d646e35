//! What is about nobody: names of the environment and of the project, and words of the product itself.
//!
//! In: a plan's document and the fields of its environment. Out: whether a text is one of them, so that it stays.

use std::collections::BTreeSet;

use crate::model::{Code, comparison_key};
use crate::plan::{Document, Fields};

/// Words of the product that messages quote, beside those of the rules' cures.
const WORDS: &[&str] = &[
    "cutover.toml",
    "fallback",
    "leave",
    "owners.csv",
    "read-write",
    "ruling",
    "stub",
];

/// Texts that name nobody.
#[derive(Debug)]
pub(super) struct Allowed(BTreeSet<String>);

impl Allowed {
    /// Those of a list.
    #[cfg(test)]
    pub(super) fn listed(texts: &[&str]) -> Self {
        Self(texts.iter().map(|text| comparison_key(text)).collect())
    }

    pub(super) fn of(document: &Document, fields: &Fields) -> Self {
        let mut texts: BTreeSet<String> = BTreeSet::new();
        let mut add = |text: &str| {
            texts.insert(comparison_key(text));
        };
        WORDS.iter().copied().for_each(&mut add);
        for code in Code::ALL {
            add(code.as_str());
            // What a cure puts in quotes is a key, a file or a command; names are in examples.
            let quoted = code.rule().cure.split('`').skip(1).step_by(2);
            quoted.filter(|word| !word.contains('@')).for_each(&mut add);
        }
        for input in &document.inputs {
            add(&input.name);
            input.headers.iter().for_each(|header| add(header));
            input
                .sheet
                .iter()
                .chain(&input.table)
                .for_each(|name| add(name));
            add(&input.encoding);
        }
        for subject in fields.subjects() {
            let Some(row) = subject.rows().next().filter(|row| row.kind != "user") else {
                continue;
            };
            add(row.label);
            add(row.id);
            if row.kind == "team" {
                add(&format!("team {}", row.label));
            }
        }
        document.roles.iter().for_each(|role| add(&role.role));
        document.default_role.iter().for_each(|role| add(role));
        Self(texts)
    }

    /// Whether a text, as a whole, names nobody.
    pub(super) fn names(&self, text: &str) -> bool {
        let text = text.trim();
        text.starts_with("prv") && text.chars().all(char::is_alphanumeric)
            || self.0.contains(&comparison_key(text))
    }
}
