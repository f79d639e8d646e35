//! The files that a glob of the manifest stands for.
//!
//! In: a project's folder and a pattern with `*`, `?`, `[...]` or `**`. Out: names relative to the
//! folder, in the order in which a person counts, or why there are none. A glob never leaves the
//! folder, follows no link, and meets neither hidden files nor what spreadsheets and `cutover` put
//! beside exports: else a plan would change by itself. What the files hold is `read/`'s.

use std::cmp::Ordering;
use std::fs::{self, DirEntry};
use std::io;
use std::path::{Path, PathBuf};

use glob::{MatchOptions, Pattern};

/// The same on every system, so that a project plans alike wherever it is copied to.
const OPTIONS: MatchOptions = MatchOptions {
    case_sensitive: true,
    require_literal_separator: true,
    require_literal_leading_dot: true,
};

/// What `cutover` writes into the project's folder: a glob that met it would make every plan stale.
const OWN: [&str; 4] = ["plan", "history", "owners.csv", "owners.new.csv"];

/// A glob gives no files that can be used.
#[derive(Debug, thiserror::Error)]
pub enum GlobError {
    /// A pattern that means nothing.
    #[error(
        "`{glob}` is neither a file that is there nor a glob ({reason}); correct `file` in the manifest"
    )]
    NoGlob {
        /// As the manifest writes it.
        glob: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A pattern that begins or goes outside the project's folder.
    #[error(
        "`{glob}` leads out of the project's folder, where no glob goes; put the exports into the \
         folder, or name each file by itself"
    )]
    Outside {
        /// As the manifest writes it.
        glob: String,
    },
    /// Nothing there fits.
    #[error(
        "no file meets `{glob}`: looked in `{folder}`, found {found}; put the exports there, or \
         correct `file` in the manifest (upper and lower case count, hidden files, `~$...` and \
         `*.new.csv` are not met)"
    )]
    NoFile {
        /// As the manifest writes it.
        glob: String,
        /// Where the first component with a wildcard was looked for.
        folder: String,
        /// What is there.
        found: String,
    },
    /// What it would have to follow to be complete.
    #[error(
        "`{glob}` meets the link `{link}`, and a glob follows none; put the exports themselves \
         there, or name each file by itself"
    )]
    Link {
        /// As the manifest writes it.
        glob: String,
        /// The link, relative to the project's folder.
        link: String,
    },
    /// A name that no plan could hold.
    #[error("`{glob}` meets `{file}`, whose name is not Unicode; rename the file")]
    NotUnicode {
        /// As the manifest writes it.
        glob: String,
        /// The name, as well as it can be shown.
        file: String,
    },
    /// A folder that cannot be listed.
    #[error("`{glob}`: `{folder}` cannot be listed ({reason}); check that it may be read")]
    Unreadable {
        /// As the manifest writes it.
        glob: String,
        /// The folder, relative to the project's.
        folder: String,
        /// The system's words.
        reason: io::Error,
    },
}

/// Whether a name that is no file may be a glob.
pub(super) fn is_glob(name: &str) -> bool {
    name.contains(['*', '?', '['])
}

/// The files below `project` that `glob` stands for, at least one, in counting order.
pub fn files_met(project: &Path, glob: &str) -> Result<Vec<String>, GlobError> {
    let outside = Path::new(glob).has_root()
        || glob.split('/').any(|part| part == "..")
        || glob
            .split('/')
            .next()
            .is_some_and(|part| part.contains(':'));
    if outside {
        return Err(GlobError::Outside {
            glob: glob.to_owned(),
        });
    }
    let named = glob.split('/').filter(|part| !matches!(*part, "" | "."));
    // What lies below any folder is any file.
    let any_file = glob.ends_with("**").then_some("*");
    let parts = named
        .chain(any_file)
        .map(|part| Part::of(part, glob))
        .collect::<Result<Vec<_>, _>>()?;
    let mut walk = Walk {
        project,
        glob,
        files: Vec::new(),
    };
    walk.below("", &parts)?;
    let mut files = walk.files;
    files.sort_by(|left, right| by_counting(left, right));
    files.dedup();
    if files.is_empty() {
        return Err(no_file(project, glob));
    }
    Ok(files)
}

/// One component of a glob.
enum Part {
    /// A name as it stands.
    Name(String),
    /// Any folders, or none: `**`.
    AnyDepth,
    /// A name with wildcards.
    Pattern { pattern: Pattern, takes_new: bool },
}

impl Part {
    fn of(part: &str, glob: &str) -> Result<Self, GlobError> {
        if part == "**" {
            return Ok(Self::AnyDepth);
        }
        if !is_glob(part) {
            return Ok(Self::Name(part.to_owned()));
        }
        Pattern::new(part)
            .map(|pattern| Self::Pattern {
                pattern,
                takes_new: part.ends_with(NEW),
            })
            .map_err(|error| GlobError::NoGlob {
                glob: glob.to_owned(),
                reason: error.msg,
            })
    }
}

/// How the sheet ends that `plan` writes beside one that is open in Excel.
const NEW: &str = ".new.csv";

/// A search through folders, component by component.
struct Walk<'a> {
    project: &'a Path,
    glob: &'a str,
    files: Vec<String>,
}

impl Walk<'_> {
    /// Looks in the folder `within` (relative, empty for the project's) for what `parts` say.
    fn below(&mut self, within: &str, parts: &[Part]) -> Result<(), GlobError> {
        let Some((part, rest)) = parts.split_first() else {
            return Ok(());
        };
        if let Part::AnyDepth = part {
            self.below(within, rest)?;
        }
        for entry in self.entries(within)? {
            let name = entry.file_name();
            let shown = name.to_string_lossy();
            if !meets(part, within, &shown) {
                continue;
            }
            let path = joined(within, &shown);
            // As the folder says it, without following a link.
            let kind = entry
                .file_type()
                .map_err(|reason| self.unreadable(&path, reason))?;
            let last = rest.is_empty();
            if kind.is_symlink() {
                // Below `**` a link to a file may fit what comes next; that is seen there.
                if !matches!(part, Part::AnyDepth) || self.project.join(&path).is_dir() {
                    return Err(GlobError::Link {
                        glob: self.glob.to_owned(),
                        link: path,
                    });
                }
            } else if kind.is_dir() {
                match part {
                    Part::AnyDepth => self.below(&path, parts)?,
                    Part::Name(_) | Part::Pattern { .. } => self.below(&path, rest)?,
                }
            } else if last {
                if name.to_str().is_none() {
                    return Err(GlobError::NotUnicode {
                        glob: self.glob.to_owned(),
                        file: path,
                    });
                }
                self.files.push(path);
            }
        }
        Ok(())
    }

    /// What a folder holds; nothing where there is no such folder.
    fn entries(&self, within: &str) -> Result<Vec<DirEntry>, GlobError> {
        let listed = fs::read_dir(self.project.join(within))
            .and_then(Iterator::collect::<io::Result<Vec<DirEntry>>>);
        match listed {
            Err(reason) if reason.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            Err(reason) => Err(self.unreadable(within, reason)),
            Ok(entries) => Ok(entries),
        }
    }

    fn unreadable(&self, folder: &str, reason: io::Error) -> GlobError {
        GlobError::Unreadable {
            glob: self.glob.to_owned(),
            folder: folder.to_owned(),
            reason,
        }
    }
}

/// Whether a component fits a name, and the name is no surprise.
fn meets(part: &Part, within: &str, name: &str) -> bool {
    let own = within.is_empty() && OWN.contains(&name);
    let surprise = own || name.starts_with("~$");
    match part {
        Part::Name(wanted) => wanted == name,
        Part::AnyDepth => !surprise && !name.starts_with('.'),
        Part::Pattern { pattern, takes_new } => {
            !surprise
                && (*takes_new || !name.to_lowercase().ends_with(NEW))
                && pattern.matches_with(name, OPTIONS)
        }
    }
}

fn joined(within: &str, name: &str) -> String {
    if within.is_empty() {
        return name.to_owned();
    }
    format!("{within}/{name}")
}

/// Says what is there instead of the files looked for.
fn no_file(project: &Path, glob: &str) -> GlobError {
    const SHOWN_MAX: usize = 10;
    let literal = glob.split('/').take_while(|part| !is_glob(part));
    let folder: PathBuf = literal.collect();
    let mut names: Vec<String> = fs::read_dir(project.join(&folder))
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort_by(|left, right| by_counting(left, right));
    let more = names.len().saturating_sub(SHOWN_MAX);
    let mut shown: Vec<String> = names
        .iter()
        .take(SHOWN_MAX)
        .map(|name| format!("`{name}`"))
        .collect();
    if more > 0 {
        shown.push(format!("and {more} more"));
    }
    let found = match (shown.is_empty(), project.join(&folder).is_dir()) {
        (false, _) => shown.join(", "),
        (true, true) => "nothing".to_owned(),
        (true, false) => "no such folder".to_owned(),
    };
    let folder = folder.to_string_lossy().replace('\\', "/");
    GlobError::NoFile {
        glob: glob.to_owned(),
        folder: if folder.is_empty() {
            ".".to_owned()
        } else {
            folder
        },
        found,
    }
}

/// Folder by folder, and numbers as numbers: `accounts-2` comes before `accounts-10`, which is the
/// order in which such files are exported, and in which "twice in the exports" is said.
pub(super) fn by_counting(left: &str, right: &str) -> Ordering {
    let parts = left.split('/').zip(right.split('/'));
    parts
        .map(|(left, right)| names_by_counting(left, right))
        .find(|order| order.is_ne())
        .unwrap_or(Ordering::Equal)
        .then_with(|| left.cmp(right))
}

fn names_by_counting(mut left: &str, mut right: &str) -> Ordering {
    loop {
        let (left_text, left_rest) = left.split_at(digits_from(left));
        let (right_text, right_rest) = right.split_at(digits_from(right));
        let (left_digits, left_after) = left_rest.split_at(digits_until(left_rest));
        let (right_digits, right_after) = right_rest.split_at(digits_until(right_rest));
        let order = left_text
            .cmp(right_text)
            .then_with(|| number(left_digits).cmp(&number(right_digits)));
        if order.is_ne() || left_after.is_empty() && right_after.is_empty() {
            return order;
        }
        (left, right) = (left_after, right_after);
    }
}

fn digits_from(text: &str) -> usize {
    text.find(|letter: char| letter.is_ascii_digit())
        .unwrap_or(text.len())
}

fn digits_until(text: &str) -> usize {
    text.find(|letter: char| !letter.is_ascii_digit())
        .unwrap_or(text.len())
}

/// A number of any length, so that two compare by value.
fn number(digits: &str) -> (usize, &str) {
    let digits = digits.trim_start_matches('0');
    (digits.len(), digits)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use proptest::prelude::*;
    use tempfile::TempDir;

    use super::{by_counting, files_met};

    const TREE: &[&str] = &[
        "accounts-1.csv",
        "accounts-10.csv",
        "accounts-2.csv",
        "accounts-2.new.csv",
        "Accounts-3.csv",
        ".accounts-4.csv",
        "~$accounts-5.csv",
        "owners.csv",
        "owners.new.csv",
        "plan/accounts-6.csv",
        "history/accounts-7.csv",
        "exports/accounts-8.csv",
        "exports/plan/accounts-9.csv",
        "exports/.hidden/accounts-11.csv",
        "exports/emea/contacts.csv",
        "exports/emea/2/contacts.csv",
        "exports/emea/10/contacts.csv",
        "exports/a [b] {c}.csv",
        "exports/folder.csv/x.txt",
    ];

    #[test]
    #[rustfmt::skip] // keeps the columns of the table
    fn globs() {
        //    case                           glob                        files, or words of the error
        check("numbers as numbers",          "accounts-*.csv",           Ok(&["accounts-1.csv", "accounts-2.csv", "accounts-10.csv"]));
        check("one letter",                  "accounts-?.csv",           Ok(&["accounts-1.csv", "accounts-2.csv"]));
        check("one of some letters",         "[Aa]ccounts-[1-3].csv",    Ok(&["Accounts-3.csv", "accounts-1.csv", "accounts-2.csv"]));
        check("none of some letters",        "accounts-[!1]*.csv",       Ok(&["accounts-2.csv"]));
        check("what is beside the sheet, where asked for", "accounts-*.new.csv", Ok(&["accounts-2.new.csv"]));
        check("the product's own files are not met", "*.csv",            Ok(&["Accounts-3.csv", "accounts-1.csv", "accounts-2.csv", "accounts-10.csv"]));
        check("nor where asked for",         "owners.*.csv",             Err(&["no file meets `owners.*.csv`"]));
        check("hidden where asked for",      ".acc*.csv",                Ok(&[".accounts-4.csv"]));
        check("below a folder",              "exports/*.csv",            Ok(&["exports/a [b] {c}.csv", "exports/accounts-8.csv"]));
        check("a folder of that name",       "exports/emea*/*.csv",      Ok(&["exports/emea/contacts.csv"]));
        check("a dot is the folder itself",  "./exports//acc*.csv",      Ok(&["exports/accounts-8.csv"]));
        check("any folder of one level",     "exports/emea/*/contacts.csv", Ok(&["exports/emea/2/contacts.csv", "exports/emea/10/contacts.csv"]));
        check("any depth, none too",         "exports/**/contacts.csv",  Ok(&["exports/emea/2/contacts.csv", "exports/emea/10/contacts.csv", "exports/emea/contacts.csv"]));
        check("any depth twice meets once",  "exports/**/**/acc*.csv",   Ok(&["exports/accounts-8.csv", "exports/plan/accounts-9.csv"]));
        check("everything below",            "exports/emea/**",          Ok(&["exports/emea/2/contacts.csv", "exports/emea/10/contacts.csv", "exports/emea/contacts.csv"]));
        check("hidden folders are not entered", "**/accounts-11.*",      Err(&["no file meets"]));
        check("the product's own folders neither", "**/accounts-[67].csv", Err(&["no file meets"]));
        check("a star stops at a folder",    "exports*contacts.csv",     Err(&["no file meets"]));
        check("braces are letters",          "exports/* {c}.csv",        Ok(&["exports/a [b] {c}.csv"]));
        check("braces are no choice",        "exports/acc*{,x}.csv",     Err(&["no file meets"]));
        check("a folder is no file",         "exports/fold*.csv",        Err(&["no file meets"]));
        check("nothing fits",                "exports/emea/2/a*.csv",    Err(&["no file meets `exports/emea/2/a*.csv`", "looked in `exports/emea/2`", "found `contacts.csv`", "put the exports there", "correct `file`", "case count"]));
        check("no such folder",              "export/*.csv",             Err(&["looked in `export`", "found no such folder"]));
        check("upwards",                     "../*.csv",                 Err(&["leads out of the project's folder", "by itself"]));
        check("upwards in between",          "exports/../*.csv",         Err(&["leads out"]));
        check("from the root",               "/tmp/*.csv",               Err(&["leads out"]));
        check("from a drive",                "C:/exports/*.csv",         Err(&["leads out"]));
        check("backslashes part nothing",    "exports\\*.csv",           Err(&["no file meets"]));
        check("an open bracket",             "accounts-[1.csv",          Err(&["neither a file that is there nor a glob", "invalid range pattern"]));
        check("two stars in a name",         "acc**.csv",                Err(&["recursive wildcards"]));
    }

    fn tree() -> TempDir {
        let folder = tempfile::tempdir().unwrap();
        for file in TREE {
            let path = folder.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "x").unwrap();
        }
        folder
    }

    #[track_caller]
    fn check(case: &str, glob: &str, expected: Result<&[&str], &[&str]>) {
        match (files_met(tree().path(), glob), expected) {
            (Ok(files), Ok(expected)) => assert_eq!(files, expected, "case: {case}"),
            (Err(error), Err(words)) => {
                let said = error.to_string();
                for word in words {
                    assert!(said.contains(word), "case: {case}: no `{word}`: {said}");
                }
            }
            (files, _) => panic!("case: {case}: {files:?}"),
        }
    }

    #[cfg(unix)]
    #[test]
    fn links_are_not_followed_and_not_passed_over() {
        use std::os::unix::fs::symlink;
        let folder = tree();
        let path = |name: &str| folder.path().join(name);
        symlink(path("accounts-1.csv"), path("exports/linked.csv")).unwrap();
        symlink(path("exports"), path("exports/emea/around")).unwrap();
        symlink(path("exports"), path("outside")).unwrap();
        let met = |glob: &str| files_met(folder.path(), glob).map_err(|error| error.to_string());
        for (glob, link) in [
            ("exports/*.csv", "exports/linked.csv"),
            ("exports/**/contacts.csv", "exports/emea/around"),
            ("exports/emea/*/contacts.csv", "exports/emea/around"),
            ("outside/*.csv", "outside"),
        ] {
            let said = met(glob).unwrap_err();
            assert!(said.contains(&format!("link `{link}`")), "{glob}: {said}");
        }
        // One that does not fit stands in nobody's way.
        assert!(met("exports/acc*.csv").is_ok());
    }

    proptest! {
        #[test]
        fn counting_is_an_order(names in prop::collection::vec("[a0-2/]{0,6}", 3)) {
            let [a, b, c] = &names[..] else { unreachable!() };
            prop_assert_eq!(by_counting(a, b), by_counting(b, a).reverse());
            prop_assert_eq!(by_counting(a, b).is_eq(), a == b);
            if a.matches('/').count() == b.matches('/').count()
                && b.matches('/').count() == c.matches('/').count()
                && by_counting(a, b).is_le()
                && by_counting(b, c).is_le()
            {
                prop_assert!(by_counting(a, c).is_le());
            }
        }
    }
}
