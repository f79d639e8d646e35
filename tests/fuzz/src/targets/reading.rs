//! A room of files for the cases, and reading the same file on several numbers of threads.
//!
//! In: bytes and a reader. Out: what the reader says, once it said the same on one and on three
//! threads. What it should have said is for the targets.

use std::fmt::Debug;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use cutover::model::{Accept, FileId, Finding, Findings, InputKind};
use cutover::read::{FileSpec, ReadError};
use rayon::ThreadPool;
use tempfile::TempDir;

/// Where the cases of this process lie: in memory where the system has such a folder.
static ROOM: LazyLock<TempDir> = LazyLock::new(|| {
    let memory = Path::new("/dev/shm");
    let made = if memory.is_dir() {
        tempfile::tempdir_in(memory)
    } else {
        tempfile::tempdir()
    };
    made.expect("a folder for the cases")
});

static ONE_THREAD: LazyLock<ThreadPool> = LazyLock::new(|| pool(1));
static THREE_THREADS: LazyLock<ThreadPool> = LazyLock::new(|| pool(3));

fn pool(threads: usize) -> ThreadPool {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
    pool.build().expect("a pool of threads")
}

/// The folder of this process's cases.
pub(crate) fn room() -> &'static Path {
    ROOM.path()
}

/// Puts a case into the room under this name.
pub(crate) fn put(name: &str, bytes: &[u8]) -> PathBuf {
    let path = room().join(name);
    fs::write(&path, bytes).expect("room for a case");
    path
}

/// The file of that name in the room, everything about it told by its content.
pub(crate) fn spec(name: &str) -> FileSpec {
    FileSpec {
        file: FileId(7),
        kind: InputKind::Users,
        name: name.to_owned(),
        path: room().join(name),
        sheet: None,
        encoding: None,
        delimiter: None,
    }
}

/// What a reader makes of a file, and the findings in their last order.
pub(crate) type Outcome<T> = (Result<T, String>, Vec<Finding>);

/// Reads on one and on three threads, expects the same, and gives it.
pub(crate) fn on_any_threads<T: Send + Debug + PartialEq>(
    read: impl Fn(&mut Findings) -> Result<T, ReadError> + Sync,
) -> Outcome<T> {
    let once = || {
        let mut findings = Findings::default();
        let outcome = read(&mut findings).map_err(|error| error.with_causes());
        (outcome, findings.finish(&Accept::default()))
    };
    let alone = ONE_THREAD.install(once);
    let together = THREE_THREADS.install(once);
    // After an error nothing is planned, so what was collected until then says nothing.
    if alone.0.is_err() {
        assert_eq!(alone.0, together.0, "the error on one and on three threads");
    } else {
        assert_eq!(alone, together, "on one and on three threads");
    }
    alone
}
