//! The environment file as a target: writes go through `service/`.
//!
//! In: batches of changes. Out: their outcomes, told when the batch is on disk. One connection writes,
//! a batch to a transaction, because the file takes one writer at a time; reading uses as many
//! connections as there are cores. What a write does and refuses is `service/`'s.

use std::path::{Path, PathBuf};
use std::sync::mpsc::Sender;
use std::sync::{Mutex, MutexGuard, PoisonError};

use hashbrown::HashMap;
use rayon::prelude::*;
use rusqlite::{Connection, ErrorCode, Transaction, TransactionBehavior};
use uuid::Uuid;

use crate::environment::{EnvironmentError, EnvironmentFile};
use crate::model::{
    Change, Fact, Identity, Outcome, Present, Principal, RecordId, RoleId, Seq, Subject, UserId,
    Write, comparison_key,
};
use crate::service::{Performed, Service, ServiceError};
use crate::target::{Feed, Scope, Target, TargetError};

/// Subjects that one connection reads at a time; fewer are not worth a second one.
const SUBJECTS_READ: usize = 4_096;

/// Pages that the writing connection keeps, in KiB: assignments touch a large table all over.
const WRITER_CACHE_KIB: i64 = 65_536;

/// Pages in the log at which they go over to the file: a page that many batches touch goes over
/// once.
const LOG_PAGES_MAX: i64 = 16_384;

/// An environment file that can be written to.
#[derive(Debug)]
pub struct Embedded {
    path: PathBuf,
    // Before the writer, so that they are closed first: it ends the log, if it is the last.
    readers: Mutex<Vec<EnvironmentFile>>,
    // None until the first write: who only reads, or is refused, leaves the file as it is.
    writer: Mutex<Option<EnvironmentFile>>,
}

impl Embedded {
    /// Opens the file; it is written to when the first change comes.
    pub fn open(path: &Path) -> Result<Self, TargetError> {
        let reader = EnvironmentFile::open(path).map_err(environment_error)?;
        Ok(Self {
            path: path.to_path_buf(),
            readers: Mutex::new(vec![reader]),
            writer: Mutex::new(None),
        })
    }

    #[cfg(test)]
    pub(super) fn busy_at_most(&self, wait: std::time::Duration) -> Result<(), TargetError> {
        let mut writer = locked(&self.writer);
        self.writing(&mut writer)?
            .busy_timeout(wait)
            .map_err(|source| database_error(&self.path, source))
    }

    /// The connection that writes, opened where it is not yet.
    fn writing<'a>(
        &self,
        writer: &'a mut Option<EnvironmentFile>,
    ) -> Result<&'a Connection, TargetError> {
        let file = match writer {
            Some(file) => file,
            none => {
                let file =
                    EnvironmentFile::open_for_writing(&self.path).map_err(environment_error)?;
                make_room(file.connection())
                    .map_err(|source| database_error(&self.path, source))?;
                none.insert(file)
            }
        };
        Ok(file.connection())
    }

    /// Runs `read` on a connection of its own, kept for the next one.
    fn reading<T>(
        &self,
        read: impl FnOnce(&EnvironmentFile) -> Result<T, TargetError>,
    ) -> Result<T, TargetError> {
        let kept = locked(&self.readers).pop();
        let reader = match kept {
            Some(reader) => reader,
            None => EnvironmentFile::open(&self.path).map_err(environment_error)?,
        };
        let answer = read(&reader);
        locked(&self.readers).push(reader);
        answer
    }

    fn write_batch(
        &self,
        connection: &Connection,
        service: &mut Service<'_>,
        batch: &[Change],
    ) -> Result<Vec<(Seq, Outcome)>, TargetError> {
        let failed = |source| database_error(&self.path, source);
        let transaction = Transaction::new_unchecked(connection, TransactionBehavior::Immediate)
            .map_err(failed)?;
        let mut outcomes = Vec::with_capacity(batch.len());
        for change in in_order_of_rows(batch, |change| record_of(&change.write)) {
            let performed = if change.restore {
                service.restore(&change.write)
            } else {
                service.perform(&change.write)
            };
            let performed = performed.map_err(|source| service_error(&self.path, source))?;
            outcomes.push((change.seq, outcome(performed)));
        }
        transaction.commit().map_err(failed)?;
        Ok(outcomes)
    }
}

impl Target for Embedded {
    fn identity(&self) -> Result<Identity, TargetError> {
        self.reading(|file| file.identity().map_err(environment_error))
    }

    fn facts(&self, scope: &Scope, sink: &mut dyn FnMut(Fact)) -> Result<(), TargetError> {
        self.reading(|file| {
            file.facts(&mut |fact| {
                if scope.holds(&fact) {
                    sink(fact);
                }
            })
            .map_err(environment_error)
        })
    }

    fn present(&self, subjects: &[Subject]) -> Result<Vec<Present>, TargetError> {
        let failed = |source| database_error(&self.path, source);
        let stubs = subjects
            .iter()
            .any(|subject| matches!(subject, Subject::Stub { .. }));
        let by_upn = if stubs {
            self.reading(|file| users_by_upn(file.connection()).map_err(failed))?
        } else {
            HashMap::new()
        };
        let chunks: Vec<Vec<Present>> = subjects
            .par_chunks(SUBJECTS_READ)
            .map(|chunk| {
                self.reading(|file| read_chunk(file.connection(), chunk, &by_upn).map_err(failed))
            })
            .collect::<Result<_, _>>()?;
        Ok(chunks.into_iter().flatten().collect())
    }

    fn write(
        &self,
        stage: &Feed<Change>,
        done: &Sender<(Seq, Outcome)>,
    ) -> Result<(), TargetError> {
        let mut writer = locked(&self.writer);
        let connection = self.writing(&mut writer)?;
        let mut service = Service::new(connection);
        let mut version = None;
        while let Some(batch) = stage.next() {
            let now =
                data_version(connection).map_err(|error| database_error(&self.path, error))?;
            if version.replace(now) != Some(now) {
                service.forget();
            }
            for outcome in self.write_batch(connection, &mut service, &batch)? {
                done.send(outcome).map_err(|_| TargetError::Unheard)?;
            }
        }
        Ok(())
    }
}

/// Settings of the writing connection for writes that touch a large table all over.
fn make_room(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "cache_size", -WRITER_CACHE_KIB)?;
    connection.pragma_update_and_check(None, "wal_autocheckpoint", LOG_PAGES_MAX, |_| Ok(()))
}

/// Records in the order in which the file keeps them, so that each page is touched once; whatever is
/// no record first, in the order in which it came.
fn in_order_of_rows<T>(
    these: impl IntoIterator<Item = T>,
    record: impl Fn(&T) -> Option<RecordId>,
) -> Vec<T> {
    let mut these: Vec<T> = these.into_iter().collect();
    these.sort_by_key(record);
    these
}

fn record_of(write: &Write) -> Option<RecordId> {
    match write {
        Write::AssignRecord { record, .. } => Some(*record),
        _ => None,
    }
}

/// A number that moves whenever another connection has written.
fn data_version(connection: &Connection) -> rusqlite::Result<i64> {
    connection
        .prepare_cached("PRAGMA data_version")?
        .query_row([], |row| row.get(0))
}

fn outcome(performed: Performed) -> Outcome {
    match performed {
        Performed::Done { actual } => Outcome::Done { actual },
        Performed::NoChangeNeeded => Outcome::NoChangeNeeded,
        Performed::Refused(refusal) => Outcome::Failed(refusal),
    }
}

/// Reads one chunk as of one moment.
fn read_chunk(
    connection: &Connection,
    subjects: &[Subject],
    by_upn: &HashMap<String, UserId>,
) -> rusqlite::Result<Vec<Present>> {
    let transaction = connection.unchecked_transaction()?;
    let order = in_order_of_rows(subjects.iter().enumerate(), |(_, subject)| match subject {
        Subject::Record { record, .. } => Some(*record),
        Subject::Stub { .. } | Subject::Role { .. } => None,
    });
    let mut present = vec![Present::Absent; subjects.len()];
    for (place, subject) in order {
        present[place] = read_subject(&transaction, subject, by_upn)?;
    }
    Ok(present)
}

fn read_subject(
    connection: &Connection,
    subject: &Subject,
    by_upn: &HashMap<String, UserId>,
) -> rusqlite::Result<Present> {
    match subject {
        Subject::Stub { id, upn } => {
            if let Some(user) = read_user(connection, *id)? {
                return Ok(user);
            }
            let other = by_upn.get(&comparison_key(upn));
            let user = other.map(|id| read_user(connection, *id)).transpose()?;
            Ok(user.flatten().unwrap_or(Present::Absent))
        }
        Subject::Role { principal, role } => read_role(connection, *principal, *role),
        Subject::Record { entity, record } => {
            let mut statement = connection.prepare_cached(
                "SELECT owner_type, owner FROM record
                 WHERE entity = (SELECT number FROM entity WHERE name = ?1) AND id = ?2",
            )?;
            let mut rows = statement.query((entity, record.0.as_bytes()))?;
            let Some(row) = rows.next()? else {
                return Ok(Present::Absent);
            };
            let (code, id): (u8, [u8; 16]) = (row.get(0)?, row.get(1)?);
            Principal::from_parts(code, Uuid::from_bytes(id))
                .map(Present::Owner)
                .ok_or(rusqlite::Error::IntegralValueOutOfRange(0, code.into()))
        }
    }
}

fn read_role(
    connection: &Connection,
    principal: Principal,
    role: RoleId,
) -> rusqlite::Result<Present> {
    let sql = match principal {
        Principal::User(_) => {
            "SELECT EXISTS (SELECT 1 FROM user_role WHERE user = ?1 AND role = ?2)"
        }
        Principal::Team(_) => {
            "SELECT EXISTS (SELECT 1 FROM team_role WHERE team = ?1 AND role = ?2)"
        }
    };
    let values = (principal.uuid().into_bytes(), role.0.into_bytes());
    let held = connection
        .prepare_cached(sql)?
        .query_row(values, |row| row.get(0))?;
    Ok(Present::Role(held))
}

fn read_user(connection: &Connection, id: UserId) -> rusqlite::Result<Option<Present>> {
    let mut roles =
        connection.prepare_cached("SELECT role FROM user_role WHERE user = ?1 ORDER BY role")?;
    let roles = roles
        .query_map([id.0.as_bytes()], |row| {
            Ok(RoleId(Uuid::from_bytes(row.get(0)?)))
        })?
        .collect::<Result<_, _>>()?;
    let mut user = connection.prepare_cached(
        "SELECT upn, coalesce(mail, ''), coalesce(full_name, ''), stub FROM user WHERE id = ?1",
    )?;
    let mut rows = user.query([id.0.as_bytes()])?;
    rows.next()?
        .map(|row| {
            Ok(Present::User {
                id,
                upn: row.get(0)?,
                mail: row.get(1)?,
                full_name: row.get(2)?,
                stub: row.get(3)?,
                roles,
            })
        })
        .transpose()
}

/// Users by the comparison key of their UPN. Where two share one, the stub user is found, since a
/// stub user is looked for, and of several the first by id.
fn users_by_upn(connection: &Connection) -> rusqlite::Result<HashMap<String, UserId>> {
    let mut statement =
        connection.prepare_cached("SELECT upn, id FROM user ORDER BY stub, id DESC")?;
    let mut rows = statement.query([])?;
    let mut users = HashMap::new();
    while let Some(row) = rows.next()? {
        let upn: String = row.get(0)?;
        users.insert(comparison_key(&upn), UserId(Uuid::from_bytes(row.get(1)?)));
    }
    users.remove("");
    Ok(users)
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A panic elsewhere leaves a connection usable: its transaction is rolled back by then.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn environment_error(error: EnvironmentError) -> TargetError {
    match error {
        EnvironmentError::Locked { path } => TargetError::Locked { path },
        other => TargetError::Environment(other),
    }
}

fn service_error(path: &Path, source: ServiceError) -> TargetError {
    match source {
        ServiceError::Database { source } => database_error(path, source),
        source => TargetError::Service {
            path: path.to_path_buf(),
            source,
        },
    }
}

fn database_error(path: &Path, source: rusqlite::Error) -> TargetError {
    let path = path.to_path_buf();
    match source.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => TargetError::Locked { path },
        _ => TargetError::Database { path, source },
    }
}
