//! The adapter for CSV.
//!
//! In: a file, read by position in blocks of one size on as many threads as ask, or a stream that
//! decodes one. Out: chunks of whole records, with every row's number and line. A block is surveyed on
//! its own (`survey.rs`), the state of the one before is handed on (`chain.rs`), and the records are
//! parsed on their own again (`walk.rs`, `chunk.rs`), so that the rows are those of one sequential reader of the
//! `csv` crate, for any bytes whatever. What cells mean is not known here.

mod chain;
mod chunk;
mod digest;
mod survey;
mod walk;

use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

use crate::read::ReadError;
use crate::read::csv::chain::Chain;
use crate::read::csv::digest::BlockDigest;
use crate::read::encoding::Encoding;
use crate::read::layers::stream_error;
use crate::read::look::check_unchanged;
use crate::read::source::{Chunk, Feed, ForeignByte, Source};
use crate::read::split::Splitter;
use crate::read::stretch::read_some_at;

pub(super) use chunk::{TextChunk, cell_counts};
pub(super) use digest::FileDigest;

/// How many bytes are read at once.
const BLOCK_BYTES: usize = if cfg!(fuzzing) { 16 << 10 } else { 256 << 10 };
/// The longest record; a longer one is a quote that was never closed.
const RECORD_BYTES_MAX: usize = 64 << 20;

/// A CSV file.
pub(super) struct CsvFile {
    /// As the manifest writes it.
    pub name: String,
    /// The file, open since it was looked through.
    pub file: File,
    /// What the system said of it then.
    pub metadata: Metadata,
    /// Where its bytes come from.
    pub origin: Origin,
    /// What lies before the records: a byte order mark and a line `sep=`.
    pub before: Vec<u8>,
    /// How many lines `before` has; a spreadsheet does not count them as rows.
    pub start_lines: u64,
    /// Between the cells.
    pub delimiter: u8,
    /// How cells become text, unless reading shows that it is not so.
    pub encoding: Encoding,
    /// Whether nobody said that it is UTF-8.
    pub is_presumed: bool,
    /// The byte that shows that it is no UTF-8, and must be Windows-1252, once that was found out.
    pub foreign_byte: OnceLock<u64>,
    /// Whether hash and encoding are found out while it is read; for that a block has to be a power of
    /// two, and 1024 at least.
    pub digests: bool,
    /// BLAKE3 of the file, where what is read is not what lies in it.
    pub hash: Option<String>,
    /// How much is read at once, and how long a record may be.
    pub sizes: Sizes,
}

/// Where the bytes of a CSV come from.
pub(super) enum Origin {
    /// The file as it is: any part of it can be read at any time.
    File,
    /// A decoder over the file, from its beginning; opened anew for each reading.
    Stream(OpenStream),
}

/// Opens a decoder over a file.
pub(super) type OpenStream = Box<dyn Fn(&File) -> io::Result<Box<dyn Read + Send>> + Send + Sync>;

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
    fn feed(&self) -> Result<Box<dyn Feed + '_>, ReadError> {
        Ok(Box::new(TextFeed {
            csv: self,
            blocks: self.blocks()?,
            chain: Chain::new(self),
        }))
    }

    fn check_unchanged(&self) -> Result<(), ReadError> {
        check_unchanged(&self.name, &self.file, &self.metadata)
    }

    fn bytes(&self) -> u64 {
        self.metadata.len()
    }

    fn total(&self) -> Option<u64> {
        match self.origin {
            Origin::File => Some(self.metadata.len()),
            // How much text comes out of a packed file is seen at its end.
            Origin::Stream(_) => None,
        }
    }

    fn settle(&self, digest: &FileDigest) -> Result<bool, ReadError> {
        Ok(match digest.first_foreign_byte {
            Some(byte) if self.is_presumed => self.foreign_byte.set(byte).is_ok(),
            _ => false,
        })
    }

    fn encoding(&self) -> Option<Encoding> {
        Some(self.encoding())
    }

    fn foreign_byte(&self) -> Result<Option<ForeignByte>, ReadError> {
        let Some(offset) = self.foreign_byte.get().copied() else {
            return Ok(None);
        };
        let (row, line) = self.row_of_byte(offset)?;
        Ok(Some(ForeignByte { offset, row, line }))
    }
}

impl CsvFile {
    /// How cells become text, as far as is known.
    fn encoding(&self) -> Encoding {
        match self.foreign_byte.get() {
            Some(_) => Encoding::WINDOWS_1252,
            None => self.encoding,
        }
    }

    /// The row, from 1, in which the byte at `offset` of the text lies, and the line on which that
    /// row begins.
    pub(super) fn row_of_byte(&self, offset: u64) -> Result<(u64, u64), ReadError> {
        let blocks = self.blocks()?;
        let mut splitter = Splitter::new(self.delimiter);
        let mut left = offset.saturating_sub(self.before.len() as u64);
        let mut block = Vec::new();
        while left > 0 && blocks.next(&mut block)?.is_some() && !block.is_empty() {
            let wanted = usize::try_from(left).unwrap_or(usize::MAX).min(block.len());
            splitter.feed(&block[..wanted]);
            left -= wanted as u64;
        }
        let mark = splitter.record_end();
        Ok((1 + mark.rows, 1 + self.start_lines + mark.lines))
    }

    fn blocks(&self) -> Result<Blocks<'_>, ReadError> {
        let stream = match &self.origin {
            Origin::File => None,
            Origin::Stream(open) => Some(Mutex::new(self.begin_stream(open)?)),
        };
        Ok(Blocks {
            csv: self,
            next: AtomicU64::new(0),
            stream,
        })
    }

    /// A stream that stands where the records begin.
    fn begin_stream(&self, open: &OpenStream) -> Result<Stream, ReadError> {
        let mut read = open(&self.file).map_err(|source| self.unreadable(source))?;
        let before = self.before.len() as u64;
        io::copy(&mut (&mut read).take(before), &mut io::sink())
            .map_err(|source| self.unreadable(source))?;
        Ok(Stream {
            read,
            next: 0,
            ended: false,
        })
    }

    /// The bytes before the records, where the block is the first.
    fn before_block(&self, block: Block) -> &[u8] {
        if block.number == 0 { &self.before } else { &[] }
    }

    fn unreadable(&self, source: io::Error) -> ReadError {
        stream_error(&self.name, source)
    }
}

/// A CSV being read.
struct TextFeed<'a> {
    csv: &'a CsvFile,
    blocks: Blocks<'a>,
    chain: Chain<'a>,
}

impl Feed for TextFeed<'_> {
    fn next(&self, chunk: &mut Chunk) -> Result<Option<u64>, ReadError> {
        let text = chunk.as_text();
        let link = self.chain.link();
        let Some(block) = self.blocks.next(&mut text.block)? else {
            link.pass_on();
            return Ok(None);
        };
        text.survey.take(&text.block, self.csv.delimiter);
        if self.csv.digests {
            text.digest = BlockDigest::of(
                self.csv.before_block(block),
                &text.block,
                block.number * self.csv.sizes.block as u64,
            );
        }
        link.turn(block, text)?;
        Ok(Some(block.number))
    }

    fn digest(&self) -> Option<FileDigest> {
        let hash = self.csv.hash.as_deref();
        self.csv.digests.then(|| self.chain.digest(hash))
    }
}

/// A block of a file.
#[derive(Clone, Copy, Debug)]
struct Block {
    /// From 0, in file order.
    number: u64,
    /// Whether the file ends with it. The last block of a file is never full, and may be empty.
    is_last: bool,
}

/// Hands out the blocks of a file, each once.
struct Blocks<'a> {
    csv: &'a CsvFile,
    next: AtomicU64,
    stream: Option<Mutex<Stream>>,
}

struct Stream {
    read: Box<dyn Read + Send>,
    next: u64,
    ended: bool,
}

impl Blocks<'_> {
    fn next(&self, block: &mut Vec<u8>) -> Result<Option<Block>, ReadError> {
        let read = match &self.stream {
            None => self.next_of_file(block),
            Some(stream) => {
                let mut stream = stream.lock().unwrap_or_else(PoisonError::into_inner);
                stream.next(block, self.csv.sizes.block)
            }
        };
        read.map_err(|source| self.csv.unreadable(source))
    }

    fn next_of_file(&self, block: &mut Vec<u8>) -> io::Result<Option<Block>> {
        let csv = self.csv;
        let size = csv.sizes.block as u64;
        // A file that grows meanwhile is told by its metadata.
        let length = csv.metadata.len();
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        if number > length / size {
            return Ok(None);
        }
        let begin = (number * size).max(csv.before.len() as u64);
        let end = ((number + 1) * size).min(length).max(begin);
        block.resize(usize::try_from(end - begin).unwrap_or(usize::MAX), 0);
        let read = read_at(&csv.file, block, begin)?;
        block.truncate(read);
        Ok(Some(Block {
            number,
            is_last: number == length / size,
        }))
    }
}

impl Stream {
    fn next(&mut self, block: &mut Vec<u8>, size: usize) -> io::Result<Option<Block>> {
        if self.ended {
            return Ok(None);
        }
        block.resize(size, 0);
        let filled = fill(&mut self.read, block)?;
        block.truncate(filled);
        self.ended = filled < size;
        self.next += 1;
        Ok(Some(Block {
            number: self.next - 1,
            is_last: self.ended,
        }))
    }
}

/// Reads until `buffer` is full or `read` ends.
pub(super) fn fill(read: &mut dyn Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match read.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// Reads until `buffer` is full or the file ends, without moving the file's own position.
pub(super) fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
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
