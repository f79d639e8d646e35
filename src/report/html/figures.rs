//! Counts that add up: the rows of each export, owners by method, findings by family.
//!
//! In: a plan's document. Out: tables for the template, each number with the rows behind it.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::model::{Code, OwnerFate, Rung};
use crate::plan::{Document, LedgerRecord, MatchRecord};
use crate::report::SheetName;
use crate::report::html::bar::bar;
use crate::report::html::link::{FAMILY, NAMED_IN, link};
use crate::report::html::view::{Figure, by_code, severity};
use crate::report::summary::beside_references;

/// Rules that speak of a row that says what another said.
const REPEATS: [(&str, &str); 3] = [("code", "REC004"), ("code", "ROL007"), ("code", "ACC017")];

/// The account of the exports.
#[derive(Serialize)]
pub(super) struct Accounts {
    lines: Vec<Account>,
    total: Option<Account>,
}

/// The account of one export, or of all.
#[derive(Serialize)]
struct Account {
    name: String,
    rows: Figure,
    /// Their sum is `rows`.
    fates: Vec<Figure>,
    bar: String,
}

/// The colours of the fates, in the order of their columns.
const FATES: [&str; 6] = ["go", "same", "same2", "left", "kept", "stop"];

pub(super) fn accounts(document: &Document) -> Accounts {
    let lines: Vec<Account> = document
        .ledgers
        .iter()
        .map(|ledger| account(document, ledger))
        .collect();
    let total = (lines.len() > 1).then(|| {
        let sum = |of: &dyn Fn(&Account) -> u64| lines.iter().map(of).sum::<u64>();
        let plain = |number| Figure::behind(number, String::from("#inputs"));
        let fates: Vec<Figure> = (0..FATES.len())
            .map(|fate| plain(sum(&|line| line.fates[fate].number)))
            .collect();
        Account {
            name: "All".to_owned(),
            rows: plain(sum(&|line| line.rows.number)),
            bar: bar_of(&fates),
            fates,
        }
    });
    Accounts { lines, total }
}

fn bar_of(fates: &[Figure]) -> String {
    let whole = fates.iter().map(|fate| fate.number).sum();
    let parts = FATES.iter().zip(fates);
    let parts: Vec<(&str, u64)> = parts.map(|(fate, one)| (*fate, one.number)).collect();
    bar(&parts, whole)
}

fn account(document: &Document, ledger: &LedgerRecord) -> Account {
    let input = document.inputs.iter().find(|one| one.file == ledger.file);
    let name = input.map_or("", |input| &input.name);
    let kind = input.map_or("", |input| &input.kind);
    let of_file = |sheet, filters: &[(&str, &str)]| {
        let filters = [filters, &[("file", name)]].concat();
        link(sheet, &filters)
    };
    let sheet = match kind {
        "users" => SheetName::Users,
        "roles" => SheetName::Roles,
        _ => SheetName::Records,
    };
    let account = || of_file(SheetName::Inputs, &[]);
    // Rows of a roles file may go along with the change of a user, and then are no change of their own.
    let changes = match kind {
        "roles" => Figure::behind(ledger.changes, of_file(sheet, &[])),
        _ => Figure::rows(ledger.changes, of_file(sheet, &[])),
    };
    // Rows are left by ruling, by policy, or because nobody is named; the owners say which.
    let left = link(SheetName::Owners, &[("fate", OwnerFate::Left.word())]);
    let errors = |accepted| [("severity", "error"), ("accepted", accepted)];
    let fates = vec![
        changes,
        Figure::behind(ledger.no_change, account()),
        Figure::behind(ledger.repeated, of_file(SheetName::Findings, &REPEATS)),
        Figure::behind(ledger.left, left),
        Figure::behind(
            ledger.kept_out.values().sum(),
            of_file(SheetName::Findings, &errors("yes")),
        ),
        Figure::behind(
            ledger.stopped.values().sum(),
            of_file(SheetName::Findings, &errors("no")),
        ),
    ];
    Account {
        name: name.to_owned(),
        rows: Figure::behind(ledger.rows, account()),
        bar: bar_of(&fates),
        fates,
    }
}

/// What became of owner references in one way.
#[derive(Serialize)]
struct Method {
    name: String,
    title: Option<&'static str>,
    references: Figure,
    rows: u64,
    bar: String,
}

/// What became of owner references.
#[derive(Serialize)]
pub(super) struct Owners {
    methods: Vec<Method>,
    references: Figure,
    rows: u64,
    blank_rows: Figure,
    /// What the sheet of owners lists beside them.
    beside: Option<String>,
}

pub(super) fn owners(document: &Document) -> Owners {
    let totals = &document.totals;
    let most = totals.references;
    let of = |filters: &[(&str, &str)]| {
        let filters = [&[(NAMED_IN, "records")], filters].concat();
        link(SheetName::Owners, &filters)
    };
    let mut methods = Vec::new();
    let mut add = |name: String, title, colour, count: &MatchRecord, filters: &[(&str, &str)]| {
        if count.references > 0 {
            methods.push(Method {
                name,
                title,
                references: Figure::rows(count.references, of(filters)),
                rows: count.rows,
                bar: bar(&[(colour, count.references)], most),
            });
        }
    };
    for rung in Rung::ALL {
        if let Some(count) = totals.matches.get(rung.word()) {
            let filters = [("fate", OwnerFate::Matched.word()), ("by", rung.word())];
            add(format!("By {}", rung.word()), None, "go", count, &filters);
        }
    }
    for (name, fate, count) in [
        ("To stub users", OwnerFate::Stub, &totals.stub),
        (
            "To the fallback owner",
            OwnerFate::Fallback,
            &totals.fallback,
        ),
        ("Left where they are", OwnerFate::Left, &totals.left),
    ] {
        add(
            name.to_owned(),
            None,
            "same",
            count,
            &[("fate", fate.word())],
        );
    }
    for (code, count) in &totals.stopped {
        let title = code.parse::<Code>().ok().map(|code| code.rule().title);
        let filters = [("fate", OwnerFate::Stopped.word()), ("by", code)];
        add(
            format!("Nobody chosen ({code})"),
            title,
            "stop",
            count,
            &filters,
        );
    }
    let rows = methods.iter().map(|method| method.rows).sum();
    Owners {
        methods,
        references: Figure::rows(totals.references, of(&[])),
        rows,
        blank_rows: Figure::behind(
            totals.blank_rows,
            link(SheetName::Findings, &[("code", "OWN001")]),
        ),
        beside: beside_references(document),
    }
}

/// Findings of one family.
#[derive(Serialize)]
struct Family {
    letters: String,
    name: &'static str,
    /// Errors, accepted errors, warnings, notes.
    counts: Vec<Figure>,
    bar: String,
}

/// Findings of all families.
#[derive(Serialize)]
pub(super) struct Families {
    lines: Vec<Family>,
    counts: Vec<Figure>,
}

/// What the columns count: severity, and whether accepted.
const COLUMNS: [(&str, Option<&str>); 4] = [
    ("error", Some("no")),
    ("error", Some("yes")),
    ("warning", None),
    ("note", None),
];

pub(super) fn families(document: &Document) -> Families {
    let mut families: BTreeMap<usize, (&str, [u64; 4])> = BTreeMap::new();
    for (code, findings) in by_code(document) {
        let accepted = document.accept.keep_out.iter().any(|one| one == code);
        let column = match (severity(code), accepted) {
            ("warning", _) => 2,
            ("note", _) => 3,
            (_, accepted) => usize::from(accepted),
        };
        let letters = code.get(..3).unwrap_or(code);
        let place = Code::ALL
            .iter()
            .position(|one| one.as_str().starts_with(letters));
        let place = place.unwrap_or(usize::MAX);
        families.entry(place).or_insert((letters, [0; 4])).1[column] += findings;
    }
    let most = families.values().map(|(_, counts)| counts.iter().sum());
    let most: u64 = most.max().unwrap_or(0);
    let lines = families.into_values();
    let lines = lines.map(|(letters, counts)| {
        let colours = ["stop", "left", "kept", "note"];
        let parts: Vec<(&str, u64)> = colours.into_iter().zip(counts).collect();
        Family {
            letters: letters.to_owned(),
            name: family_name(letters),
            counts: figures(counts, &[(FAMILY, letters)]),
            bar: bar(&parts, most),
        }
    });
    let totals = &document.totals;
    let all = [
        totals.errors,
        totals.accepted,
        totals.warnings,
        totals.notes,
    ];
    Families {
        lines: lines.collect(),
        counts: figures(all, &[]),
    }
}

fn figures(counts: [u64; 4], filters: &[(&str, &str)]) -> Vec<Figure> {
    let figure = |(number, (severity, accepted)): (u64, (&str, Option<&str>))| {
        let mut filters = filters.to_vec();
        filters.push(("severity", severity));
        filters.extend(accepted.map(|accepted| ("accepted", accepted)));
        Figure::rows(number, link(SheetName::Findings, &filters))
    };
    counts.into_iter().zip(COLUMNS).map(figure).collect()
}

/// What the first letters of a code stand for.
fn family_name(letters: &str) -> &'static str {
    match letters {
        "FIL" => "Exports as files",
        "OWN" => "Owners",
        "STB" => "Stub users",
        "ROL" => "Roles",
        "LIC" => "Licences",
        "ACC" => "Access",
        "PRF" => "Profiles",
        "REC" => "Records",
        "ENV" => "Environment",
        _ => "Other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_family_has_a_name() {
        for code in Code::ALL {
            let letters = &code.as_str()[..3];
            assert_ne!(family_name(letters), "Other", "{code}");
        }
    }
}
