//! What no live environment tells, loaded beside what was pulled: licences, the directory, groups.
//!
//! In: the folder that holds their exports, the pulled users, and the file in the making. Out: the same file with what
//! the folder knows of them, or every problem of it. The folder's other files are passed over, and named: the live
//! environment tells what they would say, and as of now.

use std::path::Path;

use crate::environment::Writer;
use crate::environment::file::FINGERPRINT;
use crate::environment::load::folder::{Folder, What, fingerprint, fingerprint_of};
use crate::environment::load::problems::{Collector, LoadError};
use crate::environment::load::world::World;
use crate::environment::load::{Given, LoadSummary, Loading, directory, people, read_file, roles};
use crate::model::{Loadable, Progress, UserId};

/// What no live environment tells.
pub const BESIDE: [Loadable; 4] = [
    Loadable::Licences,
    Loadable::UserLicences,
    Loadable::Directory,
    Loadable::Groups,
];

/// The folder beside a live environment.
#[derive(Debug)]
pub struct Beside {
    /// The folder as people write it.
    name: String,
    /// Its files that are read.
    found: Folder,
    /// The names of the others.
    passed_over: Vec<String>,
}

impl Beside {
    /// Looks which files are there; `name` is the folder as people write it, for messages. A file of no known name is
    /// a problem here too: it may be one of those that are meant.
    pub fn scan(folder: &Path, name: &str) -> Result<Self, LoadError> {
        let mut found = Folder::scan(folder)?;
        let mut passed_over: Vec<String> = found
            .files
            .extract_if(.., |what, _| !is_beside(what))
            .flat_map(|(_, files)| files)
            .map(|file| file.name)
            .collect();
        passed_over.sort();
        let mut problems = Collector::default();
        found.tell_names(&mut problems, &|file| shown(name, file));
        problems.end()?;
        Ok(Self {
            name: name.to_owned(),
            found,
            passed_over,
        })
    }

    /// The folder as people write it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Files of the folder that are not read, because the environment itself tells what they hold.
    pub fn passed_over(&self) -> &[String] {
        &self.passed_over
    }

    /// Adds to `writer` what the folder knows of licences and people; `users` are there already, by UPN.
    pub fn load(
        &self,
        users: &[(UserId, String)],
        writer: Writer,
        progress: &dyn Progress,
    ) -> Result<(Writer, LoadSummary), LoadError> {
        let mut world = World::new();
        for (user, upn) in users {
            world.users.add(*user, upn, None);
        }
        world.users.whole = true;
        world.users_are = "of the environment";
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
        let mut summary = LoadSummary::default();
        let mut hashes = Vec::new();
        for (what, files) in &self.found.files {
            for file in files {
                let read = read_file(what, file, &shown(&self.name, &file.name), &mut loading)?;
                if let Some((hash, rows)) = read {
                    let (stem, name) = (file.stem.clone(), file.name.clone());
                    summary.tables.push((stem, name, rows));
                    hashes.push((file.name.clone(), hash));
                }
            }
        }
        directory::assign(&mut loading);
        let people = std::mem::take(&mut loading.people);
        summary.remarks = std::mem::take(&mut loading.remarks);
        summary.remarks.extend(people.remarks());
        people.write(&mut loading.writer)?;
        let missing = BESIDE.into_iter().filter(|what| !self.found.has(*what));
        summary.not_loaded.extend(missing);
        let Loading {
            problems,
            mut writer,
            ..
        } = loading;
        problems.end()?;
        writer.meta(FINGERPRINT, &fingerprint(hashes))?;
        Ok((writer, summary))
    }
}

/// BLAKE3 over the names and contents of the files that are read beside a live environment.
pub fn beside_fingerprint(folder: &Path) -> Result<String, LoadError> {
    fingerprint_of(folder, &is_beside)
}

fn is_beside(what: &What) -> bool {
    matches!(what, What::Table(table) if BESIDE.contains(table))
}

/// A file of the folder as people write it.
fn shown(folder: &str, file: &str) -> String {
    format!("{}/{file}", folder.trim_end_matches(['/', '\\']))
}
