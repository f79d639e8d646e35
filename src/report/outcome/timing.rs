//! How long it took, what went over the line, and how that compares with the forecast of the plan.
//!
//! In: times and counts of one run. Out: words for the terminal, which are no data, and fields for programs. No two
//! runs take the same time, so nothing of this stands in a report of the plan.

use jiff::Timestamp;
use serde::{Serialize, Serializer};

use crate::plan::Document;
use crate::report::table::{counted, thousands};

/// How long a run took.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Timing {
    /// From the first question to the last answer, in seconds.
    pub seconds: f64,
    /// Changes that ended in this run.
    pub ended: u64,
    /// By stage, in their order.
    pub stages: Vec<StageTime>,
    /// What went over the line, on a live environment.
    pub line: Option<Line>,
    /// What the plan said of that beforehand.
    pub forecast: Option<Forecast>,
}

/// How long a stage took.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StageTime {
    /// What it is called.
    pub stage: String,
    /// How long, in seconds.
    pub seconds: f64,
}

/// What went over the line.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Line {
    /// Requests, a batch being one.
    pub requests: u64,
    /// Writes in them, which is what the service counts.
    pub writes: u64,
    /// Answers that there were too many.
    pub throttled: u64,
    /// How long nothing was sent because the service asked for it, in seconds.
    pub waited_seconds: f64,
}

/// What ENV004 says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Forecast {
    /// Writes, as the service counts them.
    pub writes: u64,
    /// How long they take, in words.
    pub duration: Option<String>,
}

impl Forecast {
    /// The forecast of a plan; `None` where it has none, as for an environment file.
    pub fn of(document: &Document) -> Option<Self> {
        let mut findings = document.findings.iter();
        let finding = findings.find(|finding| finding.code == "ENV004")?;
        let duration = || {
            let (_, rest) = finding.message.split_once("about ")?;
            Some(rest.split_once(" at ")?.0.to_owned())
        };
        Some(Self {
            writes: finding.count,
            duration: duration(),
        })
    }
}

impl Timing {
    /// The same in words, a line each.
    pub fn words(&self) -> Vec<String> {
        let mut lines = vec![self.duration_words()];
        if let Some(line) = &self.line {
            lines.push(match line.throttled {
                0 => "throttled: never".to_owned(),
                times => format!(
                    "throttled: {} asked to wait, {} waited",
                    counted(times, "answer"),
                    seconds(line.waited_seconds)
                ),
            });
        }
        if let (Some(forecast), Some(line)) = (&self.forecast, &self.line) {
            let duration = match &forecast.duration {
                Some(duration) => format!(" in about {duration}"),
                None => String::new(),
            };
            lines.push(format!(
                "forecast: {}{duration}; in this run: {} in {}, in {} with questions",
                counted(forecast.writes, "write"),
                thousands(line.writes),
                seconds(self.seconds),
                counted(line.requests, "request")
            ));
        }
        lines
    }

    fn duration_words(&self) -> String {
        let took = format!("took {}", seconds(self.seconds));
        let stages = match self.stages.as_slice() {
            [] | [_] => String::new(),
            several => {
                let stages = several.iter();
                let stages = stages.map(|one| format!("{} {}", one.stage, seconds(one.seconds)));
                format!(" ({})", stages.collect::<Vec<_>>().join(", "))
            }
        };
        let rate = if self.ended > 0 && self.seconds > 0.0 {
            format!(", {} a second", per_second(self.ended, self.seconds))
        } else {
            String::new()
        };
        took + &stages + &rate
    }
}

/// A moment, for programs as RFC 3339 has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment(pub Timestamp);

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

/// When one run of `apply` or `undo` was, as the journal keeps it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RunTime {
    /// When it began.
    pub started: Moment,
    /// When it ended; `None` where it broke off, or is under way.
    pub ended: Option<Moment>,
    /// How long it took, in seconds.
    pub seconds: Option<f64>,
    /// Changes that ended in it.
    pub changes: Option<u64>,
}

impl RunTime {
    /// A run from its begin to its end, with the changes that had ended then.
    pub fn new(started: Timestamp, end: Option<(Timestamp, u64)>) -> Self {
        let length = |(ended, _): (Timestamp, u64)| ended.duration_since(started).as_secs_f64();
        Self {
            started: Moment(started),
            ended: end.map(|(ended, _)| Moment(ended)),
            // A clock that was set back in between says nothing of the time that it took.
            seconds: end.map(length).filter(|seconds| *seconds >= 0.0),
            changes: end.map(|(_, changes)| changes),
        }
    }

    /// The same in words.
    pub fn words(&self) -> String {
        let at = |moment: Moment| moment.0.strftime("%Y-%m-%d %H:%M:%S UTC").to_string();
        let started = at(self.started);
        let (Some(ended), Some(changes)) = (self.ended, self.changes) else {
            return format!("{started}, broken off or still under way");
        };
        let timing = self.seconds.map(|seconds| Timing {
            seconds,
            ended: changes,
            ..Timing::default()
        });
        let took = timing.map(|timing| format!(", {}", timing.duration_words()));
        format!(
            "{started} to {}, {}{}",
            at(ended),
            counted(changes, "change"),
            took.unwrap_or_default()
        )
    }
}

fn per_second(ended: u64, seconds: f64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "a rate is read with few digits")]
    let rate = ended as f64 / seconds;
    if rate < 10.0 {
        return format!("{rate:.1} changes");
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a rate is no larger than the changes"
    )]
    let whole = rate.round() as u64;
    format!("{} changes", thousands(whole))
}

/// So many seconds, by the units that matter.
fn seconds(seconds: f64) -> String {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "no run takes that long"
    )]
    let whole = seconds.round() as u64;
    match (whole / 3_600, whole / 60 % 60, whole % 60) {
        (0, 0, _) if seconds < 10.0 => format!("{seconds:.1} s"),
        (0, 0, rest) => format!("{rest} s"),
        (0, minutes, rest) => format!("{minutes} min {rest} s"),
        (hours, minutes, _) => format!("{hours} h {minutes} min"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[rustfmt::skip] // keeps the columns of the table
    fn times_read_well() {
        //    seconds     ended   words
        check(0.0,        0,      "took 0.0 s");
        check(0.25,       100,    "took 0.2 s, 400 changes a second");
        check(9.96,       5,      "took 10.0 s, 0.5 changes a second");
        check(59.6,       0,      "took 1 min 0 s");
        check(61.0,       122_000, "took 1 min 1 s, 2,000 changes a second");
        check(7_322.0,    0,      "took 2 h 2 min");
    }

    #[track_caller]
    fn check(seconds: f64, ended: u64, expected: &str) {
        let timing = Timing {
            seconds,
            ended,
            ..Timing::default()
        };
        assert_eq!(timing.words(), [expected]);
    }

    #[test]
    #[rustfmt::skip] // keeps the columns of the table
    fn a_run_is_told_by_its_times() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let check = |end: Option<(i64, u64)>, expected: &str| {
            let end = end.map(|(second, changes)| (at(second), changes));
            assert_eq!(RunTime::new(at(0), end).words(), expected);
        };
        check(None,          "1970-01-01 00:00:00 UTC, broken off or still under way");
        check(Some((61, 122_000)), "1970-01-01 00:00:00 UTC to 1970-01-01 00:01:01 UTC, 122,000 changes, \
                                    took 1 min 1 s, 2,000 changes a second");
        check(Some((-5, 1)), "1970-01-01 00:00:00 UTC to 1969-12-31 23:59:55 UTC, 1 change");
    }

    #[test]
    fn the_line_is_told_beside_its_forecast() {
        let timing = Timing {
            seconds: 65.0,
            ended: 1_190,
            stages: ["stub users", "records of account"]
                .map(|stage| StageTime {
                    stage: stage.to_owned(),
                    seconds: 30.0,
                })
                .into(),
            line: Some(Line {
                requests: 70,
                writes: 1_230,
                throttled: 1,
                waited_seconds: 12.0,
            }),
            forecast: Some(Forecast {
                writes: 1_200,
                duration: Some("1 min".to_owned()),
            }),
        };
        let expected = [
            "took 1 min 5 s (stub users 30 s, records of account 30 s), 18 changes a second",
            "throttled: 1 answer asked to wait, 12 s waited",
            "forecast: 1,200 writes in about 1 min; in this run: 1,230 in 1 min 5 s, in 70 requests with questions",
        ];
        assert_eq!(timing.words(), expected);
    }
}
