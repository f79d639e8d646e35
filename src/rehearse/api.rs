//! The Web API over one served file: requests to answers.
//!
//! In: a request, one of its own or a part of a batch. Out: its answer; what a failed one wrote is taken back. The verbs
//! and their preconditions stand here (platform facts 5); queries, writes, links and metadata are files of their
//! own, and `service/` does the refusing.

use std::sync::Arc;

use http::{Method, StatusCode};
use rusqlite::Connection;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::rehearse::batch::{self, Exchange};
use crate::rehearse::exchange::{Answer, Request};
use crate::rehearse::extra::Row;
use crate::rehearse::failure::Failure;
use crate::rehearse::import;
use crate::rehearse::log::Log;
use crate::rehearse::metadata::Attributes;
use crate::rehearse::odata::{self, Key, Resource};
use crate::rehearse::rows;
use crate::rehearse::schema::{Schema, Table};
use crate::rehearse::switches::Switches;
use crate::service::Service;

/// The Web API over one file.
pub(in crate::rehearse) struct Api<'c> {
    /// The served file.
    pub(in crate::rehearse) connection: &'c Connection,
    /// What refuses.
    pub(in crate::rehearse) service: Service<'c>,
    /// The tables.
    pub(in crate::rehearse) schema: Schema,
    /// What no source is sure of.
    pub(in crate::rehearse) switches: Switches,
    /// The root of the API as answers name it, with a slash at its end.
    pub(in crate::rehearse) root: String,
    /// The user who asks.
    pub(in crate::rehearse) caller: Uuid,
    /// The organisation.
    pub(in crate::rehearse) organisation: Uuid,
    /// What was written.
    pub(in crate::rehearse) log: Log,
    /// How many ids were made up.
    pub(in crate::rehearse) made: u64,
    /// Marks of the log at which requests and change sets began.
    pub(in crate::rehearse) marks: Vec<usize>,
    /// Owner checks that still fail for want of fresh privileges.
    pub(in crate::rehearse) stale_checks: u32,
    /// Whether the request asks for the newest privileges.
    pub(in crate::rehearse) is_strong: bool,
    /// Why the file cannot be written any more.
    pub(in crate::rehearse) broken: Option<rusqlite::Error>,
}

impl Api<'_> {
    /// Answers one request of its own: all of it is written, or nothing; of a batch, each part for itself.
    pub(in crate::rehearse) fn answer_alone(&mut self, request: &Request) -> Answer {
        if request.method == Method::POST && is_batch(&request.url) {
            return batch::answer(request, self);
        }
        Exchange::answer(self, request)
    }

    /// Answers as the caller of the moment.
    pub(in crate::rehearse) fn respond(&mut self, request: &Request) -> Result<Answer, Failure> {
        let asked =
            odata::read(&request.url).map_err(|error| Failure::unreadable(error.to_string()))?;
        self.jobs_go_on(&asked.resource, request)?;
        match &asked.resource {
            Resource::Function { name, .. } if name == "WhoAmI" => self.who_am_i(),
            Resource::Function { name, .. } => Err(Failure::no_resource(name)),
            Resource::Service => Ok(self.service_document()),
            Resource::Set { set } if set == "EntityDefinitions" => self.definitions(&asked.options),
            Resource::Set { set } if set == "BulkDelete" => self.bulk_delete(request),
            Resource::Set { set } if import::is_action(set) => self.import_by_body(set, request),
            Resource::Count { set } => self.count(self.table(set)?, &asked.options),
            Resource::Row { set, key } if set == "EntityDefinitions" => {
                self.definition(key, &asked.options)
            }
            Resource::Member {
                set,
                key,
                property,
                related,
                cast,
                ..
            } if set == "EntityDefinitions" => {
                let (one, cast) = (related.as_ref(), cast.as_deref());
                let wanted = Attributes {
                    property,
                    one,
                    cast,
                };
                self.attributes(key, wanted, &asked.options)
            }
            Resource::Set { set } => {
                let table = Arc::clone(self.table(set)?);
                match request.method {
                    Method::GET => self.query(&table, &asked.options, request),
                    Method::POST => self.post(&table, request),
                    _ => Err(Failure::no_method()),
                }
            }
            Resource::Row { set, key } => {
                let table = Arc::clone(self.table(set)?);
                self.row_request(&table, key, &asked, request)
            }
            Resource::BoundOperation {
                key: Some(key),
                name,
                ..
            } if import::is_action(name) => self.import_by_key(name, key, request),
            Resource::BoundOperation { set, name, .. } => {
                let table = Arc::clone(self.table(set)?);
                self.bulk(&table, name, request)
            }
            Resource::Member { .. } => self.member_request(&asked, request),
            Resource::Batch | Resource::Metadata => Err(Failure::no_resource(&request.url)),
        }
    }

    fn who_am_i(&self) -> Result<Answer, Failure> {
        let sql = "SELECT business_unit FROM user WHERE id = ?1";
        let unit: [u8; 16] = self
            .connection
            .query_row(sql, [self.caller.as_bytes()], |row| row.get(0))?;
        let body = json!({
            "@odata.context": format!("{}$metadata#Microsoft.Dynamics.CRM.WhoAmIResponse", self.root),
            "BusinessUnitId": Uuid::from_bytes(unit),
            "UserId": self.caller,
            "OrganizationId": self.organisation,
        });
        Ok(Answer::json(StatusCode::OK, &body))
    }

    fn service_document(&self) -> Answer {
        let tables = self.schema.tables().iter();
        let sets =
            tables.map(|table| json!({ "name": table.set, "kind": "EntitySet", "url": table.set }));
        let context = format!("{}$metadata", self.root);
        let body = json!({ "@odata.context": context, "value": sets.collect::<Vec<_>>() });
        Answer::json(StatusCode::OK, &body)
    }

    /// The table of a set.
    pub(in crate::rehearse) fn table(&self, set: &str) -> Result<&Arc<Table>, Failure> {
        self.schema
            .set(set)
            .ok_or_else(|| Failure::no_resource(set))
    }

    /// The set of a table.
    pub(in crate::rehearse) fn set_of(&self, logical: &str) -> Result<String, Failure> {
        let table = self.schema.table(logical);
        let table = table.ok_or_else(|| Failure::no_resource(logical))?;
        Ok(table.set.clone())
    }

    /// One row, if it is there.
    pub(in crate::rehearse) fn row(&self, table: &Table, id: Uuid) -> Result<Option<Row>, Failure> {
        if table.logical == "organization" {
            return (id == self.organisation)
                .then(|| self.organisation_row())
                .transpose();
        }
        Ok(rows::one(self.connection, table, id)?)
    }

    /// The rows that are wanted.
    pub(in crate::rehearse) fn rows(
        &self,
        table: &Table,
        wanted: &rows::Wanted,
    ) -> Result<Vec<Row>, Failure> {
        if table.logical == "organization" {
            return Ok(vec![self.organisation_row()?]);
        }
        Ok(rows::read(self.connection, table, wanted)?)
    }

    /// The id of the row that a key names; an id names one whether it is there or not.
    pub(in crate::rehearse) fn find(
        &self,
        table: &Table,
        key: &Key,
    ) -> Result<Option<Uuid>, Failure> {
        let values = match key {
            Key::Id(id) => return Ok(Some(*id)),
            Key::Alternate(values) => values,
        };
        let mut wanted = rows::Wanted::default();
        for (name, value) in values {
            if !table.knows(name) {
                return Err(Failure::no_property(name, &table.logical));
            }
            wanted.values.insert(name.clone(), vec![value.to_value()]);
        }
        let rows = self.rows(table, &wanted)?;
        let holds = |row: &Row| {
            values.iter().all(|(name, value)| {
                let held = row.get(name).unwrap_or(&Value::Null);
                odata::compare(held, &value.to_value()).is_eq()
            })
        };
        let found = rows.iter().find(|row| holds(row));
        Ok(found.and_then(|row| rows::id_of(table, row)))
    }

    /// An id that nothing of this run has: they follow one another, so that a run is the same each time.
    pub(in crate::rehearse) fn next_id(&mut self) -> Uuid {
        self.made += 1;
        Uuid::new_v5(&self.organisation, format!("made {}", self.made).as_bytes())
    }

    /// The next id that no row of this table has: a file that is served again has rows of the time before.
    pub(in crate::rehearse) fn unused_id(&mut self, table: &Table) -> Result<Uuid, Failure> {
        loop {
            let id = self.next_id();
            if self.row(table, id)?.is_none() {
                return Ok(id);
            }
        }
    }
}

impl Api<'_> {
    /// Opens or closes a frame around writes; where that fails, nothing more can be served.
    fn frame(&mut self, sql: &str) {
        if let Err(error) = self.connection.execute_batch(sql) {
            self.broken.get_or_insert(error);
        }
    }
}

impl Exchange for Api<'_> {
    fn answer(&mut self, request: &Request) -> Answer {
        self.begin();
        let consistency = request.header("consistency");
        self.is_strong = consistency.is_some_and(|word| word.eq_ignore_ascii_case("strong"));
        match self.as_wished(request) {
            Ok(answer) => {
                self.commit();
                answer
            }
            Err(failure) => {
                self.roll_back();
                failure.answer()
            }
        }
    }

    fn begin(&mut self) {
        self.marks.push(self.log.mark());
        self.frame("SAVEPOINT rehearsal");
    }

    fn commit(&mut self) {
        self.marks.pop();
        self.frame("RELEASE rehearsal");
    }

    fn roll_back(&mut self) {
        if let Some(mark) = self.marks.pop() {
            self.log.forget_from(mark);
        }
        self.frame("ROLLBACK TO rehearsal; RELEASE rehearsal");
        self.service.forget();
    }
}

/// Whether a URL is that of batches.
fn is_batch(url: &str) -> bool {
    let path = url.split('?').next().unwrap_or_default();
    path.ends_with("$batch") || path.ends_with("%24batch")
}
