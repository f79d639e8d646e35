//! Which target a project is applied to: its environment file, or the live environment that the manifest names.
//!
//! In: a project. Out: what is written to, under the name that people know it by. Opening comes after leave is given,
//! which can take all night: what stands there by then is what is written to.

use std::path::PathBuf;

use crate::apply::{BATCH, LIVE_BATCH};
use crate::model::{Fact, setting};
use crate::project::Project;
use crate::run::{Console, Failure};
use crate::target::{Dataverse, Embedded, Live, LiveProject, Target};

/// What a project is applied to, not opened yet.
#[derive(Debug)]
pub(super) enum Site {
    /// An environment file.
    File(PathBuf),
    /// A live environment, and what of the project it cannot tell.
    Live(Box<Dataverse>, LiveProject),
}

impl Site {
    /// That of a project. What is needed to sign in is looked for, and nothing sent yet.
    pub(super) fn of(project: &Project, console: &Console<'_>) -> Result<Self, Failure> {
        let section = &project.manifest.environment;
        let Some(url) = &section.url else {
            console.detail(|| format!("target: `{}`", section.file));
            return Ok(Self::File(project.environment_file()));
        };
        let variables = |name: &str| std::env::var(name).ok();
        let dataverse = Dataverse::open(url, section.sign_in, &variables)?;
        let dataverse = dataverse.told_to(console.progress.trace());
        console.detail(|| format!("target: `{url}`"));
        let tables = project.manifest.records.iter();
        let most = section.non_interactive_max.map(|most| Fact::Setting {
            name: setting::NON_INTERACTIVE_MAX.to_owned(),
            value: most.to_string(),
        });
        let known = LiveProject {
            tables: tables.map(|file| file.table.clone()).collect(),
            beside: most.into_iter().collect(),
            bypasses_custom_logic: section.bypass_custom_logic,
        };
        Ok(Self::Live(Box::new(dataverse), known))
    }

    /// Host of a live environment; name of a file.
    pub(super) fn host(&self) -> String {
        match self {
            Self::File(path) => {
                let name = path.file_name().unwrap_or(path.as_os_str());
                name.to_string_lossy().into_owned()
            }
            Self::Live(dataverse, _) => dataverse.host().to_owned(),
        }
    }

    /// Whether it is a live environment.
    pub(super) fn is_live(&self) -> bool {
        matches!(self, Self::Live(..))
    }

    /// Changes in a batch that do it good.
    pub(super) fn batch(&self) -> usize {
        match self {
            Self::File(_) => BATCH,
            Self::Live(..) => LIVE_BATCH,
        }
    }

    /// What undo can do there, in words.
    pub(super) fn undo_words(&self) -> &'static str {
        match self {
            Self::File(_) => "everything can be undone: the target is an environment file",
            Self::Live(..) => {
                "undo puts back what the service lets go. It may refuse: an owner of before who could not be given \
                 the record today, a role that its holder could not be given today, a stub user who owns anything \
                 else by then"
            }
        }
    }

    /// Opens it.
    pub(super) fn open(self) -> Result<Box<dyn Target>, Failure> {
        Ok(match self {
            Self::File(path) => Box::new(Embedded::open(&path)?),
            Self::Live(dataverse, known) => Box::new(Live::open(*dataverse, known)?),
        })
    }
}
