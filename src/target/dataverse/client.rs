//! Requests to a live environment, with patience.
//!
//! In: a request. Out: its answer, after as many tries as it takes within a bound: what is throttled or out of order
//! for a moment is asked again when the service says so, a token that has ended is asked for anew. No cookies are
//! kept, so that requests spread over the service's servers. What answers mean is for others.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use reqwest::{Method, StatusCode, Url};
use serde_json::Value;
use tokio::time::Instant;

use crate::model::Trace;
use crate::target::Traffic;
use crate::target::dataverse::DataverseError;
use crate::target::dataverse::lanes::Lanes;
use crate::target::dataverse::meter::Meter;
use crate::target::dataverse::sign_in::{Tokens, without_secrets};
use crate::target::dataverse::told::told;

/// How often a request is sent at most.
const TRIES_MAX: u32 = 12;

/// The first pause where the service names none; each further one is twice as long.
const PAUSE: Duration = Duration::from_millis(250);

/// The longest pause where the service names none.
const PAUSE_MAX: Duration = Duration::from_secs(30);

/// The longest pause that is believed where the service names one.
const NAMED_MAX: Duration = Duration::from_mins(10);

/// How long a connection may take.
const CONNECT_MAX: Duration = Duration::from_secs(20);

/// How long an answer may take; the service itself gives up after two minutes.
const ANSWER_MAX: Duration = Duration::from_secs(150);

/// One environment's Web API.
#[derive(Debug)]
pub(super) struct Client {
    http: reqwest::Client,
    root: Url,
    host: String,
    tokens: Tokens,
    lanes: Lanes,
    /// Before then nothing is sent: the service asked one request to wait, and would ask the others too.
    quiet_until: Mutex<Option<Instant>>,
    /// Requests so far: spreads the pauses of those that wait at the same time.
    sent: AtomicU64,
    pub(super) meter: Meter,
    trace: Trace,
}

/// A request.
#[derive(Clone, Debug)]
pub(super) struct Ask {
    /// The verb.
    pub(super) method: Method,
    /// The address.
    pub(super) url: Url,
    /// Headers beside those that all have.
    pub(super) headers: HeaderMap,
    /// The body, where there is one.
    pub(super) body: Option<Vec<u8>>,
    /// What it is about, for errors.
    pub(super) what: String,
}

/// An answer that came whole.
#[derive(Clone, Debug)]
pub(super) struct Reply {
    /// The status.
    pub(super) status: StatusCode,
    /// Headers.
    pub(super) headers: HeaderMap,
    /// The body.
    pub(super) body: Vec<u8>,
}

/// A request that may have been done, and has no answer.
#[derive(Debug)]
pub(super) struct Lost {
    /// What was met.
    pub(super) why: String,
    /// How long the service asks to wait.
    pub(super) named: Option<Duration>,
}

/// What one try came to.
enum Tried {
    Came(Reply),
    /// Worth another try.
    Again {
        why: String,
        /// How long the service asks to wait.
        named: Option<Duration>,
        /// Whether the request may have been done all the same.
        may_be_done: bool,
    },
}

impl Ask {
    /// A question.
    pub(super) fn get(url: Url, what: impl Into<String>) -> Self {
        Self {
            method: Method::GET,
            url,
            headers: HeaderMap::new(),
            body: None,
            what: what.into(),
        }
    }

    /// A write with a body in JSON.
    pub(super) fn json(method: Method, url: Url, what: impl Into<String>, body: &Value) -> Self {
        Self {
            method,
            body: Some(body.to_string().into_bytes()),
            ..Self::get(url, what)
        }
    }

    /// The same with one header more.
    pub(super) fn with(mut self, name: &'static str, value: &'static str) -> Self {
        self.headers.insert(
            HeaderName::from_static(name),
            HeaderValue::from_static(value),
        );
        self
    }
}

impl Client {
    /// A client of the environment at this address.
    pub(super) fn new(url: &Url, tokens: Tokens) -> Result<Self, DataverseError> {
        let host = crate::target::dataverse::host(url)?;
        let unreachable = |error: reqwest::Error| DataverseError::Unreachable {
            host: host.clone(),
            why: causes(&error),
        };
        let http = reqwest::Client::builder()
            .connect_timeout(CONNECT_MAX)
            .timeout(ANSWER_MAX)
            .retry(reqwest::retry::never())
            .user_agent(concat!("cutover/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(unreachable)?;
        let root = url.join("/api/data/v9.2/");
        let root = root.map_err(|_| DataverseError::Url {
            url: url.to_string(),
        })?;
        Ok(Self {
            http,
            root,
            host,
            tokens,
            lanes: Lanes::new(),
            quiet_until: Mutex::new(None),
            sent: AtomicU64::new(0),
            meter: Meter::default(),
            trace: Trace::default(),
        })
    }

    /// Tells of each request from now on.
    pub(super) fn told_to(&mut self, trace: Trace) {
        self.trace = trace;
    }

    /// Whom it talks to.
    pub(super) fn host(&self) -> &str {
        &self.host
    }

    /// What went over the line so far.
    pub(super) fn traffic(&self) -> Traffic {
        self.meter.traffic(self.sent.load(Ordering::Relaxed))
    }

    /// The root of the API, with a slash at its end.
    pub(super) fn root(&self) -> &Url {
        &self.root
    }

    /// How many requests are under way at most, at this moment.
    pub(super) fn lanes(&self) -> usize {
        self.lanes.allowed()
    }

    /// The address of what a path and query name.
    pub(super) fn at(&self, path: &str) -> Result<Url, DataverseError> {
        self.root.join(path).map_err(|_| DataverseError::Url {
            url: format!("{}{path}", self.root),
        })
    }

    /// The JSON that a question is answered with.
    pub(super) async fn json(&self, ask: &Ask) -> Result<Value, DataverseError> {
        let reply = self.send(ask).await?;
        if !reply.status.is_success() {
            return Err(self.refused(ask, &reply));
        }
        serde_json::from_slice(&reply.body).map_err(|error| DataverseError::Malformed {
            host: self.host.clone(),
            what: ask.what.clone(),
            found: error.to_string(),
        })
    }

    /// Sends a request until an answer comes that another try would not change.
    pub(super) async fn send(&self, ask: &Ask) -> Result<Reply, DataverseError> {
        let sent = self.send_until(ask, |_| false).await?;
        sent.map_err(|lost| self.unreachable(&lost.why))
    }

    /// The same for one that is to be looked into before it is sent again, where it may have been done.
    pub(super) async fn send_unless_lost(
        &self,
        ask: &Ask,
    ) -> Result<Result<Reply, Lost>, DataverseError> {
        self.send_until(ask, |may_be_done| may_be_done).await
    }

    async fn send_until(
        &self,
        ask: &Ask,
        is_lost: impl Fn(bool) -> bool,
    ) -> Result<Result<Reply, Lost>, DataverseError> {
        let mut tries = 1;
        let mut is_renewed = false;
        loop {
            let (why, named) = match self.try_once(ask).await? {
                Tried::Came(reply) if reply.status != StatusCode::UNAUTHORIZED => {
                    return Ok(Ok(reply));
                }
                // A token may end early; a second refusal is meant.
                Tried::Came(reply) if is_renewed => {
                    return Err(DataverseError::Unauthorised {
                        host: self.host.clone(),
                        why: words(&reply.body),
                    });
                }
                Tried::Came(_) => {
                    is_renewed = true;
                    continue;
                }
                Tried::Again {
                    why,
                    named,
                    may_be_done,
                } if is_lost(may_be_done) => return Ok(Err(Lost { why, named })),
                Tried::Again { why, named, .. } => (why, named),
            };
            is_renewed = false;
            if tries == TRIES_MAX {
                return Err(self.unreachable(&why));
            }
            self.wait(tries, named).await;
            tries += 1;
        }
    }

    /// Waits before the next try; where the service names a pause, it holds for all.
    pub(super) async fn wait(&self, tries: u32, named: Option<Duration>) {
        let pause = self.pause(tries, named);
        if named.is_some() {
            let now = Instant::now();
            let until = now + pause;
            let mut quiet = self
                .quiet_until
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            let already = quiet.map_or(now, |quiet| quiet.max(now));
            self.meter.waits(until.saturating_duration_since(already));
            *quiet = (*quiet).max(Some(until));
        }
        tokio::time::sleep(pause).await;
    }

    /// Waits while the service wants to hear nothing.
    async fn quiet(&self) {
        loop {
            let until = *self
                .quiet_until
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            match until {
                Some(until) if until > Instant::now() => tokio::time::sleep_until(until).await,
                _ => return,
            }
        }
    }

    /// Sends a request that must not be done twice. `None`: no answer came, or one that does not say whether it was
    /// done; who asks looks before asking again.
    pub(super) async fn send_once(&self, ask: &Ask) -> Result<Option<Reply>, DataverseError> {
        let mut is_renewed = false;
        loop {
            match self.try_once(ask).await? {
                Tried::Came(reply) if reply.status != StatusCode::UNAUTHORIZED => {
                    return Ok(Some(reply));
                }
                Tried::Came(reply) if is_renewed => {
                    return Err(DataverseError::Unauthorised {
                        host: self.host.clone(),
                        why: words(&reply.body),
                    });
                }
                // Who is not let in has done nothing.
                Tried::Came(_) => is_renewed = true,
                Tried::Again { named, .. } => {
                    self.wait(1, named).await;
                    return Ok(None);
                }
            }
        }
    }

    async fn try_once(&self, ask: &Ask) -> Result<Tried, DataverseError> {
        let _lane = self.lanes.take().await;
        self.quiet().await;
        self.sent.fetch_add(1, Ordering::Relaxed);
        let token = self.tokens.token().await?;
        let mut request = self
            .http
            .request(ask.method.clone(), ask.url.clone())
            .bearer_auth(token.secret())
            .header(ACCEPT, "application/json")
            .header("odata-version", "4.0")
            .header("odata-maxversion", "4.0")
            .headers(ask.headers.clone());
        if let Some(body) = &ask.body {
            if !ask.headers.contains_key(CONTENT_TYPE) {
                request = request.header(CONTENT_TYPE, "application/json");
            }
            request = request.body(body.clone());
        }
        let sent = request.send().await;
        self.trace.note(|| {
            let status = sent.as_ref().map(reqwest::Response::status);
            told(ask, status.ok())
        });
        let response = match sent {
            Ok(response) => response,
            // Who was never reached has done nothing.
            Err(error) => return Ok(again(causes(&error), None, !error.is_connect())),
        };
        let (status, headers) = (response.status(), response.headers().clone());
        if status == StatusCode::UNAUTHORIZED {
            self.tokens.forget(&token).await;
        }
        self.lanes.advised(&headers);
        let body = match response.bytes().await {
            Ok(body) => body.to_vec(),
            // An answer that breaks off is none.
            Err(error) => return Ok(again(causes(&error), None, true)),
        };
        if is_transient(status, &body) {
            let why = format!("{status}: {}", words(&body));
            let is_throttled = status == StatusCode::TOO_MANY_REQUESTS;
            if is_throttled {
                self.meter.is_throttled();
            }
            return Ok(again(why, named_pause(&headers), !is_throttled));
        }
        Ok(Tried::Came(Reply {
            status,
            headers,
            body,
        }))
    }

    /// How long to wait before the next try. What waits at the same time does not come back at the same time.
    fn pause(&self, tries: u32, named: Option<Duration>) -> Duration {
        let spread = self
            .sent
            .load(Ordering::Relaxed)
            .wrapping_mul(0x9e37_79b9_7f4a_7c15)
            >> 54;
        let spread = u32::try_from(spread).unwrap_or_default();
        if let Some(named) = named {
            return named.min(NAMED_MAX) + PAUSE * spread / 1024;
        }
        let pause = PAUSE.saturating_mul(1 << tries.min(10)).min(PAUSE_MAX);
        pause / 2 + pause / 2 * spread / 1024
    }

    /// The error of one who does not come round.
    pub(super) fn unreachable(&self, why: &str) -> DataverseError {
        DataverseError::Unreachable {
            host: self.host.clone(),
            why: why.to_owned(),
        }
    }

    /// The error of a question that was refused.
    pub(super) fn refused(&self, ask: &Ask, reply: &Reply) -> DataverseError {
        DataverseError::Refused {
            host: self.host.clone(),
            what: ask.what.clone(),
            why: format!("{}: {}", reply.status, words(&reply.body)),
        }
    }
}

fn again(why: String, named: Option<Duration>, may_be_done: bool) -> Tried {
    Tried::Again {
        why,
        named,
        may_be_done,
    }
}

/// Whether an answer is of the moment (platform facts 5.9): another try may be answered otherwise.
pub(super) fn is_transient(status: StatusCode, body: &[u8]) -> bool {
    matches!(status.as_u16(), 429 | 502..=504)
        // An error without a code of its own is the service's, not the request's.
        || status == StatusCode::INTERNAL_SERVER_ERROR && code(body).is_none_or(|code| {
            matches!(code.as_str(), "0x80040216" | "0x80044150" | "0x80044151" | "0x0")
        })
}

fn named_pause(headers: &HeaderMap) -> Option<Duration> {
    pause_of(headers.get(RETRY_AFTER)?.to_str().ok()?)
}

/// The pause that the service names: seconds, or a moment.
pub(super) fn pause_of(text: &str) -> Option<Duration> {
    let text = text.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let moment = jiff::fmt::rfc2822::parse(text).ok()?.timestamp();
    let now = jiff::Timestamp::try_from(std::time::SystemTime::now()).ok()?;
    Duration::try_from(moment.duration_since(now)).ok()
}

/// The code of an error, in small letters.
pub(super) fn code(body: &[u8]) -> Option<String> {
    let body: Value = serde_json::from_slice(body).ok()?;
    let code = body.get("error")?.get("code")?.as_str()?;
    Some(code.to_ascii_lowercase()).filter(|code| !code.is_empty())
}

/// What an error says, without its code.
pub(super) fn message(body: &[u8]) -> String {
    let said = words(body);
    match code(body) {
        Some(code) => match said.get(..code.len()) {
            Some(start) if start.eq_ignore_ascii_case(&code) => {
                said[code.len()..].trim_start_matches(": ").to_owned()
            }
            _ => said,
        },
        None => said,
    }
}

/// What an answer says is wrong, in one line, in any of the shapes that the service uses.
pub(super) fn words(body: &[u8]) -> String {
    const LONGEST: usize = 400;
    let json: Option<Value> = serde_json::from_slice(body).ok();
    let text = |value: &Value, name: &str| value.get(name)?.as_str().map(ToOwned::to_owned);
    let said = json.as_ref().and_then(|body| {
        let error = body.get("error").unwrap_or(body);
        let message = text(error, "message").or_else(|| text(error, "Message"))?;
        Some(match text(error, "code") {
            Some(code) if !code.is_empty() => format!("{code}: {message}"),
            _ => message,
        })
    });
    let said = said.unwrap_or_else(|| String::from_utf8_lossy(body).into_owned());
    // Somebody on the way may say back what was sent.
    let line = without_secrets(&said, None);
    line.chars().take(LONGEST).collect()
}

/// An error of the line with its causes; addresses stay out, they may hold what was searched for.
fn causes(error: &reqwest::Error) -> String {
    let mut words = vec![if error.is_timeout() {
        "no answer in time".to_owned()
    } else if error.is_connect() {
        "no connection".to_owned()
    } else {
        "the connection broke off".to_owned()
    }];
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        words.push(inner.to_string());
        cause = inner.source();
    }
    words.dedup();
    words.join(": ")
}
