//! What is packed around the bytes of a CSV: gzip, zstd or zip.
//!
//! In: an open file whose first bytes say so, whatever its name. Out: a reader of the bytes inside, which
//! holds a few buffers however much there is. Nothing is ever written to a disk, so the names inside an
//! archive are words for people and lead nowhere. What the bytes mean is not known here.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::Crc;
use flate2::bufread::{DeflateDecoder, MultiGzDecoder};
use zip::result::ZipError;
use zip::{CompressionMethod, ZipArchive};

use crate::model::quoted;
use crate::read::ReadError;
use crate::read::error::name_list;
use crate::read::stretch::Stretch;

/// How much of a packed file is read at once.
const BUFFER_BYTES: usize = 256 << 10;

/// When what comes out is no export any more.
#[derive(Clone, Copy, Debug)]
struct Limits {
    /// So much may always come out, in bytes: no more than is read in a second or two.
    always: u64,
    /// Beyond it, so many times what went in. Tables of people and records pack 5 to 20 times, the most
    /// even ones 100; files made to choke their readers start at 1000.
    ratio: u64,
}

const LIMITS: Limits = Limits {
    always: 256 << 20,
    ratio: 200,
};

/// How a file is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Packing {
    /// One stream, or several one after the other.
    Gzip,
    /// Frames one after the other.
    Zstd,
    /// An archive of files.
    Zip,
}

impl Packing {
    /// Told by the first bytes of a file.
    pub(super) fn of(beginning: &[u8]) -> Option<Self> {
        match beginning {
            [0x1f, 0x8b, 8, ..] => Some(Self::Gzip),
            // A frame, or one to be skipped, which some packers begin with.
            [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Some(Self::Zstd),
            [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] | [b'P', b'K', 7, 8, ..] => {
                Some(Self::Zip)
            }
            _ => None,
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Gzip => "gzip file",
            Self::Zstd => "zstd file",
            Self::Zip => "zip archive",
        }
    }
}

/// A packed file of which is known what to read.
#[derive(Debug)]
pub(super) struct Packed {
    /// How it is packed.
    packing: Packing,
    /// The file of a zip archive that is read.
    member: Option<Member>,
    /// The files of the archive that are not, in its order.
    others: Vec<String>,
    limits: Limits,
}

/// A file inside a zip archive.
#[derive(Debug)]
struct Member {
    name: String,
    start: u64,
    packed_bytes: u64,
    bytes: u64,
    crc: u32,
    is_deflated: bool,
}

/// What a reader of a packed file can meet; hidden in the [`io::Error`] that it gives.
#[derive(Debug, thiserror::Error)]
pub(super) enum UnpackError {
    /// The packing is broken.
    #[error("{what}: {source}")]
    Damaged {
        /// What it is.
        what: &'static str,
        /// What the decoder met.
        source: io::Error,
    },
    /// Far more comes out than went in.
    #[error("{given} bytes came out of {taken}")]
    Bomb {
        /// How much came out so far.
        given: u64,
        /// Of how much.
        taken: u64,
    },
}

impl Packed {
    /// Finds what there is to read in a file that is packed so. `name` is for messages.
    pub(super) fn open(name: &str, file: &File, packing: Packing) -> Result<Self, ReadError> {
        let (member, others) = match packing {
            Packing::Zip => {
                let (member, others) = member(name, file)?;
                (Some(member), others)
            }
            Packing::Gzip | Packing::Zstd => (None, Vec::new()),
        };
        Ok(Self {
            packing,
            member,
            others,
            limits: LIMITS,
        })
    }

    /// The file that is read and those that are not, where there are several.
    pub(super) fn chosen(&self) -> Option<(&str, &[String])> {
        let member = self.member.as_ref().filter(|_| !self.others.is_empty())?;
        Some((&member.name, &self.others))
    }

    /// Other limits, so that a trap in a test can be a small one.
    #[cfg(test)]
    pub(super) fn bound(&mut self, always: u64, ratio: u64) {
        self.limits = Limits { always, ratio };
    }

    /// The bytes inside, from their beginning. Each error of it is for [`unpack_error`].
    pub(super) fn read(&self, file: &File) -> io::Result<Box<dyn Read + Send>> {
        let taken = Arc::new(AtomicU64::new(0));
        let stretch = match &self.member {
            None => Stretch::whole(file)?,
            Some(member) => Stretch::new(file, member.start, member.packed_bytes)?,
        };
        let packed = Counted {
            stretch,
            taken: Arc::clone(&taken),
        };
        let packed = BufReader::with_capacity(BUFFER_BYTES, packed);
        let decoder: Box<dyn Read + Send> = match (self.packing, &self.member) {
            (Packing::Gzip, _) => Box::new(MultiGzDecoder::new(packed)),
            (Packing::Zstd, _) => Box::new(zstd::Decoder::with_buffer(packed)?),
            (Packing::Zip, None) => Box::new(packed),
            (Packing::Zip, Some(member)) if member.is_deflated => {
                Box::new(Verified::new(DeflateDecoder::new(packed), member))
            }
            (Packing::Zip, Some(member)) => Box::new(Verified::new(packed, member)),
        };
        Ok(Box::new(Bounded {
            decoder,
            what: self.packing.words(),
            limits: self.limits,
            taken,
            given: 0,
        }))
    }
}

/// What an error of a reader means that may come out of [`Packed::read`].
pub(super) fn unpack_error(name: &str, error: io::Error) -> ReadError {
    let name = name.to_owned();
    match error.downcast::<UnpackError>() {
        Ok(UnpackError::Damaged { what, source }) => {
            ReadError::BrokenPacking { name, what, source }
        }
        Ok(UnpackError::Bomb { given, taken }) => ReadError::OverLimit {
            name,
            what: format!(
                "{given} bytes came out of the first {taken}, more than {} to one",
                LIMITS.ratio
            ),
            cure: "if it is no trap, unpack it and name the file that was in it".to_owned(),
        },
        Err(source) => ReadError::Unreadable { name, source },
    }
}

/// Counts what a decoder takes in.
struct Counted {
    stretch: Stretch,
    taken: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.stretch.read(buffer)?;
        self.taken.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

/// Stops what is no export any more, and says whose fault an error is.
struct Bounded {
    decoder: Box<dyn Read + Send>,
    what: &'static str,
    limits: Limits,
    taken: Arc<AtomicU64>,
    given: u64,
}

impl Read for Bounded {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.decoder.read(buffer).map_err(|source| {
            // What the system says of the disk is no fault of the packing.
            if source.raw_os_error().is_some() || source.kind() == io::ErrorKind::Interrupted {
                return source;
            }
            let what = self.what;
            io::Error::other(UnpackError::Damaged { what, source })
        })?;
        self.given += read as u64;
        let taken = self.taken.load(Ordering::Relaxed);
        let given = self.given;
        if given > self.limits.always && given / self.limits.ratio > taken {
            return Err(io::Error::other(UnpackError::Bomb { given, taken }));
        }
        Ok(read)
    }
}

/// Holds what came out of a zip archive against what the archive says of it.
struct Verified<R> {
    decoder: R,
    crc: Crc,
    given: u64,
    bytes: u64,
    expected: u32,
}

impl<R> Verified<R> {
    fn new(decoder: R, member: &Member) -> Self {
        Self {
            decoder,
            crc: Crc::new(),
            given: 0,
            bytes: member.bytes,
            expected: member.crc,
        }
    }
}

impl<R: Read> Read for Verified<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.decoder.read(buffer)?;
        self.crc.update(&buffer[..read]);
        self.given += read as u64;
        let (given, bytes) = (self.given, self.bytes);
        let is_end = read == 0 && !buffer.is_empty();
        if given > bytes || is_end && given != bytes {
            let words = format!("{given} bytes came out, expected {bytes}");
            return Err(io::Error::new(io::ErrorKind::InvalidData, words));
        }
        if is_end && self.crc.sum() != self.expected {
            let words = "what came out does not have the checksum that the archive gives";
            return Err(io::Error::new(io::ErrorKind::InvalidData, words));
        }
        Ok(read)
    }
}

/// Endings of names that tables have; a file without any may be one too.
const TABLES: [&str; 7] = ["csv", "tsv", "tab", "txt", "psv", "dat", ""];
/// Endings of what is packed in its turn, or is read as a workbook only from a file of its own.
const PACKED: [&str; 10] = [
    "xlsx", "xlsm", "xlsb", "xls", "ods", "zip", "gz", "zst", "7z", "rar",
];

/// The one file of a zip archive that can be a table, and the names of the others.
fn member(name: &str, file: &File) -> Result<(Member, Vec<String>), ReadError> {
    let broken = |source: ZipError| ReadError::BrokenPacking {
        name: name.to_owned(),
        what: Packing::Zip.words(),
        source: source.into(),
    };
    let mut archive = ZipArchive::new(BufReader::new(file)).map_err(broken)?;
    let mut files: Vec<(usize, String)> = Vec::new();
    for index in 0..archive.len() {
        let entry = archive.by_index_data(index).map_err(broken)?;
        let inside = String::from_utf8_lossy(entry.name_raw());
        let inside = inside.replace(char::is_control, "\u{fffd}");
        if entry.is_file() && !is_beside(&inside) {
            files.push((index, inside));
        }
    }
    // Two entries of one name are one in the list, and either may be meant.
    if archive.has_duplicate_names() {
        let cure = "unpack it and name the file that is meant";
        return Err(no_table(
            name,
            "a zip archive that holds a name twice",
            cure,
        ));
    }
    let (index, inside) = table(name, &files)?;
    let entry = archive.by_index_raw(index).map_err(broken)?;
    if entry.encrypted() {
        return Err(ReadError::Protected {
            name: name.to_owned(),
        });
    }
    let is_deflated = match entry.compression() {
        CompressionMethod::Deflated => true,
        CompressionMethod::Stored => false,
        other => {
            let seems = format!(
                "a zip archive whose {inside} is packed by {other}",
                inside = quoted(&inside)
            );
            let cure = "unpack it, or pack it with the usual method (deflate)";
            return Err(no_table(name, &seems, cure));
        }
    };
    let member = Member {
        name: inside,
        start: entry.data_start().unwrap_or(0),
        packed_bytes: entry.compressed_size(),
        bytes: entry.size(),
        crc: entry.crc32(),
        is_deflated,
    };
    let others = files.into_iter().filter(|(other, _)| *other != index);
    Ok((member, others.map(|(_, inside)| inside).collect()))
}

/// Which of the files of an archive is the table: the only one there, or the only one that can be.
fn table(name: &str, files: &[(usize, String)]) -> Result<(usize, String), ReadError> {
    let has = |wanted: &str| files.iter().any(|(_, inside)| inside == wanted);
    if files.is_empty() {
        return Err(no_table(name, "an empty zip archive", "pack it again"));
    }
    if has("[Content_Types].xml") || has("mimetype") {
        let seems = "an Excel workbook or another zip under a wrong name";
        return Err(no_table(name, seems, "rename it to what it is"));
    }
    let can_be = |(_, inside): &&(usize, String)| TABLES.contains(&ending(inside).as_str());
    let tables: Vec<&(usize, String)> = files.iter().filter(can_be).collect();
    match (&tables[..], files) {
        ([table], _) => Ok((*table).clone()),
        ([], [only]) if !PACKED.contains(&ending(&only.1).as_str()) => Ok(only.clone()),
        _ => {
            let found = files.iter().map(|(_, inside)| inside.as_str());
            let seems = format!(
                "a zip archive in which no one file is the table (found {})",
                name_list(found)
            );
            let cure = "unpack it and name the files, or pack each by itself";
            Err(no_table(name, &seems, cure))
        }
    }
}

fn no_table(name: &str, seems: &str, cure: &str) -> ReadError {
    ReadError::NotATable {
        name: name.to_owned(),
        seems: seems.to_owned(),
        cure: cure.to_owned(),
    }
}

/// What systems put beside the files of people.
fn is_beside(inside: &str) -> bool {
    let mut parts = inside.split(['/', '\\']);
    let file = parts.next_back().unwrap_or_default();
    file.is_empty()
        || file == ".DS_Store"
        || file.starts_with("._")
        || file.eq_ignore_ascii_case("thumbs.db")
        || file.eq_ignore_ascii_case("desktop.ini")
        || parts.any(|folder| folder == "__MACOSX")
}

fn ending(inside: &str) -> String {
    let file = inside.rsplit(['/', '\\']).next().unwrap_or_default();
    let ending = file.rsplit_once('.').map_or("", |(_, ending)| ending);
    ending.to_ascii_lowercase()
}
