//! What a value read means for a change.
//!
//! In: a change and what the target holds of its subject. Out: write it, or how it has ended
//! already. Pure: this is the protocol's one decision, on the way out, on the way back, and after
//! a crash.

use crate::model::{Outcome, Present, ProfileField, UserId, Write};

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

/// Judges what was found; `intended` says that a run before this one was about to write it and
/// never heard how that ended.
pub(super) fn judge(write: &Write, found: &Present, intended: bool) -> Verdict {
    let after = write.after();
    if is_same(found, &after) {
        let actual = other_id(found, &after);
        let outcome = if intended {
            Outcome::Done { actual }
        } else {
            Outcome::NoChangeNeeded
        };
        return Verdict::Ended(outcome, actual);
    }
    if is_same(found, &write.before()) {
        return Verdict::Write;
    }
    if intended && is_between(write, found) {
        return Verdict::GoOn;
    }
    Verdict::Ended(Outcome::Drifted(found.clone()), None)
}

/// Whether a user was changed half way: each value is the planned before or after, and no role is there
/// that is in neither. Only a target that cannot write a user as a whole leaves one so.
fn is_between(write: &Write, found: &Present) -> bool {
    let (Write::ChangeUser(change), Present::Values(found)) = (write, found) else {
        return false;
    };
    let (before, after) = (change.before(), change.after());
    let is_either = |found: &Option<String>, field: &ProfileField| {
        [&before, &after]
            .map(|values| values.profile.get(field))
            .contains(&Some(found))
    };
    let roles = match (&found.roles, &before.roles, &after.roles) {
        (Some(found), Some(before), Some(after)) => found
            .iter()
            .all(|role| before.contains(role) || after.contains(role)),
        (found, ..) => found.is_none(),
    };
    [before.business_unit, after.business_unit].contains(&found.business_unit)
        && [before.access_mode, after.access_mode].contains(&found.access_mode)
        && found
            .profile
            .iter()
            .all(|(field, value)| is_either(value, field))
        && roles
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
    use super::{Verdict, judge};
    use crate::model::{Outcome, Present, Principal, RecordId, UserId, Write};
    use uuid::Uuid;

    fn owner(number: u128) -> Principal {
        Principal::User(UserId(Uuid::from_u128(number)))
    }

    #[test]
    fn a_record() {
        let ended = |outcome| Verdict::Ended(outcome, None);
        let drift = |found: &Present| ended(Outcome::Drifted(found.clone()));
        let other = Present::Owner(owner(3));
        check("before", &Present::Owner(owner(1)), false, &Verdict::Write);
        check(
            "before, after a crash",
            &Present::Owner(owner(1)),
            true,
            &Verdict::Write,
        );
        check(
            "after",
            &Present::Owner(owner(2)),
            false,
            &ended(Outcome::NoChangeNeeded),
        );
        check(
            "after, after a crash",
            &Present::Owner(owner(2)),
            true,
            &ended(Outcome::Done { actual: None }),
        );
        check("another", &other, false, &drift(&other));
        check("another, after a crash", &other, true, &drift(&other));
        check("gone", &Present::Absent, false, &drift(&Present::Absent));
    }

    #[track_caller]
    fn check(case: &str, found: &Present, intended: bool, expected: &Verdict) {
        let write = Write::AssignRecord {
            entity: "account".into(),
            record: RecordId(Uuid::from_u128(9)),
            before: owner(1),
            after: owner(2),
        };
        assert_eq!(&judge(&write, found, intended), expected, "case: {case}");
    }
}
