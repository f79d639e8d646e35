//! Telling somebody how far a long step is.
//!
//! In: counts from the rooms; for who wants to know, also what is read and asked for. Out: whatever the implementation
//! shows; `cli/` holds those with bars and with words.

use std::fmt;
use std::sync::Arc;

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

    /// Who hears of each file that is read and each request; most want to hear nothing.
    fn trace(&self) -> Trace {
        Trace::default()
    }
}

/// Hears which files are read, which settings hold, and what a live environment is asked for, in a line each. Neither
/// secrets nor what names a person may be told here: such lines are kept in logs.
#[derive(Clone, Default)]
pub struct Trace(Option<Hears>);

/// Takes a line.
type Hears = Arc<dyn Fn(&str) + Send + Sync>;

impl Trace {
    /// Told to this.
    pub fn to(hears: impl Fn(&str) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(hears)))
    }

    /// Tells a line, which is made only where somebody hears it.
    pub fn note(&self, line: impl FnOnce() -> String) {
        if let Some(hears) = &self.0 {
            hears(&line());
        }
    }
}

impl fmt::Debug for Trace {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Trace")
    }
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
