//! A planted secret is found nowhere: not in what is said, not in any file, in no writing of it.
//!
//! In: the program, at its most talkative, with an unusual secret in its environment or in a file. Out: every byte
//! that it printed or wrote, searched for the secret as it is, in UTF-16, base64, hexadecimal and as forms encode it;
//! what is packed or encoded in columns is unpacked first.

use std::fs;
use std::io::{BufRead, BufReader, Cursor, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Output;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use parquet::file::reader::{FileReader, SerializedFileReader};

use crate::live::Live;
use crate::sign_in::{CERTIFICATE, Front, NOWHERE, program, project};
use crate::support::{copy, document, repository};

/// Nothing else looks like it; a form encodes some of it.
const PLANTED: &str = "Zq7~vK.92/xW_pl4nted+Jt3Rb=0mN&yH!e";

/// What is run on a project of a live environment before it is written to, and how it ends.
const LIVE: &[(&[&str], i32)] = &[
    (&["load"], 0),
    (&["pull"], 0),
    (&["plan"], 0),
    (&["plan", "--format", "json"], 0),
    (&["show"], 0),
    (&["show", "--format", "json"], 0),
];

/// What is run on a project of an environment file.
const EMBEDDED: &[(&[&str], i32)] = &[
    (&["load"], 0),
    (&["plan"], 0),
    (&["apply", "--yes"], 0),
    (&["verify"], 0),
    (&["undo", "--yes"], 0),
];

/// The ways in which a text can stand in bytes.
fn writings(secret: &str) -> Vec<(&'static str, Vec<u8>)> {
    let bytes = secret.as_bytes();
    let units = || secret.encode_utf16();
    let hex: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let hex = hex.concat();
    let form = percent_encoding::utf8_percent_encode(secret, percent_encoding::NON_ALPHANUMERIC);
    let form = form.to_string().replace("%2E", ".").replace("%5F", "_");
    let mut writings = vec![
        ("as it is", bytes.to_vec()),
        ("UTF-16", units().flat_map(u16::to_le_bytes).collect()),
        (
            "UTF-16, big end first",
            units().flat_map(u16::to_be_bytes).collect(),
        ),
        (
            "in capitals of hexadecimal",
            hex.to_uppercase().into_bytes(),
        ),
        ("hexadecimal", hex.into_bytes()),
        ("a form", form.into_bytes()),
        ("JSON", secret.replace('/', "\\/").into_bytes()),
        ("HTML", secret.replace('&', "&amp;").into_bytes()),
    ];
    for skipped in 0..3 {
        // Of three bytes each, wherever the text begins; what neighbours have a part in is left out.
        let inner = &bytes[skipped..];
        let inner = &inner[..inner.len() / 3 * 3];
        writings.push(("base64", STANDARD_NO_PAD.encode(inner).into_bytes()));
        writings.push(("base64 of URLs", URL_SAFE_NO_PAD.encode(inner).into_bytes()));
    }
    writings
}

/// The writings of secrets that stand somewhere in bytes.
fn found(secrets: &[&str], bytes: &[u8]) -> Vec<&'static str> {
    let writings = secrets.iter().flat_map(|secret| writings(secret));
    let found = writings.filter(|(_, writing)| memchr::memmem::find(bytes, writing).is_some());
    found.map(|(name, _)| name).collect()
}

#[track_caller]
fn in_output(secrets: &[&str], what: &str, output: &Output) {
    for bytes in [&output.stdout, &output.stderr] {
        let found = found(secrets, bytes);
        assert!(found.is_empty(), "{what} says a secret: {found:?}");
    }
}

/// Searches every file of a folder, hidden ones too.
#[track_caller]
fn in_folder(secrets: &[&str], folder: &Path) {
    let (mut folders, mut files) = (vec![folder.to_path_buf()], 0);
    while let Some(within) = folders.pop() {
        for entry in fs::read_dir(within).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            files += 1;
            for (part, bytes) in parts(&path) {
                let found = found(secrets, &bytes);
                assert!(
                    found.is_empty(),
                    "{} {part} holds a secret: {found:?}",
                    path.display()
                );
            }
        }
    }
    assert!(files > 5, "{files}");
}

/// A file's bytes, and what is packed in it: members of workbooks, cells of Parquet files.
fn parts(path: &Path) -> Vec<(String, Vec<u8>)> {
    let bytes = fs::read(path).unwrap();
    let mut parts = vec![(String::new(), bytes.clone())];
    if bytes.starts_with(b"PK") {
        let mut members = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
        for index in 0..members.len() {
            let mut member = members.by_index(index).unwrap();
            let mut inner = Vec::new();
            member.read_to_end(&mut inner).unwrap();
            parts.push((member.name().unwrap().into_owned(), inner));
        }
    } else if bytes.starts_with(b"PAR1") {
        let file = SerializedFileReader::new(fs::File::open(path).unwrap()).unwrap();
        let rows = file.get_row_iter(None).unwrap();
        let rows: Vec<String> = rows.map(|row| row.unwrap().to_string()).collect();
        parts.push(("rows".to_owned(), rows.join("\n").into_bytes()));
    }
    parts
}

#[test]
fn the_search_finds_what_is_planted() {
    let folder = tempfile::tempdir().unwrap();
    let search = |bytes: &[u8]| found(&[PLANTED], bytes);
    assert!(search(b"Zq7 pl4nted").is_empty());
    for (name, writing) in writings(PLANTED) {
        let within = [b"some\0bytes".as_slice(), &writing, b"\xff"].concat();
        assert!(search(&within).contains(&name), "{name}");
    }
    for before in ["", "a", "ab", "abc"] {
        let encoded = STANDARD_NO_PAD.encode(format!("{before}{PLANTED}and more"));
        assert!(search(encoded.as_bytes()).contains(&"base64"), "{before}");
    }
    let path = folder.path().join("book.xlsx");
    let mut book = zip::ZipWriter::new(fs::File::create(&path).unwrap());
    let packed = zip::write::SimpleFileOptions::default();
    book.start_file("sheet.xml", packed).unwrap();
    book.write_all(format!("{PLANTED}{PLANTED}").as_bytes())
        .unwrap();
    book.finish().unwrap();
    let parts = parts(&path);
    let parts: Vec<bool> = parts
        .iter()
        .map(|(_, bytes)| search(bytes).is_empty())
        .collect();
    assert_eq!(parts, [true, false], "what is packed is unpacked");
}

#[test]
fn a_secret_that_lets_in_is_nowhere() {
    let served = tempfile::tempdir().unwrap();
    copy(&repository("samples/clean"), served.path());
    let variables = [("CUTOVER_CLIENT_SECRET", PLANTED)];
    all_of(EMBEDDED, served.path(), &variables);
    let live = Live::with_secret("samples/clean", "0", PLANTED);
    let front = Front::of(live.rehearsal.address());
    let project = project(&front.url(), "secret");
    let url = front.url();
    let variables = [
        ("AZURE_AUTHORITY_HOST", &*url),
        ("CUTOVER_CLIENT_SECRET", PLANTED),
    ];
    all_of(LIVE, project.path(), &variables);
    assert_eq!(live.log(), "");
    let seal = document(project.path()).seal;
    let host = url.trim_start_matches("https://").trim_end_matches('/');
    let by_name = |command| [command, "--target", host, "--seal", &*seal];
    let (apply, undo) = (by_name("apply"), by_name("undo"));
    let written: [(&[&str], i32); 3] = [(&apply, 0), (&["verify"], 0), (&undo, 0)];
    all_of(&written, project.path(), &variables);
    assert_ne!(live.log(), "");
    let form = front
        .asked()
        .into_iter()
        .find(|request| request.starts_with("POST "));
    let sent = found(&[PLANTED], form.unwrap().as_bytes());
    assert_eq!(sent, ["a form"], "it was sent, and as forms are");
}

/// Runs commands one after another on a project, and searches what they say and leave.
#[track_caller]
fn all_of(commands: &[(&[&str], i32)], folder: &Path, variables: &[(&str, &str)]) {
    for (words, code) in commands {
        let output = program(words, folder, variables).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(*code), "{words:?}: {said}");
        assert!(
            said.contains("read: "),
            "{words:?} is not talkative: {said}"
        );
        if words[0] == "pull" {
            assert!(said.contains("GET /api/data/v9.2/WhoAmI: 200"), "{said}");
        }
        in_output(&[PLANTED], words[0], &output);
    }
    in_folder(&[PLANTED], folder);
}

#[test]
fn a_secret_is_nowhere_after_a_sign_in_that_fails() {
    let secrets = tempfile::tempdir().unwrap();
    let file = secrets.path().join("secret.txt");
    fs::write(&file, format!("{PLANTED}\n")).unwrap();
    let certificate = repository(CERTIFICATE);
    let pem = fs::read_to_string(&certificate).unwrap();
    let key = pem.lines().skip_while(|line| !line.contains("PRIVATE KEY"));
    let key: Vec<&str> = key.filter(|line| line.len() == 64).collect();
    assert!(key.len() > 20);
    let live = Live::of("samples/clean", "0");
    let refusing = Front::of(live.rehearsal.address());
    let echoes = [(); 3].map(|()| Front::that_says_back());
    let (file, certificate) = (file.to_str().unwrap(), certificate.to_str().unwrap());
    let by_secret = ("secret", "CUTOVER_CLIENT_SECRET", PLANTED);
    let by_file = ("secret", "CUTOVER_CLIENT_SECRET_FILE", file);
    let by_certificate = (
        "certificate",
        "CUTOVER_CLIENT_CERTIFICATE_FILE",
        certificate,
    );
    let cases = [
        (NOWHERE.to_owned(), by_secret),
        (refusing.url(), by_secret),
        (echoes[0].url(), by_secret),
        (echoes[1].url(), by_file),
        (echoes[2].url(), by_certificate),
    ];
    // All at once: who meets silence asks on for most of a minute.
    let started = cases.map(|(authority, (sign_in, name, value))| {
        let project = project(NOWHERE, sign_in);
        let variables = [("AZURE_AUTHORITY_HOST", &*authority), (name, value)];
        let child = program(&["pull"], project.path(), &variables)
            .spawn()
            .unwrap();
        (project, child)
    });
    let ended = started.map(|(project, child)| (project, child.wait_with_output().unwrap()));
    let asked = echoes[2].asked();
    let assertion = asked[0].split("client_assertion=").nth(1).unwrap();
    let assertion = assertion.split('&').next().unwrap();
    assert_eq!(assertion.split('.').count(), 3);
    let hidden = [&[PLANTED, assertion], &*key].concat();
    for (index, (project, output)) in ended.iter().enumerate() {
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(5), "{index}: {said}");
        assert!(said.contains("sign-in failed"), "{index}: {said}");
        assert!(
            index < 2 || said.contains("this was sent: POST /"),
            "{index}: {said}"
        );
        in_output(&hidden, "pull", output);
        in_folder(&hidden, project.path());
    }
}

#[test]
fn the_secret_of_a_rehearsal_is_nowhere() {
    let secrets = tempfile::tempdir().unwrap();
    let file: PathBuf = secrets.path().join("secret.txt");
    fs::write(&file, format!("{PLANTED}\r\n")).unwrap();
    let project = tempfile::tempdir().unwrap();
    copy(&repository("samples/clean"), project.path());
    let log = project.path().join("log");
    let words = ["rehearse", "--port", "0", "--in-place"];
    let files = [
        "--secret-file",
        file.to_str().unwrap(),
        "--log",
        log.to_str().unwrap(),
    ];
    let words = [&words[..], &files].concat();
    let mut child = program(&words, project.path(), &[]).spawn().unwrap();
    let mut said = BufReader::new(child.stdout.take().unwrap());
    let mut first = String::new();
    said.read_line(&mut first).unwrap();
    let address = first.trim_end().strip_prefix("http://").unwrap();
    let ask = |secret: &str| {
        let secret =
            percent_encoding::utf8_percent_encode(secret, percent_encoding::NON_ALPHANUMERIC);
        let form = format!("grant_type=client_credentials&client_id=x&client_secret={secret}");
        let mut stream = TcpStream::connect(address).unwrap();
        let length = form.len();
        let head = "POST /t/oauth2/v2.0/token HTTP/1.1\r\nhost: x\r\nconnection: close";
        write!(stream, "{head}\r\ncontent-length: {length}\r\n\r\n{form}").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    };
    let (given, refused) = (ask(PLANTED), ask("another"));
    child.kill().unwrap();
    let mut rest = Vec::new();
    said.read_to_end(&mut rest).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(given.contains("access_token"), "{given}");
    assert!(refused.contains("AADSTS7000215"), "{refused}");
    let all = [
        given.as_bytes(),
        refused.as_bytes(),
        first.as_bytes(),
        &rest,
    ]
    .concat();
    assert_eq!(found(&[PLANTED], &all), [""; 0]);
    in_output(&[PLANTED], "rehearse", &output);
    in_folder(&[PLANTED], project.path());
}
