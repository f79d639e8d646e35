//! What holds for live environments alone: whose copy a plan is made of, and how old that copy may be (ENV001).
//!
//! In: the project, its environment file, journals of plans, and, where something is about to be written, the moment.
//! Out: the pull that the copy comes of, or why it may not be used.

use std::collections::BTreeMap;
use std::path::PathBuf;

use jiff::{SignedDuration, Timestamp};

use crate::apply::{Effects, effects};
use crate::environment::{EnvironmentFile, Pulled};
use crate::model::Code;
use crate::plan::Document;
use crate::project::{Project, history_folders};
use crate::report::shell_word;
use crate::run::{Exit, Failure};

/// The pull that the environment file comes of, where the manifest names a live environment; a file that is no copy of
/// that one is refused.
pub(super) fn copy(project: &Project, file: &EnvironmentFile) -> Result<Option<Pulled>, Failure> {
    let section = &project.manifest.environment;
    let Some(url) = &section.url else {
        return Ok(None);
    };
    let found = match file.pulled()? {
        Some(pulled) if is_host_of(&pulled.host, url) => return Ok(Some(pulled)),
        Some(pulled) => format!("is a copy of `{}`", pulled.host),
        None => "was loaded from a folder".to_owned(),
    };
    Err(Failure::new(
        Exit::Usage,
        format!(
            "`{}` {found}, expected a copy of `{url}`, which `url` under `[environment]` names; run {}, or correct the \
             manifest",
            section.file,
            command("pull", project)
        ),
    ))
}

/// Refuses to go on where there is no copy yet: a folder of exports is none of a live environment.
pub(super) fn expect_copy(project: &Project) -> Result<(), Failure> {
    let section = &project.manifest.environment;
    let Some(url) = section
        .url
        .as_ref()
        .filter(|_| !project.environment_file().exists())
    else {
        return Ok(());
    };
    Err(Failure::new(
        Exit::Usage,
        format!(
            "`{}` is not there, expected the copy of `{url}`; run {} first",
            section.file,
            command("pull", project)
        ),
    ))
}

/// Whether a URL of an environment, which has no path, names this host.
fn is_host_of(host: &str, url: &str) -> bool {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let named = rest.trim_end_matches('/');
    // The port that goes without saying.
    let named = named.strip_suffix(":443").unwrap_or(named);
    named.eq_ignore_ascii_case(host)
}

/// What the plans of a project have written by now, or were about to: a line for each.
pub(super) fn written_by_now(project: &Project) -> Result<Vec<String>, Failure> {
    let mut lines: Vec<String> = all(project)?.iter().map(line).collect();
    lines.sort_unstable();
    Ok(lines)
}

/// The seals of plans that have written, or were undone, since the copy was pulled; in order. One of which another
/// project's pull knows nothing is among them.
pub(super) fn written_since(project: &Project, pulled: &Pulled) -> Result<Vec<String>, Failure> {
    // The same plan may stand in the history twice.
    let mut known: BTreeMap<&str, usize> = BTreeMap::new();
    for line in &pulled.written {
        *known.entry(line).or_default() += 1;
    }
    let mut since = Vec::new();
    for effects in all(project)? {
        match known.get_mut(line(&effects).as_str()) {
            Some(times) if *times > 0 => *times -= 1,
            _ => since.push(effects.seal.chars().take(8).collect()),
        }
    }
    since.sort_unstable();
    Ok(since)
}

/// Refuses a plan for a live environment whose copy is too old to write by (ENV001); to be asked before the first write.
pub(super) fn refuse_old_copy(
    project: &Project,
    document: &Document,
    now: Timestamp,
) -> Result<(), Failure> {
    let section = &project.manifest.environment;
    if section.url.is_none() {
        return Ok(());
    }
    let file = EnvironmentFile::open(&project.environment_file())?;
    let Some(pulled) = copy(project, &file)? else {
        return Ok(());
    };
    let planned_on = document.environment.pulled_at.as_deref();
    if planned_on != Some(&pulled.at.to_string()) {
        let on = planned_on.map_or("no copy of it".to_owned(), |at| format!("the copy of {at}"));
        let found = format!(
            "the plan was made of {on}, and `{}` is one of {}",
            section.file, pulled.at
        );
        return Err(refused(project, &found, "the plan that the copy leads to"));
    }
    let age = now.duration_since(pulled.at);
    if let Some(most) = section.max_age.as_ref().filter(|most| age > most.span) {
        let found = format!("the copy was pulled at {}, {} ago", pulled.at, words(age));
        let expected = format!("at most {} (`max_age`)", most.text);
        return Err(refused(project, &found, &expected));
    }
    let since = written_since(project, &pulled)?;
    if !since.is_empty() {
        let found = format!(
            "since the copy was pulled at {}, plan {} has written, or was undone",
            pulled.at,
            since.join(", ")
        );
        return Err(refused(
            project,
            &found,
            "a copy that holds what plans have written",
        ));
    }
    Ok(())
}

fn refused(project: &Project, found: &str, expected: &str) -> Failure {
    Failure::new(
        Exit::Refused,
        format!(
            "{}: {found}, expected {expected}; nothing was written. Pull and plan anew: {}, then {}",
            Code::Env001,
            command("pull", project),
            command("plan", project)
        ),
    )
}

/// A command on this project, to be typed.
pub(super) fn command(name: &str, project: &Project) -> String {
    let folder = shell_word(&project.folder.display().to_string());
    format!("`cutover {name} {folder}`")
}

/// A length of time by its two largest units.
fn words(age: SignedDuration) -> String {
    let minutes = age.as_mins();
    match (minutes / 1_440, minutes / 60 % 24, minutes % 60) {
        (0, 0, minutes) => format!("{minutes} min"),
        (0, hours, minutes) => format!("{hours} h {minutes} min"),
        (days, hours, _) => format!("{days} d {hours} h"),
    }
}

fn line(effects: &Effects) -> String {
    let Effects {
        seal, out, back, ..
    } = effects;
    format!("{seal} {} {} {} {}", out.0, out.1, back.0, back.1)
}

/// What each plan of the project has done, the current one and those in the history.
fn all(project: &Project) -> Result<Vec<Effects>, Failure> {
    let mut folders: Vec<PathBuf> = vec![project.plan()];
    folders.extend(history_folders(&project.history())?);
    let mut all = Vec::new();
    for folder in folders {
        all.extend(effects(&folder)?);
    }
    Ok(all)
}
