//! Tests of the room through its public functions, on small files.
//!
//! In: bytes written to a temporary folder, or workbooks written there. Out: rows, findings and
//! errors as short texts that a table can hold. The adapters' own tests are beside them.

mod chunks;
mod files;
mod headers;
mod kinds;
mod plain;
mod records;
mod roles;
mod sheets;
mod tables;
mod unpack;
mod users;
mod workbooks;

use std::fs;

use tempfile::TempDir;

use crate::model::{
    Accept, FileId, Findings, InputKind, KeyId, OwnerCell, RecordColumn, RecordId, RecordRows,
    References, Silent,
};
use crate::read::{FileSpec, KeySpec, ReadError, RecordsSpec, open_records};

/// A folder that lasts as long as the test.
struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn spec(&self, name: &str) -> FileSpec {
        FileSpec {
            file: FileId(3),
            kind: InputKind::Users,
            name: name.to_owned(),
            path: self.0.path().join(name),
            sheet: None,
            encoding: None,
            delimiter: None,
        }
    }

    fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> FileSpec {
        let spec = self.spec(name);
        fs::write(&spec.path, bytes).unwrap();
        spec
    }
}

fn accounts() -> RecordsSpec {
    RecordsSpec {
        entity: "account".to_owned(),
        id: None,
        key: None,
        owner: None,
    }
}

fn accounts_by_key(column: &str) -> RecordsSpec {
    RecordsSpec {
        key: Some(KeySpec {
            column: column.to_owned(),
            field: "new_legacyid".to_owned(),
        }),
        ..accounts()
    }
}

/// A Dataverse id that ends in `number`.
fn id(number: u32) -> String {
    format!("00000000-0000-0000-0000-{number:012}")
}

/// Each row as `row/line record > owner`, ids by their last digits.
fn show_records(rows: &RecordRows, references: &References) -> Vec<String> {
    let count = rows.places.len();
    let records: Vec<String> = match &rows.records {
        RecordColumn::Ids(kept) => {
            let mut ids = Vec::new();
            kept.0.read(0..count, &mut ids).unwrap();
            let last_digits = |id: &RecordId| (id.0.as_u128() & 0xffff).to_string();
            ids.iter().map(last_digits).collect()
        }
        RecordColumn::Keys { texts, keys } => {
            let text = |key: &KeyId| texts.get(key.0 as usize).cloned().unwrap_or_default();
            keys.iter().map(text).collect()
        }
    };
    assert_eq!((records.len(), rows.owners.len()), (count, count));
    let show = |index: usize| {
        let unusable = rows.unusable.iter().find(|row| row.0 as usize == index);
        let record = unusable.map_or_else(|| records[index].clone(), |row| row.1.to_string());
        let owner = match rows.owners.get(index) {
            OwnerCell::Reference(id) => references.get(id).text.clone(),
            OwnerCell::Blank => "blank".to_owned(),
            OwnerCell::Unusable(code) => code.to_string(),
        };
        let (row, line) = rows.places.get(index);
        format!("{row}/{line} {record} > {owner}")
    };
    (0..count).map(show).collect()
}

/// Each finding as `CODE subject @ row/line:column`, places joined.
fn show_findings(findings: Findings) -> Vec<String> {
    let list = findings.finish(&Accept::default());
    let show = |finding: &crate::model::Finding| {
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
    };
    list.iter().map(show).collect()
}

struct ReadRecords {
    rows: Vec<String>,
    findings: Vec<String>,
}

fn read_records(spec: &FileSpec, records: &RecordsSpec) -> Result<ReadRecords, ReadError> {
    let mut findings = Findings::default();
    let mut references = References::default();
    let export = open_records(spec, records, &mut findings)?;
    let scratch = tempfile::tempdir().unwrap();
    let rows = export.read(&mut references, &mut findings, scratch.path(), &Silent)?;
    Ok(ReadRecords {
        rows: show_records(&rows, &references),
        findings: show_findings(findings),
    })
}
