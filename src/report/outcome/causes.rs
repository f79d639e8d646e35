//! Why changes did not come out, each cause once, with what it means and what to do.
//!
//! In: causes as plain rows. Out: text; and for whoever makes the rows, meaning and cure of a cause.

use std::io;

use crate::report::outcome::cures;
use crate::report::outcome::{CauseRow, OutcomeReport};
use crate::report::page::{Page, shell_word};
use crate::report::table::{BAD, HEADING, WARN, counted, styled, thousands};

/// Causes that text tells.
const SHOWN: usize = 30;

/// How the first change of a cause ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CauseOf {
    /// The service refused it, by this code.
    Refused(u32),
    /// Something else was found.
    Drifted,
    /// It was not tried.
    Skipped,
}

/// A cause as a row, with meaning and cure.
pub fn cause_row(
    of: CauseOf,
    kind: &str,
    message: String,
    count: u64,
    first: Vec<String>,
) -> CauseRow {
    const NOT_KNOWN: &str = "look at the words: it is no refusal that is known here, so most likely one of the \
                             environment's own plug-ins, workflows or rules; cure it there, then apply again";
    let known = match of {
        CauseOf::Refused(code) => cures::of(code),
        CauseOf::Drifted | CauseOf::Skipped => None,
    };
    let (what, cure) = match of {
        CauseOf::Refused(_) => ("refused", known.map_or(NOT_KNOWN, |known| known.cure)),
        CauseOf::Drifted => (
            "drifted",
            "somebody changed it since the plan was made, and it was left alone: see who is right; where the plan is, \
             put the value of before back and apply again, or plan anew",
        ),
        CauseOf::Skipped => (
            "skipped",
            "it waits for another change of this plan that did not come out: cure that one, then apply again",
        ),
    };
    CauseRow {
        kind: kind.to_owned(),
        what,
        code: match of {
            CauseOf::Refused(code) => Some(format!("0x{code:08x}")),
            _ => None,
        },
        meaning: known.map(|known| known.meaning),
        message,
        count,
        first,
        cure,
        rules: known.map_or_else(Vec::new, |known| {
            known.rules.iter().map(ToString::to_string).collect()
        }),
    }
}

/// Writes why changes did not come out.
pub(super) fn causes(page: &mut Page<'_>, report: &OutcomeReport<'_>) -> io::Result<()> {
    if report.causes.is_empty() {
        return Ok(());
    }
    let heading = format!(
        "Not as planned: {}, {}",
        counted(report.troubled(), "change"),
        match report.causes.len() {
            1 => "of one cause".to_owned(),
            several => format!("of {several} causes"),
        }
    );
    writeln!(page.out, "\n{}", styled(HEADING, heading))?;
    for cause in report.causes.iter().take(SHOWN) {
        one(page, cause)?;
    }
    let more = report.causes.len().saturating_sub(SHOWN);
    if more > 0 {
        let changes = report.causes.iter().skip(SHOWN).map(|cause| cause.count);
        let changes = counted(changes.sum(), "change");
        writeln!(page.out, "  … and {more} more causes, of {changes}")?;
    }
    let folder = shell_word(page.folder);
    page.faint(
        2,
        &format!("each change: cutover show {folder} outcome --format csv"),
    )
}

fn one(page: &mut Page<'_>, cause: &CauseRow) -> io::Result<()> {
    let style = if cause.what == "skipped" { WARN } else { BAD };
    let what = cause.code.as_deref().unwrap_or(cause.what);
    let (what, kind) = (styled(style, what), &cause.kind);
    let meaning = match cause.meaning {
        Some(meaning) => format!(": {meaning}"),
        None => String::new(),
    };
    let count = thousands(cause.count);
    page.lines(2, &format!("{what}  {kind} {count}{meaning}"))?;
    page.paragraph(6, "", &cause.message)?;
    if !cause.first.is_empty() {
        let such = if cause.count > cause.first.len() as u64 {
            "such as "
        } else {
            "about "
        };
        page.faint(6, &format!("{such}{}", cause.first.join(", ")))?;
    }
    let rules = match cause.rules.as_slice() {
        [] => String::new(),
        rules => format!(" (cutover explain {})", rules.join(", ")),
    };
    page.paragraph(6, "cure: ", &format!("{}{rules}", cause.cure))
}
