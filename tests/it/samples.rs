//! The samples, held against what their generator knows: who was meant by every reference and which
//! fault it put on which row. The generator never saw the product's output.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use cutover::plan::{Document, FindingRecord};
use serde::Deserialize;

use crate::support::{copy, document, repository, run};

/// `expected.toml`.
#[derive(Deserialize)]
struct Expected {
    exit_code: u8,
    changes: BTreeMap<String, u64>,
    references: BTreeMap<String, u64>,
    matches: BTreeMap<String, u64>,
    files: BTreeMap<String, Fates>,
    #[serde(default)]
    stub: Vec<Stub>,
    #[serde(default)]
    speak: Vec<Speak>,
    readiness: BTreeMap<String, Ready>,
    hand_over: BTreeMap<String, u64>,
}

#[derive(Deserialize, PartialEq, Eq, Debug)]
struct Ready {
    yes: u64,
    no: u64,
    reasons: BTreeMap<String, u64>,
}

#[derive(Deserialize)]
struct Fates {
    rows: u64,
    changes: u64,
    no_change: u64,
    repeated: u64,
    left: u64,
    kept_out: BTreeMap<String, u64>,
    stopped: BTreeMap<String, u64>,
}

#[derive(Deserialize)]
struct Stub {
    upn: String,
    name: String,
}

#[derive(Deserialize)]
struct Speak {
    code: String,
    subject: String,
    file: String,
    row: u64,
}

#[test]
fn contoso_finds_what_was_put_into_it() {
    check("contoso");
}

#[test]
fn clean_finds_nothing_to_stop_it() {
    let document = check("clean");
    assert_eq!((document.totals.errors, document.totals.warnings), (0, 0));
}

#[track_caller]
fn check(sample: &str) -> Document {
    let text = fs::read_to_string(repository(&format!("tests/cases/{sample}/expected.toml")));
    let expected: Expected = toml::from_str(&text.expect("expected.toml")).expect("readable");
    let folder = tempfile::tempdir().unwrap();
    copy(&repository(&format!("samples/{sample}")), folder.path());
    let ended = run(|console| cutover::run::plan(folder.path(), false, console));
    assert_eq!(
        ended.exit.code(),
        expected.exit_code,
        "{sample}: {}{}",
        ended.out,
        ended.err
    );
    let document = document(folder.path());
    counts(sample, &document, &expected);
    ledgers(sample, &document, &expected);
    stubs(sample, &document, &expected);
    places(sample, folder.path(), &document, &expected);
    subjects(sample, &document, &expected);
    people(sample, &document, &expected);
    document
}

fn counts(sample: &str, document: &Document, expected: &Expected) {
    let nothing = |counts: &BTreeMap<String, u64>| -> BTreeMap<String, u64> {
        counts
            .iter()
            .filter(|(_, count)| **count > 0)
            .map(|(key, count)| (key.clone(), *count))
            .collect()
    };
    let found = &document.totals.changes;
    let found = found
        .iter()
        .map(|(kind, count)| (kind.replace('_', " "), *count));
    assert_eq!(
        nothing(&found.collect()),
        nothing(&expected.changes),
        "{sample}"
    );
    assert!(
        !expected.references.is_empty() && !expected.matches.is_empty(),
        "{sample}"
    );
    assert_eq!(
        document.totals.stub.references, expected.references["stub"],
        "{sample}: stubs"
    );
    let found: BTreeMap<String, u64> = document
        .totals
        .matches
        .iter()
        .map(|(rung, count)| (rung.clone(), count.references))
        .collect();
    assert_eq!(found, expected.matches, "{sample}: matches by rung");
    let left = expected.references.get("left").copied().unwrap_or(0);
    assert_eq!(document.totals.left.references, left, "{sample}: left");
    let all = expected.references["distinct"];
    assert_eq!(document.totals.references, all, "{sample}: references");
}

fn ledgers(sample: &str, document: &Document, expected: &Expected) {
    assert_eq!(document.ledgers.len(), expected.files.len(), "{sample}");
    for ledger in &document.ledgers {
        let input = document
            .inputs
            .iter()
            .find(|input| input.file == ledger.file)
            .expect("its input");
        let fates = &expected.files[&input.name];
        let found = [
            ledger.rows,
            ledger.changes,
            ledger.no_change,
            ledger.repeated,
            ledger.left,
            ledger.kept_out.values().sum(),
            ledger.stopped.values().sum(),
        ];
        let wanted = [
            fates.rows,
            fates.changes,
            fates.no_change,
            fates.repeated,
            fates.left,
            fates.kept_out.values().sum(),
            fates.stopped.values().sum(),
        ];
        assert_eq!(found, wanted, "{sample}: {}", input.name);
        assert_eq!(ledger.kept_out, fates.kept_out, "{sample}: {}", input.name);
        assert_eq!(ledger.stopped, fates.stopped, "{sample}: {}", input.name);
    }
}

fn stubs(sample: &str, document: &Document, expected: &Expected) {
    let found: BTreeSet<(&str, &str)> = document
        .stub_users
        .iter()
        .map(|stub| (stub.upn.as_str(), stub.full_name.as_str()))
        .collect();
    let wanted: BTreeSet<(&str, &str)> = expected
        .stub
        .iter()
        .map(|stub| (stub.upn.as_str(), stub.name.as_str()))
        .collect();
    assert_eq!(found, wanted, "{sample}");
}

/// Every expected place is named, and no error is anywhere else.
fn places(sample: &str, folder: &Path, document: &Document, expected: &Expected) {
    let name = |file: u16| {
        document
            .inputs
            .iter()
            .find(|input| input.file == file)
            .map_or("?", |input| &input.name)
    };
    let mut found: BTreeSet<(&str, &str, u64)> = BTreeSet::new();
    let mut errors: BTreeSet<(&str, &str, u64)> = BTreeSet::new();
    for finding in &document.findings {
        for place in &finding.places {
            let at = (finding.code.as_str(), name(place.file), place.row);
            found.insert(at);
            if finding.severity == "error" {
                errors.insert(at);
            }
        }
    }
    assert!(!expected.speak.is_empty(), "{}", folder.display());
    let mut wanted: BTreeSet<(&str, &str, u64)> = BTreeSet::new();
    for speak in &expected.speak {
        let at = (speak.code.as_str(), speak.file.as_str(), speak.row);
        let anywhere = speak.row == 0
            && (found
                .iter()
                .any(|(code, file, _)| (*code, *file) == (at.0, at.1))
                || document
                    .findings
                    .iter()
                    .any(|finding| finding.code == speak.code));
        assert!(
            anywhere || found.contains(&at),
            "{sample}: nothing said at {at:?}"
        );
        wanted.insert(at);
    }
    let unwanted: Vec<_> = errors
        .iter()
        .filter(|at| {
            // Row 0 of a rule says that its places are not all known beforehand.
            let anywhere = wanted
                .iter()
                .any(|(code, _, row)| (*code, *row) == (at.0, 0));
            !wanted.contains(at) && !anywhere
        })
        .collect();
    assert!(
        unwanted.is_empty(),
        "{sample}: errors that nobody put there: {unwanted:?}"
    );
}

/// Whom a finding that is about no row is about, and that no such error is about anybody else.
fn subjects(sample: &str, document: &Document, expected: &Expected) {
    let is = |finding: &FindingRecord, speak: &Speak| {
        let named = [&finding.subject, &finding.message];
        finding.code == speak.code && named.iter().any(|text| text.contains(&speak.subject))
    };
    let speaks = || expected.speak.iter().filter(|speak| speak.file.is_empty());
    for speak in speaks() {
        assert!(
            document.findings.iter().any(|finding| is(finding, speak)),
            "{sample}: {} says nothing of {}",
            speak.code,
            speak.subject
        );
    }
    for finding in &document.findings {
        let nowhere = finding.severity == "error" && finding.places.is_empty();
        assert!(
            !nowhere || speaks().any(|speak| is(finding, speak)),
            "{sample}: an error that nobody put there: {} {}",
            finding.code,
            finding.message
        );
    }
}

/// Who can work on day one, why others cannot, and what is handed over.
fn people(sample: &str, document: &Document, expected: &Expected) {
    let record = &document.readiness;
    let moments = [
        ("today", &record.today),
        ("after_plan", &record.after_plan),
        ("after_hand_over", &record.after_hand_over),
    ];
    for (moment, found) in moments {
        let ready = Ready {
            yes: found.yes,
            no: found.no,
            reasons: found.reasons.clone(),
        };
        assert_eq!(ready, expected.readiness[moment], "{sample}: {moment}");
        assert_eq!(found.not_known, 0, "{sample}: {moment}");
    }
    let lists: BTreeMap<String, u64> = document
        .hand_over
        .iter()
        .map(|list| {
            let file = Path::new(&list.file.path).file_stem();
            let name = file.expect("a file").to_string_lossy().into_owned();
            (name, list.file.rows)
        })
        .collect();
    assert_eq!(lists, expected.hand_over, "{sample}");
}
