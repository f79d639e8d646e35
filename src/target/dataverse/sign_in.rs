//! Signing in: from a word of the manifest, and secrets that stand in the environment or in a file, to tokens.
//!
//! In: how to sign in, and a way to look variables up. Out: tokens for one host, each asked for again shortly before
//! it ends. A secret is never on the command line, and never in an error, a log or a `Debug`, not even where whoever
//! refuses it says it back. Whoever serves plain `http` on loopback is a rehearsal server and gets its fixed token;
//! nobody else is talked to without TLS.

use std::fmt;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use azure_core::cloud::CustomConfiguration;
use azure_core::credentials::{Secret, TokenCredential};
use azure_core::http::ClientOptions;
use azure_identity::{
    AzureCliCredential, ClientAssertionCredential, ClientAssertionCredentialOptions,
    ClientSecretCredential, ClientSecretCredentialOptions, ManagedIdentityCredential,
};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::Url;
use tokio::sync::Mutex;

use crate::model::SignIn;
use crate::target::dataverse::DataverseError;
use crate::target::dataverse::sign_in::certificate::{Assertions, Certificate};

mod certificate;

/// The token of a rehearsal server.
const REHEARSAL: &str = "rehearsal";

/// How long before its end a token is asked for anew.
const EARLY: Duration = Duration::from_mins(5);

/// The variables in which a sign-in stands.
const TENANT: &str = "CUTOVER_TENANT";
const CLIENT: &str = "CUTOVER_CLIENT_ID";
const SECRET: &str = "CUTOVER_CLIENT_SECRET";
const SECRET_FILE: &str = "CUTOVER_CLIENT_SECRET_FILE";
const CERTIFICATE_FILE: &str = "CUTOVER_CLIENT_CERTIFICATE_FILE";

/// The variable that names the directory's address in other clouds than the public one, to all of Azure's clients.
const AUTHORITY: &str = "AZURE_AUTHORITY_HOST";

/// The directory of the public cloud.
const PUBLIC: &str = "https://login.microsoftonline.com";

/// What a form leaves as it is.
const FORM: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'*')
    .remove(b'-')
    .remove(b'.')
    .remove(b'_');

/// How a JSON object begins in base64, and so every token and assertion.
const ENCODED_OBJECT: &str = "eyJ";

/// A way to look variables up.
pub type Variables<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Tokens for one host.
pub(super) struct Tokens {
    source: Source,
    sign_in: SignIn,
    scope: String,
    known: Mutex<Known>,
}

/// Where tokens come from.
enum Source {
    /// A rehearsal server takes this one.
    Fixed,
    /// The directory gives them.
    Directory(Credential),
}

/// Makes who asks the directory. It keeps tokens of its own accord until they end, so that one that has lost its force
/// before its time is let go of with it.
type Maker = Box<dyn Fn() -> azure_core::Result<Arc<dyn TokenCredential>> + Send + Sync>;

/// Who asks the directory.
struct Credential {
    maker: Maker,
    /// What must be in no error.
    secret: Option<Secret>,
}

/// Who asks, and the token that was given with its end.
#[derive(Default)]
struct Known {
    asks: Option<Arc<dyn TokenCredential>>,
    token: Option<(Secret, SystemTime)>,
}

impl fmt::Debug for Tokens {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Tokens").finish_non_exhaustive()
    }
}

impl Tokens {
    /// Tokens for the host of a URL; nothing is asked for yet.
    pub(super) fn of(
        url: &reqwest::Url,
        sign_in: SignIn,
        variables: Variables<'_>,
    ) -> Result<Self, DataverseError> {
        let source = if is_rehearsal(url) {
            Source::Fixed
        } else if url.scheme() == "https" {
            Source::Directory(credential(sign_in, variables)?)
        } else {
            return Err(DataverseError::NotEncrypted {
                url: url.to_string(),
            });
        };
        let host = url.host_str().unwrap_or_default();
        Ok(Self {
            source,
            sign_in,
            scope: format!("https://{host}/.default"),
            known: Mutex::default(),
        })
    }

    /// A token that still holds for a while.
    pub(super) async fn token(&self) -> Result<Secret, DataverseError> {
        let credential = match &self.source {
            Source::Fixed => return Ok(Secret::new(REHEARSAL)),
            Source::Directory(credential) => credential,
        };
        // Held while it is asked for: of many requests that find it gone, one asks.
        let mut known = self.known.lock().await;
        if let Some((token, until)) = &known.token
            && *until > SystemTime::now() + EARLY
        {
            return Ok(token.clone());
        }
        let failed = |error: azure_core::Error| DataverseError::SignIn {
            why: without_secrets(&error.to_string(), credential.secret.as_ref()),
            cure: cure(self.sign_in),
        };
        let asks = match known.asks.take() {
            Some(asks) => asks,
            None => (credential.maker)().map_err(failed)?,
        };
        let given = known
            .asks
            .insert(asks)
            .get_token(&[&self.scope], None)
            .await;
        let given = given.map_err(failed)?;
        known.token = Some((given.token.clone(), given.expires_on.into()));
        Ok(given.token)
    }

    /// The service refused a token: the next one is asked for anew, unless that has been done since.
    pub(super) async fn forget(&self, refused: &Secret) {
        let mut known = self.known.lock().await;
        let held = known.token.as_ref().map(|(token, _)| token.secret());
        if held == Some(refused.secret()) {
            *known = Known::default();
        }
    }
}

/// Whether a URL is that of a rehearsal server: `http`, and loopback by its address.
fn is_rehearsal(url: &reqwest::Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_matches(['[', ']']).parse::<IpAddr>();
    let is_loopback = address.is_ok_and(|address| address.is_loopback());
    url.scheme() == "http" && (is_loopback || host == "localhost")
}

fn credential(sign_in: SignIn, variables: Variables<'_>) -> Result<Credential, DataverseError> {
    let needed = |name: &'static str| {
        let value = variables(name).filter(|value| !value.trim().is_empty());
        value.ok_or(DataverseError::NoVariable { name })
    };
    let mut known = None;
    let maker: Maker = match sign_in {
        SignIn::Secret => {
            let secret = secret(variables)?;
            known = Some(secret.clone());
            let (tenant, client) = (needed(TENANT)?, needed(CLIENT)?);
            let authority = authority(variables)?;
            Box::new(move || {
                let client_options = options(&authority);
                let options = ClientSecretCredentialOptions { client_options };
                let (client, secret) = (client.clone(), secret.clone());
                let asks = ClientSecretCredential::new(&tenant, client, secret, Some(options))?;
                Ok(asks)
            })
        }
        SignIn::Certificate => {
            let certificate = Certificate::read(Path::new(&needed(CERTIFICATE_FILE)?))?;
            let (tenant, client) = (needed(TENANT)?, needed(CLIENT)?);
            let authority = authority(variables)?;
            let assertions = Assertions {
                certificate: Arc::new(certificate),
                client: client.clone(),
                audience: format!("{authority}{tenant}/oauth2/v2.0/token"),
            };
            Box::new(move || {
                let client_options = options(&authority);
                let options = ClientAssertionCredentialOptions { client_options };
                let (tenant, client) = (tenant.clone(), client.clone());
                let shown = assertions.clone();
                let asks = ClientAssertionCredential::new(tenant, client, shown, Some(options))?;
                Ok(asks)
            })
        }
        SignIn::ManagedIdentity => Box::new(|| Ok(ManagedIdentityCredential::new(None)?)),
        SignIn::Cli => Box::new(|| Ok(AzureCliCredential::new(None)?)),
    };
    let secret = known;
    // What is wrong with it already is told before anything is sent.
    let made = maker();
    made.map_err(|error| DataverseError::SignIn {
        why: without_secrets(&error.to_string(), secret.as_ref()),
        cure: cure(sign_in),
    })?;
    Ok(Credential { maker, secret })
}

/// What to look after where nobody is let in.
fn cure(sign_in: SignIn) -> &'static str {
    match sign_in {
        SignIn::Secret => {
            "see that tenant, application and secret are those of the application user, and that the secret has not \
             expired"
        }
        SignIn::Certificate => {
            "see that tenant and application are those of the application user, that this certificate is registered \
             with the application and has not expired, and that this machine's clock is right"
        }
        SignIn::ManagedIdentity => "see that this machine runs in Azure and has a managed identity",
        SignIn::Cli => "see that `az login` has been run, as somebody of the environment's tenant",
    }
}

/// Where the directory is asked: a secret goes there, so through TLS.
fn authority(variables: Variables<'_>) -> Result<Url, DataverseError> {
    let named = variables(AUTHORITY).filter(|value| !value.trim().is_empty());
    let found = named.unwrap_or_else(|| PUBLIC.to_owned());
    let url = Url::parse(found.trim()).ok();
    let is_fit =
        |url: &Url| url.scheme() == "https" && url.has_host() && matches!(url.path(), "" | "/");
    url.filter(is_fit)
        .ok_or(DataverseError::Authority { found })
}

fn options(authority: &Url) -> ClientOptions {
    let mut cloud = CustomConfiguration::default();
    cloud.authority_host = authority.to_string();
    ClientOptions {
        cloud: Some(Arc::new(cloud.into())),
        ..ClientOptions::default()
    }
}

/// The secret of an application: of a variable, or of the file that one names.
fn secret(variables: Variables<'_>) -> Result<Secret, DataverseError> {
    if let Some(secret) = variables(SECRET).filter(|secret| !secret.trim().is_empty()) {
        return Ok(Secret::new(secret));
    }
    let Some(path) = variables(SECRET_FILE).filter(|path| !path.is_empty()) else {
        return Err(DataverseError::NoSecret);
    };
    let unread = |source| DataverseError::SecretFile {
        path: PathBuf::from(&path),
        source,
    };
    let text = std::fs::read_to_string(Path::new(&path)).map_err(unread)?;
    let secret = text.trim_end_matches(['\r', '\n']);
    if secret.trim().is_empty() {
        let path = PathBuf::from(path);
        return Err(DataverseError::BlankSecret { path });
    }
    Ok(Secret::new(secret.to_owned()))
}

/// What was said, in one line, with ids of requests that help its support. Somebody on the way may say back
/// what was sent: secrets and tokens are taken out.
pub(super) fn without_secrets(words: &str, secret: Option<&Secret>) -> String {
    let mut line = words.split_whitespace().collect::<Vec<_>>().join(" ");
    if let Some(secret) = secret.map(Secret::secret) {
        let encoded = utf8_percent_encode(secret, FORM).to_string();
        for form in [encoded.replace("%20", "+"), encoded, secret.to_owned()] {
            line = line.replace(&form, "(the secret)");
        }
    }
    let is_of_token = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
    let mut told = String::new();
    for piece in line.split_inclusive(|letter| !is_of_token(letter)) {
        let word = piece.trim_end_matches(|letter| !is_of_token(letter));
        if word.starts_with(ENCODED_OBJECT) && word.contains('.') {
            told += "(a token)";
            told += &piece[word.len()..];
        } else {
            told += piece;
        }
    }
    told
}

#[cfg(test)]
mod tests {
    use azure_core::credentials::{AccessToken, TokenRequestOptions};
    use azure_core::error::ErrorKind;

    use super::*;

    /// A directory that refuses, and says back what it was sent.
    #[derive(Debug)]
    struct Echo;

    #[async_trait::async_trait]
    impl TokenCredential for Echo {
        async fn get_token(
            &self,
            _: &[&str],
            _: Option<TokenRequestOptions<'_>>,
        ) -> azure_core::Result<AccessToken> {
            let cause = std::io::Error::other("sent: client_secret=p~w");
            let words = "AADSTS7000215: sent: client_secret=p%7Ew, p~w";
            Err(azure_core::Error::with_error(
                ErrorKind::Credential,
                cause,
                words,
            ))
        }
    }

    #[test]
    fn no_error_holds_a_secret_in_any_of_its_causes() {
        let credential = Credential {
            maker: Box::new(|| Ok(Arc::new(Echo))),
            secret: Some(Secret::new("p~w")),
        };
        let tokens = Tokens {
            source: Source::Directory(credential),
            sign_in: SignIn::Secret,
            scope: String::new(),
            known: Mutex::default(),
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .expect("a runtime");
        let error = runtime.block_on(tokens.token()).expect_err("a refusal");
        let mut said = format!("{tokens:?} {error:?} {error:#?}");
        let mut cause: Option<&dyn std::error::Error> = Some(&error);
        while let Some(inner) = cause {
            said.extend([inner.to_string(), format!("{inner:?}")]);
            cause = inner.source();
        }
        assert!(said.contains("AADSTS7000215: sent: client_secret=(the secret), (the secret)"));
        assert!(!said.contains("p~w") && !said.contains("p%7Ew"), "{said}");
    }

    #[test]
    fn what_is_said_back_is_taken_out() {
        let secret = Secret::new("p~w d/1");
        let said = |words: &str| without_secrets(words, Some(&secret));
        assert_eq!(
            said("no  such\nsecret: p~w d/1."),
            "no such secret: (the secret)."
        );
        assert_eq!(
            said("s=p%7Ew+d%2F1&t=p%7Ew%20d%2F1"),
            "s=(the secret)&t=(the secret)"
        );
        assert_eq!(
            said("a=eyJhbGci.eyJhdWQi.c2ln-_&b=1, eyJ"),
            "a=(a token)&b=1, eyJ"
        );
        assert_eq!(
            said("AADSTS7000215: Trace ID: 1-2."),
            "AADSTS7000215: Trace ID: 1-2."
        );
    }

    #[test]
    fn a_secret_goes_to_a_directory_through_tls_alone() {
        check("https://login.microsoftonline.us", true);
        check("https://login.microsoftonline.us/", true);
        check("https://127.0.0.1:8085", true);
        check("", true);
        check("http://login.microsoftonline.us", false);
        check("http://127.0.0.1:8085", false);
        check("login.microsoftonline.us", false);
        check("https://login.microsoftonline.us/tenant", false);
    }

    #[track_caller]
    fn check(authority: &str, is_taken: bool) {
        let variables = |name: &str| (name == AUTHORITY).then(|| authority.to_owned());
        let found = super::authority(&variables).err();
        assert_eq!(found.is_none(), is_taken, "{authority}: {found:?}");
        let words = found.map_or(String::new(), |error| error.to_string());
        assert!(is_taken || words.contains(AUTHORITY), "{words}");
    }
}
