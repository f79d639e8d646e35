//! XML Spreadsheet 2003: one XML file that is a whole workbook, as Dynamics and Excel of that time export it.
//!
//! In: the text of the file. Out: sheets, merged areas and cells, one after the other as they stand there. Nothing
//! is held but the cell at hand.

use std::io::BufRead;

use quick_xml::Reader;
use quick_xml::escape::unescape;
use quick_xml::events::{BytesStart, Event};

use crate::model::quoted;
use crate::read::workbook::limits::{Refusal, TOKEN_BYTES_MAX};
use crate::read::workbook::merges::Merge;
use crate::read::workbook::xml::{Watch, tag_name};

/// What comes next in the file.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Item {
    /// A sheet begins, of this name.
    Sheet(String),
    /// The sheet that began last is hidden.
    Hidden,
    /// A merged area of it.
    Merge(Merge),
    /// A cell of it: row and column, from 0; its text is [`SheetXml::text`].
    Cell(u32, u32),
}

/// Where the walk through the elements is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Within {
    Workbook,
    Sheet,
    Visible,
    Table,
    Row,
    Cell,
    Data,
}

/// The items of a file.
pub(super) struct SheetXml<R> {
    reader: Reader<R>,
    buffer: Vec<u8>,
    within: Within,
    is_workbook: bool,
    row: u32,
    next_row: u32,
    column: u32,
    next_column: u32,
    kind: String,
    /// The text of the cell that was given last.
    pub text: String,
    ended: bool,
}

impl<R: BufRead> SheetXml<R> {
    /// Begins at the first element.
    pub(super) fn of(text: R) -> Self {
        let mut reader = Reader::from_reader(text);
        reader.config_mut().expand_empty_elements = true;
        Self {
            reader,
            buffer: Vec::new(),
            within: Within::Workbook,
            is_workbook: false,
            row: 0,
            next_row: 0,
            column: 0,
            next_column: 0,
            kind: String::new(),
            text: String::new(),
            ended: false,
        }
    }

    /// The next item; none at the end.
    pub(super) fn next(&mut self) -> Result<Option<Item>, Refusal> {
        let mut buffer = std::mem::take(&mut self.buffer);
        let item = loop {
            if self.ended {
                break None;
            }
            buffer.clear();
            let event = self.reader.read_event_into(&mut buffer);
            let event = event.map_err(|error| broken(&error))?;
            if let Some(item) = self.see(&event)? {
                break Some(item);
            }
        };
        self.buffer = buffer;
        Ok(item)
    }

    fn see(&mut self, event: &Event<'_>) -> Result<Option<Item>, Refusal> {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => Ok(self.end(tag.local_name().as_ref())),
            Event::Text(text) => {
                self.add(&text.xml10_content());
                Ok(None)
            }
            Event::CData(text) => {
                self.add(&text.xml10_content());
                Ok(None)
            }
            Event::GeneralRef(reference) => {
                let character = reference.resolve_char_ref();
                if let Some(character) = character.map_err(|error| broken(&error))? {
                    self.add(character.encode_utf8(&mut [0; 4]));
                } else {
                    let written = format!("&{};", reference.xml10_content());
                    let text = unescape(&written);
                    self.add(&text.map_err(|error| broken(&error.into()))?);
                }
                Ok(None)
            }
            Event::Eof if self.is_workbook => Err(Refusal::damaged("it ends before its end")),
            Event::Eof => Err(Refusal::damaged("it holds no `Workbook`")),
            _ => Ok(None),
        }
    }

    fn add(&mut self, text: &str) {
        if matches!(self.within, Within::Data | Within::Visible) {
            self.text.push_str(text);
        }
    }

    fn start(&mut self, tag: &BytesStart<'_>) -> Result<Option<Item>, Refusal> {
        let name = tag.local_name();
        match (self.within, name.as_ref()) {
            (Within::Workbook, "Workbook") => self.is_workbook = true,
            (Within::Workbook, "Worksheet") if self.is_workbook => {
                self.within = Within::Sheet;
                self.next_row = 0;
                return Ok(Some(Item::Sheet(text_of(tag, "Name")?.unwrap_or_default())));
            }
            (Within::Sheet, "Table") => self.within = Within::Table,
            (Within::Sheet, "Visible") => {
                self.within = Within::Visible;
                self.text.clear();
            }
            (Within::Table, "Row") => {
                self.within = Within::Row;
                let index = index_of(tag, "Index")?;
                self.row = index.unwrap_or(self.next_row);
                let span = number_of(tag, "Span")?.unwrap_or_default();
                self.next_row = self.row.saturating_add(1).saturating_add(span);
                self.next_column = 0;
            }
            (Within::Row, "Cell") => return self.cell(tag),
            (Within::Cell, "Data") => {
                self.within = Within::Data;
                self.kind = text_of(tag, "Type")?.unwrap_or_default();
                self.text.clear();
            }
            (Within::Cell, "Comment") => {
                let end = tag.name();
                let mut skipped = Vec::new();
                let skipped = self.reader.read_to_end_into(end, &mut skipped);
                skipped.map_err(|error| broken(&error))?;
            }
            _ => {}
        }
        Ok(None)
    }

    fn cell(&mut self, tag: &BytesStart<'_>) -> Result<Option<Item>, Refusal> {
        self.within = Within::Cell;
        self.column = index_of(tag, "Index")?.unwrap_or(self.next_column);
        let across = number_of(tag, "MergeAcross")?.unwrap_or_default();
        let down = number_of(tag, "MergeDown")?.unwrap_or_default();
        self.next_column = self.column.saturating_add(1).saturating_add(across);
        if across == 0 && down == 0 {
            return Ok(None);
        }
        Ok(Some(Item::Merge(Merge {
            rows: (self.row, self.row.saturating_add(down)),
            columns: (self.column, self.column.saturating_add(across)),
        })))
    }

    fn end(&mut self, name: &str) -> Option<Item> {
        match (self.within, name) {
            (Within::Data, "Data") => {
                self.within = Within::Cell;
                retell(&self.kind, &mut self.text);
                return Some(Item::Cell(self.row, self.column));
            }
            (Within::Visible, "Visible") => {
                self.within = Within::Sheet;
                return self.text.contains("Hidden").then_some(Item::Hidden);
            }
            (Within::Cell, "Cell") => self.within = Within::Row,
            (Within::Row, "Row") => self.within = Within::Table,
            (Within::Table, "Table") => self.within = Within::Sheet,
            (Within::Sheet, "Worksheet") => self.within = Within::Workbook,
            (Within::Workbook, "Workbook") => self.ended = true,
            _ => {}
        }
        None
    }
}

fn broken(error: &quick_xml::Error) -> Refusal {
    if let quick_xml::Error::Io(error) = error
        && let Some(refusal) = error.get_ref().and_then(|inner| inner.downcast_ref())
    {
        return Refusal::clone(refusal);
    }
    Refusal::damaged(error.to_string())
}

fn text_of(tag: &BytesStart<'_>, name: &str) -> Result<Option<String>, Refusal> {
    for attribute in tag.attributes() {
        let attribute = attribute.map_err(|error| Refusal::damaged(error.to_string()))?;
        if attribute.key.local_name().as_ref() == name {
            let value = unescape(&attribute.value);
            let value = value.map_err(|error| Refusal::damaged(error.to_string()))?;
            return Ok(Some(value.into_owned()));
        }
    }
    Ok(None)
}

fn number_of(tag: &BytesStart<'_>, name: &str) -> Result<Option<u32>, Refusal> {
    let Some(text) = text_of(tag, name)? else {
        return Ok(None);
    };
    let number = text.trim().parse().ok();
    number.map(Some).ok_or_else(|| {
        let shown: String = text.chars().take(40).collect();
        Refusal::damaged(format!(
            "{name} is {shown}, expected a number",
            name = quoted(&name),
            shown = quoted(&shown)
        ))
    })
}

/// Rows and columns count from 1 there.
fn index_of(tag: &BytesStart<'_>, name: &str) -> Result<Option<u32>, Refusal> {
    let number = number_of(tag, name)?;
    let index = number.map(|number| {
        number.checked_sub(1).ok_or_else(|| {
            Refusal::damaged(format!(
                "{name} is 0, expected 1 or more",
                name = quoted(&name)
            ))
        })
    });
    index.transpose()
}

/// The text of a cell by its kind, as those of other workbooks are told.
fn retell(kind: &str, text: &mut String) {
    match kind {
        "Number" => {
            if let Some(told) = crate::read::workbook::text::written_number(text) {
                *text = told;
            }
        }
        "Boolean" => {
            let is_true = matches!(text.trim(), "1" | "true" | "True");
            text.clear();
            text.push_str(if is_true { "true" } else { "false" });
        }
        "DateTime" => *text = moment(text.trim()),
        _ => {}
    }
}

/// A day without a time of day, a time of day without the day that stands for none.
fn moment(text: &str) -> String {
    let text = text.split_once('.').map_or(text, |(before, _)| before);
    match text.split_once('T') {
        Some((day, "00:00:00")) => day.to_owned(),
        Some(("1899-12-31" | "1899-12-30", time)) => time.to_owned(),
        _ => text.to_owned(),
    }
}

/// Watches that no cell is endless.
#[derive(Default)]
pub(super) struct SheetXmlWatch {
    in_cell: bool,
    text_bytes: usize,
}

impl Watch for SheetXmlWatch {
    fn start(&mut self, tag: &[u8], closed: bool) -> Result<(), Refusal> {
        if !self.in_cell {
            self.text_bytes = 0;
            self.in_cell = !closed && tag_name(tag) == b"Cell";
        }
        Ok(())
    }

    fn end(&mut self, name: &[u8]) -> Result<(), Refusal> {
        if tag_name(name) == b"Cell" {
            self.in_cell = false;
            self.text_bytes = 0;
        }
        Ok(())
    }

    fn text(&mut self, text: &[u8], _is_cdata: bool) -> Result<(), Refusal> {
        self.text_bytes += text.len();
        if self.text_bytes > TOKEN_BYTES_MAX {
            return Err(Refusal::over(format!(
                "the text of one cell is longer than {TOKEN_BYTES_MAX} bytes"
            )));
        }
        Ok(())
    }
}
