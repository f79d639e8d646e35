//! Owner cells to small numbers, one table for each thread that reads a file.
//!
//! In: cells. Out: a number for each distinct text, with how many rows hold it and where it was first
//! met. Bytes seen before are neither decoded nor copied again. Putting the tables of several threads
//! together, in file order, is the reader's affair.

use foldhash::fast::FixedState;
use hashbrown::HashMap;

use crate::model::{Code, OwnerCell, ReferenceId};
use crate::read::cell::is_strange;
use crate::read::faults::Faults;
use crate::read::source::Row;

/// The distinct owner texts met so far.
#[derive(Default)]
pub(super) struct Owners {
    by_bytes: HashMap<Box<[u8]>, Known, FixedState>,
    /// Each distinct text; [`OwnerCell::Reference`] holds an index into it.
    pub(super) met: Vec<Met>,
    chunk: u32,
    /// Rows of this chunk so far.
    rows: u32,
}

/// A distinct text.
pub(super) struct Met {
    /// Trimmed.
    pub(super) text: String,
    /// How many rows hold it.
    pub(super) rows: u64,
    /// The chunk in which it was first met, by this table's count.
    pub(super) chunk: u32,
    /// The row of that chunk, from 0.
    pub(super) row: u32,
}

/// What a cell's bytes come to.
#[derive(Clone, Copy)]
struct Known {
    cell: OwnerCell,
    /// Whether it looks strange (FIL007).
    is_strange: bool,
}

impl Owners {
    /// The next rows are those of this chunk.
    pub(super) fn begin_chunk(&mut self, chunk: u32) {
        self.chunk = chunk;
        self.rows = 0;
    }

    /// The cell of the next row at `column`; what is wrong with it goes to `faults`. A row that is
    /// not asked about must be passed over with [`Owners::pass`].
    pub(super) fn cell(
        &mut self,
        row: &Row<'_>,
        column: usize,
        faults: &mut Faults<'_>,
    ) -> OwnerCell {
        let known = match self.by_bytes.get(row.raw(column)) {
            Some(known) => *known,
            None => self.add(row, column),
        };
        self.rows += 1;
        if let OwnerCell::Reference(local) = known.cell {
            self.met[local.0 as usize].rows += 1;
        }
        if known.is_strange {
            let text = row.text(column).unwrap_or_default();
            faults.strange(row, column, &text, false);
        }
        if let OwnerCell::Unusable(_) = known.cell {
            faults.undecodable(row, column);
        }
        known.cell
    }

    /// Passes over a row.
    pub(super) fn pass(&mut self) {
        self.rows += 1;
    }

    fn add(&mut self, row: &Row<'_>, column: usize) -> Known {
        let known = |cell, is_strange| Known { cell, is_strange };
        let known = match row.text(column).as_deref() {
            Err(_) => known(OwnerCell::Unusable(Code::Fil003), false),
            Ok("") => known(OwnerCell::Blank, false),
            Ok(text) => {
                let local = u32::try_from(self.met.len()).unwrap_or(u32::MAX);
                self.met.push(Met {
                    text: text.to_owned(),
                    rows: 0,
                    chunk: self.chunk,
                    row: self.rows,
                });
                known(OwnerCell::Reference(ReferenceId(local)), is_strange(text))
            }
        };
        self.by_bytes.insert(row.raw(column).into(), known);
        known
    }
}
