//! Which sheet is read, and what people do to sheets: titles, merged cells, totals, hidden rows, long cells.

use rust_xlsxwriter::{Format, Formula, Workbook, Worksheet};

use super::{Folder, accounts, id, read_records};
use crate::model::{Code, Findings};
use crate::read::{FileSpec, open_roles, open_users};

fn save(folder: &Folder, mut workbook: Workbook) -> FileSpec {
    let spec = folder.spec("w.xlsx");
    workbook.save(&spec.path).unwrap();
    spec
}

/// Texts from a row on, each row's cells from column A.
fn write(sheet: &mut Worksheet, first_row: u32, rows: &[&[&str]]) {
    for (row, cells) in (first_row..).zip(rows) {
        for (column, text) in (0..).zip(cells.iter()) {
            sheet.write(row, column, *text).unwrap();
        }
    }
}

fn notes(folder: &Folder, sheets: &[(&str, &[&[&str]])]) -> (FileSpec, Vec<String>) {
    let mut workbook = Workbook::new();
    for (name, rows) in sheets {
        write(workbook.add_worksheet().set_name(*name).unwrap(), 0, rows);
    }
    let spec = save(folder, workbook);
    let mut findings = Findings::default();
    let opened = crate::read::open_records(&spec, &accounts(), &mut findings);
    let mut notes: Vec<String> = findings.iter().map(|note| note.message.clone()).collect();
    notes.extend(opened.err().map(|error| error.to_string()));
    (spec, notes)
}

#[test]
fn the_first_sheet_whose_header_fits_is_read() {
    let folder = Folder::new();
    let first = id(1);
    let summary: &[&[&str]] = &[&["Owner", "Accounts"], &["Ana", "1"]];
    let rows: &[&[&str]] = &[
        &["Export of today"],
        &["accountid", "Owner"],
        &[&first, "Ana"],
    ];
    let (spec, told) = notes(
        &folder,
        &[("Summary", summary), ("Rows", rows), ("More", rows)],
    );
    assert_eq!(
        told,
        ["sheet `Rows` of `w.xlsx` was read, not `Summary`, `More`"]
    );
    let read = read_records(&spec, &accounts()).unwrap();
    assert_eq!(read.rows, ["3/3 1 > Ana"]);
    let (_, told) = notes(&folder, &[("Empty", &[]), ("Rows", rows)]);
    assert!(told.is_empty(), "{told:?}");
    let (_, told) = notes(&folder, &[("Summary", summary), ("Other", summary)]);
    assert_eq!(told[0], "sheet `Summary` of `w.xlsx` was read, not `Other`");
    assert!(told[1].contains("no column for the record id"), "{told:?}");
    assert!(told[1].contains("found `Owner`, `Accounts`"), "{told:?}");
}

#[test]
fn titles_above_and_totals_below_are_no_rows() {
    let folder = Folder::new();
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    let plain = Format::new();
    sheet
        .merge_range(0, 0, 0, 3, "All accounts", &plain)
        .unwrap();
    write(
        sheet,
        2,
        &[
            &["accountid", "Name", "Owner"],
            &[&id(1), "Fabrikam", "Ana"],
        ],
    );
    sheet.write(4, 0, id(2)).unwrap();
    sheet.write(4, 2, "Bo").unwrap();
    sheet.set_row_hidden(4).unwrap();
    write(sheet, 5, &[&["Total", "2"]]);
    let read = read_records(&save(&folder, workbook), &accounts()).unwrap();
    assert_eq!(
        read.rows,
        ["4/4 1 > Ana", "5/5 2 > Bo", "6/6 FIL006 > FIL006"]
    );
    assert_eq!(
        read.findings,
        ["FIL006 w.xlsx: lines of totals among the rows @ 6/6"]
    );
}

const MERGED: &str =
    "cells that are merged with others, so that only the first of them holds the text";

#[test]
fn a_merged_owner_or_id_is_not_taken_for_a_blank_one() {
    let folder = Folder::new();
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    let plain = Format::new();
    write(sheet, 0, &[&["accountid", "Owner", "Note"]]);
    for row in 1..=6_u32 {
        sheet.write(row, 0, id(row)).unwrap();
    }
    sheet.merge_range(1, 1, 3, 1, "Ana", &plain).unwrap();
    sheet.write(4, 1, "Bo").unwrap();
    sheet.merge_range(5, 0, 6, 0, &id(5), &plain).unwrap();
    sheet.write(5, 1, "Cy").unwrap();
    sheet.write(6, 1, "Di").unwrap();
    sheet
        .merge_range(1, 2, 6, 2, "one note for all", &plain)
        .unwrap();
    let read = read_records(&save(&folder, workbook), &accounts()).unwrap();
    let expected = [
        "2/2 1 > Ana",
        "3/3 FIL003 > FIL003",
        "4/4 FIL003 > FIL003",
        "5/5 4 > Bo",
        "6/6 5 > Cy",
        "7/7 FIL003 > FIL003",
    ];
    assert_eq!(read.rows, expected);
    let expected = [
        format!("FIL003 w.xlsx column Owner: {MERGED} @ 3/3:2 4/4:2"),
        format!("FIL003 w.xlsx column accountid: {MERGED} @ 7/7:1"),
    ];
    assert_eq!(read.findings, expected);
}

#[test]
fn merged_cells_of_users_and_roles_are_faults_too() {
    let folder = Folder::new();
    let merged = |header: [&str; 2]| {
        let mut workbook = Workbook::new();
        let sheet = workbook.add_worksheet();
        write(sheet, 0, &[&header]);
        sheet.write(1, 0, "ana@contoso.com").unwrap();
        sheet.write(2, 0, "bo@contoso.com").unwrap();
        let plain = Format::new();
        sheet
            .merge_range(1, 1, 2, 1, "Salesperson", &plain)
            .unwrap();
        save(&folder, workbook)
    };
    let mut findings = Findings::default();
    let users = open_users(&merged(["Email", "Full Name"]), &[], &mut findings).unwrap();
    let people = users.read(&mut findings, &crate::model::Silent).unwrap();
    assert_eq!(people.people.len(), 1);
    assert_eq!(
        super::show_findings(findings),
        [format!("FIL003 w.xlsx column Full Name: {MERGED} @ 3/3:2")]
    );
    let mut findings = Findings::default();
    let roles = open_roles(&merged(["User", "Role"]), &mut findings).unwrap();
    let mut references = crate::model::References::default();
    let rows = roles
        .read(&mut references, &mut findings, &crate::model::Silent)
        .unwrap();
    assert_eq!(rows[1].unusable, Some(Code::Fil003));
    assert_eq!(
        super::show_findings(findings),
        [format!("FIL003 w.xlsx column Role: {MERGED} @ 3/3:2")]
    );
}

#[test]
fn an_error_in_an_owner_cell_is_met() {
    let folder = Folder::new();
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    write(sheet, 0, &[&["accountid", "Owner"], &[&id(1)]]);
    let failed = Formula::new("=VLOOKUP(A2,B:C,2,0)").set_result("#N/A");
    sheet.write(1, 1, failed).unwrap();
    let found = Formula::new("=\"An\"&\"a\"").set_result("Ana");
    sheet.write(2, 0, id(2)).unwrap();
    sheet.write(2, 1, found).unwrap();
    let read = read_records(&save(&folder, workbook), &accounts()).unwrap();
    assert_eq!(read.rows, ["2/2 1 > #N/A", "3/3 2 > Ana"]);
    let expected = "FIL007 w.xlsx column Owner: a formula's error or a mangled number @ 2/2:2";
    assert_eq!(read.findings, [expected]);
}

#[test]
fn the_longest_cell_is_read_whole() {
    let folder = Folder::new();
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    let long = "\u{eb}".repeat(32_767);
    write(sheet, 0, &[&["accountid", "Owner"], &[&id(1), &long]]);
    let read = read_records(&save(&folder, workbook), &accounts()).unwrap();
    assert_eq!(read.rows, [format!("2/2 1 > {long}")]);
}
