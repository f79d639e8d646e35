//! What of the customer's own runs when rows of a table are written: plug-in steps, workflows, flows.
//!
//! In: a table. Out: their names as a setting (`setting::CUSTOM_LOGIC`), sorted; none where the caller may not see them or
//! the environment does not know the question: then nobody can say that nothing runs. What that means for a
//! plan is judged by `check/`. Platform facts 5.2 and 5.7, and the published references of the three tables.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::Value;

use crate::model::{Fact, setting};
use crate::target::dataverse::DataverseError;
use crate::target::dataverse::client::Client;
use crate::target::dataverse::pull::{malformed, pages};
use crate::target::dataverse::row::{Row, Unreadable};
use crate::target::dataverse::tables::rows;

/// The table of users, of which more is written than one column.
const USERS: &str = "systemuser";

/// Columns that change with the owner.
const OWNING: [&str; 4] = ["ownerid", "owninguser", "owningteam", "owningbusinessunit"];

/// Messages of the service at which something runs while records are assigned. The old message goes along with an update
/// of the owner.
const ASSIGNING: [&str; 2] = ["Assign", "Update"];

/// The same while users are made and changed.
const OF_USERS: [&str; 3] = ["Create", "SetBusinessSystemUser", "Update"];

/// The same while roles are given and removed; these know no table.
const OF_LINKS: [&str; 2] = ["Associate", "Disassociate"];

/// A flow is called when rows are modified by these (`message` of a callback registration).
const AT_UPDATE: [u64; 4] = [3, 4, 6, 7];

/// The same when rows are added.
const AT_CREATE: [u64; 4] = [1, 4, 5, 7];

/// Asks for the custom logic of a table.
pub(super) async fn facts(
    client: &Arc<Client>,
    table: &str,
    sink: &mut dyn FnMut(Fact),
) -> Result<(), DataverseError> {
    let mut names = BTreeSet::new();
    for question in [steps(table), workflows(table), flows(table)] {
        match question.names(client, table).await {
            Ok(found) => names.extend(found),
            Err(DataverseError::Refused { .. }) => return Ok(()),
            Err(error) => return Err(error),
        }
    }
    let names: Vec<String> = names.into_iter().collect();
    sink(Fact::Setting {
        name: format!("{}{table}", setting::CUSTOM_LOGIC),
        value: names.join(";"),
    });
    Ok(())
}

/// One question about a table.
struct Question {
    what: &'static str,
    path: String,
    /// Before the name.
    prefix: &'static str,
    /// The column that lists the columns at which it runs.
    columns: &'static str,
    /// Whether it is to be named, apart from those columns.
    is_meant: fn(&Row<'_>, &str) -> bool,
}

fn steps(table: &str) -> Question {
    let any = |messages: &[&str]| {
        let each = messages
            .iter()
            .map(|message| format!("sdkmessageid/name eq '{message}'"));
        each.collect::<Vec<_>>().join(" or ")
    };
    let messages = if table == USERS {
        &OF_USERS[..]
    } else {
        &ASSIGNING
    };
    // A step without a filter runs at every table.
    let of_table = format!(
        "(_sdkmessagefilterid_value eq null or sdkmessagefilterid/primaryobjecttypecode eq '{table}') and ({})",
        any(messages)
    );
    let meant = match table {
        USERS => format!("({of_table} or {})", any(&OF_LINKS)),
        _ => of_table,
    };
    Question {
        what: "plug-in steps",
        path: format!(
            "sdkmessageprocessingsteps?$select=name,filteringattributes,ishidden\
             &$filter=statecode eq 0 and {meant}"
        ),
        prefix: "",
        columns: "filteringattributes",
        // What is hidden is the service's own, or the inside of a workflow.
        is_meant: |row, _| {
            let hidden = row.0.get("ishidden").and_then(|hidden| hidden.get("Value"));
            hidden.and_then(Value::as_bool) != Some(true)
        },
    }
}

fn workflows(table: &str) -> Question {
    Question {
        what: "workflows",
        path: format!(
            "workflows?$select=name,triggeronupdateattributelist,triggeroncreate\
             &$filter=type eq 1 and category eq 0 and statecode eq 1 and primaryentity eq '{table}'"
        ),
        prefix: setting::WORKFLOW,
        columns: "triggeronupdateattributelist",
        is_meant: |row, table| {
            let columns = row.0.get("triggeronupdateattributelist");
            let at_create = row.0.get("triggeroncreate").and_then(Value::as_bool);
            columns.is_some_and(Value::is_string) || table == USERS && at_create == Some(true)
        },
    }
}

fn flows(table: &str) -> Question {
    Question {
        what: "flows",
        path: format!(
            "callbackregistrations?$select=name,message,filteringattributes&$filter=entityname eq '{table}'"
        ),
        prefix: setting::FLOW,
        columns: "filteringattributes",
        is_meant: |row, table| {
            let message = row.0.get("message").and_then(Value::as_u64);
            message.is_none_or(|message| {
                AT_UPDATE.contains(&message) || table == USERS && AT_CREATE.contains(&message)
            })
        },
    }
}

impl Question {
    /// The names that the answer holds.
    async fn names(
        &self,
        client: &Arc<Client>,
        table: &str,
    ) -> Result<Vec<String>, DataverseError> {
        let read = |unreadable| malformed(client, self.what, unreadable);
        let mut names = Vec::new();
        let mut answer = pages(client, &self.path, self.what);
        while let Some(page) = answer.recv().await {
            for row in rows(&page?).map_err(read)? {
                names.extend(self.name(&Row(row), table).map_err(read)?);
            }
        }
        Ok(names)
    }

    fn name(&self, row: &Row<'_>, table: &str) -> Result<Option<String>, Unreadable> {
        let columns = row.text(self.columns)?;
        if !(self.is_meant)(row, table) || !(table == USERS || with_owner(columns.as_deref())) {
            return Ok(None);
        }
        let name = row.text("name")?.unwrap_or_default();
        // What parts the names cannot be in one.
        let name = name.replace(';', ",");
        let name = name.trim();
        Ok(match name {
            "" => None,
            name => Some(format!("{}{name}", self.prefix)),
        })
    }
}

/// Whether something that runs at changes of these columns, or of any, runs when the owner changes.
fn with_owner(columns: Option<&str>) -> bool {
    let Some(columns) = columns else {
        return true;
    };
    let mut columns = columns.split(',').map(str::trim);
    columns.any(|column| OWNING.contains(&column))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    #[rustfmt::skip] // keeps the columns of the table
    fn what_runs_when_rows_are_written() {
        let step = |more: Value| (steps as fn(&str) -> Question, more);
        let workflow = |more: Value| (workflows as fn(&str) -> Question, more);
        let flow = |more: Value| (flows as fn(&str) -> Question, more);
        let hidden = json!({ "Value": true });
        //    case                              table         row                                                                   name
        check("a step at any column",           "account",    step(json!({ "name": "Sync" })),                                      Some("Sync"));
        check("a step at the owner",            "account",    step(json!({ "name": "Sync", "filteringattributes": "name, ownerid" })), Some("Sync"));
        check("a step at other columns",        "account",    step(json!({ "name": "Sync", "filteringattributes": "name" })),       None);
        check("a step at a column of users",    "systemuser", step(json!({ "name": "Sync", "filteringattributes": "title" })),      Some("Sync"));
        check("a step of the service",          "account",    step(json!({ "name": "Sync", "ishidden": hidden })),                  None);
        check("a step without a name",          "account",    step(json!({ "name": " " })),                                         None);
        check("a name with what parts names",   "account",    step(json!({ "name": "A;B" })),                                       Some("A,B"));
        check("a workflow at the owner",        "account",    workflow(json!({ "name": "Tell", "triggeronupdateattributelist": "ownerid" })), Some("workflow Tell"));
        check("a workflow at no change",        "account",    workflow(json!({ "name": "Tell", "triggeroncreate": true })),         None);
        check("one at new users",               "systemuser", workflow(json!({ "name": "Tell", "triggeroncreate": true })),         Some("workflow Tell"));
        check("a flow at changes",              "account",    flow(json!({ "name": "a1", "message": 3 })),                          Some("flow a1"));
        check("a flow at new rows",             "account",    flow(json!({ "name": "a1", "message": 1 })),                          None);
        check("a flow at new users",            "systemuser", flow(json!({ "name": "a1", "message": 1 })),                          Some("flow a1"));
        check("a flow at other columns",        "account",    flow(json!({ "name": "a1", "message": 4, "filteringattributes": "name" })), None);
    }

    #[track_caller]
    fn check(
        case: &str,
        table: &str,
        (question, row): (fn(&str) -> Question, Value),
        name: Option<&str>,
    ) {
        let found = question(table).name(&Row(&row), table).expect(case);
        assert_eq!(found.as_deref(), name, "{case}");
    }
}
