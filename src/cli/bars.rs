//! Progress bars: what takes longer than half a second shows rate and time left.
//!
//! In: counts from the rooms. Out: a bar on standard error, which `cli/` asks for on a terminal only.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::model::{Progress, Step, Unit};

/// A step shorter than this shows nothing.
const PATIENCE: Duration = Duration::from_millis(500);

/// Bars for the steps of a run.
#[derive(Debug, Default)]
pub(super) struct Bars;

impl Progress for Bars {
    fn begin(&self, what: &str, unit: Unit, total: Option<u64>) -> Box<dyn Step> {
        let bar = ProgressBar::with_draw_target(total, ProgressDrawTarget::hidden());
        bar.set_style(style(unit, total.is_some()));
        bar.set_message(what.to_owned());
        Box::new(Bar {
            shape: bar,
            begun: Instant::now(),
            shown: Mutex::new(false),
        })
    }
}

fn style(unit: Unit, bounded: bool) -> ProgressStyle {
    let count = match unit {
        Unit::Bytes if bounded => "{bytes}/{total_bytes} {bytes_per_sec}",
        Unit::Bytes => "{bytes} {bytes_per_sec}",
        Unit::Rows | Unit::Changes if bounded => "{human_pos}/{human_len} {per_sec}",
        Unit::Rows | Unit::Changes => "{human_pos} {per_sec}",
    };
    let template = if bounded {
        format!("{{msg}} {{bar:24}} {{percent:>3}} % {count}, {{eta}} left")
    } else {
        format!("{{msg}} {{spinner}} {count}")
    };
    ProgressStyle::with_template(&template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

struct Bar {
    shape: ProgressBar,
    begun: Instant,
    shown: Mutex<bool>,
}

impl Step for Bar {
    fn advance(&self, count: u64) {
        self.shape.inc(count);
        if self.begun.elapsed() < PATIENCE {
            return;
        }
        if let Ok(mut shown) = self.shown.lock()
            && !*shown
        {
            *shown = true;
            self.shape.set_draw_target(ProgressDrawTarget::stderr());
        }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.shape.finish_and_clear();
    }
}
