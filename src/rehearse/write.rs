//! Writes about rows: made, changed, deleted, and made or changed.
//!
//! In: a table, a row and a body. Out: the row written, or the refusal; users go on to `users.rs`. Who owns a record is
//! changed by `service/`, and by nothing else.

use rusqlite::OptionalExtension;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::model::{Principal, RecordId, UserId, Write};
use crate::rehearse::api::Api;
use crate::rehearse::body::{self, Body};
use crate::rehearse::extra::{self, Row};
use crate::rehearse::failure::Failure;
use crate::rehearse::odata::Key;
use crate::rehearse::rows::{self, LOOKUP};
use crate::rehearse::schema::{Source, Table};
use crate::service::Performed;

/// The lookup that says whose a record is.
const OWNER: &str = "_ownerid_value";

impl Api<'_> {
    /// Makes a row; its id is the one that the body gives, the key's, or a new one.
    pub(in crate::rehearse) fn create(
        &mut self,
        table: &Table,
        object: Row,
        key: Option<&Key>,
    ) -> Result<Uuid, Failure> {
        let mut body = body::read(self, table, object)?;
        let given = body.columns.remove(&table.id);
        let given = given.and_then(|id| Uuid::parse_str(id.as_str()?).ok());
        let id = match key {
            Some(Key::Id(id)) => *id,
            Some(Key::Alternate(values)) => {
                for (name, value) in values {
                    body.columns.insert(name.clone(), value.to_value());
                }
                match given {
                    Some(id) => id,
                    None => self.unused_id(table)?,
                }
            }
            None => match given {
                Some(id) => id,
                None => self.unused_id(table)?,
            },
        };
        // Of users `service/` says so itself, when it has said what else is wrong.
        if table.logical != "systemuser" && self.row(table, id)?.is_some() {
            return Err(Failure::new("0x80040237", "Cannot insert duplicate key."));
        }
        match (table.logical.as_str(), table.source) {
            ("systemuser", _) => self.create_user(body, id)?,
            ("importmap" | "columnmapping" | "import" | "importfile", _) => {
                self.create_import_row(table, body, id)?;
            }
            (_, Source::Records { number }) => self.create_record(table, number, body, id)?,
            (logical, Source::Facts { .. }) => {
                return Err(Failure::new(
                    "0x80040800",
                    format!("The 'Create' method is not served for '{logical}'."),
                ));
            }
        }
        self.log.row("create", &table.logical, id);
        Ok(id)
    }

    fn create_record(
        &mut self,
        table: &Table,
        number: i64,
        body: Body,
        id: Uuid,
    ) -> Result<(), Failure> {
        let owner = Principal::User(UserId(self.caller));
        let sql = "INSERT INTO record (entity, id, owner_type, owner) VALUES (?, ?, ?, ?)";
        let values = (
            number,
            id.as_bytes(),
            owner.type_code(),
            owner.uuid().into_bytes(),
        );
        self.connection.prepare_cached(sql)?.execute(values)?;
        self.update_record(table, body, id)
    }

    /// Changes a row that is there.
    pub(in crate::rehearse) fn update(
        &mut self,
        table: &Table,
        object: Row,
        id: Uuid,
    ) -> Result<(), Failure> {
        let mut body = body::read(self, table, object)?;
        body.columns.remove(&table.id);
        // A change of nothing but the owner is logged as that alone, and of a user only one that changes something.
        let mut is_told = body.lookups.keys().eq([OWNER]) && body.columns.is_empty();
        match (table.logical.as_str(), table.source) {
            ("systemuser", _) => is_told = !self.update_user(body, id)?,
            ("organization", _) => self.update_organisation(&body)?,
            (_, Source::Records { .. }) => self.update_record(table, body, id)?,
            (_, Source::Facts { .. }) if body.lookups.is_empty() => {
                only_beside(table, &body)?;
                extra::write(self.connection, &table.logical, id, body.columns)?;
            }
            (logical, Source::Facts { .. }) => {
                return Err(Failure::new(
                    "0x80040800",
                    format!("Lookups of '{logical}' are not changed here."),
                ));
            }
        }
        if !is_told {
            self.log.row("update", &table.logical, id);
        }
        Ok(())
    }

    fn update_record(&mut self, table: &Table, mut body: Body, id: Uuid) -> Result<(), Failure> {
        if let Some(owner) = body.lookups.remove(OWNER) {
            let owner = owner.and_then(|(logical, owner)| rows::principal(&logical, owner));
            let Some(owner) = owner else {
                return Err(Failure::new("0x80040203", "Invalid argument: the owner."));
            };
            self.assign(table, id, owner)?;
        }
        for (column, row) in body.lookups {
            let (logical, id) = match row {
                Some((logical, id)) => (json!(logical), json!(id.to_string())),
                None => (Value::Null, Value::Null),
            };
            body.columns.insert(format!("{column}{LOOKUP}"), logical);
            body.columns.insert(column, id);
        }
        if table.logical == "contact" {
            self.compose_name(table, &mut body.columns, id)?;
        }
        self.keep_keys(table, &mut body.columns, id)?;
        extra::write(self.connection, &table.logical, id, body.columns)?;
        Ok(())
    }

    fn assign(&mut self, table: &Table, id: Uuid, after: Principal) -> Result<(), Failure> {
        let Source::Records { number } = table.source else {
            return Err(Failure::new("0x80040203", "Invalid argument: no owner."));
        };
        let sql = "SELECT owner_type, owner FROM record WHERE entity = ?1 AND id = ?2";
        let found: Option<(u8, [u8; 16])> = self
            .connection
            .prepare_cached(sql)?
            .query_row((number, id.as_bytes()), |row| {
                Ok((row.get(0)?, row.get(1)?))
            })
            .optional()?;
        let before =
            found.and_then(|(kind, owner)| Principal::from_parts(kind, Uuid::from_bytes(owner)));
        let Some(before) = before else {
            return Err(Failure::no_row(&table.logical, id));
        };
        let write = Write::AssignRecord {
            entity: table.logical.as_str().into(),
            record: RecordId(id),
            before,
            after,
        };
        if self.stale_checks > 0 && !self.is_strong {
            self.stale_checks -= 1;
            return Err(Failure::new(
                "0x80040299",
                "Read Privilege Check For Owner failed with exception: privileges given a moment ago are not seen yet.",
            ));
        }
        // Who owns it already gets nothing, so that the log tells what was done, not what was asked for.
        if self.perform(&write)? {
            self.log.owner(&table.logical, id, after);
        }
        Ok(())
    }

    /// Full names of contacts are composed.
    fn compose_name(&self, table: &Table, columns: &mut Row, id: Uuid) -> Result<(), Failure> {
        let (_, known) = extra::read(self.connection, &table.logical, id)?;
        let part = |name: &str| {
            let value = columns.get(name).or_else(|| known.get(name))?;
            value.as_str().filter(|text| !text.is_empty())
        };
        let parts: Vec<&str> = ["firstname", "lastname"]
            .into_iter()
            .filter_map(part)
            .collect();
        let full = parts.join(" ");
        columns.insert("fullname".to_owned(), json!(full));
        Ok(())
    }

    /// Columns by which exports name records stand in the file itself.
    fn keep_keys(&self, table: &Table, columns: &mut Row, id: Uuid) -> Result<(), Failure> {
        let Source::Records { number } = table.source else {
            return Ok(());
        };
        let sql = "SELECT DISTINCT field FROM record_key WHERE entity = ?1";
        let mut statement = self.connection.prepare_cached(sql)?;
        let fields = statement.query_map([number], |row| row.get::<_, String>(0))?;
        let fields: Vec<String> = fields.collect::<Result<_, _>>()?;
        for field in fields {
            if let Some(value) = columns.remove(&field) {
                let sql = "DELETE FROM record_key WHERE entity = ?1 AND field = ?2 AND id = ?3";
                let values = (number, &field, id.as_bytes());
                self.connection.prepare_cached(sql)?.execute(values)?;
                if let Some(key) = value.as_str() {
                    let sql = "INSERT INTO record_key (entity, field, key, id) VALUES (?, ?, ?, ?)";
                    let values = (number, &field, key, id.as_bytes());
                    self.connection.prepare_cached(sql)?.execute(values)?;
                }
            }
        }
        Ok(())
    }

    /// Deletes a row.
    pub(in crate::rehearse) fn delete(&mut self, table: &Table, id: Uuid) -> Result<(), Failure> {
        if self.row(table, id)?.is_none() {
            return Err(Failure::no_row(&table.logical, id));
        }
        match (table.logical.as_str(), table.source) {
            ("systemuser", _) => self.delete_user(id)?,
            (logical, Source::Records { number }) => {
                for table in ["record_key", "record"] {
                    let sql = format!("DELETE FROM {table} WHERE entity = ?1 AND id = ?2");
                    self.connection.execute(&sql, (number, id.as_bytes()))?;
                }
                extra::remove(self.connection, logical, id)?;
            }
            (logical, Source::Facts { .. }) => {
                return Err(Failure::new(
                    "0x80040800",
                    format!("The 'Delete' method is not served for '{logical}'."),
                ));
            }
        }
        self.log.row("delete", &table.logical, id);
        Ok(())
    }

    /// Performs one write of the service; whether there was anything to do.
    pub(in crate::rehearse) fn perform(&mut self, write: &Write) -> Result<bool, Failure> {
        match self.service.perform(write)? {
            Performed::Done { .. } => Ok(true),
            Performed::NoChangeNeeded => Ok(false),
            Performed::Refused(refusal) => Err(refusal.into()),
        }
    }
}

/// What the file itself holds of units, teams and roles is changed by loading another file.
fn only_beside(table: &Table, body: &Body) -> Result<(), Failure> {
    let mut columns = body.columns.keys();
    let stored = |name: &&String| {
        let column = table.column(name);
        column.is_some_and(|column| column.sql.is_some())
    };
    match columns.find(stored) {
        Some(name) => Err(Failure::new(
            "0x80040800",
            format!("`{name}` of '{}' is not changed here.", table.logical),
        )),
        None => Ok(()),
    }
}
