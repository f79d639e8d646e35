//! How fast the rooms are, each for itself: reading, resolving, planning, writing a plan.
//!
//! In: a project of so many rows, made once. Out: rows and bytes a second of each room. How the whole
//! compares with other tools is `side_by_side.py`'s, how many instructions a row takes
//! `instructions.py`'s. Run with `cargo bench`.

#![expect(clippy::unwrap_used, reason = "a bench fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use cutover::check::{CheckPolicy, approvable, check};
use cutover::environment::{EnvironmentFile, Facts, Given, Owners, load};
use cutover::model::{
    Accept, FileId, Finding, Findings, Identity, Input, InputKind, OwnerPolicy, PeopleReport,
    RecordRows, References, Resolution, Silent, StubPolicy,
};
use cutover::plan::{Draft, RulingsRecord, ToSeal, Unchecked, Wanted, build, seal};
use cutover::project::Project;
use cutover::read::{FileSpec, RecordsSpec, open_records, open_table};
use cutover::resolve::{Question, resolve};
use divan::Bencher;
use divan::counter::{BytesCount, ItemsCount};
use tempfile::TempDir;

const ROWS: u32 = 200_000;
const PEOPLE: u32 = 2_000;
const AS_OF: &str = "2026-11-28";

fn main() {
    LazyLock::force(&PROJECT);
    divan::main();
}

static PROJECT: LazyLock<Made> = LazyLock::new(Made::new);

/// A project, and everything that was read from it.
struct Made {
    folder: TempDir,
    project: Project,
    facts: Facts,
    identity: Identity,
    owners: BTreeMap<String, Option<Owners>>,
    references: References,
    rows: RecordRows,
    input: Input,
}

fn guid(kind: u32, number: u32) -> String {
    format!("{kind:08x}-0000-4000-8000-{number:012x}")
}

impl Made {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        write_project(folder.path());
        let project = Project::open(folder.path()).unwrap();
        let file = project.environment_file();
        let from = project.environment_folder().unwrap();
        load(&from, "environment/", &file, Given::on(AS_OF), &Silent).unwrap();
        let environment = EnvironmentFile::open(&file).unwrap();
        let owners = environment.owners("account", &Silent).unwrap();
        let (input, rows, references) = read(&export(folder.path()), folder.path());
        Self {
            facts: Facts::of(&environment).unwrap(),
            identity: environment.identity().unwrap(),
            owners: BTreeMap::from([("account".to_owned(), owners)]),
            references,
            rows,
            input,
            project,
            folder,
        }
    }

    fn resolution(&self) -> Resolution {
        let question = Question {
            references: &self.references,
            record_files: &BTreeSet::from([self.rows.file]),
            people: &[],
            inputs: std::slice::from_ref(&self.input),
            facts: &self.facts,
            organisation: self.identity.organisation,
            rulings: &[],
            rulings_file: FileId(1),
            policy: self.policy(),
        };
        resolve(&question, &mut Findings::default())
    }

    /// What planning takes over: the rows, and who owns their records now.
    fn taken(&self) -> (RecordRows, BTreeMap<String, Option<Owners>>) {
        (self.rows.clone(), self.owners.clone())
    }

    fn draft(
        &self,
        resolution: &Resolution,
        (rows, owners): (RecordRows, BTreeMap<String, Option<Owners>>),
    ) -> (Draft, Vec<Finding>, Vec<Unchecked>) {
        let wanted = Wanted {
            inputs: std::slice::from_ref(&self.input),
            roles: &[],
            unusable_wishes: &BTreeMap::new(),
            references: &self.references,
            resolution,
            keys: &BTreeMap::new(),
            statuses: &BTreeMap::new(),
            facts: &self.facts,
            policy: self.policy(),
            stubs: self.stubs(),
        };
        let mut findings = Findings::default();
        let accept = Accept::default();
        let mut draft = build(&wanted, vec![rows], owners, &mut findings).unwrap();
        let unchecked = check(
            &mut draft,
            &self.facts,
            &CheckPolicy::of(&accept),
            &mut findings,
        );
        (draft, findings.finish(&accept), unchecked)
    }

    fn policy(&self) -> &OwnerPolicy {
        &self.project.manifest.owners
    }

    fn stubs(&self) -> &StubPolicy {
        &self.project.manifest.environment.stubs
    }
}

fn write_project(folder: &Path) {
    let write = |name: &str, text: &str| {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    let (unit, role, first) = (guid(1, 1), guid(2, 1), guid(3, 0));
    let manifest = "[environment]\nfrom = \"environment/\"\n[owners]\nmissing = \"leave\"\n\
                    by_name = \"accept\"\n[[records]]\nfile = \"exports/accounts.csv\"\n\
                    table = \"account\"\n";
    write("cutover.toml", manifest);
    let units = format!("id,name,parent\n{unit},Contoso,\n");
    write("environment/business_units.csv", &units);
    write("environment/entities.csv", "name,ownership\naccount,user\n");
    let roles = format!("id,name,business_unit\n{role},Salesperson,{unit}\n");
    write("environment/roles.csv", &roles);
    let privileges = format!("role,privilege,depth\n{role},prvReadaccount,organisation\n");
    write("environment/role_privileges.csv", &privileges);
    let mut users = "id,upn,full_name,business_unit\n".to_owned();
    let mut user_roles = "user,role\n".to_owned();
    for one in 0..PEOPLE {
        let id = guid(3, one);
        let name = format!("Person {one} of Contoso");
        writeln!(users, "{id},person{one}@contoso.com,{name},{unit}").unwrap();
        writeln!(user_roles, "{id},{role}").unwrap();
    }
    write("environment/users.csv", &users);
    write("environment/user_roles.csv", &user_roles);
    let mut records = "id,owner\n".to_owned();
    let mut export = "accountid,name,ownerid,emailaddress1,address1_city,statecode\n".to_owned();
    for row in 0..ROWS {
        let id = guid(9, row.wrapping_mul(2_654_435_761));
        let person = row * 31 % PEOPLE;
        let owner = match row % 10 {
            0 => format!("left{}@contoso.com", row % 500),
            1..4 => format!("Person {person} of Contoso"),
            _ => format!("person{person}@contoso.com"),
        };
        writeln!(records, "{id},{first}").unwrap();
        let name = format!("\"Company, {row}\"");
        writeln!(
            export,
            "{id},{name},{owner},info{row}@contoso.com,Göteborg,0"
        )
        .unwrap();
    }
    write("environment/records-account.csv", &records);
    write("exports/accounts.csv", &export);
}

fn export(folder: &Path) -> FileSpec {
    FileSpec {
        file: FileId(0),
        kind: InputKind::Records("account".to_owned()),
        name: "exports/accounts.csv".to_owned(),
        path: folder.join("exports/accounts.csv"),
        sheet: None,
        encoding: None,
        delimiter: None,
    }
}

fn read(spec: &FileSpec, scratch: &Path) -> (Input, RecordRows, References) {
    let wanted = RecordsSpec {
        entity: "account".to_owned(),
        id: None,
        key: None,
        owner: None,
    };
    let mut findings = Findings::default();
    let mut references = References::default();
    let export = open_records(spec, &wanted, &mut findings).unwrap();
    let rows = export.read(&mut references, &mut findings, scratch, &Silent);
    (export.input(), rows.unwrap(), references)
}

fn bytes() -> BytesCount {
    BytesCount::new(
        fs::metadata(export(PROJECT.folder.path()).path)
            .unwrap()
            .len(),
    )
}

#[divan::bench]
fn read_records(bencher: Bencher<'_, '_>) {
    let folder = PROJECT.folder.path();
    let bencher = bencher.counter(ItemsCount::new(ROWS)).counter(bytes());
    bencher.bench(|| read(&export(folder), folder));
}

#[divan::bench]
fn read_table(bencher: Bencher<'_, '_>) {
    let bencher = bencher.counter(ItemsCount::new(ROWS)).counter(bytes());
    bencher.bench(|| {
        let mut findings = Findings::default();
        let table = open_table(&export(PROJECT.folder.path()), &mut findings).unwrap();
        let mut rows = 0_u32;
        let read = table.rows(&Silent, &mut |_| {
            rows += 1;
            ControlFlow::Continue(())
        });
        read.unwrap();
        rows
    });
}

#[divan::bench]
fn read_environment(bencher: Bencher<'_, '_>) {
    let environment = EnvironmentFile::open(&PROJECT.project.environment_file()).unwrap();
    let bencher = bencher.counter(ItemsCount::new(ROWS));
    bencher.bench_local(|| environment.owners("account", &Silent).unwrap());
}

#[divan::bench]
fn resolve_references(bencher: Bencher<'_, '_>) {
    let bencher = bencher.counter(ItemsCount::new(PROJECT.references.len()));
    bencher.bench(|| PROJECT.resolution());
}

#[divan::bench]
fn build_and_check(bencher: Bencher<'_, '_>) {
    let resolution = PROJECT.resolution();
    let bencher = bencher.counter(ItemsCount::new(ROWS));
    let bencher = bencher.with_inputs(|| PROJECT.taken());
    bencher.bench_values(|taken| PROJECT.draft(&resolution, taken));
}

#[divan::bench]
fn write_and_seal(bencher: Bencher<'_, '_>) {
    let resolution = PROJECT.resolution();
    let (draft, findings, unchecked) = PROJECT.draft(&resolution, PROJECT.taken());
    let no_users = BTreeMap::new();
    let no_people = PeopleReport::default();
    let what = || ToSeal {
        draft: &draft,
        findings: &findings,
        unchecked: &unchecked,
        inputs: std::slice::from_ref(&PROJECT.input),
        user_rows: &no_users,
        identity: &PROJECT.identity,
        as_of: AS_OF,
        pulled_at: None,
        rulings: RulingsRecord {
            blake3: String::new(),
            used: 0,
            unused: 0,
        },
        settings: PROJECT.project.manifest.settings(),
        accept: &PROJECT.project.manifest.accept,
        facts: &PROJECT.facts,
        owners: &[],
        people: &no_people,
        approved: approvable(&findings, &unchecked),
    };
    let folder = PROJECT.folder.path().join("plan.bench");
    let emptied = || -> PathBuf {
        fs::remove_dir_all(&folder).ok();
        folder.clone()
    };
    let bencher = bencher.counter(ItemsCount::new(ROWS)).with_inputs(emptied);
    bencher.bench_local_values(|folder| seal(&folder, &what(), &Silent).unwrap());
}
