//! `cutover.toml`: read, checked, and turned into settings that cannot be wrong.
//!
//! In: the text a consultant wrote. Out: [`Manifest`]. Unknown keys are errors, because a misspelt
//! policy that is passed over would be a silent default.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::num::NonZeroU64;
use std::path::Path;

use jiff::SignedDuration;
use serde::Deserialize;

use crate::model::{
    Accept, AmbiguousPolicy, BlankPolicy, ByNamePolicy, Code, EnvironmentKind, MissingPolicy,
    OwnerPolicy, Severity, SignIn, StubPolicy, StubWay, WishField, comparison_key,
};
use crate::project::ProjectError;

/// The manifest, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    /// `[environment]`.
    pub environment: EnvironmentSection,
    /// `[owners]`.
    pub owners: OwnerPolicy,
    /// `rulings` of `[owners]`: a workbook read instead of `owners.csv`.
    pub rulings: Option<String>,
    /// `[[users]]`.
    pub users: Vec<UsersExportFile>,
    /// `[[records]]`.
    pub records: Vec<RecordsExportFile>,
    /// `[[roles]]`.
    pub roles: Vec<ExportFile>,
    /// `[accept]`.
    pub accept: Accept,
}

/// `[environment]`, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnvironmentSection {
    /// The environment file, relative to the project.
    pub file: String,
    /// The folder it is loaded from.
    pub from: Option<String>,
    /// The day that rules about dates go by, `YYYY-MM-DD`.
    pub as_of: Option<String>,
    /// How stub users are made.
    pub stubs: StubPolicy,
    /// The live environment.
    pub url: Option<String>,
    /// How it is signed in to.
    pub sign_in: SignIn,
    /// How many non-interactive users there may be (statements S74 and S75), where it says so.
    pub non_interactive_max: Option<u32>,
    /// Whether the directory's mail flows into users, as it did in 2017 (statements S17 and S18).
    pub mail_synchronised: bool,
    /// Whether the environment is on-premises: profiles are filled once, at creation (statement S22).
    pub on_premises: bool,
    /// Live: how old the copy may be when `apply` begins.
    pub max_age: Option<MaxAge>,
    /// Live: whether the customer's own plug-ins and workflows are passed over while changes are written.
    pub bypass_custom_logic: bool,
    /// Live: how many requests a day the caller may send, where the consultant knows.
    pub daily_requests: Option<NonZeroU64>,
}

/// How old a copy may be, as the manifest says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MaxAge {
    /// As written.
    pub text: String,
    /// The same as a length of time.
    pub span: SignedDuration,
}

/// An export that the manifest names.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExportFile {
    /// Path, relative to the project, or a glob of such paths.
    pub file: String,
    /// Sheet of a workbook.
    pub sheet: Option<String>,
    /// Encoding of a CSV.
    pub encoding: Option<String>,
    /// Delimiter of a CSV.
    pub delimiter: Option<char>,
}

/// A users export that the manifest names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsersExportFile {
    /// The file.
    pub export: ExportFile,
    /// Columns that are wishes for existing users, each once, in order.
    pub change: Vec<WishField>,
}

/// A records export that the manifest names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordsExportFile {
    /// The file.
    pub export: ExportFile,
    /// Logical name of the table.
    pub table: String,
    /// Column of the Dataverse id.
    pub id: Option<String>,
    /// Column of the old system's id, and the target's field that holds it.
    pub key: Option<(String, String)>,
    /// Column of the owner.
    pub owner: Option<String>,
    /// The target's field that says how far a record is, by which the reconciliation counts.
    pub status: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    environment: RawEnvironment,
    #[serde(default)]
    owners: RawOwners,
    #[serde(default)]
    users: Vec<RawUsers>,
    #[serde(default)]
    records: Vec<RawRecords>,
    #[serde(default)]
    roles: Vec<ExportFile>,
    #[serde(default)]
    accept: BTreeMap<String, toml::Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawEnvironment {
    #[serde(default = "default_file")]
    file: String,
    from: Option<String>,
    #[serde(default)]
    kind: EnvironmentKind,
    as_of: Option<String>,
    default_role: Option<String>,
    #[serde(default = "default_way")]
    stubs: StubWay,
    url: Option<String>,
    #[serde(default)]
    sign_in: SignIn,
    non_interactive_max: Option<u32>,
    #[serde(default)]
    mail_synchronised: bool,
    #[serde(default)]
    on_premises: bool,
    max_age: Option<String>,
    #[serde(default)]
    bypass_custom_logic: bool,
    daily_requests: Option<NonZeroU64>,
}

fn default_file() -> String {
    "environment.sqlite".to_owned()
}

fn default_way() -> StubWay {
    StubWay::Import
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawOwners {
    #[serde(default)]
    missing: MissingPolicy,
    #[serde(default)]
    ambiguous: AmbiguousPolicy,
    #[serde(default)]
    by_name: ByNamePolicy,
    #[serde(default)]
    blank: BlankPolicy,
    fallback: Option<String>,
    rulings: Option<String>,
    #[serde(default)]
    domains: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawUsers {
    file: String,
    #[serde(default)]
    change: Vec<String>,
    sheet: Option<String>,
    encoding: Option<String>,
    delimiter: Option<char>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRecords {
    file: String,
    table: String,
    id: Option<String>,
    key: Option<RawKey>,
    owner: Option<String>,
    status: Option<String>,
    sheet: Option<String>,
    encoding: Option<String>,
    delimiter: Option<char>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawKey {
    column: String,
    field: String,
}

impl Manifest {
    /// Reads and checks the manifest at `path`.
    pub fn read(path: &Path) -> Result<Self, ProjectError> {
        let text = fs::read_to_string(path).map_err(|source| match source.kind() {
            io::ErrorKind::NotFound => ProjectError::NoManifest {
                path: path.to_owned(),
            },
            _ => ProjectError::Unreadable {
                path: path.to_owned(),
                source,
            },
        })?;
        Self::parse(&text).map_err(|message| ProjectError::Manifest {
            path: path.to_owned(),
            message,
        })
    }

    /// Checks the text of a manifest; the error says where, what was found, what was expected.
    pub fn parse(text: &str) -> Result<Self, String> {
        let raw: Raw = toml::from_str(text).map_err(|error| {
            let hint = "write folders with `/`, as in `exports/users.csv`";
            match error.to_string() {
                message if text.contains('\\') => format!("{message}{hint}"),
                message => message,
            }
        })?;
        let needs_fallback = fallback_needed(&raw.owners);
        if let (Some(key), None) = (needs_fallback, &raw.owners.fallback) {
            return Err(format!(
                "`owners.{key} = \"fallback\"`, but `owners.fallback` names nobody: name a user or \
                 team there"
            ));
        }
        let accept = accept(&raw.accept)?;
        let users = raw.users.into_iter().map(checked_users);
        let users = users.collect::<Result<Vec<_>, _>>()?;
        let records = raw
            .records
            .into_iter()
            .map(checked_records)
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Self {
            environment: environment_section(raw.environment)?,
            rulings: raw.owners.rulings.clone(),
            owners: owner_policy(raw.owners),
            users,
            records,
            roles: raw.roles,
            accept,
        })
    }
}

fn environment_section(raw: RawEnvironment) -> Result<EnvironmentSection, String> {
    Ok(EnvironmentSection {
        file: raw.file,
        from: raw.from,
        as_of: raw.as_of.as_deref().map(checked_day).transpose()?,
        stubs: StubPolicy {
            way: raw.stubs,
            kind: raw.kind,
            default_role: raw.default_role,
        },
        url: raw.url,
        sign_in: raw.sign_in,
        non_interactive_max: raw.non_interactive_max,
        mail_synchronised: raw.mail_synchronised,
        on_premises: raw.on_premises,
        max_age: raw.max_age.map(checked_age).transpose()?,
        bypass_custom_logic: raw.bypass_custom_logic,
        daily_requests: raw.daily_requests,
    })
}

/// A whole number of minutes, hours or days. A day is 24 hours: an age knows no calendar.
fn checked_age(text: String) -> Result<MaxAge, String> {
    let minutes = |unit: char| match unit {
        'm' => Some(1),
        'h' => Some(60),
        'd' => Some(24 * 60),
        _ => None,
    };
    let found = text.char_indices().last().and_then(|(at, unit)| {
        let digits =
            Some(&text[..at]).filter(|digits| digits.bytes().all(|one| one.is_ascii_digit()));
        let number: i64 = digits?.parse::<u32>().ok().filter(|some| *some > 0)?.into();
        Some(SignedDuration::from_mins(number * minutes(unit)?))
    });
    match found {
        Some(span) => Ok(MaxAge { text, span }),
        None => Err(format!(
            "`environment.max_age` is `{text}`; expected a whole number of minutes, hours or days, such as `90m`, \
             `24h` or `7d`"
        )),
    }
}

fn fallback_needed(owners: &RawOwners) -> Option<&'static str> {
    if owners.missing == MissingPolicy::Fallback {
        Some("missing")
    } else if owners.ambiguous == AmbiguousPolicy::Fallback {
        Some("ambiguous")
    } else {
        (owners.blank == BlankPolicy::Fallback).then_some("blank")
    }
}

fn owner_policy(raw: RawOwners) -> OwnerPolicy {
    let domains = raw
        .domains
        .iter()
        .map(|(old, new)| (comparison_key(old), comparison_key(new)))
        .collect();
    OwnerPolicy {
        missing: raw.missing,
        ambiguous: raw.ambiguous,
        by_name: raw.by_name,
        blank: raw.blank,
        fallback: raw.fallback,
        domains,
    }
}

fn checked_day(day: &str) -> Result<String, String> {
    day.parse::<jiff::civil::Date>()
        .map(|date| date.to_string())
        .map_err(|_| format!("`environment.as_of` is `{day}`; expected a day such as `2026-11-28`"))
}

fn checked_users(raw: RawUsers) -> Result<UsersExportFile, String> {
    let mut change = BTreeSet::new();
    for word in &raw.change {
        let field = WishField::from_key(word).ok_or_else(|| {
            let known: Vec<&str> = WishField::all().map(WishField::key).collect();
            format!(
                "`change` of `{}` names `{word}`; expected of {}",
                raw.file,
                known.join(", ")
            )
        })?;
        change.insert(field);
    }
    Ok(UsersExportFile {
        export: ExportFile {
            file: raw.file,
            sheet: raw.sheet,
            encoding: raw.encoding,
            delimiter: raw.delimiter,
        },
        change: change.into_iter().collect(),
    })
}

fn checked_records(raw: RawRecords) -> Result<RecordsExportFile, String> {
    if raw.id.is_some() && raw.key.is_some() {
        return Err(format!(
            "`{}` names both `id` and `key`: records are found by one of them, take the other out",
            raw.file
        ));
    }
    let table = raw.table.trim().to_lowercase();
    if table.is_empty() {
        return Err(format!(
            "`{}` has an empty `table`: name the target's table",
            raw.file
        ));
    }
    Ok(RecordsExportFile {
        export: ExportFile {
            file: raw.file,
            sheet: raw.sheet,
            encoding: raw.encoding,
            delimiter: raw.delimiter,
        },
        table,
        id: raw.id,
        key: raw.key.map(|key| (key.column, key.field)),
        owner: raw.owner,
        status: raw.status.map(|field| field.trim().to_lowercase()),
    })
}

fn accept(raw: &BTreeMap<String, toml::Value>) -> Result<Accept, String> {
    let mut accept = Accept::default();
    for (key, value) in raw {
        if key == "unchecked" {
            for code in strings(key, value)? {
                accept.unchecked.insert(known(&code)?);
            }
            continue;
        }
        if key == "administrators" {
            accept.administrators = strings(key, value)?
                .iter()
                .map(|text| comparison_key(text))
                .collect();
            continue;
        }
        let code = known(key)?;
        let rule = code.rule();
        if value.as_str() != Some("keep out") {
            return Err(format!("`accept.{key}` is {value}; expected \"keep out\""));
        }
        if !rule.keep_out {
            let why = match rule.severity {
                Severity::Error => "its rows cannot be kept out: the fault must be cured",
                _ => "it stops nothing, so there is nothing to keep out",
            };
            return Err(format!(
                "`accept.{key}` is not possible ({}): {why}",
                rule.title
            ));
        }
        accept.keep_out.insert(code);
    }
    Ok(accept)
}

fn known(code: &str) -> Result<Code, String> {
    code.parse().map_err(|error| format!("`[accept]`: {error}"))
}

fn strings(key: &str, value: &toml::Value) -> Result<Vec<String>, String> {
    value
        .as_array()
        .and_then(|list| {
            list.iter()
                .map(|item| item.as_str().map(str::to_owned))
                .collect()
        })
        .ok_or_else(|| format!("`accept.{key}` is {value}; expected a list of texts"))
}

#[cfg(test)]
mod tests;
