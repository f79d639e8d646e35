//! What became of changes, for people and for programs: after `apply` and `undo`, and from the journal alone.
//!
//! In: what `apply/` says of a run or a journal, the plan's document, times. Out: a report on standard output; times and
//! what went over the line on standard error, because no two runs have the same.

use crate::apply::{Account, Applied, Cause, Tally};
use crate::model::{ChangeKind, Outcome};
use crate::plan::Document;
use crate::report::{
    CauseOf, CauseRow, FailureRow, NotForetellable, OutcomeReport, OutcomeRow, Page, RunTime,
    Timing, Way, cause_row, counts_csv, outcome, outcome_json,
};
use crate::run::anonymous::Teller;
use crate::run::{Console, Failure, Format};

/// What is reported.
#[derive(Clone, Copy)]
pub(super) struct Reported<'a> {
    /// What was done, in a line.
    pub(super) heading: &'a str,
    /// What became of it.
    pub(super) applied: &'a Applied,
    /// The plan whose rows are accounted for; none for an undo.
    pub(super) document: Option<&'a Document>,
    /// What was on its way.
    pub(super) way: Way,
    /// When it ran, where only the journal is known.
    pub(super) runs: &'a [RunTime],
    /// How long it took; none where only the journal is known.
    pub(super) timing: Option<&'a Timing>,
    /// The project's folder as typed.
    pub(super) folder: &'a str,
    /// How people are told.
    pub(super) teller: &'a Teller,
}

/// Prints what became of every change; of a plan that was applied, also of every row.
pub(super) fn print(reported: &Reported<'_>, console: &mut Console<'_>) -> Result<(), Failure> {
    let rows = rows(reported.applied);
    with_report(reported, &rows, &mut |report| {
        match console.format {
            Format::Text => {
                let mut page = Page {
                    out: &mut *console.out,
                    width: console.width,
                    folder: reported.folder,
                };
                outcome(&mut page, report)?;
            }
            Format::Json => outcome_json(console.out, report)?,
            Format::Csv => counts_csv(console.out, &rows)?,
        }
        Ok(())
    })?;
    for line in reported.timing.map(Timing::words).unwrap_or_default() {
        console.say(&line)?;
    }
    Ok(())
}

/// Makes the report and hands it on.
pub(super) fn with_report<T>(
    reported: &Reported<'_>,
    rows: &[OutcomeRow],
    take: &mut dyn FnMut(&OutcomeReport<'_>) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let (applied, teller) = (reported.applied, reported.teller);
    let failures: Vec<FailureRow> = applied
        .failures
        .iter()
        .map(|failure| FailureRow {
            subject: format!("{}: {}", failure.kind.words(), teller.about(&failure.what)),
            message: words(&failure.outcome, reported.way, teller),
        })
        .collect();
    let causes: Vec<CauseRow> = applied
        .causes
        .iter()
        .map(|one| cause(one, reported.way, teller))
        .collect();
    let refusals = reported
        .document
        .map(|document| not_foretellable(applied, document));
    take(&OutcomeReport {
        heading: reported.heading,
        rows,
        causes: &causes,
        failures: &failures,
        not_foretellable: refusals.as_ref(),
        document: reported.document,
        way: reported.way,
        runs: reported.runs,
        timing: reported.timing,
    })
}

/// The counts, a row a kind.
pub(super) fn rows(applied: &Applied) -> Vec<OutcomeRow> {
    let accounts = applied.accounts.iter();
    accounts
        .map(|(kind, account)| row(kind.words(), *account))
        .collect()
}

fn row(kind: &str, account: Account) -> OutcomeRow {
    let Tally {
        done,
        no_change,
        failed,
        drifted,
        skipped,
    } = account.tally();
    OutcomeRow {
        kind: kind.to_owned(),
        planned: account.planned(),
        done,
        no_change,
        failed,
        drifted,
        skipped,
        open: account.open(),
    }
}

fn cause(cause: &Cause, way: Way, teller: &Teller) -> CauseRow {
    let Cause {
        kind,
        count,
        outcome,
        about,
        ..
    } = cause;
    let about = about.iter().map(|one| teller.about(one));
    why((*kind, way), outcome, *count, about.collect(), teller)
}

/// Why changes did not come out that ended like this one.
pub(super) fn why(
    (kind, way): (ChangeKind, Way),
    outcome: &Outcome,
    count: u64,
    about: Vec<String>,
    teller: &Teller,
) -> CauseRow {
    let (of, message) = match outcome {
        // The code stands before its words.
        Outcome::Failed(refusal) => {
            let message = teller.prose(refusal.message.clone());
            (CauseOf::Refused(refusal.code.0), message)
        }
        Outcome::Drifted(_) => (CauseOf::Drifted, words(outcome, way, teller)),
        Outcome::Skipped | Outcome::Done { .. } | Outcome::NoChangeNeeded => {
            (CauseOf::Skipped, words(outcome, way, teller))
        }
    };
    cause_row((of, way), kind.words(), message, count, about)
}

/// Every refusal of an approved plan is one that no finding foretold; but a guarding rule that the
/// manifest leaves unchecked was not asked.
fn not_foretellable(applied: &Applied, document: &Document) -> NotForetellable {
    let unchecked = document
        .unchecked
        .iter()
        .filter(|rule| rule.guards && rule.changes > 0)
        .map(|rule| rule.code.clone());
    NotForetellable {
        refused: applied.total().failed,
        by_code: applied
            .refused
            .iter()
            .map(|(code, count)| (code.to_string(), *count))
            .collect(),
        unchecked: unchecked.collect(),
    }
}

/// How a change ended, in words.
fn words(outcome: &Outcome, way: Way, teller: &Teller) -> String {
    match outcome {
        Outcome::Done { .. } => "done".to_owned(),
        Outcome::NoChangeNeeded => "no change needed".to_owned(),
        Outcome::Failed(refusal) => {
            let message = teller.prose(refusal.message.clone());
            format!("refused: {} {message}", refusal.code)
        }
        Outcome::Drifted(present) => format!(
            "drifted: holds {}, which is neither {}; nothing was written",
            teller.held(present),
            match way {
                Way::Out => "the planned before nor after",
                Way::Back => "what was written nor what was there before",
            }
        ),
        Outcome::Skipped => "skipped: a change that it needs did not come about".to_owned(),
    }
}
