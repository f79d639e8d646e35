//! The state that the plan leads to in the end, as far as its changes stand: access modes, roles, owners.
//!
//! In: a draft in which everything that falls is marked. Out: what rules about people ask of the state
//! after the plan. Whether a change stands is judged before, in `state.rs` and the rules that use it.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use crate::environment::Facts;
use crate::model::{AccessMode, Fate, Principal, RoleAction, RoleId, TeamId, User, UserId};
use crate::plan::{Draft, DraftFile, DraftUser};

/// The end of the plan.
pub(super) struct Outcome<'a> {
    facts: &'a Facts,
    given: BTreeMap<Principal, BTreeSet<RoleId>>,
    removed: BTreeSet<(Principal, RoleId)>,
    users: BTreeMap<UserId, &'a DraftUser>,
    owners: BTreeMap<Principal, u64>,
    owners_before: BTreeMap<Principal, u64>,
}

impl<'a> Outcome<'a> {
    pub(super) fn of(facts: &'a Facts, draft: &'a Draft) -> Self {
        let mut given: BTreeMap<Principal, BTreeSet<RoleId>> = BTreeMap::new();
        let mut removed = BTreeSet::new();
        for role in draft.roles.iter().filter(|role| role.fallen.is_none()) {
            match role.action {
                RoleAction::Give => {
                    given.entry(role.principal).or_default().insert(role.role);
                }
                RoleAction::Remove => {
                    removed.insert((role.principal, role.role));
                }
            }
        }
        let users = draft.users.iter().filter(|user| user.fallen.is_none());
        let (owners, owners_before) = owners(draft);
        Self {
            facts,
            given,
            removed,
            users: users.map(|user| (user.user, user)).collect(),
            owners,
            owners_before,
        }
    }

    /// The change of a user that stands.
    pub(super) fn change(&self, user: UserId) -> Option<&'a DraftUser> {
        self.users.get(&user).copied()
    }

    /// The access mode in the end.
    pub(super) fn mode(&self, user: &User) -> AccessMode {
        let change = self.change(user.id);
        let mode = change.and_then(|change| change.access_mode.as_ref());
        mode.map_or(user.access_mode, |mode| mode.after)
    }

    /// The roles that a user holds himself in the end.
    pub(super) fn roles(&self, user: UserId) -> Vec<RoleId> {
        let present: Vec<RoleId> = match self.change(user) {
            Some(change) => change.roles_kept().collect(),
            None => self.facts.user_roles(user).to_vec(),
        };
        self.in_the_end(Principal::User(user), present)
    }

    /// The roles that a team holds in the end.
    pub(super) fn team_roles(&self, team: TeamId) -> Vec<RoleId> {
        self.in_the_end(Principal::Team(team), self.facts.team_roles(team).to_vec())
    }

    fn in_the_end(&self, principal: Principal, present: Vec<RoleId>) -> Vec<RoleId> {
        let given = self.given.get(&principal).into_iter().flatten().copied();
        let all: BTreeSet<RoleId> = present.into_iter().chain(given).collect();
        let all = all.into_iter();
        all.filter(|role| !self.removed.contains(&(principal, *role)))
            .collect()
    }

    /// The roles that the plan gives to a principal.
    pub(super) fn given(&self, principal: Principal) -> impl Iterator<Item = RoleId> {
        self.given.get(&principal).into_iter().flatten().copied()
    }

    /// How many records go to a principal.
    pub(super) fn records_of(&self, principal: Principal) -> u64 {
        self.owners.get(&principal).copied().unwrap_or_default()
    }

    /// Who owns how many of the records that go to somebody.
    pub(super) fn owners_before(&self) -> &BTreeMap<Principal, u64> {
        &self.owners_before
    }

    /// How many records go to somebody.
    pub(super) fn records(&self) -> u64 {
        self.owners.values().sum()
    }

    /// Whether the plan concerns a user: he is changed, gets a role, or gets records.
    pub(super) fn concerns(&self, user: UserId) -> bool {
        let principal = Principal::User(user);
        self.users.contains_key(&user)
            || self.given.contains_key(&principal)
            || self.owners.contains_key(&principal)
    }
}

type Counts = BTreeMap<Principal, u64>;

/// Standing rows by owner to be, and by owner now.
fn owners(draft: &Draft) -> (Counts, Counts) {
    let principals = draft.principals.len();
    let add = |mut left: Vec<u64>, right: Vec<u64>| {
        for (sum, more) in left.iter_mut().zip(right) {
            *sum += more;
        }
        left
    };
    let files = draft.tables.iter().flat_map(|table| &table.files);
    let (mut after, mut before) = (vec![0; principals], vec![0; principals]);
    for file in files {
        let pieces = piece(file.len());
        let counted = pieces.into_par_iter().map(|range| {
            let (mut after, mut before) = (vec![0_u64; principals], vec![0_u64; principals]);
            for row in range {
                count(file, row, &mut after, &mut before);
            }
            (after, before)
        });
        let nothing = || (vec![0; principals], vec![0; principals]);
        let both = counted.reduce(nothing, |left, right| {
            (add(left.0, right.0), add(left.1, right.1))
        });
        after = add(after, both.0);
        before = add(before, both.1);
    }
    let named = |counts: Vec<u64>| {
        let counts = draft.principals.iter().copied().zip(counts);
        counts.filter(|(_, rows)| *rows > 0).collect()
    };
    (named(after), named(before))
}

/// Rows in as many pieces as keep every thread at work.
fn piece(rows: usize) -> Vec<std::ops::Range<usize>> {
    let step = rows.div_ceil(4 * rayon::current_num_threads()).max(65_536);
    let starts = (0..rows).step_by(step);
    starts
        .map(|start| start..(start + step).min(rows))
        .collect()
}

fn count(file: &DraftFile, row: usize, after: &mut [u64], before: &mut [u64]) {
    if file.fates[row] != Fate::Change {
        return;
    }
    if let Some(asked) = file.before_and_after(row) {
        after[asked.after.get()] += 1;
        if let Some(now) = asked.before {
            before[now.get()] += 1;
        }
    }
}
