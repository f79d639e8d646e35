//! Input files and places in them.
//!
//! In: what `read/` learns of a file. Out: places that a person can find again in a spreadsheet.
//! Rows, lines and columns count from 1; row 1 is the first row of the sheet or file, so a header in
//! the first row is row 1 and the first datum row 2.

use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// The number of an input file within one run, in the order of the manifest.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct FileId(pub u16);

/// What an export is about, as the manifest says.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InputKind {
    /// Who the references meant in the old system.
    Users,
    /// Records of the table with this logical name.
    Records(String),
    /// Who has which role.
    Roles,
    /// A workbook of rulings, read instead of `owners.csv`.
    Rulings,
    /// A file of the folder that an environment is loaded from.
    Environment,
}

/// One export as it was opened: what it is called, what it holds, how it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// Its number in this run.
    pub file: FileId,
    /// As the manifest writes it, with `/` between folders; this is what people and the seal see.
    pub name: String,
    /// Where it was opened.
    pub path: PathBuf,
    /// What it is about.
    pub kind: InputKind,
    /// Size in bytes.
    pub bytes: u64,
    /// BLAKE3 of the bytes, in hexadecimal.
    pub hash: String,
    /// Encoding label (`utf-8`, `windows-1252`); empty for workbooks.
    pub encoding: String,
    /// Delimiter of a CSV; `None` for workbooks.
    pub delimiter: Option<char>,
    /// The sheet that was read; `None` for CSV.
    pub sheet: Option<String>,
    /// The header cells as written, in order.
    pub headers: Vec<String>,
}

/// A place in an input file: a row, and the column where one is at fault.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The file.
    pub file: FileId,
    /// The row as a spreadsheet numbers it; 0 where the whole file is meant.
    pub row: u64,
    /// The physical line on which the row begins; equals `row` in a workbook; 0 as `row`.
    pub line: u64,
    /// The column, from 1.
    pub column: Option<u16>,
    /// The cell as written, cut to [`Place::CELL_CHARS_MAX`] characters.
    pub cell: Option<String>,
}

impl Place {
    /// The longest piece of a cell that a place carries.
    pub const CELL_CHARS_MAX: usize = 80;

    /// The place of a whole row.
    pub fn row(file: FileId, row: u64, line: u64) -> Self {
        Self {
            file,
            row,
            line,
            column: None,
            cell: None,
        }
    }

    /// The place that is the file as a whole.
    pub fn file(file: FileId) -> Self {
        Self::row(file, 0, 0)
    }

    /// This place, narrowed to a cell. `column` counts from 1.
    #[must_use]
    pub fn cell(mut self, column: u16, text: &str) -> Self {
        self.column = Some(column);
        self.cell = Some(text.chars().take(Self::CELL_CHARS_MAX).collect());
        self
    }
}

/// Shows a place as `exports/accounts.csv, row 17 (line 19), column Owner`.
pub struct ShowPlace<'a>(pub &'a Place, pub &'a Input);

impl fmt::Display for ShowPlace<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(place, input) = self;
        formatter.write_str(&input.name)?;
        if let Some(sheet) = &input.sheet {
            write!(formatter, ", sheet {sheet}")?;
        }
        if place.row > 0 {
            write!(formatter, ", row {}", place.row)?;
        }
        if place.line != place.row {
            write!(formatter, " (line {})", place.line)?;
        }
        let header = place
            .column
            .and_then(|column| input.headers.get(usize::from(column) - 1));
        if let Some(header) = header {
            write!(formatter, ", column {}", header.trim())?;
        }
        Ok(())
    }
}
