//! Giving a record another owner.
//!
//! In: a record and a principal. Out: the answer, and the row written. Platform facts 4. Whether the
//! owner to be may own is asked once per table and principal (`privileges.rs`) and kept: a million
//! assignments name few owners. The cascade to children is the service's too, but an environment file
//! does not hold whose child a record is; which tables follow is foretold by `check/`.

use std::sync::Arc;

use uuid::Uuid;

use crate::model::{Ownership, Principal, RecordId, Refusal};
use crate::service::privileges;
use crate::service::refusals::{Reason, refusal};
use crate::service::role::not_as_before;
use crate::service::rows;
use crate::service::{Performed, Service, ServiceError};

/// What the service knows of a table: its number in the file, and whether users or teams can own its
/// rows (also where who can was not loaded: the unknown refuses nothing).
#[derive(Clone, Copy, Debug)]
pub(super) struct Table {
    number: i64,
    ownable: bool,
}

impl Service<'_> {
    pub(super) fn assign_record(
        &mut self,
        entity: &Arc<str>,
        record: RecordId,
        after: Principal,
    ) -> Result<Performed, ServiceError> {
        let Some(table) = self.table(entity)? else {
            return Ok(Performed::Refused(record_missing(entity, record)));
        };
        if let Some(refusal) = self.owner_refusal(entity, table, after)? {
            return self.refuse_owner(entity, table, record, after, refusal);
        }
        let sql = "UPDATE record SET owner_type = ?3, owner = ?4
                   WHERE entity = ?1 AND id = ?2 AND NOT (owner = ?4 AND owner_type = ?3)";
        let values = (
            table.number,
            record.0.as_bytes(),
            after.type_code(),
            after.uuid().into_bytes(),
        );
        if rows::change(self.connection, sql, values)? == 1 {
            self.memo.owners_changed();
            return Ok(Performed::Done { actual: None });
        }
        Ok(match self.owner(table, record)? {
            Some(_) => Performed::NoChangeNeeded,
            None => Performed::Refused(record_missing(entity, record)),
        })
    }

    /// The way back: no rule is asked, only whether the record is as the change says.
    pub(super) fn put_owner_back(
        &mut self,
        entity: &Arc<str>,
        record: RecordId,
        before: Principal,
        after: Principal,
    ) -> Result<Performed, ServiceError> {
        let Some(table) = self.table(entity)? else {
            return Ok(Performed::Refused(record_missing(entity, record)));
        };
        let sql = "UPDATE record SET owner_type = ?3, owner = ?4
                   WHERE entity = ?1 AND id = ?2 AND owner_type = ?5 AND owner = ?6";
        let values = (
            table.number,
            record.0.as_bytes(),
            after.type_code(),
            after.uuid().into_bytes(),
            before.type_code(),
            before.uuid().into_bytes(),
        );
        if rows::change(self.connection, sql, values)? == 1 {
            self.memo.owners_changed();
            return Ok(Performed::Done { actual: None });
        }
        Ok(match self.owner(table, record)? {
            Some(owner) => not_as_before(&format!("{entity} {record} belongs to {owner}")),
            None => Performed::Refused(record_missing(entity, record)),
        })
    }

    /// A record that is not there, or already has that owner, is answered before what speaks against
    /// the owner; a table that nobody can own before its record is looked for.
    fn refuse_owner(
        &self,
        entity: &str,
        table: Table,
        record: RecordId,
        after: Principal,
        refusal: Refusal,
    ) -> Result<Performed, ServiceError> {
        Ok(match self.owner(table, record)? {
            None if table.ownable => Performed::Refused(record_missing(entity, record)),
            Some(owner) if owner == after => Performed::NoChangeNeeded,
            None | Some(_) => Performed::Refused(refusal),
        })
    }

    fn owner(&self, table: Table, record: RecordId) -> Result<Option<Principal>, ServiceError> {
        let sql = "SELECT owner_type, owner FROM record WHERE entity = ?1 AND id = ?2";
        let values = (table.number, record.0.as_bytes());
        let found: Option<(u8, [u8; 16])> = rows::row(self.connection, sql, values, |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?;
        found
            .map(|(code, id)| {
                Principal::from_parts(code, Uuid::from_bytes(id)).ok_or(ServiceError::Damaged {
                    what: "type of an owner",
                    found: code,
                })
            })
            .transpose()
    }

    fn table(&mut self, entity: &Arc<str>) -> Result<Option<Table>, ServiceError> {
        if let Some(table) = self.memo.tables.get(entity) {
            return Ok(*table);
        }
        let sql = "SELECT number, ownership FROM entity WHERE name = ?1";
        let found: Option<(i64, Option<u8>)> = rows::row(self.connection, sql, [entity], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?;
        let table = found
            .map(|(number, code)| {
                let ownable = is_ownable(code)?;
                Ok::<_, ServiceError>(Table { number, ownable })
            })
            .transpose()?;
        self.memo.tables.insert(Arc::clone(entity), table);
        Ok(table)
    }

    fn owner_refusal(
        &mut self,
        entity: &str,
        table: Table,
        owner: Principal,
    ) -> Result<Option<Refusal>, ServiceError> {
        let key = (table.number, owner);
        if let Some(known) = self.memo.owners.get(&key) {
            return Ok(known.clone());
        }
        let refusal = if let Some(refusal) = self.may_assign(entity)? {
            Some(refusal)
        } else if table.ownable {
            privileges::owner_refusal(self.connection, entity, owner)?
        } else {
            Some(refusal(Reason::TableNotOwned, &[("entity", &entity)]))
        };
        self.memo.owners.insert(key, refusal.clone());
        Ok(refusal)
    }
}

fn is_ownable(code: Option<u8>) -> Result<bool, ServiceError> {
    let Some(code) = code else {
        return Ok(true);
    };
    match Ownership::from_code(code) {
        Some(ownership) => Ok(matches!(ownership, Ownership::User | Ownership::Team)),
        None => Err(ServiceError::Damaged {
            what: "ownership of a table",
            found: code,
        }),
    }
}

fn record_missing(entity: &str, record: RecordId) -> Refusal {
    refusal(
        Reason::RecordMissing,
        &[("entity", &entity), ("id", &record)],
    )
}
