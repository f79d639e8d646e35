//! What a command may talk to: writers, progress, the wish to stop, somebody to ask.
//!
//! In: what `cli/` found (or a test made up). Out: the same, for every command.

use std::io::Write;
use std::path::Path;

use crate::model::{Input, Progress, StopSignal};
use crate::plan::SealedPlan;
use crate::project::{MANIFEST, Project};
use crate::run::Failure;

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

/// A setting, without what names people or where they belong.
fn setting(key: &str, value: &str) -> String {
    let names_people = matches!(key, "owners.fallback" | "accept.administrators");
    if key.starts_with(DOMAINS) {
        return format!("setting: {DOMAINS} = (mail domains)");
    }
    let value = if names_people || value.contains('@') {
        "(somebody)"
    } else {
        value
    };
    format!("setting: {key} = {value}")
}

/// What settings begin with that say which mail domain became which.
const DOMAINS: &str = "owners.domains";

impl Console<'_> {
    /// Tells a detail that only who asked for many words wants to hear; see [`Trace`](crate::model::Trace) for what may
    /// not be in it.
    pub(super) fn detail(&self, words: impl FnOnce() -> String) {
        self.progress.trace().note(words);
    }

    /// Opens a project, and tells the settings that hold in it.
    pub(super) fn project(&self, folder: &Path) -> Result<Project, Failure> {
        let project = Project::open(folder)?;
        self.detail(|| format!("read: {}", folder.join(MANIFEST).display()));
        for (key, value) in project.manifest.settings() {
            self.detail(|| setting(&key, &value));
        }
        Ok(project)
    }

    /// Opens the plan in a folder.
    pub(super) fn plan(&self, folder: &Path) -> Result<SealedPlan, Failure> {
        let plan = SealedPlan::open(folder)?;
        self.detail(|| format!("read: {}, seal {}", folder.display(), plan.short_seal()));
        Ok(plan)
    }

    /// Tells of a file that was read.
    pub(super) fn read(&self, input: &Input) {
        self.detail(|| {
            let sheet = input.sheet.as_ref();
            let sheet = sheet.map_or(String::new(), |sheet| format!(", sheet `{sheet}`"));
            let encoding = match input.encoding.as_str() {
                "" => String::new(),
                encoding => format!(", {encoding}"),
            };
            format!(
                "read: {}, {} bytes{encoding}{sheet}",
                input.name, input.bytes
            )
        });
    }

    /// Says something that is no data, unless told to be quiet.
    pub fn say(&mut self, words: &str) -> std::io::Result<()> {
        if self.quiet {
            Ok(())
        } else {
            writeln!(self.err, "{words}")
        }
    }
}
