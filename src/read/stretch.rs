//! A stretch of a file as a reader of its own, with a position of its own.
//!
//! In: an open file and the range of bytes. Out: those bytes, for any number of readers at a time.

use std::fs::File;
use std::io::{self, Read};

/// The bytes of a file from one offset to another; ends earlier where the file does.
pub(super) struct Stretch {
    file: File,
    at: u64,
    end: u64,
}

impl Stretch {
    /// The whole file.
    pub(super) fn whole(file: &File) -> io::Result<Self> {
        Self::new(file, 0, u64::MAX)
    }

    /// `length` bytes from `start` on.
    pub(super) fn new(file: &File, start: u64, length: u64) -> io::Result<Self> {
        Ok(Self {
            file: file.try_clone()?,
            at: start,
            end: start.saturating_add(length),
        })
    }
}

impl Read for Stretch {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.end - self.at).unwrap_or(usize::MAX);
        let wanted = buffer.len().min(left);
        let read = read_some_at(&self.file, &mut buffer[..wanted], self.at)?;
        self.at += read as u64;
        Ok(read)
    }
}

/// Reads once at `offset`, without regard to the file's own position.
#[cfg(unix)]
pub(super) fn read_some_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, buffer, offset)
}

/// Reads once at `offset`, without regard to the file's own position.
#[cfg(windows)]
pub(super) fn read_some_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, buffer, offset)
}
