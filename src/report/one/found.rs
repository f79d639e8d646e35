//! The findings about one thing, with the places that name it.
//!
//! In: the sheet of findings, and what makes a place one of these. Out: findings, each once.

use std::collections::BTreeSet;
use std::io;

use serde::Serialize;

use crate::model::{comparison_key, reference_key, unticked};
use crate::plan::Document;
use crate::report::ReportError;
use crate::report::findings::finding_head;
use crate::report::listing::{Row, each_row};
use crate::report::page::{Page, clause};
use crate::report::sheets::{SheetName, Sheets};
use crate::report::table::counted;

/// Places that text shows of a finding.
const PLACES_SHOWN: usize = 5;

/// Places that are kept of a finding; all are counted.
const PLACES_MAX: usize = 1_000;

/// A finding, as far as it is about one thing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Found {
    pub(super) severity: String,
    pub(super) code: String,
    accepted: bool,
    subject: String,
    pub(super) message: String,
    pub(super) cure: String,
    /// Places of it that are about this.
    count: u64,
    /// The first of them.
    pub(super) places: Vec<String>,
}

/// Those findings of which at least one place is wanted.
pub(super) fn findings_where(
    sheets: &Sheets<'_>,
    wanted: &dyn Fn(Row<'_>) -> bool,
) -> Result<Vec<Found>, ReportError> {
    let mut all: Vec<Found> = Vec::new();
    each_row(sheets, SheetName::Findings, &mut |cells| {
        let row = Row::of(SheetName::Findings, &cells);
        if !wanted(row) {
            return Ok(());
        }
        let place = place(sheets.document(), row);
        let same = |last: &&mut Found| {
            last.code == row.text("code")
                && last.subject == row.text("subject")
                && last.message == row.text("message")
        };
        if let Some(last) = all.last_mut().filter(same) {
            last.count += 1;
            if last.places.len() < PLACES_MAX {
                last.places.extend(place);
            }
        } else {
            all.push(Found {
                severity: row.text("severity").to_owned(),
                code: row.text("code").to_owned(),
                accepted: row.text("accepted") == "yes",
                subject: row.text("subject").to_owned(),
                message: row.text("message").to_owned(),
                cure: row.text("cure").to_owned(),
                count: u64::from(place.is_some()),
                places: place.into_iter().collect(),
            });
        }
        Ok(())
    })?;
    Ok(all)
}

/// A place in words; none for a finding as a whole.
fn place(document: &Document, row: Row<'_>) -> Option<String> {
    let file = row.text("file");
    if file.is_empty() {
        return None;
    }
    let mut words = vec![file.to_owned()];
    let input = document.inputs.iter().find(|input| input.name == file);
    if let Some(sheet) = input.and_then(|input| input.sheet.as_ref()) {
        words.push(format!("sheet {sheet}"));
    }
    match (row.number("row"), row.number("line")) {
        (Some(number), Some(line)) if line != number => {
            words.push(format!("row {number} (line {line})"));
        }
        (Some(number), _) => words.push(format!("row {number}")),
        (None, _) => {}
    }
    if !row.text("column").is_empty() {
        words.push(format!("column {}", row.text("column").trim()));
    }
    let cell = match row.text("cell") {
        "" => String::new(),
        cell => format!(": {cell}"),
    };
    Some(words.join(", ") + &cell)
}

impl Found {
    pub(super) fn text(&self, page: &mut Page<'_>) -> io::Result<()> {
        let (code, severity) = (&self.code, &self.severity);
        finding_head(page, code, severity, self.accepted, &self.subject)?;
        page.paragraph(6, "", &self.message)?;
        for place in self.places.iter().take(PLACES_SHOWN) {
            page.faint(6, &format!("at {place}"))?;
        }
        let shown = self.places.len().min(PLACES_SHOWN) as u64;
        if self.count > shown {
            let more = counted(self.count - shown, "more row");
            page.faint(6, &format!("and {more}"))?;
        }
        if self.severity != "note" {
            page.paragraph(6, "cure: ", &clause(&self.cure))?;
        }
        Ok(())
    }
}

/// Whether a place is about somebody with these keys: as its subject, in its cell, or by their UPN in its words.
pub(super) fn is_about(row: Row<'_>, keys: &BTreeSet<String>, upn: &str) -> bool {
    let holds = |text: &str| !text.is_empty() && keys.contains(&comparison_key(text));
    let [subject, cell, message] = ["subject", "cell", "message"].map(|key| row.text(key));
    holds(subject) || holds(cell) || names(subject, upn) || names(message, upn)
}

/// Whether a place is about an owner reference.
pub(super) fn is_about_reference(row: Row<'_>, key: &str) -> bool {
    let is = |text: &str| !text.is_empty() && reference_key(text) == key;
    is(row.text("subject")) || is(row.text("cell"))
}

/// Whether words name an address, as a whole.
pub(super) fn names(words: &str, address: &str) -> bool {
    let (words, address) = (words.to_lowercase(), unticked(address).to_lowercase());
    let is_part = |letter: char| letter.is_alphanumeric() || "@._-".contains(letter);
    !address.is_empty()
        && words.match_indices(&address).any(|(at, found)| {
            let after = words[at + found.len()..].trim_start_matches('.');
            !words[..at].ends_with(is_part) && !after.starts_with(is_part)
        })
}

#[cfg(test)]
mod tests {
    use super::names;

    #[test]
    #[rustfmt::skip] // keeps the columns of the table
    fn an_address_is_named_as_a_whole() {
        check("it is Ana <ana@contoso.com>.",   "ana@contoso.com", true);
        check("it is ANA@contoso.com",          "ana@contoso.com", true);
        check("it is ana@contoso.com.",         "ana@contoso.com", true);
        check("it is juliana@contoso.com",      "ana@contoso.com", false);
        check("it is ana@contoso.community",    "ana@contoso.com", false);
        check("it is nobody",                   "",                false);
    }

    #[track_caller]
    fn check(words: &str, address: &str, expected: bool) {
        assert_eq!(names(words, address), expected, "{address} in {words}");
    }
}
