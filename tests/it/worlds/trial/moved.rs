//! Others write to the environment file: between plan and apply, which makes the plan stale, and during
//! apply, which concerns one change and is not counted against the forecast.
//!
//! Each on a copy of the project, by raw SQL over a connection of its own.

use std::fs;
use std::path::{Path, PathBuf};

use cutover::apply::{Applied, ApplyError, JOURNAL, Options, apply};
use cutover::check::approve;
use cutover::model::{Present, Principal, RecordId, Seq, Silent, StopSignal, UserId, Write};
use cutover::plan::SealedPlan;
use cutover::run::{ApplyRequest, Exit};
use cutover::target::{Embedded, Target};
use rusqlite::{Connection, params};

use crate::meddled::Meddled;
use crate::support::{copy, run};
use crate::worlds::chance::Chance;
use crate::worlds::tally::Kind;
use crate::worlds::trial::Trial;
use crate::worlds::trial::frame::{Rows, disown, own, rows, written};
use crate::worlds::world::World;

/// Small, so that a world has several batches.
const BATCH: usize = 3;

/// What somebody does between plan and apply to what planning looked at.
struct Move {
    name: &'static str,
    /// `?1` is a user whom the plan is about, `?2` the root unit; one that changes nothing does not
    /// count.
    sql: &'static str,
    /// What the refusal must name.
    names: &'static str,
}

const fn by(name: &'static str, names: &'static str, sql: &'static str) -> Move {
    Move { name, sql, names }
}

#[rustfmt::skip] // keeps the columns of the table
const BEFORE: &[Move] = &[
    by("before: user disabled or enabled", "disabled",
       "UPDATE user SET disabled = 1 - disabled WHERE id = ?1 AND ?2 IS NOT NULL"),
    by("before: UPN changed", "UPN",
       "UPDATE user SET upn = 'x' || upn WHERE id = ?1 AND ?2 IS NOT NULL"),
    by("before: mail changed", "mail",
       "UPDATE user SET mail = 'x' || mail WHERE id = ?1 AND ?2 IS NOT NULL"),
    by("before: name changed", "full name",
       "UPDATE user SET full_name = 'x' || full_name WHERE id = ?1 AND ?2 IS NOT NULL"),
    by("before: employee id changed", "employee id",
       "UPDATE user SET employee_id = 'x' || employee_id WHERE id = ?1 AND ?2 IS NOT NULL"),
    by("before: access mode changed", "access mode",
       "UPDATE user SET access_mode = 2 - access_mode WHERE id = ?1 AND access_mode IN (0, 2) AND ?2 IS NOT NULL"),
    by("before: user moved to the root unit", "business unit",
       "UPDATE user SET business_unit = ?2 WHERE id = ?1 AND business_unit <> ?2"),
    by("before: user deleted", "exists",
       "DELETE FROM user WHERE id = ?1 AND ?2 IS NOT NULL"),
    by("before: somebody new", "exists",
       "INSERT INTO user (id, upn, business_unit, access_mode, disabled, stub)
        SELECT randomblob(16), 'new@contoso.com', ?2, 0, 0, 0 WHERE ?1 IS NOT NULL"),
    by("before: role taken", "role ",
       "DELETE FROM user_role WHERE user = ?1 AND ?2 IS NOT NULL
        AND role = (SELECT min(role) FROM user_role WHERE user = ?1)"),
    by("before: role given", "role ",
       "INSERT OR IGNORE INTO user_role (user, role)
        SELECT ?1, max(id) FROM role WHERE ?2 IS NOT NULL"),
    by("before: role renamed", "name",
       "UPDATE role SET name = 'x' || name WHERE ?1 IS NOT NULL AND ?2 IS NOT NULL"),
    by("before: privilege taken from every role", "privilege prvReadAccount",
       "DELETE FROM role_privilege WHERE privilege = 'prvReadAccount' AND ?1 IS NOT NULL AND ?2 IS NOT NULL"),
    by("before: privilege less deep", "privilege prvReadAccount",
       "UPDATE role_privilege SET depth = 1 WHERE privilege = 'prvReadAccount' AND depth <> 1
        AND ?1 IS NOT NULL AND ?2 IS NOT NULL"),
    by("before: role reaches members otherwise", "inheritance",
       "UPDATE role SET inheritance = 1 - inheritance WHERE ?1 IS NOT NULL AND ?2 IS NOT NULL"),
    by("before: member taken out of a team", "member ",
       "DELETE FROM team_member WHERE user = ?1 AND ?2 IS NOT NULL"),
    by("before: team made an access team", "type",
       "UPDATE team SET kind = 1 WHERE kind <> 1 AND ?1 IS NOT NULL AND ?2 IS NOT NULL"),
    by("before: role taken from every team", "role ",
       "DELETE FROM team_role WHERE ?1 IS NOT NULL AND ?2 IS NOT NULL"),
    by("before: unit renamed", "name",
       "UPDATE business_unit SET name = 'x' || name WHERE id = ?2 AND ?1 IS NOT NULL"),
    by("before: cascade gone", "cascade ",
       "DELETE FROM cascade WHERE ?1 IS NOT NULL AND ?2 IS NOT NULL"),
    by("before: setting switched", "EnableOwnershipAcrossBusinessUnits",
       "INSERT INTO setting (name, value) VALUES ('EnableOwnershipAcrossBusinessUnits',
        iif(?1 IS NOT NULL AND ?2 IS NOT NULL, 'switched', ''))
        ON CONFLICT DO UPDATE SET value = 'switched'"),
];

/// Files of a project that somebody edits between plan and apply, what is written at their end, and
/// what the refusal must name.
const EDITED: &[(&str, &str, &str, &str)] = &[
    (
        "before: export edited",
        "exports/roles.csv",
        "user0@contoso.com,Visitor,,give\n",
        "exports/roles.csv",
    ),
    (
        "before: policy edited",
        "cutover.toml",
        "[[roles]]\nfile = \"exports/roles.csv\"\n",
        "of the manifest",
    ),
];

/// What somebody does to the record of one change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
            self.before_apply(&BEFORE[chance.below(BEFORE.len())], user);
        }
        self.edited(EDITED[chance.below(EDITED.len())]);
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
            let _ = fs::copy(self.folder.join(file), to.join(file));
        }
        to
    }

    /// Whoever the plan is about has moved: nothing is written, and what moved is named.
    fn before_apply(&mut self, by: &Move, user: UserId) {
        let folder = self.copy("stale");
        let environment = folder.join("environment.sqlite");
        let file = Connection::open(&environment).expect("an environment file");
        file.pragma_update(None, "foreign_keys", false)
            .expect("a switch");
        let root = self.world.units[0].id;
        let values = params![user.0.as_bytes(), root.as_bytes()];
        let moved = file.execute(by.sql, values).expect("a statement");
        drop(file);
        if moved > 0 {
            self.is_refused(&folder, by.name, by.names);
        }
    }

    /// An export or the manifest is another.
    fn edited(&mut self, (name, file, more, names): (&'static str, &str, &str, &str)) {
        let folder = self.copy("edited");
        let path = folder.join(file);
        let text = fs::read_to_string(&path).expect("a file of text") + more;
        fs::write(&path, text).expect("written");
        self.is_refused(&folder, name, names);
    }

    fn is_refused(&mut self, folder: &Path, name: &'static str, names: &str) {
        *self.report.moved.entry(name).or_default() += 1;
        let environment = folder.join("environment.sqlite");
        let before = rows(&environment);
        let request = ApplyRequest {
            folder,
            yes: true,
            limit: None,
        };
        let ended = run(|console| cutover::run::apply(&request, console));
        let is_said = ended.err.contains("stale") && ended.err.contains(names);
        if ended.exit != Exit::Refused || !is_said {
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
        let target = Embedded::open(&path).expect("the environment file");
        let mut changes = self.changes.iter();
        let change = changes.find(|change| change.write == *write);
        let seq = change.expect("a change of the plan").seq;
        let world = self.world;
        let meddled = Meddled::new(target, seq, || {
            if meanwhile.moment == Moment::Read {
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
        self.is_told(meanwhile, write, &applied);
        let writes: Vec<Write> = self
            .writes()
            .filter(|one| one.subject() != write.subject())
            .collect();
        // What the others left there stays as it is.
        let mut expected = written(&before, &writes);
        self.leave(&mut expected, meanwhile.deed, write);
        self.same_rows(Kind::Drift, &rows(&path), &expected);
        self.verified_and_undone(&folder, meanwhile, write, &before);
    }

    /// One change alone is otherwise than planned, it is named, and no refusal is counted.
    fn is_told(&mut self, meanwhile: Meanwhile, write: &Write, applied: &Applied) {
        let total = applied.total();
        let found = [total.failed, total.skipped, total.drifted, total.no_change];
        let subjects = applied.failures.iter().map(|failure| failure.seq);
        let subjects: Vec<Seq> = subjects.collect();
        let mut changes = self.changes.iter();
        let seq = changes
            .find(|change| change.write == *write)
            .map(|change| change.seq);
        let (expected, named) = match meanwhile.deed {
            Deed::ChangeOwner | Deed::DeleteRecord => ([0, 0, 1, 0], seq.into_iter().collect()),
            Deed::DoTheSame => ([0, 0, 0, 1], Vec::new()),
        };
        if found != expected || subjects != named || !applied.refused.is_empty() {
            let words = format!(
                "{}: failed, skipped, drifted, no change are {found:?}, expected {expected:?}: {applied:?}",
                meanwhile.name
            );
            self.fault(Kind::Drift, words);
        }
    }

    /// Verify says that one record is otherwise; undo takes back the rest and leaves that one.
    fn verified_and_undone(
        &mut self,
        folder: &Path,
        meanwhile: Meanwhile,
        write: &Write,
        before: &Rows,
    ) {
        let ended = run(|console| cutover::run::verify(folder, console));
        let expected = match meanwhile.deed {
            Deed::ChangeOwner | Deed::DeleteRecord => Exit::Partly,
            Deed::DoTheSame => Exit::Done,
        };
        if ended.exit != expected {
            let words = format!(
                "{}: {:?} {}{}",
                meanwhile.name, ended.exit, ended.out, ended.err
            );
            self.fault(Kind::Verify, words);
        }
        let request = ApplyRequest {
            folder,
            yes: true,
            limit: None,
        };
        let ended = run(|console| cutover::run::undo(&request, console));
        // A stub user who owns a record by somebody else's hand stays.
        let kept = self.writes().filter(|other| match (other, write.after()) {
            (Write::CreateStub(stub), Present::Owner(owner)) => {
                meanwhile.deed == Deed::DoTheSame && owner == Principal::User(stub.id)
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
            let words = format!(
                "{}: undo: {:?} {}{}",
                meanwhile.name, ended.exit, ended.out, ended.err
            );
            self.fault(Kind::Undo, words);
        }
        let mut expected = written(before, &kept);
        self.leave(&mut expected, meanwhile.deed, write);
        let found = rows(&folder.join("environment.sqlite"));
        self.same_rows(Kind::Undo, &found, &expected);
    }

    /// What somebody's deed leaves of a record.
    fn leave(&self, rows: &mut Rows, deed: Deed, write: &Write) {
        match left_by(self.world, deed, write) {
            Some(owner) => own(rows, record_of(write).0, owner),
            None => {
                disown(rows, record_of(write).0);
            }
        }
    }
}

/// Everything that others do, by name.
pub(in crate::worlds) fn names_of_moves() -> impl Iterator<Item = &'static str> {
    let before = BEFORE.iter().map(|by| by.name);
    let edited = EDITED.iter().map(|(name, ..)| *name);
    let meanwhile = MEANWHILE.iter().map(|meanwhile| meanwhile.name);
    before.chain(edited).chain(meanwhile)
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
