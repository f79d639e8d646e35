//! A bounded queue of batches: from the one who reads changes to the workers who write them.
//!
//! In: batches, at the pace at which they are taken. Out: each batch to exactly one worker, in order.
//! What a batch means is the target's affair; on an environment file it is what is committed together.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Mutex, PoisonError};

/// The end that workers take batches from; shared by reference between any number of them.
#[derive(Debug)]
pub struct Feed<T> {
    batches: Mutex<Receiver<Vec<T>>>,
}

/// The end that batches are put in; the feed ends when it is dropped.
#[derive(Debug)]
pub struct FeedSender<T> {
    batches: SyncSender<Vec<T>>,
}

/// Nobody takes batches any more, because the target has given up; its error says why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the target takes no more changes")]
pub struct FeedClosed;

/// A feed that holds at most `capacity` batches; who puts in one more waits.
pub fn feed<T>(capacity: usize) -> (FeedSender<T>, Feed<T>) {
    let (sender, receiver) = sync_channel(capacity);
    let batches = Mutex::new(receiver);
    (FeedSender { batches: sender }, Feed { batches })
}

impl<T> FeedSender<T> {
    /// Puts in a batch, and waits while the feed is full.
    pub fn send(&self, batch: Vec<T>) -> Result<(), FeedClosed> {
        self.batches.send(batch).map_err(|_| FeedClosed)
    }
}

impl<T> Feed<T> {
    /// The next batch, waiting for one; `None` when the sender is gone and all are taken.
    pub fn next(&self) -> Option<Vec<T>> {
        let batches = self.batches.lock().unwrap_or_else(PoisonError::into_inner);
        batches.recv().ok()
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
    fn the_sender_learns_that_nobody_takes() {
        let (sender, feed) = feed(1);
        sender.send(vec![1]).unwrap();
        drop(feed);
        assert_eq!(sender.send(vec![2]), Err(FeedClosed));
    }
}
