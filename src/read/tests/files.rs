//! Opening: what a file is, its encoding, its delimiter.

use std::fs;

use super::{Folder, accounts, id, read_records};
use crate::model::{Code, Findings, References, Silent};
use crate::read::{FileSpec, open_records, open_users};

#[test]
#[rustfmt::skip]
fn files_that_are_refused() {
    let folder = Folder::new();
    let utf16: Vec<u8> = "id,owner\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    check_refused("missing",       &folder.spec("gone.csv"),                       "is not there");
    check_refused("empty",         &folder.file("a.csv", b""),                     "is empty");
    check_refused("blank",         &folder.file("b.csv", b" \r\n\n"),              "is empty");
    check_refused("mark only",     &folder.file("c.csv", b"\xef\xbb\xbf"),         "is empty");
    check_refused("header only",   &folder.file("d.csv", b"id,owner\n\n,\n"),      "has a header and no rows");
    check_refused("UTF-16",        &folder.file("e.csv", [b"\xff\xfe", &utf16[..]].concat()), "save it as UTF-8 CSV");
    check_refused("no mark",       &folder.file("f.csv", &utf16),                  "save it as UTF-8 CSV");
    check_refused("PDF",           &folder.file("g.csv", b"%PDF-1.7\n1 0 obj"),     "a PDF document");
    check_refused("workbook",      &folder.file("h.csv", b"PK\x03\x04rest"),       "wrong name");
    check_refused("old workbook",  &folder.file("i.csv", b"\xd0\xcf\x11\xe0rest"), "old or a password-protected");
    check_refused("cut-off xls",   &folder.file("j.xls", b"\xd0\xcf\x11\xe0rest"), "cut off or damaged");
    check_refused("text as xls",   &folder.file("v.xls", b"id\towner\n1\t2\n"),   "text under the name of a workbook");
    check_refused("zip as xls",    &folder.file("w.xls", b"PK\x03\x04\x14\0\x06\0"), "cut off or damaged");
    check_refused("other XML",     &folder.file("x.xml", b"<?xml version=\"1.0\"?><root/>"), "XML");
    check_refused("binary",        &folder.file("k.csv", b"\x01\x02\0\x03\x04\x05junk"), "binary data");
    check_refused("web page",      &folder.file("l.csv", b"\n<!DOCTYPE html><table>"), "a web page");
    check_refused("XML",           &folder.file("m.csv", b"<?xml version=\"1.0\"?><Workbook/>"), "XML");
    check_refused("text as xlsx",  &folder.file("n.xlsx", b"id,owner\n1,2\n"),     "text under the name of a workbook");
    check_refused("cut-off xlsx",  &folder.file("o.xlsx", b"PK\x03\x04\x14\0\x06\0"), "cut off or damaged");
    check_refused("xls as xlsx",   &folder.file("p.xlsx", [&b"\xd0\xcf\x11\xe0"[..], &[0; 600]].concat()), "old");
    check_refused("no cell fits",  &folder.file("q.csv", b"lorem ipsum\ndolor\n"), "no column for the record id");
    fs::create_dir(folder.0.path().join("r.csv")).unwrap();
    check_refused("folder",        &folder.spec("r.csv"),                          "a folder");
    let strange = FileSpec { encoding: Some("ebcdic".to_owned()), ..folder.file("s.csv", b"id,owner\n1,2\n") };
    check_refused("encoding",      &strange,                                       "`encoding` is `ebcdic`");
    let strange = FileSpec { delimiter: Some('\u{a7}'), encoding: None, ..strange };
    check_refused("delimiter",     &strange,                                       "`delimiter` is `\u{a7}`");
    let strange = FileSpec { sheet: Some("Rows".to_owned()), ..folder.file("u.csv", b"id,owner\n1,2\n") };
    check_refused("a sheet of a CSV", &strange,                                    "`sheet` is `Rows`, expected none");
    let wide = format!("{}\n1\n", "x,".repeat(20_000));
    check_refused("too wide",      &folder.file("t.csv", wide),                    "20001 columns");
}

#[track_caller]
fn check_refused(case: &str, spec: &FileSpec, expected: &str) {
    let Err(error) = open_records(spec, &accounts(), &mut Findings::default()) else {
        panic!("case: {case}: opened");
    };
    let message = error.to_string();
    assert!(message.contains(expected), "case: {case}: {message}");
    assert!(message.contains(&spec.name), "case: {case}: {message}");
    let code = if expected.contains("no column") {
        Code::Fil004
    } else {
        Code::Fil001
    };
    assert_eq!(error.code(), code, "case: {case}");
}

#[test]
#[rustfmt::skip]
fn encodings_and_delimiters() {
    let folder = Folder::new();
    let file = |name: &str, bytes: &[u8]| folder.file(name, bytes);
    let one = id(1);
    let row = |cells: &[u8]| [b"id,owner\n", one.as_bytes(), b",", cells, b"\n"].concat();
    check_read("UTF-8",              &file("a.csv", &row("Zo\u{eb}".as_bytes())), &["2/2 1 > Zo\u{eb}"], &[]);
    check_read("with a mark",        &file("b.csv", &[b"\xef\xbb\xbf", &row(b"Ana")[..]].concat()), &["2/2 1 > Ana"], &[]);
    check_read("Windows-1252",       &file("c.csv", &row(b"Zo\xeb")), &["2/2 1 > Zo\u{eb}"],
        &["FIL002 c.csv @ 2/2"]);
    check_read("UTF-8 with a fault", &file("d.csv", &[&row("Zo\u{eb}".as_bytes())[..], one.as_bytes(), b",Andr\xe9\n"].concat()),
        &["2/2 1 > Zo\u{eb}", "3/3 1 > FIL003"], &["FIL003 d.csv column owner: bytes that are no utf-8 @ 3/3:2"]);
    check_read("named encoding",     &FileSpec { encoding: Some("windows-1252".to_owned()), ..file("e.csv", &row(b"Zo\xeb")) },
        &["2/2 1 > Zo\u{eb}"], &[]);
    check_read("named UTF-8",        &FileSpec { encoding: Some("UTF-8".to_owned()), ..file("f.csv", &row(b"Zo\xeb")) },
        &["2/2 1 > FIL003"], &["FIL003 f.csv column owner: bytes that are no utf-8 @ 2/2:2"]);
    check_read("fault in an unused cell", &file("g.csv", format!("id,owner,note\n{one},Zo\u{eb},").as_bytes().iter().copied().chain(*b"\xe9\n").collect::<Vec<u8>>().as_slice()),
        &["2/2 1 > Zo\u{eb}"], &[]);
    check_read("semicolons",         &file("h.csv", format!("id;owner\n{one};Ana\n").as_bytes()), &["2/2 1 > Ana"], &["FIL002 h.csv @ 0/0"]);
    check_read("sep line",           &file("i.csv", format!("sep=;\r\nid;owner\r\n{one};Ana\r\n").as_bytes()), &["2/3 1 > Ana"], &["FIL002 i.csv @ 0/0"]);
    check_read("named delimiter",    &FileSpec { delimiter: Some(';'), ..file("j.csv", format!("id;owner\n{one};Ana\n").as_bytes()) },
        &["2/2 1 > Ana"], &[]);
    check_read("any other ending",   &file("k.export", &row(b"Ana")), &["2/2 1 > Ana"], &[]);
    check_read("NUL in a used cell", &file("l.csv", &[row(b"Ana"), vec![b' '; 9000], b"\n".to_vec(), one.clone().into_bytes(), b",B\0b\n".to_vec()].concat()),
        &["2/2 1 > Ana", "4/4 1 > FIL003"], &["FIL003 l.csv column owner: bytes that are no utf-8 @ 4/4:2"]);
}

#[track_caller]
fn check_read(case: &str, spec: &FileSpec, rows: &[&str], findings: &[&str]) {
    let read = read_records(spec, &accounts()).unwrap();
    assert_eq!(read.rows, rows, "case: {case}");
    assert_eq!(read.findings, findings, "case: {case}");
}

#[test]
fn the_input_says_how_it_was_read() {
    let folder = Folder::new();
    let bytes = b"Username;Full Name \nana;Ana\n";
    let spec = folder.file("users.csv", bytes);
    let export = open_users(&spec, &mut Findings::default()).unwrap();
    let input = export.input();
    assert_eq!(input.hash, blake3::hash(bytes).to_hex().as_str());
    assert_eq!(input.bytes, bytes.len() as u64);
    assert_eq!(
        (input.encoding.as_str(), input.delimiter),
        ("utf-8", Some(';'))
    );
    assert_eq!(input.headers, ["Username", "Full Name "]);
}

/// A records file is read in one pass: what shows its encoding may come late, and then counts for the
/// rows before it too.
#[test]
fn an_encoding_that_shows_late_counts_for_the_whole_file() {
    let folder = Folder::new();
    let plain = |number: u32| format!("{},Ana\n", id(number));
    let many: String = (1..60_000).map(plain).collect();
    let late = |name: &str, early: &[u8], owner: &[u8]| {
        let head = [b"accountid,Owner\n".as_slice(), early, many.as_bytes()].concat();
        let last = [id(7).as_bytes(), b",", owner, b"\n"].concat();
        let bytes = [head, last].concat();
        assert!(bytes.len() > 2 << 20);
        let spec = folder.file(name, &bytes);
        let mut findings = Findings::default();
        let export = open_records(&spec, &accounts(), &mut findings).unwrap();
        let mut references = References::default();
        export
            .read(&mut references, &mut findings, folder.0.path(), &Silent)
            .unwrap();
        let input = export.input();
        assert_eq!(input.hash, blake3::hash(&bytes).to_hex().as_str());
        let texts = references.iter().map(|(_, one)| one.text.clone());
        let rows = references.iter().flat_map(|(_, one)| one.rows.values());
        let (texts, rows): (Vec<String>, u64) = (texts.collect(), rows.sum());
        (input.encoding, texts, rows, super::show_findings(findings))
    };
    let (encoding, texts, rows, findings) = late("w.csv", b"", b"Zo\xeb");
    assert_eq!(encoding, "windows-1252");
    assert_eq!(
        (texts, rows),
        (vec!["Ana".to_owned(), "Zo\u{eb}".to_owned()], 60_000)
    );
    assert_eq!(findings, ["FIL002 w.csv @ 60001/60001"]);
    let early = [id(9).as_bytes(), ",Jos\u{e9}\n".as_bytes()].concat();
    let (encoding, texts, _, findings) = late("u.csv", &early, b"Zo\xeb");
    assert_eq!(encoding, "utf-8");
    assert_eq!(texts, ["Jos\u{e9}", "Ana"]);
    assert_eq!(
        findings,
        ["FIL003 u.csv column Owner: bytes that are no utf-8 @ 60002/60002:2"]
    );
}
