//! Reports with tokens in place of people, where they are asked for.
//!
//! In: a project, which keeps the secret that the tokens are made with. Out: a plan's sheets, and texts about what became
//! of it, as they are to be told.

use uuid::Uuid;

use crate::model::Present;
use crate::plan::SealedPlan;
use crate::project::Project;
use crate::report::{Anonymiser, AnonymousKey, Names, SheetKind, Sheets};
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
