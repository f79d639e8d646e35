//! What is told of plans that were undone: by `verify`, and by `undo` itself.
//!
//! In: the clean sample, applied, undone, and what somebody else did in between. Out: what stands in the environment is
//! held against what was there before, whoever moved it.

use std::collections::BTreeMap;
use std::path::Path;

use cutover::run::{Answer, ApplyRequest, Consent, Exit, Format, What};
use rusqlite::Connection;
use tempfile::TempDir;

use crate::support::{Ended, copy, repository, run, run_with};

/// A record of the sample, whom it belongs to before the plan, and after it.
const RECORD: &str = "13473db1-ce39-4a89-8f3d-1eee2c2030df";
const BEFORE: &str = "6115c411-51ce-41d8-9ca5-a9d49efb9693";
const AFTER: &str = "4b7af695-852b-489f-a93b-984487ff09cf";

fn applied() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    copy(&repository("samples/clean"), folder.path());
    ends(&command("plan", folder.path()), Exit::Done);
    ends(&command("apply", folder.path()), Exit::Done);
    folder
}

fn command(name: &str, folder: &Path) -> Ended {
    let request = ApplyRequest {
        folder,
        consent: Consent::Yes,
        limit: None,
    };
    run(|console| match name {
        "plan" => cutover::run::plan(folder, false, console),
        "apply" => cutover::run::apply(&request, console),
        "undo" => cutover::run::undo(&request, console),
        _ => cutover::run::verify(folder, console),
    })
}

#[track_caller]
fn ends(ended: &Ended, exit: Exit) {
    assert_eq!(ended.exit, exit, "{}{}", ended.out, ended.err);
}

fn blob(id: &str) -> String {
    format!("X'{}'", id.replace('-', ""))
}

/// Somebody else gives the record away.
fn given_to(folder: &Path, owner: &str) {
    let file = Connection::open(folder.join("environment.sqlite")).unwrap();
    let (owner, record) = (blob(owner), blob(RECORD));
    let moved = file
        .execute(
            &format!("UPDATE record SET owner = {owner} WHERE id = {record}"),
            [],
        )
        .unwrap();
    assert_eq!(moved, 1);
}

/// Somebody who is neither.
fn third(folder: &Path) -> String {
    let file = Connection::open(folder.join("environment.sqlite")).unwrap();
    let sql = format!(
        "SELECT lower(hex(id)) FROM user WHERE id NOT IN ({}, {}) AND disabled = 0 LIMIT 1",
        blob(BEFORE),
        blob(AFTER)
    );
    let hex: String = file.query_row(&sql, [], |row| row.get(0)).unwrap();
    hex
}

#[test]
fn a_change_that_drifted_is_held_against_what_was_there_before_the_plan() {
    let folder = applied();
    let path = folder.path();
    given_to(path, &third(path));
    ends(&command("undo", path), Exit::Partly);
    let good = "The target holds what was there before the plan.";
    for (owner, exit) in [(AFTER, Exit::Partly), (BEFORE, Exit::Done)] {
        given_to(path, owner);
        let verified = command("verify", path);
        ends(&verified, exit);
        assert_eq!(
            verified.out.contains(good),
            exit == Exit::Done,
            "{owner}: {}",
            verified.out
        );
    }
    given_to(path, AFTER);
    let verified = command("verify", path);
    for said in [RECORD, BEFORE, AFTER, "undo found it changed since apply"] {
        assert!(verified.out.contains(said), "{said}: {}", verified.out);
    }
}

#[test]
fn plans_that_were_undone_one_after_the_other_are_held_against_the_state_before_all() {
    let folder = applied();
    let path = folder.path();
    // In the next plan the same record goes to somebody else; the plan before is in the history.
    let export = path.join("exports/accounts.csv");
    let text = std::fs::read_to_string(&export).unwrap();
    let moved = text.replacen("Greta Aumann", "luca.ferri@skihaus.example", 1);
    std::fs::write(&export, moved).unwrap();
    ends(&command("plan", path), Exit::Done);
    ends(&command("apply", path), Exit::Done);
    ends(&command("undo", path), Exit::Done);
    let once = command("verify", path);
    ends(&once, Exit::Done);
    assert!(once.out.contains("Plan "), "{}", once.out);
    ends(&command("undo", path), Exit::Done);
    let twice = command("verify", path);
    ends(&twice, Exit::Done);
    for said in [
        "Plans ",
        "The target holds what was there before these plans.",
    ] {
        assert!(twice.out.contains(said), "{said}: {}", twice.out);
    }
    // What the newer plan found is not what was there before the older one.
    given_to(path, AFTER);
    let verified = command("verify", path);
    ends(&verified, Exit::Partly);
    assert_eq!(
        verified.out.matches(&format!("expected {BEFORE}")).count(),
        2,
        "{}",
        verified.out
    );
    // Planned anew, the older ones are past.
    given_to(path, BEFORE);
    ends(&command("plan", path), Exit::Done);
    ends(&command("apply", path), Exit::Done);
    ends(&command("undo", path), Exit::Done);
    let again = command("verify", path);
    ends(&again, Exit::Done);
    assert!(!again.out.contains("Plans "), "{}", again.out);
}

/// What `show outcome` lists, a row a change.
fn listed(folder: &Path) -> Vec<BTreeMap<String, String>> {
    let told = run_with(Format::Csv, Answer::Yes, |console| {
        cutover::run::show(folder, &What::Outcome, console)
    });
    let mut rows = csv::Reader::from_reader(told.out.as_bytes());
    rows.deserialize().map(Result::unwrap).collect()
}

#[test]
fn what_drifted_in_an_undo_is_told_with_what_helps() {
    let folder = applied();
    let path = folder.path();
    let third = third(path);
    given_to(path, &third);
    let undone = command("undo", path);
    ends(&undone, Exit::Partly);
    let flat = undone.out.split_whitespace().collect::<Vec<_>>().join(" ");
    for said in [
        "Not taken back: 1 change",
        "neither what was written nor what was there before",
        "put it back by hand",
    ] {
        assert!(flat.contains(said), "{said}: {flat}");
    }
    assert!(!flat.contains("apply again"), "{flat}");
    // Tried again it would drift again.
    assert!(!undone.err.contains("cutover undo"), "{}", undone.err);
    assert!(undone.err.contains("cutover verify"), "{}", undone.err);
    let rows = listed(path);
    let [row] = rows.as_slice() else {
        panic!("one row: {rows:?}")
    };
    let cells = ["direction", "what", "kind"].map(|header| row[header].as_str());
    assert_eq!(cells, ["undo", "drifted", "assign record"]);
    assert!(row["about"].contains(RECORD), "{row:?}");
}

#[test]
fn owners_are_told_by_name_beside_their_ids() {
    let folder = applied();
    let path = folder.path();
    given_to(path, BEFORE);
    let verified = command("verify", path);
    ends(&verified, Exit::Partly);
    let flat = verified
        .out
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    for said in [
        AFTER,
        "(Greta Aumann <greta.aumann@alpineskihouse.com>)",
        BEFORE,
        "(Data Migration <",
    ] {
        assert!(flat.contains(said), "{said}: {flat}");
    }
    let anonymous = run(|console| {
        console.anonymise = true;
        cutover::run::verify(path, console)
    });
    ends(&anonymous, Exit::Partly);
    assert!(anonymous.out.contains(AFTER), "{}", anonymous.out);
    for name in ["Greta", "Aumann", "Data Migration", "alpineskihouse"] {
        assert!(!anonymous.out.contains(name), "{name}: {}", anonymous.out);
    }
    assert!(anonymous.out.contains("(Person "), "{}", anonymous.out);
}

#[test]
fn an_older_plan_that_was_undone_has_its_outcome_too() {
    let folder = applied();
    let path = folder.path();
    let export = path.join("exports/accounts.csv");
    let text = std::fs::read_to_string(&export).unwrap();
    std::fs::write(
        &export,
        text.replacen("Greta Aumann", "luca.ferri@skihaus.example", 1),
    )
    .unwrap();
    ends(&command("plan", path), Exit::Done);
    let seal = crate::support::document(path).seal;
    given_to(path, &third(path));
    ends(&command("undo", path), Exit::Partly);
    let rows = listed(path);
    assert_eq!(rows.len(), 1, "{rows:?}");
    assert_ne!(rows[0]["plan"], seal[..8], "the older one");
    let verified = command("verify", path);
    ends(&verified, Exit::Partly);
    let heading = format!("Plan {} was undone", rows[0]["plan"]);
    assert!(verified.out.contains(&heading), "{}", verified.out);
    given_to(path, BEFORE);
    ends(&command("verify", path), Exit::Done);
}
