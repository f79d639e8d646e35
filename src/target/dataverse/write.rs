//! Writing changes to a live environment: jobs in several lanes, each change to its outcome.
//!
//! In: batches of changes. Out: the outcome of each, told once, when the service has said so or has been asked again.
//! A lost answer is no outcome: the request is sent again, and what is refused then is looked up before it is called
//! refused (platform facts 5.8, 5.9 and 6.2). What a change is made of is `operation.rs`'s; waiting and sending are
//! `client.rs`'s.

use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::Duration;

use tokio::sync::{Mutex, mpsc};

use crate::model::{Change, Outcome, Present, Refusal, Seq, ServiceCode, StubUser, StubWay, Write};
use crate::target::dataverse::DataverseError;
use crate::target::dataverse::batch::{Part, PartReply};
use crate::target::dataverse::client::{Client, code, is_transient, message};
use crate::target::dataverse::import::{Imported, import_users};
use crate::target::dataverse::operation::Surroundings;
use crate::target::dataverse::present::present;
use crate::target::{Feed, TargetError};

/// Single requests that one batch holds: the service counts a batch as one request against its limit, so that ten
/// times as many rows go through it, and still answers it within seconds.
const SINGLES: usize = 50;

/// Change sets that one batch holds: each is a transaction of several requests.
const SETS: usize = 10;

/// How often parts that were put off are sent again.
const ROUNDS_MAX: u32 = 10;

/// The pause before the first of them; each further one is twice as long.
const PAUSE: Duration = Duration::from_millis(500);

/// How often a refusal of one change is looked into.
const LOOKS: u8 = 3;

/// A row of that key, or that link, is there already.
const DUPLICATE: ServiceCode = ServiceCode(0x8004_0237);

/// There is no such row.
const MISSING: ServiceCode = ServiceCode(0x8004_0217);

/// The new owner lacks a privilege, or has no role: so it also seems while roles are not seen yet that were given a
/// moment ago (platform facts 4.3).
const OWNER_CHECKS: [ServiceCode; 2] = [ServiceCode(0x8004_0299), ServiceCode(0x8004_2f09)];

/// No such table, or no such path.
const NO_RESOURCE: ServiceCode = ServiceCode(0x8006_088a);

/// Some changes that travel together, and what their requests need to know.
pub(super) struct Job {
    pub(super) changes: Vec<Change>,
    pub(super) surroundings: Arc<Surroundings>,
}

/// A change on its way.
struct Attempt {
    change: Change,
    /// What the next request takes the environment to hold.
    found: Present,
    is_strong: bool,
    /// Whether the change may have been written by a request whose answer was lost.
    may_be_done: bool,
    looks: u8,
}

/// What an answer means.
enum Verdict {
    Ended(Outcome),
    /// Put off by the service: send it again after a while.
    Later,
    /// Send it again, past the caches.
    Strong,
    /// Refused, perhaps because it is done already.
    Look(Refusal),
}

/// Writes what comes out of the feed, and tells each outcome once.
pub(super) fn write(
    runtime: &tokio::runtime::Runtime,
    client: &Arc<Client>,
    stage: &Feed<Change>,
    surroundings: &mut dyn FnMut(&[Change]) -> Result<Arc<Surroundings>, DataverseError>,
    done: &Sender<(Seq, Outcome)>,
) -> Result<(), TargetError> {
    let lanes = client.lanes();
    let (sender, receiver) = mpsc::channel::<Job>(lanes);
    let receiver = Arc::new(Mutex::new(receiver));
    let running: Vec<_> = (0..lanes)
        .map(|_| {
            runtime.spawn(lane(
                Arc::clone(client),
                Arc::clone(&receiver),
                done.clone(),
            ))
        })
        .collect();
    let mut fed = Ok(());
    'feed: while let Some(batch) = stage.next() {
        match surroundings(&batch) {
            Ok(surroundings) => {
                for changes in jobs(batch) {
                    let surroundings = Arc::clone(&surroundings);
                    let job = Job {
                        changes,
                        surroundings,
                    };
                    // A lane has failed and closed the channel; its error says why.
                    if sender.blocking_send(job).is_err() {
                        break 'feed;
                    }
                }
            }
            Err(error) => {
                fed = Err(TargetError::from(error));
                break;
            }
        }
    }
    drop(sender);
    let mut ended = fed;
    for lane in running {
        let lane = runtime.block_on(lane);
        // A lane that panicked has said so; the changes it had are unanswered, which `apply/` sees.
        ended = ended.and(lane.unwrap_or(Ok(())));
    }
    ended
}

/// Does one job after another until there are none, or until one fails: then no lane gets another.
async fn lane(
    client: Arc<Client>,
    jobs: Arc<Mutex<mpsc::Receiver<Job>>>,
    done: Sender<(Seq, Outcome)>,
) -> Result<(), TargetError> {
    loop {
        let job = jobs.lock().await.recv().await;
        let Some(job) = job else { return Ok(()) };
        let is_import = job
            .changes
            .first()
            .is_some_and(|change| stub_to_import(&change.write).is_some());
        let outcomes = if is_import {
            import(&client, &job.changes).await
        } else {
            perform(&client, job).await.map_err(TargetError::from)
        };
        let ended = outcomes.and_then(|outcomes| {
            let mut outcomes = outcomes.into_iter();
            let told = outcomes.try_for_each(|outcome| done.send(outcome));
            told.map_err(|_| TargetError::Unheard)
        });
        if ended.is_err() {
            jobs.lock().await.close();
            return ended;
        }
    }
}

/// Divides a batch into what travels together: changes of users few at a time, the others many. Roles of one holder
/// stay together, so that no two lanes touch one row at once; and so do stub users that are imported, as one file.
fn jobs(batch: Vec<Change>) -> Vec<Vec<Change>> {
    let mut jobs: Vec<Vec<Change>> = Vec::new();
    let (imported, rest): (Vec<Change>, Vec<Change>) = batch
        .into_iter()
        .partition(|change| stub_to_import(&change.write).is_some());
    if !imported.is_empty() {
        jobs.push(imported);
    }
    let (mut links, others): (Vec<Change>, Vec<Change>) = rest
        .into_iter()
        .partition(|change| holder(&change.write).is_some());
    links.sort_by_key(|change| (holder(&change.write), change.seq));
    let mut single: Vec<Change> = Vec::new();
    for change in others {
        let room = match change.write {
            Write::ChangeUser(_) | Write::CreateStub(_) => SETS,
            _ => SINGLES,
        };
        if single.len() == room {
            jobs.push(std::mem::take(&mut single));
        }
        single.push(change);
    }
    if !single.is_empty() {
        jobs.push(single);
    }
    let mut job: Vec<Change> = Vec::new();
    for holders in links.chunk_by(|one, next| holder(&one.write) == holder(&next.write)) {
        if !job.is_empty() && job.len() + holders.len() > SINGLES {
            jobs.push(std::mem::take(&mut job));
        }
        job.extend_from_slice(holders);
    }
    if !job.is_empty() {
        jobs.push(job);
    }
    jobs
}

/// A stub user who is made by the service's data import.
fn stub_to_import(write: &Write) -> Option<&StubUser> {
    match write {
        Write::CreateStub(stub) if stub.way == StubWay::Import => Some(stub),
        _ => None,
    }
}

/// Whose roles a change is about.
fn holder(write: &Write) -> Option<crate::model::Principal> {
    match write {
        Write::GiveRole { principal, .. } | Write::RemoveRole { principal, .. } => Some(*principal),
        _ => None,
    }
}

/// Makes stub users by the service's data import; the outcome of each.
async fn import(
    client: &Arc<Client>,
    changes: &[Change],
) -> Result<Vec<(Seq, Outcome)>, TargetError> {
    let stubs: Vec<StubUser> = changes
        .iter()
        .filter_map(|change| stub_to_import(&change.write).cloned())
        .collect();
    let imported = import_users(client, &stubs).await?;
    let mut outcomes = Vec::with_capacity(stubs.len());
    for ((change, stub), imported) in changes.iter().zip(&stubs).zip(imported) {
        let outcome = match imported {
            Imported::Made(id) => Outcome::Done {
                actual: Some(id).filter(|id| *id != stub.id),
            },
            Imported::Refused(refusal) => Outcome::Failed(refusal),
            Imported::NotServed => {
                return Err(TargetError::NoImport {
                    host: client.host().to_owned(),
                });
            }
        };
        outcomes.push((change.seq, outcome));
    }
    Ok(outcomes)
}

/// Writes the changes of a job, however many requests that takes; the outcome of each.
async fn perform(client: &Arc<Client>, job: Job) -> Result<Vec<(Seq, Outcome)>, DataverseError> {
    let mut ended = Vec::new();
    let mut open: Vec<Attempt> = job.changes.into_iter().map(Attempt::new).collect();
    let mut rounds = 0;
    loop {
        let mut parts = Vec::new();
        let mut sent = Vec::new();
        for attempt in open.drain(..) {
            match attempt.part(&job.surroundings) {
                Ok(part) => {
                    parts.push(part);
                    sent.push(attempt);
                }
                Err(outcome) => ended.push((attempt.change.seq, outcome)),
            }
        }
        if sent.is_empty() {
            return Ok(ended);
        }
        let (answers, is_repeated) = client.batch(&parts).await?;
        let mut answers = answers.into_iter();
        let mut looks = Vec::new();
        let mut is_put_off = false;
        for mut attempt in sent {
            attempt.may_be_done |= is_repeated;
            match attempt.verdict(answers.next()) {
                Verdict::Ended(outcome) => ended.push((attempt.change.seq, outcome)),
                Verdict::Look(refusal) => looks.push((attempt, refusal)),
                Verdict::Later => {
                    is_put_off = true;
                    attempt.may_be_done = true;
                    open.push(attempt);
                }
                Verdict::Strong => {
                    attempt.is_strong = true;
                    open.push(attempt);
                }
            }
        }
        look(client, looks, &mut open, &mut ended).await?;
        if is_put_off {
            if rounds == ROUNDS_MAX {
                return Err(client.unreachable("parts of batches are put off again and again"));
            }
            tokio::time::sleep(PAUSE * 2_u32.pow(rounds.min(6))).await;
            rounds += 1;
        }
    }
}

/// Looks at what is there of changes that were refused, and goes on from that.
async fn look(
    client: &Arc<Client>,
    looks: Vec<(Attempt, Refusal)>,
    open: &mut Vec<Attempt>,
    ended: &mut Vec<(Seq, Outcome)>,
) -> Result<(), DataverseError> {
    if looks.is_empty() {
        return Ok(());
    }
    let subjects: Vec<_> = looks
        .iter()
        .map(|(attempt, _)| attempt.change.write.subject())
        .collect();
    let found = present(client, &subjects).await?;
    for ((mut attempt, refusal), found) in looks.into_iter().zip(found) {
        let seq = attempt.change.seq;
        if found == attempt.change.write.after() {
            ended.push((seq, attempt.success()));
        } else if found == attempt.found || found == Present::Absent {
            // As it was when the request was made, or gone altogether: the service's words say it best.
            ended.push((seq, Outcome::Failed(refusal)));
        } else if attempt.goes_on_from(&found) {
            attempt.looks -= 1;
            attempt.found = found;
            open.push(attempt);
        } else {
            ended.push((seq, Outcome::Drifted(found)));
        }
    }
    Ok(())
}

impl Attempt {
    fn new(change: Change) -> Self {
        Self {
            found: change.write.before(),
            change,
            is_strong: false,
            may_be_done: false,
            looks: LOOKS,
        }
    }

    /// What is to be sent, or how it has ended without.
    fn part(&self, surroundings: &Surroundings) -> Result<Part, Outcome> {
        match surroundings.operations(&self.change.write, &self.found) {
            Some(operations) if operations.is_empty() => Err(self.success()),
            Some(operations) => Ok(Part {
                operations,
                is_strong: self.is_strong,
            }),
            None => Err(Outcome::Failed(Refusal {
                code: NO_RESOURCE,
                message: "The environment has no such table.".to_owned(),
            })),
        }
    }

    /// How a change has ended that is as planned.
    fn success(&self) -> Outcome {
        if self.may_be_done {
            Outcome::Done { actual: None }
        } else {
            Outcome::NoChangeNeeded
        }
    }

    fn verdict(&self, answer: Option<PartReply>) -> Verdict {
        // The service stopped before this part.
        let Some(answer) = answer else {
            return Verdict::Later;
        };
        if answer.status.is_success() {
            return Verdict::Ended(Outcome::Done { actual: None });
        }
        if is_transient(answer.status, &answer.body) {
            return Verdict::Later;
        }
        let refusal = refusal(&answer);
        let is_owner_check = OWNER_CHECKS.contains(&refusal.code);
        if is_owner_check
            && !self.is_strong
            && matches!(self.change.write, Write::AssignRecord { .. })
        {
            return Verdict::Strong;
        }
        let may_be_so = self.may_be_done || [DUPLICATE, MISSING].contains(&refusal.code);
        if may_be_so && self.looks > 0 {
            return Verdict::Look(refusal);
        }
        Verdict::Ended(Outcome::Failed(refusal))
    }

    /// Whether what is there lies on the way that the change goes.
    fn goes_on_from(&self, found: &Present) -> bool {
        let write = &self.change.write;
        *found == write.before()
            || match (write, found, write.after()) {
                (Write::ChangeUser(change), Present::Values(found), _) => change.passes(found),
                // Its role is still to come.
                (
                    Write::CreateStub(_),
                    Present::User { id, upn, .. },
                    Present::User {
                        id: planned,
                        upn: planned_upn,
                        ..
                    },
                ) => *id == planned && *upn == planned_upn,
                _ => false,
            }
    }
}

/// What the service said, by its code; one without a code has the status in its words.
fn refusal(answer: &PartReply) -> Refusal {
    let number = code(&answer.body).and_then(|code| {
        let digits = code.trim_start_matches("0x");
        u32::from_str_radix(digits, 16).ok()
    });
    let said = message(&answer.body);
    Refusal {
        code: ServiceCode(number.unwrap_or_default()),
        message: match number {
            Some(_) => said,
            None => format!("{}: {said}", answer.status),
        },
    }
}
