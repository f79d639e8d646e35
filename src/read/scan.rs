//! Reads a source on all cores and puts what was made of its chunks back into file order.
//!
//! In: a [`Source`], and what to make of a chunk. Out: the results in file order, on the calling
//! thread. How many results wait for an earlier one has a bound, so that memory does not grow with
//! the file.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use crate::model::Progress;
use crate::model::Unit;
use crate::read::ReadError;
use crate::read::csv::FileDigest;
use crate::read::source::{Chunk, Feed, Source};

/// How many results wait for an earlier one, for each thread.
const EARLY_PER_THREAD: usize = 4;

/// Maps every chunk of `source` and sinks the results in file order, until `sink` breaks.
///
/// `map` runs on the threads of rayon, with a value of its own for each worker, made by `begin`; it
/// must not use rayon itself, as a thread that takes up other work while it waits could wait for
/// itself. `sink` runs on the calling thread. The step shown is `what`, counted in bytes. Gives the
/// workers' values back, in no order, and what was found out about the file meanwhile.
pub(super) fn scan<L: Send, T: Send>(
    source: &dyn Source,
    what: &str,
    progress: &dyn Progress,
    begin: impl Fn() -> L + Sync,
    map: impl Fn(&mut L, &Chunk) -> T + Sync,
    mut sink: impl FnMut(T) -> ControlFlow<()>,
) -> Result<(Vec<L>, Option<FileDigest>), ReadError> {
    let step = progress.begin(what, Unit::Bytes, source.total());
    let mut sink = |(bytes, value): (u64, T)| {
        step.advance(bytes);
        sink(value)
    };
    let feed = source.feed()?;
    let threads = rayon::current_num_threads();
    let queue = Queue::new(threads);
    // A thread that belongs to rayon has to work itself: a pool of one would wait for itself.
    let works_too = rayon::current_thread_index().is_some();
    let locals = Mutex::new(Vec::new());
    let work = |after_each: &mut dyn FnMut(u64) -> ControlFlow<()>| {
        let _present = queue.enter();
        let mut local = begin();
        let mut chunk = Chunk::default();
        while let Some(number) = queue.next(feed.as_ref(), &mut chunk) {
            queue.hand_in(number, (chunk.bytes(), map(&mut local, &chunk)));
            if after_each(number).is_break() {
                break;
            }
        }
        lock(&locals).push(local);
    };
    rayon::in_place_scope(|scope| {
        for _ in 0..threads - usize::from(works_too) {
            scope.spawn(|_| work(&mut |number| queue.wait_for_room(number)));
        }
        if works_too {
            work(&mut |_| queue.sink_ready(&mut sink));
        }
        queue.sink_all(&mut sink);
    });
    queue.finish()?;
    source.check_unchanged()?;
    let locals = locals.into_inner();
    let locals = locals.unwrap_or_else(PoisonError::into_inner);
    Ok((locals, feed.digest()))
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A chunk's bytes, and what became of it.
type Mapped<T> = (u64, T);

/// Results on their way from the workers to the sink.
struct Queue<T> {
    /// How far a worker may be ahead of the sink.
    ahead_max: u64,
    held: Mutex<Held<T>>,
    /// A result came, or a worker left.
    handed_in: Condvar,
    /// A result was sunk.
    sunk: Condvar,
}

struct Held<T> {
    early: BTreeMap<u64, Mapped<T>>,
    /// How many were sunk, which is the number of the next one.
    sunk: u64,
    /// Workers at work.
    present: usize,
    /// There are no more chunks.
    ended: bool,
    /// Nobody wants more.
    stopped: bool,
    error: Option<ReadError>,
}

impl<T> Queue<T> {
    fn new(threads: usize) -> Self {
        Self {
            ahead_max: (EARLY_PER_THREAD * threads) as u64,
            held: Mutex::new(Held {
                early: BTreeMap::new(),
                sunk: 0,
                present: 0,
                ended: false,
                stopped: false,
                error: None,
            }),
            handed_in: Condvar::new(),
            sunk: Condvar::new(),
        }
    }

    /// Counts a worker as present until the value is dropped.
    fn enter(&self) -> Present<'_, T> {
        lock(&self.held).present += 1;
        Present(self)
    }

    /// The next chunk; `None` where there is none, or nobody wants it.
    fn next(&self, feed: &dyn Feed, chunk: &mut Chunk) -> Option<u64> {
        if lock(&self.held).stopped {
            return None;
        }
        let next = feed.next(chunk);
        if let Ok(Some(number)) = next {
            return Some(number);
        }
        let mut held = lock(&self.held);
        held.ended = true;
        if let Err(error) = next {
            held.error.get_or_insert(error);
            self.stop(held);
        }
        None
    }

    fn hand_in(&self, number: u64, mapped: Mapped<T>) {
        lock(&self.held).early.insert(number, mapped);
        self.handed_in.notify_all();
    }

    /// Waits until the sink is near enough to the result of that number.
    fn wait_for_room(&self, number: u64) -> ControlFlow<()> {
        let mut held = lock(&self.held);
        while !held.stopped && number >= held.sunk + self.ahead_max {
            held = self.sunk.wait(held).unwrap_or_else(PoisonError::into_inner);
        }
        flow(held.stopped)
    }

    /// Sinks what is there.
    fn sink_ready(&self, sink: &mut dyn FnMut(Mapped<T>) -> ControlFlow<()>) -> ControlFlow<()> {
        let mut held = lock(&self.held);
        loop {
            let next = held.sunk;
            let Some(mapped) = held.early.remove(&next) else {
                return flow(held.stopped);
            };
            drop(held);
            let wanted = sink(mapped);
            held = lock(&self.held);
            held.sunk += 1;
            self.sunk.notify_all();
            if wanted.is_break() {
                self.stop(held);
                return wanted;
            }
        }
    }

    /// Sinks everything, until the last worker has left.
    fn sink_all(&self, sink: &mut dyn FnMut(Mapped<T>) -> ControlFlow<()>) {
        while self.sink_ready(sink).is_continue() {
            let mut held = lock(&self.held);
            while !held.stopped && !held.early.contains_key(&held.sunk) {
                if held.ended && held.present == 0 {
                    return;
                }
                held = self
                    .handed_in
                    .wait(held)
                    .unwrap_or_else(PoisonError::into_inner);
            }
        }
    }

    fn stop(&self, mut held: MutexGuard<'_, Held<T>>) {
        held.stopped = true;
        drop(held);
        self.handed_in.notify_all();
        self.sunk.notify_all();
    }

    fn finish(self) -> Result<(), ReadError> {
        let held = self.held.into_inner();
        let held = held.unwrap_or_else(PoisonError::into_inner);
        held.error.map_or(Ok(()), Err)
    }
}

fn flow(stopped: bool) -> ControlFlow<()> {
    if stopped {
        ControlFlow::Break(())
    } else {
        ControlFlow::Continue(())
    }
}

/// A worker at work. One that panics ends the scan, so that nobody waits for its result and the scope
/// can pass the panic on.
struct Present<'a, T>(&'a Queue<T>);

impl<T> Drop for Present<'_, T> {
    fn drop(&mut self) {
        let mut held = lock(&self.0.held);
        held.present -= 1;
        if std::thread::panicking() {
            self.0.stop(held);
        } else {
            drop(held);
            self.0.handed_in.notify_all();
        }
    }
}
