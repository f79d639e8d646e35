//! The whole way: plan, apply, verify, undo, and again; stopped, disturbed from outside, and resumed.
//!
//! In: a sample and random valid projects. Out: exit codes, and the environment file table by table:
//! what was planned is there after apply, nothing of it after undo, and a command that has nothing
//! to do touches no byte.

mod random;

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use cutover::model::{Change, Progress, Step, StopSignal, Unit, Write};
use cutover::plan::SealedPlan;
use cutover::run::{Answer, ApplyRequest, Consent, Console, Exit, Format};
use tempfile::TempDir;

use crate::support::{
    Ended, copy, differences, document, image, repository, run, run_until, tables,
};

fn clean() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    copy(&repository("samples/clean"), folder.path());
    folder
}

fn plan(folder: &Path) -> Ended {
    run(|console| cutover::run::plan(folder, false, console))
}

fn apply(folder: &Path) -> Ended {
    run(|console| cutover::run::apply(&request(folder), console))
}

fn verify(folder: &Path) -> Ended {
    run(|console| cutover::run::verify(folder, console))
}

fn undo(folder: &Path) -> Ended {
    run(|console| cutover::run::undo(&request(folder), console))
}

fn request(folder: &Path) -> ApplyRequest<'_> {
    ApplyRequest {
        folder,
        consent: Consent::Yes,
        limit: None,
    }
}

#[track_caller]
fn ends(ended: &Ended, exit: Exit) {
    assert_eq!(ended.exit, exit, "{}{}", ended.out, ended.err);
}

/// Ends well and leaves every file as it was.
#[track_caller]
fn touches_nothing(folder: &Path, command: fn(&Path) -> Ended) {
    let before = image(folder);
    ends(&command(folder), Exit::Done);
    let written = differences(&before, &image(folder));
    assert!(written.is_empty(), "wrote {written:?}");
}

#[test]
fn a_sample_there_and_back_and_there_again() {
    let folder = clean();
    whole_way(folder.path());
}

#[test]
fn random_projects_there_and_back_and_there_again() {
    let mut kinds = BTreeMap::new();
    for seed in 1..=4 {
        let folder = random::project(seed);
        whole_way(folder.path());
        for (kind, count) in document(folder.path()).totals.changes {
            *kinds.entry(kind).or_insert(0) += count;
        }
    }
    let all = [
        "assign_record",
        "change_user",
        "create_stub_user",
        "give_role",
        "remove_role",
    ];
    for kind in all {
        assert!(kinds.get(kind).copied() > Some(0), "no {kind}: {kinds:?}");
    }
}

fn whole_way(folder: &Path) {
    ends(&plan(folder), Exit::Done);
    obeys_its_schema(folder);
    let before = tables(folder);
    ends(&apply(folder), Exit::Done);
    let after = tables(folder);
    assert_ne!(before, after, "nothing was written");
    touches_nothing(folder, apply);
    touches_nothing(folder, verify);
    ends(&undo(folder), Exit::Done);
    assert_eq!(tables(folder), before, "undone");
    touches_nothing(folder, undo);
    ends(&verify(folder), Exit::Done);

    let old = within(&image(folder), Path::new("plan"));
    let seal = document(folder).seal;
    ends(&plan(folder), Exit::Done);
    let history = image(folder);
    let kept = within(
        &history,
        &Path::new("history").join(format!("0001-{}", &seal[..8])),
    );
    assert!(!old.is_empty());
    assert_eq!(differences(&old, &kept), Vec::<PathBuf>::new(), "history");
    ends(&apply(folder), Exit::Done);
    assert_eq!(tables(folder), after, "applied again");
    ends(&verify(folder), Exit::Done);
    ends(&undo(folder), Exit::Done);
    assert_eq!(tables(folder), before, "undone again");
    touches_nothing(folder, undo);
    let now = within(&image(folder), Path::new("history"));
    let then = within(&history, Path::new("history"));
    assert_eq!(differences(&then, &now), Vec::<PathBuf>::new(), "history");
}

fn within(image: &BTreeMap<PathBuf, Vec<u8>>, folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    image
        .iter()
        .filter_map(|(path, bytes)| Some((path.strip_prefix(folder).ok()?, bytes)))
        .filter(|(path, _)| !path.as_os_str().is_empty())
        .map(|(path, bytes)| (path.to_owned(), bytes.clone()))
        .collect()
}

fn obeys_its_schema(folder: &Path) {
    let schema = serde_json::from_str(cutover::plan::schema()).unwrap();
    let plan = fs::read_to_string(folder.join("plan/plan.json")).unwrap();
    let plan: serde_json::Value = serde_json::from_str(&plan).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let faults: Vec<String> = validator
        .iter_errors(&plan)
        .map(|fault| format!("{}: {fault}", fault.instance_path()))
        .collect();
    assert!(faults.is_empty(), "{faults:?}");
}

#[test]
fn a_new_plan_after_an_applied_one_keeps_it_in_the_history() {
    let folder = clean();
    ends(&plan(folder.path()), Exit::Done);
    let before = tables(folder.path());
    ends(&apply(folder.path()), Exit::Done);
    let old = within(&image(folder.path()), Path::new("plan"));
    let seal = document(folder.path()).seal;
    ends(&plan(folder.path()), Exit::Done);
    let totals = document(folder.path()).totals;
    assert_eq!(totals.changes.values().sum::<u64>(), 0, "all is as wanted");
    let kept = Path::new("history").join(format!("0001-{}", &seal[..8]));
    let kept = within(&image(folder.path()), &kept);
    assert_eq!(differences(&old, &kept), Vec::<PathBuf>::new());
    // Nothing is to be written, and the older plan can still be taken back.
    ends(&apply(folder.path()), Exit::Done);
    ends(&undo(folder.path()), Exit::Done);
    assert_eq!(tables(folder.path()), before);
}

#[test]
fn a_plan_is_applied_anew_to_an_environment_that_was_loaded_anew() {
    let folder = clean();
    ends(&plan(folder.path()), Exit::Done);
    let before = tables(folder.path());
    ends(&apply(folder.path()), Exit::Done);
    let after = tables(folder.path());
    let load = |replace: bool| run(|console| cutover::run::load(folder.path(), replace, console));
    ends(&load(false), Exit::Refused);
    assert_eq!(tables(folder.path()), after, "refused");
    ends(&load(true), Exit::Done);
    assert_eq!(tables(folder.path()), before);
    ends(&plan(folder.path()), Exit::Done);
    ends(&apply(folder.path()), Exit::Done);
    assert_eq!(tables(folder.path()), after);
}

/// A change of records that the plan makes, in its order.
fn assignment(folder: &Path, number: usize) -> Change {
    let plan = SealedPlan::open(&folder.join("plan")).unwrap();
    let mut found = Vec::new();
    for stage in plan.stages() {
        plan.changes(&stage, 1_000, &mut |batch| {
            found.extend(
                batch
                    .into_iter()
                    .filter(|change| matches!(change.write, Write::AssignRecord { .. })),
            );
            ControlFlow::Continue(())
        })
        .unwrap();
    }
    found.swap_remove(number)
}

/// Another program gives the record of a change to somebody of its own choice; the record's id.
fn meddle(folder: &Path, change: &Change) -> String {
    let Write::AssignRecord {
        record,
        before,
        after,
        ..
    } = &change.write
    else {
        panic!("no assignment");
    };
    let file = rusqlite::Connection::open(folder.join("environment.sqlite")).unwrap();
    let moved = file
        .execute(
            "UPDATE record SET owner_type = 8, owner = \
             (SELECT id FROM user WHERE id NOT IN (?2, ?3) ORDER BY id LIMIT 1) WHERE id = ?1",
            (
                record.0.as_bytes(),
                before.uuid().as_bytes(),
                after.uuid().as_bytes(),
            ),
        )
        .unwrap();
    assert_eq!(moved, 1);
    record.0.to_string()
}

#[test]
fn what_another_program_changed_before_is_left_alone() {
    let folder = clean();
    ends(&plan(folder.path()), Exit::Done);
    let record = meddle(folder.path(), &assignment(folder.path(), 3));
    let before = tables(folder.path());
    let changes: u64 = document(folder.path()).totals.changes.values().sum();

    let applied = apply(folder.path());
    ends(&applied, Exit::Partly);
    assert!(applied.out.contains(&record), "{}", applied.out);
    assert!(applied.out.contains("drifted"), "{}", applied.out);
    let row = |tables: &BTreeMap<String, Vec<String>>| -> usize {
        let rows = tables["record"].iter();
        rows.filter(|row| before["record"].contains(row)).count()
    };
    let assigned = document(folder.path()).totals.changes["assign_record"];
    let moved = before["record"].len() - row(&tables(folder.path()));
    assert_eq!(
        moved as u64,
        assigned - 1,
        "the rest of {changes} is applied"
    );

    let verified = verify(folder.path());
    ends(&verified, Exit::Partly);
    assert!(verified.out.contains(&record), "{}", verified.out);
    // Tried again it is still neither before nor after.
    ends(&apply(folder.path()), Exit::Partly);
    ends(&undo(folder.path()), Exit::Done);
    assert_eq!(tables(folder.path()), before);
}

#[test]
fn what_another_program_changed_since_is_not_taken_back() {
    let folder = clean();
    ends(&plan(folder.path()), Exit::Done);
    let mut before = tables(folder.path());
    ends(&apply(folder.path()), Exit::Done);
    let record = meddle(folder.path(), &assignment(folder.path(), 5));
    let verified = verify(folder.path());
    ends(&verified, Exit::Partly);
    assert!(verified.out.contains(&record), "{}", verified.out);
    // What is done is done: the journal says so, and apply writes nothing over it.
    ends(&apply(folder.path()), Exit::Done);
    let undone = undo(folder.path());
    ends(&undone, Exit::Partly);
    assert!(undone.out.contains(&record), "{}", undone.out);
    let mut after = tables(folder.path());
    let (before_rows, after_rows) = (before.remove("record"), after.remove("record"));
    assert_eq!(before, after);
    let (before_rows, after_rows) = (before_rows.unwrap(), after_rows.unwrap());
    let differ = before_rows.iter().filter(|row| !after_rows.contains(row));
    assert_eq!(differ.count(), 1, "every other record is back");
}

#[test]
fn a_wish_to_stop_before_the_first_write() {
    let folder = clean();
    ends(&plan(folder.path()), Exit::Done);
    let before = tables(folder.path());
    let stop = StopSignal::default();
    stop.ask();
    let stopped = run_until(&stop, Format::Text, Answer::Yes, |console| {
        cutover::run::apply(&request(folder.path()), console)
    });
    ends(&stopped, Exit::Interrupted);
    assert!(stopped.err.contains("cutover apply"), "{}", stopped.err);
    assert_eq!(tables(folder.path()), before);
    // Nothing was written, so a stale plan is still refused.
    let accounts = folder.path().join("exports/accounts.csv");
    let text = fs::read_to_string(&accounts).unwrap();
    fs::write(&accounts, text.clone() + "\n").unwrap();
    ends(&apply(folder.path()), Exit::Refused);
    fs::write(&accounts, text).unwrap();
    ends(&apply(folder.path()), Exit::Done);
    ends(&verify(folder.path()), Exit::Done);
}

#[test]
fn stopped_anywhere_it_ends_where_an_undisturbed_run_ends() {
    let undisturbed = clean();
    ends(&plan(undisturbed.path()), Exit::Done);
    let before = tables(undisturbed.path());
    ends(&apply(undisturbed.path()), Exit::Done);
    let after = tables(undisturbed.path());
    let mut stops = 0;
    for patience in 1.. {
        let folder = clean();
        ends(&plan(folder.path()), Exit::Done);
        let exit = apply_until(folder.path(), patience);
        if exit == Exit::Done {
            break;
        }
        assert_eq!(exit, Exit::Interrupted);
        stops += 1;
        ends(&apply(folder.path()), Exit::Done);
        assert_eq!(tables(folder.path()), after, "stopped after {patience}");
        ends(&verify(folder.path()), Exit::Done);
        // Half a way back, resumed.
        let _ = undo_until(folder.path(), patience);
        ends(&undo(folder.path()), Exit::Done);
        assert_eq!(tables(folder.path()), before, "undone after {patience}");
    }
    assert!(stops > 1, "it was stopped {stops} times only");
}

fn apply_until(folder: &Path, steps: usize) -> Exit {
    let patience = Patience::of(steps);
    let exit = Cell::new(Exit::Done);
    patience.run(|console| {
        let ended = cutover::run::apply(&request(folder), console);
        exit.set(ended.unwrap_or_else(|failure| panic!("{:#}", failure.error)));
    });
    exit.get()
}

fn undo_until(folder: &Path, steps: usize) -> Exit {
    let patience = Patience::of(steps);
    let exit = Cell::new(Exit::Done);
    patience.run(|console| {
        let ended = cutover::run::undo(&request(folder), console);
        exit.set(ended.unwrap_or_else(|failure| panic!("{:#}", failure.error)));
    });
    exit.get()
}

/// Progress that wishes to stop at its n-th step.
struct Patience {
    stop: StopSignal,
    left: std::sync::Arc<AtomicUsize>,
}

struct Taken(StopSignal, std::sync::Arc<AtomicUsize>);

impl Patience {
    fn of(steps: usize) -> Self {
        Self {
            stop: StopSignal::default(),
            left: std::sync::Arc::new(AtomicUsize::new(steps)),
        }
    }

    fn run(&self, command: impl FnOnce(&mut Console<'_>)) {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        command(&mut Console {
            out: &mut out,
            err: &mut err,
            progress: self,
            stop: &self.stop,
            ask: &mut |_| Answer::Yes,
            format: Format::Text,
            width: 100,
            quiet: false,
            anonymise: false,
        });
    }
}

impl Progress for Patience {
    fn begin(&self, _: &str, _: Unit, _: Option<u64>) -> Box<dyn Step> {
        let step = Taken(self.stop.clone(), self.left.clone());
        step.advance(0);
        Box::new(step)
    }
}

impl Step for Taken {
    fn advance(&self, _: u64) {
        if self.1.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.0.ask();
        }
    }
}
