//! Every report adds up (promise 6): rows to their fates, changes to what became of them.
//!
//! In: the samples, planned, applied in part, applied, verified and undone. Out: the same ledgers in
//! every report, as text and for programs, and counts whose sum is what was planned; the refusals that
//! nothing foretold apart.

use std::fs;
use std::path::Path;

use cutover::run::{Answer, ApplyRequest, Consent, Console, Exit, Failure, Format, What};
use rusqlite::Connection;
use serde_json::Value;
use tempfile::TempDir;

use crate::support::{Ended, copy, document, repository, run_with};

fn sample(name: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    copy(&repository(name), folder.path());
    folder
}

fn run(
    folder: &Path,
    format: Format,
    command: fn(&Path, &mut Console<'_>) -> Result<Exit, Failure>,
) -> Ended {
    run_with(format, Answer::Yes, |console| command(folder, console))
}

fn request(folder: &Path) -> ApplyRequest<'_> {
    ApplyRequest {
        folder,
        consent: Consent::Yes,
        limit: None,
    }
}

fn plan(folder: &Path, format: Format) -> Ended {
    run(folder, format, |folder, console| {
        cutover::run::plan(folder, false, console)
    })
}

fn show(folder: &Path, format: Format) -> Ended {
    run(folder, format, |folder, console| {
        cutover::run::show(folder, &What::Plan, console)
    })
}

fn apply(folder: &Path, format: Format) -> Ended {
    run(folder, format, |folder, console| {
        cutover::run::apply(&request(folder), console)
    })
}

fn verify(folder: &Path, format: Format) -> Ended {
    run(folder, format, cutover::run::verify)
}

fn undo(folder: &Path, format: Format) -> Ended {
    run(folder, format, |folder, console| {
        cutover::run::undo(&request(folder), console)
    })
}

fn json(ended: &Ended) -> Value {
    serde_json::from_str(&ended.out).unwrap_or_else(|_| panic!("{}{}", ended.out, ended.err))
}

/// The lines of a report from the heading of the ledgers to the next blank or closing line.
fn ledger_lines(ended: &Ended) -> Vec<String> {
    let (_, rest) = ended
        .out
        .split_once("Rows, each accounted for\n")
        .unwrap_or_else(|| panic!("no ledgers: {}{}", ended.out, ended.err));
    rest.lines()
        .take_while(|line| line.starts_with("  "))
        .map(str::to_owned)
        .collect()
}

/// Each file's rows are the sum of its fates; the files that the plan has, in its order.
#[track_caller]
fn ledgers_balance(ledgers: &Value, files: &[&str]) {
    let sum = |value: &Value| -> u64 {
        let codes = value.as_object().expect("counts by code");
        codes.values().map(|rows| rows.as_u64().unwrap()).sum()
    };
    let ledgers = ledgers.as_array().expect("ledgers");
    let named: Vec<&str> = ledgers
        .iter()
        .filter_map(|one| one["file"].as_str())
        .collect();
    assert_eq!(named, files);
    for ledger in ledgers {
        let fates = ["changes", "no_change", "repeated", "left"].map(|fate| ledger[fate].as_u64());
        let known: u64 = fates.into_iter().map(Option::unwrap).sum();
        let rows = known + sum(&ledger["kept_out"]) + sum(&ledger["stopped"]);
        assert_eq!(ledger["rows"].as_u64(), Some(rows), "{ledger}");
    }
}

/// Each kind's planned changes are the sum of what became of them; their totals, in order.
#[track_caller]
fn counts_balance(report: &Value, columns: &[&str]) -> Vec<(String, u64)> {
    let rows = report["counts"].as_array().expect("counts");
    rows.iter()
        .map(|row| {
            let parts = columns.iter().map(|column| row[column].as_u64().unwrap());
            let planned = row["planned"].as_u64().unwrap();
            assert_eq!(parts.sum::<u64>(), planned, "{row}");
            assert_eq!(row.as_object().unwrap().len(), columns.len() + 2, "{row}");
            (row["kind"].as_str().unwrap().to_owned(), planned)
        })
        .collect()
}

const OUTCOMES: [&str; 6] = ["done", "no_change", "failed", "drifted", "skipped", "open"];
const COMPARED: [&str; 3] = ["as_planned", "not_applied", "different"];
const CLEAN: [&str; 4] = [
    "exports/users.csv",
    "exports/accounts.csv",
    "exports/contacts.xlsx",
    "exports/roles.csv",
];
const CONTOSO: [&str; 4] = [
    "exports/users.xlsx",
    "exports/accounts.csv",
    "exports/contacts.xlsx",
    "exports/roles.csv",
];
const PLANNED: [(&str, u64); 5] = [
    ("create stub user", 3),
    ("change user", 5),
    ("give role", 5),
    ("assign record", 82),
    ("remove role", 2),
];

fn planned() -> Vec<(String, u64)> {
    PLANNED
        .map(|(kind, count)| (kind.to_owned(), count))
        .to_vec()
}

#[test]
fn every_report_adds_up_and_has_the_same_ledgers() {
    let folder = sample("samples/clean");
    let path = folder.path();
    let lines = ledger_lines(&plan(path, Format::Text));
    assert_eq!(lines.len(), 1 + CLEAN.len(), "{lines:?}");
    assert_eq!(ledger_lines(&show(path, Format::Text)), lines);
    let ledgers = json(&show(path, Format::Json))["ledgers"].clone();
    for command in [verify, apply, verify, apply] {
        let ended = command(path, Format::Text);
        assert_eq!(ledger_lines(&ended), lines, "{}", ended.out);
    }
    for (command, columns) in [
        (apply as fn(&Path, Format) -> Ended, &OUTCOMES[..]),
        (verify, &COMPARED),
    ] {
        let report = json(&command(path, Format::Json));
        assert_eq!(counts_balance(&report, columns), planned());
        ledgers_balance(&report["ledgers"], &CLEAN);
        for (one, sealed) in report["ledgers"]
            .as_array()
            .unwrap()
            .iter()
            .zip(ledgers.as_array().unwrap())
        {
            let (mut one, mut sealed) = (one.clone(), sealed.clone());
            one["file"] = Value::Null;
            sealed["file"] = Value::Null;
            assert_eq!(one, sealed);
        }
    }
    let csv = apply(path, Format::Csv).out;
    assert_eq!(
        csv.lines().next(),
        Some("kind,planned,done,no_change,failed,drifted,skipped,open")
    );
    assert!(csv.contains("\nassign record,82,82,0,0,0,0,0\n"), "{csv}");
    let csv = verify(path, Format::Csv).out;
    assert_eq!(
        csv.lines().next(),
        Some("kind,planned,as_planned,not_applied,different")
    );
    assert!(csv.contains("\nassign record,82,82,0,0\n"), "{csv}");
    // What is taken back are the opposites of what was written.
    let back = counts_balance(&json(&undo(path, Format::Json)), &OUTCOMES);
    let opposites = [
        ("change user", 5),
        ("give role", 2),
        ("assign record", 82),
        ("remove role", 5),
        ("delete stub user", 3),
    ];
    assert_eq!(
        back,
        opposites.map(|(kind, count)| (kind.to_owned(), count))
    );
}

#[test]
fn a_sample_with_everything_in_it_adds_up() {
    let folder = sample("samples/contoso");
    let planned = plan(folder.path(), Format::Json);
    assert_eq!(planned.exit, Exit::NotApproved, "{}", planned.err);
    let mut report = json(&planned);
    let inputs = report["inputs"].clone();
    for ledger in report["ledgers"].as_array_mut().unwrap() {
        let inputs = inputs.as_array().unwrap();
        let name = inputs
            .iter()
            .find(|input| input["file"] == ledger["file"])
            .unwrap();
        ledger["file"] = name["name"].clone();
    }
    ledgers_balance(&report["ledgers"], &CONTOSO);
    let rows = document(folder.path()).ledgers;
    let changes: u64 = rows.iter().map(|ledger| ledger.changes).sum();
    let totals = document(folder.path()).totals.changes;
    // Five people are moved, and are given two roles each as a part of that change.
    let given_along = 10;
    assert_eq!(
        changes + totals["create_stub_user"],
        totals.values().sum::<u64>() + given_along
    );
}

/// A customer's own program disables somebody whenever a stub user is made; nobody could know.
#[test]
fn refusals_that_nothing_foretold_are_counted_apart() {
    let folder = sample("samples/clean");
    let path = folder.path();
    assert_eq!(plan(path, Format::Text).exit, Exit::Done);
    let file = Connection::open(path.join("environment.sqlite")).unwrap();
    file.execute_batch(
        "CREATE TRIGGER custom AFTER INSERT ON user WHEN new.stub = 1 BEGIN
             UPDATE user SET disabled = 1 WHERE upn LIKE 'oliver.reed@%';
         END",
    )
    .unwrap();
    let text = apply(path, Format::Text);
    assert_eq!(text.exit, Exit::Partly, "{}{}", text.out, text.err);
    let report = json(&apply(path, Format::Json));
    assert_eq!(counts_balance(&report, &OUTCOMES), planned());
    let apart = &report["not_foretellable"];
    let refused = apart["refused"].as_u64().unwrap();
    assert!(refused > 0, "{apart}");
    let codes = apart["by_code"].as_object().unwrap();
    let by_code: u64 = codes.values().map(|count| count.as_u64().unwrap()).sum();
    assert_eq!(by_code, refused);
    let failed = report["counts"].as_array().unwrap().iter();
    let failed: u64 = failed.map(|row| row["failed"].as_u64().unwrap()).sum();
    assert_eq!(failed, refused);
    assert_eq!(apart["unchecked"], serde_json::json!([]));
    let words = text.out.split_whitespace().collect::<Vec<_>>().join(" ");
    let line = format!("not foretellable: {refused} refused (");
    assert!(words.contains(&line), "{words}");
    assert!(words.contains("custom logic of the target"), "{words}");
    for code in codes.keys() {
        assert!(words.contains(code), "{words}");
    }
    // Cured, it is counted no more.
    file.execute_batch(
        "DROP TRIGGER custom; UPDATE user SET disabled = 0 WHERE upn LIKE 'oliver.reed@%'",
    )
    .unwrap();
    let text = apply(path, Format::Text);
    assert_eq!(text.exit, Exit::Done, "{}{}", text.out, text.err);
    assert!(!text.out.contains("not foretellable"), "{}", text.out);
}

#[test]
fn a_rule_left_unchecked_is_named_where_something_was_refused() {
    let folder = sample("tests/cases/base");
    let path = folder.path();
    fs::remove_file(path.join("environment/role_privileges.csv")).unwrap();
    let manifest = path.join("cutover.toml");
    let text = fs::read_to_string(&manifest).unwrap();
    fs::write(manifest, text + "[accept]\nunchecked = [\"OWN009\"]\n").unwrap();
    let ended = plan(path, Format::Text);
    assert_eq!(ended.exit, Exit::Done, "{}{}", ended.out, ended.err);
    let report = json(&apply(path, Format::Json));
    assert_eq!(
        report["not_foretellable"]["unchecked"],
        serde_json::json!(["OWN009"])
    );
    assert_eq!(report["not_foretellable"]["refused"], 0);
}
