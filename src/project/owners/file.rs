//! The owners sheet as bytes: read as Excel or a person saved it, written back the same way.
//!
//! In: a path. Out: an [`OwnersSheet`] that knows its encoding, delimiter, byte order mark and line ends, or
//! an error with line and cure; and the same back onto disk, whole or not at all.
//! Which cells are whose is `owners.rs`'s.

use std::borrow::Cow;
use std::fs;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use tempfile::{NamedTempFile, PersistError};

use crate::model::{comparison_key, quoted, quoted_list};
use crate::project::owners::{COLUMNS, OwnersSheet, REFERENCE, SheetRow};

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// How the texts of the file are written. UTF-16 is what Excel's `Unicode Text` is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Encoding {
    Utf8,
    Utf16(Order),
}

/// Which byte of a UTF-16 unit comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    Little,
    Big,
}

impl Order {
    fn mark(self) -> [u8; 2] {
        self.bytes(0xfeff)
    }

    fn unit(self, bytes: [u8; 2]) -> u16 {
        match self {
            Self::Little => u16::from_le_bytes(bytes),
            Self::Big => u16::from_be_bytes(bytes),
        }
    }

    fn bytes(self, unit: u16) -> [u8; 2] {
        match self {
            Self::Little => unit.to_le_bytes(),
            Self::Big => unit.to_be_bytes(),
        }
    }

    /// The text after the mark, or the line on which it is none.
    fn text(self, bytes: &[u8]) -> Result<String, u64> {
        let (units, rest) = bytes.as_chunks::<2>();
        let units = units.iter().map(|bytes| self.unit(*bytes));
        let mut text = String::new();
        for letter in char::decode_utf16(units) {
            match letter {
                Ok(letter) => text.push(letter),
                Err(_) => return Err(line_at(text.as_bytes(), text.len())),
            }
        }
        match rest {
            [] => Ok(text),
            _ => Err(line_at(text.as_bytes(), text.len())),
        }
    }
}

/// How the file is written, as it was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    byte_order_mark: bool,
    encoding: Encoding,
    delimiter: u8,
    carriage_returns: bool,
}

impl Layout {
    /// A new sheet. Without the mark Excel takes UTF-8 for the machine's code page.
    const NEW: Self = Self {
        byte_order_mark: true,
        encoding: Encoding::Utf8,
        delimiter: b',',
        carriage_returns: false,
    };
}

/// Where the sheet was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Written {
    /// Nowhere: the file holds these very bytes already.
    Unchanged,
    /// Where it belongs.
    InPlace,
    /// Beside it, because a spreadsheet holds the file locked: the caller warns.
    Beside(PathBuf),
}

/// The sheet cannot be used or written.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum OwnersError {
    #[error("{}: cannot be read; close it elsewhere or check its permissions", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error(
        "{}, line {line}: not UTF-8; in Excel save it as `CSV UTF-8 (Comma delimited)`",
        path.display()
    )]
    NotUtf8 { path: PathBuf, line: u64 },
    #[error(
        "{}, line {line}: not UTF-16, as its first bytes say it is; copy it again, or in Excel save it as \
         `CSV UTF-8 (Comma delimited)`",
        path.display()
    )]
    NotUtf16 { path: PathBuf, line: u64 },
    #[error(
        "{}, line {line}: a quote is opened here and never closed; close it, or save the sheet \
         from a spreadsheet",
        path.display()
    )]
    OpenQuote { path: PathBuf, line: u64 },
    #[error(
        "{}, line {line}: found {found} cells where the header has {expected}; put quotes round \
         the cell that holds a {delimiter}",
        path.display(),
        delimiter = quoted(&delimiter)
    )]
    Surplus {
        path: PathBuf,
        line: u64,
        found: usize,
        expected: usize,
        delimiter: char,
    },
    #[error(
        "{}, line 1: no column `reference`, found {found}; put it back, or move the file away and \
         let `cutover plan` write a new one",
        path.display()
    )]
    NoReference { path: PathBuf, found: String },
    #[error(
        "{}, line 1: column {column} is there twice; rename one of them",
        path.display(),
        column = quoted(&column)
    )]
    Repeated { path: PathBuf, column: String },
    #[error("{}: not CSV", path.display())]
    Csv { path: PathBuf, source: csv::Error },
    #[error(
        "{}: cannot be written; it stays as it was: see that its folder can be written to and its \
         disk has room, then plan again",
        path.display()
    )]
    Write { path: PathBuf, source: io::Error },
}

pub(super) fn read(path: &Path) -> Result<OwnersSheet, OwnersError> {
    parse_there(there(path)?.as_deref(), path)
}

/// The bytes of the file, if there is one.
pub(super) fn there(path: &Path) -> Result<Option<Vec<u8>>, OwnersError> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(source) if source.kind() == ErrorKind::NotFound => Ok(None),
        Err(source) => Err(OwnersError::Read {
            path: path.to_owned(),
            source,
        }),
    }
}

/// The sheet of such bytes; a file that is not there yet is an empty one.
pub(super) fn parse_there(there: Option<&[u8]>, path: &Path) -> Result<OwnersSheet, OwnersError> {
    there.map_or_else(|| Ok(empty()), |bytes| parse(bytes, path))
}

fn empty() -> OwnersSheet {
    OwnersSheet {
        headers: COLUMNS.map(str::to_owned).to_vec(),
        rows: Vec::new(),
        layout: Layout::NEW,
    }
}

pub(super) fn parse(bytes: &[u8], path: &Path) -> Result<OwnersSheet, OwnersError> {
    let (text, encoding, byte_order_mark) = decoded(bytes, path)?;
    let text = text.as_ref();
    let body = text.as_bytes();
    if text.trim().is_empty() {
        return Ok(empty());
    }
    let mut layout = Layout {
        byte_order_mark,
        encoding,
        delimiter: delimiter(text),
        carriage_returns: first_row(text).ends_with('\r'),
    };
    if let Some(line) = open_quote(body, layout.delimiter) {
        let path = path.to_owned();
        return Err(OwnersError::OpenQuote { path, line });
    }
    let mut rows = records(text, layout, path)?.into_iter();
    let mut headers = rows
        .next()
        .map_or_else(Vec::new, |(_, header)| header.cells);
    // Written again, the header begins the file, and what it begins with would be taken for the mark.
    if let Some(first) = headers.first_mut()
        && first.starts_with('\u{feff}')
    {
        *first = first.trim_start_matches('\u{feff}').to_owned();
        layout.byte_order_mark = true;
    }
    check_headers(&headers, path)?;
    let rows = rows
        .map(|(line, row)| fit(row, line, &headers, layout, path))
        .collect::<Result<_, _>>()?;
    Ok(OwnersSheet {
        headers,
        rows,
        layout,
    })
}

/// The text of the file, how it is written, and whether a mark says so.
fn decoded<'a>(
    bytes: &'a [u8],
    path: &Path,
) -> Result<(Cow<'a, str>, Encoding, bool), OwnersError> {
    for order in [Order::Little, Order::Big] {
        if let Some(body) = bytes.strip_prefix(&order.mark()) {
            let text = order.text(body).map_err(|line| OwnersError::NotUtf16 {
                path: path.to_owned(),
                line,
            })?;
            return Ok((Cow::Owned(text), Encoding::Utf16(order), true));
        }
    }
    let unmarked = bytes.strip_prefix(BYTE_ORDER_MARK);
    let body = unmarked.unwrap_or(bytes);
    let text = std::str::from_utf8(body).map_err(|fault| OwnersError::NotUtf8 {
        path: path.to_owned(),
        line: line_at(body, fault.valid_up_to()),
    })?;
    Ok((Cow::Borrowed(text), Encoding::Utf8, unmarked.is_some()))
}

fn line_at(bytes: &[u8], offset: usize) -> u64 {
    let before = bytes[..offset].iter();
    before.fold(1, |line, byte| line + u64::from(*byte == b'\n'))
}

/// Our own headers hold none of these, so the most frequent one in the first line it is.
fn delimiter(text: &str) -> u8 {
    let header = text.trim_start().lines().next().unwrap_or_default();
    let count = |wanted: u8| header.bytes().filter(|byte| *byte == wanted).count();
    let mut most = b',';
    for other in *b";\t" {
        if count(other) > count(most) {
            most = other;
        }
    }
    most
}

/// The line on which a quote opens that never closes; the CSV reader would take all that follows
/// for one cell.
fn open_quote(body: &[u8], delimiter: u8) -> Option<u64> {
    let mut line = 1;
    let mut opened = None;
    // Where the quote that was just closed had been opened: doubled, it was not closed at all.
    let mut closed = None;
    let mut at_cell_start = true;
    for byte in body {
        match (byte, opened) {
            (b'"', None) if at_cell_start => opened = Some(line),
            (b'"', None) => opened = closed.take(),
            (b'"', Some(_)) => closed = opened.take(),
            (_, Some(_)) => {}
            _ => closed = None,
        }
        let ends_cell = *byte == delimiter || matches!(byte, b'\n' | b'\r');
        at_cell_start = opened.is_none() && ends_cell;
        line += u64::from(*byte == b'\n');
    }
    opened
}

/// All records with their lines. Blank lines are rows to a spreadsheet, so they count.
fn records(text: &str, layout: Layout, path: &Path) -> Result<Vec<(u64, SheetRow)>, OwnersError> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(layout.delimiter)
        .from_reader(text.as_bytes());
    let mut list = Vec::new();
    let mut record = csv::StringRecord::new();
    let mut extra_lines = 0;
    loop {
        let read = reader.read_record(&mut record);
        let read = read.map_err(|source| OwnersError::Csv {
            path: path.to_owned(),
            source,
        })?;
        if !read {
            return Ok(list);
        }
        let inner = record.iter().map(|cell| cell.matches('\n').count() as u64);
        let inner: u64 = inner.sum();
        let line = first_line(text, &record);
        let cells = record.iter().map(str::to_owned).collect();
        let number = line - extra_lines;
        list.push((line, SheetRow { number, cells }));
        extra_lines += inner;
    }
}

/// The line on which a record begins, past the blank lines before it.
fn first_line(text: &str, record: &csv::StringRecord) -> u64 {
    let Some(position) = record.position() else {
        return 1;
    };
    let start = usize::try_from(position.byte()).unwrap_or(usize::MAX);
    let rest = text.as_bytes().get(start..).unwrap_or_default();
    let blank = rest.iter().take_while(|byte| matches!(byte, b'\n' | b'\r'));
    position.line() + blank.fold(0, |lines, byte| lines + u64::from(*byte == b'\n'))
}

fn check_headers(headers: &[String], path: &Path) -> Result<(), OwnersError> {
    let keys: Vec<String> = headers
        .iter()
        .map(|header| comparison_key(header))
        .collect();
    for column in COLUMNS {
        if keys.iter().filter(|key| *key == column).count() > 1 {
            return Err(OwnersError::Repeated {
                path: path.to_owned(),
                column: column.to_owned(),
            });
        }
    }
    if keys.iter().any(|key| key == REFERENCE) {
        return Ok(());
    }
    Err(OwnersError::NoReference {
        path: path.to_owned(),
        found: quoted_list(headers),
    })
}

/// A row with one cell per header: spreadsheets leave out blank cells at the end.
fn fit(
    mut row: SheetRow,
    line: u64,
    headers: &[String],
    layout: Layout,
    path: &Path,
) -> Result<SheetRow, OwnersError> {
    let surplus = row.cells.get(headers.len()..).unwrap_or_default();
    if surplus.iter().any(|cell| !cell.trim().is_empty()) {
        return Err(OwnersError::Surplus {
            path: path.to_owned(),
            line,
            found: row.cells.len(),
            expected: headers.len(),
            delimiter: char::from(layout.delimiter),
        });
    }
    row.cells.resize(headers.len(), String::new());
    Ok(row)
}

/// The text up to the first line end that is not within a quoted cell; nothing where there is none.
fn first_row(text: &str) -> &str {
    let mut quoted = false;
    let end = text.bytes().position(|byte| {
        quoted ^= byte == b'"';
        byte == b'\n' && !quoted
    });
    end.map_or("", |end| &text[..end])
}

/// The bytes of a sheet.
pub(super) fn rendered(sheet: &OwnersSheet, path: &Path) -> Result<Vec<u8>, OwnersError> {
    render(sheet).map_err(|source| OwnersError::Write {
        path: path.to_owned(),
        source,
    })
}

pub(super) fn render(sheet: &OwnersSheet) -> io::Result<Vec<u8>> {
    let layout = sheet.layout;
    let mut bytes = Vec::new();
    if layout.byte_order_mark && layout.encoding == Encoding::Utf8 {
        bytes.extend_from_slice(BYTE_ORDER_MARK);
    }
    let ends = if layout.carriage_returns {
        csv::Terminator::CRLF
    } else {
        csv::Terminator::Any(b'\n')
    };
    let mut writer = csv::WriterBuilder::new()
        .delimiter(layout.delimiter)
        .terminator(ends)
        .from_writer(bytes);
    writer.write_record(&sheet.headers)?;
    for row in &sheet.rows {
        writer.write_record(&row.cells)?;
    }
    let bytes = writer
        .into_inner()
        .map_err(csv::IntoInnerError::into_error)?;
    let Encoding::Utf16(order) = layout.encoding else {
        return Ok(bytes);
    };
    let text = String::from_utf8(bytes).map_err(io::Error::other)?;
    let units = text.encode_utf16().flat_map(|unit| order.bytes(unit));
    Ok(order.mark().into_iter().chain(units).collect())
}

/// Writes what was [`render`]ed.
pub(super) fn write(bytes: &[u8], path: &Path) -> Result<Written, OwnersError> {
    write_by(bytes, path, |file, path| file.persist(path).map(drop))
}

/// With the renaming as an argument, so that a locked file can be tried where none can be made.
pub(super) fn write_by(
    bytes: &[u8],
    path: &Path,
    rename: impl Fn(NamedTempFile, &Path) -> Result<(), PersistError>,
) -> Result<Written, OwnersError> {
    let failed = |source| OwnersError::Write {
        path: path.to_owned(),
        source,
    };
    let aside = aside(path);
    remove_left(&aside).map_err(failed)?;
    if fs::read(path).is_ok_and(|there| there == bytes) {
        return Ok(Written::Unchanged);
    }
    let temporary = temporary(bytes, &aside).map_err(failed)?;
    match rename(temporary, path) {
        Ok(()) => Ok(Written::InPlace),
        Err(fault) if is_locked(&fault.error) => {
            let beside = beside(path);
            let renamed = fault.file.persist(&beside);
            renamed.map_err(|fault| failed(fault.error))?;
            Ok(Written::Beside(beside))
        }
        Err(fault) => Err(failed(fault.error)),
    }
}

/// The file in which the sheet is written before it takes its place. Its name is fixed, so that what
/// a killed run left is taken away by the next: it names people.
fn aside(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.making"))
}

fn remove_left(aside: &Path) -> io::Result<()> {
    match fs::remove_file(aside) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// The bytes on disk in the same folder, so that renaming is one step. Made readable by its owner
/// only, as `tempfile` does.
fn temporary(bytes: &[u8], aside: &Path) -> io::Result<NamedTempFile> {
    let folder = aside
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let mut file = tempfile::Builder::new()
        .prefix(aside.file_name().unwrap_or_default())
        .rand_bytes(0)
        .tempfile_in(folder.unwrap_or(Path::new(".")))?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    Ok(file)
}

/// Whether another program holds the file: Windows says so as access denied (5), sharing violation
/// (32) or lock violation (33).
pub(super) fn is_locked(error: &io::Error) -> bool {
    let violation = cfg!(windows) && matches!(error.raw_os_error(), Some(32 | 33));
    violation || error.kind() == ErrorKind::PermissionDenied
}

fn beside(path: &Path) -> PathBuf {
    let extension = path.extension().unwrap_or_default().to_string_lossy();
    path.with_extension(format!("new.{extension}"))
}
