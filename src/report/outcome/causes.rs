//! Why changes did not come out, each cause once, with what it means and what to do.
//!
//! In: causes as plain rows. Out: text; and for whoever makes the rows, meaning and cure of a cause.

use std::io;

use crate::report::outcome::cures::{self, ServiceCure};
use crate::report::outcome::{CauseRow, OutcomeReport};
use crate::report::page::{Page, shell_word, with_folder};
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

/// What was on its way when a change did not come out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Apply.
    Out,
    /// Undo, after which a plan is not applied again.
    Back,
}

/// A cause as a row, with meaning and cure.
pub fn cause_row(
    (of, way): (CauseOf, Way),
    kind: &str,
    message: String,
    count: u64,
    first: Vec<String>,
) -> CauseRow {
    let known = match of {
        CauseOf::Refused(code) => cures::of(code),
        CauseOf::Drifted | CauseOf::Skipped => None,
    };
    CauseRow {
        kind: kind.to_owned(),
        what: match of {
            CauseOf::Refused(_) => "refused",
            CauseOf::Drifted => "drifted",
            CauseOf::Skipped => "skipped",
        },
        code: match of {
            CauseOf::Refused(code) => Some(format!("0x{code:08x}")),
            _ => None,
        },
        meaning: known.map(|known| known.meaning),
        message,
        count,
        first,
        cure: match way {
            Way::Out => cure(of, known).to_owned(),
            Way::Back => cure_of_undo(of, known),
        },
        rules: known.map_or_else(Vec::new, |known| {
            known.rules.iter().map(ToString::to_string).collect()
        }),
    }
}

/// What to do where a change was not written.
fn cure(of: CauseOf, known: Option<&ServiceCure>) -> &'static str {
    const NOT_KNOWN: &str = "look at the words: it is no refusal that is known here, so most likely one of the \
                             environment's own plug-ins, workflows or rules; cure it there, then apply again";
    match of {
        CauseOf::Refused(_) => known.map_or(NOT_KNOWN, |known| known.cure),
        CauseOf::Drifted => {
            "somebody changed it since the plan was made, and it was left alone: see who is right; where the plan is, \
             put the value of before back and apply again, or plan anew"
        }
        CauseOf::Skipped => {
            "it waits for another change of this plan that did not come out: cure that one, then apply again"
        }
    }
}

/// What to do where a change was not taken back. No plan helps here: one that was undone is not applied again, and a new
/// one knows nothing of what was there before the old one.
fn cure_of_undo(of: CauseOf, known: Option<&ServiceCure>) -> String {
    const BY_HAND: &str = "see what the words say and cure it in the environment, then undo again; what the service \
                           never lets go of is put back by hand, to the value that `cutover verify` expects";
    match of {
        CauseOf::Refused(_) => known
            .map(|known| known.cure)
            .filter(|cure| !cure.contains("plan again") && cure.contains("apply again"))
            .map_or_else(
                || BY_HAND.to_owned(),
                |cure| cure.replace("apply again", "undo again"),
            ),
        CauseOf::Drifted => {
            "somebody changed it after it was written, and it was left alone: see who is right; where it is to be as \
             before the plan, put it back by hand, to the value that `cutover verify` expects"
                .to_owned()
        }
        CauseOf::Skipped => {
            "it waits for another change that was not taken back: cure that one, then undo again".to_owned()
        }
    }
}

/// Writes why changes did not come out.
pub(super) fn causes(page: &mut Page<'_>, report: &OutcomeReport<'_>) -> io::Result<()> {
    if report.causes.is_empty() {
        return Ok(());
    }
    let heading = format!(
        "{}: {}, {}",
        match report.way {
            Way::Out => "Not as planned",
            Way::Back => "Not taken back",
        },
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
    let cure = with_folder(&cause.cure, page.folder);
    page.paragraph(6, "cure: ", &format!("{cure}{rules}"))
}

#[cfg(test)]
mod tests {
    use super::{CauseOf, Way, cause_row};
    use crate::report::outcome::cures::SERVICE_CURES;

    /// A plan that was undone is not applied again, and a new one does not know what was there before.
    #[test]
    fn no_cure_of_an_undo_asks_for_a_plan_or_an_apply() {
        let known = SERVICE_CURES.iter().map(|cure| CauseOf::Refused(cure.code));
        let others = [CauseOf::Refused(7), CauseOf::Drifted, CauseOf::Skipped];
        for of in known.chain(others) {
            let cure = |way| cause_row((of, way), "", String::new(), 1, Vec::new()).cure;
            let (out, back) = (cure(Way::Out), cure(Way::Back));
            for word in ["apply", "plan again", "plan anew"] {
                assert!(!back.contains(word), "{of:?}: {back}");
            }
            assert_ne!(out, "", "{of:?}");
            let helps = ["undo again", "by hand", "first"]
                .iter()
                .any(|word| back.contains(word));
            assert!(helps, "{of:?}: {back}");
        }
    }
}
