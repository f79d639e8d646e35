//! What `apply` refuses: a plan that is no longer true, or that nobody gave leave for. Nothing is
//! written then, no journal either.

use std::fs;
use std::path::Path;

use cutover::project::Project;
use cutover::run::{Answer, Exit, Format};
use rusqlite::Connection;

use super::{again, append, check, plan, planned, replace, request};
use crate::support::{Ended, run, run_with};

pub(super) fn apply(folder: &Path) -> Ended {
    run(|console| cutover::run::apply(&request(folder), console))
}

/// What moves after the plan was made, and what is said of it.
type Move = (&'static str, fn(&Path), &'static [&'static str]);

fn sql(folder: &Path, words: &str) {
    let file = Connection::open(folder.join("environment.sqlite")).unwrap();
    file.execute_batch(words).unwrap();
}

const STALE: &[Move] = &[
    (
        "an export changed",
        |folder| {
            replace(
                &folder.join("exports/accounts.csv"),
                "Blue Yonder,U2",
                "Blue Yonder,U1",
            );
        },
        &["exports/accounts.csv"],
    ),
    (
        "a ruling was made",
        |folder| {
            fs::write(
                folder.join("owners.csv"),
                "reference,ruling\nU2,ana@contoso.com\n",
            )
            .unwrap();
        },
        &["the rulings in owners.csv"],
    ),
    (
        "a policy changed",
        |folder| {
            append(
                &folder.join("cutover.toml"),
                "[owners]\nmissing = \"error\"\n",
            );
        },
        &["`owners.missing` of the manifest"],
    ),
    (
        "a rule was accepted",
        |folder| {
            append(
                &folder.join("cutover.toml"),
                "[accept]\nFIL006 = \"keep out\"\n",
            );
        },
        &["`[accept]` of the manifest"],
    ),
    (
        "an administrator was named",
        |folder| {
            append(
                &folder.join("cutover.toml"),
                "[accept]\nadministrators = [\"ben@contoso.com\"]\n",
            );
        },
        &["`accept.administrators` of the manifest"],
    ),
    (
        "an export was taken out",
        |folder| {
            replace(
                &folder.join("cutover.toml"),
                "[[roles]]\nfile = \"exports/roles.csv\"\n",
                "",
            );
        },
        &[
            "exports/roles.csv (is no longer among the exports)",
            "`roles.0.file` of the manifest",
        ],
    ),
    (
        "an export was named",
        |folder| {
            fs::copy(folder.join("exports/roles.csv"), folder.join("more.csv")).unwrap();
            append(
                &folder.join("cutover.toml"),
                "[[roles]]\nfile = \"more.csv\"\n",
            );
        },
        &[
            "more.csv (has joined the exports since)",
            "`roles.1.file` of the manifest",
        ],
    ),
    (
        "a user was disabled",
        |folder| {
            sql(
                folder,
                "UPDATE user SET disabled = 1 WHERE upn LIKE 'cleo@%'",
            );
        },
        &["user Cleo Lind: disabled was no, is yes"],
    ),
    (
        "a role was taken away",
        |folder| {
            sql(
                folder,
                "DELETE FROM user_role WHERE user = (SELECT id FROM user WHERE upn LIKE 'ben@%')",
            );
        },
        &["user Ben Okafor: role", "was yes, is nothing"],
    ),
    (
        "a privilege was taken away",
        |folder| {
            sql(
                folder,
                "DELETE FROM role_privilege WHERE privilege = 'prvReadIncident'",
            );
        },
        &["Field Technician", "prvReadIncident"],
    ),
    (
        "a namesake came",
        |folder| {
            sql(
                folder,
                "INSERT INTO user (id, upn, first_name, last_name, full_name, business_unit, \
                     access_mode, disabled, stub) \
                     SELECT randomblob(16), 'ben2@contoso.com', first_name, last_name, full_name, \
                     business_unit, access_mode, 0, 0 FROM user WHERE upn LIKE 'ben@%'",
            );
        },
        &["user Ben Okafor", "exists was no, is yes"],
    ),
    (
        "a setting changed",
        |folder| sql(folder, "UPDATE setting SET value = 'true'"),
        &["AllowRoleAssignmentOnDisabledUsers", "was false, is true"],
    ),
];

#[test]
fn a_stale_plan() {
    let base = planned();
    for (case, change, says) in STALE {
        let folder = again(&base);
        change(folder.path());
        let mut says = says.to_vec();
        says.extend(["stale", "nothing was written", "cutover plan"]);
        check(case, folder.path(), Exit::Refused, &says, apply);
    }
}

#[test]
fn a_plan_of_another_environment() {
    let folder = planned();
    sql(
        folder.path(),
        "INSERT INTO setting (name, value) \
         VALUES ('organisation_id', 'aaaaaaaa-0000-4000-8000-000000000001')",
    );
    let says = [
        "organisation",
        "aaaaaaaa-0000-4000-8000-000000000001",
        "plan anew",
    ];
    check("other", folder.path(), Exit::Refused, &says, apply);
}

#[test]
fn a_plan_without_leave() {
    let folder = planned();
    let path = folder.path();
    let asked = |answer: Answer| {
        move |folder: &Path| {
            run_with(Format::Text, answer, |console| {
                cutover::run::apply(&request(folder), console)
            })
        }
    };
    let says = ["answer was no", "nothing was written"];
    check("no", path, Exit::Refused, &says, asked(Answer::No));
    let says = ["no terminal", "--yes"];
    check("nobody", path, Exit::Usage, &says, asked(Answer::Nobody));
    let says = ["4 changes", "`--limit` allows 3", "nothing was written"];
    check("limit", path, Exit::Refused, &says, |folder| {
        run(|console| {
            let mut request = request(folder);
            request.limit = Some(3);
            cutover::run::apply(&request, console)
        })
    });
}

#[test]
fn a_plan_that_is_not_approved() {
    let folder = planned();
    let accounts = folder.path().join("exports/accounts.csv");
    replace(
        &accounts,
        "Blue Yonder,U2",
        "Blue Yonder,00000000-0000-4000-8000-0000000000ff",
    );
    assert_eq!(plan(folder.path()).exit, Exit::NotApproved);
    let says = ["not approved", "1 error", "cutover show"];
    check("errors", folder.path(), Exit::NotApproved, &says, apply);
}

#[test]
fn a_plan_that_was_changed_by_hand() {
    let base = planned();
    let cases: &[Move] = &[
        (
            "the document",
            |folder| {
                replace(
                    &folder.join("plan/plan.json"),
                    "\"errors\": 0",
                    "\"errors\": 1",
                );
            },
            &["plan.json", "changed after"],
        ),
        (
            "half a document",
            |folder| {
                let path = folder.join("plan/plan.json");
                let bytes = fs::read(&path).unwrap();
                fs::write(path, &bytes[..bytes.len() / 2]).unwrap();
            },
            &["plan.json", "is not a plan"],
        ),
        (
            "a file of changes",
            |folder| flip(&folder.join("plan/changes/4-account.parquet")),
            &["4-account.parquet", "changed after"],
        ),
        (
            "a file of changes is gone",
            |folder| fs::remove_file(folder.join("plan/changes/4-account.parquet")).unwrap(),
            &["4-account.parquet", "changed after"],
        ),
        (
            "the principals",
            |folder| flip(&folder.join("plan/principals.parquet")),
            &["principals.parquet", "changed after"],
        ),
    ];
    for (case, change, says) in cases {
        let folder = again(&base);
        change(folder.path());
        let mut says = says.to_vec();
        says.push("cutover plan");
        check(case, folder.path(), Exit::Refused, &says, apply);
    }
}

/// Turns one bit in the middle of a file.
fn flip(path: &Path) {
    let mut bytes = fs::read(path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(path, bytes).unwrap();
}

#[test]
fn a_project_in_which_another_command_is_at_work() {
    let folder = planned();
    let _lock = Project::open(folder.path()).unwrap().lock().unwrap();
    let says = ["another command is at work", "wait for it"];
    let undo = |folder: &Path| run(|console| cutover::run::undo(&request(folder), console));
    let load = |folder: &Path| run(|console| cutover::run::load(folder, true, console));
    check("apply", folder.path(), Exit::Refused, &says, apply);
    check("plan", folder.path(), Exit::Refused, &says, plan);
    check("undo", folder.path(), Exit::Refused, &says, undo);
    check("load", folder.path(), Exit::Refused, &says, load);
}

#[test]
fn an_environment_file_that_another_program_holds() {
    let folder = planned();
    let other = Connection::open(folder.path().join("environment.sqlite")).unwrap();
    other.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let says = ["environment.sqlite", "locked by another program", "close"];
    check("apply", folder.path(), Exit::Refused, &says, apply);
}

#[test]
fn an_environment_file_that_another_program_holds_while_planning() {
    let folder = planned();
    let other = Connection::open(folder.path().join("environment.sqlite")).unwrap();
    other.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let says = ["environment.sqlite", "locked by another program", "close"];
    check("plan", folder.path(), Exit::Refused, &says, plan);
}

#[test]
fn a_plan_that_was_undone() {
    let folder = planned();
    let undo = |folder: &Path| run(|console| cutover::run::undo(&request(folder), console));
    let ended = apply(folder.path());
    assert_eq!(ended.exit, Exit::Done, "{}{}", ended.out, ended.err);
    assert_eq!(undo(folder.path()).exit, Exit::Done);
    for answer in [Answer::Yes, Answer::Nobody] {
        let says = ["undone", "plan anew"];
        check("apply", folder.path(), Exit::Refused, &says, |folder| {
            run_with(Format::Text, answer, |console| {
                cutover::run::apply(&request(folder), console)
            })
        });
    }
    let says = ["undone already", "nothing to take back"];
    check("undo", folder.path(), Exit::Done, &says, undo);
}
