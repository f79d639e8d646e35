//! Recall and precision: the service is asked for everything that is planned, and for everything that
//! is foretold to be refused, each in the state that the stages before lead to.
//!
//! Only this harness writes past a finding: it calls the service itself, on a copy of the environment
//! file that is thrown away.

use std::collections::BTreeSet;
use std::fs;

use cutover::environment::EnvironmentFile;
use cutover::model::{AccessMode, ChangeKind, Code, Present, Principal, Write};
use cutover::service::{self, Performed, Reason};
use rusqlite::Connection;

use crate::foretell::FORETOLD_BY;
use crate::worlds::files::Asked;
use crate::worlds::tally::Kind;
use crate::worlds::trial::administer::who_can;
use crate::worlds::trial::frame::user_rows;
use crate::worlds::trial::reason::reason_of;
use crate::worlds::trial::script::{Asking, Step};
use crate::worlds::trial::{Trial, is_about_nothing};
use crate::worlds::wish::UserWant;
use crate::worlds::wishes::NON_INTERACTIVE_MAX;
use crate::worlds::world::{ADMINISTRATOR, Leads, NON_INTERACTIVE, Who, planned_id};

/// A write that the plan left out for a refusal it foretells.
struct Forced {
    write: Write,
    codes: BTreeSet<Code>,
    /// The findings about it, by their number.
    findings: BTreeSet<usize>,
}

impl Trial<'_> {
    /// What is planned is done, and what is foretold is refused.
    pub(super) fn recall_and_precision(&mut self) {
        let mut accounts = self.account();
        let forced = self.forced();
        let path = self.folder.join("copy.sqlite");
        fs::copy(self.folder.join("environment.sqlite"), &path).expect("a copy");
        let file = EnvironmentFile::open_for_writing(&path).expect("an environment file");
        let connection = file.connection();
        let transaction = connection.unchecked_transaction().expect("a transaction");
        let administrators = who_can(connection);
        for stage in [
            ChangeKind::CreateStubUser,
            ChangeKind::ChangeUser,
            ChangeKind::GiveRole,
            ChangeKind::AssignRecord,
            ChangeKind::RemoveRole,
        ] {
            let of_stage = forced.iter().filter(|one| one.write.kind() == stage);
            let (late, early): (Vec<&Forced>, Vec<&Forced>) =
                of_stage.partition(|one| is_late(one));
            for one in early {
                self.force(connection, one, &forced);
            }
            for write in self.writes_of(stage) {
                self.perform_planned(connection, &write);
            }
            for one in late {
                self.force(connection, one, &forced);
            }
            self.somebody_is_left(connection, administrators, stage.words());
            self.ask_blocked(connection, stage, &mut accounts);
        }
        self.compare_ledgers(&accounts);
        self.probe(connection);
        transaction.rollback().expect("rolled back");
        drop(file);
        fs::remove_file(&path).expect("removed");
    }

    fn perform_planned(&mut self, connection: &Connection, write: &Write) {
        self.report.asked += 1;
        match service::perform(connection, write) {
            Ok(Performed::Done { actual: None }) => {
                let done = Performed::Done { actual: None };
                self.script.push(Step::new(Asking::Planned, write, done));
            }
            answer => {
                self.report.missed += 1;
                self.fault(Kind::Recall, format!("planned: {write:?}: {answer:?}"));
            }
        }
    }

    fn writes_of(&self, kind: ChangeKind) -> Vec<Write> {
        let writes = self.changes.iter().map(|change| &change.write);
        writes
            .filter(|write| write.kind() == kind)
            .cloned()
            .collect()
    }

    /// What the plan says would be refused, each write once, with all rules that say so.
    fn forced(&mut self) -> Vec<Forced> {
        let mut forced: Vec<Forced> = Vec::new();
        for (number, finding) in self.document.findings.iter().enumerate() {
            let code: Code = finding.code.parse().expect("a rule");
            if finding.severity != "error" {
                continue;
            }
            self.report.rules.insert(code);
            for place in &finding.places {
                // Who is meant by a ruling's fault stands in the sheet of rulings, or nowhere.
                if code == Code::Own006 {
                    continue;
                }
                let asked = self.numbered[&(place.file, place.row)];
                let Some(write) = self.forced_write(code, &finding.subject, asked) else {
                    continue;
                };
                match forced.iter_mut().find(|forced| forced.write == write) {
                    Some(known) => {
                        known.codes.insert(code);
                        known.findings.insert(number);
                    }
                    None => forced.push(Forced {
                        write,
                        codes: [code].into(),
                        findings: [number].into(),
                    }),
                }
            }
        }
        forced
    }

    /// The write behind a finding at a row, where the rule says that the service would refuse it.
    fn forced_write(&self, code: Code, subject: &str, asked: Asked<'_>) -> Option<Write> {
        let of_a_stub = match code {
            // ROL013 of a role that comes with a stub user; rows that ask for a role have their own arm.
            Code::Stb003 | Code::Stb004 | Code::Stb005 | Code::Prf004 | Code::Rol013 => true,
            Code::Env002 => subject == "prvCreateUser",
            _ => false,
        };
        let foretells = match (code, asked) {
            (_, Asked::Record(want)) if of_a_stub => {
                return Some(Write::CreateStub(Box::new(self.stub_of(want.meant))));
            }
            // The service itself would let the caller's roles be taken.
            (Code::Acc009, Asked::Role(want)) => !self.world.is_protected(want.who),
            // Of the rules about who is meant, only where the row means nothing that is there.
            (Code::Own005, Asked::Record(want)) => matches!(want.meant, Who::Ghost(_)),
            (Code::Rol001 | Code::Rol005, Asked::Role(want)) => is_about_nothing(want),
            (code, Asked::User(want)) => self.is_refused_wish(code, want),
            (code, _) => code.rule().guards,
        };
        foretells.then(|| self.write_of(asked))
    }

    fn force(&mut self, connection: &Connection, one: &Forced, all: &[Forced]) {
        if self.cannot_be_asked(&one.write) {
            return;
        }
        connection
            .execute_batch("SAVEPOINT forced")
            .expect("a savepoint");
        let mut lost = false;
        let mut beside = Vec::new();
        let others = all.iter().filter(|other| other.write != one.write);
        let others = others.filter(|other| are_together(one, other));
        let others = others.map(|other| other.write.clone());
        for other in others.chain(self.lost_by_planned(one)) {
            let answer = service::perform(connection, &other);
            lost |= matches!(answer, Ok(Performed::Refused(refusal))
                if [Reason::DuplicateKey, Reason::TextTooLong].contains(&reason_of(&refusal)));
            beside.push(other);
        }
        let before = user_rows(connection);
        let answer = service::perform(connection, &one.write);
        // A refusal may come when half of a change is written.
        let is_half_done =
            matches!(answer, Ok(Performed::Refused(_))) && user_rows(connection) != before;
        connection
            .execute_batch("ROLLBACK TO forced; RELEASE forced")
            .expect("rolled back");
        if is_half_done {
            let words = format!("refused, and written in part: {:?}", one.write);
            self.fault(Kind::Frame, words);
        }
        self.report.forced += 1;
        match answer {
            Ok(Performed::Refused(refusal)) => {
                let reason = reason_of(&refusal);
                self.report.reasons.insert(reason);
                self.script.push(Step {
                    beside,
                    ..Step::new(
                        Asking::Forced,
                        &one.write,
                        Performed::Refused(refusal.clone()),
                    )
                });
                let rules = foretellers(refusal.code.0);
                let confirmed = one.codes.iter().filter(|code| rules.contains(code));
                self.report.confirmed.extend(confirmed);
                let lost_rights = reason == Reason::CallerLacksPrivilege && is_stopped_early(one);
                let otherwise = self.loses_own_rights(one, reason)
                    || self.misses_another_administrator(one, reason)
                    || self.misses_a_place(one, reason);
                if !lost_rights && !otherwise && !is_explained(rules, one, all) {
                    self.report.wrongly_foretold += 1;
                    let words = format!("foretold by {:?}, refused as {refusal:?}", one.codes);
                    self.fault(Kind::Precision, words);
                }
            }
            // What it shares is with one who cannot be made either, for a reason of its own.
            Ok(Performed::Done { .. }) if lost => self.report.forced -= 1,
            other => {
                self.report.wrongly_foretold += 1;
                let words = format!("foretold by {:?}: {:?}: {other:?}", one.codes, one.write);
                self.fault(Kind::Precision, words);
            }
        }
    }

    /// The planned changes that keep somebody from administering, where one is foretold to be too much beside
    /// them: in which order they are written is not what the finding speaks of.
    fn lost_by_planned(&self, one: &Forced) -> Vec<Write> {
        let is_last =
            one.codes.contains(&Code::Acc009) && one.write.kind() == ChangeKind::ChangeUser;
        let writes = self.changes.iter().map(|change| &change.write);
        let lost = writes.filter(|write| match write {
            Write::ChangeUser(change) => {
                let mode = change.access_mode.as_ref().map(|mode| mode.after);
                mode.is_some_and(|mode| {
                    [AccessMode::Read, AccessMode::NonInteractive].contains(&mode)
                })
            }
            _ => false,
        });
        lost.filter(|_| is_last).cloned().collect()
    }

    /// Whether the service meets, first of all, what a protected user would lose: ACC009 stops what takes
    /// his roles whatever else is wrong with it, and where they are gone he may do no more.
    fn loses_own_rights(&self, one: &Forced, reason: Reason) -> bool {
        let user = match &one.write {
            Write::ChangeUser(change) if change.business_unit.is_some() => change.user,
            Write::RemoveRole {
                principal: Principal::User(user),
                ..
            } => *user,
            _ => return false,
        };
        let mut people = self.world.people.iter();
        let place = people.position(|person| person.id == user.0);
        match reason {
            Reason::CallerLacksPrivilege => place.is_some() && place == self.world.caller(),
            Reason::LastSystemAdministrator => {
                place.is_some_and(|place| self.world.is_protected(Who::Person(place)))
            }
            _ => false,
        }
    }

    /// Whether no place is left for another non-interactive user, only because some who would leave have not left:
    /// the finding speaks of a state in which they went through.
    fn misses_a_place(&self, one: &Forced, reason: Reason) -> bool {
        let Write::ChangeUser(change) = &one.write else {
            return false;
        };
        let comes = change.access_mode.as_ref().map(|mode| mode.after);
        if reason != Reason::NonInteractiveLimit || comes != Some(AccessMode::NonInteractive) {
            return false;
        }
        let people = (0..self.world.people.len()).filter(|person| {
            let is_there = self.world.people[*person].is_there;
            let is_program = self.world.people[*person].application.is_some();
            is_there && !is_program && self.world.mode_of(*person) == AccessMode::NonInteractive
        });
        let stays = |person: &usize| {
            let mut asked = self.numbered.values();
            !asked.any(|asked| {
                matches!(asked, Asked::User(want)
                    if want.person == *person && self.change_of(want).access_mode.is_some())
            })
        };
        let max = self.world.settings.get(NON_INTERACTIVE);
        let max = max.and_then(|max| max.parse().ok());
        people.filter(stays).count() < max.unwrap_or(NON_INTERACTIVE_MAX)
    }

    /// Whether System Administrator is taken from the last who has it, only because a row that gives it to
    /// somebody else was stopped: the finding speaks of a state in which that one went through.
    fn misses_another_administrator(&self, one: &Forced, reason: Reason) -> bool {
        let takes = matches!(&one.write, Write::RemoveRole { .. });
        let mut gifts = self.world.role_wants.iter();
        takes
            && reason == Reason::LastSystemAdministrator
            && (self.misses_a_mode()
                || gifts.any(|want| {
                    want.give && want.role == ADMINISTRATOR && want.leads != Leads::ToChange
                }))
    }

    /// Whether a row fell that would have let a System Administrator administer who cannot by the access mode of today.
    fn misses_a_mode(&self) -> bool {
        let able = [AccessMode::ReadWrite, AccessMode::Administrative];
        let lets = |want: &UserWant| {
            let mode = self.change_of(want).access_mode;
            let mut roles = self.world.roles_of(Who::Person(want.person)).iter();
            roles.any(|(role, _)| *role == ADMINISTRATOR)
                && mode
                    .is_some_and(|mode| !able.contains(&mode.before) && able.contains(&mode.after))
        };
        let mut asked = self.numbered.iter();
        asked.any(|(at, asked)| matches!(asked, Asked::User(want) if self.errors.contains_key(at) && lets(want)))
    }

    /// Whether the write is about a stub user whom the plan does not make, and whose id another may
    /// have, or about a role in the unit to which somebody is not moved.
    pub(super) fn cannot_be_asked(&self, write: &Write) -> bool {
        let of_a_role = match write {
            Write::GiveRole { principal, .. } | Write::RemoveRole { principal, .. } => {
                Some(*principal)
            }
            _ => None,
        };
        self.is_lost_stub(write)
            || of_a_role.is_some_and(|principal| self.is_left_behind(principal))
    }

    fn is_lost_stub(&self, write: &Write) -> bool {
        let (Write::GiveRole { principal, .. }
        | Write::RemoveRole { principal, .. }
        | Write::AssignRecord {
            after: principal, ..
        }) = write
        else {
            return false;
        };
        let people = self.world.people.iter();
        let mut lost = people.map(|person| planned_id(&person.upn()));
        let made = |write: &Write| matches!(write, Write::CreateStub(stub) if stub.id.0 == principal.uuid());
        lost.any(|id| id == principal.uuid())
            && !self.changes.iter().any(|change| made(&change.write))
    }
}

/// Whether a refusal is foretold for two writes only together, so that the other is made first: stub
/// users who share a mail or UPN, and those from whom one finding sees the last role taken.
fn are_together(one: &Forced, other: &Forced) -> bool {
    if let (Write::CreateStub(one), Write::CreateStub(other)) = (&one.write, &other.write) {
        return one.mail == other.mail || one.upn == other.upn;
    }
    let last = |forced: &Forced| forced.codes.contains(&Code::Acc009);
    let mut same = one.findings.intersection(&other.findings);
    last(one) && last(other) && same.next().is_some()
}

/// Whether what others of the stage do is what stands in the way.
fn is_late(one: &Forced) -> bool {
    one.codes.contains(&Code::Acc004)
}

/// Whether a row stopped before anybody could ask what the caller may do, which the service asks before
/// it looks at who or what is meant.
fn is_stopped_early(one: &Forced) -> bool {
    let early = [
        Code::Acc014,
        Code::Acc015,
        Code::Own005,
        Code::Rol001,
        Code::Rol005,
    ];
    one.codes.iter().all(|code| early.contains(code))
}

/// The rules that foretell a refusal.
fn foretellers(refused: u32) -> &'static [Code] {
    let rules = FORETOLD_BY.iter().find(|(code, _)| *code == refused);
    rules.map_or(&[], |(_, rules)| rules)
}

/// Whether a refusal is what the findings about the write say; they speak of a state in which
/// everything else went through, which is not always to be had.
fn is_explained(rules: &[Code], one: &Forced, all: &[Forced]) -> bool {
    if one.codes.iter().any(|code| rules.contains(code)) {
        return true;
    }
    if rules == [Code::Own010] && one.codes.contains(&Code::Own009) {
        // Of the roles that the finding names those that fell are not there.
        let after = one.write.after();
        return all.iter().any(|other| match &other.write {
            Write::GiveRole { principal, .. } => {
                matches!(principal, Principal::Team(_)) || after == Present::Owner(*principal)
            }
            _ => false,
        });
    }
    // Where a record that is named by a key, or its owner, is nothing that is there, the row stopped
    // before its table could be asked.
    let before = [Code::Rec002, Code::Own005];
    rules == [Code::Rec005] && before.iter().any(|code| one.codes.contains(code))
}
