//! Requests to a live environment, with patience.
//!
//! In: a request. Out: its answer, after as many tries as it takes within a bound: what is throttled or out of order
//! for a moment is asked again when the service says so, a token that has ended is asked for anew. No cookies are
//! kept, so that requests spread over the service's servers. What answers mean is for others.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use reqwest::{Method, StatusCode, Url};
use serde_json::Value;

use crate::target::dataverse::DataverseError;
use crate::target::dataverse::sign_in::Tokens;

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
    /// Requests so far: spreads the pauses of those that wait at the same time.
    sent: AtomicU64,
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

/// What one try came to.
enum Tried {
    Came(Reply),
    /// Worth another try: why, and how long the service asks to wait.
    Again(String, Option<Duration>),
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
    pub(super) fn json(
        method: Method,
        url: Url,
        what: impl Into<String>,
        body: &Value,
    ) -> Self {
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
        let host = match (url.host_str(), url.port()) {
            (Some(host), Some(port)) => format!("{host}:{port}"),
            (Some(host), None) => host.to_owned(),
            (None, _) => {
                return Err(DataverseError::Url {
                    url: url.to_string(),
                });
            }
        };
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
            sent: AtomicU64::new(0),
        })
    }

    /// Whom it talks to.
    pub(super) fn host(&self) -> &str {
        &self.host
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
        let mut tries = 1;
        let mut is_renewed = false;
        loop {
            let (why, named) = match self.try_once(ask).await? {
                Tried::Came(reply) if reply.status != StatusCode::UNAUTHORIZED => return Ok(reply),
                // A token may end early; a second refusal is meant.
                Tried::Came(reply) if is_renewed => {
                    return Err(DataverseError::Unauthorised {
                        host: self.host.clone(),
                        why: words(&reply),
                    });
                }
                Tried::Came(_) => {
                    is_renewed = true;
                    self.tokens.forget().await;
                    continue;
                }
                Tried::Again(why, named) => (why, named),
            };
            is_renewed = false;
            if tries == TRIES_MAX {
                let host = self.host.clone();
                return Err(DataverseError::Unreachable { host, why });
            }
            tokio::time::sleep(self.pause(tries, named)).await;
            tries += 1;
        }
    }

    async fn try_once(&self, ask: &Ask) -> Result<Tried, DataverseError> {
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
        let response = match request.send().await {
            Ok(response) => response,
            Err(error) => return Ok(Tried::Again(causes(&error), None)),
        };
        let (status, headers) = (response.status(), response.headers().clone());
        let body = match response.bytes().await {
            Ok(body) => body.to_vec(),
            // An answer that breaks off is none.
            Err(error) => return Ok(Tried::Again(causes(&error), None)),
        };
        let reply = Reply {
            status,
            headers,
            body,
        };
        if is_transient(&reply) {
            let why = format!("{status}: {}", words(&reply));
            return Ok(Tried::Again(why, named_pause(&reply.headers)));
        }
        Ok(Tried::Came(reply))
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

    /// The error of a question that was refused.
    pub(super) fn refused(&self, ask: &Ask, reply: &Reply) -> DataverseError {
        DataverseError::Refused {
            host: self.host.clone(),
            what: ask.what.clone(),
            why: format!("{}: {}", reply.status, words(reply)),
        }
    }
}

/// Whether an answer is of the moment (platform facts 5.9): another try may be answered otherwise.
fn is_transient(reply: &Reply) -> bool {
    matches!(reply.status.as_u16(), 429 | 502..=504)
        // An error without a code of its own is the service's, not the request's.
        || reply.status == StatusCode::INTERNAL_SERVER_ERROR && code(&reply.body).is_none_or(|code| {
            matches!(code.as_str(), "0x80040216" | "0x80044150" | "0x80044151" | "0x0")
        })
}

/// The pause that the service names: seconds, or a moment.
fn named_pause(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
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

/// What an answer says is wrong, in one line, in any of the shapes that the service uses.
pub(super) fn words(reply: &Reply) -> String {
    const LONGEST: usize = 400;
    let json: Option<Value> = serde_json::from_slice(&reply.body).ok();
    let text = |value: &Value, name: &str| value.get(name)?.as_str().map(ToOwned::to_owned);
    let said = json.as_ref().and_then(|body| {
        let error = body.get("error").unwrap_or(body);
        let message = text(error, "message").or_else(|| text(error, "Message"))?;
        Some(match text(error, "code") {
            Some(code) if !code.is_empty() => format!("{code}: {message}"),
            _ => message,
        })
    });
    let said = said.unwrap_or_else(|| String::from_utf8_lossy(&reply.body).into_owned());
    let line = said.split_whitespace().collect::<Vec<_>>().join(" ");
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
