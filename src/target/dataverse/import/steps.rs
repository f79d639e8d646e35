//! The three steps of an import, and the jobs that do them.
//!
//! In: an import with its file. Out: each step done once, its job waited for; or that the service does not offer it. A
//! step whose answer was lost is not asked for again before its job was looked for. Which of the actions is bound to the
//! import is published, and yet not seen by anybody who tells; where the published form is not known to the service, the
//! other one is tried.

use std::sync::Arc;
use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::target::dataverse::client::{Ask, Client, Reply, code, words};
use crate::target::dataverse::import::rows::Stamp;
use crate::target::dataverse::row::Row;
use crate::target::dataverse::tables::rows as rows_of_page;
use crate::target::dataverse::{DataverseError, pull};

/// How often a step is asked for, at most, where no answer comes and no job is found.
const ASKS_MAX: u32 = 6;

/// How often a job is looked for after a lost answer: what was sent may still be on its way.
const LOOKS: u32 = 3;

/// The first pause between looks; each further one is twice as long.
const PAUSE: Duration = Duration::from_millis(100);

/// The longest pause between looks.
const PAUSE_MAX: Duration = Duration::from_secs(15);

/// How often a job is looked at before it is given up for this run: two hours at the longest pause.
const WAITS_MAX: u32 = 480;

/// States and statuses of jobs.
const ENDED: i64 = 3;
const SUCCEEDED: i64 = 30;

/// A step of an import.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step {
    action: &'static str,
    /// `operationtype` of its job.
    operation: i64,
    /// Whether the published reference binds it to the import.
    is_bound: bool,
}

/// The step that makes the users.
const RUN: Step = Step {
    action: "ImportRecordsImport",
    operation: 5,
    is_bound: true,
};

/// The steps in their order.
pub(super) const STEPS: [Step; 3] = [
    Step {
        action: "ParseImport",
        operation: 3,
        is_bound: true,
    },
    Step {
        action: "TransformImport",
        operation: 4,
        is_bound: false,
    },
    RUN,
];

/// How a step ended.
pub(super) enum Stepped {
    Done,
    NotServed,
    /// Its job failed, and why.
    Broken(String),
}

/// What the service says to an action.
enum Said {
    /// The job is started; its id, where the answer tells it.
    Started(Option<Uuid>),
    /// No answer came.
    Nothing,
    NotServed,
    Refused(String),
}

/// A job, as far as it matters here.
struct Job {
    has_ended: bool,
    has_succeeded: bool,
    message: String,
}

/// Does a step, unless it was done; waits for its job.
pub(super) async fn step(
    client: &Arc<Client>,
    stamp: &Stamp,
    step: Step,
) -> Result<Stepped, DataverseError> {
    for _ in 0..ASKS_MAX {
        if !jobs(client, stamp.import, step).await?.is_empty() {
            return wait(client, stamp, step, None).await;
        }
        let why = match ask(client, stamp.import, step).await? {
            Said::Started(job) => return wait(client, stamp, step, job).await,
            Said::NotServed => return Ok(Stepped::NotServed),
            Said::Refused(why) => Some(why),
            Said::Nothing => None,
        };
        // An earlier request whose answer was lost may have started the job: then a refusal says so, and the job shows.
        for look in 0..LOOKS {
            tokio::time::sleep(pause(look)).await;
            if !jobs(client, stamp.import, step).await?.is_empty() {
                return wait(client, stamp, step, None).await;
            }
        }
        if let Some(why) = why {
            let why = format!("`{}` is refused: {why}", step.action);
            return Err(stamp.failed(client, why));
        }
    }
    Err(DataverseError::Unreachable {
        host: client.host().to_owned(),
        why: format!("no answer to `{}` came", step.action),
    })
}

/// Whether the first step is offered in either form: asked of an import that is not there, so that nothing is started.
pub(super) async fn is_offered(client: &Arc<Client>, import: Uuid) -> Result<bool, DataverseError> {
    for ask in asks(client, import, STEPS[0])? {
        if !is_unserved(&client.send(&ask).await?) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether the step that makes the users was asked for.
pub(super) async fn was_asked_to_run(
    client: &Arc<Client>,
    import: Uuid,
) -> Result<bool, DataverseError> {
    Ok(!jobs(client, import, RUN).await?.is_empty())
}

/// Waits for the job that makes the users of an import, where there is one that has not ended.
pub(super) async fn wait_if_running(
    client: &Arc<Client>,
    import: Uuid,
    name: &str,
) -> Result<(), DataverseError> {
    if was_asked_to_run(client, import).await? {
        ended(client, import, name, RUN, None).await?;
    }
    Ok(())
}

/// Whether an answer says that there is no such action or table; that a row is missing is something else.
pub(super) fn is_unserved(reply: &Reply) -> bool {
    let is_none = matches!(
        reply.status,
        StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED | StatusCode::NOT_IMPLEMENTED
    );
    is_none && code(&reply.body).is_none_or(|code| code != "0x80040217")
}

async fn ask(client: &Arc<Client>, import: Uuid, step: Step) -> Result<Said, DataverseError> {
    for ask in asks(client, import, step)? {
        let Some(reply) = client.send_once(&ask).await? else {
            return Ok(Said::Nothing);
        };
        if is_unserved(&reply) {
            continue;
        }
        if !reply.status.is_success() {
            return Ok(Said::Refused(format!(
                "{}: {}",
                reply.status,
                words(&reply.body)
            )));
        }
        let body: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
        // The reference has the job as an entity, the organisation service answers with its id.
        let mut names = ["asyncoperationid", "AsyncOperationId"].into_iter();
        let id = names.find_map(|name| Uuid::parse_str(body.get(name)?.as_str()?).ok());
        return Ok(Said::Started(id));
    }
    Ok(Said::NotServed)
}

/// The requests for a step: in its published form, then in the other one.
fn asks(client: &Client, import: Uuid, step: Step) -> Result<[Ask; 2], DataverseError> {
    let post = |path: String, body: Value| {
        let url = client.at(&path)?;
        Ok(Ask::json(Method::POST, url, step.action, &body))
    };
    let path = format!("imports({import})/Microsoft.Dynamics.CRM.{}", step.action);
    let bound = post(path, json!({}))?;
    let unbound = post(step.action.to_owned(), json!({ "ImportId": import }))?;
    Ok(if step.is_bound {
        [bound, unbound]
    } else {
        [unbound, bound]
    })
}

async fn wait(
    client: &Arc<Client>,
    stamp: &Stamp,
    step: Step,
    job: Option<Uuid>,
) -> Result<Stepped, DataverseError> {
    let jobs = ended(client, stamp.import, &stamp.name, step, job).await?;
    if jobs.iter().any(|job| job.has_succeeded) {
        return Ok(Stepped::Done);
    }
    let message = jobs.last().map(|job| job.message.as_str());
    let message = message.unwrap_or_default();
    Ok(Stepped::Broken(format!(
        "`{}` failed: {message}",
        step.action
    )))
}

/// The jobs of a step, once all of them have ended.
async fn ended(
    client: &Arc<Client>,
    import: Uuid,
    name: &str,
    step: Step,
    job: Option<Uuid>,
) -> Result<Vec<Job>, DataverseError> {
    for look in 0..WAITS_MAX {
        let jobs = match job {
            Some(job) => vec![one(client, job).await?],
            None => jobs(client, import, step).await?,
        };
        if jobs.iter().all(|job| job.has_ended) {
            return Ok(jobs);
        }
        tokio::time::sleep(pause(look)).await;
    }
    Err(DataverseError::Import {
        host: client.host().to_owned(),
        import: name.to_owned(),
        why: format!("the job of `{}` has not ended for two hours", step.action),
    })
}

fn pause(look: u32) -> Duration {
    PAUSE.saturating_mul(1 << look.min(10)).min(PAUSE_MAX)
}

const COLUMNS: &str = "statecode,statuscode,message";
const WHAT: &str = "a job of an import";

async fn one(client: &Arc<Client>, job: Uuid) -> Result<Job, DataverseError> {
    let path = format!("asyncoperations({job})?$select={COLUMNS}");
    let row = client.json(&Ask::get(client.at(&path)?, WHAT)).await?;
    read(client, &row)
}

/// The jobs of a step that the service knows of an import.
async fn jobs(client: &Arc<Client>, import: Uuid, step: Step) -> Result<Vec<Job>, DataverseError> {
    let path = format!(
        "asyncoperations?$select={COLUMNS}&$filter=_regardingobjectid_value eq {import} and operationtype eq {}",
        step.operation
    );
    let page = client.json(&Ask::get(client.at(&path)?, WHAT)).await?;
    let rows = rows_of_page(&page).map_err(|wrong| pull::malformed(client, WHAT, wrong))?;
    rows.iter().map(|row| read(client, row)).collect()
}

fn read(client: &Client, row: &Value) -> Result<Job, DataverseError> {
    let row = Row(row);
    let wrong = |wrong| pull::malformed(client, WHAT, wrong);
    Ok(Job {
        has_ended: row.needed_number("statecode").map_err(wrong)? == ENDED,
        has_succeeded: row.needed_number("statuscode").map_err(wrong)? == SUCCEEDED,
        message: row.text("message").map_err(wrong)?.unwrap_or_default(),
    })
}
