//! One world on trial before two judges: the service in this process, and the rehearsal server over the Web API.
//!
//! In: a world, and an empty folder. Out: where the two disagree about a write (`judges.rs`), or where the commands
//! leave another environment than was planned (`commands.rs`), with what the service lets go of again
//! (`way_back.rs`). The server is told nothing that a real one is not; it is written to by the product's own
//! connector, and read past it.

mod commands;
mod judges;
mod names;
mod served;
mod way_back;

use std::collections::BTreeMap;
use std::path::Path;

use cutover::run::Exit;
use cutover::service::Reason;

use crate::support::run;
use crate::worlds::files;
use crate::worlds::tally::{Fault, Kind, add};
use crate::worlds::trial::{Report, Trial};
use crate::worlds::world::World;

/// What came of one world.
#[derive(Debug, Default)]
pub(in crate::worlds) struct LiveReport {
    pub(in crate::worlds) faults: Vec<Fault>,
    /// Planned changes that were written.
    pub(in crate::worlds) planned: u64,
    /// Writes that were refused as foretold, by the service's reason.
    pub(in crate::worlds) refused: BTreeMap<Reason, u64>,
    /// Of these, those that had to be asked of a server of their own.
    pub(in crate::worlds) aside: u64,
    /// Blocked rows and probes.
    pub(in crate::worlds) others: u64,
    /// Where the connector rightly says something else, by why.
    pub(in crate::worlds) explained: BTreeMap<&'static str, u64>,
    /// Plans of a pulled copy that were held against those of the file.
    pub(in crate::worlds) compared: u64,
    /// Changes that `apply` wrote.
    pub(in crate::worlds) applied: u64,
    /// Worlds that were applied and undone.
    pub(in crate::worlds) undone: u64,
    /// States whose every cell was compared.
    pub(in crate::worlds) frames: u64,
    /// What undo could not take back, by the service's code; for want of another by no code.
    pub(in crate::worlds) kept: BTreeMap<String, u64>,
    /// What could not be asked, by why.
    pub(in crate::worlds) skipped: BTreeMap<&'static str, u64>,
}

impl LiveReport {
    /// Adds another's figures to these.
    pub(in crate::worlds) fn add(&mut self, other: &Self) {
        self.faults.extend(other.faults.iter().cloned());
        self.planned += other.planned;
        self.aside += other.aside;
        self.others += other.others;
        self.compared += other.compared;
        self.applied += other.applied;
        self.undone += other.undone;
        self.frames += other.frames;
        add(&mut self.refused, other.refused.clone());
        add(&mut self.explained, other.explained.clone());
        add(&mut self.kept, other.kept.clone());
        add(&mut self.skipped, other.skipped.clone());
    }

    fn fault(&mut self, kind: Kind, words: impl Into<String>) {
        self.faults.push(Fault::new(kind, words));
    }

    fn skip(&mut self, why: &'static str) {
        *self.skipped.entry(why).or_default() += 1;
    }
}

/// Plans a world in `folder` and has it judged twice.
pub(in crate::worlds) fn run_live(world: &World, folder: &Path) -> LiveReport {
    let mut report = LiveReport::default();
    files::write(world, folder);
    let ended = run(|console| cutover::run::plan(folder, false, console));
    if !matches!(ended.exit, Exit::Done | Exit::NotApproved) {
        report.fault(Kind::NotPlanned, format!("{}{}", ended.out, ended.err));
        return report;
    }
    let mut trial = Trial::new(world, folder, Report::default());
    trial.recall_and_precision();
    report.faults.append(&mut trial.report.faults);
    if !report.faults.is_empty() {
        return report;
    }
    trial.second_judge(&mut report);
    report.faults.append(&mut trial.report.faults);
    if report.faults.is_empty() {
        trial.commands(&mut report);
    }
    report
}
