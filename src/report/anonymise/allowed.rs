//! What is about nobody: names of the environment and of the project, and words of the product itself.
//!
//! In: a plan's document and the fields of its environment. Out: whether a text is one of them, so that it stays.

use std::collections::BTreeMap;

use crate::model::{Code, comparison_key};
use crate::plan::{Document, Fields};
use crate::report::sheets::SheetName;

/// Words of the product that messages quote, beside those of the rules' cures.
const WORDS: &[&str] = &[
    ";",
    ",",
    "|",
    "administrators",
    "basic",
    "cutover.toml",
    "deep",
    "delimiter",
    "directory",
    "encoding",
    "fallback",
    "global",
    "groups",
    "leave",
    "licences",
    "local",
    "organisation",
    "owners.csv",
    "read",
    "read-write",
    "rulings",
    "ruling",
    "settings",
    "sheet",
    "stub",
    "unit",
    "unit-and-below",
    "user",
    "users",
];

/// What the names of licences begin with.
const PRODUCTS: &[&str] = &[
    "Dynamics 365",
    "Microsoft",
    "Office 365",
    "Power Apps",
    "Power Platform",
];

/// Texts that name nobody: as written, by comparison key.
#[derive(Debug)]
pub(super) struct Allowed(BTreeMap<String, String>);

impl Allowed {
    /// Those of a list.
    #[cfg(test)]
    pub(super) fn listed(texts: &[&str]) -> Self {
        let texts = texts.iter();
        Self(
            texts
                .map(|text| (comparison_key(text), (*text).to_owned()))
                .collect(),
        )
    }

    /// The product's own words alone.
    pub(super) fn words() -> Self {
        let words = WORDS.iter();
        Self(
            words
                .map(|text| (comparison_key(text), (*text).to_owned()))
                .collect(),
        )
    }

    pub(super) fn of(document: &Document, fields: &Fields) -> Self {
        let mut texts: BTreeMap<String, String> = BTreeMap::new();
        let mut add = |text: &str| {
            texts.insert(comparison_key(text), text.trim().to_owned());
        };
        WORDS.iter().copied().for_each(&mut add);
        for sheet in SheetName::ALL {
            add(sheet.title());
        }
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
            || PRODUCTS.iter().any(|product| text.starts_with(product))
            || self.0.contains_key(&comparison_key(text))
    }

    /// Names of several words, as they are written: one of the words may be somebody's.
    pub(super) fn texts(&self) -> impl Iterator<Item = &str> {
        let texts = self.0.values().map(String::as_str);
        texts.filter(|text| text.contains(' '))
    }
}
