//! Rulings in workbooks: they hold whichever way they come, and none is lost when the workbook is written again.
//!
//! In: the base project, and rulings in `owners.csv`, in a workbook of that shape, and in the plan's own. Out: what
//! becomes of the references, and the findings about rulings that cannot be obeyed.

use std::fs;
use std::path::Path;

use calamine::Data;

use super::{Cells, cells, planned, report, sample, text};
use crate::support::document;

/// A sheet again, with rulings by reference, as a spreadsheet would write it.
pub(super) fn copy_sheet(
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

pub(super) fn name_workbook(project: &Path, workbook: &str) {
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

#[test]
fn a_ruling_without_rows_stays_in_every_sheet_that_can_be_ruled_in() {
    let folder = sample("tests/cases/base");
    let project = folder.path();
    let written = "reference,ruling,note\nGone Person,leave,ask Ana\nU2,nobody@contoso.com,\n";
    fs::write(project.join("owners.csv"), written).unwrap();
    planned(project);
    let foot = |project: &Path| -> Vec<[String; 3]> {
        let owners = cells(&mut report(project), "Owners");
        let ruled = owners[1..].iter().filter(|row| !text(&row[8]).is_empty());
        ruled
            .map(|row| [0, 3, 8].map(|column| text(&row[column]).to_owned()))
            .collect()
    };
    let expected = [
        ["U2", "nobody chosen", "nobody@contoso.com"],
        ["Gone Person", "unused", "leave"],
    ];
    assert_eq!(foot(project), expected, "ruled in owners.csv");
    let sheet = fs::read_to_string(project.join("owners.csv")).unwrap();
    assert!(
        sheet.contains("Gone Person,leave,ask Ana,,unused,"),
        "{sheet}"
    );
    // The workbook with both is read instead, as it is, and the next one has them too.
    fs::copy(
        project.join("plan/report.xlsx"),
        project.join("owners.xlsx"),
    )
    .unwrap();
    name_workbook(project, "owners.xlsx");
    planned(project);
    assert_eq!(foot(project), expected, "ruled in a workbook");
    let document = document(project);
    assert_eq!((document.rulings.used, document.rulings.unused), (1, 1));
}

#[test]
fn a_workbook_offers_what_will_hold() {
    let offered = |fallback: &str| {
        let folder = sample("tests/cases/base");
        let project = folder.path();
        let manifest = fs::read_to_string(project.join("cutover.toml")).unwrap();
        let owners = format!("[owners]\nmissing = \"error\"\n{fallback}\n[[users]]");
        fs::write(
            project.join("cutover.toml"),
            manifest.replace("[[users]]", &owners),
        )
        .unwrap();
        let accounts = fs::read_to_string(project.join("exports/accounts.csv")).unwrap();
        let accounts = accounts.replace(",U2\n", ",Ben Okafr\n");
        fs::write(project.join("exports/accounts.csv"), accounts).unwrap();
        planned(project);
        let file = fs::File::open(project.join("plan/report.xlsx")).unwrap();
        let mut members = zip::ZipArchive::new(file).unwrap();
        let mut owners = members.by_name("xl/worksheets/sheet2.xml").unwrap();
        let mut inner = String::new();
        std::io::Read::read_to_string(&mut owners, &mut inner).unwrap();
        inner
    };
    let (with, without) = (offered("fallback = \"ana@contoso.com\"\n"), offered(""));
    assert!(with.contains("fallback,leave"), "{with}");
    assert!(!without.contains("fallback"), "{without}");
    for sheet in [with, without] {
        assert!(sheet.contains("\"ben@contoso.com,stub,"), "{sheet}");
    }
}
