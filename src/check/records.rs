//! Rules about records: REC005, REC002; and the marking of rows that both owners and records use.
//!
//! In: the rows of one table. Out: rows that fall. Every step is one parallel pass over the rows, in
//! chunks whose results are put together in order, so that the number of threads changes nothing.

use std::collections::BTreeMap;

use rayon::prelude::*;

use crate::check::{Fall, Trial};
use crate::model::{Code, Fate, FindingId, Ownership, Place, Places, quoted};
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
    let message = || {
        format!(
            "{entity} has ownership {ownership}; expected `user` or `team`",
            entity = quoted(&entity),
            ownership = quoted(&ownership)
        )
    };
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
            format!(
                "{entity} holds no record {record}, the first of those that are missing",
                entity = quoted(&entity),
                record = quoted(&record)
            )
        } else {
            let file = format!("records-{entity}");
            format!(
                "the records of {} were not loaded; expected {}",
                quoted(&entity),
                quoted(&file)
            )
        }
    };
    let cure = || Code::Rec002.rule().cure.to_owned();
    let cause = trial.cause(Code::Rec002, entity, message, cure);
    mark(trial, table, Column::Id, |row| {
        is_missing(row).then_some(Fall::Own(cause))
    });
}

/// The first row that still stands and is meant: the place of its file in the table, and its index.
pub(super) fn first_standing(
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
            let chunks = fates.par_chunks_mut(CHUNK_ROWS).enumerate();
            let fallen: Vec<Fallen> = chunks
                .map(|(chunk, fates)| {
                    let first = piece * PIECE_ROWS + chunk * CHUNK_ROWS;
                    fell(file, first, fates, column, &judge)
                })
                .collect();
            for fallen in fallen {
                fallen.tell(trial);
            }
        }
        file.fates = fates;
    }
}

/// Rows that are marked before those that fell are told: millions can fall, each by itself, and their
/// places need not be in memory twice.
const PIECE_ROWS: usize = 16 * CHUNK_ROWS;

/// Rows of one chunk that fell.
#[derive(Default)]
struct Fallen {
    places: Vec<(FindingId, Places)>,
    /// Where those of each finding are.
    by_finding: BTreeMap<FindingId, usize>,
    /// Where the row before was put: most rows fall as the one before did.
    last: usize,
    blocked: BTreeMap<FindingId, u64>,
}

impl Fallen {
    fn add(&mut self, fall: Fall, place: Place) {
        let finding = match fall {
            Fall::Blocked(cause) => {
                *self.blocked.entry(cause.finding).or_default() += 1;
                return;
            }
            Fall::Own(cause) => cause.finding,
        };
        let last = self.places.get(self.last);
        if last.is_none_or(|(of, _)| *of != finding) {
            let next = self.places.len();
            self.last = *self.by_finding.entry(finding).or_insert(next);
            if self.last == next {
                self.places.push((finding, Places::default()));
            }
        }
        self.places[self.last].1.push(place);
    }

    fn tell(self, trial: &mut Trial<'_>) {
        for (finding, places) in self.places {
            trial.findings.places(finding, places);
        }
        for (finding, rows) in self.blocked {
            trial.findings.blocks(finding, rows);
        }
    }
}

/// Marks the rows of a chunk of a file that fall.
fn fell(
    file: &DraftFile,
    first: usize,
    fates: &mut [Fate],
    column: Option<u16>,
    judge: &(impl Fn(&DraftRow) -> Option<Fall> + Sync),
) -> Fallen {
    let mut fallen = Fallen::default();
    let mut place = file.places_from(first);
    let mut mark = |row: usize, fate: &mut Fate| {
        let fall = judge(&file.before_and_after(row)?)?;
        *fate = Fate::Stopped(fall.cause().code);
        let place = place(row);
        fallen.add(fall, Place { column, ..place });
        Some(())
    };
    for (row, fate) in (first..).zip(fates) {
        if *fate == Fate::Change {
            mark(row, fate);
        }
    }
    fallen
}
