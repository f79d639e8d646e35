//! What another program does between a plan and its apply, or while apply waits for the answer.
//!
//! In: a plan, and one thing that moved since. Out: the whole plan refused as stale, what moved named,
//! and nothing written; or, where only records moved, each of them looked at by itself.

use std::fs;
use std::path::{Path, PathBuf};

use cutover::run::Exit;

use super::{again, command, ends, fresh, named, planned, replace_folder, run_asked, says, sql};
use crate::support::{copy, differences, image, tables};

const APPLIED: [&str; 2] = ["stale", "nothing was written"];

/// Ends so and says so; nothing of the folder is written, no journal either.
#[track_caller]
fn refused(case: &str, folder: &Path, words: &[&str]) {
    let before = image(folder);
    says(case, &command("apply", folder), Exit::Refused, words);
    let written = differences(&before, &image(folder));
    assert!(written.is_empty(), "{case}: wrote {written:?}");
    assert!(!folder.join("plan/journal.sqlite").exists(), "{case}");
}

/// What moved, and what is said of it.
type Move = (&'static str, &'static str, &'static [&'static str]);

const CLEO: &str = "(SELECT id FROM user WHERE upn = 'cleo@contoso.com')";

const STALE: &[Move] = &[
    (
        "a user was disabled",
        "UPDATE user SET disabled = 1 WHERE upn = 'cleo@contoso.com'",
        &["user Cleo Lind: disabled was no, is yes"],
    ),
    (
        "a role was removed",
        "DELETE FROM user_role WHERE user = (SELECT id FROM user WHERE upn = 'ben@contoso.com')",
        &["user Ben Okafor: role", "was yes, is nothing"],
    ),
    (
        "the role that is to be given was given",
        "INSERT INTO user_role (user, role) SELECT user.id, role.id FROM user, role
         JOIN business_unit ON business_unit.id = role.business_unit
         WHERE upn = 'ben@contoso.com' AND role.name = 'Sales Manager' AND parent IS NULL",
        &["user Ben Okafor: role", "was nothing, is yes"],
    ),
    (
        "a user was deleted",
        "DELETE FROM user_role WHERE user = (SELECT id FROM user WHERE upn = 'cleo@contoso.com');
         DELETE FROM user WHERE upn = 'cleo@contoso.com'",
        &["user Cleo Lind: exists was yes, is no"],
    ),
    (
        "a team became an access team",
        "UPDATE team SET kind = 1 WHERE name = 'Key Accounts'",
        &["team Key Accounts: type was owner, is access"],
    ),
    (
        "a member left a team",
        "DELETE FROM team_member",
        &["team Key Accounts: member", "was yes, is nothing"],
    ),
    (
        "a setting was switched",
        "UPDATE setting SET value = 'true' WHERE name = 'AllowRoleAssignmentOnDisabledUsers'",
        &["setting AllowRoleAssignmentOnDisabledUsers: value was false, is true"],
    ),
    (
        "a setting was made",
        "INSERT INTO setting (name, value) VALUES ('EnableOwnershipAcrossBusinessUnits', 'true')",
        &["setting EnableOwnershipAcrossBusinessUnits", "is true"],
    ),
    (
        "a user moved to another unit",
        "UPDATE user SET business_unit = (SELECT id FROM business_unit WHERE name = 'South')
         WHERE upn = 'cleo@contoso.com'",
        &["user Cleo Lind: business unit was North, is South"],
    ),
    (
        "the default role was renamed",
        "UPDATE role SET name = 'Seller' WHERE name = 'Salesperson'",
        &["role S", "name was Salesperson, is Seller"],
    ),
    (
        "a table can be owned by the organisation only",
        "UPDATE entity SET ownership = 8 WHERE name = 'account'",
        &["table account: ownership was user, is organisation"],
    ),
    // No row names her, but by her new mail she may be meant by one that was resolved otherwise.
    (
        "somebody whom no row names got another mail",
        "UPDATE user SET mail = 'ben@old.example' WHERE upn = 'dora@contoso.com'",
        &["user Dora Meier: mail was dora@contoso.com, is ben@old.example"],
    ),
];

#[test]
fn what_planning_used_has_moved() {
    let base = planned();
    for (case, words, moved) in STALE {
        let folder = again(&base);
        sql(folder.path(), words);
        let mut said = moved.to_vec();
        said.extend(APPLIED);
        refused(case, folder.path(), &said);
    }
}

#[test]
fn what_planning_did_not_use_has_moved() {
    let base = planned();
    let calm = again(&base);
    ends(&command("apply", calm.path()), Exit::Done);
    for (case, words) in [
        ("a licence", "UPDATE user SET licensed = 1"),
        (
            "somebody else's record",
            "UPDATE record SET owner = (SELECT id FROM user WHERE upn = 'dora@contoso.com')
             WHERE hex(id) LIKE '%0104'",
        ),
        (
            "a key",
            "INSERT INTO record_key SELECT entity, 'new_id', 'K1', id FROM record LIMIT 1",
        ),
    ] {
        let folder = again(&base);
        sql(folder.path(), words);
        let before = tables(folder.path());
        ends(&command("apply", folder.path()), Exit::Done);
        ends(&command("verify", folder.path()), Exit::Done);
        ends(&command("undo", folder.path()), Exit::Done);
        assert_eq!(tables(folder.path()), before, "{case}");
    }
}

/// What moved about record 101, which Ana owns and Ben shall own; how apply ends, and in which column
/// of the report the record stands.
type Record = (&'static str, String, Exit, [u64; 4]);

#[test]
fn only_records_have_moved() {
    let base = planned();
    let calm = again(&base);
    ends(&command("apply", calm.path()), Exit::Done);
    let expected = tables(calm.path());
    let owner = |upn: &str| {
        format!(
            "UPDATE record SET owner = (SELECT id FROM user WHERE upn = '{upn}@contoso.com')
             WHERE hex(id) LIKE '%0101'"
        )
    };
    let deleted = "DELETE FROM record WHERE hex(id) LIKE '%0101'".to_owned();
    let cases: [Record; 3] = [
        ("another owner", owner("dora"), Exit::Partly, [2, 0, 1, 0]),
        ("deleted", deleted, Exit::Partly, [2, 0, 1, 0]),
        ("the planned owner", owner("ben"), Exit::Done, [2, 1, 0, 0]),
    ];
    for (case, words, exit, counts) in cases {
        let folder = again(&base);
        sql(folder.path(), &words);
        let disturbed = tables(folder.path());
        let applied = command("apply", folder.path());
        let said: &[&str] = match exit {
            Exit::Done => &["As planned."],
            _ => &["00000000-0000-4000-8000-000000000101", "drifted"],
        };
        says(case, &applied, exit, said);
        let report = crate::support::run_with(
            cutover::run::Format::Json,
            cutover::run::Answer::Yes,
            |console| named("apply")(folder.path(), console),
        );
        let report: serde_json::Value = serde_json::from_str(&report.out).unwrap();
        let rows = report["counts"].as_array().unwrap();
        let row = rows
            .iter()
            .find(|row| row["kind"] == "assign record")
            .unwrap();
        let found =
            ["done", "no_change", "drifted", "failed"].map(|name| row[name].as_u64().unwrap());
        assert_eq!(
            (found, row["planned"].as_u64()),
            (counts, Some(3)),
            "{case}"
        );
        // The others are as planned, and this one is as somebody left it.
        let after = tables(folder.path());
        let foreign = |row: &&String| !expected["record"].contains(row);
        let mut left: Vec<&String> = after["record"].iter().filter(foreign).collect();
        left.retain(|row| !disturbed["record"].contains(row));
        assert!(left.is_empty(), "{case}: {left:?}");
        assert_eq!(after["user_role"], expected["user_role"], "{case}");
        let same = after["record"]
            .iter()
            .filter(|row| expected["record"].contains(row));
        let drifted = usize::from(exit == Exit::Partly);
        assert_eq!(same.count(), expected["record"].len() - drifted, "{case}");
    }
}

#[test]
fn the_plan_folder_is_replaced_while_apply_waits_for_the_answer() {
    let folder = planned();
    let path = folder.path();
    // Other changes; the same changes under another seal; half a plan; none.
    let other_rows = again(&folder);
    let accounts = other_rows.path().join("exports/accounts.csv");
    let text = fs::read_to_string(&accounts).unwrap();
    fs::write(&accounts, text.replace("Blue Yonder,U2", "Blue Yonder,U1")).unwrap();
    ends(&command("plan", other_rows.path()), Exit::Done);
    let same_changes = again(&folder);
    let manifest = same_changes.path().join("cutover.toml");
    let text = fs::read_to_string(&manifest).unwrap();
    fs::write(manifest, text + "[owners]\nblank = \"leave\"\n").unwrap();
    ends(&command("plan", same_changes.path()), Exit::Done);
    let half = again(&folder);
    fs::remove_file(half.path().join("plan/changes/4-account.parquet")).unwrap();
    let cases: [(&str, PathBuf, &str); 3] = [
        ("other changes", other_rows.path().join("plan"), "plan.json"),
        (
            "the same changes",
            same_changes.path().join("plan"),
            "plan.json",
        ),
        ("half a plan", half.path().join("plan"), "4-account.parquet"),
    ];
    let before = tables(path);
    for (case, with, named_file) in cases {
        let folder = again(&folder);
        let plan = folder.path().join("plan");
        let ended = run_asked(named("apply"), folder.path(), || {
            replace_folder(&plan, &with);
        });
        let words = [
            named_file,
            "was changed after the plan was sealed",
            "cutover plan",
        ];
        says(case, &ended, Exit::Refused, &words);
        assert_eq!(tables(folder.path()), before, "{case}");
        let written = differences(&image(&with), &image(&plan));
        assert!(written.is_empty(), "{case}: wrote {written:?}");
    }
    let plan = path.join("plan");
    let ended = run_asked(named("apply"), path, || fs::remove_dir_all(&plan).unwrap());
    says(
        "no plan",
        &ended,
        Exit::Usage,
        &["holds no plan", "cutover plan"],
    );
    assert_eq!(tables(path), before);
    assert!(!plan.exists());
}

#[test]
fn the_environment_file_is_replaced_before_the_answer_or_the_apply() {
    let base = planned();
    let other = fresh("tests/cases/base");
    let users = other.path().join("environment/users.csv");
    let text = fs::read_to_string(&users).unwrap();
    fs::write(
        &users,
        text.replace(
            "Cleo,Lind,E3,North,read-write,no",
            "Cleo,Lind,E3,North,read-write,yes",
        ),
    )
    .unwrap();
    ends(&command("load", other.path()), Exit::Done);
    let moved = [
        "user Cleo Lind: disabled was no, is yes",
        "stale",
        "nothing was written",
    ];

    // Loaded anew from a folder that says otherwise.
    let folder = again(&base);
    copy(
        &other.path().join("environment"),
        &folder.path().join("environment"),
    );
    ends(&command("load", folder.path()), Exit::Done);
    refused("loaded", folder.path(), &moved);
    // Loaded anew from the same folder it is the same environment, and the plan holds.
    let folder = again(&base);
    ends(&command("load", folder.path()), Exit::Done);
    ends(&command("apply", folder.path()), Exit::Done);
    ends(&command("verify", folder.path()), Exit::Done);

    // Another file is put in its place while the question stands.
    let folder = again(&base);
    let file = folder.path().join("environment.sqlite");
    let before = image(&folder.path().join("plan"));
    let ended = run_asked(named("apply"), folder.path(), || {
        let aside = folder.path().join("aside");
        fs::copy(other.path().join("environment.sqlite"), &aside).unwrap();
        fs::rename(aside, &file).unwrap();
    });
    says("replaced", &ended, Exit::Refused, &moved);
    assert_eq!(
        tables(folder.path()),
        tables(other.path()),
        "nothing is written"
    );
    assert_eq!(
        differences(&before, &image(&folder.path().join("plan"))),
        Vec::<PathBuf>::new()
    );
}

#[test]
fn somebody_writes_while_apply_waits_for_the_answer() {
    let folder = planned();
    let path = folder.path();
    let disable = format!("UPDATE user SET disabled = 1 WHERE id = {CLEO}");
    let ended = run_asked(named("apply"), path, || sql(path, &disable));
    let words = [
        "user Cleo Lind: disabled was no, is yes",
        "nothing was written",
    ];
    says("apply", &ended, Exit::Refused, &words);
    assert!(!path.join("plan/journal.sqlite").exists());
    sql(
        path,
        &format!("UPDATE user SET disabled = 0 WHERE id = {CLEO}"),
    );
    ends(&command("apply", path), Exit::Done);
}
