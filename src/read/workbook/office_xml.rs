//! What is watched in the XML of an `.xlsx`.
//!
//! In: tags and texts of any part. Out: merged areas; or why no more may be read: more is to be held in memory
//! than is given to it, or a value is written in a way that its reader takes for another without a word.

use crate::model::quoted;
use crate::read::workbook::limits::{
    MERGES_MAX, ROWS_MAX, Refusal, SHARED_TEXTS_MAX, TOKEN_BYTES_MAX, check_held,
};
use crate::read::workbook::merges::Merge;
use crate::read::workbook::xml::{Watch, attribute, local, number_of, tag_name};

/// What a reader holds for one element outside cells, about.
const ELEMENT_BYTES: u64 = 256;
/// What it holds for one shared text besides the text, about.
const TEXT_BYTES: u64 = 56;
/// Digits of the number of a shared text.
const INDEX_DIGITS_MAX: usize = 9;

/// Letters and digits of a place: with more its reader's numbers overflow, and a cell lands elsewhere.
const COLUMN_LETTERS_MAX: usize = 3;
const ROW_DIGITS_MAX: usize = 7;

/// Watches one part.
#[derive(Default)]
pub(super) struct OfficeXmlWatch {
    /// How many bytes the part takes in the file.
    pub packed: u64,
    /// The merged areas met so far.
    pub merges: Vec<Merge>,
    held: u64,
    rows: u64,
    shared_texts: u64,
    within: Within,
    /// Bytes of text in the cell or shared text at hand.
    text_bytes: usize,
    value: Value,
}

/// Where text belongs to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Within {
    /// Neither of the others.
    #[default]
    Other,
    Cell,
    SharedText,
    Name,
}

/// The value of the cell at hand.
#[derive(Clone, Copy, Debug, Default)]
struct Value {
    /// The cell names a shared text by its number.
    is_index: bool,
    /// The cell is a text of its own.
    is_text: bool,
    open: bool,
    pieces: u32,
}

impl OfficeXmlWatch {
    fn hold(&mut self, bytes: u64) -> Result<(), Refusal> {
        self.held += bytes;
        check_held(self.held, self.packed)
    }

    fn count_text(&mut self, text: &[u8]) -> Result<(), Refusal> {
        self.text_bytes += text.len();
        if self.text_bytes > TOKEN_BYTES_MAX {
            return Err(Refusal::over(format!(
                "the text of one cell is longer than {TOKEN_BYTES_MAX} bytes"
            )));
        }
        Ok(())
    }

    fn shared_text(&mut self) -> Result<(), Refusal> {
        self.within = Within::SharedText;
        self.text_bytes = 0;
        self.shared_texts += 1;
        check_shared_texts(self.shared_texts)?;
        self.hold(TEXT_BYTES)
    }

    fn merge(&mut self, tag: &[u8]) -> Result<(), Refusal> {
        let area = attribute(tag, b"ref").unwrap_or_default();
        let merge = area_of(area).ok_or_else(|| {
            let shown = String::from_utf8_lossy(area).into_owned();
            Refusal::damaged(format!(
                "a merged area is {shown}, expected such as `A1:B2`",
                shown = quoted(&shown)
            ))
        })?;
        if self.merges.len() >= MERGES_MAX {
            return Err(Refusal::over(format!(
                "more than {MERGES_MAX} merged areas"
            )));
        }
        self.merges.push(merge);
        Ok(())
    }

    /// A value in pieces is read only to the end of its first one.
    fn piece_of_value(&mut self, text: &[u8], is_cdata: bool) -> Result<(), Refusal> {
        let value = &mut self.value;
        value.pieces += 1;
        let in_pieces = value.pieces > 1 || text.contains(&b'&');
        let is_index = !text.is_empty()
            && text.len() <= INDEX_DIGITS_MAX
            && text.iter().all(u8::is_ascii_digit);
        if is_cdata || (in_pieces && !value.is_text) || (value.is_index && !is_index) {
            let shown: String = String::from_utf8_lossy(text).chars().take(40).collect();
            return Err(Refusal::damaged(format!(
                "the value of a cell is written as no workbook writes it: {shown}",
                shown = quoted(&shown)
            )));
        }
        Ok(())
    }
}

impl Watch for OfficeXmlWatch {
    fn start(&mut self, tag: &[u8], closed: bool) -> Result<(), Refusal> {
        match tag_name(tag) {
            b"row" => {
                self.rows += 1;
                if self.rows > u64::from(ROWS_MAX) {
                    return Err(Refusal::over(format!("more than {ROWS_MAX} rows")));
                }
                check_reference(tag, 0)
            }
            b"c" if closed => Ok(()),
            b"c" => {
                check_reference(tag, COLUMN_LETTERS_MAX)?;
                self.within = Within::Cell;
                self.text_bytes = 0;
                let kind = attribute(tag, b"t");
                self.value = Value {
                    is_index: kind == Some(b"s"),
                    is_text: kind.is_some_and(|kind| !matches!(kind, b"n" | b"s" | b"b" | b"e")),
                    ..Value::default()
                };
                Ok(())
            }
            b"v" => {
                self.value.open = !closed;
                self.value.pieces = 0;
                Ok(())
            }
            b"si" => self.shared_text(),
            b"sst" => {
                check_shared_texts(number_of(tag, b"uniqueCount")?.unwrap_or_default())?;
                self.hold(ELEMENT_BYTES)
            }
            b"mergeCell" => self.merge(tag),
            b"definedName" => {
                self.within = Within::Name;
                self.hold(ELEMENT_BYTES + tag.len() as u64)
            }
            name => {
                let is_held = matches!(
                    name,
                    b"xf" | b"numFmt" | b"font" | b"fill" | b"border" | b"sheet" | b"Relationship"
                );
                if is_held || matches!(self.within, Within::Other | Within::Name) {
                    self.hold(ELEMENT_BYTES + tag.len() as u64)?;
                }
                Ok(())
            }
        }
    }

    fn end(&mut self, name: &[u8]) -> Result<(), Refusal> {
        match local(name) {
            b"c" | b"si" | b"definedName" => self.within = Within::Other,
            b"v" => self.value.open = false,
            _ => {}
        }
        Ok(())
    }

    fn text(&mut self, text: &[u8], is_cdata: bool) -> Result<(), Refusal> {
        match self.within {
            Within::Cell if self.value.open => {
                self.piece_of_value(text, is_cdata)?;
                self.count_text(text)
            }
            Within::Cell => self.count_text(text),
            Within::SharedText => {
                self.count_text(text)?;
                self.hold(text.len() as u64)
            }
            Within::Name | Within::Other => self.hold(text.len() as u64),
        }
    }
}

fn check_reference(tag: &[u8], letters_max: usize) -> Result<(), Refusal> {
    let place = attribute(tag, b"r").unwrap_or_default();
    let letters = place.iter().take_while(|byte| byte.is_ascii_alphabetic());
    let letters = letters.count();
    if letters <= letters_max && place.len() - letters <= ROW_DIGITS_MAX {
        return Ok(());
    }
    let shown: String = String::from_utf8_lossy(place).chars().take(40).collect();
    Err(Refusal::damaged(format!(
        "a row or cell is at {shown}, which no sheet has",
        shown = quoted(&shown)
    )))
}

fn check_shared_texts(count: u64) -> Result<(), Refusal> {
    if count > SHARED_TEXTS_MAX {
        return Err(Refusal::over(format!(
            "more than {SHARED_TEXTS_MAX} shared texts"
        )));
    }
    Ok(())
}

/// An area as `A1:B2`, or one cell.
fn area_of(text: &[u8]) -> Option<Merge> {
    let text = str::from_utf8(text).ok()?.trim();
    let (first, last) = text.split_once(':').unwrap_or((text, text));
    let (first, last) = (corner_of(first)?, corner_of(last)?);
    Some(Merge {
        rows: (first.0, last.0),
        columns: (first.1, last.1),
    })
}

/// Row and column, from 0, of a cell such as `B2` or `$B$2`.
fn corner_of(text: &str) -> Option<(u32, u32)> {
    let text = text.trim_start_matches('$');
    let digits_start = text.find(|letter: char| !letter.is_ascii_alphabetic())?;
    let (letters, digits) = text.split_at(digits_start);
    let mut column = 0_u32;
    for letter in letters.bytes() {
        let digit = u32::from(letter.to_ascii_uppercase() - b'A') + 1;
        column = column.checked_mul(26)?.checked_add(digit)?;
    }
    let row: u32 = digits.trim_start_matches('$').parse().ok()?;
    Some((row.checked_sub(1)?, column.checked_sub(1)?))
}
