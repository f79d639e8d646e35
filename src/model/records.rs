//! Rows of records exports, decoded, column by column, so that tens of millions fit into memory.
//!
//! In: cells, in file order. Out: for each row, told by its index from 0, where it stands, which record
//! it is about and who owns that: 4 bytes for the owner, a few for the place, and none for the id,
//! which lies wherever the maker of a [`RecordIds`] put it. A cell that cannot be used says with which
//! finding it was met; the finding itself is already collected by then.

use std::fmt;
use std::io;
use std::ops::Range;
use std::sync::Arc;

use crate::model::{Code, FileId, RecordId, ReferenceId};

/// Who a row says owns the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OwnerCell {
    /// A reference.
    Reference(ReferenceId),
    /// The cell is blank.
    Blank,
    /// Undecodable: the finding that says so (FIL003).
    Unusable(Code),
}

/// Owner cells, by the index of their row, 4 bytes each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OwnerColumn(Vec<u32>);

impl OwnerColumn {
    const BLANK: u32 = u32::MAX;
    /// Codes lie between the references and the blank; there are far fewer than that.
    const CODES_FROM: u32 = Self::BLANK - 0xffff;

    /// Adds the next row's cell.
    ///
    /// # Panics
    ///
    /// Beyond four thousand million references.
    pub fn push(&mut self, cell: OwnerCell) {
        self.0.push(Self::packed(cell));
    }

    fn packed(cell: OwnerCell) -> u32 {
        match cell {
            OwnerCell::Reference(reference) => {
                assert!(reference.0 < Self::CODES_FROM, "too many references");
                reference.0
            }
            OwnerCell::Blank => Self::BLANK,
            OwnerCell::Unusable(code) => Self::CODES_FROM + code as u32,
        }
    }

    /// Puts another cell into a row.
    ///
    /// # Panics
    ///
    /// Where there is no such row, and as [`OwnerColumn::push`].
    pub fn set(&mut self, row: usize, cell: OwnerCell) {
        self.0[row] = Self::packed(cell);
    }

    /// The cell of a row.
    ///
    /// # Panics
    ///
    /// Where there is no such row.
    pub fn get(&self, row: usize) -> OwnerCell {
        Self::cell(self.0[row])
    }

    fn cell(packed: u32) -> OwnerCell {
        match packed {
            Self::BLANK => OwnerCell::Blank,
            code if code >= Self::CODES_FROM => {
                OwnerCell::Unusable(Code::ALL[(code - Self::CODES_FROM) as usize])
            }
            reference => OwnerCell::Reference(ReferenceId(reference)),
        }
    }

    /// Makes something else of each cell, in its place.
    pub fn made_into<T>(self, make: impl Fn(OwnerCell) -> T) -> Vec<T> {
        self.0
            .into_iter()
            .map(|cell| make(Self::cell(cell)))
            .collect()
    }

    /// Adds the cells of `more` behind these.
    pub fn append(&mut self, more: &Self) {
        self.0.extend_from_slice(&more.0);
    }

    /// Numbers the references of some rows otherwise: `numbers` says the new number of each.
    ///
    /// # Panics
    ///
    /// Where there are no such rows, or a reference has no new number.
    pub fn renumber(&mut self, rows: Range<usize>, numbers: &[ReferenceId]) {
        for cell in self.0[rows]
            .iter_mut()
            .filter(|cell| **cell < Self::CODES_FROM)
        {
            *cell = numbers[*cell as usize].0;
        }
    }

    /// How many rows.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Rows that follow each other in the sheet and in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Run {
    first: u32,
    row: u32,
    line: u32,
}

/// Where rows stand, by their index: one entry for each run of neighbours.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RowPlaces {
    runs: Vec<Run>,
    len: u32,
}

impl RowPlaces {
    /// Adds the next row: its number, from 1, and its physical line.
    pub fn push(&mut self, row: u64, line: u64) {
        let narrow = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
        self.add(Run {
            first: self.len,
            row: narrow(row),
            line: narrow(line),
        });
        self.len += 1;
    }

    /// Adds the rows of `more` behind these.
    pub fn append(&mut self, more: &Self) {
        for run in &more.runs {
            self.add(Run {
                first: self.len + run.first,
                ..*run
            });
        }
        self.len += more.len;
    }

    fn add(&mut self, run: Run) {
        let follows = self.runs.last().is_some_and(|last| {
            let passed = run.first - last.first;
            last.row.checked_add(passed) == Some(run.row)
                && last.line.checked_add(passed) == Some(run.line)
        });
        if !follows {
            self.runs.push(run);
        }
    }

    /// Row and line of an index; 0 and 0 where there is no such row.
    pub fn get(&self, index: usize) -> (u32, u32) {
        self.walk(index)(index)
    }

    /// Row and line of each index that it is asked for, of which the first is `from` or more and each
    /// next one is greater; 0 and 0 where there is no such row. Only the first one is searched for.
    pub fn walk(&self, from: usize) -> impl FnMut(usize) -> (u32, u32) {
        let narrow = |index: usize| u32::try_from(index).unwrap_or(u32::MAX);
        let from = narrow(from);
        let after = self.runs.partition_point(|run| run.first <= from);
        let mut at = after.saturating_sub(1);
        move |index| {
            let index = narrow(index);
            while self
                .runs
                .get(at + 1)
                .is_some_and(|next| next.first <= index)
            {
                at += 1;
            }
            self.in_run(at, index)
        }
    }

    fn in_run(&self, at: usize, index: u32) -> (u32, u32) {
        match self.runs.get(at) {
            Some(run) if run.first <= index && index < self.len => {
                let passed = index - run.first;
                (
                    run.row.saturating_add(passed),
                    run.line.saturating_add(passed),
                )
            }
            _ => (0, 0),
        }
    }

    /// How many rows.
    pub fn len(&self) -> usize {
        self.len as usize
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }
}

/// Ids of records by the index of their row, kept wherever they take no memory.
pub trait KeepsIds: Send + Sync {
    /// Adds the ids of some rows, in order, to `ids`.
    fn read(&self, rows: Range<usize>, ids: &mut Vec<RecordId>) -> io::Result<()>;
}

impl KeepsIds for Vec<RecordId> {
    fn read(&self, rows: Range<usize>, ids: &mut Vec<RecordId>) -> io::Result<()> {
        let kept = self.get(rows).ok_or(io::ErrorKind::UnexpectedEof)?;
        ids.extend_from_slice(kept);
        Ok(())
    }
}

/// Ids of records by the index of their row; two are equal where they are kept in one place.
#[derive(Clone)]
pub struct RecordIds(pub Arc<dyn KeepsIds>);

impl fmt::Debug for RecordIds {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("RecordIds")
    }
}

impl PartialEq for RecordIds {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for RecordIds {}

/// The number of a key text within one [`RecordRows`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(pub u32);

/// Which records the rows of an export are about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecordColumn {
    /// Dataverse ids; that of an unusable row means nothing.
    Ids(RecordIds),
    /// The old system's ids.
    Keys {
        /// Distinct key texts, trimmed, in order of first appearance.
        texts: Vec<String>,
        /// The key of each row; that of an unusable row means nothing.
        keys: Vec<KeyId>,
    },
}

/// The rows of one records export, in file order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordRows {
    /// The file.
    pub file: FileId,
    /// Logical name of the table.
    pub entity: String,
    /// The target's field that holds the keys, where records are found by key.
    pub key_field: Option<String>,
    /// The column that holds id or key, from 1.
    pub id_column: u16,
    /// The column that holds the owner, from 1.
    pub owner_column: u16,
    /// Where each row stands.
    pub places: RowPlaces,
    /// Whose each row is.
    pub owners: OwnerColumn,
    /// Which record each row is about.
    pub records: RecordColumn,
    /// Rows without a usable id, in order, each with the finding that says so (FIL003, FIL006, REC001).
    pub unusable: Vec<(u32, Code)>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn owner_cells_come_back() {
        let cells = [
            OwnerCell::Reference(ReferenceId(0)),
            OwnerCell::Blank,
            OwnerCell::Unusable(Code::ALL[0]),
            OwnerCell::Unusable(Code::Fil003),
            OwnerCell::Unusable(*Code::ALL.last().unwrap()),
            OwnerCell::Reference(ReferenceId(1 << 31)),
        ];
        let mut column = OwnerColumn::default();
        for cell in cells {
            column.push(cell);
        }
        let back: Vec<OwnerCell> = (0..column.len()).map(|row| column.get(row)).collect();
        assert_eq!(back, cells);
    }

    #[test]
    fn places_come_back_and_neighbours_share_an_entry() {
        let places = [(2, 2), (3, 3), (5, 6), (6, 7), (7, 8), (9, 9), (10, 10)];
        for cut in 0..=places.len() {
            let mut all = RowPlaces::default();
            let mut more = RowPlaces::default();
            places[..cut]
                .iter()
                .for_each(|(row, line)| all.push(*row, *line));
            places[cut..]
                .iter()
                .for_each(|(row, line)| more.push(*row, *line));
            all.append(&more);
            let back: Vec<(u64, u64)> = (0..all.len())
                .map(|index| all.get(index))
                .map(|(row, line)| (row.into(), line.into()))
                .collect();
            assert_eq!(back, places, "cut: {cut}");
            let mut walk = all.walk(cut);
            let rest: Vec<(u32, u32)> = (cut..all.len()).map(&mut walk).collect();
            let wide = |(row, line): &(u32, u32)| (u64::from(*row), u64::from(*line));
            assert!(rest.iter().map(wide).eq(back[cut..].iter().copied()));
            assert_eq!(walk(7), (0, 0));
            assert_eq!(all.runs.len(), 3, "cut: {cut}");
            assert_eq!(all.get(7), (0, 0));
        }
    }
}
