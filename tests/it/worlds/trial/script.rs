//! What one judge was asked, in the order of asking, and what it said, so that another can be asked the same.

use cutover::model::{ChangeKind, Write};
use cutover::service::Performed;

/// Why something is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Asking {
    /// It is planned.
    Planned,
    /// It is foretold to be refused.
    Forced,
    /// Its row stopped for another's fault.
    Blocked,
    /// No plan may ask for it.
    Probed,
}

/// One write.
#[derive(Clone, Debug)]
pub(super) struct Step {
    pub(super) asking: Asking,
    /// What is written first, and taken back afterwards.
    pub(super) beside: Vec<Write>,
    pub(super) write: Write,
    pub(super) answer: Performed,
}

impl Step {
    pub(super) fn new(asking: Asking, write: &Write, answer: Performed) -> Self {
        Self {
            asking,
            beside: Vec::new(),
            write: write.clone(),
            answer,
        }
    }

    /// Steps of one group are asked together.
    pub(super) fn group(&self) -> (Asking, ChangeKind) {
        (self.asking, self.write.kind())
    }
}
