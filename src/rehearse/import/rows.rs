//! The rows of the import's own tables, as clients make them and as the jobs write them.
//!
//! In: a body, and what a job found wrong. Out: rows beside the environment's facts, with the columns that the service
//! fills by itself; a row that lacks what the system requires is refused.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::rehearse::api::Api;
use crate::rehearse::body::Body;
use crate::rehearse::extra::{self, Row};
use crate::rehearse::failure::Failure;
use crate::rehearse::import::file::Unusable;
use crate::rehearse::import::object;
use crate::rehearse::rows::{LOOKUP, Wanted, id_of};
use crate::rehearse::schema::Table;

/// Columns and lookups without which a row is not made.
const REQUIRED: [(&str, &[&str]); 4] = [
    ("importmap", &["name"]),
    (
        "columnmapping",
        &[
            "sourceattributename",
            "sourceentityname",
            "_importmapid_value",
        ],
    ),
    ("import", &["modecode"]),
    (
        "importfile",
        &[
            "content",
            "sourceentityname",
            "targetentityname",
            "_importid_value",
        ],
    ),
];

/// The longest text of a log's columns.
const DESCRIPTION_MAX: usize = 512;
const VALUE_MAX: usize = 160;

/// A line of the import log.
pub(super) struct Line<'a> {
    /// Parse, transform, import: 0, 1, 2.
    pub(super) phase: i64,
    /// Where, and why.
    pub(super) what: &'a Unusable,
    /// The service's code, as the number that it is kept as: published bounds of the column say 0 to 10,000,000, which
    /// holds none of the service's codes; that they stand there as they are is assumed.
    pub(super) number: Option<i64>,
    /// What stands in the cell that it is about.
    pub(super) value: &'a str,
}

impl Api<'_> {
    /// Makes a row of one of the import's tables.
    pub(in crate::rehearse) fn create_import_row(
        &mut self,
        table: &Table,
        body: Body,
        id: Uuid,
    ) -> Result<(), Failure> {
        let logical = table.logical.as_str();
        let mut columns = stored(body);
        let required = REQUIRED.iter().find(|(known, _)| *known == logical);
        for name in required.map(|(_, names)| *names).unwrap_or_default() {
            if columns.get(*name).is_none_or(|value| value == "") {
                let words = format!("Invalid argument. {name} is required.");
                return Err(Failure::new("0x80040203", words));
            }
        }
        let filled = match logical {
            "import" => object([
                ("statuscode", json!(0)),
                ("statecode", json!(0)),
                ("sequence", json!(self.next_sequence(table)?)),
            ]),
            "importfile" => object([("statuscode", json!(0)), ("statecode", json!(0))]),
            _ => Row::new(),
        };
        columns.extend(filled);
        columns.entry("processcode").or_insert(json!(1));
        Ok(extra::write(self.connection, logical, id, columns)?)
    }

    /// The number of an import: in the order in which they are made, from 1.
    fn next_sequence(&self, imports: &Table) -> Result<i64, Failure> {
        let made = self.rows(imports, &Wanted::default())?;
        let numbers = made.iter().filter_map(|row| row.get("sequence")?.as_i64());
        Ok(numbers.max().unwrap_or_default() + 1)
    }

    /// The rows of a table whose lookup names this one, with their ids.
    pub(super) fn rows_of(
        &self,
        set: &str,
        lookup: &str,
        id: Uuid,
    ) -> Result<Vec<(Uuid, Row)>, Failure> {
        let table = self.table(set)?;
        let id = json!(id.to_string());
        let rows = self.rows(table, &Wanted::default())?.into_iter();
        let rows = rows.filter(|row| row.get(lookup) == Some(&id));
        Ok(rows
            .filter_map(|row| Some((id_of(table, &row)?, row)))
            .collect())
    }

    /// Writes a line of the import log.
    pub(super) fn note(&mut self, file: Uuid, line: &Line<'_>) -> Result<(), Failure> {
        let logs = self.table("importlogs")?.clone();
        let id = self.unused_id(&logs)?;
        let sql = "SELECT count(*) FROM rehearsal_row WHERE logical = 'importlog'
                   AND json_extract(columns, '$._importfileid_value') = ?1";
        let mut statement = self.connection.prepare_cached(sql)?;
        let before: i64 = statement.query_row([file.to_string()], |row| row.get(0))?;
        let cut = |text: &str, most| text.chars().take(most).collect::<String>();
        let mut columns = object([
            ("sequencenumber", json!(before + 1)),
            ("linenumber", json!(line.what.line)),
            ("errornumber", json!(line.number)),
            (
                "errordescription",
                json!(cut(&line.what.why, DESCRIPTION_MAX)),
            ),
            ("headercolumn", json!(line.what.header)),
            ("columnvalue", json!(cut(line.value, VALUE_MAX))),
            ("logphasecode", json!(line.phase)),
            ("_importfileid_value", json!(file)),
        ]);
        columns.insert(format!("_importfileid_value{LOOKUP}"), json!("importfile"));
        Ok(extra::write(self.connection, "importlog", id, columns)?)
    }
}

/// The columns of a body, its lookups among them.
fn stored(body: Body) -> Row {
    let mut columns = body.columns;
    for (column, row) in body.lookups {
        let (logical, id) = match row {
            Some((logical, id)) => (json!(logical), json!(id.to_string())),
            None => (Value::Null, Value::Null),
        };
        columns.insert(format!("{column}{LOOKUP}"), logical);
        columns.insert(column, id);
    }
    columns
}
