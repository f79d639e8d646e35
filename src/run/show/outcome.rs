//! What apply and undo did, from their journals alone.
//!
//! In: the plan and its journals. Out: counts and causes as after `apply`; as CSV every change that did not come out.

use std::ops::ControlFlow;

use crate::apply::{JournalState, Told, each_failure, journal_state, told};
use crate::model::guard_cell;
use crate::plan::SealedPlan;
use crate::report::outcome_json;
use crate::run::anonymous::Teller;
use crate::run::outcome::{Reported, print, rows, why, with_report};
use crate::run::{Console, Failure, Format};

/// Columns of the changes that did not come out.
const COLUMNS: [&str; 8] = [
    "seq", "kind", "about", "what", "code", "meaning", "message", "cure",
];

pub(super) fn show(
    plan: &SealedPlan,
    teller: &Teller,
    folder: &str,
    console: &mut Console<'_>,
) -> Result<(), Failure> {
    let state = state(journal_state(plan.folder())?);
    if console.format == Format::Csv {
        return failures(plan, teller, console);
    }
    let told = told(plan)?;
    if console.format == Format::Json {
        return json(plan, state, told.as_ref(), teller, console);
    }
    let seal = plan.short_seal();
    let Some(told) = told else {
        writeln!(console.out, "plan {seal} was not applied yet")?;
        return Ok(());
    };
    let heading = format!("Plan {seal} on {}: {state}", told.host);
    let out = reported(plan, &told, &heading, folder, teller);
    print(&out, console)?;
    if let Some(back) = &told.back {
        writeln!(console.out)?;
        let reported = Reported {
            heading: "Taken back by undo",
            applied: back,
            document: None,
            ..out
        };
        print(&reported, console)?;
    }
    Ok(())
}

fn reported<'a>(
    plan: &'a SealedPlan,
    told: &'a Told,
    heading: &'a str,
    folder: &'a str,
    teller: &'a Teller,
) -> Reported<'a> {
    Reported {
        heading,
        applied: &told.out,
        document: Some(plan.document()),
        timing: None,
        folder,
        teller,
    }
}

fn state(state: JournalState) -> &'static str {
    match state {
        JournalState::None => "not applied",
        JournalState::Begun { .. } => "applied in part",
        JournalState::Complete => "applied",
        JournalState::Undoing => "undone in part",
        JournalState::Undone => "undone",
    }
}

fn json(
    plan: &SealedPlan,
    state: &str,
    told: Option<&Told>,
    teller: &Teller,
    console: &mut Console<'_>,
) -> Result<(), Failure> {
    write!(
        console.out,
        "{{\"seal\": \"{}\", \"state\": \"{state}\"",
        plan.seal()
    )?;
    let applied = told.map(|told| (&told.out, Some(plan.document())));
    let back = told
        .and_then(|told| told.back.as_ref())
        .map(|back| (back, None));
    for (key, part) in [("applied", applied), ("undone", back)] {
        let Some((applied, document)) = part else {
            continue;
        };
        write!(console.out, ", \"{key}\": ")?;
        let reported = Reported {
            heading: "",
            applied,
            document,
            timing: None,
            folder: "",
            teller,
        };
        with_report(&reported, &rows(applied), &mut |report| {
            Ok(outcome_json(console.out, report)?)
        })?;
    }
    Ok(writeln!(console.out, "}}")?)
}

/// Every change that did not come out, a line each.
fn failures(plan: &SealedPlan, teller: &Teller, console: &mut Console<'_>) -> Result<(), Failure> {
    let mut table = csv::Writer::from_writer(&mut *console.out);
    let mut line = |cells: &[String]| {
        let cells = cells.iter().map(|cell| guard_cell(cell).into_owned());
        table.write_record(cells).map_err(std::io::Error::other)
    };
    let mut written = line(&COLUMNS.map(str::to_owned));
    each_failure(plan, &mut |failure| {
        let row = why(failure.kind, &failure.outcome, 1, Vec::new(), teller);
        let cells = [
            failure.seq.0.to_string(),
            row.kind,
            teller.prose(failure.what),
            row.what.to_owned(),
            row.code.unwrap_or_default(),
            row.meaning.unwrap_or_default().to_owned(),
            row.message,
            row.cure.to_owned(),
        ];
        if written.is_ok() {
            written = line(&cells);
        }
        match written {
            Ok(()) => ControlFlow::Continue(()),
            Err(_) => ControlFlow::Break(()),
        }
    })?;
    written?;
    Ok(table.flush()?)
}
