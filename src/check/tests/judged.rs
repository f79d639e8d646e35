//! Rows of a small world, and what the rules made of it.

use crate::check::tests::*;

/// A records file without rows. Row `n` is about the record whose id is `n`.
pub(super) fn no_rows() -> DraftFile {
    let ids: Vec<RecordId> = (2..1_000_u128)
        .map(|row| RecordId(Uuid::from_u128(row)))
        .collect();
    DraftFile {
        file: RECORDS,
        places: RowPlaces::default(),
        records: DraftRecords::Ids(RecordIds(Arc::new(ids))),
        before: Vec::new(),
        after: Vec::new(),
        fates: Vec::new(),
    }
}

pub(super) fn add_row(file: &mut DraftFile, before: Option<PrincipalIndex>, after: PrincipalIndex) {
    let row = file.places.len() as u64 + 2;
    file.places.push(row, row);
    file.before.push(before);
    file.after.push(Some(after));
    file.fates.push(Fate::Change);
}

/// A world after its rules spoke.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Judged {
    pub(super) draft: Draft,
    pub(super) findings: Vec<Finding>,
    pub(super) unchecked: Vec<Unchecked>,
}

impl Judged {
    pub(super) fn codes(&self) -> Vec<String> {
        let told = self.findings.iter().map(|finding| match finding.blocks {
            0 => finding.code.to_string(),
            blocks => format!("{}+{blocks}", finding.code),
        });
        let unchecked = self.unchecked.iter().map(|rule| format!("?{}", rule.code));
        told.chain(unchecked).collect()
    }

    /// How many changes fell, by code.
    pub(super) fn fallen(&self) -> BTreeMap<Code, u64> {
        let mut fallen: BTreeMap<Code, u64> = BTreeMap::new();
        let draft = &self.draft;
        let stubs = draft.stubs.iter().filter_map(|stub| stub.fallen);
        let roles = draft.roles.iter().filter_map(|role| role.fallen);
        let users = draft.users.iter().filter_map(|user| user.fallen);
        let files = draft.tables.iter().flat_map(|table| &table.files);
        let rows = files
            .flat_map(|file| &file.fates)
            .filter_map(|fate| match fate {
                Fate::Stopped(code) => Some(*code),
                _ => None,
            });
        let causes = stubs.chain(users).chain(roles);
        for code in causes.map(|cause| cause.code).chain(rows) {
            *fallen.entry(code).or_default() += 1;
        }
        fallen
    }
}
