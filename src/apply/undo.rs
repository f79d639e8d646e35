//! The way back: what apply wrote, put back as it was read, newest stage first.
//!
//! In: a plan and its journal. Out: the same protocol over the opposite writes, with a journal of
//! its own, and from then on a plan that is not applied again. Only what we wrote is taken back;
//! what somebody changed since has drifted and is left. Whether a target can put a value back past
//! its own rules is the target's answer.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::path::Path;

use crate::apply::applied::sum_up;
use crate::apply::dependents::Way;
use crate::apply::entry::{Entry, State};
use crate::apply::journal::{Journal, JournalError, Run};
use crate::apply::judge::is_same;
use crate::apply::pass::Pass;
use crate::apply::source::{Changes, Part, Sealed, Sink};
use crate::apply::translate::StubUsers;
use crate::apply::verify::SpokenOf;
use crate::apply::{Applied, ApplyError, Options, same_environment, undo_journal};
use crate::model::{Change, ChangeKind, RoleId, Seq, UserId};
use crate::plan::SealedPlan;
use crate::target::Target;

/// What an undo would do, from the journal alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WayBack {
    /// Writes that take back what was written, by their own kind: a role given is a role to remove.
    pub counts: BTreeMap<ChangeKind, u64>,
    /// Of these, changes that a crash left open: they are read back, and taken back where written.
    pub uncertain: u64,
    /// Changes with nothing to take back: they failed, drifted, were skipped or needed no change.
    pub nothing_to_undo: u64,
    /// Changes that an earlier, interrupted undo has settled already, out of the counts.
    pub settled: u64,
}

impl WayBack {
    /// Writes in all.
    pub fn total(&self) -> u64 {
        self.counts.values().sum()
    }
}

/// Plans the way back of what was applied so far.
pub fn way_back(plan: &SealedPlan, journal: &Path) -> Result<WayBack, ApplyError> {
    plan_back(plan, journal)
}

/// Takes back what apply wrote, or goes on where the last undo ended.
///
/// `way_back` is what was shown; where the journal has moved since, nothing is written. The counts
/// of what comes back are by the kind of the opposite writes.
pub fn undo(
    plan: &SealedPlan,
    target: &dyn Target,
    way_back: &WayBack,
    options: &Options<'_>,
) -> Result<Applied, ApplyError> {
    plan.intact()?;
    go_back(plan, target, way_back, options)
}

pub(super) fn plan_back(plan: &dyn Sealed, journal: &Path) -> Result<WayBack, ApplyError> {
    let applied = Journal::open(journal, Some(plan.seal()))?.ok_or(ApplyError::NeverApplied)?;
    let mut way_back = WayBack {
        counts: BTreeMap::new(),
        uncertain: 0,
        nothing_to_undo: 0,
        settled: 0,
    };
    for ((kind, state), count) in applied.counts()? {
        match state {
            State::Done | State::Intended => {
                *way_back.counts.entry(opposite(kind)).or_default() += count;
            }
            State::NoChange | State::Failed | State::Drifted | State::Skipped => {
                way_back.nothing_to_undo += count;
            }
        }
        if state == State::Intended {
            way_back.uncertain += count;
        }
    }
    if let Some(undone) = Journal::open(&undo_journal(journal), Some(plan.seal()))? {
        way_back.settled = undone.succeeded()?;
    }
    Ok(way_back)
}

pub(super) fn go_back(
    plan: &dyn Sealed,
    target: &dyn Target,
    way_back: &WayBack,
    options: &Options<'_>,
) -> Result<Applied, ApplyError> {
    if plan_back(plan, options.journal)? != *way_back {
        return Err(ApplyError::WayBackMoved);
    }
    let identity = same_environment(plan, target)?;
    let applied =
        Journal::open(options.journal, Some(plan.seal()))?.ok_or(ApplyError::NeverApplied)?;
    let stubs = StubUsers::read(plan, &applied)?;
    let path = undo_journal(options.journal);
    let run = Run {
        seal: plan.seal(),
        identity: &identity,
        changes: way_back.total(),
    };
    let mut journal = match Journal::open(&path, Some(plan.seal()))? {
        Some(journal) => journal,
        None => Journal::create(&path, &run)?,
    };
    let way = Way::Back {
        stubs: stubs.ids.clone(),
    };
    let backwards = Backwards {
        plan,
        spoken_of: SpokenOf::read(plan, &stubs.translation)?,
        applied: &applied,
        stubs,
        journal_path: options.journal,
    };
    let ended = Pass::new(&backwards, target, &mut journal, way, options).run()?;
    if !ended.interrupted {
        journal.end()?;
    }
    sum_up(&journal, plan, &way_back.counts)?.of_run(ended)
}

fn opposite(kind: ChangeKind) -> ChangeKind {
    match kind {
        ChangeKind::CreateStubUser => ChangeKind::DeleteStubUser,
        ChangeKind::DeleteStubUser => ChangeKind::CreateStubUser,
        ChangeKind::ChangeUser => ChangeKind::ChangeUser,
        ChangeKind::GiveRole => ChangeKind::RemoveRole,
        ChangeKind::RemoveRole => ChangeKind::GiveRole,
        ChangeKind::AssignRecord => ChangeKind::AssignRecord,
    }
}

/// A plan, last stage first, each change the opposite of what was written. Within a stage the order
/// stays: its changes are those that may run together.
struct Backwards<'a> {
    plan: &'a dyn Sealed,
    spoken_of: SpokenOf,
    applied: &'a Journal,
    stubs: StubUsers,
    journal_path: &'a Path,
}

impl Changes for Backwards<'_> {
    fn parts(&self) -> Result<Vec<Part>, ApplyError> {
        let mut parts = Vec::new();
        for part in self.plan.parts()?.into_iter().rev() {
            let changes = self.applied.written(part.first, part.last)?;
            if changes > 0 {
                parts.push(Part { changes, ..part });
            }
        }
        Ok(parts)
    }

    fn left_open(&self, seq: Seq) -> Result<bool, ApplyError> {
        let entries = self.applied.entries(seq, seq)?;
        let state = entries.get(&seq).map(|entry| entry.state);
        Ok(state == Some(State::Intended))
    }

    /// They are put back by those changes, before the user; where that is refused, the rest of the user goes back all
    /// the same.
    fn roles_apart(&self, user: UserId) -> Option<&BTreeSet<RoleId>> {
        self.spoken_of.roles.get(&user)
    }

    fn read(&self, part: &Part, batch: usize, sink: &mut Sink<'_>) -> Result<(), ApplyError> {
        let mut result = Ok(());
        self.plan
            .read(part, batch, &mut |changes| match self.turn(changes) {
                Ok(turned) if turned.is_empty() => ControlFlow::Continue(()),
                Ok(turned) => sink(turned),
                Err(error) => {
                    result = Err(error);
                    ControlFlow::Break(())
                }
            })?;
        result
    }
}

impl Backwards<'_> {
    fn turn(&self, changes: Vec<Change>) -> Result<Vec<Change>, ApplyError> {
        let (Some(first), Some(last)) = (changes.first(), changes.last()) else {
            return Ok(Vec::new());
        };
        let entries = self.applied.entries(first.seq, last.seq)?;
        changes
            .into_iter()
            .filter_map(|change| {
                let entry = entries.get(&change.seq)?;
                matches!(entry.state, State::Done | State::Intended)
                    .then(|| self.opposite(change, entry))
            })
            .collect()
    }

    fn opposite(&self, change: Change, entry: &Entry) -> Result<Change, ApplyError> {
        let write = self.stubs.translation.write(change.write).inverse();
        // What goes back is what was read; the plan must agree, or one of the two is not ours.
        let agrees = entry
            .value_read
            .as_ref()
            .is_some_and(|read| is_same(read, &write.after()));
        if !agrees {
            return Err(self.disagrees(change.seq).into());
        }
        Ok(Change {
            seq: change.seq,
            write,
            restore: true,
            source: None,
        })
    }

    fn disagrees(&self, seq: Seq) -> JournalError {
        JournalError::Entry {
            path: self.journal_path.to_owned(),
            seq,
            what: "the value read before it was written is not the one that the plan says",
        }
    }
}
