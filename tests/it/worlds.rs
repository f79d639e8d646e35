//! Fidelity: the dry run and the service agree, in worlds that nobody thought of.
//!
//! In: seeds, a fixed list and fresh ones, as many as `CUTOVER_WORLDS` says; with
//! `CUTOVER_STOP_AT_FIRST` no further one is tried once one fails. `CUTOVER_SEED` replays one, and
//! keeps its world under `tests/cases/worlds`, made as small as it goes, where it fails.
//! Out: the figures of the run, and one failure that names every seed of a world in which the plan
//! lies: a planned change is refused (recall), a foretold refusal does not come (precision), a record
//! goes to somebody else, other cells differ than those planned (frame), undo does not restore
//! everything, a stale plan is applied, or what others write meanwhile is overwritten.

mod chance;
mod disturb;
mod files;
mod generate;
mod kept;
mod live;
mod rows;
mod shrink;
mod tally;
mod trial;
mod wish;
mod wishes;
mod world;

use std::fmt::Debug;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use rayon::prelude::*;

use crate::worlds::chance::Chance;
use crate::worlds::shrink::Try;
use crate::worlds::tally::{Fault, Kind, Tally, Tried};
use crate::worlds::trial::Report;
use crate::worlds::world::World;

/// Worlds of a run beside the fixed ones.
const FRESH: u64 = 100;

/// Worlds that every run looks at; they alone reach every rule, refusal and disturbance.
const FIXED: u64 = 400;

/// Where a file system in memory is found on most systems.
const MEMORY: &str = "/dev/shm";

/// So many of the fixed worlds have each disturbance, whatever chance brings.
const EACH: usize = 5;

/// Faults that are told of one world; the first say most.
const TOLD: usize = 3;

#[test]
fn the_dry_run_and_the_service_agree() {
    if let Some(seed) = seed_named() {
        let report = replay(seed);
        println!("{report:#?}");
        return;
    }
    let (seeds, which) = seeds((0..FIXED).collect(), "CUTOVER_WORLDS", FRESH);
    println!("{which}");
    let stops = std::env::var_os("CUTOVER_STOP_AT_FIRST").is_some();
    let failed = AtomicBool::new(false);
    let worlds: Vec<Tried> = seeds
        .into_par_iter()
        .filter(|_| !(stops && failed.load(Ordering::Relaxed)))
        .map(try_seed)
        .inspect(|tried| {
            if !tried.report.faults.is_empty() {
                failed.store(true, Ordering::Relaxed);
            }
        })
        .collect();
    let tally = Tally::of(&worlds);
    print!("{tally}");
    let tried = worlds.iter();
    let tried = tried.map(|one| (one.seed, &one.disturbed[..], &one.report.faults[..]));
    if let Some(faults) = told(tried) {
        panic!("{faults}");
    }
    if !stops {
        tally.is_enough();
    }
}

fn try_seed(seed: u64) -> Tried {
    let world = world_of(seed);
    Tried {
        seed,
        by_chance: chosen(seed).is_none(),
        report: try_world(&world),
        disturbed: world.disturbed,
    }
}

/// The disturbance that a fixed world has whatever chance brings, by number.
fn chosen(seed: u64) -> Option<usize> {
    let seed = usize::try_from(seed).ok()?;
    (seed < EACH * disturb::COUNT).then_some(seed % disturb::COUNT)
}

/// The world of a seed.
fn world_of(seed: u64) -> World {
    let mut chance = Chance::of(seed);
    let mut world = generate::world(&mut chance);
    let times = [0, 0, 0, 0, 0, 1, 2, 2, 3, 3][chance.below(10)];
    if let Some(number) = chosen(seed) {
        disturb::disturb_by(&mut world, number, &mut chance);
    }
    disturb::disturb(&mut world, times, &mut chance);
    world
}

/// Tries a world in a folder of its own; one that panics is told as well.
fn try_world(world: &World) -> Report {
    let folder = folder();
    let run = AssertUnwindSafe(|| trial::run_world(world, folder.path()));
    catch_unwind(run).unwrap_or_else(|_| Report {
        faults: vec![Fault::new(Kind::Panic, "see above")],
        ..Report::default()
    })
}

/// Tries the world of one seed again; where it fails, it is made small and kept.
fn replay(seed: u64) -> Report {
    let world = world_of(seed);
    let report = try_world(&world);
    if let Some(fault) = report.faults.first() {
        keep_small(seed, world, fault, &report, |world| try_world(world).faults);
    }
    report
}

/// Makes a world that fails small, keeps it, and says so.
fn keep_small(seed: u64, world: World, fault: &Fault, report: &impl Debug, faults: Try) -> ! {
    let (small, smallest) = shrink::shrink(world, fault.clone(), faults);
    let folder = kept::keep(seed, &small, &smallest);
    panic!(
        "{report:#?}\n{smallest}\nkept, made small: {}",
        folder.display()
    );
}

/// Seeds of the fixed worlds, then of so many fresh ones; and these in words.
fn seeds(fixed: Vec<u64>, variable: &str, count: u64) -> (Vec<u64>, String) {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let fresh = Chance::of(now.map_or(0, |now| now.subsec_nanos().into())).number();
    let count = std::env::var(variable).map_or(Ok(count), |count| count.parse());
    let count: u64 = count.unwrap_or_else(|_| panic!("{variable} is a number"));
    let known = fixed.len();
    let words = format!("{known} fixed worlds and {count} fresh ones from seed {fresh}");
    let fresh = (0..count).map(|number| fresh.wrapping_add(number));
    (fixed.into_iter().chain(fresh).collect(), words)
}

/// The seed to be replayed, where one is named.
fn seed_named() -> Option<u64> {
    let seed = std::env::var("CUTOVER_SEED").ok()?;
    Some(seed.parse().expect("CUTOVER_SEED is a number"))
}

/// A folder of its own for a world. Thousands of worlds sync their journals, which is not what is looked at here: in
/// memory where there is such a folder.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir_in(MEMORY).or_else(|_| tempfile::tempdir());
    folder.expect("a folder")
}

/// The faults of worlds that fail, a line or some of each; `None` where none fails.
fn told<'a>(worlds: impl Iterator<Item = (u64, &'a [String], &'a [Fault])>) -> Option<String> {
    let wrong = worlds.filter(|(.., faults)| !faults.is_empty());
    let lines = wrong.map(|(seed, disturbed, faults)| {
        let told = faults.iter().take(TOLD).map(ToString::to_string);
        let told: Vec<String> = told.collect();
        format!(
            "CUTOVER_SEED={seed} {disturbed:?}\n    {}",
            told.join("\n    ")
        )
    });
    let lines: Vec<String> = lines.collect();
    (!lines.is_empty()).then(|| format!("\n{}", lines.join("\n")))
}
