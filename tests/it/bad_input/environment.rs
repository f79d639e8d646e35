//! An environment, folder or file, that cannot be used: `plan` ends with 2 and leaves no trace.

use std::fs;
use std::path::Path;

use cutover::run::Exit;
use rusqlite::Connection;

use super::{again, append, check, fresh, plan, planned, replace};

#[test]
fn every_problem_of_the_folder_is_named_at_once() {
    let folder = fresh();
    let environment = folder.path().join("environment");
    replace(
        &environment.join("users.csv"),
        "00000000-0000-4000-8000-000000000013",
        "no-guid",
    );
    replace(
        &environment.join("users.csv"),
        "Okafor,E2,Contoso",
        "Okafor,E2,Nowhere",
    );
    append(
        &environment.join("user_roles.csv"),
        "ana@contoso.com,Pilot\n",
    );
    let says = [
        "nothing was loaded",
        "environment/users.csv, row 4, column id",
        "`no-guid`",
        "GUID",
        "environment/users.csv, row 3, column business_unit",
        "`Nowhere`",
        "environment/user_roles.csv, row 7, column role",
        "`Pilot`",
    ];
    check("problems", folder.path(), Exit::Usage, &says, plan);
    check("load", folder.path(), Exit::Usage, &says, load);
}

#[test]
fn a_folder_without_what_is_needed() {
    let folder = fresh();
    fs::remove_file(folder.path().join("environment/users.csv")).unwrap();
    let says = ["users", "nothing was loaded"];
    check("no users", folder.path(), Exit::Usage, &says, plan);

    let folder = fresh();
    fs::remove_dir_all(folder.path().join("environment")).unwrap();
    let says = ["environment", "cannot be read", "[environment] from"];
    check("no folder", folder.path(), Exit::Usage, &says, plan);

    let folder = fresh();
    let manifest = folder.path().join("cutover.toml");
    replace(&manifest, "from = \"environment/\"\n", "");
    let says = ["names no folder", "from ="];
    check("no `from`", folder.path(), Exit::Usage, &says, plan);
}

#[test]
fn a_number_of_the_manifest_that_was_not_loaded() {
    let folder = fresh();
    let manifest = folder.path().join("cutover.toml");
    let number = |from: &str, to: &str| {
        replace(
            &manifest,
            &format!("[environment]{from}"),
            &format!("[environment]{to}"),
        );
    };
    number("\n", "\nnon_interactive_max = 5\n");
    assert_eq!(plan(folder.path()).exit, Exit::Done);
    number("\nnon_interactive_max = 5\n", "\nnon_interactive_max = 6\n");
    let load_it = format!("run `cutover load {}`", folder.path().display());
    let says = ["`environment.sqlite` was loaded with `5`", "is 6", &load_it];
    check("another", folder.path(), Exit::Usage, &says, plan);

    let folder = planned();
    let manifest = folder.path().join("cutover.toml");
    replace(
        &manifest,
        "[environment]\n",
        "[environment]\nnon_interactive_max = 6\n",
    );
    let load_it = format!("run `cutover load {}`", folder.path().display());
    let says = ["was loaded with no number", "is 6", &load_it];
    check("the first", folder.path(), Exit::Usage, &says, plan);
    assert_eq!(load(folder.path()).exit, Exit::Done);
    assert_eq!(plan(folder.path()).exit, Exit::Done);
}

/// What is done to an environment file, and what is said of it.
type Broken = (&'static str, fn(&Path), &'static [&'static str]);

#[test]
fn a_file_that_is_no_environment_file() {
    let base = planned();
    let cases: &[Broken] = &[
        (
            "text",
            |file| fs::write(file, "name,value\n".repeat(400)).unwrap(),
            &["not a SQLite file", "correct `[environment] file`"],
        ),
        (
            "empty",
            |file| fs::write(file, "").unwrap(),
            &["another program's file, or an empty one", "move that"],
        ),
        (
            "another program's",
            |file| {
                fs::remove_file(file).unwrap();
                let other = Connection::open(file).unwrap();
                other.execute_batch("CREATE TABLE note (text)").unwrap();
            },
            &["another program's file", "move that file away"],
        ),
        (
            "of a newer version",
            |file| {
                let newer = Connection::open(file).unwrap();
                newer.pragma_update(None, "user_version", 99).unwrap();
            },
            &["version 99", "newer cutover"],
        ),
        (
            "cut off",
            |file| {
                let bytes = fs::read(file).unwrap();
                fs::write(file, &bytes[..bytes.len() / 2]).unwrap();
            },
            &["damaged", "make the file again"],
        ),
        (
            "a folder",
            |file| {
                fs::remove_file(file).unwrap();
                fs::create_dir(file).unwrap();
            },
            &["a folder", "correct `[environment] file`"],
        ),
    ];
    for (case, damage, says) in cases {
        let folder = again(&base);
        damage(&folder.path().join("environment.sqlite"));
        let mut says = says.to_vec();
        says.push("environment.sqlite");
        check(case, folder.path(), Exit::Usage, &says, plan);
        check(
            case,
            folder.path(),
            Exit::Usage,
            &says,
            super::refused::apply,
        );
    }
}

fn load(folder: &Path) -> crate::support::Ended {
    crate::support::run(|console| cutover::run::load(folder, false, console))
}
