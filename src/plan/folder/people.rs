//! `readiness.parquet` and the folder `handover/`: what a plan says of people beside its changes.
//!
//! In: a [`PeopleReport`]. Out: one row for each person in scope, sorted as given, and a CSV for each list that
//! has rows, as the administrator's own tools take it. Both are hashed into the document, so that what is handed
//! over is known to belong to this plan.

use std::ops::ControlFlow;
use std::path::Path;

use crate::model::{
    Answer, GoLiveStep, HandOver, HandOverKind, Progress, Progressed, Readiness, Standing, Unit,
    guard_cell,
};
use crate::plan::FileRecord;
use crate::plan::HandOverRecord;
use crate::plan::PlanError;
use crate::plan::ReadinessCount;
use crate::plan::ReadinessRecord;
use crate::plan::StepRecord;
use crate::plan::folder::HAND_OVER_FOLDER;
use crate::plan::folder::READINESS_FILE;
use crate::plan::folder::disk;
use crate::plan::folder::pages::Picked;
use crate::plan::folder::scan::{Batch, Scan};
use crate::plan::folder::table::{Cells, Column, GROUP_ROWS, Group, Kind, Table, write_table};

const COLUMNS: &[Column] = &[
    Column::new("user", Kind::Id).optional(),
    Column::new("upn", Kind::Text),
    Column::new("name", Kind::Text),
    Column::new("today", Kind::Text).repeating(),
    Column::new("today_why", Kind::Text).repeating(),
    Column::new("after_plan", Kind::Text).repeating(),
    Column::new("after_plan_why", Kind::Text).repeating(),
    Column::new("after_hand_over", Kind::Text).repeating(),
    Column::new("after_hand_over_why", Kind::Text).repeating(),
];

/// Rows that are read at once.
const BATCH_ROWS: usize = 8_192;

/// People whom the Microsoft 365 admin centre takes in one file of its bulk template.
const PEOPLE_IN_ONE_FILE: usize = 249;

/// What Entra's bulk template has before its header.
const GROUP_TEMPLATE: &str = "version:v1.0\n";

/// One row of the readiness file, as read back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadinessRow {
    /// UPN.
    pub upn: String,
    /// Name.
    pub name: String,
    /// Answer and reasons today, after the plan, and after the hand-over.
    pub moments: [(String, String); 3],
}

/// Writes who is ready.
pub(super) fn write_readiness(
    folder: &Path,
    people: &[Readiness],
    progress: &dyn Progress,
) -> Result<FileRecord, PlanError> {
    let title = format!("write {READINESS_FILE}");
    let step = progress.begin(&title, Unit::Rows, Some(people.len() as u64));
    let table = Table {
        columns: COLUMNS,
        groups: people.len().div_ceil(GROUP_ROWS),
        fill: &|group| {
            let start = group * GROUP_ROWS;
            let end = people.len().min(start + GROUP_ROWS);
            Ok(cells(&people[start..end]))
        },
    };
    let (blake3, rows) = write_table(&folder.join(READINESS_FILE), &table, step.as_ref())?;
    Ok(FileRecord {
        path: READINESS_FILE.to_owned(),
        blake3,
        rows,
    })
}

fn cells(people: &[Readiness]) -> Group {
    let mut group = vec![
        Cells::Id(
            people
                .iter()
                .map(|one| one.user.map(|user| user.0))
                .collect(),
        ),
        Cells::texts(people.iter().map(|one| one.upn.as_str())),
        Cells::texts(people.iter().map(|one| one.name.as_str())),
    ];
    let moments: [fn(&Readiness) -> &Standing; 3] = [
        |one| &one.today,
        |one| &one.after_plan,
        |one| &one.after_hand_over,
    ];
    for moment in moments {
        let answers = people.iter().map(|one| moment(one).answer().word());
        group.push(Cells::Picked(Picked::texts(answers)));
        let why: Vec<String> = people.iter().map(|one| moment(one).words()).collect();
        group.push(Cells::Picked(Picked::texts(why.iter().map(String::as_str))));
    }
    group
}

/// Hands out who is ready, in the order in which it was written.
pub(super) fn read_readiness(
    folder: &Path,
    record: &FileRecord,
    sink: &mut dyn FnMut(ReadinessRow),
) -> Result<(), PlanError> {
    let scan = Scan::open(folder, record, COLUMNS)?;
    scan.batches(0, BATCH_ROWS, &mut |batch| {
        for row in 0..batch.rows() {
            sink(read_row(&batch, row)?);
        }
        Ok(ControlFlow::Continue(()))
    })
}

fn read_row(batch: &Batch<'_>, row: usize) -> Result<ReadinessRow, PlanError> {
    let text = |column| batch.needed(column, batch.text(column, row));
    Ok(ReadinessRow {
        upn: text(1)?,
        name: text(2)?,
        moments: [
            (text(3)?, text(4)?),
            (text(5)?, text(6)?),
            (text(7)?, text(8)?),
        ],
    })
}

/// How many people are ready when, and why the others are not.
pub(super) fn readiness_record(people: &[Readiness], file: FileRecord) -> ReadinessRecord {
    ReadinessRecord {
        file,
        today: count(people.iter().map(|one| &one.today)),
        after_plan: count(people.iter().map(|one| &one.after_plan)),
        after_hand_over: count(people.iter().map(|one| &one.after_hand_over)),
    }
}

fn count<'a>(standings: impl Iterator<Item = &'a Standing>) -> ReadinessCount {
    let mut count = ReadinessCount::default();
    for standing in standings {
        *match standing.answer() {
            Answer::Yes => &mut count.yes,
            Answer::No => &mut count.no,
            Answer::NotKnown => &mut count.not_known,
        } += 1;
        for obstacle in &standing.obstacles {
            *count.reasons.entry(obstacle.words()).or_default() += 1;
        }
    }
    count
}

/// The steps of go-live, each with the files of its list.
pub(super) fn step_records(steps: &[GoLiveStep], lists: &[HandOverRecord]) -> Vec<StepRecord> {
    let files = |kind: HandOverKind| {
        let of_kind = lists.iter().filter(move |list| list.what == kind.words());
        of_kind.map(|list| list.file.path.clone())
    };
    let record = |step: &GoLiveStep| {
        let (state, open) = match step.state {
            Progressed::Done => ("done", 0),
            Progressed::Open(open) => ("open", open),
            Progressed::NotKnown => ("not known", 0),
        };
        StepRecord {
            title: step.title.clone(),
            whose: step.whose.clone(),
            state: state.to_owned(),
            open,
            files: step.list.into_iter().flat_map(files).collect(),
            why: step.why.clone(),
        }
    };
    steps.iter().map(record).collect()
}

/// Writes every list that has rows; one that its tool does not take whole goes into several files.
pub(super) fn write_hand_over(
    folder: &Path,
    lists: &[HandOver],
) -> Result<Vec<HandOverRecord>, PlanError> {
    let mut records = Vec::new();
    if lists.is_empty() {
        return Ok(records);
    }
    let inside = folder.join(HAND_OVER_FOLDER);
    disk::private_folder(&inside)?;
    for list in lists {
        let size = match list.kind {
            HandOverKind::PeopleToCreate => PEOPLE_IN_ONE_FILE,
            _ => usize::MAX,
        };
        for (number, rows) in list.rows.chunks(size).enumerate() {
            let name = match number {
                0 => format!("{}.csv", list.kind.file()),
                more => format!("{}-{}.csv", list.kind.file(), more + 1),
            };
            let path = inside.join(&name);
            let bytes =
                table(list.kind, rows).map_err(|source| disk::write_error(&path, source))?;
            disk::write_file(&path, &bytes)?;
            records.push(HandOverRecord {
                what: list.kind.words().to_owned(),
                whose: list.kind.whose().to_owned(),
                instruction: list.kind.instruction().to_owned(),
                file: FileRecord {
                    path: format!("{HAND_OVER_FOLDER}/{name}"),
                    blake3: blake3::hash(&bytes).to_hex().to_string(),
                    rows: rows.len() as u64,
                },
            });
        }
    }
    disk::sync_folder(&inside)?;
    Ok(records)
}

fn table(kind: HandOverKind, rows: &[Vec<String>]) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if kind == HandOverKind::GroupMembersToAdd {
        bytes.extend(GROUP_TEMPLATE.bytes());
    }
    let mut writer = csv::Writer::from_writer(&mut bytes);
    writer.write_record(kind.columns())?;
    for row in rows {
        debug_assert_eq!(
            row.len(),
            kind.columns().len(),
            "{kind:?}: a row of other columns"
        );
        writer.write_record(row.iter().map(|cell| safe_cell(cell).into_owned()))?;
    }
    writer.flush()?;
    drop(writer);
    Ok(bytes)
}

/// A cell that starts no formula. A phone number may begin with `+`: no spreadsheet makes anything of it, and
/// the tools that take these files would keep a `'` as part of the number.
fn safe_cell(cell: &str) -> std::borrow::Cow<'_, str> {
    let phone = cell.strip_prefix('+').is_some_and(|rest| {
        let sign =
            |sign: char| sign.is_ascii_digit() || matches!(sign, ' ' | '(' | ')' | '.' | '/');
        !rest.is_empty() && rest.chars().all(sign)
    });
    if phone { cell.into() } else { guard_cell(cell) }
}

#[cfg(test)]
mod tests {
    use super::{safe_cell, table};
    use crate::model::HandOverKind;

    #[test]
    #[rustfmt::skip] // keeps the columns of the table
    fn cells_that_start_no_formula() {
        check("a phone number",    "+49 (30) 123.45",   "+49 (30) 123.45");
        check("a formula",         "+1+HYPERLINK(\"\")", "'+1+HYPERLINK(\"\")");
        check("a sum",             "+1-2",              "'+1-2");
        check("another formula",   "=1",                "'=1");
        check("plain",             "Ana",               "Ana");
    }

    #[track_caller]
    fn check(case: &str, cell: &str, expected: &str) {
        assert_eq!(safe_cell(cell), expected, "case: {case}");
    }

    #[test]
    fn the_template_of_a_group_has_its_version_first() {
        let rows = [vec!["ana@contoso.com".to_owned()]];
        let bytes = table(HandOverKind::GroupMembersToAdd, &rows).unwrap();
        assert_eq!(
            String::from_utf8(bytes).unwrap(),
            "version:v1.0\nMember object ID or user principal name [memberObjectIdOrUpn] Required\n\
             ana@contoso.com\n"
        );
    }

    #[test]
    fn no_list_has_a_column_for_passwords() {
        for kind in HandOverKind::ALL {
            let mut columns = kind.columns().iter();
            let secret = columns.any(|column| column.to_lowercase().contains("password"));
            assert!(!secret, "{}", kind.file());
        }
    }
}
