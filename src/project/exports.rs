//! The exports of a project, file by file: an entry of the manifest whose `file` is a glob stands
//! for as many entries as files meet it.
//!
//! In: the manifest and the folder as it is now. Out: one entry a file, each with its own name, as
//! if the manifest named them all, and everything that is wrong with the globs, at once.

use std::collections::BTreeMap;

use crate::project::globs;
use crate::project::{ExportFile, GlobError, Project, RecordsExportFile, UsersExportFile};

/// More files than this cannot be told apart: the number of an input has 16 bits, and the owners
/// sheet takes the last one.
const EXPORTS_MAX: usize = u16::MAX as usize - 1;

/// Every export, one file each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exports {
    /// Of `[[users]]`.
    pub users: Vec<UsersExportFile>,
    /// Of `[[records]]`.
    pub records: Vec<RecordsExportFile>,
    /// Of `[[roles]]`.
    pub roles: Vec<ExportFile>,
}

/// The manifest's entries stand for no set of files.
#[derive(Debug, thiserror::Error)]
pub enum ExportsError {
    /// A glob gives no files that can be used.
    #[error(transparent)]
    Glob(#[from] GlobError),
    /// Its rows would count twice.
    #[error(
        "`{file}` is met twice, by `{first}` and by `{second}`; make one of them narrower, or name \
         the files one by one"
    )]
    Twice {
        /// The file.
        file: String,
        /// The entry that met it first.
        first: String,
        /// The other one.
        second: String,
    },
    /// More files than a plan can hold.
    #[error("{count} files are named or met, at most {EXPORTS_MAX} can be told apart; join some")]
    TooMany {
        /// How many there are.
        count: usize,
    },
}

impl Project {
    /// The exports that the manifest stands for in the folder as it is now, as far as they can be
    /// told, and everything that is wrong with the rest.
    pub fn exports(&self) -> (Exports, Vec<ExportsError>) {
        let manifest = &self.manifest;
        let mut met = Met {
            project: self,
            entries: BTreeMap::new(),
            count: 0,
            faults: Vec::new(),
        };
        let exports = Exports {
            users: each(&manifest.users, |users| {
                let one = |export| UsersExportFile {
                    export,
                    ..users.clone()
                };
                met.files(&users.export).into_iter().map(one).collect()
            }),
            records: each(&manifest.records, |records| {
                let one = |export| RecordsExportFile {
                    export,
                    ..records.clone()
                };
                met.files(&records.export).into_iter().map(one).collect()
            }),
            roles: each(&manifest.roles, |export| met.files(export)),
        };
        if met.count > EXPORTS_MAX {
            met.faults.push(ExportsError::TooMany { count: met.count });
        }
        (exports, met.faults)
    }
}

fn each<T>(entries: &[T], files: impl FnMut(&T) -> Vec<T>) -> Vec<T> {
    entries.iter().flat_map(files).collect()
}

/// Who met which file, and what went wrong.
struct Met<'a> {
    project: &'a Project,
    /// By file and sheet: the entry that met it, and whether by glob.
    entries: BTreeMap<(String, Option<String>), (String, bool)>,
    count: usize,
    faults: Vec<ExportsError>,
}

impl Met<'_> {
    /// The files that an entry stands for; what it names and what is there is taken as it is.
    fn files(&mut self, entry: &ExportFile) -> Vec<ExportFile> {
        let name = &entry.file;
        let by_glob = globs::is_glob(name) && !self.project.file(name).exists();
        let files = if by_glob {
            globs::files_met(&self.project.folder, name).unwrap_or_else(|error| {
                self.faults.push(error.into());
                Vec::new()
            })
        } else {
            vec![name.clone()]
        };
        self.count += files.len();
        for file in &files {
            self.note(file, entry, by_glob);
        }
        let one = |file| ExportFile {
            file,
            ..entry.clone()
        };
        files.into_iter().map(one).collect()
    }

    /// Two entries may name one file, as two sheets or two kinds of rows; a glob that meets what
    /// another entry has is wider than it was meant.
    fn note(&mut self, file: &str, entry: &ExportFile, by_glob: bool) {
        let place = (plain(file), entry.sheet.clone());
        let met = (entry.file.clone(), by_glob);
        let Some((first, first_by_glob)) = self.entries.insert(place, met) else {
            return;
        };
        if by_glob || first_by_glob {
            self.faults.push(ExportsError::Twice {
                file: file.to_owned(),
                first,
                second: entry.file.clone(),
            });
        }
    }
}

/// A name without what leads nowhere, so that two spellings of one file are one.
fn plain(file: &str) -> String {
    let file = file.replace('\\', "/");
    let parts = file.split('/').filter(|part| !matches!(*part, "" | "."));
    parts.collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use std::fs;

    use crate::project::{MANIFEST, Project};

    #[test]
    #[rustfmt::skip] // keeps the columns of the table
    fn entries_stand_for_files() {
        //    case                              entries (`users ` or `records ` and a name)                     files, or words of the error
        check("a file",                         &["users a.csv"],                                              Ok(&["a.csv"]));
        check("one that is not there, for reading to say", &["users gone.csv"],                                Ok(&["gone.csv"]));
        check("a glob in its place",            &["users a.csv", "records n-*.csv", "records x/b.csv"],        Ok(&["a.csv", "n-2.csv", "n-10.csv", "x/b.csv"]));
        check("a name that looks like a glob",  &["users [a]*.csv"],                                           Ok(&["[a]*.csv"]));
        check("one file named twice",           &["users a.csv", "records a.csv"],                             Ok(&["a.csv", "a.csv"]));
        check("met by two globs",               &["records n-*.csv", "records n-2*.csv"],                      Err(&["`n-2.csv` is met twice, by `n-*.csv` and by `n-2*.csv`", "one by one"]));
        check("named and met",                  &["users ./n-2.csv", "records n-*.csv"],                       Err(&["`n-2.csv` is met twice, by `./n-2.csv` and by `n-*.csv`"]));
        check("one glob twice, two sheets",     &["users n-*.csv#A", "records n-*.csv#B"],                     Ok(&["n-2.csv", "n-10.csv", "n-2.csv", "n-10.csv"]));
        check("every fault at once",            &["users q*.csv", "records ../*.csv", "records x*.csv"],       Err(&["no file meets `q*.csv`", "`../*.csv` leads out", "no file meets `x*.csv`"]));
    }

    #[track_caller]
    fn check(case: &str, entries: &[&str], expected: Result<&[&str], &[&str]>) {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("x")).unwrap();
        for file in ["a.csv", "n-2.csv", "n-10.csv", "x/b.csv"] {
            fs::write(folder.path().join(file), "x").unwrap();
        }
        // Not every system lets a file be called so.
        if case.contains("looks like a glob")
            && fs::write(folder.path().join("[a]*.csv"), "x").is_err()
        {
            return;
        }
        let entry = |entry: &&str| {
            let (kind, name) = entry.split_once(' ').unwrap();
            let (name, sheet) = name.split_once('#').unwrap_or((name, ""));
            let sheet = if sheet.is_empty() {
                String::new()
            } else {
                format!("sheet = '{sheet}'\n")
            };
            let table = if kind == "records" {
                "table = 'account'\n"
            } else {
                ""
            };
            format!("[[{kind}]]\nfile = '{name}'\n{sheet}{table}")
        };
        let manifest =
            "[environment]\n".to_owned() + &entries.iter().map(entry).collect::<String>();
        fs::write(folder.path().join(MANIFEST), manifest).unwrap();
        let exports = Project::open(folder.path()).unwrap().exports();
        match (exports, expected) {
            ((exports, faults), Ok(expected)) => {
                assert!(faults.is_empty(), "case: {case}: {faults:?}");
                let records = exports.records.iter().map(|records| &records.export);
                let users = exports.users.iter().map(|users| &users.export);
                let files = users.chain(records).chain(&exports.roles);
                let files: Vec<&str> = files.map(|export| export.file.as_str()).collect();
                assert_eq!(files, expected, "case: {case}");
            }
            ((_, faults), Err(words)) => {
                let said: Vec<String> = faults.iter().map(ToString::to_string).collect();
                let said = said.join("\n");
                for word in words {
                    assert!(said.contains(word), "case: {case}: no `{word}`: {said}");
                }
            }
        }
    }

    #[test]
    fn more_files_than_can_be_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let text = "[environment]\n".to_owned() + &"[[users]]\nfile = \"a.csv\"\n".repeat(65_534);
        let path = folder.path().join(MANIFEST);
        fs::write(&path, &text).unwrap();
        let faults = |folder| Project::open(folder).unwrap().exports().1;
        assert!(faults(folder.path()).is_empty());
        fs::write(&path, text + "[[roles]]\nfile = \"a.csv\"\n").unwrap();
        let faults = faults(folder.path());
        assert!(
            faults[0].to_string().contains("65535 files"),
            "{}",
            faults[0]
        );
        assert!(
            faults[0].to_string().contains("at most 65534"),
            "{}",
            faults[0]
        );
    }
}
