//! The certificate of an application, in place of a secret.
//!
//! In: a PEM file with a certificate and its private key. Out: assertions, each a short-lived JWT that only the holder
//! of the key can sign, as the directory asks for them (PS256, found by `x5t#S256`:
//! learn.microsoft.com/entra/identity-platform/certificate-credentials). Signing is `ring`'s, which TLS brings along;
//! the identity crate's own way needs OpenSSL. Neither key nor assertion is ever in an error or a `Debug`; when a
//! certificate ends is the directory's to say.

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use azure_core::http::ClientMethodOptions;
use azure_identity::ClientAssertion;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest;
use ring::rand::SystemRandom;
use ring::signature::{RSA_PSS_SHA256, RsaKeyPair};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use serde_json::json;
use uuid::Uuid;

use crate::target::dataverse::DataverseError;

/// How long an assertion holds: the directory advises ten minutes at most.
const HOLDS: Duration = Duration::from_mins(10);

/// What a text in UTF-8 may begin with.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// A certificate and its private key.
pub(super) struct Certificate {
    key: RsaKeyPair,
    /// SHA-256 of the certificate, by which the directory finds it.
    thumbprint: String,
}

/// Why a file cannot be used.
struct Unfit {
    found: String,
    cure: &'static str,
}

impl Unfit {
    fn new(found: impl Into<String>, cure: &'static str) -> Self {
        let found = found.into();
        Self { found, cure }
    }
}

const FROM_PFX: &str = "`openssl pkcs12 -in client.pfx -out client.pem -nodes` makes one of a PFX";
const TO_PKCS8: &str = "`openssl pkcs8 -topk8 -nodes -in client.pem -out key.pem` makes such a key of it; put the \
                        certificate into the same file";
const ANOTHER: &str = "make an RSA key and its certificate, and register that with the application";
const BOTH: &str =
    "put the certificate that is registered with the application, and its key, into one file";

/// Other sections that hold a private key: the label, what it is, and what makes the right one of it.
const OTHER_KEYS: [(&str, &str, &str); 4] = [
    (
        "ENCRYPTED PRIVATE KEY",
        "its private key is encrypted",
        TO_PKCS8,
    ),
    (
        "RSA PRIVATE KEY",
        "its private key is in the older format PKCS#1",
        TO_PKCS8,
    ),
    (
        "EC PRIVATE KEY",
        "its private key is one of an elliptic curve",
        ANOTHER,
    ),
    (
        "OPENSSH PRIVATE KEY",
        "its private key is in the format of OpenSSH",
        ANOTHER,
    ),
];

impl Certificate {
    /// Reads a PEM file.
    pub(super) fn read(path: &Path) -> Result<Self, DataverseError> {
        let path_buf = || path.to_path_buf();
        let bytes = std::fs::read(path).map_err(|source| DataverseError::CertificateFile {
            path: path_buf(),
            source,
        })?;
        Self::of(&bytes).map_err(|Unfit { found, cure }| DataverseError::Certificate {
            path: path_buf(),
            found,
            cure,
        })
    }

    fn of(bytes: &[u8]) -> Result<Self, Unfit> {
        let bytes = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes);
        let key = key(bytes)?;
        let certificates = sections::<CertificateDer<'_>>(bytes)?;
        if certificates.is_empty() {
            return Err(Unfit::new(
                "it holds a private key and no certificate",
                BOTH,
            ));
        }
        // A certificate holds its public key as the key pair writes it; those of issuers hold others.
        let public = key.public().as_ref();
        let own = certificates
            .iter()
            .find(|certificate| memchr::memmem::find(certificate, public).is_some());
        let Some(own) = own else {
            let found = "its private key belongs to none of its certificates";
            return Err(Unfit::new(found, BOTH));
        };
        let thumbprint = URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, own));
        Ok(Self { key, thumbprint })
    }

    /// An assertion that this client asks this audience, told apart from all others by its id.
    fn assertion(&self, client: &str, audience: &str, now: Duration, id: Uuid) -> Option<String> {
        let header = json!({ "alg": "PS256", "typ": "JWT", "x5t#S256": self.thumbprint });
        let claims = json!({
            "aud": audience,
            "iss": client,
            "sub": client,
            "jti": id,
            "nbf": now.as_secs(),
            "exp": (now + HOLDS).as_secs(),
        });
        let encoded = [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
        let message = encoded.join(".");
        let mut signature = vec![0; self.key.public().modulus_len()];
        let random = SystemRandom::new();
        let signed = self
            .key
            .sign(&RSA_PSS_SHA256, &random, message.as_bytes(), &mut signature);
        signed.ok()?;
        Some(format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }
}

/// The private key of a PEM file.
fn key(bytes: &[u8]) -> Result<RsaKeyPair, Unfit> {
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        let found = "it is a text in UTF-16, which PEM is not";
        return Err(Unfit::new(found, "save it as UTF-8 or ASCII"));
    }
    let keys = sections::<PrivatePkcs8KeyDer<'_>>(bytes)?;
    match keys.as_slice() {
        [key] => RsaKeyPair::from_pkcs8(key.secret_pkcs8_der()).map_err(|rejected| {
            let found = format!("its private key is no such RSA key ({rejected})");
            Unfit::new(found, ANOTHER)
        }),
        [] => Err(no_key(bytes)),
        several => Err(Unfit::new(
            format!("it holds {} private keys", several.len()),
            BOTH,
        )),
    }
}

/// What is there in place of the key that is asked for.
fn no_key(bytes: &[u8]) -> Unfit {
    let other = OTHER_KEYS.into_iter().find(|(label, ..)| has(bytes, label));
    match other {
        Some((_, found, cure)) => Unfit::new(found, cure),
        None if has(bytes, "CERTIFICATE") => {
            Unfit::new("it holds a certificate and no private key", BOTH)
        }
        None => Unfit::new("nothing in it is PEM (`-----BEGIN ...`)", FROM_PFX),
    }
}

fn has(bytes: &[u8], label: &str) -> bool {
    memchr::memmem::find(bytes, format!("-----BEGIN {label}-----").as_bytes()).is_some()
}

/// The sections of one kind.
fn sections<T: PemObject>(bytes: &[u8]) -> Result<Vec<T>, Unfit> {
    let sections: Result<_, _> = T::pem_slice_iter(bytes).collect();
    // What the parser says may quote what it met.
    sections.map_err(|_| {
        // The older format has headers where a password is, which no parser takes for base64.
        if memchr::memmem::find(bytes, b"4,ENCRYPTED").is_some() {
            let (_, found, cure) = OTHER_KEYS[0];
            return Unfit::new(found, cure);
        }
        Unfit::new("a section of it is damaged", "export it again")
    })
}

/// What the identity crate asks for an assertion each time it needs one.
#[derive(Clone)]
pub(super) struct Assertions {
    /// What signs them.
    pub(super) certificate: Arc<Certificate>,
    /// The application.
    pub(super) client: String,
    /// Where they are shown.
    pub(super) audience: String,
}

impl fmt::Debug for Assertions {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Assertions").finish_non_exhaustive()
    }
}

#[async_trait]
impl ClientAssertion for Assertions {
    async fn secret(&self, _: Option<ClientMethodOptions<'_>>) -> azure_core::Result<String> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let (now, id) = (now.unwrap_or_default(), Uuid::new_v4());
        let assertion = self
            .certificate
            .assertion(&self.client, &self.audience, now, id);
        assertion.ok_or_else(|| {
            let words = "the private key of the certificate does not sign";
            azure_core::Error::with_message(azure_core::error::ErrorKind::Credential, words)
        })
    }
}

#[cfg(test)]
mod tests {
    use ring::signature::{RSA_PSS_2048_8192_SHA256, UnparsedPublicKey};
    use rustls::server::ParsedCertificate;
    use serde_json::Value;

    use super::*;

    /// A certificate and its key, another's certificate, and both of an elliptic curve; nobody else trusts them.
    const CLIENT: &str = include_str!("../../../../tests/cases/sign_in/client.pem");
    const STRANGER: &str = include_str!("../../../../tests/cases/sign_in/stranger.pem");
    const CURVE: &str = include_str!("../../../../tests/cases/sign_in/curve.pem");

    /// What stands before an RSA key of 2048 bits in a certificate: its kind, and the frame of its bits.
    const BEFORE_KEY: usize = 24;

    fn section(label: &str) -> &'static str {
        let begin = CLIENT.find(&format!("-----BEGIN {label}-----"));
        let end = format!("-----END {label}-----\n");
        let begin = begin.expect("the section");
        let length = CLIENT[begin..].find(&end).expect("its end") + end.len();
        &CLIENT[begin..begin + length]
    }

    #[test]
    fn an_assertion_is_signed_by_the_key_of_the_certificate() {
        let certificate = Certificate::of(CLIENT.as_bytes())
            .ok()
            .expect("a certificate");
        let (audience, id) = (
            "https://login.microsoftonline.com/t/oauth2/v2.0/token",
            Uuid::from_u128(7),
        );
        let now = Duration::from_secs(1_800_000_001);
        let assertion = certificate
            .assertion("app", audience, now, id)
            .expect("signed");
        let (message, signature) = assertion.rsplit_once('.').expect("a signature");
        let der = CertificateDer::from_pem_slice(CLIENT.as_bytes()).expect("a certificate");
        let parsed = ParsedCertificate::try_from(&der).expect("one that is read");
        let info = parsed.subject_public_key_info();
        let public = UnparsedPublicKey::new(&RSA_PSS_2048_8192_SHA256, &info[BEFORE_KEY..]);
        let signature = URL_SAFE_NO_PAD.decode(signature).expect("base64");
        public
            .verify(message.as_bytes(), &signature)
            .expect("the certificate's signature");
        assert!(public.verify(b"another message", &signature).is_err());
        let parts = message.split('.').map(|part| {
            let json = URL_SAFE_NO_PAD.decode(part).expect("base64");
            serde_json::from_slice::<Value>(&json).expect("JSON")
        });
        let thumbprint = digest::digest(&digest::SHA256, &der);
        let expected = [
            json!({ "alg": "PS256", "typ": "JWT", "x5t#S256": URL_SAFE_NO_PAD.encode(thumbprint) }),
            json!({
                "aud": audience, "iss": "app", "sub": "app", "jti": id, "nbf": 1_800_000_001_u64,
                "exp": 1_800_000_601_u64,
            }),
        ];
        assert_eq!(parts.collect::<Vec<_>>(), expected);
    }

    #[test]
    fn nothing_shows_a_key_or_an_assertion() {
        let certificate = Certificate::of(CLIENT.as_bytes())
            .ok()
            .expect("a certificate");
        let (client, audience) = ("app".to_owned(), "there".to_owned());
        let assertions = Assertions {
            certificate: Arc::new(certificate),
            client,
            audience,
        };
        assert_eq!(format!("{assertions:?}"), "Assertions { .. }");
    }

    #[test]
    #[rustfmt::skip] // keeps the columns of the table
    fn what_a_file_may_hold() {
        let (key, own) = (section("PRIVATE KEY"), section("CERTIFICATE"));
        let other = |label: &str| format!("{own}-----BEGIN {label}-----\nAAAA\n-----END {label}-----\n");
        let locked = "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\nAAAA\n";
        let locked = format!("{own}-----BEGIN RSA PRIVATE KEY-----\n{locked}-----END RSA PRIVATE KEY-----\n");
        let utf16: Vec<u8> = "\u{feff}-----BEGIN".encode_utf16().flat_map(u16::to_le_bytes).collect();
        check(CLIENT.as_bytes(), "");
        check(format!("\u{feff}{key}{own}").as_bytes(), "");
        check(format!("Bag Attributes\n  x: 1\n{key}Bag\n{STRANGER}{own}").replace('\n', "\r\n").as_bytes(), "");
        check(format!("{key}{STRANGER}").as_bytes(), "belongs to none of its certificates");
        check(format!("{key}{key}{own}").as_bytes(), "holds 2 private keys");
        check(key.as_bytes(), "a private key and no certificate");
        check(own.as_bytes(), "a certificate and no private key");
        check(CURVE.as_bytes(), "no such RSA key");
        check(other("ENCRYPTED PRIVATE KEY").as_bytes(), "is encrypted");
        check(locked.as_bytes(), "is encrypted");
        check(other("RSA PRIVATE KEY").as_bytes(), "PKCS#1");
        check(other("EC PRIVATE KEY").as_bytes(), "elliptic curve");
        check(format!("{own}{}", &key[..key.len() - 30]).as_bytes(), "damaged");
        check(&utf16, "UTF-16");
        check(b"\x30\x82\x0a\x01", "nothing in it is PEM");
        check(b"", "nothing in it is PEM");
    }

    #[track_caller]
    fn check(file: &[u8], expected: &str) {
        let unfit = Certificate::of(file).err();
        let found = unfit.map_or(String::new(), |unfit| unfit.found);
        assert!(
            found.contains(expected) && found.is_empty() == expected.is_empty(),
            "{found}"
        );
    }
}
