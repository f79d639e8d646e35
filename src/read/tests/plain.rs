//! Sheets read in pieces, held against calamine: the same cells, or calamine's alone.
//!
//! In: workbooks written here, ones that others wrote, and ones that were changed at random. Out: a panic where a sheet
//! that was taken for plain has other cells or merged areas than calamine finds in it.

use std::fs;
use std::io::{Cursor, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use rust_xlsxwriter::{ExcelDateTime, Format, Formula, Workbook as Written};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::Folder;
use crate::read::csv::FileDigest;
use crate::read::look::look;
use crate::read::source::{Chunk, Feed, Source};
use crate::read::workbook::Workbook;
use crate::read::workbook::merges::Merge;
use crate::read::{FileSpec, ReadError};

/// Rows, from 1, with their cells, and merged areas.
type Sheet = (Vec<(u64, Vec<String>)>, Vec<Merge>);

fn open(spec: &FileSpec, sheet: Option<&str>, in_pieces: bool) -> Result<Workbook, ReadError> {
    let digest = in_pieces.then(|| FileDigest {
        hash: String::new(),
        first_foreign_byte: None,
    });
    let opened = Workbook::open(&spec.name, look(spec)?, sheet, &|_, _| true, digest)?;
    Ok(opened.workbook)
}

fn rows(feed: &dyn Feed) -> Result<Vec<(u64, Vec<String>)>, ReadError> {
    let mut rows = Vec::new();
    let mut chunk = Chunk::default();
    while feed.next(&mut chunk)?.is_some() {
        chunk.rows(&mut |row| {
            let cell = |column| String::from_utf8(row.raw(column).to_vec()).unwrap();
            rows.push((row.number, (0..row.len()).map(cell).collect()));
            ControlFlow::Continue(())
        });
    }
    Ok(rows)
}

/// The sheet as it is read in pieces; `None` where it is not plain.
fn plain(spec: &FileSpec, sheet: Option<&str>) -> Option<Sheet> {
    let workbook = open(spec, sheet, true).ok()?;
    if !workbook.is_unsettled() {
        return None;
    }
    let feed = workbook.feed().unwrap();
    let rows = rows(feed.as_ref()).unwrap();
    let digest = feed.digest().unwrap();
    // What is refused with an error has been refused.
    let again = workbook.settle(&digest).unwrap_or(true);
    let merges = workbook.merges().map(<[Merge]>::to_vec);
    (!again).then(|| (rows, merges.unwrap()))
}

fn by_calamine(spec: &FileSpec, sheet: Option<&str>) -> Result<Sheet, ReadError> {
    let workbook = open(spec, sheet, false)?;
    let rows = rows(workbook.feed()?.as_ref())?;
    Ok((rows, workbook.merges().unwrap().to_vec()))
}

/// Whether the sheet is plain; if so, it holds what calamine finds.
#[track_caller]
fn is_plain(spec: &FileSpec, sheet: Option<&str>) -> bool {
    let Some(plain) = plain(spec, sheet) else {
        return false;
    };
    match by_calamine(spec, sheet) {
        Ok(expected) => assert_eq!(plain, expected, "{} {sheet:?}", spec.name),
        Err(error) => panic!("{error}, and yet it was read in pieces: {plain:?}"),
    }
    true
}

const STRINGS: &str = "<sst uniqueCount=\"5\"><si><t>one</t></si>\n<si><t xml:space=\"preserve\"> two </t></si>\
    <si><r><t>th</t></r><r><rPr><b/><sz val=\"11\"/></rPr><t xml:space=\"preserve\">r </t></r><r><t>ee</t></r>\
    <rPh sb=\"0\" eb=\"1\"><t>san</t></rPh><phoneticPr fontId=\"1\"/></si><si/><si><t/></si></sst>";
const STYLES: &str = "<styleSheet><numFmts><numFmt numFmtId=\"200\" formatCode=\"dd\\.mm\\.yyyy\"/>\
    <numFmt numFmtId=\"201\" formatCode=\"[h]:mm\"/><numFmt numFmtId=\"202\" formatCode=\"0.00&quot; d&quot;\"/></numFmts>\
    <cellStyleXfs><xf numFmtId=\"14\"/></cellStyleXfs><cellXfs><xf numFmtId=\"0\"/><xf numFmtId=\"14\"/>\
    <xf numFmtId=\"200\"/><xf numFmtId=\"201\"/><xf numFmtId=\"202\"/></cellXfs></styleSheet>";

/// A workbook whose first sheet is `sheet`.
fn package(sheet: &str) -> Vec<u8> {
    let relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let parts = [
        (
            "_rels/.rels",
            format!(
                "<Relationships><Relationship Id=\"r\" Type=\"{relations}/officeDocument\" \
                 Target=\"xl/workbook.xml\"/></Relationships>"
            ),
        ),
        (
            "xl/workbook.xml",
            format!(
                "<workbook xmlns:r=\"{relations}\"><sheets><sheet name=\"S\" sheetId=\"1\" r:id=\"r\"/></sheets></workbook>"
            ),
        ),
        (
            "xl/_rels/workbook.xml.rels",
            format!(
                "<Relationships><Relationship Id=\"r\" Type=\"{relations}/worksheet\" \
                 Target=\"worksheets/sheet1.xml\"/></Relationships>"
            ),
        ),
        ("xl/styles.xml", STYLES.to_owned()),
        ("xl/sharedStrings.xml", STRINGS.to_owned()),
        ("xl/worksheets/sheet1.xml", sheet.to_owned()),
    ];
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in parts {
        zip.start_file(name, SimpleFileOptions::default()).unwrap();
        zip.write_all(content.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn sheet_of(rows: &str) -> String {
    format!("<worksheet><sheetData>{rows}</sheetData></worksheet>")
}

/// Checks a sheet against calamine, and whether it is plain.
#[track_caller]
fn check(sheet: &str, expected: bool) {
    let folder = Folder::new();
    let spec = folder.file("w.xlsx", package(sheet));
    assert_eq!(is_plain(&spec, Some("S")), expected, "{sheet}");
}

#[test]
fn cells_as_they_are_mostly_written_are_plain() {
    let cells = [
        "<c r=\"A1\"/><c r=\"C1\"><v>17</v></c><c><v>-3</v></c>",
        "<c><v>0</v></c><c><v>007</v></c><c><v>1.50</v></c><c><v>1.5E-7</v></c><c><v>-0</v></c><c><v>0.1</v></c>",
        "<c><v>123456789012345</v></c><c><v>1234567890123456</v></c><c><v>1e22</v></c><c><v>0.30000000000000004</v></c>",
        "<c><v>12345678.1234567</v></c><c><v>0.10</v></c><c><v>00.5</v></c><c><v>123456789.12345678</v></c>\
         <c><v>1.0</v></c><c><v>0.00</v></c><c><v>10.0</v></c><c><v>100</v></c><c><v>0.050</v></c><c><v>12345678.123450</v></c>",
        "<c t=\"n\"><v>5</v></c><c t=\"b\"><v>0</v></c><c t=\"b\"><v>1</v></c><c t=\"e\"><v>#DIV/0!</v></c>",
        "<c t=\"s\"><v>0</v></c><c t=\"s\"><v>1</v></c><c t=\"s\"><v>2</v></c><c t=\"s\"><v>3</v></c><c t=\"s\"><v>4</v></c>",
        "<c s=\"1\"><v>45000</v></c><c s=\"1\"><v>45000.25</v></c><c s=\"2\"><v>0.5</v></c><c s=\"3\"><v>1.5</v></c>",
        "<c s=\"4\"><v>45000</v></c><c s=\"0\"><v>1</v></c><c s=\"9\"><v>45000</v></c><c s=\"1\" t=\"s\"><v>0</v></c>",
        "<c t=\"d\"><v>2026-11-25T10:30:00Z</v></c><c t=\"str\"><v>a &amp; b &lt;&#x41;&#10;&gt;</v></c>",
        "<c t=\"str\"><f>A1&amp;B1</f><v> kept </v></c><c><f t=\"shared\" si=\"0\"/><v>4</v></c><c><f>1+1</f></c>",
        "<c t=\"inlineStr\"><is><t>in</t></is></c><c t=\"inlineStr\"><is><t> cut </t></is></c>",
        "<c t=\"inlineStr\"><is><t xml:space=\"preserve\"> &#13;kept_x000D_ _x005F_x000D_ _x_</t></is></c>",
        "<c t=\"inlineStr\"><is><r><t>ri</t></r><r><rPr><i/></rPr><t>ch</t></r></is></c><c t=\"inlineStr\"><is/></c>",
        "<c t=\"inlineStr\"><is></is></c><c t=\"inlineStr\"></c><c t=\"s\"><v></v></c><c><v/></c><c t=\"str\"><v></v></c>",
        "<c r='A1' t='str' ><v>quotes</v></c>\n  <c\tr=\"ZZ1\" cm=\"1\"><v>1</v></c>",
        "<c t=\"str\"><v>\u{e9}\u{1f4f7} ]]></v></c><c t=\"str\"><v xml:space=\"preserve\"> x </v></c>",
        "<c t=\"inlineStr\"><is><t>a\nb\tc \u{a0}</t></is></c>",
    ];
    for cells in cells {
        // `<is/>` is left to calamine: nobody writes it.
        let expected = !cells.contains("<is/>");
        check(&sheet_of(&format!("<row r=\"1\">{cells}</row>")), expected);
    }
}

#[test]
fn rows_and_what_is_around_them() {
    let row = "<row r=\"2\" spans=\"1:3\" ht=\"15\" x14ac:dyDescent=\"0.25\"><c r=\"A2\"><v>1</v></c></row>";
    let sheets = [
        ("<sheetData/>", true),
        ("<sheetData></sheetData>", true),
        (
            "<sheetData> </sheetData><mergeCells><mergeCell ref=\"A1:B2\"/></mergeCells>",
            true,
        ),
        (
            "<dimension ref=\"A1:C9\"/><sheetData><row r=\"1\"/>ROW<row r=\"7\"></row></sheetData>",
            true,
        ),
        (
            "<sheetData>ROW</sheetData><mergeCells count=\"1\"><mergeCell ref=\"A2:A9\"/></mergeCells><pageMargins/>",
            true,
        ),
        (
            "<sheetData>ROW\n</sheetData><!-- a comment behind -->",
            true,
        ),
        ("<sheetData>ROW<!-- a comment --></sheetData>", false),
        ("<sheetData>ROW<!-- </row> --></sheetData>", false),
        ("<!-- <sheetData> --><sheetData>ROW</sheetData>", false),
        (
            "<!-- <sheetData>ROW</sheetData> --><sheetData></sheetData>",
            false,
        ),
        ("<sheetData>ROWROW</sheetData>", false),
        ("<sheetData>ROW<row r=\"1\"></row></sheetData>", false),
        ("<sheetData><row><c><v>1</v></c></row></sheetData>", false),
        ("<sheetData><row r=\"x\"></row></sheetData>", false),
        (
            "<sheetData><row r=\"1048576\"><c><v>1</v></c></row></sheetData>",
            false,
        ),
        ("<sheetData>text ROW</sheetData>", false),
        ("<sheetData>ROW<row r=\"3\"/>", false),
        (
            "<sheetData>ROW</sheetData><mergeCells><mergeCell ref=\"?\"/></mergeCells>",
            false,
        ),
    ];
    for (sheet, expected) in sheets {
        let sheet = sheet.replace("ROW", row);
        check(&format!("<worksheet>{sheet}</worksheet>"), expected);
    }
    let long = "<hyperlink ref=\"A1\" display=\"far away\"/>".repeat(30_000);
    let far_behind = format!(
        "<worksheet><sheetData>{row}</sheetData><hyperlinks>{long}</hyperlinks>\
         <mergeCells><mergeCell ref=\"A2:A9\"/></mergeCells></worksheet>"
    );
    check(&far_behind, true);
    check(
        "<x:worksheet><x:sheetData></x:sheetData></x:worksheet>",
        false,
    );
}

#[test]
fn cells_that_are_not_plain_are_left_to_calamine() {
    let cells = [
        "<c r=\"B1\"/><c r=\"A1\"><v>1</v></c>",
        "<c r=\"A2\"><v>1</v></c>",
        "<c r=\"a1\"><v>1</v></c>",
        "<c r=\"A01\"><v>1</v></c>",
        "<c r=\"XFE1\"><v>1</v></c>",
        "<c r=\"A1\" r=\"B1\"><v>1</v></c>",
        "<c r=\"\"><v>1</v></c>",
        "<c><v> 5</v></c>",
        "<c><v>+5</v></c>",
        "<c><v>inf</v></c>",
        "<c><v>1e999</v></c>",
        "<c><v>.5</v></c>",
        "<c><v>5.</v></c>",
        "<c><v>text</v></c>",
        "<c><v>1<!-- -->2</v></c>",
        "<c t=\"b\"><v>true</v></c>",
        "<c t=\"e\"><v>#SPILL!</v></c>",
        "<c t=\"s\"><v>99</v></c>",
        "<c t=\"s\"><v>x</v></c>",
        "<c t=\"z\"><v>1</v></c>",
        "<c t=\"d\"><v></v></c>",
        "<c t=\"d\"><v>today</v></c>",
        "<c><is><t>untyped</t></is></c>",
        "<c t=\"inlineStr\"><v>1</v></c>",
        "<c t=\"inlineStr\"><is><t>a</t></is><v>1</v></c>",
        "<c><v>1</v><v>2</v></c>",
        "<c><v>1</v><f>1</f></c>",
        "<c t=\"str\"><v>a\rb</v></c>",
        "<c t=\"str\"><v>&unknown;</v></c>",
        "<c t=\"str\"><v>&#0;</v></c>",
        "<c t=\"str\"><v>&#+65;</v></c>",
        "<c t=\"str\"><v>_xD83D__xDCF7_</v></c>",
        "<c t=\"str\"><v><![CDATA[x]]></v></c>",
        "<c t=\"inlineStr\"><is><r><rPr><t>x</t></rPr><t>y</t></r></is></c>",
        "<c t=\"inlineStr\"><is>text</is></c>",
        "<x:c><v>1</v></x:c>",
        "<c a=\"<\"><v>1</v></c>",
        "<c ><v>1</v></c >",
    ];
    for cells in cells {
        check(&sheet_of(&format!("<row r=\"1\">{cells}</row>")), false);
    }
}

#[test]
fn a_place_that_lies_before_its_piece_is_not_plain() {
    let row = |number: u32| {
        format!(
            "<row r=\"{number}\"><c t=\"str\"><v>{}</v></c></row>",
            "x".repeat(900)
        )
    };
    let ascending: String = (1..=2_000).map(row).collect();
    check(&sheet_of(&ascending), true);
    let back = format!("{ascending}{}", row(1_000));
    check(&sheet_of(&back), false);
    let long = format!(
        "<row r=\"1\"><c t=\"str\"><v>{}</v></c></row>{}",
        "y".repeat(1 << 20),
        row(2)
    );
    check(&sheet_of(&long), true);
}

#[test]
fn workbooks_as_a_library_writes_them_are_plain() {
    let folder = Folder::new();
    let mut workbook = Written::new();
    let sheet = workbook.add_worksheet();
    let day = Format::new().set_num_format("yyyy-mm-dd hh:mm");
    let bold = Format::new().set_bold();
    for row in 0..3_000_u32 {
        sheet.write(row, 0, format!(" text {row} <&> ")).unwrap();
        sheet.write(row, 1, f64::from(row) / 8.0).unwrap();
        let moment = ExcelDateTime::from_ymd(2026, 11, 25).unwrap();
        let moment = moment.and_hms(10, 30, 15).unwrap();
        sheet.write_with_format(row, 3, &moment, &day).unwrap();
        sheet.write(row, 4, row % 2 == 0).unwrap();
        let formula = Formula::new("=A1&B1").set_result("a \u{1f4f7}");
        sheet.write(row, 5, formula).unwrap();
        sheet.write(row, 7, "the same\r\nin all _x000D_").unwrap();
        let pieces = [(&bold, "bold "), (&day, " day")];
        sheet.write_rich_string(row, 9, &pieces).unwrap();
    }
    sheet.merge_range(10, 12, 14, 13, "merged", &bold).unwrap();
    let spec = folder.spec("w.xlsx");
    workbook.save(&spec.path).unwrap();
    assert!(is_plain(&spec, None));
}

#[test]
fn workbooks_that_others_wrote_have_the_same_cells_either_way() {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    let mut paths: Vec<PathBuf> = Vec::new();
    for folder in fs::read_dir(&data).into_iter().flatten() {
        let files = fs::read_dir(folder.unwrap().path()).into_iter().flatten();
        paths.extend(files.map(|file| file.unwrap().path()));
    }
    paths.retain(|path| {
        path.extension()
            .is_some_and(|ending| ending == "xlsx" || ending == "xlsm")
    });
    paths.sort();
    let (mut sheets, mut are_plain) = (0, 0);
    for path in &paths {
        let spec = FileSpec {
            path: path.clone(),
            ..Folder::new().spec(&path.file_name().unwrap().to_string_lossy())
        };
        for sheet in sheet_names(&spec) {
            sheets += 1;
            are_plain += usize::from(is_plain(&spec, Some(&sheet)));
        }
    }
    println!(
        "{} workbooks, {sheets} sheets, {are_plain} of them plain",
        paths.len()
    );
    assert!(
        paths.is_empty() || are_plain * 2 > sheets,
        "{are_plain} of {sheets}"
    );
}

/// The names of a workbook's sheets, out of the words on one that it has not.
fn sheet_names(spec: &FileSpec) -> Vec<String> {
    let wrong = open(spec, Some("no such sheet, surely"), false).err();
    let words = wrong.map(|error| error.to_string()).unwrap_or_default();
    let found = words.split_once("found ").map_or("", |(_, found)| found);
    let quoted = found.split('`').skip(1).step_by(2);
    let is_key = |name: &&str| name.starts_with("sheet =");
    quoted
        .filter(|name| !is_key(name))
        .map(str::to_owned)
        .collect()
}

/// What is put into a sheet at random.
const SCRAPS: &[&str] = &[
    "<",
    ">",
    "&",
    "\"",
    "'",
    "/",
    "=",
    "\r",
    "\n",
    " ",
    "0",
    "1",
    ".",
    "E",
    "-",
    "_x000D_",
    "&amp;",
    "&#65;",
    "<v>",
    "</v>",
    "<c>",
    "</c>",
    "<c r=\"B1\">",
    "<row r=\"9\">",
    "</row>",
    "<is>",
    "</is>",
    "<t>",
    "</t>",
    "<t/>",
    "<f>",
    "</f>",
    "<r>",
    "</r>",
    "<rPr>",
    "</rPr>",
    "<rPh>",
    "</rPh>",
    "<!--",
    "-->",
    "<![CDATA[",
    "]]>",
    "</sheetData>",
    "<sheetData>",
    " t=\"s\"",
    " t=\"str\"",
    " t=\"b\"",
    " t=\"inlineStr\"",
    " s=\"1\"",
    " r=\"A1\"",
    " xml:space=\"preserve\"",
    "\u{e9}",
    "\0",
    "<v/>",
    "<mergeCell ref=\"A1:A2\"/>",
    "r",
    "c",
    "x:",
];

fn changed() -> impl Strategy<Value = String> {
    let change = (
        any::<prop::sample::Index>(),
        0..12_usize,
        prop::sample::select(SCRAPS),
    );
    prop::collection::vec(change, 1..4).prop_map(|changes| {
        let mut sheet = sheet_of(
            "<row r=\"1\"><c r=\"A1\" t=\"s\"><v>1</v></c><c r=\"B1\" s=\"2\"><v>45000.5</v></c><c t=\"str\"><f>A1</f><v>x y</v>\
             </c></row><row r=\"3\"><c t=\"inlineStr\"><is><t>in</t><r><rPr><b/></rPr><t xml:space=\"preserve\"> line</t></r>\
             </is></c><c t=\"b\"><v>1</v></c><c r=\"F3\" t=\"e\"><v>#N/A</v></c></row>",
        );
        for (at, length, scrap) in changes {
            let begin = at.index(sheet.len());
            let begin = sheet.floor_char_boundary(begin);
            let end = sheet.floor_char_boundary((begin + length).min(sheet.len()));
            sheet.replace_range(begin..end.max(begin), scrap);
        }
        sheet
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_changed_in_a_sheet_is_read_as_calamine_reads_it(sheet in changed()) {
        let folder = Folder::new();
        let spec = folder.file("w.xlsx", package(&sheet));
        is_plain(&spec, None);
    }
}
