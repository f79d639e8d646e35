//! What another program does before or while an undo takes back.
//!
//! In: an applied plan, and something that moved since, or between the reading of a batch and its
//! writing. Out: what is not as apply wrote it is left alone and reported; the rest is as it was before.

use cutover::model::{Change, ChangeKind, Outcome, Present, Principal, Seq, Write};
use cutover::run::Exit;

use cutover::target::Target;

use super::sample::{Sample, id, set_owner, somebody_else};
use super::{command, ends, says, sql};
use crate::meddled::Meddled;
use crate::support::tables;

/// An applied sample, and its tables before.
fn applied() -> (Sample, std::collections::BTreeMap<String, Vec<String>>) {
    let sample = Sample::planned();
    let before = tables(sample.path());
    assert!(sample.apply(&sample.target()).unwrap().is_complete());
    (sample, before)
}

/// Rows of a table that are not as they were.
fn moved(
    before: &std::collections::BTreeMap<String, Vec<String>>,
    after: &std::collections::BTreeMap<String, Vec<String>>,
) -> Vec<(String, usize)> {
    before
        .iter()
        .map(|(name, rows)| {
            let same = rows.iter().filter(|row| after[name].contains(row)).count();
            (name.clone(), rows.len().max(after[name].len()) - same)
        })
        .filter(|(_, rows)| *rows > 0)
        .collect()
}

/// An assignment to somebody who was there before: a stub user would stay for it.
fn not_of_a_stub_user(sample: &Sample) -> Change {
    let all = sample.changes();
    let stubs: Vec<Principal> = all
        .iter()
        .filter_map(|change| match &change.write {
            Write::CreateStub(stub) => Some(Principal::User(stub.id)),
            _ => None,
        })
        .collect();
    let found = all.into_iter().find(|change| match change.write {
        Write::AssignRecord { after, .. } => !stubs.contains(&after),
        _ => false,
    });
    found.expect("most records go to people")
}

#[test]
fn a_record_was_given_on_between_reading_and_taking_back() {
    let (sample, before) = applied();
    let record = not_of_a_stub_user(&sample);
    let other = somebody_else(&sample, &record);
    let path = sample.path();
    let given = set_owner(&record, other);
    let target = Meddled::new(sample.target(), record.seq, || sql(path, &given));
    let undone = sample.undo(&target).unwrap();
    let total = undone.total();
    assert_eq!(total.unsuccessful(), 1, "{:?}", undone.failures);
    assert_eq!(undone.failures[0].seq, record.seq);
    assert_eq!(moved(&before, &tables(path)), [("record".to_owned(), 1)]);
    let held = sample.target().present(&[record.write.subject()]).unwrap();
    assert_eq!(held, [Present::Owner(other)], "nothing is overwritten");
    // Put right, the undo is completed.
    let Write::AssignRecord { after, .. } = record.write else {
        panic!("an assignment");
    };
    sql(path, &set_owner(&record, after));
    assert!(sample.undo(&sample.target()).unwrap().is_complete());
    assert!(tables(path) == before);
}

#[test]
fn roles_moved_between_reading_and_taking_back() {
    let (sample, before) = applied();
    let path = sample.path();
    let gift = sample.change(ChangeKind::GiveRole, 4);
    let removal = sample.change(ChangeKind::RemoveRole, 0);
    let cells = |write: &Write| match write {
        Write::GiveRole { principal, role } | Write::RemoveRole { principal, role } => {
            format!("{}, {}", id(principal.uuid()), id(role.0))
        }
        other => panic!("no role: {other:?}"),
    };
    // Somebody has taken and given them himself just now; the way back begins with the removals.
    let meddle = format!(
        "DELETE FROM user_role WHERE (user, role) = ({});
         INSERT INTO user_role (user, role) VALUES ({})",
        cells(&gift.write),
        cells(&removal.write)
    );
    let target = Meddled::new(sample.target(), removal.seq, || sql(path, &meddle));
    let undone = sample.undo(&target).unwrap();
    // The role given had been read by nobody yet: it is found to be taken back already. The removal
    // was about to be taken back, and the service found that it was.
    let failed: Vec<Seq> = undone.failures.iter().map(|failure| failure.seq).collect();
    assert_eq!(failed, [removal.seq], "{:?}", undone.failures);
    assert!(matches!(undone.failures[0].outcome, Outcome::Failed(_)));
    assert_eq!(undone.total().no_change, 1);
    assert!(
        tables(path) == before,
        "both are as they were before the plan"
    );
    assert!(sample.undo(&sample.target()).unwrap().is_complete());
}

#[test]
fn a_stub_user_got_something_of_its_own() {
    let (sample, before) = applied();
    let path = sample.path();
    let stub = sample.change(ChangeKind::CreateStubUser, 2);
    let Write::CreateStub(user) = &stub.write else {
        panic!("a stub user");
    };
    // A record that the plan does not touch is given to it by hand.
    let planned: Vec<String> = sample
        .changes()
        .iter()
        .filter_map(|change| match &change.write {
            Write::AssignRecord { record, .. } => Some(id(record.0)),
            _ => None,
        })
        .collect();
    let user = id(user.id.0);
    let others = format!("NOT IN ({})", planned.join(", "));
    sql(
        path,
        &format!(
            "CREATE TABLE kept AS SELECT * FROM record WHERE id {others} ORDER BY id LIMIT 1;
             UPDATE record SET owner_type = 8, owner = {user} WHERE id = (SELECT id FROM kept)"
        ),
    );
    let undone = command("undo", path);
    says(
        "undo",
        &undone,
        Exit::Partly,
        &["stub user", "refused", "cutover undo"],
    );
    let differing = moved(&before, &tables(path));
    let expected = [("record", 1), ("user", 1), ("user_role", 1)];
    assert_eq!(
        differing,
        expected.map(|(name, rows)| (name.to_owned(), rows))
    );
    sql(
        path,
        "UPDATE record SET owner_type = kept.owner_type, owner = kept.owner FROM kept
         WHERE record.id = kept.id AND record.entity = kept.entity; DROP TABLE kept",
    );
    ends(&command("undo", path), Exit::Done);
    assert!(tables(path) == before);
}
