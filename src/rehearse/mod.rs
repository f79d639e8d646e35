//! An environment file behind the Web API of Dataverse, on loopback, so that a go-live can be rehearsed.
//!
//! In: an environment file, and how it shall be served: late by how much, within which limits, with how many faults.
//! Out: a running server ([`Rehearsal`]). It is HTTP, throttling, delays and faults around `service/`, which does the
//! refusing; what clients write that no rule of users and roles is about stands beside the environment's facts. All
//! that no source is sure of is a switch. The one who works against it is `target/dataverse/`, and any client of the
//! Web API.

use std::fmt;
use std::fs::File;
use std::io::BufWriter;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tokio::sync::watch;

use crate::environment::EnvironmentError;

mod api;
mod batch;
mod body;
mod bulk;
mod bulk_delete;
mod caller;
mod choices;
mod exchange;
mod extra;
mod failure;
mod faults;
mod import;
mod limits;
mod links;
mod log;
mod metadata;
mod odata;
mod organisation;
mod query;
mod related;
mod rows;
mod schema;
mod server;
mod shown;
mod switches;
mod token;
mod users;
mod verbs;
mod worker;
mod write;

#[cfg(test)]
mod tests;

pub use faults::{NoShare, Share};
pub use limits::Limits;
pub use switches::{DataImport, NoSwitch, Switch, Switches};

/// How a file is served.
#[derive(Clone)]
pub struct Settings {
    /// The environment file; it is written to.
    pub file: PathBuf,
    /// Whether the file is a copy that nobody misses, so that it need not outlive a power cut.
    pub is_a_copy: bool,
    /// The port on loopback; 0 takes a free one.
    pub port: u16,
    /// How late every answer is.
    pub latency: Duration,
    /// Which limits hold.
    pub limits: Limits,
    /// How many requests meet a fault.
    pub faults: Share,
    /// What decides which.
    pub seed: u64,
    /// What no source is sure of.
    pub switches: Switches,
    /// The secret for which tokens are given.
    pub secret: String,
    /// Where a line a change is written.
    pub log: Option<PathBuf>,
}

// All but the secret.
impl fmt::Debug for Settings {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Settings")
            .field("file", &self.file)
            .field("is_a_copy", &self.is_a_copy)
            .field("port", &self.port)
            .field("latency", &self.latency)
            .field("limits", &self.limits)
            .field("faults", &self.faults)
            .field("seed", &self.seed)
            .field("switches", &self.switches)
            .field("log", &self.log)
            .finish_non_exhaustive()
    }
}

/// Why a file cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum RehearseError {
    /// The environment file cannot be opened.
    #[error(transparent)]
    Environment(#[from] EnvironmentError),
    /// The environment file fails.
    #[error("`{}`: the file cannot be read or written; see that its disk has room", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What was said.
        source: rusqlite::Error,
    },
    /// Nobody is there who could ask.
    #[error(
        "`{}`: nobody can work with this environment: it names no `caller` in `settings`, and no enabled user has \
         System Administrator; expected one of both", path.display()
    )]
    Nobody {
        /// The file.
        path: PathBuf,
    },
    /// The port is taken, or no port can be had.
    #[error(
        "port {port} on loopback cannot be had; end what listens there, or name another with `--port`"
    )]
    Port {
        /// The port.
        port: u16,
        /// Why.
        source: std::io::Error,
    },
    /// The log cannot be written.
    #[error("`{}`: the log of writes cannot be made; see that its folder is there", path.display())]
    Log {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Something else lies where the log shall go.
    #[error(
        "`{}` is there and is no log of writes; it would be overwritten. Name another file after `--log`",
        path.display()
    )]
    NotALog {
        /// The file.
        path: PathBuf,
    },
    /// The machine gives no thread.
    #[error("no thread can be had for the server")]
    Thread {
        /// Why.
        source: std::io::Error,
    },
}

/// A running server.
#[derive(Debug)]
pub struct Rehearsal {
    address: SocketAddr,
    stop: watch::Sender<bool>,
    server: Option<JoinHandle<()>>,
    worker: Option<JoinHandle<Result<(), RehearseError>>>,
}

impl Rehearsal {
    /// Starts to serve; returns when requests are taken.
    pub fn start(settings: Settings) -> Result<Self, RehearseError> {
        let (file, caller, organisation) = worker::prepare(&settings.file, settings.is_a_copy)?;
        let lines = settings.log.as_deref().map(lines).transpose()?;
        let (jobs, waiting) = mpsc::channel();
        let (path, switches) = (settings.file.clone(), settings.switches);
        let work = move || {
            worker::work(
                file.connection(),
                (caller, organisation),
                switches,
                lines,
                &waiting,
            )
            .map_err(|source| RehearseError::File { path, source })
        };
        let worker = thread("rehearsal-file", work)?;
        let shared = server::Shared {
            began: Instant::now(),
            latency: settings.latency,
            limiter: Mutex::new(limits::Limiter::new(settings.limits)),
            faults: Mutex::new(faults::Faults::new(settings.faults, settings.seed)),
            tokens: Mutex::new(token::Tokens::new(settings.secret)),
            jobs,
        };
        let port = settings.port;
        let refused = |source| RehearseError::Port { port, source };
        let listener = std::net::TcpListener::bind(server::loopback(port)).map_err(refused)?;
        listener.set_nonblocking(true).map_err(refused)?;
        let address = listener.local_addr().map_err(refused)?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .map_err(|source| RehearseError::Thread { source })?;
        let (stop, wish) = watch::channel(false);
        let server = thread("rehearsal-http", move || {
            runtime.block_on(async {
                if let Ok(listener) = tokio::net::TcpListener::from_std(listener) {
                    server::serve(listener, Arc::new(shared), wish).await;
                }
            });
        })?;
        Ok(Self {
            address,
            stop,
            server: Some(server),
            worker: Some(worker),
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Whether it still serves; the file or the log may have failed.
    pub fn serves(&self) -> bool {
        self.worker
            .as_ref()
            .is_some_and(|worker| !worker.is_finished())
    }

    /// Ends it: what was answered is in the file.
    pub fn stop(mut self) -> Result<(), RehearseError> {
        self.end()
    }

    fn end(&mut self) -> Result<(), RehearseError> {
        // A server that has ended hears no wish.
        let _ = self.stop.send(true);
        if let Some(server) = self.server.take() {
            let _ = server.join();
        }
        match self.worker.take().map(JoinHandle::join) {
            Some(Ok(ended)) => ended,
            // A panic has been told where it happened.
            Some(Err(_)) | None => Ok(()),
        }
    }
}

impl Drop for Rehearsal {
    fn drop(&mut self) {
        let _ = self.end();
    }
}

fn thread<T: Send + 'static>(
    name: &str,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<JoinHandle<T>, RehearseError> {
    std::thread::Builder::new()
        .name(name.to_owned())
        .spawn(work)
        .map_err(|source| RehearseError::Thread { source })
}

/// A fresh log, in the place of an older one at most.
fn lines(path: &Path) -> Result<log::Lines, RehearseError> {
    let failed = |source| RehearseError::Log {
        path: path.to_path_buf(),
        source,
    };
    if !log::may_replace(path).map_err(failed)? {
        let path = path.to_path_buf();
        return Err(RehearseError::NotALog { path });
    }
    let file = File::create(path).map_err(failed)?;
    Ok(Box::new(BufWriter::new(file)))
}
