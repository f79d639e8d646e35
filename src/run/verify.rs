//! `verify`: reads the target back and says where it differs from the plan.

use std::path::Path;

use crate::apply::{JOURNAL, Verified};
use crate::plan::SealedPlan;
use crate::project::Project;
use crate::report::{ComparedRow, FailureRow, compared, present_word};
use crate::run::{Console, Exit, Failure};
use crate::target::Embedded;

/// Verifies the current plan.
pub fn verify(folder: &Path, console: &mut Console<'_>) -> Result<Exit, Failure> {
    let project = Project::open(folder)?;
    let plan = SealedPlan::open(&project.plan())?;
    let target = Embedded::open(&project.environment_file())?;
    let journal = project.plan().join(JOURNAL);
    let verified = crate::apply::verify(&plan, &target, &journal, console.progress)?;
    print(&plan, &verified, console)?;
    Ok(if verified.is_as_planned() {
        Exit::Done
    } else {
        Exit::Partly
    })
}

fn print(plan: &SealedPlan, verified: &Verified, console: &mut Console<'_>) -> Result<(), Failure> {
    let rows: Vec<ComparedRow> = verified
        .counts
        .iter()
        .map(|(kind, counts)| ComparedRow {
            kind: kind.words().to_owned(),
            as_planned: counts.as_planned,
            not_applied: counts.not_applied,
            different: counts.different,
        })
        .collect();
    let differences: Vec<FailureRow> = verified
        .differences
        .iter()
        .map(|difference| FailureRow {
            subject: format!("{}: {}", difference.kind.words(), difference.what),
            message: format!(
                "expected {}, found {}",
                present_word(&difference.expected),
                present_word(&difference.found)
            ),
        })
        .collect();
    let heading = format!(
        "Plan {} against {}",
        plan.short_seal(),
        plan.document().environment.host
    );
    Ok(compared(
        console.out,
        console.format == crate::run::Format::Json,
        &heading,
        &rows,
        &differences,
    )?)
}
