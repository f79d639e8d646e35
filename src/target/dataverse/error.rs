//! Why a live environment cannot be worked with.
//!
//! In: faults of sign-in, of the line and of answers. Out: errors that say what was met and what cures it. A refusal
//! of one write is none of these.

use std::path::PathBuf;

/// The run cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum DataverseError {
    /// The URL is none of an environment.
    #[error(
        "`{url}` is no URL of an environment; expected one such as `https://contoso.crm4.dynamics.com`"
    )]
    Url {
        /// What was written.
        url: String,
    },
    /// Tokens are sent through TLS alone.
    #[error(
        "`{url}` is not encrypted; expected `https://`: plain `http://` is for a rehearsal server on loopback"
    )]
    NotEncrypted {
        /// What was written.
        url: String,
    },
    /// A variable of the sign-in is not there.
    #[error("the variable `{name}` is not set; signing in needs it")]
    NoVariable {
        /// Which.
        name: &'static str,
    },
    /// No variable leads to the secret.
    #[error(
        "neither `CUTOVER_CLIENT_SECRET_FILE` nor `CUTOVER_CLIENT_SECRET` is set; expected one of them: a file that \
         holds the application's secret, or the secret itself. `[environment] sign_in` in cutover.toml names other ways"
    )]
    NoSecret,
    /// The file with the secret holds none.
    #[error(
        "`{}`, which `CUTOVER_CLIENT_SECRET_FILE` names, is blank; expected the application's secret", path.display()
    )]
    BlankSecret {
        /// The file.
        path: PathBuf,
    },
    /// The file with the secret cannot be read.
    #[error(
        "`{}`: the secret cannot be read; see that `CUTOVER_CLIENT_SECRET_FILE` names a file that is there and may be \
         read", path.display()
    )]
    SecretFile {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file with the certificate cannot be read.
    #[error(
        "`{}`: the certificate cannot be read; see that `CUTOVER_CLIENT_CERTIFICATE_FILE` names a file that is there \
         and may be read", path.display()
    )]
    CertificateFile {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file with the certificate is not what it should be.
    #[error(
        "`{}`, which `CUTOVER_CLIENT_CERTIFICATE_FILE` names: {found}; expected a PEM file with a certificate and its \
         private key (RSA of 2048 to 4096 bits, PKCS#8, not encrypted); {cure}", path.display()
    )]
    Certificate {
        /// The file.
        path: PathBuf,
        /// What was met.
        found: String,
        /// What makes the right one.
        cure: &'static str,
    },
    /// The directory is not where it can be asked.
    #[error(
        "the variable `AZURE_AUTHORITY_HOST` is `{found}`, expected an address such as \
         `https://login.microsoftonline.us`; correct it, or take it away for the public cloud"
    )]
    Authority {
        /// What the variable holds.
        found: String,
    },
    /// The directory gives no token.
    #[error("sign-in failed: {why}; {cure}")]
    SignIn {
        /// What it said.
        why: String,
        /// What to look after, by the way of signing in.
        cure: &'static str,
    },
    /// The service refuses the token.
    #[error(
        "`{host}` refuses the sign-in: {why}; see that the application is an application user of this environment \
         with a role"
    )]
    Unauthorised {
        /// Whom.
        host: String,
        /// What it said.
        why: String,
    },
    /// The service refuses a question.
    #[error("`{host}` refuses to tell {what}: {why}")]
    Refused {
        /// Whom.
        host: String,
        /// What was asked for.
        what: String,
        /// What it said.
        why: String,
    },
    /// A data import cannot be run.
    #[error(
        "`{host}` did not end the data import `{import}`: {why}; look at it in the environment's settings under data \
         management, then run again: who was made is found, and made no second time"
    )]
    Import {
        /// Whom.
        host: String,
        /// What the import is called there.
        import: String,
        /// Why.
        why: String,
    },
    /// No answer came, however often it was asked for.
    #[error("`{host}` does not answer: {why}; see that the line is up, then run again")]
    Unreachable {
        /// Whom.
        host: String,
        /// What was met last.
        why: String,
    },
    /// An answer is not what the Web API says it is.
    #[error("`{host}` answered for {what} with something else than the Web API does: {found}")]
    Malformed {
        /// Whom.
        host: String,
        /// What was asked for.
        what: String,
        /// What is wrong with it.
        found: String,
    },
}
