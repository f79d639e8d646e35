//! How ids and kinds lie in the columns of an environment file.
//!
//! In: rows of `SQLite`. Out: the model's types, or the error that says which column holds what it
//! cannot hold. Writing needs no more than `Uuid::into_bytes` and `code()`.

use rusqlite::Row;
use rusqlite::types::FromSqlError;
use rusqlite::types::Type;
use uuid::Uuid;

use crate::model::Principal;

/// The GUID in a column.
pub(super) fn guid(row: &Row<'_>, column: usize) -> rusqlite::Result<Uuid> {
    row.get(column).map(Uuid::from_bytes)
}

/// The GUID in a column that may be empty.
pub(super) fn optional_guid(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Uuid>> {
    let bytes: Option<[u8; 16]> = row.get(column)?;
    Ok(bytes.map(Uuid::from_bytes))
}

/// The value whose code is in a column; `from_code` is that of the model's enum.
pub(super) fn coded<T>(
    row: &Row<'_>,
    column: usize,
    from_code: impl Fn(u8) -> Option<T>,
) -> rusqlite::Result<T> {
    let code: u8 = row.get(column)?;
    from_code(code).ok_or_else(|| out_of_range(column, i64::from(code)))
}

/// As [`coded`], of a column that may be empty.
pub(super) fn optional_coded<T>(
    row: &Row<'_>,
    column: usize,
    from_code: impl Fn(u8) -> Option<T>,
) -> rusqlite::Result<Option<T>> {
    match row.get::<_, Option<u8>>(column)? {
        None => Ok(None),
        Some(_) => coded(row, column, from_code).map(Some),
    }
}

/// The principal in two columns: type code, then id.
pub(super) fn principal(row: &Row<'_>, column: usize) -> rusqlite::Result<Principal> {
    let code: u8 = row.get(column)?;
    Principal::from_parts(code, guid(row, column + 1)?)
        .ok_or_else(|| out_of_range(column, i64::from(code)))
}

fn out_of_range(column: usize, value: i64) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(
        column,
        Type::Integer,
        Box::new(FromSqlError::OutOfRange(value)),
    )
}
