//! The document stays small, however much is wrong; what it leaves out is counted, and in the files.

use super::places_of;
use super::sample::Sample;
use crate::model::{Code, FileId, Findings, Place};
use crate::plan::FINDINGS_PER_CODE_MAX;
use crate::plan::LISTED_MAX;
use crate::plan::PLACES_MAX;

#[test]
fn findings_and_places_are_bounded_and_counted() {
    let mut findings = Findings::default();
    for number in 0..FINDINGS_PER_CODE_MAX + 5 {
        let subject = format!("owner {number:05}");
        let id = findings.about(Code::Own002, &subject, String::new, String::new);
        findings.place(id, Place::row(FileId(1), 2, 2));
    }
    let many = findings.about(Code::Own003, "Ana", String::new, String::new);
    for row in 0..250 {
        findings.place(many, Place::row(FileId(1), row, row));
    }
    let mut sample = Sample::empty();
    sample.findings = findings.finish(&sample.accept);
    let folder = tempfile::tempdir().unwrap();
    let plan = sample.seal_into(folder.path()).unwrap();
    let document = plan.document();
    assert_eq!(document.findings.len(), FINDINGS_PER_CODE_MAX + 1);
    assert_eq!(document.findings_more, [("OWN002".to_owned(), 5)].into());
    let last = document.findings.last().unwrap();
    assert_eq!((last.places.len(), last.count), (PLACES_MAX, 250));
    assert_eq!(document.totals.errors, FINDINGS_PER_CODE_MAX as u64 + 6);
    assert_eq!(places_of(&plan).len(), FINDINGS_PER_CODE_MAX + 5 + 250);
}

#[test]
fn stub_users_and_roles_are_bounded_and_counted() {
    let many = LISTED_MAX + 3;
    let mut sample = Sample::of(&vec![false; many], &[], &vec![0; many], &[]);
    for (number, role) in sample.draft.roles.iter_mut().enumerate() {
        role.role_name = format!("Role {number:05}");
    }
    let folder = tempfile::tempdir().unwrap();
    let plan = sample.seal_into(folder.path()).unwrap();
    let document = plan.document();
    assert_eq!(document.stub_users.len(), LISTED_MAX);
    assert_eq!(document.roles.len(), LISTED_MAX);
    let counted = &document.totals.changes;
    assert_eq!(
        (counted["create_stub_user"], counted["give_role"]),
        (many as u64, many as u64)
    );
}
