//! Rows as clients see them, read from the served file.
//!
//! In: a table, and which of its rows are wanted. Out: rows as JSON objects with every column that holds something,
//! their id, and their version under [`VERSION`]. What a filter says beyond single columns, and which columns go
//! back, is for `query.rs`.

use std::collections::BTreeMap;

use rusqlite::types::{Value as Stored, ValueRef};
use rusqlite::{Connection, params_from_iter};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::model::{Principal, TeamId, UserId, comparison_key};
use crate::rehearse::extra::{self, Row};
use crate::rehearse::schema::{Column, Kind, Source, Table};

/// The key under which a row holds its version; no column can be called so.
pub(in crate::rehearse) const VERSION: &str = "@version";

/// The annotation that says of which table a lookup's row is.
pub(in crate::rehearse) const LOOKUP: &str = "@Microsoft.Dynamics.CRM.lookuplogicalname";

/// Under this name space, rows without a key of their own get one.
const KEYS: Uuid = Uuid::from_u128(0x3d0f_8a51_77c2_4be4_9c1a_5e0b_6f2d_9a17);

/// Which rows are wanted.
#[derive(Clone, Debug, Default)]
pub(in crate::rehearse) struct Wanted {
    /// Columns of the file, and the values one of which each must hold; others may come too.
    pub(in crate::rehearse) values: BTreeMap<String, Vec<Value>>,
    /// Of records: those after this id.
    pub(in crate::rehearse) after: Option<Uuid>,
    /// Of records: so many at most.
    pub(in crate::rehearse) limit: Option<usize>,
}

impl Wanted {
    /// The row of one id.
    pub(in crate::rehearse) fn row(table: &Table, id: Uuid) -> Self {
        Self {
            values: [(table.id.clone(), vec![json!(id.to_string())])].into(),
            ..Self::default()
        }
    }
}

/// The rows that are wanted, in the order of their keys.
pub(in crate::rehearse) fn read(
    connection: &Connection,
    table: &Table,
    wanted: &Wanted,
) -> rusqlite::Result<Vec<Row>> {
    match table.source {
        Source::Facts { from, order } => facts(connection, table, from, order, wanted),
        Source::Records { number } => records(connection, table, number, wanted),
    }
}

/// One row, if it is there.
pub(in crate::rehearse) fn one(
    connection: &Connection,
    table: &Table,
    id: Uuid,
) -> rusqlite::Result<Option<Row>> {
    let rows = read(connection, table, &Wanted::row(table, id))?;
    let is_it = |row: &Row| id_of(table, row) == Some(id);
    Ok(rows.into_iter().find(is_it))
}

/// The id that a row holds.
pub(in crate::rehearse) fn id_of(table: &Table, row: &Row) -> Option<Uuid> {
    Uuid::parse_str(row.get(&table.id)?.as_str()?).ok()
}

fn facts(
    connection: &Connection,
    table: &Table,
    from: &str,
    order: &str,
    wanted: &Wanted,
) -> rusqlite::Result<Vec<Row>> {
    let stored: Vec<(&Column, &str)> = (table.columns.iter())
        .filter_map(|column| Some((column, column.sql?)))
        .collect();
    let list: Vec<&str> = stored.iter().map(|(_, sql)| *sql).collect();
    let (condition, values) = condition(&stored, wanted);
    let sql = format!(
        "SELECT {} FROM {from} WHERE {condition} ORDER BY {order}",
        list.join(", ")
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let mut found = statement.query(params_from_iter(values))?;
    let mut rows = Vec::new();
    while let Some(row) = found.next()? {
        let mut columns = Row::new();
        for (place, (column, _)) in stored.iter().enumerate() {
            insert(&mut columns, column, row.get_ref(place)?);
        }
        rows.push(columns);
    }
    for row in &mut rows {
        finish(connection, table, row)?;
    }
    Ok(rows)
}

/// What of the wish the file itself can sort out, and the values for it. A text is compared in small letters, so
/// that nothing is left out that the filter would take.
fn condition(stored: &[(&Column, &str)], wanted: &Wanted) -> (String, Vec<Stored>) {
    let mut conditions = vec!["TRUE".to_owned()];
    let mut bound = Vec::new();
    for (column, sql) in stored {
        let Some(values) = wanted.values.get(&column.name) else {
            continue;
        };
        let stored: Option<Vec<Stored>> = values.iter().map(|value| key(column, value)).collect();
        let Some(stored) = stored else {
            continue;
        };
        let marks = vec!["?"; stored.len()].join(", ");
        conditions.push(match column.kind {
            Kind::Text => format!("rtrim(lower({sql})) IN ({marks})"),
            _ => format!("{sql} IN ({marks})"),
        });
        bound.extend(stored);
    }
    (conditions.join(" AND "), bound)
}

/// A value as the file would hold it; `None` where only the filter can tell.
fn key(column: &Column, value: &Value) -> Option<Stored> {
    match column.kind {
        Kind::Id | Kind::Lookup(_) => {
            let id = Uuid::parse_str(value.as_str()?).ok()?;
            Some(Stored::Blob(id.as_bytes().to_vec()))
        }
        Kind::Text => {
            let text = value.as_str().filter(|text| text.is_ascii())?;
            Some(Stored::Text(text.trim_end().to_ascii_lowercase()))
        }
        Kind::Integer | Kind::Number | Kind::Boolean => None,
    }
}

fn records(
    connection: &Connection,
    table: &Table,
    number: i64,
    wanted: &Wanted,
) -> rusqlite::Result<Vec<Row>> {
    let mut conditions = vec!["entity = ?".to_owned()];
    let mut bound = vec![Stored::Integer(number)];
    if let Some(after) = wanted.after {
        conditions.push("id > ?".to_owned());
        bound.push(Stored::Blob(after.as_bytes().to_vec()));
    }
    for (name, column) in [(table.id.as_str(), "id"), ("_ownerid_value", "owner")] {
        let ids = wanted.values.get(name).into_iter().flatten();
        let ids: Vec<Stored> = ids
            .filter_map(|value| Uuid::parse_str(value.as_str()?).ok())
            .map(|id| Stored::Blob(id.as_bytes().to_vec()))
            .collect();
        if wanted.values.contains_key(name) {
            conditions.push(format!("{column} IN ({})", vec!["?"; ids.len()].join(", ")));
            bound.extend(ids);
        }
    }
    bound.push(Stored::Integer(
        wanted
            .limit
            .map_or(-1, |limit| i64::try_from(limit).unwrap_or(-1)),
    ));
    let sql = format!(
        "SELECT id, owner_type, owner FROM record WHERE {} ORDER BY id LIMIT ?",
        conditions.join(" AND ")
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let mut found = statement.query(params_from_iter(bound))?;
    let mut rows = Vec::new();
    while let Some(row) = found.next()? {
        let id = Uuid::from_bytes(row.get(0)?);
        let (kind, owner): (u8, [u8; 16]) = (row.get(1)?, row.get(2)?);
        let mut columns = Row::new();
        columns.insert(table.id.clone(), json!(id.to_string()));
        if table.is_owned() {
            own(connection, &mut columns, kind, Uuid::from_bytes(owner))?;
        }
        keys(connection, number, id, &mut columns)?;
        rows.push(columns);
    }
    for row in &mut rows {
        finish(connection, table, row)?;
    }
    Ok(rows)
}

/// The columns that say whose a record is.
fn own(connection: &Connection, columns: &mut Row, kind: u8, owner: Uuid) -> rusqlite::Result<()> {
    let is_team = Principal::Team(TeamId(owner)).type_code() == kind;
    let (logical, owning, from) = if is_team {
        ("team", "_owningteam_value", "team")
    } else {
        ("systemuser", "_owninguser_value", "user")
    };
    let id = json!(owner.to_string());
    columns.insert("_ownerid_value".to_owned(), id.clone());
    columns.insert(format!("_ownerid_value{LOOKUP}"), json!(logical));
    columns.insert(owning.to_owned(), id);
    let sql = format!("SELECT business_unit FROM {from} WHERE id = ?1");
    let mut statement = connection.prepare_cached(&sql)?;
    let mut units = statement.query([owner.as_bytes()])?;
    if let Some(row) = units.next()? {
        let unit = Uuid::from_bytes(row.get(0)?);
        columns.insert(
            "_owningbusinessunit_value".to_owned(),
            json!(unit.to_string()),
        );
    }
    Ok(())
}

/// The columns by which exports name a record.
fn keys(connection: &Connection, number: i64, id: Uuid, columns: &mut Row) -> rusqlite::Result<()> {
    let sql = "SELECT field, coalesce(word, key) FROM record_key LEFT JOIN key_word USING (entity, field, key) \
               WHERE record_key.entity = ?1 AND record_key.id = ?2";
    let mut statement = connection.prepare_cached(sql)?;
    let mut found = statement.query((number, id.as_bytes()))?;
    while let Some(row) = found.next()? {
        let key: String = row.get(1)?;
        columns.insert(row.get(0)?, json!(key));
    }
    Ok(())
}

/// The id of a row that has none in the file, its version, and what stands beside it.
fn finish(connection: &Connection, table: &Table, row: &mut Row) -> rusqlite::Result<()> {
    if table.logical == "roleprivileges" {
        let privilege = row.remove("privilegename").unwrap_or_default();
        let privilege = privilege_id(privilege.as_str().unwrap_or_default());
        row.insert("privilegeid".to_owned(), json!(privilege.to_string()));
    }
    if !row.contains_key(&table.id) {
        let name = match table.logical.as_str() {
            "privilege" => row.get("name").and_then(Value::as_str).map(privilege_id),
            _ => None,
        };
        let texts = || {
            row.values()
                .map(Value::to_string)
                .collect::<Vec<_>>()
                .join(" ")
        };
        let id = name.unwrap_or_else(|| Uuid::new_v5(&KEYS, texts().as_bytes()));
        row.insert(table.id.clone(), json!(id.to_string()));
    }
    let Some(id) = id_of(table, row) else {
        return Ok(());
    };
    let (version, columns) = extra::read(connection, &table.logical, id)?;
    row.extend(columns);
    row.insert(VERSION.to_owned(), json!(version));
    Ok(())
}

/// The id of a privilege, which an environment file knows by its name alone.
fn privilege_id(name: &str) -> Uuid {
    Uuid::new_v5(&KEYS, comparison_key(name).as_bytes())
}

fn insert(row: &mut Row, column: &Column, stored: ValueRef<'_>) {
    let value = match (column.kind, stored) {
        (_, ValueRef::Null) => return,
        (Kind::Boolean, ValueRef::Integer(number)) => json!(number != 0),
        (_, ValueRef::Integer(number)) => json!(number),
        (_, ValueRef::Real(number)) => json!(number),
        (_, ValueRef::Text(text)) => json!(String::from_utf8_lossy(text)),
        (_, ValueRef::Blob(bytes)) => match Uuid::from_slice(bytes) {
            Ok(id) => json!(id.to_string()),
            Err(_) => return,
        },
    };
    if let Kind::Lookup(to) = column.kind {
        row.insert(format!("{}{LOOKUP}", column.name), json!(to));
    }
    row.insert(column.name.clone(), value);
}

/// The principal that a row of users or teams is.
pub(in crate::rehearse) fn principal(logical: &str, id: Uuid) -> Option<Principal> {
    match logical {
        "systemuser" => Some(Principal::User(UserId(id))),
        "team" => Some(Principal::Team(TeamId(id))),
        _ => None,
    }
}
