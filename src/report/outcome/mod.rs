//! What became of an apply or an undo, as text and for programs.
//!
//! In: counts and first failures as plain rows, because this room does not name `apply/`; the plan's
//! document, whose ledgers stand in every report. Out: text, JSON, CSV. In each kind of change the
//! counts add up to what was planned; who hands them in has seen to that.

mod causes;
mod compared;
mod cures;
mod timing;

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;

use crate::plan::{Document, LedgerRecord};
use crate::report::page::Page;
use crate::report::summary::rows_accounted;
use crate::report::table::{BAD, GOOD, HEADING, WARN, aligned, counted, styled, thousands};

pub use causes::{CauseOf, Way, cause_row};
pub use compared::{ComparedReport, ComparedRow, compared, compared_json};
pub use cures::{SERVICE_CURES, ServiceCure};
pub use timing::{Forecast, Line, Moment, RunTime, StageTime, Timing};

/// What became of the changes of one kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OutcomeRow {
    /// The kind, in words.
    pub kind: String,
    /// All of them: the sum of the others.
    pub planned: u64,
    /// Written.
    pub done: u64,
    /// Already so.
    pub no_change: u64,
    /// Refused.
    pub failed: u64,
    /// Neither before nor after was found.
    pub drifted: u64,
    /// Not tried.
    pub skipped: u64,
    /// Still to come.
    pub open: u64,
}

/// One change that did not come out, or is not found, as planned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FailureRow {
    /// What it was about.
    pub subject: String,
    /// What happened, with the service's code or the value found.
    pub message: String,
}

/// Refusals that no finding foretold: the plan was approved, so the dry run saw none of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct NotForetellable {
    /// All of them.
    pub refused: u64,
    /// By the service's code.
    pub by_code: BTreeMap<String, u64>,
    /// Rules that guard a refusal and that the manifest lets stay unchecked: with them it may have
    /// been foretold.
    pub unchecked: Vec<String>,
}

/// Why some changes did not come out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CauseRow {
    /// What was to be done, in words.
    pub kind: String,
    /// `refused`, `drifted` or `skipped`.
    pub what: &'static str,
    /// The service's code, as it writes it.
    pub code: Option<String>,
    /// What that code means here.
    pub meaning: Option<&'static str>,
    /// How the first of them ended, in words.
    pub message: String,
    /// How many changes.
    pub count: u64,
    /// The first of them: to whom or what.
    pub first: Vec<String>,
    /// What to do.
    pub cure: String,
    /// Rules of the dry run that foretell such a refusal where they can.
    pub rules: Vec<String>,
}

/// What a report says of what became of changes.
#[derive(Clone, Debug)]
pub struct OutcomeReport<'a> {
    /// What was done, in a line.
    pub heading: &'a str,
    /// The counts.
    pub rows: &'a [OutcomeRow],
    /// Why changes did not come out, the most frequent cause first.
    pub causes: &'a [CauseRow],
    /// The first failures.
    pub failures: &'a [FailureRow],
    /// What nothing foretold; none for an undo, which nothing foretells.
    pub not_foretellable: Option<&'a NotForetellable>,
    /// The plan whose rows are accounted for; none for an undo, which goes by the journal.
    pub document: Option<&'a Document>,
    /// What was on its way.
    pub way: Way,
    /// When it ran, where only the journal is known.
    pub runs: &'a [RunTime],
    /// How long it took, where that is known: for programs, as no two runs take the same time.
    pub timing: Option<&'a Timing>,
}

impl OutcomeReport<'_> {
    fn sum(&self, of: impl Fn(&OutcomeRow) -> u64) -> u64 {
        self.rows.iter().map(of).sum()
    }

    fn open(&self) -> u64 {
        self.sum(|row| row.open)
    }

    fn troubled(&self) -> u64 {
        self.sum(|row| row.failed + row.drifted + row.skipped)
    }
}

/// Writes the counts, the failures, the account of the rows, and what is still to come.
pub fn outcome(page: &mut Page<'_>, report: &OutcomeReport<'_>) -> io::Result<()> {
    writeln!(page.out, "{}", styled(HEADING, report.heading))?;
    let lines: Vec<Vec<String>> = report
        .rows
        .iter()
        .map(|row| {
            let counts = [
                row.planned,
                row.done,
                row.no_change,
                row.failed,
                row.drifted,
                row.skipped,
                row.open,
            ];
            line(&row.kind, &counts)
        })
        .collect();
    if !lines.is_empty() {
        let header = [
            "",
            "planned",
            "done",
            "no change",
            "failed",
            "drifted",
            "skipped",
            "open",
        ];
        write!(page.out, "{}", aligned(&header, &lines))?;
    }
    causes::causes(page, report)?;
    if let Some(refusals) = report.not_foretellable {
        not_foretellable(page, refusals)?;
    }
    if let Some(document) = report.document {
        rows_accounted(page, document)?;
        writeln!(page.out)?;
    }
    runs(page, report.runs)?;
    let words = match (report.open(), report.troubled()) {
        (0, 0) => styled(
            GOOD,
            match report.way {
                Way::Out => "As planned.",
                Way::Back => "All of it is taken back.",
            },
        ),
        (0, _) => return Ok(()),
        (open, _) => styled(WARN, format!("{} still to come", counted(open, "change"))),
    };
    writeln!(page.out, "{words}")
}

/// Writes when it ran.
fn runs(page: &mut Page<'_>, runs: &[RunTime]) -> io::Result<()> {
    for (number, run) in (1..).zip(runs) {
        page.paragraph(2, &format!("run {number}: "), &run.words())?;
    }
    Ok(())
}

/// Writes the refusals that no finding foretold.
fn not_foretellable(page: &mut Page<'_>, refusals: &NotForetellable) -> io::Result<()> {
    if refusals.refused == 0 {
        return Ok(());
    }
    let codes: Vec<String> = refusals
        .by_code
        .iter()
        .map(|(code, count)| format!("{code} {}", thousands(*count)))
        .collect();
    let mut text = format!(
        "{} refused ({}): custom logic of the target, or what somebody changed meanwhile",
        thousands(refusals.refused),
        codes.join(", ")
    );
    if !refusals.unchecked.is_empty() {
        text += "; or a rule that the manifest leaves unchecked: ";
        text += &refusals.unchecked.join(", ");
    }
    page.paragraph(2, "not foretellable: ", &text)
}

/// The ledgers of a plan's files, by the files' names.
fn ledgers(document: &Document) -> Vec<serde_json::Value> {
    let named = |ledger: &LedgerRecord| {
        let input = document
            .inputs
            .iter()
            .find(|input| input.file == ledger.file);
        let mut value = serde_json::json!(ledger);
        value["file"] = input.map_or("", |input| input.name.as_str()).into();
        value
    };
    document.ledgers.iter().map(named).collect()
}

fn line(kind: &str, counts: &[u64]) -> Vec<String> {
    std::iter::once(kind.to_owned())
        .chain(counts.iter().copied().map(thousands))
        .collect()
}

fn listed(page: &mut Page<'_>, failures: &[FailureRow], all: u64) -> io::Result<()> {
    for failure in failures {
        writeln!(page.out, "  {}", styled(BAD, &failure.subject))?;
        page.paragraph(6, "", &failure.message)?;
    }
    let more = all.saturating_sub(failures.len() as u64);
    if more > 0 {
        writeln!(page.out, "  … and {} more", thousands(more))?;
    }
    Ok(())
}

/// Writes what became of changes as JSON.
pub fn outcome_json(out: &mut dyn Write, report: &OutcomeReport<'_>) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, &outcome_value(report))?;
    writeln!(out)
}

/// What became of changes, as JSON has it.
pub fn outcome_value(report: &OutcomeReport<'_>) -> serde_json::Value {
    let mut all = serde_json::json!({
        "counts": report.rows,
        "open": report.open(),
        "causes": report.causes,
        "failures": report.failures,
    });
    if !report.runs.is_empty() {
        all["runs"] = serde_json::json!(report.runs);
    }
    if let Some(timing) = report.timing {
        all["timing"] = serde_json::json!(timing);
    }
    if let Some(refusals) = report.not_foretellable {
        all["not_foretellable"] = serde_json::json!(refusals);
    }
    if let Some(document) = report.document {
        all["ledgers"] = ledgers(document).into();
    }
    all
}

/// Writes counts as CSV, a line a kind.
pub fn counts_csv(out: &mut dyn Write, rows: &[impl Serialize]) -> io::Result<()> {
    let mut table = csv::Writer::from_writer(out);
    for row in rows {
        table.serialize(row)?;
    }
    table.flush()
}
