//! Reads the body of a batch into requests.
//!
//! In: the request to `$batch`. Out: its parts in order, each a request or a change set of requests,
//! or the one reason why the batch is refused. The URL of a part stays as it was sent, blanks and
//! all. References between parts are left to `references`, for they need the answers.

use std::collections::BTreeSet;

use http::HeaderMap;
use http::Method;
use thiserror::Error;

use crate::rehearse::batch::multipart;
use crate::rehearse::exchange::Request;

/// How many requests a batch may hold, those in its change sets included.
pub(super) const OPERATIONS_MAX: usize = 1000;

/// Headers of the batch that hold for a part too, where the part does not say otherwise: who calls,
/// and under which name the server was reached.
const PASSED_ON: [&str; 4] = ["authorization", "callerobjectid", "host", "mscrmcallerid"];

/// How much of a faulty text an error shows.
const SHOWN_CHARACTERS_MAX: usize = 100;

/// A batch that was read as a whole.
#[derive(Debug)]
pub(super) struct Batch {
    /// The boundary between its parts.
    pub(super) boundary: String,
    /// Its parts in order.
    pub(super) parts: Vec<Part>,
}

/// One part of a batch.
#[derive(Debug)]
pub(super) enum Part {
    /// A request that stands alone.
    Single(Operation),
    /// Requests of which all are done or none.
    ChangeSet {
        /// The boundary between its requests.
        boundary: String,
        /// Its requests in order.
        operations: Vec<Operation>,
    },
}

/// One request of a batch.
#[derive(Debug)]
pub(super) struct Operation {
    /// Its `Content-ID`, where one was sent.
    pub(super) content_id: Option<String>,
    /// The request.
    pub(super) request: Request,
}

/// Why a batch is refused. The words are sentences, as the service's are.
#[derive(Debug, Error)]
pub(super) enum Malformed {
    /// Another type of body.
    #[error("A batch must be sent as 'multipart/mixed', but its Content-Type is '{found}'.")]
    NotMultipart {
        /// The type.
        found: String,
    },
    /// A type that says nothing of a boundary.
    #[error("The Content-Type '{found}' names no boundary.")]
    NoBoundary {
        /// The type.
        found: String,
    },
    /// A boundary that the format forbids.
    #[error("The boundary '{found}' is not 1 to 70 printable characters without blanks.")]
    Boundary {
        /// The boundary as it was written.
        found: String,
    },
    /// A body without any part, not even an end.
    #[error("The body has no line '--{boundary}'.")]
    NoDelimiter {
        /// The boundary that was announced.
        boundary: String,
    },
    /// A body that was cut.
    #[error("The body ends before the closing line '--{boundary}--'.")]
    NotClosed {
        /// The boundary that was announced.
        boundary: String,
    },
    /// A line among the headers that is none.
    #[error("The line '{found}' is not a header.")]
    Header {
        /// The line.
        found: String,
    },
    /// More headers than can be kept.
    #[error("A part has too many headers.")]
    TooManyHeaders,
    /// A part that is no request.
    #[error("The Content-Type of a part must be {expected}, but it is '{found}'.")]
    PartType {
        /// The types that may stand here.
        expected: &'static str,
        /// The type.
        found: String,
    },
    /// A first line that is no request line.
    #[error("The request line '{found}' must have the form 'METHOD URL HTTP/1.1'.")]
    RequestLine {
        /// The line.
        found: String,
    },
    /// A method that the API does not have.
    #[error("The method '{found}' is none of GET, POST, PATCH, PUT and DELETE.")]
    Method {
        /// The method.
        found: String,
    },
    /// A request that only reads, where all must write.
    #[error(
        "An invalid HTTP method 'GET' was detected for a request in a change set; \
         change sets take only POST, PUT, DELETE and PATCH."
    )]
    ReadInChangeSet,
    /// A request in a change set that nothing could refer to.
    #[error("Content-ID header not present in a request of a change set.")]
    NoContentId,
    /// Two requests of a change set that one reference would mean.
    #[error("The Content-ID '{found}' stands more than once in a change set.")]
    RepeatedContentId {
        /// The Content-ID.
        found: String,
    },
    /// A part that is a batch itself.
    #[error("A batch must not hold another batch.")]
    BatchInBatch,
    /// More requests than allowed.
    #[error("The batch holds {found} requests; at most {OPERATIONS_MAX} are allowed.")]
    TooMany {
        /// How many.
        found: usize,
    },
}

/// A faulty text as an error shows it: its beginning, on one line.
pub(super) fn shown(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(text);
    let beginning = text.trim().chars().take(SHOWN_CHARACTERS_MAX);
    beginning
        .map(|character| {
            if character.is_control() {
                ' '
            } else {
                character
            }
        })
        .collect()
}

/// Reads a batch.
pub(super) fn read(request: &Request) -> Result<Batch, Malformed> {
    let content_type = request.header("content-type").unwrap_or_default();
    if multipart::media_type(content_type) != "multipart/mixed" {
        return Err(Malformed::NotMultipart {
            found: shown(content_type.as_bytes()),
        });
    }
    let boundary = multipart::boundary(content_type)?;
    let mut parts = Vec::new();
    let mut count = 0;
    for content in multipart::split(&request.body, &boundary)? {
        let part = part(content, &request.headers)?;
        count += match &part {
            Part::Single(_) => 1,
            Part::ChangeSet { operations, .. } => operations.len(),
        };
        parts.push(part);
    }
    if count > OPERATIONS_MAX {
        return Err(Malformed::TooMany { found: count });
    }
    Ok(Batch { boundary, parts })
}

/// Reads one part of the batch itself.
fn part(content: &[u8], outer: &HeaderMap) -> Result<Part, Malformed> {
    let (headers, content) = multipart::headers(content)?;
    let content_type = text(&headers, "content-type").unwrap_or_default();
    match multipart::media_type(content_type).as_str() {
        "application/http" => Ok(Part::Single(operation(&headers, content, outer)?)),
        "multipart/mixed" => change_set(content_type, content, outer),
        _ => Err(Malformed::PartType {
            expected: "'application/http' or 'multipart/mixed'",
            found: shown(content_type.as_bytes()),
        }),
    }
}

/// Reads a change set.
fn change_set(content_type: &str, content: &[u8], outer: &HeaderMap) -> Result<Part, Malformed> {
    let boundary = multipart::boundary(content_type)?;
    let mut operations = Vec::new();
    let mut ids = BTreeSet::new();
    for content in multipart::split(content, &boundary)? {
        let (headers, content) = multipart::headers(content)?;
        let content_type = text(&headers, "content-type").unwrap_or_default();
        if multipart::media_type(content_type) != "application/http" {
            return Err(Malformed::PartType {
                expected: "'application/http' in a change set",
                found: shown(content_type.as_bytes()),
            });
        }
        let operation = operation(&headers, content, outer)?;
        if operation.request.method == Method::GET {
            return Err(Malformed::ReadInChangeSet);
        }
        let id = operation.content_id.clone().ok_or(Malformed::NoContentId)?;
        if !ids.insert(id.clone()) {
            return Err(Malformed::RepeatedContentId {
                found: shown(id.as_bytes()),
            });
        }
        operations.push(operation);
    }
    Ok(Part::ChangeSet {
        boundary,
        operations,
    })
}

/// Reads one request; `part_headers` are those of the part around it.
fn operation(
    part_headers: &HeaderMap,
    content: &[u8],
    outer: &HeaderMap,
) -> Result<Operation, Malformed> {
    let (line, rest) = multipart::first_line(content.trim_ascii_start());
    let (method, url) = request_line(line)?;
    let (mut headers, rest) = multipart::headers(rest)?;
    // Older clients put the Content-ID among the headers of the request.
    let content_id = text(part_headers, "content-id")
        .or_else(|| text(&headers, "content-id"))
        .filter(|id| !id.is_empty())
        .map(str::to_owned);
    for name in PASSED_ON {
        if let Some(value) = outer.get(name)
            && !headers.contains_key(name)
            && headers.try_insert(name, value.clone()).is_err()
        {
            return Err(Malformed::TooManyHeaders);
        }
    }
    Ok(Operation {
        content_id,
        request: Request {
            method,
            url,
            headers,
            // The ends of lines before the delimiter belong to the form, not to the body. A
            // Content-Length is not asked, for clients count characters where bytes are meant.
            body: rest.trim_ascii_end().to_vec(),
        },
    })
}

/// Reads a request line, in whose URL there may be blanks.
fn request_line(line: &[u8]) -> Result<(Method, String), Malformed> {
    let malformed = || Malformed::RequestLine { found: shown(line) };
    let line = std::str::from_utf8(line).map_err(|_| malformed())?;
    let line = line.strip_suffix(" HTTP/1.1").ok_or_else(malformed)?;
    let (method, url) = line.split_once(' ').ok_or_else(malformed)?;
    let url = url.trim();
    if url.is_empty() || url.chars().any(char::is_control) {
        return Err(malformed());
    }
    let methods = [
        Method::GET,
        Method::POST,
        Method::PATCH,
        Method::PUT,
        Method::DELETE,
    ];
    let method = methods
        .into_iter()
        .find(|known| known.as_str() == method)
        .ok_or_else(|| Malformed::Method {
            found: shown(method.as_bytes()),
        })?;
    let path = url.split('?').next().unwrap_or_default();
    if path.ends_with("$batch") || path.ends_with("%24batch") {
        return Err(Malformed::BatchInBatch);
    }
    Ok((method, url.to_owned()))
}

/// A header as text.
fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}
