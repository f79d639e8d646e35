//! What was there before several plans, by table.
//!
//! In: changes of older plans and one of a newer plan. Out: what was there before all of them.

use uuid::Uuid;

use crate::apply::earlier::Earlier;
use crate::apply::tests::world::{assign, change_user, give, remove, role, stub, user};
use crate::model::{Present, Principal, UnitId, Write};

/// The change of a user that finds other roles, and of the rest only a business unit.
fn found(write: Write, roles: &[u128], unit: u128) -> Write {
    let Write::ChangeUser(mut change) = write else {
        panic!("a change of a user")
    };
    if let Some(changed) = &mut change.roles {
        changed.before = roles.iter().map(|number| role(*number)).collect();
    }
    if let Some(changed) = &mut change.business_unit {
        changed.before = UnitId(Uuid::from_u128(unit));
    }
    (change.access_mode, change.profile) = (None, [].into());
    Write::ChangeUser(change)
}

fn owner(number: u128) -> Present {
    Present::Owner(Principal::User(user(number)))
}

#[test]
fn the_oldest_plan_that_speaks_of_it_says_what_was_there() {
    let mut elsewhere = assign("account", 1, user(3));
    if let Write::AssignRecord { before, .. } = &mut elsewhere {
        *before = Principal::User(user(2));
    }
    let older = [assign("account", 1, user(2))];
    check("an owner", &older, &elsewhere, &owner(0));
    check("nothing older", &[], &elsewhere, &owner(2));
    let other = [assign("contact", 1, user(2)), assign("account", 2, user(2))];
    check("other records", &other, &elsewhere, &owner(2));
    let given = [give(user(1), 1)];
    check("a role", &given, &remove(user(1), 1), &Present::Role(false));
    check(
        "another role",
        &given,
        &remove(user(1), 2),
        &Present::Role(true),
    );
    let made = [Write::CreateStub(Box::new(stub(0)))];
    let of_stub = found(change_user(10), &[1], 1);
    check("one who was not there", &made, &of_stub, &Present::Absent);
    check(
        "a role of him",
        &made,
        &remove(user(10), 1),
        &Present::Role(false),
    );
    let changed = [change_user(5)];
    let again = found(change_user(5), &[6, 7], 2);
    let before = found(change_user(5), &[1, 2], 1).before();
    check(
        "a user, as far as the plan speaks of him",
        &changed,
        &again,
        &before,
    );
    check(
        "a role of before",
        &changed,
        &give(user(5), 1),
        &Present::Role(true),
    );
    check(
        "a role of after",
        &changed,
        &remove(user(5), 6),
        &Present::Role(false),
    );
    let roles = [give(user(5), 6), remove(user(5), 1)];
    let before = found(change_user(5), &[1, 7], 2).before();
    check("roles of a user", &roles, &again, &before);
    let newer = found(change_user(5), &[8], 9);
    let both = [change_user(5), newer];
    let before = found(change_user(5), &[1, 2], 1).before();
    check("three plans", &both, &again, &before);
}

/// `older` are changes of older plans, the oldest first.
#[track_caller]
fn check(case: &str, older: &[Write], write: &Write, expected: &Present) {
    let mut earlier = Earlier::default();
    earlier.is_wanted = true;
    for write in older {
        let before = earlier.before(write, write.before());
        earlier.note(write, &before);
    }
    assert_eq!(
        &earlier.before(write, write.before()),
        expected,
        "case: {case}"
    );
}
