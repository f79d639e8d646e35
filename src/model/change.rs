//! Changes: the things to write, as data.
//!
//! In: what `plan/` found to differ. Out: what a target writes, and what it must find before and
//! after. Who may write what is a rule; how it is written is the target's affair.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::model::{
    Aspects, FileId, Principal, RecordId, RoleId, UnitId, UserChange, UserId, UserValues,
};

/// The number of a change within its plan, from 0, in the order of stages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Seq(pub u64);

/// Changes that may run together; a stage starts when the one before it has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// 1: stub users, each with its default role.
    StubUsers,
    /// 2: existing users, all of one user together.
    ExistingUsers,
    /// 3: roles given to the rest.
    RolesGiven,
    /// 4: records, parents' tables before children's; `order` is the table's place among them.
    Records {
        /// Tables of the same order run together.
        order: u16,
    },
    /// 5: roles removed.
    RolesRemoved,
}

impl Stage {
    /// Its number in the design and in file names.
    pub fn number(self) -> u8 {
        match self {
            Self::StubUsers => 1,
            Self::ExistingUsers => 2,
            Self::RolesGiven => 3,
            Self::Records { .. } => 4,
            Self::RolesRemoved => 5,
        }
    }
}

/// How stub users are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StubWay {
    /// The service's data import, which gives the default role itself.
    Import,
    /// A plain create, then the role: needs the setting for roles on disabled users.
    Api,
}

/// A stub user to be made. It is always disabled and in the root business unit.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct StubUser {
    /// Planned id; the import way may get another.
    pub id: UserId,
    /// `domainname`.
    pub upn: String,
    /// `internalemailaddress`.
    pub mail: String,
    /// `firstname`.
    pub first_name: Option<String>,
    /// `lastname`.
    pub last_name: Option<String>,
    /// `fullname`.
    pub full_name: String,
    /// `employeeid`.
    pub employee_id: Option<String>,
    /// The root business unit.
    pub business_unit: UnitId,
    /// The default role's copy in that unit.
    pub default_role: RoleId,
    /// How it is made.
    pub way: StubWay,
}

/// One thing to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Write {
    /// Make a stub user with its default role.
    CreateStub(Box<StubUser>),
    /// Change an existing user, as a whole or not at all.
    ChangeUser(Box<UserChange>),
    /// Give a role to a user or team.
    GiveRole {
        /// To whom.
        principal: Principal,
        /// Which copy.
        role: RoleId,
    },
    /// Take a role away.
    RemoveRole {
        /// From whom.
        principal: Principal,
        /// Which copy.
        role: RoleId,
    },
    /// Give a record another owner.
    AssignRecord {
        /// Logical name of the table.
        entity: Arc<str>,
        /// The record.
        record: RecordId,
        /// Who owns it now.
        before: Principal,
        /// Who shall own it.
        after: Principal,
    },
    /// Take a stub user away again, with its default role; only `undo` asks for it.
    DeleteStub(Box<StubUser>),
}

impl Write {
    /// What the write is about.
    pub fn subject(&self) -> Subject {
        match self {
            Self::CreateStub(stub) | Self::DeleteStub(stub) => Subject::Stub {
                id: stub.id,
                upn: stub.upn.clone(),
            },
            Self::ChangeUser(change) => Subject::User {
                id: change.user,
                aspects: change.aspects(),
            },
            Self::GiveRole { principal, role } | Self::RemoveRole { principal, role } => {
                Subject::Role {
                    principal: *principal,
                    role: *role,
                }
            }
            Self::AssignRecord { entity, record, .. } => Subject::Record {
                entity: Arc::clone(entity),
                record: *record,
            },
        }
    }

    /// What must be there before it is written.
    pub fn before(&self) -> Present {
        match self {
            Self::CreateStub(_) => Present::Absent,
            Self::ChangeUser(change) => Present::Values(Box::new(change.before())),
            Self::GiveRole { .. } => Present::Role(false),
            Self::RemoveRole { .. } => Present::Role(true),
            Self::AssignRecord { before, .. } => Present::Owner(*before),
            Self::DeleteStub(stub) => Present::stub(stub),
        }
    }

    /// What must be there after it was written.
    pub fn after(&self) -> Present {
        match self {
            Self::CreateStub(stub) => Present::stub(stub),
            Self::ChangeUser(change) => Present::Values(Box::new(change.after())),
            Self::GiveRole { .. } => Present::Role(true),
            Self::RemoveRole { .. } => Present::Role(false),
            Self::AssignRecord { after, .. } => Present::Owner(*after),
            Self::DeleteStub(_) => Present::Absent,
        }
    }

    /// The write that takes it back.
    #[must_use]
    pub fn inverse(&self) -> Self {
        match self.clone() {
            Self::CreateStub(stub) => Self::DeleteStub(stub),
            Self::DeleteStub(stub) => Self::CreateStub(stub),
            Self::ChangeUser(change) => Self::ChangeUser(Box::new(change.inverse())),
            Self::GiveRole { principal, role } => Self::RemoveRole { principal, role },
            Self::RemoveRole { principal, role } => Self::GiveRole { principal, role },
            Self::AssignRecord {
                entity,
                record,
                before,
                after,
            } => Self::AssignRecord {
                entity,
                record,
                before: after,
                after: before,
            },
        }
    }

    /// The kind, for counts and messages.
    pub fn kind(&self) -> ChangeKind {
        match self {
            Self::CreateStub(_) => ChangeKind::CreateStubUser,
            Self::ChangeUser(_) => ChangeKind::ChangeUser,
            Self::GiveRole { .. } => ChangeKind::GiveRole,
            Self::RemoveRole { .. } => ChangeKind::RemoveRole,
            Self::AssignRecord { .. } => ChangeKind::AssignRecord,
            Self::DeleteStub(_) => ChangeKind::DeleteStubUser,
        }
    }
}

/// The kinds of change, for counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the words say it")]
pub enum ChangeKind {
    CreateStubUser,
    ChangeUser,
    GiveRole,
    AssignRecord,
    RemoveRole,
    DeleteStubUser,
}

impl ChangeKind {
    /// Every kind.
    pub const ALL: [Self; 6] = [
        Self::CreateStubUser,
        Self::ChangeUser,
        Self::GiveRole,
        Self::AssignRecord,
        Self::RemoveRole,
        Self::DeleteStubUser,
    ];

    /// What people read: `create stub user`.
    pub fn words(self) -> &'static str {
        match self {
            Self::CreateStubUser => "create stub user",
            Self::ChangeUser => "change user",
            Self::GiveRole => "give role",
            Self::AssignRecord => "assign record",
            Self::RemoveRole => "remove role",
            Self::DeleteStubUser => "delete stub user",
        }
    }

    /// Its name in `plan.json`; part of that format.
    pub fn key(self) -> &'static str {
        match self {
            Self::CreateStubUser => "create_stub_user",
            Self::ChangeUser => "change_user",
            Self::GiveRole => "give_role",
            Self::AssignRecord => "assign_record",
            Self::RemoveRole => "remove_role",
            Self::DeleteStubUser => "delete_stub_user",
        }
    }
}

/// A write at its place in a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Its number.
    pub seq: Seq,
    /// What to write.
    pub write: Write,
    /// True on the way back only: the value is put back as it was, past rules that the state of
    /// before may itself break (an owner who never had a role). A target that cannot do that says so
    /// with a refusal.
    pub restore: bool,
    /// File and row that asked for it, from 1; `None` on the way back.
    pub source: Option<(FileId, u64)>,
}

/// What a change is about; never two changes on one subject at once.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// A stub user, found by id, else by UPN (the import way may give another id).
    Stub {
        /// Planned id.
        id: UserId,
        /// UPN.
        upn: String,
    },
    /// An existing user, as far as it is spoken of.
    User {
        /// Who.
        id: UserId,
        /// Which values.
        aspects: Aspects,
    },
    /// Whether a principal has a role.
    Role {
        /// Who.
        principal: Principal,
        /// Which copy.
        role: RoleId,
    },
    /// Who owns a record.
    Record {
        /// Logical name of the table.
        entity: Arc<str>,
        /// The record.
        record: RecordId,
    },
}

/// What a target holds of a subject.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Present {
    /// Nothing of that id.
    Absent,
    /// A user: what makes it the stub that was planned.
    User {
        /// Its id.
        id: UserId,
        /// `domainname`.
        upn: String,
        /// `internalemailaddress`.
        mail: String,
        /// `fullname`.
        full_name: String,
        /// Whether it is a stub user.
        stub: bool,
        /// Its roles, sorted.
        roles: Vec<RoleId>,
    },
    /// The values of an existing user, as far as they are spoken of.
    Values(Box<UserValues>),
    /// Whether the role is there.
    Role(bool),
    /// The owner.
    Owner(Principal),
}

impl Present {
    fn stub(stub: &StubUser) -> Self {
        Self::User {
            id: stub.id,
            upn: stub.upn.clone(),
            mail: stub.mail.clone(),
            full_name: stub.full_name.clone(),
            stub: true,
            roles: vec![stub.default_role],
        }
    }
}
