//! What is watched in the XML of an `.ods`, whose reader holds all of it.
//!
//! In: tags and texts of any part. Out: merged areas by sheet; or why no more may be read: repeated rows and
//! columns of a short file come to more cells than are held.

use crate::read::workbook::limits::{
    AS_XLSX, COLUMNS_MAX, MERGES_MAX, ROWS_MAX, Refusal, TOKEN_BYTES_MAX, WHOLE_CELLS_MAX,
    WHOLE_TEXT_MAX,
};
use crate::read::workbook::merges::Merge;
use crate::read::workbook::xml::{Watch, number_of, tag_name};

/// What a reader holds for one element outside cells, about.
const ELEMENT_BYTES: u64 = 256;
/// The longest run of blanks that is written as a number.
const BLANKS_MAX: u64 = 32_767;

/// Watches one part.
#[derive(Default)]
pub(super) struct OpenDocumentWatch {
    /// Merged areas, each with the number of its sheet.
    merges: Vec<(usize, Merge)>,
    sheets: usize,
    sheet: Sheet,
    row: Row,
    cell: Cell,
    /// Cells of the sheets before this one.
    cells_before: u64,
    text: u64,
    held: u64,
}

/// The sheet at hand.
#[derive(Default)]
struct Sheet {
    /// Rows as written, and as repeated.
    elements: u64,
    rows: u64,
    /// Rows up to the last one that holds anything, and columns up to the last such one.
    filled_rows: u64,
    width: u64,
}

/// The row at hand.
#[derive(Default)]
struct Row {
    repeats: u64,
    columns: u64,
    filled: u64,
}

/// The cell at hand.
#[derive(Default)]
struct Cell {
    open: bool,
    filled: bool,
    repeats: u64,
    text: u64,
}

impl OpenDocumentWatch {
    /// The merged areas of one sheet.
    pub(super) fn merges_of(&self, sheet: usize) -> Vec<Merge> {
        let here = self.merges.iter().filter(|(number, _)| *number == sheet);
        here.map(|(_, merge)| *merge).collect()
    }

    fn begin_row(&mut self, tag: &[u8], closed: bool) -> Result<(), Refusal> {
        self.end_row()?;
        self.sheet.elements += 1;
        if self.sheet.elements > u64::from(ROWS_MAX) {
            return Err(over(format!("more than {ROWS_MAX} rows")));
        }
        let repeats = number_of(tag, b"number-rows-repeated")?.unwrap_or(1);
        self.row = Row {
            repeats: repeats.min(u64::from(ROWS_MAX)),
            ..Row::default()
        };
        if closed {
            self.end_row()?;
        }
        Ok(())
    }

    fn end_row(&mut self) -> Result<(), Refusal> {
        let row = std::mem::take(&mut self.row);
        self.sheet.rows += row.repeats;
        if row.filled > 0 {
            self.sheet.filled_rows = self.sheet.rows;
            self.sheet.width = self.sheet.width.max(row.filled);
        }
        self.check_cells()
    }

    fn check_cells(&self) -> Result<(), Refusal> {
        let here = self.sheet.filled_rows.saturating_mul(self.sheet.width);
        if self.cells_before.saturating_add(here) > WHOLE_CELLS_MAX {
            return Err(over(format!("more than {WHOLE_CELLS_MAX} cells")));
        }
        Ok(())
    }

    fn begin_cell(&mut self, tag: &[u8], closed: bool) -> Result<(), Refusal> {
        let repeats = number_of(tag, b"number-columns-repeated")?.unwrap_or(1);
        let repeats = repeats.min(u64::from(COLUMNS_MAX));
        self.merge(tag)?;
        self.row.columns += repeats;
        let holds = |mark: &[u8]| memchr::memmem::find(tag, mark).is_some();
        let filled = holds(b"office:") || holds(b"formula") || holds(b"calcext:");
        self.cell = Cell {
            open: !closed,
            filled,
            repeats,
            text: 0,
        };
        if filled {
            self.row.filled = self.row.columns.min(u64::from(COLUMNS_MAX));
        }
        self.count_text(tag.len() as u64)
    }

    fn merge(&mut self, tag: &[u8]) -> Result<(), Refusal> {
        let rows = number_of(tag, b"number-rows-spanned")?.unwrap_or(1);
        let columns = number_of(tag, b"number-columns-spanned")?.unwrap_or(1);
        if rows <= 1 && columns <= 1 {
            return Ok(());
        }
        if self.merges.len() >= MERGES_MAX {
            return Err(over(format!("more than {MERGES_MAX} merged areas")));
        }
        let span = |from: u64, length: u64, most: u32| {
            let first = u32::try_from(from).unwrap_or(most);
            let more = u32::try_from(length.saturating_sub(1)).unwrap_or(most);
            (first, first.saturating_add(more))
        };
        let merge = Merge {
            rows: span(self.sheet.rows, rows, ROWS_MAX),
            columns: span(self.row.columns, columns, COLUMNS_MAX),
        };
        self.merges.push((self.sheets.saturating_sub(1), merge));
        Ok(())
    }

    /// Text of a cell stands as often as the cell does.
    fn count_text(&mut self, bytes: u64) -> Result<(), Refusal> {
        if !self.cell.filled {
            return Ok(());
        }
        self.cell.text += bytes;
        if self.cell.text > TOKEN_BYTES_MAX as u64 {
            return Err(over(format!(
                "the text of one cell is longer than {TOKEN_BYTES_MAX} bytes"
            )));
        }
        let times = self.cell.repeats.saturating_mul(self.row.repeats.max(1));
        self.text = self.text.saturating_add(bytes.saturating_mul(times));
        if self.text > WHOLE_TEXT_MAX {
            return Err(over(format!(
                "more than {WHOLE_TEXT_MAX} bytes of text in its cells"
            )));
        }
        Ok(())
    }

    fn hold(&mut self, bytes: u64) -> Result<(), Refusal> {
        self.held += bytes;
        if self.held > WHOLE_TEXT_MAX {
            return Err(over(
                "what it keeps outside its rows (styles, names) is too much".to_owned(),
            ));
        }
        Ok(())
    }

    fn blanks(&mut self, tag: &[u8]) -> Result<(), Refusal> {
        let count = number_of(tag, b"c")?.unwrap_or(1);
        if count > BLANKS_MAX {
            return Err(over(format!(
                "{count} blanks in a row, at most {BLANKS_MAX} are read"
            )));
        }
        self.count_text(count)
    }
}

impl Watch for OpenDocumentWatch {
    const NESTED: bool = true;

    fn start(&mut self, tag: &[u8], closed: bool) -> Result<(), Refusal> {
        match tag_name(tag) {
            b"table" => {
                self.sheets += 1;
                self.sheet = Sheet::default();
                self.row = Row::default();
                self.hold(ELEMENT_BYTES + tag.len() as u64)
            }
            b"table-row" => self.begin_row(tag, closed),
            b"table-cell" | b"covered-table-cell" => self.begin_cell(tag, closed),
            b"s" if self.cell.open => self.blanks(tag),
            _ if self.cell.open => Ok(()),
            _ => self.hold(ELEMENT_BYTES + tag.len() as u64),
        }
    }

    fn end(&mut self, name: &[u8]) -> Result<(), Refusal> {
        match tag_name(name) {
            b"table-cell" | b"covered-table-cell" => self.cell = Cell::default(),
            b"table-row" => self.end_row()?,
            b"table" => {
                self.end_row()?;
                let sheet = std::mem::take(&mut self.sheet);
                let cells = sheet.filled_rows.saturating_mul(sheet.width);
                self.cells_before = self.cells_before.saturating_add(cells);
            }
            _ => {}
        }
        Ok(())
    }

    fn text(&mut self, text: &[u8], _is_cdata: bool) -> Result<(), Refusal> {
        let bytes = text.len() as u64;
        if self.cell.open {
            self.count_text(bytes)
        } else {
            self.hold(bytes)
        }
    }
}

fn over(what: String) -> Refusal {
    Refusal::OverLimit {
        what,
        cure: AS_XLSX,
    }
}
