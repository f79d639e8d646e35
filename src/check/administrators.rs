//! Who can administer the environment, and ACC009 of users' changes that leave nobody who can.
//!
//! In: the users to be changed, with the faults that each has already. Out: which of them fall because of the
//! others: all changes are looked at together. Removed roles come later, and are judged in `access.rs` by the
//! same measure of who can administer.

use std::collections::BTreeSet;

use crate::check::{Trial, access, needs};
use crate::model::{
    AccessMode, Code, Loadable, Principal, RoleId, SYSTEM_ADMINISTRATOR_TEMPLATE, User, UserId,
};
use crate::plan::{Cause, DraftUser};

/// Whom an environment needs, in the words of every message about it.
pub(super) const WHO_CAN: &str = "another enabled person with System Administrator of their own and access mode \
                                  read-write or administrative";

/// Whether somebody in this access mode, who has System Administrator, can do what the role is for.
///
/// No source says whom the service counts. A person who cannot sign in, who may only read, or who works as a
/// program gives nobody a role again, and counting too few only stops what could have been done in two steps.
pub(super) fn can_administer(user: &User, mode: AccessMode) -> bool {
    let is_person = !user.stub && user.application_id.is_none() && !access::is_built_in(user);
    is_person && !user.disabled && works(mode)
}

fn works(mode: AccessMode) -> bool {
    matches!(mode, AccessMode::ReadWrite | AccessMode::Administrative)
}

/// How a change keeps its user from administering.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Loss {
    /// For good: the new access mode does not let them.
    Mode(AccessMode),
    /// For a moment: a move strips the roles, and they are given again.
    Move,
}

impl Loss {
    fn of(change: &DraftUser) -> Option<Self> {
        let mode = change.access_mode.as_ref().map(|mode| mode.after);
        let by_mode = mode.filter(|mode| !works(*mode)).map(Self::Mode);
        by_mode.or(change.strips.then_some(Self::Move))
    }

    fn asked(self) -> String {
        match self {
            Self::Mode(mode) => format!("makes the access mode {mode}"),
            Self::Move => "moves them, which strips the roles".to_owned(),
        }
    }
}

/// Somebody who can administer today, and the change that keeps them from it.
struct Loser {
    /// The change's place in the draft.
    index: usize,
    user: UserId,
    loss: Loss,
}

/// ACC009: nobody would be left who can administer; the cause of each change, by its place in the draft.
///
/// The changes are written one after another, so of several who are moved one is always there. Somebody who
/// falls by a fault of their own keeps what they have, so the others may lose it; of them it is told whether
/// their row alone would be too much.
pub(super) fn check(
    trial: &mut Trial<'_>,
    users: &[DraftUser],
    own: &[Vec<Cause>],
) -> Vec<Option<Cause>> {
    let mut causes = vec![None; users.len()];
    let losers = losers(users);
    if losers.is_empty() {
        return causes;
    }
    if !trial.facts.loaded(Loadable::UserRoles) {
        let count = losers.len() as u64;
        trial.unasked(Code::Acc009, &needs(&[Loadable::UserRoles]), count);
        return causes;
    }
    let administrators = administrators(trial);
    let (standing, stopped): (Vec<Loser>, Vec<Loser>) = losers
        .into_iter()
        .filter(|loser| administrators.contains(&loser.user))
        .partition(|loser| own[loser.index].is_empty());
    let moved: Vec<&Loser> = standing
        .iter()
        .filter(|loser| loser.loss == Loss::Move)
        .collect();
    let fallen: Vec<&Loser> = match (standing.len() < administrators.len(), moved.len()) {
        (false, 0) => standing.iter().collect(),
        (false, 1) => moved,
        // Somebody stays, or is there again before the next one is moved.
        _ => Vec::new(),
    };
    if !fallen.is_empty() {
        let cause = nobody_left(trial, &fallen, &standing);
        for loser in fallen {
            causes[loser.index] = Some(cause);
        }
    }
    for loser in stopped.iter().filter(|_| administrators.len() == 1) {
        causes[loser.index] = Some(nobody_left(trial, &[loser], &[]));
    }
    causes
}

fn losers(users: &[DraftUser]) -> Vec<Loser> {
    let changes = users.iter().enumerate();
    let losers = changes.filter_map(|(index, change)| {
        Some(Loser {
            index,
            user: change.user,
            loss: Loss::of(change)?,
        })
    });
    losers.collect()
}

/// Who can administer before the plan.
fn administrators(trial: &Trial<'_>) -> BTreeSet<UserId> {
    let facts = trial.facts;
    let able = facts.users().values();
    let able = able.filter(|user| can_administer(user, user.access_mode));
    let holders = able.map(|user| user.id).filter(|id| {
        let mut held = facts.user_roles(*id).iter();
        held.any(|role| is_administrator(trial, *role))
    });
    holders.collect()
}

fn is_administrator(trial: &Trial<'_>, role: RoleId) -> bool {
    let template = |role: &RoleId| trial.facts.roles().get(role).and_then(|role| role.template);
    let root = trial.facts.roles().get(&role).map(|role| role.root);
    [Some(role), root]
        .iter()
        .flatten()
        .any(|role| template(role) == Some(SYSTEM_ADMINISTRATOR_TEMPLATE))
}

fn nobody_left(trial: &mut Trial<'_>, fallen: &[&Loser], standing: &[Loser]) -> Cause {
    let who = |loser: &Loser| trial.labels.principal(Principal::User(loser.user));
    let and_loss = |loser: &Loser| format!("{} (a row {})", who(loser), loser.loss.asked());
    let others = standing
        .iter()
        .filter(|one| fallen.iter().all(|fallen| fallen.user != one.user));
    let others: Vec<String> = others.map(and_loss).collect();
    let (subject, found) = match fallen {
        [one] => {
            let subject = who(one);
            let asked = one.loss.asked();
            let beside = match others.as_slice() {
                [] => String::new(),
                others => format!(" once {} no longer can", first_of(others.to_vec())),
            };
            let found = format!(
                "{subject} is the only one who can administer the environment{beside}, and a row {asked}"
            );
            (subject, found)
        }
        all => {
            let found = format!(
                "the rows leave nobody who can administer the environment: {}",
                first_of(all.iter().map(|loser| and_loss(loser)).collect())
            );
            ("all who can administer".to_owned(), found)
        }
    };
    let message = || format!("{found}; expected, before this is written, {WHO_CAN}");
    let cure = || {
        "take the new access mode or business unit out of one of these rows; or make somebody else System \
         Administrator first, by a plan of its own that is applied before this one"
            .to_owned()
    };
    trial.cause(Code::Acc009, &subject, message, cure)
}

/// People in a message, the first of them; all have their rows among the places.
fn first_of(mut people: Vec<String>) -> String {
    const TOLD_MAX: usize = 8;
    let more = people.len().saturating_sub(TOLD_MAX);
    people.truncate(TOLD_MAX);
    let told = people.join(", ");
    match more {
        0 => told,
        more => format!("{told} and {more} more"),
    }
}
