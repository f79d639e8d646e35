//! Records exports: which record, and who owned it.
//!
//! In: rows of one table. Out: [`RecordRows`], owner texts and keys as small numbers, and findings
//! for rows that cannot be used. Whether a record exists, and who an owner is, is not known here.

use std::collections::BTreeMap;
use std::hash::BuildHasher;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use foldhash::fast::FixedState;
use hashbrown::HashTable;
use uuid::Uuid;

use crate::model::{
    Code, FileId, Findings, Input, KeyId, OwnerCell, OwnerColumn, Progress, RecordColumn,
    RecordRows, ReferenceId, References, RowPlaces, parse_guid,
};
use crate::read::cell::{is_count, is_total};
use crate::read::faults::Faults;
use crate::read::header::{Header, column_number, missing, missing_named};
use crate::read::names::{RECORD_ID, RECORD_OWNER};
use crate::read::open::Export;
use crate::read::owners::Owners;
use crate::read::source::{Chunk, Row, is_blank};
use crate::read::spool::Spool;
use crate::read::{FileSpec, ReadError, RecordsSpec};

/// The length of a GUID as most exports write it, without braces.
const HYPHENATED_BYTES: usize = 36;

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
    let mut export = Export::open(spec, fits, findings)?;
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

    /// Reads all rows, in file order; owner texts are numbered in `references` in that order. Where
    /// there are many, their ids are kept in a file without a name in the folder `scratch`.
    pub fn read(
        &self,
        references: &mut References,
        findings: &mut Findings,
        scratch: &Path,
        progress: &dyn Progress,
    ) -> Result<RecordRows, ReadError> {
        let mut all = Collected::new(scratch);
        let workers = AtomicUsize::new(0);
        let begin = || Worker {
            number: workers.fetch_add(1, Ordering::Relaxed),
            chunks: 0,
            owners: Owners::default(),
        };
        let map = |worker: &mut Worker, chunk: &Chunk| self.part(worker, chunk);
        let mut fault = None;
        let workers = self.export.scan_with(progress, begin, map, |mut part| {
            findings.merge(std::mem::take(&mut part.findings));
            match all.add(part) {
                Ok(()) => ControlFlow::Continue(()),
                Err(source) => {
                    fault = Some(source);
                    ControlFlow::Break(())
                }
            }
        })?;
        if let Some(source) = fault {
            return Err(ReadError::Scratch {
                name: self.export.input.name.clone(),
                folder: scratch.to_owned(),
                source,
            });
        }
        let file = self.export.input.file;
        let numbers = number_references(&workers, &all.first_rows, file, references);
        Ok(RecordRows {
            file,
            entity: self.entity.clone(),
            key_field: self.key_field.clone(),
            id_column: column_number(self.columns.id),
            owner_column: column_number(self.columns.owner),
            owners: all.renumbered(&numbers),
            places: all.places,
            records: if self.key_field.is_some() {
                RecordColumn::Keys {
                    texts: all.key_texts,
                    keys: all.keys,
                }
            } else {
                RecordColumn::Ids(all.ids.finish())
            },
            unusable: all.unusable,
        })
    }

    fn part(&self, worker: &mut Worker, chunk: &Chunk) -> Part {
        worker.owners.begin_chunk(worker.chunks);
        worker.chunks += 1;
        let mut decoder = Decoder {
            columns: self.columns,
            by_key: self.key_field.is_some(),
            faults: self.export.faults(),
            part: Part {
                worker: worker.number,
                ..Part::default()
            },
            owners: &mut worker.owners,
        };
        self.export.rows_below(chunk, |row| decoder.row(row));
        let Decoder {
            mut part, faults, ..
        } = decoder;
        part.findings = faults.findings;
        part
    }
}

/// What one thread keeps from chunk to chunk.
struct Worker {
    number: usize,
    /// How many chunks it had.
    chunks: u32,
    owners: Owners,
}

/// What one chunk became; numbers of owners count within its worker, those of keys within the chunk.
#[derive(Default)]
struct Part {
    worker: usize,
    places: RowPlaces,
    owners: OwnerColumn,
    /// 16 bytes a row, where records are found by id.
    ids: Vec<u8>,
    keys: Keys,
    /// The key of each row, where records are found by key.
    row_keys: Vec<KeyId>,
    unusable: Vec<(u32, Code)>,
    findings: Findings,
}

/// The parts of a file so far, in file order.
struct Collected<'a> {
    places: RowPlaces,
    owners: Vec<(usize, OwnerColumn)>,
    /// Of each worker, the first row of each of its chunks.
    first_rows: BTreeMap<usize, Vec<usize>>,
    ids: Spool<'a>,
    numbers: KeyNumbers,
    key_texts: Vec<String>,
    keys: Vec<KeyId>,
    unusable: Vec<(u32, Code)>,
}

impl<'a> Collected<'a> {
    fn new(scratch: &'a Path) -> Self {
        Self {
            places: RowPlaces::default(),
            owners: Vec::new(),
            first_rows: BTreeMap::new(),
            ids: Spool::new(scratch),
            numbers: KeyNumbers::default(),
            key_texts: Vec::new(),
            keys: Vec::new(),
            unusable: Vec::new(),
        }
    }

    fn add(&mut self, part: Part) -> std::io::Result<()> {
        let before = self.places.len();
        self.first_rows.entry(part.worker).or_default().push(before);
        self.places.append(&part.places);
        self.owners.push((part.worker, part.owners));
        self.ids.add(&part.ids)?;
        let keys = part.keys.iter();
        let numbers: Vec<KeyId> = keys
            .map(|key| self.numbers.number(key, &mut self.key_texts))
            .collect();
        // An unusable row has a number that means nothing, also where no row of the part has a key.
        let keys = part.row_keys.iter().map(|key| numbers.get(key.0 as usize));
        self.keys
            .extend(keys.map(|number| number.copied().unwrap_or(KeyId(0))));
        let before = u32::try_from(before).unwrap_or(u32::MAX);
        let unusable = part.unusable.iter();
        self.unusable
            .extend(unusable.map(|(row, code)| (before.saturating_add(*row), *code)));
        Ok(())
    }

    /// The owner cells of all rows, numbered as `numbers` says for each worker.
    fn renumbered(&mut self, numbers: &BTreeMap<usize, Vec<ReferenceId>>) -> OwnerColumn {
        let mut all = OwnerColumn::with_capacity(self.places.len());
        for (worker, owners) in self.owners.drain(..) {
            all.extend_renumbered(&owners, &numbers[&worker]);
        }
        all
    }
}

/// Numbers the owner texts of all workers in the order in which rows first hold them.
fn number_references(
    workers: &[Worker],
    first_rows: &BTreeMap<usize, Vec<usize>>,
    file: FileId,
    references: &mut References,
) -> BTreeMap<usize, Vec<ReferenceId>> {
    let mut firsts = Vec::new();
    for (index, worker) in workers.iter().enumerate() {
        for (local, met) in worker.owners.met.iter().enumerate() {
            let chunk = first_rows[&worker.number][met.chunk as usize];
            firsts.push((chunk + met.row as usize, index, local));
        }
    }
    firsts.sort_unstable();
    let blank = |worker: &Worker| vec![ReferenceId(0); worker.owners.met.len()];
    let mut numbers: Vec<Vec<ReferenceId>> = workers.iter().map(blank).collect();
    for (_, index, local) in firsts {
        let met = &workers[index].owners.met[local];
        numbers[index][local] = references.intern(&met.text, file, met.rows);
    }
    let of = |(worker, numbers): (&Worker, Vec<ReferenceId>)| (worker.number, numbers);
    workers.iter().zip(numbers).map(of).collect()
}

struct Decoder<'a> {
    columns: Columns,
    by_key: bool,
    faults: Faults<'a>,
    part: Part,
    owners: &'a mut Owners,
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
        let (record, owner) = match self.unusable(row, id.is_some()) {
            Some(code) => {
                self.owners.pass();
                (Record::Unusable(code), OwnerCell::Unusable(code))
            }
            None => (
                id.map_or_else(|| self.other_id(row), Record::Id),
                self.owners.cell(row, self.columns.owner, &mut self.faults),
            ),
        };
        let (mut id, mut key) = (Uuid::nil(), KeyId(0));
        match record {
            Record::Id(found) => id = found,
            Record::Key(found) => key = found,
            Record::Unusable(code) => {
                let index = u32::try_from(self.part.places.len()).unwrap_or(u32::MAX);
                self.part.unusable.push((index, code));
            }
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
        if cell.len() == HYPHENATED_BYTES
            && let Ok(id) = Uuid::try_parse_ascii(cell)
        {
            return Some(id);
        }
        parse_guid(&row.text(self.columns.id).ok()?)
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
