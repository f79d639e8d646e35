//! The rehearsal server over the wire: loopback, tokens, faults, and a log of what was written.
//!
//! In: the environment of a sample, served. Out: what comes back over a plain connection. What the Web API
//! answers to which request is told in the room itself, and by clients of other people in `tests/clients`.

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::time::Duration;

use cutover::environment::EnvironmentFile;
use cutover::rehearse::{Limits, Rehearsal, Settings, Switches};

use cutover::model::StopSignal;
use cutover::run::{Answer, Format, RehearseRequest};

use crate::support::{copy, repository, run, run_until};

/// The sample, loaded, in a folder of its own.
fn environment(folder: &Path) -> PathBuf {
    copy(&repository("samples/clean"), folder);
    run(|console| cutover::run::load(folder, false, console));
    folder.join("environment.sqlite")
}

fn settings(file: PathBuf) -> Settings {
    Settings {
        file,
        is_a_copy: true,
        port: 0,
        latency: Duration::ZERO,
        limits: Limits::Off,
        faults: "0".parse().unwrap(),
        seed: 1,
        switches: Switches::default(),
        secret: "s3cret".to_owned(),
        log: None,
    }
}

/// Sends one request and reads until the connection ends; what came.
fn sent(address: SocketAddr, request: &str, token: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    let text = format!(
        "{request} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\n\
         Connection: close\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(text.as_bytes()).unwrap();
    let mut answer = Vec::new();
    // A connection that is cut has brought what it has brought.
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

const WHO_AM_I: &str = "GET /api/data/v9.2/WhoAmI";

#[test]
fn only_a_token_opens_it() {
    let folder = tempfile::tempdir().unwrap();
    let rehearsal = Rehearsal::start(settings(environment(folder.path()))).unwrap();
    let address = rehearsal.address();
    assert!(address.ip().is_loopback());
    let form = |secret: &str| {
        let form = format!("grant_type=client_credentials&client_id=x&client_secret={secret}");
        sent(address, "POST /tenant/oauth2/v2.0/token", "", &form)
    };
    assert!(sent(address, WHO_AM_I, "no", "").starts_with("HTTP/1.1 401"));
    assert!(form("wrong").contains("invalid_client"));
    let given = form("s3cret");
    let token = given.split("\"access_token\":\"").nth(1).unwrap();
    let token = token.split('"').next().unwrap();
    assert!(sent(address, WHO_AM_I, token, "").contains("\"UserId\""));
    assert!(sent(address, WHO_AM_I, "rehearsal", "").contains("x-ms-dop-hint: 5"));
    assert!(!given.contains("s3cret"), "the secret is never said");
    rehearsal.stop().unwrap();
}

#[test]
fn what_is_written_stands_in_the_file_and_in_the_log() {
    let folder = tempfile::tempdir().unwrap();
    let file = environment(folder.path());
    let log = folder.path().join("log");
    let rehearsal = Rehearsal::start(Settings {
        log: Some(log.clone()),
        ..settings(file.clone())
    });
    let rehearsal = rehearsal.unwrap();
    let address = rehearsal.address();
    let ask = |request: &str, body: &str| sent(address, request, "rehearsal", body);
    ask("GET /api/data/v9.2/systemusers", "");
    ask("GET /api/data/v9.2/accounts?$filter=name%20eq%20'x'", "");
    assert_eq!(
        fs::read_to_string(&log).unwrap(),
        "",
        "questions write nothing"
    );
    let row = "accounts(00000000-0000-4000-8000-000000000001)";
    let put = ask(&format!("PATCH /api/data/v9.2/{row}"), "{\"name\":\"New\"}");
    assert!(put.starts_with("HTTP/1.1 204"), "{put}");
    let owner = "{\"ownerid@odata.bind\":\"/systemusers(611cb0a5-f831-48ac-9cff-63058b8a1b6a)\"}";
    let assigned = ask(&format!("PATCH /api/data/v9.2/{row}"), owner);
    assert!(assigned.starts_with("HTTP/1.1 204"), "{assigned}");
    let refused = ask("POST /api/data/v9.2/accounts", "{\"nothing\":1}");
    assert!(refused.starts_with("HTTP/1.1 400"), "{refused}");
    let lines = fs::read_to_string(&log).unwrap();
    let whats = lines.lines().map(|line| line.split("\"what\":\"").nth(1));
    let whats = whats.map(|what| what.and_then(|what| what.split('"').next()));
    let whats: Vec<&str> = whats.map(|what| what.unwrap_or("?")).collect();
    assert_eq!(whats, ["create", "assign"], "{lines}");
    assert!(lines.contains("00000000-0000-4000-8000-000000000001"));
    let before = EnvironmentFile::open(&file)
        .unwrap()
        .record_count("account");
    rehearsal.stop().unwrap();
    let after = EnvironmentFile::open(&file)
        .unwrap()
        .record_count("account");
    assert_eq!(before.unwrap(), after.unwrap());
}

#[test]
fn ids_made_up_are_not_those_of_an_earlier_run() {
    let folder = tempfile::tempdir().unwrap();
    let file = environment(folder.path());
    for run in 1..=2 {
        let rehearsal = Rehearsal::start(settings(file.clone())).unwrap();
        let request = "POST /api/data/v9.2/accounts";
        let answer = sent(
            rehearsal.address(),
            request,
            "rehearsal",
            "{\"name\":\"New\"}",
        );
        assert!(answer.starts_with("HTTP/1.1 204"), "run {run}: {answer}");
        rehearsal.stop().unwrap();
    }
}

#[test]
fn faults_come_as_planned() {
    let answers = |seed| {
        let folder = tempfile::tempdir().unwrap();
        let rehearsal = Rehearsal::start(Settings {
            faults: "50%".parse().unwrap(),
            seed,
            ..settings(environment(folder.path()))
        });
        let address = rehearsal.as_ref().unwrap().address();
        let statuses = (0..40).map(|_| {
            let answer = sent(address, WHO_AM_I, "rehearsal", "");
            let is_whole = answer.ends_with('}') || answer.ends_with("</html>");
            (answer.chars().skip(9).take(3).collect::<String>(), is_whole)
        });
        statuses.collect::<Vec<_>>()
    };
    let (one, again, other) = (answers(1), answers(1), answers(2));
    assert_eq!(one, again, "a seed decides");
    assert_ne!(one, other, "another one otherwise");
    for status in ["200", "401", "429", "502", "503", "504", ""] {
        assert!(
            one.iter().any(|(met, _)| met == status),
            "{status}: {one:?}"
        );
    }
    let is_half = |(status, is_whole): &(String, bool)| status == "200" && !is_whole;
    assert!(one.iter().any(is_half), "half a body: {one:?}");
}

/// Which port was free is for programs to read; what people read is apart from it.
#[test]
fn the_address_is_data() {
    let folder = tempfile::tempdir().unwrap();
    environment(folder.path());
    let request = RehearseRequest {
        folder: folder.path(),
        port: 0,
        latency: Duration::ZERO,
        limits: Limits::Off,
        faults: "0".parse().unwrap(),
        seed: 1,
        switches: Switches::default(),
        secret_file: None,
        in_place: false,
        log: None,
    };
    for (format, before, after) in [
        (Format::Text, "http://", "\n"),
        (Format::Json, "{\"url\":\"http://", "\"}\n"),
        (Format::Csv, "url\nhttp://", "\n"),
    ] {
        let stop = StopSignal::default();
        stop.ask();
        let ended = run_until(&stop, format, Answer::No, |console| {
            console.quiet = format == Format::Json;
            cutover::run::rehearse(&request, console)
        });
        let address = ended.out.strip_prefix(before);
        let address = address.and_then(|rest| rest.strip_suffix(after));
        let address: SocketAddr = address.expect(&ended.out).parse().unwrap();
        assert!(address.ip().is_loopback() && address.port() != 0);
        assert_eq!(
            ended.err.contains("end with Ctrl-C"),
            format != Format::Json
        );
    }
}
