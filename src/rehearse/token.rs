//! Tokens: who may ask.
//!
//! In: a form as clients of a directory post it, and the header of a request. Out: a token for the right secret, and
//! whether a header bears one that still holds. Platform facts 5.1; this is no security, it serves loopback alone.

use std::collections::BTreeMap;
use std::time::Duration;

use http::StatusCode;
use percent_encoding::percent_decode_str;
use serde_json::json;

use crate::rehearse::exchange::Answer;

/// The token that always holds, for clients that ask for none.
const FIXED: &str = "rehearsal";

/// How long a token holds.
const HOLDS: Duration = Duration::from_secs(3599);

/// The tokens that were given.
#[derive(Debug)]
pub(in crate::rehearse) struct Tokens {
    secret: String,
    given: BTreeMap<String, Duration>,
}

impl Tokens {
    /// None given yet.
    pub(in crate::rehearse) fn new(secret: String) -> Self {
        Self {
            secret,
            given: BTreeMap::new(),
        }
    }

    /// Answers a form that asks for a token.
    pub(in crate::rehearse) fn answer(&mut self, form: &[u8], now: Duration) -> Answer {
        let form = String::from_utf8_lossy(form);
        let field = |name: &str| {
            let mut pairs = form.split('&').filter_map(|pair| pair.split_once('='));
            let (_, value) = pairs.find(|(key, _)| *key == name)?;
            let value = value.replace('+', " ");
            Some(percent_decode_str(&value).decode_utf8_lossy().into_owned())
        };
        let is_right = field("grant_type").as_deref() == Some("client_credentials")
            && field("client_secret").as_deref() == Some(self.secret.as_str());
        if !is_right {
            let body = json!({
                "error": "invalid_client",
                "error_description": "AADSTS7000215: Invalid client secret provided.",
                "error_codes": [7_000_215],
            });
            return Answer::json(StatusCode::UNAUTHORIZED, &body);
        }
        let token = format!("{FIXED}-{}", self.given.len() + 1);
        self.given.insert(token.clone(), now + HOLDS);
        let body = json!({
            "token_type": "Bearer",
            "expires_in": HOLDS.as_secs(),
            "ext_expires_in": HOLDS.as_secs(),
            "access_token": token,
        });
        Answer::json(StatusCode::OK, &body)
    }

    /// Whether the header of a request bears a token that holds.
    pub(in crate::rehearse) fn hold(&self, header: Option<&str>, now: Duration) -> bool {
        let token = header.and_then(|header| header.strip_prefix("Bearer "));
        token.is_some_and(|token| {
            token == FIXED || self.given.get(token).is_some_and(|until| now < *until)
        })
    }

    /// Whether a path is that of tokens, of either version.
    pub(in crate::rehearse) fn is_asked(path: &str) -> bool {
        path.ends_with("/oauth2/v2.0/token") || path.ends_with("/oauth2/token")
    }
}
