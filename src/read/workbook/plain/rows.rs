//! Rows of a sheet from a piece of its XML.
//!
//! In: a piece that holds whole rows, and what the workbook says besides (shared texts, which styles are dates). Out: a
//! chunk with the very cells that calamine would give; or that something in the piece is not plain. ECMA-376 part 1,
//! 18.3.1.

use calamine::{CellErrorType, DataRef};

use crate::read::workbook::builder::CellChunk;
use crate::read::workbook::limits::{COLUMNS_MAX, ROWS_MAX, TOKEN_BYTES_MAX};
use crate::read::workbook::plain::known::Known;
use crate::read::workbook::plain::texts::{Blanks, Decoder};
use crate::read::workbook::plain::walk::{Ended, NotPlain, Walk};
use crate::read::workbook::text::write_value;

/// Digits of a row, and of a number of a style or shared text.
const ROW_DIGITS_MAX: usize = 7;
const INDEX_DIGITS_MAX: usize = 9;
/// Numbers of so many digits are all different ones.
const EXACT_DIGITS_MAX: usize = 15;

/// Adds the rows of `xml`, which lie below row `after`, to an empty chunk.
pub(super) fn read_rows(
    xml: &[u8],
    after: u32,
    known: &Known,
    chunk: &mut CellChunk,
) -> Result<(), NotPlain> {
    let xml = str::from_utf8(xml).map_err(|_| NotPlain)?;
    let mut rows = Rows {
        walk: Walk::new(xml),
        known,
        chunk,
        decoder: Decoder::default(),
        text: String::new(),
    };
    let mut last = after;
    loop {
        rows.walk.skip_blanks();
        if rows.walk.is_at_end() {
            return Ok(());
        }
        rows.walk.expect("<row")?;
        let (number, ended) = row_tag(&mut rows.walk)?;
        let row = row_number(number)?;
        if row <= last {
            return Err(NotPlain);
        }
        last = row;
        if ended == Ended::Open {
            rows.row(Row {
                number,
                index: row - 1,
                column: 0,
            })?;
        }
    }
}

/// The number of the last row that begins in `xml`, from 1.
pub(super) fn last_row(xml: &[u8]) -> Result<u32, NotPlain> {
    let begin = memchr::memmem::rfind(xml, b"<row").ok_or(NotPlain)?;
    let behind_name = &xml[begin + b"<row".len()..];
    let end = memchr::memchr(b'>', behind_name).ok_or(NotPlain)?;
    let tag = str::from_utf8(&behind_name[..=end]).map_err(|_| NotPlain)?;
    row_number(row_tag(&mut Walk::new(tag))?.0)
}

/// The number in a row's tag, as written, behind the tag's name.
fn row_tag<'a>(walk: &mut Walk<'a>) -> Result<(&'a str, Ended), NotPlain> {
    let mut number = "";
    let ended = walk.attributes(|name, value| match name {
        "r" => set_once(&mut number, value),
        _ => Ok(()),
    })?;
    Ok((number, ended))
}

fn row_number(digits: &str) -> Result<u32, NotPlain> {
    let row = whole(digits, ROW_DIGITS_MAX)?;
    // The last row of a full sheet is refused, which is not done here.
    (1..ROWS_MAX).contains(&row).then_some(row).ok_or(NotPlain)
}

/// A whole number without a sign.
fn whole(digits: &str, digits_max: usize) -> Result<u32, NotPlain> {
    let is_number = (1..=digits_max).contains(&digits.len())
        && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number
        .then(|| digits.parse().ok())
        .flatten()
        .ok_or(NotPlain)
}

fn set_once<'a>(slot: &mut &'a str, value: &'a str) -> Result<(), NotPlain> {
    let is_first = slot.is_empty() && !value.is_empty();
    *slot = value;
    is_first.then_some(()).ok_or(NotPlain)
}

/// A row being read.
struct Row<'a> {
    /// As written, from 1.
    number: &'a str,
    /// From 0.
    index: u32,
    /// Where its next cell lies if nothing else is said, from 0.
    column: u32,
}

/// What is said of a cell, as written.
#[derive(Default)]
struct Cell<'a> {
    place: &'a str,
    style: &'a str,
    kind: &'a str,
}

struct Rows<'a, 'k, 'c> {
    walk: Walk<'a>,
    known: &'k Known,
    chunk: &'c mut CellChunk,
    decoder: Decoder,
    /// Room for the text of one cell.
    text: String,
}

impl<'a> Rows<'a, '_, '_> {
    fn row(&mut self, mut row: Row<'a>) -> Result<(), NotPlain> {
        loop {
            self.walk.skip_blanks();
            if self.walk.take("<c") {
                self.cell(&mut row)?;
            } else {
                return self.walk.expect("</row>");
            }
        }
    }

    fn cell(&mut self, row: &mut Row<'a>) -> Result<(), NotPlain> {
        let mut cell = Cell::default();
        // As nearly everybody writes them, which is quicker found out.
        for (begin, slot) in [
            (" r=\"", &mut cell.place),
            (" s=\"", &mut cell.style),
            (" t=\"", &mut cell.kind),
        ] {
            if self.walk.take(begin) {
                set_once(slot, self.walk.value(b'"')?)?;
            }
        }
        let ended = match self.walk.tag_end() {
            Some(ended) => ended,
            None => self.walk.attributes(|name, value| match name {
                "r" => set_once(&mut cell.place, value),
                "s" => set_once(&mut cell.style, value),
                "t" => set_once(&mut cell.kind, value),
                _ => Ok(()),
            })?,
        };
        let column = column_of(cell.place, row)?;
        row.column = column + 1;
        if ended == Ended::Closed {
            return Ok(());
        }
        let begin = self.walk.position();
        self.text.clear();
        self.content(&cell)?;
        self.walk.skip_blanks();
        self.walk.expect("</c>")?;
        if self.walk.position() - begin > TOKEN_BYTES_MAX {
            return Err(NotPlain);
        }
        if self.text.is_empty() {
            return Ok(());
        }
        // Of rows that fill a chunk before their piece ends, shorter chunks are made where they are read cell by cell.
        let is_put = self.chunk.put(row.index, column, &self.text);
        is_put.then_some(()).ok_or(NotPlain)
    }

    /// Formula and value of a cell; the latter goes into `self.text`.
    fn content(&mut self, cell: &Cell<'_>) -> Result<(), NotPlain> {
        self.walk.skip_blanks();
        if self.walk.take("<f") {
            if self.walk.attributes(|_, _| Ok(()))? == Ended::Open {
                self.walk.text()?;
                self.walk.expect("</f>")?;
            }
            self.walk.skip_blanks();
        }
        if self.walk.take("<v") {
            if self.walk.attributes(|_, _| Ok(()))? == Ended::Closed {
                return value("", cell, self.known, &mut self.decoder, &mut self.text);
            }
            let raw = self.walk.text()?;
            self.walk.expect("</v>")?;
            return value(raw, cell, self.known, &mut self.decoder, &mut self.text);
        }
        if cell.kind == "inlineStr" && self.walk.take("<is>") {
            let (walk, text) = (&mut self.walk, &mut self.text);
            return self.decoder.push_pieces(text, walk, "</is>");
        }
        Ok(())
    }
}

/// Where a cell lies: its place names the row that it is in, and a column behind those before it.
fn column_of(place: &str, row: &Row<'_>) -> Result<u32, NotPlain> {
    let column = if place.is_empty() {
        row.column
    } else {
        let letters = place.bytes().take_while(u8::is_ascii_uppercase);
        let mut column = 0;
        let mut count = 0;
        for letter in letters.take(4) {
            column = column * 26 + u32::from(letter - b'A') + 1;
            count += 1;
        }
        let is_here = (1..=3).contains(&count) && &place[count..] == row.number;
        is_here.then(|| column - 1).ok_or(NotPlain)?
    };
    let is_behind = column >= row.column && column < COLUMNS_MAX;
    is_behind.then_some(column).ok_or(NotPlain)
}

/// Adds the text of a value that is written as `raw`.
fn value(
    raw: &str,
    cell: &Cell<'_>,
    known: &Known,
    decoder: &mut Decoder,
    text: &mut String,
) -> Result<(), NotPlain> {
    match cell.kind {
        "s" | "str" | "n" | "b" | "e" | "" if raw.is_empty() => Ok(()),
        "s" => {
            let index = whole(raw, INDEX_DIGITS_MAX)?;
            text.push_str(known.text(index).ok_or(NotPlain)?);
            Ok(())
        }
        "str" => decoder.push(text, raw, Blanks::Kept),
        "n" | "" => number(raw, cell.style, known, text),
        "b" => {
            let is_true = match raw {
                "0" => false,
                "1" => true,
                _ => return Err(NotPlain),
            };
            write_value(text, &DataRef::Bool(is_true));
            Ok(())
        }
        "e" => {
            let error: CellErrorType = raw.parse().map_err(|_| NotPlain)?;
            write_value(text, &DataRef::Error(error));
            Ok(())
        }
        "d" if is_iso_date(raw) => {
            text.push_str(raw);
            Ok(())
        }
        _ => Err(NotPlain),
    }
}

fn is_iso_date(raw: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_digit() || b"-:.TZ+".contains(&byte);
    !raw.is_empty() && raw.bytes().all(fits)
}

fn number(raw: &str, style: &str, known: &Known, text: &mut String) -> Result<(), NotPlain> {
    let kind = match style {
        "" => None,
        style => known.date_kind(whole(style, INDEX_DIGITS_MAX)?),
    };
    if kind.is_none()
        && let Some(shown) = as_shown(raw)
    {
        text.push_str(shown);
        return Ok(());
    }
    if !is_decimal(raw) {
        return Err(NotPlain);
    }
    let value: f64 = raw.parse().map_err(|_| NotPlain)?;
    if !value.is_finite() {
        return Err(NotPlain);
    }
    write_value(text, &known.number(value, kind));
    Ok(())
}

/// A number without a sign as it is shown, where that is how it is written but for noughts at its end: of so few
/// digits that no shorter ones mean it.
fn as_shown(raw: &str) -> Option<&str> {
    let bytes = raw.as_bytes();
    let mut point = None;
    for (at, byte) in bytes.iter().enumerate() {
        match byte {
            b'0'..=b'9' => {}
            b'.' if point.is_none() => point = Some(at),
            _ => return None,
        }
    }
    let whole_digits = point.unwrap_or(bytes.len());
    let is_usual = bytes.len() <= EXACT_DIGITS_MAX
        && (whole_digits == 1 || (whole_digits > 1 && bytes[0] != b'0'))
        && bytes.last() != Some(&b'.');
    if !is_usual {
        return None;
    }
    let Some(point) = point else {
        return Some(raw);
    };
    let is_nought = |byte: &&u8| **byte == b'0';
    let noughts = bytes.iter().rev().take_while(is_nought).count();
    let end = bytes.len() - noughts;
    Some(&raw[..if end == point + 1 { point } else { end }])
}

/// Whether a number is written as `-12.5E+3` is, of which every part but the digits before the point may lack.
fn is_decimal(raw: &str) -> bool {
    let are_digits =
        |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let unsigned = raw.strip_prefix('-').unwrap_or(raw);
    let (mantissa, exponent) = match unsigned.split_once(['E', 'e']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let (before, behind) = match mantissa.split_once('.') {
        Some((before, behind)) => (before, Some(behind)),
        None => (mantissa, None),
    };
    let exponent = exponent.map(|digits| digits.strip_prefix(['+', '-']).unwrap_or(digits));
    are_digits(before) && behind.is_none_or(are_digits) && exponent.is_none_or(are_digits)
}
