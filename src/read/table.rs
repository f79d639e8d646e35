//! Any table, by header names: the files of an environment folder, a workbook of rulings.
//!
//! In: a file. Out: its rows with their texts, in file order, each saying itself what is wrong with
//! it. Which columns matter, and whether a defect does, is the caller's to say.

use std::ops::ControlFlow;

use crate::model::{Findings, Input, Progress, quoted};
use crate::read::begin::Digested;
use crate::read::cell::is_strange;
use crate::read::faults::{ShapeFault, Width, merged_cells, shape_fault};
use crate::read::header::Header;
use crate::read::open::Export;
use crate::read::source::{Chunk, Row};
use crate::read::{FileSpec, ReadError};

/// A table, opened, not yet read. It may have no rows.
pub struct Table {
    export: Export,
}

/// One row of a [`Table`].
pub struct TableRow<'a>(&'a OwnedRow);

struct OwnedRow {
    row: u64,
    line: u64,
    text: String,
    ends: Vec<usize>,
    defect: Option<String>,
}

pub(super) fn open(spec: &FileSpec, findings: &mut Findings) -> Result<Table, ReadError> {
    let fits = |header: &Header<'_>, _| !header.is_type_line();
    let mut export = Export::open(spec, Digested::AtOpen, fits, findings)?;
    let columns = export.input.headers.len();
    export.uses(0..columns);
    Ok(Table { export })
}

/// The same, of which only some columns matter, each known by several names: of a workbook the sheet that has them
/// all is read, wherever it stands and whatever is merged beside them.
pub(super) fn open_columns(
    spec: &FileSpec,
    wanted: &[&[&str]],
    findings: &mut Findings,
) -> Result<Table, ReadError> {
    let column = |header: &Header<'_>, names: &[&str]| {
        let mut names = names.iter();
        names.find_map(|name| header.named(name))
    };
    let fits = |header: &Header<'_>, _| {
        let mut wanted = wanted.iter();
        wanted.all(|names| column(header, names).is_some())
    };
    let mut export = Export::open(spec, Digested::AtOpen, fits, findings)?;
    let header = export.header();
    let used: Vec<usize> = wanted
        .iter()
        .filter_map(|names| column(&header, names))
        .collect();
    export.uses(used);
    Ok(Table { export })
}

impl Table {
    /// What was opened, and how.
    pub fn input(&self) -> &Input {
        &self.export.input
    }

    /// The column, from 0, whose header is the first of `names` that there is; blanks, `_`, `-` and
    /// case do not matter.
    pub fn column(&self, names: &[&str]) -> Option<usize> {
        let header = self.export.header();
        names.iter().find_map(|name| header.named(name))
    }

    /// Shows every row below the header that holds anything, in file order, until `sink` breaks.
    pub fn rows(
        &self,
        progress: &dyn Progress,
        sink: &mut dyn FnMut(TableRow<'_>) -> ControlFlow<()>,
    ) -> Result<(), ReadError> {
        let map = |chunk: &Chunk| {
            let mut rows = Vec::new();
            self.export
                .rows_below(chunk, |row| rows.push(self.owned(row)));
            rows
        };
        self.export.scan(progress, map, |rows: Vec<OwnedRow>| {
            rows.iter().try_for_each(|row| sink(TableRow(row)))
        })
    }

    fn owned(&self, row: &Row<'_>) -> OwnedRow {
        let headers = &self.export.input.headers;
        let mut defects = Vec::from_iter(shape_defect(row, self.export.width));
        for column in merged_cells(row, self.export.covered()).take(1) {
            let header = headers[column].trim();
            defects.push(format!(
                "column {header} is merged with another cell",
                header = quoted(&header)
            ));
        }
        let mut owned = OwnedRow {
            row: row.number,
            line: row.line,
            text: String::new(),
            ends: Vec::with_capacity(row.len()),
            defect: None,
        };
        for column in 0..row.len() {
            if let Ok(text) = row.text(column) {
                owned.text.push_str(&text);
            } else {
                let header = headers.get(column).map_or("", |header| header.trim());
                let words = row.no_text(column).words;
                defects.push(format!(
                    "column {header} holds {words}",
                    header = quoted(&header)
                ));
            }
            owned.ends.push(owned.text.len());
        }
        owned.defect = (!defects.is_empty()).then(|| defects.join("; "));
        owned
    }
}

fn shape_defect(row: &Row<'_>, width: Width) -> Option<String> {
    Some(
        match shape_fault(row, width, width.named.saturating_sub(1))? {
            ShapeFault::Unterminated => "a quote is opened here and never closed".to_owned(),
            ShapeFault::Misquoted => "text follows the quote that closes a cell".to_owned(),
            ShapeFault::Ragged => {
                format!(
                    "the row has {} cells, the header {}",
                    row.len(),
                    width.named
                )
            }
        },
    )
}

impl TableRow<'_> {
    /// The row, from 1, as a spreadsheet numbers it.
    pub fn row(&self) -> u64 {
        self.0.row
    }

    /// The physical line, from 1.
    pub fn line(&self) -> u64 {
        self.0.line
    }

    /// The text at a column, from 0, trimmed; empty where there is none.
    pub fn cell(&self, column: usize) -> &str {
        let Some(end) = self.0.ends.get(column) else {
            return "";
        };
        let start = column
            .checked_sub(1)
            .map_or(0, |before| self.0.ends[before]);
        &self.0.text[start..*end]
    }

    /// Whether the text at a column, from 0, is a formula's error or a number that lost digits: not
    /// what was meant, and the same as others that were not.
    pub fn is_strange(&self, column: usize) -> bool {
        is_strange(self.cell(column))
    }

    /// Why the row cannot be trusted, if it cannot: cells missing or too many, bytes that are no text.
    pub fn defect(&self) -> Option<&str> {
        self.0.defect.as_deref()
    }
}
