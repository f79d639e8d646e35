//! `check/` predicts what `service/` does, so neither may ask the other, nor a third who knows for
//! both: a shared mistake would be one that no test of their agreement sees.
//!
//! In: the names that the two rooms take from `model/` and `environment/`, and the functions of those
//! rooms that both call. Out: whatever both use and nobody has justified here, and what is justified
//! here and no longer used.

use std::collections::{BTreeMap, BTreeSet};

use super::{code_lines, rooms_named, sources};

/// The two rooms.
const APART: [&str; 2] = ["check", "service"];

/// Where both may take names from.
const COMMON: [&str; 2] = ["model", "environment"];

/// Names that both import, and why each is no look-up: it finds nothing and judges nothing.
const SHARED: &[(&str, &str)] = &[
    ("model::AccessMode", "a noun: values of a column"),
    ("model::Depth", "a noun: values of a column"),
    ("model::Inheritance", "a noun: values of a column"),
    ("model::Loadable", "a noun: names of files"),
    ("model::Ownership", "a noun: values of a column"),
    ("model::ProfileField", "a noun: names of columns"),
    ("model::StubWay", "a noun: a word of the manifest"),
    ("model::TeamType", "a noun: values of a column"),
    (
        "model::TextColumn",
        "a noun: a column and its length; which texts are measured, each room says itself",
    ),
    ("model::Principal", "a noun: an id and its type code"),
    ("model::RoleId", "a noun: an id"),
    ("model::TeamId", "a noun: an id"),
    ("model::UnitId", "a noun: an id"),
    ("model::UserId", "a noun: an id"),
    (
        "model::SYSTEM_ADMINISTRATOR_TEMPLATE",
        "a constant of the platform",
    ),
    ("model::setting", "constants: names of settings"),
    (
        "model::parse_guid",
        "how a GUID is spelt: the setting that holds one is found by each room itself",
    ),
    (
        "model::ACTIVITY_TABLES",
        "data of the platform, anchored in the cases of the service; each room searches it itself",
    ),
    ("model::READ_ACTIVITY", "a constant of the platform"),
    (
        "model::READ_PRIVILEGES",
        "data of the platform, anchored in the cases of the service; each room searches it itself",
    ),
    (
        "model::comparison_key",
        "how texts are compared, everywhere: a text to a text, of nothing but its letters",
    ),
    (
        "model::setting_on",
        "how `true` is spelt: the value is found, and its default said, by each room itself",
    ),
];

/// Functions of those rooms whose names both call. Where the name is another function of the caller's
/// own, or of the standard library, nothing is shared.
const CALLED: &[(&str, &str)] = &[
    (
        "add",
        "check/ adds a finding, service/ a user to a list of its own",
    ),
    ("as_str", "of the standard library, on texts"),
    ("comparison_key", "see above"),
    ("count", "check/ counts iterators, service/ rows in a query"),
    (
        "excess",
        "a text is measured against a column: of nothing but the two",
    ),
    ("find", "of the standard library, on iterators"),
    ("get", "of the standard library, on maps"),
    ("is_empty", "of the standard library"),
    ("iter", "of the standard library"),
    ("keys", "of the standard library, on maps"),
    ("name", "the name under which a file is known as loaded"),
    ("new", "of the standard library"),
    (
        "loaded",
        "check/ asks the facts, service/ a function of its own that asks the file",
    ),
    (
        "of",
        "the column of a field, by its name alone; else functions of check/ itself",
    ),
    (
        "row",
        "check/ makes a place, service/ reads a row of the file",
    ),
    (
        "rule",
        "check/ asks a code for its words, service/ makes rows of its own table",
    ),
    (
        "setting",
        "check/ asks the facts, service/ the file; besides a module of constants",
    ),
    ("setting_on", "see above"),
    ("uuid", "the bare id of a principal"),
];

#[test]
fn check_and_service_share_nouns_and_no_look_up() {
    let imported = APART.map(names);
    let shared: BTreeSet<&String> = imported[0].intersection(&imported[1]).collect();
    agrees(&shared, SHARED);
    let functions: BTreeSet<String> = COMMON.iter().flat_map(|room| functions(room)).collect();
    let called = APART.map(called);
    let both: BTreeSet<String> = called[0].intersection(&called[1]).cloned().collect();
    agrees(&functions.intersection(&both).collect(), CALLED);
}

#[test]
fn check_and_service_take_facts_from_sources_of_their_own() {
    for (room, other) in [("check", "service"), ("service", "check")] {
        for (path, text) in code(room) {
            for (number, line) in code_lines(&text) {
                assert!(
                    !rooms_named(line).contains(&other),
                    "{path}:{number}: `{room}` names `{other}`"
                );
            }
        }
    }
    let of_the_environment = |room| {
        let mut names = names(room);
        names.retain(|name| name.starts_with("environment::"));
        names
    };
    let facts = BTreeSet::from(["environment::Facts".to_owned()]);
    assert_eq!(of_the_environment("check"), facts, "check/ asks the facts");
    let none = BTreeSet::new();
    assert_eq!(
        of_the_environment("service"),
        none,
        "service/ asks the file"
    );
}

/// What is used is what is justified.
#[track_caller]
fn agrees(used: &BTreeSet<&String>, justified: &[(&str, &str)]) {
    let known: BTreeMap<&str, &str> = justified.iter().copied().collect();
    assert_eq!(known.len(), justified.len(), "a name stands twice");
    let new: Vec<_> = used
        .iter()
        .filter(|name| !known.contains_key(name.as_str()))
        .collect();
    assert!(
        new.is_empty(),
        "check/ and service/ both use {new:?}: give each its own, or say in the table why it is no \
         look-up and no judgement"
    );
    let used: BTreeSet<&str> = used.iter().map(|name| name.as_str()).collect();
    let gone: Vec<_> = known.keys().filter(|name| !used.contains(*name)).collect();
    assert!(gone.is_empty(), "no longer shared: {gone:?}");
}

/// The product's code of a room, its tests apart: path and text.
fn code(wanted: &str) -> Vec<(String, String)> {
    let files: Vec<(String, String)> = sources()
        .into_iter()
        .filter(|(path, room, _)| room == wanted && !path.contains("/test"))
        .map(|(path, _, text)| {
            let product = text.split("#[cfg(test)]").next().unwrap_or_default();
            let lines: Vec<&str> = code_lines(product).map(|(_, line)| line).collect();
            (path, lines.join("\n"))
        })
        .collect();
    assert!(!files.is_empty(), "no code of `{wanted}`");
    files
}

/// What a room takes from the common ones, as `room::name`.
fn names(room: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for (_, text) in code(room) {
        for common in COMMON {
            let path = format!("crate::{common}::");
            for (at, _) in text.match_indices(&path) {
                let rest = &text[at + path.len()..];
                let list = match rest.strip_prefix('{') {
                    Some(list) => closed(list),
                    None => &rest[..word(rest).len()],
                };
                let entries = list.split(',').map(|entry| word(entry.trim()));
                let entries = entries.filter(|entry| !entry.is_empty());
                names.extend(entries.map(|entry| format!("{common}::{entry}")));
            }
        }
    }
    names
}

/// A list up to the brace that closes it, without lists within it: their heads are its entries.
fn closed(list: &str) -> &str {
    assert!(
        !list.contains("::{") || list.find("::{") > list.find('}'),
        "a list within a list"
    );
    list.split('}').next().unwrap_or_default()
}

/// The name that a text begins with, or the star that stands for every name.
fn word(text: &str) -> &str {
    if text.starts_with('*') {
        return "*";
    }
    let end = text.find(|letter: char| !letter.is_alphanumeric() && letter != '_');
    &text[..end.unwrap_or(text.len())]
}

/// The public functions and methods of a room.
fn functions(room: &str) -> BTreeSet<String> {
    let mut functions = BTreeSet::new();
    for (_, text) in code(room) {
        for opening in ["pub fn ", "pub const fn "] {
            let found = text.match_indices(opening);
            functions.extend(found.map(|(at, _)| word(&text[at + opening.len()..]).to_owned()));
        }
    }
    functions
}

/// The names that a room calls or names a function by, as methods, by path or bare.
fn called(room: &str) -> BTreeSet<String> {
    let mut called = BTreeSet::new();
    for (_, text) in code(room) {
        let is_name = |letter: char| letter.is_alphanumeric() || letter == '_';
        for (at, _) in text.match_indices('(') {
            let before = &text[..at];
            let start = before.rfind(|letter: char| !is_name(letter));
            let name = &before[start.map_or(0, |at| at + 1)..];
            let declared = before[..before.len() - name.len()].ends_with("fn ");
            if !declared && !name.is_empty() {
                called.insert(name.to_owned());
            }
        }
        // A function named without a call: `map(Principal::uuid)`, `setting::CALLER`.
        for (at, mark) in text.match_indices("::") {
            called.insert(word(&text[at + mark.len()..]).to_owned());
        }
    }
    called
}
