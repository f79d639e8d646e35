//! Publishing a plan: the new one takes the place of the old, which moves to the history.
//!
//! In: a folder with a fresh plan. Out: the same folder as `plan/`; or the old one kept, where it
//! holds the very same plan, with whatever has joined it since (its journal) and with the reports of the fresh one.
//! Only renames: a crash in between leaves no `plan/`, and both folders whole. Of a plan this file
//! knows the string `seal` in `plan.json`, and that what is sealed is there, in Parquet files and in folders
//! within: reports and the journal lie beside it.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::project::ProjectError;

/// Digits of a seal that name a plan in the history.
const SHORT_DIGITS: usize = 8;

/// The name in the history of a folder that bears no seal.
const UNSEALED: &str = "unsealed";

/// Digits, at least, of the number that a name in the history begins with.
const NUMBER_DIGITS: usize = 4;

const DOCUMENT: &str = "plan.json";
const TABLE_ENDING: &str = "parquet";
/// What workbooks end in.
const WORKBOOK_ENDING: &str = "xlsx";

/// What became of a fresh plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Published {
    /// It is `plan/` now.
    New {
        /// Where the plan before it is, if there was one.
        replaced: Option<PathBuf>,
    },
    /// `plan/` holds the same plan already, and stays; of the fresh one it has the reports.
    Same,
}

/// Makes the folder in which a plan is written before it is published, empty: what an interrupted
/// run left there is removed.
pub fn fresh_folder(new: &Path) -> Result<(), ProjectError> {
    if exists(new)? {
        fs::remove_dir_all(new).map_err(|source| unwritable(new, source))?;
    }
    fs::create_dir(new).map_err(|source| unwritable(new, source))
}

/// Puts the plan in `new` in the place of `plan`, and what was there into `history`, under a number
/// that counts on and the first digits of its seal. Nothing in the history is ever overwritten.
///
/// `spent` says that the plan that is there was applied, or undone: its journal must not speak for
/// the fresh one, so even the very same plan takes its place. All three are on one file system, and the caller holds the project's
/// lock.
pub fn publish(
    new: &Path,
    plan: &Path,
    history: &Path,
    spent: bool,
) -> Result<Published, ProjectError> {
    if !exists(plan)? {
        rename(new, plan)?;
        return Ok(Published::New { replaced: None });
    }
    if !spent && holds_the_same(new, plan).map_err(|source| unreadable(plan, source))? {
        take_over_reports(new, plan).map_err(|source| unwritable(plan, source))?;
        fs::remove_dir_all(new).map_err(|source| unwritable(new, source))?;
        return Ok(Published::Same);
    }
    fs::create_dir_all(history).map_err(|source| unwritable(history, source))?;
    let place = next_place(history, &short_seal(plan))?;
    rename(plan, &place)?;
    rename(new, plan)?;
    Ok(Published::New {
        replaced: Some(place),
    })
}

/// Whether `plan` bears the seal of `new`, and every sealed file of it is there, byte for byte: one
/// that was changed by hand is replaced, or it could never be planned anew.
fn holds_the_same(new: &Path, plan: &Path) -> io::Result<bool> {
    match (seal(new), seal(plan)) {
        (Some(new), Some(old)) if new == old => {}
        _ => return Ok(false),
    }
    for file in sealed_files(new)? {
        if !same_bytes(&new.join(&file), &plan.join(&file))? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The string `seal` of a plan's document; `None` where there is none to read.
fn seal(folder: &Path) -> Option<String> {
    #[derive(Deserialize)]
    struct Sealed {
        seal: String,
    }
    let bytes = fs::read(folder.join(DOCUMENT)).ok()?;
    let sealed: Sealed = serde_json::from_slice(&bytes).ok()?;
    Some(sealed.seal)
}

/// The first digits of a plan's seal. What stands there may have been written by anybody, so only
/// what is a digit becomes part of a name.
fn short_seal(folder: &Path) -> String {
    let seal = seal(folder).unwrap_or_default();
    let short: String = seal.chars().take(SHORT_DIGITS).collect();
    let digits = short.chars().all(|digit| digit.is_ascii_hexdigit());
    if short.len() == SHORT_DIGITS && digits {
        short.to_ascii_lowercase()
    } else {
        UNSEALED.to_owned()
    }
}

/// What a seal holds of a plan folder, as paths within it: the document, Parquet files, and whatever lies in a
/// subfolder, the lists for administrators among it.
fn sealed_files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = vec![PathBuf::from(DOCUMENT)];
    let mut folders = vec![PathBuf::new()];
    while let Some(within) = folders.pop() {
        for entry in fs::read_dir(folder.join(&within))? {
            let entry = entry?;
            let path = within.join(entry.file_name());
            if entry.file_type()?.is_dir() {
                folders.push(path);
                continue;
            }
            let is_table = path
                .extension()
                .is_some_and(|ending| ending == TABLE_ENDING);
            if is_table || path.parent() != Some(Path::new("")) {
                files.push(path);
            }
        }
    }
    Ok(files)
}

/// Puts what no seal holds from one plan's folder into another's, where it is not the same there: a report that
/// was thrown away, changed by hand, or made by another version of this program. A workbook that is there stays:
/// somebody may have written rulings into it.
fn take_over_reports(new: &Path, plan: &Path) -> io::Result<()> {
    for entry in fs::read_dir(new)? {
        let (name, from) = entry.map(|entry| (entry.file_name(), entry.path()))?;
        let is_table = from
            .extension()
            .is_some_and(|ending| ending == TABLE_ENDING);
        let to = plan.join(&name);
        let is_workbook = from
            .extension()
            .is_some_and(|ending| ending == WORKBOOK_ENDING);
        if is_workbook && to.try_exists()? {
            continue;
        }
        if from.is_file() && !is_table && name != DOCUMENT && !same_bytes(&from, &to)? {
            fs::rename(&from, &to)?;
        }
    }
    Ok(())
}

fn same_bytes(left: &Path, right: &Path) -> io::Result<bool> {
    let mut left = File::open(left)?;
    let mut right = match File::open(right) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        other => other?,
    };
    if left.metadata()?.len() != right.metadata()?.len() {
        return Ok(false);
    }
    let (mut ours, mut theirs) = (vec![0; 1 << 20], vec![0; 1 << 20]);
    loop {
        let read = left.read(&mut ours)?;
        if read == 0 {
            return Ok(true);
        }
        right.read_exact(&mut theirs[..read])?;
        if ours[..read] != theirs[..read] {
            return Ok(false);
        }
    }
}

/// The folders of the history, the newest first. Their numbers say so, not their dates: a copied
/// project has other dates, and a journal that is looked at may get a new one.
pub fn history_folders(history: &Path) -> Result<Vec<PathBuf>, ProjectError> {
    if !exists(history)? {
        return Ok(Vec::new());
    }
    let mut folders: Vec<(u64, PathBuf)> = numbered(history)
        .map_err(|source| unreadable(history, source))?
        .into_iter()
        .filter(|(_, path)| path.is_dir())
        .collect();
    folders.sort_unstable();
    Ok(folders.into_iter().rev().map(|(_, path)| path).collect())
}

fn next_place(history: &Path, name: &str) -> Result<PathBuf, ProjectError> {
    let taken = numbered(history).map_err(|source| unreadable(history, source))?;
    let last = taken.into_iter().map(|(number, _)| number).max();
    let next = last.unwrap_or(0).saturating_add(1);
    Ok(history.join(format!("{next:0NUMBER_DIGITS$}-{name}")))
}

/// What lies in the history, with the number that its name begins with; 0 where it bears none.
fn numbered(history: &Path) -> io::Result<Vec<(u64, PathBuf)>> {
    fs::read_dir(history)?
        .map(|entry| {
            let entry = entry?;
            let name = entry.file_name();
            let number = name.to_str().and_then(|name| name.split_once('-'));
            let number = number.and_then(|(number, _)| number.parse().ok());
            Ok((number.unwrap_or(0), entry.path()))
        })
        .collect()
}

/// Whether anything bears this name, a broken link included.
fn exists(path: &Path) -> Result<bool, ProjectError> {
    match fs::symlink_metadata(path) {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(source) => Err(unreadable(path, source)),
    }
}

fn rename(from: &Path, to: &Path) -> Result<(), ProjectError> {
    fs::rename(from, to)
        .and_then(|()| sync_parents(from, to))
        .map_err(|source| unwritable(to, source))
}

/// A rename is on the disk once both lists of names are.
#[cfg(unix)]
fn sync_parents(from: &Path, to: &Path) -> io::Result<()> {
    for folder in [from.parent(), to.parent()].into_iter().flatten() {
        let folder = if folder.as_os_str().is_empty() {
            Path::new(".")
        } else {
            folder
        };
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

/// Elsewhere a folder cannot be opened as a file, and the file system keeps names by itself.
#[cfg(not(unix))]
fn sync_parents(_from: &Path, _to: &Path) -> io::Result<()> {
    Ok(())
}

fn unwritable(path: &Path, source: io::Error) -> ProjectError {
    ProjectError::Unwritable {
        path: path.to_owned(),
        source,
    }
}

fn unreadable(path: &Path, source: io::Error) -> ProjectError {
    ProjectError::Unreadable {
        path: path.to_owned(),
        source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RED: &str = "aaaaaaaa11111111";
    const BLUE: &str = "bbbbbbbb22222222";

    #[test]
    fn plans_follow_each_other() {
        // Seals of the plans published one after the other, and what the history holds then.
        check("a first plan", &[RED], &[]);
        check("the same again", &[RED, RED], &[]);
        check("another", &[RED, BLUE], &["0001-aaaaaaaa"]);
        check(
            "there and back again and again",
            &[RED, BLUE, RED, BLUE, RED],
            &[
                "0004-bbbbbbbb",
                "0003-aaaaaaaa",
                "0002-bbbbbbbb",
                "0001-aaaaaaaa",
            ],
        );
        check("no seal at all", &["", RED], &["0001-unsealed"]);
        check(
            "a seal that is a path",
            &["../../ab", RED],
            &["0001-unsealed"],
        );
    }

    #[track_caller]
    fn check(case: &str, seals: &[&str], expected: &[&str]) {
        let project = tempfile::tempdir().unwrap();
        for seal in seals {
            publish_plan(project.path(), seal);
        }
        let plan = super::seal(&project.path().join("plan"));
        assert_eq!(plan.as_deref(), seals.last().copied(), "case: {case}");
        assert!(!project.path().join(".plan.new").exists(), "case: {case}");
        assert_eq!(history_of(project.path()), expected, "case: {case}");
    }

    #[test]
    fn the_same_plan_keeps_its_journal() {
        let project = tempfile::tempdir().unwrap();
        publish_plan(project.path(), RED);
        fs::write(project.path().join("plan/journal.sqlite"), "done").unwrap();
        assert_eq!(publish_plan(project.path(), RED), Published::Same);
        assert!(project.path().join("plan/journal.sqlite").exists());
        let replaced = project.path().join("history/0001-aaaaaaaa");
        assert_eq!(
            publish_plan(project.path(), BLUE),
            Published::New {
                replaced: Some(replaced.clone())
            }
        );
        assert!(replaced.join("journal.sqlite").exists());
    }

    #[test]
    fn the_same_plan_keeps_a_workbook_that_somebody_may_have_written_in() {
        let project = tempfile::tempdir().unwrap();
        publish_plan(project.path(), RED);
        let (plan, history) = (project.path().join("plan"), project.path().join("history"));
        fs::write(plan.join("report.xlsx"), "written into").unwrap();
        let new = write_plan(project.path(), RED);
        fs::write(new.join("report.xlsx"), "fresh").unwrap();
        fs::write(new.join("report-anonymous.xlsx"), "fresh").unwrap();
        let published = publish(&new, &plan, &history, false).unwrap();
        assert_eq!(published, Published::Same);
        let text = |name: &str| fs::read_to_string(plan.join(name)).unwrap();
        assert_eq!(text("report.xlsx"), "written into");
        assert_eq!(text("report-anonymous.xlsx"), "fresh");
        assert!(!new.exists());
    }

    #[test]
    fn the_same_plan_has_its_reports_again() {
        let project = tempfile::tempdir().unwrap();
        let report = project.path().join("plan/report.html");
        for before in [None, Some("changed"), Some("report")] {
            publish_plan(project.path(), RED);
            let _ = fs::remove_file(&report);
            if let Some(before) = before {
                fs::write(&report, before).unwrap();
            }
            let new = write_plan(project.path(), RED);
            fs::write(new.join("report.html"), "report").unwrap();
            let (plan, history) = (project.path().join("plan"), project.path().join("history"));
            assert_eq!(
                publish(&new, &plan, &history, false).unwrap(),
                Published::Same
            );
            assert_eq!(fs::read(&report).unwrap(), b"report");
        }
    }

    #[test]
    fn a_plan_changed_by_hand_is_replaced() {
        for sealed in ["changes/1-a.parquet", "handover/disable.csv"] {
            let project = tempfile::tempdir().unwrap();
            publish_plan(project.path(), RED);
            let file = project.path().join("plan").join(sealed);
            fs::write(&file, "rowz").unwrap();
            publish_plan(project.path(), RED);
            assert_eq!(fs::read(&file).unwrap(), b"rows", "{sealed}");
            assert_eq!(history_of(project.path()), ["0001-aaaaaaaa"], "{sealed}");
            let before = project.path().join("history/0001-aaaaaaaa").join(sealed);
            assert_eq!(fs::read(&before).unwrap(), b"rowz", "nothing is lost");
            fs::remove_file(&file).unwrap();
            publish_plan(project.path(), RED);
            let expected = ["0002-aaaaaaaa", "0001-aaaaaaaa"];
            assert_eq!(history_of(project.path()), expected, "{sealed}");
        }
    }

    #[test]
    fn a_crash_between_the_renames_is_healed_by_the_next_run() {
        let project = tempfile::tempdir().unwrap();
        publish_plan(project.path(), RED);
        write_plan(project.path(), BLUE);
        fs::create_dir_all(project.path().join("history")).unwrap();
        let away = project.path().join("history/0001-aaaaaaaa");
        fs::rename(project.path().join("plan"), away).unwrap();
        publish_plan(project.path(), BLUE);
        let plan = super::seal(&project.path().join("plan"));
        assert_eq!(plan.as_deref(), Some(BLUE));
        assert_eq!(history_of(project.path()), ["0001-aaaaaaaa"]);
    }

    #[test]
    fn a_plan_that_was_undone_makes_room_for_the_same() {
        let project = tempfile::tempdir().unwrap();
        publish_plan(project.path(), RED);
        let new = write_plan(project.path(), RED);
        let (plan, history) = (project.path().join("plan"), project.path().join("history"));
        let published = publish(&new, &plan, &history, true).unwrap();
        let replaced = Some(history.join("0001-aaaaaaaa"));
        assert_eq!(published, Published::New { replaced });
    }

    fn publish_plan(project: &Path, seal: &str) -> Published {
        let new = write_plan(project, seal);
        publish(&new, &project.join("plan"), &project.join("history"), false).unwrap()
    }

    fn write_plan(project: &Path, seal: &str) -> PathBuf {
        let new = project.join(".plan.new");
        fresh_folder(&new).unwrap();
        fs::create_dir(new.join("changes")).unwrap();
        fs::write(new.join("changes/1-a.parquet"), "rows").unwrap();
        fs::create_dir(new.join("handover")).unwrap();
        fs::write(new.join("handover/disable.csv"), "rows").unwrap();
        fs::write(new.join(DOCUMENT), format!("{{\"seal\": \"{seal}\"}}")).unwrap();
        new
    }

    /// Names in the history, newest first.
    fn history_of(project: &Path) -> Vec<String> {
        let folders = history_folders(&project.join("history")).unwrap();
        let name = |path: &PathBuf| path.file_name().unwrap().to_str().unwrap().to_owned();
        folders.iter().map(name).collect()
    }
}
