//! What a consultant writes by hand: the manifest and the owners sheet.
//!
//! In: the bytes of a file. Out: a panic where an error says nothing, or where bringing the sheet up
//! to date loses what a person wrote.

use std::fs;

use cutover::model::reference_key;
use cutover::project::{Manifest, OwnerRow, OwnersSheet, rulings_hash};

use super::reading::{put, room};

/// The bytes as `cutover.toml`: refused with words, or settings that stay the same when read again.
pub(crate) fn manifest(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else {
        // The system's own words are the message then; the file is named by the caller.
        let path = put("cutover.toml", bytes);
        Manifest::read(&path).expect_err("no text, no manifest");
        return;
    };
    match Manifest::parse(text) {
        Ok(manifest) => {
            let settings = manifest.settings();
            let again = Manifest::parse(text).expect("what was read before");
            assert_eq!(manifest, again);
            assert_eq!(settings, again.settings());
        }
        Err(message) => assert!(!message.trim().is_empty(), "an error without words"),
    }
}

/// The bytes as `owners.csv`: rulings stay when the sheet is brought up to date, written and read.
pub(crate) fn owners(bytes: &[u8]) {
    let path = put("owners.csv", bytes);
    let mut sheet = match OwnersSheet::read(&path) {
        Ok(sheet) => sheet,
        Err(error) => {
            assert!(error.to_string().contains("owners.csv"), "{error}");
            return;
        }
    };
    let before = sheet.rulings();
    let first = before.first().map_or("Ana", |ruling| &ruling.reference);
    let row = |reference: &str, affected: u64| OwnerRow {
        reference: reference.to_owned(),
        affected,
        rows: format!("account {affected}"),
        matched: "left".to_owned(),
        ..OwnerRow::default()
    };
    let rows = vec![row(first, 3), row("=1+1", 2), row("Zo\u{eb}; \"B\"\nC", 1)];
    sheet.update(rows);
    let written = room().join("owners.written.csv");
    fs::remove_file(&written).ok();
    sheet.write(&written).expect("room for a sheet");
    let again = OwnersSheet::read(&written).expect("the sheet that was written");
    assert_eq!(again, sheet, "written and read again");
    assert_eq!(rulings_hash(&again.rulings()), rulings_hash(&before));
    let cells = again.row("=1+1");
    let reference = cells
        .iter()
        .find(|(header, _)| reference_key(header) == "reference");
    assert_eq!(reference.map(|(_, cell)| cell.trim()), Some("=1+1"));
}
