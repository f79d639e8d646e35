//! Which plans of a project wrote something that is not undone.
//!
//! In: the plan folder and the history. Out: folders, newest first.

use std::fs;
use std::path::PathBuf;
use std::time::SystemTime;

use crate::apply::{JOURNAL, JournalState, journal_state};
use crate::project::Project;
use crate::run::Failure;

/// The folders of plans whose writing stands, the current plan first, then the history from the
/// newest journal to the oldest.
pub(super) fn standing(project: &Project) -> Result<Vec<PathBuf>, Failure> {
    let mut folders = vec![project.plan()];
    folders.extend(history(project)?);
    let mut standing = Vec::new();
    for folder in folders {
        let written = match journal_state(&folder)? {
            JournalState::None | JournalState::Undone => false,
            JournalState::Begun { .. } | JournalState::Complete | JournalState::Undoing => true,
        };
        if written {
            standing.push(folder);
        }
    }
    Ok(standing)
}

/// The names of those plans, for messages.
pub(super) fn written_plans(project: &Project) -> Result<Vec<String>, Failure> {
    let name = |folder: &PathBuf| {
        let folder = folder.strip_prefix(&project.folder).unwrap_or(folder);
        format!("`{}`", folder.display())
    };
    Ok(standing(project)?.iter().map(name).collect())
}

fn history(project: &Project) -> Result<Vec<PathBuf>, Failure> {
    let folder = project.history();
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let mut plans: Vec<(SystemTime, PathBuf)> = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if let Ok(journal) = fs::metadata(path.join(JOURNAL)) {
            plans.push((journal.modified().unwrap_or(SystemTime::UNIX_EPOCH), path));
        }
    }
    plans.sort();
    Ok(plans.into_iter().rev().map(|(_, path)| path).collect())
}
