//! What the environment file and the memory do as targets, each for itself.
//!
//! In: the world of the contract. Out: nothing, or a failed test. What all targets have in common is `contract.rs`.

use std::path::Path;
use std::sync::mpsc::channel;
use std::time::Duration;

use rusqlite::Connection;
use uuid::Uuid;

use crate::model::{
    Outcome, Present, Principal, Refusal, Seq, ServiceCode, Subject, UserId, Write,
};
use crate::target::contract::{
    ANA, BEN, DONE, RECORDS, ROLE, STUB, assign, change_ana, create, embedded, memory, record,
    record_subject, write,
};
use crate::target::{AsOf, Embedded, Target, TargetError, feed};

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
