//! `show`: a plan again, its sheets, or what became of one owner, record or user; how it differs from the plan
//! before; and what apply did.
//!
//! In: the sealed plan on disk, or a journal. Out: data on standard output. Nothing is planned or written here.

mod against;
mod history;
mod one;
mod outcome;
mod whole;
mod workbook;

use std::path::Path;

use crate::model::quoted;
use crate::report::{Page, SheetName, WorkbookOf};
use crate::run::anonymous;
use crate::run::{Console, Exit, Failure};

/// What can be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// The summary.
    Plan,
    /// Every finding.
    Findings,
    /// Every change.
    Changes,
    /// The stub users.
    Stubs,
    /// Everybody in scope: who can work on day one.
    Readiness,
    /// Lists for administrators.
    HandOver,
    /// The order of go-live.
    Steps,
    /// Another sheet of the plan.
    Sheet(SheetName),
    /// One owner reference, or one who gets records: what became of it, and why.
    Owner(String),
    /// One record: why this owner.
    Record(String),
    /// One user: can they work, and what becomes of them.
    User(String),
    /// What moved since another plan: a folder, a seal's first digits, a folder's name in the history, or `last`.
    Against(String),
    /// All plans of the project, in order.
    History,
    /// What apply and undo did, from their journals.
    Outcome,
    /// The JSON Schema of `plan.json`.
    Schema,
    /// A workbook, or one sheet of it.
    Workbook(WorkbookOf),
    /// Nothing that the workbook has a sheet for.
    NoSheet(String),
    /// No such thing.
    Unknown(String),
}

/// The words of [`What`], as typed.
const WORDS: &[&str] = &[
    "plan",
    "findings",
    "changes",
    "owners",
    "stubs",
    "users",
    "roles",
    "records",
    "readiness",
    "reconciliation",
    "inputs",
    "hand-over",
    "steps",
    "owner",
    "record",
    "user",
    "history",
    "outcome",
    "schema",
];

impl What {
    /// Whether a word names something to show.
    pub fn is_word(word: &str) -> bool {
        WORDS.contains(&word) || word == "stub-users"
    }

    /// What the words ask for, as a workbook.
    pub fn in_workbook(word: Option<&str>) -> Self {
        match workbook::of(word) {
            Some(of) => Self::Workbook(of),
            None => Self::NoSheet(word.unwrap_or_default().to_owned()),
        }
    }

    /// What the words ask for.
    pub fn of(word: Option<&str>, name: &str) -> Self {
        let Some(word) = word else {
            return Self::Plan;
        };
        let named = !name.is_empty();
        match word {
            "plan" => Self::Plan,
            "findings" => Self::Findings,
            "changes" => Self::Changes,
            "stubs" | "stub-users" => Self::Stubs,
            "readiness" => Self::Readiness,
            "hand-over" | "handover" => Self::HandOver,
            "steps" => Self::Steps,
            "history" => Self::History,
            "outcome" => Self::Outcome,
            "schema" => Self::Schema,
            "owner" if named => Self::Owner(name.to_owned()),
            "record" if named => Self::Record(name.to_owned()),
            "user" if named => Self::User(name.to_owned()),
            word => match SheetName::ALL.into_iter().find(|sheet| sheet.key() == word) {
                Some(sheet) => Self::Sheet(sheet),
                None => Self::Unknown(word.to_owned()),
            },
        }
    }
}

/// Shows it.
pub fn show(folder: &Path, what: &What, console: &mut Console<'_>) -> Result<Exit, Failure> {
    if *what == What::Schema {
        write!(console.out, "{}", crate::plan::schema())?;
        return Ok(Exit::Done);
    }
    if let Some(words) = not_shown(what, console) {
        return Err(Failure::new(Exit::Usage, words));
    }
    let project = console.project(folder)?;
    if *what == What::History {
        history::show(&project, &folder.display().to_string(), console)?;
        return Ok(Exit::Done);
    }
    let plan = console.plan(&project.plan())?;
    let shown = folder.display().to_string();
    if *what == What::Outcome {
        outcome::show(&project, plan, &shown, console)?;
        return Ok(Exit::Done);
    }
    let sheets = anonymous::sheets(&project, &plan, console)?;
    match what {
        What::Owner(name) => one::owner(&project, &sheets, name, &shown, console)?,
        What::Record(name) => one::record(&project, &sheets, name, &shown, console)?,
        What::User(name) => one::user(&sheets, name, &shown, console)?,
        What::Workbook(of) => workbook::show(&sheets, *of, console)?,
        What::Against(old) => against::show(&project, &sheets, old, &shown, console)?,
        _ => whole::show(&sheets, what, &shown, console)?,
    }
    Ok(Exit::Done)
}

/// Why something cannot be shown, whatever the plan.
fn not_shown(what: &What, console: &Console<'_>) -> Option<String> {
    match what {
        What::NoSheet(word) => Some(workbook::no_sheet(word)),
        What::Unknown(word) => {
            let words = WORDS.join(", ");
            // It may be a name for which the word before it was forgotten.
            let word = if console.anonymise {
                "that".to_owned()
            } else {
                quoted(word).to_string()
            };
            Some(format!(
                "{word} cannot be shown like this; expected one of {words} (`owner`, `record` and `user` need a \
                 name)"
            ))
        }
        _ => None,
    }
}

fn page<'a>(console: &'a mut Console<'_>, folder: &'a str) -> Page<'a> {
    Page {
        out: &mut *console.out,
        width: console.width,
        folder,
    }
}

fn json(value: &impl serde::Serialize, console: &mut Console<'_>) -> Result<(), Failure> {
    serde_json::to_writer_pretty(&mut *console.out, value).map_err(std::io::Error::from)?;
    Ok(writeln!(console.out)?)
}
