//! `apply`: writes what was signed off, and only that; after a stop it goes on.
//!
//! In: the sealed plan, the project as it is now, the target. Out: the journal and what became of
//! every change. Inputs and rulings are compared here, the environment's fields in `apply/`.

use std::path::Path;

use crate::apply::{Applied, ApplyError, JOURNAL, JournalState, Options, journal_state};
use crate::check::approve;
use crate::model::{ChangeKind, Findings};
use crate::plan::Document;
use crate::project::Project;
use crate::report::{Way, shell_word, thousands};
use crate::run::anonymous::Teller;
use crate::run::consent::{Consent, Sought, agreed};
use crate::run::hand_over::hand_over;
use crate::run::live::refuse_old_copy;
use crate::run::outcome::{Reported, print};
use crate::run::target::Site;
use crate::run::timing::Timed;
use crate::run::{Console, Exit, Failure};
use crate::run::{inputs, sheet};
use crate::target::TargetError;

/// What `apply` and `undo` are asked for.
#[derive(Clone, Copy, Debug)]
pub struct ApplyRequest<'a> {
    /// The project's folder.
    pub folder: &'a Path,
    /// Leave, as far as it was given beforehand.
    pub consent: Consent<'a>,
    /// More changes than this are refused.
    pub limit: Option<u64>,
}

/// Applies the plan.
pub fn apply(request: &ApplyRequest<'_>, console: &mut Console<'_>) -> Result<Exit, Failure> {
    let project = console.project(request.folder)?;
    let _lock = project.lock()?;
    let plan = console.plan(&project.plan())?;
    let teller = &Teller::of(&project, &plan, console)?;
    let journal = project.plan().join(JOURNAL);
    let state = journal_state(&project.plan())?;
    refuse_undone(state)?;
    let changes: u64 = plan.document().totals.changes.values().sum();
    let look = "`cutover show changes` lists them";
    within(request.limit, changes, look)?;
    if state == JournalState::None {
        unchanged(&project, plan.document(), request.folder, console)?;
        refuse_old_copy(&project, plan.document(), jiff::Timestamp::now())?;
    }
    let folder = shell_word(&request.folder.display().to_string());
    let seal = plan.short_seal().to_owned();
    let _environment = project.lock_environment()?;
    let site = Site::of(&project, console)?;
    let approved = approve(plan).map_err(|reason| Failure {
        exit: Exit::NotApproved,
        error: anyhow::Error::new(reason),
    })?;
    if changes > 0 && state != JournalState::Complete {
        let document = approved.plan().document();
        announce(document, &site, state, console)?;
        let sought = Sought {
            host: &site.host(),
            is_live: site.is_live(),
            seal: &document.seal,
        };
        let question = format!("Write these changes (seal {seal})?");
        agreed(request.consent, sought, &question, console)?;
    }
    let batch = site.batch();
    let target = site.open()?;
    let timed = Timed::begin(console.progress, &*target);
    let options = Options {
        journal: &journal,
        stop: console.stop,
        progress: &timed,
        batch,
        now: &jiff::Timestamp::now,
        current: approved.plan().seal(),
    };
    let applied = match crate::apply::apply(&approved, &*target, &options) {
        Err(ApplyError::Target(TargetError::NoImport { .. })) => {
            return hand_over(&project, approved.plan(), &*target, console);
        }
        applied => applied.map_err(|error| explained(error, request.folder, teller))?,
    };
    let document = approved.plan().document();
    let heading = heading(document, &applied);
    let timing = timed.end(&*target, &applied, Some(document));
    let timing = Some(&timing).filter(|_| !applied.nothing_written);
    let reported = Reported {
        heading: &heading,
        applied: &applied,
        document: Some(document),
        way: Way::Out,
        runs: &[],
        timing,
        folder: &request.folder.display().to_string(),
        teller,
    };
    print(&reported, console)?;
    next(&applied, &folder, console)?;
    Ok(ended(&applied))
}

/// Refuses a plan that was undone, or of which that has begun.
fn refuse_undone(state: JournalState) -> Result<(), Failure> {
    match state {
        JournalState::Undone => Err(ApplyError::Undone.into()),
        JournalState::Undoing => Err(ApplyError::UndoBegun.into()),
        JournalState::None | JournalState::Begun { .. } | JournalState::Complete => Ok(()),
    }
}

/// What was done, in a line.
fn heading(document: &Document, applied: &Applied) -> String {
    let seal = document.seal.get(..8).unwrap_or(&document.seal);
    let host = &document.environment.host;
    if applied.nothing_written && applied.is_complete() {
        format!("Plan {seal} is applied to {host} already: nothing had to be written")
    } else {
        format!("Applied plan {seal} to {host}")
    }
}

/// Refuses more changes than agreed; `look` says how they are looked through.
pub(super) fn within(limit: Option<u64>, changes: u64, look: &str) -> Result<(), Failure> {
    let Some(limit) = limit.filter(|limit| changes > *limit) else {
        return Ok(());
    };
    let words = format!(
        "{} changes, and `--limit` allows {}; nothing was written: {look}, and where all of them are meant, say \
         `--limit {changes}`",
        thousands(changes),
        thousands(limit),
    );
    Err(Failure::new(Exit::Refused, words))
}

/// Refuses where inputs, rulings or manifest have moved since the plan was made.
fn unchanged(
    project: &Project,
    document: &Document,
    folder: &Path,
    console: &Console<'_>,
) -> Result<(), Failure> {
    let mut moved = Vec::new();
    let mut findings = Findings::default();
    let opened = inputs::open(project, &mut findings)?;
    moved.extend(opened.moved_from(&document.inputs)?);
    let owners = sheet::open(project, opened.inputs.len(), &mut findings)?;
    opened
        .inputs
        .iter()
        .chain([&owners.input])
        .for_each(|input| console.read(input));
    if owners.hash != document.rulings.blake3 {
        moved.push(format!("the rulings in {}", owners.input.name));
    }
    let settings = project.manifest.settings();
    for (key, value) in &settings {
        if document.settings.get(key) != Some(value) {
            moved.push(format!("`{key}` of the manifest"));
        }
    }
    let gone = document
        .settings
        .keys()
        .filter(|key| !settings.contains_key(*key));
    moved.extend(gone.map(|key| format!("`{key}` of the manifest")));
    let words = |codes: &std::collections::BTreeSet<crate::model::Code>| -> Vec<String> {
        codes.iter().map(ToString::to_string).collect()
    };
    let accept = &project.manifest.accept;
    if words(&accept.keep_out) != document.accept.keep_out
        || words(&accept.unchecked) != document.accept.unchecked
    {
        moved.push("`[accept]` of the manifest".to_owned());
    }
    if moved.is_empty() {
        return Ok(());
    }
    Err(Failure::new(
        Exit::Refused,
        format!(
            "the plan is stale: these have moved since it was made\n  {}\nnothing was written; plan \
             anew: cutover plan {}",
            moved.join("\n  "),
            shell_word(&folder.display().to_string())
        ),
    ))
}

/// Says what is about to be written.
fn announce(
    document: &Document,
    site: &Site,
    state: JournalState,
    console: &mut Console<'_>,
) -> Result<(), Failure> {
    let environment = &document.environment;
    console.say(&format!(
        "target {}{} · organisation {} · seal {}",
        site.host(),
        if site.is_live() {
            " · live environment"
        } else {
            ""
        },
        environment.organisation,
        document.seal.get(..8).unwrap_or_default()
    ))?;
    for kind in ChangeKind::ALL {
        if let Some(count) = document.totals.changes.get(kind.key()) {
            console.say(&format!("  {}: {}", kind.words(), thousands(*count)))?;
        }
    }
    if let JournalState::Begun { done, open, failed } = state {
        console.say(&format!(
            "going on where the last run ended: {done} done, {failed} not as planned, {open} to come"
        ))?;
    }
    console.say(site.undo_words())?;
    Ok(())
}

/// An apply error with what moved, where the plan is stale.
pub(super) fn explained(error: ApplyError, folder: &Path, teller: &Teller) -> Failure {
    const SHOWN: usize = 20;
    let ApplyError::Stale(moved) = &error else {
        return error.into();
    };
    let value = |value: &Option<String>| match value {
        Some(value) => teller.cell(value.clone()),
        None => "nothing".to_owned(),
    };
    let mut lines = vec![error.to_string()];
    lines.extend(moved.iter().take(SHOWN).map(|one| {
        let (before, after) = (value(&one.before), value(&one.after));
        let what = teller.label(one.what.clone());
        format!("  {what}: {} was {before}, is {after}", one.field)
    }));
    if moved.len() > SHOWN {
        lines.push(format!("  … and {} more", moved.len() - SHOWN));
    }
    let folder = shell_word(&folder.display().to_string());
    lines.push(format!(
        "nothing was written; plan anew: cutover plan {folder}"
    ));
    Failure::new(Exit::Refused, lines.join("\n"))
}

fn next(applied: &Applied, folder: &str, console: &mut Console<'_>) -> Result<(), Failure> {
    let words = if applied.interrupted {
        format!("Interrupted. Go on with:\n  cutover apply {folder}")
    } else if applied.is_complete() {
        format!("Next:\n  cutover verify {folder}")
    } else {
        format!(
            "Not everything is as planned. See why above, then try the rest again with:\n  cutover \
             apply {folder}\nor take back what was written with:\n  cutover undo {folder}"
        )
    };
    Ok(console.say(&words)?)
}

/// How a run of changes ends.
pub(super) fn ended(applied: &Applied) -> Exit {
    if applied.interrupted {
        Exit::Interrupted
    } else if applied.is_complete() {
        Exit::Done
    } else {
        Exit::Partly
    }
}
