//! Assignments of records as cells: which rows go into which group, and what each column holds.
//!
//! In: a table of a draft. Out: groups of equally many changes, and the cells of each, without a look at
//! any value that the draft knows to be one of few.

use std::io;
use std::ops::Range;

use uuid::Uuid;

use crate::model::Fate;
use crate::plan::Draft;
use crate::plan::DraftFile;
use crate::plan::DraftTable;
use crate::plan::PrincipalIndex;
use crate::plan::folder::changes::{file_number, seqs};
use crate::plan::folder::pages::{Choice, NONE, Picked};
use crate::plan::folder::table::{Cells, GROUP_ROWS, Group};

/// Some rows of a file that go into one group.
pub(super) struct Piece<'a> {
    pub(super) file: &'a DraftFile,
    pub(super) rows: Range<usize>,
    /// How many of them are changes.
    pub(super) changes: usize,
}

/// Cuts the rows of a table into groups of [`GROUP_ROWS`] changes each, the last one fewer; and how
/// many changes there are.
pub(super) fn cut(table: &DraftTable) -> (Vec<Vec<Piece<'_>>>, u64) {
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

/// The columns of assignments, being filled.
pub(super) struct AssignCells<'a> {
    draft: &'a Draft,
    records: Vec<u8>,
    before: Owners,
    after: Owners,
    files: Vec<i32>,
    file_picks: Vec<u32>,
    rows: Vec<i64>,
}

impl<'a> AssignCells<'a> {
    pub(super) fn new(draft: &'a Draft) -> Self {
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

    pub(super) fn add(&mut self, piece: &Piece<'_>) -> io::Result<()> {
        let file = piece.file;
        let records = file.records(piece.rows.clone())?;
        let mut place = file.places.walk(piece.rows.start);
        for (row, record) in piece.rows.clone().zip(records) {
            let (Fate::Change, Some(asked)) = (file.fates[row], file.before_and_after(row)) else {
                continue;
            };
            self.records.extend_from_slice(record.0.as_bytes());
            self.before.add(self.draft, asked.before);
            self.after.add(self.draft, Some(asked.after));
            self.rows.push(i64::from(place(row).0));
        }
        let pick = u32::try_from(self.files.len()).unwrap_or(NONE);
        self.files.push(file_number(file.file));
        self.file_picks.resize(self.rows.len(), pick);
        Ok(())
    }

    pub(super) fn finish(self, first_seq: u64) -> Group {
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
