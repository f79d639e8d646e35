//! Workbooks of the other kinds, made here byte by byte: `.xlsb`, `.ods`, `.xls`, XML Spreadsheet 2003.

use std::io::{Cursor, Write};

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::{Folder, accounts_by_key, id, read_records};
use crate::read::{FileSpec, RecordsSpec};

/// Records found by the column `Old id`, so that any text can be one.
fn by_old_id() -> RecordsSpec {
    accounts_by_key("Old id")
}

#[track_caller]
fn check(case: &str, spec: &FileSpec, rows: &[&str], findings: &[&str]) {
    let read = match read_records(spec, &by_old_id()) {
        Ok(read) => read,
        Err(error) => panic!("case: {case}: {}", error.with_causes()),
    };
    assert_eq!(read.rows, rows, "case: {case}");
    assert_eq!(read.findings, findings, "case: {case}");
}

fn zipped(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in parts {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// A record of an `.xlsb`; kinds of more than 127 take two bytes.
fn record(kind: u16, body: &[u8]) -> Vec<u8> {
    let low = (kind & 0x7f) as u8;
    let kind = if kind < 0x80 {
        vec![low]
    } else {
        vec![low | 0x80, u8::try_from(kind >> 7).unwrap()]
    };
    [&kind[..], &[u8::try_from(body.len()).unwrap()], body].concat()
}

fn wide(text: &str) -> Vec<u8> {
    let letters: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let length = u32::try_from(text.encode_utf16().count()).unwrap();
    [&length.to_le_bytes()[..], &letters].concat()
}

/// A row of an `.xlsb`: its number from 0, and cells by kind, column and what follows.
fn binary_row(number: u32, cells: &[(u16, u32, Vec<u8>)]) -> Vec<u8> {
    let head = record(0x00, &[&number.to_le_bytes()[..], &[0; 13]].concat());
    let cells = cells.iter().map(|(kind, column, value)| {
        record(*kind, &[&column.to_le_bytes()[..], &[0; 4], value].concat())
    });
    [vec![head], cells.collect()].concat().concat()
}

const RELATIONS: &[u8] = b"<Relationships><Relationship Id=\"r1\" Type=\"x/worksheet\" \
     Target=\"worksheets/sheet1.bin\"/></Relationships>";

fn xlsb(sheet: &[Vec<u8>]) -> Vec<u8> {
    let bundle = [&[0; 4][..], &[1, 0, 0, 0], &wide("r1"), &wide("Rows")].concat();
    // A name whose formula is of a kind that its reader does not know.
    let name = record(
        0x27,
        &[&[0; 9][..], &wide("n"), &[1, 0, 0, 0, 0xff]].concat(),
    );
    let workbook = [
        record(0x9c, &bundle),
        record(0x90, &[]),
        name,
        record(0x9d, &[]),
    ]
    .concat();
    let shared = [
        record(0x9f, &[1, 0, 0, 0, 1, 0, 0, 0]),
        record(0x13, &[&[0][..], &wide("Ana")].concat()),
    ];
    let begin = [record(0x81, &[]), record(0x94, &[0; 16]), record(0x91, &[])].concat();
    let merged = [4_u32, 5, 1, 1].map(u32::to_le_bytes).concat();
    let end = [record(0x92, &[]), record(0xb0, &merged), record(0x82, &[])].concat();
    zipped(&[
        ("xl/workbook.bin", &workbook),
        ("xl/_rels/workbook.bin.rels", RELATIONS),
        ("xl/sharedStrings.bin", &shared.concat()),
        (
            "xl/worksheets/sheet1.bin",
            &[&begin[..], &sheet.concat(), &end].concat(),
        ),
    ])
}

#[test]
fn a_binary_workbook() {
    let folder = Folder::new();
    let text = |column, text: &str| (0x06, column, wide(text));
    let shared = |column| (0x07, column, vec![0; 4]);
    let number = |column, value: f64| (0x05, column, value.to_le_bytes().to_vec());
    let error = |kind, column| (kind, column, vec![0x2a]);
    let sheet = [
        binary_row(0, &[text(0, "Old id"), text(1, "Owner")]),
        binary_row(1, &[number(0, 17.0), shared(1)]),
        // An error by itself, and one of a formula.
        binary_row(2, &[text(0, "b"), error(0x03, 1)]),
        binary_row(3, &[text(0, "c"), error(0x0b, 1)]),
        binary_row(4, &[text(0, "d"), text(1, "Bo")]),
        binary_row(5, &[text(0, "e")]),
    ];
    let rows = [
        "2/2 17 > Ana",
        "3/3 b > #N/A",
        "4/4 c > #N/A",
        "5/5 d > Bo",
        "6/6 FIL003 > FIL003",
    ];
    let findings = [
        "FIL003 w.xlsb column Owner: cells that are merged with others, so that only the first of them holds the text @ 6/6:2",
        "FIL007 w.xlsb column Owner: a formula's error or a mangled number @ 3/3:2 4/4:2",
    ];
    check(
        "xlsb",
        &folder.file("w.xlsb", xlsb(&sheet)),
        &rows,
        &findings,
    );
}

fn ods(rows: &str) -> Vec<u8> {
    let content = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><office:document-content><office:body><office:spreadsheet>\
         <table:table table:name=\"Rows\">{rows}</table:table></office:spreadsheet></office:body></office:document-content>"
    );
    zipped(&[
        (
            "mimetype",
            b"application/vnd.oasis.opendocument.spreadsheet",
        ),
        ("META-INF/manifest.xml", b"<manifest:manifest/>"),
        ("content.xml", content.as_bytes()),
    ])
}

#[test]
fn an_open_document() {
    let folder = Folder::new();
    let text = |text: &str| {
        format!(
            "<table:table-cell office:value-type=\"string\"><text:p>{text}</text:p></table:table-cell>"
        )
    };
    let row = |cells: &[String]| format!("<table:table-row>{}</table:table-row>", cells.concat());
    let number = "<table:table-cell office:value-type=\"float\" office:value=\"17\"/>".to_owned();
    let failed = "<table:table-cell table:formula=\"of:=NA()\" office:value-type=\"string\" office:string-value=\"\" \
         calcext:value-type=\"error\"><text:p>#N/A</text:p></table:table-cell>";
    let spanned = text("Bo").replacen(' ', " table:number-rows-spanned=\"2\" ", 1);
    let covered = "<table:covered-table-cell/>".to_owned();
    let rows = [
        "<table:table-row table:number-rows-repeated=\"2\"><table:table-cell table:number-columns-repeated=\"16384\"/></table:table-row>".to_owned(),
        row(&[text("Old id"), text("Owner")]),
        row(&[number, text("Ana<text:s text:c=\"2\"/>L")]),
        row(&[text("b"), failed.to_owned()]),
        row(&[text("c"), spanned]),
        row(&[text("d"), covered]),
        // As the editor ends each sheet.
        "<table:table-row table:number-rows-repeated=\"1048000\"><table:table-cell table:number-columns-repeated=\"16384\"/></table:table-row>".to_owned(),
    ];
    let expected = [
        "4/4 17 > Ana  L",
        "5/5 b > #N/A",
        "6/6 c > Bo",
        "7/7 FIL003 > FIL003",
    ];
    let findings = [
        "FIL003 w.ods column Owner: cells that are merged with others, so that only the first of them holds the text @ 7/7:2",
        "FIL007 w.ods column Owner: a formula's error or a mangled number @ 5/5:2",
    ];
    check(
        "ods",
        &folder.file("w.ods", ods(&rows.concat())),
        &expected,
        &findings,
    );
}

/// A record of an `.xls`.
fn biff(kind: u16, body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(body.len()).unwrap().to_le_bytes();
    [&kind.to_le_bytes(), &length[..], body].concat()
}

fn label(row: u8, column: u8, text: &str) -> Vec<u8> {
    let length = u8::try_from(text.len()).unwrap();
    biff(
        0x0204,
        &[&[row, 0, column, 0, 0, 0, length, 0, 0], text.as_bytes()].concat(),
    )
}

fn contained(stream: &[u8]) -> Vec<u8> {
    let mut container = cfb::CompoundFile::create(Cursor::new(Vec::new())).unwrap();
    let mut workbook = container.create_stream("/Workbook").unwrap();
    workbook.write_all(stream).unwrap();
    drop(workbook);
    container.flush().unwrap();
    container.into_inner().into_inner()
}

#[test]
fn an_old_workbook() {
    let folder = Folder::new();
    let begin = |kind: u8| biff(0x0809, &[0, 6, kind, 0, 0, 0, 0, 0]);
    let bundle = biff(
        0x85,
        &[&32_u32.to_le_bytes()[..], &[0, 0, 4, 0], b"Rows"].concat(),
    );
    let size = biff(
        0x0200,
        &[
            &[0; 4][..],
            &u32::MAX.to_le_bytes(),
            &[0, 0, 0xff, 0xff, 0, 0],
        ]
        .concat(),
    );
    let number = |row: u8, value: f64| {
        biff(
            0x0203,
            &[&[row, 0, 0, 0, 0, 0], &value.to_le_bytes()[..]].concat(),
        )
    };
    // A formula of which the value is an error, and whose own words nobody can read.
    let failed = biff(
        0x06,
        &[
            &[2, 0, 1, 0, 0, 0, 2, 0, 0x2a, 0, 0, 0, 0xff, 0xff][..],
            &[0; 6],
            &[0xff; 40],
        ]
        .concat(),
    );
    let merged = biff(0xe5, &[1, 0, 3, 0, 4, 0, 1, 0, 1, 0]);
    let stream = [
        begin(5),
        bundle,
        biff(0x0a, &[]),
        begin(0x10),
        size,
        label(0, 0, "Old id"),
        label(0, 1, "Owner"),
        number(1, 17.0),
        label(1, 1, "Ana"),
        label(2, 0, "b"),
        failed,
        label(3, 0, "c"),
        label(3, 1, "Bo"),
        label(4, 0, "d"),
        merged,
        biff(0x0a, &[]),
    ];
    let rows = [
        "2/2 17 > Ana",
        "3/3 b > #N/A",
        "4/4 c > Bo",
        "5/5 FIL003 > FIL003",
    ];
    let findings = [
        "FIL003 w.xls column Owner: cells that are merged with others, so that only the first of them holds the text @ 5/5:2",
        "FIL007 w.xls column Owner: a formula's error or a mangled number @ 3/3:2",
    ];
    check(
        "xls",
        &folder.file("w.xls", contained(&stream.concat())),
        &rows,
        &findings,
    );
}

/// An XML Spreadsheet 2003 as an export writes it, with all that can be left out left out.
fn sheet_xml(declared: &str) -> String {
    let cell =
        |kind: &str, text: &str| format!("<Cell><Data ss:Type=\"{kind}\">{text}</Data></Cell>");
    let rows = [
        "<Row ss:Index=\"3\">".to_owned() + &cell("String", "Old id") + &cell("String", "Owner") + "</Row>",
        "<Row>".to_owned() + &cell("Number", "17") + &cell("String", "Zo\u{eb} &amp; S&#246;hne") + "</Row>",
        "<Row ss:Index=\"7\">".to_owned() + &cell("Number", "123456789012345678") + &cell("Error", "#N/A") + "</Row>",
        "<Row>".to_owned() + &cell("Number", "1.2345678901234501E+17") + "<Cell ss:MergeDown=\"1\"><Data ss:Type=\"String\">Bo</Data></Cell></Row>",
        "<Row>".to_owned() + &cell("DateTime", "2026-11-28T00:00:00.000") + "</Row>",
        "<Row><Cell><Data ss:Type=\"Boolean\">1</Data><Comment><ss:Data>a remark</ss:Data></Comment></Cell>\
         <Cell ss:Index=\"2\"><ss:Data ss:Type=\"String\" xmlns=\"http://www.w3.org/TR/REC-html40\"><B>C</B>y</ss:Data></Cell></Row>".to_owned(),
    ];
    format!(
        "<?xml version=\"1.0\"{declared}?>\n<?mso-application progid=\"Excel.Sheet\"?>\
         <Workbook xmlns=\"urn:schemas-microsoft-com:office:spreadsheet\" xmlns:ss=\"urn:schemas-microsoft-com:office:spreadsheet\">\
         <Worksheet ss:Name=\"Secret\"><Table><Row>{0}{0}</Row></Table><WorksheetOptions><Visible>SheetHidden</Visible></WorksheetOptions></Worksheet>\
         <Worksheet ss:Name=\"Rows\"><Table ss:ExpandedRowCount=\"99\">{1}</Table></Worksheet></Workbook>",
        cell("String", "Owner"),
        rows.concat()
    )
}

#[test]
fn an_xml_spreadsheet_in_every_encoding() {
    let folder = Folder::new();
    let rows = [
        "4/4 17 > Zo\u{eb} & S\u{f6}hne",
        "7/7 123456789012345678 > #N/A",
        "8/8 REC001 > Bo",
        "9/9 FIL003 > FIL003",
        "10/10 true > Cy",
    ];
    let findings = |name: &str| {
        [
            format!(
                "FIL003 {name} column Owner: cells that are merged with others, so that only the first of them holds the text @ 9/9:2"
            ),
            format!("REC001 {name} column Old id: keys that a spreadsheet mangled @ 8/8:1"),
            format!("FIL007 {name} column Old id: a formula's error or a mangled number @ 8/8:1"),
            format!("FIL007 {name} column Owner: a formula's error or a mangled number @ 7/7:2"),
        ]
    };
    let wide = |text: &str, bytes: fn(u16) -> [u8; 2]| {
        text.encode_utf16().flat_map(bytes).collect::<Vec<u8>>()
    };
    let said = sheet_xml(" encoding=\"UTF-16\"");
    let latin = sheet_xml(" encoding=\"windows-1252\"");
    let latin: Vec<u8> = latin
        .chars()
        .map(|letter| u8::try_from(letter).unwrap())
        .collect();
    let cases: [(&str, &str, Vec<u8>); 6] = [
        ("UTF-8", "a.xml", sheet_xml("").into_bytes()),
        (
            "UTF-8 with a mark",
            "b.xls",
            ["\u{feff}", &sheet_xml(" encoding='utf-8'")]
                .concat()
                .into_bytes(),
        ),
        (
            "UTF-16, little end first",
            "c.xml",
            [&b"\xff\xfe"[..], &wide(&said, u16::to_le_bytes)].concat(),
        ),
        (
            "UTF-16, big end first",
            "d.xml",
            [&b"\xfe\xff"[..], &wide(&said, u16::to_be_bytes)].concat(),
        ),
        (
            "UTF-16 without a mark",
            "e.xls",
            wide(&said, u16::to_le_bytes),
        ),
        ("Windows-1252", "f.xml", latin),
    ];
    for (case, name, bytes) in cases {
        let findings = findings(name);
        let findings: Vec<&str> = findings.iter().map(String::as_str).collect();
        check(case, &folder.file(name, bytes), &rows, &findings);
    }
}

#[test]
fn an_xml_spreadsheet_larger_than_a_block() {
    let folder = Folder::new();
    let rows: Vec<String> = (1..3_000)
        .map(|row| {
            format!(
                "<Row><Cell><Data>{}</Data></Cell><Cell><Data>owner {}</Data></Cell></Row>",
                id(row),
                row % 7
            )
        })
        .collect();
    let head = "<Row><Cell><Data>Old id</Data></Cell><Cell><Data>Owner</Data></Cell></Row>";
    let text = format!(
        "<ss:Workbook xmlns:ss=\"urn:schemas-microsoft-com:office:spreadsheet\"><Worksheet><Table>{head}{}</Table></Worksheet></ss:Workbook>",
        rows.concat()
    );
    let read = read_records(&folder.file("w.xml", text), &by_old_id()).unwrap();
    assert!(read.findings.is_empty(), "{:?}", read.findings);
    let expected: Vec<String> = (1..3_000)
        .map(|row| format!("{0}/{0} {1} > owner {2}", row + 1, id(row), row % 7))
        .collect();
    assert_eq!(read.rows, expected);
}
