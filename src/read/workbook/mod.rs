//! The adapters for workbooks; only here is the `calamine` crate named.
//!
//! In: an `.xlsx`, `.xlsm`, `.xlsb`, `.xls`, `.ods`, or an XML Spreadsheet 2003. Out: chunks of rows of one sheet, cells
//! already as text. Rows that are not in flight are not in memory; the workbook's table of shared texts is, until
//! the sheet was read to its end, and all of an `.xls` or `.ods`. What cells mean is not known here. No byte reaches a
//! reader that was not watched (`package.rs`, `decoded.rs`, `xls.rs`): none can make it allocate without bound. Of an
//! `.xlsx` that is written the plain way (`plain.rs`) large sheets are read in pieces on all cores, to the same cells.

use std::fs::{File, Metadata};
use std::path::Path;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::read::ReadError;
use crate::read::csv::FileDigest;
use crate::read::look::{Look, check_unchanged};
use crate::read::source::{Feed, Source};
use crate::read::workbook::at::FileAt;
use crate::read::workbook::book::Book;
use crate::read::workbook::feed::Shelf;
use crate::read::workbook::merges::Merge;
use crate::read::workbook::plain::PlainSheet;
use crate::read::workbook::sheets::Head;

pub(super) use crate::read::workbook::builder::CellChunk;
pub(super) use crate::read::workbook::sheets::Fits;

mod ahead;
mod at;
mod binary;
mod book;
mod builder;
mod decoded;
mod feed;
pub(super) mod kind;
mod limits;
pub(super) mod merges;
mod office_xml;
mod open_document;
mod package;
mod part;
mod plain;
mod sheet_xml;
mod sheets;
mod spreadsheet_xml;
mod stored;
mod text;
mod xls;
mod xml;

/// One sheet of a workbook.
pub(super) struct Workbook {
    name: String,
    file: Arc<File>,
    metadata: Metadata,
    beginning: Vec<u8>,
    sheet: usize,
    read: Arc<AtomicU64>,
    /// Open from the choice of the sheet until it was read to its end.
    book: Shelf,
    /// The sheet, where it may be read in pieces.
    plain: Option<PlainSheet>,
    merges: OnceLock<Vec<Merge>>,
}

/// A workbook and how its sheet was chosen.
pub(super) struct Opened {
    /// The sheet to read.
    pub workbook: Workbook,
    /// Its name.
    pub sheet: String,
    /// Visible sheets that hold something and were not chosen; empty where the manifest named one.
    pub others: Vec<String>,
}

impl Workbook {
    /// Opens the workbook `look` is about, at the sheet `wanted`, or at the one that its content tells.
    /// Where `digest` says what the file comes to, its rows may be read in pieces, if it is settled afterwards.
    pub(super) fn open(
        name: &str,
        look: Look,
        wanted: Option<&str>,
        fits: &Fits<'_>,
        digest: Option<FileDigest>,
    ) -> Result<Opened, ReadError> {
        let mut workbook = Self {
            name: name.to_owned(),
            file: Arc::new(look.file),
            metadata: look.metadata,
            beginning: look.beginning,
            sheet: 0,
            read: Arc::default(),
            book: Shelf::default(),
            plain: None,
            merges: OnceLock::new(),
        };
        let mut book = workbook.open_book()?;
        let names = book.sheets.clone();
        let choice = match wanted {
            Some(wanted) => sheets::named(name, &names, wanted)?,
            None => sheets::told_by_content(name, &names, fits, |sheet| {
                let mut head = Head::default();
                book.cells(sheet, &mut |row, column, value| {
                    head.put(row, column, value)
                })
                .map_err(|refusal| refusal.about(name))?;
                Ok(head.finish())
            })?,
        };
        workbook.sheet = choice.index;
        workbook.plain = digest.and_then(|digest| book.plain(choice.index, &workbook.read, digest));
        if workbook.plain.is_none() {
            workbook.look_for_merges(&mut book)?;
        }
        workbook.book = Arc::new(Mutex::new(Some(book)));
        Ok(Opened {
            workbook,
            sheet: names[choice.index].name.clone(),
            others: choice.others,
        })
    }

    fn open_book(&self) -> Result<Book, ReadError> {
        let file = FileAt::new(Arc::clone(&self.file), Arc::clone(&self.read));
        let ending = Path::new(&self.name).extension().unwrap_or_default();
        let ending = ending.to_string_lossy().to_ascii_lowercase();
        let book = Book::open(&file, &self.beginning, &ending);
        book.map_err(|refusal| refusal.about(&self.name))
    }
}

impl Workbook {
    /// Whether what was found out while its rows are read has to be settled.
    pub(super) fn is_unsettled(&self) -> bool {
        self.plain.is_some()
    }

    fn look_for_merges(&self, book: &mut Book) -> Result<(), ReadError> {
        let merges = book.merges(self.sheet);
        let merges = merges.map_err(|refusal| refusal.about(&self.name))?;
        self.merges.get_or_init(|| merges);
        Ok(())
    }

    /// The sheet, unless it turned out not to be plain.
    fn plain(&self) -> Option<&PlainSheet> {
        self.plain.as_ref().filter(|plain| !plain.is_refused())
    }

    fn take_book(&self) -> Option<Book> {
        let mut slot = self.book.lock().unwrap_or_else(PoisonError::into_inner);
        slot.take()
    }
}

impl Source for Workbook {
    fn feed(&self) -> Result<Box<dyn Feed + '_>, ReadError> {
        let Some(plain) = self.plain() else {
            return self.head();
        };
        // Its shared texts need not be in memory twice.
        drop(self.take_book());
        Ok(Box::new(plain.feed(&self.name)?))
    }

    fn head(&self) -> Result<Box<dyn Feed + '_>, ReadError> {
        let book = self.take_book().map_or_else(|| self.open_book(), Ok)?;
        let feed = feed::begin(&self.name, book, self.sheet, &self.read, &self.book)?;
        Ok(Box::new(feed))
    }

    fn check_unchanged(&self) -> Result<(), ReadError> {
        check_unchanged(&self.name, &self.file, &self.metadata)
    }

    fn bytes(&self) -> u64 {
        self.metadata.len()
    }

    fn settle(&self, _digest: &FileDigest) -> Result<bool, ReadError> {
        let is_refused = self.plain.is_some() && self.plain().is_none();
        if is_refused && self.merges.get().is_none() {
            self.look_for_merges(&mut self.open_book()?)?;
        }
        Ok(is_refused)
    }

    fn merges(&self) -> Option<&[Merge]> {
        let read = self.plain().and_then(PlainSheet::merges);
        self.merges.get().map(Vec::as_slice).or(read)
    }
}
