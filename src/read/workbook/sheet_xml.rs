//! A workbook that is one XML file: its sheets, looked for in one pass, and the cells of one.
//!
//! In: the file. Out: names of sheets, merged areas, cells in file order. What the elements mean is said in
//! `spreadsheet_xml.rs`.

use calamine::DataRef;
use encoding_rs::Encoding;

use crate::read::workbook::at::FileAt;
use crate::read::workbook::book::See;
use crate::read::workbook::decoded::{Decoded, encoding_of};
use crate::read::workbook::limits::{MERGES_MAX, PARTS_MAX, Refusal};
use crate::read::workbook::merges::Merge;
use crate::read::workbook::sheets::SheetName;
use crate::read::workbook::spreadsheet_xml::{Item, SheetXml, SheetXmlWatch};

/// A workbook, looked through.
pub(super) struct SheetXmlBook {
    /// Its sheets.
    pub sheets: Vec<SheetName>,
    merges: Vec<(usize, Merge)>,
    file: FileAt,
    encoding: &'static Encoding,
}

impl SheetXmlBook {
    /// Looks through the whole file once: whether a sheet is hidden is said behind its cells.
    pub(super) fn open(file: &FileAt, beginning: &[u8]) -> Result<Self, Refusal> {
        let mut book = Self {
            sheets: Vec::new(),
            merges: Vec::new(),
            file: file.clone(),
            encoding: encoding_of(beginning)?,
        };
        let mut items = book.items();
        while let Some(item) = items.next()? {
            match item {
                Item::Sheet(name) => book.sheets.push(SheetName {
                    name,
                    visible: true,
                }),
                Item::Hidden => {
                    if let Some(last) = book.sheets.last_mut() {
                        last.visible = false;
                    }
                }
                Item::Merge(merge) => {
                    let sheet = book.sheets.len().saturating_sub(1);
                    book.merges.push((sheet, merge));
                }
                Item::Cell(..) => {}
            }
            if book.sheets.len() > PARTS_MAX {
                return Err(Refusal::over(format!("more than {PARTS_MAX} sheets")));
            }
            if book.merges.len() > MERGES_MAX {
                return Err(Refusal::over(format!(
                    "more than {MERGES_MAX} merged areas"
                )));
            }
        }
        Ok(book)
    }

    fn items(&self) -> SheetXml<Decoded<SheetXmlWatch>> {
        let watch = SheetXmlWatch::default();
        SheetXml::of(Decoded::begin(&self.file, self.encoding, watch))
    }

    /// Shows the cells of a sheet that hold anything, in file order, until `see` breaks.
    pub(super) fn cells(&self, sheet: usize, see: &mut See<'_>) -> Result<(), Refusal> {
        let mut begun = 0;
        let mut items = self.items();
        while let Some(item) = items.next()? {
            match item {
                Item::Sheet(_) if begun > sheet => break,
                Item::Sheet(_) => begun += 1,
                Item::Cell(row, column)
                    if begun == sheet + 1
                        && !items.text.is_empty()
                        && see(row, column, &DataRef::SharedString(&items.text))?.is_break() =>
                {
                    break;
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// The merged areas of a sheet.
    pub(super) fn merges(&self, sheet: usize) -> Vec<Merge> {
        let here = self.merges.iter().filter(|(number, _)| *number == sheet);
        here.map(|(_, merge)| *merge).collect()
    }
}
