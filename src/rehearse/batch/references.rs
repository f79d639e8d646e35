//! References within a change set: `$1` stands for what the part with Content-ID 1 made.
//!
//! In: the answers of the parts so far, and the next request. Out: that request with its references
//! replaced. A URL may be a reference or begin with one (`$1/nav/$ref`), and so may the values that
//! name a record in a body (`...@odata.bind`, `@odata.id`). Other texts of a body are data, however
//! much like a reference they look. A reference that nothing answers stays as it is, so that the
//! exchange answers it as it answers any unknown name.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::rehearse::exchange::Answer;
use crate::rehearse::exchange::Request;

/// How the keys end under which a body names a record.
const NAMES_A_RECORD: [&str; 2] = ["@odata.bind", "@odata.id"];

/// What the parts of one change set made so far.
#[derive(Debug, Default)]
pub(super) struct References {
    /// Content-ID to the URL of the record.
    made: BTreeMap<String, String>,
}

impl References {
    /// Notes which record an answer names, if any.
    pub(super) fn note(&mut self, content_id: &str, answer: &Answer) {
        let url = answer.headers.get("odata-entityid");
        if let Some(url) = url.and_then(|url| url.to_str().ok()) {
            self.made.insert(content_id.to_owned(), url.to_owned());
        }
    }

    /// The request with its references replaced.
    pub(super) fn resolved(&self, mut request: Request) -> Request {
        if let Some(url) = self.target(&request.url) {
            request.url = url;
        }
        // A body is written anew only if it refers to something, so that all others stay as sent.
        if !self.made.is_empty()
            && request.body.contains(&b'$')
            && let Ok(mut body) = serde_json::from_slice::<Value>(&request.body)
            && self.replace(&mut body, false)
        {
            request.body = body.to_string().into_bytes();
        }
        request
    }

    /// What a text refers to; `None` where it refers to nothing known.
    fn target(&self, text: &str) -> Option<String> {
        let text = text.strip_prefix('$')?;
        let end = text.find(['/', '?']).unwrap_or(text.len());
        let (id, rest) = text.split_at(end);
        let url = self.made.get(id)?;
        Some(format!("{url}{rest}"))
    }

    /// Replaces the references in a value and tells whether there were any.
    fn replace(&self, value: &mut Value, names_a_record: bool) -> bool {
        let mut replaced = false;
        match value {
            Value::String(text) if names_a_record => {
                if let Some(target) = self.target(text) {
                    *text = target;
                    replaced = true;
                }
            }
            Value::Array(items) => {
                for item in items {
                    replaced |= self.replace(item, names_a_record);
                }
            }
            Value::Object(fields) => {
                for (key, field) in fields {
                    let names_a_record = NAMES_A_RECORD.iter().any(|end| key.ends_with(end));
                    replaced |= self.replace(field, names_a_record);
                }
            }
            _ => {}
        }
        replaced
    }
}
