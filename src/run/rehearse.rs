//! `rehearse`: serves the environment of a project as the Web API on loopback.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::json;

use crate::environment::EnvironmentFile;
use crate::rehearse::{Rehearsal, Settings, Switches};
use crate::run::load::open_or_load;
use crate::run::{Console, Exit, Failure, Format};

pub use crate::rehearse::{Limits, Share, Switch};

/// How long it takes at most until a wish to stop is heard.
const HEARD_AFTER: Duration = Duration::from_millis(50);

/// How the environment shall be served.
#[derive(Clone, Debug)]
pub struct RehearseRequest<'a> {
    /// The project's folder.
    pub folder: &'a Path,
    /// The port on loopback.
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
    /// The file that holds the secret for which tokens are given.
    pub secret_file: Option<&'a Path>,
    /// Whether the environment file itself is served and written to.
    pub in_place: bool,
    /// Where a line a change is written.
    pub log: Option<&'a Path>,
}

/// Serves until the wish to stop comes.
pub fn rehearse(request: &RehearseRequest<'_>, console: &mut Console<'_>) -> Result<Exit, Failure> {
    let project = console.project(request.folder)?;
    open_or_load(&project, console)?;
    let own = project.environment_file();
    let copies = tempfile::tempdir()?;
    let (file, _lock) = if request.in_place {
        (own, Some(project.lock_environment()?))
    } else {
        (copy(&own, copies.path())?, None)
    };
    let settings = Settings {
        file,
        is_a_copy: !request.in_place,
        port: request.port,
        latency: request.latency,
        limits: request.limits,
        faults: request.faults,
        seed: request.seed,
        switches: request.switches,
        secret: secret(request.secret_file)?,
        log: request.log.map(Path::to_path_buf),
    };
    let rehearsal = Rehearsal::start(settings)?;
    let what = if request.in_place {
        "the environment file itself, which is written to"
    } else {
        "a copy of the environment file, which is gone when this ends"
    };
    tell_address(rehearsal.address(), console)?;
    console.say(&format!(
        "serves {what}, as Dataverse Web API below `/api/data/v9.2/`; token `rehearsal`; end with Ctrl-C"
    ))?;
    while !console.stop.asked() && rehearsal.serves() {
        std::thread::sleep(HEARD_AFTER);
    }
    rehearsal.stop()?;
    Ok(Exit::Done)
}

/// The address is data: programs read it to know which port was free. It goes into manifests as `url`.
fn tell_address(address: SocketAddr, console: &mut Console<'_>) -> Result<(), Failure> {
    let url = format!("http://{address}");
    match console.format {
        Format::Text => writeln!(console.out, "{url}")?,
        Format::Json => writeln!(console.out, "{}", json!({ "url": url }))?,
        Format::Csv => writeln!(console.out, "url\n{url}")?,
    }
    // A pipe would keep it until the server ends.
    Ok(console.out.flush()?)
}

/// A copy of the environment file, made of one moment of it.
fn copy(own: &Path, folder: &Path) -> Result<PathBuf, Failure> {
    let copy = folder.join("rehearsal.sqlite");
    EnvironmentFile::open(own)?.copy_to(&copy)?;
    Ok(copy)
}

/// The secret for which tokens are given; never from the command line, where others could read it.
fn secret(file: Option<&Path>) -> Result<String, Failure> {
    match file {
        Some(path) => {
            let text = std::fs::read_to_string(path).map_err(|error| {
                let words = format!("`{}`: the secret cannot be read: {error}", path.display());
                Failure::new(Exit::Usage, words)
            })?;
            let secret = text.trim_end_matches(['\r', '\n']);
            if secret.trim().is_empty() {
                let words = format!(
                    "`{}` is blank; expected the secret for which tokens shall be given",
                    path.display()
                );
                return Err(Failure::new(Exit::Usage, words));
            }
            Ok(secret.to_owned())
        }
        None => Ok("rehearsal".to_owned()),
    }
}
