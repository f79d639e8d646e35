//! The one thread that has the served file: requests come to it in a row, as the file can be written by one alone.
//!
//! In: requests, each with where its answer goes. Out: answers; what a request wrote is committed before its answer
//! goes back. HTTP, delays and faults are `server.rs`.

use std::path::Path;
use std::sync::mpsc::Receiver;

use rusqlite::Connection;
use tokio::sync::oneshot;
use uuid::Uuid;

use crate::environment::EnvironmentFile;
use crate::model::{AccessMode, SYSTEM_ADMINISTRATOR_TEMPLATE, parse_guid, setting};
use crate::rehearse::RehearseError;
use crate::rehearse::api::Api;
use crate::rehearse::exchange::{Answer, Request};
use crate::rehearse::extra;
use crate::rehearse::log::{Lines, Log};
use crate::rehearse::schema::Schema;
use crate::rehearse::switches::Switches;
use crate::service::Service;

/// One request on its way.
pub(in crate::rehearse) struct Job {
    /// What is asked.
    pub(in crate::rehearse) request: Request,
    /// The root of the API as this client names it.
    pub(in crate::rehearse) root: String,
    /// Where the answer goes.
    pub(in crate::rehearse) reply: oneshot::Sender<Answer>,
}

/// Tables that general clients work with, there even where the file does not hold them.
const ALWAYS: [&str; 2] = ["account", "contact"];

/// Makes a file ready to be served; who asks, and whose it is.
pub(in crate::rehearse) fn prepare(
    path: &Path,
    is_a_copy: bool,
) -> Result<(EnvironmentFile, Uuid, Uuid), RehearseError> {
    let file = EnvironmentFile::open_for_writing(path)?;
    let organisation = file.identity()?.organisation.0;
    let connection = file.connection();
    let failed = |source| RehearseError::File {
        path: path.to_path_buf(),
        source,
    };
    if is_a_copy {
        connection
            .pragma_update(None, "synchronous", "OFF")
            .map_err(failed)?;
    }
    extra::prepare(connection).map_err(failed)?;
    for logical in ALWAYS {
        let sql =
            "INSERT OR IGNORE INTO entity (name, ownership, records_loaded) VALUES (?1, 1, 1)";
        connection.execute(sql, [logical]).map_err(failed)?;
    }
    let caller = caller(&file).map_err(failed)?;
    let caller = caller.ok_or_else(|| RehearseError::Nobody {
        path: path.to_path_buf(),
    })?;
    Ok((file, caller, organisation))
}

/// The user who asks: the one whom the file names and knows, else the first enabled System Administrator, of full access
/// if there is such a one: where the file names nobody, `service/` lets everything be done that one may do.
fn caller(file: &EnvironmentFile) -> rusqlite::Result<Option<Uuid>> {
    let connection = file.connection();
    let named = file.setting(setting::CALLER).ok().flatten();
    let sql = "SELECT EXISTS (SELECT 1 FROM user WHERE id = ?1)";
    if let Some(id) = named.as_deref().and_then(parse_guid)
        && connection.query_row(sql, [id.as_bytes()], |row| row.get(0))?
    {
        return Ok(Some(id));
    }
    let sql = "SELECT user.id FROM user JOIN user_role ON user_role.user = user.id
               JOIN role ON role.id = user_role.role JOIN role AS root ON root.id = role.root
               WHERE NOT user.disabled AND (role.template = ?1 OR root.template = ?1)
               ORDER BY user.access_mode NOT IN (?2, ?3), user.id LIMIT 1";
    let mut statement = connection.prepare(sql)?;
    let template = SYSTEM_ADMINISTRATOR_TEMPLATE.as_bytes();
    let full = [AccessMode::ReadWrite, AccessMode::NonInteractive].map(AccessMode::code);
    let mut found = statement.query((template, full[0], full[1]))?;
    match found.next()? {
        Some(row) => Ok(Some(Uuid::from_bytes(row.get(0)?))),
        None => Ok(None),
    }
}

/// Answers jobs until nobody can send one any more.
pub(in crate::rehearse) fn work(
    connection: &Connection,
    (caller, organisation): (Uuid, Uuid),
    switches: Switches,
    lines: Option<Lines>,
    jobs: &Receiver<Job>,
) -> rusqlite::Result<()> {
    let mut api = Api {
        connection,
        service: Service::new(connection),
        schema: Schema::of(connection)?,
        switches,
        root: String::new(),
        caller,
        organisation,
        log: Log::new(lines),
        made: 0,
        marks: Vec::new(),
        stale_checks: 0,
        is_strong: false,
        broken: None,
    };
    while let Ok(job) = jobs.recv() {
        api.root = job.root;
        let answer = api.answer_alone(&job.request);
        if let Some(error) = api.broken.take() {
            return Err(error);
        }
        // A log that cannot be written stops the rehearsal: tests believe it.
        if let Err(error) = api.log.end() {
            return Err(rusqlite::Error::ToSqlConversionFailure(Box::new(error)));
        }
        // Whoever has gone away does not hear the answer.
        let _ = job.reply.send(answer);
    }
    Ok(())
}
