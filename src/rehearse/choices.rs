//! Choice columns: the numbers that they may hold, and the labels by which the service shows them.
//!
//! In: a table and a column. Out: its choices, in the order of their numbers. Numbers that the model knows are asked of
//! the model; all others are of the published references of the tables. Columns that are absent here are shown as
//! numbers: of a customer's own choices, and of those of records, an environment file knows nothing.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::model::{AccessMode, Inheritance, Invitation, TeamType};
use crate::rehearse::extra::Row;

/// The language of the labels, English of the United States.
const LANGUAGE: u32 = 1033;

/// One of the values of a choice column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::rehearse) struct Choice {
    /// What is stored.
    pub(in crate::rehearse) value: i64,
    /// What people read.
    pub(in crate::rehearse) label: &'static str,
}

/// A table, one of its columns, and the choices of that.
type Listed = (&'static str, &'static str, &'static [(i64, &'static str)]);

/// Choices that the model has no use for.
#[rustfmt::skip] // keeps a column to a line
const LISTED: &[Listed] = &[
    ("systemuser", "caltype", &[
        (0, "Professional"), (1, "Administrative"), (2, "Basic"), (3, "Device Professional"), (4, "Device Basic"),
        (5, "Essential"), (6, "Device Essential"), (7, "Enterprise"), (8, "Device Enterprise"), (9, "Sales"),
        (10, "Service"), (11, "Field Service"), (12, "Project Service"),
    ]),
    ("systemuser", "deletedstate", &[(0, "Not deleted"), (1, "Soft deleted")]),
    // Of more than a hundred kinds of jobs those that are run here.
    ("asyncoperation", "operationtype", &[
        (3, "Import File Parse"), (4, "Transform Parse Data"), (5, "Import"), (13, "Bulk Delete"),
    ]),
    ("asyncoperation", "statecode", &[(0, "Ready"), (1, "Suspended"), (2, "Locked"), (3, "Completed")]),
    ("asyncoperation", "statuscode", &[
        (0, "Waiting For Resources"), (10, "Waiting"), (20, "In Progress"), (21, "Pausing"), (22, "Canceling"),
        (30, "Succeeded"), (31, "Failed"), (32, "Canceled"),
    ]),
    ("import", "modecode", &[(0, "Create"), (1, "Update")]),
    ("import", "statecode", &[(0, "Active")]),
    ("import", "statuscode", IMPORT_STATUS),
    ("importfile", "statecode", &[(0, "Active")]),
    ("importfile", "statuscode", IMPORT_STATUS),
];

#[rustfmt::skip] // keeps the order of an import to a line
const IMPORT_STATUS: &[(i64, &str)] = &[
    (0, "Submitted"), (1, "Parsing"), (2, "Transforming"), (3, "Importing"), (4, "Completed"), (5, "Failed"),
];

/// The choices of a column; none where it is no choice, or its choices are not known.
pub(in crate::rehearse) fn of(table: &str, column: &str) -> Vec<Choice> {
    match (table, column) {
        ("systemuser", "accessmode") => all(AccessMode::ALL, AccessMode::code, access_mode),
        ("systemuser", "invitestatuscode") => all(&Invitation::ALL, Invitation::code, invitation),
        ("team", "teamtype") => all(TeamType::ALL, TeamType::code, team_type),
        ("role", "isinherited") => all(Inheritance::ALL, Inheritance::code, inheritance),
        _ => {
            let mut listed = LISTED.iter();
            let found = listed.find(|(of, name, _)| *of == table && *name == column);
            let choices = found.map_or(&[][..], |(_, _, choices)| choices).iter();
            choices
                .map(|&(value, label)| Choice { value, label })
                .collect()
        }
    }
}

/// The kind that metadata call a choice column.
pub(in crate::rehearse) fn kind(column: &str) -> &'static str {
    match column {
        "statecode" => "State",
        "statuscode" => "Status",
        _ => "Picklist",
    }
}

/// The option set of a column with choices; `id` is its metadata id.
pub(in crate::rehearse) fn option_set(
    id: Uuid,
    table: &str,
    column: &str,
    choices: &[Choice],
) -> Row {
    let name = match column {
        "teamtype" => "team_type".to_owned(),
        _ => format!("{table}_{column}"),
    };
    let mut set = Row::new();
    let options: Vec<Value> = choices.iter().map(option).collect();
    for (name, value) in [
        ("MetadataId", json!(id)),
        ("Name", json!(name)),
        ("IsGlobal", json!(false)),
        ("IsCustomOptionSet", json!(false)),
        ("IsManaged", json!(true)),
        ("OptionSetType", json!(kind(column))),
        ("Options", json!(options)),
    ] {
        set.insert(name.to_owned(), value);
    }
    set
}

fn option(choice: &Choice) -> Value {
    let label = json!({
        "Label": choice.label,
        "LanguageCode": LANGUAGE,
        "IsManaged": true,
        "MetadataId": null,
        "HasChanged": null,
    });
    json!({
        "Value": choice.value,
        "Color": null,
        "IsManaged": true,
        "ExternalValue": null,
        "ParentValues": [],
        "Tag": null,
        "IsHidden": false,
        "MetadataId": null,
        "HasChanged": null,
        "Label": { "LocalizedLabels": [label], "UserLocalizedLabel": label },
        "Description": { "LocalizedLabels": [], "UserLocalizedLabel": null },
    })
}

fn all<T: Copy>(values: &[T], code: fn(T) -> u8, label: fn(T) -> &'static str) -> Vec<Choice> {
    let choice = |value: &T| Choice {
        value: i64::from(code(*value)),
        label: label(*value),
    };
    values.iter().map(choice).collect()
}

fn access_mode(mode: AccessMode) -> &'static str {
    match mode {
        AccessMode::ReadWrite => "Read-Write",
        AccessMode::Administrative => "Administrative",
        AccessMode::Read => "Read",
        AccessMode::Support => "Support User",
        AccessMode::NonInteractive => "Non-interactive",
        AccessMode::DelegatedAdministrator => "Delegated Admin",
    }
}

fn invitation(status: Invitation) -> &'static str {
    match status {
        Invitation::NotSent => "Invitation Not Sent",
        Invitation::Invited => "Invited",
        Invitation::NearExpired => "Invitation Near Expired",
        Invitation::Expired => "Invitation Expired",
        Invitation::Accepted => "Invitation Accepted",
        Invitation::Rejected => "Invitation Rejected",
        Invitation::Revoked => "Invitation Revoked",
    }
}

/// Older releases write `AAD` before the last two.
fn team_type(kind: TeamType) -> &'static str {
    match kind {
        TeamType::Owner => "Owner",
        TeamType::Access => "Access",
        TeamType::SecurityGroup => "Security Group",
        TeamType::OfficeGroup => "Office Group",
    }
}

fn inheritance(inheritance: Inheritance) -> &'static str {
    match inheritance {
        Inheritance::TeamOnly => "Team privileges only",
        Inheritance::DirectUser => "Direct User (Basic) access level and Team privileges",
    }
}
