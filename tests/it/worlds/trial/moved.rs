//! Others write to the environment file: between plan and apply, which makes the plan stale, and during
//! apply, which concerns one change and is not counted against the forecast.
//!
//! Each on a copy of the project, by raw SQL over a connection of its own.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Sender, channel};

use cutover::apply::{Applied, ApplyError, JOURNAL, Options, Tally, apply};
use cutover::check::approve;
use cutover::model::{
    Change, Fact, Identity, Outcome, Present, Principal, RecordId, Seq, Silent, StopSignal,
    Subject, UserId, Write,
};
use cutover::plan::SealedPlan;
use cutover::run::{ApplyRequest, Exit};
use cutover::target::{Embedded, Feed, Scope, Target, TargetError, feed};
use rusqlite::{Connection, params};

use crate::support::{copy, run};
use crate::worlds::chance::Chance;
use crate::worlds::tally::Kind;
use crate::worlds::trial::Trial;
use crate::worlds::trial::frame::{disown, own, rows, written};
use crate::worlds::world::World;

/// Small, so that a world has several batches.
const BATCH: usize = 3;

/// What somebody does to the principals or settings, with the statement that does it. `?1` is a user
/// whom the plan is about, `?2` the root unit; one that changes nothing does not count.
const BEFORE: &[(&str, &str)] = &[
    (
        "before: user disabled or enabled",
        "UPDATE user SET disabled = 1 - disabled WHERE id = ?1 AND ?2 IS NOT NULL",
    ),
    (
        "before: role taken",
        "DELETE FROM user_role WHERE user = ?1 AND ?2 IS NOT NULL
         AND role = (SELECT min(role) FROM user_role WHERE user = ?1)",
    ),
    (
        "before: user moved to the root unit",
        "UPDATE user SET business_unit = ?2 WHERE id = ?1 AND business_unit <> ?2",
    ),
    (
        "before: member taken out of a team",
        "DELETE FROM team_member WHERE user = ?1 AND ?2 IS NOT NULL",
    ),
    (
        "before: privilege taken from every role",
        "DELETE FROM role_privilege WHERE privilege = 'prvReadAccount'
         AND ?1 IS NOT NULL AND ?2 IS NOT NULL",
    ),
    (
        "before: team made an access team",
        "UPDATE team SET kind = 1 WHERE kind <> 1 AND ?1 IS NOT NULL AND ?2 IS NOT NULL",
    ),
    (
        "before: setting switched",
        "INSERT INTO setting (name, value) VALUES ('EnableOwnershipAcrossBusinessUnits',
         iif(?1 IS NOT NULL AND ?2 IS NOT NULL, 'switched', ''))
         ON CONFLICT DO UPDATE SET value = 'switched'",
    ),
];

/// What somebody does to the record of one change.
#[derive(Clone, Copy, Debug)]
enum Deed {
    ChangeOwner,
    DeleteRecord,
    DoTheSame,
}

/// When.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Moment {
    /// Before apply reads the record.
    Planned,
    /// After apply has read it, just before its batch is written.
    Read,
}

/// What somebody does meanwhile to the record of one change.
#[derive(Clone, Copy, Debug)]
struct Meanwhile {
    name: &'static str,
    deed: Deed,
    moment: Moment,
}

const MEANWHILE: [Meanwhile; 6] = [
    meanwhile("planned: owner changed", Deed::ChangeOwner, Moment::Planned),
    meanwhile(
        "planned: record deleted",
        Deed::DeleteRecord,
        Moment::Planned,
    ),
    meanwhile(
        "planned: done by somebody else",
        Deed::DoTheSame,
        Moment::Planned,
    ),
    meanwhile("during: owner changed", Deed::ChangeOwner, Moment::Read),
    meanwhile("during: record deleted", Deed::DeleteRecord, Moment::Read),
    meanwhile(
        "during: done by somebody else",
        Deed::DoTheSame,
        Moment::Read,
    ),
];

const fn meanwhile(name: &'static str, deed: Deed, moment: Moment) -> Meanwhile {
    Meanwhile { name, deed, moment }
}

impl Trial<'_> {
    /// Every kind of writing by others, one of each, in a copy of the project.
    pub(super) fn others_write(&mut self) {
        let mut chance = Chance::of(self.world.moves);
        let users: Vec<UserId> = self.writes().filter_map(|write| user_of(&write)).collect();
        if let Some(user) = chance.pick(&users) {
            let (name, sql) = BEFORE[chance.below(BEFORE.len())];
            self.before_apply(name, sql, user);
        }
        let assigned: Vec<Write> = self
            .writes()
            .filter(|write| matches!(write, Write::AssignRecord { .. }))
            .collect();
        if let Some(write) = chance.pick(&assigned) {
            self.during_apply(MEANWHILE[chance.below(MEANWHILE.len())], &write);
        }
    }

    fn copy(&self, name: &str) -> PathBuf {
        let to = self.folder.join(name);
        for part in ["exports", "plan"] {
            copy(&self.folder.join(part), &to.join(part));
        }
        for file in ["cutover.toml", "owners.csv", "environment.sqlite"] {
            let _ = std::fs::copy(self.folder.join(file), to.join(file));
        }
        to
    }

    /// Whoever the plan is about has moved: nothing is written, and what moved is named.
    fn before_apply(&mut self, name: &'static str, sql: &str, user: UserId) {
        let folder = self.copy("stale");
        let environment = folder.join("environment.sqlite");
        let file = Connection::open(&environment).expect("an environment file");
        let root = self.world.units[0].id;
        let values = params![user.0.as_bytes(), root.as_bytes()];
        let moved = file.execute(sql, values).expect("a statement");
        drop(file);
        if moved == 0 {
            return;
        }
        *self.report.moved.entry(name).or_default() += 1;
        let before = rows(&environment);
        let request = ApplyRequest {
            folder: &folder,
            yes: true,
            limit: None,
        };
        let ended = run(|console| cutover::run::apply(&request, console));
        if ended.exit != Exit::Refused || !ended.err.contains("stale") {
            let words = format!("{name}: {:?} {}{}", ended.exit, ended.out, ended.err);
            self.fault(Kind::Stale, words);
        }
        if folder.join("plan").join(JOURNAL).exists() {
            self.fault(Kind::Stale, format!("{name}: a journal was begun"));
        }
        self.same_rows(Kind::Stale, &rows(&environment), &before);
    }

    /// One record is written by somebody else: its change is left alone and told, all others are done.
    fn during_apply(&mut self, meanwhile: Meanwhile, write: &Write) {
        let folder = self.copy("during");
        let path = folder.join("environment.sqlite");
        let before = rows(&path);
        let name = meanwhile.name;
        if meanwhile.moment == Moment::Planned {
            meddle(self.world, meanwhile.deed, write, &path).expect("nobody holds the file");
        }
        *self.report.moved.entry(name).or_default() += 1;
        let target = Meddling {
            target: Embedded::open(&path).expect("the environment file"),
            path: path.clone(),
            world: self.world,
            meanwhile,
            write,
        };
        let applied = match apply_to(&folder, &target) {
            Ok(applied) => applied,
            Err(error) => {
                self.fault(Kind::Drift, format!("{name}: {error}"));
                return;
            }
        };
        let tallies = applied.counts.values();
        let sum = |of: fn(&Tally) -> u64| tallies.clone().map(of).sum::<u64>();
        let found = [
            sum(|tally| tally.failed),
            sum(|tally| tally.skipped),
            sum(|tally| tally.drifted),
            sum(|tally| tally.no_change),
        ];
        let expected = match meanwhile.deed {
            Deed::ChangeOwner | Deed::DeleteRecord => [0, 0, 1, 0],
            Deed::DoTheSame => [0, 0, 0, 1],
        };
        if found != expected {
            let words = format!(
                "{name}: failed, skipped, drifted, no change are {found:?}, expected {expected:?}"
            );
            self.fault(Kind::Drift, words);
        }
        let writes: Vec<Write> = self
            .writes()
            .filter(|one| one.subject() != write.subject())
            .collect();
        // What the others left there stays as it is.
        let mut expected = written(&before, &writes);
        match left_by(self.world, meanwhile.deed, write) {
            Some(owner) => own(&mut expected, record_of(write).0, owner),
            None => {
                disown(&mut expected, record_of(write).0);
            }
        }
        self.same_rows(Kind::Drift, &rows(&path), &expected);
    }
}

fn record_of(write: &Write) -> RecordId {
    match write {
        Write::AssignRecord { record, .. } => *record,
        _ => panic!("only records are meddled with"),
    }
}

/// Who owns the record of a change after somebody's deed; `None` where there is no record any more.
fn left_by(world: &World, deed: Deed, write: &Write) -> Option<Principal> {
    let Write::AssignRecord { before, after, .. } = write else {
        panic!("only records are meddled with")
    };
    match deed {
        Deed::DeleteRecord => None,
        Deed::DoTheSame => Some(*after),
        Deed::ChangeOwner => {
            let people = world.people.iter().filter(|person| person.is_there);
            let mut others = people.map(|person| Principal::User(UserId(person.id)));
            others.find(|other| other != before && other != after)
        }
    }
}

fn user_of(write: &Write) -> Option<UserId> {
    let (Write::GiveRole { principal, .. }
    | Write::AssignRecord {
        after: principal, ..
    }) = write
    else {
        return None;
    };
    match principal {
        Principal::User(user) => Some(*user),
        Principal::Team(_) => None,
    }
}

fn apply_to(folder: &Path, target: &dyn Target) -> Result<Applied, ApplyError> {
    let plan = SealedPlan::open(&folder.join("plan")).expect("a plan");
    let Ok(approved) = approve(plan) else {
        panic!("the plan was approved before")
    };
    let (journal, stop) = (folder.join("plan").join(JOURNAL), StopSignal::default());
    let options = Options {
        journal: &journal,
        stop: &stop,
        progress: &Silent,
        batch: BATCH,
    };
    apply(&approved, target, &options)
}

/// Writes to the record of a change what somebody else would.
fn meddle(world: &World, deed: Deed, write: &Write, path: &Path) -> rusqlite::Result<()> {
    let file = Connection::open(path)?;
    let record = record_of(write).0;
    let Some(owner) = left_by(world, deed, write) else {
        file.execute("DELETE FROM record WHERE id = ?1", [record.as_bytes()])?;
        return Ok(());
    };
    file.execute(
        "UPDATE record SET owner_type = ?2, owner = ?3 WHERE id = ?1",
        params![
            record.as_bytes(),
            owner.type_code(),
            owner.uuid().as_bytes()
        ],
    )?;
    Ok(())
}

/// An environment file to which somebody else writes just before the batch of one change.
struct Meddling<'w> {
    target: Embedded,
    path: PathBuf,
    world: &'w World,
    meanwhile: Meanwhile,
    write: &'w Write,
}

impl Meddling<'_> {
    fn pass_on(&self, batch: Vec<Change>) -> Result<Vec<(Seq, Outcome)>, TargetError> {
        let ((sender, inside), (report, done)) = (feed(1), channel());
        sender.send(batch).expect("room for one batch");
        drop(sender);
        self.target.write(&inside, &report)?;
        drop(report);
        Ok(done.iter().collect())
    }
}

impl Target for Meddling<'_> {
    fn identity(&self) -> Result<Identity, TargetError> {
        self.target.identity()
    }

    fn facts(&self, scope: &Scope, sink: &mut dyn FnMut(Fact)) -> Result<(), TargetError> {
        self.target.facts(scope, sink)
    }

    fn present(&self, subjects: &[Subject]) -> Result<Vec<Present>, TargetError> {
        self.target.present(subjects)
    }

    fn write(
        &self,
        stage: &Feed<Change>,
        done: &Sender<(Seq, Outcome)>,
    ) -> Result<(), TargetError> {
        while let Some(batch) = stage.next() {
            let subject = self.write.subject();
            let is_now = batch.iter().any(|change| change.write.subject() == subject);
            if is_now && self.meanwhile.moment == Moment::Read {
                meddle(self.world, self.meanwhile.deed, self.write, &self.path)
                    .expect("nobody holds the file between batches");
            }
            for outcome in self.pass_on(batch)? {
                done.send(outcome).map_err(|_| TargetError::Unheard)?;
            }
        }
        Ok(())
    }
}
