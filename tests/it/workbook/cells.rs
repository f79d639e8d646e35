//! Cells of the workbook: whatever a person is called, no cell does anything, and it comes back as it was.
//!
//! In: a project of awkward names. Out: the members of the file, and what a plan makes of its sheet.

use std::fmt::Write;
use std::fs::{self, File};
use std::io::Read;

use calamine::Data;

use super::rulings::{copy_sheet, name_workbook};
use super::{cells, column, planned, report, sample};
use crate::support::document;

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
