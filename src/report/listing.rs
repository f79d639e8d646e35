//! A sheet as text, CSV and JSON: the same rows, as far as a terminal has room, or all of them for programs.
//!
//! In: the sheets of a plan. Out: a table on a page, which ends after some thousand rows and says how to get the
//! rest; CSV and JSON, which are never cut. What a row is about, and which come first, is `sheets/`'s.

use std::io::{self, Write};
use std::ops::ControlFlow;

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

use crate::model::guard_cell;
use crate::report::ReportError;
use crate::report::grid::Grid;
use crate::report::page::{Page, shell_word};
use crate::report::sheets::{SheetCell, SheetColumn, SheetName, Sheets};
use crate::report::table::thousands;

/// Rows that a terminal is given.
const ROWS_SHOWN: u64 = 5_000;

/// A row with its columns: cells by key.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row<'a> {
    pub(super) columns: &'static [SheetColumn],
    pub(super) cells: &'a [SheetCell],
}

impl<'a> Row<'a> {
    /// The cells of a row of a sheet.
    pub(super) fn of(sheet: SheetName, cells: &'a [SheetCell]) -> Self {
        Self {
            columns: sheet.columns(),
            cells,
        }
    }

    fn cell(&self, key: &str) -> Option<&'a SheetCell> {
        let index = self.columns.iter().position(|column| column.key == key);
        self.cells.get(index?)
    }

    /// The text in a column; an empty one where there is none.
    pub(super) fn text(&self, key: &str) -> &'a str {
        match self.cell(key) {
            Some(SheetCell::Text(text)) => text,
            _ => "",
        }
    }

    /// The number in a column.
    pub(super) fn number(&self, key: &str) -> Option<u64> {
        match self.cell(key) {
            Some(SheetCell::Number(number)) => Some(*number),
            _ => None,
        }
    }
}

impl Serialize for Row<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.columns.len()))?;
        for (column, cell) in self.columns.iter().zip(self.cells) {
            match cell {
                SheetCell::Blank => map.serialize_entry(column.key, &())?,
                SheetCell::Text(text) => map.serialize_entry(column.key, text)?,
                SheetCell::Number(number) => map.serialize_entry(column.key, number)?,
            }
        }
        map.end()
    }
}

/// A sheet's rows, whole: what keeps them must be few.
pub(super) fn all_rows(
    sheets: &Sheets<'_>,
    sheet: SheetName,
    wanted: &dyn Fn(Row<'_>) -> bool,
) -> Result<Vec<Vec<SheetCell>>, ReportError> {
    let mut rows = Vec::new();
    sheets.rows(sheet, &mut |cells| {
        if wanted(Row::of(sheet, &cells)) {
            rows.push(cells);
        }
        ControlFlow::Continue(())
    })?;
    Ok(rows)
}

/// Hands each row of a sheet to a writer, until it can write no more.
pub(super) fn each_row(
    sheets: &Sheets<'_>,
    sheet: SheetName,
    take: &mut dyn FnMut(Vec<SheetCell>) -> io::Result<()>,
) -> Result<(), ReportError> {
    let mut written = Ok(());
    sheets.rows(sheet, &mut |cells| {
        written = take(cells);
        match written {
            Ok(()) => ControlFlow::Continue(()),
            Err(_) => ControlFlow::Break(()),
        }
    })?;
    Ok(written?)
}

/// Columns of a sheet that go first where a terminal has no room for all.
pub(super) fn expendable(sheet: SheetName) -> &'static [&'static str] {
    match sheet {
        SheetName::Owners => &["near_misses", "rows_by_table", "candidates", "by"],
        SheetName::StubUsers => &[
            "id",
            "way",
            "row",
            "file",
            "employee_id",
            "default_role",
            "business_unit",
            "mail",
        ],
        SheetName::Users => &["id", "row", "file"],
        SheetName::Roles => &["role_id", "id", "row", "file"],
        SheetName::Records => &["row", "file", "before"],
        SheetName::Findings => &["line", "cure", "cell", "accepted"],
        SheetName::Readiness => &["upn", "today_why", "after_plan_why"],
        SheetName::Reconciliation => &["id", "standing"],
        SheetName::Inputs => &["blake3", "bytes", "sheet", "encoding", "table"],
    }
}

/// Writes a sheet as a table.
pub fn sheet_text(
    page: &mut Page<'_>,
    sheets: &Sheets<'_>,
    sheet: SheetName,
) -> Result<(), ReportError> {
    let rows = sheets.len(sheet);
    if rows == 0 {
        writeln!(page.out, "the plan has none: {}", sheet.title())?;
        return Ok(());
    }
    let mut shown = 0;
    let mut grid = Grid::new(page, sheet.columns(), expendable(sheet));
    let mut written = Ok(());
    sheets.rows(sheet, &mut |cells| {
        if shown == ROWS_SHOWN {
            return ControlFlow::Break(());
        }
        shown += 1;
        written = grid.row(&cells);
        match written {
            Ok(()) => ControlFlow::Continue(()),
            Err(_) => ControlFlow::Break(()),
        }
    })?;
    written?;
    grid.end()?;
    more(page, rows.saturating_sub(shown), sheet)
}

/// Says how many rows are not shown, and how to get them.
fn more(page: &mut Page<'_>, rows: u64, sheet: SheetName) -> Result<(), ReportError> {
    if rows > 0 {
        let folder = shell_word(page.folder);
        let (rows, key) = (thousands(rows), sheet.key());
        page.lines(
            2,
            &format!(
                "… and {rows} more: `cutover show {folder} {key} --format csv` lists them all"
            ),
        )?;
    }
    Ok(())
}

/// Writes a sheet as CSV, the columns `first` before the others.
pub fn sheet_csv(
    out: &mut dyn Write,
    sheets: &Sheets<'_>,
    sheet: SheetName,
    first: &[&str],
) -> Result<(), ReportError> {
    let order = columns_in_order(sheet, first);
    let mut table = Csv::begin(out, sheet.columns(), order)?;
    each_row(sheets, sheet, &mut |cells| table.row(&cells))?;
    table.end()
}

/// The indices of a sheet's columns, those named first before the others.
fn columns_in_order(sheet: SheetName, first: &[&str]) -> Vec<usize> {
    let columns = sheet.columns();
    let index = |key: &&str| columns.iter().position(|column| column.key == *key);
    let mut order: Vec<usize> = first.iter().filter_map(index).collect();
    let others = (0..columns.len()).filter(|index| !first.contains(&columns[*index].key));
    order.extend(others);
    order
}

/// Rows of cells as CSV; a cell that would start a formula is guarded.
pub(super) struct Csv<'a> {
    writer: csv::Writer<&'a mut dyn Write>,
    order: Vec<usize>,
}

impl<'a> Csv<'a> {
    /// Writes the header.
    pub(super) fn begin(
        out: &'a mut dyn Write,
        columns: &'static [SheetColumn],
        order: Vec<usize>,
    ) -> io::Result<Self> {
        let mut writer = csv::Writer::from_writer(out);
        let keys = order.iter().map(|index| columns[*index].key);
        writer.write_record(keys).map_err(io::Error::other)?;
        Ok(Self { writer, order })
    }

    /// Writes a row.
    pub(super) fn row(&mut self, cells: &[SheetCell]) -> io::Result<()> {
        let texts = self.order.iter().map(|index| match cells.get(*index) {
            Some(SheetCell::Text(text)) => guard_cell(text).into_owned(),
            Some(SheetCell::Number(number)) => number.to_string(),
            Some(SheetCell::Blank) | None => String::new(),
        });
        self.writer.write_record(texts).map_err(io::Error::other)
    }

    /// Brings everything out.
    pub(super) fn end(mut self) -> Result<(), ReportError> {
        Ok(self.writer.flush()?)
    }
}

/// Writes a sheet as JSON: a list of rows, each an object by the columns' keys.
pub fn sheet_json(
    out: &mut dyn Write,
    sheets: &Sheets<'_>,
    sheet: SheetName,
) -> Result<(), ReportError> {
    json_rows(out, sheets, sheet)?;
    Ok(writeln!(out)?)
}

/// The same without a line break at its end, to stand in something larger.
pub(super) fn json_rows(
    out: &mut dyn Write,
    sheets: &Sheets<'_>,
    sheet: SheetName,
) -> Result<(), ReportError> {
    let mut list = JsonList::begin(out)?;
    each_row(sheets, sheet, &mut |cells| {
        list.item(&Row::of(sheet, &cells))
    })?;
    Ok(list.end()?)
}

/// A list in JSON that is written item by item, a line each.
pub(super) struct JsonList<'a> {
    out: &'a mut dyn Write,
    is_empty: bool,
}

impl<'a> JsonList<'a> {
    pub(super) fn begin(out: &'a mut dyn Write) -> io::Result<Self> {
        write!(out, "[")?;
        Ok(Self {
            out,
            is_empty: true,
        })
    }

    pub(super) fn item(&mut self, item: &impl Serialize) -> io::Result<()> {
        let between = if self.is_empty { "\n  " } else { ",\n  " };
        self.is_empty = false;
        write!(self.out, "{between}")?;
        serde_json::to_writer(&mut *self.out, item).map_err(io::Error::from)
    }

    pub(super) fn end(self) -> io::Result<()> {
        write!(self.out, "{}", if self.is_empty { "]" } else { "\n]" })
    }
}
