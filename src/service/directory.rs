//! Who is an administrator of the directory, and so keeps System Administrator.
//!
//! In: a user, and what was loaded of the directory. Out: yes or no. Statement S48. A person is found by
//! object id, by UPN where one side has none; what was not loaded makes nobody one.

use rusqlite::Connection;
use uuid::Uuid;

use crate::model::{UserId, comparison_key};
use crate::service::ServiceError;
use crate::service::rows;

/// Directory roles whose holders get System Administrator, by their comparison keys; the names have
/// changed with the years.
const ADMINISTRATORS: [&str; 8] = [
    "global administrator",
    "general administrator",
    "company administrator",
    "dynamics 365 administrator",
    "dynamics 365 service administrator",
    "crm service administrator",
    "service administrator",
    "power platform administrator",
];

/// Whether the user is a person with one of those directory roles.
pub(super) fn is_administrator(
    connection: &Connection,
    user: UserId,
) -> Result<bool, ServiceError> {
    let sql = "SELECT upn, directory_id FROM user WHERE id = ?1";
    let found: Option<(String, Option<[u8; 16]>)> =
        rows::row(connection, sql, [user.0.as_bytes()], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?;
    let Some((upn, id)) = found else {
        return Ok(false);
    };
    let person = match id {
        Some(id) => person_of_id(connection, Uuid::from_bytes(id))?,
        None => None,
    };
    let person = match person {
        Some(person) => Some(person),
        None => person_of_upn(connection, &upn, id.is_some())?,
    };
    match person {
        Some(person) => has_role(connection, &person),
        None => Ok(false),
    }
}

fn person_of_id(connection: &Connection, id: Uuid) -> Result<Option<String>, ServiceError> {
    let sql = "SELECT upn FROM directory_person WHERE id = ?1";
    rows::value(connection, sql, [id.as_bytes()])
}

/// UPNs are kept as written and compared as all texts are; one that is blank is nobody's. Where both sides
/// have object ids these decide: a UPN is given to somebody else again.
fn person_of_upn(
    connection: &Connection,
    upn: &str,
    user_has_id: bool,
) -> Result<Option<String>, ServiceError> {
    let key = comparison_key(upn);
    if key.is_empty() {
        return Ok(None);
    }
    let mut statement = connection
        .prepare_cached("SELECT upn, id IS NOT NULL FROM directory_person ORDER BY upn")?;
    let mut people = statement.query([])?;
    while let Some(row) = people.next()? {
        let (other, has_id): (String, bool) = (row.get(0)?, row.get(1)?);
        if comparison_key(&other) == key && !(has_id && user_has_id) {
            return Ok(Some(other));
        }
    }
    Ok(None)
}

fn has_role(connection: &Connection, person: &str) -> Result<bool, ServiceError> {
    let mut statement =
        connection.prepare_cached("SELECT role FROM directory_role WHERE person = ?1")?;
    let mut roles = statement.query([person])?;
    while let Some(row) = roles.next()? {
        let role: String = row.get(0)?;
        if ADMINISTRATORS.contains(&comparison_key(&role).as_str()) {
            return Ok(true);
        }
    }
    Ok(false)
}
