//! The workbook of a plan: its totals are the plan's, its cells are inert, and rulings come back in it.
//!
//! In: copies of samples, and a project of awkward names. Out: what another reader of workbooks finds in
//! `report.xlsx`, and what the next plan makes of rulings in a sheet or a workbook. What all of these tests share is
//! here: planning, and cells as texts and numbers.

mod cells;
mod rulings;
mod totals;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::BufReader;
use std::path::Path;

use calamine::{Data, Range, Reader, Xlsx, open_workbook};
use cutover::report::{SheetName, WorkbookOf};
use cutover::run::{Exit, What, plan, show};

use crate::support::{copy, repository, run};

/// A sheet as texts and numbers, row by row.
type Cells = Vec<Vec<Data>>;

/// Plans anew; a plan is written whatever it finds.
#[track_caller]
fn planned(project: &Path) {
    let ended = run(|console| plan(project, false, console));
    let is_written = matches!(ended.exit, Exit::Done | Exit::NotApproved);
    assert!(is_written, "{}", ended.err);
}

fn sample(name: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    copy(&repository(name), folder.path());
    folder
}

fn opened(path: &Path) -> Xlsx<BufReader<File>> {
    open_workbook(path).unwrap()
}

fn report(project: &Path) -> Xlsx<BufReader<File>> {
    opened(&project.join("plan/report.xlsx"))
}

fn cells(workbook: &mut Xlsx<BufReader<File>>, sheet: &str) -> Cells {
    let range: Range<Data> = workbook.worksheet_range(sheet).unwrap();
    range.rows().map(<[Data]>::to_vec).collect()
}

fn text(cell: &Data) -> &str {
    match cell {
        Data::String(text) => text,
        _ => "",
    }
}

fn number(cell: &Data) -> u64 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a count"
    )]
    match cell {
        Data::Float(number) => *number as u64,
        Data::Int(number) => *number as u64,
        other => panic!("no number: {other:?}"),
    }
}

/// The rows of a sheet below its header, each cell under its header.
fn column(cells: &Cells, header: &str) -> Vec<Data> {
    let place = cells[0].iter().position(|cell| text(cell) == header);
    let place = place.unwrap_or_else(|| panic!("no column {header}"));
    cells[1..].iter().map(|row| row[place].clone()).collect()
}

/// How often each text stands in a column.
fn counts(cells: &Cells, header: &str) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for cell in column(cells, header) {
        *counts.entry(text(&cell).to_owned()).or_default() += 1;
    }
    counts
}

#[test]
fn the_same_plan_gives_the_same_bytes() {
    let (first, second) = (sample("samples/contoso"), sample("samples/contoso"));
    let bytes = |project: &Path| fs::read(project.join("plan/report.xlsx")).unwrap();
    planned(first.path());
    planned(second.path());
    assert!(
        bytes(first.path()) == bytes(second.path()),
        "in another folder"
    );
    let whole = shown(first.path(), WorkbookOf::Everything);
    assert!(whole == bytes(first.path()), "nothing of it is long");
}

#[cfg(unix)]
#[test]
fn the_workbook_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let folder = sample("samples/clean");
    planned(folder.path());
    let workbook = fs::metadata(folder.path().join("plan/report.xlsx")).unwrap();
    assert_eq!(workbook.permissions().mode() & 0o777, 0o600);
}

/// The bytes that `show --format xlsx` writes.
fn shown(project: &Path, of: WorkbookOf) -> Vec<u8> {
    let mut bytes = Vec::new();
    let ended = run(|console| {
        let mut raw = cutover::run::Console {
            out: &mut bytes,
            err: &mut *console.err,
            progress: console.progress,
            stop: console.stop,
            ask: &mut *console.ask,
            format: console.format,
            width: console.width,
            quiet: console.quiet,
            anonymise: false,
        };
        show(project, &What::Workbook(of), &mut raw)
    });
    assert_eq!(ended.err, "");
    bytes
}

#[test]
fn long_sheets_are_cut_in_the_plan_folder_and_whole_when_asked_for() {
    const ROWS: usize = 20_001;
    let folder = sample("tests/cases/base");
    let rows = |header: &str, owner: &str| {
        let rows = (0..ROWS).map(|row| format!("00000000-0000-4000-9000-{row:012},{owner}\n"));
        format!("{header}\n{}", rows.collect::<String>())
    };
    let present = rows("id,owner", "ana@contoso.com");
    fs::write(
        folder.path().join("environment/records-account.csv"),
        present,
    )
    .unwrap();
    let wanted = rows("accountid,ownerid", "ben@contoso.com");
    fs::write(folder.path().join("exports/accounts.csv"), wanted).unwrap();
    planned(folder.path());
    let records = cells(&mut report(folder.path()), "Records");
    assert_eq!(records.len(), 1 + 20_000 + 1);
    let last = text(&records[20_001][0]);
    assert!(
        last.starts_with("These are 20,000 of 20,001 rows"),
        "{last}"
    );
    let path = folder.path().join("records.xlsx");
    fs::write(
        &path,
        shown(folder.path(), WorkbookOf::Sheet(SheetName::Records)),
    )
    .unwrap();
    let mut one = opened(&path);
    assert_eq!(one.sheet_names(), ["Records"]);
    assert_eq!(cells(&mut one, "Records").len(), 1 + ROWS);
}
