//! The locks of what commands write to: the project folder, and the environment file.
//!
//! In: the path of a lock file. Out: a guard. The operating system drops the lock with the process,
//! so a kill leaves nothing to clean up; the empty file stays. The environment file has a lock of its
//! own, beside it, because two projects may name the same file: `SQLite`'s locks keep two batches
//! apart, not two runs, and another lock on the file itself would get into their way. Readers take
//! neither.

use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Component, Path, PathBuf};
use std::thread;
use std::time::Duration;

/// The file name of a project folder's lock.
pub const LOCK: &str = ".cutover.lock";

/// What the name of an environment file's lock has beyond the file's own.
pub const ENVIRONMENT_LOCK: &str = ".lock";

/// A command that is just ending, or a process that it has just begun, lets go within this time.
const TRIES: u32 = 10;
const PAUSE: Duration = Duration::from_millis(20);

/// Links that are followed; a system follows about as many, and a ring ends.
const LINKS_MAX: u32 = 40;

/// A lock, held until dropped.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

/// A lock that was not taken.
#[derive(Debug)]
pub(super) enum NotTaken {
    /// Somebody else has it.
    Held,
    /// The file cannot be made or locked.
    Unwritable(io::Error),
}

impl Lock {
    /// Takes the lock whose file is `path`, or says why not.
    pub(super) fn take(path: &Path) -> Result<Self, NotTaken> {
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(path)
            .map_err(NotTaken::Unwritable)?;
        for _ in 0..TRIES {
            match file.try_lock() {
                Ok(()) => return Ok(Self { _file: file }),
                Err(TryLockError::WouldBlock) => thread::sleep(PAUSE),
                Err(TryLockError::Error(source)) => return Err(NotTaken::Unwritable(source)),
            }
        }
        Err(NotTaken::Held)
    }
}

/// The lock file of an environment file whose links have been followed.
pub(super) fn environment_lock(file: &Path) -> PathBuf {
    let mut name = file.file_name().unwrap_or(OsStr::new("")).to_owned();
    name.push(ENVIRONMENT_LOCK);
    file.with_file_name(name)
}

/// Where a path leads whose last part may be a link, also one to a file that is not there yet: what
/// is made there, and the lock beside it, must be the same for all who name the file.
///
/// Links among the folders above are the operating system's to follow, as is case. A hard link is a
/// second name that nobody can see through, and that `SQLite` forbids for the same reason.
pub(super) fn followed(path: &Path) -> PathBuf {
    let mut path = path.to_owned();
    for _ in 0..LINKS_MAX {
        let Ok(target) = fs::read_link(&path) else {
            break;
        };
        path = match path.parent() {
            Some(folder) => folder.join(target),
            None => target,
        };
    }
    path
}

/// A path from the root on, without steps to where it is and back; links are followed as far as it is there.
pub(super) fn straight(path: &Path) -> PathBuf {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let path = without_steps(&path);
    let there = path.ancestors().find_map(|part| {
        let behind = path.strip_prefix(part).ok()?;
        Some(fs::canonicalize(part).ok()?.join(behind))
    });
    there.unwrap_or(path)
}

fn without_steps(path: &Path) -> PathBuf {
    let mut straight = PathBuf::new();
    for step in path.components() {
        match step {
            Component::CurDir => {}
            Component::ParentDir
                if matches!(
                    straight.components().next_back(),
                    Some(Component::Normal(_))
                ) =>
            {
                straight.pop();
            }
            step => straight.push(step),
        }
    }
    straight
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_one_however_it_is_named() {
        let here = std::env::current_dir().unwrap();
        let place = straight(Path::new("plan/environment.sqlite"));
        for same in [
            "./plan/environment.sqlite",
            "none/../plan/./environment.sqlite",
        ] {
            assert_eq!(straight(Path::new(same)), place, "{same}");
            assert_eq!(straight(&here.join(same)), place, "{same}");
        }
        assert_ne!(straight(Path::new("plans/environment.sqlite")), place);
    }

    #[test]
    fn one_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(LOCK);
        let first = Lock::take(&path).unwrap();
        assert!(matches!(Lock::take(&path), Err(NotTaken::Held)));
        drop(first);
        assert!(Lock::take(&path).is_ok(), "the lock goes with its guard");
    }

    #[cfg(unix)]
    #[test]
    fn a_link_leads_to_the_file_that_it_names() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let link = |to: &str, name: &str| std::os::unix::fs::symlink(to, path(name)).unwrap();
        link("file", "one");
        link("one", "two");
        link("ring", "ring");
        assert_eq!(followed(&path("file")), path("file"), "no link");
        assert_eq!(followed(&path("two")), path("file"), "not there yet");
        assert_eq!(followed(&path("ring")), path("ring"), "a ring ends");
        std::fs::write(path("file"), "").unwrap();
        assert_eq!(followed(&path("two")), path("file"), "there");
        let lock = environment_lock(&path("file"));
        assert_eq!(lock, path("file.lock"));
    }
}
