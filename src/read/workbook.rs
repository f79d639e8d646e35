//! The adapter for Excel workbooks; the only file that names the `calamine` crate.
//!
//! In: an `.xlsx` or `.xlsm`, its cells streamed one after the other. Out: chunks of a fixed number
//! of rows, cells already as text. Rows that are not in flight are not in memory; the workbook's
//! table of shared strings is, until the sheet was read to its end. What cells mean is not known here.

use std::any::Any;
use std::fs::{File, Metadata};
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use calamine::{
    Cell, DataRef, ExcelDateTime, Reader, Sheet, SheetType, SheetVisible, Xlsx, XlsxError,
};

use crate::model::comparison_key;
use crate::read::ReadError;
use crate::read::encoding::Encoding;
use crate::read::error::name_list;
use crate::read::look::{Look, OLE_MAGIC, check_unchanged};
use crate::read::source::{Cells, Chunk, Feed, Row, Source};

/// How many rows, cells and bytes of text go together, whichever comes first: a cell far to the
/// right takes all cells to its left with it.
const CHUNK_ROWS: usize = 4096;
const CHUNK_CELLS: usize = 1 << 20;
const CHUNK_BYTES: usize = 8 << 20;
/// How many chunks lie ready for whoever asks.
const CHUNKS_READY: usize = 2;
/// Excel's own limits of a sheet.
const ROWS_MAX: u32 = 1_048_576;
const COLUMNS_MAX: u32 = 16_384;

/// One sheet of a workbook.
pub(super) struct Workbook {
    name: String,
    file: File,
    metadata: Metadata,
    sheet: String,
    read: Arc<AtomicU64>,
    /// Open from the choice of the sheet until it was read to its end.
    book: Arc<Mutex<Option<Book>>>,
}

type Book = Xlsx<BufReader<Metered>>;

/// Sees the next cell that holds anything.
type See<'a> = dyn FnMut(Cell<DataRef<'_>>) -> Result<ControlFlow<()>, ReadError> + 'a;

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
    /// Opens the workbook `look` is about, at the sheet `wanted`, or at the first visible one that
    /// holds a cell.
    pub(super) fn open(name: &str, look: Look, wanted: Option<&str>) -> Result<Opened, ReadError> {
        let is_ole = look.beginning.starts_with(OLE_MAGIC);
        let mut workbook = Self {
            name: name.to_owned(),
            file: look.file,
            metadata: look.metadata,
            sheet: String::new(),
            read: Arc::default(),
            book: Arc::default(),
        };
        let mut book = match workbook.open_book() {
            Err(ReadError::Damaged { name, .. }) if is_ole => {
                return Err(ReadError::NotATable {
                    name,
                    seems: "an old Excel workbook under the name of a new one".to_owned(),
                    cure: "save it as .xlsx".to_owned(),
                });
            }
            opened => opened?,
        };
        let sheets: Vec<Sheet> = book
            .sheets_metadata()
            .iter()
            .filter(|sheet| sheet.typ == SheetType::WorkSheet)
            .cloned()
            .collect();
        let (sheet, others) = match wanted {
            Some(wanted) => (workbook.named(&sheets, wanted)?, Vec::new()),
            None => workbook.first_visible(&mut book, &sheets)?,
        };
        workbook.sheet.clone_from(&sheet);
        workbook.book = Arc::new(Mutex::new(Some(book)));
        Ok(Opened {
            workbook,
            sheet,
            others,
        })
    }

    fn open_book(&self) -> Result<Book, ReadError> {
        let metered = self.file.try_clone().and_then(|mut file| {
            file.rewind()?;
            Ok(Metered {
                file,
                read: Arc::clone(&self.read),
            })
        });
        let metered = metered.map_err(|source| ReadError::Unreadable {
            name: self.name.clone(),
            source,
        })?;
        guarded(|| Xlsx::new(BufReader::new(metered))).map_err(|fault| broken(&self.name, fault))
    }

    fn named(&self, sheets: &[Sheet], wanted: &str) -> Result<String, ReadError> {
        let key = comparison_key(wanted);
        sheets
            .iter()
            .find(|sheet| sheet.name == wanted)
            .or_else(|| {
                sheets
                    .iter()
                    .find(|sheet| comparison_key(&sheet.name) == key)
            })
            .map(|sheet| sheet.name.clone())
            .ok_or_else(|| self.no_sheet(format!("`{wanted}`"), sheets))
    }

    fn first_visible(
        &self,
        book: &mut Book,
        sheets: &[Sheet],
    ) -> Result<(String, Vec<String>), ReadError> {
        let mut filled = Vec::new();
        for sheet in sheets {
            if sheet.visible == SheetVisible::Visible && self.holds_cells(book, &sheet.name)? {
                filled.push(sheet.name.clone());
            }
        }
        if filled.is_empty() {
            return Err(self.no_sheet("that is visible and holds a cell".to_owned(), sheets));
        }
        let others = filled.split_off(1);
        Ok((filled.remove(0), others))
    }

    fn holds_cells(&self, book: &mut Book, sheet: &str) -> Result<bool, ReadError> {
        let mut filled = false;
        cells(&self.name, book, sheet, &mut |_| {
            filled = true;
            Ok(ControlFlow::Break(()))
        })?;
        Ok(filled)
    }

    fn no_sheet(&self, wanted: String, sheets: &[Sheet]) -> ReadError {
        ReadError::NoSheet {
            name: self.name.clone(),
            wanted,
            found: name_list(sheets.iter().map(|sheet| sheet.name.as_str())),
        }
    }
}

/// Shows the cells of a sheet that hold anything, in file order.
fn cells(name: &str, book: &mut Book, sheet: &str, see: &mut See<'_>) -> Result<(), ReadError> {
    let broken = |fault| broken(name, fault);
    let mut reader = guarded(|| book.worksheet_cells_reader(sheet)).map_err(broken)?;
    while let Some(cell) = guarded(|| reader.next_cell()).map_err(broken)? {
        let empty = match cell.get_value() {
            DataRef::Empty => true,
            DataRef::String(text) => text.is_empty(),
            DataRef::SharedString(text) => text.is_empty(),
            _ => false,
        };
        if !empty && see(cell)?.is_break() {
            break;
        }
    }
    Ok(())
}

fn broken(name: &str, fault: Fault) -> ReadError {
    let name = name.to_owned();
    match fault {
        Fault::Said(XlsxError::Password) => ReadError::Protected { name },
        Fault::Said(XlsxError::FileNotFound(_) | XlsxError::RelationshipNotFound) => {
            ReadError::NotATable {
                name,
                seems: "a zip without a workbook inside".to_owned(),
                cure: "name the right file".to_owned(),
            }
        }
        Fault::Said(error) => ReadError::Damaged {
            name,
            source: Box::new(error),
        },
        Fault::Panicked(words) => ReadError::Damaged {
            name,
            source: words.into(),
        },
    }
}

impl Source for Workbook {
    fn feed(&self) -> Result<Box<dyn Feed + '_>, ReadError> {
        let mut slot = self.book.lock().unwrap_or_else(PoisonError::into_inner);
        let book = slot.take().map_or_else(|| self.open_book(), Ok)?;
        let (sender, receiver) = sync_channel(CHUNKS_READY);
        let reading = Reading {
            name: self.name.clone(),
            sheet: self.sheet.clone(),
            read: Arc::clone(&self.read),
            back: Arc::clone(&self.book),
            sender,
        };
        let thread = std::thread::Builder::new().spawn(move || reading.run(book));
        let thread = thread.map_err(|source| ReadError::Unreadable {
            name: self.name.clone(),
            source,
        })?;
        Ok(Box::new(CellFeed {
            ready: Mutex::new(Ready {
                receiver: Some(receiver),
                thread: Some(thread),
                next: 0,
            }),
        }))
    }

    fn check_unchanged(&self) -> Result<(), ReadError> {
        check_unchanged(&self.name, &self.file, &self.metadata)
    }

    fn bytes(&self) -> u64 {
        self.metadata.len()
    }
}

/// A sheet being read on a thread of its own: the reader of its cells cannot be handed from one
/// thread to another.
struct Reading {
    name: String,
    sheet: String,
    read: Arc<AtomicU64>,
    /// Where the workbook goes if nobody wanted the sheet to its end.
    back: Arc<Mutex<Option<Book>>>,
    sender: SyncSender<Result<CellChunk, ReadError>>,
}

impl Reading {
    fn run(self, mut book: Book) {
        let mut builder = Builder::new(&self.name, Arc::clone(&self.read));
        let hand_out = |chunk| match self.sender.send(chunk) {
            Ok(()) => ControlFlow::Continue(()),
            Err(_) => ControlFlow::Break(()),
        };
        let mut flow = ControlFlow::Continue(());
        let read = cells(&self.name, &mut book, &self.sheet, &mut |cell| {
            if builder.is_full(cell.get_position().0) {
                flow = hand_out(Ok(builder.finish()));
            }
            if flow.is_continue() {
                builder.put(&cell)?;
            }
            Ok(flow)
        });
        if flow.is_continue() {
            flow = hand_out(read.map(|()| builder.finish()));
        }
        if flow.is_break() {
            *self.back.lock().unwrap_or_else(PoisonError::into_inner) = Some(book);
        }
    }
}

/// The chunks that are ready.
struct Ready {
    receiver: Option<Receiver<Result<CellChunk, ReadError>>>,
    thread: Option<JoinHandle<()>>,
    next: u64,
}

struct CellFeed {
    ready: Mutex<Ready>,
}

impl Feed for CellFeed {
    fn next(&self, chunk: &mut Chunk) -> Result<Option<u64>, ReadError> {
        let mut ready = self.ready.lock().unwrap_or_else(PoisonError::into_inner);
        let next = ready.receiver.as_ref().map(Receiver::recv);
        let Some(Ok(next)) = next else {
            ready.end();
            return Ok(None);
        };
        *chunk = Chunk::Cells(next?);
        ready.next += 1;
        Ok(Some(ready.next - 1))
    }
}

impl Ready {
    /// Ends the thread, which without a receiver stops at its next chunk. A panic of its own is passed
    /// on: the rows that it did not hand out must not look like the end of the sheet.
    fn end(&mut self) {
        self.receiver = None;
        if let Some(Err(panic)) = self.thread.take().map(JoinHandle::join) {
            resume_unwind(panic);
        }
    }
}

impl Drop for CellFeed {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let ready = self.ready.get_mut();
            ready.unwrap_or_else(PoisonError::into_inner).end();
        }
    }
}

/// What went wrong inside the reader of workbooks.
enum Fault {
    Said(XlsxError),
    Panicked(String),
}

/// A broken workbook can make the reader panic; that is a broken workbook all the same.
fn guarded<T>(read: impl FnOnce() -> Result<T, XlsxError>) -> Result<T, Fault> {
    match catch_unwind(AssertUnwindSafe(read)) {
        Ok(answer) => answer.map_err(Fault::Said),
        Err(panic) => Err(Fault::Panicked(panic_words(panic.as_ref()))),
    }
}

fn panic_words(panic: &(dyn Any + Send)) -> String {
    let words = panic
        .downcast_ref::<&str>()
        .map(|words| (*words).to_owned());
    words
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "its inside makes no sense".to_owned())
}

/// A file that counts what was read of it, for the progress shown.
struct Metered {
    file: File,
    read: Arc<AtomicU64>,
}

impl Read for Metered {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(buffer)?;
        self.read.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

impl Seek for Metered {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.file.seek(to)
    }
}

/// Rows of a sheet, cells as text; each row's ends count from where its text begins.
#[derive(Default)]
pub(super) struct CellChunk {
    data: String,
    ends: Vec<usize>,
    rows: Vec<SheetRow>,
    bytes: u64,
}

struct SheetRow {
    row: u32,
    data_start: usize,
    ends_start: usize,
}

impl CellChunk {
    /// How many bytes of the file it stands for.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Shows each row in order, until `see` breaks.
    pub(super) fn rows(&self, see: &mut dyn FnMut(&Row<'_>) -> ControlFlow<()>) {
        let starts_after = self.rows.iter().skip(1);
        let stops = starts_after
            .map(|next| (next.data_start, next.ends_start))
            .chain([(self.data.len(), self.ends.len())]);
        for (row, (data_stop, ends_stop)) in self.rows.iter().zip(stops) {
            let shown = Row {
                number: u64::from(row.row) + 1,
                line: u64::from(row.row) + 1,
                cells: Cells::Joined {
                    data: &self.data.as_bytes()[row.data_start..data_stop],
                    ends: &self.ends[row.ends_start..ends_stop],
                },
                encoding: Encoding::Utf8,
                unterminated: false,
                misquoted: false,
                fixed_width: false,
            };
            if see(&shown).is_break() {
                return;
            }
        }
    }
}

/// Collects cells into a chunk.
struct Builder<'a> {
    name: &'a str,
    chunk: CellChunk,
    read: Arc<AtomicU64>,
    read_before: u64,
}

impl<'a> Builder<'a> {
    fn new(name: &'a str, read: Arc<AtomicU64>) -> Self {
        Self {
            name,
            chunk: CellChunk::default(),
            read_before: read.load(Ordering::Relaxed),
            read,
        }
    }

    /// Whether a cell of `row` belongs to the next chunk.
    fn is_full(&self, row: u32) -> bool {
        let chunk = &self.chunk;
        let full = chunk.rows.len() >= CHUNK_ROWS
            || chunk.ends.len() >= CHUNK_CELLS
            || chunk.data.len() >= CHUNK_BYTES;
        full && chunk.rows.last().is_some_and(|last| last.row != row)
    }

    fn finish(&mut self) -> CellChunk {
        let read = self.read.load(Ordering::Relaxed);
        self.chunk.bytes = read - std::mem::replace(&mut self.read_before, read);
        std::mem::take(&mut self.chunk)
    }

    fn put(&mut self, cell: &Cell<DataRef<'_>>) -> Result<(), ReadError> {
        let (row, column) = cell.get_position();
        self.check_limits(row, column)?;
        let CellChunk {
            data, ends, rows, ..
        } = &mut self.chunk;
        let last_row = rows.last().map(|last| last.row);
        if last_row != Some(row) {
            rows.push(SheetRow {
                row,
                data_start: data.len(),
                ends_start: ends.len(),
            });
        }
        let (data_start, ends_start) = rows
            .last()
            .map_or((0, 0), |last| (last.data_start, last.ends_start));
        let wanted = ends_start + column as usize;
        if ends.len() > wanted || last_row > Some(row) {
            return Err(self.out_of_order(row));
        }
        ends.resize(wanted, data.len() - data_start);
        write_value(data, cell.get_value());
        ends.push(data.len() - data_start);
        Ok(())
    }

    fn check_limits(&self, row: u32, column: u32) -> Result<(), ReadError> {
        let what = if column >= COLUMNS_MAX {
            format!("a cell lies beyond column {COLUMNS_MAX}")
        } else if row >= ROWS_MAX - 1 {
            format!(
                "the sheet is full to its last row, {ROWS_MAX}, so that rows are likely missing"
            )
        } else {
            return Ok(());
        };
        Err(ReadError::OverLimit {
            name: self.name.to_owned(),
            what,
            cure: "export it as CSV, or in parts".to_owned(),
        })
    }

    fn out_of_order(&self, row: u32) -> ReadError {
        ReadError::Damaged {
            name: self.name.to_owned(),
            source: format!("cells out of order at row {}", row + 1).into(),
        }
    }
}

/// A cell as text: numbers without a needless fraction, dates as ISO 8601.
fn write_value(text: &mut String, value: &DataRef<'_>) {
    match value {
        DataRef::String(value) | DataRef::DateTimeIso(value) | DataRef::DurationIso(value) => {
            text.push_str(value);
        }
        DataRef::SharedString(value) => text.push_str(value),
        DataRef::Int(value) => text.push_str(&value.to_string()),
        DataRef::Float(value) => text.push_str(&number(*value)),
        DataRef::Bool(value) => text.push_str(if *value { "true" } else { "false" }),
        DataRef::DateTime(value) => text.push_str(&date(*value)),
        DataRef::Error(error) => text.push_str(&error.to_string()),
        DataRef::Empty => {}
    }
}

/// From 15 digits on Excel itself no longer knows them all; such a number is shown as Excel shows it,
/// so that it is met as mangled wherever it stands.
fn number(value: f64) -> String {
    const EXACT_BELOW: f64 = 1e15;
    if value.abs() < EXACT_BELOW {
        return value.to_string();
    }
    format!("{value:E}").replace('E', "E+")
}

fn date(value: ExcelDateTime) -> String {
    if value.is_duration() {
        let seconds = (value.as_f64() * 86_400.0).round();
        let (hours, rest) = ((seconds / 3600.0).floor(), seconds % 3600.0);
        return format!(
            "{hours:.0}:{:02.0}:{:02.0}",
            (rest / 60.0).floor(),
            rest % 60.0
        );
    }
    let (year, month, day, hour, minute, second, _) = value.to_ymd_hms_milli();
    let time = format!("{hour:02}:{minute:02}:{second:02}");
    match (value.as_f64() < 1.0, (hour, minute, second) == (0, 0, 0)) {
        (true, _) => time,
        (false, true) => format!("{year:04}-{month:02}-{day:02}"),
        (false, false) => format!("{year:04}-{month:02}-{day:02}T{time}"),
    }
}
