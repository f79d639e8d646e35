//! What a plan says of people comes back as it was written, and is sealed.

use std::collections::BTreeSet;
use std::fs;

use uuid::Uuid;

use super::sample::Sample;
use crate::model::{
    AccessMode, DisabledReason, GoLiveStep, HandOver, HandOverKind, Loadable, Obstacle,
    PeopleReport, Progressed, Readiness, Standing, UserId,
};

/// One who can work after all is done, one who never can, one of whom too little is known; 250 people to create.
pub(super) fn people() -> PeopleReport {
    let standing = |obstacles: &[Obstacle], unknown: &[Loadable]| Standing {
        obstacles: obstacles.iter().copied().collect(),
        unknown: unknown.iter().copied().collect(),
    };
    let person = |number: u128, name: &str, moments: [Standing; 3]| {
        let [today, after_plan, after_hand_over] = moments;
        Readiness {
            user: Some(UserId(Uuid::from_u128(number))),
            upn: format!("{name}@contoso.com"),
            name: name.to_owned(),
            today,
            after_plan,
            after_hand_over,
        }
    };
    let disabled = Obstacle::Disabled(DisabledReason::NoLicence);
    let never = || standing(&[Obstacle::Stub], &[]);
    let unknown = || standing(&[], &[Loadable::Directory, Loadable::Groups]);
    let cells = HandOverKind::PeopleToCreate.columns().len();
    let to_create = |number: usize| {
        let mut row = vec![String::new(); cells];
        row[0] = format!("p{number}@contoso.com");
        row
    };
    PeopleReport {
        readiness: vec![
            person(
                1,
                "ana",
                [
                    standing(&[disabled, Obstacle::NoRole], &[]),
                    standing(&[disabled], &[]),
                    standing(&[], &[]),
                ],
            ),
            person(2, "ben", [never(), never(), never()]),
            person(3, "cleo", [unknown(), unknown(), unknown()]),
        ],
        hand_over: vec![HandOver {
            kind: HandOverKind::PeopleToCreate,
            rows: (0..250).map(to_create).collect(),
        }],
        steps: vec![GoLiveStep {
            title: "create the people who are missing in the directory".to_owned(),
            whose: HandOverKind::PeopleToCreate.whose().to_owned(),
            state: Progressed::Open(250),
            list: Some(HandOverKind::PeopleToCreate),
            why: "nobody can be licensed before (S01)".to_owned(),
        }],
    }
}

#[test]
fn people_come_back() {
    let folder = tempfile::tempdir().unwrap();
    let plan = Sample::full().seal_into(folder.path()).unwrap();
    let mut rows = Vec::new();
    plan.readiness(&mut |row| rows.push(row)).unwrap();
    let shown: Vec<String> = rows
        .iter()
        .map(|row| {
            let moments = row
                .moments
                .iter()
                .map(|(answer, why)| format!("{answer} {why}"));
            format!("{}: {}", row.name, moments.collect::<Vec<_>>().join(" | "))
        })
        .collect();
    assert_eq!(
        shown,
        [
            "ana: no disabled: no licence; no role | no disabled: no licence | yes ",
            "ben: no stub user: can never sign in | no stub user: can never sign in | \
             no stub user: can never sign in",
            "cleo: not known not loaded: directory, groups | not known not loaded: directory, \
             groups | not known not loaded: directory, groups",
        ]
    );
    let counts = &plan.document().readiness;
    let numbers = |count: &crate::plan::ReadinessCount| (count.yes, count.no, count.not_known);
    assert_eq!(numbers(&counts.today), (0, 2, 1));
    assert_eq!(numbers(&counts.after_hand_over), (1, 1, 1));
    assert_eq!(counts.today.reasons["no role"], 1);
}

#[test]
fn a_list_is_cut_where_its_tool_takes_no_more() {
    let folder = tempfile::tempdir().unwrap();
    let plan = Sample::full().seal_into(folder.path()).unwrap();
    let files: Vec<(&str, u64)> = plan
        .document()
        .hand_over
        .iter()
        .map(|list| (list.file.path.as_str(), list.file.rows))
        .collect();
    assert_eq!(
        files,
        [
            ("handover/people-to-create.csv", 249),
            ("handover/people-to-create-2.csv", 1),
        ]
    );
    assert_eq!(plan.document().steps[0].files.len(), 2);
    let text = fs::read_to_string(folder.path().join(files[1].0)).unwrap();
    assert_eq!(text.lines().count(), 2, "{text}");
    assert!(text.starts_with("Username,First name,"), "{text}");
}

#[test]
fn the_answer_of_a_standing() {
    let standing = |obstacles: &[Obstacle], unknown: &[Loadable]| Standing {
        obstacles: obstacles.iter().copied().collect(),
        unknown: unknown.iter().copied().collect::<BTreeSet<_>>(),
    };
    let mode = Obstacle::AccessMode(AccessMode::NonInteractive);
    check(&standing(&[], &[]), "yes", "");
    check(&standing(&[mode], &[]), "no", "access mode non-interactive");
    check(
        &standing(&[], &[Loadable::Groups]),
        "not known",
        "not loaded: groups",
    );
    check(
        &standing(&[Obstacle::NoRole], &[Loadable::Groups]),
        "no",
        "no role; not loaded: groups",
    );
}

#[track_caller]
fn check(standing: &Standing, answer: &str, words: &str) {
    assert_eq!(standing.answer().word(), answer);
    assert_eq!(standing.words(), words);
}
