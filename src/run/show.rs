//! `show`: a plan again, its findings, changes and stub users, or what became of one owner or record.
//!
//! In: the sealed plan on disk. Out: data on standard output. Nothing is planned or written here.

use std::ops::ControlFlow;
use std::path::Path;

use crate::model::{Change, RecordId, Subject, comparison_key, parse_guid};
use crate::plan::{Document, FindingRecord, PlaceRecord, SealedPlan};
use crate::project::{OwnersSheet, Project};
use crate::report::{
    Page, changes_csv, findings, findings_csv, hand_over, people, place_words, readiness_csv,
    steps, summary, write_finding,
};
use crate::run::{Console, Exit, Failure, Format};

/// What can be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// The summary.
    Plan,
    /// Every finding.
    Findings,
    /// Every change.
    Changes,
    /// The stub users.
    Stubs,
    /// Everybody in scope: who can work on day one.
    Readiness,
    /// Lists for administrators.
    HandOver,
    /// The order of go-live.
    Steps,
    /// One owner reference: what was found about it.
    Owner(String),
    /// One record: why this owner.
    Record(String),
    /// The JSON Schema of `plan.json`.
    Schema,
    /// No such thing.
    Unknown(String),
}

/// The words of [`What`], as typed.
const WORDS: &[&str] = &[
    "plan",
    "findings",
    "changes",
    "stubs",
    "readiness",
    "hand-over",
    "steps",
    "owner",
    "record",
    "schema",
];

impl What {
    /// Whether a word names something to show.
    pub fn is_word(word: &str) -> bool {
        WORDS.contains(&word)
    }

    /// What the words ask for.
    pub fn of(word: Option<&str>, name: &str) -> Self {
        match (word, name) {
            (None | Some("plan"), _) => Self::Plan,
            (Some("findings"), _) => Self::Findings,
            (Some("changes"), _) => Self::Changes,
            (Some("stubs"), _) => Self::Stubs,
            (Some("readiness"), _) => Self::Readiness,
            (Some("hand-over" | "handover"), _) => Self::HandOver,
            (Some("steps"), _) => Self::Steps,
            (Some("schema"), _) => Self::Schema,
            (Some("owner"), name) if !name.is_empty() => Self::Owner(name.to_owned()),
            (Some("record"), name) if !name.is_empty() => Self::Record(name.to_owned()),
            (Some(word), _) => Self::Unknown(word.to_owned()),
        }
    }
}

/// Shows it.
pub fn show(folder: &Path, what: &What, console: &mut Console<'_>) -> Result<Exit, Failure> {
    if *what == What::Schema {
        write!(console.out, "{}", crate::plan::schema())?;
        return Ok(Exit::Done);
    }
    if let What::Unknown(word) = what {
        let words = WORDS.join(", ");
        return Err(Failure::new(
            Exit::Usage,
            format!(
                "`{word}` cannot be shown like this; expected one of {words} (`owner` and `record` \
                 need a name)"
            ),
        ));
    }
    let project = Project::open(folder)?;
    let plan = SealedPlan::open(&project.plan())?;
    let shown = folder.display().to_string();
    match (what, console.format) {
        (What::Changes, Format::Text | Format::Csv) => changes_csv(console.out, &plan)?,
        (What::Findings, Format::Csv) => findings_csv(console.out, &plan)?,
        (What::Findings, Format::Text) => {
            all_findings(&mut page(console, &shown), plan.document())?;
        }
        (What::Findings, Format::Json) => json(&plan.document().findings, console)?,
        (What::Readiness, Format::Text) => people(&mut page(console, &shown), &plan)?,
        (What::Readiness, Format::Csv) => readiness_csv(console.out, &plan)?,
        (What::Readiness, Format::Json) => json(&plan.document().readiness, console)?,
        (What::HandOver, Format::Text) => hand_over(&mut page(console, &shown), plan.document())?,
        (What::HandOver, Format::Json) => json(&plan.document().hand_over, console)?,
        (What::Steps, Format::Text) => steps(&mut page(console, &shown), plan.document())?,
        (What::Steps, Format::Json) => json(&plan.document().steps, console)?,
        (What::Stubs, format) => stubs(plan.document(), format, console)?,
        (What::Owner(reference), Format::Text) => {
            owner(
                &mut page(console, &shown),
                &project,
                plan.document(),
                reference,
            )?;
        }
        (What::Owner(reference), Format::Json) => {
            json(&about(plan.document(), reference), console)?;
        }
        (What::Record(record), _) => return show_record(&plan, record, console),
        (What::Plan, Format::Json) => json(plan.document(), console)?,
        (What::Plan, Format::Text) => summary(&mut page(console, &shown), plan.document())?,
        _ => {
            return Err(Failure::new(
                Exit::Usage,
                "this has no such format; `changes`, `findings`, `stubs` and `readiness` can be \
                 CSV, `plan`, `findings`, `stubs`, `readiness`, `hand-over`, `steps` and `owner` JSON",
            ));
        }
    }
    Ok(Exit::Done)
}

fn json(value: &impl serde::Serialize, console: &mut Console<'_>) -> Result<(), Failure> {
    serde_json::to_writer_pretty(&mut *console.out, value).map_err(std::io::Error::from)?;
    Ok(writeln!(console.out)?)
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

fn stubs(document: &Document, format: Format, console: &mut Console<'_>) -> Result<(), Failure> {
    if format == Format::Json {
        return json(&document.stub_users, console);
    }
    let mut table = csv::Writer::from_writer(&mut *console.out);
    table
        .write_record(["upn", "full_name", "records", "id"])
        .map_err(std::io::Error::other)?;
    for stub in &document.stub_users {
        let cells = [
            &stub.upn,
            &stub.full_name,
            &stub.records.to_string(),
            &stub.id,
        ]
        .map(|cell| crate::model::guard_cell(cell).into_owned());
        table.write_record(cells).map_err(std::io::Error::other)?;
    }
    Ok(table.flush()?)
}

fn page<'a>(console: &'a mut Console<'_>, folder: &'a str) -> Page<'a> {
    Page {
        out: &mut *console.out,
        width: console.width,
        folder,
    }
}

/// The findings about a reference.
fn about<'a>(document: &'a Document, reference: &str) -> Vec<&'a FindingRecord> {
    let key = comparison_key(reference);
    document
        .findings
        .iter()
        .filter(|finding| comparison_key(&finding.subject).contains(&key))
        .collect()
}

/// What the owners sheet says of a reference, then the findings about it.
fn owner(
    page: &mut Page<'_>,
    project: &Project,
    document: &Document,
    reference: &str,
) -> Result<(), Failure> {
    let sheet = OwnersSheet::read(&project.owners())?;
    let row = sheet.row(reference);
    for (header, cell) in row.iter().filter(|(_, cell)| !cell.is_empty()) {
        writeln!(page.out, "  {header}: {cell}")?;
    }
    let about = about(document, reference);
    if row.is_empty() && about.is_empty() {
        writeln!(
            page.out,
            "no row of the exports names `{reference}`, and no finding is about it"
        )?;
    }
    for finding in about {
        write_finding(page, document, finding)?;
    }
    Ok(())
}

fn show_record(
    plan: &SealedPlan,
    record: &str,
    console: &mut Console<'_>,
) -> Result<Exit, Failure> {
    let Some(id) = parse_guid(record).map(RecordId) else {
        return Err(Failure::new(
            Exit::Usage,
            format!("`{record}` is no record id; expected a GUID such as `show changes` prints"),
        ));
    };
    let mut found: Option<Change> = None;
    for stage in plan.stages() {
        plan.changes(&stage, 8_192, &mut |batch| {
            found = batch.into_iter().find(|change| is_about(change, id));
            if found.is_some() {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        })?;
        if found.is_some() {
            break;
        }
    }
    let Some(change) = found else {
        writeln!(console.out, "the plan does not change record {id}")?;
        return Ok(Exit::Done);
    };
    if let crate::model::Write::AssignRecord {
        entity,
        before,
        after,
        ..
    } = &change.write
    {
        writeln!(
            console.out,
            "{entity} {id}\n  now:   {before}\n  after: {after}"
        )?;
    }
    if let Some((file, row)) = change.source {
        let place = PlaceRecord {
            file: file.0,
            row,
            line: row,
            column: None,
            cell: None,
        };
        writeln!(
            console.out,
            "  asked for by {}",
            place_words(&plan.document().inputs, &place)
        )?;
    }
    Ok(Exit::Done)
}

fn is_about(change: &Change, id: RecordId) -> bool {
    matches!(change.write.subject(), Subject::Record { record, .. } if record == id)
}
