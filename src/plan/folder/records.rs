//! What `plan.json` says of a draft and its findings: counted in full, listed up to a bound.
//!
//! In: what is to be sealed. Out: the records of the document, in a fixed order. How they are
//! serialised and sealed is `seal.rs`'s affair.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{
    Accept, ChangeKind, Code, Fate, Finding, Input, InputKind, Ledger, Place, Principal,
    RoleAction, Rung, Severity,
};
use crate::plan::AcceptRecord;
use crate::plan::Draft;
use crate::plan::FINDINGS_PER_CODE_MAX;
use crate::plan::FindingRecord;
use crate::plan::InputRecord;
use crate::plan::LISTED_MAX;
use crate::plan::LedgerRecord;
use crate::plan::MatchCount;
use crate::plan::MatchRecord;
use crate::plan::PLACES_MAX;
use crate::plan::PlaceRecord;
use crate::plan::RoleCount;
use crate::plan::StubRecord;
use crate::plan::Totals;
use crate::plan::Unchecked;
use crate::plan::UncheckedRecord;
use crate::plan::folder::ToSeal;

/// The inputs, in the order given.
pub(super) fn inputs(what: &ToSeal<'_>) -> Vec<InputRecord> {
    let rows = |input: &Input| {
        let rows = what.draft.rows.get(&input.file);
        rows.or_else(|| what.user_rows.get(&input.file))
            .copied()
            .unwrap_or(0)
    };
    let inputs = what.inputs.iter();
    inputs
        .map(|input| InputRecord {
            file: input.file.0,
            name: input.name.clone(),
            kind: kind_word(&input.kind).to_owned(),
            table: match &input.kind {
                InputKind::Records(table) => Some(table.clone()),
                _ => None,
            },
            bytes: input.bytes,
            blake3: input.hash.clone(),
            rows: rows(input),
            encoding: input.encoding.clone(),
            delimiter: input.delimiter.map(String::from),
            sheet: input.sheet.clone(),
            headers: input.headers.clone(),
        })
        .collect()
}

fn kind_word(kind: &InputKind) -> &'static str {
    match kind {
        InputKind::Users => "users",
        InputKind::Records(_) => "records",
        InputKind::Roles => "roles",
        InputKind::Rulings => "rulings",
        InputKind::Environment => "environment",
    }
}

/// What the manifest accepts.
pub(super) fn accept(accept: &Accept) -> AcceptRecord {
    let words =
        |codes: &BTreeSet<Code>| codes.iter().map(|code| code.as_str().to_owned()).collect();
    AcceptRecord {
        keep_out: words(&accept.keep_out),
        unchecked: words(&accept.unchecked),
    }
}

/// All totals.
pub(super) fn totals(draft: &Draft, findings: &[Finding]) -> Totals {
    let records_by_table = records_by_table(draft);
    let severity = |severity: Severity| {
        let all = findings.iter();
        all.filter(|finding| finding.severity() == severity).count() as u64
    };
    let counted = &draft.matches;
    let groups = counted.matched.values().chain(counted.stopped.values());
    let groups = groups.chain([&counted.stub, &counted.fallback, &counted.left]);
    let accepted = findings
        .iter()
        .filter(|finding| finding.severity() == Severity::Error && finding.accepted);
    let accepted = accepted.count() as u64;
    Totals {
        rows: draft.rows.values().sum(),
        references: groups.map(|count| count.references).sum(),
        changes: changes_by_kind(draft, records_by_table.values().sum()),
        user_changes: user_changes(draft),
        records_by_table,
        matches: match_records(&counted.matched, Rung::word),
        stub: match_record(counted.stub),
        fallback: match_record(counted.fallback),
        left: match_record(counted.left),
        stopped: match_records(&counted.stopped, Code::as_str),
        blank_rows: counted.blank_rows,
        errors: severity(Severity::Fatal) + severity(Severity::Error) - accepted,
        accepted,
        warnings: severity(Severity::Warning),
        notes: severity(Severity::Note),
    }
}

fn records_by_table(draft: &Draft) -> BTreeMap<String, u64> {
    let tables = draft
        .tables
        .iter()
        .map(|table| (table.entity.clone(), table.changes()));
    tables.filter(|(_, changes)| *changes > 0).collect()
}

/// What of users is to be another, and to how many users.
fn user_changes(draft: &Draft) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    let mut count = |what: &str| *counts.entry(what.to_owned()).or_default() += 1;
    for (user, given) in draft.users_to_change() {
        if user.business_unit.is_some() {
            count("business unit");
        }
        if user.access_mode.is_some() {
            count("access mode");
        }
        for field in user.profile.keys() {
            count(field.words());
        }
        if !given.is_empty() {
            count("roles given with it");
        }
    }
    counts
}

fn changes_by_kind(draft: &Draft, records: u64) -> BTreeMap<String, u64> {
    let roles = |action| {
        let written = draft.roles_apart().filter(|role| role.action == action);
        written.count() as u64
    };
    let stubs = draft.stubs.iter().filter(|stub| stub.fallen.is_none());
    let users = draft.users.iter().filter(|user| user.fallen.is_none());
    [
        (ChangeKind::CreateStubUser, stubs.count() as u64),
        (ChangeKind::ChangeUser, users.count() as u64),
        (ChangeKind::GiveRole, roles(RoleAction::Give)),
        (ChangeKind::AssignRecord, records),
        (ChangeKind::RemoveRole, roles(RoleAction::Remove)),
    ]
    .into_iter()
    .filter(|(_, changes)| *changes > 0)
    .map(|(kind, changes)| (kind.key().to_owned(), changes))
    .collect()
}

fn match_record(count: MatchCount) -> MatchRecord {
    MatchRecord {
        references: count.references,
        rows: count.rows,
    }
}

fn match_records<K: Copy>(
    counts: &BTreeMap<K, MatchCount>,
    word: impl Fn(K) -> &'static str,
) -> BTreeMap<String, MatchRecord> {
    let counts = counts.iter();
    counts
        .map(|(key, count)| (word(*key).to_owned(), match_record(*count)))
        .collect()
}

/// The account of every records and roles file.
pub(super) fn ledgers(draft: &Draft, accept: &Accept) -> Vec<LedgerRecord> {
    let codes = |counts: &BTreeMap<Code, u64>| {
        let counts = counts.iter();
        counts
            .map(|(code, rows)| (code.as_str().to_owned(), *rows))
            .collect()
    };
    let record = |ledger: Ledger| LedgerRecord {
        file: ledger.file.0,
        rows: ledger.rows,
        changes: ledger.changes,
        no_change: ledger.no_change,
        repeated: ledger.repeated,
        left: ledger.left,
        kept_out: codes(&ledger.kept_out),
        stopped: codes(&ledger.stopped),
    };
    draft.ledgers(accept).into_iter().map(record).collect()
}

/// The first stub users to be made, each with the number of records that go to it.
pub(super) fn stub_users(draft: &Draft) -> Vec<StubRecord> {
    let records = records_by_principal(draft);
    let standing = draft.stubs.iter().filter(|stub| stub.fallen.is_none());
    standing
        .take(LISTED_MAX)
        .map(|stub| StubRecord {
            id: stub.person.id.to_string(),
            upn: stub.person.upn.clone(),
            full_name: stub.person.full_name.clone(),
            records: records
                .get(&Principal::User(stub.person.id))
                .copied()
                .unwrap_or(0),
        })
        .collect()
}

fn records_by_principal(draft: &Draft) -> BTreeMap<Principal, u64> {
    let mut counts = vec![0_u64; draft.principals.len()];
    for file in draft.tables.iter().flat_map(|table| &table.files) {
        let rows = file.fates.iter().zip(&file.after);
        for (_, after) in rows.filter(|(fate, _)| **fate == Fate::Change) {
            if let Some(after) = after {
                counts[after.get()] += 1;
            }
        }
    }
    draft.principals.iter().copied().zip(counts).collect()
}

/// The first roles by name, with how many principals each is given to and removed from by changes of their
/// own: the totals are their sum.
pub(super) fn roles(draft: &Draft) -> Vec<RoleCount> {
    let mut counts: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    for role in draft.roles_apart() {
        let (given, removed) = counts.entry(&role.role_name).or_default();
        match role.action {
            RoleAction::Give => *given += 1,
            RoleAction::Remove => *removed += 1,
        }
    }
    let counts = counts.into_iter().take(LISTED_MAX);
    counts
        .map(|(role, (given, removed))| RoleCount {
            role: role.to_owned(),
            given,
            removed,
        })
        .collect()
}

/// The first findings of each code, and how many more there are of which.
pub(super) fn findings(findings: &[Finding]) -> (Vec<FindingRecord>, BTreeMap<String, u64>) {
    let mut met: BTreeMap<Code, usize> = BTreeMap::new();
    let mut more: BTreeMap<String, u64> = BTreeMap::new();
    let mut listed = Vec::new();
    for finding in findings {
        let of_code = met.entry(finding.code).or_default();
        *of_code += 1;
        if *of_code <= FINDINGS_PER_CODE_MAX {
            listed.push(finding_record(finding));
        } else {
            *more.entry(finding.code.as_str().to_owned()).or_default() += 1;
        }
    }
    (listed, more)
}

fn finding_record(finding: &Finding) -> FindingRecord {
    let places = finding.places.iter().take(PLACES_MAX);
    FindingRecord {
        code: finding.code.as_str().to_owned(),
        severity: finding.severity().word().to_owned(),
        accepted: finding.accepted,
        subject: finding.subject.clone(),
        message: finding.message.clone(),
        cure: finding.cure.clone(),
        count: finding.count,
        blocks: finding.blocks,
        places: places.map(place_record).collect(),
    }
}

fn place_record(place: Place) -> PlaceRecord {
    PlaceRecord {
        file: place.file.0,
        row: place.row,
        line: place.line,
        column: place.column,
        cell: place.cell,
    }
}

/// Rules that could not be checked, in the order given.
pub(super) fn unchecked(unchecked: &[Unchecked]) -> Vec<UncheckedRecord> {
    let record = |rule: &Unchecked| UncheckedRecord {
        code: rule.code.as_str().to_owned(),
        guards: rule.code.rule().guards,
        accepted: rule.accepted,
        needs: rule
            .needs
            .iter()
            .map(|needed| needed.name().to_owned())
            .collect(),
        changes: rule.changes,
    };
    unchecked.iter().map(record).collect()
}
