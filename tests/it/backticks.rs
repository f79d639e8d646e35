//! Data with backticks in it, which real exports write for apostrophes: no message takes one for the end of what it
//! quotes, and no report without people lets through what follows it.
//!
//! In: every case of `tests/cases/rules`, with a backtick in each word of each cell that is data. Out: the findings of
//! each plan, whose quotes hold, with and without people; and that the rules still speak, so that something was seen.

use std::collections::BTreeSet;
use std::fs;
use std::ops::ControlFlow;
use std::path::Path;

use cutover::plan::{Document, SealedPlan};
use cutover::report::{AnonymousKey, SheetCell, SheetName, Sheets};
use cutover::run::plan;

use crate::rules::{case, cases, project};
use crate::support::{copy, repository, run};

/// Files of an environment that hold words of the service, and nobody.
const OF_THE_SERVICE: [&str; 3] = ["cascades.csv", "entities.csv", "licences.csv"];

/// Columns whose cells say who somebody is.
const PERSONAL: [&str; 12] = [
    "upn",
    "mail",
    "first_name",
    "last_name",
    "display_name",
    "employee_id",
    "ownerid",
    "owner",
    "user",
    "member",
    "reference",
    "title",
];

/// Words of the teams and roles of the cases, cut at their backticks: they are nobody's.
const THINGS: [&str; 6] = ["ales", "anager", "ccounts", "eal", "oom", "roup"];

/// Columns whose cells are ids or words of the service or of the product.
const WORDS: [&str; 15] = [
    "licences",
    "roles",
    "match",
    "rows",
    "type",
    "inheritance",
    "action",
    "access_mode",
    "enabled",
    "disabled",
    "ruling",
    "invitation",
    "privilege",
    "depth",
    "value",
];

/// A project of a case in which every cell that is data holds backticks; the words of people, cut at them.
fn ticked(folder: &Path) -> (tempfile::TempDir, BTreeSet<String>) {
    let project = project(folder);
    let mut people = BTreeSet::new();
    for part in ["", "exports", "environment"] {
        for entry in fs::read_dir(project.path().join(part)).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            let Ok(text) = fs::read_to_string(&path) else {
                continue;
            };
            let told = match path.extension().and_then(|ending| ending.to_str()) {
                Some("toml") => of_manifest(&text),
                Some("csv") if !OF_THE_SERVICE.contains(&name.as_str()) => {
                    of_table(&text, &mut people)
                }
                _ => continue,
            };
            fs::write(&path, told).unwrap();
        }
    }
    (project, people)
}

/// Addresses of a manifest are people.
fn of_manifest(text: &str) -> String {
    let pieces = text.split('"').enumerate().map(|(place, piece)| {
        let is_somebody = place % 2 == 1 && piece.contains('@');
        if is_somebody {
            ticked_words(piece)
        } else {
            piece.to_owned()
        }
    });
    pieces.collect::<Vec<_>>().join("\"")
}

fn of_table(text: &str, people: &mut BTreeSet<String>) -> String {
    let mut lines = text.lines();
    let header = lines.next().unwrap_or_default();
    let columns: Vec<&str> = header.split(',').collect();
    let rows = lines.map(|line| {
        let cells = line.split(',').enumerate().map(|(place, cell)| {
            let column = columns.get(place).copied().unwrap_or_default();
            let is_word = WORDS.contains(&column) || column == "name" && header == "name,value";
            if is_word && !cell.contains(['@', ' ']) || ["licences", "roles"].contains(&column) {
                return cell.to_owned();
            }
            let told = ticked_words(cell);
            if PERSONAL.contains(&column) && told.contains('`') {
                let local = told.split('@').next().unwrap_or_default();
                let words = local.split(|sign: char| !sign.is_alphanumeric());
                let words = words.filter(|word| word.len() > 2 && !THINGS.contains(word));
                people.extend(words.map(str::to_owned));
            }
            told
        });
        cells.collect::<Vec<_>>().join(",")
    });
    let rows: Vec<String> = rows.collect();
    format!("{header}\n{}\n", rows.join("\n"))
}

/// `Ana Costa` as `A`na C`osta`; ids, numbers, what stands behind an `@`, and words of the product stay.
fn ticked_words(cell: &str) -> String {
    const KEPT: [&str; 5] = ["Salesperson", "SYSTEM", "System Administrator", "yes", "no"];
    let is_id = cell.len() == 36 && cell.matches('-').count() == 4;
    if is_id || KEPT.contains(&cell) {
        return cell.to_owned();
    }
    let (words, domain) = cell.find('@').map_or((cell, ""), |at| cell.split_at(at));
    let mut told = String::new();
    let mut letters = words.chars().peekable();
    let mut is_within = false;
    while let Some(sign) = letters.next() {
        told.push(sign);
        let follows = letters.peek().is_some_and(|next| next.is_alphanumeric());
        if !is_within && sign.is_alphabetic() && follows {
            told.push('`');
        }
        is_within = sign.is_alphanumeric();
    }
    told + domain
}

/// Whether a backtick of data stands in a text.
fn is_torn(text: &str) -> bool {
    let signs: Vec<char> = text.chars().collect();
    signs
        .windows(3)
        .any(|three| three[0].is_alphanumeric() && three[1] == '`' && three[2].is_alphanumeric())
}

/// Sentences of a plan.
fn sentences(document: &Document) -> Vec<String> {
    let findings = document.findings.iter();
    let mut all: Vec<String> = findings
        .flat_map(|finding| [&finding.message, &finding.cure])
        .cloned()
        .collect();
    all.extend(document.steps.iter().map(|step| step.whose.clone()));
    all
}

#[test]
fn no_message_is_torn_and_nobody_is_told() {
    let (mut torn, mut told) = (BTreeSet::new(), BTreeSet::new());
    let (mut before, mut spoken) = (BTreeSet::new(), BTreeSet::new());
    for (name, folder) in cases() {
        before.extend(case(&folder).speaks);
        let (project, people) = ticked(&folder);
        let ended = run(|console| plan(project.path(), false, console));
        let Ok(sealed) = SealedPlan::open(&project.path().join("plan")) else {
            assert!(name.starts_with("FIL"), "{name}: {}", ended.err);
            continue;
        };
        let document = sealed.document();
        spoken.extend(document.findings.iter().map(|finding| finding.code.clone()));
        let sentences = sentences(document).into_iter();
        torn.extend(sentences.filter(|text| is_torn(text)));
        let sheets = Sheets::anonymous(&sealed, &AnonymousKey::new([7; 32])).unwrap();
        for text in texts(&sheets) {
            let words = text.split(|sign: char| !sign.is_alphanumeric());
            let mut met = words.filter(|word| people.contains(*word));
            if let Some(word) = met.next() {
                told.insert(format!("{name}: `{word}` in `{text}`"));
            }
        }
    }
    assert!(torn.is_empty(), "{}", Vec::from_iter(torn).join("\n"));
    assert!(told.is_empty(), "{}", Vec::from_iter(told).join("\n"));
    // They keep a plan from being made.
    let unplanned = |code: &&String| !["FIL001", "FIL004"].contains(&code.as_str());
    let silent: Vec<_> = before.difference(&spoken).filter(unplanned).collect();
    assert!(
        silent.is_empty(),
        "rules that backticks silence: {silent:?}"
    );
}

/// Every text of every sheet and of the document.
fn texts(sheets: &Sheets<'_>) -> Vec<String> {
    let mut texts = sentences(sheets.document());
    for sheet in SheetName::ALL {
        let took = sheets.rows(sheet, &mut |row| {
            texts.extend(row.into_iter().filter_map(|cell| match cell {
                SheetCell::Text(text) => Some(text),
                _ => None,
            }));
            ControlFlow::Continue(())
        });
        took.unwrap();
    }
    texts
}

#[test]
fn a_user_whom_nobody_knows_is_not_told() {
    let project = tempfile::tempdir().unwrap();
    copy(&repository("tests/cases/base"), project.path());
    let manifest = fs::read_to_string(project.path().join("cutover.toml")).unwrap();
    let wishes = "users.csv\"\nchange = [\"business_unit\"]";
    let manifest = manifest.replace("users.csv\"", wishes);
    fs::write(project.path().join("cutover.toml"), manifest).unwrap();
    let users = "id,upn,mail,full_name,business_unit\n9,,,Quentin O`Zwiebel Maier,North\n";
    fs::write(project.path().join("exports/users.csv"), users).unwrap();
    run(|console| plan(project.path(), false, console));
    let sealed = SealedPlan::open(&project.path().join("plan")).unwrap();
    let sheets = Sheets::anonymous(&sealed, &AnonymousKey::new([7; 32])).unwrap();
    let texts = texts(&sheets);
    assert!(
        texts.iter().any(|text| text.contains("ACC014")),
        "{texts:?}"
    );
    for text in texts {
        for word in ["Quentin", "Zwiebel", "Maier"] {
            assert!(!text.contains(word), "`{word}` in `{text}`");
        }
    }
}
