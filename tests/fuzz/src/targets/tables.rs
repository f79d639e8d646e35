//! Any CSV as a table, and the plain reader of the `csv` crate that it is held against.
//!
//! In: the bytes of a file. Out: a panic where a cell is not the one that a sequential reader finds.

use std::ops::ControlFlow;

use cutover::model::{Input, Silent};
use cutover::read::{FileSpec, Table, open_table};

use super::reading::{on_any_threads, put, spec};

/// A row as a sequential reader finds it.
#[derive(Debug)]
pub(crate) struct Found {
    /// Row and line, from 1.
    pub(crate) place: (u64, u64),
    /// Its cells, as written.
    pub(crate) cells: Vec<String>,
}

/// A row of a table: row, line, trimmed cells, defect.
pub(crate) type TableRow = (u64, u64, Vec<String>, Option<String>);

/// The bytes as any table.
pub(crate) fn table(bytes: &[u8]) {
    put("table.csv", bytes);
    let spec = spec("table.csv");
    let (read, _) = read(&spec);
    let Ok((input, rows)) = read else {
        return;
    };
    let Some(expected) = sequential(bytes, &input) else {
        return;
    };
    let (header, expected) = expected.split_first().expect("an open table has a header");
    assert_eq!(input.headers, header.cells, "the header");
    let rows: Vec<_> = rows.into_iter().map(|row| (row.0, row.1, row.2)).collect();
    let width = width(&input);
    let trimmed = expected.iter().map(|row| {
        let cell = |column| {
            row.cells
                .get(column)
                .map_or("", |cell: &String| cell.trim())
        };
        let cells = (0..width).map(cell).map(str::to_owned).collect();
        (row.place.0, row.place.1, cells)
    });
    assert_eq!(rows, trimmed.collect::<Vec<_>>(), "rows, lines and cells");
}

/// A table, read, and what was said of it.
pub(crate) type Outcome = super::reading::Outcome<(Input, Vec<TableRow>)>;

/// Reads a table on any threads.
pub(crate) fn read(spec: &FileSpec) -> Outcome {
    on_any_threads(|findings| {
        let table: Table = open_table(spec, findings)?;
        let width = width(table.input());
        let mut rows = Vec::new();
        table.rows(&Silent, &mut |row| {
            let cells = (0..width).map(|column| row.cell(column).to_owned());
            let defect = row.defect().map(str::to_owned);
            rows.push((row.row(), row.line(), cells.collect(), defect));
            ControlFlow::Continue(())
        })?;
        Ok((table.input().clone(), rows))
    })
}

/// How many cells of a row are looked at: those under the header, and some that stick out.
fn width(input: &Input) -> usize {
    (input.headers.len() + 3).min(200)
}

/// The rows that hold anything, as one reader of the `csv` crate finds them one after the other;
/// `None` where the text is no clean UTF-8, which that reader knows nothing of.
pub(crate) fn sequential(bytes: &[u8], input: &Input) -> Option<Vec<Found>> {
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if input.encoding != "utf-8" || str::from_utf8(text).is_err() || text.contains(&0) {
        return None;
    }
    let delimiter = u8::try_from(input.delimiter?).ok()?;
    let told = sep_line(text);
    let (text, lines_before) = (&text[told..], u64::from(told > 0));
    // A line end before it keeps the reader from taking off a byte order mark.
    let shielded = [b"\n", text].concat();
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        .flexible(true)
        .from_reader(&shielded[..]);
    let records = reader.byte_records().map(|record| {
        let record = record.expect("a reader of memory");
        let cells = record.iter().map(|cell| {
            let cell = str::from_utf8(cell);
            // Quotes and delimiters are ASCII, so that no character is cut.
            cell.expect("cells of a text are texts").to_owned()
        });
        cells.collect::<Vec<String>>()
    });
    let places = places(text, delimiter).into_iter();
    let rows = places.zip(records).map(|((row, line), cells)| Found {
        place: (row, line + lines_before),
        cells,
    });
    let holds_anything = |row: &Found| {
        let blank = |cell: &String| cell.bytes().all(|byte| byte.is_ascii_whitespace());
        !row.cells.iter().all(blank)
    };
    Some(rows.filter(holds_anything).collect())
}

/// The length of a first line `sep=;`.
fn sep_line(text: &[u8]) -> usize {
    let is_word = |word: &[u8]| word.eq_ignore_ascii_case(b"sep=");
    match text.split_at_checked(4) {
        Some((word, [delimiter, rest @ ..])) if is_word(word) && separates(*delimiter) => {
            match rest {
                [b'\r', b'\n', ..] => 7,
                [b'\r' | b'\n', ..] => 6,
                _ => 0,
            }
        }
        _ => 0,
    }
}

fn separates(byte: u8) -> bool {
    byte.is_ascii() && !matches!(byte, b'"' | b'\r' | b'\n' | 0)
}

/// Row and line of each record, counted byte by byte.
fn places(text: &[u8], delimiter: u8) -> Vec<(u64, u64)> {
    let (mut row, mut line) = (1, 1);
    let (mut quoted, mut field_start, mut in_record) = (false, true, false);
    let mut places = Vec::new();
    let mut index = 0;
    while let Some(byte) = text.get(index) {
        let next = text.get(index + 1);
        let newline = match byte {
            b'\r' if next == Some(&b'\n') => 2,
            b'\r' | b'\n' => 1,
            _ => 0,
        };
        if (newline == 0 || quoted) && !in_record {
            places.push((row, line));
            in_record = true;
        }
        let mut length = newline.max(1);
        match (newline > 0, quoted) {
            (true, true) => line += 1,
            (true, false) => {
                (row, line) = (row + 1, line + 1);
                (in_record, field_start) = (false, true);
            }
            (false, true) if *byte == b'"' && next == Some(&b'"') => length = 2,
            (false, true) if *byte == b'"' => quoted = false,
            (false, true) => {}
            (false, false) if *byte == b'"' && field_start => (quoted, field_start) = (true, false),
            (false, false) => field_start = *byte == delimiter,
        }
        index += length;
    }
    places
}
