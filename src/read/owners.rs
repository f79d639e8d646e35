//! Owner cells to small numbers, one table for each thread that reads a file.
//!
//! In: cells. Out: a number for each distinct text, with how many rows hold it and where it was first
//! met. Bytes seen before are neither decoded nor copied again. Putting the tables of several threads
//! together, in file order, is the reader's affair.

use std::hash::BuildHasher;

use foldhash::fast::FixedState;
use hashbrown::{HashSet, HashTable};

use crate::model::{Code, OwnerCell, ReferenceId};
use crate::read::cell::is_strange;
use crate::read::faults::Faults;
use crate::read::source::Row;

/// The distinct owner texts met so far.
///
/// Looked into once for each row, so it is laid out for the cache: places of 4 bytes, which lead to
/// entries of 16, which lead to the bytes, all of them one after the other.
#[derive(Default)]
pub(super) struct Owners {
    places: HashTable<u32>,
    entries: Vec<Entry>,
    /// The bytes of all entries.
    bytes: Vec<u8>,
    /// Entries that look strange (FIL007).
    strange: HashSet<u32, FixedState>,
    /// Each distinct text; [`OwnerCell::Reference`] holds an index into it.
    met: Vec<Met>,
    /// How many rows hold each distinct text.
    rows: Vec<u64>,
    chunk: u32,
    /// Rows of this chunk so far.
    chunk_rows: u32,
}

/// Distinct bytes of a cell; several can be one text, with and without blanks around it.
#[derive(Clone, Copy)]
struct Entry {
    start: u32,
    end: u32,
    cell: OwnerCell,
}

/// A distinct text.
pub(super) struct Met {
    /// Trimmed.
    pub(super) text: String,
    /// The chunk in which it was first met, by this table's count.
    pub(super) chunk: u32,
    /// The row of that chunk, from 0.
    pub(super) row: u32,
}

impl Owners {
    /// The next rows are those of this chunk.
    pub(super) fn begin_chunk(&mut self, chunk: u32) {
        self.chunk = chunk;
        self.chunk_rows = 0;
    }

    /// Each distinct text, and how many rows hold it.
    pub(super) fn met(&self) -> impl ExactSizeIterator<Item = (&Met, u64)> {
        self.met.iter().zip(self.rows.iter().copied())
    }

    /// The text of a number.
    pub(super) fn text(&self, local: usize) -> (&str, u64) {
        (&self.met[local].text, self.rows[local])
    }

    /// The cell of the next row at `column`; what is wrong with it goes to `faults`. A row that is
    /// not asked about must be passed over with [`Owners::pass`].
    pub(super) fn cell(
        &mut self,
        row: &Row<'_>,
        column: usize,
        faults: &mut Faults<'_>,
    ) -> OwnerCell {
        let bytes = row.raw(column);
        let hash = FixedState::default().hash_one(bytes);
        let same = |place: &u32| self.bytes_of(*place) == bytes;
        let place = self.places.find(hash, same).copied();
        let place = place.unwrap_or_else(|| self.add(row, column, hash));
        self.chunk_rows += 1;
        let cell = self.entries[place as usize].cell;
        match cell {
            OwnerCell::Reference(local) => self.rows[local.0 as usize] += 1,
            OwnerCell::Blank => {}
            OwnerCell::Unusable(_) => {
                faults.undecodable(row, column);
            }
        }
        if !self.strange.is_empty() && self.strange.contains(&place) {
            let text = row.text(column).unwrap_or_default();
            faults.strange(row, column, &text, false);
        }
        cell
    }

    /// Passes over a row.
    pub(super) fn pass(&mut self) {
        self.chunk_rows += 1;
    }

    fn bytes_of(&self, place: u32) -> &[u8] {
        let entry = self.entries[place as usize];
        &self.bytes[entry.start as usize..entry.end as usize]
    }

    #[cold]
    fn add(&mut self, row: &Row<'_>, column: usize, hash: u64) -> u32 {
        let narrow = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
        let place = narrow(self.entries.len());
        let cell = match row.text(column).as_deref() {
            Err(_) => OwnerCell::Unusable(Code::Fil003),
            Ok("") => OwnerCell::Blank,
            Ok(text) => {
                if is_strange(text) {
                    self.strange.insert(place);
                }
                self.reference(text)
            }
        };
        let start = narrow(self.bytes.len());
        self.bytes.extend_from_slice(row.raw(column));
        let end = narrow(self.bytes.len());
        self.entries.push(Entry { start, end, cell });
        let Self {
            places,
            entries,
            bytes,
            ..
        } = self;
        places.insert_unique(hash, place, |place| {
            let entry = entries[*place as usize];
            FixedState::default().hash_one(&bytes[entry.start as usize..entry.end as usize])
        });
        place
    }

    fn reference(&mut self, text: &str) -> OwnerCell {
        let local = u32::try_from(self.met.len()).unwrap_or(u32::MAX);
        self.met.push(Met {
            text: text.to_owned(),
            chunk: self.chunk,
            row: self.chunk_rows,
        });
        self.rows.push(0);
        OwnerCell::Reference(ReferenceId(local))
    }
}
