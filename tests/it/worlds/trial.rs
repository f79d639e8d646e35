//! One world on trial: the plan says what the service will do, and the service does it.
//!
//! In: a world, and an empty folder. Out: every fault of the plan, and what the world reached. Here it
//! is planned and its changes held against who was meant; `account.rs` says what each row must come to,
//! `users.rs` what is changed of a user, `force.rs` asks the service, `administer.rs` that nobody is locked out, `frame.rs` says which cells may differ afterwards, `moved.rs` lets
//! others write between plan and apply, `meanwhile.rs` during apply what `deed.rs` lists, `probe.rs` asks for what no plan may ask.

mod account;
mod administer;
mod deed;
mod force;
mod frame;
pub(super) mod live;
mod meanwhile;
mod moved;
mod probe;
mod reason;
mod script;
mod users;

pub(super) use moved::names_of_moves;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use cutover::model::{
    Change, ChangeKind, Code, Principal, RecordId, RoleId, StubUser, Subject, TeamId, UnitId,
    UserId, Write,
};
use cutover::plan::Document;
use cutover::run::{ApplyRequest, Consent, Exit};
use cutover::service::Reason;
use uuid::Uuid;

use crate::foretell::changes;
use crate::support::{Ended, document, run};
use crate::worlds::disturb::CLOSED;
use crate::worlds::files::{self, Asked};
use crate::worlds::tally::{Fault, Kind};
use crate::worlds::trial::account::At;
use crate::worlds::trial::script::Step;
use crate::worlds::world::{DEFAULT_ROLE, Leads, RecordWant, RoleWant, Who, World, planned_id};

/// What came of one world.
#[derive(Debug, Default)]
pub(super) struct Report {
    pub(super) faults: Vec<Fault>,
    /// Approved, whatever is kept out.
    pub(super) approved: bool,
    pub(super) kinds: BTreeMap<ChangeKind, u64>,
    /// Codes of errors.
    pub(super) rules: BTreeSet<Code>,
    /// Refusals that came.
    pub(super) reasons: BTreeSet<Reason>,
    /// Guarding rules that foretold a refusal which then came.
    pub(super) confirmed: BTreeSet<Code>,
    /// Rows by what became of them, changes apart.
    pub(super) fates: BTreeMap<&'static str, u64>,
    /// Rows that another's finding stopped, and the service refuses as well.
    pub(super) blocked: u64,
    /// Planned changes that the service was asked for.
    pub(super) asked: u64,
    /// Of these, refused.
    pub(super) missed: u64,
    /// Changes behind an error finding that the service was asked for all the same.
    pub(super) forced: u64,
    /// Of these, done.
    pub(super) wrongly_foretold: u64,
    /// Writes that no plan asks for and the service must refuse.
    pub(super) probed: u64,
    /// Applies and undos whose every cell was compared.
    pub(super) frames: u64,
    /// Exports whose every row has one fate.
    pub(super) accounted: u64,
    /// What others did before or during apply, by name.
    pub(super) moved: BTreeMap<&'static str, u64>,
}

impl Report {
    fn reach(&mut self, fate: &'static str, rows: u64) {
        if rows > 0 {
            *self.fates.entry(fate).or_default() += rows;
        }
    }
}

/// Plans a world in `folder` and holds the plan against the service.
pub(super) fn run_world(world: &World, folder: &Path) -> Report {
    files::write(world, folder);
    let mut report = Report::default();
    let ended = run(|console| cutover::run::plan(folder, false, console));
    if !matches!(ended.exit, Exit::Done | Exit::NotApproved) {
        let words = format!("{}{}", ended.out, ended.err);
        report.faults.push(Fault::new(Kind::NotPlanned, words));
        return report;
    }
    let mut trial = Trial::new(world, folder, report);
    trial.report.approved = trial.document.approved;
    for change in &trial.changes {
        *trial.report.kinds.entry(change.write.kind()).or_default() += 1;
    }
    trial.nobody_else();
    trial.recall_and_precision();
    match (trial.document.approved, world.disturbed.is_empty()) {
        (true, undisturbed) => {
            trial.no_stub_user_for_nothing();
            trial.others_write();
            trial.there_and_back(undisturbed);
        }
        (false, true) => trial.fault(Kind::NotApproved, ended.out),
        (false, false) => {}
    }
    trial.report
}

struct Trial<'w> {
    world: &'w World,
    folder: &'w Path,
    document: Document,
    changes: Vec<Change>,
    /// Every row of every export.
    numbered: BTreeMap<At, Asked<'w>>,
    /// The errors at each row.
    errors: BTreeMap<At, BTreeSet<Code>>,
    /// What the service was asked, and what it said: another judge may be asked the same.
    script: Vec<Step>,
    report: Report,
}

impl<'w> Trial<'w> {
    fn new(world: &'w World, folder: &'w Path, report: Report) -> Self {
        let document = document(folder);
        Self {
            world,
            folder,
            changes: changes(folder),
            numbered: account::numbered(world, &document),
            errors: account::errors(&document),
            document,
            script: Vec::new(),
            report,
        }
    }

    fn fault(&mut self, kind: Kind, words: impl Into<String>) {
        self.report.faults.push(Fault::new(kind, words));
    }

    /// Every change is about whom its row meant, comes of a row that may lead to one, and no two are
    /// about one subject.
    fn nobody_else(&mut self) {
        let mut faults = Vec::new();
        let mut subjects: BTreeSet<Subject> = BTreeSet::new();
        let mut changed: BTreeSet<UserId> = BTreeSet::new();
        for change in &self.changes {
            let (file, row) = change.source.expect("a row that asked for it");
            let asked = self.numbered[&(file.0, row)];
            let meant = match (&change.write, asked) {
                (Write::CreateStub(stub), Asked::Record(want)) => {
                    **stub == self.stub_of(want.meant)
                }
                (Write::ChangeUser(change), Asked::User(want)) => {
                    **change == self.change_planned(want)
                }
                (write, asked) => *write == self.write_of(asked),
            };
            if !meant || asked.leads() != Leads::ToChange {
                faults.push(format!("{:?} came of {asked:?}", change.write));
            }
            // All of one user is one unit of work, roles given included.
            let again = match &change.write {
                Write::ChangeUser(change) => !changed.insert(change.user),
                Write::GiveRole {
                    principal: Principal::User(user),
                    ..
                } => changed.contains(user),
                _ => false,
            };
            if self.is_denied(asked) {
                faults.push(format!(
                    "{:?}, and another row of the record says otherwise",
                    change.write
                ));
            }
            if again || !subjects.insert(change.write.subject()) {
                faults.push(format!(
                    "a second change, {:?}, of one subject",
                    change.write
                ));
            }
        }
        for words in faults {
            self.fault(Kind::WrongPerson, words);
        }
    }

    /// Whether another row of a record leaves it where it is, or is one of which nobody can say whom it means.
    fn is_denied(&self, asked: Asked<'_>) -> bool {
        let Asked::Record(want) = asked else {
            return false;
        };
        let mut others = self.world.record_wants.iter();
        others.any(|other| {
            let same = (other.table, other.record) == (want.table, want.record);
            same && other.id_text.is_none() && other.leads != Leads::ToChange
        })
    }

    /// In a plan that will be applied, records go to every stub user.
    fn no_stub_user_for_nothing(&mut self) {
        let changes = self.changes.iter();
        let stubs = changes.filter_map(|change| match &change.write {
            Write::CreateStub(stub) => Some(Principal::User(stub.id)),
            _ => None,
        });
        let owns = |stub: &Principal| {
            let mut changes = self.changes.iter();
            changes.any(|change| {
                matches!(&change.write, Write::AssignRecord { after, .. } if after == stub)
            })
        };
        let needless: Vec<Principal> = stubs.filter(|stub| !owns(stub)).collect();
        for stub in needless {
            self.fault(Kind::Needless, format!("{stub} gets no record"));
        }
    }

    /// The write that a row asks for.
    fn write_of(&self, asked: Asked<'_>) -> Write {
        match asked {
            Asked::Record(want) => {
                let table = &self.world.tables[want.table];
                let record = &table.records[want.record];
                Write::AssignRecord {
                    entity: table.name.as_str().into(),
                    record: RecordId(record.id),
                    before: self.principal(record.owner),
                    after: self.owner_meant(want),
                }
            }
            Asked::Role(want) => {
                let principal = self.principal(want.who);
                let role = RoleId(self.world.role_id_meant(want));
                if want.give {
                    Write::GiveRole { principal, role }
                } else {
                    Write::RemoveRole { principal, role }
                }
            }
            Asked::User(want) => Write::ChangeUser(Box::new(self.change_of(want))),
        }
    }

    /// Who shall own: where a ruling says `stub`, the stub user, whoever is there already.
    fn owner_meant(&self, want: &RecordWant) -> Principal {
        match want.meant {
            Who::Person(number) if self.world.ruling_on(&want.text) == Some("stub") => {
                Principal::User(UserId(planned_id(&self.world.people[number].upn())))
            }
            who => self.principal(who),
        }
    }

    fn principal(&self, who: Who) -> Principal {
        let id = self.world.id_of(who);
        match who {
            Who::Person(_) | Who::Ghost(_) => Principal::User(UserId(id)),
            Who::Team(_) => Principal::Team(TeamId(id)),
        }
    }

    /// The stub user that a row of a records export needs.
    fn stub_of(&self, who: Who) -> StubUser {
        let Who::Person(number) = who else {
            panic!("only a person is a stub user")
        };
        let person = &self.world.people[number];
        StubUser {
            id: UserId(planned_id(&person.upn())),
            upn: person.upn(),
            mail: person.mail.clone(),
            first_name: Some(person.first.clone()),
            last_name: Some(person.last.clone()),
            full_name: person.name(),
            employee_id: Some(person.employee.clone()),
            business_unit: UnitId(self.world.units[0].id),
            default_role: RoleId(self.default_role()),
            way: self.world.way,
        }
    }

    /// The one copy of the default role in the root unit; where there is none, or no single one, an id
    /// that no role has.
    fn default_role(&self) -> Uuid {
        let roles = &self.world.roles;
        let default = &roles[DEFAULT_ROLE];
        let closed = default.name == CLOSED;
        let same = roles.iter().filter(|role| role.name == default.name);
        if closed || default.unit != 0 || same.count() > 1 {
            return Uuid::nil();
        }
        default.id
    }

    fn request(&self) -> ApplyRequest<'w> {
        ApplyRequest {
            folder: self.folder,
            consent: Consent::Yes,
            limit: None,
        }
    }

    /// A command that must go through.
    fn ends_well(&mut self, command: &str, ended: &Ended) {
        if ended.exit != Exit::Done {
            let words = format!("{command}: {:?} {}{}", ended.exit, ended.out, ended.err);
            self.fault(Kind::Recall, words);
        }
    }
}

/// Whether a row of a roles export can be asked of the service though nobody is chosen by it.
fn is_about_nothing(want: &RoleWant) -> bool {
    matches!(want.who, Who::Ghost(_)) || want.role_text.is_some()
}
