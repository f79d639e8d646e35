//! The owners sheet: rulings in, what became of each reference out.
//!
//! In: `owners.csv`, or the workbook that the manifest names instead. Out: rulings with their cells,
//! and the sheet brought up to date. What a person wrote in it is never lost.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use rayon::prelude::*;

use crate::environment::Facts;
use crate::model::{
    Code, FileId, Finding, Findings, Input, InputKind, OwnerFate, OwnerLine, Place, Principal,
    Reference, Resolution, Resolved, Ruling, Silent, User, Verdict, comparison_key, quoted,
    quoted_list, reference_key, unguard_cell,
};
use crate::project::{
    OwnerRow, OwnersError, OwnersSheet, Project, SheetToWrite, Written, rulings_hash,
};
use crate::read::{FileSpec, Table, open_columns};
use crate::run::inputs::Rows;
use crate::run::{Console, Exit, Failure};

/// The sheet, read.
pub(super) struct OwnersInput {
    /// The sheet as an input, so that a finding can name its cells.
    pub input: Input,
    /// Its rulings.
    pub rulings: Vec<Ruling>,
    /// BLAKE3 over the rulings alone.
    pub hash: String,
    /// `owners.csv` as it was read, until its rulings are numbered.
    sheet: Option<OwnersSheet>,
    /// Whether a workbook is read instead of it.
    in_workbook: bool,
}

/// What the column of references is called, in the sheet and in the workbook of a plan.
const REFERENCE: &[&str] = &["reference", "Owner reference"];
/// What the column of rulings is called.
const RULING: &[&str] = &["ruling"];

/// Reads the rulings; the sheet's number comes after those of the exports.
pub(super) fn open(
    project: &Project,
    exports: usize,
    findings: &mut Findings,
) -> Result<OwnersInput, Failure> {
    let file = FileId(u16::try_from(exports).unwrap_or(u16::MAX));
    let sheet = OwnersSheet::read(&project.owners())?;
    let Some(workbook) = &project.manifest.rulings else {
        has_columns("owners.csv", sheet.headers())?;
        let rulings = sheet.rulings();
        let input = Input {
            file,
            name: "owners.csv".to_owned(),
            path: project.owners(),
            kind: InputKind::Rulings,
            bytes: 0,
            hash: String::new(),
            encoding: "utf-8".to_owned(),
            delimiter: Some(','),
            sheet: None,
            headers: sheet.headers().to_vec(),
        };
        return Ok(OwnersInput {
            input,
            hash: rulings_hash(&rulings),
            rulings,
            sheet: Some(sheet),
            in_workbook: false,
        });
    };
    is_no_output(project, workbook)?;
    let spec = FileSpec {
        file,
        kind: InputKind::Rulings,
        name: workbook.clone(),
        path: project.file(workbook),
        sheet: None,
        encoding: None,
        delimiter: None,
    };
    let table = open_columns(&spec, &[REFERENCE, RULING], findings)?;
    let rulings = rulings_of(&table, findings)?;
    Ok(OwnersInput {
        input: table.input().clone(),
        hash: rulings_hash(&rulings),
        rulings,
        sheet: Some(sheet),
        in_workbook: true,
    })
}

/// Refuses a workbook that lies where the next plan puts its own.
fn is_no_output(project: &Project, workbook: &str) -> Result<(), Failure> {
    if !project.is_of_plans(&project.file(workbook)) {
        return Ok(());
    }
    Err(Failure::new(
        Exit::Usage,
        format!(
            "`rulings` under [owners] in cutover.toml is {workbook}, which lies in a folder that `plan` writes \
             to; copy it into the project's folder, and name the copy",
            workbook = quoted(&workbook)
        ),
    ))
}

/// Refuses a sheet whose rulings could not be found: passing them over would undo decisions.
fn has_columns(name: &str, headers: &[String]) -> Result<(), Failure> {
    let has = |wanted: &str| {
        headers
            .iter()
            .any(|header| comparison_key(header) == wanted)
    };
    if headers.is_empty() || (has("reference") && has("ruling")) {
        return Ok(());
    }
    Err(lacks_columns(name, headers))
}

fn lacks_columns(name: &str, headers: &[String]) -> Failure {
    let found = quoted_list(headers);
    Failure::new(
        Exit::Usage,
        format!(
            "{name}: expected columns `reference` (or `Owner reference`) and `ruling`, found {found}; name \
             the two so",
            name = quoted(&name)
        ),
    )
}

/// The rulings of a workbook. A row that cannot be trusted may hold one: it is an error (OWN006), and the others count.
fn rulings_of(table: &Table, findings: &mut Findings) -> Result<Vec<Ruling>, Failure> {
    let columns = table.column(REFERENCE).zip(table.column(RULING));
    let input = table.input();
    let Some((reference, ruling)) = columns else {
        return Err(lacks_columns(&input.name, &input.headers));
    };
    let column = u16::try_from(ruling + 1).unwrap_or(u16::MAX);
    let mut rulings = Vec::new();
    table.rows(&Silent, &mut |row| {
        if let Some(defect) = row.defect() {
            let place = Place::row(input.file, row.row(), row.line());
            unreadable(
                input,
                defect,
                place.cell(column, row.cell(ruling)),
                findings,
            );
        } else if !row.cell(ruling).is_empty() {
            rulings.push(Ruling {
                row: row.row(),
                column,
                reference: unguard_cell(row.cell(reference)).trim().to_owned(),
                ruling: unguard_cell(row.cell(ruling)).trim().to_owned(),
            });
        }
        ControlFlow::Continue(())
    })?;
    Ok(rulings)
}

fn unreadable(input: &Input, defect: &str, place: Place, findings: &mut Findings) {
    let (name, row) = (&input.name, place.row);
    let finding = findings.about(
        Code::Own006,
        &format!("{name} row {row}"),
        || {
            format!(
                "no ruling can be taken from row {row} of {name}: {defect}",
                name = quoted(&name)
            )
        },
        || {
            format!(
                "correct the row in {name}, or write the ruling into a row of its own",
                name = quoted(&name)
            )
        },
    );
    findings.place(finding, place);
}

/// Numbers the rulings by the rows that they will stand in once the sheet is brought up to date, so
/// that a finding names the row that its reader will see, and the next plan names the same.
pub(super) fn settle(
    owners: &mut OwnersInput,
    inputs: &[Input],
    rows: &Rows,
    findings: &mut Findings,
) {
    let Some(mut sheet) = owners.sheet.take() else {
        return;
    };
    if owners.in_workbook {
        passed_over(owners, &sheet, rows, findings);
        return;
    }
    if owners.rulings.is_empty() {
        owners.input.headers = sheet.headers_to_be();
        return;
    }
    let lines = rows
        .references
        .iter()
        .map(|(_, reference)| counts(inputs, reference));
    sheet.update(lines.collect());
    owners.rulings = sheet.rulings();
    owners.input.headers = sheet.headers().to_vec();
}

/// OWN014: rulings of `owners.csv` that the workbook which is read instead does not hold as well.
fn passed_over(owners: &OwnersInput, sheet: &OwnersSheet, rows: &Rows, findings: &mut Findings) {
    const SHOWN_MAX: usize = 5;
    let key = |one: &Ruling| (reference_key(&one.reference), comparison_key(&one.ruling));
    let read: BTreeSet<(String, String)> = owners.rulings.iter().map(key).collect();
    let mut lost = sheet.rulings();
    lost.retain(|one| rows.references.find(&one.reference).is_some() && !read.contains(&key(one)));
    if lost.is_empty() {
        return;
    }
    let workbook = &owners.input.name;
    let words = lost.iter().take(SHOWN_MAX).map(|one| {
        let Ruling {
            row,
            reference,
            ruling,
            ..
        } = one;
        format!(
            "row {row}, {ruling} on {reference}",
            ruling = quoted(&ruling),
            reference = quoted(&reference)
        )
    });
    let mut words: Vec<String> = words.collect();
    if lost.len() > SHOWN_MAX {
        words.push(format!("and {} more", lost.len() - SHOWN_MAX));
    }
    let finding = findings.about(
        Code::Own014,
        "owners.csv",
        || {
            format!(
                "rulings in owners.csv have no effect, since `rulings` under [owners] in cutover.toml names \
                 {workbook}, which does not hold them: {}",
                words.join("; "),
                workbook = quoted(&workbook)
            )
        },
        || format!("copy them into {workbook}, or take `rulings` out of cutover.toml", workbook = quoted(&workbook)),
    );
    findings.people(finding, lost.len() as u64);
}

/// Names the sheet that is read: the rules say `owners.csv`, and who rules there while a workbook is read changes
/// nothing. What they say of it as a list of names stays, since it is written all the same.
pub(super) fn name_in_cures(owners: &OwnersInput, findings: &mut [Finding]) {
    if !owners.in_workbook {
        return;
    }
    let workbook = quoted(&owners.input.name).to_string();
    for finding in findings {
        for place in ["`ruling` of `owners.csv`", "owner in `owners.csv`"] {
            let named = place.replace("`owners.csv`", &workbook);
            finding.cure = finding.cure.replace(place, &named);
        }
    }
}

/// What became of each reference, a line each.
pub(super) fn lines(
    inputs: &[Input],
    rows: &Rows,
    rulings: &[Ruling],
    resolution: &Resolution,
    facts: &Facts,
) -> Vec<OwnerLine> {
    let by_key = by_key(rulings);
    let references = rows.references.iter().map(|(_, reference)| reference);
    let references: Vec<&Reference> = references.collect();
    let lines = references
        .par_iter()
        .zip(&resolution.resolved)
        .map(|(reference, resolved)| {
            let ruling = by_key.get(&reference.key).map_or("", String::as_str);
            line(inputs, reference, resolved, ruling, resolution, facts)
        });
    let mut lines: Vec<OwnerLine> = lines.collect();
    let unused: BTreeSet<u64> = resolution.unused_rulings.iter().copied().collect();
    let unused = rulings.iter().filter(|one| unused.contains(&one.row));
    lines.extend(unused.map(without_rows));
    lines
}

/// A ruling on a reference that no row holds. It stays until somebody takes it out, in every sheet that can be ruled in.
fn without_rows(ruling: &Ruling) -> OwnerLine {
    OwnerLine {
        reference: ruling.reference.clone(),
        by_table: Vec::new(),
        fate: OwnerFate::Unused,
        by: Code::Own014.as_str().to_owned(),
        owner: None,
        owner_name: String::new(),
        candidates: Vec::new(),
        near_misses: Vec::new(),
        ruling: ruling.ruling.clone(),
    }
}

/// The ruling on each reference, as written. Where several contradict each other all are told, which no next plan
/// takes for one of them.
fn by_key(rulings: &[Ruling]) -> BTreeMap<String, String> {
    let mut by_key: BTreeMap<String, BTreeMap<String, &str>> = BTreeMap::new();
    for one in rulings {
        let same = by_key.entry(reference_key(&one.reference)).or_default();
        same.entry(comparison_key(&one.ruling))
            .or_insert(&one.ruling);
    }
    let joined = by_key.into_iter().map(|(key, rulings)| {
        let rulings: Vec<&str> = rulings.into_values().collect();
        (key, rulings.join("; "))
    });
    joined.collect()
}

/// The same as the sheet says it.
fn row(line: &OwnerLine) -> OwnerRow {
    OwnerRow {
        reference: line.reference.clone(),
        affected: line.affected(),
        rows: line.rows_words(),
        matched: matched(line),
        candidates: line.candidates.join("; "),
        near_misses: line.near_misses.join("; "),
    }
}

/// Brings `owners.csv` up to date, not yet on disk; a workbook of rulings is only read.
pub(super) fn prepare(project: &Project, lines: &[OwnerLine]) -> Result<SheetToWrite, OwnersError> {
    // The sheet keeps what nobody asks for by itself, with all that is written beside it.
    let lines = lines
        .par_iter()
        .filter(|line| line.fate != OwnerFate::Unused);
    let rows = lines.map(row).collect();
    SheetToWrite::prepare(&project.owners(), rows)
}

/// Writes the sheet. What somebody saved since it was made ready must stay: then it is made anew.
pub(super) fn write(
    mut ready: SheetToWrite,
    again: impl Fn() -> Result<SheetToWrite, OwnersError>,
) -> Result<Written, OwnersError> {
    loop {
        match ready.write()? {
            Some(written) => return Ok(written),
            None => ready = again()?,
        }
    }
}

/// Says where the sheet is, if not in its place.
pub(super) fn say(written: &Written, console: &mut Console<'_>) -> Result<(), Failure> {
    if let Written::Beside(path) = written {
        let path = path.display();
        console.say(&format!(
            "`owners.csv` is open in another program; what is new stands in {path}",
            path = quoted(&path)
        ))?;
    }
    Ok(())
}

/// A row of the sheet as far as it is known before anybody is resolved.
fn counts(inputs: &[Input], reference: &Reference) -> OwnerRow {
    row(&OwnerLine {
        reference: reference.text.clone(),
        by_table: by_table(inputs, reference),
        fate: OwnerFate::Left,
        by: String::new(),
        owner: None,
        owner_name: String::new(),
        candidates: Vec::new(),
        near_misses: Vec::new(),
        ruling: String::new(),
    })
}

/// How many rows of which table hold a reference, most rows first.
fn by_table(inputs: &[Input], reference: &Reference) -> Vec<(String, u64)> {
    let mut by_table: BTreeMap<&str, u64> = BTreeMap::new();
    for (file, count) in &reference.rows {
        let input = inputs.iter().find(|input| input.file == *file);
        let table = match input.map(|input| &input.kind) {
            Some(InputKind::Records(table)) => table.as_str(),
            _ => "roles",
        };
        *by_table.entry(table).or_default() += count;
    }
    let counts = by_table
        .into_iter()
        .map(|(table, rows)| (table.to_owned(), rows));
    let mut counts: Vec<(String, u64)> = counts.collect();
    counts.sort_by(|left, right| right.1.cmp(&left.1).then_with(|| left.0.cmp(&right.0)));
    counts
}

fn line(
    inputs: &[Input],
    reference: &Reference,
    resolved: &Resolved,
    ruling: &str,
    resolution: &Resolution,
    facts: &Facts,
) -> OwnerLine {
    let near = resolved
        .near_misses
        .iter()
        .map(|near| format!("{} ({})", near.named.label, near.identifier));
    let candidates = resolved.candidates.iter().map(|named| named.label.clone());
    let named = |principal: Principal| (Some(principal), name(principal, facts));
    let (fate, by, (owner, owner_name)) = match &resolved.verdict {
        Verdict::Matched { principal, rung } => {
            (OwnerFate::Matched, rung.word(), named(*principal))
        }
        Verdict::Stub(index) => {
            let person = resolution.stubs.get(*index);
            let stub = person.map(|person| {
                let principal = Principal::User(person.id);
                (
                    Some(principal),
                    format!("{} <{}>", person.full_name, person.upn),
                )
            });
            (OwnerFate::Stub, "", stub.unwrap_or_default())
        }
        Verdict::Fallback(principal) => (OwnerFate::Fallback, "", named(*principal)),
        Verdict::Left => (OwnerFate::Left, "", (None, String::new())),
        Verdict::Stopped(code) => (OwnerFate::Stopped, code.as_str(), (None, String::new())),
    };
    OwnerLine {
        reference: reference.text.clone(),
        by_table: by_table(inputs, reference),
        fate,
        by: by.to_owned(),
        owner,
        owner_name,
        candidates: candidates.collect(),
        near_misses: near.collect(),
        ruling: ruling.to_owned(),
    }
}

/// A principal, with what a ruling can name them by.
fn name(principal: Principal, facts: &Facts) -> String {
    let name = match principal {
        Principal::User(id) => facts.users().get(&id).map(User::name_and_upn),
        Principal::Team(id) => facts
            .teams()
            .get(&id)
            .map(|team| format!("team {}", team.name)),
    };
    name.unwrap_or_else(|| principal.to_string())
}

/// What the column `match` says.
fn matched(line: &OwnerLine) -> String {
    match line.fate {
        OwnerFate::Matched => format!("{} by {}", line.owner_name, line.by),
        OwnerFate::Stub | OwnerFate::Fallback => {
            let words = format!("{} {}", line.fate.word(), line.owner_name);
            words.trim_end().to_owned()
        }
        OwnerFate::Left | OwnerFate::Unused => line.fate.word().to_owned(),
        OwnerFate::Stopped => match line.by.parse::<Code>() {
            Ok(code) => format!("{code}: {}", code.rule().title),
            Err(_) => line.by.clone(),
        },
    }
}
