//! Each rule in a whole project: a case in which it speaks, and no case in which another one does.
//!
//! In: `tests/cases/base`, the folders under `tests/cases/rules`, and the samples. Out: for each the
//! exact set of codes, the exit code, and the places named. A last test counts that no rule is left
//! out.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use cutover::model::Code;
use cutover::plan::Document;
use cutover::run::Exit;
use serde::Deserialize;

use crate::support::{copy, document, repository, run};

/// `case.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Case {
    /// What the situation is, for the reader.
    about: String,
    /// The exit code of `plan`.
    exit: u8,
    /// Every code that speaks.
    pub(crate) speaks: BTreeSet<String>,
    /// Rules left unchecked.
    #[serde(default)]
    unchecked: BTreeSet<String>,
    /// Places that must be named.
    #[serde(default)]
    at: Vec<At>,
    /// Words that the output must hold.
    #[serde(default)]
    says: Vec<String>,
    /// Files of the base that are not there.
    #[serde(default)]
    remove: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct At {
    code: String,
    file: String,
    row: u64,
    column: Option<String>,
}

#[test]
fn the_base_has_no_finding() {
    let folder = tempfile::tempdir().unwrap();
    copy(&repository("tests/cases/base"), folder.path());
    let ended = run(|console| cutover::run::plan(folder.path(), false, console));
    assert_eq!(ended.exit, Exit::Done, "{}{}", ended.out, ended.err);
    assert!(document(folder.path()).findings.is_empty(), "{}", ended.out);
    assert_eq!(
        document(folder.path()).totals.changes.values().sum::<u64>(),
        4
    );
}

#[test]
fn each_case_speaks_as_it_says() {
    for (name, folder) in cases() {
        check(&name, &folder);
    }
}

#[track_caller]
fn check(name: &str, folder: &Path) {
    let case = case(folder);
    assert!(!case.about.is_empty(), "{name}: says what it is about");
    let project = project(folder);
    let ended = run(|console| cutover::run::plan(project.path(), false, console));
    let said = format!("{}{}", ended.out, ended.err);
    // Where a line breaks is no part of what is said.
    let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(ended.exit.code(), case.exit, "{name}: {said}");
    for words in &case.says {
        assert!(
            said.contains(words.as_str()),
            "{name}: does not say `{words}`: {said}"
        );
    }
    if ended.exit == Exit::Usage {
        for code in &case.speaks {
            assert!(
                said.contains(code.as_str()),
                "{name}: does not name {code}: {said}"
            );
        }
        assert!(
            !project.path().join("plan").exists(),
            "{name}: a plan was written"
        );
        return;
    }
    let document = document(project.path());
    let spoken: BTreeSet<String> = document
        .findings
        .iter()
        .map(|finding| finding.code.clone())
        .collect();
    assert_eq!(spoken, case.speaks, "{name}: {said}");
    let unchecked: BTreeSet<String> = document
        .unchecked
        .iter()
        .map(|rule| rule.code.clone())
        .collect();
    assert_eq!(unchecked, case.unchecked, "{name}");
    for at in &case.at {
        assert!(
            is_named(&document, at),
            "{name}: {} is not at {} row {}: {said}",
            at.code,
            at.file,
            at.row
        );
    }
}

/// The project of a case: the base with what the case has in its place.
pub(crate) fn project(folder: &Path) -> tempfile::TempDir {
    let project = tempfile::tempdir().unwrap();
    copy(&repository("tests/cases/base"), project.path());
    for file in &case(folder).remove {
        fs::remove_file(project.path().join(file))
            .unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    }
    if folder.join("project").is_dir() {
        copy(&folder.join("project"), project.path());
    }
    project
}

/// Whether the plan has that code at that place.
fn is_named(document: &Document, at: &At) -> bool {
    let places = document
        .findings
        .iter()
        .filter(|finding| finding.code == at.code)
        .flat_map(|finding| &finding.places);
    places.into_iter().any(|place| {
        let input = document
            .inputs
            .iter()
            .find(|input| input.file == place.file);
        let header = place
            .column
            .and_then(|column| input?.headers.get(usize::from(column) - 1).cloned());
        input.is_some_and(|input| input.name == at.file)
            && place.row == at.row
            && (at.column.is_none() || header == at.column)
    })
}

/// ENV003 takes more changes than belong into a folder of the repository.
#[test]
fn more_than_a_day_of_requests_is_told() {
    assert_eq!(spoken_of_a_days_requests(25_000), BTreeSet::new());
    let told = BTreeSet::from(["ENV003".to_owned()]);
    assert_eq!(spoken_of_a_days_requests(25_001), told);
}

/// What speaks of the base as an environment of Power Apps, with so many accounts to assign and no roles.
fn spoken_of_a_days_requests(changes: u32) -> BTreeSet<String> {
    let project = tempfile::tempdir().unwrap();
    copy(&repository("tests/cases/base"), project.path());
    let manifest = fs::read_to_string(project.path().join("cutover.toml")).unwrap();
    let manifest = manifest.replace("[environment]\n", "[environment]\nkind = \"powerapps\"\n");
    let (manifest, _) = manifest.split_once("[[roles]]").unwrap();
    fs::write(project.path().join("cutover.toml"), manifest).unwrap();
    let rows = |header: &str, owner: &str| {
        let rows = (0..changes).map(|row| format!("00000000-0000-4000-9000-{row:012},{owner}\n"));
        format!("{header}\n{}", rows.collect::<String>())
    };
    let present = project.path().join("environment/records-account.csv");
    fs::write(present, rows("id,owner", "ana@contoso.com")).unwrap();
    let wanted = project.path().join("exports/accounts.csv");
    fs::write(wanted, rows("accountid,ownerid", "ben@contoso.com")).unwrap();
    let ended = run(|console| cutover::run::plan(project.path(), false, console));
    assert_eq!(ended.exit, Exit::Done, "{}{}", ended.out, ended.err);
    let findings = document(project.path()).findings;
    findings.into_iter().map(|finding| finding.code).collect()
}

#[test]
fn no_rule_is_left_without_a_case() {
    // Those of live environments speak in `copies.rs`.
    let elsewhere = ["ENV001", "ENV003", "ENV004", "STB007"];
    let mut spoken: BTreeSet<String> = elsewhere.map(str::to_owned).into();
    for (_, folder) in cases() {
        spoken.extend(case(&folder).speaks);
    }
    let project = tempfile::tempdir().unwrap();
    copy(&repository("samples/contoso"), project.path());
    run(|console| cutover::run::plan(project.path(), false, console));
    spoken.extend(
        document(project.path())
            .findings
            .into_iter()
            .map(|finding| finding.code),
    );
    let silent: Vec<&str> = Code::ALL
        .iter()
        .map(|code| code.as_str())
        .filter(|code| !spoken.contains(*code))
        .collect();
    assert!(silent.is_empty(), "rules that speak in no case: {silent:?}");
}

pub(crate) fn case(folder: &Path) -> Case {
    let text = fs::read_to_string(folder.join("case.toml")).expect("case.toml");
    toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
}

pub(crate) fn cases() -> Vec<(String, std::path::PathBuf)> {
    let mut cases: Vec<_> = fs::read_dir(repository("tests/cases/rules"))
        .expect("the cases")
        .map(|entry| entry.expect("a case"))
        .map(|entry| {
            (
                entry.file_name().to_string_lossy().into_owned(),
                entry.path(),
            )
        })
        .collect();
    cases.sort();
    assert!(cases.len() > 20, "only {} cases", cases.len());
    cases
}

#[test]
fn a_cure_names_the_sheet_that_rulings_are_read_from() {
    // The first tells what to look at, the other that `owners.csv` is not read.
    const OF_THE_LIST: [&str; 2] = ["FIL002", "OWN014"];
    let mut named = BTreeSet::new();
    for (name, folder) in cases() {
        let project = project(&folder);
        let path = project.path().join("cutover.toml");
        let manifest = fs::read_to_string(&path).unwrap();
        if manifest.contains("rulings = ") {
            continue;
        }
        let owners = "[owners]\nrulings = \"decided.csv\"\n";
        let manifest = if manifest.contains("[owners]\n") {
            manifest.replace("[owners]\n", owners)
        } else {
            manifest.replacen("[[users]]", &format!("{owners}\n[[users]]"), 1)
        };
        fs::write(&path, manifest).unwrap();
        let decided = project.path().join("decided.csv");
        let sheet = fs::read_to_string(project.path().join("owners.csv"));
        fs::write(decided, sheet.unwrap_or("reference,ruling\n".to_owned())).unwrap();
        let ended = run(|console| cutover::run::plan(project.path(), false, console));
        if ended.exit == Exit::Usage {
            continue;
        }
        for finding in document(project.path()).findings {
            if finding.cure.contains("decided.csv") {
                named.insert(finding.code.clone());
            }
            let is_of_the_list = OF_THE_LIST.contains(&finding.code.as_str());
            assert!(
                is_of_the_list || !finding.cure.contains("owners.csv"),
                "{name}: {} {}",
                finding.code,
                finding.cure
            );
        }
    }
    for code in ["OWN002", "OWN008", "OWN009", "OWN010"] {
        assert!(named.contains(code), "{code}: {named:?}");
    }
}
