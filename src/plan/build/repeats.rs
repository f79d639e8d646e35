//! Records that several rows name.
//!
//! In: a whole table. Out: of rows that agree the first stays and the others are repeats (REC004);
//! rows that disagree all stop (REC003), because nobody says which of them is right.

use rayon::prelude::*;

use crate::model::{Code, Fate, Findings, Input, Place, Principal};
use crate::plan::build::name_of;
use crate::plan::{DraftRow, DraftTable};

pub(super) fn settle(
    inputs: &[Input],
    principals: &[Principal],
    table: &mut DraftTable,
    findings: &mut Findings,
) {
    let mut order: Vec<u32> = (0..).take(table.rows.len()).collect();
    let rows = &table.rows;
    order.par_sort_unstable_by_key(|index| (rows[*index as usize].record, *index));
    let mut groups: Vec<&[u32]> = order
        .chunk_by(|left, right| rows[*left as usize].record == rows[*right as usize].record)
        .filter(|group| group.len() > 1)
        .collect();
    // Findings are told in the order of rows, whatever the ids are.
    groups.sort_unstable_by_key(|group| group[0]);
    let settled: Vec<(u32, Fate)> = groups.iter().flat_map(|group| fates(rows, group)).collect();
    for group in &groups {
        tell(inputs, principals, table, group, findings);
    }
    for (index, fate) in settled {
        table.rows[index as usize].fate = fate;
    }
}

fn agree(rows: &[DraftRow], group: &[u32]) -> bool {
    let first = rows[group[0] as usize].after;
    group
        .iter()
        .all(|index| rows[*index as usize].after == first)
}

/// The new fates of the rows of one record.
fn fates(rows: &[DraftRow], group: &[u32]) -> Vec<(u32, Fate)> {
    if agree(rows, group) {
        group[1..]
            .iter()
            .map(|index| (*index, Fate::Repeated))
            .collect()
    } else {
        group
            .iter()
            .map(|index| (*index, Fate::Stopped(Code::Rec003)))
            .collect()
    }
}

fn tell(
    inputs: &[Input],
    principals: &[Principal],
    table: &DraftTable,
    group: &[u32],
    findings: &mut Findings,
) {
    let rows = &table.rows;
    let first = &rows[group[0] as usize];
    let record = first.record;
    let subject = format!("{} {record}", table.entity);
    let same = agree(rows, group);
    let (code, told) = if same {
        (Code::Rec004, &group[1..])
    } else {
        (Code::Rec003, group)
    };
    let message = || {
        let origin = name_of(inputs, first.file);
        if same {
            format!(
                "named {} times with the same owner, first in `{origin}`, row {}",
                group.len(),
                first.row
            )
        } else {
            let mut owners: Vec<Principal> = group
                .iter()
                .filter_map(|index| principals.get(rows[*index as usize].after.0 as usize))
                .copied()
                .collect();
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
    for index in told {
        let row = &rows[*index as usize];
        let mut place = Place::row(row.file, u64::from(row.row), u64::from(row.line));
        place.column = table.owner_columns.get(&row.file).copied();
        findings.place(id, place);
    }
}
