//! What a workbook says besides its rows: shared texts, which styles are dates, when its days begin.
//!
//! In: an open workbook whose reader has told which parts it took for what. Out: the same for whoever reads rows from
//! pieces. What is a date is not judged here: the reader is shown a workbook with the same styles and a number in each.

use std::io::{Cursor, Write};

use calamine::{DataRef, ExcelDateTime, ExcelDateTimeType, Reader, Xlsx};
use zip::ZipWriter;
use zip::result::ZipResult;
use zip::write::SimpleFileOptions;

use crate::read::workbook::book::guarded;
use crate::read::workbook::kind::Kind;
use crate::read::workbook::package::{Parts, Told};
use crate::read::workbook::part::{PartReader, Watched};
use crate::read::workbook::plain::cut::{Cutter, SHARED_TEXTS};
use crate::read::workbook::plain::texts::Decoder;
use crate::read::workbook::plain::walk::{Ended, NotPlain, Walk};

/// Styles are few; a part of them that is larger is read by its reader alone.
const STYLES_BYTES_MAX: u64 = 8 << 20;
const STYLES_MAX: usize = 1 << 16;

/// What is known of a workbook.
#[derive(Default)]
pub(super) struct Known {
    texts: String,
    /// Where each shared text ends.
    ends: Vec<u32>,
    /// Which number each style shows.
    dates: Vec<Option<DateKind>>,
    /// Days are counted from 1904, not from 1900.
    is_1904: bool,
}

/// What a number with a date's style is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DateKind {
    Moment,
    Duration,
}

impl Known {
    /// What the parts say that a workbook's reader took for styles and shared texts.
    pub(super) fn of(parts: &Parts, told: &Told, is_1904: bool) -> Result<Self, NotPlain> {
        let mut known = Self {
            is_1904,
            ..Self::default()
        };
        if let Some(part) = part_named(parts, told, "styles.xml")? {
            known.dates = date_kinds(part)?;
        }
        if let Some(part) = part_named(parts, told, "sharedStrings.xml")? {
            known.read_texts(part)?;
        }
        Ok(known)
    }

    /// The shared text with this number.
    pub(super) fn text(&self, index: u32) -> Option<&str> {
        let index = index as usize;
        let end = *self.ends.get(index)?;
        let begin = index.checked_sub(1).map_or(0, |before| self.ends[before]);
        Some(&self.texts[begin as usize..end as usize])
    }

    /// Which date a number with this style is, if any.
    pub(super) fn date_kind(&self, style: u32) -> Option<DateKind> {
        self.dates.get(style as usize).copied().flatten()
    }

    /// A number as its reader would give it.
    pub(super) fn number(&self, value: f64, kind: Option<DateKind>) -> DataRef<'static> {
        let kind = match kind {
            None => return DataRef::Float(value),
            Some(DateKind::Moment) => ExcelDateTimeType::DateTime,
            Some(DateKind::Duration) => ExcelDateTimeType::TimeDelta,
        };
        DataRef::DateTime(ExcelDateTime::new(value, kind, self.is_1904))
    }

    fn read_texts(&mut self, part: PartReader) -> Result<(), NotPlain> {
        let mut cutter = Cutter::begin(part, SHARED_TEXTS);
        let mut decoder = Decoder::default();
        let mut room = Vec::new();
        while let Some(piece) = cutter.next(room)? {
            let xml = str::from_utf8(piece.xml()).map_err(|_| NotPlain)?;
            let mut walk = Walk::new(xml);
            loop {
                walk.skip_blanks();
                if walk.is_at_end() {
                    break;
                }
                walk.expect("<si")?;
                if walk.attributes(|_, _| Ok(()))? == Ended::Open {
                    decoder.push_pieces(&mut self.texts, &mut walk, "</si>")?;
                }
                let end = u32::try_from(self.texts.len()).map_err(|_| NotPlain)?;
                self.ends.push(end);
            }
            room = piece.into_room();
        }
        self.texts.shrink_to_fit();
        self.ends.shrink_to_fit();
        Ok(())
    }
}

/// The part of this name that the reader began; of several, nobody says which one it went by.
fn part_named(parts: &Parts, told: &Told, name: &str) -> Result<Option<PartReader>, NotPlain> {
    let begun = told.begun();
    let mut named = begun.into_iter().filter(|index| {
        let last = parts.name(*index).rsplit(['/', '\\']).next();
        last.is_some_and(|last| last.eq_ignore_ascii_case(name))
    });
    let Some(index) = named.next() else {
        return Ok(None);
    };
    if named.next().is_some() {
        return Err(NotPlain);
    }
    Ok(parts.part(index, Watched::of(Kind::OfficeXml)(name)))
}

fn date_kinds(part: PartReader) -> Result<Vec<Option<DateKind>>, NotPlain> {
    let styles = unpacked(part)?;
    // Every style is an `xf`; some of them are others.
    let styles_max = memchr::memmem::find_iter(&styles, b"xf").count();
    if styles_max > STYLES_MAX {
        return Err(NotPlain);
    }
    let trial = trial_workbook(&styles, styles_max).map_err(|_| NotPlain)?;
    let mut book: Xlsx<_> = guarded(|| Xlsx::new(Cursor::new(trial)))?;
    let mut reader = guarded(|| book.worksheet_cells_reader(TRIAL_SHEET))?;
    let mut kinds = Vec::with_capacity(styles_max);
    while let Some(cell) = guarded(|| reader.next_cell())? {
        kinds.push(match cell.get_value() {
            DataRef::DateTime(moment) if moment.is_duration() => Some(DateKind::Duration),
            DataRef::DateTime(_) => Some(DateKind::Moment),
            _ => None,
        });
    }
    Ok(kinds)
}

fn unpacked(mut part: PartReader) -> Result<Vec<u8>, NotPlain> {
    if part.size() > STYLES_BYTES_MAX {
        return Err(NotPlain);
    }
    let mut all = Vec::new();
    while let Some(block) = part.next_block()? {
        all.extend_from_slice(&block);
    }
    Ok(all)
}

const TRIAL_SHEET: &str = "trial";

/// A workbook with these styles and one row: a number in each of them, in order.
fn trial_workbook(styles: &[u8], count: usize) -> ZipResult<Vec<u8>> {
    const RELATIONS: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let relation = |kind: &str, target: &str| {
        format!(
            "<Relationships><Relationship Id=\"r\" Type=\"{RELATIONS}/{kind}\" Target=\"{target}\"/>\
             </Relationships>"
        )
    };
    let cells: Vec<String> = (0..count)
        .map(|style| format!("<c s=\"{style}\"><v>1.5</v></c>"))
        .collect();
    let cells = cells.concat();
    let parts = [
        ("_rels/.rels", relation("officeDocument", "xl/workbook.xml")),
        (
            "xl/workbook.xml",
            format!(
                "<workbook xmlns:r=\"{RELATIONS}\"><sheets>\
                 <sheet name=\"{TRIAL_SHEET}\" sheetId=\"1\" r:id=\"r\"/></sheets></workbook>"
            ),
        ),
        (
            "xl/_rels/workbook.xml.rels",
            relation("worksheet", "worksheets/sheet1.xml"),
        ),
        (
            "xl/worksheets/sheet1.xml",
            format!("<worksheet><sheetData><row r=\"1\">{cells}</row></sheetData></worksheet>"),
        ),
    ];
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let stored = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    for (name, content) in &parts {
        zip.start_file(*name, stored)?;
        zip.write_all(content.as_bytes())?;
    }
    zip.start_file("xl/styles.xml", stored)?;
    zip.write_all(styles)?;
    Ok(zip.finish()?.into_inner())
}
