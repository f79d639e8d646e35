//! One part of a workbook's zip, unpacked and watched as it is read.
//!
//! In: where it lies, how it is packed, and what it may hold. Out: its bytes in order; or why no more of it may
//! be read: it unpacks to more than it says, its check sum is another, its watch has seen enough.

use std::io::{BufReader, Read, Take};

use flate2::bufread::DeflateDecoder;
use zip::CompressionMethod;
use zip::read::ZipFile;

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
                    "`{name}` inside it is packed with {other}, which no workbook is"
                )));
            }
        };
        let start = entry.data_start();
        let start =
            start.ok_or_else(|| Refusal::damaged(format!("`{name}` inside it is nowhere")))?;
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
    /// Records of an `.xlsb`.
    Binary(BinaryGuard),
    /// XML of an `.ods`.
    OpenDocument(XmlGuard<OpenDocumentWatch>),
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

    fn begin(&mut self, packed: u64) {
        if let Self::OfficeXml(guard) = self {
            guard.watch.packed = packed;
        }
    }

    fn feed(&mut self, block: &mut [u8]) -> Result<(), Refusal> {
        match self {
            Self::OfficeXml(guard) => guard.feed(block),
            Self::Binary(guard) => guard.feed(block),
            Self::OpenDocument(guard) => guard.feed(block),
        }
    }

    /// The merged areas that it saw on the sheet with this number; parts of all kinds but one hold one
    /// sheet.
    fn merges(self, sheet: usize) -> Vec<Merge> {
        match self {
            Self::OfficeXml(guard) => guard.watch.merges,
            Self::Binary(guard) => guard.merges,
            Self::OpenDocument(guard) => guard.watch.merges_of(sheet),
        }
    }
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

/// A part being read.
pub(super) struct PartReader {
    part: Packed,
    unpacker: Unpacker,
    watched: Watched,
    crc: crc32fast::Hasher,
    /// Unpacked and watched, not yet given.
    block: Vec<u8>,
    given: usize,
    before_block: u64,
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
            block: Vec::new(),
            given: 0,
            before_block: 0,
            ended: false,
        }
    }

    /// How many bytes were given.
    pub(super) fn offset(&self) -> u64 {
        self.before_block + self.given as u64
    }

    /// The next bytes; none at its end.
    pub(super) fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Refusal> {
        if self.given == self.block.len() && !self.ended {
            self.fill()?;
        }
        let rest = &self.block[self.given..];
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        self.given += count;
        Ok(count)
    }

    /// Reads what is left of it, and says which merged areas were seen.
    pub(super) fn finish(mut self, sheet: usize) -> Result<Vec<Merge>, Refusal> {
        while !self.ended {
            self.fill()?;
        }
        Ok(self.watched.merges(sheet))
    }

    fn fill(&mut self) -> Result<(), Refusal> {
        self.before_block += self.block.len() as u64;
        self.given = 0;
        self.block.resize(BLOCK_BYTES, 0);
        let mut filled = 0;
        while filled < BLOCK_BYTES {
            match self.unpacker.read(&mut self.block[filled..]) {
                Ok(0) => {
                    self.ended = true;
                    break;
                }
                Ok(count) => filled += count,
                Err(error) => return Err(self.damaged(&error.to_string())),
            }
        }
        self.block.truncate(filled);
        self.crc.update(&self.block);
        let unpacked = self.before_block + filled as u64;
        if unpacked > self.part.size || (self.ended && unpacked < self.part.size) {
            return Err(self.damaged(&format!(
                "unpacks to another size than the {} bytes that the zip says",
                self.part.size
            )));
        }
        if self.ended && self.crc.clone().finalize() != self.part.crc {
            return Err(self.damaged("has another check sum than the zip says"));
        }
        self.watched.feed(&mut self.block)
    }

    fn damaged(&self, what: &str) -> Refusal {
        Refusal::damaged(format!("`{}` inside it: {what}", self.part.name))
    }
}
