//! A plan before it is judged: every change wanted, and the fate of every row so far.
//!
//! In: what `build.rs` found to differ. Out: data that `check/` marks, in place, where the service
//! would refuse. Rows that never become a change are already counted.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{
    Accept, Code, Fate, FileId, FindingId, Ledger, Loadable, MissingPerson, Principal, RecordId,
    RoleAction, RoleId, Rung, StubUser, StubWay, UnitId, comparison_key,
};
use crate::plan::{DraftTable, DraftUser, PrincipalIndex};

/// Why a change fell: the finding that stopped it, or the one that it is blocked by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cause {
    /// The finding's code: what the row's fate is counted under.
    pub code: Code,
    /// The finding itself.
    pub finding: FindingId,
}

/// A stub user wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DraftStub {
    /// Who.
    pub person: MissingPerson,
    /// The root business unit; `None` in an environment without one, which `load` refuses.
    pub business_unit: Option<UnitId>,
    /// The default role's copy in that unit; `None` where the environment has no such role.
    pub default_role: Option<RoleId>,
    /// How it is made.
    pub way: StubWay,
    /// First place that asks for it: file, row and line.
    pub place: Option<(FileId, u64, u64)>,
    /// The file of each roles row that asks for the default role, which comes with it.
    pub role_rows: Vec<FileId>,
    /// Why it fell, once `check/` has spoken.
    pub fallen: Option<Cause>,
}

impl DraftStub {
    /// The stub as it would be written; `None` where unit or role are missing.
    pub fn stub_user(&self) -> Option<StubUser> {
        Some(StubUser {
            id: self.person.id,
            upn: self.person.upn.clone(),
            mail: self.person.mail.clone(),
            first_name: self.person.first_name.clone(),
            last_name: self.person.last_name.clone(),
            full_name: self.person.full_name.clone(),
            employee_id: self.person.employee_id.clone(),
            business_unit: self.business_unit?,
            default_role: self.default_role?,
            way: self.way,
        })
    }
}

/// A role to be given or taken: one row of a roles file that differs from what is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DraftRole {
    /// Give or remove.
    pub action: RoleAction,
    /// To or from whom.
    pub principal: Principal,
    /// The copy in the principal's business unit where there is one, else the copy that the row means.
    pub role: RoleId,
    /// The role's name, for messages.
    pub role_name: String,
    /// File of the row.
    pub file: FileId,
    /// Row, from 1.
    pub row: u64,
    /// Physical line.
    pub line: u64,
    /// Why it fell, once `check/` has spoken.
    pub fallen: Option<Cause>,
}

/// How many references and rows came to a principal on one rung.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MatchCount {
    /// Distinct references.
    pub references: u64,
    /// Rows that hold them.
    pub rows: u64,
}

/// How the references of all records files came to their owners, for the summary.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MatchCounts {
    /// Matched, by rung.
    pub matched: BTreeMap<Rung, MatchCount>,
    /// To become stub users.
    pub stub: MatchCount,
    /// To the fallback owner.
    pub fallback: MatchCount,
    /// Left where they are.
    pub left: MatchCount,
    /// Nobody chosen, by code.
    pub stopped: BTreeMap<Code, MatchCount>,
    /// Blank owner cells.
    pub blank_rows: u64,
}

/// A rule that could not be asked because what it needs was not loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unchecked {
    /// Its code.
    pub code: Code,
    /// What was not loaded.
    pub needs: BTreeSet<Loadable>,
    /// For how many changes it would have been asked.
    pub changes: u64,
    /// Whether the manifest accepts that.
    pub accepted: bool,
}

/// Who owns how many records of one table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// What the field of the status says; the first is empty, for records of which nothing is known.
    pub statuses: Vec<String>,
    /// Records by owner and status, an index into [`Held::statuses`]; each pair once, none of no record.
    pub counts: Vec<(PrincipalIndex, usize, u64)>,
    /// The status of each record of which something is known, in order of id.
    pub of: Vec<(RecordId, u32)>,
}

impl Held {
    /// Notes how many records of a status each owner has.
    pub(super) fn count(&mut self, owners: &[PrincipalIndex], status: usize, counts: &[u64]) {
        let counted = owners.iter().zip(counts).filter(|(_, count)| **count > 0);
        self.counts
            .extend(counted.map(|(owner, count)| (*owner, status, *count)));
    }

    /// The status of a record, an index into [`Held::statuses`].
    pub fn status(&self, record: RecordId) -> usize {
        let found = self.of.binary_search_by_key(&record, |(id, _)| *id);
        found.map_or(0, |place| self.of[place].1 as usize)
    }
}

/// A plan before it is judged.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Draft {
    /// Names under which the default role was looked for, in order.
    pub default_role_names: Vec<String>,
    /// The name under which it was found.
    pub default_role: Option<String>,
    /// Stub users, sorted by UPN key.
    pub stubs: Vec<DraftStub>,
    /// Existing users to be changed, each once, in the order in which they are written: who leaves the access
    /// mode non-interactive goes before who takes it, then in order of files and rows.
    pub users: Vec<DraftUser>,
    /// Business units that rows name and the environment has not, as first written, by comparison key.
    pub unknown_units: BTreeMap<String, String>,
    /// Roles to give and to remove, in order of files and rows.
    pub roles: Vec<DraftRole>,
    /// Every principal that a row of a table may name, each once.
    pub principals: Vec<Principal>,
    /// The tables, sorted by order, then name.
    pub tables: Vec<DraftTable>,
    /// Who owns how many records of each table now, named by rows or not; tables whose records were loaded.
    pub held: BTreeMap<String, Held>,
    /// How references came to owners.
    pub matches: MatchCounts,
    /// Rows of roles files that never became a role change: per file and fate, how many.
    pub settled: BTreeMap<(FileId, Fate), u64>,
    /// Rows of each records and roles file, in all.
    pub rows: BTreeMap<FileId, u64>,
}

impl Draft {
    /// The principal of an index.
    pub fn principal(&self, index: PrincipalIndex) -> Principal {
        self.principals[index.get()]
    }

    /// Notes a business unit that a row names and the environment has not.
    pub(super) fn name_unknown_unit(&mut self, name: &str) {
        let key = comparison_key(name);
        self.unknown_units
            .entry(key)
            .or_insert_with(|| name.to_owned());
    }

    /// The ledger of every records and roles file, and of users files that wish something (promise 6).
    ///
    /// # Panics
    ///
    /// Where a row is not accounted for: then this program is wrong, and nothing may be written.
    pub fn ledgers(&self, accept: &Accept) -> Vec<Ledger> {
        let mut ledgers: BTreeMap<FileId, Ledger> = self
            .rows
            .iter()
            .map(|(file, rows)| (*file, Ledger::new(*file, *rows)))
            .collect();
        let mut count = |file: FileId, fate: Fate, times: u64| {
            let ledger = ledgers.entry(file).or_insert_with(|| Ledger::new(file, 0));
            ledger.count(fate, times, accept);
        };
        for ((file, fate), times) in &self.settled {
            count(*file, *fate, *times);
        }
        let along = self
            .stubs
            .iter()
            .map(|stub| (stub.fallen, &stub.role_rows))
            .chain(self.users.iter().map(|user| (user.fallen, &user.role_rows)));
        for (fallen, files) in along {
            let fate = fallen.map_or(Fate::NoChange, |cause| Fate::Stopped(cause.code));
            for file in files {
                count(*file, fate, 1);
            }
        }
        for user in &self.users {
            let stopped = user.fallen.map(|cause| Fate::Stopped(cause.code));
            count(user.file, stopped.unwrap_or(Fate::Change), 1);
        }
        for role in &self.roles {
            count(
                role.file,
                role.fallen
                    .map_or(Fate::Change, |cause| Fate::Stopped(cause.code)),
                1,
            );
        }
        for file in self.tables.iter().flat_map(|table| &table.files) {
            for (fate, rows) in file.count_fates() {
                count(file.file, fate, rows);
            }
        }
        let ledgers: Vec<Ledger> = ledgers.into_values().collect();
        for ledger in &ledgers {
            assert!(
                ledger.balances(),
                "rows that are not accounted for: {ledger:?}"
            );
        }
        ledgers
    }
}
