//! Tests of the plan folder: what goes in comes out, in the same bytes each time, or not at all.

mod bounds;
mod owners;
mod people;
mod sample;
mod schema;
mod tampering;

use std::collections::BTreeMap;
use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use proptest::prelude::*;

use crate::model::{
    Change, Fate, FileId, Finding, Place, Principal, RecordId, RoleAction, Seq, Severity, UserId,
    Write,
};
use crate::plan::Draft;
use crate::plan::DraftFile;
use crate::plan::Fields;
use crate::plan::PlaceRow;
use crate::plan::SealedPlan;
use sample::{Sample, samples};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn a_draft_comes_back_as_its_changes(sample in samples(), batch in 1_usize..20) {
        let folder = tempfile::tempdir().unwrap();
        let sealed = sample.seal_into(folder.path()).unwrap();
        let opened = SealedPlan::open(folder.path()).unwrap();
        prop_assert_eq!(sealed.document(), opened.document());
        prop_assert_eq!(changes_of(&opened, batch), expected_changes(&sample.draft));
        prop_assert_eq!(places_of(&opened), expected_places(&sample.findings));
        prop_assert_eq!(opened.fields().unwrap(), Fields::of(&sample.facts));
    }

    #[test]
    fn reading_can_start_at_any_change(sample in samples(), from in 0_u64..60, batch in 1_usize..9) {
        let folder = tempfile::tempdir().unwrap();
        let plan = sample.seal_into(folder.path()).unwrap();
        let mut read = Vec::new();
        for stage in plan.stages() {
            plan.changes_from(&stage, Seq(from), batch, &mut |changes| {
                read.extend(changes);
                ControlFlow::Continue(())
            }).unwrap();
        }
        let mut expected = expected_changes(&sample.draft);
        expected.retain(|change| change.seq >= Seq(from));
        prop_assert_eq!(read, expected);
    }
}

#[test]
fn batches_have_the_size_asked_for_and_reading_can_be_ended() {
    let folder = tempfile::tempdir().unwrap();
    let plan = Sample::full().seal_into(folder.path()).unwrap();
    let stage = plan.stages().remove(3);
    let mut sizes = Vec::new();
    plan.changes(&stage, 10, &mut |changes| {
        sizes.push(changes.len());
        ControlFlow::Continue(())
    })
    .unwrap();
    assert_eq!(
        sizes,
        [10, 10, 7],
        "27 changes in groups of 7, batches of 10"
    );
    let mut handed_out = 0;
    plan.changes(&stage, 10, &mut |changes| {
        handed_out += changes.len();
        ControlFlow::Break(())
    })
    .unwrap();
    assert_eq!(handed_out, 10);
}

#[test]
fn the_bytes_are_the_same_on_any_number_of_threads_and_in_any_folder() {
    let sample = Sample::full();
    let sealed_on = |threads| {
        let folder = tempfile::tempdir().unwrap();
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
        let pool = pool.build().unwrap();
        pool.install(|| sample.seal_into(&folder.path().join("deeper/plan")))
            .unwrap();
        bytes_of(&folder.path().join("deeper/plan"))
    };
    let first = sealed_on(1);
    assert!(
        first.len() >= 7,
        "document, findings, principals and changes"
    );
    for threads in [1, 2, 3, 4] {
        assert_eq!(sealed_on(threads), first, "{threads} threads");
    }
}

#[test]
fn the_document_counts_what_the_files_hold() {
    let folder = tempfile::tempdir().unwrap();
    let plan = Sample::full().seal_into(folder.path()).unwrap();
    let document = plan.document();
    let stages: Vec<_> = plan
        .stages()
        .into_iter()
        .map(|stage| {
            (
                stage.stage.number(),
                stage.entity,
                stage.first_seq.0,
                stage.rows,
            )
        })
        .collect();
    let expected = [
        (1, "systemuser", 0, 2),
        (2, "systemuser", 2, 2),
        (3, "systemuserroles", 4, 1),
        (4, "table0", 5, 27),
        (4, "table1", 32, 1),
        (5, "systemuserroles", 33, 2),
    ];
    assert_eq!(
        stages,
        expected.map(|(stage, table, seq, rows)| (stage, table.to_owned(), seq, rows))
    );
    let counts = [
        ("assign_record", 28),
        ("change_user", 2),
        ("create_stub_user", 2),
        ("give_role", 1),
        ("remove_role", 2),
    ];
    assert_eq!(
        document.totals.changes,
        counts.map(|(kind, count)| (kind.to_owned(), count)).into()
    );
    let totals = &document.totals;
    assert_eq!(
        (
            totals.errors,
            totals.accepted,
            totals.warnings,
            totals.notes
        ),
        (3, 1, 1, 1)
    );
    assert_eq!((totals.rows, totals.references), (53, 5));
    let stubs: Vec<u64> = document
        .stub_users
        .iter()
        .map(|stub| stub.records)
        .collect();
    // Table0 has rows of owner 2, none of owner 4 as a user.
    assert_eq!(stubs, [5, 0]);
    let roles: Vec<_> = document
        .roles
        .iter()
        .map(|role| (role.given, role.removed))
        .collect();
    // Another that is given goes with the change of a user.
    assert_eq!(roles, [(1, 0), (0, 2)]);
    assert_eq!(document.inputs[0].rows, 12);
    assert_eq!(document.unchecked[0].needs, ["teams"]);
    assert!(document.unchecked[0].guards);
}

#[test]
fn a_plan_without_changes_is_a_plan() {
    let folder = tempfile::tempdir().unwrap();
    Sample::empty().seal_into(folder.path()).unwrap();
    let plan = SealedPlan::open(folder.path()).unwrap();
    assert_eq!(plan.stages(), []);
    assert_eq!(places_of(&plan), []);
    assert_eq!(plan.short_seal(), &plan.seal()[..8]);
}

#[cfg(unix)]
#[test]
fn only_the_owner_can_read_a_plan() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let plan = folder.path().join("plan");
    fs::create_dir(&plan).unwrap();
    Sample::full().seal_into(&plan).unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&plan), 0o700);
    assert_eq!(mode(&plan.join("changes")), 0o700);
    for file in bytes_of(&plan).into_keys() {
        assert_eq!(mode(&plan.join(&file)), 0o600, "{}", file.display());
    }
}

fn changes_of(plan: &SealedPlan, batch: usize) -> Vec<Change> {
    let mut read = Vec::new();
    for stage in plan.stages() {
        let first = read.len();
        plan.changes(&stage, batch, &mut |changes| {
            read.extend(changes);
            ControlFlow::Continue(())
        })
        .unwrap();
        assert_eq!((read.len() - first) as u64, stage.rows);
    }
    read
}

/// The changes of a draft by the plainest of ways: stage after stage, row after row.
fn expected_changes(draft: &Draft) -> Vec<Change> {
    let mut writes: Vec<(Write, Option<(FileId, u64)>)> = Vec::new();
    for stub in draft.stubs.iter().filter(|stub| stub.fallen.is_none()) {
        let user = Box::new(stub.stub_user().unwrap());
        let source = stub.place.map(|(file, row, _)| (file, row));
        writes.push((Write::CreateStub(user), source));
    }
    let roles = |action| {
        let standing = draft.roles.iter().filter(|role| role.fallen.is_none());
        standing.filter(move |role| role.action == action)
    };
    let changed: Vec<UserId> = draft
        .users
        .iter()
        .filter(|user| user.fallen.is_none())
        .map(|user| user.user)
        .collect();
    for user in draft.users.iter().filter(|user| user.fallen.is_none()) {
        let given = roles(RoleAction::Give);
        let given = given.filter(|role| role.principal == Principal::User(user.user));
        let given: Vec<_> = given.map(|role| role.role).collect();
        let change = Box::new(user.change(&given));
        writes.push((Write::ChangeUser(change), Some((user.file, user.row))));
    }
    for given in roles(RoleAction::Give) {
        let (principal, role) = (given.principal, given.role);
        if changed
            .iter()
            .any(|user| principal == Principal::User(*user))
        {
            continue;
        }
        writes.push((
            Write::GiveRole { principal, role },
            Some((given.file, given.row)),
        ));
    }
    for table in &draft.tables {
        let entity: Arc<str> = table.entity.as_str().into();
        for file in &table.files {
            for row in (0..file.len()).filter(|row| file.fates[*row] == Fate::Change) {
                let place = file.place(row);
                writes.push((
                    assignment(draft, &entity, file, row),
                    Some((place.file, place.row)),
                ));
            }
        }
    }
    for removed in roles(RoleAction::Remove) {
        let (principal, role) = (removed.principal, removed.role);
        writes.push((
            Write::RemoveRole { principal, role },
            Some((removed.file, removed.row)),
        ));
    }
    let numbered = (0..).map(Seq).zip(writes);
    numbered
        .map(|(seq, (write, source))| Change {
            seq,
            write,
            restore: false,
            source,
        })
        .collect()
}

fn assignment(draft: &Draft, entity: &Arc<str>, file: &DraftFile, row: usize) -> Write {
    let record: RecordId = file.records(row..row + 1).unwrap()[0];
    let asked = file.before_and_after(row).unwrap();
    let before: Principal = draft.principal(asked.before.unwrap());
    let after = draft.principal(asked.after);
    Write::AssignRecord {
        entity: Arc::clone(entity),
        record,
        before,
        after,
    }
}

fn places_of(plan: &SealedPlan) -> Vec<PlaceRow> {
    let mut places = Vec::new();
    plan.places(&mut |place| {
        places.push(place);
        ControlFlow::Continue(())
    })
    .unwrap();
    places
}

fn expected_places(findings: &[Finding]) -> Vec<PlaceRow> {
    let mut rows = Vec::new();
    for finding in findings {
        let row = |place: Option<Place>| PlaceRow {
            code: finding.code,
            severity: finding.severity(),
            accepted: finding.accepted,
            subject: finding.subject.as_str().into(),
            message: finding.message.as_str().into(),
            cure: finding.cure.as_str().into(),
            place,
        };
        rows.extend(finding.places.iter().map(|place| row(Some(place))));
        rows.extend(finding.places.is_empty().then(|| row(None)));
    }
    assert!(rows.is_sorted_by_key(|row| -> Severity { row.severity }));
    rows
}

/// Every file below a folder, by its path within it.
fn bytes_of(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(within) = folders.pop() {
        for entry in fs::read_dir(folder.join(&within)).unwrap() {
            let path = within.join(entry.unwrap().file_name());
            if folder.join(&path).is_dir() {
                folders.push(path);
            } else {
                let bytes = fs::read(folder.join(&path)).unwrap();
                files.insert(path, bytes);
            }
        }
    }
    files
}
