//! Tokens: who may ask.
//!
//! In: a form as clients of a directory post it, and the header of a request. Out: a token for the right secret, or for
//! an assertion that is well-formed, and whether a header bears one that still holds. There is no certificate here that
//! an assertion's signature could be held against: anybody's is taken. Platform facts 5.1; this is no security, it serves
//! loopback alone.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{StatusCode, Uri};
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use crate::rehearse::exchange::Answer;

/// The token that always holds, for clients that ask for none.
const FIXED: &str = "rehearsal";

/// How long a token holds.
const HOLDS: Duration = Duration::from_secs(3599);

/// How far the clocks of client and server may be apart.
const APART: u64 = 300;

/// What an assertion is called in a form.
const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// Why no token is given: the directory's number and its words.
type Refused = (u32, &'static str);

const WRONG_SECRET: Refused = (7_000_215, "Invalid client secret provided.");
const MALFORMED: Refused = (50_027, "JWT token is invalid or malformed.");
const OTHER_CLIENT: Refused = (
    700_021,
    "Client assertion application identifier doesn't match 'client_id' parameter.",
);
const OTHER_AUDIENCE: Refused = (
    700_023,
    "Client assertion audience claim does not match Realm issuer.",
);
const OTHER_TIME: Refused = (
    700_024,
    "Client assertion is not within its valid time range.",
);

/// The tokens that were given, and the secret for which they are; neither is ever shown.
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

    /// Answers a form that asks for a token at this path.
    pub(in crate::rehearse) fn answer(&mut self, path: &str, form: &[u8], now: Duration) -> Answer {
        let form = String::from_utf8_lossy(form);
        let field = |name: &str| {
            let mut pairs = form.split('&').filter_map(|pair| pair.split_once('='));
            let (_, value) = pairs.find(|(key, _)| *key == name)?;
            let value = value.replace('+', " ");
            Some(percent_decode_str(&value).decode_utf8_lossy().into_owned())
        };
        let asked = match field("client_assertion") {
            _ if field("grant_type").as_deref() != Some("client_credentials") => Err(WRONG_SECRET),
            Some(assertion) if field("client_assertion_type").as_deref() == Some(JWT_BEARER) => {
                let client = field("client_id").unwrap_or_default();
                asserted(&assertion, &client, path)
            }
            Some(_) => Err(MALFORMED),
            None if field("client_secret").as_ref() == Some(&self.secret) => Ok(()),
            None => Err(WRONG_SECRET),
        };
        if let Err((code, words)) = asked {
            let body = json!({
                "error": "invalid_client",
                "error_description": format!("AADSTS{code}: {words}"),
                "error_codes": [code],
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

/// Whether an assertion is a JWT of this client for this path of a directory, and holds now; signed by whomever.
fn asserted(assertion: &str, client: &str, path: &str) -> Result<(), Refused> {
    let parts: Vec<Option<Vec<u8>>> = assertion
        .split('.')
        .map(|part| URL_SAFE_NO_PAD.decode(part).ok())
        .collect();
    let [Some(header), Some(claims), Some(signature)] = parts.as_slice() else {
        return Err(MALFORMED);
    };
    let object = |part: &[u8]| serde_json::from_slice::<Value>(part).map_err(|_| MALFORMED);
    let (header, claims) = (object(header)?, object(claims)?);
    let text = |of: &Value, name: &str| of.get(name).and_then(Value::as_str).map(str::to_owned);
    let is_signed = matches!(text(&header, "alg").as_deref(), Some("PS256" | "RS256"))
        && ["x5t#S256", "x5t"]
            .iter()
            .any(|name| text(&header, name).is_some())
        && !signature.is_empty();
    if !is_signed || text(&claims, "jti").is_none() {
        return Err(MALFORMED);
    }
    if ["iss", "sub"]
        .iter()
        .any(|name| text(&claims, name).as_deref() != Some(client))
    {
        return Err(OTHER_CLIENT);
    }
    let audience = text(&claims, "aud").and_then(|audience| audience.parse::<Uri>().ok());
    // By which name this server was reached is nobody's business; tenant and version are.
    if audience.is_none_or(|audience| audience.path() != path) {
        return Err(OTHER_AUDIENCE);
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = now.unwrap_or_default().as_secs();
    let second = |name: &str| claims.get(name).and_then(Value::as_u64);
    match (second("nbf"), second("exp")) {
        (Some(from), Some(until)) if from <= now + APART && now < until + APART => Ok(()),
        _ => Err(OTHER_TIME),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATH: &str = "/tenant/oauth2/v2.0/token";

    /// A form with an assertion in which one thing is otherwise.
    fn form(change: &dyn Fn(&mut Value, &mut Value)) -> String {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let now = now.expect("a clock after 1970").as_secs();
        let mut header = json!({ "alg": "PS256", "typ": "JWT", "x5t#S256": "x" });
        let mut claims = json!({
            "aud": format!("https://login.microsoftonline.com{PATH}"), "iss": "me", "sub": "me", "jti": "1",
            "nbf": now, "exp": now + 600,
        });
        change(&mut header, &mut claims);
        let [header, claims] =
            [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
        let kind = JWT_BEARER.replace(':', "%3A");
        format!(
            "grant_type=client_credentials&client_id=me&client_assertion_type={kind}&client_assertion={header}.{claims}.eHg"
        )
    }

    #[test]
    #[rustfmt::skip] // keeps the columns of the table
    fn assertions_are_looked_at_but_for_their_signature() {
        let base = form(&|_, _| ());
        let claim = |name: &'static str, value: Value| form(&move |_, claims| claims[name] = value.clone());
        check("whole", &base, None);
        check("RS256", &form(&|header, _| header["alg"] = json!("RS256")), None);
        check("no signature", &form(&|header, _| header["alg"] = json!("none")), Some(50_027));
        check("no thumbprint", &form(&|header, _| header["x5t#S256"] = Value::Null), Some(50_027));
        check("no id", &claim("jti", Value::Null), Some(50_027));
        check("cut", base.trim_end_matches("eHg"), Some(50_027));
        check("two parts", base.trim_end_matches(".eHg"), Some(50_027));
        check("of no kind", &base.replace("jwt-bearer", "saml2-bearer"), Some(50_027));
        check("another issuer", &claim("iss", json!("you")), Some(700_021));
        check("another subject", &claim("sub", json!("you")), Some(700_021));
        check("another tenant", &claim("aud", json!("https://x/other/oauth2/v2.0/token")), Some(700_023));
        check("no audience", &claim("aud", Value::Null), Some(700_023));
        check("ended", &claim("exp", json!(1_000)), Some(700_024));
        check("not begun", &claim("nbf", json!(99_999_999_999_u64)), Some(700_024));
        check("another grant", &base.replace("client_credentials", "password"), Some(7_000_215));
    }

    #[track_caller]
    fn check(case: &str, form: &str, refused: Option<u32>) {
        let mut tokens = Tokens::new("s3cret".to_owned());
        let answer = tokens.answer(PATH, form.as_bytes(), Duration::ZERO);
        let body: Value = serde_json::from_slice(&answer.body).expect("JSON");
        let code = body["error_codes"][0].as_u64();
        assert_eq!(code, refused.map(u64::from), "{case}: {body}");
        assert_eq!(
            body["access_token"].is_string(),
            refused.is_none(),
            "{case}: {body}"
        );
    }
}
