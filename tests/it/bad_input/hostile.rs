//! Files that were made to break their reader, or look as if: a clear error within bounds, and nothing
//! written.
//!
//! In: the base project with one export replaced. Out: exit code and words; for the large ones also the
//! memory of the program, where the system tells it. `CUTOVER_HOSTILE_MB` makes those larger.

use std::fs::{self, File};
use std::io::{BufWriter, Cursor, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use cutover::run::Exit;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::{ACCOUNTS, again, check, plan, planned, replace};
use crate::support::document;

const ROW: &str = "00000000-0000-4000-8000-000000000101,Alpine Foods,ben@contoso.com\n";
const HEADER: &str = "accountid,name,ownerid\n";

/// Case, bytes of the export, words of the error.
type Hostile<'a> = (&'a str, Vec<u8>, &'a [&'a str]);

fn table() -> Vec<u8> {
    (HEADER.to_owned() + ROW).into_bytes()
}

fn wide(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packer.write_all(text).unwrap();
    packer.finish().unwrap()
}

fn zip_of(names: &[&str]) -> Vec<u8> {
    let mut packer = ZipWriter::new(Cursor::new(Vec::new()));
    for name in names {
        packer
            .start_file(*name, SimpleFileOptions::default())
            .unwrap();
        packer.write_all(&table()).unwrap();
    }
    packer.finish().unwrap().into_inner()
}

/// Sets the bit of an archive that says that its file needs a password.
fn locked(mut archive: Vec<u8>) -> Vec<u8> {
    let entry = archive.windows(4).position(|four| four == b"PK\x01\x02");
    archive[entry.unwrap() + 8] |= 1;
    archive
}

fn cut(bytes: &[u8], by: usize) -> Vec<u8> {
    bytes[..bytes.len() - by].to_vec()
}

#[test]
#[rustfmt::skip] // keeps the columns of the table
fn texts_that_are_none() {
    let cut_wide = cut(&wide(&format!("\u{feff}{HEADER}{ROW}")), 3);
    let columns = format!("{0}\n{0}\n", "x,".repeat(99_999) + "x");
    refused(&[
        ("NUL bytes",               [table(), vec![0; 4096]].concat(),  &["binary data", "export the table"]),
        ("UTF-16 cut in a letter",  cut_wide,                           &["cut off or damaged", "in the middle of a letter"]),
        ("only quotes",             vec![b'"'; 100_001],                &["no column for the record id"]),
        ("100,000 columns",         columns.into_bytes(),               &["100000 columns, at most 16384", "`delimiter`"]),
        ("a header without end",    vec![b'x'; 10_000_000],             &["no column for the record id"]),
    ]);
}

#[test]
#[rustfmt::skip] // keeps the columns of the table
fn packings_that_hold_no_table() {
    let zstd = zstd::encode_all(&table()[..], 1).unwrap();
    refused(&[
        ("gzip cut off",            cut(&gzip(&table()), 9),            &["gzip file", "cut off or damaged", "copy it again"]),
        ("zstd cut off",            cut(&zstd, 5),                      &["zstd file", "cut off or damaged"]),
        ("zip cut off",             cut(&zip_of(&["a.csv"]), 40),       &["zip archive", "cut off or damaged"]),
        ("zip with a password",     locked(zip_of(&["a.csv"])),         &["password-protected"]),
        ("zip of several tables",   zip_of(&["a.csv", "b.csv"]),        &["`a.csv`, `b.csv`", "unpack it"]),
        ("zip of no table",         zip_of(&["a.png", "b.png"]),        &["`a.png`, `b.png`", "unpack it"]),
        ("packed twice",            gzip(&gzip(&table())),              &["packed twice", "unpack it"]),
    ]);
}

/// Each of them ends the run before a plan is made, with an error that a person can read.
#[track_caller]
fn refused(cases: &[Hostile<'_>]) {
    let base = planned();
    for (case, bytes, says) in cases {
        let folder = again(&base);
        fs::write(folder.path().join(ACCOUNTS), bytes).unwrap();
        let mut says = says.to_vec();
        says.extend(["`exports/accounts.csv`", "no plan was written"]);
        check(case, folder.path(), Exit::Usage, &says, |folder| {
            let ended = plan(folder);
            let letters = ended.err.len();
            assert!(letters < 2_000, "{case}: {letters} letters of error");
            ended
        });
    }
}

#[test]
fn names_inside_an_archive_lead_nowhere() {
    let base = planned();
    let plain = again(&base);
    fs::write(plain.path().join(ACCOUNTS), table()).unwrap();
    assert_eq!(plan(plain.path()).exit, Exit::Done);
    for name in [
        "../../x.csv",
        "/tmp/cutover-x.csv",
        "C:\\cutover-x.csv",
        "..\\..\\x.csv",
    ] {
        let folder = again(&base);
        fs::write(folder.path().join(ACCOUNTS), zip_of(&[name])).unwrap();
        let ended = plan(folder.path());
        assert_eq!(ended.exit, Exit::Done, "{name}: {}", ended.err);
        let totals = |folder: &Path| serde_json::to_string(&document(folder).totals).unwrap();
        assert_eq!(totals(folder.path()), totals(plain.path()), "{name}");
        let above = folder.path().parent().unwrap();
        for outside in [
            above.join("x.csv"),
            Path::new("/tmp/cutover-x.csv").to_owned(),
        ] {
            assert!(!outside.exists(), "{name}: {}", outside.display());
        }
    }
}

#[cfg(unix)]
#[test]
fn what_is_no_file_on_a_disk_is_not_waited_for() {
    let folder = planned();
    let elsewhere = tempfile::tempdir().unwrap();
    let pipe = elsewhere.path().join("pipe.csv");
    assert!(
        Command::new("mkfifo")
            .arg(&pipe)
            .status()
            .unwrap()
            .success()
    );
    let pipe = pipe.display().to_string();
    for (case, file, seems) in [
        ("a pipe", pipe.as_str(), "a pipe or a device"),
        ("a device", "/dev/zero", "a pipe or a device"),
        ("a folder", "exports", "a folder"),
    ] {
        let folder = again(&folder);
        replace(&folder.path().join("cutover.toml"), ACCOUNTS, file);
        let says = ["FIL001", file, seems, "no plan was written"];
        check(case, folder.path(), Exit::Usage, &says, plan);
    }
}

/// Case, how the file begins, what it goes on with, and the words of the error.
type Large<'a> = (&'a str, String, String, &'a [&'a str]);

#[test]
fn large_ones_are_bounded_in_memory() {
    let size = std::env::var("CUTOVER_HOSTILE_MB").map_or(Ok(80), |size| size.parse());
    let size = size.expect("CUTOVER_HOSTILE_MB is a number") * 1_000_000_usize;
    let quote = [HEADER, ROW, "\"Alpine Foods,"].concat();
    let endless = [HEADER, ROW, ROW, "Alpine Foods,"].concat();
    let cases: &[Large<'_>] = &[
        (
            "a quote that is never closed",
            quote,
            ROW.repeat(15_000),
            &["row 3 (line 3)", "a quote that is never closed"],
        ),
        (
            "a line without end",
            endless,
            "x".repeat(1_000_000),
            &["row 4 (line 4)", "is longer than"],
        ),
        (
            "only quotes",
            "\"".to_owned(),
            "\"".repeat(1_000_000),
            &["row 1 (line 1)", "is longer than"],
        ),
    ];
    let base = planned();
    for (case, beginning, piece, says) in cases {
        let folder = again(&base);
        let mut file = BufWriter::new(File::create(folder.path().join(ACCOUNTS)).unwrap());
        file.write_all(beginning.as_bytes()).unwrap();
        for _ in 0..size / piece.len() {
            file.write_all(piece.as_bytes()).unwrap();
        }
        file.flush().unwrap();
        bounded(case, folder.path(), says);
    }
}

#[test]
fn a_little_file_that_swells_is_refused() {
    let folder = again(&planned());
    let mut packer =
        zstd::Encoder::new(File::create(folder.path().join(ACCOUNTS)).unwrap(), 1).unwrap();
    packer.write_all(HEADER.as_bytes()).unwrap();
    let piece = ROW.repeat(100_000);
    for _ in 0..(300 << 20) / piece.len() {
        packer.write_all(piece.as_bytes()).unwrap();
    }
    packer.finish().unwrap();
    let says = ["is over a limit", "more than 200 to one", "unpack it"];
    bounded("a bomb", folder.path(), &says);
}

/// Plans with the program itself: it must end with 2, say so, and never have needed much memory.
#[track_caller]
fn bounded(case: &str, folder: &Path, says: &[&str]) {
    const KILOBYTES_MAX: u64 = 250_000;
    let mut program = Command::new(env!("CARGO_BIN_EXE_cutover"))
        .args(["plan", "--threads", "2"])
        .arg(folder)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let status = format!("/proc/{}/status", program.id());
    let mut most = 0;
    while program.try_wait().unwrap().is_none() {
        most = most.max(kilobytes(&status).unwrap_or(0));
        std::thread::sleep(Duration::from_millis(5));
    }
    let ended = program.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&ended.stderr);
    assert_eq!(ended.status.code(), Some(2), "{case}: {said}");
    for words in says.iter().chain(&["FIL001  `exports/accounts.csv`"]) {
        assert!(
            said.contains(words),
            "{case}: does not say `{words}`: {said}"
        );
    }
    assert!(most < KILOBYTES_MAX, "{case}: {most} kB");
}

/// The most memory that a process has had so far, where the system tells.
fn kilobytes(status: &str) -> Option<u64> {
    let text = fs::read_to_string(status).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.parse().ok()
}
