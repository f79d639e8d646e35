//! A plan as a whole: its summary, its findings, its sheets, in every format that each has.
//!
//! In: a sealed plan and its sheets. Out: data on standard output.

use crate::plan::Document;
use crate::report::{
    Page, SheetName, Sheets, changes_csv, changes_json, changes_text, findings, findings_csv,
    hand_over, hand_over_csv, people, readiness_csv, readiness_json, reconciliation_csv,
    reconciliation_json, reconciliation_text, sheet_csv, sheet_json, sheet_text, steps, steps_csv,
    summary,
};
use crate::run::show::{What, json, page};
use crate::run::{Console, Exit, Failure, Format};

/// Columns of the stub users that scripts found first in a row before there were others.
const FIRST_OF_STUBS: &[&str] = &["upn", "full_name", "records", "id"];

/// Shows what is no single owner, record or user.
pub(super) fn show(
    sheets: &Sheets<'_>,
    what: &What,
    folder: &str,
    console: &mut Console<'_>,
) -> Result<(), Failure> {
    let document = sheets.document();
    match (what, console.format) {
        (What::Plan, Format::Text) => summary(&mut page(console, folder), document)?,
        (What::Plan, Format::Json) => json(document, console)?,
        (What::Plan, Format::Csv) => {
            return Err(Failure::new(
                Exit::Usage,
                "a plan as a whole is no table; take `--format json`, or one of its sheets such as `show owners` or \
                 `show changes`",
            ));
        }
        (What::Findings, Format::Text) => all_findings(&mut page(console, folder), document)?,
        (What::Findings, Format::Csv) => findings_csv(console.out, sheets)?,
        (What::Findings, Format::Json) => {
            json(&document.findings, console)?;
            findings_left_out(document, console)?;
        }
        (What::Changes, Format::Text) => changes_text(&mut page(console, folder), sheets)?,
        (What::Changes, Format::Csv) => changes_csv(console.out, sheets)?,
        (What::Changes, Format::Json) => changes_json(console.out, sheets)?,
        (What::Readiness, Format::Text) => people(&mut page(console, folder), sheets)?,
        (What::Readiness, Format::Csv) => readiness_csv(console.out, sheets)?,
        (What::Readiness, Format::Json) => readiness_json(console.out, sheets)?,
        (What::HandOver, Format::Text) => hand_over(&mut page(console, folder), document)?,
        (What::HandOver, Format::Csv) => hand_over_csv(console.out, document)?,
        (What::HandOver, Format::Json) => json(&document.hand_over, console)?,
        (What::Steps, Format::Text) => steps(&mut page(console, folder), document)?,
        (What::Steps, Format::Csv) => steps_csv(console.out, document)?,
        (What::Steps, Format::Json) => json(&document.steps, console)?,
        (What::Stubs, _) => sheet(sheets, SheetName::StubUsers, folder, console)?,
        (What::Sheet(name), _) => sheet(sheets, *name, folder, console)?,
        // Each is shown by the file of its name.
        (
            What::Owner(_)
            | What::Record(_)
            | What::User(_)
            | What::Against(_)
            | What::History
            | What::Outcome
            | What::Schema
            | What::Workbook(_)
            | What::NoSheet(_)
            | What::Unknown(_),
            _,
        ) => {}
    }
    Ok(())
}

fn sheet(
    sheets: &Sheets<'_>,
    name: SheetName,
    folder: &str,
    console: &mut Console<'_>,
) -> Result<(), Failure> {
    let first = match name {
        SheetName::StubUsers => FIRST_OF_STUBS,
        _ => &[],
    };
    match (name, console.format) {
        (SheetName::Reconciliation, Format::Text) => {
            reconciliation_text(&mut page(console, folder), sheets)?;
        }
        (SheetName::Reconciliation, Format::Csv) => reconciliation_csv(console.out, sheets)?,
        (SheetName::Reconciliation, Format::Json) => reconciliation_json(console.out, sheets)?,
        (_, Format::Text) => sheet_text(&mut page(console, folder), sheets, name)?,
        (_, Format::Csv) => sheet_csv(console.out, sheets, name, first)?,
        (_, Format::Json) => sheet_json(console.out, sheets, name)?,
    }
    Ok(())
}

/// Of a code with very many findings `plan.json` holds the first ones.
fn findings_left_out(document: &Document, console: &mut Console<'_>) -> Result<(), Failure> {
    for (code, more) in &document.findings_more {
        console.say(&format!(
            "{more} more of {code} are in no plan.json: `--format csv` lists them all"
        ))?;
    }
    Ok(())
}

fn all_findings(page: &mut Page<'_>, document: &Document) -> Result<(), Failure> {
    for severity in ["error", "warning", "note"] {
        findings(page, document, |one| one.severity == severity, usize::MAX)?;
    }
    for (code, more) in &document.findings_more {
        writeln!(
            page.out,
            "  … and {more} more of {code}: `--format csv` lists them all"
        )?;
    }
    Ok(())
}
