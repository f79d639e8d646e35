//! Telling somebody how far a long step is.
//!
//! In: counts from the rooms. Out: whatever the implementation shows; `cli/` holds the one with bars.

/// What is being counted, for the rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the words say it")]
pub enum Unit {
    Bytes,
    Rows,
    Changes,
}

/// Somebody who wants to know how far a run is.
pub trait Progress: Sync {
    /// A step begins; `total` is in `unit`s, `None` where it is not known.
    fn begin(&self, what: &str, unit: Unit, total: Option<u64>) -> Box<dyn Step>;
}

/// A running step; dropping it ends it.
pub trait Step: Send + Sync {
    /// `count` more are done.
    fn advance(&self, count: u64);
}

/// Tells nobody.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Progress for Silent {
    fn begin(&self, _what: &str, _unit: Unit, _total: Option<u64>) -> Box<dyn Step> {
        Box::new(Self)
    }
}

impl Step for Silent {
    fn advance(&self, _count: u64) {}
}
