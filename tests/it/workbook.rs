//! The workbook of a plan: its totals are the plan's, its cells are inert, and rulings come back in it.
//!
//! In: copies of samples, and a project of awkward names. Out: what another reader of workbooks finds in
//! `report.xlsx`, and what the next plan makes of rulings in a sheet or a workbook.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs::{self, File};
use std::io::{BufReader, Read};
use std::path::Path;

use calamine::{Data, Range, Reader, Xlsx, open_workbook};
use cutover::plan::Document;
use cutover::report::{SheetName, WorkbookOf};
use cutover::run::{Exit, What, plan, show};

use crate::support::{copy, document, repository, run};

/// A sheet as texts and numbers, row by row.
type Cells = Vec<Vec<Data>>;

/// Plans anew; a plan is written whatever it finds.
#[track_caller]
fn planned(project: &Path) {
    let ended = run(|console| plan(project, false, console));
    let is_written = matches!(ended.exit, Exit::Done | Exit::NotApproved);
    assert!(is_written, "{}", ended.err);
}

fn sample(name: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    copy(&repository(name), folder.path());
    folder
}

fn opened(path: &Path) -> Xlsx<BufReader<File>> {
    open_workbook(path).unwrap()
}

fn report(project: &Path) -> Xlsx<BufReader<File>> {
    opened(&project.join("plan/report.xlsx"))
}

fn cells(workbook: &mut Xlsx<BufReader<File>>, sheet: &str) -> Cells {
    let range: Range<Data> = workbook.worksheet_range(sheet).unwrap();
    range.rows().map(<[Data]>::to_vec).collect()
}

fn text(cell: &Data) -> &str {
    match cell {
        Data::String(text) => text,
        _ => "",
    }
}

fn number(cell: &Data) -> u64 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a count"
    )]
    match cell {
        Data::Float(number) => *number as u64,
        Data::Int(number) => *number as u64,
        other => panic!("no number: {other:?}"),
    }
}

/// The rows of a sheet below its header, each cell under its header.
fn column(cells: &Cells, header: &str) -> Vec<Data> {
    let place = cells[0].iter().position(|cell| text(cell) == header);
    let place = place.unwrap_or_else(|| panic!("no column {header}"));
    cells[1..].iter().map(|row| row[place].clone()).collect()
}

/// How often each text stands in a column.
fn counts(cells: &Cells, header: &str) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for cell in column(cells, header) {
        *counts.entry(text(&cell).to_owned()).or_default() += 1;
    }
    counts
}

#[test]
fn the_totals_are_those_of_the_plan() {
    for name in ["samples/clean", "samples/contoso"] {
        let folder = sample(name);
        planned(folder.path());
        check_totals(&document(folder.path()), &mut report(folder.path()));
    }
}

fn check_totals(document: &Document, workbook: &mut Xlsx<BufReader<File>>) {
    let titles = SheetName::ALL.map(SheetName::title);
    let sheets = [&["Summary"], titles.as_slice()].concat();
    assert_eq!(workbook.sheet_names(), sheets);
    let totals = &document.totals;
    let changes = |kinds: &[&str]| -> u64 {
        let counts = kinds.iter().filter_map(|kind| totals.changes.get(*kind));
        counts.sum()
    };
    for (sheet, rows) in [
        ("Owners", totals.references.max(document.owners_file.rows)),
        ("Stub users", changes(&["create_stub_user"])),
        ("Users", changes(&["change_user"])),
        ("Roles", changes(&["give_role", "remove_role"])),
        ("Records", changes(&["assign_record"])),
        ("Findings", document.findings_file.rows),
        ("Readiness", document.readiness.file.rows),
        ("Reconciliation", document.holdings_file.rows),
        ("Inputs", document.inputs.len() as u64),
    ] {
        let cells = cells(workbook, sheet);
        // What stands below a gap is no row of the sheet.
        let filled = cells[1..].iter().take_while(|row| row[0] != Data::Empty);
        assert_eq!(filled.count() as u64, rows, "{sheet}");
    }
    let reconciled = cells(workbook, "Reconciliation");
    let of_totals = reconciled.iter().filter(|row| text(&row[0]) == "total");
    let given_away = reconciled[0]
        .iter()
        .position(|cell| text(cell) == "Given away");
    let given_away: u64 = of_totals.map(|row| number(&row[given_away.unwrap()])).sum();
    assert_eq!(given_away, changes(&["assign_record"]));
    let records = cells(workbook, "Records");
    assert_eq!(counts(&records, "Table"), totals.records_by_table);
    let inputs = cells(workbook, "Inputs");
    let rows: u64 = document.inputs.iter().map(|input| input.rows).sum();
    let shown: u64 = column(&inputs, "Rows").iter().map(number).sum();
    assert_eq!(shown, rows);
    check_summary(document, &cells(workbook, "Summary"));
}

/// Each line of the summary by its name, with the numbers behind it; names that stand twice by the heading too.
fn check_summary(document: &Document, summary: &Cells) {
    let line = |heading: &str, name: &str| -> Vec<u64> {
        let from = summary.iter().position(|row| text(&row[0]) == heading);
        let below = &summary[from.unwrap_or_else(|| panic!("no {heading}")) + 1..];
        let found = below.iter().find(|row| text(&row[0]) == name);
        let found = found.unwrap_or_else(|| panic!("no line {name} under {heading}"));
        let numbers = found[1..].iter().filter(|cell| **cell != Data::Empty);
        numbers.map(number).collect()
    };
    let (totals, ready) = (&document.totals, &document.readiness.after_plan);
    let verdict = if document.approved { "yes" } else { "no" };
    assert_eq!(text(&summary[0][1]), verdict);
    assert!(
        summary.iter().any(|row| text(&row[1]) == document.seal),
        "the seal"
    );
    for (name, expected) in [
        ("errors", totals.errors),
        ("errors that the manifest accepts", totals.accepted),
        ("warnings", totals.warnings),
        ("notes", totals.notes),
    ] {
        assert_eq!(line("Findings", name), [expected], "{name}");
    }
    let rows = "Rows, each accounted for";
    let all = line(rows, "All");
    assert_eq!(
        all[0],
        all[1..].iter().sum::<u64>(),
        "each row has one fate"
    );
    let sum = document
        .ledgers
        .iter()
        .map(|ledger| ledger.rows)
        .sum::<u64>();
    assert_eq!(all[0], sum);
    for ledger in &document.ledgers {
        let input = document.inputs.iter().find(|one| one.file == ledger.file);
        let counts = line(rows, &input.unwrap().name);
        assert_eq!((counts[0], counts[1]), (ledger.rows, ledger.changes));
    }
    let written = line("What would be written", "All");
    assert_eq!(written, [totals.changes.values().sum::<u64>()]);
    assert_eq!(line("Owners", "All")[0], totals.references);
    for (rung, count) in &totals.matches {
        let counts = line("Owners", &format!("matched by {rung}"));
        assert_eq!(counts, [count.references, count.rows], "{rung}");
    }
    let counts = line("Ready on day one", "after the plan");
    assert_eq!(counts, [ready.yes, ready.no, ready.not_known]);
}

#[test]
fn the_same_plan_gives_the_same_bytes() {
    let (first, second) = (sample("samples/contoso"), sample("samples/contoso"));
    let bytes = |project: &Path| fs::read(project.join("plan/report.xlsx")).unwrap();
    planned(first.path());
    planned(second.path());
    assert!(
        bytes(first.path()) == bytes(second.path()),
        "in another folder"
    );
    let whole = shown(first.path(), WorkbookOf::Everything);
    assert!(whole == bytes(first.path()), "nothing of it is long");
}

#[cfg(unix)]
#[test]
fn the_workbook_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let folder = sample("samples/clean");
    planned(folder.path());
    let workbook = fs::metadata(folder.path().join("plan/report.xlsx")).unwrap();
    assert_eq!(workbook.permissions().mode() & 0o777, 0o600);
}

/// The bytes that `show --format xlsx` writes.
fn shown(project: &Path, of: WorkbookOf) -> Vec<u8> {
    let mut bytes = Vec::new();
    let ended = run(|console| {
        let mut raw = cutover::run::Console {
            out: &mut bytes,
            err: &mut *console.err,
            progress: console.progress,
            stop: console.stop,
            ask: &mut *console.ask,
            format: console.format,
            width: console.width,
            quiet: console.quiet,
            anonymise: false,
        };
        show(project, &What::Workbook(of), &mut raw)
    });
    assert_eq!(ended.err, "");
    bytes
}

#[test]
fn long_sheets_are_cut_in_the_plan_folder_and_whole_when_asked_for() {
    const ROWS: usize = 20_001;
    let folder = sample("tests/cases/base");
    let rows = |header: &str, owner: &str| {
        let rows = (0..ROWS).map(|row| format!("00000000-0000-4000-9000-{row:012},{owner}\n"));
        format!("{header}\n{}", rows.collect::<String>())
    };
    let present = rows("id,owner", "ana@contoso.com");
    fs::write(
        folder.path().join("environment/records-account.csv"),
        present,
    )
    .unwrap();
    let wanted = rows("accountid,ownerid", "ben@contoso.com");
    fs::write(folder.path().join("exports/accounts.csv"), wanted).unwrap();
    planned(folder.path());
    let records = cells(&mut report(folder.path()), "Records");
    assert_eq!(records.len(), 1 + 20_000 + 1);
    let last = text(&records[20_001][0]);
    assert!(
        last.starts_with("These are 20,000 of 20,001 rows"),
        "{last}"
    );
    let path = folder.path().join("records.xlsx");
    fs::write(
        &path,
        shown(folder.path(), WorkbookOf::Sheet(SheetName::Records)),
    )
    .unwrap();
    let mut one = opened(&path);
    assert_eq!(one.sheet_names(), ["Records"]);
    assert_eq!(cells(&mut one, "Records").len(), 1 + ROWS);
}

/// Names of people that a spreadsheet, a page or a reader of XML may take for something else.
const AWKWARD: &[&str] = &[
    "=HYPERLINK(\"http://x\")",
    "+49",
    "-1",
    "@SUM(1)",
    "'quoted",
    "''twice",
    "<b>x</b>",
    "a & b",
    "a\tb",
    "a\u{1}b",
    "_x0041_",
    "two\nlines",
    "😀 Zoë",
    "007",
    "1E5",
    "TRUE",
    "#N/A",
];

/// The base with an account for each awkward name.
fn awkward() -> tempfile::TempDir {
    let folder = sample("tests/cases/base");
    let mut accounts = csv::Writer::from_writer(Vec::new());
    let mut records = String::from("id,owner\n");
    accounts.write_record(["accountid", "ownerid"]).unwrap();
    for (row, name) in AWKWARD.iter().enumerate() {
        let id = format!("00000000-0000-4000-9000-{row:012}");
        accounts.write_record([id.as_str(), name]).unwrap();
        writeln!(records, "{id},ana@contoso.com").unwrap();
    }
    let accounts = accounts.into_inner().unwrap();
    fs::write(folder.path().join("exports/accounts.csv"), accounts).unwrap();
    fs::write(
        folder.path().join("environment/records-account.csv"),
        records,
    )
    .unwrap();
    folder
}

#[test]
fn cells_are_inert_and_come_back_unchanged() {
    let folder = awkward();
    planned(folder.path());
    let path = folder.path().join("plan/report.xlsx");
    let mut members = zip::ZipArchive::new(File::open(&path).unwrap()).unwrap();
    for index in 0..members.len() {
        let mut member = members.by_index(index).unwrap();
        let mut inner = String::new();
        member.read_to_string(&mut inner).unwrap();
        for active in [
            "<f>",
            "<f ",
            "<hyperlink",
            "TargetMode=\"External\"",
            "<oleObject",
        ] {
            let is_there = inner.contains(active);
            assert!(!is_there, "{:?} holds {active}", member.name());
        }
    }
    let owners = cells(&mut report(folder.path()), "Owners");
    let references = column(&owners, "Owner reference");
    for name in AWKWARD {
        let begins = name.starts_with(['=', '+', '-', '@', '\t', '\'']);
        let guarded = if begins {
            format!("'{name}")
        } else {
            (*name).to_owned()
        };
        let found = references.contains(&Data::String(guarded));
        assert!(found, "{name:?} is not among {references:?}");
    }
    // As rulings they come back as the references that they were.
    let ruled = |_: &str| "leave".to_owned();
    let mut book = rust_xlsxwriter::Workbook::new();
    copy_sheet(&mut book, "Owners", &owners, &ruled);
    book.save(folder.path().join("owners.xlsx")).unwrap();
    name_workbook(folder.path(), "owners.xlsx");
    planned(folder.path());
    let document = document(folder.path());
    assert_eq!(document.totals.left.references, AWKWARD.len() as u64);
    assert_eq!(document.rulings.unused, 0);
}

/// A sheet again, with rulings by reference, as a spreadsheet would write it.
fn copy_sheet(
    book: &mut rust_xlsxwriter::Workbook,
    name: &str,
    cells: &Cells,
    ruling: &dyn Fn(&str) -> String,
) {
    let sheet = book.add_worksheet().set_name(name).unwrap();
    let to_write = cells[0].iter().position(|cell| text(cell) == "Ruling");
    for (row, cells) in (0..).zip(cells) {
        for (column, cell) in (0..).zip(cells) {
            let is_ruling = row > 0 && to_write == Some(usize::from(column));
            match cell {
                _ if is_ruling => sheet.write(row, column, ruling(text(&cells[0]))).unwrap(),
                Data::Float(number) => sheet.write(row, column, *number).unwrap(),
                cell => sheet.write(row, column, text(cell)).unwrap(),
            };
        }
    }
}

fn name_workbook(project: &Path, workbook: &str) {
    let path = project.join("cutover.toml");
    let manifest = fs::read_to_string(&path).unwrap();
    let owners = format!("[owners]\nrulings = \"{workbook}\"\n");
    let manifest = if manifest.contains("[owners]\n") {
        manifest.replace("[owners]\n", &owners)
    } else {
        manifest.replace("[[users]]", &format!("{owners}\n[[users]]"))
    };
    fs::write(&path, manifest).unwrap();
}

#[test]
#[rustfmt::skip] // keeps the columns of the table
fn rulings_hold_whichever_way_they_come() {
    check("UPN",       "dora@contoso.com",                     "Dora Meier <dora@contoso.com>");
    check("mail",      "dora.meier@contoso.com",               "Dora Meier <dora@contoso.com>");
    check("id",        "00000000-0000-4000-8000-000000000014", "Dora Meier <dora@contoso.com>");
    check("in braces", "{00000000-0000-4000-8000-000000000014}", "Dora Meier <dora@contoso.com>");
    check("copied",    "Dora Meier <dora@contoso.com>",        "Dora Meier <dora@contoso.com>");
    check("team",      "Key Accounts",                         "team Key Accounts");
    check("team's id", "00000000-0000-4000-8000-000000000031", "team Key Accounts");
    check("stub",      "Stub",                                 "stub user Cleo Lind <cleo@contoso.com>");
    check("fallback",  "fallback",                             "fallback owner Ben Okafor <ben@contoso.com>");
    check("leave",     " leave ",                              "left");
}

const RULED: &str = "cleo@contoso.com";

/// What becomes of a reference by a ruling in `owners.csv`, in a sheet of that shape, and in the plan's own workbook.
#[track_caller]
fn check(case: &str, ruling: &str, expected: &str) {
    let folder = sample("tests/cases/base");
    let project = folder.path();
    let path = project.join("cutover.toml");
    let manifest = fs::read_to_string(&path).unwrap();
    let fallback = "[owners]\nfallback = \"ben@contoso.com\"\n\n[[users]]";
    fs::write(&path, manifest.replace("[[users]]", fallback)).unwrap();
    let users = project.join("environment/users.csv");
    let with_mail = fs::read_to_string(&users).unwrap();
    let with_mail = with_mail.replace(",dora@contoso.com,Dora", ",dora.meier@contoso.com,Dora");
    fs::write(&users, with_mail).unwrap();
    let people = "U3,cleo@contoso.com,cleo@contoso.com,Cleo,Lind\n";
    let users = project.join("exports/users.csv");
    fs::write(&users, fs::read_to_string(&users).unwrap() + people).unwrap();
    planned(project);
    let sheet = project.join("owners.csv");
    let clean = fs::read_to_string(&sheet).unwrap();
    let owners = cells(&mut report(project), "Owners");
    let with = |reference: &str| {
        if reference == RULED {
            ruling.to_owned()
        } else {
            String::new()
        }
    };

    let mut rows = csv::Reader::from_reader(clean.trim_start_matches('\u{feff}').as_bytes());
    let mut written = csv::WriterBuilder::new()
        .delimiter(b';')
        .from_writer(Vec::new());
    let header = rows.headers().unwrap().clone();
    written.write_record(&header).unwrap();
    for row in rows.records().map(Result::unwrap) {
        let cells = header.iter().zip(&row).map(|(header, cell)| match header {
            "ruling" => with(&row[0]),
            _ => cell.to_owned(),
        });
        written.write_record(cells).unwrap();
    }
    let text = String::from_utf8(written.into_inner().unwrap()).unwrap();
    fs::write(&sheet, format!("\u{feff}{text}")).unwrap();
    planned(project);
    assert_eq!(fate(project), expected, "case: {case}, in owners.csv");
    let ruled = fs::read_to_string(&sheet).unwrap();
    assert!(ruled.contains(ruling.trim()), "case: {case}: {ruled}");

    fs::write(&sheet, &clean).unwrap();
    name_workbook(project, "owners.xlsx");
    let mut book = rust_xlsxwriter::Workbook::new();
    let first = book.add_worksheet();
    for (column, header) in (0..).zip(["note", "Ruling", "Reference"]) {
        first.write(0, column, header).unwrap();
    }
    first.write(1, 1, ruling).unwrap();
    first.write(1, 2, RULED.to_uppercase()).unwrap();
    book.save(project.join("owners.xlsx")).unwrap();
    planned(project);
    assert_eq!(fate(project), expected, "case: {case}, in a workbook");

    let mut book = rust_xlsxwriter::Workbook::new();
    book.add_worksheet()
        .set_name("Summary")
        .unwrap()
        .write(0, 0, "Ruling")
        .unwrap();
    copy_sheet(&mut book, "Besitzer", &owners, &with);
    book.save(project.join("owners.xlsx")).unwrap();
    planned(project);
    assert_eq!(fate(project), expected, "case: {case}, in the plan's own");
}

/// What the workbook says becomes of the reference.
fn fate(project: &Path) -> String {
    let owners = cells(&mut report(project), "Owners");
    let mut rows = owners.iter();
    let row = rows.find(|row| text(&row[0]) == RULED).unwrap();
    let (fate, owner) = (text(&row[3]), text(&row[5]));
    match fate {
        "matched" => owner.to_owned(),
        fate => format!("{fate} {owner}").trim().to_owned(),
    }
}

#[test]
fn faults_of_a_workbook_are_told_at_their_cells_and_the_rest_counts() {
    let folder = sample("tests/cases/base");
    let project = folder.path();
    name_workbook(project, "owners.xlsx");
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    let rows = [
        ["Owner reference", "Ruling"],
        ["ben@contoso.com", "nobody@contoso.com"],
        ["cleo@contoso.com", "leave"],
        ["U2", "stub"],
        ["u2", "leave"],
        ["Gone", "leave"],
        ["", "dora@contoso.com"],
        ["merged", "leave"],
    ];
    for (row, cells) in (0..).zip(rows) {
        for (column, cell) in (0..).zip(cells) {
            sheet.write(row, column, cell).unwrap();
        }
    }
    let plain = rust_xlsxwriter::Format::new();
    sheet.merge_range(7, 0, 8, 0, "merged", &plain).unwrap();
    sheet.write(8, 1, "stub").unwrap();
    book.save(project.join("owners.xlsx")).unwrap();
    planned(project);
    let document = document(project);
    let mut places: Vec<(String, u64, Option<u16>)> = Vec::new();
    for finding in &document.findings {
        let code = &finding.code;
        let is_of_rulings = matches!(code.as_str(), "OWN006" | "OWN014");
        let at = finding.places.iter().filter(|place| {
            let input = document.inputs.iter().find(|one| one.file == place.file);
            is_of_rulings && input.unwrap().kind == "rulings"
        });
        places.extend(at.map(|place| (code.clone(), place.row, place.column)));
    }
    places.sort();
    let expected = [
        ("OWN006", 2),
        ("OWN006", 4),
        ("OWN006", 5),
        ("OWN006", 9),
        ("OWN014", 6),
        ("OWN014", 7),
        ("OWN014", 8),
    ];
    let expected = expected.map(|(code, row)| (code.to_owned(), row, Some(2)));
    assert_eq!(places, expected);
    assert_eq!(document.totals.left.references, 1, "the rest counts");
    let fallen = document.findings.iter().find(|one| one.subject == "U2");
    assert!(fallen.unwrap().cure.contains("owners.xlsx"), "{fallen:?}");
    let owners = cells(&mut report(project), "Owners");
    let both = owners.iter().find(|row| text(&row[0]) == "U2").unwrap();
    assert_eq!(
        text(&both[8]),
        "leave; stub",
        "neither is taken for the one"
    );
}
