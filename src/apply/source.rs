//! Where the changes of a pass come from.
//!
//! In: a sealed plan (or, in tests, a list). Out: its changes, stage by stage, in batches, and what
//! must be compared before the first of them is written. `undo.rs` has another source: the same
//! plan, backwards.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use crate::apply::ApplyError;
use crate::model::{Change, ChangeKind, OrganisationId, RoleId, Seq, Stage, UserId, parse_guid};
use crate::plan::{Fields, Moved, SealedPlan};
use crate::target::{Scope, Target};

/// What gets a batch of changes and says whether to go on.
pub(super) type Sink<'a> = dyn FnMut(Vec<Change>) -> ControlFlow<()> + 'a;

/// Some of the changes of a stage: those of one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Part {
    /// Parts of the same stage follow each other and may run together.
    pub(super) stage: Stage,
    /// The table written to.
    pub(super) entity: String,
    /// Number of the first change of the file.
    pub(super) first: Seq,
    /// Number of the last one.
    pub(super) last: Seq,
    /// Changes that come out of it.
    pub(super) changes: u64,
}

/// Changes in the order in which they are to be written.
pub(super) trait Changes {
    /// The parts, stage after stage.
    fn parts(&self) -> Result<Vec<Part>, ApplyError>;

    /// Whether the change that this one takes back may have been written in part: its outcome was never
    /// heard.
    fn left_open(&self, _seq: Seq) -> Result<bool, ApplyError> {
        Ok(false)
    }

    /// Roles of a user whom this pass changes that other changes of the plan give or take.
    fn roles_apart(&self, _user: UserId) -> Option<&BTreeSet<RoleId>> {
        None
    }

    /// The changes of one part, by rising number, in batches of at most `batch`.
    fn read(&self, part: &Part, batch: usize, sink: &mut Sink<'_>) -> Result<(), ApplyError>;
}

/// A plan as this room sees it.
pub(super) trait Sealed: Changes {
    /// The seal.
    fn seal(&self) -> &str;

    /// The environment that it was made for.
    fn organisation(&self) -> Result<OrganisationId, ApplyError>;

    /// How many changes of each kind it says it has; where none, no entry.
    fn planned(&self) -> BTreeMap<ChangeKind, u64>;

    /// What moved in the target since, of the fields that planning used.
    fn moved(&self, target: &dyn Target) -> Result<Vec<Moved>, ApplyError>;
}

/// How many changes there are.
pub(super) fn total(source: &dyn Changes) -> Result<u64, ApplyError> {
    Ok(source.parts()?.iter().map(|part| part.changes).sum())
}

/// Calls `each` with every batch of these parts, in order, until it breaks off.
pub(super) fn each_batch<'a>(
    source: &dyn Changes,
    parts: impl IntoIterator<Item = &'a Part>,
    batch: usize,
    mut each: impl FnMut(Vec<Change>) -> Result<ControlFlow<()>, ApplyError>,
) -> Result<(), ApplyError> {
    for part in parts {
        let mut result = Ok(ControlFlow::Continue(()));
        source.read(part, batch, &mut |changes| {
            result = each(changes);
            match &result {
                Ok(flow) => *flow,
                Err(_) => ControlFlow::Break(()),
            }
        })?;
        if result?.is_break() {
            break;
        }
    }
    Ok(())
}

impl Changes for SealedPlan {
    fn parts(&self) -> Result<Vec<Part>, ApplyError> {
        Ok(self
            .stages()
            .into_iter()
            .filter(|file| file.rows > 0)
            .map(|file| Part {
                stage: file.stage,
                last: Seq(file.first_seq.0 + file.rows - 1),
                first: file.first_seq,
                changes: file.rows,
                entity: file.entity,
            })
            .collect())
    }

    fn read(&self, part: &Part, batch: usize, sink: &mut Sink<'_>) -> Result<(), ApplyError> {
        for file in self.stages() {
            if file.first_seq == part.first && file.rows > 0 {
                return Ok(self.changes(&file, batch, sink)?);
            }
        }
        Ok(())
    }
}

impl Sealed for SealedPlan {
    fn seal(&self) -> &str {
        self.seal()
    }

    fn organisation(&self) -> Result<OrganisationId, ApplyError> {
        let found = &self.document().environment.organisation;
        parse_guid(found)
            .map(OrganisationId)
            .ok_or_else(|| ApplyError::Organisation {
                found: found.clone(),
            })
    }

    fn planned(&self) -> BTreeMap<ChangeKind, u64> {
        let changes = &self.document().totals.changes;
        ChangeKind::ALL
            .into_iter()
            .filter_map(|kind| Some((kind, *changes.get(kind.key())?)))
            .collect()
    }

    fn moved(&self, target: &dyn Target) -> Result<Vec<Moved>, ApplyError> {
        let mut now = Fields::default();
        // Everything is asked for: which facts planning used is known to `Fields` alone.
        target.facts(&Scope::All, &mut |fact| now.add(fact))?;
        Ok(self.fields()?.moved_to(&now))
    }
}
