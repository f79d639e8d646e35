//! `findings.parquet`: every place of every finding, where the document lists only the first.
//!
//! In: finished findings. Out: one row for each place; a finding without places has one row that
//! names none. Read back in the same order.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use parquet::data_type::ByteArray;

use crate::model::{Code, FileId, Finding, Place, Progress, Severity, Unit};
use crate::plan::FileRecord;
use crate::plan::PlanError;
use crate::plan::folder::FINDINGS_FILE;
use crate::plan::folder::pages::{Choice, NONE, Picked};
use crate::plan::folder::scan::{Batch, Scan};
use crate::plan::folder::table::{Cells, Column, GROUP_ROWS, Group, Kind, Table, write_table};

const CODE: usize = 0;
const SEVERITY: usize = 1;
const ACCEPTED: usize = 2;
const SUBJECT: usize = 3;
const MESSAGE: usize = 4;
const CURE: usize = 5;
const FILE: usize = 6;
const ROW: usize = 7;
const LINE: usize = 8;
const COLUMN: usize = 9;
const CELL: usize = 10;

const COLUMNS: &[Column] = &[
    Column::new("code", Kind::Text).repeating(),
    Column::new("severity", Kind::Text).repeating(),
    Column::new("accepted", Kind::Flag),
    Column::new("subject", Kind::Text).repeating(),
    Column::new("message", Kind::Text).repeating(),
    Column::new("cure", Kind::Text).repeating(),
    Column::new("file", Kind::Number).optional().repeating(),
    Column::new("row", Kind::Whole).optional().rising(),
    Column::new("line", Kind::Whole).optional().rising(),
    Column::new("column", Kind::Number).optional().repeating(),
    Column::new("cell", Kind::Text).optional().repeating(),
];

/// Rows that are read at once.
const BATCH_ROWS: usize = 8_192;

/// One place of one finding, as read back. Rows of one finding follow each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlaceRow {
    /// The finding's code.
    pub code: Code,
    /// How grave it is.
    pub severity: Severity,
    /// Whether the manifest accepts it.
    pub accepted: bool,
    /// Whom or what it is about.
    pub subject: Arc<str>,
    /// What was found.
    pub message: Arc<str>,
    /// What to do.
    pub cure: Arc<str>,
    /// The place; `None` for a finding that has none.
    pub place: Option<Place>,
}

/// Writes all findings.
pub(super) fn write(
    folder: &Path,
    findings: &[Finding],
    progress: &dyn Progress,
) -> Result<FileRecord, PlanError> {
    let rows = Rows::of(findings);
    let step = progress.begin(
        &format!("write {FINDINGS_FILE}"),
        Unit::Rows,
        Some(rows.len as u64),
    );
    let table = Table {
        columns: COLUMNS,
        groups: rows.len.div_ceil(GROUP_ROWS),
        fill: &|group| Ok(rows.cells(group)),
    };
    let (blake3, rows) = write_table(&folder.join(FINDINGS_FILE), &table, step.as_ref())?;
    Ok(FileRecord {
        path: FINDINGS_FILE.to_owned(),
        blake3,
        rows,
    })
}

/// Findings as rows: where each begins among them.
struct Rows<'a> {
    findings: &'a [Finding],
    starts: Vec<usize>,
    len: usize,
}

impl<'a> Rows<'a> {
    fn of(findings: &'a [Finding]) -> Self {
        let mut len = 0;
        let starts = findings
            .iter()
            .map(|finding| {
                let start = len;
                len += finding.places.len().max(1);
                start
            })
            .collect();
        Self {
            findings,
            starts,
            len,
        }
    }

    fn cells(&self, group: usize) -> Group {
        let mut columns = Columns::default();
        let end = self.len.min((group + 1) * GROUP_ROWS);
        let mut row = group * GROUP_ROWS;
        let mut at = self.starts.partition_point(|start| *start <= row) - 1;
        while row < end {
            let finding = &self.findings[at];
            let next = self.starts.get(at + 1).copied().unwrap_or(self.len);
            let skip = row - self.starts[at];
            columns.push(finding, skip, next.min(end) - row);
            row = next;
            at += 1;
        }
        columns.finish()
    }
}

#[derive(Default)]
struct Columns {
    /// One for each finding.
    texts: [Vec<String>; 5],
    accepted: Vec<Option<bool>>,
    /// Which finding each row is of.
    findings: Vec<u32>,
    files: Vec<Option<u16>>,
    rows: Wholes,
    lines: Wholes,
    /// The columns of the places.
    places: Vec<Option<u16>>,
    /// By row: few places have one.
    cells: Vec<(usize, ByteArray)>,
}

/// Whole numbers, of which hardly any are lacking.
#[derive(Default)]
struct Wholes {
    list: Vec<i64>,
    /// The rows that lack one, for which a 0 stands in the list.
    lacking: Vec<usize>,
}

impl Wholes {
    fn push(&mut self, value: Option<u64>) {
        let value = value.and_then(|value| i64::try_from(value).ok());
        if value.is_none() {
            self.lacking.push(self.list.len());
        }
        self.list.push(value.unwrap_or(0));
    }

    /// Adds so many that count on from the first.
    fn count_on(&mut self, first: u64, count: usize) {
        let first = i64::try_from(first).unwrap_or(i64::MAX);
        self.list.extend((first..).take(count));
    }

    fn finish(self) -> Cells {
        if self.lacking.is_empty() {
            return Cells::AllWhole(self.list);
        }
        let mut cells: Vec<Option<i64>> = self.list.into_iter().map(Some).collect();
        for row in self.lacking {
            cells[row] = None;
        }
        Cells::Whole(cells)
    }
}

impl Columns {
    /// Adds `count` rows of a finding, its first `skip` places left out.
    fn push(&mut self, finding: &Finding, skip: usize, count: usize) {
        let texts = [
            finding.code.as_str(),
            finding.severity().word(),
            &finding.subject,
            &finding.message,
            &finding.cure,
        ];
        let pick = u32::try_from(self.texts[0].len()).unwrap_or(NONE);
        for (column, text) in self.texts.iter_mut().zip(texts) {
            column.push(text.to_owned());
        }
        let rows = self.findings.len() + count;
        self.findings.resize(rows, pick);
        self.accepted.resize(rows, Some(finding.accepted));
        let first = self.files.len();
        let cells = finding.places.cells(skip, count);
        self.cells
            .extend(cells.map(|(index, cell)| (first + index, cell.into())));
        for (place, neighbours) in finding.places.runs(skip, count) {
            let rows = self.files.len() + neighbours;
            self.files.resize(rows, Some(place.file.0));
            self.rows.count_on(place.row, neighbours);
            self.lines.count_on(place.line, neighbours);
            self.places.resize(rows, place.column);
        }
        if self.files.len() < rows {
            self.files.push(None);
            self.rows.push(None);
            self.lines.push(None);
            self.places.push(None);
        }
    }

    fn finish(self) -> Group {
        let picked = |texts: Vec<String>| {
            Cells::Picked(Picked {
                choice: Choice::Texts(texts),
                picks: self.findings.clone(),
            })
        };
        let [code, severity, subject, message, cure] = self.texts.map(picked);
        let rows = self.findings.len();
        vec![
            code,
            severity,
            Cells::Flag(self.accepted),
            subject,
            message,
            cure,
            Cells::Picked(numbered(&self.files)),
            self.rows.finish(),
            self.lines.finish(),
            Cells::Picked(numbered(&self.places)),
            cell_texts(self.cells, rows),
        ]
    }
}

/// The texts of so many rows, most of which have none.
fn cell_texts(given: Vec<(usize, ByteArray)>, rows: usize) -> Cells {
    if given.is_empty() {
        return Cells::Picked(Picked {
            choice: Choice::Texts(Vec::new()),
            picks: vec![NONE; rows],
        });
    }
    let mut cells = vec![None; rows];
    for (row, text) in given {
        cells[row] = Some(text);
    }
    Cells::Text(cells)
}

/// Small numbers, each once, in order.
fn numbered(numbers: &[Option<u16>]) -> Picked {
    let distinct: BTreeSet<u16> = numbers
        .chunk_by(Option::eq)
        .filter_map(|same| same[0])
        .collect();
    let values: Vec<u16> = distinct.into_iter().collect();
    let mut picks = Vec::with_capacity(numbers.len());
    for same in numbers.chunk_by(Option::eq) {
        let place = same[0].and_then(|number| values.binary_search(&number).ok());
        let pick = place.map_or(NONE, |place| u32::try_from(place).unwrap_or(NONE));
        picks.resize(picks.len() + same.len(), pick);
    }
    Picked {
        picks,
        choice: Choice::Numbers(values.iter().map(|value| i32::from(*value)).collect()),
    }
}

/// Hands out all rows, in order.
pub(super) fn read(
    folder: &Path,
    record: &FileRecord,
    sink: &mut dyn FnMut(PlaceRow) -> ControlFlow<()>,
) -> Result<(), PlanError> {
    let scan = Scan::open(folder, record, COLUMNS)?;
    let mut shared = [const { None }; 3];
    scan.batches(0, BATCH_ROWS, &mut |batch| {
        for row in 0..batch.rows() {
            if sink(place_row(&batch, row, &mut shared)?).is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
    })
}

/// The texts of the row before, which the next one mostly repeats.
type Shared = [Option<Arc<str>>; 3];

fn place_row(
    batch: &Batch<'_>,
    row: usize,
    [subject, message, cure]: &mut Shared,
) -> Result<PlaceRow, PlanError> {
    let text = |column| batch.needed(column, batch.text(column, row));
    let code: Code = text(CODE)?
        .parse()
        .map_err(|_| batch.damaged(CODE, "names a rule that this program does not know"))?;
    Ok(PlaceRow {
        code,
        severity: severity(batch, &text(SEVERITY)?)?,
        accepted: batch.needed(ACCEPTED, batch.flag(ACCEPTED, row))?,
        subject: share(batch, SUBJECT, row, subject)?,
        message: share(batch, MESSAGE, row, message)?,
        cure: share(batch, CURE, row, cure)?,
        place: place(batch, row)?,
    })
}

fn severity(batch: &Batch<'_>, word: &str) -> Result<Severity, PlanError> {
    [
        Severity::Fatal,
        Severity::Error,
        Severity::Warning,
        Severity::Note,
    ]
    .into_iter()
    .find(|severity| severity.word() == word)
    .ok_or_else(|| batch.damaged(SEVERITY, "is no severity"))
}

fn share(
    batch: &Batch<'_>,
    column: usize,
    row: usize,
    last: &mut Option<Arc<str>>,
) -> Result<Arc<str>, PlanError> {
    let bytes = batch.needed(column, batch.bytes(column, row))?;
    if let Some(text) = last
        && text.as_bytes() == bytes.data()
    {
        return Ok(Arc::clone(text));
    }
    let text: Arc<str> = batch.needed(column, batch.text(column, row))?.into();
    *last = Some(Arc::clone(&text));
    Ok(text)
}

fn place(batch: &Batch<'_>, row: usize) -> Result<Option<Place>, PlanError> {
    let Some(file) = batch.number(FILE, row)? else {
        return Ok(None);
    };
    let file = u16::try_from(file).map_err(|_| batch.damaged(FILE, "is no file's number"))?;
    let whole = |column| {
        let value = batch.needed(column, batch.whole(column, row))?;
        u64::try_from(value).map_err(|_| batch.damaged(column, "is negative"))
    };
    let column = batch.number(COLUMN, row)?;
    let column = column
        .map(u16::try_from)
        .transpose()
        .map_err(|_| batch.damaged(COLUMN, "is no column"))?;
    Ok(Some(Place {
        file: FileId(file),
        row: whole(ROW)?,
        line: whole(LINE)?,
        column,
        cell: batch.text(CELL, row)?,
    }))
}
