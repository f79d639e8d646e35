//! `pull`: what planning needs of a live environment becomes the environment file.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use jiff::Timestamp;

use crate::environment::{BESIDE, Beside, KeyWords, Pulled, Writer};
use crate::model::{Fact, Loadable, PulledRecord, RecordId, Unit, UserId, record_key, setting};
use crate::project::Project;
use crate::run::anonymous::Teller;
use crate::run::completed::refuse_to_lose;
use crate::run::live::written_by_now;
use crate::run::{Console, Exit, Failure};
use crate::target::{Caller, Dataverse};

/// Records that are handed to the file at a time.
const RECORDS_AT_ONCE: usize = 50_000;

/// Fills the environment file from the live environment that the manifest names. Nothing is written there.
///
/// A file that a plan was applied to is replaced only where `replace` says so, as `load` has it.
pub fn pull(folder: &Path, replace: bool, console: &mut Console<'_>) -> Result<Exit, Failure> {
    let project = console.project(folder)?;
    let _lock = project.lock()?;
    let section = &project.manifest.environment;
    let Some(url) = &section.url else {
        return Err(Failure::new(
            Exit::Usage,
            "the manifest names no live environment: write `url = \"https://contoso.crm4.dynamics.com\"` under \
             `[environment]`",
        ));
    };
    let file = project.environment_file();
    if !replace {
        refuse_to_lose(&project)?;
    }
    let _environment = project.lock_environment()?;
    // Before anything is asked for: what is wrong with the names in the folder shows at once.
    let folder = match (project.environment_folder(), &section.from) {
        (Some(folder), Some(name)) => Some(Beside::scan(&folder, name)?),
        _ => None,
    };
    // From now on what is written may be in the copy or not.
    let (at, written) = (Timestamp::now(), written_by_now(&project)?);
    let variables = |name: &str| std::env::var(name).ok();
    let target = Dataverse::open(url, section.sign_in, &variables)?;
    let target = target.told_to(console.progress.trace());
    let caller = target.who_am_i()?;
    console.say(&format!(
        "pulling from `{}`, organisation {}",
        target.host(),
        caller.organisation
    ))?;
    let tables = tables(&project);
    let mut writer = Writer::create(&file)?;
    let users = facts(&target, &caller, &tables, &mut writer, console)?;
    // Before the records, of which there can be many: what is wrong with a folder is to be told soon.
    let mut writer = beside(&project, folder.as_ref(), &users, writer, console)?;
    for (table, fields) in &tables {
        records(&target, table, fields, &mut writer, console)?;
    }
    let today = jiff::ZonedDateTime::now().date().to_string();
    let day = section.as_of.as_deref().unwrap_or(&today);
    writer.meta(setting::AS_OF, day)?;
    if let Some(most) = section.non_interactive_max {
        writer.add(&Fact::Setting {
            name: setting::NON_INTERACTIVE_MAX.to_owned(),
            value: most.to_string(),
        })?;
    }
    writer.pulled(&Pulled {
        host: target.host().to_owned(),
        at,
        written,
    })?;
    writer.finish()?;
    Ok(Exit::Done)
}

/// Writes all facts but records; the users among them come back, by UPN.
fn facts(
    target: &Dataverse,
    caller: &Caller,
    tables: &BTreeMap<String, BTreeSet<String>>,
    writer: &mut Writer,
    console: &mut Console<'_>,
) -> Result<Vec<(UserId, String)>, Failure> {
    let mut counts: BTreeMap<&'static str, u64> = BTreeMap::new();
    let mut users = Vec::new();
    let mut failed = Ok(());
    let names = tables.keys().cloned().collect();
    let step = console
        .progress
        .begin("reading the environment", Unit::Rows, None);
    target.facts(caller, &names, &mut |fact| {
        if failed.is_ok() {
            if let Some(name) = name(&fact) {
                *counts.entry(name).or_default() += 1;
            }
            if let Fact::User(user) = &fact {
                users.push((user.id, user.upn.clone()));
            }
            step.advance(1);
            failed = writer.add(&fact);
        }
    })?;
    drop(step);
    failed?;
    for (what, count) in &counts {
        console.say(&format!("  {what}: {count}"))?;
    }
    Ok(users)
}

/// Adds what a live environment does not tell, where the manifest names a folder that does.
fn beside(
    project: &Project,
    folder: Option<&Beside>,
    users: &[(UserId, String)],
    writer: Writer,
    console: &mut Console<'_>,
) -> Result<Writer, Failure> {
    let Some(folder) = folder else {
        let missing = BESIDE.map(Loadable::name).join(", ");
        console.say(&format!(
            "  not pulled: {missing}; no environment tells them: export them into a folder, and name it with `from = \
             \"environment/\"` under `[environment]`"
        ))?;
        return Ok(writer);
    };
    let name = folder.name();
    let (writer, summary) = folder.load(users, writer, console.progress)?;
    for (what, source, rows) in &summary.tables {
        console.say(&format!("  {what}: {rows} rows from {source} of `{name}`"))?;
    }
    let missing: Vec<&str> = summary.not_loaded.iter().map(|what| what.name()).collect();
    if !missing.is_empty() {
        let missing = missing.join(", ");
        console.say(&format!("  not pulled, and not in `{name}`: {missing}"))?;
    }
    let passed_over = folder.passed_over();
    if !passed_over.is_empty() {
        console.say(&format!(
            "  passed over in `{name}`, as the environment itself tells what they hold: {}",
            passed_over.join(", ")
        ))?;
    }
    let teller = Teller::without_plan(project, console)?;
    for remark in &summary.remarks {
        console.say(&format!("  note: {}", teller.remark(remark)))?;
    }
    Ok(writer)
}

/// The tables that the manifest's records files are about, with the fields by which they name records, and by
/// which these are counted.
fn tables(project: &Project) -> BTreeMap<String, BTreeSet<String>> {
    let mut tables: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for file in &project.manifest.records {
        let fields = tables.entry(file.table.clone()).or_default();
        fields.extend(file.key.as_ref().map(|(_, field)| field.clone()));
        fields.extend(file.status.clone());
    }
    tables
}

fn records(
    target: &Dataverse,
    table: &str,
    fields: &BTreeSet<String>,
    writer: &mut Writer,
    console: &mut Console<'_>,
) -> Result<(), Failure> {
    let what = format!("reading records of `{table}`");
    let step = console.progress.begin(&what, Unit::Rows, None);
    let mut count = 0_u64;
    let mut failed = Ok(());
    let mut waiting: Vec<PulledRecord> = Vec::new();
    // One pass where no field is named, else one for each; owners are the same in all.
    let passes: Vec<Option<&str>> = if fields.is_empty() {
        vec![None]
    } else {
        fields.iter().map(|field| Some(field.as_str())).collect()
    };
    let mut is_there = true;
    for field in passes {
        count = 0;
        let mut words = KeyWords::default();
        is_there &= target.records(table, field, &mut |record| {
            count += 1;
            step.advance(1);
            if let Some(text) = record.key.as_deref() {
                words.see(&record_key(text), text);
            }
            waiting.push(record);
            if waiting.len() == RECORDS_AT_ONCE && failed.is_ok() {
                failed = hand_over(writer, table, field, &mut waiting);
            }
        })?;
        std::mem::replace(&mut failed, Ok(()))?;
        hand_over(writer, table, field, &mut waiting)?;
        if let Some(field) = field.filter(|_| count > 0) {
            writer.add_key_words(table, field, &words)?;
        }
    }
    drop(step);
    let words = if is_there {
        format!("  records of `{table}`: {count}")
    } else {
        format!("  `{table}` is no table of this environment")
    };
    console.say(&words)?;
    Ok(())
}

fn hand_over(
    writer: &mut Writer,
    table: &str,
    field: Option<&str>,
    waiting: &mut Vec<PulledRecord>,
) -> Result<(), crate::environment::EnvironmentError> {
    // A table that is not there is not to be one of the copy's because nothing of it came.
    if waiting.is_empty() {
        return Ok(());
    }
    waiting.sort_unstable_by_key(|record| record.record);
    let owned = waiting
        .iter()
        .filter_map(|record| Some((record.record, record.owner?)));
    // A record that moved to a later page meanwhile comes twice; the first is as good.
    writer.add_records(table, owned, &mut |_| ())?;
    if let Some(field) = field {
        let mut keys: Vec<(String, RecordId)> = waiting
            .iter()
            .filter_map(|record| Some((record_key(record.key.as_deref()?), record.record)))
            .filter(|(key, _)| !key.is_empty())
            .collect();
        keys.sort_unstable();
        writer.add_keys(
            table,
            keys.iter()
                .map(|(key, record)| (field, key.as_str(), *record)),
        )?;
    }
    waiting.clear();
    Ok(())
}

/// What a fact is counted as; a mark of what was loaded is nothing to count.
fn name(fact: &Fact) -> Option<&'static str> {
    Some(match fact {
        Fact::Unit(_) => "business units",
        Fact::User(_) => "users",
        Fact::Role(_) => "roles (copies)",
        Fact::RolePrivilege(_) => "privileges of roles",
        Fact::UserRole { .. } => "roles of users",
        Fact::Team(_) => "teams",
        Fact::TeamMember { .. } => "members of teams",
        Fact::TeamRole { .. } => "roles of teams",
        Fact::Entity(_) => "tables",
        Fact::Cascade(_) => "cascades",
        Fact::Setting { .. } => "settings",
        _ => return None,
    })
}
