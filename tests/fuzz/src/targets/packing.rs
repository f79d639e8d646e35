//! Containers made by hand, so that what is in them can be changed without breaking their sums.
//!
//! In: parts. Out: a zip with every part stored as it is.

/// What begins a part in the text of a case; the rest of the line is its name.
const PART: &[u8] = b"\n=== ";

/// A case as parts: `=== NAME` on a line, then the bytes of that part.
pub(crate) fn parts(case: &[u8]) -> Vec<(&[u8], &[u8])> {
    let mut parts = Vec::new();
    let mut rest = case;
    while let Some(at) = find(rest, PART) {
        let from_name = &rest[at + PART.len()..];
        let Some(end) = from_name.iter().position(|byte| *byte == b'\n') else {
            break;
        };
        let (name, bytes) = (&from_name[..end], &from_name[end + 1..]);
        let length = find(bytes, PART).unwrap_or(bytes.len());
        parts.push((name, &bytes[..length]));
        rest = &bytes[length..];
    }
    parts
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    let mut windows = bytes.windows(wanted.len());
    windows.position(|window| window == wanted)
}

/// A zip of these parts.
pub(crate) fn zip(parts: &[(&[u8], &[u8])]) -> Vec<u8> {
    let mut file = Vec::new();
    let mut directory = Vec::new();
    for (name, bytes) in parts {
        let offset = narrow(file.len());
        let mut entry = Vec::new();
        // Version 2.0, no flags, stored, midnight of 1980-01-01.
        entry.extend([20, 0, 0, 0, 0, 0, 0, 0, 0x21, 0]);
        entry.extend(crc32(bytes).to_le_bytes());
        entry.extend(narrow(bytes.len()).to_le_bytes());
        entry.extend(narrow(bytes.len()).to_le_bytes());
        entry.extend(short(name.len()).to_le_bytes());
        entry.extend([0, 0]);
        file.extend(b"PK\x03\x04");
        file.extend(&entry);
        file.extend(*name);
        file.extend(*bytes);
        directory.extend(b"PK\x01\x02\x14\0");
        directory.extend(&entry);
        directory.extend([0; 10]);
        directory.extend(offset.to_le_bytes());
        directory.extend(*name);
    }
    let start = narrow(file.len());
    file.extend(&directory);
    file.extend(b"PK\x05\x06\0\0\0\0");
    file.extend(short(parts.len()).to_le_bytes());
    file.extend(short(parts.len()).to_le_bytes());
    file.extend(narrow(directory.len()).to_le_bytes());
    file.extend(start.to_le_bytes());
    file.extend([0, 0]);
    file
}

fn narrow(length: usize) -> u32 {
    u32::try_from(length).expect("cases are small")
}

fn short(length: usize) -> u16 {
    u16::try_from(length).unwrap_or(u16::MAX)
}

pub(crate) fn crc32(bytes: &[u8]) -> u32 {
    let step = |sum: u32, byte: &u8| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| {
            (sum >> 1) ^ (0xedb8_8320 & (sum & 1).wrapping_neg())
        })
    };
    !bytes.iter().fold(u32::MAX, step)
}
