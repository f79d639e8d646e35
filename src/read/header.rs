//! Header cells to columns.
//!
//! In: the first rows of a file and the names a purpose knows. Out: which row is the header, and which
//! column is which. A pattern that several columns fit chooses none of them: a person names one then.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use crate::model::{Code, Findings, Input, Place, comparison_key, parse_guid, quoted};
use crate::read::ReadError;
use crate::read::error::name_list;
use crate::read::names::{Pattern, Wanted, also_called};
use crate::read::source::{Chunk, Row, Source};

/// How many rows may stand above the header, itself included.
pub(super) const HEADER_WITHIN_ROWS: usize = 30;

/// A row of the beginning of a file, as texts.
#[derive(Clone, Debug)]
pub(super) struct HeadRow {
    /// The row, from 1.
    pub row: u64,
    /// The line, from 1.
    pub line: u64,
    /// Its cells, as written.
    pub cells: Vec<String>,
}

/// The first rows that hold anything: where the header is looked for, and one more.
pub(super) fn head_rows(source: &dyn Source) -> Result<Vec<HeadRow>, ReadError> {
    let mut rows = Vec::new();
    let feed = source.head()?;
    let mut chunk = Chunk::default();
    while enough(&rows).is_continue() && feed.next(&mut chunk)?.is_some() {
        chunk.rows(&mut |row| {
            if !row.is_blank() {
                rows.push(head_row(row));
            }
            enough(&rows)
        });
    }
    Ok(rows)
}

fn enough(rows: &[HeadRow]) -> ControlFlow<()> {
    if rows.len() > HEADER_WITHIN_ROWS {
        return ControlFlow::Break(());
    }
    ControlFlow::Continue(())
}

/// As long as a cell of Excel can be; no header is longer, and to compare one would take long.
const HEADER_BYTES_MAX: usize = 32_767;

fn head_row(row: &Row<'_>) -> HeadRow {
    let cell = |column: usize| {
        let cell = row.raw(column);
        let text = row
            .encoding
            .lossy(&cell[..cell.len().min(HEADER_BYTES_MAX)]);
        text.into_owned()
    };
    let cells = (0..row.len()).map(cell);
    HeadRow {
        row: row.number,
        line: row.line,
        cells: cells.collect(),
    }
}

/// A row taken for the header, and the rows below it to tell columns by what they hold.
#[derive(Debug)]
pub(super) struct Header<'a> {
    keys: Vec<Keys>,
    samples: &'a [HeadRow],
}

/// What a header cell is compared by.
#[derive(Debug)]
struct Keys {
    /// As a person would compare it.
    plain: String,
    /// Without blanks, `_` and `-`.
    tight: String,
    /// The name in brackets of Entra's templates: `User name [userPrincipalName] Required`.
    bracketed: Option<String>,
    /// Another column bears the same name: nothing says which is meant, so neither is read.
    repeated: bool,
}

impl<'a> Header<'a> {
    /// The first of `rows` as header.
    pub(super) fn of(rows: &'a [HeadRow]) -> Self {
        let cells = rows.first().map_or(&[][..], |row| &row.cells);
        let mut keys: Vec<Keys> = cells.iter().map(|cell| Keys::of(cell)).collect();
        let mut times: BTreeMap<String, usize> = BTreeMap::new();
        for key in &keys {
            *times.entry(key.tight.clone()).or_default() += 1;
        }
        for key in &mut keys {
            key.repeated = times.get(&key.tight).is_some_and(|times| *times > 1);
        }
        Self {
            keys,
            samples: rows.get(1..).unwrap_or_default(),
        }
    }

    /// Whether it is the line that PowerShell's `Export-Csv` writes above the header.
    pub(super) fn is_type_line(&self) -> bool {
        let is_type = |keys: &Keys| keys.plain.starts_with("#type ");
        self.keys.first().is_some_and(is_type)
    }

    /// The column that the best of the names fits. `table` is the logical name of the records' table.
    pub(super) fn find(&self, wanted: &Wanted, table: &str) -> Option<usize> {
        wanted
            .patterns
            .iter()
            .find_map(|pattern| self.fitting(*pattern, table))
    }

    /// The column of a name that a person gave.
    pub(super) fn named(&self, name: &str) -> Option<usize> {
        let wanted = Keys::of(name);
        let plain = self.position(|keys| keys.plain == wanted.plain);
        plain.or_else(|| self.position(|keys| keys.tight == wanted.tight))
    }

    fn fitting(&self, pattern: Pattern, table: &str) -> Option<usize> {
        match pattern {
            Pattern::Is(name) => self.exactly(&tight(name)),
            Pattern::TableId => self.exactly(&tight(&format!("{table}id"))),
            Pattern::Starts(with) => self.only(|keys| keys.plain.starts_with(with)),
            Pattern::Ends(with) => self.only(|keys| keys.plain.ends_with(with)),
            Pattern::TableOwner(with) => self.only(|keys| {
                let word = keys.plain.strip_suffix(with);
                word.is_some_and(|word| word == table || also_called(table).contains(&word))
            }),
            Pattern::DoNotModify => self.do_not_modify(),
        }
    }

    fn exactly(&self, name: &str) -> Option<usize> {
        self.position(|keys| keys.tight == name || keys.bracketed.as_deref() == Some(name))
    }

    fn position(&self, fits: impl Fn(&Keys) -> bool) -> Option<usize> {
        self.keys
            .iter()
            .position(|keys| !keys.repeated && fits(keys))
    }

    fn only(&self, fits: impl Fn(&Keys) -> bool) -> Option<usize> {
        let first = self.position(&fits)?;
        let last = self
            .keys
            .iter()
            .rposition(|keys| !keys.repeated && fits(keys))?;
        (first == last).then_some(first)
    }

    /// Row Checksum and Modified On bear the same prefix; only the record's id is a GUID. The prefix
    /// is translated in exports of other languages, the brackets stay.
    fn do_not_modify(&self) -> Option<usize> {
        let bracketed = |keys: &Keys| keys.plain.starts_with('(') && keys.plain.contains(") ");
        let holds_ids = |column: usize| {
            let mut cells = self.samples.iter().filter_map(|row| row.cells.get(column));
            cells.any(|cell| parse_guid(cell).is_some())
        };
        let columns = || self.keys.iter().enumerate();
        let by_ids = columns().find(|(column, keys)| bracketed(keys) && holds_ids(*column));
        let by_name = || {
            columns().find(|(_, keys)| {
                let table = keys.plain.strip_prefix("(do not modify) ");
                table.is_some_and(|table| !matches!(table, "row checksum" | "modified on"))
            })
        };
        by_ids.or_else(by_name).map(|(column, _)| column)
    }
}

impl Keys {
    fn of(cell: &str) -> Self {
        let plain = comparison_key(cell.trim_start_matches('\u{feff}'));
        let bracketed = plain
            .split_once('[')
            .and_then(|(_, rest)| rest.split_once(']'))
            .map(|(name, _)| tight(name));
        Self {
            tight: tight(&plain),
            bracketed,
            repeated: false,
            plain,
        }
    }
}

fn tight(name: &str) -> String {
    let mut key = comparison_key(name);
    key.retain(|letter| !matches!(letter, ' ' | '_' | '-'));
    key
}

/// The row that is the header: the first that `fits`, else the first of all.
pub(super) fn header_row(rows: &[HeadRow], fits: impl Fn(&Header<'_>, bool) -> bool) -> usize {
    fitting_row(rows, fits).unwrap_or(0)
}

/// The first row that `fits`.
pub(super) fn fitting_row(
    rows: &[HeadRow],
    fits: impl Fn(&Header<'_>, bool) -> bool,
) -> Option<usize> {
    let candidates = 0..rows.len().min(HEADER_WITHIN_ROWS);
    candidates
        .into_iter()
        .find(|index| fits(&Header::of(&rows[*index..]), *index == 0))
}

/// Says that a column is missing: what was looked for, what is there, how to name it.
pub(super) fn missing(input: &Input, wanted: &Wanted, table: &str, cure: &str) -> ReadError {
    let names = wanted.patterns.iter().map(|pattern| match pattern {
        Pattern::Is(name) => (*name).to_owned(),
        Pattern::Starts(with) => format!("{with}\u{2026}"),
        Pattern::Ends(with) => format!("\u{2026}{with}"),
        Pattern::TableOwner(with) => format!("{table}{with}"),
        Pattern::TableId if table.is_empty() => "id".to_owned(),
        Pattern::TableId => format!("{table}id"),
        Pattern::DoNotModify => "(Do Not Modify) \u{2026}".to_owned(),
    });
    let names: Vec<String> = names.collect();
    missing_named(
        input,
        wanted.what,
        &name_list(names.iter().map(String::as_str)),
        cure,
    )
}

/// The same, where a person or several lists say what was looked for.
pub(super) fn missing_named(
    input: &Input,
    what: &'static str,
    wanted: &str,
    cure: &str,
) -> ReadError {
    ReadError::MissingColumn {
        name: input.name.clone(),
        what,
        wanted: wanted.to_owned(),
        found: name_list(input.headers.iter().map(String::as_str)) + &repeated(&input.headers),
        cure: cure.to_owned(),
    }
}

/// A word about the headers that stand more than once, where there are any.
fn repeated(headers: &[String]) -> String {
    let mut times: BTreeMap<String, usize> = BTreeMap::new();
    for header in headers {
        *times.entry(tight(header)).or_default() += 1;
    }
    let twice = headers
        .iter()
        .find(|header| !header.trim().is_empty() && times.get(&tight(header)) > Some(&1));
    twice.map_or_else(String::new, |header| {
        let header = name_list(std::iter::once(header.as_str()));
        format!(" ({header} stands more than once, so none of them is read)")
    })
}

/// FIL005: headers that repeat or are blank, so that columns can be mistaken.
pub(super) fn check_headers(input: &Input, head: &HeadRow, findings: &mut Findings) {
    let mut columns: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    let keys = head
        .cells
        .iter()
        .map(|cell| tight(cell))
        .collect::<Vec<_>>();
    let filled = keys
        .iter()
        .rposition(|key| !key.is_empty())
        .map_or(0, |last| last + 1);
    for (column, key) in keys.iter().enumerate().take(filled) {
        columns.entry(key.clone()).or_default().push(column);
    }
    columns.retain(|key, columns| key.is_empty() || columns.len() > 1);
    if columns.is_empty() {
        return;
    }
    let id = findings.about(
        Code::Fil005,
        &input.name,
        || format!("headers of {} are repeated or blank", quoted(&input.name)),
        || "rename them in the export; a column whose header stands twice is not read".to_owned(),
    );
    let mut at: Vec<usize> = columns.into_values().flatten().collect();
    at.sort_unstable();
    for column in at {
        let place = Place::row(input.file, head.row, head.line);
        findings.place(id, place.cell(column_number(column), &head.cells[column]));
    }
}

/// The number of a column, from 1, as places count.
pub(super) fn column_number(column: usize) -> u16 {
    u16::try_from(column + 1).unwrap_or(u16::MAX)
}
