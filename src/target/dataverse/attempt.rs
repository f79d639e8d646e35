//! Changes on their way: sent, put off, looked into, until each has ended.
//!
//! In: a job's changes. Out: the outcome of each. A lost answer is no outcome: what is there is looked up, what is not as
//! planned is sent again, fewer at a time, and what is refused then is looked up before it is called refused (platform
//! facts 5.8, 5.9 and 6.2). What a change is made of is `operation.rs`'s; waiting for the line is `client.rs`'s.

use std::sync::Arc;
use std::time::Duration;

use reqwest::StatusCode;

use crate::model::{Change, Outcome, Present, Refusal, Seq, ServiceCode, Write};
use crate::target::dataverse::DataverseError;
use crate::target::dataverse::batch::{self, Part, PartReply, Sent};
use crate::target::dataverse::client::{Client, code, is_transient, message};
use crate::target::dataverse::operation::Surroundings;
use crate::target::dataverse::present::present;

/// How often a batch is sent in vain: none of its parts has ended, or it was lost.
const IN_VAIN_MAX: u32 = 10;

/// How often a part that fails as if by chance is sent in vain where others of its job have ended: then it is no chance.
const FAULTS_MAX: u32 = 4;

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
    /// Whether a stub user is made without its role: the service seems to give it by itself (platform facts 1.6).
    is_bare: bool,
}

/// What an answer means.
enum Verdict {
    Ended(Outcome),
    /// Put off by the service: send it again after a while.
    Later(Delay),
    /// Send it again, past the caches.
    Strong,
    /// Refused, perhaps because it is done already.
    Look(Refusal),
    /// Done in part: what is there says what is to come.
    GoOn,
}

/// What is known of a part that was put off.
#[derive(Default)]
struct Delay {
    /// How long the service asks to wait.
    named: Option<Duration>,
    /// What it says is wrong, where that may be wrong with the change and not with the moment.
    refusal: Option<Refusal>,
    /// Whether that is because there were too many.
    is_throttled: bool,
}

/// Why a batch has left changes open that are to be sent again after a while.
struct Trouble {
    why: String,
    /// How long the service asks to wait.
    named: Option<Duration>,
}

/// Writes changes in their order, however many requests that takes, so many in a batch; the outcome of each.
pub(super) async fn perform(
    client: &Arc<Client>,
    changes: Vec<Change>,
    surroundings: &Surroundings,
    at_once: usize,
) -> Result<Vec<(Seq, Outcome)>, DataverseError> {
    let mut work = Work {
        client,
        surroundings,
        at_once,
        open: changes.into_iter().map(Attempt::new).collect(),
        ended: Vec::new(),
        in_vain: 0,
    };
    while !work.open.is_empty() {
        work.round().await?;
    }
    Ok(work.ended)
}

/// A job under way.
struct Work<'a> {
    client: &'a Arc<Client>,
    surroundings: &'a Surroundings,
    open: Vec<Attempt>,
    ended: Vec<(Seq, Outcome)>,
    /// Parts of the next batch, at most: fewer each time that one was lost, as one is that takes too long.
    at_once: usize,
    /// Batches since anything has ended.
    in_vain: u32,
}

impl Work<'_> {
    /// Sends one batch, takes in what became of it, and waits where there was trouble.
    async fn round(&mut self) -> Result<(), DataverseError> {
        // What was put off goes before what has not been sent yet.
        self.open.sort_by_key(|attempt| attempt.change.seq);
        let (mut parts, mut sent) = (Vec::new(), Vec::new());
        let mut waiting = std::mem::take(&mut self.open).into_iter();
        while sent.len() < self.at_once
            && let Some(attempt) = waiting.next()
        {
            match attempt.part(self.surroundings) {
                Ok(part) => {
                    parts.push(part);
                    sent.push(attempt);
                }
                Err(outcome) => self.ended.push((attempt.change.seq, outcome)),
            }
        }
        self.open.extend(waiting);
        if sent.is_empty() {
            return Ok(());
        }
        let before = self.ended.len();
        let operations = parts.iter().map(|part| part.operations.len());
        self.client.meter.sends(operations.sum());
        let trouble = match batch::send(self.client, &parts).await? {
            Sent::Answered(answers) => self.answered(sent, answers).await?,
            Sent::Lost { why, named } => {
                self.lost(sent).await?;
                Some(Trouble { why, named })
            }
        };
        self.in_vain = if self.ended.len() > before {
            0
        } else {
            self.in_vain + 1
        };
        let Some(Trouble { why, named }) = trouble else {
            return Ok(());
        };
        if self.in_vain > IN_VAIN_MAX {
            return Err(self.client.unreachable(&why));
        }
        self.client.wait(self.in_vain + 1, named).await;
        Ok(())
    }

    /// Takes in the answers, one a part.
    async fn answered(
        &mut self,
        sent: Vec<Attempt>,
        answers: Vec<PartReply>,
    ) -> Result<Option<Trouble>, DataverseError> {
        let mut answers = answers.into_iter();
        let mut looks = Vec::new();
        let mut trouble: Option<Trouble> = None;
        let patience = if self.ended.is_empty() {
            IN_VAIN_MAX
        } else {
            FAULTS_MAX
        };
        for mut attempt in sent {
            match attempt.verdict(answers.next()) {
                Verdict::Ended(outcome) => self.ended.push((attempt.change.seq, outcome)),
                Verdict::Look(refusal) => looks.push((attempt, Some(refusal))),
                Verdict::GoOn => looks.push((attempt, None)),
                Verdict::Strong => {
                    attempt.is_strong = true;
                    self.open.push(attempt);
                }
                // What never comes right would hold up the others for ever, in every run anew.
                Verdict::Later(Delay {
                    refusal: Some(refusal),
                    ..
                }) if self.in_vain >= patience => looks.push((attempt, Some(refusal))),
                Verdict::Later(Delay {
                    named,
                    is_throttled,
                    ..
                }) => {
                    if is_throttled {
                        self.client.meter.is_throttled();
                    }
                    self.open.push(attempt);
                    let known = trouble.and_then(|trouble| trouble.named);
                    trouble = Some(Trouble {
                        why: "parts of batches are put off again and again".to_owned(),
                        named: known.max(named),
                    });
                }
            }
        }
        self.look(looks).await?;
        Ok(trouble)
    }

    /// A batch whose answer did not come: any of its parts may be done.
    async fn lost(&mut self, sent: Vec<Attempt>) -> Result<(), DataverseError> {
        self.at_once = (sent.len() / 2).max(1);
        let looks = sent.into_iter().map(|attempt| {
            let attempt = Attempt {
                may_be_done: true,
                ..attempt
            };
            (attempt, None)
        });
        self.look(looks.collect()).await
    }

    /// Looks at what is there of changes that were refused, or whose answer was lost, and goes on from that.
    async fn look(&mut self, looks: Vec<(Attempt, Option<Refusal>)>) -> Result<(), DataverseError> {
        if looks.is_empty() {
            return Ok(());
        }
        let subjects: Vec<_> = looks
            .iter()
            .map(|(attempt, _)| attempt.change.write.subject())
            .collect();
        let found = present(self.client, &subjects).await?;
        for ((mut attempt, refusal), found) in looks.into_iter().zip(found) {
            let seq = attempt.change.seq;
            // As it was when the request was made, or gone altogether: the service's words say it best.
            let is_for_the_service = found == attempt.found || found == Present::Absent;
            if found == attempt.change.write.after() {
                self.ended.push((seq, attempt.success()));
            } else if is_for_the_service {
                match refusal {
                    Some(refusal) if attempt.is_made_bare_by(&refusal) => {
                        attempt.is_bare = true;
                        self.open.push(attempt);
                    }
                    Some(refusal) => self.ended.push((seq, Outcome::Failed(refusal))),
                    None => self.open.push(attempt),
                }
            } else if attempt.goes_on_from(&found) {
                attempt.looks = attempt.looks.saturating_sub(1);
                attempt.found = found;
                self.open.push(attempt);
            } else {
                self.ended.push((seq, Outcome::Drifted(found)));
            }
        }
        Ok(())
    }
}

impl Attempt {
    fn new(change: Change) -> Self {
        Self {
            found: change.write.before(),
            change,
            is_strong: false,
            may_be_done: false,
            looks: LOOKS,
            is_bare: false,
        }
    }

    /// Whether a refusal may be about the role that a new stub user gets: it has it as soon as it is there.
    fn is_made_bare_by(&self, refusal: &Refusal) -> bool {
        let is_creation = matches!(self.change.write, Write::CreateStub(_));
        is_creation && !self.is_bare && refusal.code == DUPLICATE
    }

    /// What is to be sent, or how it has ended without.
    fn part(&self, surroundings: &Surroundings) -> Result<Part, Outcome> {
        match surroundings.operations(&self.change.write, &self.found) {
            Some(operations) if operations.is_empty() => Err(self.success()),
            Some(mut operations) => {
                if self.is_bare {
                    operations.truncate(1);
                }
                Ok(Part {
                    operations,
                    is_strong: self.is_strong,
                    is_bypassing: surroundings.bypasses_custom_logic,
                })
            }
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

    fn verdict(&mut self, answer: Option<PartReply>) -> Verdict {
        // The service stopped before this part.
        let Some(answer) = answer else {
            self.may_be_done = true;
            return Verdict::Later(Delay::default());
        };
        if answer.status.is_success() && self.is_bare && self.found == Present::Absent {
            self.may_be_done = true;
            return Verdict::GoOn;
        }
        if answer.status.is_success() {
            return Verdict::Ended(Outcome::Done { actual: None });
        }
        if is_transient(answer.status, &answer.body) {
            // Who is turned away for coming too often has done nothing.
            self.may_be_done |= answer.status != StatusCode::TOO_MANY_REQUESTS;
            let is_own = answer.status == StatusCode::INTERNAL_SERVER_ERROR;
            return Verdict::Later(Delay {
                named: answer.pause,
                is_throttled: answer.status == StatusCode::TOO_MANY_REQUESTS,
                refusal: is_own.then(|| refusal(&answer)),
            });
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
