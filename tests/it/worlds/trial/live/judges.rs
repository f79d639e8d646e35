//! Recall and precision before a second judge: whatever the service was asked in this process, the server is asked in
//! the same state, through the connector, and must say the same.
//!
//! What is refused leaves nothing, so that all that is asked of one kind at one moment goes out together, in several
//! batches. Only what was foretold of a state that is taken back afterwards is asked of a server of its own, on a copy
//! of the file: a service takes nothing back.

use std::fs;
use std::path::Path;

use cutover::model::{Outcome, Present, ServiceCode, StubWay, Write};
use cutover::rehearse::RehearseError;
use cutover::service::{Performed, Reason};
use cutover::target::Live;

use crate::worlds::chance::Chance;
use crate::worlds::tally::Kind;
use crate::worlds::trial::Trial;
use crate::worlds::trial::frame::written;
use crate::worlds::trial::live::LiveReport;
use crate::worlds::trial::live::names::Names;
use crate::worlds::trial::live::served::{Served, present, write};
use crate::worlds::trial::reason::{known_reason_of, reason_of};
use crate::worlds::trial::script::{Asking, Step};
use crate::worlds::world::World;

/// Changes in a batch, at least and at most.
const BATCHES: (usize, usize) = (2, 7);

/// No such table, or no such path.
const NO_RESOURCE: ServiceCode = ServiceCode(0x8006_088a);

/// There is no such row.
const MISSING: ServiceCode = ServiceCode(0x8004_0217);

/// Somebody has the UPN or the mail.
const USER_TAKEN: ServiceCode = ServiceCode(0x8004_1d2c);

impl Trial<'_> {
    /// Asks the server for everything that the service was asked for.
    pub(super) fn second_judge(&mut self, report: &mut LiveReport) {
        let path = self.folder.join("served.sqlite");
        fs::copy(self.folder.join("environment.sqlite"), &path).expect("a copy");
        let served = match Served::start(&path) {
            Ok(served) => served,
            Err(RehearseError::Nobody { .. }) => {
                report.skip("worlds in which nobody can ask");
                return;
            }
            Err(error) => panic!("{error}"),
        };
        let before = served.rows();
        let mut chance = Chance::of(self.world.moves);
        let mut asking = Asker {
            live: served.live(),
            served,
            names: Names::default(),
            report,
            world: self.world,
            folder: self.folder,
            batch: chance.between(BATCHES.0, BATCHES.1),
        };
        for group in self
            .script
            .chunk_by(|one, next| one.group() == next.group())
        {
            asking.group(group);
        }
        let Asker {
            served,
            names,
            report,
            ..
        } = asking;
        let writes: Vec<Write> = self.writes().map(|write| names.of(&write)).collect();
        report.frames += 1;
        self.same_rows(Kind::Frame, &served.rows(), &written(&before, &writes));
    }
}

/// Who asks the server, and what came of it.
struct Asker<'a> {
    live: Live,
    served: Served,
    names: Names,
    report: &'a mut LiveReport,
    world: &'a World,
    folder: &'a Path,
    batch: usize,
}

impl Asker<'_> {
    /// Asks what is asked of one kind at one moment.
    fn group(&mut self, group: &[Step]) {
        let (group, left): (Vec<&Step>, Vec<&Step>) = group
            .iter()
            .partition(|step| self.not_asked(step).is_none());
        for step in left {
            let why = self.not_asked(step);
            self.report.skip(why.unwrap_or_default());
        }
        let (alone, together): (Vec<&Step>, Vec<&Step>) =
            group.into_iter().partition(|one| one.beside.is_empty());
        let writes: Vec<Write> = alone.iter().map(|one| self.names.of(&one.write)).collect();
        let outcomes = write(&self.live, &writes, self.batch);
        for ((step, write), outcome) in alone.iter().zip(&writes).zip(outcomes) {
            if let (Write::CreateStub(stub), Some(Outcome::Done { actual })) = (write, &outcome) {
                self.names.learn(stub.id, *actual);
            }
            self.compare(step, outcome.as_ref());
        }
        if alone.iter().all(|step| step.asking == Asking::Planned) {
            self.is_so(&alone);
        }
        for step in together {
            self.aside(step);
        }
    }

    /// Why the server cannot be asked, where it would rightly do what the service refuses.
    fn not_asked(&self, step: &Step) -> Option<&'static str> {
        let (Performed::Refused(refusal), Write::CreateStub(stub)) = (&step.answer, &step.write)
        else {
            return None;
        };
        match (stub.way, reason_of(refusal)) {
            // The import gives ids of its own. On the way of apply the one who has the planned id is found first, and
            // told as drift.
            (StubWay::Import, Reason::DuplicateKey) => {
                Some("planned ids taken, where the import gives its own")
            }
            // It takes a default role of its own choice; which of two, or whether it goes by another mark than the
            // name, no source says.
            (StubWay::Import, Reason::DefaultRoleMissing) => {
                let mut roles = self.world.roles.iter();
                let may_choose = roles.any(|role| role.unit == 0 && is_default(&role.name));
                may_choose.then_some("default roles that the import may choose")
            }
            _ => None,
        }
    }

    /// Holds what the two judges say against each other.
    fn compare(&mut self, step: &Step, outcome: Option<&Outcome>) {
        match step.asking {
            Asking::Planned => self.report.planned += 1,
            Asking::Forced => {}
            Asking::Blocked | Asking::Probed => self.report.others += 1,
        }
        if let Performed::Refused(refusal) = &step.answer {
            *self.report.refused.entry(reason_of(refusal)).or_default() += 1;
        }
        let is_same = outcome.is_some_and(|outcome| is_same(step, outcome));
        let why = outcome
            .filter(|_| !is_same)
            .and_then(|outcome| explained(step, outcome));
        if let Some(why) = why {
            *self.report.explained.entry(why).or_default() += 1;
        } else if !is_same {
            let Step {
                asking,
                write,
                answer,
                ..
            } = step;
            let words =
                format!("{asking:?} {write:?}: the service: {answer:?}, the server: {outcome:?}");
            self.report.fault(Kind::Judges, words);
        }
    }

    /// What was written is there as planned.
    fn is_so(&mut self, steps: &[&Step]) {
        let writes: Vec<Write> = steps.iter().map(|one| self.names.of(&one.write)).collect();
        let found = present(&self.live, &writes);
        for (write, found) in writes.iter().zip(found) {
            if found != write.after() {
                let words = format!("{write:?}: done, and the server holds {found:?}");
                self.report.fault(Kind::Judges, words);
            }
        }
    }

    /// Asks a server of its own for what is foretold only together with others.
    fn aside(&mut self, step: &Step) {
        let path = self
            .folder
            .join(format!("aside-{}.sqlite", self.report.aside));
        self.served.copy_to(&path);
        let aside = Served::start(&path).expect("a server");
        let live = aside.live();
        let beside: Vec<Write> = step.beside.iter().map(|one| self.names.of(one)).collect();
        write(&live, &beside, 1);
        let outcomes = write(&live, &[self.names.of(&step.write)], 1);
        self.report.aside += 1;
        self.compare(step, outcomes.first().and_then(Option::as_ref));
    }
}

fn is_default(name: &str) -> bool {
    ["Salesperson", "Basic User", "Common Data Service User"].contains(&name)
}

/// Whether both judges say the same of a write.
fn is_same(step: &Step, found: &Outcome) -> bool {
    match (&step.answer, found) {
        (Performed::Done { .. }, Outcome::Done { .. })
        | (Performed::NoChangeNeeded, Outcome::NoChangeNeeded) => true,
        (Performed::Refused(one), Outcome::Failed(other)) => {
            // The connector may have words of its own.
            let reason = known_reason_of(other);
            one.code == other.code && reason.is_none_or(|reason| reason == reason_of(one))
        }
        _ => false,
    }
}

/// Why the connector may say otherwise, though the server was asked the same.
fn explained(step: &Step, found: &Outcome) -> Option<&'static str> {
    let Performed::Refused(refusal) = &step.answer else {
        return None;
    };
    match (reason_of(refusal), &step.write, found) {
        // It looks who has the id, and says so: apply stops there before it asks.
        (
            Reason::DuplicateKey,
            Write::CreateStub(stub),
            Outcome::Drifted(Present::User { id, upn, .. }),
        ) => (*id == stub.id && *upn != stub.upn).then_some("another has the id: told as drift"),
        // A row of an import is not sent where its user is there, whatever else speaks against it.
        (_, Write::CreateStub(stub), Outcome::Failed(told)) if stub.way == StubWay::Import => {
            (told.code == USER_TAKEN).then_some("an import of who is there: not sent")
        }
        // A row that is not there is no row to change, whoever could own it.
        (Reason::TableNotOwned, Write::AssignRecord { .. }, Outcome::Failed(told)) => {
            (told.code == MISSING).then_some("a record that is gone: told before its table")
        }
        // There is no set of that name to send anything to.
        (Reason::RecordMissing, Write::AssignRecord { .. }, Outcome::Failed(refusal)) => {
            (refusal.code == NO_RESOURCE).then_some("no such table: told of the table")
        }
        // What leads to nothing is not sent.
        (_, write, Outcome::NoChangeNeeded) if write.before() == write.after() => {
            Some("a change of nothing: not sent")
        }
        // Who is not there has no role, which is what was asked for.
        (Reason::PrincipalMissing, Write::RemoveRole { .. }, Outcome::NoChangeNeeded) => {
            Some("a role taken from nobody: no change needed")
        }
        // A plain create may make users in any unit (platform facts 1.6); planned are only those in the root.
        (Reason::StubOutsideRoot, ..) => Some("a unit that is not there: told of the unit"),
        _ => None,
    }
}
