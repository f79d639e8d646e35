//! A sheet on its way to whoever asks for its rows.
//!
//! In: an open workbook and the sheet to read. Out: chunks in file order, a few of them ready before they are
//! asked for. The sheet is read on a thread of its own: the reader of its cells cannot be handed from one
//! thread to another.

use std::ops::ControlFlow;
use std::panic::resume_unwind;
use std::sync::atomic::AtomicU64;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use crate::read::ReadError;
use crate::read::source::{Chunk, Feed};
use crate::read::workbook::book::Book;
use crate::read::workbook::builder::{Builder, CellChunk};

/// How many chunks lie ready for whoever asks.
const CHUNKS_READY: usize = 2;

/// Where a workbook goes if nobody wanted the sheet to its end.
pub(super) type Shelf = Arc<Mutex<Option<Book>>>;

/// Begins to read a sheet.
pub(super) fn begin(
    name: &str,
    book: Book,
    sheet: usize,
    read: &Arc<AtomicU64>,
    back: &Shelf,
) -> Result<CellFeed, ReadError> {
    let (sender, receiver) = sync_channel(CHUNKS_READY);
    let reading = Reading {
        name: name.to_owned(),
        sheet,
        read: Arc::clone(read),
        back: Arc::clone(back),
        sender,
    };
    let thread = std::thread::Builder::new().spawn(move || reading.run(book));
    let thread = thread.map_err(|source| ReadError::Unreadable {
        name: name.to_owned(),
        source,
    })?;
    Ok(CellFeed {
        ready: Mutex::new(Ready {
            receiver: Some(receiver),
            thread: Some(thread),
            next: 0,
        }),
    })
}

/// A sheet being read.
struct Reading {
    name: String,
    sheet: usize,
    read: Arc<AtomicU64>,
    back: Shelf,
    sender: SyncSender<Result<CellChunk, ReadError>>,
}

impl Reading {
    fn run(self, mut book: Book) {
        let mut builder = Builder::new(Arc::clone(&self.read));
        let hand_out = |chunk| match self.sender.send(chunk) {
            Ok(()) => ControlFlow::Continue(()),
            Err(_) => ControlFlow::Break(()),
        };
        let mut flow = ControlFlow::Continue(());
        let read = book.cells(self.sheet, &mut |row, column, value| {
            if builder.is_full(row) {
                flow = hand_out(Ok(builder.finish()));
            }
            if flow.is_continue() {
                builder.put(row, column, value)?;
            }
            Ok(flow)
        });
        if flow.is_continue() {
            let last = read.map(|()| builder.finish());
            flow = hand_out(last.map_err(|refusal| refusal.about(&self.name)));
        }
        if flow.is_break() {
            *self.back.lock().unwrap_or_else(PoisonError::into_inner) = Some(book);
        }
    }
}

/// The chunks that are ready.
struct Ready {
    receiver: Option<Receiver<Result<CellChunk, ReadError>>>,
    thread: Option<JoinHandle<()>>,
    next: u64,
}

/// A sheet being read, as those see it who ask for its rows.
pub(super) struct CellFeed {
    ready: Mutex<Ready>,
}

impl Feed for CellFeed {
    fn next(&self, chunk: &mut Chunk) -> Result<Option<u64>, ReadError> {
        let mut ready = self.ready.lock().unwrap_or_else(PoisonError::into_inner);
        let next = ready.receiver.as_ref().map(Receiver::recv);
        let Some(Ok(next)) = next else {
            ready.end();
            return Ok(None);
        };
        *chunk = Chunk::Cells(next?);
        ready.next += 1;
        Ok(Some(ready.next - 1))
    }
}

impl Ready {
    /// Ends the thread, which without a receiver stops at its next chunk. A panic of its own is passed
    /// on: the rows that it did not hand out must not look like the end of the sheet.
    fn end(&mut self) {
        self.receiver = None;
        if let Some(Err(panic)) = self.thread.take().map(JoinHandle::join) {
            resume_unwind(panic);
        }
    }
}

impl Drop for CellFeed {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let ready = self.ready.get_mut();
            ready.unwrap_or_else(PoisonError::into_inner).end();
        }
    }
}
