//! Old binary workbooks (`.xls`): what is in the container, before their reader sees it.
//!
//! In: the file. Out: a container that holds nothing but the workbook, its formulas and names emptied (values
//! stay), bounded in size and in the cells that it comes to; or why it is not read. Its reader holds all of it.

use std::io::{BufRead, BufReader, Cursor, Read, Seek, Write};

use cfb::{CompoundFile, Version};

use crate::read::workbook::at::FileAt;
use crate::read::workbook::limits::{AS_XLSX, Refusal, WHOLE_CELLS_MAX, WHOLE_FILE_MAX, megabytes};

/// Records looked at, all sheets together: sheets may point at the same ones.
const RECORDS_MAX: u64 = 16 << 20;

const FORMULA: u16 = 0x0006;
const END: u16 = 0x000a;
const NAME: u16 = 0x0018;
const FILE_PASSWORD: u16 = 0x002f;
const SHEET: u16 = 0x0085;
const NUMBERS: u16 = 0x00bd;
/// What readers pass over.
const INTERFACE_END: u16 = 0x00e2;
const DIMENSIONS: u16 = 0x0200;
/// Kinds of records that are one cell, formulas among them.
const CELLS: &[u16] = &[FORMULA, 0x00d6, 0x00fd, 0x0203, 0x0204, 0x0205, 0x027e];
/// Where a formula's length is within its record.
const FORMULA_LENGTH_AT: usize = 20;

/// What an Office container is.
pub(super) enum Container {
    /// A workbook, fit to be read.
    Workbook(Cursor<Vec<u8>>),
    /// A document of another kind.
    Other,
}

/// Opens the container and takes the workbook out of it.
pub(super) fn open(file: &FileAt) -> Result<Container, Refusal> {
    let broken = |error: std::io::Error| Refusal::damaged(error.to_string());
    let bytes = file.size().map_err(broken)?;
    let opened = CompoundFile::open(BufReader::new(file.from(0)));
    let streams = ["/Workbook", "/Book"].into_iter();
    let name = opened
        .as_ref()
        .ok()
        .and_then(|container| streams.into_iter().find(|name| container.is_stream(name)));
    if name.is_none() && names_package(file.from(0)).map_err(broken)? {
        return Err(Refusal::Protected);
    }
    let mut container = opened.map_err(broken)?;
    let Some(name) = name else {
        return Ok(Container::Other);
    };
    if bytes > WHOLE_FILE_MAX {
        return Err(over(format!(
            "{}, at most {} of an .xls are read",
            megabytes(bytes),
            megabytes(WHOLE_FILE_MAX)
        )));
    }
    let mut stream = Vec::new();
    let opened = container.open_stream(name).map_err(broken)?;
    let most = WHOLE_FILE_MAX + 1;
    opened.take(most).read_to_end(&mut stream).map_err(broken)?;
    check_and_empty(&mut stream)?;
    contained(&stream).map(Container::Workbook).map_err(broken)
}

/// Whether a container without a workbook names an encrypted one, however broken the rest of it is.
fn names_package(file: FileAt) -> std::io::Result<bool> {
    let words: Vec<u8> = "EncryptedPackage"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let mut file = BufReader::with_capacity(256 << 10, file);
    let mut seen = Vec::new();
    loop {
        let block = file.fill_buf()?;
        if block.is_empty() {
            return Ok(false);
        }
        let count = block.len();
        seen.extend_from_slice(block);
        file.consume(count);
        if memchr::memmem::find(&seen, &words).is_some() {
            return Ok(true);
        }
        let kept = seen.len().saturating_sub(words.len());
        seen.drain(..kept);
    }
}

fn contained(stream: &[u8]) -> std::io::Result<Cursor<Vec<u8>>> {
    let mut container = CompoundFile::create_with_version(Version::V3, Cursor::new(Vec::new()))?;
    container.create_stream("/Workbook")?.write_all(stream)?;
    container.flush()?;
    let mut bytes = container.into_inner();
    bytes.rewind()?;
    Ok(bytes)
}

fn over(what: String) -> Refusal {
    Refusal::OverLimit {
        what,
        cure: AS_XLSX,
    }
}

/// A record: where its body begins, and how long it is.
#[derive(Clone, Copy)]
struct Record {
    kind: u16,
    body: usize,
    length: usize,
}

fn record(stream: &[u8], at: usize) -> Option<Record> {
    let head = stream.get(at..at + 4)?;
    let length = usize::from(u16::from_le_bytes([head[2], head[3]]));
    stream.get(at + 4..at + 4 + length)?;
    Some(Record {
        kind: u16::from_le_bytes([head[0], head[1]]),
        body: at + 4,
        length,
    })
}

/// The smallest rectangle around cells.
#[derive(Default)]
struct Around(Option<[u64; 4]>);

impl Around {
    fn add(&mut self, row: u16, first: u16, last: u16) {
        let (row, first, last) = (u64::from(row), u64::from(first), u64::from(last));
        let [top, bottom, left, right] = self.0.unwrap_or([row, row, first, last]);
        self.0 = Some([
            top.min(row),
            bottom.max(row),
            left.min(first),
            right.max(last),
        ]);
    }

    fn cells(&self) -> u64 {
        self.0.map_or(0, |[top, bottom, left, right]| {
            (bottom - top + 1) * (right - left + 1)
        })
    }
}

/// What was looked at so far.
#[derive(Default)]
struct Count {
    records: u64,
    cells: u64,
}

fn check_and_empty(stream: &mut [u8]) -> Result<(), Refusal> {
    let mut count = Count::default();
    let mut sheets = Vec::new();
    let mut at = 0;
    while let Some(record) = record(stream, at) {
        at = record.body + record.length;
        count.record()?;
        match record.kind {
            FILE_PASSWORD => return Err(Refusal::Protected),
            NAME => {
                let kind = INTERFACE_END.to_le_bytes();
                stream[record.body - 4..record.body - 2].copy_from_slice(&kind);
            }
            SHEET => sheets.extend(number(stream, record, 0)),
            END => break,
            _ => {}
        }
    }
    for sheet in sheets {
        check_sheet(stream, sheet as usize, &mut count)?;
    }
    Ok(())
}

impl Count {
    fn record(&mut self) -> Result<(), Refusal> {
        self.records += 1;
        if self.records > RECORDS_MAX {
            return Err(over(format!(
                "more than {RECORDS_MAX} records in its sheets"
            )));
        }
        Ok(())
    }
}

/// Every record from `at` to the end is looked at, those of charts within the sheet too: its reader
/// passes over them, so that the count can only be too high.
fn check_sheet(stream: &mut [u8], mut at: usize, count: &mut Count) -> Result<(), Refusal> {
    let (mut around, mut formulas) = (Around::default(), Around::default());
    while let Some(record) = record(stream, at) {
        at = record.body + record.length;
        count.record()?;
        let body = record.body..record.body + record.length;
        match record.kind {
            DIMENSIONS => stream[body].fill(0),
            kind if CELLS.contains(&kind) => {
                if let (Some(row), Some(column)) =
                    (short(stream, record, 0), short(stream, record, 2))
                {
                    around.add(row, column, column);
                    if kind == FORMULA {
                        formulas.add(row, column, column);
                        let length = FORMULA_LENGTH_AT.min(record.length)..record.length;
                        stream[body][length]
                            .iter_mut()
                            .take(2)
                            .for_each(|byte| *byte = 0);
                    }
                }
            }
            NUMBERS => {
                if let (Some(row), Some(column)) =
                    (short(stream, record, 0), short(stream, record, 2))
                {
                    let by_length = u16::try_from(record.length / 6).unwrap_or(u16::MAX);
                    let last = short(stream, record, record.length.saturating_sub(2));
                    let last = last
                        .unwrap_or_default()
                        .max(column.saturating_add(by_length));
                    around.add(row, column, last);
                }
            }
            END => break,
            _ => {}
        }
    }
    count.cells += around.cells() + formulas.cells();
    if count.cells > WHOLE_CELLS_MAX {
        return Err(over(format!(
            "its sheets come to {} cells, at most {WHOLE_CELLS_MAX} are read",
            count.cells
        )));
    }
    Ok(())
}

fn short(stream: &[u8], record: Record, from: usize) -> Option<u16> {
    let body = &stream[record.body..record.body + record.length];
    let bytes = body.get(from..from + 2)?;
    Some(u16::from_le_bytes(bytes.try_into().ok()?))
}

fn number(stream: &[u8], record: Record, from: usize) -> Option<u32> {
    let body = &stream[record.body..record.body + record.length];
    let bytes = body.get(from..from + 4)?;
    Some(u32::from_le_bytes(bytes.try_into().ok()?))
}
