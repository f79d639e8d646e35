//! What apply and undo did, from their journals alone.
//!
//! In: the plan, those of the history that were undone after it, and their journals. Out: counts and causes as after
//! `apply`, with the times of each run; as CSV every change that was not written or not taken back.

use std::ops::ControlFlow;

use serde::Serialize;
use serde_json::Value;

use crate::apply::{Direction, JournalState, PassTime, Told, each_failure, journal_state, told};
use crate::model::guard_cell;
use crate::plan::SealedPlan;
use crate::project::Project;
use crate::report::{RunTime, Way, outcome_value};
use crate::run::anonymous::Teller;
use crate::run::completed::undone_under;
use crate::run::outcome::{Reported, print, rows, why, with_report};
use crate::run::{Console, Failure, Format};

/// Columns of the changes that did not come out.
const COLUMNS: [&str; 10] = [
    "plan",
    "direction",
    "seq",
    "kind",
    "about",
    "what",
    "code",
    "meaning",
    "message",
    "cure",
];

pub(super) fn show(
    project: &Project,
    plan: SealedPlan,
    folder: &str,
    console: &mut Console<'_>,
) -> Result<(), Failure> {
    let state = journal_state(plan.folder())?;
    let older = undone_under(project, &plan)?;
    let mut plans = vec![(plan, state)];
    plans.extend(older);
    match console.format {
        Format::Csv => failures(project, &plans, console),
        Format::Json => json(project, &plans, console),
        Format::Text => {
            for (number, (plan, state)) in plans.iter().enumerate() {
                if number > 0 {
                    writeln!(console.out)?;
                }
                let teller = Teller::of(project, plan, console)?;
                text(plan, word(*state), &teller, folder, console)?;
            }
            Ok(())
        }
    }
}

fn text(
    plan: &SealedPlan,
    state: &str,
    teller: &Teller,
    folder: &str,
    console: &mut Console<'_>,
) -> Result<(), Failure> {
    let seal = plan.short_seal();
    let Some(told) = told(plan)? else {
        writeln!(console.out, "plan {seal} was not applied yet")?;
        return Ok(());
    };
    let heading = format!("Plan {seal} on {}: {state}", told.host);
    let (out, back) = (runs(&told.out_times), runs(&told.back_times));
    let reported = reported(plan, &told, teller);
    let reported = Reported {
        heading: &heading,
        runs: &out,
        folder,
        ..reported
    };
    print(&reported, console)?;
    if let Some(applied) = &told.back {
        writeln!(console.out)?;
        let reported = Reported {
            heading: "Taken back by undo",
            applied,
            document: None,
            way: Way::Back,
            runs: &back,
            ..reported
        };
        print(&reported, console)?;
    }
    Ok(())
}

fn reported<'a>(plan: &'a SealedPlan, told: &'a Told, teller: &'a Teller) -> Reported<'a> {
    Reported {
        heading: "",
        applied: &told.out,
        document: Some(plan.document()),
        way: Way::Out,
        runs: &[],
        timing: None,
        folder: "",
        teller,
    }
}

fn runs(times: &[PassTime]) -> Vec<RunTime> {
    let runs = times
        .iter()
        .map(|time| RunTime::new(time.started, time.ended));
    runs.collect()
}

fn word(state: JournalState) -> &'static str {
    match state {
        JournalState::None => "not applied",
        JournalState::Begun { .. } => "applied in part",
        JournalState::Complete => "applied",
        JournalState::Undoing => "undone in part",
        JournalState::Undone => "undone",
    }
}

/// What became of a plan.
#[derive(Serialize)]
struct PlanOutcome {
    seal: String,
    state: &'static str,
    /// What apply did.
    #[serde(skip_serializing_if = "Option::is_none")]
    applied: Option<Value>,
    /// What undo did.
    #[serde(skip_serializing_if = "Option::is_none")]
    undone: Option<Value>,
    /// Older plans that were undone after it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    undone_after: Vec<PlanOutcome>,
}

fn json(
    project: &Project,
    plans: &[(SealedPlan, JournalState)],
    console: &mut Console<'_>,
) -> Result<(), Failure> {
    let mut outcomes = Vec::new();
    for (plan, state) in plans {
        let teller = Teller::of(project, plan, console)?;
        outcomes.push(plan_outcome(plan, *state, &teller)?);
    }
    let mut outcomes = outcomes.into_iter();
    if let Some(current) = outcomes.next() {
        let undone_after = outcomes.collect();
        let outcome = PlanOutcome {
            undone_after,
            ..current
        };
        serde_json::to_writer_pretty(&mut *console.out, &outcome).map_err(std::io::Error::from)?;
        writeln!(console.out)?;
    }
    Ok(())
}

fn plan_outcome(
    plan: &SealedPlan,
    state: JournalState,
    teller: &Teller,
) -> Result<PlanOutcome, Failure> {
    let mut outcome = PlanOutcome {
        seal: plan.seal().to_owned(),
        state: word(state),
        applied: None,
        undone: None,
        undone_after: Vec::new(),
    };
    let Some(told) = told(plan)? else {
        return Ok(outcome);
    };
    let value = |reported: &Reported<'_>| {
        with_report(reported, &rows(reported.applied), &mut |report| {
            Ok(outcome_value(report))
        })
    };
    let (out, back) = (runs(&told.out_times), runs(&told.back_times));
    let reported = reported(plan, &told, teller);
    outcome.applied = Some(value(&Reported {
        runs: &out,
        ..reported
    })?);
    if let Some(applied) = &told.back {
        outcome.undone = Some(value(&Reported {
            applied,
            document: None,
            way: Way::Back,
            runs: &back,
            ..reported
        })?);
    }
    Ok(outcome)
}

/// Every change that was not written or not taken back, a line each.
fn failures(
    project: &Project,
    plans: &[(SealedPlan, JournalState)],
    console: &mut Console<'_>,
) -> Result<(), Failure> {
    let tellers = plans
        .iter()
        .map(|(plan, _)| Teller::of(project, plan, console));
    let tellers: Vec<Teller> = tellers.collect::<Result<_, _>>()?;
    let mut table = csv::Writer::from_writer(&mut *console.out);
    let mut line = |cells: &[String]| {
        let cells = cells.iter().map(|cell| guard_cell(cell).into_owned());
        table.write_record(cells).map_err(std::io::Error::other)
    };
    let mut written = line(&COLUMNS.map(str::to_owned));
    for ((plan, _), teller) in plans.iter().zip(&tellers) {
        each_failure(plan, &mut |direction, failure| {
            let (way, direction) = match direction {
                Direction::Apply => (Way::Out, "apply"),
                Direction::Undo => (Way::Back, "undo"),
            };
            let row = why((failure.kind, way), &failure.outcome, 1, Vec::new(), teller);
            let cells = [
                plan.short_seal().to_owned(),
                direction.to_owned(),
                failure.seq.0.to_string(),
                row.kind,
                teller.about(&failure.what),
                row.what.to_owned(),
                row.code.unwrap_or_default(),
                row.meaning.unwrap_or_default().to_owned(),
                row.message,
                row.cure,
            ];
            if written.is_ok() {
                written = line(&cells);
            }
            match written {
                Ok(()) => ControlFlow::Continue(()),
                Err(_) => ControlFlow::Break(()),
            }
        })?;
    }
    written?;
    Ok(table.flush()?)
}
