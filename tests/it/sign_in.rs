//! Signing in to a live environment, over TLS: what a directory is asked, and what is said where it refuses.
//!
//! In: a directory and an environment on loopback behind a certificate of the tests' own, which asks the rehearsal
//! server or answers as a test wants; and the program itself, told by a variable whom to trust. Out: what was asked, and
//! how the program ended. Where trust comes from the system alone, there is nothing of this.

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::{Arc, Mutex};

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use tempfile::TempDir;

use crate::live::Live;
use crate::support::{copy, repository};

/// The certificate of an application, with its key.
pub(crate) const CERTIFICATE: &str = "tests/cases/sign_in/client.pem";

/// The certificate of loopback, with its key.
const LOOPBACK: &str = "tests/cases/sign_in/loopback.pem";

/// Who vouches for loopback.
const ISSUER: &str = "tests/cases/sign_in/issuer.pem";

/// Where nobody is.
pub(crate) const NOWHERE: &str = "https://127.0.0.1:1";

/// Whoever stands behind TLS on loopback.
pub(crate) struct Front {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Front {
    /// One that answers each request like this; it ends with the tests.
    fn start(answer: impl Fn(&str) -> Vec<u8> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (notes, config, answer) = (Arc::clone(&asked), config(), Arc::new(answer));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (notes, answer) = (Arc::clone(&notes), Arc::clone(&answer));
                let tls = ServerConnection::new(Arc::clone(&config)).unwrap();
                let mut stream = StreamOwned::new(tls, stream.unwrap());
                std::thread::spawn(move || {
                    // Who was looked for and hung up has asked nothing.
                    let Some(request) = request(&mut stream) else {
                        return;
                    };
                    notes.lock().unwrap().push(request.clone());
                    let _ = stream.write_all(&answer(&request));
                    stream.conn.send_close_notify();
                    let _ = stream.flush();
                });
            }
        });
        Self { address, asked }
    }

    /// One that lets the rehearsal server answer.
    pub(crate) fn of(rehearsal: SocketAddr) -> Self {
        Self::start(move |request| answered(request, rehearsal))
    }

    /// The same, where the first token that comes has lost its force before its time.
    fn that_ends_a_token(rehearsal: SocketAddr) -> Self {
        let first = Mutex::new(None);
        Self::start(move |request| {
            let bearer = request
                .lines()
                .find_map(|line| line.strip_prefix("authorization: Bearer "));
            let mut first = first.lock().unwrap();
            if let Some(bearer) = bearer
                && *first.get_or_insert_with(|| bearer.to_owned()) == bearer
            {
                let head =
                    "HTTP/1.1 401 Unauthorized\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
                return head.as_bytes().to_vec();
            }
            answered(request, rehearsal)
        })
    }

    /// One that refuses and says back all that it was sent.
    pub(crate) fn that_says_back() -> Self {
        Self::start(|request| {
            let said = serde_json::json!({
                "error": "invalid_client",
                "error_description": format!("AADSTS7000215: this was sent: {request}"),
                "error_codes": [7_000_215],
            });
            let said = said.to_string();
            let head = "HTTP/1.1 401 Unauthorized\r\nconnection: close\r\ncontent-length: ";
            format!("{head}{}\r\n\r\n{said}", said.len()).into_bytes()
        })
    }

    /// Its address.
    pub(crate) fn url(&self) -> String {
        format!("https://{}", self.address)
    }

    /// What it was asked, whole.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

/// What the rehearsal server answers.
fn answered(request: &str, rehearsal: SocketAddr) -> Vec<u8> {
    let more = "\r\nconnection: close\r\nx-forwarded-proto: https\r\n\r\n";
    let request = request.replacen("\r\n\r\n", more, 1);
    let mut stream = TcpStream::connect(rehearsal).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut reply = Vec::new();
    stream.read_to_end(&mut reply).unwrap();
    reply
}

fn config() -> Arc<ServerConfig> {
    let pem = fs::read(repository(LOOPBACK)).unwrap();
    let chain = CertificateDer::pem_slice_iter(&pem);
    let chain = chain.collect::<Result<Vec<_>, _>>().unwrap();
    let key = PrivateKeyDer::from_pem_slice(&pem).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider);
    let config = config.with_safe_default_protocol_versions().unwrap();
    let config = config.with_no_client_auth().with_single_cert(chain, key);
    Arc::new(config.unwrap())
}

/// Head and body of one request.
fn request(stream: &mut impl Read) -> Option<String> {
    let (mut request, mut more) = (Vec::new(), [0; 4096]);
    loop {
        let read = stream.read(&mut more).ok().filter(|read| *read > 0)?;
        request.extend_from_slice(&more[..read]);
        let text = String::from_utf8_lossy(&request);
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            continue;
        };
        let length = head.lines().find_map(|line| {
            let (name, value) = line.split_once(": ")?;
            name.eq_ignore_ascii_case("content-length")
                .then(|| value.parse().ok())?
        });
        if body.len() >= length.unwrap_or(0) {
            return Some(text.into_owned());
        }
    }
}

/// A project whose environment is live, at this address.
pub(crate) fn project(url: &str, sign_in: &str) -> TempDir {
    let project = tempfile::tempdir().unwrap();
    copy(&repository("samples/clean"), project.path());
    let manifest = project.path().join("cutover.toml");
    let text = fs::read_to_string(&manifest).unwrap();
    let from = "from = \"environment/\"\n";
    let live = format!("{from}url = \"{url}\"\nsign_in = \"{sign_in}\"\n");
    let text = text.replace(from, &live);
    fs::write(&manifest, text).unwrap();
    project
}

/// The program, with variables that say all about signing in but what a case adds.
pub(crate) fn program(words: &[&str], folder: &Path, more: &[(&str, &str)]) -> Command {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("cutover"));
    command.args(words).arg(folder).arg("--verbose");
    for name in [
        "CUTOVER_CLIENT_SECRET",
        "CUTOVER_CLIENT_SECRET_FILE",
        "CUTOVER_CLIENT_CERTIFICATE_FILE",
    ] {
        command.env_remove(name);
    }
    command.envs([
        ("CUTOVER_TENANT", "11111111-1111-4111-8111-111111111111"),
        ("CUTOVER_CLIENT_ID", "22222222-2222-4222-8222-222222222222"),
        ("SSL_CERT_FILE", repository(ISSUER).to_str().unwrap()),
        ("RUST_LOG", "trace"),
        ("RUST_BACKTRACE", "full"),
    ]);
    command.envs(more.iter().copied());
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

#[test]
fn an_environment_is_pulled_by_secret_and_by_certificate() {
    let live = Live::of("samples/clean", "0");
    let file = repository(CERTIFICATE);
    let pulled = |sign_in, name, value: &str| {
        let front = Front::of(live.rehearsal.address());
        let project = project(&front.url(), sign_in);
        let variables = [("AZURE_AUTHORITY_HOST", &*front.url()), (name, value)];
        let ended = program(&["pull"], project.path(), &variables)
            .output()
            .unwrap();
        let said = String::from_utf8(ended.stderr).unwrap();
        assert_eq!(ended.status.code(), Some(0), "{sign_in}: {said}");
        assert!(said.contains("users: "), "{said}");
        let asked = front.asked();
        let is_form = |request: &&String| request.starts_with("POST ");
        let forms: Vec<&String> = asked.iter().filter(is_form).collect();
        assert_eq!(
            forms.len(),
            1,
            "one token is enough, and nothing else is posted"
        );
        let path = "POST /11111111-1111-4111-8111-111111111111/oauth2/v2.0/token ";
        assert!(forms[0].starts_with(path), "{}", forms[0]);
        assert!(
            forms[0].contains("scope=https%3A%2F%2F127.0.0.1%2F.default"),
            "{}",
            forms[0]
        );
        let bears = |request: &&String| {
            request
                .to_lowercase()
                .contains("\r\nauthorization: bearer rehearsal-")
        };
        assert_eq!(asked.iter().filter(bears).count(), asked.len() - 1);
        forms[0].clone()
    };
    pulled("secret", "CUTOVER_CLIENT_SECRET", "s3cret");
    let path = file.to_str().unwrap();
    let form = pulled("certificate", "CUTOVER_CLIENT_CERTIFICATE_FILE", path);
    assert!(!form.contains("client_secret") && form.contains("client_assertion="));
}

#[test]
fn a_token_that_has_lost_its_force_is_asked_for_anew() {
    let live = Live::of("samples/clean", "0");
    let file = repository(CERTIFICATE);
    let pulled = |sign_in, name, value: &str| {
        let front = Front::that_ends_a_token(live.rehearsal.address());
        let project = project(&front.url(), sign_in);
        let variables = [("AZURE_AUTHORITY_HOST", &*front.url()), (name, value)];
        let ended = program(&["pull"], project.path(), &variables)
            .output()
            .unwrap();
        let said = String::from_utf8(ended.stderr).unwrap();
        assert_eq!(ended.status.code(), Some(0), "{sign_in}: {said}");
        let asked = front.asked();
        let forms = asked.iter().filter(|request| request.starts_with("POST "));
        assert_eq!(forms.count(), 2, "{sign_in}");
    };
    pulled("secret", "CUTOVER_CLIENT_SECRET", "s3cret");
    let path = file.to_str().unwrap();
    pulled("certificate", "CUTOVER_CLIENT_CERTIFICATE_FILE", path);
}

#[test]
fn who_is_not_let_in_is_told_why_and_what_to_do() {
    let live = Live::of("samples/clean", "0");
    let directory = Front::of(live.rehearsal.address()).url();
    let folder = tempfile::tempdir().unwrap();
    let pem = folder.path().join("client.pem");
    let text = fs::read_to_string(repository(CERTIFICATE)).unwrap();
    fs::write(&pem, text.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY")).unwrap();
    let (locked, file) = (pem.to_str().unwrap(), repository(CERTIFICATE));
    let certificate = |path| ("CUTOVER_CLIENT_CERTIFICATE_FILE", path);
    let file = certificate(file.to_str().unwrap());
    let authority = |url| ("AZURE_AUTHORITY_HOST", url);
    let wrong = [authority(&*directory), ("CUTOVER_CLIENT_SECRET", "wrong")];
    let words = [
        "sign-in failed",
        "AADSTS7000215",
        "that the secret has not expired",
    ];
    check("secret", &wrong, 5, &words);
    let words = [
        "neither `CUTOVER_CLIENT_SECRET_FILE` nor `CUTOVER_CLIENT_SECRET` is set",
        "`[environment] sign_in`",
    ];
    check("secret", &[], 2, &words);
    let blank = folder.path().join("blank.txt");
    fs::write(&blank, " \r\n").unwrap();
    let blank = blank.to_str().unwrap();
    let words = [blank, "is blank; expected the application's secret"];
    let named = [("CUTOVER_CLIENT_SECRET_FILE", blank)];
    check("secret", &named, 2, &words);
    let refusing = Front::that_says_back().url();
    let words = [
        "sign-in failed",
        "certificate is registered",
        "clock is right",
    ];
    check("certificate", &[file, authority(&refusing)], 5, &words);
    check(
        "certificate",
        &[],
        2,
        &["`CUTOVER_CLIENT_CERTIFICATE_FILE` is not set"],
    );
    check(
        "certificate",
        &[certificate("/none.pem")],
        2,
        &["`/none.pem`: the certificate cannot be read"],
    );
    let words = [
        locked,
        "its private key is encrypted",
        "`openssl pkcs8 -topk8 -nodes",
    ];
    check("certificate", &[certificate(locked)], 2, &words);
    check(
        "certificate",
        &[file, ("CUTOVER_TENANT", " ")],
        2,
        &["`CUTOVER_TENANT` is not set"],
    );
    let words = ["`AZURE_AUTHORITY_HOST` is `http://127.0.0.1:80`, expected"];
    check(
        "certificate",
        &[file, authority("http://127.0.0.1:80")],
        2,
        &words,
    );
    check("card", &[], 2, &["unknown variant `card`", "`certificate`"]);
}

#[track_caller]
fn check(sign_in: &str, variables: &[(&str, &str)], code: i32, says: &[&str]) {
    let project = project(NOWHERE, sign_in);
    let Output { status, stderr, .. } = program(&["pull"], project.path(), variables)
        .output()
        .unwrap();
    let said = String::from_utf8(stderr).unwrap();
    assert_eq!(status.code(), Some(code), "{said}");
    for words in says {
        assert!(said.contains(words), "does not say `{words}`: {said}");
    }
    assert!(!project.path().join("environment.sqlite").exists());
}
