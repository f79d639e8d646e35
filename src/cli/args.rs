//! What can be typed: commands, flags, and their help.
//!
//! In: argv. Out: clap's structs. Conflicts are declared here, not coded later.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::cli::here;
use crate::run::{Consent, Exit, Format, Limits, RehearseRequest, Share, Switch, What};

/// Brings people and their records into Dynamics 365 / Dataverse: who owns what, who has which role,
/// and who must be made first.
#[derive(Debug, Parser)]
#[command(name = "cutover", version, after_help = exit_codes(), arg_required_else_help = true)]
pub(super) struct Arguments {
    /// How data is printed.
    #[arg(long, global = true, value_enum, default_value_t)]
    pub format: FormatArgument,
    /// Say nothing but data and errors.
    #[arg(long, short, global = true)]
    pub quiet: bool,
    /// Say which files are read, which settings hold, and what a live environment is asked for.
    #[arg(long, short, global = true, conflicts_with = "quiet")]
    pub verbose: bool,
    /// Put tokens in place of people and mail domains in reports and in what is printed.
    #[arg(long, global = true)]
    pub anonymise: bool,
    /// How many threads work (default: one for each core).
    #[arg(long, global = true, value_name = "N", value_parser = threads)]
    pub threads: Option<usize>,
    #[command(flatten)]
    pub color: colorchoice_clap::Color,
    #[command(subcommand)]
    pub command: Command,
}

fn threads(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(threads @ 1..=256) => Ok(threads),
        _ => Err("expected a number from 1 to 256".to_owned()),
    }
}

fn exit_codes() -> String {
    let lines = Exit::ALL.map(|exit| format!("{:>5}  {}", exit.code(), exit.meaning()));
    format!("Exit codes:\n{}", lines.join("\n"))
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Look at the exports in a folder and write a manifest for them.
    Init {
        /// The project's folder.
        #[arg(value_name = "DIR", default_value = ".")]
        folder: PathBuf,
    },
    /// Fill the environment file from the folder of exports that the manifest names.
    Load {
        /// The project's folder.
        #[arg(value_name = "DIR", default_value = ".")]
        folder: PathBuf,
        /// Replace a file that a plan was applied to.
        #[arg(long)]
        replace: bool,
    },
    /// Fill the environment file from the live environment that the manifest names; nothing is written there.
    Pull {
        /// The project's folder.
        #[arg(value_name = "DIR", default_value = ".")]
        folder: PathBuf,
        /// Replace a file that a plan was applied to.
        #[arg(long)]
        replace: bool,
    },
    /// Make the plan: the dry run. Nothing is written to the target.
    Plan {
        /// The project's folder.
        #[arg(value_name = "DIR", default_value = ".")]
        folder: PathBuf,
        /// End with 6 where changes are pending.
        #[arg(long)]
        exit_code: bool,
    },
    /// Show a plan, its sheets, or everything about one owner, record or user.
    Show(ShowArguments),
    /// Apply the plan; after a stop, resume it.
    Apply {
        /// The project's folder.
        #[arg(value_name = "DIR", default_value = ".")]
        folder: PathBuf,
        #[command(flatten)]
        consent: ConsentArguments,
        /// Refuse a plan with more changes.
        #[arg(long, value_name = "N")]
        limit: Option<u64>,
    },
    /// Read the target back and say where it differs from the plan.
    Verify {
        /// The project's folder.
        #[arg(value_name = "DIR", default_value = ".")]
        folder: PathBuf,
    },
    /// Take back what apply wrote, newest first.
    Undo {
        /// The project's folder.
        #[arg(value_name = "DIR", default_value = ".")]
        folder: PathBuf,
        #[command(flatten)]
        consent: ConsentArguments,
        /// Refuse a way back with more changes.
        #[arg(long, value_name = "N")]
        limit: Option<u64>,
    },
    /// Serve a copy of the environment as a Dataverse Web API on loopback, to rehearse on.
    Rehearse(RehearseArguments),
    /// Explain a rule: what, why, example, cure, source; without a code list all.
    Explain {
        /// The rule's code, such as OWN002.
        code: Option<String>,
    },
    /// Write completions for a shell to standard output.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
    /// Write the man page to standard output.
    Man,
}

impl Command {
    /// Whether a wish to stop is heard: it works in batches and ends after one, or serves until then.
    pub(super) fn hears_a_wish(&self) -> bool {
        matches!(
            self,
            Self::Apply { .. } | Self::Undo { .. } | Self::Rehearse(_)
        )
    }

    /// The folder that it works in, where it does in one.
    pub(super) fn folder(&self) -> Option<PathBuf> {
        match self {
            Self::Init { folder }
            | Self::Load { folder, .. }
            | Self::Pull { folder, .. }
            | Self::Plan { folder, .. }
            | Self::Apply { folder, .. }
            | Self::Verify { folder }
            | Self::Undo { folder, .. } => Some(folder.clone()),
            Self::Show(show) => Some(show.folder()),
            Self::Rehearse(rehearse) => Some(rehearse.folder.clone()),
            Self::Explain { .. } | Self::Completions { .. } | Self::Man => None,
        }
    }

    /// Whether its exit code says more than that its words were printed.
    pub(super) fn has_verdict(&self) -> bool {
        matches!(
            self,
            Self::Init { .. }
                | Self::Load { .. }
                | Self::Pull { .. }
                | Self::Plan { .. }
                | Self::Apply { .. }
                | Self::Verify { .. }
                | Self::Undo { .. }
                | Self::Rehearse(_)
        )
    }
}

/// Leave to write.
#[derive(Debug, Args)]
pub(super) struct ConsentArguments {
    /// Do not ask; for environment files.
    #[arg(long, short, conflicts_with_all = ["target", "seal"])]
    yes: bool,
    /// Do not ask if this is the host written to; with --seal, for live environments.
    #[arg(long, value_name = "HOST", requires = "seal")]
    target: Option<String>,
    /// Do not ask if this is the seal of the plan, or its first eight digits.
    #[arg(long, value_name = "SEAL", requires = "target")]
    seal: Option<String>,
}

impl ConsentArguments {
    /// The same as leave.
    pub(super) fn consent(&self) -> Consent<'_> {
        match (&self.target, &self.seal) {
            (Some(target), Some(seal)) => Consent::Named { target, seal },
            _ if self.yes => Consent::Yes,
            _ => Consent::Ask,
        }
    }
}

/// `rehearse [DIR]`.
#[derive(Debug, Args)]
pub(super) struct RehearseArguments {
    /// The project's folder.
    #[arg(value_name = "DIR", default_value = ".")]
    folder: PathBuf,
    /// The port on loopback; 0 takes a free one.
    #[arg(long, value_name = "PORT", default_value_t = 8085)]
    port: u16,
    /// How late every answer is.
    #[arg(long, value_name = "TIME", default_value = "0ms", value_parser = duration)]
    latency: Duration,
    /// Which limits hold: those of the service, the same in small, or none.
    #[arg(long, value_enum, default_value_t)]
    limits: LimitsArgument,
    /// How many requests meet a fault, such as 2%.
    #[arg(long, value_name = "SHARE", default_value = "0")]
    faults: Share,
    /// The seed that decides which requests meet a fault.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// How to answer where no source is sure, such as duplicate-link=succeed or data-import=refused.
    #[arg(long = "as", value_name = "SWITCH")]
    switches: Vec<Switch>,
    /// The file with the secret for which tokens are given.
    #[arg(long, value_name = "FILE")]
    secret_file: Option<PathBuf>,
    /// Serve the environment file itself, and write to it.
    #[arg(long)]
    in_place: bool,
    /// Write a line for each change to this file; one that is there is replaced.
    #[arg(long, value_name = "FILE")]
    log: Option<PathBuf>,
}

impl RehearseArguments {
    /// The same as a request.
    pub(super) fn request(&self) -> RehearseRequest<'_> {
        RehearseRequest {
            folder: &self.folder,
            port: self.port,
            latency: self.latency,
            limits: self.limits.into(),
            faults: self.faults,
            seed: self.seed,
            switches: self.switches.iter().copied().collect(),
            secret_file: self.secret_file.as_deref(),
            in_place: self.in_place,
            log: self.log.as_deref(),
        }
    }
}

/// A time such as `80ms` or `2s`.
fn duration(text: &str) -> Result<Duration, String> {
    let (number, unit) = match text.strip_suffix("ms") {
        Some(number) => (number, 1),
        None => (text.strip_suffix('s').unwrap_or_default(), 1000),
    };
    let number: Option<u64> = number.parse().ok();
    match number.and_then(|number| number.checked_mul(unit)) {
        Some(milliseconds) => Ok(Duration::from_millis(milliseconds)),
        None => Err("expected a time such as `80ms` or `2s`".to_owned()),
    }
}

/// Which limits hold.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub(super) enum LimitsArgument {
    /// None.
    #[default]
    Off,
    /// The same rules with small numbers.
    Scaled,
    /// The service's own.
    Real,
}

impl From<LimitsArgument> for Limits {
    fn from(limits: LimitsArgument) -> Self {
        match limits {
            LimitsArgument::Off => Self::Off,
            LimitsArgument::Scaled => Self::Scaled,
            LimitsArgument::Real => Self::Real,
        }
    }
}

/// `show [DIR] [WHAT] [NAME]`.
#[derive(Debug, Args)]
pub(super) struct ShowArguments {
    /// The project's folder; may be left out.
    #[arg(value_name = "DIR")]
    first: Option<String>,
    /// plan, findings, changes, owners, stubs, users, roles, records, readiness, reconciliation, inputs, hand-over,
    /// steps, history, outcome, owner, record, user or schema.
    #[arg(value_name = "WHAT")]
    second: Option<String>,
    /// Which owner (a reference, or who gets records), record (an id) or user (a UPN, mail, name or id).
    #[arg(value_name = "NAME")]
    name: Vec<String>,
    /// What moved since another plan: its folder, a name or the first digits of a seal in history/, or `last`.
    #[arg(long, value_name = "OLDPLAN", conflicts_with = "name")]
    against: Option<String>,
}

impl ShowArguments {
    /// Folder, what and name, with the folder put in where it was left out. A name of several words
    /// needs no quotes.
    fn words(&self) -> (PathBuf, Option<&str>, String) {
        let (first, second) = (self.first.as_deref(), self.second.as_deref());
        match first {
            Some(word) if What::is_word(word) && !Path::new(word).is_dir() => {
                let name = self.second.iter().chain(&self.name).map(String::as_str);
                (here().to_owned(), first, name.collect::<Vec<_>>().join(" "))
            }
            Some(folder) => (PathBuf::from(folder), second, self.name.join(" ")),
            None => (here().to_owned(), None, String::new()),
        }
    }

    /// The project's folder.
    pub(super) fn folder(&self) -> PathBuf {
        self.words().0
    }

    /// What to show.
    pub(super) fn what(&self, as_workbook: bool) -> What {
        let (_, word, name) = self.words();
        if as_workbook {
            let against = self.against.as_ref().map(|_| "--against");
            return What::in_workbook(against.or(word));
        }
        let what = What::of(word, &name);
        match (&self.against, what) {
            (None, what) => what,
            (Some(old), What::Plan) => What::Against(old.clone()),
            (Some(_), _) => What::Unknown(format!("{} --against", word.unwrap_or_default())),
        }
    }
}

/// How data is printed.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub(super) enum FormatArgument {
    /// For people.
    #[default]
    Text,
    /// For programs.
    Json,
    /// For spreadsheets.
    Csv,
    /// A workbook, of `show` alone: cutover show DIR --format xlsx > plan.xlsx
    Xlsx,
}

impl FormatArgument {
    /// How data is printed as text.
    pub(super) fn of_text(self) -> Format {
        match self {
            Self::Text | Self::Xlsx => Format::Text,
            Self::Json => Format::Json,
            Self::Csv => Format::Csv,
        }
    }
}

impl Arguments {
    /// Whether a workbook is wanted, which is no text.
    pub(super) fn is_for_workbook(&self) -> bool {
        matches!(self.format, FormatArgument::Xlsx)
    }

    /// What is wrong with wanting a workbook, if anything is.
    pub(super) fn workbook_fault(&self, to_terminal: bool) -> Option<&'static str> {
        if !self.is_for_workbook() {
            return None;
        }
        if !matches!(self.command, Command::Show(_)) {
            return Some(
                "`--format xlsx` is of `cutover show` alone; expected text, json or csv here",
            );
        }
        to_terminal.then_some(
            "a workbook is nothing for a terminal; send it to a file: \
             cutover show DIR --format xlsx > plan.xlsx",
        )
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn the_folder_of_show_may_be_left_out() {
        check(&["show"], ".", "Plan");
        check(&["show", "samples/contoso"], "samples/contoso", "Plan");
        check(&["show", "findings"], ".", "Findings");
        check(
            &["show", "samples/contoso", "findings"],
            "samples/contoso",
            "Findings",
        );
        check(
            &["show", "owner", "Karl Meier"],
            ".",
            "Owner(\"Karl Meier\")",
        );
        check(
            &["show", "owner", "Karl", "Meier"],
            ".",
            "Owner(\"Karl Meier\")",
        );
        check(&["show", "p", "record", "x"], "p", "Record(\"x\")");
        check(&["show", "p", "user", "Ana"], "p", "User(\"Ana\")");
        check(&["show", "users"], ".", "Sheet(Users)");
        check(&["show", "p", "stub-users"], "p", "Stubs");
        check(
            &["show", "p", "--against", "last"],
            "p",
            "Against(\"last\")",
        );
        check(
            &["show", "plan", "--against", "0a1b"],
            ".",
            "Against(\"0a1b\")",
        );
        let both = "Unknown(\"findings --against\")";
        check(&["show", "p", "findings", "--against", "last"], "p", both);
        check(&["show", "p", "nonsense"], "p", "Unknown(\"nonsense\")");
        let xlsx = ["--format", "xlsx"];
        let check_xlsx = |typed: &[&str], folder: &str, what: &str| {
            check(&[typed, &xlsx].concat(), folder, what);
        };
        check_xlsx(&["show"], ".", "Workbook(Everything)");
        check_xlsx(&["show", "p", "plan"], "p", "Workbook(Everything)");
        check_xlsx(&["show", "owners"], ".", "Workbook(Sheet(Owners))");
        check_xlsx(&["show", "p", "stubs"], "p", "Workbook(Sheet(StubUsers))");
        check_xlsx(&["show", "p", "steps"], "p", "NoSheet(\"steps\")");
    }

    #[track_caller]
    fn check(typed: &[&str], folder: &str, what: &str) {
        let arguments = parsed(typed);
        let Command::Show(show) = &arguments.command else {
            panic!("not show")
        };
        assert_eq!(show.folder(), PathBuf::from(folder), "{typed:?}");
        let shown = show.what(arguments.is_for_workbook());
        assert_eq!(format!("{shown:?}"), what, "{typed:?}");
    }

    fn parsed(typed: &[&str]) -> Arguments {
        let words = std::iter::once("cutover").chain(typed.iter().copied());
        Arguments::try_parse_from(words).expect("parses")
    }

    #[test]
    fn a_workbook_is_of_show_and_goes_to_a_file() {
        let fault = |typed: &[&str], to_terminal| {
            let fault = parsed(typed).workbook_fault(to_terminal);
            fault.unwrap_or("none").split(';').next().map(str::to_owned)
        };
        let check = |typed: &[&str], to_terminal, expected: &str| {
            assert_eq!(
                fault(typed, to_terminal).as_deref(),
                Some(expected),
                "{typed:?}"
            );
        };
        check(&["show", "--format", "xlsx"], false, "none");
        check(&["show", "--format", "csv"], true, "none");
        check(
            &["show", "--format", "xlsx"],
            true,
            "a workbook is nothing for a terminal",
        );
        check(
            &["plan", "--format", "xlsx"],
            false,
            "`--format xlsx` is of `cutover show` alone",
        );
    }
}
