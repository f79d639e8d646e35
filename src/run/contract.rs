//! The contract of targets, kept by a live environment as well.
//!
//! In: the world of the contract, served on loopback. Out: nothing, or a failed test. The cases are those that the
//! environment file is held to; they stand in `target/`, which may not name the server.

use std::time::Duration;

use crate::model::SignIn;
use crate::rehearse::{Limits, Rehearsal, Settings, Switches};
use crate::target::contract::{every_target_keeps_the_contract, world};
use crate::target::{Dataverse, Live, LiveProject};

#[test]
fn a_live_environment_keeps_the_contract() {
    check("0", Switches::default());
}

#[test]
fn a_live_environment_keeps_the_contract_whatever_is_unsure() {
    check(
        "0",
        Switches {
            duplicate_link_fails: false,
            ..Switches::default()
        },
    );
    check(
        "0",
        Switches {
            create_gives_role: true,
            ..Switches::default()
        },
    );
}

#[test]
fn a_live_environment_keeps_the_contract_on_a_bad_line() {
    check("5%", Switches::default());
}

fn check(faults: &str, switches: Switches) {
    let (_folder, file) = world();
    let rehearsal = Rehearsal::start(Settings {
        file,
        is_a_copy: true,
        port: 0,
        latency: Duration::ZERO,
        limits: Limits::Off,
        faults: faults.parse().unwrap(),
        seed: 1,
        switches,
        secret: "s3cret".to_owned(),
        log: None,
    });
    let rehearsal = rehearsal.unwrap();
    let url = format!("http://{}", rehearsal.address());
    let dataverse = Dataverse::open(&url, SignIn::Secret, &|_| None).unwrap();
    let project = LiveProject {
        tables: ["account".to_owned()].into(),
        ..LiveProject::default()
    };
    let target = Live::open(dataverse, project).unwrap();
    every_target_keeps_the_contract(&target);
    rehearsal.stop().unwrap();
}
