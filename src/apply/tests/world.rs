//! Plans and targets for the tests of this room.
//!
//! In: how many of what, which faults. Out: a plan that is a list, and a target that breaks where it
//! is told to and sees to it that nothing comes to it without being in the journal first.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::mpsc::{Sender, channel};

use jiff::Timestamp;
use tempfile::TempDir;
use uuid::Uuid;

use crate::apply::entry::State;
use crate::apply::journal::Journal;
use crate::apply::source::{Changes, Part, Sealed, Sink};
use crate::apply::{ApplyError, JOURNAL, Options};
use crate::model::{
    AccessMode, Change, ChangeKind, Changed, Fact, Identity, OrganisationId, Outcome, Present,
    Principal, ProfileField, RecordId, RoleId, Seq, Silent, Stage, StopSignal, StubUser, StubWay,
    Subject, UnitId, UserChange, UserId, UserValues, Write,
};
use crate::plan::Moved;
use crate::target::memory::Memory;
use crate::target::{Feed, Scope, Target, TargetError, feed};

pub(super) const SEAL: &str = "5ea1";

/// A stub user that got another id has the planned one with these bits turned.
const OTHER_ID: u128 = 0xabcd << 96;

pub(super) fn user(number: u128) -> UserId {
    UserId(Uuid::from_u128(0x0100 + number))
}

pub(super) fn role(number: u128) -> RoleId {
    RoleId(Uuid::from_u128(0x0200 + number))
}

pub(super) fn other_id(planned: UserId) -> UserId {
    UserId(Uuid::from_u128(planned.0.as_u128() ^ OTHER_ID))
}

/// The planned stub user of this number; users 0 to 9 exist, stub users start at 10.
pub(super) fn stub(number: u128) -> StubUser {
    StubUser {
        id: user(10 + number),
        upn: format!("stub{number}@contoso.example"),
        mail: format!("stub{number}@contoso.example"),
        first_name: None,
        last_name: Some("Stub".to_owned()),
        full_name: format!("Stub {number}"),
        employee_id: None,
        business_unit: UnitId(Uuid::from_u128(1)),
        default_role: role(0),
        way: StubWay::Import,
    }
}

pub(super) fn assign(entity: &str, record: u128, after: UserId) -> Write {
    Write::AssignRecord {
        entity: entity.into(),
        record: RecordId(Uuid::from_u128(0x1000 + record)),
        before: Principal::User(user(0)),
        after: Principal::User(after),
    }
}

pub(super) fn give(to: UserId, number: u128) -> Write {
    Write::GiveRole {
        principal: Principal::User(to),
        role: role(number),
    }
}

pub(super) fn remove(from: UserId, number: u128) -> Write {
    Write::RemoveRole {
        principal: Principal::User(from),
        role: role(number),
    }
}

/// The same subject, where its stub user got another id.
pub(super) fn elsewhere(write: &Write) -> Option<Subject> {
    match write.subject() {
        Subject::Stub { id, upn } => Some(Subject::Stub {
            id: other_id(id),
            upn,
        }),
        Subject::Role {
            principal: Principal::User(id),
            role,
        } => Some(Subject::Role {
            principal: Principal::User(other_id(id)),
            role,
        }),
        Subject::User { .. } | Subject::Role { .. } | Subject::Record { .. } => None,
    }
}

/// A plan that is a list.
#[derive(Clone, Debug, Default)]
pub(super) struct Listed {
    pub(super) stages: Vec<(Stage, String, Vec<Change>)>,
    pub(super) moved: Vec<Moved>,
    pub(super) organisation: u128,
}

impl Listed {
    pub(super) fn new(stages: Vec<(Stage, &str, Vec<Write>)>) -> Self {
        let mut seq = 0;
        let mut numbered = |write| {
            let change = Change {
                seq: Seq(seq),
                write,
                restore: false,
                source: None,
            };
            seq += 1;
            change
        };
        Self {
            stages: stages
                .into_iter()
                .filter(|(.., writes)| !writes.is_empty())
                .map(|(stage, entity, writes)| {
                    let changes = writes.into_iter().map(&mut numbered).collect();
                    (stage, entity.to_owned(), changes)
                })
                .collect(),
            moved: Vec::new(),
            organisation: 1,
        }
    }

    /// One stub user, a role and a record for it, a record and a role for others, a role to remove.
    pub(super) fn small() -> Self {
        let account = Stage::Records { order: 0 };
        let contact = Stage::Records { order: 1 };
        Self::new(vec![
            (
                Stage::StubUsers,
                "systemuser",
                vec![Write::CreateStub(Box::new(stub(0)))],
            ),
            (
                Stage::RolesGiven,
                "systemuserroles",
                vec![give(user(10), 1), give(user(1), 1)],
            ),
            (
                account,
                "account",
                vec![
                    assign("account", 0, user(10)),
                    assign("account", 1, user(1)),
                ],
            ),
            (contact, "contact", vec![assign("contact", 2, user(2))]),
            (
                Stage::RolesRemoved,
                "systemuserroles",
                vec![remove(user(3), 2)],
            ),
        ])
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Change> {
        self.stages.iter().flat_map(|(.., changes)| changes)
    }

    pub(super) fn subject(&self, seq: u64) -> Subject {
        let found = self.all().find(|change| change.seq == Seq(seq));
        found.expect("a number of the plan").write.subject()
    }

    /// A target as the plan found it.
    pub(super) fn target(&self) -> Memory {
        let present = self
            .all()
            .map(|change| (change.write.subject(), change.write.before()));
        Memory::new(Vec::new(), present.collect())
    }

    /// All that a target holds of the plan's subjects, whichever ids its stub users have.
    pub(super) fn held(&self, target: &dyn Target) -> Vec<Present> {
        let mut subjects: Vec<Subject> = self.all().map(|change| change.write.subject()).collect();
        subjects.extend(self.all().filter_map(|change| elsewhere(&change.write)));
        target.present(&subjects).expect("the target is healed")
    }
}

impl Changes for Listed {
    fn parts(&self) -> Result<Vec<Part>, ApplyError> {
        let parts = self.stages.iter().map(|(stage, entity, changes)| Part {
            stage: *stage,
            entity: entity.clone(),
            first: changes[0].seq,
            last: changes[changes.len() - 1].seq,
            changes: changes.len() as u64,
        });
        Ok(parts.collect())
    }

    fn read(&self, part: &Part, batch: usize, sink: &mut Sink<'_>) -> Result<(), ApplyError> {
        let changes: Vec<&Change> = self
            .all()
            .filter(|change| (part.first..=part.last).contains(&change.seq))
            .collect();
        for batch in changes.chunks(batch) {
            if let ControlFlow::Break(()) = sink(batch.iter().copied().cloned().collect()) {
                break;
            }
        }
        Ok(())
    }
}

impl Sealed for Listed {
    fn seal(&self) -> &str {
        SEAL
    }

    fn organisation(&self) -> Result<OrganisationId, ApplyError> {
        Ok(OrganisationId(Uuid::from_u128(self.organisation)))
    }

    fn planned(&self) -> BTreeMap<ChangeKind, u64> {
        let mut planned = BTreeMap::new();
        for change in self.all() {
            *planned.entry(change.write.kind()).or_default() += 1;
        }
        planned
    }

    fn moved(&self, _target: &dyn Target) -> Result<Vec<Moved>, ApplyError> {
        Ok(self.moved.clone())
    }
}

/// A plan folder and how to run over it.
pub(super) struct Folder {
    pub(super) directory: TempDir,
    pub(super) journal: PathBuf,
    pub(super) stop: StopSignal,
    pub(super) batch: usize,
}

impl Folder {
    pub(super) fn new(batch: usize) -> Self {
        let directory = tempfile::tempdir().expect("a temporary folder");
        Self {
            journal: directory.path().join(JOURNAL),
            directory,
            stop: StopSignal::default(),
            batch,
        }
    }

    pub(super) fn options(&self) -> Options<'_> {
        Options {
            journal: &self.journal,
            stop: &self.stop,
            progress: &Silent,
            batch: self.batch,
            now: &|| Timestamp::UNIX_EPOCH,
            current: SEAL,
        }
    }
}

/// A user moved to another unit with an access mode of its own, with roles 6 and 7 instead of 1 and 2.
pub(super) fn change_user(number: u128) -> Write {
    let unit = |number| UnitId(Uuid::from_u128(number));
    let title = |text: &str| Some(text.to_owned());
    Write::ChangeUser(Box::new(UserChange {
        user: user(number),
        business_unit: Some(Changed {
            before: unit(1),
            after: unit(2),
        }),
        access_mode: Some(Changed {
            before: AccessMode::ReadWrite,
            after: AccessMode::Administrative,
        }),
        profile: [(
            ProfileField::Title,
            Changed {
                before: title("Head"),
                after: None,
            },
        )]
        .into(),
        roles: Some(Changed {
            before: [role(1), role(2)].into(),
            after: [role(6), role(7)].into(),
        }),
    }))
}

/// The user in the new unit, stripped, before anything else.
fn half_changed(change: &UserChange) -> Present {
    let before = change.before();
    Present::Values(Box::new(UserValues {
        business_unit: change.after().business_unit,
        roles: Some([].into()),
        ..before
    }))
}

/// Where a run breaks: at the batch after `batches`, with this much of it written, and this much of
/// that told.
#[derive(Clone, Copy, Debug)]
pub(super) struct Crash {
    pub(super) batches: usize,
    pub(super) written: usize,
    pub(super) told: usize,
    /// Whether a change of a user that comes next is written in part.
    pub(super) half: bool,
}

/// A target that breaks on demand, and gives its stub users other ids on demand.
pub(super) struct Fragile<'a> {
    pub(super) inner: &'a Memory,
    pub(super) journal: &'a Path,
    pub(super) other_ids: bool,
    crash: Mutex<Option<Crash>>,
    /// Asks to stop when this many batches have come.
    stop: Mutex<Option<(usize, StopSignal)>>,
    /// Changes that came without being in the journal; there must be none.
    pub(super) unannounced: Mutex<Vec<Seq>>,
    /// Users who were written in part.
    pub(super) halves: Mutex<Vec<Seq>>,
}

impl<'a> Fragile<'a> {
    pub(super) fn new(inner: &'a Memory, journal: &'a Path, other_ids: bool) -> Self {
        Self {
            inner,
            journal,
            other_ids,
            crash: Mutex::new(None),
            stop: Mutex::new(None),
            unannounced: Mutex::new(Vec::new()),
            halves: Mutex::new(Vec::new()),
        }
    }

    pub(super) fn crash(self, crash: Crash) -> Self {
        *self.crash.lock().unwrap() = Some(crash);
        self
    }

    pub(super) fn ask_to_stop(self, batches: usize, stop: &StopSignal) -> Self {
        *self.stop.lock().unwrap() = Some((batches, stop.clone()));
        self
    }

    fn look_into_the_journal(&self, batch: &[Change]) {
        let journal = Journal::open(self.journal, Some(SEAL)).unwrap();
        let entries = match (&journal, batch.first(), batch.last()) {
            (Some(journal), Some(first), Some(last)) => {
                journal.entries(first.seq, last.seq).unwrap()
            }
            _ => BTreeMap::new(),
        };
        let announced = |seq: &Seq| {
            entries
                .get(seq)
                .is_some_and(|entry| entry.state == State::Intended && entry.value_read.is_some())
        };
        let mut missing = self.unannounced.lock().unwrap();
        missing.extend(
            batch
                .iter()
                .map(|change| change.seq)
                .filter(|seq| !announced(seq)),
        );
    }

    fn breaks(&self) -> Option<Crash> {
        let mut crash = self.crash.lock().unwrap();
        match &mut *crash {
            Some(crash) if crash.batches > 0 => {
                crash.batches -= 1;
                None
            }
            _ => crash.take(),
        }
    }

    fn count_towards_stop(&self) {
        if let Some((left, signal)) = &mut *self.stop.lock().unwrap() {
            *left = left.saturating_sub(1);
            if *left == 0 {
                signal.ask();
            }
        }
    }

    /// As a target does that writes a user in several steps, and whose line drops after the first. What it
    /// refuses it refuses before.
    fn write_half(&self, change: &Change) {
        if let Write::ChangeUser(wanted) = &change.write
            && !self.inner.refuses(change.seq)
        {
            self.inner.put(change.write.subject(), half_changed(wanted));
            self.halves.lock().unwrap().push(change.seq);
        }
    }

    /// Writes through the target inside; stub users may get another id on the way.
    fn pass_on(&self, mut batch: Vec<Change>) -> Result<Vec<(Seq, Outcome)>, TargetError> {
        let mut actual = BTreeMap::new();
        for change in &mut batch {
            if let Write::CreateStub(stub) = &mut change.write
                && self.other_ids
            {
                stub.id = other_id(stub.id);
                actual.insert(change.seq, stub.id);
            }
        }
        let (sender, inside) = feed(1);
        sender.send(batch).unwrap();
        drop(sender);
        let (report, done) = channel();
        self.inner.write(&inside, &report)?;
        drop(report);
        let renamed = |(seq, outcome)| match outcome {
            Outcome::Done { .. } => (
                seq,
                Outcome::Done {
                    actual: actual.get(&seq).copied(),
                },
            ),
            other => (seq, other),
        };
        Ok(done.iter().map(renamed).collect())
    }
}

impl Target for Fragile<'_> {
    fn identity(&self) -> Result<Identity, TargetError> {
        self.inner.identity()
    }

    fn facts(&self, scope: &Scope, sink: &mut dyn FnMut(Fact)) -> Result<(), TargetError> {
        self.inner.facts(scope, sink)
    }

    fn present(&self, subjects: &[Subject]) -> Result<Vec<Present>, TargetError> {
        let found = self.inner.present(subjects)?;
        let look_again = |(subject, found): (&Subject, Present)| match subject {
            // Found by its UPN, under the id that it got.
            Subject::Stub { id, upn } if found == Present::Absent => {
                let (id, upn) = (other_id(*id), upn.clone());
                self.inner
                    .present(&[Subject::Stub { id, upn }])
                    .map(|mut found| found.remove(0))
            }
            _ => Ok(found),
        };
        subjects.iter().zip(found).map(look_again).collect()
    }

    fn write(
        &self,
        stage: &Feed<Change>,
        done: &Sender<(Seq, Outcome)>,
    ) -> Result<(), TargetError> {
        while let Some(mut batch) = stage.next() {
            self.look_into_the_journal(&batch);
            self.count_towards_stop();
            let crash = self.breaks();
            if let Some(crash) = crash {
                let rest = batch.split_off(crash.written.min(batch.len()));
                if let Some(next) = rest.first().filter(|_| crash.half) {
                    self.write_half(next);
                }
            }
            let outcomes = self.pass_on(batch)?;
            let told = crash.map_or(outcomes.len(), |crash| crash.told);
            for outcome in outcomes.into_iter().take(told) {
                done.send(outcome).map_err(|_| TargetError::Unheard)?;
            }
            if crash.is_some() {
                return Err(TargetError::Unreachable {
                    host: "memory".to_owned(),
                    why: "a fault was asked for".to_owned(),
                });
            }
        }
        Ok(())
    }
}
