//! Which fault the next request meets, so that a rehearsal shows what a client does about faults.
//!
//! In: how many requests of a thousand shall meet one, and a seed. Out: for each request in turn a
//! fault or none, and the answers of those faults that are answers. The same seed gives the same
//! faults in the same order, on machines of the same word size. Cutting a connection, and doing or
//! not doing the request, are left to the server.

use std::str::FromStr;
use std::time::Duration;

use http::StatusCode;
use rand::Rng;
use rand::SeedableRng;
use rand::rngs::SmallRng;
use rand::seq::SliceRandom;
use thiserror::Error;

use crate::rehearse::exchange::Answer;
use crate::rehearse::limits::Throttled;

/// How long an answer asks the client to wait, where it asks for that.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// A thousand: every request meets a fault.
const ALL: u16 = 1000;

/// How many requests meet a fault, in parts of a thousand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share(u16);

/// A text that is no share.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error(
    "`{found}` is not a share of requests; expected `0` or a percentage from `0%` to `100%` with at \
     most one decimal, such as `2%` or `0.5%`"
)]
pub struct NoShare {
    /// The text.
    found: String,
}

impl FromStr for Share {
    type Err = NoShare;

    fn from_str(text: &str) -> Result<Self, NoShare> {
        let thousandths = if text.trim() == "0" {
            Some(0)
        } else {
            text.trim().strip_suffix('%').and_then(thousandths)
        };
        match thousandths {
            Some(thousandths) if thousandths <= ALL => Ok(Self(thousandths)),
            _ => Err(NoShare {
                found: text.to_owned(),
            }),
        }
    }
}

/// The thousandths in a percentage such as `2` or `0.5`.
fn thousandths(percentage: &str) -> Option<u16> {
    let (whole, tenths) = percentage.split_once('.').unwrap_or((percentage, "0"));
    let are_digits =
        |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !are_digits(whole) || !are_digits(tenths) || tenths.len() > 1 {
        return None;
    }
    let whole: u16 = whole.parse().ok()?;
    whole.checked_mul(10)?.checked_add(tenths.parse().ok()?)
}

/// What goes wrong with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::rehearse) enum Fault {
    /// Nothing is done; 429, as if a limit had been met.
    Throttled,
    /// Nothing is done; 503.
    Unavailable {
        /// Whether the answer says when to come back.
        says_when: bool,
    },
    /// Nothing is done; 502, from a gateway and not in JSON.
    BadGateway,
    /// Nothing is done; 504, from a gateway and not in JSON.
    GatewayTimeout,
    /// Nothing is done; 500.
    InternalError,
    /// Nothing is done; 401, for a token that held a moment ago.
    ExpiredToken,
    /// Nothing is done; the connection is cut.
    ResetBefore,
    /// The request is done; the connection is cut before its answer.
    ResetAfter,
    /// The request is done; the connection is cut in the middle of the answer's body.
    HalfABody,
}

/// Every kind of fault, each as often as the others.
const KINDS: [Fault; 10] = [
    Fault::Throttled,
    Fault::Unavailable { says_when: true },
    Fault::Unavailable { says_when: false },
    Fault::BadGateway,
    Fault::GatewayTimeout,
    Fault::InternalError,
    Fault::ExpiredToken,
    Fault::ResetBefore,
    Fault::ResetAfter,
    Fault::HalfABody,
];

impl Fault {
    /// The answer that stands for the fault; `None` where the fault is a connection that is cut.
    pub(in crate::rehearse) fn answer(self) -> Option<Answer> {
        match self {
            Self::Throttled => Some(Throttled::without_cause(RETRY_AFTER).answer()),
            Self::Unavailable { says_when: true } => Some(
                // The service has codes such as this one where it knows no better.
                Answer::error(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "0x0",
                    "The service is unavailable.",
                )
                .with("retry-after", &RETRY_AFTER.as_secs().to_string()),
            ),
            Self::Unavailable { says_when: false } => Some(page(StatusCode::SERVICE_UNAVAILABLE)),
            Self::BadGateway => Some(page(StatusCode::BAD_GATEWAY)),
            Self::GatewayTimeout => Some(page(StatusCode::GATEWAY_TIMEOUT)),
            Self::InternalError => Some(Answer::error(
                StatusCode::INTERNAL_SERVER_ERROR,
                "0x80040216",
                "An unexpected error occurred.",
            )),
            Self::ExpiredToken => Some(
                Answer::error(
                    StatusCode::UNAUTHORIZED,
                    "0x8005F101",
                    "The requested resource requires authentication.",
                )
                .with("www-authenticate", "Bearer"),
            ),
            Self::ResetBefore | Self::ResetAfter | Self::HalfABody => None,
        }
    }
}

/// An answer of a gateway in front of the service, which knows nothing of JSON.
fn page(status: StatusCode) -> Answer {
    let mut answer = Answer::empty(status).with("content-type", "text/html");
    answer.body = format!("<html><body><h1>{status}</h1></body></html>").into_bytes();
    answer
}

/// The plan of faults.
#[derive(Debug)]
pub(in crate::rehearse) struct Faults {
    /// How many requests meet one.
    share: Share,
    /// Where chance comes from.
    random: SmallRng,
    /// The kinds that are still to come in this round; each round has every kind once.
    round: Vec<Fault>,
}

impl Faults {
    /// A plan from its start.
    pub(in crate::rehearse) fn new(share: Share, seed: u64) -> Self {
        Self {
            share,
            random: SmallRng::seed_from_u64(seed),
            round: Vec::new(),
        }
    }

    /// The fault that the next request meets, if any.
    pub(in crate::rehearse) fn next(&mut self) -> Option<Fault> {
        if self.random.random_range(0..ALL) >= self.share.0 {
            return None;
        }
        if self.round.is_empty() {
            self.round.extend(KINDS);
            self.round.shuffle(&mut self.random);
        }
        self.round.pop()
    }
}

#[cfg(test)]
mod tests {
    use crate::rehearse::faults::Fault;
    use crate::rehearse::faults::Faults;
    use crate::rehearse::faults::KINDS;
    use crate::rehearse::faults::Share;

    #[test]
    #[rustfmt::skip] // keeps the columns of the table
    fn shares() {
        //    text        faults among 100,000 requests, from and to
        check("0",        Some((0, 0)));
        check("0%",       Some((0, 0)));
        check("0.0%",     Some((0, 0)));
        check("0.1%",     Some((70, 130)));
        check("0.5%",     Some((430, 570)));
        check("2%",       Some((1850, 2150)));
        check("12.5%",    Some((12_200, 12_800)));
        check(" 2% ",     Some((1850, 2150)));
        check("100%",     Some((100_000, 100_000)));
        check("100.1%",   None);
        check("6553.6%",  None);
        check("99999999%", None);
        check("0.05%",    None);
        check("2",        None);
        check("0.02",     None);
        check("%",        None);
        check(".5%",      None);
        check("2.%",      None);
        check("-1%",      None);
        check("+1%",      None);
        check("2 %",      None);
        check("",         None);
    }

    /// The only place in this file that makes a plan: the same seed twice, and another one.
    #[track_caller]
    fn check(text: &str, expected: Option<(usize, usize)>) {
        let share = text.parse::<Share>();
        let Some((from, to)) = expected else {
            let error = share.unwrap_err().to_string();
            assert!(error.contains(&format!("`{text}`")), "{error}");
            return;
        };
        let met = |seed| {
            let mut faults = Faults::new(share.clone().unwrap(), seed);
            let turns = (0..100_000).map(|_| faults.next());
            turns.collect::<Vec<Option<Fault>>>()
        };
        let first = met(1);
        assert_eq!(first, met(1), "{text}: the same seed");
        let count = first.iter().flatten().count();
        assert!((from..=to).contains(&count), "{text}: {count} faults");
        assert!(count == 0 || first != met(2), "{text}: another seed");
        for kind in KINDS {
            let of_kind = first
                .iter()
                .flatten()
                .filter(|fault| **fault == kind)
                .count();
            let even = count / KINDS.len();
            assert!(
                (even..=even + 1).contains(&of_kind),
                "{text}: {kind:?} {of_kind} times"
            );
        }
    }

    #[test]
    #[rustfmt::skip] // keeps the columns of the table
    fn answers() {
        let expected: [(&str, Option<&str>, Option<&str>, &str); 10] = [
            // status  Retry-After  WWW-Authenticate  in the body
            ("429",    Some("1"),   None,             "\"0x80072322\""),
            ("503",    Some("1"),   None,             "\"0x0\""),
            ("503",    None,        None,             "<html>"),
            ("502",    None,        None,             "<html>"),
            ("504",    None,        None,             "<html>"),
            ("500",    None,        None,             "\"0x80040216\""),
            ("401",    None,        Some("Bearer"),   "\"0x8005F101\""),
            ("cut",    None,        None,             ""),
            ("cut",    None,        None,             ""),
            ("cut",    None,        None,             ""),
        ];
        for (kind, (status, retry_after, authenticate, body)) in KINDS.into_iter().zip(expected) {
            let Some(answer) = kind.answer() else {
                assert_eq!(status, "cut", "{kind:?}");
                continue;
            };
            let header = |name| answer.headers.get(name).map(|value| value.to_str().unwrap());
            assert_eq!(answer.status.as_str(), status, "{kind:?}");
            assert_eq!(header("retry-after"), retry_after, "{kind:?}");
            assert_eq!(header("www-authenticate"), authenticate, "{kind:?}");
            assert!(String::from_utf8_lossy(&answer.body).contains(body), "{kind:?}");
        }
    }
}
