//! Ids of records on their way from an export to the plan, kept out of memory.
//!
//! In: 16 bytes for each row, in file order. Out: the same, for any range of rows, on any thread. Few
//! stay in memory; many lie in a file that has no name, so that nothing is left of it whatever happens.

use std::fs::File;
use std::io::{self, Write};
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use uuid::Uuid;

use crate::model::{KeepsIds, RecordId, RecordIds};
use crate::read::csv::read_at;

/// The size of an id.
const ID_BYTES: usize = 16;
/// As many stay in memory: 8 MiB.
const IN_MEMORY_MAX: usize = if cfg!(test) { 3 } else { 1 << 19 };

/// Ids being collected.
pub(super) struct Spool<'a> {
    /// Where a file may be made.
    folder: &'a Path,
    held: Vec<u8>,
    file: Option<File>,
    written: u64,
}

impl<'a> Spool<'a> {
    /// No ids yet.
    pub(super) fn new(folder: &'a Path) -> Self {
        Self {
            folder,
            held: Vec::new(),
            file: None,
            written: 0,
        }
    }

    /// Adds ids, 16 bytes each.
    pub(super) fn add(&mut self, ids: &[u8]) -> io::Result<()> {
        if self.file.is_none() && self.held.len() + ids.len() > IN_MEMORY_MAX * ID_BYTES {
            let mut file = tempfile::tempfile_in(self.folder)?;
            file.write_all(&self.held)?;
            self.written = self.held.len() as u64;
            self.held = Vec::new();
            self.file = Some(file);
        }
        match &mut self.file {
            None => self.held.extend_from_slice(ids),
            Some(file) => {
                file.write_all(ids)?;
                self.written += ids.len() as u64;
            }
        }
        Ok(())
    }

    /// All of them, to be read.
    pub(super) fn finish(self) -> RecordIds {
        RecordIds(match self.file {
            None => Arc::new(Held(self.held)),
            Some(file) => Arc::new(Written {
                file,
                bytes: self.written,
            }),
        })
    }
}

/// Ids in memory.
struct Held(Vec<u8>);

impl KeepsIds for Held {
    fn read(&self, rows: Range<usize>, ids: &mut Vec<RecordId>) -> io::Result<()> {
        let bytes = self.0.get(rows.start * ID_BYTES..rows.end * ID_BYTES);
        add_ids(bytes.ok_or(io::ErrorKind::UnexpectedEof)?, ids);
        Ok(())
    }
}

/// Ids in a file.
struct Written {
    file: File,
    bytes: u64,
}

impl KeepsIds for Written {
    fn read(&self, rows: Range<usize>, ids: &mut Vec<RecordId>) -> io::Result<()> {
        let start = (rows.start * ID_BYTES) as u64;
        if (rows.end * ID_BYTES) as u64 > self.bytes {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let mut bytes = vec![0; rows.len() * ID_BYTES];
        let filled = read_at(&self.file, &mut bytes, start)?;
        if filled < bytes.len() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        add_ids(&bytes, ids);
        Ok(())
    }
}

fn add_ids(bytes: &[u8], ids: &mut Vec<RecordId>) {
    let (each, _) = bytes.as_chunks::<ID_BYTES>();
    ids.extend(each.iter().map(|id| RecordId(Uuid::from_bytes(*id))));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_come_back() {
        let folder = tempfile::tempdir().unwrap();
        let id = |number: u128| RecordId(Uuid::from_u128(number));
        for count in 0..9_usize {
            let mut spool = Spool::new(folder.path());
            let expected: Vec<RecordId> = (0..count as u128).map(id).collect();
            for part in expected.chunks(2) {
                let bytes: Vec<u8> = part.iter().flat_map(|id| *id.0.as_bytes()).collect();
                spool.add(&bytes).unwrap();
            }
            assert_eq!(
                spool.file.is_some(),
                count > IN_MEMORY_MAX,
                "count: {count}"
            );
            let kept = spool.finish().0;
            for start in 0..=count {
                for end in start..=count {
                    let mut ids = Vec::new();
                    kept.read(start..end, &mut ids).unwrap();
                    assert_eq!(ids, expected[start..end]);
                }
            }
            assert!(kept.read(0..count + 1, &mut Vec::new()).is_err());
        }
        let left: Vec<_> = folder.path().read_dir().unwrap().collect();
        assert!(left.is_empty(), "{left:?}");
    }
}
