//! How a zip of stored parts is laid out.
//!
//! In: names, sizes and check sums. Out: which bytes are where: headers and the list at the end are made here,
//! the parts are named by number. Sizes and offsets are written in the long form (ZIP64) throughout.

const LOCAL_BYTES: usize = 30;
const LONG: u32 = u32::MAX;
/// Nothing, before the list: whoever looks for its end from behind must not come upon parts, which can only be
/// read from their first byte on.
const GAP_BYTES: usize = 128 << 10;

/// Where everything is.
pub(super) struct Layout {
    parts: Vec<Piece>,
    /// Where the gap begins that the list follows.
    list_start: u64,
    list: Vec<u8>,
}

struct Piece {
    header: Vec<u8>,
    start: u64,
    size: u64,
}

/// What is at a position.
pub(super) enum Section<'a> {
    /// These bytes; none at the end.
    Bytes(&'a [u8]),
    /// A part, by its number.
    Part {
        /// Its number.
        index: usize,
        /// How far into it.
        offset: u64,
        /// How much of it follows.
        left: u64,
    },
}

impl Layout {
    /// The layout of parts in this order.
    pub(super) fn of<'a>(parts: impl Iterator<Item = (&'a str, u64, u32)>) -> Self {
        let mut pieces = Vec::new();
        let mut list = vec![0; GAP_BYTES];
        let mut position = 0_u64;
        for (name, size, crc) in parts {
            let header = local_header(name, crc);
            list_entry(&mut list, name, size, crc, position);
            let length = header.len() as u64 + size;
            pieces.push(Piece {
                header,
                start: position,
                size,
            });
            position += length;
        }
        end_of_list(&mut list, position, pieces.len() as u64);
        Self {
            parts: pieces,
            list_start: position,
            list,
        }
    }

    /// Its length.
    pub(super) fn len(&self) -> u64 {
        self.list_start + self.list.len() as u64
    }

    /// What is at `position`.
    pub(super) fn at(&self, position: u64) -> Section<'_> {
        if let Some(within) = position.checked_sub(self.list_start) {
            let within = usize::try_from(within).unwrap_or(usize::MAX);
            return Section::Bytes(self.list.get(within..).unwrap_or_default());
        }
        let after = self.parts.partition_point(|part| part.start <= position);
        let index = after.saturating_sub(1);
        let part = &self.parts[index];
        let within = position - part.start;
        let header_bytes = part.header.len() as u64;
        if within < header_bytes {
            let within = usize::try_from(within).unwrap_or(usize::MAX);
            return Section::Bytes(&part.header[within..]);
        }
        let offset = within - header_bytes;
        Section::Part {
            index,
            offset,
            left: part.size - offset,
        }
    }
}

fn local_header(name: &str, crc: u32) -> Vec<u8> {
    let mut header = Vec::with_capacity(LOCAL_BYTES + name.len());
    header.extend(b"PK\x03\x04\x2d\0\0\0\0\0\0\0\x21\0");
    header.extend(crc.to_le_bytes());
    header.extend([LONG.to_le_bytes(), LONG.to_le_bytes()].concat());
    header.extend(name_length(name));
    header.extend([0, 0]);
    header.extend(name.as_bytes());
    header
}

fn list_entry(list: &mut Vec<u8>, name: &str, size: u64, crc: u32, position: u64) {
    list.extend(b"PK\x01\x02\x2d\0\x2d\0\0\0\0\0\0\0\x21\0");
    list.extend(crc.to_le_bytes());
    list.extend([LONG.to_le_bytes(), LONG.to_le_bytes()].concat());
    list.extend(name_length(name));
    // Length of what follows the name, then no comment, no disk, no attributes.
    list.extend(b"\x1c\0\0\0\0\0\0\0\0\0\0\0");
    list.extend(LONG.to_le_bytes());
    list.extend(name.as_bytes());
    list.extend(b"\x01\0\x18\0");
    list.extend([size, size, position].map(u64::to_le_bytes).concat());
}

fn end_of_list(list: &mut Vec<u8>, list_start: u64, parts: u64) {
    let long_end = list_start + list.len() as u64;
    let list_bytes = (list.len() - GAP_BYTES) as u64;
    let list_start = list_start + GAP_BYTES as u64;
    list.extend(b"PK\x06\x06");
    list.extend(44_u64.to_le_bytes());
    list.extend(b"\x2d\0\x2d\0\0\0\0\0\0\0\0\0");
    list.extend(
        [parts, parts, list_bytes, list_start]
            .map(u64::to_le_bytes)
            .concat(),
    );
    list.extend(b"PK\x06\x07\0\0\0\0");
    list.extend(long_end.to_le_bytes());
    list.extend(b"\x01\0\0\0");
    list.extend(b"PK\x05\x06\0\0\0\0\xff\xff\xff\xff");
    list.extend([LONG.to_le_bytes(), LONG.to_le_bytes()].concat());
    list.extend([0, 0]);
}

fn name_length(name: &str) -> [u8; 2] {
    u16::try_from(name.len()).unwrap_or(u16::MAX).to_le_bytes()
}
