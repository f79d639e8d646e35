//! What a file is, before anything is read from it.
//!
//! In: a path. Out: what the first bytes say the file is, or why it is no table, and what lies between
//! them and its text; and, in a pass over the whole, its hash and the byte that shows that it is no UTF-8. The kind goes by the first bytes,
//! then by the ending of the name; a file that contradicts its name is refused, not guessed at.

use std::fs::{self, File, Metadata};
use std::io::{self, Read};

use crate::read::csv::{FileDigest, fill};
use crate::read::encoding::Utf8Check;
use crate::read::layers::{Layers, stream_error};
use crate::read::stretch::Stretch;
use crate::read::workbook::kind::{OLE_MAGIC, is_sheet_xml};
use crate::read::{FileSpec, ReadError};

/// How many bytes are hashed and checked at once.
const BLOCK_BYTES: usize = 4 << 20;
/// How much of the beginning is kept, to tell kind and delimiter from.
pub(super) const BEGINNING_BYTES: usize = 256 << 10;
/// The byte order mark of UTF-8.
pub(super) const MARK: &[u8] = b"\xef\xbb\xbf";
/// How much of the beginning is searched for what no text holds.
const TEXT_LOOK_BYTES: usize = 8 << 10;

/// What a file turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Text in cells.
    Csv,
    /// A workbook of any kind.
    Workbook,
}

/// A file, looked at.
#[derive(Debug)]
pub(super) struct Look {
    /// The file, still open.
    pub file: File,
    /// What the system said of it.
    pub metadata: Metadata,
    /// What it is.
    pub kind: Kind,
    /// What lies between its bytes and its text.
    pub layers: Layers,
    /// The first bytes of its text.
    pub beginning: Vec<u8>,
}

/// Looks at the file that `spec` names.
pub(super) fn look(spec: &FileSpec) -> Result<Look, ReadError> {
    let unreadable = |source: io::Error| match source.kind() {
        io::ErrorKind::NotFound => ReadError::Missing {
            name: spec.name.clone(),
            path: spec.path.clone(),
        },
        _ => ReadError::Unreadable {
            name: spec.name.clone(),
            source,
        },
    };
    // Before it is opened: that alone would wait for ever where it is a pipe.
    check_regular(spec, &fs::metadata(&spec.path).map_err(unreadable)?)?;
    let mut file = File::open(&spec.path).map_err(unreadable)?;
    let metadata = file.metadata().map_err(unreadable)?;
    let mut beginning = vec![0; BEGINNING_BYTES];
    let filled = fill(&mut file, &mut beginning).map_err(unreadable)?;
    beginning.truncate(filled);
    let (layers, beginning) = if is_name_of_workbook(spec) {
        (Layers::default(), beginning)
    } else {
        Layers::tell(spec, &file, beginning)?
    };
    let kind = kind(spec, &beginning)?;
    Ok(Look {
        file,
        metadata,
        kind,
        layers,
        beginning,
    })
}

/// Refuses what is no file on a disk: a folder, a pipe, a device.
fn check_regular(spec: &FileSpec, metadata: &Metadata) -> Result<(), ReadError> {
    if metadata.is_file() {
        Ok(())
    } else if metadata.is_dir() {
        Err(not_a_table(spec, "a folder", "name the file in it"))
    } else {
        let seems = "a pipe or a device, which can be read only once";
        let cure = "write what comes out of it to a file, and name that";
        Err(not_a_table(spec, seems, cure))
    }
}

impl Look {
    /// The offset of the first byte of the beginning that shows that the file is no UTF-8. A character
    /// that the beginning cuts off shows nothing.
    pub(super) fn foreign_byte_of_beginning(&self) -> Option<u64> {
        let mut check = Utf8Check::default();
        check.feed(&self.beginning);
        let is_whole = self.beginning.len() < BEGINNING_BYTES;
        let end = self.beginning.len() as u64 - 3.min(self.beginning.len() as u64);
        check
            .first_foreign_byte()
            .filter(|byte| is_whole || *byte < end)
    }

    /// Whether it is taken for UTF-8 only until a byte shows that it is not.
    pub(super) fn is_presumed(&self, spec: &FileSpec) -> bool {
        self.kind == Kind::Csv
            && spec.encoding.is_none()
            && self.layers.encoding().is_none()
            && !self.beginning.starts_with(MARK)
    }

    /// The hash of the file, in hexadecimal.
    pub(super) fn hash(&self, name: &str) -> Result<String, ReadError> {
        let mut hasher = blake3::Hasher::new();
        pass_over(name, Stretch::whole(&self.file), |bytes| {
            hasher.update_rayon(bytes);
        })?;
        Ok(hasher.finalize().to_hex().to_string())
    }

    /// Passes over the whole file, for its hash and, where it is only presumed to be UTF-8, the first byte
    /// of its text that is none.
    pub(super) fn digest(&self, spec: &FileSpec) -> Result<FileDigest, ReadError> {
        let (name, presumed) = (spec.name.as_str(), self.is_presumed(spec));
        let is_plain = self.layers.is_empty();
        let mut hasher = blake3::Hasher::new();
        let mut check = Utf8Check::default();
        pass_over(name, Stretch::whole(&self.file), |bytes| {
            rayon::join(
                || hasher.update_rayon(bytes),
                || (is_plain && presumed).then(|| check.feed(bytes)),
            );
        })?;
        if !is_plain && presumed {
            pass_over(name, self.layers.read(&self.file), |text| check.feed(text))?;
        }
        Ok(FileDigest {
            hash: hasher.finalize().to_hex().to_string(),
            first_foreign_byte: check.first_foreign_byte(),
        })
    }
}

/// Shows a reader's bytes to `see`, block by block.
fn pass_over(
    name: &str,
    read: io::Result<impl Read>,
    mut see: impl FnMut(&[u8]),
) -> Result<(), ReadError> {
    let failed = |error| stream_error(name, error);
    let mut read = read.map_err(failed)?;
    let mut block = vec![0; BLOCK_BYTES];
    loop {
        let filled = fill(&mut read, &mut block).map_err(failed)?;
        see(&block[..filled]);
        if filled < block.len() {
            return Ok(());
        }
    }
}

/// Whether the file is still the one that was looked through; a plan whose hash is of other bytes
/// than its rows would be a lie.
pub(super) fn check_unchanged(name: &str, file: &File, before: &Metadata) -> Result<(), ReadError> {
    let now = file.metadata().map_err(|source| ReadError::Unreadable {
        name: name.to_owned(),
        source,
    })?;
    let same = now.len() == before.len() && now.modified().ok() == before.modified().ok();
    same.then_some(()).ok_or_else(|| ReadError::Changed {
        name: name.to_owned(),
    })
}

/// First bytes that give away what no table begins with, and what to do about it.
const FOREIGN: &[(&[u8], &str, &str)] = &[
    (b"\xff\xfe\0\0", "UTF-32 text", SAVE_UTF8),
    (b"\0\0\xfe\xff", "UTF-32 text", SAVE_UTF8),
    (b"%PDF", "a PDF document", EXPORT_TABLE),
    (b"\x89PNG", "a picture", EXPORT_TABLE),
    (b"\xff\xd8\xff", "a picture", EXPORT_TABLE),
    (b"GIF8", "a picture", EXPORT_TABLE),
    (b"7z\xbc\xaf", "a compressed file", UNPACK),
    (b"Rar!", "a compressed file", UNPACK),
    (b"SQLite format 3", "an SQLite database", EXPORT_TABLE),
    (b"PAR1", "a Parquet file", EXPORT_TABLE),
    (b"{\\rtf", "a text document", EXPORT_TABLE),
];
/// Endings of the names of workbooks that are a zip or an old Office file.
const WORKBOOK_ENDINGS: &[&str] = &["xlsx", "xlsm", "xlsb", "xls", "ods"];
const SAVE_UTF8: &str = "save it as UTF-8 CSV";
const EXPORT_TABLE: &str = "export the table as CSV or as an Excel workbook (.xlsx)";
const UNPACK: &str = "unpack it and name the file inside";
const RENAME: &str = "rename it, or name the right file";

fn kind(spec: &FileSpec, beginning: &[u8]) -> Result<Kind, ReadError> {
    if beginning.iter().all(u8::is_ascii_whitespace) {
        return Err(ReadError::Empty {
            name: spec.name.clone(),
        });
    }
    let ending = ending(spec);
    let is_workbook_name = WORKBOOK_ENDINGS.contains(&ending.as_str());
    let is_xml_name = matches!(ending.as_str(), "xml" | "xls");
    let is_zip = beginning.starts_with(b"PK\x03\x04");
    let is_ole = beginning.starts_with(OLE_MAGIC);
    if (is_zip || is_ole) && is_workbook_name || is_xml_name && is_sheet_xml(beginning) {
        return Ok(Kind::Workbook);
    }
    let refused = |seems: &str, cure: &str| Err(not_a_table(spec, seems, cure));
    if is_ole {
        return refused(
            "an old or a password-protected Office file",
            "save it as .xlsx",
        );
    }
    if let Some((_, seems, cure)) = FOREIGN.iter().find(|row| beginning.starts_with(row.0)) {
        return refused(seems, cure);
    }
    let text = &beginning[..beginning.len().min(TEXT_LOOK_BYTES)];
    if let Some((seems, cure)) = no_cells(text) {
        return refused(seems, cure);
    }
    if is_workbook_name {
        return refused("text under the name of a workbook", RENAME);
    }
    Ok(Kind::Csv)
}

/// What a text is that holds no cells.
fn no_cells(text: &[u8]) -> Option<(&'static str, &'static str)> {
    if text.contains(&0) {
        return Some(("binary data", EXPORT_TABLE));
    }
    let text = text.strip_prefix(MARK).unwrap_or(text).trim_ascii_start();
    let begins = |with: &str| {
        let head = text.get(..with.len());
        head.is_some_and(|head| head.eq_ignore_ascii_case(with.as_bytes()))
    };
    if begins("<!doctype html") || begins("<html") {
        return Some(("a web page", EXPORT_TABLE));
    }
    begins("<").then_some(("XML", EXPORT_TABLE))
}

/// Whether a zip of this name is no archive of files.
fn is_name_of_workbook(spec: &FileSpec) -> bool {
    matches!(
        ending(spec).as_str(),
        "xlsx" | "xlsm" | "xlsb" | "xls" | "ods"
    )
}

fn ending(spec: &FileSpec) -> String {
    let ending = spec.path.extension().unwrap_or_default();
    ending.to_string_lossy().to_ascii_lowercase()
}

fn not_a_table(spec: &FileSpec, seems: &str, cure: &str) -> ReadError {
    ReadError::NotATable {
        name: spec.name.clone(),
        seems: seems.to_owned(),
        cure: cure.to_owned(),
    }
}
