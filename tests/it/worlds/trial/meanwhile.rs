//! Others write to the environment file during apply, which concerns one change and is not counted against
//! the forecast.
//!
//! In: the changes of a plan. Out: a fault where what somebody else wrote is not left alone, not told, or
//! keeps the rest from being done. On a copy of the project, by raw SQL over a connection of its own.

use std::fs;
use std::path::Path;

use cutover::apply::{Applied, ApplyError, JOURNAL, Options, apply};
use cutover::check::approve;
use cutover::model::{AccessMode, Present, Principal, Seq, Silent, StopSignal, Write};
use cutover::plan::SealedPlan;
use cutover::run::{ApplyRequest, Consent, Exit};
use cutover::target::{Embedded, Target};

use crate::meddled::Meddled;
use crate::support::run;
use crate::worlds::chance::Chance;
use crate::worlds::tally::Kind;
use crate::worlds::trial::Trial;
use crate::worlds::trial::deed::{Deed, Effect, effect_of, meddle};
use crate::worlds::trial::frame::{Rows, rows, written};

/// Small, so that a world has several batches.
const BATCH: usize = 3;

/// When.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Moment {
    /// Before apply reads the subject. A user who is another before anything is written makes the plan
    /// stale, so that stub users are made by then.
    Planned,
    /// After apply has read it, just before its batch is written.
    Read,
}

/// What somebody does meanwhile to the subject of one change.
#[derive(Clone, Copy, Debug)]
struct Meanwhile {
    name: &'static str,
    deed: Deed,
    moment: Moment,
}

#[rustfmt::skip] // keeps one to a line
const MEANWHILE: [Meanwhile; 14] = [
    meanwhile("planned: owner changed", Deed::ChangeOwner, Moment::Planned),
    meanwhile("planned: record deleted", Deed::DeleteRecord, Moment::Planned),
    meanwhile("planned: done by somebody else", Deed::Assign, Moment::Planned),
    meanwhile("during: owner changed", Deed::ChangeOwner, Moment::Read),
    meanwhile("during: record deleted", Deed::DeleteRecord, Moment::Read),
    meanwhile("during: done by somebody else", Deed::Assign, Moment::Read),
    meanwhile("planned: user moved elsewhere", Deed::MoveElsewhere, Moment::Planned),
    meanwhile("planned: user given a role", Deed::GiveRole, Moment::Planned),
    meanwhile("planned: access mode changed", Deed::ChangeMode, Moment::Planned),
    meanwhile("planned: user changed by somebody else", Deed::ChangeUser, Moment::Planned),
    meanwhile("during: user moved elsewhere", Deed::MoveElsewhere, Moment::Read),
    meanwhile("during: user given a role", Deed::GiveRole, Moment::Read),
    meanwhile("during: access mode changed", Deed::ChangeMode, Moment::Read),
    meanwhile("during: user changed by somebody else", Deed::ChangeUser, Moment::Read),
];

const fn meanwhile(name: &'static str, deed: Deed, moment: Moment) -> Meanwhile {
    Meanwhile { name, deed, moment }
}

/// Everything that others do during apply, by name.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    MEANWHILE.iter().map(|meanwhile| meanwhile.name)
}

/// One deed to the subject of one change, and what it leaves.
struct Meddling<'a> {
    meanwhile: Meanwhile,
    write: &'a Write,
    seq: Seq,
    effect: Effect,
    /// Roles that are taken only from a user who was changed as planned.
    skipped: Vec<Write>,
    folder: &'a Path,
    /// What is there with the deed and without the plan.
    before: Rows,
}

impl Trial<'_> {
    /// One deed to a record and one to a user, each in a copy of the project.
    pub(super) fn others_write_meanwhile(&mut self, chance: &mut Chance) {
        for of_users in [false, true] {
            let of_kind = MEANWHILE
                .iter()
                .filter(|meanwhile| meanwhile.deed.is_of_users() == of_users);
            let possible = of_kind.map(|meanwhile| (*meanwhile, self.possible(*meanwhile)));
            let possible: Vec<_> = possible.filter(|(_, writes)| !writes.is_empty()).collect();
            let Some((meanwhile, writes)) = chance.pick(&possible) else {
                continue;
            };
            let (write, effect) = chance.pick(&writes).expect("one at least");
            self.during_apply(meanwhile, &write, effect);
        }
    }

    /// The changes that somebody can meddle with so, and what that is for them.
    fn possible(&self, meanwhile: Meanwhile) -> Vec<(Write, Effect)> {
        let has_begun = self.writes().next().is_some_and(|write| is_stub(&write));
        if meanwhile.deed.is_of_users() && meanwhile.moment == Moment::Planned && !has_begun {
            return Vec::new();
        }
        let writes = self.writes().filter_map(|write| {
            let effect = effect_of(self.world, meanwhile.deed, &write)?;
            let alone = effect != Effect::Drift || self.stands_alone(&write);
            alone.then_some((write, effect))
        });
        writes.collect()
    }

    /// Whether no other change would be refused for want of this one.
    fn stands_alone(&self, write: &Write) -> bool {
        let Write::ChangeUser(change) = write else {
            return true;
        };
        let user = Principal::User(change.user);
        let gets_records =
            |write: Write| matches!(write, Write::AssignRecord { after, .. } if after == user);
        let leaves_a_place = change.access_mode.as_ref();
        let leaves_a_place =
            leaves_a_place.is_some_and(|mode| mode.before == AccessMode::NonInteractive);
        let roles = change.roles.iter().flat_map(|roles| &roles.after);
        let mut roles = roles.map(|role| role.0);
        let is_administrator = roles.any(|role| self.world.is_administrator(role));
        !leaves_a_place && !is_administrator && !self.writes().any(gets_records)
    }

    /// The subject of one change is written by somebody else: it is left alone and told, all others are
    /// done.
    fn during_apply(&mut self, meanwhile: Meanwhile, write: &Write, effect: Effect) {
        let name = meanwhile.name;
        let folder = self.copy(if meanwhile.deed.is_of_users() {
            "during-user"
        } else {
            "during"
        });
        let path = folder.join("environment.sqlite");
        let before = self.with_the_deed(meanwhile.deed, write, &path);
        let before_all = !meanwhile.deed.is_of_users() && meanwhile.moment == Moment::Planned;
        if before_all {
            meddle(self.world, meanwhile.deed, write, &path).expect("nobody holds the file");
        }
        *self.report.moved.entry(name).or_default() += 1;
        let mut changes = self.changes.iter();
        let change = changes.find(|change| change.write == *write);
        let meddling = Meddling {
            meanwhile,
            write,
            seq: change.expect("a change of the plan").seq,
            effect,
            skipped: self.skipped_with(write, effect),
            folder: &folder,
            before,
        };
        let target = Embedded::open(&path).expect("the environment file");
        let world = self.world;
        let at = match meanwhile.moment {
            Moment::Planned => self.changes[0].seq,
            Moment::Read => meddling.seq,
        };
        let meddled = Meddled::new(target, at, || {
            if !before_all {
                meddle(world, meanwhile.deed, write, &path).expect("nobody holds the file");
            }
        });
        let target: &dyn Target = &meddled;
        let applied = match apply_to(&folder, target) {
            Ok(applied) => applied,
            Err(error) => {
                self.fault(Kind::Drift, format!("{name}: {error}"));
                return;
            }
        };
        self.is_told(&meddling, &applied);
        let is_left = |one: &Write| {
            let mut skipped = meddling.skipped.iter();
            let itself = one == write && effect != Effect::Aside;
            itself || skipped.any(|other| other == one)
        };
        let writes: Vec<Write> = self.writes().filter(|one| !is_left(one)).collect();
        // What the others left there stays as it is.
        let expected = written(&meddling.before, &writes);
        self.same_rows(Kind::Drift, &rows(&path), &expected);
        self.verified_and_undone(&meddling);
    }

    /// The rows that somebody's deed leaves, tried on another copy of the file.
    fn with_the_deed(&self, deed: Deed, write: &Write, path: &Path) -> Rows {
        let aside = path.with_extension("aside");
        fs::copy(path, &aside).expect("a copy");
        meddle(self.world, deed, write, &aside).expect("nobody holds the file");
        let rows = rows(&aside);
        fs::remove_file(&aside).expect("removed");
        rows
    }

    fn skipped_with(&self, write: &Write, effect: Effect) -> Vec<Write> {
        let Write::ChangeUser(changed) = write else {
            return Vec::new();
        };
        let user = Principal::User(changed.user);
        let is_taken = |write: &Write| matches!(write, Write::RemoveRole { principal, .. } if *principal == user);
        let falls = effect == Effect::Drift && changed.roles.is_some();
        self.writes()
            .filter(|write| falls && is_taken(write))
            .collect()
    }

    /// One change alone is otherwise than planned, it is named, and no refusal is counted.
    fn is_told(&mut self, meddling: &Meddling<'_>, applied: &Applied) {
        let total = applied.total();
        let found = [total.failed, total.skipped, total.drifted, total.no_change];
        let named: Vec<Seq> = applied.failures.iter().map(|failure| failure.seq).collect();
        let (expected, to_name) = match meddling.effect {
            Effect::Drift => {
                let skipped = meddling.skipped.len() as u64;
                ([0, skipped, 1, 0], vec![meddling.seq])
            }
            Effect::Same => ([0, 0, 0, 1], Vec::new()),
            Effect::Aside => ([0, 0, 0, 0], Vec::new()),
        };
        if found != expected || named != to_name || !applied.refused.is_empty() {
            let words = format!(
                "{}: failed, skipped, drifted, no change are {found:?}, expected {expected:?}: {applied:?}",
                meddling.meanwhile.name
            );
            self.fault(Kind::Drift, words);
        }
    }

    /// Verify says that one subject is otherwise; undo takes back the rest and leaves that one.
    fn verified_and_undone(&mut self, meddling: &Meddling<'_>) {
        let (folder, name) = (meddling.folder, meddling.meanwhile.name);
        let ended = run(|console| cutover::run::verify(folder, console));
        let expected = match meddling.effect {
            Effect::Drift => Exit::Partly,
            Effect::Same | Effect::Aside => Exit::Done,
        };
        if ended.exit != expected {
            let words = format!("{name}: {:?} {}{}", ended.exit, ended.out, ended.err);
            self.fault(Kind::Verify, words);
        }
        let request = ApplyRequest {
            folder,
            consent: Consent::Yes,
            limit: None,
        };
        let ended = run(|console| cutover::run::undo(&request, console));
        // A stub user who owns a record by somebody else's hand stays.
        let kept = self
            .writes()
            .filter(|other| match (other, meddling.write.after()) {
                (Write::CreateStub(stub), Present::Owner(owner)) => {
                    meddling.effect == Effect::Same && owner == Principal::User(stub.id)
                }
                _ => false,
            });
        let kept: Vec<Write> = kept.collect();
        let exit = if kept.is_empty() {
            Exit::Done
        } else {
            Exit::Partly
        };
        if ended.exit != exit {
            let words = format!("{name}: undo: {:?} {}{}", ended.exit, ended.out, ended.err);
            self.fault(Kind::Undo, words);
        }
        let expected = written(&meddling.before, &kept);
        let found = rows(&folder.join("environment.sqlite"));
        self.same_rows(Kind::Undo, &found, &expected);
    }
}

fn is_stub(write: &Write) -> bool {
    matches!(write, Write::CreateStub(_))
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
        now: &jiff::Timestamp::now,
        current: "",
    };
    apply(&approved, target, &options)
}
