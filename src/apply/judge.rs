//! What a value read means for a change.
//!
//! In: a change and what the target holds of its subject. Out: write it, or how it has ended
//! already. Pure: this is the protocol's one decision, on the way out, on the way back, and after
//! a crash.

use crate::model::{Outcome, Present, UserId, Write};

/// What to do with a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The planned before is there.
    Write,
    /// A run before this one has written part of it: write the rest. What was there before it began is
    /// the planned before.
    GoOn,
    /// Nothing to write: how it ended, and the id a stub user has where it is not the planned one.
    Ended(Outcome, Option<UserId>),
}

/// What runs before this one have had to do with a change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Past {
    /// One was about to write it, and never heard how that ended.
    pub(super) intended: bool,
    /// On the way back: so it was with the change that is taken back.
    pub(super) left_open: bool,
}

/// Judges what was found.
pub(super) fn judge(write: &Write, found: &Present, past: Past) -> Verdict {
    let after = write.after();
    if is_same(found, &after) {
        let actual = other_id(found, &after);
        let outcome = if past.intended {
            Outcome::Done { actual }
        } else {
            Outcome::NoChangeNeeded
        };
        return Verdict::Ended(outcome, actual);
    }
    if is_same(found, &write.before()) {
        return Verdict::Write;
    }
    if (past.intended || past.left_open) && is_between(write, found) {
        return Verdict::GoOn;
    }
    Verdict::Ended(Outcome::Drifted(found.clone()), None)
}

/// Whether a user was changed half way. Only a target that cannot write a user as a whole leaves one so.
fn is_between(write: &Write, found: &Present) -> bool {
    match (write, found) {
        (Write::ChangeUser(change), Present::Values(found)) => change.passes(found),
        _ => false,
    }
}

/// Whether two values are the same. The id of a stub user does not matter: the import way may give
/// another than the planned one.
pub(super) fn is_same(found: &Present, planned: &Present) -> bool {
    let (
        Present::User {
            upn,
            mail,
            full_name,
            stub,
            roles,
            ..
        },
        Present::User {
            upn: planned_upn,
            mail: planned_mail,
            full_name: planned_name,
            stub: planned_stub,
            roles: planned_roles,
            ..
        },
    ) = (found, planned)
    else {
        return found == planned;
    };
    (upn, mail, full_name, stub, roles)
        == (
            planned_upn,
            planned_mail,
            planned_name,
            planned_stub,
            planned_roles,
        )
}

fn other_id(found: &Present, planned: &Present) -> Option<UserId> {
    match (found, planned) {
        (Present::User { id, .. }, Present::User { id: planned, .. }) if id != planned => Some(*id),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{Past, Verdict, judge};
    use crate::model::{
        AccessMode, Changed, Outcome, Present, Principal, ProfileField, RecordId, RoleId, UnitId,
        UserChange, UserId, UserValues, Write,
    };
    use uuid::Uuid;

    const NOTHING: Past = Past {
        intended: false,
        left_open: false,
    };
    const INTENDED: Past = Past {
        intended: true,
        left_open: false,
    };
    const LEFT_OPEN: Past = Past {
        intended: false,
        left_open: true,
    };

    fn owner(number: u128) -> Principal {
        Principal::User(UserId(Uuid::from_u128(number)))
    }

    fn ended(outcome: Outcome) -> Verdict {
        Verdict::Ended(outcome, None)
    }

    fn drift(found: &Present) -> Verdict {
        ended(Outcome::Drifted(found.clone()))
    }

    #[test]
    #[rustfmt::skip] // keeps the columns of the table
    fn a_record() {
        let (before, after) = (Present::Owner(owner(1)), Present::Owner(owner(2)));
        let other = Present::Owner(owner(3));
        let done = ended(Outcome::Done { actual: None });
        record("before",                &before, NOTHING,  &Verdict::Write);
        record("before, after a crash", &before, INTENDED, &Verdict::Write);
        record("after",                 &after,  NOTHING,  &ended(Outcome::NoChangeNeeded));
        record("after, after a crash",  &after,  INTENDED, &done);
        record("after, on the way back of a crash", &after, LEFT_OPEN, &ended(Outcome::NoChangeNeeded));
        record("another",                &other, NOTHING,  &drift(&other));
        record("another, after a crash", &other, INTENDED, &drift(&other));
        record("gone", &Present::Absent, NOTHING, &drift(&Present::Absent));
    }

    #[track_caller]
    fn record(case: &str, found: &Present, past: Past, expected: &Verdict) {
        let write = Write::AssignRecord {
            entity: "account".into(),
            record: RecordId(Uuid::from_u128(9)),
            before: owner(1),
            after: owner(2),
        };
        assert_eq!(&judge(&write, found, past), expected, "case: {case}");
    }

    /// From unit 1 to 2, Read-Write to Read, a title to none, roles 1 and 2 to 3 and 4.
    fn change() -> UserChange {
        let roles = |numbers: [u128; 2]| numbers.map(Uuid::from_u128).map(RoleId).into();
        let title = Changed {
            before: Some("Head".to_owned()),
            after: None,
        };
        UserChange {
            user: UserId(Uuid::from_u128(9)),
            business_unit: Some(Changed {
                before: UnitId(Uuid::from_u128(1)),
                after: UnitId(Uuid::from_u128(2)),
            }),
            access_mode: Some(Changed {
                before: AccessMode::ReadWrite,
                after: AccessMode::Read,
            }),
            profile: [(ProfileField::Title, title)].into(),
            roles: Some(Changed {
                before: roles([1, 2]),
                after: roles([3, 4]),
            }),
        }
    }

    #[test]
    fn a_user() {
        let (before, after) = (change().before(), change().after());
        user("before", &before, [true, true, true]);
        user("after", &after, [false, false, false]);
        let half = UserValues {
            roles: Some([].into()),
            ..after.clone()
        };
        user("moved and stripped", &half, [false, true, true]);
        let half = UserValues {
            business_unit: after.business_unit,
            roles: Some([RoleId(Uuid::from_u128(4))].into()),
            ..before.clone()
        };
        user("moved, one role given", &half, [false, true, true]);
        let other = UserValues {
            access_mode: Some(AccessMode::Administrative),
            ..before.clone()
        };
        user("another mode", &other, [false, false, false]);
        let other = UserValues {
            business_unit: Some(UnitId(Uuid::from_u128(3))),
            ..before.clone()
        };
        user("another unit", &other, [false, false, false]);
        let other = UserValues {
            profile: [(ProfileField::Title, Some("Chief".to_owned()))].into(),
            ..before.clone()
        };
        user("another title", &other, [false, false, false]);
        let mut other = before;
        if let Some(roles) = &mut other.roles {
            roles.insert(RoleId(Uuid::from_u128(5)));
        }
        user("one role more", &other, [false, false, false]);
    }

    /// `written` says whether it is written: where nothing is known of the past, after a crash, and on
    /// the way back of a crash.
    #[track_caller]
    fn user(case: &str, found: &UserValues, written: [bool; 3]) {
        let write = Write::ChangeUser(Box::new(change()));
        let found = Present::Values(Box::new(found.clone()));
        let verdicts = [NOTHING, INTENDED, LEFT_OPEN].map(|past| {
            let verdict = judge(&write, &found, past);
            matches!(verdict, Verdict::Write | Verdict::GoOn)
        });
        assert_eq!(verdicts, written, "case: {case}");
    }
}
