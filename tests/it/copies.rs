//! Plans for a live environment, of a copy: how old it may be, what is to be known beside it, and what a plan says of the
//! environment.
//!
//! In: a sample served by the rehearsal server, changed before; a project that pulls and plans. Out: which rules
//! speak, what commands refuse, and what they say.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use cutover::environment::EnvironmentFile;
use cutover::run::{ApplyRequest, Consent, Exit};
use rusqlite::Connection;

use crate::live::Live;
use crate::support::{Ended, copy, document, repository, run};

const CLEAN: &str = "samples/clean";

/// What is said of the clean sample whatever a test is about.
const ALWAYS: [&str; 1] = ["ENV004"];

/// The codes that speak, of those in the plan that are about live environments.
fn spoken(project: &Path) -> BTreeSet<String> {
    const OF_LIVE: [&str; 6] = ["ENV001", "ENV002", "ENV003", "ENV004", "ENV005", "STB007"];
    let findings = document(project).findings.into_iter();
    let codes = findings.map(|finding| finding.code);
    codes
        .filter(|code| OF_LIVE.contains(&code.as_str()))
        .collect()
}

#[track_caller]
fn speaks(live: &Live, exit: Exit, codes: &[&str]) -> Ended {
    let planned = live.plan();
    assert_eq!(planned.exit, exit, "{}{}", planned.out, planned.err);
    let expected: BTreeSet<String> = codes
        .iter()
        .chain(&ALWAYS)
        .map(|code| (*code).to_owned())
        .collect();
    assert_eq!(spoken(live.project.path()), expected, "{}", planned.out);
    planned
}

#[track_caller]
fn pulls(live: &Live) {
    let pulled = live.pull();
    assert_eq!(pulled.exit, Exit::Done, "{}{}", pulled.out, pulled.err);
}

/// What `apply` says that refuses: where nothing else does, that leave was given for another target.
#[track_caller]
fn refused(live: &Live) -> String {
    let request = ApplyRequest {
        folder: live.project.path(),
        consent: Consent::Named {
            target: "elsewhere",
            seal: "",
        },
        limit: None,
    };
    let applied = run(|console| cutover::run::apply(&request, console));
    assert_eq!(
        applied.exit,
        Exit::Refused,
        "{}{}",
        applied.out,
        applied.err
    );
    assert!(!live.project.path().join("plan/journal.sqlite").exists());
    applied.err.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Writes another text into the project's manifest.
fn edit(project: &Path, from: &str, to: &str) {
    let manifest = project.join("cutover.toml");
    let text = fs::read_to_string(&manifest).unwrap();
    assert!(text.contains(from), "{from}: {text}");
    fs::write(manifest, text.replace(from, to)).unwrap();
}

fn in_environment(project: &Path, line: &str) {
    edit(
        project,
        "[environment]\n",
        &format!("[environment]\n{line}\n"),
    );
}

/// Adds rows to the settings that are served.
fn settings(project: &Path, rows: &str) {
    let path = project.join("environment/settings.csv");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(path, text + rows).unwrap();
}

/// Makes the copy so many hours older than it is, and the plan with it.
fn age(project: &Path, hours: i64) {
    let file = Connection::open(project.join("environment.sqlite")).unwrap();
    let pulled: String = file
        .query_row(
            "SELECT value FROM meta WHERE name = 'pulled_at'",
            [],
            |row| row.get(0),
        )
        .unwrap();
    let pulled: jiff::Timestamp = pulled.parse().unwrap();
    let older = pulled - jiff::SignedDuration::from_hours(hours);
    let sql = "UPDATE meta SET value = ?1 WHERE name = 'pulled_at'";
    file.execute(sql, [older.to_string()]).unwrap();
}

/// Puts a plan that was applied elsewhere into the project's history.
fn applied_meanwhile(project: &Path) {
    let other = tempfile::tempdir().unwrap();
    copy(&repository(CLEAN), other.path());
    run(|console| cutover::run::plan(other.path(), false, console));
    let request = ApplyRequest {
        folder: other.path(),
        consent: Consent::Yes,
        limit: None,
    };
    let applied = run(|console| cutover::run::apply(&request, console));
    assert_eq!(applied.exit, Exit::Done, "{}", applied.err);
    let place = project.join("history/0001-0a1b2c3d");
    fs::create_dir_all(&place).unwrap();
    copy(&other.path().join("plan"), &place);
}

#[test]
fn the_copy_says_whose_it_is_and_the_plan_of_when() {
    let live = Live::changed(CLEAN, "0", |_| ());
    let project = live.project.path();
    let before = live.plan();
    assert_eq!(before.exit, Exit::Usage, "no copy yet: {}", before.out);
    assert!(before.err.contains("cutover pull"), "{}", before.err);
    pulls(&live);
    live.is_pulled_whole();
    let pulled = EnvironmentFile::open(&project.join("environment.sqlite"))
        .unwrap()
        .pulled()
        .unwrap()
        .unwrap();
    assert!(pulled.host.starts_with("127.0.0.1:"), "{}", pulled.host);
    let planned = speaks(&live, Exit::Done, &[]);
    let heading = format!("for {} as pulled at {} ·", pulled.host, pulled.at);
    assert!(planned.out.contains(&heading), "{}", planned.out);
    let environment = document(project).environment;
    assert_eq!(environment.host, pulled.host);
    assert_eq!(environment.pulled_at, Some(pulled.at.to_string()));
    let seal = document(project).seal;
    speaks(&live, Exit::Done, &[]);
    assert_eq!(document(project).seal, seal, "the same copy, the same plan");
    edit(
        project,
        "url = \"http://127.0.0.1:",
        "url = \"http://localhost:",
    );
    let other = live.plan();
    assert_eq!(other.exit, Exit::Usage, "a copy of another host");
    assert!(
        other.err.contains("is a copy of `127.0.0.1:"),
        "{}",
        other.err
    );
    fs::remove_file(project.join("environment.sqlite")).unwrap();
    run(|console| cutover::run::load(project, false, console));
    let loaded = live.plan();
    assert_eq!(loaded.exit, Exit::Usage, "no copy at all");
    assert!(
        loaded.err.contains("was loaded from a folder"),
        "{}",
        loaded.err
    );
}

#[test]
fn an_old_copy_is_refused_before_the_first_write() {
    let live = Live::changed(CLEAN, "0", |_| ());
    let project = live.project.path();
    pulls(&live);
    age(project, 25);
    speaks(&live, Exit::Done, &[]);
    assert!(!refused(&live).contains("ENV001"), "as old as it likes");
    in_environment(project, "max_age = \"25h\"");
    let said = refused(&live);
    assert!(
        said.contains("ENV001") && said.contains("1 d 1 h ago") && said.contains("at most 25h"),
        "{said}"
    );
    edit(project, "25h", "26h");
    assert!(!refused(&live).contains("ENV001"), "young enough");
    age(project, 0);
    pulls(&live);
    let said = refused(&live);
    assert!(
        said.contains("ENV001: the plan was made of the copy of"),
        "{said}"
    );
    speaks(&live, Exit::Done, &[]);
    assert!(!refused(&live).contains("ENV001"), "planned anew");
}

#[test]
fn a_plan_that_has_written_since_makes_the_copy_old() {
    let live = Live::changed(CLEAN, "0", |_| ());
    let project = live.project.path();
    pulls(&live);
    speaks(&live, Exit::Done, &[]);
    applied_meanwhile(project);
    let seal = fs::read_to_string(project.join("history/0001-0a1b2c3d/plan.json")).unwrap();
    let seal: serde_json::Value = serde_json::from_str(&seal).unwrap();
    let seal = &seal["seal"].as_str().unwrap()[..8];
    let said = refused(&live);
    assert!(
        said.contains("ENV001") && said.contains(&format!("plan {seal} has written")),
        "{said}"
    );
    let planned = speaks(&live, Exit::NotApproved, &["ENV001"]);
    assert!(planned.out.contains(seal), "{}", planned.out);
    let pulled = run(|console| cutover::run::pull(project, true, console));
    assert_eq!(pulled.exit, Exit::Done, "{}", pulled.err);
    speaks(&live, Exit::Done, &[]);
    assert!(!refused(&live).contains("ENV001"), "the copy holds it");
    let journal = Connection::open(project.join("history/0001-0a1b2c3d/journal.sqlite")).unwrap();
    journal
        .execute("UPDATE change SET state = 0 WHERE seq = 1", [])
        .unwrap();
    speaks(&live, Exit::NotApproved, &["ENV001"]);
}

#[test]
fn what_was_written_to_a_live_environment_is_not_lost_with_its_copy() {
    let live = Live::changed(CLEAN, "0", |_| ());
    let project = live.project.path();
    pulls(&live);
    applied_meanwhile(project);
    assert_eq!(
        live.pull().exit,
        Exit::Refused,
        "it was applied to the file"
    );
    let journal = Connection::open(project.join("history/0001-0a1b2c3d/journal.sqlite")).unwrap();
    journal
        .execute("UPDATE run SET host = 'contoso.crm4.dynamics.com'", [])
        .unwrap();
    drop(journal);
    pulls(&live);
}

#[test]
fn stub_users_need_the_directory() {
    let live = Live::changed(CLEAN, "0", |_| ());
    let project = live.project.path();
    let folder = project.join("environment");
    fs::remove_file(folder.join("directory.csv")).unwrap();
    fs::remove_file(folder.join("directory-roles.csv")).unwrap();
    pulls(&live);
    let planned = speaks(&live, Exit::NotApproved, &["STB007"]);
    assert!(
        planned
            .out
            .contains("3 stub users are to be made in a live environment"),
        "{}",
        planned.out
    );
    edit(
        project,
        "[accept]\n",
        "[accept]\nunchecked = [\"STB006\"]\n",
    );
    speaks(&live, Exit::Done, &[]);
    edit(project, "unchecked = [\"STB006\"]\n", "");
    fs::write(folder.join("directory.csv"), "userPrincipalName,id\n").unwrap();
    pulls(&live);
    speaks(&live, Exit::Done, &[]);
    fs::write(folder.join("directry.csv"), "userPrincipalName\n").unwrap();
    let typo = live.pull();
    assert_eq!(typo.exit, Exit::Usage, "{}", typo.out);
    assert!(
        typo.err.contains("environment/directry.csv"),
        "{}",
        typo.err
    );
}

#[test]
fn custom_logic_is_pulled_and_told() {
    let live = Live::changed(CLEAN, "0", |served| {
        settings(
            served,
            "custom_logic.account,Contoso.OwnerSync;flow a1b2;workflow Tell the owner\n\
             custom_logic.contact,\ncustom_logic.systemuser,Contoso.Users\n",
        );
    });
    let project = live.project.path();
    pulls(&live);
    live.is_pulled_whole();
    speaks(&live, Exit::Done, &["ENV005"]);
    let findings = document(project).findings;
    let said: Vec<(&str, &str)> = findings
        .iter()
        .filter(|finding| finding.code == "ENV005")
        .map(|finding| (finding.subject.as_str(), finding.message.as_str()))
        .collect();
    assert_eq!(
        said,
        [
            (
                "account",
                "50 records of `account` are assigned, and each time these run: `Contoso.OwnerSync`, `workflow Tell the \
                 owner`, `flow a1b2`"
            ),
            (
                "systemuser",
                "18 changes of users and their roles are written, and each time these run: `Contoso.Users`"
            ),
        ]
    );
    in_environment(project, "bypass_custom_logic = true");
    speaks(&live, Exit::Done, &["ENV005"]);
}

#[test]
fn what_the_caller_lacks_is_named() {
    // Whoever signs in is a salesperson, who assigns records and makes no users.
    let live = Live::changed(CLEAN, "0", |served| {
        let path = served.join("environment/settings.csv");
        let text = fs::read_to_string(&path).unwrap();
        let text = text.replace("caller,migration@", "caller,luca.ferri@");
        fs::write(path, text).unwrap();
    });
    let project = live.project.path();
    pulls(&live);
    live.plan();
    let lacks = |more: &[&str]| {
        let named: BTreeSet<String> = document(project)
            .findings
            .into_iter()
            .filter(|finding| finding.code == "ENV002")
            .map(|finding| finding.subject)
            .collect();
        let expected = ["prvCreateUser", "prvWriteUser"];
        let expected = expected.iter().chain(more);
        assert_eq!(named, expected.map(|one| (*one).to_owned()).collect());
    };
    lacks(&[]);
    in_environment(project, "bypass_custom_logic = true");
    live.plan();
    lacks(&["prvBypassCustomBusinessLogic"]);
}
