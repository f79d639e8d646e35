//! Rows of records exports: which record, whose now, whose afterwards.
//!
//! In: the rows of every records export. Out: one [`DraftTable`] per table and the fates of the rows
//! that never get there. Repeats are settled in `repeats.rs`, once a table is whole.

use std::collections::{BTreeMap, BTreeSet};

use hashbrown::HashMap;
use rayon::prelude::*;

use crate::environment::Keys;
use crate::environment::Owners;
use crate::model::{
    BlankPolicy, Code, Fate, Findings, OwnerCell, Place, Principal, RecordCell, RecordId,
    RecordRow, RecordRows, Verdict,
};
use crate::plan::build::{
    Wanted, name_of, order, principal_of, record_finding, remark, repeats, settle,
};
use crate::plan::{Draft, DraftRow, DraftTable, PrincipalIndex};

/// Numbers for principals, in order of first appearance.
type Numbers = HashMap<Principal, PrincipalIndex, foldhash::fast::FixedState>;

pub(super) fn build(wanted: &Wanted<'_>, draft: &mut Draft, findings: &mut Findings) {
    let names: BTreeSet<&str> = wanted
        .records
        .iter()
        .map(|rows| rows.entity.as_str())
        .collect();
    let orders = order::order(&names, wanted.facts.cascades());
    let mut numbers = Numbers::default();
    let mut tables: Vec<DraftTable> = Vec::new();
    for name in names {
        let mut table = DraftTable {
            entity: name.to_owned(),
            order: orders.get(name).copied().unwrap_or(0),
            records_loaded: matches!(wanted.owners.get(name), Some(Some(_))),
            id_columns: BTreeMap::new(),
            owner_columns: BTreeMap::new(),
            rows: Vec::new(),
        };
        for rows in wanted.records.iter().filter(|rows| rows.entity == name) {
            *draft.rows.entry(rows.file).or_default() += rows.rows.len() as u64;
            table.id_columns.insert(rows.file, rows.id_column);
            table.owner_columns.insert(rows.file, rows.owner_column);
            file(wanted, rows, draft, &mut table, &mut numbers, findings);
        }
        repeats::settle(wanted.inputs, &draft.principals, &mut table, findings);
        keep_what_is_so(&mut table);
        tables.push(table);
    }
    tables.sort_by(|left, right| (left.order, &left.entity).cmp(&(right.order, &right.entity)));
    draft.tables = tables;
}

/// A row whose owner is already the wanted one needs no change.
fn keep_what_is_so(table: &mut DraftTable) {
    table
        .rows
        .par_iter_mut()
        .filter(|row| row.fate == Fate::Change && row.before == Some(row.after))
        .for_each(|row| row.fate = Fate::NoChange);
}

/// What one row comes to, before its findings are written down.
enum Step {
    Row {
        record: RecordId,
        before: Option<Principal>,
        after: Principal,
    },
    Settled(Fate),
}

fn file(
    wanted: &Wanted<'_>,
    rows: &RecordRows,
    draft: &mut Draft,
    table: &mut DraftTable,
    numbers: &mut Numbers,
    findings: &mut Findings,
) {
    let owners = wanted.owners.get(&rows.entity).and_then(Option::as_ref);
    let keys = rows
        .key_field
        .as_ref()
        .and_then(|field| wanted.keys.get(&(rows.entity.clone(), field.clone())));
    let steps: Vec<Step> = rows
        .rows
        .par_iter()
        .map(|row| step(wanted, rows, row, owners, keys))
        .collect();
    for (row, step) in rows.rows.iter().zip(steps) {
        say(wanted, rows, row, keys, draft, findings);
        match step {
            Step::Settled(fate) => settle(draft, rows.file, fate),
            Step::Row {
                record,
                before,
                after,
            } => {
                let before = before.map(|owner| number(numbers, &mut draft.principals, owner));
                let after = number(numbers, &mut draft.principals, after);
                table.rows.push(DraftRow {
                    record,
                    before,
                    after,
                    file: rows.file,
                    row: row.row,
                    line: row.line,
                    fate: Fate::Change,
                });
            }
        }
    }
}

fn number(
    numbers: &mut Numbers,
    principals: &mut Vec<Principal>,
    principal: Principal,
) -> PrincipalIndex {
    *numbers.entry(principal).or_insert_with(|| {
        principals.push(principal);
        PrincipalIndex(u32::try_from(principals.len() - 1).unwrap_or(u32::MAX))
    })
}

fn step(
    wanted: &Wanted<'_>,
    rows: &RecordRows,
    row: &RecordRow,
    owners: Option<&Owners>,
    keys: Option<&Keys>,
) -> Step {
    let record = match record_of(rows, row, keys) {
        Ok(record) => record,
        Err(code) => return Step::Settled(Fate::Stopped(code)),
    };
    let after = match owner_of(wanted, row) {
        Ok(after) => after,
        Err(fate) => return Step::Settled(fate),
    };
    Step::Row {
        record,
        before: owners.and_then(|owners| owners.owner(record)),
        after,
    }
}

fn record_of(rows: &RecordRows, row: &RecordRow, keys: Option<&Keys>) -> Result<RecordId, Code> {
    match row.record {
        RecordCell::Id(record) => Ok(record),
        RecordCell::Unusable(code) => Err(code),
        RecordCell::Key(key) => {
            let text = rows.keys.get(key.0 as usize).map_or("", String::as_str);
            match keys.map_or(&[][..], |keys| keys.records(text)) {
                [record] => Ok(*record),
                [] => Err(Code::Rec002),
                [_, ..] => Err(Code::Rec006),
            }
        }
    }
}

fn owner_of(wanted: &Wanted<'_>, row: &RecordRow) -> Result<Principal, Fate> {
    match row.owner {
        OwnerCell::Unusable(code) => Err(Fate::Stopped(code)),
        OwnerCell::Blank => match (wanted.policy.blank, wanted.resolution.fallback) {
            (BlankPolicy::Error, _) => Err(Fate::Stopped(Code::Own001)),
            (BlankPolicy::Leave, _) => Err(Fate::Left),
            (BlankPolicy::Fallback, Some(fallback)) => Ok(fallback),
            (BlankPolicy::Fallback, None) => Err(Fate::Stopped(Code::Own006)),
        },
        OwnerCell::Reference(reference) => {
            let verdict = wanted
                .resolution
                .resolved
                .get(reference.0 as usize)
                .map_or(&Verdict::Left, |resolved| &resolved.verdict);
            match verdict {
                Verdict::Left => Err(Fate::Left),
                Verdict::Stopped(code) => Err(Fate::Stopped(*code)),
                other => principal_of(wanted.resolution, other).ok_or(Fate::Left),
            }
        }
    }
}

/// Writes down what a row's record cell, its key and its owner gave rise to.
fn say(
    wanted: &Wanted<'_>,
    rows: &RecordRows,
    row: &RecordRow,
    keys: Option<&Keys>,
    draft: &mut Draft,
    findings: &mut Findings,
) {
    let place = || Place::row(rows.file, u64::from(row.row), u64::from(row.line));
    if let (RecordCell::Key(key), Err(code)) = (row.record, record_of(rows, row, keys)) {
        let text = rows.keys.get(key.0 as usize).map_or("", String::as_str);
        let field = rows.key_field.as_deref().unwrap_or_default();
        let place = place().cell(rows.id_column, text);
        key_finding(findings, code, rows, text, field, keys, place);
    }
    match row.owner {
        OwnerCell::Blank => {
            draft.matches.blank_rows += 1;
            if wanted.policy.blank == BlankPolicy::Error {
                let name = name_of(wanted.inputs, rows.file);
                let message = || format!("`{name}` has rows without an owner");
                let place = place().cell(rows.owner_column, "");
                record_finding(findings, Code::Own001, name, message, place);
            }
        }
        OwnerCell::Reference(reference) => {
            let Some(resolved) = wanted.resolution.resolved.get(reference.0 as usize) else {
                return;
            };
            if !resolved.remarks.is_empty() {
                let mut place = place();
                place.column = Some(rows.owner_column);
                let text = &wanted.references.get(reference).text;
                remark(findings, text, resolved, &place);
            }
        }
        OwnerCell::Unusable(_) => {}
    }
}

fn key_finding(
    findings: &mut Findings,
    code: Code,
    rows: &RecordRows,
    key: &str,
    field: &str,
    keys: Option<&Keys>,
    place: Place,
) {
    let entity = &rows.entity;
    let message = || match code {
        Code::Rec006 => {
            let records = keys.map_or(0, |keys| keys.records(key).len());
            format!("{records} records of `{entity}` hold `{key}` in `{field}`; expected one")
        }
        _ => format!("no record of `{entity}` holds `{key}` in `{field}`"),
    };
    record_finding(
        findings,
        code,
        &format!("{entity} {field} {key}"),
        message,
        place,
    );
}
