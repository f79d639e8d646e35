//! Whole records of a CSV, and how they become rows.
//!
//! In: a surveyed block, and where its records lie. Out: rows. Where quotes stand as they should,
//! cells are cut at the surveyed bytes and nothing is copied; any other record is parsed by
//! `csv-core`, the machine inside the `csv` crate. This is the only file that names that crate.

use std::ops::{ControlFlow, Range};

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};

use crate::read::csv::digest::BlockDigest;
use crate::read::csv::survey::{Survey, WORD_BYTES, behind, flips};
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
        let mut walk = Walk::new(self, 0);
        walk.next_end().map(|end| behind(&self.block, end))
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
            if head.show(&mut place, see).is_break() {
                return;
            }
        }
        // Whoever broke off knows that he did.
        let _ = if self.regular {
            self.show_regular(place, see)
        } else {
            let body = self.records(&self.block[self.body.clone()], true);
            body.show(&mut place, see)
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
        let mut walk = Walk::new(self, self.body.start);
        let mut parser = None;
        while walk.start < self.body.end {
            let end = walk.next_end().unwrap_or(self.body.end);
            let after = behind(&self.block, end).min(self.body.end);
            let shown = Shown {
                number,
                line,
                encoding: self.encoding.unwrap_or(Encoding::Utf8),
                unterminated: self.open && after == self.body.end,
            };
            // A blank line is counted and is no row.
            if end > walk.start {
                let record = &self.block[walk.start..after];
                let cells = if walk.doubled_quotes != 0 || shown.unterminated {
                    let parser = parser.get_or_insert_with(|| Parser::new(self.delimiter));
                    parser.record(record);
                    parser.cells()
                } else {
                    Cells::Separated {
                        bytes: &record[..end - walk.start],
                        separators: &walk.separators,
                    }
                };
                see(&shown.row(cells, false))?;
            }
            number += 1;
            line += 1 + walk.lines_within;
            walk.start_row(after);
        }
        ControlFlow::Continue(())
    }
}

/// Walks over the surveyed bytes of a regular block, record by record.
struct Walk<'a> {
    chunk: &'a TextChunk,
    /// Where the record begins.
    start: usize,
    /// The delimiters of the record so far, from where it begins.
    separators: Vec<u32>,
    /// Quotes right behind another.
    doubled_quotes: u64,
    /// Line ends within quotes.
    lines_within: u64,
    /// The number of the next word.
    next_word: usize,
    /// Whether that word begins within quotes, as all bits; and a quote right before it.
    within: u64,
    quote_before: u64,
    /// What of the word at hand lies before the place at hand is left out.
    word: WordAtHand,
}

#[derive(Clone, Copy, Default)]
struct WordAtHand {
    base: usize,
    /// Delimiters and line ends outside quotes.
    separators: u64,
    ends: u64,
    ends_within: u64,
    doubled_quotes: u64,
}

impl<'a> Walk<'a> {
    fn new(chunk: &'a TextChunk, start: usize) -> Self {
        let mut walk = Self {
            chunk,
            start,
            separators: Vec::new(),
            doubled_quotes: 0,
            lines_within: 0,
            next_word: 0,
            within: if chunk.within { u64::MAX } else { 0 },
            quote_before: 0,
            word: WordAtHand::default(),
        };
        for _ in 0..start / WORD_BYTES {
            walk.load();
        }
        if walk.load() {
            walk.word.keep_from(start % WORD_BYTES);
        }
        walk
    }

    /// The next word; false where there is none.
    fn load(&mut self) -> bool {
        let Some(word) = self.chunk.survey.words.get(self.next_word) else {
            self.word = WordAtHand::default();
            return false;
        };
        let within = flips(word.quotes) ^ self.within;
        self.word = WordAtHand {
            base: self.next_word * WORD_BYTES,
            separators: (word.delimiters | word.ends) & !within,
            ends: word.ends & !within,
            ends_within: word.ends & within,
            doubled_quotes: word.quotes & (word.quotes << 1 | self.quote_before),
        };
        self.within = 0_u64.wrapping_sub(within >> 63);
        self.quote_before = word.quotes >> 63;
        self.next_word += 1;
        true
    }

    /// Where the record at hand ends, before its line end; its separators are collected on the way.
    fn next_end(&mut self) -> Option<usize> {
        loop {
            let first_end = self.word.ends & self.word.ends.wrapping_neg();
            // All bits below the end, or all bits where there is none.
            let before = first_end.wrapping_sub(1);
            self.doubled_quotes |= self.word.doubled_quotes & before;
            self.lines_within += u64::from((self.word.ends_within & before).count_ones());
            let mut separators = self.word.separators & before;
            while separators != 0 {
                let place = self.word.base + separators.trailing_zeros() as usize - self.start;
                self.separators
                    .push(u32::try_from(place).unwrap_or(u32::MAX));
                separators &= separators - 1;
            }
            if first_end != 0 {
                let bit = first_end.trailing_zeros() as usize;
                return Some(self.word.base + bit);
            }
            if !self.load() {
                return None;
            }
        }
    }

    /// Begins the record at `start`, behind the end that was last given.
    fn start_row(&mut self, start: usize) {
        self.start = start;
        self.separators.clear();
        self.doubled_quotes = 0;
        self.lines_within = 0;
        if start >= self.word.base + WORD_BYTES && !self.load() {
            return;
        }
        self.word.keep_from(start.saturating_sub(self.word.base));
    }
}

impl WordAtHand {
    /// Leaves out what lies before a bit.
    fn keep_from(&mut self, bit: usize) {
        let kept = u64::MAX << bit;
        self.separators &= kept;
        self.ends &= kept;
        self.ends_within &= kept;
        self.doubled_quotes &= kept;
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
    fn show(&self, place: &mut (u64, u64), see: &mut See<'_>) -> ControlFlow<()> {
        let mut parser = Parser::new(self.delimiter);
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
    let _ = records.show(&mut (1, 1), &mut |row| {
        counts.push(row.len());
        if counts.len() < records_max {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        }
    });
    counts
}
