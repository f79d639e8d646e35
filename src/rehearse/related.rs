//! Rows to which others lead: for filters, for `$expand`, and as sets of their own.
//!
//! In: a row and a navigation property. Out: the rows at its end, and their table. Which of them a question takes, and
//! how they are shown, is for `query.rs` and `shown.rs`.

use std::borrow::Cow;
use std::collections::BTreeMap;

use rusqlite::Connection;
use serde_json::Value;

use crate::rehearse::api::Api;
use crate::rehearse::extra::Row;
use crate::rehearse::failure::Failure;
use crate::rehearse::odata::{self, Expression, Options};
use crate::rehearse::rows::{self, LOOKUP, Wanted};
use crate::rehearse::schema::{Schema, Table, Way};

/// A row with what leads from it, for filters.
struct Seen<'a> {
    connection: &'a Connection,
    schema: &'a Schema,
    table: &'a Table,
    row: Cow<'a, Row>,
}

impl odata::Row for Seen<'_> {
    fn value(&self, property: &str) -> Cow<'_, Value> {
        let value = self.row.get(&property.to_ascii_lowercase());
        value.map_or(Cow::Owned(Value::Null), Cow::Borrowed)
    }

    fn related(&self, navigation: &str) -> Vec<Box<dyn odata::Row + '_>> {
        let found = self.table.way(navigation).and_then(|way| {
            let (table, rows) =
                related(self.connection, self.schema, self.table, &self.row, way).ok()?;
            Some((table, rows))
        });
        let Some((table, rows)) = found else {
            return Vec::new();
        };
        let seen = rows.into_iter().map(|row| {
            Box::new(Seen {
                connection: self.connection,
                schema: self.schema,
                table,
                row: Cow::Owned(row),
            }) as Box<dyn odata::Row>
        });
        seen.collect()
    }
}

impl Api<'_> {
    /// Those rows that the filter takes, in order.
    pub(in crate::rehearse) fn kept(
        &self,
        table: &Table,
        mut rows: Vec<Row>,
        options: &Options,
    ) -> Result<Vec<Row>, Failure> {
        if let Some(filter) = &options.filter {
            known(table, filter)?;
            rows.retain(|row| {
                filter.matches(&Seen {
                    connection: self.connection,
                    schema: &self.schema,
                    table,
                    row: Cow::Borrowed(row),
                })
            });
        }
        for order in &options.order_by {
            if !table.knows(&order.property) {
                return Err(Failure::no_property(&order.property, &table.logical));
            }
        }
        rows.sort_by(|left, right| {
            let orders = options.order_by.iter().map(|order| {
                let value = |row: &Row| row.get(&order.property).cloned().unwrap_or_default();
                let found = odata::compare(&value(left), &value(right));
                if order.descending {
                    found.reverse()
                } else {
                    found
                }
            });
            orders.fold(std::cmp::Ordering::Equal, std::cmp::Ordering::then)
        });
        Ok(rows)
    }
}

/// Refuses a filter that names what the table has not.
pub(in crate::rehearse) fn known(table: &Table, filter: &Expression) -> Result<(), Failure> {
    let properties = filter.properties();
    let mut unknown = properties
        .iter()
        .filter(|name| !table.knows(name) && table.way(name).is_none());
    match unknown.next() {
        Some(name) => Err(Failure::no_property(name, &table.logical)),
        None => Ok(()),
    }
}

/// The rows to which a way leads, and their table.
pub(in crate::rehearse) fn related<'s>(
    connection: &Connection,
    schema: &'s Schema,
    table: &Table,
    row: &Row,
    way: Way,
) -> Result<(&'s Table, Vec<Row>), Failure> {
    let of = |logical: &str| {
        let found = schema.table(logical);
        found.ok_or_else(|| Failure::no_resource(logical))
    };
    let by = |column: &str, values: Vec<Value>| Wanted {
        values: BTreeMap::from([(column.to_owned(), values)]),
        ..Wanted::default()
    };
    match way {
        Way::One(column) => {
            let logical = row
                .get(&format!("{column}{LOOKUP}"))
                .and_then(Value::as_str);
            let to = of(logical.unwrap_or("systemuser"))?;
            let Some(id) = row.get(column).filter(|_| logical.is_some()) else {
                return Ok((to, Vec::new()));
            };
            Ok((
                to,
                rows::read(connection, to, &by(&to.id, vec![id.clone()]))?,
            ))
        }
        Way::Many(logical, column) => {
            let to = of(logical)?;
            let id = row.get(&table.id).cloned().unwrap_or_default();
            let mut rows = rows::read(connection, to, &by(column, vec![id.clone()]))?;
            rows.retain(|row| row.get(column) == Some(&id));
            Ok((to, rows))
        }
        Way::Through(intersect, own, other, logical) => {
            let (between, to) = (of(intersect)?, of(logical)?);
            let id = row.get(&table.id).cloned().unwrap_or_default();
            let links = rows::read(connection, between, &by(own, vec![id]))?;
            let ids: Vec<Value> = links
                .iter()
                .filter_map(|link| link.get(other).cloned())
                .collect();
            let mut rows = rows::read(connection, to, &by(&to.id, ids.clone()))?;
            rows.retain(|row| row.get(&to.id).is_some_and(|id| ids.contains(id)));
            Ok((to, rows))
        }
    }
}
