//! What another program does while apply writes: between the reading of a batch and its writing.
//!
//! In: the clean sample, and one write over another connection before the batch that holds a certain
//! change is passed on. Out: exactly that change has the outcome that is right, everything else is as
//! in an undisturbed run, row by row; put right, a second run completes it.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant};

use cutover::apply::{Applied, ApplyError, Tally};
use cutover::model::{Change, ChangeKind, Outcome, Present, Principal, Seq, TeamId, UserId, Write};
use cutover::run::Exit;
use cutover::target::{Target, TargetError};
use rusqlite::Connection;

use super::sample::{BATCH, Sample, id, owners, set_owner, somebody_else};
use super::{command, ends, says, sql};
use crate::meddled::Meddled;
use crate::support::tables;

/// What an undisturbed run leads to.
fn undisturbed() -> BTreeMap<String, Vec<String>> {
    let sample = Sample::planned();
    let applied = sample.apply(&sample.target()).unwrap();
    assert!(applied.is_complete(), "{applied:?}");
    tables(sample.path())
}

/// Applies while `meddle` is written before `before` is passed on.
fn apply_beside(sample: &Sample, before: &Change, meddle: &str) -> Applied {
    let path = sample.path();
    let target = Meddled::new(sample.target(), before.seq, || sql(path, meddle));
    let applied = sample.apply(&target).unwrap();
    assert!(target.has_meddled(), "nobody meddled");
    adds_up(sample, &applied);
    applied
}

/// Each kind of change adds up to what the plan has of it.
fn adds_up(sample: &Sample, applied: &Applied) {
    for kind in ChangeKind::ALL {
        let mut planned = sample.changes();
        planned.retain(|change| change.write.kind() == kind);
        let account = applied.accounts.get(&kind);
        let counted = account.map_or(0, |account| account.planned());
        assert_eq!(counted, planned.len() as u64, "{kind:?}");
    }
    let refused: u64 = applied.refused.values().sum();
    assert_eq!(refused, applied.total().failed);
}

/// What was not as planned, over all kinds: no change, failed, drifted, skipped.
fn not_done(applied: &Applied) -> [u64; 4] {
    let Tally {
        no_change,
        failed,
        drifted,
        skipped,
        ..
    } = applied.total();
    [no_change, failed, drifted, skipped]
}

/// Put right by `cure`, a second run completes it, and it is as if nobody had ever meddled.
#[track_caller]
fn completes(sample: &Sample, cure: &str) {
    sql(sample.path(), cure);
    let applied = sample.apply(&sample.target()).unwrap();
    assert!(applied.is_complete(), "{applied:?}");
    adds_up(sample, &applied);
    assert!(sample.is_as_planned());
    assert!(tables(sample.path()) == undisturbed(), "as undisturbed");
    assert!(sample.undo(&sample.target()).unwrap().is_complete());
}

fn role(change: &Change) -> String {
    match change.write {
        Write::GiveRole { principal, role } | Write::RemoveRole { principal, role } => {
            format!("{}, {}", id(principal.uuid()), id(role.0))
        }
        _ => panic!("no role: {change:?}"),
    }
}

#[test]
fn a_record_got_another_owner() {
    let sample = Sample::planned();
    let record = sample.change(ChangeKind::AssignRecord, 21);
    let other = somebody_else(&sample, &record);
    let applied = apply_beside(&sample, &record, &set_owner(&record, other));
    assert_eq!(not_done(&applied), [0, 0, 1, 0]);
    assert_eq!(applied.failures[0].seq, record.seq);
    assert_eq!(
        applied.failures[0].outcome,
        Outcome::Drifted(Present::Owner(other))
    );
    assert!(applied.refused.is_empty());
    let held = sample.target().present(&[record.write.subject()]).unwrap();
    assert_eq!(held, [Present::Owner(other)], "nothing is overwritten");
    // While it stays so, another run changes nothing.
    let again = sample.apply(&sample.target()).unwrap();
    assert!(again.nothing_written && not_done(&again) == [0, 0, 1, 0]);
    assert!(!sample.is_as_planned());
    completes(&sample, &set_owner(&record, owners(&record).0));
}

#[test]
fn a_record_was_deleted() {
    let sample = Sample::planned();
    let record = sample.change(ChangeKind::AssignRecord, 60);
    let Write::AssignRecord { record: which, .. } = record.write else {
        panic!("an assignment");
    };
    let keep = format!(
        "CREATE TABLE kept AS SELECT * FROM record WHERE id = {0};
         DELETE FROM record WHERE id = {0}",
        id(which.0)
    );
    let applied = apply_beside(&sample, &record, &keep);
    assert_eq!(not_done(&applied), [0, 0, 1, 0]);
    assert_eq!(
        applied.failures[0].outcome,
        Outcome::Drifted(Present::Absent)
    );
    completes(
        &sample,
        "INSERT INTO record SELECT * FROM kept; DROP TABLE kept",
    );
}

#[test]
fn a_record_got_the_planned_owner_from_somebody_else() {
    let sample = Sample::planned();
    let record = sample.change(ChangeKind::AssignRecord, 30);
    let applied = apply_beside(&sample, &record, &set_owner(&record, owners(&record).1));
    assert_eq!(not_done(&applied), [1, 0, 0, 0]);
    assert!(applied.is_complete());
    assert!(sample.is_as_planned());
    assert!(tables(sample.path()) == undisturbed());
    // What we did not write we do not take back.
    assert!(sample.undo(&sample.target()).unwrap().is_complete());
    let held = sample.target().present(&[record.write.subject()]).unwrap();
    assert_eq!(held, [record.write.after()]);
}

#[test]
fn a_role_was_given_by_somebody_else() {
    let sample = Sample::planned();
    let gift = sample.change(ChangeKind::GiveRole, 2);
    let given = format!(
        "INSERT INTO user_role (user, role) VALUES ({})",
        role(&gift)
    );
    let applied = apply_beside(&sample, &gift, &given);
    assert_eq!(not_done(&applied), [1, 0, 0, 0]);
    assert!(applied.is_complete() && sample.is_as_planned());
    assert!(tables(sample.path()) == undisturbed());
}

#[test]
fn a_role_was_removed_by_somebody_else() {
    let sample = Sample::planned();
    let removal = sample.change(ChangeKind::RemoveRole, 1);
    let gone = format!(
        "DELETE FROM user_role WHERE (user, role) = ({})",
        role(&removal)
    );
    let applied = apply_beside(&sample, &removal, &gone);
    assert_eq!(not_done(&applied), [1, 0, 0, 0]);
    assert!(applied.is_complete() && sample.is_as_planned());
    assert!(tables(sample.path()) == undisturbed());
}

#[test]
fn an_owner_lost_every_role() {
    let sample = Sample::planned();
    // He gets no role from the plan, and none through a team.
    let owner = user_named(&sample, "adam.szabo@alpineskihouse.com");
    let user = id(owner.uuid());
    let lost = format!(
        "CREATE TABLE kept AS SELECT * FROM user_role WHERE user = {user};
         DELETE FROM user_role WHERE user = {user}"
    );
    let found = "INSERT INTO user_role SELECT * FROM kept; DROP TABLE kept";
    owner_is_refused(&sample, owner, &lost, found, "0x80042f09");
}

#[test]
fn an_owner_was_deleted() {
    let sample = Sample::planned();
    let owner = user_named(&sample, "adam.szabo@alpineskihouse.com");
    let user = id(owner.uuid());
    let deleted = format!(
        "PRAGMA foreign_keys = ON;
         CREATE TABLE kept AS SELECT * FROM user WHERE id = {user};
         CREATE TABLE kept_role AS SELECT * FROM user_role WHERE user = {user};
         CREATE TABLE kept_team AS SELECT * FROM team_member WHERE user = {user};
         DELETE FROM user_role WHERE user = {user};
         DELETE FROM team_member WHERE user = {user};
         DELETE FROM user WHERE id = {user}"
    );
    let back = "INSERT INTO user SELECT * FROM kept;
        INSERT INTO user_role SELECT * FROM kept_role;
        INSERT INTO team_member SELECT * FROM kept_team;
        DROP TABLE kept; DROP TABLE kept_role; DROP TABLE kept_team";
    owner_is_refused(&sample, owner, &deleted, back, "0x80040217");
}

#[test]
fn a_team_that_owns_became_an_access_team() {
    let sample = Sample::planned();
    let file = Connection::open(sample.path().join("environment.sqlite")).unwrap();
    let query = "SELECT id FROM team WHERE name = 'Key Resorts'";
    let team: [u8; 16] = file.query_row(query, [], |row| row.get(0)).unwrap();
    let owner = Principal::Team(TeamId(uuid::Uuid::from_bytes(team)));
    let kind = |kind| format!("UPDATE team SET kind = {kind} WHERE name = 'Key Resorts'");
    owner_is_refused(&sample, owner, &kind(1), &kind(0), "0x80048340");
}

/// Before the batch with the second record of `owner`, `meddle` makes an owner of him that the service
/// refuses; `cure` puts that right.
#[track_caller]
fn owner_is_refused(sample: &Sample, owner: Principal, meddle: &str, cure: &str, code: &str) {
    let mut all = sample.changes();
    all.retain(|change| change.write.kind() == ChangeKind::AssignRecord);
    let batch_of = |change: &Change| (change.seq.0 - all[0].seq.0) / BATCH as u64;
    let his = all.iter().filter(|change| owners(change).1 == owner);
    let his: Vec<&Change> = his.collect();
    let first = his
        .iter()
        .find(|change| batch_of(change) > batch_of(his[0]));
    let first = first.expect("he gets records in several batches");
    let expected: Vec<Seq> = his
        .iter()
        .filter(|change| batch_of(change) >= batch_of(first))
        .map(|change| change.seq)
        .collect();
    let applied = apply_beside(sample, first, meddle);
    let failed: Vec<Seq> = applied.failures.iter().map(|failure| failure.seq).collect();
    assert_eq!(failed, expected, "those before stay, the rest is refused");
    assert_eq!(not_done(&applied), [0, expected.len() as u64, 0, 0]);
    let codes: Vec<String> = applied.refused.keys().map(ToString::to_string).collect();
    assert_eq!(codes, [code]);
    completes(sample, cure);
}

fn user_named(sample: &Sample, upn: &str) -> Principal {
    let file = Connection::open(sample.path().join("environment.sqlite")).unwrap();
    let query = "SELECT id FROM user WHERE upn = ?1";
    let id: [u8; 16] = file.query_row(query, [upn], |row| row.get(0)).unwrap();
    Principal::User(UserId(uuid::Uuid::from_bytes(id)))
}

#[test]
fn a_user_was_disabled_between_two_stages() {
    let sample = Sample::planned();
    let gift = sample.change(ChangeKind::GiveRole, 3);
    let Write::GiveRole { principal, .. } = gift.write else {
        panic!("a gift");
    };
    let user = id(principal.uuid());
    let first = sample.change(ChangeKind::CreateStubUser, 0);
    let disable = format!("UPDATE user SET disabled = 1 WHERE id = {user}");
    let applied = apply_beside(&sample, &first, &disable);
    let gifts: Vec<Seq> = sample
        .changes()
        .iter()
        .filter(|change| matches!(change.write, Write::GiveRole { principal: to, .. } if to == principal))
        .map(|change| change.seq)
        .collect();
    let found: Vec<Seq> = applied.failures.iter().map(|failure| failure.seq).collect();
    assert_eq!(found, gifts, "{:?}", applied.failures);
    assert!(matches!(applied.failures[0].outcome, Outcome::Failed(_)));
    assert_eq!(not_done(&applied), [0, gifts.len() as u64, 0, 0]);
    completes(
        &sample,
        &format!("UPDATE user SET disabled = 0 WHERE id = {user}"),
    );
}

/// A stub user of the plan as somebody else would make it, under this id.
fn made_by_hand(stub: &Change, mail: &str, as_stub: bool) -> String {
    let Write::CreateStub(stub) = &stub.write else {
        panic!("a stub user: {stub:?}");
    };
    format!(
        "INSERT INTO user (id, upn, mail, first_name, last_name, full_name, business_unit,
             access_mode, disabled, stub)
         VALUES (x'0000000000004000800000000000abcd', '{}', '{mail}', '{}', '{}', '{}', {}, 0, 1, {});
         INSERT INTO user_role (user, role) VALUES (x'0000000000004000800000000000abcd', {})",
        stub.upn,
        stub.first_name.clone().unwrap_or_default(),
        stub.last_name.clone().unwrap_or_default(),
        stub.full_name,
        id(stub.business_unit.0),
        u8::from(as_stub),
        id(stub.default_role.0)
    )
}

/// What the plan gives to a stub user.
fn given_to(sample: &Sample, stub: &Change) -> u64 {
    let Write::CreateStub(stub) = &stub.write else {
        panic!("a stub user: {stub:?}");
    };
    let its = Principal::User(stub.id);
    let names = |change: &&Change| match change.write {
        Write::AssignRecord { after, .. } => after == its,
        Write::GiveRole { principal, .. } | Write::RemoveRole { principal, .. } => principal == its,
        _ => false,
    };
    sample.changes().iter().filter(names).count() as u64
}

#[test]
fn somebody_took_the_address_of_a_stub_user() {
    let sample = Sample::planned();
    let stub = sample.change(ChangeKind::CreateStubUser, 1);
    let taken = made_by_hand(&stub, "other@example.com", false);
    let applied = apply_beside(&sample, &stub, &taken);
    let left = given_to(&sample, &stub);
    assert!(left > 0, "records wait for it");
    assert_eq!(not_done(&applied), [0, 1, 0, left]);
    assert_eq!(applied.failures[0].seq, stub.seq);
    assert!(matches!(applied.failures[0].outcome, Outcome::Failed(_)));
    // Not made, not taken for the one who has the address, and none of its records given to him.
    let again = sample.apply(&sample.target()).unwrap();
    assert_eq!(not_done(&again), [0, 0, 1, left]);
    assert!(again.nothing_written);
    completes(
        &sample,
        "DELETE FROM user_role WHERE user = x'0000000000004000800000000000abcd';
         DELETE FROM user WHERE id = x'0000000000004000800000000000abcd'",
    );
}

#[test]
fn somebody_made_the_very_stub_user() {
    let sample = Sample::planned();
    let stub = sample.change(ChangeKind::CreateStubUser, 1);
    let Write::CreateStub(wanted) = &stub.write else {
        panic!("a stub user");
    };
    let applied = apply_beside(&sample, &stub, &made_by_hand(&stub, &wanted.mail, true));
    let left = given_to(&sample, &stub);
    assert_eq!(not_done(&applied), [0, 1, 0, left]);
    // The next run finds it to be as planned, and gives the records to the id that it has.
    let again = sample.apply(&sample.target()).unwrap();
    assert!(again.is_complete(), "{again:?}");
    assert_eq!(not_done(&again), [1, 0, 0, 0]);
    assert!(sample.is_as_planned());
    let file = Connection::open(sample.path().join("environment.sqlite")).unwrap();
    let query = "SELECT count(*) FROM record WHERE owner = x'0000000000004000800000000000abcd'";
    let held: i64 = file.query_row(query, [], |row| row.get(0)).unwrap();
    assert_eq!(u64::try_from(held), Ok(left));
    // Undo gives the records back, and leaves the user whom somebody else made.
    assert!(sample.undo(&sample.target()).unwrap().is_complete());
    let query = "SELECT count(*) FROM user WHERE id = x'0000000000004000800000000000abcd'";
    let there: i64 = file.query_row(query, [], |row| row.get(0)).unwrap();
    assert_eq!(there, 1);
}

#[test]
fn another_program_holds_the_file_for_a_moment() {
    let sample = Sample::planned();
    let record = sample.change(ChangeKind::AssignRecord, 40);
    let other = Mutex::new(Connection::open(sample.path().join("environment.sqlite")).unwrap());
    let (held, release) = channel();
    thread::scope(|scope| {
        let other = &other;
        scope.spawn(move || {
            release.recv().unwrap();
            thread::sleep(Duration::from_millis(700));
            other.lock().unwrap().execute_batch("COMMIT").unwrap();
        });
        let target = Meddled::new(sample.target(), record.seq, move || {
            other
                .lock()
                .unwrap()
                .execute_batch("BEGIN IMMEDIATE")
                .unwrap();
            held.send(()).unwrap();
        });
        assert!(sample.apply(&target).unwrap().is_complete());
    });
    assert!(tables(sample.path()) == undisturbed());
}

#[test]
fn another_program_holds_the_file_for_too_long() {
    let sample = Sample::planned();
    let record = sample.change(ChangeKind::AssignRecord, 40);
    let file = sample.path().join("environment.sqlite");
    let other = Mutex::new(Connection::open(&file).unwrap());
    let target = Meddled::new(sample.target(), record.seq, || {
        other
            .lock()
            .unwrap()
            .execute_batch("BEGIN IMMEDIATE")
            .unwrap();
    });
    let error = sample.apply(&target).unwrap_err();
    assert!(
        matches!(error, ApplyError::Target(TargetError::Locked { .. })),
        "{error}"
    );
    drop(target);
    // Half of it is there; the file is free again, and it goes on.
    let between = tables(sample.path());
    assert!(between != undisturbed());
    other.lock().unwrap().execute_batch("ROLLBACK").unwrap();
    let ended = command("apply", sample.path());
    ends(&ended, Exit::Done);
    assert!(tables(sample.path()) == undisturbed());
    ends(&command("verify", sample.path()), Exit::Done);
}

#[test]
fn another_program_reads_the_file_and_does_not_end() {
    let sample = Sample::planned();
    let before = tables(sample.path());
    let other = Connection::open(sample.path().join("environment.sqlite")).unwrap();
    other
        .execute_batch("BEGIN; SELECT count(*) FROM user")
        .unwrap();
    let begun = Instant::now();
    let ended = command("apply", sample.path());
    let words = ["environment.sqlite", "locked by another program", "close"];
    says("apply", &ended, Exit::Refused, &words);
    assert!(begun.elapsed() < Duration::from_secs(30), "it waits once");
    assert!(tables(sample.path()) == before);
    other.execute_batch("COMMIT").unwrap();
    ends(&command("apply", sample.path()), Exit::Done);
    assert!(tables(sample.path()) == undisturbed());
}
