//! What a command may talk to: writers, progress, the wish to stop, somebody to ask.
//!
//! In: what `cli/` found (or a test made up). Out: the same, for every command.

use std::io::Write;

use crate::model::{Progress, StopSignal};

/// How data is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// For programs.
    Json,
    /// For spreadsheets.
    Csv,
}

/// What somebody answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Go on.
    Yes,
    /// Do not.
    No,
    /// There is nobody to ask.
    Nobody,
}

/// Everything outside the rooms that a command talks to.
pub struct Console<'a> {
    /// Data.
    pub out: &'a mut dyn Write,
    /// Words that are no data.
    pub err: &'a mut dyn Write,
    /// How far a long step is.
    pub progress: &'a dyn Progress,
    /// Ctrl-C.
    pub stop: &'a StopSignal,
    /// Asks a yes-or-no question.
    pub ask: &'a mut dyn FnMut(&str) -> Answer,
    /// How data is printed.
    pub format: Format,
    /// Columns that text may take.
    pub width: usize,
    /// Whether words that are no data are unwanted.
    pub quiet: bool,
    /// Whether people are told by tokens.
    pub anonymise: bool,
}

impl Console<'_> {
    /// Says something that is no data, unless told to be quiet.
    pub fn say(&mut self, words: &str) -> std::io::Result<()> {
        if self.quiet {
            Ok(())
        } else {
            writeln!(self.err, "{words}")
        }
    }
}
