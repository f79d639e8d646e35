//! Rows of records files in a draft, column by column, so that tens of millions fit into memory.
//!
//! In: what `build/` found out about each row of an export. Out: 9 bytes a row: whose the record is,
//! whose it shall be, and the row's fate, which `check/` marks in place. Ids are read where they are
//! needed, a few thousand at a time.

use std::collections::BTreeMap;
use std::io;
use std::num::NonZeroU32;
use std::ops::Range;

use rayon::prelude::*;
use uuid::Uuid;

use crate::model::{Fate, FileId, KeyId, Place, RecordId, RecordIds, RowPlaces};

/// Rows that one task looks at: enough to make the task worth its while.
pub const CHUNK_ROWS: usize = 65_536;

/// An index into [`Draft::principals`](crate::plan::Draft::principals).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PrincipalIndex(NonZeroU32);

impl PrincipalIndex {
    /// The index of the principal at this place of the list, from 0.
    ///
    /// # Panics
    ///
    /// Beyond four thousand million principals.
    pub fn new(place: usize) -> Self {
        let number = u32::try_from(place + 1).ok().and_then(NonZeroU32::new);
        assert!(number.is_some(), "too many principals");
        Self(number.unwrap_or(NonZeroU32::MIN))
    }

    /// The place in the list, from 0.
    pub fn get(self) -> usize {
        self.0.get() as usize - 1
    }
}

/// What a row asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DraftRow {
    /// Who owns the record now; `None` where the environment does not hold it.
    pub before: Option<PrincipalIndex>,
    /// Who shall own it.
    pub after: PrincipalIndex,
}

/// Which records the rows of a file are about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DraftRecords {
    /// Their ids, by row.
    Ids(RecordIds),
    /// By key: the key of each row, and the record of each key.
    Keys {
        /// By row.
        keys: Vec<KeyId>,
        /// By key; a nil id where there is no one record.
        records: Vec<RecordId>,
    },
}

/// The rows of one records file. Columns are as long as `places`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DraftFile {
    /// The file.
    pub file: FileId,
    /// Where each row stands.
    pub places: RowPlaces,
    /// Which record each row is about; nil where a row has no owner to be and nobody can say which.
    pub records: DraftRecords,
    /// Who owns each record now; empty where the table's records were not loaded.
    pub before: Vec<Option<PrincipalIndex>>,
    /// Who shall own each record; `None` where nobody, for which the fate says why.
    pub after: Vec<Option<PrincipalIndex>>,
    /// What becomes of each row; [`Fate::Change`] until something else is known.
    pub fates: Vec<Fate>,
}

impl DraftFile {
    /// How many rows.
    pub fn len(&self) -> usize {
        self.fates.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.fates.is_empty()
    }

    /// What a row asks for; `None` where it asks for nothing that can be.
    pub fn before_and_after(&self, index: usize) -> Option<DraftRow> {
        Some(DraftRow {
            before: self.before.get(index).copied().flatten(),
            after: self.after[index]?,
        })
    }

    /// The place of a whole row.
    pub fn place(&self, index: usize) -> Place {
        let (row, line) = self.places.get(index);
        Place::row(self.file, row.into(), line.into())
    }

    /// The places of whole rows, asked for in order, from that one on.
    pub fn places_from(&self, first: usize) -> impl FnMut(usize) -> Place {
        let mut walk = self.places.walk(first);
        move |index| {
            let (row, line) = walk(index);
            Place::row(self.file, row.into(), line.into())
        }
    }

    /// The records of some rows, in order.
    pub fn records(&self, rows: Range<usize>) -> io::Result<Vec<RecordId>> {
        let mut ids = Vec::with_capacity(rows.len());
        match &self.records {
            DraftRecords::Ids(kept) => kept.0.read(rows, &mut ids)?,
            DraftRecords::Keys { keys, records } => {
                let keys = keys[rows].iter();
                let nil = RecordId(Uuid::nil());
                let record = |key: &KeyId| records.get(key.0 as usize).copied();
                ids.extend(keys.map(|key| record(key).unwrap_or(nil)));
            }
        }
        Ok(ids)
    }

    /// How many rows have which fate.
    pub fn count_fates(&self) -> BTreeMap<Fate, u64> {
        let count = |fates: &[Fate]| {
            let mut counts: BTreeMap<Fate, u64> = BTreeMap::new();
            for same in fates.chunk_by(Fate::eq) {
                *counts.entry(same[0]).or_default() += same.len() as u64;
            }
            counts
        };
        let counts = self.fates.par_chunks(CHUNK_ROWS).map(count);
        counts.reduce(BTreeMap::new, |mut left, right| {
            for (fate, rows) in right {
                *left.entry(fate).or_default() += rows;
            }
            left
        })
    }

    /// How many rows still are a change.
    pub fn changes(&self) -> u64 {
        let changes = self.fates.par_iter().filter(|fate| **fate == Fate::Change);
        changes.count() as u64
    }
}

/// The rows of all records files of one table, in order of files and rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DraftTable {
    /// Logical name.
    pub entity: String,
    /// Its place among the tables: a parent's is lower than its children's; unrelated ones share one.
    pub order: u16,
    /// Whether the environment holds this table's records.
    pub records_loaded: bool,
    /// The column that holds the record in each file, from 1, for places.
    pub id_columns: BTreeMap<FileId, u16>,
    /// The column that holds the owner in each file, from 1.
    pub owner_columns: BTreeMap<FileId, u16>,
    /// Its files.
    pub files: Vec<DraftFile>,
}

impl DraftTable {
    /// How many rows.
    pub fn rows(&self) -> usize {
        self.files.iter().map(DraftFile::len).sum()
    }

    /// How many rows still are a change.
    pub fn changes(&self) -> u64 {
        self.files.iter().map(DraftFile::changes).sum()
    }
}
