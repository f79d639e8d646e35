//! What Dataverse does with one write, over an environment file.
//!
//! In: a write, and the connection of a caller who has begun a transaction. Out: what the service
//! answers, and its rows and side effects in that transaction. It answers by the platform facts alone
//! and names no rule of `check/`, which foretells the same from look-ups of its own. A refused write
//! has written nothing; after a [`ServiceError`] the caller rolls back.

use std::collections::BTreeSet;
use std::sync::Arc;

use hashbrown::HashMap;
use rusqlite::Connection;
use uuid::Uuid;

use crate::model::{Principal, Refusal, UserId, Write};

mod caller;
mod directory;
mod new_user;
mod owner;
mod privileges;
mod refusals;
mod role;
mod rows;
mod stub;
mod user;

#[cfg(test)]
mod tests;

pub use new_user::NewUser;
pub use refusals::{Certainty, REFUSALS, Reason, RefusalRule};

/// What became of one write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Performed {
    /// Written.
    Done {
        /// The id that a stub user really got, where it is not the planned one.
        actual: Option<UserId>,
    },
    /// Already so.
    NoChangeNeeded,
    /// Refused; nothing was written.
    Refused(Refusal),
}

/// The run cannot go on: the environment file itself fails.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// The database says no.
    #[error(
        "the environment file cannot be read or written; see that its disk has room and that no \
         other program holds it, then run again"
    )]
    Database {
        /// What it said.
        #[from]
        source: rusqlite::Error,
    },
    /// A number stands for nothing.
    #[error(
        "the environment file holds {found} as {what}, which stands for nothing; make it again \
         with `cutover load`"
    )]
    Damaged {
        /// Of what.
        what: &'static str,
        /// The number.
        found: u8,
    },
    /// Every environment has a root business unit; this one has none.
    #[error(
        "the environment file has no business unit without a parent, and users are made in that \
         one; make it again with `cutover load`"
    )]
    NoRootUnit,
}

/// Performs one write; see [`Service::perform`].
pub fn perform(connection: &Connection, write: &Write) -> Result<Performed, ServiceError> {
    Service::new(connection).perform(write)
}

/// Puts one value back; see [`Service::restore`].
pub fn restore(connection: &Connection, write: &Write) -> Result<Performed, ServiceError> {
    Service::new(connection).restore(write)
}

/// The service over one connection, for many writes.
///
/// It remembers what it has asked (who may own rows of which table, which UPNs are taken), so while
/// it lives nobody else may write to the file, and after a rollback [`Service::forget`] must be called.
#[derive(Debug)]
pub struct Service<'c> {
    connection: &'c Connection,
    memo: Memo,
}

impl<'c> Service<'c> {
    /// A service that remembers nothing yet.
    pub fn new(connection: &'c Connection) -> Self {
        Self {
            connection,
            memo: Memo::default(),
        }
    }

    /// Does what the service does with one write, or answers why not.
    ///
    /// Whether the subject was as [`Write::before`] says is not asked: the service does not know plans.
    pub fn perform(&mut self, write: &Write) -> Result<Performed, ServiceError> {
        match write {
            Write::CreateStub(stub) => self.create_stub(stub),
            Write::ChangeUser(change) => self.change_user(change),
            Write::GiveRole { principal, role } => self.give_role(*principal, *role),
            Write::RemoveRole { principal, role } => self.remove_role(*principal, *role),
            Write::AssignRecord {
                entity,
                record,
                after,
                ..
            } => self.assign_record(entity, *record, *after),
            Write::DeleteStub(stub) => self.delete_stub(stub),
        }
    }

    /// The way back of undo: puts the value back past the rules, which the state of before may itself
    /// break, but never on a subject that is not as [`Write::before`] says.
    ///
    /// Making a stub user is no way back of anything and goes by the rules.
    pub fn restore(&mut self, write: &Write) -> Result<Performed, ServiceError> {
        match write {
            Write::CreateStub(stub) => self.create_stub(stub),
            Write::ChangeUser(change) => self.put_user_back(change),
            Write::GiveRole { principal, role } => self.put_role_back(*principal, *role),
            Write::RemoveRole { principal, role } => self.take_role_back(*principal, *role),
            Write::AssignRecord {
                entity,
                record,
                before,
                after,
            } => self.put_owner_back(entity, *record, *before, *after),
            Write::DeleteStub(stub) => self.delete_stub(stub),
        }
    }

    /// Forgets what was remembered: after a rollback, or when somebody else has written to the file.
    pub fn forget(&mut self) {
        self.memo = Memo::default();
    }

    fn setting(&self, name: &str) -> Result<bool, ServiceError> {
        rows::setting(self.connection, name, false)
    }

    /// The users who own records, read once: records have no index by owner.
    fn owning(&mut self) -> Result<&BTreeSet<UserId>, ServiceError> {
        let owning = match self.memo.owning.take() {
            Some(owning) => owning,
            None => self.read_owning()?,
        };
        Ok(self.memo.owning.insert(owning))
    }

    fn read_owning(&self) -> Result<BTreeSet<UserId>, ServiceError> {
        let sql = "SELECT DISTINCT owner FROM record WHERE owner_type = ?1";
        let code = Principal::User(UserId(Uuid::nil())).type_code();
        let mut statement = self.connection.prepare_cached(sql)?;
        let users = statement.query_map([code], |row| Ok(UserId(Uuid::from_bytes(row.get(0)?))))?;
        Ok(users.collect::<Result<_, _>>()?)
    }
}

/// Answers that hold until a write changes what they rest on.
#[derive(Debug, Default)]
struct Memo {
    tables: HashMap<Arc<str>, Option<owner::Table>>,
    owners: HashMap<(i64, Principal), Option<Refusal>>,
    taken: Option<stub::Taken>,
    owning: Option<BTreeSet<UserId>>,
    caller: caller::Known,
}

impl Memo {
    /// Roles of somebody were given or taken, so who may own is to be asked again; and what the caller may
    /// do, unless it is somebody else who is known not to be the caller.
    fn rights_changed(&mut self, of: Principal) {
        self.owners.clear();
        if self.caller.may_be(of) {
            self.caller = caller::Known::default();
        }
    }

    /// A record has another owner, so who owns any is to be asked again.
    fn owners_changed(&mut self) {
        self.owning = None;
    }
}
