//! Rows of records exports: which record, whose now, whose afterwards.
//!
//! In: the rows of every records export. Out: one [`DraftTable`] per table, with a fate for each row
//! that is no change. Repeats are settled in `repeats.rs`, once a table is whole.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use hashbrown::HashMap;
use rayon::prelude::*;
use uuid::Uuid;

use crate::environment::Keys;
use crate::environment::Owners;
use crate::model::{
    BlankPolicy, Code, Fate, Findings, KeyId, OwnerCell, Principal, RecordColumn, RecordId,
    RecordRows, Verdict,
};
use crate::plan::build::told::{About, Told, tell};
use crate::plan::build::{Wanted, order, principal_of, repeats};
use crate::plan::{CHUNK_ROWS, Draft, DraftFile, DraftRecords, DraftTable, Held, PrincipalIndex};

pub(super) fn build(
    wanted: &Wanted<'_>,
    records: Vec<RecordRows>,
    mut owners: BTreeMap<String, Option<Owners>>,
    draft: &mut Draft,
    findings: &mut Findings,
) -> io::Result<()> {
    let names: BTreeSet<String> = records.iter().map(|rows| rows.entity.clone()).collect();
    let borrowed: BTreeSet<&str> = names.iter().map(String::as_str).collect();
    let orders = order::order(&borrowed, wanted.facts.cascades());
    let mut tables: BTreeMap<&str, DraftTable> = BTreeMap::new();
    for name in &borrowed {
        let table = DraftTable {
            entity: (*name).to_owned(),
            order: orders.get(*name).copied().unwrap_or(0),
            records_loaded: matches!(owners.get(*name), Some(Some(_))),
            id_columns: BTreeMap::new(),
            owner_columns: BTreeMap::new(),
            files: Vec::new(),
        };
        tables.insert(name, table);
    }
    let mut numbers = Numbers::default();
    let targets = Targets::of(wanted, &mut numbers);
    for rows in records {
        let Some(table) = tables.get_mut(rows.entity.as_str()) else {
            continue;
        };
        *draft.rows.entry(rows.file).or_default() += rows.places.len() as u64;
        table.id_columns.insert(rows.file, rows.id_column);
        table.owner_columns.insert(rows.file, rows.owner_column);
        let owners = owners.get(&table.entity).and_then(Option::as_ref);
        let file = file(
            wanted,
            &targets,
            rows,
            owners,
            draft,
            &mut numbers,
            findings,
        )?;
        table.files.push(file);
    }
    draft.held = held(wanted, &owners, &mut numbers);
    // Who owns what now is known row by row; the rest of it is large.
    owners.clear();
    draft.principals = numbers.list;
    for table in tables.values_mut() {
        repeats::settle(wanted.inputs, &draft.principals, table, findings)?;
        table.files.iter_mut().for_each(keep_what_is_so);
    }
    draft.tables = tables.into_values().collect();
    let key = |table: &DraftTable| (table.order, table.entity.clone());
    draft.tables.sort_by_cached_key(key);
    Ok(())
}

/// Who owns how many records of each table whose records were loaded.
fn held(
    wanted: &Wanted<'_>,
    owners: &BTreeMap<String, Option<Owners>>,
    numbers: &mut Numbers,
) -> BTreeMap<String, Held> {
    let loaded = owners
        .iter()
        .filter_map(|(table, owners)| Some((table, owners.as_ref()?)));
    loaded
        .map(|(table, owners)| {
            let field = wanted.statuses.get(table);
            let keys = field.and_then(|field| wanted.keys.get(&(table.clone(), field.clone())));
            (table.clone(), held_of_table(owners, keys, numbers))
        })
        .collect()
}

fn held_of_table(owners: &Owners, statuses: Option<&Keys>, numbers: &mut Numbers) -> Held {
    let principals = owners.principals().iter();
    let principals: Vec<PrincipalIndex> = principals.map(|one| numbers.number(*one)).collect();
    let mut held = Held {
        statuses: vec![String::new()],
        ..Held::default()
    };
    let mut unknown = owners.counts().to_vec();
    let words = statuses.into_iter().flat_map(|keys| {
        let words = keys.iter();
        words.map(|(key, records)| (keys.word(key), records))
    });
    for (status, records) in words {
        let number = held.statuses.len();
        held.statuses.push(status.to_owned());
        let mut counts = vec![0_u64; principals.len()];
        for owner in owners.owner_numbers(records).into_iter().flatten() {
            counts[owner] += 1;
            unknown[owner] = unknown[owner].saturating_sub(1);
        }
        held.count(&principals, number, &counts);
        held.of
            .extend(records.iter().map(|record| (*record, narrow(number))));
    }
    held.count(&principals, 0, &unknown);
    held.of.par_sort_unstable();
    // A record is of one status; where a file says two of one, the first holds.
    held.of.dedup_by_key(|(record, _)| *record);
    held
}

/// A row whose owner is already the wanted one needs no change.
fn keep_what_is_so(file: &mut DraftFile) {
    let owners = file.before.par_iter().zip(&file.after);
    file.fates
        .par_iter_mut()
        .zip(owners)
        .filter(|(fate, (before, after))| **fate == Fate::Change && before == after)
        .for_each(|(fate, _)| *fate = Fate::NoChange);
}

/// Numbers for principals, in order of first appearance.
#[derive(Default)]
struct Numbers {
    by_principal: HashMap<Principal, PrincipalIndex, foldhash::fast::FixedState>,
    list: Vec<Principal>,
}

impl Numbers {
    fn number(&mut self, principal: Principal) -> PrincipalIndex {
        let list = &mut self.list;
        let number = self.by_principal.entry(principal).or_insert_with(|| {
            list.push(principal);
            PrincipalIndex::new(list.len() - 1)
        });
        *number
    }
}

/// Who shall own the records of an owner cell, or what becomes of its rows.
type Target = Result<PrincipalIndex, Fate>;

/// What each owner cell leads to, worked out once.
struct Targets {
    by_reference: Vec<Target>,
    /// Whether something is to be said at each row of a reference.
    is_told: Vec<bool>,
    blank: Target,
    blank_is_told: bool,
}

impl Targets {
    fn of(wanted: &Wanted<'_>, numbers: &mut Numbers) -> Self {
        let resolved = &wanted.resolution.resolved;
        let mut target = |verdict: &Verdict| match verdict {
            Verdict::Left => Err(Fate::Left),
            Verdict::Stopped(code) => Err(Fate::Stopped(*code)),
            other => principal_of(wanted.resolution, other)
                .map(|principal| numbers.number(principal))
                .ok_or(Fate::Left),
        };
        let by_reference = resolved.iter().map(|resolved| target(&resolved.verdict));
        let by_reference = by_reference.collect();
        let is_told = resolved.iter().map(|resolved| !resolved.remarks.is_empty());
        Self {
            by_reference,
            is_told: is_told.collect(),
            blank: match (wanted.policy.blank, wanted.resolution.fallback) {
                (BlankPolicy::Error, _) => Err(Fate::Stopped(Code::Own001)),
                (BlankPolicy::Leave, _) => Err(Fate::Left),
                (BlankPolicy::Fallback, Some(fallback)) => Ok(numbers.number(fallback)),
                (BlankPolicy::Fallback, None) => Err(Fate::Stopped(Code::Own006)),
            },
            blank_is_told: wanted.policy.blank == BlankPolicy::Error,
        }
    }

    fn of_cell(&self, cell: OwnerCell) -> Target {
        match cell {
            OwnerCell::Unusable(code) => Err(Fate::Stopped(code)),
            OwnerCell::Blank => self.blank,
            OwnerCell::Reference(reference) => {
                let known = self.by_reference.get(reference.0 as usize);
                known.copied().unwrap_or(Err(Fate::Left))
            }
        }
    }

    /// Whether something is to be said at a row with this cell.
    fn is_told(&self, cell: OwnerCell) -> bool {
        match cell {
            OwnerCell::Unusable(_) => false,
            OwnerCell::Blank => self.blank_is_told,
            OwnerCell::Reference(reference) => {
                let told = self.is_told.get(reference.0 as usize);
                told.copied().unwrap_or(false)
            }
        }
    }
}

/// What each key of a file leads to.
pub(super) type KeyTargets = Vec<Result<RecordId, Code>>;

fn key_targets(texts: &[String], keys: Option<&Keys>) -> KeyTargets {
    let target = |text: &String| match keys.map_or(&[][..], |keys| keys.records(text)) {
        [record] => Ok(*record),
        [] => Err(Code::Rec002),
        [_, ..] => Err(Code::Rec006),
    };
    texts.par_iter().map(target).collect()
}

fn file(
    wanted: &Wanted<'_>,
    targets: &Targets,
    rows: RecordRows,
    owners: Option<&Owners>,
    draft: &mut Draft,
    numbers: &mut Numbers,
    findings: &mut Findings,
) -> io::Result<DraftFile> {
    let field = rows.key_field.clone();
    let keys = field.and_then(|field| wanted.keys.get(&(rows.entity.clone(), field)));
    let of_keys = match &rows.records {
        RecordColumn::Ids(_) => KeyTargets::new(),
        RecordColumn::Keys { texts, .. } => key_targets(texts, keys),
    };
    let owner_numbers = owners.map(|owners| {
        let principals = owners.principals().iter();
        let numbered = principals.map(|owner| numbers.number(*owner));
        numbered.collect::<Vec<PrincipalIndex>>()
    });
    let mut fates = vec![Fate::Change; rows.places.len()];
    let step = Step {
        targets,
        rows: &rows,
        of_keys: &of_keys,
    };
    let told: Vec<Told> = fates
        .par_chunks_mut(CHUNK_ROWS)
        .enumerate()
        .map(|(chunk, fates)| step.chunk(chunk * CHUNK_ROWS, fates))
        .collect();
    let about = About {
        wanted,
        rows: &rows,
        keys,
        of_keys: &of_keys,
    };
    draft.matches.blank_rows += tell(&about, &told, findings);
    let nil = RecordId(Uuid::nil());
    let mut made = DraftFile {
        file: rows.file,
        places: rows.places,
        records: match rows.records {
            RecordColumn::Ids(ids) => DraftRecords::Ids(ids),
            RecordColumn::Keys { keys, .. } => DraftRecords::Keys {
                keys: without_unusable(keys, &rows.unusable),
                records: of_keys.iter().map(|key| key.unwrap_or(nil)).collect(),
            },
        },
        before: Vec::new(),
        after: rows.owners.made_into(|cell| targets.of_cell(cell).ok()),
        fates,
    };
    let settled = made.after.par_iter_mut().zip(&made.fates);
    settled
        .filter(|(_, fate)| **fate != Fate::Change)
        .for_each(|(after, _)| *after = None);
    if let (Some(owners), Some(owner_numbers)) = (owners, owner_numbers) {
        made.before = present(&made, owners, &owner_numbers)?;
    }
    Ok(made)
}

/// Works out what is to be said of some rows, and which of them ask for nothing that can be.
struct Step<'a> {
    targets: &'a Targets,
    rows: &'a RecordRows,
    of_keys: &'a KeyTargets,
}

impl Step<'_> {
    fn chunk(&self, first: usize, fates: &mut [Fate]) -> Told {
        let unusable = &self.rows.unusable;
        let mut at = unusable.partition_point(|(row, _)| (*row as usize) < first);
        let mut told = Told::default();
        for (index, fate) in (first..).zip(fates) {
            let cell = self.rows.owners.get(index);
            told.blank_rows += u64::from(cell == OwnerCell::Blank);
            let stopped = match unusable.get(at) {
                Some((row, code)) if *row as usize == index => {
                    at += 1;
                    Some(*code)
                }
                _ => {
                    let fault = self.key_fault(index);
                    told.by_key.extend(fault.map(|_| narrow(index)));
                    fault
                }
            };
            if self.targets.is_told(cell) {
                told.by_owner.push(narrow(index));
            }
            let target = match stopped {
                Some(code) => Err(Fate::Stopped(code)),
                None => self.targets.of_cell(cell),
            };
            if let Err(settled) = target {
                *fate = settled;
            }
        }
        told
    }

    /// Why the key of a row leads to no record.
    fn key_fault(&self, index: usize) -> Option<Code> {
        match &self.rows.records {
            RecordColumn::Ids(_) => None,
            RecordColumn::Keys { keys, .. } => {
                let target = self.of_keys.get(keys[index].0 as usize)?;
                target.as_ref().err().copied()
            }
        }
    }
}

/// The key of each row; of an unusable row one that no record has.
fn without_unusable(mut keys: Vec<KeyId>, unusable: &[(u32, Code)]) -> Vec<KeyId> {
    for (row, _) in unusable {
        keys[*row as usize] = KeyId(u32::MAX);
    }
    keys
}

fn narrow(row: usize) -> u32 {
    u32::try_from(row).unwrap_or(u32::MAX)
}

/// Who owns the records of a file now.
fn present(
    file: &DraftFile,
    owners: &Owners,
    numbers: &[PrincipalIndex],
) -> io::Result<Vec<Option<PrincipalIndex>>> {
    let mut before = vec![None; file.len()];
    before.par_chunks_mut(CHUNK_ROWS).enumerate().try_for_each(
        |(chunk, before)| -> io::Result<()> {
            let first = chunk * CHUNK_ROWS;
            let records = file.records(first..first + before.len())?;
            let found = owners.owner_numbers(&records);
            let rows = before.iter_mut().zip(&file.after[first..]).zip(found);
            for ((before, _), owner) in rows.filter(|((_, after), _)| after.is_some()) {
                *before = owner.map(|owner| numbers[owner]);
            }
            Ok(())
        },
    )?;
    Ok(before)
}
