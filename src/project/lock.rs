//! The lock of a project folder, held while a command writes.
//!
//! In: the folder. Out: a guard. The operating system drops the lock with the process, so a kill
//! leaves nothing to clean up; the empty file stays.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;
use std::thread;
use std::time::Duration;

use crate::project::ProjectError;

/// The lock's file name.
pub const LOCK: &str = ".cutover.lock";

/// A command that is just ending, or a process that it has just begun, lets go within this time.
const TRIES: u32 = 10;
const PAUSE: Duration = Duration::from_millis(20);

/// The lock, held until dropped.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock of `folder`, or says that somebody else has it.
    pub fn take(folder: &Path) -> Result<Self, ProjectError> {
        let path = folder.join(LOCK);
        let unwritable = |source| ProjectError::Unwritable {
            path: folder.to_owned(),
            source,
        };
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(unwritable)?;
        for _ in 0..TRIES {
            match file.try_lock() {
                Ok(()) => return Ok(Self { _file: file }),
                Err(TryLockError::WouldBlock) => thread::sleep(PAUSE),
                Err(TryLockError::Error(source)) => return Err(unwritable(source)),
            }
        }
        Err(ProjectError::Locked {
            folder: folder.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let first = Lock::take(folder.path()).unwrap();
        assert!(matches!(
            Lock::take(folder.path()),
            Err(ProjectError::Locked { .. })
        ));
        drop(first);
        assert!(
            Lock::take(folder.path()).is_ok(),
            "the lock goes with its guard"
        );
    }
}
