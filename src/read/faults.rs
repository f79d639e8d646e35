//! The findings that single rows give cause for, one per file and kind, with every place.
//!
//! In: rows and cells at fault. Out: findings whose subject is the file, or its column. A chunk
//! collects its own; they are merged in file order. What is a fault is decided by the callers.

use crate::model::{Code, FileId, Findings, Input, Place};
use crate::read::cell::{is_fraction, is_strange};
use crate::read::header::column_number;
use crate::read::source::{Row, is_blank};

/// Collects findings about the rows of one file.
pub(super) struct Faults<'a> {
    input: &'a Input,
    /// What was met so far.
    pub findings: Findings,
}

impl<'a> Faults<'a> {
    /// Nothing met yet.
    pub(super) fn new(input: &'a Input) -> Self {
        Self {
            input,
            findings: Findings::default(),
        }
    }

    /// The file that they are about.
    pub(super) fn file(&self) -> FileId {
        self.input.file
    }

    /// FIL003, where the row as a whole is broken: a quote left open, or cells shifted so that those
    /// up to column `used_max` (from 0) cannot be trusted.
    pub(super) fn broken(&mut self, row: &Row<'_>, used_max: usize) -> Option<Code> {
        let found = shape_fault(row, self.input.headers.len(), used_max)?;
        let (class, cure) = match found {
            ShapeFault::Unterminated => (
                "a quote is opened and never closed",
                "close the quote in that row; everything after it was taken for its text",
            ),
            ShapeFault::Ragged => (
                "rows have more or fewer cells than the header",
                "put cells that hold the delimiter or a line break into quotes, or export again",
            ),
        };
        self.row_finding(Code::Fil003, row, class, cure);
        Some(Code::Fil003)
    }

    /// FIL003: a needed cell holds bytes that are no text.
    pub(super) fn undecodable(&mut self, row: &Row<'_>, column: usize) -> Code {
        let text = row.encoding.lossy(row.raw(column)).into_owned();
        let class = format!("bytes that are no {}", row.encoding.label());
        let cure = "correct those cells, or name the right `encoding` in the manifest";
        self.cell_finding(Code::Fil003, row, column, &text, &class, cure);
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
            let class = "a formula's error or a mangled number";
            let cure = "format the column as text before saving, and export again";
            self.cell_finding(Code::Fil007, row, column, text, class, cure);
        }
        lost
    }

    /// A finding about whole rows.
    pub(super) fn row_finding(&mut self, code: Code, row: &Row<'_>, class: &str, cure: &str) {
        let name = &self.input.name;
        let id = self.findings.about(
            code,
            &format!("{name}: {class}"),
            || format!("`{name}`: {class}"),
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
                    "`{name}`, column `{header}`: {class}, such as `{}`",
                    shown(text)
                )
            },
            || cure.to_owned(),
        );
        let place = Place::row(self.input.file, row.number, row.line);
        self.findings
            .place(id, place.cell(column_number(column), text));
    }
}

/// A cell as a message quotes it.
fn shown(text: &str) -> String {
    text.trim().chars().take(Place::CELL_CHARS_MAX).collect()
}

/// What is wrong with a row as such.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ShapeFault {
    Unterminated,
    Ragged,
}

/// What is wrong with the shape of a row below a header of `width` cells, of which those up to
/// `used_max` are needed.
pub(super) fn shape_fault(row: &Row<'_>, width: usize, used_max: usize) -> Option<ShapeFault> {
    if row.unterminated {
        return Some(ShapeFault::Unterminated);
    }
    let surplus = || (width..row.len()).any(|column| !is_blank(row.raw(column)));
    let ragged = row.fixed_width && (row.len() <= used_max || surplus());
    ragged.then_some(ShapeFault::Ragged)
}
