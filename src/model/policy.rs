//! What the manifest decides, as types: policies for owners, what is accepted, how stubs are made.
//!
//! In: the checked manifest. Out: settings that several rooms obey. Reading the file is `project/`'s.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::model::{Code, StubWay};

/// What happens to a reference that nobody fits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MissingPolicy {
    /// A stub user is made.
    #[default]
    Stub,
    /// The fallback owner gets the records.
    Fallback,
    /// It is an error.
    Error,
    /// The records stay where they are.
    Leave,
}

/// What happens to a reference that several fit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AmbiguousPolicy {
    /// It is an error.
    #[default]
    Error,
    /// The fallback owner gets the records.
    Fallback,
}

/// What a match on the full name alone is worth.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ByNamePolicy {
    /// It needs a ruling.
    #[default]
    Confirm,
    /// It is taken.
    Accept,
}

/// What happens to a row without an owner.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BlankPolicy {
    /// It is an error.
    #[default]
    Error,
    /// The fallback owner gets the record.
    Fallback,
    /// The record stays where it is.
    Leave,
}

/// The section `[owners]` of the manifest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OwnerPolicy {
    /// Nobody fits.
    pub missing: MissingPolicy,
    /// Several fit.
    pub ambiguous: AmbiguousPolicy,
    /// Only the full name fits.
    pub by_name: ByNamePolicy,
    /// No owner named.
    pub blank: BlankPolicy,
    /// Who gets records where a ruling or policy says `fallback`: UPN, mail, id or team, as written.
    pub fallback: Option<String>,
    /// Old domain to new domain, both as comparison keys.
    pub domains: BTreeMap<String, String>,
}

/// Which product the environment holds: says which default role a stub user gets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EnvironmentKind {
    /// Dynamics 365: `Salesperson`.
    #[default]
    Dynamics365,
    /// Power Apps: `Common Data Service User`, today `Basic User`.
    PowerApps,
}

/// How a live environment is signed in to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SignIn {
    /// An application and its secret.
    #[default]
    Secret,
    /// An application and its certificate.
    Certificate,
    /// The identity of the machine that this runs on.
    ManagedIdentity,
    /// Whoever is signed in to the Azure CLI.
    Cli,
}

/// How stub users are made and which role they get.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StubPolicy {
    /// The way.
    pub way: StubWay,
    /// What the environment holds.
    pub kind: EnvironmentKind,
    /// Another role than the kind's, by name.
    pub default_role: Option<String>,
}

impl StubPolicy {
    /// Names under which the default role is looked for, in order; the first found is meant.
    pub fn default_role_names(&self) -> Vec<&str> {
        match (&self.default_role, self.kind) {
            (Some(name), _) => vec![name],
            (None, EnvironmentKind::Dynamics365) => vec!["Salesperson"],
            (None, EnvironmentKind::PowerApps) => vec!["Basic User", "Common Data Service User"],
        }
    }
}

/// The section `[accept]`: what may be kept out or left unchecked, counted and shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Accept {
    /// Codes whose rows are kept out. Only rules that allow it get here.
    pub keep_out: BTreeSet<Code>,
    /// Guarding rules that may stay unchecked.
    pub unchecked: BTreeSet<Code>,
    /// Users who may hold administrator roles, as comparison keys.
    pub administrators: BTreeSet<String>,
}
