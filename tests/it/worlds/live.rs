//! Fidelity with the rehearsal server as judge: what the plan says is what a live environment does, over the wire.
//!
//! In: the seeds of the worlds beside, a fixed list and fresh ones, as many as `CUTOVER_LIVE_WORLDS` says;
//! `CUTOVER_SEED` replays one. Out: figures, and one failure that names every seed of a world in which the server says
//! something else of a write than the service in this process (planned ones, foretold refusals, blocked rows), a
//! pulled copy leads to another plan than the file that is served, or the commands leave other cells than they must.

use std::collections::BTreeMap;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

use cutover::service::{REFUSALS, Reason};
use rayon::prelude::*;

use crate::worlds::tally::{Fault, Kind};
use crate::worlds::trial::live::{LiveReport, run_live};
use crate::worlds::world::World;
use crate::worlds::{EACH, disturb, folder, keep_small, seed_named, seeds, told, world_of};

/// Of the fixed worlds of the harness beside one with each disturbance, of the round in which those alone reach every
/// refusal, and so many that are left to chance.
const ROUND: usize = 0;
const BY_CHANCE: usize = 34;

/// Worlds of a run beside the fixed ones.
const FRESH: u64 = 20;

/// Worlds at a time for each core: one that waits for a job of the server needs none.
const WORLDS_PER_CORE: usize = 2;

/// Refusals that the server is never asked for, and why.
const NOT_ASKED: [Reason; 1] = [
    // Only the way back in this process asks whether something is as before; a service knows no way back.
    Reason::NotAsBefore,
];

#[test]
fn the_dry_run_and_the_server_agree() {
    if let Some(seed) = seed_named() {
        let world = world_of(seed);
        let report = try_live(&world);
        if let Some(fault) = report.faults.first() {
            keep_small(seed, world, fault, &report, |world| try_live(world).faults);
        }
        println!("{report:#?}");
        return;
    }
    let of_round = ROUND * disturb::COUNT..(ROUND + 1) * disturb::COUNT;
    let by_chance = EACH * disturb::COUNT..EACH * disturb::COUNT + BY_CHANCE;
    let fixed = of_round.chain(by_chance).map(|seed| seed as u64);
    let (seeds, which) = seeds(fixed.collect(), "CUTOVER_LIVE_WORLDS", FRESH);
    println!("{which}");
    let threads = std::thread::available_parallelism().map_or(1, usize::from) * WORLDS_PER_CORE;
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    let worlds: Vec<(u64, Vec<String>, LiveReport)> = pool.expect("threads").install(|| {
        let seeds = seeds.into_par_iter();
        let tried = seeds.map(|seed| {
            let world = world_of(seed);
            let report = try_live(&world);
            (seed, world.disturbed, report)
        });
        tried.collect()
    });
    let tally = Tally::of(worlds.iter().map(|(.., report)| report));
    print!("{tally}");
    let tried = worlds.iter();
    let tried = tried.map(|(seed, disturbed, report)| (*seed, &disturbed[..], &report.faults[..]));
    if let Some(faults) = told(tried) {
        panic!("{faults}");
    }
    tally.is_enough();
}

/// Tries a world in a folder of its own; one that panics is told as well.
pub(super) fn try_live(world: &World) -> LiveReport {
    let folder = folder();
    let run = AssertUnwindSafe(|| run_live(world, folder.path()));
    catch_unwind(run).unwrap_or_else(|_| LiveReport {
        faults: vec![Fault::new(Kind::Panic, "see above")],
        ..LiveReport::default()
    })
}

/// The figures of a run.
#[derive(Debug, Default)]
struct Tally {
    worlds: u64,
    sum: LiveReport,
}

impl Tally {
    fn of<'a>(reports: impl Iterator<Item = &'a LiveReport>) -> Self {
        let mut tally = Self::default();
        for report in reports {
            tally.worlds += 1;
            tally.sum.add(report);
        }
        tally
    }

    /// # Panics
    ///
    /// Where something was never reached: a run that reaches little proves little.
    fn is_enough(&self) {
        let reasons = REFUSALS.iter().map(|rule| rule.reason);
        let missing: Vec<Reason> = reasons
            .filter(|reason| !NOT_ASKED.contains(reason) && !self.sum.refused.contains_key(reason))
            .collect();
        assert!(
            missing.is_empty(),
            "never refused by the server: {missing:?}"
        );
        let sum = &self.sum;
        let reached = [
            sum.planned,
            sum.aside,
            sum.compared,
            sum.applied,
            sum.undone,
        ];
        assert!(!reached.contains(&0), "never reached: {reached:?}");
        assert!(!sum.kept.is_empty(), "undo was never refused anything");
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sum = &self.sum;
        let refused: u64 = sum.refused.values().sum();
        let words = [
            ("worlds", self.worlds.to_string()),
            (
                "planned",
                format!("{} changes written one kind after another", sum.planned),
            ),
            (
                "refused",
                format!(
                    "{refused} writes, {} of them by a server of their own",
                    sum.aside
                ),
            ),
            (
                "others",
                format!(
                    "{} blocked rows and writes that no plan asks for",
                    sum.others
                ),
            ),
            (
                "plans",
                format!("{} of pulled copies held against the file's", sum.compared),
            ),
            (
                "commands",
                format!(
                    "{} worlds there and back, {} changes",
                    sum.undone, sum.applied
                ),
            ),
            (
                "frame",
                format!("{} states compared cell by cell", sum.frames),
            ),
            ("faults", sum.faults.len().to_string()),
        ];
        for (name, words) in words {
            writeln!(out, "{name:<10}{words}")?;
        }
        let reasons = sum.refused.iter();
        let reasons = reasons.map(|(reason, count)| (format!("{reason:?}"), *count));
        listed(out, "refusals", reasons.collect())?;
        listed(out, "not let go of by undo, by code", sum.kept.clone())?;
        listed(out, "said otherwise, and rightly", owned(&sum.explained))?;
        listed(out, "not asked", owned(&sum.skipped))
    }
}

fn owned(counts: &BTreeMap<&'static str, u64>) -> BTreeMap<String, u64> {
    let counts = counts.iter();
    counts
        .map(|(name, count)| ((*name).to_owned(), *count))
        .collect()
}

fn listed(
    out: &mut fmt::Formatter<'_>,
    heading: &str,
    counts: BTreeMap<String, u64>,
) -> fmt::Result {
    writeln!(out, "{heading}")?;
    for (name, count) in counts {
        let name = if name.is_empty() { "not tried" } else { &name };
        writeln!(out, "  {count:>7}  {name}")?;
    }
    Ok(())
}
