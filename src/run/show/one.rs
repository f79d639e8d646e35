//! One owner, record or user: looked up by the name that somebody typed.
//!
//! In: a plan's sheets, the owners sheet for what a person wrote in it. Out: what is known, or a refusal that names
//! who may have been meant.

use std::fs;
use std::ops::ControlFlow;

use crate::model::{FileId, Findings, InputKind, Silent, comparison_key, quoted};
use crate::plan::Document;
use crate::project::{OwnersSheet, Project};
use crate::read::{FileSpec, open_table};
use crate::report::{Asked, SheetNote, Sheets, owner_view, record_view, user_view};
use crate::run::show::{json, page};
use crate::run::{Console, Exit, Failure, Format};

/// Columns of the owners sheet that `plan` writes; every other one is a person's.
const OURS: [&str; 6] = [
    "reference",
    "rows",
    "match",
    "candidates",
    "near misses",
    "ruling",
];

pub(super) fn owner(
    project: &Project,
    sheets: &Sheets<'_>,
    name: &str,
    folder: &str,
    console: &mut Console<'_>,
) -> Result<(), Failure> {
    let sheet = OwnersSheet::read(&project.owners())?;
    let is_read = project.manifest.rulings.is_none();
    let obeyed = |reference: &str| match sheets.anonymiser() {
        // What a person wrote may name anybody.
        Some(_) => SheetNote::new(),
        None => note(&sheet, reference, is_read),
    };
    let view = owner_view(sheets, name, &obeyed)?;
    let view = found(view, "owner reference", &typed(sheets, name), "owners")?;
    match console.format {
        Format::Text => view.text(&mut page(console, folder))?,
        Format::Csv => view.csv(console.out)?,
        Format::Json => json(&view, console)?,
    }
    Ok(())
}

/// What a person wrote beside a reference, and the ruling as it stands now, where plans go by this sheet: it may be
/// newer than the plan.
fn note(sheet: &OwnersSheet, reference: &str, is_read: bool) -> SheetNote {
    let row = sheet.row(reference).into_iter();
    row.filter(|(header, cell)| {
        let header = comparison_key(header);
        let is_ruling = header == "ruling" && is_read;
        !cell.trim().is_empty() && (is_ruling || !OURS.contains(&header.as_str()))
    })
    .map(|(header, cell)| (header.to_owned(), cell.to_owned()))
    .collect()
}

pub(super) fn record(
    project: &Project,
    sheets: &Sheets<'_>,
    id: &str,
    folder: &str,
    console: &mut Console<'_>,
) -> Result<(), Failure> {
    let Some(mut view) = record_view(sheets, id)? else {
        return Err(Failure::new(
            Exit::Usage,
            format!(
                "{} is no record id; expected a GUID such as `show records` prints",
                quoted(&typed(sheets, id))
            ),
        ));
    };
    if let Some((file, row)) = view.asked_by().filter(|_| !console.anonymise) {
        let cells = cells(project, sheets.document(), file, row);
        view.narrow(&cells.unwrap_or_default());
    }
    match console.format {
        Format::Text => view.text(&mut page(console, folder))?,
        Format::Csv => view.csv(console.out)?,
        Format::Json => json(&view, console)?,
    }
    Ok(())
}

/// The cells of a row of an export; nothing where the file is not as large any more as the plan read it, or cannot be
/// read: what the plan knows is told all the same.
fn cells(project: &Project, document: &Document, file: &str, number: u64) -> Option<Vec<String>> {
    let input = document.inputs.iter().find(|input| input.name == file)?;
    let path = project.file(&input.name);
    if fs::metadata(&path).ok()?.len() != input.bytes {
        return None;
    }
    let spec = FileSpec {
        file: FileId(input.file),
        kind: InputKind::Records(input.table.clone()?),
        name: input.name.clone(),
        path,
        sheet: input.sheet.clone(),
        encoding: Some(input.encoding.clone()).filter(|encoding| !encoding.is_empty()),
        delimiter: input
            .delimiter
            .as_ref()
            .and_then(|sign| sign.chars().next()),
    };
    let table = open_table(&spec, &mut Findings::default()).ok()?;
    let columns = table.input().headers.len();
    let mut cells = None;
    let read = table.rows(&Silent, &mut |row| {
        if row.row() != number {
            return ControlFlow::Continue(());
        }
        cells = Some(
            (0..columns)
                .map(|column| row.cell(column).to_owned())
                .collect(),
        );
        ControlFlow::Break(())
    });
    read.ok()?;
    cells
}

pub(super) fn user(
    sheets: &Sheets<'_>,
    name: &str,
    folder: &str,
    console: &mut Console<'_>,
) -> Result<(), Failure> {
    let view = user_view(sheets, name)?;
    let view = found(view, "user", &typed(sheets, name), "readiness")?;
    match console.format {
        Format::Text => view.text(&mut page(console, folder))?,
        Format::Csv => view.csv(console.out)?,
        Format::Json => json(&view, console)?,
    }
    Ok(())
}

/// What was typed, as it is to be said again.
fn typed(sheets: &Sheets<'_>, name: &str) -> String {
    match sheets.anonymiser() {
        Some(anonymiser) => anonymiser.asked(name),
        None => name.to_owned(),
    }
}

/// The one that was asked for; a refusal where there is none, or several.
fn found<T>(asked: Asked<T>, what: &str, name: &str, list: &str) -> Result<T, Failure> {
    let words = match asked {
        Asked::Found(one) => return Ok(one),
        Asked::Several(all) => format!(
            "several fit {name}; ask for one of them by UPN or id:\n  {}",
            all.join("\n  "),
            name = quoted(&name)
        ),
        Asked::Unknown(near) if near.is_empty() => {
            format!(
                "the plan knows no {what} {name}, nor any like it; `cutover show {list}` lists all",
                name = quoted(&name)
            )
        }
        Asked::Unknown(near) => format!(
            "the plan knows no {what} {name}; near are:\n  {}",
            near.join("\n  "),
            name = quoted(&name)
        ),
    };
    Err(Failure::new(Exit::Usage, words))
}
