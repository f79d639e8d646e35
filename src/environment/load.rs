//! Loads a folder of exports into an environment file.
//!
//! In: CSV and XLSX files by known names. Out: the environment file, or every problem of every file
//! at once and the old file as it was. What is in no file is not loaded, which is not the same as
//! empty. Same folder, same contents: no clock, no randomness, and everything in order.

mod beside;
mod cells;
mod csvde;
mod directory;
mod folder;
mod groups;
mod headers;
mod people;
mod problems;
mod records;
mod roles;
mod strays;
mod tables;
mod teams;
mod units;
mod users;
mod words;
mod world;

#[cfg(test)]
mod tests;

use std::path::Path;

pub use beside::{BESIDE, Beside, beside_fingerprint};
pub use folder::folder_fingerprint;
pub use problems::{LoadError, Problem, Problems};

use crate::environment::EnvironmentError;
use crate::environment::Writer;
use crate::environment::file::FINGERPRINT;
use crate::model::{Entity, Fact, Loadable, Progress, quoted, setting};

use cells::Sheet;
use folder::{Folder, Found, What, fingerprint};
use problems::Collector;
use world::World;

/// What was loaded, and what was not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LoadSummary {
    /// Name, file and rows of each, in the order of loading.
    pub tables: Vec<(String, String, u64)>,
    /// What no file holds.
    pub not_loaded: Vec<Loadable>,
    /// What is worth knowing of how files were read: encodings and sheets chosen, headers repeated.
    pub remarks: Vec<String>,
}

/// What the manifest says that the folder may say too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Given<'a> {
    /// The day to go by where the settings name none.
    pub as_of: &'a str,
    /// How many non-interactive users there may be.
    pub non_interactive_max: Option<u32>,
}

impl<'a> Given<'a> {
    /// Only the day.
    pub fn on(as_of: &'a str) -> Self {
        Self {
            as_of,
            non_interactive_max: None,
        }
    }
}

/// A load under way.
struct Loading<'a> {
    problems: Collector,
    remarks: Vec<String>,
    world: World,
    roles: roles::Staged,
    people: people::People,
    /// Who has which directory role, by file.
    assignments: Vec<(String, Vec<directory::Assignment>)>,
    writer: Writer,
    progress: &'a dyn Progress,
    given: Given<'a>,
    /// Whether the settings say which day it is.
    as_of_set: bool,
    /// Whether they say how many non-interactive users there may be.
    number_set: bool,
}

/// Loads `folder` into the environment file at `file`, in place of the one there.
///
/// `name` is the folder as people write it, for messages.
pub fn load(
    folder: &Path,
    name: &str,
    file: &Path,
    given: Given<'_>,
    progress: &dyn Progress,
) -> Result<LoadSummary, LoadError> {
    let found = Folder::scan(folder)?;
    let shown = |file: &str| format!("{}/{file}", name.trim_end_matches(['/', '\\']));
    let mut loading = Loading {
        problems: Collector::default(),
        remarks: Vec::new(),
        world: World::new(),
        roles: roles::Staged::default(),
        people: people::People::default(),
        assignments: Vec::new(),
        writer: Writer::create(file)?,
        progress,
        given,
        as_of_set: false,
        number_set: false,
    };
    found.tell(&mut loading.problems, &shown);
    tell_needs(&found, &mut loading.problems, &shown);
    let mut summary = LoadSummary::default();
    let mut hashes = Vec::new();
    let tables = |what: &What| matches!(what, What::Table(_));
    for wanted in [true, false] {
        for (what, files) in found
            .files
            .iter()
            .filter(|(what, _)| tables(what) == wanted)
        {
            for file in files {
                let read = read_file(what, file, &shown(&file.name), &mut loading)?;
                if let Some((hash, rows)) = read {
                    let (stem, name) = (file.stem.clone(), file.name.clone());
                    summary.tables.push((stem, name, rows));
                    hashes.push((file.name.clone(), hash));
                }
            }
        }
        if wanted {
            write_shared(&found, &mut loading)?;
        }
    }
    summary.not_loaded = Loadable::ALL
        .into_iter()
        .filter(|what| !found.has(*what))
        .collect();
    summary.remarks = std::mem::take(&mut loading.remarks);
    finish(loading, &fingerprint(hashes))?;
    Ok(summary)
}

/// Tables that make no sense without another.
const NEEDS: [(Loadable, Loadable); 2] = [
    (Loadable::TeamMembers, Loadable::Teams),
    (Loadable::TeamRoles, Loadable::Teams),
];

fn tell_needs(found: &Folder, problems: &mut Collector, shown: &dyn Fn(&str) -> String) {
    for (what, needed) in NEEDS {
        if let Some(files) = found.files.get(&What::Table(what))
            && !found.has(needed)
        {
            let message = format!(
                "it refers to {}, and there is no such file; add {} or {}",
                quoted(needed.name()),
                quoted(&format_args!("{}.csv", needed.name())),
                quoted(&format_args!("{}.xlsx", needed.name()))
            );
            problems.of_file(&shown(&files[0].name), message);
        }
    }
}

/// Reads one file; hash and rows, or `None` where it cannot be used, which is told.
fn read_file(
    what: &What,
    file: &Found,
    shown: &str,
    loading: &mut Loading<'_>,
) -> Result<Option<(String, u64)>, EnvironmentError> {
    let (problems, remarks) = (&mut loading.problems, &mut loading.remarks);
    let sheet = match what {
        What::Table(table) => {
            let known = headers::of(*table);
            let sheet = Sheet::open(&file.path, shown, known, problems, remarks);
            let unread = headers::unread(*table);
            sheet.inspect(|sheet| sheet.tell_strays(known, unread, problems, remarks))
        }
        What::Records(_) => Sheet::open(&file.path, shown, &records::headers(), problems, remarks),
    };
    let Some(sheet) = sheet else {
        return Ok(None);
    };
    let rows = match what {
        What::Table(Loadable::Groups) => groups::read(&sheet, file.part(), loading)?,
        What::Table(table) => read_table(*table, &sheet, loading)?,
        What::Records(entity) => records::read(entity, &sheet, loading)?,
    };
    let hash = sheet.hash().to_owned();
    loading.writer.loaded(&file.stem, &file.name, &hash, rows)?;
    if let What::Table(table) = what {
        loading.writer.add(&Fact::Loaded(*table))?;
    }
    Ok(Some((hash, rows)))
}

fn read_table(
    table: Loadable,
    sheet: &Sheet,
    loading: &mut Loading<'_>,
) -> Result<u64, EnvironmentError> {
    match table {
        Loadable::BusinessUnits => units::read(sheet, loading),
        Loadable::Users => users::read(sheet, loading),
        Loadable::Roles => roles::read(sheet, loading),
        Loadable::RolePrivileges => roles::read_privileges(sheet, loading),
        Loadable::UserRoles => roles::read_held(sheet, loading),
        Loadable::Teams => teams::read(sheet, loading),
        Loadable::TeamMembers => teams::read_members(sheet, loading),
        Loadable::TeamRoles => teams::read_roles(sheet, loading),
        Loadable::Entities => tables::read_entities(sheet, loading),
        Loadable::Cascades => tables::read_cascades(sheet, loading),
        Loadable::Settings => tables::read_settings(sheet, loading),
        Loadable::Licences => tables::read_licences(sheet, loading),
        Loadable::UserLicences => tables::read_user_licences(sheet, loading),
        Loadable::Directory => directory::read(sheet, loading),
        Loadable::Groups => groups::read(sheet, None, loading),
    }
}

/// Writes what more than one file had a say in: roles, people, and the tables.
fn write_shared(found: &Folder, loading: &mut Loading<'_>) -> Result<(), EnvironmentError> {
    std::mem::take(&mut loading.roles).write(loading)?;
    directory::assign(loading);
    let people = std::mem::take(&mut loading.people);
    loading.remarks.extend(people.remarks());
    people.write(&mut loading.writer)?;
    let mut entities = std::mem::take(&mut loading.world.entities);
    for what in found.files.keys() {
        if let What::Records(entity) = what {
            entities.entry(entity.clone()).or_default();
        }
    }
    for (name, ownership) in entities {
        let records_loaded = found.files.contains_key(&What::Records(name.clone()));
        loading.writer.add(&Fact::Entity(Entity {
            name,
            ownership,
            records_loaded,
        }))?;
    }
    Ok(())
}

fn finish(loading: Loading<'_>, fingerprint: &str) -> Result<(), LoadError> {
    let Loading {
        problems,
        mut writer,
        given,
        as_of_set,
        number_set,
        ..
    } = loading;
    problems.end()?;
    if !as_of_set {
        writer.meta(setting::AS_OF, given.as_of)?;
    }
    if let Some(most) = given.non_interactive_max.filter(|_| !number_set) {
        writer.add(&Fact::Setting {
            name: setting::NON_INTERACTIVE_MAX.to_owned(),
            value: most.to_string(),
        })?;
    }
    writer.meta(FINGERPRINT, fingerprint)?;
    writer.finish()?;
    Ok(())
}
