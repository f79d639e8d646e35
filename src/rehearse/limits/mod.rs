//! The service protection limits of one caller on one server.
//!
//! In: when requests come and when they end, on a clock that is handed in as the time since the
//! server's start. Out: whether a request may be done, and if not, the answer that says so. Nothing
//! here waits or reads a clock. Who the caller is, and which server was meant, is left to the caller,
//! which keeps one [`Limiter`] for each pair of them.
//!
//! Three rules hold: so many requests in a sliding window, so much time that they took together in
//! that window, and so many at once. After one of the first two has spoken, every request is refused
//! until the time that was given in `Retry-After`; each that comes earlier puts that time off. The
//! third speaks at once and is over as soon as a request has ended.

#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::time::Duration;

use http::StatusCode;

use crate::rehearse::exchange::Answer;

/// How much work a caller may ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limits {
    /// As much as the machine can do.
    Off,
    /// As much as the service allows: in 300 s, 6,000 requests that take 1,200 s together; 52 at once.
    Real,
    /// The same rules in small, so that a short rehearsal meets them: in 3 s, 300 requests that take
    /// 6 s together; 8 at once.
    Scaled,
}

/// The figures of the rules.
#[derive(Clone, Copy, Debug)]
struct Rules {
    /// How far back requests and their time count.
    window: Duration,
    /// Requests in a window.
    requests: usize,
    /// The time that requests may take together in a window.
    execution: Duration,
    /// Requests at once.
    concurrent: usize,
    /// The least wait, and by how much a request that comes too early puts the end of the wait off.
    push: Duration,
}

impl Limits {
    /// The figures; `None` where nothing is limited.
    fn rules(self) -> Option<Rules> {
        match self {
            Self::Off => None,
            Self::Real => Some(Rules {
                window: Duration::from_mins(5),
                requests: 6000,
                execution: Duration::from_mins(20),
                concurrent: 52,
                push: Duration::from_secs(1),
            }),
            Self::Scaled => Some(Rules {
                window: Duration::from_secs(3),
                requests: 300,
                execution: Duration::from_secs(6),
                concurrent: 8,
                push: Duration::from_millis(100),
            }),
        }
    }
}

/// A rule that can speak.
#[derive(Clone, Copy, Debug)]
enum Rule {
    /// Too many requests in a window.
    Requests,
    /// Too much time in a window.
    Execution,
    /// Too many requests at once.
    Concurrent,
}

impl Rule {
    /// The code of the error.
    fn code(self) -> &'static str {
        match self {
            Self::Requests => "0x80072322",
            Self::Execution => "0x80072321",
            Self::Concurrent => "0x80072326",
        }
    }

    /// The words of the error, as the service has them.
    fn message(self, rules: &Rules) -> String {
        let window = rules.window.as_secs();
        match self {
            Self::Requests => format!(
                "Number of requests exceeded the limit of {} over time window of {window} seconds.",
                rules.requests
            ),
            Self::Execution => format!(
                "Combined execution time of incoming requests exceeded limit of {} milliseconds \
                 over time window of {window} seconds. Decrease number of concurrent requests or \
                 reduce the duration of requests and try again later.",
                grouped(rules.execution.as_millis())
            ),
            Self::Concurrent => format!(
                "Number of concurrent requests exceeded the limit of {}.",
                rules.concurrent
            ),
        }
    }
}

/// A request that may be done; it is handed back when the request has ended.
#[derive(Debug)]
#[must_use = "a ticket that is not handed back counts as a request that never ends"]
pub(in crate::rehearse) struct Ticket {
    /// When the request came.
    started: Duration,
}

/// A request that must wait.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::rehearse) struct Throttled {
    /// The service's code for the rule that spoke.
    pub(in crate::rehearse) code: &'static str,
    /// Its words.
    pub(in crate::rehearse) message: String,
    /// How long to wait.
    pub(in crate::rehearse) retry_after: Duration,
}

impl Throttled {
    /// What a first excess of requests on the real service looks like, for a server that says so
    /// without a cause.
    pub(in crate::rehearse) fn without_cause(retry_after: Duration) -> Self {
        Self {
            code: Rule::Requests.code(),
            message:
                "Number of requests exceeded the limit of 6000 over time window of 300 seconds."
                    .to_owned(),
            retry_after,
        }
    }

    /// The answer: 429, with whole seconds to wait, rounded up.
    pub(in crate::rehearse) fn answer(&self) -> Answer {
        let seconds = self.retry_after.as_millis().div_ceil(1000).max(1);
        Answer::error(StatusCode::TOO_MANY_REQUESTS, self.code, &self.message)
            .with("retry-after", &seconds.to_string())
    }
}

/// What one caller did on one server lately.
#[derive(Debug)]
pub(in crate::rehearse) struct Limiter {
    /// The recommended number of requests at once.
    hint: usize,
    /// The figures; `None` where nothing is limited.
    rules: Option<Rules>,
    /// When the requests of the window came, oldest first.
    started: VecDeque<Duration>,
    /// When requests ended in the window and how long each took, oldest first.
    ended: VecDeque<(Duration, Duration)>,
    /// The sum of what they took.
    spent: Duration,
    /// How many requests are being done.
    running: usize,
    /// Which rule refuses everything for now, and until when.
    closed: Option<(Rule, Duration)>,
}

impl Limiter {
    /// A caller that has done nothing yet.
    pub(in crate::rehearse) fn new(limits: Limits) -> Self {
        let hint = match limits {
            // What small environments were seen to recommend.
            Limits::Off | Limits::Real => 5,
            // Half of what is allowed at once.
            Limits::Scaled => 4,
        };
        Self {
            hint,
            rules: limits.rules(),
            started: VecDeque::new(),
            ended: VecDeque::new(),
            spent: Duration::ZERO,
            running: 0,
            closed: None,
        }
    }

    /// How many requests at once are recommended; it stands in `x-ms-dop-hint`.
    pub(in crate::rehearse) fn dop_hint(&self) -> usize {
        self.hint
    }

    /// Asks whether a request that comes now may be done.
    pub(in crate::rehearse) fn admit(&mut self, now: Duration) -> Result<Ticket, Throttled> {
        let Some(rules) = self.rules else {
            return Ok(Ticket { started: now });
        };
        self.forget(now, &rules);
        if let Some((rule, until)) = self.closed.filter(|(_, until)| now < *until) {
            // Never past a whole window from now, in which all that counts has been forgotten.
            let until = until.max((until + rules.push).min(now + rules.window));
            return Err(self.close(rule, until, now, &rules));
        }
        self.closed = None;
        if self.started.len() >= rules.requests {
            let until = self.started.front().map_or(now, |at| *at + rules.window);
            return Err(self.close(Rule::Requests, until, now, &rules));
        }
        if self.spent >= rules.execution {
            let until = self.room_for_time_at(now, &rules);
            return Err(self.close(Rule::Execution, until, now, &rules));
        }
        if self.running >= rules.concurrent {
            return Err(Throttled {
                code: Rule::Concurrent.code(),
                message: Rule::Concurrent.message(&rules),
                retry_after: rules.push,
            });
        }
        self.started.push_back(now);
        self.running += 1;
        Ok(Ticket { started: now })
    }

    /// Notes that a request has ended.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "a ticket is handed back once, so that no request ends twice"
    )]
    pub(in crate::rehearse) fn done(&mut self, ticket: Ticket, now: Duration) {
        if self.rules.is_some() {
            let took = now.saturating_sub(ticket.started);
            self.running = self.running.saturating_sub(1);
            self.ended.push_back((now, took));
            self.spent += took;
        }
    }

    /// The answer with the headers that tell how much is left and how many requests at once are
    /// recommended. Every answer of the API carries them, also one that says 429.
    pub(in crate::rehearse) fn marked(&mut self, answer: Answer, now: Duration) -> Answer {
        let answer = answer.with("x-ms-dop-hint", &self.dop_hint().to_string());
        let Some(rules) = self.rules else {
            return answer;
        };
        self.forget(now, &rules);
        let requests = rules.requests.saturating_sub(self.started.len());
        let time = rules.execution.saturating_sub(self.spent);
        let seconds = grouped(u128::from(time.as_secs()));
        let time = format!("{seconds}.{:02}", time.subsec_millis() / 10);
        answer
            .with(
                "x-ms-ratelimit-burst-remaining-xrm-requests",
                &requests.to_string(),
            )
            .with("x-ms-ratelimit-time-remaining-xrm-requests", &time)
    }

    /// Refuses everything until a time.
    fn close(&mut self, rule: Rule, until: Duration, now: Duration, rules: &Rules) -> Throttled {
        let until = until.max(now + rules.push);
        self.closed = Some((rule, until));
        Throttled {
            code: rule.code(),
            message: rule.message(rules),
            retry_after: until.saturating_sub(now),
        }
    }

    /// Forgets what lies further back than the window.
    fn forget(&mut self, now: Duration, rules: &Rules) {
        let is_past = |at: &Duration| *at + rules.window <= now;
        while self.started.front().is_some_and(is_past) {
            self.started.pop_front();
        }
        while let Some((_, took)) = self.ended.pop_front_if(|(at, _)| is_past(at)) {
            self.spent = self.spent.saturating_sub(took);
        }
    }

    /// When so much will have been forgotten that time is left again.
    fn room_for_time_at(&self, now: Duration, rules: &Rules) -> Duration {
        let mut spent = self.spent;
        for (at, took) in &self.ended {
            spent = spent.saturating_sub(*took);
            if spent < rules.execution {
                return *at + rules.window;
            }
        }
        now
    }
}

/// A number with a comma between its thousands.
fn grouped(number: u128) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
