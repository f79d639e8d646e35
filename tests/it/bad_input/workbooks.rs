//! Workbooks that somebody made to do harm, or that broke on the way: each a clear error, nothing written.
//!
//! In: the base project with its accounts in a workbook made here. Out: exit code 2, the words, the folder as it was.

use std::fs;
use std::io::{Cursor, Write};

use cutover::run::Exit;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::{ACCOUNTS, again, check, plan, planned, replace};

/// Case, file, its bytes, and what is said of it.
type Hostile = (&'static str, &'static str, Vec<u8>, &'static [&'static str]);

#[track_caller]
fn refused(cases: Vec<Hostile>) {
    let base = planned();
    for (case, ending, bytes, says) in cases {
        let folder = again(&base);
        let file = format!("exports/accounts.{ending}");
        replace(&folder.path().join("cutover.toml"), ACCOUNTS, &file);
        fs::write(folder.path().join(&file), bytes).unwrap();
        let named = format!("`{file}`");
        let mut says = says.to_vec();
        says.extend(["FIL001", named.as_str(), "no plan was written"]);
        check(case, folder.path(), Exit::Usage, &says, plan);
    }
}

fn zipped(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_level(Some(1));
    for (name, bytes) in parts {
        zip.start_file(*name, options).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

const PACKAGE: &str = "<Relationships><Relationship Id=\"r\" \
     Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument\" \
     Target=\"xl/workbook.xml\"/></Relationships>";
const WORKBOOK: &str =
    "<workbook><sheets><sheet name=\"Rows\" sheetId=\"1\" r:id=\"r1\"/></sheets></workbook>";

fn relations(sheet: &str) -> String {
    format!(
        "<Relationships><Relationship Id=\"r1\" Type=\"http://schemas.openxmlformats.org/\
         officeDocument/2006/relationships/worksheet\" Target=\"{sheet}\"/></Relationships>"
    )
}

/// A workbook with these shared texts and this sheet.
fn xlsx(shared: &str, sheet: &str) -> Vec<u8> {
    let relations = relations("worksheets/sheet1.xml");
    zipped(&[
        ("_rels/.rels", PACKAGE.as_bytes()),
        ("xl/workbook.xml", WORKBOOK.as_bytes()),
        ("xl/_rels/workbook.xml.rels", relations.as_bytes()),
        ("xl/sharedStrings.xml", shared.as_bytes()),
        ("xl/worksheets/sheet1.xml", sheet.as_bytes()),
    ])
}

fn sheet(rows: &str) -> String {
    let head = "<row r=\"1\"><c r=\"A1\" t=\"inlineStr\"><is><t>accountid</t></is></c>\
                <c r=\"B1\" t=\"inlineStr\"><is><t>ownerid</t></is></c></row>";
    format!("<worksheet><sheetData>{head}{rows}</sheetData></worksheet>")
}

const NO_TEXTS: &str = "<sst></sst>";
const DAMAGED: &str = "is cut off or damaged; copy it again, or save it again in Excel";

#[test]
#[rustfmt::skip]
fn an_xlsx_with_a_sheet_that_does_harm() {
    let text = "x".repeat(32_767);
    let wide = "<c t=\"s\"><v>0</v></c>".repeat(16_384);
    let entities = format!(
        "<!DOCTYPE a [<!ENTITY a \"{}\"><!ENTITY b \"&a;&a;&a;&a;\">]>{}",
        "lol".repeat(100),
        sheet("<row r=\"2\"><c r=\"A2\" t=\"str\"><v>&b;</v></c></row>")
    );
    let deep = format!("{}{}", "<a>".repeat(100_000), "</a>".repeat(100_000));
    let endless = format!("<row r=\"2\"><c r=\"A2\"><v>{}</v></c></row>", "1".repeat(3 << 20));
    let in_pieces = "<![CDATA[aaaaaaaaaaaaaaaa]]>".repeat(200_000);
    let in_pieces = format!("<row r=\"2\"><c r=\"A2\" t=\"inlineStr\"><is><t>{in_pieces}</t></is></c></row>");
    let one_text = format!("<sst><si><t>{text}</t></si></sst>");
    let cell = |cell: &str| xlsx(NO_TEXTS, &sheet(&format!("<row r=\"2\">{cell}</row>")));
    refused(vec![
        ("entities", "xlsx", xlsx(NO_TEXTS, &entities), &[DAMAGED, "a document type, which no workbook has"]),
        ("depth", "xlsx", xlsx(NO_TEXTS, &sheet(&deep)), &[DAMAGED, "more than 256 deep"]),
        ("rows without end", "xlsx", xlsx(NO_TEXTS, &sheet(&"<row></row>".repeat(1_048_577))), &["over a limit", "more than 1048576 rows"]),
        ("an endless value", "xlsx", xlsx(NO_TEXTS, &sheet(&endless)), &["over a limit", "longer than 2097152 bytes", "export it as CSV"]),
        ("an endless text in pieces", "xlsx", xlsx(NO_TEXTS, &sheet(&in_pieces)), &["over a limit", "the text of one cell"]),
        ("a text in every cell", "xlsx", xlsx(&one_text, &sheet(&format!("<row r=\"2\">{wide}</row>"))),
            &["over a limit", "row 2 holds more than 8388608 bytes of text", "export it as CSV"]),
        ("beyond the last column", "xlsx", cell("<c r=\"XFE2\"><v>1</v></c>"), &["over a limit", "beyond column 16384"]),
        ("far beyond it", "xlsx", cell("<c r=\"ZZZZZZZZ2\"><v>1</v></c>"), &[DAMAGED, "is at `ZZZZZZZZ2`"]),
        ("a row far beyond it", "xlsx", cell("<c r=\"A4294967298\"><v>1</v></c>"), &[DAMAGED, "is at `A4294967298`"]),
        ("beyond the last row", "xlsx", cell("<c r=\"A1048577\"><v>1</v></c>"), &["over a limit", "full to its last row"]),
        ("back to an earlier row", "xlsx", cell("<c r=\"A9\"><v>1</v></c><c r=\"A2\"><v>1</v></c>"), &[DAMAGED, "cells out of order at row 2"]),
        ("no such shared text", "xlsx", cell("<c r=\"A2\" t=\"s\"><v>7</v></c>"), &[DAMAGED, "not found in shared strings"]),
        ("an endless number of a shared text", "xlsx", cell("<c r=\"A2\" t=\"s\"><v>99999999999999999999</v></c>"),
            &[DAMAGED, "written as no workbook writes it: `9999"]),
        ("a value in pieces", "xlsx", cell("<c r=\"A2\"><v>1<!-- -->2</v></c>"), &[DAMAGED, "written as no workbook writes it: `2`"]),
        ("UTF-16 inside", "xlsx", xlsx(NO_TEXTS, "\u{0}<\u{0}w"), &[DAMAGED, "is not UTF-8"]),
        ("UTF-16 said inside", "xlsx", xlsx(NO_TEXTS, &format!("<?xml version=\"1.0\" encoding=\"UTF-16\"?>{}", sheet(""))), &[DAMAGED, "says that it is not UTF-8"]),
        ("cut off within the sheet", "xlsx", xlsx(NO_TEXTS, &sheet("")[..80]), &[DAMAGED, "end of input"]),
    ]);
}

/// Where the list of parts tells the size of this one, unpacked.
fn size_at(zip: &[u8], name: &str) -> usize {
    let entry = zip
        .windows(4)
        .enumerate()
        .filter(|(_, window)| window == b"PK\x01\x02")
        .map(|(at, _)| at);
    let is_it = |at: &usize| zip[at + 46..].starts_with(name.as_bytes());
    entry.into_iter().find(is_it).unwrap() + 24
}

#[test]
#[rustfmt::skip]
fn an_xlsx_whose_zip_does_harm() {
    let bomb = format!("<sst>{}</sst>", "<si><t>a</t></si>".repeat(3_000_000));
    let claim = "<sst uniqueCount=\"99999999999\"></sst>";
    let rows = sheet("");
    let package = |target: &str, others: &[(&str, &[u8])]| {
        let relations = relations(target);
        let mut parts: Vec<(&str, &[u8])> = vec![
            ("_rels/.rels", PACKAGE.as_bytes()),
            ("xl/workbook.xml", WORKBOOK.as_bytes()),
            ("xl/_rels/workbook.xml.rels", relations.as_bytes()),
        ];
        parts.extend(others);
        zipped(&parts)
    };
    let sheet_part = "xl/worksheets/sheet1.xml";
    let mut smaller = xlsx(NO_TEXTS, &rows);
    let at = size_at(&smaller, sheet_part);
    smaller[at..at + 4].copy_from_slice(&90_u32.to_le_bytes());
    let mut larger = xlsx(NO_TEXTS, &rows);
    larger[at..at + 4].copy_from_slice(&0xffff_fff0_u32.to_le_bytes());
    let mut huge = larger.clone();
    let again = size_at(&huge, "xl/sharedStrings.xml");
    huge[again..again + 4].copy_from_slice(&0xffff_fff0_u32.to_le_bytes());
    let once_more = size_at(&huge, "xl/workbook.xml");
    huge[once_more..once_more + 4].copy_from_slice(&0xffff_fff0_u32.to_le_bytes());
    let mut other_sum = xlsx(NO_TEXTS, &rows);
    other_sum[at - 8] ^= 1;
    let many: Vec<String> = (0..10_001).map(|part| format!("xl/{part}")).collect();
    let many: Vec<(&str, &[u8])> = many.iter().map(|name| (name.as_str(), &b""[..])).collect();
    refused(vec![
        ("shared texts that unpack without end", "xlsx", xlsx(&bomb, &rows), &["over a limit", "outside its rows (shared texts", "of memory", "export it as CSV"]),
        ("shared texts that say they are many", "xlsx", xlsx(claim, &rows), &["over a limit", "more than 16777216 shared texts"]),
        ("a part larger than it says", "xlsx", smaller, &[DAMAGED, "sheet1.xml", "another size than the 90 bytes"]),
        ("a part smaller than it says", "xlsx", larger, &[DAMAGED, "sheet1.xml", "another size"]),
        ("parts too large together", "xlsx", huge, &["over a limit", "unpacks to 4095 MB", "at most 4096 MB and 8192 MB"]),
        ("another check sum", "xlsx", other_sum, &[DAMAGED, "another check sum"]),
        ("many parts", "xlsx", zipped(&many), &["over a limit", "10001 parts inside it, at most 10000"]),
        ("a sheet that is nowhere", "xlsx", package("worksheets/other.xml", &[]), &[DAMAGED, "'Rows' not found"]),
        ("a sheet outside the workbook", "xlsx", package("../../../etc/passwd", &[(sheet_part, rows.as_bytes())]), &[DAMAGED, "'Rows' not found"]),
        ("a sheet that is the list of sheets", "xlsx", package("workbook.xml", &[]), &[DAMAGED]),
        ("no relations", "xlsx", zipped(&[("_rels/.rels", PACKAGE.as_bytes()), ("xl/workbook.xml", WORKBOOK.as_bytes())]), &[DAMAGED, "workbook.xml.rels"]),
        ("another zip", "xlsx", zipped(&[("a.txt", b"a")]), &["a zip without a workbook inside", "name the right file"]),
        ("an .xlsx as .xls", "xls", xlsx(NO_TEXTS, &rows), &["a workbook of the kind .xlsx under another name", "rename it to .xlsx"]),
        ("an .xlsx as .ods", "ods", xlsx(NO_TEXTS, &rows), &["a workbook of the kind .xlsx under another name"]),
    ]);
}

#[test]
#[rustfmt::skip]
fn an_xlsb_that_does_harm() {
    let row = record(0x00, &[&1_u32.to_le_bytes()[..], &[0; 13]].concat());
    let far = record(0x00, &[&2_000_000_u32.to_le_bytes()[..], &[0; 13]].concat());
    let endless = [vec![0x06], vec![0xff, 0xff, 0xff, 0x7f]].concat();
    let no_text = record(0x07, &[0, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0]);
    let beyond = record(0x05, &[&20_000_u32.to_le_bytes()[..], &[0; 12]].concat());
    refused(vec![
        ("an endless record", "xlsb", xlsb(&[&row, &endless]), &["over a limit", "a record in it is longer than 2097152 bytes"]),
        ("a row beyond the last", "xlsb", xlsb(&[&far]), &[DAMAGED, "beyond row 1048576"]),
        ("no such shared text", "xlsb", xlsb(&[&row, &no_text]), &[DAMAGED, "index out of bounds"]),
        ("a cell beyond the last column", "xlsb", xlsb(&[&row, &beyond]), &["over a limit", "beyond column 16384"]),
        ("a kind with a needless byte", "xlsb", xlsb(&[&row, &[0x8b, 0, 0]]), &[DAMAGED, "written in a false way"]),
        ("no end", "xlsb", xlsb(&[&row, &[0x05]]), &[DAMAGED]),
        ("an .xlsb as .xlsx", "xlsx", xlsb(&[]), &["a binary workbook under another name", "rename it to .xlsb"]),
    ]);
}

fn record(kind: u8, body: &[u8]) -> Vec<u8> {
    [&[kind, u8::try_from(body.len()).unwrap()], body].concat()
}

/// A binary workbook whose sheet holds these records.
fn xlsb(records: &[&[u8]]) -> Vec<u8> {
    let wide = |text: &str| {
        let letters: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        [
            &u32::try_from(text.len()).unwrap().to_le_bytes()[..],
            &letters,
        ]
        .concat()
    };
    let bundle = [&[0; 4][..], &[1, 0, 0, 0], &wide("r1"), &wide("Rows")].concat();
    // The kinds of more than 127 take two bytes.
    let long = |low: u8, body: &[u8]| [&[low, 1][..], &record(0, body)[1..]].concat();
    let workbook = [long(0x9c, &bundle), long(0x90, &[]), long(0x9d, &[])].concat();
    let begin = [long(0x81, &[]), long(0x94, &[0; 16]), long(0x91, &[])].concat();
    let sheet = [
        &begin[..],
        &records.concat(),
        &long(0x92, &[]),
        &long(0x82, &[]),
    ]
    .concat();
    let relations = relations("worksheets/sheet1.bin");
    zipped(&[
        ("xl/workbook.bin", &workbook),
        ("xl/_rels/workbook.bin.rels", relations.as_bytes()),
        ("xl/worksheets/sheet1.bin", &sheet),
    ])
}

#[test]
#[rustfmt::skip]
fn an_ods_that_does_harm() {
    let cell = "<table:table-cell office:value-type=\"string\"><text:p>x</text:p></table:table-cell>";
    let rows = |repeats: &str| format!("<table:table-row table:number-rows-repeated=\"{repeats}\">{cell}</table:table-row>");
    let wide = "<table:table-row><table:table-cell table:number-columns-repeated=\"16383\"/>".to_owned() + cell + "</table:table-row>";
    let long = "<table:table-row><table:table-cell table:number-columns-repeated=\"16000\" office:value-type=\"string\"><text:p>".to_owned()
        + &"x".repeat(32_000) + "</text:p></table:table-cell></table:table-row>";
    let blanks = cell.replace('x', "<text:s text:c=\"9999999999\"/>");
    let blanks = format!("<table:table-row>{blanks}</table:table-row>");
    let secret = "<manifest:manifest><manifest:file-entry><manifest:encryption-data/></manifest:file-entry></manifest:manifest>";
    refused(vec![
        ("rows without end", "ods", ods("", &(rows("1000000") + &wide)), &["over a limit", "more than 4194304 cells", "save it as .xlsx"]),
        ("empty rows between", "ods", ods("", &(wide.clone() + "<table:table-row table:number-rows-repeated=\"1000\"/>" + &rows("1"))), &["over a limit", "more than 4194304 cells"]),
        ("a number that is none", "ods", ods("", &rows("-1")), &[DAMAGED, "`number-rows-repeated` is `-1`, expected a number"]),
        ("a text in every cell", "ods", ods("", &long), &["over a limit", "more than 268435456 bytes of text"]),
        ("blanks without end", "ods", ods("", &blanks), &["over a limit", "9999999999 blanks in a row"]),
        ("a row that another element ends", "ods", ods("", &rows("1").replace("</table:table-row>", "</table:row>")), &[DAMAGED, "`table:table-row` does not end where it should"]),
        ("a sheet that another element ends", "ods", ods("", "</table:t\"><table:table-row/>"), &[DAMAGED, "`table:table` does not end where it should"]),
        ("a sheet that never ends", "ods", ods("", "<table:table-row/><!-- "), &[DAMAGED, "`table:table` does not end where it should"]),
        ("entities", "ods", ods("<!DOCTYPE a [<!ENTITY a \"b\">]>", &rows("1")), &[DAMAGED, "a document type"]),
        ("a password", "ods", ods_with(secret, "", ""), &["password-protected"]),
    ]);
}

fn ods(before: &str, rows: &str) -> Vec<u8> {
    ods_with("<manifest:manifest/>", before, rows)
}

fn ods_with(manifest: &str, before: &str, rows: &str) -> Vec<u8> {
    let content = format!(
        "{before}<office:document-content><office:body><office:spreadsheet><table:table table:name=\"Rows\">\
         {rows}</table:table></office:spreadsheet></office:body></office:document-content>"
    );
    zipped(&[
        (
            "mimetype",
            b"application/vnd.oasis.opendocument.spreadsheet",
        ),
        ("META-INF/manifest.xml", manifest.as_bytes()),
        ("content.xml", content.as_bytes()),
    ])
}

#[test]
#[rustfmt::skip]
fn an_xls_that_does_harm() {
    let corner = [biff(0x0203, &[0; 14]), biff(0x0203, &[&[0xff, 0xff, 0xff, 0], &[0; 10][..]].concat())].concat();
    let sheets = biff_workbook(&corner, 1);
    let apart = [biff(0x0203, &[0; 14]), biff(0x0203, &[&[99, 0, 99, 0], &[0; 10][..]].concat())].concat();
    let mut circle = contained("Workbook", &biff_workbook(&corner, 1));
    // The first sector of the table of sectors: the directory follows itself.
    for entry in circle[512..1024].chunks_exact_mut(4).take(3).skip(1) {
        entry.copy_from_slice(&1_u32.to_le_bytes());
    }
    let secret = [biff(0x0809, &[0, 6, 5, 0, 0, 0, 0, 0]), biff(0x2f, &[0; 6]), biff(0x0a, &[])].concat();
    refused(vec![
        ("cells in two corners", "xls", contained("Workbook", &sheets), &["over a limit", "its sheets come to 16777216 cells", "save it as .xlsx"]),
        ("one sheet many times", "xls", contained("Workbook", &biff_workbook(&apart, 60_000)), &["over a limit", "at most 4194304 are read"]),
        ("sectors in a circle", "xls", circle, &[DAMAGED]),
        ("a password", "xls", contained("Workbook", &secret), &["password-protected"]),
        ("another document", "xls", contained("WordDocument", b"x"), &["an old Office file that is no workbook"]),
        ("no end", "xls", contained("Workbook", &sheets[..30]), &[DAMAGED]),
    ]);
}

fn biff(kind: u16, body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(body.len()).unwrap().to_le_bytes();
    [&kind.to_le_bytes(), &length[..], body].concat()
}

/// A workbook whose sheets are all the one with these records.
fn biff_workbook(records: &[u8], sheets: u32) -> Vec<u8> {
    let begin = |kind: u8| biff(0x0809, &[0, 6, kind, 0, 0, 0, 0, 0]);
    let sheet_at = 12 + sheets * 16 + 4;
    let bundle = biff(
        0x85,
        &[&sheet_at.to_le_bytes()[..], &[0, 0, 4, 0], b"Rows"].concat(),
    );
    let bundles = bundle.repeat(usize::try_from(sheets).unwrap());
    // The size that it says would be more than there is memory.
    let size = biff(
        0x0200,
        &[
            &[0; 4][..],
            &u32::MAX.to_le_bytes(),
            &[0, 0, 0xff, 0xff, 0, 0],
        ]
        .concat(),
    );
    [
        begin(5),
        bundles,
        biff(0x0a, &[]),
        begin(0x10),
        size,
        records.to_vec(),
        biff(0x0a, &[]),
    ]
    .concat()
}

fn contained(name: &str, stream: &[u8]) -> Vec<u8> {
    let file = Cursor::new(Vec::new());
    let mut container = cfb::CompoundFile::create_with_version(cfb::Version::V3, file).unwrap();
    container
        .create_stream(name)
        .unwrap()
        .write_all(stream)
        .unwrap();
    container.flush().unwrap();
    container.into_inner().into_inner()
}

#[test]
#[rustfmt::skip]
fn an_xml_spreadsheet_that_does_harm() {
    let rows = |rows: &str| {
        let (head, tail) = XML_AROUND.split_once("ROWS").unwrap();
        format!("{head}{rows}{tail}")
    };
    let cell = |cell: &str| rows(&format!("<Row>{cell}</Row>"));
    let entities = cell("<Cell><Data ss:Type=\"String\">&b;</Data></Cell>").replacen("<Workbook",
        "<!DOCTYPE a [<!ENTITY a \"lollollol\"><!ENTITY b \"&a;&a;&a;&a;\">]><Workbook", 1);
    let unknown = cell("<Cell><Data ss:Type=\"String\">&nbsp;</Data></Cell>");
    let deep = rows(&"<a>".repeat(100_000));
    let endless = cell(&format!("<Cell><Data>{}</Data></Cell>", "x".repeat(3 << 20)));
    let in_pieces = cell(&format!("<Cell><Data>{}</Data></Cell>", "<![CDATA[aaaaaaaaaaaaaaaa]]>".repeat(200_000)));
    let cut = cell("<Cell><Data>1</Data></Cell>");
    let bad = [rows("").as_bytes(), b"\xe9\xe9"].concat();
    let other = rows("").replacen("?>", " encoding=\"EBCDIC\"?>", 1);
    let wrong = cell("<Cell><Data>1</Row></Cell>");
    refused(vec![
        ("entities", "xml", entities.into_bytes(), &[DAMAGED, "a document type, which no workbook has"]),
        ("an unknown entity", "xml", unknown.into_bytes(), &[DAMAGED, "nbsp"]),
        ("depth", "xml", deep.into_bytes(), &[DAMAGED, "more than 256 deep"]),
        ("an endless text", "xml", endless.into_bytes(), &["over a limit", "longer than 2097152 bytes", "export it as CSV"]),
        ("an endless text in pieces", "xml", in_pieces.into_bytes(), &["over a limit", "the text of one cell"]),
        ("cut off", "xls", cut.as_bytes()[..cut.len() - 40].to_vec(), &[DAMAGED]),
        ("no UTF-8", "xml", bad, &[DAMAGED, "the bytes from 204 on are no UTF-8"]),
        ("an encoding that nobody has", "xml", other.into_bytes(), &[DAMAGED, "its encoding is `EBCDIC`"]),
        ("elements that end others", "xml", wrong.into_bytes(), &[DAMAGED]),
        ("column 0", "xml", cell("<Cell ss:Index=\"0\"><Data>1</Data></Cell>").into_bytes(), &[DAMAGED, "`Index` is 0"]),
        ("beyond the last column", "xml", cell("<Cell ss:Index=\"16385\"><Data>1</Data></Cell>").into_bytes(), &["over a limit", "beyond column 16384"]),
        ("beyond the last row", "xml", rows("<Row ss:Index=\"2000000\"><Cell><Data>1</Data></Cell></Row>").into_bytes(), &["over a limit", "full to its last row"]),
        ("another XML", "xml", b"<?xml version=\"1.0\"?><a/>".to_vec(), &["seems to be XML", "export the table as CSV"]),
    ]);
}

const XML_AROUND: &str = "<?xml version=\"1.0\"?><Workbook xmlns=\"urn:schemas-microsoft-com:office:spreadsheet\" \
     xmlns:ss=\"urn:schemas-microsoft-com:office:spreadsheet\"><Worksheet ss:Name=\"Rows\"><Table>ROWS</Table></Worksheet></Workbook>";
