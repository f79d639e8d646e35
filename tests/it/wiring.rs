//! The program itself: arguments, streams, exit codes, the files it leaves.
//!
//! Few tests, because each starts a process; what a command does is tested in this process elsewhere.

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use crate::support::{copy, repository};

/// Longer than a refusal takes.
const SERVES_AT_MOST: Duration = Duration::from_secs(30);

fn sample(name: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    copy(&repository("samples").join(name), folder.path());
    folder
}

fn cutover(words: &[&str]) -> Output {
    assert_cmd::Command::cargo_bin("cutover")
        .unwrap()
        .args(words)
        .output()
        .unwrap()
}

fn in_folder(folder: &TempDir, words: &[&str]) -> Output {
    let path = folder.path().to_str().unwrap();
    let mut words = words.to_vec();
    words.insert(1, path);
    cutover(&words)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[track_caller]
fn check(output: &Output, code: i32, says: &[&str]) {
    let said = text(&output.stdout) + &text(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{said}");
    for words in says {
        assert!(said.contains(words), "does not say `{words}`: {said}");
    }
    assert!(!said.contains("panicked"), "{said}");
    assert!(!said.contains('\u{1b}'), "escape codes: {said:?}");
}

#[test]
fn it_says_what_it_is() {
    check(
        &cutover(&["--version"]),
        0,
        &["cutover", env!("CARGO_PKG_VERSION")],
    );
    let help = cutover(&["--help"]);
    check(&help, 0, &["Exit codes:", "130  interrupted"]);
    for exit in cutover::run::Exit::ALL {
        let line = format!("{:>5}  ", exit.code());
        assert!(text(&help.stdout).contains(&line), "no exit code{line}");
    }
    check(
        &cutover(&["completions", "bash"]),
        0,
        &["complete -F _cutover"],
    );
    check(&cutover(&["man"]), 0, &[".TH cutover", "apply"]);
}

#[test]
fn usage_that_is_wrong_ends_with_2() {
    let cases: &[(&[&str], &str)] = &[
        (&[], "Usage:"),
        (&["migrate"], "unrecognized subcommand 'migrate'"),
        (&["plan", "--dry-run"], "unexpected argument '--dry-run'"),
        (&["plan", "--threads", "0"], "a number from 1 to 256"),
        (&["plan", "--format", "pdf"], "possible values"),
        (&["apply", "--limit", "many"], "invalid digit"),
        (&["explain", "NOPE"], "`NOPE`"),
        (&["completions", "cmd"], "possible values"),
    ];
    for (words, says) in cases {
        let output = cutover(words);
        check(&output, 2, &[says]);
        assert!(output.stdout.is_empty(), "{words:?}: an error is no data");
    }
}

#[test]
fn an_environment_file_among_plans_is_refused() {
    let folder = sample("clean");
    let manifest = folder.path().join("cutover.toml");
    let before = fs::read_to_string(&manifest).unwrap();
    for (file, is_refused) in [
        ("plan/environment.sqlite", true),
        ("./history/../plan/deep/environment.sqlite", true),
        (".plan.new/environment.sqlite", true),
        ("history/0001-aaaaaaaa/environment.sqlite", true),
        ("exports/../environment.sqlite", false),
        ("planned.sqlite", false),
    ] {
        let line = format!("file = \"{file}\"\n");
        let changed = before.replace("file = \"environment.sqlite\"\n", &line);
        fs::write(&manifest, changed).unwrap();
        let said = in_folder(&folder, &["load"]);
        if is_refused {
            let words = format!("`file` under [environment] is `{file}`, which lies");
            check(
                &said,
                2,
                &["cutover.toml` is wrong", &words, "expected a place"],
            );
        } else {
            check(&said, 0, &[]);
        }
    }
}

#[test]
fn a_log_of_writes_overwrites_nothing_else() {
    let folder = sample("clean");
    check(&in_folder(&folder, &["load", "--quiet"]), 0, &[]);
    for file in ["environment.sqlite", "cutover.toml"] {
        let path = folder.path().join(file);
        let before = fs::read(&path).unwrap();
        let log = path.to_str().unwrap();
        let rehearse = [
            "rehearse",
            folder.path().to_str().unwrap(),
            "--port",
            "0",
            "--log",
            log,
        ];
        let mut program = assert_cmd::Command::cargo_bin("cutover").unwrap();
        // Where it is not refused, it serves until somebody ends it.
        let said = program
            .args(rehearse)
            .timeout(SERVES_AT_MOST)
            .output()
            .unwrap();
        check(&said, 2, &[log, "is no log of writes", "Name another file"]);
        assert_eq!(fs::read(&path).unwrap(), before);
    }
}

#[test]
fn a_dry_run_with_errors() {
    let folder = sample("contoso");
    let output = in_folder(&folder, &["plan", "--quiet"]);
    check(&output, 1, &["OWN002"]);
    assert!(!output.stdout.is_empty());
    assert_eq!(text(&output.stderr), "");
    let json = in_folder(&folder, &["plan", "--format", "json"]);
    check(&json, 1, &[]);
    let document: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(document["approved"], false);
    let findings = in_folder(&folder, &["show", "findings", "--format", "csv"]);
    check(&findings, 0, &["OWN002"]);
    check(
        &in_folder(&folder, &["apply", "--yes"]),
        1,
        &["not approved"],
    );
}

#[test]
fn a_night_of_go_live() {
    let folder = sample("clean");
    check(&in_folder(&folder, &["plan", "--exit-code"]), 6, &[]);
    check(
        &in_folder(&folder, &["apply"]),
        2,
        &["no terminal", "--yes"],
    );
    check(
        &in_folder(&folder, &["apply", "--yes"]),
        0,
        &["cutover verify"],
    );
    check(&in_folder(&folder, &["verify", "--format", "json"]), 0, &[]);
    owner_only(folder.path(), &["plan/journal.sqlite"]);
    check(&in_folder(&folder, &["undo", "--yes"]), 0, &[]);
    owner_only(folder.path(), &["plan/undo.sqlite"]);
    check(&in_folder(&folder, &["plan", "--threads", "1"]), 0, &[]);
    owner_only(
        folder.path(),
        &["plan/plan.json", "environment.sqlite", "owners.csv"],
    );
}

/// Files that hold people, those named and all in `plan/` and `history/`, are their owner's alone.
#[cfg(unix)]
#[track_caller]
fn owner_only(project: &Path, named: &[&str]) {
    use std::os::unix::fs::PermissionsExt;
    let mut paths: Vec<_> = named.iter().map(|name| project.join(name)).collect();
    let mut folders = vec![project.join("plan")];
    let history = project.join("history");
    if history.is_dir() {
        folders.extend(
            fs::read_dir(history)
                .unwrap()
                .map(|entry| entry.unwrap().path()),
        );
    }
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                paths.push(path);
            }
        }
        paths.push(folder);
    }
    for path in paths {
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{} is {mode:o}", path.display());
    }
}

#[cfg(not(unix))]
fn owner_only(_project: &Path, _named: &[&str]) {}

#[test]
fn a_rule_is_explained() {
    check(
        &cutover(&["explain", "OWN002"]),
        0,
        &["OWN002", "owners.csv"],
    );
    let json = cutover(&["explain", "OWN002", "--format", "json"]);
    check(&json, 0, &[]);
    let rule: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    assert!(rule.to_string().contains("OWN002"));
    let all = cutover(&["explain", "--format", "csv"]);
    check(&all, 0, &["FIL001", "STB005"]);
}

#[test]
fn colours_are_for_a_terminal_or_who_asks_for_them() {
    let folder = sample("contoso");
    check(&in_folder(&folder, &["plan"]), 1, &[]);
    let coloured = in_folder(&folder, &["show", "--color", "always"]);
    assert!(text(&coloured.stdout).contains('\u{1b}'), "no colour");
}

#[test]
fn a_pipe_that_closes_is_no_fault_and_changes_no_verdict() {
    let contoso = sample("contoso");
    let path = contoso.path();
    closed(path, &["plan"], 1);
    closed(path, &["plan", "--format", "json"], 1);
    closed(path, &["show", "changes"], 0);
    closed(path, &["show", "findings", "--format", "json"], 0);
    closed(path, &["show", "findings", "--format", "csv"], 0);
    closed(path, &["completions", "bash"], 0);
    closed(path, &["man"], 0);
    let clean = sample("clean");
    let path = clean.path();
    closed(path, &["plan"], 0);
    closed(path, &["verify"], 3);
    closed(path, &["apply", "--yes"], 0);
    check(&in_folder(&clean, &["verify"]), 0, &[]);
}

/// Runs with a standard output that nobody reads.
#[track_caller]
fn closed(folder: &Path, words: &[&str], code: i32) {
    let mut words = words.to_vec();
    if !matches!(words[0], "completions" | "man") {
        words.insert(1, folder.to_str().unwrap());
    }
    let mut child = Command::new(env!("CARGO_BIN_EXE_cutover"))
        .args(&words)
        .arg("--quiet")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(text(&output.stderr), "", "{words:?}");
    assert_eq!(output.status.code(), Some(code), "{words:?}");
}

#[cfg(unix)]
#[test]
fn a_plan_ends_at_the_first_interrupt() {
    let folder = sample("clean");
    // A pipe that nobody writes to: the plan waits for it, and for nothing else.
    let accounts = folder.path().join("exports/accounts.csv");
    fs::remove_file(&accounts).unwrap();
    let made = Command::new("mkfifo").arg(&accounts).status().unwrap();
    assert!(made.success());
    let mut child = Command::new(env!("CARGO_BIN_EXE_cutover"))
        .arg("plan")
        .arg(folder.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lock = folder.path().join(cutover::project::LOCK);
    for _ in 0..500 {
        if lock.exists() {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    let pid = child.id().to_string();
    let sent = Command::new("kill").args(["-INT", &pid]).status().unwrap();
    assert!(sent.success());
    for _ in 0..500 {
        if let Some(ended) = child.try_wait().unwrap() {
            assert_eq!(ended.code(), Some(130));
            assert!(!folder.path().join("plan").exists());
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    panic!("one interrupt did not end it");
}

/// Answers the question of `apply` on a terminal with these keys.
#[cfg(unix)]
fn answered(folder: &TempDir, keys: &str) -> Output {
    Command::new("python3")
        .arg(repository("tests/tools/prompt.py"))
        .args([keys, env!("CARGO_BIN_EXE_cutover"), "apply"])
        .arg(folder.path())
        .output()
        .unwrap()
}

#[cfg(unix)]
#[test]
fn an_interrupt_at_the_question_is_a_no_and_the_end() {
    let folder = sample("clean");
    check(&in_folder(&folder, &["plan"]), 0, &[]);
    // What is typed after it reaches nobody.
    let interrupted = answered(&folder, "\\x03y\\n");
    let said = text(&interrupted.stdout);
    assert_eq!(interrupted.status.code(), Some(130), "{said}");
    assert!(
        said.contains("Interrupted; this command has written nothing."),
        "{said}"
    );
    assert!(!folder.path().join("plan/journal.sqlite").exists());
    assert_eq!(answered(&folder, "n\\n").status.code(), Some(4));
    let agreed = answered(&folder, "y\\n");
    assert_eq!(agreed.status.code(), Some(0), "{}", text(&agreed.stdout));
}

#[test]
fn a_command_that_is_told_can_be_typed() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("night one");
    copy(&repository("samples/clean"), &folder);
    let path = folder.to_str().unwrap();
    let quoted = format!("\"{path}\"");
    let says = |words: &[&str], code: i32, said: &str| {
        let said = said.replace("DIR", &quoted);
        check(&cutover(words), code, &[&said]);
    };
    says(&["show", path], 2, "make one with `cutover plan DIR`");
    says(
        &["show", path, "history"],
        0,
        "make one with `cutover plan DIR`",
    );
    check(&cutover(&["plan", path]), 0, &[]);
    says(
        &["show", path, "owner", "nobodyx"],
        2,
        "`cutover show DIR owners` lists all",
    );
    says(
        &["apply", path, "--yes", "--limit", "9"],
        4,
        "`cutover show DIR changes` lists them",
    );
    says(
        &["apply", path, "--yes", "--limit", "9"],
        4,
        "say `--limit 97`",
    );
    check(&cutover(&["apply", path, "--yes"]), 0, &[]);
    says(&["load", path], 4, "run `cutover undo DIR` first");
    says(
        &["undo", path, "--yes", "--limit", "9"],
        4,
        "say `--limit 97`",
    );
    check(&cutover(&["undo", path, "--yes"]), 0, &[]);
    says(
        &["apply", path, "--yes"],
        4,
        "plan anew with `cutover plan DIR`",
    );
    let manifest = folder.join("cutover.toml");
    let text = fs::read_to_string(&manifest).unwrap();
    fs::write(
        &manifest,
        text.replace("[owners]", "non_interactive_max = 3\n[owners]"),
    )
    .unwrap();
    says(
        &["plan", path],
        2,
        "run `cutover load DIR` to take that over",
    );
    fs::write(&manifest, text).unwrap();
    let document = folder.join("plan/plan.json");
    let text = fs::read_to_string(&document).unwrap();
    fs::write(&document, text.replacen('1', "2", 1)).unwrap();
    says(&["verify", path], 4, "plan anew with `cutover plan DIR`");
    let contoso = sample("contoso");
    check(&in_folder(&contoso, &["plan", "--quiet"]), 1, &[]);
    let named = format!("`cutover show {} findings` lists", contoso.path().display());
    check(&in_folder(&contoso, &["apply", "--yes"]), 1, &[&named]);
}

#[test]
fn who_wants_to_know_hears_what_is_read_and_nobodys_name() {
    let folder = sample("clean");
    let manifest = folder.path().join("cutover.toml");
    let written = fs::read_to_string(&manifest).unwrap();
    let written = written.replace(
        "[owners]",
        "[owners]\nfallback = \"greta.aumann@alpineskihouse.com\"",
    );
    // Somebody is named by a bare name too.
    let by_mail = "administrators = [\"greta.aumann@alpineskihouse.com\"]";
    assert!(written.contains(by_mail));
    let written = written.replace(by_mail, "administrators = [\"Greta Aumann\"]");
    fs::write(&manifest, written).unwrap();
    let quiet = in_folder(&folder, &["plan"]);
    check(&quiet, 0, &[]);
    let planned = in_folder(&folder, &["plan", "--verbose"]);
    let says = [
        "cutover.toml",
        "read: exports/accounts.csv, ",
        "read: owners.csv, ",
        "read: environment.sqlite",
        "setting: owners.missing = stub",
        "setting: owners.fallback = (somebody)",
        "setting: accept.administrators = (somebody)",
    ];
    check(&planned, 0, &says);
    assert_eq!(
        text(&planned.stdout),
        text(&quiet.stdout),
        "details are no data"
    );
    let told = text(&planned.stderr).to_lowercase();
    for name in ["greta", "skihaus"] {
        assert!(!told.contains(name), "{told}");
    }
    let applied = in_folder(&folder, &["apply", "--yes", "-v"]);
    check(
        &applied,
        0,
        &["/plan, seal ", "target: `environment.sqlite`"],
    );
    check(
        &in_folder(&folder, &["verify", "-v", "--quiet"]),
        2,
        &["cannot be used with"],
    );
}
