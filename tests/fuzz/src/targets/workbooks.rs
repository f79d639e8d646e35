//! Workbooks of every kind: whatever is in them, a table or words that say why not.
//!
//! In: a workbook, or what is in one, which is put into a container that is right. Out: a panic where
//! rows stand out of order or differ with the threads.

use std::io::{Cursor, Write};

use cfb::CompoundFile;

use super::packing::{parts, zip};
use super::reading::{put, spec};
use super::records::as_in_table;
use super::tables::{Outcome, read};

/// The bytes as `.xlsx`, read cell by cell and, where it can be, in pieces.
pub(crate) fn xlsx(bytes: &[u8]) {
    let table = packed("workbook.xlsx", bytes);
    as_in_table(&spec("workbook.xlsx"), &table);
}

/// The bytes as `.xlsb`.
pub(crate) fn xlsb(bytes: &[u8]) {
    drop(packed("workbook.xlsb", bytes));
}

/// The bytes as `.ods`.
pub(crate) fn ods(bytes: &[u8]) {
    drop(packed("workbook.ods", bytes));
}

/// The bytes as `.xls`, or as the stream of records within one.
pub(crate) fn xls(bytes: &[u8]) {
    if bytes.starts_with(CONTAINER) {
        drop(whole("workbook.xls", bytes));
    } else {
        drop(whole("workbook.xls", &contained(bytes)));
    }
}

/// What an old Office file begins with.
const CONTAINER: &[u8] = b"\xd0\xcf\x11\xe0";

fn contained(stream: &[u8]) -> Vec<u8> {
    let container = CompoundFile::create(Cursor::new(Vec::new()));
    let mut container = container.expect("room in memory");
    let mut workbook = container
        .create_stream("/Workbook")
        .expect("room in memory");
    workbook.write_all(stream).expect("room in memory");
    drop(workbook);
    container.flush().expect("room in memory");
    container.into_inner().into_inner()
}

/// The bytes as XML Spreadsheet 2003.
pub(crate) fn xml(bytes: &[u8]) {
    drop(whole("workbook.xml", bytes));
}

fn packed(name: &str, bytes: &[u8]) -> Outcome {
    let parts = parts(bytes);
    if parts.is_empty() {
        whole(name, bytes)
    } else {
        whole(name, &zip(&parts, false))
    }
}

fn whole(name: &str, bytes: &[u8]) -> Outcome {
    put(name, bytes);
    let outcome = read(&spec(name));
    if let Ok((input, rows)) = &outcome.0 {
        let ascends = rows.windows(2).all(|pair| pair[0].0 < pair[1].0);
        assert!(ascends, "rows are numbered upwards");
        let same = rows.iter().all(|row| row.0 == row.1);
        // What does not begin as a workbook does is a text, whatever its name.
        let is_sheet = input.sheet.is_some();
        assert!(same || !is_sheet, "a sheet's rows are its lines");
    }
    outcome
}
