//! What became of an apply, a verify or an undo, as text.
//!
//! In: counts and first failures as plain rows, because this room does not name `apply/`. Out: text.

use std::io::{self, Write};

use serde::Serialize;

use crate::report::table::{BAD, GOOD, HEADING, WARN, aligned, counted, styled, thousands};

/// What became of the changes of one kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OutcomeRow {
    /// The kind, in words.
    pub kind: String,
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
}

/// One change that did not come out, or is not found, as planned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FailureRow {
    /// What it was about.
    pub subject: String,
    /// What happened, with the service's code or the value found.
    pub message: String,
}

/// How the changes of one kind compare with the target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ComparedRow {
    /// The kind, in words.
    pub kind: String,
    /// The target holds what was planned.
    pub as_planned: u64,
    /// The target holds what was there before.
    pub not_applied: u64,
    /// The target holds something else.
    pub different: u64,
}

/// Writes the counts, what is still to come, then the failures.
pub fn outcome(
    out: &mut dyn Write,
    heading: &str,
    rows: &[OutcomeRow],
    open: u64,
    failures: &[FailureRow],
) -> io::Result<()> {
    let troubled: u64 = rows
        .iter()
        .map(|row| row.failed + row.drifted + row.skipped)
        .sum();
    writeln!(out, "{}", styled(HEADING, heading))?;
    let lines: Vec<Vec<String>> = rows
        .iter()
        .map(|row| {
            let counts = [
                row.done,
                row.no_change,
                row.failed,
                row.drifted,
                row.skipped,
            ];
            line(&row.kind, &counts)
        })
        .collect();
    if !lines.is_empty() {
        let header = ["", "done", "no change", "failed", "drifted", "skipped"];
        write!(out, "{}", aligned(&header, &lines))?;
    }
    listed(out, failures, troubled)?;
    if open > 0 {
        writeln!(
            out,
            "{}",
            styled(WARN, format!("{} still to come", counted(open, "change")))
        )?;
    } else if troubled == 0 {
        writeln!(out, "{}", styled(GOOD, "As planned."))?;
    }
    Ok(())
}

/// Writes how plan and target compare; `good` is said where nothing differs.
pub fn compared(
    out: &mut dyn Write,
    heading: &str,
    good: &str,
    rows: &[ComparedRow],
    differences: &[FailureRow],
) -> io::Result<()> {
    writeln!(out, "{}", styled(HEADING, heading))?;
    let lines: Vec<Vec<String>> = rows
        .iter()
        .map(|row| line(&row.kind, &[row.as_planned, row.not_applied, row.different]))
        .collect();
    if !lines.is_empty() {
        let header = ["", "as planned", "not applied", "different"];
        write!(out, "{}", aligned(&header, &lines))?;
    }
    listed(out, differences, rows.iter().map(|row| row.different).sum())?;
    if rows.iter().all(|row| row.not_applied + row.different == 0) {
        writeln!(out, "{}", styled(GOOD, good))?;
    }
    Ok(())
}

/// Writes the same as JSON, with a word for what the plan is held against.
pub fn compared_json(
    out: &mut dyn Write,
    state: &str,
    rows: &[ComparedRow],
    differences: &[FailureRow],
) -> io::Result<()> {
    let all = serde_json::json!({ "state": state, "counts": rows, "differences": differences });
    serde_json::to_writer_pretty(&mut *out, &all)?;
    writeln!(out)
}

fn line(kind: &str, counts: &[u64]) -> Vec<String> {
    std::iter::once(kind.to_owned())
        .chain(counts.iter().copied().map(thousands))
        .collect()
}

fn listed(out: &mut dyn Write, failures: &[FailureRow], all: u64) -> io::Result<()> {
    for failure in failures {
        writeln!(
            out,
            "  {}\n      {}",
            styled(BAD, &failure.subject),
            failure.message
        )?;
    }
    let more = all.saturating_sub(failures.len() as u64);
    if more > 0 {
        writeln!(out, "  … and {} more", thousands(more))?;
    }
    Ok(())
}

/// Writes the counts and failures as JSON.
pub fn outcome_json(
    out: &mut dyn Write,
    rows: &[OutcomeRow],
    open: u64,
    failures: &[FailureRow],
) -> io::Result<()> {
    let all = serde_json::json!({ "counts": rows, "open": open, "failures": failures });
    serde_json::to_writer_pretty(&mut *out, &all)?;
    writeln!(out)
}

/// Writes counts as CSV, a line a kind.
pub fn counts_csv(out: &mut dyn Write, rows: &[impl Serialize]) -> io::Result<()> {
    let mut table = csv::Writer::from_writer(out);
    for row in rows {
        table.serialize(row)?;
    }
    table.flush()
}
