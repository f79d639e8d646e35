//! Rules about records: REC005, REC002; and the marking of rows that both owners and records use.
//!
//! In: the rows of one table. Out: rows that fall. Every step is one parallel pass over the rows, in
//! chunks whose results are put together in order, so that the number of threads changes nothing.

use rayon::prelude::*;

use crate::check::{Fall, Trial};
use crate::model::{Code, Fate, Ownership, Place};
use crate::plan::{CHUNK_ROWS, DraftFile, DraftRow, DraftTable};

/// A column of a table's files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Column {
    Id,
    Owner,
}

/// Judges the records of a table, whoever shall own them.
pub(super) fn check(trial: &mut Trial<'_>, table: &mut DraftTable) {
    not_owned(trial, table);
    not_there(trial, table);
}

/// REC005: the table's rows belong to no user or team.
///
/// Never left unchecked: where ownership was not loaded, either the table's records were, and have
/// owners, or they were not, and REC002 stops every row.
fn not_owned(trial: &mut Trial<'_>, table: &mut DraftTable) {
    let known = trial.facts.entity(&table.entity);
    let ownership = match known.and_then(|entity| entity.ownership) {
        None | Some(Ownership::User | Ownership::Team) => return,
        Some(ownership) => ownership,
    };
    if first_standing(table, |_| true).is_none() {
        return;
    }
    let entity = &table.entity;
    let message = || format!("`{entity}` has ownership `{ownership}`; expected `user` or `team`");
    let cure = || Code::Rec005.rule().cure.to_owned();
    let cause = trial.cause(Code::Rec005, entity, message, cure);
    mark(trial, table, Column::Owner, |_| Some(Fall::Own(cause)));
}

/// REC002: the record is not in the environment, or nobody can tell because none of its table is.
fn not_there(trial: &mut Trial<'_>, table: &mut DraftTable) {
    let loaded = table.records_loaded;
    let is_missing = |row: &DraftRow| !loaded || row.before.is_none();
    let Some((file, row)) = first_standing(table, is_missing) else {
        return;
    };
    let entity = &table.entity;
    // Where it cannot be read back, writing the changes will say so.
    let records = table.files[file].records(row..row + 1).unwrap_or_default();
    let record = records
        .first()
        .map_or_else(String::new, ToString::to_string);
    let message = || {
        if loaded {
            format!("`{entity}` holds no record `{record}`, the first of those that are missing")
        } else {
            format!("the records of `{entity}` were not loaded; expected `records-{entity}`")
        }
    };
    let cure = || Code::Rec002.rule().cure.to_owned();
    let cause = trial.cause(Code::Rec002, entity, message, cure);
    mark(trial, table, Column::Id, |row| {
        is_missing(row).then_some(Fall::Own(cause))
    });
}

/// The first row that still stands and is meant: the place of its file in the table, and its index.
fn first_standing(
    table: &DraftTable,
    is_meant: impl Fn(&DraftRow) -> bool + Sync,
) -> Option<(usize, usize)> {
    let of_file = |(number, file): (usize, &DraftFile)| {
        let is_first = |row: &usize| standing(file, *row).is_some_and(|row| is_meant(&row));
        let first = (0..file.len()).into_par_iter().find_first(is_first)?;
        Some((number, first))
    };
    table.files.iter().enumerate().find_map(of_file)
}

/// What a row asks for, if it still stands.
fn standing(file: &DraftFile, row: usize) -> Option<DraftRow> {
    (file.fates[row] == Fate::Change)
        .then(|| file.before_and_after(row))
        .flatten()
}

/// Marks every standing row that falls, and puts those with a fault of their own at its finding.
pub(super) fn mark(
    trial: &mut Trial<'_>,
    table: &mut DraftTable,
    column: Column,
    judge: impl Fn(&DraftRow) -> Option<Fall> + Sync,
) {
    let columns = match column {
        Column::Id => &table.id_columns,
        Column::Owner => &table.owner_columns,
    };
    for file in &mut table.files {
        let column = columns.get(&file.file).copied();
        let mut fates = std::mem::take(&mut file.fates);
        for (piece, fates) in fates.chunks_mut(PIECE_ROWS).enumerate() {
            for row in fell(file, piece * PIECE_ROWS, fates, &judge) {
                let fall = file.before_and_after(row).as_ref().and_then(&judge);
                match fall {
                    None => {}
                    Some(Fall::Blocked(cause)) => trial.findings.blocks(cause.finding, 1),
                    Some(Fall::Own(cause)) => {
                        let place = file.place(row);
                        trial
                            .findings
                            .place(cause.finding, Place { column, ..place });
                    }
                }
            }
        }
        file.fates = fates;
    }
}

/// Rows that are marked before those that fell are told: millions can fall by one finding, and their
/// numbers need not all be in memory.
const PIECE_ROWS: usize = 16 * CHUNK_ROWS;

/// Marks the rows of a piece of a file that fall; which they are, in order.
fn fell(
    file: &DraftFile,
    first: usize,
    fates: &mut [Fate],
    judge: &(impl Fn(&DraftRow) -> Option<Fall> + Sync),
) -> Vec<usize> {
    let fallen: Vec<Vec<usize>> = fates
        .par_chunks_mut(CHUNK_ROWS)
        .enumerate()
        .map(|(chunk, fates)| {
            let numbered = (first + chunk * CHUNK_ROWS..).zip(fates);
            let standing = numbered.filter(|(_, fate)| **fate == Fate::Change);
            let falling = standing.filter_map(|(row, fate)| {
                *fate = Fate::Stopped(judge(&file.before_and_after(row)?)?.cause().code);
                Some(row)
            });
            falling.collect()
        })
        .collect();
    fallen.concat()
}
