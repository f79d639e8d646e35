//! Owner cells to small numbers, one table for each thread that reads a file.
//!
//! In: cells. Out: a number for each distinct text, with how many rows hold it and where it was first
//! met. Bytes seen before are neither decoded nor copied again. Putting the tables of several threads
//! together, in file order, is the reader's affair.

use std::hash::BuildHasher;

use foldhash::fast::FixedState;
use hashbrown::{HashSet, HashTable};

use crate::model::{Code, OwnerCell, OwnerColumn, ReferenceId};
use crate::read::cell::is_strange;
use crate::read::encoding::Encoding;
use crate::read::faults::{At, Faults};
use crate::read::source::{Row, text};

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
    /// Each distinct text, and how many rows hold it.
    pub(super) fn met(&self) -> impl ExactSizeIterator<Item = (&Met, u64)> {
        self.met.iter().zip(self.rows.iter().copied())
    }

    /// The text of a number.
    pub(super) fn text(&self, local: usize) -> (&str, u64) {
        (&self.met[local].text, self.rows[local])
    }

    /// The cell of a row at `column`; what is wrong with it goes to `faults`.
    pub(super) fn cell(
        &mut self,
        row: &Row<'_>,
        column: usize,
        faults: &mut Faults<'_>,
    ) -> OwnerCell {
        let bytes = row.raw(column);
        let hash = FixedState::default().hash_one(bytes);
        let place = self.place(bytes, hash, row.encoding, 0);
        let (cell, told) = self.count(place);
        if let Some(told) = told {
            told.tell(faults, At::of(row), column, bytes, row.encoding);
        }
        cell
    }

    /// The cells of the rows of a chunk, put into `cells` at their rows.
    ///
    /// All hashes first, then all look-ups, each of which depends on none before it: so the processor
    /// has several on their way to memory at once.
    pub(super) fn cells(
        &mut self,
        waiting: &Waiting,
        chunk: u32,
        cells: &mut OwnerColumn,
        mut tell: impl FnMut(Told, u32, &[u8]),
        encoding: Encoding,
    ) {
        self.chunk = chunk;
        let state = FixedState::default();
        let hashes: Vec<u64> = waiting
            .iter()
            .map(|(_, bytes)| state.hash_one(bytes))
            .collect();
        for ((row, bytes), hash) in waiting.iter().zip(hashes) {
            let place = self.place(bytes, hash, encoding, row);
            let (cell, told) = self.count(place);
            cells.set(row as usize, cell);
            if let Some(told) = told {
                tell(told, row, bytes);
            }
        }
    }

    /// The place of the entry of these bytes.
    fn place(&mut self, bytes: &[u8], hash: u64, encoding: Encoding, row: u32) -> u32 {
        let same = |place: &u32| self.bytes_of(*place) == bytes;
        match self.places.find(hash, same) {
            Some(place) => *place,
            None => self.add(bytes, hash, encoding, row),
        }
    }

    /// Counts one row more for an entry; its cell, and what is wrong with it.
    fn count(&mut self, place: u32) -> (OwnerCell, Option<Told>) {
        let cell = self.entries[place as usize].cell;
        match cell {
            OwnerCell::Reference(local) => {
                self.rows[local.0 as usize] += 1;
                let is_strange = !self.strange.is_empty() && self.strange.contains(&place);
                (cell, is_strange.then_some(Told::Strange))
            }
            OwnerCell::Blank => (cell, None),
            OwnerCell::Unusable(_) => (cell, Some(Told::Undecodable)),
        }
    }

    fn bytes_of(&self, place: u32) -> &[u8] {
        let entry = self.entries[place as usize];
        &self.bytes[entry.start as usize..entry.end as usize]
    }

    #[cold]
    fn add(&mut self, cell: &[u8], hash: u64, encoding: Encoding, row: u32) -> u32 {
        let narrow = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
        let place = narrow(self.entries.len());
        let start = narrow(self.bytes.len());
        self.bytes.extend_from_slice(cell);
        let end = narrow(self.bytes.len());
        let cell = match text(encoding, cell).as_deref() {
            Err(_) => OwnerCell::Unusable(Code::Fil003),
            Ok("") => OwnerCell::Blank,
            Ok(text) => {
                if is_strange(text) {
                    self.strange.insert(place);
                }
                self.reference(text, row)
            }
        };
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

    fn reference(&mut self, text: &str, row: u32) -> OwnerCell {
        let local = u32::try_from(self.met.len()).unwrap_or(u32::MAX);
        self.met.push(Met {
            text: text.to_owned(),
            chunk: self.chunk,
            row,
        });
        self.rows.push(0);
        OwnerCell::Reference(ReferenceId(local))
    }
}

/// What is wrong with an owner cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Told {
    /// Its bytes are no text.
    Undecodable,
    /// It looks strange (FIL007).
    Strange,
}

impl Told {
    /// Says so, of the cell at a place.
    pub(super) fn tell(
        self,
        faults: &mut Faults<'_>,
        at: At,
        column: usize,
        cell: &[u8],
        encoding: Encoding,
    ) {
        match self {
            Self::Undecodable => {
                faults.undecodable_at(at, column, cell, encoding);
            }
            Self::Strange => {
                let text = text(encoding, cell).unwrap_or_default();
                faults.strange_at(at, column, &text);
            }
        }
    }
}

/// Owner cells of a chunk that wait to be looked up.
#[derive(Default)]
pub(super) struct Waiting {
    bytes: Vec<u8>,
    /// The row of each within its chunk, from 0, and where its bytes end.
    rows: Vec<(u32, usize)>,
}

impl Waiting {
    /// None any more; their room is used again.
    pub(super) fn clear(&mut self) {
        self.bytes.clear();
        self.rows.clear();
    }

    /// Adds the cell of a row.
    pub(super) fn push(&mut self, row: u32, cell: &[u8]) {
        self.bytes.extend_from_slice(cell);
        self.rows.push((row, self.bytes.len()));
    }

    fn iter(&self) -> impl Iterator<Item = (u32, &[u8])> {
        let mut start = 0;
        self.rows.iter().map(move |(row, end)| {
            let cell = &self.bytes[start..*end];
            start = *end;
            (*row, cell)
        })
    }
}
