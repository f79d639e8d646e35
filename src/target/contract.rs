//! What every target must do, run on each of them.
//!
//! In: a target that holds one small world. Out: nothing, or a failed test. Rules of the service are
//! not looked at here: a target in memory knows none. A live environment is held to the same by `run/`, which may
//! name the server that plays it.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::channel;

use tempfile::TempDir;
use uuid::Uuid;

use crate::environment::testing;
use crate::model::{
    AccessMode, BusinessUnit, Change, Changed, Entity, Fact, Inheritance, Outcome, Ownership,
    Present, Principal, ProfileField, RecordId, Role, RoleId, SYSTEM_ADMINISTRATOR_TEMPLATE, Seq,
    StubUser, StubWay, Subject, UnitId, User, UserChange, UserId, Write, setting,
};
use crate::target::memory::Memory;
use crate::target::{Embedded, Scope, Target, TargetError, feed};

const UNIT: UnitId = UnitId(Uuid::from_u128(0x10));
const BRANCH: UnitId = UnitId(Uuid::from_u128(0x11));
pub(super) const ROLE: RoleId = RoleId(Uuid::from_u128(0x20));
const BRANCH_ROLE: RoleId = RoleId(Uuid::from_u128(0x21));
const ADMINISTRATOR_ROLE: RoleId = RoleId(Uuid::from_u128(0x22));
const ADMINISTRATOR: UserId = UserId(Uuid::from_u128(0x2f));
pub(super) const ANA: UserId = UserId(Uuid::from_u128(0x30));
pub(super) const BEN: UserId = UserId(Uuid::from_u128(0x31));
pub(super) const STUB: UserId = UserId(Uuid::from_u128(0x39));
pub(super) const RECORDS: u128 = 10_000;

pub(super) fn record(number: u128) -> RecordId {
    RecordId(Uuid::from_u128(0x5000_0000 + number))
}

fn facts() -> Vec<Fact> {
    let user = |id: UserId, upn: &str| {
        Fact::User(User {
            id,
            upn: upn.to_owned(),
            mail: Some(upn.to_owned()),
            mail2: None,
            mobile_alert_mail: None,
            first_name: None,
            last_name: None,
            full_name: Some(upn.to_owned()),
            employee_id: None,
            business_unit: UNIT,
            access_mode: AccessMode::ReadWrite,
            disabled: false,
            licensed: None,
            application_id: None,
            directory_id: None,
            stub: false,
            details: Box::default(),
        })
    };
    let role = |id: RoleId, name: &str, business_unit: UnitId, root: RoleId| Role {
        id,
        name: name.to_owned(),
        business_unit,
        root,
        template: None,
        inheritance: Inheritance::DirectUser,
    };
    let setting = |name: &str, value: &str| Fact::Setting {
        name: name.to_owned(),
        value: value.to_owned(),
    };
    vec![
        Fact::Unit(BusinessUnit {
            id: UNIT,
            name: "Contoso".to_owned(),
            parent: None,
        }),
        Fact::Unit(BusinessUnit {
            id: BRANCH,
            name: "Sales".to_owned(),
            parent: Some(UNIT),
        }),
        user(ANA, "ana@contoso.com"),
        user(BEN, "ben@contoso.com"),
        user(ADMINISTRATOR, "admin@contoso.com"),
        Fact::Role(role(ROLE, "Salesperson", UNIT, ROLE)),
        Fact::Role(role(BRANCH_ROLE, "Salesperson", BRANCH, ROLE)),
        Fact::Role(Role {
            template: Some(SYSTEM_ADMINISTRATOR_TEMPLATE),
            ..role(ADMINISTRATOR_ROLE, "All", UNIT, ADMINISTRATOR_ROLE)
        }),
        Fact::UserRole {
            user: ADMINISTRATOR,
            role: ADMINISTRATOR_ROLE,
        },
        setting(setting::CALLER, &ADMINISTRATOR.to_string()),
        setting(setting::ROLES_ON_DISABLED, "true"),
        Fact::Entity(Entity {
            name: "account".to_owned(),
            ownership: Some(Ownership::User),
            records_loaded: true,
        }),
    ]
}

/// The world as a file, in a folder of its own.
pub(crate) fn world() -> (TempDir, PathBuf) {
    let entity = "account";
    let records: Vec<_> = (0..RECORDS)
        .map(|number| (entity, record(number), Principal::User(ANA)))
        .collect();
    testing::environment(&facts(), &records)
}

pub(super) fn embedded() -> (TempDir, Embedded) {
    let (folder, path) = world();
    let target = Embedded::open(&path).unwrap();
    (folder, target)
}

pub(super) fn memory() -> Memory {
    let records =
        (0..RECORDS).map(|number| (record_subject(number), Present::Owner(Principal::User(ANA))));
    let ana = change_ana(0).write;
    let ana = std::iter::once((ana.subject(), ana.before()));
    Memory::new(facts(), records.chain(ana).collect())
}

pub(super) fn record_subject(number: u128) -> Subject {
    Subject::Record {
        entity: Arc::from("account"),
        record: record(number),
    }
}

fn change(seq: u64, write: Write) -> Change {
    Change {
        seq: Seq(seq),
        write,
        restore: false,
        source: None,
    }
}

pub(super) fn assign(seq: u64, number: u128, after: UserId) -> Change {
    let write = Write::AssignRecord {
        entity: Arc::from("account"),
        record: record(number),
        before: Principal::User(ANA),
        after: Principal::User(after),
    };
    change(seq, write)
}

pub(super) fn create(seq: u64) -> Change {
    let stub = StubUser {
        id: STUB,
        upn: "stub@contoso.com".to_owned(),
        mail: "stub@contoso.com".to_owned(),
        first_name: Some("Stu".to_owned()),
        last_name: None,
        full_name: "Stu".to_owned(),
        employee_id: None,
        business_unit: UNIT,
        default_role: ROLE,
        way: StubWay::Api,
    };
    change(seq, Write::CreateStub(Box::new(stub)))
}

/// Ana in another unit, with another access mode and name, and with a role that she had not.
pub(super) fn change_ana(seq: u64) -> Change {
    let name = |before: Option<&str>, after: &str| Changed {
        before: before.map(str::to_owned),
        after: Some(after.to_owned()),
    };
    let wanted = UserChange {
        user: ANA,
        business_unit: Some(Changed {
            before: UNIT,
            after: BRANCH,
        }),
        access_mode: Some(Changed {
            before: AccessMode::ReadWrite,
            after: AccessMode::Administrative,
        }),
        profile: [
            (ProfileField::FirstName, name(None, "Ana")),
            (ProfileField::FullName, name(Some("ana@contoso.com"), "Ana")),
        ]
        .into(),
        roles: Some(Changed {
            before: [].into(),
            after: [BRANCH_ROLE].into(),
        }),
    };
    change(seq, Write::ChangeUser(Box::new(wanted)))
}

fn give(seq: u64) -> Change {
    let principal = Principal::User(BEN);
    change(
        seq,
        Write::GiveRole {
            principal,
            role: ROLE,
        },
    )
}

/// Writes the batches; the outcomes that were told, sorted, and how it ended.
pub(super) fn write(
    target: &dyn Target,
    batches: Vec<Vec<Change>>,
) -> (Vec<(Seq, Outcome)>, Result<(), TargetError>) {
    let (sender, stage) = feed(batches.len());
    for batch in batches {
        sender.send(batch).unwrap();
    }
    drop(sender);
    let (done, outcomes) = channel();
    let ended = target.write(&stage, &done);
    drop(done);
    let mut outcomes: Vec<_> = outcomes.iter().collect();
    outcomes.sort_by_key(|(seq, _)| *seq);
    (outcomes, ended)
}

pub(super) const DONE: Outcome = Outcome::Done { actual: None };

/// Holds a target of this world to the contract.
pub(crate) fn every_target_keeps_the_contract(target: &dyn Target) {
    facts_come_by_scope(target);
    each_change_gets_one_outcome_and_holds(target);
    present_keeps_the_order_of_a_large_slice(target);
    target.identity().unwrap();
}

fn facts_come_by_scope(target: &dyn Target) {
    for scope in [Scope::All, Scope::Principals] {
        let mut told = Vec::new();
        let mut take = |fact| told.push(known(fact));
        target.facts(&scope, &mut take).unwrap();
        for fact in facts() {
            let count = told.iter().filter(|told| **told == fact).count();
            let expected = usize::from(scope.holds(&fact));
            assert_eq!(count, expected, "{scope:?}: {fact:?}");
        }
    }
}

/// A fact as a file has it: what only a live environment tells of a user is left out.
fn known(fact: Fact) -> Fact {
    match fact {
        Fact::User(user) => Fact::User(User {
            details: Box::default(),
            ..user
        }),
        other => other,
    }
}

fn each_change_gets_one_outcome_and_holds(target: &dyn Target) {
    let changes = vec![
        vec![create(0), give(1)],
        vec![assign(2, 0, BEN), assign(3, 1, ANA), assign(4, 2, BEN)],
        vec![change_ana(5)],
    ];
    let subjects: Vec<_> = changes.concat().iter().map(|c| c.write.subject()).collect();
    let before: Vec<_> = changes.concat().iter().map(|c| c.write.before()).collect();
    let after: Vec<_> = changes.concat().iter().map(|c| c.write.after()).collect();
    assert_eq!(target.present(&subjects).unwrap(), before);
    let (outcomes, ended) = write(target, changes);
    ended.unwrap();
    let expected = [DONE, DONE, DONE, Outcome::NoChangeNeeded, DONE, DONE];
    let expected: Vec<_> = (0..).map(Seq).zip(expected).collect();
    assert_eq!(outcomes, expected);
    assert_eq!(target.present(&subjects).unwrap(), after);
}

fn present_keeps_the_order_of_a_large_slice(target: &dyn Target) {
    let numbers = (0..RECORDS + 5).rev();
    let subjects: Vec<_> = numbers.clone().map(record_subject).collect();
    let present = target.present(&subjects).unwrap();
    let expected: Vec<_> = numbers
        .map(|number| match number {
            0 | 2 => Present::Owner(Principal::User(BEN)),
            _ if number < RECORDS => Present::Owner(Principal::User(ANA)),
            _ => Present::Absent,
        })
        .collect();
    assert_eq!(present, expected);
}

#[test]
fn the_environment_file_keeps_the_contract() {
    let (_folder, target) = embedded();
    every_target_keeps_the_contract(&target);
}

#[test]
fn the_memory_keeps_the_contract() {
    every_target_keeps_the_contract(&memory());
}
