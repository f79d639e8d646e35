//! Of which live environment a file is a copy, and as of when.
//!
//! In: what a pull notes. Out: the same, for those who plan on the copy and write to the environment. It is no fact of
//! the environment, which a second look at it would tell too, so it stands beside the facts. What follows from it is
//! judged elsewhere.

use jiff::Timestamp;

use crate::environment::{EnvironmentError, EnvironmentFile, Writer};

/// Name in `meta` of the host that was pulled.
const HOST: &str = "live";

/// Name in `meta` of the moment of the pull, as RFC 3339 writes it.
const AT: &str = "pulled_at";

/// Name in `meta` of what plans had written by then.
const WRITTEN: &str = "pulled_after";

/// A pull.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pulled {
    /// Whose copy the file is.
    pub host: String,
    /// When the first question was asked.
    pub at: Timestamp,
    /// What plans of the project had written by then: a line for each, which only whoever wrote it reads.
    pub written: Vec<String>,
}

impl EnvironmentFile {
    /// The pull that the file comes of; `None` where it was loaded from a folder.
    pub fn pulled(&self) -> Result<Option<Pulled>, EnvironmentError> {
        let Some(host) = self.meta(HOST)? else {
            return Ok(None);
        };
        let at = self.meta(AT)?.unwrap_or_default();
        let Ok(at) = at.parse() else {
            let what = format!("`{AT}` in `meta` is `{at}`, expected a moment; pull again");
            return Err(self.damaged(&what));
        };
        let written = self.meta(WRITTEN)?.unwrap_or_default();
        Ok(Some(Pulled {
            host,
            at,
            written: written.lines().map(str::to_owned).collect(),
        }))
    }
}

impl Writer {
    /// Notes that the file is a copy of a live environment.
    pub fn pulled(&mut self, pulled: &Pulled) -> Result<(), EnvironmentError> {
        self.meta(HOST, &pulled.host)?;
        self.meta(AT, &format!("{:.0}", pulled.at))?;
        self.meta(WRITTEN, &pulled.written.join("\n"))
    }
}
