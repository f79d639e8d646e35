//! The files of changes: every change of a judged draft that nothing stopped, once, numbered.
//!
//! In: a draft. Out: `changes/<stage>-<entity>.parquet`, one for each stage and table with at least
//! one change. Numbers run from 0 in the order of stages, tables, and within one in the draft's own
//! order, so that neighbours in an export are neighbours in the plan.

use std::collections::BTreeMap;
use std::io;
use std::ops::Range;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use crate::model::{FileId, Principal, Progress, RoleAction, StubUser, StubWay, Unit};
use crate::plan::Draft;
use crate::plan::DraftRole;
use crate::plan::DraftTable;
use crate::plan::FileRecord;
use crate::plan::PlanError;
use crate::plan::StageRecord;
use crate::plan::folder::CHANGES_FOLDER;
use crate::plan::folder::assignments::{AssignCells, cut};
use crate::plan::folder::disk;
use crate::plan::folder::layout::{assign, role, stub, user};
use crate::plan::folder::table::{Cells, Column, GROUP_ROWS, Group, Table, write_table};
use crate::plan::folder::users::{self, UserToChange};

/// Table of the files of stub users and of existing ones.
const USERS: &str = "systemuser";
/// Table of the files of roles. Roles of teams stand there too: `principal_type` tells them apart.
const USER_ROLES: &str = "systemuserroles";

/// What was written.
pub(super) struct Written {
    /// One record for each file, in order.
    pub(super) files: Vec<StageRecord>,
    /// How many rows of each export became part of a change, counted where they became cells; stub users
    /// apart.
    pub(super) by_source: BTreeMap<FileId, u64>,
    /// Of these, rows of roles files that are part of a user's change and no change of their own.
    pub(super) joined: u64,
}

/// Writes all changes into the folder `changes/` of `folder`.
pub(super) fn write_changes(
    folder: &Path,
    draft: &Draft,
    progress: &dyn Progress,
) -> Result<Written, PlanError> {
    let changes = folder.join(CHANGES_FOLDER);
    disk::private_folder(&changes)?;
    let by_source = Mutex::default();
    let mut writer = ChangeWriter {
        folder,
        progress,
        next_seq: 0,
        written: Vec::new(),
        by_source: &by_source,
    };
    writer.stubs(draft)?;
    let joined = writer.users(draft)?;
    writer.roles(draft, RoleAction::Give)?;
    for table in &draft.tables {
        writer.records(draft, table)?;
    }
    writer.roles(draft, RoleAction::Remove)?;
    disk::sync_folder(&changes)?;
    let files = writer.written;
    Ok(Written {
        files,
        by_source: by_source
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner),
        joined,
    })
}

/// A stub user to be made, and the row that first asked for it.
type StubToMake = (StubUser, Option<(FileId, u64)>);

fn stubs_to_make(draft: &Draft) -> Result<Vec<StubToMake>, PlanError> {
    let standing = draft.stubs.iter().filter(|stub| stub.fallen.is_none());
    standing
        .map(|stub| {
            let user = stub.stub_user().ok_or_else(|| PlanError::Incomplete {
                subject: format!("stub user `{}`", stub.person.upn),
                what: "a business unit or the default role",
            })?;
            Ok((user, stub.place.map(|(file, row, _)| (file, row))))
        })
        .collect()
}

/// Roles to be given, or to be removed. What is given to a user who is changed goes with that change.
fn roles_to_write(draft: &Draft, action: RoleAction) -> Vec<&DraftRole> {
    let roles = draft.roles_apart();
    roles.filter(|role| role.action == action).collect()
}

/// The word under which a stub user's way stands in the file.
pub(super) fn way_word(way: StubWay) -> &'static str {
    match way {
        StubWay::Import => "import",
        StubWay::Api => "api",
    }
}

/// One file of changes, before it is written.
struct Planned<'a> {
    stage: u8,
    order: u16,
    entity: &'a str,
    columns: &'static [Column],
    groups: usize,
}

struct ChangeWriter<'a> {
    folder: &'a Path,
    progress: &'a dyn Progress,
    next_seq: u64,
    written: Vec<StageRecord>,
    by_source: &'a Counts,
}

/// Changes by the export that asked for them; groups are filled by several threads.
type Counts = Mutex<BTreeMap<FileId, u64>>;

fn count(counts: &Counts, sources: impl Iterator<Item = (FileId, u64)>) {
    let mut mine: BTreeMap<FileId, u64> = BTreeMap::new();
    for (source, changes) in sources {
        *mine.entry(source).or_default() += changes;
    }
    // Nobody waits for the lock longer than a few files take.
    let mut counts = counts.lock().unwrap_or_else(PoisonError::into_inner);
    for (source, changes) in mine {
        *counts.entry(source).or_default() += changes;
    }
}

impl ChangeWriter<'_> {
    fn stubs(&mut self, draft: &Draft) -> Result<(), PlanError> {
        let stubs = stubs_to_make(draft)?;
        let planned = Planned {
            stage: 1,
            order: 0,
            entity: USERS,
            columns: stub::COLUMNS,
            groups: stubs.len().div_ceil(GROUP_ROWS),
        };
        self.write(&planned, stubs.len() as u64, &|group, first_seq| {
            let range = group_range(group, stubs.len());
            Ok(stub_cells(first_seq + range.start as u64, &stubs[range]))
        })
    }

    /// Answers how many rows of roles files went along.
    fn users(&mut self, draft: &Draft) -> Result<u64, PlanError> {
        let (users, by_source) = (UserToChange::all(draft), self.by_source);
        let planned = Planned {
            stage: 2,
            order: 0,
            entity: USERS,
            columns: user::COLUMNS,
            groups: users.len().div_ceil(GROUP_ROWS),
        };
        self.write(&planned, users.len() as u64, &|group, first_seq| {
            let range = group_range(group, users.len());
            let rows = users[range.clone()].iter().flat_map(UserToChange::sources);
            count(by_source, rows.map(|file| (file, 1)));
            Ok(users::cells(first_seq + range.start as u64, &users[range]))
        })?;
        Ok(users.iter().map(UserToChange::joined).sum())
    }

    fn roles(&mut self, draft: &Draft, action: RoleAction) -> Result<(), PlanError> {
        let (roles, by_source) = (roles_to_write(draft, action), self.by_source);
        let planned = Planned {
            stage: match action {
                RoleAction::Give => 3,
                RoleAction::Remove => 5,
            },
            order: 0,
            entity: USER_ROLES,
            columns: role::COLUMNS,
            groups: roles.len().div_ceil(GROUP_ROWS),
        };
        self.write(&planned, roles.len() as u64, &|group, first_seq| {
            let range = group_range(group, roles.len());
            let sources = roles[range.clone()].iter().map(|role| (role.file, 1));
            count(by_source, sources);
            Ok(role_cells(first_seq + range.start as u64, &roles[range]))
        })
    }

    fn records(&mut self, draft: &Draft, table: &DraftTable) -> Result<(), PlanError> {
        let ((groups, changes), by_source) = (cut(table), self.by_source);
        let planned = Planned {
            stage: 4,
            order: table.order,
            entity: &table.entity,
            columns: assign::COLUMNS,
            groups: groups.len(),
        };
        self.write(&planned, changes, &|group, first_seq| {
            let mut cells = AssignCells::new(draft);
            for piece in &groups[group] {
                cells.add(piece)?;
            }
            for piece in &groups[group] {
                let changes = piece.changes.try_into().unwrap_or(u64::MAX);
                count(by_source, [(piece.file.file, changes)].into_iter());
            }
            Ok(cells.finish(first_seq + (group * GROUP_ROWS) as u64))
        })
    }

    fn write(
        &mut self,
        planned: &Planned<'_>,
        changes: u64,
        fill: &(dyn Fn(usize, u64) -> io::Result<Group> + Sync),
    ) -> Result<(), PlanError> {
        if changes == 0 {
            return Ok(());
        }
        let first_seq = self.next_seq;
        let total = changes;
        let name = file_name(planned.stage, planned.entity);
        let path = self.folder.join(CHANGES_FOLDER).join(&name);
        let step = self
            .progress
            .begin(&format!("write {name}"), Unit::Changes, Some(total));
        let table = Table {
            columns: planned.columns,
            groups: planned.groups,
            fill: &|group| fill(group, first_seq),
        };
        let (blake3, rows) = write_table(&path, &table, step.as_ref())?;
        assert_eq!(rows, total, "{name}: changes that were not written");
        self.next_seq += total;
        self.written.push(StageRecord {
            stage: planned.stage,
            order: planned.order,
            entity: planned.entity.to_owned(),
            first_seq,
            file: FileRecord {
                path: format!("{CHANGES_FOLDER}/{name}"),
                blake3,
                rows,
            },
        });
        Ok(())
    }
}

/// The name of a file of changes: a logical name as it is, any other sign as `%` and two digits, so
/// that no two tables share a name on any file system.
fn file_name(stage: u8, entity: &str) -> String {
    let mut name = format!("{stage}-");
    for byte in entity.bytes() {
        match byte {
            b'a'..=b'z' | b'0'..=b'9' | b'_' => name.push(char::from(byte)),
            other => name.extend(['%', digit(other >> 4), digit(other & 15)]),
        }
    }
    name + ".parquet"
}

fn digit(value: u8) -> char {
    char::from_digit(u32::from(value), 16).unwrap_or('0')
}

fn group_range(group: usize, rows: usize) -> Range<usize> {
    group * GROUP_ROWS..rows.min((group + 1) * GROUP_ROWS)
}

/// The numbers of changes from `first` on.
pub(super) fn seqs(first: u64, count: usize) -> Cells {
    let first = whole(first);
    Cells::AllWhole((first..).take(count).collect())
}

fn whole(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// A file's number as a cell.
pub(super) fn file_number(file: FileId) -> i32 {
    i32::from(file.0)
}

fn stub_cells(first_seq: u64, stubs: &[StubToMake]) -> Group {
    let users = || stubs.iter().map(|(user, _)| user);
    let sources = || stubs.iter().map(|(_, source)| *source);
    vec![
        seqs(first_seq, stubs.len()),
        Cells::Id(users().map(|user| Some(user.id.0)).collect()),
        Cells::texts(users().map(|user| user.upn.as_str())),
        Cells::texts(users().map(|user| user.mail.as_str())),
        Cells::optional_texts(users().map(|user| user.first_name.as_deref())),
        Cells::optional_texts(users().map(|user| user.last_name.as_deref())),
        Cells::texts(users().map(|user| user.full_name.as_str())),
        Cells::optional_texts(users().map(|user| user.employee_id.as_deref())),
        Cells::Id(users().map(|user| Some(user.business_unit.0)).collect()),
        Cells::Id(users().map(|user| Some(user.default_role.0)).collect()),
        Cells::texts(users().map(|user| way_word(user.way))),
        Cells::Number(
            sources()
                .map(|source| source.map(|(file, _)| file_number(file)))
                .collect(),
        ),
        Cells::Whole(
            sources()
                .map(|source| source.map(|(_, row)| whole(row)))
                .collect(),
        ),
    ]
}

fn role_cells(first_seq: u64, roles: &[&DraftRole]) -> Group {
    let of = |principal: Principal| Some(i32::from(principal.type_code()));
    let removes = |role: &&DraftRole| role.action == RoleAction::Remove;
    vec![
        seqs(first_seq, roles.len()),
        Cells::Id(
            roles
                .iter()
                .map(|role| Some(role.principal.uuid()))
                .collect(),
        ),
        Cells::Number(roles.iter().map(|role| of(role.principal)).collect()),
        Cells::Id(roles.iter().map(|role| Some(role.role.0)).collect()),
        Cells::Flag(roles.iter().map(|role| Some(removes(role))).collect()),
        Cells::Flag(roles.iter().map(|role| Some(!removes(role))).collect()),
        Cells::Number(
            roles
                .iter()
                .map(|role| Some(file_number(role.file)))
                .collect(),
        ),
        Cells::Whole(roles.iter().map(|role| Some(whole(role.row))).collect()),
    ]
}

#[cfg(test)]
mod tests {
    use super::file_name;

    #[test]
    fn file_names() {
        check(
            "a logical name",
            4,
            "new_account2",
            "4-new_account2.parquet",
        );
        check("a way out of the folder", 4, "../x", "4-%2e%2e%2fx.parquet");
        check(
            "upper case is another name",
            4,
            "Account",
            "4-%41ccount.parquet",
        );
        check("the sign itself", 4, "%41", "4-%2541.parquet");
    }

    #[track_caller]
    fn check(case: &str, stage: u8, entity: &str, expected: &str) {
        assert_eq!(file_name(stage, entity), expected, "case: {case}");
    }
}
