//! What an environment file holds of the subjects of changes.
//!
//! In: a connection, and subjects. Out: what is there of each, in their order. Which connection, and how
//! many at once, is `embedded.rs`'s to say; what a value found means is `apply/`'s.

use std::sync::Arc;

use hashbrown::HashMap;
use rusqlite::{CachedStatement, Connection, OptionalExtension};
use uuid::Uuid;

use crate::model::{
    AccessMode, Aspects, Present, Principal, RecordId, RoleId, Subject, UnitId, UserId, UserValues,
    comparison_key,
};

/// Reads subjects as of one moment. Records come fastest in the order of [`in_order_of_rows`].
pub(super) fn read_all<'a>(
    connection: &Connection,
    subjects: impl IntoIterator<Item = &'a Subject>,
    by_upn: &HashMap<String, UserId>,
) -> rusqlite::Result<Vec<Present>> {
    let transaction = connection.unchecked_transaction()?;
    let mut records = Records::new(&transaction)?;
    subjects
        .into_iter()
        .map(|subject| match subject {
            Subject::Stub { id, upn } => read_stub(&transaction, *id, upn, by_upn),
            Subject::User { id, aspects } => read_values(&transaction, *id, aspects),
            Subject::Role { principal, role } => read_role(&transaction, *principal, *role),
            Subject::Record { entity, record } => records.owner(entity, *record),
        })
        .collect()
}

/// Records in the order in which the file keeps them, so that each page is touched once; whatever is
/// no record first, in the order in which it came.
pub(super) fn in_order_of_rows<T>(
    these: impl IntoIterator<Item = T>,
    record: impl Fn(&T) -> Option<RecordId>,
) -> Vec<T> {
    let mut these: Vec<T> = these.into_iter().collect();
    these.sort_by_cached_key(record);
    these
}

/// Owners of records: a million of them are asked for by one statement, their table by its number,
/// which is looked up only where it is another one than that of the record before.
pub(super) struct Records<'c> {
    connection: &'c Connection,
    owner: CachedStatement<'c>,
    table: Option<(Arc<str>, Option<i64>)>,
}

impl<'c> Records<'c> {
    /// Holds as long as the transaction that it is made in.
    pub(super) fn new(connection: &'c Connection) -> rusqlite::Result<Self> {
        Ok(Self {
            connection,
            owner: connection.prepare_cached(
                "SELECT owner_type, owner FROM record WHERE entity = ?1 AND id = ?2",
            )?,
            table: None,
        })
    }

    /// Who owns a record, if it is there.
    pub(super) fn owner(
        &mut self,
        entity: &Arc<str>,
        record: RecordId,
    ) -> rusqlite::Result<Present> {
        let Some(table) = self.table(entity)? else {
            return Ok(Present::Absent);
        };
        let mut rows = self.owner.query((table, record.0.as_bytes()))?;
        let Some(row) = rows.next()? else {
            return Ok(Present::Absent);
        };
        let (code, id): (u8, [u8; 16]) = (row.get(0)?, row.get(1)?);
        Principal::from_parts(code, Uuid::from_bytes(id))
            .map(Present::Owner)
            .ok_or(rusqlite::Error::IntegralValueOutOfRange(0, code.into()))
    }

    fn table(&mut self, entity: &Arc<str>) -> rusqlite::Result<Option<i64>> {
        if let Some((_, number)) = self.table.as_ref().filter(|(known, _)| known == entity) {
            return Ok(*number);
        }
        let number = self
            .connection
            .prepare_cached("SELECT number FROM entity WHERE name = ?1")?
            .query_row([entity], |row| row.get(0))
            .optional()?;
        self.table = Some((Arc::clone(entity), number));
        Ok(number)
    }
}

fn read_stub(
    connection: &Connection,
    id: UserId,
    upn: &str,
    by_upn: &HashMap<String, UserId>,
) -> rusqlite::Result<Present> {
    if let Some(user) = read_user(connection, id)? {
        return Ok(user);
    }
    let other = by_upn.get(&comparison_key(upn));
    let user = other.map(|id| read_user(connection, *id)).transpose()?;
    Ok(user.flatten().unwrap_or(Present::Absent))
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
    let roles = roles_of(connection, id)?;
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

/// The roles that a user holds himself, sorted.
fn roles_of<C: FromIterator<RoleId>>(connection: &Connection, id: UserId) -> rusqlite::Result<C> {
    connection
        .prepare_cached("SELECT role FROM user_role WHERE user = ?1 ORDER BY role")?
        .query_map([id.0.as_bytes()], |row| {
            Ok(RoleId(Uuid::from_bytes(row.get(0)?)))
        })?
        .collect()
}

/// What an existing user holds of these aspects. Profile fields are columns by the names of their keys.
pub(super) fn read_values(
    connection: &Connection,
    id: UserId,
    aspects: &Aspects,
) -> rusqlite::Result<Present> {
    let fields = aspects.profile.iter().map(|field| field.key());
    let columns: Vec<&str> = ["business_unit", "access_mode"]
        .into_iter()
        .chain(fields)
        .collect();
    let sql = format!("SELECT {} FROM user WHERE id = ?1", columns.join(", "));
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query([id.0.as_bytes()])?;
    let Some(row) = rows.next()? else {
        return Ok(Present::Absent);
    };
    let code: u8 = row.get(1)?;
    let mode = AccessMode::from_code(code)
        .ok_or(rusqlite::Error::IntegralValueOutOfRange(1, code.into()))?;
    let unit = UnitId(Uuid::from_bytes(row.get(0)?));
    let profile = aspects
        .profile
        .iter()
        .enumerate()
        .map(|(place, field)| Ok((*field, row.get(place + 2)?)))
        .collect::<rusqlite::Result<_>>()?;
    let roles = aspects.roles.then(|| roles_of(connection, id));
    Ok(Present::Values(Box::new(UserValues {
        business_unit: aspects.business_unit.then_some(unit),
        access_mode: aspects.access_mode.then_some(mode),
        profile,
        roles: roles.transpose()?,
    })))
}

/// Users by the comparison key of their UPN. Where two share one, the stub user is found, since a
/// stub user is looked for, and of several the first by id.
pub(super) fn users_by_upn(connection: &Connection) -> rusqlite::Result<HashMap<String, UserId>> {
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
