//! Records, users and roles exports as CSV, against a plain reader of the `csv` crate.
//!
//! In: the bytes of a file. Out: a panic where rows, cells or places are not those that one
//! sequential reader finds, or differ with the threads or with where blocks are cut.

use std::fs::OpenOptions;
use std::io::{Seek, SeekFrom, Write};
use std::sync::{Mutex, PoisonError};

use cutover::model::{
    Input, OwnerCell, RecordColumn, RecordId, References, Silent, parse_guid, reference_key,
};
use cutover::read::{
    FileSpec, KeySpec, ReadError, RecordsSpec, open_records, open_roles, open_users,
};

use super::reading::{Outcome, on_any_threads, put, room, spec};
use super::tables::{self, Found, sequential};

/// What a row of a records export came to.
#[derive(Clone, Debug, PartialEq)]
struct Row {
    place: (u32, u32),
    record: Record,
    /// The key of the reference, if the row has one.
    owner: Option<String>,
    /// The owner cell could not be used.
    owner_is_bad: bool,
}

#[derive(Clone, Debug, PartialEq)]
enum Record {
    Id(RecordId),
    Key(String),
    Unusable,
}

/// A records export, read.
#[derive(Debug, PartialEq)]
struct Read {
    input: Input,
    id_column: usize,
    owner_column: usize,
    rows: Vec<Row>,
    /// References in the order in which they were met, with their rows.
    references: Vec<(String, String, u64)>,
}

/// The bytes as records found by id, and as records found by a key.
pub(crate) fn records(bytes: &[u8]) {
    put("records.csv", bytes);
    for by_key in [false, true] {
        let spec = spec("records.csv");
        let outcome = on_any_threads(|findings| read(&spec, by_key, findings));
        if let Ok(read) = &outcome.0 {
            check_rows(bytes, read);
        }
    }
}

fn read(
    spec: &FileSpec,
    by_key: bool,
    findings: &mut cutover::model::Findings,
) -> Result<Read, ReadError> {
    let wanted = RecordsSpec {
        entity: "account".to_owned(),
        id: None,
        key: by_key.then(|| KeySpec {
            column: "id".to_owned(),
            field: "new_legacyid".to_owned(),
        }),
        owner: None,
    };
    let export = open_records(spec, &wanted, findings)?;
    let mut references = References::default();
    let found = export.read(&mut references, findings, room(), &Silent)?;
    let count = found.places.len();
    let mut ids = Vec::new();
    if let RecordColumn::Ids(kept) = &found.records {
        kept.0.read(0..count, &mut ids).expect("the ids put aside");
    }
    let mut unusable = vec![false; count];
    for (row, _) in &found.unusable {
        unusable[*row as usize] = true;
    }
    let row = |index: usize| {
        let owner = found.owners.get(index);
        Row {
            place: found.places.get(index),
            record: match &found.records {
                _ if unusable[index] => Record::Unusable,
                RecordColumn::Ids(_) => Record::Id(ids[index]),
                RecordColumn::Keys { texts, keys } => {
                    Record::Key(texts[keys[index].0 as usize].clone())
                }
            },
            owner: match owner {
                OwnerCell::Reference(id) => Some(references.get(id).key.clone()),
                OwnerCell::Blank | OwnerCell::Unusable(_) => None,
            },
            owner_is_bad: matches!(owner, OwnerCell::Unusable(_)),
        }
    };
    let rows = (0..count).map(row).collect();
    assert_eq!(found.owners.len(), count, "an owner for each row");
    let references = references.iter().map(|(_, reference)| {
        let rows = reference.rows.values().sum();
        (reference.text.clone(), reference.key.clone(), rows)
    });
    Ok(Read {
        input: export.input(),
        id_column: usize::from(found.id_column) - 1,
        owner_column: usize::from(found.owner_column) - 1,
        rows,
        references: references.collect(),
    })
}

/// Every row that a sequential reader finds below the header is there, at its place, with its cells.
fn check_rows(bytes: &[u8], read: &Read) {
    let hash = read.input.hash.len();
    assert_eq!(hash, 64, "the hash is known once the file was read");
    let Some(expected) = sequential(bytes, &read.input) else {
        return;
    };
    let header = expected
        .iter()
        .position(|row| row.cells == read.input.headers)
        .expect("the header is a row of the file");
    check_cells(&read.rows, &expected[header + 1..], read);
    let with_owner = read.rows.iter().filter(|row| row.owner.is_some()).count();
    let referred: u64 = read.references.iter().map(|one| one.2).sum();
    assert_eq!(referred, with_owner as u64, "each owner counts once");
}

/// Rows have these places, and what these cells say.
fn check_cells(rows: &[Row], expected: &[Found], read: &Read) {
    let places = |row: &Row| (u64::from(row.place.0), u64::from(row.place.1));
    assert_eq!(
        rows.iter().map(places).collect::<Vec<_>>(),
        expected.iter().map(|row| row.place).collect::<Vec<_>>(),
        "rows and lines"
    );
    for (row, wanted) in rows.iter().zip(expected) {
        let cell = |column: usize| wanted.cells.get(column).map_or("", |cell| cell.trim());
        let owner = cell(read.owner_column);
        match &row.owner {
            Some(key) => assert_eq!(*key, reference_key(owner), "{wanted:?}"),
            None => assert!(row.owner_is_bad || owner.is_empty(), "{wanted:?}"),
        }
        let id = cell(read.id_column);
        match &row.record {
            Record::Id(found) => assert_eq!(Some(found.0), parse_guid(id), "{wanted:?}"),
            Record::Key(found) => assert_eq!(found, id, "{wanted:?}"),
            Record::Unusable => {}
        }
    }
}

/// A sheet of records, which may be read in pieces, holds what the same sheet read cell by cell does.
pub(crate) fn as_in_table(spec: &FileSpec, table: &tables::Outcome) {
    let outcome = on_any_threads(|findings| read(spec, true, findings));
    let Ok(read) = &outcome.0 else {
        return;
    };
    let (_, rows) = table.0.as_ref().expect("what is read in pieces");
    let width = rows.first().map_or(0, |row| row.2.len());
    let Some(first) = read.rows.first() else {
        return;
    };
    if read.id_column.max(read.owner_column) >= width {
        return;
    }
    let from_first = rows.iter().filter(|row| row.0 >= u64::from(first.place.0));
    let expected: Vec<Found> = from_first
        .map(|row| Found {
            place: (row.0, row.1),
            cells: row.2.clone(),
        })
        .collect();
    check_cells(&read.rows, &expected, read);
}

/// How much a file is read at once; blocks are cut at its multiples.
const BLOCK_BYTES: usize = if cfg!(fuzzing) { 16 << 10 } else { 256 << 10 };
/// In how much of its beginning a file must show that it is no text.
const LOOKED_AT_BYTES: usize = 8 << 10;
const BEFORE: &[u8] = b"id,owner,text\n0f0e0d0c-0b0a-4009-8008-070605040302,Ana,";

/// The bytes behind a cell so long that the first block ends within them, at the byte that the first
/// two say, against the same bytes behind a short one: rows, places and findings are the same.
pub(crate) fn blocks(bytes: &[u8]) {
    let [low, high, text @ ..] = bytes else {
        return;
    };
    if text.is_empty() {
        return;
    }
    let cut = usize::from(u16::from_le_bytes([*low, *high])) % text.len();
    put(
        "short.csv",
        &[BEFORE, &[b'x'; LOOKED_AT_BYTES], text].concat(),
    );
    put_behind_long_cell(BLOCK_BYTES - cut, text);
    let mut short = spec("short.csv");
    short.delimiter = Some(',');
    let mut long = short.clone();
    long.path = room().join("long.csv");
    let outcomes = [short, long].map(|spec| {
        let (read, findings) = on_any_threads(|findings| read(&spec, false, findings));
        let read = read.map(|read| (read.id_column, read.rows, read.references));
        (read, findings)
    });
    let [short, long]: [Outcome<_>; 2] = outcomes;
    // A finding may quote the long cell, and a message where the file ceases to be UTF-8.
    assert_eq!(short.0, long.0, "wherever blocks are cut");
    let sums = |findings: &[cutover::model::Finding]| {
        let sum = |finding: &cutover::model::Finding| {
            let places = finding.places.iter();
            let places = places.map(|place| (place.row, place.line, place.column));
            (finding.code, finding.count, places.collect::<Vec<_>>())
        };
        findings.iter().map(sum).collect::<Vec<_>>()
    };
    assert_eq!(sums(&short.1), sums(&long.1), "wherever blocks are cut");
}

/// Writes `text` at an offset of a file whose beginning, the long cell, stays from case to case.
fn put_behind_long_cell(offset: usize, text: &[u8]) {
    /// How far the long cell is whole, as cases overwrite its end.
    static WHOLE: Mutex<usize> = Mutex::new(0);
    let mut whole = WHOLE.lock().unwrap_or_else(PoisonError::into_inner);
    if *whole == 0 {
        put("long.csv", BEFORE);
        *whole = BEFORE.len();
    }
    let file = OpenOptions::new().write(true).open(room().join("long.csv"));
    let mut file = file.expect("the file of the cases");
    let from = offset.min(*whole);
    file.set_len(from as u64).expect("a shorter file");
    file.seek(SeekFrom::Start(from as u64)).expect("its end");
    let missing = vec![b'x'; offset - from];
    file.write_all(&missing).expect("room for a case");
    file.write_all(text).expect("room for a case");
    *whole = offset;
}

/// The bytes as a users export: as many people as rows, none without anything to know them by.
pub(crate) fn users(bytes: &[u8]) {
    put("users.csv", bytes);
    let spec = spec("users.csv");
    let outcome = on_any_threads(|findings| {
        let export = open_users(&spec, &[], findings)?;
        let read = export.read(findings, &Silent)?;
        Ok((export.input().clone(), read.people))
    });
    let Ok((input, people)) = &outcome.0 else {
        return;
    };
    let Some(expected) = sequential(bytes, input) else {
        return;
    };
    let mut places = expected.iter().map(|row| row.place);
    for person in people {
        let place = (person.row, person.line);
        assert!(places.any(|row| row == place), "{place:?} is no row");
    }
}

/// The bytes as a roles export.
pub(crate) fn roles(bytes: &[u8]) {
    put("roles.csv", bytes);
    let spec = spec("roles.csv");
    let outcome = on_any_threads(|findings| {
        let mut references = References::default();
        let export = open_roles(&spec, findings)?;
        let rows = export.read(&mut references, findings, &Silent)?;
        Ok((export.input().clone(), rows, references.len()))
    });
    let Ok((input, rows, _)) = &outcome.0 else {
        return;
    };
    let Some(expected) = sequential(bytes, input) else {
        return;
    };
    let header = expected
        .iter()
        .position(|row| row.cells == input.headers)
        .expect("the header is a row of the file");
    let places: Vec<_> = rows.iter().map(|row| (row.row, row.line)).collect();
    let expected = expected[header + 1..].iter().map(|row| row.place);
    assert_eq!(places, expected.collect::<Vec<_>>(), "rows and lines");
}
