//! Commands that follow each other: plans applied, undone, planned anew.
//!
//! In: a sample and a row of commands. Out: an environment file that holds what the last of them says,
//! and exit codes that say how each ended.

use std::path::Path;

use cutover::run::{ApplyRequest, Consent, apply, load, plan, undo, verify};
use rusqlite::Connection;
use tempfile::TempDir;

use crate::support::{Ended, copy, repository, run};

/// A sample in a folder of its own.
fn sample() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    copy(&repository("samples/clean"), folder.path());
    folder
}

/// Runs commands by their names; each must end well.
#[track_caller]
fn commands(folder: &Path, names: &[&str]) -> Ended {
    let mut last = None;
    for name in names {
        let ended = command(folder, name);
        assert_eq!(ended.exit.code(), 0, "{name}: {}{}", ended.out, ended.err);
        last = Some(ended);
    }
    last.expect("a command")
}

fn command(folder: &Path, name: &str) -> Ended {
    let request = ApplyRequest {
        folder,
        consent: Consent::Yes,
        limit: None,
    };
    run(|console| match name {
        "plan" => plan(folder, false, console),
        "apply" => apply(&request, console),
        "undo" => undo(&request, console),
        "verify" => verify(folder, console),
        "load" => load(folder, false, console),
        other => panic!("no such command: {other}"),
    })
}

/// Runs SQL on the environment file.
fn sql(folder: &Path, statement: &str) {
    let file = Connection::open(folder.join("environment.sqlite")).expect("the environment file");
    file.execute_batch(statement).expect("a statement");
}

/// Who owns what, and who is there.
fn held(folder: &Path) -> Vec<String> {
    let file = Connection::open(folder.join("environment.sqlite")).expect("the environment file");
    let query = "SELECT hex(id) || hex(owner) FROM record UNION ALL SELECT hex(id) FROM user
                 UNION ALL SELECT hex(user) || hex(role) FROM user_role ORDER BY 1";
    let mut statement = file.prepare(query).expect("a query");
    let rows = statement.query_map([], |row| row.get(0)).expect("rows");
    rows.collect::<Result<_, _>>().expect("rows")
}

#[test]
fn what_was_undone_can_be_planned_and_applied_again() {
    let folder = sample();
    commands(folder.path(), &["plan", "apply"]);
    let applied = held(folder.path());
    commands(folder.path(), &["undo", "plan", "apply", "verify"]);
    assert!(held(folder.path()) == applied, "the same as the first time");
}

#[test]
fn undo_passes_over_a_plan_that_wrote_nothing() {
    let folder = sample();
    commands(folder.path(), &["plan"]);
    let before = held(folder.path());
    commands(folder.path(), &["apply", "plan", "apply", "undo"]);
    assert!(held(folder.path()) == before, "as it was before");
    commands(folder.path(), &["load"]);
}

#[test]
fn undo_takes_the_newest_plan_of_a_project_that_was_copied() {
    let folder = sample();
    commands(folder.path(), &["plan"]);
    let before = held(folder.path());
    commands(folder.path(), &["apply"]);
    let first = held(folder.path());
    // Somebody gives a record away, and the second plan brings it back.
    sql(
        folder.path(),
        "UPDATE record SET owner = (SELECT min(id) FROM user WHERE stub = 0), owner_type = 8
         WHERE id = (SELECT max(record.id) FROM record JOIN user ON user.id = owner WHERE stub = 1)",
    );
    let disturbed = held(folder.path());
    commands(folder.path(), &["plan", "apply"]);
    assert!(
        held(folder.path()) == first,
        "the second plan brings it back"
    );
    commands(folder.path(), &["plan"]);
    // The journal of the first plan is the one that was touched last.
    let old = std::fs::read_dir(folder.path().join("history"))
        .expect("a history")
        .map(|entry| entry.expect("an entry").path())
        .min()
        .expect("a plan");
    std::fs::File::options()
        .append(true)
        .open(old.join("journal.sqlite"))
        .and_then(|file| {
            file.set_modified(std::time::SystemTime::now() + std::time::Duration::from_mins(1))
        })
        .expect("another date");
    commands(folder.path(), &["undo"]);
    assert!(
        held(folder.path()) == disturbed,
        "the second plan is taken back first"
    );
    // The record that was given away by hand is no longer as the first plan wrote it.
    assert_eq!(command(folder.path(), "undo").exit.code(), 3);
    let left = held(folder.path());
    let differing = left.iter().filter(|row| !before.contains(row)).count();
    assert_eq!(differing, 1, "the record that was given away by hand");
}

#[test]
fn what_an_undo_could_not_take_back_is_tried_again() {
    let folder = sample();
    commands(folder.path(), &["plan"]);
    let before = held(folder.path());
    commands(folder.path(), &["apply"]);
    let licence = "INSERT INTO user_licence (user, product)
                   SELECT id, 'held' FROM user WHERE upn = 'hugo.lacroix@alpineskihouse.com'";
    sql(
        folder.path(),
        "PRAGMA foreign_keys = OFF; DELETE FROM user_licence",
    );
    sql(
        folder.path(),
        &format!("PRAGMA foreign_keys = OFF; {licence}"),
    );
    let first = command(folder.path(), "undo");
    assert_eq!(first.exit.code(), 3, "{}{}", first.out, first.err);
    assert!(first.err.contains("cutover undo"), "{}", first.err);
    sql(
        folder.path(),
        "DELETE FROM user_licence WHERE product = 'held'",
    );
    commands(folder.path(), &["undo"]);
    assert!(held(folder.path()) == before, "as it was before");
    let again = commands(folder.path(), &["undo"]);
    assert!(again.err.contains("nothing to take back"), "{}", again.err);
}
