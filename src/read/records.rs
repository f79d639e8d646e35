//! Records exports: which record, and who owned it.
//!
//! In: rows of one table. Out: [`RecordRows`], owner texts and keys as small numbers, and findings
//! for rows that cannot be used. Whether a record exists, and who an owner is, is not known here.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use uuid::Uuid;

use crate::model::{
    Code, Findings, Input, KeyId, OwnerCell, Progress, RecordColumn, RecordRows, References,
    parse_guid, quoted,
};
use crate::read::begin::Digested;
use crate::read::cell::{is_count, is_total};
use crate::read::encoding::Encoding;
use crate::read::faults::{At, Faults};
use crate::read::guid::hyphenated;
use crate::read::header::{Header, column_number, missing, missing_named};
use crate::read::names::{RECORD_ID, RECORD_OWNER};
use crate::read::open::Export;
use crate::read::owners::{Owners, Told, Waiting};
use crate::read::parts::{Collected, Part, Parts, Worker, number_references};
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
    let mut export = Export::open(spec, Digested::WhileRead, fits, findings)?;
    let header = export.header();
    let id = id_column(&header, records).ok_or_else(|| no_id_column(&export.input, records))?;
    let owner = owner_column(&header, records);
    let owner = owner.ok_or_else(|| no_owner_column(&export.input, records))?;
    export.check_rows()?;
    export.uses([id, owner]);
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
        (Some(key), _) => missing_named(input, "key", &quoted(&key.column).to_string(), correct),
        (None, Some(id)) => missing_named(input, "record id", &quoted(&id).to_string(), correct),
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
        Some(owner) => missing_named(input, "owner", &quoted(&owner).to_string(), cure),
        None => missing(input, &RECORD_OWNER, &records.entity, cure),
    }
}

impl RecordsExport {
    /// What was opened, and how; hash and encoding are known for certain once it was read.
    pub fn input(&self) -> Input {
        self.export.input()
    }

    /// What was opened, with its hash, for which the file is passed over if its rows were not read.
    pub fn passed_over(&self, findings: &mut Findings) -> Result<Input, ReadError> {
        self.export.passed_over(findings)
    }

    /// Reads all rows, in file order; owner texts are numbered in `references` in that order. Where
    /// there are many, their ids are kept in a file without a name in the folder `scratch`.
    pub fn read(
        &self,
        references: &mut References,
        findings: &mut Findings,
        scratch: &Path,
        progress: &dyn Progress,
    ) -> Result<RecordRows, ReadError> {
        let mut read = self.collect(scratch, progress)?;
        while let Some(digest) = read.digest.take()
            && self.export.settle(digest, findings)?
        {
            read = self.collect(scratch, progress)?;
        }
        let Collected {
            workers, mut rows, ..
        } = read;
        findings.merge(std::mem::take(&mut rows.findings));
        let file = self.export.input.file;
        let numbers = number_references(&workers, &rows.first_rows, file, references);
        Ok(RecordRows {
            file,
            entity: self.entity.clone(),
            key_field: self.key_field.clone(),
            id_column: column_number(self.columns.id),
            owner_column: column_number(self.columns.owner),
            owners: rows.renumbered(&numbers),
            places: rows.places,
            records: if self.key_field.is_some() {
                RecordColumn::Keys {
                    texts: rows.key_texts,
                    keys: rows.keys,
                }
            } else {
                RecordColumn::Ids(rows.ids.finish())
            },
            unusable: rows.unusable,
        })
    }

    /// Reads the file once.
    fn collect<'a>(
        &self,
        scratch: &'a Path,
        progress: &dyn Progress,
    ) -> Result<Collected<'a>, ReadError> {
        let mut rows = Parts::new(scratch);
        let numbers = AtomicUsize::new(0);
        let begin = || Worker {
            number: numbers.fetch_add(1, Ordering::Relaxed),
            chunks: 0,
            owners: Owners::default(),
            waiting: Waiting::default(),
        };
        let map = |worker: &mut Worker, chunk: &Chunk| self.part(worker, chunk);
        let mut fault = None;
        let sink = |part| match rows.add(part) {
            Ok(()) => ControlFlow::Continue(()),
            Err(source) => {
                fault = Some(source);
                ControlFlow::Break(())
            }
        };
        let (workers, digest) = self.export.scan_with(progress, begin, map, sink)?;
        match fault {
            None => Ok(Collected {
                workers,
                rows,
                digest,
            }),
            Some(source) => Err(ReadError::Scratch {
                name: self.export.input.name.clone(),
                folder: scratch.to_owned(),
                source,
            }),
        }
    }

    fn part(&self, worker: &mut Worker, chunk: &Chunk) -> Part {
        let mut waiting = std::mem::take(&mut worker.waiting);
        waiting.clear();
        let mut decoder = Decoder {
            columns: self.columns,
            by_key: self.key_field.is_some(),
            faults: self.export.faults(),
            part: Part {
                worker: worker.number,
                ..Part::default()
            },
            waiting,
            encoding: Encoding::Utf8,
        };
        self.export.rows_below(chunk, |row| decoder.row(row));
        let Decoder {
            mut part,
            mut faults,
            encoding,
            waiting,
            ..
        } = decoder;
        let (places, column) = (&part.places, self.columns.owner);
        let tell = |told: Told, row: u32, cell: &[u8]| {
            let (number, line) = places.get(row as usize);
            let at = At {
                number: number.into(),
                line: line.into(),
            };
            told.tell(&mut faults, at, column, cell, encoding);
        };
        let chunk = worker.chunks;
        worker
            .owners
            .cells(&waiting, chunk, &mut part.owners, tell, encoding);
        worker.waiting = waiting;
        worker.chunks += 1;
        part.findings = faults.findings;
        part
    }
}

struct Decoder<'a> {
    columns: Columns,
    by_key: bool,
    faults: Faults<'a>,
    part: Part,
    /// Owner cells to be looked up once all rows of the chunk are known.
    waiting: Waiting,
    encoding: Encoding,
}

/// Which record a row is about.
enum Record {
    Id(Uuid),
    Key(KeyId),
    Unusable(Code),
}

impl Decoder<'_> {
    fn row(&mut self, row: &Row<'_>) {
        let id = self.dataverse_id(row);
        let index = u32::try_from(self.part.places.len()).unwrap_or(u32::MAX);
        self.encoding = row.encoding;
        let (record, owner) = if let Some(code) = self.unusable(row, id.is_some()) {
            (Record::Unusable(code), OwnerCell::Unusable(code))
        } else {
            self.waiting.push(index, row.raw(self.columns.owner));
            let record = id.map_or_else(|| self.other_id(row), Record::Id);
            (record, OwnerCell::Blank)
        };
        let (mut id, mut key) = (Uuid::nil(), KeyId(0));
        match record {
            Record::Id(found) => id = found,
            Record::Key(found) => key = found,
            Record::Unusable(code) => self.part.unusable.push((index, code)),
        }
        if self.by_key {
            self.part.row_keys.push(key);
        } else {
            self.part.ids.extend_from_slice(id.as_bytes());
        }
        self.part.places.push(row.number, row.line);
        self.part.owners.push(owner);
    }

    fn dataverse_id(&self, row: &Row<'_>) -> Option<Uuid> {
        if self.by_key {
            return None;
        }
        let cell = row.raw(self.columns.id);
        hyphenated(cell).or_else(|| parse_guid(&row.text(self.columns.id).ok()?))
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
    fn other_id(&mut self, row: &Row<'_>) -> Record {
        let column = self.columns.id;
        let Ok(text) = row.text(column) else {
            return Record::Unusable(self.faults.undecodable(row, column));
        };
        if !self.by_key
            && let Some(id) = parse_guid(&text)
        {
            return Record::Id(id);
        }
        let lost = self.faults.strange(row, column, &text, true);
        if self.by_key && !lost {
            return Record::Key(self.part.keys.add(&text));
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
        Record::Unusable(Code::Rec001)
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
