//! An environment file that the rehearsal server serves, without faults and without delays, and the product's own
//! connector to it.

use std::path::{Path, PathBuf};
use std::sync::mpsc::channel;
use std::time::Duration;

use cutover::model::{Change, Outcome, Present, Seq, SignIn, Subject, Write};
use cutover::rehearse::{Limits, Rehearsal, RehearseError, Settings, Switches};
use cutover::target::{Dataverse, Live, LiveProject, Target, feed};
use rusqlite::{Connection, OpenFlags};

use crate::worlds::trial::frame::{Rows, rows};
use crate::worlds::trial::live::names::Names;

/// A served file.
pub(super) struct Served {
    path: PathBuf,
    rehearsal: Rehearsal,
}

impl Served {
    /// Serves a file, which is written to.
    pub(super) fn start(path: &Path) -> Result<Self, RehearseError> {
        let rehearsal = Rehearsal::start(Settings {
            file: path.to_path_buf(),
            is_a_copy: true,
            port: 0,
            latency: Duration::ZERO,
            limits: Limits::Off,
            faults: "0".parse().expect("a share"),
            seed: 1,
            switches: Switches::default(),
            secret: "s3cret".to_owned(),
            log: None,
        })?;
        Ok(Self {
            path: path.to_path_buf(),
            rehearsal,
        })
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}", self.rehearsal.address())
    }

    /// Under which name leave is given to write.
    pub(super) fn host(&self) -> String {
        self.rehearsal.address().to_string()
    }

    /// The environment as a target.
    pub(super) fn live(&self) -> Live {
        let nothing = |_: &str| None;
        let dataverse = Dataverse::open(&self.url(), SignIn::default(), &nothing);
        let live = dataverse.and_then(|dataverse| Live::open(dataverse, LiveProject::default()));
        live.expect("a server that answers")
    }

    /// What it holds by now, what the server keeps for itself apart.
    pub(super) fn rows(&self) -> Rows {
        let mut rows = rows(&self.path);
        rows.retain(|(table, _)| !table.starts_with("rehearsal_"));
        rows
    }

    /// A copy as of now.
    pub(super) fn copy_to(&self, path: &Path) {
        let file = Connection::open_with_flags(&self.path, OpenFlags::SQLITE_OPEN_READ_ONLY);
        let text = path.to_str().expect("a path that is text");
        let copied = file.and_then(|file| file.execute("VACUUM INTO ?1", [text]));
        copied.expect("a copy");
    }

    /// The ids that stub users got, by the names that they were planned with.
    pub(super) fn names<'a>(&self, writes: impl IntoIterator<Item = &'a Write>) -> Names {
        let file = Connection::open_with_flags(&self.path, OpenFlags::SQLITE_OPEN_READ_ONLY);
        Names::found(&file.expect("the served file"), writes)
    }
}

/// Writes to a target, in batches of so many; the outcomes in the order of the writes.
pub(super) fn write(target: &dyn Target, writes: &[Write], batch: usize) -> Vec<Option<Outcome>> {
    let change = |(seq, write): (u64, &Write)| Change {
        seq: Seq(seq),
        write: write.clone(),
        restore: false,
        source: None,
    };
    let changes: Vec<Change> = (0..).zip(writes).map(change).collect();
    let (sender, stage) = feed(changes.len().max(1));
    for batch in changes.chunks(batch) {
        sender.send(batch.to_vec()).expect("room for all");
    }
    drop(sender);
    let (done, outcomes) = channel();
    let ended = target.write(&stage, &done);
    ended.expect("a server that answers");
    drop(done);
    let mut all: Vec<Option<Outcome>> = vec![None; writes.len()];
    for (seq, outcome) in outcomes {
        let place = usize::try_from(seq.0).expect("a place");
        let before = all[place].replace(outcome);
        assert!(before.is_none(), "two outcomes of one change");
    }
    all
}

/// What a target holds of the subjects of writes.
pub(super) fn present(target: &dyn Target, writes: &[Write]) -> Vec<Present> {
    let subjects: Vec<Subject> = writes.iter().map(Write::subject).collect();
    target.present(&subjects).expect("a server that answers")
}
