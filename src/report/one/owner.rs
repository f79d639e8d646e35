//! One owner reference, or one who gets records: what became of it, who decided, and what the new owner holds.
//!
//! In: the sheets, the reference as typed, and what a person wrote beside it in the owners sheet. Out: every reference
//! that was meant, the new owners with what they hold, and the findings about them.

use std::collections::BTreeSet;
use std::io::{self, Write};

use serde::Serialize;

use crate::model::{Code, comparison_key, reference_key};
use crate::report::ReportError;
use crate::report::listing::{Row, all_rows};
use crate::report::one::found::{Found, findings_where, is_about, is_about_reference};
use crate::report::one::{
    Asked, Kept, Section, Told, holding_label, holding_words, near, owner_key, parts, told,
};
use crate::report::page::{Page, visible};
use crate::report::sheets::{SheetKind, SheetName, Sheets};
use crate::report::table::thousands;

/// References that text tells of one who gets records.
const REFERENCES_SHOWN: usize = 200;

/// What stands beside a reference in the owners sheet, in the columns that are a person's: header and cell.
pub type SheetNote = Vec<(String, String)>;

/// One owner reference and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Reference {
    #[serde(flatten)]
    line: Kept,
    /// What a person wrote beside it, by header.
    written: Vec<Written>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Written {
    header: String,
    cell: String,
}

/// What a plan says of an owner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OwnerView {
    asked: String,
    references: Vec<Reference>,
    /// What stands in the owners sheet beside a reference that no row of the exports holds.
    unused: Vec<Written>,
    /// What the new owners hold, a row for each table.
    holdings: Vec<Kept>,
    findings: Vec<Found>,
}

/// Looks up an owner: a reference as written, or one who gets records, and then every reference that leads to them.
pub fn owner_view(
    sheets: &Sheets<'_>,
    typed: &str,
    note: &dyn Fn(&str) -> SheetNote,
) -> Result<Asked<OwnerView>, ReportError> {
    let asked = told(sheets, typed);
    let key = reference_key(&asked);
    let mut lines = all_rows(sheets, SheetName::Owners, &|row| {
        reference_key(row.text("reference")) == key
    })?;
    if lines.is_empty() {
        let name = comparison_key(&asked);
        lines = all_rows(sheets, SheetName::Owners, &|row| {
            let owner = row.text("owner");
            !owner.is_empty() && parts(owner).iter().any(|one| comparison_key(one) == name)
        })?;
    }
    if lines.is_empty() {
        return without_rows(sheets, typed, note(typed));
    }
    let references = Kept::all(SheetName::Owners, lines).into_iter();
    let references = references.map(|line| Reference {
        written: written(note(line.row().text("reference"))),
        line,
    });
    Ok(Asked::Found(view(sheets, &asked, references.collect())?))
}

/// A reference that no row holds: the owners sheet may still know it.
fn without_rows(
    sheets: &Sheets<'_>,
    typed: &str,
    note: SheetNote,
) -> Result<Asked<OwnerView>, ReportError> {
    let asked = told(sheets, typed);
    let key = reference_key(&asked);
    let findings = findings_where(sheets, &|row| is_about_reference(row, &key))?;
    if note.is_empty() && findings.is_empty() {
        let all = all_rows(&sheets.with_people()?, SheetName::Owners, &|_| true)?;
        let rows = || all.iter().map(|cells| Row::of(SheetName::Owners, cells));
        let references = rows().map(|row| (SheetKind::Cell, row.text("reference")));
        let owners = rows().flat_map(|row| parts(row.text("owner")));
        let owners = owners.map(|owner| (SheetKind::Person, owner));
        let near = near(sheets, typed, references.chain(owners));
        return Ok(Asked::Unknown(near));
    }
    Ok(Asked::Found(OwnerView {
        asked,
        references: Vec::new(),
        unused: written(note),
        holdings: Vec::new(),
        findings,
    }))
}

fn written(note: SheetNote) -> Vec<Written> {
    let cells = note.into_iter();
    cells
        .map(|(header, cell)| Written { header, cell })
        .collect()
}

fn view(
    sheets: &Sheets<'_>,
    typed: &str,
    references: Vec<Reference>,
) -> Result<OwnerView, ReportError> {
    let owner = |reference: &Reference| reference.line.row().text("owner").to_owned();
    let owners: Vec<String> = references.iter().map(owner).collect();
    let keys: BTreeSet<String> = owners.iter().map(|one| owner_key(one)).collect();
    let holdings = all_rows(sheets, SheetName::Reconciliation, &|row| {
        keys.contains(&owner_key(row.text("name")))
    })?;
    let named: BTreeSet<String> = references
        .iter()
        .map(|one| reference_key(one.line.row().text("reference")))
        .collect();
    let people: Vec<(BTreeSet<String>, String)> = owners
        .iter()
        .filter(|owner| !owner.is_empty())
        .map(|owner| {
            let keys = [owner.as_str()].map(comparison_key).into();
            let upn = parts(owner).get(2).map_or("", |upn| upn);
            (keys, upn.to_owned())
        })
        .collect();
    let findings = findings_where(sheets, &|row| {
        named.iter().any(|key| is_about_reference(row, key))
            || people.iter().any(|(keys, upn)| is_about(row, keys, upn))
    })?;
    Ok(OwnerView {
        asked: typed.to_owned(),
        references,
        unused: Vec::new(),
        holdings: Kept::all(SheetName::Reconciliation, holdings),
        findings,
    })
}

impl OwnerView {
    /// Writes it as text.
    pub fn text(&self, page: &mut Page<'_>) -> io::Result<()> {
        self.told(REFERENCES_SHOWN).text(page)
    }

    /// Writes it as CSV.
    pub fn csv(&self, out: &mut dyn Write) -> io::Result<()> {
        self.told(usize::MAX).csv(out)
    }

    fn told(&self, most: usize) -> Told<'_> {
        let mut sections: Vec<Section> = Vec::new();
        for reference in self.references.iter().take(most) {
            sections.push(reference.told(self.references.len() > 1));
        }
        if self.references.len() > most {
            let mut more = Section::new("reference", "");
            let rest = thousands((self.references.len() - most) as u64);
            more.line(
                "",
                format!("… and {rest} more: `--format csv` lists them all"),
            );
            sections.push(more);
        }
        let mut unused = Section::new("owners sheet", "No row of the exports holds it");
        for Written { header, cell } in &self.unused {
            unused.line(header.as_str(), cell.as_str());
        }
        sections.push(unused);
        let mut holdings = Section::new("holding", "What the new owner holds");
        for row in self.holdings.iter().map(Kept::row) {
            let what = format!("{}, {}", row.text("name"), holding_label(row));
            let left = match row.text("standing") {
                "disabled user" | "not known" if row.number("left_with_leaver").is_some() => {
                    " (has left)"
                }
                _ => "",
            };
            holdings.line(what, holding_words(row) + left);
        }
        sections.push(holdings);
        let heading = match self.references.as_slice() {
            [one] => format!("Owner reference {}", one.line.row().text("reference")),
            [] => format!("Owner reference {}", self.asked),
            several => format!(
                "{} owner references lead to {}",
                thousands(several.len() as u64),
                several[0].line.row().text("owner")
            ),
        };
        Told {
            heading,
            sections,
            findings: &self.findings,
        }
    }
}

impl Reference {
    fn told(&self, with_title: bool) -> Section {
        let row = self.line.row();
        let title = if with_title {
            row.text("reference").to_owned()
        } else {
            String::new()
        };
        let mut section = Section::new("reference", visible(&title));
        let rows = match (row.number("rows").unwrap_or(0), row.text("rows_by_table")) {
            (_, "") => "none".to_owned(),
            (rows, by_table) => format!("{} ({by_table})", thousands(rows)),
        };
        section.line("rows", rows);
        section.line("what happens", row.text("fate"));
        section.line("decided by", decided(row));
        section.line("new owner", row.text("owner"));
        section.line("candidates", row.text("candidates"));
        section.line("near misses", row.text("near_misses"));
        let ruling = row.text("ruling");
        section.line("ruling", ruling);
        for Written { header, cell } in &self.written {
            match comparison_key(header).as_str() {
                "ruling" if cell.trim() == ruling => {}
                "ruling" => section.line(
                    "ruling in the owners sheet now",
                    format!("{cell}: plan again, and it is obeyed"),
                ),
                _ => section.line(header.as_str(), cell.as_str()),
            }
        }
        section
    }
}

/// What decided, and how sure that is.
fn decided(row: Row<'_>) -> String {
    let by = row.text("by");
    match (row.text("fate"), by) {
        (_, "") if row.text("ruling").is_empty() => match row.text("fate") {
            "stub user" => "nobody fits: `missing` under `[owners]` makes a stub user".to_owned(),
            "fallback owner" => {
                "a policy under `[owners]` gives it to the fallback owner".to_owned()
            }
            "left" => "a policy under `[owners]` leaves it where it is".to_owned(),
            _ => String::new(),
        },
        (_, "") => "the ruling".to_owned(),
        ("nobody chosen" | "unused", code) => match code.parse::<Code>() {
            Ok(rule) => format!("{code}: {}", rule.rule().title),
            Err(_) => code.to_owned(),
        },
        ("matched", "full name") => "full name alone, which is no sure sign".to_owned(),
        (_, by) => by.to_owned(),
    }
}
