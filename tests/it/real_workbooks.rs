//! Workbooks that others wrote: what is read of each, or what is said of it.
//!
//! In: files that stay outside the repository; where their folder is not, none is read and that is said. Out: sheet,
//! header and rows, each cell as the rest of the product gets it, or the words of the error.

use std::fs;
use std::ops::ControlFlow;
use std::path::PathBuf;

use cutover::model::{FileId, Findings, InputKind, Silent};
use cutover::read::{FileSpec, open_table};

fn folder() -> PathBuf {
    let repository = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let beside = repository.parent().expect("a folder around the repository");
    beside.join("shared/data")
}

/// File, sheet that the manifest names, and what is told of it.
type Expected = (&'static str, Option<&'static str>, &'static [&'static str]);

const WORKBOOKS: &[Expected] = &[
    (
        "5-awkward-xl/calamine-any_sheets.xlsb",
        None,
        &[
            "sheet Visible",
            "header 1 | 2",
            "2 3 | 4",
            "3 5 | 6",
            "5 This workbook contains 4 sheets: Visible, Hidden, VeryHidden and Chart",
        ],
    ),
    (
        "5-awkward-xl/calamine-any_sheets.xlsb",
        Some("Chart"),
        &["has no sheet `Chart`; found `Visible`, `Hidden`, `VeryHidden`; name one with `sheet =`"],
    ),
    (
        "5-awkward-xl/calamine-covered.ods",
        None,
        &["sheet sheet1", "header a1", "2 a2", "3 a3"],
    ),
    (
        "5-awkward-xl/calamine-date_1904.xlsx",
        None,
        &[
            "sheet Sheet1",
            "header 2021-01-01 | 15",
            "2 2021-01-02 | 16",
            "3 255:10:10 | 17",
        ],
    ),
    (
        "5-awkward-xl/calamine-errors.xlsx",
        None,
        &[
            "sheet Feuil1",
            "header #DIV/0!",
            "2 #NAME? (strange)",
            "3 #VALUE! (strange)",
            "4 #NULL! (strange)",
            "5 #REF! (strange)",
            "6 #NUM! (strange)",
            "7 #N/A (strange)",
        ],
    ),
    (
        "5-awkward-xl/calamine-errors.xlsx",
        Some("feuil2"),
        &["is empty; export it again"],
    ),
    (
        "5-awkward-xl/calamine-header-row.xlsx",
        None,
        &[
            "sheet Sheet1",
            "header  |  | Note 1",
            "9 Columns | Column A | Column B | Column C",
            "10 put data here | 1 | 2 | 3",
            "FIL005",
        ],
    ),
    (
        "5-awkward-xl/calamine-inlineStr_cdata.xlsx",
        None,
        &[
            "sheet Sheet1",
            "header Hello CDATA | World",
            "2 12345 | NormalText",
        ],
    ),
    (
        "5-awkward-xl/calamine-merge_cells.xls",
        None,
        &[
            "sheet Sheet1",
            "header Row Merge |  | Not Merged",
            "2 Column Merge | Chunk Merged",
            "FIL005",
        ],
    ),
    (
        "5-awkward-xl/calamine-pass_protected.xlsx",
        None,
        &["is password-protected; save it without a password"],
    ),
    (
        "5-awkward-xl/calamine-too_small.xls",
        None,
        &["seems to be text under the name of a workbook; rename it, or name the right file"],
    ),
    (
        // Its list of what belongs to what holds nothing but a word.
        "5-awkward-xl/poi-xlsx-corrupted.xlsx",
        None,
        &["is cut off or damaged; copy it again, or save it again in Excel (Unexpected end of xml"],
    ),
    (
        "5-awkward-xl/sheetjs-1904.xml",
        None,
        &[
            "sheet Sheet1",
            "header 1 | 1904-01-02 | 1904-01-02 | 1904-01-02",
            "2 11 | 1904-01-12 | 1904-01-12 | 1904-01-12",
            "3 111 | 1904-04-21 | 1904-04-21 | 1904-04-21",
            "4 1111 | 1907-01-16 | 1907-01-16 | 1907-01-16",
            "5 11111 | 1934-06-03 | 1934-06-03 | 1934-06-03",
            "FIL005",
        ],
    ),
    (
        "1-dynamics/Outcome data.xlsx",
        None,
        &[
            "sheet Outcome",
            "header (Do Not Modify) Outcome | (Do Not Modify) Row Checksum | (Do Not Modify) Modified On \
             | Outcome Title | Outcome Description | Estimated Completion Date | Status Reason | Goal \
             | Outcome status | Target Aim",
            "2  |  |  | Reduce agricultural emissions |  |  | Planned |  | Planned | CO2 emissions",
            "3  |  |  | Woodland creation |  |  | Planned |  | Planned | Biodiversity",
            "4  |  |  | Bring soil under sustainable management |  |  | Planned |  | Planned | Soil quality",
            "5  |  |  | Reduce agricultural pollutants that enter watercourses \
             | Reducing the main agricultural pollutants that enter watercourses |  | Planned |  \
             | Planned | Water quality",
            "6  |  |  | Restoration of waterways | Rivers, lakes and other freshwater habitats |  \
             | Planned |  | Planned | Water quality",
            "7  |  |  | Halting the decline in species |  |  | Planned |  | Planned | Biodiversity",
        ],
    ),
    (
        "2-users/ApprovalsUser.xml",
        None,
        &["seems to be XML; export the table as CSV or as an Excel workbook (.xlsx)"],
    ),
];

#[test]
fn what_is_read_of_workbooks_that_others_wrote() {
    if !folder().is_dir() {
        println!("skipped {}, their folder is not there", WORKBOOKS.len());
        return;
    }
    for (path, sheet, expected) in WORKBOOKS {
        check(path, *sheet, expected);
    }
    let named: Vec<&str> = WORKBOOKS.iter().map(|(path, ..)| *path).collect();
    for entry in fs::read_dir(folder().join("5-awkward-xl")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let path = format!("5-awkward-xl/{name}");
        assert!(
            named.contains(&path.as_str()),
            "{path} has no row in the table"
        );
    }
}

#[track_caller]
fn check(path: &str, sheet: Option<&str>, expected: &[&str]) {
    let found = told(path, sheet);
    assert_eq!(found.len(), expected.len(), "{path}: {found:#?}");
    for (found, expected) in found.iter().zip(expected) {
        // Of an error and of a finding, only the words that matter here are in the table.
        let same = found == expected || found.starts_with('`') && found.contains(expected);
        assert!(same, "{path}: `{found}`, expected `{expected}`");
    }
}

/// Sheet, header, each row, codes of findings; or the error.
fn told(path: &str, sheet: Option<&str>) -> Vec<String> {
    let spec = FileSpec {
        file: FileId(0),
        kind: InputKind::Environment,
        name: path.to_owned(),
        path: folder().join(path),
        sheet: sheet.map(str::to_owned),
        encoding: None,
        delimiter: None,
    };
    let mut findings = Findings::default();
    let table = match open_table(&spec, &mut findings) {
        Ok(table) => table,
        Err(error) => return vec![error.with_causes()],
    };
    let input = table.input();
    let mut lines = vec![
        format!("sheet {}", input.sheet.clone().unwrap_or_default()),
        format!("header {}", input.headers.join(" | ")),
    ];
    let width = input.headers.len().max(4);
    let rows = table.rows(&Silent, &mut |row| {
        let cells: Vec<&str> = (0..width).map(|column| row.cell(column)).collect();
        let cells = cells.join(" | ");
        let strange = (0..width).any(|column| row.is_strange(column));
        let mark = if strange { " (strange)" } else { "" };
        let cells = cells.trim_end_matches([' ', '|']);
        lines.push(format!("{} {cells}{mark}", row.row()));
        ControlFlow::Continue(())
    });
    rows.unwrap();
    lines.extend(findings.iter().map(|finding| finding.code.to_string()));
    lines
}
