//! Which plans of a project wrote something that is not undone.
//!
//! In: the plan folder and the history. Out: folders, newest first.

use std::path::PathBuf;

use crate::apply::{Standing, standing as standing_of};
use crate::project::Project;
use crate::project::history_folders;
use crate::run::Failure;

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

/// The names of those plans, for messages.
pub(super) fn written_plans(project: &Project) -> Result<Vec<String>, Failure> {
    let name = |folder: &PathBuf| {
        let folder = folder.strip_prefix(&project.folder).unwrap_or(folder);
        format!("`{}`", folder.display())
    };
    Ok(standing(project)?.iter().map(name).collect())
}
