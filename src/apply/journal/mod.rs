//! The journal: what was about to be written and what became of it, change by change.
//!
//! In: intents and outcomes, in batches, each batch one durable commit. Out: what is known of a
//! range of changes, counts, failures. One SQLite file per direction in the plan folder, keyed by
//! the change's number within the seal. What an entry means for the run is `stage.rs`'s to say.

mod error;
mod passes;
mod trouble;
mod write;

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension, Row, TransactionBehavior, named_params};
use uuid::Uuid;

pub use error::JournalError;
pub use passes::Pass;

use crate::apply::entry::{self, Counts, Entry, Intent, Settled, State};
use crate::model::{ChangeKind, Identity, Outcome, Seq, UserId};

/// Says that a SQLite file is a journal of this product (`cojo`).
const APPLICATION_ID: i32 = 0x636f_6a6f;

/// The version of the tables; a journal of a later one is not touched.
const VERSION: i32 = 2;

/// The version that had no passes; that of a journal becomes the present one where it is opened.
const WITHOUT_PASSES: i32 = 1;

const SCHEMA: &str = "
CREATE TABLE run (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    seal TEXT NOT NULL,
    organisation BLOB NOT NULL,
    host TEXT NOT NULL,
    caller BLOB,
    changes INTEGER NOT NULL,
    begun INTEGER NOT NULL CHECK (begun IN (0, 1)),
    ended INTEGER NOT NULL CHECK (ended IN (0, 1))
) STRICT;
CREATE TABLE change (
    seq INTEGER PRIMARY KEY,
    kind INTEGER NOT NULL,
    state INTEGER NOT NULL CHECK (state BETWEEN 0 AND 5),
    value_read BLOB,
    actual BLOB,
    detail TEXT
) STRICT;
CREATE INDEX failed ON change (seq) WHERE state IN (3, 4);
";

const PASSES: &str = "
CREATE TABLE IF NOT EXISTS pass (
    number INTEGER PRIMARY KEY,
    current TEXT NOT NULL,
    started INTEGER NOT NULL,
    ended INTEGER,
    changes INTEGER
) STRICT;
";

/// What a journal is about.
#[derive(Clone, Debug)]
pub(super) struct Run<'a> {
    pub(super) seal: &'a str,
    pub(super) identity: &'a Identity,
    /// Changes in all.
    pub(super) changes: u64,
}

/// An open journal. One thread owns it.
#[derive(Debug)]
pub(super) struct Journal {
    path: PathBuf,
    connection: Connection,
    /// No entry has a higher number: beyond it there is nothing to look up.
    last: Option<Seq>,
    begun: bool,
}

impl Journal {
    /// Opens the journal of a plan; `None` where there is none yet.
    pub(super) fn open(path: &Path, seal: Option<&str>) -> Result<Option<Self>, JournalError> {
        if !path.exists() {
            return Ok(None);
        }
        let mut journal = Self::connect(path)?;
        // A crash between making the file and its tables leaves one without tables.
        if journal.pragma("user_version")? == 0 {
            return Ok(None);
        }
        journal.is_ours()?;
        let found = journal.seal()?;
        match seal {
            Some(expected) if expected != found => Err(JournalError::OtherPlan {
                path: path.to_owned(),
                found,
                expected: expected.to_owned(),
            }),
            _ => journal.looked_through().map(Some),
        }
    }

    /// Makes a journal, readable by its owner only: refusals and drift name people.
    pub(super) fn create(path: &Path, run: &Run<'_>) -> Result<Self, JournalError> {
        create_private(path).map_err(|source| JournalError::Create {
            path: path.to_owned(),
            source,
        })?;
        let mut journal = Self::connect(path)?;
        journal
            .lay_out(run)
            .map_err(|error| journal.trouble(error))?;
        journal.looked_through()
    }

    fn connect(path: &Path) -> Result<Self, JournalError> {
        let trouble = |source| JournalError::Database {
            path: path.to_owned(),
            source,
        };
        let connection = Connection::open(path).map_err(trouble)?;
        // An intent that is not on the disk when the target commits would be a change that nobody
        // remembers: hence FULL. With a write-ahead log that is one sync per batch.
        connection
            .pragma_update(None, "synchronous", "FULL")
            .map_err(trouble)?;
        Ok(Self {
            path: path.to_owned(),
            connection,
            last: None,
            begun: false,
        })
    }

    fn lay_out(&mut self, run: &Run<'_>) -> rusqlite::Result<()> {
        self.connection.pragma_update(None, "journal_mode", "WAL")?;
        let transaction = self.connection.transaction()?;
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
        transaction.pragma_update(None, "user_version", VERSION)?;
        transaction.execute_batch(SCHEMA)?;
        transaction.execute_batch(PASSES)?;
        transaction.execute(
            "INSERT INTO run (only, seal, organisation, host, caller, changes, begun, ended)
             VALUES (1, :seal, :organisation, :host, :caller, :changes, 0, 0)",
            named_params! {
                ":seal": run.seal,
                ":organisation": run.identity.organisation.0.as_bytes(),
                ":host": run.identity.host,
                ":caller": run.identity.caller.map(|id| id.0.into_bytes()),
                ":changes": number(run.changes),
            },
        )?;
        transaction.commit()
    }

    fn is_ours(&mut self) -> Result<(), JournalError> {
        let application_id = self.pragma("application_id")?;
        let version = self.pragma("user_version")?;
        match (application_id, version) {
            (APPLICATION_ID, VERSION) => Ok(()),
            (APPLICATION_ID, WITHOUT_PASSES) => {
                self.add_passes().map_err(|error| self.trouble(error))
            }
            _ => Err(JournalError::OtherVersion {
                path: self.path.clone(),
                application_id,
                version,
            }),
        }
    }

    /// Whoever comes second finds the table there.
    fn add_passes(&mut self) -> rusqlite::Result<()> {
        let behavior = TransactionBehavior::Immediate;
        let transaction = self.connection.transaction_with_behavior(behavior)?;
        transaction.execute_batch(PASSES)?;
        transaction.pragma_update(None, "user_version", VERSION)?;
        transaction.commit()
    }

    fn looked_through(mut self) -> Result<Self, JournalError> {
        let last: Option<i64> = self.ask("SELECT max(seq) FROM change", |row| row.get(0))?;
        self.last = last.map(seq_of);
        self.begun = self.flag("begun")?;
        Ok(self)
    }

    /// Whether anything was ever about to be written.
    pub(super) fn begun(&self) -> bool {
        self.begun
    }

    /// Whether a run went through to its end.
    pub(super) fn ended(&self) -> Result<bool, JournalError> {
        self.flag("ended")
    }

    /// Notes that a run went through to its end.
    pub(super) fn end(&mut self) -> Result<(), JournalError> {
        self.connection
            .execute("UPDATE run SET ended = 1 WHERE ended = 0", [])
            .map_err(|error| self.trouble(error))?;
        Ok(())
    }

    /// Changes of the plan, written or not.
    pub(super) fn changes(&self) -> Result<u64, JournalError> {
        self.ask("SELECT changes FROM run", |row| row.get(0))
            .map(count_of)
    }

    /// How many changes came to a good end.
    pub(super) fn succeeded(&self) -> Result<u64, JournalError> {
        self.ask("SELECT count(*) FROM change WHERE state IN (1, 2)", |row| {
            row.get(0)
        })
        .map(count_of)
    }

    /// How many changes are in a state.
    pub(super) fn in_state(&self, state: State) -> Result<u64, JournalError> {
        let code = state.code();
        let query = format!("SELECT count(*) FROM change WHERE state = {code}");
        self.ask(&query, |row| row.get(0)).map(count_of)
    }

    /// On what it was written, as the target calls itself.
    pub(super) fn host(&self) -> Result<String, JournalError> {
        self.ask("SELECT host FROM run", |row| row.get(0))
    }

    /// Whether any change is in one of these states.
    pub(super) fn holds(&self, states: &[State]) -> Result<bool, JournalError> {
        let codes: Vec<String> = states
            .iter()
            .map(|state| state.code().to_string())
            .collect();
        self.ask(
            &format!(
                "SELECT EXISTS (SELECT 1 FROM change WHERE state IN ({}))",
                codes.join(", ")
            ),
            |row| row.get(0),
        )
    }

    /// How many changes from `first` to `last` were written, or may have been.
    pub(super) fn written(&self, first: Seq, last: Seq) -> Result<u64, JournalError> {
        self.connection
            .query_row(
                "SELECT count(*) FROM change WHERE seq BETWEEN ?1 AND ?2 AND state IN (0, 1)",
                [number(first.0), number(last.0)],
                |row| row.get(0),
            )
            .map(count_of)
            .map_err(|error| self.trouble(error))
    }

    /// What is known of the changes from `first` to `last`.
    pub(super) fn entries(
        &self,
        first: Seq,
        last: Seq,
    ) -> Result<BTreeMap<Seq, Entry>, JournalError> {
        if self.last.is_none_or(|known| known < first) {
            return Ok(BTreeMap::new());
        }
        let mut statement = self
            .connection
            .prepare_cached(
                "SELECT seq, state, value_read, actual FROM change WHERE seq BETWEEN ?1 AND ?2",
            )
            .map_err(|error| self.trouble(error))?;
        let mut rows = statement
            .query([number(first.0), number(last.0)])
            .map_err(|error| self.trouble(error))?;
        let mut entries = BTreeMap::new();
        while let Some(row) = rows.next().map_err(|error| self.trouble(error))? {
            let seq = seq_of(row.get(0).map_err(|error| self.trouble(error))?);
            entries.insert(seq, self.entry(seq, row)?);
        }
        Ok(entries)
    }

    fn entry(&self, seq: Seq, row: &Row<'_>) -> Result<Entry, JournalError> {
        let wrong = |what| JournalError::Entry {
            path: self.path.clone(),
            seq,
            what,
        };
        let (state, read, actual) = (|| -> rusqlite::Result<_> {
            let actual: Option<[u8; 16]> = row.get(3)?;
            Ok((row.get(1)?, row.get::<_, Option<Vec<u8>>>(2)?, actual))
        })()
        .map_err(|error| self.trouble(error))?;
        let value_read = match read {
            None => None,
            Some(bytes) => {
                Some(entry::decode_value(&bytes).ok_or_else(|| wrong("its value cannot be read"))?)
            }
        };
        Ok(Entry {
            state: State::of_code(state).ok_or_else(|| wrong("its state is unknown"))?,
            value_read,
            actual: actual.map(|bytes| UserId(Uuid::from_bytes(bytes))),
        })
    }

    /// Puts into the journal, in one durable commit, what has ended and what is about to be
    /// written. The kinds of the changes that the target has ended come back, in order.
    pub(super) fn record(
        &mut self,
        intents: &[Intent],
        settled: &[Settled],
        arrived: &[(Seq, Outcome)],
    ) -> Result<Vec<ChangeKind>, JournalError> {
        if intents.is_empty() && settled.is_empty() && arrived.is_empty() {
            return Ok(Vec::new());
        }
        let kinds = write::write_all(&mut self.connection, self.begun, intents, settled, arrived)
            .map_err(|error| self.trouble(error))?;
        self.begun |= !intents.is_empty();
        let highest = intents
            .iter()
            .map(|intent| intent.seq)
            .chain(settled.iter().map(|settled| settled.seq))
            .max();
        self.last = self.last.max(highest);
        kinds
            .into_iter()
            .zip(arrived)
            .map(|(code, (seq, _))| {
                code.and_then(entry::kind_of)
                    .ok_or_else(|| JournalError::Entry {
                        path: self.path.clone(),
                        seq: *seq,
                        what: "the target answered to a change that it was not given",
                    })
            })
            .collect()
    }

    /// How many changes are in which state, by kind.
    pub(super) fn counts(&self) -> Result<Counts, JournalError> {
        // Counted here: SQLite would sort ten million rows to group them.
        let mut found: BTreeMap<(i64, i64), u64> = BTreeMap::new();
        self.each("SELECT kind, state FROM change", |row| {
            *found.entry((row.get(0)?, row.get(1)?)).or_default() += 1;
            Ok(())
        })?;
        found
            .into_iter()
            .map(|((kind, state), count)| {
                entry::kind_of(kind)
                    .zip(State::of_code(state))
                    .map(|key| (key, count))
                    .ok_or_else(|| JournalError::Entry {
                        path: self.path.clone(),
                        seq: self.last.unwrap_or(Seq(0)),
                        what: "a kind or state is unknown",
                    })
            })
            .collect()
    }

    /// How a change ended, if it has.
    pub(super) fn outcome(&self, seq: Seq) -> Result<Option<Outcome>, JournalError> {
        let found: Option<(i64, Option<String>)> = self
            .connection
            .query_row(
                "SELECT state, detail FROM change WHERE seq = ?1",
                [number(seq.0)],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .optional()
            .map_err(|error| self.trouble(error))?;
        Ok(found.and_then(|(state, detail)| outcome_of(state, detail.as_deref())))
    }

    pub(super) fn seal(&self) -> Result<String, JournalError> {
        self.ask("SELECT seal FROM run", |row| row.get(0))
    }

    fn flag(&self, column: &str) -> Result<bool, JournalError> {
        self.ask(&format!("SELECT {column} FROM run"), |row| row.get(0))
    }

    fn pragma(&self, name: &str) -> Result<i32, JournalError> {
        self.connection
            .pragma_query_value(None, name, |row| row.get(0))
            .map_err(|error| self.trouble(error))
    }

    fn ask<T>(
        &self,
        query: &str,
        read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<T, JournalError> {
        self.connection
            .query_row(query, [], read)
            .map_err(|error| self.trouble(error))
    }

    fn rows<T>(
        &self,
        query: &str,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, JournalError> {
        let all = || -> rusqlite::Result<Vec<T>> {
            self.connection
                .prepare(query)?
                .query_map([], read)?
                .collect()
        };
        all().map_err(|error| self.trouble(error))
    }

    fn each(
        &self,
        query: &str,
        mut take: impl FnMut(&Row<'_>) -> rusqlite::Result<()>,
    ) -> Result<(), JournalError> {
        let mut all = || -> rusqlite::Result<()> {
            let mut statement = self.connection.prepare(query)?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                take(row)?;
            }
            Ok(())
        };
        all().map_err(|error| self.trouble(error))
    }

    fn trouble(&self, source: rusqlite::Error) -> JournalError {
        JournalError::Database {
            path: self.path.clone(),
            source,
        }
    }
}

/// Makes an empty file that only its owner can read. SQLite gives its log the same rights.
fn create_private(path: &Path) -> io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}

fn outcome_of(state: i64, detail: Option<&str>) -> Option<Outcome> {
    entry::outcome_of(State::of_code(state)?, detail.unwrap_or_default())
}

/// SQLite counts in 63 bits, which no plan exceeds.
fn number(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

fn seq_of(number: i64) -> Seq {
    Seq(count_of(number))
}

fn count_of(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}
