//! What a command says that fails, without people: files, rows and headers stay, addresses and cells are tokens.
//!
//! In: `samples/clean`, broken in one way after the other, and the program. Out: its words on both streams.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::support::{copy, repository};

/// A way to break the sample: a file, and how its text becomes another.
type Broken = (&'static str, fn(String) -> String);

#[test]
#[rustfmt::skip] // keeps the columns of the table
fn failures_tell_nobody() {
    let clash: Broken = ("environment/directory-two.csv", |_| {
        "upn,mail\ngreta.aumann@alpineskihouse.com,greta.other@alpineskihouse.com\n".to_owned()
    });
    let member: Broken = ("environment/team_members.csv", |text| text + "Key Resorts,Hannelore Unbekannt\n");
    let tick: Broken = ("environment/team_members.csv", |text| text + "Key Resorts,\"Hanne`lore, expected Unbekannt\"\n");
    let mode: Broken = ("environment/users.csv", |text| text.replacen(",read-write,", ",Hannelore Unbekannt,", 1));
    let header: Broken = ("environment/team_members.csv", |text| text.replacen("team,user", "team,greta@alpineskihouse.com", 1));
    let manifest: Broken = ("cutover.toml", |text| text.replace("[owners]\n", "[owners]\nfallback = \"hannelore@unbekannt.example\n"));
    let quoted: Broken = ("cutover.toml", |text| text.replace("[owners]\n", "[owners]\nfallback = \"Hannelore Unbekannt\" x\n"));
    let literal: Broken = ("cutover.toml", |text| text.replace("[owners]\n", "[owners]\nfallback = 'Hannelore Unbekannt' x # of Unbekannt\n"));
    let no_list: Broken = ("cutover.toml", |text| text.replace("administrators = [\"greta.aumann@alpineskihouse.com\"]", "administrators = \"Hannelore Unbekannt\""));
    let half: Broken = ("cutover.toml", |text| text.replace("administrators = [\"greta.aumann@alpineskihouse.com\"]", "administrators = [\"Hannelore Unbekannt\", 5]"));
    let variant: Broken = ("cutover.toml", |text| text.replace("missing = \"stub\"", "missing = \"Hannelore Unbekannt\""));
    let bare: Broken = ("cutover.toml", |text| text.replace("[owners]\n", "[owners]\nfallback = Hannelore Unbekannt\n"));
    let no_header: Broken = ("exports/roles.csv", |text| text.replacen("user", "greta.other@alpineskihouse.com", 1));
    //    case                     broken      command                  kept                                                      never told
    check("two mails",             clash,     &["plan"],               &["directory-two.csv, row 2, column mail", "here and `", "in `environment/directory.csv`, row"], &["greta", "alpineskihouse"]);
    check("nobody is a member",    member,    &["load", "--replace"],  &["team_members.csv, row", "column user", "is no user"],  &["Hannelore", "Unbekannt"]);
    check("a cell as a message",   tick,      &["plan"],               &["team_members.csv, row"],                               &["lore", "Unbekannt"]);
    check("no such mode",          mode,      &["load", "--replace"],  &["users.csv, row 2, column access_mode", "`read-write`"], &["Hannelore", "Unbekannt"]);
    check("a header's address",    header,    &["plan"],               &["no column `user`; found `team`, `", "name it by one of `user`"], &["greta", "alpineskihouse"]);
    check("an open quote",         manifest,  &["plan"],               &["cutover.toml", "fallback = "],                         &["hannelore", "unbekannt"]);
    check("a word too much",       quoted,    &["plan"],               &["cutover.toml", "fallback = "],                         &["Hannelore", "Unbekannt"]);
    check("a literal",             literal,   &["plan"],               &["cutover.toml", "fallback = "],                         &["Hannelore", "Unbekannt"]);
    check("no list",               no_list,   &["plan"],               &["`accept.administrators` is \"", "expected a list"],     &["Hannelore", "Unbekannt"]);
    check("half a list",           half,      &["plan"],               &["`accept.administrators` is [", "expected a list"],     &["Hannelore", "Unbekannt"]);
    check("no such word",          variant,   &["plan"],               &["missing = ", "unknown variant", "`stub`"],             &["Hannelore", "Unbekannt"]);
    check("no quotes",             bare,      &["plan"],               &["cutover.toml", "fallback = "],                         &["Hannelore", "Unbekannt"]);
    check("no header",             no_header, &["plan"],               &["FIL004", "exports/roles.csv"],                         &["greta"]);
}

#[track_caller]
fn check(case: &str, (file, text): Broken, command: &[&str], kept: &[&str], never: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    copy(&repository("samples/clean"), folder.path());
    let path = folder.path().join(file);
    let before = fs::read_to_string(&path).unwrap_or_default();
    let after = text(before.clone());
    assert_ne!(after, before, "case: {case}: nothing is broken");
    fs::write(path, after).unwrap();
    let open = said(folder.path(), command, &[]);
    assert!(
        never.iter().any(|name| open.contains(name)),
        "case: {case}: names nobody: {open}"
    );
    let told = said(folder.path(), command, &["--anonymise"]);
    for words in kept {
        assert!(told.contains(words), "case: {case}: no `{words}` in {told}");
    }
    for name in never {
        assert!(!told.contains(name), "case: {case}: `{name}` in {told}");
    }
}

/// What the program says when it fails.
fn said(folder: &Path, command: &[&str], options: &[&str]) -> String {
    let mut program = Command::new(env!("CARGO_BIN_EXE_cutover"));
    program.arg(command[0]).arg(folder);
    let output = program.args(&command[1..]).args(options).output().unwrap();
    assert_eq!(output.status.code(), Some(2), "it fails");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    // The folder may be called anything.
    let said = text(&output.stdout) + &text(&output.stderr);
    said.replace(&folder.display().to_string(), "DIR")
}

#[test]
fn one_person_is_one_token_in_a_failure_and_in_a_report() {
    let folder = tempfile::tempdir().unwrap();
    copy(&repository("samples/clean"), folder.path());
    let run = |words: &[&str]| {
        let mut program = Command::new(env!("CARGO_BIN_EXE_cutover"));
        let output = program.args(words).arg("--anonymise").output().unwrap();
        String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()
    };
    let project = folder.path().to_str().unwrap();
    run(&["plan", project]);
    let shown = run(&["show", project, "user", "greta.aumann@alpineskihouse.com"]);
    let token = shown.split_once('<').unwrap().1.split_once('>').unwrap().0;
    let clash = "upn,mail\ngreta.aumann@alpineskihouse.com,greta.other@alpineskihouse.com\n";
    fs::write(folder.path().join("environment/directory-two.csv"), clash).unwrap();
    let failed = run(&["load", project, "--replace"]);
    assert!(failed.contains(token), "no {token} in {failed}");
    assert!(!failed.contains("greta"), "{failed}");
    let typed = run(&["show", project, "Greta Aumann"]);
    assert!(typed.contains("cannot be shown"), "{typed}");
    assert!(!typed.contains("Greta"), "{typed}");
}
