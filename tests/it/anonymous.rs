//! Reports without people: nobody whom the sample names is in any sheet or in the document.
//!
//! In: `samples/contoso`, planned. Out: every name, address and id of its users, of its directory and of its exports
//! that is met in what was to be anonymous; and that rows still join.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::path::Path;

use calamine::{Reader, open_workbook_auto};
use cutover::plan::SealedPlan;
use cutover::report::{AnonymousKey, SheetCell, SheetName, Sheets};
use cutover::run::{
    ApplyRequest, Consent, Console, Exit, Failure, Format, What, apply, plan, show, undo, verify,
};
use tempfile::TempDir;

use crate::support::{copy, repository, run};

/// Columns that say who somebody is, by their headers in the sample.
const PERSONAL: [&str; 18] = [
    "upn",
    "mail",
    "mail2",
    "mobile_alert_mail",
    "full_name",
    "employee_id",
    "display name",
    "user principal name",
    "phone number",
    "user",
    "owner",
    "email",
    "e-mail",
    "name",
    "employee id",
    "main_phone",
    "full name",
    "username",
];

fn planned() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    copy(&repository("samples/contoso"), folder.path());
    run(|console| plan(folder.path(), false, console));
    folder
}

/// Every cell of the sample that says who somebody is.
fn people(project: &Path) -> BTreeSet<String> {
    let mut people = BTreeSet::new();
    let mut take = |headers: &[String], cells: &[String]| {
        for (header, cell) in headers.iter().zip(cells) {
            if PERSONAL.contains(&header.to_lowercase().as_str()) {
                people.insert(cell.trim().to_owned());
            }
        }
    };
    for file in [
        "environment/users.csv",
        "environment/directory.csv",
        "exports/roles.csv",
    ] {
        let mut reader = csv::Reader::from_path(project.join(file)).unwrap();
        let headers: Vec<String> = reader
            .headers()
            .unwrap()
            .iter()
            .map(str::to_owned)
            .collect();
        for row in reader.records() {
            let cells: Vec<String> = row.unwrap().iter().map(str::to_owned).collect();
            take(&headers, &cells);
        }
    }
    for file in ["exports/users.xlsx", "exports/contacts.xlsx"] {
        let mut workbook = open_workbook_auto(project.join(file)).unwrap();
        let range = workbook.worksheet_range_at(0).unwrap().unwrap();
        let mut rows = range
            .rows()
            .map(|row| row.iter().map(ToString::to_string).collect());
        let headers: Vec<String> = rows.next().unwrap();
        rows.for_each(|cells: Vec<String>| {
            let is_contact = file.contains("contacts");
            let keep = |header: &String| !is_contact || header == "Owner";
            let kept: Vec<String> = headers
                .iter()
                .filter(|header| keep(header))
                .cloned()
                .collect();
            let places = headers
                .iter()
                .enumerate()
                .filter(|(_, header)| keep(header));
            let cells: Vec<String> = places.map(|(place, _)| cells[place].clone()).collect();
            take(&kept, &cells);
        });
    }
    // What teams and users of the service itself are called is about nobody.
    let mut teams = csv_column(&project.join("environment/teams.csv"), "name");
    teams.extend(["SYSTEM", "INTEGRATION"].map(str::to_owned));
    let known = people
        .into_iter()
        .filter(|one| one.chars().count() > 3 && !teams.contains(one));
    known.collect()
}

fn csv_column(path: &Path, column: &str) -> BTreeSet<String> {
    let mut reader = csv::Reader::from_path(path).unwrap();
    let place = reader
        .headers()
        .unwrap()
        .iter()
        .position(|header| header == column)
        .unwrap();
    let rows = reader.records().map(|row| row.unwrap()[place].to_owned());
    rows.collect()
}

/// All texts of all sheets, by where they are, and of the document.
fn texts(sheets: &Sheets<'_>) -> BTreeMap<String, String> {
    let mut texts = BTreeMap::new();
    for sheet in SheetName::ALL {
        let mut number = 0;
        let columns = sheet.columns();
        sheets
            .rows(sheet, &mut |row| {
                number += 1;
                for (cell, column) in row.iter().zip(columns) {
                    if let SheetCell::Text(text) = cell {
                        let place = format!("{} {number} {}", sheet.key(), column.key);
                        texts.insert(place, text.clone());
                    }
                }
                ControlFlow::Continue(())
            })
            .unwrap();
    }
    let document = serde_json::to_string_pretty(sheets.document()).unwrap();
    for (number, line) in document.lines().enumerate() {
        texts.insert(format!("plan.json {number}"), line.to_owned());
    }
    texts
}

/// Whether a text holds another as words of its own.
fn holds(text: &str, name: &str) -> bool {
    let ends = |letter: Option<char>| !letter.is_some_and(char::is_alphanumeric);
    text.match_indices(name).any(|(at, _)| {
        ends(text[..at].chars().next_back()) && ends(text[at + name.len()..].chars().next())
    })
}

#[test]
fn nobody_is_named() {
    let project = planned();
    let sealed = SealedPlan::open(&project.path().join("plan")).unwrap();
    let people = people(project.path());
    assert!(people.len() > 200, "{}", people.len());
    let open = texts(&Sheets::of(&sealed).unwrap());
    let met = |texts: &BTreeMap<String, String>| -> Vec<String> {
        let places = texts.iter();
        let met = places.flat_map(|(place, text)| {
            let named = people.iter().filter(|one| holds(text, one));
            named.map(move |one| format!("{place}: `{one}` in `{text}`"))
        });
        met.collect()
    };
    assert!(met(&open).len() > 500, "the plan names people");
    let key = AnonymousKey::new([7; 32]);
    let told = texts(&Sheets::anonymous(&sealed, &key).unwrap());
    let met = met(&told);
    assert!(met.is_empty(), "{}", met.join("\n"));
    let domains = told
        .iter()
        .filter(|(_, text)| holds(text, "contoso.com") || text.contains("contoso.local"));
    let domains: Vec<_> = domains.collect();
    assert!(domains.is_empty(), "{domains:#?}");
}

#[test]
fn rows_still_join() {
    let project = planned();
    let sealed = SealedPlan::open(&project.path().join("plan")).unwrap();
    let key = AnonymousKey::new([7; 32]);
    let (open, told) = (
        texts(&Sheets::of(&sealed).unwrap()),
        texts(&Sheets::anonymous(&sealed, &key).unwrap()),
    );
    // Cells that were the same are the same, those that were not are not.
    let of_column = |column: &str| -> BTreeMap<String, BTreeSet<String>> {
        let cells = open.iter().filter(|(place, _)| place.ends_with(column));
        let mut by_cell: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (place, cell) in cells {
            by_cell
                .entry(cell.clone())
                .or_default()
                .insert(told[place].clone());
        }
        by_cell
    };
    for column in [
        " after",
        " owner",
        " upn",
        " name",
        " principal",
        " reference",
    ] {
        let cells = of_column(column);
        let tokens: BTreeSet<&String> = cells.values().flatten().collect();
        assert!(cells.len() > 3, "{column}");
        assert!(
            cells.values().all(|tokens| tokens.len() == 1),
            "{column}: {cells:?}"
        );
        assert_eq!(tokens.len(), cells.len(), "{column}");
    }
}

#[test]
fn commands_tell_nobody() {
    let folder = tempfile::tempdir().unwrap();
    copy(&repository("samples/clean"), folder.path());
    let people: BTreeSet<String> = csv_column(&folder.path().join("environment/users.csv"), "upn")
        .into_iter()
        .chain(csv_column(
            &folder.path().join("environment/users.csv"),
            "full_name",
        ))
        .filter(|one| one.chars().count() > 3)
        .collect();
    assert!(people.len() > 20, "{people:?}");
    let anonymous = |command: &dyn Fn(&mut Console<'_>) -> Result<Exit, Failure>| {
        let ended = run(|console| {
            console.anonymise = true;
            command(console)
        });
        assert_eq!(ended.exit, Exit::Done, "{}", ended.err);
        ended.out
    };
    let project = folder.path();
    let request = ApplyRequest {
        folder: project,
        consent: Consent::Yes,
        limit: None,
    };
    let mut told = vec![anonymous(&|console| plan(project, false, console))];
    for format in [Format::Text, Format::Json, Format::Csv] {
        for what in [
            "findings",
            "changes",
            "owners",
            "stubs",
            "users",
            "roles",
            "records",
            "readiness",
        ] {
            told.push(anonymous(&|console| {
                console.format = format;
                show(project, &What::of(Some(what), ""), console)
            }));
        }
    }
    told.push(anonymous(&|console| apply(&request, console)));
    told.push(anonymous(&|console| verify(project, console)));
    told.push(anonymous(&|console| {
        show(project, &What::of(Some("outcome"), ""), console)
    }));
    told.push(anonymous(&|console| undo(&request, console)));
    let page = std::fs::read_to_string(project.join("plan/report-anonymous.html")).unwrap();
    assert!(!project.join("plan/report.html").exists());
    told.push(page);
    let mut workbook = open_workbook_auto(project.join("plan/report-anonymous.xlsx")).unwrap();
    for (_, range) in workbook.worksheets() {
        told.extend(range.used_cells().map(|(_, _, cell)| cell.to_string()));
    }
    for text in &told {
        for one in &people {
            assert!(!holds(text, one), "`{one}` in `{text}`");
        }
    }
}

/// Every report and list of a planned project without people, as text.
fn told(project: &Path) -> Vec<String> {
    let mut told = Vec::new();
    for format in [Format::Text, Format::Json, Format::Csv] {
        for what in ["changes", "users", "findings"] {
            let ended = run(|console| {
                (console.anonymise, console.format) = (true, format);
                show(project, &What::of(Some(what), ""), console)
            });
            assert_eq!(ended.exit, Exit::Done, "{}", ended.err);
            told.push(ended.out);
        }
    }
    told.push(std::fs::read_to_string(project.join("plan/report-anonymous.html")).unwrap());
    let mut workbook = open_workbook_auto(project.join("plan/report-anonymous.xlsx")).unwrap();
    for (_, range) in workbook.worksheets() {
        told.extend(range.used_cells().map(|(_, _, cell)| cell.to_string()));
    }
    told
}

#[test]
fn values_of_a_profile_are_told_whole() {
    let folder = tempfile::tempdir().unwrap();
    let project = folder.path();
    copy(&repository("samples/clean"), project);
    let manifest = std::fs::read_to_string(project.join("cutover.toml")).unwrap();
    let manifest = manifest.replace("[environment]\n", "[environment]\non_premises = true\n");
    std::fs::write(project.join("cutover.toml"), manifest).unwrap();
    let users = std::fs::read_to_string(project.join("exports/users.csv")).unwrap();
    let luca = "luca.ferri@alpineskihouse.com,false,,,";
    let phone = format!("{luca}+43 1 5550; privat Hannelore Unbekannt");
    std::fs::write(
        project.join("exports/users.csv"),
        users.replace(luca, &phone),
    )
    .unwrap();
    let planned = run(|console| {
        console.anonymise = true;
        plan(project, false, console)
    });
    assert_eq!(planned.exit, Exit::Done, "{}", planned.err);
    let request = ApplyRequest {
        folder: project,
        consent: Consent::Yes,
        limit: None,
    };
    let mut told = told(project);
    assert!(told.iter().any(|text| text.contains("main phone Text ")));
    // What is not applied yet is told as a difference.
    for command in [verify, |folder: &Path, console: &mut Console<'_>| {
        show(
            folder,
            &What::of(Some("user"), "luca.ferri@alpineskihouse.com"),
            console,
        )
    }] {
        let ended = run(|console| {
            console.anonymise = true;
            command(project, console)
        });
        told.push(ended.out + &ended.err);
    }
    let applied = run(|console| {
        console.anonymise = true;
        apply(&request, console)
    });
    told.push(applied.out);
    for text in told {
        for word in ["Hannelore", "Unbekannt", "5550"] {
            assert!(!text.contains(word), "`{word}` in `{text}`");
        }
    }
}

#[test]
fn what_somebody_wrote_beside_an_owner_is_not_told() {
    let project = planned();
    let sheet = project.path().join("owners.csv");
    let text = std::fs::read_to_string(&sheet).unwrap();
    let lines = text.lines().map(|line| {
        if line.starts_with("Karl Meier,") {
            format!("{},Jürgen Weiß,ask Jürgen Weiß", line.trim_end_matches(','))
        } else {
            line.to_owned()
        }
    });
    let lines: Vec<String> = lines.collect();
    assert_ne!(lines.join("\n"), text.trim_end(), "the row is there");
    std::fs::write(&sheet, lines.join("\n") + "\n").unwrap();
    for format in [Format::Text, Format::Json, Format::Csv] {
        let ended = run(|console| {
            (console.anonymise, console.format) = (true, format);
            show(
                project.path(),
                &What::of(Some("owner"), "Karl Meier"),
                console,
            )
        });
        assert_eq!(ended.exit, Exit::Done, "{}", ended.err);
        assert!(ended.out.contains("OWN002"), "{}", ended.out);
        for name in ["Karl", "Meier", "Jürgen"] {
            assert!(!ended.out.contains(name), "{name} in {}", ended.out);
        }
    }
}

#[test]
#[rustfmt::skip] // keeps the columns of the table
fn near_spellings_are_found_among_names_and_told_as_tokens() {
    let folder = tempfile::tempdir().unwrap();
    copy(&repository("samples/clean"), folder.path());
    run(|console| plan(folder.path(), false, console));
    let check = |what: &str, typed: &str, is_found: bool| {
        let of = |anonymise: bool| run(|console| {
            console.anonymise = anonymise;
            show(folder.path(), &What::of(Some(what), typed), console)
        });
        let (open, told) = (of(false), of(true));
        assert_eq!((open.exit, told.exit), (Exit::Usage, Exit::Usage), "{typed}");
        let near = |text: &str| text.lines().filter(|line| line.starts_with("  ")).count();
        assert_eq!(near(&told.err), near(&open.err), "{typed}: {} and {}", told.err, open.err);
        assert_eq!(near(&told.err) > 0, is_found, "{typed}: {}", told.err);
        for word in typed.split(' ').chain(["reta", "umann", "alpineski"]) {
            assert!(!told.err.contains(word), "`{word}` in {}", told.err);
        }
        told.err
    };
    let user = check("user",    "greta",        true);
    let person = run(|console| {
        console.anonymise = true;
        show(folder.path(), &What::of(Some("user"), "Greta Aumann"), console)
    });
    let token = person.out.split_once('<').unwrap().0.trim();
    assert!(user.contains(token), "no `{token}` in {user}");
    let again = run(|console| {
        console.anonymise = true;
        show(folder.path(), &What::of(Some("user"), token), console)
    });
    assert_eq!(again.out, person.out, "a token is asked for like a name");
    check("user",    "Grta Aumann",  true);
    check("owner",   "Grta Aumann",  true);
    check("owner",   "greta.aumnn",  true);
    check("owner",   "Zzyzx Qqq",    false);
    check("record",  "Grta Aumann",  false);
}
