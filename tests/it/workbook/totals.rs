//! Totals of the workbook: each number is the plan's.
//!
//! In: the samples, planned. Out: the numbers of every sheet and of the summary, as another reader finds them.

use std::fs::{self, File};
use std::io::BufReader;

use calamine::{Data, Reader, Xlsx};
use cutover::plan::Document;
use cutover::report::SheetName;
use cutover::run::plan;

use super::{Cells, cells, column, counts, number, planned, report, sample, text};
use crate::support::{document, run};

#[test]
fn the_totals_are_those_of_the_plan() {
    for name in ["samples/clean", "samples/contoso"] {
        let folder = sample(name);
        planned(folder.path());
        check_totals(&document(folder.path()), &mut report(folder.path()));
    }
}

fn check_totals(document: &Document, workbook: &mut Xlsx<BufReader<File>>) {
    let titles = SheetName::ALL.map(SheetName::title);
    let sheets = [&["Summary"], titles.as_slice()].concat();
    assert_eq!(workbook.sheet_names(), sheets);
    let totals = &document.totals;
    let changes = |kinds: &[&str]| -> u64 {
        let counts = kinds.iter().filter_map(|kind| totals.changes.get(*kind));
        counts.sum()
    };
    for (sheet, rows) in [
        ("Owners", totals.references.max(document.owners_file.rows)),
        ("Stub users", changes(&["create_stub_user"])),
        ("Users", changes(&["change_user"])),
        ("Roles", changes(&["give_role", "remove_role"])),
        ("Records", changes(&["assign_record"])),
        ("Findings", document.findings_file.rows),
        ("Readiness", document.readiness.file.rows),
        ("Reconciliation", document.holdings_file.rows),
        ("Inputs", document.inputs.len() as u64),
    ] {
        let cells = cells(workbook, sheet);
        // What stands below a gap is no row of the sheet.
        let filled = cells[1..].iter().take_while(|row| row[0] != Data::Empty);
        assert_eq!(filled.count() as u64, rows, "{sheet}");
    }
    let reconciled = cells(workbook, "Reconciliation");
    let of_totals = reconciled.iter().filter(|row| text(&row[0]) == "total");
    let given_away = reconciled[0]
        .iter()
        .position(|cell| text(cell) == "Given away");
    let given_away: u64 = of_totals.map(|row| number(&row[given_away.unwrap()])).sum();
    assert_eq!(given_away, changes(&["assign_record"]));
    let records = cells(workbook, "Records");
    assert_eq!(counts(&records, "Table"), totals.records_by_table);
    let inputs = cells(workbook, "Inputs");
    let rows: u64 = document.inputs.iter().map(|input| input.rows).sum();
    let shown: u64 = column(&inputs, "Rows").iter().map(number).sum();
    assert_eq!(shown, rows);
    check_summary(document, &cells(workbook, "Summary"));
}

/// Each line of the summary by its name, with the numbers behind it; names that stand twice by the heading too.
fn check_summary(document: &Document, summary: &Cells) {
    let line = |heading: &str, name: &str| -> Vec<u64> {
        let from = summary.iter().position(|row| text(&row[0]) == heading);
        let below = &summary[from.unwrap_or_else(|| panic!("no {heading}")) + 1..];
        let found = below.iter().find(|row| text(&row[0]) == name);
        let found = found.unwrap_or_else(|| panic!("no line {name} under {heading}"));
        let numbers = found[1..].iter().filter(|cell| **cell != Data::Empty);
        numbers.map(number).collect()
    };
    let (totals, ready) = (&document.totals, &document.readiness.after_plan);
    let verdict = if document.approved { "yes" } else { "no" };
    assert_eq!(text(&summary[0][1]), verdict);
    assert!(
        summary.iter().any(|row| text(&row[1]) == document.seal),
        "the seal"
    );
    for (name, expected) in [
        ("errors", totals.errors),
        ("errors that the manifest accepts", totals.accepted),
        ("warnings", totals.warnings),
        ("notes", totals.notes),
    ] {
        assert_eq!(line("Findings", name), [expected], "{name}");
    }
    let rows = "Rows, each accounted for";
    let all = line(rows, "All");
    assert_eq!(
        all[0],
        all[1..].iter().sum::<u64>(),
        "each row has one fate"
    );
    let sum = document
        .ledgers
        .iter()
        .map(|ledger| ledger.rows)
        .sum::<u64>();
    assert_eq!(all[0], sum);
    for ledger in &document.ledgers {
        let input = document.inputs.iter().find(|one| one.file == ledger.file);
        let counts = line(rows, &input.unwrap().name);
        assert_eq!((counts[0], counts[1]), (ledger.rows, ledger.changes));
    }
    let written = line("What would be written", "All");
    assert_eq!(written, [totals.changes.values().sum::<u64>()]);
    assert_eq!(line("Owners", "All")[0], totals.references);
    for (rung, count) in &totals.matches {
        let counts = line("Owners", &format!("matched by {rung}"));
        assert_eq!(counts, [count.references, count.rows], "{rung}");
    }
    let counts = line("Ready on day one", "after the plan");
    assert_eq!(counts, [ready.yes, ready.no, ready.not_known]);
}

#[test]
fn what_the_counts_of_owners_leave_out_is_said_where_they_stand() {
    const WORDS: &str = "Beside these, the owners sheet lists 1 reference that roles files alone name and 1 ruling that no row asks for";
    let folder = sample("tests/cases/base");
    let project = folder.path();
    let roles = project.join("exports/roles.csv");
    let roles_text = fs::read_to_string(&roles).unwrap() + "dora@contoso.com,Sales Manager,give\n";
    fs::write(&roles, roles_text).unwrap();
    fs::write(
        project.join("owners.csv"),
        "reference,ruling\nGone Person,leave\n",
    )
    .unwrap();
    let ended = run(|console| plan(project, false, console));
    assert!(ended.out.contains(WORDS), "{}", ended.out);
    let page = fs::read_to_string(project.join("plan/report.html")).unwrap();
    assert!(page.contains(WORDS));
    let mut workbook = report(project);
    let summary = cells(&mut workbook, "Summary");
    assert!(summary.iter().any(|row| text(&row[0]) == WORDS));
    let references = document(project).totals.references;
    let owners = cells(&mut workbook, "Owners");
    assert_eq!(owners.len() as u64 - 1, references + 2);
    // Where the two are the same there is nothing to say.
    fs::remove_file(project.join("owners.csv")).unwrap();
    fs::write(
        &roles,
        "user,role,action\nben@contoso.com,Sales Manager,give\n",
    )
    .unwrap();
    let ended = run(|console| plan(project, false, console));
    assert!(!ended.out.contains("Beside these"), "{}", ended.out);
}
