//! What is to be said at single rows of a records export: about its key, its owner, or the lack of one.
//!
//! In: the rows concerned. Out: findings with a place for each. What is said of a key or a reference is
//! worked out once, however many rows hold it.

use std::collections::HashMap;

use crate::environment::Keys;
use crate::model::{
    BlankPolicy, Code, FindingId, Findings, OwnerCell, Place, RecordColumn, RecordRows,
    ReferenceId, Remark, quoted,
};
use crate::plan::build::records::KeyTargets;
use crate::plan::build::{Wanted, name_of};

/// Rows of one chunk about which something is to be said.
#[derive(Debug, Default)]
pub(super) struct Told {
    /// Rows whose key leads to no record, or to several.
    pub(super) by_key: Vec<u32>,
    /// Rows whose owner cell gives rise to words.
    pub(super) by_owner: Vec<u32>,
    /// Rows without an owner.
    pub(super) blank_rows: u64,
}

/// A records export, and what its keys lead to.
pub(super) struct About<'a> {
    pub(super) wanted: &'a Wanted<'a>,
    pub(super) rows: &'a RecordRows,
    pub(super) keys: Option<&'a Keys>,
    pub(super) of_keys: &'a KeyTargets,
}

/// Says it; how many rows have no owner.
pub(super) fn tell(about: &About<'_>, told: &[Told], findings: &mut Findings) -> u64 {
    let mut by_key: HashMap<u32, FindingId> = HashMap::new();
    let mut by_owner: HashMap<ReferenceId, Vec<FindingId>> = HashMap::new();
    for chunk in told {
        for row in &chunk.by_key {
            about.tell_key(*row as usize, &mut by_key, findings);
        }
        for row in &chunk.by_owner {
            about.tell_owner(*row as usize, &mut by_owner, findings);
        }
    }
    told.iter().map(|chunk| chunk.blank_rows).sum()
}

impl About<'_> {
    fn place(&self, row: usize) -> Place {
        let (number, line) = self.rows.places.get(row);
        Place::row(self.rows.file, number.into(), line.into())
    }

    fn tell_key(&self, row: usize, known: &mut HashMap<u32, FindingId>, findings: &mut Findings) {
        let RecordColumn::Keys { texts, keys } = &self.rows.records else {
            return;
        };
        let key = keys[row].0;
        let text = texts.get(key as usize).map_or("", String::as_str);
        let id = match (known.get(&key), self.of_keys.get(key as usize)) {
            (Some(id), _) => *id,
            (None, Some(Err(code))) => self.key_finding(*code, text, findings),
            (None, _) => return,
        };
        known.insert(key, id);
        findings.place(id, self.place(row).cell(self.rows.id_column, text));
    }

    fn key_finding(&self, code: Code, key: &str, findings: &mut Findings) -> FindingId {
        let entity = &self.rows.entity;
        let field = self.rows.key_field.as_deref().unwrap_or_default();
        let message = || match code {
            Code::Rec006 => {
                let records = self.keys.map_or(0, |keys| keys.records(key).len());
                format!(
                    "{records} records of {entity} hold {key} in {field}; expected one",
                    entity = quoted(&entity),
                    key = quoted(&key),
                    field = quoted(&field)
                )
            }
            _ => format!(
                "no record of {entity} holds {key} in {field}",
                entity = quoted(&entity),
                key = quoted(&key),
                field = quoted(&field)
            ),
        };
        let subject = format!("{entity} {field} {key}");
        findings.about(code, &subject, message, || code.rule().cure.to_owned())
    }

    fn tell_owner(
        &self,
        row: usize,
        known: &mut HashMap<ReferenceId, Vec<FindingId>>,
        findings: &mut Findings,
    ) {
        match self.rows.owners.get(row) {
            OwnerCell::Unusable(_) => {}
            OwnerCell::Blank => self.tell_blank(row, findings),
            OwnerCell::Reference(reference) => {
                let ids = known
                    .entry(reference)
                    .or_insert_with(|| self.remarks(reference, findings));
                let mut place = self.place(row);
                place.column = Some(self.rows.owner_column);
                for id in ids {
                    findings.place(*id, place.clone());
                }
            }
        }
    }

    fn tell_blank(&self, row: usize, findings: &mut Findings) {
        if self.wanted.policy.blank != BlankPolicy::Error {
            return;
        }
        let name = name_of(self.wanted.inputs, self.rows.file);
        let message = || format!("{name} has rows without an owner", name = quoted(&name));
        let cure = || Code::Own001.rule().cure.to_owned();
        let id = findings.about(Code::Own001, name, message, cure);
        findings.place(id, self.place(row).cell(self.rows.owner_column, ""));
    }

    /// The findings about a reference.
    fn remarks(&self, reference: ReferenceId, findings: &mut Findings) -> Vec<FindingId> {
        let resolved = self.wanted.resolution.resolved.get(reference.0 as usize);
        let remarks = resolved.map_or(&[][..], |resolved| &resolved.remarks);
        let text = &self.wanted.references.get(reference).text;
        let about = |remark: &Remark| {
            let (message, cure) = (|| remark.message.clone(), || remark.cure.clone());
            findings.about(remark.code, text, message, cure)
        };
        remarks.iter().map(about).collect()
    }
}
