//! One request and its answer, as the server's own nouns.
//!
//! In: what came over the wire, or stood as a part in a batch. Out: what goes back. A part of a batch may have
//! blanks in its URL, which no parser of URIs takes; so the URL is a text, and `odata/` reads it.

use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use serde_json::Value;

/// A request.
#[derive(Clone, Debug)]
pub(in crate::rehearse) struct Request {
    /// `GET`, `POST`, `PATCH`, `PUT` or `DELETE`.
    pub(in crate::rehearse) method: Method,
    /// As it was sent: absolute, from the root, or relative to the API's root; with its query.
    pub(in crate::rehearse) url: String,
    /// Headers.
    pub(in crate::rehearse) headers: HeaderMap,
    /// The body; empty where there is none.
    pub(in crate::rehearse) body: Vec<u8>,
}

impl Request {
    /// A header as text; `None` where it is not there or is no text.
    pub(in crate::rehearse) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// An answer.
#[derive(Clone, Debug)]
pub(in crate::rehearse) struct Answer {
    /// The status.
    pub(in crate::rehearse) status: StatusCode,
    /// Headers.
    pub(in crate::rehearse) headers: HeaderMap,
    /// The body; empty where there is none.
    pub(in crate::rehearse) body: Vec<u8>,
}

impl Answer {
    /// An answer without a body.
    pub(in crate::rehearse) fn empty(status: StatusCode) -> Self {
        Self {
            status,
            headers: HeaderMap::new(),
            body: Vec::new(),
        }
    }

    /// An answer with a JSON body.
    pub(in crate::rehearse) fn json(status: StatusCode, body: &Value) -> Self {
        let kind = "application/json; odata.metadata=minimal";
        Self {
            body: body.to_string().into_bytes(),
            ..Self::empty(status).with("content-type", kind)
        }
    }

    /// An error as the service writes it: a code such as `0x80040217`, and words.
    pub(in crate::rehearse) fn error(status: StatusCode, code: &str, message: &str) -> Self {
        let body = serde_json::json!({ "error": { "code": code, "message": message } });
        Self::json(status, &body)
    }

    /// The same with one header more; one that is no header's text is left out.
    pub(in crate::rehearse) fn with(mut self, name: &'static str, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(HeaderName::from_static(name), value);
        }
        self
    }
}
