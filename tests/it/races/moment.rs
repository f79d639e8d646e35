//! A plan is made of one moment of the environment, whatever is written while it is made.
//!
//! In: another program that writes at each step of `plan` in turn. Out: a plan of the state before or
//! of the state after, never of both; and exports that changed under the reader are no plan at all.

use std::fs;
use std::path::Path;
use std::sync::Mutex;

use cutover::model::{Progress, Silent, Step, Unit};
use cutover::run::{Answer, Console, Exit, Format};
use rusqlite::{Connection, ErrorCode};

use super::{command, ends, fresh, named, run_beside, says};
use crate::support::document;

/// One thing that is in the facts, and one in each table of records.
const MOVED: &str = "BEGIN IMMEDIATE;
    UPDATE user SET mobile_alert_mail = 'moved@example.com' WHERE upn LIKE 'luca.ferri@%';
    UPDATE record SET owner_type = 8,
        owner = (SELECT id FROM user WHERE upn LIKE 'luca.ferri@%')
        WHERE id IN (SELECT max(id) FROM record GROUP BY entity);
    COMMIT";

/// Writes when the n-th step begins; the titles of all steps.
struct AtStep<'a> {
    left: Mutex<usize>,
    titles: Mutex<Vec<String>>,
    other: &'a Mutex<Connection>,
    written: Mutex<Option<rusqlite::Result<()>>>,
}

impl Progress for AtStep<'_> {
    fn begin(&self, what: &str, _: Unit, _: Option<u64>) -> Box<dyn Step> {
        self.titles.lock().unwrap().push(what.to_owned());
        let mut left = self.left.lock().unwrap();
        if *left == 0 && self.written.lock().unwrap().is_none() {
            let other = self.other.lock().unwrap();
            let done = other.execute_batch(MOVED);
            if done.is_err() && !other.is_autocommit() {
                other.execute_batch("ROLLBACK").unwrap();
            }
            *self.written.lock().unwrap() = Some(done);
        }
        *left = left.saturating_sub(1);
        Box::new(Silent)
    }
}

/// Plans while another program writes at step `n`: which steps there were, and how its write ended.
fn plan_beside(
    folder: &Path,
    other: &Mutex<Connection>,
    n: usize,
) -> (Vec<String>, Option<rusqlite::Result<()>>) {
    let at_step = AtStep {
        left: Mutex::new(n),
        titles: Mutex::default(),
        other,
        written: Mutex::new(None),
    };
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let mut console = Console {
        out: &mut out,
        err: &mut err,
        progress: &at_step,
        stop: &cutover::model::StopSignal::default(),
        ask: &mut |_| Answer::Nobody,
        format: Format::Text,
        width: 100,
        quiet: false,
        anonymise: false,
    };
    let exit = named("plan")(folder, &mut console);
    assert!(matches!(exit, Ok(Exit::Done)), "step {n}: {exit:?}");
    let titles = at_step.titles.into_inner().unwrap();
    (titles, at_step.written.into_inner().unwrap())
}

/// The clean sample, loaded; a connection of another program to its environment file.
fn loaded(write_ahead: bool) -> (tempfile::TempDir, Mutex<Connection>) {
    let folder = fresh("samples/clean");
    ends(&command("load", folder.path()), Exit::Done);
    let other = Connection::open(folder.path().join("environment.sqlite")).unwrap();
    other.busy_timeout(std::time::Duration::ZERO).unwrap();
    let mode = if write_ahead { "WAL" } else { "DELETE" };
    other
        .pragma_update_and_check(None, "journal_mode", mode, |_| Ok(()))
        .unwrap();
    (folder, Mutex::new(other))
}

/// The seals of the plans of the state before the write and after it.
fn seals() -> [String; 2] {
    let (folder, other) = loaded(false);
    let seal = || {
        ends(&command("plan", folder.path()), Exit::Done);
        document(folder.path()).seal
    };
    let before = seal();
    other.lock().unwrap().execute_batch(MOVED).unwrap();
    [before, seal()]
}

#[test]
fn a_plan_is_of_the_moment_before_a_write_or_after_it() {
    let [before, after] = seals();
    assert_ne!(before, after, "the write matters");
    for write_ahead in [true, false] {
        let (mut met, mut waited) = ([0, 0], 0);
        for n in 0.. {
            let (folder, other) = loaded(write_ahead);
            let (titles, written) = plan_beside(folder.path(), &other, n);
            let Some(written) = written else {
                assert_eq!(titles.len(), n, "every step had its turn");
                break;
            };
            if let Err(error) = written {
                // With a rollback journal nobody writes while the file is being read.
                assert_eq!(error.sqlite_error_code(), Some(ErrorCode::DatabaseBusy));
                let title = &titles[n];
                assert!(!write_ahead && title.starts_with("owners of"), "{title}");
                waited += 1;
            }
            let seal = document(folder.path()).seal;
            let of = [&before, &after].iter().position(|known| **known == seal);
            met[of.unwrap_or_else(|| panic!("mixed at step {n}, `{}`", titles[n]))] += 1;
        }
        assert!(met[0] > 0 && met[1] > 0, "{met:?}");
        assert_eq!(waited, if write_ahead { 0 } else { 2 }, "the two tables");
    }
}

#[test]
fn an_export_that_is_saved_while_it_is_read_makes_no_plan() {
    let folder = fresh("samples/clean");
    let path = folder.path();
    ends(&command("load", path), Exit::Done);
    for file in ["exports/accounts.csv", "exports/users.csv"] {
        let export = path.join(file);
        let text = fs::read_to_string(&export).unwrap();
        let ended = run_beside(named("plan"), path, file, || {
            fs::write(&export, text.clone() + "\n").unwrap();
        });
        let words = [file, "changed while it was being read", "run again"];
        says(file, &ended, Exit::Usage, &words);
        assert!(!path.join("plan").exists());
        fs::write(&export, text).unwrap();
    }
    ends(&command("plan", path), Exit::Done);
}

#[test]
fn a_file_of_the_environment_folder_that_is_saved_while_it_is_read_is_not_loaded() {
    let folder = fresh("samples/clean");
    let path = folder.path();
    ends(&command("load", path), Exit::Done);
    let before = fs::read(path.join("environment.sqlite")).unwrap();
    let file = path.join("environment/records-account.csv");
    let text = fs::read_to_string(&file).unwrap();
    let ended = run_beside(named("load"), path, "records-account.csv", || {
        fs::write(&file, text.clone() + "\n").unwrap();
    });
    let words = ["records-account.csv", "changed while it was being read"];
    says("load", &ended, Exit::Usage, &words);
    assert!(fs::read(path.join("environment.sqlite")).unwrap() == before);
}
