//! `$batch`: many requests in one body, and their answers out of one (platform facts 5.8).
//!
//! In: parts, each one request or several that stand or fall together. Out: what comes back, one answer a part in their
//! order, or that nothing came. It is written and read without a thought for how the rehearsal server does
//! it, so that neither hides a fault of the other. What an answer means is `attempt.rs`'s.

use std::fmt::Write as _;
use std::time::Duration;

use memchr::memmem;
use reqwest::header::{self, HeaderMap};
use reqwest::{Method, StatusCode};

use crate::target::dataverse::DataverseError;
use crate::target::dataverse::client::{Ask, Client, Lost, pause_of};
use crate::target::dataverse::operation::Operation;
use crate::target::dataverse::row::Unreadable;

/// What divides parts. No line of a part can begin so: bodies are JSON on one line.
const BOUNDARY: &str = "batch_cutover";

/// The type of a body of parts.
const CONTENT_TYPE: &str = "multipart/mixed; boundary=batch_cutover";

/// The same inside a change set.
const CHANGE_SET: &str = "changeset_cutover";

/// Headers of a part or of an answer in it, at most.
const HEADERS_MAX: usize = 64;

/// Requests that are done together or not at all, and whether the newest privileges are asked for.
#[derive(Clone, Debug)]
pub(super) struct Part {
    /// At least one.
    pub(super) operations: Vec<Operation>,
    /// Past the service's caches, which may not know of roles that were given a moment ago.
    pub(super) is_strong: bool,
    /// Past the plug-ins and workflows of the environment's own.
    pub(super) is_bypassing: bool,
}

/// What a part was answered: of several requests that were done, the last answer; of those that were not, the one
/// that says why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PartReply {
    /// The status.
    pub(super) status: StatusCode,
    /// The body.
    pub(super) body: Vec<u8>,
    /// How long the service asks to wait before this part is sent again.
    pub(super) pause: Option<Duration>,
}

/// What became of a batch.
pub(super) enum Sent {
    /// The answers in the order of the parts; where there are fewer, the service stopped on its way.
    Answered(Vec<PartReply>),
    /// No answer came, and parts may be done.
    Lost {
        why: String,
        /// How long the service asks to wait.
        named: Option<Duration>,
    },
}

/// Sends a batch whose parts are done one by one, whatever becomes of the others.
pub(super) async fn send(client: &Client, parts: &[Part]) -> Result<Sent, DataverseError> {
    let what = "a batch of changes";
    let ask = Ask {
        method: Method::POST,
        body: Some(write(parts, client.root().path())),
        ..Ask::get(client.at("$batch")?, what)
    };
    let ask = ask
        .with("content-type", CONTENT_TYPE)
        .with("prefer", "odata.continue-on-error");
    let reply = match client.send_unless_lost(&ask).await? {
        Ok(reply) => reply,
        Err(Lost { why, named }) => return Ok(Sent::Lost { why, named }),
    };
    if !reply.status.is_success() {
        return Err(client.refused(&ask, &reply));
    }
    let answers = read(&reply.headers, &reply.body, parts.len());
    let answers = answers.map_err(|unreadable| DataverseError::Malformed {
        host: client.host().to_owned(),
        what: what.to_owned(),
        found: unreadable.0,
    })?;
    Ok(Sent::Answered(answers))
}

/// The body for these parts; paths are put below `root`, which ends with a slash.
fn write(parts: &[Part], root: &str) -> Vec<u8> {
    let mut text = String::new();
    for part in parts {
        let _ = write!(text, "--{BOUNDARY}\r\n");
        if let [operation] = &part.operations[..] {
            request(&mut text, root, operation, part, None);
            continue;
        }
        let _ = write!(
            text,
            "Content-Type: multipart/mixed; boundary={CHANGE_SET}\r\n\r\n"
        );
        for (place, operation) in part.operations.iter().enumerate() {
            let _ = write!(text, "--{CHANGE_SET}\r\n");
            request(&mut text, root, operation, part, Some(place + 1));
        }
        let _ = write!(text, "--{CHANGE_SET}--\r\n");
    }
    let _ = write!(text, "--{BOUNDARY}--\r\n");
    text.into_bytes()
}

fn request(text: &mut String, root: &str, operation: &Operation, part: &Part, id: Option<usize>) {
    text.push_str("Content-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n");
    if let Some(id) = id {
        let _ = write!(text, "Content-ID: {id}\r\n");
    }
    let (method, path) = (&operation.method, &operation.path);
    let _ = write!(text, "\r\n{method} {root}{path} HTTP/1.1\r\n");
    if operation.is_of_a_row {
        text.push_str("If-Match: *\r\n");
    }
    if part.is_strong {
        text.push_str("Consistency: Strong\r\n");
    }
    if part.is_bypassing {
        text.push_str("MSCRM.BypassBusinessLogicExecution: CustomSync,CustomAsync\r\n");
    }
    match &operation.body {
        Some(body) => {
            let _ = write!(
                text,
                "Content-Type: application/json; type=entry\r\n\r\n{body}\r\n"
            );
        }
        None => text.push_str("\r\n\r\n"),
    }
}

/// The answers of a batch, one a part. Where there are fewer than parts, the service stopped on its way; of more,
/// nobody can say which is whose.
fn read(headers: &HeaderMap, body: &[u8], parts: usize) -> Result<Vec<PartReply>, Unreadable> {
    let kind = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let boundary = kind.and_then(boundary_of);
    let boundary =
        boundary.ok_or_else(|| Unreadable("a batch answered without a boundary".to_owned()))?;
    let pieces = pieces(body, &boundary)?;
    if pieces.len() > parts {
        let found = pieces.len();
        return Err(Unreadable(format!("{found} answers to {parts} parts")));
    }
    pieces.into_iter().map(part).collect()
}

/// The boundary that a type of parts names.
fn boundary_of(kind: &str) -> Option<String> {
    if !kind
        .trim_start()
        .to_ascii_lowercase()
        .starts_with("multipart/mixed")
    {
        return None;
    }
    kind.split(';').find_map(|parameter| {
        let (name, value) = parameter.trim().split_once('=')?;
        let named = name.trim().eq_ignore_ascii_case("boundary");
        named.then(|| value.trim().trim_matches('"').to_owned())
    })
}

/// What stands between the lines that divide; what comes before the first and after the last is nobody's.
fn pieces<'a>(body: &'a [u8], boundary: &str) -> Result<Vec<&'a [u8]>, Unreadable> {
    let line = format!("--{boundary}");
    let finder = memmem::Finder::new(&line);
    let begins_a_line = |place: &usize| *place == 0 || body.get(place - 1) == Some(&b'\n');
    let mut pieces = Vec::new();
    let mut from = None;
    for place in finder.find_iter(body).filter(begins_a_line) {
        if let Some(from) = from {
            pieces.push(&body[from..place]);
        }
        let after = place + line.len();
        if body[after..].starts_with(b"--") {
            return Ok(pieces);
        }
        from = Some(after);
    }
    Err(Unreadable("the answer to a batch has no end".to_owned()))
}

fn part(piece: &[u8]) -> Result<PartReply, Unreadable> {
    let broken = |what: &str| Unreadable(format!("a part of the answer to a batch has {what}"));
    // The rest of the line that divides.
    let start = memchr::memchr(b'\n', piece).ok_or_else(|| broken("no lines"))?;
    let piece = &piece[start + 1..];
    let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
    let parsed = httparse::parse_headers(piece, &mut headers);
    let Ok(httparse::Status::Complete((length, headers))) = parsed else {
        return Err(broken("no headers"));
    };
    let kind = headers
        .iter()
        .find(|header| header.name.eq_ignore_ascii_case("content-type"))
        .and_then(|header| std::str::from_utf8(header.value).ok());
    let content = &piece[length..];
    match kind.and_then(boundary_of) {
        Some(boundary) => change_set(pieces(content, &boundary)?),
        None => answer(content),
    }
}

/// All were done, or the one answer says why none was.
fn change_set(pieces: Vec<&[u8]>) -> Result<PartReply, Unreadable> {
    let answers: Vec<PartReply> = pieces.into_iter().map(part).collect::<Result<_, _>>()?;
    let failed = answers
        .iter()
        .position(|answer| !answer.status.is_success());
    let place = failed.unwrap_or(answers.len().saturating_sub(1));
    answers
        .into_iter()
        .nth(place)
        .ok_or_else(|| Unreadable("a change set was answered with nothing".to_owned()))
}

fn answer(content: &[u8]) -> Result<PartReply, Unreadable> {
    let broken = || Unreadable("a part of the answer to a batch is no answer".to_owned());
    let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
    let mut response = httparse::Response::new(&mut headers);
    let Ok(httparse::Status::Complete(length)) = response.parse(content) else {
        return Err(broken());
    };
    let status = response
        .code
        .and_then(|code| StatusCode::from_u16(code).ok())
        .ok_or_else(broken)?;
    let pause = response
        .headers
        .iter()
        .find(|header| header.name.eq_ignore_ascii_case("retry-after"))
        .and_then(|header| pause_of(std::str::from_utf8(header.value).ok()?));
    Ok(PartReply {
        status,
        pause,
        body: content[length..].trim_ascii().to_vec(),
    })
}

#[cfg(test)]
mod tests {
    use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
    use reqwest::{Method, StatusCode};
    use serde_json::json;

    use super::{BOUNDARY, Part, read, write};
    use crate::target::dataverse::operation::Operation;

    fn operation(method: Method, path: &str, is_of_a_row: bool) -> Operation {
        let body = (method != Method::DELETE).then(|| json!({ "a": "line\nend" }));
        Operation {
            method,
            path: path.to_owned(),
            body,
            is_of_a_row,
        }
    }

    const BYPASS: &str = "MSCRM.BypassBusinessLogicExecution: CustomSync,CustomAsync";

    #[test]
    fn a_body_is_written_as_the_service_reads_it() {
        let parts = [
            Part {
                operations: vec![operation(Method::PATCH, "accounts(1)", true)],
                is_strong: true,
                is_bypassing: false,
            },
            Part {
                operations: vec![
                    operation(Method::POST, "systemusers", false),
                    operation(Method::DELETE, "systemusers(1)/x(2)/$ref", false),
                ],
                is_strong: false,
                is_bypassing: true,
            },
        ];
        let expected = [
            "--batch_cutover",
            "Content-Type: application/http",
            "Content-Transfer-Encoding: binary",
            "",
            "PATCH /api/data/v9.2/accounts(1) HTTP/1.1",
            "If-Match: *",
            "Consistency: Strong",
            "Content-Type: application/json; type=entry",
            "",
            "{\"a\":\"line\\nend\"}",
            "--batch_cutover",
            "Content-Type: multipart/mixed; boundary=changeset_cutover",
            "",
            "--changeset_cutover",
            "Content-Type: application/http",
            "Content-Transfer-Encoding: binary",
            "Content-ID: 1",
            "",
            "POST /api/data/v9.2/systemusers HTTP/1.1",
            BYPASS,
            "Content-Type: application/json; type=entry",
            "",
            "{\"a\":\"line\\nend\"}",
            "--changeset_cutover",
            "Content-Type: application/http",
            "Content-Transfer-Encoding: binary",
            "Content-ID: 2",
            "",
            "DELETE /api/data/v9.2/systemusers(1)/x(2)/$ref HTTP/1.1",
            BYPASS,
            "",
            "",
            "--changeset_cutover--",
            "--batch_cutover--",
            "",
        ];
        let body = String::from_utf8(write(&parts, "/api/data/v9.2/")).unwrap();
        assert_eq!(body.split("\r\n").collect::<Vec<_>>(), expected);
        assert!(super::CONTENT_TYPE.ends_with(BOUNDARY));
    }

    const DONE: &str = "HTTP/1.1 204 No Content\r\nOData-Version: 4.0\r\n\r\n";
    const REFUSED: &str =
        "HTTP/1.1 403 Forbidden\r\nContent-Type: application/json\r\n\r\n{\"error\":{}}";

    fn single(answer: &str) -> String {
        format!("--b\r\nContent-Type: application/http\r\n\r\n{answer}\r\n")
    }

    fn set(answers: &[&str]) -> String {
        let each = answers
            .iter()
            .map(|answer| format!("--c\r\ncontent-type: application/http\r\n\r\n{answer}\r\n"));
        let all: String = each.collect();
        format!("--b\r\nContent-Type: multipart/mixed; boundary=\"c\"\r\n\r\n{all}--c--\r\n")
    }

    #[test]
    fn each_part_has_its_answer() {
        check("one done", &single(DONE), Ok(&[204]));
        check("one refused", &single(REFUSED), Ok(&[403]));
        let mixed = [single(DONE), set(&[DONE, DONE]), single(REFUSED)].concat();
        check("a change set between", &mixed, Ok(&[204, 204, 403]));
        check("refused inside a change set", &set(&[REFUSED]), Ok(&[403]));
        check(
            "after one that was done",
            &set(&[DONE, REFUSED]),
            Ok(&[403]),
        );
        check("none", "", Ok(&[]));
        let many = single(DONE).repeat(4);
        check("one too many", &many, Err("4 answers to 3 parts"));
        check("a change set of nothing", &set(&[]), Err("with nothing"));
        check("no answer", &single("x"), Err("is no answer"));
        check("no headers", "--b\r\nx\r\n", Err("no headers"));
        let body = single(REFUSED) + "--b--";
        let mut headers = HeaderMap::new();
        assert!(
            read(&headers, body.as_bytes(), 9).is_err(),
            "without a type"
        );
        headers.insert(
            CONTENT_TYPE,
            HeaderValue::from_static("multipart/mixed; boundary=b"),
        );
        let cut = &body.as_bytes()[..body.len() - 3];
        assert!(read(&headers, cut, 9).is_err(), "cut");
        let whole = read(&headers, body.as_bytes(), 9).unwrap();
        assert_eq!(whole[0].body, b"{\"error\":{}}");
    }

    #[track_caller]
    fn check(case: &str, parts: &str, expected: Result<&[u16], &str>) {
        let mut headers = HeaderMap::new();
        let kind = HeaderValue::from_static("multipart/mixed; boundary=b");
        headers.insert(CONTENT_TYPE, kind);
        let body = format!("before\r\n{parts}--b--\r\nafter");
        match (read(&headers, body.as_bytes(), 3), expected) {
            (Ok(found), Ok(expected)) => {
                let statuses: Vec<StatusCode> = found.iter().map(|part| part.status).collect();
                assert_eq!(statuses, expected, "case: {case}");
            }
            (Err(found), Err(words)) => {
                assert!(found.0.contains(words), "case: {case}: {}", found.0);
            }
            (found, _) => panic!("case: {case}: {found:?}"),
        }
    }
}
