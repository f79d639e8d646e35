//! One record: who owns it afterwards, and why; or why the plan does not change it, as far as a plan knows.
//!
//! In: the sheets and an id, and the cells of the row that asks for the change, where it can be read again. Out: its
//! change, the owner reference that led to it, or those that may have, and the findings at it. A change does not hold its
//! reference, and a row that makes no change leaves no trace: what is not known is said.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::ops::ControlFlow;

use serde::Serialize;
use uuid::Uuid;

use crate::model::{parse_guid, reference_key};
use crate::report::ReportError;
use crate::report::listing::{Row, all_rows};
use crate::report::one::found::{Found, findings_where};
use crate::report::one::{Kept, Section, Told, owner_key, source};
use crate::report::page::Page;
use crate::report::sheets::{SheetName, Sheets};

/// What a plan says of a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RecordView {
    record: String,
    /// Its change, where the plan has one.
    change: Option<Kept>,
    /// Owner references that lead to the new owner by rows of this table; the very one where the row was read again.
    references: Vec<Kept>,
    /// Whether the row that asks for the change was read again, and holds that one reference.
    read_again: bool,
    /// The fallback owner, where rows without an owner go to it.
    blank_goes_to: Option<String>,
    /// Why there is no change, as far as the plan knows.
    why_none: Option<String>,
    findings: Vec<Found>,
}

/// Looks up a record by its id; `None` for what is no id.
pub fn record_view(sheets: &Sheets<'_>, typed: &str) -> Result<Option<RecordView>, ReportError> {
    let Some(id) = parse_guid(typed) else {
        return Ok(None);
    };
    let findings = findings_where(sheets, &|row| is_at(row, id))?;
    let mut view = RecordView {
        record: id.to_string(),
        change: change(sheets, id)?,
        references: Vec::new(),
        read_again: false,
        blank_goes_to: None,
        why_none: None,
        findings,
    };
    if let Some(change) = &view.change {
        let (after, table) = (change.row().text("after"), change.row().text("table"));
        let key = owner_key(after);
        let references = all_rows(sheets, SheetName::Owners, &|row| {
            owner_key(row.text("owner")) == key && holds_table(row, table)
        })?;
        view.references = Kept::all(SheetName::Owners, references);
        view.blank_goes_to = blank_goes_to(sheets);
    } else {
        view.why_none = Some(why_none(&view.findings));
    }
    Ok(Some(view))
}

fn change(sheets: &Sheets<'_>, id: Uuid) -> Result<Option<Kept>, ReportError> {
    let mut found = None;
    let id = id.to_string();
    sheets.rows(SheetName::Records, &mut |cells| {
        if Row::of(SheetName::Records, &cells).text("record") != id {
            return ControlFlow::Continue(());
        }
        found = Some(Kept {
            sheet: SheetName::Records,
            cells,
        });
        ControlFlow::Break(())
    })?;
    Ok(found)
}

/// Whether a place names the record: in its cell, or in what it is about.
fn is_at(row: Row<'_>, id: Uuid) -> bool {
    let is = |text: &str| parse_guid(text) == Some(id);
    let said = id.to_string();
    let says = |text: &str| text.to_lowercase().contains(&said);
    is(row.text("cell")) || says(row.text("subject")) || says(row.text("message"))
}

/// Whether rows of a table hold the reference.
fn holds_table(row: Row<'_>, table: &str) -> bool {
    let counts = row.text("rows_by_table").split("; ");
    let mut tables = counts.filter_map(|count| Some(count.rsplit_once(' ')?.0));
    tables.any(|one| one == table)
}

/// Where rows without an owner go, if there are any and they go to the fallback owner.
fn blank_goes_to(sheets: &Sheets<'_>) -> Option<String> {
    let document = sheets.document();
    let setting = |key: &str| document.settings.get(key);
    let goes = document.totals.blank_rows > 0;
    let goes = goes && setting("owners.blank").is_some_and(|policy| policy == "fallback");
    goes.then(|| setting("owners.fallback").cloned())?
}

fn why_none(findings: &[Found]) -> String {
    let stops = |one: &&Found| one.severity == "error";
    if let Some(found) = findings.iter().find(stops) {
        return format!(
            "{} stops or keeps out the row that names it, see below",
            found.code
        );
    }
    "the plan does not change it. Of rows without a change a plan keeps no ids, so it is one of these: no export names \
     it; its owner is right already; it was left by ruling or policy; or the row that names it was stopped for its \
     owner (look the row up in the export, then see `show owner` of what stands in its owner cell)"
        .to_owned()
}

impl RecordView {
    /// Which row of which export asks for the change, where there is one.
    pub fn asked_by(&self) -> Option<(&str, u64)> {
        let row = self.change.as_ref()?.row();
        Some((row.text("file"), row.number("row")?))
    }

    /// Keeps of the references that may have led to the change the one that stands in the row, whose cells these are.
    pub fn narrow(&mut self, cells: &[String]) {
        let cells: BTreeSet<String> = cells.iter().map(|cell| reference_key(cell)).collect();
        let stands = |kept: &Kept| cells.contains(&reference_key(kept.row().text("reference")));
        let standing: Vec<bool> = self.references.iter().map(stands).collect();
        if standing.iter().filter(|stands| **stands).count() == 1 {
            self.references.retain(stands);
            self.read_again = true;
            self.blank_goes_to = None;
        }
    }

    /// Writes it as text.
    pub fn text(&self, page: &mut Page<'_>) -> io::Result<()> {
        self.told().text(page)
    }

    /// Writes it as CSV.
    pub fn csv(&self, out: &mut dyn Write) -> io::Result<()> {
        self.told().csv(out)
    }

    fn told(&self) -> Told<'_> {
        let mut change = Section::new("change", "");
        let mut why = Section::new("reference", "Why");
        let heading = match &self.change {
            None => {
                change.line("", self.why_none.clone().unwrap_or_default());
                format!("Record {}", self.record)
            }
            Some(kept) => {
                let row = kept.row();
                change.line("now", row.text("before"));
                change.line("after", row.text("after"));
                change.line("asked for by", source(row));
                self.why(row, &mut why);
                format!("{} {}", row.text("table"), self.record)
            }
        };
        Told {
            heading,
            sections: vec![change, why],
            findings: &self.findings,
        }
    }

    fn why(&self, change: Row<'_>, why: &mut Section) {
        let (after, table) = (change.text("after"), change.text("table"));
        let mut words = match self.references.len() {
            0 => format!("no owner reference of the plan leads to {after} by rows of `{table}`"),
            _ if self.read_again => "the row holds this owner reference:".to_owned(),
            1 => format!("the only owner reference of `{table}` that leads to {after}:"),
            several => format!(
                "{several} owner references of `{table}` lead to {after}, and a plan does not keep which row holds \
                 which: the owner cell of the row says it:"
            ),
        };
        if let Some(fallback) = &self.blank_goes_to {
            words = format!(
                "{}; rows without an owner go to the fallback owner `{fallback}`{}",
                words.trim_end_matches(':'),
                if self.references.is_empty() { "" } else { ":" }
            );
        }
        why.line("", words);
        for row in self.references.iter().map(Kept::row) {
            let by = match row.text("by") {
                "" => String::new(),
                by => format!(" by {by}"),
            };
            let ruling = match row.text("ruling") {
                "" => String::new(),
                ruling => format!(", ruling `{ruling}`"),
            };
            let fate = row.text("fate");
            why.line(row.text("reference"), format!("{fate}{by}{ruling}"));
        }
    }
}
