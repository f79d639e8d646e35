//! Changes of existing users: the way back, halves, and several writes one after the other.
//!
//! In: the small world of the tests of this room. Out: nothing, or a failed test. One write each is
//! anchored by the cases.

use std::collections::BTreeMap;

use uuid::Uuid;

use crate::model::{
    AccessMode, Changed, Principal, ProfileField, RoleId, UnitId, UserChange, Write,
};
use crate::service::Service;
use crate::service::tests::{
    ANA, ASSIGNER, BRANCH, BRANCH_READER, EMPTY, FIELD, MISMATCH, OLD, READER, ROOT, STUB, assign,
    check, give, move_to, remove, told, world,
};

/// Ana moved to the branch as an administrator called Anna, with the branch's reader.
fn change_ana() -> UserChange {
    let name = |before: Option<&str>, after: &str| Changed {
        before: before.map(str::to_owned),
        after: Some(after.to_owned()),
    };
    UserChange {
        user: ANA,
        business_unit: Some(Changed {
            before: ROOT,
            after: BRANCH,
        }),
        access_mode: Some(Changed {
            before: AccessMode::ReadWrite,
            after: AccessMode::Administrative,
        }),
        profile: [
            (ProfileField::FirstName, name(None, "Anna")),
            (
                ProfileField::FullName,
                name(Some("ana@contoso.com"), "Anna"),
            ),
            (ProfileField::Title, name(None, "Head")),
        ]
        .into(),
        roles: Some(Changed {
            before: [READER].into(),
            after: [BRANCH_READER].into(),
        }),
    }
}

fn change(wanted: UserChange) -> Write {
    Write::ChangeUser(Box::new(wanted))
}

#[test]
fn a_changed_user_is_put_back_in_every_value() {
    let world = world();
    let before = world.dump();
    let mut service = Service::new(world.connection());
    let write = change(change_ana());
    assert_eq!(told(&service.perform(&write).unwrap()), "done");
    assert_ne!(world.dump(), before);
    assert_eq!(told(&service.perform(&write).unwrap()), "no change needed");
    let back = service.restore(&write.inverse()).unwrap();
    assert_eq!(told(&back), "done");
    assert_eq!(world.dump(), before);
}

#[test]
fn a_user_is_put_back_only_from_where_the_change_led() {
    let back = || ("restore", change(change_ana()).inverse());
    let there = || ("perform", change(change_ana()), "done");
    let (way, write) = back();
    check("never changed", &[(way, write, MISMATCH)]);
    let (way, write) = back();
    check(
        "given a role since",
        &[
            there(),
            ("restore", give(ANA, EMPTY), "done"),
            (way, write, MISMATCH),
        ],
    );
    let (way, write) = back();
    check(
        "moved back by somebody else",
        &[
            there(),
            ("perform", move_to(ANA, ROOT), "done"),
            (way, write, MISMATCH),
        ],
    );
    let mut gone = change_ana();
    gone.user = STUB;
    check(
        "a user who is gone",
        &[("restore", change(gone), "0x80040217")],
    );
    let mut lost = change_ana();
    if let Some(unit) = &mut lost.business_unit {
        unit.after = UnitId(Uuid::from_u128(0x99));
    }
    check(
        "a unit that was deleted",
        &[("restore", change(lost), "0x80040217")],
    );
    let mut lost = change_ana();
    if let Some(roles) = &mut lost.roles {
        roles.after = [RoleId(Uuid::from_u128(0x99))].into();
    }
    check(
        "a role that was deleted, after unit and mode were put back",
        &[("restore", change(lost), "0x80060888")],
    );
}

#[test]
fn what_a_change_half_written_lacks_is_written() {
    let mut service_of_halves = change_ana();
    if let Some(roles) = &mut service_of_halves.roles {
        roles.before = [].into();
    }
    check(
        "moved and stripped, and nothing else",
        &[
            ("perform", move_to(ANA, BRANCH), "done"),
            ("perform", change(service_of_halves), "done"),
        ],
    );
}

#[test]
fn a_role_refused_in_the_middle_leaves_the_user_as_before() {
    let mut wanted = change_ana();
    if let Some(roles) = &mut wanted.roles {
        roles.after = [BRANCH_READER, EMPTY].into();
    }
    let refused = "0x80041409";
    check(
        "the second role is of another unit",
        &[
            ("perform", change(wanted), refused),
            (
                "perform",
                assign(Principal::User(ANA), Principal::Team(FIELD)),
                "0x80042f0a",
            ),
            ("perform", change(change_ana()), "done"),
        ],
    );
}

#[test]
fn who_leaves_the_mode_non_interactive_makes_room() {
    let mode = |user, before, after| {
        change(UserChange {
            user,
            business_unit: None,
            access_mode: Some(Changed { before, after }),
            profile: BTreeMap::new(),
            roles: None,
        })
    };
    let (people, programs) = (AccessMode::ReadWrite, AccessMode::NonInteractive);
    let world = world();
    let one = "INSERT INTO setting (name, value) VALUES ('MaxNumberOfNonInteractiveUsers', '1')";
    world.connection().execute(one, []).unwrap();
    let mut service = Service::new(world.connection());
    for (write, expected) in [
        (mode(ANA, people, programs), "done"),
        (mode(OLD, people, programs), "0x80040216"),
        (mode(ANA, programs, people), "done"),
        (mode(OLD, people, programs), "done"),
        (mode(ANA, people, programs), "0x80040216"),
    ] {
        assert_eq!(
            told(&service.perform(&write).unwrap()),
            expected,
            "{write:?}"
        );
    }
}

#[test]
fn what_the_caller_may_do_follows_the_writes() {
    let world = world();
    let sql = "INSERT INTO setting (name, value) VALUES ('caller', ?1)";
    world
        .connection()
        .execute(sql, [OLD.0.to_string()])
        .unwrap();
    let mut service = Service::new(world.connection());
    for (way, write, expected) in [
        ("perform", give(ANA, EMPTY), "0x80040220"),
        ("restore", give(OLD, ASSIGNER), "done"),
        ("perform", give(ANA, EMPTY), "done"),
        ("restore", remove(OLD, ASSIGNER), "done"),
        ("perform", remove(ANA, EMPTY), "0x80040220"),
    ] {
        let performed = match way {
            "restore" => service.restore(&write),
            _ => service.perform(&write),
        };
        assert_eq!(told(&performed.unwrap()), expected, "{write:?}");
    }
}

#[test]
fn a_caller_who_moves_himself_has_lost_his_roles_when_new_ones_are_given() {
    let world = world();
    let connection = world.connection();
    let sql = "INSERT INTO setting (name, value) VALUES ('caller', ?1)";
    connection.execute(sql, [ANA.0.to_string()]).unwrap();
    let sql = "INSERT INTO role_privilege (role, privilege, depth) VALUES (?1, 'prvWriteUser', 8)";
    connection.execute(sql, [ASSIGNER.0.as_bytes()]).unwrap();
    let mut service = Service::new(connection);
    let given = service.restore(&give(ANA, ASSIGNER)).unwrap();
    assert_eq!(told(&given), "done");
    let before = world.dump();
    let moved = UserChange {
        access_mode: None,
        ..change_ana()
    };
    assert_eq!(
        told(&service.perform(&change(moved)).unwrap()),
        "0x80040220"
    );
    assert_eq!(world.dump(), before);
}

#[test]
fn a_caller_who_is_unknown_is_bound_by_nothing() {
    let world = world();
    let sql = "INSERT INTO setting (name, value) VALUES ('caller', ?1)";
    world
        .connection()
        .execute(sql, [STUB.0.to_string()])
        .unwrap();
    let performed = Service::new(world.connection()).perform(&give(ANA, EMPTY));
    assert_eq!(told(&performed.unwrap()), "done");
}
