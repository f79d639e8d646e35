//! How large a workbook and what is inside it may be.
//!
//! In: nothing. Out: the limits, each with its reason, and what is said where one is passed. A workbook is
//! small on disk and large in memory: what counts is what it unpacks to, found out while it is unpacked.

use std::error::Error;
use std::fmt;

use crate::read::ReadError;

/// Excel's own limits of a sheet.
pub(super) const ROWS_MAX: u32 = 1_048_576;
pub(super) const COLUMNS_MAX: u32 = 16_384;
/// Text of one row and of one sheet: one shared text may stand in every cell.
pub(super) const ROW_BYTES_MAX: usize = 8 << 20;
pub(super) const SHEET_BYTES_MAX: u64 = 8 << 30;
/// Cells and text of a workbook that is held as a whole (`.xls`, `.ods`), and bytes of such a file.
pub(super) const WHOLE_CELLS_MAX: u64 = 4 << 20;
pub(super) const WHOLE_TEXT_MAX: u64 = 256 << 20;
pub(super) const WHOLE_FILE_MAX: u64 = 64 << 20;
/// Parts of a workbook, bytes of one unpacked, and of all together.
pub(super) const PARTS_MAX: usize = 10_000;
pub(super) const PART_BYTES_MAX: u64 = 4 << 30;
pub(super) const ALL_BYTES_MAX: u64 = 8 << 30;
/// What a reader holds of the parts outside cells (shared texts, styles, names), in bytes of memory as
/// estimated: at most, without asking, and beyond that as a multiple of what is packed. Texts that are all
/// different do not pack by more.
pub(super) const HELD_BYTES_MAX: u64 = 1 << 30;
pub(super) const HELD_BYTES_FREE: u64 = 64 << 20;
pub(super) const HELD_RATIO_MAX: u64 = 100;
/// Shared texts of a workbook.
pub(super) const SHARED_TEXTS_MAX: u64 = 16 << 20;
/// One tag, or the text between two: sixteen times the longest cell, in the longest characters.
pub(super) const TOKEN_BYTES_MAX: usize = 2 << 20;
/// Comments and instructions of one part.
pub(super) const ASIDE_BYTES_MAX: usize = 16 << 20;
/// How deep elements lie within each other; in sheets it is ten.
pub(super) const DEPTH_MAX: usize = 256;
/// Merged areas of one sheet.
pub(super) const MERGES_MAX: usize = 1 << 17;

/// Why no more of a workbook is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// Its inside is broken.
    Damaged(String),
    /// It is larger than what is read.
    OverLimit {
        /// Which limit, where, and what was found.
        what: String,
        /// What to do.
        cure: &'static str,
    },
    /// It only opens with a password.
    Protected,
    /// It is no workbook, or another than its name says.
    Other {
        /// With article.
        seems: &'static str,
        /// What to do.
        cure: &'static str,
    },
}

/// What helps against most limits.
pub(super) const AS_CSV: &str = "export it as CSV, or in parts";
/// What helps against those of the kinds that are held as a whole.
pub(super) const AS_XLSX: &str = "save it as .xlsx";

impl Refusal {
    /// That its inside is broken.
    pub(super) fn damaged(what: impl Into<String>) -> Self {
        Self::Damaged(what.into())
    }

    /// That it is too large, where a CSV helps.
    pub(super) fn over(what: impl Into<String>) -> Self {
        Self::OverLimit {
            what: what.into(),
            cure: AS_CSV,
        }
    }

    /// The error about the file `name`.
    pub(super) fn about(self, name: &str) -> ReadError {
        let name = name.to_owned();
        match self {
            Self::Damaged(what) => ReadError::Damaged {
                name,
                source: what.into(),
            },
            Self::OverLimit { what, cure } => ReadError::OverLimit {
                name,
                what,
                cure: cure.to_owned(),
            },
            Self::Protected => ReadError::Protected { name },
            Self::Other { seems, cure } => ReadError::NotATable {
                name,
                seems: seems.to_owned(),
                cure: cure.to_owned(),
            },
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Damaged(what) | Self::OverLimit { what, .. } => what,
            Self::Protected => "password-protected",
            Self::Other { seems, .. } => seems,
        })
    }
}

impl Error for Refusal {}

/// Refuses what would take more memory than is given to what is held of a part.
pub(super) fn check_held(held: u64, packed: u64) -> Result<(), Refusal> {
    let by_ratio = HELD_BYTES_FREE.saturating_add(packed.saturating_mul(HELD_RATIO_MAX));
    if held <= by_ratio.min(HELD_BYTES_MAX) {
        return Ok(());
    }
    Err(Refusal::over(format!(
        "what it keeps outside its rows (shared texts, styles, names) would take more than {} of memory",
        megabytes(by_ratio.min(HELD_BYTES_MAX))
    )))
}

/// A size as people say it.
pub(super) fn megabytes(bytes: u64) -> String {
    format!("{} MB", bytes >> 20)
}
