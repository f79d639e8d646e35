//! Cutting into chunks: the rows are those of one sequential reader, whatever the chunks.

use std::io::{Seek, Write};
use std::ops::ControlFlow;
use std::sync::OnceLock;

use proptest::prelude::*;

use crate::model::Silent;
use crate::read::ReadError;
use crate::read::csv::{CsvFile, Origin, Sizes};
use crate::read::encoding::Encoding;
use crate::read::scan::scan;
use crate::read::source::{Chunk, Source};
use crate::read::split::line_end;

fn file_of(bytes: &[u8], block: usize, delimiter: u8) -> CsvFile {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    CsvFile {
        name: "test.csv".to_owned(),
        metadata: file.metadata().unwrap(),
        file,
        origin: Origin::File,
        before: Vec::new(),
        start_lines: 0,
        delimiter,
        encoding: Encoding::Utf8,
        is_presumed: true,
        foreign_byte: OnceLock::new(),
        digests: false,
        hash: None,
        sizes: Sizes {
            block,
            record_max: 1 << 20,
        },
    }
}

/// The same bytes out of a stream, which cannot be read by position.
fn stream_of(bytes: &[u8], block: usize, delimiter: u8) -> CsvFile {
    let mut csv = file_of(bytes, block, delimiter);
    csv.origin = Origin::Stream(Box::new(|file| {
        let mut file = file.try_clone()?;
        file.rewind()?;
        Ok(Box::new(file))
    }));
    csv
}

type Cells = Vec<Vec<u8>>;

/// Row, line, whether unterminated, cells, whether misquoted.
fn read(csv: &CsvFile) -> Vec<(u64, u64, bool, Cells, bool)> {
    let mut all = Vec::new();
    let map = |(): &mut (), chunk: &Chunk| {
        let mut rows = Vec::new();
        chunk.rows(&mut |row| {
            let cells = (0..row.len()).map(|column| row.raw(column).to_vec());
            let (number, line, open) = (row.number, row.line, row.unterminated);
            rows.push((number, line, open, cells.collect(), row.misquoted));
            ControlFlow::Continue(())
        });
        rows
    };
    scan(
        csv,
        "test",
        &Silent,
        || (),
        map,
        |rows| {
            all.extend(rows);
            ControlFlow::Continue(())
        },
    )
    .unwrap();
    all
}

/// The `csv` crate over the whole at once; a line end before it keeps it from taking a byte
/// order mark off, as the caller does that.
fn reference(bytes: &[u8], delimiter: u8) -> Vec<Cells> {
    let shielded = [b"\n", bytes].concat();
    csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        .flexible(true)
        .from_reader(&shielded[..])
        .byte_records()
        .map(|record| record.unwrap().iter().map(<[u8]>::to_vec).collect())
        .collect()
}

/// Row and line of each record, counted byte by byte.
fn reference_places(bytes: &[u8], delimiter: u8) -> Vec<(u64, u64)> {
    let (mut row, mut line) = (1, 1);
    let (mut quoted, mut field_start, mut in_record) = (false, true, false);
    let mut places = Vec::new();
    let mut index = 0;
    while let Some(byte) = bytes.get(index) {
        let newline = line_end(&bytes[index..]);
        if newline.is_none() || quoted {
            if !in_record {
                places.push((row, line));
            }
            in_record = true;
        }
        match (newline, quoted) {
            (Some(_), true) => line += 1,
            (Some(_), false) => {
                (row, line) = (row + 1, line + 1);
                (in_record, field_start) = (false, true);
            }
            (None, true) if *byte == b'"' && bytes.get(index + 1) == Some(&b'"') => index += 1,
            (None, true) if *byte == b'"' => quoted = false,
            (None, true) => {}
            (None, false) if *byte == b'"' && field_start => (quoted, field_start) = (true, false),
            (None, false) => field_start = *byte == delimiter,
        }
        index += newline.unwrap_or(1);
    }
    places
}

/// Whether the rows of these bytes, in blocks of that size, are those of one sequential reader.
fn check(bytes: &[u8], block: usize, delimiter: u8) {
    let rows = read(&file_of(bytes, block, delimiter));
    let cells: Vec<Cells> = rows.iter().map(|row| row.3.clone()).collect();
    assert_eq!(cells, reference(bytes, delimiter));
    let places: Vec<(u64, u64)> = rows.iter().map(|row| (row.0, row.1)).collect();
    assert_eq!(places, reference_places(bytes, delimiter));
    assert_eq!(rows, read(&file_of(bytes, 1 << 20, delimiter)));
    assert_eq!(rows, read(&stream_of(bytes, block, delimiter)));
}

/// A cell as a careful writer sets it.
fn careful_cell() -> impl Strategy<Value = &'static [u8]> {
    prop::sample::select(vec![
        &b""[..],
        b"a",
        b"plain text of some length",
        b"Zo\xc3\xab",
        b"\"\"",
        b"\"quoted\"",
        b"\"with, a comma; and more\"",
        b"\"on\ntwo lines\"",
        b"\"on\r\ntwo lines\"",
        b"\"a \"\"quote\"\" within\"",
        b"\"a longer cell that alone fills more than one word of sixty-four bytes, and \r more\"",
    ])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]
    #[test]
    fn chunks_read_as_the_whole_does(
        parts in prop::collection::vec(prop::sample::select(vec![
            &b"\""[..], b"\"", b"\"\"", b",", b",", b";", b"\r", b"\n", b"\r\n", b"a", b"bc", b" ",
            b"\0", b"\xc3\xab", b"\xff", b"\xef\xbb\xbf", b"a longer text, with a comma",
        ]), 0..40),
        block in prop::sample::select(vec![1_usize, 2, 3, 7, 16, 64, 1000]),
        delimiter in prop::sample::select(vec![b',', b';']),
    ) {
        check(&parts.concat(), block, delimiter);
    }

    #[test]
    fn chunks_of_careful_writers_read_as_the_whole_does(
        rows in prop::collection::vec(
            (prop::collection::vec(careful_cell(), 1..6), prop::sample::select(vec!["\n", "\r\n", "\r"])),
            0..16,
        ),
        slip in prop::option::weighted(0.2, (0_usize..2000, prop::sample::select(vec![b'"', b'\n', b','] ))),
        block in prop::sample::select(vec![1_usize, 5, 31, 63, 64, 65, 128, 200, 500]),
    ) {
        let rows = rows.iter().map(|(cells, end)| [&cells.join(&b","[..]), end.as_bytes()].concat());
        let mut bytes: Vec<u8> = rows.collect::<Vec<_>>().concat();
        if let Some((place, byte)) = slip {
            bytes.insert(place % (bytes.len() + 1), byte);
        }
        check(&bytes, block, b',');
    }
}

#[test]
fn places_are_exact_whatever_the_block() {
    let bytes = b"id,owner\n\n1,\"a\nb\"\r\n2,c\r\n\r\n3,\"d";
    for block in 1..40 {
        let rows = read(&file_of(bytes, block, b','));
        let places: Vec<_> = rows.iter().map(|row| (row.0, row.1, row.2)).collect();
        let expected = [(1, 1, false), (3, 3, false), (4, 5, false), (6, 7, true)];
        assert_eq!(places, expected, "block: {block}");
    }
}

#[test]
fn a_record_beyond_the_limit_is_refused_with_its_place() {
    let mut csv = file_of(b"a,b\n\"never closed\n1,2\n3,4\n5,6\n", 4, b',');
    csv.sizes.record_max = 16;
    let keep_on = |()| ControlFlow::Continue(());
    let error = scan(&csv, "test", &Silent, || (), |(), _| (), keep_on).unwrap_err();
    assert!(error.to_string().contains("row 2 (line 2)"), "{error}");
}

#[test]
fn a_file_written_to_meanwhile_is_refused() {
    let csv = file_of(b"a,b\n", 4, b',');
    (&csv.file).write_all(b"more\n").unwrap();
    assert!(matches!(
        csv.check_unchanged(),
        Err(ReadError::Changed { .. })
    ));
}

#[test]
fn the_row_of_a_byte() {
    let bytes = b"id,owner\r\n1,\"a\r\nb\"\r\n2,Andr\xe9\r\n";
    let offset = bytes.iter().position(|byte| *byte == 0xe9).unwrap() as u64;
    for block in 1..40 {
        let csv = file_of(bytes, block, b',');
        assert_eq!(csv.row_of_byte(offset).unwrap(), (3, 4), "block: {block}");
    }
}

/// The numbers of the rows that `map` let through, in order.
fn numbers_of_rows(csv: &CsvFile) -> Vec<u64> {
    read(csv).into_iter().map(|row| row.0).collect()
}

#[test]
fn order_holds_on_any_number_of_threads_also_from_within_a_pool() {
    let bytes = "a,b\n".repeat(5_000);
    let expected: Vec<u64> = (1..=5_000).collect();
    for threads in [1, 2, 5] {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        let csv = file_of(bytes.as_bytes(), 32, b',');
        assert_eq!(
            pool.install(|| numbers_of_rows(&csv)),
            expected,
            "{threads} threads"
        );
    }
}

#[test]
fn a_panic_while_mapping_ends_the_scan() {
    let csv = file_of("a,b\n".repeat(500).as_bytes(), 32, b',');
    let scanned = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let map = |(): &mut (), _: &Chunk| -> u8 { panic!("on purpose") };
        scan(
            &csv,
            "test",
            &Silent,
            || (),
            map,
            |_| ControlFlow::Continue(()),
        )
    }));
    assert!(scanned.is_err());
}

#[test]
fn a_sink_that_breaks_off_sees_no_more() {
    let csv = file_of("a,b\n".repeat(500).as_bytes(), 32, b',');
    let mut seen = 0;
    let map = |(): &mut (), chunk: &Chunk| chunk.bytes();
    scan(
        &csv,
        "test",
        &Silent,
        || (),
        map,
        |_| {
            seen += 1;
            ControlFlow::Break(())
        },
    )
    .unwrap();
    assert_eq!(seen, 1);
}
