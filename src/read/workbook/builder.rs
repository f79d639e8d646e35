//! Cells of a sheet to chunks of rows.
//!
//! In: cells as text, in the order of rows and columns. Out: chunks of a bounded size; or why the sheet is not read
//! on: a cell outside the grid, cells out of order, more text than is read.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use calamine::DataRef;

use crate::read::encoding::Encoding;
use crate::read::source::{Cells, Row};
use crate::read::workbook::limits::{
    COLUMNS_MAX, ROW_BYTES_MAX, ROWS_MAX, Refusal, SHEET_BYTES_MAX,
};
use crate::read::workbook::text::write_value;

/// How many rows, cells and bytes of text go together, whichever comes first: a cell far to the
/// right takes all cells to its left with it.
const CHUNK_ROWS: usize = 4096;
const CHUNK_CELLS: usize = 1 << 20;
const CHUNK_BYTES: usize = 8 << 20;

/// Rows of a sheet, cells as text; each row's ends count from where its text begins.
#[derive(Default)]
pub(in crate::read) struct CellChunk {
    data: String,
    ends: Vec<usize>,
    rows: Vec<SheetRow>,
    bytes: u64,
}

struct SheetRow {
    row: u32,
    data_start: usize,
    ends_start: usize,
}

impl CellChunk {
    /// How many bytes of the file it stands for.
    pub(in crate::read) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Shows each row in order, until `see` breaks.
    pub(in crate::read) fn rows(&self, see: &mut dyn FnMut(&Row<'_>) -> ControlFlow<()>) {
        let starts_after = self.rows.iter().skip(1);
        let stops = starts_after
            .map(|next| (next.data_start, next.ends_start))
            .chain([(self.data.len(), self.ends.len())]);
        for (row, (data_stop, ends_stop)) in self.rows.iter().zip(stops) {
            let shown = Row {
                number: u64::from(row.row) + 1,
                line: u64::from(row.row) + 1,
                cells: Cells::Joined {
                    data: &self.data.as_bytes()[row.data_start..data_stop],
                    ends: &self.ends[row.ends_start..ends_stop],
                },
                encoding: Encoding::Utf8,
                unterminated: false,
                misquoted: false,
                fixed_width: false,
            };
            if see(&shown).is_break() {
                return;
            }
        }
    }
}

/// Collects cells into a chunk.
pub(super) struct Builder {
    chunk: CellChunk,
    text_bytes: u64,
    read: Arc<AtomicU64>,
    read_before: u64,
}

impl Builder {
    /// Nothing collected; `read` counts the bytes of the file.
    pub(super) fn new(read: Arc<AtomicU64>) -> Self {
        Self {
            chunk: CellChunk::default(),
            text_bytes: 0,
            read_before: read.load(Ordering::Relaxed),
            read,
        }
    }

    /// Whether a cell of `row` belongs to the next chunk.
    pub(super) fn is_full(&self, row: u32) -> bool {
        let chunk = &self.chunk;
        let full = chunk.rows.len() >= CHUNK_ROWS
            || chunk.ends.len() >= CHUNK_CELLS
            || chunk.data.len() >= CHUNK_BYTES;
        full && chunk.rows.last().is_some_and(|last| last.row != row)
    }

    /// What was collected.
    pub(super) fn finish(&mut self) -> CellChunk {
        let read = self.read.load(Ordering::Relaxed);
        self.chunk.bytes = read - std::mem::replace(&mut self.read_before, read);
        std::mem::take(&mut self.chunk)
    }

    /// Adds a cell.
    pub(super) fn put(
        &mut self,
        row: u32,
        column: u32,
        value: &DataRef<'_>,
    ) -> Result<(), Refusal> {
        check_grid(row, column)?;
        let CellChunk {
            data, ends, rows, ..
        } = &mut self.chunk;
        let last_row = rows.last().map(|last| last.row);
        if last_row != Some(row) {
            rows.push(SheetRow {
                row,
                data_start: data.len(),
                ends_start: ends.len(),
            });
        }
        let (data_start, ends_start) = rows
            .last()
            .map_or((0, 0), |last| (last.data_start, last.ends_start));
        let wanted = ends_start + column as usize;
        if ends.len() > wanted || last_row > Some(row) {
            return Err(Refusal::damaged(format!(
                "cells out of order at row {}",
                u64::from(row) + 1
            )));
        }
        let data_before = data.len();
        ends.resize(wanted, data_before - data_start);
        write_value(data, value);
        ends.push(data.len() - data_start);
        self.text_bytes += (data.len() - data_before) as u64;
        check_text(row, data.len() - data_start, self.text_bytes)
    }
}

/// Refuses a cell outside the grid, and a full sheet.
pub(super) fn check_grid(row: u32, column: u32) -> Result<(), Refusal> {
    if column >= COLUMNS_MAX {
        return Err(Refusal::over(format!(
            "a cell lies beyond column {COLUMNS_MAX}"
        )));
    }
    if row >= ROWS_MAX - 1 {
        return Err(Refusal::over(format!(
            "the sheet is full to its last row, {ROWS_MAX}, so that rows are likely missing"
        )));
    }
    Ok(())
}

fn check_text(row: u32, row_bytes: usize, sheet_bytes: u64) -> Result<(), Refusal> {
    if row_bytes > ROW_BYTES_MAX {
        return Err(Refusal::over(format!(
            "row {} holds more than {ROW_BYTES_MAX} bytes of text",
            u64::from(row) + 1
        )));
    }
    if sheet_bytes > SHEET_BYTES_MAX {
        return Err(Refusal::over(format!(
            "the sheet holds more than {SHEET_BYTES_MAX} bytes of text"
        )));
    }
    Ok(())
}
