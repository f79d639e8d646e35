//! The published JSON Schema is that of the types, and every plan obeys it.

use std::fs;

use super::sample::Sample;
use crate::plan::Document;
use crate::plan::schema;

const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/plan/plan.schema.json");

/// `UPDATE_SCHEMA=1 cargo test --lib schema` writes it anew.
#[test]
fn the_published_schema_is_that_of_the_types() {
    let schema_now = schemars::schema_for!(Document);
    let text = serde_json::to_string_pretty(&schema_now).unwrap() + "\n";
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        fs::write(PATH, &text).unwrap();
        return;
    }
    assert_eq!(
        schema(),
        text,
        "run it with UPDATE_SCHEMA=1, and think about FORMAT"
    );
}

#[test]
fn plans_obey_the_schema() {
    check("a full plan", |_| {}, true);
    check(
        "a seal that is no text",
        |plan| plan["seal"] = 1.into(),
        false,
    );
    check(
        "a key that is none",
        |plan| plan["surprise"] = true.into(),
        false,
    );
    check(
        "no totals",
        |plan| drop(plan.as_object_mut().unwrap().remove("totals")),
        false,
    );
}

#[track_caller]
fn check(case: &str, change: impl Fn(&mut serde_json::Value), expected: bool) {
    let folder = tempfile::tempdir().unwrap();
    Sample::full().seal_into(folder.path()).unwrap();
    let text = fs::read_to_string(folder.path().join("plan.json")).unwrap();
    let mut plan = serde_json::from_str(&text).unwrap();
    change(&mut plan);
    let schema = serde_json::from_str(schema()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    assert_eq!(validator.is_valid(&plan), expected, "case: {case}");
}
