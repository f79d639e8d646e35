//! What the manifest says that rules obey.
//!
//! In: sections of the manifest, the day of the plan, how many records are loaded. Out: one value that
//! `check` gets. Reading the manifest is `project/`'s.

use std::collections::BTreeMap;
use std::num::NonZeroU64;

use crate::model::{Accept, EnvironmentKind};

/// What rules obey.
#[derive(Clone, Copy, Debug)]
pub struct CheckPolicy<'a> {
    /// `[accept]`.
    pub accept: &'a Accept,
    /// What the environment holds.
    pub kind: EnvironmentKind,
    /// Whether the primary mail flows from the directory, as in 2017 (S17 S18).
    pub mail_synchronised: bool,
    /// Whether the environment is on-premises: no licences, no group, another table of fields.
    pub on_premises: bool,
    /// The day that rules about dates go by, `YYYY-MM-DD`.
    pub as_of: &'a str,
    /// How many records of each table are loaded, for the tables that assigning reaches by cascade.
    pub records: &'a BTreeMap<String, u64>,
    /// Where the environment is a live one.
    pub live: Option<Live<'a>>,
    /// How many requests a day the caller may send, where the manifest says so.
    pub daily_requests: Option<NonZeroU64>,
}

/// A live environment, of which the facts are a copy.
#[derive(Clone, Copy, Debug)]
pub struct Live<'a> {
    /// Its host.
    pub host: &'a str,
    /// Plans that have written to it, or were undone, since the copy was pulled.
    pub written_since: &'a [String],
    /// Whether the customer's own plug-ins and workflows are passed over while changes are written.
    pub bypass_custom_logic: bool,
}

impl<'a> CheckPolicy<'a> {
    /// An online environment as it is today, of which no more is said.
    pub fn of(accept: &'a Accept) -> Self {
        const NONE: &BTreeMap<String, u64> = &BTreeMap::new();
        Self {
            accept,
            kind: EnvironmentKind::default(),
            mail_synchronised: false,
            on_premises: false,
            as_of: "",
            records: NONE,
            live: None,
            daily_requests: None,
        }
    }
}
