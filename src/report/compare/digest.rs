//! What of a plan is held against another.
//!
//! In: a plan's sheets and document. Out: maps by what stays the same between two dry runs: a finding by its code and
//! subject, an owner by its reference, a stub user by UPN, an input by its name.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::model::{comparison_key, reference_key};
use crate::plan::{Document, InputRecord, ReadinessCount};
use crate::report::ReportError;
use crate::report::listing::{Row, each_row};
use crate::report::sheets::{SheetName, Sheets};

/// A plan as a whole.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Side {
    pub(super) seal: String,
    pub(super) as_of: String,
    pub(super) approved: bool,
    pub(super) errors: u64,
    pub(super) accepted: u64,
    pub(super) warnings: u64,
    pub(super) notes: u64,
    pub(super) changes: u64,
    pub(super) rulings: u64,
    pub(super) rulings_unused: u64,
}

/// A finding.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Found {
    /// Its severity, or `accepted`.
    pub(super) standing: String,
    pub(super) message: String,
}

/// An owner reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Owner {
    pub(super) reference: String,
    pub(super) rows: u64,
    /// What becomes of it, in words.
    pub(super) fate: String,
    pub(super) ruling: String,
}

/// An export.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Export {
    pub(super) rows: u64,
    pub(super) blake3: String,
}

/// How many can work at a moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Ready {
    pub(super) yes: u64,
    pub(super) no: u64,
    pub(super) not_known: u64,
}

/// What of a plan is held against another.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Digest {
    pub(super) side: Side,
    /// By code and subject.
    pub(super) findings: BTreeMap<(String, String), Found>,
    /// By the key of the reference.
    pub(super) owners: BTreeMap<String, Owner>,
    /// Names by the key of the UPN.
    pub(super) stub_users: BTreeMap<String, String>,
    /// By kind, in words.
    pub(super) changes: BTreeMap<String, u64>,
    /// By table.
    pub(super) records: BTreeMap<String, u64>,
    /// At the three moments.
    pub(super) readiness: [Ready; 3],
    /// By name.
    pub(super) inputs: BTreeMap<String, Export>,
    /// What the plan was made for and under, by dotted key.
    pub(super) settings: BTreeMap<String, String>,
}

impl Digest {
    /// Reads what is compared.
    pub fn of(sheets: &Sheets<'_>) -> Result<Self, ReportError> {
        let document = sheets.document();
        let totals = &document.totals;
        let mut digest = Self {
            side: side(document),
            changes: totals.changes.clone(),
            records: totals.records_by_table.clone(),
            readiness: readiness(document),
            inputs: inputs(document),
            settings: settings(document),
            ..Self::default()
        };
        digest.read_findings(sheets)?;
        digest.read_owners(sheets)?;
        each_row(sheets, SheetName::StubUsers, &mut |cells| {
            let row = Row::of(SheetName::StubUsers, &cells);
            let (name, upn) = (row.text("full_name"), row.text("upn"));
            let key = comparison_key(upn);
            digest.stub_users.insert(key, format!("{name} <{upn}>"));
            Ok(())
        })?;
        Ok(digest)
    }

    fn read_findings(&mut self, sheets: &Sheets<'_>) -> Result<(), ReportError> {
        // Places of one finding follow each other, and there can be as many as rows.
        let mut last = (String::new(), String::new());
        each_row(sheets, SheetName::Findings, &mut |cells| {
            let row = Row::of(SheetName::Findings, &cells);
            let (code, subject) = (row.text("code"), row.text("subject"));
            if last.0 == code && last.1 == subject {
                return Ok(());
            }
            last = (code.to_owned(), subject.to_owned());
            let standing = match row.text("accepted") {
                "yes" => "accepted",
                _ => row.text("severity"),
            };
            let found = Found {
                standing: standing.to_owned(),
                message: row.text("message").to_owned(),
            };
            self.findings.entry(last.clone()).or_insert(found);
            Ok(())
        })
    }

    fn read_owners(&mut self, sheets: &Sheets<'_>) -> Result<(), ReportError> {
        each_row(sheets, SheetName::Owners, &mut |cells| {
            let row = Row::of(SheetName::Owners, &cells);
            let fate = match (row.text("fate"), row.text("owner"), row.text("by")) {
                (fate @ "nobody chosen", _, by) => format!("{fate} ({by})"),
                (fate, "", _) => fate.to_owned(),
                ("matched", owner, _) => owner.to_owned(),
                (fate, owner, _) => format!("{fate} {owner}"),
            };
            let owner = Owner {
                reference: row.text("reference").to_owned(),
                rows: row.number("rows").unwrap_or(0),
                fate,
                ruling: row.text("ruling").to_owned(),
            };
            self.owners.insert(reference_key(&owner.reference), owner);
            Ok(())
        })
    }
}

fn side(document: &Document) -> Side {
    let totals = &document.totals;
    Side {
        seal: document.seal.clone(),
        as_of: document.environment.as_of.clone(),
        approved: document.approved,
        errors: totals.errors,
        accepted: totals.accepted,
        warnings: totals.warnings,
        notes: totals.notes,
        changes: totals.changes.values().sum(),
        rulings: document.rulings.used,
        rulings_unused: document.rulings.unused,
    }
}

fn readiness(document: &Document) -> [Ready; 3] {
    let ready = |count: &ReadinessCount| Ready {
        yes: count.yes,
        no: count.no,
        not_known: count.not_known,
    };
    let record = &document.readiness;
    let moments = [&record.today, &record.after_plan, &record.after_hand_over];
    moments.map(ready)
}

/// What the document calls the sheet of rulings, which is no export: that others are named says so by itself.
const RULINGS: &str = "rulings";

fn inputs(document: &Document) -> BTreeMap<String, Export> {
    let is_export = |input: &&InputRecord| input.kind != RULINGS;
    let exports = document.inputs.iter().filter(is_export).map(|input| {
        let export = Export {
            rows: input.rows,
            blake3: input.blake3.clone(),
        };
        (input.name.clone(), export)
    });
    exports.collect()
}

/// The manifest's values, what it accepts, and which environment it was.
fn settings(document: &Document) -> BTreeMap<String, String> {
    let (accept, environment) = (&document.accept, &document.environment);
    let mut settings = document.settings.clone();
    let mut put = |key: &str, value: String| {
        if !value.is_empty() {
            settings.insert(key.to_owned(), value);
        }
    };
    put("accept (keep out)", accept.keep_out.join(", "));
    put("accept (unchecked)", accept.unchecked.join(", "));
    put("environment (host)", environment.host.clone());
    put(
        "environment (organisation)",
        environment.organisation.clone(),
    );
    let pulled = environment.pulled_at.clone().unwrap_or_default();
    put("environment (pulled at)", pulled);
    settings
}
