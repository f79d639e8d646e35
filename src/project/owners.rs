//! The owners sheet `owners.csv`: one row per distinct owner reference, one cell to rule in.
//!
//! In: the sheet as a consultant left it, and what became of each reference. Out: the rulings, and
//! the sheet with our columns brought up to date; what a person wrote is never touched.
//! Bytes and files are `owners/file.rs`; what a ruling means is found out in `resolve/`.
//! Only rulings enter a plan's seal ([`rulings_hash`]): a note or another order changes nothing.

mod file;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::model::{Ruling, comparison_key, guard_cell, reference_key, unguard_cell};

pub use file::{OwnersError, Written};

const REFERENCE: &str = "reference";
const ROWS: &str = "rows";
const MATCH: &str = "match";
const CANDIDATES: &str = "candidates";
const NEAR_MISSES: &str = "near misses";
const RULING: &str = "ruling";
const NOTE: &str = "note";

/// The columns of a new sheet, in order; `ruling` and `note` are a person's.
const COLUMNS: [&str; 7] = [
    REFERENCE,
    ROWS,
    MATCH,
    CANDIDATES,
    NEAR_MISSES,
    RULING,
    NOTE,
];

/// What `match` says of a row whose reference no export holds any more.
const UNUSED: &str = "unused";

/// The owners sheet in memory: headers and rows as they stand in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnersSheet {
    headers: Vec<String>,
    rows: Vec<SheetRow>,
    layout: file::Layout,
}

/// A row of the sheet, cells as written, one per header.
#[derive(Clone, Debug, PartialEq, Eq)]
struct SheetRow {
    /// The row as a spreadsheet numbers it.
    number: u64,
    cells: Vec<String>,
}

/// What the sheet says of one reference: our own columns.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OwnerRow {
    /// The reference, as first written.
    pub reference: String,
    /// How many rows hold it, in all files: the sheet begins with the most.
    pub affected: u64,
    /// The same by table: `account 120; contact 4; roles 1`.
    pub rows: String,
    /// What became of it, in words: `Ana Costa <ana@contoso.com> by UPN`, `stub user`, `left`.
    pub matched: String,
    /// Who fits, where several do.
    pub candidates: String,
    /// Who resembles it, where nobody fits.
    pub near_misses: String,
}

impl OwnersSheet {
    /// Reads the sheet; a file that is not there yet is an empty one.
    pub fn read(path: &Path) -> Result<Self, OwnersError> {
        file::read(path)
    }

    /// The header cells, in order.
    pub fn headers(&self) -> &[String] {
        &self.headers
    }

    /// The row of a reference, each cell under its header; nothing where the sheet has no such row.
    pub fn row(&self, reference: &str) -> Vec<(&str, &str)> {
        let Some(column) = self.column(REFERENCE) else {
            return Vec::new();
        };
        let key = reference_key(reference);
        self.rows
            .iter()
            .find(|row| reference_key(unguard_cell(&row.cells[column])) == key)
            .map(|row| {
                let cells = row.cells.iter().map(|cell| unguard_cell(cell));
                self.headers.iter().map(String::as_str).zip(cells).collect()
            })
            .unwrap_or_default()
    }

    /// The rulings, in the order of the rows; rows without one are not listed.
    pub fn rulings(&self) -> Vec<Ruling> {
        let (Some(reference), Some(ruling)) = (self.column(REFERENCE), self.column(RULING)) else {
            return Vec::new();
        };
        let rows = self.rows.iter();
        rows.map(|row| Ruling {
            row: row.number,
            column: u16::try_from(ruling + 1).unwrap_or(u16::MAX),
            reference: unguard_cell(&row.cells[reference]).trim().to_owned(),
            ruling: unguard_cell(&row.cells[ruling]).trim().to_owned(),
        })
        .filter(|ruling| !ruling.ruling.is_empty())
        .collect()
    }

    /// Brings our own columns up to date and the rows into order: most affected rows first, rows
    /// whose reference vanished last.
    ///
    /// A vanished row stays, marked unused, only where a person wrote something into it. So do
    /// several rows of one reference, so that rulings that contradict each other can be found.
    pub fn update(&mut self, rows: Vec<OwnerRow>) {
        self.add_missing_columns();
        let mut written: BTreeMap<String, Vec<SheetRow>> = BTreeMap::new();
        let mut order: Vec<String> = Vec::new();
        for row in std::mem::take(&mut self.rows) {
            let key = self.key(&row);
            let same = written.entry(key.clone()).or_default();
            if same.is_empty() {
                order.push(key);
            }
            same.push(row);
        }
        let mut rows: Vec<(String, OwnerRow)> = rows
            .into_iter()
            .map(|row| (reference_key(&row.reference), row))
            .collect();
        rows.sort_by(|(left_key, left), (right_key, right)| {
            let by_rows = right.affected.cmp(&left.affected);
            by_rows.then_with(|| left_key.cmp(right_key))
        });
        for (key, row) in rows {
            let same = written.remove(&key).unwrap_or_default();
            self.bring_up_to_date(same, &row);
        }
        let vanished = order.iter().filter_map(|key| written.remove(key)).flatten();
        for row in vanished.collect::<Vec<_>>() {
            self.keep_vanished(row);
        }
        for (number, row) in (2..).zip(&mut self.rows) {
            row.number = number;
        }
    }

    /// Writes the sheet if its bytes differ from those on disk: to a temporary file beside it,
    /// readable by its owner only, then renamed. Where a spreadsheet holds the file locked, the
    /// sheet is written beside it as `owners.new.csv`.
    pub fn write(&self, path: &Path) -> Result<Written, OwnersError> {
        file::write(self, path)
    }

    fn bring_up_to_date(&mut self, mut same: Vec<SheetRow>, row: &OwnerRow) {
        if same.iter().any(|written| self.is_written_in(written)) {
            same.retain(|written| self.is_written_in(written));
        } else {
            same.truncate(1);
        }
        if same.is_empty() {
            same.push(SheetRow {
                number: 0,
                cells: vec![String::new(); self.headers.len()],
            });
        }
        for mut written in same {
            for (column, text) in [
                (REFERENCE, &row.reference),
                (ROWS, &row.rows),
                (MATCH, &row.matched),
                (CANDIDATES, &row.candidates),
                (NEAR_MISSES, &row.near_misses),
            ] {
                self.set(&mut written, column, text);
            }
            self.rows.push(written);
        }
    }

    fn keep_vanished(&mut self, mut row: SheetRow) {
        if !self.is_written_in(&row) {
            return;
        }
        if !self.key(&row).is_empty() {
            self.set(&mut row, MATCH, UNUSED);
            for column in [ROWS, CANDIDATES, NEAR_MISSES] {
                self.set(&mut row, column, "");
            }
        }
        self.rows.push(row);
    }

    /// Whether a person wrote into the row: a ruling, a note, anything in a foreign column.
    fn is_written_in(&self, row: &SheetRow) -> bool {
        let mut cells = self.headers.iter().zip(&row.cells);
        cells.any(|(header, cell)| {
            let header = comparison_key(header);
            let ours = [REFERENCE, ROWS, MATCH, CANDIDATES, NEAR_MISSES];
            !ours.contains(&header.as_str()) && !cell.trim().is_empty()
        })
    }

    fn key(&self, row: &SheetRow) -> String {
        let reference = self.column(REFERENCE).map(|column| &row.cells[column]);
        reference.map_or_else(String::new, |cell| reference_key(unguard_cell(cell)))
    }

    fn set(&self, row: &mut SheetRow, column: &str, text: &str) {
        if let Some(column) = self.column(column) {
            row.cells[column] = guard_cell(text).into_owned();
        }
    }

    /// Where a column stands, from 0.
    fn column(&self, name: &str) -> Option<usize> {
        let mut headers = self.headers.iter();
        headers.position(|header| comparison_key(header) == name)
    }

    fn add_missing_columns(&mut self) {
        for name in COLUMNS {
            if self.column(name).is_none() {
                self.headers.push(name.to_owned());
            }
        }
        for row in &mut self.rows {
            row.cells.resize(self.headers.len(), String::new());
        }
    }
}

/// BLAKE3, in hexadecimal, of what was ruled: references and rulings as keys, in any order of rows.
///
/// Takes the rulings of a workbook as well as those of the sheet.
pub fn rulings_hash(rulings: &[Ruling]) -> String {
    let pairs: BTreeSet<(String, String)> = rulings
        .iter()
        .map(|one| (reference_key(&one.reference), comparison_key(&one.ruling)))
        .collect();
    let mut hasher = blake3::Hasher::new();
    for text in pairs
        .iter()
        .flat_map(|(reference, ruling)| [reference, ruling])
    {
        // With its length before it, no text can run into the next.
        hasher.update(&(text.len() as u64).to_le_bytes());
        hasher.update(text.as_bytes());
    }
    hasher.finalize().to_hex().to_string()
}
