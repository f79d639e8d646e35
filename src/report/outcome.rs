//! What became of an apply, a verify or an undo, as text.
//!
//! In: counts and first failures as plain rows, because this room does not name `apply/`. Out: text.

use std::io::{self, Write};

use crate::report::table::{BAD, GOOD, HEADING, aligned, styled, thousands};

/// What became of the changes of one kind.
#[derive(Clone, Debug, PartialEq, Eq)]
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
    /// Still to come.
    pub open: u64,
}

/// One change that did not come out as planned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailureRow {
    /// What it was about.
    pub subject: String,
    /// What happened, with the service's code or the value found.
    pub message: String,
}

/// Writes the counts, then the failures.
pub fn outcome(
    out: &mut dyn Write,
    heading: &str,
    rows: &[OutcomeRow],
    failures: &[FailureRow],
) -> io::Result<()> {
    let troubled: u64 = rows.iter().map(|row| row.failed + row.drifted + row.skipped).sum();
    writeln!(out, "{}", styled(HEADING, heading))?;
    let lines: Vec<Vec<String>> = rows
        .iter()
        .map(|row| {
            let mut cells = vec![row.kind.clone()];
            cells.extend(
                [row.done, row.no_change, row.failed, row.drifted, row.skipped, row.open]
                    .map(thousands),
            );
            cells
        })
        .collect();
    let header = ["", "done", "no change", "failed", "drifted", "skipped", "open"];
    write!(out, "{}", aligned(&header, &lines))?;
    for failure in failures {
        writeln!(out, "  {}\n      {}", styled(BAD, &failure.subject), failure.message)?;
    }
    let shown = failures.len() as u64;
    if troubled > shown && shown > 0 {
        writeln!(out, "  … and {} more", thousands(troubled - shown))?;
    }
    if troubled == 0 {
        writeln!(out, "{}", styled(GOOD, "As planned."))?;
    }
    Ok(())
}
