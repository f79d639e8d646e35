//! The one trait behind which every kind of file stands, and the driver over it.
//!
//! In: a [`Source`], which cuts its file into chunks of whole rows, in file order, each knowing the
//! row and line it begins with. Out: what `map` made of each chunk, in file order. Chunks are parsed
//! and mapped independently, several at a time; how many are in memory at once has a bound.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::mpsc::{self, Receiver, Sender, TryRecvError};

use crate::model::Progress;
use crate::model::Unit;
use crate::read::ReadError;
use crate::read::encoding::{Encoding, Undecodable};

/// A file of rows.
pub(super) trait Source: Send + Sync {
    /// Cuts the file into chunks of whole rows and hands them out in file order until `take` breaks.
    ///
    /// Only the cutting is sequential here; what costs is done by the chunk itself, in
    /// [`Chunk::rows`], on any thread.
    fn chunks(&self, take: &mut Take<'_>) -> Result<(), ReadError>;

    /// Whether the file is still the one whose hash was taken.
    fn check_unchanged(&self) -> Result<(), ReadError>;

    /// Size of the file in bytes.
    fn bytes(&self) -> u64;
}

/// Takes the next chunk of a file.
pub(super) type Take<'a> = dyn FnMut(Box<dyn Chunk>) -> ControlFlow<()> + 'a;

/// Some whole rows of a file, not yet parsed.
pub(super) trait Chunk: Send {
    /// How many bytes of the file it stands for.
    fn bytes(&self) -> u64;

    /// Parses it and shows each row in order, blank lines apart, until `see` breaks.
    fn rows(&self, see: &mut dyn FnMut(&Row<'_>) -> ControlFlow<()>);
}

/// One parsed row; `data` holds its cells one after the other, `ends` where each ends.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row<'a> {
    /// As a spreadsheet numbers it, from 1.
    pub number: u64,
    /// The physical line on which it begins, from 1; equals `row` in a workbook.
    pub line: u64,
    /// The cells.
    pub data: &'a [u8],
    /// The end of each cell in `data`.
    pub ends: &'a [usize],
    /// How the cells become text.
    pub encoding: Encoding,
    /// The file ended within a quoted cell of this row.
    pub unterminated: bool,
    /// Text follows the closing quote of a cell of this row.
    pub misquoted: bool,
    /// Rows of this file have as many cells as the header; a workbook's leave out trailing blanks.
    pub fixed_width: bool,
}

impl<'a> Row<'a> {
    /// How many cells the row has.
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// The bytes of a cell; empty where the row has no such cell.
    pub(super) fn raw(&self, column: usize) -> &'a [u8] {
        let Some(end) = self.ends.get(column) else {
            return &[];
        };
        let start = column.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.data[start..*end]
    }

    /// The text of a cell, trimmed.
    pub(super) fn text(&self, column: usize) -> Result<Cow<'a, str>, Undecodable> {
        self.encoding.trimmed(self.raw(column))
    }

    /// Whether no cell holds anything but blanks; such a row is none.
    pub(super) fn is_blank(&self) -> bool {
        (0..self.len()).all(|column| is_blank(self.raw(column)))
    }
}

/// Whether a cell holds nothing but blanks.
pub(super) fn is_blank(cell: &[u8]) -> bool {
    cell.iter().all(u8::is_ascii_whitespace)
}

/// Maps every chunk of `source` and sinks the results in file order, until `sink` breaks.
///
/// `map` runs on the threads of rayon while the file is being cut on the calling one. The step shown
/// is `what`, counted in bytes.
pub(super) fn scan<T: Send>(
    source: &dyn Source,
    what: &str,
    progress: &dyn Progress,
    map: impl Fn(&dyn Chunk) -> T + Sync,
    mut sink: impl FnMut(T) -> ControlFlow<()>,
) -> Result<(), ReadError> {
    let step = progress.begin(what, Unit::Bytes, Some(source.bytes()));
    let (sender, receiver) = mpsc::channel();
    let in_flight_max = 2 * rayon::current_num_threads() + 2;
    let map = &map;
    rayon::in_place_scope(|scope| {
        let mut queue = Queue::new(receiver);
        let mut flow = ControlFlow::Continue(());
        let mut sink = |(bytes, value): (u64, T)| {
            step.advance(bytes);
            sink(value)
        };
        source.chunks(&mut |chunk| {
            let ticket = Ticket::new(queue.issue(), sender.clone());
            scope.spawn(move |_| ticket.done((chunk.bytes(), map(chunk.as_ref()))));
            flow = queue.drain(in_flight_max, &mut sink);
            flow
        })?;
        if flow.is_continue() {
            queue.drain(0, &mut sink).is_break();
        }
        Ok(())
    })?;
    source.check_unchanged()
}

/// The right to hand in one result; dropped without one (its task panicked) it says so, so that
/// nobody waits for it and the scope can pass the panic on.
struct Ticket<T> {
    number: u64,
    sender: Sender<(u64, Option<T>)>,
    value: Option<T>,
}

impl<T> Ticket<T> {
    fn new(number: u64, sender: Sender<(u64, Option<T>)>) -> Self {
        Self {
            number,
            sender,
            value: None,
        }
    }

    fn done(mut self, value: T) {
        self.value = Some(value);
    }
}

impl<T> Drop for Ticket<T> {
    fn drop(&mut self) {
        // Nobody listens any more only where the scan has broken off; then the value is not wanted.
        self.sender.send((self.number, self.value.take())).ok();
    }
}

/// Puts results back into the order of their tickets.
struct Queue<T> {
    receiver: Receiver<(u64, Option<T>)>,
    issued: u64,
    sunk: u64,
    early: BTreeMap<u64, Option<T>>,
}

impl<T> Queue<T> {
    fn new(receiver: Receiver<(u64, Option<T>)>) -> Self {
        Self {
            receiver,
            issued: 0,
            sunk: 0,
            early: BTreeMap::new(),
        }
    }

    fn issue(&mut self) -> u64 {
        self.issued += 1;
        self.issued - 1
    }

    /// Sinks what is there, and waits until no more than `outstanding_max` results are.
    fn drain(
        &mut self,
        outstanding_max: usize,
        sink: &mut dyn FnMut(T) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        loop {
            while let Some(value) = self.early.remove(&self.sunk) {
                self.sunk += 1;
                match value {
                    Some(value) => sink(value)?,
                    None => return ControlFlow::Break(()),
                }
            }
            let outstanding = self.issued - self.sunk;
            let wait = outstanding > u64::try_from(outstanding_max).unwrap_or(u64::MAX);
            match self.next(wait) {
                Some((number, value)) => self.early.insert(number, value),
                None => return ControlFlow::Continue(()),
            };
        }
    }

    /// The next result, in whatever order; a thread that belongs to rayon works while it waits, else
    /// a pool of one thread would wait for itself.
    fn next(&self, wait: bool) -> Option<(u64, Option<T>)> {
        loop {
            match self.receiver.try_recv() {
                Ok(result) => return Some(result),
                Err(TryRecvError::Disconnected) => return None,
                Err(TryRecvError::Empty) if !wait => return None,
                Err(TryRecvError::Empty) => {}
            }
            match rayon::yield_now() {
                Some(rayon::Yield::Executed) => {}
                Some(rayon::Yield::Idle) => std::thread::yield_now(),
                None => return self.receiver.recv().ok(),
            }
        }
    }
}
