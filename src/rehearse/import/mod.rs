//! The service's data import: users made out of a file, by three jobs one after another (platform facts 1.7).
//!
//! In: the actions `ParseImport`, `TransformImport` and `ImportRecordsImport`, and looks at the jobs that they start. Out:
//! jobs that end after a few looks, the log of what was refused, and users made by `service/` under ids of the server's
//! own. The files are read in `file.rs`, the rows of the import's tables made in `rows.rs`, users in `users.rs`.
//!
//! How sure this is. By the published reference: parsing and importing are bound to an import, transforming is not, each
//! answers with its job, and the numbers of states, statuses, phases and kinds of jobs. Inferred: that a step needs the one
//! before it. Not told anywhere: how an import's status moves between the steps, and what becomes of a step that is asked
//! for again. Here an import whose users are being made, or are made, refuses every step; before that each may be repeated.

use http::{Method, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::rehearse::api::Api;
use crate::rehearse::body;
use crate::rehearse::exchange::{Answer, Request};
use crate::rehearse::extra::{self, Row};
use crate::rehearse::failure::Failure;
use crate::rehearse::odata::{Key, Resource};
use crate::rehearse::rows::{LOOKUP, Wanted, id_of};
use crate::rehearse::schema::Table;
use crate::rehearse::switches::DataImport;

mod file;
mod rows;
mod users;

/// What an import goes through, in this order.
const STEPS: [Step; 3] = [
    Step {
        action: "ParseImport",
        operation: 3,
        is_bound: true,
        status: 1,
    },
    Step {
        action: "TransformImport",
        operation: 4,
        is_bound: false,
        status: 2,
    },
    Step {
        action: "ImportRecordsImport",
        operation: 5,
        is_bound: true,
        status: 3,
    },
];

/// Status of an import that has gone through all of it.
const COMPLETED: i64 = 4;

/// Status of an import that cannot go on.
const FAILED: i64 = 5;

/// A job: not begun, at work, ended.
const STATES: [i64; 3] = [0, 2, 3];

/// Statuses of jobs that have ended.
const SUCCEEDED: i64 = 30;
const BROKEN: i64 = 31;

/// One step of an import.
#[derive(Clone, Copy, Debug)]
struct Step {
    action: &'static str,
    /// `operationtype` of its job.
    operation: i64,
    /// Whether the reference binds its action to an import.
    is_bound: bool,
    /// `statuscode` of the import meanwhile.
    status: i64,
}

/// Why a job fails.
struct Broken(String);

/// What a job came to; a failure of the server itself is another thing.
type Worked = Result<Result<(), Broken>, Failure>;

/// Whether a name is that of an action of the data import.
pub(in crate::rehearse) fn is_action(name: &str) -> bool {
    STEPS.iter().any(|step| step.action == name)
}

impl Api<'_> {
    /// An action that names its import in the body.
    pub(in crate::rehearse) fn import_by_body(
        &mut self,
        name: &str,
        request: &Request,
    ) -> Result<Answer, Failure> {
        let step = self.step(name, false)?;
        if request.method != Method::POST {
            return Err(Failure::no_method());
        }
        let wish = body::object(&request.body)?;
        let id = wish.get("ImportId").and_then(Value::as_str);
        let id = id.and_then(|id| Uuid::parse_str(id).ok());
        let id = id.ok_or_else(|| Failure::unreadable("`ImportId` is missing, or no id."))?;
        self.start(step, id)
    }

    /// An action that is bound to its import.
    pub(in crate::rehearse) fn import_by_key(
        &mut self,
        name: &str,
        key: &Key,
        request: &Request,
    ) -> Result<Answer, Failure> {
        let step = self.step(name, true)?;
        if request.method != Method::POST {
            return Err(Failure::no_method());
        }
        let table = self.table("imports")?;
        let id = self.find(table, key)?;
        let id = id.ok_or_else(|| Failure::no_row("import", "that key"))?;
        self.start(step, id)
    }

    /// The step of an action, if it is offered in this form.
    fn step(&self, name: &str, is_bound: bool) -> Result<usize, Failure> {
        let is_it = |step: &Step| {
            let offered = match self.switches.data_import {
                DataImport::Documented => step.is_bound == is_bound,
                DataImport::Unbound => !is_bound,
                DataImport::Refused => false,
            };
            step.action == name && offered
        };
        let found = STEPS.iter().position(is_it);
        found.ok_or_else(|| Failure::no_resource(name))
    }

    /// Starts the job of a step, unless it is not due. Users are made once; what leads there may be done again.
    fn start(&mut self, step: usize, import: Uuid) -> Result<Answer, Failure> {
        let table = self.table("imports")?;
        if self.row(table, import)?.is_none() {
            return Err(Failure::no_row("import", import));
        }
        let refused = |why: String| Failure::new("0x80040203", format!("Invalid argument. {why}"));
        let run = STEPS[STEPS.len() - 1];
        if !self.jobs_of(run, import)?.is_empty() {
            return Err(refused(format!("{} was asked for already.", run.action)));
        }
        if let Some(before) = step.checked_sub(1).map(|before| STEPS[before])
            && !self.jobs_of(before, import)?.contains(&SUCCEEDED)
        {
            return Err(refused(format!("{} has not succeeded yet.", before.action)));
        }
        let step = STEPS[step];
        let jobs = self.table("asyncoperations")?.clone();
        let job = self.unused_id(&jobs)?;
        let mut columns = object([
            ("name", json!(step.action)),
            ("operationtype", json!(step.operation)),
            ("statecode", json!(STATES[0])),
            ("statuscode", json!(0)),
            ("_regardingobjectid_value", json!(import)),
        ]);
        columns.insert(format!("_regardingobjectid_value{LOOKUP}"), json!("import"));
        extra::write(self.connection, "asyncoperation", job, columns)?;
        self.log.row("create", "asyncoperation", job);
        self.set_status("import", import, step.status)?;
        self.started(&jobs, job)
    }

    /// The answer to an action: the job that it started.
    fn started(&self, jobs: &Table, job: Uuid) -> Result<Answer, Failure> {
        let body = if self.switches.data_import == DataImport::Unbound {
            json!({ "AsyncOperationId": job })
        } else {
            let row = self.row(jobs, job)?.unwrap_or_default();
            let shown = row.into_iter().filter(|(name, _)| !name.contains('@'));
            let mut body = Value::Object(shown.collect());
            body["@odata.context"] =
                json!(format!("{}$metadata#asyncoperations/$entity", self.root));
            body
        };
        Ok(Answer::json(StatusCode::OK, &body))
    }

    /// The statuses of the jobs of a step.
    fn jobs_of(&self, step: Step, import: Uuid) -> Result<Vec<i64>, Failure> {
        let sql = "SELECT json_extract(columns, '$.statuscode') FROM rehearsal_row
                   WHERE logical = 'asyncoperation' AND json_extract(columns, '$.operationtype') = ?1
                   AND json_extract(columns, '$._regardingobjectid_value') = ?2";
        let values = (step.operation, import.to_string());
        let mut statement = self.connection.prepare_cached(sql)?;
        let statuses = statement.query_map(values, |row| row.get(0))?;
        Ok(statuses.collect::<Result<_, _>>()?)
    }

    /// Lets every job that has not ended go on by one state, as somebody looks at jobs: none is done the moment that it
    /// is asked for, and each ends if it is looked at often enough.
    pub(in crate::rehearse) fn jobs_go_on(
        &mut self,
        looked_at: &Resource,
        request: &Request,
    ) -> Result<(), Failure> {
        let (Resource::Set { set } | Resource::Row { set, .. }) = looked_at else {
            return Ok(());
        };
        if request.method != Method::GET || !set.eq_ignore_ascii_case("asyncoperations") {
            return Ok(());
        }
        let jobs = self.table("asyncoperations")?.clone();
        for job in self.rows(&jobs, &Wanted::default())? {
            let (Some(id), Some(step)) = (id_of(&jobs, &job), of_job(&job)) else {
                continue;
            };
            match job["statecode"].as_i64() {
                Some(state) if state == STATES[0] => {
                    let columns = [("statecode", json!(STATES[1])), ("statuscode", json!(20))];
                    extra::write(self.connection, "asyncoperation", id, object(columns))?;
                }
                Some(state) if state == STATES[1] => self.end_job(id, &job, step)?,
                _ => {}
            }
        }
        Ok(())
    }

    /// Does the work of a job, and ends it.
    fn end_job(&mut self, id: Uuid, job: &Row, step: Step) -> Result<(), Failure> {
        let import = job.get("_regardingobjectid_value").and_then(Value::as_str);
        let import = import.and_then(|id| Uuid::parse_str(id).ok());
        let import = import.ok_or_else(|| Failure::no_row("import", "of the job"))?;
        let worked = match step.operation {
            3 => self.parse(import)?,
            4 => self.transform(import)?,
            _ => self.import_records(import)?,
        };
        let (status, message) = match &worked {
            Ok(()) => (SUCCEEDED, None),
            Err(Broken(why)) => (BROKEN, Some(why)),
        };
        let columns = object([
            ("statecode", json!(STATES[2])),
            ("statuscode", json!(status)),
            ("message", json!(message)),
        ]);
        extra::write(self.connection, "asyncoperation", id, columns)?;
        if worked.is_err() {
            self.set_status("import", import, FAILED)?;
        } else if step.operation == 5 {
            self.set_status("import", import, COMPLETED)?;
        }
        Ok(())
    }

    fn set_status(&self, logical: &str, id: Uuid, status: i64) -> Result<(), Failure> {
        let columns = object([("statuscode", json!(status))]);
        Ok(extra::write(self.connection, logical, id, columns)?)
    }
}

/// The step that a job is of; other jobs of the service end by themselves.
fn of_job(job: &Row) -> Option<Step> {
    let operation = job.get("operationtype")?.as_i64()?;
    let mut steps = STEPS.into_iter();
    steps.find(|step| step.operation == operation)
}

/// A row of these columns.
fn object<const N: usize>(columns: [(&str, Value); N]) -> Row {
    let columns = columns.into_iter();
    columns
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}
