//! Rows of sheets without people: by what each column holds.
//!
//! In: a row of a sheet. Out: the same with tokens.

use crate::report::anonymise::Anonymiser;
use crate::report::sheets::{SheetCell, SheetKind, SheetName};

/// Codes whose findings are about people that no environment need know.
const ABOUT_PEOPLE: [&str; 7] = [
    "OWN", "STB", "ROL005", "ACC014", "ACC015", "ACC016", "ACC017",
];

/// Whether what a finding of this code is about may be somebody whom nothing else names.
pub(super) fn is_about_people(code: &str) -> bool {
    ABOUT_PEOPLE.iter().any(|start| code.starts_with(start))
}

impl Anonymiser {
    /// A row without people.
    pub(in crate::report) fn row(&self, sheet: SheetName, row: Vec<SheetCell>) -> Vec<SheetCell> {
        let columns = sheet.columns();
        let code = columns
            .iter()
            .position(|column| column.kind == SheetKind::Code)
            .and_then(|place| match row.get(place) {
                Some(SheetCell::Text(code)) => Some(code.clone()),
                _ => None,
            });
        let cells = row.into_iter().zip(columns);
        cells
            .map(|(cell, column)| match cell {
                SheetCell::Text(text) => SheetCell::text(match &code {
                    Some(code) if column.key == "subject" => self.subject(code, &text),
                    _ => self.of_kind(column.kind, &text),
                }),
                other => other,
            })
            .collect()
    }

    /// A text that holds something of a kind.
    pub fn of_kind(&self, kind: SheetKind, text: &str) -> String {
        match kind {
            SheetKind::Text
            | SheetKind::Number
            | SheetKind::Code
            | SheetKind::Severity
            | SheetKind::Answer
            | SheetKind::Id
            // They are made of values that are told one by one.
            | SheetKind::Values => text.to_owned(),
            SheetKind::Person => {
                let people = text.split("; ").map(|one| self.person(one));
                people.collect::<Vec<_>>().join("; ")
            }
            SheetKind::Address => self.whole(text),
            SheetKind::Cell | SheetKind::Ruling => self.cell(text),
            SheetKind::Prose => self.prose(text),
        }
    }

    /// What a finding is about.
    pub(in crate::report) fn subject(&self, code: &str, text: &str) -> String {
        let is_somebody = self.known.identity(text).is_some();
        if is_somebody || is_about_people(code) && self.known.places(text).is_empty() {
            self.cell(text)
        } else {
            self.label(text)
        }
    }
}
