//! Writes the answers of a batch as one body.
//!
//! In: the answers in order. Out: an answer of type `multipart/mixed`, its lines ended with CRLF.
//! The boundaries follow from those of the request, so the same batch is answered in the same bytes.

use http::HeaderName;
use http::StatusCode;
use uuid::Uuid;

use crate::rehearse::exchange::Answer;

/// What a part of a batch was answered.
#[derive(Debug)]
pub(super) enum Answered {
    /// One answer: to a request that stands alone, or to a change set that failed.
    Single(AnsweredOperation),
    /// The answers of a change set that was done.
    ChangeSet {
        /// The boundary that the change set had in the request.
        boundary: String,
        /// One answer for each of its requests.
        operations: Vec<AnsweredOperation>,
    },
}

impl Answered {
    /// The status that tells of a failure; `None` where there is none.
    pub(super) fn failure(&self) -> Option<StatusCode> {
        match self {
            Self::Single(operation) => operation.failure(),
            Self::ChangeSet { .. } => None,
        }
    }
}

/// What one request of a batch was answered.
#[derive(Debug)]
pub(super) struct AnsweredOperation {
    /// The Content-ID of the request.
    pub(super) content_id: Option<String>,
    /// Its answer.
    pub(super) answer: Answer,
}

impl AnsweredOperation {
    /// The status that tells of a failure; `None` where there is none.
    pub(super) fn failure(&self) -> Option<StatusCode> {
        let status = self.answer.status;
        (status.is_client_error() || status.is_server_error()).then_some(status)
    }
}

/// Writes the answer to a batch whose parts were divided by `boundary`.
pub(super) fn batch(boundary: &str, status: StatusCode, answers: &[Answered]) -> Answer {
    let boundary = answering("batchresponse", boundary);
    let mut body = Vec::new();
    for answered in answers {
        line(&mut body, &format!("--{boundary}"));
        match answered {
            Answered::Single(operation) => write_operation(&mut body, operation),
            Answered::ChangeSet {
                boundary,
                operations,
            } => write_change_set(&mut body, boundary, operations),
        }
    }
    line(&mut body, &format!("--{boundary}--"));
    let mut answer = Answer::empty(status)
        .with(
            "content-type",
            &format!("multipart/mixed; boundary={boundary}"),
        )
        .with("odata-version", "4.0");
    answer.body = body;
    answer
}

/// The boundary that answers a boundary.
fn answering(prefix: &str, boundary: &str) -> String {
    let id = Uuid::new_v5(&Uuid::NAMESPACE_OID, boundary.as_bytes());
    format!("{prefix}_{id}")
}

/// Writes the answers of a change set.
fn write_change_set(body: &mut Vec<u8>, boundary: &str, operations: &[AnsweredOperation]) {
    let boundary = answering("changesetresponse", boundary);
    line(
        body,
        &format!("Content-Type: multipart/mixed; boundary={boundary}"),
    );
    line(body, "");
    for operation in operations {
        line(body, &format!("--{boundary}"));
        write_operation(body, operation);
    }
    line(body, &format!("--{boundary}--"));
}

/// Writes one answer: the headers of its part, then the answer itself.
fn write_operation(body: &mut Vec<u8>, operation: &AnsweredOperation) {
    line(body, "Content-Type: application/http");
    line(body, "Content-Transfer-Encoding: binary");
    if let Some(id) = &operation.content_id {
        line(body, &format!("Content-ID: {id}"));
    }
    line(body, "");
    let answer = &operation.answer;
    let reason = answer.status.canonical_reason().unwrap_or_default();
    line(
        body,
        &format!("HTTP/1.1 {} {reason}", answer.status.as_str()),
    );
    for (name, value) in &answer.headers {
        body.extend_from_slice(spelled(name).as_bytes());
        body.extend_from_slice(b": ");
        body.extend_from_slice(value.as_bytes());
        line(body, "");
    }
    line(body, "");
    body.extend_from_slice(&answer.body);
    line(body, "");
}

/// A header's name as the service spells it, for some clients look for it letter by letter.
fn spelled(name: &HeaderName) -> String {
    let name = name.as_str();
    match name {
        "odata-entityid" => "OData-EntityId".to_owned(),
        "odata-version" => "OData-Version".to_owned(),
        "etag" => "ETag".to_owned(),
        "www-authenticate" => "WWW-Authenticate".to_owned(),
        _ if name.starts_with("x-ms-") => name.to_owned(),
        _ => {
            let mut begins = true;
            let letters = name.chars().map(|letter| {
                let spelled = if begins {
                    letter.to_ascii_uppercase()
                } else {
                    letter
                };
                begins = letter == '-';
                spelled
            });
            letters.collect()
        }
    }
}

/// Writes a line and its end.
fn line(body: &mut Vec<u8>, text: &str) {
    body.extend_from_slice(text.as_bytes());
    body.extend_from_slice(b"\r\n");
}
