//! Fidelity: the dry run and the service agree, in worlds that nobody thought of.
//!
//! In: seeds, a fixed list and fresh ones, as many as `CUTOVER_WORLDS` says; `CUTOVER_SEED` replays
//! one and keeps its folder. Out: one failure that names every seed of a world in which the plan
//! lies: a planned change is refused (recall), a foretold refusal does not come (precision), a record
//! goes to somebody else, more or less than planned is written, or undo does not restore everything.

mod chance;
mod disturb;
mod files;
mod generate;
mod trial;
mod world;

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{SystemTime, UNIX_EPOCH};

use cutover::model::{ChangeKind, Code};
use rayon::prelude::*;

use crate::foretell::FORETOLD_BY;
use crate::worlds::chance::Chance;
use crate::worlds::trial::Report;

/// Worlds of a run beside the fixed ones.
const FRESH: u64 = 240;

/// Worlds that every run looks at; they alone reach every rule, refusal and disturbance.
const FIXED: u64 = 120;

/// Of each hundred worlds so many are approved at least.
const CLEAN_PERCENT_MIN: usize = 40;

#[test]
fn the_dry_run_and_the_service_agree() {
    if let Ok(seed) = std::env::var("CUTOVER_SEED") {
        let seed = seed.parse().expect("CUTOVER_SEED is a number");
        let folder = tempfile::tempdir().expect("a folder").keep();
        println!("seed {seed} in {}", folder.display());
        let (disturbed, report) = run_seed(seed, &folder);
        println!("{disturbed:?} {report:#?}");
        assert!(report.faults.is_empty());
        return;
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let fresh = Chance::of(now.map_or(0, |now| now.subsec_nanos().into())).number();
    let count = std::env::var("CUTOVER_WORLDS").map_or(Ok(FRESH), |count| count.parse());
    let count = count.expect("CUTOVER_WORLDS is a number");
    let seeds = (0..FIXED).chain((0..count).map(|number| fresh.wrapping_add(number)));
    let seeds: Vec<u64> = seeds.collect();
    let reports: Vec<(u64, Vec<&str>, Report)> = seeds
        .into_par_iter()
        .map(|seed| {
            let folder = tempfile::tempdir().expect("a folder");
            // A world that panics is told by its seed as well.
            let run = AssertUnwindSafe(|| run_seed(seed, folder.path()));
            let (disturbed, report) = catch_unwind(run).unwrap_or_else(|_| {
                let faults = vec!["panicked".to_owned()];
                let report = Report {
                    faults,
                    ..Report::default()
                };
                (Vec::new(), report)
            });
            (seed, disturbed, report)
        })
        .collect();
    let reached = Reached::of(&reports);
    println!("fresh worlds from seed {fresh}\n{reached:#?}");
    let wrong = reports
        .iter()
        .filter(|(_, _, report)| !report.faults.is_empty());
    let faults: Vec<String> = wrong
        .map(|(seed, disturbed, report)| {
            let lines = report.faults.join("\n    ");
            format!("CUTOVER_SEED={seed} {disturbed:?}\n    {lines}")
        })
        .collect();
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
    reached.is_enough();
}

/// Makes and tries the world of a seed; what was disturbed in it, and what came of it.
fn run_seed(seed: u64, folder: &std::path::Path) -> (Vec<&'static str>, Report) {
    let mut chance = Chance::of(seed);
    let mut world = generate::world(&mut chance);
    let times = [0, 0, 0, 0, 1, 1, 1, 2, 2, 3][chance.below(10)];
    disturb::disturb(&mut world, times, &mut chance);
    let report = trial::run_world(&world, folder);
    (world.disturbed, report)
}

/// What a run reached.
#[derive(Debug, Default)]
struct Reached {
    worlds: usize,
    clean: usize,
    every_kind: usize,
    forced: u64,
    changes: BTreeMap<ChangeKind, u64>,
    rules: BTreeMap<Code, usize>,
    refusals: BTreeMap<String, usize>,
    disturbed: BTreeMap<&'static str, usize>,
}

impl Reached {
    fn of(reports: &[(u64, Vec<&'static str>, Report)]) -> Self {
        let mut reached = Self {
            worlds: reports.len(),
            ..Self::default()
        };
        for (_, disturbed, report) in reports {
            reached.clean += usize::from(report.approved);
            reached.every_kind += usize::from(report.kinds.len() == 4);
            reached.forced += report.forced;
            for (kind, count) in &report.kinds {
                *reached.changes.entry(*kind).or_default() += count;
            }
            for code in &report.rules {
                *reached.rules.entry(*code).or_default() += 1;
            }
            for code in &report.refusals {
                *reached.refusals.entry(format!("{code:#010x}")).or_default() += 1;
            }
            for name in disturbed {
                *reached.disturbed.entry(name).or_default() += 1;
            }
        }
        reached
    }

    /// A run that reaches little proves little.
    fn is_enough(&self) {
        assert!(
            self.clean * 100 >= self.worlds * CLEAN_PERCENT_MIN,
            "{} clean",
            self.clean
        );
        let guarding: BTreeSet<&Code> =
            Code::ALL.iter().filter(|code| code.rule().guards).collect();
        let spoke: BTreeSet<&Code> = self.rules.keys().collect();
        let silent: Vec<_> = guarding.difference(&spoke).collect();
        assert!(
            silent.is_empty(),
            "guarding rules that never spoke: {silent:?}"
        );
        let untold: Vec<_> = FORETOLD_BY
            .iter()
            .map(|(code, _)| format!("{code:#010x}"))
            .filter(|code| !self.refusals.contains_key(code))
            .collect();
        assert!(untold.is_empty(), "refusals that never came: {untold:?}");
        let quiet: Vec<_> = disturb::DISTURBANCES
            .iter()
            .filter(|(name, _)| !self.disturbed.contains_key(name))
            .map(|(name, _)| name)
            .collect();
        assert!(quiet.is_empty(), "disturbances that never came: {quiet:?}");
    }
}
