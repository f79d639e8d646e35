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
use std::path::{Path, PathBuf};

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

    /// The header cells as they will be once the sheet is brought up to date.
    pub fn headers_to_be(mut self) -> Vec<String> {
        self.add_missing_columns();
        self.headers
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
        let columns = Columns::of(&self.headers);
        let mut written: BTreeMap<String, (usize, Vec<SheetRow>)> = BTreeMap::new();
        for (place, row) in std::mem::take(&mut self.rows).into_iter().enumerate() {
            let same = written.entry(columns.key(&row));
            same.or_insert((place, Vec::new())).1.push(row);
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
            let (_, same) = written.remove(&key).unwrap_or_default();
            self.bring_up_to_date(&columns, same, &row);
        }
        let mut vanished: Vec<(usize, Vec<SheetRow>)> = written.into_values().collect();
        vanished.sort_unstable_by_key(|(place, _)| *place);
        for row in vanished.into_iter().flat_map(|(_, rows)| rows) {
            self.keep_vanished(&columns, row);
        }
        for (number, row) in (2..).zip(&mut self.rows) {
            row.number = number;
        }
    }

    /// Writes the sheet if its bytes differ from those on disk: to a temporary file beside it,
    /// readable by its owner only, then renamed. Where a spreadsheet holds the file locked, the
    /// sheet is written beside it as `owners.new.csv`.
    pub fn write(&self, path: &Path) -> Result<Written, OwnersError> {
        file::write(&file::rendered(self, path)?, path)
    }

    fn bring_up_to_date(&mut self, columns: &Columns, mut same: Vec<SheetRow>, row: &OwnerRow) {
        if same.iter().any(|written| columns.are_written_in(written)) {
            same.retain(|written| columns.are_written_in(written));
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
            let texts = [
                &row.reference,
                &row.rows,
                &row.matched,
                &row.candidates,
                &row.near_misses,
            ];
            columns.set(&mut written, texts.map(|text| Some(text.as_str())));
            self.rows.push(written);
        }
    }

    fn keep_vanished(&mut self, columns: &Columns, mut row: SheetRow) {
        if !columns.are_written_in(&row) {
            return;
        }
        if !columns.key(&row).is_empty() {
            columns.set(&mut row, [None, Some(""), Some(UNUSED), Some(""), Some("")]);
        }
        self.rows.push(row);
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

/// A sheet brought up to date, not yet written.
#[derive(Debug)]
pub struct SheetToWrite {
    path: PathBuf,
    /// The file that it was made from; `None` where there was none.
    before: Option<Vec<u8>>,
    bytes: Vec<u8>,
}

impl SheetToWrite {
    /// Reads the sheet and brings it up to date.
    pub fn prepare(path: &Path, rows: Vec<OwnerRow>) -> Result<Self, OwnersError> {
        let before = file::there(path)?;
        let mut sheet = file::parse_there(before.as_deref(), path)?;
        sheet.update(rows);
        Ok(Self {
            path: path.to_owned(),
            before,
            bytes: file::rendered(&sheet, path)?,
        })
    }

    /// Writes it, as [`OwnersSheet::write`] does; `None` where the file is no longer the one that it was
    /// made from, so that what somebody saved meanwhile would be lost.
    pub fn write(&self) -> Result<Option<Written>, OwnersError> {
        if file::there(&self.path)? != self.before {
            return Ok(None);
        }
        file::write(&self.bytes, &self.path).map(Some)
    }
}

/// Where which columns of a sheet stand that has all of them: headers are compared once, rows are many.
struct Columns {
    ours: [usize; 5],
    /// Those that a person writes in: rulings, notes, and what we know nothing of.
    theirs: Vec<usize>,
}

impl Columns {
    fn of(headers: &[String]) -> Self {
        let keys: Vec<String> = headers.iter().map(|one| comparison_key(one)).collect();
        let ours = [REFERENCE, ROWS, MATCH, CANDIDATES, NEAR_MISSES];
        let theirs = (0..)
            .zip(&keys)
            .filter(|(_, key)| !ours.contains(&key.as_str()));
        let place = |name: &str| keys.iter().position(|key| key == name);
        Self {
            theirs: theirs.map(|(column, _)| column).collect(),
            ours: ours.map(|name| place(name).unwrap_or(usize::MAX)),
        }
    }

    fn key(&self, row: &SheetRow) -> String {
        reference_key(unguard_cell(&row.cells[self.ours[0]]))
    }

    /// Whether a person wrote into the row: a ruling, a note, anything in a foreign column.
    fn are_written_in(&self, row: &SheetRow) -> bool {
        let mut cells = self
            .theirs
            .iter()
            .filter_map(|column| row.cells.get(*column));
        cells.any(|cell| !cell.trim().is_empty())
    }

    /// Writes our own cells, as far as there is a text for them.
    fn set(&self, row: &mut SheetRow, texts: [Option<&str>; 5]) {
        for (column, text) in self.ours.iter().zip(texts) {
            let cell = &mut row.cells[*column];
            let text = text.map(guard_cell);
            if let Some(text) = text.filter(|text| **text != **cell) {
                *cell = text.into_owned();
            }
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
