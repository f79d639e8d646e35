//! A live environment, played by the rehearsal server: what is pulled is what is there, and nothing is written.
//!
//! In: a sample, loaded and served; a project that names the server as its environment. Out: the facts and records of
//! both environment files side by side, the plans that come of them, and the server's log.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use cutover::environment::EnvironmentFile;
use cutover::model::{CascadeAssign, Fact, UserId, Write};
use cutover::rehearse::{DataImport, Limits, Rehearsal, Settings, Switches};
use cutover::run::{ApplyRequest, Consent, Console, Exit, Failure};
use cutover::service::Performed;

use crate::foretell::changes;
use crate::support::{Ended, copy, document, repository, run};

/// A sample that is served, and a project that names the server.
pub(crate) struct Live {
    /// The project whose environment is served.
    pub(crate) served: tempfile::TempDir,
    /// The project that works against the server.
    pub(crate) project: tempfile::TempDir,
    log: PathBuf,
    pub(crate) rehearsal: Rehearsal,
}

impl Live {
    pub(crate) fn of(sample: &str, faults: &str) -> Self {
        Self::changed(sample, faults, |_| ())
    }

    /// The same, where what is served was changed before.
    pub(crate) fn changed(sample: &str, faults: &str, change: impl Fn(&Path)) -> Self {
        Self::as_it_is(sample, faults, Switches::default(), "s3cret", change)
    }

    /// The same with a server that gives tokens for this secret.
    pub(crate) fn with_secret(sample: &str, faults: &str, secret: &str) -> Self {
        Self::as_it_is(sample, faults, Switches::default(), secret, |_| ())
    }

    /// The same, where the project makes its stub users by the plain way, which the environment allows.
    fn by_the_plain_way(sample: &str, faults: &str) -> Self {
        let live = Self::changed(sample, faults, |served| {
            let settings = served.join("environment/settings.csv");
            let setting = "AllowRoleAssignmentOnDisabledUsers";
            crate::bad_input::replace(
                &settings,
                &format!("{setting},false"),
                &format!("{setting},true"),
            );
        });
        let manifest = live.project.path().join("cutover.toml");
        crate::bad_input::replace(&manifest, "stubs = \"import\"", "stubs = \"api\"");
        live
    }

    fn as_it_is(
        sample: &str,
        faults: &str,
        switches: Switches,
        secret: &str,
        change: impl Fn(&Path),
    ) -> Self {
        let served = tempfile::tempdir().unwrap();
        copy(&repository(sample), served.path());
        change(served.path());
        run(|console| cutover::run::load(served.path(), false, console));
        let log = served.path().join("log");
        let rehearsal = Rehearsal::start(Settings {
            file: served.path().join("environment.sqlite"),
            is_a_copy: true,
            port: 0,
            latency: Duration::ZERO,
            limits: Limits::Off,
            faults: faults.parse().unwrap(),
            seed: 1,
            switches,
            secret: secret.to_owned(),
            log: Some(log.clone()),
        });
        let rehearsal = rehearsal.unwrap();
        let project = tempfile::tempdir().unwrap();
        copy(&repository(sample), project.path());
        let manifest = project.path().join("cutover.toml");
        let text = fs::read_to_string(&manifest).unwrap();
        let from = text
            .lines()
            .find(|line| line.starts_with("from = "))
            .unwrap();
        let url = format!("{from}\nurl = \"http://{}\"", rehearsal.address());
        fs::write(&manifest, text.replace(from, &url)).unwrap();
        Self {
            served,
            project,
            log,
            rehearsal,
        }
    }

    pub(crate) fn pull(&self) -> Ended {
        run(|console| cutover::run::pull(self.project.path(), false, console))
    }

    pub(crate) fn plan(&self) -> Ended {
        run(|console| cutover::run::plan(self.project.path(), false, console))
    }

    /// Applies or undoes the plan, by name.
    fn writes(
        &self,
        command: fn(&ApplyRequest<'_>, &mut Console<'_>) -> Result<Exit, Failure>,
    ) -> Ended {
        let seal = document(self.project.path()).seal;
        let request = ApplyRequest {
            folder: self.project.path(),
            consent: Consent::Named {
                target: &self.rehearsal.address().to_string(),
                seal: &seal,
            },
            limit: None,
        };
        run(|console| command(&request, console))
    }

    fn verify(&self) -> Ended {
        run(|console| cutover::run::verify(self.project.path(), console))
    }

    /// Holds the facts of both files against each other.
    #[track_caller]
    pub(crate) fn is_pulled_whole(&self) {
        let (there, here) = (facts(self.served.path()), facts(self.project.path()));
        let differing: Vec<_> = there.symmetric_difference(&here).take(4).collect();
        assert!(differing.is_empty(), "{differing:#?}");
    }

    /// What was written, each change once.
    #[track_caller]
    fn written_once(&self) -> BTreeSet<String> {
        let mut written = BTreeSet::new();
        for line in self.log().lines() {
            let mut line: serde_json::Value = serde_json::from_str(line).unwrap();
            line.as_object_mut().unwrap().remove("request");
            assert!(written.insert(line.to_string()), "written twice: {line}");
        }
        written
    }

    pub(crate) fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap()
    }
}

/// The facts of a file that a pull brings too, from a live environment or the folder beside: of users what no export but
/// the service knows is left out.
fn facts(project: &Path) -> BTreeSet<String> {
    let file = EnvironmentFile::open(&project.join("environment.sqlite")).unwrap();
    let mut facts = BTreeSet::new();
    let mut take = |fact: Fact| {
        let told = match fact {
            Fact::User(mut user) => {
                user.details.synchronised = None;
                user.details.invitation = None;
                user.details.invited_on = None;
                Some(format!("{user:?}"))
            }
            // That nothing follows is not told apart from not being told.
            Fact::Cascade(ref cascade) => {
                (cascade.assign != CascadeAssign::None).then(|| format!("{fact:?}"))
            }
            Fact::Unit(_)
            | Fact::Role(_)
            | Fact::RolePrivilege(_)
            | Fact::UserRole { .. }
            | Fact::Team(_)
            | Fact::TeamMember { .. }
            | Fact::TeamRole { .. }
            | Fact::Licence(_)
            | Fact::UserLicence(_)
            | Fact::Person(_)
            | Fact::GroupMember(_) => Some(format!("{fact:?}")),
            // One that the served file does not hold is told as nothing.
            Fact::Setting {
                ref name,
                ref value,
            } => {
                let is_meant = name.starts_with("custom_logic.") && !value.is_empty();
                is_meant.then(|| format!("{fact:?}"))
            }
            _ => None,
        };
        facts.extend(told);
    };
    file.facts(&mut take).unwrap();
    facts
}

/// Who owns which record.
fn owners(project: &Path) -> BTreeSet<(i64, Vec<u8>, Vec<u8>)> {
    let file = rusqlite::Connection::open(project.join("environment.sqlite")).unwrap();
    let sql = "SELECT entity, id, owner FROM record";
    let mut statement = file.prepare(sql).unwrap();
    let owners = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)));
    owners.unwrap().map(Result::unwrap).collect()
}

fn records(project: &Path, table: &str) -> u64 {
    let file = EnvironmentFile::open(&project.join("environment.sqlite")).unwrap();
    file.record_count(table).unwrap()
}

#[test]
fn what_is_pulled_is_what_is_there_and_nothing_is_written() {
    let live = Live::of("samples/clean", "0");
    let pulled = live.pull();
    assert_eq!(pulled.exit, Exit::Done, "{}{}", pulled.out, pulled.err);
    let (served, own) = (live.served.path(), live.project.path());
    live.is_pulled_whole();
    for table in ["account", "contact"] {
        assert_eq!(records(served, table), records(own, table), "{table}");
    }
    let planned = live.plan();
    assert_eq!(planned.exit, Exit::Done, "{}{}", planned.out, planned.err);
    run(|console| cutover::run::plan(served, false, console));
    let changes = |project| document(project).totals.changes;
    assert_eq!(changes(own), changes(served), "the same plan comes of both");
    let ready = |project| document(project).readiness;
    assert_eq!(ready(own), ready(served), "the same people can work");
    assert_eq!(live.log(), "", "pull and plan write nothing");
    live.rehearsal.stop().unwrap();
}

#[test]
fn a_plan_is_applied_verified_and_undone() {
    there_and_back(&Live::of("samples/clean", "0"));
}

#[test]
fn a_plan_is_applied_verified_and_undone_on_a_bad_line() {
    there_and_back(&Live::of("samples/clean", "2%"));
    there_and_back(&Live::by_the_plain_way("samples/clean", "2%"));
}

#[test]
fn roles_that_are_not_seen_yet_refuse_nobody() {
    let switches = Switches {
        stale_owner_checks: 3,
        duplicate_link_fails: false,
        ..Switches::default()
    };
    there_and_back(&Live::as_it_is(
        "samples/clean",
        "0",
        switches,
        "s3cret",
        |_| (),
    ));
}

fn there_and_back(live: &Live) {
    let state = || (facts(live.served.path()), owners(live.served.path()));
    let before = state();
    goes(&live.pull());
    goes(&live.plan());
    let applied = live.writes(cutover::run::apply);
    goes(&applied);
    // What the plan foretold of the line, and what went over it.
    for said in ["throttled: ", "forecast: ", "write", " in this run: "] {
        assert!(applied.err.contains(said), "{said}: {}", applied.err);
    }
    goes(&live.verify());
    let changes: u64 = document(live.project.path()).totals.changes.values().sum();
    let again = live.writes(cutover::run::apply);
    goes(&again);
    let nothing = again.out.contains("nothing had to be written");
    assert!(nothing, "{}", again.out);
    assert!(live.written_once().len() as u64 >= changes);
    assert_ne!(state(), before);
    goes(&live.writes(cutover::run::undo));
    let now = state();
    let differing: Vec<_> = now.0.symmetric_difference(&before.0).take(4).collect();
    assert!(differing.is_empty(), "{differing:#?}");
    assert!(now.1 == before.1, "owners");
    goes(&live.verify());
}

#[track_caller]
fn goes(ended: &Ended) {
    assert_eq!(ended.exit, Exit::Done, "{}{}", ended.out, ended.err);
}

/// Where no program may import users, a person does, and apply goes on from there.
#[test]
fn stub_users_are_handed_over_to_the_wizard() {
    let switches = Switches {
        data_import: DataImport::Refused,
        ..Switches::default()
    };
    let live = Live::as_it_is("samples/clean", "0", switches, "s3cret", |_| ());
    goes(&live.pull());
    goes(&live.plan());
    let handed = live.writes(cutover::run::apply);
    assert_eq!(handed.exit, Exit::Partly, "{}{}", handed.out, handed.err);
    assert_eq!(live.log(), "", "nothing is written");
    let file = live.project.path().join("stub-users.csv");
    let text = fs::read_to_string(file).unwrap();
    let stubs: Vec<_> = changes(live.project.path())
        .into_iter()
        .filter(|change| matches!(change.write, Write::CreateStub(_)))
        .collect();
    assert_eq!(text.lines().count(), stubs.len() + 1, "{text}");
    let waiting = live.writes(cutover::run::apply);
    assert_eq!(waiting.exit, Exit::Partly, "it waits at that stage");
    let served = live.served.path().join("environment.sqlite");
    let served = rusqlite::Connection::open(served).unwrap();
    for (number, change) in (1..).zip(stubs) {
        let Write::CreateStub(mut stub) = change.write else {
            continue;
        };
        assert!(text.contains(&stub.upn), "{text}");
        // The wizard knows nothing of planned ids.
        stub.id = UserId(uuid::Uuid::from_u128(number));
        let made = cutover::service::perform(&served, &Write::CreateStub(stub));
        assert!(matches!(made, Ok(Performed::Done { .. })), "{made:?}");
    }
    goes(&live.writes(cutover::run::apply));
    goes(&live.verify());
    assert!(!live.log().contains("\"create\""), "{}", live.log());
}

#[test]
fn faults_of_the_line_are_waited_out() {
    let live = Live::of("samples/clean", "20%");
    let pulled = live.pull();
    assert_eq!(pulled.exit, Exit::Done, "{}{}", pulled.out, pulled.err);
    live.is_pulled_whole();
    assert_eq!(live.log(), "");
}

#[test]
fn what_cannot_be_signed_in_to_says_why() {
    let project = tempfile::tempdir().unwrap();
    copy(&repository("samples/clean"), project.path());
    let manifest = project.path().join("cutover.toml");
    let text = fs::read_to_string(&manifest).unwrap();
    let from = text
        .lines()
        .find(|line| line.starts_with("from = "))
        .unwrap();
    check(
        &manifest,
        &text,
        "none",
        Exit::Usage,
        "the manifest names no live environment",
    );
    let with = |url: &str| text.replace(from, &format!("url = \"{url}\""));
    let cases = [
        (
            "http://contoso.crm4.dynamics.com",
            Exit::Usage,
            "is not encrypted",
        ),
        ("contoso", Exit::Usage, "is no URL of an environment"),
        (
            "https://contoso.crm4.dynamics.com/main.aspx",
            Exit::Usage,
            "is no URL of an environment",
        ),
        (
            "https://contoso.crm4.dynamics.com",
            Exit::Usage,
            "CUTOVER_CLIENT_SECRET",
        ),
    ];
    for (url, exit, words) in cases {
        check(&manifest, &with(url), url, exit, words);
    }
}

#[track_caller]
fn check(manifest: &Path, text: &str, case: &str, exit: Exit, words: &str) {
    fs::write(manifest, text).unwrap();
    let folder = manifest.parent().unwrap();
    let ended = run(|console| cutover::run::pull(folder, false, console));
    assert_eq!(ended.exit, exit, "{case}: {}", ended.err);
    assert!(ended.err.contains(words), "{case}: {}", ended.err);
    assert!(!folder.join("environment.sqlite").exists(), "{case}");
}
