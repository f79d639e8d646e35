//! `BulkDelete`: rows deleted by a job of the service.
//!
//! In: the rows that queries name by their ids. Out: the id of a job that has ended already. A row that cannot be
//! deleted does not stop the others. Queries that name rows otherwise are not served.

use http::{Method, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::rehearse::api::Api;
use crate::rehearse::batch::Exchange;
use crate::rehearse::body;
use crate::rehearse::exchange::{Answer, Request};
use crate::rehearse::extra::{self, Row};
use crate::rehearse::failure::Failure;
use crate::rehearse::schema::Table;

impl Api<'_> {
    /// Deletes what the queries name.
    pub(in crate::rehearse) fn bulk_delete(
        &mut self,
        request: &Request,
    ) -> Result<Answer, Failure> {
        if request.method != Method::POST {
            return Err(Failure::no_method());
        }
        let wish = body::object(&request.body)?;
        let Some(Value::Array(queries)) = wish.get("QuerySet") else {
            return Err(Failure::unreadable("`QuerySet` is no list of queries."));
        };
        let (mut deleted, mut failed) = (0, 0);
        for query in queries {
            let logical = query["EntityName"].as_str().unwrap_or_default();
            let table = self.schema.table(logical).cloned();
            let table = table.ok_or_else(|| Failure::no_resource(logical))?;
            for id in ids(&table, &query["Criteria"]).ok_or_else(unserved)? {
                if self.delete_one(&table, id) {
                    deleted += 1;
                } else {
                    failed += 1;
                }
            }
        }
        let job = self.next_id();
        let columns: Row = [
            ("name", wish.get("JobName").cloned().unwrap_or_default()),
            // Bulk Delete; Completed; Succeeded.
            ("operationtype", json!(13)),
            ("statecode", json!(3)),
            ("statuscode", json!(30)),
            (
                "message",
                json!(format!("{deleted} rows were deleted, {failed} were not.")),
            ),
        ]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect();
        extra::write(self.connection, "asyncoperation", job, columns)?;
        let context = format!(
            "{}$metadata#Microsoft.Dynamics.CRM.BulkDeleteResponse",
            self.root
        );
        let body = json!({ "@odata.context": context, "JobId": job });
        Ok(Answer::json(StatusCode::OK, &body))
    }

    /// Deletes one row, or nothing of it.
    fn delete_one(&mut self, table: &Table, id: Uuid) -> bool {
        self.begin();
        let is_deleted = self.delete(table, id).is_ok();
        if is_deleted {
            self.commit();
        } else {
            self.roll_back();
        }
        is_deleted
    }
}

fn unserved() -> Failure {
    Failure::unreadable(
        "A query of `QuerySet` is not served here: expected one condition, `In` or `Equal`, on the primary key.",
    )
}

/// The ids that criteria name; `None` where they name rows otherwise.
fn ids(table: &Table, criteria: &Value) -> Option<Vec<Uuid>> {
    let [condition] = criteria["Conditions"].as_array()?.as_slice() else {
        return None;
    };
    let has_more = criteria["Filters"]
        .as_array()
        .is_some_and(|more| !more.is_empty());
    let is_by_key = condition["AttributeName"].as_str()? == table.id;
    let is_served = matches!(condition["Operator"].as_str()?, "In" | "Equal");
    if has_more || !is_by_key || !is_served {
        return None;
    }
    let values = condition["Values"].as_array()?.iter();
    values
        .map(|value| {
            let value = value.get("Value").unwrap_or(value);
            Uuid::parse_str(value.as_str()?).ok()
        })
        .collect()
}
