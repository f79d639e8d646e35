//! One sheet of a plan as a sheet of the workbook.
//!
//! In: the rows of the sheet, streamed. Out: a header that stays in sight, a filter over the rows, and below them a
//! line that says where the rest is, if there is one. Cells are made in `cell.rs`, their looks in `look.rs`.

use std::ops::ControlFlow;

use rust_xlsxwriter::{IgnoreError, Worksheet, XlsxError};

use crate::model::OwnerFate;
use crate::report::reconciliation::table_totals;
use crate::report::sheets::{SheetCell, SheetColumn, SheetKind, SheetName, Sheets};
use crate::report::table::thousands;
use crate::report::xlsx::cell::{put, put_plain};
use crate::report::xlsx::choices::{Choices, Offered};
use crate::report::xlsx::look::Look;
use crate::report::xlsx::{Fault, WorkbookOf};

/// Rows of a long sheet in a workbook of beginnings.
const BEGINNING_ROWS: u32 = 20_000;

/// A sheet of a workbook has 1,048,576 rows; one is the header, one may say where the rest is.
const ROWS_MAX: u32 = 1_048_576 - 2;

/// Columns wider than this are no better to read.
const WIDTH_MAX: u16 = 80;

/// Writes the sheet.
pub(super) fn write(
    worksheet: &mut Worksheet,
    sheets: &Sheets<'_>,
    name: SheetName,
    of: WorkbookOf,
    look: &Look,
) -> Result<(), Fault> {
    let beginning = match of {
        WorkbookOf::Beginnings => BEGINNING_ROWS,
        WorkbookOf::Everything | WorkbookOf::Sheet(_) => ROWS_MAX,
    };
    let columns = name.columns();
    worksheet.set_name(name.title())?;
    head(worksheet, columns, look)?;
    let mut body = Body {
        worksheet,
        columns,
        look,
        choices: Choices::new(sheets.document().settings.contains_key("owners.fallback")),
        rows: 0,
    };
    let mut failed = Ok(());
    sheets.rows(name, &mut |cells| {
        let has_room = body.rows < beginning;
        if !has_room && (body.rows >= ROWS_MAX || name != SheetName::Owners) {
            return ControlFlow::Break(());
        }
        if has_room || is_to_be_seen(columns, &cells) {
            failed = body.add(&cells);
        }
        if failed.is_ok() {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        }
    })?;
    failed?;
    let rows = body.rows;
    body.finish(name, sheets.len(name), sheets.anonymiser().is_none())?;
    if name == SheetName::Reconciliation && rows > 0 {
        totals(worksheet, sheets, rows, look)?;
    }
    Ok(())
}

/// Below the rows of the reconciliation: its totals by table, over all its rows, and a place to sign.
fn totals(
    worksheet: &mut Worksheet,
    sheets: &Sheets<'_>,
    rows: u32,
    look: &Look,
) -> Result<(), Fault> {
    /// Between the rows, where a line may say how many they are, and the totals: no filter takes these for rows.
    const GAP: u32 = 3;
    let totals = table_totals(sheets)?;
    let mut row = rows + GAP;
    // The last line and the one above it.
    let room = ROWS_MAX.saturating_sub(row + 2) as usize;
    if totals.len() > room {
        return Ok(());
    }
    for total in totals {
        for (column, cell) in (0..).zip(total.cells()) {
            let look = match cell {
                SheetCell::Text(_) => &look.total,
                _ => &look.count,
            };
            if cell != SheetCell::Blank {
                put(worksheet, (row, column), &cell, look)?;
            }
        }
        row += 1;
    }
    let words = "Checked by: _________________________  on: ____________";
    worksheet.write_string_with_format(row + 1, 0, words, &look.text)?;
    Ok(())
}

/// Whether an owner's row must not be left out: somebody ruled on it, or nobody was chosen.
fn is_to_be_seen(columns: &[SheetColumn], cells: &[SheetCell]) -> bool {
    !text_of("ruling", columns, cells).is_empty()
        || text_of("fate", columns, cells) == OwnerFate::Stopped.word()
}

/// The header, and what the columns are like.
fn head(worksheet: &mut Worksheet, columns: &[SheetColumn], look: &Look) -> Result<(), XlsxError> {
    let mut lines = 1;
    for (number, column) in (0..).zip(columns) {
        worksheet.set_column_width(number, f64::from(column.width.min(WIDTH_MAX)))?;
        if let Some(format) = look.of_column(column) {
            worksheet.set_column_format(number, format)?;
        }
        let header = if column.kind == SheetKind::Number {
            &look.number_header
        } else {
            &look.header
        };
        worksheet.write_string_with_format(0, number, column.title, header)?;
        lines = lines.max(lines_of(column.title, column.width));
    }
    worksheet.set_row_height(0, height(lines))?;
    worksheet.set_freeze_panes(1, 0)?;
    worksheet.set_repeat_rows(0, 0)?;
    Ok(())
}

/// How many lines a text takes in a column of that width. Words do not break, so no line is filled to its end.
fn lines_of(text: &str, width: u16) -> usize {
    const UNFILLED: usize = 4;
    let width = usize::from(width.min(WIDTH_MAX)).saturating_sub(UNFILLED);
    let lines = text.lines();
    let lines = lines.map(|line| line.chars().count().div_ceil(width.max(1)).max(1));
    lines.sum()
}

/// The height of a row of so many lines, in points. It is told, since not every program looks at the texts.
fn height(lines: usize) -> f64 {
    const LINE: u16 = 15;
    // No row may be higher than 409 points.
    const LINES_MAX: u16 = 27;
    let lines = u16::try_from(lines).unwrap_or(LINES_MAX);
    f64::from(LINE * lines.clamp(1, LINES_MAX))
}

/// The rows below the header.
struct Body<'a> {
    worksheet: &'a mut Worksheet,
    columns: &'static [SheetColumn],
    look: &'a Look,
    choices: Choices,
    rows: u32,
}

impl Body<'_> {
    fn add(&mut self, cells: &[SheetCell]) -> Result<(), XlsxError> {
        self.rows += 1;
        let mut lines = 1;
        for ((number, column), cell) in (0..).zip(self.columns).zip(cells) {
            let is_to_write = column.kind == SheetKind::Ruling;
            if is_to_write {
                let text = |key| text_of(key, self.columns, cells);
                let offered = Offered {
                    candidates: text("candidates"),
                    near_misses: text("near_misses"),
                    by: text("by"),
                };
                self.choices.see(self.rows, offered);
            }
            if let (SheetKind::Prose, SheetCell::Text(text)) = (column.kind, cell) {
                lines = lines.max(lines_of(text, column.width));
            }
            if is_to_write || *cell != SheetCell::Blank {
                let (look, place) = (self.look.of(column, cell), (self.rows, number));
                let of_column = self.look.of_column(column);
                if of_column.is_some_and(|plain| std::ptr::eq(plain, look)) {
                    put_plain(self.worksheet, place, cell)?;
                } else {
                    put(self.worksheet, place, cell, look)?;
                }
            }
        }
        if lines > 1 {
            self.worksheet.set_row_height(self.rows, height(lines))?;
        }
        Ok(())
    }

    /// Filter, lists, and where the rest is of a sheet of so many rows.
    fn finish(self, name: SheetName, all: u64, is_to_rule_in: bool) -> Result<(), Fault> {
        let last_column = u16::try_from(self.columns.len().saturating_sub(1)).unwrap_or(0);
        self.worksheet.autofilter(0, 0, self.rows, last_column)?;
        if self.rows > 0 {
            // An id of digits alone is meant as a text; a mark in each such cell would say it is a mistake.
            let kind = IgnoreError::NumberStoredAsText;
            self.worksheet
                .ignore_error_range(1, 0, self.rows, last_column, kind)?;
        }
        let mut columns = (0..).zip(self.columns);
        let ruling = columns.find(|(_, column)| column.kind == SheetKind::Ruling);
        if let Some((number, _)) = ruling.filter(|_| is_to_rule_in) {
            self.choices.put(self.worksheet, number)?;
        }
        if all > u64::from(self.rows) {
            let words = rest(name, self.rows, all);
            self.worksheet
                .write_string_with_format(self.rows + 1, 0, words, &self.look.note)?;
        }
        Ok(())
    }
}

/// The text under the column of that key.
fn text_of<'a>(key: &str, columns: &[SheetColumn], cells: &'a [SheetCell]) -> &'a str {
    let mut both = columns.iter().zip(cells);
    match both.find(|(column, _)| column.key == key) {
        Some((_, SheetCell::Text(text))) => text,
        _ => "",
    }
}

/// Says how much of a sheet this is, and where the rest is.
fn rest(name: SheetName, shown: u32, all: u64) -> String {
    let (key, title) = (name.key(), name.title().to_lowercase());
    let (shown_words, all_words) = (thousands(shown.into()), thousands(all));
    let in_a_sheet = all <= u64::from(ROWS_MAX);
    let by = if in_a_sheet {
        format!("`cutover show DIR {key} --format xlsx > {key}.xlsx`")
    } else {
        format!("{}; a sheet has no room for them", elsewhere(name))
    };
    let which = if name == SheetName::Owners && in_a_sheet {
        ", among them each with a ruling and each that nobody was chosen for"
    } else {
        ""
    };
    format!("These are {shown_words} of {all_words} rows of {title}{which}. All of them: {by}")
}

/// What holds all rows of a sheet, however many.
fn elsewhere(name: SheetName) -> &'static str {
    match name {
        SheetName::Owners => "`owners.csv` of the project",
        SheetName::Findings => "`cutover show DIR findings --format csv > findings.csv`",
        SheetName::Readiness => "`cutover show DIR readiness --format csv > readiness.csv`",
        SheetName::Reconciliation => "`holdings.parquet` of the plan folder",
        SheetName::StubUsers | SheetName::Users | SheetName::Roles | SheetName::Records => {
            "`cutover show DIR changes --format csv > changes.csv`"
        }
        SheetName::Inputs => "`plan.json` of the plan folder",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_sheet_says_where_the_rest_is() {
        check(
            SheetName::Records,
            571_000,
            "These are 20,000 of 571,000 rows of records. All of them: \
             `cutover show DIR records --format xlsx > records.xlsx`",
        );
        check(
            SheetName::Records,
            10_000_000,
            "These are 20,000 of 10,000,000 rows of records. All of them: \
             `cutover show DIR changes --format csv > changes.csv`; a sheet has no room for them",
        );
        check(
            SheetName::Owners,
            30_000,
            "These are 20,000 of 30,000 rows of owners, among them each with a ruling and each that nobody was \
             chosen for. All of them: `cutover show DIR owners --format xlsx > owners.xlsx`",
        );
    }

    #[track_caller]
    fn check(name: SheetName, all: u64, expected: &str) {
        assert_eq!(rest(name, 20_000, all), expected);
    }

    #[test]
    fn rows_are_as_high_as_their_longest_text() {
        let lines = |text: &str| lines_of(text, 14);
        assert_eq!(lines("Row"), 1);
        assert_eq!(lines("Left with somebody who has left"), 4);
        assert_eq!(lines("two\nlines"), 2);
        assert!((height(1) - 15.0).abs() < 0.1);
        assert!(height(100_000) < 409.5, "no row is higher");
    }
}
