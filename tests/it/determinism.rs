//! Same inputs, same plan: byte for byte, on any number of threads, in any folder, at any time.
//!
//! In: the samples, and a project large enough for several chunks and row groups, with faults in it.
//! Out: every file of the plan folder and the owners sheet compared, and every table of the
//! environment file.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use crate::support::{copy, differences, document, image, repository, run, tables};

/// Rows of the large export: more than one chunk of reading and one batch of writing hold.
const ROWS: u64 = 30_000;

#[test]
fn samples_on_any_number_of_threads_in_any_folder() {
    for sample in ["samples/contoso", "samples/clean"] {
        check(&repository(sample), &[1, 2, 3, 4]);
    }
}

#[test]
fn a_sheet_that_lacks_our_columns() {
    let project = tempfile::tempdir().unwrap();
    copy(&repository("tests/cases/base"), project.path());
    let rulings = "ruling,who asked,reference\nnobody@contoso.com,Ana,cleo@contoso.com\n";
    fs::write(project.path().join("owners.csv"), rulings).unwrap();
    check(project.path(), &[1, 2]);
}

#[test]
fn a_large_export_with_faults() {
    let project = tempfile::tempdir().unwrap();
    copy(&repository("tests/cases/base"), project.path());
    enlarge(project.path());
    check(project.path(), &[1, 3, 4]);
}

/// Plans copies of a project on so many threads each, and one of them twice.
#[track_caller]
fn check(project: &Path, threads: &[usize]) {
    let room = tempfile::tempdir().unwrap();
    let mut first: Option<(Planned, Tables)> = None;
    for count in threads {
        let folder = room.path().join(format!("{count} threads, ä"));
        copy(project, &folder);
        let found = (planned(&folder, *count), tables(&folder));
        let Some(first) = &first else {
            assert!(found.0.contains_key(Path::new("plan/plan.json")));
            assert!(found.0.contains_key(Path::new("owners.csv")));
            let again = planned(&folder, *count);
            let differ = differences(&found.0, &again);
            assert!(differ.is_empty(), "planned twice: {differ:?}");
            assert!(!folder.join("history").exists(), "another plan");
            first = Some(found);
            continue;
        };
        let differ = differences(&first.0, &found.0);
        assert!(differ.is_empty(), "on {count} threads: {differ:?}");
        assert_eq!(first.1, found.1, "on {count} threads");
    }
}

type Planned = BTreeMap<PathBuf, Vec<u8>>;
type Tables = BTreeMap<String, Vec<String>>;

/// Plans on a pool of so many threads; the plan folder and the owners sheet.
fn planned(folder: &Path, threads: usize) -> Planned {
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()
        .unwrap();
    let ended = pool.install(|| run(|console| cutover::run::plan(folder, false, console)));
    assert!(ended.exit.code() <= 1, "{}{}", ended.out, ended.err);
    let mut image = image(folder);
    image.retain(|path, _| path.starts_with("plan") || path == Path::new("owners.csv"));
    image
}

/// Thirty thousand accounts, of which some are broken, unknown, repeated or nobody's.
fn enlarge(project: &Path) {
    let mut accounts = "accountid,name,note,ownerid\n".to_owned();
    let mut present = "id,owner\n".to_owned();
    for row in 0..ROWS {
        let id = format!("00000000-0000-4000-9000-{row:012x}");
        writeln!(present, "{id},ana@contoso.com").unwrap();
        let owner = match row % 97 {
            0 => "Ben Okafor".to_owned(),
            1 => format!("leaver{}@old.example", row % 7),
            2 => String::new(),
            odd if odd % 2 == 1 => "ben@contoso.com".to_owned(),
            _ => "U2".to_owned(),
        };
        match row % 1_009 {
            5 => writeln!(accounts, "{id},too,few").unwrap(),
            6 => writeln!(accounts, "no-guid,Broken {row},,{owner}").unwrap(),
            7 => writeln!(
                accounts,
                "{id},Twice {row},,{owner}\n{id},Twice {row},,{owner}"
            )
            .unwrap(),
            8 => writeln!(accounts, "{id},\"Two\nlines {row}\",\"a, b\",{owner}").unwrap(),
            _ => writeln!(accounts, "{id},Account {row},,{owner}").unwrap(),
        }
    }
    fs::write(project.join("exports/accounts.csv"), accounts).unwrap();
    fs::write(project.join("environment/records-account.csv"), present).unwrap();
}

#[test]
fn the_large_export_is_what_it_is_meant_to_be() {
    let project = tempfile::tempdir().unwrap();
    copy(&repository("tests/cases/base"), project.path());
    enlarge(project.path());
    planned(project.path(), 4);
    let document = document(project.path());
    let spoken: Vec<&str> = document
        .findings
        .iter()
        .map(|finding| finding.code.as_str())
        .collect();
    for code in ["FIL003", "OWN001", "STB002", "REC001", "REC004"] {
        assert!(spoken.contains(&code), "{code} does not speak: {spoken:?}");
    }
    assert!(document.totals.changes["assign_record"] > ROWS / 2);
}

#[test]
fn a_ruling_is_named_where_it_stands_after_the_plan() {
    let project = tempfile::tempdir().unwrap();
    copy(&repository("samples/contoso"), project.path());
    planned(project.path(), 2);
    let document = document(project.path());
    let sheet = document.inputs.iter().find(|input| input.kind == "rulings");
    let sheet = sheet.expect("the owners sheet");
    let mut rows = csv::Reader::from_path(project.path().join("owners.csv")).unwrap();
    let column = |name: &str| sheet.headers.iter().position(|header| header == name);
    let (reference, ruling) = (column("reference").unwrap(), column("ruling").unwrap());
    let rows: Vec<csv::StringRecord> = rows.records().map(Result::unwrap).collect();
    let mut named = 0;
    for finding in &document.findings {
        for place in finding.places.iter().filter(|at| at.file == sheet.file) {
            let row = &rows[usize::try_from(place.row).unwrap() - 2];
            assert_eq!(row[reference], finding.subject, "row {}", place.row);
            assert!(!row[ruling].is_empty(), "row {}", place.row);
            named += 1;
        }
    }
    assert!(named > 0, "no finding is about a ruling");
}
