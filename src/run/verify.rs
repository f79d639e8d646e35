//! `verify`: reads the target back and says where it differs from the plan.

use std::path::Path;

use crate::apply::{Difference, JOURNAL, JournalState, Verified, journal_state};
use crate::model::{Outcome, Refusal};
use crate::plan::SealedPlan;
use crate::project::Project;
use crate::report::{
    ComparedReport, ComparedRow, FailureRow, Page, compared, compared_json, counts_csv,
    present_word,
};
use crate::run::anonymous::Teller;
use crate::run::target::Site;
use crate::run::{Console, Exit, Failure, Format};

/// Verifies the current plan; one that was undone is held against the state before it.
pub fn verify(folder: &Path, console: &mut Console<'_>) -> Result<Exit, Failure> {
    let project = Project::open(folder)?;
    let plan = SealedPlan::open(&project.plan())?;
    let teller = Teller::of(&project, &plan, console)?;
    let target = Site::of(&project)?.open()?;
    let journal = project.plan().join(JOURNAL);
    let state = journal_state(&project.plan())?;
    let verified = crate::apply::verify(&plan, &*target, &journal, console.progress)?;
    print(&plan, state, &verified, &teller, console)?;
    Ok(match (state, verified.is_as_planned()) {
        (JournalState::Undoing, _) | (_, false) => Exit::Partly,
        (_, true) => Exit::Done,
    })
}

/// What the changes are held against, in words: the heading, the good end, and a word for programs.
fn words(plan: &SealedPlan, state: JournalState) -> (String, &'static str, &'static str) {
    let (seal, host) = (plan.short_seal(), &plan.document().environment.host);
    match state {
        JournalState::Undone => (
            format!("Plan {seal} was undone: {host} against the state before it"),
            "The target holds what was there before the plan.",
            "undone",
        ),
        JournalState::Undoing => (
            format!(
                "Plan {seal} is undone in part: {host} against the state before it where a change was \
                 taken back, else against the plan; end it with `cutover undo`"
            ),
            "Each change is where the journal says; the undo has not ended.",
            "undone in part",
        ),
        JournalState::None => (
            format!("Plan {seal} is not applied; {host} against it"),
            GOOD,
            "not applied",
        ),
        JournalState::Begun { .. } => (
            format!("Plan {seal} is applied in part; {host} against it"),
            GOOD,
            "applied in part",
        ),
        JournalState::Complete => (format!("Plan {seal} against {host}"), GOOD, "applied"),
    }
}

/// What the journals know of a change that is not as expected; the last word is the undo's.
fn past(difference: &Difference, teller: &Teller) -> String {
    let refused = |who: &str, refusal: &Refusal| {
        let message = teller.prose(refusal.message.clone());
        format!("; {who} was refused: {} {message}", refusal.code)
    };
    let words = match (&difference.undone, &difference.outcome) {
        (Some(Outcome::Failed(refusal)), _) => return refused("undo", refusal),
        (None, Some(Outcome::Failed(refusal))) => return refused("apply", refusal),
        (Some(Outcome::Done { .. } | Outcome::NoChangeNeeded), _) => {
            "; it was taken back, and changed since"
        }
        (Some(Outcome::Drifted(_)), _) => "; undo found it changed since apply, and left it alone",
        (Some(Outcome::Skipped), _) => "; undo did not try it, because of another change",
        (None, Some(Outcome::Done { .. })) => "; apply wrote it, and it was changed since",
        (None, Some(Outcome::NoChangeNeeded)) => "; apply found it as planned and wrote nothing",
        (None, Some(Outcome::Drifted(_))) => {
            "; apply found it changed since the plan, and left it alone"
        }
        (None, Some(Outcome::Skipped)) => "; apply did not try it, because of another change",
        (None, None) => "",
    };
    words.to_owned()
}

const GOOD: &str = "The target holds what was planned.";

fn print(
    plan: &SealedPlan,
    state: JournalState,
    verified: &Verified,
    teller: &Teller,
    console: &mut Console<'_>,
) -> Result<(), Failure> {
    let rows: Vec<ComparedRow> = verified
        .counts
        .iter()
        .map(|(kind, counts)| ComparedRow {
            kind: kind.words().to_owned(),
            planned: counts.planned(),
            as_planned: counts.as_planned,
            not_applied: counts.not_applied,
            different: counts.different,
        })
        .collect();
    let differences: Vec<FailureRow> = verified
        .differences
        .iter()
        .map(|difference| FailureRow {
            subject: format!(
                "{}: {}",
                difference.kind.words(),
                teller.prose(difference.what.clone())
            ),
            message: format!(
                "expected {}, found {}{}",
                teller.values(present_word(&difference.expected)),
                teller.values(present_word(&difference.found)),
                past(difference, teller)
            ),
        })
        .collect();
    let (heading, good, state) = words(plan, state);
    let report = ComparedReport {
        heading: &heading,
        good,
        state,
        rows: &rows,
        differences: &differences,
        document: plan.document(),
    };
    match console.format {
        Format::Text => {
            let mut page = Page {
                out: &mut *console.out,
                width: console.width,
                folder: "",
            };
            compared(&mut page, &report)?;
        }
        Format::Json => compared_json(console.out, &report)?,
        Format::Csv => counts_csv(console.out, &rows)?,
    }
    Ok(())
}
