//! A plan that was changed after it was sealed is refused, whatever was changed.

use std::fs;
use std::ops::ControlFlow;
use std::path::Path;

use super::bytes_of;
use super::sample::Sample;
use crate::plan::Document;
use crate::plan::PlanError;
use crate::plan::SealedPlan;

#[test]
fn every_byte_of_the_document_is_sealed() {
    let folder = tempfile::tempdir().unwrap();
    let mut sample = Sample::full();
    sample.findings.retain(|finding| finding.places.len() < 2);
    sample.seal_into(folder.path()).unwrap();
    let refused = || SealedPlan::open(folder.path()).is_err();
    every_byte(&folder.path().join("plan.json"), &refused);
}

#[test]
fn every_byte_of_the_tables_is_sealed() {
    let folder = tempfile::tempdir().unwrap();
    let plan = Sample::full().seal_into(folder.path()).unwrap();
    for stage in plan.stages() {
        let file = format!("changes/{}-{}.parquet", stage.stage.number(), stage.entity);
        let read = || plan.changes(&stage, 100, &mut |_| ControlFlow::Continue(()));
        every_byte(&folder.path().join(file), &|| read().is_err());
    }
    let refused = || plan.fields().is_err();
    every_byte(&folder.path().join("principals.parquet"), &refused);
    let refused = || plan.places(&mut |_| ControlFlow::Continue(())).is_err();
    every_byte(&folder.path().join("findings.parquet"), &refused);
    let refused = || plan.owners(&mut |_| ControlFlow::Continue(())).is_err();
    every_byte(&folder.path().join("owners.parquet"), &refused);
    let refused = || plan.holdings(&mut |_| ControlFlow::Continue(())).is_err();
    every_byte(&folder.path().join("holdings.parquet"), &refused);
    let refused = || plan.readiness(&mut |_| {}).is_err();
    every_byte(&folder.path().join("readiness.parquet"), &refused);
}

/// Changes one byte after the other, and puts it back.
#[track_caller]
fn every_byte(path: &Path, refused: &dyn Fn() -> bool) {
    assert!(!refused(), "{} as it was sealed", path.display());
    let bytes = fs::read(path).unwrap();
    for at in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        fs::write(path, &changed).unwrap();
        assert!(refused(), "{}, byte {at}", path.display());
    }
    fs::write(path, &bytes).unwrap();
    assert!(!refused(), "{} put back", path.display());
}

#[test]
fn what_a_refusal_says() {
    let text = |from: &'static str, to: &'static str| {
        move |folder: &Path| {
            let path = folder.join("plan.json");
            let text = fs::read_to_string(&path).unwrap();
            assert!(text.contains(from));
            fs::write(&path, text.replacen(from, to, 1)).unwrap();
        }
    };
    let remove =
        |file: &'static str| move |folder: &Path| fs::remove_file(folder.join(file)).unwrap();
    let add = |file: &'static str| {
        move |folder: &Path| {
            let path = folder.join(file);
            let mut bytes = fs::read(&path).unwrap();
            bytes.push(b'\n');
            fs::write(&path, bytes).unwrap();
        }
    };
    check(
        "no plan",
        remove("plan.json"),
        "holds no plan; make one with `cutover plan`",
    );
    check(
        "another format",
        text("\"format\": 2", "\"format\": 1"),
        "format 1, and this program reads format 2",
    );
    check("no JSON", text("{", "["), "is not a plan");
    check(
        "another key",
        text("\"as_of\"", "\"as_off\""),
        "is not a plan",
    );
    check(
        "a value",
        text("\"approved\": true", "\"approved\": false"),
        "was changed after",
    );
    check(
        "a blank",
        text("\"approved\": ", "\"approved\":  "),
        "was changed after",
    );
    check("a line more", add("plan.json"), "was changed after");
    check(
        "a file gone",
        remove("principals.parquet"),
        "was changed after",
    );
    check(
        "changes longer",
        add("changes/4-table0.parquet"),
        "was changed after",
    );
}

#[test]
fn a_document_that_somebody_sealed_anew() {
    let sealed = |change: fn(&mut Document)| {
        move |folder: &Path| {
            let path = folder.join("plan.json");
            let mut document: Document = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
            change(&mut document);
            let bytes = |document: &Document| serde_json::to_vec_pretty(document).unwrap();
            document.seal = String::new();
            let unsealed = [bytes(&document), b"\n".to_vec()].concat();
            document.seal = blake3::hash(&unsealed).to_hex().to_string();
            fs::write(&path, [bytes(&document), b"\n".to_vec()].concat()).unwrap();
        }
    };
    check(
        "changes of another folder",
        sealed(|document| document.changes[0].file.path = "../other/changes/1.parquet".to_owned()),
        "lies elsewhere",
    );
    check(
        "fields at the root",
        sealed(|document| document.principals.path = "/principals.parquet".to_owned()),
        "lies elsewhere",
    );
    check(
        "owners above",
        sealed(|document| document.owners_file.path = "../owners.parquet".to_owned()),
        "lies elsewhere",
    );
    check(
        "holdings at the root",
        sealed(|document| document.holdings_file.path = "/holdings.parquet".to_owned()),
        "lies elsewhere",
    );
    check(
        "the last stage first",
        sealed(|document| document.changes.reverse()),
        "out of order",
    );
    check(
        "a stage twice",
        sealed(|document| {
            let last = document.changes.last().cloned();
            document.changes.extend(last);
        }),
        "out of order",
    );
}

#[track_caller]
fn check(case: &str, change: impl Fn(&Path), expected: &str) {
    let folder = tempfile::tempdir().unwrap();
    Sample::full().seal_into(folder.path()).unwrap();
    change(folder.path());
    let error = read_all(folder.path()).unwrap_err().to_string();
    assert!(error.contains(expected), "case: {case}: {error}");
}

#[test]
fn nothing_that_is_there_is_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    Sample::full().seal_into(folder.path()).unwrap();
    let before = bytes_of(folder.path());
    let again = Sample::full().seal_into(folder.path());
    assert!(matches!(again, Err(PlanError::Write { .. })));
    assert_eq!(bytes_of(folder.path()), before);
}

fn read_all(folder: &Path) -> Result<(), PlanError> {
    let plan = SealedPlan::open(folder)?;
    for stage in plan.stages() {
        plan.changes(&stage, 100, &mut |_| ControlFlow::Continue(()))?;
    }
    plan.fields()?;
    plan.places(&mut |_| ControlFlow::Continue(()))
}
