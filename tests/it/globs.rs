//! Globs in the manifest: a plan by glob is the plan of the files named one by one, files that come
//! and go make it stale, and `init` proposes one where a table lies in parts.

use std::fs;
use std::path::Path;
#[cfg(unix)]
use std::process::Command;

use cutover::run::{ApplyRequest, Consent, Exit};
use tempfile::TempDir;

use crate::support::{Ended, copy, document, repository, run};

const HEADER: &str = "accountid,name,ownerid\n";

/// The base project with its accounts in parts: of each its name and the ids that its rows have.
fn parted(entries: &[&str], parts: &[(&str, &[u8])]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    copy(&repository("tests/cases/base"), folder.path());
    fs::remove_file(folder.path().join("exports/accounts.csv")).unwrap();
    for (name, ids) in parts {
        write_part(folder.path(), name, ids);
    }
    let mut manifest = "[environment]\nfrom = \"environment/\"\n".to_owned();
    manifest += "[[users]]\nfile = \"exports/users.csv\"\n";
    manifest += "[[roles]]\nfile = \"exports/roles.csv\"\n";
    let records = entries
        .iter()
        .map(|entry| format!("[[records]]\nfile = \"{entry}\"\ntable = \"account\"\n"));
    manifest.extend(records);
    fs::write(folder.path().join("cutover.toml"), manifest).unwrap();
    folder
}

fn write_part(folder: &Path, name: &str, ids: &[u8]) {
    let rows = ids
        .iter()
        .map(|id| format!("00000000-0000-4000-8000-0000000001{id:02},Account {id},U2\n"));
    let text = HEADER.to_owned() + &rows.collect::<String>();
    fs::write(folder.join(name), text).unwrap();
}

fn plan(folder: &Path) -> Ended {
    run(|console| cutover::run::plan(folder, false, console))
}

const PARTS: &[(&str, &[u8])] = &[
    ("exports/accounts-10.csv", &[3]),
    ("exports/accounts-2.csv", &[1, 2]),
    ("exports/accounts-1.csv", &[1]),
];

#[test]
fn a_glob_stands_for_its_files_in_counting_order() {
    let by_glob = parted(&["exports/accounts-*.csv"], PARTS);
    let one_by_one = ["1", "2", "10"].map(|part| format!("exports/accounts-{part}.csv"));
    let one_by_one: Vec<&str> = one_by_one.iter().map(String::as_str).collect();
    let by_name = parted(&one_by_one, PARTS);
    for folder in [&by_glob, &by_name] {
        let ended = plan(folder.path());
        assert_eq!(ended.exit, Exit::Done, "{}{}", ended.out, ended.err);
    }
    let met = document(by_glob.path());
    let names = |kind: &str| {
        let inputs = met.inputs.iter().filter(|input| input.kind == kind);
        let names = inputs.map(|input| input.name.as_str());
        names.collect::<Vec<_>>()
    };
    assert_eq!(names("records"), one_by_one);
    // Which of two rows came first is told by that order.
    let repeated = met.findings.iter().find(|finding| finding.code == "REC004");
    let place = &repeated.expect("a record twice").places[0];
    let file = met.inputs.iter().find(|input| input.file == place.file);
    assert_eq!(file.unwrap().name, "exports/accounts-2.csv");
    let mut other = document(by_name.path());
    other.settings.clone_from(&met.settings);
    other.seal.clone_from(&met.seal);
    assert_eq!(
        serde_json::to_string(&other).unwrap(),
        serde_json::to_string(&met).unwrap()
    );
}

/// What comes, goes or changes, and what is said of it.
type Move = (&'static str, fn(&Path), &'static str);

#[test]
fn a_file_that_comes_or_goes_makes_the_plan_stale() {
    let cases: &[Move] = &[
        (
            "comes",
            |folder| write_part(folder, "exports/accounts-3.csv", &[3]),
            "exports/accounts-3.csv (has joined the exports since)",
        ),
        (
            "goes",
            |folder| fs::remove_file(folder.join("exports/accounts-1.csv")).unwrap(),
            "exports/accounts-1.csv (is no longer among the exports)",
        ),
        (
            "changes",
            |folder| write_part(folder, "exports/accounts-10.csv", &[2]),
            "exports/accounts-10.csv\n",
        ),
    ];
    for (case, change, says) in cases {
        let folder = parted(&["exports/accounts-*.csv"], PARTS);
        assert_eq!(plan(folder.path()).exit, Exit::Done, "{case}");
        change(folder.path());
        let request = ApplyRequest {
            folder: folder.path(),
            consent: Consent::Yes,
            limit: None,
        };
        let ended = run(|console| cutover::run::apply(&request, console));
        assert_eq!(ended.exit, Exit::Refused, "{case}: {}", ended.err);
        assert!(ended.err.contains("stale"), "{case}: {}", ended.err);
        assert!(ended.err.contains(says), "{case}: {}", ended.err);
        assert!(
            !folder.path().join("plan/journal.sqlite").exists(),
            "{case}"
        );
    }
}

#[test]
fn what_stays_beside_the_exports_does_not_make_it_stale() {
    let folder = parted(&["exports/accounts-*.csv"], PARTS);
    assert_eq!(plan(folder.path()).exit, Exit::Done);
    for name in [".accounts-4.csv", "~$accounts-1.csv", "accounts-5.new.csv"] {
        write_part(folder.path(), &format!("exports/{name}"), &[3]);
    }
    let request = ApplyRequest {
        folder: folder.path(),
        consent: Consent::Yes,
        limit: None,
    };
    let ended = run(|console| cutover::run::apply(&request, console));
    assert_eq!(ended.exit, Exit::Done, "{}", ended.err);
}

#[test]
fn globs_that_cannot_be_used_are_all_named_at_once_with_the_files() {
    let entries = [
        "nothing/*.csv",
        "../*.csv",
        "exports/accounts-*.csv",
        "exports/*-1.csv",
    ];
    let folder = parted(&entries, PARTS);
    fs::remove_file(folder.path().join("exports/users.csv")).unwrap();
    let ended = plan(folder.path());
    assert_eq!(ended.exit, Exit::Usage, "{}", ended.err);
    for says in [
        "4 exports cannot be used; no plan was written",
        "FIL001  no file meets `nothing/*.csv`",
        "FIL001  `../*.csv` leads out of the project's folder",
        "FIL001  `exports/accounts-1.csv` is met twice, by `exports/accounts-*.csv` and by \
         `exports/*-1.csv`",
        "FIL001  `exports/users.csv` is not there",
    ] {
        assert!(ended.err.contains(says), "no `{says}`: {}", ended.err);
    }
    assert!(!folder.path().join("plan").exists());
}

#[test]
fn init_proposes_a_glob_for_a_table_in_parts() {
    let folder = parted(&[], PARTS);
    let path = folder.path();
    fs::remove_file(path.join("cutover.toml")).unwrap();
    // Other columns: no part of one table, whatever its name says.
    fs::write(
        path.join("exports/contacts-1.csv"),
        "contactid,ownerid\n1,U2\n",
    )
    .unwrap();
    fs::write(
        path.join("exports/contacts-2.csv"),
        "contactid,name,ownerid\n1,x,U2\n",
    )
    .unwrap();
    // A glob that met them would meet one more.
    for name in ["leads-1", "leads-2", "leads-old"] {
        fs::write(
            path.join(format!("exports/{name}.csv")),
            "name,ownerid\nx,U2\n",
        )
        .unwrap();
    }
    let packed = zstd::encode_all(&b"name,ownerid\nx,U2\n"[..], 1).unwrap();
    fs::write(path.join("exports/tasks.csv.zst"), packed).unwrap();
    let ended = run(|console| cutover::run::init(path, console));
    assert_eq!(ended.exit, Exit::Done, "{}", ended.err);
    let manifest = fs::read_to_string(path.join("cutover.toml")).unwrap();
    for says in [
        "[[records]]\nfile = \"exports/accounts-*.csv\"\ntable = \"account\"\n",
        "[[records]]\nfile = \"exports/contacts-1.csv\"\ntable = \"contact\"\n",
        "[[records]]\nfile = \"exports/contacts-2.csv\"\ntable = \"contact\"\n",
        "[[records]]\nfile = \"exports/leads-1.csv\"\ntable = \"lead\"\n",
        "[[records]]\nfile = \"exports/leads-2.csv\"\ntable = \"lead\"\n",
        "[[records]]\nfile = \"exports/tasks.csv.zst\"\ntable = \"task\"\n",
        "[[users]]\nfile = \"exports/users.csv\"\n",
    ] {
        assert!(manifest.contains(says), "no `{says}`: {manifest}");
    }
    assert!(!manifest.contains("accounts-1"), "{manifest}");
    assert!(
        ended
            .err
            .contains("exports/accounts-*.csv: records of `account`"),
        "{}",
        ended.err
    );
}

#[cfg(unix)]
#[test]
fn a_glob_may_meet_more_files_than_a_system_lets_be_open_at_first() {
    let parts: Vec<String> = (0..200)
        .map(|part| format!("exports/accounts-{part}.csv"))
        .collect();
    let parts: Vec<(&str, &[u8])> = parts.iter().map(|name| (name.as_str(), &[1][..])).collect();
    let folder = parted(&["exports/accounts-*.csv"], &parts);
    let ended = Command::new("sh")
        .args(["-c", "ulimit -S -n 64 && exec \"$0\" plan \"$1\""])
        .arg(env!("CARGO_BIN_EXE_cutover"))
        .arg(folder.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&ended.stderr);
    assert_eq!(ended.status.code(), Some(0), "{said}");
    let inputs = document(folder.path()).inputs;
    assert_eq!(
        inputs
            .iter()
            .filter(|input| input.kind == "records")
            .count(),
        200
    );
}
