//! A plan folder whose files are not what `plan` writes, under a seal that fits them: whoever makes a
//! document can seal it.
//!
//! In: which file of a small plan to replace (the first byte), and its bytes. Out: a panic where
//! reading the plan back gives changes that do not count on, or runs away.

use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use cutover::model::{Silent, StopSignal};
use cutover::plan::{Document, FileRecord, SealedPlan};
use cutover::run::{Answer, Console, Format};

use super::reading::room;

macro_rules! project {
    ($($name:literal)*) => {
        &[$(($name, include_str!(concat!("../../../cases/base/", $name)))),*]
    };
}

/// A project of every kind of row that a plan can hold, but for what the exports below add.
const PROJECT: &[(&str, &str)] = project!(
    "cutover.toml"
    "environment/business_units.csv"
    "environment/entities.csv"
    "environment/records-account.csv"
    "environment/role_privileges.csv"
    "environment/roles.csv"
    "environment/settings.csv"
    "environment/user_roles.csv"
    "environment/users.csv"
    "exports/roles.csv"
);
/// Somebody for whom a stub user is made, and an id that nobody knows.
const EXPORTS: &[(&str, &str)] = &[
    (
        "exports/users.csv",
        "id,upn,mail,first_name,last_name\nU2,ben@contoso.com,,Ben,Okafor\n\
         U3,new@contoso.com,,Nora,New\n",
    ),
    (
        "exports/accounts.csv",
        "accountid,ownerid\n00000000-0000-4000-8000-000000000101,ben@contoso.com\n\
         00000000-0000-4000-8000-000000000102,U3\n00000000-0000-4000-8000-000000000103,U2\n\
         x,U2\n,\n",
    ),
];

/// The plan that cases change: its folder, its document, and its Parquet files.
struct Made {
    folder: PathBuf,
    document: Document,
    files: Vec<(PathBuf, Vec<u8>)>,
}

static MADE: LazyLock<Made> = LazyLock::new(make);

fn make() -> Made {
    let project = room().join("project");
    for (name, text) in PROJECT.iter().chain(EXPORTS) {
        let path = project.join(name);
        fs::create_dir_all(path.parent().expect("a file's folder")).expect("a folder");
        fs::write(path, text).expect("a file of the project");
    }
    let stop = StopSignal::default();
    let mut console = Console {
        out: &mut Vec::new(),
        err: &mut Vec::new(),
        progress: &Silent,
        stop: &stop,
        ask: &mut |_| Answer::No,
        format: Format::Text,
        width: 100,
        quiet: true,
        anonymise: false,
    };
    let ended = cutover::run::plan(&project, false, &mut console);
    assert!(ended.is_ok(), "the project is planned");
    let folder = project.join("plan");
    let plan = SealedPlan::open(&folder).expect("the plan just made");
    let mut document = plan.document().clone();
    let files = files_of(&mut document).into_iter().map(|record| {
        let path = PathBuf::from(&record.path);
        let bytes = fs::read(folder.join(&path)).expect("a file of the plan");
        (path, bytes)
    });
    let files = files.collect();
    Made {
        document: plan.document().clone(),
        folder,
        files,
    }
}

/// The records of the Parquet files, those of changes first.
fn files_of(document: &mut Document) -> Vec<&mut FileRecord> {
    let stages = document.changes.iter_mut().map(|stage| &mut stage.file);
    let others = [
        &mut document.principals,
        &mut document.findings_file,
        &mut document.owners_file,
        &mut document.holdings_file,
    ];
    stages.chain(others).collect()
}

/// The bytes behind the first as one file of a plan, or as its document.
pub(crate) fn plan(bytes: &[u8]) {
    let Some((which, bytes)) = bytes.split_first() else {
        return;
    };
    let made = &*MADE;
    let which = usize::from(*which) % (made.files.len() + 1);
    let mut document = made.document.clone();
    let replaced = made.files.get(which);
    if let Some((path, _)) = replaced {
        fs::write(made.folder.join(path), bytes).expect("room for a case");
        let hash = blake3::hash(bytes).to_hex().to_string();
        files_of(&mut document)[which].blake3 = hash;
    } else if let Ok(other) = serde_json::from_slice(bytes) {
        document = other;
    }
    seal(&made.folder, document);
    read_back(&made.folder);
    if let Some((path, bytes)) = replaced {
        fs::write(made.folder.join(path), bytes).expect("room for the file that was there");
    }
}

/// Writes the document with the seal that it should bear.
fn seal(folder: &Path, mut document: Document) {
    let written = |document: &Document| {
        let mut bytes = serde_json::to_vec_pretty(document).expect("a document is JSON");
        bytes.push(b'\n');
        bytes
    };
    document.seal = String::new();
    document.seal = blake3::hash(&written(&document)).to_hex().to_string();
    fs::write(folder.join("plan.json"), written(&document)).expect("room for a document");
}

fn read_back(folder: &Path) {
    let Ok(plan) = SealedPlan::open(folder) else {
        return;
    };
    for stage in plan.stages() {
        let mut count = 0;
        let read = plan.changes(&stage, 2, &mut |changes| {
            count += changes.len() as u64;
            ControlFlow::Continue(())
        });
        assert!(read.is_err() || count == stage.rows, "as many as it says");
    }
    plan.fields().map(|fields| fields.hash()).ok();
    plan.places(&mut |_| ControlFlow::Continue(())).ok();
    plan.owners(&mut |_| ControlFlow::Continue(())).ok();
    let mut after = 0_u64;
    let counted = plan.holdings(&mut |holding| {
        after = after.saturating_add(holding.after().unwrap_or(0));
        ControlFlow::Continue(())
    });
    counted.ok();
}
