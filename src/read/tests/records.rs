//! Rows of records: what is a row, what is wrong with one, and where it is.

use proptest::prelude::*;

use super::{Folder, accounts, accounts_by_key, id, read_records};
use crate::model::{FileId, Findings, RecordColumn, References, Silent};
use crate::read::{RecordsSpec, open_records};

#[test]
#[rustfmt::skip]
fn rows_and_their_places() {
    let (one, two) = (id(1), id(2));
    let with = |rows: &str| format!("accountid,Name,Owner\n{rows}");
    check("plain",               &with(&format!("{one},A,Ana\n{two},B,\n")),        &["2/2 1 > Ana", "3/3 2 > blank"], &[]);
    check("line breaks in cells", &with(&format!("{one},\"A\nA\n\",Ana\r\n{two},B,Bo")), &["2/2 1 > Ana", "3/5 2 > Bo"], &[]);
    check("blank lines count",   &with(&format!("\n,,\n{one},A,Ana\n\n{two},B,Bo\n")), &["4/4 1 > Ana", "6/6 2 > Bo"], &[]);
    check("titles above",        &format!("Accounts,,\n\nas of,today,\n{}", with(&format!("{one},A,Ana\n"))), &["5/5 1 > Ana"], &[]);
    check("braces and case",     &with(&format!("{{{}}},A,  Ana \n", one.to_uppercase())), &["2/2 1 > Ana"], &[]);
    check("cells missing",       &with(&format!("{one},A\n{two},B,Bo\n")),           &["2/2 FIL003 > FIL003", "3/3 2 > Bo"],
        &["FIL003 r.csv: rows have more or fewer cells than the header @ 2/2"]);
    check("cells too many",      &with(&format!("{one},A,x,Ana\n{two},B,Bo,,\n")),   &["2/2 FIL003 > FIL003", "3/3 FIL003 > FIL003"],
        &["FIL003 r.csv: rows have more or fewer cells than the header @ 2/2 3/3"]);
    let noted = |rows: &str| format!("accountid,Name,Owner,Note\n{rows}");
    check("one row shifted, its last cell blank", &noted(&format!("{one},Smith, John,Ana,\n{two},B,Bo,\n")),
        &["2/2 FIL003 > FIL003", "3/3 2 > Bo"],
        &["FIL003 r.csv: rows have more or fewer cells than the header @ 2/2"]);
    check("a shifted row and no other", &noted(&format!("{one},Smith, John,Ana,\n")), &["2/2 FIL003 > FIL003"],
        &["FIL003 r.csv: rows have more or fewer cells than the header @ 2/2"]);
    check("rows end with a delimiter", &with(&format!("{one},A,Ana,\n{two},B,Bo,\n{one},A,x,Ana,\n")),
        &["2/2 1 > Ana", "3/3 2 > Bo", "4/4 FIL003 > FIL003"],
        &["FIL003 r.csv: rows have more or fewer cells than the header @ 4/4", "FIL002 r.csv: ends of rows @ 0/0"]);
    check("and the header too", &format!("accountid,Name,Owner,\n{one},A,Ana,\n{two},B,x,Bo\n{two},B,,Bo,\n"),
        &["2/2 1 > Ana", "3/3 FIL003 > FIL003", "4/4 FIL003 > FIL003"],
        &["FIL003 r.csv: rows have more or fewer cells than the header @ 3/3 4/4"]);
    check("the header alone", &format!("accountid,Name,Owner,\n{one},A,Ana\n{two},x,B,\n{one},A,Ana\n"),
        &["2/2 1 > Ana", "3/3 FIL003 > FIL003", "4/4 1 > Ana"],
        &["FIL003 r.csv: rows have more or fewer cells than the header @ 3/3"]);
    check("a quote closed by another cell's", &with(&format!("{one},\"A,Ana\n{two},\"B\",Bo\n{one},C,Cy\n")),
        &["2/2 FIL003 > FIL003", "3/4 1 > Cy"],
        &["FIL003 r.csv: text follows the quote that closes a cell @ 2/2"]);
    check("unused cells missing", &format!("accountid,Owner,Note,More\n{one},Ana\n{two},Bo,n\n"), &["2/2 1 > Ana", "3/3 2 > Bo"], &[]);
    check("quote left open",     &with(&format!("{one},A,Ana\n{two},\"B,Bo\n{one},C,Cy\n")), &["2/2 1 > Ana", "3/3 FIL003 > FIL003"],
        &["FIL003 r.csv: a quote is opened and never closed @ 3/3"]);
    check("no id",               &with(&format!(",A,Ana\n{two},B,Bo\n")),            &["2/2 FIL006 > FIL006", "3/3 2 > Bo"],
        &["FIL006 r.csv: rows without an id @ 2/2"]);
    check("totals",              &with(&format!("{one},A,Ana\nTotal: 1,,\n")),       &["2/2 1 > Ana", "3/3 FIL006 > FIL006"],
        &["FIL006 r.csv: lines of totals among the rows @ 3/3"]);
    check("short totals",        &with(&format!("{one},A,Ana\nGrand total\n,Summe,17\n12,,\n")), &["2/2 1 > Ana", "3/3 FIL006 > FIL006", "4/4 FIL006 > FIL006", "5/5 FIL006 > FIL006"],
        &["FIL006 r.csv: lines of totals among the rows @ 3/3 4/4 5/5"]);
    check("a company called Total", &format!("Name,accountid,Owner\nTotal,{one},Ana\n"), &["2/2 1 > Ana"], &[]);
    check("the same without a usable id", "Name,accountid,Owner\nTotal,0015x,Ana\n", &["2/2 REC001 > Ana"],
        &["REC001 r.csv column accountid: ids that are no Dataverse ids @ 2/2:2"]);
    check("foreign and malformed ids", &with(&format!("005bm00000NCJmQAAX,A,Ana\n{}x,B,Bo\n{},C,Cy\n", &one[..35], &one[..34])),
        &["2/2 REC001 > Ana", "3/3 REC001 > Bo", "4/4 REC001 > Cy"],
        &["REC001 r.csv column accountid: ids that are no Dataverse ids @ 2/2:1 3/3:1", "REC001 r.csv column accountid: malformed ids @ 4/4:1"]);
    check("strange cells",       &with(&format!("1.0E+15,A,#N/A\n{two},B,#N/A\n")),  &["2/2 REC001 > #N/A", "3/3 2 > #N/A"],
        &["REC001 r.csv column accountid: ids that are no Dataverse ids @ 2/2:1",
          "FIL007 r.csv column Owner: a formula's error or a mangled number @ 2/2:3 3/3:3",
          "FIL007 r.csv column accountid: a formula's error or a mangled number @ 2/2:1"]);
    check("strange where unused", &with(&format!("{one},1.0E+15,Ana\n")),            &["2/2 1 > Ana"], &[]);
}

#[test]
#[rustfmt::skip]
fn rows_found_by_key() {
    check_key("numbers and words", "17,Ana\nab-C,Bo\n17,Cy\n",    &["2/2 17 > Ana", "3/3 ab-C > Bo", "4/4 17 > Cy"], &[]);
    check_key("totals",            "17,Ana\nTotal,\n,Bo\n",       &["2/2 17 > Ana", "3/3 FIL006 > FIL006", "4/4 FIL006 > FIL006"],
        &["FIL006 r.csv: lines of totals among the rows @ 3/3", "FIL006 r.csv: rows without an id @ 4/4"]);
    check_key("called Total",      "Total,Ana\n",                 &["2/2 Total > Ana"], &[]);
    check_key("mangled",           "1.5E+09,Ana\n",               &["2/2 REC001 > Ana"],
        &["REC001 r.csv column Old id: keys that a spreadsheet mangled @ 2/2:1",
          "FIL007 r.csv column Old id: a formula's error or a mangled number @ 2/2:1"]);
}

#[track_caller]
fn check(case: &str, bytes: &str, rows: &[&str], findings: &[&str]) {
    check_spec(case, bytes, &accounts(), rows, findings);
}

#[track_caller]
fn check_key(case: &str, rows: &str, expected: &[&str], findings: &[&str]) {
    let bytes = format!("Old id,Owner\n{rows}");
    check_spec(case, &bytes, &accounts_by_key("old id"), expected, findings);
}

#[track_caller]
fn check_spec(case: &str, bytes: &str, spec: &RecordsSpec, rows: &[&str], findings: &[&str]) {
    let folder = Folder::new();
    let read = read_records(&folder.file("r.csv", bytes), spec).unwrap();
    assert_eq!(read.rows, rows, "case: {case}");
    assert_eq!(read.findings, findings, "case: {case}");
}

#[test]
fn references_and_keys_are_numbered_in_file_order_and_counted() {
    let folder = Folder::new();
    let owners = ["Ana", "bo ", "ANA", "Cy"];
    let row = |row: usize| format!("key-{},{}\n", row % 30_000, owners[row % 4]);
    let bytes = format!(
        "Old id,Owner\n{}",
        (0..400_000).map(row).collect::<String>()
    );
    let spec = folder.file("r.csv", bytes);
    let mut findings = Findings::default();
    let mut references = References::default();
    let export = open_records(&spec, &accounts_by_key("Old id"), &mut findings).unwrap();
    let rows = export
        .read(&mut references, &mut findings, folder.0.path(), &Silent)
        .unwrap();
    let texts: Vec<&str> = references
        .iter()
        .map(|(_, reference)| reference.text.as_str())
        .collect();
    assert_eq!(texts, ["Ana", "bo", "Cy"]);
    let counts: Vec<u64> = references
        .iter()
        .map(|(_, one)| one.rows[&FileId(3)])
        .collect();
    assert_eq!(counts, [200_000, 100_000, 100_000]);
    let RecordColumn::Keys { texts, keys } = &rows.records else {
        panic!("found by key");
    };
    assert_eq!(texts.len(), 30_000);
    assert!(
        texts
            .iter()
            .enumerate()
            .all(|(at, key)| *key == format!("key-{at}"))
    );
    let numbers: Vec<usize> = keys.iter().map(|key| key.0 as usize).collect();
    let expected: Vec<usize> = (0..400_000).map(|row| row % 30_000).collect();
    assert_eq!(numbers, expected);
    assert_eq!(rows.key_field.as_deref(), Some("new_legacyid"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]
    #[test]
    fn no_bytes_make_it_panic(
        parts in prop::collection::vec(prop::sample::select(vec![
            &b"accountid,Owner\n"[..], b"\"", b",", b";", b"\n", b"\r\n", b"\0", b"\xff", b"\xc3\xab", b"Total",
            b"00000000-0000-0000-0000-000000000001", b"1.0E+15", b"sep=;\n", b"\xef\xbb\xbf", b" ",
        ]), 0..30),
    ) {
        let folder = Folder::new();
        let header = [b"accountid,Owner\n".as_slice(), &parts.concat()].concat();
        if let Ok(read) = read_records(&folder.file("r.csv", header), &accounts()) {
            prop_assert!(!read.rows.is_empty() || read.findings.is_empty());
        }
        read_records(&folder.file("s.csv", parts.concat()), &accounts()).ok();
    }
}
