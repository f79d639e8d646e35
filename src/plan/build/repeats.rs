//! Records that several rows name.
//!
//! In: a whole table. Out: of rows that agree the first stays and the others are repeats (REC004);
//! rows that disagree all stop (REC003), because nobody says which of them is right.
//!
//! Ids are not compared with each other but by hashes of 8 bytes, in parts whose tables fit into a cache;
//! only rows whose hash another row has too are looked at themselves.

use std::hash::BuildHasher;
use std::io;
use std::ops::Range;

use foldhash::fast::FixedState;
use hashbrown::HashSet;
use rayon::prelude::*;

use crate::model::{Code, Fate, Findings, Input, Place, Principal, RecordId, quoted};
use crate::plan::build::name_of;
use crate::plan::{CHUNK_ROWS, DraftFile, DraftTable, PrincipalIndex};

/// Hashes are sorted in as many parts, told by their first bits.
const PARTS: usize = 256;
/// Of more rows, the hashes of half the parts are looked at after those of the other half: reading the
/// ids twice takes less than 4 bytes a row are worth.
const ROWS_AT_ONCE: usize = if cfg!(test) { 20 } else { 4 << 20 };

pub(super) fn settle(
    inputs: &[Input],
    principals: &[Principal],
    table: &mut DraftTable,
    findings: &mut Findings,
) -> io::Result<()> {
    let hashes = repeated_hashes(&table.files)?;
    if hashes.is_empty() {
        return Ok(());
    }
    let groups = groups(&table.files, &hashes)?;
    for group in &groups {
        tell(inputs, principals, table, group, findings);
    }
    for (row, fate) in groups.iter().flat_map(|group| fates(group)) {
        table.files[row.file].fates[row.index] = fate;
    }
    Ok(())
}

/// A row that names a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Naming {
    record: RecordId,
    /// The place of its file in the table.
    file: usize,
    index: usize,
    after: PrincipalIndex,
}

/// Some rows of a table that follow each other.
#[derive(Clone, Copy)]
struct Piece<'a> {
    file: &'a DraftFile,
    number: usize,
    first: usize,
}

fn pieces(files: &[DraftFile]) -> Vec<Piece<'_>> {
    let of_file = |(number, file): (usize, &'_ DraftFile)| {
        let firsts = (0..file.len()).step_by(CHUNK_ROWS);
        let pieces = firsts.map(move |first| (number, first));
        pieces.collect::<Vec<_>>()
    };
    let pieces = files.iter().enumerate().flat_map(of_file);
    let pieces = pieces.map(|(number, first)| Piece {
        file: &files[number],
        number,
        first,
    });
    pieces.collect()
}

impl Piece<'_> {
    /// The rows that ask for something, each with its record.
    fn naming(&self) -> io::Result<impl Iterator<Item = Naming>> {
        let end = self.file.len().min(self.first + CHUNK_ROWS);
        let records = self.file.records(self.first..end)?;
        let rows = (self.first..end).zip(records);
        Ok(rows.filter_map(|(index, record)| {
            Some(Naming {
                record,
                file: self.number,
                index,
                after: self.file.after[index]?,
            })
        }))
    }

    /// The hashes of its records that are of wanted parts, sorted by their part, and where each part
    /// ends.
    fn hashes(&self, wanted: &Range<usize>) -> io::Result<(Vec<u64>, Vec<usize>)> {
        let mut hashes = vec![0; self.file.len().min(self.first + CHUNK_ROWS) - self.first];
        let mut count = 0;
        for row in self.naming()? {
            // Whether a part is wanted is a matter of chance, and a branch would be guessed wrongly as often
            // as not: so one that is not is overwritten by the next.
            let hash = hash(row.record);
            hashes[count] = hash;
            count += usize::from(wanted.contains(&part(hash)));
        }
        hashes.truncate(count);
        let mut ends = vec![0_usize; PARTS];
        for hash in &hashes {
            ends[part(*hash)] += 1;
        }
        let mut sum = 0;
        for end in &mut ends {
            sum += std::mem::replace(end, sum);
        }
        let mut sorted = vec![0; hashes.len()];
        for hash in hashes {
            let end = &mut ends[part(hash)];
            sorted[*end] = hash;
            *end += 1;
        }
        Ok((sorted, ends))
    }
}

fn hash(record: RecordId) -> u64 {
    FixedState::default().hash_one(record)
}

fn part(hash: u64) -> usize {
    usize::from(hash.to_be_bytes()[0])
}

/// The hashes that more than one row has.
fn repeated_hashes(files: &[DraftFile]) -> io::Result<HashSet<u64, FixedState>> {
    let rows: usize = files.iter().map(DraftFile::len).sum();
    let mut repeated = HashSet::default();
    let middle = if rows > ROWS_AT_ONCE {
        PARTS / 2
    } else {
        PARTS
    };
    for parts in [0..middle, middle..PARTS] {
        if !parts.is_empty() {
            repeated.extend(repeated_of_parts(files, &parts)?);
        }
    }
    Ok(repeated)
}

fn repeated_of_parts(files: &[DraftFile], parts: &Range<usize>) -> io::Result<Vec<u64>> {
    let pieces = pieces(files);
    let hashed: Vec<(Vec<u64>, Vec<usize>)> = pieces
        .par_iter()
        .map(|piece| piece.hashes(parts))
        .collect::<io::Result<_>>()?;
    let repeated = parts.clone().into_par_iter().flat_map_iter(|part| {
        let of_part = hashed.iter().map(|(hashes, ends)| {
            let start = part.checked_sub(1).map_or(0, |before| ends[before]);
            &hashes[start..ends[part]]
        });
        repeated_among(of_part)
    });
    Ok(repeated.collect())
}

/// The hashes that are there more than once, one of them as often as it is repeated. A table with room to
/// spare tells faster than sorting would.
fn repeated_among<'a>(pieces: impl Iterator<Item = &'a [u64]> + Clone) -> Vec<u64> {
    let count: usize = pieces.clone().map(<[u64]>::len).sum();
    let mut table = vec![FREE; (2 * count).next_power_of_two()];
    let last = table.len() - 1;
    let mut repeated = Vec::new();
    for hash in pieces.flatten().copied() {
        // The first bits are those of the part. Where the last ones are cut off does not matter.
        let mut place = usize::try_from(hash.rotate_left(32) & last as u64).unwrap_or(0);
        while table[place] != FREE && table[place] != hash {
            place = (place + 1) & last;
        }
        if table[place] == hash {
            repeated.push(hash);
        }
        table[place] = hash;
    }
    repeated
}

/// Stands for no hash. A row whose hash it is by chance is a candidate, repeated or not.
const FREE: u64 = 0;

/// The rows of each record that several rows name, in order of rows, as are the groups.
fn groups(files: &[DraftFile], hashes: &HashSet<u64, FixedState>) -> io::Result<Vec<Vec<Naming>>> {
    let pieces = pieces(files);
    let candidates: Vec<Vec<Naming>> = pieces
        .par_iter()
        .map(|piece| {
            let candidates = piece.naming()?;
            Ok(candidates
                .filter(|row| hashes.contains(&hash(row.record)))
                .collect())
        })
        .collect::<io::Result<_>>()?;
    let mut candidates = candidates.concat();
    candidates.par_sort_unstable();
    let mut groups: Vec<Vec<Naming>> = candidates
        .chunk_by(|left, right| left.record == right.record)
        .filter(|group| group.len() > 1)
        .map(<[Naming]>::to_vec)
        .collect();
    // Findings are told in the order of rows, whatever the ids are.
    groups.sort_unstable_by_key(|group| (group[0].file, group[0].index));
    Ok(groups)
}

fn agree(group: &[Naming]) -> bool {
    group.iter().all(|row| row.after == group[0].after)
}

/// The new fates of the rows of one record.
fn fates(group: &[Naming]) -> Vec<(Naming, Fate)> {
    let (told, fate) = if agree(group) {
        (&group[1..], Fate::Repeated)
    } else {
        (group, Fate::Stopped(Code::Rec003))
    };
    told.iter().map(|row| (*row, fate)).collect()
}

fn tell(
    inputs: &[Input],
    principals: &[Principal],
    table: &DraftTable,
    group: &[Naming],
    findings: &mut Findings,
) {
    let place = |row: &Naming| table.files[row.file].place(row.index);
    let subject = format!("{} {}", table.entity, group[0].record);
    let same = agree(group);
    let (code, told) = if same {
        (Code::Rec004, &group[1..])
    } else {
        (Code::Rec003, group)
    };
    let message = || {
        let first = place(&group[0]);
        let origin = name_of(inputs, first.file);
        if same {
            format!(
                "named {} times with the same owner, first in {origin}, row {}",
                group.len(),
                first.row,
                origin = quoted(&origin)
            )
        } else {
            let owners = group
                .iter()
                .filter_map(|row| principals.get(row.after.get()));
            let mut owners: Vec<&Principal> = owners.collect();
            owners.sort_unstable();
            owners.dedup();
            format!(
                "named {} times with {} different owners",
                group.len(),
                owners.len()
            )
        }
    };
    let id = findings.about(code, &subject, message, || code.rule().cure.to_owned());
    for row in told {
        let place = place(row);
        let column = table.owner_columns.get(&place.file).copied();
        findings.place(id, Place { column, ..place });
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use proptest::prelude::*;

    use super::repeated_among;

    proptest! {
        #[test]
        fn every_repeated_hash_is_told_and_no_other(
            pieces in prop::collection::vec(
                prop::collection::vec(prop_oneof![1_u64..30, any::<u64>(), Just(u64::MAX)], 0..9),
                0..6,
            ),
        ) {
            let mut counts: BTreeMap<u64, usize> = BTreeMap::new();
            for hash in pieces.iter().flatten() {
                *counts.entry(*hash).or_default() += 1;
            }
            let expected = counts.iter().filter(|(hash, count)| **count > 1 || **hash == 0);
            let expected: BTreeSet<u64> = expected.map(|(hash, _)| *hash).collect();
            let told = repeated_among(pieces.iter().map(Vec::as_slice));
            prop_assert_eq!(BTreeSet::from_iter(told), expected);
        }
    }
}
