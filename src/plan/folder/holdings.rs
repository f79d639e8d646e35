//! `holdings.parquet`: who owns how many records of each table before the plan and after it.
//!
//! In: a judged draft and the environment's facts. Out: one row for each principal, table and status of which it owns
//! records, or shall. Records that follow by cascade are not in it: REC007 tells of them.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::Path;

use rayon::prelude::*;

use crate::environment::Facts;
use crate::model::{Fate, MissingPerson, Principal, Progress, Unit, UserId};
use crate::plan::FileRecord;
use crate::plan::PlanError;
use crate::plan::folder::HOLDINGS_FILE;
use crate::plan::folder::pages::Picked;
use crate::plan::folder::scan::{Batch, Scan};
use crate::plan::folder::table::{Cells, Column, GROUP_ROWS, Group, Kind, Table, write_table};
use crate::plan::{CHUNK_ROWS, Draft, DraftFile, DraftTable, Held, PrincipalIndex};

const PRINCIPAL: usize = 0;
const PRINCIPAL_TYPE: usize = 1;
const NAME: usize = 2;
const STANDING: usize = 3;
const TABLE: usize = 4;
const STATUS: usize = 5;
const BEFORE: usize = 6;
const GONE: usize = 7;
const COME: usize = 8;

const COLUMNS: &[Column] = &[
    Column::new("principal", Kind::Id),
    Column::new("principal_type", Kind::Number).repeating(),
    Column::new("name", Kind::Text),
    Column::new("standing", Kind::Text).repeating(),
    Column::new("table", Kind::Text).repeating(),
    Column::new("status", Kind::Text).repeating(),
    Column::new("before", Kind::Whole).optional(),
    Column::new("gone", Kind::Whole),
    Column::new("come", Kind::Whole),
];

/// Rows that are read at once.
const BATCH_ROWS: usize = 8_192;

/// What a principal is, as far as it matters to who asks what somebody is left with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PrincipalStanding {
    /// A user who is not disabled.
    User,
    /// A user who is disabled: somebody who has left, as far as records go.
    DisabledUser,
    /// A stub user that the plan makes.
    StubUser,
    /// A team.
    Team,
    /// An id that the environment names as owner and does not hold.
    NotKnown,
}

impl PrincipalStanding {
    const ALL: [Self; 5] = [
        Self::User,
        Self::DisabledUser,
        Self::StubUser,
        Self::Team,
        Self::NotKnown,
    ];

    /// What people read.
    pub fn word(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::DisabledUser => "disabled user",
            Self::StubUser => "stub user",
            Self::Team => "team",
            Self::NotKnown => "not known",
        }
    }

    /// Whether it stands for somebody who does not work with the records any more.
    pub fn has_left(self) -> bool {
        matches!(self, Self::DisabledUser | Self::StubUser | Self::NotKnown)
    }
}

/// What one principal has of one table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holding {
    /// Who.
    pub principal: Principal,
    /// The same as people read it: `Ana Costa <ana@contoso.com>`, `team Sales`.
    pub name: String,
    /// What it is.
    pub standing: PrincipalStanding,
    /// Logical name of the table.
    pub table: String,
    /// How far these records are, as the field says that the manifest names; empty where it is not known.
    pub status: String,
    /// Records that it owns now; `None` where the table's records were not loaded.
    pub before: Option<u64>,
    /// Records that the plan takes from it.
    pub gone: u64,
    /// Records that the plan gives it.
    pub come: u64,
}

impl Holding {
    /// Records that it owns once the plan is applied; `None` where nobody knows.
    pub fn after(&self) -> Option<u64> {
        Some((self.before? + self.come).saturating_sub(self.gone))
    }
}

/// Before, gone and come.
type Counts = [u64; 3];

/// What every principal has, by name, then table, then status.
fn holdings(draft: &Draft, facts: &Facts) -> Result<Vec<Holding>, PlanError> {
    let who = Who::of(draft, facts);
    let mut holdings = Vec::new();
    for table in &draft.tables {
        let not_loaded = Held {
            statuses: vec![String::new()],
            ..Held::default()
        };
        let loaded = draft.held.get(&table.entity);
        let held = loaded.unwrap_or(&not_loaded);
        let mut counts: BTreeMap<(PrincipalIndex, usize), Counts> = BTreeMap::new();
        for (owner, status, before) in &held.counts {
            counts.entry((*owner, *status)).or_default()[0] = *before;
        }
        moved(draft, table, held, &mut counts)?;
        for ((owner, status), [before, gone, come]) in counts {
            let principal = draft.principal(owner);
            let (name, standing) = who.is(principal);
            holdings.push(Holding {
                principal,
                name,
                standing,
                table: table.entity.clone(),
                status: held.statuses[status].clone(),
                before: loaded.map(|_| before),
                gone,
                come,
            });
        }
    }
    holdings.sort_by_cached_key(|one| {
        let place = (one.table.clone(), one.status.clone());
        (one.name.to_lowercase(), one.principal, place)
    });
    Ok(holdings)
}

/// Counts what each principal of a draft loses and gets of a table.
fn moved(
    draft: &Draft,
    table: &DraftTable,
    held: &Held,
    counts: &mut BTreeMap<(PrincipalIndex, usize), Counts>,
) -> Result<(), PlanError> {
    let moving = Moving {
        held,
        width: held.statuses.len(),
        owners: draft.principals.len(),
    };
    for file in &table.files {
        let chunks = file.fates.par_chunks(CHUNK_ROWS).enumerate();
        let sums = chunks
            .try_fold(
                || moving.none(),
                |sums, (chunk, fates)| moving.add_chunk(sums, file, chunk * CHUNK_ROWS, fates),
            )
            .try_reduce(Vec::new, |one, other| Ok(added(one, other)));
        let sums = sums.map_err(PlanError::Ids)?;
        for (place, [gone, come]) in sums.into_iter().enumerate() {
            if gone + come > 0 {
                let owner = PrincipalIndex::new(place / moving.width);
                let count = counts.entry((owner, place % moving.width)).or_default();
                count[1] += gone;
                count[2] += come;
            }
        }
    }
    Ok(())
}

/// Gone and come, for each owner and status: those of one owner follow each other.
type Sums = Vec<[u64; 2]>;

struct Moving<'a> {
    held: &'a Held,
    width: usize,
    owners: usize,
}

impl Moving<'_> {
    fn none(&self) -> Sums {
        vec![[0, 0]; self.owners * self.width]
    }

    fn add_chunk(
        &self,
        mut sums: Sums,
        file: &DraftFile,
        first: usize,
        fates: &[Fate],
    ) -> std::io::Result<Sums> {
        // Ids lie on the disk, and without a status nobody asks for them.
        let records = match self.held.of.as_slice() {
            [] => Vec::new(),
            _ => file.records(first..first + fates.len())?,
        };
        let rows = fates.iter().enumerate();
        for (row, _) in rows.filter(|(_, fate)| **fate == Fate::Change) {
            let Some(asked) = file.before_and_after(first + row) else {
                continue;
            };
            let record = records.get(row);
            let status = record.map_or(0, |record| self.held.status(*record));
            sums[asked.after.get() * self.width + status][1] += 1;
            if let Some(before) = asked.before {
                sums[before.get() * self.width + status][0] += 1;
            }
        }
        Ok(sums)
    }
}

fn added(mut one: Sums, other: Sums) -> Sums {
    if one.is_empty() {
        return other;
    }
    for (sum, more) in one.iter_mut().zip(other) {
        *sum = [sum[0] + more[0], sum[1] + more[1]];
    }
    one
}

/// Who principals are, in words.
struct Who<'a> {
    facts: &'a Facts,
    stubs: BTreeMap<UserId, &'a MissingPerson>,
}

impl<'a> Who<'a> {
    fn of(draft: &'a Draft, facts: &'a Facts) -> Self {
        let stubs = draft.stubs.iter();
        Self {
            facts,
            stubs: stubs.map(|stub| (stub.person.id, &stub.person)).collect(),
        }
    }

    fn is(&self, principal: Principal) -> (String, PrincipalStanding) {
        let known = match principal {
            Principal::Team(id) => self.facts.teams().get(&id).map(|team| {
                let name = format!("team {}", team.name);
                (name, PrincipalStanding::Team)
            }),
            Principal::User(id) => match self.facts.users().get(&id) {
                Some(user) if user.disabled => {
                    Some((user.name_and_upn(), PrincipalStanding::DisabledUser))
                }
                Some(user) => Some((user.name_and_upn(), PrincipalStanding::User)),
                None => self.stubs.get(&id).map(|person| {
                    let name = format!("{} <{}>", person.full_name, person.upn);
                    (name, PrincipalStanding::StubUser)
                }),
            },
        };
        known.unwrap_or_else(|| (principal.uuid().to_string(), PrincipalStanding::NotKnown))
    }
}

/// Writes all holdings.
pub(super) fn write(
    folder: &Path,
    draft: &Draft,
    facts: &Facts,
    progress: &dyn Progress,
) -> Result<FileRecord, PlanError> {
    let holdings = holdings(draft, facts)?;
    let title = format!("write {HOLDINGS_FILE}");
    let step = progress.begin(&title, Unit::Rows, Some(holdings.len() as u64));
    let table = Table {
        columns: COLUMNS,
        groups: holdings.len().div_ceil(GROUP_ROWS),
        fill: &|group| {
            let start = group * GROUP_ROWS;
            let end = holdings.len().min(start + GROUP_ROWS);
            Ok(cells(&holdings[start..end]))
        },
    };
    let (blake3, rows) = write_table(&folder.join(HOLDINGS_FILE), &table, step.as_ref())?;
    Ok(FileRecord {
        path: HOLDINGS_FILE.to_owned(),
        blake3,
        rows,
    })
}

fn cells(holdings: &[Holding]) -> Group {
    let whole = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    let words = |of: fn(&Holding) -> &str| Cells::Picked(Picked::texts(holdings.iter().map(of)));
    let counts = |of: fn(&Holding) -> Option<u64>| {
        Cells::Whole(holdings.iter().map(|one| of(one).map(whole)).collect())
    };
    let principals = || holdings.iter().map(|one| one.principal);
    vec![
        Cells::Id(principals().map(|one| Some(one.uuid())).collect()),
        Cells::Number(
            principals()
                .map(|one| Some(i32::from(one.type_code())))
                .collect(),
        ),
        Cells::texts(holdings.iter().map(|one| one.name.as_str())),
        words(|one| one.standing.word()),
        words(|one| &one.table),
        words(|one| &one.status),
        counts(|one| one.before),
        counts(|one| Some(one.gone)),
        counts(|one| Some(one.come)),
    ]
}

/// Hands out all holdings, by name, then table.
pub(super) fn read(
    folder: &Path,
    record: &FileRecord,
    sink: &mut dyn FnMut(Holding) -> ControlFlow<()>,
) -> Result<(), PlanError> {
    let scan = Scan::open(folder, record, COLUMNS)?;
    scan.batches(0, BATCH_ROWS, &mut |batch| {
        for row in 0..batch.rows() {
            if sink(holding(&batch, row)?).is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
    })
}

fn holding(batch: &Batch<'_>, row: usize) -> Result<Holding, PlanError> {
    let text = |column| batch.needed(column, batch.text(column, row));
    let count = |column: usize, value: Option<i64>| {
        value
            .map(|value| u64::try_from(value).map_err(|_| batch.damaged(column, "is negative")))
            .transpose()
    };
    let whole = |column| count(column, batch.whole(column, row)?);
    let id = batch.needed(PRINCIPAL, batch.id(PRINCIPAL, row))?;
    let code = batch.needed(PRINCIPAL_TYPE, batch.number(PRINCIPAL_TYPE, row))?;
    let principal = u8::try_from(code).ok();
    let principal = principal.and_then(|code| Principal::from_parts(code, id));
    let standing = text(STANDING)?;
    let standing = PrincipalStanding::ALL
        .into_iter()
        .find(|one| one.word() == standing);
    Ok(Holding {
        principal: principal
            .ok_or_else(|| batch.damaged(PRINCIPAL_TYPE, "is neither 8 (user) nor 9 (team)"))?,
        name: text(NAME)?,
        standing: standing.ok_or_else(|| batch.damaged(STANDING, "is nothing a principal is"))?,
        table: text(TABLE)?,
        status: text(STATUS)?,
        before: whole(BEFORE)?,
        gone: batch.needed(GONE, whole(GONE))?,
        come: batch.needed(COME, whole(COME))?,
    })
}
