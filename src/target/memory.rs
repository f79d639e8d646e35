//! A target in memory, with faults on demand, for tests of what drives a target.
//!
//! In: what is present, which changes to refuse, after how many to fail. Out: the same answers as any
//! target. It knows no rule of the service: what is not refused on demand is done.

use std::collections::BTreeMap;
use std::sync::mpsc::Sender;
use std::sync::{Mutex, MutexGuard};

use uuid::Uuid;

use crate::model::{
    Change, Fact, Identity, OrganisationId, Outcome, Present, Refusal, Seq, Subject,
};
use crate::target::{Feed, Scope, Target, TargetError};

/// What is in memory. Subjects that were never put in are absent, roles not held.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    facts: Vec<Fact>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    present: BTreeMap<Subject, Present>,
    refusals: BTreeMap<Seq, Refusal>,
    written: Vec<Seq>,
    batches_left: Option<usize>,
    commits_before_fault: bool,
}

impl Memory {
    /// A target that tells these facts, and holds these subjects.
    pub(crate) fn new(facts: Vec<Fact>, present: Vec<(Subject, Present)>) -> Self {
        let state = State {
            present: present.into_iter().collect(),
            ..State::default()
        };
        Self {
            facts,
            state: Mutex::new(state),
        }
    }

    /// Refuses this change whenever it comes.
    pub(crate) fn refuse(&self, seq: Seq, refusal: Refusal) {
        self.state().refusals.insert(seq, refusal);
    }

    /// Whether it refuses this change.
    pub(crate) fn refuses(&self, seq: Seq) -> bool {
        self.state().refusals.contains_key(&seq)
    }

    /// Fails at the batch after this many; `committed` says whether that batch is written all the
    /// same, as when the line drops before the answer comes.
    pub(crate) fn fail_after(&self, batches: usize, committed: bool) {
        let mut state = self.state();
        state.batches_left = Some(batches);
        state.commits_before_fault = committed;
    }

    /// No fault any more.
    pub(crate) fn heal(&self) {
        self.state().batches_left = None;
    }

    /// Puts something there from outside, as somebody else's write.
    pub(crate) fn put(&self, subject: Subject, present: Present) {
        self.state().present.insert(subject, present);
    }

    /// The changes that were written, in that order; a change written twice is there twice.
    pub(crate) fn written(&self) -> Vec<Seq> {
        self.state().written.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state
            .lock()
            .expect("no test panics while it holds this")
    }
}

impl State {
    fn find(&self, subject: &Subject) -> Present {
        let absent = match subject {
            Subject::Role { .. } => Present::Role(false),
            Subject::Stub { .. } | Subject::User { .. } | Subject::Record { .. } => Present::Absent,
        };
        self.present.get(subject).cloned().unwrap_or(absent)
    }

    fn write(&mut self, change: &Change) -> Outcome {
        if let Some(refusal) = self.refusals.get(&change.seq) {
            return Outcome::Failed(refusal.clone());
        }
        let (subject, after) = (change.write.subject(), change.write.after());
        if self.find(&subject) == after {
            return Outcome::NoChangeNeeded;
        }
        self.present.insert(subject, after);
        self.written.push(change.seq);
        Outcome::Done { actual: None }
    }

    fn fault(&mut self) -> bool {
        match &mut self.batches_left {
            Some(0) => true,
            Some(left) => {
                *left -= 1;
                false
            }
            None => false,
        }
    }
}

impl Target for Memory {
    fn identity(&self) -> Result<Identity, TargetError> {
        Ok(Identity {
            organisation: OrganisationId(Uuid::from_u128(1)),
            host: "memory".to_owned(),
            caller: None,
        })
    }

    fn facts(&self, scope: &Scope, sink: &mut dyn FnMut(Fact)) -> Result<(), TargetError> {
        let asked = self.facts.iter().filter(|fact| scope.holds(fact));
        asked.cloned().for_each(sink);
        Ok(())
    }

    fn present(&self, subjects: &[Subject]) -> Result<Vec<Present>, TargetError> {
        let state = self.state();
        Ok(subjects.iter().map(|subject| state.find(subject)).collect())
    }

    fn write(
        &self,
        stage: &Feed<Change>,
        done: &Sender<(Seq, Outcome)>,
    ) -> Result<(), TargetError> {
        while let Some(batch) = stage.next() {
            let mut held = self.state();
            let fault = held.fault();
            if fault && !held.commits_before_fault {
                return Err(unreachable_now());
            }
            let outcomes: Vec<_> = batch
                .iter()
                .map(|change| (change.seq, held.write(change)))
                .collect();
            if fault {
                return Err(unreachable_now());
            }
            for outcome in outcomes {
                done.send(outcome).map_err(|_| TargetError::Unheard)?;
            }
        }
        Ok(())
    }
}

fn unreachable_now() -> TargetError {
    TargetError::Unreachable {
        host: "memory".to_owned(),
        why: "a fault was asked for".to_owned(),
    }
}
