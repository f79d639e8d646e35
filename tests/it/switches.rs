//! The table of switches (`tests/mutation`) fits the code: every refusal of the service and every guarding
//! rule of `check/` has one, and each stands exactly where it says.

use std::collections::BTreeSet;
use std::fs;

use cutover::model::Code;
use cutover::service::REFUSALS;
use serde::Deserialize;

use crate::support::repository;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Switches {
    refusal: Vec<Switch>,
    rule: Vec<Switch>,
    promise: Vec<Switch>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Switch {
    /// What it switches off.
    of: String,
    file: String,
    find: String,
    replace: String,
}

fn read() -> Switches {
    let path = repository("tests/mutation/switches.toml");
    toml::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

fn names(switches: &[Switch]) -> BTreeSet<String> {
    switches.iter().map(|switch| switch.of.clone()).collect()
}

#[test]
fn every_refusal_and_every_guarding_rule_has_a_switch() {
    let switches = read();
    let reasons = REFUSALS.iter().map(|rule| format!("{:?}", rule.reason));
    assert_eq!(names(&switches.refusal), reasons.collect());
    // Of ACC009 the half about removals stands before a refusal, though the rule as a whole guards none.
    let guarding = |code: &&Code| code.rule().guards || **code == Code::Acc009;
    let guarding = Code::ALL.iter().filter(guarding);
    assert_eq!(
        names(&switches.rule),
        guarding.map(ToString::to_string).collect()
    );
    for (room, switches) in [
        ("src/service/", &switches.refusal),
        ("src/check/", &switches.rule),
    ] {
        for switch in switches {
            assert!(
                switch.file.starts_with(room),
                "{}: {}",
                switch.of,
                switch.file
            );
        }
    }
}

#[test]
fn every_switch_stands_where_it_says() {
    let switches = read();
    let all = [switches.refusal, switches.rule, switches.promise];
    for switch in all.iter().flatten() {
        let text = fs::read_to_string(repository(&switch.file)).unwrap();
        let found = text.matches(&switch.find).count();
        assert_eq!(
            found, 1,
            "{} in {}: `{}`",
            switch.of, switch.file, switch.find
        );
        assert_ne!(switch.find, switch.replace, "{}", switch.of);
    }
}
