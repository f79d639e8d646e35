//! A part unpacked ahead of whoever reads it, on a thread of its own.
//!
//! In: a part. Out: its bytes in order, a few blocks ready before they are asked for; or why no more of it may be
//! read.

use std::sync::mpsc::{Receiver, sync_channel};

use crate::read::workbook::limits::Refusal;
use crate::read::workbook::part::PartReader;

/// How many blocks lie ready.
const BLOCKS_READY: usize = 4;

/// A part being read.
pub(super) struct Ahead {
    blocks: Receiver<Result<Vec<u8>, Refusal>>,
    block: Vec<u8>,
    given: usize,
    before_block: u64,
    size: u64,
}

impl Ahead {
    /// Begins to unpack it.
    pub(super) fn begin(mut part: PartReader) -> std::io::Result<Self> {
        let (sender, blocks) = sync_channel(BLOCKS_READY);
        let size = part.size();
        let unpack = move || {
            while let Some(block) = part.next_block().transpose() {
                let is_last = block.is_err();
                if sender.send(block).is_err() || is_last {
                    break;
                }
            }
        };
        std::thread::Builder::new().spawn(unpack)?;
        Ok(Self {
            blocks,
            block: Vec::new(),
            given: 0,
            before_block: 0,
            size,
        })
    }

    /// How many bytes were given.
    pub(super) fn offset(&self) -> u64 {
        self.before_block + self.given as u64
    }

    /// The next bytes; none at its end.
    pub(super) fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Refusal> {
        while self.given == self.block.len() {
            let Ok(next) = self.blocks.recv() else {
                if self.offset() == self.size {
                    return Ok(0);
                }
                // A thread that ended without a word has not unpacked all of it.
                return Err(Refusal::damaged("a part of it ends before its end"));
            };
            self.before_block += self.block.len() as u64;
            self.given = 0;
            self.block = next?;
        }
        let rest = &self.block[self.given..];
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        self.given += count;
        Ok(count)
    }
}
