//! What lies between the bytes of a file and the text that a CSV reader cuts: a packing, an encoding.
//!
//! In: a file with its first bytes, and what the manifest says of it. Out: the layers, the first bytes of
//! the text, and a reader of it. A file without any is read as it lies, by position, and its bytes never
//! pass through here.

use std::fs::File;
use std::io::{self, Read};

use crate::model::quoted;
use crate::read::encoding::{Encoding, LABELS};
use crate::read::look::BEGINNING_BYTES;
use crate::read::stretch::Stretch;
use crate::read::transcode::{CutOff, Transcoded, tell_utf_16};
use crate::read::unpack::{Packed, Packing, unpack_error};
use crate::read::{FileSpec, ReadError};

/// The layers of a file, from the outside.
#[derive(Debug, Default)]
pub(super) struct Layers {
    packed: Option<Packed>,
    /// What the text is in; whether its end was inferred from NULs.
    encoding: Option<(&'static encoding_rs::Encoding, bool)>,
}

impl Layers {
    /// The layers of `file`, whose first bytes are `beginning`, and the first bytes of its text.
    pub(super) fn tell(
        spec: &FileSpec,
        file: &File,
        beginning: Vec<u8>,
    ) -> Result<(Self, Vec<u8>), ReadError> {
        let mut layers = Self::default();
        let mut text = beginning;
        if let Some(packing) = Packing::of(&text) {
            layers.packed = Some(Packed::open(&spec.name, file, packing)?);
            text = layers.beginning(spec, file)?;
            if Packing::of(&text).is_some() || text.starts_with(OLE) {
                return Err(ReadError::NotATable {
                    name: spec.name.clone(),
                    seems: "packed twice, or a packed workbook".to_owned(),
                    cure: "unpack it and name the file inside".to_owned(),
                });
            }
        }
        layers.encoding = encoding(spec, &text)?;
        if layers.encoding.is_some() {
            text = layers.beginning(spec, file)?;
        }
        Ok((layers, text))
    }

    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.packed.is_none() && self.encoding.is_none()
    }

    /// How the text is encoded in the file, where that is one of the layers.
    pub(super) fn encoding(&self) -> Option<Encoding> {
        let (encoding, _) = self.encoding?;
        Some(Encoding::Transcoded(encoding))
    }

    /// Whether which UTF-16 it is was told from its letters.
    pub(super) fn is_inferred(&self) -> bool {
        self.encoding.is_some_and(|(_, inferred)| inferred)
    }

    /// The file of an archive that is read and those that are not, where there are several.
    pub(super) fn chosen(&self) -> Option<(&str, &[String])> {
        self.packed.as_ref().and_then(Packed::chosen)
    }

    /// The text from its beginning. Each error of it is for [`stream_error`].
    pub(super) fn read(&self, file: &File) -> io::Result<Box<dyn Read + Send>> {
        let inside: Box<dyn Read + Send> = match &self.packed {
            Some(packed) => packed.read(file)?,
            None => Box::new(Stretch::whole(file)?),
        };
        Ok(match self.encoding {
            Some((encoding, _)) => Box::new(Transcoded::new(inside, encoding)),
            None => inside,
        })
    }

    fn beginning(&self, spec: &FileSpec, file: &File) -> Result<Vec<u8>, ReadError> {
        let mut text = Vec::new();
        self.read(file)
            .and_then(|read| read.take(BEGINNING_BYTES as u64).read_to_end(&mut text))
            .map_err(|error| stream_error(&spec.name, error))?;
        Ok(text)
    }
}

/// Old Office files, and new ones behind a password.
const OLE: &[u8] = b"\xd0\xcf\x11\xe0";

/// What an error means that a reader of a file's text gives.
pub(super) fn stream_error(name: &str, error: io::Error) -> ReadError {
    match error.downcast::<CutOff>() {
        Ok(cut_off) => ReadError::Damaged {
            name: name.to_owned(),
            source: cut_off.into(),
        },
        Err(error) => unpack_error(name, error),
    }
}

/// The encoding that stands between a text and its reader, and whether it was inferred.
fn encoding(
    spec: &FileSpec,
    beginning: &[u8],
) -> Result<Option<(&'static encoding_rs::Encoding, bool)>, ReadError> {
    let told = tell_utf_16(beginning);
    let Some(label) = &spec.encoding else {
        return Ok(told.map(|(encoding, by_mark)| (encoding, !by_mark)));
    };
    let refused = |expected: &str| ReadError::Setting {
        name: spec.name.clone(),
        key: "encoding",
        found: label.clone(),
        expected: expected.to_owned(),
    };
    let named = match (label.trim().to_ascii_lowercase().as_str(), told) {
        ("utf-16" | "utf16", Some((encoding, _))) => Encoding::Transcoded(encoding),
        ("utf-16" | "utf16", None) => {
            return Err(refused(
                "`utf-16le` or `utf-16be`, as its beginning tells neither",
            ));
        }
        (label, _) => Encoding::from_label(label).ok_or_else(|| refused(LABELS))?,
    };
    if let Some((told, by_mark)) = told
        && named != Encoding::Transcoded(told)
    {
        let label = Encoding::Transcoded(told).label();
        let why = if by_mark {
            "as its byte order mark says"
        } else {
            "as every second byte is NUL"
        };
        return Err(refused(&format!("{label}, {why}", label = quoted(&label))));
    }
    Ok(match named {
        Encoding::Transcoded(named) => Some((named, false)),
        Encoding::Utf8 | Encoding::SingleByte(_) => None,
    })
}
