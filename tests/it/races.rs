//! Races: two commands at once, and other programs that write while a plan is made, signed off,
//! applied or taken back.
//!
//! In: a project, and what another program does at one exact moment. Out: exit codes, words, and the
//! state of every file or row: nothing is overwritten, nothing is written twice, and what was left
//! undone is done once the way is free.

mod between;
mod commands;
mod during;
mod moment;
mod sample;
mod way_back;

use std::fs;
use std::path::Path;
use std::sync::Mutex;

use cutover::model::{Progress, Silent, Step, StopSignal, Unit};
use cutover::run::{Answer, ApplyRequest, Consent, Console, Exit, Failure, Format, What};
use rusqlite::Connection;
use tempfile::TempDir;

use crate::support::{Ended, copy, repository, run, run_with};

/// A project of the repository in a folder of its own, not planned yet.
fn fresh(project: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    copy(&repository(project), folder.path());
    folder
}

/// The base project with a plan.
fn planned() -> TempDir {
    let folder = fresh("tests/cases/base");
    ends(&command("plan", folder.path()), Exit::Done);
    folder
}

fn again(folder: &TempDir) -> TempDir {
    let again = tempfile::tempdir().unwrap();
    copy(folder.path(), again.path());
    again
}

type Command = fn(&Path, &mut Console<'_>) -> Result<Exit, Failure>;

/// A command by its name; leave is asked for where the command asks.
fn named(name: &str) -> Command {
    match name {
        "load" => |folder, console| cutover::run::load(folder, true, console),
        "plan" => |folder, console| cutover::run::plan(folder, false, console),
        "apply" => |folder, console| cutover::run::apply(&request(folder), console),
        "undo" => |folder, console| cutover::run::undo(&request(folder), console),
        "verify" => cutover::run::verify,
        "show" => |folder, console| cutover::run::show(folder, &What::Plan, console),
        other => panic!("no such command: {other}"),
    }
}

fn command(name: &str, folder: &Path) -> Ended {
    run(|console| named(name)(folder, console))
}

fn request(folder: &Path) -> ApplyRequest<'_> {
    ApplyRequest {
        folder,
        consent: Consent::Ask,
        limit: None,
    }
}

#[track_caller]
fn ends(ended: &Ended, exit: Exit) {
    assert_eq!(ended.exit, exit, "{}{}", ended.out, ended.err);
}

/// Ends so and says all of these words.
#[track_caller]
fn says(case: &str, ended: &Ended, exit: Exit, words: &[&str]) {
    let said = format!("{}{}", ended.out, ended.err);
    assert_eq!(ended.exit, exit, "{case}: {said}");
    for words in words {
        assert!(
            said.contains(words),
            "{case}: does not say `{words}`: {said}"
        );
    }
}

/// What another program writes, over a connection of its own.
fn sql(folder: &Path, words: &str) {
    let file = Connection::open(folder.join("environment.sqlite")).unwrap();
    file.execute_batch(words).unwrap();
}

/// Runs a command, and `meanwhile` once, when a step begins whose title holds `step`.
fn run_beside(first: Command, folder: &Path, step: &str, meanwhile: impl FnOnce() + Send) -> Ended {
    let beside = Beside {
        step,
        meanwhile: Mutex::new(Some(Box::new(meanwhile))),
    };
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let ended = first(
        folder,
        &mut Console {
            out: &mut out,
            err: &mut err,
            progress: &beside,
            stop: &StopSignal::default(),
            ask: &mut |_| Answer::Yes,
            format: Format::Text,
            width: 100,
            quiet: false,
            anonymise: false,
        },
    );
    assert!(
        beside.meanwhile.lock().unwrap().is_none(),
        "no step `{step}`"
    );
    let (exit, error) = match ended {
        Ok(exit) => (exit, String::new()),
        Err(failure) => (failure.exit, format!("{:#}", failure.error)),
    };
    Ended {
        exit,
        out: String::from_utf8(out).unwrap(),
        err: String::from_utf8(err).unwrap() + &error,
    }
}

/// Progress in which something else happens once.
struct Beside<'a> {
    step: &'a str,
    meanwhile: Mutex<Option<Box<dyn FnOnce() + Send + 'a>>>,
}

impl Progress for Beside<'_> {
    fn begin(&self, what: &str, _: Unit, _: Option<u64>) -> Box<dyn Step> {
        if what.contains(self.step) {
            let meanwhile = self.meanwhile.lock().unwrap().take();
            if let Some(meanwhile) = meanwhile {
                meanwhile();
            }
        }
        Box::new(Silent)
    }
}

/// Runs a command that asks, and `meanwhile` before the answer is yes.
fn run_asked(first: Command, folder: &Path, mut meanwhile: impl FnMut()) -> Ended {
    let mut asked = false;
    let ended = run_with(Format::Text, Answer::Yes, |console| {
        let mut ask = |_: &str| {
            asked = true;
            meanwhile();
            Answer::Yes
        };
        let mut console = Console {
            out: &mut *console.out,
            err: &mut *console.err,
            progress: console.progress,
            stop: console.stop,
            ask: &mut ask,
            format: console.format,
            width: console.width,
            quiet: console.quiet,
            anonymise: false,
        };
        first(folder, &mut console)
    });
    assert!(asked, "nobody was asked: {}{}", ended.out, ended.err);
    ended
}

/// Puts one folder in the place of another.
fn replace_folder(place: &Path, with: &Path) {
    fs::remove_dir_all(place).unwrap();
    copy(with, place);
}
