//! What clients write that an environment file has no column for: other columns, and versions.
//!
//! In: a row of a table, by its logical name and id. Out: the columns beside it and its version, kept in a table of
//! the server's own in the served file. The version is the `@odata.etag`; a row that nobody wrote is of version 1.

use rusqlite::{Connection, OptionalExtension};
use serde_json::{Map, Value};
use uuid::Uuid;

/// A row as clients see it: columns by name.
pub(in crate::rehearse) type Row = Map<String, Value>;

/// The version of a row that nobody wrote.
pub(in crate::rehearse) const FIRST_VERSION: i64 = 1;

const MAKE: &str = "
CREATE TABLE IF NOT EXISTS rehearsal_row (
    logical TEXT NOT NULL,
    id BLOB NOT NULL CHECK (length(id) = 16),
    version INTEGER NOT NULL,
    columns TEXT NOT NULL,
    PRIMARY KEY (logical, id)
) STRICT, WITHOUT ROWID";

/// Makes the table, unless it is there.
pub(in crate::rehearse) fn prepare(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(MAKE)
}

/// The columns beside a row, and its version.
pub(in crate::rehearse) fn read(
    connection: &Connection,
    logical: &str,
    id: Uuid,
) -> rusqlite::Result<(i64, Row)> {
    let sql = "SELECT version, columns FROM rehearsal_row WHERE logical = ?1 AND id = ?2";
    let mut statement = connection.prepare_cached(sql)?;
    let found: Option<(i64, String)> = statement
        .query_row((logical, id.as_bytes()), |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .optional()?;
    Ok(match found {
        Some((version, columns)) => (version, of_text(&columns)),
        None => (FIRST_VERSION, Row::new()),
    })
}

/// The columns of a stored text; a text that is no object holds none.
pub(in crate::rehearse) fn of_text(columns: &str) -> Row {
    match serde_json::from_str(columns) {
        Ok(Value::Object(row)) => row,
        _ => Row::new(),
    }
}

/// Writes columns beside a row and gives it the next version; a null takes its column away.
pub(in crate::rehearse) fn write(
    connection: &Connection,
    logical: &str,
    id: Uuid,
    columns: Row,
) -> rusqlite::Result<()> {
    let (version, mut row) = read(connection, logical, id)?;
    for (name, value) in columns {
        if value.is_null() {
            row.remove(&name);
        } else {
            row.insert(name, value);
        }
    }
    let sql = "INSERT INTO rehearsal_row (logical, id, version, columns) VALUES (?1, ?2, ?3, ?4)
               ON CONFLICT DO UPDATE SET version = ?3, columns = ?4";
    let columns = Value::Object(row).to_string();
    let values = (logical, id.as_bytes(), version + 1, columns);
    connection.prepare_cached(sql)?.execute(values)?;
    Ok(())
}

/// Takes everything beside a row away.
pub(in crate::rehearse) fn remove(
    connection: &Connection,
    logical: &str,
    id: Uuid,
) -> rusqlite::Result<()> {
    let sql = "DELETE FROM rehearsal_row WHERE logical = ?1 AND id = ?2";
    connection
        .prepare_cached(sql)?
        .execute((logical, id.as_bytes()))?;
    Ok(())
}
