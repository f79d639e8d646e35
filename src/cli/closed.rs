//! A stream that nobody reads any more, as under `| head`.
//!
//! In: what a command prints. Out: the same, and nothing more once the reader has gone. A command
//! whose exit code says more than that all was printed goes on then and ends with its own: who
//! closed the pipe wanted no more words, not another verdict. Any other command may end at once.

use std::io::{self, ErrorKind, Write};

/// Writes for as long as there is a reader.
pub(super) struct WhileRead<W> {
    stream: W,
    goes_on: bool,
    closed: bool,
}

impl<W: Write> WhileRead<W> {
    /// Around this stream. Where the writer `goes_on`, what comes too late is dropped; else writing
    /// it fails.
    pub(super) fn new(stream: W, goes_on: bool) -> Self {
        Self {
            stream,
            goes_on,
            closed: false,
        }
    }

    /// Whether the reader has gone.
    pub(super) fn is_closed(&self) -> bool {
        self.closed
    }

    fn heed(&mut self, fault: io::Error) -> io::Result<()> {
        self.closed |= fault.kind() == ErrorKind::BrokenPipe;
        if self.closed && self.goes_on {
            Ok(())
        } else {
            Err(fault)
        }
    }
}

impl<W: Write> Write for WhileRead<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.closed && self.goes_on {
            return Ok(bytes.len());
        }
        match self.stream.write(bytes) {
            Ok(written) => Ok(written),
            Err(fault) => self.heed(fault).map(|()| bytes.len()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.closed {
            // Nobody can be reached any more, and whoever cares was told by `write`.
            return Ok(());
        }
        match self.stream.flush() {
            Ok(()) => Ok(()),
            Err(fault) => self.heed(fault),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A pipe that takes so many writes.
    struct Pipe(usize, ErrorKind);

    impl Write for Pipe {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            match self.0.checked_sub(1) {
                Some(left) => {
                    self.0 = left;
                    Ok(bytes.len())
                }
                None => Err(self.1.into()),
            }
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_reader_that_goes_is_no_fault_and_a_full_disk_is() {
        let mut read = WhileRead::new(Pipe(1, ErrorKind::BrokenPipe), true);
        for _ in 0..3 {
            assert_eq!(read.write(b"row").unwrap(), 3);
        }
        assert!(read.is_closed());
        let mut ends = WhileRead::new(Pipe(0, ErrorKind::BrokenPipe), false);
        assert!(ends.write(b"row").is_err());
        assert!(ends.is_closed());
        let mut full = WhileRead::new(Pipe(0, ErrorKind::StorageFull), true);
        assert!(full.write(b"row").is_err());
        assert!(!full.is_closed());
    }
}
