//! Two plans against each other: what moved since the last dry run.
//!
//! In: the digests of two plans. Out: data, worked out at one place and by nothing but the two; text, JSON and CSV are
//! made of it. A plan against itself has not moved, and who swaps the two swaps what is new and what is gone.

mod digest;
#[cfg(test)]
mod tests;
mod text;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::report::people::MOMENTS;

use digest::{Export, Found, Ready, Side};

pub use digest::Digest;
pub use text::{compared_plans, compared_plans_csv, compared_plans_json};

/// What moved from one plan to another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Comparison {
    then: Side,
    now: Side,
    findings_by_code: Vec<CodeMoved>,
    findings_new: Vec<FindingMoved>,
    findings_gone: Vec<FindingMoved>,
    /// Findings that are there in both, and of another severity, or accepted now and not then.
    findings_judged_otherwise: Vec<FindingMoved>,
    /// Owner references of another fate; most rows first.
    owners: Vec<Moved>,
    rulings: Vec<Moved>,
    stub_users_more: Vec<String>,
    stub_users_fewer: Vec<String>,
    changes: Vec<Counted>,
    records: Vec<Counted>,
    readiness: Vec<ReadyMoved>,
    inputs: Vec<ExportMoved>,
    settings: Vec<Moved>,
}

/// The findings of one code.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
struct CodeMoved {
    code: String,
    then: u64,
    now: u64,
    gone: u64,
    new: u64,
    same: u64,
}

/// One finding that is not in both plans, or not judged the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct FindingMoved {
    code: String,
    subject: String,
    then: Option<String>,
    now: Option<String>,
    message: String,
}

/// A value then and now; nothing where there was none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Moved {
    what: String,
    then: Option<String>,
    now: Option<String>,
}

/// A number then and now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Counted {
    what: String,
    then: u64,
    now: u64,
}

/// Readiness then and now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct ReadyMoved {
    moment: String,
    then: Ready,
    now: Ready,
}

/// An export then and now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct ExportMoved {
    file: String,
    then: Option<Export>,
    now: Option<Export>,
}

/// Works out what moved.
pub fn compare(then: &Digest, now: &Digest) -> Comparison {
    let mut comparison = Comparison {
        then: then.side.clone(),
        now: now.side.clone(),
        findings_by_code: by_code(then, now),
        findings_new: Vec::new(),
        findings_gone: Vec::new(),
        findings_judged_otherwise: Vec::new(),
        owners: owners(then, now),
        rulings: rulings(then, now),
        stub_users_more: only_in(&now.stub_users, &then.stub_users),
        stub_users_fewer: only_in(&then.stub_users, &now.stub_users),
        changes: counts(&then.changes, &now.changes),
        records: counts(&then.records, &now.records),
        readiness: readiness(then, now),
        inputs: inputs(then, now),
        settings: settings(then, now),
    };
    for (key, before, after) in differences(&then.findings, &now.findings) {
        comparison.finding(key, before, after);
    }
    comparison
}

impl Comparison {
    /// Whether nothing moved.
    pub fn is_still(&self) -> bool {
        let findings = [
            &self.findings_new,
            &self.findings_gone,
            &self.findings_judged_otherwise,
        ];
        let values = [&self.owners, &self.rulings, &self.settings];
        let names = [&self.stub_users_more, &self.stub_users_fewer];
        let mut counts = self.changes.iter().chain(&self.records);
        self.then == self.now
            && findings.iter().all(|list| list.is_empty())
            && values.iter().all(|list| list.is_empty())
            && names.iter().all(|list| list.is_empty())
            && self.inputs.is_empty()
            && counts.all(|count| count.then == count.now)
            && self.readiness.iter().all(|ready| ready.then == ready.now)
    }

    fn finding(&mut self, key: &(String, String), then: Option<&Found>, now: Option<&Found>) {
        let standing = |found: Option<&Found>| found.map(|found| found.standing.clone());
        let list = match (then, now) {
            (None, _) => &mut self.findings_new,
            (_, None) => &mut self.findings_gone,
            // What was found may be worded otherwise, such as by a count in it.
            (Some(then), Some(now)) if then.standing == now.standing => return,
            _ => &mut self.findings_judged_otherwise,
        };
        let (code, subject) = key.clone();
        list.push(FindingMoved {
            code,
            subject,
            then: standing(then),
            now: standing(now),
            message: now
                .or(then)
                .map_or_else(String::new, |one| one.message.clone()),
        });
    }
}

/// What differs between two maps, by key.
fn differences<'a, K: Ord, V: PartialEq>(
    then: &'a BTreeMap<K, V>,
    now: &'a BTreeMap<K, V>,
) -> impl Iterator<Item = (&'a K, Option<&'a V>, Option<&'a V>)> {
    let keys: BTreeSet<&K> = then.keys().chain(now.keys()).collect();
    let both = keys
        .into_iter()
        .map(|key| (key, then.get(key), now.get(key)));
    both.filter(|(_, before, after)| before != after)
}

fn by_code(then: &Digest, now: &Digest) -> Vec<CodeMoved> {
    let mut codes: BTreeMap<&str, CodeMoved> = BTreeMap::new();
    let keys: BTreeSet<&(String, String)> =
        then.findings.keys().chain(now.findings.keys()).collect();
    for key in keys {
        let moved = codes.entry(&key.0).or_insert_with(|| CodeMoved {
            code: key.0.clone(),
            ..CodeMoved::default()
        });
        let (was, is) = (
            then.findings.contains_key(key),
            now.findings.contains_key(key),
        );
        moved.then += u64::from(was);
        moved.now += u64::from(is);
        moved.gone += u64::from(was && !is);
        moved.new += u64::from(is && !was);
        moved.same += u64::from(was && is);
    }
    codes.into_values().collect()
}

fn owners(then: &Digest, now: &Digest) -> Vec<Moved> {
    let mut moved: Vec<(Reverse<u64>, Moved)> = differences(&then.owners, &now.owners)
        .filter(|(_, before, after)| {
            before.map(|owner| &owner.fate) != after.map(|owner| &owner.fate)
        })
        .map(|(_, before, after)| {
            let rows = before.iter().chain(&after).map(|owner| owner.rows).max();
            let names = before.iter().chain(&after).map(|owner| &owner.reference);
            let moved = Moved {
                what: names.max().cloned().unwrap_or_default(),
                then: before.map(|owner| owner.fate.clone()),
                now: after.map(|owner| owner.fate.clone()),
            };
            (Reverse(rows.unwrap_or(0)), moved)
        })
        .collect();
    // The sort is stable, and the references came in order.
    moved.sort_by_key(|(rows, _)| *rows);
    moved.into_iter().map(|(_, moved)| moved).collect()
}

fn rulings(then: &Digest, now: &Digest) -> Vec<Moved> {
    let ruled = |digest: &Digest| -> BTreeMap<String, String> {
        let owners = digest.owners.iter();
        let ruled = owners.filter(|(_, owner)| !owner.ruling.is_empty());
        ruled
            .map(|(key, owner)| (key.clone(), owner.ruling.clone()))
            .collect()
    };
    let (before, after) = (ruled(then), ruled(now));
    let name = |key: &String| {
        let owners = [&then.owners, &now.owners];
        let names = owners.iter().filter_map(|owners| owners.get(key));
        names.map(|owner| owner.reference.clone()).max()
    };
    differences(&before, &after)
        .map(|(key, before, after)| Moved {
            what: name(key).unwrap_or_else(|| key.clone()),
            then: before.cloned(),
            now: after.cloned(),
        })
        .collect()
}

fn only_in(one: &BTreeMap<String, String>, other: &BTreeMap<String, String>) -> Vec<String> {
    let only = one.iter().filter(|(key, _)| !other.contains_key(*key));
    only.map(|(_, name)| name.clone()).collect()
}

fn counts(then: &BTreeMap<String, u64>, now: &BTreeMap<String, u64>) -> Vec<Counted> {
    let keys: BTreeSet<&String> = then.keys().chain(now.keys()).collect();
    let count = |counts: &BTreeMap<String, u64>, key| counts.get(key).copied().unwrap_or(0);
    keys.into_iter()
        .map(|key| Counted {
            what: key.clone(),
            then: count(then, key),
            now: count(now, key),
        })
        .collect()
}

fn readiness(then: &Digest, now: &Digest) -> Vec<ReadyMoved> {
    let pairs = then.readiness.iter().zip(&now.readiness);
    let moments = MOMENTS.into_iter().zip(pairs);
    moments
        .map(|(moment, (then, now))| ReadyMoved {
            moment: moment.to_owned(),
            then: *then,
            now: *now,
        })
        .collect()
}

fn inputs(then: &Digest, now: &Digest) -> Vec<ExportMoved> {
    differences(&then.inputs, &now.inputs)
        .map(|(file, before, after)| ExportMoved {
            file: file.clone(),
            then: before.cloned(),
            now: after.cloned(),
        })
        .collect()
}

fn settings(then: &Digest, now: &Digest) -> Vec<Moved> {
    differences(&then.settings, &now.settings)
        .map(|(key, before, after)| Moved {
            what: key.clone(),
            then: before.cloned(),
            now: after.cloned(),
        })
        .collect()
}
