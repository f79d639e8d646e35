//! The body of a write, read: columns, and lookups bound to rows.
//!
//! In: a JSON object and the table that it is for. Out: its columns by name and its lookups by the rows that they
//! name; a property that the table has not is refused as the service refuses it. What is done with them is for
//! `write.rs` and `users.rs`.

use std::collections::BTreeMap;

use serde_json::Value;
use uuid::Uuid;

use crate::rehearse::api::Api;
use crate::rehearse::extra::Row;
use crate::rehearse::failure::Failure;
use crate::rehearse::odata::{self, Resource};
use crate::rehearse::schema::{Kind, Source, Table, Way};

/// What ends the name of a property that binds a lookup.
const BIND: &str = "@odata.bind";

/// What a write says.
#[derive(Clone, Debug, Default)]
pub(in crate::rehearse) struct Body {
    /// Columns; null empties one.
    pub(in crate::rehearse) columns: Row,
    /// Lookups by column: the logical name and id of the row; `None` empties one.
    pub(in crate::rehearse) lookups: BTreeMap<String, Option<(String, Uuid)>>,
}

impl Body {
    /// Takes the text of a column out; `None` where the body does not speak of it, a blank where it empties it.
    pub(in crate::rehearse) fn take_text(&mut self, column: &str) -> Option<String> {
        let value = self.columns.remove(column)?;
        Some(value.as_str().unwrap_or_default().to_owned())
    }
}

/// The object of a body; an empty body is an empty object.
pub(in crate::rehearse) fn object(body: &[u8]) -> Result<Row, Failure> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Ok(Row::new());
    }
    match serde_json::from_slice(body) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err(Failure::unreadable("The body is no JSON object.")),
        Err(error) => Err(Failure::unreadable(format!(
            "The body is no JSON: {error}."
        ))),
    }
}

/// Reads a body for a table.
pub(in crate::rehearse) fn read(
    api: &Api<'_>,
    table: &Table,
    object: Row,
) -> Result<Body, Failure> {
    let mut body = Body::default();
    for (name, value) in object {
        if let Some(navigation) = name.strip_suffix(BIND) {
            let lookup = lookup(table, navigation)?;
            let row = match value {
                Value::Null => None,
                Value::String(text) if refuses_for_itself(table, &lookup) => {
                    Some(named(api, &text)?)
                }
                Value::String(text) => Some(row_named(api, &text)?),
                _ => return Err(Failure::unreadable(format!("`{name}` is no text."))),
            };
            body.lookups.insert(lookup, row);
        } else if name.contains('@') {
            // Types, ids and etags say nothing of the row itself.
        } else if value.is_object() || value.is_array() {
            return Err(Failure::unreadable(format!(
                "`{name}`: rows within rows are not served."
            )));
        } else {
            column(table, &name, &value)?;
            body.columns.insert(name.to_ascii_lowercase(), value);
        }
    }
    Ok(body)
}

/// Whether `service/` says that the row of a lookup is not there: it asks first what the caller may do.
fn refuses_for_itself(table: &Table, lookup: &str) -> bool {
    match lookup {
        "_businessunitid_value" => table.logical == "systemuser",
        "_ownerid_value" => matches!(table.source, Source::Records { .. }),
        _ => false,
    }
}

/// Refuses what cannot stand in a column.
fn column(table: &Table, name: &str, value: &Value) -> Result<(), Failure> {
    if !table.knows(name) {
        return Err(Failure::no_property(name, &table.logical));
    }
    let kind = table.column(name).map(|column| column.kind);
    let fits = match (kind, value) {
        (None, _) | (_, Value::Null) => true,
        (Some(Kind::Lookup(_)), _) => false,
        (Some(Kind::Id), value) => value.as_str().is_some_and(|id| Uuid::parse_str(id).is_ok()),
        (Some(Kind::Text), value) => value.is_string(),
        (Some(Kind::Integer), value) => value.is_i64(),
        (Some(Kind::Number), value) => value.is_number(),
        (Some(Kind::Boolean), value) => value.is_boolean(),
    };
    if fits {
        return Ok(());
    }
    Err(Failure::unreadable(format!(
        "Cannot convert the literal '{value}' to the expected type of '{name}'."
    )))
}

/// The column of a lookup, by its navigation property.
fn lookup(table: &Table, navigation: &str) -> Result<String, Failure> {
    match table.way(navigation) {
        Some(Way::One(column)) => Ok(column.to_owned()),
        Some(_) => Err(Failure::unreadable(format!(
            "`{navigation}` leads to many rows and cannot be bound."
        ))),
        None if navigation.contains('_') => {
            Ok(format!("_{}_value", navigation.to_ascii_lowercase()))
        }
        None => Err(Failure::no_property(navigation, &table.logical)),
    }
}

/// The row that a URL names; it has to be there.
pub(in crate::rehearse) fn row_named(api: &Api<'_>, url: &str) -> Result<(String, Uuid), Failure> {
    let (logical, id) = named(api, url)?;
    let is_there = match api.schema.table(&logical) {
        Some(table) => api.row(table, id)?.is_some(),
        None => false,
    };
    if is_there {
        return Ok((logical, id));
    }
    Err(Failure::no_row(&logical, odata_key(url)))
}

/// The row that a URL names, whether it is there or not.
fn named(api: &Api<'_>, url: &str) -> Result<(String, Uuid), Failure> {
    let asked = odata::read(url).map_err(|error| Failure::unreadable(error.to_string()))?;
    let Resource::Row { set, key } = asked.resource else {
        return Err(Failure::unreadable(format!("`{url}` names no row.")));
    };
    let table = api.table(&set)?;
    match api.find(table, &key)? {
        Some(id) => Ok((table.logical.clone(), id)),
        None => Err(Failure::no_row(&table.logical, odata_key(url))),
    }
}

/// What stands between the brackets of a URL, for the words of an error.
fn odata_key(url: &str) -> &str {
    let key = url.rsplit_once('(').map_or(url, |(_, key)| key);
    key.trim_end_matches(')')
}
