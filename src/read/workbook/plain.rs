//! Sheets of an `.xlsx` that are written the plain way, read on all cores.
//!
//! In: an open workbook and the sheet to read. Out: chunks of rows with the very cells that calamine gives, and the merged
//! areas behind them. One thread unpacks and cuts, whoever asks for rows parses a piece of them. What is not plain, or
//! damaged, or over a limit, is not judged here: the whole reading is given up, the source says so when it is settled,
//! and the sheet is read again, cell by cell, by calamine.

use std::panic::resume_unwind;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread::JoinHandle;

use crate::read::ReadError;
use crate::read::csv::FileDigest;
use crate::read::source::{Chunk, Feed};
use crate::read::workbook::builder::CellChunk;
use crate::read::workbook::limits::{SHEET_BYTES_MAX, SHEET_CELLS_MAX};
use crate::read::workbook::merges::Merge;
use crate::read::workbook::package::{Parts, Told};
use crate::read::workbook::part::Watched;
use crate::read::workbook::plain::cut::{Cutter, Piece, ROWS};
use crate::read::workbook::plain::known::Known;
use crate::read::workbook::plain::rows::{last_row, read_rows};
use crate::read::workbook::plain::walk::NotPlain;

mod cut;
mod known;
mod rows;
mod texts;
mod walk;

/// How many pieces lie ready for whoever asks.
const PIECES_READY: usize = 4;

/// A sheet that may be plain.
pub(super) struct PlainSheet {
    parts: Parts,
    sheet: usize,
    known: Known,
    read: Arc<AtomicU64>,
    /// What the file comes to, as it was known before.
    digest: FileDigest,
    /// It turned out not to be plain.
    is_refused: AtomicBool,
    merges: OnceLock<Vec<Merge>>,
}

impl PlainSheet {
    /// The sheet that is the part with number `sheet`; `None` where the workbook is not plain.
    pub(super) fn of(
        parts: &Parts,
        told: &Told,
        sheet: usize,
        is_1904: bool,
        read: &Arc<AtomicU64>,
        digest: FileDigest,
    ) -> Option<Self> {
        Some(Self {
            known: Known::of(parts, told, is_1904).ok()?,
            parts: parts.clone(),
            sheet,
            read: Arc::clone(read),
            digest,
            is_refused: AtomicBool::new(false),
            merges: OnceLock::new(),
        })
    }

    /// Whether it turned out not to be plain.
    pub(super) fn is_refused(&self) -> bool {
        self.is_refused.load(Ordering::Relaxed)
    }

    /// Its merged areas, once it was read to its end.
    pub(super) fn merges(&self) -> Option<&[Merge]> {
        self.merges.get().map(Vec::as_slice)
    }

    /// Begins to read its rows.
    pub(super) fn feed(&self, name: &str) -> Result<PlainFeed<'_>, ReadError> {
        let (sender, receiver) = sync_channel(PIECES_READY);
        let rooms = Rooms::default();
        let cutting = Cutting {
            sender,
            rooms: rooms.clone(),
            read: Arc::clone(&self.read),
        };
        let part = self.parts.part(self.sheet, Watched::ByCaller);
        let thread = std::thread::Builder::new().spawn(move || {
            let part = part.ok_or(NotPlain)?;
            cutting.run(Cutter::begin(part, ROWS))
        });
        let thread = thread.map_err(|source| ReadError::Unreadable {
            name: name.to_owned(),
            source,
        })?;
        Ok(PlainFeed {
            sheet: self,
            rooms,
            ready: Mutex::new(Ready {
                receiver: Some(receiver),
                thread: Some(thread),
                next: 0,
            }),
            cells: AtomicU64::new(0),
            text_bytes: AtomicU64::new(0),
        })
    }
}

/// Room for pieces, used again and again.
#[derive(Clone, Default)]
struct Rooms(Arc<Mutex<Vec<Vec<u8>>>>);

impl Rooms {
    fn take(&self) -> Vec<u8> {
        let mut rooms = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        rooms.pop().unwrap_or_default()
    }

    fn give_back(&self, room: Vec<u8>) {
        let mut rooms = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        rooms.push(room);
    }
}

/// A piece on its way.
struct Cut {
    piece: Piece,
    /// The last row before it, from 1; 0 where there is none.
    after: u32,
    /// How many bytes of the file it stands for.
    bytes: u64,
}

/// A sheet being cut.
struct Cutting {
    sender: SyncSender<Cut>,
    rooms: Rooms,
    read: Arc<AtomicU64>,
}

impl Cutting {
    fn run(self, mut cutter: Cutter) -> Result<Vec<Merge>, NotPlain> {
        let mut after = 0;
        let mut read_before = self.read.load(Ordering::Relaxed);
        while let Some(piece) = cutter.next(self.rooms.take())? {
            let last = last_row(piece.xml())?;
            let read = self.read.load(Ordering::Relaxed);
            let bytes = read - std::mem::replace(&mut read_before, read);
            let cut = Cut {
                piece,
                after,
                bytes,
            };
            if self.sender.send(cut).is_err() {
                return Err(NotPlain);
            }
            after = last;
        }
        cutter.merges()
    }
}

/// A sheet being read.
pub(super) struct PlainFeed<'a> {
    sheet: &'a PlainSheet,
    rooms: Rooms,
    ready: Mutex<Ready>,
    /// Of all rows so far, for the limits of a sheet.
    cells: AtomicU64,
    text_bytes: AtomicU64,
}

type Outcome = Result<Vec<Merge>, NotPlain>;

struct Ready {
    receiver: Option<Receiver<Cut>>,
    thread: Option<JoinHandle<Outcome>>,
    next: u64,
}

impl Feed for PlainFeed<'_> {
    fn next(&self, chunk: &mut Chunk) -> Result<Option<u64>, ReadError> {
        let (number, cut) = {
            let mut ready = self.ready.lock().unwrap_or_else(PoisonError::into_inner);
            let next = ready.receiver.as_ref().map(Receiver::recv);
            let Some(Ok(cut)) = next.filter(|_| !self.sheet.is_refused()) else {
                self.end(&mut ready);
                return Ok(None);
            };
            ready.next += 1;
            (ready.next - 1, cut)
        };
        let cells = chunk.as_cells();
        cells.begin(cut.bytes);
        let read = read_rows(cut.piece.xml(), cut.after, &self.sheet.known, cells);
        self.rooms.give_back(cut.piece.into_room());
        if read.and_then(|()| self.count(cells)).is_err() {
            self.sheet.is_refused.store(true, Ordering::Relaxed);
            return Ok(None);
        }
        Ok(Some(number))
    }

    fn digest(&self) -> Option<FileDigest> {
        Some(self.sheet.digest.clone())
    }
}

impl PlainFeed<'_> {
    fn count(&self, chunk: &CellChunk) -> Result<(), NotPlain> {
        let add = |sum: &AtomicU64, count: u64| sum.fetch_add(count, Ordering::Relaxed) + count;
        let cells = add(&self.cells, chunk.cell_count());
        let bytes = add(&self.text_bytes, chunk.text_bytes());
        (cells <= SHEET_CELLS_MAX && bytes <= SHEET_BYTES_MAX)
            .then_some(())
            .ok_or(NotPlain)
    }

    /// Ends the thread, which without a receiver stops at its next piece, and takes note of what it found.
    fn end(&self, ready: &mut Ready) {
        ready.receiver = None;
        match ready.thread.take().map(JoinHandle::join) {
            None => {}
            Some(Ok(Ok(merges))) => {
                self.sheet.merges.get_or_init(|| merges);
            }
            Some(Ok(Err(NotPlain))) => self.sheet.is_refused.store(true, Ordering::Relaxed),
            Some(Err(panic)) => resume_unwind(panic),
        }
    }
}

impl Drop for PlainFeed<'_> {
    /// Nobody wanted the rows to their end: that says nothing of the sheet.
    fn drop(&mut self) {
        let ready = self.ready.get_mut();
        let ready = ready.unwrap_or_else(PoisonError::into_inner);
        ready.receiver = None;
        if let Some(thread) = ready.thread.take() {
            let _ended = thread.join();
        }
    }
}
