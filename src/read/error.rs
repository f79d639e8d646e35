//! Why a file as a whole cannot be read.
//!
//! In: what opening or reading met. Out: one message with file, what was found, what was expected
//! and the cure. One bad row is no error here: it is a finding, and the other rows go on.

use std::error::Error;
use std::io;
use std::path::PathBuf;

use crate::model::{Code, quoted};

/// The file cannot be read as what it is; every variant ends the run with exit code 2.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// Nothing is there.
    #[error(
        "{name} is not there (looked at {}); put the export there, or correct `file` in the manifest",
        path.display(),
        name = quoted(&name)
    )]
    Missing {
        /// As the manifest writes it.
        name: String,
        /// Where it was looked for.
        path: PathBuf,
    },
    /// The system does not let it be opened or read.
    #[error(
        "{name} cannot be read; close it in other programs and check that it may be read",
        name = quoted(&name)
    )]
    Unreadable {
        /// As the manifest writes it.
        name: String,
        /// The system's words.
        source: io::Error,
    },
    /// Not one byte, or nothing but blanks.
    #[error("{name} is empty; export it again", name = quoted(&name))]
    Empty {
        /// As the manifest writes it.
        name: String,
    },
    /// A header and nothing below it.
    #[error(
        "{name} has a header and no rows; export it again, or take it out of the manifest",
        name = quoted(&name)
    )]
    NoRows {
        /// As the manifest writes it.
        name: String,
    },
    /// It is something else than a table that can be read.
    #[error("{name} seems to be {seems}; {cure}", name = quoted(&name))]
    NotATable {
        /// As the manifest writes it.
        name: String,
        /// With article: `a PDF document`.
        seems: String,
        /// What to do.
        cure: String,
    },
    /// A workbook that only opens with a password.
    #[error("{name} is password-protected; save it without a password", name = quoted(&name))]
    Protected {
        /// As the manifest writes it.
        name: String,
    },
    /// A workbook whose inside is broken.
    #[error(
        "{name} is cut off or damaged; copy it again, or save it again in Excel",
        name = quoted(&name)
    )]
    Damaged {
        /// As the manifest writes it.
        name: String,
        /// What the reader met.
        source: Box<dyn Error + Send + Sync>,
    },
    /// What is packed around a CSV is broken.
    #[error(
        "{name} is a {what} that is cut off or damaged; copy it again, or pack it again",
        name = quoted(&name)
    )]
    BrokenPacking {
        /// As the manifest writes it.
        name: String,
        /// How it is packed.
        what: &'static str,
        /// What the decoder met.
        source: io::Error,
    },
    /// Larger than what is read.
    #[error("{name} is over a limit: {what}; {cure}", name = quoted(&name))]
    OverLimit {
        /// As the manifest writes it.
        name: String,
        /// Which limit, where, and what was found.
        what: String,
        /// What to do.
        cure: String,
    },
    /// A setting of the manifest that no file can be read with.
    #[error(
        "{name}: {key} is {found}, expected {expected}",
        name = quoted(&name), key = quoted(&key), found = quoted(&found)
    )]
    Setting {
        /// As the manifest writes it.
        name: String,
        /// The manifest's key.
        key: &'static str,
        /// Its value.
        found: String,
        /// What it may be.
        expected: String,
    },
    /// Another program wrote to it between two passes.
    #[error(
        "{name} changed while it was being read; wait until it is saved and run again",
        name = quoted(&name)
    )]
    Changed {
        /// As the manifest writes it.
        name: String,
    },
    /// What was read cannot be put aside.
    #[error(
        "the ids of {name} cannot be kept in {} while the plan is made; see that the folder can be \
         written to and its disk has room, then run again",
        quoted(&folder.display()),
        name = quoted(&name)
    )]
    Scratch {
        /// As the manifest writes it.
        name: String,
        /// Where room was looked for.
        folder: PathBuf,
        /// The system's words.
        source: io::Error,
    },
    /// The workbook has no sheet of that name, or none that holds anything.
    #[error(
        "{name} has no sheet {wanted}; found {found}; name one with `sheet =` in the manifest",
        name = quoted(&name)
    )]
    NoSheet {
        /// As the manifest writes it.
        name: String,
        /// The name looked for, or what it should have been.
        wanted: String,
        /// The sheets there are.
        found: String,
    },
    /// A needed column is not there.
    #[error(
        "{name} has no column for the {what}: looked for {wanted}; found {found}; {cure}",
        name = quoted(&name)
    )]
    MissingColumn {
        /// As the manifest writes it.
        name: String,
        /// What the column would say.
        what: &'static str,
        /// Headers that would have been taken.
        wanted: String,
        /// Headers that are there.
        found: String,
        /// Which key of the manifest names it.
        cure: String,
    },
}

impl ReadError {
    /// The rule that speaks: FIL004 for what is looked for inside the file, else FIL001.
    pub fn code(&self) -> Code {
        match self {
            Self::NoSheet { .. } | Self::MissingColumn { .. } => Code::Fil004,
            _ => Code::Fil001,
        }
    }

    /// The message with the system's own words behind it, which say why.
    pub fn with_causes(&self) -> String {
        let mut words = self.to_string();
        let mut cause = self.source();
        while let Some(inner) = cause {
            words = format!("{words} ({inner})");
            cause = inner.source();
        }
        words
    }
}

/// Names in backticks, in order, cut to what a person still reads.
pub(super) fn name_list<'a>(names: impl Iterator<Item = &'a str>) -> String {
    const SHOWN_MAX: usize = 40;
    const LETTERS_MAX: usize = 80;
    let short = |name: &str| {
        let name = name.trim();
        match name.char_indices().nth(LETTERS_MAX) {
            Some((end, _)) => quoted(&format_args!("{}…", &name[..end])).to_string(),
            None => quoted(name).to_string(),
        }
    };
    let mut shown: Vec<String> = names.map(short).collect();
    let more = shown.len().saturating_sub(SHOWN_MAX);
    shown.truncate(SHOWN_MAX);
    if more > 0 {
        shown.push(format!("and {more} more"));
    }
    if shown.is_empty() {
        return "nothing".to_owned();
    }
    shown.join(", ")
}
