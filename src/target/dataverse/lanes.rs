//! How many requests are under way at once.
//!
//! In: requests that want to go, and what the service advises. Out: leave to go, as many at once as the service
//! recommends (`x-ms-dop-hint`, platform facts 6.1): more make all of them slower. How fast a lane goes, and what it
//! carries, is for others.

use std::sync::atomic::{AtomicUsize, Ordering};

use reqwest::header::HeaderMap;
use tokio::sync::{Semaphore, SemaphorePermit};

/// Lanes until the service has said how many it wants.
const FIRST: usize = 4;

/// Lanes at most: one below the service's own limit on requests at once.
const MAX: usize = 51;

/// Lanes.
#[derive(Debug)]
pub(super) struct Lanes {
    free: Semaphore,
    allowed: AtomicUsize,
}

impl Lanes {
    pub(super) fn new() -> Self {
        Self {
            free: Semaphore::new(FIRST),
            allowed: AtomicUsize::new(FIRST),
        }
    }

    /// How many there are.
    pub(super) fn allowed(&self) -> usize {
        self.allowed.load(Ordering::Relaxed)
    }

    /// A lane for one request, as soon as one is free.
    pub(super) async fn take(&self) -> Option<SemaphorePermit<'_>> {
        // Never closed, so that there is always one in the end.
        self.free.acquire().await.ok()
    }

    /// Takes the service's advice, where an answer holds any. More lanes open at once; fewer do as they come free.
    pub(super) fn advised(&self, headers: &HeaderMap) {
        let hint = headers.get("x-ms-dop-hint");
        let hint = hint.and_then(|hint| hint.to_str().ok()?.trim().parse().ok());
        let Some(wanted) = hint.map(|hint: usize| hint.clamp(1, MAX)) else {
            return;
        };
        let before = self.allowed.swap(wanted, Ordering::Relaxed);
        if wanted > before {
            self.free.add_permits(wanted - before);
        } else if wanted < before {
            let missing = (before - wanted) - self.free.forget_permits(before - wanted);
            // Those under way keep theirs; what could not be closed now stays open.
            self.allowed.fetch_add(missing, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use reqwest::header::{HeaderMap, HeaderValue};

    use super::{FIRST, Lanes, MAX};

    #[test]
    fn the_service_says_how_many() {
        let lanes = Lanes::new();
        assert_eq!(lanes.allowed(), FIRST);
        check(&lanes, "5", 5);
        check(&lanes, "2", 2);
        check(&lanes, "none", 2);
        check(&lanes, "0", 1);
        check(&lanes, "1000", MAX);
        assert_eq!(lanes.free.available_permits(), MAX);
        let taken = lanes.free.try_acquire_many(50).unwrap();
        check(&lanes, "3", 50);
        drop(taken);
        check(&lanes, "3", 3);
        assert_eq!(lanes.free.available_permits(), 3);
    }

    #[track_caller]
    fn check(lanes: &Lanes, hint: &str, allowed: usize) {
        let mut headers = HeaderMap::new();
        headers.insert("x-ms-dop-hint", HeaderValue::from_str(hint).unwrap());
        lanes.advised(&headers);
        assert_eq!(lanes.allowed(), allowed, "hint: {hint}");
    }
}
