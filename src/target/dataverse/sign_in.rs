//! Signing in: from a word of the manifest, and secrets that stand in the environment or in a file, to tokens.
//!
//! In: how to sign in, and a way to look variables up. Out: tokens for one host, each asked for again shortly before
//! it ends. A secret is never on the command line, and never in an error, a log or a `Debug`. Whoever serves plain
//! `http` on loopback is a rehearsal server and gets its fixed token; nobody else is talked to without TLS.

use std::fmt;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use azure_core::credentials::{Secret, TokenCredential};
use azure_identity::{AzureCliCredential, ClientSecretCredential, ManagedIdentityCredential};
use tokio::sync::Mutex;

use crate::model::SignIn;
use crate::target::dataverse::DataverseError;

/// The token of a rehearsal server.
const REHEARSAL: &str = "rehearsal";

/// How long before its end a token is asked for anew.
const EARLY: Duration = Duration::from_mins(5);

/// The variables in which a sign-in stands.
const TENANT: &str = "CUTOVER_TENANT";
const CLIENT: &str = "CUTOVER_CLIENT_ID";
const SECRET: &str = "CUTOVER_CLIENT_SECRET";
const SECRET_FILE: &str = "CUTOVER_CLIENT_SECRET_FILE";

/// A way to look variables up.
pub type Variables<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Tokens for one host.
pub(super) struct Tokens {
    source: Source,
    scope: String,
    known: Mutex<Option<Known>>,
}

/// Where tokens come from.
enum Source {
    /// A rehearsal server takes this one.
    Fixed,
    /// The directory gives them.
    Directory(Arc<dyn TokenCredential>),
}

/// A token that was given.
struct Known {
    token: Secret,
    until: SystemTime,
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
            scope: format!("https://{host}/.default"),
            known: Mutex::new(None),
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
        if let Some(known) = &*known
            && known.until > SystemTime::now() + EARLY
        {
            return Ok(known.token.clone());
        }
        let given = credential.get_token(&[&self.scope], None).await;
        let given = given.map_err(|error| DataverseError::SignIn {
            why: told(&error.to_string()),
        })?;
        *known = Some(Known {
            token: given.token.clone(),
            until: given.expires_on.into(),
        });
        Ok(given.token)
    }

    /// The service refused the token: the next one is asked for anew.
    pub(super) async fn forget(&self) {
        *self.known.lock().await = None;
    }
}

/// Whether a URL is that of a rehearsal server: `http`, and loopback by its address.
fn is_rehearsal(url: &reqwest::Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_matches(['[', ']']).parse::<IpAddr>();
    let is_loopback = address.is_ok_and(|address| address.is_loopback());
    url.scheme() == "http" && (is_loopback || host == "localhost")
}

fn credential(
    sign_in: SignIn,
    variables: Variables<'_>,
) -> Result<Arc<dyn TokenCredential>, DataverseError> {
    let needed = |name: &'static str| {
        let value = variables(name).filter(|value| !value.trim().is_empty());
        value.ok_or(DataverseError::NoVariable { name })
    };
    let failed = |error: azure_core::Error| DataverseError::SignIn {
        why: told(&error.to_string()),
    };
    Ok(match sign_in {
        SignIn::Secret => {
            let secret = secret(variables)?;
            let tenant = needed(TENANT)?;
            ClientSecretCredential::new(&tenant, needed(CLIENT)?, secret, None).map_err(failed)?
        }
        SignIn::ManagedIdentity => ManagedIdentityCredential::new(None).map_err(failed)?,
        SignIn::Cli => AzureCliCredential::new(None).map_err(failed)?,
    })
}

/// The secret of an application: of a variable, or of the file that one names.
fn secret(variables: Variables<'_>) -> Result<Secret, DataverseError> {
    if let Some(secret) = variables(SECRET).filter(|secret| !secret.is_empty()) {
        return Ok(Secret::new(secret));
    }
    let Some(path) = variables(SECRET_FILE).filter(|path| !path.is_empty()) else {
        return Err(DataverseError::NoVariable { name: SECRET });
    };
    let unread = |source| DataverseError::SecretFile {
        path: PathBuf::from(&path),
        source,
    };
    let text = std::fs::read_to_string(Path::new(&path)).map_err(unread)?;
    Ok(Secret::new(text.trim_end_matches(['\r', '\n']).to_owned()))
}

/// What the directory said, in one line; it holds no secret, but ids of requests that help its support.
fn told(words: &str) -> String {
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}
