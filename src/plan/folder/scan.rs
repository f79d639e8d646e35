//! Tables read back: in the order of their rows, in batches of a size that the caller names.
//!
//! In: a Parquet file whose hash was found right. Out: cells by column; memory is one batch.
//! Whatever the file holds that its columns do not allow is said, and nothing of it is handed out.

use std::fs::File;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::{ByteArray, DataType};
use parquet::errors::{ParquetError, Result as ParquetResult};
use parquet::file::metadata::RowGroupMetaData;
use parquet::file::reader::{FileReader, SerializedFileReader};
use uuid::Uuid;

use crate::model::guarded;
use crate::plan::FileRecord;
use crate::plan::PlanError;
use crate::plan::folder::disk::open_verified;
use crate::plan::folder::table::{Cells, Column, Group};

/// A table opened for reading.
pub(super) struct Scan {
    reader: SerializedFileReader<File>,
    columns: &'static [Column],
    path: PathBuf,
}

impl Scan {
    /// Opens a file of the plan folder, once its hash, columns and number of rows were found right.
    pub(super) fn open(
        folder: &Path,
        record: &FileRecord,
        columns: &'static [Column],
    ) -> Result<Self, PlanError> {
        let path = folder.join(&record.path);
        let file = open_verified(&path, &record.blake3)?;
        let reader = SerializedFileReader::new(file).map_err(|source| PlanError::Table {
            path: path.clone(),
            source,
        })?;
        let scan = Self {
            reader,
            columns,
            path,
        };
        let rows = scan.reader.metadata().file_metadata().num_rows();
        if u64::try_from(rows) != Ok(record.rows) {
            let what = format!("it holds {rows} rows instead of {}", record.rows);
            return Err(scan.damaged(what));
        }
        scan.check_columns()?;
        scan.check_offsets()?;
        Ok(scan)
    }

    /// The error that this file says what it cannot say.
    pub(super) fn damaged(&self, what: String) -> PlanError {
        PlanError::Damaged {
            path: self.path.clone(),
            what,
        }
    }

    fn check_columns(&self) -> Result<(), PlanError> {
        let schema = self.reader.metadata().file_metadata().schema_descr();
        let fits = schema.num_columns() == self.columns.len()
            && self.columns.iter().enumerate().all(|(index, column)| {
                let found = schema.column(index);
                found.name() == column.name
                    && found.physical_type() == column.kind.physical()
                    && (found.max_def_level() == 1) == column.optional
                    && found.max_rep_level() == 0
            });
        if fits {
            return Ok(());
        }
        Err(self.damaged("its columns are not those of this format".to_owned()))
    }

    /// The library takes it for granted that nothing in the file lies before its beginning.
    fn check_offsets(&self) -> Result<(), PlanError> {
        let groups = self.reader.metadata().row_groups().iter();
        let within = groups.flat_map(RowGroupMetaData::columns).all(|column| {
            let dictionary = column.dictionary_page_offset().unwrap_or(0);
            [
                dictionary,
                column.data_page_offset(),
                column.compressed_size(),
            ]
            .iter()
            .all(|number| *number >= 0)
        });
        within
            .then_some(())
            .ok_or_else(|| self.damaged("a column of it lies outside the file".to_owned()))
    }

    /// Hands out all rows after the first `skip` in batches of `size`, the last one smaller.
    pub(super) fn batches(
        &self,
        mut skip: u64,
        size: usize,
        sink: &mut dyn FnMut(Batch<'_>) -> Result<ControlFlow<()>, PlanError>,
    ) -> Result<(), PlanError> {
        let mut pending = self.empty();
        for group in 0..self.reader.num_row_groups() {
            let rows = self.reader.metadata().row_group(group).num_rows();
            let rows = u64::try_from(rows).unwrap_or(0);
            if skip >= rows {
                skip -= rows;
                continue;
            }
            let mut columns = self.group_columns(group, skip)?;
            let mut left = rows - skip;
            skip = 0;
            while left > 0 {
                let wanted = size.max(1) - pending[0].len();
                let wanted = wanted.min(usize::try_from(left).unwrap_or(usize::MAX));
                self.read(&mut columns, wanted, &mut pending)?;
                left -= wanted as u64;
                if pending[0].len() < size {
                    continue;
                }
                let full = std::mem::replace(&mut pending, self.empty());
                if self.hand_out(full, sink)?.is_break() {
                    return Ok(());
                }
            }
        }
        if pending[0].len() > 0 {
            let _last = self.hand_out(pending, sink)?;
        }
        Ok(())
    }

    fn empty(&self) -> Group {
        self.columns
            .iter()
            .map(|column| Cells::of(column.kind))
            .collect()
    }

    fn hand_out(
        &self,
        cells: Group,
        sink: &mut dyn FnMut(Batch<'_>) -> Result<ControlFlow<()>, PlanError>,
    ) -> Result<ControlFlow<()>, PlanError> {
        sink(Batch { scan: self, cells })
    }

    fn group_columns(&self, group: usize, skip: u64) -> Result<Vec<ColumnReader>, PlanError> {
        let open = || -> ParquetResult<Vec<ColumnReader>> {
            let group = self.reader.get_row_group(group)?;
            let skip = usize::try_from(skip).unwrap_or(usize::MAX);
            (0..self.columns.len())
                .map(|index| {
                    let mut column = group.get_column_reader(index)?;
                    skip_rows(&mut column, skip)?;
                    Ok(column)
                })
                .collect()
        };
        decoded(open).map_err(|source| self.failed(source))
    }

    fn read(
        &self,
        columns: &mut [ColumnReader],
        rows: usize,
        cells: &mut Group,
    ) -> Result<(), PlanError> {
        for (column, cells) in columns.iter_mut().zip(cells) {
            let read = decoded(|| read_column(column, rows, cells));
            read.map_err(|source| self.failed(source))?;
        }
        Ok(())
    }

    fn failed(&self, source: ParquetError) -> PlanError {
        PlanError::Table {
            path: self.path.clone(),
            source,
        }
    }
}

/// What the library makes of pages, which it may break on where they are not what anybody writes.
fn decoded<T>(read: impl FnOnce() -> ParquetResult<T>) -> ParquetResult<T> {
    guarded(read).unwrap_or_else(|words| Err(ParquetError::General(words)))
}

fn skip_rows(column: &mut ColumnReader, rows: usize) -> ParquetResult<()> {
    if rows == 0 {
        return Ok(());
    }
    match column {
        ColumnReader::FixedLenByteArrayColumnReader(reader) => reader.skip_records(rows),
        ColumnReader::Int64ColumnReader(reader) => reader.skip_records(rows),
        ColumnReader::Int32ColumnReader(reader) => reader.skip_records(rows),
        ColumnReader::BoolColumnReader(reader) => reader.skip_records(rows),
        ColumnReader::ByteArrayColumnReader(reader) => reader.skip_records(rows),
        _ => Err(ParquetError::General("cells of another kind".to_owned())),
    }
    .map(|_| ())
}

fn read_column(column: &mut ColumnReader, rows: usize, cells: &mut Cells) -> ParquetResult<()> {
    match (column, cells) {
        (ColumnReader::FixedLenByteArrayColumnReader(reader), Cells::Id(cells)) => {
            take(reader, rows, cells, |bytes| {
                Uuid::from_slice(bytes.data()).map_err(|error| ParquetError::External(error.into()))
            })
        }
        (ColumnReader::Int64ColumnReader(reader), Cells::Whole(cells)) => {
            take(reader, rows, cells, Ok)
        }
        (ColumnReader::Int32ColumnReader(reader), Cells::Number(cells)) => {
            take(reader, rows, cells, Ok)
        }
        (ColumnReader::BoolColumnReader(reader), Cells::Flag(cells)) => {
            take(reader, rows, cells, Ok)
        }
        (ColumnReader::ByteArrayColumnReader(reader), Cells::Text(cells)) => {
            take(reader, rows, cells, Ok)
        }
        _ => Err(ParquetError::General("cells of another kind".to_owned())),
    }
}

/// Reads `rows` rows of one column onto the end of `cells`.
fn take<T: DataType, V>(
    reader: &mut ColumnReaderImpl<T>,
    rows: usize,
    cells: &mut Vec<Option<V>>,
    convert: impl Fn(T::T) -> ParquetResult<V>,
) -> ParquetResult<()> {
    let mut levels: Vec<i16> = Vec::new();
    let mut values: Vec<T::T> = Vec::with_capacity(rows);
    let (read, _, _) = reader.read_records(rows, Some(&mut levels), None, &mut values)?;
    if read != rows {
        return Err(ParquetError::EOF(format!(
            "{read} rows where {rows} must be"
        )));
    }
    let mut values = values.into_iter();
    if levels.is_empty() {
        for value in values {
            cells.push(Some(convert(value)?));
        }
        return Ok(());
    }
    for level in levels {
        let value = if level == 0 { None } else { values.next() };
        cells.push(value.map(&convert).transpose()?);
    }
    Ok(())
}

/// Some rows of a table, by column.
pub(super) struct Batch<'a> {
    scan: &'a Scan,
    cells: Group,
}

macro_rules! cell_getters {
    ($($(#[$doc:meta])* $name:ident: $variant:ident -> $type:ty;)+) => {$(
        $(#[$doc])*
        pub(super) fn $name(&self, column: usize, row: usize) -> Result<Option<$type>, PlanError> {
            match &self.cells[column] {
                Cells::$variant(cells) => Ok(cells[row].clone()),
                _ => Err(self.damaged(column, "is of another kind")),
            }
        }
    )+};
}

impl Batch<'_> {
    /// How many rows.
    pub(super) fn rows(&self) -> usize {
        self.cells[0].len()
    }

    cell_getters! {
        /// The id at a place.
        id: Id -> Uuid;
        /// The whole number at a place.
        whole: Whole -> i64;
        /// The small number at a place.
        number: Number -> i32;
        /// The flag at a place.
        flag: Flag -> bool;
        /// The bytes of the text at a place.
        bytes: Text -> ByteArray;
    }

    /// The text at a place.
    pub(super) fn text(&self, column: usize, row: usize) -> Result<Option<String>, PlanError> {
        let Some(bytes) = self.bytes(column, row)? else {
            return Ok(None);
        };
        match bytes.as_utf8() {
            Ok(text) => Ok(Some(text.to_owned())),
            Err(_) => Err(self.damaged(column, "is not UTF-8")),
        }
    }

    /// A value that must be there.
    pub(super) fn needed<T>(
        &self,
        column: usize,
        value: Result<Option<T>, PlanError>,
    ) -> Result<T, PlanError> {
        value?.ok_or_else(|| self.damaged(column, "is empty where a value must be"))
    }

    /// The error that a column says what it cannot say.
    pub(super) fn damaged(&self, column: usize, what: &str) -> PlanError {
        let name = self.scan.columns[column].name;
        self.scan.damaged(format!("its column `{name}` {what}"))
    }
}
