//! Changes on their way: sent, put off, looked into, until each has ended.
//!
//! In: a job's changes. Out: the outcome of each. A lost answer is no outcome: the request is sent again, and what is
//! refused then is looked up before it is called refused (platform facts 5.8, 5.9 and 6.2). What a change is made of is
//! `operation.rs`'s; waiting for the line is `client.rs`'s.

use std::sync::Arc;
use std::time::Duration;

use crate::model::{Change, Outcome, Present, Refusal, Seq, ServiceCode, Write};
use crate::target::dataverse::DataverseError;
use crate::target::dataverse::batch::{Part, PartReply};
use crate::target::dataverse::client::{Client, code, is_transient, message};
use crate::target::dataverse::operation::Surroundings;
use crate::target::dataverse::present::present;

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

/// Writes changes, however many requests that takes; the outcome of each.
pub(super) async fn perform(
    client: &Arc<Client>,
    changes: Vec<Change>,
    surroundings: &Surroundings,
) -> Result<Vec<(Seq, Outcome)>, DataverseError> {
    let mut ended = Vec::new();
    let mut open: Vec<Attempt> = changes.into_iter().map(Attempt::new).collect();
    let mut rounds = 0;
    loop {
        let mut parts = Vec::new();
        let mut sent = Vec::new();
        for attempt in open.drain(..) {
            match attempt.part(surroundings) {
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
                is_bypassing: surroundings.bypasses_custom_logic,
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
