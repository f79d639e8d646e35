//! The anchoring cases of `tests/cases/service/` once more: what `service/` answers to each write,
//! `check/` must have foretold of the export row that asks for it.
//!
//! In: the folders, whose shape their README describes. Out: one failure that names every case of
//! which the plan says otherwise. A case that no export can ask for is listed here, with the reason.

mod wishes;

use std::collections::BTreeSet;
use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use cutover::environment::{self, EnvironmentFile};
use cutover::model::{Change, Code, ProfileField, Silent, StubWay, UserId, Write, comparison_key};
use cutover::plan::{Document, SealedPlan};
use cutover::service::{REFUSALS, Reason};
use rayon::prelude::*;
use uuid::Uuid;

use crate::service_cases::{Expected, OwnerName, RoleName, Wanted, World, folders, read};
use crate::support::{document, run};

/// Cases that no export can ask for, and why.
const NOT_FROM_AN_EXPORT: &[(&str, &str)] = &[
    (
        "p1-2-a-stub-is-not-planned-into-another-unit",
        "stub users are planned in the root unit only",
    ),
    (
        "p1-2-import-with-blank-mail",
        "a stub user without a mail is planned with its UPN as mail",
    ),
    (
        "p1-4-mail-is-taken",
        "who has the mail is found by it, and no stub user is planned",
    ),
    (
        "p1-4-second-mail-is-not-compared",
        "who has the second mail is found by it",
    ),
    (
        "p1-4-upn-is-taken",
        "who has the UPN is found by it, and no stub user is planned",
    ),
    (
        "p1-6-api-needs-a-mail",
        "a stub user without a mail is planned with its UPN as mail",
    ),
    (
        "p2-a-blank-name-leaves-the-other",
        "a blank cell wishes nothing",
    ),
    (
        "p3-4-moved-already-and-roles-to-come",
        "a plan does not begin halfway: who is in the unit already is given the role by itself",
    ),
    (
        "p3-6-caller-creates-users",
        "the record that the stub user is wanted for takes rights of its own",
    ),
];

/// Rules that speak of a case beside those that foretell its answer: of several refusals the service
/// tells the first.
const SPEAK_TOO: &[(&str, &str)] = &[("p3-6-caller-is-asked-before-the-unit", "ROL004")];

/// Which rules foretell which answer of the service. Where the subject itself is not there, the rule
/// of the reference speaks: nobody can be asked for by an id that nothing knows.
pub(crate) const FORETOLD_BY: &[(u32, &[Code])] = &[
    (0x8004_0203, &[Code::Rec005]),
    (
        0x8004_0217,
        &[
            Code::Rec002,
            Code::Rol005,
            Code::Own005,
            Code::Acc014,
            Code::Acc015,
        ],
    ),
    (0x8004_0216, &[Code::Acc004]),
    (0x8004_0220, &[Code::Env002, Code::Rol013]),
    (0x8004_0225, &[Code::Rol003, Code::Stb004]),
    (0x8004_0D40, &[Code::Acc018]),
    (0x8004_0237, &[Code::Stb003, Code::Stb005]),
    (0x8004_0299, &[Code::Own009]),
    (0x8004_1409, &[Code::Rol004, Code::Rol003]),
    (0x8004_140D, &[Code::Rol004]),
    (0x8004_1D2C, &[Code::Stb005]),
    (0x8004_1D2F, &[Code::Acc009]),
    (0x8004_1D51, &[Code::Rol016]),
    (0x8004_1D64, &[Code::Rol017]),
    (0x8004_1D66, &[Code::Acc020]),
    (0x8004_2F09, &[Code::Own010]),
    (0x8004_2F0A, &[Code::Own010]),
    (0x8004_4331, &[Code::Prf004]),
    (0x8004_8331, &[Code::Rol012]),
    (0x8004_8350, &[Code::Rol018]),
    (0x8004_8D2F, &[Code::Env008]),
    (0x8004_8340, &[Code::Own008]),
    (0x8006_0888, &[Code::Rol001, Code::Stb003]),
];

/// The record that a stub user is wanted for; the cases about stub users hold none.
const RECORD: &str = "55555555-0000-4000-8000-000000000077";

#[test]
fn the_plan_foretells_every_case() {
    let asked: Vec<PathBuf> = folders()
        .into_iter()
        .filter(|folder| !listed(&name(folder)))
        .collect();
    let wrong: String = asked
        .par_iter()
        .map(|folder| match foretell(folder) {
            Ok(()) => String::new(),
            Err(fault) => format!("{}: {fault}\n", name(folder)),
        })
        .collect();
    println!(
        "{} cases foretold, {} listed",
        asked.len(),
        NOT_FROM_AN_EXPORT.len()
    );
    let all = asked.len() + NOT_FROM_AN_EXPORT.len();
    assert_eq!(all, folders().len());
    assert!(wrong.is_empty(), "\n{wrong}");
}

#[test]
fn every_refusal_is_foretold_by_some_rule() {
    // Only the way back answers that a subject is not as before.
    let refusals = REFUSALS
        .iter()
        .filter(|rule| rule.reason != Reason::NotAsBefore);
    let answered: BTreeSet<u32> = refusals.map(|rule| rule.code.0).collect();
    let foretold: BTreeSet<u32> = FORETOLD_BY.iter().map(|(code, _)| *code).collect();
    assert_eq!(answered, foretold);
}

fn name(folder: &Path) -> String {
    let name = folder.file_name().expect("a case has a name");
    name.to_string_lossy().into_owned()
}

fn listed(name: &str) -> bool {
    NOT_FROM_AN_EXPORT.iter().any(|(listed, _)| *listed == name)
}

/// The rules that foretell an answer of the service, by the code as a case writes it.
fn rules_of(code: &str) -> BTreeSet<&'static str> {
    let rules = FORETOLD_BY
        .iter()
        .find(|(known, _)| format!("{known:#010x}") == code);
    let (_, rules) = rules.unwrap_or_else(|| panic!("no rule foretells {code}"));
    rules.iter().map(|rule| rule.as_str()).collect()
}

/// Plans the one row that asks for the write of a case; the error says what the plan got wrong.
fn foretell(folder: &Path) -> Result<(), String> {
    let place = tempfile::tempdir().expect("a folder");
    let project = Project {
        folder: place.path(),
        planned_id: None,
    };
    let project = project.build(folder);
    let ended = run(|console| cutover::run::plan(project.folder, false, console));
    if !matches!(ended.exit.code(), 0 | 1) {
        return Err(format!("not planned: {}{}", ended.out, ended.err));
    }
    let document = document(project.folder);
    let planned = changes(project.folder).into_iter();
    let planned: Vec<Write> = planned.map(|change| change.write).collect();
    let wanted = project.write(read(folder, "write.toml"));
    let errors: BTreeSet<&str> = document
        .findings
        .iter()
        .filter(|finding| finding.severity == "error" && !finding.accepted)
        .map(|finding| finding.code.as_str())
        .collect();
    let case = name(folder);
    let speaks_too = |code: &&str| SPEAK_TOO.contains(&(case.as_str(), *code));
    let errors: BTreeSet<&str> = errors
        .into_iter()
        .filter(|code| !speaks_too(code))
        .collect();
    let expected: Expected = read(folder, "expected.toml");
    let is_planned = planned.iter().any(|planned| is_the_same(planned, &wanted));
    match expected.answer.as_str() {
        "refused" => {
            let rules = rules_of(&expected.code.expect("a refusal has a code"));
            match (is_planned, errors.is_empty() || !errors.is_subset(&rules)) {
                (true, _) => Err("refused by the service, and planned".to_owned()),
                (_, true) => Err(format!("errors {errors:?}, expected some of {rules:?}")),
                _ => Ok(()),
            }
        }
        _ if !errors.is_empty() => Err(format!("errors {errors:?}, and the service allows it")),
        "done" if is_planned && document.approved => Ok(()),
        "done" => Err(format!("not planned or not approved: {planned:?}")),
        _ if no_change(&document) => Ok(()),
        _ => Err(format!("no change is needed, and planned is {planned:?}")),
    }
}

/// Whether a planned write is that of a case. A case may leave the roles of a moved user and the full name
/// out, and then says what comes of the rest alone; a plan knows of both. What is so already is no part of a
/// plan.
fn is_the_same(planned: &Write, wanted: &Write) -> bool {
    match (planned, wanted) {
        (Write::ChangeUser(planned), Write::ChangeUser(wanted)) => {
            let (mut planned, mut wanted) = (planned.clone(), wanted.clone());
            if wanted.roles.is_none() {
                planned.roles = None;
            }
            if !wanted.profile.contains_key(&ProfileField::FullName) {
                planned.profile.remove(&ProfileField::FullName);
            }
            wanted.access_mode = wanted.access_mode.filter(|mode| mode.before != mode.after);
            planned == wanted
        }
        _ => planned == wanted,
    }
}

/// Whether every row of the exports is as the target holds it already.
fn no_change(document: &Document) -> bool {
    let rows = document
        .ledgers
        .iter()
        .map(|ledger| (ledger.rows, ledger.no_change));
    rows.clone().count() == 1 && rows.clone().all(|(rows, same)| rows == 1 && same == 1)
}

/// Every change of the plan in a project folder, in order.
pub(crate) fn changes(project: &Path) -> Vec<Change> {
    let plan = SealedPlan::open(&project.join("plan")).expect("a sealed plan");
    let mut all = Vec::new();
    for stage in plan.stages() {
        let taken = plan.changes(&stage, 100, &mut |changes| {
            all.extend(changes);
            ControlFlow::Continue(())
        });
        taken.expect("its changes");
    }
    all
}

/// A project around a case: its environment, and one export row that asks for its write.
struct Project<'f> {
    folder: &'f Path,
    /// The id that a stub user will be planned with.
    planned_id: Option<Uuid>,
}

impl Project<'_> {
    fn build(mut self, case: &Path) -> Self {
        fs::create_dir(self.folder.join("exports")).expect("a folder");
        fs::create_dir(self.folder.join("environment")).expect("a folder");
        let source = case.join("environment");
        match read(case, "write.toml") {
            Wanted::CreateStub {
                way,
                id,
                upn,
                mail,
                first_name,
                last_name,
                full_name,
                default_role,
                ..
            } => {
                let organisation = organisation(&source, self.folder);
                let key = comparison_key(&upn);
                let planned = Uuid::new_v5(&organisation, key.as_bytes());
                self.planned_id = Some(planned);
                // Who has the id of the case has the planned one here.
                self.environment(&source, &[(id.to_string(), planned.to_string())]);
                self.record_of_somebody();
                let (first, last) = (
                    first_name.unwrap_or_default(),
                    last_name.unwrap_or_default(),
                );
                let person = format!("old-7,{upn},{mail},{first},{last},{full_name}");
                let header = "id,upn,mail,first_name,last_name,full_name";
                self.file("exports/users.csv", &[header, &person]);
                self.records("account", RECORD, &upn);
                self.manifest(Some(&default_role), way, "account");
            }
            Wanted::GiveRole { user, team, role } => {
                self.environment(&source, &[]);
                self.roles(user.or(team), &role, "give");
            }
            Wanted::RemoveRole { user, team, role } => {
                self.environment(&source, &[]);
                if let Some(user) = &user {
                    self.another_role(user);
                }
                self.roles(user.or(team), &role, "remove");
            }
            Wanted::AssignRecord {
                table,
                record,
                owner,
            } => {
                self.environment(&source, &[]);
                self.records(&table, &record.to_string(), &owner_text(owner));
                self.manifest(None, StubWay::Import, &table);
            }
            Wanted::ChangeUser {
                user,
                unit,
                access_mode,
                profile,
                roles,
            } => {
                self.environment(&source, &[]);
                self.wishes(&user, unit, access_mode, &profile);
                self.gifts(&user, &roles.unwrap_or_default());
            }
        }
        self
    }

    /// The write of the case, its stub user by the planned id.
    fn write(&self, wanted: Wanted) -> Write {
        let file = EnvironmentFile::open(&self.folder.join("environment.sqlite"));
        let file = file.expect("the environment file that `plan` made");
        match (World(file.connection()).write(wanted), self.planned_id) {
            (Write::CreateStub(mut stub), Some(id)) => {
                stub.id = UserId(id);
                Write::CreateStub(stub)
            }
            (write, _) => write,
        }
    }

    fn environment(&self, source: &Path, replaced: &[(String, String)]) {
        for entry in fs::read_dir(source).expect("the environment of the case") {
            let entry = entry.expect("a file");
            let mut text = fs::read_to_string(entry.path()).expect("a file of text");
            for (from, to) in replaced {
                text = text.replace(from, to);
            }
            let to = self.folder.join("environment").join(entry.file_name());
            fs::write(to, text).expect("written");
        }
    }

    /// A record for a stub user to own: stub users are made for owners only.
    fn record_of_somebody(&self) {
        let users = fs::read_to_string(self.folder.join("environment/users.csv")).expect("users");
        let first = users.lines().nth(1).expect("a user");
        let owner = first.split(',').next().expect("an id");
        let record = format!("{RECORD},{owner}");
        self.file("environment/records-account.csv", &["id,owner", &record]);
    }

    /// Gives the user one more role, so that no plan is asked to take the last one away (ROL008, which
    /// no refusal of the service stands behind).
    fn another_role(&self, user: &str) {
        let append = |file: &str, header: &str, line: &str| {
            let path = self.folder.join("environment").join(file);
            let text = fs::read_to_string(&path).unwrap_or_else(|_| header.to_owned());
            fs::write(path, format!("{}\n{line}\n", text.trim_end())).expect("written");
        };
        let role = "33333333-0000-4000-8000-000000000088,Spare,Contoso,";
        append("roles.csv", "id,name,business_unit,template", role);
        append("user_roles.csv", "user,role", &format!("{user},Spare"));
    }

    fn roles(&self, who: Option<String>, role: &RoleName, action: &str) {
        let who = who.expect("a user or a team");
        let id = role.id.map(|id| id.to_string());
        let text = id.or(role.name.clone()).expect("a role");
        let unit = role.unit.as_deref().unwrap_or_default();
        let line = format!("{who},{text},{unit},{action}");
        self.file(
            "exports/roles.csv",
            &["user,role,business unit,action", &line],
        );
        let roles = "[[roles]]\nfile = \"exports/roles.csv\"\n";
        self.file(
            "cutover.toml",
            &["[environment]\nfrom = \"environment/\"", &accept(), roles],
        );
    }

    fn records(&self, table: &str, record: &str, owner: &str) {
        let header = format!("{table}id,owner");
        let line = format!("{record},{owner}");
        self.file("exports/records.csv", &[&header, &line]);
    }

    fn manifest(&self, default_role: Option<&RoleName>, way: StubWay, table: &str) {
        let way = match way {
            StubWay::Import => "import",
            StubWay::Api => "api",
        };
        // A role that is named by an id alone is one that the environment has not.
        let missing = default_role.is_some_and(|role| role.name.is_none());
        let role = if missing {
            "default_role = \"Missing\"\n"
        } else {
            ""
        };
        let environment =
            format!("[environment]\nfrom = \"environment/\"\nstubs = \"{way}\"\n{role}");
        let records = format!("[[records]]\nfile = \"exports/records.csv\"\ntable = \"{table}\"\n");
        let users = match default_role {
            Some(_) => "[[users]]\nfile = \"exports/users.csv\"\n",
            None => "",
        };
        self.file("cutover.toml", &[&environment, &accept(), users, &records]);
    }

    fn file(&self, path: &str, lines: &[&str]) {
        fs::write(self.folder.join(path), lines.join("\n") + "\n").expect("written");
    }
}

/// What was not loaded refuses nothing, and every rule may stay unasked for want of it.
pub(crate) fn accept() -> String {
    let guarding = Code::ALL.iter().filter(|code| code.rule().guards);
    let codes: Vec<String> = guarding.map(|code| format!("\"{code}\"")).collect();
    format!("[accept]\nunchecked = [{}]\n", codes.join(", "))
}

fn owner_text(owner: OwnerName) -> String {
    let id = owner.id.map(|id| id.to_string());
    owner.user.or(owner.team).or(id).expect("an owner")
}

/// The organisation of the case's environment: the namespace of planned ids.
fn organisation(source: &Path, folder: &Path) -> Uuid {
    let path = folder.join("before.sqlite");
    environment::load(
        source,
        "environment",
        &path,
        environment::Given::on("2026-11-24"),
        &Silent,
    )
    .expect("it loads");
    let file = EnvironmentFile::open(&path).expect("an environment file");
    file.identity().expect("an identity").organisation.0
}
