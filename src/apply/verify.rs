//! Reads the target back and says where it differs from the plan.
//!
//! In: a plan, its journal if there is one, a target. Out: counts, and the first differences with
//! what the journal knows of them. Nothing is written, so no approval is asked for.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::path::Path;

use crate::apply::ApplyError;
use crate::apply::applied::words;
use crate::apply::earlier::Earlier;
use crate::apply::entry::Entry;
use crate::apply::journal::Journal;
use crate::apply::judge::is_same;
use crate::apply::source::{Changes, Sealed, each_batch, total};
use crate::apply::translate::{StubUsers, Translation};
use crate::apply::{JOURNAL, present, same_environment, undo_journal};
use crate::model::{
    Change, ChangeKind, Outcome, Present, Principal, Progress, RoleId, Seq, Stage, Step, Subject,
    Unit, UserId, Write,
};
use crate::plan::SealedPlan;
use crate::target::Target;

/// Differences that are listed; all are counted.
pub const DIFFERENCES_MAX: usize = 100;

/// Changes read back at once.
const READ_BACK: usize = 10_000;

/// Changes by how the target compares.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Compared {
    /// The target holds what was planned (after an undo: what was there before).
    pub as_planned: u64,
    /// The target holds the planned before, and the journal knows of no success.
    pub not_applied: u64,
    /// The target holds something else.
    pub different: u64,
}

impl Compared {
    /// All of them: what was planned.
    pub fn planned(self) -> u64 {
        self.as_planned + self.not_applied + self.different
    }
}

impl std::ops::AddAssign for Compared {
    fn add_assign(&mut self, other: Self) {
        self.as_planned += other.as_planned;
        self.not_applied += other.not_applied;
        self.different += other.different;
    }
}

/// A change whose subject differs from the plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Its number.
    pub seq: Seq,
    /// What was to be done.
    pub kind: ChangeKind,
    /// To whom or what.
    pub what: String,
    /// What should be there.
    pub expected: Present,
    /// What is there.
    pub found: Present,
    /// How it ended, as far as the journal knows.
    pub outcome: Option<Outcome>,
    /// How taking it back ended, where that was tried.
    pub undone: Option<Outcome>,
}

/// A plan compared with the target.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verified {
    /// By kind.
    pub counts: BTreeMap<ChangeKind, Compared>,
    /// The first [`DIFFERENCES_MAX`] that are different, or that have ended and are not applied.
    pub differences: Vec<Difference>,
}

impl Verified {
    /// All kinds together.
    pub fn total(&self) -> Compared {
        let mut sum = Compared::default();
        for compared in self.counts.values() {
            sum += *compared;
        }
        sum
    }

    /// Whether the target holds all that was planned.
    pub fn is_as_planned(&self) -> bool {
        let total = self.total();
        total.not_applied == 0 && total.different == 0
    }
}

/// Compares every change of a plan with what the target holds now.
pub fn verify(
    plan: &SealedPlan,
    target: &dyn Target,
    journal: &Path,
    progress: &dyn Progress,
) -> Result<Verified, ApplyError> {
    compare(plan, target, journal, progress)
}

/// Compares every change of plans that were undone, the newest first, with what the target holds now: each is held
/// against what was there before the oldest plan that speaks of the same.
pub fn verify_undone(
    plans: &[SealedPlan],
    target: &dyn Target,
    progress: &dyn Progress,
) -> Result<Vec<Verified>, ApplyError> {
    let mut earlier = Earlier::default();
    let oldest_first = plans.iter().enumerate().rev().map(|(newer, plan)| {
        earlier.is_wanted = newer > 0;
        let journal = plan.folder().join(JOURNAL);
        compare_after(&mut earlier, plan, target, &journal, progress)
    });
    let mut verified: Vec<Verified> = oldest_first.collect::<Result<_, _>>()?;
    verified.reverse();
    Ok(verified)
}

pub(super) fn compare(
    plan: &dyn Sealed,
    target: &dyn Target,
    journal: &Path,
    progress: &dyn Progress,
) -> Result<Verified, ApplyError> {
    compare_after(&mut Earlier::default(), plan, target, journal, progress)
}

/// Compares a plan; what older ones found goes into it, and what it found itself joins that.
pub(super) fn compare_after(
    earlier: &mut Earlier,
    plan: &dyn Sealed,
    target: &dyn Target,
    journal: &Path,
    progress: &dyn Progress,
) -> Result<Verified, ApplyError> {
    same_environment(plan, target)?;
    let applied = Journal::open(journal, Some(plan.seal()))?;
    let stubs = match &applied {
        Some(applied) => StubUsers::read(plan, applied)?,
        None => StubUsers::default(),
    };
    let undone = Journal::open(&undo_journal(journal), Some(plan.seal()))?;
    let mut comparison = Comparison {
        target,
        earlier,
        is_undone: undone.as_ref().map_or(Ok(false), Journal::ended)?,
        undone,
        spoken_of: SpokenOf::read(plan, &stubs.translation)?,
        translation: stubs.translation,
        applied,
        step: progress.begin("changes read back", Unit::Changes, Some(total(plan)?)),
        verified: Verified::default(),
    };
    each_batch(plan, &plan.parts()?, READ_BACK, |changes| {
        comparison.batch(changes)?;
        Ok(ControlFlow::Continue(()))
    })?;
    adds_up(comparison.verified, &plan.planned())
}

/// Every change that was planned has been compared, once.
fn adds_up(
    verified: Verified,
    planned: &BTreeMap<ChangeKind, u64>,
) -> Result<Verified, ApplyError> {
    for kind in ChangeKind::ALL {
        let counted = verified.counts.get(&kind).map_or(0, |it| it.planned());
        let planned = planned.get(&kind).copied().unwrap_or(0);
        if planned != counted {
            return Err(ApplyError::Unaccounted {
                kind,
                planned,
                counted,
            });
        }
    }
    Ok(verified)
}

struct Comparison<'a> {
    target: &'a dyn Target,
    earlier: &'a mut Earlier,
    applied: Option<Journal>,
    undone: Option<Journal>,
    /// Whether the way back was gone to its end.
    is_undone: bool,
    translation: Translation,
    spoken_of: SpokenOf,
    step: Box<dyn Step>,
    verified: Verified,
}

impl Comparison<'_> {
    fn batch(&mut self, changes: Vec<Change>) -> Result<(), ApplyError> {
        let (Some(first), Some(last)) = (changes.first(), changes.last()) else {
            return Ok(());
        };
        let applied = entries(self.applied.as_ref(), first.seq, last.seq)?;
        let undone = entries(self.undone.as_ref(), first.seq, last.seq)?;
        let changes: Vec<(Seq, Write)> = changes
            .into_iter()
            .map(|change| (change.seq, self.translation.write(change.write)))
            .collect();
        let subjects: Vec<Subject> = changes.iter().map(|(_, write)| write.subject()).collect();
        let found = present(self.target, &subjects)?;
        self.step.advance(changes.len() as u64);
        for ((seq, write), found) in changes.into_iter().zip(found) {
            let applied = succeeded(&applied, seq);
            // Once all that could be taken back was, each change is held against what was there before the plan: what
            // drifted, was refused, or never came about is as before, or is to be told.
            let undone = self.is_undone || succeeded(&undone, seq);
            self.one(seq, &write, found, applied, undone)?;
        }
        Ok(())
    }

    fn one(
        &mut self,
        seq: Seq,
        write: &Write,
        found: Present,
        applied: bool,
        undone: bool,
    ) -> Result<(), ApplyError> {
        let expected = if undone {
            let before = self.earlier.before(write, self.before_the_plan(write)?);
            self.earlier.note(write, &before);
            before
        } else {
            write.after()
        };
        let as_planned = is_same(&self.roles_apart(write, &found, &expected), &expected);
        let counts = self.verified.counts.entry(write.kind()).or_default();
        if as_planned {
            counts.as_planned += 1;
            return Ok(());
        }
        let not_applied = !applied && !undone && is_same(&found, &write.before());
        if not_applied {
            counts.not_applied += 1;
        } else {
            counts.different += 1;
        }
        if self.verified.differences.len() == DIFFERENCES_MAX {
            return Ok(());
        }
        let applied_so = outcome(self.applied.as_ref(), seq)?;
        if applied_so.is_some() || !not_applied {
            self.verified.differences.push(Difference {
                seq,
                kind: write.kind(),
                what: words(&write.subject()),
                expected,
                found,
                outcome: applied_so,
                undone: outcome(self.undone.as_ref(), seq)?,
            });
        }
        Ok(())
    }

    /// What was there before the plan. A role that is taken from a user whom the plan changes as well is one that
    /// the change had left him with; where that is held against what was before it, so is the role.
    fn before_the_plan(&self, write: &Write) -> Result<Present, ApplyError> {
        if let Write::RemoveRole {
            principal: Principal::User(user),
            role,
        } = write
            && let Some((change, roles)) = self.spoken_of.changed.get(user)
            && (self.is_undone
                || succeeded(&entries(self.undone.as_ref(), *change, *change)?, *change))
        {
            return Ok(Present::Role(roles.contains(role)));
        }
        Ok(write.before())
    }

    /// What was found, without the roles that other changes of the plan give or take: those are
    /// compared by themselves.
    fn roles_apart(&self, write: &Write, found: &Present, expected: &Present) -> Present {
        let mut found = found.clone();
        match (write, &mut found, expected) {
            (_, Present::User { id, roles, .. }, Present::User { roles: planned, .. }) => {
                let there: BTreeSet<RoleId> = roles.iter().copied().collect();
                let planned_set: BTreeSet<RoleId> = planned.iter().copied().collect();
                if self.is_explained(*id, &there, &planned_set) {
                    roles.clone_from(planned);
                }
            }
            (Write::ChangeUser(change), Present::Values(found), Present::Values(planned)) => {
                if let (Some(there), Some(planned)) = (&mut found.roles, &planned.roles)
                    && self.is_explained(change.user, there, planned)
                {
                    there.clone_from(planned);
                }
            }
            _ => {}
        }
        found
    }

    /// Whether the plan speaks elsewhere of every role in which the two differ.
    fn is_explained(
        &self,
        user: UserId,
        there: &BTreeSet<RoleId>,
        planned: &BTreeSet<RoleId>,
    ) -> bool {
        let spoken_of = self.spoken_of.roles.get(&user);
        there
            .symmetric_difference(planned)
            .all(|role| spoken_of.is_some_and(|roles| roles.contains(role)))
    }
}

/// What several changes of the plan say of one user.
#[derive(Default)]
pub(super) struct SpokenOf {
    /// The roles that the plan gives to its own stub users and to users whom it changes, or takes from them, by
    /// changes of their own.
    pub(super) roles: BTreeMap<UserId, BTreeSet<RoleId>>,
    /// The change of a user, and the roles before it, where it is about roles.
    changed: BTreeMap<UserId, (Seq, BTreeSet<RoleId>)>,
}

impl SpokenOf {
    pub(super) fn read(plan: &dyn Changes, translation: &Translation) -> Result<Self, ApplyError> {
        let parts = plan.parts()?;
        let of_users = parts
            .iter()
            .filter(|part| !matches!(part.stage, Stage::Records { .. }));
        let mut users = BTreeSet::new();
        let mut spoken_of = Self::default();
        each_batch(plan, of_users, READ_BACK, |changes| {
            for Change { seq, write, .. } in changes {
                spoken_of.take_in(seq, translation.write(write), &mut users);
            }
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(spoken_of)
    }

    fn take_in(&mut self, seq: Seq, write: Write, users: &mut BTreeSet<UserId>) {
        match write {
            Write::CreateStub(stub) => {
                users.insert(stub.id);
            }
            Write::ChangeUser(change) => {
                users.insert(change.user);
                if let Some(roles) = change.roles {
                    self.changed.insert(change.user, (seq, roles.before));
                }
            }
            Write::GiveRole {
                principal: Principal::User(user),
                role,
            }
            | Write::RemoveRole {
                principal: Principal::User(user),
                role,
            } if users.contains(&user) => {
                self.roles.entry(user).or_default().insert(role);
            }
            _ => {}
        }
    }
}

fn entries(
    journal: Option<&Journal>,
    first: Seq,
    last: Seq,
) -> Result<BTreeMap<Seq, Entry>, ApplyError> {
    match journal {
        Some(journal) => Ok(journal.entries(first, last)?),
        None => Ok(BTreeMap::new()),
    }
}

fn outcome(journal: Option<&Journal>, seq: Seq) -> Result<Option<Outcome>, ApplyError> {
    match journal {
        Some(journal) => Ok(journal.outcome(seq)?),
        None => Ok(None),
    }
}

fn succeeded(entries: &BTreeMap<Seq, Entry>, seq: Seq) -> bool {
    entries
        .get(&seq)
        .is_some_and(|entry| entry.state.is_success())
}
