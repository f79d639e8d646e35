//! What tests of whole situations share: a folder of one's own, and a command run in this process.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use cutover::model::{Silent, StopSignal};
use cutover::plan::{Document, SealedPlan};
use cutover::run::{Answer, Console, Exit, Failure, Format};

/// How a command ended and what it said.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) exit: Exit,
    pub(crate) out: String,
    /// Words that are no data, and the error with its causes.
    pub(crate) err: String,
}

/// Runs a command of `run/` with buffers for writers; questions are answered with yes.
pub(crate) fn run(command: impl FnOnce(&mut Console<'_>) -> Result<Exit, Failure>) -> Ended {
    run_with(Format::Text, Answer::Yes, command)
}

/// The same with a format and an answer.
pub(crate) fn run_with(
    format: Format,
    answer: Answer,
    command: impl FnOnce(&mut Console<'_>) -> Result<Exit, Failure>,
) -> Ended {
    run_until(&StopSignal::default(), format, answer, command)
}

/// The same, and somebody may wish it to stop.
pub(crate) fn run_until(
    stop: &StopSignal,
    format: Format,
    answer: Answer,
    command: impl FnOnce(&mut Console<'_>) -> Result<Exit, Failure>,
) -> Ended {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let ended = command(&mut Console {
        out: &mut out,
        err: &mut err,
        progress: &Silent,
        stop,
        ask: &mut |_| answer,
        format,
        width: 100,
        quiet: false,
        anonymise: false,
    });
    let (exit, error) = match ended {
        Ok(exit) => (exit, String::new()),
        Err(failure) => (failure.exit, format!("{:#}", failure.error)),
    };
    let text = |bytes: &[u8]| anstream::adapter::strip_bytes(bytes).into_vec();
    Ended {
        exit,
        out: String::from_utf8(text(&out)).expect("output is UTF-8"),
        err: String::from_utf8(text(&err)).expect("output is UTF-8") + &error,
    }
}

/// What the product writes into a project: somebody may have tried the samples where they lie.
const WRITTEN: &[&str] = &["plan", "history", ".plan.new", ".cutover.lock"];

/// Copies a folder with everything in it; of the repository's own only what is committed.
pub(crate) fn copy(from: &Path, to: &Path) {
    let own = from.starts_with(repository("samples"));
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder to copy") {
        let entry = entry.expect("an entry");
        let name = entry.file_name().to_string_lossy().into_owned();
        let written = WRITTEN.contains(&name.as_str())
            || name.starts_with("environment.sqlite")
            || from.ends_with("clean") && name == "owners.csv";
        if own && written {
            continue;
        }
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("a copy");
        }
    }
}

/// The bytes of every file in a folder, by path, the locks apart: two are equal where nothing was
/// written in between.
pub(crate) fn image(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut image = BTreeMap::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(within) = folders.pop() {
        for entry in fs::read_dir(folder.join(&within)).expect("a folder") {
            let entry = entry.expect("an entry");
            let path = within.join(entry.file_name());
            if entry.path().is_dir() {
                image.insert(path.clone(), Vec::new());
                folders.push(path);
            } else if !is_lock(&entry.file_name().to_string_lossy()) {
                image.insert(path, fs::read(entry.path()).expect("a file"));
            }
        }
    }
    image
}

/// Whether a file is a lock, which stays, empty, where a command wrote.
fn is_lock(name: &str) -> bool {
    name == cutover::project::LOCK || name.ends_with(cutover::project::ENVIRONMENT_LOCK)
}

/// The paths at which two folders differ.
pub(crate) fn differences(
    before: &BTreeMap<PathBuf, Vec<u8>>,
    after: &BTreeMap<PathBuf, Vec<u8>>,
) -> Vec<PathBuf> {
    let mut paths: Vec<&PathBuf> = before.keys().chain(after.keys()).collect();
    paths.sort();
    paths.dedup();
    paths
        .into_iter()
        .filter(|path| before.get(*path) != after.get(*path))
        .cloned()
        .collect()
}

/// A folder of the repository.
pub(crate) fn repository(path: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The plan's document in a project folder.
pub(crate) fn document(project: &Path) -> Document {
    SealedPlan::open(&project.join("plan"))
        .expect("a sealed plan")
        .document()
        .clone()
}

/// Every table of a project's environment file, each row as words.
pub(crate) fn tables(project: &Path) -> BTreeMap<String, Vec<String>> {
    let file = rusqlite::Connection::open_with_flags(
        project.join("environment.sqlite"),
        rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY,
    )
    .expect("an environment file");
    let mut names = file
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
        .expect("a schema");
    let names: Vec<String> = names
        .query_map([], |row| row.get(0))
        .and_then(Iterator::collect)
        .expect("names of tables");
    names
        .into_iter()
        .map(|name| {
            let mut rows = file
                .prepare(&format!("SELECT * FROM \"{name}\""))
                .expect("a table");
            let width = rows.column_count();
            let mut rows: Vec<String> = rows
                .query_map([], |row| {
                    let cells = (0..width).map(|cell| row.get::<_, rusqlite::types::Value>(cell));
                    cells
                        .collect::<Result<Vec<_>, _>>()
                        .map(|cells| format!("{cells:?}"))
                })
                .and_then(Iterator::collect)
                .expect("rows");
            rows.sort();
            (name, rows)
        })
        .collect()
}
