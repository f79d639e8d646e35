//! Reports with tokens in place of people, where they are asked for.
//!
//! In: a project, which keeps the secret that the tokens are made with. Out: a plan's sheets, and texts about what became
//! of it, as they are to be told.

use uuid::Uuid;

use crate::plan::SealedPlan;
use crate::project::Project;
use crate::report::{Anonymiser, AnonymousKey, SheetKind, Sheets};
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

/// Tells texts that name people of a plan.
pub(super) struct Teller(Option<Anonymiser>);

impl Teller {
    /// As the console wants them.
    pub(super) fn of(
        project: &Project,
        plan: &SealedPlan,
        console: &Console<'_>,
    ) -> Result<Self, Failure> {
        let key = key(project, console)?;
        let anonymiser = key.map(|key| Anonymiser::of(plan, &key));
        Ok(Self(anonymiser.transpose()?))
    }

    /// A sentence.
    pub(super) fn prose(&self, text: String) -> String {
        self.tell(SheetKind::Prose, text)
    }

    /// A value that may be somebody's.
    pub(super) fn cell(&self, text: String) -> String {
        self.tell(SheetKind::Cell, text)
    }

    /// What a target holds, in words.
    pub(super) fn values(&self, text: String) -> String {
        self.tell(SheetKind::Values, text)
    }

    fn tell(&self, kind: SheetKind, text: String) -> String {
        match &self.0 {
            Some(anonymiser) => anonymiser.of_kind(kind, &text),
            None => text,
        }
    }
}
