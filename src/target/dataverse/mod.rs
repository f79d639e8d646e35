//! A live environment, over the Web API of Dataverse.
//!
//! In: a URL and how to sign in. Out: what it holds, page by page ([`Dataverse::facts`], [`Dataverse::records`]), for
//! the environment file that planning works on; and what is written to ([`Live`]). Everything here is asynchronous inside and blocks outside; waiting,
//! retries and signing in are this room's, and nobody else's.

use std::collections::BTreeSet;
use std::sync::Arc;

use tokio::runtime::Runtime;
use uuid::Uuid;

use crate::model::{Fact, PulledRecord, SignIn, StubUser, Trace};
use crate::target::dataverse::client::{Ask, Client};
use crate::target::dataverse::row::Row;
use crate::target::dataverse::sign_in::Tokens;

mod attempt;
mod batch;
mod client;
mod custom_logic;
mod error;
mod import;
mod lanes;
mod live;
mod meter;
mod operation;
mod present;
mod pull;
mod row;
mod sign_in;
mod tables;
mod told;
mod write;

pub use error::DataverseError;
pub use import::{Imported, WizardFile, wizard_file};
pub use live::{Live, LiveProject};
pub use sign_in::Variables;

/// Who asks, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The user.
    pub user: Uuid,
    /// The organisation.
    pub organisation: Uuid,
}

/// A live environment.
#[derive(Debug)]
pub struct Dataverse {
    runtime: Runtime,
    client: Arc<Client>,
}

impl Dataverse {
    /// The environment at a URL; nothing is sent yet.
    pub fn open(
        url: &str,
        sign_in: SignIn,
        variables: Variables<'_>,
    ) -> Result<Self, DataverseError> {
        let parsed = parsed(url)?;
        // Fails only where another provider is there already, and then there is one.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .map_err(|error| DataverseError::Unreachable {
                host: url.to_owned(),
                why: error.to_string(),
            })?;
        let tokens = Tokens::of(&parsed, sign_in, variables)?;
        let client = Arc::new(Client::new(&parsed, tokens)?);
        Ok(Self { runtime, client })
    }

    /// The same, which tells of each request.
    #[must_use]
    pub fn told_to(mut self, trace: Trace) -> Self {
        if let Some(client) = Arc::get_mut(&mut self.client) {
            client.told_to(trace);
        }
        self
    }

    /// The host of a URL, with its port where it names one.
    pub fn host_of(url: &str) -> Result<String, DataverseError> {
        host(&parsed(url)?)
    }

    /// Whom it talks to.
    pub fn host(&self) -> &str {
        self.client.host()
    }

    /// Who asks: the first question, which finds out whether the sign-in holds.
    pub fn who_am_i(&self) -> Result<Caller, DataverseError> {
        let what = "who asks";
        self.runtime.block_on(async {
            let ask = Ask::get(self.client.at("WhoAmI")?, what);
            let answer = self.client.json(&ask).await?;
            let read = |unreadable| pull::malformed(&self.client, what, unreadable);
            Ok(Caller {
                user: Row(&answer).id("UserId").map_err(read)?,
                organisation: Row(&answer).id("OrganizationId").map_err(read)?,
            })
        })
    }

    /// Streams all facts but licences, directory and records into `sink`, in a fixed order; of tables, these.
    pub fn facts(
        &self,
        caller: &Caller,
        tables: &BTreeSet<String>,
        sink: &mut dyn FnMut(Fact),
    ) -> Result<(), DataverseError> {
        let facts = pull::facts(&self.client, caller, tables, sink);
        self.runtime.block_on(facts)
    }

    /// Streams all records of a table, with the field by which exports name them; false where there is no such
    /// table.
    pub fn records(
        &self,
        table: &str,
        field: Option<&str>,
        sink: &mut dyn FnMut(PulledRecord),
    ) -> Result<bool, DataverseError> {
        let records = pull::records(&self.client, table, field, sink);
        self.runtime.block_on(records)
    }

    /// Makes stub users by the service's data import, or finds those that an earlier run made; what became of each, in
    /// their order.
    pub fn import_users(&self, stubs: &[StubUser]) -> Result<Vec<Imported>, DataverseError> {
        self.runtime
            .block_on(import::import_users(&self.client, stubs))
    }
}

/// The URL of an environment.
fn parsed(url: &str) -> Result<reqwest::Url, DataverseError> {
    let none = || DataverseError::Url {
        url: url.to_owned(),
    };
    let parsed = reqwest::Url::parse(url).map_err(|_| none())?;
    match (parsed.host_str(), parsed.path()) {
        (Some(_), "" | "/") => Ok(parsed),
        _ => Err(none()),
    }
}

fn host(url: &reqwest::Url) -> Result<String, DataverseError> {
    match (url.host_str(), url.port()) {
        (Some(host), Some(port)) => Ok(format!("{host}:{port}")),
        (Some(host), None) => Ok(host.to_owned()),
        (None, _) => Err(DataverseError::Url {
            url: url.to_string(),
        }),
    }
}
