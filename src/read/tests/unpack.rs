//! Packed files: what went in comes out, and what is broken, ambiguous or a trap says so.

use std::fs::File;
use std::io::{Cursor, Read, Write};

use flate2::write::GzEncoder;
use proptest::prelude::*;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use crate::read::ReadError;
use crate::read::unpack::{Packed, Packing, unpack_error};

const TEXT: &[u8] = b"id,owner\n1,ana\n2,ben\n";

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut packer = GzEncoder::new(Vec::new(), flate2::Compression::default());
    packer.write_all(text).unwrap();
    packer.finish().unwrap()
}

fn zstd_of(text: &[u8]) -> Vec<u8> {
    let mut packer = zstd::Encoder::new(Vec::new(), 3).unwrap();
    packer.include_checksum(true).unwrap();
    packer.write_all(text).unwrap();
    packer.finish().unwrap()
}

fn zip_by(method: CompressionMethod, files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut packer = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(method);
    for (name, text) in files {
        if name.ends_with('/') {
            packer.add_directory(*name, options).unwrap();
        } else {
            packer.start_file(*name, options).unwrap();
            packer.write_all(text).unwrap();
        }
    }
    packer.finish().unwrap().into_inner()
}

fn zip_of(files: &[(&str, &[u8])]) -> Vec<u8> {
    zip_by(CompressionMethod::Deflated, files)
}

/// Puts `new` wherever `old` lies.
fn put(bytes: &[u8], old: &[u8], new: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    let places: Vec<usize> = (0..bytes.len())
        .filter(|at| bytes[*at..].starts_with(old))
        .collect();
    assert!(!places.is_empty(), "nothing to put it over");
    for at in places {
        bytes[at..at + new.len()].copy_from_slice(new);
    }
    bytes
}

/// Sets the bit that says that a file of an archive needs a password.
fn locked(archive: &[u8]) -> Vec<u8> {
    let local = put(archive, b"PK\x03\x04\x14\0\0\0", b"PK\x03\x04\x14\0\x01\0");
    let mut bytes = local;
    let central = bytes
        .windows(4)
        .position(|four| four == b"PK\x01\x02")
        .unwrap();
    bytes[central + 8] |= 1;
    bytes
}

#[test]
#[rustfmt::skip] // keeps the columns of the table
fn packed_files() {
    let two = [gzip(b"id,owner\n"), gzip(b"1,ana\n2,ben\n")].concat();
    let frames = [zstd_of(b"id,owner\n1,"), zstd_of(b""), zstd_of(b"ana\n2,ben\n")].concat();
    let skipped = [b"\x53\x2a\x4d\x18\x04\0\0\0abcd".to_vec(), zstd_of(TEXT)].concat();
    let stored = zip_by(CompressionMethod::Stored, &[("a.csv", TEXT)]);
    let one = zip_of(&[("a.csv", TEXT)]);
    let broken_gzip = put(&gzip(TEXT), &gzip(TEXT)[10..12], b"\xff\xff");
    let broken_stored = put(&stored, b"ana", b"eva");
    let shorter = &one[..one.len() - 30];
    let unusual = put(&one, b"\x08\0", b"\x0c\0");
    //    case                          bytes                                           what comes out, or words of the error
    check("gzip",                       &gzip(TEXT),                                    Ok(TEXT));
    check("gzip of several members",    &two,                                           Ok(TEXT));
    check("gzip of nothing",            &gzip(b""),                                     Ok(b""));
    check("zstd",                       &zstd_of(TEXT),                                 Ok(TEXT));
    check("zstd of several frames",     &frames,                                        Ok(TEXT));
    check("zstd behind a skipped frame", &skipped,                                      Ok(TEXT));
    check("zip",                        &one,                                           Ok(TEXT));
    check("zip, stored",                &stored,                                        Ok(TEXT));
    check("behind something else",      &[b"PK\x07\x08", &one[..]].concat(),            Ok(TEXT));
    check("what systems add",           &zip_of(&[("x/", b""), ("x/a.csv", TEXT), ("__MACOSX/x/._a.csv", b"?"), ("x/.DS_Store", b"?"), ("Thumbs.db", b"?")]), Ok(TEXT));
    check("beside a letter",            &zip_of(&[("read me.pdf", b"?"), ("A.CSV", TEXT)]), Ok(TEXT));
    check("no ending",                  &zip_of(&[("accounts", TEXT)]),                 Ok(TEXT));
    check("another ending, alone",      &zip_of(&[("accounts.export", TEXT)]),          Ok(TEXT));
    check("upwards",                    &zip_of(&[("../../x.csv", TEXT)]),              Ok(TEXT));
    check("from the root",              &zip_of(&[("/etc/passwd", TEXT)]),              Ok(TEXT));
    check("from a drive",               &zip_of(&[("C:\\Windows\\x.csv", TEXT)]),       Ok(TEXT));
    check("two tables",                 &zip_of(&[("a.csv", TEXT), ("b.txt", TEXT)]),   Err(&["no one file is the table", "`a.csv`, `b.txt`", "unpack it"]));
    check("no table of several",        &zip_of(&[("a.pdf", b"?"), ("b.png", b"?")]),   Err(&["no one file is the table", "`a.pdf`, `b.png`"]));
    check("a name twice",               &put(&zip_of(&[("a.csv", TEXT), ("b.csv", TEXT)]), b"b.csv", b"a.csv"), Err(&["holds a name twice"]));
    check("letters that move a cursor", &zip_of(&[("\u{1b}[2Ja.csv", TEXT), ("b.csv", TEXT)]), Err(&["`\u{fffd}[2Ja.csv`"]));
    check("a workbook in an archive",   &zip_of(&[("a.xlsx", TEXT)]),                   Err(&["no one file is the table", "`a.xlsx`", "unpack it"]));
    check("an archive in an archive",   &zip_of(&[("a.csv.gz", TEXT)]),                 Err(&["no one file is the table", "`a.csv.gz`"]));
    check("a workbook",                 &zip_of(&[("[Content_Types].xml", b"<"), ("xl/workbook.xml", b"<")]), Err(&["an Excel workbook or another zip under a wrong name", "rename it"]));
    check("an empty archive",           &zip_of(&[]),                                   Err(&["an empty zip archive"]));
    check("only folders",               &zip_of(&[("x/", b"")]),                        Err(&["an empty zip archive"]));
    check("with a password",            &locked(&one),                                  Err(&["password-protected", "without a password"]));
    check("packed in an unusual way",   &unusual,                                       Err(&["`a.csv` is packed by", "deflate"]));
    check("gzip cut off",               &gzip(TEXT)[..20],                              Err(&["gzip file that is cut off or damaged", "copy it again"]));
    check("gzip cut off in its end",    &gzip(TEXT)[..gzip(TEXT).len() - 1],            Err(&["cut off or damaged"]));
    check("gzip, its head only",        &gzip(TEXT)[..6],                               Err(&["cut off or damaged"]));
    check("gzip with another inside",   &broken_gzip,                                   Err(&["cut off or damaged"]));
    check("gzip and something else",    &[gzip(TEXT), b"junk".to_vec()].concat(),       Err(&["cut off or damaged"]));
    check("zstd cut off",               &zstd_of(TEXT)[..12],                           Err(&["zstd file that is cut off or damaged"]));
    check("zstd and something else",    &[zstd_of(TEXT), b"junk".to_vec()].concat(),    Err(&["cut off or damaged"]));
    check("zip cut off",                shorter,                                        Err(&["zip archive that is cut off or damaged"]));
    check("zip with other bytes",       &broken_stored,                                 Err(&["zip archive that is cut off or damaged"]));
}

/// The first error, or everything that comes out of `bytes`, read so many at a time.
fn unpack(bytes: &[u8], at_once: usize) -> Result<Vec<u8>, ReadError> {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    unpack_file(&file, Packing::of(bytes).expect("packed"), at_once)
}

fn unpack_file(file: &File, packing: Packing, at_once: usize) -> Result<Vec<u8>, ReadError> {
    let packed = Packed::open("a.csv", file, packing)?;
    let failed = |error| unpack_error("a.csv", error);
    let mut read = packed.read(file).map_err(failed)?;
    let (mut out, mut buffer) = (Vec::new(), vec![0; at_once]);
    loop {
        match read.read(&mut buffer).map_err(failed)? {
            0 => return Ok(out),
            count => out.extend(&buffer[..count]),
        }
    }
}

#[track_caller]
fn check(case: &str, bytes: &[u8], expected: Result<&[u8], &[&str]>) {
    match (unpack(bytes, 5), expected) {
        (Ok(out), Ok(expected)) => assert_eq!(out, expected, "case: {case}"),
        (Err(error), Err(words)) => {
            let said = error.with_causes();
            for word in words.iter().chain(&["`a.csv`"]) {
                assert!(said.contains(word), "case: {case}: no `{word}`: {said}");
            }
        }
        (out, _) => panic!("case: {case}: {out:?}"),
    }
}

#[test]
fn kinds_are_told_by_the_first_bytes() {
    for (bytes, packing) in [
        (gzip(TEXT), Some(Packing::Gzip)),
        (zstd_of(TEXT), Some(Packing::Zstd)),
        (zip_of(&[("a.csv", TEXT)]), Some(Packing::Zip)),
        (zip_of(&[]), Some(Packing::Zip)),
        (TEXT.to_vec(), None),
        (b"PK,owner\n".to_vec(), None),
        (b"".to_vec(), None),
    ] {
        assert_eq!(Packing::of(&bytes), packing, "{bytes:?}");
    }
}

#[test]
fn what_lies_beside_the_table_is_named() {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(&zip_of(&[("read me.pdf", b"?"), ("a.csv", TEXT)]))
        .unwrap();
    let packed = Packed::open("a.zip", &file, Packing::Zip).unwrap();
    let others = ["read me.pdf".to_owned()];
    assert_eq!(packed.chosen(), Some(("a.csv", &others[..])));
}

#[test]
fn far_more_than_went_in_is_a_trap() {
    let rows = b"\n".repeat(2_400_000);
    for bytes in [gzip(&rows), zstd_of(&rows), zip_of(&[("a.csv", &rows)])] {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&bytes).unwrap();
        let mut packed = Packed::open("a.csv", &file, Packing::of(&bytes).unwrap()).unwrap();
        let ratio = (rows.len() / bytes.len()) as u64;
        assert!(ratio > 250, "{ratio}");
        let mut read = |always: u64| {
            packed.bound(always, 200);
            let mut read = packed.read(&file).unwrap();
            std::io::copy(&mut read, &mut std::io::sink())
        };
        assert_eq!(read(rows.len() as u64).unwrap(), rows.len() as u64);
        let error = unpack_error("a.csv", read(1 << 20).unwrap_err());
        let said = error.to_string();
        for words in [
            "`a.csv` is over a limit",
            "more than 200 to one",
            "unpack it",
        ] {
            assert!(said.contains(words), "{said}");
        }
    }
}

proptest! {
    #[test]
    fn what_went_in_comes_out(
        parts in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..200), 1..4),
        at_once in 1_usize..300,
    ) {
        let whole = parts.concat();
        let gzips = parts.iter().map(|part| gzip(part)).collect::<Vec<_>>().concat();
        let frames = parts.iter().map(|part| zstd_of(part)).collect::<Vec<_>>().concat();
        let stored = zip_by(CompressionMethod::Stored, &[("a", &whole)]);
        for packed in [gzips, frames, stored, zip_of(&[("a", &whole)])] {
            prop_assert_eq!(&unpack(&packed, at_once).unwrap(), &whole);
        }
    }

    #[test]
    fn what_is_cut_off_is_an_error(text in prop::collection::vec(any::<u8>(), 0..200), cut in 0.0..1.0) {
        for (packed, packing) in [
            (gzip(&text), Packing::Gzip),
            (zstd_of(&text), Packing::Zstd),
            (zip_of(&[("a", &text)]), Packing::Zip),
        ] {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "a place in a short file")]
            let cut = (packed.len() as f64 * cut) as usize;
            let mut file = tempfile::tempfile().unwrap();
            file.write_all(&packed[..cut.max(1)]).unwrap();
            prop_assert!(unpack_file(&file, packing, 64).is_err());
        }
    }

    #[test]
    fn a_changed_byte_never_gives_other_rows(
        text in prop::collection::vec(any::<u8>(), 1..200),
        place in any::<prop::sample::Index>(),
        flip in 1_u8..=255,
    ) {
        for (packed, packing) in [
            (gzip(&text), Packing::Gzip),
            (zstd_of(&text), Packing::Zstd),
            (zip_of(&[("a", &text)]), Packing::Zip),
        ] {
            let mut packed = packed;
            let at = place.index(packed.len());
            packed[at] ^= flip;
            let mut file = tempfile::tempfile().unwrap();
            file.write_all(&packed).unwrap();
            if let Ok(out) = unpack_file(&file, packing, 64) {
                prop_assert!(out == text, "{packing:?}, byte {at}");
            }
        }
    }
}
