//! Reports with tokens in place of people, where they are asked for.
//!
//! In: a project, which keeps the secret that the tokens are made with. Out: a plan's sheets as they are to be told.

use uuid::Uuid;

use crate::plan::SealedPlan;
use crate::project::Project;
use crate::report::{AnonymousKey, Sheets};
use crate::run::{Console, Failure};

/// The sheets of a plan as the console wants them.
pub(super) fn sheets<'a>(
    project: &Project,
    plan: &'a SealedPlan,
    console: &Console<'_>,
) -> Result<Sheets<'a>, Failure> {
    if !console.anonymise {
        return Ok(Sheets::of(plan)?);
    }
    let secret = project.anonymous_secret([Uuid::new_v4(), Uuid::new_v4()])?;
    Ok(Sheets::anonymous(plan, &AnonymousKey::new(secret))?)
}
