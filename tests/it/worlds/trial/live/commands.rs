//! There and back by the commands, with the server as the live environment: pull, plan, apply, verify, undo, verify.
//!
//! The copy that is pulled leads to the same plan as the file that is served, and apply to the cells that the plan
//! says. Undo goes by the service's rules (`way_back.rs`).

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use cutover::model::{AccessMode, Change, Write, setting};
use cutover::plan::Document;
use cutover::run::{Answer, ApplyRequest, Consent, Console, Exit, Failure, Format};
use rusqlite::Connection;
use uuid::Uuid;

use crate::foretell::changes;
use crate::support::{Ended, copy, document, run, run_with};
use crate::worlds::tally::Kind;
use crate::worlds::trial::Trial;
use crate::worlds::trial::frame::{Rows, rows, written};
use crate::worlds::trial::live::LiveReport;
use crate::worlds::trial::live::served::Served;
use crate::worlds::trial::live::way_back::WayBack;
use crate::worlds::world::{ADMINISTRATOR, World};

/// The application that asks where a world names nobody.
const APPLICATION: Uuid = Uuid::from_u128(0x0a50_0000_0000_4000_8000_0000_0000_0001);

/// A project that names a served file as its environment.
struct Project {
    folder: PathBuf,
    served: Served,
}

impl Trial<'_> {
    /// All commands, one after another.
    pub(super) fn commands(&mut self, report: &mut LiveReport) {
        let folder = self.project("live");
        let path = self.folder.join("live.sqlite");
        fs::rename(folder.join("environment.sqlite"), &path).expect("moved");
        let Ok(served) = Served::start(&path) else {
            report.skip("worlds in which nobody can ask");
            return;
        };
        name_the_server(&folder, &served);
        let project = Project { folder, served };
        let before = project.served.rows();
        let pulled = project.run(|folder, console| cutover::run::pull(folder, false, console));
        ends_as(report, Kind::Pulled, "pull", &pulled, Exit::Done);
        let planned = project.run(|folder, console| cutover::run::plan(folder, false, console));
        if !matches!(planned.exit, Exit::Done | Exit::NotApproved) {
            ends_as(report, Kind::Pulled, "plan", &planned, Exit::Done);
            return;
        }
        let mut tables = self.world.tables.iter();
        if !self.world.not_loaded.is_empty() || tables.any(|table| !table.loaded) {
            // What was not loaded is unknown to the file, and known to be nothing to whoever pulls it.
            report.skip("plans of which the file does not know what a pull tells");
        } else if tables_of_nobody(self.world) {
            // Records of the organisation have no owner to be pulled, though in the world's file they have one.
            report.skip("plans with records that nobody can own");
        } else {
            self.is_planned_from_the_file(&project, report);
        }
        if same_rows(report, Kind::Frame, &project.served.rows(), &before)
            && document(&project.folder).approved
            && report.faults.is_empty()
        {
            self.there_and_back_by_wire(&project, &before, report);
        }
    }

    /// The project before anything was planned, as one for a live environment is: it says that those who become stub
    /// users are known to have left, where no directory tells; and the service knows who stands behind a user who is
    /// disabled, or they would be stub users.
    fn project(&self, name: &str) -> PathBuf {
        let folder = self.copy(name);
        copy(
            &self.folder.join("environment"),
            &folder.join("environment"),
        );
        fs::remove_dir_all(folder.join("plan")).expect("removed");
        if !self.world.has_directory {
            replace(&folder, "unchecked = [", "unchecked = [\"STB006\", ");
        }
        let file = Connection::open(folder.join("environment.sqlite")).expect("a file");
        let sql = "UPDATE user SET directory_id = id
                   WHERE NOT stub AND application_id IS NULL AND directory_id IS NULL";
        file.execute(sql, []).expect("written");
        if self.world.caller().is_none() {
            self.name_the_caller(&file);
        }
        folder
    }

    /// Where a world does not say who asks, an application does that may do everything: a live environment always knows
    /// who asks, and takes no administrator of its own for it whom the plan may be about.
    fn name_the_caller(&self, file: &Connection) {
        let (id, root) = (
            APPLICATION.into_bytes(),
            self.world.units[0].id.into_bytes(),
        );
        let user = "INSERT INTO user (id, upn, mail, business_unit, access_mode, disabled, stub, application_id)
                    VALUES (?1, 'migration@contoso.com', 'migration@contoso.com', ?2, ?3, 0, 0, ?1)";
        let mode = AccessMode::NonInteractive.code();
        file.execute(user, (id, root, mode)).expect("written");
        let role = self.world.copy_id((ADMINISTRATOR, 0)).into_bytes();
        let held = "INSERT INTO user_role (user, role) VALUES (?1, ?2)";
        file.execute(held, (id, role)).expect("written");
        let setting = "INSERT INTO setting (name, value) VALUES (?1, ?2)";
        let values = (setting::CALLER, APPLICATION.to_string());
        file.execute(setting, values).expect("written");
    }

    /// The copy and the file lead to the same plan.
    fn is_planned_from_the_file(&self, project: &Project, report: &mut LiveReport) {
        let folder = self.project("told");
        let planned = run(|console| cutover::run::plan(&folder, false, console));
        assert!(
            matches!(planned.exit, Exit::Done | Exit::NotApproved),
            "{}",
            planned.err
        );
        report.compared += 1;
        let of = |folder: &Path| (changes(folder), errors(&document(folder)));
        let (file, copy) = (of(&folder), of(&project.folder));
        if let Some(words) = difference(&file.0, &copy.0) {
            report.fault(Kind::Pulled, words);
        }
        if file.1 != copy.1 {
            let only = |one: &BTreeSet<_>, other: &BTreeSet<_>| {
                one.difference(other).cloned().collect::<Vec<_>>()
            };
            let (of_file, of_copy) = (only(&file.1, &copy.1), only(&copy.1, &file.1));
            let words = format!("errors of the file alone {of_file:?}, of the copy {of_copy:?}");
            report.fault(Kind::Pulled, words);
        }
    }

    /// Applied, verified and undone: exactly the planned cells differ, and in the end those that the service keeps.
    fn there_and_back_by_wire(&self, project: &Project, before: &Rows, report: &mut LiveReport) {
        let applied = project.writes(cutover::run::apply);
        ends_as(report, Kind::Recall, "apply", &applied, Exit::Done);
        let verified = project.run(cutover::run::verify);
        ends_as(report, Kind::Verify, "verify", &verified, Exit::Done);
        let planned: Vec<Write> = changes(&project.folder)
            .into_iter()
            .map(|one| one.write)
            .collect();
        let names = project.served.names(&planned);
        let writes: Vec<Write> = planned.iter().map(|write| names.of(write)).collect();
        report.applied += writes.len() as u64;
        if !same_rows(
            report,
            Kind::Frame,
            &project.served.rows(),
            &written(before, &writes),
        ) {
            return;
        }
        let path = project.folder.join("way-back.sqlite");
        project.served.copy_to(&path);
        let way_back = WayBack::over(&path, &writes, self.world.keeps_roles());
        let mut expected = rows(&path);
        expected.retain(|(table, _)| !table.starts_with("rehearsal_"));
        let undone = project.writes(cutover::run::undo);
        let exit = if way_back.is_whole() {
            Exit::Done
        } else {
            Exit::Partly
        };
        ends_as(report, Kind::Undo, "undo", &undone, exit);
        same_rows(report, Kind::Undo, &project.served.rows(), &expected);
        if way_back.is_whole() {
            same_rows(report, Kind::Undo, &expected, before);
        }
        let told = refusals(&undone.out);
        if told != way_back.refused {
            let words = format!("undo is refused {told:?}, expected {:?}", way_back.refused);
            report.fault(Kind::Undo, words);
        }
        for (code, count) in way_back.refused {
            *report.kept.entry(code).or_default() += count;
        }
        let verified = project.run(cutover::run::verify);
        // What could not be put back may be none of the state before by the end of the way: a role in the unit that a
        // user leaves again.
        let exit = if expected == *before {
            Exit::Done
        } else {
            Exit::Partly
        };
        ends_as(report, Kind::Verify, "verify after undo", &verified, exit);
        report.undone += 1;
    }
}

fn tables_of_nobody(world: &World) -> bool {
    let mut tables = world.tables.iter();
    tables.any(|table| table.ownership == "organisation")
}

impl Project {
    fn run(&self, command: impl FnOnce(&Path, &mut Console<'_>) -> Result<Exit, Failure>) -> Ended {
        run(|console| command(&self.folder, console))
    }

    /// Applies or undoes the plan, by name.
    fn writes(
        &self,
        command: fn(&ApplyRequest<'_>, &mut Console<'_>) -> Result<Exit, Failure>,
    ) -> Ended {
        let seal = document(&self.folder).seal;
        let request = ApplyRequest {
            folder: &self.folder,
            consent: Consent::Named {
                target: &self.served.host(),
                seal: &seal,
            },
            limit: None,
        };
        run_with(Format::Json, Answer::Yes, |console| {
            command(&request, console)
        })
    }
}

/// Puts the server beside the folder in the manifest.
fn name_the_server(folder: &Path, served: &Served) {
    let from = "from = \"environment/\"";
    let url = format!("{from}\nurl = \"{}\"", served.url());
    replace(folder, from, &url);
}

/// Writes something else into the manifest.
fn replace(folder: &Path, what: &str, with: &str) {
    let manifest = folder.join("cutover.toml");
    let text = fs::read_to_string(&manifest).expect("a manifest");
    assert!(text.contains(what), "{text}");
    fs::write(&manifest, text.replace(what, with)).expect("written");
}

/// A command that must end so.
fn ends_as(report: &mut LiveReport, kind: Kind, command: &str, ended: &Ended, exit: Exit) {
    if ended.exit != exit {
        let words = format!(
            "{command}: {:?}, expected {exit:?}: {}{}",
            ended.exit, ended.out, ended.err
        );
        report.fault(kind, words);
    }
}

/// Whether two states are the same.
fn same_rows(report: &mut LiveReport, kind: Kind, found: &Rows, expected: &Rows) -> bool {
    report.frames += 1;
    let too_much: Vec<_> = found.difference(expected).take(4).collect();
    let missing: Vec<_> = expected.difference(found).take(4).collect();
    let is_same = too_much.is_empty() && missing.is_empty();
    if !is_same {
        let words = format!("not expected: {too_much:?}; not there: {missing:?}");
        report.fault(kind, words);
    }
    is_same
}

/// The errors of a plan: code, subject, and how many places.
fn errors(document: &Document) -> BTreeSet<(String, String, u64)> {
    let errors = document.findings.iter();
    let errors = errors.filter(|finding| finding.severity == "error");
    errors
        .map(|finding| (finding.code.clone(), finding.subject.clone(), finding.count))
        .collect()
}

/// The first change that is not in both.
fn difference(file: &[Change], copy: &[Change]) -> Option<String> {
    let pairs = file.iter().zip(copy);
    if let Some((file, copy)) = pairs.into_iter().find(|(file, copy)| file != copy) {
        return Some(format!(
            "planned from the file: {file:?}, from the copy: {copy:?}"
        ));
    }
    let (file_count, copy_count) = (file.len(), copy.len());
    (file_count != copy_count).then(|| {
        format!("planned from the file: {file_count} changes, from the copy: {copy_count}")
    })
}

/// The refusals of a report, by code; what was left for want of another by no code.
fn refusals(report: &str) -> BTreeMap<String, u64> {
    let report: serde_json::Value = serde_json::from_str(report).unwrap_or_default();
    let mut refusals: BTreeMap<String, u64> = BTreeMap::new();
    for failure in report["failures"].as_array().into_iter().flatten() {
        let message = failure["message"].as_str().unwrap_or_default();
        let refused = message.strip_prefix("refused: ");
        let code = refused.and_then(|words| words.split(' ').next());
        // Whatever is no refusal is told whole, and expected by nobody.
        *refusals
            .entry(code.unwrap_or(message).to_owned())
            .or_default() += 1;
    }
    let rows = report["counts"].as_array().into_iter().flatten();
    let skipped: u64 = rows.filter_map(|row| row["skipped"].as_u64()).sum();
    if skipped > 0 {
        refusals.insert(String::new(), skipped);
    }
    refusals
}
