//! Records of one table, held so that millions fit: who owns which, and which bear which key.
//!
//! In: rows of an environment file, which lie in order of id and of key. Out: sorted arrays, about
//! 20 bytes a record. An id is looked for among those that begin as it does, a key by halving. What an
//! owner may own is not known here.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use foldhash::fast::FixedState;
use rusqlite::Connection;
use rusqlite::OptionalExtension;
use uuid::Uuid;

use crate::environment::values;
use crate::model::{Principal, Progress, RecordId, Step, Unit, record_key};

/// How many rows are read between two words to the progress bar.
const ROWS_TOLD: u64 = 8192;

/// Who owns which record of one table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Owners {
    records: Vec<Held>,
    beginnings: Beginnings,
    principals: Vec<Principal>,
    /// How many records each of them owns.
    counts: Vec<u64>,
}

/// A record and its owner, side by side: who finds the one has the other in the cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Held {
    record: RecordId,
    /// Where its owner is in `principals`.
    by: u32,
}

impl Held {
    /// The id as a number: ids are compared as bytes by a call, which costs more than the comparison.
    fn number(&self) -> u128 {
        self.record.0.as_u128()
    }
}

impl Owners {
    /// The owner of a record; `None` where the table has no such record.
    pub fn owner(&self, record: RecordId) -> Option<Principal> {
        Some(self.principals[self.owner_number(record)?])
    }

    /// The place, in [`Owners::principals`], of the owner of each record, in order; `None` where the
    /// table has no such record.
    ///
    /// Looked up by their beginnings, so that one look-up leads near the last one's: a page of memory is
    /// found once for several. And in batches, each in steps none of whose look-ups depends on another's:
    /// so the processor has many on their way to memory at once. One after the other, each waits for the
    /// last.
    pub fn owner_numbers(&self, wanted: &[RecordId]) -> Vec<Option<usize>> {
        const BATCH: usize = 256;
        let mut found = vec![None; wanted.len()];
        let mut ranges = [(0, 0); BATCH];
        let mut bounds = [(0, 0); BATCH];
        for batch in by_beginning(wanted).chunks(BATCH) {
            let records = || batch.iter().map(|place| wanted[*place as usize]);
            for (range, record) in ranges.iter_mut().zip(records()) {
                let near = self.beginnings.records(record);
                *range = (near.start, near.end);
            }
            for (bounds, (start, end)) in bounds.iter_mut().zip(&ranges[..batch.len()]) {
                *bounds = self.bounds(*start, *end);
            }
            let near = ranges.iter().zip(bounds);
            for ((place, record), ((start, end), bounds)) in batch.iter().zip(records()).zip(near) {
                found[*place as usize] = self.holder(record, *start..*end, bounds);
            }
        }
        found
    }

    fn owner_number(&self, record: RecordId) -> Option<usize> {
        let near = self.beginnings.records(record);
        let bounds = self.bounds(near.start, near.end);
        self.holder(record, near, bounds)
    }

    /// The first and the last of some records: between them they lie in the lines of the cache that
    /// searching will look at.
    fn bounds(&self, start: usize, end: usize) -> (u128, u128) {
        match self.records.get(start..end) {
            Some([first, .., last]) => (first.number(), last.number()),
            Some([only]) => (only.number(), only.number()),
            _ => (u128::MAX, 0),
        }
    }

    /// Where the owner of a record is, if it is among these, of which `bounds` are the first and the last.
    fn holder(&self, record: RecordId, near: Range<usize>, bounds: (u128, u128)) -> Option<usize> {
        let wanted = record.0.as_u128();
        if wanted < bounds.0 || bounds.1 < wanted {
            return None;
        }
        let among = &self.records[near];
        let index = among.binary_search_by_key(&wanted, Held::number).ok()?;
        Some(among[index].by as usize)
    }

    /// Everybody who owns a record.
    pub fn principals(&self) -> &[Principal] {
        &self.principals
    }

    /// How many records each of [`Owners::principals`] owns, in the same order.
    pub fn counts(&self) -> &[u64] {
        &self.counts
    }

    /// How many records the table has.
    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// Every record with its owner, in order of id.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (RecordId, Principal)> {
        let owner = |held: &Held| self.principals[held.by as usize];
        self.records
            .iter()
            .map(move |held| (held.record, owner(held)))
    }

    /// Reads the records of a table; `None` where they were not loaded.
    pub(super) fn read(
        connection: &Connection,
        entity: &str,
        progress: &dyn Progress,
    ) -> rusqlite::Result<Option<Self>> {
        let Some((number, true)) = table(connection, entity)? else {
            return Ok(None);
        };
        let mut told = Told::begin(progress, &format!("owners of {entity}"));
        let mut owners = Self::default();
        let mut numbers: HashMap<Principal, u32, FixedState> = HashMap::default();
        let mut statement = connection
            .prepare("SELECT id, owner_type, owner FROM record WHERE entity = ?1 ORDER BY id")?;
        let mut rows = statement.query([number])?;
        while let Some(row) = rows.next()? {
            let principal = values::principal(row, 1)?;
            let next = u32::try_from(owners.principals.len())
                .map_err(|_| rusqlite::Error::IntegralValueOutOfRange(2, i64::from(u32::MAX)))?;
            let owner = *numbers.entry(principal).or_insert(next);
            if owner == next {
                owners.principals.push(principal);
                owners.counts.push(0);
            }
            owners.counts[owner as usize] += 1;
            owners.records.push(Held {
                record: RecordId(values::guid(row, 0)?),
                by: owner,
            });
            told.row();
        }
        owners.records.shrink_to_fit();
        owners.beginnings = Beginnings::of(&owners.records);
        Ok(Some(owners))
    }
}

/// The places of records in a list, those of records that begin alike together.
fn by_beginning(records: &[RecordId]) -> Vec<u32> {
    const BITS: u32 = 12;
    let beginning = |record: &RecordId| {
        let beginning = Beginnings::bits(*record) >> (u64::BITS - BITS);
        usize::try_from(beginning).unwrap_or(0)
    };
    let mut ends = vec![0_usize; 1 << BITS];
    for record in records {
        ends[beginning(record)] += 1;
    }
    let mut sum = 0;
    for end in &mut ends {
        sum += std::mem::replace(end, sum);
    }
    let mut places = vec![0; records.len()];
    for (place, record) in (0..).zip(records) {
        let end = &mut ends[beginning(record)];
        places[*end] = place;
        *end += 1;
    }
    places
}

/// Where in a sorted list of records those lie that begin with the same bits.
///
/// Most ids are random, so that a few share each beginning, and one is found within a line or two of the
/// cache; ids that all begin alike are found by halving.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Beginnings {
    /// How many bits of an id are left out.
    shift: u32,
    /// For each beginning the first record that has it, or a later one; and at the end how many
    /// records there are.
    starts: Vec<u32>,
}

impl Beginnings {
    /// Records that share a beginning, if ids are random.
    const RECORDS: usize = 4;

    /// `records` are sorted.
    fn of(records: &[Held]) -> Self {
        let bits = (records.len() / Self::RECORDS).max(2).ilog2();
        let shift = u64::BITS - bits;
        let mut starts = Vec::with_capacity((1 << bits) + 1);
        for (index, held) in (0..).zip(records) {
            let beginning = Self::bits(held.record) >> shift;
            while starts.len() as u64 <= beginning {
                starts.push(index);
            }
        }
        let end = u32::try_from(records.len()).unwrap_or(u32::MAX);
        starts.resize((1 << bits) + 1, end);
        Self { shift, starts }
    }

    /// Among which a record is, if it is there.
    fn records(&self, record: RecordId) -> Range<usize> {
        let beginning = usize::try_from(Self::bits(record) >> self.shift).unwrap_or(usize::MAX);
        let start = |at: usize| self.starts.get(at).map_or(0, |start| *start as usize);
        start(beginning)..start(beginning + 1)
    }

    /// The first bits of an id.
    fn bits(record: RecordId) -> u64 {
        let (first, _) = record.0.as_u64_pair();
        first
    }
}

/// Which records of one table hold which key in one field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Keys {
    /// Every distinct key, one after the other, in order.
    text: String,
    /// Where each key begins in `text`, and its records in `records`.
    starts: Vec<(usize, usize)>,
    records: Vec<RecordId>,
    /// How keys are written that are not written as they are compared, where that is known.
    words: BTreeMap<String, String>,
}

impl Keys {
    /// The records that hold this key, compared by [`record_key`]; in order of id.
    pub fn records(&self, key: &str) -> &[RecordId] {
        let wanted = record_key(key);
        let mut low = 0;
        let mut high = self.starts.len();
        while low < high {
            let middle = low + (high - low) / 2;
            match self.key(middle).cmp(wanted.as_str()) {
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
                std::cmp::Ordering::Equal => return self.records_at(middle),
            }
        }
        &[]
    }

    /// Every distinct key with its records, in order of key, then id.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[RecordId])> {
        (0..self.len()).map(|index| (self.key(index), self.records_at(index)))
    }

    /// A key as people write it.
    pub fn word<'a>(&'a self, key: &'a str) -> &'a str {
        self.words.get(key).map_or(key, String::as_str)
    }

    /// How many distinct keys there are.
    pub fn len(&self) -> usize {
        self.starts.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.starts.is_empty()
    }

    fn end(&self, index: usize) -> (usize, usize) {
        let all = (self.text.len(), self.records.len());
        self.starts.get(index + 1).copied().unwrap_or(all)
    }

    fn key(&self, index: usize) -> &str {
        &self.text[self.starts[index].0..self.end(index).0]
    }

    fn records_at(&self, index: usize) -> &[RecordId] {
        &self.records[self.starts[index].1..self.end(index).1]
    }

    /// Takes a row; rows come in order of key, then id.
    fn push(&mut self, key: &str, record: RecordId) {
        let repeated = self
            .starts
            .len()
            .checked_sub(1)
            .is_some_and(|last| self.key(last) == key);
        if !repeated {
            self.starts.push((self.text.len(), self.records.len()));
            self.text.push_str(key);
        }
        self.records.push(record);
    }

    /// Reads the keys of a field.
    pub(super) fn read(
        connection: &Connection,
        entity: &str,
        field: &str,
        progress: &dyn Progress,
    ) -> rusqlite::Result<Self> {
        let mut keys = Self::default();
        let Some((number, _)) = table(connection, entity)? else {
            return Ok(keys);
        };
        let mut told = Told::begin(progress, &format!("keys of {entity}"));
        let mut statement = connection.prepare(
            "SELECT key, id FROM record_key WHERE entity = ?1 AND field = ?2 ORDER BY key, id",
        )?;
        let mut rows = statement.query((number, field.trim().to_lowercase()))?;
        while let Some(row) = rows.next()? {
            let id: Uuid = values::guid(row, 1)?;
            keys.push(row.get_ref(0)?.as_str()?, RecordId(id));
            told.row();
        }
        let mut statement = connection
            .prepare("SELECT key, word FROM key_word WHERE entity = ?1 AND field = ?2")?;
        let words = statement.query_map((number, field.trim().to_lowercase()), |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?;
        keys.words = words.collect::<rusqlite::Result<_>>()?;
        keys.text.shrink_to_fit();
        keys.starts.shrink_to_fit();
        keys.records.shrink_to_fit();
        Ok(keys)
    }
}

/// The number of a table, and whether its records were loaded.
fn table(connection: &Connection, entity: &str) -> rusqlite::Result<Option<(i64, bool)>> {
    connection
        .query_row(
            "SELECT number, records_loaded FROM entity WHERE name = ?1",
            [entity.trim().to_lowercase()],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .optional()
}

/// Tells the progress bar of rows, not of each.
struct Told {
    step: Box<dyn Step>,
    rows: u64,
}

impl Told {
    fn begin(progress: &dyn Progress, what: &str) -> Self {
        Self {
            step: progress.begin(what, Unit::Rows, None),
            rows: 0,
        }
    }

    fn row(&mut self) {
        self.rows += 1;
        if self.rows.is_multiple_of(ROWS_TOLD) {
            self.step.advance(ROWS_TOLD);
        }
    }
}

impl Drop for Told {
    fn drop(&mut self) {
        self.step.advance(self.rows % ROWS_TOLD);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn beginnings_hold_what_begins_so(
            ids in prop::collection::btree_set(
                prop_oneof![any::<u128>(), 0_u128..300, Just(u128::MAX), (0_u128..300).prop_map(|id| id << 120)],
                0..200,
            ),
            other in any::<u128>(),
        ) {
            let held = |id: &u128| Held { record: RecordId(Uuid::from_u128(*id)), by: 0 };
            let records: Vec<Held> = ids.iter().map(held).collect();
            let beginnings = Beginnings::of(&records);
            for (index, held) in records.iter().enumerate() {
                prop_assert!(beginnings.records(held.record).contains(&index), "{index}");
            }
            let near = beginnings.records(RecordId(Uuid::from_u128(other)));
            prop_assert!(near.end <= records.len());
        }

        #[test]
        fn owners_are_found(
            held in prop::collection::btree_map(prop_oneof![any::<u128>(), 0_u128..40], 0_u32..3, 0..60),
            others in prop::collection::vec(prop_oneof![any::<u128>(), 0_u128..40], 0..700),
        ) {
            let record = |id: u128| RecordId(Uuid::from_u128(id));
            let records = held.iter().map(|(id, by)| Held { record: record(*id), by: *by });
            let records: Vec<Held> = records.collect();
            let owners = Owners {
                beginnings: Beginnings::of(&records),
                records,
                principals: Vec::new(),
                counts: Vec::new(),
            };
            let wanted: Vec<u128> = held.keys().copied().chain(others).collect();
            let asked: Vec<RecordId> = wanted.iter().map(|id| record(*id)).collect();
            let expected = wanted.iter().map(|id| held.get(id).map(|owner| *owner as usize));
            let expected: Vec<Option<usize>> = expected.collect();
            prop_assert_eq!(&owners.owner_numbers(&asked), &expected);
            let one_by_one = asked.iter().map(|record| owners.owner_number(*record));
            prop_assert_eq!(one_by_one.collect::<Vec<_>>(), expected);
        }

        #[test]
        fn keys_find_what_was_put_in(
            rows in prop::collection::btree_set(("[a-cé]{0,3}", 0u128..9), 0..40),
        ) {
            let mut keys = Keys::default();
            let mut expected: BTreeMap<String, Vec<RecordId>> = BTreeMap::new();
            for (key, id) in rows {
                let id = RecordId(Uuid::from_u128(id));
                keys.push(&key, id);
                expected.entry(key).or_default().push(id);
            }
            prop_assert_eq!(keys.len(), expected.len());
            for (key, ids) in &expected {
                prop_assert_eq!(keys.records(&key.to_uppercase()), ids.as_slice());
            }
            prop_assert!(keys.records("nowhere").is_empty());
        }
    }
}
