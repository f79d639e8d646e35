//! Reports with tokens in place of people, where they are asked for.
//!
//! In: a project, which keeps the secret that the tokens are made with. Out: a plan's sheets, and texts about what became
//! of it, as they are to be told.

use std::path::Path;

use uuid::Uuid;

use crate::environment::{LoadError, Problem, Problems};
use crate::model::Present;
use crate::plan::SealedPlan;
use crate::project::{Project, ProjectError, secret_of};
use crate::report::{Anonymiser, AnonymousKey, Names, ReportError, SheetKind, Sheets};
use crate::run::{Console, Failure};

/// What tokens are made with, where the console wants them.
pub(super) fn key(
    project: &Project,
    console: &Console<'_>,
) -> Result<Option<AnonymousKey>, Failure> {
    if !console.anonymise {
        return Ok(None);
    }
    let secret = project.anonymous_secret([Uuid::new_v4(), Uuid::new_v4()])?;
    Ok(Some(AnonymousKey::new(secret)))
}

/// The sheets of a plan as the console wants them.
pub(super) fn sheets<'a>(
    project: &Project,
    plan: &'a SealedPlan,
    console: &Console<'_>,
) -> Result<Sheets<'a>, Failure> {
    match key(project, console)? {
        Some(key) => Ok(Sheets::anonymous(plan, &key)?),
        None => Ok(Sheets::of(plan)?),
    }
}

/// A failure without people, as far as anybody can tell who they are.
pub fn without_people(folder: &Path, failure: Failure) -> Failure {
    let Ok(anonymiser) = anonymiser_of(folder) else {
        return Failure::new(failure.exit, UNTOLD);
    };
    if let Some(LoadError::Problems(problems)) = failure.error.downcast_ref::<LoadError>() {
        let told = problems
            .problems
            .iter()
            .map(|one| problem(one, &anonymiser));
        let told = Problems {
            problems: told.collect(),
            count: problems.count,
        };
        return Failure::new(failure.exit, told.to_string());
    }
    let chain = failure
        .error
        .chain()
        .map(|cause| match cause.downcast_ref::<ProjectError>() {
            Some(ProjectError::Manifest { .. }) => anonymiser.fault_of_manifest(&cause.to_string()),
            _ => anonymiser.failure(&cause.to_string()),
        });
    let chain: Vec<String> = chain.collect();
    let links = chain.into_iter().rev();
    let error = links.fold(None::<anyhow::Error>, |inner, words| {
        Some(match inner {
            Some(inner) => inner.context(words),
            None => anyhow::anyhow!(words),
        })
    });
    Failure {
        exit: failure.exit,
        error: error.unwrap_or(failure.error),
    }
}

/// Said where tokens cannot be made: better nothing than a name.
const UNTOLD: &str =
    "the command failed, and its words cannot be told without people; run it without `--anonymise`";

/// Who knows the people of a folder's plan, if it is a project's and has one.
fn anonymiser_of(folder: &Path) -> Result<Anonymiser, ReportError> {
    let chance = [Uuid::new_v4(), Uuid::new_v4()];
    let key = AnonymousKey::new(secret_of(folder, chance));
    let project = Project::open(folder).ok();
    let plan = project.and_then(|project| SealedPlan::open(&project.plan()).ok());
    let known = plan.and_then(|plan| Anonymiser::of(&plan, &key).ok());
    known.map_or_else(|| Anonymiser::without_plan(&key), Ok)
}

/// A problem of an environment folder. What stands below the header is cells.
fn problem(problem: &Problem, anonymiser: &Anonymiser) -> Problem {
    let header = problem.header.as_deref();
    Problem {
        header: header.map(|header| anonymiser.failure(header)),
        message: if problem.row > 1 {
            anonymiser.about_cell(&problem.message)
        } else {
            anonymiser.failure(&problem.message)
        },
        ..problem.clone()
    }
}

/// Tells texts that name people of a plan, its ids with the names that it knows.
pub(super) struct Teller {
    anonymiser: Option<Anonymiser>,
    names: Names,
}

impl Teller {
    /// As the console wants them.
    pub(super) fn of(
        project: &Project,
        plan: &SealedPlan,
        console: &Console<'_>,
    ) -> Result<Self, Failure> {
        let key = key(project, console)?;
        let anonymiser = key.map(|key| Anonymiser::of(plan, &key));
        Ok(Self {
            anonymiser: anonymiser.transpose()?,
            names: Names::of(plan)?,
        })
    }

    /// Before there is a plan.
    pub(super) fn without_plan(project: &Project, console: &Console<'_>) -> Result<Self, Failure> {
        let key = key(project, console)?;
        let anonymiser = key.map(|key| Anonymiser::without_plan(&key));
        Ok(Self {
            anonymiser: anonymiser.transpose()?,
            names: Names::default(),
        })
    }

    /// A remark on a file.
    pub(super) fn remark(&self, text: &str) -> String {
        match &self.anonymiser {
            Some(anonymiser) => anonymiser.failure(text),
            None => text.to_owned(),
        }
    }

    /// A sentence.
    pub(super) fn prose(&self, text: String) -> String {
        self.tell(SheetKind::Prose, text)
    }

    /// What something is called.
    pub(super) fn label(&self, text: String) -> String {
        match &self.anonymiser {
            Some(anonymiser) => anonymiser.label(&text),
            None => text,
        }
    }

    /// A value that may be somebody's.
    pub(super) fn cell(&self, text: String) -> String {
        self.tell(SheetKind::Cell, text)
    }

    /// What a change is about, in words.
    pub(super) fn about(&self, text: &str) -> String {
        self.label(self.names.beside_ids(text))
    }

    /// What a target holds.
    pub(super) fn held(&self, present: &Present) -> String {
        self.names.held(present, self.anonymiser.as_ref())
    }

    fn tell(&self, kind: SheetKind, text: String) -> String {
        match &self.anonymiser {
            Some(anonymiser) => anonymiser.of_kind(kind, &text),
            None => text,
        }
    }
}
