//! The house rules that a machine can check: which room names which, how files open, how long they
//! get.
//!
//! In: the source files. Out: one list of every breach, by path and line.

mod independence;
mod quotes;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Which rooms a room may name, itself apart (design, section 4).
const ALLOWED: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("project", &["model"]),
    ("read", &["model"]),
    ("environment", &["model", "read"]),
    ("service", &["model", "environment"]),
    ("resolve", &["model", "environment"]),
    ("plan", &["model", "environment"]),
    ("check", &["model", "environment", "plan"]),
    ("target", &["model", "environment", "service"]),
    ("apply", &["model", "plan", "check", "target"]),
    ("report", &["model", "plan"]),
    ("rehearse", &["model", "environment", "service"]),
    (
        "run",
        &[
            "model",
            "project",
            "read",
            "environment",
            "service",
            "resolve",
            "plan",
            "check",
            "target",
            "apply",
            "report",
            "rehearse",
        ],
    ),
    ("cli", &["run", "project", "model"]),
];

/// Crates that one file or room alone may name: the others go through it.
const KEEPERS: &[(&str, &[&str])] = &[
    ("calamine::", &["read/workbook"]),
    ("indicatif::", &["cli/"]),
    ("minijinja::", &["report/html"]),
    (
        "rust_xlsxwriter::",
        &["report/xlsx", "read/tests", "environment/load/tests"],
    ),
    ("aho_corasick::", &["report/anonymise"]),
    ("clap::", &["cli/"]),
    ("parquet::", &["plan/"]),
    ("tokio::", &["rehearse/", "target/dataverse/"]),
    ("reqwest::", &["target/dataverse/"]),
    ("azure_core::", &["target/dataverse/sign_in"]),
    ("azure_identity::", &["target/dataverse/sign_in"]),
    ("use ring::", &["target/dataverse/sign_in", "report/html"]),
    ("hyper::", &["rehearse/server"]),
    ("use rand::", &["rehearse/faults"]),
    (
        "rusqlite::",
        &[
            "environment/",
            "service/",
            "target/",
            "apply/journal",
            "rehearse/",
        ],
    ),
];

/// What the repository holds beside what begins with a dot.
const TOP_LEVEL: &[&str] = &[
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE",
    "README.md",
    "proptest-regressions",
    "samples",
    "src",
    "tests",
];

/// A file longer than this holds more than one thing.
const LINES_MAX: usize = 500;

#[test]
fn each_room_names_only_the_rooms_that_its_row_allows() {
    let mut breaches = Vec::new();
    for (path, room, text) in sources() {
        let Some((_, allowed)) = ALLOWED.iter().find(|(name, _)| *name == room) else {
            breaches.push(format!("{path}: room `{room}` has no row in the table"));
            continue;
        };
        for (number, line) in code_lines(&text) {
            for named in rooms_named(line) {
                if named != room && !allowed.contains(&named) {
                    breaches.push(format!("{path}:{number}: `{room}` names `{named}`"));
                }
            }
            if line.contains("use crate::{") || line.contains("super::super") {
                breaches.push(format!(
                    "{path}:{number}: a path that hides which room it names"
                ));
            }
        }
    }
    assert!(breaches.is_empty(), "{}", breaches.join("\n"));
}

#[test]
fn apply_names_the_trait_of_its_target_and_no_adapter() {
    let mut breaches = Vec::new();
    for (path, room, text) in sources() {
        // Tests of a protocol need something to write to; the protocol itself does not.
        let text = text.split("#[cfg(test)]").next().unwrap_or_default();
        if room == "apply" && !path.contains("tests") {
            for (number, line) in code_lines(text) {
                if line.contains("target::embedded") || line.contains("Embedded") {
                    breaches.push(format!("{path}:{number}"));
                }
            }
        }
    }
    assert!(breaches.is_empty(), "{}", breaches.join("\n"));
}

#[test]
fn no_dry_run_flag_exists() {
    for (path, _, text) in sources() {
        assert!(
            !text.contains("dry_run"),
            "{path}: a dry run is a plan that is not applied"
        );
    }
}

#[test]
fn crates_stay_with_their_keepers() {
    let mut breaches = Vec::new();
    for (path, _, text) in sources() {
        for (crate_path, keepers) in KEEPERS {
            let kept = keepers
                .iter()
                .any(|keeper| path.contains(&format!("src/{keeper}")));
            for (number, line) in code_lines(&text) {
                if !kept && line.contains(crate_path) {
                    breaches.push(format!(
                        "{path}:{number}: `{crate_path}` belongs to {keepers:?}"
                    ));
                }
            }
        }
    }
    assert!(breaches.is_empty(), "{}", breaches.join("\n"));
}

#[test]
fn only_the_threads_of_the_rooms_know_the_time() {
    let mut breaches = Vec::new();
    for (path, room, text) in sources() {
        for (number, line) in code_lines(&text) {
            let clock = [
                "SystemTime::now",
                "Instant::now",
                "Zoned::now",
                "Timestamp::now",
            ];
            let chance = ["thread_rng", "Uuid::new_v4", "rand::"];
            // A rehearsal plays with time and with chance that a seed decides, and whoever talks to a live
            // environment waits and lets tokens grow old; no plan comes of either.
            let waits = room == "rehearse" || path.starts_with("src/target/dataverse/");
            if !waits
                && !matches!(room.as_str(), "run" | "cli")
                && clock.iter().chain(&chance).any(|word| line.contains(word))
            {
                breaches.push(format!(
                    "{path}:{number}: a plan knows no clock and no chance"
                ));
            }
        }
    }
    assert!(breaches.is_empty(), "{}", breaches.join("\n"));
}

#[test]
fn every_file_says_what_it_is_for_and_stays_one_thing() {
    let mut breaches = Vec::new();
    for (path, _, text) in sources() {
        if !text.starts_with("//! ") {
            breaches.push(format!("{path}: does not open with what it is for"));
        }
        let lines = text.lines().count();
        if lines > LINES_MAX {
            breaches.push(format!("{path}: {lines} lines; a room that wants a wall"));
        }
    }
    assert!(breaches.is_empty(), "{}", breaches.join("\n"));
}

#[test]
fn nothing_is_left_open() {
    let mut breaches = Vec::new();
    for (path, _, text) in sources() {
        for (number, line) in text.lines().enumerate() {
            for word in ["TODO", "FIXME", "todo!(", "unimplemented!(", "#[ignore"] {
                if line.contains(word) {
                    breaches.push(format!("{path}:{}: {word}", number + 1));
                }
            }
        }
    }
    assert!(breaches.is_empty(), "{}", breaches.join("\n"));
}

/// What a tool leaves behind where it is run is easily committed with the rest.
#[test]
fn the_top_level_holds_what_belongs_there() {
    let mut git = Command::new("git");
    let listed = git
        .args(["ls-files"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output();
    let listed = String::from_utf8(listed.expect("git").stdout).expect("text");
    let tops = listed.lines().map(|path| path.split('/').next());
    let tops: BTreeSet<&str> = tops.flatten().filter(|top| !top.starts_with('.')).collect();
    let expected: BTreeSet<&str> = TOP_LEVEL.iter().copied().collect();
    assert_eq!(tops, expected);
}

/// Every source file of a room: its path, its room and its text.
fn sources() -> Vec<(String, String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    walk(&root.join("src"), &mut found);
    found.sort();
    let sources: Vec<(String, String, String)> = found
        .into_iter()
        .filter_map(|path| {
            let relative = path
                .strip_prefix(root)
                .ok()?
                .to_string_lossy()
                .replace('\\', "/");
            let mut parts = relative.split('/').skip(1);
            let folder = parts.next()?.to_owned();
            parts.next()?;
            Some((
                relative.clone(),
                folder,
                fs::read_to_string(&path).expect("a source file"),
            ))
        })
        .collect();
    let mut rooms: BTreeMap<&str, usize> = BTreeMap::new();
    for (_, room, _) in &sources {
        *rooms.entry(room).or_default() += 1;
    }
    for (room, _) in ALLOWED {
        assert!(
            rooms.contains_key(room),
            "the table names `{room}`, which is no folder of src"
        );
    }
    sources
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder of sources") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            walk(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
}

/// Lines with their numbers, comments apart.
fn code_lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines()
        .enumerate()
        .map(|(index, line)| (index + 1, line))
        .filter(|(_, line)| !line.trim_start().starts_with("//"))
}

/// The names behind each `crate::` of a line.
fn rooms_named(line: &str) -> Vec<&str> {
    line.match_indices("crate::")
        .filter(|(at, _)| {
            !line[..*at].ends_with(|letter: char| letter.is_alphanumeric() || letter == '_')
        })
        .map(|(at, word)| {
            let rest = &line[at + word.len()..];
            let end = rest.find(|letter: char| !letter.is_alphanumeric() && letter != '_');
            &rest[..end.unwrap_or(rest.len())]
        })
        .filter(|name| !name.is_empty())
        .collect()
}
