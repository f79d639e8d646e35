//! The README says what is so: its rule table, its exit codes and the output it shows are compared
//! with the program's own. `UPDATE_README=1` writes them in.

use std::fmt::Write;
use std::fs;

use cutover::run::{ApplyRequest, Consent, Exit};

use crate::support::{copy, repository, run};

#[test]
fn the_readme_is_what_the_program_says() {
    let path = repository("README.md");
    let text = fs::read_to_string(&path).expect("README.md");
    let mut wanted = text.clone();
    for (mark, content) in [
        ("output of `cutover plan samples/contoso`", output()),
        ("output of `cutover apply samples/clean`", applied()),
        ("exit codes", exit_codes()),
        ("rules", cutover::report::rules_markdown()),
    ] {
        wanted = put(&wanted, mark, &content);
    }
    if std::env::var_os("UPDATE_README").is_some() {
        fs::write(&path, &wanted).expect("README.md can be written");
        return;
    }
    let behind = text
        .lines()
        .zip(wanted.lines())
        .find(|(is, should)| is != should);
    assert!(
        text == wanted,
        "README.md is behind, first here: {behind:?}; UPDATE_README=1 cargo test readme"
    );
}

#[test]
fn planning_the_sample_leaves_its_owners_sheet_as_committed() {
    let folder = tempfile::tempdir().unwrap();
    copy(&repository("samples/contoso"), folder.path());
    run(|console| cutover::run::plan(folder.path(), false, console));
    let sheet = fs::read_to_string(folder.path().join("owners.csv")).unwrap();
    let path = repository("samples/contoso/owners.csv");
    if std::env::var_os("UPDATE_README").is_some() {
        fs::write(&path, &sheet).unwrap();
        return;
    }
    let committed = fs::read_to_string(&path).unwrap();
    let behind = committed
        .lines()
        .zip(sheet.lines())
        .find(|(is, should)| is != should);
    assert!(
        committed == sheet,
        "behind, first here: {behind:?}; UPDATE_README=1 cargo test readme"
    );
}

/// Puts content between a mark and its end.
fn put(text: &str, mark: &str, content: &str) -> String {
    let begin = format!("<!-- {mark} -->\n");
    let (head, rest) = text
        .split_once(&begin)
        .unwrap_or_else(|| panic!("no mark `{mark}`"));
    let (_, tail) = rest.split_once("<!-- end -->").expect("an end");
    format!("{head}{begin}{content}<!-- end -->{tail}")
}

/// The output without most of its errors: four show what an error looks like.
fn output() -> String {
    let folder = tempfile::tempdir().unwrap();
    let project = folder.path().join("samples/contoso");
    copy(&repository("samples/contoso"), &project);
    let ended = run(|console| cutover::run::plan(&project, false, console));
    let shown = project.display().to_string();
    let out = ended.out.replace(&shown, "samples/contoso");
    let (errors, counts) = out
        .split_once("\nRows, each accounted for")
        .expect("the counts");
    let first: Vec<&str> = errors.split_inclusive("\n  OWN").take(4).collect();
    let first = first.concat();
    let first = first.strip_suffix("  OWN").expect("more errors");
    format!("```text\n{first}  ...\n\nRows, each accounted for{counts}```\n")
}

/// What `apply` prints of the clean sample.
fn applied() -> String {
    let folder = tempfile::tempdir().unwrap();
    copy(&repository("samples/clean"), folder.path());
    run(|console| cutover::run::plan(folder.path(), false, console));
    let request = ApplyRequest {
        folder: folder.path(),
        consent: Consent::Yes,
        limit: None,
    };
    let ended = run(|console| cutover::run::apply(&request, console));
    format!("```text\n{}```\n", ended.out)
}

fn exit_codes() -> String {
    let mut table = String::from("| code | means |\n|---|---|\n");
    for exit in Exit::ALL {
        writeln!(table, "| {} | {} |", exit.code(), exit.meaning()).expect("a text grows");
    }
    table
}
