//! How long the stages of a run take, by listening to what is told of their progress.
//!
//! In: somebody who wants to know how far a run is. Out: the same, and afterwards the times. Rooms that write know no
//! clock.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use crate::apply::Applied;
use crate::model::{Progress, Step, Unit};
use crate::plan::Document;
use crate::report::{Forecast, Line, StageTime, Timing};
use crate::target::{Target, Traffic};

/// Times what another is told of.
pub(super) struct Timed<'a> {
    told: &'a dyn Progress,
    began: Instant,
    before: Option<Traffic>,
    stages: Arc<Mutex<Vec<StageTime>>>,
}

/// A stage under way; its time is known when it is dropped.
struct Stage {
    told: Box<dyn Step>,
    title: String,
    began: Instant,
    stages: Arc<Mutex<Vec<StageTime>>>,
}

impl<'a> Timed<'a> {
    /// Begins now.
    pub(super) fn begin(told: &'a dyn Progress, target: &dyn Target) -> Self {
        Self {
            told,
            began: Instant::now(),
            before: target.traffic(),
            stages: Arc::default(),
        }
    }

    /// What the run took.
    pub(super) fn end(
        self,
        target: &dyn Target,
        applied: &Applied,
        document: Option<&Document>,
    ) -> Timing {
        let ended = applied.this_run.values();
        let before = self.before.unwrap_or_default();
        let line = target.traffic().map(|now| Line {
            requests: now.requests - before.requests,
            writes: now.operations - before.operations,
            throttled: now.throttled - before.throttled,
            waited_seconds: now.waited.saturating_sub(before.waited).as_secs_f64(),
        });
        let stages = self.stages.lock().unwrap_or_else(PoisonError::into_inner);
        Timing {
            seconds: self.began.elapsed().as_secs_f64(),
            ended: ended
                .map(|tally| tally.succeeded() + tally.unsuccessful())
                .sum(),
            stages: stages.clone(),
            line,
            forecast: document.and_then(Forecast::of),
        }
    }
}

impl Progress for Timed<'_> {
    fn begin(&self, what: &str, unit: Unit, total: Option<u64>) -> Box<dyn Step> {
        let told = self.told.begin(what, unit, total);
        if unit != Unit::Changes {
            return told;
        }
        Box::new(Stage {
            told,
            title: what.to_owned(),
            began: Instant::now(),
            stages: Arc::clone(&self.stages),
        })
    }
}

impl Step for Stage {
    fn advance(&self, count: u64) {
        self.told.advance(count);
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        let mut stages = self.stages.lock().unwrap_or_else(PoisonError::into_inner);
        stages.push(StageTime {
            stage: std::mem::take(&mut self.title),
            seconds: self.began.elapsed().as_secs_f64(),
        });
    }
}
