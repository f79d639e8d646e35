//! All plans of a project: those in the history, the oldest first, then the current one.
//!
//! In: the plan folders. Out: a table. One that cannot be read is told with its reason, and the others all the same.

use std::path::{Path, PathBuf};

use crate::apply::{JournalState, journal_state};
use crate::plan::SealedPlan;
use crate::project::{Project, history_folders};
use crate::report::{PastPlan, PastState, past_csv, past_json, past_text, with_folder};
use crate::run::show::page;
use crate::run::{Console, Failure, Format};

pub(super) fn show(
    project: &Project,
    folder: &str,
    console: &mut Console<'_>,
) -> Result<(), Failure> {
    let mut folders: Vec<PathBuf> = history_folders(&project.history())?;
    folders.reverse();
    let current = project.plan();
    if current.exists() {
        folders.push(current);
    }
    let plans: Vec<PastPlan> = folders.iter().map(|folder| past(folder)).collect();
    match console.format {
        Format::Text if plans.is_empty() => {
            let words = "no plan was made yet; make one with `cutover plan`";
            writeln!(console.out, "{}", with_folder(words, folder))?;
        }
        Format::Text => past_text(&mut page(console, ""), &plans)?,
        Format::Csv => past_csv(console.out, &plans)?,
        Format::Json => past_json(console.out, &plans)?,
    }
    Ok(())
}

fn past(folder: &Path) -> PastPlan {
    let opened = SealedPlan::open(folder);
    let state = match journal_state(folder) {
        Ok(JournalState::None) => PastState::NotApplied,
        Ok(JournalState::Begun { .. }) => PastState::InPart,
        Ok(JournalState::Complete) => PastState::Applied,
        Ok(JournalState::Undoing) => PastState::Undoing,
        Ok(JournalState::Undone) => PastState::Undone,
        Err(_) => PastState::NotKnown,
    };
    let name = folder.file_name().unwrap_or(folder.as_os_str());
    PastPlan {
        folder: name.to_string_lossy().into_owned(),
        document: match opened {
            Ok(plan) => Ok(Box::new(plan.into_document())),
            Err(error) => Err(error.to_string()),
        },
        state,
    }
}
