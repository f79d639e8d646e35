//! The findings that single rows give cause for, one per file and kind, with every place.
//!
//! In: rows and cells at fault. Out: findings whose subject is the file, or its column. A chunk
//! collects its own; they are merged in file order. What is a fault is decided by the callers.

use crate::model::{Code, FileId, Findings, Input, Place, quoted};
use crate::read::cell::{is_fraction, is_strange};
use crate::read::encoding::Encoding;
use crate::read::header::{HeadRow, column_number};
use crate::read::source::{NoText, Row, is_blank, no_text};
use crate::read::split::line_ends;
use crate::read::workbook::merges::Covered;

/// Collects findings about the rows of one file.
pub(super) struct Faults<'a> {
    input: &'a Input,
    width: Width,
    covered: &'a [(usize, Covered)],
    /// What was met so far.
    pub findings: Findings,
}

impl<'a> Faults<'a> {
    /// Nothing met yet. `covered` says, for each column that is used, where merged areas cover it.
    pub(super) fn new(input: &'a Input, width: Width, covered: &'a [(usize, Covered)]) -> Self {
        Self {
            input,
            width,
            covered,
            findings: Findings::default(),
        }
    }

    /// The file that they are about.
    pub(super) fn file(&self) -> FileId {
        self.input.file
    }

    /// FIL003, where the row as a whole is broken: a quote left open, cells shifted so that those up to
    /// column `used_max` (from 0) cannot be trusted, or a used cell that is merged with another.
    pub(super) fn broken(&mut self, row: &Row<'_>, used_max: usize) -> Option<Code> {
        let Some(found) = shape_fault(row, self.width, used_max) else {
            return self.merged(row);
        };
        let (class, cure) = match found {
            ShapeFault::Unterminated => {
                self.unterminated(row);
                return Some(Code::Fil003);
            }
            ShapeFault::Misquoted => (
                "text follows the quote that closes a cell",
                "write quotes within a cell twice, and close the quote of that cell; rows below it \
                 may have been taken for its text",
            ),
            ShapeFault::Ragged => {
                self.ragged(row);
                return Some(Code::Fil003);
            }
        };
        self.row_finding(Code::Fil003, row, class, cure);
        Some(Code::Fil003)
    }

    /// A merged area holds one text, in its first cell: whom the rows below belong to is for a person to
    /// say, as they look filled and are not.
    fn merged(&mut self, row: &Row<'_>) -> Option<Code> {
        let column = merged_cells(row, self.covered).next()?;
        let class =
            "cells that are merged with others, so that only the first of them holds the text";
        let cure = "take the merging back in Excel and fill each of the cells";
        self.cell_finding(Code::Fil003, row, column, "", class, cure);
        Some(Code::Fil003)
    }

    /// Says how many cells there are, and how many should be.
    fn ragged(&mut self, row: &Row<'_>) {
        let class = "rows have more or fewer cells than the header";
        let (name, number) = (&self.input.name, row.number);
        let (cells, expected) = (row.len(), self.width.full);
        let id = self.findings.about(
            Code::Fil003,
            &format!("{name}: {class}"),
            || {
                format!(
                    "{name}: {class}, such as row {number} with {cells} cells, expected {expected}",
                    name = quoted(&name)
                )
            },
            || {
                "put cells that hold the delimiter or a line break into quotes, or export again"
                    .to_owned()
            },
        );
        let place = Place::row(self.input.file, row.number, row.line);
        self.findings.place(id, place);
    }

    /// Says how much of the file it took with it: kept out, that goes with the row.
    fn unterminated(&mut self, row: &Row<'_>) {
        let class = "a quote is opened and never closed";
        let lines = line_ends(row.bytes());
        let name = &self.input.name;
        let id = self.findings.about(
            Code::Fil003,
            &format!("{name}: {class}"),
            || {
                format!(
                    "{name}: {class}; {lines} lines below it were taken for the cell's text",
                    name = quoted(&name)
                )
            },
            || "close the quote in that row".to_owned(),
        );
        let place = Place::row(self.input.file, row.number, row.line);
        self.findings.place(id, place);
    }

    /// FIL003: a needed cell holds bytes that are no text, or far too many.
    pub(super) fn undecodable(&mut self, row: &Row<'_>, column: usize) -> Code {
        self.undecodable_at(At::of(row), column, row.raw(column), row.encoding)
    }

    /// The same, of the cell at a place.
    pub(super) fn undecodable_at(
        &mut self,
        at: At,
        column: usize,
        cell: &[u8],
        encoding: Encoding,
    ) -> Code {
        let shown = &cell[..cell.len().min(SHOWN_BYTES)];
        let text = encoding.lossy(shown).into_owned();
        let NoText { words, cure } = no_text(encoding, cell);
        self.cell_finding_at(Code::Fil003, at, column, &text, &words, cure);
        Code::Fil003
    }

    /// FIL007: a formula's error or a mangled number; in a column of ids also a fraction, which a
    /// sheet's numbers get when they were computed. Says whether the cell no longer tells what was
    /// meant; a fraction still does.
    pub(super) fn strange(
        &mut self,
        row: &Row<'_>,
        column: usize,
        text: &str,
        is_id: bool,
    ) -> bool {
        let lost = is_strange(text);
        if lost || (is_id && !row.fixed_width && is_fraction(text)) {
            self.strange_at(At::of(row), column, text);
        }
        lost
    }

    /// FIL007, of the cell at a place.
    pub(super) fn strange_at(&mut self, at: At, column: usize, text: &str) {
        let class = "a formula's error or a mangled number";
        let cure = "format the column as text before saving, and export again";
        self.cell_finding_at(Code::Fil007, at, column, text, class, cure);
    }

    /// A finding about whole rows.
    pub(super) fn row_finding(&mut self, code: Code, row: &Row<'_>, class: &str, cure: &str) {
        let name = &self.input.name;
        let id = self.findings.about(
            code,
            &format!("{name}: {class}"),
            || format!("{name}: {class}", name = quoted(&name)),
            || cure.to_owned(),
        );
        let place = Place::row(self.input.file, row.number, row.line);
        self.findings.place(id, place);
    }

    /// A finding about cells of one column.
    pub(super) fn cell_finding(
        &mut self,
        code: Code,
        row: &Row<'_>,
        column: usize,
        text: &str,
        class: &str,
        cure: &str,
    ) {
        self.cell_finding_at(code, At::of(row), column, text, class, cure);
    }

    fn cell_finding_at(
        &mut self,
        code: Code,
        at: At,
        column: usize,
        text: &str,
        class: &str,
        cure: &str,
    ) {
        let name = &self.input.name;
        let header = self
            .input
            .headers
            .get(column)
            .map_or("", |header| header.trim());
        let id = self.findings.about(
            code,
            &format!("{name} column {header}: {class}"),
            || {
                format!(
                    "{name}, column {header}: {class}, such as {}",
                    quoted(&shown(text)),
                    name = quoted(&name),
                    header = quoted(&header)
                )
            },
            || cure.to_owned(),
        );
        let place = Place::row(self.input.file, at.number, at.line);
        self.findings
            .place(id, place.cell(column_number(column), text));
    }
}

/// Where a row stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct At {
    /// As a spreadsheet numbers it, from 1.
    pub number: u64,
    /// The physical line, from 1.
    pub line: u64,
}

impl At {
    /// Where this row stands.
    pub(super) fn of(row: &Row<'_>) -> Self {
        Self {
            number: row.number,
            line: row.line,
        }
    }
}

/// More of a cell than any message or place quotes.
const SHOWN_BYTES: usize = 4096;

/// A cell as a message quotes it.
fn shown(text: &str) -> String {
    text.trim().chars().take(Place::CELL_CHARS_MAX).collect()
}

/// The columns in which the row is blank because a merged area covers it.
pub(super) fn merged_cells<'a>(
    row: &Row<'a>,
    covered: &'a [(usize, Covered)],
) -> impl Iterator<Item = usize> + use<'a> {
    let row = *row;
    let merged = move |(column, covered): &(usize, Covered)| {
        covered.contains(row.number) && is_blank(row.raw(*column))
    };
    let columns = covered.iter().filter(move |column| merged(column));
    columns.map(|(column, _)| *column)
}

/// How many cells the rows of a file have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Width {
    /// Up to the last header that is not blank.
    pub named: usize,
    /// With the blank ones that lines of this file end with.
    pub full: usize,
}

impl Width {
    /// The width that the header, the first of `head`, and the rows below it speak for.
    ///
    /// Some exports end each line with a delimiter, the header's line or not. A row that alone has a
    /// blank cell more is another matter: a delimiter within one of its cells has shifted the rest.
    pub(super) fn of(head: &[HeadRow]) -> Self {
        let header = head.first().map_or(&[][..], |row| &row.cells);
        let filled = |cell: &String| !cell.trim().is_empty();
        let named = header.iter().rposition(filled).map_or(0, |last| last + 1);
        let full = usual_width(head.get(1..).unwrap_or_default());
        let full = full.map_or(header.len(), |usual| usual.max(named));
        Self { named, full }
    }
}

/// How many cells more than half of the rows have. One row alone says nothing.
fn usual_width(rows: &[HeadRow]) -> Option<usize> {
    let mut widths: Vec<usize> = rows.iter().map(|row| row.cells.len()).collect();
    widths.sort_unstable();
    let usual = widths.chunk_by(usize::eq);
    let usual = usual.filter(|same| same.len() > 1 && same.len() * 2 > rows.len());
    usual.map(|same| same[0]).next()
}

/// What is wrong with a row as such.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ShapeFault {
    Unterminated,
    Misquoted,
    Ragged,
}

/// What is wrong with the shape of a row, of which the cells up to `used_max` are needed.
pub(super) fn shape_fault(row: &Row<'_>, width: Width, used_max: usize) -> Option<ShapeFault> {
    if row.unterminated {
        return Some(ShapeFault::Unterminated);
    }
    if row.misquoted {
        return Some(ShapeFault::Misquoted);
    }
    let surplus = || (width.named..row.len()).any(|column| !is_blank(row.raw(column)));
    let ragged = row.fixed_width && (row.len() <= used_max || row.len() > width.full || surplus());
    ragged.then_some(ShapeFault::Ragged)
}
