//! `verify`: reads the target back and says where it differs from the plan.

use std::path::Path;

use crate::apply::{JOURNAL, JournalState, Verified, journal_state};
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
                "expected {}, found {}",
                teller.values(present_word(&difference.expected)),
                teller.values(present_word(&difference.found))
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
