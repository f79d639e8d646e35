//! Two commands at once: in one project, and in two projects that name one environment file.
//!
//! In: a command that has begun, and another one beside it. Out: the second is refused at once where
//! both write, and does its work where it reads; the first ends as if it had been alone.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use cutover::project::ENVIRONMENT_LOCK;
use cutover::run::{Answer, Exit, Format};
use tempfile::TempDir;

use super::{again, command, ends, fresh, named, planned, run_asked, run_beside, says};
use crate::support::{differences, image, run_with, tables};

const WRITERS: [&str; 4] = ["load", "plan", "apply", "undo"];

/// A step of each command at which it is in the middle of its work.
fn step_of(name: &str) -> &'static str {
    match name {
        "load" => "records-account",
        "plan" => "accounts.csv",
        _ => "records of account",
    }
}

/// The base project, so that `name` has something to do.
fn ready_for(name: &str) -> TempDir {
    let folder = planned();
    if name == "undo" {
        ends(&command("apply", folder.path()), Exit::Done);
    }
    folder
}

/// The second is refused within a moment, whatever the first does, and leaves every file alone.
#[test]
fn the_second_of_two_commands_in_one_project_is_refused() {
    for first in WRITERS {
        let base = ready_for(first);
        let alone = again(&base);
        let expected = command(first, alone.path()).exit;
        for second in WRITERS {
            let folder = again(&base);
            let path = folder.path();
            let ended = run_beside(named(first), path, step_of(first), || {
                let (before, begun) = (image(path), Instant::now());
                let refused = command(second, path);
                let case = format!("{second} beside {first}");
                let words = ["another command is at work", "wait for it to end"];
                says(&case, &refused, Exit::Refused, &words);
                assert!(
                    begun.elapsed() < Duration::from_secs(5),
                    "{case}: not at once"
                );
                let written = differences(&before, &image(path));
                assert!(written.is_empty(), "{case}: wrote {written:?}");
            });
            assert_eq!(ended.exit, expected, "{first}: {}{}", ended.out, ended.err);
            assert_eq!(
                tables(path),
                tables(alone.path()),
                "{second} beside {first}"
            );
        }
    }
}

#[test]
fn show_and_verify_beside_a_running_apply_tell_the_truth() {
    let folder = fresh("samples/clean");
    let path = folder.path();
    ends(&command("plan", path), Exit::Done);
    let ended = run_beside(named("apply"), path, "records of account", || {
        let shown = command("show", path);
        says("show", &shown, Exit::Done, &["Approved: 97 changes."]);
        let verified = command("verify", path);
        let words = ["is applied in part"];
        says("verify", &verified, Exit::Partly, &words);
        let json = run_with(Format::Json, Answer::Nobody, |console| {
            cutover::run::verify(path, console)
        });
        let json: serde_json::Value = serde_json::from_str(&json.out).unwrap();
        assert_eq!(json["state"], "applied in part");
        let kind = |kind: &str| {
            let rows = json["counts"].as_array().unwrap().iter();
            let row = rows.clone().find(|row| row["kind"] == kind).unwrap();
            (
                row["planned"].as_u64(),
                row["as_planned"].as_u64(),
                row["not_applied"].as_u64(),
            )
        };
        assert_eq!(kind("create stub user"), (Some(3), Some(3), Some(0)));
        assert_eq!(kind("change user"), (Some(5), Some(5), Some(0)));
        assert_eq!(kind("give role"), (Some(5), Some(5), Some(0)));
        assert_eq!(kind("assign record"), (Some(82), Some(0), Some(82)));
        assert_eq!(kind("remove role"), (Some(2), Some(0), Some(2)));
    });
    ends(&ended, Exit::Done);
    ends(&command("verify", path), Exit::Done);
}

/// Two projects on one environment file: the one has it, the other names it.
struct Two {
    room: TempDir,
}

impl Two {
    /// Two copies of the base project; `name_it` makes the second name the file of the first.
    fn of(name_it: fn(&Path)) -> Self {
        let room = tempfile::tempdir().unwrap();
        for project in ["one", "two"] {
            let base = fresh("tests/cases/base");
            crate::support::copy(base.path(), &room.path().join(project));
        }
        name_it(room.path());
        Self { room }
    }

    fn one(&self) -> std::path::PathBuf {
        self.room.path().join("one")
    }

    fn two(&self) -> std::path::PathBuf {
        self.room.path().join("two")
    }
}

type Spelling = (&'static str, fn(&Path));

const SPELLINGS: &[Spelling] = &[
    ("by a path", |room| {
        let manifest = room.join("two/cutover.toml");
        let text = fs::read_to_string(&manifest).unwrap();
        let section = "[environment]\n";
        let named = format!("{section}file = \"../two/../one/environment.sqlite\"\n");
        fs::write(manifest, text.replace(section, &named)).unwrap();
    }),
    #[cfg(unix)]
    ("by a link", |room| {
        let link = room.join("two/environment.sqlite");
        std::os::unix::fs::symlink("../one/environment.sqlite", link).unwrap();
    }),
    #[cfg(unix)]
    ("by a link to a link in a linked folder", |room| {
        std::os::unix::fs::symlink("one", room.join("folder")).unwrap();
        let link = room.join("two/environment.sqlite");
        std::os::unix::fs::symlink("hop", link).unwrap();
        let hop = room.join("two/hop");
        std::os::unix::fs::symlink("../folder/environment.sqlite", hop).unwrap();
    }),
];

const HELD: [&str; 4] = [
    "environment.sqlite`",
    "another command is writing to this environment file",
    "this project or another",
    "wait for it to end",
];

#[test]
fn two_projects_do_not_write_to_one_environment_file_at_once() {
    for (case, name_it) in SPELLINGS {
        let two = Two::of(*name_it);
        let (one, other) = (two.one(), two.two());
        ends(&command("plan", &one), Exit::Done);
        ends(&command("plan", &other), Exit::Done);
        let lock = one.join(format!("environment.sqlite{ENVIRONMENT_LOCK}"));
        assert!(lock.is_file(), "{case}: beside the file itself");
        let ended = run_beside(named("apply"), &one, "records of account", || {
            let before = (image(&one), image(&other));
            for writer in ["load", "apply"] {
                let case = format!("{case}: {writer}");
                says(&case, &command(writer, &other), Exit::Refused, &HELD);
            }
            let after = (image(&one), image(&other));
            assert!(before == after, "{case}: nothing is written");
            // Who reads is not kept from it.
            ends(&command("plan", &other), Exit::Done);
            ends(&command("verify", &other), Exit::Partly);
        });
        ends(&ended, Exit::Done);
        // It planned in the middle of the apply, and what was still to come then is there by now.
        ends(&command("apply", &other), Exit::Done);
        ends(&command("verify", &other), Exit::Done);
        ends(&command("undo", &one), Exit::Done);
    }
}

#[test]
fn an_undo_holds_the_environment_file_as_well() {
    let two = Two::of(SPELLINGS[0].1);
    let (one, other) = (two.one(), two.two());
    ends(&command("plan", &one), Exit::Done);
    ends(&command("plan", &other), Exit::Done);
    let before = tables(&one);
    ends(&command("apply", &one), Exit::Done);
    let ended = run_beside(named("undo"), &one, "records of account", || {
        says("load", &command("load", &other), Exit::Refused, &HELD);
        says("apply", &command("apply", &other), Exit::Refused, &HELD);
    });
    ends(&ended, Exit::Done);
    assert_eq!(tables(&one), before);
    // While somebody thinks about the question, the file is held as well.
    let ended = run_asked(named("apply"), &other, || {
        says("load", &command("load", &one), Exit::Refused, &HELD);
    });
    ends(&ended, Exit::Done);
}

#[test]
fn a_file_is_loaded_by_one_project_at_a_time() {
    for (case, name_it) in SPELLINGS {
        let two = Two::of(*name_it);
        let (one, other) = (two.one(), two.two());
        // There is no file yet: the plan of each would load it.
        let ended = run_beside(named("plan"), &one, "records-account", || {
            says(case, &command("plan", &other), Exit::Refused, &HELD);
            assert!(!other.join("plan").exists(), "{case}: no plan");
        });
        ends(&ended, Exit::Done);
        ends(&command("plan", &other), Exit::Done);
        let seal = |folder: &Path| crate::support::document(folder).environment.organisation;
        assert_eq!(seal(&one), seal(&other), "{case}");
    }
}

#[cfg(unix)]
#[test]
fn a_load_through_a_link_fills_the_file_and_leaves_the_link() {
    let two = Two::of(SPELLINGS[1].1);
    let (one, other) = (two.one(), two.two());
    let link = other.join("environment.sqlite");
    for _ in ["made", "replaced"] {
        ends(&command("load", &other), Exit::Done);
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert!(
            fs::symlink_metadata(one.join("environment.sqlite"))
                .unwrap()
                .is_file()
        );
    }
}
