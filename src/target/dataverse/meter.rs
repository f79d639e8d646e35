//! What goes over the line, counted.
//!
//! In: what is sent, what is turned away, pauses. Out: sums. Pauses that overlap are waited for once.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::target::Traffic;

/// The counters.
#[derive(Debug, Default)]
pub(super) struct Meter {
    operations: AtomicU64,
    throttled: AtomicU64,
    waited_ms: AtomicU64,
}

impl Meter {
    /// So many writes are on their way.
    pub(super) fn sends(&self, operations: usize) {
        let operations = u64::try_from(operations).unwrap_or(u64::MAX);
        self.operations.fetch_add(operations, Ordering::Relaxed);
    }

    /// Something was turned away for coming too often.
    pub(super) fn is_throttled(&self) {
        self.throttled.fetch_add(1, Ordering::Relaxed);
    }

    /// Nothing is sent for so long.
    pub(super) fn waits(&self, pause: Duration) {
        let pause = u64::try_from(pause.as_millis()).unwrap_or(u64::MAX);
        self.waited_ms.fetch_add(pause, Ordering::Relaxed);
    }

    /// The sums, beside so many requests.
    pub(super) fn traffic(&self, requests: u64) -> Traffic {
        let count = |of: &AtomicU64| of.load(Ordering::Relaxed);
        Traffic {
            requests,
            operations: count(&self.operations),
            throttled: count(&self.throttled),
            waited: Duration::from_millis(count(&self.waited_ms)),
        }
    }
}
