//! The rows of a sheet as the page carries them: by column, each text once.
//!
//! In: a sheet, and how much of it there is room for. Out: JSON that `report.js` unpacks. A sentence that names
//! what its row is about is kept as what stands around that name: most sentences of one rule are then one text.
//! No `<` is in it, so nothing in it can end the element that it stands in.

use std::collections::HashMap;
use std::io;
use std::ops::ControlFlow;

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::ser::{CompactFormatter, Formatter};

use crate::report::{ReportError, SheetCell, SheetKind, SheetName, Sheets};

/// Findings that a page carries.
const FINDINGS_MAX: u64 = 100_000;
/// Rows of every other sheet that a page carries.
const ROWS_MAX: u64 = 20_000;
/// Bytes of different texts of one sheet that a page carries: a browser has to hold them all.
const TEXT_BYTES_MAX: usize = 32 << 20;

/// The column that sentences of the same row name.
const SUBJECT: &str = "subject";

/// A sheet as the page carries it.
pub(super) struct Pack {
    /// JSON.
    pub(super) json: Vec<u8>,
    /// How many rows are in it, from the first.
    pub(super) rows: u64,
}

/// What sees the rows of a sheet on their way.
pub(super) type Look<'a> = dyn FnMut(&[SheetCell]) + 'a;

/// Packs a sheet; `look` sees every row, also those for which there is no room, if it wants them.
pub(super) fn pack(
    sheets: &Sheets<'_>,
    sheet: SheetName,
    mut look: Option<&mut Look<'_>>,
) -> Result<Pack, ReportError> {
    let mut packer = Packer::of(sheet);
    if sheets.len(sheet) > 0 {
        sheets.rows(sheet, &mut |row| {
            if let Some(look) = &mut look {
                look(&row);
            }
            if packer.has_room() {
                packer.push(row);
            } else if look.is_none() {
                return ControlFlow::Break(());
            }
            ControlFlow::Continue(())
        })?;
    }
    let json = json(&packer)?;
    let rows = packer.rows;
    Ok(Pack { json, rows })
}

/// JSON without a `<`.
pub(super) fn json(value: &impl Serialize) -> Result<Vec<u8>, ReportError> {
    let mut bytes = Vec::new();
    let mut serializer = serde_json::Serializer::with_formatter(&mut bytes, Inert);
    value.serialize(&mut serializer).map_err(io::Error::from)?;
    Ok(bytes)
}

/// Writes `<` by its number, which means the same in JSON and nothing in HTML.
struct Inert;

impl Formatter for Inert {
    fn write_string_fragment<W>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()>
    where
        W: ?Sized + io::Write,
    {
        for (index, part) in fragment.split('<').enumerate() {
            if index > 0 {
                writer.write_all(br"\u003c")?;
            }
            CompactFormatter.write_string_fragment(writer, part)?;
        }
        Ok(())
    }
}

/// A sheet being packed.
struct Packer {
    columns: Vec<Column>,
    texts: Texts,
    rows: u64,
    rows_max: u64,
    subject: Option<usize>,
}

/// The cells of one column.
enum Column {
    /// Numbers of texts.
    Texts { cells: Vec<u32>, is_prose: bool },
    /// Numbers; nothing where a cell is blank.
    Numbers(Vec<Option<u64>>),
}

impl Packer {
    fn of(sheet: SheetName) -> Self {
        let columns = sheet.columns();
        let column = |kind| match kind {
            SheetKind::Number => Column::Numbers(Vec::new()),
            _ => Column::Texts {
                cells: Vec::new(),
                is_prose: kind == SheetKind::Prose,
            },
        };
        Self {
            columns: columns.iter().map(|one| column(one.kind)).collect(),
            texts: Texts::default(),
            rows: 0,
            rows_max: match sheet {
                SheetName::Findings => FINDINGS_MAX,
                _ => ROWS_MAX,
            },
            subject: columns.iter().position(|column| column.key == SUBJECT),
        }
    }

    fn has_room(&self) -> bool {
        self.rows < self.rows_max && self.texts.bytes < TEXT_BYTES_MAX
    }

    fn push(&mut self, row: Vec<SheetCell>) {
        self.rows += 1;
        let subject = match self.subject.and_then(|column| row.get(column)) {
            Some(SheetCell::Text(subject)) => subject.clone(),
            _ => String::new(),
        };
        for (column, cell) in self.columns.iter_mut().zip(row) {
            match (column, cell) {
                (Column::Numbers(cells), SheetCell::Number(number)) => cells.push(Some(number)),
                (Column::Numbers(cells), SheetCell::Blank) => cells.push(None),
                (Column::Numbers(_), SheetCell::Text(text)) => {
                    unreachable!("`{text}` in a column of numbers")
                }
                (Column::Texts { cells, is_prose }, SheetCell::Text(text)) => {
                    let is_about = *is_prose && !subject.is_empty();
                    let parts = is_about.then(|| text.split(&subject).collect::<Vec<_>>());
                    let text = match parts {
                        Some(parts) if parts.len() > 1 => {
                            Text::Around(parts.into_iter().map(str::to_owned).collect())
                        }
                        _ => Text::Plain(text),
                    };
                    cells.push(self.texts.number(text));
                }
                (Column::Texts { cells, .. }, SheetCell::Number(number)) => {
                    cells.push(self.texts.number(Text::Plain(number.to_string())));
                }
                (Column::Texts { cells, .. }, SheetCell::Blank) => {
                    cells.push(self.texts.number(Text::Plain(String::new())));
                }
            }
        }
    }
}

/// A text of a sheet.
#[derive(Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(untagged)]
enum Text {
    /// As it is.
    Plain(String),
    /// What stands before, between and behind the name of what its row is about.
    Around(Vec<String>),
}

impl Text {
    fn len(&self) -> usize {
        match self {
            Self::Plain(text) => text.len(),
            Self::Around(parts) => parts.iter().map(String::len).sum(),
        }
    }
}

/// Every text once, numbered as first met.
#[derive(Default)]
struct Texts {
    numbers: HashMap<Text, u32, foldhash::fast::FixedState>,
    list: Vec<Text>,
    bytes: usize,
}

impl Texts {
    fn number(&mut self, text: Text) -> u32 {
        if let Some(number) = self.numbers.get(&text) {
            return *number;
        }
        let number = u32::try_from(self.list.len()).expect("a page has no room for so many texts");
        self.bytes += text.len();
        self.list.push(text.clone());
        self.numbers.insert(text, number);
        number
    }
}

impl Serialize for Packer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(3))?;
        map.serialize_entry("rows", &self.rows)?;
        map.serialize_entry("texts", &self.texts.list)?;
        map.serialize_entry("columns", &self.columns)?;
        map.end()
    }
}

impl Serialize for Column {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Texts { cells, .. } => cells_or_runs(cells, serializer),
            Self::Numbers(cells) => cells_or_runs(cells, serializer),
        }
    }
}

/// What stands how often below itself, where that is shorter than the cells.
#[derive(Serialize)]
struct Runs<T> {
    runs: Vec<(T, usize)>,
}

fn cells_or_runs<S, T>(cells: &[T], serializer: S) -> Result<S::Ok, S::Error>
where
    S: Serializer,
    T: Copy + PartialEq + Serialize,
{
    let runs = || cells.chunk_by(|one, next| one == next);
    if runs().count() * 2 < cells.len() {
        let runs = runs().map(|run| (run[0], run.len())).collect();
        Runs { runs }.serialize(serializer)
    } else {
        cells.serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_packed_by_column() {
        let text = SheetCell::text;
        check(
            "a sentence is kept around what it names",
            &[
                ("Karl", "`Karl` fits 2"),
                ("Anna", "`Anna` fits 2"),
                ("", "`` fits"),
            ],
            r#"["error","C","no","Karl",["`","` fits 2"],"","Anna","`` fits"]"#,
        );
        check(
            "nothing ends the element",
            &[("</script><!--", "x")],
            r#"["error","C","no","\u003c/script>\u003c!--","x",""]"#,
        );
        let mut packer = Packer::of(SheetName::Inputs);
        for rows in [7, 7, 7, 8] {
            let mut row = vec![SheetCell::Blank; SheetName::Inputs.columns().len()];
            (row[0], row[3]) = (text("a"), SheetCell::Number(rows));
            packer.push(row);
        }
        let page = String::from_utf8(json(&packer).unwrap()).unwrap();
        assert!(page.contains("[7,7,7,8]"), "{page}");
        assert!(page.contains(r#"{"runs":[[null,4]]}"#), "{page}");
    }

    #[test]
    fn a_page_has_its_bounds() {
        let row = |sheet: SheetName, text: &str| {
            let mut row = vec![SheetCell::Blank; sheet.columns().len()];
            row[0] = SheetCell::text(text);
            row
        };
        let filled = |sheet, text: &dyn Fn(u64) -> String| {
            let mut packer = Packer::of(sheet);
            while packer.has_room() {
                packer.push(row(sheet, &text(packer.rows)));
            }
            packer.rows
        };
        let short = |_| String::from("a");
        assert_eq!(filled(SheetName::Findings, &short), FINDINGS_MAX);
        assert_eq!(filled(SheetName::Records, &short), ROWS_MAX);
        let long = |row| format!("{row}{}", " ".repeat(4 << 20));
        assert_eq!(filled(SheetName::Records, &long), 8);
    }

    #[track_caller]
    fn check(case: &str, rows: &[(&str, &str)], texts: &str) {
        let mut packer = Packer::of(SheetName::Findings);
        for (subject, message) in rows {
            let mut row: Vec<SheetCell> = ["error", "C", "no", subject, message]
                .map(SheetCell::text)
                .into();
            row.resize(SheetName::Findings.columns().len(), SheetCell::Blank);
            packer.push(row);
        }
        let page = String::from_utf8(json(&packer).unwrap()).unwrap();
        assert!(page.contains(texts), "case: {case}: {page}");
    }
}
