//! Reports with tokens in place of people, where they are asked for.
//!
//! In: a project, which keeps the secret that the tokens are made with. Out: a plan's sheets as they are to be told.

use uuid::Uuid;

use crate::plan::SealedPlan;
use crate::project::Project;
use crate::report::{AnonymousKey, Sheets};
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
