//! `tests/statements.md`: what became of each statement of the documents that the product answers to.
//!
//! In: its table. Out: a failure for a statement that is missing or says nothing, for a rule or a list that
//! there is not, and for a proof that cannot be opened or does not speak of the rule that it is to prove.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use cutover::model::{Code, HandOverKind};
use serde::Deserialize;

use crate::support::repository;

/// The numbered statements: 83 of the reference, and those found missing there since.
const STATEMENTS: usize = 93;

/// What may stand before the name of a rule, a list or a change.
const WAYS: [&str; 5] = ["rule", "change", "hand-over", "compute", "not checkable"];

/// One row of the table.
struct Row {
    number: String,
    statement: String,
    ways: Vec<String>,
    proofs: Vec<String>,
}

#[derive(Deserialize)]
struct Case {
    #[serde(default)]
    speaks: Vec<String>,
    #[serde(default)]
    unchecked: Vec<String>,
}

fn rows() -> Vec<Row> {
    let text = fs::read_to_string(repository("tests/statements.md")).expect("the table");
    let lines = text.lines().filter(|line| line.starts_with("| S"));
    let list = |cell: &str| cell.split("; ").map(str::to_owned).collect();
    let row = |line: &str| {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [number, statement, ways, proofs] = cells[..] else {
            panic!("not four cells: {line}");
        };
        Row {
            number: number.to_owned(),
            statement: statement.to_owned(),
            ways: list(ways),
            proofs: list(proofs),
        }
    };
    lines.map(row).collect()
}

#[test]
fn every_statement_is_answered() {
    let rows = rows();
    let numbers: Vec<&str> = rows.iter().map(|row| row.number.as_str()).collect();
    let expected: Vec<String> = (1..=STATEMENTS)
        .map(|number| format!("S{number:02}"))
        .collect();
    assert_eq!(numbers, expected);
    let mut faults = Vec::new();
    for row in &rows {
        let said: Vec<&String> = [&row.statement]
            .into_iter()
            .chain(&row.ways)
            .chain(&row.proofs)
            .collect();
        if said.iter().any(|text| text.len() < 4) {
            faults.push(format!("{}: a cell says nothing", row.number));
        }
        for way in &row.ways {
            faults.extend(fault_of(way).map(|fault| format!("{}: {fault}", row.number)));
        }
        faults.extend(
            unproven(row)
                .into_iter()
                .map(|fault| format!("{}: {fault}", row.number)),
        );
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

/// What is wrong with a way, if anything.
fn fault_of(way: &str) -> Option<String> {
    let kind = WAYS.iter().find(|kind| way.starts_with(*kind));
    let Some(kind) = kind else {
        return Some(format!("`{way}` begins with none of {WAYS:?}"));
    };
    let what = way[kind.len()..].trim_start_matches(':').trim();
    match *kind {
        "rule" => codes(what)
            .is_empty()
            .then(|| format!("`{way}` names no rule")),
        "hand-over" => {
            let known = HandOverKind::ALL.iter().any(|list| list.file() == what);
            (!known).then(|| format!("`{what}` is no list"))
        }
        "not checkable" => (what.len() < 20).then(|| format!("`{way}` gives no reason")),
        _ => what.is_empty().then(|| format!("`{way}` says not what")),
    }
}

/// The rules that a text names; all that look like one must be one.
fn codes(text: &str) -> Vec<Code> {
    let words = text.split([' ', ',']).filter(|word| !word.is_empty());
    words
        .map(|word| {
            word.parse()
                .unwrap_or_else(|_| panic!("`{word}` is no rule"))
        })
        .collect()
}

/// Proofs that cannot be opened, and rules that none of the proofs speaks of.
fn unproven(row: &Row) -> Vec<String> {
    let mut faults = Vec::new();
    let mut spoken = BTreeSet::new();
    for proof in &row.proofs {
        match opened(proof) {
            Ok(codes) => spoken.extend(codes),
            Err(fault) => faults.push(fault),
        }
    }
    let rules = row.ways.iter().filter_map(|way| way.strip_prefix("rule"));
    for code in rules.flat_map(codes) {
        if !spoken.contains(code.as_str()) {
            faults.push(format!("no proof speaks of {code}"));
        }
    }
    faults
}

/// Opens a proof and says which rules it speaks of: a folder of cases, or a test in a file.
fn opened(proof: &str) -> Result<BTreeSet<String>, String> {
    if proof.starts_with("none: ") {
        return Ok(BTreeSet::new());
    }
    if let Some((file, test)) = proof.split_once(": ") {
        let text = fs::read_to_string(repository(file)).map_err(|_| format!("no file `{file}`"))?;
        let body = text
            .split_once(&format!("fn {test}("))
            .map(|(_, body)| body);
        let body = body.ok_or_else(|| format!("`{file}` has no test `{test}`"))?;
        let end = body.find("\n}").unwrap_or(body.len());
        let body = &body[..end];
        let named = Code::ALL.iter().map(|code| code.as_str());
        return Ok(named
            .filter(|code| body.contains(code))
            .map(str::to_owned)
            .collect());
    }
    let folder = repository(proof);
    if proof.starts_with("tests/cases/rules/") {
        let text = fs::read_to_string(folder.join("case.toml"));
        let text = text.map_err(|_| format!("no case `{proof}`"))?;
        let case: Case = toml::from_str(&text).map_err(|error| format!("`{proof}`: {error}"))?;
        return Ok(case.speaks.into_iter().chain(case.unchecked).collect());
    }
    if Path::new(&folder).join("expected.toml").is_file() {
        return Ok(BTreeSet::new());
    }
    Err(format!("`{proof}` is neither a case nor a test of a file"))
}

/// A rule that names a statement as its source is named by that statement's row, and the other way round.
#[test]
fn rules_and_statements_name_each_other() {
    let mut by_statement: BTreeMap<String, BTreeSet<Code>> = BTreeMap::new();
    for row in rows() {
        let rules = row.ways.iter().filter_map(|way| way.strip_prefix("rule"));
        by_statement.insert(row.number.clone(), rules.flat_map(codes).collect());
    }
    let mut faults = Vec::new();
    for code in Code::ALL {
        let source = code.rule().source;
        let named = source
            .split([' ', ','])
            .filter(|word| by_statement.contains_key(*word));
        let named: BTreeSet<&str> = named.collect();
        for (statement, rules) in &by_statement {
            let told = named.contains(statement.as_str());
            let answers = rules.contains(code);
            if told != answers {
                faults.push(format!(
                    "{code} names {statement}: {told}; {statement} names {code}: {answers}"
                ));
            }
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}
