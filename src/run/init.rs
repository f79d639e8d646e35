//! `init`: looks at the exports in a folder and writes a commented manifest and a `.gitignore`.
//!
//! In: a folder. Out: `cutover.toml`, whose every guess is a line that can be read and changed.

use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use crate::model::{FileId, Findings, InputKind};
use crate::project::{MANIFEST, Project};
use crate::read::{FileSpec, Table, open_table};
use crate::report::shell_word;
use crate::run::{Console, Exit, Failure};

/// What an export seems to be.
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
    for file in exports(folder)? {
        let name = file
            .strip_prefix(folder)
            .unwrap_or(&file)
            .to_string_lossy()
            .replace('\\', "/");
        let guess = guess(&file, &name);
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
    environment.sqlite*\nplan/\nhistory/\n.plan.new/\n.owners.csv.making\n.cutover.lock\n";

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
         stubs = \"import\"                     # how stub users are made: import | api\n\n\
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
            let ending = path
                .extension()
                .map(|ending| ending.to_string_lossy().to_lowercase());
            let own = path
                .file_name()
                .is_some_and(|name| name.to_string_lossy().to_lowercase().starts_with("owners."));
            // The lock that Excel keeps beside an open workbook.
            let lock = path
                .file_name()
                .is_some_and(|name| name.to_string_lossy().starts_with("~$"));
            if !own
                && !lock
                && matches!(
                    ending.as_deref(),
                    Some("csv" | "xlsx" | "xlsm" | "xlsb" | "xls" | "ods")
                )
            {
                files.push(path);
            }
        }
    }
    files.sort();
    Ok(files)
}

fn guess(file: &Path, name: &str) -> Guess {
    let spec = FileSpec {
        file: FileId(0),
        kind: InputKind::Users,
        name: name.to_owned(),
        path: file.to_owned(),
        sheet: None,
        encoding: None,
        delimiter: None,
    };
    let Ok(table) = open_table(&spec, &mut Findings::default()) else {
        return Guess::Unclear;
    };
    let headers = &table.input().headers;
    let has = |names: &[&str]| table.column(names).is_some();
    if has(&["role", "security role"]) && has(&["user", "upn", "user name", "mail", "systemuser"]) {
        Guess::Roles
    } else if has(&["owner", "ownerid", "owner id", "_ownerid_value"]) {
        Guess::Records(table_name(headers, file))
    } else if has(LOGINS) || (has(MAILS_AND_NAMES) && first_cell_is_there(&table)) {
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
    let by_file = stem.map(|stem| stem.strip_suffix('s').map(str::to_owned).unwrap_or(stem));
    let name = worksheet
        .or(logical)
        .or(by_file)
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
             \"new_legacyid\" }}    # the old system's id\n# owner = \"...\"\n"
        ),
        Guess::Unclear => format!(
            "\n# Not clear what this is; one of:\n# [[users]]\n# [[records]]    # with table = \
             \"...\"\n# [[roles]]\n# file = {file}\n"
        ),
    }
}
