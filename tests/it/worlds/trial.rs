//! One world on trial: the plan says what the service will do, and the service does it.
//!
//! In: a world. Out: every fault of the plan (a refusal that was not foretold, a foretold one that
//! does not come, a wrong person), and what the world reached.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use cutover::environment::EnvironmentFile;
use cutover::model::{
    Change, ChangeKind, Code, Principal, RecordId, RoleAction, RoleId, ServiceCode, StubUser,
    StubWay, TeamId, UnitId, UserId, Write, comparison_key,
};
use cutover::plan::Document;
use cutover::run::{ApplyRequest, Exit};
use cutover::service::{self, Performed};
use rusqlite::Connection;
use uuid::Uuid;

use crate::foretell::{FORETOLD_BY, changes};
use crate::support::{Ended, document, run};
use crate::worlds::files::{self, Asked};
use crate::worlds::world::{DEFAULT_ROLE, RecordWant, RoleWant, Who, World, planned_id};

/// Rules that foretell a refusal for some changes only together: of each the others are made first.
const TOGETHER: &[Code] = &[Code::Stb005, Code::Acc009];

/// The planned id of a stub user is another user's.
const DUPLICATE_KEY: ServiceCode = ServiceCode(0x8004_0237);

/// What came of one world.
#[derive(Debug, Default)]
pub(super) struct Report {
    pub(super) faults: Vec<String>,
    pub(super) approved: bool,
    pub(super) kinds: BTreeMap<ChangeKind, u64>,
    /// Codes of errors.
    pub(super) rules: BTreeSet<Code>,
    /// Refusals that came when forced.
    pub(super) refusals: BTreeSet<u32>,
    pub(super) forced: u64,
}

/// Plans a world in `folder` and holds the plan against the service.
pub(super) fn run_world(world: &World, folder: &Path) -> Report {
    files::write(world, folder);
    let mut report = Report::default();
    let ended = run(|console| cutover::run::plan(folder, false, console));
    if !matches!(ended.exit, Exit::Done | Exit::NotApproved) {
        report
            .faults
            .push(format!("not planned: {}{}", ended.out, ended.err));
        return report;
    }
    let mut trial = Trial {
        world,
        document: document(folder),
        changes: changes(folder),
        rows: files::asked(world),
        report,
    };
    trial.report.approved = trial.document.approved;
    for change in &trial.changes {
        *trial.report.kinds.entry(change.write.kind()).or_default() += 1;
    }
    trial.nobody_else();
    trial.recall_and_precision(folder);
    match (trial.document.approved, world.disturbed.is_empty()) {
        (true, undisturbed) => trial.there_and_back(folder, undisturbed),
        (false, true) => trial.fault(&format!("a valid world is not approved: {}", ended.out)),
        (false, false) => {}
    }
    trial.report
}

struct Trial<'w> {
    world: &'w World,
    document: Document,
    changes: Vec<Change>,
    /// The rows of each export, by its name.
    rows: BTreeMap<String, Vec<Asked<'w>>>,
    report: Report,
}

/// A write that the plan left out for a refusal it foretells.
struct Forced {
    write: Write,
    codes: BTreeSet<Code>,
}

impl<'w> Trial<'w> {
    fn fault(&mut self, what: &str) {
        self.report.faults.push(what.to_owned());
    }

    fn asked(&self, file: u16, row: u64) -> Asked<'w> {
        let inputs = &self.document.inputs;
        let input = inputs.iter().find(|input| input.file == file);
        let rows = &self.rows[&input.expect("an input of that number").name];
        // Row 1 is the header.
        rows[usize::try_from(row - 2).expect("a row of a small file")]
    }

    /// Every change is about whom its row meant.
    fn nobody_else(&mut self) {
        let mut faults = Vec::new();
        for change in &self.changes {
            let (file, row) = change.source.expect("a row that asked for it");
            let asked = self.asked(file.0, row);
            let meant = match (&change.write, asked) {
                (Write::CreateStub(stub), Asked::Record(want)) => {
                    stub.id.0 == self.owner_meant(want).uuid()
                }
                (write, asked) => *write == self.write_of(asked, write_before(write)),
            };
            if !meant {
                faults.push(format!(
                    "not what was meant: {:?} for {asked:?}",
                    change.write
                ));
            }
        }
        self.report.faults.extend(faults);
    }

    /// The write that a row asks for.
    fn write_of(&self, asked: Asked<'_>, before: Principal) -> Write {
        match asked {
            Asked::Record(want) => {
                let table = &self.world.tables[want.table];
                Write::AssignRecord {
                    entity: table.name.into(),
                    record: RecordId(table.records[want.record].0),
                    before,
                    after: self.owner_meant(want),
                }
            }
            Asked::Role(want) => {
                let principal = self.principal(want.who);
                let role = RoleId(self.world.copy_id(self.world.copy_meant(want)));
                match want.action {
                    RoleAction::Give => Write::GiveRole { principal, role },
                    RoleAction::Remove => Write::RemoveRole { principal, role },
                }
            }
        }
    }

    /// Who shall own: where a ruling says `stub`, the stub user, whoever is there already.
    fn owner_meant(&self, want: &RecordWant) -> Principal {
        let key = comparison_key(&want.text);
        let mut ruled = self.world.rulings.iter();
        match want.meant {
            Who::Person(number) if ruled.any(|(text, _)| comparison_key(text) == key) => {
                Principal::User(UserId(planned_id(&self.world.people[number].upn())))
            }
            who => self.principal(who),
        }
    }

    fn principal(&self, who: Who) -> Principal {
        let id = self.world.id_of(who);
        match who {
            Who::Person(_) => Principal::User(UserId(id)),
            Who::Team(_) => Principal::Team(TeamId(id)),
        }
    }

    /// The stub user that a row of a records export needs.
    fn stub_of(&self, who: Who) -> Write {
        let Who::Person(number) = who else {
            panic!("a team is no stub user")
        };
        let person = &self.world.people[number];
        // The copy of the root unit; of a role that was made below there is none.
        let role = &self.world.roles[DEFAULT_ROLE];
        let is_there = role.name == "Salesperson" && role.unit == 0;
        let role = if is_there { role.id } else { Uuid::nil() };
        let import = self.world.way == "import";
        Write::CreateStub(Box::new(StubUser {
            id: UserId(planned_id(&person.upn())),
            upn: person.upn(),
            mail: person.mail.clone(),
            first_name: Some(person.first.clone()),
            last_name: Some(person.last.clone()),
            full_name: person.name(),
            employee_id: Some(person.employee.clone()),
            business_unit: UnitId(self.world.units[0].id),
            default_role: RoleId(role),
            way: if import {
                StubWay::Import
            } else {
                StubWay::Api
            },
        }))
    }

    /// What the plan says would be refused, each write once, with all rules that say so.
    fn forced(&mut self) -> Vec<Forced> {
        let mut forced: Vec<Forced> = Vec::new();
        for finding in &self.document.findings {
            let code: Code = finding.code.parse().expect("a rule");
            if finding.severity != "error" {
                continue;
            }
            self.report.rules.insert(code);
            if !code.rule().guards && code != Code::Acc009 {
                continue;
            }
            for place in &finding.places {
                let write = match (code, self.asked(place.file, place.row)) {
                    (Code::Stb003 | Code::Stb004 | Code::Stb005, Asked::Record(want)) => {
                        self.stub_of(want.meant)
                    }
                    (_, asked) => self.write_of(asked, Principal::User(UserId(Uuid::nil()))),
                };
                match forced.iter_mut().find(|forced| forced.write == write) {
                    Some(known) => {
                        known.codes.insert(code);
                    }
                    None => forced.push(Forced {
                        write,
                        codes: [code].into(),
                    }),
                }
            }
        }
        forced
    }

    /// What is planned is done, and what is foretold is refused, each in the state that the stages
    /// before lead to.
    fn recall_and_precision(&mut self, folder: &Path) {
        let forced = self.forced();
        let path = folder.join("copy.sqlite");
        fs::copy(folder.join("environment.sqlite"), &path).expect("a copy");
        let file = EnvironmentFile::open_for_writing(&path).expect("an environment file");
        let connection = file.connection();
        let transaction = connection.unchecked_transaction().expect("a transaction");
        for stage in [
            ChangeKind::CreateStubUser,
            ChangeKind::GiveRole,
            ChangeKind::AssignRecord,
            ChangeKind::RemoveRole,
        ] {
            for one in forced.iter().filter(|forced| forced.write.kind() == stage) {
                self.force(connection, one, &forced);
            }
            for write in self.writes_of(stage) {
                match service::perform(connection, &write).expect("the file answers") {
                    Performed::Done { actual: None } => {}
                    other => {
                        self.fault(&format!("planned, and the service: {other:?} to {write:?}"));
                    }
                }
            }
        }
        transaction.rollback().expect("rolled back");
    }

    fn writes_of(&self, kind: ChangeKind) -> Vec<Write> {
        let writes = self.changes.iter().map(|change| &change.write);
        writes
            .filter(|write| write.kind() == kind)
            .cloned()
            .collect()
    }

    fn force(&mut self, connection: &Connection, one: &Forced, all: &[Forced]) {
        // Nothing can be asked of a stub user who is not made, and another may have the planned id.
        if self.is_lost_stub(&one.write) {
            return;
        }
        connection
            .execute_batch("SAVEPOINT forced")
            .expect("a savepoint");
        let mut lost = false;
        for other in all.iter().filter(|other| other.write != one.write) {
            let same = |code: &&Code| one.codes.contains(*code) && other.codes.contains(*code);
            if TOGETHER.iter().any(|code| same(&code)) {
                let answer = service::perform(connection, &other.write).expect("the file answers");
                lost |=
                    matches!(answer, Performed::Refused(refusal) if refusal.code == DUPLICATE_KEY);
            }
        }
        let answer = service::perform(connection, &one.write).expect("the file answers");
        connection
            .execute_batch("ROLLBACK TO forced; RELEASE forced")
            .expect("rolled back");
        self.report.forced += 1;
        match answer {
            Performed::Refused(refusal) => {
                self.report.refusals.insert(refusal.code.0);
                if !is_explained(refusal.code, one, all) {
                    self.fault(&format!(
                        "foretold by {:?}, refused as {refusal:?}",
                        one.codes
                    ));
                }
            }
            // What it shares is with one who cannot be made either, for a reason of its own.
            Performed::Done { .. } if lost => {}
            other => self.fault(&format!(
                "foretold by {:?}, and the service: {other:?} to {:?}",
                one.codes, one.write
            )),
        }
    }

    /// Whether the write is about a stub user whom the plan does not make.
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

    /// Applied, verified and undone: exactly the planned cells differ, and in the end none.
    fn there_and_back(&mut self, folder: &Path, undisturbed: bool) {
        let path = folder.join("environment.sqlite");
        let before = dump(&path);
        let request = ApplyRequest {
            folder,
            yes: true,
            limit: None,
        };
        self.ends_well(
            "apply",
            &run(|console| cutover::run::apply(&request, console)),
        );
        self.ends_well(
            "verify",
            &run(|console| cutover::run::verify(folder, console)),
        );
        let after = dump(&path);
        let count = |kind| self.report.kinds.get(&kind).copied().unwrap_or_default();
        let [stubs, given, assigned, removed] = [
            ChangeKind::CreateStubUser,
            ChangeKind::GiveRole,
            ChangeKind::AssignRecord,
            ChangeKind::RemoveRole,
        ]
        .map(count);
        let differ = (
            after.difference(&before).count(),
            before.difference(&after).count(),
        );
        let planned = (2 * stubs + given + assigned, assigned + removed);
        if (differ.0 as u64, differ.1 as u64) != planned {
            self.fault(&format!("rows differ: {differ:?}, planned: {planned:?}"));
        }
        if undisturbed {
            self.all_is_as_asked(&path);
        }
        self.ends_well(
            "undo",
            &run(|console| cutover::run::undo(&request, console)),
        );
        if dump(&path) != before {
            self.fault("undo has not restored every row");
        }
    }

    fn ends_well(&mut self, command: &str, ended: &Ended) {
        if ended.exit != Exit::Done {
            self.fault(&format!(
                "{command}: {:?} {}{}",
                ended.exit, ended.out, ended.err
            ));
        }
    }

    /// In a valid world every row is written, or was so already.
    fn all_is_as_asked(&mut self, path: &Path) {
        let file = EnvironmentFile::open(path).expect("an environment file");
        let yes = |sql: &str, first: Uuid, second: Uuid| -> bool {
            let values = (first.into_bytes(), second.into_bytes());
            let answer = file.connection().query_row(sql, values, |row| row.get(0));
            answer.expect("an answer")
        };
        let owns = "SELECT EXISTS (SELECT 1 FROM record WHERE id = ?1 AND owner = ?2)";
        for want in &self.world.record_wants {
            let record = self.world.tables[want.table].records[want.record].0;
            if !yes(owns, record, self.world.id_of(want.meant)) {
                self.report
                    .faults
                    .push(format!("not so in the end: {want:?}"));
            }
        }
        let holds = |want: &RoleWant| match want.who {
            Who::Person(_) => {
                "SELECT EXISTS (SELECT 1 FROM user_role WHERE user = ?1 AND role = ?2)"
            }
            Who::Team(_) => "SELECT EXISTS (SELECT 1 FROM team_role WHERE team = ?1 AND role = ?2)",
        };
        for want in &self.world.role_wants {
            let role = self.world.copy_id(self.world.copy_meant(want));
            let held = yes(holds(want), self.world.id_of(want.who), role);
            if held != (want.action == RoleAction::Give) {
                self.report
                    .faults
                    .push(format!("not so in the end: {want:?}"));
            }
        }
    }
}

/// Whether a refusal is what the findings about the write say; they speak of a state in which
/// everything else went through, which is not always to be had.
fn is_explained(refused: ServiceCode, one: &Forced, all: &[Forced]) -> bool {
    let rules = FORETOLD_BY.iter().find(|(code, _)| *code == refused.0);
    let rules = rules.map_or(&[][..], |(_, rules)| rules);
    if one.codes.iter().any(|code| rules.contains(code)) {
        return true;
    }
    let mut gives = all.iter().map(|other| other.write.kind());
    if rules == [Code::Own010] && one.codes.contains(&Code::Own009) {
        // Of the roles that the finding names those that fell are not there.
        return gives.any(|kind| kind == ChangeKind::GiveRole);
    }
    // A record that is named by a key and not found has no id by which its table could be asked.
    rules == [Code::Rec005] && one.codes.contains(&Code::Rec002)
}

/// Who owned the record before, as the plan says; of other writes nobody.
fn write_before(write: &Write) -> Principal {
    match write {
        Write::AssignRecord { before, .. } => *before,
        _ => Principal::User(UserId(Uuid::nil())),
    }
}

/// Every row of every table, as text.
fn dump(path: &Path) -> BTreeSet<String> {
    let file = EnvironmentFile::open(path).expect("an environment file");
    let connection = file.connection();
    let texts = |sql: &str| -> Vec<String> {
        let mut statement = connection.prepare(sql).expect("a statement");
        let columns = statement.column_count();
        let rows = statement.query_map([], |row| {
            let cells = (0..columns).map(|column| row.get::<_, rusqlite::types::Value>(column));
            let cells: Vec<_> = cells.collect::<Result<_, _>>()?;
            Ok(match &cells[..] {
                [rusqlite::types::Value::Text(name)] => name.clone(),
                cells => format!("{cells:?}"),
            })
        });
        rows.expect("rows").collect::<Result<_, _>>().expect("rows")
    };
    let tables = texts("SELECT name FROM sqlite_schema WHERE type = 'table'");
    tables
        .iter()
        .flat_map(|table| {
            let rows = texts(&format!("SELECT * FROM \"{table}\""));
            rows.into_iter().map(move |row| format!("{table} {row}"))
        })
        .collect()
}
