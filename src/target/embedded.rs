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

use crate::environment::{EnvironmentError, EnvironmentFile};
use crate::model::{Change, Fact, Identity, Outcome, Present, RecordId, Seq, Subject, Write};
use crate::service::{Performed, Service, ServiceError};
use crate::target::subjects::{Records, in_order_of_rows, read_all, read_values, users_by_upn};
use crate::target::{AsOf, Feed, Scope, Target, TargetError};

/// Subjects that one connection reads at a time; fewer are not worth a second one.
const SUBJECTS_READ: usize = 4_096;

/// Pages that the writing connection keeps, in KiB: assignments touch a large table all over.
const WRITER_CACHE_KIB: i64 = 65_536;

/// Pages in the write-ahead log from which on it is put into the file: 256 MB. Every batch of
/// assignments writes most pages of its table once more; so most of them are put there once for many
/// batches. The log is on the disk at each commit all the same.
const LOG_PAGES: i64 = 65_536;

/// An environment file that can be written to.
#[derive(Debug)]
pub struct Embedded {
    path: PathBuf,
    // Before the writer, so that they are closed first: it ends the log, if it is the last.
    readers: Mutex<Vec<EnvironmentFile>>,
    // None until the first write: who only reads, or is refused, leaves the file as it is.
    writer: Mutex<Option<Writer>>,
}

/// The connection that writes.
#[derive(Debug)]
struct Writer {
    file: EnvironmentFile,
    /// The file's [`data_version`] that all values read so far are at least as new as; none while
    /// values may have been read before this connection was there to notice who else writes.
    version: Option<i64>,
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
        let writer = self.writing(&mut writer)?;
        writer
            .file
            .connection()
            .busy_timeout(wait)
            .map_err(|source| database_error(&self.path, source))
    }

    /// The connection that writes, opened where it is not yet.
    fn writing<'a>(&self, writer: &'a mut Option<Writer>) -> Result<&'a mut Writer, TargetError> {
        match writer {
            Some(writer) => Ok(writer),
            none => {
                let file =
                    EnvironmentFile::open_for_writing(&self.path).map_err(environment_error)?;
                for_many_writes(file.connection())
                    .map_err(|source| database_error(&self.path, source))?;
                Ok(none.insert(Writer {
                    file,
                    version: None,
                }))
            }
        }
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
        writing: &mut Writing<'_>,
        batch: &[Change],
        as_of: AsOf,
    ) -> Result<Vec<(Seq, Outcome)>, TargetError> {
        let failed = |source| database_error(&self.path, source);
        let transaction = Transaction::new_unchecked(connection, TransactionBehavior::Immediate)
            .map_err(failed)?;
        let version = data_version(&transaction).map_err(failed)?;
        writing.look_for_others(version, as_of);
        // Told in the order in which they came, which is that of the journal.
        let mut outcomes: Vec<_> = batch
            .iter()
            .map(|change| (change.seq, Outcome::Skipped))
            .collect();
        let order = in_order_of_rows(batch.iter().enumerate(), |(_, change)| {
            record_of(&change.write)
        });
        for (place, change) in order {
            let drifted = writing.drifted(&transaction, change).map_err(failed)?;
            outcomes[place].1 = match drifted {
                Some(found) => Outcome::Drifted(found),
                None => writing
                    .write(change)
                    .map_err(|source| service_error(&self.path, source))?,
            };
        }
        transaction.commit().map_err(failed)?;
        Ok(outcomes)
    }
}

/// Writing one stage.
struct Writing<'c> {
    service: Service<'c>,
    stage: &'c Feed<Change>,
    version: Option<i64>,
    /// Whether another program may have written to the file since the values of the batch were read:
    /// then one that was read outside the transaction may be gone.
    others: bool,
}

impl Writing<'_> {
    /// Inside the transaction, in which nobody else writes: what is read from here on holds until the
    /// version moves again.
    fn look_for_others(&mut self, version: i64, as_of: AsOf) {
        if self.version.replace(version) != Some(version) {
            self.stage.outdate();
            self.service.forget();
        }
        self.others = self.stage.is_outdated(as_of);
    }

    /// What a record or a user holds where another program has come between its reading and now: the
    /// service would write over whatever is there. Stub users and roles need no second look: the service itself answers by what is there, and so it does on
    /// the way back.
    fn drifted(
        &self,
        connection: &Connection,
        change: &Change,
    ) -> rusqlite::Result<Option<Present>> {
        if !self.others || change.restore {
            return Ok(None);
        }
        let found = match &change.write {
            Write::AssignRecord { entity, record, .. } => {
                Records::new(connection)?.owner(entity, *record)?
            }
            Write::ChangeUser(wanted) => read_values(connection, wanted.user, &wanted.aspects())?,
            _ => return Ok(None),
        };
        let known = found == change.write.before() || found == change.write.after();
        Ok((!known).then_some(found))
    }

    fn write(&mut self, change: &Change) -> Result<Outcome, ServiceError> {
        let performed = if change.restore {
            self.service.restore(&change.write)
        } else {
            self.service.perform(&change.write)
        };
        performed.map(outcome)
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
        // Ordered before they are dealt out, or every connection would read every page.
        let order = in_order_of_rows(subjects.iter().enumerate(), |(_, subject)| match subject {
            Subject::Record { record, .. } => Some(*record),
            Subject::Stub { .. } | Subject::User { .. } | Subject::Role { .. } => None,
        });
        let chunks: Vec<Vec<Present>> = order
            .par_chunks(SUBJECTS_READ)
            .map(|chunk| {
                let subjects = chunk.iter().map(|(_, subject)| *subject);
                self.reading(|file| read_all(file.connection(), subjects, &by_upn).map_err(failed))
            })
            .collect::<Result<_, _>>()?;
        let mut present = vec![Present::Absent; subjects.len()];
        for ((place, _), found) in order.into_iter().zip(chunks.into_iter().flatten()) {
            present[place] = found;
        }
        Ok(present)
    }

    fn write(
        &self,
        stage: &Feed<Change>,
        done: &Sender<(Seq, Outcome)>,
    ) -> Result<(), TargetError> {
        let mut writer = locked(&self.writer);
        let Writer { file, version } = self.writing(&mut writer)?;
        let connection = file.connection();
        let mut writing = Writing {
            service: Service::new(connection),
            stage,
            version: *version,
            others: false,
        };
        while let Some((batch, as_of)) = stage.next_as_of() {
            for outcome in self.write_batch(connection, &mut writing, &batch, as_of)? {
                done.send(outcome).map_err(|_| TargetError::Unheard)?;
            }
        }
        // Later stages are read after this one has ended.
        *version = writing.version;
        Ok(())
    }
}

fn record_of(write: &Write) -> Option<RecordId> {
    match write {
        Write::AssignRecord { record, .. } => Some(*record),
        _ => None,
    }
}

fn for_many_writes(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "cache_size", -WRITER_CACHE_KIB)?;
    connection.pragma_update_and_check(None, "wal_autocheckpoint", LOG_PAGES, |_| Ok(()))
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
