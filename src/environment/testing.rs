//! Small worlds for the tests of every room.
//!
//! In: facts and records. Out: an environment file in a folder of its own, gone when that is
//! dropped. Whether the world makes sense is up to the test; only what the tables refuse is
//! refused.

use std::path::PathBuf;

use tempfile::TempDir;

use crate::environment::Writer;
use crate::model::{Fact, Principal, RecordId, setting};

/// An environment file that holds these facts and records, as of 2026-11-24.
pub(crate) fn environment(
    facts: &[Fact],
    records: &[(&str, RecordId, Principal)],
) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let path = folder.path().join("environment.sqlite");
    let mut writer = Writer::create(&path).expect("a new file can be made");
    for fact in facts {
        writer.add(fact).expect("the tables take the fact");
    }
    for (entity, record, owner) in records {
        let new = writer.add_record(entity, *record, *owner);
        assert!(new.expect("the tables take the record"), "twice: {record}");
    }
    writer
        .meta(setting::AS_OF, "2026-11-24")
        .expect("the tables take the day");
    writer.finish().expect("the file can be put in place");
    (folder, path)
}
