//! Which plans of a project wrote something that is not undone.
//!
//! In: the plan folder and the history. Out: folders, newest first.

use std::path::PathBuf;

use crate::apply::{
    Effects, JournalState, Standing, effects, journal_state, standing as standing_of,
    undone_under as under,
};
use crate::plan::SealedPlan;
use crate::project::Project;
use crate::project::history_folders;
use crate::run::live::command;
use crate::run::{Exit, Failure};

/// The folders of plans whose writing stands, the current plan first, then the history from the
/// newest to the oldest; after them those of which an undo has left something, in the same order.
pub(super) fn standing(project: &Project) -> Result<Vec<PathBuf>, Failure> {
    let mut folders = vec![project.plan()];
    folders.extend(history_folders(&project.history())?);
    let (mut written, mut left) = (Vec::new(), Vec::new());
    for folder in folders {
        match standing_of(&folder)? {
            Standing::Written => written.push(folder),
            Standing::Left => left.push(folder),
            Standing::Nothing => {}
        }
    }
    written.append(&mut left);
    Ok(written)
}

/// The plans of the history that were undone while this one was the current one, the newest first, and whether each
/// undo has ended.
pub(super) fn undone_under(
    project: &Project,
    current: &SealedPlan,
) -> Result<Vec<(SealedPlan, JournalState)>, Failure> {
    let mut undone = Vec::new();
    for folder in history_folders(&project.history())? {
        let state = journal_state(&folder)?;
        let is_undone = matches!(state, JournalState::Undone | JournalState::Undoing);
        if is_undone && under(&folder)?.as_deref() == Some(current.seal()) {
            undone.push((SealedPlan::open(&folder)?, state));
        }
    }
    Ok(undone)
}

/// Refuses to replace the environment file where a plan was applied to it: the old one is the only place that knows what
/// was written. What was written to a live environment stands there, whatever becomes of the copy.
pub(super) fn refuse_to_lose(project: &Project) -> Result<(), Failure> {
    let file = project.environment_file();
    if !file.exists() {
        return Ok(());
    }
    // So the embedded target calls itself.
    let name = file.file_name().unwrap_or(file.as_os_str());
    let name = name.to_string_lossy();
    let section = &project.manifest.environment;
    for folder in standing(project)? {
        let is_here = |done: Effects| section.url.is_none() || done.host == name;
        if effects(&folder)?.is_some_and(is_here) {
            let plan = folder.strip_prefix(&project.folder).unwrap_or(&folder);
            return Err(Failure::new(
                Exit::Refused,
                format!(
                    "plan `{}` was applied to `{}`: what it wrote would be lost; run {} first, or say \
                     `--replace`",
                    plan.display(),
                    section.file,
                    command("undo", project)
                ),
            ));
        }
    }
    Ok(())
}
