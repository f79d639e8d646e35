//! What no live environment tells, loaded beside what was pulled: licences, the directory, groups.
//!
//! In: the folder that holds their exports, the pulled users, and the file in the making. Out: the same file with what
//! the folder knows of them, or every problem of it. The folder's other files are passed over: the live environment
//! has told what they would say, and as of now.

use std::path::Path;

use crate::environment::Writer;
use crate::environment::load::folder::{Folder, What};
use crate::environment::load::problems::{Collector, LoadError};
use crate::environment::load::world::World;
use crate::environment::load::{Given, LoadSummary, Loading, directory, people, read_file, roles};
use crate::model::{Loadable, Progress, UserId};

/// What is read of the folder.
const READ: [Loadable; 4] = [
    Loadable::Licences,
    Loadable::UserLicences,
    Loadable::Directory,
    Loadable::Groups,
];

/// Adds to `writer` what `folder` knows of licences and people; `users` are there already, by UPN.
///
/// `name` is the folder as people write it, for messages.
pub fn load_beside(
    folder: &Path,
    name: &str,
    users: &[(UserId, String)],
    writer: Writer,
    progress: &dyn Progress,
) -> Result<(Writer, LoadSummary), LoadError> {
    let found = Folder::scan(folder)?;
    let shown = |file: &str| format!("{}/{file}", name.trim_end_matches(['/', '\\']));
    let mut world = World::new();
    for (user, upn) in users {
        world.users.add(*user, upn, None);
    }
    world.users.whole = true;
    let mut loading = Loading {
        problems: Collector::default(),
        remarks: Vec::new(),
        world,
        roles: roles::Staged::default(),
        people: people::People::default(),
        assignments: Vec::new(),
        writer,
        progress,
        given: Given::on(""),
        as_of_set: false,
        number_set: false,
    };
    found.tell_names(&mut loading.problems, &shown);
    let mut summary = LoadSummary::default();
    for what in READ {
        let table = What::Table(what);
        for file in found.files.get(&table).into_iter().flatten() {
            let read = read_file(&table, file, &shown(&file.name), &mut loading)?;
            if let Some((_, rows)) = read {
                let (stem, name) = (file.stem.clone(), file.name.clone());
                summary.tables.push((stem, name, rows));
            }
        }
    }
    directory::assign(&mut loading);
    let people = std::mem::take(&mut loading.people);
    summary.remarks = std::mem::take(&mut loading.remarks);
    summary.remarks.extend(people.remarks());
    people.write(&mut loading.writer)?;
    summary
        .not_loaded
        .extend(READ.into_iter().filter(|what| !found.has(*what)));
    let Loading {
        problems, writer, ..
    } = loading;
    problems.end()?;
    Ok((writer, summary))
}
