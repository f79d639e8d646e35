//! The zip that a workbook is, as its reader gets it: the same parts, not packed, every byte watched.
//!
//! In: the file. Out: something that reads like a zip of stored parts, though nothing is unpacked before it
//! is read, and no more of it is in memory than one block. What a part holds more than the zip says, or than
//! its kind may hold, is refused here, and why is kept, as readers do not always pass it on.

use std::io::{self, Read, Seek, SeekFrom};
use std::sync::{Arc, Mutex, PoisonError};

use zip::ZipArchive;
use zip::result::ZipError;

use crate::model::quoted;
use crate::read::workbook::ahead::Ahead;
use crate::read::workbook::at::FileAt;
use crate::read::workbook::limits::{ALL_BYTES_MAX, PART_BYTES_MAX, PARTS_MAX, Refusal, megabytes};
use crate::read::workbook::part::{Packed, PartReader, Watched};
use crate::read::workbook::stored::{Layout, Section};

/// What is in the zip, by the names that ASCII can write: readers of workbooks look for no others.
#[derive(Clone)]
pub(super) struct Parts {
    file: FileAt,
    parts: Vec<(String, Packed)>,
}

impl Parts {
    /// Reads the list of parts.
    pub(super) fn of(file: FileAt) -> Result<Self, Refusal> {
        let mut archive = ZipArchive::new(io::BufReader::new(file.from(0))).map_err(unusable)?;
        if archive.len() > PARTS_MAX {
            return Err(Refusal::over(format!(
                "{} parts inside it, at most {PARTS_MAX} are read",
                archive.len()
            )));
        }
        let mut parts = Vec::new();
        let mut all_bytes = 0_u64;
        for index in 0..archive.len() {
            let entry = archive.by_index_raw(index).map_err(unusable)?;
            let Ok(name) = str::from_utf8(entry.name_raw()) else {
                continue;
            };
            if entry.is_dir() || !name.is_ascii() {
                continue;
            }
            let name = name.to_owned();
            if entry.encrypted() {
                return Err(Refusal::Protected);
            }
            let packed = Packed::of(&entry, &name)?;
            all_bytes = all_bytes.saturating_add(packed.size);
            if packed.size >= PART_BYTES_MAX || all_bytes >= ALL_BYTES_MAX {
                return Err(Refusal::over(format!(
                    "{name} inside it unpacks to {}, the whole to {}; at most {} and {} are read",
                    megabytes(packed.size),
                    megabytes(all_bytes),
                    megabytes(PART_BYTES_MAX),
                    megabytes(ALL_BYTES_MAX),
                    name = quoted(&name)
                )));
            }
            parts.push((name, packed));
        }
        drop(archive);
        Ok(Self { file, parts })
    }

    /// The number of the part of that name.
    pub(super) fn position(&self, name: &str) -> Option<usize> {
        self.parts
            .iter()
            .position(|(part, _)| part.eq_ignore_ascii_case(name))
    }

    /// Whether there is a part of that name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.position(name).is_some()
    }

    /// Whether there is a part in that folder.
    pub(super) fn any_within(&self, folder: &str) -> bool {
        let within = |name: &str| {
            let beginning = name.get(..folder.len());
            beginning.is_some_and(|beginning| beginning.eq_ignore_ascii_case(folder))
        };
        self.parts.iter().any(|(name, _)| within(name))
    }

    /// The name of the part with this number.
    pub(super) fn name(&self, index: usize) -> &str {
        self.parts.get(index).map_or("", |(name, _)| name)
    }

    /// The parts as one zip whose parts are not packed.
    pub(super) fn unpacked(&self, watch: fn(&str) -> Watched) -> Package {
        let names_and_sizes = self
            .parts
            .iter()
            .map(|(name, packed)| (name.as_str(), packed.size, packed.crc));
        Package {
            layout: Layout::of(names_and_sizes),
            parts: self.parts.clone(),
            file: self.file.clone(),
            position: 0,
            open: None,
            watch,
            told: Told::default(),
        }
    }

    /// The part with this number, from its first byte on, watched.
    pub(super) fn part(&self, index: usize, watched: Watched) -> Option<PartReader> {
        let (_, packed) = self.parts.get(index)?;
        Some(PartReader::begin(&self.file, packed.clone(), watched))
    }
}

fn unusable(error: ZipError) -> Refusal {
    match error {
        ZipError::UnsupportedArchive(what) if what == ZipError::PASSWORD_REQUIRED => {
            Refusal::Protected
        }
        error => Refusal::damaged(error.to_string()),
    }
}

/// What a package tells besides its bytes.
#[derive(Clone, Default)]
pub(super) struct Told {
    refusal: Arc<Mutex<Option<Refusal>>>,
    begun: Arc<Mutex<Vec<usize>>>,
}

impl Told {
    /// Why it gave no more, if it did not; readers pass on less.
    pub(super) fn refusal(&self) -> Option<Refusal> {
        let told = self.refusal.lock().unwrap_or_else(PoisonError::into_inner);
        told.clone()
    }

    /// The number of the part that was begun last.
    pub(super) fn part(&self) -> usize {
        self.begun().last().copied().unwrap_or_default()
    }

    /// The numbers of the parts that were begun, each once, by when that was last.
    pub(super) fn begun(&self) -> Vec<usize> {
        let begun = self.begun.lock().unwrap_or_else(PoisonError::into_inner);
        begun.clone()
    }

    fn begin(&self, index: usize) {
        let mut begun = self.begun.lock().unwrap_or_else(PoisonError::into_inner);
        begun.retain(|part| *part != index);
        begun.push(index);
    }
}

/// A zip of stored parts that is nowhere: each is unpacked as it is read.
pub(super) struct Package {
    layout: Layout,
    parts: Vec<(String, Packed)>,
    file: FileAt,
    position: u64,
    open: Option<(usize, Ahead)>,
    watch: fn(&str) -> Watched,
    told: Told,
}

impl Package {
    /// What it tells besides.
    pub(super) fn told(&self) -> Told {
        self.told.clone()
    }

    fn read_part(&mut self, index: usize, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let goes_on = self
            .open
            .as_ref()
            .is_some_and(|(open, reader)| *open == index && reader.offset() == offset);
        if !goes_on {
            if offset != 0 {
                return Err(io::ErrorKind::Unsupported.into());
            }
            let (name, packed) = &self.parts[index];
            let reader = PartReader::begin(&self.file, packed.clone(), (self.watch)(name));
            self.told.begin(index);
            self.open = Some((index, Ahead::begin(reader)?));
        }
        let Some((_, reader)) = &mut self.open else {
            return Ok(0);
        };
        reader.read(buffer).map_err(|refusal| {
            let told = self.told.refusal.lock();
            let mut told = told.unwrap_or_else(PoisonError::into_inner);
            io::Error::other(told.get_or_insert(refusal).to_string())
        })
    }
}

impl Read for Package {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = match self.layout.at(self.position) {
            Section::Bytes(bytes) => {
                let count = bytes.len().min(buffer.len());
                buffer[..count].copy_from_slice(&bytes[..count]);
                count
            }
            Section::Part {
                index,
                offset,
                left,
            } => {
                let room = usize::try_from(left).unwrap_or(usize::MAX);
                let room = room.min(buffer.len());
                self.read_part(index, offset, &mut buffer[..room])?
            }
        };
        self.position += count as u64;
        Ok(count)
    }
}

impl Seek for Package {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let target = match to {
            SeekFrom::Start(position) => Some(position),
            SeekFrom::End(by) => self.layout.len().checked_add_signed(by),
            SeekFrom::Current(by) => self.position.checked_add_signed(by),
        };
        self.position = target.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.position)
    }
}
