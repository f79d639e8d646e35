//! Opening: what a file is, its encoding, its delimiter.

use std::fs;
use std::io::Write;
use std::sync::Mutex;

use super::{Folder, accounts, id, read_records};
use crate::model::{Code, Findings, Progress, References, Silent, Step, Unit};
use crate::read::{FileSpec, open_records, open_users};

#[test]
#[rustfmt::skip]
fn files_that_are_refused() {
    let folder = Folder::new();
    let wide = wide("id,owner\n1,2\n");
    let gzip = packed(b"id,owner\n1,2\n");
    let named = |encoding: &str, spec| FileSpec { encoding: Some(encoding.to_owned()), ..spec };
    check_refused("missing",       &folder.spec("gone.csv"),                       "is not there");
    check_refused("empty",         &folder.file("a.csv", b""),                     "is empty");
    check_refused("blank",         &folder.file("b.csv", b" \r\n\n"),              "is empty");
    check_refused("mark only",     &folder.file("c.csv", b"\xef\xbb\xbf"),         "is empty");
    check_refused("header only",   &folder.file("d.csv", b"id,owner\n\n,\n"),      "has a header and no rows");
    check_refused("UTF-16 cut off", &folder.file("e.csv", &wide[..wide.len() - 1]), "cut off or damaged");
    check_refused("UTF-32",        &folder.file("f.csv", b"\xff\xfe\0\0i\0\0\0d\0\0\0"), "save it as UTF-8 CSV");
    check_refused("not what was named", &named("utf-16be", folder.file("v.csv", &wide)), "expected `utf-16le`, as every second byte is NUL");
    check_refused("nor what the mark says", &named("windows-1252", folder.file("w.csv", [b"\xff\xfe", &wide[..]].concat())), "expected `utf-16le`, as its byte order mark");
    check_refused("UTF-16 that is none", &named("utf-16", folder.file("x.csv", b"id,owner\n1,2\n")), "`utf-16le` or `utf-16be`");
    check_refused("mark of UTF-16 only", &folder.file("y.csv", b"\xff\xfe"),       "is empty");
    check_refused("gzip cut off",  &folder.file("a.csv.gz", &gzip[..gzip.len() - 3]), "cut off or damaged");
    check_refused("gzip of nothing", &folder.file("b.csv.gz", packed(b"")), "is empty");
    check_refused("packed twice",  &folder.file("c.csv.gz", packed(&gzip)), "packed twice");
    check_refused("a packed workbook", &folder.file("d.xlsx.gz", packed(b"PK\x03\x04rest")), "a packed workbook");
    check_refused("a packed picture", &folder.file("e.csv.gz", packed(b"\x89PNG\r\n")), "a picture");
    check_refused("PDF",           &folder.file("g.csv", b"%PDF-1.7\n1 0 obj"),     "a PDF document");
    check_refused("broken zip",    &folder.file("h.csv", b"PK\x03\x04rest"),       "zip archive that is cut off");
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

/// In UTF-16, little end first, without a mark.
fn wide(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// As a gzip file.
fn packed(text: &[u8]) -> Vec<u8> {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packer.write_all(text).unwrap();
    packer.finish().unwrap()
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

#[test]
#[rustfmt::skip]
fn what_lies_between_the_bytes_and_the_text() {
    let folder = Folder::new();
    let file = |name: &str, bytes: &[u8]| folder.file(name, bytes);
    let named = |encoding: &str, spec| FileSpec { encoding: Some(encoding.to_owned()), ..spec };
    let one = id(1);
    let rows = |owner: &str| format!("id,owner\n{one},{owner}\n");
    let big: Vec<u8> = rows("Zo\u{eb}").encode_utf16().flat_map(u16::to_be_bytes).collect();
    let half = wide("\u{1f600}")[..2].to_vec();
    let polish = [rows("x").trim_end_matches("x\n").as_bytes(), b"\xa3uk\n"].concat();
    let inferred = "FIL002 b.csv @ 0/0";
    check_read("UTF-16 with a mark",       &file("a.csv", &wide(&format!("\u{feff}{}", rows("Zo\u{eb}")))),  &["2/2 1 > Zo\u{eb}"], &[]);
    check_read("UTF-16 without",           &file("b.csv", &wide(&rows("Zo\u{eb}"))),                         &["2/2 1 > Zo\u{eb}"], &[inferred]);
    check_read("named, and no mark",       &named("utf-16be", file("c.csv", &big)),                         &["2/2 1 > Zo\u{eb}"], &[]);
    check_read("named without its end",    &named("UTF-16", file("d.csv", &big)),                           &["2/2 1 > Zo\u{eb}"], &[]);
    check_read("semicolons and a sep line", &file("e.csv", &wide("\u{feff}sep=;\r\nid;owner\r\n1;Ana\r\n")), &["2/3 REC001 > Ana"], &["REC001 e.csv column id: ids that are no Dataverse ids @ 2/3:1", "FIL002 e.csv @ 0/0"]);
    check_read("half a letter in a used cell", &file("f.csv", &[wide(&format!("\u{feff}id,owner\n{one},")), half.clone(), wide("\n")].concat()),
        &["2/2 1 > FIL003"], &["FIL003 f.csv column owner: bytes that are no utf-16le @ 2/2:2"]);
    check_read("half a letter elsewhere",  &file("g.csv", &[wide(&format!("\u{feff}id,owner,note\n{one},Ana,")), half, wide("\n")].concat()),
        &["2/2 1 > Ana"], &[]);
    check_read("Polish, named",            &named("windows-1250", file("h.csv", &polish)),                  &["2/2 1 > \u{141}uk"], &[]);
    check_read("gzip",                     &file("i.csv.gz", &packed(rows("Ana").as_bytes())),              &["2/2 1 > Ana"], &[]);
    check_read("gzip under another name",  &file("j.csv", &packed(rows("Ana").as_bytes())),                 &["2/2 1 > Ana"], &[]);
    check_read("gzip around UTF-16",       &file("k.csv.gz", &packed(&wide(&format!("\u{feff}{}", rows("Zo\u{eb}"))))), &["2/2 1 > Zo\u{eb}"], &[]);
    check_read("gzip around Windows-1252", &file("l.csv.gz", &packed(&[rows("x").trim_end_matches("x\n").as_bytes(), b"Zo\xeb\n"].concat())),
        &["2/2 1 > Zo\u{eb}"], &["FIL002 l.csv.gz @ 2/2"]);
    check_read("gzip around another, named", &named("windows-1250", file("m.csv.gz", &packed(&polish))),    &["2/2 1 > \u{141}uk"], &[]);
}

#[test]
fn what_no_cell_can_hold_is_no_text() {
    let folder = Folder::new();
    let (one, two, most) = (id(1), id(2), "\u{20ac}".repeat(32_767));
    let rows = format!("id,owner,note\n{one},{most},\n{two},{most}{most},{most}{most}\n");
    let spec = folder.file("a.csv", rows);
    let read = read_records(&spec, &accounts()).unwrap();
    assert_eq!(
        read.rows,
        [format!("2/2 1 > {most}"), "3/3 2 > FIL003".to_owned()]
    );
    let words = "more letters than a cell of Excel holds (32,767)";
    assert_eq!(
        read.findings,
        [format!("FIL003 a.csv column owner: {words} @ 3/3:2")]
    );
}

#[test]
fn an_endless_header_is_not_printed() {
    let folder = Folder::new();
    let spec = folder.file("a.csv", "x".repeat(5_000_000));
    let Err(error) = open_records(&spec, &accounts(), &mut Findings::default()) else {
        panic!("opened");
    };
    let said = error.to_string();
    assert!(said.contains("no column for the record id"), "{said}");
    assert!(said.len() < 1_000, "{} letters", said.len());
}

#[test]
fn the_hash_is_of_the_file_as_it_lies() {
    let folder = Folder::new();
    let head = format!("id,owner\n{},Ana\n", id(1));
    let long = head.clone() + &format!("{},Ben\n", id(2)).repeat(60_000);
    let late = [long.as_bytes(), id(3).as_bytes(), b",Zo\xeb\n"].concat();
    // In the same order: how the text is told, and how many rows there are.
    let files = [
        (packed(&wide(&format!("\u{feff}{head}"))), "utf-16le", 1),
        (packed(head.as_bytes()), "utf-8", 1),
        (packed(long.as_bytes()), "utf-8", 60_001),
        (packed(&late), "windows-1252", 60_002),
        (wide(&long), "utf-16le", 60_001),
    ];
    for (bytes, encoding, count) in files {
        let spec = folder.file("a.csv", &bytes);
        let (mut findings, mut references) = (Findings::default(), References::default());
        let export = open_records(&spec, &accounts(), &mut findings).unwrap();
        let rows = export
            .read(&mut references, &mut findings, folder.0.path(), &Silent)
            .unwrap();
        assert_eq!(rows.places.len(), count, "{encoding}");
        let again = open_records(&spec, &accounts(), &mut findings).unwrap();
        for input in [
            export.input(),
            again.passed_over(&mut Findings::default()).unwrap(),
        ] {
            assert_eq!(
                input.hash,
                blake3::hash(&bytes).to_hex().as_str(),
                "{encoding}"
            );
            assert_eq!(input.bytes, bytes.len() as u64, "{encoding}");
            assert_eq!(input.encoding, encoding);
        }
    }
}

/// Notes how much each step said that there is to do.
#[derive(Default)]
struct Totals(Mutex<Vec<Option<u64>>>);

impl Progress for Totals {
    fn begin(&self, what: &str, unit: Unit, total: Option<u64>) -> Box<dyn Step> {
        self.0.lock().unwrap().push(total);
        Silent.begin(what, unit, total)
    }
}

#[test]
fn how_much_there_is_to_read_is_said_only_where_it_is_known() {
    let folder = Folder::new();
    let rows = format!("id,owner\n{},Ana\n", id(1));
    for (bytes, total) in [
        (rows.clone().into_bytes(), Some(rows.len() as u64)),
        (packed(rows.as_bytes()), None),
        (wide(&rows), None),
    ] {
        let totals = Totals::default();
        let (mut findings, mut references) = (Findings::default(), References::default());
        let spec = folder.file("a.csv", bytes);
        open_records(&spec, &accounts(), &mut findings)
            .and_then(|export| {
                export.read(&mut references, &mut findings, folder.0.path(), &totals)
            })
            .unwrap();
        assert_eq!(*totals.0.lock().unwrap(), [total]);
    }
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
    let export = open_users(&spec, &[], &mut Findings::default()).unwrap();
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
