//! One owner, one record, one user: everything that a plan says of it, and why.
//!
//! In: the sheets of a plan, and a name as somebody typed it. Out: what is known, as text, JSON and CSV made of the
//! same parts; or who may have been meant. Nothing is judged here.

mod found;
mod owner;
mod record;
mod user;

use std::collections::BTreeSet;
use std::io::{self, Write};

use serde::{Serialize, Serializer};

use crate::model::{comparison_key, guard_cell, parse_guid};
use crate::report::listing::Row;
use crate::report::page::{Page, visible};
use crate::report::sheets::{SheetCell, SheetKind, SheetName, Sheets};
use crate::report::table::{HEADING, counted, styled};

pub use owner::{OwnerView, SheetNote, owner_view};
pub use record::{RecordView, record_view};
pub use user::{UserView, user_view};

use found::Found;

/// How many near spellings are named.
const NEAR_MAX: usize = 6;

/// As like as this a text must be to be named.
const LIKENESS_MIN: f64 = 0.78;

/// What a typed name came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked<T> {
    /// One, and this is it.
    Found(T),
    /// Several bear it.
    Several(Vec<String>),
    /// Nobody does; these resemble it.
    Unknown(Vec<String>),
}

/// A row of a sheet that stays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Kept {
    sheet: SheetName,
    cells: Vec<SheetCell>,
}

impl Kept {
    fn row(&self) -> Row<'_> {
        Row::of(self.sheet, &self.cells)
    }

    fn all(sheet: SheetName, rows: Vec<Vec<SheetCell>>) -> Vec<Self> {
        let rows = rows.into_iter();
        rows.map(|cells| Self { sheet, cells }).collect()
    }
}

impl Serialize for Kept {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.row().serialize(serializer)
    }
}

/// A part of what is told: what of it, and the words.
struct Section {
    key: &'static str,
    title: String,
    lines: Vec<(String, String)>,
}

impl Section {
    fn new(key: &'static str, title: impl Into<String>) -> Self {
        Self {
            key,
            title: title.into(),
            lines: Vec::new(),
        }
    }

    /// Adds a line, where there is anything to say.
    fn line(&mut self, what: impl Into<String>, words: impl Into<String>) {
        let words = words.into();
        if !words.is_empty() {
            self.lines.push((what.into(), words));
        }
    }
}

/// What is told of one thing, ready to be written.
struct Told<'a> {
    heading: String,
    sections: Vec<Section>,
    findings: &'a [Found],
}

impl Told<'_> {
    fn text(&self, page: &mut Page<'_>) -> io::Result<()> {
        writeln!(page.out, "{}", styled(HEADING, visible(&self.heading)))?;
        for section in self.sections.iter().filter(|one| !one.lines.is_empty()) {
            if !section.title.is_empty() {
                writeln!(page.out, "\n{}", styled(HEADING, &section.title))?;
            }
            for (what, words) in &section.lines {
                let label = match what.as_str() {
                    "" => String::new(),
                    what => format!("{}: ", visible(what)),
                };
                page.paragraph(2, &label, words)?;
            }
        }
        if !self.findings.is_empty() {
            let count = counted(self.findings.len() as u64, "finding");
            let heading = format!("{count} about it");
            writeln!(page.out, "\n{}", styled(HEADING, heading))?;
        }
        for finding in self.findings {
            finding.text(page)?;
        }
        Ok(())
    }

    /// A line for each thing told: which part, what of it, the words.
    fn csv(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut table = csv::Writer::from_writer(out);
        let mut line = |cells: [&str; 3]| {
            let cells = cells.map(|cell| guard_cell(cell).into_owned());
            table.write_record(cells).map_err(io::Error::other)
        };
        line(["part", "what", "words"])?;
        line(["about", "", &self.heading])?;
        for section in &self.sections {
            for (what, words) in &section.lines {
                line([section.key, what, words])?;
            }
        }
        for finding in self.findings {
            line(["finding", &finding.code, &finding.message])?;
            for place in &finding.places {
                line(["finding at", &finding.code, place])?;
            }
            line(["finding's cure", &finding.code, &finding.cure])?;
        }
        table.flush()
    }
}

/// What was typed, as the sheets tell it: whoever looks for a person knows the name.
fn told(sheets: &Sheets<'_>, typed: &str) -> String {
    match sheets.anonymiser() {
        Some(anonymiser) => anonymiser.asked(typed),
        None => typed.to_owned(),
    }
}

/// Those that a typed text resembles, the likest first, as the sheets tell them. What is known is with its people:
/// nothing resembles a token.
fn near<'a>(
    sheets: &Sheets<'_>,
    typed: &str,
    known: impl Iterator<Item = (SheetKind, &'a str)>,
) -> Vec<String> {
    let near = alike(typed, known).into_iter();
    near.map(|(kind, text)| visible(&sheets.tell(kind, text.to_owned())))
        .collect()
}

fn alike<'a>(
    typed: &str,
    known: impl Iterator<Item = (SheetKind, &'a str)>,
) -> Vec<(SheetKind, &'a str)> {
    let typed = comparison_key(typed);
    let mut seen = BTreeSet::new();
    let mut alike: Vec<(f64, SheetKind, &str)> = Vec::new();
    for (kind, text) in known {
        let key = comparison_key(text);
        if key.is_empty() || !seen.insert(key.clone()) {
            continue;
        }
        // Somebody who types a part means the whole.
        let likeness = if key.contains(&typed) {
            1.0
        } else {
            // Of an address the part before the `@` is like a name.
            let local = key
                .split('@')
                .next()
                .unwrap_or(&key)
                .replace(['.', '_'], " ");
            strsim::jaro_winkler(&typed, &key).max(strsim::jaro_winkler(&typed, &local))
        };
        if likeness >= LIKENESS_MIN {
            alike.push((likeness, kind, text));
        }
    }
    alike.sort_by(|left, right| right.0.total_cmp(&left.0).then(left.2.cmp(right.2)));
    let alike = alike.into_iter().take(NEAR_MAX);
    alike.map(|(_, kind, text)| (kind, text)).collect()
}

/// The key by which an owner is the same in every sheet: some write `team Sales` and some `Sales`, and somebody
/// without a UPN is written with an id or without.
fn owner_key(label: &str) -> String {
    let label = label.strip_prefix("team ").unwrap_or(label);
    let bare = label.strip_suffix('>').and_then(|rest| {
        let (name, id) = rest.rsplit_once(" <")?;
        parse_guid(id).map(|_| name)
    });
    comparison_key(bare.unwrap_or(label))
}

/// Name and UPN of a label such as `Ana Costa <ana@contoso.com>`; the whole where it has no two.
fn parts(label: &str) -> Vec<&str> {
    match label
        .strip_suffix('>')
        .and_then(|rest| rest.rsplit_once(" <"))
    {
        Some((name, upn)) => vec![label, name, upn],
        None => vec![label, label.strip_prefix("team ").unwrap_or(label)],
    }
}

/// The table that a holding is of, and how far its records are, where that is known.
fn holding_label(row: Row<'_>) -> String {
    match row.text("status") {
        "" => row.text("table").to_owned(),
        status => format!("{}, {status}", row.text("table")),
    }
}

/// What an owner holds of a table before and after, in words.
fn holding_words(row: Row<'_>) -> String {
    let count = |key| row.number(key).unwrap_or(0);
    let moved = format!(
        "{} given away, {} received",
        count("gone"),
        counted(count("come"), "record")
    );
    match (row.number("before"), row.number("after")) {
        (Some(before), Some(after)) => format!("{before} before, {moved}, {after} after"),
        _ => format!("{moved}; how many before is not known, as the table was not loaded"),
    }
}

/// Where a row of an export asks for something.
fn source(row: Row<'_>) -> String {
    match (row.text("file"), row.number("row")) {
        ("", _) => String::new(),
        (file, Some(number)) => format!("{file}, row {number}"),
        (file, None) => file.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{alike, owner_key};
    use crate::report::sheets::SheetKind;

    #[test]
    #[rustfmt::skip] // keeps the columns of the table
    fn near_spellings() {
        let known = ["Karl Meier", "karl.meier@contoso.com", "Ana Costa", "KARL MEIER", ""];
        //    typed            named
        check("Karl Mayer",    &known, &["Karl Meier", "karl.meier@contoso.com"]);
        check("costa",         &known, &["Ana Costa"]);
        check("Zzyzx",         &known, &[]);
        check("Karl Meir",     &known, &["Karl Meier", "karl.meier@contoso.com"]);
    }

    #[track_caller]
    fn check(typed: &str, known: &[&str], expected: &[&str]) {
        let known = known.iter().map(|text| (SheetKind::Cell, *text));
        let alike = alike(typed, known).into_iter();
        let texts: Vec<&str> = alike.map(|(_, text)| text).collect();
        assert_eq!(texts, expected, "{typed}");
    }

    #[test]
    fn one_owner_has_one_key() {
        let same = |left: &str, right: &str| assert_eq!(owner_key(left), owner_key(right));
        same("team Sales", "Sales");
        same("Bo <00000000-0000-0000-0000-00000000000a>", "Bo");
        same("Ana Costa <Ana@contoso.com>", "ana costa <ana@contoso.com>");
        assert_ne!(owner_key("Ana <a@x>"), owner_key("Ana <b@x>"));
    }
}
