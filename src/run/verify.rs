//! `verify`: reads the target back and says where it differs from the plan.

use std::collections::BTreeMap;
use std::path::Path;

use crate::apply::{
    Compared, DIFFERENCES_MAX, Difference, JOURNAL, JournalState, Verified, journal_state,
    verify_undone,
};
use crate::model::{ChangeKind, Outcome, Refusal};
use crate::plan::SealedPlan;
use crate::project::Project;
use crate::report::{
    ComparedReport, ComparedRow, FailureRow, Page, compared, compared_json, counts_csv, shell_word,
};
use crate::run::anonymous::Teller;
use crate::run::completed::undone_under;
use crate::run::target::Site;
use crate::run::{Console, Exit, Failure, Format};

/// Verifies the current plan; one that was undone is held against the state before it, and with it those that were
/// undone after it.
pub fn verify(folder: &Path, console: &mut Console<'_>) -> Result<Exit, Failure> {
    let project = console.project(folder)?;
    let plan = console.plan(&project.plan())?;
    let state = journal_state(&project.plan())?;
    let mut plans = Vec::new();
    let mut states = Vec::new();
    if matches!(state, JournalState::Undone | JournalState::None) {
        (plans, states) = undone_under(&project, &plan)?.into_iter().unzip();
    }
    // One that wrote nothing has nothing to be held against where the plans before it were undone after it was made.
    if state != JournalState::None || plans.is_empty() {
        plans.insert(0, plan);
        states.insert(0, state);
    }
    let target = Site::of(&project, console)?.open()?;
    let verified = match plans.as_slice() {
        [plan] => {
            let journal = plan.folder().join(JOURNAL);
            vec![crate::apply::verify(
                plan,
                &*target,
                &journal,
                console.progress,
            )?]
        }
        several => verify_undone(several, &*target, console.progress)?,
    };
    let verdict = Verdict {
        folder: &shell_word(&folder.display().to_string()),
        project: &project,
        plans: &plans,
        states: &states,
        verified: &verified,
    };
    verdict.print(console)?;
    let is_as_planned = verified.iter().all(Verified::is_as_planned);
    Ok(if is_as_planned && !verdict.is_in_part() {
        Exit::Done
    } else {
        Exit::Partly
    })
}

/// Plans, the newest first, and how they compare with the target.
struct Verdict<'a> {
    folder: &'a str,
    project: &'a Project,
    plans: &'a [SealedPlan],
    states: &'a [JournalState],
    verified: &'a [Verified],
}

impl Verdict<'_> {
    /// Whether the undo of one of them has not ended.
    fn is_in_part(&self) -> bool {
        self.states.contains(&JournalState::Undoing)
    }

    /// What the changes are held against, in words: the heading, the good end, and a word for programs.
    fn words(
        &self,
        plan: &SealedPlan,
        state: JournalState,
    ) -> (String, &'static str, &'static str) {
        let seals: Vec<&str> = self.plans.iter().map(SealedPlan::short_seal).collect();
        let (seals, host) = (seals.join(", "), &plan.document().environment.host);
        let folder = self.folder;
        let state = if self.is_in_part() {
            JournalState::Undoing
        } else {
            state
        };
        match state {
            JournalState::Undone if self.plans.len() > 1 => (
                format!("Plans {seals} were undone: {host} against the state before all of them"),
                "The target holds what was there before these plans.",
                "undone",
            ),
            JournalState::Undone => (
                format!("Plan {seals} was undone: {host} against the state before it"),
                "The target holds what was there before the plan.",
                "undone",
            ),
            JournalState::Undoing => (
                format!(
                    "{} {seals} {} undone in part: {host} against the state before where a change was taken back, \
                     else against the plan; end it with `cutover undo {folder}`",
                    if self.plans.len() > 1 {
                        "Plans"
                    } else {
                        "Plan"
                    },
                    if self.plans.len() > 1 { "are" } else { "is" },
                ),
                "Each change is where the journal says; the undo has not ended.",
                "undone in part",
            ),
            JournalState::None => (
                format!("Plan {seals} is not applied; {host} against it"),
                GOOD,
                "not applied",
            ),
            JournalState::Begun { .. } => (
                format!("Plan {seals} is applied in part; {host} against it"),
                GOOD,
                "applied in part",
            ),
            JournalState::Complete => (format!("Plan {seals} against {host}"), GOOD, "applied"),
        }
    }

    /// The counts of all plans, a row a kind.
    fn rows(&self) -> Vec<ComparedRow> {
        let mut sums: BTreeMap<ChangeKind, Compared> = BTreeMap::new();
        for (kind, counts) in self.verified.iter().flat_map(|one| &one.counts) {
            *sums.entry(*kind).or_default() += *counts;
        }
        let rows = sums.into_iter().map(|(kind, counts)| ComparedRow {
            kind: kind.words().to_owned(),
            planned: counts.planned(),
            as_planned: counts.as_planned,
            not_applied: counts.not_applied,
            different: counts.different,
        });
        rows.collect()
    }

    /// The first differences of all plans, each plan's told by who knows its people.
    fn differences(&self, console: &Console<'_>) -> Result<Vec<FailureRow>, Failure> {
        let mut rows = Vec::new();
        for (plan, verified) in self.plans.iter().zip(self.verified) {
            let teller = &Teller::of(self.project, plan, console)?;
            let whose = match self.plans {
                [_] => String::new(),
                _ => format!("plan {}: ", plan.short_seal()),
            };
            rows.extend(verified.differences.iter().map(|difference| FailureRow {
                subject: format!(
                    "{whose}{}: {}",
                    difference.kind.words(),
                    teller.about(&difference.what)
                ),
                message: format!(
                    "expected {}, found {}{}",
                    teller.held(&difference.expected),
                    teller.held(&difference.found),
                    past(difference, teller)
                ),
            }));
        }
        rows.truncate(DIFFERENCES_MAX);
        Ok(rows)
    }

    fn print(&self, console: &mut Console<'_>) -> Result<(), Failure> {
        let (Some(plan), Some(state)) = (self.plans.first(), self.states.first()) else {
            return Ok(());
        };
        let (rows, differences) = (self.rows(), self.differences(console)?);
        let (heading, good, state) = self.words(plan, *state);
        let report = ComparedReport {
            heading: &heading,
            good,
            state,
            rows: &rows,
            differences: &differences,
            document: plan.document(),
        };
        match console.format {
            Format::Text => {
                let mut page = Page {
                    out: &mut *console.out,
                    width: console.width,
                    folder: self.folder,
                };
                compared(&mut page, &report)?;
            }
            Format::Json => compared_json(console.out, &report)?,
            Format::Csv => counts_csv(console.out, &rows)?,
        }
        Ok(())
    }
}

const GOOD: &str = "The target holds what was planned.";

/// What the journals know of a change that is not as expected; the last word is the undo's.
fn past(difference: &Difference, teller: &Teller) -> String {
    let refused = |who: &str, refusal: &Refusal| {
        let message = teller.prose(refusal.message.clone());
        format!("; {who} was refused: {} {message}", refusal.code)
    };
    let words = match (&difference.undone, &difference.outcome) {
        (Some(Outcome::Failed(refusal)), _) => return refused("undo", refusal),
        (None, Some(Outcome::Failed(refusal))) => return refused("apply", refusal),
        (Some(Outcome::Done { .. } | Outcome::NoChangeNeeded), _) => {
            "; it was taken back, and changed since"
        }
        (Some(Outcome::Drifted(_)), _) => "; undo found it changed since apply, and left it alone",
        (Some(Outcome::Skipped), _) => "; undo did not try it, because of another change",
        (None, Some(Outcome::Done { .. })) => "; apply wrote it, and it was changed since",
        (None, Some(Outcome::NoChangeNeeded)) => "; apply found it as planned and wrote nothing",
        (None, Some(Outcome::Drifted(_))) => {
            "; apply found it changed since the plan, and left it alone"
        }
        (None, Some(Outcome::Skipped)) => "; apply did not try it, because of another change",
        (None, None) => "",
    };
    words.to_owned()
}
