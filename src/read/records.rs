//! Records exports: which record, and who owned it.
//!
//! In: rows of one table. Out: [`RecordRows`], owner texts and keys as small numbers, and findings
//! for rows that cannot be used. Whether a record exists, and who an owner is, is not known here.

use std::hash::BuildHasher;
use std::ops::ControlFlow;

use foldhash::fast::FixedState;
use hashbrown::{HashMap, HashTable};

use crate::model::{
    Code, Findings, Input, KeyId, OwnerCell, Progress, RecordCell, RecordId, RecordRow, RecordRows,
    ReferenceId, References, parse_guid,
};
use crate::read::cell::{is_count, is_strange, is_total};
use crate::read::faults::Faults;
use crate::read::header::{Header, column_number, missing, missing_named};
use crate::read::names::{RECORD_ID, RECORD_OWNER};
use crate::read::open::Export;
use crate::read::source::{Chunk, Row, is_blank};
use crate::read::{FileSpec, ReadError, RecordsSpec};

/// A records export, opened, its columns found, not yet read.
pub struct RecordsExport {
    export: Export,
    entity: String,
    key_field: Option<String>,
    columns: Columns,
}

/// Columns, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Columns {
    id: usize,
    owner: usize,
}

pub(super) fn open(
    spec: &FileSpec,
    records: &RecordsSpec,
    findings: &mut Findings,
) -> Result<RecordsExport, ReadError> {
    let fits = |header: &Header<'_>, _| {
        id_column(header, records).is_some() && owner_column(header, records).is_some()
    };
    let export = Export::open(spec, fits, findings)?;
    let header = export.header();
    let id = id_column(&header, records).ok_or_else(|| no_id_column(&export.input, records))?;
    let owner = owner_column(&header, records);
    let owner = owner.ok_or_else(|| no_owner_column(&export.input, records))?;
    export.check_rows()?;
    Ok(RecordsExport {
        columns: Columns { id, owner },
        entity: records.entity.clone(),
        key_field: records.key.as_ref().map(|key| key.field.clone()),
        export,
    })
}

fn id_column(header: &Header<'_>, records: &RecordsSpec) -> Option<usize> {
    match (&records.key, &records.id) {
        (Some(key), _) => header.named(&key.column),
        (None, Some(id)) => header.named(id),
        (None, None) => header.find(&RECORD_ID, &records.entity),
    }
}

fn owner_column(header: &Header<'_>, records: &RecordsSpec) -> Option<usize> {
    match &records.owner {
        Some(owner) => header.named(owner),
        None => header.find(&RECORD_OWNER, &records.entity),
    }
}

fn no_id_column(input: &Input, records: &RecordsSpec) -> ReadError {
    let correct = "correct `id` or `key` under `[[records]]` in the manifest";
    match (&records.key, &records.id) {
        (Some(key), _) => missing_named(input, "key", &format!("`{}`", key.column), correct),
        (None, Some(id)) => missing_named(input, "record id", &format!("`{id}`"), correct),
        (None, None) => {
            let cure = "name it with `id =` (a Dataverse id) or `key =` (the old system's id) under \
                        `[[records]]` in the manifest";
            missing(input, &RECORD_ID, &records.entity, cure)
        }
    }
}

fn no_owner_column(input: &Input, records: &RecordsSpec) -> ReadError {
    let cure = "name it with `owner =` under `[[records]]` in the manifest";
    match &records.owner {
        Some(owner) => missing_named(input, "owner", &format!("`{owner}`"), cure),
        None => missing(input, &RECORD_OWNER, &records.entity, cure),
    }
}

impl RecordsExport {
    /// What was opened, and how.
    pub fn input(&self) -> &Input {
        &self.export.input
    }

    /// Reads all rows, in file order; owner texts are numbered in `references` in that order.
    pub fn read(
        &self,
        references: &mut References,
        findings: &mut Findings,
        progress: &dyn Progress,
    ) -> Result<RecordRows, ReadError> {
        let mut all = RecordRows {
            file: self.export.input.file,
            entity: self.entity.clone(),
            key_field: self.key_field.clone(),
            id_column: column_number(self.columns.id),
            owner_column: column_number(self.columns.owner),
            keys: Vec::new(),
            rows: Vec::new(),
        };
        let mut keys = KeyNumbers::default();
        let map = |chunk: &Chunk| self.part(chunk);
        self.export.scan(progress, map, |part| {
            let file = all.file;
            let owners = part.owners.texts.iter();
            let owners: Vec<ReferenceId> = owners
                .map(|(text, rows)| references.intern(text, file, *rows))
                .collect();
            let numbers: Vec<KeyId> = part
                .keys
                .iter()
                .map(|key| keys.number(key, &mut all.keys))
                .collect();
            all.rows.extend(part.rows.into_iter().map(|row| RecordRow {
                owner: match row.owner {
                    OwnerCell::Reference(local) => OwnerCell::Reference(owners[local.0 as usize]),
                    other => other,
                },
                record: match row.record {
                    RecordCell::Key(local) => RecordCell::Key(numbers[local.0 as usize]),
                    other => other,
                },
                ..row
            }));
            findings.merge(part.findings);
            ControlFlow::Continue(())
        })?;
        Ok(all)
    }

    fn part(&self, chunk: &Chunk) -> Part {
        let mut decoder = Decoder {
            columns: self.columns,
            by_key: self.key_field.is_some(),
            faults: Faults::new(&self.export.input, self.export.width),
            owners: Owners::default(),
            keys: Keys::default(),
        };
        let mut rows = Vec::new();
        self.export
            .rows_below(chunk, |row| rows.push(decoder.row(row)));
        Part {
            rows,
            owners: decoder.owners,
            keys: decoder.keys,
            findings: decoder.faults.findings,
        }
    }
}

/// What one chunk became; numbers of owners and keys count within it.
struct Part {
    rows: Vec<RecordRow>,
    owners: Owners,
    keys: Keys,
    findings: Findings,
}

struct Decoder<'a> {
    columns: Columns,
    by_key: bool,
    faults: Faults<'a>,
    owners: Owners,
    keys: Keys,
}

impl Decoder<'_> {
    fn row(&mut self, row: &Row<'_>) -> RecordRow {
        let id = self.dataverse_id(row);
        let (record, owner) = match self.unusable(row, id.is_some()) {
            Some(code) => (RecordCell::Unusable(code), OwnerCell::Unusable(code)),
            None => (
                id.unwrap_or_else(|| self.other_id(row)),
                self.owners.cell(row, self.columns.owner, &mut self.faults),
            ),
        };
        RecordRow {
            record,
            owner,
            row: u32::try_from(row.number).unwrap_or(u32::MAX),
            line: u32::try_from(row.line).unwrap_or(u32::MAX),
        }
    }

    fn dataverse_id(&self, row: &Row<'_>) -> Option<RecordCell> {
        if self.by_key {
            return None;
        }
        let text = row.text(self.columns.id).ok()?;
        parse_guid(&text).map(|id| RecordCell::Id(RecordId(id)))
    }

    /// Rows that are none: totals, cells shifted, no id. Their owner cell is not believed either.
    fn unusable(&mut self, row: &Row<'_>, has_id: bool) -> Option<Code> {
        if !has_id && self.is_total_line(row) {
            let cure = "take the line of totals out of the export";
            self.faults
                .row_finding(Code::Fil006, row, "lines of totals among the rows", cure);
            return Some(Code::Fil006);
        }
        let used_max = self.columns.id.max(self.columns.owner);
        if let Some(code) = self.faults.broken(row, used_max) {
            return Some(code);
        }
        if !has_id && matches!(row.text(self.columns.id).as_deref(), Ok("")) {
            let cure = "fill the id in the export, or take the rows out";
            self.faults
                .row_finding(Code::Fil006, row, "rows without an id", cure);
            return Some(Code::Fil006);
        }
        None
    }

    /// A company may be called Total: a row with a usable id, or with a key and an owner, is a row.
    fn is_total_line(&self, row: &Row<'_>) -> bool {
        let owner_is_blank = is_blank(row.raw(self.columns.owner));
        let Ok(id) = row.text(self.columns.id) else {
            return false;
        };
        if self.by_key && !id.is_empty() {
            return owner_is_blank && is_total(&id);
        }
        let first = (0..row.len())
            .map(|column| row.raw(column))
            .find(|cell| !is_blank(cell));
        let first = first.and_then(|cell| row.encoding.trimmed(cell).ok());
        let may_be_none = id.is_empty() || is_count(&id);
        is_total(&id)
            || (may_be_none && first.is_some_and(|text| is_total(&text)))
            || (owner_is_blank && is_count(&id))
    }

    /// A key, or what was meant as an id and is none.
    fn other_id(&mut self, row: &Row<'_>) -> RecordCell {
        let column = self.columns.id;
        let Ok(text) = row.text(column) else {
            return RecordCell::Unusable(self.faults.undecodable(row, column));
        };
        if !self.by_key
            && let Some(id) = parse_guid(&text)
        {
            return RecordCell::Id(RecordId(id));
        }
        let lost = self.faults.strange(row, column, &text, true);
        if self.by_key && !lost {
            return RecordCell::Key(self.keys.add(&text));
        }
        let (class, cure) = if self.by_key {
            // Keys of which digits were lost can be equal though no two were.
            (
                "keys that a spreadsheet mangled",
                "export them again, as text",
            )
        } else if looks_like_guid(&text) {
            ("malformed ids", "correct them, or export the ids again")
        } else {
            (
                "ids that are no Dataverse ids",
                "if they are the old system's, say in which field of the target they are found: \
                 `key = { column = .., field = .. }` under `[[records]]` in the manifest",
            )
        };
        self.faults
            .cell_finding(Code::Rec001, row, column, &text, class, cure);
        RecordCell::Unusable(Code::Rec001)
    }
}

/// Whether somebody meant a GUID: its letters and about its length.
fn looks_like_guid(text: &str) -> bool {
    let letters = |letter: char| letter.is_ascii_hexdigit() || matches!(letter, '-' | '{' | '}');
    let hyphens = text.matches('-').count();
    (28..=40).contains(&text.len())
        && (hyphens >= 3 || text.len() >= 30)
        && text.chars().all(letters)
}

/// The distinct owner texts of one chunk. Bytes seen before are neither decoded nor copied again.
#[derive(Default)]
pub(super) struct Owners {
    by_bytes: HashMap<Box<[u8]>, (OwnerCell, bool), FixedState>,
    /// Text and number of rows; [`OwnerCell::Reference`] holds an index into it.
    pub(super) texts: Vec<(String, u64)>,
}

impl Owners {
    /// The cell at `column`; what is wrong with it goes to `faults`.
    pub(super) fn cell(
        &mut self,
        row: &Row<'_>,
        column: usize,
        faults: &mut Faults<'_>,
    ) -> OwnerCell {
        let (cell, strange) = self.known(row, column);
        if strange {
            let text = row.text(column).unwrap_or_default();
            faults.strange(row, column, &text, false);
        }
        if let OwnerCell::Unusable(_) = cell {
            faults.undecodable(row, column);
        }
        cell
    }

    /// The cell, and whether it looks strange (FIL007).
    fn known(&mut self, row: &Row<'_>, column: usize) -> (OwnerCell, bool) {
        let bytes = row.raw(column);
        let known = match self.by_bytes.get(bytes) {
            Some(known) => *known,
            None => self.add(row, column),
        };
        if let (OwnerCell::Reference(local), _) = known {
            self.texts[local.0 as usize].1 += 1;
        }
        known
    }

    fn add(&mut self, row: &Row<'_>, column: usize) -> (OwnerCell, bool) {
        let known = match row.text(column).as_deref() {
            Err(_) => (OwnerCell::Unusable(Code::Fil003), false),
            Ok("") => (OwnerCell::Blank, false),
            Ok(text) => {
                let local = u32::try_from(self.texts.len()).unwrap_or(u32::MAX);
                self.texts.push((text.to_owned(), 0));
                (OwnerCell::Reference(ReferenceId(local)), is_strange(text))
            }
        };
        self.by_bytes.insert(row.raw(column).into(), known);
        known
    }
}

/// The keys of one chunk, hashed where it is parsed: numbering them is sequential.
#[derive(Default)]
struct Keys {
    text: String,
    ends: Vec<(usize, u64)>,
}

impl Keys {
    fn add(&mut self, key: &str) -> KeyId {
        let number = u32::try_from(self.ends.len()).unwrap_or(u32::MAX);
        self.text.push_str(key);
        let hash = FixedState::default().hash_one(key);
        self.ends.push((self.text.len(), hash));
        KeyId(number)
    }

    fn iter(&self) -> impl Iterator<Item = (&str, u64)> {
        let starts = std::iter::once(0).chain(self.ends.iter().map(|(end, _)| *end));
        let cut = |(start, (end, hash)): (usize, &(usize, u64))| (&self.text[start..*end], *hash);
        starts.zip(&self.ends).map(cut)
    }
}

/// Numbers keys in the order in which they are first met; each text is kept once.
#[derive(Default)]
struct KeyNumbers(HashTable<u32>);

impl KeyNumbers {
    fn number(&mut self, (key, hash): (&str, u64), keys: &mut Vec<String>) -> KeyId {
        let same = |number: &u32| keys[*number as usize] == key;
        if let Some(number) = self.0.find(hash, same) {
            return KeyId(*number);
        }
        let next = u32::try_from(keys.len()).unwrap_or(u32::MAX);
        keys.push(key.to_owned());
        let rehash = |number: &u32| FixedState::default().hash_one(&keys[*number as usize]);
        self.0.insert_unique(hash, next, rehash);
        KeyId(next)
    }
}
