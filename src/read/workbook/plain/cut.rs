//! The XML of a part, unpacked and cut into pieces that each hold whole elements.
//!
//! In: a part, and the tags between which its elements lie. Out: pieces in order; behind them the rest, watched for merged
//! areas. Cuts are made at end tags as they are written, wherever they stand: one within a comment makes a piece that
//! whoever reads it does not find plain.

use std::ops::Range;

use memchr::memmem;

use crate::read::workbook::limits::Refusal;
use crate::read::workbook::merges::Merge;
use crate::read::workbook::office_xml::OfficeXmlWatch;
use crate::read::workbook::part::PartReader;
use crate::read::workbook::plain::walk::{Ended, NotPlain, Walk};
use crate::read::workbook::xml::XmlGuard;

/// How much makes a piece, about.
const PIECE_BYTES: usize = 512 << 10;
/// How long one element, or what lies before the first, may be.
const ELEMENT_BYTES_MAX: usize = 8 << 20;

/// Between which tags elements lie.
#[derive(Clone, Copy, Debug)]
pub(super) struct Marks {
    /// How the tag begins that holds them all.
    pub within: &'static str,
    /// How each ends.
    pub element_end: &'static str,
    /// How the tag ends that holds them all.
    pub within_end: &'static str,
}

/// Rows of a sheet.
pub(super) const ROWS: Marks = Marks {
    within: "<sheetData",
    element_end: "</row>",
    within_end: "</sheetData>",
};

/// Texts of the table of shared ones.
pub(super) const SHARED_TEXTS: Marks = Marks {
    within: "<sst",
    element_end: "</si>",
    within_end: "</sst>",
};

impl From<Refusal> for NotPlain {
    /// What is refused here is refused again, with words, when the sheet is read cell by cell.
    fn from(_: Refusal) -> Self {
        Self
    }
}

/// Whole elements, in room that is used again.
pub(super) struct Piece {
    room: Vec<u8>,
    range: Range<usize>,
}

impl Piece {
    /// The elements.
    pub(super) fn xml(&self) -> &[u8] {
        &self.room[self.range.clone()]
    }

    /// The room, for another piece.
    pub(super) fn into_room(self) -> Vec<u8> {
        self.room
    }
}

/// Cuts one part.
pub(super) struct Cutter {
    part: PartReader,
    marks: Marks,
    state: State,
    /// What was unpacked and belongs to no piece yet.
    rest: Vec<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// The first element was not met yet.
    Before,
    Within,
    Behind,
}

impl Cutter {
    /// At the beginning of a part.
    pub(super) fn begin(part: PartReader, marks: Marks) -> Self {
        Self {
            part,
            marks,
            state: State::Before,
            rest: Vec::new(),
        }
    }

    /// The next piece, in the given room; none behind the last element.
    pub(super) fn next(&mut self, mut room: Vec<u8>) -> Result<Option<Piece>, NotPlain> {
        let mut filled = self.rest.len();
        room.resize(room.len().max(filled + PIECE_BYTES / 2).max(PIECE_BYTES), 0);
        room[..filled].copy_from_slice(&self.rest);
        let mut begin = 0;
        loop {
            let unpacked = self.part.read_into(&mut room[filled..])?;
            let is_end = filled + unpacked < room.len();
            filled += unpacked;
            if self.state == State::Before
                && let Some(behind) = self.behind_head(&room[..filled])?
            {
                begin = behind;
            }
            let left = &room[begin..filled];
            let at_end = left.trim_ascii_start();
            if let Some(behind) = at_end.strip_prefix(self.marks.within_end.as_bytes())
                && self.state == State::Within
            {
                self.state = State::Behind;
                self.rest = behind.to_vec();
            } else if self.state == State::Behind {
                self.rest = left.to_vec();
            }
            let cut = match self.state {
                State::Before => None,
                State::Within => memmem::rfind(left, self.marks.element_end.as_bytes()),
                State::Behind => return Ok(None),
            };
            if let Some(cut) = cut {
                let end = begin + cut + self.marks.element_end.len();
                self.rest.clear();
                self.rest.extend_from_slice(&room[end..filled]);
                return Ok(Some(Piece {
                    room,
                    range: begin..end,
                }));
            }
            if is_end || filled > ELEMENT_BYTES_MAX {
                return Err(NotPlain);
            }
            room.resize(2 * room.len(), 0);
        }
    }

    /// Where the first element begins, once the tag before it is there.
    fn behind_head(&mut self, unpacked: &[u8]) -> Result<Option<usize>, NotPlain> {
        let within = self.marks.within.as_bytes();
        let Some(at) = memmem::find(unpacked, within) else {
            return Ok(None);
        };
        let behind_name = at + within.len();
        let Some(length) = memchr::memchr(b'>', &unpacked[behind_name..]) else {
            return Ok(None);
        };
        let (head, tag) = (
            &unpacked[..at],
            &unpacked[behind_name..=behind_name + length],
        );
        // The tag could stand in a comment.
        if memmem::find(head, b"<!").is_some() {
            return Err(NotPlain);
        }
        let tag = str::from_utf8(tag).map_err(|_| NotPlain)?;
        self.state = match Walk::new(tag).attributes(|_, _| Ok(()))? {
            Ended::Open => State::Within,
            Ended::Closed => State::Behind,
        };
        Ok(Some(behind_name + length + 1))
    }

    /// The merged areas that are listed behind the rows of a sheet.
    pub(super) fn merges(mut self) -> Result<Vec<Merge>, NotPlain> {
        let mut guard = XmlGuard::new(OfficeXmlWatch::default());
        guard.watch.packed = self.part.packed();
        guard.feed(&self.rest)?;
        self.rest.resize(PIECE_BYTES, 0);
        loop {
            let unpacked = self.part.read_into(&mut self.rest)?;
            if unpacked == 0 {
                break;
            }
            guard.feed(&self.rest[..unpacked])?;
        }
        Ok(guard.watch.merges)
    }
}
