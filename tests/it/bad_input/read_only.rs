//! A project folder that cannot be written to: the message names it and the cure, and what only
//! reads goes on working.
//!
//! Permissions do not bind the superuser, so where the tests run as one, the program runs as nobody.

#![cfg(unix)]

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

use super::{fresh, planned};

#[test]
fn planning_in_it_is_refused() {
    for folder in [fresh(), planned()] {
        let Some(output) = as_somebody_else(&folder, &["plan"]) else {
            return;
        };
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains("cannot be written"), "{said}");
        assert!(
            said.contains("make the project's folder writable"),
            "{said}"
        );
        assert!(said.contains("/project`"), "{said}");
    }
}

#[test]
fn showing_a_plan_in_it_works() {
    let folder = planned();
    let Some(output) = as_somebody_else(&folder, &["show"]) else {
        return;
    };
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(!output.stdout.is_empty(), "{said}");
}

#[test]
fn verifying_in_it_works() {
    let folder = planned();
    let Some(output) = as_somebody_else(&folder, &["verify"]) else {
        return;
    };
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(3), "nothing is applied: {said}");
}

/// Runs the program on a copy of the project that it may read and not write; `None` where the
/// superuser has no way to become somebody else.
fn as_somebody_else(project: &TempDir, words: &[&str]) -> Option<Output> {
    let room = tempfile::tempdir().expect("a folder");
    fs::set_permissions(room.path(), Permissions::from_mode(0o755)).expect("readable");
    let folder = room.path().join("project");
    crate::support::copy(project.path(), &folder);
    let superuser = fs::metadata(&folder).expect("the folder").uid() == 0;
    if superuser && Command::new("setpriv").arg("--version").output().is_err() {
        return None;
    }
    let program = room.path().join("cutover");
    fs::copy(env!("CARGO_BIN_EXE_cutover"), &program).expect("the program");
    open_to_all(&folder);
    let mut command = if superuser {
        let mut command = Command::new("setpriv");
        command
            .args(["--reuid=65534", "--regid=65534", "--clear-groups"])
            .arg(&program);
        command
    } else {
        Command::new(&program)
    };
    let output = command.args(words).arg(&folder).output().expect("it runs");
    close_to_none(&folder);
    Some(output)
}

/// Everybody may read, nobody may write.
fn open_to_all(folder: &Path) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            open_to_all(&path);
        } else {
            fs::set_permissions(&path, Permissions::from_mode(0o444)).expect("readable");
        }
    }
    fs::set_permissions(folder, Permissions::from_mode(0o555)).expect("readable");
}

/// The owner may remove it again.
fn close_to_none(folder: &Path) {
    fs::set_permissions(folder, Permissions::from_mode(0o755)).expect("writable");
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            close_to_none(&path);
        }
    }
}
