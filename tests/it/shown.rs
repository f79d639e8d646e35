//! `show`, whole situations: every sheet in every format, one owner, record or user, two plans against each other.
//!
//! In: the samples, planned, ruled on, planned again. Out: what is printed, held against the plan's own totals.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use cutover::plan::SealedPlan;
use cutover::report::{SheetName, Sheets};
use cutover::run::{Answer, Exit, Format, What};
use serde_json::Value;
use tempfile::TempDir;

use crate::support::{Ended, copy, document, repository, run, run_with};

/// The large sample with its first plan in the history: it was ruled on since.
static RULED: LazyLock<TempDir> = LazyLock::new(|| {
    let folder = planned("samples/contoso");
    rule(folder.path(), "Karl Meier", "karl.meier@contoso.com");
    plan(folder.path());
    folder
});

fn planned(sample: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    copy(&repository(sample), folder.path());
    plan(folder.path());
    folder
}

fn plan(folder: &Path) {
    let ended = run(|console| cutover::run::plan(folder, false, console));
    assert!(folder.join("plan/plan.json").exists(), "{}", ended.err);
}

/// Writes a ruling and a note beside a reference.
fn rule(folder: &Path, reference: &str, ruling: &str) {
    let path = folder.join("owners.csv");
    let mut rows = csv::ReaderBuilder::new();
    let mut rows = rows.has_headers(false).from_path(&path).unwrap();
    let rows: Vec<csv::StringRecord> = rows.records().map(Result::unwrap).collect();
    let column = |name: &str| rows[0].iter().position(|header| header == name).unwrap();
    let [key, ruled, note] = ["reference", "ruling", "note"].map(column);
    let mut table = csv::Writer::from_path(&path).unwrap();
    for row in &rows {
        let mut cells: Vec<String> = row.iter().map(str::to_owned).collect();
        if row[key] == *reference {
            (cells[ruled], cells[note]) = (ruling.to_owned(), "asked Bo".to_owned());
        }
        table.write_record(cells).unwrap();
    }
    table.flush().unwrap();
}

fn show(folder: &Path, what: &What, format: Format, width: usize) -> Ended {
    run_with(format, Answer::Yes, |console| {
        console.width = width;
        cutover::run::show(folder, what, console)
    })
}

/// The output of `show DIR WORD NAME`.
fn words(folder: &Path, word: &str, name: &str, format: Format) -> Ended {
    show(folder, &What::of(Some(word), name), format, 100)
}

fn rows_of_csv(text: &str) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    reader.deserialize().map(Result::unwrap).collect()
}

#[test]
fn a_sheet_has_the_same_rows_in_every_format() {
    let path = RULED.path();
    let sealed = SealedPlan::open(&path.join("plan")).unwrap();
    let sheets = Sheets::of(&sealed).unwrap();
    for sheet in SheetName::ALL {
        let key = sheet.key();
        let csv = words(path, key, "", Format::Csv);
        let json = words(path, key, "", Format::Json);
        assert_eq!((csv.exit, json.exit), (Exit::Done, Exit::Done), "{key}");
        let rows = rows_of_csv(&csv.out).len() as u64;
        let json: Value =
            serde_json::from_str(&json.out).unwrap_or_else(|error| panic!("{key}: {error}"));
        let in_json = |list: &Value| list.as_array().map_or(0, Vec::len) as u64;
        let counts = match sheet {
            // A finding is one item, whatever its places; the totals stand below the rows.
            SheetName::Findings => (rows, sheets.len(sheet)),
            SheetName::Reconciliation => (in_json(&json["rows"]), rows - in_json(&json["totals"])),
            SheetName::Readiness => (in_json(&json["people"]), rows),
            _ => (in_json(&json), rows),
        };
        assert_eq!(counts.0, counts.1, "{key}");
        assert_eq!(counts.1, sheets.len(sheet), "{key}");
        assert!(counts.1 > 0, "{key}");
    }
}

#[test]
fn every_table_fits_the_terminal() {
    let path = RULED.path();
    let tables = [
        "owners",
        "stubs",
        "users",
        "roles",
        "records",
        "changes",
        "inputs",
        "reconciliation",
        "history",
    ];
    for table in tables {
        for width in [60, 100, 200] {
            let ended = show(path, &What::of(Some(table), ""), Format::Text, width);
            assert_eq!(ended.exit, Exit::Done, "{table}: {}", ended.err);
            let widest = ended
                .out
                .lines()
                .max_by_key(|line| line.chars().count())
                .unwrap();
            assert!(
                widest.chars().count() <= width,
                "{table}, {width}: {widest}"
            );
        }
    }
}

/// Scripts read these by name or place.
#[test]
fn columns_that_scripts_know_stay() {
    let first = |word| {
        let ended = words(RULED.path(), word, "", Format::Csv);
        ended.out.lines().next().unwrap().to_owned()
    };
    let changes =
        "seq,stage,kind,entity,subject,before,after,file,row,subject_name,before_name,after_name";
    assert_eq!(first("changes"), changes);
    assert_eq!(
        first("findings"),
        "code,severity,accepted,subject,message,cure,file,row,line,column,cell"
    );
    assert!(first("stubs").starts_with("upn,full_name,records,id,"));
    let readiness =
        "upn,name,today,today_why,after_plan,after_plan_why,after_hand_over,after_hand_over_why";
    assert_eq!(first("readiness"), readiness);
}

#[test]
fn a_reconciliation_adds_up_and_has_leavers_first() {
    let path = RULED.path();
    let ended = words(path, "reconciliation", "", Format::Json);
    let json: Value = serde_json::from_str(&ended.out).unwrap();
    let number = |row: &Value, key: &str| row[key].as_u64().unwrap_or(0);
    let rows = json["rows"].as_array().unwrap();
    let marked: Vec<bool> = rows
        .iter()
        .map(|row| row["left_with_leaver"].is_u64())
        .collect();
    let left = marked.iter().take_while(|marked| **marked).count();
    assert!(left > 0 && !marked[left..].contains(&true), "{marked:?}");
    let records = document(path).totals.records_by_table;
    for total in json["totals"].as_array().unwrap() {
        let table = total["table"].as_str().unwrap();
        for key in ["before", "gone", "come", "after", "left_with_leaver"] {
            let of_table = rows.iter().filter(|row| row["table"] == total["table"]);
            let sum: u64 = of_table.map(|row| number(row, key)).sum();
            assert_eq!(sum, number(total, key), "{table} {key}");
        }
        assert_eq!(total["before"], total["after"], "{table}");
        assert_eq!(number(total, "come"), records[table], "{table}");
    }
    let csv = rows_of_csv(&words(path, "reconciliation", "", Format::Csv).out);
    assert_eq!(
        csv.iter().filter(|row| row["standing"] == "total").count(),
        records.len()
    );
    let text = words(path, "reconciliation", "", Format::Text).out;
    for said in [
        "It adds up",
        "Checked by: ___",
        "Left with somebody who has left",
    ] {
        assert!(text.contains(said), "{said}: {text}");
    }
}

#[test]
#[rustfmt::skip] // keeps the columns of the table
fn one_of_them() {
    let record = "12f1905f-b765-447f-a4cf-d63324253bd9";
    let braced = "{12F1905F-B765-447F-A4CF-D63324253BD9}";
    let none = "00000000-0000-0000-0000-000000000001";
    //      word      name                            exit         said
    check("owner",  "Karl Meier",                   Exit::Done,  &["decided by: ruling", "ruling: karl.meier@", "note: asked Bo", "contact 3", "3 records received"]);
    check("owner",  "  karl   MEIER ",              Exit::Done,  &["Owner reference Karl Meier"]);
    check("owner",  "Anna Schmidt",                 Exit::Done,  &["nobody chosen", "candidates: ", "OWN002", "cure: "]);
    check("owner",  "anneli.saari@contoso.com",     Exit::Done,  &["stub user", "Anneli Saari <anneli"]);
    check("owner",  "Zoë van den Berg <zoe.vandenberg@contoso.com>", Exit::Done, &["owner references lead to Zoë", "E10005"]);
    check("owner",  "Karl Maier",                   Exit::Usage, &["no owner reference `Karl Maier`", "Karl Meier"]);
    check("owner",  "Qqqqqqqq",                     Exit::Usage, &["nor any like it", "show owners"]);
    check("record", record,                         Exit::Done,  &["now: Data Migration", "after: Zoë van den Berg", "exports/accounts.csv, row 6", "the row holds this owner reference", "Zoë van den Berg: matched"]);
    check("record", braced,                         Exit::Done,  &["after: Zoë van den Berg"]);
    check("record", none,                           Exit::Done,  &["the plan does not change it", "no export names"]);
    check("record", "Fabrikam",                     Exit::Usage, &["no record id", "GUID"]);
    check("user",   "anneli.saari@contoso.com",     Exit::Done,  &["a stub user that the plan makes", "can never sign in", "4 records received", "STB001"]);
    check("user",   "Elin Håkansson",               Exit::Done,  &["business unit", "today: ", "after the hand-over: "]);
    check("user",   "Karl Meier",                   Exit::Usage, &["several fit", "karl.meier2@contoso.com", "UPN or id"]);
    check("user",   "Elin Hakansson",               Exit::Usage, &["near are", "Elin Håkansson"]);
    check("user",   "",                             Exit::Usage, &["`user`", "need a name"]);
}

#[track_caller]
fn check(word: &str, name: &str, exit: Exit, said: &[&str]) {
    let path = RULED.path();
    let text = words(path, word, name, Format::Text);
    assert_eq!(text.exit, exit, "{word} {name}: {}{}", text.out, text.err);
    let whole = format!("{}{}", text.out, text.err);
    let flat = whole.split_whitespace().collect::<Vec<_>>().join(" ");
    for one in said {
        assert!(flat.contains(one), "{word} {name}, `{one}`: {whole}");
    }
    for format in [Format::Json, Format::Csv] {
        let ended = words(path, word, name, format);
        assert_eq!(ended.exit, exit, "{word} {name}: {}", ended.err);
        if exit == Exit::Done && format == Format::Json {
            let json: Value = serde_json::from_str(&ended.out).unwrap();
            assert!(json.is_object(), "{word} {name}");
        } else if exit == Exit::Done {
            assert!(!rows_of_csv(&ended.out).is_empty(), "{word} {name}");
        }
    }
}

#[test]
fn an_export_that_changed_says_nothing_of_a_row() {
    let project = planned("samples/contoso");
    let record = "12f1905f-b765-447f-a4cf-d63324253bd9";
    let told = || words(project.path(), "record", record, Format::Text).out;
    assert!(
        told().contains("the row holds this owner reference"),
        "{}",
        told()
    );
    let export = project.path().join("exports/accounts.csv");
    let mut bytes = fs::read(&export).unwrap();
    bytes.push(b'\n');
    fs::write(&export, bytes).unwrap();
    assert!(
        told().contains("owner references of `account` lead to"),
        "{}",
        told()
    );
    fs::remove_file(&export).unwrap();
    assert!(told().contains("E10005: matched"), "{}", told());
}

#[test]
fn lists_that_name_a_user_are_told() {
    let path = RULED.path();
    let list = fs::read_to_string(path.join("plan/handover/leavers.csv")).unwrap();
    let leaver = rows_of_csv(&list).remove(0);
    let upn = leaver.values().find(|cell| cell.contains('@')).unwrap();
    let ended = words(path, "user", upn, Format::Text);
    assert!(
        ended.out.contains("plan/handover/leavers.csv"),
        "{}{}",
        ended.out,
        ended.err
    );
}

#[test]
fn a_ruling_that_is_newer_than_the_plan_is_said() {
    let folder = planned("samples/contoso");
    rule(folder.path(), "Anna Schmidt", "leave");
    let ended = words(folder.path(), "owner", "Anna Schmidt", Format::Text);
    let said = "ruling in the owners sheet now: leave: plan again";
    assert!(ended.out.contains(said), "{}", ended.out);
}

fn against(folder: &Path, old: &str, format: Format) -> Ended {
    show(folder, &What::Against(old.to_owned()), format, 100)
}

#[test]
fn what_moved_since_the_last_dry_run() {
    let path = RULED.path();
    let history = fs::read_dir(path.join("history"))
        .unwrap()
        .next()
        .unwrap()
        .unwrap();
    let name = history.file_name().to_string_lossy().into_owned();
    let seal = name.split_once('-').unwrap().1;
    let last = against(path, "last", Format::Text);
    for said in [
        "-1",
        "Findings: 1 gone, 0 new",
        "OWN002",
        "nobody chosen (OWN002) → Karl Meier",
        "Rulings: 1",
        "+3",
    ] {
        assert!(last.out.contains(said), "{said}: {}", last.out);
    }
    let folder = history.path().display().to_string();
    for old in [name.as_str(), &seal[..4], seal, &folder, "history/"] {
        let ended = against(path, old, Format::Text);
        let is_one = old != "history/";
        assert_eq!(ended.exit == Exit::Done, is_one, "{old}: {}", ended.err);
        assert_eq!(ended.out == last.out, is_one, "{old}");
    }
    for old in ["ffff", "nowhere", &format!("{seal}0")] {
        let ended = against(path, old, Format::Text);
        assert_eq!(ended.exit, Exit::Usage, "{old}");
        assert!(ended.err.contains(&name), "{old}: {}", ended.err);
    }
    let json: Value = serde_json::from_str(&against(path, "last", Format::Json).out).unwrap();
    assert_eq!(json["findings_gone"].as_array().unwrap().len(), 1);
    assert_eq!(json["owners"][0]["what"], "Karl Meier");
    let csv = rows_of_csv(&against(path, "last", Format::Csv).out);
    let gone =
        |row: &&BTreeMap<String, String>| row["part"] == "finding" && row["change"] == "gone";
    assert_eq!(csv.iter().filter(gone).count(), 1);
    let itself = against(path, &path.join("plan").display().to_string(), Format::Text);
    assert!(itself.out.contains("Nothing moved."), "{}", itself.out);
    let first = planned("samples/clean");
    let ended = against(first.path(), "last", Format::Text);
    assert_eq!(
        (ended.exit, ended.err.contains("no plan before")),
        (Exit::Usage, true),
        "{}",
        ended.err
    );
}

#[test]
fn a_plan_that_cannot_be_read_hides_no_other() {
    let folder = planned("samples/clean");
    let path = folder.path();
    rule(path, "Oliver Reed", "leave");
    let manifest = path.join("cutover.toml");
    for kind in ["api", "import"] {
        let text = fs::read_to_string(&manifest).unwrap();
        let text = text
            .replace("stubs = \"import\"", "stubs = \"\"")
            .replace("stubs = \"api\"", "stubs = \"\"");
        fs::write(
            &manifest,
            text.replace("stubs = \"\"", &format!("stubs = \"{kind}\"")),
        )
        .unwrap();
        plan(path);
    }
    let folders: Vec<_> = fs::read_dir(path.join("history"))
        .unwrap()
        .map(|one| one.unwrap().path())
        .collect();
    let oldest = folders.iter().min().unwrap();
    let document = oldest.join("plan.json");
    let text = fs::read_to_string(&document).unwrap();
    fs::write(
        &document,
        text.replacen("\"format\": 2", "\"format\": 1", 1),
    )
    .unwrap();
    let text = words(path, "history", "", Format::Text);
    assert_eq!(text.exit, Exit::Done, "{}", text.err);
    assert!(text.out.contains("format 1"), "{}", text.out);
    let json: Value = serde_json::from_str(&words(path, "history", "", Format::Json).out).unwrap();
    let plans = json.as_array().unwrap();
    assert_eq!(plans.len(), folders.len() + 1);
    assert!(
        plans[0]["unreadable"].is_string() && plans[0]["errors"].is_null(),
        "{json}"
    );
    assert!(
        plans[1..]
            .iter()
            .all(|plan| plan["unreadable"].is_null() && plan["errors"].is_u64()),
        "{json}"
    );
    assert_eq!(plans.last().unwrap()["plan"], "plan");
    let name = oldest.file_name().unwrap().to_string_lossy().into_owned();
    let ended = against(path, &name, Format::Text);
    assert!(
        ended.exit != Exit::Done && ended.err.contains("format 1"),
        "{}",
        ended.err
    );
}
