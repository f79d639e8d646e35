//! Workbooks, written here: sheets, kinds of cells, limits.

use std::ops::ControlFlow;

use rust_xlsxwriter::{ExcelDateTime, Format, Formula, Workbook};

use super::{Folder, accounts, accounts_by_key, id, read_records, show_findings};
use crate::model::{Code, Findings, Silent};
use crate::read::look::look;
use crate::read::source::{Chunk, Source};
use crate::read::{FileSpec, open_records, open_table};

fn save(folder: &Folder, mut workbook: Workbook) -> FileSpec {
    let spec = folder.spec("w.xlsx");
    workbook.save(&spec.path).unwrap();
    spec
}

#[test]
fn the_first_visible_sheet_that_holds_anything_is_read() {
    let folder = Folder::new();
    let mut workbook = Workbook::new();
    workbook.add_worksheet().set_name("Empty").unwrap();
    for (name, hidden) in [("hiddenSheet", true), ("Accounts", false), ("Notes", false)] {
        let sheet = workbook.add_worksheet().set_name(name).unwrap();
        sheet.set_very_hidden(hidden);
        sheet.write(2, 1, "accountid").unwrap();
        sheet.write(2, 3, "Owner").unwrap();
        sheet.write(4, 1, id(1)).unwrap();
        sheet.write(4, 3, format!("{name}'s Ana")).unwrap();
        sheet.write(4, 9, "a note beside the table").unwrap();
    }
    let spec = save(&folder, workbook);
    let read = read_records(&spec, &accounts()).unwrap();
    assert_eq!(read.rows, ["5/5 1 > Accounts's Ana"]);
    assert_eq!(
        read.findings,
        ["FIL005 w.xlsx @ 3/3:1 3/3:3", "FIL008 w.xlsx @ 0/0"]
    );
    let named = |sheet: &str| FileSpec {
        sheet: Some(sheet.to_owned()),
        ..spec.clone()
    };
    let read = read_records(&named("HiddenSheet"), &accounts()).unwrap();
    assert_eq!(read.rows, ["5/5 1 > hiddenSheet's Ana"]);
    let error = read_records(&named("Gone"), &accounts()).err().unwrap();
    assert_eq!(error.code(), Code::Fil004);
    let as_csv = FileSpec {
        delimiter: Some(';'),
        ..spec.clone()
    };
    let refused = read_records(&as_csv, &accounts()).err().unwrap();
    assert!(refused.to_string().contains("`delimiter` is `;`"));
    let message = error.to_string();
    assert!(
        message.contains("`Gone`") && message.contains("`Accounts`, `Notes`"),
        "{message}"
    );
}

#[test]
fn cells_become_text() {
    let folder = Folder::new();
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    let day = Format::new().set_num_format("yyyy-mm-dd");
    let hours = Format::new().set_num_format("[h]:mm:ss");
    sheet.write(0, 0, "value").unwrap();
    sheet.write(1, 0, 17.0).unwrap();
    sheet.write(2, 0, 1234.5).unwrap();
    sheet.write(3, 0, 1.234_567_890_123_45e17).unwrap();
    sheet.write(4, 0, true).unwrap();
    let date = ExcelDateTime::from_ymd(2026, 11, 28).unwrap();
    sheet.write_with_format(5, 0, &date, &day).unwrap();
    let moment = date.and_hms(10, 30, 0).unwrap();
    sheet.write_with_format(6, 0, &moment, &day).unwrap();
    sheet.write_with_format(7, 0, 1.5, &hours).unwrap();
    sheet
        .write(8, 0, Formula::new("=NA()").set_result("#N/A"))
        .unwrap();
    sheet.write(9, 0, " text ").unwrap();
    sheet.write(10, 0, 999_999_999_999_999.0).unwrap();
    let table = open_table(&save(&folder, workbook), &mut Findings::default()).unwrap();
    let mut texts = Vec::new();
    table
        .rows(&Silent, &mut |row| {
            texts.push(row.cell(0).to_owned());
            ControlFlow::Continue(())
        })
        .unwrap();
    let expected = [
        "17",
        "1234.5",
        "1.23456789012345E+17",
        "true",
        "2026-11-28",
        "2026-11-28T10:30:00",
        "36:00:00",
        "#N/A",
        "text",
        "999999999999999",
    ];
    assert_eq!(texts, expected);
}

#[test]
fn numbers_that_are_no_ids_are_warned_of() {
    let folder = Folder::new();
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    for (row, (key, owner)) in [(17.0, "Ana"), (17.5, "Bo"), (3e15, "Cy")]
        .into_iter()
        .enumerate()
    {
        let row = u32::try_from(row).unwrap() + 1;
        sheet.write(row, 0, key).unwrap();
        sheet.write(row, 1, owner).unwrap();
    }
    sheet.write(0, 0, "Old id").unwrap();
    sheet.write(0, 1, "Owner").unwrap();
    let read = read_records(&save(&folder, workbook), &accounts_by_key("Old id")).unwrap();
    assert_eq!(
        read.rows,
        ["2/2 17 > Ana", "3/3 17.5 > Bo", "4/4 REC001 > Cy"]
    );
    let expected = [
        "REC001 w.xlsx column Old id: keys that a spreadsheet mangled @ 4/4:1",
        "FIL007 w.xlsx column Old id: a formula's error or a mangled number @ 3/3:1 4/4:1",
    ];
    assert_eq!(read.findings, expected);
}

#[test]
fn many_rows_come_in_order_and_short_rows_are_not_ragged() {
    let folder = Folder::new();
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    sheet.write(0, 0, "accountid").unwrap();
    sheet.write(0, 1, "Owner").unwrap();
    for row in 1..10_000_u32 {
        sheet.write(row, 0, id(row)).unwrap();
        if row % 2 == 1 {
            sheet.write(row, 1, format!("owner {}", row % 7)).unwrap();
        }
    }
    let read = read_records(&save(&folder, workbook), &accounts()).unwrap();
    assert!(read.findings.is_empty(), "{:?}", read.findings);
    assert_eq!(read.rows.len(), 9_999);
    for (row, shown) in (1..10_000_u32).zip(&read.rows) {
        let owner = if row % 2 == 1 {
            format!("owner {}", row % 7)
        } else {
            "blank".to_owned()
        };
        let number = row + 1;
        let id = u128::from_str_radix(&row.to_string(), 16).unwrap() & 0xffff;
        assert_eq!(*shown, format!("{number}/{number} {id} > {owner}"));
    }
}

#[test]
fn cells_far_to_the_right_make_shorter_chunks() {
    let folder = Folder::new();
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    for row in 0..200_u32 {
        sheet.write(row, 16_383, "x").unwrap();
    }
    let look = look(&save(&folder, workbook)).unwrap();
    let opened =
        crate::read::workbook::Workbook::open("w.xlsx", look, None, &|_, _| true, None).unwrap();
    let mut rows_of_chunks = Vec::new();
    let feed = opened.workbook.feed().unwrap();
    let mut chunk = Chunk::default();
    while feed.next(&mut chunk).unwrap().is_some() {
        let mut rows = Vec::new();
        chunk.rows(&mut |row| {
            rows.push(row.number);
            ControlFlow::Continue(())
        });
        rows_of_chunks.push(rows);
    }
    let all: Vec<u64> = (1..=200).collect();
    assert_eq!(rows_of_chunks.concat(), all);
    assert!(rows_of_chunks.iter().all(|rows| rows.len() <= 64));
}

#[test]
fn a_sheet_that_is_full_is_refused() {
    let folder = Folder::new();
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    for (row, cells) in [(0, ["accountid", "Owner"]), (1_048_575, ["x", "y"])] {
        sheet.write(row, 0, cells[0]).unwrap();
        sheet.write(row, 1, cells[1]).unwrap();
    }
    let error = read_records(&save(&folder, workbook), &accounts())
        .err()
        .unwrap();
    assert_eq!(error.code(), Code::Fil001);
    assert!(
        error.to_string().contains("full to its last row"),
        "{error}"
    );
}

#[test]
fn a_truncated_workbook_and_one_with_no_rows_are_refused() {
    let folder = Folder::new();
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    sheet.write(0, 0, "accountid").unwrap();
    sheet.write(0, 1, "Owner").unwrap();
    let spec = save(&folder, workbook);
    let open = || {
        open_records(&spec, &accounts(), &mut Findings::default())
            .err()
            .unwrap()
            .to_string()
    };
    assert!(open().contains("has a header and no rows"), "{}", open());
    let bytes = std::fs::read(&spec.path).unwrap();
    std::fs::write(&spec.path, &bytes[..bytes.len() / 2]).unwrap();
    assert!(open().contains("cut off or damaged"), "{}", open());
    for cut in (4..bytes.len()).step_by(97) {
        let mut broken = bytes.clone();
        broken[cut] ^= 0x5a;
        std::fs::write(&spec.path, broken).unwrap();
        open_records(&spec, &accounts(), &mut Findings::default()).ok();
    }
}

#[test]
fn an_empty_workbook_names_its_sheets() {
    let folder = Folder::new();
    let mut workbook = Workbook::new();
    workbook.add_worksheet().set_name("One").unwrap();
    let mut findings = Findings::default();
    let error = open_table(&save(&folder, workbook), &mut findings)
        .err()
        .unwrap();
    assert!(
        error.to_string().contains("holds a cell; found `One`"),
        "{error}"
    );
    assert!(show_findings(findings).is_empty());
}

/// The container of a workbook with a password, as far as anybody looks: header, table of sectors,
/// and a directory that names the encrypted package.
fn protected_container() -> Vec<u8> {
    const NONE: [u8; 4] = [0xff; 4];
    const END: [u8; 4] = [0xfe, 0xff, 0xff, 0xff];
    let mut file = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".to_vec();
    file.resize(24, 0);
    file.extend(b"\x3e\0\x03\0\xfe\xff\x09\0\x06\0");
    file.resize(44, 0);
    file.extend(b"\x01\0\0\0\x01\0\0\0\0\0\0\0\0\x10\0\0");
    file.extend([END, [0; 4], END, [0; 4], [0; 4]].concat());
    file.resize_with(512, || 0xff);
    file.extend([b"\xfd\xff\xff\xff", &END[..]].concat());
    file.extend(NONE.repeat(126));
    for (name, kind) in [("Root Entry", 5), ("EncryptedPackage", 2)] {
        let wide: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let start = file.len();
        file.extend(&wide);
        file.resize(start + 64, 0);
        file.extend([u8::try_from(wide.len() + 2).unwrap(), 0, kind, 1]);
        file.extend(NONE.repeat(3));
        file.resize(start + 116, 0);
        file.extend(END);
        file.resize(start + 128, 0);
    }
    file.resize(512 * 3, 0);
    file
}

#[test]
fn a_workbook_with_a_password_is_named_as_such() {
    let folder = Folder::new();
    let spec = folder.file("w.xlsx", protected_container());
    let error = read_records(&spec, &accounts()).err().unwrap();
    assert!(
        error.to_string().contains("is password-protected"),
        "{error}"
    );
    assert_eq!(error.code(), Code::Fil001);
}
