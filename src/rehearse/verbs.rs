//! The verbs of rows, and of what one row holds or leads to, with their preconditions (platform facts 5).
//!
//! In: a request whose URL is read. Out: its answer. What is asked, written and linked is done elsewhere: here stands
//! which verb does which, and what a row has to be for it.

use std::sync::Arc;

use http::{Method, StatusCode};
use serde_json::Value;
use uuid::Uuid;

use crate::rehearse::api::Api;
use crate::rehearse::body;
use crate::rehearse::exchange::{Answer, Request};
use crate::rehearse::extra::Row;
use crate::rehearse::failure::Failure;
use crate::rehearse::links::Link;
use crate::rehearse::odata::{self, Asked, Key, Resource};
use crate::rehearse::rows;
use crate::rehearse::schema::{Table, Way};

impl Api<'_> {
    /// Makes a row.
    pub(in crate::rehearse) fn post(
        &mut self,
        table: &Table,
        request: &Request,
    ) -> Result<Answer, Failure> {
        let object = body::object(&request.body)?;
        let id = self.create(table, object, None)?;
        self.written(table, id, request, StatusCode::CREATED)
    }

    /// The answer to a write: the row where that is preferred, or its address.
    pub(in crate::rehearse) fn written(
        &self,
        table: &Table,
        id: Uuid,
        request: &Request,
        status: StatusCode,
    ) -> Result<Answer, Failure> {
        let address = format!("{}{}({id})", self.root, table.set);
        let prefers = prefers(request, "return=representation");
        let row = if prefers { self.row(table, id)? } else { None };
        let answer = match row {
            Some(row) => {
                let asked = odata::read(&request.url);
                let options = asked.map(|asked| asked.options).unwrap_or_default();
                let body = self.single(table, &row, &options, request)?;
                Answer::json(status, &body).with("preference-applied", "return=representation")
            }
            None => Answer::empty(StatusCode::NO_CONTENT),
        };
        let answer = answer.with("odata-entityid", &address);
        if status == StatusCode::CREATED {
            return Ok(answer.with("location", &address));
        }
        Ok(answer)
    }

    /// Asks for a row, changes or makes it, deletes it.
    pub(in crate::rehearse) fn row_request(
        &mut self,
        table: &Table,
        key: &Key,
        asked: &Asked,
        request: &Request,
    ) -> Result<Answer, Failure> {
        if request.method == Method::GET && table.logical == "systemuser" {
            self.provision(key)?;
        }
        let id = self.find(table, key)?;
        let row = match id {
            Some(id) => self.row(table, id)?,
            None => None,
        };
        let missing = || match key {
            Key::Id(id) => Failure::no_row(&table.logical, id),
            Key::Alternate(_) => Failure::new(
                "0x80060891",
                format!(
                    "A record with the specified key values does not exist in {} entity",
                    table.logical
                ),
            ),
        };
        match (&request.method, id, row) {
            (&Method::GET, Some(_), Some(row)) => {
                if request.header("if-none-match") == Some(etag(&row).as_str()) {
                    return Ok(Answer::empty(StatusCode::NOT_MODIFIED));
                }
                let body = self.single(table, &row, &asked.options, request)?;
                Ok(Answer::json(StatusCode::OK, &body).with("etag", &etag(&row)))
            }
            (&Method::PATCH, Some(id), Some(row)) => {
                matches_row(request, &row)?;
                if request.header("if-none-match") == Some("*") {
                    return Err(Failure::new(
                        "0x80040237",
                        "A record with matching key values already exists.",
                    ));
                }
                let object = body::object(&request.body)?;
                self.update(table, object, id)?;
                self.written(table, id, request, StatusCode::OK)
            }
            (&Method::PATCH, _, None) if request.header("if-match").is_none() => {
                let object = body::object(&request.body)?;
                let id = self.create(table, object, Some(key))?;
                self.written(table, id, request, StatusCode::CREATED)
            }
            (&Method::DELETE, Some(id), Some(row)) => {
                matches_row(request, &row)?;
                self.delete(table, id)?;
                Ok(Answer::empty(StatusCode::NO_CONTENT))
            }
            (&(Method::GET | Method::PATCH | Method::DELETE), _, _) => Err(missing()),
            _ => Err(Failure::no_method()),
        }
    }

    /// Asks for what a row holds or leads to, or changes that.
    pub(in crate::rehearse) fn member_request(
        &mut self,
        asked: &Asked,
        request: &Request,
    ) -> Result<Answer, Failure> {
        let Resource::Member {
            set,
            key,
            property,
            related,
            is_reference,
            ..
        } = &asked.resource
        else {
            return Err(Failure::no_resource(&request.url));
        };
        let table = Arc::clone(self.table(set)?);
        let id = self.find(&table, key)?;
        let Some(id) = id else {
            return Err(Failure::no_row(&table.logical, "that key"));
        };
        if request.method == Method::GET {
            return self.member(&table, id, property, asked, request);
        }
        if *is_reference {
            let other = self.other_of(&table, property, related.as_ref(), asked, request)?;
            let link = Link {
                table: &table,
                id,
                property,
                other,
            };
            match request.method {
                Method::POST | Method::PUT => self.link(&link)?,
                Method::DELETE => self.unlink(&link)?,
                _ => return Err(Failure::no_method()),
            }
            return Ok(Answer::empty(StatusCode::NO_CONTENT));
        }
        let value = match request.method {
            Method::PUT => body::object(&request.body)?
                .remove("value")
                .unwrap_or_default(),
            Method::DELETE => Value::Null,
            _ => return Err(Failure::no_method()),
        };
        if self.row(&table, id)?.is_none() {
            return Err(Failure::no_row(&table.logical, id));
        }
        self.update(
            &table,
            [(property.clone(), value)].into_iter().collect(),
            id,
        )?;
        Ok(Answer::empty(StatusCode::NO_CONTENT))
    }

    /// The other row of a link: by its key in the URL, by `$id`, or by the body.
    fn other_of(
        &self,
        table: &Table,
        property: &str,
        related: Option<&Key>,
        asked: &Asked,
        request: &Request,
    ) -> Result<Option<(String, Uuid)>, Failure> {
        if let Some(key) = related {
            let Some(Way::Through(_, _, _, to)) = table.way(property) else {
                return Err(Failure::no_resource(property));
            };
            let set = self.set_of(to)?;
            let id = self.find(self.table(&set)?, key)?;
            return Ok(id.map(|id| (to.to_owned(), id)));
        }
        if let Some(url) = &asked.options.id {
            return Ok(Some(self.reference(url)?));
        }
        let object = body::object(&request.body)?;
        match object.get("@odata.id").and_then(Value::as_str) {
            Some(url) => Ok(Some(self.reference(url)?)),
            None => Ok(None),
        }
    }

    /// The row that a reference names, whether it is there or not: of roles the service says which it lacks.
    fn reference(&self, url: &str) -> Result<(String, Uuid), Failure> {
        let asked = odata::read(url).map_err(|error| Failure::unreadable(error.to_string()))?;
        let Resource::Row { set, key } = asked.resource else {
            return Err(Failure::unreadable(format!("`{url}` names no row.")));
        };
        let table = self.table(&set)?;
        let id = self.find(table, &key)?;
        let id = id.ok_or_else(|| Failure::no_row(&table.logical, "that key"))?;
        Ok((table.logical.clone(), id))
    }
}

/// The version of a row as clients hold it.
pub(in crate::rehearse) fn etag(row: &Row) -> String {
    let version = row.get(rows::VERSION).and_then(Value::as_i64);
    format!("W/\"{}\"", version.unwrap_or_default())
}

fn matches_row(request: &Request, row: &Row) -> Result<(), Failure> {
    match request.header("if-match") {
        None | Some("*") => Ok(()),
        Some(known) if known == etag(row) => Ok(()),
        Some(_) => Err(Failure::new(
            "0x80060882",
            "The version of the existing record doesn't match the RowVersion property provided.",
        )),
    }
}

/// Whether a preference is among those of a request.
pub(in crate::rehearse) fn prefers(request: &Request, preference: &str) -> bool {
    let all = request.headers.get_all("prefer").iter();
    let mut texts = all.filter_map(|text| text.to_str().ok());
    texts.any(|text| text.split([',', ';']).any(|one| one.trim() == preference))
}
