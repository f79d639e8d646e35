//! The page that is handed over says what the plan says, and nothing in a name does anything in it.
//!
//! In: samples, and a copy with awkward names. Out: the page, taken apart again. What it does in a browser is tried by
//! `tests/report/run`.

use std::fs;
use std::ops::ControlFlow;
use std::path::Path;

use cutover::plan::{Document, SealedPlan};
use cutover::report::{SheetCell, SheetKind, SheetName, Sheets, write_html};
use serde_json::Value;

use crate::support::{copy, repository, run};

/// Names that a browser could take for markup, an address or a formula.
const AWKWARD: [&str; 5] = [
    "</script><img src=x onerror=alert(1)>",
    "<!-- <script>",
    "=1+1",
    "A & B \"C\" 'D' {{ 7 * 7 }}",
    "line\u{2028}\u{1f600}",
];

#[test]
fn the_page_says_what_the_plan_says() {
    for sample in ["contoso", "clean"] {
        let folder = tempfile::tempdir().unwrap();
        let plan = planned(sample, folder.path(), |_| {});
        let page = page(folder.path());
        the_rows_are_the_sheets(&plan, &page);
        the_figures_are_the_plans(plan.document(), &page);
        let verdict = if plan.document().approved {
            "Yes"
        } else {
            "Not yet"
        };
        let answer = format!("<span class=\"answer\">{verdict}</span>");
        assert!(page.contains(&answer), "{sample}");
        assert!(page.contains(plan.short_seal()), "{sample}");
    }
}

#[test]
fn the_same_plan_gives_the_same_page() {
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let plan = planned("contoso", one.path(), |_| {});
    planned("contoso", other.path(), |_| {});
    assert_eq!(page(one.path()), page(other.path()));
    let mut again = Vec::new();
    write_html(&mut again, &Sheets::of(&plan).unwrap()).unwrap();
    assert_eq!(page(one.path()).as_bytes(), again);
}

#[test]
fn names_are_inert_in_the_page() {
    let folder = tempfile::tempdir().unwrap();
    let plan = planned("clean", folder.path(), |folder| {
        let path = folder.join("exports/accounts.csv");
        let text = fs::read_to_string(&path).unwrap();
        let rows = text.lines().enumerate().map(|(row, line)| {
            let (rest, owner) = line.rsplit_once(',').unwrap();
            let awkward = row.checked_sub(1).and_then(|row| AWKWARD.get(row));
            let owner = awkward.map_or(owner.to_owned(), |owner| {
                format!("\"{}\"", owner.replace('"', "\"\""))
            });
            format!("{rest},{owner}\n")
        });
        fs::write(&path, rows.collect::<String>()).unwrap();
    });
    let page = page(folder.path());
    the_rows_are_the_sheets(&plan, &page);
    let references = column(&page, "owners", "reference");
    for name in AWKWARD {
        assert!(references.contains(&name.to_owned()), "{name}");
    }
    // Of the sheets, of the index, and the one that runs.
    let elements = SheetName::ALL.len() + 2;
    assert_eq!(page.matches("<script").count(), elements);
    assert_eq!(page.matches("</script").count(), elements);
    assert!(!page.contains("<img") && !page.contains("<!--"));
}

#[cfg(unix)]
#[test]
fn the_page_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    planned("clean", folder.path(), |_| {});
    let page = fs::metadata(folder.path().join("plan/report.html")).unwrap();
    assert_eq!(page.permissions().mode() & 0o777, 0o600);
}

fn planned(sample: &str, folder: &Path, change: impl FnOnce(&Path)) -> SealedPlan {
    copy(&repository(&format!("samples/{sample}")), folder);
    change(folder);
    let ended = run(|console| cutover::run::plan(folder, false, console));
    let named = folder.join("plan/report.html").display().to_string();
    assert!(ended.out.contains(&named), "{}{}", ended.out, ended.err);
    SealedPlan::open(&folder.join("plan")).expect("a sealed plan")
}

fn page(project: &Path) -> String {
    fs::read_to_string(project.join("plan/report.html")).expect("a page")
}

/// What a data element of the page holds.
fn data(page: &str, name: &str) -> Value {
    let begin = format!("<script type=\"application/json\" id=\"data-{name}\">");
    let (_, rest) = page.split_once(&begin).expect("a data element");
    let (json, _) = rest.split_once("</script>").expect("its end");
    serde_json::from_str(json).expect("JSON")
}

/// The cells of a packed column, runs unrolled.
fn unrolled(column: &Value) -> Vec<Value> {
    if let Some(cells) = column.as_array() {
        return cells.clone();
    }
    let runs = column["runs"].as_array().expect("cells or runs").iter();
    let run = |run: &Value| {
        let times = usize::try_from(run[1].as_u64().unwrap()).unwrap();
        vec![run[0].clone(); times]
    };
    runs.flat_map(run).collect()
}

/// The rows of a sheet of the page, as a reader sees them.
fn rows_of(page: &str, sheet: SheetName) -> Vec<Vec<SheetCell>> {
    let packed = data(page, sheet.key());
    let columns: Vec<Vec<Value>> = packed["columns"]
        .as_array()
        .unwrap()
        .iter()
        .map(unrolled)
        .collect();
    let subject = sheet
        .columns()
        .iter()
        .position(|column| column.key == "subject");
    let rows = usize::try_from(packed["rows"].as_u64().unwrap()).unwrap();
    let text = |cell: &Value| {
        let number = usize::try_from(cell.as_u64().unwrap()).unwrap();
        packed["texts"][number].clone()
    };
    let cell = |kind, cell: &Value, row: usize| {
        if kind == SheetKind::Number {
            return SheetCell::number(cell.as_u64());
        }
        match text(cell) {
            Value::Array(parts) => {
                let subject = text(&columns[subject.unwrap()][row]);
                let parts: Vec<&str> = parts.iter().map(|part| part.as_str().unwrap()).collect();
                SheetCell::text(parts.join(subject.as_str().unwrap()))
            }
            text => SheetCell::text(text.as_str().unwrap()),
        }
    };
    (0..rows)
        .map(|row| {
            let kinds = sheet.columns().iter().zip(&columns);
            kinds
                .map(|(column, cells)| cell(column.kind, &cells[row], row))
                .collect()
        })
        .collect()
}

fn column(page: &str, sheet: &str, key: &str) -> Vec<String> {
    let sheet = SheetName::ALL.into_iter().find(|one| one.key() == sheet);
    let sheet = sheet.unwrap();
    let place = sheet.columns().iter().position(|column| column.key == key);
    let cells = rows_of(page, sheet);
    let cells = cells.into_iter().map(|row| row[place.unwrap()].clone());
    cells
        .map(|cell| match cell {
            SheetCell::Text(text) => text,
            _ => String::new(),
        })
        .collect()
}

/// Each row that the plan has, cell by cell.
#[track_caller]
fn the_rows_are_the_sheets(plan: &SealedPlan, page: &str) {
    let sheets = Sheets::of(plan).unwrap();
    let index = data(page, "index");
    for (place, sheet) in SheetName::ALL.into_iter().enumerate() {
        let mut expected = Vec::new();
        sheets
            .rows(sheet, &mut |row| {
                expected.push(row);
                ControlFlow::Continue(())
            })
            .unwrap();
        let said = &index["sheets"][place];
        assert_eq!(rows_of(page, sheet), expected, "{sheet:?}");
        assert_eq!(said["rows"], expected.len(), "{sheet:?}");
        assert_eq!(said["all"], sheets.len(sheet), "{sheet:?}");
        assert_eq!(said["key"], sheet.key());
    }
}

/// The numbers that stand in a part of the overview, in order.
fn figures(page: &str, heading: &str) -> Vec<u64> {
    let begin = format!("id=\"{heading}\"");
    let (_, part) = page.split_once(&begin).expect("a heading");
    let part = part.split("</section>").next().unwrap();
    let marks = ["class=\"figure\"", "class=\"nothing\""];
    let mut places: Vec<usize> = marks
        .iter()
        .flat_map(|mark| part.match_indices(mark).map(|(at, _)| at))
        .collect();
    places.sort_unstable();
    places
        .into_iter()
        .filter_map(|at| {
            let (_, rest) = part[at..].split_once('>')?;
            rest.split('<').next()?.replace(',', "").parse().ok()
        })
        .collect()
}

#[track_caller]
fn the_figures_are_the_plans(document: &Document, page: &str) {
    let totals = &document.totals;
    let mut accounts = Vec::new();
    for ledger in &document.ledgers {
        let fates = [
            ledger.changes,
            ledger.no_change,
            ledger.repeated,
            ledger.left,
            ledger.kept_out.values().sum(),
            ledger.stopped.values().sum(),
        ];
        assert_eq!(fates.iter().sum::<u64>(), ledger.rows);
        accounts.push(ledger.rows);
        accounts.extend(fates);
    }
    let all: Vec<u64> = (0..7)
        .map(|column| accounts.iter().skip(column).step_by(7).sum())
        .collect();
    assert_eq!(all[0], totals.rows);
    accounts.extend(all);
    assert_eq!(figures(page, "accounts"), accounts);

    let findings = figures(page, "families");
    let severities = [
        totals.errors,
        totals.accepted,
        totals.warnings,
        totals.notes,
    ];
    let lines = findings.len() / 4 - 1;
    for (column, total) in severities.into_iter().enumerate() {
        let mut counts = findings.iter().skip(column).step_by(4);
        assert_eq!(counts.clone().take(lines).sum::<u64>(), total);
        assert_eq!(counts.nth(lines), Some(&total));
    }

    let owners = figures(page, "owners");
    let methods = owners
        .iter()
        .take_while(|count| **count != totals.references);
    assert_eq!(methods.sum::<u64>(), totals.references);

    let readiness = figures(page, "readiness");
    let record = &document.readiness;
    let mut expected = vec![record.file.rows];
    for count in [&record.today, &record.after_plan, &record.after_hand_over] {
        expected.extend([count.yes, count.no, count.not_known]);
    }
    assert_eq!(readiness[..10], expected);

    let change = |kind: &str| totals.changes.get(kind).copied().unwrap_or(0);
    let kinds = [
        "assign_record",
        "create_stub_user",
        "change_user",
        "give_role",
        "remove_role",
    ];
    assert_eq!(figures(page, "changes"), kinds.map(change));
}
