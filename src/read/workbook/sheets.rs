//! Which sheet of a workbook is read.
//!
//! In: the names of its sheets, the one that the manifest names, and the first rows of each that may be meant. Out:
//! one sheet: the named one, else the first visible one with a header that fits, else the first visible one that
//! holds anything; and the other visible ones that hold anything, which nobody said were not meant.

use std::ops::ControlFlow;

use calamine::DataRef;

use crate::model::{comparison_key, quoted};
use crate::read::ReadError;
use crate::read::error::name_list;
use crate::read::header::{HEADER_WITHIN_ROWS, HeadRow, Header, fitting_row};
use crate::read::workbook::builder::check_grid;
use crate::read::workbook::limits::Refusal;
use crate::read::workbook::text::write_value;

/// How much text of first rows is looked at.
const HEAD_BYTES_MAX: usize = 16 << 20;

/// Whether the first of some rows is the header that is needed, told whether it is the first of the sheet.
pub(in crate::read) type Fits<'a> = dyn Fn(&Header<'_>, bool) -> bool + 'a;

/// A sheet that holds cells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SheetName {
    /// Its name.
    pub name: String,
    /// Whether it is shown.
    pub visible: bool,
}

/// A sheet chosen.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Choice {
    /// Its number.
    pub index: usize,
    /// Visible sheets that hold something and were not chosen; empty where the manifest named one.
    pub others: Vec<String>,
}

/// The sheet that the manifest names.
pub(super) fn named(file: &str, sheets: &[SheetName], wanted: &str) -> Result<Choice, ReadError> {
    let key = comparison_key(wanted);
    let index = sheets
        .iter()
        .position(|sheet| sheet.name == wanted)
        .or_else(|| {
            sheets
                .iter()
                .position(|sheet| comparison_key(&sheet.name) == key)
        });
    index
        .map(|index| Choice {
            index,
            others: Vec::new(),
        })
        .ok_or_else(|| no_sheet(file, quoted(&wanted).to_string(), sheets))
}

/// The sheet that the content tells; `head` gives the first rows of a sheet.
pub(super) fn told_by_content(
    file: &str,
    sheets: &[SheetName],
    fits: &Fits<'_>,
    mut head: impl FnMut(usize) -> Result<Vec<HeadRow>, ReadError>,
) -> Result<Choice, ReadError> {
    let mut filled = Vec::new();
    let mut fitting = None;
    for (index, sheet) in sheets.iter().enumerate() {
        if !sheet.visible {
            continue;
        }
        let rows = head(index)?;
        if rows.is_empty() {
            continue;
        }
        filled.push(index);
        if fitting.is_none() && fitting_row(&rows, fits).is_some() {
            fitting = Some(index);
        }
    }
    let Some(index) = fitting.or_else(|| filled.first().copied()) else {
        let wanted = "that is visible and holds a cell".to_owned();
        return Err(no_sheet(file, wanted, sheets));
    };
    filled.retain(|other| *other != index);
    let others = filled.iter().map(|other| sheets[*other].name.clone());
    Ok(Choice {
        index,
        others: others.collect(),
    })
}

fn no_sheet(file: &str, wanted: String, sheets: &[SheetName]) -> ReadError {
    ReadError::NoSheet {
        name: file.to_owned(),
        wanted,
        found: name_list(sheets.iter().map(|sheet| sheet.name.as_str())),
    }
}

/// The first rows of a sheet that hold anything, collected cell by cell.
#[derive(Default)]
pub(super) struct Head {
    rows: Vec<HeadRow>,
    text_bytes: usize,
}

impl Head {
    /// Adds a cell; breaks where enough is known.
    pub(super) fn put(
        &mut self,
        row: u32,
        column: u32,
        value: &DataRef<'_>,
    ) -> Result<ControlFlow<()>, Refusal> {
        check_grid(row, column)?;
        let number = u64::from(row) + 1;
        if self.rows.last().is_none_or(|last| last.row != number) {
            self.drop_blank();
            if self.rows.len() > HEADER_WITHIN_ROWS || self.text_bytes > HEAD_BYTES_MAX {
                return Ok(ControlFlow::Break(()));
            }
            self.rows.push(HeadRow {
                row: number,
                line: number,
                cells: Vec::new(),
            });
        }
        if let Some(last) = self.rows.last_mut() {
            let column = column as usize;
            last.cells
                .resize(last.cells.len().max(column + 1), String::new());
            write_value(&mut last.cells[column], value);
            self.text_bytes += last.cells[column].len();
        }
        Ok(ControlFlow::Continue(()))
    }

    /// The rows.
    pub(super) fn finish(mut self) -> Vec<HeadRow> {
        self.drop_blank();
        self.rows
    }

    fn drop_blank(&mut self) {
        let blank = |row: &HeadRow| row.cells.iter().all(|cell| cell.trim().is_empty());
        if self.rows.last().is_some_and(blank) {
            self.rows.pop();
        }
    }
}
