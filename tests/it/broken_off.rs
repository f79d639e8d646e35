//! The clean sample, applied to its environment file with the line dropping at every batch, and taken
//! back the same way. In: each point at which a batch can break. Out: an environment file that
//! differs, row by row, from the one of an undisturbed run, or from the one it began with.

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::mpsc::{Sender, channel};

use cutover::apply::{Applied, ApplyError, JOURNAL, Options, apply, undo, verify, way_back};
use cutover::check::{ApprovedPlan, approve};
use cutover::model::{Change, Fact, Identity, Outcome, Present, Seq, Silent, StopSignal, Subject};
use cutover::plan::SealedPlan;
use cutover::target::{Embedded, Feed, Scope, Target, TargetError, feed};
use rusqlite::Connection;
use rusqlite::types::Value;
use tempfile::TempDir;

use crate::support::{copy, repository, run};

/// What apply can touch.
const TABLES: [&str; 4] = ["user", "user_role", "team_role", "record"];

/// Small, so that the sample has many batches.
const BATCH: usize = 9;

/// A sample that was planned, in a folder of its own.
struct Sample {
    folder: TempDir,
}

impl Sample {
    fn planned() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        copy(&repository("samples/clean"), folder.path());
        let ended = run(|console| cutover::run::plan(folder.path(), false, console));
        assert_eq!(ended.exit.code(), 0, "{}{}", ended.out, ended.err);
        Self { folder }
    }

    fn again(&self) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        copy(self.folder.path(), folder.path());
        Self { folder }
    }

    fn environment(&self) -> PathBuf {
        self.folder.path().join("environment.sqlite")
    }

    fn plan(&self) -> SealedPlan {
        SealedPlan::open(&self.folder.path().join("plan")).expect("a plan")
    }

    fn journal(&self) -> PathBuf {
        self.folder.path().join("plan").join(JOURNAL)
    }

    fn approved(&self) -> ApprovedPlan {
        match approve(self.plan()) {
            Ok(approved) => approved,
            Err(reason) => panic!("the clean sample is approved: {reason}"),
        }
    }

    fn apply(&self, target: &dyn Target) -> Result<Applied, ApplyError> {
        let (journal, stop) = (self.journal(), StopSignal::default());
        apply(&self.approved(), target, &options(&journal, &stop))
    }

    fn undo(&self, target: &dyn Target) -> Result<Applied, ApplyError> {
        let (journal, stop) = (self.journal(), StopSignal::default());
        let back = way_back(&self.plan(), &journal)?;
        undo(&self.plan(), target, &back, &options(&journal, &stop))
    }

    fn rows(&self) -> Vec<Vec<Vec<Value>>> {
        let file = Connection::open(self.environment()).expect("the environment file");
        TABLES.map(|table| rows(&file, table)).to_vec()
    }
}

fn options<'a>(journal: &'a Path, stop: &'a StopSignal) -> Options<'a> {
    Options {
        journal,
        stop,
        progress: &Silent,
        batch: BATCH,
        now: &jiff::Timestamp::now,
        current: "",
    }
}

fn rows(file: &Connection, table: &str) -> Vec<Vec<Value>> {
    let mut statement = file
        .prepare(&format!("SELECT * FROM \"{table}\""))
        .expect("a table");
    let columns = statement.column_count();
    let mut rows: Vec<Vec<Value>> = statement
        .query_map([], |row| {
            (0..columns).map(|column| row.get(column)).collect()
        })
        .expect("a query")
        .collect::<Result<_, _>>()
        .expect("rows");
    rows.sort_by_key(|row| format!("{row:?}"));
    rows
}

/// An environment file on a line that drops, each time one batch later, with some of that batch
/// written and the answer lost.
struct Dropping {
    target: Embedded,
    batches: Mutex<usize>,
    written: usize,
}

impl Dropping {
    fn new(sample: &Sample, batches: usize, written: usize) -> Self {
        Self {
            target: Embedded::open(&sample.environment()).expect("the environment file"),
            batches: Mutex::new(batches),
            written,
        }
    }

    fn drops(&self) -> bool {
        let mut left = self.batches.lock().expect("no test panics here");
        let drops = *left == 0;
        *left = left.saturating_sub(1);
        drops
    }

    fn pass_on(&self, batch: Vec<Change>) -> Result<Vec<(Seq, Outcome)>, TargetError> {
        let ((sender, inside), (report, done)) = (feed(1), channel());
        sender.send(batch).expect("room for one batch");
        drop(sender);
        self.target.write(&inside, &report)?;
        drop(report);
        Ok(done.iter().collect())
    }
}

impl Target for Dropping {
    fn identity(&self) -> Result<Identity, TargetError> {
        self.target.identity()
    }

    fn facts(&self, scope: &Scope, sink: &mut dyn FnMut(Fact)) -> Result<(), TargetError> {
        self.target.facts(scope, sink)
    }

    fn present(&self, subjects: &[Subject]) -> Result<Vec<Present>, TargetError> {
        self.target.present(subjects)
    }

    fn write(
        &self,
        stage: &Feed<Change>,
        done: &Sender<(Seq, Outcome)>,
    ) -> Result<(), TargetError> {
        while let Some(mut batch) = stage.next() {
            let drops = self.drops();
            if drops {
                batch.truncate(self.written);
            }
            let outcomes = self.pass_on(batch)?;
            if drops {
                return Err(TargetError::Unreachable {
                    host: "environment.sqlite".to_owned(),
                    why: "the test dropped the line".to_owned(),
                });
            }
            for outcome in outcomes {
                done.send(outcome).map_err(|_| TargetError::Unheard)?;
            }
        }
        Ok(())
    }
}

/// Breaks off at the first batch, run after run a little later in it, until a run goes through.
fn through(sample: &Sample, once: impl Fn(&dyn Target) -> Result<Applied, ApplyError>) -> Applied {
    for attempt in 0..200 {
        let target = Dropping::new(sample, attempt % 3, attempt % (BATCH + 1));
        match once(&target) {
            Ok(applied) => return applied,
            Err(ApplyError::Target(TargetError::Unreachable { .. })) => {}
            Err(other) => panic!("broke off otherwise: {other}"),
        }
    }
    panic!("no run went through");
}

#[test]
fn it_ends_where_an_undisturbed_run_ends_and_goes_back_to_where_it_began() {
    let calm = Sample::planned();
    let broken = calm.again();
    let before = calm.rows();
    let undisturbed = Embedded::open(&calm.environment()).expect("the environment file");
    let expected = calm.apply(&undisturbed).expect("a run in peace");
    assert!(expected.is_complete(), "{expected:?}");
    let after = calm.rows();
    assert_ne!(after, before);

    let applied = through(&broken, |target| broken.apply(target));
    assert_eq!(applied.counts, expected.counts);
    assert_eq!(broken.rows(), after);
    let verified = verify(&broken.plan(), &undisturbed, &broken.journal(), &Silent).unwrap();
    assert!(verified.is_as_planned(), "{verified:?}");

    let undone = through(&broken, |target| broken.undo(target));
    assert!(undone.is_complete(), "{undone:?}");
    assert_eq!(broken.rows(), before);
    let refused = broken.apply(&undisturbed);
    assert!(matches!(refused, Err(ApplyError::Undone)));
}

#[test]
fn what_moved_makes_it_stale() {
    let sample = Sample::planned();
    let file = Connection::open(sample.environment()).expect("the environment file");
    let moved = file.execute(
        "UPDATE user SET disabled = 1 - disabled WHERE id = (SELECT max(id) FROM user)",
        [],
    );
    assert_eq!(moved, Ok(1));
    let before = sample.rows();
    let target = Embedded::open(&sample.environment()).expect("the environment file");
    let refused = sample.apply(&target);
    let Err(ApplyError::Stale(moved)) = refused else {
        panic!("stale: {refused:?}");
    };
    assert_eq!(moved.len(), 1, "{moved:?}");
    assert_eq!(moved[0].field, "disabled");
    assert!(!sample.journal().exists());
    assert_eq!(sample.rows(), before);
}
