//! Which kind of workbook a file is, by its content, and whether its name says so too.
//!
//! In: the first bytes, the parts of a zip, the ending of the name. Out: the kind, or what is wrong with the name:
//! a file that contradicts its name is refused, not guessed at.

use crate::read::workbook::limits::Refusal;
use crate::read::workbook::package::Parts;

/// Old Office files, and new ones behind a password.
pub(in crate::read) const OLE_MAGIC: &[u8] = b"\xd0\xcf\x11\xe0";
/// How far into an XML file it must have said that it is a workbook.
const XML_LOOK_BYTES: usize = 16 << 10;

/// The kinds that are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// `.xlsx` and `.xlsm`.
    OfficeXml,
    /// `.xlsb`.
    Binary,
    /// `.ods`.
    OpenDocument,
    /// `.xls`.
    Old,
    /// XML Spreadsheet 2003: `.xml`, and `.xls` that holds it.
    SheetXml,
}

impl Kind {
    /// What a zip with these parts is.
    pub(super) fn of_zip(parts: &Parts) -> Result<Self, Refusal> {
        if parts.has("xl/workbook.bin") {
            return Ok(Self::Binary);
        }
        if parts.has("mimetype") && parts.has("content.xml") {
            return Ok(Self::OpenDocument);
        }
        if parts.has("_rels/.rels") && parts.any_within("xl/") {
            return Ok(Self::OfficeXml);
        }
        Err(Refusal::Other {
            seems: "a zip without a workbook inside",
            cure: "name the right file",
        })
    }

    /// Refuses a name whose ending says another kind.
    pub(super) fn check_name(self, ending: &str) -> Result<(), Refusal> {
        let fits = match self {
            Self::OfficeXml => matches!(ending, "xlsx" | "xlsm"),
            Self::Binary => ending == "xlsb",
            Self::OpenDocument => ending == "ods",
            Self::Old => ending == "xls",
            Self::SheetXml => matches!(ending, "xml" | "xls"),
        };
        if fits {
            return Ok(());
        }
        let (seems, cure) = match self {
            Self::OfficeXml => (
                "a workbook of the kind .xlsx under another name",
                "rename it to .xlsx",
            ),
            Self::Binary => ("a binary workbook under another name", "rename it to .xlsb"),
            Self::OpenDocument => (
                "an OpenDocument workbook under another name",
                "rename it to .ods",
            ),
            Self::Old => (
                "an old Excel workbook under the name of a new one",
                "rename it to .xls, or save it as .xlsx",
            ),
            Self::SheetXml => (
                "an XML Spreadsheet 2003 under another name",
                "rename it to .xml",
            ),
        };
        Err(Refusal::Other { seems, cure })
    }
}

/// Whether a text is an XML Spreadsheet 2003, by its first bytes.
pub(in crate::read) fn is_sheet_xml(beginning: &[u8]) -> bool {
    let look = &beginning[..beginning.len().min(XML_LOOK_BYTES)];
    // In UTF-16 every other byte of these words is a NUL.
    let narrow: Vec<u8> = look.iter().copied().filter(|byte| *byte != 0).collect();
    let has = |words: &[u8]| memchr::memmem::find(&narrow, words).is_some();
    has(b"<") && has(b"urn:schemas-microsoft-com:office:spreadsheet")
}
