//! How plan and target compare, as `verify` tells it.
//!
//! In: counts and first differences as plain rows; the plan's document. Out: text and JSON.

use std::io::{self, Write};

use serde::Serialize;

use crate::plan::Document;
use crate::report::outcome::{FailureRow, ledgers, line, listed};
use crate::report::page::Page;
use crate::report::summary::rows_accounted;
use crate::report::table::{GOOD, HEADING, aligned, styled};

/// How the changes of one kind compare with the target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ComparedRow {
    /// The kind, in words.
    pub kind: String,
    /// All of them: the sum of the others.
    pub planned: u64,
    /// The target holds what was planned.
    pub as_planned: u64,
    /// The target holds what was there before.
    pub not_applied: u64,
    /// The target holds something else.
    pub different: u64,
}

/// What a report says of how plan and target compare.
#[derive(Clone, Debug)]
pub struct ComparedReport<'a> {
    /// What was held against what, in a line.
    pub heading: &'a str,
    /// What is said where nothing differs.
    pub good: &'a str,
    /// What the plan is held against, in a word for programs.
    pub state: &'a str,
    /// The counts.
    pub rows: &'a [ComparedRow],
    /// The first differences.
    pub differences: &'a [FailureRow],
    /// The plan, whose rows are accounted for.
    pub document: &'a Document,
}

/// Writes how plan and target compare.
pub fn compared(page: &mut Page<'_>, report: &ComparedReport<'_>) -> io::Result<()> {
    writeln!(page.out, "{}", styled(HEADING, report.heading))?;
    let lines: Vec<Vec<String>> = report
        .rows
        .iter()
        .map(|row| {
            let counts = [row.planned, row.as_planned, row.not_applied, row.different];
            line(&row.kind, &counts)
        })
        .collect();
    if !lines.is_empty() {
        let header = ["", "planned", "as planned", "not applied", "different"];
        write!(page.out, "{}", aligned(&header, &lines))?;
    }
    let different = report.rows.iter().map(|row| row.different).sum();
    listed(page, report.differences, different)?;
    rows_accounted(page, report.document)?;
    writeln!(page.out)?;
    let differs = |row: &ComparedRow| row.not_applied + row.different > 0;
    if !report.rows.iter().any(differs) {
        writeln!(page.out, "{}", styled(GOOD, report.good))?;
    }
    Ok(())
}

/// Writes the same as JSON.
pub fn compared_json(out: &mut dyn Write, report: &ComparedReport<'_>) -> io::Result<()> {
    let all = serde_json::json!({
        "state": report.state,
        "counts": report.rows,
        "differences": report.differences,
        "ledgers": ledgers(report.document),
    });
    serde_json::to_writer_pretty(&mut *out, &all)?;
    writeln!(out)
}
