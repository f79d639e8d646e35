//! Real CSVs that readers stumble over, each with what must be read from it.
//!
//! In: the files of `shared/data/4-awkward-csv` beside the repository, which stay outside it. Out:
//! encoding, delimiter, header, rows with their places, and findings; or the words of the error. Where the
//! folder is not there, the test says how many files it skipped.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use cutover::model::{
    Accept, FileId, Finding, Findings, InputKind, KeyId, OwnerCell, RecordColumn, RecordRows,
    References, Silent,
};
use cutover::read::{FileSpec, KeySpec, ReadError, RecordsSpec, open_records};

use crate::support::repository;

/// What a file must come to, read as records with a key and an owner in the columns named.
struct Expected {
    file: &'static str,
    key: &'static str,
    owner: &'static str,
    encoding: &'static str,
    delimiter: char,
    /// How many cells the header has, and the first of them.
    header: (usize, &'static [&'static str]),
    rows: usize,
    /// Some of them: `row/line key > owner`.
    some: &'static [&'static str],
    /// `CODE subject @ row/line:column`.
    findings: &'static [&'static str],
}

const FILES: &[Expected] = &[
    // Rows with more and fewer cells, and one that is whole.
    Expected {
        file: "csvkit-bad.csv",
        key: "column_a",
        owner: "column_b",
        encoding: "utf-8",
        delimiter: ',',
        header: (3, &["column_a", "column_b", "column_c"]),
        rows: 3,
        some: &[
            "2/2 FIL003 > FIL003",
            "3/3 FIL006 > FIL006",
            "4/4 0 > mixed types.... uh oh",
        ],
        findings: &[
            "FIL003 csvkit-bad.csv: rows have more or fewer cells than the header @ 2/2",
            "FIL006 csvkit-bad.csv: rows without an id @ 3/3",
        ],
    },
    // One byte of Windows-1252, in its last cell.
    Expected {
        file: "csvkit-latin1.csv",
        key: "a",
        owner: "c",
        encoding: "windows-1252",
        delimiter: ',',
        header: (3, &["a", "b", "c"]),
        rows: 2,
        some: &["2/2 1 > 3", "3/3 4 > \u{a9}"],
        findings: &["FIL002 csvkit-latin1.csv @ 3/3"],
    },
    // CR alone, within a quoted cell too.
    Expected {
        file: "csvkit-mac_newlines.csv",
        key: "a",
        owner: "c",
        encoding: "utf-8",
        delimiter: ',',
        header: (3, &["a", "b", "c"]),
        rows: 2,
        some: &["2/2 1 > 3", "3/3 Once upon\ra time > 6"],
        findings: &[],
    },
    // UTF-16, little end first, with a byte order mark.
    Expected {
        file: "csvkit-utf16le.csv",
        key: "a",
        owner: "c",
        encoding: "utf-16le",
        delimiter: ',',
        header: (3, &["a", "b", "c"]),
        rows: 2,
        some: &["2/2 1 > 3", "3/3 4 > \u{2a4}"],
        findings: &[],
    },
    // A comment above the header.
    Expected {
        file: "frictionless-skip-rows-before-headers.csv",
        key: "id",
        owner: "name",
        encoding: "utf-8",
        delimiter: ',',
        header: (2, &["id", "name"]),
        rows: 2,
        some: &["3/3 1 > english", "4/4 2 > \u{4e2d}\u{56fd}\u{4eba}"],
        findings: &[],
    },
    // Quotes and line breaks within a cell.
    Expected {
        file: "spectrum-quotes_and_newlines.csv",
        key: "a",
        owner: "b",
        encoding: "utf-8",
        delimiter: ',',
        header: (2, &["a", "b"]),
        rows: 2,
        some: &["2/2 1 > ha \n\"ha\" \nha", "3/5 3 > 4"],
        findings: &[],
    },
    // Commas that are no delimiters, behind a backslash.
    Expected {
        file: "clevercsv-imdb.csv",
        key: "tid",
        owner: "type",
        encoding: "utf-8",
        delimiter: ',',
        header: (44, &["fn", "tid", "title", "wordsInTitle"]),
        rows: 100,
        some: &[
            "2/2 tt0012349 > video.movie",
            "66/66 FIL003 > FIL003",
            "101/101 tt0081398 > video.movie",
        ],
        findings: &[
            "FIL003 clevercsv-imdb.csv: rows have more or fewer cells than the header @ 66/66",
        ],
    },
];

/// File, key and owner columns, and the words of the error.
const REFUSED: &[(&str, &str, &str, &[&str])] = &[(
    "frictionless-duplicate-headers.csv",
    "id",
    "name",
    &["`id` stands more than once, so none of them is read"],
)];

#[test]
fn each_awkward_file_is_read_as_it_must_be() {
    let folder = repository("../shared/data/4-awkward-csv");
    let wanted = FILES.iter().map(|expected| expected.file);
    let refused = REFUSED.iter().map(|(file, ..)| *file);
    let wanted: BTreeSet<&str> = wanted.chain(refused).collect();
    if !folder.is_dir() {
        println!("skipped {} files: no {}", wanted.len(), folder.display());
        return;
    }
    let there: BTreeSet<String> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    let there: BTreeSet<&str> = there.iter().map(String::as_str).collect();
    assert_eq!(there, wanted, "every file has its row in a table");
    for expected in FILES {
        check(expected);
    }
    for (file, key, owner, words) in REFUSED {
        let Err(error) = read(file, key, owner) else {
            panic!("{file}: read");
        };
        let said = error.to_string();
        for word in *words {
            assert!(said.contains(word), "{file}: does not say `{word}`: {said}");
        }
    }
}

#[track_caller]
fn check(expected: &Expected) {
    let file = expected.file;
    let read = read(file, expected.key, expected.owner);
    let read = read.unwrap_or_else(|error| panic!("{file}: {error}"));
    assert_eq!(read.encoding, expected.encoding, "{file}");
    assert_eq!(read.delimiter, Some(expected.delimiter), "{file}");
    let (width, headers) = expected.header;
    assert_eq!(read.headers.len(), width, "{file}: {:?}", read.headers);
    assert_eq!(read.headers[..headers.len()], *headers, "{file}");
    assert_eq!(read.rows.len(), expected.rows, "{file}: {:#?}", read.rows);
    for row in expected.some {
        assert!(
            read.rows.iter().any(|one| one == row),
            "{file}: no `{row}`: {:#?}",
            read.rows
        );
    }
    assert_eq!(read.findings, expected.findings, "{file}: {:#?}", read.rows);
}

struct Read {
    encoding: String,
    delimiter: Option<char>,
    headers: Vec<String>,
    rows: Vec<String>,
    findings: Vec<String>,
}

fn read(file: &str, key: &str, owner: &str) -> Result<Read, ReadError> {
    let path: PathBuf = repository("../shared/data/4-awkward-csv").join(file);
    let spec = FileSpec {
        file: FileId(0),
        kind: InputKind::Records("account".to_owned()),
        name: file.to_owned(),
        path,
        sheet: None,
        encoding: None,
        delimiter: None,
    };
    let records = RecordsSpec {
        entity: "account".to_owned(),
        id: None,
        key: Some(KeySpec {
            column: key.to_owned(),
            field: "new_legacyid".to_owned(),
        }),
        owner: Some(owner.to_owned()),
    };
    let (mut findings, mut references) = (Findings::default(), References::default());
    let export = open_records(&spec, &records, &mut findings)?;
    let scratch = tempfile::tempdir().unwrap();
    let rows = export.read(&mut references, &mut findings, scratch.path(), &Silent)?;
    let input = export.input();
    Ok(Read {
        encoding: input.encoding.clone(),
        delimiter: input.delimiter,
        headers: input.headers.clone(),
        rows: (0..rows.places.len())
            .map(|index| row_words(&rows, index, &references))
            .collect(),
        findings: findings
            .finish(&Accept::default())
            .iter()
            .map(finding_words)
            .collect(),
    })
}

fn row_words(rows: &RecordRows, index: usize, references: &References) -> String {
    let RecordColumn::Keys { texts, keys } = &rows.records else {
        panic!("read by key");
    };
    let KeyId(key) = keys[index];
    let unusable = rows.unusable.iter().find(|row| row.0 as usize == index);
    let key = unusable.map_or_else(|| texts[key as usize].clone(), |row| row.1.to_string());
    let owner = match rows.owners.get(index) {
        OwnerCell::Reference(id) => references.get(id).text.clone(),
        OwnerCell::Blank => "blank".to_owned(),
        OwnerCell::Unusable(code) => code.to_string(),
    };
    let (row, line) = rows.places.get(index);
    format!("{row}/{line} {key} > {owner}")
}

fn finding_words(finding: &Finding) -> String {
    let places = finding.places.iter().map(|place| {
        let column = place
            .column
            .map_or(String::new(), |column| format!(":{column}"));
        format!("{}/{}{column}", place.row, place.line)
    });
    let places: Vec<String> = places.collect();
    format!(
        "{} {} @ {}",
        finding.code,
        finding.subject,
        places.join(" ")
    )
}
