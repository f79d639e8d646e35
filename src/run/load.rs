//! `load`: a folder of exports becomes the environment file; and how `plan` opens that file.

use std::path::Path;

use crate::environment::EnvironmentFile;
use crate::environment::Given;
use crate::environment::LoadSummary;
use crate::environment::{beside_fingerprint, folder_fingerprint};
use crate::model::{Progress, setting};
use crate::project::Project;
use crate::run::anonymous::Teller;
use crate::run::completed::refuse_to_lose;
use crate::run::live::command;
use crate::run::{Console, Exit, Failure};

/// Fills the environment file from the folder that the manifest names.
///
/// A file that a plan was applied to is replaced only where `replace` says so: the old one is the
/// only place that knows what was written.
pub fn load(folder: &Path, replace: bool, console: &mut Console<'_>) -> Result<Exit, Failure> {
    let project = console.project(folder)?;
    let _lock = project.lock()?;
    if !replace {
        refuse_to_lose(&project)?;
    }
    let _environment = project.lock_environment()?;
    let summary = fill(&project, console.progress)?;
    console.say(&format!("loaded `{}`:", project.manifest.environment.file))?;
    for (name, source, rows) in &summary.tables {
        console.say(&format!("  {name}: {rows} rows from {source}"))?;
    }
    let missing: Vec<&str> = summary.not_loaded.iter().map(|what| what.name()).collect();
    if !missing.is_empty() {
        console.say(&format!("  not loaded: {}", missing.join(", ")))?;
    }
    say_remarks(&project, &summary, console)?;
    Ok(Exit::Done)
}

/// How files were read where that was a choice: in another encoding, or one sheet of several.
fn say_remarks(
    project: &Project,
    summary: &LoadSummary,
    console: &mut Console<'_>,
) -> Result<(), Failure> {
    let teller = Teller::without_plan(project, console)?;
    for remark in &summary.remarks {
        console.say(&format!("  note: {}", teller.remark(remark)))?;
    }
    Ok(())
}

/// Fills the environment file, whatever stands there; the caller holds its lock.
fn fill(project: &Project, progress: &dyn Progress) -> Result<LoadSummary, Failure> {
    let section = &project.manifest.environment;
    let (Some(from), Some(name)) = (project.environment_folder(), &section.from) else {
        return Err(Failure::new(
            Exit::Usage,
            "the manifest names no folder to load the environment from: write `from = \
             \"environment/\"` under `[environment]`",
        ));
    };
    let today = jiff::ZonedDateTime::now().date().to_string();
    let given = Given {
        as_of: section.as_of.as_deref().unwrap_or(&today),
        non_interactive_max: section.non_interactive_max,
    };
    let file = project.environment_file();
    Ok(crate::environment::load(
        &from, name, &file, given, progress,
    )?)
}

/// The environment file, loaded first where there is none; says so where its folder has changed
/// since.
pub(super) fn open_or_load(
    project: &Project,
    console: &mut Console<'_>,
) -> Result<EnvironmentFile, Failure> {
    let path = project.environment_file();
    if !path.exists() {
        let _environment = project.lock_environment()?;
        // Another project may have filled it before the lock was ours.
        if !path.exists() {
            let summary = fill(project, console.progress)?;
            say_remarks(project, &summary, console)?;
        }
    }
    let environment = EnvironmentFile::open(&path)?;
    console.detail(|| format!("read: {}", project.manifest.environment.file));
    expect_number(project, &environment)?;
    if let Some(folder) = project
        .environment_folder()
        .filter(|folder| folder.is_dir())
    {
        // Of a pulled file only the files beside what was pulled came from the folder.
        let (now, verb) = match environment.pulled()? {
            Some(_) => (beside_fingerprint(&folder)?, "pull"),
            None => (folder_fingerprint(&folder)?, "load"),
        };
        if environment.loaded_from()?.is_some_and(|then| then != now) {
            let name = project
                .manifest
                .environment
                .from
                .as_deref()
                .unwrap_or_default();
            console.say(&format!(
                "`{name}` has changed since the environment file was loaded from it; the file is \
                 used as it is ({} takes the change over)",
                command(verb, project)
            ))?;
        }
    }
    Ok(environment)
}

/// The manifest's number goes into the file as it is loaded; one that was changed since would else be
/// passed over.
fn expect_number(project: &Project, environment: &EnvironmentFile) -> Result<(), Failure> {
    let section = &project.manifest.environment;
    let Some(most) = section.non_interactive_max else {
        return Ok(());
    };
    let kept = environment.setting(setting::NON_INTERACTIVE_MAX)?;
    if kept.as_deref() == Some(&most.to_string()) {
        return Ok(());
    }
    let verb = environment.pulled()?.map_or("load", |_| "pull");
    let kept = kept.map_or("no number".to_owned(), |kept| format!("`{kept}`"));
    Err(Failure::new(
        Exit::Usage,
        format!(
            "`{}` was loaded with {kept} as `{}`, and `non_interactive_max` under `[environment]` is \
             {most}; run {} to take that over, or correct the manifest",
            section.file,
            setting::NON_INTERACTIVE_MAX,
            command(verb, project)
        ),
    ))
}
