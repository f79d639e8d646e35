//! Tests of the limits: tables of what a caller does, and the last answer it gets.

use std::time::Duration;

use http::StatusCode;
use proptest::collection::vec;
use proptest::proptest;

use crate::rehearse::exchange::Answer;
use crate::rehearse::limits::Limiter;
use crate::rehearse::limits::Limits;
use crate::rehearse::limits::Throttled;

/// What a caller does.
#[derive(Clone, Copy)]
enum Act {
    /// Asks so many times and keeps the tickets.
    Ask(usize),
    /// Hands so many of the kept tickets back.
    End(usize),
    /// Asks so many times and hands each ticket back at once.
    Quick(usize),
    /// Lets milliseconds pass.
    Wait(u64),
}
use Act::{Ask, End, Quick, Wait};

#[test]
#[rustfmt::skip] // keeps the columns of the table
fn limits() {
    use Limits::{Off, Real, Scaled};
    //    case                             limits  acts                                                   the last answer
    check("nothing is limited",            Off,    &[Ask(9000)],                                          "200 dop 5");
    check("first of many",                 Real,   &[Ask(1)],                                             "200 dop 5 left 5999 1,200.00");
    check("as many at once as allowed",    Real,   &[Ask(52)],                                            "200 dop 5 left 5948 1,200.00");
    check("one too many at once",          Real,   &[Ask(53)],                                            "429 0x80072326 wait 1 dop 5 left 5948 1,200.00");
    check("one ended, one comes",          Real,   &[Ask(53), End(1), Ask(1)],                            "200 dop 5 left 5947 1,200.00");
    check("as many as allowed",            Real,   &[Quick(6000)],                                        "200 dop 5 left 0 1,200.00");
    check("one too many",                  Real,   &[Quick(6001)],                                        "429 0x80072322 wait 300 dop 5 left 0 1,200.00");
    check("wait until the first is past",  Real,   &[Quick(3000), Wait(10_000), Quick(3001)],             "429 0x80072322 wait 290 dop 5 left 0 1,200.00");
    check("the window slides",             Real,   &[Quick(3000), Wait(300_000), Quick(6000)],            "200 dop 5 left 0 1,200.00");
    check("back too early",                Real,   &[Quick(6001), Wait(299_000), Quick(1)],               "429 0x80072322 wait 2 dop 5 left 0 1,200.00");
    check("too early although there is room", Real, &[Quick(6001), Wait(299_500), Quick(1), Wait(1000), Quick(1)], "429 0x80072322 wait 2 dop 5 left 6000 1,200.00");
    check("back in time",                  Real,   &[Quick(6001), Wait(300_000), Quick(1)],               "200 dop 5 left 5999 1,200.00");
    check("pushing costs a second each",   Real,   &[Quick(6001), Wait(100_000), Quick(10)],              "429 0x80072322 wait 210 dop 5 left 0 1,200.00");
    check("but never more than a window",  Real,   &[Quick(6001), Wait(100_000), Quick(500)],             "429 0x80072322 wait 300 dop 5 left 0 1,200.00");
    check("long, but allowed",             Real,   &[Ask(39), Wait(30_000), End(39), Ask(1)],             "200 dop 5 left 5960 30.00");
    check("too long together",             Real,   &[Ask(40), Wait(30_000), End(40), Ask(1)],             "429 0x80072321 wait 300 dop 5 left 5960 0.00");
    check("wait until there is time",      Real,   &[Ask(40), Wait(30_000), End(20), Wait(10_000), End(20), Ask(1)], "429 0x80072321 wait 290 dop 5 left 5960 0.00");
    check("time comes back",               Real,   &[Ask(40), Wait(30_000), End(40), Wait(300_000), Ask(1)], "200 dop 5 left 5999 1,200.00");
    check("part of a second is left",      Real,   &[Ask(1), Wait(170), End(1), Ask(1)],                  "200 dop 5 left 5998 1,199.83");
    check("too many at once, in small",    Scaled, &[Ask(9)],                                             "429 0x80072326 wait 1 dop 4 left 292 6.00");
    check("one too many, in small",        Scaled, &[Quick(301)],                                         "429 0x80072322 wait 3 dop 4 left 0 6.00");
    check("back in time, in small",        Scaled, &[Quick(301), Wait(3000), Quick(1)],                   "200 dop 4 left 299 6.00");
    check("too long together, in small",   Scaled, &[Ask(6), Wait(1000), End(6), Wait(500), Ask(1)],      "429 0x80072321 wait 3 dop 4 left 294 0.00");
}

/// The only place in this file that calls the code under test, but for the words below.
#[track_caller]
fn check(case: &str, limits: Limits, acts: &[Act], expected: &str) {
    assert_eq!(shown(&last(limits, acts)), expected, "case: {case}");
}

/// Plays the acts and gives the last answer.
fn last(limits: Limits, acts: &[Act]) -> Answer {
    let mut limiter = Limiter::new(limits);
    let mut now = Duration::from_secs(7);
    let mut tickets = Vec::new();
    let mut last = Answer::empty(StatusCode::OK);
    for act in acts {
        let (asks, ends) = match *act {
            Ask(count) => (count, 0),
            End(count) => (0, count),
            Quick(count) => (count, count),
            Wait(milliseconds) => {
                now += Duration::from_millis(milliseconds);
                (0, 0)
            }
        };
        for ask in 0..asks.max(ends) {
            if ask < asks {
                let admitted = limiter.admit(now);
                last = admitted
                    .as_ref()
                    .map_or_else(Throttled::answer, |_| Answer::empty(StatusCode::OK));
                tickets.extend(admitted);
            }
            if ask < ends
                && let Some(ticket) = tickets.pop()
            {
                limiter.done(ticket, now);
            }
        }
    }
    limiter.marked(last, now)
}

/// The facts of an answer on one line.
fn shown(answer: &Answer) -> String {
    let mut text = answer.status.as_str().to_owned();
    if !answer.body.is_empty() {
        let body: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
        text += " ";
        text += body["error"]["code"].as_str().unwrap();
    }
    for (label, name) in [
        (" wait ", "retry-after"),
        (" dop ", "x-ms-dop-hint"),
        (" left ", "x-ms-ratelimit-burst-remaining-xrm-requests"),
        (" ", "x-ms-ratelimit-time-remaining-xrm-requests"),
    ] {
        if let Some(value) = answer.headers.get(name) {
            text += label;
            text += value.to_str().unwrap();
        }
    }
    text
}

#[test]
#[rustfmt::skip] // keeps the columns of the table
fn words() {
    for (acts, expected) in [
        (&[Quick(6001)][..], "Number of requests exceeded the limit of 6000 over time window of 300 seconds."),
        (&[Ask(53)], "Number of concurrent requests exceeded the limit of 52."),
        (&[Ask(40), Wait(30_000), End(40), Ask(1)], "Combined execution time of incoming requests exceeded limit of 1,200,000 milliseconds over time window of 300 seconds. Decrease number of concurrent requests or reduce the duration of requests and try again later."),
    ] {
        let body: serde_json::Value = serde_json::from_slice(&last(Limits::Real, acts).body).unwrap();
        assert_eq!(body["error"]["message"], expected);
    }
}

proptest! {
    /// Whatever a caller does, it is never told to wait longer than a window, and a window of
    /// silence is always enough.
    #[test]
    fn a_window_of_silence_is_enough(steps in vec((0_u8..4, 0_u16..400), 1..60)) {
        let mut acts: Vec<Act> = steps.iter().map(|(kind, amount)| match kind {
            0 => Ask(usize::from(*amount) % 12),
            1 => End(usize::from(*amount) % 12),
            2 => Quick(usize::from(*amount)),
            _ => Wait(u64::from(*amount) * 5),
        }).collect();
        acts.extend([End(1000), Quick(1)]);
        if let Some(wait) = last(Limits::Scaled, &acts).headers.get("retry-after") {
            assert!(["1", "2", "3"].contains(&wait.to_str().unwrap()), "{wait:?}");
        }
        acts.extend([Wait(3000), Quick(1)]);
        assert_eq!(last(Limits::Scaled, &acts).status, StatusCode::OK);
    }
}
