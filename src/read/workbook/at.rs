//! A file read by position, so that several can read it at once, and what was read is counted.
//!
//! In: an open file. Out: a reader of one's own over it.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A reader over a file that others read too.
#[derive(Clone, Debug)]
pub(super) struct FileAt {
    file: Arc<File>,
    position: u64,
    read: Arc<AtomicU64>,
}

impl FileAt {
    /// A reader at the first byte; what it and its clones read is added to `read`.
    pub(super) fn new(file: Arc<File>, read: Arc<AtomicU64>) -> Self {
        Self {
            file,
            position: 0,
            read,
        }
    }

    /// A reader of one's own at `position`.
    pub(super) fn from(&self, position: u64) -> Self {
        Self {
            position,
            ..self.clone()
        }
    }

    /// The size of the file.
    pub(super) fn size(&self) -> io::Result<u64> {
        Ok(self.file.metadata()?.len())
    }
}

impl Read for FileAt {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = read_at(&self.file, buffer, self.position)?;
        self.position += count as u64;
        self.read.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

impl Seek for FileAt {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let target = match to {
            SeekFrom::Start(position) => Some(position),
            SeekFrom::End(by) => self.size()?.checked_add_signed(by),
            SeekFrom::Current(by) => self.position.checked_add_signed(by),
        };
        self.position = target.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.position)
    }
}

#[cfg(unix)]
fn read_at(file: &File, buffer: &mut [u8], position: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, buffer, position)
}

#[cfg(windows)]
fn read_at(file: &File, buffer: &mut [u8], position: u64) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, buffer, position)
}
