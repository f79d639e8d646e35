//! `plan`: the dry run. Exports and environment in, a sealed plan and the owners sheet out; nothing
//! else is written, and the target not at all.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use crate::apply::{JournalState, journal_state};
use crate::check::{approvable, check};
use crate::environment::{EnvironmentFile, Facts, Keys, Owners};
use crate::model::{FileId, Finding, Findings, Identity, Progress, Resolution, Ruling};
use crate::plan::{Document, Draft, RulingsRecord, SealedPlan, ToSeal, Unchecked, Wanted, build};
use crate::project::{Project, publish, retire};
use crate::report::summary;
use crate::resolve::{Question, resolve};
use crate::run::inputs::{Opened, Rows};
use crate::run::load::open_or_load;
use crate::run::sheet::OwnersInput;
use crate::run::{Console, Exit, Failure, Format};
use crate::run::{inputs, sheet};

/// Plans, and prints the summary. `exit_code`: pending changes end with [`Exit::Pending`].
pub fn plan(folder: &Path, exit_code: bool, console: &mut Console<'_>) -> Result<Exit, Failure> {
    if console.format == Format::Csv {
        return Err(Failure::new(
            Exit::Usage,
            "a plan as a whole is no table: `cutover show DIR changes --format csv` or `cutover \
             show DIR findings --format csv` are",
        ));
    }
    let project = Project::open(folder)?;
    let _lock = project.lock()?;
    let mut findings = Findings::default();
    let opened = inputs::open(&project, &mut findings)?;
    let mut owners = sheet::open(&project, opened.inputs.len(), &mut findings)?;
    let environment = open_or_load(&project, console)?;
    let facts = Facts::of(&environment)?;
    let identity = environment.identity()?;
    let rows = opened.read(&mut findings, console.progress)?;
    owners.arrange(&project, &rows.references);
    let resolution = resolved(
        &project,
        &opened,
        &rows,
        &facts,
        &identity,
        &owners,
        &mut findings,
    );
    let judged = judge(
        &project,
        &opened,
        &rows,
        &environment,
        &facts,
        &resolution,
        findings,
        console,
    )?;
    let document = write(
        &project,
        &opened,
        &rows,
        &environment,
        &facts,
        &owners,
        &resolution,
        &judged,
        console,
    )?;
    sheet::update(
        &project,
        &owners,
        &opened.inputs,
        &rows,
        &resolution,
        &facts,
        console,
    )?;
    print(&document, &folder.display().to_string(), console)?;
    let changes: u64 = document.totals.changes.values().sum();
    Ok(match (document.approved, exit_code && changes > 0) {
        (false, _) => Exit::NotApproved,
        (true, true) => Exit::Pending,
        (true, false) => Exit::Done,
    })
}

/// A draft with every finding that `check/` has to say about it.
struct Judged {
    draft: Draft,
    findings: Vec<Finding>,
    unchecked: Vec<Unchecked>,
}

fn resolved(
    project: &Project,
    opened: &Opened,
    rows: &Rows,
    facts: &Facts,
    identity: &Identity,
    owners: &OwnersInput,
    findings: &mut Findings,
) -> Resolution {
    let record_files: BTreeSet<FileId> = rows.records.iter().map(|rows| rows.file).collect();
    let rulings: &[Ruling] = &owners.rulings;
    resolve(
        &Question {
            references: &rows.references,
            record_files: &record_files,
            people: &rows.people,
            inputs: &opened.inputs,
            facts,
            organisation: identity.organisation,
            rulings,
            rulings_file: owners.input.file,
            policy: &project.manifest.owners,
        },
        findings,
    )
}

#[expect(
    clippy::too_many_arguments,
    reason = "the straight line of one command, in order"
)]
fn judge(
    project: &Project,
    opened: &Opened,
    rows: &Rows,
    environment: &EnvironmentFile,
    facts: &Facts,
    resolution: &Resolution,
    mut findings: Findings,
    console: &Console<'_>,
) -> Result<Judged, Failure> {
    let (owners, keys) = present(rows, environment, console.progress)?;
    let wanted = Wanted {
        inputs: &opened.inputs,
        records: &rows.records,
        roles: &rows.roles,
        references: &rows.references,
        resolution,
        owners: &owners,
        keys: &keys,
        facts,
        policy: &project.manifest.owners,
        stubs: &project.manifest.environment.stubs,
    };
    let accept = &project.manifest.accept;
    let mut draft = build(&wanted, &mut findings);
    let unchecked = check(&mut draft, facts, accept, &mut findings);
    Ok(Judged {
        draft,
        findings: findings.finish(accept),
        unchecked,
    })
}

type Present = (
    BTreeMap<String, Option<Owners>>,
    BTreeMap<(String, String), Keys>,
);

/// Who owns the records of the tables concerned now, and which record bears which key.
fn present(
    rows: &Rows,
    environment: &EnvironmentFile,
    progress: &dyn Progress,
) -> Result<Present, Failure> {
    let mut owners = BTreeMap::new();
    let mut keys = BTreeMap::new();
    for records in &rows.records {
        let entity = &records.entity;
        if !owners.contains_key(entity) {
            owners.insert(entity.clone(), environment.owners(entity, progress)?);
        }
        if let Some(field) = &records.key_field {
            let slot = (entity.clone(), field.clone());
            if !keys.contains_key(&slot) {
                keys.insert(slot, environment.keys(entity, field, progress)?);
            }
        }
    }
    Ok((owners, keys))
}

#[expect(
    clippy::too_many_arguments,
    reason = "the straight line of one command, in order"
)]
fn write(
    project: &Project,
    opened: &Opened,
    rows: &Rows,
    environment: &EnvironmentFile,
    facts: &Facts,
    owners: &OwnersInput,
    resolution: &Resolution,
    judged: &Judged,
    console: &Console<'_>,
) -> Result<Document, Failure> {
    let new = project.new_plan();
    if new.exists() {
        fs::remove_dir_all(&new)?;
    }
    fs::create_dir(&new)?;
    let unused = resolution.unused_rulings.len() as u64;
    let identity = environment.identity()?;
    let as_of = environment.as_of()?;
    let mut inputs = opened.inputs.clone();
    inputs.push(owners.input.clone());
    let sealed: SealedPlan = crate::plan::seal(
        &new,
        &ToSeal {
            draft: &judged.draft,
            findings: &judged.findings,
            unchecked: &judged.unchecked,
            inputs: &inputs,
            user_rows: &rows.user_rows,
            identity: &identity,
            as_of: &as_of,
            rulings: RulingsRecord {
                blake3: owners.hash.clone(),
                used: owners.rulings.len() as u64 - unused,
                unused,
            },
            settings: project.manifest.settings(),
            accept: &project.manifest.accept,
            facts,
            approved: approvable(&judged.findings, &judged.unchecked),
        },
        console.progress,
    )?;
    let document = sealed.document().clone();
    // What was applied from the same plan has been taken back or replaced since, or another plan
    // would have come out: its journal must not speak for this one.
    if journal_state(&project.plan())? != JournalState::None {
        retire(&project.plan(), &project.history())?;
    }
    publish(&new, &project.plan(), &project.history())?;
    Ok(document)
}

fn print(document: &Document, folder: &str, console: &mut Console<'_>) -> Result<(), Failure> {
    if console.format == Format::Json {
        serde_json::to_writer_pretty(&mut *console.out, document).map_err(std::io::Error::from)?;
        writeln!(console.out)?;
    } else {
        summary(console.out, document, folder)?;
    }
    Ok(())
}
