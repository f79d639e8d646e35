//! The cases that fuzzing found or began with, through the very functions that it calls.
//!
//! In: `tests/fuzz/corpus`, a folder a target. Out: a panic where something does not hold for a case;
//! the case is named. How cases are found is said in `tests/fuzz/run`.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::support::repository;

#[path = "../fuzz/src/targets/mod.rs"]
mod targets;

#[test]
fn every_case_of_the_corpus_holds() {
    let corpus = repository("tests/fuzz/corpus");
    let mut broken = Vec::new();
    for (name, target) in targets::TARGETS {
        let folder = corpus.join(name);
        let cases = fs::read_dir(&folder).unwrap_or_else(|_| panic!("no cases for `{name}`"));
        let mut paths: Vec<_> = cases.map(|case| case.unwrap().path()).collect();
        paths.sort();
        assert!(!paths.is_empty(), "no cases for `{name}`");
        for path in paths {
            let case = fs::read(&path).unwrap();
            if catch_unwind(AssertUnwindSafe(|| target(&case))).is_err() {
                broken.push(path.display().to_string());
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
    assert_eq!(
        fs::read_dir(&corpus).unwrap().count(),
        targets::TARGETS.len(),
        "a folder for each target, and no other"
    );
}
