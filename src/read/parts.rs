//! What the chunks of a records export become, put together in file order.
//!
//! In: the part of each chunk, whose owners are numbered by the thread that read it. Out: the columns of
//! the whole file, owners numbered in the order in which rows first hold them, keys in the order in
//! which they are first met.

use std::collections::BTreeMap;
use std::hash::BuildHasher;
use std::io;
use std::path::Path;

use foldhash::fast::FixedState;
use hashbrown::HashTable;

use crate::model::{
    Code, FileId, Findings, KeyId, OwnerColumn, ReferenceId, References, RowPlaces,
};
use crate::read::csv::FileDigest;
use crate::read::owners::{Owners, Waiting};
use crate::read::spool::Spool;

/// What one thread keeps from chunk to chunk.
pub(super) struct Worker {
    pub(super) number: usize,
    /// How many chunks it had.
    pub(super) chunks: u32,
    pub(super) owners: Owners,
    /// Room that is used again for each chunk.
    pub(super) waiting: Waiting,
}

/// What one chunk became; numbers of owners count within its worker, those of keys within the chunk.
#[derive(Default)]
pub(super) struct Part {
    pub(super) worker: usize,
    pub(super) places: RowPlaces,
    pub(super) owners: OwnerColumn,
    /// 16 bytes a row, where records are found by id.
    pub(super) ids: Vec<u8>,
    pub(super) keys: Keys,
    /// The key of each row, where records are found by key.
    pub(super) row_keys: Vec<KeyId>,
    pub(super) unusable: Vec<(u32, Code)>,
    pub(super) findings: Findings,
}

/// A file, read once.
pub(super) struct Collected<'a> {
    pub(super) workers: Vec<Worker>,
    pub(super) rows: Parts<'a>,
    pub(super) digest: Option<FileDigest>,
}

/// The parts of a file so far, in file order.
pub(super) struct Parts<'a> {
    pub(super) places: RowPlaces,
    pub(super) owners: Vec<(usize, OwnerColumn)>,
    /// Of each worker, the first row of each of its chunks.
    pub(super) first_rows: BTreeMap<usize, Vec<usize>>,
    pub(super) ids: Spool<'a>,
    pub(super) numbers: KeyNumbers,
    pub(super) key_texts: Vec<String>,
    pub(super) keys: Vec<KeyId>,
    pub(super) unusable: Vec<(u32, Code)>,
    pub(super) findings: Findings,
}

impl<'a> Parts<'a> {
    pub(super) fn new(scratch: &'a Path) -> Self {
        Self {
            places: RowPlaces::default(),
            owners: Vec::new(),
            first_rows: BTreeMap::new(),
            ids: Spool::new(scratch),
            numbers: KeyNumbers::default(),
            key_texts: Vec::new(),
            keys: Vec::new(),
            unusable: Vec::new(),
            findings: Findings::default(),
        }
    }

    pub(super) fn add(&mut self, part: Part) -> io::Result<()> {
        self.findings.merge(part.findings);
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
    pub(super) fn renumbered(
        &mut self,
        numbers: &BTreeMap<usize, Vec<ReferenceId>>,
    ) -> OwnerColumn {
        let mut all = OwnerColumn::with_capacity(self.places.len());
        for (worker, owners) in self.owners.drain(..) {
            all.extend_renumbered(&owners, &numbers[&worker]);
        }
        all
    }
}

/// Numbers the owner texts of all workers in the order in which rows first hold them.
pub(super) fn number_references(
    workers: &[Worker],
    first_rows: &BTreeMap<usize, Vec<usize>>,
    file: FileId,
    references: &mut References,
) -> BTreeMap<usize, Vec<ReferenceId>> {
    let mut firsts = Vec::new();
    for (index, worker) in workers.iter().enumerate() {
        for (local, (met, _)) in worker.owners.met().enumerate() {
            let chunk = first_rows[&worker.number][met.chunk as usize];
            firsts.push((chunk + met.row as usize, index, local));
        }
    }
    firsts.sort_unstable();
    let blank = |worker: &Worker| vec![ReferenceId(0); worker.owners.met().len()];
    let mut numbers: Vec<Vec<ReferenceId>> = workers.iter().map(blank).collect();
    for (_, index, local) in firsts {
        let (text, rows) = workers[index].owners.text(local);
        numbers[index][local] = references.intern(text, file, rows);
    }
    let of = |(worker, numbers): (&Worker, Vec<ReferenceId>)| (worker.number, numbers);
    workers.iter().zip(numbers).map(of).collect()
}

/// The keys of one chunk, hashed where it is parsed: numbering them is sequential.
#[derive(Default)]
pub(super) struct Keys {
    pub(super) text: String,
    pub(super) ends: Vec<(usize, u64)>,
}

impl Keys {
    pub(super) fn add(&mut self, key: &str) -> KeyId {
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
pub(super) struct KeyNumbers(HashTable<u32>);

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
