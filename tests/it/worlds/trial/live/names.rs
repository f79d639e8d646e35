//! Stub users by the ids that a live environment gave them: its data import knows nothing of planned ones.

use std::collections::BTreeMap;

use cutover::model::{Principal, UserId, Write};
use rusqlite::{Connection, OptionalExtension};
use uuid::Uuid;

/// Planned ids and others.
#[derive(Debug, Default)]
pub(super) struct Names(BTreeMap<UserId, UserId>);

impl Names {
    /// Who has the name of each planned stub user.
    pub(super) fn found<'a>(
        file: &Connection,
        writes: impl IntoIterator<Item = &'a Write>,
    ) -> Self {
        let mut names = Self::default();
        for write in writes {
            if let Write::CreateStub(stub) = write {
                let sql = "SELECT id FROM user WHERE upn = ?1 AND stub ORDER BY id";
                let found = file.query_row(sql, [&stub.upn], |row| row.get(0));
                let found: Option<[u8; 16]> = found.optional().expect("an answer");
                let found = found.map(|id| UserId(Uuid::from_bytes(id)));
                names.learn(stub.id, found);
            }
        }
        names
    }

    pub(super) fn learn(&mut self, planned: UserId, actual: Option<UserId>) {
        if let Some(actual) = actual {
            self.0.insert(planned, actual);
        }
    }

    fn user(&self, planned: UserId) -> UserId {
        self.0.get(&planned).copied().unwrap_or(planned)
    }

    fn principal(&self, planned: Principal) -> Principal {
        match planned {
            Principal::User(user) => Principal::User(self.user(user)),
            team @ Principal::Team(_) => team,
        }
    }

    /// The same write with other names.
    pub(super) fn of(&self, write: &Write) -> Write {
        let mut write = write.clone();
        match &mut write {
            Write::CreateStub(stub) | Write::DeleteStub(stub) => stub.id = self.user(stub.id),
            Write::ChangeUser(change) => change.user = self.user(change.user),
            Write::GiveRole { principal, .. } | Write::RemoveRole { principal, .. } => {
                *principal = self.principal(*principal);
            }
            Write::AssignRecord { before, after, .. } => {
                *before = self.principal(*before);
                *after = self.principal(*after);
            }
        }
        write
    }
}
