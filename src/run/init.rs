//! `init`: looks at the exports in a folder and writes a commented manifest and a `.gitignore`.
//!
//! In: a folder. Out: `cutover.toml`, whose every guess is a line that can be read and changed.
//! Files that seem to be parts of one table become one entry, with a glob.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use crate::model::{FileId, Findings, InputKind};
use crate::project::{MANIFEST, Project, files_met};
use crate::read::{FileSpec, Table, open_table};
use crate::report::shell_word;
use crate::run::{Console, Exit, Failure};

/// What an export seems to be.
#[derive(Clone, PartialEq, Eq)]
enum Guess {
    Users,
    Roles,
    Records(String),
    Unclear,
}

/// Writes the manifest; never over one that is there.
pub fn init(folder: &Path, console: &mut Console<'_>) -> Result<Exit, Failure> {
    let manifest = folder.join(MANIFEST);
    if manifest.exists() {
        return Err(Failure::new(
            Exit::Usage,
            format!(
                "`{}` is there already; change it, or move it away",
                manifest.display()
            ),
        ));
    }
    if !folder.is_dir() {
        return Err(Failure::new(
            Exit::Usage,
            format!("`{}` is no folder", folder.display()),
        ));
    }
    let mut text = head(folder);
    let seen: Vec<Seen> = exports(folder)?
        .iter()
        .map(|file| look(folder, file))
        .collect();
    for Seen { name, guess, .. } in joined(folder, seen) {
        text += &section(&name, &guess);
        console.say(&match guess {
            Guess::Users => format!("{name}: users"),
            Guess::Roles => format!("{name}: roles"),
            Guess::Records(table) => format!("{name}: records of `{table}`"),
            Guess::Unclear => format!("{name}: not clear what it is; see the manifest"),
        })?;
    }
    text += TAIL;
    // A manifest that this program could not read would be no help.
    if let Err(message) = crate::project::Manifest::parse(&text) {
        return Err(Failure::new(
            Exit::Usage,
            format!("the manifest came out wrong: {message}"),
        ));
    }
    fs::write(&manifest, text)?;
    let ignore = folder.join(".gitignore");
    if !ignore.exists() {
        fs::write(ignore, IGNORE)?;
    }
    Project::open(folder)?;
    console.say(&format!(
        "wrote {}; look it through, then: cutover plan {}",
        manifest.display(),
        shell_word(&folder.display().to_string())
    ))?;
    Ok(Exit::Done)
}

const IGNORE: &str = "# Made by cutover; these hold people's data and can be made again.\n\
    environment.sqlite*\nplan/\nhistory/\n.plan.new/\n.owners.csv.making\nstub-users.csv\nanonymise.key\n.cutover.lock\n";

fn head(folder: &Path) -> String {
    let from = if folder.join("environment").is_dir() {
        ""
    } else {
        "# "
    };
    format!(
        "# What cutover plans from. `cutover plan` writes plan/, owners.csv and, where there is none,\n# the environment file; the target itself it never touches.\n\n\
         [environment]\n\
         file = \"environment.sqlite\"          # made by `cutover load`, or by `plan` where there is none\n\
         {from}from = \"environment/\"               # the folder of CSV/XLSX to load it from\n\
         kind = \"dynamics365\"                 # or \"powerapps\": which default role stub users get\n\
         stubs = \"import\"                     # how stub users are made: import | api\n\
         # non_interactive_max = 7            # 5 in older releases\n\
         # mail_synchronised = true           # the directory's mail flows into users, as it did in 2017\n\
         # on_premises = true                 # profiles are filled from AD once, when a user is created\n\n\
         [owners]\n\
         missing = \"stub\"                     # nobody fits: stub | fallback | error | leave\n\
         ambiguous = \"error\"                  # several fit: error | fallback\n\
         by_name = \"confirm\"                  # only the full name fits: confirm | accept\n\
         blank = \"error\"                      # no owner named: error | fallback | leave\n\
         # fallback = \"migration@example.com\"\n\
         # domains = {{ \"old.example\" = \"new.example\" }}\n"
    )
}

const TAIL: &str = "\n[accept]\n# FIL003 = \"keep out\"                # rows that may be kept out, by rule\n\
    # unchecked = [\"OWN009\"]            # rules that may stay unchecked\n";

/// The files in the folder and in its `exports` folder that could be exports, sorted.
fn exports(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let mut files = Vec::new();
    for place in [folder.to_owned(), folder.join("exports")] {
        if !place.is_dir() {
            continue;
        }
        for entry in fs::read_dir(&place)? {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if is_export(&name.to_lowercase()) {
                files.push(path);
            }
        }
    }
    files.sort();
    Ok(files)
}

/// Whether a file of this name, in small letters, could be an export: a CSV, packed or not, or a workbook,
/// and neither the owners sheet nor the lock that Excel keeps beside an open workbook.
fn is_export(name: &str) -> bool {
    let (inside, ending) = name.rsplit_once('.').unwrap_or((name, ""));
    let is_table = match ending {
        "csv" | "xlsx" | "xlsm" | "xlsb" | "xls" | "ods" => true,
        "gz" | "zst" | "zip" => inside
            .rsplit_once('.')
            .is_some_and(|(_, ending)| ending == "csv"),
        _ => false,
    };
    is_table && !name.starts_with("owners.") && !name.starts_with("~$")
}

/// A file, or several that seem to be parts of one table, with what they seem to be.
struct Seen {
    /// As the manifest is to write it.
    name: String,
    guess: Guess,
    headers: Vec<String>,
}

/// Several files as one glob, where they differ in a number only, have the same columns, and the glob
/// meets no file besides.
fn joined(folder: &Path, seen: Vec<Seen>) -> Vec<Seen> {
    let mut parts: BTreeMap<String, Vec<&Seen>> = BTreeMap::new();
    for one in &seen {
        if let Some(glob) = numbered(&one.name) {
            parts.entry(glob).or_default().push(one);
        }
    }
    let is_table = |(glob, parts): &(String, Vec<&Seen>)| {
        let (first, names) = (parts[0], parts.iter().map(|part| &part.name));
        let names: BTreeSet<&String> = names.collect();
        let alike = parts
            .iter()
            .all(|part| part.guess == first.guess && part.headers == first.headers);
        parts.len() > 1
            && alike
            && first.guess != Guess::Unclear
            && files_met(folder, glob).is_ok_and(|met| met.iter().collect::<BTreeSet<_>>() == names)
    };
    let tables: BTreeSet<String> = parts
        .into_iter()
        .filter(is_table)
        .map(|(glob, _)| glob)
        .collect();
    let mut kept: Vec<Seen> = Vec::new();
    for one in seen {
        match numbered(&one.name).filter(|glob| tables.contains(glob)) {
            Some(glob) if kept.iter().any(|before| before.name == glob) => {}
            Some(name) => kept.push(Seen { name, ..one }),
            None => kept.push(one),
        }
    }
    kept
}

/// A name with a star in the place of the last number of its file name.
fn numbered(name: &str) -> Option<String> {
    let file = name.rfind('/').map_or(0, |slash| slash + 1);
    let ending = name.rfind('.').filter(|dot| *dot > file)?;
    let last = name[file..ending].rfind(|letter: char| letter.is_ascii_digit())? + file;
    let before = name[..last].trim_end_matches(|letter: char| letter.is_ascii_digit());
    let after = &name[last + 1..];
    let plain = !before.contains(['*', '?', '[']) && !after.contains(['*', '?', '[']);
    plain.then(|| format!("{before}*{after}"))
}

fn look(folder: &Path, file: &Path) -> Seen {
    let name = file.strip_prefix(folder).unwrap_or(file);
    let name = name.to_string_lossy().replace('\\', "/");
    let spec = FileSpec {
        file: FileId(0),
        kind: InputKind::Users,
        name: name.clone(),
        path: file.to_owned(),
        sheet: None,
        encoding: None,
        delimiter: None,
    };
    match open_table(&spec, &mut Findings::default()) {
        Ok(table) => Seen {
            name,
            guess: guess(file, &table),
            headers: table.input().headers.clone(),
        },
        Err(_) => Seen {
            name,
            guess: Guess::Unclear,
            headers: Vec::new(),
        },
    }
}

fn guess(file: &Path, table: &Table) -> Guess {
    let headers = &table.input().headers;
    let has = |names: &[&str]| table.column(names).is_some();
    if has(&["role", "security role"]) && has(&["user", "upn", "user name", "mail", "systemuser"]) {
        Guess::Roles
    } else if has(&["owner", "ownerid", "owner id", "_ownerid_value"]) {
        Guess::Records(table_name(headers, file))
    } else if has(LOGINS) || (has(MAILS_AND_NAMES) && first_cell_is_there(table)) {
        Guess::Users
    } else {
        Guess::Unclear
    }
}

/// Headers that only a users export has.
const LOGINS: &[&str] = &[
    "upn",
    "domainname",
    "user name",
    "userprincipalname",
    "user principal name",
    "username",
];

/// Headers that a users export has as well as others.
const MAILS_AND_NAMES: &[&str] = &["email", "mail", "primary email", "full name"];

fn first_cell_is_there(table: &Table) -> bool {
    let mut seen = false;
    let read = table.rows(&crate::model::Silent, &mut |_| {
        seen = true;
        ControlFlow::Break(())
    });
    read.is_ok() && seen
}

/// The table that an export seems to be about: by the header of its id, else by the file's name.
fn table_name(headers: &[String], file: &Path) -> String {
    let worksheet = headers.iter().find_map(|header| {
        let name = header.trim().strip_prefix("(Do Not Modify) ")?;
        (!matches!(name, "Row Checksum" | "Modified On")).then(|| name.to_owned())
    });
    // The id of a table's own rows comes first in its exports; ids further on name other rows.
    let logical = headers.first().and_then(|header| {
        let header = header.trim().to_lowercase();
        let name = header.strip_suffix("id")?;
        let whole = !name.is_empty()
            && name
                .chars()
                .all(|letter| letter.is_alphanumeric() || letter == '_');
        whole.then(|| name.to_owned())
    });
    let stem = file
        .file_stem()
        .map(|stem| stem.to_string_lossy().to_lowercase());
    let by_file = stem.map(|stem| {
        // Parts of one table are numbered, and copies too: `accounts-2`, `accounts (3)`.
        let stem = stem.strip_suffix(".csv").unwrap_or(&stem);
        let plain = stem.trim_end_matches(|letter: char| !letter.is_alphabetic());
        plain.strip_suffix('s').unwrap_or(plain).to_owned()
    });
    let name = worksheet
        .or(logical)
        .or(by_file)
        .filter(|name| !name.is_empty())
        .unwrap_or_else(|| "account".to_owned());
    name.to_lowercase()
        .chars()
        .filter(|letter| letter.is_alphanumeric() || *letter == '_')
        .collect()
}

fn section(name: &str, guess: &Guess) -> String {
    let file = toml::Value::String(name.to_owned());
    match guess {
        Guess::Users => format!("\n[[users]]\nfile = {file}\n"),
        Guess::Roles => format!("\n[[roles]]\nfile = {file}\n"),
        Guess::Records(table) => format!(
            "\n[[records]]\nfile = {file}\ntable = \"{table}\"\n# id = \"...\"    # the column of the \
             Dataverse id, where it is not recognised; or\n# key = {{ column = \"Id\", field = \
             \"new_legacyid\" }}    # the old system's id\n# owner = \"...\"\n# status = \"statecode\"    # counts the reconciliation by it\n"
        ),
        Guess::Unclear => format!(
            "\n# Not clear what this is; one of:\n# [[users]]\n# [[records]]    # with table = \
             \"...\"\n# [[roles]]\n# file = {file}\n"
        ),
    }
}
