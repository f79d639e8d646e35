//! What the first screen says: whether one can go live, why not, and what the plan would do.
//!
//! In: a plan's document. Out: words, numbers and links for the template, in its order. Every number is one of
//! `plan.json`, or a sum of some.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::Serialize;

use crate::model::Code;
use crate::plan::{Document, FindingRecord};
use crate::report::SheetName;
use crate::report::html::link::link;
use crate::report::html::short_seal;

/// Reasons that the first screen has room for.
const REASONS_SHOWN: usize = 6;

/// A number, and the rows behind it.
#[derive(Clone, Serialize)]
pub(super) struct Figure {
    pub(super) number: u64,
    link: Option<String>,
    /// Whether so many rows are behind it, or findings: else they explain it in another way.
    exact: bool,
}

impl Figure {
    /// A number of rows. Nothing has no rows.
    pub(super) fn behind(number: u64, link: String) -> Self {
        Self {
            number,
            link: (number > 0).then_some(link),
            exact: false,
        }
    }

    /// A number of just the rows that its link opens.
    pub(super) fn rows(number: u64, link: String) -> Self {
        let mut figure = Self::behind(number, link);
        figure.exact = true;
        figure
    }
}

/// The head of the page and its first screen.
#[derive(Serialize)]
pub(super) struct View {
    seal: String,
    short_seal: String,
    host: String,
    organisation: String,
    as_of: String,
    pulled_at: Option<String>,
    approved: bool,
    /// All changes.
    changes: u64,
    tiles: Vec<Tile>,
    errors: Figure,
    reasons: Vec<Reason>,
    /// Kinds of errors for which there is no room among the reasons.
    more_kinds: usize,
    blocking: Vec<NotChecked>,
    not_blocking: Vec<NotChecked>,
    also: Vec<Also>,
    rulings_used: u64,
    rulings_unused: u64,
    forecast: Vec<Forecast>,
}

/// A kind of change.
#[derive(Serialize)]
struct Tile {
    figure: Figure,
    one: &'static str,
    many: &'static str,
    what: &'static str,
}

/// A rule that stops the plan.
#[derive(Serialize)]
struct Reason {
    code: String,
    title: String,
    figure: Figure,
    /// Rows that it stops.
    rows: u64,
}

/// A rule that could not be checked.
#[derive(Serialize)]
struct NotChecked {
    code: String,
    title: String,
    needs: Vec<String>,
    changes: u64,
    accepted: bool,
}

/// Good to know beforehand.
#[derive(Serialize)]
struct Also {
    figure: Figure,
    words: String,
}

/// What ENV003 and ENV004 say of the time that applying takes.
#[derive(Serialize)]
struct Forecast {
    code: String,
    severity: String,
    message: String,
    link: String,
}

impl View {
    pub(super) fn of(document: &Document) -> Self {
        let totals = &document.totals;
        let kinds = stopping(document);
        let unchecked = |blocks: bool| {
            let rules = document.unchecked.iter();
            let rules = rules.filter(move |rule| (rule.guards && !rule.accepted) == blocks);
            rules.map(|rule| NotChecked {
                code: rule.code.clone(),
                title: title(&rule.code),
                needs: rule.needs.clone(),
                changes: rule.changes,
                accepted: rule.accepted,
            })
        };
        let seal = &document.seal;
        let environment = &document.environment;
        let stops = [("severity", "error"), ("accepted", "no")];
        Self {
            seal: seal.clone(),
            short_seal: short_seal(document).to_owned(),
            host: environment.host.clone(),
            organisation: environment.organisation.clone(),
            as_of: day(&environment.as_of),
            pulled_at: environment.pulled_at.clone(),
            approved: document.approved,
            changes: totals.changes.values().sum(),
            tiles: tiles(document),
            errors: Figure::rows(totals.errors, link(SheetName::Findings, &stops)),
            more_kinds: kinds.len().saturating_sub(REASONS_SHOWN),
            reasons: kinds.into_iter().take(REASONS_SHOWN).collect(),
            blocking: unchecked(true).collect(),
            not_blocking: unchecked(false).collect(),
            also: also(document),
            rulings_used: document.rulings.used,
            rulings_unused: document.rulings.unused,
            forecast: forecast(document),
        }
    }
}

/// How many findings there are of which code, those included that only the file of findings has.
pub(super) fn by_code(document: &Document) -> BTreeMap<&str, u64> {
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for finding in &document.findings {
        *counts.entry(&finding.code).or_default() += 1;
    }
    for (code, more) in &document.findings_more {
        *counts.entry(code).or_default() += more;
    }
    counts
}

/// The word of a code's severity.
pub(super) fn severity(code: &str) -> &'static str {
    let code = code.parse::<Code>();
    code.map_or("note", |code| code.rule().severity.word())
}

/// What a code's rule is called, as a sentence begins.
fn title(code: &str) -> String {
    let code = code.parse::<Code>();
    capital(code.map_or("", |code| code.rule().title))
}

/// A text with a capital first.
pub(super) fn capital(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next();
    let first = first.into_iter().flat_map(char::to_uppercase);
    first.chain(letters).collect()
}

/// The codes that stop the plan, those that stop most rows first.
fn stopping(document: &Document) -> Vec<Reason> {
    let counts = by_code(document);
    let stops = |code: &str| {
        let accepted = document.accept.keep_out.iter().any(|one| one == code);
        matches!(severity(code), "error" | "fatal") && !accepted
    };
    let rows = |code: &str| {
        let ledgers = document.ledgers.iter();
        let rows = ledgers.filter_map(|ledger| ledger.stopped.get(code));
        rows.sum()
    };
    let codes = counts.into_iter().filter(|(code, _)| stops(code));
    let reason = |(code, findings): (&str, u64)| Reason {
        code: code.to_owned(),
        title: title(code),
        figure: Figure::rows(findings, link(SheetName::Findings, &[("code", code)])),
        rows: rows(code),
    };
    let mut reasons: Vec<Reason> = codes.map(reason).collect();
    reasons.sort_by(|left, right| {
        let size = |one: &Reason| (one.rows, one.figure.number);
        let by_size = size(right).cmp(&size(left));
        by_size.then_with(|| left.code.cmp(&right.code))
    });
    reasons
}

fn tiles(document: &Document) -> Vec<Tile> {
    let count = |kind| document.totals.changes.get(kind).copied().unwrap_or(0);
    let tile = |kind, filters: &[(&str, &str)], sheet, [one, many, what]: [&'static str; 3]| Tile {
        figure: Figure::rows(count(kind), link(sheet, filters)),
        one,
        many,
        what,
    };
    let (give, remove) = ([("action", "give")], [("action", "remove")]);
    vec![
        tile(
            "assign_record",
            &[],
            SheetName::Records,
            ["record", "records", "get another owner"],
        ),
        tile(
            "create_stub_user",
            &[],
            SheetName::StubUsers,
            ["stub user", "stub users", "made for people who are gone"],
        ),
        tile(
            "change_user",
            &[],
            SheetName::Users,
            ["user", "users", "changed: unit, access mode, profile"],
        ),
        tile(
            "give_role",
            &give,
            SheetName::Roles,
            ["role", "roles", "given"],
        ),
        tile(
            "remove_role",
            &remove,
            SheetName::Roles,
            ["role", "roles", "taken away"],
        ),
    ]
}

/// What somebody who decides should know beside the verdict; what counts nothing is left out.
fn also(document: &Document) -> Vec<Also> {
    let totals = &document.totals;
    let of_severity = |severity| link(SheetName::Findings, &[("severity", severity)]);
    let accepted = link(
        SheetName::Findings,
        &[("severity", "error"), ("accepted", "yes")],
    );
    let not_ready = link(SheetName::Readiness, &[("after_hand_over", "no")]);
    let open = document.steps.iter().filter(|step| step.state == "open");
    let lines = [
        (
            Figure::rows(document.readiness.after_hand_over.no, not_ready),
            ["person", "people"],
            "cannot work on day one, even after the hand-over",
        ),
        (
            Figure::behind(open.count() as u64, "#steps".to_owned()),
            ["step", "steps"],
            "of the order of go-live still to do",
        ),
        (
            Figure::rows(totals.warnings, of_severity("warning")),
            ["warning", "warnings"],
            "to look at",
        ),
        (
            Figure::rows(totals.accepted, accepted),
            ["error", "errors"],
            "accepted beforehand: their rows are kept out",
        ),
        (
            Figure::rows(totals.notes, of_severity("note")),
            ["note", "notes"],
            "good to know",
        ),
    ];
    let lines = lines.into_iter().filter(|(figure, ..)| figure.number > 0);
    let lines = lines.map(|(figure, [one, many], words)| {
        let noun = if figure.number == 1 { one } else { many };
        let words = format!("{noun} {words}");
        Also { figure, words }
    });
    lines.collect()
}

fn forecast(document: &Document) -> Vec<Forecast> {
    let findings = document.findings.iter();
    let told = findings.filter(|one| matches!(one.code.as_str(), "ENV003" | "ENV004"));
    let line = |one: &FindingRecord| Forecast {
        code: one.code.clone(),
        severity: one.severity.clone(),
        message: capital(&one.message),
        link: link(SheetName::Findings, &[("code", &one.code)]),
    };
    let mut lines: Vec<Forecast> = told.map(line).collect();
    lines.sort_by(|left, right| right.code.cmp(&left.code));
    lines
}

/// A day as people write it: `28 November 2026`.
fn day(text: &str) -> String {
    let date = text.parse::<Date>();
    date.map_or_else(
        |_| text.to_owned(),
        |date| date.strftime("%-d %B %Y").to_string(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_read_well() {
        assert_eq!(day("2026-11-28"), "28 November 2026");
        assert_eq!(day("some day"), "some day");
        assert_eq!(capital("`id` is"), "`id` is");
        assert_eq!(capital("übrig"), "Übrig");
    }
}
