//! The project folder: manifest, layout, locks, owners sheet, history of plans.
//!
//! In: a folder on disk. Out: checked settings and the paths that every command uses.
//! What the exports hold is `read/`'s, what a plan holds is `plan/`'s.

mod exports;
mod globs;
mod history;
mod key;
mod lock;
mod manifest;
mod owners;
mod settings;

use std::path::{Path, PathBuf};

use uuid::Uuid;

pub use exports::*;
pub use globs::{GlobError, files_met};
pub use history::*;
pub use key::KEY_FILE;
use lock::NotTaken;
pub use lock::{ENVIRONMENT_LOCK, LOCK, Lock};
pub use manifest::*;
pub use owners::*;

/// The name of the manifest.
pub const MANIFEST: &str = "cutover.toml";

/// An opened project: where it is and what its manifest says.
#[derive(Clone, Debug)]
pub struct Project {
    /// The folder.
    pub folder: PathBuf,
    /// The checked manifest.
    pub manifest: Manifest,
}

/// The secret that tokens for people are made with in a folder, whatever its manifest is worth; one of `chance`, which
/// is forgotten again, where it keeps none.
pub fn secret_of(folder: &Path, chance: [Uuid; 2]) -> [u8; 32] {
    key::secret_or(folder, chance)
}

impl Project {
    /// Opens the project in `folder` and checks its manifest.
    pub fn open(folder: &Path) -> Result<Self, ProjectError> {
        let manifest = Manifest::read(&folder.join(MANIFEST))?;
        let project = Self {
            folder: folder.to_owned(),
            manifest,
        };
        // The folder of a plan moves away with it, and the environment with what was applied would go along.
        let file = &project.manifest.environment.file;
        let paths = [project.file(file), project.environment_file()];
        if paths.iter().any(|path| project.is_of_plans(path)) {
            let message = format!(
                "`file` under [environment] is `{file}`, which lies in a folder that `plan` writes to and moves away; \
                 expected a place outside of `plan/`, `.plan.new/` and `history/`. If it was used there, look for it in \
                 these folders and move it into the project's folder first"
            );
            let path = folder.join(MANIFEST);
            return Err(ProjectError::Manifest { path, message });
        }
        Ok(project)
    }

    /// Whether something lies in a folder that plans are written to, or kept in.
    pub fn is_of_plans(&self, path: &Path) -> bool {
        let folders = [self.plan(), self.new_plan(), self.history()];
        let path = lock::straight(path);
        folders
            .iter()
            .any(|folder| path.starts_with(lock::straight(folder)))
    }

    /// The environment file; where the manifest names a link, the file that it leads to.
    pub fn environment_file(&self) -> PathBuf {
        lock::followed(&self.folder.join(&self.manifest.environment.file))
    }

    /// The folder that the environment file is loaded from, if the manifest names one.
    pub fn environment_folder(&self) -> Option<PathBuf> {
        self.manifest
            .environment
            .from
            .as_ref()
            .map(|from| self.folder.join(from))
    }

    /// The plan folder.
    pub fn plan(&self) -> PathBuf {
        self.folder.join("plan")
    }

    /// Where a plan is made before it is published.
    pub fn new_plan(&self) -> PathBuf {
        self.folder.join(".plan.new")
    }

    /// Plans that another one replaced.
    pub fn history(&self) -> PathBuf {
        self.folder.join("history")
    }

    /// The owners sheet.
    pub fn owners(&self) -> PathBuf {
        self.folder.join("owners.csv")
    }

    /// Where a file that the manifest names is.
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// The secret that tokens for people are made with; made of `chance` where the project has none yet.
    pub fn anonymous_secret(&self, chance: [Uuid; 2]) -> Result<[u8; 32], ProjectError> {
        let path = self.folder.join(KEY_FILE);
        match key::secret(&self.folder, chance) {
            Ok(Some(secret)) => Ok(secret),
            Ok(None) => Err(ProjectError::NoSecret { path }),
            Err(source) => Err(ProjectError::Unwritable { path, source }),
        }
    }

    /// Takes the project's lock for a command that writes.
    pub fn lock(&self) -> Result<Lock, ProjectError> {
        Lock::take(&self.folder.join(LOCK)).map_err(|reason| match reason {
            NotTaken::Held => ProjectError::Locked {
                folder: self.folder.clone(),
            },
            NotTaken::Unwritable(source) => ProjectError::Unwritable {
                path: self.folder.clone(),
                source,
            },
        })
    }

    /// Takes the environment file's lock for a command that writes to it, after the project's: every
    /// command takes them in this order, and none waits for long, so none waits for ever.
    pub fn lock_environment(&self) -> Result<Lock, ProjectError> {
        let file = self.environment_file();
        Lock::take(&lock::environment_lock(&file)).map_err(|reason| match reason {
            NotTaken::Held => ProjectError::EnvironmentLocked { file },
            NotTaken::Unwritable(source) => ProjectError::EnvironmentUnwritable { file, source },
        })
    }
}

/// The project folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ProjectError {
    /// There is no manifest.
    #[error(
        "`{}` is not there: name the project's folder, or make a manifest with `cutover init {}`",
        path.display(),
        path.parent().unwrap_or(Path::new(".")).display()
    )]
    NoManifest {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// The manifest cannot be read.
    #[error("`{}` cannot be read", path.display())]
    Unreadable {
        /// The manifest.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The manifest is no TOML, or holds a key or value that it must not hold.
    #[error("`{}` is wrong: {message}", path.display())]
    Manifest {
        /// The manifest.
        path: PathBuf,
        /// Where, what was found, what was expected.
        message: String,
    },
    /// Another command writes to this project.
    #[error(
        "another command is at work in `{}`: wait for it to end, then run this again",
        folder.display()
    )]
    Locked {
        /// The project's folder.
        folder: PathBuf,
    },
    /// Another command writes to this environment file, maybe from another project.
    #[error(
        "`{}`: another command is writing to this environment file, from this project or another \
         one that names it; wait for it to end, then run this again",
        file.display()
    )]
    EnvironmentLocked {
        /// The file.
        file: PathBuf,
    },
    /// No lock can be put beside the environment file.
    #[error(
        "`{}`: nothing can be written beside this environment file; see that its folder is there, \
         can be written to and its disk has room, or correct `[environment] file`",
        file.display()
    )]
    EnvironmentUnwritable {
        /// The file.
        file: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file of the secret for tokens holds something else.
    #[error(
        "`{}` is no key for anonymous reports; expected the 64 digits that `--anonymise` wrote. Put them back from a copy, \
         or take the file away: tokens are others then than in the reports made before",
        path.display()
    )]
    NoSecret {
        /// The file.
        path: PathBuf,
    },
    /// The folder cannot be written to.
    #[error(
        "`{}` cannot be written: make the project's folder writable and room on its disk, or copy \
         it to one that is and has",
        path.display()
    )]
    Unwritable {
        /// The path.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}
