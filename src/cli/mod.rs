//! The command line: arguments to requests, progress bars, questions, exit codes.
//!
//! In: argv and the terminal. Out: one call into `run/` and the code to exit with.
//! No command's work is done here, and nothing past this room sees a type of the argument parser.

mod args;
mod ask;
mod bars;
mod closed;

use std::fmt::Write as _;
use std::io::{self, IsTerminal, Write};
use std::path::Path;

use clap::{CommandFactory, Parser};

use crate::model::{Progress, Silent, Step, StopSignal, Trace, Unit};
use crate::run::{Console, Exit, Failure, without_people};

use args::{Arguments, Command};
use ask::Question;
use closed::WhileRead;

/// Runs the program on the process's arguments; the result is the exit code.
pub fn main() -> u8 {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // A closed pipe under `--help` is no reason to fail differently.
            let _ = error.print();
            return if error.use_stderr() {
                Exit::Usage.code()
            } else {
                Exit::Done.code()
            };
        }
    };
    arguments.color.write_global();
    let stop = StopSignal::default();
    let question = Question::default();
    listen(&stop, &question, arguments.command.hears_a_wish());
    #[cfg(unix)]
    raise_open_files();
    if let Some(threads) = arguments.threads {
        // Fails only where a pool is there already, which is never so early.
        let _ = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build_global();
    }
    let stdout = io::stdout().lock();
    let stdout = if arguments.is_for_workbook() {
        // Its bytes are no text from which colours could be taken off.
        anstream::AutoStream::always_ansi(stdout)
    } else {
        anstream::AutoStream::auto(stdout)
    };
    let mut out = WhileRead::new(stdout, arguments.command.has_verdict());
    let mut err = WhileRead::new(anstream::AutoStream::auto(io::stderr()), true);
    let (bars, words) = (bars::Bars, Words);
    let shown = !arguments.quiet && io::stderr().is_terminal();
    let progress: &dyn Progress = match (arguments.verbose, shown) {
        (true, _) => &words,
        (false, true) => &bars,
        (false, false) => &Silent,
    };
    if let Some(fault) = arguments.workbook_fault(io::stdout().is_terminal()) {
        return tell(&Failure::new(Exit::Usage, fault), here(), &mut err);
    }
    let mut ask = |words: &str| question.ask(words);
    let mut console = Console {
        out: &mut out,
        err: &mut err,
        progress,
        stop: &stop,
        ask: &mut ask,
        format: arguments.format.of_text(),
        width: width(),
        quiet: arguments.quiet,
        anonymise: arguments.anonymise,
    };
    let ended = dispatch(&arguments, &mut console).and_then(|exit| {
        console.out.flush()?;
        Ok(exit)
    });
    match ended {
        Ok(exit) => exit.code(),
        // The only fault is that the reader of the data has gone.
        Err(_) if out.is_closed() && !arguments.command.has_verdict() => Exit::Done.code(),
        Err(failure) => {
            let folder = arguments.command.folder();
            let failure = match &folder {
                Some(folder) if arguments.anonymise => without_people(folder, failure),
                _ => failure,
            };
            tell(&failure, folder.as_deref().unwrap_or(here()), &mut err)
        }
    }
}

/// Tells in words what is read and asked for, a line each; bars between them would be torn.
struct Words;

impl Progress for Words {
    fn begin(&self, _what: &str, _unit: Unit, _total: Option<u64>) -> Box<dyn Step> {
        Box::new(Silent)
    }

    fn trace(&self) -> Trace {
        // Nobody is left to hear that standard error is closed.
        Trace::to(|line| drop(writeln!(io::stderr(), "{line}")))
    }
}

/// Every export stays open from its first look to its last row, so that it is one and the same file; some
/// systems allow no more than 256 at a time unless asked.
#[cfg(unix)]
fn raise_open_files() {
    /// As many exports as can be told apart, and what else is open.
    const OPEN_FILES: u64 = 1 << 17;
    // Where it is not allowed, opening says so, with the name of the file.
    let _ = rlimit::increase_nofile_limit(OPEN_FILES);
}

/// Columns of the terminal; 100 where the output goes to a file.
fn width() -> usize {
    terminal_size::terminal_size_of(io::stdout()).map_or(100, |(width, _)| usize::from(width.0))
}

/// First Ctrl-C: end after the batch in flight, where the wish is heard; at a question it is a no, and the end. Second:
/// at once; the journal copes.
fn listen(stop: &StopSignal, question: &Question, is_heard: bool) {
    let (stop, question) = (stop.clone(), question.clone());
    // Without a handler Ctrl-C still ends the process, which the journal survives.
    let _ = ctrlc::set_handler(move || {
        let is_open = question.is_open();
        if is_open {
            // Nobody is left to hear that standard error is closed.
            let _ = writeln!(
                io::stderr(),
                "\nInterrupted; this command has written nothing."
            );
        }
        if is_open || stop.asked() || !is_heard {
            #[expect(
                clippy::exit,
                reason = "a second Ctrl-C aborts, wherever the run stands, and one at a question ends it"
            )]
            std::process::exit(i32::from(Exit::Interrupted.code()));
        }
        stop.ask();
    });
}

/// The causes of a failure, each said once: one that the next says in more words is left out.
fn each_once(chain: Vec<String>) -> Vec<String> {
    let mut causes: Vec<String> = Vec::new();
    for cause in chain {
        causes.pop_if(|last| cause.contains(last.as_str()));
        causes.push(cause);
    }
    causes
}

fn tell(failure: &Failure, folder: &Path, err: &mut dyn Write) -> u8 {
    let style = anstyle::AnsiColor::Red.on_default().bold();
    let (message, causes) = failure.words(folder);
    let mut words = format!("{style}error{style:#}: {message}");
    for cause in each_once(causes) {
        // A text in memory takes whatever is written to it.
        let _ = write!(words, "\n  because {cause}");
    }
    // Nobody is left to hear that standard error is closed.
    let _ = writeln!(err, "{words}");
    failure.exit.code()
}

fn dispatch(arguments: &Arguments, console: &mut Console<'_>) -> Result<Exit, Failure> {
    use crate::run;
    match &arguments.command {
        Command::Init { folder } => run::init(folder, console),
        Command::Load { folder, replace } => run::load(folder, *replace, console),
        Command::Pull { folder, replace } => run::pull(folder, *replace, console),
        Command::Plan { folder, exit_code } => run::plan(folder, *exit_code, console),
        Command::Show(show) => {
            let what = show.what(arguments.is_for_workbook());
            run::show(&show.folder(), &what, console)
        }
        Command::Apply {
            folder,
            consent,
            limit,
        } => run::apply(
            &run::ApplyRequest {
                folder,
                consent: consent.consent(),
                limit: *limit,
            },
            console,
        ),
        Command::Verify { folder } => run::verify(folder, console),
        Command::Undo {
            folder,
            consent,
            limit,
        } => run::undo(
            &run::ApplyRequest {
                folder,
                consent: consent.consent(),
                limit: *limit,
            },
            console,
        ),
        Command::Rehearse(rehearse) => run::rehearse(&rehearse.request(), console),
        Command::Explain { code } => run::explain(code.as_deref(), console),
        Command::Completions { shell } => {
            let mut command = Arguments::command();
            // The generator panics where it cannot write, as into a pipe that was closed.
            let mut script = Vec::new();
            clap_complete::generate(*shell, &mut command, "cutover", &mut script);
            console.out.write_all(&script)?;
            Ok(Exit::Done)
        }
        Command::Man => {
            clap_mangen::Man::new(Arguments::command()).render(&mut console.out)?;
            Ok(Exit::Done)
        }
    }
}

/// The folder a command works in, where none is named.
fn here() -> &'static Path {
    Path::new(".")
}

#[cfg(test)]
mod tests {
    use super::each_once;

    #[test]
    fn a_cause_is_said_once() {
        check("other causes", &["no room", "disk"], &["no room", "disk"]);
        check(
            "more words",
            &["disk full", "code 13: disk full"],
            &["code 13: disk full"],
        );
        check("none", &[], &[]);
    }

    #[track_caller]
    fn check(case: &str, chain: &[&str], expected: &[&str]) {
        let chain = chain.iter().map(ToString::to_string).collect();
        assert_eq!(each_once(chain), expected, "case: {case}");
    }
}
