//! Planned ids of stub users to the ids that they really got.
//!
//! In: what the journal and the target say about stub users. Out: writes that name whom the target
//! knows. The plan itself never changes, so every reader of it translates.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use crate::apply::ApplyError;
use crate::apply::entry::State;
use crate::apply::journal::Journal;
use crate::apply::source::{Changes, each_batch};
use crate::model::{Change, Principal, Stage, UserId, Write};

/// Stub users read at once.
const STUBS_AT_ONCE: usize = 1_000;

/// Which planned stub users have another id. Those that got the planned one are not in it.
#[derive(Clone, Debug, Default)]
pub(super) struct Translation {
    actual: BTreeMap<UserId, UserId>,
}

impl Translation {
    /// Notes the id that a planned stub user got; `None` is the planned one.
    pub(super) fn learn(&mut self, planned: UserId, actual: Option<UserId>) {
        if let Some(actual) = actual.filter(|actual| *actual != planned) {
            self.actual.insert(planned, actual);
        }
    }

    /// The id under which the target knows a user.
    pub(super) fn user(&self, planned: UserId) -> UserId {
        self.actual.get(&planned).copied().unwrap_or(planned)
    }

    fn principal(&self, planned: Principal) -> Principal {
        match planned {
            Principal::User(id) => Principal::User(self.user(id)),
            team @ Principal::Team(_) => team,
        }
    }

    /// The write, naming users as the target knows them.
    pub(super) fn write(&self, write: Write) -> Write {
        if self.actual.is_empty() {
            return write;
        }
        match write {
            Write::CreateStub(mut stub) => {
                stub.id = self.user(stub.id);
                Write::CreateStub(stub)
            }
            Write::DeleteStub(mut stub) => {
                stub.id = self.user(stub.id);
                Write::DeleteStub(stub)
            }
            // It exists, so nobody planned its id.
            Write::ChangeUser(change) => Write::ChangeUser(change),
            Write::GiveRole { principal, role } => Write::GiveRole {
                principal: self.principal(principal),
                role,
            },
            Write::RemoveRole { principal, role } => Write::RemoveRole {
                principal: self.principal(principal),
                role,
            },
            Write::AssignRecord {
                entity,
                record,
                before,
                after,
            } => Write::AssignRecord {
                entity,
                record,
                before: self.principal(before),
                after: self.principal(after),
            },
        }
    }
}

/// The stub users that a plan has made, or was about to make.
#[derive(Clone, Debug, Default)]
pub(super) struct StubUsers {
    pub(super) translation: Translation,
    /// By the ids that they have.
    pub(super) ids: BTreeSet<UserId>,
}

impl StubUsers {
    /// Reads them from the first stage and the journal.
    pub(super) fn read(plan: &dyn Changes, journal: &Journal) -> Result<Self, ApplyError> {
        let mut stubs = Self::default();
        let parts = plan.parts()?;
        let first = parts.iter().filter(|part| part.stage == Stage::StubUsers);
        each_batch(plan, first, STUBS_AT_ONCE, |changes| {
            stubs.take_in(&changes, journal)?;
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(stubs)
    }

    fn take_in(&mut self, changes: &[Change], journal: &Journal) -> Result<(), ApplyError> {
        let (Some(first), Some(last)) = (changes.first(), changes.last()) else {
            return Ok(());
        };
        let entries = journal.entries(first.seq, last.seq)?;
        for change in changes {
            if let (Write::CreateStub(stub), Some(entry)) =
                (&change.write, entries.get(&change.seq))
            {
                self.translation.learn(stub.id, entry.actual);
                if matches!(entry.state, State::Done | State::Intended) {
                    self.ids.insert(self.translation.user(stub.id));
                }
            }
        }
        Ok(())
    }
}
