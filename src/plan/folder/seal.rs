//! The seal: one hash over `plan.json`, which holds the hashes of everything else.
//!
//! In: a judged draft with its findings. Out: a plan folder whose every byte is bound to the seal.
//! The document is written as indented JSON with a line feed at its end, and is read only if it is
//! written exactly so: no byte of it can change unseen, not even a blank.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use serde::Deserialize;

use crate::environment::Facts;
use crate::model::{
    Accept, ChangeKind, FileId, Finding, Identity, Input, OwnerLine, PeopleReport, Progress,
};
use crate::plan::Document;
use crate::plan::Draft;
use crate::plan::EnvironmentRecord;
use crate::plan::FORMAT;
use crate::plan::Fields;
use crate::plan::LedgerRecord;
use crate::plan::PlanError;
use crate::plan::RulingsRecord;
use crate::plan::SealedPlan;
use crate::plan::Totals;
use crate::plan::Unchecked;
use crate::plan::folder::DOCUMENT_FILE;
use crate::plan::folder::changes::Written;
use crate::plan::folder::{changes, disk, findings, holdings, owners, people, principals, records};

/// What a plan is sealed from.
pub struct ToSeal<'a> {
    /// The draft, as `check/` left it.
    pub draft: &'a Draft,
    /// All findings, finished.
    pub findings: &'a [Finding],
    /// Rules that could not be checked.
    pub unchecked: &'a [Unchecked],
    /// All inputs, in the order of the manifest.
    pub inputs: &'a [Input],
    /// Rows of the users files; those of the others are in the draft.
    pub user_rows: &'a BTreeMap<FileId, u64>,
    /// The environment.
    pub identity: &'a Identity,
    /// The day that rules about dates go by.
    pub as_of: &'a str,
    /// Of a live environment: when the copy was pulled.
    pub pulled_at: Option<&'a str>,
    /// The rulings that were obeyed.
    pub rulings: RulingsRecord,
    /// Manifest values that matter to the outcome, by dotted key.
    pub settings: BTreeMap<String, String>,
    /// What the manifest accepts.
    pub accept: &'a Accept,
    /// The environment's facts: their fields are kept, to say later what moved.
    pub facts: &'a Facts,
    /// What became of each owner reference.
    pub owners: &'a [OwnerLine],
    /// Who can work on day one, and what only administrators may do.
    pub people: &'a PeopleReport,
    /// What `check/` says: whether nothing forbids to apply it.
    pub approved: bool,
}

/// Writes a plan into `folder`, which is empty or not there, and seals it.
///
/// Everything is on the disk when this returns. The document comes last: a folder without one holds
/// no plan.
///
/// # Panics
///
/// Where a row of an export is not accounted for: then this program is wrong.
pub fn seal(
    folder: &Path,
    what: &ToSeal<'_>,
    progress: &dyn Progress,
) -> Result<SealedPlan, PlanError> {
    disk::private_folder(folder)?;
    let written = changes::write_changes(folder, what.draft, progress)?;
    let ledgers = records::ledgers(what.draft, what.accept);
    let totals = records::totals(what.draft, what.findings);
    account_for(&ledgers, &totals, &written);
    let (findings_file, principals) = rayon::join(
        || findings::write(folder, what.findings, progress),
        || principals::write(folder, &Fields::of(what.facts), progress),
    );
    let (findings_file, principals) = (findings_file?, principals?);
    let owners_file = owners::write(folder, what.owners, progress)?;
    let holdings_file = holdings::write(folder, what.draft, what.facts, progress)?;
    let readiness = people::write_readiness(folder, &what.people.readiness, progress)?;
    let hand_over = people::write_hand_over(folder, &what.people.hand_over)?;
    let (findings, findings_more) = records::findings(what.findings);
    let mut document = Document {
        format: FORMAT,
        seal: String::new(),
        approved: what.approved,
        environment: EnvironmentRecord {
            organisation: what.identity.organisation.to_string(),
            host: what.identity.host.clone(),
            as_of: what.as_of.to_owned(),
            pulled_at: what.pulled_at.map(str::to_owned),
        },
        inputs: records::inputs(what),
        rulings: what.rulings.clone(),
        settings: what.settings.clone(),
        accept: records::accept(what.accept),
        principals,
        changes: written.files,
        findings_file,
        owners_file,
        holdings_file,
        totals,
        ledgers,
        default_role: what.draft.default_role.clone(),
        stub_users: records::stub_users(what.draft),
        roles: records::roles(what.draft),
        findings,
        findings_more,
        unchecked: records::unchecked(what.unchecked),
        readiness: people::readiness_record(&what.people.readiness, readiness),
        steps: people::step_records(&what.people.steps, &hand_over),
        hand_over,
    };
    let path = folder.join(DOCUMENT_FILE);
    let bytes;
    (bytes, document.seal) = sealed(&document, &path)?;
    disk::write_file(&path, &bytes)?;
    disk::sync_folder(folder)?;
    Ok(SealedPlan::of(folder, document))
}

/// What the ledgers and totals say has become a change is what stands in the files of changes (promise
/// 6): the ledgers count the draft, the files are counted where they were filled. A row of a
/// roles file that goes along with the change of a user is a row that became a change, and is none in the
/// files.
fn account_for(ledgers: &[LedgerRecord], totals: &Totals, written: &Written) {
    for ledger in ledgers {
        let changes = written.by_source.get(&FileId(ledger.file));
        assert_eq!(
            changes.copied().unwrap_or(0),
            ledger.changes,
            "rows of an export that became changes and were not written, or the other way round: \
             {ledger:?}"
        );
    }
    let rows: u64 = written.files.iter().map(|file| file.file.rows).sum();
    let changes: u64 = totals.changes.values().sum();
    assert_eq!(rows, changes, "changes in the totals and in the files");
    let stubs = totals.changes.get(ChangeKind::CreateStubUser.key());
    let rest: u64 = ledgers.iter().map(|ledger| ledger.changes).sum();
    assert_eq!(
        rows + written.joined,
        rest + stubs.copied().unwrap_or(0),
        "changes that no ledger knows of"
    );
}

/// Reads the document of a plan folder and compares its seal.
pub(super) fn read_document(folder: &Path) -> Result<Document, PlanError> {
    let path = folder.join(DOCUMENT_FILE);
    let bytes = fs::read(&path).map_err(|source| match source.kind() {
        io::ErrorKind::NotFound => PlanError::NoPlan(folder.to_owned()),
        _ => PlanError::Read {
            path: path.clone(),
            source,
        },
    })?;
    let not_a_plan = |source| PlanError::NotAPlan {
        path: path.clone(),
        source,
    };
    let head: Head = serde_json::from_slice(&bytes).map_err(not_a_plan)?;
    if head.format != u64::from(FORMAT) {
        return Err(PlanError::OtherFormat {
            path,
            found: head.format,
            expected: FORMAT,
        });
    }
    let document: Document = serde_json::from_slice(&bytes).map_err(not_a_plan)?;
    let unsealed = Document {
        seal: String::new(),
        ..document
    };
    let (expected, seal) = sealed(&unsealed, &path)?;
    if expected != bytes {
        return Err(PlanError::Changed(path));
    }
    Ok(Document { seal, ..unsealed })
}

/// What every version of the document has.
#[derive(Deserialize)]
struct Head {
    format: u64,
}

/// How a document without a seal says so. Only its number of format stands before it, so that nothing else
/// in it is taken for this.
const NO_SEAL: &[u8] = br#""seal": """#;

/// The bytes of a document that has no seal yet, with its seal put in; and the seal, which is the hash of
/// the bytes without it.
fn sealed(document: &Document, path: &Path) -> Result<(Vec<u8>, String), PlanError> {
    let mut bytes = serialised(document, path)?;
    let mut hasher = blake3::Hasher::new();
    hasher.update_rayon(&bytes);
    let seal = hasher.finalize().to_hex().to_string();
    if let Some(place) = memchr::memmem::find(&bytes, NO_SEAL) {
        let inside = place + NO_SEAL.len() - 1;
        bytes.splice(inside..inside, seal.bytes());
    }
    Ok((bytes, seal))
}

fn serialised(document: &Document, path: &Path) -> Result<Vec<u8>, PlanError> {
    let mut bytes = serde_json::to_vec_pretty(document)
        .map_err(|error| disk::write_error(path, io::Error::other(error)))?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// The JSON Schema of `plan.json`, as published.
pub fn schema() -> &'static str {
    include_str!("../plan.schema.json")
}
