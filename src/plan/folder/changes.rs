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

use uuid::Uuid;

use crate::model::{Fate, FileId, Principal, Progress, RoleAction, StubUser, StubWay, Unit};
use crate::plan::Draft;
use crate::plan::DraftFile;
use crate::plan::DraftRole;
use crate::plan::DraftTable;
use crate::plan::FileRecord;
use crate::plan::PlanError;
use crate::plan::PrincipalIndex;
use crate::plan::StageRecord;
use crate::plan::folder::CHANGES_FOLDER;
use crate::plan::folder::disk;
use crate::plan::folder::layout::{assign, role, stub};
use crate::plan::folder::pages::{Choice, NONE, Picked};
use crate::plan::folder::table::{Cells, Column, GROUP_ROWS, Group, Table, write_table};

/// Table of the file of stub users.
const USERS: &str = "systemuser";
/// Table of the files of roles. Roles of teams stand there too: `principal_type` tells them apart.
const USER_ROLES: &str = "systemuserroles";

/// What was written.
pub(super) struct Written {
    /// One record for each file, in order.
    pub(super) files: Vec<StageRecord>,
    /// How many role changes and assignments each export asked for, counted where they became cells.
    pub(super) by_source: BTreeMap<FileId, u64>,
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

/// Roles to be given, or to be removed.
fn roles_to_write(draft: &Draft, action: RoleAction) -> Vec<&DraftRole> {
    let roles = draft.roles.iter();
    roles
        .filter(|role| role.fallen.is_none() && role.action == action)
        .collect()
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

/// Some rows of a file that go into one group.
struct Piece<'a> {
    file: &'a DraftFile,
    rows: Range<usize>,
    /// How many of them are changes.
    changes: usize,
}

/// Cuts the rows of a table into groups of [`GROUP_ROWS`] changes each, the last one fewer; and how
/// many changes there are.
fn cut(table: &DraftTable) -> (Vec<Vec<Piece<'_>>>, u64) {
    let mut groups: Vec<Vec<Piece<'_>>> = Vec::new();
    let mut group: Vec<Piece<'_>> = Vec::new();
    let mut room = GROUP_ROWS;
    let mut total = 0;
    for file in &table.files {
        let mut start = 0;
        while start < file.len() {
            let (end, changes) = take_changes(&file.fates, start, room);
            if changes > 0 {
                let rows = start..end;
                group.push(Piece {
                    file,
                    rows,
                    changes,
                });
            }
            room -= changes;
            total += changes as u64;
            start = end;
            if room == 0 {
                groups.push(std::mem::take(&mut group));
                room = GROUP_ROWS;
            }
        }
    }
    if !group.is_empty() {
        groups.push(group);
    }
    (groups, total)
}

/// The place behind the row that is the last of `wanted` changes from `start` on, and how many there
/// were up to there.
fn take_changes(fates: &[Fate], start: usize, wanted: usize) -> (usize, usize) {
    let mut changes = 0;
    for (index, fate) in fates.iter().enumerate().skip(start) {
        changes += usize::from(*fate == Fate::Change);
        if changes == wanted {
            return (index + 1, changes);
        }
    }
    (fates.len(), changes)
}

fn seqs(first: u64, count: usize) -> Cells {
    let first = whole(first);
    Cells::AllWhole((first..).take(count).collect())
}

fn whole(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

fn file_number(file: FileId) -> i32 {
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

/// The columns of assignments, being filled.
struct AssignCells<'a> {
    draft: &'a Draft,
    records: Vec<u8>,
    before: Owners,
    after: Owners,
    files: Vec<i32>,
    file_picks: Vec<u32>,
    rows: Vec<i64>,
}

impl<'a> AssignCells<'a> {
    fn new(draft: &'a Draft) -> Self {
        Self {
            draft,
            records: Vec::new(),
            before: Owners::new(draft),
            after: Owners::new(draft),
            files: Vec::new(),
            file_picks: Vec::new(),
            rows: Vec::new(),
        }
    }

    fn add(&mut self, piece: &Piece<'_>) -> io::Result<()> {
        let file = piece.file;
        let records = file.records(piece.rows.clone())?;
        for (row, record) in piece.rows.clone().zip(records) {
            let (Fate::Change, Some(asked)) = (file.fates[row], file.before_and_after(row)) else {
                continue;
            };
            self.records.extend_from_slice(record.0.as_bytes());
            self.before.add(self.draft, asked.before);
            self.after.add(self.draft, Some(asked.after));
            self.rows.push(i64::from(file.places.get(row).0));
        }
        let pick = u32::try_from(self.files.len()).unwrap_or(NONE);
        self.files.push(file_number(file.file));
        self.file_picks.resize(self.rows.len(), pick);
        Ok(())
    }

    fn finish(self, first_seq: u64) -> Group {
        let [before, before_type] = self.before.finish();
        let [after, after_type] = self.after.finish();
        let files = Picked {
            choice: Choice::Numbers(self.files),
            picks: self.file_picks,
        };
        vec![
            seqs(first_seq, self.rows.len()),
            Cells::PlainIds(self.records),
            before,
            before_type,
            after,
            after_type,
            Cells::Picked(files),
            Cells::AllWhole(self.rows),
        ]
    }
}

/// Owners of records, each principal of the group once, in order of first appearance.
struct Owners {
    /// The place of each of the draft's principals among those of the group.
    places: Vec<u32>,
    ids: Vec<Uuid>,
    types: Vec<i32>,
    picks: Vec<u32>,
}

impl Owners {
    fn new(draft: &Draft) -> Self {
        Self {
            places: vec![NONE; draft.principals.len()],
            ids: Vec::new(),
            types: Vec::new(),
            picks: Vec::new(),
        }
    }

    fn add(&mut self, draft: &Draft, owner: Option<PrincipalIndex>) {
        let Some(owner) = owner else {
            self.picks.push(NONE);
            return;
        };
        let place = &mut self.places[owner.get()];
        if *place == NONE {
            *place = u32::try_from(self.ids.len()).unwrap_or(NONE);
            let principal = draft.principal(owner);
            self.ids.push(principal.uuid());
            self.types.push(i32::from(principal.type_code()));
        }
        self.picks.push(*place);
    }

    /// Their ids and their types.
    fn finish(self) -> [Cells; 2] {
        let types = Picked {
            picks: self.picks.clone(),
            choice: Choice::Numbers(self.types),
        }
        .merged();
        let ids = Picked {
            choice: Choice::Ids(self.ids),
            picks: self.picks,
        };
        [Cells::Picked(ids), Cells::Picked(types)]
    }
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
