//! Columns that are written without looking at each value: ids as they lie in memory, and values
//! picked out of few.
//!
//! In: bytes, or a list of values and which of them each row has. Out: the pages of a column chunk as
//! Parquet has them, and what its footer says of them. The library's own writers take each value as an
//! object of its own and look each up to build the list; tens of millions of rows make that the better
//! part of a plan. Reading back is the library's affair, and judges this file.

use parquet::basic::{Compression, Encoding};
use parquet::column::page::{CompressedPage, Page, PageWriter};
use parquet::column::writer::ColumnCloseResult;
use parquet::errors::{ParquetError, Result as ParquetResult};
use parquet::file::metadata::ColumnChunkMetaData;
use parquet::file::writer::{SerializedPageWriter, TrackedWrite};
use parquet::schema::types::ColumnDescPtr;
use uuid::Uuid;

/// The pick of a row that has no value.
pub(super) const NONE: u32 = u32::MAX;

/// Values that rows pick from.
#[derive(Clone, Debug)]
pub(super) enum Choice {
    Ids(Vec<Uuid>),
    Numbers(Vec<i32>),
    Texts(Vec<String>),
}

/// Rows that each have one of few values.
#[derive(Clone, Debug)]
pub(super) struct Picked {
    pub(super) choice: Choice,
    /// For each row the place of its value, or [`NONE`].
    pub(super) picks: Vec<u32>,
}

impl Picked {
    /// The same, each number once: many values may share one.
    pub(super) fn merged(mut self) -> Self {
        if let Choice::Numbers(values) = &mut self.choice {
            let all = values.clone();
            values.sort_unstable();
            values.dedup();
            let place = |value: &i32| values.binary_search(value).map_or(NONE, narrow);
            let places: Vec<u32> = all.iter().map(place).collect();
            for pick in self.picks.iter_mut().filter(|pick| **pick != NONE) {
                *pick = places[*pick as usize];
            }
        }
        self
    }

    /// Whether any row has a value.
    pub(super) fn has_values(&self) -> bool {
        self.picks.iter().any(|pick| *pick != NONE)
    }
}

impl Choice {
    fn len(&self) -> usize {
        match self {
            Self::Ids(values) => values.len(),
            Self::Numbers(values) => values.len(),
            Self::Texts(values) => values.len(),
        }
    }

    /// All values, one after the other, as a page has them.
    fn plain(&self) -> Vec<u8> {
        match self {
            Self::Ids(values) => values.iter().flat_map(|id| *id.as_bytes()).collect(),
            Self::Numbers(values) => values
                .iter()
                .flat_map(|value| value.to_le_bytes())
                .collect(),
            Self::Texts(values) => {
                let mut bytes = Vec::new();
                for text in values {
                    bytes.extend_from_slice(&narrow(text.len()).to_le_bytes());
                    bytes.extend_from_slice(text.as_bytes());
                }
                bytes
            }
        }
    }
}

/// The chunk of a column whose every row has an id, 16 bytes each.
pub(super) fn plain_ids(
    column: ColumnDescPtr,
    ids: Vec<u8>,
) -> ParquetResult<(Vec<u8>, ColumnCloseResult)> {
    let rows = ids.len() / 16;
    let page = Page::DataPage {
        buf: ids.into(),
        num_values: narrow(rows),
        encoding: Encoding::PLAIN,
        def_level_encoding: Encoding::RLE,
        rep_level_encoding: Encoding::RLE,
        statistics: None,
    };
    chunk(column, rows, None, page, vec![Encoding::PLAIN])
}

/// The chunk of a column of picked values.
pub(super) fn picked(
    column: ColumnDescPtr,
    optional: bool,
    cells: &Picked,
) -> ParquetResult<(Vec<u8>, ColumnCloseResult)> {
    let rows = cells.picks.len();
    let mut data = Vec::new();
    if optional {
        let levels = cells.picks.iter().map(|pick| u32::from(*pick != NONE));
        let mut runs = Vec::new();
        hybrid(levels, 1, &mut runs);
        data.extend_from_slice(&narrow(runs.len()).to_le_bytes());
        data.append(&mut runs);
    } else if cells.picks.contains(&NONE) {
        return Err(ParquetError::General("a needed cell is empty".to_owned()));
    }
    let width = width_of(cells.choice.len());
    data.push(width);
    let given = cells.picks.iter().copied().filter(|pick| *pick != NONE);
    hybrid(given, width, &mut data);
    let choice = Page::DictionaryPage {
        buf: cells.choice.plain().into(),
        num_values: narrow(cells.choice.len()),
        encoding: Encoding::PLAIN,
        is_sorted: false,
    };
    let page = Page::DataPage {
        buf: data.into(),
        num_values: narrow(rows),
        encoding: Encoding::RLE_DICTIONARY,
        def_level_encoding: Encoding::RLE,
        rep_level_encoding: Encoding::RLE,
        statistics: None,
    };
    let encodings = vec![Encoding::PLAIN, Encoding::RLE, Encoding::RLE_DICTIONARY];
    chunk(column, rows, Some(choice), page, encodings)
}

fn chunk(
    column: ColumnDescPtr,
    rows: usize,
    choice: Option<Page>,
    data: Page,
    encodings: Vec<Encoding>,
) -> ParquetResult<(Vec<u8>, ColumnCloseResult)> {
    let mut sink = TrackedWrite::new(Vec::new());
    let mut pages = SerializedPageWriter::new(&mut sink);
    let mut write = |page: Page| {
        let size = page.buffer().len();
        pages.write_page(CompressedPage::new(page, size))
    };
    let choice_offset = choice.map(&mut write).transpose()?.map(|page| page.offset);
    let data_offset = write(data)?.offset;
    let bytes = sink.into_inner()?;
    let whole = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
    let (size, rows) = (bytes.len() as u64, rows as u64);
    let metadata = ColumnChunkMetaData::builder(column)
        .set_compression(Compression::UNCOMPRESSED)
        .set_encodings(encodings)
        .set_total_compressed_size(whole(size))
        .set_total_uncompressed_size(whole(size))
        .set_num_values(whole(rows))
        .set_data_page_offset(whole(data_offset))
        .set_dictionary_page_offset(choice_offset.map(whole))
        .build()?;
    let close = ColumnCloseResult {
        bytes_written: size,
        rows_written: rows,
        metadata,
        bloom_filter: None,
        column_index: None,
        offset_index: None,
    };
    Ok((bytes, close))
}

fn narrow(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// How many bits the places of so many values take.
fn width_of(values: usize) -> u8 {
    let bits = usize::BITS - values.saturating_sub(1).leading_zeros();
    u8::try_from(bits).unwrap_or(u8::MAX)
}

/// How many values a packed group has.
const GROUP: usize = 8;

/// Parquet's hybrid of runs and packed groups: a run of equal values as one, any others in groups of
/// eight, of `width` bits each.
fn hybrid(values: impl Iterator<Item = u32>, width: u8, bytes: &mut Vec<u8>) {
    let values: Vec<u32> = values.collect();
    let mut start = 0;
    while start < values.len() {
        let run = run_length(&values[start..]);
        if run >= GROUP {
            varint((run as u64) << 1, bytes);
            let value = values[start].to_le_bytes();
            bytes.extend_from_slice(&value[..usize::from(width).div_ceil(8)]);
            start += run;
            continue;
        }
        let mut end = start;
        while end < values.len() && run_length(&values[end..]) < GROUP {
            end = values.len().min(end + GROUP);
        }
        let groups = (end - start).div_ceil(GROUP);
        varint((groups as u64) << 1 | 1, bytes);
        pack(&values[start..end], width, bytes);
        start = end;
    }
}

/// How many of the first values are equal, as far as it matters.
fn run_length(values: &[u32]) -> usize {
    let first = values.first();
    values
        .iter()
        .take_while(|value| Some(*value) == first)
        .count()
}

/// Packs values, the lowest bit first, and fills the last group with zeros.
fn pack(values: &[u32], width: u8, bytes: &mut Vec<u8>) {
    let end = bytes.len() + values.len().div_ceil(GROUP) * usize::from(width);
    let (mut held, mut bits) = (0_u64, 0);
    for value in values {
        held |= u64::from(*value) << bits;
        bits += u32::from(width);
        while bits >= 8 {
            bytes.push(held.to_le_bytes()[0]);
            held >>= 8;
            bits -= 8;
        }
    }
    if bits > 0 {
        bytes.push(held.to_le_bytes()[0]);
    }
    bytes.resize(end, 0);
}

fn varint(mut value: u64, bytes: &mut Vec<u8>) {
    while value >= 0x80 {
        bytes.push(value.to_le_bytes()[0] | 0x80);
        value >>= 7;
    }
    bytes.push(value.to_le_bytes()[0]);
}

#[cfg(test)]
mod tests {
    use super::{hybrid, width_of};

    #[test]
    fn widths() {
        let widths: Vec<u8> = [0, 1, 2, 3, 4, 5, 256, 257].map(width_of).into();
        assert_eq!(widths, [0, 0, 1, 2, 2, 3, 8, 9]);
    }

    #[test]
    #[rustfmt::skip]
    fn runs_and_groups() {
        // The packed example is the one of the format's own documentation.
        check("nothing",         &[],                        3, &[]);
        check("packed",          &[0, 1, 2, 3, 4, 5, 6, 7],  3, &[3, 0b1000_1000, 0b1100_0110, 0b1111_1010]);
        check("filled up",       &[5, 1],                    3, &[3, 0b0000_1101, 0, 0]);
        check("a run",           &[4; 100],                  3, &[200, 1, 4]);
        check("a run of nothing", &[0; 9],                   0, &[18]);
        check("two bytes wide",  &[258; 8],                  9, &[16, 2, 1]);
        check("both",            &[1, 0, 1, 0, 1, 0, 1, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1], 1, &[3, 0b0101_0101, 18, 1]);
    }

    #[track_caller]
    fn check(case: &str, values: &[u32], width: u8, expected: &[u8]) {
        let mut bytes = Vec::new();
        hybrid(values.iter().copied(), width, &mut bytes);
        assert_eq!(bytes, expected, "case: {case}");
    }
}
