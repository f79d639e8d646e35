//! One stage: batches read, judged, journaled, handed to the target, their outcomes journaled.
//!
//! In: the parts of a stage. Out: an entry in the journal for each of their changes. The order is
//! the promise: the intents of a batch are on the disk before the target sees it. While the target
//! writes one batch, the next is read. What a value read means is `judge.rs`'s to say.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::panic::resume_unwind;
use std::sync::mpsc::{Receiver, channel};
use std::thread::{self, Scope, ScopedJoinHandle};

use crate::apply::ApplyError;
use crate::apply::entry::{Entry, Intent, Settled, State};
use crate::apply::judge::{Past, Verdict, judge};
use crate::apply::pass::{Pass, title};
use crate::apply::source::{Part, each_batch};
use crate::model::{
    Change, Outcome, Present, RoleId, Seq, Step, Subject, Unit, UserChange, UserId, UserValues,
    Write,
};
use crate::target::{AsOf, FeedClosed, FeedSender, Target, TargetError, feed};

/// Batches that wait for the target: while one is being written, one is ready and one is being read.
const BATCHES_WAITING: usize = 1;

/// Runs one stage to its end, or until the pass was asked to stop.
pub(super) fn run(pass: &mut Pass<'_>, parts: &[Part]) -> Result<(), ApplyError> {
    let total = parts.iter().map(|part| part.changes).sum();
    let step = pass
        .options
        .progress
        .begin(&title(parts), Unit::Changes, Some(total));
    let target = pass.target;
    thread::scope(|scope| {
        let mut running = Running {
            pass,
            step: &*step,
            line: Line {
                scope,
                target,
                writer: None,
            },
            stubs: BTreeMap::new(),
            awaited: 0,
        };
        let fed = running.feed(parts);
        let ended = running.finish();
        fed.and(ended)
    })
}

struct Running<'a, 'p, 'scope, 'env> {
    pass: &'a mut Pass<'p>,
    step: &'a dyn Step,
    line: Line<'scope, 'env>,
    /// Stub users of the changes in flight, see [`crate::apply::dependents`].
    stubs: BTreeMap<Seq, UserId>,
    /// Changes that the target has not answered yet.
    awaited: u64,
}

/// A batch that has been judged.
#[derive(Default)]
struct Batch {
    to_write: Vec<Change>,
    intents: Vec<Intent>,
    settled: Vec<(Settled, Option<UserId>)>,
    /// Changes that earlier runs brought to a good end.
    past: u64,
}

impl Running<'_, '_, '_, '_> {
    fn feed(&mut self, parts: &[Part]) -> Result<(), ApplyError> {
        let (source, size) = (self.pass.source, self.pass.options.batch.max(1));
        each_batch(source, parts, size, |changes| self.batch(changes))
    }

    /// Brings one batch on its way; breaks where no other may follow.
    fn batch(&mut self, changes: Vec<Change>) -> Result<ControlFlow<()>, ApplyError> {
        if self.pass.options.stop.asked() {
            self.pass.interrupted = true;
            return Ok(ControlFlow::Break(()));
        }
        let as_of = self.line.now();
        let batch = self.prepare(changes)?;
        let arrived = self.line.arrived();
        self.record(&batch.intents, batch.settled, &arrived)?;
        self.step.advance(batch.past);
        if batch.to_write.is_empty() {
            return Ok(ControlFlow::Continue(()));
        }
        self.pass.wrote = true;
        self.awaited += batch.to_write.len() as u64;
        Ok(self.line.send(batch.to_write, as_of))
    }

    fn prepare(&mut self, changes: Vec<Change>) -> Result<Batch, ApplyError> {
        let mut batch = Batch::default();
        let (Some(first), Some(last)) = (changes.first(), changes.last()) else {
            return Ok(batch);
        };
        let known = self.pass.journal.entries(first.seq, last.seq)?;
        let mut open = Vec::with_capacity(changes.len());
        for change in changes {
            self.sort_in(change, &known, &mut batch, &mut open);
        }
        let subjects: Vec<Subject> = open
            .iter()
            .map(|(change, ..)| change.write.subject())
            .collect();
        for ((change, stub, intended), found) in open.into_iter().zip(self.present(&subjects)?) {
            let past = Past {
                intended,
                left_open: self.left_open(&change)?,
            };
            self.judge_one(change, stub, past, found, &mut batch);
        }
        Ok(batch)
    }

    /// Sorts out what needs no look at the target: what has ended well before, and what cannot be
    /// tried. The rest is open, named as the target knows it.
    fn sort_in(
        &mut self,
        change: Change,
        known: &BTreeMap<Seq, Entry>,
        batch: &mut Batch,
        open: &mut Vec<(Change, Option<UserId>, bool)>,
    ) {
        let stub = self.pass.dependents.user_of(&change.write);
        let state = known.get(&change.seq).map(|entry| entry.state);
        if state.is_some_and(State::is_success) {
            if let (Some(stub), Some(entry)) = (stub, known.get(&change.seq)) {
                self.pass.translation.learn(stub, entry.actual);
            }
            batch.past += 1;
        } else if self.pass.dependents.is_blocked(&change.write) {
            batch.settled.push((
                Settled {
                    seq: change.seq,
                    kind: change.write.kind(),
                    outcome: Outcome::Skipped,
                    actual: None,
                },
                stub,
            ));
        } else {
            let write = self.pass.translation.write(change.write);
            let change = Change { write, ..change };
            open.push((change, stub, state == Some(State::Intended)));
        }
    }

    fn judge_one(
        &mut self,
        mut change: Change,
        stub: Option<UserId>,
        past: Past,
        found: Present,
        batch: &mut Batch,
    ) {
        if let (Write::DeleteStub(stub), Present::User { id, .. }) = (&mut change.write, &found) {
            // Found by its UPN: a crash came before we heard which id it got.
            stub.id = *id;
        }
        if let (Write::ChangeUser(wanted), Present::Values(values)) = (&mut change.write, &found) {
            self.set_roles_apart(wanted, values);
        }
        let (seq, kind) = (change.seq, change.write.kind());
        let verdict = judge(&change.write, &found, past);
        let value_read = match verdict {
            Verdict::GoOn => change.write.before(),
            Verdict::Write | Verdict::Ended(..) => found,
        };
        match verdict {
            Verdict::Write | Verdict::GoOn => {
                batch.intents.push(Intent {
                    seq,
                    kind,
                    value_read,
                });
                self.stubs.extend(stub.map(|stub| (seq, stub)));
                batch.to_write.push(change);
            }
            Verdict::Ended(outcome, actual) => batch.settled.push((
                Settled {
                    seq,
                    kind,
                    outcome,
                    actual,
                },
                stub,
            )),
        }
    }

    /// Takes the roles of a user as they are found, where other changes of the plan answer for every one in which they
    /// are not as expected; and asks for none of those, which was refused once.
    fn set_roles_apart(&self, wanted: &mut UserChange, found: &UserValues) {
        let apart = self.pass.source.roles_apart(wanted.user);
        let (Some(apart), Some(roles), Some(found)) = (apart, &mut wanted.roles, &found.roles)
        else {
            return;
        };
        let mut others = roles.before.symmetric_difference(found);
        if others.all(|role| apart.contains(role)) {
            let missing: BTreeSet<RoleId> = roles.before.difference(found).copied().collect();
            roles.after.retain(|role| !missing.contains(role));
            roles.before.clone_from(found);
        }
    }

    /// Only users can be written in part.
    fn left_open(&self, change: &Change) -> Result<bool, ApplyError> {
        match change.write {
            Write::ChangeUser(_) => self.pass.source.left_open(change.seq),
            _ => Ok(false),
        }
    }

    fn present(&self, subjects: &[Subject]) -> Result<Vec<Present>, ApplyError> {
        super::present(self.pass.target, subjects)
    }

    /// One durable commit: what has ended, and what is about to be written.
    fn record(
        &mut self,
        intents: &[Intent],
        settled: Vec<(Settled, Option<UserId>)>,
        arrived: &[(Seq, Outcome)],
    ) -> Result<(), ApplyError> {
        let (settled, stubs): (Vec<Settled>, Vec<Option<UserId>>) = settled.into_iter().unzip();
        let kinds = self.pass.journal.record(intents, &settled, arrived)?;
        for (settled, stub) in settled.iter().zip(stubs) {
            self.pass
                .ended(settled.kind, stub, &settled.outcome, settled.actual);
        }
        for (kind, (seq, outcome)) in kinds.into_iter().zip(arrived) {
            let stub = self.stubs.remove(seq);
            let actual = match outcome {
                Outcome::Done { actual } => *actual,
                _ => None,
            };
            self.pass.ended(kind, stub, outcome, actual);
        }
        self.awaited = self.awaited.saturating_sub(arrived.len() as u64);
        self.step.advance((settled.len() + arrived.len()) as u64);
        Ok(())
    }

    /// Lets the target end what it has, and journals it.
    fn finish(mut self) -> Result<(), ApplyError> {
        let Some(writer) = self.line.writer.take() else {
            return Ok(());
        };
        drop(writer.feed);
        let journaled = self.drain(&writer.done);
        // The target may still be at it when the journal has failed: it is never left alone.
        let written = writer
            .thread
            .join()
            .unwrap_or_else(|panic| resume_unwind(panic));
        journaled?;
        written?;
        match self.awaited {
            0 => Ok(()),
            count => Err(ApplyError::Unanswered { count }),
        }
    }

    fn drain(&mut self, done: &Receiver<(Seq, Outcome)>) -> Result<(), ApplyError> {
        while let Ok(first) = done.recv() {
            let mut arrived = vec![first];
            arrived.extend(done.try_iter());
            self.record(&[], Vec::new(), &arrived)?;
        }
        Ok(())
    }
}

/// The way to the target; its thread starts with the first batch, so that a stage with nothing to
/// write never bothers it.
struct Line<'scope, 'env> {
    scope: &'scope Scope<'scope, 'env>,
    target: &'env dyn Target,
    writer: Option<Writer<'scope>>,
}

struct Writer<'scope> {
    feed: FeedSender<Change>,
    done: Receiver<(Seq, Outcome)>,
    thread: ScopedJoinHandle<'scope, Result<(), TargetError>>,
}

impl Line<'_, '_> {
    /// Waits until the target can take the batch; breaks where it takes no more.
    fn send(&mut self, changes: Vec<Change>, as_of: AsOf) -> ControlFlow<()> {
        let (scope, target) = (self.scope, self.target);
        let writer = self.writer.get_or_insert_with(|| {
            let (sender, stage) = feed(BATCHES_WAITING);
            let (report, done) = channel();
            Writer {
                feed: sender,
                done,
                thread: scope.spawn(move || target.write(&stage, &report)),
            }
        });
        match writer.feed.send_as_of(changes, as_of) {
            Ok(()) => ControlFlow::Continue(()),
            Err(FeedClosed) => ControlFlow::Break(()),
        }
    }

    /// What is read from here on is as of this.
    fn now(&self) -> AsOf {
        self.writer
            .as_ref()
            .map(|writer| writer.feed.now())
            .unwrap_or_default()
    }

    /// What has come back so far, without waiting.
    fn arrived(&self) -> Vec<(Seq, Outcome)> {
        self.writer
            .as_ref()
            .map(|writer| writer.done.try_iter().collect())
            .unwrap_or_default()
    }
}
