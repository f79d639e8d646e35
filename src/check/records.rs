//! Rules about records: REC005, REC002; and the marking of rows that both owners and records use.
//!
//! In: the rows of one table. Out: rows that fall. Every step is one parallel pass over the rows, in
//! chunks whose results are put together in order, so that the number of threads changes nothing.

use rayon::prelude::*;

use crate::check::{Fall, Trial};
use crate::model::{Code, Fate, FileId, Ownership, Place};
use crate::plan::{DraftRow, DraftTable};

/// Rows that one task looks at: enough to make the task worth its while.
pub(super) const CHUNK_ROWS: usize = 65_536;

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
    if !any_standing(table, |_| true) {
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
    let Some(first) = first_standing(table, is_missing) else {
        return;
    };
    let (entity, record) = (&table.entity, first.record);
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

fn first_standing(
    table: &DraftTable,
    is_meant: impl Fn(&DraftRow) -> bool + Sync,
) -> Option<DraftRow> {
    let rows = table.rows.par_iter().copied();
    rows.find_first(|row| row.fate == Fate::Change && is_meant(row))
}

fn any_standing(table: &DraftTable, is_meant: impl Fn(&DraftRow) -> bool + Sync) -> bool {
    first_standing(table, is_meant).is_some()
}

/// Marks every standing row that falls, and puts those with a fault of their own at its finding.
pub(super) fn mark(
    trial: &mut Trial<'_>,
    table: &mut DraftTable,
    column: Column,
    judge: impl Fn(&DraftRow) -> Option<Fall> + Sync,
) {
    // Only numbers are kept between the passes: millions of rows can fall by one finding.
    let fallen: Vec<Vec<usize>> = table
        .rows
        .par_chunks_mut(CHUNK_ROWS)
        .enumerate()
        .map(|(chunk, rows)| {
            let numbered = (chunk * CHUNK_ROWS..).zip(rows);
            let standing = numbered.filter(|(_, row)| row.fate == Fate::Change);
            standing
                .filter_map(|(index, row)| {
                    row.fate = Fate::Stopped(judge(row)?.cause().code);
                    Some(index)
                })
                .collect()
        })
        .collect();
    for index in fallen.into_iter().flatten() {
        let row = &table.rows[index];
        match judge(row) {
            None => {}
            Some(Fall::Blocked(cause)) => trial.findings.blocks(cause.finding, 1),
            Some(Fall::Own(cause)) => {
                trial
                    .findings
                    .place(cause.finding, place(table, row, column));
            }
        }
    }
}

fn place(table: &DraftTable, row: &DraftRow, column: Column) -> Place {
    let columns = match column {
        Column::Id => &table.id_columns,
        Column::Owner => &table.owner_columns,
    };
    let file: FileId = row.file;
    let mut place = Place::row(file, u64::from(row.row), u64::from(row.line));
    place.column = columns.get(&file).copied();
    place
}
