//! The owners sheet and the environment folder, as people leave them.
//!
//! In: a copy of a sample, changed. Out: what the command says, and what stands in the sheet.

use std::fs;
use std::path::{Path, PathBuf};

use cutover::model::{Progress, Silent, Step, Unit};
use cutover::run::{Console, Exit, load, plan};

use crate::support::{copy, repository, run};

fn project(folder: &Path, manifest: impl Fn(String) -> String) {
    copy(&repository("samples/clean"), folder);
    let path = folder.join("cutover.toml");
    fs::write(&path, manifest(fs::read_to_string(&path).unwrap())).unwrap();
}

#[test]
fn load_says_how_files_were_read() {
    let folder = tempfile::tempdir().unwrap();
    project(folder.path(), |manifest| manifest);
    let teams = folder.path().join("environment/teams.csv");
    let text = fs::read_to_string(&teams).unwrap().replace(',', ";");
    fs::write(&teams, text).unwrap();
    let note = "note: `environment/teams.csv` was read with delimiter `;`";
    let ended = run(|console| load(folder.path(), false, console));
    assert_eq!(ended.exit, Exit::Done, "{}", ended.err);
    assert!(ended.err.contains(note), "{}", ended.err);
    fs::remove_file(folder.path().join("environment.sqlite")).unwrap();
    let ended = run(|console| plan(folder.path(), false, console));
    assert!(ended.err.contains(note), "{}", ended.err);
}

/// The clean sample with another file of rulings.
fn with_rulings(folder: &Path, file: &str) {
    project(folder, |manifest| {
        manifest.replace("[owners]\n", &format!("[owners]\nrulings = \"{file}\"\n"))
    });
}

#[test]
fn a_sheet_without_rulings_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    with_rulings(folder.path(), "r.csv");
    fs::write(folder.path().join("r.csv"), "reference,what\nBo,leave\n").unwrap();
    let ended = run(|console| plan(folder.path(), false, console));
    assert_eq!(ended.exit, Exit::Usage);
    assert!(
        ended.err.contains("found `reference`, `what`"),
        "{}",
        ended.err
    );
    assert!(!folder.path().join("plan").exists());
}

#[test]
fn a_workbook_in_a_folder_that_is_written_to_is_refused() {
    for file in ["plan/report.xlsx", "history/0001-aaaaaaaa/report.xlsx"] {
        let folder = tempfile::tempdir().unwrap();
        with_rulings(folder.path(), file);
        let ended = run(|console| plan(folder.path(), false, console));
        assert_eq!(ended.exit, Exit::Usage, "{file}");
        assert!(ended.err.contains("name the copy"), "{file}: {}", ended.err);
    }
}

/// Somebody who writes a note into the owners sheet while exports are read.
struct Writer(PathBuf);

impl Progress for Writer {
    fn begin(&self, what: &str, _unit: Unit, _total: Option<u64>) -> Box<dyn Step> {
        if what.starts_with("reading exports/accounts") {
            let sheet = fs::read_to_string(&self.0).unwrap();
            let (head, rows) = sheet.split_once('\n').unwrap();
            let (first, rest) = rows.split_once('\n').unwrap();
            fs::write(&self.0, format!("{head}\n{first}written meanwhile\n{rest}")).unwrap();
        }
        Box::new(Silent)
    }
}

#[test]
fn what_is_written_into_the_sheet_while_planning_stays() {
    let folder = tempfile::tempdir().unwrap();
    project(folder.path(), |manifest| manifest);
    let planned = run(|console| plan(folder.path(), false, console));
    assert_eq!(planned.exit, Exit::Done, "{}", planned.err);
    let sheet = folder.path().join("owners.csv");
    let writer = Writer(sheet.clone());
    let again = run(|console| {
        let watched = &mut Console {
            out: &mut *console.out,
            err: &mut *console.err,
            progress: &writer,
            stop: console.stop,
            ask: &mut *console.ask,
            format: console.format,
            width: console.width,
            quiet: console.quiet,
            anonymise: false,
        };
        plan(folder.path(), false, watched)
    });
    assert_eq!(again.exit, Exit::Done, "{}", again.err);
    let text = fs::read_to_string(&sheet).unwrap();
    assert_eq!(text.matches("written meanwhile").count(), 1, "{text}");
}
