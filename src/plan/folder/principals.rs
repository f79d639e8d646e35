//! `principals.parquet`: the fields that planning used, so that a stale plan can say what moved.
//!
//! In: [`Fields`]. Out: one row for each field, sorted by kind, id and field; and the same read back.

use std::ops::ControlFlow;
use std::path::Path;

use crate::model::{Progress, Unit};
use crate::plan::FieldRow;
use crate::plan::Fields;
use crate::plan::FileRecord;
use crate::plan::PlanError;
use crate::plan::SubjectRows;
use crate::plan::folder::PRINCIPALS_FILE;
use crate::plan::folder::pages::Picked;
use crate::plan::folder::scan::{Batch, Scan};
use crate::plan::folder::table::{Cells, Column, GROUP_ROWS, Group, Kind, Table, write_table};

const COLUMNS: &[Column] = &[
    Column::new("kind", Kind::Text).repeating(),
    Column::new("id", Kind::Text).repeating(),
    Column::new("label", Kind::Text).repeating(),
    Column::new("field", Kind::Text).repeating(),
    Column::new("value", Kind::Text).repeating(),
];

/// Rows that are read at once.
const BATCH_ROWS: usize = 8_192;

/// Writes all fields.
pub(super) fn write(
    folder: &Path,
    fields: &Fields,
    progress: &dyn Progress,
) -> Result<FileRecord, PlanError> {
    let rows = Rows::of(fields);
    let step = progress.begin(
        &format!("write {PRINCIPALS_FILE}"),
        Unit::Rows,
        Some(rows.len as u64),
    );
    let table = Table {
        columns: COLUMNS,
        groups: rows.len.div_ceil(GROUP_ROWS),
        fill: &|group| Ok(cells(&rows, group)),
    };
    let (blake3, rows) = write_table(&folder.join(PRINCIPALS_FILE), &table, step.as_ref())?;
    Ok(FileRecord {
        path: PRINCIPALS_FILE.to_owned(),
        blake3,
        rows,
    })
}

/// Subjects, each with the number of its first row; there are far more rows than subjects.
struct Rows<'a> {
    subjects: Vec<(usize, SubjectRows<'a>)>,
    len: usize,
}

impl<'a> Rows<'a> {
    fn of(fields: &'a Fields) -> Self {
        let mut len = 0;
        let numbered = fields.subjects().map(|subject| {
            let first = len;
            len += subject.len();
            (first, subject)
        });
        Self {
            subjects: numbered.collect(),
            len,
        }
    }

    fn group(&self, group: usize) -> impl Iterator<Item = FieldRow<'a>> {
        let start = group * GROUP_ROWS;
        let next = self.subjects.partition_point(|(first, _)| *first <= start);
        let subjects = &self.subjects[next.saturating_sub(1)..];
        let skipped = subjects.first().map_or(0, |(first, _)| start - first);
        let rows = subjects.iter().flat_map(|(_, subject)| subject.rows());
        rows.skip(skipped).take(GROUP_ROWS)
    }
}

fn cells(rows: &Rows<'_>, group: usize) -> Group {
    let texts = |of: for<'b> fn(FieldRow<'b>) -> &'b str| {
        Cells::Picked(Picked::texts(rows.group(group).map(of)))
    };
    vec![
        texts(|row| row.kind),
        texts(|row| row.id),
        texts(|row| row.label),
        texts(|row| row.field),
        texts(|row| row.value),
    ]
}

/// Reads all fields back.
pub(super) fn read(folder: &Path, record: &FileRecord) -> Result<Fields, PlanError> {
    let scan = Scan::open(folder, record, COLUMNS)?;
    let mut fields = Fields::default();
    scan.batches(0, BATCH_ROWS, &mut |batch| {
        for row in 0..batch.rows() {
            read_row(&batch, row, &mut fields)?;
        }
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(fields)
}

fn read_row(batch: &Batch<'_>, row: usize, fields: &mut Fields) -> Result<(), PlanError> {
    let text = |column| batch.needed(column, batch.text(column, row));
    let [kind, id, label, field, value] = [text(0)?, text(1)?, text(2)?, text(3)?, text(4)?];
    let known = fields.add_row(&FieldRow {
        kind: &kind,
        id: &id,
        label: &label,
        field: &field,
        value: &value,
    });
    if known {
        Ok(())
    } else {
        Err(batch.damaged(0, "names a kind that this program does not know"))
    }
}
