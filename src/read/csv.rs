//! The adapter for CSV; the only file that names the `csv-core` crate.
//!
//! In: a file, read by position in blocks of one size. Out: chunks of whole records, each parsed on
//! its own by `csv-core`, the machine inside the `csv` crate, with every row's number and line kept.
//! Nothing of the file stays in memory but the chunks in flight. What cells mean is not known here.

use std::fs::{File, Metadata};
use std::io;
use std::ops::ControlFlow;

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};

use crate::read::ReadError;
use crate::read::encoding::Encoding;
use crate::read::look::check_unchanged;
use crate::read::source::{Chunk, Row, Source, Take};
use crate::read::split::{Mark, Splitter, line_ends, text_after_quote};

/// How many bytes are read at once.
const BLOCK_BYTES: usize = 2 << 20;
/// The longest record; a longer one is a quote that was never closed.
const RECORD_BYTES_MAX: usize = 64 << 20;

/// A CSV file.
#[derive(Debug)]
pub(super) struct CsvFile {
    /// As the manifest writes it.
    pub name: String,
    /// The file, open since it was looked through.
    pub file: File,
    /// What the system said of it then.
    pub metadata: Metadata,
    /// Where the records begin: behind a byte order mark and a line `sep=`.
    pub start: u64,
    /// How many lines lie before `start`; a spreadsheet does not count them as rows.
    pub start_lines: u64,
    /// Between the cells.
    pub delimiter: u8,
    /// How cells become text.
    pub encoding: Encoding,
    /// How much is read at once, and how long a record may be.
    pub sizes: Sizes,
}

/// How much of a file is handled at once, in bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sizes {
    /// How much is read at once.
    pub block: usize,
    /// How long a record may be.
    pub record_max: usize,
}

impl Default for Sizes {
    fn default() -> Self {
        Self {
            block: BLOCK_BYTES,
            record_max: RECORD_BYTES_MAX,
        }
    }
}

impl Source for CsvFile {
    fn chunks(&self, take: &mut Take<'_>) -> Result<(), ReadError> {
        let mut cutter = Cutter::new(self, u64::MAX);
        loop {
            let at_end = !cutter.read_block()?;
            if let Some(chunk) = cutter.cut(at_end)
                && take(Box::new(chunk)).is_break()
            {
                return Ok(());
            }
            if at_end {
                return Ok(());
            }
            cutter.check_record_length()?;
        }
    }

    fn check_unchanged(&self) -> Result<(), ReadError> {
        check_unchanged(&self.name, &self.file, &self.metadata)
    }

    fn bytes(&self) -> u64 {
        self.metadata.len()
    }
}

impl CsvFile {
    /// The row, from 1, in which the byte at `offset` of the file lies, and the line on which that
    /// row begins.
    pub(super) fn row_of_byte(&self, offset: u64) -> Result<(u64, u64), ReadError> {
        let mut cutter = Cutter::new(self, offset);
        loop {
            let at_end = !cutter.read_block()?;
            cutter.cut(at_end);
            if at_end {
                let mark = cutter.splitter.record_end();
                return Ok((1 + mark.rows, 1 + self.start_lines + mark.lines));
            }
            cutter.check_record_length()?;
        }
    }

    fn unreadable(&self, source: io::Error) -> ReadError {
        ReadError::Unreadable {
            name: self.name.clone(),
            source,
        }
    }
}

/// Cuts a file where records end; what lies behind the last end waits for the next block.
struct Cutter<'a> {
    csv: &'a CsvFile,
    /// Where the next block begins.
    offset: u64,
    /// Where reading stops, if the file goes on for longer.
    stop: u64,
    pending: Vec<u8>,
    /// How much of `pending` the splitter has seen.
    scanned: usize,
    splitter: Splitter,
    /// The place at which `pending` begins.
    begin: Mark,
}

impl<'a> Cutter<'a> {
    fn new(csv: &'a CsvFile, stop: u64) -> Self {
        Self {
            csv,
            offset: csv.start,
            // No buffer is larger than the file; one that grows meanwhile is told by its metadata.
            stop: stop.min(csv.metadata.len()),
            pending: Vec::new(),
            scanned: 0,
            splitter: Splitter::new(csv.delimiter),
            begin: Mark::default(),
        }
    }

    /// Reads the next block; false where the file ends within it.
    fn read_block(&mut self) -> Result<bool, ReadError> {
        let left = self.stop.saturating_sub(self.offset);
        let wanted = usize::try_from(left)
            .unwrap_or(usize::MAX)
            .min(self.csv.sizes.block);
        let held = self.pending.len();
        self.pending.resize(held + wanted, 0);
        let read = read_at(&self.csv.file, &mut self.pending[held..], self.offset)
            .map_err(|source| self.csv.unreadable(source))?;
        self.pending.truncate(held + read);
        self.offset += read as u64;
        Ok(read == wanted && self.offset < self.stop)
    }

    /// The whole records read so far; at the end of the file also what has no line end.
    fn cut(&mut self, at_end: bool) -> Option<TextChunk> {
        let held_back = usize::from(!at_end && self.pending.last() == Some(&b'\r'));
        let scan_to = self.pending.len() - held_back;
        self.splitter.feed(&self.pending[self.scanned..scan_to]);
        let mark = if at_end {
            self.splitter.position()
        } else {
            self.splitter.record_end()
        };
        let length = usize::try_from(mark.offset - self.begin.offset).unwrap_or(usize::MAX);
        if length == 0 {
            self.scanned = scan_to;
            return None;
        }
        let mut rest = Vec::with_capacity(self.pending.len() - length + self.csv.sizes.block);
        rest.extend_from_slice(&self.pending[length..]);
        self.pending.truncate(length);
        let begin = std::mem::replace(&mut self.begin, mark);
        self.scanned = scan_to - length;
        Some(TextChunk {
            bytes: std::mem::replace(&mut self.pending, rest),
            first_row: 1 + begin.rows,
            first_line: 1 + self.csv.start_lines + begin.lines,
            lines_in_cells: mark.lines - begin.lines != mark.rows - begin.rows,
            text_after_quotes: mark.texts_after_quotes != begin.texts_after_quotes,
            open: at_end && self.splitter.is_open(),
            delimiter: self.csv.delimiter,
            encoding: self.csv.encoding,
        })
    }

    fn check_record_length(&self) -> Result<(), ReadError> {
        let most = self.csv.sizes.record_max;
        if self.pending.len() <= most {
            return Ok(());
        }
        let (row, line) = (
            1 + self.begin.rows,
            1 + self.csv.start_lines + self.begin.lines,
        );
        Err(ReadError::OverLimit {
            name: self.csv.name.clone(),
            what: format!("row {row} (line {line}) is longer than {most} bytes"),
            cure: "look there for a quote that is never closed".to_owned(),
        })
    }
}

/// Reads until `buffer` is full or the file ends, without moving the file's own position.
fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match read_some_at(file, &mut buffer[filled..], offset + filled as u64) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

#[cfg(unix)]
fn read_some_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, buffer, offset)
}

#[cfg(windows)]
fn read_some_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, buffer, offset)
}

/// Whole records of a CSV as bytes.
struct TextChunk {
    bytes: Vec<u8>,
    first_row: u64,
    first_line: u64,
    /// Some cell holds a line break, so that lines and rows do not go together.
    lines_in_cells: bool,
    /// Something follows a closing quote somewhere.
    text_after_quotes: bool,
    /// The file ends within a quoted cell of the last record.
    open: bool,
    delimiter: u8,
    encoding: Encoding,
}

impl Chunk for TextChunk {
    fn bytes(&self) -> u64 {
        self.bytes.len() as u64
    }

    fn rows(&self, see: &mut dyn FnMut(&Row<'_>) -> ControlFlow<()>) {
        let mut parser = Parser::new(self.delimiter);
        let mut rest = &self.bytes[..];
        let (mut row, mut line) = (self.first_row, self.first_line);
        loop {
            while let Some(blank) = line_end(rest) {
                rest = &rest[blank..];
                row += 1;
                line += 1;
            }
            let Some(length) = parser.record(rest) else {
                return;
            };
            let (record, after) = rest.split_at(length);
            rest = after;
            let shown = Row {
                number: row,
                line,
                data: &parser.data[..parser.data_len],
                ends: &parser.ends[..parser.ends_len],
                encoding: self.encoding,
                unterminated: self.open && rest.is_empty(),
                misquoted: self.text_after_quotes && text_after_quote(record, self.delimiter),
                fixed_width: true,
            };
            if see(&shown).is_break() {
                return;
            }
            row += 1;
            line += if self.lines_in_cells {
                line_ends(record)
            } else {
                1
            };
        }
    }
}

/// The length of a line end at the beginning of `bytes`.
pub(super) fn line_end(bytes: &[u8]) -> Option<usize> {
    match bytes {
        [b'\r', b'\n', ..] => Some(2),
        [b'\r' | b'\n', ..] => Some(1),
        _ => None,
    }
}

/// `csv-core` and the room it writes one record to.
struct Parser {
    reader: Reader,
    data: Vec<u8>,
    data_len: usize,
    ends: Vec<usize>,
    ends_len: usize,
}

impl Parser {
    fn new(delimiter: u8) -> Self {
        let mut reader = ReaderBuilder::new().delimiter(delimiter).build();
        // At its very first bytes it would take a byte order mark off; a chunk that begins with
        // those bytes holds them as text.
        reader.read_record(b"\n", &mut [0], &mut [0]);
        Self {
            reader,
            data: vec![0; 4096],
            data_len: 0,
            ends: vec![0; 64],
            ends_len: 0,
        }
    }

    /// Parses the record at the beginning of `bytes`: how long it is with its line end, `None` where
    /// nothing is left.
    fn record(&mut self, bytes: &[u8]) -> Option<usize> {
        (self.data_len, self.ends_len) = (0, 0);
        let mut taken = 0;
        loop {
            let (result, input, output, ends) = self.reader.read_record(
                &bytes[taken..],
                &mut self.data[self.data_len..],
                &mut self.ends[self.ends_len..],
            );
            taken += input;
            self.data_len += output;
            self.ends_len += ends;
            match result {
                // Called again with nothing, it takes that for the end of the file.
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull => self.data.resize(2 * self.data.len(), 0),
                ReadRecordResult::OutputEndsFull => self.ends.resize(2 * self.ends.len(), 0),
                ReadRecordResult::Record => break,
                ReadRecordResult::End => return None,
            }
        }
        let pair = taken > 0 && bytes[taken - 1] == b'\r' && bytes.get(taken) == Some(&b'\n');
        Some(taken + usize::from(pair))
    }
}

/// How many cells each of the first records has, if `delimiter` lies between them.
pub(super) fn cell_counts(bytes: &[u8], delimiter: u8, records_max: usize) -> Vec<usize> {
    let chunk = TextChunk {
        bytes: bytes.to_vec(),
        first_row: 1,
        first_line: 1,
        lines_in_cells: false,
        text_after_quotes: false,
        open: false,
        delimiter,
        encoding: Encoding::Utf8,
    };
    let mut counts = Vec::new();
    chunk.rows(&mut |row| {
        counts.push(row.len());
        if counts.len() < records_max {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        }
    });
    counts
}
