//! Rows and their owners against the environment: what differs becomes a change.
//!
//! In: decoded rows, the resolution of their references, facts and records of the environment. Out: a
//! [`Draft`] in which every row has a fate or a place in a table, and findings at their places.
//! What the service would refuse is not asked here, but in `check/`.

mod order;
mod records;
mod repeats;
mod role_names;
mod roles;
mod told;
mod users;

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use crate::environment::Facts;
use crate::environment::Keys;
use crate::environment::Owners;
use crate::model::{
    Code, Fate, FileId, Findings, Input, OwnerPolicy, Principal, RecordRows, References,
    Resolution, RoleId, RoleRow, StubPolicy, UnitId, Verdict, comparison_key,
};
use crate::plan::build::users::After;
use crate::plan::{
    CHUNK_ROWS, Draft, DraftFile, DraftStub, MatchCount, MatchCounts, PlanError, PrincipalIndex,
};

/// Everything that is wanted, and what is there.
pub struct Wanted<'a> {
    /// All inputs, by their number.
    pub inputs: &'a [Input],
    /// Rows of each roles export, in the order of the manifest.
    pub roles: &'a [(FileId, Vec<RoleRow>)],
    /// Of each users export that wishes something: rows that make no person, by why.
    pub unusable_wishes: &'a BTreeMap<FileId, BTreeMap<Code, u64>>,
    /// The references that rows hold.
    pub references: &'a References,
    /// Who is meant.
    pub resolution: &'a Resolution,
    /// Records by key, for each table and field.
    pub keys: &'a BTreeMap<(String, String), Keys>,
    /// The field that says how far a record is, by table, where the manifest names one; it is among the keys.
    pub statuses: &'a BTreeMap<String, String>,
    /// Facts of the environment.
    pub facts: &'a Facts,
    /// What the manifest says of owners.
    pub policy: &'a OwnerPolicy,
    /// What the manifest says of stub users.
    pub stubs: &'a StubPolicy,
}

/// Builds the draft of a plan from the rows of the records exports, in the order of the manifest, and
/// from who owns the records of each table now, which is `None` where its records were not loaded.
///
/// An error where the ids of the rows, which were put aside, cannot be read back.
pub fn build(
    wanted: &Wanted<'_>,
    records: Vec<RecordRows>,
    owners: BTreeMap<String, Option<Owners>>,
    findings: &mut Findings,
) -> Result<Draft, PlanError> {
    let mut draft = Draft::default();
    stubs(wanted, &mut draft);
    records::build(wanted, records, owners, &mut draft, findings).map_err(PlanError::Ids)?;
    keep_needed_stubs(&mut draft);
    users::build(wanted, &mut draft, findings);
    let after = After::of(&draft);
    roles::build(wanted, &after, &mut draft, findings);
    draft.matches = matches(wanted, &draft);
    Ok(draft)
}

/// The stub users, each with the root unit and the default role's copy there.
fn stubs(wanted: &Wanted<'_>, draft: &mut Draft) {
    let root = wanted.facts.root_unit().map(|unit| unit.id);
    let names = wanted.stubs.default_role_names();
    let found = names.iter().find_map(|name| {
        let role = root.and_then(|unit| role_in_unit(wanted.facts, name, unit))?;
        Some(((*name).to_owned(), role))
    });
    draft.default_role_names = names.iter().map(|name| (*name).to_owned()).collect();
    draft.default_role = found.as_ref().map(|(name, _)| name.clone());
    draft.stubs = wanted
        .resolution
        .stubs
        .iter()
        .map(|person| DraftStub {
            person: person.clone(),
            business_unit: root,
            default_role: found.as_ref().map(|(_, role)| *role),
            way: wanted.stubs.way,
            place: None,
            role_rows: Vec::new(),
            fallen: None,
        })
        .collect();
}

/// A stub user is made for records that go to it, at the first row that asks for that. Where all of
/// them stopped before `check/`, nobody needs it.
fn keep_needed_stubs(draft: &mut Draft) {
    let planned: BTreeSet<Principal> = draft
        .stubs
        .iter()
        .map(|stub| Principal::User(stub.person.id))
        .collect();
    let is_stub: Vec<bool> = draft
        .principals
        .iter()
        .map(|principal| planned.contains(principal))
        .collect();
    let mut asking: BTreeMap<Principal, (FileId, u64, u64)> = BTreeMap::new();
    if is_stub.contains(&true) {
        for file in draft.tables.iter().flat_map(|table| &table.files) {
            for (owner, row) in first_asking(file, &is_stub) {
                let place = file.place(row);
                let place = (place.file, place.row, place.line);
                let first = asking.entry(draft.principal(owner)).or_insert(place);
                *first = place.min(*first);
            }
        }
    }
    draft.stubs.retain_mut(|stub| {
        stub.place = asking.get(&Principal::User(stub.person.id)).copied();
        stub.place.is_some()
    });
}

/// The first row of a file that asks for each stub user.
fn first_asking(file: &DraftFile, is_stub: &[bool]) -> BTreeMap<PrincipalIndex, usize> {
    let chunks = (0..file.len().div_ceil(CHUNK_ROWS)).into_par_iter();
    let firsts = chunks.map(|chunk| {
        let rows = chunk * CHUNK_ROWS..file.len().min((chunk + 1) * CHUNK_ROWS);
        let mut firsts: BTreeMap<PrincipalIndex, usize> = BTreeMap::new();
        for row in rows {
            // Nobody can own a record already who is not there yet, so `check/` has to hear of that too.
            let stands = matches!(file.fates[row], Fate::Change | Fate::NoChange);
            let asked = file
                .before_and_after(row)
                .filter(|asked| is_stub[asked.after.get()]);
            if let Some(asked) = asked.filter(|asked| stands && asked.before.is_some()) {
                firsts.entry(asked.after).or_insert(row);
            }
        }
        firsts
    });
    firsts.reduce(BTreeMap::new, |mut left, right| {
        for (owner, row) in right {
            let first = left.entry(owner).or_insert(row);
            *first = row.min(*first);
        }
        left
    })
}

/// The one copy of the role of that name in a unit; `None` where there is none, or several.
fn role_in_unit(facts: &Facts, name: &str, unit: UnitId) -> Option<RoleId> {
    let mut copies = facts.roles_named(name).iter().filter(|id| {
        facts
            .roles()
            .get(*id)
            .is_some_and(|role| role.business_unit == unit)
    });
    let first = copies.next().copied();
    copies.next().is_none().then_some(first).flatten()
}

/// The principal that a verdict leads to, if it leads to one.
fn principal_of(resolution: &Resolution, verdict: &Verdict) -> Option<Principal> {
    match verdict {
        Verdict::Matched { principal, .. } | Verdict::Fallback(principal) => Some(*principal),
        Verdict::Stub(index) => resolution
            .stubs
            .get(*index)
            .map(|person| Principal::User(person.id)),
        Verdict::Left | Verdict::Stopped(_) => None,
    }
}

/// Counts a row that never becomes a row of a table.
fn settle(draft: &mut Draft, file: FileId, fate: Fate) {
    *draft.settled.entry((file, fate)).or_default() += 1;
}

fn matches(wanted: &Wanted<'_>, draft: &Draft) -> MatchCounts {
    let mut counts = MatchCounts::default();
    let files = draft.tables.iter().flat_map(|table| &table.files);
    let files: Vec<FileId> = files.map(|file| file.file).collect();
    for ((_, reference), resolved) in wanted.references.iter().zip(&wanted.resolution.resolved) {
        let rows = files.iter().filter_map(|file| reference.rows.get(file));
        let rows: u64 = rows.sum();
        if rows == 0 {
            continue;
        }
        let count = match &resolved.verdict {
            Verdict::Matched { rung, .. } => counts.matched.entry(*rung).or_default(),
            Verdict::Stub(_) => &mut counts.stub,
            Verdict::Fallback(_) => &mut counts.fallback,
            Verdict::Left => &mut counts.left,
            Verdict::Stopped(code) => counts.stopped.entry(*code).or_default(),
        };
        *count = MatchCount {
            references: count.references + 1,
            rows: count.rows + rows,
        };
    }
    counts.blank_rows = draft.matches.blank_rows;
    counts
}

/// What a person calls an input.
fn name_of(inputs: &[Input], file: FileId) -> &str {
    inputs
        .iter()
        .find(|input| input.file == file)
        .map_or("?", |input| input.name.as_str())
}

/// The unit of a principal when roles are given: of a stub user the root, of who is moved the new one.
fn unit_of(
    wanted: &Wanted<'_>,
    after: &After,
    draft: &Draft,
    principal: Principal,
) -> Option<UnitId> {
    match principal {
        Principal::User(user) => after
            .unit(user)
            .or_else(|| Some(wanted.facts.users().get(&user)?.business_unit))
            .or_else(|| {
                draft
                    .stubs
                    .iter()
                    .find(|stub| stub.person.id == user)?
                    .business_unit
            }),
        Principal::Team(team) => wanted
            .facts
            .teams()
            .get(&team)
            .map(|team| team.business_unit),
    }
}

/// What people call a principal.
fn label_of(wanted: &Wanted<'_>, principal: Principal) -> String {
    let found = match principal {
        Principal::User(id) => wanted
            .facts
            .users()
            .get(&id)
            .map(crate::model::User::label)
            .or_else(|| {
                let stub = wanted
                    .resolution
                    .stubs
                    .iter()
                    .find(|person| person.id == id)?;
                Some(stub.full_name.clone())
            }),
        Principal::Team(id) => wanted.facts.teams().get(&id).map(|team| team.name.clone()),
    };
    found.unwrap_or_else(|| principal.to_string())
}

/// Whether two names are the same to this product.
fn same_name(left: &str, right: &str) -> bool {
    comparison_key(left) == comparison_key(right)
}
