//! The reconciliation: who owns how many records before and after, for the business to sign.
//!
//! In: the holdings of a plan, as its sheet has them. Out: people and teams with what they gave and got, those first
//! who have left and are left with anything; and totals by table, in which nothing may come or go. Text has a place
//! to sign.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;

use crate::report::ReportError;
use crate::report::grid::Grid;
use crate::report::listing::{Csv, JsonList, Row, each_row, expendable};
use crate::report::page::{Page, shell_word};
use crate::report::sheets::{SheetCell, SheetColumn, SheetKind, SheetName, Sheets, column};
use crate::report::table::{BAD, GOOD, HEADING, WARN, counted, styled};

const SHEET: SheetName = SheetName::Reconciliation;

/// Rows that a terminal is given of those who are left with nothing they should not have.
const ROWS_SHOWN: u64 = 5_000;

/// What stands where a row's owner does, and what it is, in a total.
const TOTAL: &str = "total";

/// All records of one table, whoever owns them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct TableTotal {
    /// Logical name of the table.
    pub(super) table: String,
    /// Records before; `None` where they were not loaded.
    pub(super) before: Option<u64>,
    /// Given away by somebody.
    pub(super) gone: u64,
    /// Received by somebody.
    pub(super) come: u64,
    /// Records after.
    pub(super) after: Option<u64>,
    /// Of these, left with somebody who has left.
    pub(super) left_with_leaver: u64,
}

impl TableTotal {
    /// Whether as many records are there after as before, and every one given away was received.
    fn adds_up(&self) -> bool {
        self.gone == self.come && self.before == self.after
    }

    pub(super) fn cells(&self) -> Vec<SheetCell> {
        let columns = SHEET.columns().iter();
        let cells = columns.map(|column| match column.key {
            "name" | "standing" => SheetCell::text(TOTAL),
            "table" => SheetCell::text(&self.table),
            "before" => SheetCell::number(self.before),
            "gone" => SheetCell::Number(self.gone),
            "come" => SheetCell::Number(self.come),
            "after" => SheetCell::number(self.after),
            "left_with_leaver" => SheetCell::Number(self.left_with_leaver),
            _ => SheetCell::Blank,
        });
        cells.collect()
    }
}

/// The totals by table, by name.
pub(super) fn table_totals(sheets: &Sheets<'_>) -> Result<Vec<TableTotal>, ReportError> {
    let mut totals: BTreeMap<String, TableTotal> = BTreeMap::new();
    each_row(sheets, SHEET, &mut |cells| {
        let row = Row::of(SHEET, &cells);
        let of = |key| row.number(key);
        let (before, after) = (of("before"), of("after"));
        let table = row.text("table");
        let total = totals
            .entry(table.to_owned())
            .or_insert_with(|| TableTotal {
                table: table.to_owned(),
                before: Some(0),
                after: Some(0),
                ..TableTotal::default()
            });
        // One owner of whom it is not known makes the sum unknown.
        total.before = total.before.zip(before).map(|(sum, one)| sum + one);
        total.after = total.after.zip(after).map(|(sum, one)| sum + one);
        total.gone += of("gone").unwrap_or(0);
        total.come += of("come").unwrap_or(0);
        total.left_with_leaver += of("left_with_leaver").unwrap_or(0);
        Ok(())
    })?;
    Ok(totals.into_values().collect())
}

/// Hands out all rows, those first who have left and are left with anything.
fn in_order(
    sheets: &Sheets<'_>,
    take: &mut dyn FnMut(Row<'_>, bool) -> io::Result<()>,
) -> Result<(), ReportError> {
    for marked in [true, false] {
        each_row(sheets, SHEET, &mut |cells| {
            let row = Row::of(SHEET, &cells);
            if row.number("left_with_leaver").is_some() == marked {
                take(row, marked)
            } else {
                Ok(())
            }
        })?;
    }
    Ok(())
}

/// Writes the reconciliation with a place to sign.
pub fn reconciliation_text(page: &mut Page<'_>, sheets: &Sheets<'_>) -> Result<(), ReportError> {
    let document = sheets.document();
    let short = document.seal.get(..8).unwrap_or_default();
    let heading = format!(
        "Records before and after, by owner and table · seal {short} · as of {}",
        document.environment.as_of
    );
    page.lines(0, &styled(HEADING, heading))?;
    if sheets.len(SHEET) == 0 {
        writeln!(page.out, "  the plan's exports hold no records")?;
        return Ok(());
    }
    let totals = table_totals(sheets)?;
    let left: u64 = totals.iter().map(|total| total.left_with_leaver).sum();
    if left > 0 {
        let words = format!(
            "\nLeft with somebody who has left: {}",
            counted(left, "record")
        );
        writeln!(page.out, "{}", styled(BAD, words.trim_start()))?;
        part(page, sheets, true)?;
        writeln!(page.out, "\n{}", styled(HEADING, "Everybody else"))?;
    }
    part(page, sheets, false)?;
    writeln!(page.out, "\n{}", styled(HEADING, "Totals by table"))?;
    let mut grid = Grid::new(page, TOTALS, &[]);
    for total in &totals {
        grid.row(&[
            SheetCell::text(&total.table),
            SheetCell::number(total.before),
            SheetCell::Number(total.gone),
            SheetCell::Number(total.come),
            SheetCell::number(total.after),
            SheetCell::Number(total.left_with_leaver),
        ])?;
    }
    grid.end()?;
    verdict(page, sheets, &totals)?;
    writeln!(
        page.out,
        "\nChecked by: _________________________  on: ____________"
    )?;
    Ok(())
}

/// One table of rows: of those who have left, or of the others.
fn part(page: &mut Page<'_>, sheets: &Sheets<'_>, marked: bool) -> Result<(), ReportError> {
    let (mut shown, mut more) = (0, 0);
    let mut grid = Grid::new(page, SHEET.columns(), expendable(SHEET));
    in_order(sheets, &mut |row, is_marked| {
        if is_marked != marked {
            return Ok(());
        }
        // Whoever has left and is left with anything is never among those not shown.
        if shown == ROWS_SHOWN && !marked {
            more += 1;
            return Ok(());
        }
        shown += 1;
        grid.row(row.cells)
    })?;
    grid.end()?;
    if more > 0 {
        let (folder, more) = (shell_word(page.folder), counted(more, "more row"));
        page.lines(
            2,
            &format!(
                "… and {more}: `cutover show {folder} reconciliation --format csv` lists them all"
            ),
        )?;
    }
    Ok(())
}

/// Says whether the totals add up.
fn verdict(
    page: &mut Page<'_>,
    sheets: &Sheets<'_>,
    totals: &[TableTotal],
) -> Result<(), ReportError> {
    let named = sheets.document().inputs.iter();
    let mut silent: Vec<&str> = named
        .filter_map(|input| input.table.as_deref())
        .filter(|table| totals.iter().all(|total| total.table != *table))
        .collect();
    silent.sort_unstable();
    silent.dedup();
    if !silent.is_empty() {
        let words = format!(
            "{}: the environment holds no record of it, or its records were not loaded; sign for the others only",
            silent.join(", ")
        );
        page.paragraph(2, "not in the totals: ", &words)?;
    }
    let unknown: Vec<&str> = totals
        .iter()
        .filter(|total| total.before.is_none())
        .map(|total| total.table.as_str())
        .collect();
    if !unknown.is_empty() {
        let words = format!(
            "not known for {}, whose records were not loaded",
            unknown.join(", ")
        );
        page.paragraph(2, "before and after: ", &words)?;
    }
    let wrong: Vec<&str> = totals
        .iter()
        .filter(|total| !total.adds_up())
        .map(|total| total.table.as_str())
        .collect();
    let words = if wrong.is_empty() {
        styled(
            GOOD,
            "It adds up: what was given away was received, and as many are there after as before.",
        )
    } else {
        let words = format!(
            "It does not add up for {}: do not sign, and plan anew.",
            wrong.join(", ")
        );
        styled(WARN, words)
    };
    Ok(page.lines(2, &words)?)
}

const TOTALS: &[SheetColumn] = &[
    column("table", "Table", SheetKind::Text, 32),
    column("before", "Before", SheetKind::Number, 12),
    column("gone", "Given away", SheetKind::Number, 12),
    column("come", "Received", SheetKind::Number, 12),
    column("after", "After", SheetKind::Number, 12),
    column(
        "left_with_leaver",
        "Left with somebody who has left",
        SheetKind::Number,
        14,
    ),
];

/// Writes the same as CSV; the totals stand below, as what they are.
pub fn reconciliation_csv(out: &mut dyn Write, sheets: &Sheets<'_>) -> Result<(), ReportError> {
    let columns = SHEET.columns();
    let mut table = Csv::begin(out, columns, (0..columns.len()).collect())?;
    in_order(sheets, &mut |row, _| table.row(row.cells))?;
    for total in table_totals(sheets)? {
        table.row(&total.cells())?;
    }
    table.end()
}

/// Writes the same as JSON: rows and totals.
pub fn reconciliation_json(out: &mut dyn Write, sheets: &Sheets<'_>) -> Result<(), ReportError> {
    write!(out, "{{\"rows\": ")?;
    let mut list = JsonList::begin(&mut *out)?;
    in_order(sheets, &mut |row, _| list.item(&row))?;
    list.end()?;
    write!(out, ",\n\"totals\": ")?;
    let mut list = JsonList::begin(&mut *out)?;
    for total in table_totals(sheets)? {
        list.item(&total)?;
    }
    list.end()?;
    Ok(writeln!(out, "}}")?)
}
