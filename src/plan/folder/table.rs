//! Tables as Parquet files: written from all cores, the same bytes on any number of them.
//!
//! In: columns and a function that fills one group of rows. Out: a file without compression, clock
//! or version in it, and its hash. Row groups have a fixed size, each is encoded on its own in memory,
//! and one writer strings them together in order, so that the number of threads shows nowhere.
//! Reading back is `scan.rs`'s affair; what the columns mean, their owner's.

use std::fs::File;
use std::io::{self, BufWriter};
use std::path::Path;
use std::sync::Arc;

use parquet::basic::{Encoding, LogicalType, Repetition, Type as Physical};
use parquet::column::writer::{
    ColumnCloseResult, ColumnWriter, ColumnWriterImpl, get_column_writer,
};
use parquet::data_type::{ByteArray, DataType, FixedLenByteArray};
use parquet::errors::{ParquetError, Result as ParquetResult};
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterPropertiesPtr};
use parquet::file::reader::ChunkReader;
use parquet::file::writer::{SerializedFileWriter, SerializedPageWriter, TrackedWrite};
use parquet::schema::types::{ColumnPath, SchemaDescPtr, SchemaDescriptor, Type, TypePtr};
use rayon::prelude::*;
use uuid::Uuid;

use crate::model::Step;
use crate::plan::PlanError;
use crate::plan::folder::disk::HashedFile;
use crate::plan::folder::pages::{Picked, picked, plain_ids};

/// Rows of every row group but the last: small enough that a few fit into memory per core, large
/// enough that a reader of the file is not slowed by them. Tests have few rows, and several groups.
pub(super) const GROUP_ROWS: usize = if cfg!(test) { 7 } else { 131_072 };

/// What every file says it was made by; no version, so that a new release changes no plan.
const CREATED_BY: &str = "cutover";

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// 16 bytes, a GUID.
    Id,
    /// 64 bits, signed.
    Whole,
    /// 32 bits, signed.
    Number,
    /// Yes or no.
    Flag,
    /// UTF-8.
    Text,
}

impl Kind {
    /// The type on disk.
    pub(super) fn physical(self) -> Physical {
        match self {
            Self::Id => Physical::FIXED_LEN_BYTE_ARRAY,
            Self::Whole => Physical::INT64,
            Self::Number => Physical::INT32,
            Self::Flag => Physical::BOOLEAN,
            Self::Text => Physical::BYTE_ARRAY,
        }
    }
}

/// How a column's values lie on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Layout {
    Plain,
    /// Few values that repeat.
    Dictionary,
    /// Numbers that differ little from the one before.
    Rising,
}

/// A column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Column {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) optional: bool,
    layout: Layout,
}

impl Column {
    /// A column that has a value in every row.
    pub(super) const fn new(name: &'static str, kind: Kind) -> Self {
        Self {
            name,
            kind,
            optional: false,
            layout: Layout::Plain,
        }
    }

    /// The column, where a row may have no value.
    pub(super) const fn optional(self) -> Self {
        Self {
            optional: true,
            ..self
        }
    }

    /// The column, where few values repeat.
    pub(super) const fn repeating(self) -> Self {
        Self {
            layout: Layout::Dictionary,
            ..self
        }
    }

    /// The column of whole numbers, where each differs little from the one before. Its least and
    /// greatest value are kept with each row group.
    pub(super) const fn rising(self) -> Self {
        Self {
            layout: Layout::Rising,
            ..self
        }
    }
}

/// The values of one column in some rows.
#[derive(Clone, Debug)]
pub(super) enum Cells {
    Id(Vec<Option<Uuid>>),
    /// Ids that no row lacks, 16 bytes each.
    PlainIds(Vec<u8>),
    /// Values picked out of few.
    Picked(Picked),
    Whole(Vec<Option<i64>>),
    /// Whole numbers that no row lacks.
    AllWhole(Vec<i64>),
    Number(Vec<Option<i32>>),
    Flag(Vec<Option<bool>>),
    Text(Vec<Option<ByteArray>>),
}

impl Cells {
    /// No values yet, of that kind.
    pub(super) fn of(kind: Kind) -> Self {
        match kind {
            Kind::Id => Self::Id(Vec::new()),
            Kind::Whole => Self::Whole(Vec::new()),
            Kind::Number => Self::Number(Vec::new()),
            Kind::Flag => Self::Flag(Vec::new()),
            Kind::Text => Self::Text(Vec::new()),
        }
    }

    /// Texts, none of them absent.
    pub(super) fn texts<'a>(values: impl Iterator<Item = &'a str>) -> Self {
        Self::optional_texts(values.map(Some))
    }

    /// Texts that may be absent.
    pub(super) fn optional_texts<'a>(values: impl Iterator<Item = Option<&'a str>>) -> Self {
        let mut bytes = Vec::new();
        let lengths: Vec<Option<usize>> = values
            .map(|text| {
                let text = text?;
                bytes.extend_from_slice(text.as_bytes());
                Some(text.len())
            })
            .collect();
        Self::Text(slices(bytes, lengths.into_iter()))
    }

    /// How many rows.
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Id(cells) => cells.len(),
            Self::PlainIds(bytes) => bytes.len() / 16,
            Self::Picked(cells) => cells.picks.len(),
            Self::AllWhole(cells) => cells.len(),
            Self::Whole(cells) => cells.len(),
            Self::Number(cells) => cells.len(),
            Self::Flag(cells) => cells.len(),
            Self::Text(cells) => cells.len(),
        }
    }
}

/// Values of all columns of a table in some rows, in the order of the columns.
pub(super) type Group = Vec<Cells>;

/// A table to be written.
pub(super) struct Table<'a> {
    pub(super) columns: &'static [Column],
    pub(super) groups: usize,
    /// The rows of a group, by its number; asked on any thread, in any order, once each.
    pub(super) fill: &'a (dyn Fn(usize) -> io::Result<Group> + Sync),
}

/// Writes a table to a new file; says its hash and how many rows it has.
pub(super) fn write_table(
    path: &Path,
    table: &Table<'_>,
    step: &dyn Step,
) -> Result<(String, u64), PlanError> {
    let file = HashedFile::create(path)?;
    let failed = |source: ParquetError| PlanError::Table {
        path: path.to_owned(),
        source,
    };
    let schema = schema_of(table.columns).map_err(failed)?;
    let properties = Arc::new(properties_of(table.columns));
    let mut writer =
        SerializedFileWriter::new(file, schema.clone(), Arc::clone(&properties)).map_err(failed)?;
    let encoder = Encoder {
        schema: Arc::new(SchemaDescriptor::new(schema)),
        properties,
        columns: table.columns,
    };
    let rows = write_groups(&mut writer, table, &encoder, step).map_err(failed)?;
    let file = writer.into_inner().map_err(failed)?;
    Ok((HashedFile::close(file, path)?, rows))
}

type Writer = SerializedFileWriter<BufWriter<HashedFile>>;
type Encoded = Vec<(Vec<u8>, ColumnCloseResult)>;

/// Writes one window of groups while the next is encoded: at most two windows are in memory.
fn write_groups(
    writer: &mut Writer,
    table: &Table<'_>,
    encoder: &Encoder,
    step: &dyn Step,
) -> ParquetResult<u64> {
    let window = rayon::current_num_threads();
    let mut rows = 0;
    let mut ready: Vec<Encoded> = Vec::new();
    for start in (0..table.groups).step_by(window) {
        let end = table.groups.min(start + window);
        let encode = || -> ParquetResult<Vec<Encoded>> {
            let groups = (start..end).into_par_iter();
            groups
                .map(|group| encoder.group((table.fill)(group)?))
                .collect()
        };
        let (written, next) = rayon::join(|| append(writer, ready, step), encode);
        rows += written?;
        ready = next?;
    }
    Ok(rows + append(writer, ready, step)?)
}

fn append(writer: &mut Writer, groups: Vec<Encoded>, step: &dyn Step) -> ParquetResult<u64> {
    let mut rows = 0;
    for columns in groups {
        let mut group = writer.next_row_group()?;
        let in_group = columns.first().map_or(0, |(_, close)| close.rows_written);
        for (bytes, close) in columns {
            let bytes = shared(<File as ChunkReader>::get_bytes, bytes);
            group.append_column(&bytes, close)?;
        }
        group.close()?;
        rows += in_group;
        step.advance(in_group);
    }
    Ok(rows)
}

/// Bytes as the buffer type that Parquet's readers hand out; taken from one of their signatures,
/// because the crate has no name of its own for it.
fn shared<B: From<Vec<u8>>>(
    _reader: impl Fn(&File, u64, usize) -> ParquetResult<B>,
    bytes: Vec<u8>,
) -> B {
    B::from(bytes)
}

struct Encoder {
    schema: SchemaDescPtr,
    properties: WriterPropertiesPtr,
    columns: &'static [Column],
}

impl Encoder {
    fn group(&self, cells: Group) -> ParquetResult<Encoded> {
        if cells.len() != self.columns.len() {
            return Err(ParquetError::General("a column is missing".to_owned()));
        }
        cells
            .into_par_iter()
            .enumerate()
            .map(|(index, cells)| self.column(index, cells))
            .collect()
    }

    fn column(&self, index: usize, cells: Cells) -> ParquetResult<(Vec<u8>, ColumnCloseResult)> {
        let optional = self.columns[index].optional;
        match cells {
            Cells::PlainIds(ids) if !optional => plain_ids(self.schema.column(index), ids),
            Cells::Picked(cells) if cells.has_values() => {
                picked(self.schema.column(index), optional, &cells)
            }
            cells => self.each(index, &cells),
        }
    }

    /// Writes a column value by value.
    fn each(&self, index: usize, cells: &Cells) -> ParquetResult<(Vec<u8>, ColumnCloseResult)> {
        let mut sink = TrackedWrite::new(Vec::new());
        let pages = Box::new(SerializedPageWriter::new(&mut sink));
        let column = self.schema.column(index);
        let optional = self.columns[index].optional;
        let mut writer = get_column_writer(column, Arc::clone(&self.properties), pages);
        match (&mut writer, cells) {
            (ColumnWriter::FixedLenByteArrayColumnWriter(writer), Cells::Id(cells)) => {
                put(writer, optional, &ids(cells))?;
            }
            (ColumnWriter::Int64ColumnWriter(writer), Cells::Whole(cells)) => {
                put(writer, optional, cells)?;
            }
            (ColumnWriter::Int64ColumnWriter(writer), Cells::AllWhole(cells)) => {
                let levels = optional.then(|| vec![1; cells.len()]);
                writer.write_batch(cells, levels.as_deref(), None)?;
            }
            (writer, Cells::Picked(cells)) if optional => {
                put_nothing(writer, cells.picks.len())?;
            }
            (ColumnWriter::Int32ColumnWriter(writer), Cells::Number(cells)) => {
                put(writer, optional, cells)?;
            }
            (ColumnWriter::BoolColumnWriter(writer), Cells::Flag(cells)) => {
                put(writer, optional, cells)?;
            }
            (ColumnWriter::ByteArrayColumnWriter(writer), Cells::Text(cells)) => {
                put(writer, optional, cells)?;
            }
            _ => return Err(ParquetError::General("cells of another kind".to_owned())),
        }
        let close = writer.close()?;
        Ok((sink.into_inner()?, close))
    }
}

/// Values as slices of one buffer, which is one allocation instead of one for each.
fn slices(bytes: Vec<u8>, lengths: impl Iterator<Item = Option<usize>>) -> Vec<Option<ByteArray>> {
    let buffer = ByteArray::from(bytes);
    let mut start = 0;
    lengths
        .map(|length| {
            let length = length?;
            let slice = buffer.slice(start, length);
            start += length;
            Some(slice)
        })
        .collect()
}

fn ids(cells: &[Option<Uuid>]) -> Vec<Option<FixedLenByteArray>> {
    let given = cells.iter().flatten();
    let bytes: Vec<u8> = given.flat_map(|id| *id.as_bytes()).collect();
    let slices = slices(bytes, cells.iter().map(|cell| cell.map(|_| 16)));
    let ids = slices.into_iter();
    ids.map(|slice| slice.map(FixedLenByteArray::from))
        .collect()
}

fn put<T: DataType>(
    writer: &mut ColumnWriterImpl<'_, T>,
    optional: bool,
    cells: &[Option<T::T>],
) -> ParquetResult<()>
where
    T::T: Clone,
{
    let values: Vec<T::T> = cells.iter().flatten().cloned().collect();
    if optional {
        let levels: Vec<i16> = cells.iter().map(|cell| i16::from(cell.is_some())).collect();
        writer.write_batch(&values, Some(&levels), None)?;
    } else if values.len() == cells.len() {
        writer.write_batch(&values, None, None)?;
    } else {
        return Err(ParquetError::General("a needed cell is empty".to_owned()));
    }
    Ok(())
}

/// Writes rows that have no value.
fn put_nothing(writer: &mut ColumnWriter<'_>, rows: usize) -> ParquetResult<()> {
    let levels = vec![0; rows];
    let levels = Some(&levels[..]);
    match writer {
        ColumnWriter::FixedLenByteArrayColumnWriter(writer) => {
            writer.write_batch(&[], levels, None)
        }
        ColumnWriter::Int32ColumnWriter(writer) => writer.write_batch(&[], levels, None),
        ColumnWriter::ByteArrayColumnWriter(writer) => writer.write_batch(&[], levels, None),
        _ => return Err(ParquetError::General("cells of another kind".to_owned())),
    }
    .map(|_| ())
}

/// The schema of some columns.
fn schema_of(columns: &[Column]) -> ParquetResult<TypePtr> {
    let fields = columns.iter().map(|column| {
        let repetition = if column.optional {
            Repetition::OPTIONAL
        } else {
            Repetition::REQUIRED
        };
        let field = Type::primitive_type_builder(column.name, column.kind.physical())
            .with_repetition(repetition);
        let field = match column.kind {
            Kind::Id => field
                .with_length(16)
                .with_logical_type(Some(LogicalType::Uuid)),
            Kind::Text => field.with_logical_type(Some(LogicalType::String)),
            Kind::Whole | Kind::Number | Kind::Flag => field,
        };
        field.build().map(Arc::new)
    });
    let fields = fields.collect::<ParquetResult<Vec<_>>>()?;
    let group = Type::group_type_builder("cutover").with_fields(fields);
    group.build().map(Arc::new)
}

fn properties_of(columns: &[Column]) -> WriterProperties {
    let builder = WriterProperties::builder()
        .set_created_by(CREATED_BY.to_owned())
        .set_dictionary_enabled(false)
        .set_statistics_enabled(EnabledStatistics::None)
        .set_offset_index_disabled(true);
    let builder = columns.iter().fold(builder, |builder, column| {
        let path = ColumnPath::from(column.name);
        match column.layout {
            Layout::Plain => builder,
            Layout::Dictionary => builder.set_column_dictionary_enabled(path, true),
            Layout::Rising => builder
                .set_column_encoding(path.clone(), Encoding::DELTA_BINARY_PACKED)
                .set_column_statistics_enabled(path, EnabledStatistics::Chunk),
        }
    });
    builder.build()
}
