//! `owners.parquet`: what became of each owner reference, a row each.
//!
//! In: [`OwnerLine`]s, in the order in which references were first met. Out: the same, most rows first, so that
//! who looks at the first thousand looks at what matters; and read back in that order.

use std::ops::ControlFlow;
use std::path::Path;

use crate::model::{OwnerFate, OwnerLine, Principal, Progress, Unit, reference_key};
use crate::plan::FileRecord;
use crate::plan::PlanError;
use crate::plan::folder::OWNERS_FILE;
use crate::plan::folder::pages::Picked;
use crate::plan::folder::scan::{Batch, Scan};
use crate::plan::folder::table::{Cells, Column, GROUP_ROWS, Group, Kind, Table, write_table};

const REFERENCE: usize = 0;
const BY_TABLE: usize = 1;
const FATE: usize = 2;
const BY: usize = 3;
const OWNER: usize = 4;
const OWNER_TYPE: usize = 5;
const OWNER_NAME: usize = 6;
const CANDIDATES: usize = 7;
const NEAR_MISSES: usize = 8;
const RULING: usize = 9;

/// Lists are JSON: names hold any sign that could part them.
const COLUMNS: &[Column] = &[
    Column::new("reference", Kind::Text),
    Column::new("rows_by_table", Kind::Text),
    Column::new("fate", Kind::Text).repeating(),
    Column::new("by", Kind::Text).repeating(),
    Column::new("owner", Kind::Id).optional(),
    Column::new("owner_type", Kind::Number).optional(),
    Column::new("owner_name", Kind::Text),
    Column::new("candidates", Kind::Text),
    Column::new("near_misses", Kind::Text),
    Column::new("ruling", Kind::Text).repeating(),
];

/// Rows that are read at once.
const BATCH_ROWS: usize = 8_192;

/// Writes all lines.
pub(super) fn write(
    folder: &Path,
    lines: &[OwnerLine],
    progress: &dyn Progress,
) -> Result<FileRecord, PlanError> {
    let step = progress.begin(
        &format!("write {OWNERS_FILE}"),
        Unit::Rows,
        Some(lines.len() as u64),
    );
    let mut sorted: Vec<&OwnerLine> = lines.iter().collect();
    sorted.sort_by_cached_key(|line| {
        (
            std::cmp::Reverse(line.affected()),
            reference_key(&line.reference),
        )
    });
    let table = Table {
        columns: COLUMNS,
        groups: sorted.len().div_ceil(GROUP_ROWS),
        fill: &|group| {
            let start = group * GROUP_ROWS;
            let end = sorted.len().min(start + GROUP_ROWS);
            cells(&sorted[start..end])
        },
    };
    let (blake3, rows) = write_table(&folder.join(OWNERS_FILE), &table, step.as_ref())?;
    Ok(FileRecord {
        path: OWNERS_FILE.to_owned(),
        blake3,
        rows,
    })
}

fn cells(lines: &[&OwnerLine]) -> std::io::Result<Group> {
    let texts = |of: fn(&OwnerLine) -> &str| Cells::texts(lines.iter().map(|line| of(line)));
    let lists = |of: fn(&OwnerLine) -> serde_json::Result<String>| {
        let lists: serde_json::Result<Vec<String>> = lines.iter().map(|line| of(line)).collect();
        Ok::<_, std::io::Error>(Cells::texts(lists?.iter().map(String::as_str)))
    };
    let picked = |of: fn(&OwnerLine) -> &str| {
        Cells::Picked(Picked::texts(lines.iter().map(|line| of(line))))
    };
    let owners = || lines.iter().map(|line| line.owner);
    Ok(vec![
        texts(|line| &line.reference),
        lists(|line| serde_json::to_string(&line.by_table))?,
        picked(|line| line.fate.word()),
        picked(|line| &line.by),
        Cells::Id(owners().map(|owner| owner.map(Principal::uuid)).collect()),
        Cells::Number(
            owners()
                .map(|owner| owner.map(|owner| i32::from(owner.type_code())))
                .collect(),
        ),
        texts(|line| &line.owner_name),
        lists(|line| serde_json::to_string(&line.candidates))?,
        lists(|line| serde_json::to_string(&line.near_misses))?,
        picked(|line| &line.ruling),
    ])
}

/// Hands out all lines, most rows first.
pub(super) fn read(
    folder: &Path,
    record: &FileRecord,
    sink: &mut dyn FnMut(OwnerLine) -> ControlFlow<()>,
) -> Result<(), PlanError> {
    let scan = Scan::open(folder, record, COLUMNS)?;
    scan.batches(0, BATCH_ROWS, &mut |batch| {
        for row in 0..batch.rows() {
            if sink(line(&batch, row)?).is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
    })
}

fn line(batch: &Batch<'_>, row: usize) -> Result<OwnerLine, PlanError> {
    let text = |column| batch.needed(column, batch.text(column, row));
    let list = |column| -> Result<Vec<String>, PlanError> {
        serde_json::from_str(&text(column)?).map_err(|_| batch.damaged(column, "is no list"))
    };
    let code = batch.number(OWNER_TYPE, row)?;
    let owner = batch.id(OWNER, row)?.zip(code).map(|(id, code)| {
        let code = u8::try_from(code).ok();
        code.and_then(|code| Principal::from_parts(code, id))
            .ok_or_else(|| batch.damaged(OWNER_TYPE, "is neither 8 (user) nor 9 (team)"))
    });
    Ok(OwnerLine {
        reference: text(REFERENCE)?,
        by_table: serde_json::from_str(&text(BY_TABLE)?)
            .map_err(|_| batch.damaged(BY_TABLE, "is no list of tables and rows"))?,
        fate: OwnerFate::of_word(&text(FATE)?)
            .ok_or_else(|| batch.damaged(FATE, "is no fate of a reference"))?,
        by: text(BY)?,
        owner: owner.transpose()?,
        owner_name: text(OWNER_NAME)?,
        candidates: list(CANDIDATES)?,
        near_misses: list(NEAR_MISSES)?,
        ruling: text(RULING)?,
    })
}
