//! Which changes cannot be tried because one that they need did not come about.
//!
//! In: stub users that could not be made (on the way out) or not be set free (on the way back), and
//! existing users whose roles are not those planned. Out: whether a change names one of them. On the way
//! out, roles and records need the stub user that they go to, and a role is taken only from a user who was
//! given all that the plan gives; on the way back, a stub user can only go when nothing is left with it.

use std::collections::BTreeSet;

use crate::model::{ChangeKind, Outcome, Principal, UserId, Write};

/// In which direction a pass goes.
#[derive(Clone, Debug)]
pub(super) enum Way {
    /// Apply.
    Out,
    /// Undo, of a plan that made these stub users.
    Back {
        /// By the ids that they have.
        stubs: BTreeSet<UserId>,
    },
}

/// The users in whose way something is.
#[derive(Clone, Debug)]
pub(super) struct Dependents {
    way: Way,
    blocked: BTreeSet<UserId>,
    /// Existing users who do not hold the roles that the plan gives them.
    unchanged: BTreeSet<UserId>,
}

impl Dependents {
    /// Nothing is in the way yet.
    pub(super) fn new(way: Way) -> Self {
        Self {
            way,
            blocked: BTreeSet::new(),
            unchanged: BTreeSet::new(),
        }
    }

    /// The user who depends on this change, or on whom others depend.
    pub(super) fn user_of(&self, write: &Write) -> Option<UserId> {
        let Way::Back { stubs } = &self.way else {
            return match write {
                Write::CreateStub(stub) => Some(stub.id),
                Write::ChangeUser(change) => change.roles.as_ref().map(|_| change.user),
                _ => None,
            };
        };
        let who = match write {
            Write::AssignRecord { before, .. } => *before,
            Write::GiveRole { principal, .. } | Write::RemoveRole { principal, .. } => *principal,
            Write::CreateStub(_) | Write::ChangeUser(_) | Write::DeleteStub(_) => return None,
        };
        user(who).filter(|id| stubs.contains(id))
    }

    /// Takes in how the change of this kind ended that `user` was found for.
    pub(super) fn ended(&mut self, kind: ChangeKind, user: UserId, outcome: &Outcome) {
        let blocks = match outcome {
            Outcome::Done { .. } | Outcome::NoChangeNeeded => false,
            // On the way back a record that somebody else holds by now is not with the stub user
            // any more.
            Outcome::Drifted(_) => matches!(self.way, Way::Out),
            Outcome::Failed(_) | Outcome::Skipped => true,
        };
        match kind {
            _ if !blocks => {}
            ChangeKind::ChangeUser => {
                self.unchanged.insert(user);
            }
            _ => {
                self.blocked.insert(user);
            }
        }
    }

    /// Whether a change, as planned, needs what did not come about.
    pub(super) fn is_blocked(&self, write: &Write) -> bool {
        if let (Way::Out, Write::RemoveRole { principal, .. }) = (&self.way, write)
            && user(*principal).is_some_and(|id| self.unchanged.contains(&id))
        {
            return true;
        }
        if self.blocked.is_empty() {
            return false;
        }
        let needed = match (&self.way, write) {
            (Way::Out, Write::AssignRecord { after, .. }) => user(*after),
            (Way::Out, Write::GiveRole { principal, .. } | Write::RemoveRole { principal, .. }) => {
                user(*principal)
            }
            (Way::Back { .. }, Write::DeleteStub(stub)) => Some(stub.id),
            _ => None,
        };
        needed.is_some_and(|id| self.blocked.contains(&id))
    }
}

fn user(principal: Principal) -> Option<UserId> {
    match principal {
        Principal::User(id) => Some(id),
        Principal::Team(_) => None,
    }
}
