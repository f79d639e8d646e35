//! The reconciliation by status, where the manifest names the field that tells it.
//!
//! In: the base project with a status of its records. Out: what each owner has of which status before and after.

use std::collections::BTreeMap;
use std::fs;
use std::ops::ControlFlow;
use std::path::Path;

use cutover::plan::SealedPlan;
use cutover::run::plan;

use crate::support::{copy, repository, run};

/// Before, given away and received, by name and status.
type Holdings = BTreeMap<(String, String), (Option<u64>, u64, u64)>;

/// The holdings of the base project with this column of its records, as the manifest names it.
fn holdings(column: Option<&str>, status: &str) -> Holdings {
    let project = tempfile::tempdir().unwrap();
    copy(&repository("tests/cases/base"), project.path());
    if let Some(column) = column {
        let path = project.path().join("environment/records-account.csv");
        let text = fs::read_to_string(&path).unwrap();
        let header = [format!("{},{column}", text.lines().next().unwrap())];
        // Every second record is closed, and of the last nothing is said.
        let count = text.lines().count() - 1;
        let rows = text.lines().skip(1).enumerate().map(|(number, line)| {
            let word = match number {
                last if last + 1 == count => "",
                number if number % 2 == 0 => "Open",
                _ => "Closed",
            };
            format!("{line},{word}")
        });
        let lines: Vec<String> = header.into_iter().chain(rows).collect();
        fs::write(&path, lines.join("\n") + "\n").unwrap();
    }
    let manifest = project.path().join("cutover.toml");
    let text = fs::read_to_string(&manifest).unwrap();
    let named = format!("table = \"account\"\n{status}");
    fs::write(&manifest, text.replace("table = \"account\"\n", &named)).unwrap();
    let ended = run(|console| plan(project.path(), false, console));
    assert_eq!(ended.err, "");
    read(project.path())
}

fn read(project: &Path) -> Holdings {
    let plan = SealedPlan::open(&project.join("plan")).unwrap();
    let mut holdings = Holdings::new();
    plan.holdings(&mut |one| {
        let counts = (one.before, one.gone, one.come);
        let key = (one.name.clone(), one.status.clone());
        assert_eq!(holdings.insert(key, counts), None, "{one:?} twice");
        ControlFlow::Continue(())
    })
    .unwrap();
    holdings
}

/// Sums over the statuses.
fn whatever_the_status(holdings: &Holdings) -> Holdings {
    let mut sums = Holdings::new();
    for ((name, _), (before, gone, come)) in holdings {
        let sum = sums
            .entry((name.clone(), String::new()))
            .or_insert((Some(0), 0, 0));
        *sum = (
            sum.0.zip(*before).map(|(one, more)| one + more),
            sum.1 + gone,
            sum.2 + come,
        );
    }
    sums
}

#[test]
fn by_status_where_it_is_known() {
    const STATUS: &str = "status = \"statecode\"\n";
    let plain = holdings(None, "");
    let by_status = holdings(Some("statecode"), STATUS);
    assert_eq!(whatever_the_status(&by_status), plain);
    let statuses: Vec<&str> = by_status
        .keys()
        .map(|(_, status)| status.as_str())
        .collect();
    for status in ["", "Closed", "Open"] {
        assert!(statuses.contains(&status), "{status}: {statuses:?}");
    }
    let moved: u64 = plain.values().map(|(_, gone, _)| gone).sum();
    assert!(moved > 0, "{plain:?}");
    // Not loaded, or not named: nothing is known of any.
    assert_eq!(holdings(None, STATUS), plain);
    assert_eq!(holdings(Some("statecode"), ""), plain);
}
