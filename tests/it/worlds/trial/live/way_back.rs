//! What the service lets go of again: the way back of a plan, asked of the service in this process.
//!
//! In: a copy of the environment after apply, and the plan's changes. Out: that copy as an undo must leave the
//! environment, and what is refused on the way. The service knows no way back: each change is the opposite request,
//! and its rules speak, newest stage first. What makes one request of the Web API, or several that stand and fall
//! together, is worked out here alone.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use cutover::environment::EnvironmentFile;
use cutover::model::{ChangeKind, Principal, StubUser, UserChange, UserId, Write};
use cutover::service::{self, Performed};
use rusqlite::Connection;

/// What a user who is enabled or owns something is kept by.
const NOT_DELETED: &str = "0x80040264";

/// The way back of a plan.
#[derive(Debug, Default)]
pub(super) struct WayBack {
    /// Refusals by code; what is not tried for want of another by no code.
    pub(super) refused: BTreeMap<String, u64>,
    /// Stub users who keep something.
    holding: BTreeSet<UserId>,
    keeps_roles: bool,
}

/// Kinds of changes in the order in which they are taken back.
const ORDER: [ChangeKind; 5] = [
    ChangeKind::RemoveRole,
    ChangeKind::AssignRecord,
    ChangeKind::GiveRole,
    ChangeKind::ChangeUser,
    ChangeKind::CreateStubUser,
];

impl WayBack {
    /// Goes it, over a file.
    pub(super) fn over(path: &Path, writes: &[Write], keeps_roles: bool) -> Self {
        let file = EnvironmentFile::open_for_writing(path).expect("an environment file");
        let mut way_back = Self {
            keeps_roles,
            ..Self::default()
        };
        for kind in ORDER {
            let mut of_kind: Vec<&Write> =
                writes.iter().filter(|write| write.kind() == kind).collect();
            // Roles of one holder travel together.
            of_kind.sort_by_key(|write| holder(write));
            for write in of_kind {
                way_back.take_back(file.connection(), &write.inverse());
            }
        }
        way_back
    }

    /// Whether all is as before.
    pub(super) fn is_whole(&self) -> bool {
        self.refused.is_empty()
    }

    fn take_back(&mut self, connection: &Connection, write: &Write) {
        let code = match write {
            Write::DeleteStub(stub) if self.holding.contains(&stub.id) => Some(String::new()),
            Write::DeleteStub(stub) => delete(connection, stub),
            Write::ChangeUser(change) => together(connection, &self.requests(change)),
            write => together(connection, std::slice::from_ref(write)),
        };
        let Some(code) = code else { return };
        *self.refused.entry(code).or_default() += 1;
        let holder = match write {
            Write::AssignRecord { before, .. } => Some(*before),
            write => holder(write),
        };
        if let Some(Principal::User(user)) = holder {
            self.holding.insert(user);
        }
    }

    /// A user's values in one request, then each role in one of its own.
    fn requests(&self, change: &UserChange) -> Vec<Write> {
        let values = UserChange {
            roles: None,
            ..change.clone()
        };
        let principal = Principal::User(change.user);
        let (mut held, wanted) = match &change.roles {
            Some(roles) => (roles.before.clone(), roles.after.clone()),
            None => (BTreeSet::new(), BTreeSet::new()),
        };
        if change.business_unit.is_some() && !self.keeps_roles {
            held.clear();
        }
        let given = wanted.difference(&held);
        let given = given.map(|role| Write::GiveRole {
            principal,
            role: *role,
        });
        let taken = held.difference(&wanted);
        let taken = taken.map(|role| Write::RemoveRole {
            principal,
            role: *role,
        });
        let mut requests = vec![Write::ChangeUser(Box::new(values))];
        requests.extend(given.chain(taken));
        requests
    }
}

/// Whose roles a write is about.
fn holder(write: &Write) -> Option<Principal> {
    match write {
        Write::GiveRole { principal, .. } | Write::RemoveRole { principal, .. } => Some(*principal),
        _ => None,
    }
}

/// Performs all of these or none; the code of the first refusal.
fn together(connection: &Connection, writes: &[Write]) -> Option<String> {
    let transaction = connection.unchecked_transaction().expect("a transaction");
    for write in writes {
        if let Performed::Refused(refusal) = service::perform(connection, write).expect("an answer")
        {
            transaction.rollback().expect("rolled back");
            return Some(refusal.code.to_string());
        }
    }
    transaction.commit().expect("committed");
    None
}

/// Deletes a user who owns nothing.
fn delete(connection: &Connection, stub: &StubUser) -> Option<String> {
    let id = stub.id.0.as_bytes();
    let sql = "SELECT EXISTS (SELECT 1 FROM record WHERE owner = ?1)";
    if connection
        .query_row(sql, [id], |row| row.get(0))
        .expect("an answer")
    {
        return Some(NOT_DELETED.to_owned());
    }
    for sql in [
        "DELETE FROM user_role WHERE user = ?1",
        "DELETE FROM user WHERE id = ?1",
    ] {
        connection.execute(sql, [id]).expect("deleted");
    }
    None
}
