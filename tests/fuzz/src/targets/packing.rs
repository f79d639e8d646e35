//! What lies around a text or within a workbook: made here, so that what is inside can be changed
//! without breaking sums.
//!
//! In: the bytes of a case. Out: a panic where a packed or otherwise encoded text is not read as the
//! text itself is; and zips for the targets of workbooks.

use std::io::{Cursor, Write};

use cutover::model::{Code, Finding};
use flate2::Compression;
use flate2::write::GzEncoder;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::reading::{put, spec};
use super::tables::read;

/// The bytes as a packed file, whatever they are.
pub(crate) fn packed(bytes: &[u8]) {
    put("packed.csv", bytes);
    drop(read(&spec("packed.csv")));
}

/// The bytes in an encoding that the first of them chooses.
pub(crate) fn encodings(bytes: &[u8]) {
    const LABELS: [&str; 10] = [
        "utf-8",
        "utf-16",
        "utf-16le",
        "utf-16be",
        "windows-1252",
        "windows-1251",
        "iso-8859-2",
        "shift_jis",
        "gb18030",
        "iso-2022-jp",
    ];
    let Some((label, text)) = bytes.split_first() else {
        return;
    };
    put("encoded.csv", text);
    let mut spec = spec("encoded.csv");
    spec.encoding = Some(LABELS[usize::from(*label) % LABELS.len()].to_owned());
    drop(read(&spec));
}

/// The bytes behind the first as a text, read plainly and through a layer that the first one chooses.
pub(crate) fn layers(bytes: &[u8]) {
    let Some((layer, text)) = bytes.split_first() else {
        return;
    };
    let Ok(text) = str::from_utf8(text) else {
        return;
    };
    if text.is_empty() || text.contains('\0') || begins_like_a_layer(text) {
        return;
    }
    let around = match layer % 5 {
        0 => gzip(text.as_bytes()),
        1 => zstd::encode_all(text.as_bytes(), 1).expect("room in memory"),
        2 => zip(&[("export.csv".to_owned(), text.as_bytes())], true),
        3 => utf_16(text, u16::to_le_bytes),
        _ => utf_16(text, u16::to_be_bytes),
    };
    put("plain.csv", text.as_bytes());
    let plain = spec("plain.csv");
    put("around.csv", &around);
    let mut layered = spec("around.csv");
    layered.name.clone_from(&plain.name);
    let [plain, layered] = [plain, layered].map(|spec| read(&spec));
    let (Ok((plain_input, plain_rows)), Ok((input, rows))) = (&plain.0, &layered.0) else {
        // Some texts begin like files of another kind, which what is around them hides.
        assert!(plain.0.is_err(), "through a layer: {:?}", layered.0);
        return;
    };
    assert_eq!(plain_input.headers, input.headers, "through a layer");
    assert_eq!(plain_rows, rows, "through a layer");
    assert_eq!(said(&plain.1), said(&layered.1), "through a layer");
}

/// Findings but for those on how the file was opened.
fn said(findings: &[Finding]) -> Vec<&Finding> {
    let opening = |finding: &&Finding| matches!(finding.code, Code::Fil002 | Code::Fil008);
    findings.iter().filter(|one| !opening(one)).collect()
}

/// Whether a text could be taken for something with a layer of its own.
fn begins_like_a_layer(text: &str) -> bool {
    text.starts_with('\u{feff}') || text.starts_with("PK")
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).expect("room in memory");
    encoder.finish().expect("room in memory")
}

fn utf_16(text: &str, unit: fn(u16) -> [u8; 2]) -> Vec<u8> {
    let marked = std::iter::once(0xfeff).chain(text.encode_utf16());
    marked.flat_map(unit).collect()
}

/// What begins a part in the text of a case; the rest of the line is its name.
const PART: &[u8] = b"\n=== ";

/// A case as parts: `=== NAME` on a line, then the bytes of that part.
pub(crate) fn parts(case: &[u8]) -> Vec<(String, &[u8])> {
    let mut parts: Vec<(String, &[u8])> = Vec::new();
    let mut rest = case;
    while let Some(at) = find(rest, PART) {
        let from_name = &rest[at + PART.len()..];
        let Some(end) = from_name.iter().position(|byte| *byte == b'\n') else {
            break;
        };
        let name = String::from_utf8_lossy(&from_name[..end]).into_owned();
        let bytes = &from_name[end + 1..];
        let (part, behind) = bytes.split_at(find(bytes, PART).unwrap_or(bytes.len()));
        if parts.iter().all(|(other, _)| *other != name) {
            parts.push((name, part));
        }
        rest = behind;
    }
    parts
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    let mut windows = bytes.windows(wanted.len());
    windows.position(|window| window == wanted)
}

/// A zip of these parts.
pub(crate) fn zip(parts: &[(String, &[u8])], deflated: bool) -> Vec<u8> {
    let method = if deflated {
        CompressionMethod::Deflated
    } else {
        CompressionMethod::Stored
    };
    let options = SimpleFileOptions::default().compression_method(method);
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in parts {
        // Names that no zip can hold are left out.
        if writer.start_file(name.as_str(), options).is_ok() {
            writer.write_all(bytes).expect("room in memory");
        }
    }
    writer.finish().expect("room in memory").into_inner()
}
