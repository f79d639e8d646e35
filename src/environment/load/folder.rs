//! Finds the files of an environment folder by their names.
//!
//! In: a folder. Out: which file holds what, and a fingerprint of them all. A table that is in no
//! file is not loaded; a file that bears no known name is a problem, so that a typo is not passed
//! over.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::path::PathBuf;

use crate::environment::load::problems::Collector;
use crate::environment::load::problems::LoadError;
use crate::environment::load::words;
use crate::model::Loadable;

/// What a file of records is called before the table's name.
const RECORDS: &str = "records-";

/// Tables that may lie in several files, each `<table>-<name>`; of groups the name is the group's.
const IN_PARTS: [Loadable; 2] = [Loadable::Directory, Loadable::Groups];

/// What stands between the table and the name.
const DASH: char = '-';

/// How much of a file is hashed at once.
const BLOCK_BYTES: usize = 4 << 20;

/// What a file is about. The order is that of loading: records come last.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum What {
    /// One of the tables of the environment.
    Table(Loadable),
    /// The records of a table, by its logical name.
    Records(String),
}

impl What {
    fn of(stem: &str) -> Option<Self> {
        if let Some(entity) = stem.strip_prefix(RECORDS) {
            let entity = entity.trim();
            return (!entity.is_empty()).then(|| Self::Records(entity.to_owned()));
        }
        let part = |what: &Loadable| {
            let name = stem.strip_prefix(what.name())?.strip_prefix(DASH)?;
            (!name.trim().is_empty()).then_some(())
        };
        let whole = Loadable::ALL.into_iter().find(|what| what.name() == stem);
        let what = whole.or_else(|| IN_PARTS.into_iter().find(|what| part(what).is_some()));
        what.map(Self::Table)
    }
}

/// One file of the folder.
#[derive(Clone, Debug)]
pub(super) struct Found {
    /// Its name in the folder.
    pub(super) name: String,
    /// Where it is.
    pub(super) path: PathBuf,
    /// Its name without the ending, in small letters.
    pub(super) stem: String,
}

impl Found {
    /// What stands after the table in the names of files that tell of it in parts, as written.
    pub(super) fn part(&self) -> Option<&str> {
        let (_, rest) = self.name.split_once(DASH)?;
        let (part, _) = rest.rsplit_once('.')?;
        Some(part.trim())
    }
}

/// The files of a folder.
#[derive(Debug, Default)]
pub(super) struct Folder {
    /// By what they are about, those of one name together.
    pub(super) files: BTreeMap<What, Vec<Found>>,
    /// CSV and XLSX files of no known name.
    strangers: Vec<String>,
}

impl Folder {
    /// Lists the folder.
    pub(super) fn scan(folder: &Path) -> Result<Self, LoadError> {
        let cannot = |source| LoadError::Folder {
            path: folder.to_path_buf(),
            source,
        };
        let mut names = Vec::new();
        for entry in std::fs::read_dir(folder).map_err(cannot)? {
            let entry = entry.map_err(cannot)?;
            if entry.path().is_file() {
                names.push(entry.file_name().to_string_lossy().into_owned());
            }
        }
        names.sort();
        let mut found = Self::default();
        for name in names {
            found.take(folder, name);
        }
        for files in found.files.values_mut() {
            files.sort_by(|one, other| one.stem.cmp(&other.stem));
        }
        Ok(found)
    }

    fn take(&mut self, folder: &Path, name: String) {
        let lower = name.to_lowercase();
        let stem = lower.strip_suffix(".csv").or(lower.strip_suffix(".xlsx"));
        // Excel keeps `~$users.xlsx` beside a workbook that is open; dot files are nobody's export.
        let Some(stem) = stem.filter(|_| !lower.starts_with("~$") && !lower.starts_with('.'))
        else {
            return;
        };
        match What::of(stem) {
            Some(what) => {
                let found = Found {
                    path: folder.join(&name),
                    stem: stem.to_owned(),
                    name,
                };
                self.files.entry(what).or_default().push(found);
            }
            None => self.strangers.push(name),
        }
    }

    /// Says what is wrong with the names, and what is not there; `shown` makes a file's name one that people know.
    pub(super) fn tell(&self, problems: &mut Collector, shown: &dyn Fn(&str) -> String) {
        for needed in [Loadable::BusinessUnits, Loadable::Users, Loadable::Roles] {
            if !self.files.contains_key(&What::Table(needed)) {
                let name = needed.name();
                let message = format!(
                    "there is no such file; expected `{name}.csv` or `{name}.xlsx`; add it"
                );
                problems.of_file(&shown(name), message);
            }
        }
        self.tell_names(problems, shown);
    }

    /// Says what is wrong with the names of files that are there.
    pub(super) fn tell_names(&self, problems: &mut Collector, shown: &dyn Fn(&str) -> String) {
        let known = || words::listed(Loadable::ALL.iter().map(|what| what.name()));
        for name in &self.strangers {
            let message = format!(
                "no file of that name is loaded; expected one of {}, `{RECORDS}<table>`, \
                 `directory-<name>`, `groups-<group>`; rename it, or move it out of the folder",
                known()
            );
            problems.of_file(&shown(name), message);
        }
        let parts = |files: &Vec<Found>| -> Vec<Vec<Found>> {
            let parts = files.chunk_by(|one, other| one.stem == other.stem);
            parts.map(<[Found]>::to_vec).collect()
        };
        let parts = self.files.values().flat_map(parts);
        for files in parts.filter(|files| files.len() > 1) {
            let names = words::listed(files.iter().map(|file| file.name.as_str()));
            for file in files {
                let message = format!(
                    "{names} say the same thing twice; expected one of them; move the others out \
                     of the folder"
                );
                problems.of_file(&shown(&file.name), message);
            }
        }
    }

    /// Whether there is a file of this table.
    pub(super) fn has(&self, what: Loadable) -> bool {
        self.files.contains_key(&What::Table(what))
    }
}

/// BLAKE3 over the names and contents of the files that `load` would read.
pub fn folder_fingerprint(folder: &Path) -> Result<String, LoadError> {
    fingerprint_of(folder, &|_| true)
}

/// The same over those files alone that are about something wanted.
pub(super) fn fingerprint_of(
    folder: &Path,
    wanted: &dyn Fn(&What) -> bool,
) -> Result<String, LoadError> {
    let found = Folder::scan(folder)?;
    let mut hashes = Vec::new();
    let files = found.files.iter().filter(|(what, _)| wanted(what));
    for file in files.flat_map(|(_, files)| files) {
        hashes.push((file.name.clone(), file_hash(&file.path)?));
    }
    Ok(fingerprint(hashes))
}

/// The fingerprint of files with these names and BLAKE3 hashes.
pub(super) fn fingerprint(mut files: Vec<(String, String)>) -> String {
    files.sort();
    let mut hasher = blake3::Hasher::new();
    for (name, hash) in files {
        hasher.update(name.as_bytes());
        hasher.update(b"\0");
        hasher.update(hash.as_bytes());
        hasher.update(b"\n");
    }
    hasher.finalize().to_hex().to_string()
}

fn file_hash(path: &Path) -> Result<String, LoadError> {
    let hash = || {
        let mut file = File::open(path)?;
        let mut block = vec![0; BLOCK_BYTES];
        let mut hasher = blake3::Hasher::new();
        loop {
            match file.read(&mut block)? {
                0 => return Ok(hasher.finalize().to_hex().to_string()),
                read => hasher.update_rayon(&block[..read]),
            };
        }
    };
    hash().map_err(|source| LoadError::Folder {
        path: path.to_path_buf(),
        source,
    })
}
