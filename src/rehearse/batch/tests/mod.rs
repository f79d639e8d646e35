//! Tests of the batch: tables of bodies as clients send them, and what is done and answered for each.

mod sent;

use std::fmt::Write;

use http::HeaderMap;
use http::Method;
use http::StatusCode;
use proptest::collection::vec;
use proptest::prelude::any;
use proptest::proptest;
use serde_json::json;

use crate::rehearse::batch::Exchange;
use crate::rehearse::batch::answer;
use crate::rehearse::batch::tests::sent::BARE;
use crate::rehearse::batch::tests::sent::BARE_DONE;
use crate::rehearse::batch::tests::sent::BARE_TYPE;
use crate::rehearse::batch::tests::sent::QUOTED;
use crate::rehearse::batch::tests::sent::QUOTED_DONE;
use crate::rehearse::batch::tests::sent::QUOTED_TYPE;
use crate::rehearse::exchange::Answer;
use crate::rehearse::exchange::Request;

/// A server that writes down what it does, and fails where a URL says `missing`.
#[derive(Default)]
struct Notes {
    /// What it did.
    done: Vec<String>,
    /// Whether a change set is open.
    open: bool,
    /// The caller that the last request named.
    caller: Option<String>,
}

impl Notes {
    fn frame(&mut self, word: &str, opens: bool) {
        assert_ne!(self.open, opens, "change sets do not nest, and end once");
        self.open = opens;
        self.done.push(word.to_owned());
    }
}

impl Exchange for Notes {
    fn answer(&mut self, request: &Request) -> Answer {
        let Request {
            method, url, body, ..
        } = request;
        let body = String::from_utf8_lossy(body);
        self.done.push(format!("{method} {url} {body}"));
        self.caller = request.header("mscrmcallerid").map(str::to_owned);
        if url.contains("missing") {
            return Answer::error(StatusCode::NOT_FOUND, "0x80040217", "Does Not Exist");
        }
        match *method {
            Method::GET => Answer::json(StatusCode::OK, &json!({ "value": [] })),
            Method::POST => {
                let set = if url.ends_with("contacts") {
                    "contacts"
                } else {
                    "accounts"
                };
                let url = format!("http://host/{set}({})", self.done.len());
                Answer::empty(StatusCode::NO_CONTENT).with("odata-entityid", &url)
            }
            _ => Answer::empty(StatusCode::NO_CONTENT),
        }
    }
    fn begin(&mut self) {
        self.frame("begin", true);
    }
    fn commit(&mut self) {
        self.frame("commit", false);
    }
    fn roll_back(&mut self) {
        self.frame("roll back", false);
    }
}

/// A request to `$batch`.
fn batch(content_type: &str, prefer: &str, body: impl Into<Vec<u8>>) -> Request {
    let mut headers = HeaderMap::new();
    for (name, value) in [
        ("content-type", content_type),
        ("prefer", prefer),
        ("mscrmcallerid", "outer"),
    ] {
        if let Ok(value) = value.parse() {
            headers.insert(name, value);
        }
    }
    Request {
        method: Method::POST,
        url: "/api/data/v9.2/$batch".to_owned(),
        headers,
        body: body.into(),
    }
}

/// A batch of parts, divided by `b`; in it `change set` opens and `end` closes a change set.
fn body(parts: &[&str]) -> String {
    let mut text = String::new();
    let mut boundary = "b";
    for part in parts {
        match *part {
            "change set" => {
                text += "--b\nContent-Type: multipart/mixed; boundary=c\n\n";
                boundary = "c";
            }
            "end" => {
                text += "--c--\n";
                boundary = "b";
            }
            _ => {
                let (id, part) = part.split_once('|').unwrap_or(("", part));
                let id = if id.is_empty() {
                    String::new()
                } else {
                    format!("Content-ID: {id}\n")
                };
                write!(
                    text,
                    "--{boundary}\nContent-Type: application/http\n{id}\n{part}\n"
                )
                .unwrap();
            }
        }
    }
    text + "--b--\n"
}

const STOP: &str = "";
const GO_ON: &str = r#"odata.include-annotations="*", odata.continue-on-error"#;
const TYPE: &str = "multipart/mixed; boundary=b";

/// The only place that calls the code under test, but for what no table can hold.
///
/// Each batch is sent with LF and with CRLF. `answered` is the outer status, then the status lines
/// of the parts with their Content-IDs; or the words of a refusal.
#[track_caller]
fn check(case: &str, content_type: &str, prefer: &str, body: &str, done: &[&str], answered: &str) {
    for body in [body.to_owned(), body.replace('\n', "\r\n")] {
        let mut notes = Notes::default();
        let answer = answer(&batch(content_type, prefer, body), &mut notes);
        assert_eq!(notes.done, done, "case: {case}");
        assert_eq!(shown(&answer), answered, "case: {case}");
        assert!(!notes.open, "case: {case}");
    }
}

/// The facts of an answer on one line.
fn shown(answer: &Answer) -> String {
    let mut text = answer.status.as_str().to_owned();
    let body = String::from_utf8(answer.body.clone()).unwrap();
    if answer.headers["content-type"]
        .to_str()
        .unwrap()
        .starts_with("application/json")
    {
        let body: serde_json::Value = serde_json::from_str(&body).unwrap();
        let error = &body["error"];
        return format!("{text} {}", error["message"].as_str().unwrap());
    }
    let mut id = None;
    for line in body.split("\r\n") {
        if line.starts_with("--changesetresponse_") {
            text += if line.ends_with("--") { " )" } else { " (" };
        }
        if let Some(found) = line.strip_prefix("Content-ID: ") {
            id = Some(found);
        }
        if let Some(status) = line.strip_prefix("HTTP/1.1 ") {
            write!(text, " {}", &status[..3]).unwrap();
            text += &id.take().map(|id| format!("={id}")).unwrap_or_default();
        }
    }
    text
}

#[test]
#[rustfmt::skip] // keeps the columns of the table
fn batches() {
    check("quoted boundary", QUOTED_TYPE, STOP, QUOTED, QUOTED_DONE, "200 204 200 ( 204=1 ( 204=2 ( 204=3 ) 204");
    check("bare boundary", BARE_TYPE, STOP, BARE, BARE_DONE, "200 200 ( 204=1 ( 204=100003 )");
    check("blanks after a delimiter", TYPE, STOP, "preamble\n--b \t\nContent-Type: application/http\n\nGET a HTTP/1.1\n\n--b--  ", &["GET a "], "200 200");
    check("what follows the end is no part", TYPE, STOP, &(body(&["GET a HTTP/1.1\n"]) + &body(&["GET b HTTP/1.1\n"])), &["GET a "], "200 200");
    check("type and parameter in capitals", "Multipart/Mixed; charset=utf-8; BOUNDARY=b", STOP, &body(&["GET a HTTP/1.1\n"]), &["GET a "], "200 200");
    check("root-relative and relative URLs", TYPE, STOP, &body(&["GET /api/data/v9.2/a HTTP/1.1\n", "GET a?$filter=name eq 'x HTTP/1.1' HTTP/1.1"]), &["GET /api/data/v9.2/a ", "GET a?$filter=name eq 'x HTTP/1.1' "], "200 200 200");
    check("no part", TYPE, STOP, "--b--", &[], "200");
    check("Content-ID outside a change set", TYPE, STOP, &body(&["7|GET a HTTP/1.1\n"]), &["GET a "], "200 200=7");
    check("Content-ID among the request's headers", TYPE, STOP, &body(&["change set", "POST a HTTP/1.1\nContent-ID: 8\n\n{}", "end"]), &["begin", "POST a {}", "commit"], "200 ( 204=8 )");
}

#[test]
#[rustfmt::skip] // keeps the columns of the table
fn failures() {
    let parts = body(&["GET a HTTP/1.1\n", "GET missing HTTP/1.1\n", "GET b HTTP/1.1\n"]);
    check("stops at the first failure", TYPE, STOP, &parts, &["GET a ", "GET missing "], "404 200 404");
    check("or goes on", TYPE, GO_ON, &parts, &["GET a ", "GET missing ", "GET b "], "200 200 404 200");
    check("or goes on, as a preference with a value", TYPE, "odata.continue-on-error=true", &parts, &["GET a ", "GET missing ", "GET b "], "200 200 404 200");
    check("or does not go on", TYPE, "odata.continue-on-error=false", &parts, &["GET a ", "GET missing "], "404 200 404");
    let set = body(&["change set", "1|POST a HTTP/1.1\n\n{}", "2|PATCH missing HTTP/1.1\n\n{}", "3|POST a HTTP/1.1\n\n{}", "end", "GET b HTTP/1.1\n"]);
    check("a change set is rolled back", TYPE, STOP, &set, &["begin", "POST a {}", "PATCH missing {}", "roll back"], "404 404=2");
    check("and the batch goes on", TYPE, GO_ON, &set, &["begin", "POST a {}", "PATCH missing {}", "roll back", "GET b "], "200 404=2 200");
}

#[test]
#[rustfmt::skip] // keeps the columns of the table
fn references() {
    let after_one = |part: &str| body(&["change set", "1|POST accounts HTTP/1.1\n\n{}", &format!("2|{part}"), "end"]);
    for (case, part, done) in [
        ("whole URL", "PATCH $1 HTTP/1.1\n\n{\"a\":1.50}", "PATCH http://host/accounts(2) {\"a\":1.50}"),
        ("beginning of a URL", "POST $1/contacts/$ref HTTP/1.1\n\n{}", "POST http://host/accounts(2)/contacts/$ref {}"),
        ("URL with a query", "DELETE $1?a=b HTTP/1.1\n", "DELETE http://host/accounts(2)?a=b "),
        ("unknown reference in a URL", "PATCH $9 HTTP/1.1\n\n{}", "PATCH $9 {}"),
        ("longer number", "PATCH $12 HTTP/1.1\n\n{}", "PATCH $12 {}"),
        ("own number", "PATCH $2 HTTP/1.1\n\n{}", "PATCH $2 {}"),
        ("@odata.id", "PUT a/nav/$ref HTTP/1.1\n\n{\"@odata.id\":\"$1\"}", "PUT a/nav/$ref {\"@odata.id\":\"http://host/accounts(2)\"}"),
        ("beginning of a value", "POST a HTTP/1.1\n\n{\"x@odata.bind\":\"$1/nav\"}", "POST a {\"x@odata.bind\":\"http://host/accounts(2)/nav\"}"),
        ("list of records", "POST a HTTP/1.1\n\n{\"x@odata.bind\":[\"$1\",\"/b(1)\"]}", "POST a {\"x@odata.bind\":[\"http://host/accounts(2)\",\"/b(1)\"]}"),
        ("within an inner record", "POST a HTTP/1.1\n\n{\"x\":[{\"y@odata.bind\":\"$1\"}]}", "POST a {\"x\":[{\"y@odata.bind\":\"http://host/accounts(2)\"}]}"),
        ("data is no reference", "POST a HTTP/1.1\n\n{ \"name\": \"$1\" }", "POST a { \"name\": \"$1\" }"),
        ("unknown reference in a body", "POST a HTTP/1.1\n\n{\"x@odata.bind\": \"$9\"}", "POST a {\"x@odata.bind\": \"$9\"}"),
        ("body that is no JSON", "POST a HTTP/1.1\n\n{\"x@odata.bind\": \"$1", "POST a {\"x@odata.bind\": \"$1"),
    ] {
        check(case, TYPE, STOP, &after_one(part), &["begin", "POST accounts {}", done, "commit"], "200 ( 204=1 ( 204=2 )");
    }
    let two_sets = body(&["change set", "1|POST accounts HTTP/1.1\n\n{}", "end", "change set", "2|PATCH $1 HTTP/1.1\n\n{}", "end"]);
    check("not from another change set", TYPE, STOP, &two_sets, &["begin", "POST accounts {}", "commit", "begin", "PATCH $1 {}", "commit"], "200 ( 204=1 ) ( 204=2 )");
}

#[test]
#[rustfmt::skip] // keeps the columns of the table
fn refusals() {
    let read = "GET a HTTP/1.1\n";
    let write = "1|POST a HTTP/1.1\n\n{}";
    let (full, too_full) = (vec![read; 1000], vec![read; 1001]);
    check("as many as allowed", TYPE, STOP, &body(&full), &vec!["GET a "; 1000], &format!("200{}", " 200".repeat(1000)));
    for (case, content_type, body, message) in [
        ("too many", TYPE, body(&too_full), "The batch holds 1001 requests; at most 1000 are allowed."),
        ("too many, in change sets", TYPE, body(&[&full[..], &["change set", write, "end"]].concat()), "The batch holds 1001 requests; at most 1000 are allowed."),
        ("JSON", "application/json", body(&[read]), "A batch must be sent as 'multipart/mixed', but its Content-Type is 'application/json'."),
        ("no type", "", body(&[read]), "A batch must be sent as 'multipart/mixed', but its Content-Type is ''."),
        ("no boundary", "multipart/mixed", body(&[read]), "The Content-Type 'multipart/mixed' names no boundary."),
        ("empty boundary", "multipart/mixed; boundary=\"\"", body(&[read]), "The boundary '\"\"' is not 1 to 70 printable characters without blanks."),
        ("half a quote", "multipart/mixed; boundary=\"b", body(&[read]), "The boundary '\"b' is not 1 to 70 printable characters without blanks."),
        ("another boundary", "multipart/mixed; boundary=d", body(&[read]), "The body has no line '--d'."),
        ("empty body", TYPE, String::new(), "The body has no line '--b'."),
        ("cut body", TYPE, body(&[read, write]).replace("--b--", ""), "The body ends before the closing line '--b--'."),
        ("change set that is not closed", TYPE, body(&[read, "change set", write, "end"]).replace("--c--", ""), "The body ends before the closing line '--c--'."),
        ("read in a change set", TYPE, body(&[read, "change set", "1|GET a HTTP/1.1\n", "end"]), "An invalid HTTP method 'GET' was detected for a request in a change set; change sets take only POST, PUT, DELETE and PATCH."),
        ("change set without Content-ID", TYPE, body(&[read, "change set", "POST a HTTP/1.1\n\n{}", "end"]), "Content-ID header not present in a request of a change set."),
        ("the same Content-ID twice", TYPE, body(&[read, "change set", write, write, "end"]), "The Content-ID '1' stands more than once in a change set."),
        ("batch in a batch", TYPE, body(&[read, "POST /api/data/v9.2/$batch HTTP/1.1\n"]), "A batch must not hold another batch."),
        ("change set in a change set", TYPE, "--b\nContent-Type: multipart/mixed; boundary=c\n\n--c\nContent-Type: multipart/mixed; boundary=d\n\n--d--\n--c--\n--b--".to_owned(), "The Content-Type of a part must be 'application/http' in a change set, but it is 'multipart/mixed; boundary=d'."),
        ("part of no type", TYPE, "--b\n\nGET a HTTP/1.1\n--b--".to_owned(), "The Content-Type of a part must be 'application/http' or 'multipart/mixed', but it is ''."),
        ("line that is no header", TYPE, body(&["GET a HTTP/1.1\nAccept\n"]), "The line 'Accept' is not a header."),
        ("no request", TYPE, body(&[""]), "The request line '' must have the form 'METHOD URL HTTP/1.1'."),
        ("no version", TYPE, body(&["GET a"]), "The request line 'GET a' must have the form 'METHOD URL HTTP/1.1'."),
        ("no URL", TYPE, body(&["GET HTTP/1.1"]), "The request line 'GET HTTP/1.1' must have the form 'METHOD URL HTTP/1.1'."),
        ("other method", TYPE, body(&["MERGE a HTTP/1.1"]), "The method 'MERGE' is none of GET, POST, PATCH, PUT and DELETE."),
    ] {
        check(case, content_type, GO_ON, &body, &[], &format!("400 {message}"));
    }
}

#[test]
fn the_bytes_of_an_answer() {
    let body = body(&[
        "GET missing HTTP/1.1\n",
        "change set",
        "1|POST a HTTP/1.1\n\n{}",
        "end",
    ]);
    let answer = answer(&batch(TYPE, GO_ON, body), &mut Notes::default());
    // The boundaries are made from `b` and `c`.
    let (batch, set) = (
        "batchresponse_8b58a5a7-5d36-58ee-8fa4-1bd2be8f0998",
        "changesetresponse_053c2e8b-78a1-5f96-8978-21f95cdc89ed",
    );
    let expected = format!(
        "--{batch}\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\n\
         HTTP/1.1 404 Not Found\r\nContent-Type: application/json; odata.metadata=minimal\r\n\r\n\
         {{\"error\":{{\"code\":\"0x80040217\",\"message\":\"Does Not Exist\"}}}}\r\n\
         --{batch}\r\nContent-Type: multipart/mixed; boundary={set}\r\n\r\n\
         --{set}\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\
         Content-ID: 1\r\n\r\nHTTP/1.1 204 No Content\r\n\
         OData-EntityId: http://host/accounts(3)\r\n\r\n\r\n--{set}--\r\n--{batch}--\r\n"
    );
    assert_eq!(String::from_utf8(answer.body).unwrap(), expected);
    assert_eq!(
        answer.headers["content-type"],
        format!("multipart/mixed; boundary={batch}")
    );
}

#[test]
fn the_caller_of_the_batch_calls_its_parts() {
    for (headers, caller) in [("", "outer"), ("MSCRMCallerID: inner\n", "inner")] {
        let mut notes = Notes::default();
        let body = body(&[&format!("GET a HTTP/1.1\n{headers}")]);
        answer(&batch(TYPE, STOP, body), &mut notes);
        assert_eq!(notes.caller.as_deref(), Some(caller));
    }
}

#[test]
fn a_flood_of_headers_is_refused() {
    let mut flood = String::new();
    for number in 0..40_000 {
        writeln!(flood, "h{number}: 1").unwrap();
    }
    let body = body(&[&format!("GET a HTTP/1.1\n{flood}")]);
    let answer = answer(&batch(TYPE, STOP, body), &mut Notes::default());
    assert_eq!(shown(&answer), "400 A part has too many headers.");
}

proptest! {
    /// Whatever happens to a body on its way, it is answered, and a change set that was opened ends.
    #[test]
    fn mutated_bodies_are_answered(
        quoted in any::<bool>(),
        edits in vec((any::<u16>(), any::<u16>(), vec(any::<u8>(), 0..6)), 0..8),
    ) {
        let (content_type, text) = if quoted { (QUOTED_TYPE, QUOTED) } else { (BARE_TYPE, BARE) };
        let mut body = text.replace('\n', "\r\n").into_bytes();
        for (start, length, bytes) in edits {
            let start = usize::from(start) % (body.len() + 1);
            // Most edits are small; some take a large piece of the body with them.
            let length = if length % 8 == 0 { usize::from(length) % 600 } else { usize::from(length) % 3 };
            body.splice(start..(start + length).min(body.len()), bytes);
        }
        let mut notes = Notes::default();
        let answer = answer(&batch(content_type, STOP, body), &mut notes);
        assert!(!notes.open);
        assert!([200, 400, 404].contains(&answer.status.as_u16()));
        assert!(answer.status != 400 || notes.done.is_empty());
    }

    /// No Content-Type is too strange.
    #[test]
    fn any_content_type_is_answered(content_type in "(multipart/mixed)?[ -~]{0,40}", text in "[-b\r\n :]{0,40}") {
        answer(&batch(&content_type, STOP, text), &mut Notes::default());
    }
}
