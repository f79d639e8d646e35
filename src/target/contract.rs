//! What every target must do, run on each of them.
//!
//! In: a target that holds one small world. Out: nothing, or a failed test. Rules of the service are
//! not looked at here: a target in memory knows none. A live environment is held to the same by `run/`, which may
//! name the server that plays it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::time::Duration;

use rusqlite::Connection;
use tempfile::TempDir;
use uuid::Uuid;

use crate::environment::testing;
use crate::model::{
    AccessMode, BusinessUnit, Change, Changed, Entity, Fact, Inheritance, Outcome, Ownership,
    Present, Principal, ProfileField, RecordId, Refusal, Role, RoleId,
    SYSTEM_ADMINISTRATOR_TEMPLATE, Seq, ServiceCode, StubUser, StubWay, Subject, UnitId, User,
    UserChange, UserId, Write, setting,
};
use crate::target::memory::Memory;
use crate::target::{AsOf, Embedded, Scope, Target, TargetError, feed};

const UNIT: UnitId = UnitId(Uuid::from_u128(0x10));
const BRANCH: UnitId = UnitId(Uuid::from_u128(0x11));
const ROLE: RoleId = RoleId(Uuid::from_u128(0x20));
const BRANCH_ROLE: RoleId = RoleId(Uuid::from_u128(0x21));
const ADMINISTRATOR_ROLE: RoleId = RoleId(Uuid::from_u128(0x22));
const ADMINISTRATOR: UserId = UserId(Uuid::from_u128(0x2f));
const ANA: UserId = UserId(Uuid::from_u128(0x30));
const BEN: UserId = UserId(Uuid::from_u128(0x31));
const STUB: UserId = UserId(Uuid::from_u128(0x39));
const RECORDS: u128 = 10_000;

fn record(number: u128) -> RecordId {
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
        Fact::Role(role(ROLE, "Reader", UNIT, ROLE)),
        Fact::Role(role(BRANCH_ROLE, "Reader", BRANCH, ROLE)),
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

fn embedded() -> (TempDir, Embedded) {
    let (folder, path) = world();
    let target = Embedded::open(&path).unwrap();
    (folder, target)
}

fn memory() -> Memory {
    let records =
        (0..RECORDS).map(|number| (record_subject(number), Present::Owner(Principal::User(ANA))));
    let ana = change_ana(0).write;
    let ana = std::iter::once((ana.subject(), ana.before()));
    Memory::new(facts(), records.chain(ana).collect())
}

fn record_subject(number: u128) -> Subject {
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

fn assign(seq: u64, number: u128, after: UserId) -> Change {
    let write = Write::AssignRecord {
        entity: Arc::from("account"),
        record: record(number),
        before: Principal::User(ANA),
        after: Principal::User(after),
    };
    change(seq, write)
}

fn create(seq: u64) -> Change {
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
fn change_ana(seq: u64) -> Change {
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
fn write(
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

const DONE: Outcome = Outcome::Done { actual: None };

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

#[test]
fn a_refusal_leaves_the_rest_of_its_batch() {
    let (_folder, target) = embedded();
    let batch = vec![
        assign(0, 3, BEN),
        assign(1, RECORDS, BEN),
        assign(2, 4, BEN),
    ];
    let (outcomes, ended) = write(&target, vec![batch]);
    ended.unwrap();
    let successes: Vec<_> = outcomes.iter().map(|(_, o)| o.is_success()).collect();
    assert_eq!(successes, [true, false, true]);
    let present = target.present(&[record_subject(3), record_subject(4)]);
    let ben = Present::Owner(Principal::User(BEN));
    assert_eq!(present.unwrap(), [ben.clone(), ben]);
}

#[test]
fn restore_is_passed_on() {
    let (_folder, target) = embedded();
    let mut back = assign(0, 3, BEN);
    back.restore = true;
    let Write::AssignRecord { before, .. } = &mut back.write else {
        panic!("an assignment");
    };
    *before = Principal::User(BEN);
    let (outcomes, _) = write(&target, vec![vec![back]]);
    let Outcome::Failed(refusal) = &outcomes[0].1 else {
        panic!("the record is Ana's, so nothing can be put back from Ben");
    };
    assert_eq!(refusal.code, ServiceCode(0x8006_0882));
}

#[test]
fn a_stub_user_with_another_id_is_found_by_upn() {
    let (folder, target) = embedded();
    let (_, ended) = write(&target, vec![vec![create(0)]]);
    ended.unwrap();
    let other = Connection::open(folder.path().join("environment.sqlite")).unwrap();
    let namesakes = "UPDATE user SET upn = 'stub@contoso.com' WHERE stub = 0";
    assert_eq!(other.execute(namesakes, []).unwrap(), 3);
    let present = target.present(&[Subject::Stub {
        id: UserId(Uuid::from_u128(0x99)),
        upn: "STUB@contoso.com".to_owned(),
    }]);
    let Present::User { id, roles, .. } = &present.unwrap()[0] else {
        panic!("the stub user is there");
    };
    assert_eq!((*id, roles.as_slice()), (STUB, [ROLE].as_slice()));
}

#[test]
fn a_file_that_another_program_writes_to_is_locked() {
    let (folder, target) = embedded();
    target.busy_at_most(Duration::from_millis(20)).unwrap();
    let other = Connection::open(folder.path().join("environment.sqlite")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let (outcomes, ended) = write(&target, vec![vec![assign(0, 0, BEN)]]);
    assert!(
        matches!(ended, Err(TargetError::Locked { .. })),
        "{ended:?}"
    );
    assert_eq!(outcomes, []);
    other.execute_batch("ROLLBACK").unwrap();
    let (outcomes, ended) = write(&target, vec![vec![assign(0, 0, BEN)]]);
    ended.unwrap();
    assert_eq!(outcomes, [(Seq(0), DONE)]);
}

#[test]
fn a_write_from_outside_between_batches_is_seen() {
    let (folder, target) = embedded();
    let (sender, stage) = feed(1);
    let (done, outcomes) = channel();
    std::thread::scope(|scope| {
        let writing = scope.spawn(|| target.write(&stage, &done));
        sender.send(vec![create(0)]).unwrap();
        assert_eq!(outcomes.recv().unwrap().1, DONE);
        let other = Connection::open(folder.path().join("environment.sqlite")).unwrap();
        let taken = "UPDATE user SET upn = 'two@contoso.com' WHERE upn = 'ana@contoso.com'";
        other.execute(taken, []).unwrap();
        let mut second = create(1);
        if let Write::CreateStub(stub) = &mut second.write {
            stub.id = UserId(Uuid::from_u128(0x77));
            stub.upn = "two@contoso.com".to_owned();
            stub.mail = "two@contoso.com".to_owned();
        }
        sender.send(vec![second]).unwrap();
        assert!(matches!(outcomes.recv().unwrap().1, Outcome::Failed(_)));
        drop(sender);
        writing.join().unwrap().unwrap();
    });
}

#[test]
fn a_record_that_somebody_took_since_it_was_read_has_drifted() {
    let (folder, target) = embedded();
    write(&target, vec![vec![create(0)]]).1.unwrap();
    let other = Connection::open(folder.path().join("environment.sqlite")).unwrap();
    let take = "UPDATE record SET owner = ?1 WHERE id = ?2";
    let taken = (STUB.0.into_bytes(), record(5).0.into_bytes());
    assert_eq!(other.execute(take, taken).unwrap(), 1);
    let batches = vec![vec![assign(1, 4, BEN)], vec![assign(2, 5, BEN)]];
    let (outcomes, ended) = write(&target, batches);
    ended.unwrap();
    let stub = Present::Owner(Principal::User(STUB));
    let expected = [(Seq(1), DONE), (Seq(2), Outcome::Drifted(stub.clone()))];
    assert_eq!(outcomes, expected);
    assert_eq!(target.present(&[record_subject(5)]).unwrap(), [stub]);
}

#[test]
fn a_user_whom_somebody_changed_since_he_was_read_has_drifted() {
    let (folder, target) = embedded();
    write(&target, vec![vec![create(0)]]).1.unwrap();
    let other = Connection::open(folder.path().join("environment.sqlite")).unwrap();
    let give = "INSERT INTO user_role (user, role) VALUES (?1, ?2)";
    let given = (ANA.0.into_bytes(), ROLE.0.into_bytes());
    assert_eq!(other.execute(give, given).unwrap(), 1);
    let (outcomes, ended) = write(&target, vec![vec![change_ana(1)]]);
    ended.unwrap();
    let found = target.present(&[change_ana(1).write.subject()]).unwrap();
    assert_eq!(outcomes, [(Seq(1), Outcome::Drifted(found[0].clone()))]);
}

#[test]
fn only_what_was_read_before_another_program_wrote_is_looked_at_again() {
    let (folder, target) = embedded();
    let (sender, stage) = feed(1);
    let (done, outcomes) = channel::<(Seq, Outcome)>();
    let drifted = Outcome::Drifted(Present::Owner(Principal::User(ANA)));
    std::thread::scope(|scope| {
        let writing = scope.spawn(|| target.write(&stage, &done));
        // A second look finds Ana, where the plan knows of the stub user and Ben only.
        let told = |number: u128, as_of: AsOf| {
            let mut change = assign(0, number, BEN);
            if let Write::AssignRecord { before, .. } = &mut change.write {
                *before = Principal::User(STUB);
            }
            sender.send_as_of(vec![change], as_of).unwrap();
            outcomes.recv().unwrap().1
        };
        let before_it_was_opened = sender.now();
        assert_eq!(told(3, before_it_was_opened), drifted);
        let opened = sender.now();
        assert_eq!(told(3, opened), DONE);
        assert_eq!(told(4, before_it_was_opened), drifted);
        let other = Connection::open(folder.path().join("environment.sqlite")).unwrap();
        other
            .execute("UPDATE user SET full_name = 'A'", [])
            .unwrap();
        assert_eq!(told(5, opened), drifted);
        assert_eq!(told(5, sender.now()), DONE);
        drop(sender);
        writing.join().unwrap().unwrap();
    });
}

#[test]
fn nothing_is_left_beside_the_file() {
    let check = |case: &str, work: &dyn Fn(&Embedded)| {
        let (folder, target) = embedded();
        work(&target);
        drop(target);
        let beside: Vec<_> = std::fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        assert_eq!(beside, ["environment.sqlite"], "case: {case}");
    };
    check("only opened", &|_| {});
    check("read", &|target| drop(target.identity().unwrap()));
    check("written to", &|target| {
        write(target, vec![vec![assign(0, 3, BEN)]]).1.unwrap();
    });
}

#[test]
fn a_missing_file_is_said_so() {
    let missing = Embedded::open(Path::new("nowhere/environment.sqlite"));
    assert!(matches!(missing, Err(TargetError::Environment(_))));
}

#[test]
fn the_memory_fails_on_demand() {
    let target = memory();
    let refusal = Refusal {
        code: ServiceCode(1),
        message: String::new(),
    };
    target.refuse(Seq(1), refusal.clone());
    target.fail_after(1, true);
    let batches = || {
        vec![
            vec![assign(0, 0, BEN), assign(1, 1, BEN)],
            vec![assign(2, 2, BEN)],
            vec![assign(3, 3, BEN)],
        ]
    };
    let (outcomes, ended) = write(&target, batches());
    ended.unwrap_err();
    assert_eq!(
        outcomes,
        [(Seq(0), DONE), (Seq(1), Outcome::Failed(refusal))]
    );
    assert_eq!(target.written(), [Seq(0), Seq(2)]);
    target.fail_after(0, false);
    write(&target, batches()).1.unwrap_err();
    assert_eq!(target.written(), [Seq(0), Seq(2)]);
    target.heal();
    target.put(record_subject(3), Present::Absent);
    write(&target, batches()).1.unwrap();
    assert_eq!(target.written(), [Seq(0), Seq(2), Seq(3)]);
}
