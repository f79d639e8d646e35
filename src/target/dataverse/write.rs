//! Writing changes to a live environment: jobs in several lanes, each change to its outcome.
//!
//! In: batches of changes. Out: the outcome of each, told once, when the service has said so or has been asked again.
//! How changes travel together is said here (platform facts 6.2); what becomes of one on its way is `attempt.rs`'s.

use std::sync::Arc;
use std::sync::mpsc::Sender;

use tokio::sync::{Mutex, mpsc, oneshot};

use crate::model::{Change, Outcome, Principal, Seq, StubUser, StubWay, Write};
use crate::target::dataverse::DataverseError;
use crate::target::dataverse::attempt::perform;
use crate::target::dataverse::client::Client;
use crate::target::dataverse::import::{Imported, import_users};
use crate::target::dataverse::operation::Surroundings;
use crate::target::{Feed, TargetError};

/// Single requests that one batch holds: the service counts a batch as one request against its limit, so that ten
/// times as many rows go through it, and still answers it within seconds.
const SINGLES: usize = 50;

/// Change sets that one batch holds: each is a transaction of several requests.
const SETS: usize = 10;

/// Some changes that travel together, and what their requests need to know.
pub(super) struct Job {
    pub(super) changes: Vec<Change>,
    pub(super) surroundings: Arc<Surroundings>,
    /// Parts of one batch, at most.
    at_once: usize,
    /// Told when it has ended, where the next one waits for it; dropped where it cannot be done.
    ended: Option<oneshot::Sender<()>>,
}

/// Finds out what the requests of these changes need to know.
pub(super) type Ask<'a> = &'a mut dyn FnMut(&[Change]) -> Result<Arc<Surroundings>, DataverseError>;

/// Writes what comes out of the feed, and tells each outcome once.
pub(super) fn write(
    runtime: &tokio::runtime::Runtime,
    client: &Arc<Client>,
    stage: &Feed<Change>,
    surroundings: Ask<'_>,
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
    // The lanes alone hold it: where none is left, jobs under way are dropped, and nobody waits for them.
    drop(receiver);
    let mut fed = Ok(());
    'feed: while let Some(batch) = stage.next() {
        match surroundings(&batch) {
            Ok(surroundings) => {
                for changes in jobs(batch) {
                    let is_in_order = is_in_order(&changes);
                    let (ended, wait) = oneshot::channel();
                    let job = Job {
                        changes,
                        surroundings: Arc::clone(&surroundings),
                        at_once: if is_in_order { SETS } else { SINGLES },
                        ended: is_in_order.then_some(ended),
                    };
                    // A lane has failed and closed the channel; its error says why.
                    if sender.blocking_send(job).is_err() {
                        break 'feed;
                    }
                    if is_in_order {
                        // One that failed has ended too, and takes no other.
                        let _ = wait.blocking_recv();
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
            perform(&client, job.changes, &job.surroundings, job.at_once)
                .await
                .map_err(TargetError::from)
        };
        let ended = outcomes.and_then(|outcomes| {
            for outcome in outcomes {
                done.send(outcome).map_err(|_| TargetError::Unheard)?;
            }
            Ok(())
        });
        // Before the lock is asked for, which another lane holds until the next job comes.
        if let Some(waiting) = job.ended {
            let _ = waiting.send(());
        }
        if ended.is_err() {
            jobs.lock().await.close();
            return ended;
        }
    }
}

/// Whether changes are done one after the other, in the order of the plan: one user who is no longer non-interactive
/// may make room for the next.
fn is_in_order(changes: &[Change]) -> bool {
    let first = changes.first();
    first.is_some_and(|change| matches!(change.write, Write::ChangeUser(_)))
}

/// Divides a batch into what travels together: stub users few at a time, changes of existing users all in their order,
/// the others many at a time. Roles of one holder stay together, so that no two lanes touch one row at once; and so do
/// stub users that are imported, as one file.
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
            Write::ChangeUser(_) => usize::MAX,
            Write::CreateStub(_) => SETS,
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
fn holder(write: &Write) -> Option<Principal> {
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
