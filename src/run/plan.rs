//! `plan`: the dry run. Exports and environment in, a sealed plan and the owners sheet out; nothing
//! else is written, and the target not at all.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::Path;

use crate::apply::{JournalState, journal_state};
use crate::check::{CheckPolicy, DayOne, Live, approvable, check, people_report};
use crate::environment::{EnvironmentFile, Facts, Keys, Moment, Owners};
use crate::model::{CascadeAssign, FileId, Finding, Findings, Identity, Input, OwnerLine};
use crate::model::{PeopleReport, Person, Progress};
use crate::model::{RecordRows, Resolution};
use crate::plan::{Document, Draft, RulingsRecord, ToSeal, Unchecked, Wanted, build};
use crate::project::{Project, fresh_folder, publish};
use crate::report::{AnonymousKey, Page, summary};
use crate::resolve::{Question, resolve};
use crate::run::inputs::{Opened, Rows};
use crate::run::live::{copy, expect_copy, written_since};
use crate::run::load::open_or_load;
use crate::run::sheet::OwnersInput;
use crate::run::{Console, Exit, Failure, Format};
use crate::run::{anonymous, inputs, reports, sheet};

/// Plans, and prints the summary. `exit_code`: pending changes end with [`Exit::Pending`].
pub fn plan(folder: &Path, exit_code: bool, console: &mut Console<'_>) -> Result<Exit, Failure> {
    if console.format == Format::Csv {
        return Err(Failure::new(Exit::Usage, NO_TABLE));
    }
    let project = console.project(folder)?;
    let _lock = project.lock()?;
    let mut findings = Findings::default();
    let mut opened = inputs::open(&project, &mut findings)?;
    let mut owners = sheet::open(&project, opened.inputs.len(), &mut findings)?;
    opened
        .inputs
        .iter()
        .chain([&owners.input])
        .for_each(|input| console.read(input));
    expect_copy(&project)?;
    let environment = open_or_load(&project, console)?;
    let mut rows = opened.read(&mut findings, folder, console.progress)?;
    let moment = environment.moment()?;
    let present = Present::of(&project, &environment)?;
    sheet::settle(&mut owners, &opened.inputs, &rows, &mut findings);
    let record_rows = std::mem::take(&mut rows.records);
    let people = std::mem::take(&mut rows.people);
    let making = Making {
        project: &project,
        record_files: record_rows.iter().map(|rows| rows.file).collect(),
        opened: &opened,
        owners,
        present,
        rows,
        key: anonymous::key(&project, console)?,
    };
    let (records, resolution) = making.read_and_resolve(
        &environment,
        moment,
        people,
        &mut findings,
        console.progress,
    )?;
    let judged = making.judge(&resolution, record_rows, records, findings)?;
    let lines = making.owner_lines(&resolution);
    let (progress, owners_sheet) = (console.progress, || sheet::prepare(&project, &lines));
    let (document, ready) = rayon::join(
        || making.seal(&resolution, &lines, &judged, progress),
        owners_sheet,
    );
    // The sheet is written last: it tells of a plan that is there.
    let (document, ready) = (document?, ready?);
    let (written, ()) = rayon::join(|| sheet::write(ready, owners_sheet), || drop(judged));
    sheet::say(&written?, console)?;
    print(&project, &document, folder, console)?;
    let changes: u64 = document.totals.changes.values().sum();
    Ok(match (document.approved, exit_code && changes > 0) {
        (false, _) => Exit::NotApproved,
        (true, true) => Exit::Pending,
        (true, false) => Exit::Done,
    })
}

const NO_TABLE: &str = "a plan as a whole is no table; after `cutover plan` see `cutover show DIR \
                        changes --format csv` and `cutover show DIR findings --format csv`";

/// What the environment holds, records apart.
struct Present {
    facts: Facts,
    identity: Identity,
    as_of: String,
    live: Option<LiveCopy>,
}

/// The copy of a live environment.
struct LiveCopy {
    /// When it was pulled.
    pulled_at: String,
    /// Plans that have written since.
    written_since: Vec<String>,
}

/// What it holds of the records that rows name. Large, so it goes once the draft stands.
struct Records {
    /// Who owns the records of the tables concerned.
    owners: BTreeMap<String, Option<Owners>>,
    /// Which record bears which key, for the tables that are found by key.
    keys: BTreeMap<(String, String), Keys>,
    /// By which of them records are counted, by table.
    statuses: BTreeMap<String, String>,
    /// How many records are loaded of the tables that assigning may take along.
    counts: BTreeMap<String, u64>,
}

impl Present {
    fn of(project: &Project, environment: &EnvironmentFile) -> Result<Self, Failure> {
        let mut identity = environment.identity()?;
        let mut live = None;
        if let Some(pulled) = copy(project, environment)? {
            live = Some(LiveCopy {
                pulled_at: pulled.at.to_string(),
                written_since: written_since(project, &pulled)?,
            });
            identity.host = pulled.host;
        }
        Ok(Self {
            facts: Facts::of(environment)?,
            identity,
            as_of: environment.as_of()?,
            live,
        })
    }
}

impl Records {
    fn of(
        environment: &EnvironmentFile,
        facts: &Facts,
        tables: &Tables,
        progress: &dyn Progress,
    ) -> Result<Self, Failure> {
        Ok(Self {
            owners: owners(environment, tables, progress)?,
            keys: keys(environment, tables, progress)?,
            statuses: tables.statuses.clone(),
            counts: counts(environment, facts)?,
        })
    }
}

/// Whose records are asked for, and by which fields they are found and counted.
struct Tables {
    names: BTreeSet<String>,
    fields: BTreeSet<(String, String)>,
    /// The field that says how far a record is, by table.
    statuses: BTreeMap<String, String>,
}

impl Tables {
    /// Of the records exports.
    fn of(project: &Project) -> Self {
        let exports = project.manifest.records.iter();
        let names = exports.clone().map(|export| export.table.clone());
        let keys = exports.clone().filter_map(|export| {
            let (_, field) = export.key.as_ref()?;
            Some((export.table.clone(), field.clone()))
        });
        let mut statuses: BTreeMap<String, String> = BTreeMap::new();
        for export in exports {
            if let Some(field) = &export.status {
                let of_table = statuses.entry(export.table.clone());
                of_table.or_insert_with(|| field.clone());
            }
        }
        let of_statuses = statuses.clone().into_iter();
        Self {
            names: names.collect(),
            fields: keys.chain(of_statuses).collect(),
            statuses,
        }
    }
}

fn owners(
    environment: &EnvironmentFile,
    tables: &Tables,
    progress: &dyn Progress,
) -> Result<BTreeMap<String, Option<Owners>>, Failure> {
    let mut owners = BTreeMap::new();
    for table in &tables.names {
        owners.insert(table.clone(), environment.owners(table, progress)?);
    }
    Ok(owners)
}

/// Of the tables below another, those whose records are loaded.
fn counts(environment: &EnvironmentFile, facts: &Facts) -> Result<BTreeMap<String, u64>, Failure> {
    let cascades = facts.cascades().iter();
    let follow = cascades.filter(|cascade| cascade.assign != CascadeAssign::None);
    let children: BTreeSet<&String> = follow.map(|cascade| &cascade.child).collect();
    let mut counts = BTreeMap::new();
    for child in children {
        if facts
            .entity(child)
            .is_some_and(|entity| entity.records_loaded)
        {
            counts.insert(child.clone(), environment.record_count(child)?);
        }
    }
    Ok(counts)
}

fn keys(
    environment: &EnvironmentFile,
    tables: &Tables,
    progress: &dyn Progress,
) -> Result<BTreeMap<(String, String), Keys>, Failure> {
    let mut keys = BTreeMap::new();
    for (table, field) in &tables.fields {
        let found = environment.keys(table, field, progress)?;
        keys.insert((table.clone(), field.clone()), found);
    }
    Ok(keys)
}

/// A plan in the making: everything that was read.
struct Making<'a> {
    project: &'a Project,
    opened: &'a Opened,
    owners: OwnersInput,
    present: Present,
    /// Without the rows of records files, which the draft takes over, and without people, whom nobody asks
    /// for once all references are resolved.
    rows: Rows,
    record_files: BTreeSet<FileId>,
    /// What tokens for people are made with, where they are wanted.
    key: Option<AnonymousKey>,
}

/// Whether the plan in this folder was ever applied. Where the very same plan comes out again, what
/// it wrote has been taken back or replaced since. A journal that cannot be read says no such thing;
/// who needs it will say what is wrong with it.
fn is_spent(plan: &Path) -> bool {
    journal_state(plan).is_ok_and(|state| state != JournalState::None)
}

/// A draft with every finding that `check/` has to say about it.
struct Judged {
    draft: Draft,
    findings: Vec<Finding>,
    unchecked: Vec<Unchecked>,
    people: PeopleReport,
}

impl Making<'_> {
    /// Reads who owns what now, which one thread does, and meanwhile resolves, which the others do.
    ///
    /// The environment is read as of one `moment`, after the exports: another program that writes in between
    /// would else be in the owners and not in the facts, and nothing would call such a plan stale. Where the
    /// file has no write-ahead log that program has to wait, so the moment is no longer than it must be: it
    /// begins when the exports are read and ends with the last record.
    fn read_and_resolve(
        &self,
        environment: &EnvironmentFile,
        moment: Moment<'_>,
        people: Vec<Person>,
        findings: &mut Findings,
        progress: &dyn Progress,
    ) -> Result<(Records, Resolution), Failure> {
        let tables = Tables::of(self.project);
        let mut resolution = None;
        let records = rayon::in_place_scope(|scope| {
            scope.spawn(|_| resolution = Some(self.resolve(people, findings)));
            let records = Records::of(environment, &self.present.facts, &tables, progress);
            drop(moment);
            records
        })?;
        let resolution = resolution.expect("the scope ends after all that was begun in it");
        Ok((records, resolution))
    }

    #[expect(clippy::needless_pass_by_value, reason = "gone when this returns")]
    fn resolve(&self, people: Vec<Person>, findings: &mut Findings) -> Resolution {
        let inputs = self.inputs();
        let question = Question {
            references: &self.rows.references,
            record_files: &self.record_files,
            people: &people,
            inputs: &inputs,
            facts: &self.present.facts,
            organisation: self.present.identity.organisation,
            rulings: &self.owners.rulings,
            rulings_file: self.owners.input.file,
            policy: &self.project.manifest.owners,
        };
        resolve(&question, findings)
    }

    fn judge(
        &self,
        resolution: &Resolution,
        rows: Vec<RecordRows>,
        records: Records,
        mut findings: Findings,
    ) -> Result<Judged, Failure> {
        let wanted = Wanted {
            inputs: &self.opened.inputs,
            roles: &self.rows.roles,
            unusable_wishes: &self.rows.unusable_wishes,
            references: &self.rows.references,
            resolution,
            keys: &records.keys,
            statuses: &records.statuses,
            facts: &self.present.facts,
            policy: &self.project.manifest.owners,
            stubs: &self.project.manifest.environment.stubs,
        };
        let accept = &self.project.manifest.accept;
        let environment = &self.project.manifest.environment;
        let policy = CheckPolicy {
            accept,
            kind: environment.stubs.kind,
            mail_synchronised: environment.mail_synchronised,
            on_premises: environment.on_premises,
            as_of: &self.present.as_of,
            records: &records.counts,
            live: self.present.live.as_ref().map(|copy| Live {
                host: &self.present.identity.host,
                written_since: &copy.written_since,
                bypass_custom_logic: environment.bypass_custom_logic,
            }),
            daily_requests: environment.daily_requests,
        };
        let mut draft = build(&wanted, rows, records.owners, &mut findings)?;
        let unchecked = check(&mut draft, &self.present.facts, &policy, &mut findings);
        let mut findings = findings.finish(accept);
        sheet::name_in_cures(&self.owners, &mut findings);
        let people = people_report(&DayOne {
            draft: &draft,
            facts: &self.present.facts,
            missing: &resolution.stubs,
            on_premises: environment.on_premises,
            errors: findings.iter().filter(|finding| finding.stops()).count() as u64,
        });
        Ok(Judged {
            draft,
            findings,
            unchecked,
            people,
        })
    }

    /// Writes the plan aside, then puts it in place of the one before.
    fn seal(
        &self,
        resolution: &Resolution,
        lines: &[OwnerLine],
        judged: &Judged,
        progress: &dyn Progress,
    ) -> Result<Document, Failure> {
        let new = self.project.new_plan();
        fresh_folder(&new)?;
        let unused = resolution.unused_rulings.len() as u64;
        let inputs = self.inputs();
        let live = self.present.live.as_ref();
        let what = ToSeal {
            draft: &judged.draft,
            findings: &judged.findings,
            unchecked: &judged.unchecked,
            inputs: &inputs,
            user_rows: &self.rows.people_in,
            identity: &self.present.identity,
            as_of: &self.present.as_of,
            pulled_at: live.map(|copy| copy.pulled_at.as_str()),
            rulings: RulingsRecord {
                blake3: self.owners.hash.clone(),
                used: self.owners.rulings.len() as u64 - unused,
                unused,
            },
            settings: self.project.manifest.settings(),
            accept: &self.project.manifest.accept,
            facts: &self.present.facts,
            owners: lines,
            people: &judged.people,
            approved: approvable(&judged.findings, &judged.unchecked),
        };
        let sealed = crate::plan::seal(&new, &what, progress)?;
        let document = reports::write(&sealed, self.key.as_ref())?;
        let plan = self.project.plan();
        publish(&new, &plan, &self.project.history(), is_spent(&plan))?;
        Ok(document)
    }

    /// The exports, and behind them the sheet that the rulings stand in.
    fn inputs(&self) -> Vec<Input> {
        let exports = self.opened.inputs.iter();
        exports.chain([&self.owners.input]).cloned().collect()
    }

    fn owner_lines(&self, resolution: &Resolution) -> Vec<OwnerLine> {
        sheet::lines(
            &self.opened.inputs,
            &self.rows,
            &self.owners.rulings,
            resolution,
            &self.present.facts,
        )
    }
}

fn print(
    project: &Project,
    document: &Document,
    folder: &Path,
    console: &mut Console<'_>,
) -> Result<(), Failure> {
    if console.format == Format::Json {
        serde_json::to_writer_pretty(&mut *console.out, document).map_err(io::Error::other)?;
        return Ok(writeln!(console.out)?);
    }
    let folder = folder.display().to_string();
    let mut page = Page {
        out: console.out,
        width: console.width,
        folder: &folder,
    };
    summary(&mut page, document)?;
    reports::name(&project.plan(), console)
}
