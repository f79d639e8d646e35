//! A bounded queue of batches: from the one who reads changes to the workers who write them.
//!
//! In: batches, at the pace at which they are taken. Out: each batch to exactly one worker, in order.
//! What a batch means is the target's affair; on an environment file it is what is committed together.
//! Against the stream goes one word: that what was read until now may be gone, so that a target need
//! not look again at what was read later.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};

/// The end that workers take batches from; shared by reference between any number of them.
#[derive(Debug)]
pub struct Feed<T> {
    batches: Mutex<Receiver<(Vec<T>, AsOf)>>,
    now: Arc<AtomicU64>,
}

/// The end that batches are put in; the feed ends when it is dropped.
#[derive(Debug)]
pub struct FeedSender<T> {
    batches: SyncSender<(Vec<T>, AsOf)>,
    now: Arc<AtomicU64>,
}

/// After how many warnings of its feed the values were read that a batch rests on. The default is
/// before the first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct AsOf(u64);

/// Nobody takes batches any more, because the target has given up; its error says why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the target takes no more changes")]
pub struct FeedClosed;

/// A feed that holds at most `capacity` batches; who puts in one more waits.
pub fn feed<T>(capacity: usize) -> (FeedSender<T>, Feed<T>) {
    let (sender, receiver) = sync_channel(capacity);
    let now = Arc::new(AtomicU64::new(0));
    let feed = Feed {
        batches: Mutex::new(receiver),
        now: Arc::clone(&now),
    };
    let sender = FeedSender {
        batches: sender,
        now,
    };
    (sender, feed)
}

impl<T> FeedSender<T> {
    /// Puts in a batch, and waits while the feed is full. When its values were read is not known, so
    /// every warning is one for it.
    pub fn send(&self, batch: Vec<T>) -> Result<(), FeedClosed> {
        self.send_as_of(batch, AsOf::default())
    }

    /// Puts in a batch whose values were all read after [`FeedSender::now`] was asked.
    pub fn send_as_of(&self, batch: Vec<T>, as_of: AsOf) -> Result<(), FeedClosed> {
        self.batches.send((batch, as_of)).map_err(|_| FeedClosed)
    }

    /// What is read from here on is as of this.
    pub fn now(&self) -> AsOf {
        AsOf(self.now.load(Ordering::SeqCst))
    }
}

impl<T> Feed<T> {
    /// The next batch, waiting for one; `None` when the sender is gone and all are taken.
    pub fn next(&self) -> Option<Vec<T>> {
        self.next_as_of().map(|(batch, _)| batch)
    }

    /// The next batch, and when its values were read.
    pub fn next_as_of(&self) -> Option<(Vec<T>, AsOf)> {
        let batches = self.batches.lock().unwrap_or_else(PoisonError::into_inner);
        batches.recv().ok()
    }

    /// Warns that whatever was read until now may be gone.
    pub fn outdate(&self) {
        self.now.fetch_add(1, Ordering::SeqCst);
    }

    /// Whether there was a warning since.
    pub fn is_outdated(&self, as_of: AsOf) -> bool {
        as_of.0 < self.now.load(Ordering::SeqCst)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{FeedClosed, feed};

    #[test]
    fn every_batch_comes_to_one_worker() {
        let (sender, feed) = feed(2);
        let taken: Vec<Vec<u32>> = std::thread::scope(|scope| {
            let workers: Vec<_> = (0..3)
                .map(|_| {
                    scope.spawn(|| {
                        let mut mine = Vec::new();
                        while let Some(batch) = feed.next() {
                            mine.extend(batch);
                        }
                        mine
                    })
                })
                .collect();
            for number in 0..50 {
                sender.send(vec![number * 2, number * 2 + 1]).unwrap();
            }
            drop(sender);
            workers
                .into_iter()
                .map(|worker| worker.join().unwrap())
                .collect()
        });
        let all: Vec<u32> = taken.into_iter().flatten().collect();
        assert_eq!(all.len(), 100);
        assert_eq!(all.into_iter().collect::<BTreeSet<_>>().len(), 100);
    }

    #[test]
    fn a_warning_is_for_what_was_read_before_it() {
        let (sender, feed) = feed(3);
        let early = sender.now();
        assert!(!feed.is_outdated(early), "no warning yet");
        feed.outdate();
        let late = sender.now();
        sender.send_as_of(vec![1], early).unwrap();
        sender.send_as_of(vec![2], late).unwrap();
        sender.send(vec![3]).unwrap();
        drop(sender);
        let taken: Vec<_> = std::iter::from_fn(|| feed.next_as_of())
            .map(|(batch, as_of)| (batch, feed.is_outdated(as_of)))
            .collect();
        assert_eq!(taken, [(vec![1], true), (vec![2], false), (vec![3], true)]);
    }

    #[test]
    fn the_sender_learns_that_nobody_takes() {
        let (sender, feed) = feed(1);
        sender.send(vec![1]).unwrap();
        drop(feed);
        assert_eq!(sender.send(vec![2]), Err(FeedClosed));
    }
}
