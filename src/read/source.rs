//! The one trait behind which every kind of file stands, and the rows that it gives.
//!
//! In: a [`Source`], which hands out its file as chunks of whole rows to as many workers as ask, each
//! chunk knowing the row and line it begins with. Out: rows, whose cells are bytes until asked for.
//! The driver is in `scan.rs`.

use std::borrow::Cow;
use std::ops::ControlFlow;

use crate::read::ReadError;
use crate::read::csv::{FileDigest, TextChunk};
use crate::read::encoding::{Encoding, Undecodable};
use crate::read::workbook::CellChunk;
use crate::read::workbook::merges::Merge;

/// A file of rows.
pub(super) trait Source: Send + Sync {
    /// Begins to read it from its first row.
    fn feed(&self) -> Result<Box<dyn Feed + '_>, ReadError>;

    /// The same, for whoever wants its first rows alone.
    fn head(&self) -> Result<Box<dyn Feed + '_>, ReadError> {
        self.feed()
    }

    /// Whether the file is still the one whose hash was taken.
    fn check_unchanged(&self) -> Result<(), ReadError>;

    /// Size of the file in bytes.
    fn bytes(&self) -> u64;

    /// How many bytes all chunks stand for; `None` where nobody knows before they are read.
    fn total(&self) -> Option<u64> {
        Some(self.bytes())
    }

    /// Takes note of what was found out while it was read; true where it was taken for what it is not,
    /// and has to be read again.
    fn settle(&self, _digest: &FileDigest) -> Result<bool, ReadError> {
        Ok(false)
    }

    /// Its merged areas; `None` where they are not known before it was read to its end.
    fn merges(&self) -> Option<&[Merge]> {
        Some(&[])
    }

    /// How its cells become text; `None` where the kind of file says it.
    fn encoding(&self) -> Option<Encoding> {
        None
    }

    /// The byte that showed that it is no UTF-8, where nobody had said so.
    fn foreign_byte(&self) -> Result<Option<ForeignByte>, ReadError> {
        Ok(None)
    }
}

/// A byte that is no UTF-8.
#[derive(Clone, Copy, Debug)]
pub(super) struct ForeignByte {
    /// How many bytes lie before it.
    pub offset: u64,
    /// The row that holds it, from 1.
    pub row: u64,
    /// The line on which that row begins.
    pub line: u64,
}

/// A file being read, handed out in chunks.
pub(super) trait Feed: Sync {
    /// Puts the next chunk into `chunk`, whose room is used again, and says its number, from 0 in file
    /// order; `None` where all were handed out.
    ///
    /// May wait for workers that were given lower numbers to come out of this function, never for
    /// anything that they do afterwards. After an error the others' chunks may lack rows.
    fn next(&self, chunk: &mut Chunk) -> Result<Option<u64>, ReadError>;

    /// Once all chunks were handed out, what was found out about the file meanwhile.
    fn digest(&self) -> Option<FileDigest> {
        None
    }
}

/// Some whole rows of a file, not yet parsed.
pub(super) enum Chunk {
    /// Of a CSV.
    Text(Box<TextChunk>),
    /// Of a sheet.
    Cells(CellChunk),
}

impl Default for Chunk {
    fn default() -> Self {
        Self::Text(Box::default())
    }
}

impl Chunk {
    /// How many bytes of the file it stands for.
    pub(super) fn bytes(&self) -> u64 {
        match self {
            Self::Text(text) => text.bytes(),
            Self::Cells(cells) => cells.bytes(),
        }
    }

    /// Parses it and shows each row in order, blank lines apart, until `see` breaks.
    pub(super) fn rows(&self, see: &mut dyn FnMut(&Row<'_>) -> ControlFlow<()>) {
        match self {
            Self::Text(text) => text.rows(see),
            Self::Cells(cells) => cells.rows(see),
        }
    }

    /// As a chunk of a sheet, made one where it was none.
    pub(super) fn as_cells(&mut self) -> &mut CellChunk {
        if let Self::Text(_) = self {
            *self = Self::Cells(CellChunk::default());
        }
        match self {
            Self::Cells(cells) => cells,
            Self::Text(_) => unreachable!("made a chunk of a sheet just now"),
        }
    }

    /// As a chunk of a CSV, made one where it was none.
    pub(super) fn as_text(&mut self) -> &mut TextChunk {
        if let Self::Cells(_) = self {
            *self = Self::default();
        }
        match self {
            Self::Text(text) => text,
            Self::Cells(_) => unreachable!("made a text chunk just now"),
        }
    }
}

/// One parsed row.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row<'a> {
    /// As a spreadsheet numbers it, from 1.
    pub number: u64,
    /// The physical line on which it begins, from 1; equals `row` in a workbook.
    pub line: u64,
    /// The cells.
    pub cells: Cells<'a>,
    /// How the cells become text.
    pub encoding: Encoding,
    /// The file ended within a quoted cell of this row.
    pub unterminated: bool,
    /// Text follows the closing quote of a cell of this row.
    pub misquoted: bool,
    /// Rows of this file have as many cells as the header; a workbook's leave out trailing blanks.
    pub fixed_width: bool,
}

/// No name, id or mail is longer than what a cell of Excel holds, 32,767 letters of up to four bytes; to
/// look for somebody who is called so would only take long.
const CELL_BYTES_MAX: usize = 4 * 32_767;

/// Why a cell has no text.
#[derive(Debug)]
pub(super) struct NoText {
    /// What it holds.
    pub words: String,
    /// What to do.
    pub cure: &'static str,
}

/// The cells of a row.
#[derive(Clone, Copy, Debug)]
pub(super) enum Cells<'a> {
    /// As they lie in a CSV; a cell that begins with a quote ends with one and holds no other.
    Separated {
        /// The row without its line end.
        bytes: &'a [u8],
        /// Where it begins in its block.
        offset: usize,
        /// Where the delimiters are in that block.
        separators: &'a [u32],
    },
    /// One right after the other.
    Joined {
        /// All of them.
        data: &'a [u8],
        /// Where each ends.
        ends: &'a [usize],
    },
}

impl<'a> Cells<'a> {
    #[inline]
    fn len(&self) -> usize {
        match self {
            Self::Separated { separators, .. } => separators.len() + 1,
            Self::Joined { ends, .. } => ends.len(),
        }
    }

    #[inline]
    fn cell(&self, column: usize) -> &'a [u8] {
        match *self {
            Self::Separated {
                bytes,
                offset,
                separators,
            } => {
                let place = |separator: u32| separator as usize - offset;
                let start = column.checked_sub(1).map(|before| separators.get(before));
                let start = match start {
                    None => 0,
                    Some(Some(before)) => place(*before) + 1,
                    Some(None) => return &[],
                };
                let end = separators
                    .get(column)
                    .map_or(bytes.len(), |end| place(*end));
                match &bytes[start..end] {
                    [b'"', quoted @ .., b'"'] => quoted,
                    plain => plain,
                }
            }
            Self::Joined { data, ends } => {
                let Some(end) = ends.get(column) else {
                    return &[];
                };
                let start = column.checked_sub(1).map_or(0, |before| ends[before]);
                &data[start..*end]
            }
        }
    }
}

impl<'a> Row<'a> {
    /// How many cells the row has.
    #[inline]
    pub(super) fn len(&self) -> usize {
        self.cells.len()
    }

    /// The bytes of a cell; empty where the row has no such cell.
    #[inline]
    pub(super) fn raw(&self, column: usize) -> &'a [u8] {
        self.cells.cell(column)
    }

    /// All its bytes, for what is said of the row as a whole.
    pub(super) fn bytes(&self) -> &'a [u8] {
        match self.cells {
            Cells::Separated { bytes, .. } => bytes,
            Cells::Joined { data, .. } => data,
        }
    }

    /// The text of a cell, trimmed.
    pub(super) fn text(&self, column: usize) -> Result<Cow<'a, str>, Undecodable> {
        text(self.encoding, self.raw(column))
    }

    /// What is wrong with a cell that has no text.
    pub(super) fn no_text(&self, column: usize) -> NoText {
        no_text(self.encoding, self.raw(column))
    }

    /// Whether no cell holds anything but blanks; such a row is none.
    pub(super) fn is_blank(&self) -> bool {
        (0..self.len()).all(|column| is_blank(self.raw(column)))
    }
}

/// The text of a cell, trimmed.
pub(super) fn text(encoding: Encoding, cell: &[u8]) -> Result<Cow<'_, str>, Undecodable> {
    if cell.len() > CELL_BYTES_MAX {
        return Err(Undecodable);
    }
    encoding.trimmed(cell)
}

/// What is wrong with a cell that has no text.
pub(super) fn no_text(encoding: Encoding, cell: &[u8]) -> NoText {
    if cell.len() > CELL_BYTES_MAX {
        return NoText {
            words: "more letters than a cell of Excel holds (32,767)".to_owned(),
            cure: "look in those rows for a quote that is never closed",
        };
    }
    NoText {
        words: format!("bytes that are no {}", encoding.label()),
        cure: "correct those cells, or name the right `encoding` in the manifest",
    }
}

/// Whether a cell holds nothing but blanks.
pub(super) fn is_blank(cell: &[u8]) -> bool {
    cell.iter().all(u8::is_ascii_whitespace)
}
