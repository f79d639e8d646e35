//! Opens environment files, and refuses what is none.
//!
//! In: a path. Out: a connection whose file bears our marks, current in its version. Reading works
//! in a folder that cannot be written to; writing uses a write-ahead log, and is on disk when it
//! says so. What is read and written is up to `file.rs` and `writer.rs`.

use std::path::Path;
use std::thread;
use std::time::Duration;

use rusqlite::Connection;
use rusqlite::ErrorCode;
use rusqlite::OpenFlags;

use crate::environment::EnvironmentError;
use crate::environment::schema;

/// How long to wait for another program's transaction before the file counts as locked.
const BUSY_MS_MAX: u64 = if cfg!(test) { 500 } else { 10_000 };

/// How long to wait between two tries where `SQLite` is told not to wait by itself.
const BUSY_PAUSE_MS: u64 = 20;

/// Prepared statements kept by a connection: more than any room here uses.
const STATEMENTS_KEPT: usize = 64;

/// Opens a file to read it; one of an older version is brought up to date first.
pub(super) fn reading(path: &Path) -> Result<Connection, EnvironmentError> {
    let (connection, version) = look(path)?;
    if version < schema::VERSION {
        drop(connection);
        let current = writing(path)?;
        // Else the log would stay beside the file, which readers cannot take away. Where another
        // program has it open, that one ends it later.
        let _ = settle(&current);
        drop(current);
        return look(path).map(|(connection, _)| connection);
    }
    Ok(connection)
}

/// Opens a file to read it as it is, of whatever version up to this program's.
pub(super) fn look(path: &Path) -> Result<(Connection, i32), EnvironmentError> {
    expect_file(path)?;
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let opened =
        Connection::open_with_flags(path, flags).and_then(|connection| known(connection, path));
    match opened {
        Err(error) if cannot_make_log(&error) && !has_log(path) => immutable(path)
            .unwrap_or(Err(error))
            .and_then(|connection| known(connection, path)),
        other => other,
    }
    .map_err(|error| EnvironmentError::of(path, error))?
}

/// Opens a file to write to it.
pub(super) fn writing(path: &Path) -> Result<Connection, EnvironmentError> {
    expect_file(path)?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let (connection, version) = Connection::open_with_flags(path, flags)
        .and_then(|connection| known(connection, path))
        .map_err(|error| EnvironmentError::of(path, error))??;
    prepare_writing(&connection, version).map_err(|error| EnvironmentError::of(path, error))?;
    Ok(connection)
}

fn prepare_writing(connection: &Connection, version: i32) -> rusqlite::Result<()> {
    connection.pragma_update(None, "foreign_keys", true)?;
    write_ahead(connection)?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    schema::migrate(connection, version)
}

/// Puts the file into write-ahead mode. For another program's transaction `SQLite` waits here in some
/// cases and in others not at all, however short it is; so it is told not to, and this does.
fn write_ahead(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(Duration::ZERO)?;
    let mut waited_ms = 0;
    let switched = loop {
        match connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(())) {
            Err(error)
                if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy)
                    && waited_ms < BUSY_MS_MAX =>
            {
                waited_ms += BUSY_PAUSE_MS;
                thread::sleep(Duration::from_millis(BUSY_PAUSE_MS));
            }
            other => break other,
        }
    };
    connection.busy_timeout(Duration::from_millis(BUSY_MS_MAX))?;
    switched
}

/// Opens whatever `SQLite` file stands there, current or not, to end its logs.
pub(super) fn any(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Connection::open_with_flags(path, flags)
}

/// Ends the write-ahead log, so that one file holds everything and any folder will do to read it.
///
/// Does nothing while another connection is open; that one ends it later.
pub(super) fn settle(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(Duration::ZERO)?;
    // A connection that has read nothing yet does not know of the log that others have made, and
    // would leave it behind, empty.
    schema::marks(connection)?;
    connection.pragma_update_and_check(None, "journal_mode", "DELETE", |_| Ok(()))
}

fn expect_file(path: &Path) -> Result<(), EnvironmentError> {
    if path.is_file() {
        return Ok(());
    }
    let path = path.to_path_buf();
    if path.is_dir() {
        let found = "a folder".to_owned();
        return Err(EnvironmentError::Foreign { path, found });
    }
    Err(EnvironmentError::Missing { path })
}

type Known = Result<(Connection, i32), EnvironmentError>;

/// Looks at the marks. The outer error is `SQLite`'s, for the caller to try another way.
fn known(connection: Connection, path: &Path) -> rusqlite::Result<Known> {
    connection.busy_timeout(Duration::from_millis(BUSY_MS_MAX))?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_KEPT);
    let (application, version) = schema::marks(&connection)?;
    let path = path.to_path_buf();
    Ok(if application != schema::APPLICATION_ID {
        let found = "another program's file, or an empty one".to_owned();
        Err(EnvironmentError::Foreign { path, found })
    } else if version > schema::VERSION {
        let (found, known) = (version, schema::VERSION);
        Err(EnvironmentError::Newer { path, found, known })
    } else {
        Ok((connection, version))
    })
}

/// A file in write-ahead mode needs helpers beside it, which a folder without write permission
/// forbids.
fn cannot_make_log(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly)
    )
}

fn has_log(path: &Path) -> bool {
    beside(path, "-wal").exists()
}

/// The helper file of `SQLite` with this ending.
pub(super) fn beside(path: &Path, ending: &str) -> std::path::PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// Opens a file that nobody can change, without any helper file.
fn immutable(path: &Path) -> Option<rusqlite::Result<Connection>> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
        | OpenFlags::SQLITE_OPEN_NO_MUTEX
        | OpenFlags::SQLITE_OPEN_URI;
    let address = address(&std::path::absolute(path).ok()?)?;
    Some(Connection::open_with_flags(address, flags))
}

/// The file's address; `None` where the path is no text.
fn address(path: &Path) -> Option<String> {
    let mut address = String::from("file:");
    let text = path.to_str()?.replace('\\', "/");
    if !text.starts_with('/') {
        address.push('/');
    }
    for character in text.chars() {
        match character {
            '%' => address.push_str("%25"),
            '?' => address.push_str("%3f"),
            '#' => address.push_str("%23"),
            other => address.push(other),
        }
    }
    address.push_str("?immutable=1");
    Some(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_holds_any_path() {
        let check = |path: &str, expected: &str| {
            assert_eq!(address(Path::new(path)).as_deref(), Some(expected));
        };
        check("/a b/c.sqlite", "file:/a b/c.sqlite?immutable=1");
        check("/50%/what?#1", "file:/50%25/what%3f%231?immutable=1");
        check("C:/x.sqlite", "file:/C:/x.sqlite?immutable=1");
    }

    #[test]
    fn writing_waits_for_whoever_has_the_file_for_a_moment() {
        for (case, words) in [
            ("writes", "BEGIN IMMEDIATE"),
            ("reads", "BEGIN; SELECT count(*) FROM user"),
            ("commits", "BEGIN EXCLUSIVE"),
        ] {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("environment.sqlite");
            let other = Connection::open(&path).unwrap();
            schema::migrate(&other, 0).unwrap();
            other.execute_batch(words).unwrap();
            thread::scope(|scope| {
                scope.spawn(move || {
                    thread::sleep(Duration::from_millis(BUSY_MS_MAX / 10));
                    other.execute_batch("COMMIT").unwrap();
                });
                let opened = writing(&path);
                assert!(opened.is_ok(), "another {case}: {opened:?}");
            });
        }
    }

    #[test]
    fn writing_does_not_wait_for_ever() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("environment.sqlite");
        let other = Connection::open(&path).unwrap();
        schema::migrate(&other, 0).unwrap();
        other.execute_batch("BEGIN IMMEDIATE").unwrap();
        let opened = writing(&path);
        assert!(matches!(opened, Err(EnvironmentError::Locked { .. })));
    }

    #[test]
    fn a_file_in_write_ahead_mode_reads_as_immutable() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("50% #1.sqlite");
        let connection = Connection::open(&path).unwrap();
        prepare_writing(&connection, 0).unwrap();
        drop(connection);
        let connection = immutable(&path).unwrap().unwrap();
        let (_, version) = known(connection, &path).unwrap().unwrap();
        assert_eq!(version, schema::VERSION);
        assert!(!has_log(&path));
    }
}
