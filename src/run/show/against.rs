//! What moved since another plan of the project, or of wherever it was put.
//!
//! In: the current plan, and how somebody names the other: its folder, its name or the first digits of its seal in the
//! history, or `last`. Out: the comparison; or the plans that could have been meant.

use std::path::{Path, PathBuf};

use crate::plan::SealedPlan;
use crate::project::{Project, history_folders};
use crate::report::{
    Digest, Sheets, compare, compared_plans, compared_plans_csv, compared_plans_json,
};
use crate::run::anonymous;
use crate::run::show::page;
use crate::run::{Console, Exit, Failure, Format};

/// What the plan before the current one is called.
const LAST: &str = "last";

/// Fewer digits of a seal are no name.
const DIGITS_MIN: usize = 4;

pub(super) fn show(
    project: &Project,
    sheets: &Sheets<'_>,
    old: &str,
    folder: &str,
    console: &mut Console<'_>,
) -> Result<(), Failure> {
    let before = SealedPlan::open(&meant(project, old)?)?;
    let before = anonymous::sheets(project, &before, console)?;
    let then = Digest::of(&before)?;
    let now = Digest::of(sheets)?;
    let comparison = compare(&then, &now);
    match console.format {
        Format::Text => compared_plans(&mut page(console, folder), &comparison)?,
        Format::Csv => compared_plans_csv(console.out, &comparison)?,
        Format::Json => compared_plans_json(console.out, &comparison)?,
    }
    Ok(())
}

/// The folder of the plan that is meant.
fn meant(project: &Project, old: &str) -> Result<PathBuf, Failure> {
    let history = history_folders(&project.history())?;
    if old == LAST {
        return history.into_iter().next().ok_or_else(|| {
            refused(
                "there is no plan before this one: the history of the project is empty".to_owned(),
            )
        });
    }
    let is_named_so = |folder: &&PathBuf| name(folder) == old;
    if let Some(folder) = history.iter().find(is_named_so) {
        return Ok(folder.clone());
    }
    let by_seal: Vec<&PathBuf> = history
        .iter()
        .filter(|folder| begins(folder, old))
        .collect();
    match by_seal.as_slice() {
        [] => {}
        // The same plan may stand there twice; the newest comes first.
        [first, rest @ ..] if rest.iter().all(|folder| seal(folder) == seal(first)) => {
            return Ok((*first).clone());
        }
        several => {
            let names: Vec<String> = several.iter().map(|folder| name(folder)).collect();
            return Err(refused(format!(
                "`{old}` begins the seals of several plans: {}; take more digits, or one of these names",
                names.join(", ")
            )));
        }
    }
    let typed = [PathBuf::from(old), project.folder.join(old)];
    if let Some(folder) = typed.into_iter().find(|folder| folder.is_dir()) {
        return Ok(folder);
    }
    let known: Vec<String> = history.iter().map(|folder| name(folder)).collect();
    let known = match known.as_slice() {
        [] => "the history of the project is empty".to_owned(),
        names => format!("in the history are {}", names.join(", ")),
    };
    Err(refused(format!(
        "no plan `{old}`: expected the folder of a plan, the first digits of a seal in the history, or `{LAST}`; {known}"
    )))
}

fn refused(words: String) -> Failure {
    Failure::new(Exit::Usage, words)
}

fn name(folder: &Path) -> String {
    let name = folder.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

/// The first digits of a seal, as the folder's name has them.
fn seal(folder: &Path) -> String {
    let name = name(folder);
    name.split_once('-')
        .map_or(String::new(), |(_, seal)| seal.to_owned())
}

/// Whether a plan's seal begins so. Its folder's name has the first digits; for more the plan itself is asked.
fn begins(folder: &Path, typed: &str) -> bool {
    let (short, typed) = (seal(folder), typed.to_ascii_lowercase());
    if typed.len() < DIGITS_MIN || !typed.chars().all(|digit| digit.is_ascii_hexdigit()) {
        return false;
    }
    let whole = || SealedPlan::open(folder).is_ok_and(|plan| plan.seal().starts_with(&typed));
    short.starts_with(&typed) || !short.is_empty() && typed.starts_with(&short) && whole()
}
