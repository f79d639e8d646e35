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
    COLUMNS_MAX, ROW_BYTES_MAX, ROWS_MAX, Refusal, SHEET_BYTES_MAX, SHEET_CELLS_MAX,
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

    /// Empties it; its room is used again. It will stand for `bytes` of the file.
    pub(super) fn begin(&mut self, bytes: u64) {
        self.data.clear();
        self.ends.clear();
        self.rows.clear();
        self.bytes = bytes;
    }

    /// How many cells it holds, with the blank ones to the left of others.
    pub(super) fn cell_count(&self) -> u64 {
        self.ends.len() as u64
    }

    /// How much text it holds.
    pub(super) fn text_bytes(&self) -> u64 {
        self.data.len() as u64
    }

    /// Whether it holds more than goes together, so that the next row should be another chunk's.
    fn is_over_full(&self) -> bool {
        self.ends.len() >= CHUNK_CELLS || self.data.len() >= CHUNK_BYTES
    }

    /// Adds a cell; `false` where it does not lie behind those before it, or its chunk is full.
    pub(super) fn put(&mut self, row: u32, column: u32, text: &str) -> bool {
        let fits = !self.is_over_full() && self.begin_cell(row, column).is_some();
        if fits {
            self.data.push_str(text);
            self.end_cell();
        }
        fits
    }

    /// Makes room for a cell; gives where the text of its row begins, or nothing where the cell does not lie
    /// behind those before it.
    fn begin_cell(&mut self, row: u32, column: u32) -> Option<usize> {
        let last_row = self.rows.last().map(|last| last.row);
        if last_row != Some(row) {
            self.rows.push(SheetRow {
                row,
                data_start: self.data.len(),
                ends_start: self.ends.len(),
            });
        }
        let (data_start, ends_start) = self
            .rows
            .last()
            .map_or((0, 0), |last| (last.data_start, last.ends_start));
        let wanted = ends_start + column as usize;
        if self.ends.len() > wanted || last_row > Some(row) {
            return None;
        }
        self.ends.resize(wanted, self.data.len() - data_start);
        Some(data_start)
    }

    /// Ends the cell whose text was added.
    fn end_cell(&mut self) {
        let data_start = self.rows.last().map_or(0, |last| last.data_start);
        self.ends.push(self.data.len() - data_start);
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
    cells: u64,
    read: Arc<AtomicU64>,
    read_before: u64,
}

impl Builder {
    /// Nothing collected; `read` counts the bytes of the file.
    pub(super) fn new(read: Arc<AtomicU64>) -> Self {
        Self {
            chunk: CellChunk::default(),
            text_bytes: 0,
            cells: 0,
            read_before: read.load(Ordering::Relaxed),
            read,
        }
    }

    /// Whether a cell of `row` belongs to the next chunk.
    pub(super) fn is_full(&self, row: u32) -> bool {
        let chunk = &self.chunk;
        let full = chunk.rows.len() >= CHUNK_ROWS || chunk.is_over_full();
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
        let chunk = &mut self.chunk;
        let cells_before = chunk.ends.len();
        let Some(data_start) = chunk.begin_cell(row, column) else {
            return Err(Refusal::damaged(format!(
                "cells out of order at row {}",
                u64::from(row) + 1
            )));
        };
        let data_before = chunk.data.len();
        write_value(&mut chunk.data, value);
        chunk.end_cell();
        self.cells += (chunk.ends.len() - cells_before) as u64;
        self.text_bytes += (chunk.data.len() - data_before) as u64;
        let row_bytes = chunk.data.len() - data_start;
        if self.cells > SHEET_CELLS_MAX {
            return Err(Refusal::over(format!(
                "the sheet comes to more than {SHEET_CELLS_MAX} cells, blank ones to the left of others \
                 among them"
            )));
        }
        check_text(row, row_bytes, self.text_bytes)
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
