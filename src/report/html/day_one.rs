//! People and go-live: who can work when, what administrators do, and in which order.
//!
//! In: a plan's document. Out: tables for the template, each number with the rows behind it.

use serde::Serialize;

use crate::plan::{Document, ReadinessCount};
use crate::report::SheetName;
use crate::report::html::bar::bar;
use crate::report::html::link::{link, one_of};
use crate::report::html::view::{Figure, capital};

/// Reasons shown.
const REASONS_SHOWN: usize = 8;

/// Who can work when.
#[derive(Serialize)]
pub(super) struct Readiness {
    people: Figure,
    moments: Vec<Moment>,
    reasons: Vec<Obstacle>,
    more_reasons: usize,
}

/// How many can work at one moment.
#[derive(Serialize)]
struct Moment {
    name: &'static str,
    yes: Figure,
    no: Figure,
    not_known: Figure,
    bar: String,
}

/// A reason why people cannot.
#[derive(Serialize)]
struct Obstacle {
    words: String,
    people: Figure,
    bar: String,
}

pub(super) fn readiness(document: &Document) -> Readiness {
    let record = &document.readiness;
    let moments = [
        ("Today", "today", &record.today),
        ("After the plan", "after_plan", &record.after_plan),
        (
            "After the hand-over too",
            "after_hand_over",
            &record.after_hand_over,
        ),
    ];
    let (reasons, more_reasons) = obstacles("after_hand_over_why", &record.after_hand_over);
    Readiness {
        people: Figure::rows(record.file.rows, link(SheetName::Readiness, &[])),
        moments: moments
            .into_iter()
            .map(|(name, column, count)| moment(name, column, count))
            .collect(),
        reasons,
        more_reasons,
    }
}

fn moment(name: &'static str, column: &str, count: &ReadinessCount) -> Moment {
    let people =
        |number, answer| Figure::rows(number, link(SheetName::Readiness, &[(column, answer)]));
    let parts = [
        ("good", count.yes),
        ("same", count.not_known),
        ("stop", count.no),
    ];
    Moment {
        name,
        yes: people(count.yes, "yes"),
        no: people(count.no, "no"),
        not_known: people(count.not_known, "not known"),
        bar: bar(&parts, count.yes + count.no + count.not_known),
    }
}

fn obstacles(column: &str, count: &ReadinessCount) -> (Vec<Obstacle>, usize) {
    let mut reasons: Vec<(&String, u64)> = count
        .reasons
        .iter()
        .map(|(words, people)| (words, *people))
        .collect();
    reasons.sort_by(|left, right| right.1.cmp(&left.1).then(left.0.cmp(right.0)));
    let most = reasons.first().map_or(0, |(_, people)| *people);
    let more = reasons.len().saturating_sub(REASONS_SHOWN);
    let column = one_of(column);
    let shown = reasons.into_iter().take(REASONS_SHOWN);
    let shown = shown.map(|(words, people)| {
        // Of somebody who is disabled for a reason, that reason is not said again.
        let disabled = format!("disabled: {words}");
        let mut filters = vec![(column.as_str(), words.as_str())];
        if count.reasons.contains_key(&disabled) {
            filters.push((&column, &disabled));
        }
        Obstacle {
            words: capital(words),
            people: Figure::rows(people, link(SheetName::Readiness, &filters)),
            bar: bar(&[("stop", people)], most),
        }
    });
    (shown.collect(), more)
}

/// A step of the order of go-live.
#[derive(Serialize)]
pub(super) struct Step {
    title: String,
    whose: String,
    /// `done`, `open` or `not known`.
    state: String,
    open: u64,
    files: Vec<String>,
    why: String,
}

pub(super) fn steps(document: &Document) -> Vec<Step> {
    let steps = document.steps.iter().map(|step| Step {
        title: capital(&step.title),
        whose: capital(&step.whose),
        state: step.state.clone(),
        open: step.open,
        files: step.files.clone(),
        why: capital(&step.why),
    });
    steps.collect()
}

/// A list for an administrator.
#[derive(Serialize)]
pub(super) struct List {
    what: String,
    whose: String,
    instruction: String,
    path: String,
    rows: u64,
}

pub(super) fn lists(document: &Document) -> Vec<List> {
    let lists = document.hand_over.iter().map(|list| List {
        what: capital(&list.what),
        whose: capital(&list.whose),
        instruction: list.instruction.clone(),
        path: list.file.path.clone(),
        rows: list.file.rows,
    });
    lists.collect()
}
