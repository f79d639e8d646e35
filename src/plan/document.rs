//! `plan.json`, field by field: the wire form of a plan, versioned apart from the code's own types.
//!
//! In: a judged draft. Out: what is serialised, sealed and published as a JSON Schema
//! (`plan.schema.json` beside this file). Bounded: what can be long is counted here and listed in
//! the Parquet files.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The version of the format; a reader refuses any other.
pub const FORMAT: u32 = 2;

/// Places that a finding carries in the document; all are in `findings.parquet`.
pub const PLACES_MAX: usize = 100;

/// Findings of one code in the document; all are in `findings.parquet`.
pub const FINDINGS_PER_CODE_MAX: usize = 200;

/// Stub users and role names listed in the document; all are in the Parquet files.
pub const LISTED_MAX: usize = 1_000;

/// `plan.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Document {
    /// [`FORMAT`].
    pub format: u32,
    /// BLAKE3, in hexadecimal, of this document with an empty seal.
    pub seal: String,
    /// Whether nothing forbids to apply it.
    pub approved: bool,
    /// The environment it was made for.
    pub environment: EnvironmentRecord,
    /// The exports it was made from, in the order of the manifest.
    pub inputs: Vec<InputRecord>,
    /// The rulings it obeys.
    pub rulings: RulingsRecord,
    /// Manifest values that matter to the outcome, by dotted key.
    pub settings: BTreeMap<String, String>,
    /// What the manifest accepts.
    pub accept: AcceptRecord,
    /// Fields of the environment that planning used.
    pub principals: FileRecord,
    /// Files of changes, in the order of their application.
    pub changes: Vec<StageRecord>,
    /// Every place of every finding.
    pub findings_file: FileRecord,
    /// What became of each owner reference.
    pub owners_file: FileRecord,
    /// Who owns how many records before and after.
    pub holdings_file: FileRecord,
    /// How many of what.
    pub totals: Totals,
    /// Rows accounted for, one per records and roles file.
    pub ledgers: Vec<LedgerRecord>,
    /// The default role, as found.
    pub default_role: Option<String>,
    /// The first stub users, by UPN.
    pub stub_users: Vec<StubRecord>,
    /// Changes of roles by role name and action.
    pub roles: Vec<RoleCount>,
    /// Findings: errors first.
    pub findings: Vec<FindingRecord>,
    /// Findings that are only in `findings.parquet`, by code.
    pub findings_more: BTreeMap<String, u64>,
    /// Rules that could not be checked.
    pub unchecked: Vec<UncheckedRecord>,
    /// Who can work on day one.
    pub readiness: ReadinessRecord,
    /// Lists for administrators, in the order of doing.
    pub hand_over: Vec<HandOverRecord>,
    /// The order of go-live.
    pub steps: Vec<StepRecord>,
}

/// Who can work on day one; everybody is in the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReadinessRecord {
    /// One row a person.
    pub file: FileRecord,
    /// Today.
    pub today: ReadinessCount,
    /// Once the plan is applied.
    pub after_plan: ReadinessCount,
    /// Once the hand-over lists are done too.
    pub after_hand_over: ReadinessCount,
}

/// How many people are ready at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReadinessCount {
    /// Can work.
    pub yes: u64,
    /// Cannot.
    pub no: u64,
    /// Nothing speaks against it, but not all was loaded.
    pub not_known: u64,
    /// Those who cannot, by reason; one person may have several.
    pub reasons: BTreeMap<String, u64>,
}

/// A list for an administrator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HandOverRecord {
    /// What it lists.
    pub what: String,
    /// Who may do it.
    pub whose: String,
    /// What to do with it.
    pub instruction: String,
    /// The file.
    pub file: FileRecord,
}

/// A step of the order of go-live.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StepRecord {
    /// What is to be done.
    pub title: String,
    /// Who does it.
    pub whose: String,
    /// `done`, `open` or `not known`.
    pub state: String,
    /// How much is left, where it is open.
    pub open: u64,
    /// The lists that it is done from.
    pub files: Vec<String>,
    /// Why it comes here.
    pub why: String,
}

/// Which environment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EnvironmentRecord {
    /// Organisation id.
    pub organisation: String,
    /// File name or host.
    pub host: String,
    /// The day that rules about dates go by.
    pub as_of: String,
    /// Of a live environment: when the copy was pulled that it was made of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pulled_at: Option<String>,
}

/// One export.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InputRecord {
    /// Its number, as in the Parquet files.
    pub file: u16,
    /// As the manifest writes it.
    pub name: String,
    /// `users`, `records` or `roles`.
    pub kind: String,
    /// The table, for records.
    pub table: Option<String>,
    /// Size.
    pub bytes: u64,
    /// BLAKE3 in hexadecimal.
    pub blake3: String,
    /// Rows below the header.
    pub rows: u64,
    /// Encoding; empty for workbooks.
    pub encoding: String,
    /// Delimiter of a CSV.
    pub delimiter: Option<String>,
    /// Sheet of a workbook.
    pub sheet: Option<String>,
    /// Header cells, in order.
    pub headers: Vec<String>,
}

/// The rulings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RulingsRecord {
    /// BLAKE3 over the rulings alone, in hexadecimal.
    pub blake3: String,
    /// Rulings obeyed.
    pub used: u64,
    /// Rulings whose reference no row holds.
    pub unused: u64,
}

/// `[accept]`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AcceptRecord {
    /// Codes whose rows are kept out.
    pub keep_out: Vec<String>,
    /// Guarding rules that may stay unchecked.
    pub unchecked: Vec<String>,
}

/// A file of the plan folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FileRecord {
    /// Path within the plan folder, with `/`.
    pub path: String,
    /// BLAKE3 in hexadecimal.
    pub blake3: String,
    /// Rows.
    pub rows: u64,
}

/// A file of changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StageRecord {
    /// Stage number, 1 to 5.
    pub stage: u8,
    /// Place among the tables of stage 4, else 0: files of one stage and order may run together.
    pub order: u16,
    /// Logical name of the table written to: `systemuser`, `systemuserroles`, or the records' table.
    pub entity: String,
    /// Number of its first change; the others follow without gaps.
    pub first_seq: u64,
    /// The file.
    pub file: FileRecord,
}

/// How many of what.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Totals {
    /// Rows of records and roles files.
    pub rows: u64,
    /// Distinct references in records files.
    pub references: u64,
    /// Changes by kind.
    pub changes: BTreeMap<String, u64>,
    /// What of the users to change is another, in words: how many users.
    pub user_changes: BTreeMap<String, u64>,
    /// Records to assign, by table.
    pub records_by_table: BTreeMap<String, u64>,
    /// Matches by rung.
    pub matches: BTreeMap<String, MatchRecord>,
    /// References that become stub users.
    pub stub: MatchRecord,
    /// References that go to the fallback owner.
    pub fallback: MatchRecord,
    /// References left where they are.
    pub left: MatchRecord,
    /// References nobody was chosen for, by code.
    pub stopped: BTreeMap<String, MatchRecord>,
    /// Rows with a blank owner.
    pub blank_rows: u64,
    /// Findings by severity, accepted ones apart.
    pub errors: u64,
    /// Error findings that the manifest accepts.
    pub accepted: u64,
    /// Warnings.
    pub warnings: u64,
    /// Notes.
    pub notes: u64,
}

/// References and the rows that hold them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MatchRecord {
    /// Distinct references.
    pub references: u64,
    /// Rows.
    pub rows: u64,
}

/// The account of one file: `rows` is the sum of the others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LedgerRecord {
    /// The file's number.
    pub file: u16,
    /// Rows in all.
    pub rows: u64,
    /// Rows that became a change.
    pub changes: u64,
    /// Rows that the target already holds.
    pub no_change: u64,
    /// Rows that say what an earlier one said.
    pub repeated: u64,
    /// Rows left by ruling or policy.
    pub left: u64,
    /// Rows kept out, by code.
    pub kept_out: BTreeMap<String, u64>,
    /// Rows stopped, by code.
    pub stopped: BTreeMap<String, u64>,
}

/// A stub user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StubRecord {
    /// Planned id.
    pub id: String,
    /// UPN.
    pub upn: String,
    /// Full name.
    pub full_name: String,
    /// Records that go to it.
    pub records: u64,
}

/// Changes of one role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RoleCount {
    /// The role's name.
    pub role: String,
    /// Given to how many, stub users' default role and what goes with the change of a user apart.
    pub given: u64,
    /// Removed from how many.
    pub removed: u64,
}

/// A finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FindingRecord {
    /// Code.
    pub code: String,
    /// `error`, `warning` or `note`.
    pub severity: String,
    /// Whether the manifest accepts it.
    pub accepted: bool,
    /// Whom or what it is about.
    pub subject: String,
    /// What was found.
    pub message: String,
    /// What to do.
    pub cure: String,
    /// Rows concerned.
    pub count: u64,
    /// Changes that fell because of it.
    pub blocks: u64,
    /// The first places.
    pub places: Vec<PlaceRecord>,
}

/// A place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlaceRecord {
    /// The file's number.
    pub file: u16,
    /// Row, from 1; 0 is the file as a whole.
    pub row: u64,
    /// Physical line, from 1.
    pub line: u64,
    /// Column, from 1.
    pub column: Option<u16>,
    /// The cell.
    pub cell: Option<String>,
}

/// A rule that could not be checked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UncheckedRecord {
    /// Code.
    pub code: String,
    /// Whether it guards a refusal.
    pub guards: bool,
    /// Whether the manifest accepts that.
    pub accepted: bool,
    /// What was not loaded, by file name.
    pub needs: Vec<String>,
    /// For how many changes it would have been asked.
    pub changes: u64,
}
