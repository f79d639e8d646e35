//! Owner cells to small numbers, one table for each thread that reads a file.
//!
//! In: cells. Out: a number for each distinct text, with how many rows hold it and where it was first
//! met. Bytes seen before are neither decoded nor copied again. Putting the tables of several threads
//! together, in file order, is the reader's affair.

use std::array;
use std::hash::BuildHasher;
use std::ops::BitOr;

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
/// entries of one cache line that hold the first bytes themselves.
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
    chunk: u32,
}

/// Distinct bytes of a cell; several can be one text, with and without blanks around it.
#[derive(Clone, Copy)]
#[repr(align(64))]
struct Entry {
    /// Its first bytes, so that most cells are told apart without a look elsewhere.
    beginning: Beginning,
    /// How many rows hold it.
    rows: u64,
    length: u32,
    /// Where all its bytes begin.
    start: u32,
    cell: OwnerCell,
}

/// As long as most names and mails, and as an id; with the rest of an entry a cache line.
const BEGINNING_BYTES: usize = 40;

/// The first bytes of a cell, filled up with zeros. As numbers they are compared in a few steps; as
/// bytes, by a call.
type Beginning = [u64; BEGINNING_BYTES / 8];

fn beginning(cell: &[u8]) -> Beginning {
    let mut beginning = [0; BEGINNING_BYTES];
    let length = cell.len().min(BEGINNING_BYTES);
    beginning[..length].copy_from_slice(&cell[..length]);
    let (numbers, _) = beginning.as_chunks::<8>();
    array::from_fn(|index| u64::from_ne_bytes(numbers[index]))
}

/// Whether two are the same, told without a branch each.
fn is_same(one: &Beginning, other: &Beginning) -> bool {
    let differing = one.iter().zip(other).map(|(one, other)| one ^ other);
    differing.fold(0, BitOr::bitor) == 0
}

impl Entry {
    /// Whether it is of these bytes, of which `beginning` are the first; `all` are those of all entries.
    fn is_of(&self, bytes: &[u8], beginning: &Beginning, all: &[u8]) -> bool {
        self.length as usize == bytes.len()
            && is_same(&self.beginning, beginning)
            && (bytes.len() <= BEGINNING_BYTES || self.bytes(all) == bytes)
    }

    fn bytes<'a>(&self, bytes: &'a [u8]) -> &'a [u8] {
        &bytes[self.start as usize..][..self.length as usize]
    }
}

/// A distinct text.
pub(super) struct Met {
    /// Trimmed.
    pub(super) text: String,
    /// The place of its entry.
    entry: u32,
    /// The chunk in which it was first met, by this table's count.
    pub(super) chunk: u32,
    /// The row of that chunk, from 0.
    pub(super) row: u32,
}

impl Owners {
    /// Each distinct text, and how many rows hold it.
    pub(super) fn met(&self) -> impl ExactSizeIterator<Item = (&Met, u64)> {
        let rows = |met: &Met| self.entries[met.entry as usize].rows;
        self.met.iter().map(move |met| (met, rows(met)))
    }

    /// The text of a number.
    pub(super) fn text(&self, local: usize) -> (&str, u64) {
        let met = &self.met[local];
        (&met.text, self.entries[met.entry as usize].rows)
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
        let place = self.place(bytes, &beginning(bytes), hash, row.encoding, 0);
        let (cell, told) = self.count(place);
        if let Some(told) = told {
            told.tell(faults, At::of(row), column, bytes, row.encoding);
        }
        cell
    }

    /// The cells of the rows of a chunk, put into `cells` at their rows.
    ///
    /// In batches, and each batch in three steps, none of whose look-ups depends on another's: so the
    /// processor has many on their way to memory at once. One after the other, each waits for the last.
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
        let mut waiting = waiting.iter();
        let mut batch: Vec<(u32, &[u8], u64)> = Vec::with_capacity(BATCH);
        loop {
            batch.clear();
            let next = waiting.by_ref().take(BATCH);
            batch.extend(next.map(|(row, bytes)| (row, bytes, state.hash_one(bytes))));
            if batch.is_empty() {
                return;
            }
            let guesses = self.guesses(&batch);
            for ((row, bytes, hash), (guess, is_near)) in batch.iter().zip(guesses) {
                let beginning = beginning(bytes);
                let entry = self.entries.get(guess as usize).filter(|_| is_near);
                let place = match entry {
                    Some(entry) if entry.is_of(bytes, &beginning, &self.bytes) => guess,
                    _ => self.place(bytes, &beginning, *hash, encoding, *row),
                };
                let (cell, told) = self.count(place);
                cells.set(*row as usize, cell);
                if let Some(told) = told {
                    tell(told, *row, bytes);
                }
            }
        }
    }

    /// For each cell the place that its hash alone leads to, and whether the entry there is as long.
    fn guesses(&self, batch: &[(u32, &[u8], u64)]) -> [(u32, bool); BATCH] {
        let mut guesses = [(0, false); BATCH];
        for ((guess, _), (_, _, hash)) in guesses.iter_mut().zip(batch) {
            let place = self.places.find(*hash, |_| true);
            *guess = place.copied().unwrap_or(u32::MAX);
        }
        for ((guess, is_near), (_, bytes, _)) in guesses.iter_mut().zip(batch) {
            let entry = self.entries.get(*guess as usize);
            *is_near = entry.is_some_and(|entry| entry.length as usize == bytes.len());
        }
        guesses
    }

    /// The place of the entry of these bytes.
    fn place(
        &mut self,
        bytes: &[u8],
        beginning: &Beginning,
        hash: u64,
        encoding: Encoding,
        row: u32,
    ) -> u32 {
        let same = |place: &u32| {
            let entry = &self.entries[*place as usize];
            entry.is_of(bytes, beginning, &self.bytes)
        };
        match self.places.find(hash, same) {
            Some(place) => *place,
            None => self.add(bytes, hash, encoding, row),
        }
    }

    /// Counts one row more for an entry; its cell, and what is wrong with it.
    fn count(&mut self, place: u32) -> (OwnerCell, Option<Told>) {
        let entry = &mut self.entries[place as usize];
        entry.rows += 1;
        let cell = entry.cell;
        match cell {
            OwnerCell::Reference(_) => {
                let is_strange = !self.strange.is_empty() && self.strange.contains(&place);
                (cell, is_strange.then_some(Told::Strange))
            }
            OwnerCell::Blank => (cell, None),
            OwnerCell::Unusable(_) => (cell, Some(Told::Undecodable)),
        }
    }

    #[cold]
    fn add(&mut self, cell: &[u8], hash: u64, encoding: Encoding, row: u32) -> u32 {
        let narrow = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
        let place = narrow(self.entries.len());
        let start = narrow(self.bytes.len());
        self.bytes.extend_from_slice(cell);
        let (beginning, length) = (beginning(cell), narrow(cell.len()));
        let cell = match text(encoding, cell).as_deref() {
            Err(_) => OwnerCell::Unusable(Code::Fil003),
            Ok("") => OwnerCell::Blank,
            Ok(text) => {
                if is_strange(text) {
                    self.strange.insert(place);
                }
                self.reference(text, place, row)
            }
        };
        self.entries.push(Entry {
            beginning,
            rows: 0,
            length,
            start,
            cell,
        });
        let Self {
            places,
            entries,
            bytes,
            ..
        } = self;
        places.insert_unique(hash, place, |place| {
            FixedState::default().hash_one(entries[*place as usize].bytes(bytes))
        });
        place
    }

    fn reference(&mut self, text: &str, entry: u32, row: u32) -> OwnerCell {
        let local = u32::try_from(self.met.len()).unwrap_or(u32::MAX);
        self.met.push(Met {
            text: text.to_owned(),
            entry,
            chunk: self.chunk,
            row,
        });
        OwnerCell::Reference(ReferenceId(local))
    }
}

/// Cells that are looked up at once.
const BATCH: usize = 64;

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
