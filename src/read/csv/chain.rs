//! Hands the state of a CSV from block to block, in file order.
//!
//! In: surveyed blocks, from several threads. Out: for each where its records begin and end, with row
//! and line, and the bytes of the record that the blocks before it began. Only this is sequential, and
//! it costs a few comparisons a block, unless quotes stand where no careful writer sets them.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use crate::read::ReadError;
use crate::read::csv::chunk::TextChunk;
use crate::read::csv::digest::{Digest, FileDigest};
use crate::read::csv::survey::Way;
use crate::read::csv::{Block, CsvFile};
use crate::read::split::{Between, Splitter, State};

/// The state of a file between two blocks.
pub(super) struct Chain<'a> {
    csv: &'a CsvFile,
    end: Mutex<End>,
    moved: Condvar,
}

/// What the blocks before the next one come to.
struct End {
    /// The number of the next block.
    next: u64,
    /// A block never came: nobody waits any more.
    broken: bool,
    between: Between,
    /// The beginning of a record of which no block has the end yet.
    begun: Vec<u8>,
    /// Record ends before `begun`, those of blank lines included.
    rows: u64,
    /// Line ends before `begun`, those within quotes included.
    lines: u64,
    /// Line ends within `begun`.
    lines_begun: u64,
    digest: Digest,
}

/// Where the records of one block lie.
struct Cut {
    /// Where the block's bytes begin: behind the LF of a CRLF that the block before began.
    start: usize,
    /// The first and the last record end.
    ends: Option<(usize, usize)>,
    /// Record ends.
    rows: u64,
    /// Line ends.
    lines: u64,
    between: Between,
}

impl<'a> Chain<'a> {
    pub(super) fn new(csv: &'a CsvFile) -> Self {
        Self {
            csv,
            end: Mutex::new(End {
                next: 0,
                broken: false,
                between: Between::START,
                begun: Vec::new(),
                rows: 0,
                lines: csv.start_lines,
                lines_begun: 0,
                digest: Digest::default(),
            }),
            moved: Condvar::new(),
        }
    }

    /// The promise to hand on one block; dropped unfulfilled, nobody waits for it.
    pub(super) fn link(&self) -> Link<'_, 'a> {
        Link {
            chain: self,
            fulfilled: false,
        }
    }

    /// What the blocks handed on so far come to; `hash` is that of the file, where they do not lie in it.
    pub(super) fn digest(&self, hash: Option<&str>) -> FileDigest {
        self.lock().digest.finish(hash)
    }

    fn lock(&self) -> MutexGuard<'_, End> {
        self.end.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The promise to hand on one block.
pub(super) struct Link<'c, 'a> {
    chain: &'c Chain<'a>,
    fulfilled: bool,
}

impl Drop for Link<'_, '_> {
    fn drop(&mut self) {
        if !self.fulfilled {
            self.chain.lock().broken = true;
            self.chain.moved.notify_all();
        }
    }
}

impl Link<'_, '_> {
    /// There is no block to hand on.
    pub(super) fn pass_on(mut self) {
        self.fulfilled = true;
    }

    /// Waits until the blocks before this one are through, then says where its records lie.
    pub(super) fn turn(mut self, block: Block, text: &mut TextChunk) -> Result<(), ReadError> {
        let chain = self.chain;
        let mut end = chain.lock();
        while end.next != block.number && !end.broken {
            end = chain
                .moved
                .wait(end)
                .unwrap_or_else(PoisonError::into_inner);
        }
        if end.broken {
            // Whoever broke it says why.
            text.clear();
            self.fulfilled = true;
            return Ok(());
        }
        end.take(chain.csv, block, text)?;
        end.next += 1;
        self.fulfilled = true;
        drop(end);
        chain.moved.notify_all();
        Ok(())
    }
}

impl End {
    fn take(&mut self, csv: &CsvFile, block: Block, text: &mut TextChunk) -> Result<(), ReadError> {
        if csv.digests {
            let before = csv.before_block(block);
            let is_alone = block.number == 0 && csv.metadata.len() <= csv.sizes.block as u64;
            self.digest.add(&text.digest, before, &text.block, is_alone);
        }
        let cut = self.cut(csv, text);
        text.begin(csv.delimiter, csv.encoding(), 1 + self.rows, 1 + self.lines);
        std::mem::swap(&mut text.head, &mut self.begun);
        self.begun.clear();
        let bytes = text.block.len();
        let (first, last) = match cut.ends {
            Some(ends) => ends,
            None if block.is_last => (bytes, bytes),
            None => {
                std::mem::swap(&mut text.head, &mut self.begun);
                self.begun.extend_from_slice(&text.block[cut.start..]);
                self.lines_begun += cut.lines;
                self.between = cut.between;
                return self.check_length(csv);
            }
        };
        if text.head.is_empty() {
            text.body = cut.start..last;
        } else {
            text.head.extend_from_slice(&text.block[cut.start..first]);
            text.body = first..last;
        }
        self.rows += cut.rows;
        if block.is_last {
            text.body.end = bytes;
            text.open = cut.between.state == State::Quoted;
        } else {
            self.begun.extend_from_slice(&text.block[last..]);
            let tail_lines = text.lines_from(last);
            self.lines += self.lines_begun + cut.lines - tail_lines;
            self.lines_begun = tail_lines;
        }
        self.between = cut.between;
        self.check_length(csv)
    }

    fn cut(&self, csv: &CsvFile, text: &mut TextChunk) -> Cut {
        let Between {
            state,
            after_return,
        } = self.between;
        let block = &text.block[..];
        let after_pair = usize::from(after_return && block.first() == Some(&b'\n'));
        let is_within = state == State::Quoted;
        text.within = is_within;
        text.regular = self.is_regular(csv.delimiter, text);
        if !text.regular {
            return exact(csv.delimiter, self.between, block, after_pair);
        }
        if after_pair == 1 {
            text.survey.words[0].ends &= !1;
        }
        let way = if is_within {
            text.survey.within
        } else {
            text.survey.outside
        };
        let counted = after_pair == 1 && !is_within;
        Cut {
            start: usize::from(counted),
            ends: ends_behind(way, counted, text),
            rows: way.rows - u64::from(counted),
            lines: text.survey.lines - after_pair as u64,
            between: self.behind(csv.delimiter, text),
        }
    }

    /// Whether the survey's answer holds for the block, entered from this state.
    fn is_regular(&self, delimiter: u8, text: &TextChunk) -> bool {
        let boundary = |byte: &u8| *byte == delimiter || matches!(byte, b'\r' | b'\n');
        let first = text.block.first();
        let (way, fits) = match self.between.state {
            State::Quoted => (text.survey.within, true),
            State::QuoteSeen => (
                text.survey.outside,
                first.is_none_or(|byte| *byte == b'"' || boundary(byte)),
            ),
            State::Plain { field_start } => {
                (text.survey.outside, field_start || first != Some(&b'"'))
            }
        };
        fits && !way.irregular
    }

    /// The state behind a block whose quotes stand as they should.
    fn behind(&self, delimiter: u8, text: &TextChunk) -> Between {
        let Some(last) = text.block.last() else {
            return self.between;
        };
        let ends_within = text.within == text.survey.even_quotes;
        let state = match last {
            _ if ends_within => State::Quoted,
            b'"' => State::QuoteSeen,
            last => State::Plain {
                field_start: *last == delimiter || matches!(last, b'\r' | b'\n'),
            },
        };
        Between {
            state,
            after_return: *last == b'\r',
        }
    }

    fn check_length(&self, csv: &CsvFile) -> Result<(), ReadError> {
        let most = csv.sizes.record_max;
        if self.begun.len() <= most {
            return Ok(());
        }
        let (row, line) = (1 + self.rows, 1 + self.lines);
        Err(ReadError::OverLimit {
            name: csv.name.clone(),
            what: format!("row {row} (line {line}) is longer than {most} bytes"),
            cure: "look there for a quote that is never closed".to_owned(),
        })
    }
}

/// The record ends of a regular block; an LF that belongs to the block before is none.
fn ends_behind(way: Way, counted: bool, text: &TextChunk) -> Option<(usize, usize)> {
    let (first, last) = (way.first_end?, way.last_end?);
    if !counted {
        return Some((first, last));
    }
    // The LF was the first record end of this block; the next one has to be looked for.
    (way.rows > 1).then(|| (text.first_end().unwrap_or(last), last))
}

/// The same for any bytes whatever, one after the other.
fn exact(delimiter: u8, between: Between, block: &[u8], after_pair: usize) -> Cut {
    let mut splitter = Splitter::resume(delimiter, between);
    splitter.feed(block);
    let mark = splitter.record_end();
    let place = |offset: u64| usize::try_from(offset).unwrap_or(usize::MAX);
    let first = splitter.first_end();
    Cut {
        start: if between.state == State::Quoted {
            0
        } else {
            after_pair
        },
        ends: first.map(|first| (place(first), place(mark.offset))),
        rows: mark.rows,
        lines: splitter.position().lines,
        between: splitter.between(),
    }
}
