//! What apply and undo report, and `show outcome` from the journal alone: causes with their cures, counts, times apart.
//!
//! In: the clean sample with a target that refuses what nothing foretold. Out: causes that add up to the counts.

use std::collections::BTreeMap;
use std::path::Path;

use cutover::report::SERVICE_CURES;
use cutover::run::{Answer, ApplyRequest, Consent, Exit, Format, What};
use cutover::service::REFUSALS;
use rusqlite::Connection;
use serde_json::Value;

use crate::foretell::FORETOLD_BY;
use crate::support::{Ended, copy, repository, run, run_with};

/// A customer's own program disables somebody whenever a stub user is made; nobody could know.
const CUSTOM_LOGIC: &str = "CREATE TRIGGER custom AFTER INSERT ON user WHEN new.stub = 1 BEGIN
    UPDATE user SET disabled = 1 WHERE upn LIKE 'oliver.reed@%';
END";

fn writes(folder: &Path, format: Format, is_undo: bool) -> Ended {
    let request = ApplyRequest {
        folder,
        consent: Consent::Yes,
        limit: None,
    };
    run_with(format, Answer::Yes, |console| {
        if is_undo {
            cutover::run::undo(&request, console)
        } else {
            cutover::run::apply(&request, console)
        }
    })
}

fn told(folder: &Path, format: Format) -> Ended {
    run_with(format, Answer::Yes, |console| {
        cutover::run::show(folder, &What::Outcome, console)
    })
}

fn json(ended: &Ended) -> Value {
    serde_json::from_str(&ended.out).unwrap_or_else(|error| panic!("{error}: {}", ended.out))
}

fn sum(list: &Value, key: &str) -> u64 {
    let rows = list.as_array().unwrap().iter();
    rows.map(|row| row[key].as_u64().unwrap()).sum()
}

#[test]
fn causes_are_told_with_their_cures_and_again_from_the_journal() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    copy(&repository("samples/clean"), path);
    run(|console| cutover::run::plan(path, false, console));
    assert!(told(path, Format::Text).out.contains("was not applied yet"));
    assert_eq!(json(&told(path, Format::Json))["state"], "not applied");
    let file = Connection::open(path.join("environment.sqlite")).unwrap();
    file.execute_batch(CUSTOM_LOGIC).unwrap();
    let applied = writes(path, Format::Text, false);
    assert_eq!(applied.exit, Exit::Partly, "{}", applied.err);
    let flat = applied.out.split_whitespace().collect::<Vec<_>>().join(" ");
    for said in [
        "of 3 causes",
        "0x80040225 give role 1: the user is disabled",
        "0x80040299 assign record 3: the new owner cannot read the table",
        "cure: give the new owner a role that reads it",
        "cutover explain OWN009",
        "outcome --format csv",
    ] {
        assert!(flat.contains(said), "{said}: {}", applied.out);
    }
    // Times are no data: no two runs have the same.
    assert!(applied.err.contains("took ") && !applied.out.contains("took "));
    let again = json(&writes(path, Format::Json, false));
    assert!(again["timing"]["seconds"].is_f64(), "{again}");
    assert!(again["timing"]["line"].is_null(), "{again}");
    let report = json(&told(path, Format::Json));
    assert_eq!(report["state"], "applied in part");
    let out = &report["applied"];
    assert_eq!(out["causes"], again["causes"]);
    assert_eq!(out["counts"].as_array().unwrap().len(), 5);
    assert!(out["timing"].is_null());
    let troubled = ["failed", "drifted", "skipped"].map(|key| sum(&out["counts"], key));
    assert_eq!(sum(&out["causes"], "count"), troubled.iter().sum::<u64>());
    each_is_listed(path, &out["causes"]);
    let text = told(path, Format::Text);
    let again = counts(&text.out);
    let (told, runs) = again.split_once("  run 1: ").expect("when it ran");
    assert_eq!(told.trim_end(), counts(&applied.out).trim_end());
    assert!(
        runs.contains("  run 2: ") && runs.contains("changes, took "),
        "{runs}"
    );
    let runs = out["runs"].as_array().unwrap();
    assert_eq!(runs.len(), 2, "{runs:?}");
    assert!(
        runs.iter()
            .all(|run| run["changes"].is_u64() && run["ended"].is_string())
    );
    undone(path);
}

/// A report without its heading.
fn counts(text: &str) -> String {
    text.split_once('\n').unwrap().1.to_owned()
}

/// As CSV every change stands in a line of its own.
fn each_is_listed(path: &Path, causes: &Value) {
    let csv = told(path, Format::Csv);
    let mut rows = csv::Reader::from_reader(csv.out.as_bytes());
    let rows: Vec<BTreeMap<String, String>> = rows.deserialize().map(Result::unwrap).collect();
    assert_eq!(rows.len() as u64, sum(causes, "count"));
    assert!(
        rows.iter()
            .all(|row| !row["about"].is_empty() && !row["cure"].is_empty())
    );
    for cause in causes.as_array().unwrap() {
        let of_it = |row: &&BTreeMap<String, String>| {
            row["kind"] == cause["kind"].as_str().unwrap()
                && row["code"] == cause["code"].as_str().unwrap_or_default()
        };
        assert!(rows.iter().filter(of_it).count() as u64 >= cause["count"].as_u64().unwrap());
    }
}

fn undone(path: &Path) {
    let ended = writes(path, Format::Text, true);
    assert_eq!(ended.exit, Exit::Done, "{}", ended.err);
    assert!(ended.err.contains("took "), "{}", ended.err);
    let report = json(&told(path, Format::Json));
    assert_eq!(report["state"], "undone");
    assert_eq!(sum(&report["undone"]["counts"], "open"), 0);
    assert!(told(path, Format::Text).out.contains("Taken back by undo"));
}

#[test]
fn somebody_elses_change_is_drift_with_a_cure() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    copy(&repository("samples/clean"), path);
    run(|console| cutover::run::plan(path, false, console));
    let file = Connection::open(path.join("environment.sqlite")).unwrap();
    file.execute_batch(
        "UPDATE record SET owner = (SELECT owner FROM record WHERE owner <> (SELECT owner FROM record LIMIT 1) LIMIT 1)",
    )
    .unwrap();
    let report = json(&writes(path, Format::Json, false));
    let drifted = sum(&report["counts"], "drifted");
    assert!(drifted > 0, "{report}");
    let causes = report["causes"].as_array().unwrap();
    let cause = causes
        .iter()
        .find(|cause| cause["what"] == "drifted")
        .unwrap();
    assert_eq!(cause["count"], drifted);
    assert!(
        cause["cure"].as_str().unwrap().contains("see who is right"),
        "{cause}"
    );
}

#[test]
fn every_refusal_has_a_meaning_and_a_cure() {
    let known: BTreeMap<u32, _> = SERVICE_CURES.iter().map(|cure| (cure.code, cure)).collect();
    assert_eq!(
        known.len(),
        SERVICE_CURES.len(),
        "a code stands there twice"
    );
    assert!(SERVICE_CURES.is_sorted_by_key(|cure| cure.code));
    for refusal in REFUSALS {
        assert!(known.contains_key(&refusal.code.0), "{}", refusal.code);
    }
    for (code, rules) in FORETOLD_BY {
        assert_eq!(known[code].rules, *rules, "{code:#010x}");
    }
    for cure in SERVICE_CURES {
        for words in [cure.meaning, cure.cure] {
            let is_clause = !words.is_empty() && !words.ends_with('.');
            assert!(is_clause, "{:#010x}: {words}", cure.code);
        }
    }
}
