//! Stub users by hand, where the service lets no program import users.
//!
//! In: an approved plan that got stuck at its stub users. Out: a file for the service's own import wizard, with those
//! who are not there yet, and what to do with it. Apply waits at that stage: it is run again when the users are there,
//! finds them by their names, and goes on.

use std::io::Write;
use std::ops::ControlFlow;

use tempfile::NamedTempFile;

use crate::model::{Present, Stage, StubUser, Write as Change};
use crate::plan::SealedPlan;
use crate::project::Project;
use crate::report::{shell_word, thousands};
use crate::run::{Console, Exit, Failure};
use crate::target::{Target, wizard_file};

/// Name of the file in the project's folder.
const FILE: &str = "stub-users.csv";

/// Stub users read at once.
const STUBS_AT_ONCE: usize = 1_000;

/// Writes the file, and says what it is for.
pub(super) fn hand_over(
    project: &Project,
    plan: &SealedPlan,
    target: &dyn Target,
    console: &mut Console<'_>,
) -> Result<Exit, Failure> {
    let absent = absent(plan, target)?;
    let file = wizard_file(&absent).map_err(|why| Failure::new(Exit::Usage, why))?;
    // Made readable by its owner only, and there as a whole or not at all.
    let mut written = NamedTempFile::new_in(&project.folder)?;
    written.write_all(file.text.as_bytes())?;
    written
        .persist(project.folder.join(FILE))
        .map_err(|error| error.error)?;
    let folder = shell_word(&project.folder.display().to_string());
    console.say(&format!(
        "the service lets no program import users; nothing was written, and apply waits at its stub users.\n\
         1. Import `{FILE}` of the project's folder as users with the environment's own data import wizard: {} stub users",
        thousands(absent.len() as u64)
    ))?;
    if file.guarded > 0 {
        console.say(&format!(
            "   ({} cells in it begin with a ' so that no spreadsheet takes them for a formula; take it off first)",
            thousands(file.guarded as u64)
        ))?;
    }
    console.say(&format!(
        "2. Go on with:\n  cutover apply {folder}\nOr let cutover make them itself: `stubs = \"api\"` under \
         `[environment]`, and plan anew"
    ))?;
    Ok(Exit::Partly)
}

/// The plan's stub users who are not there.
fn absent(plan: &SealedPlan, target: &dyn Target) -> Result<Vec<StubUser>, Failure> {
    let mut absent = Vec::new();
    let mut failed = Ok(());
    for file in plan.stages() {
        if file.stage != Stage::StubUsers {
            continue;
        }
        plan.changes(&file, STUBS_AT_ONCE, &mut |changes| {
            let subjects: Vec<_> = changes.iter().map(|one| one.write.subject()).collect();
            let found = match target.present(&subjects) {
                Ok(found) => found,
                Err(error) => {
                    failed = Err(error);
                    return ControlFlow::Break(());
                }
            };
            for (change, found) in changes.into_iter().zip(found) {
                if let (Change::CreateStub(stub), Present::Absent) = (change.write, found) {
                    absent.push(*stub);
                }
            }
            ControlFlow::Continue(())
        })?;
    }
    failed?;
    Ok(absent)
}
