//! One pass over changes: stage after stage, each to its end before the next begins.
//!
//! In: changes in order, a target, a journal. Out: every change's outcome in the journal, and what
//! this run did. Apply and undo are passes over different changes; the protocol of a batch is in
//! `stage.rs`.

use std::collections::BTreeMap;

use crate::apply::applied::Ended;
use crate::apply::dependents::{Dependents, Way};
use crate::apply::journal::Journal;
use crate::apply::source::{Changes, Part};
use crate::apply::translate::Translation;
use crate::apply::{ApplyError, Options, Tally, stage};
use crate::model::{ChangeKind, Outcome, Stage, UserId};
use crate::target::Target;

/// A pass, and what it knows so far.
pub(super) struct Pass<'a> {
    pub(super) source: &'a dyn Changes,
    pub(super) target: &'a dyn Target,
    pub(super) journal: &'a mut Journal,
    pub(super) options: &'a Options<'a>,
    pub(super) translation: Translation,
    pub(super) dependents: Dependents,
    /// What became of the changes that this run has touched.
    pub(super) tally: BTreeMap<ChangeKind, Tally>,
    /// Whether anything went to the target.
    pub(super) wrote: bool,
    /// Whether it was asked to stop before its end.
    pub(super) interrupted: bool,
}

impl<'a> Pass<'a> {
    pub(super) fn new(
        source: &'a dyn Changes,
        target: &'a dyn Target,
        journal: &'a mut Journal,
        way: Way,
        options: &'a Options<'a>,
    ) -> Self {
        Self {
            source,
            target,
            journal,
            options,
            translation: Translation::default(),
            dependents: Dependents::new(way),
            tally: BTreeMap::new(),
            wrote: false,
            interrupted: false,
        }
    }

    /// Runs all stages, or up to where it was asked to stop; the journal notes when.
    pub(super) fn run(mut self) -> Result<Ended, ApplyError> {
        let Options { now, current, .. } = *self.options;
        self.journal.pass_begins(now(), current)?;
        self.stages()?;
        let tallies = self.tally.values();
        let ended = tallies.map(|tally| tally.succeeded() + tally.unsuccessful());
        self.journal.pass_ends(now(), ended.sum())?;
        Ok(Ended {
            tally: self.tally,
            wrote: self.wrote,
            interrupted: self.interrupted,
        })
    }

    fn stages(&mut self) -> Result<(), ApplyError> {
        let parts = self.source.parts()?;
        for together in parts.chunk_by(|one, next| one.stage == next.stage) {
            stage::run(self, together)?;
            if self.interrupted {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Takes in how a change ended; `user` is the one whom others depend on, see [`Dependents`].
    pub(super) fn ended(
        &mut self,
        kind: ChangeKind,
        user: Option<UserId>,
        outcome: &Outcome,
        actual: Option<UserId>,
    ) {
        self.tally.entry(kind).or_default().count(outcome);
        if let Some(user) = user {
            self.dependents.ended(kind, user, outcome);
            self.translation.learn(user, actual);
        }
    }
}

/// What a stage is called while it runs.
pub(super) fn title(parts: &[Part]) -> String {
    let Some(first) = parts.first() else {
        return String::new();
    };
    match first.stage {
        Stage::StubUsers => "stub users".to_owned(),
        Stage::ExistingUsers => "existing users".to_owned(),
        Stage::RolesGiven => "roles given".to_owned(),
        Stage::RolesRemoved => "roles removed".to_owned(),
        Stage::Records { .. } => {
            let tables: Vec<&str> = parts.iter().map(|part| part.entity.as_str()).collect();
            format!("records of {}", tables.join(", "))
        }
    }
}
