//! A workbook, open, whatever kind it is.
//!
//! In: the file. Out: its sheets, their merged areas, and the cells of one, in file order. What can be read as a stream
//! is read cell by cell; `.xls` and `.ods` are held as a whole, within the limits of `limits.rs`. A reader that panics
//! on a broken workbook has met a broken workbook.

use std::error::Error;
use std::io::Cursor;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use calamine::{
    Cell, Data, DataRef, Ods, OdsError, Range, Reader, Sheet, SheetType, SheetVisible, Xls,
    XlsError, Xlsb, XlsbError, Xlsx, XlsxError,
};

use crate::model;
use crate::read::csv::FileDigest;
use crate::read::workbook::at::FileAt;
use crate::read::workbook::kind::{Kind, OLE_MAGIC};
use crate::read::workbook::limits::{AS_XLSX, Refusal, WHOLE_FILE_MAX, megabytes};
use crate::read::workbook::merges::Merge;
use crate::read::workbook::package::{Package, Parts, Told};
use crate::read::workbook::part::Watched;
use crate::read::workbook::plain::PlainSheet;
use crate::read::workbook::sheet_xml::SheetXmlBook;
use crate::read::workbook::sheets::SheetName;
use crate::read::workbook::text::is_empty;
use crate::read::workbook::xls::{self, Container};

/// Sees the next cell that holds anything: row and column from 0.
pub(super) type See<'a> =
    dyn FnMut(u32, u32, &DataRef<'_>) -> Result<ControlFlow<()>, Refusal> + 'a;

/// A workbook.
pub(super) struct Book {
    /// Its sheets that hold cells, in its order.
    pub sheets: Vec<SheetName>,
    inside: Inside,
}

enum Inside {
    OfficeXml(Box<Xlsx<Package>>, Parts, Told),
    Binary(Box<Xlsb<Package>>, Parts, Told),
    OpenDocument(Box<Ods<Package>>, Parts),
    Old(Box<Xls<Cursor<Vec<u8>>>>),
    SheetXml(SheetXmlBook),
}

impl Book {
    /// Opens a workbook by its content; `ending` is that of its name.
    pub(super) fn open(file: &FileAt, beginning: &[u8], ending: &str) -> Result<Self, Refusal> {
        if beginning.starts_with(OLE_MAGIC) {
            return Self::open_old(file, ending);
        }
        if !beginning.starts_with(b"PK") {
            Kind::SheetXml.check_name(ending)?;
            let book = SheetXmlBook::open(file, beginning)?;
            return Ok(Self {
                sheets: book.sheets.clone(),
                inside: Inside::SheetXml(book),
            });
        }
        let parts = Parts::of(file.clone())?;
        let kind = Kind::of_zip(&parts)?;
        kind.check_name(ending)?;
        let package = parts.unpacked(Watched::of(kind));
        let told = package.told();
        let with_reason = |refusal| told.refusal().unwrap_or(refusal);
        let (sheets, inside) = match kind {
            Kind::Binary => {
                let book = Box::new(guarded(|| Xlsb::new(package)).map_err(with_reason)?);
                let sheets = sheet_names(book.sheets_metadata());
                (sheets, Inside::Binary(book, parts, told.clone()))
            }
            Kind::OpenDocument => {
                check_whole(file)?;
                let book = Box::new(guarded(|| Ods::new(package)).map_err(with_reason)?);
                let sheets = sheet_names(book.sheets_metadata());
                (sheets, Inside::OpenDocument(book, parts))
            }
            _ => {
                let book = Box::new(guarded(|| Xlsx::new(package)).map_err(with_reason)?);
                let sheets = sheet_names(book.sheets_metadata());
                (sheets, Inside::OfficeXml(book, parts, told.clone()))
            }
        };
        // Readers pass over parts that they can do without, and so over why they were refused.
        told.refusal().map_or(Ok(Self { sheets, inside }), Err)
    }

    fn open_old(file: &FileAt, ending: &str) -> Result<Self, Refusal> {
        let container = match xls::open(file) {
            Ok(Container::Workbook(container)) => container,
            Err(Refusal::Damaged(what)) => {
                Kind::Old.check_name(ending)?;
                return Err(Refusal::Damaged(what));
            }
            Err(refusal) => return Err(refusal),
            Ok(Container::Other) => {
                return Err(Refusal::Other {
                    seems: "an old Office file that is no workbook",
                    cure: "name the right file",
                });
            }
        };
        Kind::Old.check_name(ending)?;
        let book = Box::new(guarded(|| Xls::new(container))?);
        Ok(Self {
            sheets: sheet_names(book.sheets_metadata()),
            inside: Inside::Old(book),
        })
    }

    /// Shows the cells of a sheet that hold anything, in file order, until `see` breaks.
    pub(super) fn cells(&mut self, sheet: usize, see: &mut See<'_>) -> Result<(), Refusal> {
        let name = self.name(sheet);
        match &mut self.inside {
            Inside::OfficeXml(book, _, told) => {
                let shown = (|| {
                    let mut reader = guarded(|| book.worksheet_cells_reader(&name))?;
                    each(|| guarded(|| reader.next_cell()), see)
                })();
                shown.map_err(|refusal| told.refusal().unwrap_or(refusal))
            }
            Inside::Binary(book, _, told) => {
                let shown = (|| {
                    let mut reader = guarded(|| book.worksheet_cells_reader(&name))?;
                    each(|| guarded(|| reader.next_cell()), see)
                })();
                shown.map_err(|refusal| told.refusal().unwrap_or(refusal))
            }
            Inside::OpenDocument(book, _) => {
                each_of(&guarded(|| book.worksheet_range(&name))?, see)
            }
            Inside::Old(book) => each_of(&guarded(|| book.worksheet_range(&name))?, see),
            Inside::SheetXml(book) => book.cells(sheet, see),
        }
    }

    /// The merged areas of a sheet.
    pub(super) fn merges(&mut self, sheet: usize) -> Result<Vec<Merge>, Refusal> {
        let name = self.name(sheet);
        let (parts, part, kind) = match &mut self.inside {
            Inside::OfficeXml(book, parts, told) => {
                guarded(|| book.worksheet_cells_reader(&name).map(drop))?;
                (parts, told.part(), Kind::OfficeXml)
            }
            Inside::Binary(book, parts, told) => {
                guarded(|| book.worksheet_cells_reader(&name).map(drop))?;
                (parts, told.part(), Kind::Binary)
            }
            Inside::OpenDocument(_, parts) => {
                let part = parts.position("content.xml").unwrap_or_default();
                (parts, part, Kind::OpenDocument)
            }
            Inside::Old(book) => {
                let areas = guarded(|| book.merge_cells_by_sheet_name(&name))?;
                let merge = |area: &calamine::Dimensions| Merge {
                    rows: (area.start.0, area.end.0),
                    columns: (area.start.1, area.end.1),
                };
                return Ok(areas.iter().map(merge).collect());
            }
            Inside::SheetXml(book) => return Ok(book.merges(sheet)),
        };
        let watched = Watched::for_merges(kind, parts.name(part));
        let reader = parts.part(part, watched);
        reader.map_or(Ok(Vec::new()), |reader| reader.finish(sheet))
    }

    /// The sheet as one that may be read in pieces; `None` where its kind of workbook is none of those, or
    /// it is not written the plain way.
    pub(super) fn plain(
        &mut self,
        sheet: usize,
        read: &Arc<AtomicU64>,
        digest: FileDigest,
    ) -> Option<PlainSheet> {
        let name = self.name(sheet);
        let Inside::OfficeXml(book, parts, told) = &mut self.inside else {
            return None;
        };
        // What lies before the rows is read, and watched, by its reader.
        guarded(|| book.worksheet_cells_reader(&name).map(drop)).ok()?;
        let is_1904 = book.has_1904_epoch();
        PlainSheet::of(parts, told, told.part(), is_1904, read, digest)
    }

    fn name(&self, sheet: usize) -> String {
        self.sheets
            .get(sheet)
            .map(|sheet| sheet.name.clone())
            .unwrap_or_default()
    }
}

fn check_whole(file: &FileAt) -> Result<(), Refusal> {
    let bytes = file.size();
    let bytes = bytes.map_err(|error| Refusal::damaged(error.to_string()))?;
    if bytes <= WHOLE_FILE_MAX {
        return Ok(());
    }
    Err(Refusal::OverLimit {
        what: format!(
            "{}, at most {} of an .ods are read",
            megabytes(bytes),
            megabytes(WHOLE_FILE_MAX)
        ),
        cure: AS_XLSX,
    })
}

fn sheet_names(sheets: &[Sheet]) -> Vec<SheetName> {
    sheets
        .iter()
        .filter(|sheet| sheet.typ == SheetType::WorkSheet)
        .map(|sheet| SheetName {
            name: sheet.name.clone(),
            visible: sheet.visible == SheetVisible::Visible,
        })
        .collect()
}

fn each<'a>(
    mut next: impl FnMut() -> Result<Option<Cell<DataRef<'a>>>, Refusal>,
    see: &mut See<'_>,
) -> Result<(), Refusal> {
    while let Some(cell) = next()? {
        let (row, column) = cell.get_position();
        let value = cell.get_value();
        if !is_empty(value) && see(row, column, value)?.is_break() {
            break;
        }
    }
    Ok(())
}

fn each_of(range: &Range<Data>, see: &mut See<'_>) -> Result<(), Refusal> {
    let (top, left) = range.start().unwrap_or_default();
    for (row, column, value) in range.used_cells() {
        let from = |start: u32, by: usize| {
            let by = u32::try_from(by).unwrap_or(u32::MAX);
            start.saturating_add(by)
        };
        let value = match value {
            Data::String(text) | Data::DateTimeIso(text) | Data::DurationIso(text) => {
                DataRef::SharedString(text)
            }
            Data::Int(value) => DataRef::Int(*value),
            Data::Float(value) => DataRef::Float(*value),
            Data::Bool(value) => DataRef::Bool(*value),
            Data::DateTime(value) => DataRef::DateTime(*value),
            Data::Error(error) => DataRef::Error(error.clone()),
            Data::Empty => DataRef::Empty,
        };
        if !is_empty(&value) && see(from(top, row), from(left, column), &value)?.is_break() {
            break;
        }
    }
    Ok(())
}

/// What the readers say; of all of it only the password is told apart.
pub(super) trait Said: Error {
    fn is_password(&self) -> bool;
}

macro_rules! said {
    ($($error:ident),+) => {$(
        impl Said for $error {
            fn is_password(&self) -> bool {
                matches!(self, Self::Password)
            }
        }
    )+};
}

said!(XlsxError, XlsbError, OdsError, XlsError);

/// A broken workbook can make the reader panic; that is a broken workbook all the same, and told as one.
pub(super) fn guarded<T, E: Said>(read: impl FnOnce() -> Result<T, E>) -> Result<T, Refusal> {
    match model::guarded(read) {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(error)) if error.is_password() => Err(Refusal::Protected),
        Ok(Err(error)) => Err(Refusal::damaged(error.to_string())),
        Err(words) => Err(Refusal::Damaged(words)),
    }
}
