//! Watches the records of a binary workbook (`.xlsb`) before its reader sees them.
//!
//! In: the bytes of a part, block by block. Out: the same, records with errors of formulas told as cells with
//! errors and defined names as nothing, because the reader passes over the former and can break on the latter;
//! merged areas; or why no more of it may be read.

use crate::read::workbook::limits::{MERGES_MAX, ROWS_MAX, Refusal};
use crate::read::workbook::merges::Merge;

/// A record is at most the longest text with all its runs.
const RECORD_BYTES_MAX: usize = 2 << 20;
/// How much of a record is looked at.
const LOOK_BYTES: usize = 16;

const ROW: u16 = 0x00;
const CELL_ERROR: u16 = 0x03;
const FORMULA_ERROR: u16 = 0x0b;
const BEGIN_CELL_STYLE: u16 = 0x26;
const NAME: u16 = 0x27;
const MERGE: u16 = 0xb0;

/// Where the walk through the records is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// At the first byte of a record's type.
    Kind,
    /// At its second.
    KindRest(u16),
    /// At a byte of its length.
    Length { shift: u32, length: usize },
    /// Within it: so many bytes are left.
    Body(usize),
}

/// The guard of one part.
pub(super) struct BinaryGuard {
    step: Step,
    kind: u16,
    beginning: Vec<u8>,
    /// The merged areas of the sheet, if it is one.
    pub merges: Vec<Merge>,
}

impl BinaryGuard {
    /// The guard of a part of which nothing was seen.
    pub(super) fn new() -> Self {
        Self {
            step: Step::Kind,
            kind: 0,
            beginning: Vec::with_capacity(LOOK_BYTES),
            merges: Vec::new(),
        }
    }

    /// Looks at the next block, and changes the kinds of records that must be told otherwise.
    pub(super) fn feed(&mut self, block: &mut [u8]) -> Result<(), Refusal> {
        let mut at = 0;
        while at < block.len() {
            let byte = block[at];
            match self.step {
                Step::Kind => {
                    block[at] = told(byte);
                    let low = u16::from(byte & 0x7f);
                    self.step = if byte & 0x80 == 0 {
                        self.begin(low)
                    } else {
                        Step::KindRest(low)
                    };
                    at += 1;
                }
                Step::KindRest(_) if byte == 0 => {
                    return Err(Refusal::damaged(
                        "the kind of a record is written in a false way",
                    ));
                }
                Step::KindRest(low) => {
                    self.step = self.begin(low | u16::from(byte & 0x7f) << 7);
                    at += 1;
                }
                Step::Length { shift, length } => {
                    let length = length | usize::from(byte & 0x7f) << shift;
                    let more = byte & 0x80 != 0 && shift < 21;
                    self.step = if more {
                        let shift = shift + 7;
                        Step::Length { shift, length }
                    } else {
                        Self::body(length)?
                    };
                    at += 1;
                }
                Step::Body(left) => at += self.within(&block[at..], left)?,
            }
        }
        Ok(())
    }

    fn begin(&mut self, kind: u16) -> Step {
        self.kind = kind;
        self.beginning.clear();
        Step::Length {
            shift: 0,
            length: 0,
        }
    }

    fn body(length: usize) -> Result<Step, Refusal> {
        if length > RECORD_BYTES_MAX {
            return Err(Refusal::over(format!(
                "a record in it is longer than {RECORD_BYTES_MAX} bytes"
            )));
        }
        Ok(if length == 0 {
            Step::Kind
        } else {
            Step::Body(length)
        })
    }

    fn within(&mut self, rest: &[u8], left: usize) -> Result<usize, Refusal> {
        let here = rest.len().min(left);
        let wanted = LOOK_BYTES - self.beginning.len();
        self.beginning.extend_from_slice(&rest[..here.min(wanted)]);
        self.step = Step::Body(left - here);
        if here == left {
            self.step = Step::Kind;
            self.see()?;
        }
        Ok(here)
    }

    fn see(&mut self) -> Result<(), Refusal> {
        match self.kind {
            ROW if self.number(0).is_some_and(|row| row >= ROWS_MAX) => Err(Refusal::damaged(
                format!("a row lies beyond row {ROWS_MAX}"),
            )),
            MERGE => {
                let numbers = [0, 4, 8, 12].map(|from| self.number(from));
                let [
                    Some(first_row),
                    Some(last_row),
                    Some(first_column),
                    Some(last_column),
                ] = numbers
                else {
                    return Err(Refusal::damaged("a merged area has no corners"));
                };
                if self.merges.len() >= MERGES_MAX {
                    return Err(Refusal::over(format!(
                        "more than {MERGES_MAX} merged areas"
                    )));
                }
                self.merges.push(Merge {
                    rows: (first_row, last_row),
                    columns: (first_column, last_column),
                });
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn number(&self, from: usize) -> Option<u32> {
        let bytes = self.beginning.get(from..from + 4)?;
        Some(u32::from_le_bytes(bytes.try_into().ok()?))
    }
}

/// The first byte of a record's kind, as its reader is to see it.
fn told(byte: u8) -> u8 {
    let as_told = |kind: u16| u8::try_from(kind).unwrap_or(byte);
    match u16::from(byte) {
        FORMULA_ERROR => as_told(CELL_ERROR),
        NAME => as_told(BEGIN_CELL_STYLE),
        _ => byte,
    }
}
