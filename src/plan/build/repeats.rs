//! Records that several rows name.
//!
//! In: a whole table. Out: of rows that agree the first stays and the others are repeats (REC004);
//! rows that disagree all stop (REC003), because nobody says which of them is right. That a record stays
//! where it is, as a ruling or policy says of one of its rows, is an answer like any other; and where it is
//! not decided what one row means, no other row moves the record. Who owns it already is not moved.
//!
//! Ids are not compared with each other but by hashes of 8 bytes, in parts whose tables fit into a cache;
//! only rows whose hash another row has too are looked at themselves.

use std::collections::BTreeSet;
use std::hash::BuildHasher;
use std::io;
use std::ops::Range;

use foldhash::fast::FixedState;
use hashbrown::HashSet;
use rayon::prelude::*;

use crate::model::{Code, Fate, FindingId, Findings, Input, Place, Principal, RecordId, quoted};
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
    let mut settled: Vec<(Naming, Fate)> = Vec::new();
    for group in &groups {
        match together(&table.files, group) {
            Together::Nothing => {}
            Together::Same(again) => {
                same(inputs, table, group, &again, findings);
                settled.extend(again.into_iter().map(|row| (row, Fate::Repeated)));
            }
            Together::Contradiction => {
                contradiction(inputs, principals, table, group, findings);
                let stopped = group.iter().filter(|row| !row.is_undecided());
                settled.extend(stopped.map(|row| (*row, Fate::Stopped(Code::Rec003))));
            }
        }
    }
    for (row, fate) in settled {
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
    says: Says,
}

/// What a row says of its record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Says {
    /// Whose it shall be.
    Owner(PrincipalIndex),
    /// That it stays where it is.
    Left,
    /// Nothing yet: nobody was chosen, by this rule.
    Undecided(Code),
}

impl Says {
    fn of(file: &DraftFile, index: usize) -> Option<Self> {
        match (file.after[index], file.fates[index]) {
            (Some(owner), _) => Some(Self::Owner(owner)),
            (None, Fate::Left) => Some(Self::Left),
            (None, Fate::Stopped(code)) => Some(Self::Undecided(code)),
            (None, _) => None,
        }
    }
}

impl Naming {
    fn owner(&self) -> Option<PrincipalIndex> {
        match self.says {
            Says::Owner(owner) => Some(owner),
            Says::Left | Says::Undecided(_) => None,
        }
    }

    /// The rule by which nobody was chosen.
    fn undecided(&self) -> Option<&'static str> {
        match self.says {
            Says::Undecided(code) => Some(code.as_str()),
            Says::Owner(_) | Says::Left => None,
        }
    }

    fn is_undecided(&self) -> bool {
        self.undecided().is_some()
    }
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
    /// The rows of which it can be said which record they are about, each with that record.
    fn naming(&self) -> io::Result<impl Iterator<Item = Naming>> {
        let end = self.file.len().min(self.first + CHUNK_ROWS);
        let records = self.file.records(self.first..end)?;
        let rows = (self.first..end).zip(records);
        let named = rows.filter_map(|(index, record)| {
            Some(Naming {
                record,
                file: self.number,
                index,
                says: Says::of(self.file, index)?,
            })
        });
        Ok(named.filter(|row| row.owner().is_some() || !row.record.0.is_nil()))
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

/// What the rows of one record come to.
enum Together {
    /// None of them names an owner, or one alone does and gets nothing that the others deny.
    Nothing,
    /// They name one owner; these say it again.
    Same(Vec<Naming>),
    /// They cannot all be obeyed, or nobody knows yet whether they can.
    Contradiction,
}

fn together(files: &[DraftFile], group: &[Naming]) -> Together {
    let named: Vec<Naming> = group
        .iter()
        .filter(|row| row.owner().is_some())
        .copied()
        .collect();
    let Some((first, again)) = named.split_first() else {
        return Together::Nothing;
    };
    let one_owner = again.iter().all(|row| row.says == first.says);
    // Who has it already is not given it: the record stays, as the other rows would have it.
    let before = &files[first.file].before;
    let is_so = before.get(first.index).copied().flatten() == first.owner();
    match (one_owner, named.len() == group.len() || is_so) {
        (true, true) if again.is_empty() => Together::Nothing,
        (true, true) => Together::Same(again.to_vec()),
        _ => Together::Contradiction,
    }
}

fn subject(table: &DraftTable, group: &[Naming]) -> String {
    format!("{} {}", table.entity, group[0].record)
}

fn place_all(table: &DraftTable, rows: &[Naming], id: FindingId, findings: &mut Findings) {
    for row in rows {
        let place = table.files[row.file].place(row.index);
        let column = table.owner_columns.get(&place.file).copied();
        findings.place(id, Place { column, ..place });
    }
}

fn same(
    inputs: &[Input],
    table: &DraftTable,
    group: &[Naming],
    again: &[Naming],
    findings: &mut Findings,
) {
    let first = group.iter().find(|row| row.owner().is_some());
    let message = || {
        let first = first.unwrap_or(&group[0]);
        let first = table.files[first.file].place(first.index);
        let origin = name_of(inputs, first.file);
        format!(
            "named {} times with the same owner, first in {origin}, row {}",
            again.len() + 1,
            first.row,
            origin = quoted(&origin)
        )
    };
    let code = Code::Rec004;
    let cure = || code.rule().cure.to_owned();
    let id = findings.about(code, &subject(table, group), message, cure);
    place_all(table, again, id, findings);
}

fn contradiction(
    inputs: &[Input],
    principals: &[Principal],
    table: &DraftTable,
    group: &[Naming],
    findings: &mut Findings,
) {
    let code = Code::Rec003;
    let message = || {
        let owners = group.iter().filter_map(Naming::owner);
        let owners: BTreeSet<&Principal> = owners
            .filter_map(|owner| principals.get(owner.get()))
            .collect();
        let owners = match owners.len() {
            1 => "one owner".to_owned(),
            several => format!("{several} different owners"),
        };
        let rows = |is: &dyn Fn(&Naming) -> bool| {
            let rows: Vec<&Naming> = group.iter().filter(|row| is(row)).collect();
            let place = table.files[rows.first()?.file].place(rows.first()?.index);
            let origin = name_of(inputs, place.file);
            Some((
                rows.len(),
                format!(
                    "first {origin}, row {}",
                    place.row,
                    origin = quoted(&origin)
                ),
            ))
        };
        let left = rows(&|row| row.says == Says::Left)
            .map(|(count, first)| format!("; left where it is by {count} ({first})"));
        let undecided = rows(&Naming::is_undecided).map(|(count, first)| {
            let codes: BTreeSet<&str> = group.iter().filter_map(Naming::undecided).collect();
            let codes: Vec<&str> = codes.into_iter().collect();
            let codes = codes.join(", ");
            format!("; {count} not decided, by {codes} ({first})")
        });
        let (left, undecided) = (left.unwrap_or_default(), undecided.unwrap_or_default());
        format!("named {} times with {owners}{left}{undecided}", group.len())
    };
    let cure = || code.rule().cure.to_owned();
    let id = findings.about(code, &subject(table, group), message, cure);
    place_all(table, group, id, findings);
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
