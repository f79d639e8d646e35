//! The project folder: manifest, layout, lock, owners sheet, history of plans.
//!
//! In: a folder on disk. Out: checked settings and the paths that every command uses.
//! What the exports hold is `read/`'s, what a plan holds is `plan/`'s.

mod history;
mod lock;
mod manifest;
mod owners;
mod settings;

use std::path::{Path, PathBuf};

pub use history::*;
pub use lock::*;
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

impl Project {
    /// Opens the project in `folder` and checks its manifest.
    pub fn open(folder: &Path) -> Result<Self, ProjectError> {
        let manifest = Manifest::read(&folder.join(MANIFEST))?;
        Ok(Self {
            folder: folder.to_owned(),
            manifest,
        })
    }

    /// The environment file.
    pub fn environment_file(&self) -> PathBuf {
        self.folder.join(&self.manifest.environment.file)
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

    /// Takes the project's lock for a command that writes.
    pub fn lock(&self) -> Result<Lock, ProjectError> {
        Lock::take(&self.folder)
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
