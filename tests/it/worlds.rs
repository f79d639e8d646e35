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
mod rows;
mod shrink;
mod tally;
mod trial;
mod wish;
mod wishes;
mod world;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use rayon::prelude::*;

use crate::worlds::chance::Chance;
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
    if let Ok(seed) = std::env::var("CUTOVER_SEED") {
        let report = replay(seed.parse().expect("CUTOVER_SEED is a number"));
        println!("{report:#?}");
        return;
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let fresh = Chance::of(now.map_or(0, |now| now.subsec_nanos().into())).number();
    let count = std::env::var("CUTOVER_WORLDS").map_or(Ok(FRESH), |count| count.parse());
    let count: u64 = count.expect("CUTOVER_WORLDS is a number");
    println!("{FIXED} fixed worlds and {count} fresh ones from seed {fresh}");
    let seeds: Vec<u64> = (0..FIXED)
        .chain((0..count).map(|number| fresh.wrapping_add(number)))
        .collect();
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
    let wrong = worlds
        .iter()
        .filter(|tried| !tried.report.faults.is_empty());
    let faults: Vec<String> = wrong
        .map(|tried| {
            let told = tried.report.faults.iter().take(TOLD);
            let told: Vec<String> = told.map(ToString::to_string).collect();
            let (seed, told) = (tried.seed, told.join("\n    "));
            format!("CUTOVER_SEED={seed} {:?}\n    {told}", tried.disturbed)
        })
        .collect();
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
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
    // Thousands of worlds sync their journals, which is not what is looked at here: in memory where
    // there is such a folder.
    let folder = tempfile::tempdir_in(MEMORY).or_else(|_| tempfile::tempdir());
    let folder = folder.expect("a folder");
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
    let Some(fault) = report.faults.first() else {
        return report;
    };
    let (small, smallest) = shrink::shrink(world, fault.clone());
    let folder = kept::keep(seed, &small, &smallest);
    panic!(
        "{report:#?}\n{smallest}\nkept, made small: {}",
        folder.display()
    );
}
