//! `CreateMultiple`, `UpdateMultiple`, `UpsertMultiple`: many rows of one table, all or none.
//!
//! In: the targets of a request. Out: the ids of those made, in their order. Platform facts 5.7: every target says its
//! type, and users have no such messages at all.

use http::{Method, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::rehearse::api::Api;
use crate::rehearse::body;
use crate::rehearse::exchange::{Answer, Request};
use crate::rehearse::extra::Row;
use crate::rehearse::failure::Failure;
use crate::rehearse::odata::{self, Key, Resource};
use crate::rehearse::schema::{Source, Table};

impl Api<'_> {
    /// Does one of the bulk messages.
    pub(in crate::rehearse) fn bulk(
        &mut self,
        table: &Table,
        name: &str,
        request: &Request,
    ) -> Result<Answer, Failure> {
        if request.method != Method::POST {
            return Err(Failure::no_method());
        }
        if !matches!(table.source, Source::Records { .. }) {
            return Err(Failure::new(
                "0x80040800",
                format!(
                    "The '{name}' method does not support entities of type '{}'.",
                    table.logical
                ),
            ));
        }
        let targets = targets(table, &request.body)?;
        match name {
            "CreateMultiple" => {
                let ids: Result<Vec<Uuid>, Failure> = targets
                    .into_iter()
                    .map(|target| self.create(table, target, None))
                    .collect();
                let context = format!(
                    "{}$metadata#Microsoft.Dynamics.CRM.CreateMultipleResponse",
                    self.root
                );
                let body = json!({ "@odata.context": context, "Ids": ids? });
                Ok(Answer::json(StatusCode::OK, &body))
            }
            "UpdateMultiple" => {
                for target in targets {
                    self.update_target(table, target)?;
                }
                Ok(Answer::empty(StatusCode::NO_CONTENT))
            }
            "UpsertMultiple" => {
                for target in targets {
                    self.upsert_target(table, target)?;
                }
                Ok(Answer::empty(StatusCode::NO_CONTENT))
            }
            _ => Err(Failure::no_resource(name)),
        }
    }

    fn update_target(&mut self, table: &Table, target: Row) -> Result<(), Failure> {
        let key = key_of(table, &target)?;
        let found = self.find(table, &key)?;
        let there = match found {
            Some(id) => self.row(table, id)?.map(|_| id),
            None => None,
        };
        let id = there.ok_or_else(|| Failure::no_row(&table.logical, words(&key)))?;
        self.update(table, target, id)
    }

    fn upsert_target(&mut self, table: &Table, target: Row) -> Result<(), Failure> {
        let key = key_of(table, &target)?;
        let found = self.find(table, &key)?;
        match found {
            Some(id) if self.row(table, id)?.is_some() => self.update(table, target, id),
            _ => self.create(table, target, Some(&key)).map(|_| ()),
        }
    }
}

/// The targets of a request, each of which has to say its type.
fn targets(table: &Table, body: &[u8]) -> Result<Vec<Row>, Failure> {
    let mut object = body::object(body)?;
    let Some(Value::Array(targets)) = object.remove("Targets") else {
        return Err(Failure::unreadable("`Targets` is no list of rows."));
    };
    let wanted = format!("Microsoft.Dynamics.CRM.{}", table.logical);
    let read = targets.into_iter().map(|target| match target {
        Value::Object(row) => {
            let kind = row.get("@odata.type").and_then(Value::as_str);
            if kind.is_some_and(|kind| kind.trim_start_matches('#') == wanted) {
                Ok(row)
            } else {
                Err(Failure::unreadable(format!(
                    "A target says no type, or another; expected `\"@odata.type\": \"{wanted}\"`."
                )))
            }
        }
        _ => Err(Failure::unreadable("A target is no row.")),
    });
    read.collect()
}

/// The key of a target: its `@odata.id`, or its primary key.
fn key_of(table: &Table, target: &Row) -> Result<Key, Failure> {
    if let Some(url) = target.get("@odata.id").and_then(Value::as_str) {
        let asked = odata::read(url).map_err(|error| Failure::unreadable(error.to_string()))?;
        if let Resource::Row { key, .. } = asked.resource {
            return Ok(key);
        }
        return Err(Failure::unreadable(format!("`{url}` names no row.")));
    }
    let id = target.get(&table.id).and_then(Value::as_str);
    match id.and_then(|id| Uuid::parse_str(id).ok()) {
        Some(id) => Ok(Key::Id(id)),
        None => Err(Failure::unreadable(format!(
            "A target has neither `{}` nor `@odata.id`.",
            table.id
        ))),
    }
}

fn words(key: &Key) -> String {
    match key {
        Key::Id(id) => id.to_string(),
        Key::Alternate(values) => {
            let names: Vec<&str> = values.iter().map(|(name, _)| name.as_str()).collect();
            names.join(", ")
        }
    }
}
