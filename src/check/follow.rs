//! Rules about what assigning a record takes along: REC007, REC008, REC009, REC010.
//!
//! In: rows that stand, what assigning does to children, and who owns the records now. Out: warnings of
//! what moves though no row names it, and rows that fall because nobody could take that back.
//! Which child belongs to which parent an environment file does not know: numbers are upper bounds.

use std::collections::{BTreeMap, BTreeSet};

use crate::check::labels::listed;
use crate::check::outcome::Outcome;
use crate::check::people::Kind;
use crate::check::records::{Column, mark};
use crate::check::{Fall, Trial};
use crate::model::{CascadeAssign, Code, Principal, comparison_key, quoted, setting, setting_on};
use crate::plan::DraftTable;

/// Judges what the tables of the plan take along; rows fall where that is not known.
pub(super) fn check_cascades(trial: &mut Trial<'_>, tables: &mut [DraftTable]) {
    let named: BTreeMap<String, u64> = tables
        .iter()
        .map(|table| (table.entity.clone(), table.changes()))
        .collect();
    for table in tables.iter_mut() {
        if named[&table.entity] == 0 {
            continue;
        }
        let reached = reached(trial, &table.entity);
        not_loaded(trial, table, &reached);
        if table.changes() > 0 {
            along(trial, &table.entity, &reached, &named);
        }
    }
}

/// The tables below one by cascade, at any depth, with the gentlest word for how they follow.
fn reached(trial: &Trial<'_>, entity: &str) -> BTreeMap<String, CascadeAssign> {
    let mut reached: BTreeMap<String, CascadeAssign> = BTreeMap::new();
    let mut next = vec![entity.to_owned()];
    while let Some(parent) = next.pop() {
        let all = trial.facts.cascades().iter();
        for cascade in all.filter(|cascade| cascade.parent == parent) {
            let follows = cascade.assign != CascadeAssign::None && cascade.child != entity;
            if follows && !reached.contains_key(&cascade.child) {
                reached.insert(cascade.child.clone(), cascade.assign);
                next.push(cascade.child.clone());
            }
        }
    }
    reached
}

/// REC010: a child table was not loaded, so that nobody knows what followed and undo cannot take it back.
fn not_loaded(
    trial: &mut Trial<'_>,
    table: &mut DraftTable,
    reached: &BTreeMap<String, CascadeAssign>,
) {
    if trial.policy.accept.unchecked.contains(&Code::Rec010) {
        return;
    }
    let loaded =
        |child: &str| (trial.facts.entity(child)).is_some_and(|known| known.records_loaded);
    let missing: Vec<String> = reached
        .keys()
        .filter(|child| !loaded(child))
        .cloned()
        .collect();
    if missing.is_empty() {
        return;
    }
    let entity = table.entity.clone();
    let files = listed(missing.iter().map(|child| format!("records-{child}")));
    let message = || {
        let children = listed(missing.iter().cloned());
        format!(
            "assigning rows of {entity} takes along rows of {children}, whose records were not \
             loaded (expected {files}): undo could not give them back",
            entity = quoted(&entity)
        )
    };
    let cure = || Code::Rec010.rule().cure.to_owned();
    let cause = trial.cause(Code::Rec010, &entity, message, cure);
    mark(trial, table, Column::Id, |_| Some(Fall::Own(cause)));
}

/// REC007: what follows, in tables, and how many at most.
fn along(
    trial: &mut Trial<'_>,
    entity: &str,
    reached: &BTreeMap<String, CascadeAssign>,
    named: &BTreeMap<String, u64>,
) {
    let mut children = Vec::new();
    for (child, assign) in reached {
        let in_plan = named.get(child).copied().unwrap_or_default();
        match trial.policy.records.get(child) {
            Some(loaded) if *loaded <= in_plan => {}
            Some(loaded) => children.push(format!(
                "{child} (follows: {assign}; of {loaded} records {} are named by no row)",
                loaded - in_plan,
                child = quoted(&child)
            )),
            None => children.push(format!(
                "{child} (follows: {assign}; not counted)",
                child = quoted(&child)
            )),
        }
    }
    if children.is_empty() {
        return;
    }
    let children = children.join(", ");
    let message = || {
        format!(
            "assigning rows of {entity} takes along the rows below them that no row names: {children}",
            entity = quoted(&entity)
        )
    };
    let cure = || Code::Rec007.rule().cure.to_owned();
    trial.findings.about(Code::Rec007, entity, message, cure);
}

/// REC008 and REC009, of everything that is assigned in the end.
pub(super) fn check(trial: &mut Trial<'_>, outcome: &Outcome<'_>) {
    kept_share(trial, outcome);
    owned_by_the_service(trial, outcome);
}

/// REC008: the owner of today keeps a share of the record.
fn kept_share(trial: &mut Trial<'_>, outcome: &Outcome<'_>) {
    let name = setting::SHARE_TO_PREVIOUS_OWNER;
    let records = outcome.records();
    if records == 0 || !setting_on(trial.facts.setting(name), false) {
        return;
    }
    let owners = outcome.owners_before().len();
    let message = || {
        format!(
            "{name} is on: of {records} records to be assigned {owners} owners of today keep a share each",
            name = quoted(&name)
        )
    };
    let cure = || Code::Rec008.rule().cure.to_owned();
    let finding = trial.findings.about(Code::Rec008, name, message, cure);
    trial.findings.people(finding, records);
}

/// REC009: a user of the service itself owns records that are to be assigned.
fn owned_by_the_service(trial: &mut Trial<'_>, outcome: &Outcome<'_>) {
    let mut owners: BTreeSet<(String, u64)> = BTreeSet::new();
    for (principal, records) in outcome.owners_before() {
        let Principal::User(user) = principal else {
            continue;
        };
        let view = trial.people.users().get(user);
        let is_built_in = view.is_some_and(|view| {
            let name = comparison_key(view.user.full_name.as_deref().unwrap_or_default());
            let built_in = matches!(view.kind, Kind::BuiltIn | Kind::Support);
            built_in && (name == "system" || name == "integration")
        });
        if is_built_in {
            owners.insert((trial.labels.principal(*principal), *records));
        }
    }
    for (owner, records) in owners {
        let message = || {
            format!(
                "{owner}, a user of the service itself, owns {records} of the records to be assigned"
            )
        };
        let cure = || Code::Rec009.rule().cure.to_owned();
        let finding = trial.findings.about(Code::Rec009, &owner, message, cure);
        trial.findings.people(finding, records);
    }
}
