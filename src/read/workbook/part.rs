//! One part of a workbook's zip, unpacked and watched as it is read.
//!
//! In: where it lies, how it is packed, and what it may hold. Out: its bytes in order; or why no more of it may
//! be read: it unpacks to more than it says, its check sum is another, its watch has seen enough.

use std::io::{BufReader, Read, Take};

use flate2::bufread::DeflateDecoder;
use zip::CompressionMethod;
use zip::read::ZipFile;

use crate::model::quoted;
use crate::read::workbook::at::FileAt;
use crate::read::workbook::binary::BinaryGuard;
use crate::read::workbook::kind::Kind;
use crate::read::workbook::limits::Refusal;
use crate::read::workbook::merges::Merge;
use crate::read::workbook::office_xml::OfficeXmlWatch;
use crate::read::workbook::open_document::OpenDocumentWatch;
use crate::read::workbook::xml::XmlGuard;

/// How much is unpacked and watched at once.
const BLOCK_BYTES: usize = 256 << 10;
/// The one part of an `.xlsb` that is read as XML, and never as anything else.
const BINARY_RELATIONS: &str = "xl/_rels/workbook.bin.rels";

/// How the tag ends that ends the rows of a sheet, whatever its prefix.
const ROWS_END: &[u8] = b"sheetData>";
/// The longest such tag.
const TAG_BYTES: usize = 64;

/// How a part lies in the file.
#[derive(Clone, Debug)]
pub(super) struct Packed {
    name: String,
    deflated: bool,
    start: u64,
    bytes: u64,
    /// How many bytes it unpacks to, as the zip says.
    pub size: u64,
    /// Its check sum, as the zip says.
    pub crc: u32,
}

impl Packed {
    /// What the zip says of it.
    pub(super) fn of<R: Read>(entry: &ZipFile<'_, R>, name: &str) -> Result<Self, Refusal> {
        let deflated = match entry.compression() {
            CompressionMethod::Stored => false,
            CompressionMethod::Deflated => true,
            other => {
                return Err(Refusal::damaged(format!(
                    "{name} inside it is packed with {other}, which no workbook is",
                    name = quoted(&name)
                )));
            }
        };
        let start = entry.data_start();
        let start = start.ok_or_else(|| {
            Refusal::damaged(format!("{name} inside it is nowhere", name = quoted(&name)))
        })?;
        Ok(Self {
            name: name.to_owned(),
            deflated,
            start,
            bytes: entry.compressed_size(),
            size: entry.size(),
            crc: entry.crc32(),
        })
    }
}

/// Who watches a part.
pub(super) enum Watched {
    /// XML of an `.xlsx`.
    OfficeXml(XmlGuard<OfficeXmlWatch>),
    /// The same, only what stands behind the rows of a sheet.
    BehindRows(BehindRows),
    /// Records of an `.xlsb`.
    Binary(BinaryGuard),
    /// XML of an `.ods`.
    OpenDocument(XmlGuard<OpenDocumentWatch>),
    /// Whoever reads it takes nothing for granted.
    ByCaller,
}

impl Watched {
    /// Who watches the parts of a workbook of this kind, each by its name.
    pub(super) fn of(kind: Kind) -> fn(&str) -> Self {
        let office_xml = |_: &str| Self::OfficeXml(XmlGuard::new(OfficeXmlWatch::default()));
        match kind {
            Kind::OpenDocument => {
                |_| Self::OpenDocument(XmlGuard::new(OpenDocumentWatch::default()))
            }
            Kind::Binary => |name| {
                if name == BINARY_RELATIONS {
                    Self::OfficeXml(XmlGuard::new(OfficeXmlWatch::default()))
                } else {
                    Self::Binary(BinaryGuard::new())
                }
            },
            Kind::OfficeXml | Kind::Old | Kind::SheetXml => office_xml,
        }
    }

    /// Who looks for merged areas in a part whose rows are watched when they are read.
    pub(super) fn for_merges(kind: Kind, name: &str) -> Self {
        match kind {
            Kind::OfficeXml => Self::BehindRows(BehindRows::default()),
            _ => Self::of(kind)(name),
        }
    }

    fn begin(&mut self, packed: u64) {
        match self {
            Self::OfficeXml(guard) => guard.watch.packed = packed,
            Self::BehindRows(behind) => behind.guard.watch.packed = packed,
            Self::Binary(_) | Self::OpenDocument(_) | Self::ByCaller => {}
        }
    }

    fn feed(&mut self, block: &mut [u8]) -> Result<(), Refusal> {
        match self {
            Self::OfficeXml(guard) => guard.feed(block),
            Self::BehindRows(behind) => behind.feed(block),
            Self::Binary(guard) => guard.feed(block),
            Self::OpenDocument(guard) => guard.feed(block),
            Self::ByCaller => Ok(()),
        }
    }

    /// Looks at the end of the part.
    fn finish(&self) -> Result<(), Refusal> {
        match self {
            Self::OpenDocument(guard) => guard.finish(),
            Self::OfficeXml(_) | Self::BehindRows(_) | Self::Binary(_) | Self::ByCaller => Ok(()),
        }
    }

    /// The merged areas that it saw on the sheet with this number; parts of all kinds but one hold one
    /// sheet.
    fn merges(self, sheet: usize) -> Vec<Merge> {
        match self {
            Self::OfficeXml(guard) => guard.watch.merges,
            Self::BehindRows(behind) => behind.guard.watch.merges,
            Self::Binary(guard) => guard.merges,
            Self::OpenDocument(guard) => guard.watch.merges_of(sheet),
            Self::ByCaller => Vec::new(),
        }
    }
}

/// Watches a sheet from the end of its rows on.
pub(super) struct BehindRows {
    guard: XmlGuard<OfficeXmlWatch>,
    is_behind: bool,
    /// The end of the block before, which may hold the beginning of what is looked for.
    before: Vec<u8>,
}

impl Default for BehindRows {
    fn default() -> Self {
        Self {
            guard: XmlGuard::new(OfficeXmlWatch::default()),
            is_behind: false,
            before: Vec::new(),
        }
    }
}

impl BehindRows {
    fn feed(&mut self, block: &[u8]) -> Result<(), Refusal> {
        if self.is_behind {
            return self.guard.feed(block);
        }
        self.before.extend_from_slice(block);
        if let Some(at) = rows_end(&self.before) {
            self.is_behind = true;
            let before = std::mem::take(&mut self.before);
            return self.guard.feed(&before[at..]);
        }
        let kept = self.before.len().saturating_sub(TAG_BYTES);
        self.before.drain(..kept);
        Ok(())
    }
}

fn rows_end(bytes: &[u8]) -> Option<usize> {
    let is_end = |at: &usize| {
        let tag = bytes[..*at].iter().rposition(|byte| *byte == b'<');
        tag.is_some_and(|tag| bytes[tag + 1] == b'/' && at - tag < TAG_BYTES)
    };
    let mut found = memchr::memmem::find_iter(bytes, ROWS_END);
    found.find(is_end).map(|at| at + ROWS_END.len())
}

enum Unpacker {
    Stored(BufReader<Take<FileAt>>),
    Deflated(DeflateDecoder<BufReader<Take<FileAt>>>),
}

impl Unpacker {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        match self {
            Self::Stored(reader) => reader.read(buffer),
            Self::Deflated(reader) => reader.read(buffer),
        }
    }
}

/// A part being unpacked.
pub(super) struct PartReader {
    part: Packed,
    unpacker: Unpacker,
    watched: Watched,
    crc: crc32fast::Hasher,
    unpacked: u64,
    ended: bool,
}

impl PartReader {
    /// Begins at its first byte.
    pub(super) fn begin(file: &FileAt, part: Packed, mut watched: Watched) -> Self {
        let packed = file.from(part.start).take(part.bytes);
        let packed = BufReader::with_capacity(64 << 10, packed);
        let unpacker = if part.deflated {
            Unpacker::Deflated(DeflateDecoder::new(packed))
        } else {
            Unpacker::Stored(packed)
        };
        watched.begin(part.bytes);
        Self {
            part,
            unpacker,
            watched,
            crc: crc32fast::Hasher::new(),
            unpacked: 0,
            ended: false,
        }
    }

    /// How many bytes it unpacks to.
    pub(super) fn size(&self) -> u64 {
        self.part.size
    }

    /// How many bytes it takes in the file.
    pub(super) fn packed(&self) -> u64 {
        self.part.bytes
    }

    /// Reads all of it, and says which merged areas were seen.
    pub(super) fn finish(mut self, sheet: usize) -> Result<Vec<Merge>, Refusal> {
        let mut block = Vec::new();
        while self.fill(&mut block)? {}
        Ok(self.watched.merges(sheet))
    }

    /// The next block, watched; none at its end.
    pub(super) fn next_block(&mut self) -> Result<Option<Vec<u8>>, Refusal> {
        let mut block = Vec::new();
        Ok(self.fill(&mut block)?.then_some(block))
    }

    fn fill(&mut self, block: &mut Vec<u8>) -> Result<bool, Refusal> {
        if self.ended {
            return Ok(false);
        }
        block.resize(BLOCK_BYTES, 0);
        let filled = self.read_into(block)?;
        block.truncate(filled);
        self.watched.feed(block)?;
        if self.ended {
            self.watched.finish()?;
        }
        Ok(true)
    }

    /// Fills `buffer`, less only where the part ends, and says by how much; its watch does not see it.
    pub(super) fn read_into(&mut self, buffer: &mut [u8]) -> Result<usize, Refusal> {
        let mut filled = 0;
        while filled < buffer.len() && !self.ended {
            match self.unpacker.read(&mut buffer[filled..]) {
                Ok(0) => self.ended = true,
                Ok(count) => filled += count,
                Err(error) => return Err(self.damaged(&error.to_string())),
            }
        }
        self.crc.update(&buffer[..filled]);
        self.unpacked += filled as u64;
        if self.unpacked > self.part.size || (self.ended && self.unpacked < self.part.size) {
            return Err(self.damaged(&format!(
                "unpacks to another size than the {} bytes that the zip says",
                self.part.size
            )));
        }
        if self.ended && self.crc.clone().finalize() != self.part.crc {
            return Err(self.damaged("has another check sum than the zip says"));
        }
        Ok(filled)
    }

    fn damaged(&self, what: &str) -> Refusal {
        Refusal::damaged(format!("{} inside it: {what}", quoted(&self.part.name)))
    }
}
