//! The text of an XML file, decoded to UTF-8 and watched, block by block.
//!
//! In: a file and its first bytes. Out: UTF-8 without mark and declaration, which would tell the parser of the
//! bytes that were; or why no more of it may be read. Bytes that are no text are never replaced.

use std::io::{self, BufRead, Read};

use encoding_rs::{Decoder, DecoderResult, Encoding, UTF_8, UTF_16BE, UTF_16LE};

use crate::model::quoted;
use crate::read::workbook::at::FileAt;
use crate::read::workbook::limits::Refusal;
use crate::read::workbook::xml::{Watch, XmlGuard, attribute};

const BLOCK_BYTES: usize = 64 << 10;
/// How long a declaration can be.
const DECLARATION_BYTES: usize = 1 << 10;

/// A file being decoded.
pub(super) struct Decoded<W> {
    file: FileAt,
    decoder: Decoder,
    guard: XmlGuard<W>,
    input: Vec<u8>,
    block: String,
    given: usize,
    begun: bool,
    ended: bool,
    /// Bytes of the file read so far.
    position: u64,
}

/// The encoding of an XML file by its first bytes.
pub(super) fn encoding_of(beginning: &[u8]) -> Result<&'static Encoding, Refusal> {
    if let Some((encoding, _)) = Encoding::for_bom(beginning) {
        return Ok(encoding);
    }
    match beginning {
        [b'<', 0, ..] => return Ok(UTF_16LE),
        [0, b'<', ..] => return Ok(UTF_16BE),
        _ => {}
    }
    let head = &beginning[..beginning.len().min(DECLARATION_BYTES)];
    let declaration = head.starts_with(b"<?xml ").then_some(head);
    let end = declaration.and_then(|head| memchr::memmem::find(head, b"?>"));
    let label = end.and_then(|end| attribute(&head[2..end], b"encoding"));
    let Some(label) = label else {
        return Ok(UTF_8);
    };
    Encoding::for_label(label)
        .filter(|encoding| encoding.is_ascii_compatible())
        .ok_or_else(|| {
            let label = String::from_utf8_lossy(label);
            Refusal::damaged(format!(
                "it says that its encoding is {label}",
                label = quoted(&label)
            ))
        })
}

impl<W: Watch> Decoded<W> {
    /// Begins at the first byte of the file.
    pub(super) fn begin(file: &FileAt, encoding: &'static Encoding, watch: W) -> Self {
        Self {
            file: file.from(0),
            decoder: encoding.new_decoder_with_bom_removal(),
            guard: XmlGuard::new(watch),
            input: Vec::new(),
            block: String::with_capacity(3 * BLOCK_BYTES),
            given: 0,
            begun: false,
            ended: false,
            position: 0,
        }
    }

    fn fill(&mut self) -> Result<(), Refusal> {
        let broken = |error: io::Error| Refusal::damaged(error.to_string());
        let kept = self.input.len();
        self.input.resize(kept + BLOCK_BYTES, 0);
        let count = self.file.read(&mut self.input[kept..]).map_err(broken)?;
        self.input.truncate(kept + count);
        self.position += count as u64;
        self.ended = count == 0;
        self.block.clear();
        self.given = 0;
        self.decode()?;
        if !self.begun {
            self.begun = true;
            self.given = declaration_length(&self.block);
        }
        self.guard.feed(&self.block.as_bytes()[self.given..])
    }

    fn decode(&mut self) -> Result<(), Refusal> {
        let needed = self
            .decoder
            .max_utf8_buffer_length_without_replacement(self.input.len());
        self.block.reserve(needed.unwrap_or(3 * BLOCK_BYTES));
        let (result, taken) = self.decoder.decode_to_string_without_replacement(
            &self.input,
            &mut self.block,
            self.ended,
        );
        match result {
            DecoderResult::Malformed(bad, after) => {
                let left = self.input.len() - taken;
                let bad = u64::from(bad) + u64::from(after) + left as u64;
                Err(Refusal::damaged(format!(
                    "the bytes from {} on are no {}",
                    self.position.saturating_sub(bad),
                    self.decoder.encoding().name()
                )))
            }
            DecoderResult::InputEmpty | DecoderResult::OutputFull => {
                self.input.drain(..taken);
                Ok(())
            }
        }
    }
}

impl<W: Watch> Read for Decoded<W> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let rest = self.fill_buf()?;
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        self.consume(count);
        Ok(count)
    }
}

impl<W: Watch> BufRead for Decoded<W> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        while self.given == self.block.len() && !self.ended {
            self.fill().map_err(io::Error::other)?;
        }
        Ok(&self.block.as_bytes()[self.given..])
    }

    fn consume(&mut self, count: usize) {
        self.given += count;
    }
}

fn declaration_length(block: &str) -> usize {
    let has_one = block.starts_with("<?xml ");
    let end = has_one.then(|| block.find("?>")).flatten();
    end.map_or(0, |end| end + 2)
}
