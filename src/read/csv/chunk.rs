//! Whole records of a CSV, and how they become rows.
//!
//! In: a surveyed block, and where its records lie. Out: rows. Where quotes stand as they should,
//! cells are cut at the surveyed bytes and nothing is copied; any other record is parsed by
//! `csv-core`, the machine inside the `csv` crate. This is the only file that names that crate.

use std::cell::{RefCell, RefMut};
use std::ops::{ControlFlow, Range};

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};

use crate::read::csv::digest::BlockDigest;
use crate::read::csv::survey::{Survey, behind};
use crate::read::csv::walk::Walk;
use crate::read::encoding::Encoding;
use crate::read::source::{Cells, Row};
use crate::read::split::{line_end, line_ends, text_after_quote};

/// Sees the next row.
type See<'a> = dyn FnMut(&Row<'_>) -> ControlFlow<()> + 'a;

/// Whole records of a CSV as bytes.
#[derive(Debug, Default)]
pub(in crate::read) struct TextChunk {
    /// The bytes of a block.
    pub(super) block: Vec<u8>,
    /// What was found in it.
    pub(super) survey: Survey,
    /// What the block comes to as bytes.
    pub(super) digest: BlockDigest,
    /// The record that ends first in the block and began before it.
    pub(super) head: Vec<u8>,
    /// Where the other records lie in the block.
    pub(super) body: Range<usize>,
    /// Whether the survey holds: cells can be cut at the surveyed bytes.
    pub(super) regular: bool,
    /// Whether the block begins within quotes.
    pub(super) within: bool,
    /// The file ends within a quoted cell of the last record.
    pub(super) open: bool,
    /// For records that cannot be cut; used again.
    parser: RefCell<Option<Parser>>,
    first_row: u64,
    first_line: u64,
    delimiter: u8,
    encoding: Option<Encoding>,
}

impl TextChunk {
    /// How many bytes of the file it stands for.
    pub(in crate::read) fn bytes(&self) -> u64 {
        self.block.len() as u64
    }

    /// No records.
    pub(super) fn clear(&mut self) {
        self.begin(b',', Encoding::Utf8, 1, 1);
    }

    /// No records yet; the first will be this row, on this line.
    pub(super) fn begin(&mut self, delimiter: u8, encoding: Encoding, row: u64, line: u64) {
        self.head.clear();
        self.body = 0..0;
        self.open = false;
        (self.first_row, self.first_line) = (row, line);
        self.delimiter = delimiter;
        self.encoding = Some(encoding);
    }

    /// Where the first record of a regular block ends.
    pub(super) fn first_end(&self) -> Option<usize> {
        let mut walk = Walk::new(&self.survey.words, self.within, 0);
        walk.record().end.map(|end| behind(&self.block, end))
    }

    /// How many line ends lie behind a record end.
    pub(super) fn lines_from(&self, start: usize) -> u64 {
        line_ends(&self.block[start..])
    }

    /// Parses it and shows each row in order, blank lines apart, until `see` breaks.
    pub(in crate::read) fn rows(&self, see: &mut See<'_>) {
        let mut place = (self.first_row, self.first_line);
        if !self.head.is_empty() {
            let head = self.records(&self.head, self.body.is_empty());
            if head.show(&mut self.parser(), &mut place, see).is_break() {
                return;
            }
        }
        // Whoever broke off knows that he did.
        let _ = if self.regular {
            self.show_regular(place, see)
        } else {
            let body = self.records(&self.block[self.body.clone()], true);
            body.show(&mut self.parser(), &mut place, see)
        };
    }

    fn records<'a>(&self, bytes: &'a [u8], holds_last: bool) -> Records<'a> {
        Records {
            bytes,
            delimiter: self.delimiter,
            encoding: self.encoding.unwrap_or(Encoding::Utf8),
            open: self.open && holds_last,
        }
    }

    /// Shows the rows of a body that can be cut at the surveyed bytes.
    fn show_regular(&self, place: (u64, u64), see: &mut See<'_>) -> ControlFlow<()> {
        let (mut number, mut line) = place;
        let mut start = self.body.start;
        let mut walk = Walk::new(&self.survey.words, self.within, start);
        while start < self.body.end {
            let record = walk.record();
            let end = record.end.unwrap_or(self.body.end);
            let after = behind(&self.block, end).min(self.body.end);
            let shown = Shown {
                number,
                line,
                encoding: self.encoding.unwrap_or(Encoding::Utf8),
                unterminated: self.open && after == self.body.end,
            };
            number += 1;
            line += 1 + record.lines_within;
            // A blank line is counted and is no row.
            if end > start {
                if record.doubled_quotes || shown.unterminated {
                    let mut parser = self.parser();
                    parser.record(&self.block[start..after]);
                    see(&shown.row(parser.cells(), false))?;
                } else {
                    let cells = Cells::Separated {
                        bytes: &self.block[start..end],
                        offset: start,
                        separators: record.separators,
                    };
                    see(&shown.row(cells, false))?;
                }
            }
            start = after;
        }
        ControlFlow::Continue(())
    }

    /// A parser at the start of a record; making one anew takes as long as reading a hundred rows.
    fn parser(&self) -> RefMut<'_, Parser> {
        let mut parser = self.parser.borrow_mut();
        match parser.as_mut() {
            Some(parser) if parser.delimiter == self.delimiter => parser.restart(),
            _ => *parser = Some(Parser::new(self.delimiter)),
        }
        RefMut::map(parser, |parser| {
            parser.get_or_insert_with(|| Parser::new(self.delimiter))
        })
    }
}

/// What is known of a row apart from its cells.
#[derive(Clone, Copy)]
struct Shown {
    number: u64,
    line: u64,
    encoding: Encoding,
    unterminated: bool,
}

impl Shown {
    fn row(self, cells: Cells<'_>, misquoted: bool) -> Row<'_> {
        Row {
            number: self.number,
            line: self.line,
            cells,
            encoding: self.encoding,
            unterminated: self.unterminated,
            misquoted,
            fixed_width: true,
        }
    }
}

/// Whole records, parsed by `csv-core`.
struct Records<'a> {
    bytes: &'a [u8],
    delimiter: u8,
    encoding: Encoding,
    /// The last of them ends within a quoted cell.
    open: bool,
}

impl Records<'_> {
    /// Shows each row; `place` is the row and line of the next one.
    fn show(
        &self,
        parser: &mut Parser,
        place: &mut (u64, u64),
        see: &mut See<'_>,
    ) -> ControlFlow<()> {
        let mut rest = self.bytes;
        loop {
            while let Some(blank) = line_end(rest) {
                rest = &rest[blank..];
                *place = (place.0 + 1, place.1 + 1);
            }
            let Some(length) = parser.record(rest) else {
                return ControlFlow::Continue(());
            };
            let (record, after) = rest.split_at(length);
            rest = after;
            let shown = Shown {
                number: place.0,
                line: place.1,
                encoding: self.encoding,
                unterminated: self.open && rest.is_empty(),
            };
            let misquoted = text_after_quote(record, self.delimiter);
            see(&shown.row(parser.cells(), misquoted))?;
            *place = (place.0 + 1, place.1 + line_ends(record));
        }
    }
}

/// `csv-core` and the room it writes one record to.
#[derive(Debug)]
struct Parser {
    delimiter: u8,
    reader: Reader,
    data: Vec<u8>,
    data_len: usize,
    ends: Vec<usize>,
    ends_len: usize,
}

impl Parser {
    fn new(delimiter: u8) -> Self {
        let mut parser = Self {
            delimiter,
            reader: ReaderBuilder::new().delimiter(delimiter).build(),
            data: vec![0; 4096],
            data_len: 0,
            ends: vec![0; 64],
            ends_len: 0,
        };
        parser.restart();
        parser
    }

    /// Goes back to the start of a record, wherever it was left.
    fn restart(&mut self) {
        self.reader.reset();
        // At its very first bytes it would take a byte order mark off; a chunk that begins with
        // those bytes holds them as text.
        self.reader.read_record(b"\n", &mut [0], &mut [0]);
    }

    /// The cells of the record last parsed.
    fn cells(&self) -> Cells<'_> {
        Cells::Joined {
            data: &self.data[..self.data_len],
            ends: &self.ends[..self.ends_len],
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
pub(in crate::read) fn cell_counts(bytes: &[u8], delimiter: u8, records_max: usize) -> Vec<usize> {
    let records = Records {
        bytes,
        delimiter,
        encoding: Encoding::Utf8,
        open: false,
    };
    let mut counts = Vec::new();
    // Enough were counted, or all.
    let _ = records.show(&mut Parser::new(delimiter), &mut (1, 1), &mut |row| {
        counts.push(row.len());
        if counts.len() < records_max {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        }
    });
    counts
}
